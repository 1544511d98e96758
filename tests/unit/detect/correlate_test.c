/* correlate_test.c - tests src/detect/correlate.c against docs/formats/sigma_correlation.md. */
#include "base/buf.h"
#include "tests/support/correlate_oracle.h"
#include "tests/support/story.h"

static const int64_t S = 1000000000, MINUTE = 60 * INT64_C(1000000000);

/* Rules 0 to 2 are detections; a test sets the correlations from 3 on. */
enum { FIRST = 3, RULES_MAX = 8 };
static struct ak_rule rules[RULES_MAX];
static struct ak_correlation correlations[RULES_MAX];
static const uint32_t NUMBERS[] = { 0, 1, 2, 3, 4, 5, 6 };
static const struct ak_str BY_USER[] = { AK_STR_INIT("User") }, FIELD[] = { AK_STR_INIT("Number") };

/* What came true, copied. */
static struct seen {
    struct ak_correlated what;
    struct ak_hit_ref refs[AK_CORRELATED_REFS];
    char user[64], name[64];
} seen[ORACLE_HITS];
static size_t n_seen;

static void each(void *self, const struct ak_correlated *what)
{
    (void)self;
    struct seen *s = &seen[n_seen];
    if (n_seen + 1 < ORACLE_HITS)
        n_seen++;
    s->what = *what;
    memcpy(s->refs, what->refs, what->n_refs * sizeof(*s->refs));
    struct ak_str user = what->n_group ? what->group[0].value : AK_STR("");
    struct ak_str name = what->n_group ? what->group[0].name : AK_STR("");
    snprintf(s->user, sizeof(s->user), "%.*s", (int)user.n, user.at);
    snprintf(s->name, sizeof(s->name), "%.*s", (int)name.n, name.at);
}

static struct ak_correlator *correlator;
static size_t n_rules;
static uint64_t let_go;

static void begin(size_t n, size_t budget)
{
    n_rules = n;
    n_seen = 0;
    correlator = ak_correlator_new(rules, n, budget, each, NULL);
    CHECK(correlator != NULL);
}

static void end(void)
{
    ak_correlator_end(correlator);
    let_go = ak_correlator_let_go(correlator);
    ak_correlator_free(correlator);
}

static struct ak_correlation *set(uint32_t rule, struct ak_correlation what)
{
    correlations[rule] = what;
    rules[rule].correlation = &correlations[rule];
    return &correlations[rule];
}

/* A hit with a user and a number; NULL for either: the event lacks it. */
static void hit_at(int64_t utc_ns, uint32_t rule, uint32_t seq, const char *user,
                   const char *number)
{
    struct ak_correlate_value values[2];
    size_t n = 0;
    if (user)
        values[n++] = (struct ak_correlate_value){ AK_STR("User"), ak_str_of(user) };
    if (number)
        values[n++] = (struct ak_correlate_value){ AK_STR("Number"), ak_str_of(number) };
    struct ak_correlate_hit hit = { rule, utc_ns, { 1, seq }, values, n };
    ak_correlator_see(correlator, &hit);
}

static struct ak_correlation counting(enum ak_correlation_type type, int64_t timespan_ns,
                                      enum ak_compare compare, double value)
{
    return (struct ak_correlation){ .type = type,
                                    .rules = NUMBERS,
                                    .n_rules = 1,
                                    .group_by = BY_USER,
                                    .n_group_by = 1,
                                    .fields = FIELD,
                                    .n_fields = 1,
                                    .timespan_ns = timespan_ns,
                                    .bounds = { { compare, value } },
                                    .n_bounds = 1,
                                    .percentile = 50 };
}

