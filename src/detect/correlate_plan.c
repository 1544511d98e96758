/* correlate_plan.c - which rule feeds which correlation, and in what order they
 * are looked at: those referred to before those that refer to them. */
#include "detect/correlate_state.h"

#include <stdlib.h>

/* What is needed while planning only; correlations by the order of their numbers. */
struct plan {
    struct ak_following *found;
    size_t n, n_feeds;
    uint32_t *stamp, *slot_of; /* of each rule: seen for this correlation, and there */
    uint32_t *waits;           /* of each correlation: correlations it still waits for */
    uint32_t *rank_of;         /* UINT32_MAX: refers to itself by some way */
};

static bool usable(const struct ak_correlation *what, size_t n_rules)
{
    for (size_t i = 0; i < what->n_rules; i++)
        if (what->rules[i] >= n_rules)
            return false;
    return what->n_rules && what->timespan_ns >= 0 && what->type <= AK_CORRELATE_VALUE_PERCENTILE;
}

static void bounds_look(struct ak_following *f)
{
    size_t n_above = 0;
    for (size_t i = 0; i < f->what->n_bounds; i++) {
        enum ak_compare how = f->what->bounds[i].compare;
        n_above += how == AK_CMP_LT || how == AK_CMP_LE;
        f->closes |= how != AK_CMP_GT && how != AK_CMP_GE;
    }
    f->only_above = n_above && n_above == f->what->n_bounds;
    f->closes |= f->measure->closes;
}

static bool correlations_find(struct ak_correlator *c, struct plan *plan)
{
    for (size_t i = 0; i < c->n_rules; i++)
        plan->n += c->rules[i].correlation && usable(c->rules[i].correlation, c->n_rules);
    plan->found = calloc(plan->n + 1, sizeof(*plan->found));
    plan->waits = calloc(plan->n + 1, sizeof(*plan->waits));
    plan->rank_of = calloc(plan->n + 1, sizeof(*plan->rank_of));
    plan->stamp = calloc(c->n_rules + 1, sizeof(*plan->stamp));
    plan->slot_of = calloc(c->n_rules + 1, sizeof(*plan->slot_of));
    c->feeds_at = calloc(c->n_rules + 2, sizeof(*c->feeds_at));
    if (!plan->found || !plan->waits || !plan->rank_of || !plan->stamp || !plan->slot_of ||
        !c->feeds_at)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < c->n_rules; i++) {
        const struct ak_correlation *what = c->rules[i].correlation;
        if (!what || !usable(what, c->n_rules))
            continue;
        plan->found[at] = (struct ak_following){ .what = what,
                                                 .rule = (uint32_t)i,
                                                 .measure = &ak_measures[what->type] };
        bounds_look(&plan->found[at++]);
    }
    return true;
}

/* The correlation (number `i` of the plan) meets a rule; its slot. */
static uint32_t slot_number(struct ak_correlator *c, struct plan *plan, size_t i, uint32_t rule)
{
    if (plan->stamp[rule] != i + 1) {
        plan->stamp[rule] = (uint32_t)i + 1;
        plan->slot_of[rule] = plan->found[i].n_slots++;
        plan->waits[i] += c->rules[rule].correlation != NULL;
        c->feeds_at[rule + 1]++;
        plan->n_feeds++;
    }
    return plan->slot_of[rule];
}

/* Number the different rules of each correlation, and count who feeds whom:
 * feeds_at[r + 1] becomes how many r feeds. */
static bool slots_number(struct ak_correlator *c, struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        struct ak_following *f = &plan->found[i];
        bool ordered = f->what->type == AK_CORRELATE_TEMPORAL_ORDERED;
        f->order = ordered ? calloc(f->what->n_rules, sizeof(*f->order)) : NULL;
        if (ordered && !f->order)
            return false;
        for (size_t k = 0; k < f->what->n_rules; k++) {
            uint32_t slot = slot_number(c, plan, i, f->what->rules[k]);
            if (ordered)
                f->order[k] = slot;
        }
    }
    return true;
}

