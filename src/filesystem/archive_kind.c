/* archive_kind.c - which archive is this: told from its bytes, never its name.
 *
 * Facts and their sources: docs/formats/archive.md */
#include "filesystem/archive_parts.h"

#include "base/reader.h"
#include "filesystem/zip_directory.h"

#include <archive.h>
#include <stdlib.h>

enum { BLOCK = AK_ARCHIVE_HEAD, TAR_SUM_AT = 148, TAR_SUM_BYTES = 8 };

/* ---- checks where a magic number is missing or too short ---- */

/* The checksum field: octal digits among spaces and zeros. */
static bool octal(const uint8_t *p, size_t n, uint32_t *out)
{
    size_t i = 0, digits = 0;
    uint32_t v = 0;
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++, digits++)
        v = v << 3 | (uint32_t)(p[i] - '0');
    *out = v;
    return digits > 0 && (i == n || p[i] == ' ' || p[i] == 0);
}

/* A tar header of any age: its checksum, counted with the field as spaces and
 * by unsigned or (old Suns) signed bytes. */
static bool is_tar(struct ak_bytes head)
{
    uint32_t want, sum = 0;
    int32_t signed_sum = 0;
    bool named = head.n >= BLOCK && (head.at[0] != 0 || memcmp(head.at + 257, "ustar", 5) == 0);
    if (!named || !octal(head.at + TAR_SUM_AT, TAR_SUM_BYTES, &want))
        return false;
    for (size_t i = 0; i < BLOCK; i++) {
        bool in_field = i >= TAR_SUM_AT && i < TAR_SUM_AT + TAR_SUM_BYTES;
        uint8_t b = in_field ? ' ' : head.at[i];
        sum += b;
        signed_sum += (int8_t)b;
    }
    return want == sum || (signed_sum > 0 && want == (uint32_t)signed_sum);
}

/* cpio in ASCII has a magic; the binary one has two bytes, so its type bits and
 * name length must make sense too. */
static bool is_cpio(struct ak_bytes head)
{
    struct ak_str s = ak_str_bytes(head);
    if (ak_str_starts(s, AK_STR("070707")) || ak_str_starts(s, AK_STR("070701")) ||
        ak_str_starts(s, AK_STR("070702")))
        return true;
    if (head.n < 26)
        return false;
    bool le = ak_load_u16le(head.at) == 070707, be = ak_load_u16be(head.at) == 070707;
    uint32_t type = (uint32_t)(le ? ak_load_u16le(head.at + 6) : ak_load_u16be(head.at + 6)) >> 12;
    uint32_t name = le ? ak_load_u16le(head.at + 20) : ak_load_u16be(head.at + 20);
    static const uint16_t TYPES = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 12;
    return (le || be) && (TYPES >> type & 1) && name > 1 && name <= 1024;
}

/* LHA: header size, checksum, "-lh5-"; levels 0 and 1 have a checksum to test. */
static bool is_lha(struct ak_bytes head)
{
    const uint8_t *p = head.at;
    if (head.n < 22 || p[2] != '-' || p[3] != 'l' || (p[4] != 'h' && p[4] != 'z') || p[6] != '-')
        return false;
    if (!(p[5] >= '0' && p[5] <= '9') && p[5] != 'd' && p[5] != 's')
        return false;
    if (p[20] > 3)
        return false;
    if (p[20] >= 2)
        return true;
    uint8_t sum = 0;
    if (p[0] < 20 || (size_t)p[0] + 2 > head.n)
        return false;
    for (size_t i = 2; i < (size_t)p[0] + 2; i++)
        sum = (uint8_t)(sum + p[i]);
    return sum == p[1];
}

/* The old .lzma has no magic: a usual dictionary, the zero every range coder
 * starts with, and either no size or usual properties and a believable size. */
