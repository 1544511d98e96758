/* chart_draw.h - what all charts are drawn with. */
#ifndef AK_REPORT_CHART_DRAW_H
#define AK_REPORT_CHART_DRAW_H

#include "report/compose.h"

/* The canvas, in units that come out as about 0.67 points on paper; the usual text. */
#define AK_CHART_WIDTH 720.0f
#define AK_CHART_SMALL 10.5f

/* A chart at the end of the document, as wide as the page; `title` is English. */
struct ak_chart *ak_chart_begin(struct ak_doc *doc, const char *title, float height);

/* Marks: a text that starts at x and stands on y (ink, AK_CHART_SMALL), a filled
 * rectangle, a line to x+w, y+h.  Change what is given back to taste. */
struct ak_mark *ak_chart_text(struct ak_doc *doc, struct ak_chart *c, float x, float y, struct ak_str text);
struct ak_mark *ak_chart_rect(struct ak_doc *doc, struct ak_chart *c, enum ak_tone tone, float x, float y, float w, float h);
void ak_chart_line(struct ak_doc *doc, struct ak_chart *c, enum ak_tone tone, float x, float y, float w, float h);

#endif
