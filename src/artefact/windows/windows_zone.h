/* windows_zone.h - Windows' names of time zones. */
#ifndef AK_ARTEFACT_WINDOWS_WINDOWS_ZONE_H
#define AK_ARTEFACT_WINDOWS_WINDOWS_ZONE_H

#include "base/bytes.h"

/* "Tokyo Standard Time" to "Asia/Tokyo"; NULL when the name is none of Windows'. */
const char *ak_windows_zone(struct ak_str name);

#endif
