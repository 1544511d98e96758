/* recycle_bin_test.c - what a $I file tells us, and what a bad one cannot do. */
#include "tests/support/bytes_build.h"
#include "tests/support/capture.h"
#include "tests/support/story.h"

extern const struct ak_artefact ak_windows_recycle_bin;

/* 2024-03-10T00:15:03.5Z */
static const uint64_t DELETED_AT = UINT64_C(133545033035000000);

static struct build windows_10_file(const char *path)
{
    struct build b = { .n = 0 };
    put_u64(&b, 2);
    put_u64(&b, 40960);
    put_u64(&b, DELETED_AT);
    put_u32(&b, (uint32_t)strlen(path) + 1);
    put_ascii16(&b, path);
    put_u16(&b, 0);
    return b;
}

int main(void)
{
    struct capture c = { 0 };

    TEST ("a Windows 10 file gives the path, the size and the moment of deletion") {
        struct build b = windows_10_file("C:\\Users\\mio\\plan.docx");
        capture_run(&c, &ak_windows_recycle_bin, built(&b));
        CHECK(c.status == AK_OK);
        CHECK(c.n_events == 1);
        CHECK(capture_has(&c, 0, "file.path", "\"C:\\\\Users\\\\mio\\\\plan.docx\""));
        CHECK(capture_has(&c, 0, "file.size", "40960"));
        CHECK(capture_has(&c, 0, "datetime", "\"2024-03-10T00:15:03.500000000Z\""));
        capture_free(&c);
    }

    TEST ("a Vista file has a fixed path field, and what follows the zero is not path") {
        struct build b = { .n = 0 };
        put_u64(&b, 1);
        put_u64(&b, 7);
        put_u64(&b, DELETED_AT);
        put_ascii16(&b, "D:\\a.txt");
        put_u16(&b, 0);
        put_ascii16(&b, "left over from before");
        b.n = 24 + 520;
        capture_run(&c, &ak_windows_recycle_bin, built(&b));
        CHECK(c.status == AK_OK);
        CHECK(capture_has(&c, 0, "file.path", "\"D:\\\\a.txt\""));
        CHECK(capture_has(&c, 0, "recycle_bin.version", "1"));
        capture_free(&c);
    }

    TEST ("a path length past the end is damage at the place it was found") {
        struct build b = windows_10_file("x");
        b.bytes[24] = 0xFF;
        b.bytes[27] = 0xFF;
        capture_run(&c, &ak_windows_recycle_bin, built(&b));
        CHECK(c.status == AK_ERR_CORRUPT);
        CHECK(c.n_events == 0);
        CHECK(c.n_damage == 1);
        CHECK(c.damage_at[0] == 28);
        capture_free(&c);
    }

    TEST ("every truncation of a good file is damage, never a crash and never a guess") {
        struct build whole = windows_10_file("C:\\x");
        for (size_t n = 0; n < whole.n; n++) {
            capture_run(&c, &ak_windows_recycle_bin, (struct ak_bytes){ whole.bytes, n });
            CHECK(c.status == AK_ERR_CORRUPT);
            CHECK(c.n_events == 0);
            capture_free(&c);
        }
    }

    TEST ("half a surrogate pair in a name is kept, so two bad names stay two names") {
        struct build b = windows_10_file("?");
        b.bytes[28] = 0x00;
        b.bytes[29] = 0xD8;
        capture_run(&c, &ak_windows_recycle_bin, built(&b));
        CHECK(c.status == AK_OK);
        CHECK(capture_has(&c, 0, "file.path", "\"\\ud800\""));
        capture_free(&c);
    }

    TEST ("a deletion time of zero is no time, not the year 1601") {
        struct build b = windows_10_file("C:\\x");
        memset(b.bytes + 16, 0, 8);
        capture_run(&c, &ak_windows_recycle_bin, built(&b));
        CHECK(c.status == AK_OK);
        CHECK(!capture_has_key(&c, 0, "datetime"));
        capture_free(&c);
    }

    return story_report();
}
