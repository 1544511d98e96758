/* ntfs_names.c - the names in one folder, from its index and from the records that
 * say they lie in it, each once (see ntfs_walk.h). */
#include "base/hash.h"
#include "base/utf.h"
#include "filesystem/ntfs_walk.h"

#include <stdlib.h>

static uint64_t key_of(uint64_t id, uint64_t hash)
{
    return ak_hash_mix(id + UINT64_C(0x9E3779B97F4A7C15), hash | 1);
}

/* The slot of this name in the folder being read, or the empty one it would take. */
static uint32_t *find_slot(struct ntfs_walk *w, uint64_t id, uint64_t hash)
{
    size_t mask = w->n_slots - 1, slot = (size_t)key_of(id, hash) & mask;
    for (; w->slots[slot]; slot = (slot + 1) & mask) {
        const struct ntfs_item *item = &w->items[w->folder_at + w->slots[slot] - 1];
        if (item->id == id && item->hash == hash)
            break;
    }
    return &w->slots[slot];
}

/* Keep the table at most half full. */
static bool make_slots(struct ntfs_walk *w)
{
    size_t n = w->n_items - w->folder_at;
    if (w->slots && 2 * (n + 1) <= w->n_slots)
        return true;
    size_t n_slots = w->n_slots * 2;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (!slots || n >= UINT32_MAX)
        return false;
    free(w->slots);
    w->slots = slots;
    w->n_slots = n_slots;
    for (size_t i = 0; i < n; i++) {
        const struct ntfs_item *item = &w->items[w->folder_at + i];
        *find_slot(w, item->id, item->hash) = (uint32_t)(i + 1);
    }
    return true;
}

static bool clear_slots(struct ntfs_walk *w)
{
    enum { SLOTS_MIN = 64 };
    free(w->slots);
    w->slots = calloc(SLOTS_MIN, sizeof(w->slots[0]));
    w->n_slots = SLOTS_MIN;
    return w->slots;
}

static bool push_item(struct ntfs_walk *w, struct ntfs_item item, struct ak_bytes name16)
{
    if (w->n_items == w->cap_items) {
        size_t cap = w->cap_items ? w->cap_items * 2 : 1024;
        struct ntfs_item *at = realloc(w->items, cap * sizeof(*at));
        if (!at)
            return false;
        w->items = at;
        w->cap_items = cap;
    }
    uint8_t *to = ak_buf_room(&w->names, name16.n / 2 * 3 + 1);
    if (!to)
        return false;
    item.name_at = w->names.n;
    item.name_n = (uint32_t)ak_utf16le_put((char *)to, name16);
    ak_buf_wrote(&w->names, item.name_n);
    w->items[w->n_items++] = item;
    return true;
}

/* Add a name, or let it make an unallocated one of the same file allocated. */
static enum ak_status add(struct ntfs_walk *w, struct ntfs_item item, struct ak_bytes name16)
{
    if (!make_slots(w))
        return AK_ERR_NOMEM;
    item.hash = ak_hash(name16.at, name16.n);
    uint32_t *slot = find_slot(w, item.id, item.hash);
    if (!*slot) {
        *slot = (uint32_t)(w->n_items - w->folder_at + 1);
        return push_item(w, item, name16) ? AK_OK : AK_ERR_NOMEM;
    }
    struct ntfs_item *old = &w->items[w->folder_at + *slot - 1];
    if (!old->allocated && item.allocated) {
        old->allocated = true;
        old->type = item.type;
        old->sequence = item.sequence;
    }
    return AK_OK;
}

static enum ak_status on_entry(void *self, const struct ntfs_entry *e)
{
    struct ntfs_item item = {
        .id = e->id, .sequence = e->sequence, .allocated = e->allocated, .type = e->type
    };
    return add(self, item, e->name.text);
}

static void on_damage(void *self, uint64_t offset, const char *what)
{
    ntfs_tell_damage(self, offset, what);
}

