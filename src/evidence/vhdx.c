/* vhdx.c - Hyper-V virtual hard disk, version 2 (VHDX).
 *
 *   offset  what
 *        0  "vhdxfile", the program that made it (UTF-16LE)
 *     64 K  header 1, 128 K header 2: the one with the greater sequence number
 *    192 K  region table 1, 256 K its copy: where the block table and the metadata are
 *
 * The block table has one 64-bit entry per block (3 bits of state, the offset in
 * units of 1 MiB), and behind each `ratio` of them one for a bitmap of sectors.
 * A log holds writes to the block table and the metadata that may not have been
 * made yet; it is applied in memory: see vhdx_log.c.
 *
 * Facts and their sources: docs/formats/container.vhdx.md
 */
#include "base/utf.h"
#include "evidence/mapped.h"
#include "evidence/vhdx_log.h"

enum {
    HEADER_AT = 64 << 10,
    REGIONS_AT = 192 << 10,
    COPY_DISTANCE = 64 << 10,
    HEADER_BYTES = 4096,
    REGIONS_BYTES = 64 << 10,
    REGIONS_MAX = 2047,
    METADATA_MAX = 2047,
    LOCATOR_BYTES = 16 << 10, /* of a parent locator that are looked at */
    MIB = 1 << 20,
    BLOCK_LARGEST = 256 << 20,
};

/* [MS-VHDX 2.5.1.1] */
enum { NOT_PRESENT, UNDEFINED, ZERO, UNMAPPED, FULLY = 6, PARTIALLY = 7 };

struct vhdx {
    struct ak_mapped m;
    struct ak_source *src; /* with the log applied when there is one */
    struct ak_source *log; /* owned; NULL when there is none */
    uint64_t table_at, table_n;
    uint64_t metadata_at, metadata_n;
    uint32_t block_bytes, sector_bytes, flags;
    uint64_t ratio; /* blocks per bitmap */
    bool differencing;
};

static bool probe(struct ak_source *src)
{
    uint8_t b[8];
    return ak_source_read_some(src, 0, b, 8) == 8 && memcmp(b, "vhdxfile", 8) == 0;
}

/* ---- reading ---- */

static bool table_entry(struct vhdx *v, uint64_t index, uint64_t *out)
{
    uint8_t b[8];
    if (index >= v->table_n / 8 || !ak_mapped_entry(&v->m, v->src, v->table_at + index * 8, b, 8))
        return false;
    *out = ak_load_u64le(b);
    return true;
}

/* Sectors from `sector` of the block on that have the same bit in its bitmap. */
static uint32_t same_bits(struct vhdx *v, uint64_t block, uint32_t sector, bool *out_bit)
{
    uint64_t entry, per_block = v->block_bytes / v->sector_bytes;
    uint64_t first = block % v->ratio * per_block + sector;
    uint32_t n = 0;
    if (!table_entry(v, (block / v->ratio + 1) * (v->ratio + 1) - 1, &entry) ||
        (entry & 7) != FULLY)
        return 0;
    for (uint64_t i = first; i < first - sector + per_block; i++, n++) {
        uint8_t byte;
        if (!ak_mapped_entry(&v->m, v->src, (entry >> 20) * MIB + i / 8, &byte, 1))
            break;
        bool bit = byte >> (i % 8) & 1;
        if (i == first)
            *out_bit = bit;
        else if (bit != *out_bit)
            break;
    }
    return n;
}

static void locate(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    struct vhdx *v = (struct vhdx *)m;
    uint64_t block = at / v->block_bytes, entry;
    uint32_t inside = (uint32_t)(at % v->block_bytes), n = 0;
    bool ours = false;
    out->n = v->block_bytes - inside;
    out->from = v->src;
    if (!table_entry(v, block + block / v->ratio, &entry))
        return;
    out->at = (entry >> 20) * MIB + inside;
    switch (entry & 7) {
    case NOT_PRESENT:
        out->kind = v->differencing ? AK_PIECE_PARENT : AK_PIECE_ZERO;
        break;
    case UNDEFINED:
    case ZERO:
    case UNMAPPED:
        out->kind = AK_PIECE_ZERO;
        break;
    case FULLY:
        out->kind = AK_PIECE_PLAIN;
        break;
    case PARTIALLY:
        n = v->differencing ? same_bits(v, block, inside / v->sector_bytes, &ours) : 0;
        out->kind = n == 0 ? AK_PIECE_MISSING : ours ? AK_PIECE_PLAIN : AK_PIECE_PARENT;
        if (n)
            out->n = (uint64_t)n * v->sector_bytes - inside % v->sector_bytes;
        break;
    default:
        break; /* 4 and 5 are not defined: missing */
    }
}

