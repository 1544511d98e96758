/* ewf.c - Expert Witness Format: EnCase, FTK Imager, ewfacquire (E01), SMART (S01).
 *
 * A disk cut into chunks, each compressed with zlib or stored with an Adler-32,
 * in segment files E01, E02 … E99, EAA ….  A segment is a chain of sections:
 *
 *   offset  size  what
 *        0    16  type: "header", "volume", "sectors", "table", "next", "done" …
 *       16     8  offset of the next section in the segment (own offset: the last)
 *       24     8  size of the section, these 76 bytes included
 *       32    40  zero
 *       72     4  Adler-32 of the 72 bytes before
 *
 * A table gives the offsets of its chunks, 31 bits and a flag "compressed";
 * "table2" is its copy.  Tables are read when one of their chunks is: an image
 * of 2 TB has 256 MB of them.  A chunk that does not unpack, or whose table or
 * segment is gone, reads as zeros that are counted as missing.
 *
 * Facts and their sources: docs/formats/container.ewf.md
 */
#include "base/buf.h"
#include "evidence/ewf_header.h"
#include "evidence/mapped.h"

#include <libdeflate.h>

enum {
    FILE_HEADER_BYTES = 13,
    SECTION_BYTES = 76,
    TABLE_HEADER_BYTES = 24,
    SEGMENTS_MAX = 99 + 26 * 26 * 23, /* E01 … E99, EAA … ZZZ */
    GAP_MAX = 64,                     /* names tried behind a segment that is missing */
    SECTIONS_MAX = 1 << 20,           /* of one segment */
    TABLES_MAX = 1 << 20,
    ENTRIES_MAX = 4 << 20,        /* of one table: 128 GiB of media in chunks of 32 KiB */
    CHECKED_ENTRIES = 16 << 20,   /* tables are verified when opened up to these many entries */
    HEADER_SECTION_MAX = 1 << 20, /* bytes of a header section that are looked at */
    PACKED_SLACK = 4096,          /* an incompressible chunk grows by less */
};

static const uint32_t NO_TABLE = UINT32_MAX;

enum { HOW_STORED, HOW_ZLIB };

struct segment {
    struct ak_source *src;
    uint32_t number;
    uint32_t first_table, n_tables;
    uint32_t n_sure; /* tables before the first damage: none before them is lost */
    bool broken;     /* damaged: tables may be lost, so what follows cannot be counted */
    bool ends;       /* has the section "done" */
};

struct table {
    struct ak_source *src;
    uint64_t first_chunk;
    uint64_t entries_at, twin_at; /* twin: of table2; 0 when there is none */
    uint64_t base;                /* added to each offset */
    uint64_t data_from, data_to;  /* the section that holds the chunks */
    uint32_t n;
    bool placed; /* first_chunk is known */
};

/* A table whose entries are in memory. */
struct loaded {
    uint32_t table;      /* index, or NO_TABLE */
    uint32_t plain_from; /* entries from here on are 32-bit offsets without a flag */
    bool usable;
    bool damaged; /* the checksum of the first table is wrong, as far as one can tell */
    uint8_t *entries;
};

struct ewf {
    struct ak_mapped m;
    struct ak_arena *arena;
    struct ak_disk *out; /* while opening */
    struct segment *segments;
    uint32_t n_segments, room_segments;
    struct table *tables;
    uint32_t n_tables, room_tables, most_entries;
    struct loaded loaded[2];
    uint64_t n_chunks, n_sectors, checked;
    uint32_t chunk_bytes, sector_bytes;
    uint8_t set_id[16];
    uint64_t data_from, data_to; /* the last "sectors" section seen */
    bool have_volume, smart;
    bool table_lost; /* a damaged table that its copy has not made good yet */
};

/* One section while its segment is read. */
struct section {
    struct ak_source *src;
    struct ak_str type;
    uint64_t at, data_at, data_n; /* data_n is cut at the end of the segment */
};

static bool checksum_ok(const uint8_t *bytes, size_t n)
{
    return libdeflate_adler32(1, bytes, n) == ak_load_u32le(bytes + n);
}

/* ---- tables in memory ---- */

static uint32_t entry(const struct loaded *l, uint32_t i)
{
    return ak_load_u32le(l->entries + (size_t)i * 4);
}

static bool compressed(const struct loaded *l, uint32_t i)
{
    return i < l->plain_from && entry(l, i) >> 31;
}

