/* json_test.c - JSON text, whatever its length and wherever its odd characters. */
#include "base/digits.h"
#include "base/json.h"
#include "tests/support/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ASCII to JSON one byte at a time, to compare with. */
static void slowly(struct ak_buf *b, const char *text, size_t n)
{
    ak_buf_u8(b, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            ak_buf_printf(b, "\\%c", c);
        else if (c == '\n')
            ak_buf_text(b, "\\n");
        else if (c < 0x20)
            ak_buf_printf(b, "\\u%04x", c);
        else
            ak_buf_u8(b, c);
    }
    ak_buf_u8(b, '"');
}

static bool same(struct ak_buf *a, struct ak_buf *b)
{
    bool same = ak_str_eq(ak_buf_view(a), ak_buf_view(b));
    ak_buf_free(a);
    ak_buf_free(b);
    return same;
}

/* n letters with c at place `at`, in a block of its own for the sanitiser. */
static bool agrees(size_t n, size_t at, char c)
{
    struct ak_buf want = { 0 }, got = { 0 }, want16 = { 0 }, got16 = { 0 };
    char *text = malloc(n + (n == 0));
    uint8_t *wide = malloc(n * 2 + (n == 0));
    for (size_t i = 0; i < n; i++) {
        text[i] = i == at ? c : (char)('a' + i % 26);
        wide[2 * i] = (uint8_t)text[i];
        wide[2 * i + 1] = 0;
    }
    slowly(&want, text, n);
    slowly(&want16, text, n);
    ak_json_str(&got, (struct ak_str){ text, n });
    ak_json_str16(&got16, (struct ak_bytes){ wide, n * 2 });
    free(text);
    free(wide);
    bool narrow_ok = same(&want, &got), wide_ok = same(&want16, &got16);
    return narrow_ok && wide_ok;
}

static bool text16(const char *bytes, size_t n, const char *json)
{
    struct ak_buf got = { 0 };
    ak_json_str16(&got, (struct ak_bytes){ (const uint8_t *)bytes, n });
    bool ok = ak_str_eq(ak_buf_view(&got), ak_str_of(json));
    ak_buf_free(&got);
    return ok;
}

int main(void)
{
    TEST ("an escape comes out the same at every place of texts of every length") {
        static const char ODD[] = { 'x', '"', '\\', '\n', 1, 0x1F, 0 };
        for (size_t n = 0; n < 50; n++)
            for (size_t at = 0; at < n + 1; at++)
                for (size_t i = 0; i < sizeof(ODD); i++)
                    CHECK(agrees(n, at, ODD[i]));
    }

    TEST ("UTF-16 becomes UTF-8, pairs four bytes, half a pair an escape") {
        CHECK(text16("\xE5\x65\x2C\x67", 4, "\"\xE6\x97\xA5\xE6\x9C\xAC\""));
        CHECK(text16("a\0b\0c\0d\0e\0f\0g\0\xE5\x65h\0", 18, "\"abcdefg\xE6\x97\xA5h\""));
        CHECK(text16("\x3D\xD8\x00\xDE", 4, "\"\xF0\x9F\x98\x80\""));
        CHECK(text16("\x3D\xD8"
                     "a\0",
                     4, "\"\\ud83da\""));
        CHECK(text16("\xFF\x00\x80\x00\xFF\xFF\x00\x80", 8,
                     "\"\xC3\xBF\xC2\x80\xEF\xBF\xBF\xE8\x80\x80\""));
        CHECK(text16("abc", 3, "\"\xE6\x89\xA1\"")); /* the odd byte is no unit */
    }

    TEST ("bytes that are no UTF-8 become U+FFFD, and the rest stays") {
        struct ak_buf got = { 0 };
        ak_json_str(&got, AK_STR("0123456789abcdef\xFFxyz\xE6\x97\xA5"));
        CHECK(ak_str_eq(ak_buf_view(&got),
                        AK_STR("\"0123456789abcdef\xEF\xBF\xBDxyz\xE6\x97\xA5\"")));
        ak_buf_free(&got);
    }

    TEST ("numbers of every length are written as printf writes them") {
        uint64_t power = 1;
        for (unsigned i = 0; i < 20; i++, power *= 10)
            for (unsigned k = 0; k < 3; k++) {
                char got[AK_DEC_MAX + 1], want[32];
                uint64_t v = power - 1 + k;
                *ak_put_dec(got, v) = 0;
                snprintf(want, sizeof(want), "%" PRIu64, v);
                CHECK(strcmp(got, want) == 0);
            }
        char got[AK_DEC_MAX + 1];
        *ak_put_dec(got, UINT64_MAX) = 0;
        CHECK(strcmp(got, "18446744073709551615") == 0);
    }

    return story_report();
}
