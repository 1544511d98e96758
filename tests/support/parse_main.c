/* parse_main.c - akashi-parse [--as NAME] [--path PATH] FILE: one file through
 * one parser to JSON lines; damage and the status on stderr.  --to batch fills
 * batches instead and throws them away, to time parsers by. */
#include "artefact/artefact.h"
#include "base/encoding.h"
#include "event/batch.h"
#include "event/jsonl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct printer {
    struct ak_jsonl *writer;
    struct ak_batch *batch; /* NULL: JSON lines */
    struct ak_buf out;
};

static enum ak_status finish_batch(struct printer *p)
{
    p->out.n = 0;
    return ak_batch_finish(p->batch, &p->out);
}

static enum ak_status batch_event(struct printer *p, const struct ak_event *e)
{
    enum ak_status st = ak_batch_add(p->batch, e);
    return st == AK_OK && ak_batch_full(p->batch) ? finish_batch(p) : st;
}

static enum ak_status print_event(void *self, const struct ak_event *e)
{
    struct printer *p = self;
    if (p->batch)
        return batch_event(p, e);
    ak_jsonl_put(p->writer, &p->out, e, &(struct ak_event_place){ 0 });
    if (p->out.n > 1 << 18) {
        fwrite(p->out.at, 1, p->out.n, stdout);
        p->out.n = 0;
    }
    return AK_OK;
}

static void print_damage(void *self, uint64_t at, const char *what)
{
    (void)self;
    fprintf(stderr, "damage at %llu: %s\n", (unsigned long long)at, what);
}

static struct ak_bytes read_all(const char *path, struct stat *st)
{
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), st) != 0) {
        perror(path);
        exit(1);
    }
    size_t n = (size_t)st->st_size;
    void *at = n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fileno(f), 0) : MAP_FAILED;
    fclose(f);
    return at == MAP_FAILED ? (struct ak_bytes){ (const uint8_t *)"", 0 }
                            : (struct ak_bytes){ at, n };
}

static int run(const struct ak_artefact *a, const struct ak_item *item, bool to_batch)
{
    struct printer p = { .writer = ak_jsonl_new(), .batch = to_batch ? ak_batch_new() : NULL };
    struct ak_sink sink = { print_event, print_damage, &p };
    struct ak_arena *arena = ak_arena_new((size_t)1 << 30);
    struct ak_ctx ctx = { .arena = arena, .item = item, .sink = &sink };
    enum ak_status st = a->parse(&ctx);
    if (to_batch)
        p.out.n = 0;
    if (p.out.n)
        fwrite(p.out.at, 1, p.out.n, stdout);
    fprintf(stderr, "%s: status %d, %u events, %u damage\n", a->name, (int)st, ctx.n_events,
            ctx.n_damage);
    ak_buf_free(&p.out);
    ak_jsonl_free(p.writer);
    ak_batch_free(p.batch);
    ak_arena_free(arena);
    return 0;
}

int main(int argc, char **argv)
{
    const char *as = NULL, *path = NULL, *format = "", *to = "";
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "--as") == 0)
            as = argv[i + 1];
        else if (strcmp(argv[i], "--path") == 0)
            path = argv[i + 1];
        else if (strcmp(argv[i], "--to") == 0)
            to = argv[i + 1];
        else if (strcmp(argv[i], "--access-format") == 0)
            format = argv[i + 1];
    }
    if (i >= argc)
        return 2;
    ak_encoding_open();
    struct stat st;
    struct ak_bytes bytes = read_all(argv[i], &st);
    struct ak_item item = { .path = ak_str_of(path ? path : argv[i]),
                            .size = bytes.n,
                            .bytes = bytes,
                            .modified = ak_stamp_unix(st.st_mtime, 0, AK_PREC_S),
                            .zone = &ak_zone_utc,
                            .access_format = ak_str_of(format) };
    struct ak_probe probe = { item.path,
                              { bytes.at, bytes.n < AK_PROBE_BYTES ? bytes.n : AK_PROBE_BYTES },
                              bytes.n };
    const struct ak_artefact *a = as ? ak_artefact_named(ak_str_of(as)) : ak_artefact_for(&probe);
    if (!a) {
        fprintf(stderr, "%s: no parser for it\n", argv[i]);
        return 1;
    }
    return run(a, &item, strcmp(to, "batch") == 0);
}
