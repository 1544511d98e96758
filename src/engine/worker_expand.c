/* worker_expand.c - open what has files inside, and deliver what is in it.
 *
 * Every entry becomes metadata events.  Every file that a parser (or this file
 * again) would read is copied into a spool the supervisor lends, and taken as
 * an item of its own: one broken file then costs one file. */
#include "base/digits.h"
#include "base/fd.h"
#include "engine/likely.h"
#include "engine/worker_walk.h"
#include "evidence/triage.h"
#include "volume/volume.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

/* Limits on what evidence may make us copy. */
#define SPOOL_FILE_MAX ((uint64_t)16 << 30)
#define MEDIA_INSIDE_MAX ((uint64_t)4 << 30) /* a disk image inside a disk image */
#define PROGRAM_MAX ((uint64_t)256 << 20)    /* looked into for what it says of itself */
#define PROGRESS_BYTES ((uint64_t)64 << 20)
enum { COPY_BYTES = 1 << 20, CHILDREN_MAX = 4000000 };
/* Some file systems are told by what stands 64 KiB in: btrfs, UFS2, Reiser4, GFS2. */
enum { HEAD_BYTES = AK_PROBE_BYTES + 8192 };

struct expansion {
    struct ak_walk walk;
    struct ak_triage_guess collection; /* what an archive's listing is */
    struct ak_arena *names;            /* of paths on the machine; reset per entry */
    uint64_t n_children;               /* delivered so far, over all volumes */
    uint64_t copied, progress_at;
    char sha256[65]; /* of the entry under way; empty: not hashed */
};

/* ---- files ---- */

