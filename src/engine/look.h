/* look.h - evidence without a case: dump, ls, cat. */
#ifndef AK_ENGINE_LOOK_H
#define AK_ENGINE_LOOK_H

#include "base/words.h"
#include "engine/wire.h"

#include <stdio.h>

struct ak_look_options {
    enum ak_job_kind kind; /* AK_JOB_DUMP, AK_JOB_LS, AK_JOB_CAT */
    unsigned threads;      /* 0: one per processor */
    bool sandbox;
    enum ak_lang lang;
    struct ak_str parser; /* --as */
    struct ak_str zone_tzif, access_format;
    struct ak_str options; /* for ls and cat: "format=bodyfile\n…" */
};

struct ak_look_result {
    uint64_t events, damage, files, failed;
};

/* Do the job for each path (files below folders, too, for dump) and write what
 * comes, in the order given, to `out`.  Damage and failures are told on stderr.
 * AK_ERR_IO when the workers cannot be started or `out` cannot be written. */
AK_MUST_USE enum ak_status ak_look(const char *const *paths, size_t n_paths,
                                   const struct ak_look_options *options, FILE *out,
                                   struct ak_look_result *result);

#endif
