/* worker_look.h - jobs that look into evidence without a case. */
#ifndef AK_ENGINE_WORKER_LOOK_H
#define AK_ENGINE_WORKER_LOOK_H

#include "engine/worker.h"

/* List every volume and entry as text; options: "format=bodyfile|list|jsonl". */
struct ak_wire_done ak_worker_ls(struct ak_worker *w, struct ak_source *src);

/* Write the contents of one entry; options: "path=…" or "inode=…", "volume=…". */
struct ak_wire_done ak_worker_cat(struct ak_worker *w, struct ak_source *src);

/* Hash the media inside a container: facts "media.md5", "media.sha1",
 * "media.sha256", "media.bytes", and the stored ones beside them. */
struct ak_wire_done ak_worker_media(struct ak_worker *w, struct ak_source *src);

/* Print what this build can read; the exit status. */
int ak_worker_list(const char *what, bool japanese);

#endif
