/* hits.h - which rules the events of one batch satisfy: bytes that go beside it.
 *
 * The worker finds hits when a parser emits an event; the case keeps them with
 * the batch that holds the event.  An event is named by its sequence number, so
 * that the batch may be sorted.  With a hit go the fields that the rule names:
 * what reads hits later needs neither rules nor maps.
 *
 * Layout (integers little-endian; v = unsigned LEB128):
 *
 *   u32 magic "AKH1"   u32 n_hits
 *   v n_strings   then per string: v length   then all string bytes
 *   then per hit, by seq, then by rule: v seq - seq of the hit before, v rule,
 *                 v n_fields, then per field: v name, v value   (string numbers)
 */
#ifndef AK_EVENT_HITS_H
#define AK_EVENT_HITS_H

#include "base/arena.h"
#include "base/buf.h"

enum {
    AK_HITS_BYTES_MAX = 32 << 20, /* of texts beside one batch; what is beyond is refused */
    AK_HITS_MAX = 1 << 19,        /* hits beside one batch */
    AK_HITS_FIELDS_MAX = 1 << 21, /* their fields together */
    AK_HITS_FULL = 1 << 16,       /* hits: time to send the batch */
    AK_HITS_FULL_BYTES = 4 << 20,
};

/* ---- collecting ---- */

struct ak_hits;

struct ak_hits *ak_hits_new(void);       /* NULL when memory ran out */
void ak_hits_free(struct ak_hits *hits); /* NULL is allowed */

/* Begin a hit; its fields follow.  AK_ERR_LIMIT when no more fits beside one
 * batch: the hit is not there then, and its fields are ignored. */
AK_MUST_USE enum ak_status ak_hits_begin(struct ak_hits *hits, uint32_t seq, uint32_t rule);
/* Add a field to the hit begun last; texts are copied. */
void ak_hits_field(struct ak_hits *hits, struct ak_str name, struct ak_str value);

/* Copy the hits of event `seq` from another collection, whose hits came in rising
 * order of seq.  AK_ERR_LIMIT as above. */
AK_MUST_USE enum ak_status ak_hits_copy(struct ak_hits *to, const struct ak_hits *from,
                                        uint32_t seq);

size_t ak_hits_count(const struct ak_hits *hits);
bool ak_hits_full(const struct ak_hits *hits); /* is it time to send the batch? */

/* Append what was collected to `out` and start anew.  AK_ERR_NOMEM when memory
 * ran out on the way; nothing is collected any more then, either. */
AK_MUST_USE enum ak_status ak_hits_finish(struct ak_hits *hits, struct ak_buf *out);
/* Forget what was collected. */
void ak_hits_clear(struct ak_hits *hits);

/* ---- reading ---- */

struct ak_stored_field {
    struct ak_str name, value; /* as the rule names it; as the event has it */
};

struct ak_stored_hit {
    uint32_t seq, rule;
    const struct ak_stored_field *fields;
    size_t n_fields;
};

/* Hits in the order of seq, then of rule. */
struct ak_hits_table {
    const struct ak_stored_hit *hits;
    size_t n;
};

/* Read and check all of it: every reference lies inside, every rule is below
 * n_rules, the order is as it must be.  Tables live in the arena, texts point into
 * `bytes`.  AK_ERR_CORRUPT on anything else, AK_ERR_LIMIT when the arena is spent. */
AK_MUST_USE enum ak_status ak_hits_open(struct ak_arena *arena, struct ak_bytes bytes,
                                        uint32_t n_rules, struct ak_hits_table *out);

/* The hits of one event; *out_n is how many, 0 for none. */
const struct ak_stored_hit *ak_hits_of(const struct ak_hits_table *table, uint32_t seq,
                                       size_t *out_n);

#endif
