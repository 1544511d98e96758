/* triage.h - collections of files that triage tools take from a machine: which
 * tool made it, of which machine, and where each file stood there.
 *
 * Pure functions over paths ('/'-separated, as folders and archives give them). */
#ifndef AK_EVIDENCE_TRIAGE_H
#define AK_EVIDENCE_TRIAGE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/stamp.h"
#include "base/status.h"

enum ak_triage_kind {
    AK_TRIAGE_NONE,
    AK_TRIAGE_VELOCIRAPTOR,
    AK_TRIAGE_UAC,
    AK_TRIAGE_ACQUIRE,
    AK_TRIAGE_KAPE,
    AK_TRIAGE_CDIR,
    AK_TRIAGE_ORC,    /* known by its name only: archives within */
    AK_TRIAGE_DRIVES, /* folders named like drives: "C/Windows" */
    AK_TRIAGE_ROOT,   /* the root of a Unix system: "etc/", "var/log/" */
};

struct ak_triage_guess {
    enum ak_triage_kind kind;
    const char *name;     /* "velociraptor", ...; NULL for AK_TRIAGE_NONE */
    struct ak_str root;   /* the collection's folder inside the listing; empty or ends in '/' */
    struct ak_str host;   /* as the name of archive or folder states it; else empty */
    struct ak_stamp when; /* of the collection, from the same name; else not set */
    char system_drive;    /* CDIR: 'C' unless the collection says otherwise */
};

/* What this listing is.  `container` is the name of the archive or folder it is
 * of ("Collection-PC01-2024-03-10T09_15_04Z.zip"); may be empty.  Views in the
 * result point into paths and container. */
struct ak_triage_guess ak_triage_detect(const struct ak_str *paths, size_t n_paths,
                                        struct ak_str container);

struct ak_triage_place {
    struct ak_str path; /* on the machine: "C:/Windows/..." when the collection has drives */
    bool known;         /* false: the collection does not tell where it stood; path is as given */
    bool tools_own;     /* written by the collector: not evidence of the machine */
};

/* Where the file at `path` of the listing stood.  Text lives in the arena or is
 * `path` itself.  AK_ERR_LIMIT when the arena cannot hold it. */
AK_MUST_USE enum ak_status ak_triage_map(struct ak_arena *arena,
                                         const struct ak_triage_guess *guess, struct ak_str path,
                                         struct ak_triage_place *out);

/* The machine's name as Velociraptor's client_info.json (or UAC's and acquire's
 * JSON) states it.  Scans for "hostname" and "fqdn" members; empty when absent
 * or written with escapes.  Views into `json`. */
void ak_triage_json_host(struct ak_bytes json, struct ak_str *out_host, struct ak_str *out_fqdn);

#endif
