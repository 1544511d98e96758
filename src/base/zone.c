/* zone.c - see zone.h. */
#include "base/zone.h"

#include "base/reader.h"
#include "base/stamp.h"
#include "base/zone_rule.h"

const struct ak_zone ak_zone_utc = { 0 };

struct ak_zone ak_zone_fixed(int32_t offset_s)
{
    return (struct ak_zone){ .first_offset_s = offset_s, .known = true };
}

enum { TZIF_HEADER = 44, MAX_TYPES = 256, MAX_OFFSET_S = 26 * 3600 };

/* The footer's rule is written out as transitions for these years. */
enum { RULE_FIRST_YEAR = 1970, RULE_LAST_YEAR = 2100 };

/* The six counts of a TZif header, in file order. */
struct counts {
    uint32_t ut, std, leap, time, type, chars;
};

static struct counts read_counts(struct ak_reader *r)
{
    ak_rd_skip(r, 20); /* magic, version, 15 reserved */
    struct counts c;
    c.ut = ak_rd_u32be(r);
    c.std = ak_rd_u32be(r);
    c.leap = ak_rd_u32be(r);
    c.time = ak_rd_u32be(r);
    c.type = ak_rd_u32be(r);
    c.chars = ak_rd_u32be(r);
    return c;
}

static uint64_t body_bytes(const struct counts *c, unsigned width)
{
    return (uint64_t)c->time * width + c->time + (uint64_t)c->type * 6 + c->chars +
           (uint64_t)c->leap * (width + 4) + c->std + c->ut;
}

/* Read one data block whose times are `width` bytes. */
static enum ak_status read_block(struct ak_reader *r, const struct counts *c, unsigned width,
                                 struct ak_zone *out)
{
    struct ak_bytes times = ak_rd_array(r, c->time, width);
    struct ak_bytes kinds = ak_rd_array(r, c->time, 1);
    struct ak_bytes types = ak_rd_array(r, c->type, 6);
    if (!ak_rd_ok(r) || c->type == 0 || c->type > MAX_TYPES || c->time > AK_ZONE_TRANSITIONS)
        return AK_ERR_CORRUPT;
    out->first_offset_s = (int32_t)ak_load_u32be(types.at);
    if (out->first_offset_s > MAX_OFFSET_S || out->first_offset_s < -MAX_OFFSET_S)
        return AK_ERR_CORRUPT;
    for (uint32_t i = 0; i < c->time; i++) {
        if (kinds.at[i] >= c->type)
            return AK_ERR_CORRUPT;
        const uint8_t *t = times.at + (size_t)i * width;
        out->at[i] = width == 8 ? (int64_t)ak_load_u64be(t) : (int32_t)ak_load_u32be(t);
        out->offset_s[i] = (int32_t)ak_load_u32be(types.at + 6 * (size_t)kinds.at[i]);
        if (out->offset_s[i] > MAX_OFFSET_S || out->offset_s[i] < -MAX_OFFSET_S)
            return AK_ERR_CORRUPT;
        if (i > 0 && out->at[i] < out->at[i - 1])
            return AK_ERR_CORRUPT;
    }
    out->n = c->time;
    out->known = true;
    return AK_OK;
}

/* Add a transition behind the last.  Of two at one moment (summer time ends and
 * starts again: it lasts all year) the later one stands. */
static void add(struct ak_zone *zone, int64_t at, int32_t offset_s)
{
    if (zone->n > 0 && at == zone->at[zone->n - 1])
        zone->offset_s[zone->n - 1] = offset_s;
    if (zone->n == AK_ZONE_TRANSITIONS || (zone->n > 0 && at <= zone->at[zone->n - 1]))
        return;
    zone->at[zone->n] = at;
    zone->offset_s[zone->n] = offset_s;
    zone->n++;
}

/* One year of the rule, in the order things happen. */
static void add_year(struct ak_zone *zone, const struct ak_zone_rule *rule, int32_t year)
{
    int64_t start, end;
    ak_zone_rule_year(rule, year, &start, &end);
    if (start < end)
        add(zone, start, rule->dst_s);
    add(zone, end, rule->std_s);
    if (start >= end)
        add(zone, start, rule->dst_s);
}

/* Go on after the last listed transition by the footer: a line feed, a rule, a
 * line feed.  What is no rule is ignored: the listed transitions stand. */
static void read_footer(struct ak_reader *r, struct ak_zone *zone)
{
    struct ak_bytes rest = ak_rd_take(r, ak_rd_left(r));
    const uint8_t *end = rest.n > 1 ? memchr(rest.at + 1, '\n', rest.n - 1) : NULL;
    struct ak_zone_rule rule;
    if (!end || rest.at[0] != '\n')
        return;
    struct ak_str text = { (const char *)rest.at + 1, (size_t)(end - rest.at) - 1 };
    if (!ak_zone_rule_parse(text, &rule) || rule.std_s > MAX_OFFSET_S ||
        rule.std_s < -MAX_OFFSET_S || rule.dst_s > MAX_OFFSET_S || rule.dst_s < -MAX_OFFSET_S)
        return;
    if (!rule.has_dst) {
        if (zone->n == 0)
            zone->first_offset_s = rule.std_s;
        return;
    }
    for (int32_t year = RULE_FIRST_YEAR; year <= RULE_LAST_YEAR; year++)
        add_year(zone, &rule, year);
}

enum ak_status ak_zone_parse(struct ak_bytes tzif, struct ak_zone *out)
{
    struct ak_zone zone = { 0 };
    struct ak_reader r = ak_rd_open(tzif, 0);
    if (tzif.n < TZIF_HEADER || memcmp(tzif.at, "TZif", 4) != 0)
        return AK_ERR_CORRUPT;
    uint8_t version = tzif.at[4];
    struct counts c = read_counts(&r);
    unsigned width = 4;
    if (version >= '2') { /* a second header and block follow, with 64-bit times */
        ak_rd_skip(&r, body_bytes(&c, 4));
        c = read_counts(&r);
        width = 8;
    }
    if (!ak_rd_ok(&r))
        return AK_ERR_CORRUPT;
    enum ak_status st = read_block(&r, &c, width, &zone);
    if (st != AK_OK)
        return st;
    if (width == 8) {
        ak_rd_skip(&r, body_bytes(&c, 8) - ((uint64_t)c.time * 9 + (uint64_t)c.type * 6));
        read_footer(&r, &zone);
    }
    *out = zone;
    return AK_OK;
}

int32_t ak_zone_offset(const struct ak_zone *zone, int64_t utc_s)
{
    uint32_t lo = 0, hi = zone->n; /* the number of transitions at or before utc_s */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (zone->at[mid] <= utc_s)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo == 0 ? zone->first_offset_s : zone->offset_s[lo - 1];
}

int64_t ak_zone_to_utc(const struct ak_zone *zone, int64_t local_s)
{
    /* A candidate offset is right when it is the one in force at the moment it
     * leads to.  The larger offset gives the earlier moment: try it first. */
    int32_t a = ak_zone_offset(zone, local_s - MAX_OFFSET_S);
    int32_t b = ak_zone_offset(zone, local_s + MAX_OFFSET_S);
    int32_t large = a > b ? a : b, small = a > b ? b : a;
    if (ak_zone_offset(zone, local_s - large) == large)
        return local_s - large;
    if (ak_zone_offset(zone, local_s - small) == small)
        return local_s - small;
    return local_s - a;
}