static void close_vhdx(struct ak_mapped *m) { ak_source_close(((struct vhdx *)m)->log); }

static const struct ak_mapped_ops VHDX_OPS = {
    .source = AK_MAPPED_SOURCE("vhdx"),
    .locate = locate,
    .close = close_vhdx,
};

/* ---- opening ---- */

/* The valid header with the greater sequence number; false when none is valid. */
static bool read_header(struct ak_source *src, uint8_t *best, struct ak_disk *out)
{
    uint8_t b[HEADER_BYTES];
    int n_good = 0;
    for (uint64_t i = 0; i < 2; i++) {
        if (ak_source_read_some(src, HEADER_AT + i * COPY_DISTANCE, b, sizeof(b)) < sizeof(b) ||
            memcmp(b, "head", 4) != 0 || !ak_vhdx_sum_ok(b, sizeof(b)))
            continue;
        if (n_good == 0 || ak_load_u64le(b + 8) > ak_load_u64le(best + 8))
            memcpy(best, b, sizeof(b));
        n_good++;
    }
    if (n_good == 0)
        ak_disk_note(out, "the header of the disk image is damaged");
    return n_good > 0;
}

/* The region tables: `bat` and `metadata` by their GUIDs. */
static bool read_regions(struct ak_arena *arena, struct vhdx *v, uint64_t at)
{
    static const uint8_t BAT[] = { 0x66, 0x77, 0xC2, 0x2D, 0x23, 0xF6, 0x00, 0x42,
                                   0x9D, 0x64, 0x11, 0x5E, 0x9B, 0xFD, 0x4A, 0x08 };
    static const uint8_t METADATA[] = { 0x06, 0xA2, 0x7C, 0x8B, 0x90, 0x47, 0x9A, 0x4B,
                                        0xB8, 0xFE, 0x57, 0x5F, 0x05, 0x0F, 0x88, 0x6E };
    uint8_t *b = AK_NEW_N(arena, uint8_t, REGIONS_BYTES);
    if (!b || ak_source_read_some(v->src, at, b, REGIONS_BYTES) < REGIONS_BYTES ||
        memcmp(b, "regi", 4) != 0 || !ak_vhdx_sum_ok(b, REGIONS_BYTES))
        return false;
    uint32_t n = ak_load_u32le(b + 8);
    for (uint32_t i = 0; i < n && i < REGIONS_MAX; i++) {
        const uint8_t *e = b + 16 + (size_t)i * 32;
        if (memcmp(e, BAT, 16) == 0) {
            v->table_at = ak_load_u64le(e + 16);
            v->table_n = ak_load_u32le(e + 24);
        } else if (memcmp(e, METADATA, 16) == 0) {
            v->metadata_at = ak_load_u64le(e + 16);
            v->metadata_n = ak_load_u32le(e + 24);
        }
    }
    return v->table_at && v->metadata_at;
}

/* Metadata items by the first four bytes of their GUID [MS-VHDX 2.6.2]. */
enum { ITEM_FILE = 0, ITEM_SIZE, ITEM_SECTOR, ITEM_PHYSICAL, ITEM_DISK_ID, ITEM_PARENT, N_ITEMS };

static const uint32_t ITEMS[N_ITEMS] = {
    [ITEM_FILE] = 0xCAA16737,     [ITEM_SIZE] = 0x2FA54224,    [ITEM_SECTOR] = 0x8141BF1D,
    [ITEM_PHYSICAL] = 0xCDA348C7, [ITEM_DISK_ID] = 0xBECA12AB, [ITEM_PARENT] = 0xA8D35F2D,
};

