/* ext4_map.c - where the contents of an inode lie: an extent tree, the block map
 * of ext2/3, or the inode itself (see ext4.h). */
#include "filesystem/ext4.h"

#include <stdlib.h>

enum { MAP_AT = 0x28, MAP_SIZE = 60, DIRECT = 12, EXTENT = 12, EXTENT_MAGIC = 0xF30A };

static enum ak_status push(struct ext4_runs *runs, struct ext4_run run)
{
    struct ext4_run *last = runs->n ? &runs->at[runs->n - 1] : NULL;
    if (last && last->physical != EXT4_HOLE && last->logical + last->n == run.logical &&
        last->physical + last->n == run.physical) {
        last->n += run.n;
        return AK_OK;
    }
    if (last && run.logical < last->logical + last->n) {
        runs->damaged = true; /* extents must go up; what overlaps is not believed */
        return AK_OK;
    }
    if (runs->n >= EXT4_RUNS_MAX)
        return AK_ERR_LIMIT;
    if (runs->n == runs->cap) {
        size_t cap = runs->cap ? runs->cap * 2 : 16;
        struct ext4_run *at = realloc(runs->at, cap * sizeof(*at));
        if (!at)
            return AK_ERR_NOMEM;
        runs->at = at;
        runs->cap = cap;
    }
    runs->at[runs->n++] = run;
    return AK_OK;
}

/* One more block of a map; false when it lies outside or too many were read. */
static bool read_map_block(struct ext4 *fs, uint64_t block, uint8_t *to)
{
    size_t missing = 0;
    if (block == 0 || block >= fs->n_blocks || fs->map_blocks_left == 0)
        return false;
    fs->map_blocks_left--;
    ext4_read(fs, block * fs->block, to, fs->block, &missing);
    return missing == 0;
}

/* ---- extents ---- */

static enum ak_status take_extent(struct ext4_runs *runs, const uint8_t *e)
{
    enum { UNWRITTEN = 32768 };
    uint32_t n = ak_load_u16le(e + 4);
    bool unwritten = n > UNWRITTEN; /* allocated, but reads as zero */
    if (unwritten)
        n -= UNWRITTEN;
    struct ext4_run run = { ak_load_u32le(e),
                            ak_load_u32le(e + 8) | (uint64_t)ak_load_u16le(e + 6) << 32, n };
    if (unwritten)
        run.physical = EXT4_HOLE;
    return n ? push(runs, run) : AK_OK;
}

/* Depth counts down, so no tree can be a circle. */
static enum ak_status take_node(struct ext4 *fs, struct ext4_runs *runs, struct ak_bytes node,
                                unsigned depth_left)
{
    uint16_t n = ak_load_u16le(node.at + 2), depth = ak_load_u16le(node.at + 6);
    if (ak_load_u16le(node.at) != EXTENT_MAGIC || n > node.n / EXTENT - 1 || depth > depth_left) {
        runs->damaged = true;
        return AK_OK;
    }
    uint8_t *block = depth ? malloc(fs->block) : NULL;
    enum ak_status st = depth && !block ? AK_ERR_NOMEM : AK_OK;
    for (uint16_t i = 1; i <= n && st == AK_OK; i++) {
        const uint8_t *e = node.at + (size_t)i * EXTENT;
        if (depth == 0) {
            st = take_extent(runs, e);
        } else if (read_map_block(fs, ak_load_u32le(e + 4) | (uint64_t)ak_load_u16le(e + 8) << 32,
                                  block)) {
            st = take_node(fs, runs, (struct ak_bytes){ block, fs->block }, depth - 1u);
        } else {
            runs->damaged = true;
        }
    }
    free(block);
    return st;
}

/* ---- the block map of ext2/3 ---- */

static enum ak_status take_pointers(struct ext4 *fs, struct ext4_runs *runs, struct ak_bytes map,
                                    unsigned level, uint64_t *logical)
{
    uint64_t covers = 1, per_block = fs->block / 4;
    for (unsigned i = 0; i < level; i++)
        covers *= per_block;
    uint8_t *block = level ? malloc(fs->block) : NULL;
    enum ak_status st = level && !block ? AK_ERR_NOMEM : AK_OK;
    for (size_t i = 0; i + 4 <= map.n && st == AK_OK && *logical < runs->needed; i += 4) {
        uint32_t at = ak_load_u32le(map.at + i);
        if (at == 0 || at >= fs->n_blocks) {
            runs->damaged |= at != 0;
            *logical += covers;
        } else if (level == 0) {
            st = push(runs, (struct ext4_run){ (*logical)++, at, 1 });
        } else if (read_map_block(fs, at, block)) {
            st = take_pointers(fs, runs, (struct ak_bytes){ block, fs->block }, level - 1, logical);
        } else {
            runs->damaged = true;
            *logical += covers;
        }
    }
    free(block);
    return st;
}

