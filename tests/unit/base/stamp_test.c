/* stamp_test.c - tests src/base/stamp.c. */
#include "base/stamp.h"
#include "tests/support/story.h"

#include <time.h>

static struct ak_str iso(struct ak_stamp s)
{
    static char buf[4][AK_STAMP_TEXT];
    static unsigned next;
    char *at = buf[next++ % 4];
    return (struct ak_str){ at, ak_stamp_iso(s, at) };
}

static bool parses(const char *text, const char *want, uint8_t want_flags)
{
    struct ak_stamp s;
    size_t used;
    struct ak_str in = ak_str_of(text);
    if (!ak_stamp_parse_iso(in, &s, &used) || used != in.n)
        return false;
    struct ak_str got = iso(s);
    return got.n == strlen(want) && memcmp(got.at, want, got.n) == 0 &&
           (s.flags & (AK_STAMP_LOCAL | AK_STAMP_CLAMPED | AK_STAMP_GUESSED)) == want_flags;
}

static void test_civil(void)
{
    TEST ("every day from 1 to 9999 and its seconds go there and back, as gmtime says") {
        bool same = true;
        for (int64_t day = -719162; same && day <= 2932896; day += 1) {
            time_t t = (time_t)(day * 86400 + (day * 7919 % 86400 + 86400) % 86400);
            struct tm tm;
            gmtime_r(&t, &tm);
            struct ak_civil c = { .year = tm.tm_year + 1900,
                                  .month = (uint8_t)(tm.tm_mon + 1),
                                  .day = (uint8_t)tm.tm_mday,
                                  .hour = (uint8_t)tm.tm_hour,
                                  .minute = (uint8_t)tm.tm_min,
                                  .second = (uint8_t)tm.tm_sec };
            int64_t s = 0;
            same = ak_civil_seconds(&c, &s) && s == (int64_t)t;
            if (same && t > -9223372036 && t < 9223372036) {
                struct ak_civil back = ak_civil_of((int64_t)t * 1000000000 + 123456789);
                same = back.year == c.year && back.month == c.month && back.day == c.day &&
                       back.hour == c.hour && back.minute == c.minute && back.second == c.second &&
                       back.ns == 123456789;
            }
        }
        CHECK(same);
    }

    TEST ("29 February is a day in leap years only") {
        static const struct {
            int32_t year;
            bool leap;
        } YEARS[] = { { 1900, false }, { 2000, true },  { 2023, false },
                      { 2024, true },  { 2100, false }, { 1600, true } };
        for (size_t i = 0; i < 6; i++) {
            struct ak_civil c = { .year = YEARS[i].year, .month = 2, .day = 29 };
            int64_t s;
            CHECK(ak_civil_seconds(&c, &s) == YEARS[i].leap);
        }
    }

    TEST ("dates that are none are refused") {
        static const struct ak_civil BAD[] = {
            { .year = 2026, .month = 0, .day = 1 },
            { .year = 2026, .month = 13, .day = 1 },
            { .year = 2026, .month = 6, .day = 31 },
            { .year = 2026, .month = 1, .day = 0 },
            { .year = 2026, .month = 1, .day = 1, .hour = 24 },
            { .year = 2026, .month = 1, .day = 1, .minute = 60 },
            { .year = 2026, .month = 1, .day = 1, .second = 61 },
        };
        int64_t s;
        for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
            CHECK(!ak_civil_seconds(&BAD[i], &s));
        CHECK(ak_civil_seconds(
            &(struct ak_civil){
                .year = 2016, .month = 12, .day = 31, .hour = 23, .minute = 59, .second = 60 },
            &s));
        CHECK(s == 1483228800);
    }
}

