/* lines.h - walk over the lines of a text log, with the place of each.
 *
 * Logs as evidence are not clean text: a crash leaves runs of zero bytes, a
 * copy from Windows leaves carriage returns, a full disk leaves a last line
 * without its end, and an attacker leaves a line of a gigabyte.  Every line
 * that has any bytes comes out, once, with its offset.
 */
#ifndef AK_ARTEFACT_LINES_H
#define AK_ARTEFACT_LINES_H

#include "artefact/artefact.h"

/* Bytes of one line that are kept; the rest of a longer one is passed over. */
enum { AK_LINE_MAX = 1024 * 1024 };

struct ak_lines {
    struct ak_bytes in;
    size_t pos;
    uint64_t origin; /* where in.at[0] lies in the item */
};

struct ak_line {
    struct ak_str raw; /* without its line end (LF or CR LF) and leading zero bytes */
    size_t at;         /* of raw in the walked bytes */
    size_t end;        /* behind the line end */
    size_t zeros;      /* how many zero bytes stood before it */
    bool cut;          /* longer than AK_LINE_MAX: raw is its beginning */
};

/* Start on these bytes, behind a byte order mark. */
static inline struct ak_lines ak_lines_of(struct ak_bytes in)
{
    bool mark = in.n >= 3 && memcmp(in.at, "\xEF\xBB\xBF", 3) == 0;
    return (struct ak_lines){ .in = in, .pos = mark ? 3 : 0 };
}

/* Start on the bytes of an item. */
struct ak_lines ak_lines_open(const struct ak_item *item);

/* The next line, empty ones included; false at the end. */
bool ak_lines_next(struct ak_lines *lines, struct ak_line *out);

/* The next line that is not empty, with what is wrong with it recorded as
 * damage; false at the end. */
bool ak_lines_take(struct ak_ctx *ctx, struct ak_lines *lines, struct ak_line *out);

/* Is every byte below 0x80? */
bool ak_text_ascii(struct ak_str text);

/* Bytes of a line as UTF-8: themselves when they already are, else converted
 * (encoding.h) into ctx->arena; themselves again when that is used up. */
struct ak_str ak_line_utf8(struct ak_ctx *ctx, struct ak_str raw);

/* A stamp recorded without a zone (AK_STAMP_LOCAL, read as if it were UTC)
 * moved to UTC by the zone; any other stamp as it is. */
struct ak_stamp ak_line_local(struct ak_stamp s, const struct ak_zone *zone);

/* `text` without blanks and tabs at both ends; at its beginning only. */
struct ak_str ak_trim(struct ak_str text);
struct ak_str ak_trim_left(struct ak_str text);

/* Cut off what stands before the first `sep` and step over it; all of it, with
 * nothing left, when there is no `sep`. */
struct ak_str ak_cut(struct ak_str *rest, char sep);

/* The digits at the start of `text` as a number; how many there are (0: none,
 * or more than fit into 64 bits). */
size_t ak_digits(struct ak_str text, uint64_t *out);

/* `text` without its first n bytes (n <= text.n). */
static inline struct ak_str ak_skip(struct ak_str text, size_t n)
{
    return n ? (struct ak_str){ text.at + n, text.n - n } : text; /* text.at may be NULL */
}

#endif
