/* regex_search.c - does a text contain a match?
 *
 * Each character is one look into a table of states met before (a deterministic
 * automaton built while it runs, as R. Cox describes for RE2).  A state not met
 * before is worked out from all threads of the automaton at once.  When states do
 * not fit the budget they are forgotten; when they do not pay, the rest of the
 * text is read without keeping any.  There is no way back in the text, ever. */
#include "base/utf.h"
#include "detect/regex_states.h"

#include <stdlib.h>

enum {
    STATES_SHARE = 4,    /* one regex may hold the budget divided by this */
    READ_PER_BYTE = 4,   /* characters that a byte of states must serve before it goes */
    READ_PER_STATE = 10, /* characters that a state must serve to be worth keeping */
    REGEXES_FIRST = 64,
};

struct ak_regex_memory {
    size_t budget, used;
    size_t read; /* characters since all regexes but one had to let go */
    struct ak_rx_work work;
    struct ak_rx_states **table; /* by address of the regex, open addressing */
    size_t n, cap;
};

struct ak_regex_memory *ak_regex_memory_new(size_t budget)
{
    struct ak_regex_memory *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->budget = budget;
    m->work.now.at = calloc(AK_REGEX_STATES_MAX, sizeof(uint16_t));
    m->work.next.at = calloc(AK_REGEX_STATES_MAX, sizeof(uint16_t));
    m->work.fresh = calloc(AK_RX_WORDS, sizeof(uint64_t));
    m->work.seen = calloc(AK_RX_WORDS, sizeof(uint64_t));
    m->work.kept = calloc(AK_RX_WORDS, sizeof(uint64_t));
    m->cap = REGEXES_FIRST;
    m->table = calloc(m->cap, sizeof(struct ak_rx_states *));
    if (m->work.now.at && m->work.next.at && m->work.fresh && m->work.seen && m->work.kept &&
        m->table)
        return m;
    ak_regex_memory_free(m);
    return NULL;
}

void ak_regex_memory_free(struct ak_regex_memory *m)
{
    if (!m)
        return;
    for (size_t i = 0; m->table && i < m->cap; i++) {
        if (m->table[i])
            ak_rx_states_free(m->table[i]);
        free(m->table[i]);
    }
    free(m->table);
    free(m->work.now.at);
    free(m->work.next.at);
    free(m->work.fresh);
    free(m->work.seen);
    free(m->work.kept);
    free(m);
}

/* ---- which states belong to which regex ---- */

static struct ak_rx_states **slot(struct ak_rx_states **table, size_t cap,
                                  const struct ak_regex *re)
{
    size_t i = (size_t)((uintptr_t)re * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (cap - 1);
    while (table[i] && table[i]->re != re)
        i = (i + 1) & (cap - 1);
    return &table[i];
}

static bool table_grow(struct ak_regex_memory *m)
{
    struct ak_rx_states **table = calloc(2 * m->cap, sizeof(*table));
    if (!table)
        return false;
    for (size_t i = 0; i < m->cap; i++)
        if (m->table[i])
            *slot(table, 2 * m->cap, m->table[i]->re) = m->table[i];
    free(m->table);
    m->table = table;
    m->cap *= 2;
    return true;
}

/* Another regex was compiled where this one was: nothing of it holds. */
static void renew(struct ak_regex_memory *m, struct ak_rx_states *s, const struct ak_regex *re)
{
    m->used -= s->bytes;
    ak_rx_states_free(s);
    s->id = re->id;
    s->n_code = re->n_code;
    s->stride = re->n_symbols + 2;
}

/* The states of a regex; NULL when memory ran out. */
static struct ak_rx_states *states_of(struct ak_regex_memory *m, const struct ak_regex *re)
{
    struct ak_rx_states **at = slot(m->table, m->cap, re), *s = *at;
    if (!s) {
        if (2 * m->n >= m->cap && !table_grow(m))
            return NULL;
        s = calloc(1, sizeof(*s));
        if (!s)
            return NULL;
        s->re = re;
        *slot(m->table, m->cap, re) = s;
        m->n++;
    }
    if (s->id != re->id || s->n_code != re->n_code || s->stride != re->n_symbols + 2)
        renew(m, s, re);
    return s;
}

/* ---- a search ---- */

struct search {
    const struct ak_regex *re;
    struct ak_regex_memory *m;
    struct ak_rx_states *s;
    size_t counted; /* characters of this text that s->read has */
};

static unsigned symbol_above_ascii(const struct ak_regex *re, struct ak_str text, size_t *at)
{
    uint32_t point = ak_utf8_next(text, at);
    size_t low = 0, high = re->n_runs;
    if (point > 0x10FFFF)
        point = AK_RX_BAD;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (re->from[mid] <= point)
            low = mid;
        else
            high = mid;
    }
    return re->symbol[low];
}

static inline unsigned symbol_at(const struct ak_regex *re, struct ak_str text, size_t *at)
{
    unsigned char c = (unsigned char)text.at[*at];
    if (c < 0x80) {
        *at += 1;
        return re->ascii[c];
    }
    return symbol_above_ascii(re, text, at);
}

/* Let go what other regexes hold, when the budget is spent by all together; false
 * when that was too lately: each would only take the room of the next. */
