/* writers.h - events to JSON lines, CSV, Timesketch's CSV, a body file. */
#ifndef AK_CLI_WRITERS_H
#define AK_CLI_WRITERS_H

#include "base/words.h"
#include "store/reading.h"

struct ak_event_writer {
    const char *name;
    bool untimed;                      /* can it carry events without a time? */
    void (*begin)(struct ak_buf *out); /* may be NULL */
    void (*event)(struct ak_buf *out, const struct ak_stored *event, enum ak_lang lang);
};

/* By name, or NULL. */
const struct ak_event_writer *ak_event_writer_named(const char *name);

/* A CSV cell (RFC 4180): quoted when it must be; a text that a spreadsheet
 * would run as a formula (= + - @ tab) gets an apostrophe in front. */
void ak_csv_cell(struct ak_buf *out, struct ak_str text, bool first);

#endif
