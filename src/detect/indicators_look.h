/* indicators_look.h - looking under way: shared by what looks at whole values
 * (indicators_look.c) and at free text (indicators_text.c). */
#ifndef AK_DETECT_INDICATORS_LOOK_H
#define AK_DETECT_INDICATORS_LOOK_H

#include "detect/indicators_set.h"

enum { AK_LOOK_VALUE_MAX = 256, AK_LOOK_PARTS_MAX = 256 };

struct ak_look_plan;
struct ak_look_seen;

struct ak_indicators_look {
    const struct ak_indicators *set;
    unsigned wanted; /* enum ak_look that some indicator asks for */
    struct ak_arena *plan_memory;
    struct ak_look_plan **plans; /* by hash of the shape's address */
    const struct ak_look_plan *last;
    struct ak_look_seen *seen;    /* texts known to hold nothing */
    struct ak_buf folded, normal; /* of the text under way */
    struct ak_str field;          /* under way */
    struct ak_indicator_match matches[AK_INDICATOR_MATCHES_MAX];
    char values[AK_INDICATOR_MATCHES_MAX + AK_LOOK_PARTS_MAX][AK_LOOK_VALUE_MAX];
    size_t n_matches;
    struct ak_indicator_match parts[AK_LOOK_PARTS_MAX]; /* of groups, not yet whole */
    size_t n_parts, n_found; /* n_found: matches and parts of the text under way */
};

/* Look a text up that is in the form of its kind; wildcards are tried, too. */
void ak_look_try(struct ak_indicators_look *l, enum ak_indicator_kind kind, struct ak_str text);

/* A folded text that may be … */
void ak_look_host(struct ak_indicators_look *l, struct ak_str folded);   /* address or domain */
void ak_look_domain(struct ak_indicators_look *l, struct ak_str folded); /* with those above it */
bool ak_look_address(struct ak_indicators_look *l, struct ak_str folded);
void ak_look_hash(struct ak_indicators_look *l, struct ak_bytes hash); /* bytes of one */
void ak_look_url(struct ak_indicators_look *l, struct ak_str folded);  /* with its host */
void ak_look_path(struct ak_indicators_look *l, struct ak_str folded);
void ak_look_registry(struct ak_indicators_look *l, struct ak_str folded);

/* Everything that may stand in free text (folded). */
void ak_look_free_text(struct ak_indicators_look *l, struct ak_str folded);

#endif
