/* filesystem.c - the table of file systems and archives. */
#include "filesystem/filesystem.h"

#include "filesystem/archive_ops.h"

extern const struct ak_filesystem_ops ak_filesystem_ntfs, ak_filesystem_ext4, ak_filesystem_tsk;

/* Own readers first: faster, and they tell what is damaged.  libtsk behind them
 * (docs/design/filesystems.md). */
const struct ak_filesystem_ops *const ak_filesystems[] = {
    &ak_filesystem_ntfs, &ak_filesystem_ext4, &ak_filesystem_tsk, &ak_archive_ops, NULL,
};

const struct ak_filesystem_ops *ak_filesystem_of(struct ak_source *volume)
{
    for (const struct ak_filesystem_ops *const *fs = ak_filesystems; *fs; fs++)
        if ((*fs)->probe(volume))
            return *fs;
    return NULL;
}

enum ak_status ak_filesystem_open(struct ak_source *volume, struct ak_filesystem **out_fs,
                                  const char **out_note)
{
    enum ak_status first = AK_OK;
    const char *first_note = NULL;
    for (const struct ak_filesystem_ops *const *fs = ak_filesystems; *fs; fs++) {
        const char *note = NULL;
        if (!(*fs)->probe(volume))
            continue;
        enum ak_status st = (*fs)->open(volume, out_fs, &note);
        if (st == AK_OK) {
            *out_note = note ? note : first_note;
            return AK_OK;
        }
        first = first == AK_OK ? st : first;
        first_note = first_note ? first_note : note;
    }
    *out_note = first_note;
    return first == AK_OK ? AK_ERR_UNSUPPORTED : first;
}
