/* vmdk.c - VMware virtual disks.
 *
 * A descriptor (text, in a file of its own or inside the sparse file) lists the
 * extents of the disk; each is flat (raw bytes), zero, or sparse:
 *
 *   offset  size  what (sparse, "KDMV", little-endian; sizes in sectors)
 *        4     4  version
 *        8     4  flags: 1 << 16 grains compressed, 1 << 17 with markers
 *       12     8  capacity
 *       20     8  sectors of a grain
 *       28     8  where the descriptor is, 36: its size
 *       44     4  entries of a grain table
 *       56     8  grain directory; -1: see the footer, the last but one sector
 *       77     2  compression: 0 none, 1 deflate
 *
 * A grain directory leads to grain tables, these to grains.  0 is "not here":
 * the parent has it, or it is zero.
 *
 * Facts and their sources: docs/formats/container.vmdk.md
 */
#include "evidence/mapped.h"

#include <libdeflate.h>

enum {
    SECTOR = 512,
    HEADER_BYTES = 512,
    COWD_ENTRIES = 4096,
    DESCRIPTOR_MAX = 1 << 20,
    EXTENTS_MAX = 4096,
    GRAIN_MAX = 32768, /* sectors: 16 MiB */
    TABLE_MAX = 1 << 20,
    FOOTER_FROM_END = 1024,
    FLAG_ZERO_GRAIN = 1 << 2,
    FLAG_PACKED = 1 << 16,
    FLAG_MARKERS = 1 << 17,
    MARKER_BYTES = 12,
    PACKED_SLACK = 4096,
    LINE_PARTS = 3,
};

enum extent_kind { EXTENT_MISSING, EXTENT_FLAT, EXTENT_ZERO, EXTENT_SPARSE };

struct extent {
    enum extent_kind kind;
    struct ak_source *src;
    uint64_t start, size; /* of the media, bytes */
    uint64_t at;          /* flat: where it begins in src */
    uint64_t directory_at, n_directory;
    uint32_t table_entries, grain_bytes, flags;
    bool packed;
};

struct vmdk {
    struct ak_mapped m;
    struct extent *extents;
    uint32_t n, grain_max;
    bool has_parent;
    uint64_t descriptor_at, descriptor_n; /* inside a sparse file */
};

/* ---- reading ---- */

static const struct extent *extent_at(const struct vmdk *v, uint64_t at)
{
    uint32_t low = 0, high = v->n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (v->extents[middle].start <= at)
            low = middle;
        else
            high = middle;
    }
    return &v->extents[low];
}

/* A packed grain: its sector number (8), size (4), then zlib; without markers
 * only zlib. */
static void locate_packed(struct vmdk *v, const struct extent *x, uint64_t grain_at,
                          struct ak_piece *out)
{
    uint8_t b[MARKER_BYTES];
    uint64_t most = v->m.packed_max;
    out->at = grain_at;
    if (x->flags & FLAG_MARKERS) {
        if (!ak_mapped_entry(&v->m, x->src, grain_at, b, sizeof(b)))
            return;
        most = ak_load_u32le(b + 8);
        out->at += sizeof(b);
    }
    out->kind = AK_PIECE_PACKED;
    out->packed_n = (uint32_t)(most < v->m.packed_max ? most : v->m.packed_max);
}

static void locate_sparse(struct vmdk *v, const struct extent *x, uint64_t at, struct ak_piece *out)
{
    uint64_t grain = at / x->grain_bytes, left = x->size - grain * x->grain_bytes;
    uint32_t inside = (uint32_t)(at % x->grain_bytes);
    uint32_t span = left < x->grain_bytes ? (uint32_t)left : x->grain_bytes;
    uint8_t b[4];
    *out = (struct ak_piece){ .kind = AK_PIECE_MISSING,
                              .from = x->src,
                              .n = span - inside,
                              .block = x->start / SECTOR + grain,
                              .skip = inside,
                              .span = x->grain_bytes,
                              .how = span };
    uint64_t index = grain / x->table_entries;
    if (index >= x->n_directory ||
        !ak_mapped_entry(&v->m, x->src, x->directory_at + index * 4, b, 4))
        return;
    uint64_t table_at = (uint64_t)ak_load_u32le(b) * SECTOR, entry = 0;
    if (table_at) {
        if (!ak_mapped_entry(&v->m, x->src, table_at + grain % x->table_entries * 4, b, 4))
            return;
        entry = ak_load_u32le(b);
    }
    if (entry == 0) {
        out->kind = v->has_parent ? AK_PIECE_PARENT : AK_PIECE_ZERO;
    } else if (entry == 1 && x->flags & FLAG_ZERO_GRAIN) {
        out->kind = AK_PIECE_ZERO;
    } else if (x->packed) {
        locate_packed(v, x, entry * SECTOR, out);
    } else {
        out->kind = AK_PIECE_PLAIN;
        out->at = entry * SECTOR + inside;
    }
}

