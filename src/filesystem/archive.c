/* archive.c - the walk over an archive.
 *
 * Archives are read once, front to back.  Whatever cannot be read is told as
 * damage with the entry's path, and the walk goes on where the format lets it.
 *
 * zip is walked by its directory (zip_directory.c) and unpacked by libarchive;
 * everything else is libarchive's.  Limits: docs/design/archive-limits.md */
#include "filesystem/archive_ops.h"

#include "base/encoding.h"
#include "base/reader.h"
#include "base/utf.h"
#include "filesystem/archive_parts.h"
#include "filesystem/zip_directory.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { NAMES_BUDGET = 1024 * 1024, LINK_MAX_BYTES = 4096, GZIP_NAME_MAX = 1024 };

struct archive_fs {
    struct ak_filesystem base;
    const struct ak_archive_kind *kind;
    struct ak_arena *names; /* owned; of the entry being visited */
    struct ak_archive_spent spent;
    uint64_t start; /* of the archive in the source */
    struct ak_archive_feed feed;
    struct ak_archive_contents contents;
    struct ak_rar5_scan rar5;
    struct ak_zip zip;
    struct ak_zip_entry zip_entry; /* being visited */
    uint64_t zip_contents_at;
    struct archive *reader;  /* at the entry being visited, or NULL */
    bool format_chosen;      /* libarchive opened it */
    bool can_open;           /* the entry being visited has contents not yet opened */
    bool opened;             /* somebody did open them */
    const char *open_damage; /* why they could not be opened, or NULL */
    bool climbed;            /* a name with ".." was told */
};

/* What walking one entry needs. */
struct visit {
    struct archive_fs *fs;
    const struct ak_file_visitor *visitor;
    uint64_t n_entries;
};

static bool is_zip(const struct archive_fs *fs) { return fs->kind->format == ARCHIVE_FORMAT_ZIP; }

static void damage(const struct visit *v, struct ak_str path, uint64_t at, const char *what)
{
    v->visitor->damage(v->visitor->self, path, at, what);
}

static const struct ak_str NO_PATH = AK_STR_INIT("");

/* ---- names ---- */

static enum ak_status to_path(struct visit *v, struct ak_bytes raw, bool is_utf8,
                              struct ak_str *out_path)
{
    struct archive_fs *fs = v->fs;
    struct ak_str text = ak_str_bytes(raw);
    bool climbs = false;
    if (!is_utf8 || !ak_utf8_valid(text)) {
        enum ak_status st = fs->kind->backslashes ? ak_encoding_windows(fs->names, raw, &text)
                                                  : ak_encoding_utf8(fs->names, raw, &text);
        if (st != AK_OK)
            return st;
    }
    enum ak_status st = ak_archive_path(fs->names, text, fs->kind->backslashes, out_path, &climbs);
    if (st == AK_OK && climbs && !fs->climbed) {
        fs->climbed = true;
        damage(v, *out_path, 0,
               "a name in the archive climbs out of its folder (\"..\", shown as \"__..\")");
    }
    return st;
}

/* A path for an entry without one. */
static struct ak_str nameless(struct archive_fs *fs, bool is_root, uint64_t ordinal)
{
    if (is_root)
        return AK_STR("."); /* "./", as tar writes for the folder it was given */
    char text[40];
    int n = snprintf(text, sizeof(text), "$Unnamed/%llu", (unsigned long long)ordinal);
    char *at = AK_NEW_N(fs->names, char, sizeof(text));
    if (!at || n < 0)
        return AK_STR("$Unnamed");
    memcpy(at, text, (size_t)n);
    return (struct ak_str){ at, (size_t)n };
}

/* ---- what every entry goes through ---- */

static const char *limit_of_entries(const struct visit *v)
{
    return v->n_entries > AK_ARCHIVE_ENTRIES_MAX
               ? "limit reached: the archive holds too many entries; the rest was not read"
               : NULL;
}

/* Show the entry; afterwards tell what its contents turned out to be.  The
 * reader stands behind them when this returns. */
static enum ak_status show(struct visit *v, const struct ak_file *file, bool has_contents)
{
    struct archive_fs *fs = v->fs;
    fs->can_open = has_contents;
    fs->opened = false;
    fs->open_damage = NULL;
    enum ak_status st = v->visitor->file(v->visitor->self, &fs->base, file);
    fs->can_open = false;
    if (fs->open_damage)
        damage(v, file->path, 0, fs->open_damage);
    if (st != AK_OK || !fs->opened)
        return st;
    ak_archive_contents_drain(&fs->contents);
    if (fs->contents.damage)
        damage(v, file->path, fs->contents.at, fs->contents.damage);
    return AK_OK;
}

