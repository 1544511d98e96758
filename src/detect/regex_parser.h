/* regex_parser.h - what the parts of the regular expression reader share. */
#ifndef AK_DETECT_REGEX_PARSER_H
#define AK_DETECT_REGEX_PARSER_H

#include "detect/regex_tree.h"

struct ak_rx_parser {
    struct ak_arena *arena;
    struct ak_str text;
    size_t at;
    unsigned flags; /* AK_REGEX_I …, and AK_RX_X, as they stand at this place */
    unsigned depth;
    enum ak_rx_why why; /* once set, everything returns */
    struct ak_rx_set *sets;
    size_t n_sets;
};

enum { AK_RX_X = 1 << 8 }; /* (?x): blanks and # comments do not count */

/* What a backslash and what follows it mean. */
struct ak_rx_escape {
    enum { AK_RX_ESCAPE_POINT, AK_RX_ESCAPE_SET, AK_RX_ESCAPE_ASSERT } kind;
    uint32_t point;
    struct ak_rx_set set;
    bool negated; /* of a set */
    enum ak_rx_assert assertion;
};

/* Note why the pattern is refused, the first time.  False. */
bool ak_rx_refuse(struct ak_rx_parser *p, enum ak_rx_why why);

/* Is this ASCII text next?  Take it. */
bool ak_rx_take(struct ak_rx_parser *p, const char *what);

/* The byte `ahead` places on; -1 behind the end. */
int ak_rx_peek(const struct ak_rx_parser *p, size_t ahead);

/* The character here, taken.  False, refused, at the end or on bytes that are no UTF-8. */
bool ak_rx_point(struct ak_rx_parser *p, uint32_t *out);

/* Read an escape; p->at is behind the backslash.  False when refused. */
bool ak_rx_escape(struct ak_rx_parser *p, bool in_class, struct ak_rx_escape *out);

/* Read a class; p->at is behind its bracket.  False when refused. */
bool ak_rx_class(struct ak_rx_parser *p, struct ak_rx_ranges *out);

#endif
