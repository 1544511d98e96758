/* container_test.c - disk images built field by field: what is inside, what is
 * missing and what is said about it. */
#include "base/reader.h"
#include "evidence/container.h"
#include "tests/support/memory_folder.h"
#include "tests/support/story.h"

enum { SECTOR = 512, IMAGE_BYTES = 1 << 20 };

struct image {
    uint8_t *at;
    size_t n; /* bytes written so far */
};

static struct image image_new(void) { return (struct image){ calloc(1, IMAGE_BYTES), 0 }; }

static void put(struct image *m, size_t at, const void *bytes, size_t n)
{
    memcpy(m->at + at, bytes, n);
    if (at + n > m->n)
        m->n = at + n;
}

static void put_text(struct image *m, size_t at, const char *text)
{
    put(m, at, text, strlen(text));
}

static void le(struct image *m, size_t at, uint64_t v, size_t width)
{
    uint8_t b[8];
    for (size_t i = 0; i < width; i++)
        b[i] = (uint8_t)(v >> (8 * i));
    put(m, at, b, width);
}

static void be(struct image *m, size_t at, uint64_t v, size_t width)
{
    uint8_t b[8];
    for (size_t i = 0; i < width; i++)
        b[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
    put(m, at, b, width);
}

/* A sector of media: its number, over and over. */
static void fill(struct image *m, size_t at, uint8_t number, size_t n)
{
    memset(m->at + at, number, n);
    if (at + n > m->n)
        m->n = at + n;
}

/* ---- opening ---- */

struct opened {
    struct ak_arena *arena;
    const struct ak_container *kind;
    struct ak_disk disk;
    enum ak_status status;
    uint8_t media[65536];
    size_t n, missing;
};

static void open_at(struct opened *o, struct memory_folder *f, size_t first, size_t budget)
{
    struct ak_siblings s = { memory_sibling, f, ak_str_of(f->names[first]), 0 };
    *o = (struct opened){ .arena = ak_arena_new(budget), .status = AK_ERR_UNSUPPORTED };
    o->kind = ak_container_for(f->files[first], &s);
    if (o->kind)
        o->status = o->kind->open(o->arena, f->files[first], &s, &o->disk);
    if (o->status != AK_OK)
        return;
    o->n = o->disk.media->size < sizeof(o->media) ? (size_t)o->disk.media->size : sizeof(o->media);
    if (ak_source_read(o->disk.media, 0, o->media, o->n, &o->missing) != AK_OK)
        o->status = AK_ERR_IO;
}

static void opened_free(struct opened *o)
{
    if (o->kind && o->disk.media)
        ak_source_close(o->disk.media);
    ak_arena_free(o->arena);
}

static bool noted(const struct opened *o, const char *note)
{
    for (size_t i = 0; i < o->disk.n_notes; i++)
        if (strcmp(o->disk.notes[i], note) == 0)
            return true;
    return false;
}

static struct ak_str fact(const struct opened *o, const char *name)
{
    for (size_t i = 0; i < o->disk.n_facts; i++)
        if (ak_str_eq(o->disk.facts[i].name, ak_str_of(name)))
            return o->disk.facts[i].value;
    return AK_STR("");
}

/* Are media bytes [at, at+n) all `want`? */
static bool all(const struct opened *o, size_t at, size_t n, uint8_t want)
{
    for (size_t i = at; i < at + n; i++)
        if (i >= o->n || o->media[i] != want)
            return false;
    return true;
}

/* Cut the first file at every `step` bytes: it may fail, it may miss bytes, it
 * must stay inside.  How many cuts still opened. */
static size_t cut_everywhere(struct memory_folder f, size_t step)
{
    struct ak_source *whole = f.files[0];
    size_t opened = 0;
    for (size_t n = 0; n < whole->size; n += step) {
        struct opened o;
        f.files[0] = memory_file(((struct memory_file *)whole)->bytes, n);
        open_at(&o, &f, 0, 64 << 20);
        opened += o.status == AK_OK;
        opened_free(&o);
        ak_source_close(f.files[0]);
    }
    return opened;
}

/* Every budget from nothing up gives a limit or the right answer. */
static bool every_budget(struct memory_folder *f, const struct opened *right)
{
    for (size_t budget = 0; budget < 6 << 20; budget += 256 << 10) {
        struct opened o;
        open_at(&o, f, 0, budget);
        bool good = o.status == AK_ERR_LIMIT || (o.status == AK_OK && o.n == right->n &&
                                                 memcmp(o.media, right->media, o.n) == 0);
        opened_free(&o);
        if (!good)
            return false;
    }
    return true;
}

static void folder_free(struct memory_folder *f)
{
    for (size_t i = 0; i < 8; i++)
        ak_source_close(f->files[i]);
}

static struct ak_source *source_of(struct image *m)
{
    struct ak_source *s = memory_file(m->at, m->n);
    free(m->at);
    m->at = NULL;
    return s;
}

/* ---- Expert Witness ---- */

static uint32_t adler(const uint8_t *p, size_t n)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + p[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void ewf_segment(struct image *m, uint16_t number)
{
    put(m, 0, "EVF\x09\x0d\x0a\xff\x00\x01", 9);
    le(m, 9, number, 2);
    le(m, 11, 0, 2);
}

/* A section of `n` bytes at the end of the image; where its data begins. */
static size_t ewf_section(struct image *m, const char *type, size_t n)
{
    size_t at = m->n;
    bool last = strcmp(type, "next") == 0 || strcmp(type, "done") == 0;
    fill(m, at, 0, 76 + n);
    put_text(m, at, type);
    le(m, at + 16, last ? at : at + 76 + n, 8);
    le(m, at + 24, 76 + n, 8);
    le(m, at + 72, adler(m->at + at, 72), 4);
    return at + 76;
}

static void ewf_volume(struct image *m, uint32_t chunks, uint64_t sectors)
{
    size_t at = ewf_section(m, "volume", 1052);
    le(m, at + 4, chunks, 4);
    le(m, at + 8, 1, 4); /* sectors of a chunk */
    le(m, at + 12, SECTOR, 4);
    le(m, at + 16, sectors, 8);
    le(m, at + 1048, adler(m->at + at, 1048), 4);
}

/* `n` stored chunks numbered from `first`, with their table and its copy. */
static void ewf_chunks(struct image *m, uint8_t first, uint32_t n)
{
    size_t data = ewf_section(m, "sectors", n * (SECTOR + 4));
    for (uint32_t i = 0; i < n; i++) {
        size_t at = data + i * (SECTOR + 4);
        fill(m, at, (uint8_t)(first + i), SECTOR);
        le(m, at + SECTOR, adler(m->at + at, SECTOR), 4);
    }
    for (int copy = 0; copy < 2; copy++) {
        size_t at = ewf_section(m, copy ? "table2" : "table", 24 + n * 4 + 4);
        le(m, at, n, 4);
        le(m, at + 20, adler(m->at + at, 20), 4);
        for (uint32_t i = 0; i < n; i++)
            le(m, at + 24 + i * 4, data + i * (SECTOR + 4), 4);
        le(m, at + 24 + n * 4, adler(m->at + at + 24, n * 4), 4);
    }
}

/* Three segments of two chunks each. */
static struct memory_folder ewf_set(size_t *out_first_chunk)
{
    static const char *const NAMES[] = { "pc.E01", "pc.E02", "pc.E03" };
    struct memory_folder f = { 0 };
    for (uint16_t i = 0; i < 3; i++) {
        struct image m = image_new();
        ewf_segment(&m, (uint16_t)(i + 1));
        if (i == 0)
            ewf_volume(&m, 6, 6);
        if (i == 0)
            *out_first_chunk = m.n + 76;
        ewf_chunks(&m, (uint8_t)(1 + i * 2), 2);
        (void)ewf_section(&m, i == 2 ? "done" : "next", 0);
        f.names[i] = NAMES[i];
        f.files[i] = source_of(&m);
    }
    return f;
}

static void test_ewf(void)
{
    struct opened o;
    size_t chunk = 0;
    struct memory_folder f = ewf_set(&chunk);

    TEST ("three segments are one disk, whichever of them is opened") {
        for (size_t first = 0; first < 3; first++) {
            open_at(&o, &f, first, 64 << 20);
            CHECK(o.status == AK_OK && o.n == 6 * SECTOR && o.missing == 0 && o.disk.n_notes == 0);
            for (uint8_t i = 0; i < 6; i++)
                CHECK(all(&o, (size_t)i * SECTOR, SECTOR, (uint8_t)(i + 1)));
            if (first == 0)
                CHECK(every_budget(&f, &o));
            opened_free(&o);
        }
    }

    TEST ("a missing segment leaves a hole; those behind it stay in their places") {
        struct memory_folder gap = f;
        gap.names[1] = "elsewhere";
        open_at(&o, &gap, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.missing == 2 * SECTOR);
        CHECK(all(&o, 2 * SECTOR, 2 * SECTOR, 0) && all(&o, 4 * SECTOR, SECTOR, 5));
        CHECK(noted(&o, "a segment file is missing"));
        opened_free(&o);
    }

    /* The table was lost with the end of the file, and all later chunks were
     * given two chunks too early, without a byte counted as missing. */
    TEST ("behind a segment that lost its table chunks stay in their places") {
        struct memory_folder cut = f;
        cut.files[1] = memory_file(((struct memory_file *)f.files[1])->bytes, 300);
        open_at(&o, &cut, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.missing == 2 * SECTOR);
        CHECK(all(&o, SECTOR, SECTOR, 2) && all(&o, 2 * SECTOR, 2 * SECTOR, 0));
        CHECK(all(&o, 4 * SECTOR, SECTOR, 5) && all(&o, 5 * SECTOR, SECTOR, 6));
        opened_free(&o);
        ak_source_close(cut.files[1]);
    }

    TEST ("a chunk whose checksum is wrong is zeros that are counted") {
        struct memory_file *first = (struct memory_file *)f.files[0];
        first->bytes[chunk + 10] ^= 1;
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.missing == SECTOR && all(&o, 0, SECTOR, 0));
        CHECK(all(&o, SECTOR, SECTOR, 2));
        opened_free(&o);
        first->bytes[chunk + 10] ^= 1;
    }

    TEST ("a damaged table is replaced by its copy, and said to be damaged") {
        struct memory_file *first = (struct memory_file *)f.files[0];
        size_t entry = chunk + 2 * (SECTOR + 4) + 76 + 24;
        first->bytes[entry] ^= 0x40;
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.missing == 0 && all(&o, 0, SECTOR, 1));
        CHECK(noted(&o, "a table of chunks is damaged"));
        opened_free(&o);
        first->bytes[entry] ^= 0x40;
    }

    TEST ("a section that points at itself or back does not loop") {
        struct memory_file *first = (struct memory_file *)f.files[0];
        memset(first->bytes + 13 + 16, 0, 8);
        open_at(&o, &f, 0, 64 << 20);
        CHECK(noted(&o, "a segment file is damaged or cut short"));
        opened_free(&o);
    }
    folder_free(&f);

    TEST ("an E01 cut anywhere is read as far as it goes") {
        struct memory_folder whole = ewf_set(&chunk);
        CHECK(cut_everywhere(whole, 7) > 0);
        folder_free(&whole);
    }
}

