/* investigate.h - the main job: evidence into a case. */
#ifndef AK_ENGINE_INVESTIGATE_H
#define AK_ENGINE_INVESTIGATE_H

#include "base/words.h"
#include "engine/custody.h"
#include "engine/feeds.h"
#include "engine/rules.h"
#include "store/store.h"

struct ak_ingest_options {
    const char *folder; /* of the case: spools are made there */
    unsigned jobs;      /* worker processes; 0: one per processor */
    bool sandbox;       /* false only for debugging */
    bool deep;          /* look into every file of an image, not only at likely paths */
    bool programs;      /* read Windows programs inside images, too */
    bool hash_files;    /* SHA-256 of every file in images and archives, too */
    bool hash;          /* SHA-256 of evidence files (and the media's stored hashes) */
    bool progress;      /* show it on stderr */
    enum ak_lang lang;
    struct ak_str zone_name; /* --tz; empty: the evidence's own */
    struct ak_str zone_tzif;
    struct ak_str access_format;
    const struct ak_rules_in_use *rules; /* to compare events with; NULL: none */
    const struct ak_feeds_in_use *feeds; /* indicators, YARA rules, known files; NULL: none */
    bool hits_only;                      /* keep only events that satisfy a rule */
    const char *worker;                  /* tests only: another program as akashi-worker; NULL */
    uint32_t silence_s;                  /* tests only: another patience with hung workers; 0 */
};

/* What happened, for the summary. */
struct ak_ingest_result {
    uint64_t bytes, items, items_parsed, items_failed, items_unknown, events, damage;
    uint64_t events_seen; /* compared with rules, those not kept included */
    uint64_t elapsed_ms;
    unsigned jobs;
    char protections[64];
};

/* Parse whatever of `paths` is new or unfinished in the case.  Evidence that
 * cannot be opened is reported on stderr and counted in *out_missing; the rest
 * goes on.  AK_ERR_IO when the workers cannot be started or the case cannot be
 * written. */
AK_MUST_USE enum ak_status ak_ingest(struct ak_store *store, struct ak_custody *custody,
                                     const char *const *paths, size_t n_paths,
                                     const struct ak_ingest_options *options,
                                     struct ak_ingest_result *out, size_t *out_missing);

#endif
