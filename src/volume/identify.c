/* identify.c - what lies in a volume, by its signature.
 *
 * One table, tried from top to bottom: what wraps a file system comes before
 * what it may wrap, sure signatures before short ones.
 *
 * Facts and their sources: docs/formats/volume.signatures.md
 */
#include "base/reader.h"
#include "volume/volume.h"

/* `n` bytes at `at`.  A second mark, when
 * there is one, must be there, too. */
struct mark {
    int64_t at; /* negative: from the end of the volume */
    uint8_t n;
    const char *magic;
};

#define M(at, literal)                                                                             \
    {                                                                                              \
        (at), sizeof(literal) - 1, literal                                                         \
    }

static const struct signature {
    const char *name;
    struct mark first, second;
} SIGNATURES[] = {
    { "BitLocker", M(3, "-FVE-FS-"), { 0 } },
    { "BitLocker To Go", M(3, "MSWIN4.1"), M(424, "\x3B\xD6\x67\x49\x29\x2E\xD8\x4A") },
    { "LUKS1", M(0, "LUKS\xba\xbe\0\1"), { 0 } },
    { "LUKS2", M(0, "LUKS\xba\xbe\0\2"), { 0 } },
    { "FileVault (Core Storage)", M(88, "CS"), M(8, "\1\0\x10\0") },
    { "LVM2", M(512, "LABELONE"), M(536, "LVM2 001") },
    { "LVM2", M(0, "LABELONE"), M(24, "LVM2 001") },
    { "LVM2", M(1024, "LABELONE"), M(1048, "LVM2 001") },
    { "LVM2", M(1536, "LABELONE"), M(1560, "LVM2 001") },
    { "Linux RAID", M(4096, "\xfc\x4e\x2b\xa9"), { 0 } },
    { "Linux RAID", M(0, "\xfc\x4e\x2b\xa9\1\0\0\0"), { 0 } },
    { "bcache",
      M(4120, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"),
      { 0 } },
    { "bcachefs",
      M(4120, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"),
      { 0 } },
    { "DRBD", M(-4096 + 60, "\x83\x74\x02\x6b"), { 0 } },
    { "DRBD", M(-4096 + 60, "\x83\x74\x02\x6d"), { 0 } },
    { "DRBD", M(-4096 + 60, "\x83\x74\x02\x6c"), { 0 } },
    { "DRBD", M(-4096 + 36, "\x83\x74\x02\x6d"), { 0 } },
    { "Storage Spaces", M(0, "SPACEDB "), { 0 } },
    { "Storage Spaces", M(4096, "SPACEDB "), { 0 } },
    { "Ceph BlueStore", M(0, "bluestore block device"), { 0 } },
    { "VMFS", M(0x200000, "\x5e\xf1\xab\x2f"), { 0 } },
    { "VMFS volume", M(0x100000, "\x0d\xd0\x01\xc0"), { 0 } },
    { "NTFS", M(3, "NTFS    "), { 0 } },
    { "exFAT", M(3, "EXFAT   "), { 0 } },
    { "ReFS", M(3, "ReFS\0\0\0\0"), { 0 } },
    { "APFS", M(32, "NXSB"), { 0 } },
    { "XFS", M(0, "XFSB"), { 0 } },
    { "XFS log", M(0, "\xfe\xed\xba\xbe"), { 0 } },
    { "XFS log", M(512, "\xfe\xed\xba\xbe"), { 0 } },
    { "btrfs", M(65600, "_BHRfS_M"), { 0 } },
    { "F2FS", M(1024, "\x10\x20\xf5\xf2"), { 0 } },
    { "NILFS2", M(1030, "\x34\x34"), M(1024, "\2\0\0\0") },
    { "JFS", M(32768, "JFS1"), { 0 } },
    { "ReiserFS", M(65588, "ReIsErFs"), { 0 } },
    { "ReiserFS", M(65588, "ReIsEr2Fs"), { 0 } },
    { "ReiserFS", M(65588, "ReIsEr3Fs"), { 0 } },
    { "ReiserFS", M(8244, "ReIsErFs"), { 0 } },
    { "Reiser4", M(65536, "ReIsEr4"), { 0 } },
    { "ext journal", M(1080, "\x53\xef"), M(1120, "\x08\0\0\0") },
    { "HFS+", M(1024, "H+\0\4"), { 0 } },
    { "HFSX", M(1024, "HX\0\5"), { 0 } },
    { "HFS+", M(1024, "BD"), M(1148, "H+") },
    { "HFS", M(1024, "BD"), { 0 } },
    { "GFS2", M(65536, "\1\x16\x19\x70"), { 0 } },
    { "OCFS2", M(8192, "OCFSV2"), { 0 } },
    { "ISO 9660", M(32768, "\1CD001"), { 0 } }, /* UDF bridges are looked at before: udf() */
    { "squashfs", M(0, "hsqs"), { 0 } },
    { "squashfs", M(0, "sqsh"), { 0 } },
    { "erofs", M(1024, "\xe2\xe1\xf5\xe0"), { 0 } },
    { "cramfs", M(0, "\x45\x3d\xcd\x28"), { 0 } },
    { "romfs", M(0, "-rom1fs-"), { 0 } },
    { "UBIFS", M(0, "\x31\x18\x10\x06"), { 0 } },
    { "UBI", M(0, "UBI#"), { 0 } },
    { "zonefs", M(0, "SFOZ"), { 0 } },
    { "zonefs", M(0, "ZOFS"), { 0 } },
    { "VxFS", M(1024, "\xf5\xfc\x01\xa5"), { 0 } },
    { "VxFS", M(8192, "\xa5\x01\xfc\xf5"), { 0 } },
    { "Novell NSS", M(4096, "SPB5"), { 0 } },
    { "BFS", M(0, "\xce\xfa\xad\x1b"), { 0 } },
    { "BeFS", M(544, "1SFB"), { 0 } },
    { "swap", M(4086, "SWAPSPACE2"), { 0 } },
    { "swap", M(4086, "SWAP-SPACE"), { 0 } },
    { "swap", M(8182, "SWAPSPACE2"), { 0 } },
    { "swap", M(16374, "SWAPSPACE2"), { 0 } },
    { "swap", M(65526, "SWAPSPACE2"), { 0 } },
    { "hibernation image", M(4086, "S1SUSPEND"), { 0 } },
    { "hibernation image", M(4086, "ULSUSPEND"), { 0 } },
    { "UFS1", M(8192 + 1372, "\x54\x19\x01\x00"), { 0 } },
    { "UFS2", M(65536 + 1372, "\x19\x01\x54\x19"), { 0 } },
    { "UFS1", M(8192 + 1372, "\x00\x01\x19\x54"), { 0 } },
    { "hpt45x RAID", M(-11 * 512, "\xf3\x16\x78\x5a"), { 0 } },
    { "Intel RAID", M(-1024, "Intel Raid ISM Cfg Sig. "), { 0 } },
    { "JMicron RAID", M(-512, "JM"), { 0 } },
    { "NVIDIA RAID", M(-1024, "NVIDIA"), { 0 } },
    { "Silicon Medley RAID", M(-512 + 0x60, "\0\0\0\x2f"), M(-512 + 0x100, "\1\0") },
    { "DDF RAID", M(-512, "\xde\x11\xde\x11"), { 0 } },
};

/* Does the volume hold this mark?  An empty one always is there. */
static bool has(struct ak_source *v, const struct mark *m)
{
    uint8_t b[32];
    uint64_t back = m->at < 0 ? (uint64_t)-m->at : 0;
    if (m->n == 0)
        return true;
    if (m->n > sizeof(b) || back > v->size)
        return false;
    uint64_t at = m->at < 0 ? v->size - back : (uint64_t)m->at;
    return ak_source_read_some(v, at, b, m->n) == m->n && memcmp(b, m->magic, m->n) == 0;
}

static uint32_t number(struct ak_source *v, uint64_t at, size_t n)
{
    uint8_t b[4] = { 0 };
    if (ak_source_read_some(v, at, b, n) < n)
        return 0;
    return ak_load_u32le(b);
}

/* ext2, 3 and 4 by their features, as e2fsprogs tells them apart. */
static const char *ext(struct ak_source *v)
{
    enum { MAGIC_AT = 1080, COMPAT_AT = 1116, INCOMPAT_AT = 1120, RO_AT = 1124 };
    enum { HAS_JOURNAL = 4, EXT3_INCOMPAT = 2 | 4 | 16, EXT3_RO = 1 | 2 | 4, IS_JOURNAL = 8 };
    if (number(v, MAGIC_AT, 2) != 0xEF53)
        return NULL;
    uint32_t incompat = number(v, INCOMPAT_AT, 4), ro = number(v, RO_AT, 4);
    if (incompat & IS_JOURNAL)
        return "ext journal";
    if (incompat & ~(uint32_t)EXT3_INCOMPAT || ro & ~(uint32_t)EXT3_RO)
        return "ext4";
    return number(v, COMPAT_AT, 4) & HAS_JOURNAL ? "ext3" : "ext2";
}

/* FAT has no signature one can rely on: its numbers must make sense together. */
static const char *fat(struct ak_source *v)
{
    uint8_t b[512];
    if (ak_source_read_some(v, 0, b, sizeof(b)) < sizeof(b))
        return NULL;
    uint32_t sector = ak_load_u16le(b + 11), cluster = b[13], reserved = ak_load_u16le(b + 14);
    uint32_t root = ak_load_u16le(b + 17), total = ak_load_u16le(b + 19),
             per_fat = ak_load_u16le(b + 22);
    bool jump = b[0] == 0xEB || b[0] == 0xE9 || memcmp(b + 54, "FAT", 3) == 0 ||
                memcmp(b + 82, "FAT", 3) == 0;
    total = total ? total : ak_load_u32le(b + 32);
    bool wide = per_fat == 0;
    per_fat = wide ? ak_load_u32le(b + 36) : per_fat;
    if (!jump || (sector != 512 && sector != 1024 && sector != 2048 && sector != 4096) ||
        cluster == 0 || (cluster & (cluster - 1)) || reserved == 0 || b[16] == 0 || b[16] > 4 ||
        (b[21] < 0xF8 && b[21] != 0xF0) || per_fat == 0 || total == 0)
        return NULL;
    uint64_t before = reserved + (uint64_t)b[16] * per_fat + (root * 32 + sector - 1) / sector;
    if (before >= total)
        return NULL;
    uint64_t clusters = (total - before) / cluster;
    if (wide)
        return "FAT32";
    return clusters < 4085 ? "FAT12" : "FAT16";
}

/* UDF: NSR02 or NSR03 among the volume structure descriptors from 32 KiB on;
 * their size is that of a block, at least 2048. */
static bool udf(struct ak_source *v)
{
    static const uint64_t BLOCKS[] = { 2048, 4096, 8192, 16384, 32768 };
    enum { DESCRIPTORS_MAX = 64 };
    uint8_t b[6];
    for (size_t k = 0; k < sizeof(BLOCKS) / sizeof(BLOCKS[0]); k++)
        for (uint64_t i = 0; i < DESCRIPTORS_MAX; i++) {
            if (ak_source_read_some(v, 32768 + i * BLOCKS[k], b, 6) < 6)
                break;
            if (memcmp(b + 1, "NSR02", 5) == 0 || memcmp(b + 1, "NSR03", 5) == 0)
                return true;
            if (memcmp(b + 1, "BEA01", 5) && memcmp(b + 1, "BOOT2", 5) &&
                memcmp(b + 1, "CD001", 5) && memcmp(b + 1, "CDW02", 5))
                break;
        }
    return false;
}

/* ZFS: uberblocks in the first label, 128 KiB in, 1 KiB apart. */
static bool zfs(struct ak_source *v)
{
    enum { LABEL_AT = 128 << 10, UBERBLOCKS = 128, WANTED = 4 };
    int n = 0;
    for (uint64_t i = 0; i < UBERBLOCKS; i++) {
        uint32_t magic = number(v, LABEL_AT + i * 1024, 4);
        n += magic == 0x00BAB10C || number(v, LABEL_AT + i * 1024 + 4, 4) == 0x0CB1BA00;
    }
    return n >= WANTED;
}

/* Linux RAID, superblock 0.90 (64 KiB from the end, aligned) or 1.0 (8 KiB). */
static bool md_at_end(struct ak_source *v)
{
    static const uint32_t MAGIC = 0xA92B4EFC;
    if (v->size < 128 << 10)
        return false;
    uint64_t old = (v->size & ~UINT64_C(65535)) - 65536;
    uint64_t new = (v->size / 512 - 16) / 8 * 8 * 512;
    return number(v, old, 4) == MAGIC || number(v, new, 4) == MAGIC;
}

static bool minix(struct ak_source *v)
{
    uint32_t m = number(v, 1040, 2), m3 = number(v, 1048, 2);
    uint32_t zones = number(v, 1026, 2), map = number(v, 1028, 2);
    bool old = m == 0x137F || m == 0x138F || m == 0x2468 || m == 0x2478;
    return (old && zones > 0 && map > 0 && map < 1024) || m3 == 0x4D5A;
}

/* bcachefs began with bcache's magic; bcache counts its versions up to 6. */
static bool early_bcachefs(struct ak_source *v)
{
    static const struct mark BCACHE =
        M(4120, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81");
    return has(v, &BCACHE) && number(v, 4112, 2) > 6;
}

const char *ak_volume_identify(struct ak_source *volume)
{
    if (udf(volume))
        return "UDF";
    if (early_bcachefs(volume))
        return "bcachefs";
    for (size_t i = 0; i < sizeof(SIGNATURES) / sizeof(SIGNATURES[0]); i++)
        if (has(volume, &SIGNATURES[i].first) && has(volume, &SIGNATURES[i].second))
            return SIGNATURES[i].name;
    if (md_at_end(volume))
        return "Linux RAID";
    const char *name = ext(volume);
    if (!name)
        name = fat(volume);
    if (!name && minix(volume))
        name = "Minix";
    if (!name && zfs(volume))
        name = "ZFS";
    return name;
}