/* A descriptor to write a file's contents to; -1 when there is none to be had. */
static int ask_spool(struct ak_worker *w, uint64_t bytes)
{
    struct ak_buf b = { 0 };
    struct ak_frame grant;
    ak_buf_varint(&b, bytes);
    enum ak_status st =
        ak_wire_send(&w->wire, AK_FRAME_NEED_SPOOL, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
    if (st == AK_OK)
        st = ak_wire_wait(&w->wire, &grant);
    if (st != AK_OK) {
        w->lost = st;
        return -1;
    }
    return grant.fd;
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

/* What becomes of a file's bytes on their one way through. */
struct stream {
    int fd;           /* the spool they go to; -1: none */
    EVP_MD_CTX *hash; /* NULL: not hashed */
    uint64_t n;
};

static bool pass_on(struct stream *s, const uint8_t *at, size_t n)
{
    if (s->hash)
        EVP_DigestUpdate(s->hash, at, n);
    if (s->fd >= 0 && !ak_write_all(s->fd, at, n))
        return false;
    s->n += n;
    return true;
}

/* Say why a copy is shorter than the file. */
static void tell_short(struct expansion *x, const struct ak_file *f, struct ak_source *src,
                       uint64_t at)
{
    uint8_t byte;
    size_t missing = 0;
    if (at >= SPOOL_FILE_MAX)
        ak_worker_damage(x->walk.w, f->path, at,
                         "larger than the limit: only its beginning is examined");
    else if (src->size != AK_SIZE_UNKNOWN && at < src->size)
        ak_worker_damage(x->walk.w, f->path, at, "the contents could not be read to their end");
    else if (src->size == AK_SIZE_UNKNOWN && src->ops->read(src, at, &byte, 1, &missing) != AK_OK)
        /* not ak_source_read(): that fails at the proper end too */
        ak_worker_damage(x->walk.w, f->path, at, "the packed contents break off before their end");
}

/* Send `head` and the rest of `src` through the stream. */
static void run_through(struct expansion *x, const struct ak_file *f, struct ak_source *src,
                        struct ak_bytes head, struct stream *s)
{
    static uint8_t buf[COPY_BYTES];
    if (!pass_on(s, head.at, head.n))
        return;
    while (s->n < src->size && s->n < SPOOL_FILE_MAX) {
        size_t n = ak_source_read_some(src, s->n, buf, sizeof(buf));
        if (n == 0 || !pass_on(s, buf, n))
            break;
        copied(x, n);
    }
    tell_short(x, f, src, s->n);
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
        x->walk.w->lost =
            ak_wire_send(&x->walk.w->wire, AK_FRAME_CHILD, (struct ak_bytes){ b.at, b.n }, fd);
    ak_buf_free(&b);
}

/* Would anything here read a file that begins like this? */
static bool is_wanted(struct expansion *x, const struct ak_file *f, struct ak_bytes head)
{
    struct ak_str path = f->path.n ? f->path : x->walk.w->job->path;
    struct ak_bytes first = { head.at, head.n < AK_PROBE_BYTES ? head.n : AK_PROBE_BYTES };
    struct ak_probe probe = { path, first, f->size };
    if (ak_artefact_for(&probe))
        return true;
    struct ak_source *copy = NULL; /* containers are told by their head */
    bool wanted = false;
    if (ak_source_memory(head, &copy) == AK_OK)
        wanted = ak_container_of(copy) || ak_filesystem_of(copy) || ak_volume_identify(copy);
    ak_source_close(copy);
    return wanted && (x->walk.archive || f->size <= MEDIA_INSIDE_MAX);
}

/* Keep the finished hash as text for the entry's events. */
static void end_hash(struct expansion *x, struct stream *s)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (!s->hash)
        return;
    EVP_DigestFinal_ex(s->hash, hash, &n);
    ak_hex_text(x->sha256, hash, n < 32 ? n : 32);
    EVP_MD_CTX_free(s->hash);
}

/* Read a file once: to a spool when something here would read it, through the
 * hash when hashes were asked for. */
static void deliver(struct expansion *x, const struct ak_file *f, struct ak_source *src, bool look)
{
    static uint8_t buf[HEAD_BYTES];
    bool hash = x->walk.w->job->flags & AK_JOB_HASH_FILES;
    struct ak_bytes head = { buf, ak_source_read_some(src, 0, buf, sizeof(buf)) };
    struct stream s = { .fd = -1 };
    bool wanted = head.n && ((look && is_wanted(x, f, head)) ||
                             ak_worker_yara_wants(x->walk.w, f->path, head, f->size));
    if (wanted && ++x->n_children > x->walk.w->job->skip)
        s.fd = ask_spool(x->walk.w, f->size);
    if (hash && (s.hash = EVP_MD_CTX_new()) != NULL)
        EVP_DigestInit_ex(s.hash, EVP_sha256(), NULL);
    if (s.fd >= 0 || s.hash)
        run_through(x, f, src, head, &s);
    end_hash(x, &s);
    if (s.fd >= 0) {
        send_child(x, f, s.n, s.fd);
        close(s.fd);
    }
}

static bool has_contents(const struct ak_file *f)
{
    return !(f->flags & (AK_FILE_DIR | AK_FILE_LINK | AK_FILE_SPECIAL | AK_FILE_REALLOC |
                         AK_FILE_ENCRYPTED)) &&
           f->size > 0;
}

/* ---- triage collections in archives ---- */

enum { LISTED_MAX = 200000, LISTED_BYTES = 64 << 20 };

struct listing {
    struct ak_arena *arena;
    struct ak_str *paths;
    size_t n;
};

static enum ak_status list_file(void *self, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct listing *l = self;
    char *copy = l->n < LISTED_MAX ? AK_NEW_N(l->arena, char, f->path.n + 1) : NULL;
    (void)fs;
    if (!copy)
        return AK_ERR_CANCELLED;
    memcpy(copy, f->path.at, f->path.n);
    l->paths[l->n++] = (struct ak_str){ copy, f->path.n };
    return AK_OK;
}

static void no_damage(void *self, struct ak_str path, uint64_t offset, const char *what)
{
    (void)self;
    (void)path;
    (void)offset;
    (void)what;
}

/* Read the listing of an archive first: the paths of a collection's files mean
 * something else than they say. */
static void guess_collection(struct expansion *x, struct ak_source *src)
{
    const struct ak_filesystem_ops *ops = ak_filesystem_of(src);
    struct listing l = { .arena = ak_arena_new(LISTED_BYTES) };
    struct ak_filesystem *fs = NULL;
    const char *note;
    l.paths = l.arena ? AK_NEW_N(l.arena, struct ak_str, LISTED_MAX) : NULL;
    if (ops && ops->archive && l.paths && ak_filesystem_open(src, &fs, &note) == AK_OK) {
        struct ak_file_visitor visitor = { list_file, no_damage, &l };
        if (fs->ops->walk(fs, &visitor) != AK_ERR_NOMEM)
            x->collection = ak_triage_detect(l.paths, l.n, ak_str_basename(x->walk.w->job->path));
        fs->ops->close(fs);
    }
    if (x->collection.name)
        ak_worker_fact(x->walk.w, AK_STR("collection"), ak_str_of(x->collection.name));
    if (x->collection.host.n)
        ak_worker_fact(x->walk.w, AK_STR("host.name"), x->collection.host);
    /* root is a view into the listing: copy what outlives it */
    char *root =
        x->collection.root.n ? AK_NEW_N(x->walk.w->arena, char, x->collection.root.n) : NULL;
    if (root)
        memcpy(root, x->collection.root.at, x->collection.root.n);
    x->collection.root.at = root ? root : "";
    ak_arena_free(l.arena);
}

/* The entry under the path it had on the machine. */
static struct ak_file on_machine(struct expansion *x, const struct ak_file *f)
{
    struct ak_file mapped = *f;
    struct ak_triage_place place;
    if (x->collection.kind == AK_TRIAGE_NONE || !x->names)
        return mapped;
    ak_arena_reset(x->names);
    if (ak_triage_map(x->names, &x->collection, f->path, &place) == AK_OK && place.known)
        mapped.path = place.path;
    return mapped;
}

/* May it be a program that events of this machine tell of, and do rules ask for what
 * it says?  Whether this try uses the rules does not matter: children keep their numbers. */
static bool is_asked_for(const struct ak_worker *w, const struct ak_file *f)
{
    return f->size <= PROGRAM_MAX && ak_likely_started(f->path) &&
           ak_worker_rules_ask_programs(w->rules);
}

/* Is an entry worth opening? */
static bool is_looked_into(const struct expansion *x, const struct ak_file *f)
{
    uint32_t flags = x->walk.w->job->flags;
    return x->walk.archive || (flags & AK_JOB_SNIFF_ALL) || ak_likely(f->path) ||
           ((flags & AK_JOB_PROGRAMS) && ak_likely_program(f->path)) || is_asked_for(x->walk.w, f);
}

/* What an entry holds: read, delivered, hashed, as far as it should be. */
static void take_contents(struct expansion *x, struct ak_filesystem *fs,
                          const struct ak_file *entry, const struct ak_file *f)
{
    struct ak_worker *w = x->walk.w;
    bool profile = !(f->flags & AK_FILE_DELETED) && ak_worker_in_profile(f->path);
    bool look = is_looked_into(x, f);
    struct ak_source *src = NULL;
    if (profile && (f->flags & AK_FILE_LINK))
        ak_worker_profile(w, f->path, f->target, NULL);
    if (f->flags & AK_FILE_ENCRYPTED)
        ak_worker_damage(w, f->path, 0, "encrypted: its contents cannot be read without the key");
    bool scan = ak_worker_yara_may_want(w, f->path, f->size);
    if (!has_contents(f) || !(look || scan || profile || (w->job->flags & AK_JOB_HASH_FILES)))
        return;
    if (fs->ops->open_file(fs, entry, &src) != AK_OK) {
        if (!(f->flags & AK_FILE_DELETED))
            ak_worker_damage(w, f->path, 0, "the contents of the file could not be opened");
        return;
    }
    if (profile)
        ak_worker_profile(w, f->path, f->target, src);
    if (!profile || (w->job->flags & AK_JOB_HASH_FILES))
        deliver(x, f, src, look && !profile);
    ak_source_close(src);
}

static enum ak_status on_file(struct ak_walk *k, struct ak_filesystem *fs,
                              const struct ak_file *entry)
{
    struct expansion *x = (struct expansion *)k;
    struct ak_file mapped = on_machine(x, entry), *f = &mapped;
    if (x->n_children >= CHILDREN_MAX)
        return AK_ERR_LIMIT;
    x->sha256[0] = 0;
    take_contents(x, fs, entry, f);
    if (f->path.n && ak_worker_stat(k->w, f, k->volume, ak_str_of(x->sha256)) != AK_OK)
        return AK_ERR_CANCELLED;
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
    x.names = ak_arena_new(LISTED_BYTES);
    guess_collection(&x, src);
    enum ak_status st = ak_walk_source(&x.walk, src, &what, &note);
    enum ak_status flushed = ak_worker_flush(w);
    ak_arena_free(x.names);
    return (struct ak_wire_done){ .status = flushed == AK_OK ? st : flushed,
                                  .what = ak_str_of(what),
                                  .note = ak_str_of(note ? note : ""),
                                  .n_events = w->seq,
                                  .n_children = x.n_children };
}
