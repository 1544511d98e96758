/* zip_directory.c - the directory of a zip file, and its entries without one.
 *
 *   local header      "PK\3\4": 30 bytes, name, extra fields; then the contents,
 *                     then perhaps "PK\7\8": checksum and sizes
 *   directory record  "PK\1\2": 46 bytes, name, extra fields, comment
 *   zip64 end         "PK\6\6": counts and offsets of 64 bits
 *   zip64 locator     "PK\6\7": 20 bytes, directly before the end
 *   end               "PK\5\6": 22 bytes and a comment, the last thing in the file
 *
 * Facts and their sources: docs/formats/archive.md */
#include "filesystem/zip_directory.h"

#include "base/reader.h"

enum {
    LOCAL_BYTES = 30,
    RECORD_BYTES = 46,
    END_BYTES = 22,
    LOCATOR_BYTES = 20,
    END64_BYTES = 56,
    COMMENT_MAX = 65535,
    SCAN_BYTES = 64 * 1024,
    NAME_SALVAGE_MAX = 4096, /* longest name believed without a directory */
};

static const uint32_t LOCAL_SIG = 0x04034B50, RECORD_SIG = 0x02014B50, END_SIG = 0x06054B50,
                      LOCATOR_SIG = 0x07064B50, END64_SIG = 0x06064B50, BEHIND_SIG = 0x08074B50;

static bool read_at(struct ak_source *src, uint64_t at, void *buf, size_t n)
{
    return ak_source_read(src, at, buf, n, NULL) == AK_OK;
}

/* ---- the end record ---- */

/* The last end record in the tail of the file: one whose comment ends with the
 * file, else one whose comment fits in. */
static bool find_end(struct ak_source *src, uint8_t *tail, uint64_t *out_at)
{
    size_t n = src->size < END_BYTES + COMMENT_MAX ? (size_t)src->size : END_BYTES + COMMENT_MAX;
    uint64_t start = src->size - n;
    bool found = false;
    if (n < END_BYTES || !read_at(src, start, tail, n))
        return false;
    for (size_t i = n - END_BYTES + 1; i-- > 0;) {
        if (ak_load_u32le(tail + i) != END_SIG)
            continue;
        size_t comment = ak_load_u16le(tail + i + 20);
        if (comment > n - END_BYTES - i)
            continue;
        if (!found || comment == n - END_BYTES - i)
            *out_at = start + i;
        found = true;
        if (comment == n - END_BYTES - i)
            return true;
    }
    return found;
}

static bool is_record_at(const struct ak_zip *z, uint64_t at)
{
    uint8_t sig[4];
    return read_at(z->src, at, sig, 4) && ak_load_u32le(sig) == RECORD_SIG;
}

/* Where the directory lies when the end record may count from another start. */
static bool place_directory(struct ak_zip *z, uint64_t dir_at, uint64_t dir_bytes, uint64_t end_at)
{
    if (dir_bytes > end_at)
        return false;
    uint64_t by_size = end_at - dir_bytes;
    if (by_size >= dir_at && (z->n_stated == 0 || is_record_at(z, by_size))) {
        z->at = by_size;
        z->shift = by_size - dir_at;
    } else if (is_record_at(z, dir_at)) {
        z->at = dir_at;
        z->shift = 0;
    } else {
        return false;
    }
    z->dir_at = z->at;
    z->end = end_at;
    return true;
}

static bool read_end64(struct ak_zip *z, uint64_t end_at)
{
    uint8_t raw[END64_BYTES];
    if (end_at < LOCATOR_BYTES || !read_at(z->src, end_at - LOCATOR_BYTES, raw, LOCATOR_BYTES) ||
        ak_load_u32le(raw) != LOCATOR_SIG)
        return false;
    uint64_t at = ak_load_u64le(raw + 8);
    uint64_t usual =
        end_at - LOCATOR_BYTES - END64_BYTES; /* where it is when bytes were put before */
    if (!read_at(z->src, at, raw, END64_BYTES) || ak_load_u32le(raw) != END64_SIG) {
        at = usual;
        if (end_at < LOCATOR_BYTES + END64_BYTES || !read_at(z->src, at, raw, END64_BYTES) ||
            ak_load_u32le(raw) != END64_SIG)
            return false;
    }
    z->zip64 = true;
    z->n_stated = ak_load_u64le(raw + 32);
    return place_directory(z, ak_load_u64le(raw + 48), ak_load_u64le(raw + 40), at);
}

