/* regex_program.h - a regular expression as the searcher runs it.
 *
 * Characters that no set tells apart are one symbol; the program is Thompson's
 * automaton over symbols.  Two symbols more stand for the end of the text and for
 * a line feed that is the last character ('$' asks for it). */
#ifndef AK_DETECT_REGEX_PROGRAM_H
#define AK_DETECT_REGEX_PROGRAM_H

#include "detect/regex.h"
#include "detect/regex_tree.h"

enum ak_rx_op {
    AK_RX_OP_SET,    /* one character of set `arg`, then `out`, which is the next */
    AK_RX_OP_ASSERT, /* if assertion `arg` holds here, `out` */
    AK_RX_OP_SPLIT,  /* `out`, which is the next, and `alt` */
    AK_RX_OP_GO,     /* `out` */
    AK_RX_OP_MATCH,
};

struct ak_rx_op_code {
    uint8_t op;
    uint16_t arg, out, alt;
};

/* What assertions tell apart, before a place and behind it. */
enum ak_rx_side { AK_RX_EDGE, AK_RX_LINE, AK_RX_LAST_LINE, AK_RX_LETTER, AK_RX_OTHER };

struct ak_regex {
    const struct ak_rx_op_code *code;  /* begins at 0 */
    size_t n_code;                     /* the last matches */
    const uint64_t *is_set, *is_split; /* of each operation, a bit */
    uint64_t id;                       /* hash of what it was compiled from */

    size_t n_symbols;       /* of characters; then that of the end, then of a last line feed */
    uint16_t ascii[128];    /* to symbols */
    const uint32_t *from;   /* first characters of runs of one symbol, ascending */
    const uint16_t *symbol; /* of each run */
    size_t n_runs;
    uint16_t line_symbol; /* of '\n' */
    const uint8_t *side;  /* of each symbol, enum ak_rx_side */
    bool asserts;         /* has any assertion */
    uint8_t before[5];    /* a side as far as this regex tells sides apart */

    const uint64_t *members; /* set x symbol, one bit each */
    size_t words;            /* of one set */
    struct ak_str literal;
};

static inline bool ak_rx_member(const struct ak_regex *re, size_t set, size_t symbol)
{
    return re->members[set * re->words + symbol / 64] >> (symbol % 64) & 1;
}

/* Places where a possessive quantifier ends, and the set that it repeats. */
enum { AK_RX_POSSESSIVE_MAX = 256 };
struct ak_rx_guards {
    struct {
        uint16_t end, set;
    } at[AK_RX_POSSESSIVE_MAX];
    size_t n;
};

/* Write the tree's program into *re: code and n_code.  Takes nodes that match
 * only nothing out of the tree.  AK_RX_WHY_STATES, _ARENA, _POSSESSIVE. */
enum ak_rx_why ak_rx_emit(struct ak_arena *arena, struct ak_rx_tree *tree, struct ak_regex *re,
                          struct ak_rx_guards *out_guards);

/* Find symbols of a program, and fill all that is about them.  AK_RX_WHY_ARENA. */
enum ak_rx_why ak_rx_symbols(struct ak_arena *arena, const struct ak_rx_tree *tree,
                             struct ak_regex *re);

/* Can greedy quantifiers stand for these possessive ones?  AK_RX_WHY_POSSESSIVE
 * when not surely so. */
enum ak_rx_why ak_rx_check_guards(struct ak_arena *arena, const struct ak_regex *re,
                                  const struct ak_rx_guards *guards);

#endif