static uint32_t offset_of(const struct loaded *l, uint32_t i)
{
    return i < l->plain_from ? entry(l, i) & INT32_MAX : entry(l, i);
}

/* EnCase 6.7 let segments grow past 2 GiB: from the first chunk that crosses
 * it, offsets use all 32 bits and no chunk is compressed [libewf 20140813]. */
static uint32_t find_overflow(const struct loaded *l, uint32_t n)
{
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint32_t now = entry(l, i) & INT32_MAX, next = entry(l, i + 1) & INT32_MAX;
        if (next < now && entry(l, i + 1) > now)
            return i + 1;
    }
    return n;
}

/* Entries at `at` with their checksum behind them.  *out_sure: the checksum is
 * there and right. */
static bool read_entries(const struct table *t, uint64_t at, uint8_t *to, bool *out_sure)
{
    size_t n = (size_t)t->n * 4, gone = 0;
    uint8_t sum[4];
    *out_sure = false;
    if (at == 0 || ak_source_read(t->src, at, to, n, &gone) != AK_OK || gone)
        return false;
    if (ak_source_read_some(t->src, at + n, sum, sizeof(sum)) == sizeof(sum))
        *out_sure = libdeflate_adler32(1, to, n) == ak_load_u32le(sum);
    return true;
}

/* The table, or its copy when only that is whole.  Of two damaged ones the
 * first is used: each chunk has a checksum of its own. */
static void load(struct ewf *e, uint32_t index, struct loaded *l)
{
    const struct table *t = &e->tables[index];
    bool sure;
    l->table = index;
    l->usable = read_entries(t, t->entries_at, l->entries, &sure);
    l->damaged = !l->usable || (!sure && t->twin_at); /* without a twin there is no checksum */
    if (!sure && t->twin_at) {
        bool twin_sure, twin = read_entries(t, t->twin_at, l->entries, &twin_sure);
        if (!twin_sure && l->usable)
            (void)read_entries(t, t->entries_at, l->entries, &sure);
        l->usable = l->usable || twin;
    }
    l->plain_from = l->usable ? find_overflow(l, t->n) : 0;
}

static const struct loaded *loaded_table(struct ewf *e, uint32_t index)
{
    if (e->loaded[0].table != index) {
        struct loaded other = e->loaded[1];
        e->loaded[1] = e->loaded[0];
        e->loaded[0] = other;
        if (other.table != index)
            load(e, index, &e->loaded[0]);
    }
    return &e->loaded[0];
}

/* ---- from chunk to bytes ---- */

/* The table that holds the chunk; else NO_TABLE, and *out_n chunks from it on
 * are in none. */
static uint32_t find_table(const struct ewf *e, uint64_t chunk, uint64_t *out_n)
{
    uint32_t low = 0, high = e->n_tables; /* tables are sorted by first_chunk */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (e->tables[middle].first_chunk <= chunk)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && chunk - e->tables[low - 1].first_chunk < e->tables[low - 1].n)
        return low - 1;
    *out_n = low < e->n_tables ? e->tables[low].first_chunk - chunk : UINT64_MAX;
    return NO_TABLE;
}

/* Bytes of chunk i of the table: up to the next one, or to the end of what
 * holds them. */
static uint64_t stored_bytes(const struct ewf *e, const struct table *t, const struct loaded *l,
                             uint32_t i)
{
    uint64_t at = t->base + offset_of(l, i), end = t->src->size;
    if (i + 1 < t->n && offset_of(l, i + 1) > offset_of(l, i))
        end = t->base + offset_of(l, i + 1);
    else if (at >= t->data_from && at < t->data_to)
        end = t->data_to;
    uint64_t n = end > at ? end - at : 0;
    return n < e->m.packed_max ? n : e->m.packed_max;
}

