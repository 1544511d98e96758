/* archive_ops.h - archives as file systems: zip, tar, 7z, RAR, cpio, ar, cab, LHA,
 * and single files in gzip, bzip2, xz, zstd, lz4, lzip, lzma or compress. */
#ifndef AK_FILESYSTEM_ARCHIVE_OPS_H
#define AK_FILESYSTEM_ARCHIVE_OPS_H

#include "filesystem/filesystem.h"

extern const struct ak_filesystem_ops ak_archive_ops;

/* Take up what must be opened as a file (the meaning of UTF-8).  Once per
 * process, before the sandbox, beside ak_encoding_open(). */
void ak_archive_prepare(void);

#endif
