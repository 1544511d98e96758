/* detect_micro.c - detect_micro RULES FILE...: what looking costs.
 *
 * Parses the files with 0, 100, 1,000 and all rules and gives the time a second
 * look at every event takes, the time to read and make, and the peak memory.  Each
 * figure is the best of several rounds on this thread; give logs of 100 MB
 * (bench/mkbig_evtx.py) for figures that mean something. */
#include "../tests/support/detect_load.h"

#include "base/encoding.h"
#include "detect/match.h"
#include "detect/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { ROUNDS = 5 };

struct looking {
    struct ak_detector *detector; /* NULL: parse only */
    uint64_t n_events, n_hits, size;
};

static void look(void *self, const struct ak_event *e)
{
    struct looking *l = self;
    const struct ak_hit *hits;
    l->n_events++;
    if (l->detector)
        l->n_hits += ak_detector_look(l->detector, e, &hits);
}

/* The best of some rounds, in seconds. */
static double measure(struct looking *l, int n_files, char **files)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        l->n_events = l->n_hits = l->size = 0;
        double start = detect_clock();
        for (int i = 0; i < n_files; i++) {
            uint64_t size;
            detect_parse(files[i], look, l, &size);
            l->size += size;
            if (l->detector)
                ak_detector_forget(l->detector);
        }
        double took = detect_clock() - start;
        best = took < best ? took : best;
    }
    return best;
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Every n-th rule, so that each number of rules has all kinds of them. */
static struct ak_rules every(struct ak_arena *arena, const struct ak_rules *all, size_t n)
{
    struct ak_rule *some = AK_NEW_N(arena, struct ak_rule, n + 1);
    if (!some)
        abort();
    for (size_t i = 0; i < n; i++)
        some[i] = all->rules[i * all->n / n];
    return (struct ak_rules){ .rules = some, .n = n };
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    ak_encoding_open();
    struct ak_arena *arena = ak_arena_new((size_t)1 << 30);
    struct ak_rules all;
    struct ak_maps maps;
    double start = detect_clock();
    detect_load_rules(arena, argv[1], &all);
    printf("%zu rules read in %.3f s\n", all.n, detect_clock() - start);
    if (ak_maps_builtin(arena, &maps) != AK_OK)
        return 1;
    struct looking none = { 0 };
    double base = measure(&none, argc - 2, argv + 2);
    printf("parsing alone: %.1f MB, %llu events, %.3f s: %.0f MB/s; peak %ld MiB\n",
           (double)none.size / 1e6, (unsigned long long)none.n_events, base,
           (double)none.size / 1e6 / base, peak_kib() / 1024);
    const size_t counts[] = { 0, 100, 1000, all.n };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (counts[i] > all.n)
            continue;
        struct ak_rules some = every(arena, &all, counts[i]);
        start = detect_clock();
        struct looking l = { .detector = ak_detector_new(&some, &maps) };
        double made = detect_clock() - start;
        if (!l.detector)
            return 1;
        double took = measure(&l, argc - 2, argv + 2);
        printf("%5zu rules: made in %.3f s; %.3f s, %.0f MB/s, %.0f ns an event for looking; %llu "
               "hits; peak %ld MiB\n",
               counts[i], made, took, (double)l.size / 1e6 / took,
               (took - base) * 1e9 / (double)l.n_events, (unsigned long long)l.n_hits,
               peak_kib() / 1024);
        ak_detector_free(l.detector);
    }
    ak_arena_free(arena);
    return 0;
}
