/* archive_stream.c - libarchive over an ak_source, contents read forward, and
 * the limits that a bomb runs into.
 *
 * libarchive asks the locale for the meaning of names.  Under C.UTF-8 (taken up
 * before the sandbox) names in UTF-16 come out as UTF-8 whatever the machine is
 * set to.  It also composes letters and accents, so two names may become one;
 * formats whose names are bytes are therefore read under "C", which leaves them
 * as they are. */
#include "filesystem/archive_parts.h"

#include "filesystem/archive_ops.h"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>
#include <locale.h>
#include <pthread.h>
#include <wchar.h>

/* ---- the locale ---- */

static locale_t utf8_locale, bytes_locale;
static pthread_once_t utf8_once = PTHREAD_ONCE_INIT;

static void make_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    bytes_locale = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
    /* libarchive will ask for this one under "C": let its tables be in memory. */
    iconv_t cd = iconv_open("ANSI_X3.4-1968", "UTF-8");
    if (cd != (iconv_t)-1)
        iconv_close(cd);
}

void ak_archive_prepare(void) { pthread_once(&utf8_once, make_locale); }

static locale_t enter(const struct ak_archive_kind *kind)
{
    ak_archive_prepare();
    locale_t to = kind->bytes_names ? bytes_locale : utf8_locale;
    return to ? uselocale(to) : (locale_t)0;
}

static void leave(locale_t before)
{
    if (before)
        uselocale(before);
}

/* ---- limits ---- */

const char *ak_archive_spend(struct ak_archive_spent *spent, uint64_t entry, uint64_t n)
{
    spent->total += n; /* a block of libarchive at a time: cannot wrap before the limit */
    if (n > AK_ARCHIVE_ENTRY_BYTES_MAX || entry > AK_ARCHIVE_ENTRY_BYTES_MAX - n)
        return "limit reached: the contents of this entry stop here";
    if (spent->total > AK_ARCHIVE_TOTAL_BYTES_MAX)
        return "limit reached: the archive unpacks to too much and stops here";
    if (spent->total > AK_ARCHIVE_RATIO_FLOOR &&
        spent->total / AK_ARCHIVE_RATIO_MAX > spent->packed)
        return "limit reached: the archive unpacks to far more than its size (a bomb?) and stops "
               "here";
    return NULL;
}

/* ---- the feed ---- */

static la_ssize_t feed_read(struct archive *a, void *self, const void **out)
{
    struct ak_archive_feed *f = self;
    (void)a;
    if (f->unpack)
        return (la_ssize_t)ak_archive_unpack_next(f->unpack, (const uint8_t **)out);
    if (f->at < f->head_n) {
        *out = f->head + f->at;
        size_t n = f->head_n - (size_t)f->at;
        f->at += n;
        return (la_ssize_t)n;
    }
    uint64_t from = f->at - f->head_n, left = f->size - from;
    size_t n = left < sizeof(f->buf) ? (size_t)left : sizeof(f->buf), missing = 0;
    *out = f->buf;
    if (n == 0)
        return 0;
    if (ak_source_read(f->src, f->start + from, f->buf, n, &missing) != AK_OK) {
        f->failed = true;
        return ARCHIVE_FATAL;
    }
    f->missing += missing;
    f->at += n;
    return (la_ssize_t)n;
}

static la_int64_t feed_skip(struct archive *a, void *self, la_int64_t request)
{
    struct ak_archive_feed *f = self;
    (void)a;
    uint64_t left = f->unpack ? 0 : f->size + f->head_n - f->at;
    uint64_t n = request > 0 ? (uint64_t)request : 0;
    if (n > left)
        n = left;
    f->at += n;
    return (la_int64_t)n;
}

static la_int64_t feed_seek(struct archive *a, void *self, la_int64_t offset, int whence)
{
    struct ak_archive_feed *f = self;
    (void)a;
    uint64_t all = f->size + f->head_n;
    uint64_t base = whence == SEEK_END ? all : whence == SEEK_CUR ? f->at : 0;
    if (offset < 0 && (uint64_t) - (offset + 1) + 1 > base)
        return ARCHIVE_FATAL;
    uint64_t to = offset < 0 ? base - ((uint64_t) - (offset + 1) + 1) : base + (uint64_t)offset;
    f->at = to < all ? to : all;
    return (la_int64_t)f->at;
}

/* ---- opening ---- */

