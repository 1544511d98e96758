/* feeds.c - see feeds.h. */
#include "engine/feeds.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Compiling YARA rules takes its time, and says nothing meanwhile. */
enum { PATIENCE_S = 1800 };
enum { POLL_MS = 200, ARENA_BYTES = 64 << 20, PROBLEMS_MAX = 16384 };

static enum ak_status fail(struct ak_rules_error *error, enum ak_status st, const char *out_why,
                           const char *subject)
{
    /* It may be a worker's, in memory that goes with the feeds. */
    snprintf(error->words, sizeof(error->words), "%s", out_why);
    error->why = error->words;
    snprintf(error->subject, sizeof(error->subject), "%s", subject);
    return st;
}

/* ---- packs ---- */

static bool ends(const char *path, const char *end)
{
    return ak_str_ends(ak_str_of(path), ak_str_of(end));
}

static bool is_yara(const char *path)
{
    return ends(path, ".yar") || ends(path, ".yara") || ends(path, ".YAR") || ends(path, ".rule");
}

static bool is_feed(const char *path)
{
    return ends(path, ".txt") || ends(path, ".csv") || ends(path, ".json") || ends(path, ".ioc") ||
           ends(path, ".stix") || ends(path, ".stix2") || ends(path, ".list") || ends(path, ".tsv");
}

static enum ak_status add_pack(struct ak_feeds_in_use *f, struct ak_wire_feed what,
                               const char *const *paths, size_t n, struct ak_rules_error *error)
{
    struct ak_rule_files files;
    struct ak_pool_feed feed = { what, -1 };
    char *digest = f->digests[what.kind == AK_FEED_YARA];
    if (n == 0)
        return AK_OK;
    enum ak_status st = ak_rule_files_list_by(
        paths, n, what.kind == AK_FEED_YARA ? is_yara : is_feed, &files, error);
    if (st != AK_OK)
        return st;
    st = ak_rule_files_pack(&files, 0, files.n, &feed.fd, digest, error);
    ak_rule_files_free(&files);
    if (st == AK_OK)
        f->feeds[f->n_feeds++] = feed;
    return st;
}

/* ---- asking a worker ---- */

struct asking {
    struct ak_feeds_in_use *feeds;
    uint64_t n_problems; /* so far */
    bool summed, done, lost;
    int table; /* to lend when it is asked for; -1: none */
    enum ak_status status;
    const char *note; /* of a job that failed, copied */
};

static struct ak_str copy(struct ak_arena *arena, struct ak_str s)
{
    char *to = AK_NEW_N(arena, char, s.n + 1); /* ends with a zero: `what` is one */
    if (to && s.n)
        memcpy(to, s.at, s.n);
    return to ? (struct ak_str){ to, s.n } : AK_STR("");
}

static enum ak_status take_sums(struct asking *a, struct ak_reader *body)
{
    struct ak_feeds_in_use *f = a->feeds;
    f->sums = ak_wire_get_feed_sums(body);
    if (!ak_rd_ok(body) || a->summed || f->sums.n_listed > PROBLEMS_MAX)
        return AK_ERR_CORRUPT;
    a->summed = true;
    f->problems = AK_NEW_N(f->arena, struct ak_feed_problem, (size_t)f->sums.n_listed + 1);
    return f->problems ? AK_OK : AK_ERR_LIMIT;
}

static enum ak_status take_problem(struct asking *a, struct ak_reader *body)
{
    struct ak_feeds_in_use *f = a->feeds;
    struct ak_feed_problem p;
    struct ak_str what;
    ak_wire_get_feed_problem(body, &p, &what);
    if (!ak_rd_ok(body) || !a->summed || f->n_problems >= f->sums.n_listed)
        return AK_ERR_CORRUPT;
    f->problems[f->n_problems++] =
        (struct ak_feed_problem){ copy(f->arena, p.file), p.line, copy(f->arena, what).at,
                                  copy(f->arena, p.detail) };
    return AK_OK;
}

static enum ak_status take_done(struct asking *a, struct ak_reader *body)
{
    struct ak_wire_done done = ak_wire_get_done(body);
    if (!ak_rd_ok(body))
        return AK_ERR_CORRUPT;
    a->done = true;
    a->note = done.note.n ? copy(a->feeds->arena, done.note).at : NULL;
    return done.status;
}

static enum ak_status take(struct asking *a, struct ak_pool_worker *w, struct ak_frame *f)
{
    switch ((unsigned)f->kind) {
    case AK_FRAME_FACT:
        return AK_OK;
    case AK_FRAME_FEED_SUMS:
        return take_sums(a, &f->body);
    case AK_FRAME_FEED_PROBLEM:
        return take_problem(a, &f->body);
    case AK_FRAME_NEED_SPOOL:
        ak_pool_grant(w, a->table);
        return AK_OK;
    case AK_FRAME_DONE:
        return take_done(a, &f->body);
    default:
        return AK_ERR_CORRUPT;
    }
}

static void on_frame(void *self, struct ak_pool_worker *w, struct ak_frame *f)
{
    struct asking *a = self;
    if (f->fd >= 0)
        close(f->fd);
    enum ak_status st = take(a, w, f);
    if (a->status == AK_OK)
        a->status = st;
    if (st != AK_OK && !a->done)
        w->distrusted = true;
    if (a->done)
        w->task = NULL;
}

