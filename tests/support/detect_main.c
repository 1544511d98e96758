/* detect_main.c - akashi-detect-parse [--fields] RULES FILE...: which rules fire on the
 * events of files, without sandbox or case.  One line a hit: file, record, rule.
 * The developer's tool; never installed. */
#include "detect_load.h"

#include "base/encoding.h"
#include "detect/match.h"
#include "detect/rule.h"

#include <stdio.h>
#include <string.h>

struct looking {
    struct ak_detector *detector;
    const struct ak_rules *rules;
    const char *file;
    uint64_t n_events, n_hits;
    bool fields;
};

static void print_hit(const struct looking *l, const struct ak_event *e, const struct ak_hit *hit)
{
    const struct ak_rule *rule = &l->rules->rules[hit->rule];
    const struct ak_value *record = ak_event_get(e, AK_STR("winlog.record_id"));
    uint64_t number = record && record->type == AK_TYPE_U64 ? record->u64 : e->offset;
    printf("%s\t%llu\t%.*s\t%.*s\n", l->file, (unsigned long long)number, (int)rule->id.n,
           rule->id.at, (int)rule->title.n, rule->title.at);
    for (size_t i = 0; i < hit->n_fields && l->fields; i++)
        printf("\t%.*s = %.*s\n", (int)hit->fields[i].name.n, hit->fields[i].name.at,
               (int)hit->fields[i].value.n, hit->fields[i].value.at);
}

static void look(void *self, const struct ak_event *e)
{
    struct looking *l = self;
    const struct ak_hit *hits;
    size_t n = ak_detector_look(l->detector, e, &hits);
    for (size_t i = 0; i < n; i++)
        print_hit(l, e, &hits[i]);
    l->n_events++;
    l->n_hits += n;
}

static void print_bindings(const struct looking *l)
{
    size_t n[AK_BOUND_BY_OTHERS + 1] = { 0 };
    for (uint32_t i = 0; i < l->rules->n; i++)
        n[ak_detector_binding(l->detector, i)]++;
    fprintf(stderr,
            "%zu rules: %zu bound, %zu without source, %zu without fields, %zu too large, %zu "
            "correlations; %zu "
            "problems\n",
            l->rules->n, n[AK_BOUND], n[AK_UNBOUND_SOURCE], n[AK_UNBOUND_FIELDS],
            n[AK_UNBOUND_SIZE], n[AK_BOUND_BY_OTHERS], l->rules->n_problems);
}

int main(int argc, char **argv)
{
    struct ak_arena *arena = ak_arena_new((size_t)1 << 30);
    struct ak_rules rules;
    struct ak_maps maps;
    bool fields = argc > 1 && strcmp(argv[1], "--fields") == 0;
    argv += fields;
    argc -= fields;
    if (argc < 2)
        return 2;
    ak_encoding_open();
    double start = detect_clock();
    detect_load_rules(arena, argv[1], &rules);
    double read = detect_clock();
    if (ak_maps_builtin(arena, &maps) != AK_OK)
        return 1;
    struct looking l = { ak_detector_new(&rules, &maps), &rules, NULL, 0, 0, fields };
    if (!l.detector)
        return 1;
    fprintf(stderr, "rules read in %.3f s, detector made in %.3f s\n", read - start,
            detect_clock() - read);
    print_bindings(&l);
    for (int i = 2; i < argc; i++) {
        uint64_t size;
        l.file = argv[i];
        if (!detect_parse(argv[i], look, &l, &size))
            fprintf(stderr, "%s: no parser for it\n", argv[i]);
        ak_detector_forget(l.detector);
    }
    fprintf(stderr, "%llu events, %llu hits, %llu misses\n", (unsigned long long)l.n_events,
            (unsigned long long)l.n_hits, (unsigned long long)ak_detector_misses(l.detector));
    ak_detector_free(l.detector);
    ak_arena_free(arena);
    return 0;
}
