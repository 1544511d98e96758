/* pdf_page.c - see pdf_page.h. */
#include "report/pdf_page.h"

#include <cairo-pdf.h>
#include <stdio.h>

static const double TONES[AK_N_TONES][3] = {
    [AK_TONE_INK] = { 0.11, 0.145, 0.19 },   [AK_TONE_MUTED] = { 0.34, 0.384, 0.44 },
    [AK_TONE_GRID] = { 0.83, 0.85, 0.875 },  [AK_TONE_WINDOW] = { 0.965, 0.85, 0.79 },
    [AK_TONE_HAVE] = { 0.21, 0.376, 0.56 },  [AK_TONE_SPAN] = { 0.81, 0.855, 0.9 },
    [AK_TONE_GAP] = { 0.88, 0.64, 0.23 },    [AK_TONE_CLEARED] = { 0.7, 0.15, 0.12 },
    [AK_TONE_ABSENT] = { 0.54, 0.353, 0 },   [AK_TONE_KIND0] = { 0.21, 0.376, 0.56 },
    [AK_TONE_KIND1] = { 0.475, 0.65, 0.72 }, [AK_TONE_KIND2] = { 0.6, 0.55, 0.36 },
    [AK_TONE_KIND3] = { 0.49, 0.416, 0.57 }, [AK_TONE_KIND4] = { 0.36, 0.54, 0.42 },
    [AK_TONE_KIND5] = { 0.663, 0.69, 0.72 }, [AK_TONE_LEVEL] = { 0.114, 0.247, 0.4 },
    [AK_TONE_PAPER] = { 1, 1, 1 },
};

void ak_pdf_tone(struct ak_pdf *p, enum ak_tone tone)
{
    cairo_set_source_rgb(p->cr, TONES[tone][0], TONES[tone][1], TONES[tone][2]);
}

/* ---- texts ---- */

