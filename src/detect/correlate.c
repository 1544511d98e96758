/* correlate.c - see correlate.h; what it means: docs/formats/sigma_correlation.md
 *
 * Time moves in instants: all hits with one time are taken, then every group they
 * touched is looked at, correlations before those that refer to them.  Between
 * instants, groups whose time has come are woken in order. */
#include "detect/correlate.h"

#include "detect/correlate_state.h"

#include <stdlib.h>

static void feed(struct ak_correlator *c, const struct ak_correlate_hit *hit,
                 const struct ak_inner *inner);

/* ---- alerts ---- */

/* The newest is always kept: what made it true is among the last. */
static void burst_ref(struct ak_burst *b, struct ak_hit_ref ref)
{
    const struct ak_hit_ref *last = b->n_refs ? &b->refs[b->n_refs - 1] : NULL;
    if (last && last->item == ref.item && last->seq == ref.seq)
        return;
    if (b->n_refs < AK_CORRELATED_REFS)
        b->refs[b->n_refs++] = ref;
    else
        b->refs[AK_CORRELATED_REFS - 1] = ref;
}

static int64_t entry_since(const struct ak_entry *e)
{
    return e->inner && e->inner->first_ns < e->utc_ns ? e->inner->first_ns : e->utc_ns;
}

/* The hits that came since it was last true belong to it. */
static void burst_extend(struct ak_group *g)
{
    struct ak_burst *b = g->burst;
    for (const struct ak_entry *e = g->fresh; e; e = e->next) {
        if (e->inner)
            burst_ref(b, e->inner->first_ref);
        burst_ref(b, e->ref);
        b->n_events += e->inner ? e->inner->n_events : !e->repeats;
        b->first_ns = entry_since(e) < b->first_ns ? entry_since(e) : b->first_ns;
        b->last_ns = e->utc_ns;
    }
    g->fresh = NULL;
}

static void burst_open(struct ak_correlator *c, struct ak_group *g, double value)
{
    g->burst = ak_correlator_take(c, sizeof(*g->burst));
    if (!g->burst) {
        c->n_let_go += g->n_entries;
        return;
    }
    g->fresh = g->first;
    g->burst->first_ns = g->burst->last_ns = g->burst->true_ns = c->now_ns;
    g->burst->fed_ns = INT64_MIN;
    g->burst->value = value;
    burst_extend(g);
}

static void burst_end(struct ak_correlator *c, struct ak_group *g)
{
    struct ak_burst *b = g->burst;
    struct ak_correlated what = {
        .rule = g->of->rule,
        .first_ns = b->first_ns,
        .last_ns = b->last_ns,
        .true_ns = b->true_ns,
        .refs = b->refs,
        .n_refs = b->n_refs,
        .n_events = b->n_events,
        .value = b->value,
        .group = g->shown,
        .n_group = g->of->what->n_group_by,
    };
    c->each(c->self, &what);
    ak_correlator_give(c, b, sizeof(*b));
    g->burst = NULL;
}

/* Correlations that refer to this one see it as a hit: at the moment it comes true,
 * and again each time another timespan has passed and it still is. */
static void tell_others(struct ak_correlator *c, struct ak_group *g)
{
    struct ak_burst *b = g->burst;
    if (c->feeds_at[g->of->rule] == c->feeds_at[g->of->rule + 1])
        return;
    if (b->fed_ns != INT64_MIN && c->now_ns <= ak_later(b->fed_ns, g->of->what->timespan_ns))
        return;
    b->fed_ns = c->now_ns;
    struct ak_hit_ref none = { 0 };
    struct ak_inner inner = { .first_ref = g->first ? g->first->ref : none,
                              .first_ns = g->first ? entry_since(g->first) : c->now_ns,
                              .n_events = g->n_events };
    if (g->first && g->first->inner)
        inner.first_ref = g->first->inner->first_ref;
    struct ak_correlate_hit hit = { .rule = g->of->rule,
                                    .utc_ns = c->now_ns,
                                    .ref = g->last ? g->last->ref : none,
                                    .values = g->shown,
                                    .n_values = g->of->what->n_group_by };
    feed(c, &hit, &inner);
}

