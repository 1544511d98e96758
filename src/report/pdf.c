/* pdf.c - the document as an A4 PDF, by cairo and pango.
 *
 * The font is named, not left to the machine: Noto Sans CJK JP has every
 * character of JIS X 0213.  Dates in the file are the case's own, so the same
 * case gives the same bytes. */
#include "report/pdf_page.h"
#include "report/report.h"

#include <cairo-pdf.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS_MAX = 16, CELL_MAX = 300, EVENT_CELL_MAX = 1500 };
static const struct ak_pdf_font BODY = { 9.5, false, false, AK_TONE_INK },
                                NOTE = { 8, false, false, AK_TONE_MUTED },
                                LEAD = { 10.5, false, false, AK_TONE_INK },
                                CELL = { 7.4, false, false, AK_TONE_INK },
                                CELL_HEAD = { 7.4, true, false, AK_TONE_MUTED },
                                CELL_MONO = { 7, false, true, AK_TONE_INK },
                                BASIS = { 7.6, false, false, AK_TONE_MUTED },
                                HEX = { 6.6, false, true, AK_TONE_INK };

static void rule(struct ak_pdf *p, double y, enum ak_tone tone, double width)
{
    ak_pdf_tone(p, tone);
    cairo_set_line_width(p->cr, width);
    cairo_move_to(p->cr, AK_PDF_LEFT, y);
    cairo_line_to(p->cr, AK_PDF_LEFT + AK_PDF_TEXT, y);
    cairo_stroke(p->cr);
}

/* ---- tables ---- */

struct row {
    PangoLayout *cells[COLUMNS_MAX];
    double height;
};

static const struct ak_pdf_font *font_of(const struct ak_column *c, bool head)
{
    return head ? &CELL_HEAD : c->form == AK_COLUMN_MONO ? &CELL_MONO : &CELL;
}

static double column_width(const struct ak_grid *g, size_t at)
{
    double sum = 0;
    for (size_t i = 0; i < g->n_columns; i++)
        sum += (double)g->columns[i].share;
    return AK_PDF_TEXT * (double)g->columns[at].share / (sum > 0 ? sum : 1);
}

/* Lay a row out; cells NULL: the headings. */
static void lay_row(struct ak_pdf *p, const struct ak_grid *g, const struct ak_cell *cells,
                    size_t max, struct row *row)
{
    row->height = 0;
    for (size_t i = 0; i < g->n_columns && i < COLUMNS_MAX; i++) {
        double width = column_width(g, i) - 6;
        struct ak_str text = cells ? cells[i].text : g->columns[i].heading;
        row->cells[i] = ak_pdf_layout(p, text, font_of(&g->columns[i], !cells), width, max);
        pango_layout_set_height(row->cells[i],
                                (int)((AK_PDF_BOTTOM - AK_PDF_TOP - 60) * PANGO_SCALE));
        pango_layout_set_ellipsize(row->cells[i], PANGO_ELLIPSIZE_END);
        if (g->columns[i].form == AK_COLUMN_NUMBER)
            pango_layout_set_alignment(row->cells[i], PANGO_ALIGN_RIGHT);
        double height = ak_pdf_height(row->cells[i]);
        row->height = height > row->height ? height : row->height;
    }
    row->height += 5;
}

static void draw_row(struct ak_pdf *p, const struct ak_grid *g, const struct ak_cell *cells,
                     struct row *row)
{
    double x = AK_PDF_LEFT;
    for (size_t i = 0; i < g->n_columns && i < COLUMNS_MAX; i++) {
        bool linked = cells && cells[i].link.n && ak_pdf_link(p, cells[i].link);
        ak_pdf_show(p, row->cells[i], x + 3, p->y + 2,
                    linked ? AK_TONE_LEVEL : font_of(&g->columns[i], !cells)->tone);
        if (linked)
            ak_pdf_link_end(p);
        g_object_unref(row->cells[i]);
        x += column_width(g, i);
    }
    p->y += row->height;
    rule(p, p->y, cells ? AK_TONE_GRID : AK_TONE_MUTED, cells ? 0.4 : 0.8);
}

static void draw_head(struct ak_pdf *p, const struct ak_grid *g)
{
    struct row row;
    lay_row(p, g, NULL, CELL_MAX, &row);
    draw_row(p, g, NULL, &row);
}

