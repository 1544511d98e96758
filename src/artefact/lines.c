/* lines.c - see lines.h. */
#include "artefact/lines.h"

#include "base/encoding.h"
#include "base/utf.h"

struct ak_lines ak_lines_open(const struct ak_item *item)
{
    struct ak_lines lines = ak_lines_of(item->bytes);
    lines.origin = item->origin;
    return lines;
}

static size_t skip_zeros(struct ak_bytes in, size_t pos)
{
    while (pos < in.n && in.at[pos] == 0)
        pos++;
    return pos;
}

/* This loop and the parsers on top of it read the item's bytes directly rather
 * than through a reader: every index below is bounded by in.n in the lines
 * around it, and a reader's call per byte would halve the speed. */
bool ak_lines_next(struct ak_lines *lines, struct ak_line *out)
{
    struct ak_bytes in = lines->in;
    if (lines->pos >= in.n)
        return false;
    size_t start = in.at[lines->pos] ? lines->pos : skip_zeros(in, lines->pos);
    const uint8_t *from = in.at + start;
    const uint8_t *lf = start < in.n ? memchr(from, '\n', in.n - start) : NULL;
    size_t stop = lf ? (size_t)(lf - in.at) : in.n;
    size_t n = stop - start;
    if (lf && n > 0 && from[n - 1] == '\r')
        n--;
    *out = (struct ak_line){
        .raw = { (const char *)from, n < AK_LINE_MAX ? n : AK_LINE_MAX },
        .at = start,
        .end = lf ? stop + 1 : stop,
        .zeros = start - lines->pos,
        .cut = n > AK_LINE_MAX,
    };
    lines->pos = out->end;
    return true;
}

bool ak_lines_take(struct ak_ctx *ctx, struct ak_lines *lines, struct ak_line *out)
{
    while (ak_lines_next(lines, out)) {
        uint64_t where = lines->origin + out->at;
        if (out->zeros)
            (void)ak_damage(ctx, where - out->zeros, "zero bytes in a text log, as after a crash");
        if (out->cut)
            (void)ak_damage(ctx, where, "a line longer than 1 MiB: only its beginning is kept");
        if (out->raw.n)
            return true;
    }
    return false;
}

bool ak_text_ascii(struct ak_str text)
{
    uint64_t any = 0, word;
    size_t i = 0;
    for (; text.n - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, text.at + i, sizeof(word));
        any |= word;
    }
    for (; i < text.n; i++)
        any |= (uint8_t)text.at[i];
    return (any & UINT64_C(0x8080808080808080)) == 0;
}

struct ak_str ak_line_utf8(struct ak_ctx *ctx, struct ak_str raw)
{
    enum { ESCAPE = 0x1B }; /* ISO-2022-JP is ASCII with escapes */
    struct ak_str text = raw;
    if (!raw.n || (ak_text_ascii(raw) && !memchr(raw.at, ESCAPE, raw.n)) ||
        ak_encoding_utf8(ctx->arena, ak_bytes_str(raw), &text) == AK_OK)
        return text;
    return raw;
}

struct ak_stamp ak_line_local(struct ak_stamp s, const struct ak_zone *zone)
{
    enum { NS_PER_S = 1000000000 };
    if (!(s.flags & AK_STAMP_LOCAL) || (s.flags & AK_STAMP_CLAMPED))
        return s;
    int64_t rest = s.utc_ns % NS_PER_S;
    rest += rest < 0 ? NS_PER_S : 0;
    int64_t local_s = (s.utc_ns - rest) / NS_PER_S;
    struct ak_stamp moved = ak_stamp_unix(ak_zone_to_utc(zone, local_s), (uint32_t)rest,
                                          (enum ak_precision)(s.flags & AK_STAMP_PREC_MASK));
    moved.flags |= s.flags;
    return moved;
}

struct ak_str ak_trim_left(struct ak_str text)
{
    while (text.n && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = ak_skip(text, 1);
    return text;
}

struct ak_str ak_trim(struct ak_str text)
{
    text = ak_trim_left(text);
    while (text.n && (text.at[text.n - 1] == ' ' || text.at[text.n - 1] == '\t'))
        text.n--;
    return text;
}

struct ak_str ak_cut(struct ak_str *rest, char sep)
{
    const char *at = rest->n ? memchr(rest->at, sep, rest->n) : NULL;
    struct ak_str before = { rest->at, at ? (size_t)(at - rest->at) : rest->n };
    *rest = ak_skip(*rest, at ? before.n + 1 : before.n);
    return before;
}

size_t ak_digits(struct ak_str text, uint64_t *out)
{
    uint64_t v = 0;
    size_t n = 0;
    for (; n < text.n && text.at[n] >= '0' && text.at[n] <= '9'; n++)
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(text.at[n] - '0'), &v))
            return 0;
    *out = v;
    return n;
}