/* ---- the virtual machines' ---- */

static struct image vhd_image(uint32_t type)
{
    struct image m = image_new();
    for (size_t at = 0; at <= 4096; at += 4096) { /* the copy, and the footer */
        put_text(&m, at, "conectix");
        be(&m, at + 16, 512, 8);
        be(&m, at + 48, 4 * SECTOR, 8);
        be(&m, at + 60, type, 4);
        be(&m, at + 508, 0, 4);
    }
    put_text(&m, 512, "cxsparse");
    be(&m, 512 + 16, 1536, 8); /* block table */
    be(&m, 512 + 28, 2, 4);
    be(&m, 512 + 32, 2 * SECTOR, 4);
    for (size_t i = 0; i < 6; i += 2)
        be(&m, 512 + 64 + i, (uint64_t) "mum"[i / 2], 2); /* parent's name, UTF-16BE */
    be(&m, 1536, 4, 4);                                   /* block 0 at sector 4 */
    be(&m, 1540, UINT32_MAX, 4);                          /* block 1 nowhere */
    be(&m, 4 * SECTOR, 0x40, 1); /* bitmap: of block 0 only sector 1 is here */
    fill(&m, 5 * SECTOR, 0xA0, SECTOR);
    fill(&m, 6 * SECTOR, 0xA1, SECTOR);
    return m;
}

