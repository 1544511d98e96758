/* vhd.c - Virtual Hard Disk (Connectix, Microsoft Virtual PC, Hyper-V until 2008 R2).
 *
 * All numbers are big-endian.  A footer of 512 bytes is at the end; dynamic and
 * differencing disks have a copy at the start:
 *
 *   offset  size  what
 *        0     8  "conectix"
 *       16     8  offset of the dynamic header
 *       24     4  seconds since 2000-01-01 UTC
 *       28     4  program that made it
 *       48     8  size of the media, bytes
 *       60     4  2 fixed, 3 dynamic, 4 differencing
 *       64     4  ones' complement of the sum of all other bytes
 *       68    16  identifier
 *
 * The dynamic header ("cxsparse") leads to a table of 32-bit sector numbers, one
 * per block.  A block is a bitmap of its sectors, then the sectors.
 *
 * Facts and their sources: docs/formats/container.vhd.md
 */
#include "base/stamp.h"
#include "base/utf.h"
#include "evidence/mapped.h"

enum {
    FOOTER_BYTES = 512,
    DYNAMIC_BYTES = 1024,
    FIXED = 2,
    DYNAMIC = 3,
    DIFFERENCING = 4,
    SECTOR = 512,
    NAME_BYTES = 512,
    LOCATORS = 8,
    LOCATOR_MAX = 4096, /* bytes of a parent's path */
    UNIX_2000 = 946684800,
};

#define UNUSED UINT32_MAX

struct vhd {
    struct ak_mapped m;
    struct ak_source *src;
    uint64_t table_at;
    uint32_t n_blocks, block_bytes, bitmap_bytes;
    bool differencing;
};

static bool sum_ok(const uint8_t *b, size_t n, size_t sum_at)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        if (i < sum_at || i >= sum_at + 4)
            sum += b[i];
    return ~sum == ak_load_u32be(b + sum_at);
}

static bool read_footer(struct ak_source *src, uint64_t at, uint8_t *b)
{
    memset(b, 0, FOOTER_BYTES);
    return ak_source_read_some(src, at, b, FOOTER_BYTES) >= FOOTER_BYTES - 1 &&
           memcmp(b, "conectix", 8) == 0;
}

/* The footer at the end, else (of a file cut short) its copy at the start.
 * Before Virtual PC 2004 it was 511 bytes long. */
static bool find_footer(struct ak_source *src, uint8_t *b)
{
    uint64_t n = src->size;
    return (n >= FOOTER_BYTES && read_footer(src, n - FOOTER_BYTES, b)) || read_footer(src, 0, b) ||
           (n >= FOOTER_BYTES && read_footer(src, n - FOOTER_BYTES + 1, b));
}

static bool probe(struct ak_source *src)
{
    uint8_t b[FOOTER_BYTES];
    return find_footer(src, b);
}

/* Sectors from sector `first` of a block on that have the same bit. */
static uint32_t same_bits(struct vhd *v, uint64_t bitmap_at, uint32_t first, bool *out_bit)
{
    uint32_t n = 0, sectors = v->block_bytes / SECTOR;
    for (uint32_t i = first; i < sectors; i++, n++) {
        uint8_t byte;
        if (!ak_mapped_entry(&v->m, v->src, bitmap_at + i / 8, &byte, 1))
            break;
        bool bit = byte >> (7 - i % 8) & 1;
        if (i == first)
            *out_bit = bit;
        else if (bit != *out_bit)
            break;
    }
    return n;
}

static void locate(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    struct vhd *v = (struct vhd *)m;
    uint64_t block = at / v->block_bytes;
    uint32_t inside = (uint32_t)(at % v->block_bytes);
    uint8_t b[4];
    out->n = v->block_bytes - inside;
    if (block >= v->n_blocks || !ak_mapped_entry(m, v->src, v->table_at + block * 4, b, 4))
        return;
    uint64_t bitmap_at = (uint64_t)ak_load_u32be(b) * SECTOR;
    out->from = v->src;
    out->at = bitmap_at + v->bitmap_bytes + inside;
    out->kind = AK_PIECE_PLAIN;
    if (ak_load_u32be(b) == UNUSED) {
        out->kind = v->differencing ? AK_PIECE_PARENT : AK_PIECE_ZERO;
    } else if (v->differencing) {
        bool ours = false;
        uint32_t n = same_bits(v, bitmap_at, inside / SECTOR, &ours);
        out->kind = n == 0 ? AK_PIECE_MISSING : ours ? AK_PIECE_PLAIN : AK_PIECE_PARENT;
        if (n)
            out->n = (uint64_t)n * SECTOR - inside % SECTOR;
    }
}

static void locate_fixed(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    *out = (struct ak_piece){
        .kind = AK_PIECE_PLAIN, .from = ((struct vhd *)m)->src, .at = at, .n = m->base.size - at
    };
}

static const struct ak_mapped_ops VHD_OPS = { .source = AK_MAPPED_SOURCE("vhd"), .locate = locate };
static const struct ak_mapped_ops FIXED_OPS = { .source = AK_MAPPED_SOURCE("vhd"),
                                                .locate = locate_fixed };

/* The parent's path from a locator (W2ru: relative, W2ku: absolute; UTF-16LE). */
static struct ak_str locator_path(struct ak_arena *arena, struct ak_source *src,
                                  const uint8_t *dynamic, const char *code)
{
    struct ak_str path = { "", 0 };
    uint8_t text[LOCATOR_MAX];
    for (size_t i = 0; i < LOCATORS; i++) {
        const uint8_t *l = dynamic + 576 + i * 24;
        uint32_t n = ak_load_u32be(l + 8);
        if (memcmp(l, code, 4) != 0 || n == 0 || n > sizeof(text) ||
            ak_source_read_some(src, ak_load_u64be(l + 16), text, n) < n)
            continue;
        if (ak_utf16le(arena, ak_utf16_until_nul((struct ak_bytes){ text, n }), &path) == AK_OK)
            break;
    }
    return path;
}

