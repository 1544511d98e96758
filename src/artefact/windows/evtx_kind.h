/* evtx_kind.h - the kinds of events in a log: which fields they carry.
 *
 * Every event has the fields of <System>, at fixed places.  Behind them stand
 * the values of EventData or UserData under their names, and then the
 * normalised names that evtx_map.h gives for this provider and event id.  All
 * that depends only on the provider, the event id and the sequence of names, so
 * it is worked out once for each and looked up by a hash after that.
 */
#ifndef AK_ARTEFACT_WINDOWS_EVTX_KIND_H
#define AK_ARTEFACT_WINDOWS_EVTX_KIND_H

#include "artefact/windows/evtx_map.h"
#include "artefact/windows/evtx_value.h"
#include "format/text_table.h"

enum ak_evtx_field {
    AK_EVTX_CHANNEL,
    AK_EVTX_EVENT_ID,
    AK_EVTX_RECORD_ID,
    AK_EVTX_PROVIDER,
    AK_EVTX_PROVIDER_GUID,
    AK_EVTX_EVENT_SOURCE,
    AK_EVTX_COMPUTER,
    AK_EVTX_LEVEL,
    AK_EVTX_TASK,
    AK_EVTX_OPCODE,
    AK_EVTX_KEYWORDS,
    AK_EVTX_EVENT_VERSION,
    AK_EVTX_QUALIFIERS,
    AK_EVTX_PID,
    AK_EVTX_THREAD,
    AK_EVTX_ACTIVITY,
    AK_EVTX_RELATED_ACTIVITY,
    AK_EVTX_USER,
    AK_EVTX_CODE,         /* event.code: the event id as text */
    AK_EVTX_ECS_PROVIDER, /* event.provider */
    AK_EVTX_ACTION,
    AK_EVTX_OUTCOME,
    AK_EVTX_HOST,
    AK_EVTX_N_FIELDS,                      /* names of data follow */
    AK_EVTX_FIELD_TIME = AK_EVTX_N_FIELDS, /* not a field: becomes the event's time */
    AK_EVTX_FIELD_DATA,                    /* not one of these */
};

enum {
    AK_EVTX_ALIASES_MAX = 48, /* normalised fields of one kind */
    AK_EVTX_DATA_MAX = AK_EVENT_FIELDS_MAX - AK_EVTX_N_FIELDS - AK_EVTX_ALIASES_MAX,
};

struct ak_evtx_source {
    uint16_t from, to; /* indices of values */
    uint8_t how;       /* enum ak_evtx_how */
};

struct ak_evtx_kind {
    struct ak_shape shape;
    const struct ak_evtx_map *map; /* NULL: none */
    const struct ak_evtx_source *sources;
    size_t n_sources;
    struct ak_str code;      /* event.code */
    struct ak_str provider8; /* event.provider */
    const uint32_t *names;   /* text numbers of the data's names */
    uint32_t n_names;
    uint32_t event_id;
    struct ak_bytes provider; /* UTF-16LE or UTF-8, as recorded */
    uint64_t hash;
    struct ak_evtx_kind *next; /* in its bucket */
};

enum { AK_EVTX_KIND_BUCKETS = 1024 };

struct ak_evtx_kinds {
    struct ak_arena *arena;
    struct ak_text_table *texts;
    struct ak_evtx_kind *buckets[AK_EVTX_KIND_BUCKETS];
    struct ak_evtx_kind *last;
};

/* What a record turned out to be. */
struct ak_evtx_key {
    const uint32_t *names;
    uint32_t n_names;
    uint32_t event_id;
    struct ak_value provider;
    uint64_t names_hash;
};

/* Its kind; NULL when the arena's budget is spent. */
const struct ak_evtx_kind *ak_evtx_kind_of(struct ak_evtx_kinds *kinds,
                                           const struct ak_evtx_key *key);

/* Fill the normalised values behind the data: event.code, event.action and the
 * aliases.  `values` has kind->shape.n places. */
void ak_evtx_normalise(const struct ak_evtx_kind *kind, struct ak_value *values);

#endif
