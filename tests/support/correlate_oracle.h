/* correlate_oracle.h - correlations by looking at everything again and again.
 *
 * What docs/formats/sigma_correlation.md says, written down a second time as plainly
 * as possible: each moment's window is gathered from all hits and counted anew. */
#ifndef AK_TESTS_CORRELATE_ORACLE_H
#define AK_TESTS_CORRELATE_ORACLE_H

#include "detect/correlate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { ORACLE_VALUES = 2, ORACLE_HITS = 4000 };

struct oracle_hit {
    int64_t utc_ns, since_ns;
    uint32_t rule, seq; /* seq: the event; hits of an event follow each other */
    uint64_t n_events;  /* of a correlation come true; 0: a plain event */
    const char *user;   /* the group; NULL: the event has none */
    int number;         /* the field counted or summed */
};

struct oracle_alert {
    uint32_t rule;
    int64_t first_ns, last_ns, true_ns;
    uint64_t n_events;
    double value;
    char user[16];
};

struct oracle {
    struct oracle_hit hits[ORACLE_HITS];
    size_t n_hits;
    struct oracle_alert alerts[ORACLE_HITS];
    size_t n_alerts;
};

static int oracle_order_number(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return x < y ? -1 : x > y;
}

static bool oracle_feeds(const struct ak_correlation *what, uint32_t rule)
{
    for (size_t i = 0; i < what->n_rules; i++)
        if (what->rules[i] == rule)
            return true;
    return false;
}

/* The hits of one group within [from, to], one an event where asked for. */
static size_t oracle_window(const struct oracle *o, const struct ak_correlation *what,
                            const char *user, int64_t from, int64_t to, bool per_event,
                            const struct oracle_hit **out)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_hits; i++) {
        const struct oracle_hit *h = &o->hits[i];
        if (!oracle_feeds(what, h->rule) || h->utc_ns < from || h->utc_ns > to)
            continue;
        if (what->n_group_by && (!h->user || strcasecmp(h->user, user) != 0))
            continue;
        bool again = n && !h->n_events && !out[n - 1]->n_events && out[n - 1]->seq == h->seq;
        if (!again || !per_event)
            out[n++] = h;
    }
    return n;
}

static uint64_t oracle_events(const struct oracle_hit **hits, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        bool again =
            i && !hits[i]->n_events && !hits[i - 1]->n_events && hits[i - 1]->seq == hits[i]->seq;
        sum += hits[i]->n_events ? hits[i]->n_events : !again;
    }
    return sum;
}

/* Is there a chain through places k … of hits not earlier than `at`, none used twice? */
static size_t oracle_chain(const struct ak_correlation *what, const struct oracle_hit **hits,
                           size_t n, size_t k, int64_t at, bool *used)
{
    size_t best = 0;
    if (k == what->n_rules)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (used[i] || hits[i]->utc_ns < at || hits[i]->rule != what->rules[k])
            continue;
        used[i] = true;
        size_t more = 1 + oracle_chain(what, hits, n, k + 1, hits[i]->utc_ns, used);
        used[i] = false;
        best = more > best ? more : best;
    }
    return best;
}

static double oracle_distinct(const struct oracle_hit **hits, size_t n, bool rules)
{
    size_t different = 0;
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;
        while (j < i &&
               (rules ? hits[j]->rule != hits[i]->rule : hits[j]->number != hits[i]->number))
            j++;
        different += j == i;
    }
    return (double)different;
}

static double oracle_figure(const struct ak_correlation *what, const struct oracle_hit **hits,
                            size_t n)
{
    static int numbers[ORACLE_HITS];
    static bool used[ORACLE_HITS];
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += numbers[i] = hits[i]->number;
    switch (what->type) {
    case AK_CORRELATE_EVENT_COUNT:
        return (double)n;
    case AK_CORRELATE_VALUE_COUNT:
        return oracle_distinct(hits, n, false);
    case AK_CORRELATE_TEMPORAL:
        return oracle_distinct(hits, n, true);
    case AK_CORRELATE_TEMPORAL_ORDERED:
        return (double)oracle_chain(what, hits, n, 0, INT64_MIN, used);
    case AK_CORRELATE_VALUE_SUM:
        return sum;
    case AK_CORRELATE_VALUE_AVG:
        return n ? sum / (double)n : 0;
    case AK_CORRELATE_VALUE_PERCENTILE:
        break;
    }
    qsort(numbers, n, sizeof(*numbers), oracle_order_number);
    for (size_t i = 0; i < n; i++)
        if ((double)(i + 1) * 100 >= what->percentile * (double)n)
            return numbers[i];
    return 0;
}

static bool oracle_holds(const struct ak_correlation *what, double v)
{
    bool all = what->n_bounds ||
               v >= (double)what->n_rules; /* the tests name no rule twice for temporal */
    for (size_t i = 0; i < what->n_bounds; i++) {
        double b = what->bounds[i].value;
        switch (what->bounds[i].compare) {
        case AK_CMP_EQ:
            all = all && !(v < b) && !(v > b);
            break;
        case AK_CMP_NE:
            all = all && (v < b || v > b);
            break;
        case AK_CMP_LT:
            all = all && v < b;
            break;
        case AK_CMP_LE:
            all = all && v <= b;
            break;
        case AK_CMP_GT:
            all = all && v > b;
            break;
        case AK_CMP_GE:
            all = all && v >= b;
            break;
        }
    }
    return all;
}

