/* fold.h - text without case, for comparing: rules, indicators, names of files.
 *
 * Simple case folding of Unicode (one character to one character): what Windows
 * does for names, and enough for the texts of rules.  ASCII is the fast path. */
#ifndef AK_BASE_FOLD_H
#define AK_BASE_FOLD_H

#include "base/bytes.h"

/* The simple case folding of a code point. */
uint32_t ak_fold_point(uint32_t code_point);

/* WTF-8 to folded WTF-8 at `to`, which has room for text.n * 3 / 2 + 4 bytes;
 * bytes written.  Bytes that are no UTF-8 stay as they are. */
size_t ak_fold(char *to, struct ak_str text);

/* UTF-16LE to folded WTF-8 at `to`, which has room for 3 bytes a unit. */
size_t ak_fold_utf16le(char *to, struct ak_bytes text);

#endif
