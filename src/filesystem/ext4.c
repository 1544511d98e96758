/* ext4.c - ext2, ext3 and ext4, the file systems of Linux: our own reader.
 *
 * Also reads bigalloc, which libtsk does not.  The journal is not replayed: what
 * is shown is what the disk says.  Facts and their sources:
 * docs/formats/filesystem.ext4.md */
#include "filesystem/ext4.h"

#include <stdlib.h>

static void ext4_close(struct ak_filesystem *self)
{
    ext4_close_volume((struct ext4 *)self);
    free(self);
}

static enum ak_status ext4_open(struct ak_source *volume, struct ak_filesystem **out_fs,
                                const char **out_note)
{
    struct ext4 *fs = calloc(1, sizeof(*fs));
    if (!fs)
        return AK_ERR_NOMEM;
    fs->base.ops = &ak_filesystem_ext4;
    fs->volume = volume;
    enum ak_status st = ext4_open_volume(fs, out_note);
    if (st != AK_OK) {
        ext4_close(&fs->base);
        return st;
    }
    *out_fs = &fs->base;
    return AK_OK;
}

/* ---- contents ---- */

struct contents {
    struct ak_source base;
    struct ext4 *fs;
    struct ext4_runs runs; /* owned */
    uint8_t *whole;        /* owned; contents kept in the inode, else NULL */
};

static enum ak_status contents_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                    size_t *out_missing)
{
    struct contents *c = (struct contents *)self;
    if (c->whole)
        memcpy(buf, c->whole + at, n);
    else
        ext4_read_runs(c->fs, &c->runs, at, buf, n, out_missing);
    return AK_OK;
}

static void contents_close(struct ak_source *self)
{
    struct contents *c = (struct contents *)self;
    free(c->runs.at);
    free(c->whole);
    free(c);
}

static enum ak_status set_up(struct contents *c, const struct ext4_inode *inode)
{
    struct ak_bytes parts[2];
    c->base.size = inode->size;
    if (inode->size > INT64_MAX)
        return AK_ERR_CORRUPT;
    if (!(inode->flags & EXT4_IS_INLINE))
        return ext4_map(c->fs, inode, &c->runs);
    ext4_inline(c->fs, inode, parts);
    c->base.size = parts[0].n + parts[1].n;
    c->whole = malloc(c->base.size ? (size_t)c->base.size : 1);
    if (!c->whole)
        return AK_ERR_NOMEM;
    memcpy(c->whole, parts[0].at, parts[0].n);
    memcpy(c->whole + parts[0].n, parts[1].at, parts[1].n);
    return AK_OK;
}

static enum ak_status ext4_open_file(struct ak_filesystem *self, const struct ak_file *file,
                                     struct ak_source **out)
{
    static const struct ak_source_ops OPS = { "ext4.file", contents_read, contents_close };
    struct ext4 *fs = (struct ext4 *)self;
    if (file->flags & AK_FILE_ENCRYPTED)
        return AK_ERR_ENCRYPTED;
    if (file->flags & AK_FILE_SPECIAL || file->meta_type == '-' || file->id > fs->n_inodes)
        return AK_ERR_UNSUPPORTED;
    struct ext4_inode *inode = malloc(sizeof(*inode));
    struct contents *c = calloc(1, sizeof(*c));
    enum ak_status st = inode && c ? AK_OK : AK_ERR_NOMEM;
    if (st == AK_OK && !ext4_inode_read(fs, (uint32_t)file->id, inode))
        st = AK_ERR_CORRUPT;
    if (st == AK_OK) {
        c->base.ops = &OPS;
        c->fs = fs;
        st = set_up(c, inode);
    }
    free(inode);
    if (st == AK_OK)
        *out = &c->base;
    else if (c)
        contents_close(&c->base);
    return st;
}

const struct ak_filesystem_ops ak_filesystem_ext4 = {
    .name = "ext4",
    .title_en = "ext2, ext3, ext4",
    .title_ja = "ext2、ext3、ext4",
    .probe = ext4_probe,
    .open = ext4_open,
    .close = ext4_close,
    .walk = ext4_walk,
    .open_file = ext4_open_file,
};