static char type_of_mode(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFBLK:
        return 'b';
    case S_IFCHR:
        return 'c';
    case S_IFSOCK:
        return 's';
    case S_IFIFO:
        return 'p';
    case S_IFREG:
        return 'r';
    default:
        return '-';
    }
}

static void set_type(struct ak_file *file, uint32_t mode)
{
    file->mode = mode;
    file->meta_type = file->name_type = type_of_mode(mode);
    if (file->meta_type == 'd')
        file->flags |= AK_FILE_DIR;
    else if (file->meta_type == 'l')
        file->flags |= AK_FILE_LINK;
    else if (file->meta_type != 'r' && file->meta_type != '-')
        file->flags |= AK_FILE_SPECIAL;
}

/* ---- zip ---- */

static uint32_t zip_mode(const struct ak_zip_entry *e)
{
    bool unix_like = e->host == 3 || e->host == 19 || e->attributes >> 16;
    uint32_t mode = unix_like ? e->attributes >> 16 : 0;
    bool slash =
        e->name.n && (e->name.at[e->name.n - 1] == '/' || e->name.at[e->name.n - 1] == '\\');
    if ((mode & S_IFMT) == 0)
        mode |= slash || (e->attributes & 0x10) ? S_IFDIR : S_IFREG;
    return mode;
}

/* Stand before the unpacked contents of the entry being visited. */
static enum ak_status zip_start(struct archive_fs *fs, uint64_t sparse)
{
    struct ak_archive_feed *feed = &fs->feed;
    uint64_t room = feed->src->size - fs->zip_contents_at, packed = fs->zip_entry.packed;
    struct archive_entry *header;
    int r = ARCHIVE_FATAL;
    ak_archive_close(fs->reader);
    feed->start = fs->zip_contents_at;
    feed->size = packed < room ? packed : room;
    feed->missing = 0;
    feed->failed = false;
    feed->head_n = ak_zip_header_for(&fs->zip_entry, feed->head);
    fs->reader = ak_archive_reader(feed, fs->kind, &r);
    if (!fs->reader)
        return AK_ERR_NOMEM;
    if (r < ARCHIVE_WARN || ak_archive_next(fs->reader, fs->kind, &header) < ARCHIVE_WARN)
        return AK_ERR_CORRUPT;
    ak_archive_contents_open(&fs->contents, fs->reader, feed, &fs->spent, sparse);
    return AK_OK;
}

/* The target of a symbolic link is its contents. */
static void zip_link(struct visit *v, struct ak_file *file)
{
    char *to = AK_NEW_N(v->fs->names, char, LINK_MAX_BYTES);
    if (!to || zip_start(v->fs, 0) != AK_OK)
        return;
    size_t n = ak_source_read_some(&v->fs->contents.base, 0, to, LINK_MAX_BYTES);
    if (ak_encoding_utf8(v->fs->names, (struct ak_bytes){ (uint8_t *)to, n }, &file->target) !=
        AK_OK)
        file->target = NO_PATH;
}

static enum ak_status zip_name(struct visit *v, const struct ak_zip_entry *e, struct ak_str *out)
{
    if (e->name_utf8.n)
        return to_path(v, e->name_utf8, true, out);
    return to_path(v, e->name, e->flags & AK_ZIP_UTF8, out);
}

/* The facts of one entry; whether its contents can be asked for. */
static bool zip_facts(struct visit *v, struct ak_file *file)
{
    struct archive_fs *fs = v->fs;
    struct ak_zip_entry *e = &fs->zip_entry;
    bool placed = ak_zip_contents(&fs->zip, e, &fs->zip_contents_at) == AK_OK;
    bool locked = e->flags & (AK_ZIP_ENCRYPTED | AK_ZIP_STRONG);
    file->size = e->size;
    file->uid = e->uid;
    file->gid = e->gid;
    file->modified = e->modified;
    file->accessed = e->accessed;
    file->created = e->created;
    set_type(file, zip_mode(e));
    if (locked)
        file->flags |= AK_FILE_ENCRYPTED;
    if (!placed)
        damage(v, file->path, e->header_at,
               "no header where the zip's directory says this entry is");
    if (placed && !locked && (file->flags & AK_FILE_LINK))
        zip_link(v, file);
    return placed && !locked && !(file->flags & (AK_FILE_DIR | AK_FILE_LINK));
}

