/* plan.h - from what the user named to a list of files, in a fixed order. */
#ifndef AK_ENGINE_PLAN_H
#define AK_ENGINE_PLAN_H

#include "base/buf.h"
#include "base/status.h"

/* One file of an evidence. */
struct ak_planned {
    char *path;   /* to open it */
    char *inside; /* path inside the evidence: relative to the folder, or the file's name */
    uint64_t size;
    int64_t modified_ns;
};

struct ak_plan {
    struct ak_planned *files;
    size_t n, cap;
    size_t n_links, n_special, n_unreadable, n_too_deep; /* met and left alone */
    uint64_t bytes;
    bool folder;
};

/* List a file or all files below a folder, in byte order of their paths.
 * Symbolic links are not followed, devices not opened, folders below
 * AK_PLAN_DEPTH others not listed: all three are counted.  AK_ERR_IO when the path
 * does not exist or cannot be read; AK_ERR_LIMIT beyond AK_PLAN_MAX files. */
AK_MUST_USE enum ak_status ak_plan_make(const char *path, struct ak_plan *out);
void ak_plan_free(struct ak_plan *plan);

/* Open another file of the same folder as `file`, for reading: only by a plain
 * name, only a regular file, not through a link.  Its path into buf.  -1: no. */
int ak_plan_open_beside(const char *file, struct ak_str name, char *buf, size_t n);

enum { AK_PLAN_MAX = 10000000, AK_PLAN_DEPTH = 256 };

#endif
