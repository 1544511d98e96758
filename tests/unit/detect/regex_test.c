/* regex_test.c - tests src/detect/regex*.c. */
#include "base/fold.h"
#include "base/utf.h"
#include "detect/regex.h"
#include "tests/support/story.h"

#include <stdlib.h>
#include <time.h>

enum { PLENTY = 8 << 20, LITTLE = 5000, BIG = 1 << 20 };

static struct ak_arena *arena;
static struct ak_regex_memory *memory[3]; /* plenty, little, none */

static const struct ak_regex *compiled(const char *pattern, unsigned flags)
{
    const struct ak_regex *re = NULL;
    const char *why = NULL;
    if (ak_regex_compile(arena, ak_str_of(pattern), flags, &re, &why) != AK_OK)
        printf("      %s: %s\n", pattern, why);
    return re;
}

/* The answer; -1 when it does not compile or memories disagree. */
static int found_in(const char *pattern, unsigned flags, struct ak_str text)
{
    const struct ak_regex *re = compiled(pattern, flags);
    int found = re ? ak_regex_search(re, memory[0], text) : -1;
    for (int i = 1; re && i < 3; i++)
        if (ak_regex_search(re, memory[i], text) != found)
            found = -1;
    return found;
}

static bool yes(const char *pattern, const char *text)
{
    return found_in(pattern, 0, ak_str_of(text)) == 1;
}
static bool no(const char *pattern, const char *text)
{
    return found_in(pattern, 0, ak_str_of(text)) == 0;
}

static enum ak_status refused(const char *pattern)
{
    const struct ak_regex *re = NULL;
    const char *why = NULL;
    enum ak_status status = ak_regex_compile(arena, ak_str_of(pattern), 0, &re, &why);
    return status && (!why || !*why || re) ? AK_OK : status; /* a reason is part of it */
}

static bool literal_is(const char *pattern, unsigned flags, const char *literal)
{
    const struct ak_regex *re = compiled(pattern, flags);
    return re && ak_str_eq(ak_regex_literal(re), ak_str_of(literal));
}

