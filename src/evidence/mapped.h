/* mapped.h - media put together from pieces: what all disk formats have in common.
 *
 * A format says where the bytes at an offset are (locate) and how a compressed
 * block is unpacked (unpack).  Reading, the cache of unpacked blocks, the cache
 * of table pages, parents and the counting of missing bytes are here, once.
 *
 * All memory is of the arena, which must live as long as the media.
 */
#ifndef AK_EVIDENCE_MAPPED_H
#define AK_EVIDENCE_MAPPED_H

#include "base/arena.h"
#include "base/reader.h"
#include "evidence/container.h"

struct libdeflate_decompressor;

enum ak_piece_kind {
    AK_PIECE_ZERO,    /* zeros by the rules of the format */
    AK_PIECE_PLAIN,   /* as they are in `from` */
    AK_PIECE_PACKED,  /* in a block that unpack() gives */
    AK_PIECE_PARENT,  /* at the same place of the parent; zeros behind its end */
    AK_PIECE_MISSING, /* should be there and is not */
};

/* Where the byte that was asked for, and those behind it, are. */
struct ak_piece {
    enum ak_piece_kind kind;
    struct ak_source *from; /* PLAIN, PACKED */
    uint64_t at;            /* in `from`: of the byte (PLAIN), of the packed block (PACKED) */
    uint64_t n;             /* bytes of media from that byte to the end of the piece; not 0 */
    uint64_t block;         /* PACKED: a number no other block of this media has */
    uint32_t packed_n;      /* PACKED: bytes in `from`; cut at the end of `from` */
    uint32_t skip, span;    /* PACKED: where the byte is in the unpacked block, and its size */
    uint32_t how;           /* PACKED: the format's own word for unpack() */
};

struct ak_mapped;

struct ak_mapped_ops {
    struct ak_source_ops source; /* .kind given; AK_MAPPED_SOURCE() fills it */

    /* Where is the byte `at` of the media?  *out is zeroed; at < size.  Cannot
     * fail: what cannot be found is AK_PIECE_MISSING. */
    void (*locate)(struct ak_mapped *self, uint64_t at, struct ak_piece *out);

    /* Unpack into `to`, which has room for p->span bytes.  False when the block
     * is damaged: it is then zeroed and counted.  NULL when nothing is packed. */
    bool (*unpack)(struct ak_mapped *self, const struct ak_piece *p, struct ak_bytes packed,
                   uint8_t *to);
    void (*close)(struct ak_mapped *self); /* NULL when there is nothing to close */
};

enum ak_status ak_mapped_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                              size_t *out_missing);
void ak_mapped_close(struct ak_source *self);
#define AK_MAPPED_SOURCE(name)                                                                     \
    {                                                                                              \
        name, ak_mapped_read, ak_mapped_close                                                      \
    }

struct ak_mapped_slot {
    uint8_t *bytes;
    uint64_t block, used;
    bool filled, bad;
};

enum { AK_PAGE_BYTES = 4096, AK_PAGES = 64 };

struct ak_page {
    struct ak_source *src;
    uint64_t at;
    uint32_t n; /* bytes of it before the end of src */
    uint8_t bytes[AK_PAGE_BYTES];
};

/* Formats embed this as their first member. */
struct ak_mapped {
    struct ak_source base;
    const struct ak_mapped_ops *ops;
    struct ak_source *parent;
    bool parent_owned;
    bool parent_missing;                     /* there is one by name, but we do not have it */
    struct libdeflate_decompressor *inflate; /* owned; NULL when nothing is packed */
    uint8_t *packed;                         /* room for packed_max bytes */
    uint32_t packed_max, n_slots;
    uint64_t clock;
    struct ak_mapped_slot *slots;
    struct ak_page *pages;
};

/* Largest unpacked block that is accepted: 32768 sectors, the most an EWF
 * writer offers, of 1024 bytes. */
enum { AK_BLOCK_MAX = 32 << 20 };

/* Make *m ready for reading.  block_max is the largest unpacked block and
 * packed_max the largest packed one, both 0 when nothing is packed.
 * AK_ERR_LIMIT when the arena is spent or block_max is above AK_BLOCK_MAX. */
AK_MUST_USE enum ak_status ak_mapped_init(struct ak_arena *arena, struct ak_mapped *m,
                                          const struct ak_mapped_ops *ops, uint32_t block_max,
                                          uint32_t packed_max);

/* n (at most 16) bytes of a table at `at` of src, by way of the page cache.
 * False when src does not have all of them. */
bool ak_mapped_entry(struct ak_mapped *m, struct ak_source *src, uint64_t at, uint8_t *out,
                     size_t n);

/* Let `m` read what it does not have from the file `name`: opened as the
 * container it is, or taken as raw.  *out_disk (may be NULL) says what it is;
 * in the arena.  When it cannot be had m->parent_missing is set, and `out` notes it. */
void ak_mapped_parent(struct ak_arena *arena, struct ak_mapped *m,
                      const struct ak_siblings *siblings, struct ak_str name, struct ak_disk *out,
                      const struct ak_disk **out_disk);

/* The file `path` names, by its last part ('/' or '\\'); NULL when there is none. */
struct ak_source *ak_sibling(const struct ak_siblings *siblings, struct ak_str path);

/* Remember a note (a literal of data/words); the same one is kept once. */
void ak_disk_note(struct ak_disk *out, const char *note);

/* Remember a fact; an empty value is not one.  The text is copied to the arena. */
void ak_disk_fact(struct ak_arena *arena, struct ak_disk *out, const char *name,
                  struct ak_str value);
void ak_disk_fact_number(struct ak_arena *arena, struct ak_disk *out, const char *name, uint64_t v);
void ak_disk_fact_hex(struct ak_arena *arena, struct ak_disk *out, const char *name,
                      struct ak_bytes v);

/* A GUID as Windows prints it, from its 16 bytes on disk (first three parts
 * little-endian). */
void ak_disk_fact_guid(struct ak_arena *arena, struct ak_disk *out, const char *name,
                       const uint8_t *guid);

/* UTF-16LE as a fact, up to the first zero. */
void ak_disk_fact_utf16(struct ak_arena *arena, struct ak_disk *out, const char *name,
                        struct ak_bytes in);

/* The value of a fact; empty when there is none of that name. */
struct ak_str ak_disk_fact_of(const struct ak_disk *disk, const char *name);

#endif
