/* detections.h - hits of rules in time order become rows of t_detection.
 *
 * Hits lie beside the events; here those of rules that report on their own are
 * written, and all are shown to the correlations, which report when they come
 * true.  Needs neither rules nor maps: what rules say of themselves is in t_rule. */
#ifndef AK_ANALYSE_DETECTIONS_H
#define AK_ANALYSE_DETECTIONS_H

#include "store/reading.h"

struct ak_detections;

/* Begin anew: what was detected before is deleted.  With `extra`, rows also carry
 * the fields that the rule does not name.  Reading must outlive it.  NULL when
 * memory ran out or the case is damaged. */
struct ak_detections *ak_detections_begin(struct ak_store *store, const struct ak_reading *reading,
                                          bool extra);

/* The next event in time order; `host` is whose it is. */
void ak_detections_see(struct ak_detections *detections, const struct ak_stored *event,
                       struct ak_str host);

/* All events were seen.  False when something could not be written. */
AK_MUST_USE bool ak_detections_end(struct ak_detections *detections);
void ak_detections_free(struct ak_detections *detections); /* NULL is allowed */

/* The pass over all events of the window (NULL: all), for the rows of detections
 * alone: no hosts, no claims. */
AK_MUST_USE enum ak_status ak_detections_all(struct ak_store *store, struct ak_reading *reading,
                                             const struct ak_window *window, bool extra);

#endif
