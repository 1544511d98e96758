/* split.h - how large items are cut so that several workers share them. */
#ifndef AK_ARTEFACT_SPLIT_H
#define AK_ARTEFACT_SPLIT_H

#include <stdint.h>

/* How an item may be cut.  The parts come out in order; events keep offsets
 * from the start of the item. */
enum ak_split {
    AK_SPLIT_NONE,  /* parsed whole: max_size holds */
    AK_SPLIT_LINES, /* a part is whole lines */
    AK_SPLIT_EVTX,  /* a part is whole 64 KiB chunks; the 4 KiB file header is in the first */
};

#define AK_SPLIT_ABOVE ((uint64_t)48 << 20) /* smaller items are parsed whole */
#define AK_SPLIT_BYTES ((uint64_t)32 << 20) /* of one part */

/* Where the part that begins at `from` ends. */
static inline uint64_t ak_split_end(enum ak_split split, uint64_t from, uint64_t size)
{
    uint64_t n = AK_SPLIT_BYTES;
    if (split == AK_SPLIT_EVTX && from == 0)
        n += 4096; /* the file header */
    return size - from > n + AK_SPLIT_BYTES / 2 ? from + n : size;
}

#endif
