/* encoding.h - text of unknown, often Japanese, encoding to UTF-8. */
#ifndef AK_BASE_ENCODING_H
#define AK_BASE_ENCODING_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

/* Get the converters ready.  Once per process, before the sandbox: they are
 * files that cannot be opened inside it. */
void ak_encoding_open(void);

/* Text to UTF-8 in the arena: UTF-8 is given back as it is; else UTF-16 with a
 * byte order mark, ISO-2022-JP, EUC-JP and CP932 are tried and the best fit is
 * used; bytes that fit nowhere become U+FFFD.
 * AK_ERR_LIMIT when the arena cannot hold the result. */
AK_MUST_USE enum ak_status ak_encoding_utf8(struct ak_arena *arena, struct ak_bytes in,
                                            struct ak_str *out_text);

/* The same for text known to be from Windows: CP932 is tried before EUC-JP, so
 * half-width kana stay kana. */
AK_MUST_USE enum ak_status ak_encoding_windows(struct ak_arena *arena, struct ak_bytes in,
                                               struct ak_str *out_text);

#endif
