/* analyse.h - from events to claims: one pass in time order, several watchers. */
#ifndef AK_ANALYSE_ANALYSE_H
#define AK_ANALYSE_ANALYSE_H

#include "finding/claim.h"

struct ak_analyse_options {
    const struct ak_zone *zone;                    /* of the report's times and of office hours */
    void (*progress)(void *self, uint64_t events); /* may be NULL */
    void *self;
};

/* Read all events once and write hosts, coverage, sign-ins, addresses, the
 * histogram and the claims of the case anew.  Deterministic: the same case
 * gives the same rows. */
AK_MUST_USE enum ak_status ak_analyse(struct ak_store *store, struct ak_reading *reading,
                                      const struct ak_analyse_options *options);

#endif
