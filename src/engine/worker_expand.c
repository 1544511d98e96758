/* worker_expand.c - open what has files inside, and deliver what is in it.
 *
 * Every entry becomes metadata events.  Every file that a parser (or this file
 * again) would read is copied into a spool the supervisor lends, and taken as
 * an item of its own: one broken file then costs one file. */
#include "engine/likely.h"
#include "engine/worker.h"
#include "volume/volume.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Limits on what evidence may make us copy. */
#define SPOOL_FILE_MAX ((uint64_t)16 << 30)
#define MEDIA_INSIDE_MAX ((uint64_t)4 << 30) /* a disk image inside a disk image */
#define PROGRESS_BYTES ((uint64_t)64 << 20)
enum { COPY_BYTES = 1 << 20, PROFILE_BYTES = 64 * 1024, CHILDREN_MAX = 4000000 };

/* A walk under way. */
struct walk {
    struct ak_worker *w;
    uint64_t volume;     /* number of the volume; 0 in an archive */
    uint64_t n_files;    /* entries seen in this volume */
    uint64_t n_children; /* delivered so far, over all volumes */
    bool archive;
    uint64_t copied, progress_at;
};

bool ak_worker_is_container(struct ak_source *src, struct ak_str path)
{
    (void)path;
    if (src->size == 0)
        return false;
    if (ak_container_of(src) || ak_filesystem_of(src) || ak_volume_identify(src))
        return true;
    struct ak_arena *arena = ak_arena_new(AK_ITEM_ARENA);
    struct ak_volume *volumes;
    size_t n = 0;
    const char *note;
    bool table = arena && ak_volumes_list(arena, src, &volumes, &n, &note) == AK_OK && n > 0 &&
                 !ak_str_eq(volumes[0].scheme, AK_STR("none"));
    ak_arena_free(arena);
    return table;
}

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
static void copied(struct walk *k, size_t n)
{
    k->copied += n;
    if (k->copied - k->progress_at >= PROGRESS_BYTES) {
        k->progress_at = k->copied;
        ak_worker_progress(k->w, k->copied);
    }
}

/* Write `head` and the rest of `src` to the spool; how much there was. */
static uint64_t fill_spool(struct walk *k, struct ak_source *src, const uint8_t *head, size_t head_n,
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
        copied(k, n);
    }
    return at;
}

static void send_child(struct walk *k, const struct ak_file *f, uint64_t size, int fd)
{
    struct ak_wire_child child = { .ordinal = k->n_children,
                                   .volume = k->volume,
                                   .inode = f->id,
                                   .size = size,
                                   .flags = f->flags,
                                   .path = f->path.n ? f->path : k->w->job->path,
                                   .modified = f->modified };
    struct ak_buf b = { 0 };
    ak_wire_put_child(&b, &child);
    if (k->w->lost == AK_OK)
        k->w->lost = ak_wire_send(&k->w->wire, AK_FRAME_CHILD, (struct ak_bytes){ b.at, b.n }, fd);
    ak_buf_free(&b);
}

/* Would anything here read a file that begins like this? */
static bool is_wanted(struct walk *k, const struct ak_file *f, struct ak_bytes head)
{
    struct ak_str path = f->path.n ? f->path : k->w->job->path;
    struct ak_probe probe = { path, head, f->size };
    if (ak_artefact_for(&probe))
        return true;
    struct ak_source *copy = NULL; /* containers are told by their head */
    bool wanted = false;
    if (ak_source_memory(head, &copy) == AK_OK)
        wanted = ak_container_of(copy) || ak_filesystem_of(copy) || ak_volume_identify(copy);
    ak_source_close(copy);
    return wanted && (k->archive || f->size <= MEDIA_INSIDE_MAX);
}