static void test_event_count(void)
{
    TEST ("three failed logons just a minute apart from first to last are three within a minute") {
        set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 3));
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 0, 1, "taro", NULL);
        hit_at(20 * S, 0, 2, "taro", NULL);
        hit_at(MINUTE, 0, 3, "taro", NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.rule == FIRST && seen[0].what.n_events == 3);
        CHECK(seen[0].what.first_ns == 0 && seen[0].what.last_ns == MINUTE &&
              seen[0].what.true_ns == MINUTE);
        CHECK(seen[0].what.n_refs == 3 && seen[0].refs[0].seq == 1 && seen[0].refs[2].seq == 3);
        CHECK(strcmp(seen[0].user, "taro") == 0);
    }
    TEST ("a nanosecond more and they are not") {
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 0, 1, "taro", NULL);
        hit_at(20 * S, 0, 2, "taro", NULL);
        hit_at(MINUTE + 1, 0, 3, "taro", NULL);
        end();
        CHECK(n_seen == 0);
    }
    TEST ("a thousand failed logons in a row are one alert with all of them, not 998") {
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 1000; i++)
            hit_at(i * S, 0, i, "taro", NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.n_events == 1000);
        CHECK(seen[0].what.first_ns == 0 && seen[0].what.last_ns == 999 * S &&
              seen[0].what.true_ns == 2 * S);
        CHECK(seen[0].what.n_refs == AK_CORRELATED_REFS);
        CHECK(seen[0].refs[0].seq == 0 && seen[0].refs[AK_CORRELATED_REFS - 1].seq == 999);
        CHECK(seen[0].what.value >= 61 && seen[0].what.value <= 61); /* the most within a minute */
    }
    TEST ("after a quiet timespan the same again is a second alert") {
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 3; i++)
            hit_at(i * S, 0, i, "taro", NULL);
        for (uint32_t i = 0; i < 3; i++)
            hit_at(2 * S + MINUTE + 1 + i * S, 0, i, "taro", NULL);
        end();
        CHECK(n_seen == 2 && seen[0].what.n_events == 3 && seen[1].what.n_events == 3);
    }
    TEST ("single failures that go on afterwards do not stretch the alert") {
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 3; i++)
            hit_at(i * S, 0, i, "taro", NULL);
        for (uint32_t i = 1; i < 50; i++)
            hit_at(i * 50 * S, 0, 10 + i, "taro", NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.last_ns == 50 * S && seen[0].what.n_events == 4);
    }
    TEST ("users are counted apart, whatever case they are written in; without a user, nothing") {
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 0, 1, "Taro", NULL);
        hit_at(1, 0, 2, "TARO", NULL);
        hit_at(2, 0, 3, "hanako", NULL);
        hit_at(2, 0, 4, NULL, NULL);
        hit_at(2, 0, 4, NULL, NULL);
        hit_at(2, 0, 4, NULL, NULL);
        hit_at(3, 0, 5, "taro", NULL);
        end();
        CHECK(n_seen == 1 && strcmp(seen[0].user, "Taro") == 0);
    }
    TEST ("an event that satisfies two of the rules is counted once") {
        set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 3))->n_rules = 2;
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 2; i++)
            for (uint32_t r = 0; r < 2; r++)
                hit_at(i, r, i, "taro", NULL);
        end();
        CHECK(n_seen == 0);
    }
    TEST ("without group-by there is one group of all") {
        set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 3))->n_group_by = 0;
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 0, 1, "a", NULL);
        hit_at(1, 0, 2, "b", NULL);
        hit_at(2, 0, 3, NULL, NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.n_group == 0);
    }
    TEST ("two group-by fields do not run into each other") {
        static const struct ak_str both[] = { AK_STR_INIT("User"), AK_STR_INIT("Number") };
        struct ak_correlation *what =
            set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 2));
        what->group_by = both;
        what->n_group_by = 2;
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 0, 1, "ab", "c");
        hit_at(1, 0, 2, "a", "bc");
        hit_at(2, 0, 3, "", "abc");
        CHECK(n_seen == 0);
        hit_at(3, 0, 4, "", "ABC");
        end();
        CHECK(n_seen == 1 && seen[0].what.n_group == 2);
    }
}

