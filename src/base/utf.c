/* utf.c - see utf.h. */
#include "base/utf.h"

static uint32_t unit_at(struct ak_bytes in, size_t i)
{
    return (uint32_t)in.at[i] | (uint32_t)in.at[i + 1] << 8;
}

static bool is_high(uint32_t u) { return u >= 0xD800 && u <= 0xDBFF; }
static bool is_low(uint32_t u) { return u >= 0xDC00 && u <= 0xDFFF; }

size_t ak_utf8_put(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

uint32_t ak_utf8_next(struct ak_str text, size_t *at)
{
    static const uint32_t BAD = 0xFFFFFFFF;
    static const uint32_t LEAST[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *)text.at + *at;
    size_t left = text.n - *at;
    unsigned n = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC2 ? 2 : 0;

    *at += 1;
    if (n == 1)
        return p[0];
    if (n == 0 || n > left || p[0] > 0xF4)
        return BAD;
    uint32_t c = p[0] & (0xFFu >> (n + 1));
    for (unsigned i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return BAD;
        c = c << 6 | (p[i] & 0x3F);
    }
    if (c < LEAST[n] || c > 0x10FFFF)
        return BAD;
    *at += n - 1;
    return c;
}

bool ak_utf8_valid(struct ak_str text)
{
    size_t at = 0;
    while (at < text.n) {
        uint64_t eight;
        if (text.n - at >= 8 &&
            (memcpy(&eight, text.at + at, 8), !(eight & UINT64_C(0x8080808080808080)))) {
            at += 8;
            continue;
        }
        uint32_t c = ak_utf8_next(text, &at);
        if (c > 0x10FFFF || is_high(c) || is_low(c))
            return false;
    }
    return true;
}

size_t ak_utf16le_put(char *to, struct ak_bytes in)
{
    size_t n = 0, i = 0;
    while (i + 1 < in.n) {
        uint64_t four; /* units at once, while they are ASCII */
        if (in.n - i >= 8 &&
            (memcpy(&four, in.at + i, 8), !(four & UINT64_C(0xFF80FF80FF80FF80)))) {
            for (unsigned k = 0; k < 4; k++)
                to[n++] = (char)in.at[i + 2 * k];
            i += 8;
            continue;
        }
        uint32_t c = unit_at(in, i);
        i += 2;
        if (is_high(c) && i + 1 < in.n && is_low(unit_at(in, i))) {
            c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(in, i) - 0xDC00);
            i += 2;
        }
        n += ak_utf8_put(to + n, c);
    }
    return n;
}

struct ak_bytes ak_utf16_until_nul(struct ak_bytes in)
{
    size_t end = 0;
    while (in.n - end >= 2 && unit_at(in, end) != 0)
        end += 2;
    return (struct ak_bytes){ in.at, in.n - end >= 2 ? end : in.n };
}

enum ak_status ak_utf16le(struct ak_arena *arena, struct ak_bytes in, struct ak_str *out_text)
{
    /* One 16-bit unit needs at most three bytes; a pair needs four for two. */
    size_t units = in.n / 2;
    char *text = units < SIZE_MAX / 3 ? AK_NEW_N(arena, char, units * 3 + 1) : NULL;
    if (!text)
        return AK_ERR_LIMIT;
    *out_text = (struct ak_str){ text, ak_utf16le_put(text, in) };
    return AK_OK;
}
