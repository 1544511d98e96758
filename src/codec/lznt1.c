/* lznt1.c - see lznt1.h.
 *
 * A chunk is a 16-bit header (bits 0-11: bytes that follow less one, bit 15: is
 * compressed) and up to 4096 bytes of output.  In a compressed chunk every flag
 * byte tells of eight items, low bit first: 0 a byte as it is, 1 a 16-bit pair of
 * offset and length.  How the 16 bits are shared depends on how much of the chunk
 * was written: the offset takes as many bits as reach back to its start, at
 * least four. */
#include "codec/lznt1.h"

enum { CHUNK = 4096, LENGTH_MIN = 3 };

struct window {
    const uint8_t *at, *end; /* input left */
    uint8_t *start, *to, *limit;
};

static enum ak_status copy_back(struct window *w, uint16_t pair)
{
    unsigned bits = 4;
    for (size_t done = (size_t)(w->to - w->start); done > 16; done = (done + 1) >> 1)
        bits++;
    size_t back = (size_t)(pair >> (16 - bits)) + 1;
    size_t n = (pair & ((1u << (16 - bits)) - 1)) + LENGTH_MIN;
    if (back > (size_t)(w->to - w->start) || n > (size_t)(w->limit - w->to))
        return AK_ERR_CORRUPT;
    for (; n > 0; n--, w->to++)
        *w->to = w->to[-(ptrdiff_t)back];
    return AK_OK;
}

static enum ak_status expand_item(struct window *w, bool is_pair)
{
    if (!is_pair) {
        if (w->to >= w->limit)
            return AK_ERR_CORRUPT;
        *w->to++ = *w->at++;
        return AK_OK;
    }
    if (w->end - w->at < 2)
        return AK_ERR_CORRUPT;
    uint16_t pair = (uint16_t)(w->at[0] | w->at[1] << 8);
    w->at += 2;
    return copy_back(w, pair);
}

static enum ak_status expand_chunk(struct window *w)
{
    while (w->at < w->end) {
        unsigned flags = *w->at++;
        for (unsigned i = 0; i < 8 && w->at < w->end; i++, flags >>= 1) {
            enum ak_status st = expand_item(w, flags & 1);
            if (st != AK_OK)
                return st;
        }
    }
    return AK_OK;
}

enum ak_status ak_lznt1(struct ak_bytes in, uint8_t *to, size_t n, size_t *out_n)
{
    size_t at = 0, done = 0;
    enum ak_status st = AK_OK;
    while (st == AK_OK && in.n - at >= 2 && done < n) {
        uint16_t head = (uint16_t)(in.at[at] | in.at[at + 1] << 8);
        size_t size = (size_t)(head & 0x0FFF) + 1, room = n - done < CHUNK ? n - done : CHUNK;
        at += 2;
        if (head == 0)
            break;
        if (size > in.n - at) {
            st = AK_ERR_CORRUPT;
            break;
        }
        struct window w = { in.at + at, in.at + at + size, to + done, to + done, to + done + room };
        if (head & 0x8000) {
            st = expand_chunk(&w);
        } else {
            size_t plain = size < room ? size : room;
            memcpy(w.to, w.at, plain);
            w.to += plain;
        }
        done += (size_t)(w.to - w.start);
        at += size;
        /* A short chunk that is not the last stands for 4096 bytes, zeros behind. */
        size_t lacks = st == AK_OK && in.n - at >= 2 && (in.at[at] | in.at[at + 1]) != 0
                           ? (done % CHUNK ? CHUNK - done % CHUNK : 0)
                           : 0;
        lacks = lacks < n - done ? lacks : n - done;
        memset(to + done, 0, lacks);
        done += lacks;
    }
    *out_n = done;
    return st;
}