static enum ak_status zip_visit(struct visit *v)
{
    struct archive_fs *fs = v->fs;
    struct ak_file file = { .id = v->n_entries++ };
    const char *limit = limit_of_entries(v);
    if (limit) {
        damage(v, NO_PATH, fs->zip_entry.header_at, limit);
        return AK_ERR_LIMIT;
    }
    ak_arena_reset(fs->names);
    enum ak_status st = zip_name(v, &fs->zip_entry, &file.path);
    if (st != AK_OK)
        return st;
    if (file.path.n == 0)
        file.path = nameless(fs, fs->zip_entry.name.n > 0, file.id);
    bool has_contents = zip_facts(v, &file);
    st = show(v, &file, has_contents);
    if (fs->feed.missing)
        damage(v, file.path, 0, "some bytes of the archive could not be read and count as zeros");
    return st == AK_OK && ak_archive_spend(&fs->spent, 0, 0) ? AK_ERR_LIMIT : st;
}

static enum ak_status zip_salvage(struct visit *v, uint64_t from)
{
    enum ak_status st = AK_OK;
    ak_zip_salvage_from(&v->fs->zip, v->fs->feed.src, from);
    while (st == AK_OK && ak_zip_salvage(&v->fs->zip, &v->fs->zip_entry))
        st = zip_visit(v);
    return st == AK_OK ? AK_ERR_CORRUPT : st;
}

static enum ak_status walk_zip(struct visit *v)
{
    struct archive_fs *fs = v->fs;
    if (!ak_zip_open(&fs->zip, fs->feed.src)) {
        damage(v, NO_PATH, fs->feed.src->size,
               "the zip's directory is missing: entries were found by their own headers");
        return zip_salvage(v, fs->start);
    }
    if (fs->zip.multi_disk)
        damage(v, NO_PATH, 0, "one part of a divided archive: the other parts are needed");
    for (bool more = true;;) {
        enum ak_status st = ak_zip_next(&fs->zip, &fs->zip_entry, &more);
        if (st != AK_OK) {
            damage(
                v, NO_PATH, fs->zip.at,
                "the zip's directory is damaged: further entries were found by their own headers");
            return zip_salvage(v, fs->zip.salvage_from);
        }
        if (!more)
            break;
        st = zip_visit(v);
        if (st != AK_OK)
            return st;
    }
    uint64_t stated = fs->zip.n_stated, seen = v->n_entries;
    if (stated != seen && (fs->zip.zip64 || (stated & 0xFFFF) != (seen & 0xFFFF)))
        damage(v, NO_PATH, fs->zip.dir_at,
               "the zip's directory does not hold as many entries as it says");
    return AK_OK;
}

/* ---- everything else ---- */

static struct ak_stamp stamp_of(time_t s, long ns)
{
    /* libarchive does not tell how fine a time was recorded. */
    return ak_stamp_unix((int64_t)s, (uint32_t)ns, ns ? AK_PREC_NS : AK_PREC_S);
}

/* libarchive took a time without a zone as of this machine's zone: take it back. */
static struct ak_stamp stamp_dos(time_t s)
{
    struct tm tm;
    int64_t local = 0;
    if (!localtime_r(&s, &tm))
        return (struct ak_stamp){ 0 };
    struct ak_civil c = { .year = tm.tm_year + 1900,
                          .month = (uint8_t)(tm.tm_mon + 1),
                          .day = (uint8_t)tm.tm_mday,
                          .hour = (uint8_t)tm.tm_hour,
                          .minute = (uint8_t)tm.tm_min,
                          .second = (uint8_t)tm.tm_sec };
    if (!ak_civil_seconds(&c, &local))
        return (struct ak_stamp){ 0 };
    struct ak_stamp stamp = ak_stamp_unix(local, 0, AK_PREC_S);
    stamp.flags |= AK_STAMP_LOCAL;
    return stamp;
}

static struct ak_stamp stamp_as(bool local, time_t s, long ns)
{
    return local ? stamp_dos(s) : stamp_of(s, ns);
}