static bool is_lzma(struct ak_bytes head)
{
    enum { USUAL_PROPERTIES = 0x5D, PROPERTIES_END = 225 };
    if (head.n < 14 || head.at[0] >= PROPERTIES_END || head.at[13] != 0)
        return false;
    uint32_t dict = ak_load_u32le(head.at + 1);
    uint64_t size = ak_load_u64le(head.at + 5);
    bool usual = dict >= 4096 && ((dict & (dict - 1)) == 0 || ((dict / 3) & (dict / 3 - 1)) == 0);
    bool believable = head.at[0] == USUAL_PROPERTIES && size <= UINT64_C(1) << 40;
    return usual && (size == UINT64_MAX || believable);
}

/* zstd, perhaps behind a frame to be skipped (pzstd writes one). */
static bool is_zstd(struct ak_bytes head)
{
    static const uint32_t FRAME = 0xFD2FB528, SKIPPED = 0x184D2A50;
    if (head.n < 8)
        return false;
    uint32_t first = ak_load_u32le(head.at), n = ak_load_u32le(head.at + 4);
    if (first == FRAME)
        return true;
    return (first & ~15u) == SKIPPED && n <= head.n - 8 && head.n - 8 - n >= 4 &&
           ak_load_u32le(head.at + 8 + n) == FRAME;
}

static bool is_compress(struct ak_bytes head)
{
    if (head.n < 4 || head.at[0] != 0x1F || head.at[1] != 0x9D)
        return false;
    uint8_t bits = head.at[2] & 0x1F;
    return bits >= 9 && bits <= 16 && (head.at[2] & 0x60) == 0;
}

static bool is_gzip(struct ak_bytes head)
{
    return head.n >= 10 && memcmp(head.at, "\x1F\x8B\x08", 3) == 0 && (head.at[3] & 0xE0) == 0;
}

static bool is_bzip2(struct ak_bytes head)
{
    static const uint8_t BLOCK_MARK[6] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };
    static const uint8_t END_MARK[6] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };
    return head.n >= 10 && memcmp(head.at, "BZh", 3) == 0 && head.at[3] >= '1' &&
           head.at[3] <= '9' &&
           (memcmp(head.at + 4, BLOCK_MARK, 6) == 0 || memcmp(head.at + 4, END_MARK, 6) == 0);
}

/* ar, but not a Debian package, which nobody calls an archive. */
static bool is_ar(struct ak_bytes head)
{
    struct ak_str s = ak_str_bytes(head);
    return ak_str_starts(s, AK_STR("!<arch>\n")) &&
           !ak_str_starts(s, AK_STR("!<arch>\ndebian-binary"));
}

static bool is_zip(struct ak_bytes head)
{
    struct ak_str s = ak_str_bytes(head);
    return ak_str_starts(s, AK_STR("PK\3\4")) || ak_str_starts(s, AK_STR("PK\5\6")) ||
           ak_str_starts(s, AK_STR("PK\6\6")) || ak_str_starts(s, AK_STR("PK\7\10PK\3\4")) ||
           ak_str_starts(s, AK_STR("PK00PK\3\4"));
}

/* ---- the table ---- */

#define MAGIC(text)                                                                                \
    {                                                                                              \
        "" text, sizeof("" text) - 1                                                               \
    }

