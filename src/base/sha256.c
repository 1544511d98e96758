/* sha256.c - see sha256.h.
 *
 * The constants are what the standard says they are: the first 32 bits of the
 * fractional parts of the square roots of the first 8 primes (START) and of the
 * cube roots of the first 64 (ROUND). */
#include "base/sha256.h"

#include "base/reader.h"

enum { BLOCK = 64, LENGTH_AT = BLOCK - 8 };

static const uint32_t START[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t v, unsigned by) { return v >> by | v << (32 - by); }

static void expand(uint32_t w[64], const uint8_t *block)
{
    for (unsigned i = 0; i < 16; i++)
        w[i] = ak_load_u32be(block + 4 * (size_t)i);
    for (unsigned i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
               (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
}

/* s holds the standard's a to h. */
static void mix(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64], s[8];
    expand(w, block);
    memcpy(s, state, sizeof(s));
    for (unsigned i = 0; i < 64; i++) {
        uint32_t one = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
                       ((s[4] & s[5]) ^ (~s[4] & s[6])) + ROUND[i] + w[i];
        uint32_t two = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
                       ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof(*s));
        s[4] += one;
        s[0] = one + two;
    }
    for (unsigned i = 0; i < 8; i++)
        state[i] += s[i];
}

static void put_be(uint8_t *to, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        to[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
}

void ak_sha256(struct ak_bytes in, uint8_t out[AK_SHA256_BYTES])
{
    uint32_t state[8];
    uint8_t last[2 * BLOCK] = { 0 };
    size_t whole = in.n / BLOCK * BLOCK, rest = in.n - whole;
    size_t n_last = rest < LENGTH_AT ? BLOCK : 2 * BLOCK;
    memcpy(state, START, sizeof(state));
    for (size_t at = 0; at < whole; at += BLOCK)
        mix(state, in.at + at);
    if (rest)
        memcpy(last, in.at + whole, rest);
    last[rest] = 0x80;
    put_be(last + n_last - 8, (uint64_t)in.n * 8, 8);
    for (size_t at = 0; at < n_last; at += BLOCK)
        mix(state, last + at);
    for (unsigned i = 0; i < 8; i++)
        put_be(out + 4 * (size_t)i, state[i], 4);
}