static void locate(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    struct ewf *e = (struct ewf *)m;
    uint64_t chunk = at / e->chunk_bytes, n_missing = 0;
    uint64_t start = chunk * e->chunk_bytes, left = m->base.size - start;
    uint32_t span = left < e->chunk_bytes ? (uint32_t)left : e->chunk_bytes;
    *out = (struct ak_piece){ .kind = AK_PIECE_MISSING,
                              .n = start + span - at,
                              .block = chunk,
                              .skip = (uint32_t)(at - start),
                              .span = span };
    uint32_t index = find_table(e, chunk, &n_missing);
    if (index == NO_TABLE) {
        if (n_missing > 1 && n_missing < UINT32_MAX)
            out->n += (n_missing - 1) * e->chunk_bytes;
        else if (n_missing > 1)
            out->n = m->base.size - at;
        return;
    }
    const struct table *t = &e->tables[index];
    const struct loaded *l = loaded_table(e, index);
    if (!l->usable)
        return;
    uint32_t i = (uint32_t)(chunk - t->first_chunk);
    out->kind = AK_PIECE_PACKED;
    out->from = t->src;
    out->at = t->base + offset_of(l, i);
    out->packed_n = (uint32_t)stored_bytes(e, t, l, i);
    out->how = compressed(l, i) ? HOW_ZLIB : HOW_STORED;
}

/* A stored chunk: the data, then its Adler-32. */
static bool unpack_stored(const struct ak_piece *p, struct ak_bytes packed, uint8_t *to)
{
    size_t n = packed.n < 4 ? 0 : packed.n - 4;
    if (n < p->span)
        return false;
    bool good = checksum_ok(packed.at, n) || (n > p->span && checksum_ok(packed.at, p->span));
    if (good)
        memcpy(to, packed.at, p->span);
    return good;
}

static bool unpack(struct ak_mapped *m, const struct ak_piece *p, struct ak_bytes packed,
                   uint8_t *to)
{
    if (p->how == HOW_STORED)
        return unpack_stored(p, packed, to);
    size_t n = 0;
    return libdeflate_zlib_decompress(m->inflate, packed.at, packed.n, to, p->span, &n) ==
               LIBDEFLATE_SUCCESS &&
           n == p->span;
}

static const struct ak_mapped_ops EWF_OPS = {
    .source = AK_MAPPED_SOURCE("ewf"),
    .locate = locate,
    .unpack = unpack,
};

/* ---- sections ---- */

static void *grow(struct ak_arena *arena, void *old, uint32_t n, uint32_t *room, size_t size)
{
    if (n < *room)
        return old;
    uint32_t more = *room ? *room * 2 : 16;
    void *bigger = ak_arena_get(arena, more, size, alignof(max_align_t));
    if (bigger && n)
        memcpy(bigger, old, n * size);
    if (bigger)
        *room = more;
    return bigger;
}

static enum ak_status on_header(struct ewf *e, const struct section *s)
{
    size_t n = s->data_n < HEADER_SECTION_MAX ? (size_t)s->data_n : HEADER_SECTION_MAX;
    uint8_t *bytes = AK_NEW_N(e->arena, uint8_t, n);
    if (!bytes)
        return AK_ERR_LIMIT;
    n = ak_source_read_some(s->src, s->data_at, bytes, n);
    if (n && !ak_ewf_header(e->arena, (struct ak_bytes){ bytes, n }, e->out))
        ak_disk_note(e->out, "the case information in the image is damaged");
    return AK_OK;
}

/* volume, disk, data: the geometry.  1052 bytes, or 94 as SMART writes it. */
static enum ak_status on_volume(struct ewf *e, const struct section *s)
{
    enum { FULL = 1052, SHORT = 94 };
    uint8_t b[FULL] = { 0 };
    size_t n = ak_source_read_some(s->src, s->data_at, b, s->data_n < FULL ? SHORT : FULL);
    if (n < SHORT || !checksum_ok(b, n - 4)) {
        ak_disk_note(e->out, "a description of the media is damaged");
        if (n < SHORT || e->have_volume)
            return AK_OK;
    }
    if (e->have_volume)
        return AK_OK;
    uint64_t per_chunk = ak_load_u32le(b + 8), sector = ak_load_u32le(b + 12);
    if (per_chunk == 0 || sector == 0 || per_chunk > AK_BLOCK_MAX || sector > AK_BLOCK_MAX ||
        per_chunk * sector > AK_BLOCK_MAX)
        return AK_OK;
    e->have_volume = true;
    e->smart = n == SHORT;
    e->chunk_bytes = (uint32_t)(per_chunk * sector);
    e->sector_bytes = (uint32_t)sector;
    e->n_chunks = ak_load_u32le(b + 4);
    e->n_sectors = e->smart ? ak_load_u32le(b + 16) : ak_load_u64le(b + 16);
    ak_disk_fact_number(e->arena, e->out, "sectors", e->n_sectors);
    ak_disk_fact_number(e->arena, e->out, "bytes_per_sector", sector);
    ak_disk_fact_number(e->arena, e->out, "sectors_per_chunk", per_chunk);
    if (e->smart)
        return AK_OK;
    ak_disk_fact_number(e->arena, e->out, "error_granularity", ak_load_u32le(b + 56));
    memcpy(e->set_id, b + 64, sizeof(e->set_id));
    static const uint8_t NO_ID[16];
    if (memcmp(e->set_id, NO_ID, sizeof(NO_ID)) != 0)
        ak_disk_fact_guid(e->arena, e->out, "set_identifier", e->set_id);
    return AK_OK;
}

