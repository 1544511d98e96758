/* reader.h - opening a case for reading, shared by the commands that do. */
#ifndef AK_CLI_READER_H
#define AK_CLI_READER_H

#include "cli/command.h"
#include "store/reading.h"

/* Print text of evidence on a terminal: what would steer it is made visible. */
void ak_print_seen(struct ak_str text);

/* The case named first on the command line, opened; NULL after complaining. */
struct ak_store *ak_open_case(const struct ak_args *args);

/* The same with its items.  *out_store must be closed after the reading. */
struct ak_reading *ak_open_reading(const struct ak_args *args, struct ak_store **out_store);

/* --from and --to as nanoseconds; false after complaining.  Zone: --tz or UTC. */
bool ak_args_window(const struct ak_args *args, struct ak_window *out);

#endif
