/* intern.h - texts to small numbers, each text once. */
#ifndef AK_DETECT_INTERN_H
#define AK_DETECT_INTERN_H

#include "base/arena.h"
#include "base/bytes.h"

struct ak_intern {
    struct ak_arena *arena; /* set this; the rest starts as zero */
    struct ak_str *keys;
    uint32_t *slots; /* number + 1; 0 is empty */
    size_t n, cap;   /* cap: of slots, a power of two, or 0 */
};

/* Its number, counted from 0; *out_new is whether it was not known.  The text is
 * copied.  UINT32_MAX when the arena is spent. */
uint32_t ak_intern_add(struct ak_intern *table, struct ak_str text, bool *out_new);

#endif
