/* yara_scan_test.c - YARA rules of strangers: used where they can be, refused where
 * they would reach out, told what is wrong with them. */
#include "base/buf.h"
#include "detect/yara_choice.h"
#include "detect/yara_scan.h"
#include "tests/support/story.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct scanner {
    struct ak_arena *arena;
    struct ak_yara *yara;
    struct ak_buf told;
};

static struct scanner scanner_of(const char *const *texts, size_t n)
{
    struct scanner s = { .arena = ak_arena_new((size_t)16 << 20) };
    struct ak_feed_file files[8];
    static const char *const NAMES[8] = { "a.yar", "b.yar", "c.yar", "d.yar",
                                          "e.yar", "f.yar", "g.yar", "h.yar" };
    for (size_t i = 0; i < n; i++)
        files[i] = (struct ak_feed_file){ ak_str_of(NAMES[i]),
                                          { (const uint8_t *)texts[i], strlen(texts[i]) } };
    if (ak_yara_read(s.arena, files, n, &s.yara) != AK_OK)
        abort();
    return s;
}

static void scanner_free(struct scanner *s)
{
    ak_yara_free(s->yara);
    ak_arena_free(s->arena);
    ak_buf_free(&s->told);
}

static void on_match(void *self, const struct ak_yara_match *m)
{
    struct ak_buf *b = self;
    ak_buf_printf(b, "%.*s(%.*s) [%.*s] %.*s | %.*s | %.*s | %llu;", (int)m->rule.n, m->rule.at,
                  (int)m->file.n, m->file.at, (int)m->tags.n, m->tags.at, (int)m->description.n,
                  m->description.at, (int)m->meta.n, m->meta.at, (int)m->strings.n, m->strings.at,
                  (unsigned long long)m->n_strings);
}

static bool gives(struct scanner *s, const char *path, const char *contents, size_t n,
                  const char *want)
{
    uint8_t *copy = malloc(n); /* a block of its own for the sanitiser */
    memcpy(copy, contents, n);
    s->told.n = 0;
    enum ak_status st =
        ak_yara_scan(s->yara, ak_str_of(path), (struct ak_bytes){ copy, n }, on_match, &s->told);
    ak_buf_u8(&s->told, 0);
    free(copy);
    bool same = st == AK_OK && strcmp((const char *)s->told.at, want) == 0;
    if (!same)
        printf("      status %d, got %s\n", (int)st, (const char *)s->told.at);
    return same;
}

static bool complains(const char *rules, uint32_t line, const char *what)
{
    const char *texts[] = { "rule good { strings: $a = \"evil\" condition: $a }", rules };
    struct scanner s = scanner_of(texts, 2);
    size_t n;
    const struct ak_feed_problem *p = ak_yara_problems(s.yara, &n);
    bool ok = n == 1 && p[0].line == line && strstr(p[0].what, what) &&
              ak_str_eq(p[0].file, AK_STR("b.yar")) && ak_yara_count(s.yara) == 1;
    for (size_t i = 0; !ok && i < n; i++)
        printf("      %u %s: %.*s\n", p[i].line, p[i].what, (int)p[i].detail.n, p[i].detail.at);
    scanner_free(&s);
    return ok;
}

static const char RULES[] =
    "rule Evil : apt loader {\n meta:\n  description = \"An evil thing\"\n  score = 75\n  sure = "
    "true\n"
    " strings:\n  $a = \"evil\"\n  $b = { 00 01 ?? 03 }\n condition: any of them }\n"
    "private rule hidden { condition: true }\n"
    "rule byname { condition: filename == \"x.php\" and extension == \".php\" and filepath "
    "contains \"www\" }\n";

