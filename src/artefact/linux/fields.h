/* fields.h - events whose fields the evidence names itself (journal, audit).
 *
 * Each name has a number, those akashi has a normalised name for ("_PID" is
 * "process.pid") the lowest; every other field NAME is PREFIX.NAME.  An event
 * is put together by number, so that events with the same set of fields share
 * one shape, whatever order they were written in. */
#ifndef AK_ARTEFACT_LINUX_FIELDS_H
#define AK_ARTEFACT_LINUX_FIELDS_H

#include "artefact/artefact.h"

enum {
    AK_FIELD_NAMES_MAX = 4096, /* different names in one item */
    AK_FIELD_NAME_BYTES = 128, /* of one name as recorded; systemd allows 64 */
};

/* What one kind of evidence gives: static const, beside its parser. */
struct ak_fields_plan {
    struct ak_str data_type, time_desc;
    struct ak_str prefix;       /* "journal." */
    const struct ak_str *fixed; /* normalised names: numbers 0 to n_fixed - 1 */
    size_t n_fixed;
    const struct ak_field_mapping {
        struct ak_str recorded; /* "_PID" */
        uint16_t id;            /* in `fixed` */
        bool number;            /* decimal digits become a number */
    } * mappings;
    size_t n_mappings;
};

/* A field name as recorded. */
struct ak_field {
    struct ak_str recorded; /* "_PID" */
    uint16_t id;            /* of "process.pid"; raw_id when there is no such name */
    uint16_t raw_id;        /* of "journal._PID" */
    bool number;            /* as in its mapping */
};

/* A set of names, and the shape made for it. */
struct ak_fields_shape;

struct ak_fields {
    const struct ak_fields_plan *plan;
    struct ak_arena *arena;
    struct ak_str *names; /* by number */
    uint32_t n_names;
    struct ak_field *fields;
    uint32_t n_fields;
    uint16_t *slots; /* open-addressed by recorded name: number in `fields` + 1 */
    struct ak_fields_shape **shapes;

    /* The event being put together. */
    struct ak_value *slot; /* by number */
    uint64_t *present;     /* one bit a number */
    uint32_t n_present;
    struct ak_value *values; /* as handed out */
};

AK_MUST_USE enum ak_status ak_fields_open(const struct ak_fields_plan *plan, struct ak_arena *arena,
                                          struct ak_fields *out);

/* The field of this name, made known when it is new; NULL when the name is not
 * one (empty, too long, wrong characters) or there are too many. */
const struct ak_field *ak_field(struct ak_fields *f, struct ak_str recorded);

/* The number of a normalised name, made known when it is new; 0xFFFF when there
 * are too many. */
uint16_t ak_fields_name(struct ak_fields *f, struct ak_str name);

/* The name under which the value at a normalised number was recorded:
 * "journal._UID" for that of "user.id"; 0xFFFF when it has none. */
uint16_t ak_fields_recorded(struct ak_fields *f, uint16_t id);

/* Text as the value of this field, and the number of the name it goes under. */
struct ak_value ak_field_value(const struct ak_field *field, struct ak_str text, uint16_t *out_id);

void ak_fields_begin(struct ak_fields *f);

/* Is there a value for this number?  ak_fields_set() puts one there, over what
 * there was; ak_fields_drop() takes it away. */
static inline bool ak_fields_has(const struct ak_fields *f, uint32_t id)
{
    return f->present[id / 64] >> (id % 64) & 1;
}
void ak_fields_set(struct ak_fields *f, uint32_t id, struct ak_value value);
void ak_fields_drop(struct ak_fields *f, uint32_t id);

/* Decimal digits as they would be printed: no sign, no leading zero, at most 19. */
bool ak_fields_number(struct ak_str text, uint64_t *out);

/* Add a value to the event.  A second value of a name becomes "journal.NAME.2".
 * False when there is no room for it. */
AK_MUST_USE bool ak_fields_put(struct ak_fields *f, uint16_t id, const struct ak_value *value);

/* Give the event its shape and values, valid until the next ak_fields_begin().
 * False when the arena is spent. */
AK_MUST_USE bool ak_fields_finish(struct ak_fields *f, struct ak_event *event);

#endif