static void locate(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    struct vmdk *v = (struct vmdk *)m;
    const struct extent *x = extent_at(v, at);
    uint64_t inside = at - x->start;
    out->n = x->size - inside;
    out->from = x->src;
    out->at = x->at + inside;
    switch (x->kind) {
    case EXTENT_FLAT:
        out->kind = AK_PIECE_PLAIN;
        break;
    case EXTENT_ZERO:
        out->kind = AK_PIECE_ZERO;
        break;
    case EXTENT_SPARSE:
        locate_sparse(v, x, inside, out);
        break;
    case EXTENT_MISSING:
        break;
    }
}

/* The last grain of a disk may be stored whole or only as far as the disk goes:
 * p->span is a whole one, p->how what the disk needs of it. */
static bool unpack(struct ak_mapped *m, const struct ak_piece *p, struct ak_bytes packed,
                   uint8_t *to)
{
    size_t n = 0;
    return libdeflate_zlib_decompress(m->inflate, packed.at, packed.n, to, p->span, &n) ==
               LIBDEFLATE_SUCCESS &&
           n >= p->how;
}

static const struct ak_mapped_ops VMDK_OPS = {
    .source = AK_MAPPED_SOURCE("vmdk"),
    .locate = locate,
    .unpack = unpack,
};

/* ---- sparse files ---- */

static bool has_magic(struct ak_source *src, uint64_t at, const char *magic)
{
    uint8_t b[4];
    return ak_source_read_some(src, at, b, 4) == 4 && memcmp(b, magic, 4) == 0;
}

/* "KDMV": fills *x and, for the file being opened, where its descriptor is. */
static bool read_sparse(struct ak_source *src, struct extent *x, struct vmdk *v)
{
    uint8_t b[HEADER_BYTES];
    if (ak_source_read_some(src, 0, b, sizeof(b)) < sizeof(b))
        return false;
    v->descriptor_at = ak_load_u64le(b + 28) * SECTOR;
    v->descriptor_n = ak_load_u64le(b + 36) * SECTOR;
    if (ak_load_u64le(b + 56) == UINT64_MAX) {
        uint64_t at = src->size < FOOTER_FROM_END ? 0 : src->size - FOOTER_FROM_END;
        if (!has_magic(src, at, "KDMV") || ak_source_read_some(src, at, b, sizeof(b)) < sizeof(b))
            return false;
    }
    uint64_t capacity = ak_load_u64le(b + 12), grain = ak_load_u64le(b + 20);
    x->table_entries = ak_load_u32le(b + 44);
    if (grain == 0 || grain > GRAIN_MAX || x->table_entries == 0 || x->table_entries > TABLE_MAX ||
        capacity > UINT64_MAX / SECTOR || ak_load_u64le(b + 56) > UINT64_MAX / SECTOR)
        return false;
    x->kind = EXTENT_SPARSE;
    x->src = src;
    x->size = capacity * SECTOR;
    x->grain_bytes = (uint32_t)grain * SECTOR;
    x->flags = ak_load_u32le(b + 8);
    x->packed = x->flags & FLAG_PACKED && ak_load_u16le(b + 77) == 1;
    x->directory_at = ak_load_u64le(b + 56) * SECTOR;
    x->n_directory = capacity / grain / x->table_entries + 1;
    return true;
}

/* "COWD": the sparse files of ESX. */
static bool read_cowd(struct ak_source *src, struct extent *x)
{
    uint8_t b[32];
    if (ak_source_read_some(src, 0, b, sizeof(b)) < sizeof(b))
        return false;
    uint32_t grain = ak_load_u32le(b + 16);
    if (grain == 0 || grain > GRAIN_MAX)
        return false;
    x->kind = EXTENT_SPARSE;
    x->src = src;
    x->size = (uint64_t)ak_load_u32le(b + 12) * SECTOR;
    x->grain_bytes = grain * SECTOR;
    x->table_entries = COWD_ENTRIES;
    x->directory_at = (uint64_t)ak_load_u32le(b + 20) * SECTOR;
    x->n_directory = ak_load_u32le(b + 24);
    return true;
}

static bool read_any_sparse(struct ak_source *src, struct extent *x, struct vmdk *v)
{
    return has_magic(src, 0, "KDMV") ? read_sparse(src, x, v)
                                     : has_magic(src, 0, "COWD") && read_cowd(src, x);
}

/* ---- the descriptor ---- */

