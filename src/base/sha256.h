/* sha256.h - SHA-256 of bytes in memory (FIPS 180-4).
 *
 * For fingerprints of a few hundred bytes inside parsers, which link no
 * library; whole files are hashed by engine/hashing.h. */
#ifndef AK_BASE_SHA256_H
#define AK_BASE_SHA256_H

#include "base/bytes.h"

enum { AK_SHA256_BYTES = 32 };

void ak_sha256(struct ak_bytes in, uint8_t out[AK_SHA256_BYTES]);

#endif
