/* regex_states.h - sets of operations that a search is in, and the memory of
 * those met so far: a deterministic automaton that grows while it runs. */
#ifndef AK_DETECT_REGEX_STATES_H
#define AK_DETECT_REGEX_STATES_H

#include "detect/regex_program.h"

/* The operations that wait for a character (SET), or for what comes next to be
 * known (ASSERT), ascending; and the side that lies before. */
struct ak_rx_list {
    uint16_t *at; /* AK_REGEX_STATES_MAX of them */
    size_t n;
    enum ak_rx_side before;
};

enum { AK_RX_WORDS = AK_REGEX_STATES_MAX / 64 + 2 }; /* a shift may look one further */

/* Room to work in; one of a thread. */
struct ak_rx_work {
    struct ak_rx_list now, next;
    uint64_t *fresh, *seen, *kept; /* AK_RX_WORDS each: a bit an operation */
};

/* The list `now` of a search that has not read anything.  True: it matches already. */
bool ak_rx_begin(const struct ak_regex *re, struct ak_rx_work *work);

/* Read a symbol: `now` to `next`, then exchanged.  True: a match was met. */
bool ak_rx_step(const struct ak_regex *re, struct ak_rx_work *work, size_t symbol);

/* What a transition leads to, when it is no row. */
enum { AK_RX_UNKNOWN, AK_RX_NEVER, AK_RX_MATCHED };

/* States met so far of one regex.  A state is named by its row: the place in
 * `next` at which its transitions begin, one a symbol. */
struct ak_rx_states {
    const struct ak_regex *re;
    uint64_t id; /* of the regex, against another at the same address */
    size_t n_code, stride;
    uint32_t *next;
    struct ak_rx_state {
        uint32_t list_at, list_n, hash;
        uint8_t before;
    } * state;     /* [0] is not used: no row is 0 */
    size_t n, cap; /* states */
    uint16_t *lists;
    size_t n_lists, cap_lists;
    uint32_t *table;    /* of numbers of states, open addressing; cap * 2 */
    uint32_t first;     /* row to begin with; 0: not built */
    size_t bytes;       /* all that is held */
    unsigned forgotten; /* times the states were */
    size_t read;        /* characters since the states were last forgotten */
};

/* Give back all that it holds. */
void ak_rx_states_free(struct ak_rx_states *s);

/* Forget the states, keep the room. */
void ak_rx_states_forget(struct ak_rx_states *s);

/* The row of this list, added when it is new.  0 when it does not fit into `limit`
 * bytes, or there is no memory. */
uint32_t ak_rx_states_row(struct ak_rx_states *s, const struct ak_rx_list *list, size_t limit);

/* Copy the list of a row to *out. */
void ak_rx_states_list(const struct ak_rx_states *s, uint32_t row, struct ak_rx_list *out);

#endif