static bool times_are_local(const struct archive_fs *fs)
{
    if (fs->kind->format == ARCHIVE_FORMAT_LHA)
        return ak_lha_time_is_local(fs->feed.src,
                                    fs->start + (uint64_t)archive_read_header_position(fs->reader));
    return fs->kind->dos_times;
}

static void set_times(const struct archive_fs *fs, struct ak_file *file, struct archive_entry *e)
{
    bool local = times_are_local(fs);
    bool zero_is_none = fs->kind->format == ARCHIVE_FORMAT_RAR; /* it sets what was not there */
    struct ak_stamp *ctime = fs->kind->ctime_is_birth ? &file->created : &file->changed;
    if (archive_entry_mtime_is_set(e))
        file->modified = stamp_as(local, archive_entry_mtime(e), archive_entry_mtime_nsec(e));
    if (archive_entry_atime_is_set(e) && !(zero_is_none && archive_entry_atime(e) == 0))
        file->accessed = stamp_as(local, archive_entry_atime(e), archive_entry_atime_nsec(e));
    if (archive_entry_ctime_is_set(e) && !(zero_is_none && archive_entry_ctime(e) == 0))
        *ctime = stamp_as(local, archive_entry_ctime(e), archive_entry_ctime_nsec(e));
    if (archive_entry_birthtime_is_set(e))
        file->created =
            stamp_as(local, archive_entry_birthtime(e), archive_entry_birthtime_nsec(e));
}

static void set_targets(struct visit *v, struct ak_file *file, struct archive_entry *e)
{
    struct ak_str raw = ak_archive_entry_target(e, v->fs->kind);
    if (raw.n > AK_ARCHIVE_NAME_MAX)
        raw.n = AK_ARCHIVE_NAME_MAX;
    if (ak_encoding_utf8(v->fs->names, ak_bytes_str(raw), &file->target) != AK_OK)
        file->target = NO_PATH;
}

/* One header of libarchive's as a file; then show it. */
static enum ak_status stream_visit(struct visit *v, struct archive_entry *e)
{
    struct archive_fs *fs = v->fs;
    struct ak_file file = { .id = v->n_entries++ };
    const char *limit = limit_of_entries(v);
    if (limit) {
        damage(v, NO_PATH, fs->feed.at, limit);
        return AK_ERR_LIMIT;
    }
    ak_arena_reset(fs->names);
    struct ak_str name = ak_archive_entry_name(e, v->fs->kind);
    enum ak_status st = to_path(v, ak_bytes_str(name), false, &file.path);
    if (st != AK_OK)
        return st;
    set_type(&file, (uint32_t)archive_entry_mode(e));
    if (file.path.n == 0) {
        file.path = nameless(fs, name.n > 0 && fs->kind->format != ARCHIVE_FORMAT_AR, file.id);
        if (fs->kind->format == ARCHIVE_FORMAT_AR)
            file.flags |= AK_FILE_SPECIAL; /* "/" and "//": its tables */
    }
    set_times(fs, &file, e);
    set_targets(v, &file, e);
    file.size = archive_entry_size_is_set(e) ? (uint64_t)archive_entry_size(e) : AK_SIZE_UNKNOWN;
    file.uid = (uint32_t)archive_entry_uid(e);
    file.gid = (uint32_t)archive_entry_gid(e);
    bool rar5 = fs->kind->format == ARCHIVE_FORMAT_RAR_V5;
    if (archive_entry_is_encrypted(e) || (rar5 && ak_rar5_next_encrypted(&fs->rar5)))
        file.flags |= AK_FILE_ENCRYPTED;
    bool has_contents =
        !(file.flags & (AK_FILE_DIR | AK_FILE_LINK | AK_FILE_SPECIAL | AK_FILE_ENCRYPTED));
    uint64_t sparse =
        archive_entry_sparse_count(e) > 0 && file.size != AK_SIZE_UNKNOWN ? file.size : 0;
    ak_archive_contents_open(&fs->contents, fs->reader, &fs->feed, &fs->spent, sparse);
    return show(v, &file, has_contents);
}

/* Skip what nobody asked for.  Compressed archives are unpacked to get past it,
 * which costs, so it counts. */
