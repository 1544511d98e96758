/* worker_feeds.h - what a worker looks for besides rules: indicators in events,
 * YARA rules in files; and files that are known. */
#ifndef AK_ENGINE_WORKER_FEEDS_H
#define AK_ENGINE_WORKER_FEEDS_H

#include "engine/wire.h"
#include "event/event.h"

#define AK_FEEDS_ARENA ((size_t)128 << 20) /* names and problems as read */

struct ak_worker;
struct ak_worker_feeds;
struct ak_source;

struct ak_worker_feeds *ak_worker_feeds_new(void);        /* NULL when memory ran out */
void ak_worker_feeds_free(struct ak_worker_feeds *feeds); /* NULL is allowed */

/* Take a pack or a table.  Indicators are read at once, YARA rules compiled when the
 * first file wants them.  How it went, ak_worker_feeds_tell() says. */
void ak_worker_feeds_take(struct ak_worker_feeds *feeds, const struct ak_wire_feed *what, int fd);

/* Say what they hold; NULL is said to be nothing.  Compiled YARA rules are written to
 * save_fd, unless it is -1. */
AK_MUST_USE enum ak_status ak_worker_feeds_tell(struct ak_worker_feeds *feeds, struct ak_wire *wire,
                                                int save_fd);

/* ---- indicators ---- */

/* How many indicators does the event have?  They are held until the next look. */
size_t ak_worker_feeds_look(struct ak_worker_feeds *feeds, const struct ak_event *event);

/* Indicator i of the last look as an event of its own, of the time and the bytes of
 * the one that has it.  Its texts are valid until the next call. */
struct ak_event ak_worker_feeds_found(struct ak_worker_feeds *feeds, size_t i,
                                      const struct ak_event *event);

/* The item's shapes are gone. */
void ak_worker_feeds_forget(struct ak_worker_feeds *feeds);

/* ---- files ---- */

/* Is a file of this SHA-256 (32 bytes) known? */
bool ak_worker_is_known(const struct ak_worker_feeds *feeds, const uint8_t *sha256);
/* The same for its 64 hexadecimal digits; false for any other text. */
bool ak_worker_is_known_text(const struct ak_worker_feeds *feeds, struct ak_str sha256);

struct ak_yara;
/* The YARA rules, compiled now if they were not before; NULL: there are none. */
struct ak_yara *ak_worker_feeds_yara(struct ak_worker_feeds *feeds);
/* Were any given, and for every file? */
bool ak_worker_feeds_has_yara(const struct ak_worker_feeds *feeds, bool *out_all);

/* ---- worker_yara.c ---- */

/* Is a file of this job to be looked at with YARA?  By its place and size, then by its
 * beginning. */
bool ak_worker_yara_may_want(const struct ak_worker *w, struct ak_str path, uint64_t size);
bool ak_worker_yara_wants(const struct ak_worker *w, struct ak_str path, struct ak_bytes head,
                          uint64_t size);

/* Look at the item as a whole; each rule it satisfies becomes an event.  What was
 * made of it, as the item's kind: "yara"; "known file", which is left out; empty: it
 * was not chosen. */
struct ak_str ak_worker_yara(struct ak_worker *w, struct ak_source *src);

/* AK_JOB_FEEDS: say what the feeds hold; compiled rules go to a spool. */
struct ak_wire_done ak_worker_say_feeds(struct ak_worker *w);

/* AK_JOB_KNOWN: a table of known files of the item, in a spool. */
struct ak_wire_done ak_worker_make_known(struct ak_worker *w);

#endif
