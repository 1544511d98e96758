/* ntfs_walk.c - the tree of an NTFS volume, folder by folder, and what no folder
 * leads to any more (see ntfs_walk.h).
 *
 * Which name belongs to which record follows the rule of NTFS: a reference holds
 * the record's sequence number, which is raised when the record is freed. */
#include "filesystem/ntfs_walk.h"

#include "base/utf.h"

#include <stdio.h>

#include <stdlib.h>

static const uint32_t TAG_SYMLINK = UINT32_C(0xA000000C), TAG_JUNCTION = UINT32_C(0xA0000003),
                      TAG_WOF = UINT32_C(0x80000017);

void ntfs_tell_damage(struct ntfs_walk *w, uint64_t offset, const char *what)
{
    w->visitor->damage(w->visitor->self, ak_buf_view(&w->path), offset, what);
}

/* ---- what a record says about its file ---- */

enum { DOS_READ_ONLY = 1, DOS_HIDDEN = 2 };

static void take_standard(struct ak_file *f, struct ak_bytes v)
{
    enum { OWNER_AT = 48 }; /* absent in the short form of NTFS 1.2 */
    if (v.n < 36)
        return;
    f->created = ak_stamp_filetime(ak_load_u64le(v.at));
    f->modified = ak_stamp_filetime(ak_load_u64le(v.at + 8));
    f->changed = ak_stamp_filetime(ak_load_u64le(v.at + 16));
    f->accessed = ak_stamp_filetime(ak_load_u64le(v.at + 24));
    uint32_t dos = ak_load_u32le(v.at + 32);
    /* The permissions fls shows for NTFS. */
    f->mode = 0111u | (dos & DOS_READ_ONLY ? 0 : 0444u) | (dos & DOS_HIDDEN ? 0 : 0222u);
    if (v.n >= OWNER_AT + 4)
        f->uid = ak_load_u32le(v.at + OWNER_AT);
}

static void take_reparse(struct ntfs_walk *w, struct ak_file *f, struct ak_bytes v, char *target)
{
    if (v.n < 16)
        return;
    uint32_t tag = ak_load_u32le(v.at);
    if (tag == TAG_WOF)
        f->flags |= AK_FILE_PACKED;
    if (tag != TAG_SYMLINK && tag != TAG_JUNCTION)
        return;
    struct ak_reader r = ak_rd_open(v, 0);
    struct ak_reader text =
        ak_rd_window(&r, (tag == TAG_SYMLINK ? 20u : 16u) + (uint64_t)ak_load_u16le(v.at + 12),
                     ak_load_u16le(v.at + 14));
    (void)w;
    if (!ak_rd_ok(&text) || text.in.n > NTFS_RECORD_MAX)
        return;
    f->flags |= AK_FILE_LINK;
    f->target = (struct ak_str){ target, ak_utf16le_put(target, text.in) };
}

/* The $FILE_NAME that is this entry's name; the last one when none is. */
static void take_file_name(struct ntfs_walk *w, struct ak_file *f, struct ak_str text,
                           uint64_t folder)
{
    char utf8[256 * 3];
    bool exact = false;
    for (size_t i = 0; i < w->file.n && !exact; i++) {
        const struct ntfs_attribute *a = &w->file.attributes[i];
        struct ntfs_name n;
        if (a->type != NTFS_FILE_NAME || !a->resident || !ntfs_name_parse(a->value, &n) ||
            n.space == NTFS_NAMESPACE_DOS)
            continue;
        f->fn_created = ak_stamp_filetime(n.created);
        f->fn_modified = ak_stamp_filetime(n.modified);
        f->fn_changed = ak_stamp_filetime(n.changed);
        f->fn_accessed = ak_stamp_filetime(n.accessed);
        f->fn_stream = a->shown_id;
        f->fn_size = (uint32_t)a->value.n;
        struct ak_str own = { utf8, ak_utf16le_put(utf8, n.text) };
        exact = n.parent == folder && ak_str_eq(own, text);
    }
}

