/* text_test.c - tests src/base/{buf,utf,bytes,digits,arena}.c. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/digits.h"
#include "base/utf.h"
#include "tests/support/story.h"

#include <inttypes.h>
#include <stdlib.h>

static void test_buf(void)
{
    TEST ("what is put into a buffer comes out of it, however it grew") {
        struct ak_buf b = { 0 };
        for (unsigned i = 0; i < 100000; i++)
            ak_buf_u32le(&b, i);
        CHECK(b.n == 400000 && !b.failed);
        bool same = true;
        for (unsigned i = 0; i < 100000; i++)
            same = same && b.at[4 * i] == (uint8_t)i && b.at[4 * i + 2] == (uint8_t)(i >> 16);
        CHECK(same);
        ak_buf_free(&b);
        CHECK(b.at == NULL && b.n == 0);
    }

    TEST ("memory that is not to be had fails the buffer and keeps what it held") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, "kept");
        CHECK(ak_buf_room(&b, SIZE_MAX - 2) == NULL);
        CHECK(b.failed && b.n == 4);
        ak_buf_text(&b, "!");
        CHECK(b.n <= 5);
        ak_buf_free(&b);
    }

    TEST ("numbers are written as printf writes them") {
        static const uint64_t N[] = { 0,          1,          9,
                                      10,         99,         100,
                                      12345,      UINT32_MAX, UINT64_C(9999999999999999999),
                                      UINT64_MAX, INT64_MAX };
        for (size_t i = 0; i < sizeof(N) / sizeof(N[0]); i++) {
            struct ak_buf b = { 0 };
            char want[128];
            ak_buf_dec(&b, N[i]);
            ak_buf_u8(&b, ' ');
            ak_buf_idec(&b, (int64_t)N[i]);
            ak_buf_u8(&b, ' ');
            ak_buf_hex(&b, N[i]);
            snprintf(want, sizeof(want), "%" PRIu64 " %" PRId64 " %" PRIx64, N[i], (int64_t)N[i],
                     N[i]);
            CHECK_STR(ak_buf_view(&b), want);
            ak_buf_free(&b);
        }
        uint64_t power = 1;
        for (unsigned d = 1; d <= 20; d++, power *= 10) {
            CHECK(ak_dec_digits(power) == d);
            CHECK(d == 1 || ak_dec_digits(power - 1) == d - 1);
        }
    }
}

static void test_utf(void)
{
    TEST ("every code point goes to UTF-8 and back") {
        bool same = true;
        for (uint32_t c = 0; c < 0x110000; c++) {
            char text[4];
            size_t n = ak_utf8_put(text, c), at = 0;
            same = same && ak_utf8_next((struct ak_str){ text, n }, &at) == c && at == n;
        }
        CHECK(same);
    }

    TEST ("overlong, cut and stray bytes are no code points, and each moves on by one") {
        static const char *const BAD[] = {
            "\xC0\x80",         "\xE0\x80\x80", "\xF0\x80\x80\x80", "\x80", "\xFF",
            "\xF4\x90\x80\x80", "\xE3\x81",     "\xF0\x9F\x98",     "\xC3", "\xF8\x88\x80\x80\x80"
        };
        for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
            size_t at = 0, n = strlen(BAD[i]);
            char *exact = malloc(n);
            memcpy(exact, BAD[i], n);
            CHECK(ak_utf8_next((struct ak_str){ exact, n }, &at) == 0xFFFFFFFF);
            CHECK(at == 1);
            CHECK(!ak_utf8_valid((struct ak_str){ exact, n }));
            free(exact);
        }
        CHECK(!ak_utf8_valid(AK_STR("\xED\xA0\x80"))); /* a surrogate alone */
        CHECK(ak_utf8_valid(AK_STR("証拠 \xF0\xA0\xAE\xB7")));
    }

    TEST ("every 16-bit unit survives UTF-16, lone surrogates too") {
        bool same = true;
        for (uint32_t u = 0; u < 0x10000; u++) {
            uint8_t in[2] = { (uint8_t)u, (uint8_t)(u >> 8) };
            char out[6];
            size_t n = ak_utf16le_put(out, (struct ak_bytes){ in, 2 }), at = 0;
            same = same && n <= 3 && ak_utf8_next((struct ak_str){ out, n }, &at) == u && at == n;
        }
        CHECK(same);
        char out[12];
        size_t n =
            ak_utf16le_put(out, (struct ak_bytes){ (const uint8_t *)"\x42\xD8\xB7\xDFx", 5 });
        CHECK_STR(((struct ak_str){ out, n }), "\xF0\xA0\xAE\xB7");
        n = ak_utf16le_put(out, (struct ak_bytes){ (const uint8_t *)"\xB7\xDF\x42\xD8", 4 });
        CHECK(n == 6);
    }
}

