/* source.h - a read-only range of bytes: a raw image, the inside of an E01, a
 * volume, a file.  Every layer takes one of these and may give one or more of
 * these, so layers stack: ewf -> gpt -> ntfs -> file.
 */
#ifndef AK_EVIDENCE_SOURCE_H
#define AK_EVIDENCE_SOURCE_H

#include "base/bytes.h"
#include "base/status.h"

struct ak_source;

/* What an implementation provides; one static const table per kind. */
struct ak_source_ops {
    const char *kind; /* "ewf", "raw", "ntfs.data": shown in provenance */

    /* Fill buf with exactly n bytes from `at`.  The caller guarantees that the
     * range lies inside size.  Bytes the evidence does not have (a bad sector,
     * a missing segment, a broken chunk) are zeroed and added to *out_missing. */
    enum ak_status (*read)(struct ak_source *self, uint64_t at, void *buf, size_t n,
                           size_t *out_missing);
    void (*close)(struct ak_source *self);
};

/* Implementations embed this as their first member. */
struct ak_source {
    const struct ak_source_ops *ops;
    struct ak_source *below; /* what this reads from; borrowed, NULL at the bottom */
    uint64_t size;           /* bytes; fixed for the life of the source */
};

/* Read n bytes at `at`.  A range past the end is AK_ERR_CORRUPT: offsets come
 * from the evidence, and the evidence was wrong.  *out_missing (may be NULL)
 * is how many of the bytes the evidence does not have. */
AK_MUST_USE enum ak_status ak_source_read(struct ak_source *src, uint64_t at, void *buf, size_t n,
                                          size_t *out_missing);

/* Read up to n bytes at `at`: what there is before the end.  0 past the end or
 * when reading fails. */
size_t ak_source_read_some(struct ak_source *src, uint64_t at, void *buf, size_t n);

/* Close this source, not the one below it.  NULL is allowed. */
void ak_source_close(struct ak_source *src);

/* A file descriptor as a source.  The descriptor stays the caller's and must
 * outlive the source.  AK_ERR_IO when its size cannot be had. */
AK_MUST_USE enum ak_status ak_source_fd(int fd, struct ak_source **out);

/* Bytes [at, at+n) of `below` as a source; a range past its end is cut there. */
AK_MUST_USE enum ak_status ak_source_slice(struct ak_source *below, uint64_t at, uint64_t n,
                                           struct ak_source **out);

/* Bytes in memory as a source; they must outlive it. */
AK_MUST_USE enum ak_status ak_source_memory(struct ak_bytes bytes, struct ak_source **out);

/* Several sources one behind the other, as in a split raw image.  Borrows the
 * parts, copies the array. */
AK_MUST_USE enum ak_status ak_source_join(struct ak_source *const *parts, size_t n_parts,
                                          struct ak_source **out);

#endif
