/* worker_expand.c - open what has files inside, and deliver what is in it.
 *
 * Every entry becomes metadata events.  Every file that a parser (or this file
 * again) would read is copied into a spool the supervisor lends, and taken as
 * an item of its own: one broken file then costs one file. */
#include "engine/likely.h"
#include "engine/worker_walk.h"
#include "volume/volume.h"

#include <unistd.h>

/* Limits on what evidence may make us copy. */
#define SPOOL_FILE_MAX ((uint64_t)16 << 30)
#define MEDIA_INSIDE_MAX ((uint64_t)4 << 30) /* a disk image inside a disk image */
#define PROGRESS_BYTES ((uint64_t)64 << 20)
enum { COPY_BYTES = 1 << 20, PROFILE_BYTES = 64 * 1024, CHILDREN_MAX = 4000000 };

struct expansion {
    struct ak_walk walk;
    uint64_t n_children; /* delivered so far, over all volumes */
    uint64_t copied, progress_at;
};

/* ---- files ---- */

/* A descriptor to write a file's contents to; -1 when there is none to be had. */
static int ask_spool(struct ak_worker *w, uint64_t bytes)
{
    struct ak_buf b = { 0 };
    struct ak_frame grant;
    ak_buf_varint(&b, bytes);
    enum ak_status st = ak_wire_send(&w->wire, AK_FRAME_NEED_SPOOL, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
    if (st == AK_OK)
        st = ak_wire_wait(&w->wire, &grant);
    if (st != AK_OK) {
        w->lost = st;
        return -1;
    }
    return grant.fd;
}

static bool write_all(int fd, const uint8_t *at, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

/* Say now and then that we are alive. */
static void copied(struct expansion *x, size_t n)
{
    x->copied += n;
    if (x->copied - x->progress_at >= PROGRESS_BYTES) {
        x->progress_at = x->copied;
        ak_worker_progress(x->walk.w, x->copied);
    }
}

/* Write `head` and the rest of `src` to the spool; how much there was. */
static uint64_t fill_spool(struct expansion *x, struct ak_source *src, const uint8_t *head, size_t head_n,
                           int fd)
{
    static uint8_t buf[COPY_BYTES];
    uint64_t at = head_n;
    if (!write_all(fd, head, head_n))
        return 0;
    while (at < src->size && at < SPOOL_FILE_MAX) {
        size_t n = ak_source_read_some(src, at, buf, sizeof(buf));
        if (n == 0 || !write_all(fd, buf, n))
            break;
        at += n;
        copied(x, n);
    }
    return at;
}

static void send_child(struct expansion *x, const struct ak_file *f, uint64_t size, int fd)
{
    struct ak_wire_child child = { .ordinal = x->n_children,
                                   .volume = x->walk.volume,
                                   .inode = f->id,
                                   .size = size,
                                   .flags = f->flags,
                                   .path = f->path.n ? f->path : x->walk.w->job->path,
                                   .modified = f->modified };
    struct ak_buf b = { 0 };
    ak_wire_put_child(&b, &child);
    if (x->walk.w->lost == AK_OK)
        x->walk.w->lost = ak_wire_send(&x->walk.w->wire, AK_FRAME_CHILD, (struct ak_bytes){ b.at, b.n }, fd);
    ak_buf_free(&b);
}

/* Would anything here read a file that begins like this? */
static bool is_wanted(struct expansion *x, const struct ak_file *f, struct ak_bytes head)
{
    struct ak_str path = f->path.n ? f->path : x->walk.w->job->path;
    struct ak_probe probe = { path, head, f->size };
    if (ak_artefact_for(&probe))
        return true;
    struct ak_source *copy = NULL; /* containers are told by their head */
    bool wanted = false;
    if (ak_source_memory(head, &copy) == AK_OK)
        wanted = ak_container_of(copy) || ak_filesystem_of(copy) || ak_volume_identify(copy);
    ak_source_close(copy);
    return wanted && (x->walk.archive || f->size <= MEDIA_INSIDE_MAX);
}

static void deliver(struct expansion *x, const struct ak_file *f, struct ak_source *src)
{
    static uint8_t head[AK_PROBE_BYTES];
    size_t n = ak_source_read_some(src, 0, head, sizeof(head));
    if (n == 0 || !is_wanted(x, f, (struct ak_bytes){ head, n }))
        return;
    x->n_children++;
    if (x->n_children <= x->walk.w->job->skip)
        return;
    int fd = ask_spool(x->walk.w, f->size);
    if (fd < 0)
        return;
    uint64_t size = fill_spool(x, src, head, n, fd);
    send_child(x, f, size, fd);
    close(fd);
}

/* ---- what the machine says of itself ---- */

/* Files that name the machine and its time zone. */
static const struct profile {
    const char *path, *fact;
} PROFILE[] = {
    { "etc/hostname", "host.name" },
    { "etc/timezone", "host.zone_name" },
    { "etc/localtime", "host.zone_tzif" },
};

static void tell_profile(struct expansion *x, const struct ak_file *f, struct ak_source *src)
{
    static uint8_t text[PROFILE_BYTES];
    for (size_t i = 0; i < sizeof(PROFILE) / sizeof(PROFILE[0]); i++) {
        struct ak_str want = ak_str_of(PROFILE[i].path);
        if (!ak_str_ends(f->path, want) ||
            (f->path.n > want.n && f->path.at[f->path.n - want.n - 1] != '/'))
            continue;
        size_t n = src ? ak_source_read_some(src, 0, text, sizeof(text)) : 0;
        if (n)
            ak_worker_fact(x->walk.w, ak_str_of(PROFILE[i].fact), (struct ak_str){ (char *)text, n });
        else if (f->target.n)
            ak_worker_fact(x->walk.w, AK_STR("host.zone_name"), f->target);
    }
}

static bool in_profile(struct ak_str path)
{
    return ak_str_ends(path, AK_STR("etc/hostname")) || ak_str_ends(path, AK_STR("etc/timezone")) ||
           ak_str_ends(path, AK_STR("etc/localtime"));
}

/* ---- the walk ---- */

static bool has_contents(const struct ak_file *f)
{
    return !(f->flags & (AK_FILE_DIR | AK_FILE_LINK | AK_FILE_SPECIAL | AK_FILE_REALLOC |
                         AK_FILE_ENCRYPTED)) &&
           f->size > 0;
}

static enum ak_status on_file(struct ak_walk *k, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct expansion *x = (struct expansion *)k;
    bool profile = !(f->flags & AK_FILE_DELETED) && in_profile(f->path);
    if (x->n_children >= CHILDREN_MAX)
        return AK_ERR_LIMIT;
    if (f->path.n && ak_worker_stat(k->w, f, k->volume) != AK_OK)
        return AK_ERR_CANCELLED;
    if (profile && (f->flags & AK_FILE_LINK))
        tell_profile(x, f, NULL);
    if (f->flags & AK_FILE_ENCRYPTED)
        ak_worker_damage(k->w, f->path, 0, "encrypted: its contents cannot be read without the key");
    bool look = k->archive || (k->w->job->flags & AK_JOB_SNIFF_ALL) || ak_likely(f->path);
    if (!has_contents(f) || !(look || profile))
        return AK_OK;
    struct ak_source *src = NULL;
    if (fs->ops->open_file(fs, f, &src) != AK_OK) {
        if (!(f->flags & AK_FILE_DELETED))
            ak_worker_damage(k->w, f->path, 0, "the contents of the file could not be opened");
        return AK_OK;
    }
    if (profile && !k->archive)
        tell_profile(x, f, src);
    if (look)
        deliver(x, f, src);
    ak_source_close(src);
    return AK_OK;
}

static void on_volume(struct ak_walk *k, const struct ak_wire_volume *v)
{
    struct ak_buf b = { 0 };
    ak_wire_put_volume(&b, v);
    if (k->w->lost == AK_OK)
        k->w->lost = ak_wire_send(&k->w->wire, AK_FRAME_VOLUME, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
}

struct ak_wire_done ak_worker_expand(struct ak_worker *w, struct ak_source *src)
{
    struct expansion x = { .walk = { .w = w, .file = on_file, .after = on_volume } };
    const char *what, *note;
    enum ak_status st = ak_walk_source(&x.walk, src, &what, &note);
    enum ak_status flushed = ak_worker_flush(w);
    return (struct ak_wire_done){ .status = flushed == AK_OK ? st : flushed,
                                  .what = ak_str_of(what),
                                  .note = ak_str_of(note ? note : ""),
                                  .n_events = w->seq,
                                  .n_children = x.n_children };
}