static int set_format(struct archive *a, int format)
{
    switch (format) {
    case ARCHIVE_FORMAT_7ZIP:
        return archive_read_support_format_7zip(a);
    case ARCHIVE_FORMAT_RAR:
        return archive_read_support_format_rar(a);
    case ARCHIVE_FORMAT_RAR_V5:
        return archive_read_support_format_rar5(a);
    case ARCHIVE_FORMAT_CAB:
        return archive_read_support_format_cab(a);
    case ARCHIVE_FORMAT_AR:
        return archive_read_support_format_ar(a);
    case ARCHIVE_FORMAT_CPIO:
        return archive_read_support_format_cpio(a);
    case ARCHIVE_FORMAT_LHA:
        return archive_read_support_format_lha(a);
    case ARCHIVE_FORMAT_TAR:
        /* Archives put one behind the other, so that nothing hides behind the
         * first end mark. */
        if (archive_read_support_format_tar(a) != ARCHIVE_OK)
            return ARCHIVE_FATAL;
        return archive_read_set_format_option(a, "tar", "read_concatenated_archives", "1");
    case ARCHIVE_FORMAT_ZIP:
        return archive_read_support_format_zip_streamable(a);
    default:
        return archive_read_support_format_raw(a);
    }
}

/* For the streams archive_unpack.c leaves to libarchive.  Exactly one layer: what is inside a
 * .gz.gz is for the caller to see.  The compress filter of 3.6.2 reads while it is set up and
 * crashes when told, so it alone has to find out by itself. */
static int set_filter(struct archive *a, int filter)
{
    if (filter == ARCHIVE_FILTER_COMPRESS)
        return archive_read_support_filter_compress(a);
    return archive_read_append_filter(a, filter);
}

struct archive *ak_archive_reader(struct ak_archive_feed *feed, const struct ak_archive_kind *kind,
                                  int *out_result)
{
    struct archive *a = archive_read_new();
    if (!a)
        return NULL;
    locale_t before = enter(kind);
    feed->at = 0;
    int r = set_format(a, kind->format);
    if (r == ARCHIVE_OK && kind->filter && !feed->unpack)
        r = set_filter(a, kind->filter);
    archive_read_set_callback_data(a, feed);
    archive_read_set_read_callback(a, feed_read);
    archive_read_set_skip_callback(a, feed_skip);
    if (!feed->unpack)
        archive_read_set_seek_callback(a, feed_seek);
    if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
        r = archive_read_open1(a);
    leave(before);
    *out_result = r;
    return a;
}

void ak_archive_close(struct archive *a)
{
    if (a)
        archive_read_free(a);
}

int ak_archive_next(struct archive *a, const struct ak_archive_kind *kind,
                    struct archive_entry **out)
{
    locale_t before = enter(kind);
    int r = archive_read_next_header(a, out);
    leave(before);
    return r;
}

static struct ak_str text_or_empty(const char *s)
{
    return s ? ak_str_of(s) : (struct ak_str){ "", 0 };
}

struct ak_str ak_archive_entry_name(struct archive_entry *e, const struct ak_archive_kind *kind)
{
    locale_t before = enter(kind);
    const char *s = archive_entry_pathname(e);
    if (!s)
        s = archive_entry_pathname_utf8(e);
    leave(before);
    return text_or_empty(s);
}

struct ak_str ak_archive_entry_target(struct archive_entry *e, const struct ak_archive_kind *kind)
{
    locale_t before = enter(kind);
    const char *s = archive_entry_symlink(e);
    if (!s)
        s = archive_entry_symlink_utf8(e);
    if (!s)
        s = archive_entry_hardlink(e);
    if (!s)
        s = archive_entry_hardlink_utf8(e);
    leave(before);
    return text_or_empty(s);
}

/* ---- reasons ---- */

/* libarchive tells most things only by text.  It is looked at to choose our
 * words, and never shown. */
static const struct reason {
    const char *part, *word;
} REASONS[] = {
    { "ncrypt", "encrypted: it cannot be read without the password" },
    { "assphrase", "encrypted: it cannot be read without the password" },
    { "runcated", "the archive ends in the middle" },
    { "End of file", "the archive ends in the middle" },
    { "ulti-volume", "one part of a divided archive: the other parts are needed" },
    { "ultivolume", "one part of a divided archive: the other parts are needed" },
};

const char *ak_archive_reason(struct archive *a, const struct ak_archive_feed *feed)
{
    const char *text = a ? archive_error_string(a) : NULL;
    if (feed->failed)
        return "the archive's own bytes could not be read";
    for (size_t i = 0; text && i < sizeof(REASONS) / sizeof(REASONS[0]); i++)
        if (strstr(text, REASONS[i].part))
            return REASONS[i].word;
    return AK_ARCHIVE_UNREADABLE;
}

