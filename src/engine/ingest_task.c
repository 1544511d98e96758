/* ingest_task.c - tasks and queues of an ingest. */
#include "engine/ingest.h"

#include <stdlib.h>
#include <unistd.h>

struct ak_task *ak_task_new(const struct ak_task *from, const char *key, const char *path)
{
    struct ak_task *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    if (from) {
        t->evidence = from->evidence;
        t->flags = from->flags & (AK_JOB_HASH_FILES | AK_JOB_SNIFF_ALL | AK_JOB_CARVE |
                                  AK_JOB_HITS_ONLY | AK_JOB_PROGRAMS);
        t->depth = from->depth;
    }
    t->kind = AK_JOB_TAKE;
    t->fd = -1;
    t->key = strdup(key);
    t->path = strdup(path);
    if (!t->key || !t->path) {
        ak_task_free(t);
        return NULL;
    }
    return t;
}

void ak_task_free(struct ak_task *t)
{
    if (!t)
        return;
    if (t->fd >= 0)
        close(t->fd);
    free(t->key);
    free(t->path);
    free(t->file);
    free(t->parser);
    ak_buf_free(&t->hits);
    free(t);
}

void ak_queue_put(struct ak_queue *q, struct ak_task *t)
{
    t->next = NULL;
    if (!q->first)
        q->end = &q->first;
    *q->end = t;
    q->end = &t->next;
    q->n++;
}

struct ak_task *ak_queue_take(struct ak_queue *q)
{
    struct ak_task *t = q->first;
    if (!t)
        return NULL;
    q->first = t->next;
    q->n--;
    return t;
}
