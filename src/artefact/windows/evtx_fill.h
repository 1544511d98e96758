/* evtx_fill.h - one record of an event log to the values of one event. */
#ifndef AK_ARTEFACT_WINDOWS_EVTX_FILL_H
#define AK_ARTEFACT_WINDOWS_EVTX_FILL_H

#include "artefact/artefact.h"
#include "artefact/windows/evtx_plan.h"
#include "format/evtx.h"

struct ak_evtx_fill;

/* What turns records into events for one item.  NULL when the arena's budget is
 * spent. */
struct ak_evtx_fill *ak_evtx_fill_new(struct ak_ctx *ctx);

/* The records that follow are of this chunk. */
void ak_evtx_fill_chunk(struct ak_evtx_fill *f, const struct ak_evtx_chunk *chunk);

/* Read one record and emit it; damage inside it is recorded, and what could be
 * read is emitted all the same.  `flags` are those of the event. */
AK_MUST_USE enum ak_status ak_evtx_fill_record(struct ak_evtx_fill *f,
                                               const struct ak_evtx_record *record, uint8_t flags);

#endif
