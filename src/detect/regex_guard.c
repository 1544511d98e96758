/* regex_guard.c - may a possessive quantifier be read as a greedy one?
 *
 * x++ y gives up matches of x+ y in which y begins with an x.  If nothing behind
 * the quantifier can begin with an x, there are none, and both say the same. */
#include "detect/regex_program.h"

struct walk {
    const struct ak_regex *re;
    uint16_t *stack;
    bool *seen;
    size_t n;
};

static void visit(struct walk *w, uint16_t at)
{
    if (!w->seen[at]) {
        w->seen[at] = true;
        w->stack[w->n++] = at;
    }
}

static bool share_a_symbol(const struct ak_regex *re, size_t a, size_t b)
{
    for (size_t i = 0; i < re->words; i++)
        if (re->members[a * re->words + i] & re->members[b * re->words + i])
            return true;
    return false;
}

/* Before an x that was not taken, can this assertion not hold? */
static bool bars(const struct ak_regex *re, unsigned assertion, size_t set)
{
    bool end = assertion == AK_RX_TEXT_END;
    bool line = assertion == AK_RX_LAST_END || assertion == AK_RX_LINE_END;
    return end || (line && !ak_rx_member(re, set, re->line_symbol));
}

/* False: something behind may go on with an x, or be satisfied before one. */
static bool follow(struct walk *w, uint16_t at, size_t set, bool *asserted)
{
    const struct ak_rx_op_code *o = &w->re->code[at];
    switch ((enum ak_rx_op)o->op) {
    case AK_RX_OP_SET:
        return !share_a_symbol(w->re, o->arg, set);
    case AK_RX_OP_MATCH:
        return !*asserted;
    case AK_RX_OP_ASSERT:
        if (bars(w->re, o->arg, set))
            return true;
        *asserted = true;
        visit(w, o->out);
        return true;
    case AK_RX_OP_SPLIT:
        visit(w, o->alt);
        visit(w, o->out);
        return true;
    case AK_RX_OP_GO:
        visit(w, o->out);
        return true;
    }
    return false;
}

enum ak_rx_why ak_rx_check_guards(struct ak_arena *arena, const struct ak_regex *re,
                                  const struct ak_rx_guards *guards)
{
    struct walk w = { .re = re };
    if (guards->n == 0)
        return AK_RX_FINE;
    w.stack = AK_NEW_N(arena, uint16_t, re->n_code);
    w.seen = AK_NEW_N(arena, bool, re->n_code);
    if (!w.stack || !w.seen)
        return AK_RX_WHY_ARENA;
    for (size_t i = 0; i < guards->n; i++) {
        bool fine = true, asserted = false;
        memset(w.seen, 0, re->n_code * sizeof(*w.seen));
        w.n = 0;
        visit(&w, guards->at[i].end);
        while (fine && w.n)
            fine = follow(&w, w.stack[--w.n], guards->at[i].set, &asserted);
        if (!fine)
            return AK_RX_WHY_POSSESSIVE;
    }
    return AK_RX_FINE;
}
