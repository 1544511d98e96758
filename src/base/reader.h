/* reader.h - read untrusted bytes without ever leaving them.
 *
 * A reader is a window on bytes plus a position.  Every read is checked.  A
 * read that does not fit returns zero (or an empty view), moves nothing, and
 * sets `failed`, which stays set.  So a parser reads a whole structure in
 * straight lines and asks once, with ak_rd_ok(), before it trusts any of it.
 * The zero matters: a count read past the end is a loop that runs no times.
 *
 * This is the only file of the engine that turns a file offset into a pointer.
 */
#ifndef AK_BASE_READER_H
#define AK_BASE_READER_H

#include "base/bytes.h"

#include <stdbool.h>

struct ak_reader {
    struct ak_bytes in; /* the window */
    size_t pos;         /* next unread byte; never greater than in.n */
    uint64_t origin;    /* where in.at[0] lies in the item: offsets we report */
    bool failed;        /* some read did not fit */
};

static inline struct ak_reader ak_rd_open(struct ak_bytes in, uint64_t origin)
{
    return (struct ak_reader){ .in = in, .origin = origin };
}

static inline bool ak_rd_ok(const struct ak_reader *r) { return !r->failed; }

static inline size_t ak_rd_left(const struct ak_reader *r) { return r->in.n - r->pos; }

/* Offset of the next unread byte in the item, for locators and messages. */
static inline uint64_t ak_rd_where(const struct ak_reader *r) { return r->origin + r->pos; }

/* The next n bytes as a view on the window; empty on failure. */
static inline struct ak_bytes ak_rd_take(struct ak_reader *r, size_t n)
{
    if (n > ak_rd_left(r)) {
        r->failed = true;
        return (struct ak_bytes){ r->in.at, 0 };
    }
    struct ak_bytes out = { r->in.at + r->pos, n };
    r->pos += n;
    return out;
}

/* True when `count` elements of `size` bytes lie ahead.  Ask this before
 * allocating `count` of anything.  Cannot overflow; `size` must not be 0. */
static inline bool ak_rd_has(const struct ak_reader *r, uint64_t count, size_t size)
{
    return count <= ak_rd_left(r) / size;
}

/* `count` elements of `size` bytes as one view; empty on failure. */
static inline struct ak_bytes ak_rd_array(struct ak_reader *r, uint64_t count, size_t size)
{
    if (!ak_rd_has(r, count, size)) {
        r->failed = true;
        return (struct ak_bytes){ r->in.at, 0 };
    }
    return ak_rd_take(r, (size_t)count * size);
}

/* A child window of `n` bytes at `offset` from the start of this window.  The
 * child starts failed when it does not fit, so the check can wait. */
static inline struct ak_reader ak_rd_window(const struct ak_reader *r, uint64_t offset, uint64_t n)
{
    if (offset > r->in.n || n > r->in.n - offset)
        return (struct ak_reader){ .in = { r->in.at, 0 }, .origin = r->origin, .failed = true };
    return ak_rd_open((struct ak_bytes){ r->in.at + offset, (size_t)n }, r->origin + offset);
}

/* Loads spelled out byte by byte: no alignment, no aliasing, no endianness to
 * ask about, and compilers turn each into one load.  (A loop over the bytes
 * does not: it cost a factor of 15 with gcc 12.) */
static inline uint16_t ak_load_u16le(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

static inline uint32_t ak_load_u32le(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t ak_load_u64le(const uint8_t *p)
{
    return (uint64_t)ak_load_u32le(p) | (uint64_t)ak_load_u32le(p + 4) << 32;
}

static inline uint8_t ak_rd_u8(struct ak_reader *r)
{
    struct ak_bytes b = ak_rd_take(r, 1);
    return b.n ? b.at[0] : 0;
}

static inline uint16_t ak_rd_u16le(struct ak_reader *r)
{
    struct ak_bytes b = ak_rd_take(r, 2);
    return b.n ? ak_load_u16le(b.at) : 0;
}

static inline uint32_t ak_rd_u32le(struct ak_reader *r)
{
    struct ak_bytes b = ak_rd_take(r, 4);
    return b.n ? ak_load_u32le(b.at) : 0;
}

static inline uint64_t ak_rd_u64le(struct ak_reader *r)
{
    struct ak_bytes b = ak_rd_take(r, 8);
    return b.n ? ak_load_u64le(b.at) : 0;
}

static inline uint16_t ak_load_u16be(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }

static inline uint32_t ak_load_u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t ak_load_u64be(const uint8_t *p)
{
    return (uint64_t)ak_load_u32be(p) << 32 | ak_load_u32be(p + 4);
}

static inline uint16_t ak_rd_u16be(struct ak_reader *r)
{
    struct ak_bytes b = ak_rd_take(r, 2);
    return b.n ? ak_load_u16be(b.at) : 0;
}

static inline uint32_t ak_rd_u32be(struct ak_reader *r)
{
    struct ak_bytes b = ak_rd_take(r, 4);
    return b.n ? ak_load_u32be(b.at) : 0;
}

static inline uint64_t ak_rd_u64be(struct ak_reader *r)
{
    struct ak_bytes b = ak_rd_take(r, 8);
    return b.n ? ak_load_u64be(b.at) : 0;
}

/* Move to `offset` from the start of the window; fails when it lies outside. */
static inline void ak_rd_seek(struct ak_reader *r, uint64_t offset)
{
    if (offset > r->in.n)
        r->failed = true;
    else
        r->pos = (size_t)offset;
}

static inline void ak_rd_skip(struct ak_reader *r, uint64_t n)
{
    if (n > ak_rd_left(r))
        r->failed = true;
    else
        r->pos += (size_t)n;
}

/* An unsigned LEB128 number of at most ten bytes. */
static inline uint64_t ak_rd_varint(struct ak_reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = ak_rd_u8(r);
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return v;
    }
    r->failed = true;
    return 0;
}

#endif