static enum ak_status on_sectors(struct ewf *e, const struct section *s)
{
    e->data_from = s->data_at;
    e->data_to = s->data_at + s->data_n;
    return AK_OK;
}

static enum ak_status on_table(struct ewf *e, const struct section *s)
{
    uint8_t b[TABLE_HEADER_BYTES];
    e->table_lost = true;
    if (s->data_n < sizeof(b) || ak_source_read_some(s->src, s->data_at, b, sizeof(b)) < sizeof(b))
        return AK_OK;
    uint32_t n = ak_load_u32le(b);
    bool good = checksum_ok(b, sizeof(b) - 4) && n <= (s->data_n - sizeof(b)) / 4 &&
                n <= ENTRIES_MAX && e->n_tables < TABLES_MAX;
    e->table_lost = !good;
    if (!good)
        ak_disk_note(e->out, "a table of chunks is damaged");
    if (!good || n == 0)
        return AK_OK;
    e->tables = grow(e->arena, e->tables, e->n_tables, &e->room_tables, sizeof(*e->tables));
    if (!e->tables)
        return AK_ERR_LIMIT;
    /* SMART keeps the chunks behind their table in the same section */
    uint64_t end = s->data_at + s->data_n;
    bool inside = e->smart || e->data_to == 0;
    e->tables[e->n_tables++] = (struct table){ .src = s->src,
                                               .entries_at = s->data_at + sizeof(b),
                                               .base = ak_load_u64le(b + 8),
                                               .data_from = inside ? s->data_at : e->data_from,
                                               .data_to = inside ? end : e->data_to,
                                               .n = n };
    if (n > e->most_entries)
        e->most_entries = n;
    return AK_OK;
}

/* The copy of the table before it; a table of its own when that one was lost. */
static enum ak_status on_table2(struct ewf *e, const struct section *s)
{
    uint8_t b[4];
    struct table *t = e->n_tables ? &e->tables[e->n_tables - 1] : NULL;
    if (e->table_lost || !t || t->src != s->src || t->twin_at)
        return on_table(e, s);
    if (ak_source_read_some(s->src, s->data_at, b, sizeof(b)) == sizeof(b) &&
        ak_load_u32le(b) == t->n && t->n <= (s->data_n - 4) / 4)
        t->twin_at = s->data_at + TABLE_HEADER_BYTES;
    return AK_OK;
}

static enum ak_status on_hash(struct ewf *e, const struct section *s)
{
    uint8_t b[16];
    if (!ak_disk_fact_of(e->out, "md5").n &&
        ak_source_read_some(s->src, s->data_at, b, sizeof(b)) == sizeof(b))
        ak_disk_fact_hex(e->arena, e->out, "md5", (struct ak_bytes){ b, sizeof(b) });
    return AK_OK;
}

static enum ak_status on_digest(struct ewf *e, const struct section *s)
{
    uint8_t b[36];
    static const uint8_t NONE[20];
    if (ak_source_read_some(s->src, s->data_at, b, sizeof(b)) < sizeof(b))
        return AK_OK;
    if (!ak_disk_fact_of(e->out, "md5").n && memcmp(b, NONE, 16) != 0)
        ak_disk_fact_hex(e->arena, e->out, "md5", (struct ak_bytes){ b, 16 });
    if (memcmp(b + 16, NONE, 20) != 0)
        ak_disk_fact_hex(e->arena, e->out, "sha1", (struct ak_bytes){ b + 16, 20 });
    return AK_OK;
}

