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
struct ak_mark *ak_chart_text(struct ak_doc *doc, struct ak_chart *c, float x, float y,
                              struct ak_str text);
struct ak_mark *ak_chart_rect(struct ak_doc *doc, struct ak_chart *c, enum ak_tone tone, float x,
                              float y, float w, float h);
void ak_chart_line(struct ak_doc *doc, struct ak_chart *c, enum ak_tone tone, float x, float y,
                   float w, float h);

/* A legend: a patch of the tone with its words, at *x, which moves behind them. */
void ak_chart_key(struct ak_doc *doc, struct ak_chart *c, float *x, float y, enum ak_tone tone,
                  struct ak_str words);

/* ---- the axis of time ---- */

struct ak_axis {
    int32_t first, last; /* days since 1970 in the report's zone */
    float left, width;
};

/* Where a day (with its fraction) stands; outside of it: at the nearest end. */
float ak_axis_day(const struct ak_axis *axis, double day);

/* A moment as days since 1970 of the report's zone, with the fraction. */
double ak_axis_moment(const struct ak_report *report, int64_t ns);

/* "2026-01-29" */
struct ak_str ak_axis_day_text(struct ak_doc *doc, int32_t day);

/* The time shown: all that the report has records of, but when the attributed
 * window is less than a twentieth, three of its lengths (thirty days at least)
 * around it.  The report must have days. */
void ak_axis_choose(const struct ak_report *report, struct ak_axis *axis);

/* Draw it with its days; and the time attributed to the intruder, where known. */
void ak_axis_put(struct ak_doc *doc, struct ak_chart *c, const struct ak_axis *axis, float top,
                 float bottom);
void ak_axis_window(struct ak_doc *doc, struct ak_chart *c, const struct ak_report *report,
                    const struct ak_axis *axis, float top, float bottom);

#endif
