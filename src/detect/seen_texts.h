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

/* A text as it is kept, and what is noted for it. */
struct ak_seen_text {
    const uint8_t *text;
    const uint32_t *found;
    size_t n_found;
};

/* What is noted for this text at this place: true when it is known.  Valid as long as
 * the age stays what it is.  *out_hash is to be given to put. */
bool ak_seen_texts_get(const struct ak_seen_texts *seen, uint32_t where, struct ak_bytes text,
                       struct ak_seen_text *out, uint64_t *out_hash);

/* Note a text that get did not know; how it is kept.  False when it is not. */
bool ak_seen_texts_put(struct ak_seen_texts *seen, uint32_t where, struct ak_bytes text,
                       uint64_t hash, struct ak_seen_text *in_out);

/* From 1; one more each time everything is forgotten. */
uint32_t ak_seen_texts_age(const struct ak_seen_texts *seen);

#endif