static void test_closed(void)
{
    TEST ("exactly three is known when the timespan is over: a fourth spoils it") {
        set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_EQ, 3));
        for (uint32_t n = 2; n < 5; n++) {
            begin(FIRST + 1, 1 << 20);
            for (uint32_t i = 0; i < n; i++)
                hit_at(i * 20 * S, 0, i, "taro", NULL);
            hit_at(MINUTE + 1, 0, 9, "taro", NULL);
            end();
            CHECK(n_seen == (n == 3));
            if (n_seen)
                CHECK(seen[0].what.first_ns == 0 && seen[0].what.last_ns == 40 * S &&
                      seen[0].what.true_ns == MINUTE);
        }
    }
    TEST ("fewer than three is not said while there may come more") {
        set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_LT, 3));
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 3; i++)
            hit_at(i, 0, i, "many", NULL);
        hit_at(5, 0, 7, "few", NULL);
        end();
        CHECK(n_seen == 1 && strcmp(seen[0].user, "few") == 0 && seen[0].what.value <= 1);
    }
    TEST ("a range holds for what is within both bounds") {
        struct ak_correlation *what =
            set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GT, 1));
        what->bounds[what->n_bounds++] = (struct ak_bound){ AK_CMP_LE, 3 };
        for (uint32_t n = 1; n < 6; n++) {
            begin(FIRST + 1, 1 << 20);
            for (uint32_t i = 0; i < n; i++)
                hit_at(i, 0, i, "taro", NULL);
            end();
            CHECK(n_seen == (n == 2 || n == 3));
        }
    }
    TEST ("the mean and the median are of the whole window") {
        for (int median = 0; median < 2; median++) {
            set(FIRST, counting(median ? AK_CORRELATE_VALUE_PERCENTILE : AK_CORRELATE_VALUE_AVG,
                                MINUTE, AK_CMP_GE, 5));
            begin(FIRST + 1, 1 << 20);
            hit_at(0, 0, 1, "taro", "9.5");
            hit_at(1, 0, 2, "taro", "0x1");
            hit_at(2, 0, 3, "taro", "-1");
            hit_at(0, 0, 4, "jiro", "4.9");
            hit_at(1, 0, 5, "jiro", "+5.1");
            hit_at(2, 0, 6, "jiro", "5.0");
            hit_at(3, 0, 6, "jiro", "five");
            end();
            CHECK(n_seen == 1 && strcmp(seen[0].user, "jiro") == 0);
            CHECK(n_seen && seen[0].what.value >= 5 && seen[0].what.value <= 5 &&
                  seen[0].what.n_events == 3);
        }
    }
}

static void test_values(void)
{
    TEST ("five passwords for five users are a spray, five for one are not") {
        struct ak_correlation *what =
            set(FIRST, counting(AK_CORRELATE_VALUE_COUNT, MINUTE, AK_CMP_GE, 5));
        what->fields = BY_USER;
        what->n_group_by = 0;
        static const char *const user[] = { "a", "B", "c", "b", "d", "e", "A" };
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 5; i++)
            hit_at(i, 0, i, "a", NULL);
        CHECK(n_seen == 0);
        for (uint32_t i = 0; i < 7; i++)
            hit_at(10 + i, 0, i, user[i], NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.true_ns == 15 && seen[0].what.value <= 5);
        CHECK(seen[0].what.n_events == 12);
    }
    TEST ("values leave with their hits") {
        set(FIRST, counting(AK_CORRELATE_VALUE_COUNT, 10, AK_CMP_GE, 3));
        static const char *const number[] = { "1", "2", "1", "3" };
        static const int64_t at[] = { 0, 1, 8, 12 }; /* the 2 is gone when the 3 comes */
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 4; i++)
            hit_at(at[i], 0, i, "taro", number[i]);
        end();
        CHECK(n_seen == 0);
    }
    TEST ("bytes sent add up, to the very number, in tenths too") {
        set(FIRST, counting(AK_CORRELATE_VALUE_SUM, MINUTE, AK_CMP_GE, 7));
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 9; i++)
            hit_at(i, 0, i, "taro", "0.7");
        hit_at(9, 0, 10, "taro", NULL);
        CHECK(n_seen == 0);
        hit_at(10, 0, 11, "taro", "0.7");
        end();
        CHECK(n_seen == 1 && seen[0].what.true_ns == 10 && seen[0].what.n_events == 10);
    }
    TEST ("a number of forty digits is as much as can be, and does not turn over") {
        begin(FIRST + 1, 1 << 20);
        for (uint32_t i = 0; i < 100; i++)
            hit_at(i, 0, i, "taro", "1234567890123456789012345678901234567890");
        end();
        CHECK(n_seen == 1 && seen[0].what.value > 8.9e14 && seen[0].what.value < 9.1e14);
    }
}