static void test_extremes(void)
{
    TEST ("the ends of what fits are printed, and what does not fit is clamped and says so") {
        CHECK_STR(iso((struct ak_stamp){ INT64_MAX, AK_STAMP_SET | AK_PREC_NS }),
                  "2262-04-11T23:47:16.854775807Z");
        CHECK_STR(iso((struct ak_stamp){ INT64_MIN, AK_STAMP_SET | AK_PREC_NS }),
                  "1677-09-21T00:12:43.145224192Z");
        struct ak_stamp s = ak_stamp_unix(INT64_MAX, 0, AK_PREC_S);
        CHECK(s.utc_ns == INT64_MAX && s.flags & AK_STAMP_CLAMPED);
        s = ak_stamp_unix(INT64_MIN, 999999999, AK_PREC_S);
        CHECK(s.utc_ns == INT64_MIN && s.flags & AK_STAMP_CLAMPED);
        s = ak_stamp_filetime(UINT64_MAX);
        CHECK(s.utc_ns == INT64_MAX && s.flags & AK_STAMP_CLAMPED);
        s = ak_stamp_filetime(1);
        CHECK(s.utc_ns == INT64_MIN && s.flags & AK_STAMP_CLAMPED);
        CHECK(!ak_stamp_is_set(ak_stamp_filetime(0)));
        CHECK(iso((struct ak_stamp){ 0 }).n == 0);
    }

    TEST ("FILETIME of 1970 is zero, and its ticks are 100 ns") {
        CHECK(ak_stamp_filetime(UINT64_C(116444736000000000)).utc_ns == 0);
        CHECK(ak_stamp_filetime(UINT64_C(116444736000000001)).utc_ns == 100);
        CHECK(ak_stamp_filetime(UINT64_C(116444735999999999)).utc_ns == -100);
    }

    TEST ("no more digits are printed than the evidence recorded") {
        CHECK_STR(iso(ak_stamp_unix(1769698212, 0, AK_PREC_S)), "2026-01-29T14:50:12Z");
        CHECK_STR(iso(ak_stamp_unix(1769698212, 5000000, AK_PREC_MS)), "2026-01-29T14:50:12.005Z");
        CHECK_STR(iso(ak_stamp_unix(1769698212, 5000, AK_PREC_US)), "2026-01-29T14:50:12.000005Z");
        CHECK_STR(iso(ak_stamp_unix(-1, 999999999, AK_PREC_NS)), "1969-12-31T23:59:59.999999999Z");
    }
}

static void test_parsing(void)
{
    TEST ("ISO 8601 is read with and without parts of it") {
        CHECK(parses("2026-01-29T14:50:12Z", "2026-01-29T14:50:12Z", 0));
        CHECK(parses("2026-01-29T14:50:12.123456789+09:00", "2026-01-29T05:50:12.123456789Z", 0));
        CHECK(parses("2026-01-29T14:50:12+0900", "2026-01-29T05:50:12Z", 0));
        CHECK(parses("2026-01-29 14:50:12", "2026-01-29T14:50:12Z", AK_STAMP_LOCAL));
        CHECK(parses("2026-01-29", "2026-01-29T00:00:00Z", AK_STAMP_LOCAL));
        CHECK(parses("2024-02-29T23:59:59-12:00", "2024-03-01T11:59:59Z", 0));
    }

    TEST ("what is no date is refused") {
        static const char *const BAD[] = { "",           "2026",       "2026-1-1", "2026-13-01",
                                           "2026-02-30", "abcd-ef-gh", "20260129" };
        struct ak_stamp s;
        size_t used;
        for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
            CHECK(!ak_stamp_parse_iso(ak_str_of(BAD[i]), &s, &used));
    }

    TEST ("years beyond what fits are clamped, not wrapped") {
        struct ak_stamp s;
        size_t used;
        CHECK(ak_stamp_parse_iso(AK_STR("9999-12-31T23:59:59Z"), &s, &used) &&
              s.utc_ns == INT64_MAX && s.flags & AK_STAMP_CLAMPED);
        CHECK(ak_stamp_parse_iso(AK_STR("0001-01-01T00:00:00Z"), &s, &used) &&
              s.utc_ns == INT64_MIN && s.flags & AK_STAMP_CLAMPED);
    }

    TEST ("every beginning of a time is read inside its bytes") {
        static const char FULL[] = "2026-01-29T14:50:12.123456789+09:00";
        for (size_t n = 0; n < sizeof(FULL); n++) {
            struct ak_stamp s;
            size_t used = 0;
            char exact[64];
            memcpy(exact, FULL, n);
            if (ak_stamp_parse_iso((struct ak_str){ exact, n }, &s, &used))
                CHECK(used <= n && n >= 10);
            else
                CHECK(n < 10);
        }
    }
}

int main(void)
{
    test_civil();
    test_extremes();
    test_parsing();
    return story_report();
}
