/* chart.c - three charts: events per day, what each log covers, the certainty ladder. */
#include "report/chart_draw.h"

#include <stdio.h>

static const float WIDTH = AK_CHART_WIDTH, LEFT = 54, LABELS = 190;
enum { BUCKETS_MAX = 96, LOGS_SHOWN = 36 };

/* ---- events per day ---- */

struct bucket {
    uint64_t n[AK_REPORT_KINDS];
};

struct histogram {
    struct bucket buckets[BUCKETS_MAX];
    size_t n_buckets;
    int32_t days_each;
    struct ak_axis axis;
    uint64_t most;
};

static void fill_buckets(const struct ak_report *r, struct histogram *h)
{
    int32_t span = h->axis.last - h->axis.first + 1;
    h->days_each = (span + BUCKETS_MAX - 1) / BUCKETS_MAX;
    h->n_buckets = (size_t)((span + h->days_each - 1) / h->days_each);
    for (size_t i = 0; i < r->n_days; i++) {
        const struct ak_report_day *d = &r->days[i];
        if (d->day >= h->axis.first && d->day <= h->axis.last)
            h->buckets[(d->day - h->axis.first) / h->days_each].n[d->kind] += d->n;
    }
    for (size_t i = 0; i < h->n_buckets; i++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < AK_REPORT_KINDS; k++)
            sum += h->buckets[i].n[k];
        h->most = sum > h->most ? sum : h->most;
    }
    h->axis.last = h->axis.first + (int32_t)h->n_buckets * h->days_each - 1;
}

/* 1, 2 or 5 times a power of ten, not below n. */
static uint64_t round_up(uint64_t n)
{
    static const uint64_t STEPS[] = { 1, 2, 4, 5, 8, 10 };
    for (uint64_t power = 1; power < UINT64_MAX / 100; power *= 10)
        for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++)
            if (STEPS[i] * power >= n)
                return STEPS[i] * power;
    return n;
}

static void put_scale(struct ak_doc *doc, struct ak_chart *c, const struct ak_axis *a,
                      uint64_t top_value, float top, float bottom)
{
    uint64_t steps = top_value % 4 == 0 ? 4 : top_value % 5 == 0 ? 5 : top_value % 2 == 0 ? 2 : 1;
    for (uint64_t i = 0; i <= steps; i++) {
        float y = bottom - (bottom - top) * (float)i / (float)steps;
        struct ak_buf b = { 0 };
        ak_put_number(&b, top_value / steps * i);
        struct ak_mark *m = ak_chart_text(doc, c, a->left - 6, y + 3.5f, ak_doc_keep_buf(doc, &b));
        m->anchor = AK_ANCHOR_END;
        m->tone = AK_TONE_MUTED;
        if (i)
            ak_chart_line(doc, c, AK_TONE_GRID, a->left, y, a->width, 0);
    }
}

static void put_bars(struct ak_doc *doc, struct ak_chart *c, const struct histogram *h,
                     uint64_t top_value, float top, float bottom)
{
    float each = h->axis.width / (float)h->n_buckets, gap = each > 4 ? 1 : 0.3f;
    for (size_t i = 0; i < h->n_buckets; i++) {
        float y = bottom;
        for (size_t k = 0; k < AK_REPORT_KINDS; k++) {
            if (!h->buckets[i].n[k])
                continue;
            float height = (bottom - top) * (float)((double)h->buckets[i].n[k] / (double)top_value);
            height = height < 1 ? 1 : height;
            y -= height;
            ak_chart_rect(doc, c, (enum ak_tone)(AK_TONE_KIND0 + k),
                          h->axis.left + each * (float)i + gap / 2, y, each - gap, height);
        }
    }
}

