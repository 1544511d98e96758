/* utf.h - text from evidence to UTF-8. */
#ifndef AK_BASE_UTF_H
#define AK_BASE_UTF_H

#include "base/arena.h"
#include "base/buf.h"

/* Write one code point (below 0x110000) as one to four bytes; how many. */
size_t ak_utf8_put(char *to, uint32_t code_point);

/* Decode the code point at text.at[*at] and move *at behind it.  A byte that
 * does not begin a valid sequence (WTF-8: lone surrogates are valid) gives
 * 0xFFFFFFFF and moves by one.  *at must be less than text.n. */
uint32_t ak_utf8_next(struct ak_str text, size_t *at);

/* Is all of it UTF-8 without surrogates? */
bool ak_utf8_valid(struct ak_str text);

/* UTF-16LE to WTF-8 at `to`, which has room for 3 bytes per unit; bytes
 * written.  An odd last byte is ignored.  Pairs become four bytes; a lone
 * surrogate becomes three and is not replaced: two bad names stay two names. */
size_t ak_utf16le_put(char *to, struct ak_bytes in);

/* The same into the arena; valid until it is reset.  AK_ERR_LIMIT when the
 * arena cannot hold the result. */
AK_MUST_USE enum ak_status ak_utf16le(struct ak_arena *arena, struct ak_bytes in,
                                      struct ak_str *out_text);

/* The part of `in` before the first 16-bit zero; all of it when there is none. */
struct ak_bytes ak_utf16_until_nul(struct ak_bytes in);

#endif