static void take_record(struct ntfs_walk *w, struct ak_file *f, char *target)
{
    const struct ntfs_file *file = &w->file;
    f->sequence = file->sequence;
    f->meta_type = file->folder ? 'd' : 'r';
    if (file->folder)
        f->flags |= AK_FILE_DIR;
    if (f->flags & AK_FILE_DELETED && file->in_use)
        f->flags |= AK_FILE_REALLOC;
    for (size_t i = 0; i < file->n; i++) {
        const struct ntfs_attribute *a = &file->attributes[i];
        if (a->resident && a->type == NTFS_STANDARD_INFORMATION)
            take_standard(f, a->value);
        else if (a->resident && a->type == NTFS_REPARSE_POINT)
            take_reparse(w, f, a->value, target);
    }
}

/* ---- telling the visitor ---- */

static enum ak_status tell(struct ntfs_walk *w, struct ak_file *f)
{
    if (w->path.failed)
        return AK_ERR_NOMEM;
    f->path = ak_buf_view(&w->path);
    return w->visitor->file(w->visitor->self, &w->fs->base, f);
}

static bool is_i30(struct ak_bytes name)
{
    static const uint8_t I30[] = { '$', 0, 'I', 0, '3', 0, '0', 0 };
    return name.n == sizeof(I30) && memcmp(name.at, I30, sizeof(I30)) == 0;
}

static enum ak_status tell_stream(struct ntfs_walk *w, const struct ak_file *file,
                                  const struct ntfs_attribute *a)
{
    size_t keep = w->path.n;
    struct ak_file f = *file;
    f.attribute = a->type;
    f.stream = a->shown_id;
    f.size = a->size <= INT64_MAX ? a->size : 0;
    if (a->type == NTFS_DATA)
        f.flags &= ~(uint32_t)AK_FILE_DIR;
    if (a->flags & NTFS_ENCRYPTED)
        f.flags |= AK_FILE_ENCRYPTED;
    if (a->name.n && !(a->type == NTFS_INDEX_ROOT && is_i30(a->name))) {
        ak_buf_u8(&w->path, ':');
        uint8_t *to = ak_buf_room(&w->path, a->name.n / 2 * 3);
        if (!to)
            return AK_ERR_NOMEM;
        ak_buf_wrote(&w->path, ak_utf16le_put((char *)to, a->name));
        f.flags |= AK_FILE_STREAM;
        f.flags &= ~(uint32_t)(AK_FILE_PACKED | AK_FILE_LINK);
        f.stream_name_n = w->path.n - keep;
    }
    enum ak_status st = tell(w, &f);
    w->path.n = keep;
    return st;
}

/* An entry for each stream and index of the file; one without, when it has none. */
static enum ak_status tell_streams(struct ntfs_walk *w, struct ak_file *f)
{
    bool told = false;
    for (size_t i = 0; i < w->file.n; i++) {
        const struct ntfs_attribute *a = &w->file.attributes[i];
        if ((a->type != NTFS_DATA && a->type != NTFS_INDEX_ROOT) || (!a->resident && a->first_vcn))
            continue;
        enum ak_status st = tell_stream(w, f, a);
        if (st != AK_OK)
            return st;
        told = true;
        f->fn_size = 0;
    }
    return told ? AK_OK : tell(w, f);
}

/* Does the record still (or, freed, did it last) hold the file that was meant? */
static bool is_same_file(const struct ntfs_file *file, uint16_t sequence)
{
    bool freed = !file->in_use && file->sequence > 0;
    return sequence == (uint16_t)(file->sequence - freed);
}

