/* rule_wire.h - what a worker that read rules says of them, as bytes and back.
 *
 * First the sums (struct ak_rule_sums), then as many rules, problems and classes
 * as these say.  The supervisor believes none of it before it was checked. */
#ifndef AK_DETECT_RULE_WIRE_H
#define AK_DETECT_RULE_WIRE_H

#include "base/arena.h"
#include "base/buf.h"
#include "detect/match.h"
#include "detect/rule.h"

/* One rule and how it stands to the maps.  Of the rule's trees nothing travels:
 * `when` is NULL on the other side. */
struct ak_rule_report {
    struct ak_rule rule;
    uint32_t number;
    enum ak_rule_binding binding;
    const uint32_t *classes; /* numbers of those it is bound to, rising */
    size_t n_classes;
};

struct ak_rule_sums {
    enum ak_status status; /* of reading: not AK_OK when there are no rules at all */
    uint32_t n_rules, n_problems, n_classes, n_filters, n_files;
};

/* Longest text of a report; longer ones are cut at a character. */
enum { AK_REPORT_TEXT_MAX = 32768, AK_REPORT_CLASSES_MAX = 65536 };

void ak_rule_sums_put(struct ak_buf *out, const struct ak_rule_sums *sums);
AK_MUST_USE enum ak_status ak_rule_sums_get(struct ak_bytes bytes, struct ak_rule_sums *out);

void ak_rule_report_put(struct ak_buf *out, const struct ak_rule_report *report);
/* Texts are copied into the arena.  AK_ERR_CORRUPT on what no honest worker says,
 * AK_ERR_LIMIT when the arena is spent. */
AK_MUST_USE enum ak_status ak_rule_report_get(struct ak_arena *arena, struct ak_bytes bytes,
                                              const struct ak_rule_sums *sums,
                                              struct ak_rule_report *out);

void ak_rule_problem_put(struct ak_buf *out, const struct ak_rule_problem *problem);
AK_MUST_USE enum ak_status ak_rule_problem_get(struct ak_arena *arena, struct ak_bytes bytes,
                                               struct ak_rule_problem *out);

/* "critical" … "undefined": Sigma's own words. */
const char *ak_severity_name(enum ak_severity severity);
/* The severity of this name, also of hayabusa's short ones ("crit", "med");
 * -1 when it is none. */
int ak_severity_named(struct ak_str name);

#endif
