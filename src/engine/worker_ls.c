/* worker_ls.c - the jobs of akashi ls and akashi cat. */
#include "engine/worker_look.h"
#include "engine/worker_walk.h"
#include "filesystem/bodyfile.h"

#include <stdlib.h>

enum { TEXT_BYTES = 1 << 20 };

/* The value of "key=value" among the job's options, one a line; empty when absent. */
static struct ak_str option(const struct ak_job *job, const char *key)
{
    struct ak_str rest = job->options;
    size_t n = strlen(key);
    while (rest.n) {
        const char *nl = memchr(rest.at, '\n', rest.n);
        size_t line = nl ? (size_t)(nl - rest.at) : rest.n;
        if (line > n && memcmp(rest.at, key, n) == 0 && rest.at[n] == '=')
            return (struct ak_str){ rest.at + n + 1, line - n - 1 };
        size_t step = nl ? line + 1 : line;
        rest = (struct ak_str){ rest.at + step, rest.n - step };
    }
    return AK_STR("");
}

static uint64_t number(struct ak_str s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && s.at[i] >= '0' && s.at[i] <= '9'; i++)
        v = v * 10 + (uint64_t)(s.at[i] - '0');
    return v;
}

static struct ak_wire_done walk_all(struct ak_walk *k, struct ak_source *src)
{
    const char *what = "", *note = NULL;
    if (!ak_worker_is_container(src))
        return (struct ak_wire_done){
            .status = AK_ERR_UNSUPPORTED,
            .note = AK_STR("it is no image, file system or archive that can be listed")
        };
    k->only_volume = number(option(k->w->job, "volume"));
    enum ak_status st = ak_walk_source(k, src, &what, &note);
    return (struct ak_wire_done){ .status = st,
                                  .what = ak_str_of(what),
                                  .note = ak_str_of(note ? note : "") };
}

/* ---- ls ---- */

struct ls {
    struct ak_walk walk;
    void (*put)(struct ak_buf *out, const struct ak_file *file);
    struct ak_buf text, line;
    bool list, bodyfile;
};

static void flush(struct ls *l, size_t above)
{
    if (l->text.n <= above)
        return;
    ak_worker_text(l->walk.w, (struct ak_bytes){ l->text.at, l->text.n });
    l->text.n = 0;
}

/* With several volumes a body file says which: "0|/volume2/path|…". */
static void put_with_volume(struct ls *l, const struct ak_file *f)
{
    l->line.n = 0;
    l->put(&l->line, f);
    struct ak_str rest = ak_buf_view(&l->line);
    while (rest.n) {
        const char *nl = memchr(rest.at, '\n', rest.n);
        size_t n = nl ? (size_t)(nl - rest.at) + 1 : rest.n;
        const char *bar = memchr(rest.at, '|', n);
        size_t head = bar ? (size_t)(bar - rest.at) + 1 : 0;
        ak_buf_put(&l->text, rest.at, head);
        ak_buf_printf(&l->text, "/volume%llu", (unsigned long long)l->walk.volume);
        ak_buf_put(&l->text, rest.at + head, n - head);
        rest = (struct ak_str){ rest.at + n, rest.n - n };
    }
}

static enum ak_status ls_file(struct ak_walk *k, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct ls *l = (struct ls *)k;
    (void)fs;
    if (l->bodyfile && k->n_readable > 1)
        put_with_volume(l, f);
    else
        l->put(&l->text, f);
    flush(l, TEXT_BYTES);
    return AK_OK;
}

