/* rules.h - the rules in use: read by a worker, believed when checked.
 *
 * The supervisor packs files unread; a worker reads them in the sandbox and tells
 * what is in them.  Rules come from strangers: one that makes its reader crash is
 * found by halves and named. */
#ifndef AK_ENGINE_RULES_H
#define AK_ENGINE_RULES_H

#include "detect/rule_wire.h"
#include "engine/rule_files.h"

struct ak_store;
struct ak_pool;

struct ak_rules_in_use {
    int pack_fd;
    char digest[AK_DIGEST_TEXT];
    struct ak_arena *arena; /* of all below */
    struct ak_rule_sums sums;
    struct ak_rule_report *rules; /* by number */
    bool *muted;                  /* by number: not reported, still followed by correlations */
    struct ak_rule_problem *problems;
    struct ak_str *classes;
    bool *needs_programs;   /* by class: its events' programs must be known (detect/programs.h) */
    struct ak_pool *reader; /* the worker that read them, idle: it need not be started again */
    char protections[64];   /* what it said of its sandbox */
};

/* Which rules, and how they are to be read. */
struct ak_rules_request {
    const char *const *paths; /* files, folders, archives */
    size_t n_paths;
    struct ak_pack_settings settings;
    bool sandbox;
};

/* Have them read.  AK_ERR_IO and others with *error set; *out is NULL then. */
AK_MUST_USE enum ak_status ak_rules_open(const struct ak_rules_request *request,
                                         struct ak_rules_in_use **out,
                                         struct ak_rules_error *error);
void ak_rules_close(struct ak_rules_in_use *rules); /* NULL is allowed */

/* Hand the worker that read the rules over to a pool that uses them, as its first.  Once;
 * what it said of its sandbox goes into `protections`. */
void ak_rules_lend_reader(const struct ak_rules_in_use *rules, struct ak_pool *pool,
                          char *protections, size_t n);

/* Do not report rules of this id, title or name; how many those are. */
size_t ak_rules_mute(struct ak_rules_in_use *rules, struct ak_str which);
/* Report rules of this id with another severity; how many those are. */
size_t ak_rules_tune(struct ak_rules_in_use *rules, struct ak_str id, enum ak_severity severity);

/* "loaded", "no_source", "no_fields", "too_large", "correlation": enum ak_rule_binding for t_rule.
 */
const char *ak_rule_state_name(enum ak_rule_binding binding);

/* Write rules, problems and classes to the case.  When its events were compared with
 * other rules before, their hits are forgotten: *out_changed. */
AK_MUST_USE enum ak_status ak_rules_store(struct ak_store *store,
                                          const struct ak_rules_in_use *rules, bool *out_changed);

#endif
