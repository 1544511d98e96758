/* regex_literal.c - a text that every match of a regular expression contains.
 *
 * The tree is walked along what cannot be left out.  Characters that stand side
 * by side make a run; whatever may vary ends it.  The longest run is taken. */
#include "base/fold.h"
#include "base/utf.h"
#include "detect/regex_tree.h"

enum {
    LITERAL_MAX = 256, /* bytes */
    CASES_MAX = 8,     /* characters that fold to one */
    STEPS_MAX = 50000, /* (((a+)+)+)+ is walked twice at each level */
};

struct run {
    const struct ak_rx_tree *tree;
    char now[LITERAL_MAX + 4], best[LITERAL_MAX + 4];
    size_t n, n_best;
    unsigned steps;
};

static void end_run(struct run *r)
{
    if (r->n > r->n_best) {
        memcpy(r->best, r->now, r->n);
        r->n_best = r->n;
    }
    r->n = 0;
}

/* The one character that all of the set fold to. */
static bool folds_to_one(struct ak_rx_set set, uint32_t *out)
{
    unsigned n = 0;
    for (size_t i = 0; i < set.n; i++) {
        for (uint32_t c = set.at[i].first; c <= set.at[i].last; c++) {
            if (++n > CASES_MAX || c > 0x10FFFF)
                return false;
            if (n > 1 && ak_fold_point(c) != *out)
                return false;
            *out = ak_fold_point(c);
        }
    }
    return n > 0;
}

static void walk(struct run *r, const struct ak_rx_node *node);

/* x{2,}: twice x, and something may stand between the second and what follows. */
static void walk_repeat(struct run *r, const struct ak_rx_node *node)
{
    unsigned times = node->repeat.min;
    if (times > 1 && node->size / times > LITERAL_MAX)
        times = 1;
    for (unsigned i = 0; i < times && r->n < LITERAL_MAX; i++)
        walk(r, node->first);
    if (times == node->repeat.min && node->repeat.min == node->repeat.max && r->n < LITERAL_MAX)
        return;
    end_run(r);
    if (times)
        walk(r, node->first);
}

static void walk(struct run *r, const struct ak_rx_node *node)
{
    uint32_t point = 0;
    if (++r->steps > STEPS_MAX) {
        end_run(r);
        r->steps = STEPS_MAX;
        return;
    }
    switch (node->kind) {
    case AK_RX_SET:
        if (!folds_to_one(r->tree->sets[node->set], &point)) {
            end_run(r);
        } else {
            if (r->n >= LITERAL_MAX)
                end_run(r);
            r->n += ak_utf8_put(r->now + r->n, point);
        }
        break;
    case AK_RX_ASSERT:
        break;
    case AK_RX_SEQUENCE:
        for (const struct ak_rx_node *child = node->first; child; child = child->next)
            walk(r, child);
        break;
    case AK_RX_EITHER:
        end_run(r);
        break;
    case AK_RX_REPEAT:
        walk_repeat(r, node);
        break;
    }
}

struct ak_str ak_rx_literal(struct ak_arena *arena, const struct ak_rx_tree *tree)
{
    struct run r = { .tree = tree };
    walk(&r, tree->root);
    end_run(&r);
    char *at = r.n_best ? AK_NEW_N(arena, char, r.n_best) : NULL;
    if (!at)
        return (struct ak_str){ "", 0 };
    memcpy(at, r.best, r.n_best);
    return (struct ak_str){ at, r.n_best };
}
