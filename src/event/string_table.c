/* string_table.c - see string_table.h. */
#include "event/string_table.h"

#include "base/hash.h"
#include "base/utf.h"

#include <stdlib.h>

bool ak_array_grow(void **array, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t want = *cap ? *cap * 2 : 256;
    void *at = realloc(*array, want * size);
    if (!at)
        return false;
    *array = at;
    *cap = want;
    return true;
}

bool ak_strings_open(struct ak_string_table *t, uint32_t n_slots)
{
    *t = (struct ak_string_table){ .n_slots = n_slots };
    t->slots = calloc(n_slots, sizeof(*t->slots));
    return t->slots != NULL;
}

void ak_strings_close(struct ak_string_table *t)
{
    ak_buf_free(&t->bytes);
    free(t->entries);
    free(t->slots);
    *t = (struct ak_string_table){ 0 };
}

void ak_strings_clear(struct ak_string_table *t)
{
    if (t->n)
        memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
    t->bytes.n = 0;
    t->bytes.failed = false;
    t->n = 0;
}

static bool rehash(struct ak_string_table *t)
{
    uint32_t n = t->n_slots * 2;
    uint32_t *slots = calloc(n, sizeof(*slots));
    if (!slots)
        return false;
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t at = (uint32_t)t->entries[i].hash & (n - 1);
        while (slots[at])
            at = (at + 1) & (n - 1);
        slots[at] = i + 1;
    }
    free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    return true;
}

/* The number of the string whose bytes are the last n of `bytes`; takes them off
 * again when it is known. */
static uint32_t add_tail(struct ak_string_table *t, size_t n)
{
    const uint8_t *tail = t->bytes.at + t->bytes.n - n;
    uint64_t hash = ak_hash(tail, n);
    uint32_t at = (uint32_t)hash & (t->n_slots - 1);
    for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1)) {
        const struct ak_string_entry *e = &t->entries[t->slots[at] - 1];
        if (e->hash == hash && e->n == n && memcmp(t->bytes.at + e->at, tail, n) == 0) {
            t->bytes.n -= n;
            return t->slots[at] - 1;
        }
    }
    if (!ak_array_grow((void **)&t->entries, t->n, &t->cap, sizeof(*t->entries)))
        return AK_NO_STRING;
    t->entries[t->n] = (struct ak_string_entry){ hash, (uint32_t)(t->bytes.n - n), (uint32_t)n };
    t->slots[at] = ++t->n;
    if (t->n * 2 > t->n_slots && !rehash(t))
        return AK_NO_STRING;
    return t->n - 1;
}

uint32_t ak_strings_add(struct ak_string_table *t, struct ak_str s)
{
    if (!ak_buf_room(&t->bytes, s.n + 1))
        return AK_NO_STRING;
    ak_buf_put(&t->bytes, s.at, s.n);
    return add_tail(t, s.n);
}

uint32_t ak_strings_add_utf16(struct ak_string_table *t, struct ak_bytes utf16)
{
    uint8_t *to = ak_buf_room(&t->bytes, utf16.n / 2 * 3 + 1);
    if (!to)
        return AK_NO_STRING;
    size_t n = ak_utf16le_put((char *)to, utf16);
    ak_buf_wrote(&t->bytes, n);
    return add_tail(t, n);
}

struct ak_str ak_strings_get(const struct ak_string_table *t, uint32_t number)
{
    const struct ak_string_entry *e = &t->entries[number];
    return (struct ak_str){ (const char *)t->bytes.at + e->at, e->n };
}

void ak_strings_put(const struct ak_string_table *t, struct ak_buf *out)
{
    ak_buf_varint(out, t->n);
    for (uint32_t i = 0; i < t->n; i++)
        ak_buf_varint(out, t->entries[i].n);
    ak_buf_put(out, t->bytes.at, t->bytes.n);
}

enum ak_status ak_strings_read(struct ak_arena *arena, struct ak_reader *r,
                               const struct ak_str **out, uint32_t *out_n)
{
    uint64_t n = ak_rd_varint(r);
    if (!ak_rd_has(r, n, 1))
        return AK_ERR_CORRUPT;
    struct ak_str *strings = AK_NEW_N(arena, struct ak_str, (size_t)n + 1);
    if (!strings)
        return AK_ERR_LIMIT;
    for (uint64_t i = 0; i < n; i++)
        strings[i].n = (size_t)ak_rd_varint(r);
    for (uint64_t i = 0; i < n; i++)
        strings[i] = ak_str_bytes(ak_rd_take(r, strings[i].n));
    *out = strings;
    *out_n = (uint32_t)n;
    return ak_rd_ok(r) ? AK_OK : AK_ERR_CORRUPT;
}