/* Show one name.  *out_enter: the walk should look into it. */
static enum ak_status show(struct ntfs_walk *w, const struct ntfs_item *item, uint64_t folder,
                           bool *out_enter)
{
    char target[NTFS_RECORD_MAX * 3 / 2];
    struct ak_str name = { (const char *)w->names.at + item->name_at, item->name_n };
    struct ak_file f = { .id = item->id, .name_type = item->type, .meta_type = '-' };
    if (!item->allocated)
        f.flags |= AK_FILE_DELETED;
    if (w->orphans)
        f.flags |= AK_FILE_ORPHAN;
    if (item->type == 'd')
        f.flags |= AK_FILE_DIR;
    *out_enter = false;
    bool known = item->id < w->fs->n_records && (item->id || item->allocated) &&
                 ntfs_file_load(w->fs, item->id, &w->file) &&
                 is_same_file(&w->file, item->sequence);
    if (!known)
        return tell(w, &f);
    f.flags &= ~(uint32_t)AK_FILE_DIR;
    take_record(w, &f, target);
    take_file_name(w, &f, name, folder);
    struct ntfs_state *state = &w->table.states[item->id];
    if (item->allocated || !w->file.in_use)
        state->flags |= NTFS_R_SHOWN;
    if (w->file.damaged)
        ntfs_tell_damage(w, item->id * w->fs->record, "part of a file's records could not be read");
    *out_enter = item->type != 'r' && w->file.folder && !(state->flags & NTFS_R_ENTERED) &&
                 (item->allocated || !w->file.in_use);
    return tell_streams(w, &f);
}

/* ---- the tree ---- */

/* Read folder `id` and make it the innermost open one. */
static enum ak_status enter(struct ntfs_walk *w, uint64_t id)
{
    w->table.states[id].flags |= NTFS_R_ENTERED;
    if (!ntfs_file_load(w->fs, id, &w->folder))
        return AK_OK;
    if (w->depth >= AK_FS_DEPTH_MAX) {
        ntfs_tell_damage(w, id * w->fs->record, "folders are nested too deeply");
        return AK_OK;
    }
    struct ntfs_frame *f = &w->frames[w->depth];
    *f = (struct ntfs_frame){
        .next = w->n_items, .items_at = w->n_items, .names_at = w->names.n, .id = id
    };
    enum ak_status st = ntfs_names_push(w);
    if (st != AK_OK)
        return st;
    if (w->path.n)
        ak_buf_u8(&w->path, '/');
    f->path_n = w->path.n;
    f->end = w->n_items;
    w->depth++;
    return AK_OK;
}

static bool is_dot(struct ak_str name)
{
    return ak_str_eq(name, AK_STR(".")) || ak_str_eq(name, AK_STR(".."));
}

static enum ak_status show_next(struct ntfs_walk *w, struct ntfs_frame *f)
{
    struct ntfs_item item = w->items[f->next++];
    struct ak_str name = { (const char *)w->names.at + item.name_at, item.name_n };
    bool into = false;
    w->path.n = f->path_n;
    if (is_dot(name))
        return AK_OK;
    if (name.n > AK_FS_PATH_MAX - w->path.n) {
        ntfs_tell_damage(w, item.id * w->fs->record, "a path is too long");
        return AK_OK;
    }
    ak_buf_str(&w->path, name);
    enum ak_status st = show(w, &item, f->id, &into);
    return st == AK_OK && into ? enter(w, item.id) : st;
}

