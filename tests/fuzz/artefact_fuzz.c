/* artefact_fuzz.c - one harness for every artefact.
 *
 * Built once per artefact with -DFUZZ_ARTEFACT=ak_windows_recycle_bin.  It looks
 * for more than crashes: what a parser says about garbage must still be
 * well formed, must lie inside the input, must survive a batch unchanged, and
 * must be the same twice.
 */
#include "artefact/artefact.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "event/batch.h"
#include "event/jsonl.h"

#include <stdlib.h>
#include <string.h>

extern const struct ak_artefact FUZZ_ARTEFACT;

struct tally {
    struct ak_buf lines;
    struct ak_batch *batch;
    size_t input_n;
    uint32_t n_damage;
};

static enum ak_status on_event(void *self, const struct ak_event *e)
{
    struct tally *t = self;
    if (e->offset > t->input_n || e->length > t->input_n - e->offset)
        abort(); /* claims bytes it was not given */
    if (e->shape->n > AK_EVENT_FIELDS_MAX)
        abort();
    ak_jsonl_event(&t->lines, e, &(struct ak_event_place){ 0 });
    if (t->lines.n > 64u << 20)
        return AK_ERR_CANCELLED;
    return ak_batch_add(t->batch, e);
}

static void on_damage(void *self, uint64_t at, const char *what)
{
    struct tally *t = self;
    if (at > t->input_n)
        abort();
    t->n_damage++;
    ak_buf_text(&t->lines, what);
}

/* What went into the batch must come out of it, time order aside. */
static void check_batch(struct ak_batch *batch, struct ak_arena *arena)
{
    uint32_t want = ak_batch_count(batch), got = 0;
    struct ak_buf out = { 0 };
    struct ak_batch_reader reader;
    struct ak_event e;
    bool more = true;
    if (ak_batch_finish(batch, &out) != AK_OK ||
        ak_batch_open(arena, (struct ak_bytes){ out.at, out.n }, &reader) != AK_OK)
        abort();
    for (; ak_batch_next(&reader, &e, &more) == AK_OK && more; got++)
        ;
    if (got != want)
        abort();
    ak_buf_free(&out);
}

static uint64_t run(struct ak_bytes in)
{
    struct tally t = { .batch = ak_batch_new(), .input_n = in.n };
    struct ak_arena *arena = ak_arena_new(64u << 20), *aside = ak_arena_new(256u << 20);
    struct ak_sink sink = { on_event, on_damage, &t };
    struct ak_item item = {
        .path = AK_STR("fuzz"), .size = in.n, .bytes = in, .zone = &ak_zone_utc
    };
    struct ak_ctx ctx = { .arena = arena, .item = &item, .sink = &sink };
    enum ak_status st = FUZZ_ARTEFACT.parse(&ctx);
    if (st == AK_ERR_CORRUPT && ctx.n_damage == 0)
        abort(); /* rejected the item without saying why */
    check_batch(t.batch, aside);
    uint64_t hash = ak_hash(t.lines.at, t.lines.n);
    ak_batch_free(t.batch);
    ak_arena_free(arena);
    ak_arena_free(aside);
    ak_buf_free(&t.lines);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    struct ak_bytes in = { n ? data : &nothing, n };
    ak_encoding_open();
    if (run(in) != run(in))
        abort(); /* not a function of its input */
    return 0;
}
