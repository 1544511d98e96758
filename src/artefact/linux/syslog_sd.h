/* syslog_sd.h - structured data of RFC 5424 (section 6.3) as fields.
 *
 * "[meta@1 sequenceId="29"][origin ip="::1"]" gives the fields
 * log.syslog.structured_data.meta@1.sequenceId and ….origin.ip. */
#ifndef AK_ARTEFACT_LINUX_SYSLOG_SD_H
#define AK_ARTEFACT_LINUX_SYSLOG_SD_H

#include "artefact/artefact.h"

enum {
    AK_SD_MAX = 32,     /* parameters of one line; more stay one text */
    AK_SD_SHAPES = 128, /* different sets of names in one log; more stay one text */
    AK_SD_NAME = 200,   /* bytes of id and name */
};

struct ak_sd {
    struct ak_str id[AK_SD_MAX], name[AK_SD_MAX], value[AK_SD_MAX];
    size_t n;
};

/* Shapes made so far; zero-initialise. */
struct ak_sd_shapes {
    struct {
        uint64_t key;
        const struct ak_shape *shape;
    } made[AK_SD_SHAPES];
    size_t n;
    bool grew; /* the last call made one: the arena must not be rewound behind it */
};

/* False when it is not well formed, has no parameter or more than AK_SD_MAX. */
bool ak_sd_split(struct ak_str text, struct ak_sd *out);

/* `base` with the names of `sd` behind it, from the arena; NULL when there are
 * too many such shapes or the arena is used up. */
const struct ak_shape *ak_sd_shape(struct ak_arena *arena, struct ak_sd_shapes *shapes,
                                   const struct ak_shape *base, const struct ak_sd *sd);

/* The values, with their backslashes resolved, into out[0 .. sd->n). */
void ak_sd_values(struct ak_arena *arena, const struct ak_sd *sd, struct ak_value *out);

#endif
