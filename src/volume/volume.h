/* volume.h - what a partition table finds on a disk. */
#ifndef AK_VOLUME_VOLUME_H
#define AK_VOLUME_VOLUME_H

#include "base/arena.h"
#include "evidence/source.h"

enum { AK_VOLUMES_MAX = 256 };

/* One part of a disk, in disk order.  Gaps of a megabyte and more are listed,
 * too ("unallocated"): something may hide there. */
struct ak_volume {
    uint64_t offset, size; /* bytes from the start of the disk */
    struct ak_str scheme;  /* "gpt", "mbr", "none" (the whole disk is one volume) */
    struct ak_str label;   /* the table's name or kind of it: "Basic data partition" */
    struct ak_str type;    /* GPT type GUID or MBR type "0x07" */
    bool allocated;        /* false: a gap between partitions */
};

/* List the volumes of a disk.  A disk without a table gives one volume, the
 * whole.  Texts and the array live in the arena.  A table that contradicts
 * itself gives what of it holds, and *out_note (a literal of data/words) says
 * what does not; NULL otherwise.  AK_ERR_LIMIT when the arena is spent. */
AK_MUST_USE enum ak_status ak_volumes_list(struct ak_arena *arena, struct ak_source *disk,
                                           struct ak_volume **out_volumes, size_t *out_n,
                                           const char **out_note);

/* What lies in a volume that we name but do not read: "BitLocker", "LUKS",
 * "XFS", "LVM2", "btrfs", "ReFS", "swap", … by its signature; NULL when unknown. */
const char *ak_volume_identify(struct ak_source *volume);

#endif
