/* batch.h - many events of one item as one run of bytes.
 *
 * What a worker sends and what the case keeps.  Strings and shapes are written
 * once per batch and referred to by number, so a rule or a filter looks at each
 * distinct text once.  Events stand in time order (then order of emission).
 *
 * Layout (integers little-endian; v = unsigned LEB128):
 *
 *   u32 magic "AKB1"   u32 n_events   i64 first_ns   i64 last_ns   u64 untimed
 *   v n_strings   then per string: v length     then all string bytes
 *   v n_shapes    then per shape:  v data_type, v time_desc, v n, n * v name   (string numbers)
 *   then per event: i64 utc_ns, u8 stamp flags, u8 event flags, v shape, v seq,
 *                   v offset, v length, then per field of the shape a value:
 *                   u8 type, then nothing | v string | v number | 8 bytes
 */
#ifndef AK_EVENT_BATCH_H
#define AK_EVENT_BATCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "event/event.h"

enum {
    AK_BATCH_BYTES = 1 << 20,      /* a batch is closed when it has grown to this */
    AK_BATCH_BYTES_MAX = 64 << 20, /* and never larger: one event's limit */
    AK_BATCH_EVENTS = 16384,
};

struct ak_batch; /* being filled */

/* NULL when memory ran out. */
struct ak_batch *ak_batch_new(void);
void ak_batch_free(struct ak_batch *batch); /* NULL is allowed */

/* Copy one event in.  AK_ERR_LIMIT when it alone exceeds AK_BATCH_BYTES_MAX,
 * AK_ERR_NOMEM when memory ran out; the batch is then as before. */
AK_MUST_USE enum ak_status ak_batch_add(struct ak_batch *batch, const struct ak_event *event);

/* Is it time to close it? */
bool ak_batch_full(const struct ak_batch *batch);
uint32_t ak_batch_count(const struct ak_batch *batch);
size_t ak_batch_bytes(const struct ak_batch *batch);

/* Did its events come far out of time order (file metadata, not a log)?  Such
 * events are better sorted in long runs before they are cut into batches, so
 * that few batches overlap in time. */
bool ak_batch_disordered(const struct ak_batch *batch);

/* Append the finished batch to `out` and start anew. */
AK_MUST_USE enum ak_status ak_batch_finish(struct ak_batch *batch, struct ak_buf *out);

/* A batch being read. */
struct ak_batch_reader {
    struct ak_reader_state {
        struct ak_bytes in;
        size_t pos;
    } rest;
    const struct ak_str *strings;
    const struct ak_shape *shapes;
    uint32_t n_strings, n_shapes, n_events, next;
    int64_t first_ns, last_ns; /* of the events that have a time */
    uint64_t untimed;          /* how many have none; they stand first */
    struct ak_value *values;   /* scratch for the event being read */
};

/* Read head, strings and shapes.  Tables live in the arena; texts point into
 * `bytes`.  AK_ERR_CORRUPT when anything contradicts the layout. */
AK_MUST_USE enum ak_status ak_batch_open(struct ak_arena *arena, struct ak_bytes bytes,
                                         struct ak_batch_reader *out);

/* The next event; valid until the next call.  AK_OK with *out_more false at the
 * end; AK_ERR_CORRUPT on bytes that contradict the layout. */
AK_MUST_USE enum ak_status ak_batch_next(struct ak_batch_reader *reader, struct ak_event *out,
                                         bool *out_more);

/* Read all of a batch: do every number and reference lie inside it, do its events
 * stand in the order of time, and does its head say of them what is so?  A batch
 * for which this is AK_OK needs no distrust later.  *each (may be NULL) sees
 * every event. */
AK_MUST_USE enum ak_status ak_batch_check(struct ak_arena *arena, struct ak_bytes bytes,
                                          void (*each)(void *self, const struct ak_event *event),
                                          void *self, uint32_t *out_events);

#endif
