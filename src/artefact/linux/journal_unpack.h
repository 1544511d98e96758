/* journal_unpack.h - unpack one field of a journal, never more than is asked. */
#ifndef AK_ARTEFACT_LINUX_JOURNAL_UNPACK_H
#define AK_ARTEFACT_LINUX_JOURNAL_UNPACK_H

#include "base/bytes.h"

#include <lzma.h>
#include <zstd.h>

/* What the libraries keep between fields: the only memory of the parser that
 * is not the arena's.  Zero-initialise; release with ak_journal_unpack_close(). */
struct ak_unpack {
    ZSTD_DCtx *zstd;
    lzma_stream lzma;
};

void ak_journal_unpack_close(struct ak_unpack *u);

/* How it went; in each case `n` bytes were written. */
struct ak_unpacked {
    size_t n;
    bool cut; /* there was more than `room` */
    bool bad; /* the packed bytes are damaged from there on */
};

/* Unpack `in`, packed as `how` (enum ak_journal_pack) says, into `out`. */
struct ak_unpacked ak_unpack(struct ak_unpack *u, uint8_t how, struct ak_bytes in, uint8_t *out,
                             size_t room);

#endif
