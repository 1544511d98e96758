/* sigma_cases.h - a table of Sigma cases (tests/unit/detect/sigma_cases.txt and
 * others like it), one sentence of the specification each:
 *
 *     == the sentence, (where it stands)
 *     selection:                       lines of "detection", or, beginning with
 *         Field: value                 "title:" or "# whole", all of the file
 *     condition: selection
 *     -- yes                           an event the rule must match
 *     Field=value
 *     -- no                            one it must not
 *     Other@=63006d00                  bytes in hexadecimal
 *     -- refused 2 what: detail        or, instead of events: line of the text above
 *
 * A field not listed is not there; "Field=" is an empty text. */
#ifndef AK_TESTS_SIGMA_CASES_H
#define AK_TESTS_SIGMA_CASES_H

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIGMA_EVENT_FIELDS = 64 };

struct sigma_event {
    struct ak_str names[SIGMA_EVENT_FIELDS], values[SIGMA_EVENT_FIELDS];
    size_t n;
};

/* What follows a case's rule. */
enum sigma_expect { SIGMA_YES, SIGMA_NO, SIGMA_REFUSED, SIGMA_END };

struct sigma_case {
    char sentence[256];
    char rule[8192];
    size_t rule_lines_before; /* lines put in front of the case's own */
    enum sigma_expect expect;
    struct sigma_event event; /* YES, NO */
    char refused[512];        /* "LINE what: detail" */
    unsigned line;            /* in the table, of what is expected */
};

struct sigma_table {
    FILE *file;
    char ahead[2048]; /* the line read but not used */
    unsigned line;
    char text[16384]; /* of the event's names and values */
    bool ended;
};

static inline bool sigma_line(struct sigma_table *t)
{
    t->line++;
    if (!fgets(t->ahead, sizeof(t->ahead), t->file)) {
        t->ended = true;
        t->ahead[0] = 0;
        return false;
    }
    t->ahead[strcspn(t->ahead, "\n")] = 0;
    return true;
}

static inline bool sigma_open(struct sigma_table *t, const char *path)
{
    *t = (struct sigma_table){ .file = fopen(path, "r") };
    return t->file && sigma_line(t);
}

static inline bool sigma_is(const struct sigma_table *t, const char *mark)
{
    return strncmp(t->ahead, mark, strlen(mark)) == 0;
}

static inline void sigma_take_rule(struct sigma_table *t, struct sigma_case *c)
{
    static const char HEAD[] = "title: a case\nlogsource:\n    category: test\ndetection:\n";
    snprintf(c->sentence, sizeof(c->sentence), "%s", t->ahead + 3);
    sigma_line(t);
    bool whole = sigma_is(t, "title:") || sigma_is(t, "# whole");
    size_t n = (size_t)snprintf(c->rule, sizeof(c->rule), "%s", whole ? "" : HEAD);
    c->rule_lines_before = whole ? 0 : 4;
    while (!t->ended && !sigma_is(t, "-- ") && n < sizeof(c->rule)) {
        n += (size_t)snprintf(c->rule + n, sizeof(c->rule) - n, "%s%s\n", whole ? "" : "    ",
                              t->ahead);
        sigma_line(t);
    }
}

static inline struct ak_str sigma_unhex(char *text)
{
    size_t n = strlen(text) / 2;
    for (size_t i = 0; i < n; i++) {
        char two[3] = { text[2 * i], text[2 * i + 1], 0 };
        text[i] = (char)strtol(two, NULL, 16);
    }
    return (struct ak_str){ text, n };
}

static inline void sigma_take_event(struct sigma_table *t, struct sigma_event *e)
{
    char *at = t->text;
    e->n = 0;
    while (sigma_line(t) && !sigma_is(t, "-- ") && !sigma_is(t, "== ")) {
        char *equals = strchr(t->ahead, '=');
        if (!equals || t->ahead[0] == '#' || e->n == SIGMA_EVENT_FIELDS)
            continue;
        size_t size = strlen(t->ahead) + 1;
        memcpy(at, t->ahead, size);
        char *value = at + (equals - t->ahead);
        bool hex = value > at && value[-1] == '@';
        e->names[e->n] = (struct ak_str){ at, (size_t)(value - at) - hex };
        e->values[e->n++] = hex ? sigma_unhex(value + 1) : ak_str_of(value + 1);
        at += size;
    }
}

/* The next thing expected; rule and sentence stay those of the case.  false at the
 * end of the table. */
static inline bool sigma_next(struct sigma_table *t, struct sigma_case *c)
{
    while (!t->ended && !sigma_is(t, "== ") && !sigma_is(t, "-- "))
        sigma_line(t);
    if (sigma_is(t, "== "))
        sigma_take_rule(t, c);
    if (t->ended)
        return false;
    c->line = t->line;
    c->expect = sigma_is(t, "-- yes") ? SIGMA_YES : sigma_is(t, "-- no") ? SIGMA_NO : SIGMA_REFUSED;
    snprintf(c->refused, sizeof(c->refused), "%s", c->expect == SIGMA_REFUSED ? t->ahead + 11 : "");
    sigma_take_event(t, &c->event);
    return true;
}

static inline void sigma_close(struct sigma_table *t)
{
    if (t->file)
        fclose(t->file);
}

#endif
