/* ext4_volume.c - superblock, group descriptors, inodes (see ext4.h). */
#include "filesystem/ext4.h"

#include <stdlib.h>

enum {
    SUPER_AT = 1024,
    SUPER_SIZE = 1024,
    DESCRIPTOR_MIN = 32,
    CLASSIC_INODE = 128,
};

/* Where copies of the superblock stand: group 1 for each common block size. */
static const uint64_t COPIES[] = { SUPER_AT, 8193 * UINT64_C(1024), 16384 * UINT64_C(2048),
                                   32768 * UINT64_C(4096), 65536 * UINT64_C(8192) };

static bool is_super(const uint8_t *s)
{
    return ak_load_u16le(s + 0x38) == 0xEF53 && ak_load_u32le(s + 0x18) <= 6 &&
           ak_load_u32le(s) != 0 && ak_load_u32le(s + 0x28) != 0 && ak_load_u32le(s + 0x20) != 0;
}

/* A copy stands where its own sizes put group 1, and tells that number; old ones
 * tell 0.  On a disk with a partition table that may be a partition's first
 * superblock (1 KiB blocks, 8 MiB into the disk), so there 0 is not believed. */
static bool is_copy(struct ak_source *volume, const uint8_t *s, uint64_t at)
{
    enum { TABLE_MARK_AT = 510 };
    uint8_t mark[2] = { 0 };
    uint64_t block = UINT64_C(1024) << ak_load_u32le(s + 0x18);
    uint64_t group_1 = ((uint64_t)ak_load_u32le(s + 0x14) + ak_load_u32le(s + 0x20)) * block;
    uint16_t number = ak_load_u16le(s + 0x5A);
    ak_source_read_some(volume, TABLE_MARK_AT, mark, sizeof(mark));
    bool partitioned = ak_load_u16le(mark) == 0xAA55;
    return group_1 == at && (number == 1 || (number == 0 && !partitioned));
}

static bool read_super(struct ak_source *volume, uint8_t *s, bool *out_copy)
{
    for (size_t i = 0; i < sizeof(COPIES) / sizeof(COPIES[0]); i++) {
        *out_copy = i > 0;
        if (ak_source_read_some(volume, COPIES[i], s, SUPER_SIZE) == SUPER_SIZE && is_super(s) &&
            (i == 0 || is_copy(volume, s, COPIES[i])))
            return true;
    }
    return false;
}

bool ext4_probe(struct ak_source *volume)
{
    uint8_t s[SUPER_SIZE];
    bool copy;
    return read_super(volume, s, &copy);
}

void ext4_read(struct ext4 *fs, uint64_t at, uint8_t *to, size_t n, size_t *out_missing)
{
    size_t have = 0, gone = 0;
    if (at < fs->volume->size)
        have = n < fs->volume->size - at ? n : (size_t)(fs->volume->size - at);
    if (have && ak_source_read(fs->volume, at, to, have, &gone) != AK_OK) {
        memset(to, 0, have);
        gone = have;
    }
    memset(to + have, 0, n - have);
    if (out_missing)
        *out_missing += gone + (n - have);
}

/* ---- groups ---- */

static bool is_power_of(uint64_t v, uint64_t base)
{
    while (v > 1 && v % base == 0)
        v /= base;
    return v == 1;
}

