/* rules_read.h - files of rules to rules: YAML, Sigma's language, its filters.
 *
 * Rules come from strangers: everything is limited, and a document that is no
 * rule becomes a problem with file and line while the others go on. */
#ifndef AK_DETECT_RULES_READ_H
#define AK_DETECT_RULES_READ_H

#include "base/arena.h"
#include "base/status.h"
#include "detect/rule.h"

struct ak_rule_file {
    struct ak_str name; /* shown to people; decides the order */
    struct ak_bytes bytes;
};

/* How the condition of a Sigma filter is meant (docs/formats/sigma.md):
 * specification: events that match it are suppressed; pySigma: only events that
 * match it are kept. */
enum ak_filter_reading { AK_FILTER_SUPPRESSES, AK_FILTER_KEEPS };

struct ak_rules_options {
    enum ak_filter_reading filters;
    struct ak_bytes placeholders;    /* YAML "name: [values]" for |expand; may be empty */
    struct ak_str placeholders_file; /* where they are from, for what is wrong with them */
};

/* Limits, each refused by name. */
enum {
    AK_RULE_FILE_MAX = 16 << 20,
    AK_RULE_LINES_MAX = 200000,  /* of a file */
    AK_RULE_DEPTH_MAX = 64,      /* of YAML and of conditions */
    AK_RULE_TESTS_MAX = 1 << 17, /* of a rule, after expansion */
    AK_RULES_MAX = 1 << 17,
};

/* Read them all.  Texts are copied into the arena.  AK_ERR_LIMIT when the arena
 * is spent: nothing is written then. */
AK_MUST_USE enum ak_status ak_rules_read(struct ak_arena *arena, const struct ak_rule_file *files,
                                         size_t n, const struct ak_rules_options *options,
                                         struct ak_rules *out);

#endif
