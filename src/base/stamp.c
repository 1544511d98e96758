/* stamp.c - see stamp.h. */
#include "base/stamp.h"

#include "base/digits.h"

enum { NS_PER_S = 1000000000, SECONDS_PER_DAY = 86400 };

/* 1601-01-01 to 1970-01-01: 134,774 days of 86,400 s, in 100 ns ticks. */
static const uint64_t FILETIME_AT_1970 = UINT64_C(116444736000000000);

struct ak_stamp ak_stamp_filetime(uint64_t ticks)
{
    if (ticks == 0)
        return (struct ak_stamp){ 0 };

    bool before = ticks < FILETIME_AT_1970;
    uint64_t distance = before ? FILETIME_AT_1970 - ticks : ticks - FILETIME_AT_1970;
    if (distance > (uint64_t)INT64_MAX / 100)
        return (struct ak_stamp){ before ? INT64_MIN : INT64_MAX,
                                  AK_STAMP_SET | AK_STAMP_CLAMPED | AK_PREC_NS };
    int64_t ns = (int64_t)distance * 100;
    return (struct ak_stamp){ before ? -ns : ns, AK_STAMP_SET | AK_PREC_NS };
}

struct ak_stamp ak_stamp_unix(int64_t seconds, uint32_t nanoseconds, enum ak_precision precision)
{
    struct ak_stamp s = { .flags = (uint8_t)(AK_STAMP_SET | (unsigned)precision) };
    int64_t ns;
    if (__builtin_mul_overflow(seconds, (int64_t)NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, (int64_t)nanoseconds, &s.utc_ns)) {
        s.utc_ns = seconds < 0 ? INT64_MIN : INT64_MAX;
        s.flags |= AK_STAMP_CLAMPED;
    }
    return s;
}

/* Days since 1970-01-01 of a Gregorian date.  Counts in 400-year cycles that
 * start on 1 March, so that the leap day is the last day of its year. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned year_of_era = (unsigned)(y - era * 400);
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool is_leap(int32_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

bool ak_civil_seconds(const struct ak_civil *c, int64_t *out_seconds)
{
    static const uint8_t DAYS[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (c->month < 1 || c->month > 12 || c->hour > 23 || c->minute > 59 || c->second > 60)
        return false;
    unsigned in_month = DAYS[c->month - 1] + (c->month == 2 && is_leap(c->year) ? 1u : 0u);
    if (c->day < 1 || c->day > in_month)
        return false;
    *out_seconds = days_of(c->year, c->month, c->day) * SECONDS_PER_DAY + c->hour * 3600 +
                   c->minute * 60 + c->second;
    return true;
}

struct ak_civil ak_civil_of(int64_t utc_ns)
{
    int64_t seconds = utc_ns / NS_PER_S;
    int64_t ns = utc_ns % NS_PER_S;
    if (ns < 0) {
        ns += NS_PER_S;
        seconds--;
    }
    int64_t days = seconds / SECONDS_PER_DAY;
    int64_t rest = seconds % SECONDS_PER_DAY;
    if (rest < 0) {
        rest += SECONDS_PER_DAY;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * day_of_year + 2) / 153;
    unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
    int64_t year = (int64_t)year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return (struct ak_civil){
        .year = (int32_t)year,
        .month = (uint8_t)month,
        .day = (uint8_t)(day_of_year - (153 * shifted + 2) / 5 + 1),
        .hour = (uint8_t)(rest / 3600),
        .minute = (uint8_t)(rest / 60 % 60),
        .second = (uint8_t)(rest % 60),
        .ns = (uint32_t)ns,
    };
}

/* `width` decimal digits of v, most significant first. */
static char *put_digits(char *to, uint32_t v, unsigned width)
{
    unsigned i = width;
    for (; i >= 2; i -= 2, v /= 100)
        memcpy(to + i - 2, ak_two_digits + v % 100 * 2, 2);
    if (i)
        to[0] = (char)('0' + v % 10);
    return to + width;
}

