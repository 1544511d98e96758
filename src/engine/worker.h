/* worker.h - inside the sandbox: one job after the other. */
#ifndef AK_ENGINE_WORKER_H
#define AK_ENGINE_WORKER_H

#include "artefact/artefact.h"
#include "engine/wire.h"
#include "engine/worker_feeds.h"
#include "engine/worker_rules.h"
#include "event/batch.h"
#include "event/jsonl.h"
#include "evidence/container.h"
#include "filesystem/filesystem.h"

/* Limits of a worker, per item. */
#define AK_ITEM_ARENA ((size_t)512 << 20)   /* bytes a parser may build */
#define AK_LINE_OVERLAP ((uint64_t)1 << 20) /* how far a part may read on to end its last line */
#define AK_RUN_BYTES ((size_t)16 << 20)     /* events sorted at once when they come disordered */

#define AK_PROFILE_FILES 8 /* kinds of files that name a machine or its zone, at most */
enum { AK_OUT_FD = 4 };    /* the output of `dump` and `cat`, where the supervisor lent it */

struct ak_worker {
    struct ak_wire wire;
    struct ak_arena *arena; /* reset after each job */
    struct ak_batch *batch, *slice;
    struct ak_buf payload, batch_bytes;
    struct ak_jsonl *jsonl; /* writes the events of a dump */
    const char *protections;
    struct ak_worker_rules *rules;
    bool rules_given; /* a pack came, be it readable or not */
    struct ak_buf hits_bytes;
    struct ak_worker_feeds *feeds; /* NULL: none were given */
    bool look;                     /* this job's events and files are compared with them */

    /* of the job under way */
    const struct ak_job *job;
    int item_fd, out_fd;
    uint32_t seq;
    uint64_t n_damage;
    uint32_t
        profile_depth[AK_PROFILE_FILES]; /* names in the path of the file that spoke; 0: none yet */
    bool to_json;                        /* events leave as text */
    bool compare;                        /* events are compared with the rules */
    struct ak_hits *hits, *slice_hits;   /* beside batch and slice; NULL when nothing is compared */
    struct ak_bytes mapped; /* a large item mapped, not read: pages behind are given back */
    size_t mapped_done;
    enum ak_status lost; /* the supervisor is gone, or memory is */
};

/* ---- worker_sink.c ---- */

/* Where parsers' events go: batches, or JSON lines for `dump`. */
struct ak_sink ak_worker_sink(struct ak_worker *w);

/* Give back the pages of a mapped item that the parser has passed by. */
void ak_worker_passed(void *self, uint64_t offset);

/* Send what is still held.  Anything but AK_OK: the supervisor is gone. */
AK_MUST_USE enum ak_status ak_worker_flush(struct ak_worker *w);

/* Damage at an entry inside the item ("" for the item itself). */
void ak_worker_damage(struct ak_worker *w, struct ak_str path, uint64_t offset, const char *what);
void ak_worker_fact(struct ak_worker *w, struct ak_str name, struct ak_str value);
void ak_worker_text(struct ak_worker *w, struct ak_bytes text);
void ak_worker_progress(struct ak_worker *w, uint64_t bytes);

/* ---- worker_redetect.c ---- */

/* AK_JOB_DETECT: stored batches against the rules in use. */
struct ak_wire_done ak_worker_redetect(struct ak_worker *w, struct ak_source *src);

/* ---- worker_take.c ---- */

/* Find out what the item is and parse it, or say that it wants expanding. */
struct ak_wire_done ak_worker_take(struct ak_worker *w, struct ak_source *src);

/* ---- worker_media.c ---- */

/* What was opened around the media inside a container. */
struct ak_media {
    struct ak_disk disk;
    struct siblings *siblings; /* files beside it; owned */
};

/* The container that a piece of evidence is: by content or, for server.001, by
 * the names beside it.  NULL: none. */
const struct ak_container *ak_worker_container(struct ak_worker *w, struct ak_source *src);

/* Open a container, telling its facts and notes.  Close *out whatever it says. */
AK_MUST_USE enum ak_status ak_worker_open_media(struct ak_worker *w, struct ak_source *src,
                                                const struct ak_container *c, struct ak_media *out);
void ak_worker_close_media(struct ak_media *media);

/* ---- worker_expand.c ---- */

/* Open it and deliver its volumes, entries and files worth parsing. */
struct ak_wire_done ak_worker_expand(struct ak_worker *w, struct ak_source *src);

/* ---- worker_profile.c ---- */

/* Is it one of the files that name the machine or its time zone? */
bool ak_worker_in_profile(struct ak_str path);

/* Tell what it says: its contents (src), or where it points as a link. */
void ak_worker_profile(struct ak_worker *w, struct ak_str path, struct ak_str target,
                       struct ak_source *src);

/* ---- worker_stat.c ---- */

/* File metadata as events: one per time the entry has.  sha256 may be empty. */
enum ak_status ak_worker_stat(struct ak_worker *w, const struct ak_file *file, uint64_t volume,
                              struct ak_str sha256);

#endif