static void draw_table(struct ak_pdf *p, const struct ak_grid *g, bool head, size_t max)
{
    size_t n_rows = g->n_columns ? g->n_cells / g->n_columns : 0;
    p->y += 4;
    for (size_t i = 0; i < n_rows; i++) {
        struct row row;
        const struct ak_cell *cells = g->cells + i * g->n_columns;
        lay_row(p, g, cells, max, &row);
        unsigned page = p->page;
        ak_pdf_need(p, row.height + (i == 0 && head ? 20 : 0));
        if (head && (i == 0 || p->page != page))
            draw_head(p, g);
        draw_row(p, g, cells, &row);
    }
    if (g->more.n) {
        p->y += 2;
        ak_pdf_flow(p, g->more, &NOTE, AK_PDF_LEFT, AK_PDF_TEXT);
    }
    p->y += 6;
}

/* ---- charts ---- */

static void draw_mark_text(struct ak_pdf *p, const struct ak_mark *m, double scale, double x,
                           double y)
{
    struct ak_pdf_font font = { (double)m->size * scale, m->bold, false, m->tone };
    PangoLayout *layout = ak_pdf_layout(p, m->text, &font, 0, 120);
    if (m->w > 0) {
        pango_layout_set_width(layout, (int)((double)m->w * scale * PANGO_SCALE));
        pango_layout_set_height(layout, -1);
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
        pango_layout_set_alignment(layout, m->anchor == AK_ANCHOR_MIDDLE ? PANGO_ALIGN_CENTER
                                                                         : PANGO_ALIGN_LEFT);
    }
    double width = m->w > 0 ? (double)m->w * scale : ak_pdf_width(layout);
    double baseline = (double)pango_layout_get_baseline(layout) / PANGO_SCALE;
    x -= m->anchor == AK_ANCHOR_MIDDLE ? width / 2 : m->anchor == AK_ANCHOR_END ? width : 0;
    ak_pdf_show(p, layout, x, y - baseline, m->tone);
    g_object_unref(layout);
}

static void draw_mark(struct ak_pdf *p, const struct ak_mark *m, double scale, double top)
{
    static const double DASH[] = { 3, 2 };
    double x = AK_PDF_LEFT + (double)m->x * scale, y = top + (double)m->y * scale;
    double w = (double)m->w * scale, h = (double)m->h * scale;
    ak_pdf_tone(p, m->tone);
    cairo_set_line_width(p->cr, 0.5);
    cairo_set_dash(p->cr, DASH, m->dashed ? 2 : 0, 0);
    if (m->kind == AK_MARK_TEXT) {
        draw_mark_text(p, m, scale, x, y);
    } else if (m->kind == AK_MARK_LINE) {
        cairo_move_to(p->cr, x, y);
        cairo_line_to(p->cr, x + w, y + h);
        cairo_stroke(p->cr);
    } else {
        cairo_rectangle(p->cr, x, y, w, h);
        if (m->kind == AK_MARK_RECT)
            cairo_fill(p->cr);
        else
            cairo_stroke(p->cr);
    }
    cairo_set_dash(p->cr, DASH, 0, 0);
}

static void draw_chart(struct ak_pdf *p, const struct ak_chart *c)
{
    double scale = AK_PDF_TEXT / (double)c->width, height = (double)c->height * scale;
    p->y += 6;
    ak_pdf_need(p, height + 16);
    for (size_t i = 0; i < c->n; i++)
        draw_mark(p, &c->marks[i], scale, p->y);
    p->y += height + 2;
    ak_pdf_flow(p, c->title, &NOTE, AK_PDF_LEFT, AK_PDF_TEXT);
    p->y += 6;
}

/* ---- claims ---- */

/* Words and links one behind the other, wrapped; draws only when `draw`. */
static double run_on(struct ak_pdf *p, const struct ak_block *c, double x, double width, bool draw)
{
    double at = 0, y = 0, line = 11.5;
    for (size_t i = 0; i < c->n_basis + 1; i++) {
        struct ak_buf head = { 0 };
        ak_buf_str(&head, c->id);
        ak_buf_text(&head, " · ");
        ak_buf_str(&head, ak_doc_words(p->doc, "Basis: "));
        struct ak_str text = i ? c->basis[i - 1].text : ak_buf_view(&head);
        PangoLayout *layout = ak_pdf_layout(p, text, &BASIS, 0, 100);
        double wide = ak_pdf_width(layout);
        if (at > 0 && at + wide > width) {
            at = 0;
            y += line;
        }
        if (draw) {
            bool linked = i && c->basis[i - 1].link.n && ak_pdf_link(p, c->basis[i - 1].link);
            ak_pdf_show(p, layout, x + at, p->y + y, linked ? AK_TONE_LEVEL : AK_TONE_MUTED);
            if (linked)
                ak_pdf_link_end(p);
        }
        at += wide + 5;
        g_object_unref(layout);
        ak_buf_free(&head);
    }
    return y + line;
}

