/* custody.h - who did what to the evidence, when, with what: an append-only log
 * in which every line carries the hash of the line before. */
#ifndef AK_ENGINE_CUSTODY_H
#define AK_ENGINE_CUSTODY_H

#include "base/buf.h"
#include "base/status.h"

struct ak_custody;

/* Open CASE/custody.jsonl for appending; continues the chain.  AK_ERR_CORRUPT
 * when its last line is not one of ours. */
AK_MUST_USE enum ak_status ak_custody_open(const char *folder, struct ak_custody **out);
void ak_custody_close(struct ak_custody *c); /* NULL is allowed */

/* Append one line: time, user, host, tool version, what happened, and
 * the members of `fields` (JSON text "\"path\":\"…\",…"; may be empty).  Here and
 * below c may be NULL, for a case that does not stay: nothing is written. */
void ak_custody_add(struct ak_custody *c, const char *what, struct ak_str fields);

/* Make the lines so far durable. */
void ak_custody_sync(struct ak_custody *c);

/* Check the chain of CASE/custody.jsonl.  *out_lines is how many lines hold;
 * *out_broken the first (from 1) that does not, 0 when all do. */
AK_MUST_USE enum ak_status ak_custody_verify(const char *folder, uint64_t *out_lines,
                                             uint64_t *out_broken);

#endif
