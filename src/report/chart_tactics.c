/* chart_tactics.c - what rules found, by ATT&CK tactic along the time, and as a
 * table.
 *
 * A rule's tags name its tactics ("attack.initial-access"); a rule of two tactics
 * stands under both.  Tactics and their order: data/attack/tactics.tsv. */
#include "finding/attack.h"
#include "report/chart_draw.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { N_GRAVITY = 4 };
static const float LABELS = 176, ROW_H = 22, MARK_W = 4;

enum { TACTICS_MAX = 32 }; /* and one place more, for rules that name none */

/* By gravity: the lightest is drawn first, the gravest on top. */
static const struct gravity {
    const char *level, *words;
    enum ak_tone tone;
} GRAVITY[N_GRAVITY] = {
    { "low", "low", AK_TONE_SPAN },
    { "medium", "medium", AK_TONE_HAVE },
    { "high", "high", AK_TONE_GAP },
    { "critical", "critical", AK_TONE_CLEARED },
};

/* Detections of one tactic and level in one hour. */
struct cell {
    uint8_t tactic, gravity;
    int64_t ns;
};

struct tactics {
    struct cell *cells;
    size_t n, cap;
    uint64_t count[TACTICS_MAX + 1];
    bool failed;
};

static unsigned gravity_of(struct ak_str level)
{
    for (unsigned i = 0; i < N_GRAVITY; i++)
        if (ak_str_eq(level, ak_str_of(GRAVITY[i].level)))
            return i;
    return 0;
}

static unsigned n_tactics(void)
{
    return ak_n_attack_tactics < TACTICS_MAX ? ak_n_attack_tactics : TACTICS_MAX;
}

static void add_cell(struct tactics *t, unsigned tactic, unsigned gravity, int64_t ns, uint64_t n)
{
    t->count[tactic] += n;
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 256;
        struct cell *at = realloc(t->cells, cap * sizeof(*at));
        if (!at) {
            t->failed = true;
            return;
        }
        t->cells = at;
        t->cap = cap;
    }
    t->cells[t->n++] = (struct cell){ (uint8_t)tactic, (uint8_t)gravity, ns };
}

static void take_row(struct ak_report *r, void *stmt, void *self)
{
    struct tactics *t = self;
    struct ak_str tags = ak_report_column(r, stmt, 0);
    unsigned gravity = gravity_of(ak_report_column(r, stmt, 1));
    int64_t ns = sqlite3_column_int64(stmt, 2) * 3600 * 1000000000;
    uint64_t n = (uint64_t)sqlite3_column_int64(stmt, 3);
    bool any = false;
    for (unsigned i = 0; i < n_tactics(); i++)
        if (ak_attack_tagged(tags, ak_attack_tactics[i].key)) {
            add_cell(t, i, gravity, ns, n);
            any = true;
        }
    if (!any)
        add_cell(t, n_tactics(), gravity, ns, n);
}

/* ---- drawing ---- */

static float put_rows(struct ak_doc *doc, struct ak_chart *c, const struct tactics *t,
                      float y_of[TACTICS_MAX + 1])
{
    float y = 4;
    for (size_t i = 0; i < TACTICS_MAX + 1; i++) {
        if (!t->count[i])
            continue;
        struct ak_buf n = { 0 };
        y_of[i] = y;
        struct ak_mark *m =
            ak_chart_text(doc, c, 0, y + 14,
                          i < n_tactics() ? ak_str_of(ak_attack_tactics[i].in[doc->lang])
                                          : ak_doc_words(doc, "No tactic named"));
        m->w = LABELS - 44;
        ak_put_number(&n, t->count[i]);
        m = ak_chart_text(doc, c, LABELS - 8, y + 14, ak_doc_keep_buf(doc, &n));
        m->anchor = AK_ANCHOR_END;
        m->tone = AK_TONE_MUTED;
        ak_chart_line(doc, c, AK_TONE_GRID, LABELS, y + ROW_H, AK_CHART_WIDTH - LABELS - 6, 0);
        y += ROW_H;
    }
    return y;
}

/* One mark a place of the row and level, so that thousands do not pile up. */
static void put_marks(struct ak_doc *doc, struct ak_chart *c, const struct ak_report *r,
                      const struct tactics *t, const struct ak_axis *a,
                      const float y_of[TACTICS_MAX + 1])
{
    static bool taken[TACTICS_MAX + 1][(size_t)AK_CHART_WIDTH];
    for (unsigned g = 0; g < N_GRAVITY; g++) {
        memset(taken, 0, sizeof(taken));
        for (size_t i = 0; i < t->n; i++) {
            const struct cell *cell = &t->cells[i];
            float x = ak_axis_day(a, ak_axis_moment(r, cell->ns));
            size_t place = (size_t)(x / 2);
            if (cell->gravity != g || taken[cell->tactic][place])
                continue;
            taken[cell->tactic][place] = true;
            ak_chart_rect(doc, c, GRAVITY[g].tone, x - MARK_W / 2, y_of[cell->tactic] + 4, MARK_W,
                          ROW_H - 8);
        }
    }
}

static void put_keys(struct ak_doc *doc, struct ak_chart *c, const struct ak_report *r, float y)
{
    float x = LABELS;
    for (unsigned g = N_GRAVITY; g-- > 0;)
        ak_chart_key(doc, c, &x, y, GRAVITY[g].tone, ak_doc_words(doc, GRAVITY[g].words));
    if (r->window_known)
        ak_chart_key(doc, c, &x, y, AK_TONE_WINDOW,
                     ak_doc_words(doc, "attributed to the intruder"));
}

void ak_chart_tactics(struct ak_doc *doc, struct ak_report *r)
{
    static const char SQL[] =
        "SELECT tags, level, ns / 3600000000000, count(*) FROM detections WHERE ns IS NOT NULL"
        " GROUP BY 1, 2, 3 ORDER BY 3, 1, 2";
    struct tactics t = { .cells = NULL };
    struct ak_axis a = { .left = LABELS, .width = AK_CHART_WIDTH - LABELS - 6 };
    float y_of[TACTICS_MAX + 1] = { 0 };
    size_t rows = 0;
    doc->failed |= !ak_report_each(r, SQL, AK_STR(""), take_row, &t) || t.failed;
    if (t.n && r->n_days) {
        for (size_t i = 0; i < TACTICS_MAX + 1; i++)
            rows += t.count[i] > 0;
        ak_axis_choose(r, &a);
        float bottom = 4 + ROW_H * (float)rows;
        struct ak_chart *c =
            ak_chart_begin(doc, "Detections by ATT&CK tactic along the time", bottom + 44);
        ak_axis_window(doc, c, r, &a, 4, bottom);
        ak_axis_put(doc, c, &a, 4, bottom);
        put_rows(doc, c, &t, y_of);
        put_marks(doc, c, r, &t, &a, y_of);
        put_keys(doc, c, r, bottom + 36);
    }
    free(t.cells);
}
