/* rule.h - a Sigma rule as read: what it says of itself, and one tree of tests.
 *
 * Reading (rules_read.h) does away with everything the language has for people:
 * modifiers, lists, `1 of sel*`, filters.  What is left is AND, OR, NOT over
 * items, an item being one field and the tests on its value.  The matcher
 * (match.h) binds that tree to the fields of our events.
 *
 * Everything here is constant once read and lives in the arena it was read into.
 * Facts: Sigma specification 2.1.0, docs/formats/sigma.md */
#ifndef AK_DETECT_RULE_H
#define AK_DETECT_RULE_H

#include "base/bytes.h"

struct ak_regex;

enum ak_severity {
    AK_SEVERITY_UNDEFINED,
    AK_SEVERITY_INFORMATIONAL,
    AK_SEVERITY_LOW,
    AK_SEVERITY_MEDIUM,
    AK_SEVERITY_HIGH,
    AK_SEVERITY_CRITICAL,
};

/* Which events a rule is about; lower case, an empty part means any. */
struct ak_logsource {
    struct ak_str product, category, service;
};

/* ---- tests on one value ---- */

enum ak_piece_kind {
    AK_PIECE_TEXT, /* these bytes */
    AK_PIECE_ONE,  /* '?': any one character */
    AK_PIECE_MANY, /* '*': any number of them */
};

struct ak_piece {
    enum ak_piece_kind kind;
    struct ak_str text; /* case folded (base/fold.h) unless the pattern is cased */
};

/* A text with wildcards that must match the whole value; "contains x" is *x*. */
struct ak_pattern {
    const struct ak_piece *pieces;
    size_t n;
    bool cased;
};

enum ak_compare { AK_CMP_EQ, AK_CMP_NE, AK_CMP_LT, AK_CMP_LE, AK_CMP_GT, AK_CMP_GE };

enum ak_time_part {
    AK_TIME_MINUTE,
    AK_TIME_HOUR,
    AK_TIME_DAY,
    AK_TIME_WEEK, /* ISO 8601 */
    AK_TIME_MONTH,
    AK_TIME_YEAR,
};

enum ak_test_op {
    AK_TEST_PATTERN, /* numbers and booleans, too: their text is compared */
    AK_TEST_REGEX,
    AK_TEST_CIDR,   /* the value is an IP address in this network */
    AK_TEST_NUMBER, /* the value is a number that compares so */
    AK_TEST_TIME,   /* a part of the value, a time, compares so */
    AK_TEST_NULL,   /* the field is not there */
    AK_TEST_EMPTY,  /* the field is there, and an empty text */
    AK_TEST_EXISTS, /* the field is there (exists is true), or is not */
    AK_TEST_FIELD,  /* the value stands so to the value of another field */
};

struct ak_test {
    enum ak_test_op op;
    union {
        struct ak_pattern pattern;
        const struct ak_regex *regex;
        struct {
            uint8_t address[16]; /* network order; IPv4 in the first four bytes */
            uint8_t bits;        /* of the prefix */
            bool is_v6;
        } cidr;
        struct {
            enum ak_compare compare;
            double value;
        } number;
        struct {
            enum ak_time_part part;
            enum ak_compare compare;
            int64_t value;
        } time;
        bool exists;
        struct {
            struct ak_str name;
            bool starts, ends; /* neither: equal; both: contains */
            bool cased;
        } field;
    };
};

/* One key of a selection: a field and what its value must be. */
struct ak_rule_item {
    struct ak_str field; /* as the rule writes it; empty: keywords, each test by itself on any
                            value of the event (patterns are open at both ends already) */
    const struct ak_test *tests;
    size_t n;
    bool all;     /* every test must hold; else one of them */
    bool negated; /* neq: the field is there and the tests do not hold */
    uint32_t line;
};

enum ak_node_kind { AK_NODE_AND, AK_NODE_OR, AK_NODE_NOT, AK_NODE_ITEM };

struct ak_node {
    enum ak_node_kind kind;
    const struct ak_node *const *children; /* NOT has one, an item none */
    size_t n;
    const struct ak_rule_item *item;
};

/* ---- correlations ---- */

enum ak_correlation_type {
    AK_CORRELATE_EVENT_COUNT,
    AK_CORRELATE_VALUE_COUNT,
    AK_CORRELATE_TEMPORAL,
    AK_CORRELATE_TEMPORAL_ORDERED,
    AK_CORRELATE_VALUE_SUM,
    AK_CORRELATE_VALUE_AVG,
    AK_CORRELATE_VALUE_PERCENTILE,
};

struct ak_bound {
    enum ak_compare compare;
    double value;
};

/* One name for fields that different rules call differently. */
struct ak_alias {
    struct ak_str name;
    uint32_t rule;       /* number of the rule */
    struct ak_str field; /* what that rule's events call it */
};

enum { AK_BOUNDS_MAX = 6 };

struct ak_correlation {
    enum ak_correlation_type type;
    const uint32_t *rules; /* numbers: detections, or correlations that stand before this one */
    size_t n_rules;
    const struct ak_str *group_by;
    size_t n_group_by;
    const struct ak_alias *aliases;
    size_t n_aliases;
    const struct ak_str *fields; /* whose values are counted, summed, ranked */
    size_t n_fields;
    int64_t timespan_ns;
    struct ak_bound bounds[AK_BOUNDS_MAX]; /* all must hold; temporal: none */
    size_t n_bounds;
    double percentile; /* 0 to 100 */
    bool generate;     /* the rules it refers to also report on their own */
};

/* ---- the rule ---- */

struct ak_rule {
    struct ak_str id, name; /* either may be empty; id is lower case */
    struct ak_str title, title_ja, description, author, status, date, modified;
    struct ak_str file; /* as it was given */
    uint32_t line;      /* of the document in the file, from 1 */
    enum ak_severity severity;
    const struct ak_str *tags; /* "attack.t1059.001" */
    size_t n_tags;
    const struct ak_str *fields; /* fields the author wants shown */
    size_t n_fields;
    struct ak_logsource source;
    const struct ak_node *when;               /* NULL for a correlation */
    const struct ak_correlation *correlation; /* NULL for a detection */
    bool silent; /* only feeds correlations: reports nothing on its own */
};

/* Why a document is no rule here. */
struct ak_rule_problem {
    struct ak_str file;
    uint32_t line;           /* from 1; 0: the file as a whole */
    struct ak_str id, title; /* where they were read before it went wrong */
    const char *what;        /* static English; an entry of data/words */
    struct ak_str detail;    /* the word at fault; may be empty */
};

/* Rules in the order of their files' names, then of their documents; a correlation
 * stands behind those it refers to.  A rule's number is its place. */
struct ak_rules {
    const struct ak_rule *rules;
    size_t n;
    const struct ak_rule_problem *problems;
    size_t n_problems;
    size_t n_filters; /* filters applied */
};

#endif