/* Sectors the imaging program could not read: (first, count) pairs. */
static enum ak_status on_error2(struct ewf *e, const struct section *s)
{
    enum { PAIRS_AT = 520, SHOWN = 8 };
    uint8_t b[8];
    if (ak_source_read_some(s->src, s->data_at, b, 4) < 4 || ak_load_u32le(b) == 0)
        return AK_OK;
    uint32_t n = ak_load_u32le(b);
    ak_disk_note(e->out, "the image records sectors that could not be read when it was made");
    ak_disk_fact_number(e->arena, e->out, "acquisition_errors", n);
    struct ak_buf text = { 0 };
    for (uint32_t i = 0; i < n && i < SHOWN; i++) {
        if (ak_source_read_some(s->src, s->data_at + PAIRS_AT + i * 8, b, 8) < 8)
            break;
        ak_buf_printf(&text, "%s%u+%u", i ? "," : "", ak_load_u32le(b), ak_load_u32le(b + 4));
    }
    ak_disk_fact(e->arena, e->out, "unreadable_sectors", ak_buf_view(&text));
    ak_buf_free(&text);
    return AK_OK;
}

static enum ak_status on_logical(struct ewf *e, const struct section *s)
{
    (void)s;
    ak_disk_note(e->out, "logical evidence (files, not a disk) is found but not read");
    return AK_ERR_UNSUPPORTED;
}

static const struct {
    const char *type;
    enum ak_status (*read)(struct ewf *, const struct section *);
} SECTIONS[] = {
    { "header2", on_header }, { "header", on_header }, { "volume", on_volume },
    { "disk", on_volume },    { "data", on_volume },   { "sectors", on_sectors },
    { "table", on_table },    { "table2", on_table2 }, { "hash", on_hash },
    { "digest", on_digest },  { "error2", on_error2 }, { "ltree", on_logical },
};

static enum ak_status dispatch(struct ewf *e, const struct section *s)
{
    for (size_t i = 0; i < sizeof(SECTIONS) / sizeof(SECTIONS[0]); i++)
        if (ak_str_eq(s->type, ak_str_of(SECTIONS[i].type)))
            return SECTIONS[i].read(e, s);
    return AK_OK; /* session, xheader, incomplete … tell nothing we need */
}

/* The section whose header stands at `at`, and where the next one does (*out_next). */
static struct section section_at(const struct segment *g, uint64_t at, const uint8_t *b,
                                 uint64_t *out_next)
{
    uint64_t next = ak_load_u64le(b + 16), size = ak_load_u64le(b + 24);
    uint64_t left = g->src->size - at - SECTION_BYTES;
    if (size < SECTION_BYTES)
        size = next > at && next - at >= SECTION_BYTES ? next - at : SECTION_BYTES;
    uint64_t data_n = size - SECTION_BYTES;
    *out_next = next;
    return (struct section){ g->src,
                             { (const char *)b, strnlen((const char *)b, 16) },
                             at,
                             at + SECTION_BYTES,
                             data_n > left ? left : data_n };
}

/* Read one section, given its header; *out_last when no other follows in this file. */
static enum ak_status read_section(struct ewf *e, struct segment *g, const struct section *s,
                                   bool *out_last)
{
    bool done = ak_str_eq(s->type, AK_STR("done"));
    if (e->table_lost && !ak_str_eq(s->type, AK_STR("table2")))
        g->broken = true; /* its copy would be next */
    enum ak_status st = dispatch(e, s);
    if (st != AK_OK)
        return st;
    g->n_tables = e->n_tables - g->first_table;
    g->n_sure = g->broken ? g->n_sure : g->n_tables;
    g->ends = g->ends || done;
    *out_last = done || ak_str_eq(s->type, AK_STR("next"));
    return AK_OK;
}

/* Follow the chain of one segment.  It must move forward: a chain that does
 * not is cut there and noted. */
static enum ak_status read_segment(struct ewf *e, struct segment *g)
{
    uint64_t at = FILE_HEADER_BYTES, next;
    e->data_from = e->data_to = 0;
    e->table_lost = false;
    g->first_table = e->n_tables;
    for (uint32_t i = 0; i < SECTIONS_MAX; i++) {
        uint8_t b[SECTION_BYTES];
        bool last;
        if (ak_source_read_some(g->src, at, b, sizeof(b)) < sizeof(b))
            break;
        if (!checksum_ok(b, sizeof(b) - 4)) {
            ak_disk_note(e->out, "a section header of the image is damaged");
            g->broken = true;
        }
        struct section s = section_at(g, at, b, &next);
        enum ak_status st = read_section(e, g, &s, &last);
        if (st != AK_OK || last)
            return st;
        if (next <= at || next - at < sizeof(b))
            break;
        at = next;
    }
    ak_disk_note(e->out, "a segment file is damaged or cut short");
    g->broken = true;
    return AK_OK;
}

