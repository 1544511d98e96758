/* intern.c - see intern.h. */
#include "detect/intern.h"

#include "base/hash.h"

enum { FIRST = 256 }; /* slots; a power of two */

static void put(struct ak_intern *t, uint32_t number)
{
    size_t at = ak_hash_str(t->keys[number]) & (t->cap - 1);
    while (t->slots[at])
        at = (at + 1) & (t->cap - 1);
    t->slots[at] = number + 1;
}

static bool grow(struct ak_intern *t)
{
    size_t cap = t->cap ? t->cap * 2 : FIRST;
    uint32_t *slots = AK_NEW_N(t->arena, uint32_t, cap);
    struct ak_str *keys = AK_NEW_N(t->arena, struct ak_str, cap / 2);
    if (!slots || !keys)
        return false;
    if (t->n)
        memcpy(keys, t->keys, t->n * sizeof(*keys));
    t->slots = slots;
    t->keys = keys;
    t->cap = cap;
    for (size_t i = 0; i < t->n; i++)
        put(t, (uint32_t)i);
    return true;
}

uint32_t ak_intern_add(struct ak_intern *t, struct ak_str text, bool *out_new)
{
    *out_new = false;
    if (t->n * 2 >= t->cap && !grow(t))
        return UINT32_MAX;
    size_t at = ak_hash_str(text) & (t->cap - 1);
    for (; t->slots[at]; at = (at + 1) & (t->cap - 1))
        if (ak_str_eq(t->keys[t->slots[at] - 1], text))
            return t->slots[at] - 1;
    char *copy = AK_NEW_N(t->arena, char, text.n + 1);
    if (!copy)
        return UINT32_MAX;
    if (text.n)
        memcpy(copy, text.at, text.n);
    t->keys[t->n] = (struct ak_str){ copy, text.n };
    t->slots[at] = (uint32_t)++t->n;
    *out_new = true;
    return (uint32_t)t->n - 1;
}
