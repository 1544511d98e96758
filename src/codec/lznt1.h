/* lznt1.h - LZNT1, the compression of NTFS (MS-XCA 2.5). */
#ifndef AK_CODEC_LZNT1_H
#define AK_CODEC_LZNT1_H

#include "base/bytes.h"
#include "base/status.h"

/* Decompress `in` into `to`, which has room for `n` bytes.  The chunks end at a
 * header of 0, at the end of `in`, or when `to` is full.  *out_n is how much was
 * written, also when an error cuts it short: what is behind is not touched.
 *
 * AK_ERR_CORRUPT  a chunk runs over the end of `in`, holds more than 4096 bytes,
 *                 or copies from before its start */
AK_MUST_USE enum ak_status ak_lznt1(struct ak_bytes in, uint8_t *to, size_t n, size_t *out_n);

#endif
