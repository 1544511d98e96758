/* evtx_plan.h - what the holes of a template mean: tape to list of leaves.
 *
 * A leaf is an attribute or a run of text that becomes one value of the event:
 * which field, and where its text comes from.  A plan is made once for a tape
 * and the place it is used in, and then run for every record.
 */
#ifndef AK_ARTEFACT_WINDOWS_EVTX_PLAN_H
#define AK_ARTEFACT_WINDOWS_EVTX_PLAN_H

#include "artefact/windows/evtx_kind.h"

/* Where in an event an element stands. */
enum ak_evtx_zone {
    AK_EVTX_IN_ROOT,  /* <Event> is expected */
    AK_EVTX_IN_EVENT, /* System, EventData, UserData ... */
    AK_EVTX_IN_SYSTEM,
    AK_EVTX_IN_ITEM, /* an element of System; prefix is its name */
    AK_EVTX_IN_EVENT_DATA,
    AK_EVTX_IN_PARAM,     /* a Data without a name */
    AK_EVTX_IN_USER_DATA, /* the element that wraps the data is expected */
    AK_EVTX_IN_TREE,      /* values get the prefix as their name */
};

struct ak_evtx_place {
    uint32_t zone;   /* enum ak_evtx_zone */
    uint32_t prefix; /* text number: dotted name so far, UTF-8 */
};

enum ak_evtx_leaf_kind {
    AK_EVTX_CONSTANT, /* text of the template */
    AK_EVTX_HOLE,     /* one value of the instance */
    AK_EVTX_JOINED,   /* pieces one behind the other */
};

struct ak_evtx_leaf {
    uint8_t kind;     /* enum ak_evtx_leaf_kind */
    uint8_t field;    /* enum ak_evtx_field */
    bool starts_pair; /* a child of EventData begins: they are counted for param1, param2 ... */
    bool is_param;    /* its name is its number */
    uint16_t hole;    /* number of the value */
    uint32_t name;    /* of data: text number of the full name */
    uint32_t at, n;   /* words of the tape with its pieces */
    uint32_t name_at, name_n;   /* pieces of its name, when that is not constant: prefix + pieces */
    struct ak_evtx_place place; /* where binary XML in the hole stands */
    struct ak_value constant;
};

struct ak_evtx_plan {
    struct ak_evtx_place place;
    const struct ak_evtx_leaf *leaves;
    uint32_t n;
    const char *damage;        /* an entry of data/words, or NULL */
    struct ak_evtx_plan *next; /* of the same tape, for another place */
};

struct ak_evtx_planner {
    struct ak_arena *arena;
    struct ak_text_table *texts;
    struct ak_evtx_leaf *leaves; /* scratch */
};

enum {
    AK_EVTX_LEAVES_MAX = 1024,
    AK_EVTX_NAME_MAX = 1024, /* bytes of a dotted name; longer ones are cut */
};

/* False when the arena's budget is spent. */
bool ak_evtx_planner_open(struct ak_evtx_planner *p, struct ak_arena *arena,
                          struct ak_text_table *texts);

/* The plan of a tape at a place, made when it is not there yet (*out_new).  NULL
 * when the arena's budget is spent. */
const struct ak_evtx_plan *ak_evtx_plan_of(struct ak_evtx_planner *p, struct ak_bxml_tape *tape,
                                           struct ak_evtx_place place, bool *out_new);

/* A dotted name: text numbers of `prefix` (UTF-8) and of `name` (UTF-16LE)
 * joined; AK_NO_TEXT when the budget is spent. */
uint32_t ak_evtx_name16(struct ak_text_table *texts, uint32_t prefix, struct ak_bytes name);

/* The same with a name in UTF-8. */
uint32_t ak_evtx_name8(struct ak_text_table *texts, uint32_t prefix, struct ak_str name);

#endif
