/* detect_load.h - for developers' tools: a folder of rules and a file of evidence. */
#ifndef AK_TESTS_DETECT_LOAD_H
#define AK_TESTS_DETECT_LOAD_H

#include "artefact/artefact.h"
#include "detect/rules_read.h"

/* All *.yml below a folder, or one file, as rules.  Ends the program with a word
 * when that cannot be done. */
void detect_load_rules(struct ak_arena *arena, const char *path, struct ak_rules *out);

/* Run the artefact that bids highest for the file.  False when none does. */
bool detect_parse(const char *path, const struct ak_sink *sink, uint64_t *out_size);

/* Seconds of a clock that only goes on. */
double detect_clock(void);

#endif