int main(void)
{
    TEST ("a match says which rule, what it says of itself, and where in the file") {
        const char *texts[] = { RULES };
        struct scanner s = scanner_of(texts, 1);
        CHECK(ak_yara_count(s.yara) == 3);
        CHECK(gives(&s, "/a", "an evil\0\1\2\3 devil", 17,
                    "Evil(a.yar) [apt loader] An evil thing | score=75; sure=true | "
                    "$a at 0x3: evil; $a at 0xd: evil; $b at 0x7: 00010203 | 3;"));
        CHECK(gives(&s, "/var/www/x.php", "<?php", 5, "byname(a.yar) []  |  |  | 0;"));
        CHECK(gives(&s, "/a", "good", 4, ""));
        scanner_free(&s);
    }

    TEST ("compiled rules saved and loaded find the same") {
        const char *texts[] = { RULES };
        struct scanner s = scanner_of(texts, 1),
                       again = { .arena = ak_arena_new((size_t)16 << 20) };
        struct ak_feed_file file = { AK_STR("a.yar"),
                                     { (const uint8_t *)RULES, sizeof(RULES) - 1 } };
        int fd = memfd_create("compiled", 0);
        CHECK(ak_yara_save(s.yara, fd) == AK_OK);
        size_t n = (size_t)lseek(fd, 0, SEEK_END);
        uint8_t *bytes = malloc(n);
        CHECK(pread(fd, bytes, n, 0) == (ssize_t)n);
        CHECK(ak_yara_load(again.arena, &file, 1, (struct ak_bytes){ bytes, n }, &again.yara) ==
              AK_OK);
        CHECK(gives(&again, "/var/www/x.php", "evil", 4,
                    "Evil(a.yar) [apt loader] An evil thing | score=75; sure=true | $a at 0x0: "
                    "evil | 1;byname(a.yar) []  |  |  | 0;"));
        struct ak_yara *none = NULL;
        CHECK(ak_yara_load(s.arena, &file, 1, (struct ak_bytes){ bytes, 20 }, &none) != AK_OK &&
              !none);
        close(fd);
        free(bytes);
        scanner_free(&s);
        scanner_free(&again);
    }

    TEST ("the same name in two files is two rules") {
        const char *texts[] = { "rule x { strings: $a = \"evil\" condition: $a }",
                                "rule x { condition: true }" };
        struct scanner s = scanner_of(texts, 2);
        CHECK(gives(&s, "/a", "good", 4, "x(b.yar) []  |  |  | 0;"));
        scanner_free(&s);
    }

    TEST ("a file with an error is told with its line, the others are used") {
        CHECK(complains("rule a { condition: true }\nrule b {\n condition: $x }\n", 3,
                        "cannot compile"));
        CHECK(complains("nonsense", 1, "cannot compile"));
        CHECK(complains("rule a { condition: unknown_variable == 1 }", 1, "cannot compile"));
        CHECK(complains("import \"nothing\"\nrule a { condition: true }", 1, "cannot compile"));
    }

    TEST ("include and modules that reach outside are refused") {
        CHECK(complains("include \"/etc/passwd\"\n", 1, "cannot compile"));
        CHECK(complains(
            "/* import \"pe\" */\n\nimport  \"magic\" rule a { condition: magic.type() == \"x\" }",
            3, "reaches outside"));
        CHECK(complains("import \"time\" rule a { condition: time.now() > 5 }", 1,
                        "reaches outside"));
        CHECK(complains("import\n\"cuckoo\"", 1, "reaches outside"));
        const char *texts[] = { "// import \"magic\"\nrule a { strings: $a = \"import "
                                "\\\"time\\\"\" condition: not $a }\n",
                                "import \"pe\" import \"hash\" import \"math\" rule b { condition: "
                                "pe.is_pe or hash.md5(0, filesize) == "
                                "\"900150983cd24fb0d6963f7d28e17f72\" }" };
        struct scanner s = scanner_of(texts, 2);
        size_t n;
        ak_yara_problems(s.yara, &n);
        CHECK(n == 0);
        CHECK(gives(&s, "/a", "abc", 3, "a(a.yar) []  |  |  | 0;b(b.yar) []  |  |  | 0;"));
        scanner_free(&s);
    }

    TEST ("no file, or none that is any good, is no rule and no crash") {
        struct scanner s = scanner_of(NULL, 0);
        CHECK(ak_yara_count(s.yara) == 0 && gives(&s, "/a", "evil", 4, ""));
        scanner_free(&s);
        const char *texts[] = { "x", "y" };
        s = scanner_of(texts, 2);
        size_t n;
        ak_yara_problems(s.yara, &n);
        CHECK(n == 2 && ak_yara_count(s.yara) == 0 && gives(&s, "/a", "evil", 4, ""));
        scanner_free(&s);
    }

    TEST ("of ten thousand matches of a string the first are told, all are counted") {
        const char *texts[] = { "rule many { strings: $a = \"ab\" condition: #a > 9000 }" };
        struct scanner s = scanner_of(texts, 1);
        char *big = malloc(20000);
        for (size_t i = 0; i < 20000; i++)
            big[i] = i % 2 ? 'b' : 'a';
        s.told.n = 0;
        CHECK(ak_yara_scan(s.yara, AK_STR("/a"), (struct ak_bytes){ (const uint8_t *)big, 20000 },
                           on_match, &s.told) == AK_OK);
        CHECK(s.told.n < 1000 && memmem(s.told.at, s.told.n, "| 10000;", 8));
        free(big);
        scanner_free(&s);
    }

    TEST ("programs and scripts are chosen anywhere, the rest where anybody may write") {
        struct ak_bytes mz = { (const uint8_t *)"MZ\x90", 3 },
                        text = { (const uint8_t *)"hello", 5 };
        CHECK(ak_yara_wants(AK_STR("/Windows/System32/a.dll"), mz, 3, false));
        CHECK(ak_yara_wants(AK_STR("/opt/tool"),
                            (struct ak_bytes){ (const uint8_t *)"\x7F"
                                                                "ELF",
                                               4 },
                            4, false));
        CHECK(!ak_yara_wants(AK_STR("/opt/README"), text, 5, false));
        CHECK(ak_yara_wants(AK_STR("/var/www/html/up/x.gifx"), text, 5, false));
        CHECK(!ak_yara_wants(AK_STR("/var/www/html/style.css"), text, 5, false));
        CHECK(!ak_yara_wants(AK_STR("/data/table.dat"), text, 5, false));
        CHECK(ak_yara_wants(AK_STR("/data/table.dat"), text, 5, true));
        CHECK(!ak_yara_wants(AK_STR("/a.exe"), mz, AK_YARA_CONTENTS_MAX + 1, true));
        CHECK(!ak_yara_may_want(AK_STR("/a.exe"), 0, true));
    }

    return story_report();
}
