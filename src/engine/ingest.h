/* ingest.h - the state of an ingest under way; shared by ingest_*.c. */
#ifndef AK_ENGINE_INGEST_H
#define AK_ENGINE_INGEST_H

#include "engine/hashing.h"
#include "engine/investigate.h"
#include "engine/pool.h"
#include "event/event.h"

/* One item to be done: a file of the evidence, a file from inside one, a part. */
struct ak_task {
    struct ak_task *next;
    enum ak_job_kind kind;
    uint32_t flags; /* enum ak_job_flag */
    uint32_t evidence;
    uint64_t item;
    char *key, *path; /* owned */
    char *file;       /* owned: to open it; NULL when fd holds a spool */
    char *parser;     /* owned: forced; or NULL */
    int fd;           /* a spool, or -1 */
    uint64_t size, from, to;
    struct ak_stamp modified;
    unsigned depth; /* containers around it */
    unsigned tries;
    uint64_t n_events, n_damage, n_children, n_delivered;
    uint64_t progress;
    struct ak_buf hits; /* owned: of the batch that comes next */
    int64_t last_batch; /* AK_JOB_DETECT: row of the batch answered last */
    bool has_media;     /* a container that states something of the media inside */
};

struct ak_queue {
    struct ak_task *first, **end;
    size_t n;
};

struct ak_ingest {
    struct ak_store *store;
    struct ak_custody *custody;
    const struct ak_ingest_options *options;
    struct ak_ingest_result *result;
    struct ak_pool pool;
    struct ak_hashing *hashing;
    struct ak_queue parse, expand; /* waiting */
    unsigned n_expanding, n_busy;
    uint64_t spooled;                            /* bytes lent and not yet given back */
    struct ak_pool_worker *starved[AK_POOL_MAX]; /* waiting for a spool */
    unsigned n_starved;
    uint64_t bytes_total, bytes_done;
    uint64_t events_live; /* events stored so far, for the progress line */
    int64_t started_ms, committed_ms, shown_ms;
    enum ak_status broken; /* the case cannot be written */
    uint32_t *given;       /* evidence taken up by this run, each once */
    size_t n_given;
    struct ak_arena *arena; /* reset per frame */
    char rules_tag[128];    /* in the second round: the rules' digest and the programs' */
    int programs_fd;        /* the table of programs; -1: none */
    char folder[4096];      /* of the case: spools are made there */
};

/* ---- ingest_task.c ---- */
struct ak_task *ak_task_new(const struct ak_task *from, const char *key, const char *path);
void ak_task_free(struct ak_task *t);
void ak_queue_put(struct ak_queue *q, struct ak_task *t);
struct ak_task *ak_queue_take(struct ak_queue *q);

/* ---- ingest_frames.c ---- */
void ak_ingest_frame(void *self, struct ak_pool_worker *w, struct ak_frame *f);

/* ---- ingest_end.c ---- */
void ak_ingest_done(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t,
                    struct ak_reader *body);
void ak_ingest_lost(void *self, struct ak_pool_worker *w, int signal, bool hung);

/* Have the media inside a container hashed, to compare with what it states. */
void ak_ingest_hash_media(struct ak_ingest *in, const struct ak_task *t);

/* Another file of the same folder was opened as part of the task's. */
void ak_ingest_sibling(struct ak_ingest *in, struct ak_task *t, const char *path);

/* ---- ingest_host.c ---- */
/* Name the host of evidence that nothing else named, by its event logs in the case. */
void ak_ingest_name_hosts(struct ak_ingest *in);

/* ---- ingest_progress.c ---- */
void ak_ingest_progress(struct ak_ingest *in, bool last);

/* A temporary file without a name, in the case folder; -1 when there is no room. */
int ak_ingest_spool(struct ak_ingest *in);

/* Lend spools to workers that wait, as far as the limit goes. */
void ak_ingest_feed(struct ak_ingest *in);

enum { AK_NESTING_MAX = 8 };
#define AK_SPOOL_LIMIT ((uint64_t)2 << 30)

#endif
