/* rules_entries.h - documents on their way to becoming rules.  Used by rules_read.c,
 * rules_join.c and filter.c only.
 *
 * Each document is read alone; then filters are put to the rules they name,
 * correlations find theirs, and what is left is numbered. */
#ifndef AK_DETECT_RULES_ENTRIES_H
#define AK_DETECT_RULES_ENTRIES_H

#include "detect/correlation_read.h"
#include "detect/rule_document.h"

enum { AK_FILTERS_MAX = 4096, AK_FILTERS_OF_RULE_MAX = 256 };

enum ak_entry_state { AK_ENTRY_NEW, AK_ENTRY_OPEN, AK_ENTRY_DONE, AK_ENTRY_REFUSED };

struct ak_rule_entry {
    struct ak_rule_entry *next; /* in the order of files and documents */
    enum ak_document_kind kind;
    struct ak_rule rule;        /* of a filter: what it says of itself, its tree in `when` */
    size_t file_place;          /* of its file in the order of names */
    uint32_t document_line;     /* of its first byte, "---" perhaps */
    const struct ak_yaml *root; /* of a correlation or filter */
    size_t n_tests;
    struct ak_node_list filters; /* that apply to this rule */
    /* correlations */
    struct ak_correlation_draft draft;
    struct ak_rule_entry **targets;       /* one for each of its rules */
    const struct ak_rule_entry *named_by; /* the correlation looked at last that names it */
    enum ak_entry_state state;
    uint32_t number;
    bool fed, loud; /* named by a correlation: silently, with generate */
};

struct ak_problem_entry {
    struct ak_problem_entry *next;
    struct ak_rule_problem problem;
    size_t file_place, place;
};

/* Rules by id and by name. */
struct ak_rule_index;

struct ak_rules_reading {
    struct ak_rule_reader reader;
    struct ak_arena *keep; /* entries, and what they point to that does not stay */
    const struct ak_rules_options *options;
    struct ak_rule_entry *first, **end;
    size_t n_entries;
    struct ak_problem_entry *problems, **problems_end;
    size_t n_problems, n_filters, n_filter_documents;
    struct ak_rule_index *index;
};

/* Keep what reader.wrong says of the entry (or, entry NULL, of the file) as a problem. */
AK_MUST_USE enum ak_status ak_rules_problem(struct ak_rules_reading *reading,
                                            const struct ak_rule *about, size_t file_place);

/* Index the entries; those whose id was given before become problems. */
AK_MUST_USE enum ak_status ak_rules_index(struct ak_rules_reading *reading);

/* What a reference (id or name) means; AK_ERR_CORRUPT with reader.wrong when nothing,
 * or several. */
AK_MUST_USE enum ak_status ak_rules_find(struct ak_rules_reading *reading, struct ak_str reference,
                                         uint32_t line, struct ak_rule_entry **out);

/* Put every filter to the rules it names (filter.c). */
AK_MUST_USE enum ak_status ak_filters_apply(struct ak_rules_reading *reading);

/* Resolve correlations, number what is good, write it out (rules_join.c). */
AK_MUST_USE enum ak_status ak_rules_join(struct ak_rules_reading *reading, struct ak_rules *out);

#endif
