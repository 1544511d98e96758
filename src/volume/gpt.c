/* gpt.c - GUID partition tables (UEFI 2.10, chapter 5).
 *
 *   offset  size  what (sector 1, and a copy in the last sector; little-endian)
 *        0     8  "EFI PART"
 *       12     4  bytes of the header, 16: its CRC-32, this field taken as zero
 *       24     8  sector of this header, 32: of the other one
 *       56    16  GUID of the disk
 *       72     8  first sector of the entries, 80: their number, 84: bytes of one
 *       88     4  CRC-32 of the entries
 *
 * An entry: type GUID, own GUID, first sector (32), last sector (40), attributes
 * (48), name in UTF-16LE (56, 72 bytes).
 *
 * Facts and their sources: docs/formats/volume.gpt.md
 */
#include "volume/parts.h"

#include "base/reader.h"
#include "base/utf.h"

#include <libdeflate.h>
#include <stdio.h>

enum {
    HEADER_MIN = 92,
    HEADER_MAX = 4096,
    ENTRY_MIN = 128,
    ENTRY_MAX = 4096,
    ENTRIES_MAX = 16384,
    ENTRIES_BYTES_MAX = 4 << 20,
};

struct gpt {
    uint64_t entries_at;
    uint32_t n, entry_bytes, entries_crc, sector;
    bool crc_ok;
};

/* Types of partitions [UEFI, Discoverable Partitions Specification, Microsoft]. */
static const struct {
    const char *guid, *name;
} TYPES[] = {
    { "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system" },
    { "e3c9e316-0b5c-4db8-817d-f92df00215ae", "Microsoft reserved" },
    { "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "Basic data" },
    { "de94bba4-06d1-4d40-a16a-bfd50179d6ac", "Windows recovery" },
    { "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", "Windows dynamic disk metadata" },
    { "af9b60a0-1431-4f62-bc68-3311714a69ad", "Windows dynamic disk data" },
    { "e75caf8f-f680-4cee-afa3-b001e56efc2d", "Storage Spaces" },
    { "0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux file system" },
    { "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap" },
    { "e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM" },
    { "a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID" },
    { "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root (x86-64)" },
    { "933ac7e1-2eb4-4f13-b844-0e14e2aef915", "Linux home" },
    { "21686148-6449-6e6f-744e-656564454649", "BIOS boot" },
    { "48465300-0000-11aa-aa11-00306543ecac", "Apple HFS+" },
    { "7c3457ef-0000-11aa-aa11-00306543ecac", "Apple APFS" },
    { "53746f72-6167-11aa-aa11-00306543ecac", "Apple Core Storage" },
    { "aa31e02a-400f-11db-9590-000c2911d1b8", "VMware VMFS" },
    { "9d275380-40ad-11db-bf97-000c2911d1b8", "VMware diagnostics" },
    { "516e7cb6-6ecf-11d6-8ff8-00022d09712b", "FreeBSD UFS" },
    { "516e7cba-6ecf-11d6-8ff8-00022d09712b", "FreeBSD ZFS" },
    { "6a898cc3-1dd2-11b2-99a6-080020736631", "ZFS" },
};

static bool header_crc_ok(struct ak_source *disk, uint64_t at, uint32_t n)
{
    uint8_t b[HEADER_MAX];
    if (ak_source_read_some(disk, at, b, n) < n)
        return false;
    uint32_t want = ak_load_u32le(b + 16);
    memset(b + 16, 0, 4);
    return libdeflate_crc32(0, b, n) == want;
}

/* The header at byte `at`; false when there is none or its sizes make no sense. */
static bool read_header(struct ak_source *disk, uint64_t at, uint32_t sector, struct gpt *g)
{
    uint8_t b[HEADER_MIN];
    if (ak_source_read_some(disk, at, b, sizeof(b)) < sizeof(b) || memcmp(b, "EFI PART", 8) != 0)
        return false;
    uint32_t n = ak_load_u32le(b + 12);
    *g = (struct gpt){ .n = ak_load_u32le(b + 80),
                       .entry_bytes = ak_load_u32le(b + 84),
                       .entries_crc = ak_load_u32le(b + 88),
                       .sector = sector };
    g->crc_ok = n >= HEADER_MIN && n <= HEADER_MAX && header_crc_ok(disk, at, n);
    if (__builtin_mul_overflow(ak_load_u64le(b + 72), sector, &g->entries_at))
        return false;
    return g->n > 0 && g->n <= ENTRIES_MAX && g->entry_bytes >= ENTRY_MIN &&
           g->entry_bytes <= ENTRY_MAX && (uint64_t)g->n * g->entry_bytes <= ENTRIES_BYTES_MAX;
}

/* The entries, and whether their checksum is right; NULL when they are not there. */
static const uint8_t *read_entries(struct ak_parts *p, const struct gpt *g, bool *out_ok)
{
    size_t n = (size_t)g->n * g->entry_bytes;
    uint8_t *b = AK_NEW_N(p->arena, uint8_t, n);
    if (!b) {
        p->spent = true;
        return NULL;
    }
    if (ak_source_read_some(p->disk, g->entries_at, b, n) < n)
        return NULL;
    *out_ok = libdeflate_crc32(0, b, n) == g->entries_crc;
    return b;
}

static struct ak_str type_text(struct ak_parts *p, const uint8_t *g)
{
    char text[40];
    snprintf(text, sizeof(text), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             ak_load_u32le(g), ak_load_u16le(g + 4), ak_load_u16le(g + 6), g[8], g[9], g[10], g[11],
             g[12], g[13], g[14], g[15]);
    return ak_parts_text(p, text);
}

static void add_entry(struct ak_parts *p, const struct gpt *g, const uint8_t *e)
{
    static const uint8_t UNUSED[16];
    uint64_t first = ak_load_u64le(e + 32), last = ak_load_u64le(e + 40);
    if (memcmp(e, UNUSED, sizeof(UNUSED)) == 0)
        return;
    if (last < first || last - first == UINT64_MAX) {
        ak_parts_note(p, "a partition ends before it begins");
        return;
    }
    struct ak_volume *v = ak_parts_add(p, AK_STR("gpt"), first, last - first + 1, g->sector);
    if (!v)
        return;
    struct ak_bytes name = ak_utf16_until_nul((struct ak_bytes){ e + 56, 72 });
    v->type = type_text(p, e);
    if (ak_utf16le(p->arena, name, &v->label) != AK_OK)
        p->spent = true;
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]) && v->label.n == 0; i++)
        if (ak_str_eq(v->type, ak_str_of(TYPES[i].guid)))
            v->label = ak_str_of(TYPES[i].name);
}

