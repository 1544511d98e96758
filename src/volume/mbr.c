/* mbr.c - the partition table of DOS and Windows, in the first sector of a disk.
 *
 *   offset  size  what (little-endian)
 *      440     4  disk signature
 *      446    16  four entries: status (0x80 or 0), CHS, type (at 4), CHS,
 *                 first sector (8), sectors (12)
 *      510     2  0x55 0xAA
 *
 * An entry of type 5, 0x0F or 0x85 begins a chain of such tables: in each, the
 * first entry is a partition (relative to that table), the second leads on
 * (relative to the first table of the chain).
 *
 * The first sector of a FAT or NTFS volume ends in 0x55 0xAA, too: its bytes at
 * 446 are code, and its name is at 3.
 *
 * Facts and their sources: docs/formats/volume.mbr.md
 */
#include "volume/parts.h"

#include "base/reader.h"

#include <stdio.h>

enum {
    SECTOR = 512,
    ENTRIES_AT = 446,
    ENTRIES = 4,
    CHAIN_MAX = 256, /* tables of one extended partition */
    TYPE_GPT = 0xEE,
};

struct entry {
    uint8_t status, type;
    uint32_t first, count;
};

struct chain {
    uint64_t seen[CHAIN_MAX];
    size_t n;
};

/* What types are usually for [util-linux, Brouwer's list of partition types]. */
static const struct {
    uint8_t type;
    const char *name;
} TYPES[] = {
    { 0x01, "FAT12" },
    { 0x04, "FAT16 (under 32 MB)" },
    { 0x05, "Extended" },
    { 0x06, "FAT16" },
    { 0x07, "NTFS or exFAT" },
    { 0x0B, "FAT32" },
    { 0x0C, "FAT32 (LBA)" },
    { 0x0E, "FAT16 (LBA)" },
    { 0x0F, "Extended (LBA)" },
    { 0x11, "Hidden FAT12" },
    { 0x12, "OEM diagnostics" },
    { 0x14, "Hidden FAT16 (under 32 MB)" },
    { 0x16, "Hidden FAT16" },
    { 0x17, "Hidden NTFS" },
    { 0x1B, "Hidden FAT32" },
    { 0x1C, "Hidden FAT32 (LBA)" },
    { 0x1E, "Hidden FAT16 (LBA)" },
    { 0x27, "Windows recovery" },
    { 0x42, "Windows dynamic disk" },
    { 0x82, "Linux swap" },
    { 0x83, "Linux" },
    { 0x84, "Hibernation" },
    { 0x85, "Linux extended" },
    { 0x8E, "Linux LVM" },
    { 0xA5, "FreeBSD" },
    { 0xA6, "OpenBSD" },
    { 0xA8, "Apple UFS" },
    { 0xA9, "NetBSD" },
    { 0xAB, "Apple boot" },
    { 0xAF, "Apple HFS or HFS+" },
    { 0xBF, "Solaris" },
    { 0xE7, "Storage Spaces" },
    { 0xEE, "GPT protective" },
    { 0xEF, "EFI system" },
    { 0xFB, "VMware VMFS" },
    { 0xFC, "VMware swap" },
    { 0xFD, "Linux RAID" },
};

const char *ak_mbr_type_name(uint8_t type)
{
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
        if (TYPES[i].type == type)
            return TYPES[i].name;
    return "";
}

static bool is_extended(uint8_t type) { return type == 0x05 || type == 0x0F || type == 0x85; }

/* The four entries of the table at byte `at`; false when there is no table. */
static bool read_table(struct ak_source *disk, uint64_t at, struct entry *e)
{
    uint8_t b[SECTOR];
    if (ak_source_read_some(disk, at, b, sizeof(b)) < sizeof(b) || b[510] != 0x55 || b[511] != 0xAA)
        return false;
    for (size_t i = 0; i < ENTRIES; i++) {
        const uint8_t *p = b + ENTRIES_AT + i * 16;
        e[i] = (struct entry){ p[0], p[4], ak_load_u32le(p + 8), ak_load_u32le(p + 12) };
    }
    return true;
}

