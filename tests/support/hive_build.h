/* hive_build.h - a made-up registry hive: keys and values in the order they are asked for.
 *
 * Children are written before their key, so that each cell's place is known when
 * it is pointed to.  Names are ASCII. */
#ifndef AK_TESTS_HIVE_BUILD_H
#define AK_TESTS_HIVE_BUILD_H

#include "tests/support/bytes_build.h"

#include <stdlib.h>

struct hive {
    uint8_t bytes[32768];
    size_t n; /* from the first bin on */
};

enum { HIVE_HEADER = 4096 };

static inline void hive_le(uint8_t *to, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        to[i] = (uint8_t)(v >> (8 * i));
}

/* A cell in use with room for n bytes; where it is, and *at to fill it. */
static inline uint32_t hive_cell(struct hive *h, size_t n, uint8_t **at)
{
    uint32_t where = (uint32_t)h->n;
    size_t size = (n + 4 + 7) / 8 * 8;
    assert(HIVE_HEADER + h->n + size <= sizeof(h->bytes));
    uint8_t *cell = h->bytes + HIVE_HEADER + h->n;
    hive_le(cell, 0u - (uint32_t)size, 4);
    *at = cell + 4;
    h->n += size;
    return where;
}

static inline uint32_t hive_value(struct hive *h, const char *name, uint32_t type, const void *data,
                                  size_t n)
{
    uint8_t *to;
    uint32_t data_at = 0;
    if (n > 4) {
        data_at = hive_cell(h, n, &to);
        memcpy(to, data, n);
    }
    uint32_t at = hive_cell(h, 20 + strlen(name), &to);
    memcpy(to, "vk", 2);
    hive_le(to + 2, strlen(name), 2);
    hive_le(to + 4, n > 4 ? n : n | 0x80000000u, 4);
    if (n > 4)
        hive_le(to + 8, data_at, 4);
    else
        memcpy(to + 8, data, n);
    hive_le(to + 12, type, 4);
    hive_le(to + 16, 1, 2);
    memcpy(to + 20, name, strlen(name));
    return at;
}

static inline uint32_t hive_dword(struct hive *h, const char *name, uint32_t v)
{
    uint8_t le[4];
    hive_le(le, v, 4);
    return hive_value(h, name, 4, le, 4);
}

static inline uint32_t hive_text(struct hive *h, const char *name, const char *text)
{
    struct build b = { .n = 0 };
    put_ascii16(&b, text);
    put_u16(&b, 0);
    return hive_value(h, name, 1, b.bytes, b.n);
}

/* A list of cells: of values (kind NULL) or of keys ("li", "lf", "lh", "ri"). */
static inline uint32_t hive_list(struct hive *h, const char *kind, const uint32_t *cells, size_t n)
{
    uint8_t *to;
    size_t width = kind && (kind[1] == 'f' || kind[1] == 'h') ? 8 : 4, head = kind ? 4 : 0;
    uint32_t at = hive_cell(h, head + n * width, &to);
    if (kind) {
        memcpy(to, kind, 2);
        hive_le(to + 2, n, 2);
    }
    for (size_t i = 0; i < n; i++)
        hive_le(to + head + i * width, cells[i], 4);
    return at;
}

/* A key over a list of n_keys keys and a list of n_values values. */
static inline uint32_t hive_key(struct hive *h, const char *name, uint32_t keys, size_t n_keys,
                                uint32_t values, size_t n_values)
{
    uint8_t *to;
    uint32_t at = hive_cell(h, 76 + strlen(name), &to);
    memcpy(to, "nk", 2);
    hive_le(to + 2, 0x20, 2);
    hive_le(to + 20, n_keys, 4);
    hive_le(to + 28, keys, 4);
    hive_le(to + 36, n_values, 4);
    hive_le(to + 40, values, 4);
    hive_le(to + 72, strlen(name), 2);
    memcpy(to + 76, name, strlen(name));
    return at;
}

/* A key with values only. */
static inline uint32_t hive_leaf(struct hive *h, const char *name, const uint32_t *values, size_t n)
{
    return hive_key(h, name, 0, 0, hive_list(h, NULL, values, n), n);
}

/* A key with subkeys only, through a list of this kind. */
static inline uint32_t hive_branch(struct hive *h, const char *name, const char *kind,
                                   const uint32_t *keys, size_t n)
{
    return hive_key(h, name, hive_list(h, kind, keys, n), n, 0, 0);
}

static inline struct ak_bytes hive_end(struct hive *h, uint32_t root)
{
    memcpy(h->bytes, "regf", 4);
    hive_le(h->bytes + 4, 7, 4);
    hive_le(h->bytes + 8, 7, 4);
    hive_le(h->bytes + 20, 1, 4);
    hive_le(h->bytes + 24, 5, 4);
    hive_le(h->bytes + 36, root, 4);
    hive_le(h->bytes + 40, h->n, 4);
    return (struct ak_bytes){ h->bytes, HIVE_HEADER + h->n };
}

#endif
