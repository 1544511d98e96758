/* regex_emit.c - a tree to Thompson's automaton.
 *
 * K. Thompson, "Regular Expression Search Algorithm", CACM 11 (1968).  Sizes are
 * known before anything is written, so that ((a{1000}){1000}) costs nothing. */
#include "detect/regex_program.h"

struct emitter {
    struct ak_rx_op_code *code;
    size_t n;
    struct ak_rx_guards *guards;
    enum ak_rx_why why;
};

/* ---- sizes ---- */

static uint32_t measure(struct ak_rx_node *node);

static uint32_t at_most(uint64_t n)
{
    return n > AK_REGEX_STATES_MAX ? AK_REGEX_STATES_MAX + 1 : (uint32_t)n;
}

/* Children that match only nothing leave a sequence. */
static uint32_t measure_sequence(struct ak_rx_node *node)
{
    uint32_t sum = 0;
    struct ak_rx_node **link = &node->first;
    while (*link) {
        uint32_t size = measure(*link);
        sum = at_most((uint64_t)sum + size);
        if (size)
            link = &(*link)->next;
        else
            *link = (*link)->next;
    }
    return sum;
}

static uint32_t measure_either(struct ak_rx_node *node)
{
    uint32_t sum = 0;
    for (struct ak_rx_node *child = node->first; child; child = child->next)
        sum = at_most((uint64_t)sum + measure(child) + (child->next ? 2 : 0));
    return sum;
}

static uint32_t measure_repeat(struct ak_rx_node *node)
{
    uint64_t body = measure(node->first), min = node->repeat.min, max = node->repeat.max;
    if (body == 0)
        return 0;
    if (max == AK_RX_NO_MAX)
        return at_most(min ? min * body + 1 : body + 2);
    return at_most(min * body + (max - min) * (body + 1));
}

static uint32_t measure(struct ak_rx_node *node)
{
    switch (node->kind) {
    case AK_RX_SET:
    case AK_RX_ASSERT:
        node->size = 1;
        break;
    case AK_RX_SEQUENCE:
        node->size = measure_sequence(node);
        break;
    case AK_RX_EITHER:
        node->size = measure_either(node);
        break;
    case AK_RX_REPEAT:
        node->size = measure_repeat(node);
        break;
    }
    return node->size;
}

/* ---- code ---- */

static void emit(struct emitter *e, const struct ak_rx_node *node);

static struct ak_rx_op_code *op(struct emitter *e, enum ak_rx_op what, unsigned arg)
{
    struct ak_rx_op_code *o = &e->code[e->n++];
    *o = (struct ak_rx_op_code){ (uint8_t)what, (uint16_t)arg, (uint16_t)e->n, 0 };
    return o;
}

/* The jumps from the ends of alternatives are chained through `alt` until the
 * end of the last is known. */
static void emit_either(struct emitter *e, const struct ak_rx_node *node)
{
    size_t chain = SIZE_MAX;
    for (const struct ak_rx_node *child = node->first; child; child = child->next) {
        struct ak_rx_op_code *split = child->next ? op(e, AK_RX_OP_SPLIT, 0) : NULL;
        emit(e, child);
        if (!split)
            break;
        struct ak_rx_op_code *go = op(e, AK_RX_OP_GO, 0);
        go->alt = (uint16_t)(chain == SIZE_MAX ? e->n - 1 : chain); /* the first names itself */
        chain = e->n - 1;
        split->alt = (uint16_t)e->n;
    }
    while (chain != SIZE_MAX) {
        size_t before = e->code[chain].alt;
        e->code[chain].out = (uint16_t)e->n;
        e->code[chain].alt = 0;
        chain = before == chain ? SIZE_MAX : before;
    }
}

