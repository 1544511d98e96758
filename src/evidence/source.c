/* source.c - see source.h: the plain sources (descriptor, slice, join). */
#include "evidence/source.h"

#include "base/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum ak_status ak_source_read(struct ak_source *src, uint64_t at, void *buf, size_t n,
                              size_t *out_missing)
{
    size_t missing = 0;
    if (at > src->size || n > src->size - at)
        return AK_ERR_CORRUPT;
    enum ak_status st = n ? src->ops->read(src, at, buf, n, &missing) : AK_OK;
    if (out_missing)
        *out_missing = missing;
    bool ended = src->size == AK_SIZE_UNKNOWN && missing > 0;
    return st == AK_OK && ended ? AK_ERR_CORRUPT : st;
}

size_t ak_source_read_some(struct ak_source *src, uint64_t at, void *buf, size_t n)
{
    if (at >= src->size)
        return 0;
    if (n > src->size - at)
        n = (size_t)(src->size - at);
    size_t missing = 0;
    enum ak_status st = ak_source_read(src, at, buf, n, &missing);
    if (src->size == AK_SIZE_UNKNOWN)
        return n - missing;
    return st == AK_OK ? n : 0;
}

/* The next bytes of a source: *out_got of them, less than n at its end. */
static enum ak_status copy_step(struct ak_source *src, uint64_t at, uint8_t *buf, size_t n,
                                size_t *out_got)
{
    size_t missing = 0;
    if (src->size == AK_SIZE_UNKNOWN) {
        enum ak_status st = src->ops->read(src, at, buf, n, &missing);
        *out_got = n - missing;
        return st;
    }
    if (n > src->size - at)
        n = (size_t)(src->size - at);
    enum ak_status st = ak_source_read(src, at, buf, n, &missing);
    *out_got = st == AK_OK ? n : 0;
    return st;
}

enum { COPY_BYTES = 256 * 1024 };

enum ak_status ak_source_copy(struct ak_source *src, int fd, uint64_t limit, uint64_t *out_written)
{
    uint64_t at = 0;
    enum ak_status st = AK_OK;
    bool more = true;
    uint8_t *buf = malloc(COPY_BYTES);
    if (!buf)
        st = AK_ERR_NOMEM;
    while (st == AK_OK && more) {
        size_t got = 0;
        st = copy_step(src, at, buf, COPY_BYTES, &got);
        more = got == COPY_BYTES;
        if (got > limit - at) {
            got = (size_t)(limit - at);
            st = AK_ERR_LIMIT;
        }
        if (!ak_write_all(fd, buf, got)) {
            st = AK_ERR_IO;
            break;
        }
        at += got;
    }
    free(buf);
    *out_written = at;
    return st;
}

void ak_source_close(struct ak_source *src)
{
    if (src)
        src->ops->close(src);
}

static void plain_close(struct ak_source *self) { free(self); }

/* ---- a file descriptor ---- */

struct fd_source {
    struct ak_source base;
    int fd;
};

enum { BAD_SECTOR = 4096 }; /* what is given up around a read error */

/* Read what can be read; zero and count the rest, a sector at a time. */
static enum ak_status fd_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                              size_t *out_missing)
{
    int fd = ((struct fd_source *)self)->fd;
    uint8_t *to = buf;
    while (n > 0) {
        ssize_t got = pread(fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        size_t step;
        if (got > 0) {
            step = (size_t)got;
        } else {
            step = n < BAD_SECTOR ? n : BAD_SECTOR;
            memset(to, 0, step);
            *out_missing += step;
        }
        to += step;
        at += step;
        n -= step;
    }
    return AK_OK;
}

enum ak_status ak_source_fd(int fd, struct ak_source **out)
{
    static const struct ak_source_ops OPS = { "raw", fd_read, plain_close };
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return AK_ERR_IO;
    struct fd_source *s = malloc(sizeof(*s));
    if (!s)
        return AK_ERR_NOMEM;
    *s = (struct fd_source){ { &OPS, NULL, (uint64_t)end }, fd };
    *out = &s->base;
    return AK_OK;
}

/* ---- a slice ---- */

struct slice {
    struct ak_source base;
    uint64_t start;
};

static enum ak_status slice_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                 size_t *out_missing)
{
    return ak_source_read(self->below, ((struct slice *)self)->start + at, buf, n, out_missing);
}

enum ak_status ak_source_slice(struct ak_source *below, uint64_t at, uint64_t n,
                               struct ak_source **out)
{
    static const struct ak_source_ops OPS = { "slice", slice_read, plain_close };
    struct slice *s = malloc(sizeof(*s));
    if (!s)
        return AK_ERR_NOMEM;
    if (at > below->size)
        at = below->size;
    if (n > below->size - at)
        n = below->size - at;
    *s = (struct slice){ { &OPS, below, n }, at };
    *out = &s->base;
    return AK_OK;
}

/* ---- memory ---- */

struct memory {
    struct ak_source base;
    const uint8_t *at;
};

static enum ak_status memory_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                  size_t *out_missing)
{
    (void)out_missing;
    memcpy(buf, ((struct memory *)self)->at + at, n);
    return AK_OK;
}

enum ak_status ak_source_memory(struct ak_bytes bytes, struct ak_source **out)
{
    static const struct ak_source_ops OPS = { "memory", memory_read, plain_close };
    struct memory *s = malloc(sizeof(*s));
    if (!s)
        return AK_ERR_NOMEM;
    *s = (struct memory){ { &OPS, NULL, bytes.n }, bytes.at };
    *out = &s->base;
    return AK_OK;
}

/* ---- parts one behind the other ---- */

struct join {
    struct ak_source base;
    size_t n;
    struct ak_source *parts[];
};

static enum ak_status join_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                size_t *out_missing)
{
    struct join *j = (struct join *)self;
    uint8_t *to = buf;
    for (size_t i = 0; i < j->n && n > 0; i++) {
        struct ak_source *part = j->parts[i];
        if (at >= part->size) {
            at -= part->size;
            continue;
        }
        size_t step = n < part->size - at ? n : (size_t)(part->size - at);
        size_t missing = 0;
        enum ak_status st = ak_source_read(part, at, to, step, &missing);
        if (st != AK_OK)
            return st;
        *out_missing += missing;
        to += step;
        n -= step;
        at = 0;
    }
    return AK_OK;
}

enum ak_status ak_source_join(struct ak_source *const *parts, size_t n_parts,
                              struct ak_source **out)
{
    static const struct ak_source_ops OPS = { "split", join_read, plain_close };
    struct join *j = malloc(sizeof(*j) + n_parts * sizeof(j->parts[0]));
    if (!j)
        return AK_ERR_NOMEM;
    *j = (struct join){ .base = { .ops = &OPS }, .n = n_parts };
    for (size_t i = 0; i < n_parts; i++) {
        j->parts[i] = parts[i];
        if (__builtin_add_overflow(j->base.size, parts[i]->size, &j->base.size)) {
            free(j);
            return AK_ERR_LIMIT;
        }
    }
    *out = &j->base;
    return AK_OK;
}
