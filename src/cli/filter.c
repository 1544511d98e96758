/* filter.c - see filter.h. */
#include "cli/filter.h"

#include "event/jsonl.h"
#include "event/message.h"

#include <stdio.h>
#include <stdlib.h>

enum { TERMS_MAX = 64 };

enum compare { CONTAINS, MATCHES, LESS, LESS_EQUAL, MORE, MORE_EQUAL };

struct term {
    struct ak_str field; /* empty: any value */
    struct ak_str text;
    double number;
    enum compare how;
    bool negated, or_before; /* joined to the term before by OR */
};

struct ak_filter {
    struct ak_str host, data_type;
    struct term terms[TERMS_MAX];
    size_t n;
};

static char fold(char c) { return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

/* '*' and '?' over the whole text, ASCII case folded. */
static bool wild(struct ak_str pattern, struct ak_str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.at[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.n &&
                   (pattern.at[p] == '?' || fold(pattern.at[p]) == fold(text.at[t]))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.at[p] == '*')
        p++;
    return p == pattern.n;
}

static bool contains(struct ak_str text, struct ak_str word)
{
    for (size_t i = 0; word.n <= text.n && i <= text.n - word.n; i++) {
        size_t k = 0;
        while (k < word.n && fold(text.at[i + k]) == fold(word.at[k]))
            k++;
        if (k == word.n)
            return true;
    }
    return false;
}

/* ---- the query's text ---- */

/* The next word; quotes keep blanks together and are taken off. */
static bool next_word(struct ak_str *rest, struct ak_str *out, bool *out_quoted)
{
    while (rest->n && *rest->at == ' ') {
        rest->at++;
        rest->n--;
    }
    if (!rest->n)
        return false;
    size_t n = 0;
    bool in = false;
    while (n < rest->n && (in || rest->at[n] != ' '))
        in ^= rest->at[n++] == '"';
    *out = (struct ak_str){ rest->at, n };
    *out_quoted = out->at[0] == '"';
    rest->at += n;
    rest->n -= n;
    return true;
}

static struct ak_str unquote(struct ak_str s)
{
    if (s.n >= 2 && s.at[0] == '"' && s.at[s.n - 1] == '"')
        return (struct ak_str){ s.at + 1, s.n - 2 };
    return s;
}

/* Where the field name ends, and what comes behind it. */
static void split_term(struct ak_str word, bool quoted, struct term *t)
{
    static const struct {
        const char *sign;
        enum compare how;
    } SIGNS[] = { { ">=", MORE_EQUAL }, { "<=", LESS_EQUAL }, { ">", MORE },
                  { "<", LESS },        { ":", MATCHES },     { "=", MATCHES } };
    t->text = unquote(word);
    t->how = CONTAINS;
    for (size_t i = 1; !quoted && i < word.n && word.at[i] != '"'; i++)
        for (size_t s = 0; s < sizeof(SIGNS) / sizeof(SIGNS[0]); s++) {
            struct ak_str sign = ak_str_of(SIGNS[s].sign);
            if (!ak_str_starts((struct ak_str){ word.at + i, word.n - i }, sign))
                continue;
            t->field = (struct ak_str){ word.at, i };
            t->text = unquote((struct ak_str){ word.at + i + sign.n, word.n - i - sign.n });
            t->how = SIGNS[s].how;
            return;
        }
}

static const char *add_term(struct ak_filter *f, struct ak_str word, bool quoted, bool negated,
                            bool or_before)
{
    if (f->n == TERMS_MAX)
        return "the query has too many terms";
    struct term *t = &f->terms[f->n++];
    t->negated = negated;
    t->or_before = or_before;
    split_term(word, quoted, t);
    if (t->how >= LESS) {
        char number[64], *end;
        snprintf(number, sizeof(number), "%.*s", (int)t->text.n, t->text.at);
        t->number = strtod(number, &end);
        if (end == number || *end)
            return "a comparison in the query needs a number";
    }
    return NULL;
}

enum joint { TERM, AND, OR, NOT };

/* What a word between terms says about them; TERM when it is one itself. */
static enum joint joint_of(struct ak_str word, bool quoted)
{
    static const struct {
        const char *upper, *lower;
        enum joint joint;
    } WORDS[] = { { "AND", "and", AND }, { "OR", "or", OR }, { "NOT", "not", NOT } };
    for (size_t i = 0; !quoted && i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
        if (ak_str_eq(word, ak_str_of(WORDS[i].upper)) ||
            ak_str_eq(word, ak_str_of(WORDS[i].lower)))
            return WORDS[i].joint;
    return TERM;
}

static const char *read_query(struct ak_filter *f, struct ak_str rest)
{
    struct ak_str word;
    bool quoted, negated = false, or_next = false;
    while (next_word(&rest, &word, &quoted)) {
        enum joint joint = joint_of(word, quoted);
        if (joint == OR)
            or_next = f->n > 0;
        if (joint == NOT)
            negated = true;
        if (joint != TERM)
            continue;
        if (!quoted && word.n > 1 && word.at[0] == '-') {
            negated = true;
            word = (struct ak_str){ word.at + 1, word.n - 1 };
            quoted = word.at[0] == '"';
        }
        const char *why = add_term(f, word, quoted, negated, or_next);
        if (why)
            return why;
        negated = or_next = false;
    }
    return NULL;
}

enum ak_status ak_filter_make(const char *host, const char *data_type, const char *query,
                              struct ak_filter **out, const char **out_why)
{
    struct ak_filter *f = calloc(1, sizeof(*f));
    *out_why = "out of memory";
    if (!f)
        return AK_ERR_NOMEM;
    f->host = ak_str_of(host ? host : "");
    f->data_type = ak_str_of(data_type ? data_type : "");
    *out_why = query ? read_query(f, ak_str_of(query)) : NULL;
    if (*out_why) {
        free(f);
        return AK_ERR_CORRUPT;
    }
    *out = f;
    return AK_OK;
}

void ak_filter_free(struct ak_filter *f) { free(f); }

/* ---- an event against it ---- */

static void text_of(struct ak_buf *b, const struct ak_value *v)
{
    b->n = 0;
    if (v->type == AK_TYPE_STR) {
        ak_buf_str(b, v->str);
        return;
    }
    ak_jsonl_value(b, v);
    if (b->n >= 2 && b->at[0] == '"') { /* a hex number or a time: without the quotes */
        memmove(b->at, b->at + 1, b->n - 2);
        b->n -= 2;
    }
}

static bool value_holds(const struct term *t, const struct ak_value *v, struct ak_buf *scratch)
{
    text_of(scratch, v);
    struct ak_str text = ak_buf_view(scratch);
    if (t->how == CONTAINS)
        return contains(text, t->text);
    if (t->how == MATCHES)
        return wild(t->text, text);
    char number[64], *end;
    snprintf(number, sizeof(number), "%.*s", (int)text.n, text.at ? text.at : "");
    double n = strtod(number, &end);
    if (end == number)
        return false;
    return t->how == LESS         ? n < t->number
           : t->how == LESS_EQUAL ? n <= t->number
           : t->how == MORE       ? n > t->number
                                  : n >= t->number;
}

static bool str_holds(const struct term *t, struct ak_str s, struct ak_buf *scratch)
{
    struct ak_value v = ak_val_str(s);
    return v.type != AK_TYPE_NONE && value_holds(t, &v, scratch);
}

/* Fields that are not among the event's values. */
static bool place_holds(const struct term *t, const struct ak_stored *e, struct ak_buf *scratch)
{
    if (ak_str_eq(t->field, AK_STR("data_type")))
        return str_holds(t, e->event.shape->data_type, scratch);
    if (ak_str_eq(t->field, AK_STR("timestamp_desc")))
        return str_holds(t, e->event.shape->time_desc, scratch);
    if (ak_str_eq(t->field, AK_STR("path")))
        return str_holds(t, e->item->path, scratch);
    if (ak_str_eq(t->field, AK_STR("evidence")))
        return str_holds(t, e->item->evidence_name, scratch);
    if (ak_str_eq(t->field, AK_STR("host.name")))
        return str_holds(t, e->item->host, scratch);
    return false;
}

static bool anywhere(const struct term *t, const struct ak_stored *e, struct ak_buf *scratch)
{
    struct ak_buf message = { 0 };
    ak_message(&message, &e->event, AK_LANG_EN);
    bool found = contains(ak_buf_view(&message), t->text);
    ak_buf_free(&message);
    for (size_t i = 0; !found && i < e->event.shape->n; i++)
        found =
            e->event.values[i].type != AK_TYPE_NONE && value_holds(t, &e->event.values[i], scratch);
    return found || str_holds(t, e->item->path, scratch);
}

static bool term_holds(const struct term *t, const struct ak_stored *e, struct ak_buf *scratch)
{
    bool found = false;
    if (!t->field.n)
        return anywhere(t, e, scratch) != t->negated;
    for (size_t i = 0; !found && i < e->event.shape->n; i++)
        found = e->event.values[i].type != AK_TYPE_NONE &&
                ak_str_eq(e->event.shape->names[i], t->field) &&
                value_holds(t, &e->event.values[i], scratch);
    return (found || place_holds(t, e, scratch)) != t->negated;
}

static bool host_holds(const struct ak_filter *f, const struct ak_stored *e)
{
    struct ak_str host = ak_event_text(&e->event, AK_STR("host.name"));
    return !f->host.n || wild(f->host, host.n ? host : e->item->host);
}

bool ak_filter_holds(const struct ak_filter *f, const struct ak_stored *e)
{
    if ((f->data_type.n && !wild(f->data_type, e->event.shape->data_type)) || !host_holds(f, e))
        return false;
    struct ak_buf scratch = { 0 };
    bool all = true, any = true;
    for (size_t i = 0; i < f->n; i++) {
        bool holds = term_holds(&f->terms[i], e, &scratch);
        if (f->terms[i].or_before) {
            any = any || holds;
        } else {
            all = all && any;
            any = holds;
        }
    }
    ak_buf_free(&scratch);
    return all && any;
}