static void test_temporal(void)
{
    struct ak_correlation what = { .type = AK_CORRELATE_TEMPORAL,
                                   .rules = NUMBERS,
                                   .n_rules = 3,
                                   .group_by = BY_USER,
                                   .n_group_by = 1,
                                   .timespan_ns = MINUTE };
    TEST ("three things by one user within a minute, in any order") {
        set(FIRST, what);
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 2, 1, "taro", NULL);
        hit_at(1, 1, 2, "jiro", NULL);
        hit_at(2, 0, 3, "taro", NULL);
        hit_at(MINUTE, 1, 4, "taro", NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.n_events == 3 && strcmp(seen[0].user, "taro") == 0);
    }
    TEST ("the first of them a nanosecond too early is not enough") {
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 2, 1, "taro", NULL);
        hit_at(2, 0, 3, "taro", NULL);
        hit_at(MINUTE + 1, 1, 4, "taro", NULL);
        end();
        CHECK(n_seen == 0);
    }
    TEST ("one event that satisfies all of them is enough, and one event") {
        begin(FIRST + 1, 1 << 20);
        for (uint32_t r = 0; r < 3; r++)
            hit_at(0, r, 1, "taro", NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.n_events == 1 && seen[0].what.n_refs == 1);
    }
    TEST ("a temporal correlation with a bound: two of three") {
        what.bounds[0] = (struct ak_bound){ AK_CMP_GE, 2 };
        what.n_bounds = 1;
        set(FIRST, what);
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 2, 1, "taro", NULL);
        hit_at(1, 2, 2, "taro", NULL);
        CHECK(n_seen == 0);
        hit_at(2, 0, 3, "taro", NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.true_ns == 2);
        what.n_bounds = 0;
    }
    TEST ("in order: the wrong order is not true, the right one is, the same time is") {
        static const int64_t at[][3] = {
            { 3, 2, 1 }, { 1, 2, 3 }, { 1, 1, 1 }, { 2, 2, 1 }, { 1, 2, 2 }
        };
        what.type = AK_CORRELATE_TEMPORAL_ORDERED;
        set(FIRST, what);
        for (unsigned i = 0; i < 5; i++) {
            begin(FIRST + 1, 1 << 20);
            for (int64_t t = 1; t < 4; t++)
                for (uint32_t r = 3; r-- > 0;)
                    if (at[i][r] == t)
                        hit_at(t, r, r, "taro", NULL);
            end();
            CHECK(n_seen == (i == 1 || i == 2 || i == 4));
        }
    }
    TEST ("the same rule twice in an order wants two events") {
        static const uint32_t twice[] = { 0, 0, 1 };
        what.rules = twice;
        set(FIRST, what);
        for (uint32_t n = 1; n < 3; n++) {
            begin(FIRST + 1, 1 << 20);
            for (uint32_t i = 0; i < n; i++)
                hit_at(0, 0, i, "taro", NULL);
            hit_at(0, 1, 8, "taro", NULL);
            end();
            CHECK(n_seen == (n == 2));
        }
        what.rules = NUMBERS;
    }
    TEST ("an alias names the source in one rule and the destination in the other") {
        static const struct ak_str group[] = { AK_STR_INIT("ip") };
        static const struct ak_alias aliases[] = { { AK_STR_INIT("ip"), 0, AK_STR_INIT("User") },
                                                   { AK_STR_INIT("ip"), 1,
                                                     AK_STR_INIT("Number") } };
        what.group_by = group;
        what.aliases = aliases;
        what.n_aliases = 2;
        what.n_rules = 2;
        set(FIRST, what);
        begin(FIRST + 1, 1 << 20);
        hit_at(0, 0, 1, "10.0.0.1", "10.0.0.9");
        hit_at(1, 1, 2, "10.0.0.1", "10.0.0.2");
        hit_at(2, 1, 3, "10.0.0.8", "10.0.0.1");
        end();
        CHECK(n_seen == 1 && strcmp(seen[0].user, "10.0.0.1") == 0 && seen[0].refs[1].seq == 3);
        CHECK(strcmp(seen[0].name, "ip") == 0);
    }
}

