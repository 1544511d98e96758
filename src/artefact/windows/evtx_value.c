/* evtx_value.c - see evtx_value.h. */
#include "artefact/windows/evtx_value.h"

#include "base/digits.h"
#include "base/encoding.h"
#include "base/utf.h"

#include <stdio.h>

enum {
    SID_MAX_PARTS = 15,
    SID_TEXT = 2 + 4 + 16 + SID_MAX_PARTS * 11 + AK_DEC_MAX,
    GUID_TEXT = 38,
    NUMBER_TEXT = 40,
};

/* Room for n bytes; NULL when the record's texts have grown too large. */
static char *room(struct ak_evtx_scratch *s, size_t n)
{
    if (n <= AK_EVTX_SCRATCH - s->n)
        return s->at + s->n;
    s->full = true;
    return NULL;
}

/* {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}: three numbers, then bytes. */
static struct ak_value guid(struct ak_evtx_scratch *s, const uint8_t *p)
{
    static const uint8_t ORDER[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    char *start = room(s, GUID_TEXT), *to = start;
    if (!to)
        return ak_val_none();
    *to++ = '{';
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        to = ak_put_hex_byte(to, p[ORDER[i]], ak_hex_upper);
    }
    *to++ = '}';
    s->n += GUID_TEXT;
    return ak_val_str((struct ak_str){ start, GUID_TEXT });
}

/* How many bytes the SID at p takes; 0 when it is none. */
static size_t sid_size(const uint8_t *p, size_t n)
{
    size_t size = n >= 8 ? 8 + (size_t)p[1] * 4 : 0;
    return n >= 8 && p[0] == 1 && p[1] <= SID_MAX_PARTS && size <= n ? size : 0;
}

/* u8 revision, u8 parts, u48 big-endian authority, u32 parts. */
static struct ak_value sid(struct ak_evtx_scratch *s, const uint8_t *p, size_t n)
{
    size_t size = sid_size(p, n);
    char *start = room(s, SID_TEXT), *to = start;
    if (!size || !to)
        return ak_val_bytes((struct ak_bytes){ p, n });
    *to++ = 'S';
    *to++ = '-';
    to = ak_put_dec(to, p[0]);
    *to++ = '-';
    to = ak_put_dec(to, (uint64_t)ak_load_u16be(p + 2) << 32 | ak_load_u32be(p + 4));
    for (size_t at = 8; at < size; at += 4) {
        *to++ = '-';
        to = ak_put_dec(to, ak_load_u32le(p + at));
    }
    s->n += (size_t)(to - start);
    return ak_val_str((struct ak_str){ start, (size_t)(to - start) });
}

/* Years beyond 2262 do not fit a stamp: given as the number recorded. */
static void filetime(uint64_t ticks, struct ak_value *out)
{
    struct ak_stamp t = ak_stamp_filetime(ticks);
    bool fits = !(t.flags & AK_STAMP_CLAMPED);
    out->type = !fits ? AK_TYPE_U64 : ak_stamp_is_set(t) ? AK_TYPE_STAMP : AK_TYPE_NONE;
    out->stamp_flags = t.flags;
    out->u64 = fits ? (uint64_t)t.utc_ns : ticks;
}

/* Eight u16: year, month, day of week, day, hour, minute, second, ms. */
static struct ak_value systemtime(const uint8_t *p)
{
    struct ak_civil c = { .year = ak_load_u16le(p),
                          .month = p[2],
                          .day = p[6],
                          .hour = p[8],
                          .minute = p[10],
                          .second = p[12] };
    int64_t seconds;
    uint32_t ms = ak_load_u16le(p + 14);
    if (ms > 999 || c.year < 1601 || c.year > 2261 || !ak_civil_seconds(&c, &seconds))
        return ak_val_bytes((struct ak_bytes){ p, 16 });
    return ak_val_stamp(ak_stamp_unix(seconds, ms * 1000000, AK_PREC_MS));
}

/* 8-bit text up to a zero: ASCII as it is, else what encoding fits. */
static struct ak_value ansi(struct ak_evtx_scratch *s, struct ak_bytes b)
{
    const uint8_t *zero = b.n ? memchr(b.at, 0, b.n) : NULL;
    struct ak_bytes text = { b.at, zero ? (size_t)(zero - b.at) : b.n };
    struct ak_str utf8;
    if (ak_encoding_utf8(s->arena, text, &utf8) != AK_OK) {
        s->full = true;
        return ak_val_bytes(text);
    }
    return ak_val_str(utf8);
}