static const struct known {
    struct ak_archive_kind kind;
    struct ak_str magic; /* at the start; empty: ask `is` */
    bool (*is)(struct ak_bytes head);
} KNOWN[] = {
    { { .name = "zip", .format = ARCHIVE_FORMAT_ZIP, .backslashes = true }, { 0 }, is_zip },
    { { .name = "7z", .format = ARCHIVE_FORMAT_7ZIP, .ctime_is_birth = true },
      MAGIC("7z\xBC\xAF\x27\x1C"),
      NULL },
    { { .name = "rar5", .format = ARCHIVE_FORMAT_RAR_V5, .ctime_is_birth = true },
      MAGIC("Rar!\x1A\x07\x01\0"),
      NULL },
    { { .name = "rar",
        .format = ARCHIVE_FORMAT_RAR,
        .dos_times = true,
        .ctime_is_birth = true,
        .backslashes = true },
      MAGIC("Rar!\x1A\x07\0"),
      NULL },
    { { .name = "cab", .format = ARCHIVE_FORMAT_CAB, .dos_times = true, .backslashes = true },
      MAGIC("MSCF\0\0\0\0"),
      NULL },
    { { .name = "gz", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_GZIP },
      { 0 },
      is_gzip },
    { { .name = "bz2", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_BZIP2 },
      { 0 },
      is_bzip2 },
    { { .name = "xz", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_XZ },
      MAGIC("\xFD"
            "7zXZ\0"),
      NULL },
    { { .name = "zst", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_ZSTD },
      { 0 },
      is_zstd },
    { { .name = "lz4", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_LZ4 },
      MAGIC("\x04\x22\x4D\x18"),
      NULL },
    { { .name = "lz4", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_LZ4 },
      MAGIC("\x02\x21\x4C\x18"),
      NULL },
    { { .name = "lz", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_LZIP },
      MAGIC("LZIP\1"),
      NULL },
    { { .name = "Z", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_COMPRESS },
      { 0 },
      is_compress },
    { { .name = "ar", .format = ARCHIVE_FORMAT_AR, .bytes_names = true }, { 0 }, is_ar },
    { { .name = "cpio", .format = ARCHIVE_FORMAT_CPIO, .bytes_names = true }, { 0 }, is_cpio },
    { { .name = "lha", .format = ARCHIVE_FORMAT_LHA, .dos_times = true, .backslashes = true },
      { 0 },
      is_lha },
    { { .name = "tar", .format = ARCHIVE_FORMAT_TAR, .bytes_names = true }, { 0 }, is_tar },
    { { .name = "lzma", .format = ARCHIVE_FORMAT_RAW, .filter = ARCHIVE_FILTER_LZMA },
      { 0 },
      is_lzma },
};

static const struct ak_archive_kind *known_as(struct ak_bytes head)
{
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
        bool by_magic = KNOWN[i].magic.n && ak_str_starts(ak_str_bytes(head), KNOWN[i].magic);
        if (by_magic || (KNOWN[i].is && KNOWN[i].is(head)))
            return &KNOWN[i].kind;
    }
    return NULL;
}

/* ---- compressed streams with something in them ---- */

#define INSIDE(text, fmt, flt)                                                                     \
    {                                                                                              \
        .name = text, .format = fmt, .filter = flt, .bytes_names = true                            \
    }

static const struct ak_archive_kind WRAPPED[] = {
    INSIDE("tar.gz", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_GZIP),
    INSIDE("tar.bz2", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_BZIP2),
    INSIDE("tar.xz", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_XZ),
    INSIDE("tar.zst", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_ZSTD),
    INSIDE("tar.lz4", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_LZ4),
    INSIDE("tar.lz", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_LZIP),
    INSIDE("tar.Z", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_COMPRESS),
    INSIDE("tar.lzma", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_LZMA),
    INSIDE("cpio.gz", ARCHIVE_FORMAT_CPIO, ARCHIVE_FILTER_GZIP),
    INSIDE("cpio.bz2", ARCHIVE_FORMAT_CPIO, ARCHIVE_FILTER_BZIP2),
    INSIDE("cpio.xz", ARCHIVE_FORMAT_CPIO, ARCHIVE_FILTER_XZ),
    INSIDE("cpio.zst", ARCHIVE_FORMAT_CPIO, ARCHIVE_FILTER_ZSTD),
    INSIDE("cpio.lz4", ARCHIVE_FORMAT_CPIO, ARCHIVE_FILTER_LZ4),
    INSIDE("cpio.lz", ARCHIVE_FORMAT_CPIO, ARCHIVE_FILTER_LZIP),
    INSIDE("cpio.Z", ARCHIVE_FORMAT_CPIO, ARCHIVE_FILTER_COMPRESS),
    INSIDE("cpio.lzma", ARCHIVE_FORMAT_CPIO, ARCHIVE_FILTER_LZMA),
};

const struct ak_archive_kind *ak_archive_kind_inside(const struct ak_archive_kind *kind,
                                                     struct ak_bytes head)
{
    int format = is_tar(head) ? ARCHIVE_FORMAT_TAR : is_cpio(head) ? ARCHIVE_FORMAT_CPIO : 0;
    for (size_t i = 0; i < sizeof(WRAPPED) / sizeof(WRAPPED[0]); i++)
        if (WRAPPED[i].format == format && WRAPPED[i].filter == kind->filter)
            return &WRAPPED[i];
    return kind;
}

