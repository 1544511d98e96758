/* system_hive_test.c - a Windows machine is called what it was called, and its
 * clock was set as it was set. */
#include "artefact/windows/system_hive.h"
#include "base/stamp.h"
#include "base/zone.h"
#include "format/regf.h"
#include "tests/support/hive_build.h"
#include "tests/support/story.h"

#include <stdio.h>

/* TIME_FIELDS of a yearly change. */
static uint32_t change(struct hive *h, const char *name, uint16_t month, uint16_t week,
                       uint16_t hour, uint16_t day)
{
    struct build b = { .n = 0 };
    const uint16_t fields[8] = { 0, month, week, hour, 0, 0, 0, day };
    for (unsigned i = 0; i < 8; i++)
        put_u16(&b, fields[i]);
    return hive_value(h, name, 3, b.bytes, b.n);
}

struct machine {
    const char *host, *domain, *netbios, *zone;
    int32_t bias;
    bool summer, summer_off;
    const char *list; /* kind of the lists of keys */
};

static uint32_t tcpip(struct hive *h, const struct machine *m)
{
    uint32_t v[2] = { hive_text(h, "Hostname", m->host), hive_text(h, "Domain", m->domain) };
    uint32_t parameters = hive_leaf(h, "Parameters", v, 2);
    uint32_t tcp = hive_branch(h, "Tcpip", m->list, &parameters, 1);
    return hive_branch(h, "Services", m->list, &tcp, 1);
}

static uint32_t control(struct hive *h, const struct machine *m)
{
    uint32_t name = hive_text(h, "ComputerName", m->netbios);
    uint32_t inner = hive_leaf(h, "ComputerName", &name, 1);
    uint32_t v[8] = { hive_dword(h, "Bias", (uint32_t)m->bias),
                      hive_text(h, "TimeZoneKeyName", m->zone),
                      hive_dword(h, "DynamicDaylightTimeDisabled", m->summer_off), 0 };
    size_t n = 3;
    if (m->summer) {
        v[n++] = hive_dword(h, "DaylightBias", (uint32_t)-60);
        v[n++] = change(h, "DaylightStart", 3, 5, 2, 0);
        v[n++] = change(h, "StandardStart", 10, 5, 3, 0);
    }
    uint32_t two[2] = { hive_branch(h, "ComputerName", m->list, &inner, 1),
                        hive_leaf(h, "TimeZoneInformation", v, n) };
    return hive_branch(h, "Control", m->list, two, 2);
}

static struct ak_bytes machine(struct hive *h, const struct machine *m)
{
    *h = (struct hive){ .n = 32 }; /* the head of the first bin */
    uint32_t two[2] = { control(h, m), m->host ? tcpip(h, m) : 0 };
    uint32_t current = hive_dword(h, "Current", 2);
    uint32_t set = hive_branch(h, "ControlSet002", m->list, two, m->host ? 2 : 1);
    uint32_t roots[2] = { set, hive_leaf(h, "Select", &current, 1) };
    return hive_end(h, hive_branch(h, "ROOT", "lf", roots, 2));
}

static const struct machine TOKYO = { "fs01", "example.jp", "FS01", "Tokyo Standard Time",
                                      -540,   false,        false,  "lh" };
static const struct machine BERLIN = { NULL, NULL, "PC-7", "W. Europe Standard Time",
                                       -60,  true, false,  "li" };

static int64_t utc(int32_t year, uint8_t month, uint8_t day, uint8_t hour)
{
    const struct ak_civil c = { .year = year, .month = month, .day = day, .hour = hour };
    int64_t s = 0;
    (void)ak_civil_seconds(&c, &s);
    return s;
}

static void names(struct hive *h, struct ak_system_hive *s)
{
    TEST ("a machine in a domain is called as its event logs call it") {
        CHECK(ak_system_hive_read(machine(h, &TOKYO), s) == AK_OK);
        CHECK(strcmp(s->host, "fs01.example.jp") == 0);
        CHECK(!s->dirty);
        ak_system_hive_free(s);
    }
    TEST ("without network settings it has its NetBIOS name") {
        CHECK(ak_system_hive_read(machine(h, &BERLIN), s) == AK_OK);
        CHECK(strcmp(s->host, "PC-7") == 0);
        ak_system_hive_free(s);
    }
    TEST ("a hive that was being written says so") {
        struct ak_bytes file = machine(h, &TOKYO);
        h->bytes[4]++;
        CHECK(ak_system_hive_read(file, s) == AK_OK);
        CHECK(s->dirty && s->host[0]);
        ak_system_hive_free(s);
    }
}

