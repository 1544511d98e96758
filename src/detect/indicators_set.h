/* indicators_set.h - the table behind indicators.h, for the files that fill it and
 * look into it. */
#ifndef AK_DETECT_INDICATORS_SET_H
#define AK_DETECT_INDICATORS_SET_H

#include "detect/indicators.h"

/* One indicator.  28 bytes: there may be millions. */
struct ak_indicator_entry {
    uint32_t text, label; /* in the pool; a label begins with its length */
    uint32_t line, group;
    uint32_t next; /* one with the same text and kind, plus one; 0: none */
    uint16_t text_n, file;
    uint8_t kind, like;
};

struct ak_indicator_slot {
    uint32_t tag, entry; /* entry: number plus one; 0: free */
};

struct ak_indicators {
    struct ak_arena *arena;   /* of names and problems; borrowed */
    struct ak_arena *scratch; /* of one pattern at a time; owned */
    struct ak_buf pool, entries, groups, likes[AK_INDICATOR_KINDS], label_slots;
    size_t n, n_of[AK_INDICATOR_KINDS], n_labels, n_groups, n_likes;
    struct ak_indicator_slot *slots; /* owned */
    size_t n_slots;                  /* a power of two */
    uint64_t *filter;                /* four bits a slot; owned */
    uint64_t v4_bits;                /* lengths of networks met: bit n for /n */
    uint64_t v6_bits[3];
    struct ak_str *names; /* of the files, copied */
    struct ak_feed_problem *problems;
    size_t n_problems_kept, problems_cap;
    struct ak_indicators_sum sum;
    bool failed; /* memory ran out */
};

/* Where an indicator comes from. */
struct ak_indicator_origin {
    uint16_t file;
    uint32_t line;
    struct ak_str label;
    uint32_t group;
};

/* Add one text, already in the form of its kind (indicators_normal.h). */
void ak_indicators_put(struct ak_indicators *set, enum ak_indicator_kind kind, struct ak_bytes text,
                       bool like, const struct ak_indicator_origin *from);

/* A new group of `n_parts` indicators that must be met together; its number. */
uint32_t ak_indicators_new_group(struct ak_indicators *set, unsigned n_parts);
unsigned ak_indicators_group_parts(const struct ak_indicators *set, uint32_t group);

/* Tell what could not be used.  `what` is static English; detail is copied. */
void ak_indicators_problem(struct ak_indicators *set, uint16_t file, uint32_t line,
                           const char *what, struct ak_str detail);

/* The first indicator of this kind and text plus one; 0: none.  Others follow
 * through `next`. */
uint32_t ak_indicators_find(const struct ak_indicators *set, enum ak_indicator_kind kind,
                            struct ak_bytes text);

const struct ak_indicator_entry *ak_indicators_entry(const struct ak_indicators *set,
                                                     uint32_t number);
struct ak_bytes ak_indicators_text(const struct ak_indicators *set,
                                   const struct ak_indicator_entry *entry);

#endif