static struct ak_str trim(struct ak_str s)
{
    while (s.n && (s.at[0] == ' ' || s.at[0] == '\t' || s.at[0] == '"'))
        s = (struct ak_str){ s.at + 1, s.n - 1 };
    while (s.n && (s.at[s.n - 1] == ' ' || s.at[s.n - 1] == '\t' || s.at[s.n - 1] == '"' ||
                   s.at[s.n - 1] == '\r' || s.at[s.n - 1] == 0))
        s.n--;
    return s;
}

static struct ak_str cut(struct ak_str *text, char end)
{
    const char *at = text->n ? memchr(text->at, end, text->n) : NULL;
    size_t n = at ? (size_t)(at - text->at) : text->n, used = at ? n + 1 : n;
    struct ak_str part = { text->at, n };
    *text = (struct ak_str){ text->at + used, text->n - used };
    return part;
}

static uint64_t number(struct ak_str s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && s.at[i] >= '0' && s.at[i] <= '9' && v < UINT64_MAX / 16; i++)
        v = v * 10 + (uint64_t)(s.at[i] - '0');
    return v;
}

/* The value of `key=value`; empty when no line has that key. */
static struct ak_str value_of(struct ak_str text, const char *key)
{
    while (text.n) {
        struct ak_str line = cut(&text, '\n'), name;
        name = trim(cut(&line, '='));
        if (ak_str_eq_fold(name, ak_str_of(key)))
            return trim(line);
    }
    return AK_STR("");
}

/* What a word of the descriptor makes of an extent [VMware Virtual Disk Format 1.1]. */
static const struct {
    const char *word;
    enum extent_kind kind;
} KINDS[] = {
    { "FLAT", EXTENT_FLAT },         { "VMFS", EXTENT_FLAT },       { "VMFSRDM", EXTENT_FLAT },
    { "VMFSRAW", EXTENT_FLAT },      { "ZERO", EXTENT_ZERO },       { "SPARSE", EXTENT_SPARSE },
    { "VMFSSPARSE", EXTENT_SPARSE }, { "SESPARSE", EXTENT_SPARSE },
};

/* RW 4192256 SPARSE "disk-s001.vmdk"; false when the line is no extent. */
static bool read_line(struct ak_str line, struct extent *x, struct ak_str *out_name)
{
    struct ak_str part[LINE_PARTS];
    line = trim(line);
    for (size_t i = 0; i < LINE_PARTS; i++)
        part[i] = trim(cut(&line, ' '));
    if (!ak_str_eq(part[0], AK_STR("RW")) && !ak_str_eq(part[0], AK_STR("RDONLY")) &&
        !ak_str_eq(part[0], AK_STR("NOACCESS")))
        return false;
    (void)cut(&line, '"');
    *out_name = cut(&line, '"');
    uint64_t sectors = number(part[1]), skip = number(trim(line));
    if (sectors > UINT64_MAX / SECTOR || skip > UINT64_MAX / SECTOR)
        return false;
    *x = (struct extent){ .size = sectors * SECTOR, .at = skip * SECTOR };
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (ak_str_eq(part[2], ak_str_of(KINDS[i].word)))
            x->kind = KINDS[i].kind;
    return true;
}

/* The file behind an extent; one that cannot be used leaves a hole of its size. */
static void open_extent(struct vmdk *v, struct extent *x, struct ak_str name,
                        const struct ak_siblings *siblings, struct ak_disk *out)
{
    struct extent inner = { 0 };
    struct vmdk ignored = { 0 };
    if (x->kind == EXTENT_ZERO)
        return;
    x->src = ak_sibling(siblings, name);
    if (!x->src) {
        ak_disk_note(out, "a file that holds part of the disk is missing");
        x->kind = EXTENT_MISSING;
    } else if (x->kind == EXTENT_SPARSE) {
        inner.size = x->size;
        bool good = read_any_sparse(x->src, &inner, &ignored);
        inner.size = x->size;
        inner.kind = good ? EXTENT_SPARSE : EXTENT_MISSING;
        *x = inner;
        if (!good)
            ak_disk_note(out, "a file that holds part of the disk is damaged");
    } else if (x->kind == EXTENT_MISSING) {
        ak_disk_note(out, "a file that holds part of the disk is of a kind that is not read");
    }
    if (x->packed && x->grain_bytes > v->grain_max)
        v->grain_max = x->grain_bytes;
}

static enum ak_status read_extents(struct ak_arena *arena, struct vmdk *v, struct ak_str text,
                                   const struct ak_siblings *siblings, struct ak_disk *out)
{
    v->extents = AK_NEW_N(arena, struct extent, EXTENTS_MAX);
    if (!v->extents)
        return AK_ERR_LIMIT;
    while (text.n && v->n < EXTENTS_MAX) {
        struct ak_str line = cut(&text, '\n'), name;
        struct extent *x = &v->extents[v->n];
        if (!read_line(line, x, &name) || x->size == 0)
            continue;
        open_extent(v, x, name, siblings, out);
        x->start = v->m.base.size;
        if (__builtin_add_overflow(v->m.base.size, x->size, &v->m.base.size))
            return AK_ERR_CORRUPT;
        v->n++;
    }
    return v->n ? AK_OK : AK_ERR_CORRUPT;
}

