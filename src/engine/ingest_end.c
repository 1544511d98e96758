/* ingest_end.c - how items end: done, to be cut, to be expanded, tried again, failed. */
#include "artefact/split.h"
#include "engine/ingest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The worker is free again; what the task held is given back. */
static void let_go(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t)
{
    w->task = NULL;
    in->n_busy--;
    if (t->flags & AK_JOB_MAY_EXPAND)
        in->n_expanding--;
    for (unsigned i = 0; i < in->n_starved; i++)
        if (in->starved[i] == w) {
            in->n_starved--;
            memmove(in->starved + i, in->starved + i + 1,
                    (in->n_starved - i) * sizeof(in->starved[0]));
        }
}

/* A spool is given back when the last task that reads it ends. */
static void give_back(struct ak_ingest *in, struct ak_task *t)
{
    if (t->fd < 0 || t->to)
        return;
    in->spooled -= in->spooled < t->size ? in->spooled : t->size;
}

static void count_bytes(struct ak_ingest *in, struct ak_task *t)
{
    if (t->depth == 0 && !t->to && t->kind == AK_JOB_TAKE)
        in->bytes_done += t->size - t->progress;
    else if (t->depth == 0 && t->kind == AK_JOB_TAKE)
        in->bytes_done += t->to - t->from;
}

static void end_item(struct ak_ingest *in, struct ak_task *t, const struct ak_item_end *end)
{
    struct ak_ingest_result *r = in->result;
    if (t->kind == AK_JOB_TAKE) {
        ak_store_end_item(in->store, t->item, end);
        r->events += end->n_events;
        r->damage += end->n_damage;
        if (end->state == AK_STATE_FAILED)
            r->items_failed++;
        else if (!end->parser.n)
            r->items_unknown++;
        else
            r->items_parsed++;
    }
    if (t->kind == AK_JOB_DETECT && end->state == AK_STATE_DONE)
        ak_store_item_rules(in->store, t->item, end->rules);
    count_bytes(in, t);
    give_back(in, t);
    ak_task_free(t);
}

/* Cut a large item into parts that several workers share. */
static bool cut(struct ak_ingest *in, struct ak_task *t, const struct ak_wire_done *d)
{
    char key[256];
    uint64_t n = 0;
    for (uint64_t from = 0; from < t->size; n++) {
        uint64_t to = ak_split_end((enum ak_split)d->split, from, t->size);
        snprintf(key, sizeof(key), "%s.%llu", t->key, (unsigned long long)n + 1);
        struct ak_task *part = ak_task_new(t, key, t->path);
        struct ak_item_row row = { .evidence = t->evidence,
                                   .key = ak_str_of(key),
                                   .path = ak_str_of(t->path),
                                   .parent = t->item,
                                   .size = to - from,
                                   .modified = t->modified };
        enum ak_state state = AK_STATE_NEW;
        if (!part || ak_store_item(in->store, &row, &part->item, &state) != AK_OK) {
            ak_task_free(part);
            return false;
        }
        part->size = t->size;
        part->from = from;
        part->to = to;
        part->modified = t->modified;
        part->parser = strndup(d->what.at, d->what.n);
        part->file = t->file ? strdup(t->file) : NULL;
        part->fd = t->fd >= 0 ? dup(t->fd) : -1;
        if (from == 0)
            part->flags |= t->flags & AK_JOB_STAT;
        from = to;
        if (state == AK_STATE_FAILED)
            ak_store_drop_item(in->store, part->item);
        if (state == AK_STATE_DONE) {
            count_bytes(in, part);
            ak_task_free(part);
        } else {
            ak_queue_put(&in->parse, part);
        }
        in->result->items++;
    }
    return true;
}

static void requeue_to_expand(struct ak_ingest *in, struct ak_task *t)
{
    t->flags |= AK_JOB_MAY_EXPAND;
    t->n_delivered = 0;
    ak_queue_put(&in->expand, t);
}

/* Which ends are the item's failure, which the evidence's being what it is. */
static enum ak_state state_of(enum ak_job_kind kind, const struct ak_wire_done *d)
{
    if (kind == AK_JOB_DETECT && d->status != AK_OK)
        return AK_STATE_FAILED;
    return d->status == AK_ERR_NOMEM || d->status == AK_ERR_IO ? AK_STATE_FAILED : AK_STATE_DONE;
}

