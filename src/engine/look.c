/* look.c - see look.h. */
#include "engine/look.h"

#include "artefact/split.h"
#include "engine/plan.h"
#include "engine/pool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_DEPTH = 4 };

/* One piece of output, in order. */
struct piece {
    struct piece *next;
    char *file, *inside;
    char parser[64];
    uint64_t size, from, to;
    int64_t modified_ns;
    struct ak_buf text;
    struct piece *last_child; /* files from inside follow their container */
    int fd;                   /* a spool with the contents; -1: open `file` */
    unsigned depth;
    bool given, done, identify;
};

struct look {
    const struct ak_look_options *options;
    struct ak_look_result *result;
    struct ak_pool pool;
    struct piece *first, **end;
    FILE *out;
    bool direct; /* one worker writes to `out` itself */
    bool broken;
    unsigned busy;
};

static struct piece *piece_alone(const char *file, const char *inside)
{
    struct piece *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->fd = -1;
    p->file = strdup(file);
    p->inside = strdup(inside);
    return p;
}

static struct piece *piece_new(struct look *l, const char *file, const char *inside)
{
    struct piece *p = piece_alone(file, inside);
    if (!p)
        return NULL;
    *l->end = p;
    l->end = &p->next;
    return p;
}

/* Put a piece behind another one. */
static void put_behind(struct look *l, struct piece *before, struct piece *p)
{
    p->next = before->next;
    before->next = p;
    if (!p->next)
        l->end = &p->next;
}

static void piece_free(struct piece *p)
{
    ak_buf_free(&p->text);
    if (p->fd >= 0)
        close(p->fd);
    free(p->file);
    free(p->inside);
    free(p);
}

static bool add_path(struct look *l, const char *path)
{
    struct ak_plan plan;
    if (ak_plan_make(path, &plan) != AK_OK) {
        fprintf(stderr, "akashi: %s: %s\n", path,
                ak_word(l->options->lang, "it cannot be opened; the rest goes on"));
        l->result->failed++;
        ak_plan_free(&plan);
        return true;
    }
    for (size_t i = 0; i < plan.n; i++) {
        struct piece *p = piece_new(l, plan.files[i].path, plan.files[i].inside);
        if (!p)
            return false;
        p->size = plan.files[i].size;
        p->modified_ns = plan.files[i].modified_ns;
        p->identify = l->options->kind == AK_JOB_DUMP && !l->direct && p->size > AK_SPLIT_ABOVE;
    }
    ak_plan_free(&plan);
    return true;
}

/* Write what stands at the front of the line. */
static void write_front(struct look *l)
{
    while (l->first) {
        struct piece *p = l->first;
        if (p->text.n && fwrite(p->text.at, 1, p->text.n, l->out) != p->text.n)
            l->broken = true;
        p->text.n = 0;
        if (!p->done)
            return;
        l->first = p->next;
        if (!l->first)
            l->end = &l->first;
        piece_free(p);
    }
}

static void tell(struct look *l, const struct piece *p, const char *what, uint64_t offset,
                 bool with_offset)
{
    if (with_offset)
        fprintf(stderr, "akashi: %s: %s %llu: %s\n", p->file, ak_word(l->options->lang, "at byte"),
                (unsigned long long)offset, ak_word(l->options->lang, what));
    else
        fprintf(stderr, "akashi: %s: %s\n", p->file, ak_word(l->options->lang, what));
}

static void on_damage(struct look *l, const struct piece *p, struct ak_reader *r)
{
    char what[512];
    struct ak_str inside = ak_wire_get_str(r);
    uint64_t offset = ak_rd_varint(r);
    struct ak_str text = ak_wire_get_str(r);
    snprintf(what, sizeof(what), "%.*s", (int)text.n, text.at);
    l->result->damage++;
    if (inside.n)
        fprintf(stderr, "akashi: %s: %.*s: %s\n", p->file, (int)inside.n, inside.at,
                ak_word(l->options->lang, what));
    else
        tell(l, p, what, offset, true);
}

