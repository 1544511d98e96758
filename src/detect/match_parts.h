/* match_parts.h - what a detector is made of; for the files match_*.c only.
 *
 * From names to numbers.  What a rule calls "Image" is, in events of one class, a
 * SOURCE: which of our fields to take, and what to do to them.  Equal sources of
 * different classes are one.  A rule bound to a class is an INSTANCE: the rule's
 * tree with sources instead of names.
 *
 * What depends on an event's fields but not on their values is its FORM (one for
 * each sequence of names).  What further depends only on the few fields by which
 * classes are told (channel, event id ...) is its KIND: which classes it belongs
 * to, which instances are still possible, and in which fields their guards have
 * to be looked for. */
#ifndef AK_DETECT_MATCH_PARTS_H
#define AK_DETECT_MATCH_PARTS_H

#include "detect/intern.h"
#include "detect/literals.h"
#include "detect/match.h"
#include "detect/programs.h"
#include "detect/regex.h"
#include "detect/rule.h"
#include "detect/seen_texts.h"

enum {
    AK_MATCH_FORMS_MAX = 4096,    /* more: all are forgotten */
    AK_MATCH_KINDS_MAX = 4096,    /* so are kinds */
    AK_MATCH_SOURCES_MAX = 60000, /* further fields of rules are never there */
    AK_MATCH_KEY_MAX = 4096,      /* bytes of a kind's values */
    AK_MATCH_TEXTS = 64 << 20,    /* bytes of one event's texts */
};

/* ---- made once ---- */

/* What a rule's field is. */
struct ak_match_source {
    const struct ak_str *names; /* our fields */
    const uint64_t *hashes;     /* of the names */
    size_t n_names;
    enum ak_map_how how;
    const struct ak_map_field *field; /* with the texts and tables; NULL for AS_IS */
    bool any;                         /* all values count, not the first alone */
    bool keyword;                     /* every value of the event */
    bool numbers;                     /* guards may be found in numbers, too, not in texts alone */
    bool is_deciding;                 /* all its names are among those by which classes are told */
    uint32_t computed; /* its place among the texts that are made; 0: text as recorded */
};

enum { AK_MATCH_NOWHERE = 0 }; /* the source of fields that are never there */

/* Hashes of two runs of four bytes that a text must contain for a test to hold: most
 * tests of a long list are done with when the text is known not to contain them. */
struct ak_match_grams {
    uint16_t first, last;
    bool known; /* else every text has to be looked at */
};

/* A rule's tree, bound. */
struct ak_match_node {
    enum ak_node_kind kind;
    uint32_t n;
    uint32_t cost;   /* about how much work it is */
    uint32_t shared; /* its place in the detector's truths, when several nodes have it; 0: none */
    uint8_t nowhere; /* enum ak_match_truth, when fields from nowhere are not there and of
                        all others nothing is known */
    const struct ak_match_node **children;
    const struct ak_rule_item *item;
    uint32_t source;
    const uint32_t *others; /* source of each test that names another field; NULL: none does */
    const struct ak_match_grams *grams; /* of each test, when there are many; or NULL */
};

struct ak_match_instance {
    uint32_t rule, class_number;
    const struct ak_match_node *root;
    const uint32_t *guard_sources;            /* where its guards are looked for, each once */
    const struct ak_match_node **guard_items; /* items that the kind alone decides */
    uint32_t n_guard_sources, n_guard_items;
    bool guarded;          /* else it is tried on every event of the class */
    const uint32_t *named; /* sources of the fields its hits carry */
};

/* A literal guards an instance when it is found in this source, so anchored. */
struct ak_match_posting {
    uint32_t literal, source, instance;
    unsigned where; /* enum ak_literal_where, all of them needed */
};

/* A test guards an instance when it holds for a text of this source: for what has no
 * literal (expressions, networks, very short texts).  Looked at for new texts only. */
struct ak_match_predicate {
    uint32_t source, instance;
    const struct ak_test *test;
};

struct ak_match_class {
    uint32_t *instances; /* bound to it */
    size_t n_instances;
    uint64_t seen;
    uint32_t instead; /* the class it stands for when the program is known; UINT32_MAX: none */
    uint64_t waiting; /* events that would be of it, were their program known */
    uint64_t *asked;  /* then, without programs: a bit for each rule that would be bound */
};

/* Names that a rule's hits carry. */
struct ak_match_named {
    const struct ak_str *names;
    size_t n;
};

/* ---- found out from events ---- */

/* Where a source is in events of a form: indices of values, in the form's pool.
 * Names that the form lacks are left out, but for computed sources: there each
 * name has its place, AK_MATCH_LACKS where it is not there. */
struct ak_match_place {
    uint32_t at;
    uint16_t n;
    bool known;
};

enum { AK_MATCH_LACKS = UINT16_MAX };

