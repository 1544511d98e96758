/* ntfs.c - NTFS, the file system of Windows: our own reader.
 *
 * It reads the $MFT once for the links from files to folders, then shows the tree
 * folder by folder, each record parsed where it is met.  Facts and their
 * sources: docs/formats/filesystem.ntfs.md */
#include "filesystem/ntfs.h"

#include "base/utf.h"

#include <stdlib.h>

extern const struct ak_filesystem_ops ak_filesystem_ntfs;

static void ntfs_close(struct ak_filesystem *self)
{
    ntfs_close_volume((struct ntfs *)self);
    free(self);
}

/* The label: attribute $VOLUME_NAME of record 3. */
static void take_label(struct ntfs *fs)
{
    enum { LABEL_MAX = 42 }; /* bytes of UTF-16 that fit label[64] as UTF-8 */
    uint8_t record[NTFS_RECORD_MAX];
    struct ntfs_attribute a;
    if (!ntfs_record_read(fs, NTFS_VOLUME, record, NULL))
        return;
    for (size_t at = 0; ntfs_attribute_next((struct ak_bytes){ record, fs->record }, &at, &a);) {
        if (a.type != NTFS_VOLUME_NAME || !a.resident)
            continue;
        a.value.n = a.value.n < LABEL_MAX ? a.value.n : LABEL_MAX;
        fs->base.label[ak_utf16le_put(fs->base.label, a.value)] = 0;
        return;
    }
}

static enum ak_status ntfs_open(struct ak_source *volume, struct ak_filesystem **out_fs,
                                const char **out_note)
{
    struct ntfs *fs = calloc(1, sizeof(*fs));
    if (!fs)
        return AK_ERR_NOMEM;
    fs->base.ops = &ak_filesystem_ntfs;
    fs->base.type = "ntfs";
    fs->volume = volume;
    enum ak_status st = ntfs_open_volume(fs, out_note);
    if (st != AK_OK) {
        ntfs_close(&fs->base);
        return st;
    }
    take_label(fs);
    *out_fs = &fs->base;
    return AK_OK;
}

const struct ak_filesystem_ops ak_filesystem_ntfs = {
    .name = "ntfs",
    .title_en = "NTFS",
    .title_ja = "NTFS",
    .probe = ntfs_probe,
    .open = ntfs_open,
    .close = ntfs_close,
    .walk = ntfs_walk,
    .open_file = ntfs_open_file,
};