static bool oracle_closes(const struct ak_correlation *what)
{
    bool closes =
        what->type == AK_CORRELATE_VALUE_AVG || what->type == AK_CORRELATE_VALUE_PERCENTILE;
    for (size_t i = 0; i < what->n_bounds; i++)
        closes |= what->bounds[i].compare != AK_CMP_GE && what->bounds[i].compare != AK_CMP_GT;
    return closes;
}

/* What came true of one correlation for one group becomes alerts, and hits for others:
 * these are added behind all others of their time. */
static void oracle_follow(struct oracle *o, uint32_t rule, const struct ak_correlation *what,
                          const char *user)
{
    static const struct oracle_hit *hits[ORACLE_HITS];
    bool per_event = what->type == AK_CORRELATE_EVENT_COUNT || what->type >= AK_CORRELATE_VALUE_SUM;
    bool closes = oracle_closes(what), only_above = what->n_bounds != 0;
    for (size_t i = 0; i < what->n_bounds; i++)
        only_above &= what->bounds[i].compare == AK_CMP_LT || what->bounds[i].compare == AK_CMP_LE;
    int64_t T = what->timespan_ns, done = INT64_MIN, still = INT64_MIN, fed = INT64_MIN;
    bool before = false; /* the window before was true: an alert goes on */
    size_t n_hits = o->n_hits;
    for (size_t i = 0; i < n_hits; i++) {
        int64_t t = o->hits[i].utc_ns;
        if (!oracle_window(o, what, user, t, t, false, hits) || t <= done)
            continue;
        int64_t from = closes ? t : t - T, to = closes ? t + T : t;
        done = to;
        size_t n = oracle_window(o, what, user, from, to, per_event, hits);
        double figure = oracle_figure(what, hits, n);
        if (!oracle_holds(what, figure)) {
            before = before && !closes;
            continue;
        }
        int64_t since = INT64_MAX;
        for (size_t k = 0; k < n; k++)
            since = hits[k]->since_ns < since ? hits[k]->since_ns : since;
        if (!before || (closes ? t : to) > still + T) {
            struct oracle_alert *a = &o->alerts[o->n_alerts++];
            *a = (struct oracle_alert){
                .rule = rule, .first_ns = since, .true_ns = to, .value = figure
            };
            a->n_events = oracle_events(hits, n);
            snprintf(a->user, sizeof(a->user), "%s", user ? user : "");
            fed = INT64_MIN;
        } else {
            struct oracle_alert *a = &o->alerts[o->n_alerts - 1];
            static const struct oracle_hit *more[ORACLE_HITS];
            int64_t fresh = closes ? from : still + 1;
            size_t m = oracle_window(o, what, user, fresh, to, per_event, more);
            for (size_t k = 0; k < m; k++)
                a->first_ns = more[k]->since_ns < a->first_ns ? more[k]->since_ns : a->first_ns;
            a->n_events += oracle_events(more, m);
            if (only_above ? figure < a->value : figure > a->value)
                a->value = figure;
        }
        o->alerts[o->n_alerts - 1].last_ns = hits[n - 1]->utc_ns;
        before = true;
        still = to;
        if (fed == INT64_MIN || to > fed + T) {
            fed = to;
            o->hits[o->n_hits++] = (struct oracle_hit){ .utc_ns = to,
                                                        .since_ns = since,
                                                        .rule = rule,
                                                        .seq = hits[n - 1]->seq,
                                                        .user = user,
                                                        .n_events = oracle_events(hits, n) };
        }
    }
}

static int oracle_order_hit(const void *a, const void *b)
{
    const struct oracle_hit *x = a, *y = b;
    if (x->utc_ns != y->utc_ns)
        return x->utc_ns < y->utc_ns ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Every correlation of the rules, those referred to before those that refer. */
static void oracle_run(struct oracle *o, const struct ak_rule *rules, size_t n_rules,
                       const char *const *users, size_t n_users)
{
    o->n_alerts = 0;
    for (uint32_t r = 0; r < n_rules; r++) {
        const struct ak_correlation *what = rules[r].correlation;
        size_t before = o->n_hits;
        if (!what)
            continue;
        for (size_t u = 0; u < (what->n_group_by ? n_users : 1); u++)
            oracle_follow(o, r, what, what->n_group_by ? users[u] : NULL);
        if (o->n_hits == before)
            continue;
        /* new hits into their places; the sort must keep events together */
        struct oracle_hit *late = &o->hits[before];
        qsort(late, o->n_hits - before, sizeof(*late), oracle_order_hit);
        for (size_t i = before; i < o->n_hits; i++)
            for (size_t k = i; k && o->hits[k - 1].utc_ns > o->hits[k].utc_ns; k--) {
                struct oracle_hit swap = o->hits[k];
                o->hits[k] = o->hits[k - 1];
                o->hits[k - 1] = swap;
            }
    }
}

#endif