struct item {
    uint64_t at;
    uint32_t n;
};

static bool find_items(struct vhdx *v, struct item *items)
{
    uint8_t b[32];
    if (ak_source_read_some(v->src, v->metadata_at, b, sizeof(b)) < sizeof(b) ||
        memcmp(b, "metadata", 8) != 0)
        return false;
    uint32_t n = ak_load_u16le(b + 10);
    for (uint32_t i = 0; i < n && i < METADATA_MAX; i++) {
        if (ak_source_read_some(v->src, v->metadata_at + 32 + i * 32, b, sizeof(b)) < sizeof(b))
            return false;
        for (size_t k = 0; k < N_ITEMS; k++)
            if (ak_load_u32le(b) == ITEMS[k])
                items[k] =
                    (struct item){ v->metadata_at + ak_load_u32le(b + 16), ak_load_u32le(b + 20) };
    }
    return true;
}

/* The value of `key` in a parent locator; empty when it has none. */
static struct ak_str locator_value(struct ak_arena *arena, struct ak_bytes locator, const char *key)
{
    struct ak_reader r = ak_rd_open(locator, 0);
    ak_rd_skip(&r, 18);
    uint32_t n = ak_rd_u16le(&r);
    while (n-- > 0 && ak_rd_ok(&r)) {
        uint32_t key_at = ak_rd_u32le(&r), value_at = ak_rd_u32le(&r);
        uint32_t key_n = ak_rd_u16le(&r), value_n = ak_rd_u16le(&r);
        struct ak_reader k = ak_rd_window(&r, key_at, key_n);
        struct ak_reader value = ak_rd_window(&r, value_at, value_n);
        struct ak_str text;
        if (!ak_rd_ok(&k) || !ak_rd_ok(&value) || ak_utf16le(arena, k.in, &text) != AK_OK ||
            !ak_str_eq(text, ak_str_of(key)))
            continue;
        if (ak_utf16le(arena, value.in, &text) == AK_OK)
            return text;
    }
    return AK_STR("");
}