static void deliver(struct walk *k, const struct ak_file *f, struct ak_source *src)
{
    static uint8_t head[AK_PROBE_BYTES];
    size_t n = ak_source_read_some(src, 0, head, sizeof(head));
    if (n == 0 || !is_wanted(k, f, (struct ak_bytes){ head, n }))
        return;
    k->n_children++;
    if (k->n_children <= k->w->job->skip)
        return;
    int fd = ask_spool(k->w, f->size);
    if (fd < 0)
        return;
    uint64_t size = fill_spool(k, src, head, n, fd);
    send_child(k, f, size, fd);
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

static void tell_profile(struct walk *k, const struct ak_file *f, struct ak_source *src)
{
    static uint8_t text[PROFILE_BYTES];
    for (size_t i = 0; i < sizeof(PROFILE) / sizeof(PROFILE[0]); i++) {
        struct ak_str want = ak_str_of(PROFILE[i].path);
        if (!ak_str_ends(f->path, want) ||
            (f->path.n > want.n && f->path.at[f->path.n - want.n - 1] != '/'))
            continue;
        size_t n = src ? ak_source_read_some(src, 0, text, sizeof(text)) : 0;
        if (n)
            ak_worker_fact(k->w, ak_str_of(PROFILE[i].fact), (struct ak_str){ (char *)text, n });
        else if (f->target.n)
            ak_worker_fact(k->w, AK_STR("host.zone_name"), f->target);
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

static enum ak_status on_file(void *self, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct walk *k = self;
    bool profile = !(f->flags & AK_FILE_DELETED) && in_profile(f->path);
    k->n_files++;
    if (k->n_children >= CHILDREN_MAX)
        return AK_ERR_LIMIT;
    if (f->path.n && ak_worker_stat(k->w, f, k->volume) != AK_OK)
        return AK_ERR_CANCELLED;
    if (profile && (f->flags & AK_FILE_LINK))
        tell_profile(k, f, NULL);
    if (f->flags & AK_FILE_ENCRYPTED)
        ak_worker_damage(k->w, f->path, 0, "encrypted: its contents cannot be read without the key");
    bool look = k->archive || (k->w->job->flags & AK_JOB_SNIFF_ALL) || ak_likely(f->path);
    if (!has_contents(f) || !(look || profile))
        return k->w->lost;
    struct ak_source *src = NULL;
    if (fs->ops->open_file(fs, f, &src) != AK_OK) {
        if (!(f->flags & AK_FILE_DELETED))
            ak_worker_damage(k->w, f->path, 0, "the contents of the file could not be opened");
        return k->w->lost;
    }
    if (profile && !k->archive)
        tell_profile(k, f, src);
    if (look)
        deliver(k, f, src);
    ak_source_close(src);
    return k->w->lost;
}

static void on_fs_damage(void *self, struct ak_str path, uint64_t offset, const char *what)
{
    struct walk *k = self;
    ak_worker_damage(k->w, path, offset, what);
}

static enum ak_status walk_one(struct walk *k, const struct ak_filesystem_ops *ops,
                               struct ak_source *src, struct ak_wire_volume *v)
{
    struct ak_filesystem *fs = NULL;
    const char *note = NULL;
    enum ak_status st = ops->open(src, &fs, &note);
    if (st != AK_OK) {
        v->note = ak_str_of(note ? note : "it could not be opened");
        return st;
    }
    struct ak_file_visitor visitor = { on_file, on_fs_damage, k };
    k->archive = ops->archive;
    k->n_files = 0;
    st = ops->walk(fs, &visitor);
    v->filesystem = ak_str_of(fs->type ? fs->type : ops->name);
    if (!v->label.n && fs->label[0]) { /* copy: the file system goes before the frame does */
        char *label = AK_NEW_N(k->w->arena, char, sizeof(fs->label));
        if (label)
            v->label = ak_str_of(memcpy(label, fs->label, sizeof(fs->label)));
    }
    v->n_files = k->n_files;
    v->readable = true;
    if (st != AK_OK && st != AK_ERR_CANCELLED)
        v->note = AK_STR("the walk over it ended early");
    fs->ops->close(fs);
    return st;
}

static void send_volume(struct walk *k, const struct ak_wire_volume *v)
{
    struct ak_buf b = { 0 };
    ak_wire_put_volume(&b, v);
    if (k->w->lost == AK_OK)
        k->w->lost = ak_wire_send(&k->w->wire, AK_FRAME_VOLUME, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
}

static enum ak_status walk_volume(struct walk *k, struct ak_source *media, const struct ak_volume *vol,
                                  uint64_t number)
{
    struct ak_source *src = NULL;
    struct ak_wire_volume v = { .number = number,
                                .offset = vol->offset,
                                .size = vol->size,
                                .scheme = vol->scheme,
                                .type = vol->type,
                                .label = vol->label,
                                .allocated = vol->allocated };
    if (ak_source_slice(media, vol->offset, vol->size, &src) != AK_OK)
        return AK_ERR_NOMEM;
    k->volume = number;
    const struct ak_filesystem_ops *ops = ak_filesystem_of(src);
    const char *named = ak_volume_identify(src);
    if (ops && !ops->archive)
        walk_one(k, ops, src, &v);
    if (!v.filesystem.n && named)
        v.filesystem = ak_str_of(named);
    if (!v.readable && !v.note.n && vol->allocated)
        v.note = named ? AK_STR("recognised, but not read by this version") : AK_STR("no file system was recognised");
    if (!v.readable && vol->allocated)
        ak_worker_damage(k->w, v.filesystem, vol->offset,
                         named ? "a volume of this kind is not read: its files are not examined"
                               : "a volume without a recognised file system: its contents are not examined");
    send_volume(k, &v);
    ak_source_close(src);
    return k->w->lost;
}

static enum ak_status walk_media(struct walk *k, struct ak_source *media)
{
    struct ak_volume *volumes;
    size_t n;
    const char *note = NULL;
    enum ak_status st = ak_volumes_list(k->w->arena, media, &volumes, &n, &note);
    if (note)
        ak_worker_damage(k->w, AK_STR(""), 0, note);
    for (size_t i = 0; st == AK_OK && i < n; i++)
        st = walk_volume(k, media, &volumes[i], i + 1);
    return st;
}

/* ---- containers ---- */

/* A file beside the evidence, asked of the supervisor. */
struct siblings {
    struct ak_worker *w;
    struct ak_source *open[4096];
    int fds[4096];
    unsigned n;
};

static struct ak_source *open_sibling(void *self, struct ak_str name)
{
    struct siblings *s = self;
    struct ak_buf b = { 0 };
    struct ak_frame grant = { .fd = -1 };
    if (s->n == sizeof(s->open) / sizeof(s->open[0]))
        return NULL;
    ak_wire_put_str(&b, name);
    enum ak_status st =
        ak_wire_send(&s->w->wire, AK_FRAME_NEED_SIBLING, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
    if (st == AK_OK)
        st = ak_wire_wait(&s->w->wire, &grant);
    if (st != AK_OK)
        s->w->lost = st;
    if (st != AK_OK || grant.fd < 0)
        return NULL;
    if (ak_source_fd(grant.fd, &s->open[s->n]) != AK_OK) {
        close(grant.fd);
        return NULL;
    }
    s->fds[s->n] = grant.fd;
    return s->open[s->n++];
}

static void close_siblings(struct siblings *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        ak_source_close(s->open[i]);
        close(s->fds[i]);
    }
    free(s);
}

static void tell_disk(struct ak_worker *w, const struct ak_disk *disk)
{
    for (size_t i = 0; i < disk->n_facts; i++) {
        char name[128];
        int n = snprintf(name, sizeof(name), "media.%.*s", (int)disk->facts[i].name.n,
                         disk->facts[i].name.at);
        if (n > 0 && (size_t)n < sizeof(name))
            ak_worker_fact(w, (struct ak_str){ name, (size_t)n }, disk->facts[i].value);
    }
    for (size_t i = 0; i < disk->n_notes; i++)
        ak_worker_damage(w, AK_STR(""), 0, disk->notes[i]);
}

enum ak_status ak_worker_open_media(struct ak_worker *w, struct ak_source *src,
                                    const struct ak_container *c, struct ak_media *out)
{
    *out = (struct ak_media){ 0 };
    struct siblings *s = calloc(1, sizeof(*s));
    if (!s)
        return AK_ERR_NOMEM;
    s->w = w;
    struct ak_siblings siblings = { .open = open_sibling, .self = s, .first = w->job->name };
    enum ak_status st = c->open(w->arena, src, &siblings, &out->disk);
    ak_worker_fact(w, AK_STR("media.container"), ak_str_of(c->name));
    tell_disk(w, &out->disk);
    out->siblings = s;
    return st;
}

void ak_worker_close_media(struct ak_media *m)
{
    ak_source_close(m->disk.media);
    if (m->siblings)
        close_siblings(m->siblings);
}

/* The container of a piece of evidence, by content or, for server.001, by the
 * names beside it. */
static const struct ak_container *container_for(struct ak_worker *w, struct ak_source *src)
{
    struct siblings *s = calloc(1, sizeof(*s));
    if (!s)
        return ak_container_of(src);
    s->w = w;
    struct ak_siblings siblings = { .open = open_sibling, .self = s, .first = w->job->name };
    const struct ak_container *c = ak_container_for(src, &siblings);
    close_siblings(s);
    return c;
}

static struct ak_wire_done finish(struct walk *k, enum ak_status st, const char *what)
{
    enum ak_status flushed = ak_worker_flush(k->w);
    return (struct ak_wire_done){ .status = flushed == AK_OK ? st : flushed,
                                  .what = ak_str_of(what),
                                  .n_events = k->w->seq,
                                  .n_children = k->n_children };
}

static struct ak_wire_done expand_archive(struct walk *k, const struct ak_filesystem_ops *ops,
                                          struct ak_source *src)
{
    struct ak_wire_volume v = { .size = src->size, .scheme = AK_STR("archive"), .allocated = true };
    enum ak_status st = walk_one(k, ops, src, &v);
    if (v.note.n)
        ak_worker_damage(k->w, AK_STR(""), 0, v.note.at);
    send_volume(k, &v);
    return finish(k, st, ops->name);
}

struct ak_wire_done ak_worker_expand(struct ak_worker *w, struct ak_source *src)
{
    struct walk k = { .w = w };
    const struct ak_container *c = container_for(w, src);
    const struct ak_filesystem_ops *fs = c ? NULL : ak_filesystem_of(src);
    if (fs && fs->archive)
        return expand_archive(&k, fs, src);
    if (!c)
        return finish(&k, walk_media(&k, src), "raw");
    struct ak_media media;
    enum ak_status st = ak_worker_open_media(w, src, c, &media);
    if (st == AK_OK)
        st = walk_media(&k, media.disk.media);
    struct ak_wire_done done = finish(&k, st, c->name);
    if (st != AK_OK && media.disk.n_notes)
        done.note = ak_str_of(media.disk.notes[0]);
    ak_worker_close_media(&media);
    return done;
}
