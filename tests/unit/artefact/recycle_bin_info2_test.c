/* recycle_bin_info2_test.c - the Recycle Bin's index before Vista. */
#include "tests/support/bytes_build.h"
#include "tests/support/capture.h"
#include "tests/support/story.h"

#include "base/encoding.h"

extern const struct ak_artefact ak_windows_recycle_bin_info2;

/* 2024-03-10T00:15:03.5Z */
static const uint64_t DELETED_AT = UINT64_C(133545033035000000);

static struct build header(uint32_t version, uint32_t record)
{
    struct build b = { .n = 0 };
    put_u32(&b, version);
    put_u64(&b, 0);
    put_u32(&b, record);
    put_u32(&b, 0);
    return b;
}

static void put_record(struct build *b, const char *ansi, size_t n, uint32_t drive)
{
    memcpy(b->bytes + b->n, ansi, n);
    b->n += 260;
    put_u32(b, 7);
    put_u32(b, drive);
    put_u64(b, DELETED_AT);
    put_u32(b, 4096);
}

static void put_wide(struct build *b, const char *path)
{
    size_t from = b->n;
    put_ascii16(b, path);
    b->n = from + 520;
}

int main(void)
{
    struct capture c = { 0 };
    ak_encoding_open();

    TEST ("a record of XP gives the long path, and the short one beside it") {
        struct build b = header(5, 800);
        put_record(&b, "C:\\PROGRA~1\\A.TXT", 17, 2);
        put_wide(&b, "C:\\Program Files\\a.txt");
        capture_run(&c, &ak_windows_recycle_bin_info2, built(&b));
        CHECK(c.status == AK_OK && c.n_events == 1);
        CHECK(capture_has(&c, 0, "file.path", "\"C:\\\\Program Files\\\\a.txt\""));
        CHECK(capture_has(&c, 0, "recycle_bin.path_ansi", "\"C:\\\\PROGRA~1\\\\A.TXT\""));
        CHECK(capture_has(&c, 0, "file.size", "4096"));
        CHECK(capture_has(&c, 0, "recycle_bin.record_index", "7"));
        CHECK(capture_has(&c, 0, "recycle_bin.gone", "false"));
        CHECK(capture_has(&c, 0, "datetime", "\"2024-03-10T00:15:03.500000000Z\""));
        capture_free(&c);
    }

    TEST ("a Japanese path of Windows 98 is read, and its bytes are kept") {
        struct build b = header(4, 280);
        put_record(&b, "C:\\\x96\xbc\x95\xeb.xls", 11, 2);
        capture_run(&c, &ak_windows_recycle_bin_info2, built(&b));
        CHECK(capture_has(&c, 0, "file.path", "\"C:\\\\名簿.xls\""));
        CHECK(capture_has(&c, 0, "recycle_bin.path_ansi_bytes", "\"433A5C96BC95EB2E786C73\""));
        capture_free(&c);
    }

    TEST ("a file that was restored or destroyed keeps its record, with its drive put back") {
        struct build b = header(5, 280);
        put_record(&b, "\0:\\a", 4, 3);
        put_record(&b, "\0\\srv\\x", 7, 26);
        capture_run(&c, &ak_windows_recycle_bin_info2, built(&b));
        CHECK(c.n_events == 2);
        CHECK(capture_has(&c, 0, "file.path", "\"D:\\\\a\""));
        CHECK(capture_has(&c, 0, "recycle_bin.gone", "true"));
        CHECK(capture_has(&c, 1, "file.path", "\"\\\\\\\\srv\\\\x\""));
        capture_free(&c);
    }

    TEST ("what was in memory behind the zero is not part of the path") {
        struct build b = header(5, 280);
        put_record(&b, "C:\\x\0 left over", 14, 2);
        capture_run(&c, &ak_windows_recycle_bin_info2, built(&b));
        CHECK(capture_has(&c, 0, "file.path", "\"C:\\\\x\""));
        capture_free(&c);
    }

    TEST ("every truncation inside a record is damage, and the whole records before it stand") {
        struct build b = header(5, 800);
        put_record(&b, "C:\\a", 4, 2);
        put_wide(&b, "C:\\a");
        size_t whole = b.n;
        put_record(&b, "C:\\b", 4, 2);
        put_wide(&b, "C:\\b");
        for (size_t n = 0; n < b.n; n++) {
            capture_run(&c, &ak_windows_recycle_bin_info2, (struct ak_bytes){ b.bytes, n });
            bool between = n == 20 || n == whole;
            CHECK(c.status == (between ? AK_OK : AK_ERR_CORRUPT));
            CHECK(c.n_damage == (between ? 0 : 1));
            if (n > whole)
                CHECK(c.n_events == 2 && capture_has(&c, 0, "file.path", "\"C:\\\\a\""));
            capture_free(&c);
        }
    }

    TEST ("versions and record sizes that no Windows writes are damage") {
        struct build b = header(9, 800);
        capture_run(&c, &ak_windows_recycle_bin_info2, built(&b));
        CHECK(c.status == AK_ERR_CORRUPT && c.n_damage == 1);
        capture_free(&c);
        b = header(5, 1);
        capture_run(&c, &ak_windows_recycle_bin_info2, built(&b));
        CHECK(c.status == AK_ERR_CORRUPT && c.damage_at[0] == 12);
        capture_free(&c);
    }

    return story_report();
}
