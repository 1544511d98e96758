/* match_guards.c - what to look for, so that most rules need not be tried.
 *
 * A guard of a tree is a set of which every match must show at least one: of an
 * AND the best child's, of an OR all children's together, of an item the literals
 * of its patterns.  Items about fields by which classes are told (the event id)
 * guard, too: they are decided once for each kind of event. */
#include "detect/match_parts.h"

#include "base/fold.h"

#include <stdlib.h>

enum { GUARDS_MAX = 1 << 17 }; /* of one instance; with more it is tried always */
enum { LOOKED_AT_MAX = 1 << 20, LEARNT_MAX = 1 << 20 }; /* nodes and tests; nodes */

static const double OF_KIND = 0.5; /* what an item of the kind costs: worse than a fair literal */

/* A set under way, on a stack: the parts of a node lie behind those before it. */
struct part {
    struct ak_str literal;      /* or */
    const struct ak_test *test; /* or */
    const struct ak_match_node *item;
    uint32_t source;
    unsigned where;
};

struct choosing {
    struct ak_detector *d;
    struct part parts[GUARDS_MAX];
    size_t n;
    size_t left; /* nodes and tests that may still be looked at for this instance */
};

static const double NONE = 1e9; /* no guard */

static double push(struct choosing *c, const struct part *part, double cost)
{
    if (c->n == GUARDS_MAX)
        return NONE;
    c->parts[c->n++] = *part;
    return cost;
}

/* A piece as it would be found in a folded text; empty when the arena is spent. */
static struct ak_str folded(struct choosing *c, const struct ak_pattern *p, struct ak_str text)
{
    char *to = p->cased ? AK_NEW_N(c->d->arena, char, text.n * 3 / 2 + 4) : NULL;
    if (!p->cased)
        return text;
    return (struct ak_str){ to, to ? ak_fold(to, text) : 0 };
}

/* The rarest piece of a pattern. */
static double guard_pattern(struct choosing *c, const struct ak_match_node *node,
                            const struct ak_pattern *p)
{
    struct part best = { .source = node->source };
    double cost = NONE;
    for (size_t i = 0; i < p->n; i++) {
        if (p->pieces[i].kind != AK_PIECE_TEXT)
            continue;
        struct ak_str text = folded(c, p, p->pieces[i].text);
        if (!ak_literals_can(text))
            continue;
        double rarity = ak_literals_rarity(c->d->literals, text);
        unsigned where = (i == 0 ? AK_LITERAL_STARTS : 0) | (i + 1 == p->n ? AK_LITERAL_ENDS : 0);
        if (where)
            rarity *= 0.7;
        if (rarity >= cost)
            continue;
        cost = rarity;
        best.literal = text;
        best.where = where;
    }
    return best.literal.n ? push(c, &best, cost) : NONE;
}

/* Does the test depend on the value alone? */
static bool is_of_value(const struct ak_test *t)
{
    return t->op == AK_TEST_PATTERN || t->op == AK_TEST_REGEX || t->op == AK_TEST_CIDR ||
           t->op == AK_TEST_NUMBER || t->op == AK_TEST_TIME;
}

/* What a test costs that is made on every new text.  Short texts that are the whole
 * value are words such as GET, true or 10: as good as always there. */
static double predicate_cost(const struct ak_test *t)
{
    bool whole = t->op == AK_TEST_PATTERN && t->pattern.n == 1;
    return whole ? 0.3 : 0.05;
}

static double guard_test(struct choosing *c, const struct ak_match_node *node,
                         const struct ak_test *t)
{
    struct part part = { .source = node->source };
    double cost = t->op == AK_TEST_PATTERN ? guard_pattern(c, node, &t->pattern) : NONE;
    if (cost < NONE)
        return cost;
    if (t->op == AK_TEST_REGEX)
        part.literal = ak_regex_literal(t->regex);
    if (part.literal.n && ak_literals_can(part.literal))
        return push(c, &part, ak_literals_rarity(c->d->literals, part.literal));
    part.literal.n = 0;
    part.test = t;
    return is_of_value(t) ? push(c, &part, predicate_cost(t)) : NONE;
}

typedef double guard_one(struct choosing *c, const struct ak_match_node *node, size_t i);

/* All of n together: each must have one. */
static double guard_any(struct choosing *c, const struct ak_match_node *node, size_t n,
                        guard_one *one)
{
    size_t start = c->n;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double cost = one(c, node, i);
        if (cost >= NONE) {
            c->n = start;
            return NONE;
        }
        sum += cost;
    }
    return n ? sum : NONE;
}

