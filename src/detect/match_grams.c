/* match_grams.c - see match_parts.h.  A text's grams as a bitmap, made once for an event
 * and only when a list of tests asks; a test's own two are looked up in it. */
#include "detect/match_parts.h"

#include "detect/pattern.h"

enum {
    GRAM = 4,
    HASH_BITS = 16,
    SMALLEST_BITS = 9,  /* of a bitmap */
    TEXT_MAX = 1 << 15, /* bytes; in longer texts the bitmap would be full */
};

static uint16_t hash_at(const char *at)
{
    uint32_t gram;
    memcpy(&gram, at, GRAM);
    return (uint16_t)(gram * UINT32_C(0x9E3779B1) >> (32 - HASH_BITS));
}

struct ak_match_grams ak_match_grams_of(const struct ak_test *t)
{
    struct ak_str literal = AK_STR("");
    if (t->op == AK_TEST_REGEX)
        literal = ak_regex_literal(t->regex);
    if (t->op == AK_TEST_PATTERN && !t->pattern.cased)
        literal = ak_pattern_literal(&t->pattern);
    if (literal.n < GRAM)
        return (struct ak_match_grams){ 0 };
    return (struct ak_match_grams){ hash_at(literal.at), hash_at(literal.at + literal.n - GRAM),
                                    true };
}

/* Eight bits a byte of the text. */
static void make_grams(struct ak_detector *d, struct ak_match_text *t, struct ak_str text)
{
    unsigned bits = SMALLEST_BITS;
    while (bits < HASH_BITS && (size_t)1 << bits < text.n * 8)
        bits++;
    t->grams = NULL;
    t->grams_shift = HASH_BITS - bits;
    uint64_t *grams =
        text.n <= TEXT_MAX ? AK_NEW_N(d->texts_arena, uint64_t, (size_t)1 << (bits - 6)) : NULL;
    for (size_t i = 0; i + GRAM <= text.n && grams; i++) {
        unsigned bit = hash_at(text.at + i) >> t->grams_shift;
        grams[bit >> 6] |= UINT64_C(1) << (bit & 63);
    }
    t->grams = grams;
}

bool ak_match_may_hold(struct ak_detector *d, uint32_t text, struct ak_match_grams grams)
{
    struct ak_match_text *t = &d->texts[text];
    if (t->grams_epoch != d->epoch) {
        make_grams(d, t, ak_match_folded(d, text));
        t->grams_epoch = d->epoch;
    }
    unsigned first = grams.first >> t->grams_shift, last = grams.last >> t->grams_shift;
    return !t->grams ||
           (t->grams[first >> 6] >> (first & 63) & t->grams[last >> 6] >> (last & 63) & 1);
}