static enum ak_status stream_pass(struct visit *v)
{
    struct archive_fs *fs = v->fs;
    bool packed = fs->kind->filter != 0 && fs->kind->format != ARCHIVE_FORMAT_RAW;
    if (!fs->opened && packed)
        ak_archive_contents_drain(&fs->contents);
    if (fs->contents.st != AK_ERR_LIMIT)
        return AK_OK;
    if (!fs->opened)
        damage(v, NO_PATH, fs->feed.at, fs->contents.damage);
    /* Past an entry that is too large only where the way is a jump. */
    bool jumps = fs->kind->bytes_names && !packed;
    return jumps && !ak_archive_spend(&fs->spent, 0, 0) ? AK_OK : AK_ERR_LIMIT;
}

/* libarchive could not go on: say so, in our words. */
static enum ak_status stream_stop(struct visit *v)
{
    struct archive_fs *fs = v->fs;
    const char *unpack = fs->feed.unpack ? ak_archive_unpack_damage(fs->feed.unpack) : NULL;
    const char *word = unpack ? unpack : ak_archive_reason(fs->reader, &fs->feed);
    /* libarchive 3.6 crashes when asked before it has chosen its format. */
    bool locked = fs->format_chosen && archive_read_has_encrypted_entries(fs->reader) == 1;
    if (locked)
        word = "encrypted: it cannot be read without the password";
    damage(v, NO_PATH, fs->start + fs->feed.at, word);
    return locked || strstr(word, "encrypted") ? AK_ERR_ENCRYPTED : AK_ERR_CORRUPT;
}

static enum ak_status walk_entries(struct visit *v)
{
    struct archive_fs *fs = v->fs;
    size_t failures = 0;
    enum ak_status worst = AK_OK;
    ak_rar5_begin(&fs->rar5, fs->feed.src, fs->start);
    if (ak_rar_is_volume(fs->feed.src, fs->start)) {
        damage(v, NO_PATH, fs->start, "one part of a divided archive: the other parts are needed");
        worst = AK_ERR_CORRUPT;
    }
    for (;;) {
        struct archive_entry *e = NULL;
        int r = ak_archive_next(fs->reader, fs->kind, &e);
        if (r == ARCHIVE_EOF)
            return worst;
        if (r == ARCHIVE_FATAL || failures > AK_ARCHIVE_FAILED_MAX)
            return stream_stop(v);
        if (r < ARCHIVE_WARN) {
            damage(v, NO_PATH, fs->start + fs->feed.at, ak_archive_reason(fs->reader, &fs->feed));
            worst = AK_ERR_CORRUPT;
            failures++;
            continue;
        }
        failures = 0;
        enum ak_status st = stream_visit(v, e);
        if (st == AK_OK)
            st = stream_pass(v);
        if (st != AK_OK)
            return st;
    }
}

/* ---- one file, compressed ---- */

/* What a gzip header says of its contents (RFC 1952): name and time. */
static void gzip_facts(struct visit *v, struct ak_file *file)
{
    struct archive_fs *fs = v->fs;
    uint8_t head[GZIP_NAME_MAX + 12];
    size_t n = ak_source_read_some(fs->feed.src, fs->start, head, sizeof(head));
    struct ak_reader r = ak_rd_open((struct ak_bytes){ head, n }, 0);
    ak_rd_skip(&r, 3);
    uint8_t flags = ak_rd_u8(&r);
    uint32_t mtime = ak_rd_u32le(&r);
    ak_rd_skip(&r, 2);
    if (flags & 4)
        ak_rd_skip(&r, ak_rd_u16le(&r));
    if (ak_rd_ok(&r) && mtime)
        file->modified = ak_stamp_unix((int64_t)mtime, 0, AK_PREC_S);
    if (!ak_rd_ok(&r) || !(flags & 8))
        return;
    struct ak_bytes rest = ak_rd_take(&r, ak_rd_left(&r));
    const uint8_t *end = memchr(rest.at, 0, rest.n);
    if (end)
        rest.n = (size_t)(end - rest.at);
    uint8_t *kept = AK_NEW_N(fs->names, uint8_t, rest.n + 1);
    if (!kept)
        return;
    memcpy(kept, rest.at, rest.n);
    if (ak_encoding_utf8(fs->names, (struct ak_bytes){ kept, rest.n }, &file->stored_name) != AK_OK)
        file->stored_name = NO_PATH;
}