static bool is_descriptor(struct ak_str text)
{
    return ak_str_starts(text, AK_STR("# Disk DescriptorFile")) ||
           ak_str_starts(text, AK_STR("# Disk Descriptor File"));
}

static struct ak_str read_text(struct ak_arena *arena, struct ak_source *src, uint64_t at,
                               uint64_t n)
{
    if (n > DESCRIPTOR_MAX)
        n = DESCRIPTOR_MAX;
    if (at >= src->size)
        return AK_STR("");
    if (n > src->size - at)
        n = src->size - at;
    char *text = AK_NEW_N(arena, char, (size_t)n + 1);
    size_t got = text ? ak_source_read_some(src, at, text, (size_t)n) : 0;
    return (struct ak_str){ text ? text : "", text ? strnlen(text, got) : 0 };
}

/* ---- opening ---- */

static bool probe(struct ak_source *src)
{
    char b[24];
    size_t n = ak_source_read_some(src, 0, b, sizeof(b));
    return is_descriptor((struct ak_str){ b, n }) || has_magic(src, 0, "KDMV") ||
           has_magic(src, 0, "COWD");
}

static void find_parent(struct ak_arena *arena, struct vmdk *v, struct ak_str text,
                        const struct ak_siblings *siblings, struct ak_disk *out)
{
    struct ak_str cid = value_of(text, "parentCID");
    const struct ak_disk *parent = NULL;
    ak_disk_fact(arena, out, "id", value_of(text, "CID"));
    ak_disk_fact(arena, out, "type", value_of(text, "createType"));
    ak_disk_fact(arena, out, "uuid", value_of(text, "ddb.uuid"));
    if (cid.n == 0 || ak_str_eq_fold(cid, AK_STR("ffffffff")))
        return;
    v->has_parent = true;
    ak_disk_fact(arena, out, "parent_id", cid);
    ak_mapped_parent(arena, &v->m, siblings, value_of(text, "parentFileNameHint"), out, &parent);
    if (parent && !ak_str_eq_fold(ak_disk_fact_of(parent, "id"), cid))
        ak_disk_note(out, "the parent disk is not the one this was made from");
}

/* One sparse file that is the whole disk. */
static enum ak_status open_single(struct ak_arena *arena, struct vmdk *v, struct ak_source *src,
                                  struct ak_str *out_text)
{
    v->extents = AK_NEW(arena, struct extent);
    if (!v->extents)
        return AK_ERR_LIMIT;
    if (!read_any_sparse(src, v->extents, v))
        return AK_ERR_CORRUPT;
    v->n = 1;
    v->m.base.size = v->extents[0].size;
    v->grain_max = v->extents[0].packed ? v->extents[0].grain_bytes : 0;
    if (v->descriptor_at)
        *out_text = read_text(arena, src, v->descriptor_at, v->descriptor_n);
    return AK_OK;
}

static enum ak_status open_vmdk(struct ak_arena *arena, struct ak_source *src,
                                const struct ak_siblings *siblings, struct ak_disk *out)
{
    struct vmdk *v = AK_NEW(arena, struct vmdk);
    struct ak_str text = AK_STR("");
    if (!v)
        return AK_ERR_LIMIT;
    v->m.base.below = src;
    enum ak_status st;
    if (has_magic(src, 0, "KDMV") || has_magic(src, 0, "COWD")) {
        st = open_single(arena, v, src, &text);
    } else {
        text = read_text(arena, src, 0, DESCRIPTOR_MAX);
        st = read_extents(arena, v, text, siblings, out);
    }
    if (st == AK_ERR_CORRUPT)
        ak_disk_note(out, "the header of the disk image is damaged");
    uint32_t packed = v->grain_max ? v->grain_max + v->grain_max / 64 + PACKED_SLACK : 0;
    if (st == AK_OK)
        st = ak_mapped_init(arena, &v->m, &VMDK_OPS, v->grain_max, packed);
    if (st != AK_OK) {
        libdeflate_free_decompressor(v->m.inflate);
        return st;
    }
    find_parent(arena, v, text, siblings, out);
    out->media = &v->m.base;
    return AK_OK;
}

const struct ak_container ak_container_vmdk = {
    .name = "vmdk",
    .title_en = "VMware virtual disk (VMDK)",
    .title_ja = "VMware仮想ディスク(VMDK)",
    .probe = probe,
    .open = open_vmdk,
};
