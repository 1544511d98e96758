/* ntfs_writer_names.h - names as NTFS keeps, sorts and shortens them. */
#ifndef AK_TESTS_NTFS_WRITER_NAMES_H
#define AK_TESTS_NTFS_WRITER_NAMES_H

#include "base/bytes.h"

enum { NTFSW_NAME_MAX = 255 }; /* units of a name */

/* UTF-8 (three bytes at most) to UTF-16; the number of units, 0 when it does not fit. */
size_t ntfsw_wide(const char *text, size_t n, uint16_t *out);

/* What $UpCase makes of a unit. */
uint16_t ntfsw_upper(uint16_t unit);

/* The order in folders: below, equal, above zero. */
int ntfsw_compare(const uint16_t *a, size_t a_n, const uint16_t *b, size_t b_n);

/* Can it be a name of DOS too? */
bool ntfsw_is_short(const uint16_t *name, size_t n);

#endif