/* Put the parts of a large file in its place. */
static void cut(struct look *l, struct piece *p, const struct ak_wire_done *d)
{
    struct piece **at = &p->next, *rest = p->next;
    snprintf(p->parser, sizeof(p->parser), "%.*s", (int)d->what.n, d->what.at);
    for (uint64_t from = 0; from < p->size;) {
        uint64_t to = ak_split_end((enum ak_split)d->split, from, p->size);
        struct piece *part = from == 0 ? p : piece_alone(p->file, p->inside);
        if (!part)
            break;
        if (part != p) {
            part->fd = p->fd >= 0 ? dup(p->fd) : -1;
            memcpy(part->parser, p->parser, sizeof(part->parser));
            part->size = p->size;
            part->modified_ns = p->modified_ns;
            *at = part;
            at = &part->next;
        }
        part->from = from;
        part->to = to;
        from = to;
    }
    *at = rest;
    if (!rest)
        l->end = at;
    p->given = p->identify = false;
}

static void on_done(struct look *l, struct ak_pool_worker *w, struct piece *p, struct ak_reader *r)
{
    struct ak_wire_done d = ak_wire_get_done(r);
    w->task = NULL;
    l->busy--;
    if (p->identify && d.split != AK_SPLIT_NONE && d.status == AK_OK) {
        cut(l, p, &d);
        return;
    }
    if (p->identify) { /* whole, then */
        p->given = p->identify = false;
        return;
    }
    p->done = true;
    l->result->files++;
    l->result->events += d.n_events;
    if (d.wants_expand) {
        tell(l, p, "nested too deep: what is inside is not examined", 0, false);
        l->result->failed++;
    } else if (d.note.n) {
        char note[512];
        snprintf(note, sizeof(note), "%.*s", (int)d.note.n, d.note.at);
        tell(l, p, note, 0, false);
    }
    if (d.status != AK_OK && d.status != AK_ERR_CORRUPT)
        l->result->failed++;
}

