/* ntfs_index.c - the names in a folder's index, $I30 (see ntfs.h).
 *
 * The B-tree is not followed: the root and every block are scanned from front to
 * back, past the last entry in use, so names that were removed and not yet
 * overwritten are found.  An entry in slack must look right to be believed. */
#include "filesystem/ntfs.h"

#include <stdlib.h>

enum {
    ENTRY_HEAD = 16,
    NAME_FIXED = 66,
    BLOCK_HEAD = 24, /* of an index block, before the node header */
    ROOT_HEAD = 16,  /* of an index root, before the node header */
    NODE_HEAD = 16,
};

static const uint8_t I30[] = { '$', 0, 'I', 0, '3', 0, '0', 0 };
static const uint32_t NAME_IS_FOLDER = UINT32_C(0x10000000);

struct scan {
    struct ntfs *fs;
    const struct ntfs_file *folder;
    const struct ntfs_entry_sink *sink;
    bool stale; /* every entry of this block is: the folder or the block is free */
};

/* Between 1970 and 2100: what stands in slack with another time is no name. */
static bool is_time(uint64_t ticks)
{
    const uint64_t year_1970 = UINT64_C(116444736000000000),
                   year_2100 = UINT64_C(157469184000000000);
    return ticks >= year_1970 && ticks < year_2100;
}

static bool is_plausible(const struct ntfs_name *n)
{
    return n->space <= 3 && n->text.n > 0 && n->text.at[0] != 0 && n->allocated >= n->size &&
           is_time(n->created) && is_time(n->accessed) && is_time(n->modified);
}

/* Try the entry at `at`; how far to move on. */
static size_t scan_entry(const struct scan *s, struct ak_bytes in, size_t at, size_t used,
                         enum ak_status *st)
{
    enum { STEP = 4 };
    const uint8_t *p = in.at + at;
    uint64_t reference = ak_load_u64le(p);
    uint16_t entry_n = ak_load_u16le(p + 8), key_n = ak_load_u16le(p + 10);
    struct ntfs_entry e = { .id = reference & UINT64_C(0xFFFFFFFFFFFF),
                            .sequence = (uint16_t)(reference >> 48) };
    if (e.id > s->fs->n_records || entry_n <= key_n || entry_n % 4 || entry_n > in.n)
        return STEP;
    if (!ntfs_name_parse((struct ak_bytes){ p + ENTRY_HEAD, in.n - at - ENTRY_HEAD }, &e.name) ||
        e.name.parent != s->folder->id)
        return STEP;
    bool slack = key_n == 0 || entry_n > used || at > used - entry_n;
    if (slack && !is_plausible(&e.name))
        return STEP;
    e.allocated = !slack && !s->stale;
    e.type = e.name.flags & NAME_IS_FOLDER ? 'd' : 'r';
    if (e.name.space != NTFS_NAMESPACE_DOS)
        *st = s->sink->entry(s->sink->self, &e);
    return key_n ? entry_n : (ENTRY_HEAD + NAME_FIXED + e.name.text.n + 3) / 4 * 4;
}

/* Entries from front to back; `used` is where those in use end. */
static enum ak_status scan_entries(const struct scan *s, struct ak_bytes in, size_t used)
{
    enum ak_status st = AK_OK;
    for (size_t at = 0; st == AK_OK && in.n > at && in.n - at > ENTRY_HEAD + NAME_FIXED + 1;)
        at += scan_entry(s, in, at, used, &st);
    return st;
}

/* A node header and its entries, in a block or in the root. */
static enum ak_status scan_node(const struct scan *s, struct ak_bytes node, bool whole)
{
    if (node.n < NODE_HEAD)
        return AK_ERR_CORRUPT;
    uint32_t first = ak_load_u32le(node.at), used = ak_load_u32le(node.at + 4);
    uint32_t allocated = ak_load_u32le(node.at + 8);
    size_t end = whole || allocated > node.n ? node.n : allocated;
    if (first > used || used > node.n || first > end)
        return AK_ERR_CORRUPT;
    return scan_entries(s, (struct ak_bytes){ node.at + first, end - first }, used - first);
}

static enum ak_status scan_root(const struct scan *s)
{
    struct ak_bytes name = { I30, sizeof(I30) };
    const struct ntfs_attribute *root = ntfs_file_find(s->folder, NTFS_INDEX_ROOT, name);
    if (!root || !root->resident || root->value.n < ROOT_HEAD + NODE_HEAD ||
        ak_load_u32le(root->value.at) != NTFS_FILE_NAME)
        return AK_ERR_CORRUPT;
    struct ak_bytes node = { root->value.at + ROOT_HEAD, root->value.n - ROOT_HEAD };
    return scan_node(s, node, false);
}