static struct ak_str limit_text(struct ak_pdf *p, struct ak_str limit, struct ak_buf *b)
{
    ak_buf_str(b, ak_doc_words(p->doc, "Limit: "));
    ak_buf_str(b, limit);
    return ak_buf_view(b);
}

static double text_height(struct ak_pdf *p, struct ak_str text, const struct ak_pdf_font *font,
                          double width)
{
    PangoLayout *layout = ak_pdf_layout(p, text, font, width, 0);
    double height = ak_pdf_height(layout);
    g_object_unref(layout);
    return height;
}

static double limits_height(struct ak_pdf *p, const struct ak_block *c, double width)
{
    double height = 0;
    for (size_t i = 0; i < c->n_limits; i++) {
        struct ak_buf b = { 0 };
        height += text_height(p, limit_text(p, c->limits[i], &b), &NOTE, width) + 2;
        ak_buf_free(&b);
    }
    return height;
}

static void draw_badge(struct ak_pdf *p, const struct ak_block *c, double width)
{
    bool strong = ak_str_eq(c->code, AK_STR("L4")) || ak_str_eq(c->code, AK_STR("L5")) ||
                  ak_str_eq(c->code, AK_STR("L6"));
    struct ak_pdf_font code = { 11, true, false, AK_TONE_INK },
                       words = { 7.4, false, false, AK_TONE_INK };
    PangoLayout *top = ak_pdf_layout(p, c->code, &code, width, 8),
                *below = ak_pdf_layout(p, c->words, &words, width, 80);
    pango_layout_set_alignment(top, PANGO_ALIGN_CENTER);
    pango_layout_set_alignment(below, PANGO_ALIGN_CENTER);
    double height = ak_pdf_height(top) + ak_pdf_height(below) + 6;
    ak_pdf_tone(p, AK_TONE_LEVEL);
    cairo_set_line_width(p->cr, 0.7);
    cairo_rectangle(p->cr, AK_PDF_LEFT, p->y + 1, width, height);
    if (strong)
        cairo_fill(p->cr);
    else
        cairo_stroke(p->cr);
    ak_pdf_show(p, top, AK_PDF_LEFT, p->y + 2, strong ? AK_TONE_PAPER : AK_TONE_LEVEL);
    ak_pdf_show(p, below, AK_PDF_LEFT, p->y + 2 + ak_pdf_height(top),
                strong ? AK_TONE_PAPER : AK_TONE_LEVEL);
    g_object_unref(top);
    g_object_unref(below);
}

static void draw_claim(struct ak_pdf *p, const struct ak_block *c)
{
    const double badge = 68, x = AK_PDF_LEFT + badge + 12, width = AK_PDF_TEXT - badge - 12;
    double height = text_height(p, c->text, &BODY, width) + limits_height(p, c, width) +
                    run_on(p, c, x, width, false) + 14;
    ak_pdf_need(p, height < 40 ? 40 : height);
    rule(p, p->y, AK_TONE_GRID, 0.5);
    p->y += 5;
    ak_pdf_dest(p, c->id);
    draw_badge(p, c, badge);
    double least = p->y + 34;
    unsigned page = p->page;
    ak_pdf_flow(p, c->text, &BODY, x, width);
    p->y += 2;
    for (size_t i = 0; i < c->n_limits; i++) {
        struct ak_buf b = { 0 };
        ak_pdf_flow(p, limit_text(p, c->limits[i], &b), &NOTE, x, width);
        p->y += 2;
        ak_buf_free(&b);
    }
    ak_pdf_need(p, run_on(p, c, x, width, false));
    p->y += run_on(p, c, x, width, true);
    if (p->page == page && p->y < least)
        p->y = least;
    p->y += 5;
}

/* ---- events ---- */

static void draw_hex(struct ak_pdf *p, struct ak_str text)
{
    for (size_t at = 0, end; at < text.n; at = end + 1) {
        for (end = at; end < text.n && text.at[end] != '\n';)
            end++;
        ak_pdf_flow(p, (struct ak_str){ text.at + at, end - at }, &HEX, AK_PDF_LEFT + 3,
                    AK_PDF_TEXT - 3);
    }
}

static void draw_event(struct ak_pdf *p, const struct ak_block *e)
{
    struct ak_pdf_font title = { 8.4, true, false, AK_TONE_INK };
    ak_pdf_need(p, 90);
    ak_pdf_dest(p, e->id);
    ak_pdf_flow(p, e->code, &title, AK_PDF_LEFT, AK_PDF_TEXT);
    draw_table(p, &e->grid, false, EVENT_CELL_MAX);
    p->y -= 3;
    draw_hex(p, e->text);
    p->y += 9;
}

