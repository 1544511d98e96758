/* encoding.c - see encoding.h. */
#include "base/encoding.h"

#include "base/utf.h"

#include <iconv.h>

/* In the order they are tried.  ISO-2022-JP is 7-bit with escapes; bytes valid
 * as EUC-JP are rarely meant as CP932 and then mostly half-width kana. */
static struct converter {
    const char *name;
    iconv_t cd;
    bool open;
} converters[] = {
    { "ISO-2022-JP-2", 0, false },
    { "EUC-JP", 0, false },
    { "CP932", 0, false },
};

void ak_encoding_open(void)
{
    for (size_t i = 0; i < sizeof(converters) / sizeof(converters[0]); i++) {
        char in[] = "a", out[8];
        char *from = in, *to = out;
        size_t from_n = 1, to_n = sizeof(out);
        if (converters[i].open)
            continue;
        converters[i].cd = iconv_open("UTF-8", converters[i].name);
        converters[i].open = converters[i].cd != (iconv_t)-1 &&
                             iconv(converters[i].cd, &from, &from_n, &to, &to_n) != (size_t)-1;
    }
}

/* Convert all of it; false when the bytes are not of this encoding. */
static bool convert(struct converter *c, struct ak_bytes in, char *to, size_t room, size_t *out_n)
{
    if (!c->open)
        return false;
    char *from = (char *)(uintptr_t)in.at, *at = to;
    size_t from_n = in.n, left = room;
    iconv(c->cd, NULL, NULL, NULL, NULL);
    if (iconv(c->cd, &from, &from_n, &at, &left) == (size_t)-1)
        return false;
    *out_n = room - left;
    return true;
}

static size_t replace_bad(struct ak_bytes in, char *to)
{
    struct ak_str s = ak_str_bytes(in);
    size_t n = 0, at = 0;
    while (at < s.n) {
        uint32_t c = ak_utf8_next(s, &at);
        n += ak_utf8_put(to + n, c > 0x10FFFF ? 0xFFFD : c);
    }
    return n;
}

static bool is_utf16(struct ak_bytes in)
{
    return in.n >= 2 && in.at[0] == 0xFF && in.at[1] == 0xFE;
}

static bool has_escape(struct ak_bytes in)
{
    const uint8_t *esc = in.n ? memchr(in.at, 0x1B, in.n) : NULL;
    size_t left = esc ? in.n - (size_t)(esc - in.at) : 0;
    return left >= 3 && (esc[1] == '$' || esc[1] == '(');
}

/* iconv takes C1 controls for EUC-JP; nobody writes them, and half of CP932's
 * kana are made of them. */
static bool has_c1(struct ak_bytes in)
{
    for (size_t i = 0; i < in.n; i++)
        if (in.at[i] >= 0x80 && in.at[i] <= 0xA0 && in.at[i] != 0x8E && in.at[i] != 0x8F)
            return true;
    return false;
}

static bool convert_eight_bit(bool windows, struct ak_bytes in, char *to, size_t room,
                              size_t *out_n)
{
    bool euc = !has_c1(in);
    if (windows && convert(&converters[2], in, to, room, out_n))
        return true;
    if (euc && convert(&converters[1], in, to, room, out_n))
        return true;
    return !windows && convert(&converters[2], in, to, room, out_n);
}

static enum ak_status to_utf8(struct ak_arena *arena, struct ak_bytes in, bool windows,
                              struct ak_str *out_text)
{
    bool escapes = has_escape(in);
    if (!escapes && ak_utf8_valid(ak_str_bytes(in))) {
        *out_text = ak_str_bytes(in);
        return AK_OK;
    }
    if (is_utf16(in))
        return ak_utf16le(arena, (struct ak_bytes){ in.at + 2, in.n - 2 }, out_text);
    size_t room = in.n < SIZE_MAX / 4 ? in.n * 3 + 4 : 0;
    char *to = room ? AK_NEW_N(arena, char, room) : NULL;
    if (!to)
        return AK_ERR_LIMIT;
    size_t n = 0;
    bool done = escapes && convert(&converters[0], in, to, room, &n);
    if (!done)
        done = convert_eight_bit(windows, in, to, room, &n);
    if (!done)
        n = replace_bad(in, to);
    *out_text = (struct ak_str){ to, n };
    return AK_OK;
}

enum ak_status ak_encoding_utf8(struct ak_arena *arena, struct ak_bytes in, struct ak_str *out_text)
{
    return to_utf8(arena, in, false, out_text);
}

enum ak_status ak_encoding_windows(struct ak_arena *arena, struct ak_bytes in,
                                   struct ak_str *out_text)
{
    return to_utf8(arena, in, true, out_text);
}
