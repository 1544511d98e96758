/* indicators_main.c - akashi-indicators [--look EVIDENCE]... FEED...: read feeds, say
 * what was understood; look for it in the events of files; times on stderr. */
#include "artefact/artefact.h"
#include "base/encoding.h"
#include "detect/indicators.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct ak_bytes read_all(const char *path)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &st) != 0) {
        perror(path);
        exit(1);
    }
    size_t n = (size_t)st.st_size;
    void *at = n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fileno(f), 0) : MAP_FAILED;
    fclose(f);
    return at == MAP_FAILED ? (struct ak_bytes){ (const uint8_t *)"", 0 }
                            : (struct ak_bytes){ at, n };
}

struct looking {
    struct ak_indicators *set;
    struct ak_indicators_look *look; /* NULL: only parse */
    struct ak_buf memory;
    uint64_t n_events, n_matches;
};

static enum ak_status on_event(void *self, const struct ak_event *e)
{
    struct looking *l = self;
    const struct ak_indicator_match *m;
    l->n_events++;
    size_t n = l->look ? ak_indicators_look(l->look, e, &m) : 0;
    l->n_matches += n;
    for (size_t i = 0; i < n; i++) {
        struct ak_indicator one = ak_indicator_at(l->set, m[i].number, &l->memory);
        printf("at %llu: %s %.*s in %.*s\n", (unsigned long long)e->offset,
               ak_indicator_kind_name(one.kind), (int)one.value.n, one.value.at, (int)m[i].field.n,
               m[i].field.at);
    }
    return AK_OK;
}

static void on_damage(void *self, uint64_t offset, const char *what)
{
    (void)self;
    (void)offset;
    (void)what;
}

static void parse(const char *path, struct looking *l)
{
    struct ak_bytes bytes = read_all(path);
    struct ak_item item = { .path = ak_str_of(path),
                            .size = bytes.n,
                            .bytes = bytes,
                            .zone = &ak_zone_utc,
                            .access_format = AK_STR("") };
    struct ak_probe probe = { item.path,
                              { bytes.at, bytes.n < AK_PROBE_BYTES ? bytes.n : AK_PROBE_BYTES },
                              bytes.n };
    const struct ak_artefact *a = ak_artefact_for(&probe);
    struct ak_sink sink = { on_event, on_damage, l };
    struct ak_ctx ctx = { .arena = ak_arena_new((size_t)1 << 30), .item = &item, .sink = &sink };
    if (!a || a->parse(&ctx) != AK_OK)
        fprintf(stderr, "%s: not parsed to its end\n", path);
    ak_arena_free(ctx.arena);
    if (l->look)
        ak_indicators_forget(l->look);
}

static void look_in(const char *path, struct looking *l)
{
    struct looking none = { 0 };
    parse(path, &none); /* warm */
    double t0 = now_s();
    parse(path, &none);
    double t1 = now_s();
    parse(path, l);
    double t2 = now_s();
    fprintf(
        stderr,
        "%s: %llu events, %llu matches; parsing %.3f s, with looking %.3f s: %.0f ns an event\n",
        path, (unsigned long long)l->n_events, (unsigned long long)l->n_matches, t1 - t0, t2 - t1,
        (t2 - t1 - (t1 - t0)) * 1e9 / (double)(l->n_events ? l->n_events : 1));
    l->n_events = l->n_matches = 0;
}

static void tell(const struct ak_indicators *set, double seconds)
{
    struct ak_indicators_sum sum = ak_indicators_sum(set);
    fprintf(
        stderr,
        "%zu indicators, %.1f MB, read in %.3f s; %llu problems, %llu repeated, %llu unwanted\n",
        ak_indicators_count(set), (double)sum.bytes / 1e6, seconds,
        (unsigned long long)sum.n_problems, (unsigned long long)sum.n_repeated,
        (unsigned long long)sum.n_unwanted);
    for (unsigned k = 0; k < AK_INDICATOR_KINDS; k++)
        if (ak_indicators_of_kind(set, k))
            fprintf(stderr, "  %s %zu\n", ak_indicator_kind_name(k), ak_indicators_of_kind(set, k));
    size_t n;
    const struct ak_feed_problem *p = ak_indicators_problems(set, &n);
    for (size_t i = 0; i < n && i < 20; i++)
        fprintf(stderr, "  %.*s:%u: %s: %.*s\n", (int)p[i].file.n, p[i].file.at, p[i].line,
                p[i].what, (int)p[i].detail.n, p[i].detail.at);
}

int main(int argc, char **argv)
{
    struct ak_feed_file files[64];
    const char *evidence[64];
    size_t n = 0, n_evidence = 0;
    for (int i = 1; i < argc && n < 64 && n_evidence < 64; i++) {
        if (strcmp(argv[i], "--look") == 0 && i + 1 < argc)
            evidence[n_evidence++] = argv[++i];
        else
            files[n++] = (struct ak_feed_file){ ak_str_of(argv[i]), read_all(argv[i]) };
    }
    ak_encoding_open();
    struct ak_arena *arena = ak_arena_new((size_t)256 << 20);
    struct looking l = { 0 };
    double t0 = now_s();
    if (!arena || ak_indicators_read(arena, files, n, &l.set) != AK_OK)
        return 1;
    tell(l.set, now_s() - t0);
    l.look = ak_indicators_look_new(l.set);
    for (size_t i = 0; l.look && i < n_evidence; i++)
        look_in(evidence[i], &l);
    ak_indicators_look_free(l.look);
    ak_buf_free(&l.memory);
    ak_indicators_free(l.set);
    ak_arena_free(arena);
    return 0;
}
