/* ewf_writer.h - write a disk image as an Expert Witness file (.E01), for tests
 * and for the evidence of the demonstration.
 *
 * One segment, chunks of 64 sectors, packed with zlib where that helps, with the
 * MD5 and SHA-1 of the whole.  The same bytes in, the same file out. */
#ifndef AK_TESTS_EWF_WRITER_H
#define AK_TESTS_EWF_WRITER_H

#include "base/buf.h"

struct ewf_case {
    const char *case_number, *evidence_number, *description, *examiner, *notes;
    int64_t acquired; /* seconds since 1970, UTC: what the file says */
    bool wrong_md5;   /* state another MD5 than the contents have */
};

/* Append the E01 of `disk` (a multiple of 512 bytes, at most 512 MiB) to `out`;
 * false when it is neither or memory ran out. */
bool ewf_write(struct ak_buf *out, struct ak_bytes disk, const struct ewf_case *about);

#endif