/* A spool for a file inside a file; siblings as the evidence's folder has them. */
static void on_need(struct look *l, struct ak_pool_worker *w, const struct piece *p,
                    struct ak_frame *f)
{
    int fd = -1;
    if (f->kind == AK_FRAME_NEED_SPOOL) {
        fd = open(P_tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    } else {
        char path[8192];
        struct ak_str name = ak_wire_get_str(&f->body);
        fd = ak_plan_open_beside(p->file, name, path, sizeof(path));
    }
    (void)l;
    ak_pool_grant(w, fd);
    if (fd >= 0)
        close(fd);
}

/* A file from inside: taken after its container, in walk order. */
static void on_child(struct look *l, struct piece *p, struct ak_frame *f)
{
    char inside[32768];
    struct ak_wire_child c = ak_wire_get_child(&f->body);
    if (!ak_rd_ok(&f->body) || f->fd < 0 || p->depth >= LOOK_DEPTH)
        return;
    snprintf(inside, sizeof(inside), "%.*s", (int)c.path.n, c.path.at);
    struct piece *child = piece_alone(p->file, inside);
    if (!child)
        return;
    child->fd = f->fd;
    f->fd = -1;
    child->size = c.size;
    child->depth = p->depth + 1;
    child->modified_ns = ak_stamp_is_set(c.modified) ? c.modified.utc_ns : p->modified_ns;
    put_behind(l, p->last_child ? p->last_child : p, child);
    p->last_child = child;
}

static void on_frame(void *self, struct ak_pool_worker *w, struct ak_frame *f)
{
    struct look *l = self;
    struct piece *p = w->task;
    if (p && f->kind == AK_FRAME_CHILD)
        on_child(l, p, f);
    if (f->fd >= 0)
        close(f->fd);
    if (!p)
        return;
    if (f->kind == AK_FRAME_TEXT)
        ak_buf_put(&p->text, f->body.in.at, f->body.in.n);
    else if (f->kind == AK_FRAME_DAMAGE)
        on_damage(l, p, &f->body);
    else if (f->kind == AK_FRAME_DONE)
        on_done(l, w, p, &f->body);
    else if (f->kind == AK_FRAME_NEED_SIBLING || f->kind == AK_FRAME_NEED_SPOOL)
        on_need(l, w, p, f);
}

static void on_lost(void *self, struct ak_pool_worker *w, int signal, bool hung)
{
    struct look *l = self;
    struct piece *p = w->task;
    (void)signal;
    l->busy--;
    if (l->direct && signal == SIGPIPE) {
        l->broken = true;
        return;
    }
    tell(l, p, hung ? "its parser stopped answering and was ended" : "its parser crashed", 0,
         false);
    p->done = true;
    l->result->failed++;
}

static void give(struct look *l, struct ak_pool_worker *w, struct piece *p)
{
    int fd = p->fd >= 0 ? dup(p->fd) : open(p->file, O_RDONLY | O_CLOEXEC);
    bool expand = l->options->kind == AK_JOB_DUMP && !p->identify && p->depth < LOOK_DEPTH &&
                  !l->options->parser.n;
    p->given = true;
    if (fd < 0) {
        tell(l, p, "the file could not be opened", 0, false);
        p->done = true;
        l->result->failed++;
        return;
    }
    struct ak_job job = { .kind = p->identify ? AK_JOB_DUMP : l->options->kind,
                          .flags = (p->identify ? AK_JOB_IDENTIFY : 0u) |
                                   (l->direct ? AK_JOB_TO_FD : 0u) |
                                   (expand ? AK_JOB_MAY_EXPAND : 0u),
                          .path = ak_str_of(p->inside),
                          .name = ak_str_basename(ak_str_of(p->file)),
                          .evidence = ak_str_of(p->file),
                          .parser = p->parser[0] ? ak_str_of(p->parser) : l->options->parser,
                          .zone = l->options->zone_tzif,
                          .access_format = l->options->access_format,
                          .options = l->options->options,
                          .modified = ak_stamp_unix(p->modified_ns / 1000000000, 0, AK_PREC_S),
                          .from = p->from,
                          .to = p->to };
    if (ak_pool_give(&l->pool, w, &job, fd, p) == AK_OK)
        l->busy++;
    else
        l->broken = true;
    close(fd);
}

/* Give work, but do not run far ahead of what has been written. */
static void give_work(struct look *l)
{
    unsigned ahead = 0;
    struct piece *p = l->first;
    for (unsigned i = 0; i < l->pool.n; i++) {
        if (l->pool.workers[i].task)
            continue;
        while (p && (p->given || p->done) && ahead < 4 * l->pool.n) {
            p = p->next;
            ahead++;
        }
        if (!p || p->given || p->done)
            return;
        give(l, &l->pool.workers[i], p);
    }
}

enum ak_status ak_look(const char *const *paths, size_t n_paths,
                       const struct ak_look_options *options, FILE *out,
                       struct ak_look_result *result)
{
    struct look l = { .options = options, .result = result, .out = out };
    long n = options->threads ? (long)options->threads : sysconf(_SC_NPROCESSORS_ONLN);
    *result = (struct ak_look_result){ 0 };
    l.end = &l.first;
    l.direct = n == 1;
    if (ak_pool_open(&l.pool, n < 1 ? 1 : (unsigned)n, options->sandbox) != AK_OK)
        return AK_ERR_IO;
    if (l.direct) {
        fflush(out);
        l.pool.out_fd = fileno(out);
    }
    for (size_t i = 0; i < n_paths && !l.broken; i++)
        l.broken = !add_path(&l, paths[i]);
    struct ak_pool_handler handler = { on_frame, on_lost, &l };
    while (l.first && !l.broken) {
        give_work(&l);
        ak_pool_poll(&l.pool, 1000, &handler);
        write_front(&l);
    }
    ak_pool_close(&l.pool);
    while (l.first) {
        struct piece *next = l.first->next;
        piece_free(l.first);
        l.first = next;
    }
    return l.broken || fflush(out) != 0 ? AK_ERR_IO : AK_OK;
}
