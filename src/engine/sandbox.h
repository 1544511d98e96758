/* sandbox.h - where hostile bytes are parsed, nothing else can be done. */
#ifndef AK_ENGINE_SANDBOX_H
#define AK_ENGINE_SANDBOX_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct ak_sandbox_limits {
    size_t memory;    /* bytes it may write to; mapped evidence does not count */
    unsigned n_files; /* descriptors */
};

/* Lock this process down for good: no new files, no network, no new programs,
 * limits on memory.  Descriptors that are open stay usable.  *out_protections
 * (static text) names what is in force: "seccomp, Landlock, rlimits".
 *
 * AK_ERR_UNSUPPORTED when the kernel has no seccomp: then nothing is parsed,
 * unless the user asked for --no-sandbox. */
AK_MUST_USE enum ak_status ak_sandbox_enter(const struct ak_sandbox_limits *limits,
                                            const char **out_protections);

#endif
