/* ntfs_writer.h - write an NTFS volume, for tests and for the evidence of the
 * demonstration.
 *
 *     struct ntfsw *w = ntfsw_begin(&(struct ntfsw_volume){ .bytes = 64 << 20, ... });
 *     ntfsw_add(w, &(struct ntfsw_file){ .path = "Users", .folder = true, ... });
 *     ntfsw_add(w, &(struct ntfsw_file){ .path = "Users/memo.txt", .content = ..., ... });
 *     struct ak_bytes volume = ntfsw_end(w);      valid until ntfsw_free(w)
 *
 * Version 3.1, clusters of 4096 bytes, records of 1024; every time is the
 * caller's.  Folders are added before what lies in them. */
#ifndef AK_TESTS_NTFS_WRITER_H
#define AK_TESTS_NTFS_WRITER_H

#include "base/bytes.h"

struct ntfsw_times {
    uint64_t created, modified, changed, accessed; /* 100 ns since 1601 */
};

struct ntfsw_volume {
    size_t bytes; /* of the whole volume, a multiple of 4096 */
    uint64_t serial;
    uint64_t made; /* when it was formatted: the times of its own files */
    const char *label;
};

struct ntfsw_file {
    const char *path; /* UTF-8, '/'-separated, without a leading '/' */
    struct ak_bytes content;
    struct ntfsw_times times;             /* of $STANDARD_INFORMATION */
    const struct ntfsw_times *name_times; /* of $FILE_NAME; NULL: the same */
    uint32_t attributes;                  /* FILE_ATTRIBUTE_...: 2 hidden, 4 system; 0: archive */
    bool folder;
    bool deleted;       /* its record is free again, its name is out of the folder */
    const char *stream; /* the name of an alternate data stream; NULL: none */
    struct ak_bytes stream_content;
};

struct ntfsw;

struct ntfsw *ntfsw_begin(const struct ntfsw_volume *volume);

/* Add a file; contents are copied at once.  False when its folder is not there,
 * its name or attributes do not fit, or the volume is full. */
bool ntfsw_add(struct ntfsw *w, const struct ntfsw_file *file);

/* The finished volume; empty when something did not fit. */
struct ak_bytes ntfsw_end(struct ntfsw *w);
void ntfsw_free(struct ntfsw *w);

#endif
