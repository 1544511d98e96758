/* seen_texts.h - what texts seen before were found to contain.
 *
 * Texts of logs repeat: the same programs, accounts, keys.  Keyed by the bytes as
 * recorded (compared whole, so that nobody can make one text pass for another)
 * and by where they stood.  When the memory is full everything is forgotten. */
#ifndef AK_DETECT_SEEN_TEXTS_H
#define AK_DETECT_SEEN_TEXTS_H

#include "base/bytes.h"

struct ak_seen_texts;

enum {
    AK_SEEN_TEXT_MAX = 2048, /* longer texts are not kept */
    AK_SEEN_FOUND_MAX = 4096,
};

struct ak_seen_texts *ak_seen_texts_new(void);       /* NULL when memory ran out */
void ak_seen_texts_free(struct ak_seen_texts *seen); /* NULL is allowed */

/* Numbers noted for this text at this place: true when it is known.  *out_found
 * is valid until the next put.  *out_hash is to be given to put. */
bool ak_seen_texts_get(const struct ak_seen_texts *seen, uint32_t where, struct ak_bytes text,
                       const uint32_t **out_found, size_t *out_n, uint64_t *out_hash);

/* Note a text that get did not know. */
void ak_seen_texts_put(struct ak_seen_texts *seen, uint32_t where, struct ak_bytes text,
                       uint64_t hash, const uint32_t *found, size_t n);

#endif
