/* vhdx_log.h - the log of a VHDX, applied in memory. */
#ifndef AK_EVIDENCE_VHDX_LOG_H
#define AK_EVIDENCE_VHDX_LOG_H

#include "base/arena.h"
#include "evidence/container.h"

/* Is the CRC-32C in bytes 4..7 that of the n bytes, those four taken as zero? */
bool ak_vhdx_sum_ok(const uint8_t *bytes, size_t n);

/* The file as it would be once its log is written back.  `header` is the valid
 * header, 4096 bytes.  *out_src is NULL when there is nothing to apply; else
 * the caller closes it.  A log that contradicts itself is left out and noted.
 * AK_ERR_LIMIT when the arena is spent. */
AK_MUST_USE enum ak_status ak_vhdx_log(struct ak_arena *arena, struct ak_source *src,
                                       const uint8_t *header, struct ak_disk *out,
                                       struct ak_source **out_src);

#endif
