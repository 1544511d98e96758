/* correlate_fuzz.c - whatever a worker sends as a correlation, and whatever hits
 * follow, alerts make sense and memory stays within the budget.
 *
 * One byte: how long the first correlation is; its bytes; the second likewise.  Then
 * three bytes for each hit: time since the last one; rule and user; number. */
#include "base/buf.h"
#include "detect/correlate.h"

#include <stdlib.h>

enum { RULES = 5, BUDGET = 20000 };

static struct ak_rule rules[RULES];
static struct ak_correlation correlations[RULES];
static uint64_t n_alerts;

static void each(void *self, const struct ak_correlated *what)
{
    (void)self;
    n_alerts++;
    if (what->rule >= RULES || !rules[what->rule].correlation || what->first_ns > what->last_ns ||
        what->last_ns > what->true_ns + INT64_C(4000000000000000000) ||
        what->n_refs > AK_CORRELATED_REFS || what->n_refs > 2 * what->n_events ||
        what->n_group != rules[what->rule].correlation->n_group_by)
        abort();
}

/* What comes back from bytes gives the same bytes again. */
static void there_and_back(const struct ak_correlation *what)
{
    struct ak_arena *arena = ak_arena_new(1 << 20);
    struct ak_buf first = { 0 }, again = { 0 };
    struct ak_correlation back;
    ak_correlation_put(&first, what);
    if (ak_correlation_get(arena, (struct ak_bytes){ first.at, first.n }, RULES, &back) != AK_OK)
        abort();
    ak_correlation_put(&again, &back);
    if (first.n != again.n || memcmp(first.at, again.at, first.n))
        abort();
    ak_buf_free(&first);
    ak_buf_free(&again);
    ak_arena_free(arena);
}

static void follow(const uint8_t *data, size_t n)
{
    static const char *const users[] = { "taro", "TARO", "", "hanako" };
    struct ak_correlator *c = ak_correlator_new(rules, RULES, BUDGET, each, NULL);
    int64_t t = 0;
    for (size_t i = 0; c && i + 3 <= n; i += 3) {
        t += (int64_t)data[i] * data[i] * 100000000;
        char number = (char)('0' + data[i + 2] % 10);
        const char *user = users[data[i + 1] >> 4 & 3];
        struct ak_correlate_value values[] = { { AK_STR("u"), ak_str_of(user) },
                                               { AK_STR("n"), { &number, 1 } } };
        struct ak_correlate_hit hit = {
            data[i + 1] & 7, t, { 1, (uint32_t)i }, values, data[i + 1] >> 6 ? 2 : 1
        };
        ak_correlator_see(c, &hit);
    }
    if (c)
        ak_correlator_end(c);
    ak_correlator_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct ak_arena *arena = ak_arena_new(1 << 20);
    for (uint32_t rule = 3; rule < RULES && n; rule++) {
        size_t size = data[0] < n ? data[0] : n - 1;
        struct ak_bytes bytes = { data + 1, size };
        rules[rule].correlation = NULL;
        if (ak_correlation_get(arena, bytes, RULES, &correlations[rule]) == AK_OK) {
            there_and_back(&correlations[rule]);
            rules[rule].correlation = &correlations[rule];
        }
        data += 1 + size;
        n -= 1 + size;
    }
    follow(data, n);
    ak_arena_free(arena);
    for (uint32_t rule = 0; rule < RULES; rule++)
        rules[rule].correlation = NULL;
    return 0;
}
