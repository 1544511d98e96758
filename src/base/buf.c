/* buf.c - see buf.h. */
#include "base/buf.h"

#include "base/digits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 256 };

void ak_buf_free(struct ak_buf *b)
{
    free(b->at);
    *b = (struct ak_buf){ 0 };
}

uint8_t *ak_buf_grow(struct ak_buf *b, size_t n)
{
    size_t want;
    b->failed = b->failed || __builtin_add_overflow(b->n, n, &want);
    if (b->failed)
        return NULL;
    size_t cap = b->cap ? b->cap : FIRST_CAPACITY;
    while (cap < want)
        cap = cap > SIZE_MAX / 2 ? want : cap * 2;
    uint8_t *at = realloc(b->at, cap);
    if (!at) {
        b->failed = true;
        return NULL;
    }
    b->at = at;
    b->cap = cap;
    return b->at + b->n;
}

void ak_buf_u32le(struct ak_buf *b, uint32_t v)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    ak_buf_put(b, bytes, sizeof(bytes));
}

void ak_buf_u64le(struct ak_buf *b, uint64_t v)
{
    ak_buf_u32le(b, (uint32_t)v);
    ak_buf_u32le(b, (uint32_t)(v >> 32));
}

void ak_buf_dec(struct ak_buf *b, uint64_t v)
{
    char *to = (char *)ak_buf_room(b, AK_DEC_MAX);
    if (!to)
        return;
    if (v < 10) { /* most numbers of events are */
        *to = (char)('0' + v);
        b->n++;
        return;
    }
    b->n += (size_t)(ak_put_dec(to, v) - to);
}

void ak_buf_idec(struct ak_buf *b, int64_t v)
{
    if (v < 0)
        ak_buf_u8(b, '-');
    ak_buf_dec(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void ak_buf_hex(struct ak_buf *b, uint64_t v)
{
    unsigned digits = v ? (67 - (unsigned)__builtin_clzll(v)) / 4 : 1;
    uint8_t *to = ak_buf_room(b, 16);
    if (!to)
        return;
    for (unsigned i = digits; i > 0; i--, v >>= 4)
        to[i - 1] = (uint8_t) "0123456789abcdef"[v & 15];
    b->n += digits;
}

void ak_buf_printf(struct ak_buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    uint8_t *to = n >= 0 ? ak_buf_room(b, (size_t)n + 1) : NULL;
    if (to) {
        vsnprintf((char *)to, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}
