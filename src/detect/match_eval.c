/* match_eval.c - see match_parts.h. */
#include "detect/match_parts.h"

static uint32_t other_of(const struct ak_match_node *node, size_t test)
{
    return node->others ? node->others[test] : AK_MATCH_NOWHERE;
}

static bool any_value_meets(struct ak_detector *d, const struct ak_match_node *node, size_t test)
{
    size_t at = 0;
    uint32_t text;
    bool known = node->grams && node->grams[test].known;
    while (ak_match_next_value(d, node->source, &at, &text)) {
        if (known && !ak_match_may_hold(d, text, node->grams[test]))
            continue;
        if (ak_match_test(d, &node->item->tests[test], other_of(node, test), text))
            return true;
    }
    return false;
}

/* Events leave out what is empty; that a field of the shape has no value is how an
 * empty text looks. */
static bool is_empty(struct ak_detector *d, const struct ak_match_node *node, bool there)
{
    size_t at = 0;
    uint32_t text;
    while (ak_match_next_value(d, node->source, &at, &text))
        if (ak_match_raw(d, text).n == 0)
            return true;
    const struct ak_match_source *s = &d->sources[node->source];
    return !there && !s->keyword && !s->computed && ak_match_place_of(d, node->source)->n > 0;
}

static bool test_holds(struct ak_detector *d, const struct ak_match_node *node, size_t test,
                       bool there)
{
    const struct ak_test *t = &node->item->tests[test];
    if (t->op == AK_TEST_NULL)
        return !there;
    if (t->op == AK_TEST_EXISTS)
        return there == t->exists;
    if (t->op == AK_TEST_EMPTY)
        return is_empty(d, node, there);
    return there && any_value_meets(d, node, test);
}

static bool item_holds(struct ak_detector *d, const struct ak_match_node *node)
{
    const struct ak_rule_item *item = node->item;
    size_t at = 0, i = 0;
    uint32_t text;
    bool there = ak_match_next_value(d, node->source, &at, &text);
    if (item->negated && !there)
        return false;
    while (i < item->n && test_holds(d, node, i, there) == item->all)
        i++;
    bool held = item->all ? i == item->n : i < item->n;
    return held != item->negated;
}

static bool node_holds(struct ak_detector *d, const struct ak_match_node *node)
{
    if (node->kind == AK_NODE_ITEM)
        return item_holds(d, node);
    if (node->kind == AK_NODE_NOT)
        return !(node->n && ak_match_holds(d, node->children[0]));
    for (uint32_t i = 0; i < node->n; i++)
        if (ak_match_holds(d, node->children[i]) == (node->kind == AK_NODE_OR))
            return node->kind == AK_NODE_OR;
    return node->kind == AK_NODE_AND;
}

/* A node with several parents is looked at once. */
bool ak_match_holds(struct ak_detector *d, const struct ak_match_node *node)
{
    struct ak_match_shared *known = node->shared ? &d->shared[node->shared] : NULL;
    if (known && known->epoch == d->epoch)
        return known->truth == AK_MATCH_TRUE;
    bool holds = node_holds(d, node);
    if (known) {
        known->epoch = d->epoch;
        known->truth = holds ? AK_MATCH_TRUE : AK_MATCH_FALSE;
    }
    return holds;
}

/* ---- in parts ---- */

/* AND, OR and NOT where some of the parts are open.  `part` says how a child stands. */
typedef enum ak_match_truth part_truth(struct ak_detector *d, const struct ak_match_node *node);

static enum ak_match_truth opposite(enum ak_match_truth truth)
{
    if (truth == AK_MATCH_OPEN)
        return truth;
    return truth == AK_MATCH_TRUE ? AK_MATCH_FALSE : AK_MATCH_TRUE;
}

static enum ak_match_truth joined_truth(struct ak_detector *d, const struct ak_match_node *node,
                                        part_truth *part)
{
    enum ak_match_truth ends = node->kind == AK_NODE_OR ? AK_MATCH_TRUE : AK_MATCH_FALSE;
    enum ak_match_truth all = opposite(ends);
    if (node->kind == AK_NODE_NOT)
        return node->n ? opposite(part(d, node->children[0])) : AK_MATCH_TRUE;
    for (uint32_t i = 0; i < node->n; i++) {
        enum ak_match_truth truth = part(d, node->children[i]);
        if (truth == ends)
            return ends;
        if (truth == AK_MATCH_OPEN)
            all = AK_MATCH_OPEN;
    }
    return all;
}

static bool is_deciding_index(const struct ak_match_form *f, uint16_t index)
{
    if (index == AK_MATCH_LACKS)
        return true;
    for (size_t i = 0; i < f->n_deciding; i++)
        if (f->deciding[i] == index)
            return true;
    return false;
}

/* Does the kind decide all values of the source? */
static bool is_of_kind(struct ak_detector *d, uint32_t source)
{
    const struct ak_match_source *s = &d->sources[source];
    if (s->keyword || s->how == AK_MAP_TIME || s->how == AK_MAP_IMAGE)
        return false;
    const struct ak_match_place *place = ak_match_place_of(d, source);
    for (size_t i = 0; i < place->n; i++)
        if (!is_deciding_index(d->form, d->form->pool[place->at + i]))
            return false;
    return true;
}

static enum ak_match_truth kind_truth(struct ak_detector *d, const struct ak_match_node *node)
{
    if (!is_of_kind(d, node->source))
        return AK_MATCH_OPEN;
    for (size_t i = 0; node->others && i < node->item->n; i++)
        if (!is_of_kind(d, node->others[i]))
            return AK_MATCH_OPEN;
    return item_holds(d, node) ? AK_MATCH_TRUE : AK_MATCH_FALSE;
}

enum ak_match_truth ak_match_of_kind(struct ak_detector *d, const struct ak_match_node *node)
{
    struct ak_match_shared *known = node->shared ? &d->shared[node->shared] : NULL;
    if (known && known->kind_epoch == d->epoch)
        return (enum ak_match_truth)known->of_kind;
    enum ak_match_truth truth =
        node->kind == AK_NODE_ITEM ? kind_truth(d, node) : joined_truth(d, node, ak_match_of_kind);
    if (known) {
        known->kind_epoch = d->epoch;
        known->of_kind = (uint8_t)truth;
    }
    return truth;
}

static enum ak_match_truth item_of_nowhere(const struct ak_match_node *node)
{
    const struct ak_rule_item *item = node->item;
    if (node->source != AK_MATCH_NOWHERE)
        return AK_MATCH_OPEN;
    size_t held = 0;
    for (size_t i = 0; i < item->n; i++)
        held += item->tests[i].op == AK_TEST_NULL ||
                (item->tests[i].op == AK_TEST_EXISTS && !item->tests[i].exists);
    bool holds = !item->negated && (item->all ? held == item->n : held > 0);
    return holds ? AK_MATCH_TRUE : AK_MATCH_FALSE;
}

static enum ak_match_truth known_of_nowhere(struct ak_detector *d, const struct ak_match_node *node)
{
    (void)d;
    return (enum ak_match_truth)node->nowhere;
}

enum ak_match_truth ak_match_of_nowhere(const struct ak_match_node *node)
{
    return node->kind == AK_NODE_ITEM ? item_of_nowhere(node)
                                      : joined_truth(NULL, node, known_of_nowhere);
}