/* UTF-16 text; zeros at its end are padding and not text. */
static void string(const uint8_t *p, size_t n, struct ak_value *out)
{
    n &= ~(size_t)1;
    while (n >= 2 && p[n - 2] == 0 && p[n - 1] == 0)
        n -= 2;
    out->type = n ? AK_TYPE_STR16 : AK_TYPE_NONE;
    out->bytes.at = p;
    out->bytes.n = n;
}

/* An integer of one to eight bytes, little-endian. */
static uint64_t load(const uint8_t *p, size_t n)
{
    if (n == 4)
        return ak_load_u32le(p);
    if (n == 8)
        return ak_load_u64le(p);
    if (n == 2)
        return ak_load_u16le(p);
    uint64_t v = 0;
    for (size_t i = n; i > 0; i--)
        v = v << 8 | p[i - 1];
    return v;
}

static int64_t load_signed(const uint8_t *p, size_t n)
{
    unsigned shift = (unsigned)(64 - 8 * n);
    return (int64_t)(load(p, n) << shift) >> shift;
}

static void bytes(const uint8_t *p, size_t n, struct ak_value *out)
{
    out->type = n ? AK_TYPE_BYTES : AK_TYPE_NONE;
    out->bytes.at = p;
    out->bytes.n = n;
}

static void real(const uint8_t *p, size_t n, struct ak_value *out)
{
    float f32;
    out->type = AK_TYPE_F64;
    if (n == sizeof(f32)) {
        memcpy(&f32, p, sizeof(f32));
        out->f64 = (double)f32;
    } else if (n == sizeof(out->f64)) {
        memcpy(&out->f64, p, sizeof(out->f64));
    } else {
        bytes(p, n, out);
    }
}

/* Types that are numbers; n is at most eight. */
static void number(uint8_t type, const uint8_t *p, size_t n, struct ak_value *out)
{
    switch (type) {
    case AK_BXML_I8:
    case AK_BXML_I16:
    case AK_BXML_I32:
    case AK_BXML_I64:
        out->type = AK_TYPE_I64;
        out->i64 = load_signed(p, n);
        break;
    case AK_BXML_BOOL:
        out->type = AK_TYPE_BOOL;
        out->u64 = load(p, n) != 0;
        break;
    case AK_BXML_F32:
    case AK_BXML_F64:
        real(p, n, out);
        break;
    case AK_BXML_FILETIME:
        if (n == 8)
            filetime(ak_load_u64le(p), out);
        else
            bytes(p, n, out);
        break;
    case AK_BXML_SIZE:
    case AK_BXML_HEX32:
    case AK_BXML_HEX64:
    case AK_BXML_HANDLE:
        out->type = AK_TYPE_HEX;
        out->u64 = load(p, n);
        break;
    default: /* the unsigned ones */
        out->type = AK_TYPE_U64;
        out->u64 = load(p, n);
    }
}

static AK_NOINLINE void by_type(struct ak_evtx_scratch *s, const struct ak_bxml_value *v,
                                struct ak_value *out)
{
    switch (v->type) {
    case AK_BXML_NULL:
        *out = ak_val_none();
        break;
    case AK_BXML_ANSI:
        *out = ansi(s, (struct ak_bytes){ v->at, v->n });
        break;
    case AK_BXML_GUID:
        *out = v->n == 16 ? guid(s, v->at) : ak_val_bytes((struct ak_bytes){ v->at, v->n });
        break;
    case AK_BXML_SYSTEMTIME:
        *out = v->n == 16 ? systemtime(v->at) : ak_val_bytes((struct ak_bytes){ v->at, v->n });
        break;
    case AK_BXML_SID:
        *out = sid(s, v->at, v->n);
        break;
    default:
        bytes(v->at, v->n, out);
    }
}

static bool is_number(uint8_t type)
{
    static const uint32_t NUMBERS =
        1u << AK_BXML_I8 | 1u << AK_BXML_U8 | 1u << AK_BXML_I16 | 1u << AK_BXML_U16 |
        1u << AK_BXML_I32 | 1u << AK_BXML_U32 | 1u << AK_BXML_I64 | 1u << AK_BXML_U64 |
        1u << AK_BXML_F32 | 1u << AK_BXML_F64 | 1u << AK_BXML_BOOL | 1u << AK_BXML_SIZE |
        1u << AK_BXML_FILETIME | 1u << AK_BXML_HEX32 | 1u << AK_BXML_HEX64;
    return type == AK_BXML_HANDLE || (type < 32 && NUMBERS >> type & 1);
}

