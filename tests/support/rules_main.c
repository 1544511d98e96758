/* rules_main.c - akashi-rules [--keeps] [--placeholders FILE] FILE...: read files of
 * rules, tell their problems and how long it took.  For cross tests and measuring;
 * never installed. */
#include "detect/rules_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct ak_bytes slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0) {
        fprintf(stderr, "cannot open %s\n", path);
        exit(2);
    }
    long size = ftell(f);
    rewind(f);
    uint8_t *at = malloc((size_t)size + 1);
    size_t n = at ? fread(at, 1, (size_t)size, f) : 0;
    fclose(f);
    return (struct ak_bytes){ at, n };
}

static size_t tests_in(const struct ak_node *node)
{
    size_t n = node->kind == AK_NODE_ITEM ? node->item->n : 0;
    for (size_t i = 0; i < node->n; i++)
        n += tests_in(node->children[i]);
    return n;
}

static void tell(const struct ak_rules *rules)
{
    size_t correlations = 0, silent = 0, tests = 0;
    for (size_t i = 0; i < rules->n; i++) {
        correlations += rules->rules[i].correlation != NULL;
        silent += rules->rules[i].silent;
        tests += rules->rules[i].when ? tests_in(rules->rules[i].when) : 0;
    }
    for (size_t i = 0; i < rules->n_problems; i++) {
        const struct ak_rule_problem *p = &rules->problems[i];
        printf("%.*s:%u: %s: %.*s\n", (int)p->file.n, p->file.at, p->line, p->what, (int)p->detail.n,
               p->detail.n ? p->detail.at : "");
    }
    printf("%zu rules, %zu of them correlations, %zu silent, %zu tests, %zu filters applied, %zu problems\n",
           rules->n, correlations, silent, tests, rules->n_filters, rules->n_problems);
}

int main(int argc, char **argv)
{
    struct ak_rules_options options = { AK_FILTER_SUPPRESSES, { NULL, 0 } };
    struct ak_rule_file *files = calloc((size_t)argc, sizeof(*files));
    size_t n = 0;
    for (int i = 1; i < argc && files; i++) {
        if (strcmp(argv[i], "--keeps") == 0)
            options.filters = AK_FILTER_KEEPS;
        else if (strcmp(argv[i], "--placeholders") == 0 && i + 1 < argc)
            options.placeholders = slurp(argv[++i]);
        else
            files[n++] = (struct ak_rule_file){ ak_str_of(argv[i]), slurp(argv[i]) };
    }
    struct ak_arena *arena = ak_arena_new((size_t)1 << 32);
    struct timespec start, end;
    struct ak_rules rules;
    clock_gettime(CLOCK_MONOTONIC, &start);
    enum ak_status status = ak_rules_read(arena, files, n, &options, &rules);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (status != AK_OK)
        return 3;
    tell(&rules);
    fprintf(stderr, "%.3f s, %zu KiB of arena\n",
            (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9,
            (((size_t)1 << 32) - ak_arena_mark(arena).left) >> 10);
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)files[i].bytes.at);
    free((void *)(uintptr_t)options.placeholders.at);
    free(files);
    ak_arena_free(arena);
    return 0;
}
