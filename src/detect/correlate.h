/* correlate.h - Sigma's correlations over hits that come in the order of time.
 *
 * Runs outside the sandbox: it sees rule numbers, times and texts only. */
#ifndef AK_DETECT_CORRELATE_H
#define AK_DETECT_CORRELATE_H

#include "base/arena.h"
#include "base/status.h"
#include "detect/rule.h"

/* Where a hit was: enough to name its event again.  Opaque to correlations. */
struct ak_hit_ref {
    uint32_t item, seq;
};

/* One rule satisfied by one event. */
struct ak_correlate_hit {
    uint32_t rule;
    int64_t utc_ns;
    struct ak_hit_ref ref;
    const struct ak_correlate_value {
        struct ak_str name, value;
    } * values; /* fields of the event by the rule's names */
    size_t n_values;
};

/* A correlation that was true, from when it came true until it no longer was: one
 * alert (docs/formats/sigma_correlation.md). */
struct ak_correlated {
    uint32_t rule;             /* the correlation's number */
    int64_t first_ns, last_ns; /* the first and the last event it rests on */
    int64_t true_ns;           /* when it came true: an event's time, or the end of the window where
                                  bounds from above have to wait for that */
    const struct ak_hit_ref *refs; /* the events it rests on, oldest first: at most
                                      AK_CORRELATED_REFS, the newest always among them */
    size_t n_refs;
    uint64_t n_events; /* all of them */
    double value;      /* what was counted, summed …: the highest while it was true, the lowest
                          where all bounds are from above */
    const struct ak_correlate_value *group; /* group-by names and values, as first seen */
    size_t n_group;
};

enum { AK_CORRELATED_REFS = 64 };

struct ak_correlator;

/* `each` sees what came true once it is over, so not in the order of time, but in
 * the same order for the same hits; its texts are valid during the call.  What of
 * the hits remembered does not fit `budget` bytes is let go oldest first and
 * counted.  `rules` must outlive it; correlations among them that refer to
 * themselves by any way are never true.  NULL when memory ran out. */
struct ak_correlator *ak_correlator_new(const struct ak_rule *rules, size_t n, size_t budget,
                                        void (*each)(void *self, const struct ak_correlated *what),
                                        void *self);
void ak_correlator_free(struct ak_correlator *correlator); /* NULL is allowed */

/* Hits must come in the order of time, those of one event together; one that is
 * late counts as now.  One without a time (INT64_MIN) takes no part. */
void ak_correlator_see(struct ak_correlator *correlator, const struct ak_correlate_hit *hit);

/* Nothing more comes: `each` sees what is still true.  To be called once. */
void ak_correlator_end(struct ak_correlator *correlator);

/* Hits that correlations should have remembered and could not, for want of memory. */
uint64_t ak_correlator_let_go(const struct ak_correlator *correlator);

/* Of a correlation that comes as bytes. */
enum {
    AK_CORRELATION_WIRE_RULES = 4096, /* that it refers to */
    AK_CORRELATION_WIRE_NAMES = 1024, /* of group-by, and of fields */
    AK_CORRELATION_WIRE_ALIASES = 16384,
};

/* A correlation as bytes and back, for the worker that reads rules and the
 * supervisor that follows them.  Texts are copied into the arena.
 * AK_ERR_CORRUPT on bytes no honest worker sends (a number that is no rule's of
 * `n_rules`, no bounds, more than the limits above …), AK_ERR_LIMIT when the arena
 * is spent. */
struct ak_buf;
void ak_correlation_put(struct ak_buf *out, const struct ak_correlation *correlation);
AK_MUST_USE enum ak_status ak_correlation_get(struct ak_arena *arena, struct ak_bytes bytes,
                                              uint32_t n_rules, struct ak_correlation *out);

#endif
