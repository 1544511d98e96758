/* pattern_test.c - tests src/detect/pattern.c. */
#include "detect/pattern.h"

#include "base/fold.h"
#include "tests/support/story.h"

#include <time.h>

static struct ak_arena *arena;

/* Does Sigma's notation match the text, without case? */
static bool matches(const char *notation, const char *text)
{
    struct ak_pattern p;
    char to[512];
    if (ak_pattern_read(arena, ak_str_of(notation), false, &p) != AK_OK)
        return false;
    return ak_pattern_match(&p, (struct ak_str){ to, ak_fold(to, ak_str_of(text)) });
}

/* The same decided by trying everything: what the fast way is compared with. */
static bool naive(const struct ak_piece *piece, size_t n, struct ak_str text)
{
    if (n == 0)
        return text.n == 0;
    struct ak_str want = piece->text;
    if (piece->kind == AK_PIECE_TEXT)
        return ak_str_starts(text, want) &&
               naive(piece + 1, n - 1, (struct ak_str){ text.at + want.n, text.n - want.n });
    if (piece->kind == AK_PIECE_ONE)
        return text.n && naive(piece + 1, n - 1, (struct ak_str){ text.at + 1, text.n - 1 });
    for (size_t i = 0; i <= text.n; i++)
        if (naive(piece + 1, n - 1, (struct ak_str){ text.at + i, text.n - i }))
            return true;
    return false;
}

static void test_notation(void)
{
    TEST ("a plain text matches the whole value, without case") {
        CHECK(matches("Whoami.EXE", "whoami.exe"));
        CHECK(!matches("whoami", "whoami.exe"));
        CHECK(matches("", "") && !matches("", "x"));
        CHECK(matches("Ёлка", "ёЛКА"));
    }

    TEST ("'*' stands for any number of characters, '?' for exactly one") {
        CHECK(matches("prog?.exe", "progA.exe") && !matches("prog?.exe", "prog.exe"));
        CHECK(!matches("prog?.exe", "progAB.exe"));
        CHECK(matches("antivirus_V*.exe", "antivirus_V21.2.1.exe") &&
              matches("antivirus_V*.exe", "antivirus_v.exe"));
        CHECK(matches("*", "") && matches("*", "x") && matches("**", "xyz"));
        CHECK(matches("?", "証") && matches("a?c", "a拠c") && !matches("??", "証"));
        CHECK(matches("*??", "xy証") && !matches("*??", "証") && matches("??*", "証拠x"));
        CHECK(matches("*a?b*c", "xxaab-a1bzzc") && !matches("*a?b*c", "xxab-a1bzzd"));
    }

    TEST ("backslashes are what the specification says they are") {
        CHECK(matches("C:\\Windows", "c:\\windows"));   /* plain, single */
        CHECK(matches("C:\\\\Windows", "c:\\windows")); /* plain, double */
        CHECK(matches("a\\*b", "a*b") && !matches("a\\*b", "axb"));
        CHECK(matches("a\\?b", "a?b") && !matches("a\\?b", "axb"));
        CHECK(matches("a\\\\*", "a\\xyz") && !matches("a\\\\*", "a*")); /* backslash, wildcard */
        CHECK(matches("a\\\\\\*", "a\\*") && !matches("a\\\\\\*", "a\\x"));
        CHECK(matches("\\\\\\", "\\\\") && matches("\\\\\\\\", "\\\\")); /* three, four: two */
        CHECK(matches("end\\", "end\\"));
    }

    TEST ("a plain pattern has no wildcards and no escapes") {
        struct ak_pattern p;
        CHECK(ak_pattern_plain(arena, AK_STR("A*\\\\?"), true, &p) == AK_OK);
        CHECK(ak_pattern_match(&p, AK_STR("A*\\\\?")) && !ak_pattern_match(&p, AK_STR("a*\\\\?")));
        CHECK(ak_pattern_plain(arena, AK_STR(""), false, &p) == AK_OK && p.n == 0);
    }

    TEST ("an opened pattern matches inside other text, and is not opened twice") {
        struct ak_pattern p, q;
        CHECK(ak_pattern_read(arena, AK_STR("evil"), false, &p) == AK_OK);
        CHECK(ak_pattern_open(arena, &p, true, true, &q) == AK_OK);
        CHECK(ak_pattern_match(&q, AK_STR("an evil thing")) && q.n == 3);
        CHECK(ak_pattern_open(arena, &q, true, true, &p) == AK_OK && p.n == 3);
        CHECK(ak_pattern_open(arena, &q, false, false, &p) == AK_OK && p.n == 3);
        CHECK(ak_pattern_read(arena, AK_STR(""), false, &p) == AK_OK);
        CHECK(ak_pattern_open(arena, &p, true, true, &q) == AK_OK && q.n == 1);
        CHECK(ak_pattern_match(&q, AK_STR("")));
    }

    TEST ("the literal is the longest text that every match contains") {
        struct ak_pattern p;
        CHECK(ak_pattern_read(arena, AK_STR("*ab*Longest?c"), false, &p) == AK_OK);
        CHECK_STR(ak_pattern_literal(&p), "longest");
        CHECK(ak_pattern_read(arena, AK_STR("*?*"), false, &p) == AK_OK);
        CHECK(ak_pattern_literal(&p).n == 0);
    }

    TEST ("an arena that is spent is said so") {
        struct ak_arena *small = ak_arena_new(8);
        struct ak_pattern p;
        CHECK(ak_pattern_read(small, AK_STR("a text of some length"), false, &p) == AK_ERR_LIMIT);
        CHECK(ak_pattern_plain(small, AK_STR("a text of some length"), false, &p) == AK_ERR_LIMIT);
        ak_arena_free(small);
    }
}