bool ak_zip_open(struct ak_zip *z, struct ak_source *src)
{
    uint64_t end_at = 0;
    *z = (struct ak_zip){ .src = src };
    if (!find_end(src, z->record, &end_at))
        return false;
    uint8_t raw[END_BYTES];
    if (!read_at(src, end_at, raw, END_BYTES))
        return false;
    if (read_end64(z, end_at))
        return true;
    uint16_t disk = ak_load_u16le(raw + 4);
    z->multi_disk = disk != 0 && disk != UINT16_MAX;
    z->n_stated = ak_load_u16le(raw + 10);
    return place_directory(z, ak_load_u32le(raw + 16), ak_load_u32le(raw + 12), end_at);
}

/* ---- extra fields ---- */

static struct ak_stamp dos_stamp(uint16_t date, uint16_t time)
{
    struct ak_civil c = { .year = 1980 + (date >> 9),
                          .month = (uint8_t)(date >> 5 & 15),
                          .day = (uint8_t)(date & 31),
                          .hour = (uint8_t)(time >> 11),
                          .minute = (uint8_t)(time >> 5 & 63),
                          .second = (uint8_t)((time & 31) * 2) };
    int64_t s = 0;
    if (!ak_civil_seconds(&c, &s))
        return (struct ak_stamp){ 0 };
    struct ak_stamp stamp = ak_stamp_unix(s, 0, AK_PREC_S);
    stamp.flags |= AK_STAMP_LOCAL;
    return stamp;
}

static struct ak_stamp unix_stamp(struct ak_reader *r)
{
    int32_t s = (int32_t)ak_rd_u32le(r);
    return ak_rd_ok(r) ? ak_stamp_unix(s, 0, AK_PREC_S) : (struct ak_stamp){ 0 };
}

/* Keep the finer one: a FILETIME is not replaced by whole seconds. */
static void set_stamp(struct ak_stamp *to, struct ak_stamp from)
{
    bool have_utc = ak_stamp_is_set(*to) && !(to->flags & AK_STAMP_LOCAL);
    bool finer = (from.flags & AK_STAMP_PREC_MASK) > (to->flags & AK_STAMP_PREC_MASK);
    if (ak_stamp_is_set(from) && (!have_utc || finer))
        *to = from;
}

/* 0x0001: sizes and offset, each only when its 32-bit field is full. */
static void extra_zip64(struct ak_zip_entry *e, struct ak_reader *r)
{
    if (e->size == UINT32_MAX)
        e->size = ak_rd_u64le(r);
    if (e->packed == UINT32_MAX)
        e->packed = ak_rd_u64le(r);
    if (e->header_at == UINT32_MAX)
        e->header_at = ak_rd_u64le(r);
}

/* 0x5455 "UT": flags, then the times they name; a directory record has only
 * the first whatever the flags say. */
static void extra_unix_times(struct ak_zip_entry *e, struct ak_reader *r)
{
    uint8_t flags = ak_rd_u8(r);
    if (flags & 1)
        set_stamp(&e->modified, unix_stamp(r));
    if (flags & 2)
        set_stamp(&e->accessed, unix_stamp(r));
    if (flags & 4)
        set_stamp(&e->created, unix_stamp(r));
}

/* 0x000A: NTFS times as tag 1. */
static void extra_ntfs(struct ak_zip_entry *e, struct ak_reader *r)
{
    ak_rd_skip(r, 4);
    while (ak_rd_has(r, 1, 4)) {
        uint16_t tag = ak_rd_u16le(r);
        struct ak_bytes body = ak_rd_take(r, ak_rd_u16le(r));
        if (tag != 1 || body.n < 24)
            continue;
        set_stamp(&e->modified, ak_stamp_filetime(ak_load_u64le(body.at)));
        set_stamp(&e->accessed, ak_stamp_filetime(ak_load_u64le(body.at + 8)));
        set_stamp(&e->created, ak_stamp_filetime(ak_load_u64le(body.at + 16)));
    }
}

