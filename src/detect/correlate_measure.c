/* correlate_measure.c - what each type of correlation counts, sums or ranks.
 *
 * Every figure is kept as hits come and go, so that asking for it costs nothing;
 * only ranks sort, once for each window.  Sums are kept in whole millionths:
 * adding and taking away again leaves no rest, whatever the order. */
#include "detect/correlate_state.h"

#include <stdlib.h>

static const int64_t MICRO = 1000000, MICRO_MAX = INT64_C(9000000000000000000);

/* ---- numbers ---- */

static int digit_of(char ch, bool hex)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    char low = (char)(ch | 0x20);
    return hex && low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Whole digits from *at on; what is too large stays just above MICRO_MAX. */
static int64_t whole_read(struct ak_str text, size_t *at, bool hex)
{
    int64_t v = 0;
    for (int d; *at < text.n && (d = digit_of(text.at[*at], hex)) >= 0; ++*at)
        v = v > MICRO_MAX / MICRO ? v : v * (hex ? 16 : 10) + d;
    return v;
}

/* Six digits behind the point count, others are passed over. */
static int64_t fraction_read(struct ak_str text, size_t *at)
{
    int64_t v = 0, unit = MICRO;
    for (int d; *at < text.n && (d = digit_of(text.at[*at], false)) >= 0; ++*at) {
        unit /= 10;
        v += unit * d;
    }
    return v;
}

bool ak_micro_read(struct ak_str text, int64_t *out)
{
    bool minus = text.n && text.at[0] == '-';
    size_t at = minus || (text.n && text.at[0] == '+');
    bool hex = text.n - at > 2 && text.at[at] == '0' && (text.at[at + 1] | 0x20) == 'x';
    at += hex ? 2 : 0;
    size_t begin = at;
    int64_t whole = whole_read(text, &at, hex), fraction = 0;
    if (at == begin)
        return false;
    if (!hex && at + 1 < text.n && text.at[at] == '.') {
        at++;
        fraction = fraction_read(text, &at);
    }
    if (at != text.n)
        return false;
    int64_t v = whole >= MICRO_MAX / MICRO ? MICRO_MAX : whole * MICRO + fraction;
    *out = minus ? -v : v;
    return true;
}

/* ---- bounds ---- */

static bool bound_holds(const struct ak_bound *bound, double value)
{
    switch (bound->compare) {
    case AK_CMP_EQ:
        return value >= bound->value && value <= bound->value;
    case AK_CMP_NE:
        return value < bound->value || value > bound->value;
    case AK_CMP_LT:
        return value < bound->value;
    case AK_CMP_LE:
        return value <= bound->value;
    case AK_CMP_GT:
        return value > bound->value;
    case AK_CMP_GE:
        return value >= bound->value;
    }
    return false;
}

bool ak_measure_holds(const struct ak_following *f, double value)
{
    const struct ak_correlation *what = f->what;
    if (!what->n_bounds) /* temporal: every rule; ordered: the whole chain */
        return value >= (double)(what->type == AK_CORRELATE_TEMPORAL ? f->n_slots : what->n_rules);
    for (size_t i = 0; i < what->n_bounds; i++)
        if (!bound_holds(&what->bounds[i], value))
            return false;
    return true;
}

/* ---- events, values ---- */

static bool read_nothing(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    (void)c, (void)g, (void)e;
    return true;
}

static void add_nothing(struct ak_group *g, const struct ak_entry *e) { (void)g, (void)e; }

static void remove_nothing(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    (void)c, (void)g, (void)e;
}

static double entries_value(struct ak_correlator *c, const struct ak_group *g)
{
    (void)c;
    return (double)g->n_entries;
}

static bool distinct_read(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    e->distinct = ak_distinct_get(c, g);
    return e->distinct != NULL;
}

static void distinct_add(struct ak_group *g, const struct ak_entry *e)
{
    g->n_distinct += e->distinct->count++ == 0;
}

static void distinct_remove(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    if (--e->distinct->count)
        return;
    g->n_distinct--;
    ak_distinct_drop(c, e->distinct);
}

static double distinct_value(struct ak_correlator *c, const struct ak_group *g)
{
    (void)c;
    return (double)g->n_distinct;
}

/* ---- numbers of events ---- */

static bool number_read(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    (void)g;
    e->micro = c->micro;
    return true;
}

static void sum_add(struct ak_group *g, const struct ak_entry *e) { g->sum += e->micro; }

static void sum_remove(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    (void)c;
    g->sum -= e->micro;
}

static double sum_value(struct ak_correlator *c, const struct ak_group *g)
{
    (void)c;
    return (double)g->sum / (double)MICRO;
}

