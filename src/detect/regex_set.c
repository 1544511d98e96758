/* regex_set.c - see regex_set.h. */
#include "detect/regex_set.h"
#include "base/fold.h"

#include <stdlib.h>

void ak_rx_add(struct ak_rx_ranges *r, uint32_t first, uint32_t last)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 8;
        struct ak_rx_range *at = AK_NEW_N(r->arena, struct ak_rx_range, cap);
        if (!at) {
            r->failed = true;
            return;
        }
        if (r->n)
            memcpy(at, r->at, r->n * sizeof(*at));
        r->at = at;
        r->cap = cap;
    }
    r->at[r->n++] = (struct ak_rx_range){ first, last };
}

void ak_rx_add_all(struct ak_rx_ranges *r, struct ak_rx_set set)
{
    for (size_t i = 0; i < set.n; i++)
        ak_rx_add(r, set.at[i].first, set.at[i].last);
}

static int by_first(const void *a, const void *b)
{
    const struct ak_rx_range *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

void ak_rx_settle(struct ak_rx_ranges *r)
{
    size_t kept = 0;
    if (r->n == 0)
        return;
    qsort(r->at, r->n, sizeof(*r->at), by_first);
    for (size_t i = 1; i < r->n; i++) {
        if (r->at[i].first > r->at[kept].last + 1)
            r->at[++kept] = r->at[i];
        else if (r->at[i].last > r->at[kept].last)
            r->at[kept].last = r->at[i].last;
    }
    r->n = kept + 1;
}

void ak_rx_negate(struct ak_rx_ranges *r)
{
    struct ak_rx_ranges out = { .arena = r->arena, .failed = r->failed };
    uint32_t from = 0;
    ak_rx_settle(r);
    for (size_t i = 0; i < r->n; i++) {
        if (r->at[i].first > from)
            ak_rx_add(&out, from, r->at[i].first - 1);
        from = r->at[i].last + 1;
    }
    if (from <= AK_RX_LAST)
        ak_rx_add(&out, from, AK_RX_LAST);
    *r = out;
}

bool ak_rx_has(struct ak_rx_set set, uint32_t point)
{
    size_t low = 0, high = set.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (set.at[mid].last < point)
            low = mid + 1;
        else
            high = mid;
    }
    return low < set.n && set.at[low].first <= point;
}

/* Blocks in which characters have a case.  ASCII sets meet two from elsewhere:
 * the long s and the sign of the kelvin.  CaseFolding.txt, C and S. */
static const struct ak_rx_range ASCII_BLOCKS[] = { { 'A', 'Z' },
                                                   { 0x17F, 0x17F },
                                                   { 0x212A, 0x212A } };
static const struct ak_rx_range ALL_BLOCKS[] = {
    { 'A', 'Z' },         { 0x80, 0x58F },      { 0x10A0, 0x10FF },   { 0x13A0, 0x13FF },
    { 0x1C80, 0x1CBF },   { 0x1E00, 0x1FFF },   { 0x2100, 0x218F },   { 0x24B0, 0x24EF },
    { 0x2C00, 0x2D2F },   { 0xA640, 0xA7FF },   { 0xAB30, 0xABBF },   { 0xFB00, 0xFB06 },
    { 0xFF21, 0xFF3A },   { 0x10400, 0x105FF }, { 0x10C80, 0x10CFF }, { 0x10D50, 0x10D8F },
    { 0x118A0, 0x118DF }, { 0x16E40, 0x16E7F }, { 0x1E900, 0x1E943 }
};

/* Add, of a block, what members fold to (there), or what folds to members. */
static void close_block(struct ak_rx_ranges *r, struct ak_rx_set members, struct ak_rx_range block,
                        bool there)
{
    for (uint32_t c = block.first; c <= block.last; c++) {
        uint32_t folded = ak_fold_point(c);
        if (folded != c && ak_rx_has(members, there ? c : folded))
            ak_rx_add(r, there ? folded : c, there ? folded : c);
    }
}

