/* tsk.c - NTFS, FAT12/16/32, exFAT, ext2/3/4, HFS+, ISO 9660, UFS and APFS
 * through libtsk 4.11.1 (The Sleuth Kit, Common Public License).
 *
 * It stands behind our own readers (docs/design/filesystems.md): what they
 * refuse, libtsk may still read, and what they do not know, only libtsk reads.
 * libtsk gets its bytes from our callback and opens nothing itself.  What a
 * walk shows is what `fls -r` shows, entry by entry.
 *
 * An APFS container holds volumes: with more than one, each is a folder of its
 * name, and `sequence` of an entry is the volume's number in the container. */
#include "filesystem/tsk.h"

#include "base/buf.h"
#include "base/reader.h"
#include "filesystem/filesystem.h"

#include <stdlib.h>
#include <time.h>

#include <tsk/libtsk.h>

enum { TSK_VOLUMES_MAX = 100, TSK_SECTOR = 512, TSK_PROBE_SECTOR = 4096 };

/* What libtsk's conversion makes of an NTFS time of 0 ("not set"). */
static const int64_t TSK_NTFS_UNSET = INT64_C(3373865674);

struct tsk_image {
    TSK_IMG_INFO base;
    struct ak_source *from; /* borrowed */
};

struct tsk_volume {
    TSK_FS_INFO *fs;     /* owned; NULL when it could not be opened */
    TSK_IMG_INFO *image; /* owned; the volume of an APFS container, else NULL */
    char name[256];
    bool encrypted;
};

struct tsk_filesystem {
    struct ak_filesystem base;
    TSK_IMG_INFO *image;       /* owned */
    const TSK_POOL_INFO *pool; /* owned; NULL except for APFS */
    size_t n_volumes;
    struct tsk_volume volumes[TSK_VOLUMES_MAX];
};

void ak_tsk_prepare(void)
{
    static bool done;
    if (done)
        return;
    setenv("TZ", "UTC", 1);
    tzset();
    tsk_verbose = 0;
    done = true;
}

/* ---- an ak_source as libtsk's image ---- */

static ssize_t image_read(TSK_IMG_INFO *image, TSK_OFF_T at, char *buf, size_t n)
{
    struct ak_source *from = ((struct tsk_image *)(void *)image)->from;
    if (at < 0)
        return -1;
    size_t got = ak_source_read_some(from, (uint64_t)at, buf, n);
    return got ? (ssize_t)got : n ? -1 : 0;
}

static void image_close(TSK_IMG_INFO *image) { free(image); }

static void image_stat(TSK_IMG_INFO *image, FILE *to)
{
    (void)image;
    (void)to;
}

static TSK_IMG_INFO *image_open(struct ak_source *from)
{
    struct tsk_image *image = calloc(1, sizeof(*image));
    if (!image)
        return NULL;
    image->from = from;
    TSK_IMG_INFO *opened = tsk_img_open_external(image, (TSK_OFF_T)from->size, TSK_SECTOR,
                                                 image_read, image_close, image_stat);
    if (!opened)
        free(image);
    return opened;
}

/* ---- what is it? ---- */

static bool is_power_of_two(uint32_t v) { return v && (v & (v - 1)) == 0; }

static bool is_fat(const uint8_t *b)
{
    uint16_t sector = ak_load_u16le(b + 11);
    return is_power_of_two(sector) && sector >= 512 && sector <= 4096 && is_power_of_two(b[13]) &&
           ak_load_u16le(b + 14) != 0 && b[16] >= 1 && b[16] <= 8 && memcmp(b + 3, "NTFS", 4) != 0;
}

/* Signatures that stand at one place. */
static const struct signature {
    uint64_t at;
    const char *bytes;
    uint8_t n;
    TSK_FS_TYPE_ENUM type;
} SIGNATURES[] = {
    { 3, "NTFS    ", 8, TSK_FS_TYPE_NTFS_DETECT },
    { 3, "EXFAT   ", 8, TSK_FS_TYPE_EXFAT },
    { 32, "NXSB", 4, TSK_FS_TYPE_APFS_DETECT },
    { 1080, "\x53\xEF", 2, TSK_FS_TYPE_EXT_DETECT },
    { 1024, "H+", 2, TSK_FS_TYPE_HFS_DETECT },
    { 1024, "HX", 2, TSK_FS_TYPE_HFS_DETECT },
    { 1024, "BD", 2, TSK_FS_TYPE_HFS_DETECT },
    { 32769, "CD001", 5, TSK_FS_TYPE_ISO9660_DETECT },
    { 32768 + 16 + 8, "CD001", 5, TSK_FS_TYPE_ISO9660_DETECT }, /* raw CD sectors */
    { 8192 + 1372, "\x54\x19\x01\x00", 4, TSK_FS_TYPE_FFS_DETECT },
    { 8192 + 1372, "\x00\x01\x19\x54", 4, TSK_FS_TYPE_FFS_DETECT },
    { 65536 + 1372, "\x19\x01\x54\x19", 4, TSK_FS_TYPE_FFS_DETECT },
    { 65536 + 1372, "\x19\x54\x01\x19", 4, TSK_FS_TYPE_FFS_DETECT },
};

