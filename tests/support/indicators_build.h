/* indicators_build.h - sets of indicators from texts, and events to look at, for tests. */
#ifndef AK_TESTS_INDICATORS_BUILD_H
#define AK_TESTS_INDICATORS_BUILD_H

#include "detect/indicators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A set under test with everything it needs. */
struct feed {
    struct ak_arena *arena;
    struct ak_indicators *set;
    struct ak_indicators_look *look;
    struct ak_buf memory, line;
};

static inline struct feed feed_of(const char *text)
{
    struct feed f = { .arena = ak_arena_new((size_t)64 << 20) };
    size_t n = strlen(text);
    uint8_t *copy = malloc(n + (n == 0)); /* a block of its own for the sanitiser */
    memcpy(copy, text, n);
    struct ak_feed_file file = { AK_STR("feed"), { copy, n } };
    if (ak_indicators_read(f.arena, &file, 1, &f.set) != AK_OK)
        abort();
    free(copy);
    f.look = ak_indicators_look_new(f.set);
    return f;
}

static inline void feed_free(struct feed *f)
{
    ak_indicators_look_free(f->look);
    ak_indicators_free(f->set);
    ak_arena_free(f->arena);
    ak_buf_free(&f->memory);
    ak_buf_free(&f->line);
}

/* "kind value [label]" of every indicator, ';' between; problems as "!line what". */
static inline const char *feed_told(struct feed *f)
{
    f->line.n = 0;
    for (uint32_t i = 0; i < ak_indicators_count(f->set); i++) {
        struct ak_indicator one = ak_indicator_at(f->set, i, &f->memory);
        ak_buf_printf(&f->line, "%s %.*s", ak_indicator_kind_name(one.kind), (int)one.value.n,
                      one.value.at);
        if (one.label.n)
            ak_buf_printf(&f->line, " [%.*s]", (int)one.label.n, one.label.at);
        if (one.like)
            ak_buf_text(&f->line, " like");
        if (one.group)
            ak_buf_printf(&f->line, " +%u", one.group);
        ak_buf_u8(&f->line, ';');
    }
    size_t n;
    const struct ak_feed_problem *p = ak_indicators_problems(f->set, &n);
    for (size_t i = 0; i < n; i++)
        ak_buf_printf(&f->line, "!%u %s: %.*s;", p[i].line, p[i].what, (int)p[i].detail.n,
                      p[i].detail.at);
    ak_buf_u8(&f->line, 0);
    return (const char *)f->line.at;
}

static inline bool feed_is(const char *text, const char *want)
{
    struct feed f = feed_of(text);
    const char *got = feed_told(&f);
    bool same = strcmp(got, want) == 0;
    if (!same)
        printf("      got  %s\n      want %s\n", got, want);
    feed_free(&f);
    return same;
}

/* What a field of this value has: "kind value;" of each match. */
static inline const char *feed_look(struct feed *f, const char *field, const char *value)
{
    const struct ak_str name = ak_str_of(field);
    const struct ak_shape shape = { AK_STR("test"), AK_STR("test"), &name, 1 };
    char *copy = malloc(strlen(value) + 1);
    memcpy(copy, value, strlen(value));
    struct ak_value v = ak_val_str((struct ak_str){ copy, strlen(value) });
    struct ak_event e = { .shape = &shape, .values = &v };
    const struct ak_indicator_match *matches;
    size_t n = ak_indicators_look(f->look, &e, &matches);
    f->line.n = 0;
    for (size_t i = 0; i < n; i++) {
        struct ak_indicator one = ak_indicator_at(f->set, matches[i].number, &f->memory);
        ak_buf_printf(&f->line, "%s %.*s;", ak_indicator_kind_name(one.kind), (int)one.value.n,
                      one.value.at);
    }
    ak_buf_u8(&f->line, 0);
    ak_indicators_forget(f->look);
    free(copy);
    return (const char *)f->line.at;
}

static inline bool feed_has(struct feed *f, const char *field, const char *value, const char *want)
{
    const char *got = feed_look(f, field, value);
    if (strcmp(got, want) != 0)
        printf("      %s = %s: got %s\n", field, value, got);
    return strcmp(got, want) == 0;
}

#endif
