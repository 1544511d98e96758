/* text_test.c - what attackers write into names and logs, and what a reader then sees. */
#include "report/text.h"
#include "tests/support/story.h"

static struct ak_buf out;

static struct ak_str seen(struct ak_str text, size_t max)
{
    out.n = 0;
    ak_visible(&out, text, max);
    return ak_buf_view(&out);
}

static struct ak_str html(struct ak_str text)
{
    out.n = 0;
    ak_visible_html(&out, text, 0);
    return ak_buf_view(&out);
}

static struct ak_str number(uint64_t n)
{
    out.n = 0;
    ak_put_number(&out, n);
    return ak_buf_view(&out);
}

static struct ak_str size(uint64_t n)
{
    out.n = 0;
    ak_put_size(&out, n);
    return ak_buf_view(&out);
}

static bool has(struct ak_str text, const char *part)
{
    return text.n && memmem(text.at, text.n, part, strlen(part)) != NULL;
}

static void test_hostile(void)
{
    TEST ("a name that would show its ending reversed shows the override by its number") {
        CHECK_STR(seen(AK_STR("invoice_\xE2\x80\xAE"
                              "fdp.exe"),
                       0),
                  "invoice_〈U+202E〉fdp.exe");
    }
    TEST ("markup in a name is text in HTML, within attributes too") {
        CHECK_STR(html(AK_STR("<script>alert('1')</script>&\"")),
                  "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;");
    }
    TEST ("no control character, direction mark or invisible filler gets through") {
        static const uint32_t BAD[] = {
            0,      7,      0x1B,   0x7F,   0x85,    0x9B,    0xAD,
            0x61C,  0x200B, 0x200F, 0x2028, 0x202A,  0x2066,  0x2069,
            0x3164, 0xE000, 0xFEFF, 0xFFFE, 0x1FFFF, 0xE0041, 0x10FFFF
        };
        for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
            char text[8], mark[24];
            uint32_t c = BAD[i];
            size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
            static const uint8_t HEAD[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
            for (size_t k = n; k-- > 0; c >>= 6)
                text[k] = (char)(k || n == 1 ? (n == 1 ? c : 0x80 | (c & 0x3F)) : HEAD[n] | c);
            snprintf(mark, sizeof(mark), "〈U+%04X〉", BAD[i]);
            CHECK_STR(seen((struct ak_str){ text, n }, 0), mark);
        }
    }
    TEST ("bytes that are no UTF-8 and halves of pairs are shown by their numbers") {
        CHECK_STR(seen(AK_STR("a\xFF\xFE\xED\xA0\x80z"), 0), "a〈FF〉〈FE〉〈U+D800〉z");
    }
    TEST ("line feeds do not break a row") {
        CHECK_STR(seen(AK_STR("one\r\ntwo\t"), 0), "one\\r\\ntwo\\t");
    }
    TEST ("a tower of combining marks is cut down") {
        struct ak_buf tower = { 0 };
        ak_buf_text(&tower, "o");
        for (int i = 0; i < 50; i++)
            ak_buf_text(&tower, "\xCC\x81");
        CHECK(has(seen(ak_buf_view(&tower), 0), "o\xCC\x81\xCC\x81\xCC\x81\xCC\x81〈U+0301〉"));
        ak_buf_free(&tower);
    }
}

static void test_japanese(void)
{
    TEST ("Japanese as it is really written stays as it is") {
        CHECK_STR(seen(AK_STR("髙﨑・𠮷野①㈱ﾃｽﾄ〜ー―葛󠄀城"), 0),
                  "髙﨑・𠮷野①㈱ﾃｽﾄ〜ー―葛󠄀城");
    }
    TEST ("a cut counts characters, not bytes, and says that it is one") {
        CHECK_STR(seen(AK_STR("証跡調査"), 2), "証跡…");
        CHECK_STR(seen(AK_STR("証跡"), 2), "証跡");
    }
    TEST ("an escape is not cut in half") {
        out.n = 0;
        ak_visible_html(&out, AK_STR("&&&"), 2);
        CHECK_STR(ak_buf_view(&out), "&amp;&amp;…");
    }
}

static void test_numbers(void)
{
    struct ak_zone tokyo = ak_zone_fixed(9 * 3600), fiji = ak_zone_fixed(-(3 * 3600 + 1800));
    TEST ("numbers have commas, up to the largest") {
        CHECK_STR(number(0), "0");
        CHECK_STR(number(999), "999");
        CHECK_STR(number(1000), "1,000");
        CHECK_STR(number(UINT64_MAX), "18,446,744,073,709,551,615");
    }
    TEST ("sizes are cut to three digits, not rounded up to the next unit") {
        CHECK_STR(size(0), "0 B");
        CHECK_STR(size(999), "999 B");
        CHECK_STR(size(48213377), "48.2 MB");
        CHECK_STR(size(999999), "999 kB");
        CHECK_STR(size(UINT64_MAX), "18.4 EB");
    }
    TEST ("a moment is shown in the report's zone, on its own day") {
        int64_t ns = INT64_C(1769698212) * 1000000000; /* 2026-01-29T14:50:12Z */
        out.n = 0;
        ak_put_moment(&out, ns, &tokyo);
        CHECK_STR(ak_buf_view(&out), "2026-01-29 23:50:12");
        out.n = 0;
        ak_put_day(&out, ns + INT64_C(3600) * 1000000000, &tokyo, AK_LANG_JA);
        CHECK_STR(ak_buf_view(&out), "2026年1月30日");
        out.n = 0;
        ak_put_day(&out, ns, &tokyo, AK_LANG_EN);
        CHECK_STR(ak_buf_view(&out), "29 January 2026");
    }
    TEST ("a time before 1970 is on the right side of its second") {
        out.n = 0;
        ak_put_moment(&out, -1, &ak_zone_utc);
        CHECK_STR(ak_buf_view(&out), "1969-12-31 23:59:59");
    }
    TEST ("zones have their names or their distance") {
        out.n = 0;
        ak_put_zone(&out, 0, &tokyo);
        ak_put_zone(&out, 0, &ak_zone_utc);
        ak_put_zone(&out, 0, &fiji);
        CHECK_STR(ak_buf_view(&out), "JSTUTC-03:30");
    }
    TEST ("a value that looks like a name in braces is not filled again") {
        struct ak_filling with[] = { { "a", AK_STR("{b}") }, { "b", AK_STR("x") } };
        out.n = 0;
        ak_put_filled(&out, "{a} {b} {c}", with, 2);
        CHECK_STR(ak_buf_view(&out), "{b} x {c}");
    }
}

int main(void)
{
    test_hostile();
    test_japanese();
    test_numbers();
    ak_buf_free(&out);
    return story_report();
}
