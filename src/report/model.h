/* model.h - everything the report prints, read from the case once.
 *
 * Texts live in the model's arena.  Every list is bounded by the limit named
 * beside it; n_all says how many there are in the case. */
#ifndef AK_REPORT_MODEL_H
#define AK_REPORT_MODEL_H

#include "base/words.h"
#include "store/reading.h"

enum {
    AK_REPORT_CLAIMS_MAX = 400,
    AK_REPORT_BASIS_MAX = 64,   /* of one claim */
    AK_REPORT_LIMITS_MAX = 8,   /* of one claim */
    AK_REPORT_EVENTS_MAX = 400, /* quoted */
    AK_REPORT_HEX_MAX = 256,    /* bytes of a quoted event */
    AK_REPORT_LOGS_MAX = 300,
    AK_REPORT_GAPS_MAX = 6,
    AK_REPORT_DAYS_MAX = 400000,
    AK_REPORT_KINDS = 6, /* of logs that get a colour; the last is "others" */
    AK_REPORT_CUSTODY_MAX = 60,
    AK_REPORT_LEVELS = 6,    /* of detections */
    AK_REPORT_RULES_MAX = 5, /* named in short */
};

struct ak_both {
    struct ak_str in[2]; /* by enum ak_lang */
};

struct ak_report_claim {
    struct ak_str id, field, section, level, subject, value;
    struct ak_both text;
    struct ak_str *basis; /* event ids, or the name of a view */
    size_t n_basis;
    struct ak_both limits[AK_REPORT_LIMITS_MAX];
    size_t n_limits;
    bool by_rule; /* a sign that a detection rule gave, not a finding of the analysis */
};

/* An event that a claim cites. */
struct ak_report_event {
    struct ak_str id, datetime, time_desc, data_type, path, evidence, host;
    struct ak_both message;
    int64_t ns;
    bool found, timed, recovered, inside; /* inside: its bytes lie in a container */
    uint64_t offset, length;
    struct ak_bytes bytes; /* the first AK_REPORT_HEX_MAX; empty when they cannot be had */
    struct ak_str claims;  /* "C001, C004" */
};

struct ak_span {
    int64_t from_ns, to_ns;
};

struct ak_report_log {
    int64_t row;
    struct ak_str host, kind, name, state;
    struct ak_both why;                    /* reasons joined by "; " */
    int64_t first_ns, last_ns, cleared_ns; /* 0: none */
    uint64_t records, recovered;
    struct ak_span gaps[AK_REPORT_GAPS_MAX];
    size_t n_gaps;
    int32_t *days; /* with records, since 1970 in the report's zone, rising */
    size_t n_days;
};

/* Events of one kind of log on one day. */
struct ak_report_day {
    int32_t day;
    uint8_t kind; /* index into kinds */
    uint64_t n;
};

struct ak_custody_row {
    struct ak_str at, what, who, tool, details, hash;
};

/* Detections of one level, and one rule of level high or critical. */
struct ak_report_level {
    struct ak_str level;
    uint64_t n, rules, hosts;
};

struct ak_report_rule {
    struct ak_str level, host; /* one of the hosts */
    struct ak_both title;
    uint64_t n;
};

struct ak_report_numbers {
    uint64_t evidence, evidence_bytes, files, items, parsed, failed, unknown, events, damage,
        volumes, unreadable, detections, persons;
};

struct ak_report {
    struct ak_arena *arena;
    struct ak_store *store; /* borrowed */
    struct ak_zone zone;
    struct ak_str folder, name, as_of; /* as_of: when the claims were made, ISO 8601 */
    int64_t as_of_ns;
    struct ak_report_numbers numbers;

    struct ak_report_claim *claims;
    size_t n_claims, n_claims_all;
    struct ak_report_event *events; /* in time order */
    size_t n_events, n_events_all;
    struct ak_report_log *logs;
    size_t n_logs, n_logs_all;
    struct ak_report_day *days; /* rising */
    size_t n_days;
    struct ak_str kinds[AK_REPORT_KINDS];
    size_t n_kinds;
    struct ak_custody_row *custody; /* without the lines about single files */
    size_t n_custody, n_custody_all, n_hashed;
    struct ak_str custody_last; /* hash of the last line */

    struct ak_report_level levels[AK_REPORT_LEVELS]; /* the gravest first */
    size_t n_levels;
    struct ak_report_rule rules[AK_REPORT_RULES_MAX]; /* the gravest first, then by time */
    size_t n_rules;

    bool window_known; /* activity attributed to an intruder */
    struct ak_span window;
};

/* Read it.  Release with ak_report_free().  AK_ERR_IO or AK_ERR_CORRUPT when the
 * case cannot be read, AK_ERR_LIMIT when it is beyond all limits. */
AK_MUST_USE enum ak_status ak_report_read(struct ak_store *store, const char *folder,
                                          struct ak_report **out);
void ak_report_free(struct ak_report *report); /* NULL is allowed */

/* Into the model's arena; an empty text when memory ran out. */
struct ak_str ak_report_keep(struct ak_report *report, struct ak_str text);

/* The quoted event of this id, or NULL. */
const struct ak_report_event *ak_report_event(const struct ak_report *report, struct ak_str id);

/* The first claim of this field at or behind `from` that is no mere sign of a rule, or NULL. */
const struct ak_report_claim *ak_report_claim(const struct ak_report *report, const char *field,
                                              size_t from);
/* A member of a claim's value, as text; empty when it has none. */
struct ak_str ak_report_value(struct ak_report *report, const struct ak_report_claim *claim,
                              const char *name);

/* ISO 8601 to nanoseconds; 0 when it is none. */
int64_t ak_report_ns(struct ak_str iso);

/* What the model's parts share: run SQL with up to one text bound, a row at a time. */
typedef void ak_row_fn(struct ak_report *report, void *stmt, void *self);
bool ak_report_each(struct ak_report *report, const char *sql, struct ak_str bound, ak_row_fn *row,
                    void *self);
struct ak_str ak_report_column(struct ak_report *report, void *stmt, int at);

/* model_events.c: fetch what claims cite. */
enum ak_status ak_report_read_events(struct ak_report *report, struct ak_reading *reading);
/* model_detections.c: false when the case cannot be read. */
bool ak_report_read_detections(struct ak_report *report);
/* model_custody.c: read CASE/custody.jsonl. */
void ak_report_read_custody(struct ak_report *report);

#endif