static enum ak_status take_map(struct ext4 *fs, const struct ext4_inode *inode,
                               struct ext4_runs *runs)
{
    struct ak_bytes map = { inode->bytes + MAP_AT, MAP_SIZE };
    if (inode->flags & EXT4_IS_INLINE)
        return AK_OK;
    if (inode->flags & EXT4_HAS_EXTENTS)
        return take_node(fs, runs, map, EXT4_DEPTH_MAX);
    runs->needed = inode->size / fs->block + (inode->size % fs->block != 0);
    uint64_t logical = 0;
    enum ak_status st =
        take_pointers(fs, runs, (struct ak_bytes){ map.at, 4 * DIRECT }, 0, &logical);
    for (unsigned level = 1; level <= 3 && st == AK_OK; level++)
        st = take_pointers(fs, runs, (struct ak_bytes){ map.at + 4 * (DIRECT + level - 1), 4 },
                           level, &logical);
    return st;
}

enum ak_status ext4_map(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_runs *runs)
{
    enum ak_status st = take_map(fs, inode, runs);
    if (st != AK_ERR_LIMIT)
        return st;
    runs->damaged = true; /* no honest file has so many runs; those found can be read */
    return AK_OK;
}

/* ---- reading ---- */

/* The first run that ends behind `block`, or NULL. */
static const struct ext4_run *run_at(const struct ext4_runs *runs, uint64_t block)
{
    size_t low = 0, high = runs->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (runs->at[middle].logical + runs->at[middle].n <= block)
            low = middle + 1;
        else
            high = middle;
    }
    return low < runs->n ? &runs->at[low] : NULL;
}

void ext4_read_runs(struct ext4 *fs, const struct ext4_runs *runs, uint64_t at, uint8_t *to,
                    size_t n, size_t *out_missing)
{
    while (n > 0) {
        const struct ext4_run *r = run_at(runs, at / fs->block);
        uint64_t start = r ? r->logical * fs->block : UINT64_MAX, step = n;
        bool hole = at < start || r->physical == EXT4_HOLE;
        uint64_t left = at < start ? start - at : (r->logical + r->n) * fs->block - at;
        step = step < left ? step : left;
        if (hole)
            memset(to, 0, (size_t)step);
        else
            ext4_read(fs, r->physical * fs->block + (at - start), to, (size_t)step, out_missing);
        at += step;
        to += step;
        n -= (size_t)step;
    }
}

/* ---- in the inode ---- */

/* The value of "system.data", where inline contents go on. */
static struct ak_bytes inline_rest(const struct ext4 *fs, const struct ext4_inode *inode)
{
    enum { CLASSIC = 128, MAGIC = 4, HEAD = 16, SYSTEM = 7 };
    struct ak_bytes none = { inode->bytes, 0 };
    struct ak_reader whole = ak_rd_open((struct ak_bytes){ inode->bytes, fs->inode_size }, 0);
    size_t at = CLASSIC + inode->extra_n;
    if (fs->inode_size < at + MAGIC || ak_load_u32le(inode->bytes + at) != UINT32_C(0xEA020000))
        return none;
    struct ak_reader r = ak_rd_window(&whole, at + MAGIC, fs->inode_size - at - MAGIC);
    while (ak_rd_left(&r) >= HEAD && ak_load_u32le(r.in.at + r.pos) != 0) {
        const uint8_t *e = r.in.at + r.pos;
        struct ak_reader value = ak_rd_window(&r, ak_load_u16le(e + 2), ak_load_u32le(e + 8));
        bool is_data = e[1] == SYSTEM && e[0] == 4 && ak_rd_left(&r) >= HEAD + 4 &&
                       memcmp(e + HEAD, "data", 4) == 0;
        if (is_data)
            return ak_rd_ok(&value) ? value.in : none;
        if (!ak_rd_take(&r, (HEAD + (size_t)e[0] + 3) / 4 * 4).n)
            break;
    }
    return none;
}

void ext4_inline(const struct ext4 *fs, const struct ext4_inode *inode, struct ak_bytes parts[2])
{
    uint64_t size = inode->size;
    parts[0] =
        (struct ak_bytes){ inode->bytes + MAP_AT, size < MAP_SIZE ? (size_t)size : MAP_SIZE };
    parts[1] = inline_rest(fs, inode);
    if (parts[1].n > size - parts[0].n)
        parts[1].n = (size_t)(size - parts[0].n);
}