static void on_lost(void *self, struct ak_pool_worker *w, int signal, bool hung)
{
    struct asking *a = self;
    (void)w;
    (void)signal;
    (void)hung;
    a->lost = true;
}

static enum ak_status ask(struct asking *a, enum ak_job_kind kind, int fd, bool sandbox)
{
    struct ak_pool *pool = calloc(1, sizeof(*pool));
    struct ak_pool_handler handler = { on_frame, on_lost, a };
    struct ak_job job = { .kind = kind };
    enum ak_status st = pool ? ak_pool_open(pool, 1, sandbox) : AK_ERR_NOMEM;
    if (st == AK_OK) {
        pool->silence_s = PATIENCE_S;
        if (kind == AK_JOB_FEEDS)
            ak_feeds_give(a->feeds, pool);
        st = ak_pool_give(pool, &pool->workers[0], &job, fd, a);
    }
    while (st == AK_OK && !a->done && !a->lost)
        ak_pool_poll(pool, POLL_MS, &handler);
    if (pool)
        ak_pool_close(pool);
    free(pool);
    if (st != AK_OK)
        return st;
    return a->lost ? AK_ERR_CANCELLED : a->status;
}

/* ---- known files, compiled rules ---- */

/* The file again, for reading only: what a worker gets it cannot change for others. */
static int read_only(int fd)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static enum ak_status add_known(struct ak_feeds_in_use *f, const char *path,
                                const struct ak_feeds_named *named, struct ak_rules_error *error)
{
    struct asking a = { .feeds = f, .table = -1 };
    int source = open(path, O_RDONLY | O_CLOEXEC);
    enum ak_status st = AK_ERR_IO;
    if (source >= 0 && f->n_feeds < AK_POOL_FEEDS)
        a.table = open(named->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (a.table >= 0)
        st = ask(&a, AK_JOB_KNOWN, source, named->sandbox);
    int table = st == AK_OK ? read_only(a.table) : -1;
    if (source >= 0)
        close(source);
    if (a.table >= 0)
        close(a.table);
    if (table < 0)
        return fail(error, st == AK_OK ? AK_ERR_IO : st,
                    a.note ? a.note : "this file of known files cannot be read", path);
    f->feeds[f->n_feeds++] = (struct ak_pool_feed){ { AK_FEED_KNOWN, 0 }, table };
    return AK_OK;
}

/* Where it cannot be kept every worker compiles for itself. */
static void keep_compiled(struct ak_feeds_in_use *f, int fd)
{
    int again = fd >= 0 && f->sums.n_yara && f->n_feeds < AK_POOL_FEEDS ? read_only(fd) : -1;
    if (again >= 0)
        f->feeds[f->n_feeds++] = (struct ak_pool_feed){ { AK_FEED_YARA_COMPILED, 0 }, again };
}

/* ---- opening ---- */

static enum ak_status read_all(struct ak_feeds_in_use *f, const struct ak_feeds_named *named,
                               struct ak_rules_error *error)
{
    struct ak_wire_feed indicators = { AK_FEED_INDICATORS, 0 };
    struct ak_wire_feed yara = { AK_FEED_YARA, named->all_files ? AK_FEED_ALL_FILES : 0 };
    enum ak_status st = add_pack(f, indicators, named->indicators, named->n_indicators, error);
    if (st == AK_OK)
        st = add_pack(f, yara, named->yara, named->n_yara, error);
    for (size_t i = 0; st == AK_OK && i < named->n_known; i++)
        st = add_known(f, named->known[i], named, error);
    if (st != AK_OK)
        return st;
    struct asking a = { .feeds = f, .table = -1 };
    if (named->n_yara)
        a.table = open(named->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    st = ask(&a, AK_JOB_FEEDS, f->feeds[0].fd, named->sandbox);
    if (st == AK_OK)
        st = a.summed && f->n_problems == f->sums.n_listed ? f->sums.status : AK_ERR_CORRUPT;
    keep_compiled(f, st == AK_OK ? a.table : -1);
    if (a.table >= 0)
        close(a.table);
    if (st == AK_ERR_CANCELLED)
        return fail(error, st, "reading the indicators or YARA rules ended their reader", "");
    return st == AK_OK ? st : fail(error, st, "the indicators or YARA rules could not be read", "");
}

enum ak_status ak_feeds_open(const struct ak_feeds_named *named, struct ak_feeds_in_use **out,
                             struct ak_rules_error *error)
{
    *out = NULL;
    if (named->n_indicators + named->n_yara + named->n_known == 0)
        return AK_OK;
    struct ak_feeds_in_use *f = calloc(1, sizeof(*f));
    if (f)
        f->arena = ak_arena_new(ARENA_BYTES);
    enum ak_status st =
        f && f->arena ? read_all(f, named, error) : fail(error, AK_ERR_NOMEM, "out of memory", "");
    if (st == AK_OK)
        *out = f;
    else
        ak_feeds_close(f);
    return st;
}

void ak_feeds_close(struct ak_feeds_in_use *f)
{
    if (!f)
        return;
    for (unsigned i = 0; i < f->n_feeds; i++)
        close(f->feeds[i].fd);
    ak_arena_free(f->arena);
    free(f);
}

void ak_feeds_give(const struct ak_feeds_in_use *f, struct ak_pool *pool)
{
    memcpy(pool->feeds, f->feeds, sizeof(pool->feeds));
    pool->n_feeds = f->n_feeds;
}