static void is_true(struct ak_correlator *c, struct ak_group *g, double value)
{
    if (!g->burst)
        burst_open(c, g, value);
    else
        burst_extend(g);
    if (!g->burst)
        return;
    g->burst->still_ns = c->now_ns;
    bool further = g->of->only_above ? value < g->burst->value : value > g->burst->value;
    if (further)
        g->burst->value = value;
    tell_others(c, g);
}

/* ---- windows ---- */

/* Hits just the timespan apart are within it. */
static void expire(struct ak_correlator *c, struct ak_group *g)
{
    while (g->first && ak_later(g->first->utc_ns, g->of->what->timespan_ns) < c->now_ns)
        ak_entry_drop_first(c, g);
}

static void evaluate(struct ak_correlator *c, struct ak_group *g)
{
    if (g->starts)
        ak_measure_arrive(c, g);
    if (g->of->closes)
        return;
    expire(c, g);
    double value = g->of->measure->value(c, g);
    if (ak_measure_holds(g->of, value))
        is_true(c, g, value);
}

static void drop_entries(struct ak_correlator *c, struct ak_group *g)
{
    while (g->first)
        ak_entry_drop_first(c, g);
}

static void close_window(struct ak_correlator *c, struct ak_group *g)
{
    g->open = false;
    double value = g->of->measure->value(c, g);
    if (ak_measure_holds(g->of, value))
        is_true(c, g, value);
    else if (g->burst)
        burst_end(c, g);
    drop_entries(c, g);
    if (g->starts)
        ak_measure_restart(g);
}

/* ---- the passing of time ---- */

static void settle_one(struct ak_correlator *c, struct ak_following *f)
{
    struct ak_group *g = f->dirty;
    f->dirty = NULL;
    f->dirty_end = &f->dirty;
    for (struct ak_group *next; g; g = next) {
        next = g->next_dirty;
        g->dirty = false;
        evaluate(c, g);
    }
}

/* All that this instant touched, correlations before those that refer to them. */
static void settle(struct ak_correlator *c)
{
    for (size_t w = 0; w < (c->n_following + 63) / 64; w++) {
        while (c->dirty[w]) {
            size_t bit = (size_t)__builtin_ctzll(c->dirty[w]);
            c->dirty[w] &= c->dirty[w] - 1;
            settle_one(c, &c->following[w * 64 + bit]);
        }
    }
}

/* From when on the group's next timespan counts. */
static int64_t waits_from(const struct ak_correlator *c, const struct ak_group *g)
{
    if (g->open)
        return g->opened_ns;
    if (g->burst)
        return g->burst->still_ns;
    return g->last ? g->last->utc_ns : c->now_ns;
}

/* The group's time has come, or all time is over. */
static void wake(struct ak_correlator *c, struct ak_group *g, bool over)
{
    int64_t span = g->of->what->timespan_ns;
    if (g->open && (over || ak_later(g->opened_ns, span) <= c->now_ns))
        close_window(c, g);
    bool ends = !g->open && (over || ak_later(waits_from(c, g), span) <= c->now_ns);
    if (g->burst && ends)
        burst_end(c, g);
    if (!g->open && g->last && (over || ak_later(g->last->utc_ns, span) <= c->now_ns))
        drop_entries(c, g);
    if (g->first || g->burst || g->open || g->dirty)
        ak_group_wait(c, g, ak_later(waits_from(c, g), span));
    else
        ak_group_free(c, g);
}

static void advance(struct ak_correlator *c, int64_t to_ns)
{
    settle(c);
    while (c->n_heap && c->heap[0]->due_ns < to_ns) {
        c->now_ns = c->heap[0]->due_ns;
        wake(c, c->heap[0], false);
        settle(c);
    }
    c->now_ns = to_ns;
}

