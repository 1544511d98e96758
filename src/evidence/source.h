/* source.h - a read-only range of bytes: a raw image, the inside of an E01, a
 * volume, a file.  Every layer takes one of these and may give one or more of
 * these, so layers stack: ewf -> gpt -> ntfs -> file.
 */
#ifndef AK_EVIDENCE_SOURCE_H
#define AK_EVIDENCE_SOURCE_H

#include "base/bytes.h"
#include "base/status.h"

struct ak_source;

/* The size of a forward source: contents whose length is known only when they
 * end, the entry of an archive.  It is read at rising offsets only (what is
 * jumped over is read and dropped; going back is AK_ERR_UNSUPPORTED), until a
 * read gives fewer bytes than were asked for.  Copy it with ak_source_copy()
 * to read it at will. */
#define AK_SIZE_UNKNOWN UINT64_MAX

/* What an implementation provides; one static const table per kind. */
struct ak_source_ops {
    const char *kind; /* "ewf", "raw", "ntfs.data": shown in provenance */

    /* Fill buf with exactly n bytes from `at`.  The caller guarantees that the
     * range lies inside size.  Bytes the evidence does not have (a bad sector,
     * a missing segment, a broken chunk) are zeroed and added to *out_missing.
     *
     * A forward source (size AK_SIZE_UNKNOWN) fills what there is and adds the
     * rest of n to *out_missing, also when it fails: AK_OK at the proper end,
     * AK_ERR_CORRUPT, AK_ERR_LIMIT, ... when the contents break off before it. */
    enum ak_status (*read)(struct ak_source *self, uint64_t at, void *buf, size_t n,
                           size_t *out_missing);
    void (*close)(struct ak_source *self);
};

/* Implementations embed this as their first member. */
struct ak_source {
    const struct ak_source_ops *ops;
    struct ak_source *below; /* what this reads from; borrowed, NULL at the bottom */
    uint64_t size;           /* bytes, fixed for the life of the source; or AK_SIZE_UNKNOWN */
};

/* Read n bytes at `at`.  A range past the end is AK_ERR_CORRUPT: offsets come
 * from the evidence, and the evidence was wrong.  *out_missing (may be NULL)
 * is how many of the bytes the evidence does not have. */
AK_MUST_USE enum ak_status ak_source_read(struct ak_source *src, uint64_t at, void *buf, size_t n,
                                          size_t *out_missing);

/* Read up to n bytes at `at`: what there is before the end.  0 past the end or
 * when reading fails. */
size_t ak_source_read_some(struct ak_source *src, uint64_t at, void *buf, size_t n);

/* Write all of `src`, from its first byte, to the file descriptor `fd` where it
 * stands.  *out_written is how many bytes are there, also when it fails: they
 * stand.  Missing bytes of a source of known size are written as zeros.
 *
 * AK_ERR_LIMIT  there is more than `limit` bytes; the first `limit` are written
 * AK_ERR_IO     fd cannot be written
 * others        reading the source, see above: AK_ERR_CORRUPT when a forward
 *               source broke off */
AK_MUST_USE enum ak_status ak_source_copy(struct ak_source *src, int fd, uint64_t limit,
                                          uint64_t *out_written);

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