/* The parent's path from the header's name (UTF-16BE). */
static struct ak_str header_path(struct ak_arena *arena, const uint8_t *dynamic)
{
    struct ak_str path = { "", 0 };
    uint8_t text[NAME_BYTES];
    for (size_t i = 0; i < sizeof(text); i += 2) {
        text[i] = dynamic[64 + i + 1];
        text[i + 1] = dynamic[64 + i];
    }
    struct ak_bytes all = { text, sizeof(text) };
    return ak_utf16le(arena, ak_utf16_until_nul(all), &path) == AK_OK ? path : AK_STR("");
}

static void find_parent(struct ak_arena *arena, struct vhd *v, const struct ak_siblings *siblings,
                        const uint8_t *dynamic, struct ak_disk *out)
{
    struct ak_str paths[] = { locator_path(arena, v->src, dynamic, "W2ru"),
                              locator_path(arena, v->src, dynamic, "W2ku"),
                              header_path(arena, dynamic) };
    size_t i = 0;
    while (i < 2 && !ak_sibling(siblings, paths[i]))
        i++;
    const struct ak_disk *parent = NULL;
    ak_disk_fact_guid(arena, out, "parent_id", dynamic + 40);
    ak_mapped_parent(arena, &v->m, siblings, paths[i], out, &parent);
    if (parent && !ak_str_eq(ak_disk_fact_of(parent, "id"), ak_disk_fact_of(out, "parent_id")))
        ak_disk_note(out, "the parent disk is not the one this was made from");
}

static enum ak_status open_dynamic(struct ak_arena *arena, struct vhd *v, const uint8_t *footer,
                                   const struct ak_siblings *siblings, struct ak_disk *out)
{
    uint8_t b[DYNAMIC_BYTES];
    if (ak_source_read_some(v->src, ak_load_u64be(footer + 16), b, sizeof(b)) < sizeof(b) ||
        memcmp(b, "cxsparse", 8) != 0) {
        ak_disk_note(out, "the header of the disk image is damaged");
        return AK_ERR_CORRUPT;
    }
    if (!sum_ok(b, sizeof(b), 36))
        ak_disk_note(out, "a checksum of the disk image is wrong");
    v->table_at = ak_load_u64be(b + 16);
    v->n_blocks = ak_load_u32be(b + 28);
    v->block_bytes = ak_load_u32be(b + 32);
    if (v->block_bytes < SECTOR || v->block_bytes % SECTOR) {
        ak_disk_note(out, "the header of the disk image is damaged");
        return AK_ERR_CORRUPT;
    }
    uint32_t bytes = (v->block_bytes / SECTOR + 7) / 8;
    v->bitmap_bytes = (bytes + SECTOR - 1) / SECTOR * SECTOR;
    if ((v->m.base.size + v->block_bytes - 1) / v->block_bytes > v->n_blocks)
        ak_disk_note(out, "the table of blocks is too short for the disk");
    enum ak_status st = ak_mapped_init(arena, &v->m, &VHD_OPS, 0, 0);
    if (st == AK_OK && v->differencing)
        find_parent(arena, v, siblings, b, out);
    return st;
}

static void add_facts(struct ak_arena *arena, const uint8_t *footer, struct ak_disk *out)
{
    char when[AK_STAMP_TEXT];
    struct ak_stamp made =
        ak_stamp_unix((int64_t)ak_load_u32be(footer + 24) + UNIX_2000, 0, AK_PREC_S);
    size_t n = ak_stamp_iso(made, when);
    ak_disk_fact(arena, out, "created", (struct ak_str){ when, n });
    ak_disk_fact(
        arena, out, "software",
        (struct ak_str){ (const char *)footer + 28, strnlen((const char *)footer + 28, 4) });
    ak_disk_fact_guid(arena, out, "id", footer + 68);
    if (!sum_ok(footer, FOOTER_BYTES, 64))
        ak_disk_note(out, "a checksum of the disk image is wrong");
    if (footer[84])
        ak_disk_note(out, "the disk belongs to a saved state: the machine was suspended");
}

static enum ak_status open_vhd(struct ak_arena *arena, struct ak_source *src,
                               const struct ak_siblings *siblings, struct ak_disk *out)
{
    uint8_t footer[FOOTER_BYTES];
    struct vhd *v = AK_NEW(arena, struct vhd);
    if (!v)
        return AK_ERR_LIMIT;
    if (!find_footer(src, footer))
        return AK_ERR_CORRUPT;
    add_facts(arena, footer, out);
    uint32_t type = ak_load_u32be(footer + 60);
    v->src = v->m.base.below = src;
    v->m.base.size = ak_load_u64be(footer + 48);
    v->differencing = type == DIFFERENCING;
    enum ak_status st = AK_ERR_UNSUPPORTED;
    if (type == FIXED)
        st = ak_mapped_init(arena, &v->m, &FIXED_OPS, 0, 0);
    else if (type == DYNAMIC || type == DIFFERENCING)
        st = open_dynamic(arena, v, footer, siblings, out);
    else
        ak_disk_note(out, "a kind of disk image that is not read");
    if (st == AK_OK)
        out->media = &v->m.base;
    return st;
}

const struct ak_container ak_container_vhd = {
    .name = "vhd",
    .title_en = "Virtual Hard Disk (VHD)",
    .title_ja = "仮想ハードディスク(VHD)",
    .probe = probe,
    .open = open_vhd,
};
