/* regex_fuzz.c - a pattern and a text, with a line feed between: whatever is
 * asked, plenty of memory, little and none give the same answer, and a text with
 * a match contains the literal. */
#include "base/fold.h"
#include "detect/regex.h"

#include <stdlib.h>

enum { ARENA = 8 << 20, PLENTY = 4 << 20, LITTLE = 6000, TEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_literal(const struct ak_regex *re, struct ak_str text)
{
    static char folded[TEXT_MAX * 3 / 2 + 4];
    struct ak_str literal = ak_regex_literal(re);
    size_t n = ak_fold(folded, text);
    if (literal.n && (literal.n > n || !memmem(folded, n, literal.at, literal.n)))
        abort();
}

static void check(const struct ak_regex *re, struct ak_str text)
{
    static struct ak_regex_memory *plenty, *little, *none;
    if (!plenty) {
        plenty = ak_regex_memory_new(PLENTY);
        little = ak_regex_memory_new(LITTLE);
        none = ak_regex_memory_new(0);
    }
    bool found = ak_regex_search(re, plenty, text);
    if (ak_regex_search(re, plenty, text) != found || ak_regex_search(re, little, text) != found ||
        ak_regex_search(re, none, text) != found)
        abort();
    if (found)
        check_literal(re, text);
}

/* First byte: flags. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct ak_arena *arena;
    const struct ak_regex *re = NULL;
    const char *why = NULL;
    if (n == 0 || (!arena && !(arena = ak_arena_new(ARENA))))
        return 0;
    const char *at = (const char *)data + 1;
    const char *line = memchr(at, '\n', n - 1);
    struct ak_str pattern = { at, line ? (size_t)(line - at) : n - 1 };
    struct ak_str text = { at + pattern.n, n - 1 - pattern.n };
    if (text.n) {
        text.at++;
        text.n--;
    }
    if (text.n > TEXT_MAX)
        text.n = TEXT_MAX;
    enum ak_status status = ak_regex_compile(arena, pattern, data[0] & 7, &re, &why);
    if (status == AK_OK ? !re : !why || !*why)
        abort();
    if (status == AK_OK)
        check(re, text);
    ak_arena_reset(arena);
    return 0;
}
