/* logsources_main.c - akashi-logsources RULES: each log source that rules name, how many
 * rules name it, how many of these are bound, and the classes that serve it; then each rule
 * that has a source but not its fields.  Tabs between.  The developer's tool; never installed. */
#include "detect_load.h"

#include "base/encoding.h"
#include "detect/match.h"
#include "detect/rule.h"

#include <stdio.h>
#include <stdlib.h>

struct row {
    struct ak_logsource source;
    uint32_t rule;
    enum ak_rule_binding binding;
};

static int by_source(const void *va, const void *vb)
{
    const struct row *a = va, *b = vb;
    int c = ak_str_cmp(a->source.product, b->source.product);
    c = c ? c : ak_str_cmp(a->source.category, b->source.category);
    return c ? c : ak_str_cmp(a->source.service, b->source.service);
}

static void print_text(struct ak_str text, char end)
{
    printf("%.*s%c", (int)text.n, text.at, end);
}

/* The rows of one source; returns behind the last. */
static size_t print_source(const struct row *rows, size_t n, size_t i, const struct ak_maps *maps)
{
    size_t from = i, n_bound = 0;
    for (; i < n && by_source(&rows[from], &rows[i]) == 0; i++)
        n_bound += rows[i].binding == AK_BOUND;
    const struct ak_logsource *s = &rows[from].source;
    printf("source\t%.*s/%.*s/%.*s\t%zu\t%zu\t", (int)s->product.n, s->product.at,
           (int)s->category.n, s->category.at, (int)s->service.n, s->service.at, i - from, n_bound);
    const char *between = "";
    for (size_t k = 0; k < maps->n; k++)
        if (ak_map_serves(&maps->classes[k], s)) {
            printf("%s%.*s", between, (int)maps->classes[k].name.n, maps->classes[k].name.at);
            between = "; ";
        }
    printf("\n");
    return i;
}

int main(int argc, char **argv)
{
    struct ak_arena *arena = ak_arena_new((size_t)1 << 30);
    struct ak_rules rules;
    struct ak_maps maps;
    if (argc != 2)
        return 2;
    ak_encoding_open();
    detect_load_rules(arena, argv[1], &rules);
    struct ak_detector *detector =
        ak_maps_builtin(arena, &maps) == AK_OK ? ak_detector_new(&rules, &maps) : NULL;
    struct row *rows = calloc(rules.n + 1, sizeof(*rows));
    if (!detector || !rows)
        return 1;
    size_t n = 0;
    for (uint32_t i = 0; i < rules.n; i++)
        if (rules.rules[i].when)
            rows[n++] = (struct row){ rules.rules[i].source, i, ak_detector_binding(detector, i) };
    qsort(rows, n, sizeof(*rows), by_source);
    for (size_t i = 0; i < n;)
        i = print_source(rows, n, i, &maps);
    for (size_t i = 0; i < n; i++)
        if (rows[i].binding == AK_UNBOUND_FIELDS) {
            printf("fields\t");
            print_text(rules.rules[rows[i].rule].id, '\t');
            print_text(rules.rules[rows[i].rule].title, '\n');
        }
    free(rows);
    ak_detector_free(detector);
    ak_arena_free(arena);
    return 0;
}