static void set_font(PangoLayout *layout, const struct ak_pdf_font *font)
{
    PangoFontDescription *d = pango_font_description_new();
    pango_font_description_set_family(d, font->mono ? "Noto Sans Mono CJK JP" : "Noto Sans CJK JP");
    pango_font_description_set_weight(d, font->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(d, font->size * PANGO_SCALE);
    pango_layout_set_font_description(layout, d);
    pango_font_description_free(d);
}

/* No hyphens where a hash or a path is broken: they would read as part of it. */
static void set_attributes(PangoLayout *layout, const struct ak_doc *doc)
{
    PangoAttrList *list = pango_attr_list_new();
    pango_attr_list_insert(list, pango_attr_insert_hyphens_new(FALSE));
    pango_attr_list_insert(list, pango_attr_language_new(pango_language_from_string(
                                     doc->lang == AK_LANG_JA ? "ja" : "en")));
    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
}

PangoLayout *ak_pdf_layout(struct ak_pdf *p, struct ak_str text, const struct ak_pdf_font *font,
                           double width, size_t max)
{
    PangoLayout *layout = pango_cairo_create_layout(p->cr);
    struct ak_buf seen = { 0 };
    ak_visible(&seen, text, max);
    set_font(layout, font);
    set_attributes(layout, p->doc);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(layout, font->mono ? 0 : font->size > 12 ? 1.0f : 1.05f);
    if (width > 0)
        pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_text(layout, seen.n ? (const char *)seen.at : "", (int)seen.n);
    ak_buf_free(&seen);
    return layout;
}

double ak_pdf_height(PangoLayout *layout)
{
    PangoRectangle logical;
    pango_layout_get_extents(layout, NULL, &logical);
    return (double)logical.height / PANGO_SCALE;
}

double ak_pdf_width(PangoLayout *layout)
{
    PangoRectangle logical;
    pango_layout_get_extents(layout, NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

void ak_pdf_show(struct ak_pdf *p, PangoLayout *layout, double x, double y, enum ak_tone tone)
{
    ak_pdf_tone(p, tone);
    cairo_move_to(p->cr, x, y);
    pango_cairo_show_layout(p->cr, layout);
}

void ak_pdf_flow(struct ak_pdf *p, struct ak_str text, const struct ak_pdf_font *font, double x,
                 double width)
{
    PangoLayout *layout = ak_pdf_layout(p, text, font, width, 0);
    PangoLayoutIter *it = pango_layout_get_iter(layout);
    do {
        PangoRectangle logical;
        int top, bottom;
        pango_layout_iter_get_line_extents(it, NULL, &logical);
        pango_layout_iter_get_line_yrange(it, &top, &bottom);
        double height = (double)(bottom - top) / PANGO_SCALE;
        double baseline = (double)(pango_layout_iter_get_baseline(it) - top) / PANGO_SCALE;
        ak_pdf_need(p, height);
        ak_pdf_tone(p, font->tone);
        cairo_move_to(p->cr, x, p->y + baseline);
        pango_cairo_show_layout_line(p->cr, pango_layout_iter_get_line_readonly(it));
        p->y += height;
    } while (pango_layout_iter_next_line(it));
    pango_layout_iter_free(it);
    g_object_unref(layout);
}

/* ---- pages ---- */

static void put_at(struct ak_pdf *p, struct ak_str text, double y, bool right)
{
    struct ak_pdf_font font = { 7.5, false, false, AK_TONE_MUTED };
    PangoLayout *layout = ak_pdf_layout(p, text, &font, 0, 90);
    ak_pdf_show(p, layout, right ? AK_PDF_WIDTH - AK_PDF_LEFT - ak_pdf_width(layout) : AK_PDF_LEFT,
                y, AK_TONE_MUTED);
    g_object_unref(layout);
}

static void put_rule(struct ak_pdf *p, double y)
{
    ak_pdf_tone(p, AK_TONE_GRID);
    cairo_set_line_width(p->cr, 0.5);
    cairo_move_to(p->cr, AK_PDF_LEFT, y);
    cairo_line_to(p->cr, AK_PDF_WIDTH - AK_PDF_LEFT, y);
    cairo_stroke(p->cr);
}

static void put_running(struct ak_pdf *p)
{
    char number[32];
    int n = snprintf(number, sizeof(number), "%u / %u", p->page, p->pages);
    if (p->page > 1) {
        put_at(p, p->doc->title, 32, false);
        put_rule(p, 47);
    }
    put_rule(p, 798);
    put_at(p, p->doc->tool, 803, false);
    put_at(p, (struct ak_str){ number, (size_t)n }, 803, true);
}

void ak_pdf_new_page(struct ak_pdf *p)
{
    if (p->page)
        cairo_show_page(p->cr);
    p->page++;
    p->y = AK_PDF_TOP;
    put_running(p);
}

void ak_pdf_need(struct ak_pdf *p, double height)
{
    if (p->y + height > AK_PDF_BOTTOM && p->y > AK_PDF_TOP)
        ak_pdf_new_page(p);
}

/* ---- links ---- */

/* Ids are made by us; one that is not (a case changed by hand) is left alone. */
static bool is_plain(struct ak_str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!((id.at[i] >= '0' && id.at[i] <= '9') || (id.at[i] >= 'A' && id.at[i] <= 'Z') ||
              (id.at[i] >= 'a' && id.at[i] <= 'z') || id.at[i] == '.' || id.at[i] == ':' ||
              id.at[i] == '-'))
            return false;
    return id.n > 0 && id.n < 100;
}

unsigned ak_pdf_page_of(const struct ak_pdf *p, struct ak_str id)
{
    for (size_t i = 0; i < p->n_dests; i++)
        if (ak_str_eq(p->dests[i].id, id))
            return p->dests[i].page;
    return 0;
}

void ak_pdf_dest(struct ak_pdf *p, struct ak_str id)
{
    char attributes[200];
    if (!is_plain(id))
        return;
    if (!p->final) {
        if (p->n_dests < AK_PDF_DESTS_MAX && !ak_pdf_page_of(p, id))
            p->dests[p->n_dests++] = (struct ak_pdf_dest){ id, p->page };
        return;
    }
    snprintf(attributes, sizeof(attributes), "name='%.*s' x=%d y=%d", (int)id.n, id.at,
             (int)AK_PDF_LEFT, (int)p->y - 4);
    cairo_tag_begin(p->cr, CAIRO_TAG_DEST, attributes);
    cairo_tag_end(p->cr, CAIRO_TAG_DEST);
}

bool ak_pdf_link(struct ak_pdf *p, struct ak_str id)
{
    char attributes[200];
    if (!p->final || !ak_pdf_page_of(p, id))
        return false;
    snprintf(attributes, sizeof(attributes), "dest='%.*s'", (int)id.n, id.at);
    cairo_tag_begin(p->cr, CAIRO_TAG_LINK, attributes);
    return true;
}

void ak_pdf_link_end(struct ak_pdf *p) { cairo_tag_end(p->cr, CAIRO_TAG_LINK); }