static bool feeds_fill(struct ak_correlator *c, struct plan *plan)
{
    size_t *fill = calloc(c->n_rules + 1, sizeof(*fill));
    c->feeds = calloc(plan->n_feeds + 1, sizeof(*c->feeds));
    if (!fill || !c->feeds) {
        free(fill);
        return false;
    }
    for (size_t r = 0; r < c->n_rules; r++)
        c->feeds_at[r + 1] += c->feeds_at[r];
    memset(plan->stamp, 0, c->n_rules * sizeof(*plan->stamp));
    for (size_t i = 0; i < plan->n; i++) {
        const struct ak_correlation *what = plan->found[i].what;
        uint32_t slot = 0;
        for (size_t k = 0; k < what->n_rules; k++) {
            uint32_t r = what->rules[k];
            if (plan->stamp[r] == i + 1)
                continue;
            plan->stamp[r] = (uint32_t)i + 1;
            c->feeds[c->feeds_at[r] + fill[r]++] = (struct ak_feed){ (uint32_t)i, slot++ };
        }
    }
    free(fill);
    return true;
}

/* Those that wait for nothing come first; each lets others come. */
static bool ranks_give(struct ak_correlator *c, struct plan *plan)
{
    uint32_t *queue = calloc(plan->n + 1, sizeof(*queue));
    c->following = calloc(plan->n + 1, sizeof(*c->following));
    if (!queue || !c->following) {
        free(queue);
        return false;
    }
    size_t n = 0;
    for (uint32_t i = 0; i < plan->n; i++) {
        plan->rank_of[i] = UINT32_MAX;
        if (!plan->waits[i])
            queue[n++] = i;
    }
    for (; c->n_following < n; c->n_following++) {
        uint32_t i = queue[c->n_following];
        struct ak_following *f = &c->following[c->n_following];
        *f = plan->found[i];
        plan->found[i].order = NULL;
        plan->rank_of[i] = f->rank = (uint32_t)c->n_following;
        for (size_t k = c->feeds_at[f->rule]; k < c->feeds_at[f->rule + 1]; k++)
            if (!--plan->waits[c->feeds[k].following])
                queue[n++] = c->feeds[k].following;
    }
    free(queue);
    return true;
}

/* Feeds name correlations by rank; those to ones without a rank go. */
static void feeds_rank(struct ak_correlator *c, const struct plan *plan)
{
    size_t to = 0, from = 0;
    for (size_t r = 0; r < c->n_rules; r++) {
        size_t end = c->feeds_at[r + 1];
        c->feeds_at[r] = to;
        for (; from < end; from++) {
            uint32_t rank = plan->rank_of[c->feeds[from].following];
            if (rank != UINT32_MAX)
                c->feeds[to++] = (struct ak_feed){ rank, c->feeds[from].slot };
        }
    }
    c->feeds_at[c->n_rules] = to;
}

static bool memory_give(struct ak_correlator *c)
{
    c->dirty = calloc(c->n_following / 64 + 1, sizeof(*c->dirty));
    for (size_t i = 0; i < c->n_following; i++) {
        struct ak_following *f = &c->following[i];
        f->dirty_end = &f->dirty;
        if (!f->order)
            continue;
        f->old_starts = calloc(f->what->n_rules, sizeof(*f->old_starts));
        f->used = calloc(f->n_slots, sizeof(*f->used));
        if (!f->old_starts || !f->used)
            return false;
    }
    return c->dirty != NULL;
}

static void plan_free(struct plan *plan)
{
    for (size_t i = 0; plan->found && i < plan->n; i++)
        free(plan->found[i].order);
    free(plan->found);
    free(plan->waits);
    free(plan->rank_of);
    free(plan->stamp);
    free(plan->slot_of);
}

struct ak_correlator *ak_correlator_new(const struct ak_rule *rules, size_t n, size_t budget,
                                        void (*each)(void *self, const struct ak_correlated *what),
                                        void *self)
{
    struct ak_correlator *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    *c = (struct ak_correlator){ .rules = rules,
                                 .n_rules = n,
                                 .budget = budget,
                                 .each = each,
                                 .self = self,
                                 .now_ns = INT64_MIN };
    struct plan plan = { 0 };
    bool ok = correlations_find(c, &plan) && slots_number(c, &plan) && feeds_fill(c, &plan) &&
              ranks_give(c, &plan);
    if (ok)
        feeds_rank(c, &plan);
    ok = ok && memory_give(c);
    plan_free(&plan);
    if (ok)
        return c;
    ak_correlator_free(c);
    return NULL;
}

void ak_correlator_free(struct ak_correlator *c)
{
    if (!c)
        return;
    ak_correlator_drop_all(c);
    for (size_t i = 0; i < c->n_following; i++) {
        free(c->following[i].order);
        free(c->following[i].old_starts);
        free(c->following[i].used);
    }
    free(c->following);
    free(c->feeds_at);
    free(c->feeds);
    free(c->dirty);
    free(c->sorted);
    free(c);
}
