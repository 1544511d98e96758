/* ext4.h - what the parts of the ext2/3/4 reader share.
 *
 * ext4_volume.c  superblock, groups, inodes      ext4_map.c  where contents lie
 * ext4_folder.c  names in a folder               ext4_walk.c the tree, orphans
 * ext4.c         the descriptor, contents
 *
 * Layout and sources: docs/formats/filesystem.ext4.md */
#ifndef AK_FILESYSTEM_EXT4_H
#define AK_FILESYSTEM_EXT4_H

#include "base/buf.h"
#include "base/reader.h"
#include "filesystem/filesystem.h"

enum ext4_limit {
    EXT4_INODE_MAX = 4096, /* bytes of an inode */
    EXT4_BLOCK_MAX = 65536,
    EXT4_DEPTH_MAX = 5,          /* levels of an extent tree */
    EXT4_RUNS_MAX = 1 << 20,     /* runs of one file */
    EXT4_FOLDER_MAX = 128 << 20, /* bytes of one folder */
    EXT4_TARGET_MAX = 4096,      /* bytes of a symbolic link */
    EXT4_SPARE_BYTES = 1 << 20,  /* of folders, beyond four times the volume */
    EXT4_SPARE_BLOCKS = 4096,    /* of maps, likewise */
    EXT4_PAGE = 64 << 10,
    EXT4_PAGES = 512,
};

enum { EXT4_ROOT = 2 };

enum ext4_incompat {
    EXT4_FILETYPE = 0x2,
    EXT4_META_BG = 0x10,
    EXT4_64BIT = 0x80,
    EXT4_READABLE = 0x3F7F6, /* every variant this reader knows */
};

enum ext4_inode_flag {
    EXT4_IS_ENCRYPTED = 0x800,
    EXT4_IS_INDEXED = 0x1000,
    EXT4_HAS_EXTENTS = 0x80000,
    EXT4_IS_VALUE = 0x200000, /* holds an extended attribute of another file */
    EXT4_IS_INLINE = 0x10000000,
};

enum ext4_mode {
    EXT4_TYPE = 0xF000,
    EXT4_FOLDER = 0x4000,
    EXT4_REGULAR = 0x8000,
    EXT4_SYMLINK = 0xA000,
};

/* Blocks one behind the other; physical EXT4_HOLE is a hole. */
#define EXT4_HOLE UINT64_MAX
struct ext4_run {
    uint64_t logical, physical, n;
};

struct ext4_runs {
    struct ext4_run *at; /* owned */
    size_t n, cap;
    uint64_t needed; /* a block map is followed until it covers so many blocks */
    bool damaged;    /* part of the map could not be read */
};

struct ext4_group {
    uint64_t inode_bitmap, inode_table; /* blocks */
    bool no_inodes;                     /* none was ever used */
    uint8_t *bitmap;                    /* owned; NULL before the first use */
};

struct ext4_page {
    uint8_t *bytes; /* owned */
    uint64_t number;
};

struct ext4 {
    struct ak_filesystem base;
    struct ak_source *volume; /* borrowed */
    uint32_t block, inode_size, inodes_per_group, n_inodes, first_inode;
    uint32_t compatible, incompatible, read_only_compatible;
    uint32_t special[6]; /* inodes that belong to the file system itself; 0 none */
    uint64_t n_blocks, n_groups;
    struct ext4_group *groups;                   /* owned */
    struct ext4_page *pages;                     /* owned */
    uint64_t folder_bytes_left, map_blocks_left; /* against files that share everything */
};

struct ext4_inode {
    uint32_t number, flags, uid, gid, deleted_s;
    uint16_t mode, links;
    uint64_t size;
    bool in_use, touched; /* its bit is set; it was used at least once */
    struct ak_stamp created, modified, changed, accessed;
    size_t extra_n; /* bytes of the inode behind the classic 128 that have a fixed place */
    uint8_t bytes[EXT4_INODE_MAX];
};

/* ---- ext4_volume.c ---- */

bool ext4_probe(struct ak_source *volume);
AK_MUST_USE enum ak_status ext4_open_volume(struct ext4 *fs, const char **out_note);
void ext4_close_volume(struct ext4 *fs);

/* False when there is no such inode or it lies outside the volume. */
bool ext4_inode_read(struct ext4 *fs, uint32_t number, struct ext4_inode *out);

/* n bytes from `at` of the volume; what it does not have is zero and counted. */
void ext4_read(struct ext4 *fs, uint64_t at, uint8_t *to, size_t n, size_t *out_missing);

/* ---- ext4_map.c ---- */

/* Where the blocks of a file lie.  A damaged map gives what of it holds. */
AK_MUST_USE enum ak_status ext4_map(struct ext4 *fs, const struct ext4_inode *inode,
                                    struct ext4_runs *runs);
void ext4_read_runs(struct ext4 *fs, const struct ext4_runs *runs, uint64_t at, uint8_t *to,
                    size_t n, size_t *out_missing);

/* Contents kept in the inode itself, in two parts. */
void ext4_inline(const struct ext4 *fs, const struct ext4_inode *inode, struct ak_bytes parts[2]);

/* ---- ext4_folder.c ---- */

struct ext4_entry {
    uint32_t inode;
    bool allocated;
    char type;
    struct ak_str name; /* bytes as recorded */
};

struct ext4_entry_sink {
    enum ak_status (*entry)(void *self, const struct ext4_entry *entry);
    void (*damage)(void *self, uint64_t offset, const char *what);
    void *self;
};

AK_MUST_USE enum ak_status ext4_folder_names(struct ext4 *fs, const struct ext4_inode *folder,
                                             const struct ext4_entry_sink *sink);

/* ---- ext4_walk.c, ext4.c ---- */

enum ak_status ext4_walk(struct ak_filesystem *self, const struct ak_file_visitor *visitor);
extern const struct ak_filesystem_ops ak_filesystem_ext4;

#endif
