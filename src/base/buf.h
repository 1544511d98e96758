/* buf.h - a growing run of bytes, for everything that is written. */
#ifndef AK_BASE_BUF_H
#define AK_BASE_BUF_H

#include "base/bytes.h"
#include "base/status.h"

/* Zero-initialise to start empty.  Owns `at`; release with ak_buf_free(). */
struct ak_buf {
    uint8_t *at;
    size_t n, cap;
    bool failed; /* memory ran out: later writes are ignored, contents are cut */
};

void ak_buf_free(struct ak_buf *b);

/* Make room for n more bytes; the place to write them, or NULL when memory ran
 * out.  Writing them does not count until ak_buf_wrote(). */
uint8_t *ak_buf_grow(struct ak_buf *b, size_t n);

static inline uint8_t *ak_buf_room(struct ak_buf *b, size_t n)
{
    return b->at && n <= b->cap - b->n ? b->at + b->n : ak_buf_grow(b, n);
}

static inline void ak_buf_wrote(struct ak_buf *b, size_t n) { b->n += n; }

static inline void ak_buf_put(struct ak_buf *b, const void *from, size_t n)
{
    uint8_t *to = ak_buf_room(b, n);
    if (to && n) {
        memcpy(to, from, n);
        b->n += n;
    }
}

static inline void ak_buf_str(struct ak_buf *b, struct ak_str s) { ak_buf_put(b, s.at, s.n); }

static inline void ak_buf_text(struct ak_buf *b, const char *zero_terminated)
{
    ak_buf_put(b, zero_terminated, strlen(zero_terminated));
}

static inline void ak_buf_u8(struct ak_buf *b, uint8_t v) { ak_buf_put(b, &v, 1); }

void ak_buf_u32le(struct ak_buf *b, uint32_t v);
void ak_buf_u64le(struct ak_buf *b, uint64_t v);

/* Unsigned LEB128, one to ten bytes. */
static inline void ak_buf_varint(struct ak_buf *b, uint64_t v)
{
    uint8_t *to = ak_buf_room(b, 10);
    if (!to)
        return;
    size_t n = 0;
    while (v >= 0x80) {
        to[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    to[n++] = (uint8_t)v;
    b->n += n;
}

/* Decimal digits. */
void ak_buf_dec(struct ak_buf *b, uint64_t v);
void ak_buf_idec(struct ak_buf *b, int64_t v);

/* Lower-case hexadecimal digits without leading zeros or prefix. */
void ak_buf_hex(struct ak_buf *b, uint64_t v);

void ak_buf_printf(struct ak_buf *b, const char *fmt, ...) AK_PRINTF(2, 3);

static inline struct ak_str ak_buf_view(const struct ak_buf *b)
{
    return (struct ak_str){ (const char *)b->at, b->n };
}

#endif
