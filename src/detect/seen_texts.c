/* seen_texts.c - see seen_texts.h. */
#include "detect/seen_texts.h"

#include "base/hash.h"

#include <stdlib.h>

enum {
    SLOTS = 1 << 17, /* a power of two */
    TEXTS_MAX = SLOTS / 2,
    BYTES_MAX = 12 << 20,
    FOUND_MAX = 1 << 19, /* numbers */
};

struct slot {
    uint64_t hash;
    uint32_t where;
    uint32_t text_at, found_at;
    uint16_t n_text, n_found;
};

struct ak_seen_texts {
    struct slot slots[SLOTS]; /* hash 0: empty */
    uint8_t bytes[BYTES_MAX];
    uint32_t found[FOUND_MAX];
    size_t n, n_bytes, n_found;
    uint32_t age;
};

struct ak_seen_texts *ak_seen_texts_new(void)
{
    struct ak_seen_texts *s = calloc(1, sizeof(*s));
    if (s)
        s->age = 1;
    return s;
}

void ak_seen_texts_free(struct ak_seen_texts *s) { free(s); }

uint32_t ak_seen_texts_age(const struct ak_seen_texts *s) { return s->age; }

bool ak_seen_texts_get(const struct ak_seen_texts *s, uint32_t where, struct ak_bytes text,
                       struct ak_seen_text *out, uint64_t *out_hash)
{
    uint64_t hash = ak_hash_mix(ak_hash(text.at, text.n) ^ where, UINT64_C(0x9E3779B97F4A7C15));
    *out_hash = hash += hash == 0;
    for (size_t at = hash & (SLOTS - 1); s->slots[at].hash; at = (at + 1) & (SLOTS - 1)) {
        const struct slot *slot = &s->slots[at];
        if (slot->hash != hash || slot->where != where || slot->n_text != text.n ||
            (text.n && memcmp(s->bytes + slot->text_at, text.at, text.n) != 0))
            continue;
        *out = (struct ak_seen_text){ s->bytes + slot->text_at, s->found + slot->found_at,
                                      slot->n_found };
        return true;
    }
    return false;
}

static bool has_room(const struct ak_seen_texts *s, size_t n_text, size_t n_found)
{
    return s->n < TEXTS_MAX && n_text <= BYTES_MAX - s->n_bytes &&
           n_found <= FOUND_MAX - s->n_found;
}

bool ak_seen_texts_put(struct ak_seen_texts *s, uint32_t where, struct ak_bytes text, uint64_t hash,
                       struct ak_seen_text *in_out)
{
    size_t n = in_out->n_found;
    if (text.n > AK_SEEN_TEXT_MAX || n > AK_SEEN_FOUND_MAX)
        return false;
    if (!has_room(s, text.n, n)) {
        memset(s->slots, 0, sizeof(s->slots));
        s->n = s->n_bytes = s->n_found = 0;
        s->age++;
    }
    size_t at = hash & (SLOTS - 1);
    while (s->slots[at].hash)
        at = (at + 1) & (SLOTS - 1);
    s->slots[at] = (struct slot){
        hash, where, (uint32_t)s->n_bytes, (uint32_t)s->n_found, (uint16_t)text.n, (uint16_t)n
    };
    if (text.n)
        memcpy(s->bytes + s->n_bytes, text.at, text.n);
    if (n)
        memcpy(s->found + s->n_found, in_out->found, n * sizeof(*in_out->found));
    in_out->text = s->bytes + s->n_bytes;
    in_out->found = s->found + s->n_found;
    s->n++;
    s->n_bytes += text.n;
    s->n_found += n;
    return true;
}
