/* store.h - the case on disk: evidence, items, events, damage, claims.
 *
 * One process writes, any number read.  Events are append-only batches
 * (event/batch.h), compressed, one row per batch; what changes is in ordinary
 * tables.  Ids do not depend on scheduling: an item's key is its evidence's
 * number and its ordinal inside, "1.345.2"; an event is item key and sequence,
 * "1.345.2:17".  The schema is described in docs/case-schema.md.
 */
#ifndef AK_STORE_STORE_H
#define AK_STORE_STORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/stamp.h"
#include "base/status.h"
#include "base/zone.h"

struct ak_store;
struct sqlite3;

enum ak_store_mode { AK_STORE_READ, AK_STORE_WRITE };

/* Open CASE/case.db; AK_STORE_WRITE makes folder and database when missing and
 * drops what an interrupted run left unfinished.  *out_why (static text) says
 * what is wrong: not a case, made by a newer akashi, in use by another one. */
AK_MUST_USE enum ak_status ak_store_open(const char *folder, enum ak_store_mode mode,
                                         struct ak_store **out, const char **out_why);
void ak_store_close(struct ak_store *store); /* commits; NULL is allowed */

/* The database, for queries on views and for tables of higher layers. */
struct sqlite3 *ak_store_db(struct ak_store *store);

/* Run SQL without results; false (and a line in *out_why) when it fails. */
bool ak_store_sql(struct ak_store *store, const char *sql);

/* Make everything so far durable.  Cheap when nothing happened. */
AK_MUST_USE enum ak_status ak_store_commit(struct ak_store *store);

/* Small texts by name: "zone", "rules.version", … */
void ak_store_set_meta(struct ak_store *store, const char *key, const char *value);
/* Into the arena; an empty text when unknown. */
struct ak_str ak_store_meta(struct ak_store *store, struct ak_arena *arena, const char *key);

/* ---- evidence ---- */

enum ak_state { AK_STATE_NEW, AK_STATE_RUNNING, AK_STATE_DONE, AK_STATE_FAILED, AK_STATE_CHANGED };

/* One thing the user named.  Number it by its row: 1, 2, 3 … in the order given. */
AK_MUST_USE enum ak_status ak_store_evidence(struct ak_store *store, struct ak_str name,
                                             struct ak_str path, uint32_t *out_id, bool *out_new);
/* Set one column: "kind", "host", "zone_name", "zone_tzif" (bytes), "sha256",
 * "size", "state", "n_files", "acquired", … */
void ak_store_evidence_set(struct ak_store *store, uint32_t id, const char *column,
                           struct ak_str value);
/* Let evidence be called by, and have the zone of, the first machine (by path) that a
 * fact of it names: "host.name", "machine.zone_name", "machine.zone_tzif".  Evidence of
 * several machines, a folder of images, has further ones: reading.h tells them apart. */
void ak_store_settle_machines(struct ak_store *store);

/* The machine of this item is called so, unless it says another name itself. */
void ak_store_machine_if_unknown(struct ak_store *store, uint32_t evidence, struct ak_str item_path,
                                 struct ak_str host);
void ak_store_evidence_host_if_unknown(struct ak_store *store, uint32_t id, struct ak_str host);
void ak_store_evidence_set_number(struct ak_store *store, uint32_t id, const char *column,
                                  int64_t value);
/* A fact stated by the evidence ("media.md5", "media.examiner", …). */
void ak_store_evidence_fact(struct ak_store *store, uint32_t id, struct ak_str item_path,
                            struct ak_str name, struct ak_str value);

/* ---- files of evidence, for hashes and `verify` ---- */

struct ak_evidence_file {
    uint32_t evidence;
    struct ak_str path; /* absolute */
    uint64_t size;
    int64_t modified_ns;
    struct ak_str sha256; /* lower-case hex; empty: not hashed yet */
};
void ak_store_evidence_file(struct ak_store *store, const struct ak_evidence_file *file);
/* What an earlier run knows of the file: not at all, known and hashed with this
 * size and time, or known with another size or time: then it was changed. */
