/* match.h - which rules does an event satisfy?
 *
 * A detector is made once from rules and maps.  Each rule is bound to every
 * class that serves its log source; a rule's guards (texts one of which any match
 * must contain) go into one automaton.  An event's texts are looked at once, and
 * texts seen before not at all; only rules whose guard was met are evaluated. */
#ifndef AK_DETECT_MATCH_H
#define AK_DETECT_MATCH_H

#include "base/buf.h"
#include "detect/maps.h"
#include "event/event.h"

struct ak_detector;
struct ak_rules;    /* detect/rule.h */
struct ak_programs; /* detect/programs.h */

/* How a rule stands to the maps, known when the detector is made. */
enum ak_rule_binding {
    AK_BOUND,           /* to at least one class */
    AK_UNBOUND_SOURCE,  /* no class serves its log source */
    AK_UNBOUND_FIELDS,  /* classes do, but none has the fields that it cannot do without */
    AK_UNBOUND_SIZE,    /* it is too large, or too large together with those before it */
    AK_BOUND_BY_OTHERS, /* a correlation: as its rules are */
};

/* Sizes of rules when they are bound: a test counts 1, a node 16, in each class anew.
 * The largest public rule has some ten thousand, 3,780 rules about a million. */
enum { AK_MATCH_RULE_MAX = 1 << 21, AK_MATCH_RULES_MAX = 1 << 24 };

/* Rules and maps must outlive it.  NULL when memory ran out.  Rules that need the file
 * of an event's program are bound, and not tried. */
struct ak_detector *ak_detector_new(const struct ak_rules *rules, const struct ak_maps *maps);
/* The same with the programs of the machines the events are of, which outlive it, too. */
struct ak_detector *ak_detector_new_knowing(const struct ak_rules *rules,
                                            const struct ak_maps *maps,
                                            const struct ak_programs *programs);
void ak_detector_free(struct ak_detector *detector); /* NULL is allowed */

enum ak_rule_binding ak_detector_binding(const struct ak_detector *detector, uint32_t rule);

/* Is the rule bound to this class (number in the maps)? */
bool ak_detector_bound_to(const struct ak_detector *detector, uint32_t rule, size_t class_number);

/* Is any rule bound to a class that needs the file of an event's program, and to what
 * such a file says? */
bool ak_detector_asks_programs(const struct ak_detector *detector);

/* A field that the rule names, with the event's value for it as text. */
struct ak_hit_field {
    struct ak_str name, value; /* value: at most AK_HIT_VALUE_MAX bytes, cut at a character */
};

/* The field that says which file of the evidence a hit took the program for. */
#define AK_HIT_PROGRAM "ProgramFile"

enum { AK_HIT_VALUE_MAX = 4096, AK_HIT_FIELDS_MAX = 64 };

struct ak_hit {
    uint32_t rule; /* number */
    uint32_t class_number;
    const struct ak_hit_field *fields; /* in the order in which the rule names them; wanted
                                          by correlations (group-by …) too; then
                                          AK_HIT_PROGRAM, when one is from the program's file */
    size_t n_fields;
};

/* The rules this event satisfies, by number, each once; how many.  *out_hits is
 * valid until the next call.  Cannot fail; what memory does not allow is counted
 * in ak_detector_misses(). */
size_t ak_detector_look(struct ak_detector *detector, const struct ak_event *event,
                        const struct ak_hit **out_hits);

/* The shapes of the events given so far are gone (between items). */
void ak_detector_forget(struct ak_detector *detector);

/* Events of a class looked at so far, by number of the class. */
uint64_t ak_detector_seen(const struct ak_detector *detector, size_t class_number);
/* Events so far that would be of the class, were the file of their program known. */
uint64_t ak_detector_waiting(const struct ak_detector *detector, size_t class_number);
/* Is the event looked at last such a one? */
bool ak_detector_waits(const struct ak_detector *detector);
uint64_t ak_detector_misses(const struct ak_detector *detector);

#endif