static void put_histogram_key(struct ak_doc *doc, struct ak_chart *c, const struct ak_report *r,
                              float y)
{
    float x = LEFT;
    for (size_t k = 0; k < r->n_kinds; k++) {
        char kind[64];
        snprintf(kind, sizeof(kind), "%.*s", (int)r->kinds[k].n, r->kinds[k].at);
        ak_chart_key(doc, c, &x, y, (enum ak_tone)(AK_TONE_KIND0 + k),
                     ak_doc_keep(doc, ak_str_of(ak_word(doc->lang, kind))));
    }
    if (r->window_known)
        ak_chart_key(doc, c, &x, y, AK_TONE_WINDOW,
                     ak_doc_words(doc, "attributed to the intruder"));
}

void ak_chart_histogram(struct ak_doc *doc, const struct ak_report *r)
{
    struct histogram h = { .axis = { .left = LEFT, .width = WIDTH - LEFT - 6 } };
    if (r->n_days == 0)
        return;
    ak_axis_choose(r, &h.axis);
    fill_buckets(r, &h);
    struct ak_chart *c = ak_chart_begin(doc, "Records per day, by kind of log", 230);
    uint64_t top_value = round_up(h.most ? h.most : 1);
    ak_axis_window(doc, c, r, &h.axis, 12, 180);
    put_scale(doc, c, &h.axis, top_value, 12, 180);
    ak_axis_put(doc, c, &h.axis, 12, 180);
    put_bars(doc, c, &h, top_value, 12, 180);
    put_histogram_key(doc, c, r, 220);
    struct ak_buf days = { 0 }, b = { 0 };
    ak_buf_dec(&days, (uint64_t)h.days_each);
    struct ak_filling with = { "n", ak_buf_view(&days) };
    if (h.days_each > 1)
        ak_put_filled(&b, ak_word(doc->lang, "Each bar is {n} days."), &with, 1);
    if (b.n)
        ak_doc_text(doc, AK_BLOCK_NOTE, ak_doc_keep_buf(doc, &b));
    if (h.axis.first > r->days[0].day || h.axis.last < r->days[r->n_days - 1].day)
        ak_doc_text(doc, AK_BLOCK_NOTE,
                    ak_doc_words(doc, "The chart shows the time around the attributed activity; "
                                      "there are records before or after it."));
    ak_buf_free(&days);
    ak_buf_free(&b);
}

/* ---- what each log covers ---- */

static bool log_days(const struct ak_report *r, struct ak_axis *a)
{
    bool any = false;
    for (size_t i = 0; i < r->n_logs && i < LOGS_SHOWN; i++) {
        const struct ak_report_log *l = &r->logs[i];
        if (!l->n_days)
            continue;
        if (!any || l->days[0] < a->first)
            a->first = l->days[0];
        if (!any || l->days[l->n_days - 1] > a->last)
            a->last = l->days[l->n_days - 1];
        any = true;
    }
    if (any && r->n_days)
        ak_axis_choose(r, a);
    return any;
}

static void put_label(struct ak_doc *doc, struct ak_chart *c, const struct ak_report_log *l,
                      float y)
{
    bool channel =
        ak_str_eq(l->kind, AK_STR("evtx")); /* "Microsoft-Windows-…/Operational" is no path */
    struct ak_str name = channel ? l->name : ak_str_basename(l->name);
    char kind[64];
    if (ak_str_eq(l->state, AK_STR("none"))) {
        snprintf(kind, sizeof(kind), "%.*s", (int)l->kind.n, l->kind.at);
        name = ak_doc_keep(doc, ak_str_of(ak_word(doc->lang, kind)));
    }
    struct ak_mark *m = ak_chart_text(doc, c, 0, y + 9, name);
    m->w = LABELS - 8;
    m = ak_chart_text(doc, c, 0, y + 20, l->host.n ? l->host : ak_doc_words(doc, "all hosts"));
    m->tone = AK_TONE_MUTED;
    m->size = 8.5f;
    m->w = LABELS - 8;
}

