/* gpt_writer.c - a protective MBR, a GUID partition table with one entry, its
 * copy at the end.  [UEFI 2.10, 5.2 and 5.3] */
#include "tests/support/gpt_writer.h"

#include <stdlib.h>
#include <zlib.h>

enum { SECTOR = 512, FIRST = 2048, TABLE_SECTORS = 32, ENTRIES = 128, ENTRY = 128 };

static void le(uint8_t *at, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

static const uint8_t USES[][16] = {
    [GPT_LINUX] = { 0xAF, 0x3D, 0xC6, 0x0F, 0x83, 0x84, 0x72, 0x47, 0x8E, 0x79, 0x3D, 0x69, 0xD8,
                    0x47, 0x7D, 0xE4 },
    [GPT_WINDOWS] = { 0xA2, 0xA0, 0xD0, 0xEB, 0xE5, 0xB9, 0x33, 0x44, 0x87, 0xC0, 0x68, 0xB6, 0xB7,
                      0x26, 0x99, 0xC7 },
};

static void put_mbr(uint8_t *disk, uint64_t sectors)
{
    uint8_t *e = disk + 446;
    le(e, 0x00020000, 4);
    le(e + 4, 0xFFFFFFEE, 4);
    le(e + 8, 1, 4);
    le(e + 12, sectors - 1, 4);
    le(disk + 510, 0xAA55, 2);
}

static void put_table(uint8_t *table, uint64_t sectors, enum gpt_use use, const char *name)
{
    memcpy(table, USES[use], 16);
    memcpy(table + 16, "akashi partition", 16);
    le(table + 32, FIRST, 8);
    le(table + 40, FIRST + sectors - 1, 8);
    for (size_t i = 0; name[i] && i < 36; i++)
        le(table + 56 + 2 * i, (uint8_t)name[i], 2);
}

static void put_header(uint8_t *disk, uint64_t here, uint64_t other, uint64_t table_at,
                       uint64_t sectors)
{
    uint8_t *h = disk + here * SECTOR;
    memcpy(h, "EFI PART", 8);
    le(h + 8, 0x00010000, 4);
    le(h + 12, 92, 4);
    le(h + 24, here, 8);
    le(h + 32, other, 8);
    le(h + 40, 2 + TABLE_SECTORS, 8);
    le(h + 48, sectors - TABLE_SECTORS - 2, 8);
    memcpy(h + 56, "akashi demo disk", 16);
    le(h + 72, table_at, 8);
    le(h + 80, ENTRIES, 4);
    le(h + 84, ENTRY, 4);
    le(h + 88, crc32(0, disk + table_at * SECTOR, ENTRIES * ENTRY), 4);
    le(h + 16, crc32(0, h, 92), 4);
}

uint8_t *gpt_write(struct ak_bytes volume, enum gpt_use use, const char *name, size_t *out_bytes)
{
    uint64_t inside = volume.n / SECTOR;
    uint64_t sectors = (FIRST + inside + FIRST - 1) / FIRST * FIRST + FIRST;
    uint8_t *disk = calloc(sectors, SECTOR);
    if (!disk)
        return NULL;
    uint64_t last = sectors - 1, copy = last - TABLE_SECTORS;
    put_mbr(disk, sectors);
    put_table(disk + 2 * SECTOR, inside, use, name);
    memcpy(disk + copy * SECTOR, disk + 2 * SECTOR, TABLE_SECTORS * SECTOR);
    put_header(disk, 1, last, 2, sectors);
    put_header(disk, last, 1, copy, sectors);
    memcpy(disk + FIRST * SECTOR, volume.at, volume.n);
    *out_bytes = sectors * SECTOR;
    return disk;
}
