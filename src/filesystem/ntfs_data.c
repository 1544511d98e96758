/* ntfs_data.c - the contents of a stream: resident, in runs, sparse, or
 * compressed (see ntfs.h).
 *
 * A compressed stream is cut into units of (usually 16) clusters.  A unit whose
 * clusters are all there is stored as it is; one with none is zeros; one with
 * some holds that many clusters of LZNT1. */
#include "codec/lznt1.h"
#include "filesystem/ntfs.h"

#include <stdlib.h>

enum { UNIT_MAX = 1 << 20 };

struct contents {
    struct ak_source base;
    struct ntfs *fs;
    struct ntfs_runs runs;   /* owned */
    uint8_t *resident;       /* owned; NULL when in runs */
    uint64_t initialised;    /* bytes behind it read as zero */
    uint32_t unit;           /* bytes of a compression unit; 0 when not compressed */
    uint8_t *packed, *plain; /* owned, a unit each */
    uint64_t plain_unit;     /* which one is in `plain` */
    size_t plain_missing;
};

static void contents_close(struct ak_source *self)
{
    struct contents *c = (struct contents *)self;
    free(c->runs.at);
    free(c->resident);
    free(c->packed);
    free(c->plain);
    free(c);
}

/* ---- compressed ---- */

/* Clusters of the unit from its start to its first hole. */
static uint32_t clusters_stored(const struct contents *c, uint64_t vcn, uint32_t n)
{
    uint32_t stored = 0;
    while (stored < n) {
        const struct ntfs_run *r = ntfs_run_of(&c->runs, vcn + stored);
        if (!r || r->lcn == NTFS_HOLE)
            break;
        uint64_t left = r->n - (vcn + stored - r->vcn);
        stored += left < n - stored ? (uint32_t)left : n - stored;
    }
    return stored;
}

static enum ak_status load_unit(struct contents *c, uint64_t number)
{
    uint32_t n = c->unit / c->fs->cluster, stored = clusters_stored(c, number * n, n);
    size_t packed_n = (size_t)stored * c->fs->cluster, done = 0;
    c->plain_missing = 0;
    c->plain_unit = number;
    if (stored == n)
        return ntfs_read_runs(c->fs, &c->runs, number * c->unit, c->plain, c->unit,
                              &c->plain_missing);
    memset(c->plain, 0, c->unit);
    if (stored == 0)
        return AK_OK;
    enum ak_status st =
        ntfs_read_runs(c->fs, &c->runs, number * c->unit, c->packed, packed_n, &c->plain_missing);
    if (st != AK_OK)
        return st;
    if (ak_lznt1((struct ak_bytes){ c->packed, packed_n }, c->plain, c->unit, &done) != AK_OK)
        c->plain_missing += c->unit - done;
    return AK_OK;
}

static enum ak_status read_units(struct contents *c, uint64_t at, uint8_t *to, size_t n,
                                 size_t *missing)
{
    while (n > 0) {
        uint64_t number = at / c->unit;
        size_t skip = (size_t)(at % c->unit), step = c->unit - skip < n ? c->unit - skip : n;
        enum ak_status st = c->plain_unit == number ? AK_OK : load_unit(c, number);
        if (st != AK_OK)
            return st;
        memcpy(to, c->plain + skip, step);
        *missing += c->plain_missing < step ? c->plain_missing : step;
        at += step;
        to += step;
        n -= step;
    }
    return AK_OK;
}

static enum ak_status contents_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                    size_t *out_missing)
{
    struct contents *c = (struct contents *)self;
    uint8_t *to = buf;
    if (c->resident) {
        memcpy(to, c->resident + at, n);
        return AK_OK;
    }
    size_t real = at >= c->initialised ? 0 : n;
    if (real > c->initialised - at)
        real = (size_t)(c->initialised - at);
    memset(to + real, 0, n - real);
    if (real == 0)
        return AK_OK;
    return c->unit ? read_units(c, at, to, real, out_missing)
                   : ntfs_read_runs(c->fs, &c->runs, at, to, real, out_missing);
}

/* ---- open ---- */

static enum ak_status set_up_units(struct contents *c, const struct ntfs_attribute *a)
{
    uint64_t unit = (uint64_t)c->fs->cluster << a->unit_shift;
    if (unit > UNIT_MAX)
        return AK_ERR_UNSUPPORTED;
    c->unit = (uint32_t)unit;
    c->plain_unit = UINT64_MAX;
    c->packed = malloc(c->unit);
    c->plain = malloc(c->unit);
    return c->packed && c->plain ? AK_OK : AK_ERR_NOMEM;
}

static enum ak_status set_up(struct contents *c, const struct ntfs_file *file,
                             const struct ntfs_attribute *a)
{
    c->base.size = a->size;
    c->initialised = a->initialised;
    if (a->size > INT64_MAX)
        return AK_ERR_CORRUPT;
    if (a->resident) {
        c->resident = malloc(a->value.n ? a->value.n : 1);
        if (!c->resident)
            return AK_ERR_NOMEM;
        if (a->value.n)
            memcpy(c->resident, a->value.at, a->value.n);
        return AK_OK;
    }
    enum ak_status st = ntfs_file_runs(file, a, &c->runs);
    if (st != AK_OK && (st != AK_ERR_CORRUPT || c->runs.n == 0))
        return st; /* the runs before the damage can still be read */
    return a->flags & NTFS_COMPRESSED && a->unit_shift ? set_up_units(c, a) : AK_OK;
}

static const struct ntfs_attribute *find_shown(const struct ntfs_file *file,
                                               const struct ak_file *shown)
{
    for (size_t i = 0; i < file->n; i++) {
        const struct ntfs_attribute *a = &file->attributes[i];
        if (a->type == shown->attribute && a->shown_id == shown->stream &&
            (a->resident || a->first_vcn == 0))
            return a;
    }
    return NULL;
}

static enum ak_status open_stream(struct ntfs *fs, const struct ntfs_file *file,
                                  const struct ak_file *shown, struct ak_source **out)
{
    static const struct ak_source_ops OPS = { "ntfs.stream", contents_read, contents_close };
    const struct ntfs_attribute *a = find_shown(file, shown);
    if (!a)
        return AK_ERR_CORRUPT;
    if (a->flags & NTFS_ENCRYPTED)
        return AK_ERR_ENCRYPTED;
    struct contents *c = calloc(1, sizeof(*c));
    if (!c)
        return AK_ERR_NOMEM;
    c->base.ops = &OPS;
    c->fs = fs;
    enum ak_status st = set_up(c, file, a);
    if (st != AK_OK) {
        contents_close(&c->base);
        return st;
    }
    *out = &c->base;
    return AK_OK;
}

enum ak_status ntfs_open_file(struct ak_filesystem *self, const struct ak_file *shown,
                              struct ak_source **out)
{
    struct ntfs *fs = (struct ntfs *)self;
    if (shown->flags & (AK_FILE_SPECIAL | AK_FILE_PACKED) || !shown->attribute)
        return AK_ERR_UNSUPPORTED;
    struct ntfs_file *file = calloc(1, sizeof(*file));
    if (!file)
        return AK_ERR_NOMEM;
    enum ak_status st = AK_ERR_CORRUPT;
    if (ntfs_file_load(fs, shown->id, file))
        st = open_stream(fs, file, shown, out);
    ntfs_file_free(file);
    free(file);
    return st;
}
