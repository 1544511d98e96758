/* regex_set.h - sets of characters for regular expressions, as ranges.
 *
 * Characters are code points; a byte of the text that is no UTF-8 is one
 * character more, AK_RX_BAD, so that '.' and [^x] match it and nothing else does. */
#ifndef AK_DETECT_REGEX_SET_H
#define AK_DETECT_REGEX_SET_H

#include "base/arena.h"
#include "base/bytes.h"

enum { AK_RX_BAD = 0x110000, AK_RX_LAST = AK_RX_BAD };

/* Both ends belong to it. */
struct ak_rx_range {
    uint32_t first, last;
};

/* Sorted, apart from each other by at least one character. */
struct ak_rx_set {
    const struct ak_rx_range *at;
    size_t n;
};

/* A set while it is put together.  Owns nothing: `at` lives in the arena. */
struct ak_rx_ranges {
    struct ak_arena *arena;
    struct ak_rx_range *at;
    size_t n, cap;
    bool failed; /* the arena is spent: the set is not complete */
};

void ak_rx_add(struct ak_rx_ranges *r, uint32_t first, uint32_t last);
void ak_rx_add_all(struct ak_rx_ranges *r, struct ak_rx_set set);

/* Sort and merge. */
void ak_rx_settle(struct ak_rx_ranges *r);

/* The characters that were not in it.  Settles first. */
void ak_rx_negate(struct ak_rx_ranges *r);

/* Add every character that folds to what one of the set folds to.  Settles. */
void ak_rx_close_case(struct ak_rx_ranges *r);

/* Is the character in the set? */
bool ak_rx_has(struct ak_rx_set set, uint32_t point);

/* What was put together so far, to be read. */
static inline struct ak_rx_set ak_rx_view(const struct ak_rx_ranges *r)
{
    return (struct ak_rx_set){ r->at, r->n };
}

/* The set of an escape: d w s h v N (N: all but a line feed); empty when the
 * letter is none of them.  Classes are those of ASCII, as in PCRE without UCP. */
struct ak_rx_set ak_rx_escape_set(uint32_t letter);

/* The set of a POSIX name ("alpha"); empty when there is none of that name. */
struct ak_rx_set ak_rx_posix_set(struct ak_str name);

#endif
