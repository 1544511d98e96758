/* archive_test.c - archives give every name and every byte they still have. */
#include "base/encoding.h"
#include "filesystem/archive_ops.h"
#include "filesystem/archive_parts.h"
#include "tests/support/bytes_build.h"
#include "tests/support/memory_source.h"
#include "tests/support/story.h"

#include <stdio.h>

struct seen {
    size_t n, n_damage;
    char path[16][64], contents[16][64];
    size_t contents_n[16];
    struct ak_stamp modified[16];
    uint32_t flags[16];
    enum ak_status opened[16], walked;
    const char *damage[64];
};

static enum ak_status on_file(void *self, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct seen *s = self;
    struct ak_source *src;
    size_t i = s->n++;
    if (i >= 16)
        return AK_OK;
    snprintf(s->path[i], sizeof(s->path[i]), "%.*s", (int)f->path.n, f->path.at);
    s->modified[i] = f->modified;
    s->flags[i] = f->flags;
    s->opened[i] = fs->ops->open_file(fs, f, &src);
    if (s->opened[i] != AK_OK)
        return AK_OK;
    s->contents_n[i] = ak_source_read_some(src, 0, s->contents[i], sizeof(s->contents[i]));
    ak_source_close(src);
    return AK_OK;
}

static void on_damage(void *self, struct ak_str path, uint64_t at, const char *what)
{
    struct seen *s = self;
    (void)path;
    (void)at;
    s->damage[s->n_damage++ % 64] = what;
}

/* Walk these bytes; false when they are no archive. */
static bool walk(struct ak_bytes bytes, struct seen *out)
{
    struct memory_source src = memory_source(bytes);
    struct ak_filesystem *fs;
    const char *note = NULL;
    *out = (struct seen){ 0 };
    if (!ak_archive_ops.probe(&src.base) || ak_archive_ops.open(&src.base, &fs, &note) != AK_OK)
        return false;
    struct ak_file_visitor v = { on_file, on_damage, out };
    out->walked = ak_archive_ops.walk(fs, &v);
    ak_archive_ops.close(fs);
    return true;
}

/* ---- a zip, field by field ---- */

static const uint32_t CRC_OF_HELLO = 0x3610A686;

struct entry {
    const char *name;
    uint16_t flags;
    uint32_t crc, header_at;
};

static void put_text(struct build *b, const char *text)
{
    for (; *text; text++)
        put_le(b, (unsigned char)*text, 1);
}

static void put_entry(struct build *b, struct entry *e)
{
    e->header_at = (uint32_t)b->n;
    put_u32(b, 0x04034B50);
    put_u16(b, 20);
    put_u16(b, e->flags);
    put_u16(b, 0);
    put_u16(b, 9 << 11 | 15 << 5 | 2);
    put_u16(b, (2024 - 1980) << 9 | 3 << 5 | 10);
    put_u32(b, e->crc);
    put_u32(b, 5);
    put_u32(b, 5);
    put_u16(b, (uint16_t)strlen(e->name));
    put_u16(b, 0);
    put_text(b, e->name);
    put_text(b, "hello");
}

static void put_record(struct build *b, const struct entry *e)
{
    put_u32(b, 0x02014B50);
    put_u16(b, 20);
    put_u16(b, 20);
    put_u16(b, e->flags);
    put_u16(b, 0);
    put_u16(b, 9 << 11 | 15 << 5 | 2);
    put_u16(b, (2024 - 1980) << 9 | 3 << 5 | 10);
    put_u32(b, e->crc);
    put_u32(b, 5);
    put_u32(b, 5);
    put_u16(b, (uint16_t)strlen(e->name));
    put_u32(b, 0);
    put_u32(b, 0);
    put_u32(b, 0);
    put_u32(b, e->header_at);
    put_text(b, e->name);
}

static struct build zip_of(struct entry *entries, uint16_t n)
{
    struct build b = { .n = 0 };
    for (size_t i = 0; i < n; i++)
        put_entry(&b, &entries[i]);
    uint32_t at = (uint32_t)b.n;
    for (size_t i = 0; i < n; i++)
        put_record(&b, &entries[i]);
    uint32_t size = (uint32_t)b.n - at;
    put_u32(&b, 0x06054B50);
    put_u32(&b, 0);
    put_u16(&b, n);
    put_u16(&b, n);
    put_u32(&b, size);
    put_u32(&b, at);
    put_u16(&b, 0);
    return b;
}

static struct entry good(const char *name)
{
    return (struct entry){ .name = name, .crc = CRC_OF_HELLO };
}

static int path_is(const char *name, bool backslashes, const char *want)
{
    struct ak_arena *arena = ak_arena_new(1 << 16);
    struct ak_str out;
    bool climbs = false;
    int same = ak_archive_path(arena, ak_str_of(name), backslashes, &out, &climbs) == AK_OK &&
               ak_str_eq(out, ak_str_of(want)) && climbs == (strstr(want, "__..") != NULL);
    ak_arena_free(arena);
    return same;
}

