/* parts.h - the volumes found so far, shared by the readers of partition tables. */
#ifndef AK_VOLUME_PARTS_H
#define AK_VOLUME_PARTS_H

#include "volume/volume.h"

struct ak_parts {
    struct ak_arena *arena;
    struct ak_source *disk;
    struct ak_volume *list; /* room for AK_VOLUMES_MAX */
    size_t n;
    const char *note; /* the first one stays */
    bool spent;       /* the arena is */
};

/* Remember what does not hold; the first note stays. */
void ak_parts_note(struct ak_parts *p, const char *note);

/* Add a partition of `count` sectors of `sector` bytes.  One that begins behind
 * the disk is left out and noted; one that ends behind it is cut and noted.
 * NULL when it was left out. */
struct ak_volume *ak_parts_add(struct ak_parts *p, struct ak_str scheme, uint64_t first,
                               uint64_t count, uint32_t sector);

/* A text that stays: copied to the arena. */
struct ak_str ak_parts_text(struct ak_parts *p, const char *zero_terminated);

/* Each lists what its table says and returns true when there is such a table.
 * A reader that returns false has added nothing, but may have noted. */
bool ak_parts_apm(struct ak_parts *p);
bool ak_parts_gpt(struct ak_parts *p);
bool ak_parts_mbr(struct ak_parts *p);

/* A BSD disk label in the slice that begins at byte `at`. */
bool ak_parts_bsd(struct ak_parts *p, uint64_t at);

/* Does sector 0 say that the disk is under GPT (an entry of type 0xEE)? */
bool ak_parts_protective(struct ak_source *disk);

/* What an MBR partition of this type is usually for; "" when unknown. */
const char *ak_mbr_type_name(uint8_t type);

#endif
