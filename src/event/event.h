/* event.h - the one shape every artefact is turned into.
 *
 * An event is something the evidence says happened (or was), at a time if it
 * gives one, with typed values, and with the place it was read from.  Values
 * are named two ways at once: normalised (Elastic Common Schema: "user.name",
 * "source.ip") and as recorded ("winlog.event_data.TargetUserName").  Which
 * names an event carries is its shape; shapes are shared by many events, so a
 * name is looked up once per shape and never once per event.
 */
#ifndef AK_EVENT_EVENT_H
#define AK_EVENT_EVENT_H

#include "base/stamp.h"

enum ak_type {
    AK_TYPE_NONE,  /* the evidence does not say: the field is left out */
    AK_TYPE_STR,   /* UTF-8 (WTF-8) text */
    AK_TYPE_STR16, /* UTF-16LE text as recorded; sinks convert it */
    AK_TYPE_U64,
    AK_TYPE_I64,
    AK_TYPE_F64,
    AK_TYPE_BOOL,
    AK_TYPE_HEX,   /* u64 written as "0x3e7" */
    AK_TYPE_STAMP, /* nanoseconds since 1970 UTC, written as ISO 8601 */
    AK_TYPE_BYTES, /* written as upper-case hexadecimal */
};

struct ak_value {
    enum ak_type type;
    uint8_t stamp_flags; /* AK_TYPE_STAMP only */
    union {
        struct ak_str str;
        struct ak_bytes bytes; /* AK_TYPE_STR16 and AK_TYPE_BYTES */
        uint64_t u64;          /* also AK_TYPE_HEX and AK_TYPE_BOOL */
        int64_t i64;           /* also AK_TYPE_STAMP */
        double f64;
    };
};

/* Which fields events of one kind carry, in order.  Either a static const table
 * beside the parser, or built in the item's arena from names the evidence
 * gives.  It must stay where it is until the parser returns. */
struct ak_shape {
    struct ak_str data_type; /* plaso's name: "windows:evtx:record" */
    struct ak_str time_desc; /* what the time means: "Event Logged" */
    const struct ak_str *names;
    size_t n;
};

enum ak_event_flag {
    AK_EVENT_RECOVERED = 1 << 0, /* from slack, a carved chunk, a freed record */
};

struct ak_event {
    const struct ak_shape *shape;
    struct ak_stamp when;          /* not set for states: "is installed" */
    uint64_t offset, length;       /* bytes in the item, for showing them again */
    uint32_t seq;                  /* position among the item's events; set by sinks */
    uint8_t flags;                 /* enum ak_event_flag */
    const struct ak_value *values; /* shape->n of them, in its order */
};

/* Most fields one event may carry; further ones are a parser's error. */
enum { AK_EVENT_FIELDS_MAX = 512 };

static inline struct ak_value ak_val_none(void)
{
    return (struct ak_value){ .type = AK_TYPE_NONE };
}

/* Text; none when it is empty. */
static inline struct ak_value ak_val_str(struct ak_str v)
{
    return (struct ak_value){ .type = v.n ? AK_TYPE_STR : AK_TYPE_NONE, .str = v };
}

static inline struct ak_value ak_val_str16(struct ak_bytes v)
{
    return (struct ak_value){ .type = v.n >= 2 ? AK_TYPE_STR16 : AK_TYPE_NONE, .bytes = v };
}

static inline struct ak_value ak_val_u64(uint64_t v)
{
    return (struct ak_value){ .type = AK_TYPE_U64, .u64 = v };
}

static inline struct ak_value ak_val_i64(int64_t v)
{
    return (struct ak_value){ .type = AK_TYPE_I64, .i64 = v };
}

static inline struct ak_value ak_val_f64(double v)
{
    return (struct ak_value){ .type = AK_TYPE_F64, .f64 = v };
}

static inline struct ak_value ak_val_bool(bool v)
{
    return (struct ak_value){ .type = AK_TYPE_BOOL, .u64 = v };
}

static inline struct ak_value ak_val_hex(uint64_t v)
{
    return (struct ak_value){ .type = AK_TYPE_HEX, .u64 = v };
}

/* A time; none when it is not set. */
static inline struct ak_value ak_val_stamp(struct ak_stamp v)
{
    return (struct ak_value){ .type = ak_stamp_is_set(v) ? AK_TYPE_STAMP : AK_TYPE_NONE,
                              .stamp_flags = v.flags,
                              .i64 = v.utc_ns };
}

static inline struct ak_value ak_val_bytes(struct ak_bytes v)
{
    return (struct ak_value){ .type = v.n ? AK_TYPE_BYTES : AK_TYPE_NONE, .bytes = v };
}

/* The event's value of this name; NULL when the shape lacks it or it is none. */
const struct ak_value *ak_event_get(const struct ak_event *event, struct ak_str name);

/* The same as text, for text values; empty otherwise. */
struct ak_str ak_event_text(const struct ak_event *event, struct ak_str name);

#endif