static void test_vhd(void)
{
    struct opened o;
    TEST ("a dynamic VHD reads its blocks, and zeros where it has none") {
        struct image m = vhd_image(3);
        struct memory_folder f = { { "a.vhd" }, { source_of(&m) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.n == 4 * SECTOR && o.missing == 0);
        CHECK(all(&o, 0, SECTOR, 0xA0) && all(&o, SECTOR, SECTOR, 0xA1) && all(&o, 1024, 1024, 0));
        CHECK(every_budget(&f, &o));
        opened_free(&o);
        CHECK(cut_everywhere(f, 13) > 0);
        folder_free(&f);
    }

    TEST ("a differencing VHD takes from its parent the sectors its bitmap does not claim") {
        struct image child = vhd_image(4), parent = image_new();
        fill(&parent, 0, 0xBB, 4 * SECTOR);
        struct memory_folder f = { { "a.vhd", "mum" }, { source_of(&child), source_of(&parent) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.missing == 0);
        CHECK(all(&o, 0, SECTOR, 0xBB) && all(&o, SECTOR, SECTOR, 0xA1) &&
              all(&o, 1024, 1024, 0xBB));
        opened_free(&o);
        f.names[1] = "gone";
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.missing == 3 * SECTOR && all(&o, SECTOR, SECTOR, 0xA1));
        CHECK(noted(&o, "the parent disk is not there; what only it holds is missing"));
        CHECK_STR(fact(&o, "parent"), "mum");
        opened_free(&o);
        folder_free(&f);
    }

    TEST ("a VHD that names itself as its parent comes to an end") {
        struct image child = vhd_image(4);
        struct memory_folder f = { { "mum" }, { source_of(&child) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK);
        CHECK(noted(&o, "the chain of parent disks is too long or runs in a circle"));
        opened_free(&o);
        folder_free(&f);
    }
}

static struct image qcow2_image(void)
{
    struct image m = image_new();
    put(&m, 0, "QFI\xfb", 4);
    be(&m, 4, 2, 4);
    be(&m, 20, 9, 4); /* clusters of 512 bytes */
    be(&m, 24, 3 * SECTOR, 8);
    be(&m, 36, 1, 4);
    be(&m, 40, 512, 8);
    be(&m, 512, 1024, 8); /* level 1 -> level 2 */
    be(&m, 1024, UINT64_C(1) << 63 | 1536, 8);
    be(&m, 1032, 0, 8);
    be(&m, 1040, UINT64_C(1) << 62 | 2048, 8); /* packed */
    be(&m, 1528, 0, 8);
    fill(&m, 1536, 0xC0, SECTOR);
    put(&m, 2048, "\x4b\x1a\x05\xa3\x60\x68\x03\x00", 8); /* not 512 bytes of anything */
    fill(&m, 2056, 0, 504);
    return m;
}

static void test_qcow2(void)
{
    struct opened o;
    TEST ("a QCOW2 reads what it has and counts a cluster that does not unpack") {
        struct image m = qcow2_image();
        struct memory_folder f = { { "a.qcow2" }, { source_of(&m) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.n == 3 * SECTOR && o.missing == SECTOR);
        CHECK(all(&o, 0, SECTOR, 0xC0) && all(&o, SECTOR, 2 * SECTOR, 0));
        opened_free(&o);
        CHECK(cut_everywhere(f, 3) > 0);
        folder_free(&f);
    }

    TEST ("an encrypted QCOW2 is refused as encrypted, not read as noise") {
        struct image m = qcow2_image();
        be(&m, 32, 2, 4);
        struct memory_folder f = { { "a.qcow2" }, { source_of(&m) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_ERR_ENCRYPTED && noted(&o, "the disk image is encrypted"));
        opened_free(&o);
        folder_free(&f);
    }

    TEST ("cluster sizes outside the format are damage, not shifts by 4 billion") {
        for (uint64_t bits = 0; bits < 70; bits++) {
            struct image m = qcow2_image();
            be(&m, 20, bits ? bits : UINT32_MAX, 4);
            struct memory_folder f = { { "a.qcow2" }, { source_of(&m) } };
            open_at(&o, &f, 0, 64 << 20);
            CHECK((o.status == AK_OK) == (bits >= 9 && bits <= 21));
            opened_free(&o);
            folder_free(&f);
        }
    }
}

static void test_vmdk(void)
{
    struct opened o;
    TEST ("a VMDK descriptor joins its extents; one that is missing is a hole") {
        struct image d = image_new(), flat = image_new();
        put_text(&d, 0,
                 "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
                 "createType=\"twoGbMaxExtentFlat\"\n"
                 "RW 2 FLAT \"x-f001.vmdk\" 1\nRW 1 ZERO\nRW 1 FLAT \"x-f002.vmdk\" 0\n");
        fill(&flat, 0, 0, SECTOR);
        fill(&flat, SECTOR, 0xF1, 2 * SECTOR);
        struct memory_folder f = { { "x.vmdk", "x-f001.vmdk" },
                                   { source_of(&d), source_of(&flat) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.n == 4 * SECTOR && o.missing == SECTOR);
        CHECK(all(&o, 0, 2 * SECTOR, 0xF1) && all(&o, 2 * SECTOR, 2 * SECTOR, 0));
        CHECK(noted(&o, "a file that holds part of the disk is missing"));
        CHECK_STR(fact(&o, "id"), "12345678");
        opened_free(&o);
        CHECK(cut_everywhere(f, 1) > 0);
        folder_free(&f);
    }

    TEST ("a sparse VMDK follows directory and table to its grains") {
        struct image m = image_new();
        put_text(&m, 0, "KDMV");
        le(&m, 4, 1, 4);
        le(&m, 12, 3, 8); /* sectors */
        le(&m, 20, 1, 8); /* of a grain */
        le(&m, 44, 512, 4);
        le(&m, 56, 1, 8);  /* directory */
        le(&m, 512, 2, 4); /* table */
        le(&m, 1024, 6, 4);
        le(&m, 1028, 0, 4);
        le(&m, 1032, 0x7FFFFFFF, 4); /* behind the end */
        fill(&m, 6 * SECTOR, 0xD6, SECTOR);
        struct memory_folder f = { { "s.vmdk" }, { source_of(&m) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.status == AK_OK && o.n == 3 * SECTOR && o.missing == SECTOR);
        CHECK(all(&o, 0, SECTOR, 0xD6) && all(&o, SECTOR, 2 * SECTOR, 0));
        opened_free(&o);
        CHECK(cut_everywhere(f, 5) > 0);
        folder_free(&f);
    }
}

static void test_split(void)
{
    struct opened o;
    TEST ("a split raw image is joined by its names, a missing part left as a hole") {
        struct image a = image_new(), c = image_new();
        fill(&a, 0, 1, SECTOR);
        fill(&c, 0, 3, 100);
        struct ak_source *b = memory_file(a.at, SECTOR);
        struct memory_folder f = { { "d.001", "d.002", "d.004" },
                                   { source_of(&a), b, source_of(&c) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.kind && strcmp(o.kind->name, "raw-split") == 0 && o.n == 3 * SECTOR + 100);
        CHECK(o.missing == SECTOR && all(&o, SECTOR, SECTOR, 1) && all(&o, 3 * SECTOR, 100, 3));
        CHECK(noted(&o, "a part in the middle of the split image is missing"));
        opened_free(&o);
        open_at(&o, &f, 1, 64 << 20);
        CHECK(o.kind == NULL); /* the second part alone is not the image */
        opened_free(&o);
        folder_free(&f);
    }

    TEST ("a lone image.001 is a raw image, not a split one") {
        struct image a = image_new();
        fill(&a, 0, 1, SECTOR);
        struct memory_folder f = { { "image.001" }, { source_of(&a) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.kind == NULL);
        opened_free(&o);
        folder_free(&f);
    }
}

static void test_named(void)
{
    struct opened o;
    TEST ("what is not read is still named, and refused with the reason") {
        struct image m = image_new();
        put(&m, 0, "EVF2\r\n\x81\0", 8);
        struct memory_folder f = { { "a.Ex01" }, { source_of(&m) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.kind && strcmp(o.kind->name, "ewf2") == 0 && o.status == AK_ERR_UNSUPPORTED);
        CHECK(o.disk.n_notes == 1);
        opened_free(&o);
        folder_free(&f);
    }

    TEST ("an empty file is no container") {
        struct memory_folder f = { { "empty" }, { memory_file("", 0) } };
        open_at(&o, &f, 0, 64 << 20);
        CHECK(o.kind == NULL);
        opened_free(&o);
        folder_free(&f);
    }
}

int main(void)
{
    test_ewf();
    test_vhd();
    test_qcow2();
    test_vmdk();
    test_split();
    test_named();
    return story_report();
}
