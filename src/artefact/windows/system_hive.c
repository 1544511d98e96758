/* system_hive.c - name and time zone of a Windows machine, from its SYSTEM hive.
 *
 * HKLM\SYSTEM has several control sets; Select\Current says which was in use.
 * In it, Services\Tcpip\Parameters has the name and domain that event logs are
 * written with, Control\ComputerName the NetBIOS name, and
 * Control\TimeZoneInformation the zone: minutes from local time to UTC (Bias and
 * what is added to it in winter and summer), and the two changes as TIME_FIELDS
 * (year, month, day, hour, minute, second, millisecond, day of the week; year 0:
 * the day is the week of the month, 5 the last).  docs/formats/windows.registry.md */
#include "artefact/windows/system_hive.h"

#include "artefact/windows/windows_zone.h"
#include "base/reader.h"
#include "format/regf.h"

#include <stdio.h>
#include <stdlib.h>

enum { BIAS_MAX = 24 * 60 };

/* A key of the control set in use. */
static bool find(const struct ak_regf *hive, unsigned set, const char *path,
                 struct ak_regf_key *out)
{
    char full[128];
    int n = snprintf(full, sizeof(full), "ControlSet%03u%s", set, path);
    return ak_regf_find(hive, (struct ak_str){ full, (size_t)n }, out) == AK_REGF_FOUND;
}

/* The first of two values that is a text. */
static size_t either(const struct ak_regf *hive, const struct ak_regf_key *key, struct ak_str first,
                     struct ak_str second, char *to, size_t size)
{
    size_t n = ak_regf_text(hive, key, first, to, size);
    return n ? n : ak_regf_text(hive, key, second, to, size);
}

static void read_host(const struct ak_regf *hive, unsigned set, struct ak_system_hive *out)
{
    struct ak_regf_key key;
    char domain[256] = "";
    size_t n = 0;
    if (find(hive, set, "\\Services\\Tcpip\\Parameters", &key)) {
        n = either(hive, &key, AK_STR("NV Hostname"), AK_STR("Hostname"), out->host,
                   sizeof(out->host) / 2);
        either(hive, &key, AK_STR("NV Domain"), AK_STR("Domain"), domain, sizeof(domain));
    }
    if (n && domain[0])
        snprintf(out->host + n, sizeof(out->host) - n, ".%s", domain);
    if (!n && find(hive, set, "\\Control\\ComputerName\\ComputerName", &key))
        ak_regf_text(hive, &key, AK_STR("ComputerName"), out->host, sizeof(out->host));
}

/* ---- the zone ---- */

/* "M10.5.0/3:0:0" from TIME_FIELDS; false when there is no change of the clock. */
static bool change_text(const struct ak_regf *hive, const struct ak_regf_key *key,
                        struct ak_str name, char *to, size_t size)
{
    struct ak_regf_value v;
    if (ak_regf_value(hive, key, name, &v) != AK_REGF_FOUND)
        return false;
    struct ak_reader r = ak_rd_open(v.data, 0);
    uint16_t year = ak_rd_u16le(&r), month = ak_rd_u16le(&r), week = ak_rd_u16le(&r),
             hour = ak_rd_u16le(&r), minute = ak_rd_u16le(&r), second = ak_rd_u16le(&r);
    ak_rd_skip(&r, 2);
    uint16_t day = ak_rd_u16le(&r);
    if (!ak_rd_ok(&r) || year != 0 || month < 1 || month > 12 || week < 1 || week > 5 || day > 6 ||
        hour > 24 || minute > 59 || second > 59)
        return false;
    snprintf(to, size, "M%u.%u.%u/%u:%02u:%02u", month, week, day, hour, minute, second);
    return true;
}

static int32_t minutes(const struct ak_regf *hive, const struct ak_regf_key *key,
                       struct ak_str name)
{
    int32_t m = (int32_t)ak_regf_u32(hive, key, name, 0);
    return m > BIAS_MAX || m < -BIAS_MAX ? 0 : m;
}

