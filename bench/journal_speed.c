/* journal_speed.c - how many journal entries a second linux.journal puts into
 * batches, on one core.
 *
 *     journal_speed FILE.journal [TIMES]
 *
 * Compare with: time journalctl --file FILE.journal -o export > /dev/null */
#include "artefact/artefact.h"
#include "base/encoding.h"
#include "event/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern const struct ak_artefact ak_linux_journal;

struct sink {
    struct ak_batch *batch;
    struct ak_buf out;
    uint64_t n_fields;
};

static enum ak_status on_event(void *self, const struct ak_event *e)
{
    struct sink *s = self;
    enum ak_status st = ak_batch_add(s->batch, e);
    s->n_fields += e->shape->n;
    if (st != AK_OK || !ak_batch_full(s->batch))
        return st;
    s->out.n = 0;
    return ak_batch_finish(s->batch, &s->out);
}

static void on_damage(void *self, uint64_t at, const char *what)
{
    (void)self;
    printf("damage at %llu: %s\n", (unsigned long long)at, what);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct ak_bytes read_all(const char *path)
{
    struct ak_buf b = { 0 };
    FILE *f = fopen(path, "rb");
    for (size_t n = 1; f && n > 0;) {
        uint8_t *to = ak_buf_room(&b, 1 << 20);
        n = to ? fread(to, 1, 1 << 20, f) : 0;
        ak_buf_wrote(&b, n);
    }
    if (f)
        fclose(f);
    return (struct ak_bytes){ b.at, b.n };
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    struct ak_bytes bytes = read_all(argv[1]);
    ak_encoding_open();
    for (long left = argc > 2 ? strtol(argv[2], NULL, 10) : 3; left > 0; left--) {
        struct sink s = { .batch = ak_batch_new() };
        struct ak_sink sink = { on_event, on_damage, &s };
        struct ak_item item = {
            .path = ak_str_of(argv[1]), .size = bytes.n, .bytes = bytes, .zone = &ak_zone_utc
        };
        struct ak_ctx ctx = { .arena = ak_arena_new((size_t)4 << 30),
                              .item = &item,
                              .sink = &sink };
        double from = now_s();
        enum ak_status st = ak_linux_journal.parse(&ctx);
        double took = now_s() - from;
        printf("status %d, %u entries, %llu fields, %.3f s: %.0f entries/s\n", (int)st,
               ctx.n_events, (unsigned long long)s.n_fields, took, ctx.n_events / took);
        ak_arena_free(ctx.arena);
        ak_batch_free(s.batch);
        ak_buf_free(&s.out);
    }
    free((void *)(uintptr_t)bytes.at);
    return 0;
}
