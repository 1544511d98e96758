/* zone_test.c - what time it was in Tokyo, Berlin, New York and Sydney, also
 * after the last change a zone file lists. */
#include "base/stamp.h"
#include "base/zone.h"
#include "base/zone_rule.h"
#include "tests/support/bytes_build.h"
#include "tests/support/story.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t at(int32_t year, uint8_t month, uint8_t day, uint8_t hour)
{
    const struct ak_civil c = { .year = year, .month = month, .day = day, .hour = hour };
    int64_t s = 0;
    (void)ak_civil_seconds(&c, &s);
    return s;
}

static void put_be(struct build *b, uint64_t v, unsigned width)
{
    for (unsigned i = width; i-- > 0;)
        b->bytes[b->n++] = i < 8 ? (uint8_t)(v >> (8 * i)) : 0;
}

static void put_tzif_header(struct build *b, uint32_t n_times, uint32_t n_types)
{
    memcpy(b->bytes + b->n, "TZif2", 5);
    memset(b->bytes + b->n + 5, 0, 15);
    b->n += 20;
    put_be(b, 0, 12); /* ut, std, leap */
    put_be(b, n_times, 4);
    put_be(b, n_types, 4);
    put_be(b, 4, 4); /* chars */
}

/* A slim file: an empty first block, one change of offset at `when`, a rule. */
static struct build slim(int32_t before_s, int64_t when, int32_t after_s, const char *rule)
{
    struct build b = { .n = 0 };
    put_tzif_header(&b, 0, 1);
    put_be(&b, 0, 6);
    memcpy(b.bytes + b.n, "UTC", 4);
    b.n += 4;
    put_tzif_header(&b, 1, 2);
    put_be(&b, (uint64_t)when, 8);
    put_be(&b, 1, 1);
    put_be(&b, (uint32_t)before_s, 4);
    put_be(&b, 0, 2);
    put_be(&b, (uint32_t)after_s, 4);
    put_be(&b, 0, 2);
    memcpy(b.bytes + b.n, "LMT", 4);
    b.n += 4;
    b.bytes[b.n++] = '\n';
    memcpy(b.bytes + b.n, rule, strlen(rule));
    b.n += strlen(rule);
    b.bytes[b.n++] = '\n';
    return b;
}

static struct ak_zone zone_of(const char *rule, int32_t std_s)
{
    struct build b = slim(std_s + 60, 0, std_s, rule);
    struct ak_zone z = { 0 };
    CHECK(ak_zone_parse(built(&b), &z) == AK_OK);
    return z;
}

/* One of the machine's own files; false when it has none. */
static bool machine_zone(const char *name, struct ak_zone *out)
{
    static uint8_t bytes[65536];
    char path[128];
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    size_t n = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    return ak_zone_parse((struct ak_bytes){ bytes, n }, out) == AK_OK;
}

/* Do two zones agree every three hours between the years? */
static bool agree(const struct ak_zone *a, const struct ak_zone *b, int32_t from, int32_t to)
{
    for (int64_t t = at(from, 1, 1, 0); t < at(to, 1, 1, 0); t += 3 * 3600)
        if (ak_zone_offset(a, t) != ak_zone_offset(b, t) ||
            ak_zone_offset(a, t - 1) != ak_zone_offset(b, t - 1))
            return false;
    return true;
}