/* ---- self-extracting programs ---- */

enum { PE_SECTIONS_MAX = 96, PE_SECTION_BYTES = 40, OVERLAY_SCAN = 64 * 1024 };

/* The first byte behind the last section of a Windows program; 0 when it is none. */
static uint64_t pe_overlay(struct ak_source *src)
{
    uint8_t dos[64], pe[24], section[PE_SECTION_BYTES];
    if (ak_source_read(src, 0, dos, sizeof(dos), NULL) != AK_OK || dos[0] != 'M' || dos[1] != 'Z')
        return 0;
    uint64_t at = ak_load_u32le(dos + 60), end = 0;
    if (ak_source_read(src, at, pe, sizeof(pe), NULL) != AK_OK || memcmp(pe, "PE\0\0", 4) != 0)
        return 0;
    size_t n = ak_load_u16le(pe + 6);
    at += sizeof(pe) + ak_load_u16le(pe + 20);
    for (size_t i = 0; i < n && i < PE_SECTIONS_MAX; i++, at += PE_SECTION_BYTES) {
        if (ak_source_read(src, at, section, sizeof(section), NULL) != AK_OK)
            return 0;
        uint64_t raw_end = (uint64_t)ak_load_u32le(section + 20) + ak_load_u32le(section + 16);
        if (ak_load_u32le(section + 16) && raw_end > end)
            end = raw_end;
    }
    return end < src->size ? end : 0;
}

/* The archive behind a program: a zip, 7z, RAR or cabinet in its first 64 KiB
 * (7-Zip puts a settings text before it). */
static const struct ak_archive_kind *behind_program(struct ak_source *src, uint64_t *out_start)
{
    static const struct ak_str MARKS[] = { MAGIC("7z\xBC\xAF\x27\x1C"), MAGIC("Rar!\x1A\x07"),
                                           MAGIC("PK\3\4"), MAGIC("MSCF\0\0\0\0") };
    uint8_t buf[OVERLAY_SCAN];
    uint64_t overlay = pe_overlay(src);
    size_t n = overlay ? ak_source_read_some(src, overlay, buf, sizeof(buf)) : 0;
    for (size_t i = 0; i < n; i++) {
        struct ak_str here = { (const char *)buf + i, n - i };
        for (size_t m = 0; m < sizeof(MARKS) / sizeof(MARKS[0]); m++)
            if (ak_str_starts(here, MARKS[m])) {
                *out_start = overlay + i;
                return known_as(ak_bytes_str(here));
            }
    }
    return NULL;
}

/* A zip with something before it: its end record is the last thing in the file,
 * or stands in the tail of a program. */
static bool is_zip_by_end(struct ak_source *src, struct ak_bytes head)
{
    struct ak_str s = ak_str_bytes(head);
    uint8_t end[22];
    bool program = ak_str_starts(s, AK_STR("MZ")) ||
                   ak_str_starts(s, AK_STR("\x7F"
                                           "ELF")) ||
                   ak_str_starts(s, AK_STR("#!"));
    if (src->size < sizeof(end))
        return false;
    if (!program &&
        (ak_source_read(src, src->size - sizeof(end), end, sizeof(end), NULL) != AK_OK ||
         memcmp(end, "PK\5\6", 4) != 0))
        return false;
    struct ak_zip *zip = malloc(sizeof(*zip));
    bool found = zip && ak_zip_open(zip, src) && zip->n_stated > 0;
    free(zip);
    return found;
}

const struct ak_archive_kind *ak_archive_kind_of(struct ak_source *src, uint64_t *out_start)
{
    uint8_t buf[BLOCK];
    *out_start = 0;
    if (src->size == AK_SIZE_UNKNOWN)
        return NULL;
    struct ak_bytes head = { buf, ak_source_read_some(src, 0, buf, sizeof(buf)) };
    const struct ak_archive_kind *kind = known_as(head);
    if (!kind)
        kind = behind_program(src, out_start);
    return !kind && is_zip_by_end(src, head) ? &KNOWN[0].kind : kind;
}