static TSK_FS_TYPE_ENUM type_of(struct ak_source *volume)
{
    uint8_t sector[TSK_SECTOR];
    for (size_t i = 0; i < sizeof(SIGNATURES) / sizeof(SIGNATURES[0]); i++) {
        const struct signature *s = &SIGNATURES[i];
        if (ak_source_read_some(volume, s->at, sector, s->n) == s->n &&
            memcmp(sector, s->bytes, s->n) == 0)
            return s->type;
    }
    if (ak_source_read_some(volume, 0, sector, sizeof(sector)) == sizeof(sector) && is_fat(sector))
        return TSK_FS_TYPE_FAT_DETECT;
    return TSK_FS_TYPE_UNSUPP;
}

static bool tsk_probe(struct ak_source *volume) { return type_of(volume) != TSK_FS_TYPE_UNSUPP; }

/* ---- open and close ---- */

static void tsk_close(struct ak_filesystem *self)
{
    struct tsk_filesystem *t = (struct tsk_filesystem *)self;
    for (size_t i = 0; i < t->n_volumes; i++) {
        if (t->volumes[i].fs)
            tsk_fs_close(t->volumes[i].fs);
        if (t->volumes[i].image)
            tsk_img_close(t->volumes[i].image);
    }
    if (t->pool)
        tsk_pool_close(t->pool);
    if (t->image)
        tsk_img_close(t->image);
    free(t);
}

static const char *open_pool(struct tsk_filesystem *t)
{
    const char *note = NULL;
    t->pool = tsk_pool_open_img_sing(t->image, 0, TSK_POOL_TYPE_APFS);
    if (!t->pool)
        return "the APFS container could not be read";
    const TSK_POOL_VOLUME_INFO *v = t->pool->vol_list;
    for (; v && t->n_volumes < TSK_VOLUMES_MAX; v = v->next) {
        struct tsk_volume *to = &t->volumes[t->n_volumes++];
        snprintf(to->name, sizeof(to->name), "%s", v->desc ? v->desc : "");
        to->encrypted = v->flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED;
        to->image = t->pool->get_img_info(t->pool, v->block);
        if (to->image)
            to->fs = tsk_fs_open_img(to->image, 0, TSK_FS_TYPE_APFS);
        if (!to->fs)
            note =
                to->encrypted ? "an APFS volume is encrypted" : "an APFS volume could not be read";
    }
    return note;
}

static const char *open_volumes(struct tsk_filesystem *t, TSK_FS_TYPE_ENUM type)
{
    if (type == TSK_FS_TYPE_APFS_DETECT)
        return open_pool(t);
    t->volumes[0].fs = tsk_fs_open_img(t->image, 0, type);
    if (!t->volumes[0].fs)
        return "the file system could not be read";
    t->n_volumes = 1;
    return NULL;
}

static bool any_open(const struct tsk_filesystem *t)
{
    for (size_t i = 0; i < t->n_volumes; i++)
        if (t->volumes[i].fs)
            return true;
    return false;
}

extern const struct ak_filesystem_ops ak_filesystem_tsk;

static enum ak_status tsk_open(struct ak_source *volume, struct ak_filesystem **out_fs,
                               const char **out_note)
{
    ak_tsk_prepare();
    struct tsk_filesystem *t = calloc(1, sizeof(*t));
    if (!t)
        return AK_ERR_NOMEM;
    t->base.ops = &ak_filesystem_tsk;
    t->image = image_open(volume);
    *out_note = t->image ? open_volumes(t, type_of(volume)) : "the file system could not be read";
    tsk_error_reset();
    if (!any_open(t)) {
        bool locked = t->n_volumes > 0 && t->volumes[0].encrypted;
        tsk_close(&t->base);
        return locked ? AK_ERR_ENCRYPTED : AK_ERR_CORRUPT;
    }
    t->base.type = t->pool ? "apfs" : tsk_fs_type_toname(t->volumes[0].fs->ftype);
    if (t->pool)
        snprintf(t->base.label, sizeof(t->base.label), "%.63s", t->volumes[0].name);
    *out_fs = &t->base;
    return AK_OK;
}