static void spell(char *to, size_t length, uint32_t number, const char *letters, uint32_t n_letters)
{
    for (size_t i = 0; i < length; i++, number /= n_letters)
        to[i] = letters[number % n_letters];
    to[length] = 0;
}

static void test_against_naive(void)
{
    TEST ("all patterns of up to six signs of {a,b,*,?} agree with trying everything") {
        static const uint32_t FOUR[] = { 1, 4, 16, 64, 256, 1024, 4096 },
                              TWO[] = { 1, 2, 4, 8, 16, 32, 64, 128 };
        size_t wrong = 0, tried = 0;
        for (size_t length = 0; length <= 6; length++)
            for (uint32_t i = 0; i < FOUR[length]; i++) {
                char notation[8], text[8];
                struct ak_pattern p;
                spell(notation, length, i, "ab*?", 4);
                ak_arena_reset(arena);
                wrong += ak_pattern_read(arena, ak_str_of(notation), false, &p) != AK_OK;
                for (size_t m = 0; m <= 7; m++)
                    for (uint32_t k = 0; k < TWO[m]; k++, tried++) {
                        spell(text, m, k, "ab", 2);
                        struct ak_str t = { text, m };
                        wrong += ak_pattern_match(&p, t) != naive(p.pieces, p.n, t);
                    }
            }
        CHECK(wrong == 0 && tried > 1000000);
    }

    TEST ("a hostile pattern does not take forever on a long text") {
        static char text[1 << 16];
        struct ak_pattern p;
        memset(text, 'a', sizeof(text));
        CHECK(ak_pattern_read(arena, AK_STR("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b*a*"), false, &p) ==
              AK_OK);
        clock_t start = clock();
        CHECK(!ak_pattern_match(&p, (struct ak_str){ text, sizeof(text) }));
        CHECK(ak_pattern_read(arena, AK_STR("*a?a?a?a?a?a?a?b*"), false, &p) == AK_OK);
        CHECK(!ak_pattern_match(&p, (struct ak_str){ text, sizeof(text) }));
        CHECK(clock() - start < CLOCKS_PER_SEC);
    }
}

int main(void)
{
    arena = ak_arena_new(1 << 20);
    test_notation();
    test_against_naive();
    ak_arena_free(arena);
    return story_report();
}
