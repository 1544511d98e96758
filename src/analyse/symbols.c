/* symbols.c - texts by number, and tables of records; see watch.h. */
#include "analyse/watch.h"

#include "base/hash.h"

#include <stdlib.h>

struct text {
    uint64_t hash;
    struct ak_str text;
};

struct ak_symbols {
    struct ak_arena *arena;
    struct text *texts; /* texts[0] is the empty one */
    uint32_t n, cap;
    uint32_t *slots;
    uint32_t n_slots;
};

struct ak_symbols *ak_symbols_new(void)
{
    struct ak_symbols *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->arena = ak_arena_new((size_t)256 << 20);
    s->cap = s->n_slots = 1024;
    s->texts = calloc(s->cap, sizeof(*s->texts));
    s->slots = calloc(s->n_slots, sizeof(*s->slots));
    s->n = 1;
    if (!s->arena || !s->texts || !s->slots) {
        ak_symbols_free(s);
        return NULL;
    }
    return s;
}

void ak_symbols_free(struct ak_symbols *s)
{
    if (!s)
        return;
    ak_arena_free(s->arena);
    free(s->texts);
    free(s->slots);
    free(s);
}

static bool grow(struct ak_symbols *s)
{
    uint32_t cap = s->cap * 2;
    struct text *texts = realloc(s->texts, cap * sizeof(*texts));
    if (!texts)
        return false;
    s->texts = texts;
    s->cap = cap;
    uint32_t *slots = calloc((size_t)cap * 2, sizeof(*slots));
    if (!slots)
        return false;
    for (uint32_t i = 1; i < s->n; i++) {
        uint32_t at = (uint32_t)texts[i].hash & (cap * 2 - 1);
        while (slots[at])
            at = (at + 1) & (cap * 2 - 1);
        slots[at] = i;
    }
    free(s->slots);
    s->slots = slots;
    s->n_slots = cap * 2;
    return true;
}

uint32_t ak_symbol(struct ak_symbols *s, struct ak_str text)
{
    if (!text.n)
        return 0;
    uint64_t hash = ak_hash_str(text);
    uint32_t at = (uint32_t)hash & (s->n_slots - 1);
    for (; s->slots[at]; at = (at + 1) & (s->n_slots - 1))
        if (s->texts[s->slots[at]].hash == hash && ak_str_eq(s->texts[s->slots[at]].text, text))
            return s->slots[at];
    if (s->n >= AK_SYMBOLS_MAX || s->n == s->cap)
        return 0;
    char *copy = AK_NEW_N(s->arena, char, text.n);
    if (!copy)
        return 0;
    memcpy(copy, text.at, text.n);
    uint32_t number = s->n++;
    s->texts[number] = (struct text){ hash, { copy, text.n } };
    s->slots[at] = number;
    if (s->n == s->cap && !grow(s))
        return 0;
    return number;
}

struct ak_str ak_symbol_text(const struct ak_symbols *s, uint32_t number)
{
    return number < s->n ? s->texts[number].text : AK_STR("");
}

uint32_t ak_symbols_count(const struct ak_symbols *s) { return s->n; }

/* ---- tables ---- */

void ak_table_init(struct ak_table *t, size_t record_bytes, uint32_t max)
{
    *t = (struct ak_table){ .record_bytes = (record_bytes + 7) & ~(size_t)7, .max = max };
}

void ak_table_free(struct ak_table *t)
{
    free(t->records);
    free(t->slots);
    *t = (struct ak_table){ 0 };
}

void *ak_table_at(const struct ak_table *t, uint32_t i)
{
    return t->records + (size_t)i * t->record_bytes;
}

static uint32_t slot_of(const struct ak_table *t, struct ak_key key)
{
    uint32_t at = (uint32_t)ak_hash(&key, sizeof(key)) & (t->n_slots - 1);
    while (t->slots[at] && memcmp(ak_table_at(t, t->slots[at] - 1), &key, sizeof(key)) != 0)
        at = (at + 1) & (t->n_slots - 1);
    return at;
}

void *ak_table_find(const struct ak_table *t, struct ak_key key)
{
    uint32_t at = t->n_slots ? slot_of(t, key) : 0;
    return t->n_slots && t->slots[at] ? ak_table_at(t, t->slots[at] - 1) : NULL;
}

static bool table_grow(struct ak_table *t)
{
    uint32_t cap = t->cap ? t->cap * 2 : 256;
    uint8_t *records = realloc(t->records, cap * t->record_bytes);
    if (!records)
        return false;
    t->records = records;
    uint32_t *slots = calloc((size_t)cap * 2, sizeof(*slots));
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->n_slots = cap * 2;
    t->cap = cap;
    for (uint32_t i = 0; i < t->n; i++) {
        struct ak_key key;
        memcpy(&key, ak_table_at(t, i), sizeof(key));
        t->slots[slot_of(t, key)] = i + 1;
    }
    return true;
}

void *ak_table_get(struct ak_table *t, struct ak_key key)
{
    void *found = ak_table_find(t, key);
    if (found)
        return found;
    if (t->n >= t->max || (t->n == t->cap && !table_grow(t)))
        return NULL;
    uint8_t *record = ak_table_at(t, t->n);
    memset(record, 0, t->record_bytes);
    memcpy(record, &key, sizeof(key));
    t->slots[slot_of(t, key)] = ++t->n;
    return record;
}
