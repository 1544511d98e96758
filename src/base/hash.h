/* hash.h - a fast 64-bit hash for tables in memory.  Not for evidence: that is
 * hashed with SHA-256. */
#ifndef AK_BASE_HASH_H
#define AK_BASE_HASH_H

#include "base/bytes.h"

static inline uint64_t ak_hash_mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 u128;
    u128 wide = (u128)a * b;
    return (uint64_t)wide ^ (uint64_t)(wide >> 64);
}

/* A multiply-and-fold hash over eight bytes at a time. */
static inline uint64_t ak_hash(const void *data, size_t n)
{
    static const uint64_t K1 = UINT64_C(0x9E3779B97F4A7C15), K2 = UINT64_C(0xD6E8FEB86659FD93);
    const uint8_t *p = data;
    uint64_t h = n * K1, word;
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        h = ak_hash_mix(h ^ word, K2);
    }
    word = 0;
    if (n)
        memcpy(&word, p, n);
    return ak_hash_mix(h ^ word, K1 ^ n);
}

static inline uint64_t ak_hash_str(struct ak_str s) { return ak_hash(s.at, s.n); }

#endif
