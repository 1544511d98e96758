/* volume_test.c - partition tables built field by field, true and false ones. */
#include "tests/support/memory_folder.h"
#include "tests/support/story.h"
#include "volume/volume.h"

enum { SECTOR = 512, DISK_BYTES = 8 << 20, SECTORS = DISK_BYTES / SECTOR };

static uint8_t *disk_new(void) { return calloc(1, DISK_BYTES); }

static void le(uint8_t *to, uint64_t v, size_t width)
{
    for (size_t i = 0; i < width; i++)
        to[i] = (uint8_t)(v >> (8 * i));
}

static void mbr_entry(uint8_t *disk, uint64_t sector, size_t i, uint8_t type, uint32_t first,
                      uint32_t count)
{
    uint8_t *e = disk + sector * SECTOR + 446 + i * 16;
    e[4] = type;
    le(e + 8, first, 4);
    le(e + 12, count, 4);
    disk[sector * SECTOR + 510] = 0x55;
    disk[sector * SECTOR + 511] = 0xAA;
}

struct listed {
    struct ak_arena *arena;
    struct ak_source *src;
    struct ak_volume *at;
    size_t n;
    const char *note;
    enum ak_status status;
};

static struct listed list(const uint8_t *disk, size_t n)
{
    struct listed l = { .arena = ak_arena_new(64 << 20), .src = memory_file(disk, n) };
    l.status = ak_volumes_list(l.arena, l.src, &l.at, &l.n, &l.note);
    return l;
}

static void listed_free(struct listed *l)
{
    ak_arena_free(l->arena);
    ak_source_close(l->src);
}

/* The i-th volume that is no gap. */
static const struct ak_volume *volume(const struct listed *l, size_t i)
{
    static const struct ak_volume none;
    for (size_t k = 0; k < l->n; k++)
        if (l->at[k].allocated && i-- == 0)
            return &l->at[k];
    return &none;
}

static bool is(const struct ak_volume *v, uint64_t first, uint64_t count)
{
    return v->offset == first * SECTOR && v->size == count * SECTOR;
}

static void test_mbr(void)
{
    uint8_t *disk = disk_new();
    TEST ("an MBR lists its partitions in disk order, with the gaps of a megabyte and more") {
        mbr_entry(disk, 0, 0, 0x83, 8192, 4096);
        mbr_entry(disk, 0, 1, 0x07, 2048, 2048);
        struct listed l = list(disk, DISK_BYTES);
        CHECK(l.status == AK_OK && l.n == 5 && l.note == NULL);
        CHECK(is(volume(&l, 0), 2048, 2048) && is(volume(&l, 1), 8192, 4096));
        CHECK_STR(volume(&l, 0)->type, "0x07");
        CHECK_STR(volume(&l, 0)->scheme, "mbr");
        CHECK(!l.at[0].allocated && l.at[0].offset == 0 && l.at[0].size == 1 << 20);
        CHECK(!l.at[4].allocated && is(&l.at[4], 12288, SECTORS - 12288));
        listed_free(&l);
    }

    TEST ("logical partitions count from their own table, the next table from the first") {
        mbr_entry(disk, 0, 1, 0x05, 1000, 3000);
        mbr_entry(disk, 1000, 0, 0x83, 10, 100);
        mbr_entry(disk, 1000, 1, 0x05, 500, 200);
        mbr_entry(disk, 1500, 0, 0x82, 20, 50);
        struct listed l = list(disk, DISK_BYTES);
        CHECK(is(volume(&l, 0), 1010, 100) && is(volume(&l, 1), 1520, 50));
        CHECK(l.note == NULL);
        listed_free(&l);
    }

    TEST ("a chain of logical partitions that runs in a circle ends, and is noted") {
        mbr_entry(disk, 1500, 1, 0x05, 0, 200);
        struct listed l = list(disk, DISK_BYTES);
        CHECK(is(volume(&l, 0), 1010, 100) && is(volume(&l, 1), 1520, 50));
        CHECK(l.note && strstr(l.note, "circle"));
        listed_free(&l);
    }

    TEST ("a partition that runs past the end is cut there; one behind it is left out") {
        memset(disk, 0, DISK_BYTES);
        mbr_entry(disk, 0, 0, 0x07, 16, UINT32_MAX);
        mbr_entry(disk, 0, 1, 0x07, UINT32_MAX, 10);
        struct listed l = list(disk, DISK_BYTES);
        CHECK(l.n == 1 && is(volume(&l, 0), 16, SECTORS - 16));
        CHECK(l.note && strstr(l.note, "past the end"));
        listed_free(&l);
    }

    TEST ("the boot sector of an NTFS volume is not taken for a table") {
        memset(disk, 0xF6, SECTOR); /* code where a table would be */
        memcpy(disk, "\xEB\x52\x90NTFS    ", 11);
        disk[510] = 0x55;
        disk[511] = 0xAA;
        struct listed l = list(disk, DISK_BYTES);
        CHECK(l.n == 1 && l.at[0].size == DISK_BYTES && l.at[0].allocated);
        CHECK_STR(l.at[0].scheme, "none");
        listed_free(&l);
    }
    free(disk);
}

