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
};

struct ak_seen_texts *ak_seen_texts_new(void) { return calloc(1, sizeof(struct ak_seen_texts)); }

void ak_seen_texts_free(struct ak_seen_texts *s) { free(s); }

bool ak_seen_texts_get(const struct ak_seen_texts *s, uint32_t where, struct ak_bytes text,
                       const uint32_t **out_found, size_t *out_n, uint64_t *out_hash)
{
    uint64_t hash = ak_hash_mix(ak_hash(text.at, text.n) ^ where, UINT64_C(0x9E3779B97F4A7C15));
    *out_hash = hash += hash == 0;
    for (size_t at = hash & (SLOTS - 1); s->slots[at].hash; at = (at + 1) & (SLOTS - 1)) {
        const struct slot *slot = &s->slots[at];
        if (slot->hash != hash || slot->where != where || slot->n_text != text.n ||
            memcmp(s->bytes + slot->text_at, text.at, text.n) != 0)
            continue;
        *out_found = s->found + slot->found_at;
        *out_n = slot->n_found;
        return true;
    }
    return false;
}

static bool has_room(const struct ak_seen_texts *s, size_t n_text, size_t n_found)
{
    return s->n < TEXTS_MAX && n_text <= BYTES_MAX - s->n_bytes &&
           n_found <= FOUND_MAX - s->n_found;
}

void ak_seen_texts_put(struct ak_seen_texts *s, uint32_t where, struct ak_bytes text, uint64_t hash,
                       const uint32_t *found, size_t n)
{
    if (text.n > AK_SEEN_TEXT_MAX || n > AK_SEEN_FOUND_MAX)
        return;
    if (!has_room(s, text.n, n)) {
        memset(s->slots, 0, sizeof(s->slots));
        s->n = s->n_bytes = s->n_found = 0;
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
        memcpy(s->found + s->n_found, found, n * sizeof(*found));
    s->n++;
    s->n_bytes += text.n;
    s->n_found += n;
}
