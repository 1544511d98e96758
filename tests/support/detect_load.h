/* detect_load.h - for developers' tools: a folder of rules and a file of evidence. */
#ifndef AK_TESTS_DETECT_LOAD_H
#define AK_TESTS_DETECT_LOAD_H

#include "base/arena.h"
#include "base/bytes.h"

struct ak_rules;
struct ak_event;

/* All *.yml below a folder, or one file, as rules.  Ends the program with a word
 * when that cannot be done. */
void detect_load_rules(struct ak_arena *arena, const char *path, struct ak_rules *out);

/* The bytes of a file; ends the program when it cannot be read. */
struct ak_bytes detect_map_file(const char *path);

/* Run the artefact that bids highest for the file; `each` sees its events.  False
 * when none bids. */
bool detect_parse(const char *path, void (*each)(void *self, const struct ak_event *event),
                  void *self, uint64_t *out_size);

/* Seconds of the processor that this program has used. */
double detect_clock(void);

#endif
