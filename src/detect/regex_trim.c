/* regex_trim.c - what need not be looked for, because only whether is asked.
 *
 * A match may begin and end anywhere, so what may be nothing at either end is
 * left out, and what is repeated there is repeated no more than it must:
 * ".*foo" is "foo", "x{2,}" is "xx".  Such patterns are common in rules. */
#include "detect/regex_tree.h"

/* Can it match nothing at any place?  A possessive quantifier takes what is
 * there, so that it cannot. */
static bool may_be_nothing(const struct ak_rx_node *node)
{
    const struct ak_rx_node *child = node->first;
    switch (node->kind) {
    case AK_RX_SET:
    case AK_RX_ASSERT:
        return false;
    case AK_RX_SEQUENCE:
        while (child && may_be_nothing(child))
            child = child->next;
        return !child;
    case AK_RX_EITHER:
        while (child && !may_be_nothing(child))
            child = child->next;
        return child != NULL;
    case AK_RX_REPEAT:
        return !node->repeat.possessive && (node->repeat.min == 0 || may_be_nothing(child));
    }
    return false;
}

static void trim(struct ak_rx_node *node, bool at_start);

static void trim_start(struct ak_rx_node *sequence)
{
    while (sequence->first && may_be_nothing(sequence->first))
        sequence->first = sequence->first->next;
    if (sequence->first)
        trim(sequence->first, true);
}

static void trim_end(struct ak_rx_node *sequence)
{
    struct ak_rx_node *last = NULL; /* that cannot be nothing */
    for (struct ak_rx_node *child = sequence->first; child; child = child->next)
        if (!may_be_nothing(child))
            last = child;
    if (last) {
        last->next = NULL;
        trim(last, false);
    } else {
        sequence->first = NULL;
    }
}

/* One end of the pattern: it begins, or ends, with this node. */
static void trim(struct ak_rx_node *node, bool at_start)
{
    switch (node->kind) {
    case AK_RX_SET:
    case AK_RX_ASSERT:
        break;
    case AK_RX_SEQUENCE:
        (at_start ? trim_start : trim_end)(node);
        break;
    case AK_RX_EITHER:
        for (struct ak_rx_node *child = node->first; child; child = child->next)
            trim(child, at_start);
        break;
    case AK_RX_REPEAT:
        if (node->repeat.possessive)
            break;
        node->repeat.max = node->repeat.min;
        if (node->repeat.min == 1)
            trim(node->first, at_start);
        break;
    }
}

void ak_rx_trim(struct ak_rx_tree *tree)
{
    trim(tree->root, true);
    trim(tree->root, false);
}
