/* filesystem.h - whatever has files in it: file systems and archives.
 *
 * A walk shows every entry as it is recorded, deleted ones included.
 */
#ifndef AK_FILESYSTEM_FILESYSTEM_H
#define AK_FILESYSTEM_FILESYSTEM_H

#include "base/arena.h"
#include "base/stamp.h"
#include "evidence/source.h"

enum ak_file_flag {
    AK_FILE_DIR = 1 << 0,
    AK_FILE_DELETED = 1 << 1,   /* the name or the record is free; contents may be overwritten */
    AK_FILE_STREAM = 1 << 2,    /* a named stream: path ends in ":name" */
    AK_FILE_ORPHAN = 1 << 3,    /* no parent: path starts with "$OrphanFiles/" */
    AK_FILE_LINK = 1 << 4,      /* symbolic link */
    AK_FILE_SPECIAL = 1 << 5,   /* device, socket, pipe, virtual entry of the tool: no contents */
    AK_FILE_REALLOC = 1 << 6,   /* deleted name whose record serves another file now */
    AK_FILE_ENCRYPTED = 1 << 7, /* contents cannot be read without a key */
    AK_FILE_PACKED = 1 << 8,    /* contents lie elsewhere, in a form we do not read (NTFS: WOF) */
};

/* One entry as the walk shows it.  Text is borrowed until the visitor returns. */
struct ak_file {
    uint64_t id;          /* inode, MFT entry; ordinal in an archive */
    uint32_t sequence;    /* NTFS: the record's sequence number */
    uint32_t stream;      /* NTFS: attribute id of the data shown; 0 elsewhere */
    uint32_t attribute;   /* NTFS: its type, 128 $DATA, 144 $INDEX_ROOT; 0 none, and elsewhere */
    uint32_t fn_stream;   /* NTFS: attribute id of the $FILE_NAME whose times fn_* are */
    uint32_t fn_size;     /* NTFS: its bytes; 0 on all entries of a name but the first */
    size_t stream_name_n; /* bytes at the end of path that are ":stream" */
    struct ak_str path;   /* '/'-separated, from the root, without a leading '/' */
    struct ak_str target; /* of a symbolic link (or a tar hard link); may be empty */
    struct ak_str
        stored_name; /* the name a compressed single file gives its contents; else empty */
    uint64_t size;   /* bytes of contents */
    uint32_t flags;  /* enum ak_file_flag */
    uint32_t mode;   /* POSIX type and permission bits, 0 when unknown */
    uint32_t uid, gid;
    char meta_type; /* as fls shows it: 'r' 'd' 'l' 'b' 'c' 's' 'p' 'v', '-' unknown */
    char name_type; /* the same from the directory entry */
    struct ak_stamp created, modified, changed, accessed; /* NTFS: $STANDARD_INFORMATION */
    struct ak_stamp deleted;                              /* ext: dtime */
    struct ak_stamp fn_created, fn_modified, fn_changed, fn_accessed; /* NTFS: $FILE_NAME */
};

struct ak_filesystem; /* opened; made by an implementation */

/* Called for each entry.  AK_OK goes on, anything else stops the walk with it.
 * Damage met on the way is told through `damage`. */
struct ak_file_visitor {
    enum ak_status (*file)(void *self, struct ak_filesystem *fs, const struct ak_file *file);
    void (*damage)(void *self, struct ak_str path, uint64_t offset, const char *what);
    void *self;
};

/* Limits of a walk (named, because evidence controls the quantities). */
enum { AK_FS_DEPTH_MAX = 128, AK_FS_PATH_MAX = 32768 };

struct ak_filesystem_ops {
    const char *name;     /* "ntfs", "ext4", "zip": filled by open when one reader reads many */
    const char *title_en; /* "NTFS, FAT, exFAT, ext2/3/4, HFS+, APFS, ISO 9660 (The Sleuth Kit)" */
    const char *title_ja;
    bool archive; /* an archive: read once, front to back, open_file only during the visit */

    bool (*probe)(struct ak_source *volume);
    /* *out_note (a literal of data/words, or NULL) says why it could not be opened. */
    enum ak_status (*open)(struct ak_source *volume, struct ak_filesystem **out_fs,
                           const char **out_note);
    void (*close)(struct ak_filesystem *fs);

    /* Visit every entry once, in an order that depends on the evidence only. */
    enum ak_status (*walk)(struct ak_filesystem *fs, const struct ak_file_visitor *visitor);

    /* The contents of an entry the walk has shown; close with ak_source_close().
     * Archives: only for the entry being visited, once, closed before the visitor
     * returns; the source is a forward one (AK_SIZE_UNKNOWN in source.h). */
    enum ak_status (*open_file)(struct ak_filesystem *fs, const struct ak_file *file,
                                struct ak_source **out);
};

/* Implementations embed this as their first member. */
struct ak_filesystem {
    const struct ak_filesystem_ops *ops;
    const char *type;   /* what it turned out to be: "ntfs", "ext4", "fat32", "tar" */
    char label[64];     /* volume label, UTF-8; may be empty */
    char zone_hint[64]; /* not used by most; an archive that states a zone */
};

/* File systems first, archives behind them; NULL at the end. */
extern const struct ak_filesystem_ops *const ak_filesystems[];

/* The implementation that reads this volume (or file), or NULL. */
const struct ak_filesystem_ops *ak_filesystem_of(struct ak_source *volume);

/* Open it with the first implementation that claims it and can; one that
 * refuses at open leaves it to the next.  Close with fs->ops->close(fs).
 * *out_note as in open, of the implementation that said most.
 *
 * AK_ERR_UNSUPPORTED  nobody claims it
 * otherwise           what the first that claimed it answered */
AK_MUST_USE enum ak_status ak_filesystem_open(struct ak_source *volume,
                                              struct ak_filesystem **out_fs, const char **out_note);

#endif