/* The table whose header is at `at`.  `strict`: only when all checksums hold. */
static bool read_gpt(struct ak_parts *p, uint64_t at, uint32_t sector, bool strict)
{
    struct gpt g;
    bool entries_ok = false;
    if (!read_header(p->disk, at, sector, &g) || (strict && !g.crc_ok))
        return false;
    const uint8_t *e = read_entries(p, &g, &entries_ok);
    if (!e || (strict && !entries_ok))
        return false;
    if (!g.crc_ok || !entries_ok)
        ak_parts_note(p, "a checksum of the partition table is wrong");
    for (uint32_t i = 0; i < g.n && !p->spent; i++)
        add_entry(p, &g, e + (size_t)i * g.entry_bytes);
    return true;
}

/* Is the copy at the end of the disk readable, too?  It should be, but an image
 * cut short does not have it. */
static void check_copy(struct ak_parts *p, uint32_t sector)
{
    struct gpt g;
    if (!read_header(p->disk, p->disk->size - sector, sector, &g))
        ak_parts_note(p, "the copy of the partition table at the end of the disk is missing");
}

bool ak_parts_gpt(struct ak_parts *p)
{
    static const uint32_t SECTORS[] = { 512, 4096 };
    for (size_t i = 0; i < 2; i++)
        if (p->disk->size >= 2 * SECTORS[i] && read_gpt(p, SECTORS[i], SECTORS[i], true)) {
            check_copy(p, SECTORS[i]);
            return true;
        }
    for (size_t i = 0; i < 2; i++)
        if (p->disk->size >= 2 * SECTORS[i] &&
            read_gpt(p, p->disk->size - SECTORS[i], SECTORS[i], true)) {
            ak_parts_note(p, "the partition table is damaged; its copy at the end is used");
            return true;
        }
    for (size_t i = 0; i < 2; i++)
        if (p->disk->size >= 2 * SECTORS[i] &&
            (read_gpt(p, SECTORS[i], SECTORS[i], false) ||
             read_gpt(p, p->disk->size - SECTORS[i], SECTORS[i], false)))
            return true;
    return false;
}
