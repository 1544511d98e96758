/* pool.h - the worker processes: started, given jobs, listened to, replaced. */
#ifndef AK_ENGINE_POOL_H
#define AK_ENGINE_POOL_H

#include "engine/wire.h"

#include <sys/types.h>

enum { AK_POOL_MAX = 256, AK_POOL_FEEDS = 12 };

struct ak_pool_worker {
    pid_t pid; /* 0: not running */
    struct ak_wire wire;
    void *task;       /* what it works on; NULL: idle */
    int64_t heard_ms; /* when it last said something, monotonic clock */
    bool distrusted;  /* it said what no honest worker says: nothing more is taken from it */
};

struct ak_pool {
    struct ak_pool_worker workers[AK_POOL_MAX];
    unsigned n;
    bool sandbox;
    int out_fd;   /* given to workers as descriptor 4; -1: none */
    int rules_fd; /* a pack of rules, given to each worker when it starts; -1: none */
    struct ak_pool_feed {
        struct ak_wire_feed what;
        int fd;
    } feeds[AK_POOL_FEEDS]; /* given to each worker when it starts, behind the rules */
    unsigned n_feeds;
    uint32_t silence_s; /* a worker silent for so long is taken as hung */
    char program[4096]; /* akashi-worker */
};

/* What happens to a pool.  Callbacks may give jobs. */
struct ak_pool_handler {
    /* A frame of this worker's task.  The descriptor, if any, is the callee's. */
    void (*frame)(void *self, struct ak_pool_worker *worker, struct ak_frame *frame);
    /* The worker ended with work in hand: by this signal, or by itself (0), or it
     * was ended because it hung (hung is true) or lied (worker->distrusted).  Its
     * task is not NULL; it is idle after. */
    void (*lost)(void *self, struct ak_pool_worker *worker, int signal, bool hung);
    void *self;
};

/* Find akashi-worker beside or near this program and start n workers.  AK_ERR_IO
 * when it is not there or does not start. */
AK_MUST_USE enum ak_status ak_pool_open(struct ak_pool *pool, unsigned n, bool sandbox);
void ak_pool_close(struct ak_pool *pool);

/* Start the first n workers now, so that each reads its rules while others do. */
AK_MUST_USE enum ak_status ak_pool_start(struct ak_pool *pool, size_t n);

/* Give every worker, running or yet to start, one feed more; fd stays the caller's and
 * open.  False when there is no room for it. */
AK_MUST_USE bool ak_pool_feed(struct ak_pool *pool, const struct ak_wire_feed *what, int fd);

/* Give an idle worker a job; restarts it when it is not running. */
AK_MUST_USE enum ak_status ak_pool_give(struct ak_pool *pool, struct ak_pool_worker *worker,
                                        const struct ak_job *job, int fd, void *task);

/* Answer a worker's need: a descriptor, or -1 for none.  Not closed here. */
void ak_pool_grant(struct ak_pool_worker *worker, int fd);

/* Wait up to timeout_ms for something to happen and handle all of it. */
void ak_pool_poll(struct ak_pool *pool, int timeout_ms, const struct ak_pool_handler *handler);

/* The folder of this program, without a slash at its end, into buf; false when the system
 * does not say. */
bool ak_own_folder(char *buf, size_t n);

/* The path of akashi-worker into buf; false when there is none. */
bool ak_pool_program(char *buf, size_t n);

int64_t ak_now_ms(void); /* monotonic clock */

#endif