static void test_chains(void)
{
    struct ak_correlation chain = { .type = AK_CORRELATE_TEMPORAL_ORDERED,
                                    .group_by = BY_USER,
                                    .n_group_by = 1,
                                    .timespan_ns = 10 * MINUTE,
                                    .n_rules = 2 };
    static const uint32_t many_then_success[] = { FIRST, 1 }, reversed[] = { FIRST + 1, 1 };
    TEST ("many failed logons followed by a success, of the same user") {
        chain.rules = many_then_success;
        set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 3));
        set(FIRST + 1, chain);
        begin(FIRST + 2, 1 << 20);
        for (uint32_t i = 0; i < 3; i++)
            hit_at(i * S, 0, i, "taro", NULL);
        hit_at(5 * S, 1, 8, "jiro", NULL);
        hit_at(6 * S, 1, 9, "TARO", NULL);
        end();
        CHECK(n_seen == 2 && seen[0].what.rule == FIRST && seen[1].what.rule == FIRST + 1);
        const struct ak_correlated *w = &seen[1].what;
        CHECK(w->first_ns == 0 && w->last_ns == 6 * S && w->n_events == 4);
        CHECK(w->n_refs == 3 && seen[1].refs[0].seq == 0 && seen[1].refs[1].seq == 2 &&
              seen[1].refs[2].seq == 9);
    }
    TEST ("a guessing that goes on for an hour is still there for the success at its end") {
        begin(FIRST + 2, 1 << 20);
        for (uint32_t i = 0; i < 3600; i++)
            hit_at(i * S, 0, i, "taro", NULL);
        hit_at(3600 * S, 1, 9000, "taro", NULL);
        end();
        CHECK(n_seen == 2 && seen[0].what.n_events == 3600);
        CHECK(seen[1].what.rule == FIRST + 1 && seen[1].what.true_ns == 3600 * S);
    }
    TEST ("a correlation may stand before the one it refers to") {
        chain.rules = reversed;
        set(FIRST, chain);
        set(FIRST + 1, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 3));
        begin(FIRST + 2, 1 << 20);
        for (uint32_t i = 0; i < 3; i++)
            hit_at(7, 0, i, "taro", NULL);
        hit_at(7, 1, 9, "taro", NULL);
        end();
        CHECK(n_seen == 2);
    }
    TEST ("correlations in a circle are never true, and do not hang") {
        static const uint32_t a[] = { FIRST + 1, 0 }, b[] = { FIRST, 0 };
        set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 1))->rules = a;
        set(FIRST + 1, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 1))->rules = b;
        correlations[FIRST].n_rules = correlations[FIRST + 1].n_rules = 2;
        begin(FIRST + 2, 1 << 20);
        hit_at(7, 0, 9, "taro", NULL);
        end();
        CHECK(n_seen == 0);
    }
}