/* A line that says which volume follows, in the plain listing. */
static void ls_volume(struct ak_walk *k, const struct ak_wire_volume *v)
{
    struct ls *l = (struct ls *)k;
    if (!l->list || !v->number)
        return;
    ak_buf_printf(&l->text, "# volume %llu  offset %llu  size %llu  %.*s",
                  (unsigned long long)v->number, (unsigned long long)v->offset,
                  (unsigned long long)v->size, (int)v->scheme.n, v->scheme.at);
    const struct ak_str words[] = { v->type, v->label, v->filesystem, v->note };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i].n)
            ak_buf_printf(&l->text, "  %.*s", (int)words[i].n, words[i].at);
    if (v->readable)
        ak_buf_printf(&l->text, "  %llu entries", (unsigned long long)v->n_files);
    ak_buf_text(&l->text, v->allocated ? "\n" : "  unallocated\n");
}

struct ak_wire_done ak_worker_ls(struct ak_worker *w, struct ak_source *src)
{
    struct ak_str format = option(w->job, "format");
    struct ls l = { .walk = { .w = w, .file = ls_file, .after = ls_volume } };
    l.bodyfile = ak_str_eq(format, AK_STR("bodyfile"));
    l.list = !l.bodyfile && !ak_str_eq(format, AK_STR("jsonl"));
    l.put = l.bodyfile ? ak_bodyfile_put : l.list ? ak_file_list_put : ak_file_json_put;
    struct ak_wire_done done = walk_all(&l.walk, src);
    flush(&l, 0);
    ak_buf_free(&l.text);
    ak_buf_free(&l.line);
    return done;
}

/* ---- cat ---- */

struct cat {
    struct ak_walk walk;
    struct ak_str path;
    uint64_t inode;
    bool by_inode, found;
};

static void copy_out(struct ak_worker *w, struct ak_str path, struct ak_source *src)
{
    static uint8_t buf[TEXT_BYTES];
    uint64_t missing_bytes = 0;
    for (uint64_t at = 0; at < src->size && w->lost == AK_OK;) {
        size_t missing = 0,
               n = src->size - at < sizeof(buf) ? (size_t)(src->size - at) : sizeof(buf);
        if (src->size == AK_SIZE_UNKNOWN)
            n = ak_source_read_some(src, at, buf, sizeof(buf));
        else if (ak_source_read(src, at, buf, n, &missing) != AK_OK)
            missing = n;
        if (n == 0)
            break;
        ak_worker_text(w, (struct ak_bytes){ buf, n });
        missing_bytes += missing;
        at += n;
    }
    if (missing_bytes)
        ak_worker_damage(w, path, 0, "part of the item could not be read and was taken as zeros");
}

static bool is_wanted(const struct cat *c, const struct ak_file *f)
{
    if (c->by_inode)
        return f->id == c->inode && !(f->flags & AK_FILE_STREAM);
    struct ak_str want = c->path;
    if (want.n && want.at[0] == '/')
        want = (struct ak_str){ want.at + 1, want.n - 1 };
    return ak_str_eq(f->path, want);
}

static enum ak_status cat_file(struct ak_walk *k, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct cat *c = (struct cat *)k;
    struct ak_source *src;
    if (!is_wanted(c, f) || (f->flags & (AK_FILE_DIR | AK_FILE_SPECIAL)))
        return AK_OK;
    if (fs->ops->open_file(fs, f, &src) != AK_OK)
        return AK_OK; /* perhaps a deleted entry of the same name: go on */
    c->found = true;
    copy_out(k->w, f->path, src);
    ak_source_close(src);
    return AK_ERR_CANCELLED;
}

struct ak_wire_done ak_worker_cat(struct ak_worker *w, struct ak_source *src)
{
    struct ak_str inode = option(w->job, "inode");
    struct cat c = { .walk = { .w = w, .file = cat_file },
                     .path = option(w->job, "path"),
                     .inode = number(inode),
                     .by_inode = inode.n > 0 };
    struct ak_wire_done done = walk_all(&c.walk, src);
    if (c.found) {
        done.status = AK_OK;
        done.note = AK_STR("");
    } else if (!done.note.n) {
        done.status = AK_ERR_UNSUPPORTED;
        done.note = AK_STR("there is no such entry with contents that can be read");
    }
    return done;
}