/* ---- GPT ---- */

static uint32_t crc32(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static void gpt_header(uint8_t *disk, size_t size, uint32_t sector, uint64_t own, uint64_t entries)
{
    uint8_t *h = disk + own * sector;
    memcpy(h, "EFI PART\0\0\1\0", 12);
    le(h + 12, 92, 4);
    le(h + 24, own, 8);
    le(h + 32, own == 1 ? size / sector - 1 : 1, 8);
    le(h + 72, entries, 8);
    le(h + 80, 4, 4);
    le(h + 84, 128, 4);
    le(h + 88, crc32(disk + entries * sector, 512), 4);
    le(h + 16, 0, 4);
    le(h + 16, crc32(h, 92), 4);
}

/* Two partitions, of 10 sectors from 64 on and of 20 from 100 on. */
static uint8_t *gpt_disk(uint32_t sector)
{
    static const uint8_t BASIC[] = { 0xA2, 0xA0, 0xD0, 0xEB, 0xE5, 0xB9, 0x33, 0x44,
                                     0x87, 0xC0, 0x68, 0xB6, 0xB7, 0x26, 0x99, 0xC7 };
    uint8_t *disk = disk_new();
    uint64_t last = DISK_BYTES / sector - 1, tables[] = { 2, last - 1 };
    mbr_entry(disk, 0, 0, 0xEE, 1, UINT32_MAX);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *e = disk + tables[i] * sector;
        memcpy(e, BASIC, 16);
        le(e + 32, 64, 8);
        le(e + 40, 73, 8);
        e[56] = 'C';
        e[58] = ':';
        memcpy(e + 128, BASIC, 16);
        le(e + 128 + 32, 100, 8);
        le(e + 128 + 40, 119, 8);
    }
    gpt_header(disk, DISK_BYTES, sector, 1, 2);
    gpt_header(disk, DISK_BYTES, sector, last, last - 1);
    return disk;
}

