/* qcow2.c - QEMU copy-on-write images, versions 2 and 3.
 *
 * All numbers are big-endian.  Two levels of tables lead from a cluster of the
 * media to one of the file:
 *
 *   offset  size  what
 *        0     4  "QFI\xfb"
 *        4     4  version
 *        8     8  offset, 16: size of the backing file's name
 *       20     4  cluster_bits
 *       24     8  size of the media, bytes
 *       32     4  encryption: 0 none, 1 AES, 2 LUKS
 *       36     4  entries of the level 1 table, 40: its offset
 *       60     4  number of snapshots, 64: offset of their table
 *       72     8  version 3: incompatible features
 *      100     4  version 3: bytes of the header; 104: compression type
 *
 * Facts and their sources: docs/formats/container.qcow2.md
 */
#include "evidence/mapped.h"

#include <libdeflate.h>
#include <zstd.h>

enum {
    HEADER_V2 = 72,
    HEADER_V3 = 104,
    CLUSTER_BITS_MIN = 9,
    CLUSTER_BITS_MAX = 21,
    NAME_MAX_BYTES = 1023,
    EXTENSIONS_MAX = 64,
    SNAPSHOTS_SHOWN = 8,
    SNAPSHOT_NAME_MAX = 256,
    PACKED_SLACK = 1024,
};

/* Incompatible features [qcow2 specification]; all others: unknown. */
enum { DIRTY = 1, CORRUPT = 2, EXTERNAL_DATA = 4, COMPRESSION = 8, EXTENDED_L2 = 16, KNOWN = 31 };
enum { HOW_DEFLATE, HOW_ZSTD };
enum { EXT_END = 0, EXT_DATA_FILE = 0x44415441 };

static const uint64_t OFFSET_BITS = UINT64_C(0x00FFFFFFFFFFFE00), PACKED_BIT = UINT64_C(1) << 62;

struct qcow2 {
    struct ak_mapped m;
    struct ak_source *src, *data; /* data: where plain clusters are */
    ZSTD_DCtx *zstd;              /* owned */
    uint64_t l1_at, features;
    uint32_t l1_n, bits, how, version;
    bool has_backing;
};

static bool probe(struct ak_source *src)
{
    uint8_t b[8];
    return ak_source_read_some(src, 0, b, 8) == 8 && memcmp(b, "QFI\xfb", 4) == 0;
}

/* A subcluster (1/32 of a cluster) of an extended table: bits 0-31 allocated,
 * 32-63 zero. */
static void locate_sub(const struct qcow2 *q, uint64_t bitmap, uint32_t inside,
                       struct ak_piece *out)
{
    uint32_t sub_bytes = (UINT32_C(1) << q->bits) / 32, sub = inside / sub_bytes;
    out->n = sub_bytes - inside % sub_bytes;
    if (bitmap >> (32 + sub) & 1)
        out->kind = AK_PIECE_ZERO;
    else if (!(bitmap >> sub & 1))
        out->kind = q->has_backing ? AK_PIECE_PARENT : AK_PIECE_ZERO;
}

static void locate_packed(struct qcow2 *q, uint64_t entry, uint64_t cluster, uint32_t inside,
                          struct ak_piece *out)
{
    uint32_t shift = 62 - (q->bits - 8), span = UINT32_C(1) << q->bits;
    uint64_t at = entry & ((UINT64_C(1) << shift) - 1);
    uint64_t sectors = (entry & (PACKED_BIT - 1)) >> shift;
    *out = (struct ak_piece){ .kind = AK_PIECE_PACKED,
                              .from = q->src,
                              .at = at,
                              .n = span - inside,
                              .block = cluster,
                              .packed_n = (uint32_t)((sectors + 1) * 512 - at % 512),
                              .skip = inside,
                              .span = span,
                              .how = q->how };
}