/* ---- the document ---- */

static void outline(struct ak_pdf *p, const struct ak_block *h)
{
    char attributes[160];
    struct ak_buf text = { 0 };
    if (!p->final || !ak_pdf_page_of(p, h->id))
        return;
    snprintf(attributes, sizeof(attributes), "dest='%.*s'", (int)h->id.n, h->id.at);
    ak_visible(&text, h->text, 200);
    ak_buf_u8(&text, 0);
    int id = cairo_pdf_surface_add_outline(
        p->surface, h->level == 1 ? CAIRO_PDF_OUTLINE_ROOT : p->outline, (const char *)text.at,
        attributes, (cairo_pdf_outline_flags_t)0);
    if (h->level == 1)
        p->outline = id;
    ak_buf_free(&text);
}

static void draw_heading(struct ak_pdf *p, const struct ak_block *h)
{
    struct ak_pdf_font font = { h->level == 1 ? 14 : 10.5, true, false,
                                h->level == 1 ? AK_TONE_LEVEL : AK_TONE_INK };
    /* With the first lines below it; a heading under a heading has its own. */
    bool another = h->next && h->next->kind == AK_BLOCK_HEADING;
    ak_pdf_need(p, (h->level == 1 ? 110 : 80) + (another ? 80 : 0));
    if (p->y > AK_PDF_TOP + 1)
        p->y += h->level == 1 ? 18 : 10;
    ak_pdf_dest(p, h->id);
    outline(p, h);
    ak_pdf_flow(p, h->text, &font, AK_PDF_LEFT, AK_PDF_TEXT);
    if (h->level == 1) {
        rule(p, p->y + 2, AK_TONE_LEVEL, 0.8);
        p->y += 8;
    } else {
        p->y += 2;
    }
}

/* Sentences of the summary stand in one box, one paragraph each. */
static void draw_lead(struct ak_pdf *p, const struct ak_block *k)
{
    struct ak_str text = k->text;
    double height = text_height(p, text, &LEAD, AK_PDF_TEXT - 26) + 10;
    if (height < AK_PDF_BOTTOM - AK_PDF_TOP) {
        ak_pdf_need(p, height);
        cairo_set_source_rgb(p->cr, 0.953, 0.961, 0.973);
        cairo_rectangle(p->cr, AK_PDF_LEFT, p->y, AK_PDF_TEXT, height);
        cairo_fill(p->cr);
        ak_pdf_tone(p, AK_TONE_LEVEL);
        cairo_rectangle(p->cr, AK_PDF_LEFT, p->y, 2.5, height);
        cairo_fill(p->cr);
    }
    p->y += 5;
    ak_pdf_flow(p, text, &LEAD, AK_PDF_LEFT + 13, AK_PDF_TEXT - 26);
    p->y += k->next && k->next->kind == AK_BLOCK_LEAD ? 4.8 : 14;
}

static void draw_block(struct ak_pdf *p, const struct ak_block *k)
{
    switch (k->kind) {
    case AK_BLOCK_HEADING:
        draw_heading(p, k);
        break;
    case AK_BLOCK_PARAGRAPH:
        ak_pdf_flow(p, k->text, &BODY, AK_PDF_LEFT, AK_PDF_TEXT);
        p->y += 5;
        break;
    case AK_BLOCK_NOTE:
        ak_pdf_flow(p, k->text, &NOTE, AK_PDF_LEFT, AK_PDF_TEXT);
        p->y += 4;
        break;
    case AK_BLOCK_LEAD:
        draw_lead(p, k);
        break;
    case AK_BLOCK_FACTS:
    case AK_BLOCK_TABLE:
        draw_table(p, &k->grid, k->kind == AK_BLOCK_TABLE, CELL_MAX);
        break;
    case AK_BLOCK_CLAIM:
        draw_claim(p, k);
        break;
    case AK_BLOCK_CHART:
        draw_chart(p, &k->chart);
        break;
    case AK_BLOCK_EVENT:
        draw_event(p, k);
        break;
    }
}