static double mean_value(struct ak_correlator *c, const struct ak_group *g)
{
    return g->n_entries ? sum_value(c, g) / (double)g->n_entries : 0;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The nearest rank: the smallest of the values that `percentile` % are not above. */
static double rank_value(struct ak_correlator *c, const struct ak_group *g)
{
    size_t n = (size_t)g->n_entries, at = 0;
    if (!n)
        return 0;
    if (n > c->cap_sorted) {
        double *sorted = realloc(c->sorted, n * sizeof(*sorted));
        if (!sorted) {
            c->n_let_go += n;
            return 0;
        }
        c->sorted = sorted;
        c->cap_sorted = n;
    }
    for (const struct ak_entry *e = g->first; e && at < n; e = e->next)
        c->sorted[at++] = (double)e->micro / (double)MICRO;
    qsort(c->sorted, n, sizeof(*c->sorted), by_number);
    double share = g->of->what->percentile / 100 * (double)n;
    size_t rank = share > 0 ? (size_t)share : 0;
    rank += (double)rank < share;
    return c->sorted[rank ? (rank < n ? rank : n) - 1 : 0];
}

/* ---- rules ---- */

static void slots_add(struct ak_group *g, const struct ak_entry *e)
{
    g->n_distinct += g->counts[e->slot]++ == 0;
}

static void slots_remove(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    (void)c;
    g->n_distinct -= --g->counts[e->slot] == 0;
}

/* Counts are of this instant only, until ak_measure_arrive() takes them. */
static void arrivals_add(struct ak_group *g, const struct ak_entry *e) { g->counts[e->slot]++; }

void ak_measure_restart(struct ak_group *g)
{
    for (size_t i = 0; i < g->of->what->n_rules; i++)
        g->starts[i] = INT64_MIN;
}

/* starts[k] is the latest time at which a chain of the rules up to place k began.
 * The hits of this instant can fill any run of places whose rules are among them;
 * the longest run to k is the best one, since a shorter chain never began earlier. */
void ak_measure_arrive(struct ak_correlator *c, struct ak_group *g)
{
    struct ak_following *f = g->of;
    size_t run = 0;
    memcpy(f->old_starts, g->starts, f->what->n_rules * sizeof(*g->starts));
    memset(f->used, 0, f->n_slots * sizeof(*f->used));
    for (size_t k = 0; k < f->what->n_rules; k++) {
        uint32_t slot = f->order[k];
        f->used[slot]++;
        while (f->used[slot] > g->counts[slot])
            f->used[f->order[run++]]--;
        int64_t start = run > k ? INT64_MIN : run ? f->old_starts[run - 1] : c->now_ns;
        if (start > g->starts[k])
            g->starts[k] = start;
    }
    memset(g->counts, 0, f->n_slots * sizeof(*g->counts));
}

/* How much of the chain is within the window. */
static double chain_value(struct ak_correlator *c, const struct ak_group *g)
{
    const struct ak_correlation *what = g->of->what;
    int64_t since;
    if (__builtin_sub_overflow(c->now_ns, what->timespan_ns, &since))
        since = INT64_MIN;
    size_t n = 0;
    while (n < what->n_rules && g->starts[n] != INT64_MIN && g->starts[n] >= since)
        n++;
    return (double)n;
}

const struct ak_measure ak_measures[AK_CORRELATE_VALUE_PERCENTILE + 1] = {
    [AK_CORRELATE_EVENT_COUNT] = { .per_event = true,
                                   .read = read_nothing,
                                   .add = add_nothing,
                                   .remove = remove_nothing,
                                   .value = entries_value },
    [AK_CORRELATE_VALUE_COUNT] = { .needs_value = true,
                                   .read = distinct_read,
                                   .add = distinct_add,
                                   .remove = distinct_remove,
                                   .value = distinct_value },
    [AK_CORRELATE_TEMPORAL] = { .read = read_nothing,
                                .add = slots_add,
                                .remove = slots_remove,
                                .value = distinct_value },
    [AK_CORRELATE_TEMPORAL_ORDERED] = { .read = read_nothing,
                                        .add = arrivals_add,
                                        .remove = remove_nothing,
                                        .value = chain_value },
    [AK_CORRELATE_VALUE_SUM] = { .per_event = true,
                                 .needs_value = true,
                                 .read = number_read,
                                 .add = sum_add,
                                 .remove = sum_remove,
                                 .value = sum_value },
    [AK_CORRELATE_VALUE_AVG] = { .per_event = true,
                                 .closes = true,
                                 .needs_value = true,
                                 .read = number_read,
                                 .add = sum_add,
                                 .remove = sum_remove,
                                 .value = mean_value },
    [AK_CORRELATE_VALUE_PERCENTILE] = { .per_event = true,
                                        .closes = true,
                                        .needs_value = true,
                                        .read = number_read,
                                        .add = add_nothing,
                                        .remove = remove_nothing,
                                        .value = rank_value },
};