/* 0x5855, Info-ZIP's old Unix field: access and modification time, owner. */
static void extra_old_unix(struct ak_zip_entry *e, struct ak_reader *r)
{
    set_stamp(&e->accessed, unix_stamp(r));
    set_stamp(&e->modified, unix_stamp(r));
    if (!ak_rd_has(r, 2, 2))
        return;
    e->uid = ak_rd_u16le(r);
    e->gid = ak_rd_u16le(r);
    e->has_owner = true;
}

static uint32_t owner_number(struct ak_reader *r)
{
    struct ak_bytes b = ak_rd_take(r, ak_rd_u8(r));
    uint32_t v = 0;
    for (size_t i = b.n < 4 ? b.n : 4; i-- > 0;)
        v = v << 8 | b.at[i];
    return v;
}

/* 0x7875 "ux": owner in as many bytes as it takes. */
static void extra_owner(struct ak_zip_entry *e, struct ak_reader *r)
{
    if (ak_rd_u8(r) != 1)
        return;
    uint32_t uid = owner_number(r), gid = owner_number(r);
    if (!ak_rd_ok(r))
        return;
    e->uid = uid;
    e->gid = gid;
    e->has_owner = true;
}

static uint32_t crc32_of(struct ak_bytes b)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < b.n; i++) {
        crc ^= b.at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* 0x7075: the name in UTF-8, believed while it belongs to the recorded name. */
static void extra_unicode_path(struct ak_zip_entry *e, struct ak_reader *r)
{
    uint8_t version = ak_rd_u8(r);
    uint32_t crc = ak_rd_u32le(r);
    struct ak_bytes text = ak_rd_take(r, ak_rd_left(r));
    if (version == 1 && text.n && crc == crc32_of(e->name))
        e->name_utf8 = text;
}

static const struct extra {
    uint16_t id;
    void (*read)(struct ak_zip_entry *e, struct ak_reader *r);
} EXTRAS[] = {
    { 0x0001, extra_zip64 },    { 0x000A, extra_ntfs },  { 0x5455, extra_unix_times },
    { 0x5855, extra_old_unix }, { 0x7875, extra_owner }, { 0x7075, extra_unicode_path },
};

static void read_extras(struct ak_zip_entry *e, struct ak_bytes extra)
{
    struct ak_reader r = ak_rd_open(extra, 0);
    while (ak_rd_has(&r, 1, 4)) {
        uint16_t id = ak_rd_u16le(&r);
        struct ak_reader body = ak_rd_open(ak_rd_take(&r, ak_rd_u16le(&r)), 0);
        for (size_t i = 0; i < sizeof(EXTRAS) / sizeof(EXTRAS[0]); i++)
            if (EXTRAS[i].id == id)
                EXTRAS[i].read(e, &body);
    }
}

/* ---- directory records ---- */

/* The 46 bytes without the variable part. */
static struct ak_zip_entry read_record(const uint8_t *p)
{
    return (struct ak_zip_entry){
        .host = p[5],
        .flags = ak_load_u16le(p + 8),
        .method = ak_load_u16le(p + 10),
        .modified = dos_stamp(ak_load_u16le(p + 14), ak_load_u16le(p + 12)),
        .crc = ak_load_u32le(p + 16),
        .packed = ak_load_u32le(p + 20),
        .size = ak_load_u32le(p + 24),
        .attributes = ak_load_u32le(p + 38),
        .header_at = ak_load_u32le(p + 42),
        .sizes_known = true,
    };
}

/* Where the salvage of a torn directory would begin: behind these contents. */
static void note_seen(struct ak_zip *z, const struct ak_zip_entry *e)
{
    uint64_t end;
    if (__builtin_add_overflow(e->header_at, e->packed, &end) ||
        __builtin_add_overflow(end, LOCAL_BYTES + e->name.n, &end))
        return;
    if (end > z->salvage_from && end <= z->dir_at)
        z->salvage_from = end;
}

enum ak_status ak_zip_next(struct ak_zip *z, struct ak_zip_entry *out, bool *out_more)
{
    uint8_t *p = z->record;
    *out_more = z->at < z->end;
    if (!*out_more)
        return AK_OK;
    if (z->end - z->at < RECORD_BYTES || !read_at(z->src, z->at, p, RECORD_BYTES))
        return AK_ERR_CORRUPT;
    if (ak_load_u32le(p) != RECORD_SIG)
        return AK_ERR_CORRUPT;
    size_t name = ak_load_u16le(p + 28), extra = ak_load_u16le(p + 30);
    size_t all = name + extra + ak_load_u16le(p + 32);
    if (z->end - z->at - RECORD_BYTES < all ||
        !read_at(z->src, z->at + RECORD_BYTES, p + RECORD_BYTES, all))
        return AK_ERR_CORRUPT;
    *out = read_record(p);
    out->name = (struct ak_bytes){ p + RECORD_BYTES, name };
    read_extras(out, (struct ak_bytes){ p + RECORD_BYTES + name, extra });
    if (__builtin_add_overflow(out->header_at, z->shift, &out->header_at))
        out->header_at = UINT64_MAX;
    note_seen(z, out);
    z->at += RECORD_BYTES + all;
    return AK_OK;
}

enum ak_status ak_zip_contents(struct ak_zip *z, struct ak_zip_entry *entry, uint64_t *out_at)
{
    /* The directory's name stays in `record`; the local one is read behind it. */
    uint8_t p[LOCAL_BYTES], extra_bytes[4096];
    if (!read_at(z->src, entry->header_at, p, LOCAL_BYTES) || ak_load_u32le(p) != LOCAL_SIG)
        return AK_ERR_CORRUPT;
    uint64_t extra_at = entry->header_at + LOCAL_BYTES + ak_load_u16le(p + 26);
    size_t extra = ak_load_u16le(p + 28);
    *out_at = extra_at + extra;
    if (*out_at > z->src->size)
        return AK_ERR_CORRUPT;
    if (extra > sizeof(extra_bytes) || !read_at(z->src, extra_at, extra_bytes, extra))
        return AK_OK; /* times are a bonus */
    struct ak_zip_entry local = *entry;
    read_extras(&local, (struct ak_bytes){ extra_bytes, extra });
    set_stamp(&entry->modified, local.modified);
    set_stamp(&entry->accessed, local.accessed);
    set_stamp(&entry->created, local.created);
    if (!entry->has_owner && local.has_owner) {
        entry->has_owner = true;
        entry->uid = local.uid;
        entry->gid = local.gid;
    }
    return AK_OK;
}

/* ---- without a directory ---- */

void ak_zip_salvage_from(struct ak_zip *z, struct ak_source *src, uint64_t from)
{
    *z = (struct ak_zip){ .src = src, .at = from, .end = src->size };
}

/* Where the next "PK" and two bytes of `want` (a bit per signature) begin. */
static bool find_local(struct ak_zip *z, uint64_t *at)
{
    uint8_t buf[SCAN_BYTES];
    while (*at < z->end) {
        size_t n = ak_source_read_some(z->src, *at, buf, sizeof(buf));
        if (n < LOCAL_BYTES)
            return false;
        for (size_t i = 0; i + 4 <= n; i++) {
            const uint8_t *hit = memchr(buf + i, 'P', n - 3 - i);
            if (!hit)
                break;
            i = (size_t)(hit - buf);
            if (ak_load_u32le(hit) == LOCAL_SIG) {
                *at += i;
                return true;
            }
        }
        *at += n - 3;
    }
    return false;
}

/* Does a record of sizes stand at p, `distance` behind the contents' start? */
static bool sizes_fit(struct ak_zip_entry *e, const uint8_t *p, size_t n, uint64_t distance)
{
    if (n < 16 || ak_load_u32le(p) != BEHIND_SIG)
        return false;
    bool wide = n >= 24 && ak_load_u64le(p + 8) == distance;
    if (!wide && ak_load_u32le(p + 8) != (uint32_t)distance)
        return false;
    e->crc = ak_load_u32le(p + 4);
    e->size = wide ? ak_load_u64le(p + 16) : ak_load_u32le(p + 12);
    e->packed = distance;
    e->sizes_known = true;
    return true;
}

/* The sizes behind contents starting at `from`; else how far they may reach: up
 * to the next header.  Each byte is looked at once, so a file of headers costs
 * no more than a file of contents. */
static uint64_t find_sizes(struct ak_zip *z, struct ak_zip_entry *e, uint64_t from)
{
    uint8_t buf[SCAN_BYTES];
    for (uint64_t at = from; at < z->end;) {
        size_t n = ak_source_read_some(z->src, at, buf, sizeof(buf));
        if (n < 4)
            break;
        bool last = n < sizeof(buf);
        size_t scan = last ? n - 3 : n - 24;
        for (size_t i = 0; i < scan; i++) {
            uint32_t sig = ak_load_u32le(buf + i);
            if (sizes_fit(e, buf + i, n - i, at + i - from))
                return at + i;
            if (sig == LOCAL_SIG || sig == RECORD_SIG)
                return at + i;
        }
        if (last)
            break;
        at += scan;
    }
    return z->end;
}

/* Is this a header, or four bytes that look like one? */
static bool believable(const uint8_t *p)
{
    static const uint16_t METHODS[] = { 0, 1, 6, 8, 9, 12, 14, 93, 95, 98, 99 };
    uint16_t method = ak_load_u16le(p + 8), name = ak_load_u16le(p + 26);
    bool known = false;
    for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++)
        known |= METHODS[i] == method;
    return known && p[4] <= 63 && name > 0 && name <= NAME_SALVAGE_MAX;
}