/* The names by which this record says it lies in the folder. */
static enum ak_status add_by_record(struct ntfs_walk *w, uint64_t child, uint64_t folder)
{
    if (!ntfs_file_load(w->fs, child, &w->child))
        return AK_OK;
    struct ntfs_item item = { .id = child, .allocated = w->child.in_use, .type = '-' };
    item.sequence = (uint16_t)(w->child.sequence - !w->child.in_use);
    for (size_t i = 0; i < w->child.n; i++) {
        const struct ntfs_attribute *a = &w->child.attributes[i];
        struct ntfs_name name;
        if (a->type != NTFS_FILE_NAME || !a->resident || !ntfs_name_parse(a->value, &name) ||
            name.space == NTFS_NAMESPACE_DOS || name.parent != folder)
            continue;
        enum ak_status st = add(w, item, name.text);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

static enum ak_status add_links(struct ntfs_walk *w)
{
    const struct ntfs_table *t = &w->table;
    const struct ntfs_file *f = &w->folder;
    /* Freeing a record raises its sequence; names in the folder still tell the old one. */
    uint16_t sequence = (uint16_t)(f->sequence - (!f->in_use && f->sequence > 0));
    for (uint32_t i = t->first[f->id]; i < t->first[f->id + 1]; i++) {
        const struct ntfs_link *link = &t->links[i];
        if (link->parent_sequence != sequence)
            continue;
        uint32_t slot = *find_slot(w, link->child, link->hash);
        if (slot && w->items[w->folder_at + slot - 1].allocated)
            continue;
        enum ak_status st = add_by_record(w, link->child, f->id);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

/* ---- remnants ---- */

static bool is_remnant(const struct ntfs_item *item) { return item->id == 0 && !item->allocated; }

/* The slot of any name with this hash in a table of `n_slots`. */
static uint32_t *find_text(const struct ntfs_walk *w, uint32_t *slots, size_t n_slots,
                           uint64_t hash)
{
    size_t slot = (size_t)key_of(0, hash) & (n_slots - 1);
    while (slots[slot] && w->items[w->folder_at + slots[slot] - 1].hash != hash)
        slot = (slot + 1) & (n_slots - 1);
    return &slots[slot];
}

/* When entries move inside a block, the end marker overwrites the reference of a
 * name in the slack.  Such a name without a record is told only when no other
 * entry of the folder has it: else it is a copy, not a deleted file. */
static enum ak_status drop_copies(struct ntfs_walk *w)
{
    size_t n = w->n_items - w->folder_at, kept = w->folder_at, n_slots = w->n_slots, i = 0;
    while (i < n && !is_remnant(&w->items[w->folder_at + i]))
        i++;
    if (i == n)
        return AK_OK;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (!slots)
        return AK_ERR_NOMEM;
    for (i = 0; i < n; i++)
        if (!is_remnant(&w->items[w->folder_at + i]))
            *find_text(w, slots, n_slots, w->items[w->folder_at + i].hash) = (uint32_t)(i + 1);
    for (i = 0; i < n; i++) { /* mark first: the table knows places, not names */
        struct ntfs_item *item = &w->items[w->folder_at + i];
        item->copy = is_remnant(item) && *find_text(w, slots, n_slots, item->hash);
    }
    for (i = 0; i < n; i++)
        if (!w->items[w->folder_at + i].copy)
            w->items[kept++] = w->items[w->folder_at + i];
    w->n_items = kept;
    free(slots);
    return AK_OK;
}

enum ak_status ntfs_names_push(struct ntfs_walk *w)
{
    struct ntfs_entry_sink sink = { on_entry, on_damage, w };
    w->folder_at = w->n_items;
    if (!clear_slots(w))
        return AK_ERR_NOMEM;
    enum ak_status st = ntfs_index_names(w->fs, &w->folder, &sink);
    if (st == AK_OK)
        st = add_links(w);
    return st == AK_OK ? drop_copies(w) : st;
}