/* Does this group begin with a copy of the superblock? */
static bool has_super(const struct ext4 *fs, const uint8_t *s, uint64_t group)
{
    enum { SPARSE_SUPER2 = 0x200, SPARSE_SUPER = 1 };
    if (group == 0)
        return true;
    if (fs->compatible & SPARSE_SUPER2)
        return group == ak_load_u32le(s + 0x24C) || group == ak_load_u32le(s + 0x250);
    if (!(fs->read_only_compatible & SPARSE_SUPER) || group == 1)
        return true;
    return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

/* The block that holds the i-th block of group descriptors. */
static uint64_t descriptors_at(const struct ext4 *fs, const uint8_t *s, uint64_t i,
                               uint64_t per_block)
{
    uint64_t first_data = ak_load_u32le(s + 0x14), per_group = ak_load_u32le(s + 0x20);
    /* bigalloc with blocks of 1024 bytes counts from 0, its superblock is block 1 */
    uint64_t shift = first_data == 0 && fs->block == SUPER_AT;
    if (!(fs->incompatible & EXT4_META_BG) || i < ak_load_u32le(s + 0x104))
        return first_data + shift + 1 + i;
    uint64_t group = i * per_block;
    return first_data + group * per_group + has_super(fs, s, group) + (group == 0 ? shift : 0);
}

static void take_group(const struct ext4 *fs, const uint8_t *d, size_t size, struct ext4_group *g)
{
    enum { INODES_UNINITIALISED = 1, CHECKSUMS = 0x410 };
    g->inode_bitmap = ak_load_u32le(d + 4);
    g->inode_table = ak_load_u32le(d + 8);
    if (size >= 64) {
        g->inode_bitmap |= (uint64_t)ak_load_u32le(d + 0x24) << 32;
        g->inode_table |= (uint64_t)ak_load_u32le(d + 0x28) << 32;
    }
    g->no_inodes =
        fs->read_only_compatible & CHECKSUMS && ak_load_u16le(d + 0x12) & INODES_UNINITIALISED;
}

static enum ak_status read_groups(struct ext4 *fs, const uint8_t *s, const char **out_note)
{
    size_t size = fs->incompatible & EXT4_64BIT ? ak_load_u16le(s + 0xFE) : DESCRIPTOR_MIN;
    if (size < DESCRIPTOR_MIN || size > fs->block || size % 4)
        return AK_ERR_CORRUPT;
    uint64_t per_block = fs->block / size;
    uint8_t *block = malloc(fs->block);
    fs->groups = calloc((size_t)fs->n_groups, sizeof(fs->groups[0]));
    if (!block || !fs->groups) {
        free(block);
        return AK_ERR_NOMEM;
    }
    size_t missing = 0;
    for (uint64_t i = 0; i < fs->n_groups; i++) {
        if (i % per_block == 0)
            ext4_read(fs, descriptors_at(fs, s, i / per_block, per_block) * fs->block, block,
                      fs->block, &missing);
        take_group(fs, block + i % per_block * size, size, &fs->groups[i]);
    }
    free(block);
    if (missing)
        *out_note = "some group descriptors lie outside the volume";
    return AK_OK;
}

/* ---- the superblock ---- */

static enum ak_status take_super(struct ext4 *fs, const uint8_t *s)
{
    fs->block = 1024u << ak_load_u32le(s + 0x18);
    fs->n_inodes = ak_load_u32le(s);
    fs->inodes_per_group = ak_load_u32le(s + 0x28);
    bool dynamic = ak_load_u32le(s + 0x4C) >= 1;
    fs->inode_size = dynamic ? ak_load_u16le(s + 0x58) : CLASSIC_INODE;
    fs->first_inode = dynamic ? ak_load_u32le(s + 0x54) : 11;
    fs->compatible = dynamic ? ak_load_u32le(s + 0x5C) : 0;
    fs->incompatible = dynamic ? ak_load_u32le(s + 0x60) : 0;
    fs->read_only_compatible = dynamic ? ak_load_u32le(s + 0x64) : 0;
    static const uint16_t SPECIAL_AT[] = { 0xE0, 0x240, 0x244, 0x26C, 0x280, 0x194 };
    for (size_t i = 0; i < 6; i++) /* journal, quotas, orphan file, snapshot */
        fs->special[i] = dynamic ? ak_load_u32le(s + SPECIAL_AT[i]) : 0;
    fs->n_blocks = ak_load_u32le(s + 4);
    if (fs->incompatible & EXT4_64BIT)
        fs->n_blocks |= (uint64_t)ak_load_u32le(s + 0x150) << 32;
    if (fs->incompatible & ~(uint32_t)EXT4_READABLE || fs->inode_size < CLASSIC_INODE ||
        fs->inode_size > EXT4_INODE_MAX || fs->inode_size > fs->block ||
        (fs->inode_size & (fs->inode_size - 1)))
        return AK_ERR_UNSUPPORTED;
    fs->n_groups = ((uint64_t)fs->n_inodes + fs->inodes_per_group - 1) / fs->inodes_per_group;
    uint64_t most = fs->volume->size / fs->inode_size;
    if (fs->inodes_per_group > fs->block * 8 || fs->n_inodes > most || fs->n_inodes < EXT4_ROOT)
        return AK_ERR_CORRUPT;
    fs->folder_bytes_left = 4 * fs->volume->size + EXT4_SPARE_BYTES;
    fs->map_blocks_left = 4 * (fs->volume->size / fs->block) + EXT4_SPARE_BLOCKS;
    return AK_OK;
}

static void take_label(struct ext4 *fs, const uint8_t *s)
{
    enum { AT = 0x78, LONGEST = 16 };
    memcpy(fs->base.label, s + AT, LONGEST);
    fs->base.label[LONGEST] = 0;
    enum { HAS_JOURNAL = 4, EXTENTS = 0x40 };
    fs->base.type = fs->incompatible & (EXTENTS | EXT4_64BIT) ? "ext4"
                    : fs->compatible & HAS_JOURNAL            ? "ext3"
                                                              : "ext2";
}

enum ak_status ext4_open_volume(struct ext4 *fs, const char **out_note)
{
    uint8_t s[SUPER_SIZE];
    bool copy;
    if (!read_super(fs->volume, s, &copy)) {
        *out_note = "the volume has no ext superblock";
        return AK_ERR_CORRUPT;
    }
    if (copy)
        *out_note = "the superblock is damaged; a copy was used";
    enum ak_status st = take_super(fs, s);
    if (st != AK_OK)
        return st;
    fs->pages = calloc(EXT4_PAGES, sizeof(fs->pages[0]));
    if (!fs->pages)
        return AK_ERR_NOMEM;
    take_label(fs, s);
    return read_groups(fs, s, out_note);
}

void ext4_close_volume(struct ext4 *fs)
{
    for (uint64_t i = 0; fs->groups && i < fs->n_groups; i++)
        free(fs->groups[i].bitmap);
    for (size_t i = 0; fs->pages && i < EXT4_PAGES; i++)
        free(fs->pages[i].bytes);
    free(fs->groups);
    free(fs->pages);
}

/* ---- inodes ---- */

static bool is_in_use(struct ext4 *fs, struct ext4_group *g, uint32_t index)
{
    if (g->no_inodes)
        return false;
    if (!g->bitmap) {
        g->bitmap = malloc(fs->block);
        if (!g->bitmap)
            return false;
        ext4_read(fs, g->inode_bitmap < fs->n_blocks ? g->inode_bitmap * fs->block : UINT64_MAX / 2,
                  g->bitmap, fs->block, NULL);
    }
    return g->bitmap[index / 8] >> (index % 8) & 1;
}

/* Bytes of an inode table through a small cache. */
static bool read_cached(struct ext4 *fs, uint64_t at, uint8_t *to, size_t n)
{
    uint64_t number = at / EXT4_PAGE;
    size_t skip = (size_t)(at % EXT4_PAGE);
    struct ext4_page *page = &fs->pages[number % EXT4_PAGES];
    if (skip + n > EXT4_PAGE || at >= fs->volume->size || n > fs->volume->size - at)
        return false;
    if (!page->bytes || page->number != number) {
        if (!page->bytes)
            page->bytes = malloc(EXT4_PAGE);
        if (!page->bytes)
            return false;
        ext4_read(fs, number * EXT4_PAGE, page->bytes, EXT4_PAGE, NULL);
        page->number = number;
    }
    memcpy(to, page->bytes + skip, n);
    return true;
}

/* Seconds as a signed 32-bit number; behind the classic inode two more bits of
 * them and 30 bits of nanoseconds. */
static struct ak_stamp stamp_at(const struct ext4_inode *i, size_t at, size_t more_at)
{
    int64_t s = (int32_t)ak_load_u32le(i->bytes + at);
    if (more_at + 4 > CLASSIC_INODE + i->extra_n)
        return ak_stamp_unix(s, 0, AK_PREC_S);
    uint32_t more = ak_load_u32le(i->bytes + more_at);
    return ak_stamp_unix(s + ((int64_t)(more & 3) << 32), more >> 2, AK_PREC_NS);
}

static void take_inode(const struct ext4 *fs, struct ext4_inode *i)
{
    const uint8_t *b = i->bytes;
    i->extra_n = 0;
    if (fs->inode_size > CLASSIC_INODE) {
        i->extra_n = ak_load_u16le(b + 0x80);
        if (i->extra_n > fs->inode_size - CLASSIC_INODE)
            i->extra_n = 0;
    }
    i->mode = ak_load_u16le(b);
    i->links = ak_load_u16le(b + 0x1A);
    i->uid = ak_load_u16le(b + 2) | (uint32_t)ak_load_u16le(b + 0x78) << 16;
    i->gid = ak_load_u16le(b + 0x18) | (uint32_t)ak_load_u16le(b + 0x7A) << 16;
    i->flags = ak_load_u32le(b + 0x20);
    i->size = ak_load_u32le(b + 4) | (uint64_t)ak_load_u32le(b + 0x6C) << 32;
    i->deleted_s = ak_load_u32le(b + 0x14);
    i->accessed = stamp_at(i, 8, 0x8C);
    i->changed = stamp_at(i, 0x0C, 0x84);
    i->modified = stamp_at(i, 0x10, 0x88);
    i->created = (struct ak_stamp){ 0 };
    if (i->extra_n >= 0x94 - CLASSIC_INODE)
        i->created = stamp_at(i, 0x90, 0x94);
    i->touched = ak_load_u32le(b + 0x0C) != 0;
}

bool ext4_inode_read(struct ext4 *fs, uint32_t number, struct ext4_inode *out)
{
    if (number == 0 || number > fs->n_inodes)
        return false;
    struct ext4_group *g = &fs->groups[(number - 1) / fs->inodes_per_group];
    uint32_t index = (number - 1) % fs->inodes_per_group;
    if (g->inode_table == 0 || g->inode_table > fs->volume->size / fs->block)
        return false;
    uint64_t at = g->inode_table * fs->block + (uint64_t)index * fs->inode_size;
    if (!read_cached(fs, at, out->bytes, fs->inode_size))
        return false;
    out->number = number;
    out->in_use = is_in_use(fs, g, index);
    take_inode(fs, out);
    return true;
}