/* ---- segment files ---- */

static bool is_ewf(struct ak_source *src, uint32_t *out_number)
{
    uint8_t b[FILE_HEADER_BYTES];
    if (ak_source_read_some(src, 0, b, sizeof(b)) < sizeof(b) ||
        memcmp(b, "EVF\x09\x0d\x0a\xff\x00", 8) != 0)
        return false;
    *out_number = ak_load_u16le(b + 9);
    return true;
}

static bool probe(struct ak_source *src)
{
    uint32_t number;
    return is_ewf(src, &number);
}

/* Set the last letters of a name ("x.E01") to those of segment `number`.
 * False when there is no such name. */
static bool name_segment(char *ext, uint32_t number)
{
    char letter = ext[0], a = letter >= 'a' ? 'a' : 'A';
    if (number <= 99) {
        ext[1] = (char)('0' + number / 10);
        ext[2] = (char)('0' + number % 10);
        return true;
    }
    uint32_t n = number - 100, first = (uint32_t)(letter - a) + n / 676;
    if (first >= 26)
        return false;
    ext[0] = (char)(a + (int)first);
    ext[1] = (char)(a + (int)(n / 26 % 26));
    ext[2] = (char)(a + (int)(n % 26));
    return true;
}

/* The name of segment 1 for any segment's name; false when the name has no
 * extension of three characters, E.. or S... */
static bool first_name(struct ak_arena *arena, struct ak_str name, struct ak_str *out)
{
    if (name.n < 4 || name.at[name.n - 4] != '.')
        return false;
    char *copy = AK_NEW_N(arena, char, name.n), first = name.at[name.n - 3];
    if (!copy)
        return false;
    memcpy(copy, name.at, name.n);
    bool lower = first >= 'a' && first <= 'z';
    char up = (char)(lower ? first - 32 : first);
    if (up < 'E' || up > 'Z')
        return false;
    up = up >= 'S' ? 'S' : 'E'; /* E, F, G … continue E01 */
    copy[name.n - 3] = (char)(lower ? up + 32 : up);
    *out = (struct ak_str){ copy, name.n };
    return true;
}

static enum ak_status add_segment(struct ewf *e, struct ak_source *src, uint32_t number)
{
    e->segments =
        grow(e->arena, e->segments, e->n_segments, &e->room_segments, sizeof(*e->segments));
    if (!e->segments)
        return AK_ERR_LIMIT;
    struct segment *g = &e->segments[e->n_segments++];
    *g = (struct segment){ .src = src, .number = number };
    return read_segment(e, g);
}

/* Segments 1, 2, 3 … as far as there are any; `self` is the one being opened. */
static enum ak_status read_segments(struct ewf *e, struct ak_source *self, uint32_t self_number,
                                    const struct ak_siblings *siblings)
{
    struct ak_str base;
    bool named = siblings && siblings->open && first_name(e->arena, siblings->first, &base);
    if (!named)
        return add_segment(e, self, self_number);
    char *name = (char *)(uintptr_t)base.at, letter = name[base.n - 3];
    uint32_t last = 0;
    for (uint32_t i = 1; i <= SEGMENTS_MAX && (i - last <= GAP_MAX || i <= self_number); i++) {
        name[base.n - 3] = letter;
        if (!name_segment(name + base.n - 3, i))
            break;
        uint32_t number = i;
        struct ak_source *src = i == self_number ? self : siblings->open(siblings->self, base);
        if (!src || !is_ewf(src, &number))
            continue;
        if (number != i) {
            ak_disk_note(e->out, "a segment file has the number of another one and is left out");
            continue;
        }
        last = i;
        enum ak_status st = add_segment(e, src, i);
        if (st != AK_OK)
            return st;
        if (e->segments[e->n_segments - 1].ends)
            break;
    }
    return AK_OK;
}

/* ---- putting it together ---- */

/* Place the tables of a segment that end at chunk `end`; where they begin, or
 * UINT64_MAX when there is no room for them behind chunk `floor`. */
static uint64_t place_backward(struct ewf *e, const struct segment *g, uint64_t floor, uint64_t end)
{
    for (uint32_t i = g->n_tables; i > 0; i--) {
        struct table *t = &e->tables[g->first_table + i - 1];
        if (end < floor || t->n > end - floor)
            return UINT64_MAX;
        t->first_chunk = end -= t->n;
        t->placed = true;
    }
    return end;
}

