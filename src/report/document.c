/* document.c - see document.h. */
#include "report/document.h"

struct ak_block *ak_doc_block(struct ak_doc *doc, enum ak_block_kind kind)
{
    static struct ak_block dropped;
    struct ak_block *b = AK_NEW(doc->arena, struct ak_block);
    if (!b) {
        doc->failed = true;
        dropped = (struct ak_block){ .kind = kind };
        return &dropped;
    }
    b->kind = kind;
    if (doc->last)
        doc->last->next = b;
    else
        doc->first = b;
    doc->last = b;
    return b;
}

struct ak_str ak_doc_keep(struct ak_doc *doc, struct ak_str s)
{
    char *to = s.n ? AK_NEW_N(doc->arena, char, s.n + 1) : NULL;
    if (!to) {
        doc->failed |= s.n > 0;
        return AK_STR("");
    }
    memcpy(to, s.at, s.n);
    return (struct ak_str){ to, s.n };
}

struct ak_str ak_doc_keep_buf(struct ak_doc *doc, struct ak_buf *b)
{
    struct ak_str kept = ak_doc_keep(doc, ak_buf_view(b));
    doc->failed |= b->failed;
    ak_buf_free(b);
    *b = (struct ak_buf){ 0 };
    return kept;
}

struct ak_str ak_doc_keep_or_dash(struct ak_doc *doc, struct ak_buf *b)
{
    struct ak_str kept = ak_doc_keep_buf(doc, b);
    return kept.n ? kept : AK_STR("\xE2\x80\x94");
}

struct ak_str ak_doc_words(const struct ak_doc *doc, const char *english)
{
    return ak_str_of(ak_word(doc->lang, english));
}

void ak_doc_heading(struct ak_doc *doc, unsigned level, const char *id, const char *english)
{
    struct ak_block *b = ak_doc_block(doc, AK_BLOCK_HEADING);
    b->level = level;
    b->id = ak_str_of(id);
    b->text = ak_doc_words(doc, english);
}

void ak_doc_text(struct ak_doc *doc, enum ak_block_kind kind, struct ak_str text)
{
    ak_doc_block(doc, kind)->text = text;
}

struct ak_grid *ak_doc_table(struct ak_doc *doc, enum ak_block_kind kind,
                             const struct ak_column *columns, size_t n)
{
    struct ak_block *b = ak_doc_block(doc, kind);
    b->grid.columns = columns;
    b->grid.n_columns = n;
    return &b->grid;
}

void ak_grid_link(struct ak_doc *doc, struct ak_grid *g, struct ak_str text, struct ak_str link)
{
    if (g->n_cells == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 64;
        struct ak_cell *cells = AK_NEW_N(doc->arena, struct ak_cell, cap);
        if (!cells) {
            doc->failed = true;
            return;
        }
        if (g->n_cells)
            memcpy(cells, g->cells, g->n_cells * sizeof(*cells));
        g->cells = cells;
        g->cap = cap;
    }
    g->cells[g->n_cells++] = (struct ak_cell){ text, link };
}

void ak_grid_cell(struct ak_doc *doc, struct ak_grid *g, struct ak_str text)
{
    ak_grid_link(doc, g, text, AK_STR(""));
}

struct ak_mark *ak_chart_mark(struct ak_doc *doc, struct ak_chart *c, enum ak_mark_kind kind,
                              enum ak_tone tone)
{
    static struct ak_mark dropped;
    if (c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 128;
        struct ak_mark *marks = AK_NEW_N(doc->arena, struct ak_mark, cap);
        if (!marks) {
            doc->failed = true;
            return &dropped;
        }
        if (c->n)
            memcpy(marks, c->marks, c->n * sizeof(*marks));
        c->marks = marks;
        c->cap = cap;
    }
    c->marks[c->n] = (struct ak_mark){ .kind = kind, .tone = tone };
    return &c->marks[c->n++];
}