/* The one entry has no path of its own: "" leaves the caller the archive's. */
static enum ak_status walk_single(struct visit *v)
{
    struct archive_fs *fs = v->fs;
    struct ak_file file = { .path = NO_PATH, .size = AK_SIZE_UNKNOWN };
    struct archive_entry *e = NULL;
    int r = fs->reader ? ak_archive_next(fs->reader, fs->kind, &e) : ARCHIVE_OK;
    if (r < ARCHIVE_WARN && r != ARCHIVE_EOF)
        return stream_stop(v);
    ak_arena_reset(fs->names);
    set_type(&file, S_IFREG);
    if (fs->kind->filter == ARCHIVE_FILTER_GZIP)
        gzip_facts(v, &file);
    ak_archive_contents_open(&fs->contents, fs->reader, &fs->feed, &fs->spent, 0);
    if (r == ARCHIVE_EOF)
        fs->contents.eof = true;
    enum ak_status st = show(v, &file, true);
    if (st != AK_OK)
        return st;
    return fs->opened ? fs->contents.st : AK_OK;
}

/* An empty stream is no raw file to libarchive; it is one to us. */
static bool looks_empty(struct archive_fs *fs)
{
    const char *text = fs->reader ? archive_error_string(fs->reader) : NULL;
    return fs->kind->format == ARCHIVE_FORMAT_RAW && text && strstr(text, "nrecognized");
}

static enum ak_status walk_empty(struct visit *v)
{
    struct archive_fs *fs = v->fs;
    struct ak_file file = { .path = NO_PATH, .size = 0 };
    ak_arena_reset(fs->names);
    set_type(&file, S_IFREG);
    if (fs->kind->filter == ARCHIVE_FILTER_GZIP)
        gzip_facts(v, &file);
    ak_archive_contents_open(&fs->contents, fs->reader, &fs->feed, &fs->spent, 0);
    fs->contents.eof = true;
    return show(v, &file, true);
}

/* ---- the operations ---- */

/* Ready fs->reader; a stream that is one file and is unpacked by our own code
 * needs none. */
static enum ak_status stream_open(struct archive_fs *fs, int *out_result)
{
    struct ak_archive_feed *feed = &fs->feed;
    ak_archive_close(fs->reader);
    ak_archive_unpack_close(feed->unpack);
    fs->reader = NULL;
    feed->unpack = ak_archive_unpack_open(feed->src, fs->start, fs->kind->filter);
    feed->start = fs->start;
    feed->size = feed->src->size - fs->start;
    feed->head_n = 0;
    feed->missing = 0;
    feed->failed = false;
    *out_result = ARCHIVE_OK;
    if (feed->unpack && fs->kind->format == ARCHIVE_FORMAT_RAW)
        return AK_OK;
    fs->reader = ak_archive_reader(feed, fs->kind, out_result);
    fs->format_chosen = fs->reader && *out_result >= ARCHIVE_WARN;
    return fs->reader ? AK_OK : AK_ERR_NOMEM;
}

static enum ak_status walk_stream(struct visit *v)
{
    struct archive_fs *fs = v->fs;
    int r = ARCHIVE_FATAL;
    enum ak_status st = stream_open(fs, &r);
    if (st != AK_OK)
        return st;
    bool single = fs->kind->format == ARCHIVE_FORMAT_RAW;
    if (r < ARCHIVE_WARN)
        st = looks_empty(fs) ? walk_empty(v) : stream_stop(v);
    else
        st = single ? walk_single(v) : walk_entries(v);
    const char *unpack = fs->feed.unpack ? ak_archive_unpack_damage(fs->feed.unpack) : NULL;
    if (st == AK_OK && unpack && !single) {
        damage(v, NO_PATH, fs->start, unpack);
        st = AK_ERR_CORRUPT;
    }
    if (fs->feed.missing || (fs->feed.unpack && ak_archive_unpack_missing(fs->feed.unpack)))
        damage(v, NO_PATH, fs->start,
               "some bytes of the archive could not be read and count as zeros");
    return st;
}

static enum ak_status archive_walk(struct ak_filesystem *base,
                                   const struct ak_file_visitor *visitor)
{
    struct archive_fs *fs = (struct archive_fs *)base;
    struct visit v = { fs, visitor, 0 };
    fs->spent = (struct ak_archive_spent){ .packed = fs->feed.src->size };
    fs->climbed = false;
    fs->feed.missing = 0;
    enum ak_status st = is_zip(fs) ? walk_zip(&v) : walk_stream(&v);
    ak_archive_close(fs->reader);
    ak_archive_unpack_close(fs->feed.unpack);
    fs->reader = NULL;
    fs->feed.unpack = NULL;
    return st;
}

