/* journal_hash.c - the hashes a journal keeps of its fields.
 *
 * Files with the keyed-hash flag (systemd 246 and later) use SipHash-2-4 with
 * the file's id as key; older ones Jenkins' lookup3 (hashlittle2, both seeds 0).
 * Written from the papers: Aumasson, Bernstein, "SipHash: a fast short-input
 * PRF"; Jenkins, "lookup3.c" (public domain). */
#include "artefact/linux/journal_file.h"

static uint64_t rotl64(uint64_t v, unsigned by) { return v << by | v >> (64 - by); }

static uint32_t rotl32(uint32_t v, unsigned by) { return v << by | v >> (32 - by); }

/* The last, partial word: `n` < 8 bytes, the rest zero. */
static uint64_t tail64(const uint8_t *at, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)at[i] << (8 * i);
    return v;
}

static void sip_rounds(uint64_t v[4], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotl64(v[1], 13) ^ v[0];
        v[3] = rotl64(v[3], 16) ^ v[2];
        v[0] = rotl64(v[0], 32) + v[3];
        v[2] += v[1];
        v[1] = rotl64(v[1], 17) ^ v[2];
        v[3] = rotl64(v[3], 21) ^ v[0];
        v[2] = rotl64(v[2], 32);
    }
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
}

static uint64_t siphash24(struct ak_bytes in, const uint8_t key[16])
{
    uint64_t k0 = ak_load_u64le(key), k1 = ak_load_u64le(key + 8);
    uint64_t v[4] = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                      k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) };
    size_t whole = in.n / 8 * 8;
    for (size_t at = 0; at < whole; at += 8)
        sip_word(v, ak_load_u64le(in.at + at));
    sip_word(v, tail64(in.at + whole, in.n - whole) | (uint64_t)in.n << 56);
    v[2] ^= 0xFF;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct lookup3 {
    uint32_t a, b, c;
};

static void lookup3_mix(struct lookup3 *s)
{
    s->a = (s->a - s->c) ^ rotl32(s->c, 4), s->c += s->b;
    s->b = (s->b - s->a) ^ rotl32(s->a, 6), s->a += s->c;
    s->c = (s->c - s->b) ^ rotl32(s->b, 8), s->b += s->a;
    s->a = (s->a - s->c) ^ rotl32(s->c, 16), s->c += s->b;
    s->b = (s->b - s->a) ^ rotl32(s->a, 19), s->a += s->c;
    s->c = (s->c - s->b) ^ rotl32(s->b, 4), s->b += s->a;
}

static void lookup3_final(struct lookup3 *s)
{
    s->c = (s->c ^ s->b) - rotl32(s->b, 14);
    s->a = (s->a ^ s->c) - rotl32(s->c, 11);
    s->b = (s->b ^ s->a) - rotl32(s->a, 25);
    s->c = (s->c ^ s->b) - rotl32(s->b, 16);
    s->a = (s->a ^ s->c) - rotl32(s->c, 4);
    s->b = (s->b ^ s->a) - rotl32(s->a, 14);
    s->c = (s->c ^ s->b) - rotl32(s->b, 24);
}

static uint64_t lookup3(struct ak_bytes in)
{
    uint32_t seed = 0xdeadbeef + (uint32_t)in.n;
    struct lookup3 s = { seed, seed, seed };
    while (in.n > 12) {
        s.a += ak_load_u32le(in.at);
        s.b += ak_load_u32le(in.at + 4);
        s.c += ak_load_u32le(in.at + 8);
        lookup3_mix(&s);
        in.at += 12;
        in.n -= 12;
    }
    if (in.n) { /* one to twelve bytes are left, unless there were none at all */
        uint64_t low = tail64(in.at, in.n < 8 ? in.n : 8);
        s.a += (uint32_t)low;
        s.b += (uint32_t)(low >> 32);
        s.c += in.n > 8 ? (uint32_t)tail64(in.at + 8, in.n - 8) : 0;
        lookup3_final(&s);
    }
    return (uint64_t)s.c << 32 | s.b;
}

uint64_t ak_journal_hash(const struct ak_journal *j, struct ak_bytes payload)
{
    return j->keyed_hash ? siphash24(payload, j->file_id) : lookup3(payload);
}
