/* match_bind.c - see match_parts.h. */
#include "detect/match_parts.h"

#include <stdlib.h>

enum { MANY_TESTS = 4 }; /* from here on, grams pay */

/* ---- trees ---- */

static unsigned test_cost(const struct ak_test *t)
{
    if (t->op == AK_TEST_REGEX)
        return 100;
    if (t->op == AK_TEST_PATTERN && t->pattern.n == 1)
        return 1;
    return t->op == AK_TEST_TIME ? 8 : 2;
}

enum { COST_MAX = 100000 };

/* About how much work a node is, to try the cheap first. */
static uint32_t node_cost(const struct ak_match_node *node)
{
    uint32_t cost = 0;
    for (size_t i = 0; node->kind == AK_NODE_ITEM && i < node->item->n && cost < COST_MAX; i++)
        cost += test_cost(&node->item->tests[i]) * (node->item->field.n ? 1 : 20);
    for (uint32_t i = 0; i < node->n && cost < COST_MAX; i++)
        cost += node->children[i]->cost;
    return cost < COST_MAX ? cost : COST_MAX;
}

static int by_cost(const void *a, const void *b)
{
    const struct ak_match_node *const *x = a, *const *y = b;
    return ((*x)->cost > (*y)->cost) - ((*x)->cost < (*y)->cost);
}

static bool bind_others(struct ak_match_making *m, uint32_t class_number,
                        struct ak_match_node *node)
{
    const struct ak_rule_item *item = node->item;
    uint32_t *others = NULL;
    for (size_t i = 0; i < item->n; i++) {
        if (item->tests[i].op != AK_TEST_FIELD)
            continue;
        if (!others && !(others = AK_NEW_N(m->d->arena, uint32_t, item->n)))
            return false;
        others[i] = ak_match_source_of(m, class_number, item->tests[i].field.name);
        if (others[i] == UINT32_MAX)
            return false;
    }
    node->others = others;
    return true;
}

/* Grams for items with many tests. */
static bool bind_grams(struct ak_match_making *m, struct ak_match_node *node)
{
    const struct ak_rule_item *item = node->item;
    if (item->n < MANY_TESTS)
        return true;
    struct ak_match_grams *grams = AK_NEW_N(m->d->arena, struct ak_match_grams, item->n);
    for (size_t i = 0; i < item->n && grams; i++)
        grams[i] = ak_match_grams_of(&item->tests[i]);
    node->grams = grams;
    return grams;
}

/* Nodes of a rule that are bound to the class at hand: rules name selections more than
 * once, and what is one node stays one. */
struct binding {
    struct ak_match_making *m;
    uint32_t class_number;
    struct bound {
        const struct ak_node *from;
        struct ak_match_node *to;
    } * slots;                 /* by the node's address */
    size_t n, cap;             /* cap: a power of two, or 0 */
    size_t left, *left_of_all; /* of AK_MATCH_RULE_MAX and AK_MATCH_RULES_MAX */
    bool too_large; /* that was not enough; else, when something failed, the arena is spent */
};

