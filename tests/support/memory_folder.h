/* memory_folder.h - copies of bytes as sources, and a folder of such, for tests. */
#ifndef AK_TESTS_MEMORY_FOLDER_H
#define AK_TESTS_MEMORY_FOLDER_H

#include "evidence/container.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct memory_file {
    struct ak_source base;
    uint8_t *bytes; /* owned, alone in its block, so a sanitiser sees one byte too many */
};

static inline enum ak_status memory_file_read(struct ak_source *self, uint64_t at, void *buf,
                                              size_t n, size_t *out_missing)
{
    *out_missing = 0;
    memcpy(buf, ((struct memory_file *)self)->bytes + at, n);
    return AK_OK;
}

static inline void memory_file_close(struct ak_source *self)
{
    free(((struct memory_file *)self)->bytes);
    free(self);
}

/* A copy of the bytes as a source. */
static inline struct ak_source *memory_file(const void *bytes, size_t n)
{
    static const struct ak_source_ops OPS = { "memory", memory_file_read, memory_file_close };
    struct memory_file *m = malloc(sizeof(*m));
    assert(m);
    *m = (struct memory_file){ { &OPS, NULL, n }, malloc(n ? n : 1) };
    assert(m->bytes);
    if (n)
        memcpy(m->bytes, bytes, n);
    return &m->base;
}

/* Files by name.  Sources are borrowed. */
struct memory_folder {
    const char *names[8];
    struct ak_source *files[8];
};

static inline struct ak_source *memory_sibling(void *self, struct ak_str name)
{
    struct memory_folder *f = self;
    for (size_t i = 0; i < 8 && f->names[i]; i++)
        if (ak_str_eq(name, ak_str_of(f->names[i])))
            return f->files[i];
    return NULL;
}

#endif