static void put_absent(struct ak_doc *doc, struct ak_chart *c, const struct ak_axis *a, float y)
{
    struct ak_mark *m = ak_chart_rect(doc, c, AK_TONE_ABSENT, a->left, y + 3, a->width, 14);
    m->kind = AK_MARK_FRAME;
    m->dashed = true;
    m = ak_chart_text(doc, c, a->left + a->width / 2, y + 13.5f,
                      ak_doc_words(doc, "not among the evidence"));
    m->anchor = AK_ANCHOR_MIDDLE;
    m->tone = AK_TONE_ABSENT;
}

static void put_remark(struct ak_doc *doc, struct ak_chart *c, const struct ak_axis *a, float y,
                       struct ak_str text, enum ak_anchor anchor)
{
    float x = a->left + (anchor == AK_ANCHOR_START ? 3 : a->width - 3);
    struct ak_mark *m = ak_chart_text(doc, c, x, y + 13.5f, text);
    m->anchor = anchor;
    m->tone = AK_TONE_MUTED;
    m->size = 9;
}

/* A log whose records all lie outside the time shown: say where they are. */
static bool put_outside(struct ak_doc *doc, struct ak_chart *c, const struct ak_report_log *l,
                        const struct ak_axis *a, float y)
{
    bool before = l->days[l->n_days - 1] < a->first;
    if (!before && l->days[0] <= a->last)
        return false;
    struct ak_buf b = { 0 };
    ak_buf_text(&b, before ? "\xE2\x86\x90 " : "");
    ak_buf_str(&b, ak_axis_day_text(doc, l->days[0]));
    ak_buf_text(&b, doc->lang == AK_LANG_JA ? "〜" : " to ");
    ak_buf_str(&b, ak_axis_day_text(doc, l->days[l->n_days - 1]));
    ak_buf_text(&b, l->cleared_ns ? (doc->lang == AK_LANG_JA ? "、" : ", ") : "");
    ak_buf_text(&b, l->cleared_ns ? ak_word(doc->lang, "log cleared") : "");
    ak_buf_text(&b, before ? "" : " \xE2\x86\x92");
    put_remark(doc, c, a, y, ak_doc_keep_buf(doc, &b), before ? AK_ANCHOR_START : AK_ANCHOR_END);
    return true;
}

/* Runs of days with records as solid bars on the pale bar of the log's time. */
static void put_records(struct ak_doc *doc, struct ak_chart *c, const struct ak_report_log *l,
                        const struct ak_axis *a, float y)
{
    float from = ak_axis_day(a, l->days[0]), to = ak_axis_day(a, l->days[l->n_days - 1] + 1);
    ak_chart_rect(doc, c, AK_TONE_SPAN, from, y + 3, to - from < 2 ? 2 : to - from, 14);
    for (size_t i = 0, end; i < l->n_days; i = end) {
        for (end = i + 1; end < l->n_days && l->days[end] <= l->days[end - 1] + 1;)
            end++;
        if (l->days[end - 1] < a->first || l->days[i] > a->last)
            continue;
        from = ak_axis_day(a, l->days[i]);
        to = ak_axis_day(a, l->days[end - 1] + 1);
        ak_chart_rect(doc, c, AK_TONE_HAVE, from, y + 3, to - from < 2 ? 2 : to - from, 14);
    }
}

static void put_log(struct ak_doc *doc, struct ak_chart *c, const struct ak_report *r,
                    const struct ak_report_log *l, const struct ak_axis *a, float y)
{
    put_label(doc, c, l, y);
    if (ak_str_eq(l->state, AK_STR("none"))) {
        put_absent(doc, c, a, y);
        return;
    }
    if (put_outside(doc, c, l, a, y))
        return;
    put_records(doc, c, l, a, y);
    for (size_t i = 0; i < l->n_gaps; i++) {
        float from = ak_axis_day(a, ak_axis_moment(r, l->gaps[i].from_ns)),
              to = ak_axis_day(a, ak_axis_moment(r, l->gaps[i].to_ns));
        ak_chart_rect(doc, c, AK_TONE_GAP, from, y + 3, to - from < 2 ? 2 : to - from, 14);
    }
    if (l->cleared_ns) {
        float x = ak_axis_day(a, ak_axis_moment(r, l->cleared_ns));
        ak_chart_rect(doc, c, AK_TONE_CLEARED, x - 2, y, 4, 20);
    }
}