void ak_evtx_value(struct ak_evtx_scratch *s, const struct ak_bxml_value *v, struct ak_value *out)
{
    if (v->n == 0)
        out->type = AK_TYPE_NONE;
    else if (v->type == AK_BXML_STRING)
        string(v->at, v->n, out);
    else if (v->n <= 8 && is_number(v->type))
        number(v->type, v->at, v->n, out);
    else
        by_type(s, v, out);
}

/* Bytes of the first element of an array of this type. */
static size_t element_size(uint8_t type, const uint8_t *p, size_t n)
{
    struct ak_bytes all = { p, n };
    const uint8_t *zero;
    switch (type) {
    case AK_BXML_STRING:
        all = ak_utf16_until_nul(all);
        return all.n + 2 <= n ? all.n + 2 : n;
    case AK_BXML_ANSI:
        zero = memchr(p, 0, n);
        return zero ? (size_t)(zero - p) + 1 : n;
    case AK_BXML_SID:
        return sid_size(p, n);
    default:
        return ak_bxml_fixed_size(type);
    }
}

bool ak_evtx_element(struct ak_bxml_value *array, struct ak_bxml_value *out)
{
    if (array->n == 0)
        return false;
    uint8_t type = array->type & (uint8_t)~AK_BXML_ARRAY;
    size_t size = element_size(type, array->at, array->n);
    if (size == 0 || size > array->n) {
        size = array->n; /* what is left is no element: given as bytes */
        type = AK_BXML_BINARY;
    }
    *out = (struct ak_bxml_value){ array->at, (uint16_t)size, type };
    array->at += size;
    array->n = (uint16_t)(array->n - size);
    return true;
}

/* Bytes ak_evtx_append() may write for a value. */
static size_t text_room(const struct ak_value *v)
{
    if (v->type == AK_TYPE_STR)
        return v->str.n;
    if (v->type == AK_TYPE_STR16)
        return v->bytes.n / 2 * 3;
    return v->type == AK_TYPE_BYTES ? v->bytes.n * 2 : NUMBER_TEXT;
}

/* Hexadecimal digits without leading zeros. */
static char *put_hex(char *to, uint64_t v)
{
    unsigned n = v ? (67 - (unsigned)__builtin_clzll(v)) / 4 : 1;
    while (n--)
        *to++ = "0123456789abcdef"[v >> (4 * n) & 15];
    return to;
}

static char *append_bytes(char *to, struct ak_bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        to = ak_put_hex_byte(to, b.at[i], ak_hex_upper);
    return to;
}

static char *append_str(char *to, struct ak_str text)
{
    if (text.n)
        memcpy(to, text.at, text.n);
    return to + text.n;
}

static char *append(char *to, const struct ak_value *v)
{
    switch (v->type) {
    case AK_TYPE_NONE:
        return to;
    case AK_TYPE_STR:
        return append_str(to, v->str);
    case AK_TYPE_STR16:
        return to + ak_utf16le_put(to, v->bytes);
    case AK_TYPE_U64:
        return ak_put_dec(to, v->u64);
    case AK_TYPE_I64:
        if (v->i64 < 0)
            *to++ = '-';
        return ak_put_dec(to, v->i64 < 0 ? 0 - (uint64_t)v->i64 : (uint64_t)v->i64);
    case AK_TYPE_F64:
        return to + snprintf(to, NUMBER_TEXT, "%.17g", v->f64);
    case AK_TYPE_BOOL:
        return append_str(to, v->u64 ? AK_STR("true") : AK_STR("false"));
    case AK_TYPE_HEX:
        return put_hex(append_str(to, AK_STR("0x")), v->u64);
    case AK_TYPE_STAMP:
        return to + ak_stamp_iso(
                        (struct ak_stamp){ v->i64, (uint8_t)(v->stamp_flags | AK_STAMP_SET) }, to);
    case AK_TYPE_BYTES:
        return append_bytes(to, v->bytes);
    }
    return to;
}

void ak_evtx_append(struct ak_evtx_scratch *s, const struct ak_value *v)
{
    char *to = room(s, text_room(v));
    if (to)
        s->n = (size_t)(append(to, v) - s->at);
}

struct ak_value ak_evtx_text_since(const struct ak_evtx_scratch *s, size_t start)
{
    return ak_val_str((struct ak_str){ s->at + start, s->n - start });
}

/* Short ASCII text of a text value in `to`; its length, 0 when it is longer,
 * other, or no text. */
