/* dmg.c - Apple disk images (UDIF).
 *
 * The last 512 bytes ("koly", big-endian) say where an XML property list is.
 * Its "blkx" array holds, in base64, one table ("mish") per partition:
 *
 *   offset  size  what (mish)
 *        8     8  first sector of the partition
 *       24     8  added to the offsets of the runs
 *      200     4  number of runs
 *      204    40  per run: type (4), comment (4), first sector, sectors, offset, size (8 each)
 *
 * Runs are zero, raw, or compressed; of those zlib is read.  What is compressed
 * with ADC, bzip2, LZFSE or LZMA is counted as missing, and noted.
 *
 * Facts and their sources: docs/formats/container.dmg.md
 */
#include "evidence/mapped.h"

#include <libdeflate.h>
#include <stdlib.h>

enum {
    KOLY_BYTES = 512,
    SECTOR = 512,
    XML_MAX = 32 << 20,
    RUNS_MAX = 4 << 20,
    MISH_BYTES = 204,
    RUN_BYTES = 40,
    PACKED_SLACK = 4096,
};

enum { TYPE_ZERO = 0, TYPE_RAW = 1, TYPE_IGNORE = 2 };
static const uint32_t TYPE_ZLIB = 0x80000005, TYPE_COMMENT = 0x7FFFFFFE, TYPE_END = 0xFFFFFFFF;

struct run {
    uint64_t start, size; /* of the media, bytes */
    uint64_t at, packed_n;
    uint32_t type;
};

struct dmg {
    struct ak_mapped m;
    struct ak_source *src;
    struct run *runs;
    size_t n, room;
    uint64_t data_at, end;
    uint32_t block_max;
};

static bool read_koly(struct ak_source *src, uint8_t *b)
{
    return src->size >= KOLY_BYTES &&
           ak_source_read_some(src, src->size - KOLY_BYTES, b, KOLY_BYTES) == KOLY_BYTES &&
           memcmp(b, "koly\0\0\0\4", 8) == 0;
}

static bool probe(struct ak_source *src)
{
    uint8_t b[KOLY_BYTES];
    return read_koly(src, b);
}

static void locate(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    const struct dmg *d = (const struct dmg *)m;
    size_t low = 0, high = d->n; /* first run behind `at` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->runs[middle].start <= at)
            low = middle + 1;
        else
            high = middle;
    }
    const struct run *r = low ? &d->runs[low - 1] : NULL;
    if (!r || at - r->start >= r->size) { /* between partitions nothing is stored */
        out->kind = AK_PIECE_ZERO;
        out->n = (low < d->n ? d->runs[low].start : m->base.size) - at;
        return;
    }
    out->n = r->size - (at - r->start);
    if (low < d->n && out->n > d->runs[low].start - at)
        out->n = d->runs[low].start - at; /* runs that overlap: the later one wins */
    out->from = d->src;
    out->at = r->at;
    if (r->type == TYPE_ZERO || r->type == TYPE_IGNORE) {
        out->kind = AK_PIECE_ZERO;
    } else if (r->type == TYPE_RAW) {
        out->kind = AK_PIECE_PLAIN;
        out->at += at - r->start;
    } else if (r->type == TYPE_ZLIB && r->size <= d->block_max && r->packed_n <= UINT32_MAX) {
        out->kind = AK_PIECE_PACKED;
        out->block = low - 1;
        out->packed_n = (uint32_t)r->packed_n;
        out->skip = (uint32_t)(at - r->start);
        out->span = (uint32_t)r->size;
    }
}

static bool unpack(struct ak_mapped *m, const struct ak_piece *p, struct ak_bytes packed,
                   uint8_t *to)
{
    return libdeflate_zlib_decompress(m->inflate, packed.at, packed.n, to, p->span, NULL) ==
           LIBDEFLATE_SUCCESS;
}

static const struct ak_mapped_ops DMG_OPS = {
    .source = AK_MAPPED_SOURCE("dmg"),
    .locate = locate,
    .unpack = unpack,
};

/* ---- opening ---- */

static int digit64(char c)
{
    static const char *const DIGITS =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(DIGITS, c) : NULL;
    return at ? (int)(at - DIGITS) : -1;
}

/* Base64, white space skipped; what does not fit the alphabet ends it. */
static struct ak_bytes decode64(struct ak_arena *arena, struct ak_str text)
{
    uint8_t *to = AK_NEW_N(arena, uint8_t, text.n / 4 * 3 + 3);
    size_t n = 0;
    uint32_t bits = 0, have = 0;
    for (size_t i = 0; to && i < text.n; i++) {
        int v = digit64(text.at[i]);
        if (text.at[i] == '=')
            break;
        if (v < 0)
            continue;
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            to[n++] = (uint8_t)(bits >> have);
        }
    }
    return (struct ak_bytes){ to, n };
}

static bool add_run(struct ak_arena *arena, struct dmg *d, struct run r)
{
    if (d->n == d->room) {
        size_t room = d->room ? d->room * 2 : 64;
        struct run *bigger = room <= RUNS_MAX ? AK_NEW_N(arena, struct run, room) : NULL;
        if (!bigger)
            return false;
        if (d->n)
            memcpy(bigger, d->runs, d->n * sizeof(*bigger));
        d->runs = bigger;
        d->room = room;
    }
    d->runs[d->n++] = r;
    return true;
}

