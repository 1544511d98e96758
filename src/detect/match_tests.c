/* match_tests.c - see match_parts.h. */
#include "detect/match_parts.h"

#include "detect/pattern.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { NUMBER_MAX = 63 }; /* characters */

static bool compares(enum ak_compare how, double a, double b)
{
    switch (how) {
    case AK_CMP_EQ:
        return a == b;
    case AK_CMP_NE:
        return a != b;
    case AK_CMP_LT:
        return a < b;
    case AK_CMP_LE:
        return a <= b;
    case AK_CMP_GT:
        return a > b;
    case AK_CMP_GE:
        return a >= b;
    }
    return false;
}

static struct ak_str trimmed(struct ak_str text)
{
    while (text.n && text.at[0] == ' ') {
        text.at++;
        text.n--;
    }
    while (text.n && text.at[text.n - 1] == ' ')
        text.n--;
    return text;
}

/* Decimal ("-1.5e3") or hexadecimal ("0x1f") and nothing else. */
static bool number_of_text(struct ak_str text, double *out)
{
    char copy[NUMBER_MAX + 1], *end;
    text = trimmed(text);
    if (text.n == 0 || text.n > NUMBER_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!memchr("0123456789abcdefABCDEFxX+-.", text.at[i], 27))
            return false;
    memcpy(copy, text.at, text.n);
    copy[text.n] = 0;
    *out = strtod(copy, &end);
    return end == copy + text.n;
}

static bool number_of(struct ak_detector *d, uint32_t text, double *out)
{
    const struct ak_value *v = text < AK_EVENT_FIELDS_MAX ? &d->event->values[text] : NULL;
    enum ak_type type = v ? v->type : AK_TYPE_STR;
    if (type == AK_TYPE_U64 || type == AK_TYPE_HEX)
        *out = (double)v->u64;
    else if (type == AK_TYPE_I64)
        *out = (double)v->i64;
    else if (type == AK_TYPE_F64)
        *out = v->f64;
    else
        return number_of_text(ak_match_raw(d, text), out);
    return true;
}

/* ---- addresses ---- */

struct address {
    uint8_t bytes[16];
    bool is_v6;
};

static bool address_of(struct ak_str text, struct address *out)
{
    static const uint8_t MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
    char copy[INET6_ADDRSTRLEN];
    text = trimmed(text);
    const char *zone = text.n ? memchr(text.at, '%', text.n) : NULL;
    if (zone)
        text.n = (size_t)(zone - text.at);
    if (text.n == 0 || text.n >= sizeof(copy))
        return false;
    memcpy(copy, text.at, text.n);
    copy[text.n] = 0;
    out->is_v6 = false;
    if (inet_pton(AF_INET, copy, out->bytes) == 1)
        return true;
    if (inet_pton(AF_INET6, copy, out->bytes) != 1)
        return false;
    out->is_v6 = memcmp(out->bytes, MAPPED, sizeof(MAPPED)) != 0;
    if (!out->is_v6)
        memmove(out->bytes, out->bytes + 12, 4);
    return true;
}

static bool in_network(const struct ak_test *t, struct ak_str text)
{
    struct address a;
    if (!address_of(text, &a) || a.is_v6 != t->cidr.is_v6)
        return false;
    size_t whole = t->cidr.bits / 8u;
    unsigned rest = t->cidr.bits % 8u;
    if (whole > 16 || memcmp(a.bytes, t->cidr.address, whole) != 0)
        return false;
    return rest == 0 || whole == 16 ||
           ((a.bytes[whole] ^ t->cidr.address[whole]) >> (8 - rest)) == 0;
}

/* ---- times ---- */

/* A week is of the year that its Thursday is in. */
static int64_t iso_week(int64_t utc_ns)
{
    static const int64_t DAY = INT64_C(86400) * 1000000000;
    int64_t days = utc_ns / DAY - (utc_ns % DAY < 0);
    int64_t weekday = ((days + 3) % 7 + 7) % 7; /* Monday is 0; 1970 began on a Thursday */
    int64_t thursday = days - weekday + 3, first = 0;
    struct ak_civil year = { .year = ak_civil_of(thursday * DAY).year, .month = 1, .day = 1 };
    (void)ak_civil_seconds(&year, &first);
    return (thursday - first / 86400) / 7 + 1;
}

static bool stamp_of(struct ak_detector *d, uint32_t text, int64_t *out_ns)
{
    struct ak_stamp parsed;
    size_t used;
    if (text < AK_EVENT_FIELDS_MAX && d->event->values[text].type == AK_TYPE_STAMP) {
        *out_ns = d->event->values[text].i64;
        return true;
    }
    if (!ak_stamp_parse_iso(ak_match_raw(d, text), &parsed, &used))
        return false;
    *out_ns = parsed.utc_ns;
    return true;
}

static bool time_compares(struct ak_detector *d, const struct ak_test *t, uint32_t text)
{
    int64_t ns, part = 0;
    if (!stamp_of(d, text, &ns))
        return false;
    struct ak_civil c = ak_civil_of(ns);
    switch (t->time.part) {
    case AK_TIME_MINUTE:
        part = c.minute;
        break;
    case AK_TIME_HOUR:
        part = c.hour;
        break;
    case AK_TIME_DAY:
        part = c.day;
        break;
    case AK_TIME_WEEK:
        part = iso_week(ns);
        break;
    case AK_TIME_MONTH:
        part = c.month;
        break;
    case AK_TIME_YEAR:
        part = c.year;
        break;
    }
    return compares(t->time.compare, (double)part, (double)t->time.value);
}

/* ---- another field ---- */

static bool stands_so(const struct ak_test *t, struct ak_str value, struct ak_str other)
{
    if (t->field.starts && t->field.ends)
        return other.n == 0 || (value.n && memmem(value.at, value.n, other.at, other.n));
    if (t->field.starts)
        return ak_str_starts(value, other);
    return t->field.ends ? ak_str_ends(value, other) : ak_str_eq(value, other);
}

static bool field_compares(struct ak_detector *d, const struct ak_test *t, uint32_t other,
                           uint32_t text)
{
    size_t at = 0;
    uint32_t with;
    while (ak_match_next_value(d, other, &at, &with)) {
        bool cased = t->field.cased;
        struct ak_str value = cased ? ak_match_raw(d, text) : ak_match_folded(d, text);
        if (stands_so(t, value, cased ? ak_match_raw(d, with) : ak_match_folded(d, with)))
            return true;
    }
    return false;
}

bool ak_match_test(struct ak_detector *d, const struct ak_test *t, uint32_t other, uint32_t text)
{
    double number;
    switch (t->op) {
    case AK_TEST_PATTERN:
        return ak_pattern_match(&t->pattern, t->pattern.cased ? ak_match_raw(d, text)
                                                              : ak_match_folded(d, text));
    case AK_TEST_REGEX:
        return ak_regex_search(t->regex, d->regex_memory, ak_match_raw(d, text));
    case AK_TEST_CIDR:
        return in_network(t, ak_match_raw(d, text));
    case AK_TEST_NUMBER:
        return number_of(d, text, &number) && compares(t->number.compare, number, t->number.value);
    case AK_TEST_TIME:
        return time_compares(d, t, text);
    case AK_TEST_FIELD:
        return field_compares(d, t, other, text);
    case AK_TEST_NULL:
    case AK_TEST_EMPTY:
    case AK_TEST_EXISTS:
        break; /* about the field, not about a value: match_eval.c */
    }
    return false;
}
