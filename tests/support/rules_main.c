/* rules_main.c - akashi-rules [--keeps] [--placeholders FILE] [--events FILE] FILE...
 * Read files of rules (@LIST: a file of names), tell their problems and how long it
 * took; with events, which of them match, evaluated naively.  For cross tests and
 * measuring; never installed.
 *
 * Events: a line with a rule's file, lines "name=value in hexadecimal", an empty line. */
#include "detect/rules_read.h"
#include "tests/support/naive_sigma.h"

#include <time.h>

enum { FILES_MAX = 20000 };

static struct ak_bytes slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0) {
        fprintf(stderr, "cannot open %s\n", path);
        exit(2);
    }
    long size = ftell(f);
    rewind(f);
    uint8_t *at = calloc((size_t)size + 1, 1);
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

static const struct ak_rule *rule_of(const struct ak_rules *rules, struct ak_str file)
{
    for (size_t i = 0; i < rules->n; i++)
        if (ak_str_eq(rules->rules[i].file, file))
            return &rules->rules[i];
    return NULL;
}

static char *line_end(char *at)
{
    char *end = strchr(at, '\n');
    return end ? end : at + strlen(at);
}

/* 1: matches, 0: does not, -: there is no such rule. */
static void tell_events(const struct ak_rules *rules, struct ak_bytes text)
{
    char *at = (char *)(uintptr_t)text.at, *end;
    at[text.n] = 0;
    while (*at) {
        struct sigma_event event = { .n = 0 };
        end = line_end(at);
        const struct ak_rule *rule = rule_of(rules, (struct ak_str){ at, (size_t)(end - at) });
        for (at = end + (*end != 0); *at && *at != '\n'; at = end + 1) {
            char *equals = strchr(at, '=');
            end = line_end(at);
            *end = 0;
            if (event.n == SIGMA_EVENT_FIELDS)
                exit(4);
            event.names[event.n] = (struct ak_str){ at, (size_t)(equals - at) };
            event.values[event.n++] = sigma_unhex(equals + 1);
        }
        at += *at != 0;
        putchar(rule && rule->when ? naive_match(rule->when, &event) ? '1' : '0' : '-');
    }
    putchar('\n');
}

static size_t add_list(struct ak_rule_file *files, size_t n, const char *path)
{
    char *names = (char *)(uintptr_t)slurp(path).at;
    for (char *at = names, *end; *at && n < FILES_MAX; at = end + 1) {
        end = line_end(at);
        if (!*end)
            break;
        *end = 0;
        files[n++] = (struct ak_rule_file){ ak_str_of(at), slurp(at) };
    }
    return n;
}

int main(int argc, char **argv)
{
    struct ak_rules_options options = { AK_FILTER_SUPPRESSES, { NULL, 0 }, { NULL, 0 } };
    static struct ak_rule_file files[FILES_MAX];
    struct ak_bytes events = { NULL, 0 };
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--keeps") == 0)
            options.filters = AK_FILTER_KEEPS;
        else if (strcmp(argv[i], "--placeholders") == 0 && i + 1 < argc)
            options.placeholders = slurp(argv[++i]);
        else if (strcmp(argv[i], "--events") == 0 && i + 1 < argc)
            events = slurp(argv[++i]);
        else if (argv[i][0] == '@')
            n = add_list(files, n, argv[i] + 1);
        else if (n < FILES_MAX)
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
    if (events.n)
        tell_events(&rules, events);
    ak_arena_free(arena);
    return 0;
}