/* POSIX counts west of UTC, as Windows does. */
static void offset_text(char *to, size_t size, const char *name, int32_t west_min)
{
    snprintf(to, size, "%s%c%d:%02d", name, west_min < 0 ? '-' : '+', abs(west_min) / 60,
             abs(west_min) % 60);
}

/* One header and one type: all a file needs whose rule stands in its footer. */
static void put_block(struct ak_buf *out, int32_t east_s)
{
    static const uint8_t HEADER[20] = "TZif2";
    static const uint8_t COUNTS[24] = { [19] = 1, [23] = 4 };
    const uint32_t e = (uint32_t)east_s;
    const uint8_t type[6] = {
        (uint8_t)(e >> 24), (uint8_t)(e >> 16), (uint8_t)(e >> 8), (uint8_t)e, 0, 0
    };
    ak_buf_put(out, HEADER, sizeof(HEADER));
    ak_buf_put(out, COUNTS, sizeof(COUNTS));
    ak_buf_put(out, type, sizeof(type));
    ak_buf_put(out, "STD", 4);
}

static void read_zone(const struct ak_regf *hive, unsigned set, struct ak_system_hive *out)
{
    struct ak_regf_key key;
    struct ak_regf_value bias;
    if (!find(hive, set, "\\Control\\TimeZoneInformation", &key) ||
        ak_regf_value(hive, &key, AK_STR("Bias"), &bias) != AK_REGF_FOUND)
        return;
    /* Before Vista there was only the name shown to people, which its language decides. */
    either(hive, &key, AK_STR("TimeZoneKeyName"), AK_STR("StandardName"), out->zone,
           sizeof(out->zone));
    out->iana = ak_windows_zone(ak_str_of(out->zone));
    int32_t west = minutes(hive, &key, AK_STR("Bias"));
    int32_t winter = west + minutes(hive, &key, AK_STR("StandardBias"));
    char rule[160], standard[24], daylight[24], start[32], end[32];
    offset_text(standard, sizeof(standard), "STD", winter);
    offset_text(daylight, sizeof(daylight), "DST",
                west + minutes(hive, &key, AK_STR("DaylightBias")));
    bool off = ak_regf_u32(hive, &key, AK_STR("DynamicDaylightTimeDisabled"), 0) ||
               ak_regf_u32(hive, &key, AK_STR("DisableAutoDaylightTimeSet"), 0);
    bool changes = !off && change_text(hive, &key, AK_STR("DaylightStart"), start, sizeof(start)) &&
                   change_text(hive, &key, AK_STR("StandardStart"), end, sizeof(end));
    if (changes)
        snprintf(rule, sizeof(rule), "\n%s%s,%s,%s\n", standard, daylight, start, end);
    else
        snprintf(rule, sizeof(rule), "\n%s\n", standard);
    if (off)
        out->iana = NULL; /* its clock did not follow the zone's rules */
    put_block(&out->tzif, winter * -60);
    put_block(&out->tzif, winter * -60);
    ak_buf_text(&out->tzif, rule);
}

enum ak_status ak_system_hive_read(struct ak_bytes file, struct ak_system_hive *out)
{
    struct ak_regf hive;
    struct ak_regf_key key;
    *out = (struct ak_system_hive){ 0 };
    enum ak_status st = ak_regf_open(file, &hive);
    if (st != AK_OK)
        return st;
    unsigned set = 1;
    if (ak_regf_find(&hive, AK_STR("Select"), &key) == AK_REGF_FOUND)
        set = ak_regf_u32(&hive, &key, AK_STR("Current"), 1) % 1000;
    if (!find(&hive, set, "", &key))
        return AK_ERR_CORRUPT;
    out->dirty = hive.dirty;
    read_host(&hive, set, out);
    read_zone(&hive, set, out);
    return AK_OK;
}

void ak_system_hive_free(struct ak_system_hive *hive) { ak_buf_free(&hive->tzif); }