static double seconds(const char *pattern, struct ak_str text, bool want)
{
    const struct ak_regex *re = compiled(pattern, 0);
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    bool found = re && ak_regex_search(re, memory[0], text);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    if (!re || found != want)
        return 1e9;
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void test_characters(void)
{
    TEST ("a text contains a match anywhere in it") {
        CHECK(yes("net\\s+user", "C:\\x\\net.exe & net  user bob"));
        CHECK(no("net\\s+user", "net.exe userx"));
        CHECK(yes("", "") && yes("", "x") && yes("a|", "z"));
    }
    TEST ("classes have ranges, names, negations and escapes") {
        CHECK(yes("^[a-c]+$", "abc") && no("^[a-c]+$", "abd"));
        CHECK(yes("^[^a-c]$", "d") && no("^[^a-c]$", "b"));
        CHECK(yes("^[[:alpha:]_]+$", "aZ_") && no("^[[:^alpha:]]$", "a") &&
              yes("^[[:^alpha:]]$", "1"));
        CHECK(yes("^[]a]+$", "]a") && yes("^[^]a]$", "b") && no("^[^]a]$", "]"));
        CHECK(yes("^[\\w.-]+$", "a.-_9") && yes("^[a\\-z]+$", "a-z") && no("^[a\\-z]+$", "b"));
        CHECK(yes("^[\\]\\\\]+$", "]\\") && yes("^[\\x41-\\x43]$", "B") && yes("^[\\b]$", "\b"));
        CHECK(no("[^\\s\\S]", "abc") && yes("^[\\D]$", "a") && no("^[\\D]$", "7"));
    }
    TEST ("escapes name characters") {
        CHECK(
            yes("^\\x41\\x{3042}\\u3044\\t\\n\\r\\e\\012\\o{101}\\cA$", "Aあい\t\n\r\x1b\nA\x01"));
        CHECK(yes("^\\.\\*\\/\\-\\\"$", ".*/-\"") &&
              yes("^\\d\\D\\w\\W\\s\\S\\h\\v\\N$", "1aa  a\t\nx"));
    }
    TEST ("classes are those of ASCII; characters are not bytes") {
        CHECK(yes("^.$", "あ") && yes("^.{3}$", "日本語") && yes("^[あ-ん]+$", "ひらがな"));
        CHECK(no("^\\w$", "é") && yes("^\\W$", "é") && no("^\\d$", "٣"));
        CHECK(yes("[-/–][Ee^]{1,2}", "–e"));
    }
    TEST ("a byte that is no UTF-8 is one character, which only '.' and negations match") {
        struct ak_str bad = { "\xE3\x81", 2 };
        CHECK(found_in("^..$", 0, bad) == 1 && found_in("^.$", 0, bad) == 0);
        CHECK(found_in("^[^a]\\W$", 0, bad) == 1 && found_in("[\\x00-\\x{10FFFF}]", 0, bad) == 0);
        CHECK(found_in("^.\\x00.$", 0, (struct ak_str){ "a\0b", 3 }) == 1);
        CHECK(found_in("^\\x{D800}$", 0, (struct ak_str){ "\xED\xA0\x80", 3 }) == 1);
    }
}

static void test_structure(void)
{
    TEST ("quantifiers count") {
        CHECK(yes("^a{2,3}$", "aa") && yes("^a{2,3}$", "aaa") && no("^a{2,3}$", "a") &&
              no("^a{2,3}$", "aaaa"));
        CHECK(yes("^a{2,}$", "aaaaa") && no("^a{2,}$", "a") && yes("^a{,2}$", "") &&
              no("^a{,2}$", "aaa"));
        CHECK(yes("^(ab){2}c{0}d?$", "abab") && yes("^a*?b+?c??$", "bb"));
        CHECK(yes("^x{a}{,}{}$", "x{a}{,}{}"));
        CHECK(yes("^.{150}", "012345678901234567890123456789012345678901234567890123456789012345678"
                             "9012345678901234567"
                             "890123456789012345678901234567890123456789012345678901234567890"));
    }
    TEST ("groups group, whatever they are called, and alternatives take the least") {
        CHECK(yes("^(?:a|bc)(?<n>d)(?P<m>e)(?'o'f)(?|g|h)$", "bcdefh"));
        CHECK(yes("^ab|cd$", "abx") && yes("^ab|cd$", "xcd") && no("^(?:ab|cd)$", "abx"));
        CHECK(yes("^a(?#a comment)b$", "ab") && yes("^(?x) a b # rest\n c $", "abc") &&
              yes("^(|a)+b$", "aab"));
    }
    TEST ("flags hold to the end of their group, over its alternatives") {
        CHECK(yes("a(?i)b|c", "xC") && no("(?:a(?i)b|c)d", "cD") && yes("(?i:a)b", "Ab") &&
              no("(?i:a)b", "AB"));
        CHECK(yes("(?i)a(?-i)b", "Ab") && no("(?i)a(?-i)b", "AB") && yes("(?s)a.b", "a\nb") &&
              no("a.b", "a\nb"));
        CHECK(yes("(?m)^b$", "a\nb\nc") && no("^b$", "a\nb\nc") && yes("(?ms-i)a.^b", "a\nb"));
        CHECK(found_in("A.B", AK_REGEX_I | AK_REGEX_S, AK_STR("xa\nb")) == 1);
    }
    TEST ("a possessive quantifier is a greedy one where that says the same, else refused") {
        CHECK(yes("^\\d++\\.\\d*+$", "12.5") && yes("a++", "caat"));
        CHECK(refused("a++a") == AK_ERR_UNSUPPORTED && refused("(ab)++c") == AK_ERR_UNSUPPORTED);
        CHECK(refused("c(a++|b)*d") == AK_ERR_UNSUPPORTED &&
              refused("\\w*+\\b") == AK_ERR_UNSUPPORTED);
    }
}

static void test_trimming(void)
{
    TEST ("what may be nothing at an end of the pattern changes nothing, and places stay places") {
        CHECK(yes("a*b{2,}c?", "bb") && no("a*b{2,}c?", "ab") && yes("(x|y*)", "") &&
              yes("(.){3,}", "abc"));
        CHECK(no("(.){3,}", "ab") && yes("(^a)?b", "cb") && no("(^a){1,2}b", "cab") &&
              yes("(^a|c)+b", "xcb"));
        CHECK(refused("a*+ab") == AK_ERR_UNSUPPORTED && yes("a*$", "b") && no("(a*\\b)+c*", ""));
        CHECK(yes("(?:a|b?)(?:c*|d)e+f*", "xe") && no("(?:a|b)(?:c|d*)e+", "e") &&
              yes("(?:a|b)(?:c|d*)e+", "be"));
    }
}

static void test_places(void)
{
    TEST ("^ and $ are the ends of the text, $ also before a last line feed") {
        CHECK(yes("^ab$", "ab") && yes("^ab$", "ab\n") && no("^ab$", "ab\n\n") &&
              no("^ab$", "\nab"));
        CHECK(yes("\\Aab\\Z", "ab\n") && no("\\Aab\\z", "ab\n") && yes("\\Aab\\z", "ab"));
        CHECK(yes("^$", "") && yes("^$", "\n") && no("^$", "\n\n") && yes("(^|/)\\.[^./]", ".ssh"));
    }
    TEST ("with (?m) they are the ends of lines, but behind the last line feed no line begins") {
        CHECK(yes("(?m)^$", "a\n\nb") && no("(?m)^$", "a\nb\n") && yes("(?m)a$", "a\nb") &&
              yes("(?m)^b", "a\nb"));
    }
    TEST ("words end where letters, digits and underscores do") {
        CHECK(yes("\\bcmd\\b", "a cmd.exe") && no("\\bcmd\\b", "acmd") && yes("\\Bmd\\b", "cmd"));
        CHECK(yes("\\b", "a") && no("\\b", "") && yes("\\B", "") && no("a\\Bb|\\b\\B", "a b"));
        CHECK(yes("https?://(?:(?:25[0-5]|(?:2[0-4]|1\\d|[1-9])?\\d)(?:\\.|\\b)){4}",
                  "curl http://10.1.2.33/x"));
        CHECK(no("https?://(?:(?:25[0-5]|(?:2[0-4]|1\\d|[1-9])?\\d)(?:\\.|\\b)){4}",
                 "curl http://10.1.2/x"));
    }
}

/* Does (?i) with what a character folds to find the character, and the other way? */
static bool folds_agree(uint32_t c)
{
    char pattern[16] = "(?i)^", text[8] = "";
    uint32_t folded = ak_fold_point(c);
    size_t n = 5 + ak_utf8_put(pattern + 5, folded);
    pattern[n++] = '$';
    struct ak_str t = { text, ak_utf8_put(text, c) };
    const struct ak_regex *re;
    const char *why;
    bool fine = ak_regex_compile(arena, (struct ak_str){ pattern, n }, 0, &re, &why) == AK_OK &&
                ak_regex_search(re, memory[2], t);
    ak_arena_reset(arena);
    return fine;
}

static void test_case(void)
{
    TEST ("without case, every character that folds to the same matches") {
        unsigned n = 0, wrong = 0;
        for (uint32_t c = 0; c <= 0x1FFFF; c++)
            if (ak_fold_point(c) != c && ++n && !folds_agree(c))
                printf("      U+%04X %u\n", c, ++wrong);
        CHECK(n > 1300 && wrong == 0);
        CHECK(found_in("^[a-z]ÄÉ$", AK_REGEX_I, AK_STR("Xäé")) == 1);
        CHECK(found_in("^[^a]$", AK_REGEX_I, AK_STR("A")) == 0 &&
              found_in("^\\W$", AK_REGEX_I, AK_STR("ſ")) == 1);
        CHECK(found_in("[[:upper:]]", AK_REGEX_I, AK_STR("a")) == 1);
    }
}

static void test_literal(void)
{
    TEST ("the longest text that every match contains is known, folded") {
        CHECK(literal_is("shutdown\\s+/r /f", 0, "shutdown") &&
              literal_is("(?i)ABC[0-9]defg", 0, "defg"));
        CHECK(literal_is("[Rr][Uu][Nn]dll32(?:\\.exe)?", 0, "rundll32") &&
              literal_is("a(b(c))d", 0, "abcd"));
        CHECK(literal_is("ab{3}c", 0, "abbbc") && literal_is("xa+y", 0, "xa") &&
              literal_is("ab|ac", 0, ""));
        CHECK(literal_is("x?abc*de", 0, "ab") && literal_is("(foo)+bar", 0, "foobar") &&
              literal_is(".*", 0, ""));
        CHECK(literal_is("ÄÖ", 0, "äö") && literal_is("a^b\\bc", 0, "abc"));
    }
    TEST ("nested repeats are not walked for ever") {
        char pattern[400] = "";
        for (int i = 0; i < 90; i++)
            pattern[i] = '(';
        pattern[90] = 'a';
        for (int i = 0; i < 90; i++)
            memcpy(pattern + 91 + 2 * i, ")+", 3);
        CHECK(yes(pattern, "a") && no(pattern, "b"));
    }
}

static void test_refusals(void)
{
    TEST ("what is not well formed is refused as that, with a reason") {
        static const char *const BAD[] = {
            "(",       ")",      "a)",       "[a",        "[]",      "*a",          "a**",
            "a{2}{3}", "a{3,2}", "[z-a]",    "\\",        "\\j",     "(?<a",        "(?<>a)",
            "(?z)",    "(?i",    "(?i-m-s)", "[[:foo:]]", "\\x{}",   "\\x{110000}", "\\u12",
            "\\x{12",  "(?#",    "|*",       "(+)",       "[[.a.]]", "\xFF"
        };
        for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
            CHECK(refused(BAD[i]) == AK_ERR_CORRUPT);
            if (refused(BAD[i]) != AK_ERR_CORRUPT)
                printf("      %s\n", BAD[i]);
        }
    }
    TEST ("what needs memory of the way is refused as not supported") {
        static const char *const NOT[] = { "(?=a)",   "(?!a)", "(?<=a)", "(?<!a)",  "(a)\\1",
                                           "\\k<a>",  "\\g1",  "(?P=a)", "(?>a)",   "(?R)",
                                           "(?1)",    "(?-1)", "(?&a)",  "(?(1)a)", "(*FAIL)",
                                           "\\p{L}",  "\\R",   "\\K",    "\\G",     "\\X",
                                           "\\Qa\\E", "(?P>a)" };
        for (size_t i = 0; i < sizeof(NOT) / sizeof(NOT[0]); i++) {
            CHECK(refused(NOT[i]) == AK_ERR_UNSUPPORTED);
            if (refused(NOT[i]) != AK_ERR_UNSUPPORTED)
                printf("      %s\n", NOT[i]);
        }
    }
    TEST ("what would grow without bounds is refused by its limit") {
        static char deep[1000], wide[20000];
        memset(deep, '(', 999);
        memset(wide, 'a', sizeof(wide) - 1);
        CHECK(refused("(a{1000}){1000}") == AK_ERR_LIMIT && refused("a{1001}") == AK_ERR_LIMIT);
        CHECK(refused("((((a{99}){99}){99}){99}){99}") == AK_ERR_LIMIT &&
              refused("a{99999999999}") == AK_ERR_LIMIT);
        CHECK(refused(deep) == AK_ERR_LIMIT && refused(wide) == AK_ERR_LIMIT);
        CHECK(yes("^((((){1000}){1000}){1000}){1000}$", "") && no("^(a{1000}){19}", "b"));
    }
    TEST ("an arena that is spent is a limit, at whatever place") {
        for (size_t budget = 0, fine = 0; !fine && budget < 200000; budget += 97) {
            struct ak_arena *small = ak_arena_new(budget);
            const struct ak_regex *re = NULL;
            const char *why = NULL;
            enum ak_status st =
                small
                    ? ak_regex_compile(small, AK_STR("(?i)[a-zé]{1,9}(b|c)+\\d++\\."), 0, &re, &why)
                    : AK_ERR_LIMIT;
            CHECK(st == AK_OK || st == AK_ERR_LIMIT);
            fine = st == AK_OK && ak_regex_search(re, memory[0], AK_STR("xb7."));
            CHECK(st != AK_OK || fine);
            ak_arena_free(small);
        }
    }
}

