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

/* About how much work a tree is, to try the cheap first. */
static unsigned node_cost(const struct ak_match_node *node)
{
    unsigned cost = 0;
    if (node->kind == AK_NODE_ITEM)
        for (size_t i = 0; i < node->item->n && cost < 10000; i++)
            cost += test_cost(&node->item->tests[i]);
    for (uint32_t i = 0; i < node->n && cost < 10000; i++)
        cost += node_cost(node->children[i]);
    return node->kind == AK_NODE_ITEM && node->item->field.n == 0 ? cost * 20 : cost;
}

static int by_cost(const void *a, const void *b)
{
    const struct ak_match_node *const *x = a, *const *y = b;
    unsigned cost_x = node_cost(*x), cost_y = node_cost(*y);
    return (cost_x > cost_y) - (cost_x < cost_y);
}

static bool bind_others(struct ak_match_making *m, uint32_t class_number,
                        struct ak_match_node *node)
{
    const struct ak_item *item = node->item;
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
    const struct ak_item *item = node->item;
    if (item->n < MANY_TESTS)
        return true;
    struct ak_match_grams *grams = AK_NEW_N(m->d->arena, struct ak_match_grams, item->n);
    for (size_t i = 0; i < item->n && grams; i++)
        grams[i] = ak_match_grams_of(&item->tests[i]);
    node->grams = grams;
    return grams;
}

static const struct ak_match_node *bind_node(struct ak_match_making *m, uint32_t class_number,
                                             const struct ak_node *from)
{
    struct ak_match_node *node = AK_NEW(m->d->arena, struct ak_match_node);
    if (!node)
        return NULL;
    node->kind = from->kind;
    node->item = from->item;
    if (from->kind == AK_NODE_ITEM) {
        node->source = ak_match_source_of(m, class_number, from->item->field);
        bool bound =
            node->source != UINT32_MAX && bind_others(m, class_number, node) && bind_grams(m, node);
        return bound ? node : NULL;
    }
    node->n = (uint32_t)from->n;
    node->children = AK_NEW_N(m->d->arena, const struct ak_match_node *, from->n + 1);
    for (size_t i = 0; i < from->n && node->children; i++)
        if (!(node->children[i] = bind_node(m, class_number, from->children[i])))
            return NULL;
    if (node->children && from->n > 1)
        qsort(node->children, from->n, sizeof(*node->children), by_cost);
    return node->children ? node : NULL;
}

/* ---- rules and classes ---- */

struct growing {
    uint32_t cap_instances;
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

static bool bind_rule(struct ak_match_making *m, struct growing *g, uint32_t rule)
{
    struct ak_detector *d = m->d;
    const struct ak_rule *r = &d->rules->rules[rule];
    uint8_t *binding = &d->binding[rule];
    *binding = r->when ? AK_UNBOUND_SOURCE : AK_BOUND_BY_OTHERS;
    for (size_t c = 0; c < d->maps->n && r->when; c++) {
        if (!ak_map_serves(&d->maps->classes[c], &r->source))
            continue;
        const struct ak_match_node *root = bind_node(m, (uint32_t)c, r->when);
        if (!root)
            return false;
        if (!ak_match_possible(root)) {
            *binding = *binding == AK_BOUND ? AK_BOUND : AK_UNBOUND_FIELDS;
            continue;
        }
        *binding = AK_BOUND;
        struct ak_match_instance new = { .rule = rule, .class_number = (uint32_t)c, .root = root };
        bool waits = d->maps->classes[c].instead.n && !d->programs;
        if (!(waits ? ask_for(d, &d->classes[c], rule) : add_instance(m, g, &new)))
            return false;
    }
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
    struct growing g = { .cap_bound = AK_NEW_N(d->arena, size_t, d->maps->n + 1) };
    d->classes = AK_NEW_N(d->arena, struct ak_match_class, d->maps->n + 1);
    d->binding = AK_NEW_N(d->arena, uint8_t, d->rules->n + 1);
    if (!g.cap_bound || !d->classes || !d->binding)
        return false;
    name_classes(d);
    for (size_t r = 0; r < d->rules->n; r++)
        if (!bind_rule(m, &g, (uint32_t)r))
            return false;
    return bind_named(m);
}
