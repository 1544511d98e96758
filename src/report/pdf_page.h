/* pdf_page.h - pages, texts, links and destinations of report.pdf. */
#ifndef AK_REPORT_PDF_PAGE_H
#define AK_REPORT_PDF_PAGE_H

#include "report/document.h"

#include <pango/pangocairo.h>

/* A4 in points. */
#define AK_PDF_WIDTH 595.28
#define AK_PDF_HEIGHT 841.89
#define AK_PDF_LEFT 51.0
#define AK_PDF_TOP 60.0
#define AK_PDF_BOTTOM 786.0
#define AK_PDF_TEXT (AK_PDF_WIDTH - 2 * AK_PDF_LEFT)

enum { AK_PDF_DESTS_MAX = 4096 };

/* Everything is drawn twice: the first time nothing is kept but what page each
 * destination is on and how many pages there are. */
struct ak_pdf {
    const struct ak_doc *doc;
    cairo_surface_t *surface;
    cairo_t *cr;
    double y;
    unsigned page, pages;
    bool final;
    struct ak_pdf_dest {
        struct ak_str id;
        unsigned page;
    } * dests;
    size_t n_dests;
    int outline; /* of the last heading of level 1 */
};

struct ak_pdf_font {
    double size;
    bool bold, mono;
    enum ak_tone tone;
};

void ak_pdf_tone(struct ak_pdf *p, enum ak_tone tone);

/* End this page and begin the next, with its running header. */
void ak_pdf_new_page(struct ak_pdf *p);
/* Begin a new page when `height` does not fit here any more. */
void ak_pdf_need(struct ak_pdf *p, double height);

/* A text laid out; unref it.  width 0: one line, as long as it is.
 * `max` characters, 0: AK_VISIBLE_MAX. */
PangoLayout *ak_pdf_layout(struct ak_pdf *p, struct ak_str text, const struct ak_pdf_font *font,
                           double width, size_t max);
double ak_pdf_height(PangoLayout *layout);
double ak_pdf_width(PangoLayout *layout);
void ak_pdf_show(struct ak_pdf *p, PangoLayout *layout, double x, double y, enum ak_tone tone);

/* Draw at the place, line by line, over as many pages as it takes. */
void ak_pdf_flow(struct ak_pdf *p, struct ak_str text, const struct ak_pdf_font *font, double x,
                 double width);

/* Name the place; link what is drawn until ak_pdf_link_end() to a named place.
 * False: there is no such place, do not end it. */
void ak_pdf_dest(struct ak_pdf *p, struct ak_str id);
bool ak_pdf_link(struct ak_pdf *p, struct ak_str id);
void ak_pdf_link_end(struct ak_pdf *p);
unsigned ak_pdf_page_of(const struct ak_pdf *p, struct ak_str id); /* 0: none */

#endif
