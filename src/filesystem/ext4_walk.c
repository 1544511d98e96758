/* ext4_walk.c - the tree of an ext2/3/4 volume, folder by folder, then the inodes
 * that no folder leads to (see ext4.h). */
#include "base/hash.h"
#include "filesystem/ext4.h"

#include <stdio.h>
#include <stdlib.h>

struct item {
    uint32_t inode, name_n;
    size_t name_at;
    bool allocated;
    char type;
};

struct frame {
    size_t next, end, items_at, names_at, path_n;
};

enum { SHOWN = 1, ENTERED = 2 };

struct ext4_tree {
    struct ext4 *fs;
    const struct ak_file_visitor *visitor;
    uint8_t *states; /* owned, one per inode */
    struct ext4_inode inode, folder;
    struct item *items; /* owned; a stack, the items of all open folders */
    size_t n_items, cap_items, folder_at;
    struct ak_buf names, path;
    uint32_t *slots; /* owned; finds items of the folder being read */
    size_t n_slots;
    bool orphans;
    struct frame frames[AK_FS_DEPTH_MAX];
    size_t depth;
};

static void tell_damage(void *self, uint64_t offset, const char *what)
{
    struct ext4_tree *w = self;
    w->visitor->damage(w->visitor->self, ak_buf_view(&w->path), offset, what);
}

/* ---- names of one folder, each once ---- */

static struct ak_str text_of(const struct ext4_tree *w, const struct item *item)
{
    return (struct ak_str){ (const char *)w->names.at + item->name_at, item->name_n };
}

static uint32_t *find_slot(struct ext4_tree *w, uint32_t inode, struct ak_str name)
{
    size_t mask = w->n_slots - 1;
    size_t slot =
        (size_t)ak_hash_mix(ak_hash_str(name) | 1, inode + UINT64_C(0x9E3779B97F4A7C15)) & mask;
    for (; w->slots[slot]; slot = (slot + 1) & mask) {
        const struct item *item = &w->items[w->folder_at + w->slots[slot] - 1];
        if (item->inode == inode && ak_str_eq(text_of(w, item), name))
            break;
    }
    return &w->slots[slot];
}

/* Keep the table at most half full; begin it anew for a folder without items. */
static bool make_slots(struct ext4_tree *w)
{
    enum { SLOTS_MIN = 64 };
    size_t n = w->n_items - w->folder_at, n_slots = n ? w->n_slots * 2 : SLOTS_MIN;
    if (n && 2 * (n + 1) <= w->n_slots)
        return true;
    if (n >= UINT32_MAX)
        return false;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (!slots)
        return false;
    free(w->slots);
    w->slots = slots;
    w->n_slots = n_slots;
    for (size_t i = 0; i < n; i++) {
        const struct item *item = &w->items[w->folder_at + i];
        *find_slot(w, item->inode, text_of(w, item)) = (uint32_t)(i + 1);
    }
    return true;
}

static bool push_item(struct ext4_tree *w, const struct ext4_entry *e)
{
    if (w->n_items == w->cap_items) {
        size_t cap = w->cap_items ? w->cap_items * 2 : 1024;
        struct item *at = realloc(w->items, cap * sizeof(*at));
        if (!at)
            return false;
        w->items = at;
        w->cap_items = cap;
    }
    w->items[w->n_items++] =
        (struct item){ e->inode, (uint32_t)e->name.n, w->names.n, e->allocated, e->type };
    ak_buf_str(&w->names, e->name);
    return !w->names.failed;
}

static enum ak_status on_entry(void *self, const struct ext4_entry *e)
{
    struct ext4_tree *w = self;
    if (!make_slots(w))
        return AK_ERR_NOMEM;
    uint32_t *slot = find_slot(w, e->inode, e->name);
    if (!*slot) {
        *slot = (uint32_t)(w->n_items - w->folder_at + 1);
        return push_item(w, e) ? AK_OK : AK_ERR_NOMEM;
    }
    struct item *old = &w->items[w->folder_at + *slot - 1];
    if (!old->allocated && e->allocated) {
        old->allocated = true;
        old->type = e->type;
    }
    return AK_OK;
}

/* ---- one entry ---- */

static char type_of(uint16_t mode)
{
    static const char TYPES[] = "-pc-d-b-r-l-s---";
    return TYPES[mode >> 12];
}

