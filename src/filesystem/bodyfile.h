/* bodyfile.h - one entry of a file system as text: the body file of The Sleuth
 * Kit 3 (MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime), a listing
 * like `fls -r -p`, and a JSON object.
 */
#ifndef AK_FILESYSTEM_BODYFILE_H
#define AK_FILESYSTEM_BODYFILE_H

#include "base/buf.h"
#include "filesystem/filesystem.h"

/* Append what `fls -r -m /` prints for this entry: one line, and before it, for
 * the first entry of an NTFS name, the line of its $FILE_NAME.  Times are whole
 * seconds since 1970, 0 when not set. */
void ak_bodyfile_put(struct ak_buf *out, const struct ak_file *file);

/* Append what `fls -r -p` prints: "r/r * 64-128-2(realloc):<TAB>path". */
void ak_file_list_put(struct ak_buf *out, const struct ak_file *file);

/* Append one JSON object and a newline. */
void ak_file_json_put(struct ak_buf *out, const struct ak_file *file);

#endif
