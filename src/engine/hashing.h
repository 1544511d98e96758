/* hashing.h - SHA-256 of evidence files, on a thread of its own. */
#ifndef AK_ENGINE_HASHING_H
#define AK_ENGINE_HASHING_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct ak_hashing;

struct ak_hashed {
    char *path; /* owned by the caller: free() */
    uint32_t evidence;
    uint64_t size;
    int64_t modified_ns;
    char sha256[65]; /* empty when the file could not be read to its end */
};

struct ak_hashing *ak_hashing_start(void); /* NULL when there is no thread to be had */
void ak_hashing_add(struct ak_hashing *h, const char *path, uint32_t evidence);
/* One finished file, if any. */
bool ak_hashing_take(struct ak_hashing *h, struct ak_hashed *out);
/* Files still to do, the one under way included. */
unsigned ak_hashing_left(struct ak_hashing *h);
uint64_t ak_hashing_bytes(struct ak_hashing *h); /* hashed so far */
void ak_hashing_stop(struct ak_hashing *h);      /* drops what is not done; NULL is allowed */

/* SHA-256 of a file as 64 hex digits and a zero; false when it cannot be read.
 * *out_size is how many bytes were hashed. */
bool ak_hash_file(const char *path, char hex[65], uint64_t *out_size);

#endif
