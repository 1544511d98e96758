/* evtx.c - see evtx.h. */
#include "format/evtx.h"

#include <libdeflate.h>

enum {
    FLAG_DIRTY = 1,
    FLAG_NO_CRC = 4, /* seen on files written without checksums: they are zero */
    FILE_HEADER_USED = 128,
    FILE_CRC_AT = 124,
    CHUNK_CRC_AT = 124, /* of [0, 120) and [128, 512) */
    CHUNK_TABLES_AT = 128,
};

static const char FILE_MAGIC[8] = "ElfFile";
static const char CHUNK_MAGIC[8] = "ElfChnk";
static const uint8_t RECORD_MAGIC[4] = { 0x2A, 0x2A, 0, 0 };

const char *ak_evtx_fault(unsigned bit)
{
    static const char *const WORDS[AK_EVTX_N_FAULTS] = {
        "the log was not closed properly (dirty flag)",
        "the file header's checksum is wrong",
        "unknown version of the event log format",
        "the file ends inside its header",
        "the chunk header's checksum is wrong",
        "the checksum over the chunk's records is wrong",
        "the chunk's free space does not begin inside it",
        "the chunk is cut short",
    };
    return WORDS[bit];
}

unsigned ak_evtx_check_file(struct ak_bytes head)
{
    struct ak_reader r = ak_rd_open(head, 0);
    if (memcmp(ak_rd_take(&r, head.n < 8 ? head.n : 8).at, FILE_MAGIC, head.n < 8 ? head.n : 8))
        return AK_EVTX_FILE_VERSION;
    ak_rd_seek(&r, 36);
    uint16_t minor = ak_rd_u16le(&r), major = ak_rd_u16le(&r);
    ak_rd_seek(&r, 120);
    uint32_t flags = ak_rd_u32le(&r), crc = ak_rd_u32le(&r);
    if (!ak_rd_ok(&r) || head.n < AK_EVTX_FILE_HEADER)
        return AK_EVTX_FILE_SHORT;
    unsigned faults = flags & FLAG_DIRTY ? AK_EVTX_FILE_DIRTY : 0;
    if (!(flags & FLAG_NO_CRC) && libdeflate_crc32(0, head.at, 120) != crc)
        faults |= AK_EVTX_FILE_CRC;
    if (major != 3 || minor > 2)
        faults |= AK_EVTX_FILE_VERSION;
    return faults;
}

static uint32_t header_crc(const uint8_t *chunk)
{
    uint32_t crc = libdeflate_crc32(0, chunk, 120);
    return libdeflate_crc32(crc, chunk + CHUNK_TABLES_AT, AK_EVTX_CHUNK_HEADER - CHUNK_TABLES_AT);
}

struct ak_evtx_chunk ak_evtx_chunk_open(struct ak_bytes bytes, uint64_t origin)
{
    struct ak_evtx_chunk c = { .bytes = bytes, .origin = origin, .used = bytes.n };
    struct ak_reader r = ak_rd_open(bytes, origin);
    ak_rd_seek(&r, 24);
    c.first_id = ak_rd_u64le(&r);
    c.last_id = ak_rd_u64le(&r);
    ak_rd_seek(&r, 48);
    uint32_t free_at = ak_rd_u32le(&r), data_crc = ak_rd_u32le(&r);
    ak_rd_seek(&r, 120);
    uint32_t flags = ak_rd_u32le(&r), crc = ak_rd_u32le(&r);
    if (!ak_rd_ok(&r) || bytes.n < AK_EVTX_CHUNK_HEADER) {
        c.faults = AK_EVTX_CHUNK_SHORT;
        return c;
    }
    bool checked = !(flags & FLAG_NO_CRC);
    if (checked && header_crc(bytes.at) != crc)
        c.faults |= AK_EVTX_CHUNK_HEADER_CRC;
    if (bytes.n < AK_EVTX_CHUNK)
        c.faults |= AK_EVTX_CHUNK_SHORT;
    if (free_at < AK_EVTX_CHUNK_HEADER || free_at > AK_EVTX_CHUNK) {
        c.faults |= AK_EVTX_CHUNK_FREE;
        return c;
    }
    if (free_at > bytes.n)
        return c;
    c.used = free_at;
    if (checked && libdeflate_crc32(0, bytes.at + AK_EVTX_CHUNK_HEADER,
                                    c.used - AK_EVTX_CHUNK_HEADER) != data_crc)
        c.faults |= AK_EVTX_CHUNK_DATA_CRC;
    return c;
}

bool ak_evtx_record_at(const struct ak_evtx_chunk *chunk, size_t at, size_t end,
                       struct ak_evtx_record *out)
{
    if (at > end || end - at < AK_EVTX_RECORD_MIN)
        return false;
    const uint8_t *p = chunk->bytes.at + at; /* the bytes up to `end` are known to be there */
    if (memcmp(p, RECORD_MAGIC, sizeof(RECORD_MAGIC)) != 0)
        return false;
    size_t size = ak_load_u32le(p + 4);
    if (size < AK_EVTX_RECORD_MIN || size > end - at)
        return false;
    *out = (struct ak_evtx_record){ .at = at,
                                    .size = size,
                                    .id = ak_load_u64le(p + 8),
                                    .written = ak_load_u64le(p + 16),
                                    .sealed = ak_load_u32le(p + size - 4) == size };
    return true;
}

size_t ak_evtx_next_mark(const struct ak_evtx_chunk *chunk, size_t at, size_t end)
{
    if (at >= end)
        return end;
    /* Slack is mostly zeros, which the mark ends in: memmem() would look at each.
     * Its first byte is rare. */
    while (end - at >= sizeof(RECORD_MAGIC)) {
        const uint8_t *found =
            memchr(chunk->bytes.at + at, RECORD_MAGIC[0], end - at - sizeof(RECORD_MAGIC) + 1);
        if (!found)
            return end;
        at = (size_t)(found - chunk->bytes.at);
        if (memcmp(found, RECORD_MAGIC, sizeof(RECORD_MAGIC)) == 0)
            return at;
        at++;
    }
    return end;
}

size_t ak_evtx_next_chunk(struct ak_bytes bytes, size_t at)
{
    if (at >= bytes.n)
        return bytes.n;
    const uint8_t *found = memmem(bytes.at + at, bytes.n - at, CHUNK_MAGIC, sizeof(CHUNK_MAGIC));
    return found ? (size_t)(found - bytes.at) : bytes.n;
}
