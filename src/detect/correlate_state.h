/* correlate_state.h - what correlations remember: groups, and the hits in their windows.
 *
 * A group is one combination of group-by values of one correlation.  Its hits hang
 * on it in the order of time, and all hits on one list, oldest first: that is what
 * is let go when the budget is spent.  Each group waits on a heap for the moment at
 * which it has to be looked at without a hit. */
#ifndef AK_DETECT_CORRELATE_STATE_H
#define AK_DETECT_CORRELATE_STATE_H

#include "base/buf.h"
#include "detect/correlate.h"

__extension__ typedef __int128 ak_wide;

/* Tables chain their nodes; the node is the first member of what is kept. */
struct ak_node_link {
    struct ak_node_link *next;
    uint64_t hash;
};

struct ak_link_table {
    struct ak_node_link **slots; /* a power of two */
    size_t n_slots, n;
};

/* What a hit brings that is itself a correlation come true. */
struct ak_inner {
    struct ak_hit_ref first_ref;
    int64_t first_ns;
    uint64_t n_events;
};

/* A value that hits of one group have, and how many have it. */
struct ak_distinct {
    struct ak_node_link link;
    const struct ak_group *group;
    uint64_t count;
    size_t n;
    char text[]; /* folded */
};

/* A hit in a window. */
struct ak_entry {
    struct ak_entry *next;          /* of the group */
    struct ak_entry *older, *newer; /* of all */
    struct ak_group *group;
    int64_t utc_ns;
    struct ak_hit_ref ref;
    struct ak_inner *inner; /* owned; NULL for a plain event */
    uint32_t slot;          /* which of the correlation's rules */
    bool repeats;           /* the same event as the entry before it */
    union {
        struct ak_distinct *distinct;
        int64_t micro; /* the number in millionths */
    };
};

/* An alert that may still be extended. */
struct ak_burst {
    int64_t first_ns, last_ns, true_ns;
    int64_t still_ns; /* the last moment at which it was true */
    int64_t fed_ns;   /* the last moment at which others were told */
    uint64_t n_events;
    double value;
    size_t n_refs;
    struct ak_hit_ref refs[AK_CORRELATED_REFS];
};

struct ak_group {
    struct ak_node_link link;
    struct ak_following *of;
    struct ak_entry *first, *last;
    struct ak_entry *fresh; /* the first that came after it was last true */
    uint64_t n_entries, n_events;
    uint64_t n_distinct; /* values, or rules of a temporal correlation */
    ak_wide sum;         /* millionths */
    uint64_t *counts;    /* of each rule: in the window; for ordered, at this instant */
    int64_t *starts;     /* ordered: the latest start of a chain that ends in this place */
    struct ak_burst *burst;
    int64_t opened_ns; /* of the window, where windows close */
    bool open, dirty;
    struct ak_group *next_dirty;
    size_t heap_at;
    int64_t due_ns;
    uint64_t serial;
    struct ak_correlate_value *shown; /* group-by names and values */
    size_t key_n, texts_n;
    char key[]; /* folded values, each with its length; then the texts of `shown` */
};

/* How one type of correlation keeps its figure. */
struct ak_measure {
    bool per_event; /* an event that satisfies several of the rules counts once */
    bool closes;    /* can be told only of a whole window */
    bool needs_value;
    /* The value the hit has, into the entry; false when it has none. */
    bool (*read)(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e);
    void (*add)(struct ak_group *g, const struct ak_entry *e);
    void (*remove)(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e);
    double (*value)(struct ak_correlator *c, const struct ak_group *g);
};

/* A correlation being followed. */
struct ak_following {
    const struct ak_correlation *what;
    const struct ak_measure *measure;
    uint32_t rule;    /* its number */
    uint32_t rank;    /* those it refers to have lower ones */
    uint32_t n_slots; /* different rules */
    uint32_t *order;  /* ordered: the slot of each place; owned */
    int64_t *old_starts;
    uint64_t *used;          /* ordered: memory of arrive(), n_rules and n_slots; owned */
    bool closes, only_above; /* windows close; all bounds are from above */
    struct ak_group *dirty, **dirty_end;
};

