/* worker_sink.c - what a worker says goes through here. */
#include "engine/worker.h"

#include "base/fd.h"
#include "event/jsonl.h"

#include <sys/mman.h>
#include <unistd.h>

enum { PASS_BY_BYTES = 16 << 20 };

static void send(struct ak_worker *w, enum ak_frame_kind kind, struct ak_bytes bytes)
{
    if (w->lost == AK_OK)
        w->lost = ak_wire_send(&w->wire, kind, bytes, -1);
}

/* Send the hits of the batch that follows, if there are any. */
static enum ak_status send_hits(struct ak_worker *w, struct ak_hits *hits)
{
    if (!hits || ak_hits_count(hits) == 0)
        return w->lost;
    w->hits_bytes.n = 0;
    enum ak_status st = ak_hits_finish(hits, &w->hits_bytes);
    if (st != AK_OK)
        return w->lost = st;
    send(w, AK_FRAME_HITS, (struct ak_bytes){ w->hits_bytes.at, w->hits_bytes.n });
    return w->lost;
}

/* Close `batch` and send it, its hits first. */
static enum ak_status send_batch(struct ak_worker *w, struct ak_batch *batch, struct ak_hits *hits)
{
    w->batch_bytes.n = 0;
    if (send_hits(w, hits) != AK_OK)
        return w->lost;
    enum ak_status st = ak_batch_finish(batch, &w->batch_bytes);
    if (st != AK_OK)
        return w->lost = st;
    send(w, AK_FRAME_BATCH, (struct ak_bytes){ w->batch_bytes.at, w->batch_bytes.n });
    return w->lost;
}

static bool batch_full(const struct ak_batch *batch, const struct ak_hits *hits)
{
    return ak_batch_full(batch) || (hits && ak_hits_full(hits));
}

/* Cut one long sorted run into batches of the usual size. */
static enum ak_status send_run(struct ak_worker *w)
{
    struct ak_buf run = { 0 };
    struct ak_batch_reader reader;
    struct ak_event e;
    bool more = true;
    struct ak_arena *aside = ak_arena_new(AK_ITEM_ARENA);
    enum ak_status st = aside ? ak_batch_finish(w->batch, &run) : AK_ERR_NOMEM;
    if (st == AK_OK)
        st = ak_batch_open(aside, (struct ak_bytes){ run.at, run.n }, &reader);
    while (st == AK_OK && (st = ak_batch_next(&reader, &e, &more)) == AK_OK && more) {
        st = ak_batch_add(w->slice, &e);
        if (st == AK_OK && w->hits)
            st = ak_hits_copy(w->slice_hits, w->hits, e.seq);
        if (st == AK_OK && batch_full(w->slice, w->slice_hits))
            st = send_batch(w, w->slice, w->slice_hits);
    }
    if (st == AK_OK && ak_batch_count(w->slice))
        st = send_batch(w, w->slice, w->slice_hits);
    if (w->hits)
        ak_hits_clear(w->hits);
    ak_buf_free(&run);
    ak_arena_free(aside);
    return st == AK_OK ? AK_OK : (w->lost = st);
}

static enum ak_status flush_batch(struct ak_worker *w)
{
    if (ak_batch_count(w->batch) == 0)
        return w->lost;
    if (ak_batch_bytes(w->batch) > 2 * AK_BATCH_BYTES)
        return send_run(w);
    return send_batch(w, w->batch, w->hits);
}

/* Write to the output the supervisor lent; it may be a pipe. */
static void write_out(struct ak_worker *w, const uint8_t *at, size_t n)
{
    if (w->lost == AK_OK && !ak_write_all(AK_OUT_FD, at, n))
        w->lost = AK_ERR_IO;
}

static enum ak_status flush_text(struct ak_worker *w)
{
    ak_worker_text(w, (struct ak_bytes){ w->payload.at, w->payload.n });
    w->payload.n = 0;
    return w->lost;
}

enum ak_status ak_worker_flush(struct ak_worker *w)
{
    if (w->to_json)
        return w->payload.n ? flush_text(w) : w->lost;
    return flush_batch(w);
}

static bool time_to_send(const struct ak_worker *w)
{
    if ((w->job->flags & AK_JOB_CAREFUL) || (w->hits && ak_hits_full(w->hits)))
        return true;
    return ak_batch_full(w->batch) &&
           (!ak_batch_disordered(w->batch) || ak_batch_bytes(w->batch) >= AK_RUN_BYTES);
}