/* Is this a table and not boot code?  Status bytes are 0 or 0x80, some entry
 * has a type and sectors, and begins on the disk. */
static bool plausible(struct ak_source *disk, const struct entry *e, uint32_t sector)
{
    size_t n = 0;
    for (size_t i = 0; i < ENTRIES; i++) {
        if (e[i].status & 0x7F)
            return false;
        if (e[i].type && e[i].count && e[i].first < disk->size / sector)
            n++;
    }
    return n > 0;
}

bool ak_parts_protective(struct ak_source *disk)
{
    struct entry e[ENTRIES];
    if (!read_table(disk, 0, e))
        return false;
    for (size_t i = 0; i < ENTRIES; i++)
        if (e[i].type == TYPE_GPT)
            return true;
    return false;
}

static void add(struct ak_parts *p, const struct entry *e, uint64_t base, uint32_t sector)
{
    bool bsd = e->type == 0xA5 || e->type == 0xA6 || e->type == 0xA9;
    if (bsd && ak_parts_bsd(p, (base + e->first) * sector))
        return;
    struct ak_volume *v = ak_parts_add(p, AK_STR("mbr"), base + e->first, e->count, sector);
    if (!v)
        return;
    char type[8];
    snprintf(type, sizeof(type), "0x%02x", e->type);
    v->type = ak_parts_text(p, type);
    v->label = ak_str_of(ak_mbr_type_name(e->type));
}

static bool first_visit(struct chain *c, uint64_t at)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->seen[i] == at)
            return false;
    if (c->n == CHAIN_MAX)
        return false;
    c->seen[c->n++] = at;
    return true;
}

/* Follow one extended partition that begins at sector `base`. */
static void add_chain(struct ak_parts *p, uint64_t base, uint32_t sector)
{
    struct chain c = { .n = 0 };
    uint64_t table = base;
    for (;;) {
        struct entry e[ENTRIES];
        uint64_t next = 0;
        if (!first_visit(&c, table)) {
            ak_parts_note(p, "the chain of logical partitions runs in a circle or is too long");
            return;
        }
        if (!read_table(p->disk, table * sector, e)) {
            ak_parts_note(p, "the chain of logical partitions is broken");
            return;
        }
        for (size_t i = 0; i < ENTRIES; i++) {
            if (is_extended(e[i].type) && e[i].count && !next)
                next = base + e[i].first;
            else if (e[i].type && e[i].count && !is_extended(e[i].type))
                add(p, &e[i], table, sector);
        }
        if (next == 0)
            return;
        table = next;
    }
}

/* Disks of 4096-byte sectors say nothing about it: what the first partition
 * holds does. */
static uint32_t sector_size(struct ak_source *disk, const struct entry *e)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        struct ak_source *small = NULL, *large = NULL;
        bool is_small = false, is_large = false;
        if (!e[i].type || !e[i].count || is_extended(e[i].type))
            continue;
        if (ak_source_slice(disk, (uint64_t)e[i].first * 512, UINT64_MAX, &small) == AK_OK)
            is_small = ak_volume_identify(small) != NULL;
        if (ak_source_slice(disk, (uint64_t)e[i].first * 4096, UINT64_MAX, &large) == AK_OK)
            is_large = ak_volume_identify(large) != NULL;
        ak_source_close(small);
        ak_source_close(large);
        if (is_small != is_large)
            return is_small ? 512 : 4096;
    }
    return 512;
}

bool ak_parts_mbr(struct ak_parts *p)
{
    struct entry e[ENTRIES];
    if (!read_table(p->disk, 0, e) || !plausible(p->disk, e, SECTOR))
        return false;
    uint32_t sector = sector_size(p->disk, e);
    for (size_t i = 0; i < ENTRIES; i++) {
        if (!e[i].type || !e[i].count)
            continue;
        if (e[i].type == TYPE_GPT)
            ak_parts_note(p, "the disk says it has a GPT, but none is readable");
        if (is_extended(e[i].type))
            add_chain(p, e[i].first, sector);
        else
            add(p, &e[i], 0, sector);
    }
    return true;
}
