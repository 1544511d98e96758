/* text_table.h - every distinct run of bytes once, by number.
 *
 * Numbers rise from 0 in order of first sight and never change, so two texts
 * are equal exactly when their numbers are. */
#ifndef AK_FORMAT_TEXT_TABLE_H
#define AK_FORMAT_TEXT_TABLE_H

#include "base/arena.h"
#include "base/bytes.h"

struct ak_text_entry {
    struct ak_bytes bytes; /* a copy in the arena */
    uint64_t hash;
};

struct ak_text_table {
    struct ak_arena *arena;
    struct ak_text_entry *entries;
    uint32_t *slots; /* open-addressed: number + 1, 0 is empty */
    uint32_t n, cap;
};

enum { AK_TEXTS_MAX = 1 << 22 }; /* numbers fit 24 bits with room to spare */
#define AK_NO_TEXT UINT32_MAX

/* False when the arena's budget is spent. */
bool ak_texts_open(struct ak_text_table *t, struct ak_arena *arena);

/* The number of these bytes; AK_NO_TEXT when the budget is spent. */
uint32_t ak_texts_add(struct ak_text_table *t, struct ak_bytes bytes);

/* The text of this number; empty for AK_NO_TEXT. */
static inline struct ak_bytes ak_texts_get(const struct ak_text_table *t, uint32_t number)
{
    return number < t->n ? t->entries[number].bytes : (struct ak_bytes){ (const uint8_t *)"", 0 };
}

#endif