static struct bound *slot_of(const struct binding *b, const struct ak_node *from)
{
    size_t at = (size_t)((uintptr_t)from * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (b->cap - 1);
    while (b->slots[at].from && b->slots[at].from != from)
        at = (at + 1) & (b->cap - 1);
    return &b->slots[at];
}

static bool slots_grow(struct binding *b)
{
    struct bound *old = b->slots;
    size_t n_old = b->cap;
    if (b->n * 2 < b->cap)
        return true;
    b->cap = n_old ? n_old * 2 : 64;
    b->slots = AK_NEW_N(b->m->d->texts_arena, struct bound, b->cap);
    for (size_t i = 0; i < n_old && b->slots; i++)
        if (old[i].from)
            *slot_of(b, old[i].from) = old[i];
    return b->slots;
}

/* Count what a node takes; false when the rule is too large. */
static bool take(struct binding *b, const struct ak_node *from)
{
    size_t size = 16 + from->n + (from->item ? from->item->n : 0);
    b->too_large = size > b->left || size > *b->left_of_all;
    if (b->too_large)
        return false;
    b->left -= size;
    *b->left_of_all -= size;
    return true;
}

static struct ak_match_node *bind_node(struct binding *b, const struct ak_node *from);

static bool bind_children(struct binding *b, const struct ak_node *from, struct ak_match_node *node)
{
    node->n = (uint32_t)from->n;
    node->children = AK_NEW_N(b->m->d->arena, const struct ak_match_node *, from->n + 1);
    for (size_t i = 0; i < from->n && node->children; i++)
        if (!(node->children[i] = bind_node(b, from->children[i])))
            return false;
    if (node->children && from->n > 1)
        qsort(node->children, from->n, sizeof(*node->children), by_cost);
    return node->children;
}

static bool bind_item(struct binding *b, struct ak_match_node *node)
{
    node->source = ak_match_source_of(b->m, b->class_number, node->item->field);
    return node->source != UINT32_MAX && bind_others(b->m, b->class_number, node) &&
           bind_grams(b->m, node);
}

/* NULL when the rule is too large or the arena is spent. */
static struct ak_match_node *bind_node(struct binding *b, const struct ak_node *from)
{
    struct ak_detector *d = b->m->d;
    if (!slots_grow(b))
        return NULL;
    struct ak_match_node *known = slot_of(b, from)->to;
    if (known) {
        if (!known->shared)
            known->shared = ++d->n_shared;
        return known;
    }
    struct ak_match_node *node = take(b, from) ? AK_NEW(d->arena, struct ak_match_node) : NULL;
    if (!node)
        return NULL;
    node->kind = from->kind;
    node->item = from->item;
    if (!(from->kind == AK_NODE_ITEM ? bind_item(b, node) : bind_children(b, from, node)))
        return NULL;
    node->cost = node_cost(node);
    node->nowhere = (uint8_t)ak_match_of_nowhere(node);
    *slot_of(b, from) = (struct bound){ from, node };
    b->n++;
    return node;
}

/* ---- rules and classes ---- */

struct growing {
    uint32_t cap_instances;
    size_t left;       /* of AK_MATCH_RULES_MAX */
    size_t *cap_bound; /* of each class */
};

static bool add_instance(struct ak_match_making *m, struct growing *g,
                         const struct ak_match_instance *new)
{
    struct ak_detector *d = m->d;
    if (d->n_instances == g->cap_instances) {
        g->cap_instances = g->cap_instances ? g->cap_instances * 2 : 256;
        struct ak_match_instance *more =
            AK_NEW_N(d->arena, struct ak_match_instance, g->cap_instances);
        if (!more)
            return false;
        if (d->n_instances)
            memcpy(more, d->instances, d->n_instances * sizeof(*more));
        d->instances = more;
    }
    struct ak_match_class *c = &d->classes[new->class_number];
    if (c->n_instances == g->cap_bound[new->class_number]) {
        size_t cap = g->cap_bound[new->class_number] = c->n_instances * 2 + 16;
        uint32_t *more = AK_NEW_N(d->arena, uint32_t, cap);
        if (!more)
            return false;
        if (c->n_instances)
            memcpy(more, c->instances, c->n_instances * sizeof(*more));
        c->instances = more;
    }
    c->instances[c->n_instances++] = d->n_instances;
    d->instances[d->n_instances++] = *new;
    return true;
}

/* Without programs a class that needs them has no instances: that the rule would have
 * one is noted. */
static bool ask_for(struct ak_detector *d, struct ak_match_class *c, uint32_t rule)
{
    if (!c->asked && !(c->asked = AK_NEW_N(d->arena, uint64_t, d->rules->n / 64 + 1)))
        return false;
    c->asked[rule / 64] |= UINT64_C(1) << (rule % 64);
    return true;
}

/* The classes that stand for others when the program is known. */
static void name_classes(struct ak_detector *d)
{
    for (size_t c = 0; c < d->maps->n; c++) {
        d->classes[c].instead = UINT32_MAX;
        for (size_t i = 0; i < c && d->maps->classes[c].instead.n; i++)
            if (ak_str_eq(d->maps->classes[i].name, d->maps->classes[c].instead))
                d->classes[c].instead = (uint32_t)i;
    }
}

/* Bind a rule to one class; false when the arena is spent. */
static bool bind_to_class(struct binding *b, struct growing *g, uint32_t rule)
{
    struct ak_detector *d = b->m->d;
    uint8_t *binding = &d->binding[rule];
    struct ak_arena_mark mark = ak_arena_mark(d->texts_arena);
    b->slots = NULL;
    b->n = b->cap = 0;
    const struct ak_match_node *root = bind_node(b, d->rules->rules[rule].when);
    ak_arena_rewind(d->texts_arena, mark);
    if (!root)
        return b->too_large;
    if (root->nowhere == AK_MATCH_FALSE) {
        *binding = *binding == AK_BOUND ? AK_BOUND : AK_UNBOUND_FIELDS;
        return true;
    }
    *binding = AK_BOUND;
    if (d->maps->classes[b->class_number].instead.n && !d->programs)
        return ask_for(d, &d->classes[b->class_number], rule);
    struct ak_match_instance new = { .rule = rule, .class_number = b->class_number, .root = root };
    return add_instance(b->m, g, &new);
}

/* A rule that is too large for one class is not applied at all. */
static void withdraw(struct ak_detector *d, uint32_t rule)
{
    d->binding[rule] = AK_UNBOUND_SIZE;
    for (size_t c = 0; c < d->maps->n; c++)
        if (d->classes[c].asked)
            d->classes[c].asked[rule / 64] &= ~(UINT64_C(1) << (rule % 64));
    for (; d->n_instances > d->first_instance[rule]; d->n_instances--)
        d->classes[d->instances[d->n_instances - 1].class_number].n_instances--;
}

static bool bind_rule(struct ak_match_making *m, struct growing *g, uint32_t rule)
{
    struct ak_detector *d = m->d;
    const struct ak_rule *r = &d->rules->rules[rule];
    struct binding b = { .m = m, .left = AK_MATCH_RULE_MAX, .left_of_all = &g->left };
    d->binding[rule] = r->when ? AK_UNBOUND_SOURCE : AK_BOUND_BY_OTHERS;
    for (size_t c = 0; c < d->maps->n && r->when && !b.too_large; c++) {
        b.class_number = (uint32_t)c;
        if (ak_map_serves(&d->maps->classes[c], &r->source) && !bind_to_class(&b, g, rule))
            return false;
    }
    if (b.too_large)
        withdraw(d, rule);
    return true;
}

/* For each instance, where the fields are that its rule's hits carry. */
static bool bind_named(struct ak_match_making *m)
{
    struct ak_detector *d = m->d;
    for (uint32_t i = 0; i < d->n_instances; i++) {
        struct ak_match_instance *in = &d->instances[i];
        const struct ak_match_named *named = &d->named[in->rule];
        uint32_t *sources = AK_NEW_N(d->arena, uint32_t, named->n + 1);
        if (!sources)
            return false;
        for (size_t k = 0; k < named->n; k++)
            if ((sources[k] = ak_match_source_of(m, in->class_number, named->names[k])) ==
                UINT32_MAX)
                return false;
        in->named = sources;
    }
    return true;
}

bool ak_match_bind(struct ak_match_making *m)
{
    struct ak_detector *d = m->d;
    struct growing g = { .left = AK_MATCH_RULES_MAX,
                         .cap_bound = AK_NEW_N(d->arena, size_t, d->maps->n + 1) };
    d->classes = AK_NEW_N(d->arena, struct ak_match_class, d->maps->n + 1);
    d->binding = AK_NEW_N(d->arena, uint8_t, d->rules->n + 1);
    d->first_instance = AK_NEW_N(d->arena, uint32_t, d->rules->n + 1);
    if (!g.cap_bound || !d->classes || !d->binding || !d->first_instance)
        return false;
    name_classes(d);
    for (size_t r = 0; r < d->rules->n; r++) {
        if (!bind_rule(m, &g, (uint32_t)r))
            return false;
        d->first_instance[r + 1] = d->n_instances;
    }
    return bind_named(m);
}