/* The best of n: what is behind the best so far is dropped, or takes its place. */
static double guard_best(struct choosing *c, const struct ak_match_node *node, size_t n,
                         guard_one *one)
{
    size_t start = c->n;
    double best = NONE;
    for (size_t i = 0; i < n; i++) {
        size_t before = c->n;
        double cost = one(c, node, i);
        if (cost < best) {
            memmove(c->parts + start, c->parts + before, (c->n - before) * sizeof(*c->parts));
            c->n = start + (c->n - before);
            best = cost;
        } else {
            c->n = before;
        }
    }
    return best;
}

static double guard_one_test(struct choosing *c, const struct ak_match_node *node, size_t i)
{
    return guard_test(c, node, &node->item->tests[i]);
}

static double guard_node(struct choosing *c, const struct ak_match_node *node);

static double guard_one_child(struct choosing *c, const struct ak_match_node *node, size_t i)
{
    return guard_node(c, node->children[i]);
}

static double guard_item(struct choosing *c, const struct ak_match_node *node)
{
    const struct ak_match_source *s = &c->d->sources[node->source];
    if (s->is_deciding) {
        struct part part = { .item = node };
        return push(c, &part, OF_KIND);
    }
    if (node->item->negated || s->how == AK_MAP_CONSTANT || s->how == AK_MAP_TIME)
        return NONE;
    if (node->item->all)
        return guard_best(c, node, node->item->n, guard_one_test);
    return guard_any(c, node, node->item->n, guard_one_test);
}

/* Nodes with several parents are gone through anew from each; that ends. */
static double guard_node(struct choosing *c, const struct ak_match_node *node)
{
    size_t parts = 1 + (node->item ? node->item->n : 0);
    if (parts > c->left)
        return NONE;
    c->left -= parts;
    if (node->kind == AK_NODE_ITEM)
        return guard_item(c, node);
    if (node->kind == AK_NODE_AND)
        return guard_best(c, node, node->n, guard_one_child);
    return node->kind == AK_NODE_OR ? guard_any(c, node, node->n, guard_one_child) : NONE;
}

/* ---- postings ---- */

/* Lists under way. */
struct listed {
    struct ak_match_posting *postings;
    struct ak_match_predicate *predicates;
    size_t n_postings, cap_postings, n_predicates, cap_predicates;
};

/* Room for one element more in a list; false when the arena is spent. */
static bool grow(struct ak_detector *d, void **list, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    size_t more = *cap ? *cap * 2 : 4096;
    void *to = ak_arena_get(d->arena, more, size, alignof(max_align_t));
    if (!to)
        return false;
    if (n)
        memcpy(to, *list, n * size);
    *list = to;
    *cap = more;
    return true;
}

static bool add_posting(struct ak_detector *d, struct listed *l, const struct part *part,
                        uint32_t number)
{
    uint32_t literal = ak_literals_add(d->literals, part->literal);
    void *list = l->postings;
    if (literal == UINT32_MAX ||
        !grow(d, &list, l->n_postings, &l->cap_postings, sizeof(*l->postings)))
        return false;
    l->postings = list;
    l->postings[l->n_postings++] =
        (struct ak_match_posting){ literal, part->source, number, part->where };
    return true;
}

static bool add_predicate(struct ak_detector *d, struct listed *l, const struct part *part,
                          uint32_t number)
{
    void *list = l->predicates;
    if (!grow(d, &list, l->n_predicates, &l->cap_predicates, sizeof(*l->predicates)))
        return false;
    l->predicates = list;
    l->predicates[l->n_predicates++] =
        (struct ak_match_predicate){ part->source, number, part->test };
    return true;
}

static void add_source(uint32_t *sources, uint32_t *n, uint32_t source)
{
    for (uint32_t i = 0; i < *n; i++)
        if (sources[i] == source)
            return;
    sources[(*n)++] = source;
}

/* Note the parts chosen for an instance. */
static bool take_parts(struct choosing *c, struct listed *l, uint32_t number)
{
    struct ak_detector *d = c->d;
    struct ak_match_instance *in = &d->instances[number];
    uint32_t *sources = AK_NEW_N(d->arena, uint32_t, c->n + 1);
    in->guard_items = AK_NEW_N(d->arena, const struct ak_match_node *, c->n + 1);
    if (!sources || !in->guard_items)
        return false;
    in->guarded = true;
    in->guard_sources = sources;
    for (size_t i = 0; i < c->n; i++) {
        const struct part *part = &c->parts[i];
        if (part->item) {
            in->guard_items[in->n_guard_items++] = part->item;
            continue;
        }
        if (!(part->test ? add_predicate(d, l, part, number) : add_posting(d, l, part, number)))
            return false;
        add_source(sources, &in->n_guard_sources, part->source);
    }
    return true;
}

