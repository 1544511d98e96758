/* vhdx_log.c - the log of a VHDX, applied in memory.
 *
 * The log is a ring of entries, each a multiple of 4096 bytes:
 *
 *   offset  size  what
 *        0     4  "loge"
 *        4     4  CRC-32C of the entry, this field taken as zero
 *        8     4  bytes of the entry
 *       12     4  where in the ring the oldest entry is that is still needed
 *       16     8  sequence number
 *       24     4  number of descriptors
 *       32    16  GUID of the log, as in the header
 *       64    32  per descriptor: "desc" (a sector of 4096 bytes) or "zero" (a run of zeros)
 *
 * Behind the descriptors, from the next multiple of 4096 on, comes one data
 * sector per "desc"; its first eight and last four bytes are in the descriptor.
 *
 * The newest valid entry says where to begin; from there to it, all is applied.
 * [MS-VHDX 2.3]
 */
#include "evidence/vhdx_log.h"

#include "base/reader.h"
#include "evidence/mapped.h"

#include <stdlib.h>

enum {
    SECTOR = 4096,
    ENTRY_HEADER = 64,
    DESCRIPTOR = 32,
    RING_MAX = 64 << 20,
    PATCHES_MAX = 65536,
};

struct patch {
    uint64_t at, n;
    const uint8_t *bytes; /* NULL: zeros */
};

struct overlay {
    struct ak_source base;
    struct patch *patches; /* later ones win */
    size_t n;
};

struct ring {
    const uint8_t *bytes;
    uint32_t n;
    const uint8_t *guid;
    uint8_t *entry; /* room for n bytes: an entry unrolled */
};

/* CRC-32C (Castagnoli), reflected. */
static uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t n)
{
    static uint32_t table[256];
    if (!table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t v = i;
            for (int k = 0; k < 8; k++)
                v = v >> 1 ^ (v & 1 ? 0x82F63B78 : 0);
            table[i] = v;
        }
    for (; n > 0; n--)
        crc = crc >> 8 ^ table[(crc ^ *p++) & 0xFF];
    return crc;
}

bool ak_vhdx_sum_ok(const uint8_t *bytes, size_t n)
{
    static const uint8_t zero[4];
    uint32_t crc = crc32c(UINT32_MAX, bytes, 4);
    crc = crc32c(crc, zero, 4);
    return ~crc32c(crc, bytes + 8, n - 8) == ak_load_u32le(bytes + 4);
}

/* The entry at `at` of the ring, unrolled into ring->entry; its size, 0 when
 * there is no valid one. */
static uint32_t read_entry(const struct ring *g, uint32_t at)
{
    const uint8_t *head = g->bytes + at; /* at is a multiple of 4096, as is g->n */
    if (memcmp(head, "loge", 4) != 0 || memcmp(head + 32, g->guid, 16) != 0)
        return 0;
    uint32_t n = ak_load_u32le(head + 8);
    if (n < SECTOR || n > g->n || n % SECTOR)
        return 0;
    uint32_t first = n < g->n - at ? n : g->n - at;
    memcpy(g->entry, head, first);
    memcpy(g->entry + first, g->bytes, n - first);
    return ak_vhdx_sum_ok(g->entry, n) ? n : 0;
}

static bool add_patch(struct overlay *o, struct patch p)
{
    if (o->n == PATCHES_MAX)
        return false;
    o->patches[o->n++] = p;
    return true;
}

/* One data sector put back together. */
static const uint8_t *whole_sector(struct ak_arena *arena, const uint8_t *descriptor,
                                   const uint8_t *data)
{
    uint8_t *s = AK_NEW_N(arena, uint8_t, SECTOR);
    if (!s)
        return NULL;
    memcpy(s, descriptor + 8, 8);
    memcpy(s + 8, data + 8, SECTOR - 12);
    memcpy(s + SECTOR - 4, descriptor + 4, 4);
    return s;
}

/* Add what the entry in ring->entry, n bytes, changes. */
static bool add_entry(struct ak_arena *arena, const struct ring *g, uint32_t n, struct overlay *o)
{
    uint64_t count = ak_load_u32le(g->entry + 24);
    uint64_t data_at = (ENTRY_HEADER + count * DESCRIPTOR + SECTOR - 1) / SECTOR * SECTOR;
    if (data_at > n)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *d = g->entry + ENTRY_HEADER + i * DESCRIPTOR;
        struct patch p = { .at = ak_load_u64le(d + 16), .n = SECTOR };
        if (memcmp(d, "zero", 4) == 0) {
            p.n = ak_load_u64le(d + 8);
        } else {
            if (memcmp(d, "desc", 4) != 0 || n - data_at < SECTOR ||
                memcmp(g->entry + data_at, "data", 4) != 0)
                return false;
            p.bytes = whole_sector(arena, d, g->entry + data_at);
            data_at += SECTOR;
            if (!p.bytes)
                return false;
        }
        if (!add_patch(o, p))
            return false;
    }
    return true;
}