static void test_limits(void)
{
    TEST ("a spent budget lets the oldest go, says how many, and goes on") {
        set(FIRST, counting(AK_CORRELATE_EVENT_COUNT, MINUTE, AK_CMP_GE, 3));
        begin(FIRST + 1, 64 << 10);
        char user[16];
        for (uint32_t i = 0; i < 5000; i++) {
            snprintf(user, sizeof(user), "user%u", (unsigned)i);
            hit_at(i, 0, i, user, NULL);
        }
        for (uint32_t i = 0; i < 3; i++)
            hit_at(5000 + i, 0, i, "the last", NULL);
        end();
        CHECK(let_go > 4000 && let_go < 5003);
        CHECK(n_seen == 1 && strcmp(seen[0].user, "the last") == 0);
    }
    TEST ("so it does when everything happens at one moment, and with no budget at all") {
        for (size_t budget = 0; budget < 40000; budget += 13000) {
            begin(FIRST + 1, budget);
            char user[16];
            for (uint32_t i = 0; i < 3000; i++) {
                snprintf(user, sizeof(user), "user%u", (unsigned)i);
                hit_at(7, 0, i, user, NULL);
            }
            end();
            CHECK(let_go > 2000 && n_seen == 0);
        }
    }
    TEST ("hits without a time, late ones and unknown rules do no harm") {
        begin(FIRST + 1, 1 << 20);
        hit_at(INT64_MIN, 0, 1, "taro", NULL);
        hit_at(INT64_MIN + 1, 0, 1, "taro", NULL);
        hit_at(9, 77, 1, "taro", NULL);
        hit_at(10, 0, 2, "taro", NULL);
        hit_at(9, 0, 3, "taro", NULL);
        hit_at(INT64_MAX, 0, 4, "taro", NULL);
        hit_at(INT64_MAX - 1, 0, 5, "taro", NULL);
        hit_at(INT64_MAX, 0, 6, "taro", NULL);
        end();
        CHECK(n_seen == 1 && seen[0].what.first_ns == INT64_MAX);
    }
}

/* ---- against the oracle ---- */

static uint64_t seed = 88172645463325252u;
static unsigned rnd(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % below;
}

static const char *const USERS[] = { "taro", "jiro", "hanako" };
static struct oracle oracle;

static void random_correlation(uint32_t rule, bool over_others)
{
    static uint32_t chosen[RULES_MAX][4];
    struct ak_correlation what = { .type = (enum ak_correlation_type)rnd(over_others ? 4 : 7),
                                   .group_by = BY_USER,
                                   .n_group_by = rnd(4) != 0,
                                   .fields = FIELD,
                                   .n_fields = 1,
                                   .timespan_ns = 10 + 10 * rnd(12) + rnd(2),
                                   .rules = chosen[rule] };
    if (over_others && what.type == AK_CORRELATE_VALUE_COUNT)
        what.type = AK_CORRELATE_EVENT_COUNT;
    bool ordered = what.type == AK_CORRELATE_TEMPORAL_ORDERED;
    what.n_rules = 1 + rnd(3);
    for (uint32_t i = 0; i < what.n_rules; i++) /* no rule twice but in order */
        chosen[rule][i] = ordered ? rnd(over_others ? rule : FIRST) : i;
    if (over_others)
        chosen[rule][rnd((unsigned)what.n_rules)] = rule - 1;
    if (over_others && ordered) /* a window that closes just at a hit's time comes true after it: */
        correlations[rule - 1].timespan_ns +=
            7 - correlations[rule - 1].timespan_ns % 10; /* not here */
    if (what.type < AK_CORRELATE_TEMPORAL || what.type > AK_CORRELATE_TEMPORAL_ORDERED ||
        rnd(3) == 0)
        for (; what.n_bounds < 1 + rnd(2); what.n_bounds++)
            what.bounds[what.n_bounds] = (struct ak_bound){ (enum ak_compare)rnd(6), 1 + rnd(5) };
    if (rnd(2) && what.n_bounds)
        what.n_bounds = 1, what.bounds[0].compare = AK_CMP_GE;
    what.percentile = 10 * rnd(11);
    set(rule, what);
}

static void random_hits(size_t n)
{
    oracle.n_hits = 0;
    int64_t t = 0;
    for (uint32_t seq = 0; seq < n; seq++) {
        t += rnd(3) ? 10 * rnd(3) : rnd(20) ? 0 : 10 * rnd(30);
        const char *user = rnd(8) ? USERS[rnd(3)] : NULL;
        int number = (int)rnd(6);
        for (uint32_t rule = 0; rule < FIRST; rule++)
            if (rnd(3) == 0)
                oracle.hits[oracle.n_hits++] =
                    (struct oracle_hit){ t, t, rule, seq, 0, user, number };
    }
}

