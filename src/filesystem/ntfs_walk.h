/* ntfs_walk.h - what the parts of one walk over an NTFS volume share. */
#ifndef AK_FILESYSTEM_NTFS_WALK_H
#define AK_FILESYSTEM_NTFS_WALK_H

#include "filesystem/ntfs.h"

/* What is known of a record after one pass over the $MFT. */
enum ntfs_record_flag {
    NTFS_R_VALID = 1 << 0,
    NTFS_R_IN_USE = 1 << 1,
    NTFS_R_FOLDER = 1 << 2,
    NTFS_R_EXTENSION = 1 << 3,
    NTFS_R_ATTRIBUTES = 1 << 4,
    NTFS_R_NAMED = 1 << 5, /* has a $FILE_NAME */
    NTFS_R_TORN = 1 << 6,
    NTFS_R_SHOWN = 1 << 7,   /* the walk has shown it */
    NTFS_R_ENTERED = 1 << 8, /* the walk was in this folder */
};

struct ntfs_state {
    uint16_t flags, sequence;
};

/* A $FILE_NAME says that `child` lies in `parent`. */
struct ntfs_link {
    uint32_t parent, child;
    uint16_t parent_sequence;
    uint64_t hash; /* of the name's UTF-16 */
};

struct ntfs_table {
    struct ntfs_state *states; /* owned, one per record */
    struct ntfs_link *links;   /* owned, in order of the parent, then of the child */
    uint32_t *first;           /* owned, n_records + 1: where a parent's links begin */
    size_t n_links, cap;
};

/* A name in a folder on its way to be shown. */
struct ntfs_item {
    uint64_t id, hash;
    size_t name_at;
    uint32_t name_n;
    uint16_t sequence;
    bool allocated;
    bool copy; /* of another entry's name: not told */
    char type; /* 'd', 'r', '-' */
};

/* A folder the walk is in. */
struct ntfs_frame {
    size_t next, end; /* items */
    size_t items_at, names_at, path_n;
    uint64_t id;
};

struct ntfs_walk {
    struct ntfs *fs;
    const struct ak_file_visitor *visitor;
    struct ntfs_table table;
    struct ntfs_file folder, file, child;
    struct ntfs_item *items; /* owned; a stack, the items of all open folders */
    size_t n_items, cap_items;
    struct ak_buf names; /* texts of the items, a stack too */
    uint32_t *slots;     /* owned; finds items of the folder being read */
    size_t n_slots;
    size_t folder_at; /* where the items of that folder begin */
    struct ak_buf path;
    bool orphans;
    struct ntfs_frame frames[AK_FS_DEPTH_MAX];
    size_t depth;
};

/* ---- ntfs_table.c ---- */

AK_MUST_USE enum ak_status ntfs_table_fill(struct ntfs_walk *w);
void ntfs_table_free(struct ntfs_table *table);

/* ---- ntfs_names.c ---- */

/* Push the names of folder w->folder on w->items: those of its index, and those
 * whose record says so though the index does not. */
AK_MUST_USE enum ak_status ntfs_names_push(struct ntfs_walk *w);

/* ---- ntfs_walk.c ---- */

void ntfs_tell_damage(struct ntfs_walk *w, uint64_t offset, const char *what);

#endif
