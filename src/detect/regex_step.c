/* regex_step.c - one step of all threads of the automaton at once. */
#include "detect/regex_states.h"

static bool holds(unsigned assertion, enum ak_rx_side before, enum ak_rx_side behind)
{
    bool word_edge = (before == AK_RX_LETTER) != (behind == AK_RX_LETTER);
    switch ((enum ak_rx_assert)assertion) {
    case AK_RX_TEXT_START:
        return before == AK_RX_EDGE;
    case AK_RX_LINE_START: /* not behind a line feed that ends the text: perlre, pcre2pattern */
        return before == AK_RX_EDGE || (before == AK_RX_LINE && behind != AK_RX_EDGE);
    case AK_RX_TEXT_END:
        return behind == AK_RX_EDGE;
    case AK_RX_LAST_END:
        return behind == AK_RX_EDGE || behind == AK_RX_LAST_LINE;
    case AK_RX_LINE_END:
        return behind == AK_RX_EDGE || behind == AK_RX_LAST_LINE || behind == AK_RX_LINE;
    case AK_RX_WORD:
        return word_edge;
    case AK_RX_NOT_WORD:
        return !word_edge;
    }
    return false;
}

static bool set_bit(uint64_t *bits, size_t i)
{
    uint64_t bit = UINT64_C(1) << (i % 64);
    bool was = bits[i / 64] & bit;
    bits[i / 64] |= bit;
    return was;
}

static void clear(const struct ak_regex *re, uint64_t *bits)
{
    memset(bits, 0, (re->n_code + 63) / 64 * sizeof(*bits));
}

/* Sides of the place where threads are; `behind` counts only when it is known. */
struct place {
    enum ak_rx_side before, behind;
    bool known;
};

/* Follow what reads nothing, from `at`: what waits goes into `kept`.  True when
 * the end of the program was reached. */
static bool spread(const struct ak_regex *re, struct ak_rx_work *w, uint16_t at,
                   const struct place *place)
{
    size_t n = 0;
    bool matched = false;
    w->stack[n++] = at;
    while (n && !matched) {
        uint16_t pc = w->stack[--n];
        const struct ak_rx_op_code *o = &re->code[pc];
        if (set_bit(w->seen, pc))
            continue;
        switch ((enum ak_rx_op)o->op) {
        case AK_RX_OP_SET:
            set_bit(w->kept, pc);
            break;
        case AK_RX_OP_MATCH:
            matched = true;
            break;
        case AK_RX_OP_SPLIT:
            w->stack[n++] = o->alt;
            w->stack[n++] = o->out;
            break;
        case AK_RX_OP_GO:
            w->stack[n++] = o->out;
            break;
        case AK_RX_OP_ASSERT:
            if (place->known && holds(o->arg, place->before, place->behind))
                w->stack[n++] = o->out;
            else if (!place->known && (o->arg != AK_RX_TEXT_START || place->before == AK_RX_EDGE))
                set_bit(w->kept, pc);
            break;
        }
    }
    return matched;
}

/* The bits of `kept` as a list. */
static void gather(const struct ak_regex *re, struct ak_rx_work *w, struct ak_rx_list *out)
{
    out->n = 0;
    for (size_t i = 0; i < (re->n_code + 63) / 64; i++)
        for (uint64_t left = w->kept[i]; left; left &= left - 1)
            out->at[out->n++] = (uint16_t)(i * 64 + (size_t)__builtin_ctzll(left));
}

bool ak_rx_begin(const struct ak_regex *re, struct ak_rx_work *work)
{
    struct place place = { .before = (enum ak_rx_side)re->before[AK_RX_EDGE] };
    clear(re, work->seen);
    clear(re, work->kept);
    if (spread(re, work, 0, &place))
        return true;
    gather(re, work, &work->now);
    work->now.before = place.before;
    return false;
}

/* Decide the assertions of `now`, whose other side is known by now.  True: a match. */
static bool decide(const struct ak_regex *re, struct ak_rx_work *w, size_t symbol)
{
    struct place place = { w->now.before, (enum ak_rx_side)re->side[symbol], true };
    bool any = false;
    if (!re->asserts)
        return false;
    for (size_t i = 0; i < w->now.n && !any; i++)
        any = re->code[w->now.at[i]].op == AK_RX_OP_ASSERT;
    if (!any)
        return false;
    clear(re, w->seen);
    clear(re, w->kept);
    for (size_t i = 0; i < w->now.n; i++)
        if (spread(re, w, w->now.at[i], &place))
            return true;
    gather(re, w, &w->now);
    return false;
}

bool ak_rx_step(const struct ak_regex *re, struct ak_rx_work *w, size_t symbol)
{
    size_t read = symbol > re->n_symbols ? re->line_symbol : symbol;
    struct place place = { .before = (enum ak_rx_side)re->before[re->side[symbol]] };
    if (decide(re, w, symbol))
        return true;
    w->next.n = 0;
    w->next.before = place.before;
    if (symbol != re->n_symbols) {
        clear(re, w->seen);
        clear(re, w->kept);
        for (size_t i = 0; i < w->now.n; i++) {
            const struct ak_rx_op_code *o = &re->code[w->now.at[i]];
            if (o->op == AK_RX_OP_SET && ak_rx_member(re, o->arg, read) &&
                spread(re, w, o->out, &place))
                return true;
        }
        if (spread(re, w, 0, &place)) /* a match may begin anywhere */
            return true;
        gather(re, w, &w->next);
    }
    struct ak_rx_list swap = w->now;
    w->now = w->next;
    w->next = swap;
    return false;
}
