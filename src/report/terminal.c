/* terminal.c - see terminal.h. */
#include "report/terminal.h"

#include <assert.h>

int ak_terminal_columns(const char *text)
{
    int n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        n += *p < 0x80 ? 1 : (*p & 0xC0) == 0xC0 ? 2 : 0;
    return n;
}

void ak_terminal_label(const struct ak_terminal *t, const char *english)
{
    const char *word = ak_word(t->lang, english);
    int pad = AK_LABEL_COLUMNS - ak_terminal_columns(word);
    fprintf(t->to, "%s%s%s%*s", t->colour ? "\033[1m" : "", word, t->colour ? "\033[0m" : "",
            pad > 1 ? pad : 1, "");
}

void ak_terminal_say(const struct ak_terminal *t, const char *english,
                     const struct ak_filling *with, size_t n)
{
    struct ak_buf b = { 0 };
    ak_put_filled(&b, ak_word(t->lang, english), with, n);
    fwrite(b.at, 1, b.n, t->to);
    ak_buf_free(&b);
}

void ak_terminal_seen(const struct ak_terminal *t, struct ak_str text, size_t max)
{
    struct ak_buf b = { 0 };
    ak_visible(&b, text, max);
    fwrite(b.at, 1, b.n, t->to);
    ak_buf_free(&b);
}

struct ak_buf *ak_amounts_next(struct ak_amounts *a)
{
    assert(a->n < AK_AMOUNTS_MAX);
    return &a->bufs[a->n++];
}

struct ak_str ak_amount(struct ak_amounts *a, uint64_t n)
{
    struct ak_buf *b = ak_amounts_next(a);
    ak_put_number(b, n);
    return ak_buf_view(b);
}

struct ak_str ak_amount_size(struct ak_amounts *a, uint64_t bytes)
{
    struct ak_buf *b = ak_amounts_next(a);
    ak_put_size(b, bytes);
    return ak_buf_view(b);
}

void ak_amounts_drop(struct ak_amounts *a)
{
    for (size_t i = 0; i < a->n; i++)
        ak_buf_free(&a->bufs[i]);
    a->n = 0;
}