/* One table of runs. */
static enum ak_status read_mish(struct ak_arena *arena, struct dmg *d, struct ak_bytes mish,
                                struct ak_disk *out)
{
    struct ak_reader r = ak_rd_open(mish, 0);
    struct ak_bytes magic = ak_rd_take(&r, 4);
    ak_rd_skip(&r, 4);
    uint64_t first = ak_rd_u64be(&r);
    ak_rd_skip(&r, 8);
    uint64_t add = ak_rd_u64be(&r);
    ak_rd_seek(&r, MISH_BYTES - 4);
    uint32_t n = ak_rd_u32be(&r);
    if (!ak_rd_ok(&r) || memcmp(magic.at, "mish", 4) != 0 || !ak_rd_has(&r, n, RUN_BYTES)) {
        ak_disk_note(out, "a table of blocks of the disk image is damaged");
        return AK_OK;
    }
    while (n-- > 0) {
        struct run run = { .type = ak_rd_u32be(&r) };
        ak_rd_skip(&r, 4);
        uint64_t sector = ak_rd_u64be(&r), count = ak_rd_u64be(&r);
        run.at = d->data_at + add + ak_rd_u64be(&r);
        run.packed_n = ak_rd_u64be(&r);
        if (run.type == TYPE_END || run.type == TYPE_COMMENT || count == 0)
            continue;
        if (first > UINT64_MAX / SECTOR / 4 || sector > UINT64_MAX / SECTOR / 4 ||
            count > UINT64_MAX / SECTOR / 4) {
            ak_disk_note(out, "a table of blocks of the disk image is damaged");
            continue;
        }
        run.start = (first + sector) * SECTOR;
        run.size = count * SECTOR;
        if (run.start + run.size > d->end)
            d->end = run.start + run.size;
        if (run.type == TYPE_ZLIB && run.size <= AK_BLOCK_MAX && run.size > d->block_max)
            d->block_max = (uint32_t)run.size;
        if (run.type > TYPE_IGNORE && (run.type != TYPE_ZLIB || run.size > AK_BLOCK_MAX))
            ak_disk_note(out, "parts of the disk image are compressed in a way that is not read");
        if (!add_run(arena, d, run))
            return AK_ERR_LIMIT;
    }
    return AK_OK;
}

static struct ak_str after(struct ak_str text, const char *what)
{
    const char *at = memmem(text.at, text.n, what, strlen(what));
    if (!at)
        return (struct ak_str){ text.at + text.n, 0 };
    at += strlen(what);
    return (struct ak_str){ at, text.n - (size_t)(at - text.at) };
}

static int by_start(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* All tables of the property list: the <data> of the array "blkx". */
static enum ak_status read_tables(struct ak_arena *arena, struct dmg *d, struct ak_str xml,
                                  struct ak_disk *out)
{
    struct ak_str text = after(xml, "<key>blkx</key>");
    const char *end = text.n ? memmem(text.at, text.n, "</array>", 8) : NULL;
    text.n = end ? (size_t)(end - text.at) : text.n;
    for (text = after(text, "<data>"); text.n; text = after(text, "<data>")) {
        const char *stop = memmem(text.at, text.n, "</data>", 7);
        struct ak_str data = { text.at, stop ? (size_t)(stop - text.at) : text.n };
        struct ak_bytes mish = decode64(arena, data);
        if (!mish.at)
            return AK_ERR_LIMIT;
        enum ak_status st = read_mish(arena, d, mish, out);
        if (st != AK_OK)
            return st;
    }
    if (d->n)
        qsort(d->runs, d->n, sizeof(*d->runs), by_start);
    return d->n ? AK_OK : AK_ERR_CORRUPT;
}

static enum ak_status open_dmg(struct ak_arena *arena, struct ak_source *src,
                               const struct ak_siblings *siblings, struct ak_disk *out)
{
    uint8_t b[KOLY_BYTES];
    struct dmg *d = AK_NEW(arena, struct dmg);
    if (!d)
        return AK_ERR_LIMIT;
    (void)siblings;
    if (!read_koly(src, b))
        return AK_ERR_CORRUPT;
    uint64_t xml_at = ak_load_u64be(b + 216), xml_n = ak_load_u64be(b + 224);
    d->src = d->m.base.below = src;
    d->data_at = ak_load_u64be(b + 24);
    char *xml = xml_n && xml_n <= XML_MAX ? AK_NEW_N(arena, char, (size_t)xml_n) : NULL;
    enum ak_status st = AK_ERR_CORRUPT;
    if (xml && ak_source_read_some(src, xml_at, xml, (size_t)xml_n) == xml_n)
        st = read_tables(arena, d, (struct ak_str){ xml, (size_t)xml_n }, out);
    if (st == AK_ERR_CORRUPT)
        ak_disk_note(out, "the table of blocks of the disk image cannot be read");
    if (st != AK_OK)
        return st;
    uint64_t sectors = ak_load_u64be(b + 492);
    d->m.base.size = sectors && sectors <= UINT64_MAX / SECTOR ? sectors * SECTOR : d->end;
    if (ak_load_u32be(b + 60) > 1)
        ak_disk_note(out, "a segment file is missing");
    st = ak_mapped_init(arena, &d->m, &DMG_OPS, d->block_max,
                        d->block_max ? d->block_max + d->block_max / 64 + PACKED_SLACK : 0);
    if (st != AK_OK) {
        libdeflate_free_decompressor(d->m.inflate);
        return st;
    }
    out->media = &d->m.base;
    return AK_OK;
}

const struct ak_container ak_container_dmg = {
    .name = "dmg",
    .title_en = "Apple disk image (DMG, UDIF)",
    .title_ja = "Appleディスクイメージ(DMG)",
    .probe = probe,
    .open = open_dmg,
};
