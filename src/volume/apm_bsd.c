/* apm_bsd.c - Apple partition maps and BSD disk labels.
 *
 * Apple (big-endian): block 0 begins with "ER" and the size of a block; from
 * block 1 on one entry each: "PM", entries of the map (4), first block (8),
 * blocks (12), name (16, 32 bytes), type (48, 32 bytes).
 *
 * BSD (little-endian here): one sector into the disk or its slice, 0x82564557,
 * bytes of a sector (40), the magic again (132), number of partitions (138);
 * from 148 on 16 bytes each: sectors, first sector, fragment size, type (12).
 *
 * Facts and their sources: docs/formats/volume.apm.md, volume.bsd.md
 */
#include "volume/parts.h"

#include "base/reader.h"

#include <stdio.h>

enum {
    APM_BLOCK_MIN = 512,
    APM_ENTRY_BYTES = 80,
    APM_ENTRIES_MAX = 256,
    BSD_LABEL_BYTES = 512,
    BSD_PARTITIONS_MAX = 22,
    BSD_WHOLE = 2, /* partition c is the disk or the slice */
};

static const uint32_t BSD_MAGIC = 0x82564557;

static struct ak_str field(struct ak_parts *p, const uint8_t *b, size_t n)
{
    char text[40] = { 0 };
    memcpy(text, b, n < sizeof(text) - 1 ? n : sizeof(text) - 1);
    return ak_parts_text(p, text);
}

static void add_apm(struct ak_parts *p, const uint8_t *b, uint32_t block)
{
    uint32_t count = ak_load_u32be(b + 12);
    if (count == 0)
        return;
    struct ak_volume *v = ak_parts_add(p, AK_STR("apm"), ak_load_u32be(b + 8), count, block);
    if (!v)
        return;
    v->label = field(p, b + 16, 32);
    v->type = field(p, b + 48, 32);
    if (v->label.n == 0)
        v->label = v->type;
    v->allocated = !ak_str_eq(v->type, AK_STR("Apple_Free"));
}

bool ak_parts_apm(struct ak_parts *p)
{
    uint8_t b[APM_ENTRY_BYTES];
    if (ak_source_read_some(p->disk, 0, b, 4) < 4 || memcmp(b, "ER", 2) != 0)
        return false;
    uint32_t block = ak_load_u16be(b + 2), n = 1;
    if (block < APM_BLOCK_MIN)
        block = APM_BLOCK_MIN;
    if (ak_source_read_some(p->disk, block, b, sizeof(b)) < sizeof(b) || memcmp(b, "PM", 2) != 0)
        block = APM_BLOCK_MIN; /* discs of 2048-byte blocks often keep a map of 512-byte ones */
    for (uint32_t i = 1; i <= n && i <= APM_ENTRIES_MAX; i++) {
        if (ak_source_read_some(p->disk, (uint64_t)i * block, b, sizeof(b)) < sizeof(b) ||
            memcmp(b, "PM", 2) != 0) {
            if (i > 1)
                ak_parts_note(p, "the partition map is shorter than it says");
            break;
        }
        n = i == 1 ? ak_load_u32be(b + 4) : n;
        add_apm(p, b, block);
    }
    return p->n > 0;
}

/* Some systems count from the start of the disk, some from that of the slice:
 * partition c, which is the slice, tells. */
static uint64_t bsd_base(const uint8_t *b, uint32_t n, uint64_t at, uint32_t sector)
{
    uint64_t c = n > BSD_WHOLE ? ak_load_u32le(b + 148 + BSD_WHOLE * 16 + 4) : 0;
    return at && c * sector != at ? at / sector : 0;
}

static void add_bsd(struct ak_parts *p, const uint8_t *e, uint64_t base, uint32_t sector,
                    uint32_t index)
{
    if (ak_load_u32le(e) == 0)
        return;
    struct ak_volume *v =
        ak_parts_add(p, AK_STR("bsd"), base + ak_load_u32le(e + 4), ak_load_u32le(e), sector);
    if (!v)
        return;
    char text[8];
    snprintf(text, sizeof(text), "0x%02x", e[12]);
    v->type = ak_parts_text(p, text);
    snprintf(text, sizeof(text), "%c", (char)('a' + index));
    v->label = ak_parts_text(p, text);
}

bool ak_parts_bsd(struct ak_parts *p, uint64_t at)
{
    uint8_t b[BSD_LABEL_BYTES];
    if (at >= p->disk->size || ak_source_read_some(p->disk, at + 512, b, sizeof(b)) < sizeof(b) ||
        ak_load_u32le(b) != BSD_MAGIC || ak_load_u32le(b + 132) != BSD_MAGIC)
        return false;
    uint32_t sector = ak_load_u32le(b + 40), n = ak_load_u16le(b + 138);
    size_t before = p->n;
    if (sector < 512 || sector > 4096 || n > BSD_PARTITIONS_MAX)
        return false;
    uint64_t base = bsd_base(b, n, at, sector);
    for (uint32_t i = 0; i < n; i++)
        if (i != BSD_WHOLE)
            add_bsd(p, b + 148 + (size_t)i * 16, base, sector, i);
    return p->n > before;
}