static int by_literal(const void *a, const void *b)
{
    const struct ak_match_posting *x = a, *y = b;
    if (x->literal != y->literal)
        return x->literal < y->literal ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->instance > y->instance) - (x->instance < y->instance);
}

/* Could the text of a number or a truth value contain it? */
static bool is_of_numbers(struct ak_str text)
{
    size_t i = 0;
    while (i < text.n && memchr("0123456789abcdefx.+-:tz", text.at[i], 23))
        i++;
    return i == text.n || memmem("true", 4, text.at, text.n) || memmem("false", 5, text.at, text.n);
}

static void note_numbers(struct ak_detector *d, const struct listed *l)
{
    for (size_t i = 0; i < l->n_postings; i++)
        if (!d->sources[l->postings[i].source].numbers)
            d->sources[l->postings[i].source].numbers =
                is_of_numbers(ak_literals_text(d->literals, l->postings[i].literal));
    for (size_t i = 0; i < l->n_predicates; i++)
        d->sources[l->predicates[i].source].numbers = true;
}

static bool finish_postings(struct ak_detector *d, struct listed *l)
{
    size_t n_literals = ak_literals_count(d->literals);
    if (l->n_postings)
        qsort(l->postings, l->n_postings, sizeof(*l->postings), by_literal);
    d->first_posting = AK_NEW_N(d->arena, uint32_t, n_literals + 1);
    if (!d->first_posting)
        return false;
    for (size_t i = l->n_postings; i-- > 0;)
        d->first_posting[l->postings[i].literal] = (uint32_t)i;
    d->first_posting[n_literals] = (uint32_t)l->n_postings;
    d->postings = l->postings;
    d->n_postings = l->n_postings;
    return ak_literals_finish(d->literals);
}

static int by_test(const void *a, const void *b)
{
    const struct ak_match_predicate *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->test != y->test)
        return (uintptr_t)x->test < (uintptr_t)y->test ? -1 : 1;
    return (x->instance > y->instance) - (x->instance < y->instance);
}

static bool finish_predicates(struct ak_detector *d, struct listed *l)
{
    if (l->n_predicates)
        qsort(l->predicates, l->n_predicates, sizeof(*l->predicates), by_test);
    d->first_predicate = AK_NEW_N(d->arena, uint32_t, d->n_sources + 1);
    if (!d->first_predicate)
        return false;
    for (uint32_t source = 0, i = 0; source <= d->n_sources; source++) {
        while (i < l->n_predicates && l->predicates[i].source < source)
            i++;
        d->first_predicate[source] = i;
    }
    d->predicates = l->predicates;
    d->n_predicates = l->n_predicates;
    return true;
}

static void learn(struct ak_literals *literals, const struct ak_match_node *node, size_t *left)
{
    if (*left == 0)
        return;
    --*left;
    for (uint32_t i = 0; i < node->n; i++)
        learn(literals, node->children[i], left);
    for (size_t i = 0; node->kind == AK_NODE_ITEM && i < node->item->n; i++) {
        const struct ak_test *t = &node->item->tests[i];
        for (size_t k = 0; t->op == AK_TEST_PATTERN && k < t->pattern.n; k++)
            ak_literals_learn(literals, t->pattern.pieces[k].text);
    }
}

static bool guard_all(struct choosing *c)
{
    struct ak_detector *d = c->d;
    struct listed listed = { 0 };
    for (uint32_t i = 0; i < d->n_instances; i++) {
        c->n = 0;
        c->left = LOOKED_AT_MAX;
        if (guard_node(c, d->instances[i].root) < NONE && !take_parts(c, &listed, i))
            return false;
    }
    note_numbers(d, &listed);
    return finish_postings(d, &listed) && finish_predicates(d, &listed);
}

bool ak_match_guard(struct ak_detector *d)
{
    struct ak_arena_mark mark = ak_arena_mark(d->texts_arena); /* not in use yet */
    struct choosing *c = AK_NEW(d->texts_arena, struct choosing);
    d->literals = ak_literals_new(d->arena);
    if (!c || !d->literals)
        return false;
    c->d = d;
    size_t left = LEARNT_MAX;
    for (uint32_t i = 0; i < d->n_instances; i++)
        if (i == 0 || d->instances[i].rule != d->instances[i - 1].rule)
            learn(d->literals, d->instances[i].root, &left);
    bool guarded = guard_all(c);
    ak_arena_rewind(d->texts_arena, mark);
    return guarded;
}
