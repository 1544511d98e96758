/* journal_fields.h - from the journal's field names to an event's.
 *
 * Each name has a number, those akashi has a normalised name for ("_PID" is
 * "process.pid") the lowest; every other field NAME is "journal.NAME".  An
 * entry is put together by number, so that entries with the same set of fields
 * share one shape, whatever order they were written in. */
#ifndef AK_ARTEFACT_LINUX_JOURNAL_FIELDS_H
#define AK_ARTEFACT_LINUX_JOURNAL_FIELDS_H

#include "artefact/artefact.h"

enum {
    AK_JOURNAL_NAMES_MAX = 4096, /* different names in one journal */
    AK_JOURNAL_NAME_BYTES = 128, /* of one name; systemd allows 64 */
};

/* A field name as recorded. */
struct ak_journal_field {
    struct ak_str recorded; /* "_PID" */
    uint16_t id;            /* of "process.pid"; raw_id when there is no such name */
    uint16_t raw_id;        /* of "journal._PID" */
    bool number;            /* decimal digits become a number */
};

/* A set of names, and the shape made for it. */
struct ak_journal_shape;

struct ak_journal_fields {
    struct ak_arena *arena;
    struct ak_str *names; /* by number */
    uint32_t n_names;
    struct ak_journal_field *fields;
    uint32_t n_fields;
    uint16_t *slots; /* open-addressed by recorded name: number in `fields` + 1 */
    struct ak_journal_shape **shapes;

    /* The entry being put together. */
    struct ak_value *slot;  /* by number */
    uint64_t *present;      /* one bit a number */
    uint32_t n_present;
    struct ak_value *values; /* as handed out */
};

AK_MUST_USE enum ak_status ak_journal_fields_open(struct ak_arena *arena, struct ak_journal_fields *out);

/* The field of this name, made known when it is new; NULL when the name is not
 * one (empty, too long, wrong characters) or there are too many. */
const struct ak_journal_field *ak_journal_field(struct ak_journal_fields *f, struct ak_str recorded);

/* Text as the value of this field, and the number of the name it goes under. */
struct ak_value ak_journal_value(const struct ak_journal_field *field, struct ak_str text, uint16_t *out_id);

void ak_journal_begin(struct ak_journal_fields *f);

/* Add a value to the entry.  A second value of a name becomes "journal.NAME.2".
 * False when there is no room for it. */
AK_MUST_USE bool ak_journal_put(struct ak_journal_fields *f, uint16_t id, const struct ak_value *value);

/* Add what every entry has besides fields. */
void ak_journal_put_entry(struct ak_journal_fields *f, uint64_t seqnum, uint64_t monotonic_us, struct ak_str boot);

/* Give the event its shape and values, valid until the next ak_journal_begin().
 * False when the arena is spent. */
AK_MUST_USE bool ak_journal_finish(struct ak_journal_fields *f, struct ak_event *event);

#endif
