/* scratch.h - a case that lives as long as one command. */
#ifndef AK_CLI_SCRATCH_H
#define AK_CLI_SCRATCH_H

#include "base/status.h"

enum { AK_SCRATCH_PATH = 4096 };

/* Make a folder of our own in $TMPDIR (else /tmp), to be gone when the command ends,
 * also by Ctrl-C, SIGTERM or a closed terminal.  One at a time.  AK_ERR_IO when it
 * cannot be made. */
AK_MUST_USE enum ak_status ak_scratch_make(char path[AK_SCRATCH_PATH]);

/* Remove it with the files of a case in it.  Harmless when there is none. */
void ak_scratch_remove(void);

#endif
