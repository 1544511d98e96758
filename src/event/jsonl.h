/* jsonl.h - one event as one line of JSON, as the contract has it. */
#ifndef AK_EVENT_JSONL_H
#define AK_EVENT_JSONL_H

#include "base/buf.h"
#include "event/event.h"

/* What is not in the event itself. */
struct ak_event_place {
    struct ak_str id;       /* "1.345.2:17"; empty: left out */
    struct ak_str evidence; /* which evidence, as the user named it */
    struct ak_str path;     /* inside it */
    struct ak_str host;     /* used when the event names none; may be empty */
};

/* Append `{"datetime":…,"timestamp":…,"timestamp_desc":…,"data_type":…,
 * "message":…, fields in the shape's order, "evidence":…,"path":…,"offset":…}`
 * and a newline.  Fields without a value are left out. */
void ak_jsonl_event(struct ak_buf *out, const struct ak_event *event,
                    const struct ak_event_place *place);

/* The same for many events: what depends only on an event's shape is worked out
 * once.  Shapes are told apart by where they are, so call ak_jsonl_forget() when
 * shapes that were given are gone: between items. */
struct ak_jsonl;

/* NULL when memory ran out. */
struct ak_jsonl *ak_jsonl_new(void);
void ak_jsonl_free(struct ak_jsonl *writer); /* NULL is allowed */
void ak_jsonl_forget(struct ak_jsonl *writer);
void ak_jsonl_put(struct ak_jsonl *writer, struct ak_buf *out, const struct ak_event *event,
                  const struct ak_event_place *place);

/* A value as it stands in JSON. */
void ak_jsonl_value(struct ak_buf *out, const struct ak_value *value);

#endif