static void test_time(void)
{
    TEST ("patterns that stop backtracking engines take time linear in the text") {
        char *text = malloc(BIG);
        uint32_t dice = 1;
        for (size_t i = 0; text && i < BIG; i++)
            text[i] = (char)('a' + ((dice = dice * 1664525 + 1013904223) >> 31));
        struct ak_str t = { text, text ? BIG : 0 };
        static const char *const SLOW[] = { "(a+)+$c",           "(.*a){20}c", "(a|a)*c",
                                            "(a|b)*a(a|b){16}c", "(a|aa)+c",   "a.{300}c" };
        for (size_t i = 0; i < sizeof(SLOW) / sizeof(SLOW[0]); i++)
            CHECK(seconds(SLOW[i], t, false) <
                  20); /* a backtracker: longer than the universe is old */
        free(text);
    }
    TEST ("another regex at the same address does not meet the states of the first") {
        struct ak_str text = AK_STR("xxabcxx");
        const struct ak_regex *first, *second;
        const char *why;
        ak_arena_reset(arena);
        CHECK(ak_regex_compile(arena, AK_STR("abc"), 0, &first, &why) == AK_OK &&
              ak_regex_search(first, memory[0], text));
        ak_arena_reset(arena);
        CHECK(ak_regex_compile(arena, AK_STR("abd"), 0, &second, &why) == AK_OK && first == second);
        CHECK(!ak_regex_search(second, memory[0], text));
    }
    TEST ("many regexes share one small memory") {
        struct ak_regex_memory *small = ak_regex_memory_new(20000);
        const struct ak_regex *res[200];
        char pattern[32];
        unsigned right = 0;
        for (int i = 0; i < 200; i++) {
            snprintf(pattern, sizeof(pattern), "x[a-f]{%d}-%d$", i % 9 + 1, i);
            res[i] = compiled(pattern, 0);
        }
        for (int k = 0; k < 3 && small; k++)
            for (int i = 0; i < 200; i++)
                right += res[i] && ak_regex_search(res[i], small, AK_STR("zxabcdef-5")) == (i == 5);
        CHECK(right == 600);
        ak_regex_memory_free(small);
    }
}

int main(void)
{
    arena = ak_arena_new(64 << 20);
    memory[0] = ak_regex_memory_new(PLENTY);
    memory[1] = ak_regex_memory_new(LITTLE);
    memory[2] = ak_regex_memory_new(0);
    test_characters();
    test_structure();
    test_trimming();
    test_places();
    test_case();
    test_literal();
    test_refusals();
    test_time();
    for (int i = 0; i < 3; i++)
        ak_regex_memory_free(memory[i]);
    ak_regex_memory_free(NULL);
    ak_arena_free(arena);
    return story_report();
}
