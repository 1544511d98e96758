/* json.c - see json.h. */
#include "base/json.h"

#include "base/utf.h"

#include <math.h>

/* Bytes that can stand in a JSON string as they are: printable ASCII but '"'
 * and '\\'.  A byte with the high bit set needs a look, too. */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Does any of eight bytes need a look?  The usual zero-byte trick, per kind. */
static bool any_special(uint64_t w)
{
    const uint64_t ONES = UINT64_C(0x0101010101010101), HIGH = UINT64_C(0x8080808080808080);
    uint64_t quote = w ^ ONES * '"', slash = w ^ ONES * '\\';
    uint64_t low = w - ONES * 0x20;
    return ((w | low | ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash)) & HIGH) != 0;
}

/* The escape of a control character, a quote or a backslash; bytes written. */
static size_t put_escape(char *to, unsigned char c)
{
    static const char SHORT[] = "btn\0fr"; /* for 0x08 to 0x0D */
    to[0] = '\\';
    if (c == '"' || c == '\\') {
        to[1] = (char)c;
        return 2;
    }
    if (c >= 0x08 && c <= 0x0D && SHORT[c - 0x08]) {
        to[1] = SHORT[c - 0x08];
        return 2;
    }
    memcpy(to + 1, "u00", 3);
    to[4] = "0123456789abcdef"[c >> 4];
    to[5] = "0123456789abcdef"[c & 15];
    return 6;
}

static size_t put_surrogate(char *to, uint32_t c)
{
    static const char HEX[] = "0123456789abcdef";
    to[0] = '\\';
    to[1] = 'u';
    for (unsigned i = 0; i < 4; i++)
        to[2 + i] = HEX[c >> (12 - 4 * i) & 15];
    return 6;
}

/* One code point (or a bad byte, 0xFFFFFFFF); bytes written, at most six. */
static size_t put_point(char *to, uint32_t c)
{
    if (c < 0x80 && !is_plain((unsigned char)c))
        return put_escape(to, (unsigned char)c);
    if (c >= 0xD800 && c <= 0xDFFF)
        return put_surrogate(to, c);
    return ak_utf8_put(to, c > 0x10FFFF ? 0xFFFD : c);
}

void ak_json_str(struct ak_buf *b, struct ak_str s)
{
    char *start = s.n < SIZE_MAX / 6 - 1 ? (char *)ak_buf_room(b, s.n * 6 + 2) : NULL;
    if (!start)
        return;
    char *to = start;
    *to++ = '"';
    size_t at = 0;
    while (at < s.n) {
        uint64_t w;
        if (s.n - at >= 8 && (memcpy(&w, s.at + at, 8), !any_special(w))) {
            memcpy(to, &w, 8);
            to += 8;
            at += 8;
        } else if (is_plain((unsigned char)s.at[at])) {
            *to++ = s.at[at++];
        } else {
            to += put_point(to, ak_utf8_next(s, &at));
        }
    }
    *to++ = '"';
    ak_buf_wrote(b, (size_t)(to - start));
}

/* The UTF-16LE code point at in.at[*at]; moves *at behind it. */
static uint32_t next16(struct ak_bytes in, size_t *at)
{
    uint32_t c = (uint32_t)in.at[*at] | (uint32_t)in.at[*at + 1] << 8;
    *at += 2;
    if (c < 0xD800 || c > 0xDBFF || in.n - *at < 2)
        return c;
    uint32_t low = (uint32_t)in.at[*at] | (uint32_t)in.at[*at + 1] << 8;
    if (low < 0xDC00 || low > 0xDFFF)
        return c;
    *at += 2;
    return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

/* Four UTF-16 units that are plain ASCII, packed into bytes; false otherwise. */
static bool pack_plain(const uint8_t *from, char *to)
{
    uint64_t w;
    memcpy(&w, from, 8);
    if (w & UINT64_C(0xFF80FF80FF80FF80))
        return false;
    w = (w | w >> 8) & UINT64_C(0x0000FFFF0000FFFF);
    w = (w | w >> 16) & UINT64_C(0x00000000FFFFFFFF);
    if (any_special(w | UINT64_C(0x2020202000000000)))
        return false;
    uint32_t four = (uint32_t)w;
    memcpy(to, &four, 4);
    return true;
}

void ak_json_str16(struct ak_buf *b, struct ak_bytes in)
{
    char *start = in.n < SIZE_MAX / 6 - 1 ? (char *)ak_buf_room(b, in.n * 3 + 2) : NULL;
    if (!start)
        return;
    char *to = start;
    *to++ = '"';
    size_t at = 0;
    while (in.n - at >= 2) {
        if (in.n - at >= 8 && pack_plain(in.at + at, to)) {
            to += 4;
            at += 8;
        } else {
            to += put_point(to, next16(in, &at));
        }
    }
    *to++ = '"';
    ak_buf_wrote(b, (size_t)(to - start));
}

void ak_json_stamp(struct ak_buf *b, struct ak_stamp s)
{
    uint8_t *to = ak_buf_room(b, AK_STAMP_TEXT + 2);
    if (!to)
        return;
    if (!ak_stamp_is_set(s)) {
        ak_buf_text(b, "null");
        return;
    }
    to[0] = '"';
    size_t n = ak_stamp_iso(s, (char *)to + 1);
    to[n + 1] = '"';
    ak_buf_wrote(b, n + 2);
}

void ak_json_f64(struct ak_buf *b, double v)
{
    if (isfinite(v))
        ak_buf_printf(b, "%.17g", v);
    else
        ak_buf_text(b, "null");
}

void ak_json_bytes(struct ak_buf *b, struct ak_bytes bytes)
{
    static const char HEX[] = "0123456789ABCDEF";
    uint8_t *to = bytes.n < SIZE_MAX / 2 - 1 ? ak_buf_room(b, bytes.n * 2 + 2) : NULL;
    if (!to)
        return;
    size_t n = 0;
    to[n++] = '"';
    for (size_t i = 0; i < bytes.n; i++) {
        to[n++] = (uint8_t)HEX[bytes.at[i] >> 4];
        to[n++] = (uint8_t)HEX[bytes.at[i] & 15];
    }
    to[n++] = '"';
    ak_buf_wrote(b, n);
}

void ak_json_comma(struct ak_buf *b)
{
    if (b->n > 0 && b->at[b->n - 1] != '{' && b->at[b->n - 1] != '[' && b->at[b->n - 1] != '\n')
        ak_buf_u8(b, ',');
}

void ak_json_key(struct ak_buf *b, const char *key)
{
    ak_json_comma(b);
    ak_json_str(b, ak_str_of(key));
    ak_buf_u8(b, ':');
}
