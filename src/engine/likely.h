/* likely.h - which paths inside a disk image are worth a look. */
#ifndef AK_ENGINE_LIKELY_H
#define AK_ENGINE_LIKELY_H

#include "base/bytes.h"

/* Could a file at this path hold something a parser reads?  Used where looking
 * into every file would cost a disk seek each; --deep looks into all. */
bool ak_likely(struct ak_str path);

/* Could it be a program of Windows, at a place where programs are started from? */
bool ak_likely_program(struct ak_str path);

#endif