static int by_alert(const void *a, const void *b)
{
    const struct oracle_alert *x = a, *y = b;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    int user = strcmp(x->user, y->user);
    return user ? user : x->true_ns < y->true_ns ? -1 : x->true_ns > y->true_ns;
}

static bool alert_same(const struct oracle_alert *a, const struct oracle_alert *b)
{
    return a->rule == b->rule && a->first_ns == b->first_ns && a->last_ns == b->last_ns &&
           a->true_ns == b->true_ns && a->n_events == b->n_events &&
           strcmp(a->user, b->user) == 0 && a->value - b->value < 1e-6 &&
           b->value - a->value < 1e-6;
}

static void alert_print(const char *who, const struct oracle_alert *a)
{
    printf("      %s: rule %u %s %lld..%lld true %lld events %llu value %g\n", who,
           (unsigned)a->rule, a->user, (long long)a->first_ns, (long long)a->last_ns,
           (long long)a->true_ns, (unsigned long long)a->n_events, a->value);
}

static void what_print(size_t n)
{
    for (size_t r = FIRST; r < n; r++) {
        const struct ak_correlation *w = &correlations[r];
        printf("      %zu: type %d span %lld grouped %zu rules", r, (int)w->type,
               (long long)w->timespan_ns, w->n_group_by);
        for (size_t i = 0; i < w->n_rules; i++)
            printf(" %u", (unsigned)w->rules[i]);
        for (size_t i = 0; i < w->n_bounds; i++)
            printf(", bound %d %g", (int)w->bounds[i].compare, w->bounds[i].value);
        printf("\n");
    }
}

/* The same hits by both; how many alerts, or -1 when they differ. */
static int compared(size_t n)
{
    static struct oracle_alert got[ORACLE_HITS];
    char number[16];
    begin(n, 64 << 20);
    for (size_t i = 0; i < oracle.n_hits; i++) {
        const struct oracle_hit *h = &oracle.hits[i];
        snprintf(number, sizeof(number), "%d", h->number);
        hit_at(h->utc_ns, h->rule, h->seq, h->user, number);
    }
    end();
    oracle_run(&oracle, rules, n, USERS, 3);
    for (size_t i = 0; i < n_seen; i++) {
        got[i] = (struct oracle_alert){ seen[i].what.rule,
                                        seen[i].what.first_ns,
                                        seen[i].what.last_ns,
                                        seen[i].what.true_ns,
                                        seen[i].what.n_events,
                                        seen[i].what.value,
                                        "" };
        snprintf(got[i].user, sizeof(got[i].user), "%.15s", seen[i].user);
    }
    qsort(got, n_seen, sizeof(*got), by_alert);
    qsort(oracle.alerts, oracle.n_alerts, sizeof(*oracle.alerts), by_alert);
    bool same = n_seen == oracle.n_alerts;
    for (size_t i = 0; same && i < n_seen; i++)
        same = alert_same(&got[i], &oracle.alerts[i]);
    if (!same)
        what_print(n);
    for (size_t i = 0; !same && i < n_seen; i++)
        alert_print("got   ", &got[i]);
    for (size_t i = 0; !same && i < oracle.n_alerts; i++)
        alert_print("oracle", &oracle.alerts[i]);
    return same ? (int)n_seen : -1;
}

static void test_oracle(void)
{
    unsigned by_type[7] = { 0 }, chained = 0;
    TEST ("random streams give what looking at every window anew gives, for each type") {
        for (unsigned round = 0; round < 4000 && !story.checks_failed; round++) {
            random_correlation(FIRST, false);
            random_hits(5 + rnd(40));
            int n = compared(FIRST + 1);
            CHECK(n >= 0);
            by_type[correlations[FIRST].type] += n > 0;
        }
        for (unsigned type = 0; type < 7; type++)
            CHECK(by_type[type] > 100);
    }
    TEST ("so do correlations of correlations") {
        for (unsigned round = 0; round < 3000 && !story.checks_failed; round++) {
            random_correlation(FIRST, false);
            random_correlation(FIRST + 1, true);
            random_hits(5 + rnd(40));
            int n = compared(FIRST + 2);
            CHECK(n >= 0);
            for (size_t i = 0; i < n_seen; i++)
                chained += seen[i].what.rule > FIRST;
        }
        CHECK(chained > 1000);
    }
}