void ak_worker_passed(void *self, uint64_t offset)
{
    struct ak_worker *w = self;
    size_t at = offset < w->mapped.n ? (size_t)offset : w->mapped.n;
    if (at < w->mapped_done) /* it goes over it again */
        w->mapped_done = 0;
    if (at < w->mapped_done + PASS_BY_BYTES)
        return;
    size_t until = (at - PASS_BY_BYTES / 2) & ~(size_t)0xFFFF;
    madvise((void *)(uintptr_t)(w->mapped.at + w->mapped_done), until - w->mapped_done,
            MADV_DONTNEED);
    w->mapped_done = until;
}

/* Add an event to the batch, which may have to go first. */
static enum ak_status add_event(struct ak_worker *w, const struct ak_event *e)
{
    enum ak_status st = ak_batch_add(w->batch, e);
    if (st != AK_ERR_LIMIT || ak_batch_count(w->batch) == 0) /* too much with what is there? */
        return st;
    st = flush_batch(w);
    return st == AK_OK ? ak_batch_add(w->batch, e) : st;
}

/* The indicators that an event has, each as an event beside it. */
static enum ak_status add_found(struct ak_worker *w, const struct ak_event *e, size_t n)
{
    enum ak_status st = AK_OK;
    for (size_t i = 0; st == AK_OK && i < n; i++) {
        struct ak_event found = ak_worker_feeds_found(w->feeds, i, e);
        found.seq = w->seq++;
        st = add_event(w, &found);
    }
    return st;
}

/* Is an event kept that satisfies nothing? */
static bool is_kept(const struct ak_worker *w, const struct ak_event *e)
{
    if (!(w->job->flags & AK_JOB_HITS_ONLY))
        return true;
    return (w->job->flags & AK_JOB_KEEP_WAITING) && w->compare &&
           ak_worker_rules_may_need(w->rules, e);
}

static enum ak_status to_batch(struct ak_worker *w, const struct ak_event *e)
{
    size_t n_hits = w->compare ? ak_worker_rules_look(w->rules, e) : 0;
    size_t n_found = w->look ? ak_worker_feeds_look(w->feeds, e) : 0;
    if (n_hits + n_found == 0 && !is_kept(w, e))
        return AK_OK;
    enum ak_status st = add_event(w, e);
    if (st == AK_ERR_LIMIT) {
        ak_worker_damage(w, AK_STR(""), e->offset, "an event larger than the limit was left out");
        return AK_OK;
    }
    if (st == AK_OK && n_hits)
        ak_worker_rules_keep(w->rules, e->seq);
    return st == AK_OK ? add_found(w, e, n_found) : st;
}

static enum ak_status on_event(void *self, const struct ak_event *event)
{
    struct ak_worker *w = self;
    struct ak_event e = *event;
    e.seq = w->seq++;
    if (w->mapped.n)
        ak_worker_passed(w, e.offset);
    if (w->to_json) {
        struct ak_event_place place = { .evidence = w->job->evidence, .path = w->job->path };
        ak_jsonl_put(w->jsonl, &w->payload, &e, &place);
        return w->payload.n > AK_BATCH_BYTES ? flush_text(w) : w->lost;
    }
    enum ak_status st = to_batch(w, &e);
    if (st == AK_OK && ak_batch_count(w->batch) && time_to_send(w))
        st = flush_batch(w);
    return st == AK_OK ? AK_OK : AK_ERR_CANCELLED;
}

static void on_damage(void *self, uint64_t offset, const char *what)
{
    ak_worker_damage(self, AK_STR(""), offset, what);
}

struct ak_sink ak_worker_sink(struct ak_worker *w)
{
    return (struct ak_sink){ on_event, on_damage, w };
}

void ak_worker_damage(struct ak_worker *w, struct ak_str path, uint64_t offset, const char *what)
{
    struct ak_buf b = { 0 };
    w->n_damage++;
    ak_wire_put_str(&b, path);
    ak_buf_varint(&b, offset);
    ak_wire_put_str(&b, ak_str_of(what));
    send(w, AK_FRAME_DAMAGE, (struct ak_bytes){ b.at, b.n });
    ak_buf_free(&b);
}

void ak_worker_fact(struct ak_worker *w, struct ak_str name, struct ak_str value)
{
    struct ak_buf b = { 0 };
    ak_wire_put_str(&b, name);
    ak_wire_put_str(&b, value);
    send(w, AK_FRAME_FACT, (struct ak_bytes){ b.at, b.n });
    ak_buf_free(&b);
}

void ak_worker_text(struct ak_worker *w, struct ak_bytes text)
{
    if (w->job->flags & AK_JOB_TO_FD)
        write_out(w, text.at, text.n);
    else
        send(w, AK_FRAME_TEXT, text);
}

void ak_worker_progress(struct ak_worker *w, uint64_t bytes)
{
    struct ak_buf b = { 0 };
    ak_buf_varint(&b, bytes);
    send(w, AK_FRAME_PROGRESS, (struct ak_bytes){ b.at, b.n });
    ak_buf_free(&b);
}