static void emit_loop(struct emitter *e, const struct ak_rx_node *node)
{
    for (unsigned i = 1; i < node->repeat.min; i++)
        emit(e, node->first);
    struct ak_rx_op_code *enter = node->repeat.min ? NULL : op(e, AK_RX_OP_SPLIT, 0);
    size_t body = e->n;
    emit(e, node->first);
    struct ak_rx_op_code *again = op(e, enter ? AK_RX_OP_GO : AK_RX_OP_SPLIT, 0);
    if (enter) {
        again->out = (uint16_t)(body - 1);
        enter->alt = (uint16_t)e->n;
    } else {
        again->alt = (uint16_t)body;
    }
}

static void emit_counted(struct emitter *e, const struct ak_rx_node *node)
{
    unsigned n_optional = (unsigned)node->repeat.max - node->repeat.min;
    size_t end = e->n + node->size;
    for (unsigned i = 0; i < node->repeat.min; i++)
        emit(e, node->first);
    for (unsigned i = 0; i < n_optional; i++) {
        op(e, AK_RX_OP_SPLIT, 0)->alt = (uint16_t)end;
        emit(e, node->first);
    }
}

static void note_possessive(struct emitter *e, const struct ak_rx_node *node)
{
    const struct ak_rx_node *of = node->first;
    while (of->kind == AK_RX_SEQUENCE && of->first && !of->first->next)
        of = of->first;
    if (of->kind != AK_RX_SET || e->guards->n == AK_RX_POSSESSIVE_MAX) {
        e->why = AK_RX_WHY_POSSESSIVE;
        return;
    }
    e->guards->at[e->guards->n].end = (uint16_t)e->n;
    e->guards->at[e->guards->n++].set = of->set;
}

static void emit(struct emitter *e, const struct ak_rx_node *node)
{
    if (node->size == 0)
        return;
    switch (node->kind) {
    case AK_RX_SET:
        op(e, AK_RX_OP_SET, node->set);
        break;
    case AK_RX_ASSERT:
        op(e, AK_RX_OP_ASSERT, node->assertion);
        break;
    case AK_RX_SEQUENCE:
        for (const struct ak_rx_node *child = node->first; child; child = child->next)
            emit(e, child);
        break;
    case AK_RX_EITHER:
        emit_either(e, node);
        break;
    case AK_RX_REPEAT:
        if (node->repeat.max == AK_RX_NO_MAX)
            emit_loop(e, node);
        else
            emit_counted(e, node);
        if (node->repeat.possessive)
            note_possessive(e, node);
        break;
    }
}

/* What kind each operation is, for 64 at a time. */
static bool mark(struct ak_arena *arena, struct ak_regex *re)
{
    uint64_t *is_set = AK_NEW_N(arena, uint64_t, re->n_code / 64 + 1);
    uint64_t *is_split = AK_NEW_N(arena, uint64_t, re->n_code / 64 + 1);
    if (!is_set || !is_split)
        return false;
    for (size_t i = 0; i < re->n_code; i++) {
        is_set[i / 64] |= (uint64_t)(re->code[i].op == AK_RX_OP_SET) << (i % 64);
        is_split[i / 64] |= (uint64_t)(re->code[i].op == AK_RX_OP_SPLIT) << (i % 64);
    }
    re->is_set = is_set;
    re->is_split = is_split;
    return true;
}

enum ak_rx_why ak_rx_emit(struct ak_arena *arena, struct ak_rx_tree *tree, struct ak_regex *re,
                          struct ak_rx_guards *out_guards)
{
    struct emitter e = { .guards = out_guards };
    uint32_t size = measure(tree->root) + 1;
    out_guards->n = 0;
    if (size > AK_REGEX_STATES_MAX)
        return AK_RX_WHY_STATES;
    e.code = AK_NEW_N(arena, struct ak_rx_op_code, size);
    if (!e.code)
        return AK_RX_WHY_ARENA;
    emit(&e, tree->root);
    op(&e, AK_RX_OP_MATCH, 0);
    re->code = e.code;
    re->n_code = e.n;
    return mark(arena, re) ? e.why : AK_RX_WHY_ARENA;
}