struct ak_match_form {
    uint64_t hash;
    struct ak_str data_type, time_desc;
    const struct ak_str *names;
    size_t n;
    uint16_t *by_name; /* table by the hash of the name: index + 1; 0 is empty */
    size_t by_name_cap;
    struct ak_match_place *places; /* of each source */
    uint16_t *pool;
    size_t n_pool, cap_pool;
    const uint32_t *classes; /* that its data type allows */
    size_t n_classes;
    const uint16_t *deciding; /* indices of the fields by which its classes are told */
    size_t n_deciding;
    uint16_t program_at, host_at; /* of the program's path and its machine; AK_MATCH_LACKS */
    struct ak_match_kind *kinds;  /* the one used last is the first */
    struct ak_match_form *next;   /* in its bucket */
};

/* Is it told by the form alone, for all its events (data_type, timestamp_desc)? */
static inline bool ak_match_form_tells(struct ak_str name)
{
    return ak_str_eq(name, AK_STR("data_type")) || ak_str_eq(name, AK_STR("timestamp_desc"));
}

/* A value in which guards are looked for.  Most values are what they were in the
 * event before, so what was found in that one is kept at hand. */
struct ak_match_look {
    uint32_t source;
    uint16_t index; /* of the value; AK_MATCH_LACKS: the source's values, whichever they are */
    uint8_t type;   /* enum ak_type of the text that is kept */
    uint32_t age;   /* of the seen texts, when it was kept; 0: none is */
    uint32_t n_found;
    size_t n_text;
    const uint8_t *text; /* both in the seen texts */
    const uint32_t *found;
    uint16_t asked, known; /* texts asked for among the seen ones, and those that were there */
    uint16_t unasked;      /* texts to go over without asking, for most were new */
};

struct ak_match_kind {
    struct ak_match_kind *next;
    uint64_t hash;
    const uint8_t *key;
    size_t n_key;
    const uint32_t *classes;
    size_t n_classes;
    const uint32_t *waiting; /* classes its events would be of, were their program known */
    size_t n_waiting;
    const uint32_t *always; /* instances to try on every event */
    size_t n_always;
    struct ak_match_look *looks;
    size_t n_looks;
    const uint64_t *possible; /* a bit for each instance */
};

/* A text of the event at hand. */
struct ak_match_text {
    uint32_t raw_epoch, folded_epoch; /* valid when equal to the detector's */
    bool there;
    struct ak_str raw, folded;
    uint32_t grams_epoch;
    const uint64_t *grams; /* a bit for the hash of each gram; NULL: not worth while */
    unsigned grams_shift;  /* of a hash of 16 bits, to the number of its bit */
};

enum { AK_MATCH_SHAPE_SLOTS = 8192, AK_MATCH_FORM_BUCKETS = 1024 };

struct ak_detector {
    const struct ak_rules *rules;
    const struct ak_maps *maps;
    const struct ak_programs *programs; /* NULL: none are known */
    struct ak_arena *arena;             /* what is made once */

    struct ak_match_source *sources;
    uint32_t n_sources, n_computed;
    struct ak_match_instance *instances;
    uint32_t n_instances;
    struct ak_match_class *classes; /* one for each of the maps */
    uint32_t *first_instance;       /* of each rule, and one behind the last */
    uint8_t *binding;               /* enum ak_rule_binding of each rule */
    struct ak_match_named *named;   /* of each rule */
    struct ak_str *deciding;        /* our names by which classes are told */
    uint64_t *deciding_hashes;
    size_t n_deciding;
    struct ak_literals *literals;
    struct ak_match_posting *postings; /* by literal, then source */
    uint32_t *first_posting;           /* of each literal, and one behind the last */
    size_t n_postings;
    struct ak_match_predicate *predicates; /* by source, then test */
    uint32_t *first_predicate;             /* of each source, and one behind the last */
    size_t n_predicates;
    struct ak_seen_texts *seen;
    struct ak_regex_memory *regex_memory;

    struct ak_arena *forms_arena; /* forms and kinds */
    struct ak_match_form *forms[AK_MATCH_FORM_BUCKETS];
    size_t n_kinds, n_shapes;
    struct ak_match_shape_slot {
        const struct ak_shape *shape;
        struct ak_match_form *form;
    } shapes[AK_MATCH_SHAPE_SLOTS];
    struct ak_match_shape_slot last;
    uint16_t used_shapes[AK_MATCH_SHAPE_SLOTS / 2]; /* which slots are */