static void take_target(struct ext4_tree *w, struct ak_file *f, char *target)
{
    enum { MAP_AT = 0x28, FAST_MAX = 60 };
    const struct ext4_inode *i = &w->inode;
    struct ext4_runs runs = { 0 };
    size_t n = i->size < EXT4_TARGET_MAX ? (size_t)i->size : 0;
    f->target = (struct ak_str){ target, n };
    if (i->flags & EXT4_IS_INLINE) {
        struct ak_bytes parts[2];
        ext4_inline(w->fs, i, parts);
        memcpy(target, parts[0].at, parts[0].n);
        memcpy(target + parts[0].n, parts[1].at, parts[1].n);
        f->target.n = parts[0].n + parts[1].n;
    } else if (n < FAST_MAX && !(i->flags & EXT4_HAS_EXTENTS)) {
        memcpy(target, i->bytes + MAP_AT, n);
    } else {
        if (n && ext4_map(w->fs, i, &runs) == AK_OK)
            ext4_read_runs(w->fs, &runs, 0, (uint8_t *)target, n, &(size_t){ 0 });
        else
            f->target.n = 0;
        free(runs.at);
    }
    const char *end = memchr(target, 0, f->target.n);
    if (end)
        f->target.n = (size_t)(end - target);
}

static void take_inode(struct ext4_tree *w, struct ak_file *f, char *target)
{
    enum { PERMISSIONS = 07777 };
    const struct ext4_inode *i = &w->inode;
    f->size = i->size;
    f->mode = i->mode & PERMISSIONS;
    f->uid = i->uid;
    f->gid = i->gid;
    f->meta_type = type_of(i->mode);
    f->created = i->created;
    f->modified = i->modified;
    f->changed = i->changed;
    f->accessed = i->accessed;
    if (i->deleted_s && !i->in_use)
        f->deleted = ak_stamp_unix(i->deleted_s, 0, AK_PREC_S);
    uint16_t type = i->mode & EXT4_TYPE;
    if (type == EXT4_FOLDER)
        f->flags |= AK_FILE_DIR;
    else if (type == EXT4_SYMLINK)
        f->flags |= AK_FILE_LINK;
    else if (type != EXT4_REGULAR && type != 0)
        f->flags |= AK_FILE_SPECIAL;
    if (type == EXT4_REGULAR && i->flags & EXT4_IS_ENCRYPTED)
        f->flags |= AK_FILE_ENCRYPTED;
    if (type == EXT4_SYMLINK)
        take_target(w, f, target);
    if (f->flags & AK_FILE_DELETED && i->in_use)
        f->flags |= AK_FILE_REALLOC;
}

static enum ak_status tell(struct ext4_tree *w, struct ak_file *f)
{
    if (w->path.failed)
        return AK_ERR_NOMEM;
    f->path = ak_buf_view(&w->path);
    return w->visitor->file(w->visitor->self, &w->fs->base, f);
}

/* Show the entry whose path stands in w->path.  *out_enter: look into it. */
static enum ak_status show(struct ext4_tree *w, const struct item *item, bool *out_enter)
{
    char target[EXT4_TARGET_MAX];
    struct ak_file f = { .id = item->inode, .name_type = item->type, .meta_type = '-' };
    if (!item->allocated)
        f.flags |= AK_FILE_DELETED;
    if (w->orphans)
        f.flags |= AK_FILE_ORPHAN;
    *out_enter = false;
    if (!ext4_inode_read(w->fs, item->inode, &w->inode)) {
        f.flags |= item->type == 'd' ? AK_FILE_DIR : 0;
        if (item->allocated)
            tell_damage(w, item->inode, "a name points to an inode that cannot be read");
        return tell(w, &f);
    }
    take_inode(w, &f, target);
    uint8_t *state = &w->states[item->inode];
    bool same = item->allocated || !w->inode.in_use;
    if (same)
        *state |= SHOWN;
    *out_enter = same && (item->type == 'd' || item->type == '-') && f.flags & AK_FILE_DIR &&
                 !(*state & ENTERED);
    return tell(w, &f);
}

/* ---- the tree ---- */

static enum ak_status enter(struct ext4_tree *w, uint32_t inode)
{
    struct ext4_entry_sink sink = { on_entry, tell_damage, w };
    w->states[inode] |= ENTERED;
    if (!ext4_inode_read(w->fs, inode, &w->folder))
        return AK_OK;
    if (w->depth >= AK_FS_DEPTH_MAX) {
        tell_damage(w, inode, "folders are nested too deeply");
        return AK_OK;
    }
    struct frame *f = &w->frames[w->depth];
    *f = (struct frame){ .next = w->n_items, .items_at = w->n_items, .names_at = w->names.n };
    w->folder_at = w->n_items;
    enum ak_status st = ext4_folder_names(w->fs, &w->folder, &sink);
    if (st != AK_OK)
        return st;
    if (w->path.n)
        ak_buf_u8(&w->path, '/');
    f->path_n = w->path.n;
    f->end = w->n_items;
    w->depth++;
    return AK_OK;
}