static bool read_local(struct ak_zip *z, uint64_t at, struct ak_zip_entry *out)
{
    uint8_t *p = z->record;
    if (!read_at(z->src, at, p, LOCAL_BYTES) || !believable(p))
        return false;
    size_t name = ak_load_u16le(p + 26), extra = ak_load_u16le(p + 28);
    if (!read_at(z->src, at + LOCAL_BYTES, p + LOCAL_BYTES, name + extra))
        return false;
    *out = (struct ak_zip_entry){
        .flags = ak_load_u16le(p + 6),
        .method = ak_load_u16le(p + 8),
        .modified = dos_stamp(ak_load_u16le(p + 12), ak_load_u16le(p + 10)),
        .crc = ak_load_u32le(p + 14),
        .packed = ak_load_u32le(p + 18),
        .size = ak_load_u32le(p + 22),
        .name = { p + LOCAL_BYTES, name },
    };
    out->sizes_known = !(out->flags & AK_ZIP_SIZES_BEHIND) || out->packed != 0;
    read_extras(out, (struct ak_bytes){ p + LOCAL_BYTES + name, extra });
    out->header_at = at;
    return true;
}

bool ak_zip_salvage(struct ak_zip *z, struct ak_zip_entry *out)
{
    while (find_local(z, &z->at)) {
        uint64_t at = z->at++;
        if (!read_local(z, at, out))
            continue;
        uint64_t from = at + LOCAL_BYTES + out->name.n + ak_load_u16le(z->record + 28);
        if (!out->sizes_known) {
            z->at = find_sizes(z, out, from);
            out->packed = z->at - from;
        } else if (out->packed <= z->end - from) {
            z->at = from + out->packed;
        }
        return true;
    }
    return false;
}

/* ---- one entry as a zip of its own ---- */

static void put(uint8_t **to, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        *(*to)++ = (uint8_t)(v >> (8 * i));
}

size_t ak_zip_header_for(const struct ak_zip_entry *entry, uint8_t *to)
{
    uint8_t *p = to;
    bool known = entry->sizes_known;
    put(&p, LOCAL_SIG, 4);
    put(&p, 45, 2);
    /* Bits 1 and 2 are the method's own (LZMA: an end marker is there). */
    put(&p, (entry->flags & 6u) | (known ? 0 : AK_ZIP_SIZES_BEHIND), 2);
    put(&p, entry->method, 2);
    put(&p, 0x00210000, 4); /* 1980-01-01 */
    put(&p, known ? entry->crc : 0, 4);
    put(&p, known ? UINT32_MAX : 0, 4);
    put(&p, known ? UINT32_MAX : 0, 4);
    put(&p, 1, 2);
    put(&p, known ? 20 : 0, 2);
    put(&p, 'f', 1);
    if (known) {
        put(&p, 1, 2);
        put(&p, 16, 2);
        put(&p, entry->size, 8);
        put(&p, entry->packed, 8);
    }
    return (size_t)(p - to);
}
