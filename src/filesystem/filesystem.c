/* filesystem.c - the table of file systems and archives. */
#include "filesystem/filesystem.h"

#include "filesystem/archive_ops.h"

const struct ak_filesystem_ops *const ak_filesystems[] = {
    &ak_archive_ops,
    NULL,
};

const struct ak_filesystem_ops *ak_filesystem_of(struct ak_source *volume)
{
    for (const struct ak_filesystem_ops *const *fs = ak_filesystems; *fs; fs++)
        if ((*fs)->probe(volume))
            return *fs;
    return NULL;
}
