/* fold_test.c - tests src/base/fold.c. */
#include "base/fold.h"
#include "base/utf.h"
#include "tests/support/story.h"

#include <stdlib.h>

static struct ak_str folded(char *to, const char *text)
{
    return (struct ak_str){ to, ak_fold(to, ak_str_of(text)) };
}

static void test_points(void)
{
    TEST ("letters of every script that has case lose it; others stay") {
        static const struct {
            uint32_t from, to;
        } PAIRS[] = {
            { 'A', 'a' },           { 'Z', 'z' },       { '@', '@' },         { '[', '[' },
            { 0xC4, 0xE4 },         { 0xD7, 0xD7 },     { 0xDF, 0xDF },       { 0x130, 0x130 },
            { 0x131, 0x131 },       { 0x178, 0xFF },    { 0x17F, 's' },       { 0x212A, 'k' },
            { 0x3A3, 0x3C3 },       { 0x3C2, 0x3C3 },   { 0x410, 0x430 },     { 0x1E9E, 0xDF },
            { 0xFF21, 0xFF41 },     { 0x3042, 0x3042 }, { 0x10400, 0x10428 }, { 0x1E900, 0x1E922 },
            { 0x10FFFF, 0x10FFFF }, { 0xD800, 0xD800 }, { 0x100, 0x101 },     { 0x101, 0x101 },
            { 0x23A, 0x2C65 },      { 0xAB70, 0x13A0 }, { 0x13F8, 0x13F0 },
        };
        for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++)
            CHECK(ak_fold_point(PAIRS[i].from) == PAIRS[i].to);
    }

    TEST ("folding what is folded changes nothing, for every code point") {
        size_t changed = 0;
        for (uint32_t c = 0; c < 0x110000; c++)
            changed += ak_fold_point(ak_fold_point(c)) != ak_fold_point(c);
        CHECK(changed == 0);
    }
}

static void test_texts(void)
{
    char to[256];
    TEST ("a text is folded, whatever its length and wherever the capitals are") {
        CHECK_STR(folded(to, "C:\\Windows\\SYSTEM32\\CertUtil.EXE"),
                  "c:\\windows\\system32\\certutil.exe");
        CHECK_STR(folded(to, "@[`{AZaz@[`{AZaz"), "@[`{azaz@[`{azaz");
        CHECK_STR(folded(to, ""), "");
        CHECK_STR(folded(to, "ÄÖÜ ПРИВЕТ ABCDEFGH 証拠"), "äöü привет abcdefgh 証拠");
    }

    TEST ("bytes that are no UTF-8 stay as they are") {
        CHECK_STR(folded(to, "A\xFF\xC3"
                             "B\x80"),
                  "a\xFF\xC3"
                  "b\x80");
        CHECK_STR(folded(to, "\xED\xA0\x80X"), "\xED\xA0\x80x"); /* a lone surrogate */
    }

    TEST ("no text needs more room than promised: every code point, next to no other") {
        bool fits = true;
        for (uint32_t c = 0; c < 0x110000; c++) {
            char from[4], out[16];
            size_t n = ak_utf8_put(from, c);
            fits = fits && ak_fold(out, (struct ak_str){ from, n }) <= n * 3 / 2;
        }
        CHECK(fits);
    }
}

static void test_utf16(void)
{
    TEST ("UTF-16 folds to what its UTF-8 folds to") {
        static const uint8_t WIDE[] = { 'C', 0, ':',  0,    '\\', 0,    'A',  0,    'B', 0, 0xC4, 0,
                                        'Z', 0, 0x01, 0xD8, 0x00, 0xDC, 0x00, 0xD8, 'Q', 0, 7 };
        char to[64], narrow[64], want[64];
        struct ak_bytes in = { WIDE, sizeof(WIDE) };
        size_t n = ak_utf16le_put(narrow, in);
        struct ak_str got = { to, ak_fold_utf16le(to, in) };
        CHECK(ak_str_eq(got, (struct ak_str){ want, ak_fold(want, (struct ak_str){ narrow, n }) }));
        CHECK(ak_str_starts(got, AK_STR("c:\\ab\xC3\xA4z")));
    }

    TEST ("every unit of UTF-16 folds as its code point does") {
        bool same = true;
        for (uint32_t u = 0; u < 0x10000; u++) {
            uint8_t in[2] = { (uint8_t)u, (uint8_t)(u >> 8) };
            char to[8], want[8];
            size_t n = ak_fold_utf16le(to, (struct ak_bytes){ in, 2 });
            same = same && n == ak_utf8_put(want, ak_fold_point(u)) && memcmp(to, want, n) == 0;
        }
        CHECK(same);
    }
}

int main(void)
{
    test_points();
    test_texts();
    test_utf16();
    return story_report();
}