static enum ak_status archive_open_file(struct ak_filesystem *base, const struct ak_file *file,
                                        struct ak_source **out)
{
    struct archive_fs *fs = (struct archive_fs *)base;
    if (file->flags & AK_FILE_ENCRYPTED)
        return AK_ERR_ENCRYPTED;
    if (!fs->can_open)
        return AK_ERR_UNSUPPORTED;
    fs->can_open = false;
    if (is_zip(fs)) {
        enum ak_status st = zip_start(fs, 0);
        if (st != AK_OK) {
            fs->open_damage = ak_archive_reason(fs->reader, &fs->feed);
            return st;
        }
    }
    fs->opened = true;
    *out = &fs->contents.base;
    return AK_OK;
}

static bool archive_probe(struct ak_source *src)
{
    uint64_t start;
    return ak_archive_kind_of(src, &start) != NULL;
}

static void archive_close(struct ak_filesystem *base)
{
    struct archive_fs *fs = (struct archive_fs *)base;
    ak_archive_close(fs->reader);
    ak_archive_unpack_close(fs->feed.unpack);
    ak_arena_free(fs->names);
    free(fs);
}

/* Look into a compressed stream for a tar or cpio. */
static void look_inside(struct archive_fs *fs)
{
    uint8_t head[AK_ARCHIVE_HEAD];
    struct archive_entry *e;
    struct ak_archive_spent aside = { .packed = UINT64_MAX };
    int r = ARCHIVE_FATAL;
    if (stream_open(fs, &r) != AK_OK || r < ARCHIVE_WARN)
        return;
    if (fs->reader && ak_archive_next(fs->reader, fs->kind, &e) < ARCHIVE_WARN)
        return;
    ak_archive_contents_open(&fs->contents, fs->reader, &fs->feed, &aside, 0);
    size_t n = ak_source_read_some(&fs->contents.base, 0, head, sizeof(head));
    fs->kind = ak_archive_kind_inside(fs->kind, (struct ak_bytes){ head, n });
}

/* An AFF4 image is a zip whose first entries say so. */
static bool is_aff4(struct archive_fs *fs)
{
    enum { LOOK_AT = 16 };
    bool more = true;
    if (!ak_zip_open(&fs->zip, fs->feed.src))
        return false;
    for (size_t i = 0; i < LOOK_AT; i++) {
        if (ak_zip_next(&fs->zip, &fs->zip_entry, &more) != AK_OK || !more)
            return false;
        struct ak_str name = ak_str_bytes(fs->zip_entry.name);
        if (ak_str_eq(name, AK_STR("container.description")) ||
            ak_str_eq(name, AK_STR("information.turtle")))
            return true;
    }
    return false;
}

static enum ak_status archive_open(struct ak_source *src, struct ak_filesystem **out_fs,
                                   const char **out_note)
{
    struct archive_fs *fs = calloc(1, sizeof(*fs));
    if (!fs)
        return AK_ERR_NOMEM;
    fs->base.ops = &ak_archive_ops;
    fs->names = ak_arena_new(NAMES_BUDGET);
    fs->feed.src = src;
    fs->kind = ak_archive_kind_of(src, &fs->start);
    enum ak_status st = !fs->names ? AK_ERR_NOMEM : !fs->kind ? AK_ERR_UNSUPPORTED : AK_OK;
    if (st == AK_OK && is_zip(fs) && is_aff4(fs)) {
        *out_note = "an AFF4 image, which this build does not read";
        st = AK_ERR_UNSUPPORTED;
    }
    if (st != AK_OK) {
        archive_close(&fs->base);
        return st;
    }
    if (fs->kind->format == ARCHIVE_FORMAT_RAW)
        look_inside(fs);
    fs->base.type = fs->kind->name;
    *out_fs = &fs->base;
    return AK_OK;
}

const struct ak_filesystem_ops ak_archive_ops = {
    .name = "archive",
    .title_en =
        "zip, tar, 7z, RAR, cpio, ar, cab, LHA, gzip, bzip2, xz, zstd, lz4, lzip, lzma, compress",
    .title_ja =
        "zip、tar、7z、RAR、cpio、ar、cab、LHA、gzip、bzip2、xz、zstd、lz4、lzip、lzma、compress",
    .archive = true,
    .probe = archive_probe,
    .open = archive_open,
    .close = archive_close,
    .walk = archive_walk,
    .open_file = archive_open_file,
};