enum ak_file_known { AK_FILE_NEW, AK_FILE_SAME, AK_FILE_CHANGED };
enum ak_file_known ak_store_evidence_file_known(struct ak_store *store,
                                                const struct ak_evidence_file *file);

/* ---- items ---- */

struct ak_item_row {
    uint32_t evidence;
    struct ak_str key;  /* "1.345.2" */
    struct ak_str path; /* inside the evidence */
    struct ak_str
        machine_path; /* where it stood on the machine, when a collection tells; else empty */
    uint64_t parent;  /* item id; 0 at the top */
    uint64_t inode, volume, size;
    uint32_t flags; /* enum ak_file_flag */
    struct ak_stamp modified;
};

/* Find or add the item.  *out_state tells whether it is done already.  When the
 * key is known with another path, size or time, all that was read from it and
 * below it is forgotten, and *out_state is AK_STATE_CHANGED. */
AK_MUST_USE enum ak_status ak_store_item(struct ak_store *store, const struct ak_item_row *row,
                                         uint64_t *out_id, enum ak_state *out_state);

/* Is anything below this item not done yet? */
bool ak_store_open_below(struct ak_store *store, struct ak_str key);

/* The ordinal of a file of the evidence: the one it has from an earlier run,
 * else the next free one. */
uint64_t ak_store_ordinal(struct ak_store *store, uint32_t evidence, struct ak_str path);

/* Append a batch of the item's events, and the hits among them (event/hits.h; may be
 * empty).  Both were checked by the caller. */
AK_MUST_USE enum ak_status ak_store_put_batch(struct ak_store *store, uint64_t item,
                                              struct ak_bytes bytes, struct ak_bytes hits);

/* How many events of the item were compared with rules, kept or not, and the first
 * and last time of them as recorded; how many were of a class of events. */
struct ak_seen_row {
    uint64_t item, n_events;
    struct ak_stamp first, last;
};

/* Every batch of the item, unpacked, in the order in which it was stored.  `each` may
 * stop with false.  AK_ERR_CORRUPT when the case is damaged, AK_ERR_IO when stopped. */
AK_MUST_USE enum ak_status ak_store_each_batch(struct ak_store *store, uint64_t item,
                                               bool (*each)(void *self, struct ak_bytes batch),
                                               void *self);

/* Give the item's batch behind *last (0: its first) these hits instead of those it
 * has; *last moves on to it.  *out_there is false when there is none. */
AK_MUST_USE enum ak_status ak_store_set_hits(struct ak_store *store, uint64_t item, int64_t *last,
                                             struct ak_bytes hits, bool *out_there);
void ak_store_item_rules(struct ak_store *store, uint64_t item, struct ak_str digest);

void ak_store_seen(struct ak_store *store, const struct ak_seen_row *row);
void ak_store_class_seen(struct ak_store *store, uint64_t item, uint32_t class_number, uint64_t n);

void ak_store_damage(struct ak_store *store, uint64_t item, struct ak_str path, uint64_t offset,
                     struct ak_str what);

struct ak_item_end {
    enum ak_state state;
    enum ak_status status;
    uint64_t n_events, n_damage;
    struct ak_str parser; /* what read it; empty: nothing did */
    struct ak_str note;   /* why not; "" when all is well */
    int signal;           /* that ended the worker; 0 */
    bool more;            /* its events are those of its parts */
    struct ak_str rules;  /* digest of the rules its events were compared with; empty: none */
};
void ak_store_end_item(struct ak_store *store, uint64_t item, const struct ak_item_end *end);

/* Forget the item's events and damage, before it is tried again. */
void ak_store_drop_item(struct ak_store *store, uint64_t item);

/* Forget all items below this key and what was read from them. */
void ak_store_drop_below(struct ak_store *store, struct ak_str key);

struct ak_volume_row {
    uint64_t item;
    uint64_t number, offset, size, n_files;
    struct ak_str scheme, type, label, filesystem, note;
    bool allocated, readable;
};
void ak_store_volume(struct ak_store *store, const struct ak_volume_row *row);

#endif