/* The oldest hits go first; when there are none left, alerts end early. */
static void keep_budget(struct ak_correlator *c)
{
    while (c->used > c->budget && c->oldest) {
        struct ak_group *g = c->oldest->group;
        c->n_let_go++;
        ak_entry_drop_first(c, g);
        if (!g->first && !g->burst && !g->dirty)
            ak_group_free(c, g);
    }
    if (c->used > c->budget)
        settle(c);
    while (c->used > c->budget && c->n_heap) {
        wake(c, c->heap[0], true);
        settle(c);
    }
}

/* ---- hits ---- */

static void mark_dirty(struct ak_correlator *c, struct ak_group *g)
{
    struct ak_following *f = g->of;
    if (g->dirty)
        return;
    g->dirty = true;
    g->next_dirty = NULL;
    *f->dirty_end = g;
    f->dirty_end = &g->next_dirty;
    c->dirty[f->rank / 64] |= UINT64_C(1) << f->rank % 64;
}

/* The same event, by another of the correlation's rules? */
static bool repeats(const struct ak_group *g, const struct ak_correlate_hit *hit,
                    const struct ak_inner *inner)
{
    const struct ak_entry *e = g->last;
    return !inner && e && !e->inner && e->ref.item == hit->ref.item && e->ref.seq == hit->ref.seq;
}

static struct ak_entry *entry_of(struct ak_correlator *c, const struct ak_correlate_hit *hit,
                                 const struct ak_inner *inner)
{
    struct ak_entry *e = ak_entry_get(c);
    if (!e)
        return NULL;
    e->utc_ns = c->now_ns;
    e->ref = hit->ref;
    if (inner) {
        e->inner = ak_correlator_take(c, sizeof(*inner));
        if (!e->inner) {
            ak_entry_put_back(c, e);
            return NULL;
        }
        *e->inner = *inner;
    }
    return e;
}

static bool remember(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    if (!e)
        return false;
    if (!g->of->measure->read(c, g, e)) {
        ak_entry_put_back(c, e);
        return false;
    }
    if (g->of->closes && !g->open) {
        g->open = true;
        g->opened_ns = c->now_ns;
    }
    g->of->measure->add(g, e);
    ak_entry_append(c, g, e);
    mark_dirty(c, g);
    return true;
}

static void take_hit(struct ak_correlator *c, const struct ak_feed *to,
                     const struct ak_correlate_hit *hit, const struct ak_inner *inner)
{
    struct ak_following *f = &c->following[to->following];
    if (!ak_group_key(c, f->what, hit) || !ak_measure_prepare(c, f, hit))
        return;
    struct ak_group *g = ak_group_get(c, f, hit);
    if (!g) {
        c->n_let_go++;
        return;
    }
    bool again = repeats(g, hit, inner);
    if (again && f->measure->per_event)
        return;
    if (!f->closes)
        expire(c, g);
    struct ak_entry *e = entry_of(c, hit, inner);
    if (e) {
        e->slot = to->slot;
        e->repeats = again;
    }
    c->n_let_go += !remember(c, g, e);
}

static void feed(struct ak_correlator *c, const struct ak_correlate_hit *hit,
                 const struct ak_inner *inner)
{
    for (size_t i = c->feeds_at[hit->rule]; i < c->feeds_at[hit->rule + 1]; i++)
        take_hit(c, &c->feeds[i], hit, inner);
}

void ak_correlator_see(struct ak_correlator *c, const struct ak_correlate_hit *hit)
{
    if (hit->rule >= c->n_rules || hit->utc_ns == INT64_MIN)
        return;
    if (hit->utc_ns > c->now_ns)
        advance(c, hit->utc_ns);
    feed(c, hit, NULL);
    if (c->used > c->budget)
        keep_budget(c);
}

void ak_correlator_end(struct ak_correlator *c)
{
    advance(c, INT64_MAX);
    while (c->n_heap) {
        wake(c, c->heap[0], true);
        settle(c);
    }
}

uint64_t ak_correlator_let_go(const struct ak_correlator *c) { return c->n_let_go; }