/* Show everything below the folder just entered. */
static enum ak_status walk_open(struct ntfs_walk *w)
{
    enum ak_status st = AK_OK;
    while (w->depth > 0 && st == AK_OK) {
        struct ntfs_frame *f = &w->frames[w->depth - 1];
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

static bool is_orphan(const struct ntfs_state *s)
{
    if ((s->flags & (NTFS_R_VALID | NTFS_R_EXTENSION | NTFS_R_SHOWN)) != NTFS_R_VALID)
        return false;
    return s->flags & NTFS_R_IN_USE ? s->flags & NTFS_R_NAMED : s->flags & NTFS_R_ATTRIBUTES;
}

/* The first name of the record in w->child; false when it has none. */
static bool first_name(const struct ntfs_file *file, struct ntfs_name *out)
{
    for (size_t i = 0; i < file->n; i++) {
        const struct ntfs_attribute *a = &file->attributes[i];
        if (a->type == NTFS_FILE_NAME && a->resident && ntfs_name_parse(a->value, out) &&
            out->space != NTFS_NAMESPACE_DOS)
            return true;
    }
    return false;
}

/* Does an orphan folder lead to it?  Then it is shown there. */
static bool lies_in_orphan(const struct ntfs_walk *w, const struct ntfs_name *n)
{
    if (n->parent >= w->fs->n_records)
        return false;
    const struct ntfs_state *p = &w->table.states[n->parent];
    bool freed = !(p->flags & NTFS_R_IN_USE) && p->sequence > 0;
    return p->flags & NTFS_R_FOLDER && is_orphan(p) && n->parent != w->child.id &&
           n->parent_sequence == (uint16_t)(p->sequence - freed);
}

static enum ak_status show_orphan(struct ntfs_walk *w, uint64_t id, bool nested_too)
{
    struct ntfs_name name = { 0 };
    char text[256 * 3];
    bool into = false;
    if (!ntfs_file_load(w->fs, id, &w->child))
        return AK_OK;
    bool named = first_name(&w->child, &name) && name.text.n;
    if (named && !nested_too && lies_in_orphan(w, &name))
        return AK_OK;
    struct ntfs_item item = {
        .id = id, .allocated = w->child.in_use, .type = '-', .name_at = w->names.n
    };
    item.sequence = (uint16_t)(w->child.sequence - (!w->child.in_use && w->child.sequence > 0));
    if (named)
        item.name_n = (uint32_t)ak_utf16le_put(text, name.text);
    else
        item.name_n =
            (uint32_t)snprintf(text, sizeof(text), "OrphanFile-%llu", (unsigned long long)id);
    ak_buf_put(&w->names, text, item.name_n);
    w->path.n = 0;
    ak_buf_text(&w->path, "$OrphanFiles/");
    ak_buf_put(&w->path, text, item.name_n);
    enum ak_status st = w->names.failed ? AK_ERR_NOMEM : show(w, &item, name.parent, &into);
    if (st == AK_OK && into)
        st = enter(w, id);
    st = st == AK_OK ? walk_open(w) : st;
    w->names.n = item.name_at;
    return st;
}

static enum ak_status show_orphans(struct ntfs_walk *w)
{
    struct ak_file folder = { .id = w->fs->n_records,
                              .flags = AK_FILE_DIR | AK_FILE_SPECIAL,
                              .meta_type = 'V',
                              .name_type = 'V' };
    w->path.n = 0;
    ak_buf_text(&w->path, "$OrphanFiles");
    enum ak_status st = tell(w, &folder);
    w->orphans = true;
    for (int nested = 0; nested < 2 && st == AK_OK; nested++) /* then those in a circle */
        for (uint64_t id = 0; id < w->fs->n_records && st == AK_OK; id++)
            if (is_orphan(&w->table.states[id]))
                st = show_orphan(w, id, nested);
    return st;
}

static void walk_free(struct ntfs_walk *w)
{
    ntfs_table_free(&w->table);
    ntfs_file_free(&w->folder);
    ntfs_file_free(&w->file);
    ntfs_file_free(&w->child);
    free(w->items);
    free(w->slots);
    ak_buf_free(&w->names);
    ak_buf_free(&w->path);
    free(w);
}

enum ak_status ntfs_walk(struct ak_filesystem *self, const struct ak_file_visitor *visitor)
{
    struct ntfs_walk *w = calloc(1, sizeof(*w));
    if (!w)
        return AK_ERR_NOMEM;
    w->fs = (struct ntfs *)self;
    w->visitor = visitor;
    enum ak_status st = ntfs_table_fill(w);
    if (st == AK_OK)
        w->table.states[NTFS_ROOT].flags |= NTFS_R_SHOWN;
    if (st == AK_OK && w->table.states[NTFS_ROOT].flags & NTFS_R_VALID)
        st = enter(w, NTFS_ROOT);
    else if (st == AK_OK)
        ntfs_tell_damage(w, (uint64_t)NTFS_ROOT * w->fs->record, "the root folder is damaged");
    if (st == AK_OK)
        st = walk_open(w);
    if (st == AK_OK)
        st = show_orphans(w);
    walk_free(w);
    return st;
}
