/* rules_main.c - akashi-rules [--keeps] [--placeholders FILE] [--events FILE] FILE...
 * Read files of rules (@LIST: a file of names), tell their problems and how long it
 * took; with events, which of them match, evaluated naively.  For cross tests and
 * measuring; never installed.
 *
 * Events: a line with a rule's file, lines "name=value in hexadecimal", an empty line. */
#include "detect/match.h"
#include "detect/rules_read.h"
#include "event/event.h"
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
        printf("%.*s:%u: %s: %.*s\n", (int)p->file.n, p->file.at, p->line, p->what,
               (int)p->detail.n, p->detail.n ? p->detail.at : "");
    }
    printf("%zu rules, %zu of them correlations, %zu silent, %zu tests, %zu filters applied, %zu "
           "problems\n",
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

/* A detector with one class that serves every log source, fields under their own names. */
static struct ak_detector *detector_of(const struct ak_rules *rules)
{
    static struct ak_map_class all = { .name = AK_STR_INIT("all"), .n_when = 1, .n_defaults = 1 };
    static const struct ak_str test = AK_STR_INIT("test"), as_is = AK_STR_INIT("");
    static const struct ak_map_when when = { AK_STR_INIT("data_type"), &test, 1 };
    static struct ak_maps maps = { .classes = &all, .n = 1 };
    struct ak_logsource *sources = calloc(rules->n + 1, sizeof(*sources));
    for (size_t i = 0; sources && i < rules->n; i++)
        sources[i] = rules->rules[i].source;
    all.sources = sources;
    all.n_sources = rules->n;
    all.when = &when;
    all.defaults = &as_is;
    return ak_detector_new(rules, &maps);
}

static size_t detect(struct ak_detector *d, const struct sigma_event *e, const struct ak_hit **hits)
{
    struct ak_value values[SIGMA_EVENT_FIELDS];
    struct ak_shape shape = { AK_STR("test"), AK_STR("x"), e->names, e->n };
    for (size_t i = 0; i < e->n; i++)
        values[i] = (struct ak_value){ .type = AK_TYPE_STR, .str = e->values[i] };
    size_t n = ak_detector_look(d, &(struct ak_event){ .shape = &shape, .values = values }, hits);
    ak_detector_forget(d);
    return n;
}

/* Rules on which the matcher and the naive evaluation of every rule differ. */
static size_t differences(const struct ak_rules *rules, const struct sigma_event *e,
                          const struct ak_hit *hits, size_t n)
{
    size_t differ = 0, h = 0;
    for (size_t i = 0; i < rules->n; i++) {
        bool hit = h < n && hits[h].rule == i;
        h += hit;
        if (rules->rules[i].when && naive_match(rules->rules[i].when, e) != hit) {
            printf("DIFFER %.*s\n", (int)rules->rules[i].title.n, rules->rules[i].title.at);
            differ++;
        }
    }
    return differ;
}

struct telling {
    const struct ak_rules *rules;
    struct ak_detector *detector;
    char *naive, *matched; /* a character an event */
    size_t n, compared, differ;
};

/* 1: matches, 0: does not, -: there is no such rule. */
static void tell_event(struct telling *t, struct ak_str file, const struct sigma_event *e)
{
    const struct ak_rule *rule = rule_of(t->rules, file);
    const struct ak_hit *hits;
    size_t n = detect(t->detector, e, &hits);
    bool hit = false;
    for (size_t i = 0; rule && i < n; i++)
        hit = hit || &t->rules->rules[hits[i].rule] == rule;
    if (t->n % 50 == 0) {
        t->compared += t->rules->n;
        t->differ += differences(t->rules, e, hits, n);
    }
    t->naive[t->n] = rule && rule->when ? naive_match(rule->when, e) ? '1' : '0' : '-';
    t->matched[t->n++] = rule && rule->when ? hit ? '1' : '0' : '-';
}

static void tell_events(const struct ak_rules *rules, struct ak_bytes text)
{
    char *at = (char *)(uintptr_t)text.at, *end;
    struct telling t = { .rules = rules,
                         .detector = detector_of(rules),
                         .naive = calloc(text.n, 1),
                         .matched = calloc(text.n, 1) };
    at[text.n] = 0;
    while (*at && t.detector && t.naive && t.matched) {
        struct sigma_event event = { .n = 0 };
        end = line_end(at);
        struct ak_str file = { at, (size_t)(end - at) };
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
        tell_event(&t, file, &event);
    }
    printf("%zu rules compared with events made for others, %zu differ\n%s\n%s\n", t.compared,
           t.differ, t.matched, t.naive);
    ak_detector_free(t.detector);
    free(t.naive);
    free(t.matched);
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
    free((void *)(uintptr_t)events.at);
    ak_arena_free(arena);
    return 0;
}
