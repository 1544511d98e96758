/* ext4_folder.c - names in a folder of ext2/3/4 (see ext4.h).
 *
 * A block is a chain of entries: inode (4), bytes to the next (2), bytes of the
 * name (1), type (1), name.  Removing an entry makes the one before it longer; what
 * it covers is scanned for names in steps of four bytes.  A hashed folder is read
 * block by block like any other; the index itself is stepped over. */
#include "filesystem/ext4.h"

#include <stdlib.h>

enum { HEAD = 8, STEP = 4 };

struct scan {
    struct ext4 *fs;
    const struct ext4_entry_sink *sink;
    bool deleted; /* the folder is: so is every name in it */
};

static size_t needed(size_t name_n) { return (HEAD + name_n + 3) / 4 * 4; }

static char type_of(const struct ext4 *fs, uint8_t type)
{
    static const char TYPES[] = "-rdcbpsl";
    return fs->incompatible & EXT4_FILETYPE && type < sizeof(TYPES) - 1 ? TYPES[type] : '-';
}

/* The entry at `at`, if there can be one. */
static bool entry_at(const struct scan *s, struct ak_bytes in, size_t at, struct ext4_entry *e,
                     size_t *out_n)
{
    const uint8_t *p = in.at + at;
    size_t n = ak_load_u16le(p + 4), name_n = p[6];
    if (n == 0 && in.n >= 65536)
        n = 65536; /* 64 KiB do not fit the field */
    if (!(s->fs->incompatible & EXT4_FILETYPE) && p[7] != 0)
        return false; /* the name length has 16 bits there */
    *e = (struct ext4_entry){ .inode = ak_load_u32le(p),
                              .type = type_of(s->fs, p[7]),
                              .name = { (const char *)p + HEAD, name_n } };
    *out_n = n;
    return e->inode <= s->fs->n_inodes && name_n > 0 && n >= needed(name_n) && n % 4 == 0 &&
           n <= in.n - at;
}

static enum ak_status scan_block(const struct scan *s, struct ak_bytes in)
{
    size_t free_n = 0, n; /* free_n: bytes left of space that an entry covers */
    struct ext4_entry e;
    for (size_t at = 0; at < in.n && in.n - at >= HEAD + STEP;) {
        bool found = entry_at(s, in, at, &e, &n) && (!free_n || free_n >= needed(e.name.n));
        size_t step = found ? needed(e.name.n) : STEP;
        if (!found) {
            free_n -= free_n < STEP ? free_n : STEP;
            at += step;
            continue;
        }
        e.allocated = free_n == 0 && e.inode != 0 && !s->deleted;
        enum ak_status st = s->sink->entry(s->sink->self, &e);
        if (st != AK_OK)
            return st;
        free_n -= free_n < step ? free_n : step;
        if (free_n == 0 && n - step >= needed(1))
            free_n = n - step;
        else if (free_n == 0)
            step = n;
        at += step;
    }
    return AK_OK;
}

/* The entry that covers the rest of the block ends where the index begins; scan
 * its two dots, then what stands behind the index. */
static enum ak_status scan_index_block(const struct scan *s, struct ak_bytes in, bool root)
{
    size_t counts_at = root ? 32 : 8;
    size_t used = counts_at + 8 * (size_t)ak_load_u16le(in.at + counts_at + 2);
    struct scan slack = *s;
    slack.deleted = true;
    if (used >= in.n)
        return AK_OK;
    return scan_block(&slack, (struct ak_bytes){ in.at + used, in.n - used });
}

static bool is_index_node(const struct ext4 *fs, const uint8_t *block)
{
    return ak_load_u32le(block) == 0 && block[6] == 0 &&
           ak_load_u16le(block + 4) == (uint16_t)fs->block;
}

static enum ak_status scan_inline(const struct scan *s, const struct ext4_inode *folder)
{
    enum { PARENT = 4 }; /* the number of the folder above stands first */
    struct ak_bytes parts[2];
    ext4_inline(s->fs, folder, parts);
    enum ak_status st = AK_OK;
    if (parts[0].n > PARENT)
        st = scan_block(s, (struct ak_bytes){ parts[0].at + PARENT, parts[0].n - PARENT });
    return st == AK_OK && parts[1].n ? scan_block(s, parts[1]) : st;
}

static uint64_t size_of(struct ext4 *fs, const struct ext4_inode *folder,
                        const struct ext4_runs *runs)
{
    uint64_t size = (folder->size + fs->block - 1) / fs->block * fs->block;
    const struct ext4_run *last = runs->n ? &runs->at[runs->n - 1] : NULL;
    uint64_t mapped = last ? (last->logical + last->n) * fs->block : 0;
    if (folder->size > EXT4_FOLDER_MAX || size > mapped)
        size = mapped;
    if (size > EXT4_FOLDER_MAX)
        size = EXT4_FOLDER_MAX;
    if (size > fs->folder_bytes_left)
        size = fs->folder_bytes_left;
    fs->folder_bytes_left -= size;
    return size;
}

static enum ak_status scan_blocks(const struct scan *s, const struct ext4_inode *folder,
                                  const struct ext4_runs *runs)
{
    struct ext4 *fs = s->fs;
    uint64_t size = size_of(fs, folder, runs);
    uint8_t *block = malloc(fs->block);
    enum ak_status st = block ? AK_OK : AK_ERR_NOMEM;
    for (uint64_t at = 0; st == AK_OK && at + fs->block <= size; at += fs->block) {
        size_t missing = 0;
        ext4_read_runs(fs, runs, at, block, fs->block, &missing);
        struct ak_bytes in = { block, fs->block };
        bool indexed = folder->flags & EXT4_IS_INDEXED;
        if (missing && folder->in_use)
            s->sink->damage(s->sink->self, at, "a block of a folder lies outside the volume");
        if (indexed && (at == 0 || is_index_node(fs, block)))
            st = scan_index_block(s, in, at == 0);
        else
            st = scan_block(s, in);
    }
    free(block);
    return st;
}

enum ak_status ext4_folder_names(struct ext4 *fs, const struct ext4_inode *folder,
                                 const struct ext4_entry_sink *sink)
{
    struct scan s = { fs, sink, !folder->in_use };
    if (folder->flags & EXT4_IS_INLINE)
        return scan_inline(&s, folder);
    struct ext4_runs runs = { 0 };
    enum ak_status st = ext4_map(fs, folder, &runs);
    if (runs.damaged && folder->in_use)
        sink->damage(sink->self, 0, "the block map of a folder is damaged");
    if (st == AK_OK)
        st = scan_blocks(&s, folder, &runs);
    free(runs.at);
    return st;
}