static void zones(struct hive *h, struct ak_system_hive *s)
{
    static struct ak_zone zone;
    TEST ("a machine in Tokyo is nine hours ahead, all year") {
        CHECK(ak_system_hive_read(machine(h, &TOKYO), s) == AK_OK);
        CHECK(strcmp(s->zone, "Tokyo Standard Time") == 0 && s->iana &&
              strcmp(s->iana, "Asia/Tokyo") == 0);
        CHECK(ak_zone_parse((struct ak_bytes){ s->tzif.at, s->tzif.n }, &zone) == AK_OK);
        CHECK(ak_zone_offset(&zone, utc(2026, 1, 1, 0)) == 9 * 3600);
        CHECK(ak_zone_offset(&zone, utc(2026, 7, 1, 0)) == 9 * 3600);
        ak_system_hive_free(s);
    }
    TEST ("a machine in Berlin changes its clock on the last Sundays of March and October") {
        CHECK(ak_system_hive_read(machine(h, &BERLIN), s) == AK_OK);
        CHECK(ak_zone_parse((struct ak_bytes){ s->tzif.at, s->tzif.n }, &zone) == AK_OK);
        CHECK(ak_zone_offset(&zone, utc(2026, 3, 29, 0)) == 3600);
        CHECK(ak_zone_offset(&zone, utc(2026, 3, 29, 1)) == 7200);
        CHECK(ak_zone_offset(&zone, utc(2026, 10, 25, 0)) == 7200);
        CHECK(ak_zone_offset(&zone, utc(2026, 10, 25, 1)) == 3600);
        ak_system_hive_free(s);
    }
    TEST ("summer time that was switched off does not come back by the zone's name") {
        struct machine m = BERLIN;
        m.summer_off = true;
        CHECK(ak_system_hive_read(machine(h, &m), s) == AK_OK);
        CHECK(!s->iana);
        CHECK(ak_zone_parse((struct ak_bytes){ s->tzif.at, s->tzif.n }, &zone) == AK_OK);
        CHECK(ak_zone_offset(&zone, utc(2026, 7, 1, 0)) == 3600);
        ak_system_hive_free(s);
    }
}

static void damage(struct hive *h, struct ak_system_hive *s)
{
    TEST ("bytes that are no hive are refused") {
        CHECK(ak_system_hive_read((struct ak_bytes){ (const uint8_t *)"MZ", 2 }, s) ==
              AK_ERR_UNSUPPORTED);
        ak_system_hive_free(s);
    }
    TEST ("a hive cut anywhere neither crashes nor invents a name") {
        struct ak_bytes file = machine(h, &TOKYO);
        int wrong = 0;
        for (size_t n = 0; n < file.n; n++) {
            enum ak_status st = ak_system_hive_read((struct ak_bytes){ file.at, n }, s);
            wrong += st == AK_OK && s->host[0] && strncmp(s->host, "fs01", 4) != 0 &&
                     strcmp(s->host, "FS01") != 0;
            ak_system_hive_free(s);
        }
        CHECK(wrong == 0);
    }
    TEST ("a list of keys that is in itself, and counts that are lies, end") {
        struct ak_regf hive;
        struct ak_regf_key key;
        *h = (struct hive){ .n = 32 };
        uint32_t self = (uint32_t)h->n, cells[2000];
        for (size_t i = 0; i < 2000; i++)
            cells[i] = self;
        uint32_t list = hive_list(h, "ri", cells, 2000);
        struct ak_bytes file = hive_end(h, hive_key(h, "ROOT", list, 0xFFFFFFFF, list, 0xFFFFFFFF));
        CHECK(ak_regf_open(file, &hive) == AK_OK);
        CHECK(ak_regf_find(&hive, AK_STR("Select"), &key) == AK_REGF_DAMAGED);
        CHECK(ak_regf_find(&hive, AK_STR(""), &key) == AK_REGF_FOUND);
        struct ak_regf_value v;
        CHECK(ak_regf_value(&hive, &key, AK_STR("x"), &v) == AK_REGF_DAMAGED);
    }
    TEST ("a list of lists of keys is gone through") {
        struct ak_regf hive;
        struct ak_regf_key key;
        *h = (struct hive){ .n = 32 };
        uint32_t a = hive_key(h, "Alpha", 0, 0, 0, 0), b = hive_key(h, "Beta", 0, 0, 0, 0);
        uint32_t lists[2] = { hive_list(h, "lh", &a, 1), hive_list(h, "li", &b, 1) };
        struct ak_bytes file = hive_end(h, hive_branch(h, "ROOT", "ri", lists, 2));
        CHECK(ak_regf_open(file, &hive) == AK_OK);
        CHECK(ak_regf_find(&hive, AK_STR("BETA"), &key) == AK_REGF_FOUND);
        CHECK(ak_regf_find(&hive, AK_STR("alpha"), &key) == AK_REGF_FOUND);
        CHECK(ak_regf_find(&hive, AK_STR("gamma"), &key) == AK_REGF_ABSENT);
    }
}

/* With a folder as argument: write seeds for the fuzzer there. */
static void seed(const char *folder, const char *name, struct ak_bytes file)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(file.at, 1, file.n, f);
        fclose(f);
    }
}

int main(int argc, char **argv)
{
    static struct hive h;
    static struct ak_system_hive s;
    if (argc > 1) {
        seed(argv[1], "tokyo", machine(&h, &TOKYO));
        seed(argv[1], "berlin", machine(&h, &BERLIN));
        return 0;
    }
    names(&h, &s);
    zones(&h, &s);
    damage(&h, &s);
    return story_report();
}
