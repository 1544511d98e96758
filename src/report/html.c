/* html.c - the document as one HTML file: no scripts, nothing fetched.
 *
 * A reader's browser is told so by the content security policy, whose only
 * permission is the one style sheet, named by its hash. */
#include "report/html_style.h"
#include "report/report.h"

#include "base/utf.h"

#include <openssl/evp.h>

enum { CELL_MAX = 600, BREAK_FROM = 12 };

/* ---- small things ---- */

static void put(struct ak_buf *b, const char *html) { ak_buf_text(b, html); }

static void put_seen(struct ak_buf *b, struct ak_str text) { ak_visible_html(b, text, 0); }

static const char *lang_code(enum ak_lang lang) { return lang == AK_LANG_JA ? "ja" : "en"; }

/* Ids are the same in both languages' documents but for their beginning. */
static void put_id(struct ak_buf *b, const struct ak_doc *doc, struct ak_str id)
{
    put(b, lang_code(doc->lang));
    put(b, "-");
    put_seen(b, id);
}

/* A long name without blanks breaks behind its dots and slashes, not in a word. */
static void put_breakable(struct ak_buf *b, struct ak_str text)
{
    size_t from = 0;
    for (size_t i = 0; i + 1 < text.n && text.n > BREAK_FROM && text.n <= CELL_MAX; i++) {
        if (!strchr("./\\_", text.at[i]) || strchr("./\\_", text.at[i + 1]))
            continue;
        ak_visible_html(b, (struct ak_str){ text.at + from, i + 1 - from }, CELL_MAX);
        put(b, "<wbr>");
        from = i + 1;
    }
    ak_visible_html(b, (struct ak_str){ text.at + from, text.n - from }, CELL_MAX);
}

static void put_linked(struct ak_buf *b, const struct ak_doc *doc, const struct ak_cell *cell)
{
    if (cell->link.n) {
        put(b, "<a href=\"#");
        put_id(b, doc, cell->link);
        put(b, "\">");
    }
    put_breakable(b, cell->text);
    if (cell->link.n)
        put(b, "</a>");
}

static void put_paragraph(struct ak_buf *b, const char *class, struct ak_str text)
{
    put(b, "<p");
    if (class) {
        put(b, " class=\"");
        put(b, class);
        put(b, "\"");
    }
    put(b, ">");
    put_seen(b, text);
    put(b, "</p>\n");
}

/* ---- tables ---- */

static const char *form_class(enum ak_column_form form)
{
    static const char *const CLASSES[] = { "", " class=\"n\"", " class=\"m\"", " class=\"t\"" };
    return CLASSES[form];
}

static void put_columns(struct ak_buf *b, const struct ak_grid *g)
{
    float sum = 0;
    for (size_t i = 0; i < g->n_columns; i++)
        sum += g->columns[i].share;
    put(b, "<colgroup>");
    for (size_t i = 0; i < g->n_columns; i++)
        ak_buf_printf(b, "<col width=\"%d%%\">",
                      (int)(100 * g->columns[i].share / (sum > 0 ? sum : 1) + 0.5f));
    put(b, "</colgroup>");
}

static void put_head(struct ak_buf *b, const struct ak_grid *g)
{
    put(b, "<thead><tr>");
    for (size_t i = 0; i < g->n_columns; i++) {
        put(b, "<th scope=\"col\"");
        put(b, g->columns[i].form == AK_COLUMN_NUMBER ? " class=\"n\"" : "");
        put(b, ">");
        put_seen(b, g->columns[i].heading);
        put(b, "</th>");
    }
    put(b, "</tr></thead>\n");
}

static void put_table(struct ak_buf *b, const struct ak_doc *doc, const struct ak_grid *g,
                      bool facts)
{
    if (!g->n_columns)
        return;
    put(b, facts ? "<table class=\"facts\">" : "<div class=\"scroll\"><table>");
    put_columns(b, g);
    if (!facts)
        put_head(b, g);
    put(b, "<tbody>");
    for (size_t i = 0; i < g->n_cells; i++) {
        size_t column = i % g->n_columns;
        bool head = facts && column == 0;
        put(b, column ? "" : "<tr>");
        put(b, head ? "<th scope=\"row\"" : "<td");
        put(b, form_class(g->columns[column].form));
        put(b, ">");
        put_linked(b, doc, &g->cells[i]);
        put(b, head ? "</th>" : "</td>");
        put(b, column + 1 == g->n_columns ? "</tr>\n" : "");
    }
    put(b, facts ? "</tbody></table>\n" : "</tbody></table></div>\n");
    if (g->more.n)
        put_paragraph(b, "more", g->more);
}

/* ---- charts ---- */

static const char *const TONES[AK_N_TONES] = {
    [AK_TONE_INK] = "ink",       [AK_TONE_MUTED] = "muted",     [AK_TONE_GRID] = "grid",
    [AK_TONE_WINDOW] = "window", [AK_TONE_HAVE] = "have",       [AK_TONE_SPAN] = "span",
    [AK_TONE_GAP] = "gap",       [AK_TONE_CLEARED] = "cleared", [AK_TONE_ABSENT] = "absent",
    [AK_TONE_KIND0] = "k0",      [AK_TONE_KIND1] = "k1",        [AK_TONE_KIND2] = "k2",
    [AK_TONE_KIND3] = "k3",      [AK_TONE_KIND4] = "k4",        [AK_TONE_KIND5] = "k5",
    [AK_TONE_LEVEL] = "level",   [AK_TONE_PAPER] = "paper",
};