size_t ak_stamp_iso(struct ak_stamp s, char *buf)
{
    static const struct {
        uint32_t divisor;
        uint8_t digits;
    } FRACTION[4] = { { 1000000000, 0 }, { 1000000, 3 }, { 1000, 6 }, { 1, 9 } };

    if (!ak_stamp_is_set(s))
        return 0;
    struct ak_civil c = ak_civil_of(s.utc_ns);
    char *p = put_digits(buf, (uint32_t)c.year, 4);
    *p++ = '-';
    p = put_digits(p, c.month, 2);
    *p++ = '-';
    p = put_digits(p, c.day, 2);
    *p++ = 'T';
    p = put_digits(p, c.hour, 2);
    *p++ = ':';
    p = put_digits(p, c.minute, 2);
    *p++ = ':';
    p = put_digits(p, c.second, 2);
    unsigned prec = s.flags & AK_STAMP_PREC_MASK;
    if (FRACTION[prec].digits) {
        *p++ = '.';
        p = put_digits(p, c.ns / FRACTION[prec].divisor, FRACTION[prec].digits);
    }
    *p++ = 'Z';
    return (size_t)(p - buf);
}

/* A cursor on text for the ISO parser. */
struct scan {
    struct ak_str text;
    size_t at;
};

/* Exactly `width` digits; moves only when they are there. */
static bool take_digits(struct scan *s, unsigned width, uint32_t *out)
{
    if (s->text.n - s->at < width)
        return false;
    uint32_t v = 0;
    for (unsigned i = 0; i < width; i++) {
        char c = s->text.at[s->at + i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (uint32_t)(c - '0');
    }
    s->at += width;
    *out = v;
    return true;
}

static bool take_char(struct scan *s, char c)
{
    if (s->at >= s->text.n || s->text.at[s->at] != c)
        return false;
    s->at++;
    return true;
}

/* ".123456" or ",123": up to nine digits count, further ones are passed over. */
static void take_fraction(struct scan *s, struct ak_civil *c, enum ak_precision *out_prec)
{
    if (!take_char(s, '.') && !take_char(s, ','))
        return;
    unsigned digits = 0;
    uint32_t one;
    while (take_digits(s, 1, &one))
        if (digits < 9) {
            c->ns = c->ns * 10 + one;
            digits++;
        }
    *out_prec = digits == 0   ? AK_PREC_S
                : digits <= 3 ? AK_PREC_MS
                : digits <= 6 ? AK_PREC_US
                              : AK_PREC_NS;
    for (; digits < 9; digits++)
        c->ns *= 10;
}

/* "Z", "+09:00", "-0530", "+09".  False when none is there. */
static bool take_zone(struct scan *s, int32_t *out_offset_s)
{
    *out_offset_s = 0;
    if (take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    size_t back = s->at;
    bool minus = take_char(s, '-');
    if (!minus && !take_char(s, '+'))
        return false;
    uint32_t hours, minutes = 0;
    if (!take_digits(s, 2, &hours)) {
        s->at = back;
        return false;
    }
    take_char(s, ':');
    if (!take_digits(s, 2, &minutes))
        minutes = 0;
    int32_t offset = (int32_t)(hours * 3600 + minutes * 60);
    *out_offset_s = minus ? -offset : offset;
    return true;
}

static bool take_date(struct scan *s, struct ak_civil *c)
{
    uint32_t year, month, day;
    if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) ||
        !take_char(s, '-') || !take_digits(s, 2, &day))
        return false;
    c->year = (int32_t)year;
    c->month = (uint8_t)month;
    c->day = (uint8_t)day;
    return true;
}

/* "14:50[:12]" behind a 'T' or a blank; leaves the scan where it was otherwise. */
static bool take_time(struct scan *s, struct ak_civil *c)
{
    size_t back = s->at;
    uint32_t hour, minute, second = 0;
    if ((take_char(s, 'T') || take_char(s, ' ') || take_char(s, 't')) && take_digits(s, 2, &hour) &&
        take_char(s, ':') && take_digits(s, 2, &minute)) {
        if (take_char(s, ':') && !take_digits(s, 2, &second))
            return false;
        c->hour = (uint8_t)hour;
        c->minute = (uint8_t)minute;
        c->second = (uint8_t)second;
        return true;
    }
    s->at = back;
    return false;
}

bool ak_stamp_parse_iso(struct ak_str text, struct ak_stamp *out, size_t *out_used)
{
    struct scan s = { text, 0 };
    struct ak_civil c = { 0 };
    enum ak_precision prec = AK_PREC_S;
    int32_t offset_s = 0;
    bool zoned = false;
    if (!take_date(&s, &c))
        return false;
    if (take_time(&s, &c)) {
        take_fraction(&s, &c, &prec);
        zoned = take_zone(&s, &offset_s);
    }
    int64_t seconds;
    if (!ak_civil_seconds(&c, &seconds))
        return false;
    *out = ak_stamp_unix(seconds - offset_s, c.ns, prec);
    if (!zoned)
        out->flags |= AK_STAMP_LOCAL;
    *out_used = s.at;
    return true;
}