static void locate(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    struct qcow2 *q = (struct qcow2 *)m;
    uint32_t inside = (uint32_t)(at & ((UINT64_C(1) << q->bits) - 1));
    bool extended = q->features & EXTENDED_L2;
    uint32_t width = extended ? 16 : 8, per_table_bits = q->bits - (extended ? 4 : 3);
    uint64_t cluster = at >> q->bits, l1 = cluster >> per_table_bits;
    uint64_t l2 = cluster & ((UINT64_C(1) << per_table_bits) - 1);
    uint8_t b[16];
    out->n = (UINT64_C(1) << q->bits) - inside;
    if (l1 >= q->l1_n || !ak_mapped_entry(m, q->src, q->l1_at + l1 * 8, b, 8))
        return;
    uint64_t table = ak_load_u64be(b) & OFFSET_BITS;
    enum ak_piece_kind absent = q->has_backing ? AK_PIECE_PARENT : AK_PIECE_ZERO;
    if (table == 0) {
        out->kind = absent;
        return;
    }
    if (!ak_mapped_entry(m, q->src, table + l2 * width, b, width))
        return;
    uint64_t entry = ak_load_u64be(b);
    if (entry & PACKED_BIT) {
        locate_packed(q, entry, cluster, inside, out);
        return;
    }
    out->from = q->data;
    out->at = (entry & OFFSET_BITS) + inside;
    bool there = (entry & OFFSET_BITS) != 0 || (q->features & EXTERNAL_DATA && entry >> 63);
    out->kind = !there ? absent : q->data ? AK_PIECE_PLAIN : AK_PIECE_MISSING;
    if (extended)
        locate_sub(q, ak_load_u64be(b + 8), inside, out);
    else if (q->version >= 3 && entry & 1)
        out->kind = AK_PIECE_ZERO;
}

static bool unpack_zstd(struct qcow2 *q, const struct ak_piece *p, struct ak_bytes packed,
                        uint8_t *to)
{
    if (!q->zstd)
        q->zstd = ZSTD_createDCtx();
    size_t n = ZSTD_findFrameCompressedSize(packed.at, packed.n);
    if (!q->zstd || ZSTD_isError(n))
        return false;
    return ZSTD_decompressDCtx(q->zstd, to, p->span, packed.at, n) == p->span;
}

static bool unpack(struct ak_mapped *m, const struct ak_piece *p, struct ak_bytes packed,
                   uint8_t *to)
{
    if (p->how == HOW_ZSTD)
        return unpack_zstd((struct qcow2 *)m, p, packed, to);
    return libdeflate_deflate_decompress(m->inflate, packed.at, packed.n, to, p->span, NULL) ==
           LIBDEFLATE_SUCCESS;
}

static void close_qcow2(struct ak_mapped *m) { ZSTD_freeDCtx(((struct qcow2 *)m)->zstd); }

static const struct ak_mapped_ops QCOW2_OPS = {
    .source = AK_MAPPED_SOURCE("qcow2"),
    .locate = locate,
    .unpack = unpack,
    .close = close_qcow2,
};

/* ---- opening ---- */

/* Extensions behind the header: the name of an external data file. */
static struct ak_str data_file_name(struct ak_arena *arena, struct qcow2 *q, uint32_t header_n)
{
    uint64_t at = header_n;
    for (int i = 0; i < EXTENSIONS_MAX; i++) {
        uint8_t b[8];
        if (ak_source_read_some(q->src, at, b, 8) < 8 || ak_load_u32be(b) == EXT_END)
            break;
        uint32_t n = ak_load_u32be(b + 4);
        if (ak_load_u32be(b) == EXT_DATA_FILE && n <= NAME_MAX_BYTES) {
            char *name = AK_NEW_N(arena, char, n + 1);
            n = name ? (uint32_t)ak_source_read_some(q->src, at + 8, name, n) : 0;
            return (struct ak_str){ name, n };
        }
        at += 8 + ((uint64_t)n + 7) / 8 * 8;
    }
    return AK_STR("");
}

static void find_data_file(struct ak_arena *arena, struct qcow2 *q, uint32_t header_n,
                           const struct ak_siblings *siblings, struct ak_disk *out)
{
    struct ak_str name = data_file_name(arena, q, header_n);
    ak_disk_fact(arena, out, "data_file", name);
    q->data = ak_sibling(siblings, name);
    if (!q->data)
        ak_disk_note(out, "a file that holds part of the disk is missing");
}

static void find_backing(struct ak_arena *arena, struct qcow2 *q, const uint8_t *header,
                         const struct ak_siblings *siblings, struct ak_disk *out)
{
    uint64_t at = ak_load_u64be(header + 8);
    uint32_t n = ak_load_u32be(header + 16);
    q->has_backing = at != 0 && n != 0;
    if (!q->has_backing)
        return;
    n = n < NAME_MAX_BYTES ? n : NAME_MAX_BYTES;
    char *name = AK_NEW_N(arena, char, n);
    n = name ? (uint32_t)ak_source_read_some(q->src, at, name, n) : 0;
    ak_mapped_parent(arena, &q->m, siblings, (struct ak_str){ name ? name : "", n }, out, NULL);
}

