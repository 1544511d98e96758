/* regex_tree.h - a regular expression as read: a tree over sets of characters.
 *
 * Flags, escapes, classes and case are gone: what is left are sets, assertions,
 * sequences, alternatives and repeats. */
#ifndef AK_DETECT_REGEX_TREE_H
#define AK_DETECT_REGEX_TREE_H

#include "base/status.h"
#include "detect/regex_set.h"

/* Limits of what a pattern may be, each refused by name. */
enum {
    AK_RX_PATTERN_MAX = 16 << 10, /* bytes */
    AK_RX_DEPTH_MAX = 100,        /* of groups */
    AK_RX_SETS_MAX = 2000,        /* different characters and classes */
};

enum ak_rx_assert {
    AK_RX_TEXT_START, /* \A, and ^ without (?m) */
    AK_RX_LINE_START, /* ^ with (?m) */
    AK_RX_TEXT_END,   /* \z */
    AK_RX_LAST_END,   /* \Z, and $ without (?m): before a last line feed, too */
    AK_RX_LINE_END,   /* $ with (?m) */
    AK_RX_WORD,       /* \b */
    AK_RX_NOT_WORD,   /* \B */
};

enum ak_rx_kind { AK_RX_SET, AK_RX_ASSERT, AK_RX_SEQUENCE, AK_RX_EITHER, AK_RX_REPEAT };

enum { AK_RX_NO_MAX = UINT16_MAX };

struct ak_rx_node {
    enum ak_rx_kind kind;
    union {
        uint16_t set; /* number in the tree's sets */
        enum ak_rx_assert assertion;
        struct {
            uint16_t min, max; /* AK_RX_NO_MAX: any number */
            bool possessive;
        } repeat;
    };
    uint32_t size;            /* operations it becomes; written by ak_rx_emit */
    struct ak_rx_node *first; /* child: of SEQUENCE, EITHER, REPEAT (one) */
    struct ak_rx_node *next;  /* of the same parent */
};

struct ak_rx_tree {
    struct ak_rx_node *root;
    const struct ak_rx_set *sets;
    size_t n_sets;
};

/* Why a pattern is refused. */
enum ak_rx_why {
    AK_RX_FINE,
    AK_RX_WHY_ARENA,
    AK_RX_WHY_LONG,
    AK_RX_WHY_DEEP,
    AK_RX_WHY_SETS,
    AK_RX_WHY_REPEAT,
    AK_RX_WHY_STATES,
    AK_RX_WHY_UTF8,
    AK_RX_WHY_ESCAPE_END,
    AK_RX_WHY_ESCAPE,
    AK_RX_WHY_NUMBER,
    AK_RX_WHY_CLASS_OPEN,
    AK_RX_WHY_CLASS_ORDER,
    AK_RX_WHY_CLASS_NAME,
    AK_RX_WHY_GROUP_OPEN,
    AK_RX_WHY_GROUP_CLOSE,
    AK_RX_WHY_GROUP_KIND,
    AK_RX_WHY_NOTHING,
    AK_RX_WHY_REPEAT_ORDER,
    AK_RX_WHY_LOOK,
    AK_RX_WHY_BACK,
    AK_RX_WHY_ATOMIC,
    AK_RX_WHY_POSSESSIVE,
    AK_RX_WHY_CALL,
    AK_RX_WHY_CONDITION,
    AK_RX_WHY_VERB,
    AK_RX_WHY_PROPERTY,
    AK_RX_WHY_ESCAPE_KNOWN,
};

/* The status that goes with a reason, and its text (static English). */
enum ak_status ak_rx_status(enum ak_rx_why why);
const char *ak_rx_why_text(enum ak_rx_why why);

/* Read a pattern; flags are those of ak_regex_compile.  Anything but AK_RX_FINE
 * refuses it, and *out is not written. */
enum ak_rx_why ak_rx_parse(struct ak_arena *arena, struct ak_str pattern, unsigned flags,
                           struct ak_rx_tree *out);

/* Leave out what does not change whether there is a match. */
void ak_rx_trim(struct ak_rx_tree *tree);

/* A text in the arena that every match contains, case folded: the longest run of
 * characters that stand side by side; empty when there is none, or no memory. */
struct ak_str ak_rx_literal(struct ak_arena *arena, const struct ak_rx_tree *tree);

#endif