/* The bitmap that says which blocks are in use; empty when there is none. */
static struct ak_bytes load_bitmap(struct ntfs *fs, const struct ntfs_file *folder, uint8_t **owned)
{
    enum { BITMAP_MAX = NTFS_FOLDER_MAX / 512 / 8 };
    const struct ntfs_attribute *a =
        ntfs_file_find(folder, NTFS_BITMAP, (struct ak_bytes){ I30, sizeof(I30) });
    struct ak_bytes none = { I30, 0 };
    *owned = NULL;
    if (!a)
        return none;
    if (a->resident)
        return a->value;
    struct ntfs_runs runs = { 0 };
    size_t n = a->size < BITMAP_MAX ? (size_t)a->size : BITMAP_MAX;
    *owned = malloc(n ? n : 1);
    bool read = *owned && ntfs_file_runs(folder, a, &runs) == AK_OK &&
                ntfs_read_runs(fs, &runs, 0, *owned, n, NULL) == AK_OK;
    free(runs.at);
    return read ? (struct ak_bytes){ *owned, n } : none;
}

static bool is_in_use(struct ak_bytes bitmap, uint64_t bit)
{
    return bitmap.n == 0 || (bit / 8 < bitmap.n && bitmap.at[bit / 8] >> (bit % 8) & 1);
}

static enum ak_status scan_block(struct scan *s, uint8_t *block, uint64_t number, bool in_use)
{
    uint32_t n = s->fs->index_block;
    if (memcmp(block, "INDX", 4) != 0)
        return AK_OK;
    bool torn = !ntfs_fixup(block, n, s->fs->sector);
    if (torn && in_use)
        s->sink->damage(s->sink->self, number * n,
                        "a block of a folder's index is torn: its names may be incomplete");
    s->stale = !in_use || !s->folder->in_use;
    struct ak_bytes node = { block + BLOCK_HEAD, n - BLOCK_HEAD };
    enum ak_status st = scan_node(s, node, true);
    if (st != AK_ERR_CORRUPT)
        return st;
    if (in_use)
        s->sink->damage(s->sink->self, number * n, "a block of a folder's index is damaged");
    return AK_OK;
}

static enum ak_status scan_blocks(struct scan *s, const struct ntfs_attribute *head,
                                  struct ak_bytes bitmap)
{
    struct ntfs_runs runs = { 0 };
    uint8_t block[4096], *big = NULL;
    uint32_t n = s->fs->index_block;
    enum ak_status st = ntfs_file_runs(s->folder, head, &runs);
    if (st != AK_OK || head->allocated > NTFS_FOLDER_MAX)
        s->sink->damage(s->sink->self, 0, "the index of a folder is damaged");
    uint64_t mapped = 0;
    if (runs.n)
        mapped = (runs.at[runs.n - 1].vcn + runs.at[runs.n - 1].n) * s->fs->cluster;
    uint64_t size = head->allocated < mapped ? head->allocated : mapped;
    if (size > NTFS_FOLDER_MAX)
        size = NTFS_FOLDER_MAX;
    if (size > s->fs->index_bytes_left)
        size = s->fs->index_bytes_left;
    s->fs->index_bytes_left -= size;
    if (n > sizeof(block))
        big = malloc(n);
    uint8_t *to = n > sizeof(block) ? big : block;
    st = to ? AK_OK : AK_ERR_NOMEM;
    for (uint64_t i = 0; st == AK_OK && i < size / n; i++) {
        size_t missing = 0;
        st = ntfs_read_runs(s->fs, &runs, i * n, to, n, &missing);
        if (st == AK_OK)
            st = scan_block(s, to, i, is_in_use(bitmap, i));
    }
    free(big);
    free(runs.at);
    return st;
}

enum ak_status ntfs_index_names(struct ntfs *fs, const struct ntfs_file *folder,
                                const struct ntfs_entry_sink *sink)
{
    struct scan s = { fs, folder, sink, !folder->in_use };
    enum ak_status st = scan_root(&s);
    if (st == AK_ERR_CORRUPT && folder->in_use)
        sink->damage(sink->self, 0, "the index of a folder is damaged");
    if (st != AK_OK && st != AK_ERR_CORRUPT)
        return st;
    const struct ntfs_attribute *head =
        ntfs_file_find(folder, NTFS_INDEX_ALLOCATION, (struct ak_bytes){ I30, sizeof(I30) });
    if (!head || head->resident)
        return AK_OK;
    uint8_t *owned;
    struct ak_bytes bitmap = load_bitmap(fs, folder, &owned);
    st = scan_blocks(&s, head, bitmap);
    free(owned);
    return st;
}
