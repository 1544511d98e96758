/* worker_rules.h - the rules a worker compares events with.
 *
 * Knows nothing of items and parsers: events go in, hits are kept for the batch. */
#ifndef AK_ENGINE_WORKER_RULES_H
#define AK_ENGINE_WORKER_RULES_H

#include "engine/wire.h"
#include "event/event.h"
#include "event/hits.h"

#define AK_RULES_ARENA ((size_t)256 << 20) /* rules and maps as read */

struct ak_worker_rules;

/* Read a pack of rules (detect/pack.h) and make the detector.  NULL when memory ran
 * out; when reading failed otherwise, ak_worker_rules_tell() says how. */
struct ak_worker_rules *ak_worker_rules_read(int pack_fd);
void ak_worker_rules_free(struct ak_worker_rules *rules); /* NULL is allowed */

/* From now on compare events knowing these programs (a table, detect/programs.h).  A
 * table that cannot be read is as none. */
void ak_worker_rules_know(struct ak_worker_rules *rules, int table_fd);

/* Do any of them ask what the file of an event's program says? */
bool ak_worker_rules_ask_programs(const struct ak_worker_rules *rules); /* NULL is allowed */

/* Can events be compared with them? */
bool ak_worker_rules_usable(const struct ak_worker_rules *rules);

/* AK_JOB_RULES: say what the pack held; NULL is said to be none.  How reading went, or
 * what the wire answered. */
AK_MUST_USE enum ak_status ak_worker_rules_tell(const struct ak_worker_rules *rules,
                                                struct ak_wire *wire);

/* A job begins.  The hits of its batches are collected in the first, those of the
 * slices of a long run in the second. */
void ak_worker_rules_begin(struct ak_worker_rules *rules, struct ak_hits **out_hits,
                           struct ak_hits **out_slice);

/* How many rules does the event satisfy?  They are held until the next look. */
size_t ak_worker_rules_look(struct ak_worker_rules *rules, const struct ak_event *event);
/* May the event become a hit when programs are known, or does it tell of one? */
bool ak_worker_rules_may_need(const struct ak_worker_rules *rules, const struct ak_event *event);
/* Keep those of the last look for the batch that event `seq` has gone into. */
void ak_worker_rules_keep(struct ak_worker_rules *rules, uint32_t seq);

/* The item's shapes are gone. */
void ak_worker_rules_forget(struct ak_worker_rules *rules);

/* A job ends after n_events: append what was seen (struct ak_wire_seen).  False when
 * more rules matched than could be noted. */
bool ak_worker_rules_end(struct ak_worker_rules *rules, uint64_t n_events, struct ak_buf *out_seen);

#endif
