/* likely.h - which paths inside a disk image are worth a look. */
#ifndef AK_ENGINE_LIKELY_H
#define AK_ENGINE_LIKELY_H

#include "base/bytes.h"

/* Could a file at this path hold something a parser reads?  Used where looking
 * into every file would cost a disk seek each; --deep looks into all. */
bool ak_likely(struct ak_str path);

/* Is it called like a program that is started, at a place where it is started from? */
bool ak_likely_started(struct ak_str path);

/* Is it called like a program of Windows? */
bool ak_likely_program(struct ak_str path);

#endif
