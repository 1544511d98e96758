/* redetect.h - other rules over what is stored already, without the evidence.
 *
 * Which rules an item's events were compared with stands in t_item.  Items of
 * other rules, or of none, become tasks: a worker gets their batches as a spool
 * and answers each with its hits. */
#ifndef AK_ENGINE_REDETECT_H
#define AK_ENGINE_REDETECT_H

#include "engine/ingest.h"

/* Queue a task for each item whose events were not compared with the rules in use. */
AK_MUST_USE enum ak_status ak_redetect_queue(struct ak_ingest *in);

/* Queue a task for each item whose events may be of a class that needs programs,
 * unless it was compared with the rules `tag` stands for. */
AK_MUST_USE enum ak_status ak_redetect_queue_programs(struct ak_ingest *in, const char *tag);

/* The task's batches, unpacked, as a temporary file: u32 length and bytes, one after
 * the other.  The caller's to close; -1 when there is no room or the case is damaged. */
int ak_redetect_spool(struct ak_ingest *in, const struct ak_task *task);

/* The hits of the task's next batch, checked; may be empty.  False when there is no
 * such batch, or it could not be written (in->broken). */
bool ak_redetect_hits(struct ak_ingest *in, struct ak_task *task, struct ak_bytes hits);

#endif
