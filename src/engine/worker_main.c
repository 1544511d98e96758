/* worker_main.c - akashi-worker: started by akashi with a socket as descriptor 3.
 *
 * It locks itself down before the first byte of evidence, then takes jobs until
 * the socket closes. */
#include "base/encoding.h"
#include "engine/sandbox.h"
#include "engine/worker.h"
#include "engine/worker_look.h"
#include "filesystem/archive_ops.h"
#include "filesystem/tsk.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIRE_FD = 3, N_FILES = 8192 };

static const struct ak_sandbox_limits LIMITS = { (size_t)2 << 30, N_FILES };

static struct ak_wire_done run_job(struct ak_worker *w, struct ak_source *src)
{
    switch (w->job->kind) {
    case AK_JOB_TAKE:
    case AK_JOB_DUMP:
        return ak_worker_take(w, src);
    case AK_JOB_LS:
        return ak_worker_ls(w, src);
    case AK_JOB_CAT:
        return ak_worker_cat(w, src);
    case AK_JOB_MEDIA:
        return ak_worker_media(w, src);
    case AK_JOB_RULES:
        return (struct ak_wire_done){ .status = ak_worker_rules_tell(w->rules, &w->wire) };
    case AK_JOB_DETECT:
        return ak_worker_redetect(w, src);
    case AK_JOB_FEEDS:
        return ak_worker_say_feeds(w);
    case AK_JOB_KNOWN:
        return ak_worker_make_known(w);
    }
    return (struct ak_wire_done){ .status = AK_ERR_UNSUPPORTED };
}

/* Are the events of this job compared with rules?  If they should be and are not, the
 * case says so. */
static void begin_rules(struct ak_worker *w)
{
    const struct ak_job *job = w->job;
    bool wanted = (job->kind == AK_JOB_TAKE || job->kind == AK_JOB_DETECT) && w->rules_given;
    w->hits = w->slice_hits = NULL;
    w->compare = wanted && ak_worker_rules_usable(w->rules) && !(job->flags & AK_JOB_NO_RULES);
    if (w->compare)
        ak_worker_rules_begin(w->rules, &w->hits, &w->slice_hits);
    else if (wanted)
        ak_worker_damage(w, AK_STR(""), 0, "its events were not compared with the rules");
}

static void end_rules(struct ak_worker *w)
{
    struct ak_buf seen = { 0 };
    if (!ak_worker_rules_end(w->rules, w->seq, &seen))
        ak_worker_damage(w, AK_STR(""), 0, "more rules matched here than could be noted");
    if (w->lost == AK_OK)
        w->lost = ak_wire_send(&w->wire, AK_FRAME_SEEN, (struct ak_bytes){ seen.at, seen.n }, -1);
    ak_buf_free(&seen);
}

/* Are its events and files compared with indicators and YARA rules? */
static void begin_feeds(struct ak_worker *w)
{
    bool wanted = w->job->kind == AK_JOB_TAKE && w->feeds;
    w->look = wanted && !(w->job->flags & AK_JOB_NO_RULES);
    if (wanted && !w->look)
        ak_worker_damage(w, AK_STR(""), 0, "it was not compared with indicators and YARA rules");
}

static void take_feed(struct ak_worker *w, struct ak_frame *frame)
{
    struct ak_wire_feed feed = ak_wire_get_feed(&frame->body);
    if (feed.kind == AK_FEED_PROGRAMS) {
        ak_worker_rules_know(w->rules, frame->fd);
        return;
    }
    if (!w->feeds)
        w->feeds = ak_worker_feeds_new();
    if (w->feeds && ak_rd_ok(&frame->body))
        ak_worker_feeds_take(w->feeds, &feed, frame->fd);
}

static void take_rules(struct ak_worker *w, int fd)
{
    ak_worker_rules_free(w->rules);
    w->rules = ak_worker_rules_read(fd);
    w->rules_given = true;
}