static void test_glob(void)
{
    static const struct {
        const char *glob, *path;
        bool match;
    } CASES[] = {
        { "*", "a", true },
        { "*", "", true },
        { "*", "a/b", false },
        { "**", "a/b/c", true },
        { "a*c", "abc", true },
        { "a*c", "ab/c", false },
        { "a?c", "abc", true },
        { "a?c", "ac", false },
        { "**/*.evtx", "C/Windows/System32/winevt/Logs/Security.evtx", true },
        { "**/*.evtx", "Security.EVTX", true },
        { "**/*.evtx", "Security.evtx.bak", false },
        { "**/winevt/**", "Windows/winevt/Logs/x", true },
        { "**/winevt/**", "winevt/Logs/x", true },
        { "**/winevt/**", "Windows/xwinevt/x", false },
        { "var/log/**", "var/log/a/b", true },
        { "var/log/**", "xvar/log/a", false },
        { "**/lastlog", "lastlog", true },
        { "**/lastlog", "blastlog", false },
        { "**/lastlog", "var/log/lastlog", true },
        { "", "", true },
        { "", "a", false },
        { "**/a/**/b", "x/a/y/z/b", true },
        { "**/a/**/b", "a/b", true },
    };
    TEST ("a glob matches what its comment says")
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
            if (ak_glob(CASES[i].glob, ak_str_of(CASES[i].path)) != CASES[i].match)
                printf("      %s on %s\n", CASES[i].glob, CASES[i].path);
            CHECK(ak_glob(CASES[i].glob, ak_str_of(CASES[i].path)) == CASES[i].match);
        }

    TEST ("a hostile path does not make a glob slow") {
        static char path[32768];
        memset(path, 'a', sizeof(path));
        for (size_t i = 0; i < sizeof(path); i += 3)
            path[i] = '/';
        CHECK(!ak_glob("**/a*a*a*a*a*a*/**/a*a*a*b", (struct ak_str){ path, sizeof(path) }));
        CHECK(!ak_glob("**/*access*log*", (struct ak_str){ path, sizeof(path) }));
    }
}

static void test_arena(void)
{
    TEST ("an arena gives zeroed memory to its budget and no further") {
        struct ak_arena *a = ak_arena_new(1 << 20);
        size_t got = 0;
        uint8_t *at;
        bool zero = true;
        while ((at = AK_NEW_N(a, uint8_t, 1000))) {
            zero = zero && at[0] == 0 && at[999] == 0;
            memset(at, 0xFF, 1000);
            got += 1000;
        }
        CHECK(zero && got > 900000 && got <= 1 << 20);
        CHECK(AK_NEW_N(a, uint64_t, SIZE_MAX / 4) == NULL);
        ak_arena_reset(a);
        at = AK_NEW_N(a, uint8_t, 1000);
        CHECK(at && at[0] == 0 && at[999] == 0);
        ak_arena_free(a);
    }
}

int main(void)
{
    test_buf();
    test_utf();
    test_glob();
    test_arena();
    return story_report();
}