/* ---- bytes ---- */

static void test_wire(void)
{
    static const struct ak_alias aliases[] = { { AK_STR_INIT("ip"), 2, AK_STR_INIT("SourceIp") } };
    struct ak_correlation what =
                              counting(AK_CORRELATE_VALUE_PERCENTILE, 90 * MINUTE, AK_CMP_GT, 12.5),
                          back;
    what.aliases = aliases;
    what.n_aliases = 1;
    what.n_rules = 3;
    what.generate = true;
    what.bounds[what.n_bounds++] = (struct ak_bound){ AK_CMP_LE, 1e6 };
    struct ak_buf out = { 0 };
    ak_correlation_put(&out, &what);
    struct ak_bytes bytes = { out.at, out.n };
    struct ak_arena *arena = ak_arena_new(1 << 20);
    TEST ("a correlation survives the way between two processes") {
        CHECK(ak_correlation_get(arena, bytes, 3, &back) == AK_OK);
        CHECK(back.type == what.type && back.timespan_ns == what.timespan_ns && back.generate);
        CHECK(back.n_rules == 3 && back.rules[2] == 2 && back.n_group_by == 1 &&
              back.n_fields == 1);
        CHECK_STR(back.aliases[0].field, "SourceIp");
        CHECK(back.aliases[0].rule == 2 && back.n_bounds == 2 &&
              back.bounds[1].compare == AK_CMP_LE);
        CHECK(memcmp(&back.bounds[0].value, &what.bounds[0].value, 8) == 0);
        CHECK(memcmp(&back.percentile, &what.percentile, 8) == 0);
    }
    TEST ("cut anywhere, continued, or about rules that there are not, it is refused") {
        for (size_t n = 0; n < bytes.n; n++)
            CHECK(ak_correlation_get(arena, (struct ak_bytes){ bytes.at, n }, 3, &back) ==
                  AK_ERR_CORRUPT);
        CHECK(ak_correlation_get(arena, bytes, 2, &back) == AK_ERR_CORRUPT);
        ak_buf_u8(&out, 0);
        CHECK(ak_correlation_get(arena, (struct ak_bytes){ out.at, out.n }, 3, &back) ==
              AK_ERR_CORRUPT);
    }
    TEST ("what no reader of rules would send is refused: no bound, no field, no timespan, a bound "
          "that is no number") {
        for (int wrong = 0; wrong < 6; wrong++) {
            struct ak_correlation bad = what;
            bad.n_bounds = wrong == 0 ? 0 : bad.n_bounds;
            bad.n_fields = wrong == 1 ? 0 : bad.n_fields;
            bad.timespan_ns = wrong == 2 ? 0 : wrong == 3 ? -1 : bad.timespan_ns;
            bad.percentile = wrong == 4 ? 101 : 50;
            bad.bounds[0].value = wrong == 5 ? (double)INFINITY : 1;
            out.n = 0;
            ak_correlation_put(&out, &bad);
            CHECK(ak_correlation_get(arena, (struct ak_bytes){ out.at, out.n }, 3, &back) ==
                  AK_ERR_CORRUPT);
        }
    }
    TEST ("a spent arena is said to be the limit") {
        struct ak_arena *little = ak_arena_new(16);
        out.n = 0;
        ak_correlation_put(&out, &what);
        CHECK(ak_correlation_get(little, (struct ak_bytes){ out.at, out.n }, 3, &back) ==
              AK_ERR_LIMIT);
        ak_arena_free(little);
    }
    ak_arena_free(arena);
    ak_buf_free(&out);
}

int main(void)
{
    test_event_count();
    test_closed();
    test_values();
    test_temporal();
    test_chains();
    test_limits();
    test_oracle();
    test_wire();
    return story_report();
}
