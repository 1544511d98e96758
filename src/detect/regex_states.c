/* regex_states.c - see regex_states.h. */
#include "detect/regex_states.h"
#include "base/hash.h"

#include <stdlib.h>

enum { STATES_FIRST = 16, LISTS_FIRST = 64 };

void ak_rx_states_free(struct ak_rx_states *s)
{
    free(s->next);
    free(s->state);
    free(s->lists);
    free(s->table);
    *s =
        (struct ak_rx_states){ .re = s->re, .id = s->id, .n_code = s->n_code, .stride = s->stride };
}

void ak_rx_states_forget(struct ak_rx_states *s)
{
    s->n = 0;
    s->n_lists = 0;
    s->first = 0;
    s->read = 0;
    s->forgotten++;
    if (s->table)
        memset(s->table, 0, 2 * s->cap * sizeof(*s->table));
}

static size_t bytes_of(const struct ak_rx_states *s, size_t cap, size_t cap_lists)
{
    size_t each = s->stride * sizeof(*s->next) + sizeof(*s->state) + 2 * sizeof(*s->table);
    return cap * each + cap_lists * sizeof(*s->lists);
}

static void put(struct ak_rx_states *s, uint32_t number)
{
    size_t mask = 2 * s->cap - 1, i = s->state[number].hash & mask;
    while (s->table[i])
        i = (i + 1) & mask;
    s->table[i] = number;
}

/* Room for `cap` states, a power of two. */
static bool grow_states(struct ak_rx_states *s, size_t cap)
{
    uint32_t *next = realloc(s->next, cap * s->stride * sizeof(*next));
    if (next)
        s->next = next;
    struct ak_rx_state *state = realloc(s->state, cap * sizeof(*state));
    if (state)
        s->state = state;
    uint32_t *table = calloc(2 * cap, sizeof(*table));
    if (!next || !state || !table) {
        free(table);
        return false;
    }
    free(s->table);
    s->table = table;
    s->cap = cap;
    for (uint32_t i = 1; i < s->n; i++)
        put(s, i);
    return true;
}

static bool grow_lists(struct ak_rx_states *s, size_t cap)
{
    uint16_t *lists = realloc(s->lists, cap * sizeof(*lists));
    if (lists) {
        s->lists = lists;
        s->cap_lists = cap;
    }
    return lists != NULL;
}

/* Room for one state more with a list of n. */
static bool reserve(struct ak_rx_states *s, size_t n, size_t limit)
{
    size_t cap = s->cap, cap_lists = s->cap_lists;
    if (s->n + 1 >= cap)
        cap = cap ? 2 * cap : STATES_FIRST;
    while (cap_lists - s->n_lists < n || cap_lists == 0)
        cap_lists = cap_lists ? 2 * cap_lists : LISTS_FIRST;
    if (cap == s->cap && cap_lists == s->cap_lists)
        return true;
    if (bytes_of(s, cap, cap_lists) > limit || cap * s->stride > UINT32_MAX)
        return false;
    bool fine = (cap == s->cap || grow_states(s, cap)) &&
                (cap_lists == s->cap_lists || grow_lists(s, cap_lists));
    s->bytes = bytes_of(s, s->cap, s->cap_lists);
    return fine;
}

/* ---- lists, as they are kept: numbers, or a bit an operation when that is less ---- */

static size_t words_of(const struct ak_rx_states *s) { return (s->n_code + 15) / 16; }

static bool as_bits(const struct ak_rx_states *s, size_t n) { return n > words_of(s); }

static size_t kept_size(const struct ak_rx_states *s, size_t n)
{
    return as_bits(s, n) ? words_of(s) : n;
}

static void keep(const struct ak_rx_states *s, const struct ak_rx_list *list, uint16_t *to)
{
    if (!as_bits(s, list->n)) {
        if (list->n)
            memcpy(to, list->at, list->n * sizeof(*to));
        return;
    }
    memset(to, 0, words_of(s) * sizeof(*to));
    for (size_t i = 0; i < list->n; i++)
        to[list->at[i] / 16] = (uint16_t)(to[list->at[i] / 16] | 1u << (list->at[i] % 16));
}

void ak_rx_states_list(const struct ak_rx_states *s, uint32_t row, struct ak_rx_list *out)
{
    const struct ak_rx_state *state = &s->state[row / s->stride];
    const uint16_t *from = s->lists + state->list_at;
    size_t n = 0;
    out->n = state->list_n;
    out->before = (enum ak_rx_side)state->before;
    if (!as_bits(s, out->n)) {
        if (out->n)
            memcpy(out->at, from, out->n * sizeof(*out->at));
        return;
    }
    for (size_t i = 0; i < words_of(s); i++)
        for (unsigned left = from[i]; left; left &= left - 1)
            out->at[n++] = (uint16_t)(i * 16 + (size_t)__builtin_ctz(left));
}

static bool is_list(const struct ak_rx_states *s, uint32_t number, const struct ak_rx_list *list,
                    const uint16_t *kept)
{
    const struct ak_rx_state *state = &s->state[number];
    return state->list_n == list->n && state->before == list->before &&
           memcmp(s->lists + state->list_at, kept, kept_size(s, list->n) * sizeof(*kept)) == 0;
}

uint32_t ak_rx_states_row(struct ak_rx_states *s, const struct ak_rx_list *list, size_t limit)
{
    size_t size = kept_size(s, list->n);
    if (!reserve(s, size, limit))
        return 0;
    uint16_t *kept = s->lists + s->n_lists;
    keep(s, list, kept);
    uint32_t hash = (uint32_t)ak_hash(kept, size * sizeof(*kept)) + list->before;
    size_t mask = 2 * s->cap - 1, i = hash & mask;
    for (; s->table[i]; i = (i + 1) & mask)
        if (s->state[s->table[i]].hash == hash && is_list(s, s->table[i], list, kept))
            return (uint32_t)(s->table[i] * s->stride);
    if (s->n == 0)
        s->n = 1;
    uint32_t number = (uint32_t)s->n++;
    s->state[number] = (struct ak_rx_state){ (uint32_t)s->n_lists, (uint32_t)list->n, hash,
                                             (uint8_t)list->before };
    s->n_lists += size;
    memset(s->next + number * s->stride, 0, s->stride * sizeof(*s->next));
    put(s, number);
    return (uint32_t)(number * s->stride);
}
