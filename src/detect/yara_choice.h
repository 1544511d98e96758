/* yara_choice.h - which files are worth looking at with YARA.
 *
 * Thousands of rules read some ten megabytes a second: a whole disk would take a
 * day.  So files are chosen: programs and scripts anywhere, everything in web
 * roots, folders that anybody may write to and start-up folders. */
#ifndef AK_DETECT_YARA_CHOICE_H
#define AK_DETECT_YARA_CHOICE_H

#include "base/bytes.h"

/* Largest file looked at, bytes: it is held in memory whole. */
#define AK_YARA_CONTENTS_MAX ((uint64_t)64 << 20)

/* Could it be chosen, going by path and size?  Asked before anything is read. */
bool ak_yara_may_want(struct ak_str path, uint64_t size, bool all);

/* Is it chosen, now that its beginning is known? */
bool ak_yara_wants(struct ak_str path, struct ak_bytes head, uint64_t size, bool all);

#endif
