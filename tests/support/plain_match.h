/* plain_match.h - which rules does an event satisfy?  By trying every rule of every
 * class on it, with nothing remembered and nothing skipped: what the matcher with its
 * guards, kinds and seen texts is compared with.  Written apart from it: only patterns,
 * expressions and folding are shared. */
#ifndef AK_TESTS_PLAIN_MATCH_H
#define AK_TESTS_PLAIN_MATCH_H

#include "detect/maps.h"
#include "detect/rule.h"
#include "event/event.h"

/* hit[r] becomes whether rule r is satisfied, for each of the rules. */
void plain_match(const struct ak_rules *rules, const struct ak_maps *maps,
                 const struct ak_event *event, bool *hit);

#endif
