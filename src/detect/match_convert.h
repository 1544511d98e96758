/* match_convert.h - values that rules know in another notation. */
#ifndef AK_DETECT_MATCH_CONVERT_H
#define AK_DETECT_MATCH_CONVERT_H

#include "detect/match_parts.h"

/* The text of a computed source in the event at hand; false when the event does not
 * have it. */
bool ak_match_convert(struct ak_detector *d, uint32_t source, struct ak_str *out);

#endif
