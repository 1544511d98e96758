/* container.h - formats that wrap a disk: what is inside an E01, a VMDK, a QCOW2.
 *
 * Found by content.  A container may need further files of the same folder
 * (E02, extents, parents); it asks for them by name through `struct ak_siblings`
 * and goes on without those it does not get, saying so.
 */
#ifndef AK_EVIDENCE_CONTAINER_H
#define AK_EVIDENCE_CONTAINER_H

#include "base/arena.h"
#include "evidence/source.h"

/* Files beside the one being opened.  `name` is a file name without any '/'.
 * NULL when there is none of that name.  The source belongs to whoever made
 * the ak_siblings and stays open as long as the container. */
struct ak_siblings {
    struct ak_source *(*open)(void *self, struct ak_str name);
    void *self;
    struct ak_str first; /* name of the file being opened: "server.E01" */
    unsigned depth;      /* 0; parents of parents count up */
};

enum { AK_DISK_FACTS = 48, AK_DISK_NOTES = 32 };

/* A fact the container states of itself: "acquired", "examiner", "md5" (stored
 * hash of the media, lower-case hex), "sha1", "parent", ... */
struct ak_disk_fact {
    struct ak_str name, value;
};

/* What was opened. */
struct ak_disk {
    struct ak_source *media; /* the bytes inside; owned by the caller: ak_source_close() */
    struct ak_disk_fact facts[AK_DISK_FACTS];
    size_t n_facts;
    const char *notes[AK_DISK_NOTES]; /* literals of data/words: "a segment file is missing", … */
    size_t n_notes;
};

struct ak_container {
    const char *name;     /* "ewf": what `akashi list containers` shows */
    const char *title_en; /* "Expert Witness Format (E01)" */
    const char *title_ja;

    /* Does `src` begin (or, for VHD, end) like one?  Reads little; cannot fail.
     * NULL when content cannot tell. */
    bool (*probe)(struct ak_source *src);

    /* Do the names of the file and of those beside it say so?  NULL when names
     * do not matter.  Asked only of files that no probe() knows. */
    bool (*probe_names)(const struct ak_siblings *siblings);

    /* Open it.  Texts in *out, and what the media needs, live in the arena: it
     * must outlive the media.  AK_ERR_CORRUPT, AK_ERR_UNSUPPORTED,
     * AK_ERR_ENCRYPTED with out->notes saying why. */
    enum ak_status (*open)(struct ak_arena *arena, struct ak_source *src,
                           const struct ak_siblings *siblings, struct ak_disk *out);
};

extern const struct ak_container *const ak_containers[]; /* NULL at the end */

/* The container `src` is, or NULL: then it is taken as raw. */
const struct ak_container *ak_container_of(struct ak_source *src);

/* The same, but a file that content does not know may be told by its name and
 * its siblings: server.001 with server.002 beside it.  This is what to call. */
const struct ak_container *ak_container_for(struct ak_source *src,
                                            const struct ak_siblings *siblings);

#endif
