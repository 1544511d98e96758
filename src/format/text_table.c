/* text_table.c - see text_table.h. */
#include "format/text_table.h"

#include "base/hash.h"

enum { FIRST_CAP = 1024 }; /* slots are twice as many; a power of two */

bool ak_texts_open(struct ak_text_table *t, struct ak_arena *arena)
{
    *t = (struct ak_text_table){ .arena = arena, .cap = FIRST_CAP };
    t->entries = AK_NEW_N(arena, struct ak_text_entry, FIRST_CAP);
    t->slots = AK_NEW_N(arena, uint32_t, FIRST_CAP * 2);
    return t->entries && t->slots;
}

static bool grow(struct ak_text_table *t)
{
    uint32_t cap = t->cap * 2, mask = cap * 2 - 1;
    if (cap > AK_TEXTS_MAX)
        return false;
    struct ak_text_entry *entries = AK_NEW_N(t->arena, struct ak_text_entry, cap);
    uint32_t *slots = AK_NEW_N(t->arena, uint32_t, (size_t)cap * 2);
    if (!entries || !slots)
        return false;
    memcpy(entries, t->entries, t->n * sizeof(*entries));
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t at = (uint32_t)entries[i].hash & mask;
        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    t->entries = entries;
    t->slots = slots;
    t->cap = cap;
    return true;
}

uint32_t ak_texts_add(struct ak_text_table *t, struct ak_bytes bytes)
{
    uint64_t hash = ak_hash(bytes.at, bytes.n);
    uint32_t mask = t->cap * 2 - 1, at = (uint32_t)hash & mask;
    for (; t->slots[at]; at = (at + 1) & mask) {
        const struct ak_text_entry *e = &t->entries[t->slots[at] - 1];
        if (e->hash == hash && ak_str_eq(ak_str_bytes(e->bytes), ak_str_bytes(bytes)))
            return t->slots[at] - 1;
    }
    if (t->n == t->cap)
        return grow(t) ? ak_texts_add(t, bytes) : AK_NO_TEXT;
    uint8_t *copy = AK_NEW_N(t->arena, uint8_t, bytes.n + 1);
    if (!copy)
        return AK_NO_TEXT;
    if (bytes.n)
        memcpy(copy, bytes.at, bytes.n);
    t->entries[t->n] = (struct ak_text_entry){ { copy, bytes.n }, hash };
    t->slots[at] = ++t->n;
    return t->n - 1;
}
