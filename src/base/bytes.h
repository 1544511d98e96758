/* bytes.h - borrowed views: a run of bytes, and a run of UTF-8 text.
 *
 * Neither owns its memory.  Both are two words and are passed by value.
 */
#ifndef AK_BASE_BYTES_H
#define AK_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ak_bytes {
    const uint8_t *at; /* never NULL when n > 0 */
    size_t n;
};

/* UTF-8 with lone surrogates kept in their three-byte form (WTF-8), so that a
 * damaged or hostile file name survives a round trip.  May contain '\0' and is
 * not guaranteed to be followed by one; lengths travel with the text. */
struct ak_str {
    const char *at;
    size_t n;
};

/* A literal as a view; AK_STR_INIT is the same for static tables. */
#define AK_STR(literal) ((struct ak_str){ "" literal, sizeof("" literal) - 1 })
#define AK_STR_INIT(literal)                                                                       \
    {                                                                                              \
        "" literal, sizeof("" literal) - 1                                                         \
    }

static inline struct ak_str ak_str_of(const char *zero_terminated)
{
    return (struct ak_str){ zero_terminated, strlen(zero_terminated) };
}

static inline struct ak_str ak_str_bytes(struct ak_bytes b)
{
    return (struct ak_str){ (const char *)b.at, b.n };
}

static inline struct ak_bytes ak_bytes_str(struct ak_str s)
{
    return (struct ak_bytes){ (const uint8_t *)s.at, s.n };
}

static inline bool ak_str_eq(struct ak_str a, struct ak_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

static inline bool ak_str_starts(struct ak_str s, struct ak_str prefix)
{
    return s.n >= prefix.n && memcmp(s.at, prefix.at, prefix.n) == 0;
}

static inline bool ak_str_ends(struct ak_str s, struct ak_str suffix)
{
    return s.n >= suffix.n && memcmp(s.at + s.n - suffix.n, suffix.at, suffix.n) == 0;
}

/* ASCII letters compared without case; other bytes must be equal. */
bool ak_str_eq_fold(struct ak_str a, struct ak_str b);

/* Byte order of the texts, shorter first when one is the other's prefix. */
int ak_str_cmp(struct ak_str a, struct ak_str b);

/* Everything behind the last '/'. */
struct ak_str ak_str_basename(struct ak_str path);

/* Does `path` match `glob`?  '*' stays inside one folder name, '**' crosses
 * folders, '?' is one byte; ASCII case is folded.  Linear in path times glob. */
bool ak_glob(const char *glob, struct ak_str path);

#endif
