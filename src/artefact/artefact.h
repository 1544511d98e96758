/* artefact.h - what a parser is: a name, how its files are recognised, and a
 * function.  One artefact is one .c file holding one `const struct ak_artefact`,
 * listed once in table.c.
 *
 * A parser runs in a sandboxed worker.  It is a pure function of the bytes and
 * the item's description: no clock, no locale, no files, no globals, no threads.
 */
#ifndef AK_ARTEFACT_ARTEFACT_H
#define AK_ARTEFACT_ARTEFACT_H

#include "artefact/split.h"
#include "base/arena.h"
#include "base/reader.h"
#include "base/status.h"
#include "base/zone.h"
#include "event/event.h"

/* How sure a probe is. */
enum ak_bid {
    AK_BID_NO = 0,
    AK_BID_WEAK = 10,   /* could be: an extension, a plausible first line */
    AK_BID_LIKELY = 50, /* a line of the format, or the usual place */
    AK_BID_MAGIC = 80,  /* a signature */
    AK_BID_SURE = 100,  /* signature and place */
};

/* What a probe may look at. */
struct ak_probe {
    struct ak_str path;   /* '/'-separated, inside the evidence */
    struct ak_bytes head; /* the first bytes: up to AK_PROBE_BYTES */
    uint64_t size;        /* of the whole item */
};

enum { AK_PROBE_BYTES = 64 * 1024 };

/* One item, or one part of it, as parse() is handed it. */
struct ak_item {
    struct ak_str path;          /* '/'-separated, inside the evidence */
    uint64_t size;               /* bytes of the whole item */
    uint64_t origin;             /* where bytes.at[0] lies in it; 0 unless it was split */
    struct ak_bytes bytes;       /* what to parse */
    struct ak_stamp modified;    /* of the file, if known: dates logs without a year */
    const struct ak_zone *zone;  /* for times recorded without one; never NULL */
    struct ak_str access_format; /* --access-format: the web server's LogFormat; often empty */
    uint64_t missing;            /* how many of the bytes the evidence could not give (zeroed) */
    void (*passed)(void *self, uint64_t offset); /* may be NULL: see ak_item_passed() */
    void *passed_self;
};

/* For parsers that go over a large item before they emit: bytes of the item
 * before `offset` need not stay in memory (they can be read again). */
static inline void ak_item_passed(const struct ak_item *item, uint64_t offset)
{
    if (item->passed)
        item->passed(item->passed_self, offset);
}

/* Where events and damage go.  Implementations: a batch for the case, JSON
 * lines for `dump`, a capture for tests. */
struct ak_sink {
    enum ak_status (*event)(void *self, const struct ak_event *event);
    void (*damage)(void *self, uint64_t offset, const char *what);
    void *self;
};

/* Given to parse(): memory, and the only way out. */
struct ak_ctx {
    struct ak_arena *arena; /* reset after parse() returns */
    const struct ak_item *item;
    const struct ak_sink *sink;
    uint32_t n_events; /* emitted so far by this item */
    uint32_t n_damage;
};

struct ak_artefact {
    const char *name;     /* "windows.evtx": stable; what --as takes */
    const char *title_en; /* "Windows event log (EVTX)" */
    const char *title_ja;
    const char *spec; /* docs/formats/NAME.md, where the facts and their sources are */
    enum ak_split split;
    uint64_t max_size; /* bytes, for AK_SPLIT_NONE; larger items are recorded as AK_ERR_LIMIT */

    /* Is it this?  Looks at the probe only; cannot fail. */
    enum ak_bid (*probe)(const struct ak_probe *probe);

    /* Parse ctx->item.  Emits events in file order.  Returns the first reason it
     * could not go on; what was emitted before stands.  Whoever finds damage
     * records it with ak_damage() and goes on where that makes sense. */
    enum ak_status (*parse)(struct ak_ctx *ctx);
};

/* Hand one event to the sink.  Sets nothing in *event.  Anything but AK_OK
 * means: stop and return it. */
AK_MUST_USE enum ak_status ak_emit(struct ak_ctx *ctx, const struct ak_event *event);

/* Record that the evidence is damaged (or made to look so) at `offset` of the
 * item.  `what` is a literal in plain English, an entry of data/words (ja and
 * en), "the path runs past the end of the file".  At most AK_DAMAGE_MAX per
 * item are kept, the rest counted.  Returns AK_ERR_CORRUPT, so that a parser
 * can write `return ak_damage(...)`. */
enum ak_status ak_damage(struct ak_ctx *ctx, uint64_t offset, const char *what);

enum { AK_DAMAGE_MAX = 1000 };

extern const struct ak_artefact *const ak_artefacts[]; /* NULL at the end */

/* The artefact with this name, or NULL. */
const struct ak_artefact *ak_artefact_named(struct ak_str name);

/* The artefact that bids highest on this probe; the first of equals; NULL when
 * none bids. */
const struct ak_artefact *ak_artefact_for(const struct ak_probe *probe);

#endif