    /* the event at hand */
    const struct ak_event *event;
    struct ak_match_form *form;
    const struct ak_program *program; /* its file, when that is known */
    struct ak_arena *texts_arena;
    struct ak_arena_mark texts_start;
    struct ak_match_text *texts; /* of values, then the computed ones */
    struct ak_buf spare, lines;  /* for texts under way */
    uint32_t epoch;
    struct ak_match_shared {
        uint32_t epoch, kind_epoch; /* of the truths */
        uint8_t truth, of_kind;
    } * shared; /* what nodes with several parents turned out to be */
    uint32_t n_shared;
    uint32_t *tried, *hit; /* the epoch in which an instance was tried, a rule was hit */
    uint32_t *hits_by;     /* instances that hit, in this event */
    size_t n_hits_by;
    struct ak_match_found {
        uint32_t *instances, *epochs;
        uint32_t epoch, source;
        size_t n;
    } found;     /* what guards of one text lead to */
    bool failed; /* memory was not enough for this event */
    bool waits;  /* the event last looked at would be of a class, were its program known */
    uint64_t misses;
};

/* Is a value of this type a run of bytes? */
static inline bool ak_match_is_run(enum ak_type type)
{
    return type == AK_TYPE_STR || type == AK_TYPE_STR16 || type == AK_TYPE_BYTES;
}

/* ---- match.c ---- */

/* What was found out about the event at hand is no more. */
void ak_match_next_epoch(struct ak_detector *d);

/* ---- match_sources.c: from fields of rules to fields of ours ---- */

struct ak_match_making {
    struct ak_detector *d;
    struct ak_intern fields; /* class and a rule's name for a field */
    uint32_t *field_sources; /* by number in `fields` */
    size_t cap_field_sources;
    struct ak_intern sources; /* what a source is made of: equal ones are one */
    size_t cap_sources;
    struct ak_buf key;
};

/* The source of a field in events of a class; AK_MATCH_NOWHERE when the class
 * never has it.  UINT32_MAX when the arena is spent. */
uint32_t ak_match_source_of(struct ak_match_making *m, uint32_t class_number, struct ak_str field);

/* ---- match_bind.c: rules to instances ---- */

/* Bind all rules to all classes, and note for each rule what its hits carry.
 * False when the arena is spent. */
bool ak_match_bind(struct ak_match_making *m);

/* ---- match_named.c: what hits carry ---- */

/* The names of each rule, before rules are bound.  False when the arena is spent. */
bool ak_match_name_fields(struct ak_detector *d);

/* What the hit of an instance says of the event at hand. */
void ak_match_fill_hit(struct ak_detector *d, uint32_t instance, struct ak_hit *hit);

/* ---- match_guards.c: what to look for ---- */

/* Choose the guards of all instances, make the literals and postings.  False when
 * the arena is spent. */
bool ak_match_guard(struct ak_detector *d);

/* ---- match_forms.c, match_kinds.c: what is known of an event before its values ---- */

/* The form of the event's shape; NULL when memory ran out. */
struct ak_match_form *ak_match_form_of(struct ak_detector *d, const struct ak_shape *shape);

/* Where the source is in events of the form at hand. */
const struct ak_match_place *ak_match_place_of(struct ak_detector *d, uint32_t source);

/* The kind of the event at hand, whose form is set; NULL when memory ran out. */
struct ak_match_kind *ak_match_kind_of(struct ak_detector *d);

/* Forget all forms and kinds. */
void ak_match_forget_forms(struct ak_detector *d);

/* ---- match_values.c: texts of the event at hand ---- */

/* The values of a source are numbers of texts, got one after the other: start
 * with *at = 0; false when there is no further one that is there. */
bool ak_match_next_value(struct ak_detector *d, uint32_t source, size_t *at, uint32_t *out_text);

/* A text as it is, UTF-8. */
struct ak_str ak_match_raw(struct ak_detector *d, uint32_t text);

/* A text case folded. */
struct ak_str ak_match_folded(struct ak_detector *d, uint32_t text);

/* May the folded text hold these grams? */
bool ak_match_may_hold(struct ak_detector *d, uint32_t text, struct ak_match_grams grams);

/* The grams of a test; not known when it has none. */
struct ak_match_grams ak_match_grams_of(const struct ak_test *test);

/* Room for a text of the event at hand; NULL (and the event is given up) when
 * memory is not enough. */
char *ak_match_room(struct ak_detector *d, size_t n);

/* ---- match_tests.c: tests on one value ---- */

/* Does the test hold for this value of the event at hand?  Not for tests on
 * whether a field is there. */
bool ak_match_test(struct ak_detector *d, const struct ak_test *test, uint32_t other,
                   uint32_t text);

/* ---- match_eval.c: trees ---- */

enum ak_match_truth { AK_MATCH_FALSE, AK_MATCH_TRUE, AK_MATCH_OPEN };

/* Does the tree hold for the event at hand? */
bool ak_match_holds(struct ak_detector *d, const struct ak_match_node *node);

/* The same as far as the event's kind decides it: of the values only those by which
 * classes are told are looked at. */
enum ak_match_truth ak_match_of_kind(struct ak_detector *d, const struct ak_match_node *node);

/* What the node is when fields from nowhere are never there and of all others nothing
 * is known; those of its children are known. */
enum ak_match_truth ak_match_of_nowhere(const struct ak_match_node *node);

#endif