static enum ak_status show_next(struct ext4_tree *w, struct frame *f)
{
    struct item item = w->items[f->next++];
    struct ak_str name = text_of(w, &item);
    bool into = false;
    w->path.n = f->path_n;
    if (ak_str_eq(name, AK_STR(".")) || ak_str_eq(name, AK_STR("..")))
        return AK_OK;
    if (name.n > AK_FS_PATH_MAX - w->path.n) {
        tell_damage(w, item.inode, "a path is too long");
        return AK_OK;
    }
    ak_buf_str(&w->path, name);
    enum ak_status st = show(w, &item, &into);
    return st == AK_OK && into ? enter(w, item.inode) : st;
}

static enum ak_status walk_open(struct ext4_tree *w)
{
    enum ak_status st = AK_OK;
    while (w->depth > 0 && st == AK_OK) {
        struct frame *f = &w->frames[w->depth - 1];
        if (f->next < f->end) {
            st = show_next(w, f);
            continue;
        }
        w->n_items = f->items_at;
        w->names.n = f->names_at;
        w->depth--;
    }
    return st;
}

/* ---- orphans ---- */

static bool is_special(const struct ext4 *fs, uint32_t number)
{
    if (number < fs->first_inode)
        return true;
    for (size_t i = 0; i < sizeof(fs->special) / sizeof(fs->special[0]); i++)
        if (fs->special[i] == number)
            return true;
    return false;
}

/* In use without a name, or freed and once used. */
static bool is_orphan(const struct ext4_tree *w, const struct ext4_inode *i)
{
    if (w->states[i->number] & SHOWN)
        return false;
    if (!i->in_use)
        return i->touched;
    return !is_special(w->fs, i->number) && !(i->flags & EXT4_IS_VALUE) && i->mode != 0;
}

static enum ak_status show_orphan(struct ext4_tree *w, uint32_t number, bool in_use)
{
    char name[32];
    bool into = false;
    struct item item = { .inode = number, .allocated = in_use, .type = '-' };
    int n = snprintf(name, sizeof(name), "OrphanFile-%u", number);
    w->path.n = 0;
    ak_buf_text(&w->path, "$OrphanFiles/");
    ak_buf_put(&w->path, name, (size_t)n);
    enum ak_status st = show(w, &item, &into);
    if (st == AK_OK && into)
        st = enter(w, number);
    return st == AK_OK ? walk_open(w) : st;
}

/* Folders first: what lies in them is shown there. */
static enum ak_status show_orphans(struct ext4_tree *w)
{
    struct ak_file folder = { .id = (uint64_t)w->fs->n_inodes + 1,
                              .meta_type = 'V',
                              .name_type = 'V',
                              .flags = AK_FILE_DIR | AK_FILE_SPECIAL };
    w->path.n = 0;
    ak_buf_text(&w->path, "$OrphanFiles");
    enum ak_status st = tell(w, &folder);
    w->orphans = true;
    for (int folders = 1; folders >= 0 && st == AK_OK; folders--)
        for (uint32_t i = 1; i <= w->fs->n_inodes && st == AK_OK; i++) {
            if (!ext4_inode_read(w->fs, i, &w->inode))
                continue;
            bool is_folder = (w->inode.mode & EXT4_TYPE) == EXT4_FOLDER;
            if (is_folder == folders && is_orphan(w, &w->inode))
                st = show_orphan(w, i, w->inode.in_use);
        }
    return st;
}

static void tree_free(struct ext4_tree *w)
{
    free(w->states);
    free(w->items);
    free(w->slots);
    ak_buf_free(&w->names);
    ak_buf_free(&w->path);
    free(w);
}

enum ak_status ext4_walk(struct ak_filesystem *self, const struct ak_file_visitor *visitor)
{
    struct ext4_tree *w = calloc(1, sizeof(*w));
    if (!w)
        return AK_ERR_NOMEM;
    w->fs = (struct ext4 *)self;
    w->visitor = visitor;
    w->states = calloc((size_t)w->fs->n_inodes + 1, 1);
    enum ak_status st = w->states ? AK_OK : AK_ERR_NOMEM;
    if (st == AK_OK) {
        bool sound = ext4_inode_read(w->fs, EXT4_ROOT, &w->inode) &&
                     (w->inode.mode & EXT4_TYPE) == EXT4_FOLDER;
        w->states[EXT4_ROOT] |= SHOWN;
        if (!sound)
            tell_damage(w, EXT4_ROOT, "the root folder is damaged");
        st = sound ? enter(w, EXT4_ROOT) : AK_OK;
    }
    if (st == AK_OK)
        st = walk_open(w);
    if (st == AK_OK)
        st = show_orphans(w);
    tree_free(w);
    return st;
}
