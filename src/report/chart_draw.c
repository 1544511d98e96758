/* chart_draw.c - see chart_draw.h. */
#include "report/chart_draw.h"

enum { TICKS = 6 };
static const float SMALL = AK_CHART_SMALL;
static const int64_t DAY_NS = INT64_C(86400) * 1000000000;

struct ak_mark *ak_chart_text(struct ak_doc *doc, struct ak_chart *c, float x, float y,
                              struct ak_str text)
{
    struct ak_mark *m = ak_chart_mark(doc, c, AK_MARK_TEXT, AK_TONE_INK);
    m->x = x;
    m->y = y;
    m->size = AK_CHART_SMALL;
    m->text = text;
    return m;
}

struct ak_mark *ak_chart_rect(struct ak_doc *doc, struct ak_chart *c, enum ak_tone tone, float x,
                              float y, float w, float h)
{
    struct ak_mark *m = ak_chart_mark(doc, c, AK_MARK_RECT, tone);
    m->x = x;
    m->y = y;
    m->w = w;
    m->h = h;
    return m;
}

void ak_chart_line(struct ak_doc *doc, struct ak_chart *c, enum ak_tone tone, float x, float y,
                   float w, float h)
{
    struct ak_mark *m = ak_chart_rect(doc, c, tone, x, y, w, h);
    m->kind = AK_MARK_LINE;
}

struct ak_chart *ak_chart_begin(struct ak_doc *doc, const char *title, float height)
{
    struct ak_chart *c = &ak_doc_block(doc, AK_BLOCK_CHART)->chart;
    *c = (struct ak_chart){ .width = AK_CHART_WIDTH,
                            .height = height,
                            .title = ak_doc_words(doc, title) };
    return c;
}

/* ---- the axis of time ---- */

float ak_axis_day(const struct ak_axis *a, double day)
{
    double span = (double)a->last - a->first + 1;
    double x = (day - a->first) / span;
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return a->left + (float)x * a->width;
}

/* A moment as days since 1970 of the report's zone, with the fraction. */
double ak_axis_moment(const struct ak_report *r, int64_t ns)
{
    int64_t seconds = ns / 1000000000;
    return (double)(seconds + ak_zone_offset(&r->zone, seconds)) / 86400;
}

struct ak_str ak_axis_day_text(struct ak_doc *doc, int32_t day)
{
    struct ak_civil c = ak_civil_of((int64_t)day * DAY_NS);
    struct ak_buf b = { 0 };
    ak_buf_printf(&b, "%04d-%02u-%02u", c.year, c.month, c.day);
    return ak_doc_keep_buf(doc, &b);
}

void ak_axis_put(struct ak_doc *doc, struct ak_chart *c, const struct ak_axis *a, float top,
                 float bottom)
{
    int32_t span = a->last - a->first + 1, step = (span + TICKS - 1) / TICKS;
    step = step < 1 ? 1 : step;
    for (int32_t d = a->first; d <= a->last; d += step) {
        float x = ak_axis_day(a, d);
        ak_chart_line(doc, c, AK_TONE_GRID, x, top, 0, bottom - top);
        if (x + 62 <= a->left + a->width + 4) {
            struct ak_mark *m = ak_chart_text(doc, c, x + 3, bottom + 14, ak_axis_day_text(doc, d));
            m->tone = AK_TONE_MUTED;
        }
    }
    ak_chart_line(doc, c, AK_TONE_MUTED, a->left, bottom, a->width, 0);
}

/* The time shown: all of it, but when the attributed window is less than a
 * twentieth, three of its lengths (thirty days at least) around it. */
void ak_axis_choose(const struct ak_report *r, struct ak_axis *a)
{
    a->first = r->days[0].day;
    a->last = r->days[r->n_days - 1].day;
    if (!r->window_known)
        return;
    int32_t from = (int32_t)ak_axis_moment(r, r->window.from_ns),
            to = (int32_t)ak_axis_moment(r, r->window.to_ns);
    int32_t length = to - from + 1, margin = length < 30 ? 30 : length;
    if ((a->last - a->first) / 20 < length || a->last - a->first < 120)
        return;
    a->first = from - margin > a->first ? from - margin : a->first;
    a->last = to + margin < a->last ? to + margin : a->last;
}

void ak_axis_window(struct ak_doc *doc, struct ak_chart *c, const struct ak_report *r,
                    const struct ak_axis *a, float top, float bottom)
{
    if (!r->window_known)
        return;
    float from = ak_axis_day(a, ak_axis_moment(r, r->window.from_ns)),
          to = ak_axis_day(a, ak_axis_moment(r, r->window.to_ns));
    if (to - from < 3)
        to = from + 3;
    ak_chart_rect(doc, c, AK_TONE_WINDOW, from, top, to - from, bottom - top);
}

/* A legend: a patch of each tone with its words, from left to right. */
void ak_chart_key(struct ak_doc *doc, struct ak_chart *c, float *x, float y, enum ak_tone tone,
                  struct ak_str words)
{
    float width = 24;
    for (size_t i = 0; i < words.n; i++)
        width += (unsigned char)words.at[i] < 0x80             ? 6.2f
                 : ((unsigned char)words.at[i] & 0xC0) == 0xC0 ? SMALL
                                                               : 0;
    ak_chart_rect(doc, c, tone, *x, y - 9, 11, 10);
    ak_chart_text(doc, c, *x + 15, y, words);
    *x += width + 6;
}
