/* vdi.c - VirtualBox disk images.
 *
 *   offset  size  what (little-endian)
 *       64     4  0xBEDA107F
 *       68     4  version, 0x00010001
 *       76     4  type: 1 dynamic, 2 fixed, 3 undo, 4 differencing
 *      340     4  offset of the block map, 344: of the data
 *      368     8  size of the media, bytes
 *      376     4  bytes of a block, 384: number of blocks
 *      392    16  identifier, 424: the parent's
 *
 * The block map has one 32-bit number per block; -1 is not allocated, -2 zero.
 * Facts and their sources: docs/formats/container.vdi.md
 */
#include "evidence/mapped.h"

enum { HEADER_BYTES = 512, DIFFERENCING = 4, BLOCK_LARGEST = 256 << 20 };

#define NOT_ALLOCATED UINT32_MAX
#define ZERO_BLOCK (UINT32_MAX - 1)

struct vdi {
    struct ak_mapped m;
    struct ak_source *src;
    uint64_t map_at, data_at;
    uint32_t n_blocks, block_bytes;
    bool differencing;
};

static bool probe(struct ak_source *src)
{
    uint8_t b[4];
    return ak_source_read_some(src, 64, b, 4) == 4 && ak_load_u32le(b) == 0xBEDA107F;
}

static void locate(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    struct vdi *v = (struct vdi *)m;
    uint64_t block = at / v->block_bytes;
    uint8_t b[4];
    out->n = v->block_bytes - at % v->block_bytes;
    if (block >= v->n_blocks || !ak_mapped_entry(m, v->src, v->map_at + block * 4, b, 4))
        return;
    uint32_t entry = ak_load_u32le(b);
    out->from = v->src;
    out->at = v->data_at + (uint64_t)entry * v->block_bytes + at % v->block_bytes;
    if (entry == NOT_ALLOCATED)
        out->kind = v->differencing ? AK_PIECE_PARENT : AK_PIECE_ZERO;
    else
        out->kind = entry == ZERO_BLOCK ? AK_PIECE_ZERO : AK_PIECE_PLAIN;
}

static const struct ak_mapped_ops VDI_OPS = { .source = AK_MAPPED_SOURCE("vdi"), .locate = locate };

static enum ak_status open_vdi(struct ak_arena *arena, struct ak_source *src,
                               const struct ak_siblings *siblings, struct ak_disk *out)
{
    uint8_t b[HEADER_BYTES];
    struct vdi *v = AK_NEW(arena, struct vdi);
    if (!v)
        return AK_ERR_LIMIT;
    (void)siblings;
    if (ak_source_read_some(src, 0, b, sizeof(b)) < sizeof(b) || ak_load_u16le(b + 70) != 1) {
        ak_disk_note(out, "the header of the disk image is damaged");
        return AK_ERR_CORRUPT;
    }
    v->src = v->m.base.below = src;
    v->map_at = ak_load_u32le(b + 340);
    v->data_at = ak_load_u32le(b + 344);
    v->m.base.size = ak_load_u64le(b + 368);
    v->block_bytes = ak_load_u32le(b + 376);
    v->n_blocks = ak_load_u32le(b + 384);
    v->differencing = ak_load_u32le(b + 76) == DIFFERENCING;
    if (v->block_bytes == 0 || v->block_bytes > BLOCK_LARGEST) {
        ak_disk_note(out, "the header of the disk image is damaged");
        return AK_ERR_CORRUPT;
    }
    if ((v->m.base.size + v->block_bytes - 1) / v->block_bytes > v->n_blocks)
        ak_disk_note(out, "the table of blocks is too short for the disk");
    ak_disk_fact_guid(arena, out, "id", b + 392);
    if (v->differencing) { /* the parent is named only in the machine's settings */
        ak_disk_fact_guid(arena, out, "parent_id", b + 424);
        ak_disk_note(out, "the parent disk is not there; what only it holds is missing");
        v->m.parent_missing = true;
    }
    enum ak_status st = ak_mapped_init(arena, &v->m, &VDI_OPS, 0, 0);
    if (st == AK_OK)
        out->media = &v->m.base;
    return st;
}

const struct ak_container ak_container_vdi = {
    .name = "vdi",
    .title_en = "VirtualBox disk image (VDI)",
    .title_ja = "VirtualBoxディスクイメージ(VDI)",
    .probe = probe,
    .open = open_vdi,
};
