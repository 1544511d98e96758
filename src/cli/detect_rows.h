/* detect_rows.h - detections as CSV (hayabusa's profiles) and as JSON lines. */
#ifndef AK_CLI_DETECT_ROWS_H
#define AK_CLI_DETECT_ROWS_H

#include "base/buf.h"
#include "base/words.h"
#include "base/zone.h"

#include <stdio.h>

struct sqlite3;
struct sqlite3_stmt;

/* Which columns, in which order. */
struct ak_detect_profile;
const struct ak_detect_profile *ak_detect_profile_named(const char *name); /* NULL: none */

struct ak_detect_output {
    const struct ak_detect_profile *profile; /* of CSV */
    bool jsonl;
    bool iso;                   /* times as ISO 8601 with 'T' */
    const struct ak_zone *zone; /* of the times in CSV */
    bool distinct;              /* leave out what only differs in where it was found */
    int min_severity;
    const char *tags;   /* only rules with one of these tags, comma between; NULL: all */
    const char *status; /* only rules in one of these states, comma between; NULL: all */
    enum ak_lang lang;
};

/* What was written. */
struct ak_detect_written {
    uint64_t rows, duplicates;
};

/* Write the rows of the case in the order of time, host, source, record, rule.  False
 * when they could not be read or written to the end. */
bool ak_detect_write(struct sqlite3 *db, const struct ak_detect_output *output, FILE *out,
                     struct ak_detect_written *written);

#endif