/* ---- contents ---- */

static void finish(struct ak_archive_contents *c, enum ak_status st, const char *damage)
{
    c->ended = true;
    c->st = st;
    if (!c->damage)
        c->damage = damage;
}

/* The next block of a stream that is one file. */
static void next_unpacked(struct ak_archive_contents *c)
{
    const char *damage;
    c->block_n = ak_archive_unpack_next(c->feed->unpack, &c->block);
    c->block_at = c->at;
    damage = c->block_n ? NULL : ak_archive_unpack_damage(c->feed->unpack);
    if (damage)
        finish(c, AK_ERR_CORRUPT, damage);
    c->eof = c->block_n == 0;
}

/* The next block into c->block. */
static void next_block(struct ak_archive_contents *c)
{
    if (!c->a) {
        next_unpacked(c);
        return;
    }
    const void *block = NULL;
    size_t n = 0;
    la_int64_t offset = 0;
    int r = archive_read_data_block(c->a, &block, &n, &offset);
    if (r == ARCHIVE_EOF) {
        c->eof = true;
        c->block_at = c->pad_to > c->at ? c->pad_to : c->at;
        return;
    }
    if (r == ARCHIVE_WARN && !c->damage)
        c->damage = "the contents do not match the archive's own check value or size";
    if (r < ARCHIVE_WARN) {
        const char *word = ak_archive_reason(c->a, c->feed);
        finish(c, AK_ERR_CORRUPT, word);
        return;
    }
    if (offset < 0 || (uint64_t)offset < c->at) {
        finish(c, AK_ERR_CORRUPT, AK_ARCHIVE_UNREADABLE);
        return;
    }
    c->block = block;
    c->block_n = n;
    c->block_at = (uint64_t)offset;
}

/* Up to n next bytes: zeros before the block (a hole), else the block's. */
static size_t give(struct ak_archive_contents *c, uint8_t *to, size_t n)
{
    if (c->at < c->block_at) {
        uint64_t hole = c->block_at - c->at;
        if (n > hole)
            n = (size_t)hole;
        if (to)
            memset(to, 0, n);
    } else {
        if (n > c->block_n)
            n = c->block_n;
        if (to && n)
            memcpy(to, c->block, n);
        c->block += n;
        c->block_n -= n;
        c->block_at += n;
    }
    const char *limit = ak_archive_spend(c->spent, c->at, n);
    c->at += n;
    if (limit)
        finish(c, AK_ERR_LIMIT, limit);
    return n;
}

/* Read n bytes on, into `to` unless it is NULL; how many there were. */
static uint64_t read_on(struct ak_archive_contents *c, uint8_t *to, uint64_t n)
{
    uint64_t done = 0;
    size_t idle = 0; /* blocks without a byte */
    while (done < n && !c->ended) {
        if (c->block_n == 0 && c->at >= c->block_at) {
            if (c->eof)
                finish(c, AK_OK, NULL);
            else
                next_block(c);
            if (++idle > AK_ARCHIVE_FAILED_MAX)
                finish(c, AK_ERR_CORRUPT, AK_ARCHIVE_UNREADABLE);
            continue;
        }
        idle = 0;
        size_t want = n - done < AK_ARCHIVE_FEED ? (size_t)(n - done) : AK_ARCHIVE_FEED;
        done += give(c, to ? to + done : NULL, want);
    }
    return done;
}

static enum ak_status contents_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                    size_t *out_missing)
{
    struct ak_archive_contents *c = (struct ak_archive_contents *)self;
    *out_missing += n;
    if (at < c->at)
        return AK_ERR_UNSUPPORTED;
    if (at > c->at)
        read_on(c, NULL, at - c->at);
    if (at == c->at)
        *out_missing -= (size_t)read_on(c, buf, n);
    return c->ended ? c->st : AK_OK;
}

static void contents_close(struct ak_source *self)
{
    (void)self; /* part of the file system; drained by the walk */
}

void ak_archive_contents_open(struct ak_archive_contents *c, struct archive *a,
                              const struct ak_archive_feed *feed, struct ak_archive_spent *spent,
                              uint64_t sparse_size)
{
    static const struct ak_source_ops OPS = { "archive.entry", contents_read, contents_close };
    *c = (struct ak_archive_contents){
        .base = { &OPS, feed->src, AK_SIZE_UNKNOWN },
        .a = a,
        .feed = feed,
        .spent = spent,
        .pad_to = sparse_size,
    };
}

void ak_archive_contents_drain(struct ak_archive_contents *c) { read_on(c, NULL, UINT64_MAX); }