static void close_once(struct ak_rx_ranges *r, struct ak_rx_set blocks, bool there)
{
    struct ak_rx_set before = ak_rx_view(r);
    for (size_t i = 0; i < blocks.n; i++)
        close_block(r, before, blocks.at[i], there);
    ak_rx_settle(r);
}

void ak_rx_close_case(struct ak_rx_ranges *r)
{
    struct ak_rx_set blocks = { ALL_BLOCKS, sizeof(ALL_BLOCKS) / sizeof(ALL_BLOCKS[0]) };
    ak_rx_settle(r);
    if (r->n && r->at[r->n - 1].last < 0x80)
        blocks = (struct ak_rx_set){ ASCII_BLOCKS, sizeof(ASCII_BLOCKS) / sizeof(ASCII_BLOCKS[0]) };
    close_once(r, blocks, true);
    close_once(r, blocks, false);
}

#define RANGES(...)                                                                                \
    {                                                                                              \
        (const struct ak_rx_range[]){ __VA_ARGS__ },                                               \
            sizeof((const struct ak_rx_range[]){ __VA_ARGS__ }) / sizeof(struct ak_rx_range)       \
    }

/* pcre2pattern(3), "Generic character types". */
static const struct {
    uint32_t letter;
    struct ak_rx_set set;
} ESCAPES[] = {
    { 'd', RANGES({ '0', '9' }) },
    { 'w', RANGES({ '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' }) },
    { 's', RANGES({ 9, 13 }, { ' ', ' ' }) },
    { 'h', RANGES({ 9, 9 }, { ' ', ' ' }, { 0xA0, 0xA0 }, { 0x1680, 0x1680 }, { 0x180E, 0x180E },
                  { 0x2000, 0x200A }, { 0x202F, 0x202F }, { 0x205F, 0x205F }, { 0x3000, 0x3000 }) },
    { 'v', RANGES({ 10, 13 }, { 0x85, 0x85 }, { 0x2028, 0x2029 }) },
    { 'N', RANGES({ 0, 9 }, { 11, AK_RX_LAST }) },
};

struct ak_rx_set ak_rx_escape_set(uint32_t letter)
{
    for (size_t i = 0; i < sizeof(ESCAPES) / sizeof(ESCAPES[0]); i++)
        if (ESCAPES[i].letter == letter)
            return ESCAPES[i].set;
    return (struct ak_rx_set){ NULL, 0 };
}

/* pcre2pattern(3), "POSIX character classes". */
static const struct {
    struct ak_str name;
    struct ak_rx_set set;
} POSIX[] = {
    { AK_STR_INIT("alnum"), RANGES({ '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }) },
    { AK_STR_INIT("alpha"), RANGES({ 'A', 'Z' }, { 'a', 'z' }) },
    { AK_STR_INIT("ascii"), RANGES({ 0, 127 }) },
    { AK_STR_INIT("blank"), RANGES({ 9, 9 }, { ' ', ' ' }) },
    { AK_STR_INIT("cntrl"), RANGES({ 0, 31 }, { 127, 127 }) },
    { AK_STR_INIT("digit"), RANGES({ '0', '9' }) },
    { AK_STR_INIT("graph"), RANGES({ 33, 126 }) },
    { AK_STR_INIT("lower"), RANGES({ 'a', 'z' }) },
    { AK_STR_INIT("print"), RANGES({ 32, 126 }) },
    { AK_STR_INIT("punct"), RANGES({ 33, 47 }, { 58, 64 }, { 91, 96 }, { 123, 126 }) },
    { AK_STR_INIT("space"), RANGES({ 9, 13 }, { ' ', ' ' }) },
    { AK_STR_INIT("upper"), RANGES({ 'A', 'Z' }) },
    { AK_STR_INIT("word"), RANGES({ '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' }) },
    { AK_STR_INIT("xdigit"), RANGES({ '0', '9' }, { 'A', 'F' }, { 'a', 'f' }) },
};

struct ak_rx_set ak_rx_posix_set(struct ak_str name)
{
    for (size_t i = 0; i < sizeof(POSIX) / sizeof(POSIX[0]); i++)
        if (ak_str_eq(POSIX[i].name, name))
            return POSIX[i].set;
    return (struct ak_rx_set){ NULL, 0 };
}
