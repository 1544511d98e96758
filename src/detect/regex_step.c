/* regex_step.c - one step of all threads of the automaton at once.
 *
 * Threads are bits, one an operation.  Operations are written in order, so that
 * going on to the next is a shift for 64 of them. */
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

static size_t words_of(const struct ak_regex *re) { return (re->n_code + 63) / 64; }

static void set_bit(uint64_t *bits, size_t i) { bits[i / 64] |= UINT64_C(1) << (i % 64); }

static void clear(const struct ak_regex *re, struct ak_rx_work *w)
{
    size_t n = words_of(re) * sizeof(uint64_t);
    memset(w->fresh, 0, n);
    memset(w->seen, 0, n);
    memset(w->kept, 0, n);
}

/* Sides of the place where threads are; `behind` counts only when it is known. */
struct place {
    enum ak_rx_side before, behind;
    bool known;
};

/* Splits of one word: all go on to the next operation; those of one repeat to the
 * same end. */
static size_t follow_splits(const struct ak_regex *re, struct ak_rx_work *w, size_t word,
                            uint64_t splits)
{
    size_t least = word, last = SIZE_MAX;
    w->fresh[word] |= splits << 1;
    w->fresh[word + 1] |= splits >> 63;
    for (; splits; splits &= splits - 1) {
        size_t alt = re->code[word * 64 + (size_t)__builtin_ctzll(splits)].alt;
        if (alt == last)
            continue;
        last = alt;
        set_bit(w->fresh, alt);
        least = alt / 64 < least ? alt / 64 : least;
    }
    return least;
}

/* Jumps and assertions of one word. */
static size_t follow_others(const struct ak_regex *re, struct ak_rx_work *w, size_t word,
                            uint64_t others, const struct place *place)
{
    size_t least = word;
    for (; others; others &= others - 1) {
        size_t pc = word * 64 + (size_t)__builtin_ctzll(others);
        const struct ak_rx_op_code *o = &re->code[pc];
        bool go = o->op == AK_RX_OP_GO;
        if (o->op == AK_RX_OP_ASSERT && place->known)
            go = holds(o->arg, place->before, place->behind);
        else if (o->op == AK_RX_OP_ASSERT &&
                 (o->arg != AK_RX_TEXT_START || place->before == AK_RX_EDGE))
            set_bit(w->kept, pc);
        if (!go)
            continue;
        set_bit(w->fresh, o->out);
        least = o->out / 64u < least ? o->out / 64u : least;
    }
    return least;
}

/* Follow what reads nothing from all that is fresh: what waits goes into `kept`.
 * True when the end of the program was reached.  Words are gone through in order;
 * a way back (one a loop) takes up the walk there. */
static bool spread(const struct ak_regex *re, struct ak_rx_work *w, const struct place *place)
{
    for (size_t i = 0; i < words_of(re);) {
        uint64_t todo = w->fresh[i] & ~w->seen[i];
        if (!todo) {
            i++;
            continue;
        }
        w->seen[i] |= todo;
        w->kept[i] |= todo & re->is_set[i];
        size_t a = follow_splits(re, w, i, todo & re->is_split[i]);
        size_t b = follow_others(re, w, i, todo & ~re->is_set[i] & ~re->is_split[i], place);
        i = a < b ? a : b;
    }
    size_t end = re->n_code - 1;
    return w->seen[end / 64] >> (end % 64) & 1;
}

/* The bits of `kept` as a list. */
static void gather(const struct ak_regex *re, struct ak_rx_work *w, struct ak_rx_list *out)
{
    out->n = 0;
    for (size_t i = 0; i < words_of(re); i++)
        for (uint64_t left = w->kept[i]; left; left &= left - 1)
            out->at[out->n++] = (uint16_t)(i * 64 + (size_t)__builtin_ctzll(left));
}

bool ak_rx_begin(const struct ak_regex *re, struct ak_rx_work *work)
{
    struct place place = { .before = (enum ak_rx_side)re->before[AK_RX_EDGE] };
    clear(re, work);
    set_bit(work->fresh, 0);
    if (spread(re, work, &place))
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
    clear(re, w);
    for (size_t i = 0; i < w->now.n; i++)
        set_bit(w->fresh, w->now.at[i]);
    if (spread(re, w, &place))
        return true;
    gather(re, w, &w->now);
    return false;
}

/* Threads that wait for this character go on: to the next operation, always. */
static void read(const struct ak_regex *re, struct ak_rx_work *w, size_t symbol)
{
    size_t last = SIZE_MAX;
    bool is_member = false;
    for (size_t i = 0; i < w->now.n; i++) {
        const struct ak_rx_op_code *o = &re->code[w->now.at[i]];
        if (o->arg != last) {
            last = o->arg;
            is_member = ak_rx_member(re, last, symbol);
        }
        if (is_member)
            set_bit(w->fresh, o->out);
    }
}

bool ak_rx_step(const struct ak_regex *re, struct ak_rx_work *w, size_t symbol)
{
    struct place place = { .before = (enum ak_rx_side)re->before[re->side[symbol]] };
    if (decide(re, w, symbol))
        return true;
    w->next.n = 0;
    w->next.before = place.before;
    if (symbol != re->n_symbols) {
        clear(re, w);
        read(re, w, symbol > re->n_symbols ? re->line_symbol : symbol);
        set_bit(w->fresh, 0); /* a match may begin anywhere */
        if (spread(re, w, &place))
            return true;
        gather(re, w, &w->next);
    }
    struct ak_rx_list swap = w->now;
    w->now = w->next;
    w->next = swap;
    return false;
}