static void draw_contents(struct ak_pdf *p)
{
    struct ak_pdf_font title = { 11, true, false, AK_TONE_INK };
    ak_pdf_flow(p, ak_doc_words(p->doc, "Contents"), &title, AK_PDF_LEFT, AK_PDF_TEXT);
    p->y += 4;
    for (const struct ak_block *k = p->doc->first; k; k = k->next) {
        char number[16];
        if (k->kind != AK_BLOCK_HEADING || k->level != 1)
            continue;
        int n = snprintf(number, sizeof(number), "%u", ak_pdf_page_of(p, k->id));
        PangoLayout *text = ak_pdf_layout(p, k->text, &BODY, 0, 200);
        PangoLayout *page = ak_pdf_layout(p, (struct ak_str){ number, (size_t)n }, &BODY, 0, 0);
        bool linked = ak_pdf_link(p, k->id);
        ak_pdf_show(p, text, AK_PDF_LEFT, p->y, AK_TONE_INK);
        ak_pdf_show(p, page, AK_PDF_LEFT + AK_PDF_TEXT - ak_pdf_width(page), p->y, AK_TONE_INK);
        if (linked)
            ak_pdf_link_end(p);
        p->y += 16;
        rule(p, p->y - 1, AK_TONE_GRID, 0.4);
        g_object_unref(text);
        g_object_unref(page);
    }
}

static void draw_front(struct ak_pdf *p)
{
    struct ak_pdf_font title = { 22, true, false, AK_TONE_INK },
                       small = { 9.5, false, false, AK_TONE_MUTED };
    p->y += 36;
    ak_pdf_flow(p, p->doc->title, &title, AK_PDF_LEFT, AK_PDF_TEXT);
    p->y += 6;
    ak_pdf_flow(p, p->doc->subtitle, &small, AK_PDF_LEFT, AK_PDF_TEXT);
    ak_pdf_flow(p, p->doc->tool, &small, AK_PDF_LEFT, AK_PDF_TEXT);
    p->y += 8;
    rule(p, p->y, AK_TONE_LEVEL, 2);
    p->y += 20;
    draw_contents(p);
}

static void draw_all(struct ak_pdf *p)
{
    p->page = 0;
    p->outline = CAIRO_PDF_OUTLINE_ROOT;
    ak_pdf_new_page(p);
    draw_front(p);
    ak_pdf_new_page(p);
    for (const struct ak_block *k = p->doc->first; k; k = k->next)
        draw_block(p, k);
    cairo_show_page(p->cr);
    p->pages = p->page;
}

static cairo_status_t write_pdf(void *self, const unsigned char *bytes, unsigned n)
{
    struct ak_buf *out = self;
    if (out)
        ak_buf_put(out, bytes, n);
    return out && out->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static void set_facts(struct ak_pdf *p)
{
    struct ak_buf title = { 0 }, tool = { 0 }, at = { 0 };
    ak_visible(&title, p->doc->title, 200);
    ak_buf_u8(&title, 0);
    ak_visible(&tool, p->doc->tool, 200);
    ak_buf_u8(&tool, 0);
    ak_visible(&at, p->doc->as_of.n ? p->doc->as_of : AK_STR("1970-01-01T00:00:00Z"), 40);
    ak_buf_u8(&at, 0);
    if (!title.failed && !tool.failed && !at.failed) {
        cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE,
                                       (const char *)title.at);
        cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATOR,
                                       (const char *)tool.at);
        cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                       (const char *)at.at);
        cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_MOD_DATE,
                                       (const char *)at.at);
    }
    ak_buf_free(&title);
    ak_buf_free(&tool);
    ak_buf_free(&at);
}

static bool pass(struct ak_pdf *p, struct ak_buf *out)
{
    p->surface = cairo_pdf_surface_create_for_stream(write_pdf, out, AK_PDF_WIDTH, AK_PDF_HEIGHT);
    set_facts(p);
    p->cr = cairo_create(p->surface);
    draw_all(p);
    bool ok = cairo_status(p->cr) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(p->cr);
    cairo_surface_finish(p->surface);
    ok = ok && cairo_surface_status(p->surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(p->surface);
    return ok;
}

#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer) /* clang */
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#if SANITIZED
/* The libraries keep fonts until the process ends (and cairo 1.16 loses six small
 * blocks a document): no leaks of ours, which the leak checker is to find. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libcairo\nleak:libpango\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "print_suppressions=0"; }
#endif

enum ak_status ak_report_pdf(struct ak_buf *out, const struct ak_doc *doc)
{
    struct ak_pdf p = { .doc = doc, .dests = calloc(AK_PDF_DESTS_MAX, sizeof(*p.dests)) };
    if (!p.dests)
        return AK_ERR_NOMEM;
    bool ok = pass(&p, NULL);
    p.final = true;
    ok = ok && pass(&p, out) && !out->failed;
    free(p.dests);
    return ok ? AK_OK : AK_ERR_LIMIT;
}
