/* string_table.h - the strings of a batch or of its hits, each once, by number.
 *
 * Layout (v = unsigned LEB128): v n_strings   then per string: v length   then all
 * string bytes.  Numbers rise from 0 in order of first sight. */
#ifndef AK_EVENT_STRING_TABLE_H
#define AK_EVENT_STRING_TABLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/reader.h"

#define AK_NO_STRING UINT32_MAX

/* ---- collecting ---- */

struct ak_string_entry {
    uint64_t hash;
    uint32_t at, n; /* where it lies in `bytes` */
};

/* Read `n` and `bytes.n` to know how full it is; the rest belongs to the functions. */
struct ak_string_table {
    struct ak_buf bytes; /* of all strings; whoever adds keeps them below 4 GiB */
    struct ak_string_entry *entries;
    uint32_t n, cap;
    uint32_t *slots; /* open-addressed: number + 1; 0 is empty */
    uint32_t n_slots;
};

/* Start with room for n_slots / 2 strings; n_slots is a power of two, and it grows.
 * False when memory ran out.  Release with ak_strings_close() either way. */
AK_MUST_USE bool ak_strings_open(struct ak_string_table *t, uint32_t n_slots);
void ak_strings_close(struct ak_string_table *t);
/* Empty it, keeping the memory. */
void ak_strings_clear(struct ak_string_table *t);

/* The number of these bytes, which are copied; AK_NO_STRING when memory ran out. */
uint32_t ak_strings_add(struct ak_string_table *t, struct ak_str s);
/* The same for UTF-16LE, which becomes WTF-8. */
uint32_t ak_strings_add_utf16(struct ak_string_table *t, struct ak_bytes utf16);

/* The string of a number below `n`; borrowed until the next one is added. */
struct ak_str ak_strings_get(const struct ak_string_table *t, uint32_t number);

/* Append the table to `out`, in the layout above. */
void ak_strings_put(const struct ak_string_table *t, struct ak_buf *out);

/* ---- reading ---- */

/* Read a table: an array of the arena, whose texts borrow what `r` reads.
 * AK_ERR_CORRUPT: no such table; AK_ERR_LIMIT: the arena is spent. */
AK_MUST_USE enum ak_status ak_strings_read(struct ak_arena *arena, struct ak_reader *r,
                                           const struct ak_str **out, uint32_t *out_n);

/* Make room in an array from malloc(), NULL at first, for element `n` of `size` bytes;
 * *cap is how many there is room for.  False, the array untouched, when memory ran out. */
AK_MUST_USE bool ak_array_grow(void **array, uint32_t n, uint32_t *cap, size_t size);

#endif