int main(void)
{
    TEST (
        "Berlin keeps summer time from the last Sunday of March to that of October, in any year") {
        struct ak_zone z = zone_of("CET-1CEST,M3.5.0,M10.5.0/3", 3600);
        CHECK(ak_zone_offset(&z, at(2026, 3, 29, 1) - 1) == 3600);
        CHECK(ak_zone_offset(&z, at(2026, 3, 29, 1)) == 7200);
        CHECK(ak_zone_offset(&z, at(2026, 10, 25, 1) - 1) == 7200);
        CHECK(ak_zone_offset(&z, at(2026, 10, 25, 1)) == 3600);
        CHECK(ak_zone_offset(&z, at(2099, 3, 29, 1)) == 7200); /* zoneinfo: CEST from 01:00Z */
        CHECK(ak_zone_offset(&z, at(2100, 12, 1, 0)) == 3600);
    }

    TEST ("New York changes on the second Sunday of March and the first of November") {
        struct ak_zone z = zone_of("EST5EDT,M3.2.0,M11.1.0", -18000);
        CHECK(ak_zone_offset(&z, at(2025, 3, 9, 7) - 1) == -18000);
        CHECK(ak_zone_offset(&z, at(2025, 3, 9, 7)) == -14400);
        CHECK(ak_zone_offset(&z, at(2025, 11, 2, 6) - 1) == -14400);
        CHECK(ak_zone_offset(&z, at(2025, 11, 2, 6)) == -18000);
        CHECK(ak_zone_to_utc(&z, at(2025, 7, 1, 12)) == at(2025, 7, 1, 16));
    }

    TEST ("south of the equator summer time spans the new year") {
        struct ak_zone z = zone_of("AEST-10AEDT,M10.1.0,M4.1.0/3", 36000);
        CHECK(ak_zone_offset(&z, at(2025, 1, 1, 0)) == 39600);
        CHECK(ak_zone_offset(&z, at(2025, 4, 5, 16) - 1) == 39600);
        CHECK(ak_zone_offset(&z, at(2025, 4, 5, 16)) == 36000);
        CHECK(ak_zone_offset(&z, at(2025, 10, 4, 16)) == 39600);
    }

    TEST ("Tokyo has one offset for good") {
        struct ak_zone z = zone_of("JST-9", 32400);
        CHECK(z.n == 1);
        CHECK(ak_zone_offset(&z, at(2090, 8, 1, 0)) == 32400);
    }

    TEST ("names in angle brackets, half hours, negative and very large hours are read") {
        struct ak_zone z = zone_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800);
        CHECK(ak_zone_offset(&z, at(2025, 1, 1, 0)) == 39600);
        CHECK(ak_zone_offset(&z, at(2025, 6, 1, 0)) == 37800);
        z = zone_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200); /* Nuuk */
        CHECK(ak_zone_offset(&z, at(2025, 3, 30, 1) - 1) == -7200);
        CHECK(ak_zone_offset(&z, at(2025, 3, 30, 1)) == -3600);
        z = zone_of("IST-2IDT,M3.4.4/26,M10.5.0", 7200); /* Jerusalem: Thursday, hour 26 */
        CHECK(ak_zone_offset(&z, at(2025, 3, 28, 0) - 1) == 7200);
        CHECK(ak_zone_offset(&z, at(2025, 3, 28, 0)) == 10800);
    }

    TEST ("day 60 by the Julian form is 1 March in every year, by the other form only in leap "
          "years") {
        struct ak_zone z = zone_of("AAA0BBB,J60/0,J300/0", 0);
        CHECK(ak_zone_offset(&z, at(2024, 3, 1, 0)) == 3600 &&
              !ak_zone_offset(&z, at(2024, 3, 1, 0) - 1));
        CHECK(ak_zone_offset(&z, at(2025, 3, 1, 0)) == 3600 &&
              !ak_zone_offset(&z, at(2025, 3, 1, 0) - 1));
        z = zone_of("AAA0BBB,60/0,300/0", 0);
        CHECK(ak_zone_offset(&z, at(2024, 3, 1, 0)) == 3600 &&
              !ak_zone_offset(&z, at(2024, 3, 1, 0) - 1));
        CHECK(ak_zone_offset(&z, at(2025, 3, 2, 0)) == 3600 &&
              !ak_zone_offset(&z, at(2025, 3, 2, 0) - 1));
    }

    TEST ("summer time that ends when it starts again lasts all year") {
        struct ak_zone z = zone_of("XXX3EDT4,0/0,J365/23", -10800);
        CHECK(ak_zone_offset(&z, at(2031, 1, 1, 3)) == -14400);
        CHECK(ak_zone_offset(&z, at(2031, 12, 31, 23)) == -14400);
        CHECK(ak_zone_offset(&z, at(2031, 7, 1, 0)) == -14400);
    }

    TEST ("listed transitions stand before the rule") {
        struct build b = slim(0, at(2010, 1, 1, 0), 3600, "CET-1CEST,M3.5.0,M10.5.0/3");
        struct ak_zone z;
        CHECK(ak_zone_parse(built(&b), &z) == AK_OK);
        CHECK(ak_zone_offset(&z, at(2009, 7, 1, 0)) == 0);
        CHECK(ak_zone_offset(&z, at(2010, 2, 1, 0)) == 3600);
        CHECK(ak_zone_offset(&z, at(2010, 7, 1, 0)) == 7200);
    }

    TEST ("the machine's own files agree with the rules above wherever both speak") {
        static const struct {
            const char *name, *rule;
            int32_t std_s, from;
        } ZONES[] = {
            { "Asia/Tokyo", "JST-9", 32400, 1990 },
            { "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", 3600, 1997 },
            { "America/New_York", "EST5EDT,M3.2.0,M11.1.0", -18000, 2008 },
            { "Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3", 36000, 2009 },
        };
        for (size_t i = 0; i < sizeof(ZONES) / sizeof(*ZONES); i++) {
            struct ak_zone theirs = { 0 }, ours = zone_of(ZONES[i].rule, ZONES[i].std_s);
            if (!machine_zone(ZONES[i].name, &theirs))
                continue;
            CHECK(agree(&theirs, &ours, ZONES[i].from, 2100));
        }
    }

    TEST ("what is no rule is not taken for one, and the listed transitions still stand") {
        static const char *const BAD[] = {
            "",
            "CET",
            "C-1",
            "CET-1CEST",
            "CET-1CEST,M3.5.0",
            "CET-200",
            "<>-1",
            "<+1",
            "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,J0,J9",
            "CET-1CEST,366,3",
            "CET-1x",
            "CET-1CEST,M3.5.0,M10.5.0/3z",
            "CET-1:60",
            "CET-1CEST,M3.5.7,M10.5.0",
        };
        struct ak_zone_rule rule;
        for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
            CHECK(!ak_zone_rule_parse(ak_str_of(BAD[i]), &rule));
            struct ak_zone z = zone_of(BAD[i], 3600);
            CHECK(z.n == 1 && ak_zone_offset(&z, at(2030, 7, 1, 0)) == 3600);
        }
    }

    TEST ("every truncation is either refused or a zone that still answers") {
        struct build b = slim(0, 0, 3600, "CET-1CEST,M3.5.0,M10.5.0/3");
        for (size_t n = 0; n <= b.n; n++) {
            uint8_t *exact = malloc(n + !n);
            memcpy(exact, b.bytes, n);
            struct ak_zone z;
            if (ak_zone_parse((struct ak_bytes){ exact, n }, &z) == AK_OK)
                CHECK(ak_zone_offset(&z, 1) == 3600);
            else
                CHECK(n < b.n - strlen("\nCET-1CEST,M3.5.0,M10.5.0/3\n"));
            free(exact);
        }
    }

    return story_report();
}