/* How many characters fit: Chinese and Japanese ones are as wide as high. */
static size_t fitting(struct ak_str text, float width, float size)
{
    size_t at = 0, n = 0;
    float used = 0;
    while (at < text.n) {
        uint32_t c = ak_utf8_next(text, &at);
        used += c < 0x1100 || (c >= 0xFF61 && c <= 0xFF9F) ? 0.58f * size : size;
        if (used > width)
            return n;
        n++;
    }
    return n + 1;
}

static void put_mark_text(struct ak_buf *b, const struct ak_mark *m)
{
    static const char *const ANCHORS[] = { "start", "middle", "end" };
    ak_buf_printf(
        b, "<text class=\"f-%s\" x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" text-anchor=\"%s\"%s>",
        TONES[m->tone], (double)m->x, (double)m->y, (double)m->size, ANCHORS[m->anchor],
        m->bold ? " font-weight=\"600\"" : "");
    ak_visible_html(b, m->text, m->w > 0 ? fitting(m->text, m->w, m->size) : 0);
    put(b, "</text>");
}

static void put_mark(struct ak_buf *b, const struct ak_mark *m)
{
    double x = (double)m->x, y = (double)m->y, w = (double)m->w, h = (double)m->h;
    switch (m->kind) {
    case AK_MARK_RECT:
        ak_buf_printf(b,
                      "<rect class=\"f-%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                      TONES[m->tone], x, y, w, h);
        break;
    case AK_MARK_FRAME:
        ak_buf_printf(
            b, "<rect class=\"s-%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"%s/>",
            TONES[m->tone], x, y, w, h, m->dashed ? " stroke-dasharray=\"4 3\"" : "");
        break;
    case AK_MARK_LINE:
        ak_buf_printf(b, "<line class=\"s-%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                      TONES[m->tone], x, y, x + w, y + h);
        break;
    case AK_MARK_TEXT:
        put_mark_text(b, m);
        break;
    }
    put(b, "\n");
}

static void put_chart(struct ak_buf *b, const struct ak_chart *c)
{
    ak_buf_printf(b, "<figure><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
                  (double)c->width, (double)c->height);
    put_seen(b, c->title);
    put(b, "\">\n");
    for (size_t i = 0; i < c->n; i++)
        put_mark(b, &c->marks[i]);
    put(b, "</svg><figcaption>");
    put_seen(b, c->title);
    put(b, "</figcaption></figure>\n");
}

/* ---- claims and events ---- */

static void put_claim(struct ak_buf *b, const struct ak_doc *doc, const struct ak_block *c)
{
    bool strong = ak_str_eq(c->code, AK_STR("L4")) || ak_str_eq(c->code, AK_STR("L5")) ||
                  ak_str_eq(c->code, AK_STR("L6"));
    put(b, "<article class=\"claim\" id=\"");
    put_id(b, doc, c->id);
    put(b, strong ? "\"><div class=\"badge strong\"><b>" : "\"><div class=\"badge\"><b>");
    put_seen(b, c->code);
    put(b, "</b> ");
    put_seen(b, c->words);
    put(b, "</div><div class=\"body\">");
    put_paragraph(b, NULL, c->text);
    if (c->n_limits)
        put(b, "<ul>");
    for (size_t i = 0; i < c->n_limits; i++) {
        put(b, "<li>");
        put_seen(b, ak_doc_words(doc, "Limit: "));
        put_seen(b, c->limits[i]);
        put(b, "</li>");
    }
    put(b, c->n_limits ? "</ul><p class=\"basis\">" : "<p class=\"basis\">");
    put_seen(b, c->id);
    put(b, " · ");
    put_seen(b, ak_doc_words(doc, "Basis: "));
    for (size_t i = 0; i < c->n_basis; i++) {
        put(b, i ? " " : "");
        put_linked(b, doc, &c->basis[i]);
    }
    put(b, "</p></div></article>\n");
}

static void put_event(struct ak_buf *b, const struct ak_doc *doc, const struct ak_block *e)
{
    put(b, "<article class=\"event\" id=\"");
    put_id(b, doc, e->id);
    put(b, "\"><h4>");
    put_seen(b, e->code);
    put(b, "</h4>");
    put_table(b, doc, &e->grid, true);
    if (e->text.n) { /* made by us: hexadecimal, printable ASCII and line feeds */
        put(b, "<pre tabindex=\"0\">");
        for (size_t at = 0, end; at < e->text.n; at = end + 1) {
            for (end = at; end < e->text.n && e->text.at[end] != '\n';)
                end++;
            put_seen(b, (struct ak_str){ e->text.at + at, end - at });
            put(b, "\n");
        }
        put(b, "</pre>");
    }
    put(b, "</article>\n");
}

/* ---- the document ---- */

static void put_heading(struct ak_buf *b, const struct ak_doc *doc, const struct ak_block *h)
{
    ak_buf_printf(b, "<h%u id=\"", h->level + 1);
    put_id(b, doc, h->id);
    put(b, "\">");
    put_seen(b, h->text);
    ak_buf_printf(b, "</h%u>\n", h->level + 1);
}

static void put_block(struct ak_buf *b, const struct ak_doc *doc, const struct ak_block *k)
{
    switch (k->kind) {
    case AK_BLOCK_HEADING:
        put_heading(b, doc, k);
        break;
    case AK_BLOCK_PARAGRAPH:
        put_paragraph(b, NULL, k->text);
        break;
    case AK_BLOCK_NOTE:
        put_paragraph(b, "note", k->text);
        break;
    case AK_BLOCK_LEAD:
        put_paragraph(b, "lead", k->text);
        break;
    case AK_BLOCK_FACTS:
    case AK_BLOCK_TABLE:
        put_table(b, doc, &k->grid, k->kind == AK_BLOCK_FACTS);
        break;
    case AK_BLOCK_CLAIM:
        put_claim(b, doc, k);
        break;
    case AK_BLOCK_CHART:
        put_chart(b, &k->chart);
        break;
    case AK_BLOCK_EVENT:
        put_event(b, doc, k);
        break;
    }
}

static void put_contents(struct ak_buf *b, const struct ak_doc *doc)
{
    put(b, "<nav aria-label=\"");
    put_seen(b, ak_doc_words(doc, "Contents"));
    put(b, "\"><h2>");
    put_seen(b, ak_doc_words(doc, "Contents"));
    put(b, "</h2><ol>\n");
    for (const struct ak_block *k = doc->first; k; k = k->next) {
        if (k->kind != AK_BLOCK_HEADING || k->level != 1)
            continue;
        put(b, "<li><a href=\"#");
        put_id(b, doc, k->id);
        put(b, "\">");
        put_seen(b, k->text);
        put(b, "</a></li>\n");
    }
    put(b, "</ol></nav>\n");
}

static void put_doc(struct ak_buf *b, const struct ak_doc *doc)
{
    ak_buf_printf(b, "<main class=\"doc-%s\" lang=\"%s\">\n<header class=\"front\"><h1>",
                  lang_code(doc->lang), lang_code(doc->lang));
    put_seen(b, doc->title);
    put(b, "</h1>");
    put_paragraph(b, NULL, doc->subtitle);
    put_paragraph(b, NULL, doc->tool);
    put(b, "</header>\n");
    put_contents(b, doc);
    for (const struct ak_block *k = doc->first; k; k = k->next)
        put_block(b, doc, k);
    put(b, "</main>\n");
}

static void put_style(struct ak_buf *b)
{
    for (const char *const *part = ak_html_style; *part; part++)
        put(b, *part);
}

/* 'sha256-…' of the style sheet. */
static void put_style_hash(struct ak_buf *b)
{
    unsigned char hash[EVP_MAX_MD_SIZE], text[64];
    unsigned n = 0;
    struct ak_buf style = { 0 };
    put_style(&style);
    EVP_Digest(style.at, style.n, hash, &n, EVP_sha256(), NULL);
    ak_buf_free(&style);
    EVP_EncodeBlock(text, hash, 32);
    ak_buf_printf(b, "'sha256-%s'", (const char *)text);
}

static void put_switch(struct ak_buf *b, const struct ak_doc *docs, size_t n, size_t shown)
{
    for (size_t i = 0; i < n; i++)
        ak_buf_printf(b, "<input class=\"pick\" type=\"radio\" name=\"pick\" id=\"pick-%s\"%s>\n",
                      lang_code(docs[i].lang), i == shown ? " checked" : "");
    put(b, "<div class=\"bar\" role=\"group\" aria-label=\"言語 / Language\">");
    for (size_t i = 0; i < n; i++)
        ak_buf_printf(b, "<label for=\"pick-%s\" lang=\"%s\">%s</label>", lang_code(docs[i].lang),
                      lang_code(docs[i].lang), docs[i].lang == AK_LANG_JA ? "日本語" : "English");
    put(b, "</div>\n");
}

void ak_report_html(struct ak_buf *b, const struct ak_doc *docs, size_t n, size_t shown)
{
    put(b, "<!DOCTYPE html>\n<html lang=\"");
    put(b, lang_code(docs[shown].lang));
    put(b, "\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
           "content=\"default-src 'none'; style-src ");
    put_style_hash(b);
    put(b, "; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" "
           "content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" "
           "content=\"noindex\">\n<title>");
    put_seen(b, docs[shown].title);
    put(b, " · ");
    put_seen(b, docs[shown].subtitle);
    put(b, "</title>\n<style>");
    put_style(b);
    put(b, "</style>\n</head>\n<body>\n");
    if (n > 1)
        put_switch(b, docs, n, shown);
    for (size_t i = 0; i < n; i++)
        put_doc(b, &docs[i]);
    put(b, "</body>\n</html>\n");
}