static void put_coverage_key(struct ak_doc *doc, struct ak_chart *c, const struct ak_report *r,
                             float y)
{
    float x = LABELS;
    ak_chart_key(doc, c, &x, y, AK_TONE_HAVE, ak_doc_words(doc, "days with records"));
    ak_chart_key(doc, c, &x, y, AK_TONE_SPAN, ak_doc_words(doc, "days without"));
    ak_chart_key(doc, c, &x, y, AK_TONE_GAP, ak_doc_words(doc, "gap"));
    ak_chart_key(doc, c, &x, y, AK_TONE_CLEARED, ak_doc_words(doc, "log cleared"));
    if (r->window_known)
        ak_chart_key(doc, c, &x, y, AK_TONE_WINDOW,
                     ak_doc_words(doc, "attributed to the intruder"));
}

void ak_chart_coverage(struct ak_doc *doc, const struct ak_report *r)
{
    const struct ak_report_log *shown[LOGS_SHOWN];
    size_t n = 0;
    for (size_t i = 0; i < r->n_logs && n < LOGS_SHOWN; i++)
        if (r->logs[i].n_days || ak_str_eq(r->logs[i].state, AK_STR("none")))
            shown[n++] = &r->logs[i];
    struct ak_axis a = { .left = LABELS, .width = WIDTH - LABELS - 6 };
    if (n == 0 || !log_days(r, &a))
        return;
    float bottom = 6 + 26 * (float)n;
    struct ak_chart *c = ak_chart_begin(doc, "Time covered by each log", bottom + 44);
    ak_axis_window(doc, c, r, &a, 4, bottom);
    ak_axis_put(doc, c, &a, 4, bottom);
    for (size_t i = 0; i < n; i++)
        put_log(doc, c, r, shown[i], &a, 6 + 26 * (float)i);
    put_coverage_key(doc, c, r, bottom + 36);
    if (n < r->n_logs)
        ak_doc_text(doc, AK_BLOCK_NOTE,
                    ak_doc_words(doc, "Logs that the chart does not show (without timed records, "
                                      "or too many) are in the table."));
}

/* ---- the certainty ladder ---- */

static bool reached(const struct ak_report *r, struct ak_str code)
{
    for (size_t i = 0; i < r->n_claims; i++)
        if (ak_str_eq(r->claims[i].field, AK_STR("exfil_level")) &&
            ak_str_eq(r->claims[i].level, code))
            return true;
    return false;
}

void ak_chart_ladder(struct ak_doc *doc, const struct ak_report *r)
{
    static const char *const STEPS[] = { "L0", "L1", "L2", "L3", "L4", "L5", "L6" };
    struct ak_chart *c =
        ak_chart_begin(doc, "Where on the certainty ladder the loss of information stands", 74);
    float each = WIDTH / 7;
    for (size_t i = 0; i < 7; i++) {
        struct ak_str code = ak_str_of(STEPS[i]);
        bool here = reached(r, code);
        float x = each * (float)i, y = 34 - 4 * (float)i;
        struct ak_mark *m =
            ak_chart_rect(doc, c, here ? AK_TONE_LEVEL : AK_TONE_SPAN, x + 2, y, each - 4, 66 - y);
        m = ak_chart_text(doc, c, x + each / 2, y + 17, code);
        m->anchor = AK_ANCHOR_MIDDLE;
        m->bold = true;
        m->size = 12;
        m->tone = here ? AK_TONE_PAPER : AK_TONE_INK;
        m = ak_chart_text(doc, c, x + each / 2, y + 30, ak_doc_words(doc, ak_level_words(code)));
        m->anchor = AK_ANCHOR_MIDDLE;
        m->size = 9;
        m->w = each - 8;
        m->tone = here ? AK_TONE_PAPER : AK_TONE_INK;
    }
}