/* The rules that the item's events were compared with; empty when they were not. */
static struct ak_str digest_of(const struct ak_ingest *in, const struct ak_task *t)
{
    bool compared = in->options->rules && !(t->flags & AK_JOB_NO_RULES);
    if (!compared)
        return AK_STR("");
    return ak_str_of(in->rules_tag[0] ? in->rules_tag : in->options->rules->digest);
}

void ak_ingest_hash_media(struct ak_ingest *in, const struct ak_task *t)
{
    struct ak_task *m = ak_task_new(t, t->key, t->path);
    if (!m)
        return;
    m->kind = AK_JOB_MEDIA;
    m->item = t->item;
    m->file = strdup(t->file);
    m->size = t->size;
    ak_queue_put(&in->parse, m);
}

void ak_ingest_done(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t,
                    struct ak_reader *body)
{
    struct ak_wire_done d = ak_wire_get_done(body);
    if (!ak_rd_ok(body)) {
        w->distrusted = true;
        return;
    }
    let_go(in, w, t);
    if (d.wants_expand && t->depth >= AK_NESTING_MAX) {
        ak_store_damage(in->store, t->item, AK_STR(""), 0,
                        AK_STR("nested too deep: what is inside is not examined"));
        d.note = AK_STR("nested too deep: what is inside is not examined");
    } else if (d.wants_expand) {
        requeue_to_expand(in, t);
        return;
    }
    bool parts = d.split != AK_SPLIT_NONE && !t->to && d.n_events == 0 &&
                 t->size > AK_SPLIT_ABOVE && d.status == AK_OK && t->kind == AK_JOB_TAKE;
    struct ak_item_end end = { .state = state_of(t->kind, &d),
                               .status = d.status,
                               .n_events = t->n_events,
                               .n_damage = t->n_damage,
                               .parser = d.what,
                               .note = d.note,
                               .more = parts,
                               .rules = digest_of(in, t) };
    if (parts && !cut(in, t, &d))
        end.state = AK_STATE_FAILED;
    if (t->has_media && t->kind == AK_JOB_TAKE && t->file && in->options->hash)
        ak_ingest_hash_media(in, t);
    if (parts)
        t->progress = t->size; /* its parts count the bytes */
    end_item(in, t, &end);
}

static const char *why_lost(const struct ak_pool_worker *w, int signal, bool hung)
{
    if (w->distrusted)
        return "its parser said what no honest parser says and was ended";
    if (hung)
        return "its parser stopped answering and was ended";
    switch (signal) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
        return "its parser crashed";
    case SIGABRT:
        return "its parser gave up in the middle";
    case SIGSYS:
        return "its parser tried what the sandbox forbids";
    case SIGKILL:
        return "its parser was killed, probably for want of memory";
    default:
        return "its parser ended without finishing";
    }
}

void ak_ingest_lost(void *self, struct ak_pool_worker *w, int signal, bool hung)
{
    struct ak_ingest *in = self;
    struct ak_task *t = w->task;
    const char *why = why_lost(w, signal, hung);
    let_go(in, w, t);
    t->tries++;
    t->hits.n = 0;
    t->last_batch = 0;
    /* With rules there is a third try, without them: a rule must not cost evidence. */
    bool detects = (in->options->rules || in->options->feeds) && t->kind == AK_JOB_TAKE;
    if (t->tries < (detects ? 3u : 2u)) {
        if (t->kind == AK_JOB_TAKE) /* other jobs only add to what stands */
            ak_store_drop_item(in->store, t->item);
        in->events_live -= t->n_events;
        t->n_events = t->n_damage = 0;
        t->flags |= t->tries == 1 ? AK_JOB_CAREFUL : AK_JOB_CAREFUL | AK_JOB_NO_RULES;
        ak_queue_put(t->flags & AK_JOB_MAY_EXPAND ? &in->expand : &in->parse, t);
        return;
    }
    ak_store_damage(in->store, t->item, AK_STR(""), 0, ak_str_of(why));
    struct ak_item_end end = { .state = AK_STATE_FAILED,
                               .status = AK_ERR_CORRUPT,
                               .n_events = t->n_events,
                               .n_damage = t->n_damage + 1,
                               .parser = ak_str_of(t->parser ? t->parser : ""),
                               .note = ak_str_of(why),
                               .signal = hung            ? -1
                                         : w->distrusted ? 0
                                                         : signal };
    end_item(in, t, &end);
}

void ak_ingest_sibling(struct ak_ingest *in, struct ak_task *t, const char *path)
{
    if (in->hashing && in->options->hash)
        ak_hashing_add(in->hashing, path, t->evidence);
}
