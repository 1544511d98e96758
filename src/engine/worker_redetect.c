/* worker_redetect.c - stored events against other rules, without the evidence.
 *
 * The item is a spool of batches as the case keeps them, unpacked: u32 length and
 * bytes, one after the other.  For each the worker answers with one HITS frame, empty
 * when there are none. */
#include "engine/worker.h"

static enum ak_status answer(struct ak_worker *w)
{
    w->hits_bytes.n = 0;
    enum ak_status st = ak_hits_count(w->hits) ? ak_hits_finish(w->hits, &w->hits_bytes) : AK_OK;
    if (st == AK_OK && w->lost == AK_OK)
        w->lost = ak_wire_send(&w->wire, AK_FRAME_HITS,
                               (struct ak_bytes){ w->hits_bytes.at, w->hits_bytes.n }, -1);
    return st == AK_OK ? w->lost : st;
}

static enum ak_status look_through(struct ak_worker *w, struct ak_bytes bytes)
{
    struct ak_batch_reader reader;
    struct ak_event e;
    bool more = true;
    ak_arena_reset(w->arena);
    enum ak_status st = ak_batch_open(w->arena, bytes, &reader);
    while (st == AK_OK && (st = ak_batch_next(&reader, &e, &more)) == AK_OK && more) {
        w->seq++;
        if (ak_worker_rules_look(w->rules, &e))
            ak_worker_rules_keep(w->rules, e.seq);
    }
    ak_worker_rules_forget(w->rules);
    return st == AK_OK ? answer(w) : st;
}

/* The next batch of the spool into `b`; false at its end. */
static bool next(struct ak_source *src, uint64_t *at, struct ak_buf *b)
{
    uint8_t head[4];
    if (src->size - *at < sizeof(head) ||
        ak_source_read(src, *at, head, sizeof(head), NULL) != AK_OK)
        return false;
    size_t n = ak_load_u32le(head);
    *at += sizeof(head);
    if (n > 2 * (size_t)AK_BATCH_BYTES_MAX || src->size - *at < n)
        return false;
    b->n = 0;
    uint8_t *to = ak_buf_room(b, n);
    if (!to || ak_source_read(src, *at, to, n, NULL) != AK_OK)
        return false;
    ak_buf_wrote(b, n);
    *at += n;
    return true;
}

struct ak_wire_done ak_worker_redetect(struct ak_worker *w, struct ak_source *src)
{
    struct ak_buf b = { 0 };
    uint64_t at = 0;
    enum ak_status st = w->compare ? AK_OK : AK_ERR_UNSUPPORTED;
    while (st == AK_OK && at < src->size)
        st = next(src, &at, &b) ? look_through(w, (struct ak_bytes){ b.at, b.n }) : AK_ERR_CORRUPT;
    ak_buf_free(&b);
    return (struct ak_wire_done){ .status = st, .n_events = w->seq };
}
