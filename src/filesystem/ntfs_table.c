/* ntfs_table.c - one pass over the $MFT: the state of every record, and which
 * folder each name says it lies in (see ntfs_walk.h). */
#include "base/hash.h"
#include "filesystem/ntfs_walk.h"

#include <stdlib.h>

void ntfs_table_free(struct ntfs_table *table)
{
    free(table->states);
    free(table->links);
    free(table->first);
}

static bool link_push(struct ntfs_table *t, const struct ntfs_link *link)
{
    if (t->n_links >= UINT32_MAX)
        return false;
    if (t->n_links == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 4096;
        struct ntfs_link *at = realloc(t->links, cap * sizeof(*at));
        if (!at)
            return false;
        t->links = at;
        t->cap = cap;
    }
    t->links[t->n_links++] = *link;
    return true;
}

static bool take_name(struct ntfs_walk *w, uint64_t id, const struct ntfs_attribute *a)
{
    struct ntfs_name name;
    if (!a->resident || !ntfs_name_parse(a->value, &name) || name.space == NTFS_NAMESPACE_DOS)
        return true;
    w->table.states[id].flags |= NTFS_R_NAMED;
    if (name.parent >= w->fs->n_records)
        return true; /* shown as an orphan */
    struct ntfs_link link = { (uint32_t)name.parent, (uint32_t)id, name.parent_sequence,
                              ak_hash(name.text.at, name.text.n) };
    return link_push(&w->table, &link);
}

/* A file of many records may keep its names in any of them. */
static bool take_large(struct ntfs_walk *w, uint64_t id)
{
    if (!ntfs_file_load(w->fs, id, &w->child))
        return true;
    for (size_t i = 0; i < w->child.n; i++)
        if (w->child.attributes[i].type == NTFS_FILE_NAME &&
            !take_name(w, id, &w->child.attributes[i]))
            return false;
    return true;
}

static bool take_record(struct ntfs_walk *w, uint64_t id, struct ak_bytes record)
{
    struct ntfs_state *s = &w->table.states[id];
    uint16_t flags = ak_load_u16le(record.at + 22);
    bool extension = (ak_load_u64le(record.at + 32) & UINT64_C(0xFFFFFFFFFFFF)) != 0, large = false;
    s->sequence = ak_load_u16le(record.at + 16);
    s->flags = (uint16_t)(NTFS_R_VALID | (flags & 1 ? NTFS_R_IN_USE : 0) |
                          (flags & 2 ? NTFS_R_FOLDER : 0) | (extension ? NTFS_R_EXTENSION : 0));
    size_t first_link = w->table.n_links;
    struct ntfs_attribute a;
    for (size_t at = 0; ntfs_attribute_next(record, &at, &a) && a.type <= NTFS_FILE_NAME;) {
        s->flags |= NTFS_R_ATTRIBUTES;
        large |= a.type == NTFS_ATTRIBUTE_LIST;
        if (!extension && a.type == NTFS_FILE_NAME && !take_name(w, id, &a))
            return false;
    }
    size_t at = 0;
    if (!(s->flags & NTFS_R_ATTRIBUTES) && ntfs_attribute_next(record, &at, &a))
        s->flags |= NTFS_R_ATTRIBUTES;
    if (extension || !large)
        return true;
    w->table.n_links = first_link;
    return take_large(w, id);
}

static bool scan_records(struct ntfs_walk *w)
{
    uint8_t record[NTFS_RECORD_MAX];
    for (uint64_t id = 0; id < w->fs->n_records; id++) {
        bool torn = false;
        if (ntfs_record_read(w->fs, id, record, &torn)) {
            if (!take_record(w, id, (struct ak_bytes){ record, w->fs->record }))
                return false;
        } else if (torn) {
            w->table.states[id].flags = NTFS_R_TORN;
            ntfs_tell_damage(w, id * w->fs->record, "a file record of the $MFT is torn");
        }
    }
    return true;
}

/* Counting sort by parent; the order of the children stays. */
static bool sort_links(struct ntfs_table *t, uint64_t n_records)
{
    t->first = calloc((size_t)n_records + 1, sizeof(t->first[0]));
    struct ntfs_link *sorted = malloc((t->n_links ? t->n_links : 1) * sizeof(*sorted));
    if (!t->first || !sorted) {
        free(sorted);
        return false;
    }
    for (size_t i = 0; i < t->n_links; i++)
        t->first[t->links[i].parent + 1]++;
    for (size_t i = 0; i < n_records; i++)
        t->first[i + 1] += t->first[i];
    for (size_t i = 0; i < t->n_links; i++)
        sorted[t->first[t->links[i].parent]++] = t->links[i];
    for (size_t i = (size_t)n_records; i > 0; i--)
        t->first[i] = t->first[i - 1];
    t->first[0] = 0;
    free(t->links);
    t->links = sorted;
    return true;
}

enum ak_status ntfs_table_fill(struct ntfs_walk *w)
{
    size_t n = (size_t)w->fs->n_records;
    w->table.states = calloc(n, sizeof(w->table.states[0]));
    if (!w->table.states || !scan_records(w) || !sort_links(&w->table, n))
        return AK_ERR_NOMEM;
    return AK_OK;
}
