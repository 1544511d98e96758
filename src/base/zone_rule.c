/* zone_rule.c - see zone_rule.h.  Syntax: POSIX.1-2017, 8.3, with the wider
 * hours of RFC 8536, 3.3.1. */
#include "base/zone_rule.h"

#include "base/stamp.h"

enum { HOUR_S = 3600, DAY_S = 86400, MAX_HOURS = 167, DEFAULT_AT_S = 2 * HOUR_S };

/* Where we are in the text. */
struct cursor {
    struct ak_str text;
    size_t at;
    bool failed;
};

static char peek(const struct cursor *c) { return c->at < c->text.n ? c->text.at[c->at] : 0; }

static bool accept(struct cursor *c, char want)
{
    bool yes = peek(c) == want;
    c->at += yes;
    return yes;
}

static void expect(struct cursor *c, char want) { c->failed |= !accept(c, want); }

/* A number from lo to hi, at most three digits. */
static int32_t number(struct cursor *c, int32_t lo, int32_t hi)
{
    int32_t v = 0;
    size_t first = c->at;
    while (c->at - first < 3 && peek(c) >= '0' && peek(c) <= '9')
        v = v * 10 + (c->text.at[c->at++] - '0');
    if (c->at == first || v < lo || v > hi)
        c->failed = true;
    return v;
}

/* [+|-]hh[:mm[:ss]] as seconds. */
static int32_t clock_time(struct cursor *c)
{
    int32_t sign = accept(c, '-') ? -1 : 1;
    if (sign > 0)
        accept(c, '+');
    int32_t v = number(c, 0, MAX_HOURS) * HOUR_S;
    if (accept(c, ':')) {
        v += number(c, 0, 59) * 60;
        if (accept(c, ':'))
            v += number(c, 0, 59);
    }
    return sign * v;
}

/* Three letters or more, or anything in angle brackets. */
static void skip_name(struct cursor *c)
{
    bool quoted = accept(c, '<');
    size_t first = c->at;
    for (char ch = peek(c); ch && ch != '>'; ch = peek(c)) {
        bool letter = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
        if (!quoted && !letter)
            break;
        c->at++;
    }
    if (c->at - first < 3)
        c->failed = true;
    if (quoted)
        expect(c, '>');
}

static struct ak_zone_day read_day(struct cursor *c)
{
    struct ak_zone_day d = { .kind = 'n', .second = DEFAULT_AT_S };
    if (accept(c, 'M')) {
        d.kind = 'M';
        d.month = (uint8_t)number(c, 1, 12);
        expect(c, '.');
        d.week = (uint8_t)number(c, 1, 5);
        expect(c, '.');
        d.day = (uint16_t)number(c, 0, 6);
    } else if (accept(c, 'J')) {
        d.kind = 'J';
        d.day = (uint16_t)number(c, 1, 365);
    } else {
        d.day = (uint16_t)number(c, 0, 365);
    }
    if (accept(c, '/'))
        d.second = clock_time(c);
    return d;
}

bool ak_zone_rule_parse(struct ak_str text, struct ak_zone_rule *out)
{
    struct cursor c = { .text = text };
    struct ak_zone_rule rule = { 0 };
    skip_name(&c);
    rule.std_s = -clock_time(&c); /* POSIX counts west of Greenwich */
    rule.dst_s = rule.std_s;
    rule.has_dst = !c.failed && c.at < text.n;
    if (rule.has_dst) {
        skip_name(&c);
        rule.dst_s = peek(&c) == ',' ? rule.std_s + HOUR_S : -clock_time(&c);
        expect(&c, ',');
        rule.start = read_day(&c);
        expect(&c, ',');
        rule.end = read_day(&c);
    }
    if (c.failed || c.at != text.n)
        return false;
    *out = rule;
    return true;
}

static int64_t days_to(int32_t year, uint8_t month)
{
    const struct ak_civil first = { .year = year, .month = month, .day = 1 };
    int64_t seconds = 0;
    (void)ak_civil_seconds(&first, &seconds); /* the first of a month always exists */
    return seconds / DAY_S;
}

/* Days since 1970 of a rule's day. */
static int64_t day_in_year(const struct ak_zone_day *d, int32_t year)
{
    int64_t first = days_to(year, 1);
    if (d->kind == 'n')
        return first + d->day;
    if (d->kind == 'J') {
        bool leap = days_to(year, 3) - first == 60;
        return first + d->day - 1 + (leap && d->day >= 60);
    }
    int64_t month = days_to(year, d->month);
    int64_t next = d->month == 12 ? days_to(year + 1, 1) : days_to(year, (uint8_t)(d->month + 1));
    int64_t weekday = (month + 4) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = month + (d->day - weekday + 7) % 7 + 7 * (d->week - 1);
    return day < next ? day : day - 7; /* "week 5" is the last there is */
}

void ak_zone_rule_year(const struct ak_zone_rule *rule, int32_t year, int64_t *out_start,
                       int64_t *out_end)
{
    *out_start = day_in_year(&rule->start, year) * DAY_S + rule->start.second - rule->std_s;
    *out_end = day_in_year(&rule->end, year) * DAY_S + rule->end.second - rule->dst_s;
}
