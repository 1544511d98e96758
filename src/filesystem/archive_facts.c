/* archive_facts.c - facts of headers that libarchive 3.6 keeps to itself: that a
 * RAR 5 entry is encrypted, that a RAR is divided, that an LHA time has no zone.
 *
 *   RAR 5 header   CRC32 (4), size (vint, from the type on), type (vint),
 *                  flags (vint), extra size (vint, flag 1), data size (vint, flag 2)
 *     type 1 main  archive flags (vint): 1 volume
 *     type 2 file  extra records at the header's end: size (vint), type (vint); 1 encryption
 *   RAR 4 main     CRC16 (2), type 0x73, flags (2): 1 volume
 *
 *   LHA            time at 15: MS-DOS (local) in levels 0 and 1, Unix from level 2 on;
 *                  levels 0 and 1 may carry a Unix or Windows time besides
 *
 * Facts and their sources: docs/formats/archive.md */
#include "base/reader.h"
#include "filesystem/archive_parts.h"

enum {
    SIG5_BYTES = 8,
    SIG4_BYTES = 7,
    HEADER_MAX = 8192, /* name, times, owner; longer ones are skipped unread */
    HAS_EXTRA = 1,
    HAS_DATA = 2,
    TYPE_MAIN = 1,
    TYPE_FILE = 2,
    EXTRA_ENCRYPTION = 1,
    LHA_HEADER_MAX = 4096,
    LHA_UNIX_TIME = 0x54,
    LHA_WINDOWS_TIME = 0x41,
    HEADERS_MAX = 2 * AK_ARCHIVE_ENTRIES_MAX, /* passed over in one search */
};

/* One header read whole. */
struct header {
    uint8_t raw[HEADER_MAX];
    struct ak_reader r; /* behind type, flags and sizes */
    uint64_t type, flags, extra, next_at;
};

static bool read_header(struct ak_source *src, uint64_t at, struct header *h)
{
    size_t n = ak_source_read_some(src, at, h->raw, sizeof(h->raw));
    struct ak_reader all = ak_rd_open((struct ak_bytes){ h->raw, n }, at);
    ak_rd_skip(&all, 4);
    uint64_t size = ak_rd_varint(&all), data = 0;
    if (!ak_rd_ok(&all) || size == 0)
        return false;
    uint64_t body = size < ak_rd_left(&all) ? size : ak_rd_left(&all);
    h->next_at = ak_rd_where(&all);
    h->r = ak_rd_window(&all, all.pos, body);
    h->type = ak_rd_varint(&h->r);
    h->flags = ak_rd_varint(&h->r);
    h->extra = h->flags & HAS_EXTRA ? ak_rd_varint(&h->r) : 0;
    data = h->flags & HAS_DATA ? ak_rd_varint(&h->r) : 0;
    return ak_rd_ok(&h->r) && !__builtin_add_overflow(h->next_at, size, &h->next_at) &&
           !__builtin_add_overflow(h->next_at, data, &h->next_at);
}

/* An encryption record among the extra records at the header's end? */
static bool says_encrypted(struct header *h)
{
    if (!(h->flags & HAS_EXTRA) || h->extra > h->r.in.n)
        return false;
    struct ak_reader extra = ak_rd_window(&h->r, h->r.in.n - h->extra, h->extra);
    while (ak_rd_ok(&extra) && ak_rd_left(&extra)) {
        struct ak_reader record = ak_rd_open(ak_rd_take(&extra, (size_t)ak_rd_varint(&extra)), 0);
        if (ak_rd_varint(&record) == EXTRA_ENCRYPTION && ak_rd_ok(&record))
            return true;
    }
    return false;
}

void ak_rar5_begin(struct ak_rar5_scan *scan, struct ak_source *src, uint64_t start)
{
    *scan = (struct ak_rar5_scan){ src, start + SIG5_BYTES };
}

bool ak_rar5_next_encrypted(struct ak_rar5_scan *scan)
{
    struct header h;
    for (uint32_t i = 0; i < HEADERS_MAX && read_header(scan->src, scan->at, &h); i++) {
        scan->at = h.next_at; /* always forward: a header has a size */
        if (h.type == TYPE_FILE)
            return says_encrypted(&h);
    }
    return false;
}

bool ak_rar_is_volume(struct ak_source *src, uint64_t start)
{
    struct header h;
    uint8_t head[SIG4_BYTES + 13];
    if (ak_source_read(src, start, head, sizeof(head), NULL) != AK_OK ||
        memcmp(head, "Rar!\x1A\x07", 6) != 0)
        return false;
    if (head[6] == 0)
        return head[SIG4_BYTES + 2] == 0x73 && (head[SIG4_BYTES + 3] & 1);
    return read_header(src, start + SIG5_BYTES, &h) && h.type == TYPE_MAIN &&
           (ak_rd_varint(&h.r) & 1);
}

/* Level 0: an area of the writer's behind name and checksum; 'U' with a time. */
static bool level0_has_unix(struct ak_reader *r, uint8_t name)
{
    ak_rd_seek(r, 22 + (uint64_t)name + 2);
    return ak_rd_u8(r) == 'U' && ak_rd_has(r, 5, 1);
}

/* Level 1: further headers, each: type, data, size of the next. */
static bool level1_has_utc(struct ak_reader *r, uint8_t base)
{
    ak_rd_seek(r, base);
    uint16_t size = ak_rd_u16le(r);
    while (ak_rd_ok(r) && size > 2) {
        uint8_t type = ak_rd_u8(r);
        if (type == LHA_UNIX_TIME || type == LHA_WINDOWS_TIME)
            return ak_rd_ok(r);
        ak_rd_skip(r, size - 3u);
        size = ak_rd_u16le(r);
    }
    return false;
}

bool ak_lha_time_is_local(struct ak_source *src, uint64_t header_at)
{
    uint8_t raw[LHA_HEADER_MAX];
    size_t n = ak_source_read_some(src, header_at, raw, sizeof(raw));
    struct ak_reader r = ak_rd_open((struct ak_bytes){ raw, n }, 0);
    if (n < 24 || raw[2] != '-' || raw[3] != 'l')
        return true;
    if (raw[20] == 0)
        return !level0_has_unix(&r, raw[21]);
    return raw[20] == 1 && !level1_has_utc(&r, raw[0]);
}
