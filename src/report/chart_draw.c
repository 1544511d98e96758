/* chart_draw.c - see chart_draw.h. */
#include "report/chart_draw.h"

struct ak_mark *ak_chart_text(struct ak_doc *doc, struct ak_chart *c, float x, float y, struct ak_str text)
{
    struct ak_mark *m = ak_chart_mark(doc, c, AK_MARK_TEXT, AK_TONE_INK);
    m->x = x;
    m->y = y;
    m->size = AK_CHART_SMALL;
    m->text = text;
    return m;
}

struct ak_mark *ak_chart_rect(struct ak_doc *doc, struct ak_chart *c, enum ak_tone tone, float x, float y, float w, float h)
{
    struct ak_mark *m = ak_chart_mark(doc, c, AK_MARK_RECT, tone);
    m->x = x;
    m->y = y;
    m->w = w;
    m->h = h;
    return m;
}

void ak_chart_line(struct ak_doc *doc, struct ak_chart *c, enum ak_tone tone, float x, float y, float w, float h)
{
    struct ak_mark *m = ak_chart_rect(doc, c, tone, x, y, w, h);
    m->kind = AK_MARK_LINE;
}

struct ak_chart *ak_chart_begin(struct ak_doc *doc, const char *title, float height)
{
    struct ak_chart *c = &ak_doc_block(doc, AK_BLOCK_CHART)->chart;
    *c = (struct ak_chart){ .width = AK_CHART_WIDTH, .height = height, .title = ak_doc_words(doc, title) };
    return c;
}