/* A rule feeds a correlation. */
struct ak_feed {
    uint32_t following, slot;
};

struct ak_correlator {
    const struct ak_rule *rules;
    size_t n_rules, budget, used;
    void (*each)(void *self, const struct ak_correlated *what);
    void *self;
    struct ak_following *following; /* by rank */
    size_t n_following;
    size_t *feeds_at; /* n_rules + 1: the feeds of each rule */
    struct ak_feed *feeds;
    uint64_t *dirty; /* a bit for each of following */
    struct ak_link_table groups, distincts;
    struct ak_group **heap;
    size_t n_heap, cap_heap;
    struct ak_entry *oldest, *newest, *spare;
    struct ak_entry_block *blocks;
    struct ak_buf key, text; /* of the hit at hand: group and value, folded */
    int64_t micro;           /* its value as a number */
    double *sorted;          /* for ranks */
    size_t cap_sorted;
    int64_t now_ns;
    uint64_t n_let_go, serial;
};

/* The time, or the end of times. */
static inline int64_t ak_later(int64_t at_ns, int64_t by_ns)
{
    int64_t sum;
    return __builtin_add_overflow(at_ns, by_ns, &sum) ? INT64_MAX : sum;
}

/* The group's key of the hit into c->key; false when the hit lacks a field. */
bool ak_group_key(struct ak_correlator *c, const struct ak_correlation *what,
                  const struct ak_correlate_hit *hit);

/* The hit's value for one of the correlation's names, by the alias for its rule. */
const struct ak_correlate_value *ak_correlation_value(const struct ak_correlation *what,
                                                      struct ak_str name,
                                                      const struct ak_correlate_hit *hit);

/* The group of c->key, made when it is new; NULL when memory ran out. */
struct ak_group *ak_group_get(struct ak_correlator *c, struct ak_following *f,
                              const struct ak_correlate_hit *hit);
void ak_group_free(struct ak_correlator *c, struct ak_group *g);

/* A new entry, not yet in any list; NULL when memory ran out. */
struct ak_entry *ak_entry_get(struct ak_correlator *c);
void ak_entry_append(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e);
void ak_entry_put_back(struct ak_correlator *c, struct ak_entry *e);

/* The group's first entry goes. */
void ak_entry_drop_first(struct ak_correlator *c, struct ak_group *g);

/* The group waits for due_ns; it must be on the heap already. */
void ak_group_wait(struct ak_correlator *c, struct ak_group *g, int64_t due_ns);

/* The value for its distinct text in c->text, made when new; NULL without memory. */
struct ak_distinct *ak_distinct_get(struct ak_correlator *c, const struct ak_group *g);
void ak_distinct_drop(struct ak_correlator *c, struct ak_distinct *d);

/* Memory that counts against the budget: zeroed; NULL when the machine has none. */
void *ak_correlator_take(struct ak_correlator *c, size_t n);
void ak_correlator_give(struct ak_correlator *c, void *at, size_t n);

/* What was folded of a table's nodes when the correlator goes. */
void ak_correlator_drop_all(struct ak_correlator *c);

extern const struct ak_measure ak_measures[AK_CORRELATE_VALUE_PERCENTILE + 1];

/* The value of the hit for the correlation's fields into c->text and c->micro;
 * false when it has none, or none that is a number where one is needed. */
bool ak_measure_prepare(struct ak_correlator *c, const struct ak_following *f,
                        const struct ak_correlate_hit *hit);

/* The hits of this instant, in whatever order, continue the chains of an ordered
 * correlation. */
void ak_measure_arrive(struct ak_correlator *c, struct ak_group *g);

/* Nothing of a chain is left. */
void ak_measure_restart(struct ak_group *g);

/* Do all bounds hold? */
bool ak_measure_holds(const struct ak_following *f, double value);

/* A decimal or 0x number in millionths, no further than 9e18 from zero; false for
 * other texts. */
bool ak_micro_read(struct ak_str text, int64_t *out);

#endif
