/* json_read_test.c - JSON of strangers: read strictly, and never too far. */
#include "base/json_read.h"
#include "tests/support/story.h"

#include <stdlib.h>

/* The values as one line: kinds, keys and texts. */
static const char *told(const char *json, size_t n)
{
    static char line[4096];
    static const char *const KIND[] = { "end", "bad", "{",    "[",     "close",
                                        "str", "num", "true", "false", "null" };
    char *copy = malloc(n + (n == 0)); /* a block of its own for the sanitiser */
    memcpy(copy, json, n);
    struct ak_json_reader r = ak_json_open((struct ak_bytes){ (const uint8_t *)copy, n });
    struct ak_json_value v;
    size_t at = 0;
    do {
        v = ak_json_next(&r);
        int wrote = snprintf(line + at, sizeof(line) - at, "%.*s%s%s%s%.*s ", (int)v.key.n,
                             v.key.at ? v.key.at : "", v.in_object ? ":" : "", KIND[v.kind],
                             v.text.n ? "=" : "", (int)v.text.n, v.text.at ? v.text.at : "");
        at += wrote > 0 ? (size_t)wrote : 0;
    } while (v.kind != AK_JSON_END && v.kind != AK_JSON_BAD && at < sizeof(line) - 200);
    ak_json_close(&r);
    free(copy);
    return line;
}

static bool is(const char *json, const char *want)
{
    const char *got = told(json, strlen(json));
    if (strcmp(got, want) != 0)
        printf("      %s: %s\n", json, got);
    return strcmp(got, want) == 0;
}

static bool refused(const char *json)
{
    const char *got = told(json, strlen(json));
    bool bad = strlen(got) >= 4 && strcmp(got + strlen(got) - 4, "bad ") == 0;
    if (!bad)
        printf("      %s: %s\n", json, got);
    return bad;
}

int main(void)
{
    TEST ("values come in order, members with their names") {
        CHECK(is("{\"a\": 1, \"b\": [true, null, \"x\"], \"c\": {}}",
                 "{ a:num=1 b:[ true null str=x close c:{ close close end "));
        CHECK(is(" [] ", "[ close end "));
        CHECK(is("-0.5e-10", "num=-0.5e-10 end "));
        CHECK(is("\"\"", "str end "));
        CHECK(is("\xEF\xBB\xBF[1]", "[ num=1 close end "));
    }

    TEST ("escapes are resolved; pairs are one character, halves stay halves") {
        CHECK(is("\"a\\u00e9\\n\\/\\\\\\\"\"", "str=a\xC3\xA9\n/\\\" end "));
        CHECK(is("\"\\ud83d\\ude00\"", "str=\xF0\x9F\x98\x80 end "));
        CHECK(is("\"\\ud83dx\"", "str=\xED\xA0\xBDx end "));
        CHECK(is("\"\\ud83d\\u0041\"", "str=\xED\xA0\xBD"
                                       "A end "));
        CHECK(is("{\"\\u0041b\":2}", "{ Ab:num=2 close end "));
    }

    TEST ("what RFC 8259 does not allow is refused") {
        static const char *const BAD[] = {
            "",
            " ",
            "{",
            "[",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "[1 2]",
            "[,1]",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "1e+",
            "-",
            "--1",
            "0x10",
            "NaN",
            "Infinity",
            "tru",
            "nul",
            "[1]]",
            "1 2",
            "\"",
            "\"a",
            "\"\\",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"a\nb\"",
            "\"\x01\"",
            "\"\xFF\"",
            "\"\xC3\"",
            "\"\xED\xA0\x80\"",
            "[1}",
            "{\"a\":1]",
            "// x\n1",
            "/* */1",
            "\xEF\xBB[1]",
            "]",
            "}",
            "{1:2}",
            "[\"a\":1]",
            "{\"a\" 1}",
        };
        for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
            CHECK(refused(BAD[i]));
    }

    TEST ("a zero byte is no blank and no end") {
        told("[1]\0", 4);
        CHECK(strcmp(told("[1]\0", 4), "[ num=1 close bad ") == 0);
        CHECK(strcmp(told("[1,\0 2]", 7), "[ num=1 bad ") == 0);
    }

    TEST ("every text cut short is refused, at every place") {
        static const char WHOLE[] =
            "{\"k\\u00e9\":[1.5e+3,true,false,null,\"x\\ud83d\\ude00\\n\"],\"b\":{\"c\":[]}}";
        for (size_t n = 0; n + 1 < sizeof(WHOLE); n++) {
            const char *got = told(WHOLE, n);
            CHECK(strcmp(got + strlen(got) - 4, "bad ") == 0);
        }
    }

    TEST ("depth has a limit, and what is inside it is read") {
        char deep[2 * AK_JSON_DEPTH_MAX + 3];
        memset(deep, '[', AK_JSON_DEPTH_MAX);
        memset(deep + AK_JSON_DEPTH_MAX, ']', AK_JSON_DEPTH_MAX);
        const char *got = told(deep, 2 * AK_JSON_DEPTH_MAX);
        CHECK(strcmp(got + strlen(got) - 4, "end ") == 0);
        memset(deep, '[', AK_JSON_DEPTH_MAX + 1);
        got = told(deep, AK_JSON_DEPTH_MAX + 1);
        CHECK(strcmp(got + strlen(got) - 4, "bad ") == 0);
    }

    TEST ("a value knows its line, and so does an error") {
        static const char TEXT[] = "{\n \"a\":\n  1,\n\n \"b\": x}";
        struct ak_json_reader r =
            ak_json_open((struct ak_bytes){ (const uint8_t *)TEXT, sizeof(TEXT) - 1 });
        CHECK(ak_json_next(&r).line == 1);
        CHECK(ak_json_next(&r).line == 3);
        struct ak_json_value v = ak_json_next(&r);
        CHECK(v.kind == AK_JSON_BAD && v.line == 5 && r.why);
        ak_json_close(&r);
    }

    return story_report();
}