int main(void)
{
    static struct seen s;
    ak_encoding_open();

    TEST ("a zip gives names, contents, and times that say they have no zone") {
        struct entry e[] = { good("a.txt"), good("\x83\x5C.txt") };
        struct build b = zip_of(e, 2);
        CHECK(walk(built(&b), &s));
        CHECK(s.walked == AK_OK && s.n == 2 && s.n_damage == 0);
        CHECK(strcmp(s.path[1], "\xE3\x82\xBD.txt") == 0);
        CHECK(s.contents_n[0] == 5 && memcmp(s.contents[0], "hello", 5) == 0);
        CHECK(s.modified[0].flags & AK_STAMP_LOCAL);
        CHECK(s.modified[0].utc_ns == INT64_C(1710062104) * 1000000000);
    }

    TEST ("an encrypted entry is named, and says why it cannot be opened") {
        struct entry e[] = { good("secret.txt"), good("open.txt") };
        e[0].flags = 1;
        struct build b = zip_of(e, 2);
        CHECK(walk(built(&b), &s));
        CHECK(s.n == 2 && (s.flags[0] & AK_FILE_ENCRYPTED) && s.opened[0] == AK_ERR_ENCRYPTED);
        CHECK(s.opened[1] == AK_OK && s.contents_n[1] == 5);
    }

    TEST ("a wrong checksum is told, and the bytes are still given") {
        struct entry e[] = { good("a.txt"), good("b.txt") };
        e[0].crc = 1;
        struct build b = zip_of(e, 2);
        CHECK(walk(built(&b), &s));
        CHECK(s.n == 2 && s.n_damage == 1 && s.contents_n[0] == 5 && s.contents_n[1] == 5);
    }

    TEST ("cut anywhere, a zip still gives the entries that stand before the cut") {
        struct entry e[] = { good("a.txt"), good("b.txt"), good("c.txt") };
        struct build b = zip_of(e, 3);
        for (size_t n = 40; n < b.n; n++) {
            size_t whole = n / 40 < 3 ? n / 40 : 3;
            CHECK(walk((struct ak_bytes){ b.bytes, n }, &s));
            CHECK(s.n >= whole && s.n_damage > 0 && s.walked == AK_ERR_CORRUPT);
            for (size_t i = 0; i < whole; i++)
                CHECK(s.contents_n[i] == 5 && memcmp(s.contents[i], "hello", 5) == 0);
        }
    }

    TEST ("a directory that points nowhere is damage for that entry alone") {
        struct entry e[] = { good("a.txt"), good("b.txt") };
        struct build b = zip_of(e, 2);
        b.bytes[80 + 42] = 7; /* header_at of the first record */
        CHECK(walk(built(&b), &s));
        CHECK(s.n == 2 && s.n_damage == 1 && s.opened[0] == AK_ERR_UNSUPPORTED);
        CHECK(s.contents_n[1] == 5);
    }

    TEST ("an AFF4 image is no archive to be walked") {
        struct entry e[] = { good("container.description") };
        struct build b = zip_of(e, 1);
        CHECK(!walk(built(&b), &s));
    }

    TEST ("an empty gzip is one empty file; a cut one is damage") {
        static const uint8_t EMPTY[] = { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3,
                                         3,    0,    0, 0, 0, 0, 0, 0, 0, 0 };
        CHECK(walk((struct ak_bytes){ EMPTY, sizeof(EMPTY) }, &s));
        CHECK(s.n == 1 && s.n_damage == 0 && s.contents_n[0] == 0 && s.path[0][0] == 0);
        for (size_t n = 10; n < sizeof(EMPTY); n++) {
            CHECK(walk((struct ak_bytes){ EMPTY, n }, &s));
            CHECK(s.n == 1 && s.n_damage == 1);
        }
    }

    TEST ("a path leads nowhere but down") {
        CHECK(path_is("/a//./b/", false, "a/b"));
        CHECK(path_is("..\\..\\x.exe", true, "__../__../x.exe"));
        CHECK(path_is("a\\b", false, "a\\b"));
        CHECK(path_is("C:\\Windows\\a", true, "C:/Windows/a"));
        CHECK(path_is("../../../..", false, "__../__../__../__.."));
        CHECK(path_is("...", false, "..."));
        CHECK(path_is("", false, ""));
    }

    TEST ("limits: an entry, the total, and the ratio beyond the floor") {
        struct ak_archive_spent spent = { .packed = 1000 };
        CHECK(!ak_archive_spend(&spent, 0, AK_ARCHIVE_RATIO_FLOOR));
        CHECK(ak_archive_spend(&spent, 0, 1) != NULL);
        spent = (struct ak_archive_spent){ .packed = AK_ARCHIVE_RATIO_FLOOR };
        CHECK(!ak_archive_spend(&spent, 0, AK_ARCHIVE_RATIO_FLOOR + 1));
        CHECK(ak_archive_spend(&spent, AK_ARCHIVE_ENTRY_BYTES_MAX, 1) != NULL);
        spent =
            (struct ak_archive_spent){ .packed = UINT64_MAX, .total = AK_ARCHIVE_TOTAL_BYTES_MAX };
        CHECK(ak_archive_spend(&spent, 0, 1) != NULL);
    }

    return story_report();
}
