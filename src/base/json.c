/* json.c - see json.h. */
#include "base/json.h"

#include "base/utf.h"

#include <math.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bytes that can stand in a JSON string as they are: printable ASCII but '"'
 * and '\\'.  A byte with the high bit set needs a look, too. */
static bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

#ifndef __SSE2__
/* Does any of eight bytes need a look?  The usual zero-byte trick, per kind. */
static bool any_special(uint64_t w)
{
    const uint64_t ONES = UINT64_C(0x0101010101010101), HIGH = UINT64_C(0x8080808080808080);
    uint64_t quote = w ^ ONES * '"', slash = w ^ ONES * '\\';
    uint64_t low = w - ONES * 0x20;
    return ((w | low | ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash)) & HIGH) != 0;
}
#endif

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

#ifdef __SSE2__
/* Bit i is set when byte i cannot stand as it is. */
static unsigned special_bytes(__m128i v)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
                  below = _mm_set1_epi8(0x1F);
    /* as signed bytes, those from 0x80 on are below, too */
    __m128i plain = _mm_andnot_si128(
        _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)), _mm_cmpgt_epi8(v, below));
    return ~(unsigned)_mm_movemask_epi8(plain) & 0xFFFF;
}

static uint64_t load8(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static uint64_t load4(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

/* 1 to 15 bytes in a block; the rest is zero, which is special.  Made of loads
 * that overlap: going through memory would stall on what was just stored. */
static __m128i short_block(const void *from, size_t n)
{
    const uint8_t *p = from;
    uint64_t low, high = 0;
    if (n >= 8) {
        low = load8(p);
        high = n > 8 ? load8(p + n - 8) >> (8 * (16 - n)) : 0;
    } else if (n >= 4) {
        low = load4(p) | load4(p + n - 4) << (8 * (n - 4));
    } else {
        low = p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) | (uint64_t)p[n - 1] << (8 * (n - 1));
    }
    return _mm_set_epi64x((long long)high, (long long)low);
}
#endif

/* Copy the bytes at the start of `from` that can stand as they are; how many at
 * least.  `to` has room for n and a block of 16. */
static size_t copy_plain(char *to, const char *from, size_t n)
{
    size_t at = 0;
#ifdef __SSE2__
    for (; n > at; at += 16) {
        if (n - at < 16 && at > 0)
            at = n - 16; /* the last block again in part: cheaper than a short one */
        __m128i v = n - at >= 16 ? _mm_loadu_si128((const __m128i *)(const void *)(from + at))
                                 : short_block(from + at, n - at);
        unsigned mask = special_bytes(v);
        _mm_storeu_si128((__m128i *)(void *)(to + at), v);
        if (mask)
            return at + (unsigned)__builtin_ctz(mask);
    }
#else
    for (uint64_t w; n - at >= 8; at += 8) {
        memcpy(&w, from + at, 8);
        if (any_special(w))
            return at;
        memcpy(to + at, &w, 8);
    }
#endif
    return at;
}

/* The text as JSON at `to`, which has room for six bytes each and a block. */
static char *put_text(char *to, struct ak_str s)
{
    size_t at = 0;
    while (at < s.n) {
        size_t n = copy_plain(to, s.at + at, s.n - at);
        to += n;
        at += n;
        /* what stopped it, and without SSE a tail shorter than a block */
        for (unsigned few = 0; few < 8 && at < s.n; few++) {
            if (is_plain((unsigned char)s.at[at]))
                *to++ = s.at[at++];
            else
                to += put_point(to, ak_utf8_next(s, &at));
        }
    }
    return to;
}

void ak_json_part(struct ak_buf *b, struct ak_str s)
{
    char *start = s.n < SIZE_MAX / 6 - 32 ? (char *)ak_buf_room(b, s.n * 6 + 16) : NULL;
    if (start)
        ak_buf_wrote(b, (size_t)(put_text(start, s) - start));
}

void ak_json_str(struct ak_buf *b, struct ak_str s)
{
    char *start = s.n < SIZE_MAX / 6 - 32 ? (char *)ak_buf_room(b, s.n * 6 + 18) : NULL;
    if (!start)
        return;
    *start = '"';
    char *to = put_text(start + 1, s);
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

#ifndef __SSE2__
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
#endif

/* As copy_plain, from UTF-16LE units; how many of them at least.  `to` has room
 * for n and a block of 8. */
static size_t narrow_plain(char *to, const uint8_t *from, size_t n)
{
    size_t at = 0;
#ifdef __SSE2__
    for (; n > at; at += 8) {
        if (n - at < 8 && at > 0)
            at = n - 8;
        __m128i wide = n - at >= 8 ? _mm_loadu_si128((const __m128i *)(const void *)(from + at * 2))
                                   : short_block(from + at * 2, (n - at) * 2);
        /* units from 0x80 to 0x7FFF become bytes from 0x80 on, others zero: all are special */
        __m128i v = _mm_packus_epi16(wide, wide);
        unsigned mask = special_bytes(v) & 0xFF;
        _mm_storel_epi64((__m128i *)(void *)(to + at), v);
        if (mask)
            return at + (unsigned)__builtin_ctz(mask);
    }
#else
    while (n - at >= 4 && pack_plain(from + at * 2, to + at))
        at += 4;
#endif
    return at;
}

/* The same for UTF-16LE; a unit takes at most six bytes, the last odd byte is no
 * unit. */
static char *put_text16(char *to, struct ak_bytes in)
{
    size_t at = 0;
    while (in.n - at >= 2) {
        size_t n = narrow_plain(to, in.at + at, (in.n - at) / 2);
        to += n;
        at += n * 2;
        for (unsigned few = 0; few < 4 && in.n - at >= 2; few++) {
            if (in.at[at + 1] == 0 && is_plain(in.at[at])) {
                *to++ = (char)in.at[at];
                at += 2;
            } else {
                to += put_point(to, next16(in, &at));
            }
        }
    }
    return to;
}

void ak_json_part16(struct ak_buf *b, struct ak_bytes in)
{
    char *start = in.n < SIZE_MAX / 6 - 32 ? (char *)ak_buf_room(b, in.n * 3 + 16) : NULL;
    if (start)
        ak_buf_wrote(b, (size_t)(put_text16(start, in) - start));
}

void ak_json_str16(struct ak_buf *b, struct ak_bytes in)
{
    char *start = in.n < SIZE_MAX / 6 - 32 ? (char *)ak_buf_room(b, in.n * 3 + 18) : NULL;
    if (!start)
        return;
    *start = '"';
    char *to = put_text16(start + 1, in);
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