/* ---- the walk ---- */

struct tsk_walk {
    struct tsk_filesystem *t;
    uint32_t volume;
    const struct ak_file_visitor *visitor;
    struct ak_buf path;
    enum ak_status status;
};

static struct ak_stamp stamp_of(const TSK_FS_INFO *fs, int64_t seconds, uint32_t ns)
{
    bool unset = seconds == 0 || (TSK_FS_TYPE_ISNTFS(fs->ftype) && seconds == TSK_NTFS_UNSET);
    if (unset)
        return (struct ak_stamp){ 0 };
    bool fine = fs->flags & TSK_FS_INFO_FLAG_HAVE_NANOSEC;
    struct ak_stamp s = ak_stamp_unix(seconds, fine ? ns : 0, fine ? AK_PREC_NS : AK_PREC_S);
    if (TSK_FS_TYPE_ISFAT(fs->ftype))
        s.flags |= AK_STAMP_LOCAL;
    return s;
}

static void take_ntfs_names(struct ak_file *f, const TSK_FS_INFO *fs, const TSK_FS_META *m)
{
    f->fn_created = stamp_of(fs, m->time2.ntfs.fn_crtime, (uint32_t)m->time2.ntfs.fn_crtime_nano);
    f->fn_modified = stamp_of(fs, m->time2.ntfs.fn_mtime, (uint32_t)m->time2.ntfs.fn_mtime_nano);
    f->fn_changed = stamp_of(fs, m->time2.ntfs.fn_ctime, (uint32_t)m->time2.ntfs.fn_ctime_nano);
    f->fn_accessed = stamp_of(fs, m->time2.ntfs.fn_atime, (uint32_t)m->time2.ntfs.fn_atime_nano);
}

static void take_meta(struct ak_file *f, const TSK_FS_INFO *fs, const TSK_FS_META *m)
{
    f->sequence = m->seq;
    f->size = m->size > 0 ? (uint64_t)m->size : 0;
    f->mode = (uint32_t)m->mode;
    f->uid = m->uid;
    f->gid = m->gid;
    f->created = stamp_of(fs, m->crtime, m->crtime_nano);
    f->modified = stamp_of(fs, m->mtime, m->mtime_nano);
    f->changed = stamp_of(fs, m->ctime, m->ctime_nano);
    f->accessed = stamp_of(fs, m->atime, m->atime_nano);
    if (m->type < TSK_FS_META_TYPE_STR_MAX)
        f->meta_type = tsk_fs_meta_type_str[m->type][0];
    if (TSK_FS_IS_DIR_META(m->type))
        f->flags |= AK_FILE_DIR;
    else if (m->type == TSK_FS_META_TYPE_LNK)
        f->flags |= AK_FILE_LINK;
    else if (m->type != TSK_FS_META_TYPE_REG && m->type != TSK_FS_META_TYPE_UNDEF)
        f->flags |= AK_FILE_SPECIAL;
    if (m->type == TSK_FS_META_TYPE_VIRT_DIR)
        f->flags |= AK_FILE_SPECIAL;
    if (m->link && m->type == TSK_FS_META_TYPE_LNK)
        f->target = ak_str_of(m->link);
    if (TSK_FS_TYPE_ISEXT(fs->ftype))
        f->deleted = stamp_of(fs, m->time2.ext2.dtime, 0);
    else if (TSK_FS_TYPE_ISNTFS(fs->ftype))
        take_ntfs_names(f, fs, m);
}

static void take_name(struct ak_file *f, const TSK_FS_FILE *file)
{
    const TSK_FS_NAME *name = file->name;
    f->id = name->meta_addr;
    f->name_type = f->meta_type = '-';
    if (name->type < TSK_FS_NAME_TYPE_STR_MAX)
        f->name_type = tsk_fs_name_type_str[name->type][0];
    if (TSK_FS_IS_DIR_NAME(name->type) && !file->meta)
        f->flags |= AK_FILE_DIR;
    if (!(name->flags & TSK_FS_NAME_FLAG_UNALLOC))
        return;
    f->flags |= AK_FILE_DELETED;
    if (file->meta && file->meta->flags & TSK_FS_META_FLAG_ALLOC)
        f->flags |= AK_FILE_REALLOC;
}

