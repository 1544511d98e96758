/* regex_symbols.c - which characters need not be told apart.
 *
 * The ends of all ranges cut the characters into runs.  Runs that belong to the
 * same sets are one symbol: all begin as one, and each set splits those it only
 * partly holds. */
#include "detect/regex_program.h"

#include <stdlib.h>

struct cutter {
    struct ak_arena *arena;
    uint32_t *from;
    uint16_t *symbol;
    size_t n_runs, n_symbols;
    uint16_t *split; /* symbol and in or out, to the new symbol */
    bool *inside;
};

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool cut(struct cutter *c, const struct ak_rx_set *sets, size_t n)
{
    size_t cap = 1, kept = 0;
    for (size_t i = 0; i < n; i++)
        cap += 2 * sets[i].n;
    c->from = AK_NEW_N(c->arena, uint32_t, cap);
    c->symbol = AK_NEW_N(c->arena, uint16_t, cap);
    c->split = AK_NEW_N(c->arena, uint16_t, 2 * cap);
    c->inside = AK_NEW_N(c->arena, bool, cap);
    if (!c->from || !c->symbol || !c->split || !c->inside)
        return false;
    c->n_runs = 1; /* from 0 */
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < sets[i].n; k++) {
            c->from[c->n_runs++] = sets[i].at[k].first;
            c->from[c->n_runs++] = sets[i].at[k].last + 1;
        }
    }
    qsort(c->from, c->n_runs, sizeof(*c->from), by_value);
    for (size_t i = 1; i < c->n_runs; i++)
        if (c->from[i] != c->from[kept] && c->from[i] <= AK_RX_LAST)
            c->from[++kept] = c->from[i];
    c->n_runs = kept + 1;
    return c->n_runs < UINT16_MAX - 2;
}

/* Which runs are inside the set? */
static void locate(struct cutter *c, struct ak_rx_set set)
{
    size_t k = 0;
    for (size_t i = 0; i < c->n_runs; i++) {
        while (k < set.n && set.at[k].last < c->from[i])
            k++;
        c->inside[i] = k < set.n && set.at[k].first <= c->from[i];
    }
}

static void refine(struct cutter *c, struct ak_rx_set set)
{
    size_t n = 0;
    locate(c, set);
    memset(c->split, 0xFF, 2 * c->n_symbols * sizeof(*c->split));
    for (size_t i = 0; i < c->n_runs; i++) {
        uint16_t *to = &c->split[2 * c->symbol[i] + c->inside[i]];
        if (*to == UINT16_MAX)
            *to = (uint16_t)n++;
        c->symbol[i] = *to;
    }
    c->n_symbols = n;
}

static uint16_t symbol_of(const struct cutter *c, uint32_t point)
{
    size_t i = c->n_runs - 1;
    while (c->from[i] > point)
        i--;
    return c->symbol[i];
}

static unsigned assertions_of(const struct ak_regex *re)
{
    unsigned used = 0;
    for (size_t i = 0; i < re->n_code; i++)
        if (re->code[i].op == AK_RX_OP_ASSERT)
            used |= 1u << re->code[i].arg;
    return used;
}

enum {
    ABOUT_WORDS = 1u << AK_RX_WORD | 1u << AK_RX_NOT_WORD,
    ABOUT_LINES = 1u << AK_RX_LINE_START | 1u << AK_RX_LAST_END | 1u << AK_RX_LINE_END,
    ABOUT_STARTS = 1u << AK_RX_TEXT_START | 1u << AK_RX_LINE_START,
};

static const struct ak_rx_range LINE_FEED = { '\n', '\n' };

/* The side each symbol is, and how much of a side counts later. */
static void sides(const struct cutter *c, struct ak_regex *re, uint8_t *side)
{
    unsigned used = assertions_of(re);
    bool lines = used & ABOUT_LINES, words = used & ABOUT_WORDS;
    for (size_t i = 0; i < c->n_runs; i++) {
        bool word = words && ak_rx_has(ak_rx_escape_set('w'), c->from[i]);
        bool line = lines && c->from[i] == '\n';
        side[c->symbol[i]] = word ? AK_RX_LETTER : line ? AK_RX_LINE : AK_RX_OTHER;
    }
    side[c->n_symbols] = AK_RX_EDGE;
    side[c->n_symbols + 1] = lines ? AK_RX_LAST_LINE : AK_RX_OTHER;
    re->side = side;
    re->asserts = used != 0;
    re->before[AK_RX_EDGE] = used & ABOUT_STARTS ? AK_RX_EDGE : AK_RX_OTHER;
    re->before[AK_RX_LINE] = used & 1u << AK_RX_LINE_START ? AK_RX_LINE : AK_RX_OTHER;
    re->before[AK_RX_LAST_LINE] = re->before[AK_RX_LINE];
    re->before[AK_RX_LETTER] = AK_RX_LETTER;
    re->before[AK_RX_OTHER] = AK_RX_OTHER;
}

/* Members of each set of the tree, by symbol. */
static bool members(struct cutter *c, const struct ak_rx_tree *tree, struct ak_regex *re)
{
    re->words = (c->n_symbols + 63) / 64;
    uint64_t *bits = AK_NEW_N(c->arena, uint64_t, re->words * tree->n_sets + 1);
    if (!bits)
        return false;
    for (size_t s = 0; s < tree->n_sets; s++) {
        locate(c, tree->sets[s]);
        for (size_t i = 0; i < c->n_runs; i++)
            if (c->inside[i])
                bits[s * re->words + c->symbol[i] / 64] |= UINT64_C(1) << (c->symbol[i] % 64);
    }
    re->members = bits;
    return true;
}

enum ak_rx_why ak_rx_symbols(struct ak_arena *arena, const struct ak_rx_tree *tree,
                             struct ak_regex *re)
{
    struct cutter c = { .arena = arena, .n_symbols = 1 };
    struct ak_rx_set *sets = AK_NEW_N(arena, struct ak_rx_set, tree->n_sets + 2);
    size_t n = tree->n_sets;
    unsigned used = assertions_of(re);
    if (!sets)
        return AK_RX_WHY_ARENA;
    if (n)
        memcpy(sets, tree->sets, n * sizeof(*sets));
    if (used & ABOUT_LINES)
        sets[n++] = (struct ak_rx_set){ &LINE_FEED, 1 };
    if (used & ABOUT_WORDS)
        sets[n++] = ak_rx_escape_set('w');
    if (!cut(&c, sets, n))
        return AK_RX_WHY_ARENA;
    for (size_t i = 0; i < n; i++)
        refine(&c, sets[i]);
    uint8_t *side = AK_NEW_N(arena, uint8_t, c.n_symbols + 2);
    if (!side || !members(&c, tree, re))
        return AK_RX_WHY_ARENA;
    sides(&c, re, side);
    for (uint32_t point = 0; point < 128; point++)
        re->ascii[point] = symbol_of(&c, point);
    re->line_symbol = re->ascii['\n'];
    re->from = c.from;
    re->symbol = c.symbol;
    re->n_runs = c.n_runs;
    re->n_symbols = c.n_symbols;
    return AK_RX_FINE;
}