/* Chunks are counted from the front up to the first segment that is missing or
 * damaged, and from the back down to the last such one.  What stands between
 * two of them has no place and is left out: better missing than misplaced. */
static void place_tables(struct ewf *e)
{
    uint64_t chunk = 0, end = e->n_chunks;
    uint32_t front = 0, back = e->n_segments;
    bool whole = true;
    for (; whole && front < back && e->segments[front].number == front + 1; front++) {
        const struct segment *g = &e->segments[front];
        for (uint32_t i = 0; i < g->n_sure; i++) {
            struct table *t = &e->tables[g->first_table + i];
            t->first_chunk = chunk;
            t->placed = true;
            chunk += t->n;
        }
        whole = !g->broken;
    }
    bool ended = back > 0 && e->segments[back - 1].ends;
    if (!ended || e->segments[back - 1].number != back)
        ak_disk_note(e->out, "a segment file is missing");
    while (ended && back > front && !e->segments[back - 1].broken) {
        const struct segment *g = &e->segments[--back];
        end = place_backward(e, g, chunk, end);
        ended = end != UINT64_MAX && back > 0 && e->segments[back - 1].number + 1 == g->number;
    }
    if (back > front)
        ak_disk_note(e->out, "segments between two missing ones cannot be placed and are left out");
}

static void drop_unplaced(struct ewf *e)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->n_tables; i++)
        if (e->tables[i].placed)
            e->tables[n++] = e->tables[i];
    e->n_tables = n;
}

static enum ak_status check_tables(struct ewf *e)
{
    for (size_t i = 0; i < 2; i++) {
        e->loaded[i].table = NO_TABLE;
        e->loaded[i].entries = AK_NEW_N(e->arena, uint8_t, (size_t)e->most_entries * 4 + 4);
        if (!e->loaded[i].entries)
            return AK_ERR_LIMIT;
    }
    uint64_t chunks = 0;
    for (uint32_t i = 0; i < e->n_tables; i++) {
        chunks += e->tables[i].n;
        if (e->checked > CHECKED_ENTRIES)
            continue;
        e->checked += e->tables[i].n;
        load(e, i, &e->loaded[0]);
        if (e->loaded[0].damaged)
            ak_disk_note(e->out, "a table of chunks is damaged");
    }
    if (chunks < e->n_chunks)
        ak_disk_note(e->out, "the image holds fewer chunks than it says");
    return AK_OK;
}

static enum ak_status assemble(struct ewf *e)
{
    uint64_t size;
    if (!e->have_volume) {
        ak_disk_note(e->out, "no description of the media is readable");
        return AK_ERR_CORRUPT;
    }
    if (e->n_sectors == 0 || __builtin_mul_overflow(e->n_sectors, e->sector_bytes, &size))
        size = e->n_chunks * e->chunk_bytes;
    if (e->n_chunks < size / e->chunk_bytes)
        ak_disk_note(e->out, "the image holds fewer chunks than it says");
    place_tables(e);
    drop_unplaced(e);
    enum ak_status st = ak_mapped_init(e->arena, &e->m, &EWF_OPS, e->chunk_bytes,
                                       e->chunk_bytes + e->chunk_bytes / 64 + PACKED_SLACK);
    e->m.base.size = size;
    return st != AK_OK ? st : check_tables(e);
}

static enum ak_status open_ewf(struct ak_arena *arena, struct ak_source *src,
                               const struct ak_siblings *siblings, struct ak_disk *out)
{
    struct ewf *e = AK_NEW(arena, struct ewf);
    uint32_t number = 0;
    if (!e)
        return AK_ERR_LIMIT;
    if (!is_ewf(src, &number))
        return AK_ERR_CORRUPT;
    e->arena = arena;
    e->out = out;
    e->m.base.below = src;
    enum ak_status st = read_segments(e, src, number, siblings);
    if (st == AK_OK)
        st = assemble(e);
    if (st != AK_OK) {
        libdeflate_free_decompressor(e->m.inflate);
        return st;
    }
    ak_disk_fact_number(arena, out, "segments", e->n_segments);
    e->out = NULL;
    out->media = &e->m.base;
    return AK_OK;
}

const struct ak_container ak_container_ewf = {
    .name = "ewf",
    .title_en = "Expert Witness Format (E01, S01)",
    .title_ja = "Expert Witness形式(E01・S01)",
    .probe = probe,
    .open = open_ewf,
};
