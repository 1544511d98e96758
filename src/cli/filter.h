/* filter.h - --host, --data-type and --query: which events are shown. */
#ifndef AK_CLI_FILTER_H
#define AK_CLI_FILTER_H

#include "store/reading.h"

/* A query is terms separated by blanks, all of which must hold; OR between two
 * terms joins them; -term or NOT term must not hold.  A term is
 *   field:pattern   the field's text matches ('*' and '?' as usual, case folded)
 *   field>=number   also > < <= =
 *   word            some value (or the message) contains it, case folded
 * "…" keeps blanks together. */
struct ak_filter;

/* Any text may be NULL.  *out_why (static text) says what is wrong in the query.
 * Borrows the texts. */
AK_MUST_USE enum ak_status ak_filter_make(const char *host, const char *data_type,
                                          const char *query, struct ak_filter **out,
                                          const char **out_why);
void ak_filter_free(struct ak_filter *filter);

bool ak_filter_holds(const struct ak_filter *filter, const struct ak_stored *event);

#endif