/* "{A1B2…}" as ak_disk_fact_guid() writes it. */
static struct ak_str plain_guid(struct ak_arena *arena, struct ak_str braced)
{
    char *to = AK_NEW_N(arena, char, braced.n + 1);
    size_t n = 0;
    for (size_t i = 0; to && i < braced.n; i++) {
        char c = braced.at[i];
        if (c != '{' && c != '}')
            to[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return (struct ak_str){ to ? to : "", n };
}

static void find_parent(struct ak_arena *arena, struct vhdx *v, const struct ak_siblings *siblings,
                        const struct item *item, struct ak_disk *out)
{
    static const char *const PATHS[] = { "relative_path", "absolute_win32_path", "volume_path" };
    uint8_t *b = AK_NEW_N(arena, uint8_t, LOCATOR_BYTES);
    uint32_t n = item->n < LOCATOR_BYTES ? item->n : LOCATOR_BYTES;
    struct ak_bytes locator = { b, b ? ak_source_read_some(v->src, item->at, b, n) : 0 };
    struct ak_str path = AK_STR("");
    for (size_t i = 0; i < 3 && !ak_sibling(siblings, path); i++) {
        struct ak_str next = locator_value(arena, locator, PATHS[i]);
        path = next.n ? next : path;
    }
    const struct ak_disk *parent = NULL;
    struct ak_str id = plain_guid(arena, locator_value(arena, locator, "parent_linkage"));
    struct ak_str id2 = plain_guid(arena, locator_value(arena, locator, "parent_linkage2"));
    ak_disk_fact(arena, out, "parent_id", id);
    ak_mapped_parent(arena, &v->m, siblings, path, out, &parent);
    struct ak_str is = parent ? ak_disk_fact_of(parent, "id") : AK_STR("");
    if (parent && !ak_str_eq(is, id) && !(id2.n && ak_str_eq(is, id2)))
        ak_disk_note(out, "the parent disk is not the one this was made from");
}

static uint64_t item_number(struct vhdx *v, const struct item *item, size_t width)
{
    uint8_t b[8] = { 0 };
    if (item->n < width || ak_source_read_some(v->src, item->at, b, width) < width)
        return 0;
    return ak_load_u64le(b);
}

static bool read_metadata(struct ak_arena *arena, struct vhdx *v, struct item *items,
                          struct ak_disk *out)
{
    if (!find_items(v, items))
        return false;
    uint64_t file = item_number(v, &items[ITEM_FILE], 8);
    uint64_t sector = item_number(v, &items[ITEM_SECTOR], 4);
    v->block_bytes = (uint32_t)file;
    v->flags = (uint32_t)(file >> 32);
    v->sector_bytes = (uint32_t)sector;
    v->differencing = v->flags & 2;
    v->m.base.size = item_number(v, &items[ITEM_SIZE], 8);
    if ((sector != 512 && sector != 4096) || v->block_bytes < MIB ||
        v->block_bytes > BLOCK_LARGEST || (v->block_bytes & (v->block_bytes - 1)))
        return false;
    v->ratio = (UINT64_C(1) << 23) * sector / v->block_bytes;
    ak_disk_fact_number(arena, out, "bytes_per_sector", sector);
    uint8_t id[16];
    if (items[ITEM_DISK_ID].n == 16 &&
        ak_source_read_some(v->src, items[ITEM_DISK_ID].at, id, 16) == 16)
        ak_disk_fact_guid(arena, out, "disk_id", id);
    return true;
}

static void add_facts(struct ak_arena *arena, struct vhdx *v, const uint8_t *header,
                      struct ak_disk *out)
{
    uint8_t creator[512];
    if (ak_source_read_some(v->src, 8, creator, sizeof(creator)) == sizeof(creator))
        ak_disk_fact_utf16(arena, out, "software", (struct ak_bytes){ creator, sizeof(creator) });
    ak_disk_fact_guid(arena, out, "id", header + 32); /* data write GUID: what a child refers to */
}

static enum ak_status open_regions(struct ak_arena *arena, struct vhdx *v, struct ak_disk *out)
{
    if (read_regions(arena, v, REGIONS_AT))
        return AK_OK;
    ak_disk_note(out, "a table of regions of the disk image is damaged");
    return read_regions(arena, v, REGIONS_AT + COPY_DISTANCE) ? AK_OK : AK_ERR_CORRUPT;
}

static enum ak_status open_all(struct ak_arena *arena, struct vhdx *v, struct ak_disk *out,
                               const struct ak_siblings *siblings)
{
    uint8_t header[HEADER_BYTES];
    struct item items[N_ITEMS] = { 0 };
    if (!read_header(v->src, header, out))
        return AK_ERR_CORRUPT;
    add_facts(arena, v, header, out);
    enum ak_status st = ak_vhdx_log(arena, v->src, header, out, &v->log);
    if (st != AK_OK)
        return st;
    if (v->log)
        v->src = v->log;
    st = open_regions(arena, v, out);
    if (st != AK_OK)
        return st;
    if (!read_metadata(arena, v, items, out)) {
        ak_disk_note(out, "the header of the disk image is damaged");
        return AK_ERR_CORRUPT;
    }
    st = ak_mapped_init(arena, &v->m, &VHDX_OPS, 0, 0);
    if (st == AK_OK && v->differencing)
        find_parent(arena, v, siblings, &items[ITEM_PARENT], out);
    return st;
}

static enum ak_status open_vhdx(struct ak_arena *arena, struct ak_source *src,
                                const struct ak_siblings *siblings, struct ak_disk *out)
{
    struct vhdx *v = AK_NEW(arena, struct vhdx);
    if (!v)
        return AK_ERR_LIMIT;
    v->src = v->m.base.below = src;
    enum ak_status st = open_all(arena, v, out, siblings);
    if (st != AK_OK) {
        ak_source_close(v->log);
        return st;
    }
    out->media = &v->m.base;
    return AK_OK;
}

const struct ak_container ak_container_vhdx = {
    .name = "vhdx",
    .title_en = "Hyper-V virtual hard disk (VHDX)",
    .title_ja = "Hyper-V仮想ハードディスク(VHDX)",
    .probe = probe,
    .open = open_vhdx,
};
