/* worker_walk.h - through containers and volumes to every entry, for whoever asks. */
#ifndef AK_ENGINE_WORKER_WALK_H
#define AK_ENGINE_WORKER_WALK_H

#include "engine/worker.h"

/* A walk under way, and what to do on it. */
struct ak_walk {
    struct ak_worker *w;
    void *self;

    /* Each entry.  AK_OK goes on. */
    enum ak_status (*file)(struct ak_walk *walk, struct ak_filesystem *fs,
                           const struct ak_file *file);
    /* Each volume (or archive): before its entries, and after them with what was
     * found out.  Either may be NULL. */
    void (*before)(struct ak_walk *walk, const struct ak_wire_volume *volume);
    void (*after)(struct ak_walk *walk, const struct ak_wire_volume *volume);

    uint64_t only_volume; /* 0: all */

    /* Kept by the walk. */
    uint64_t volume;     /* number of the volume under way; 0 in an archive */
    uint64_t n_readable; /* volumes with a file system we read, known from the start */
    uint64_t n_files;    /* entries of it so far */
    bool archive;
    struct ak_media media;
};

/* Walk `src`: a container, an image, an archive.  *out_what is what it was:
 * "ewf", "raw", "zip"; *out_note why it could not be opened, or NULL.  Damage met
 * is told through the worker. */
enum ak_status ak_walk_source(struct ak_walk *walk, struct ak_source *src, const char **out_what,
                              const char **out_note);

/* Is it something with files or volumes inside? */
bool ak_worker_is_container(struct ak_source *src);

#endif
