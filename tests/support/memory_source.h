/* memory_source.h - bytes in memory as a source, for tests and fuzz targets. */
#ifndef AK_TESTS_MEMORY_SOURCE_H
#define AK_TESTS_MEMORY_SOURCE_H

#include "evidence/source.h"

struct memory_source {
    struct ak_source base;
    struct ak_bytes bytes;
};

static inline enum ak_status memory_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                         size_t *out_missing)
{
    (void)out_missing;
    memcpy(buf, ((struct memory_source *)self)->bytes.at + at, n);
    return AK_OK;
}

static inline void memory_close(struct ak_source *self) { (void)self; }

static const struct ak_source_ops MEMORY_OPS = { "memory", memory_read, memory_close };

static inline struct memory_source memory_source(struct ak_bytes bytes)
{
    return (struct memory_source){ { &MEMORY_OPS, NULL, bytes.n }, bytes };
}

#endif
