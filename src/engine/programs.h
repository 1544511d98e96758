/* programs.h - what the programs on images say, for events that only name them.
 *
 * When all evidence is read the case holds what each program says of itself (the
 * parser windows.pe).  A table of them goes to the workers, and items with events
 * that name programs are compared with the rules once more.
 * docs/design/007-pe-of-processes.md */
#ifndef AK_ENGINE_PROGRAMS_H
#define AK_ENGINE_PROGRAMS_H

#include "engine/ingest.h"

/* Make the table, give it to the workers, and queue the items it may change; *out_any
 * is whether there are any.  Nothing happens when no rule asks, no event waits or no
 * program was read.  AK_ERR_IO when the case cannot be read. */
AK_MUST_USE enum ak_status ak_programs_use(struct ak_ingest *in, bool *out_any);

#endif