/* The newest entry: *out_tail and *out_seq are its.  False when there is none. */
static bool find_head(const struct ring *g, uint32_t *out_tail, uint64_t *out_seq)
{
    bool found = false;
    for (uint32_t at = 0; at < g->n; at += SECTOR) {
        if (read_entry(g, at) == 0)
            continue;
        uint64_t seq = ak_load_u64le(g->entry + 16);
        if (!found || seq > *out_seq) {
            *out_seq = seq;
            *out_tail = ak_load_u32le(g->entry + 12);
        }
        found = true;
    }
    return found;
}

/* From the tail to the head, in order. */
static bool collect(struct ak_arena *arena, const struct ring *g, struct overlay *o)
{
    uint32_t at = 0, walked = 0;
    uint64_t head = 0, seq = 0;
    if (!find_head(g, &at, &head) || at >= g->n || at % SECTOR)
        return false;
    for (bool first = true; walked < g->n; first = false) {
        uint32_t n = read_entry(g, at);
        uint64_t now = n ? ak_load_u64le(g->entry + 16) : 0;
        if (n == 0 || (!first && now != seq + 1) || !add_entry(arena, g, n, o))
            return false;
        if (now == head)
            return true;
        seq = now;
        walked += n;
        at = (at + n) % g->n;
    }
    return false;
}

static void apply(const struct patch *p, uint64_t at, uint8_t *to, size_t n)
{
    uint64_t from = p->at > at ? p->at : at;
    uint64_t end = p->at + p->n < at + n ? p->at + p->n : at + n;
    if (p->at + p->n < p->at || from >= end)
        return;
    if (p->bytes)
        memcpy(to + (from - at), p->bytes + (from - p->at), (size_t)(end - from));
    else
        memset(to + (from - at), 0, (size_t)(end - from));
}

static enum ak_status overlay_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                   size_t *out_missing)
{
    const struct overlay *o = (const struct overlay *)self;
    enum ak_status st = ak_source_read(self->below, at, buf, n, out_missing);
    for (size_t i = 0; st == AK_OK && i < o->n; i++)
        apply(&o->patches[i], at, buf, n);
    return st;
}

static void overlay_close(struct ak_source *self) { (void)self; /* all of it is the arena's */ }

/* The ring in memory; false when it is empty, too large or not there. */
static bool read_ring(struct ak_arena *arena, struct ak_source *src, const uint8_t *header,
                      struct ring *g, struct ak_disk *out)
{
    static const uint8_t NONE[16];
    uint64_t n = ak_load_u32le(header + 68), at = ak_load_u64le(header + 72);
    g->guid = header + 48;
    if (memcmp(g->guid, NONE, sizeof(NONE)) == 0)
        return false;
    uint8_t *bytes =
        n && n <= RING_MAX && n % SECTOR == 0 ? AK_NEW_N(arena, uint8_t, (size_t)n) : NULL;
    g->entry = bytes ? AK_NEW_N(arena, uint8_t, (size_t)n) : NULL;
    g->bytes = bytes;
    g->n = (uint32_t)n;
    if (g->entry && ak_source_read_some(src, at, bytes, (size_t)n) == n)
        return true;
    ak_disk_note(out, "the log of the disk image cannot be read; its changes are not applied");
    return false;
}

enum ak_status ak_vhdx_log(struct ak_arena *arena, struct ak_source *src, const uint8_t *header,
                           struct ak_disk *out, struct ak_source **out_src)
{
    static const struct ak_source_ops OPS = { "vhdx.log", overlay_read, overlay_close };
    struct ring g = { 0 };
    *out_src = NULL;
    if (!read_ring(arena, src, header, &g, out))
        return AK_OK;
    struct overlay *o = AK_NEW(arena, struct overlay);
    if (!o)
        return AK_ERR_LIMIT;
    o->base = (struct ak_source){ &OPS, src, src->size };
    o->patches = AK_NEW_N(arena, struct patch, PATCHES_MAX);
    if (!o->patches)
        return AK_ERR_LIMIT;
    if (!collect(arena, &g, o)) {
        ak_disk_note(out, "the log of the disk image cannot be read; its changes are not applied");
        return AK_OK;
    }
    ak_disk_note(out, "the log of the disk image held changes; they are applied in memory");
    *out_src = &o->base;
    return AK_OK;
}
