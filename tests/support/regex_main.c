/* regex_main.c - regular expressions from standard input, for the cross test.
 *
 * Each line: flags, pattern and text in hexadecimal, with tabs between.  Each
 * answer: 1 or 0 and the required literal in hexadecimal, or E, the status and why.  Three
 * searches with different memories (plenty, little, none) must agree; else "!". */
#include "base/fold.h"
#include "detect/regex.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 1 << 20, INPUT_MAX = 2 * TEXT_MAX + 64, ARENA_MAX = 64 << 20 };

static struct ak_str unhex(char **at, char *to)
{
    size_t n = 0;
    unsigned byte;
    for (; **at && **at != '\t' && **at != '\n' && sscanf(*at, "%2x", &byte) == 1; *at += 2)
        to[n++] = (char)byte;
    *at += **at == '\t';
    return (struct ak_str){ to, n };
}

static bool contains(struct ak_str text, struct ak_str part)
{
    return part.n == 0 || (text.n >= part.n && memmem(text.at, text.n, part.at, part.n));
}

/* Every match contains the literal: so does a text with a match. */
static bool literal_holds(struct ak_str text, struct ak_str literal)
{
    char *folded = malloc(text.n * 3 / 2 + 4);
    bool holds = folded && contains((struct ak_str){ folded, ak_fold(folded, text) }, literal);
    free(folded);
    return holds;
}

static void answer(const struct ak_regex *re, struct ak_regex_memory **memory, struct ak_str text)
{
    struct ak_str literal = ak_regex_literal(re);
    bool found = ak_regex_search(re, memory[0], text);
    bool same = true;
    for (int i = 1; i < 3; i++)
        same = same && ak_regex_search(re, memory[i], text) == found;
    same = same && (!found || literal_holds(text, literal));
    printf("%c\t", !same ? '!' : found ? '1' : '0');
    for (size_t i = 0; i < literal.n; i++)
        printf("%02x", (unsigned char)literal.at[i]);
    putchar('\n');
}

int main(void)
{
    static char line[INPUT_MAX], pattern_at[TEXT_MAX], text_at[TEXT_MAX];
    struct ak_arena *arena = ak_arena_new(ARENA_MAX);
    struct ak_regex_memory *memory[3] = { ak_regex_memory_new(16 << 20), ak_regex_memory_new(6000),
                                          ak_regex_memory_new(0) };
    while (arena && memory[0] && memory[1] && memory[2] && fgets(line, sizeof(line), stdin)) {
        char *at = line;
        const struct ak_regex *re = NULL;
        const char *why = "";
        unsigned flags = (unsigned)strtoul(at, &at, 10);
        at += *at == '\t';
        struct ak_str pattern = unhex(&at, pattern_at), text = unhex(&at, text_at);
        enum ak_status status = ak_regex_compile(arena, pattern, flags, &re, &why);
        if (status)
            printf("E\t%d\t%s\n", (int)status, why);
        else
            answer(re, memory, text);
        ak_arena_reset(arena);
    }
    for (int i = 0; i < 3; i++)
        ak_regex_memory_free(memory[i]);
    ak_arena_free(arena);
    return 0;
}