static enum ak_status do_job(struct ak_worker *w, const struct ak_job *job, int fd)
{
    struct ak_wire_done done = { .status = AK_ERR_IO,
                                 .note = AK_STR("the file could not be read") };
    struct ak_source *src = NULL;
    w->job = job;
    w->item_fd = fd;
    w->seq = 0;
    w->n_damage = 0;
    memset(w->profile_depth, 0, sizeof(w->profile_depth));
    w->to_json = job->kind == AK_JOB_DUMP;
    w->payload.n = 0;
    begin_rules(w);
    begin_feeds(w);
    if (ak_source_fd(fd, &src) == AK_OK)
        done = run_job(w, src);
    ak_source_close(src);
    if (w->compare && !done.wants_expand)
        end_rules(w);
    if (done.n_damage < w->n_damage)
        done.n_damage = w->n_damage;

    struct ak_buf b = { 0 };
    ak_wire_put_done(&b, &done);
    if (w->lost == AK_OK)
        w->lost = ak_wire_send(&w->wire, AK_FRAME_DONE, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
    ak_arena_reset(w->arena);
    return w->lost;
}

/* Copy what the job's texts point at: the frame goes when the next one comes. */
static struct ak_job keep(struct ak_buf *memory, struct ak_reader *body)
{
    memory->n = 0;
    ak_buf_put(memory, body->in.at, body->in.n);
    struct ak_reader r = ak_rd_open((struct ak_bytes){ memory->at, memory->n }, 0);
    struct ak_job job = ak_wire_get_job(&r);
    body->failed = r.failed;
    return job;
}

/* What the supervisor says, with its descriptor; of anything else nothing comes. */
static enum ak_status take_frame(struct ak_worker *w, struct ak_buf *memory, struct ak_frame *frame)
{
    if (frame->kind == AK_FRAME_RULES)
        take_rules(w, frame->fd);
    if (frame->kind == AK_FRAME_FEED)
        take_feed(w, frame);
    if (frame->kind != AK_FRAME_JOB)
        return AK_OK;
    struct ak_job job = keep(memory, &frame->body);
    return ak_rd_ok(&frame->body) ? do_job(w, &job, frame->fd) : AK_ERR_CORRUPT;
}

static int serve(struct ak_worker *w)
{
    struct ak_buf memory = { 0 };
    struct ak_frame frame;
    while (ak_wire_wait(&w->wire, &frame) == AK_OK) {
        enum ak_status st = frame.fd >= 0 ? take_frame(w, &memory, &frame) : AK_OK;
        if (frame.fd >= 0)
            close(frame.fd);
        if (st != AK_OK)
            break;
    }
    ak_buf_free(&memory);
    ak_worker_rules_free(w->rules);
    ak_worker_feeds_free(w->feeds);
    return 0;
}

int main(int argc, char **argv)
{
    bool cage = true;
    if (argc > 1 && strcmp(argv[1], "--list") == 0)
        return ak_worker_list(argc > 2 ? argv[2] : "artefacts",
                              argc > 3 && strcmp(argv[3], "ja") == 0);
    if (argc > 1 && strcmp(argv[1], "--no-sandbox") == 0)
        cage = false;
    struct ak_worker w = { .wire = { .fd = WIRE_FD },
                           .arena = ak_arena_new(AK_ITEM_ARENA),
                           .batch = ak_batch_new(),
                           .slice = ak_batch_new(),
                           .jsonl = ak_jsonl_new(),
                           .protections = "none" };
    ak_encoding_open();
    ak_archive_prepare();
    ak_tsk_prepare();
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    if (!w.arena || !w.batch || !w.slice || !w.jsonl)
        return 1;
    if (cage && ak_sandbox_enter(&LIMITS, &w.protections) != AK_OK) {
        fputs("akashi-worker: this kernel cannot lock the worker down\n", stderr);
        return 1;
    }
    ak_worker_fact(&w, AK_STR("worker.protections"), ak_str_of(w.protections));
    return serve(&w);
}
