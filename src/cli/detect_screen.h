/* detect_screen.h - what akashi detect found, on one screen. */
#ifndef AK_CLI_DETECT_SCREEN_H
#define AK_CLI_DETECT_SCREEN_H

#include "base/words.h"
#include "base/zone.h"
#include "engine/investigate.h"

#include <stdio.h>

struct ak_detect_run {
    const struct ak_ingest_result *result;
    uint64_t elapsed_ms, peak_kb, rows, duplicates;
    const char *output; /* path; NULL: standard output */
    const struct ak_zone *zone;
    int min_severity;
};

void ak_detect_screen(FILE *to, struct ak_store *store, enum ak_lang lang, bool colour,
                      const struct ak_detect_run *run);

/* How many rules are in which state: for the summaries of detect, list and investigate. */
struct ak_rule_counts {
    uint64_t n, loaded, correlations, applicable, not_in_evidence, not_in_akashi, refused;
};
void ak_rule_counts_read(struct ak_store *store, struct ak_rule_counts *out);

#endif