static enum ak_status tell(struct tsk_walk *w, struct ak_file *f)
{
    f->path = ak_buf_view(&w->path);
    if (w->path.failed)
        return AK_ERR_NOMEM;
    if (w->path.n > AK_FS_PATH_MAX)
        return AK_ERR_LIMIT;
    return w->visitor->file(w->visitor->self, &w->t->base, f);
}

/* The attributes of an NTFS file that fls prints lines for. */
static bool is_shown(const TSK_FS_ATTR *a)
{
    return a && (a->type == TSK_FS_ATTR_TYPE_NTFS_DATA || a->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT);
}

static bool is_own_name(const TSK_FS_ATTR *a, const TSK_FS_META *m)
{
    return a && a->type == TSK_FS_ATTR_TYPE_NTFS_FNAME && a->id == m->time2.ntfs.fn_id;
}

static enum ak_status tell_stream(struct tsk_walk *w, struct ak_file *f, const TSK_FS_ATTR *a)
{
    size_t keep = w->path.n;
    struct ak_file shown = *f;
    shown.attribute = (uint32_t)a->type;
    shown.stream = a->id;
    shown.size = a->size > 0 ? (uint64_t)a->size : 0;
    if (a->flags & TSK_FS_ATTR_ENC)
        shown.flags |= AK_FILE_ENCRYPTED;
    if (a->name && (a->type == TSK_FS_ATTR_TYPE_NTFS_DATA || strcmp(a->name, "$I30") != 0)) {
        ak_buf_u8(&w->path, ':');
        ak_buf_text(&w->path, a->name);
        shown.flags |= AK_FILE_STREAM;
        shown.stream_name_n = w->path.n - keep;
    }
    if (a->type == TSK_FS_ATTR_TYPE_NTFS_DATA)
        shown.flags &= ~(uint32_t)AK_FILE_DIR;
    enum ak_status st = tell(w, &shown);
    w->path.n = keep;
    return st;
}

static enum ak_status tell_streams(struct tsk_walk *w, struct ak_file *f, TSK_FS_FILE *file)
{
    int n = tsk_fs_file_attr_getsize(file);
    bool told = false;
    for (int i = 0; i < n; i++) {
        const TSK_FS_ATTR *a = tsk_fs_file_attr_get_idx(file, i);
        if (!is_own_name(a, file->meta))
            continue;
        f->fn_stream = a->id;
        f->fn_size = (uint32_t)a->size;
    }
    for (int i = 0; i < n; i++) {
        const TSK_FS_ATTR *a = tsk_fs_file_attr_get_idx(file, i);
        if (!is_shown(a))
            continue;
        enum ak_status st = tell_stream(w, f, a);
        if (st != AK_OK)
            return st;
        told = true;
        f->fn_size = 0;
    }
    tsk_error_reset();
    return told ? AK_OK : tell(w, f);
}

static void put_path(struct tsk_walk *w, const char *folder, const TSK_FS_NAME *name)
{
    w->path.n = 0;
    if (w->t->n_volumes > 1) {
        ak_buf_text(&w->path, w->t->volumes[w->volume].name);
        ak_buf_u8(&w->path, '/');
    }
    ak_buf_text(&w->path, folder ? folder : "");
    ak_buf_text(&w->path, name->name ? name->name : "");
}

static TSK_WALK_RET_ENUM visit(TSK_FS_FILE *file, const char *folder, void *self)
{
    struct tsk_walk *w = self;
    struct ak_file f = { 0 };
    if (!file->name || !file->name->name || TSK_FS_ISDOT(file->name->name))
        return TSK_WALK_CONT;
    take_name(&f, file);
    if (file->meta)
        take_meta(&f, file->fs_info, file->meta);
    if (w->t->pool)
        f.sequence = w->volume;
    if (folder && strncmp(folder, "$OrphanFiles/", 13) == 0)
        f.flags |= AK_FILE_ORPHAN;
    put_path(w, folder, file->name);
    bool streams = TSK_FS_TYPE_ISNTFS(file->fs_info->ftype) && file->meta;
    w->status = streams ? tell_streams(w, &f, file) : tell(w, &f);
    return w->status == AK_OK ? TSK_WALK_CONT : TSK_WALK_STOP;
}