/* Snapshots share clusters with the disk but are not read: name them. */
static void add_snapshots(struct ak_arena *arena, struct qcow2 *q, const uint8_t *header,
                          struct ak_disk *out)
{
    uint32_t n = ak_load_u32be(header + 60);
    uint64_t at = ak_load_u64be(header + 64);
    if (n == 0)
        return;
    ak_disk_note(out, "the disk image holds snapshots; the current state is read, they are not");
    ak_disk_fact_number(arena, out, "snapshots", n);
    for (uint32_t i = 0; i < n && i < SNAPSHOTS_SHOWN; i++) {
        uint8_t b[40];
        char name[SNAPSHOT_NAME_MAX];
        if (ak_source_read_some(q->src, at, b, sizeof(b)) < sizeof(b))
            break;
        uint64_t id_n = ak_load_u16be(b + 12), name_n = ak_load_u16be(b + 14);
        uint64_t name_at = at + sizeof(b) + ak_load_u32be(b + 36) + id_n;
        size_t shown = name_n < sizeof(name) ? (size_t)name_n : sizeof(name);
        shown = ak_source_read_some(q->src, name_at, name, shown);
        ak_disk_fact(arena, out, "snapshot", (struct ak_str){ name, shown });
        at = (name_at + name_n + 7) / 8 * 8;
    }
}

static enum ak_status check_features(struct qcow2 *q, const uint8_t *header, struct ak_disk *out)
{
    uint32_t crypt = ak_load_u32be(header + 32);
    if (crypt != 0) {
        ak_disk_note(out, "the disk image is encrypted");
        return AK_ERR_ENCRYPTED;
    }
    if (q->features & ~(uint64_t)KNOWN || (q->features & COMPRESSION && header[104] > 1)) {
        ak_disk_note(out, "the disk image uses a feature that is not read");
        return AK_ERR_UNSUPPORTED;
    }
    if (q->features & CORRUPT)
        ak_disk_note(out, "the disk image says of itself that it is damaged");
    if (q->features & DIRTY)
        ak_disk_note(out, "the disk image was not closed properly");
    q->how = q->features & COMPRESSION && header[104] == 1 ? HOW_ZSTD : HOW_DEFLATE;
    return AK_OK;
}

static enum ak_status read_header(struct qcow2 *q, uint8_t *b, size_t size, struct ak_disk *out)
{
    size_t n = ak_source_read_some(q->src, 0, b, q->src->size < size ? (size_t)q->src->size : size);
    q->version = ak_load_u32be(b + 4);
    if (q->version == 1) {
        ak_disk_note(out, "a kind of disk image that is not read");
        return AK_ERR_UNSUPPORTED;
    }
    q->bits = ak_load_u32be(b + 20);
    if (n < HEADER_V2 || q->version < 2 || q->version > 3 || q->bits < CLUSTER_BITS_MIN ||
        q->bits > CLUSTER_BITS_MAX || (q->version == 3 && n < HEADER_V3)) {
        ak_disk_note(out, "the header of the disk image is damaged");
        return AK_ERR_CORRUPT;
    }
    q->m.base.size = ak_load_u64be(b + 24);
    q->l1_n = ak_load_u32be(b + 36);
    q->l1_at = ak_load_u64be(b + 40);
    q->features = q->version == 3 ? ak_load_u64be(b + 72) : 0;
    return check_features(q, b, out);
}

static enum ak_status open_qcow2(struct ak_arena *arena, struct ak_source *src,
                                 const struct ak_siblings *siblings, struct ak_disk *out)
{
    uint8_t b[HEADER_V3 + 8] = { 0 };
    struct qcow2 *q = AK_NEW(arena, struct qcow2);
    if (!q)
        return AK_ERR_LIMIT;
    q->src = q->data = q->m.base.below = src;
    enum ak_status st = read_header(q, b, sizeof(b), out);
    uint32_t cluster = st == AK_OK ? UINT32_C(1) << q->bits : 0;
    if (st == AK_OK)
        st = ak_mapped_init(arena, &q->m, &QCOW2_OPS, cluster,
                            cluster + cluster / 64 + PACKED_SLACK);
    if (st != AK_OK) {
        libdeflate_free_decompressor(q->m.inflate);
        return st;
    }
    ak_disk_fact_number(arena, out, "version", q->version);
    add_snapshots(arena, q, b, out);
    if (q->features & EXTERNAL_DATA)
        find_data_file(arena, q, ak_load_u32be(b + 100), siblings, out);
    find_backing(arena, q, b, siblings, out);
    out->media = &q->m.base;
    return AK_OK;
}

const struct ak_container ak_container_qcow2 = {
    .name = "qcow2",
    .title_en = "QEMU disk image (QCOW2)",
    .title_ja = "QEMUディスクイメージ(QCOW2)",
    .probe = probe,
    .open = open_qcow2,
};
