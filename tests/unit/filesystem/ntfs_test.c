#include "support/fs_capture.h"
#include "support/ntfs_build.h"
#include "support/story.h"

extern const struct ak_filesystem_ops ak_filesystem_ntfs;

static struct ntfs_build b;

static struct fs_capture walk(const char *want)
{
    struct fs_capture c = { .want = want };
    fs_capture_run(&c, &ak_filesystem_ntfs, b.bytes, sizeof(b.bytes));
    return c;
}

static bool holds(const struct fs_capture *c, const char *text)
{
    return c->content_status == AK_OK && c->contents_n == strlen(text) &&
           memcmp(c->contents, text, c->contents_n) == 0;
}

static void in_runs(const uint8_t *runs, size_t n, uint64_t size)
{
    nb_volume(&b);
    nb_begin(&b, 24, 1, true, false);
    nb_standard(&b, NB_TIME);
    nb_named(&b, 1, NB_ROOT, 5, NB_TIME, "data");
    nb_runs(&b, 0x80, 2, "", size, runs, n);
    nb_end(&b);
}

static void write_corpus(const char *folder)
{
    char path[512];
    nb_volume(&b);
    nb_folder(&b, 24, NB_ROOT, 5, "folder");
    nb_file(&b, 25, 24, 1, "inner.txt", "hello");
    nb_begin(&b, 26, 3, false, false);
    nb_standard(&b, NB_TIME);
    nb_named(&b, 1, NB_ROOT, 5, NB_TIME, "gone");
    nb_resident(&b, 0x80, 2, "", "bytes", 5);
    nb_resident(&b, 0x80, 4, "ads", "more", 4);
    nb_end(&b);
    snprintf(path, sizeof(path), "%s/small.ntfs", folder);
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(b.bytes, 1, sizeof(b.bytes), f);
        fclose(f);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        write_corpus(argv[1]); /* a seed for the fuzzer */
        return 0;
    }
    TEST ("a file known from its record alone is shown with its contents") {
        nb_volume(&b);
        nb_file(&b, 24, NB_ROOT, 5, "a.txt", "hello");
        struct fs_capture c = walk("a.txt");
        CHECK(c.opened == AK_OK && c.walked == AK_OK);
        CHECK(fs_capture_has(&c, "-/r 24-128-2:\ta.txt\n"));
        CHECK(holds(&c, "hello"));
        fs_capture_free(&c);
    }
    TEST ("a deleted file keeps its folder and its contents") {
        nb_volume(&b);
        nb_file(&b, 24, NB_ROOT, 5, "gone.txt", "still here");
        nb_begin(&b, 24, 2, false, false); /* freeing raised the sequence */
        nb_standard(&b, NB_TIME);
        nb_named(&b, 1, NB_ROOT, 5, NB_TIME, "gone.txt");
        nb_resident(&b, 0x80, 2, "", "still here", 10);
        nb_end(&b);
        struct fs_capture c = walk("gone.txt");
        CHECK(fs_capture_has(&c, "-/r * 24-128-2:\tgone.txt\n"));
        CHECK(holds(&c, "still here"));
        fs_capture_free(&c);
    }
    TEST ("a file whose folder now is another one is an orphan, not its guest") {
        nb_volume(&b);
        nb_folder(&b, 24, NB_ROOT, 5, "new");
        nb_file(&b, 25, 24, 9, "old.txt", "x"); /* sequence 9 of record 24 is long gone */
        struct fs_capture c = walk(NULL);
        CHECK(!fs_capture_has(&c, "new/old.txt"));
        CHECK(fs_capture_has(&c, "\t$OrphanFiles/old.txt\n"));
        fs_capture_free(&c);
    }
    TEST ("a torn record is damage; its neighbours are still read") {
        nb_volume(&b);
        nb_file(&b, 24, NB_ROOT, 5, "torn", "x");
        nb_file(&b, 25, NB_ROOT, 5, "whole", "y");
        nb_record_at(&b, 24)[510] ^= 0xFF; /* the end of a sector tells another number */
        struct fs_capture c = walk(NULL);
        CHECK(fs_capture_told(&c, "a file record of the $MFT is torn"));
        CHECK(!fs_capture_has(&c, "torn") && fs_capture_has(&c, "whole"));
        fs_capture_free(&c);
    }
    TEST ("two folders that lie in each other end the walk and are both shown") {
        nb_volume(&b);
        nb_folder(&b, 24, 25, 1, "one");
        nb_folder(&b, 25, 24, 1, "two");
        struct fs_capture c = walk(NULL);
        CHECK(c.walked == AK_OK);
        CHECK(fs_capture_has(&c, "one") && fs_capture_has(&c, "two"));
        fs_capture_free(&c);
    }
    TEST ("a folder that lies in itself is shown once") {
        nb_volume(&b);
        nb_folder(&b, 24, 24, 1, "self");
        struct fs_capture c = walk(NULL);
        CHECK(c.walked == AK_OK && fs_capture_has(&c, "$OrphanFiles/self\n"));
        fs_capture_free(&c);
    }
    TEST ("runs are read in order, also backwards on the disk, holes as zeros") {
        static const uint8_t runs[] = { 0x11, 1, NB_FREE + 2, 0x01, 1, 0x11, 1, 0xFE, 0 };
        in_runs(runs, sizeof(runs), 3 * NB_CLUSTER);
        b.bytes[(NB_FREE + 2) * NB_CLUSTER] = 'B';
        b.bytes[NB_FREE * NB_CLUSTER] = 'A';
        struct fs_capture c = walk("data");
        CHECK(c.content_status == AK_OK && c.contents_n == 3 * NB_CLUSTER && c.missing == 0);
        CHECK(c.contents[0] == 'B' && c.contents[NB_CLUSTER] == 0 &&
              c.contents[2 * NB_CLUSTER] == 'A');
        fs_capture_free(&c);
    }
    TEST ("a run that leads out of the volume is missing, not another file's bytes") {
        static const uint8_t runs[] = { 0x21, 2, 0xFF, 0x7F, 0 };
        in_runs(runs, sizeof(runs), 2 * NB_CLUSTER);
        struct fs_capture c = walk("data");
        CHECK(c.content_status == AK_OK && c.missing == 2 * NB_CLUSTER);
        fs_capture_free(&c);
    }
    TEST ("a run list that goes below zero or never ends is refused") {
        static const uint8_t below[] = { 0x11, 1, 0x80, 0 };
        static const uint8_t huge[] = { 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F,
                                        1,    0,    0,    0,    0,    0,    0,    0,    0 };
        static const uint8_t endless[] = { 0x11, 1, NB_FREE, 0x11, 1, 1, 0x11, 1 };
        const struct {
            const uint8_t *at;
            size_t n;
            bool partly;
        } CASES[] = {
            { below, sizeof(below), false },
            { huge, sizeof(huge), false },
            { endless, sizeof(endless), true },
        };
        for (size_t i = 0; i < 3; i++) {
            in_runs(CASES[i].at, CASES[i].n, NB_CLUSTER);
            struct fs_capture c = walk("data");
            CHECK(c.walked == AK_OK && fs_capture_has(&c, "data"));
            CHECK(CASES[i].partly ? c.content_status == AK_OK : c.content_status == AK_ERR_CORRUPT);
            fs_capture_free(&c);
        }
    }
    TEST ("a compressed unit is expanded, one without clusters is zeros") {
        static const uint8_t runs[] = { 0x11, 1, NB_FREE, 0x01, 15, 0x01, 16, 0 };
        static const uint8_t packed[] = { 0x05, 0xB0, 0x08, 'a', 'b', 'c', 0x06, 0x20 };
        nb_volume(&b);
        nb_begin(&b, 24, 1, true, false);
        nb_named(&b, 1, NB_ROOT, 5, NB_TIME, "packed");
        uint8_t *a = nb_runs(&b, 0x80, 2, "", 8000, runs, sizeof(runs));
        a[12] = 1; /* compressed */
        a[34] = 4; /* 16 clusters a unit */
        nb_le(a + 40, 32 * NB_CLUSTER, 8);
        nb_end(&b);
        memcpy(b.bytes + NB_FREE * NB_CLUSTER, packed, sizeof(packed));
        struct fs_capture c = walk("packed");
        CHECK(c.content_status == AK_OK && c.contents_n == 8000);
        CHECK(memcmp(c.contents, "abcabcabcabc\0", 13) == 0 && c.contents[7999] == 0);
        fs_capture_free(&c);
    }
    TEST ("a stream that goes on in another record is read to its end") {
        static const uint8_t first[] = { 0x11, 1, NB_FREE, 0 },
                             rest[] = { 0x11, 1, NB_FREE + 1, 0 };
        uint8_t list[64] = { 0 };
        nb_volume(&b);
        nb_le(list, 0x80, 4), nb_le(list + 4, 32, 2), nb_le(list + 16, 24 | UINT64_C(1) << 48, 8);
        nb_le(list + 24, 2, 2);
        nb_le(list + 32, 0x80, 4), nb_le(list + 36, 32, 2), nb_le(list + 40, 1, 8);
        nb_le(list + 48, 25 | UINT64_C(1) << 48, 8), nb_le(list + 56, 0, 2);
        nb_begin(&b, 24, 1, true, false);
        nb_resident(&b, 0x20, 3, "", list, sizeof(list));
        nb_named(&b, 1, NB_ROOT, 5, NB_TIME, "long");
        nb_runs(&b, 0x80, 2, "", 2 * NB_CLUSTER, first, sizeof(first));
        nb_end(&b);
        nb_begin(&b, 25, 1, true, false);
        nb_extends(&b, 24);
        nb_le(nb_runs(&b, 0x80, 0, "", NB_CLUSTER, rest, sizeof(rest)) + 16, 1, 8);
        nb_end(&b);
        b.bytes[NB_FREE * NB_CLUSTER] = 'A';
        b.bytes[(NB_FREE + 1) * NB_CLUSTER] = 'B';
        struct fs_capture c = walk("long");
        CHECK(fs_capture_has(&c, "-/r 24-128-2:\tlong\n"));
        CHECK(c.contents_n == 2 * NB_CLUSTER && c.missing == 0);
        CHECK(c.contents[0] == 'A' && c.contents[NB_CLUSTER] == 'B');
        fs_capture_free(&c);
    }
    TEST ("an attribute list that names its own record, or a stranger's, ends") {
        uint8_t list[96] = { 0 };
        for (unsigned i = 0; i < 3; i++) {
            nb_le(list + 32 * i, 0x80, 4), nb_le(list + 32 * i + 4, 32, 2);
            nb_le(list + 32 * i + 16, i == 0 ? 24 : i == 1 ? 25 : 1 << 20, 8);
        }
        nb_volume(&b);
        nb_begin(&b, 24, 1, true, false);
        nb_resident(&b, 0x20, 3, "", list, sizeof(list));
        nb_named(&b, 1, NB_ROOT, 5, NB_TIME, "loop");
        nb_end(&b);
        nb_file(&b, 25, NB_ROOT, 5, "stranger", "x");
        struct fs_capture c = walk(NULL);
        CHECK(c.walked == AK_OK && fs_capture_has(&c, "loop"));
        CHECK(fs_capture_told(&c, "part of a file's records could not be read"));
        fs_capture_free(&c);
    }
    TEST ("an encrypted stream says so") {
        nb_volume(&b);
        nb_begin(&b, 24, 1, true, false);
        nb_named(&b, 1, NB_ROOT, 5, NB_TIME, "secret");
        static const uint8_t runs[] = { 0x11, 1, NB_FREE, 0 };
        nb_le(nb_runs(&b, 0x80, 2, "", 100, runs, sizeof(runs)) + 12, 0x4000, 2);
        nb_end(&b);
        struct fs_capture c = walk("secret");
        CHECK(c.flags & AK_FILE_ENCRYPTED && c.content_status == AK_ERR_ENCRYPTED);
        fs_capture_free(&c);
    }
    TEST ("a boot sector that is gone is replaced by its copy") {
        nb_volume(&b);
        nb_file(&b, 24, NB_ROOT, 5, "a.txt", "x");
        memcpy(b.bytes + NB_SIZE - 512, b.bytes, 512);
        memset(b.bytes, 0, 512);
        struct fs_capture c = walk(NULL);
        CHECK(c.opened == AK_OK && c.note && fs_capture_has(&c, "a.txt"));
        fs_capture_free(&c);
    }
    TEST ("the last sector of a disk's last partition does not make the disk NTFS") {
        nb_volume(&b);
        memcpy(b.bytes + NB_SIZE - 512, b.bytes, 512);
        nb_le(b.bytes + NB_SIZE - 512 + 40, NB_SIZE / 1024, 8); /* a smaller volume's */
        memset(b.bytes, 0, 512);
        struct fs_capture c = walk(NULL);
        CHECK(c.opened == AK_ERR_UNSUPPORTED);
        fs_capture_free(&c);
    }
    TEST ("a volume cut anywhere ends with what is left of it") {
        nb_volume(&b);
        nb_file(&b, 24, NB_ROOT, 5, "a.txt", "x");
        for (size_t n = 0; n <= NB_SIZE; n += 509) {
            struct fs_capture c = { 0 };
            fs_capture_run(&c, &ak_filesystem_ntfs, b.bytes, n);
            CHECK(c.opened != AK_OK || c.walked == AK_OK);
            fs_capture_free(&c);
        }
    }
    return story_report();
}
