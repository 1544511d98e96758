/* correlate_speed.c - how many hits a second the correlations take, and with how
 * much memory, on one core.
 *
 *     correlate_speed [HITS [GROUPS]] */
#include "detect/correlate.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static uint64_t n_alerts;

static void each(void *self, const struct ak_correlated *what)
{
    (void)self, (void)what;
    n_alerts++;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One hit each tenth of a second, round the groups. */
static void measure(const char *name, struct ak_correlation what, size_t n_hits, unsigned n_groups)
{
    struct ak_rule rules[3];
    memset(rules, 0, sizeof(rules));
    rules[2].correlation = &what;
    struct ak_correlator *c = ak_correlator_new(rules, 3, (size_t)256 << 20, each, NULL);
    char user[16], number[16];
    struct ak_correlate_value values[] = { { AK_STR("User"), { user, 0 } },
                                           { AK_STR("Number"), { number, 0 } } };
    uint64_t seed = 88172645463325252u;
    double before = now_s();
    n_alerts = 0;
    for (size_t i = 0; c && i < n_hits; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        values[0].value.n =
            (size_t)snprintf(user, sizeof(user), "user%u", (unsigned)(seed >> 33) % n_groups);
        values[1].value.n =
            (size_t)snprintf(number, sizeof(number), "%u", (unsigned)(seed >> 20) % 5000);
        struct ak_correlate_hit hit = {
            i % 7 == 6, (int64_t)i * 100000000, { 1, (uint32_t)i }, values, 2
        };
        ak_correlator_see(c, &hit);
    }
    if (c)
        ak_correlator_end(c);
    double seconds = now_s() - before;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "%-18s %zu hits, %u groups: %.2f s, %.0f ns a hit, %llu alerts, let go %llu, peak %ld MB\n",
        name, n_hits, n_groups, seconds, seconds * 1e9 / (double)n_hits,
        (unsigned long long)n_alerts, c ? (unsigned long long)ak_correlator_let_go(c) : 0,
        usage.ru_maxrss / 1024);
    ak_correlator_free(c);
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "event_count",      "value_count", "temporal",
                                         "temporal_ordered", "value_sum",   "value_avg",
                                         "value_percentile" };
    static const uint32_t feeding[] = { 0, 1 };
    static const struct ak_str user[] = { AK_STR_INIT("User") },
                               number[] = { AK_STR_INIT("Number") };
    size_t n_hits = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    unsigned n_groups = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
    for (unsigned type = 0; type < 7; type++) {
        struct ak_correlation what = { .type = (enum ak_correlation_type)type,
                                       .rules = feeding,
                                       .n_rules = 2,
                                       .group_by = user,
                                       .n_group_by = 1,
                                       .fields = number,
                                       .n_fields = 1,
                                       .timespan_ns = INT64_C(3600000000000),
                                       .percentile = 95 };
        if (type < 2 || type > 3)
            what.bounds[what.n_bounds++] = (struct ak_bound){ AK_CMP_GE, 40 };
        measure(names[type], what, n_hits, n_groups ? n_groups : 1);
    }
    return 0;
}
