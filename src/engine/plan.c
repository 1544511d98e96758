/* plan.c - see plan.h. */
#include "engine/plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void ak_plan_free(struct ak_plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->files[i].path);
        free(p->files[i].inside);
    }
    free(p->files);
    *p = (struct ak_plan){ 0 };
}

static enum ak_status add(struct ak_plan *p, const char *path, const char *inside,
                          const struct stat *st)
{
    if (p->n == AK_PLAN_MAX)
        return AK_ERR_LIMIT;
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        struct ak_planned *more = realloc(p->files, cap * sizeof(*more));
        if (!more)
            return AK_ERR_NOMEM;
        p->files = more;
        p->cap = cap;
    }
    struct ak_planned *f = &p->files[p->n];
    *f = (struct ak_planned){
        .path = strdup(path),
        .inside = strdup(inside),
        .size = (uint64_t)st->st_size,
        .modified_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
    };
    if (!f->path || !f->inside)
        return AK_ERR_NOMEM;
    p->n++;
    p->bytes += f->size;
    return AK_OK;
}

static int skip_dots(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

/* Names in byte order, whatever the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum ak_status list(struct ak_plan *p, struct ak_buf *path, size_t root_n, unsigned depth);

static enum ak_status visit(struct ak_plan *p, struct ak_buf *path, size_t root_n, unsigned depth)
{
    struct stat st;
    const char *text = (const char *)path->at;
    if (lstat(text, &st) != 0) {
        p->n_unreadable++;
        return AK_OK;
    }
    if (S_ISDIR(st.st_mode))
        return list(p, path, root_n, depth + 1);
    if (S_ISLNK(st.st_mode))
        p->n_links++;
    else if (!S_ISREG(st.st_mode))
        p->n_special++;
    else if (access(text, R_OK) != 0)
        p->n_unreadable++;
    else
        return add(p, text, text + root_n, &st);
    return AK_OK;
}

static enum ak_status list(struct ak_plan *p, struct ak_buf *path, size_t root_n, unsigned depth)
{
    struct dirent **names;
    if (depth > AK_PLAN_DEPTH) { /* an endless tree costs itself, not the evidence */
        p->n_too_deep++;
        return AK_OK;
    }
    int n = scandir((const char *)path->at, &names, skip_dots, by_bytes);
    if (n < 0) {
        p->n_unreadable++;
        return depth == 0 ? AK_ERR_IO : AK_OK;
    }
    enum ak_status st = AK_OK;
    size_t end = path->n - 1; /* without the zero */
    for (int i = 0; i < n; i++) {
        path->n = end;
        ak_buf_u8(path, '/');
        ak_buf_put(path, names[i]->d_name, strlen(names[i]->d_name) + 1);
        if (st == AK_OK)
            st = visit(p, path, root_n, depth);
        free(names[i]);
    }
    free(names);
    path->n = end;
    ak_buf_u8(path, 0);
    return st;
}

enum ak_status ak_plan_make(const char *path, struct ak_plan *out)
{
    struct stat st;
    *out = (struct ak_plan){ 0 };
    if (stat(path, &st) != 0)
        return AK_ERR_IO;
    if (!S_ISDIR(st.st_mode)) {
        const char *slash = strrchr(path, '/');
        if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
            return AK_ERR_IO;
        if (access(path, R_OK) != 0)
            return AK_ERR_IO;
        return add(out, path, slash ? slash + 1 : path, &st);
    }
    struct ak_buf b = { 0 };
    out->folder = true;
    ak_buf_text(&b, path);
    while (b.n > 1 && b.at[b.n - 1] == '/')
        b.n--;
    size_t root_n = b.n + 1;
    ak_buf_u8(&b, 0);
    enum ak_status result = list(out, &b, root_n, 0);
    ak_buf_free(&b);
    return result;
}

static bool plain_name(struct ak_str name)
{
    return name.n > 0 && name.n < 256 && !memchr(name.at, '/', name.n) &&
           !memchr(name.at, 0, name.n) && !ak_str_eq(name, AK_STR(".")) &&
           !ak_str_eq(name, AK_STR(".."));
}

int ak_plan_open_beside(const char *file, struct ak_str name, char *buf, size_t n)
{
    struct stat st;
    const char *slash = strrchr(file, '/');
    if (!plain_name(name))
        return -1;
    int wrote = snprintf(buf, n, "%.*s%.*s", slash ? (int)(slash - file) + 1 : 0, file, (int)name.n,
                         name.at);
    if (wrote < 0 || (size_t)wrote >= n)
        return -1;
    int fd = open(buf, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}