static size_t short_ascii(const struct ak_value *v, char *to, size_t cap)
{
    unsigned width = v->type == AK_TYPE_STR16 ? 2 : 1;
    if ((v->type != AK_TYPE_STR && width == 1) || v->str.n / width > cap)
        return 0;
    size_t n = v->str.n / width;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)v->str.at[i * width];
        if (c >= 0x80 || (width == 2 && v->str.at[i * 2 + 1]))
            return 0;
        to[i] = (char)c;
    }
    return n;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

struct ak_value ak_evtx_number(const struct ak_value *v)
{
    if (v->type == AK_TYPE_U64 || (v->type == AK_TYPE_I64 && v->i64 >= 0) || v->type == AK_TYPE_HEX)
        return ak_val_u64(v->u64);
    char text[24];
    size_t n = short_ascii(v, text, sizeof(text));
    bool hex = n > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
    uint64_t sum = 0, base = hex ? 16 : 10;
    for (size_t i = hex ? 2 : 0; i < n; i++) {
        int d = digit_of(text[i]);
        if (d >= (int)base || __builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)d, &sum))
            return ak_val_none();
    }
    return n ? ak_val_u64(sum) : ak_val_none();
}

/* Only characters of an IP address: letters only where colons are. */
static bool is_address(struct ak_str s)
{
    bool six = s.n && memchr(s.at, ':', s.n);
    if (!six && !(s.n && memchr(s.at, '.', s.n)))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.at[i] != '.' && s.at[i] != ':' && digit_of(s.at[i]) >= (six ? 16 : 10))
            return false;
    return !ak_str_eq(s, AK_STR("::"));
}

/* "10.0.0.1" of "10.0.0.1:3389", "::ffff:10.0.0.1"; "fe80::1" of "[fe80::1%4]:3389". */
static struct ak_str bare_address(struct ak_str s)
{
    static const struct ak_str MAPPED = AK_STR_INIT("::ffff:");
    const char *end = s.n && *s.at == '[' ? memchr(s.at, ']', s.n) : NULL;
    if (end)
        s = (struct ak_str){ s.at + 1, (size_t)(end - s.at) - 1 };
    const char *zone = s.n ? memchr(s.at, '%', s.n) : NULL;
    if (zone)
        s.n = (size_t)(zone - s.at);
    const char *dot = s.n ? memchr(s.at, '.', s.n) : NULL,
               *colon = s.n ? memchr(s.at, ':', s.n) : NULL;
    if (dot && s.n > MAPPED.n && ak_str_eq_fold((struct ak_str){ s.at, MAPPED.n }, MAPPED))
        return (struct ak_str){ s.at + MAPPED.n, s.n - MAPPED.n };
    if (dot && colon && colon > dot)
        s.n = (size_t)(colon - s.at); /* its port */
    return s;
}

struct ak_value ak_evtx_address(const struct ak_value *v)
{
    char text[64];
    size_t n = short_ascii(v, text, sizeof(text)), width = v->type == AK_TYPE_STR16 ? 2 : 1;
    struct ak_str bare = bare_address((struct ak_str){ text, n });
    if (!is_address(bare))
        return ak_val_none();
    struct ak_value out = *v;
    out.str.at += (size_t)(bare.at - text) * width;
    out.str.n = bare.n * width;
    return out;
}

struct ak_value ak_evtx_account(const struct ak_value *v, bool domain)
{
    size_t width = v->type == AK_TYPE_STR16 ? 2 : 1, at = 0, seen = 0;
    if (v->type != AK_TYPE_STR && v->type != AK_TYPE_STR16)
        return domain ? ak_val_none() : *v;
    for (size_t i = 0; i + width <= v->str.n; i += width)
        if (v->str.at[i] == '\\' && (width == 1 || v->str.at[i + 1] == 0)) {
            at = i;
            seen++;
        }
    struct ak_value out = *v;
    if (seen != 1) /* no domain, or no account's name */
        return domain ? ak_val_none() : out;
    out.str = domain ? (struct ak_str){ out.str.at, at }
                     : (struct ak_str){ out.str.at + at + width, out.str.n - at - width };
    return out.str.n ? out : ak_val_none();
}

bool ak_evtx_is_nothing(const struct ak_value *v)
{
    if (v->type == AK_TYPE_NONE || (v->type == AK_TYPE_HEX && v->u64 == 0))
        return true;
    char text[4];
    size_t n = short_ascii(v, text, sizeof(text));
    struct ak_str s = { text, n };
    return ak_str_eq(s, AK_STR("-")) || ak_str_eq(s, AK_STR("::")) || ak_str_eq(s, AK_STR("0x0"));
}