static void tell_damage(struct tsk_walk *w, const char *what)
{
    struct ak_str path = ak_str_of(w->t->volumes[w->volume].name);
    w->visitor->damage(w->visitor->self, path, 0, what);
}

static enum ak_status tsk_walk(struct ak_filesystem *self, const struct ak_file_visitor *visitor)
{
    enum {
        ALL =
            TSK_FS_DIR_WALK_FLAG_ALLOC | TSK_FS_DIR_WALK_FLAG_UNALLOC | TSK_FS_DIR_WALK_FLAG_RECURSE
    };
    struct tsk_walk w = { .t = (struct tsk_filesystem *)self, .visitor = visitor };
    for (; w.volume < w.t->n_volumes && w.status == AK_OK; w.volume++) {
        const struct tsk_volume *v = &w.t->volumes[w.volume];
        if (!v->fs)
            tell_damage(&w, v->encrypted ? "an APFS volume is encrypted"
                                         : "an APFS volume could not be read");
        else if (tsk_fs_dir_walk(v->fs, v->fs->root_inum, (TSK_FS_DIR_WALK_FLAG_ENUM)ALL, visit,
                                 &w))
            tell_damage(&w, "the root folder could not be read to its end");
        tsk_error_reset();
    }
    ak_buf_free(&w.path);
    return w.status;
}

/* ---- contents ---- */

struct tsk_contents {
    struct ak_source base;
    TSK_FS_FILE *file; /* owned */
    uint32_t attribute;
    uint16_t stream;
};

static enum ak_status contents_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                    size_t *out_missing)
{
    struct tsk_contents *c = (struct tsk_contents *)self;
    ssize_t got;
    if (c->attribute)
        got = tsk_fs_file_read_type(c->file, (TSK_FS_ATTR_TYPE_ENUM)c->attribute, c->stream,
                                    (TSK_OFF_T)at, buf, n, TSK_FS_FILE_READ_FLAG_NONE);
    else
        got = tsk_fs_file_read(c->file, (TSK_OFF_T)at, buf, n, TSK_FS_FILE_READ_FLAG_NONE);
    size_t have = got > 0 ? (size_t)got : 0;
    if (have < n) {
        memset((uint8_t *)buf + have, 0, n - have);
        *out_missing += n - have;
    }
    tsk_error_reset();
    return AK_OK;
}

static void contents_close(struct ak_source *self)
{
    tsk_fs_file_close(((struct tsk_contents *)self)->file);
    free(self);
}

static enum ak_status tsk_open_file(struct ak_filesystem *self, const struct ak_file *file,
                                    struct ak_source **out)
{
    static const struct ak_source_ops OPS = { "tsk.file", contents_read, contents_close };
    struct tsk_filesystem *t = (struct tsk_filesystem *)self;
    size_t volume = t->pool ? file->sequence : 0;
    if (file->flags & AK_FILE_ENCRYPTED)
        return AK_ERR_ENCRYPTED;
    if (file->flags & AK_FILE_SPECIAL || volume >= t->n_volumes || !t->volumes[volume].fs)
        return AK_ERR_UNSUPPORTED;
    struct tsk_contents *c = calloc(1, sizeof(*c));
    if (!c)
        return AK_ERR_NOMEM;
    c->file = tsk_fs_file_open_meta(t->volumes[volume].fs, NULL, file->id);
    tsk_error_reset();
    if (!c->file) {
        free(c);
        return AK_ERR_CORRUPT;
    }
    c->base = (struct ak_source){ &OPS, NULL, file->size };
    c->attribute = file->attribute;
    c->stream = (uint16_t)file->stream;
    *out = &c->base;
    return AK_OK;
}

const struct ak_filesystem_ops ak_filesystem_tsk = {
    .name = "tsk",
    .title_en = "NTFS, FAT, exFAT, ext2/3/4, HFS+, APFS, ISO 9660, UFS (The Sleuth Kit)",
    .title_ja = "NTFS、FAT、exFAT、ext2/3/4、HFS+、APFS、ISO 9660、UFS（The Sleuth Kit）",
    .probe = tsk_probe,
    .open = tsk_open,
    .close = tsk_close,
    .walk = tsk_walk,
    .open_file = tsk_open_file,
};
