/* fs_capture.h - walk a volume in memory with one reader and keep the listing. */
#ifndef AK_TESTS_FS_CAPTURE_H
#define AK_TESTS_FS_CAPTURE_H

#include "filesystem/bodyfile.h"
#include "filesystem/filesystem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fs_capture {
    const char *want;   /* path whose contents to read; may be NULL */
    struct ak_buf list; /* as fls -r -p */
    struct ak_buf damage;
    uint8_t contents[8192];
    size_t contents_n, missing;
    enum ak_status opened, walked, content_status;
    const char *note;
    uint32_t flags; /* of the wanted entry */
    uint8_t *exact;
};

static inline enum ak_status fs_capture_file(void *self, struct ak_filesystem *fs,
                                             const struct ak_file *file)
{
    struct fs_capture *c = self;
    struct ak_source *from;
    ak_file_list_put(&c->list, file);
    if (!c->want || !ak_str_eq(file->path, ak_str_of(c->want)))
        return AK_OK;
    c->flags = file->flags;
    c->content_status = fs->ops->open_file(fs, file, &from);
    if (c->content_status != AK_OK)
        return AK_OK;
    c->contents_n = from->size < sizeof(c->contents) ? (size_t)from->size : sizeof(c->contents);
    c->content_status = ak_source_read(from, 0, c->contents, c->contents_n, &c->missing);
    ak_source_close(from);
    return AK_OK;
}

static inline void fs_capture_damage(void *self, struct ak_str path, uint64_t offset,
                                     const char *what)
{
    (void)path;
    (void)offset;
    ak_buf_text(&((struct fs_capture *)self)->damage, what);
}

/* *c must be zero-initialised, but for `want`.  The bytes are copied to a block of
 * their own, so that a sanitiser sees one too many. */
static inline void fs_capture_run(struct fs_capture *c, const struct ak_filesystem_ops *ops,
                                  const void *bytes, size_t n)
{
    struct ak_source *volume;
    struct ak_filesystem *fs;
    c->exact = malloc(n ? n : 1);
    memcpy(c->exact, bytes, n);
    c->opened = ak_source_memory((struct ak_bytes){ c->exact, n }, &volume);
    if (c->opened != AK_OK)
        return;
    c->opened = ops->probe(volume) ? ops->open(volume, &fs, &c->note) : AK_ERR_UNSUPPORTED;
    if (c->opened == AK_OK) {
        struct ak_file_visitor visitor = { fs_capture_file, fs_capture_damage, c };
        c->walked = ops->walk(fs, &visitor);
        ops->close(fs);
    }
    ak_source_close(volume);
    ak_buf_u8(&c->list, 0);
    ak_buf_u8(&c->damage, 0);
}

static inline bool fs_capture_has(const struct fs_capture *c, const char *line)
{
    return strstr((const char *)c->list.at, line) != NULL;
}

static inline bool fs_capture_told(const struct fs_capture *c, const char *damage)
{
    return strstr((const char *)c->damage.at, damage) != NULL;
}

static inline void fs_capture_free(struct fs_capture *c)
{
    ak_buf_free(&c->list);
    ak_buf_free(&c->damage);
    free(c->exact);
}

#endif