static bool make_room(struct search *q)
{
    bool crowded = q->m->used + q->m->budget / STATES_SHARE > q->m->budget;
    if (!crowded || q->m->used == q->s->bytes || q->m->read < READ_PER_BYTE * q->m->used)
        return false;
    q->m->read = 0;
    for (size_t i = 0; i < q->m->cap; i++) {
        struct ak_rx_states *other = q->m->table[i];
        if (other && other != q->s) {
            q->m->used -= other->bytes;
            ak_rx_states_free(other);
        }
    }
    return true;
}

static uint32_t row_within(struct search *q)
{
    size_t others = q->m->used - q->s->bytes;
    size_t share = q->m->budget / STATES_SHARE;
    size_t left = q->m->budget > others ? q->m->budget - others : 0;
    uint32_t row = ak_rx_states_row(q->s, &q->m->work.now, left < share ? left : share);
    q->m->used = others + q->s->bytes;
    return row;
}

/* The row of `work.now`, whatever has to be forgotten for it.  0 when that does
 * not pay: then this search keeps no states any more. */
static uint32_t row_now(struct search *q, size_t at)
{
    uint32_t row = row_within(q);
    if (row)
        return row;
    if (make_room(q))
        row = row_within(q);
    if (row)
        return row;
    size_t read = q->s->read + (at - q->counted), n = q->s->n;
    ak_rx_states_forget(q->s);
    q->counted = at;
    return read >= READ_PER_STATE * n ? row_within(q) : 0;
}

/* Where the symbol leads from a row whose transition is not known.  What is
 * returned may be AK_RX_UNKNOWN when states are not kept any more. */
static AK_NOINLINE uint32_t work_out(struct search *q, uint32_t row, size_t symbol, size_t at)
{
    struct ak_rx_work *work = &q->m->work;
    uint32_t to;
    ak_rx_states_list(q->s, row, &work->now);
    if (ak_rx_step(q->re, work, symbol)) {
        to = AK_RX_MATCHED;
    } else if (work->now.n == 0) {
        to = AK_RX_NEVER;
    } else {
        unsigned times = q->s->forgotten;
        to = row_now(q, at);
        if (times != q->s->forgotten)
            return to; /* the row that this came from is no more */
    }
    q->s->next[row + symbol] = to;
    return to;
}

/* The text from a row on.  Where it stops: the row at the end; AK_RX_MATCHED,
 * AK_RX_NEVER; or AK_RX_UNKNOWN, and `work.now` is how things stand at *at. */
static uint32_t read_keeping(struct search *q, struct ak_str text, size_t *at, uint32_t row)
{
    const struct ak_regex *re = q->re;
    const uint32_t *next = q->s->next;
    size_t i = *at;
    while (i < text.n && row > AK_RX_MATCHED) {
        unsigned symbol = symbol_at(re, text, &i);
        uint32_t to = next[row + symbol];
        if (to == AK_RX_UNKNOWN) {
            to = work_out(q, row, symbol, i);
            next = q->s->next;
        }
        row = to;
    }
    *at = i;
    return row;
}

/* The rest of the text, keeping nothing. */
static bool read_forgetting(struct search *q, struct ak_str text, size_t at, bool last_line)
{
    struct ak_rx_work *work = &q->m->work;
    bool matched = false;
    while (at < text.n && !matched && work->now.n)
        matched = ak_rx_step(q->re, work, symbol_at(q->re, text, &at));
    if (!matched && last_line && work->now.n)
        matched = ak_rx_step(q->re, work, q->re->n_symbols + 1);
    return matched || (work->now.n && ak_rx_step(q->re, work, q->re->n_symbols));
}

static uint32_t one_symbol(struct search *q, uint32_t row, size_t symbol, size_t at)
{
    uint32_t to = q->s->next[row + symbol];
    return to == AK_RX_UNKNOWN ? work_out(q, row, symbol, at) : to;
}

/* The row to begin with; 0 when it matches or never will (work.now says), or when
 * states are not kept. */
static uint32_t begin(struct search *q, bool *out_matched)
{
    if (q->s && q->s->first)
        return q->s->first;
    *out_matched = ak_rx_begin(q->re, &q->m->work);
    if (!q->s || *out_matched || q->m->work.now.n == 0)
        return 0;
    uint32_t row = row_now(q, 0);
    if (row)
        q->s->first = row;
    return row;
}

bool ak_regex_search(const struct ak_regex *re, struct ak_regex_memory *m, struct ak_str text)
{
    struct search q = { .re = re, .m = m, .s = states_of(m, re) };
    bool last_line = text.n && text.at[text.n - 1] == '\n', matched = false;
    struct ak_str body = { text.at, text.n - last_line };
    size_t at = 0;
    m->read += text.n;
    uint32_t row = begin(&q, &matched);
    if (matched)
        return true;
    if (row)
        row = read_keeping(&q, body, &at, row);
    if (row > AK_RX_MATCHED && last_line) {
        row = one_symbol(&q, row, re->n_symbols + 1, at);
        last_line = false;
    }
    if (row > AK_RX_MATCHED)
        row = one_symbol(&q, row, re->n_symbols, at);
    if (row == AK_RX_UNKNOWN)
        return read_forgetting(&q, body, at, last_line);
    q.s->read += at - q.counted;
    return row == AK_RX_MATCHED;
}
