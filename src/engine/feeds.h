/* feeds.h - what is looked for besides rules: indicators, YARA rules, known files.
 *
 * As with rules the supervisor packs files unread; a worker reads them in the
 * sandbox and tells what is in them. */
#ifndef AK_ENGINE_FEEDS_H
#define AK_ENGINE_FEEDS_H

#include "engine/pool.h"
#include "engine/rule_files.h"

/* What the user named; each may be empty. */
struct ak_feeds_named {
    const char *const *indicators; /* files, folders */
    size_t n_indicators;
    const char *const *yara;
    size_t n_yara;
    const char *const *known; /* files */
    size_t n_known;
    bool all_files; /* YARA over every file */
    bool sandbox;
    const char *folder; /* where tables of known files are made */
};

struct ak_feeds_in_use {
    struct ak_pool_feed feeds[AK_POOL_FEEDS]; /* descriptors owned */
    unsigned n_feeds;
    char digests[2][AK_DIGEST_TEXT]; /* of the packs of indicators and YARA rules; "" */
    struct ak_wire_feed_sums sums;
    struct ak_arena *arena; /* of problems; owned */
    struct ak_feed_problem *problems;
    size_t n_problems;
};

/* Have them read.  *out is NULL when nothing was named.  Anything but AK_OK with
 * *error set. */
AK_MUST_USE enum ak_status ak_feeds_open(const struct ak_feeds_named *named,
                                         struct ak_feeds_in_use **out,
                                         struct ak_rules_error *error);
void ak_feeds_close(struct ak_feeds_in_use *feeds); /* NULL is allowed */

/* Let every worker of the pool have them when it starts. */
void ak_feeds_give(const struct ak_feeds_in_use *feeds, struct ak_pool *pool);

#endif
