/* text.c - see text.h. */
#include "report/text.h"

#include "base/stamp.h"
#include "base/utf.h"

#include <stdio.h>
#include <stdlib.h>

/* Characters that are shown by their number: they hide, reorder or imitate.
 * Unicode 15 general categories Cc, Cf, Zl, Zp, Co and fillers drawn as nothing. */
static const struct range {
    uint32_t from, to;
} MARKED[] = {
    { 0x00, 0x1F },       { 0x7F, 0x9F },       { 0xAD, 0xAD },        { 0x034F, 0x034F },
    { 0x061C, 0x061C },   { 0x115F, 0x1160 },   { 0x17B4, 0x17B5 },    { 0x180B, 0x180F },
    { 0x200B, 0x200F },   { 0x2028, 0x202E },   { 0x2060, 0x206F },    { 0x3164, 0x3164 },
    { 0xD800, 0xDFFF },   { 0xE000, 0xF8FF },   { 0xFE00, 0xFE0F },    { 0xFEFF, 0xFEFF },
    { 0xFFA0, 0xFFA0 },   { 0xFFF0, 0xFFFB },   { 0xFFFE, 0xFFFF },    { 0x1BCA0, 0x1BCA3 },
    { 0x1D173, 0x1D17A }, { 0xE0000, 0xE00FF }, { 0xE01F0, 0x10FFFF },
};

static bool is_marked(uint32_t c)
{
    for (size_t i = 0; i < sizeof(MARKED) / sizeof(MARKED[0]); i++)
        if (c >= MARKED[i].from && c <= MARKED[i].to)
            return true;
    return (c & 0xFFFE) == 0xFFFE;
}

static bool is_combining(uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
           (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
           (c >= 0xFE20 && c <= 0xFE2F) || (c >= 0x0483 && c <= 0x0489);
}

static void put_mark(struct ak_buf *out, const char *format, unsigned value)
{
    ak_buf_text(out, "\xE3\x80\x88");
    char text[16];
    snprintf(text, sizeof(text), *format == 'U' ? "U+%04X" : "%02X", value);
    ak_buf_text(out, text);
    ak_buf_text(out, "\xE3\x80\x89");
}

static const char *html_entity(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static const char *backslashed(uint32_t c)
{
    return c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : NULL;
}

static void put_visible(struct ak_buf *out, struct ak_str s, size_t max, bool html)
{
    size_t n = 0, at = 0, combining = 0;
    max = max ? max : AK_VISIBLE_MAX;
    while (at < s.n) {
        size_t begin = at;
        uint32_t c = ak_utf8_next(s, &at);
        if (n++ == max) {
            ak_buf_text(out, "\xE2\x80\xA6");
            return;
        }
        combining = is_combining(c) ? combining + 1 : 0;
        const char *known = backslashed(c);
        if (!known && html)
            known = html_entity(c);
        if (known)
            ak_buf_text(out, known);
        else if (c == 0xFFFFFFFF)
            put_mark(out, "B", (unsigned char)s.at[begin]);
        else if (is_marked(c) || combining > AK_VISIBLE_COMBINING)
            put_mark(out, "U", c);
        else
            ak_buf_put(out, s.at + begin, at - begin);
    }
}

void ak_visible(struct ak_buf *out, struct ak_str s, size_t max)
{
    put_visible(out, s, max, false);
}

void ak_visible_html(struct ak_buf *out, struct ak_str s, size_t max)
{
    put_visible(out, s, max, true);
}

/* ---- numbers and times ---- */

void ak_put_number(struct ak_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            ak_buf_u8(out, ',');
        ak_buf_u8(out, (uint8_t)digits[i]);
    }
}

void ak_put_size(struct ak_buf *out, uint64_t n)
{
    static const char *const UNITS[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    uint64_t whole = n, rest = 0;
    unsigned unit = 0;
    while (whole >= 1000 && unit < 6) {
        rest = whole % 1000;
        whole /= 1000;
        unit++;
    }
    if (unit == 0 || whole >= 100)
        ak_buf_printf(out, "%llu %s", (unsigned long long)whole, UNITS[unit]);
    else
        ak_buf_printf(out, "%llu.%llu %s", (unsigned long long)whole,
                      (unsigned long long)(rest / 100), UNITS[unit]);
}

static struct ak_civil civil_in(const struct ak_zone *zone, int64_t ns, int32_t *out_offset)
{
    static const int64_t S = 1000000000;
    int64_t seconds = ns / S - (ns % S < 0);
    *out_offset = ak_zone_offset(zone, seconds);
    return ak_civil_of((seconds + *out_offset) * S);
}

void ak_put_day(struct ak_buf *out, int64_t ns, const struct ak_zone *zone, enum ak_lang lang)
{
    static const char *const MONTHS[] = { "January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December" };
    int32_t offset;
    struct ak_civil c = civil_in(zone, ns, &offset);
    if (lang == AK_LANG_JA)
        ak_buf_printf(out, "%d年%u月%u日", c.year, c.month, c.day);
    else
        ak_buf_printf(out, "%u %s %d", c.day, MONTHS[(c.month + 11u) % 12u], c.year);
}

void ak_put_moment(struct ak_buf *out, int64_t ns, const struct ak_zone *zone)
{
    int32_t offset;
    struct ak_civil c = civil_in(zone, ns, &offset);
    ak_buf_printf(out, "%04d-%02u-%02u %02u:%02u:%02u", c.year, c.month, c.day, c.hour, c.minute,
                  c.second);
}

void ak_put_minute(struct ak_buf *out, int64_t ns, const struct ak_zone *zone)
{
    int32_t offset;
    struct ak_civil c = civil_in(zone, ns, &offset);
    ak_buf_printf(out, "%02u-%02u %02u:%02u", c.month, c.day, c.hour, c.minute);
}

void ak_put_zone(struct ak_buf *out, int64_t ns, const struct ak_zone *zone)
{
    int32_t offset;
    (void)civil_in(zone, ns, &offset);
    int32_t minutes = offset / 60;
    if (offset == 9 * 3600)
        ak_buf_text(out, "JST");
    else if (offset == 0)
        ak_buf_text(out, "UTC");
    else
        ak_buf_printf(out, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
                      abs(minutes) % 60);
}

void ak_put_filled(struct ak_buf *out, const char *p, const struct ak_filling *with, size_t n)
{
    while (*p) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        const struct ak_filling *found = NULL;
        for (size_t i = 0; end && i < n; i++)
            if (strlen(with[i].name) == (size_t)(end - p) - 1 &&
                memcmp(with[i].name, p + 1, (size_t)(end - p) - 1) == 0)
                found = &with[i];
        if (found) {
            ak_buf_str(out, found->value);
            p = end + 1;
        } else {
            ak_buf_put(out, p++, 1);
        }
    }
}