static void test_gpt(void)
{
    TEST ("a GPT is read with sectors of 512 and of 4096 bytes") {
        for (uint32_t sector = 512; sector <= 4096; sector *= 8) {
            uint8_t *disk = gpt_disk(sector);
            struct listed l = list(disk, DISK_BYTES);
            CHECK(l.note == NULL && volume(&l, 0)->offset == 64 * sector);
            CHECK(volume(&l, 1)->size == 20 * sector);
            CHECK_STR(volume(&l, 0)->label, "C:");
            CHECK_STR(volume(&l, 1)->label, "Basic data");
            CHECK_STR(volume(&l, 1)->type, "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
            listed_free(&l);
            free(disk);
        }
    }

    TEST ("a GPT whose first table is damaged is read from its copy, and says so") {
        uint8_t *disk = gpt_disk(512);
        disk[2 * 512 + 33] ^= 1;
        struct listed l = list(disk, DISK_BYTES);
        CHECK(is(volume(&l, 0), 64, 10) && l.note && strstr(l.note, "copy at the end is used"));
        listed_free(&l);
        free(disk);
    }

    TEST ("when both copies are damaged the first is used as it is") {
        uint8_t *disk = gpt_disk(512);
        disk[512 + 60] ^= 1;
        disk[DISK_BYTES - 512 + 60] ^= 1;
        struct listed l = list(disk, DISK_BYTES);
        CHECK(is(volume(&l, 0), 64, 10) && l.note && strstr(l.note, "checksum"));
        listed_free(&l);
        free(disk);
    }

    TEST ("a GPT cut short at its end says that its copy is missing") {
        uint8_t *disk = gpt_disk(512);
        struct listed l = list(disk, DISK_BYTES / 2);
        CHECK(is(volume(&l, 0), 64, 10) && l.note && strstr(l.note, "is missing"));
        listed_free(&l);
        free(disk);
    }

    TEST ("a GPT cut anywhere in its first sectors is no crash and no invention") {
        uint8_t *disk = gpt_disk(512);
        for (size_t n = 0; n < 2048; n += 3) {
            struct listed l = list(disk, n);
            CHECK(l.status == AK_OK && l.n >= 1);
            for (size_t i = 0; i < l.n; i++)
                CHECK(l.at[i].offset <= n && l.at[i].size <= n - l.at[i].offset);
            listed_free(&l);
        }
        free(disk);
    }

    TEST ("a partition that ends before it begins is left out") {
        uint8_t *disk = gpt_disk(512);
        le(disk + 2 * 512 + 40, 3, 8);
        gpt_header(disk, DISK_BYTES, 512, 1, 2);
        struct listed l = list(disk, DISK_BYTES);
        CHECK(is(volume(&l, 0), 100, 20) && l.note && strstr(l.note, "before it begins"));
        listed_free(&l);
        free(disk);
    }
}

static void test_others(void)
{
    TEST ("an Apple partition map is read; its free space is not a volume") {
        static const char *const TYPES[] = { "Apple_partition_map", "Apple_HFS", "Apple_Free" };
        uint8_t *disk = disk_new();
        memcpy(disk, "ER\2\0", 4);
        for (size_t i = 0; i < 3; i++) {
            uint8_t *e = disk + (i + 1) * 512;
            memcpy(e, "PM", 2);
            e[7] = 3;
            e[11] = (uint8_t)(1 + i * 63);
            e[15] = 63;
            strcpy((char *)e + 48, TYPES[i]);
        }
        struct listed l = list(disk, DISK_BYTES);
        CHECK(is(volume(&l, 0), 1, 63) && is(volume(&l, 1), 64, 63) && volume(&l, 2)->size == 0);
        CHECK_STR(volume(&l, 1)->type, "Apple_HFS");
        listed_free(&l);
        free(disk);
    }

    TEST ("an empty disk is one whole volume of nothing") {
        struct listed l = list((const uint8_t *)"", 0);
        CHECK(l.status == AK_OK && l.n == 1 && l.at[0].size == 0);
        CHECK(ak_volume_identify(l.src) == NULL);
        listed_free(&l);
    }

    TEST ("volumes we do not read are named by their signatures") {
        static const struct {
            size_t at;
            const char *magic, *name;
        } CASES[] = {
            { 3, "-FVE-FS-", "BitLocker" },
            { 3, "NTFS    ", "NTFS" },
            { 0, "XFSB", "XFS" },
            { 65600, "_BHRfS_M", "btrfs" },
            { 32, "NXSB", "APFS" },
            { 4086, "SWAPSPACE2", "swap" },
            { 32769, "NSR02", NULL },
            { 3, "EXFAT   ", "exFAT" },
            { 0, "SPACEDB ", "Storage Spaces" },
        };
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
            uint8_t *disk = disk_new();
            memcpy(disk + CASES[i].at, CASES[i].magic, strlen(CASES[i].magic));
            struct ak_source *src = memory_file(disk, 1 << 20);
            const char *name = ak_volume_identify(src);
            CHECK(CASES[i].name ? name && strcmp(name, CASES[i].name) == 0
                                : name && strcmp(name, "UDF") == 0);
            ak_source_close(src);
            free(disk);
        }
    }
}

int main(void)
{
    test_mbr();
    test_gpt();
    test_others();
    return story_report();
}
