/* archive_parts.h - what the files of the archive reader share among themselves.
 *
 *   archive_kind.c    which archive is this: by content
 *   archive_facts.c   what libarchive does not tell
 *   archive_name.c    names as paths
 *   archive_unpack.c  gzip, bzip2, xz, lzma, lzip, zstd
 *   archive_stream.c  libarchive over an ak_source, and the limits
 *   zip_directory.c   zip: names, times, places
 *   archive.c         the walk */
#ifndef AK_FILESYSTEM_ARCHIVE_PARTS_H
#define AK_FILESYSTEM_ARCHIVE_PARTS_H

#include "base/arena.h"
#include "evidence/source.h"

struct archive;
struct archive_entry;

/* ---- limits; the reasons are in docs/design/archive-limits.md ---- */

enum {
    AK_ARCHIVE_ENTRIES_MAX = 1000 * 1000, /* per archive */
    AK_ARCHIVE_RATIO_MAX = 2000,          /* unpacked bytes per packed byte, beyond the floor */
    AK_ARCHIVE_NAME_MAX = 32768,          /* bytes of a path or link target kept */
    AK_ARCHIVE_FAILED_MAX = 1000,         /* unreadable entries in a row before giving up */
};
static const uint64_t AK_ARCHIVE_ENTRY_BYTES_MAX = UINT64_C(256) << 30; /* unpacked, of one entry */
static const uint64_t AK_ARCHIVE_TOTAL_BYTES_MAX = UINT64_C(1) << 40; /* unpacked, of one archive */
static const uint64_t AK_ARCHIVE_RATIO_FLOOR = UINT64_C(1) << 30; /* below it any ratio will do */

/* What unpacking one archive has cost so far. */
struct ak_archive_spent {
    uint64_t packed; /* bytes of the archive */
    uint64_t total;  /* bytes unpacked */
};

/* Unpack `n` more, of an entry that has given `entry` so far: the literal that
 * says which limit that breaks, or NULL. */
const char *ak_archive_spend(struct ak_archive_spent *spent, uint64_t entry, uint64_t n);

/* ---- kinds ---- */

struct ak_archive_kind {
    const char *name;    /* "zip", "tar", "gz": what `type` of the file system says */
    int format;          /* ARCHIVE_FORMAT_... */
    int filter;          /* ARCHIVE_FILTER_... to undo first; 0 none */
    bool dos_times;      /* times are local, without a zone */
    bool bytes_names;    /* names are bytes; nothing is to interpret them on the way */
    bool ctime_is_birth; /* what libarchive calls ctime is when the file was created */
    bool backslashes;    /* '\' may separate folders */
};

/* The kind of archive `src` is, by its bytes, or NULL.  *out_start is where the
 * archive begins: behind the program in a self-extracting one. */
const struct ak_archive_kind *ak_archive_kind_of(struct ak_source *src, uint64_t *out_start);

/* What is inside a compressed stream that begins with these bytes: the same
 * kind of stream with tar or cpio in it, or `kind` itself for one file. */
const struct ak_archive_kind *ak_archive_kind_inside(const struct ak_archive_kind *kind,
                                                     struct ak_bytes head);

enum { AK_ARCHIVE_HEAD = 512 }; /* bytes the above wants to see */

/* ---- names ---- */

/* A name as a path: '/' between folders, none in front, no "." and no empty
 * parts; ".." becomes "__.." so that it leads nowhere (and *out_climbs is set). */
AK_MUST_USE enum ak_status ak_archive_path(struct ak_arena *arena, struct ak_str name,
                                           bool backslashes, struct ak_str *out_path,
                                           bool *out_climbs);

/* ---- headers, for what libarchive does not tell (archive_facts.c) ---- */

/* A walk over the headers of a RAR 5 archive, in step with libarchive's. */
struct ak_rar5_scan {
    struct ak_source *src;
    uint64_t at; /* of the next header */
};

/* Begin behind the signature at `start`. */
void ak_rar5_begin(struct ak_rar5_scan *scan, struct ak_source *src, uint64_t start);

/* Is the next file encrypted?  False also when there is no next file. */
bool ak_rar5_next_encrypted(struct ak_rar5_scan *scan);

/* Is this one of several volumes?  RAR 5 or RAR 4, by its first header. */
bool ak_rar_is_volume(struct ak_source *src, uint64_t start);

/* Is the time of the LHA entry whose header is here one without a zone? */
bool ak_lha_time_is_local(struct ak_source *src, uint64_t header_at);

/* ---- compressed streams ---- */

struct ak_archive_unpack;

/* Begin unpacking the stream at `start`.  NULL when this filter is left to
 * libarchive (lz4, compress), or memory ran out.  Release with ak_archive_unpack_close(). */
struct ak_archive_unpack *ak_archive_unpack_open(struct ak_source *src, uint64_t start, int filter);
void ak_archive_unpack_close(struct ak_archive_unpack *u); /* NULL is allowed */

/* The next unpacked bytes, valid until the next call; 0 at the end, good or bad. */
size_t ak_archive_unpack_next(struct ak_archive_unpack *u, const uint8_t **out);

/* What was wrong with the stream so far, as a literal of data/words, or NULL. */
const char *ak_archive_unpack_damage(const struct ak_archive_unpack *u);

/* Bytes of it the evidence could not give. */
uint64_t ak_archive_unpack_missing(const struct ak_archive_unpack *u);

/* ---- libarchive over a source ---- */

enum { AK_ARCHIVE_FEED = 64 * 1024 };

/* What libarchive reads: some bytes made up, then a range of the source. */
struct ak_archive_feed {
    struct ak_source *src;
    uint64_t start, size, at; /* the range, and the next byte counted from its start */
    uint8_t head[64];
    size_t head_n;
    struct ak_archive_unpack *unpack; /* owned: what to read instead, or NULL */
    uint64_t missing;                 /* bytes the evidence could not give */
    bool failed;                      /* reading the source failed */
    uint8_t buf[AK_ARCHIVE_FEED];
};

/* Open `feed` as this kind; a zip is one entry behind a header of ours.  NULL
 * when memory ran out.  Close with ak_archive_close(). */
struct archive *ak_archive_reader(struct ak_archive_feed *feed, const struct ak_archive_kind *kind,
                                  int *out_result);
void ak_archive_close(struct archive *a);

/* The next header; libarchive's result. */
int ak_archive_next(struct archive *a, const struct ak_archive_kind *kind,
                    struct archive_entry **out);

/* Name and link target in UTF-8 or as recorded; empty when there is none. */
struct ak_str ak_archive_entry_name(struct archive_entry *e, const struct ak_archive_kind *kind);
struct ak_str ak_archive_entry_target(struct archive_entry *e, const struct ak_archive_kind *kind);

/* libarchive cannot tell damage from a variant it does not know (it is some
 * years old), so neither can we. */
#define AK_ARCHIVE_UNREADABLE                                                                      \
    "cannot be unpacked from here: damaged, or packed in a way this build does not read"

/* Why libarchive gave up, as a literal of data/words. */
const char *ak_archive_reason(struct archive *a, const struct ak_archive_feed *feed);

/* The contents of the entry `a` stands at, read forward. */
struct ak_archive_contents {
    struct ak_source base;
    struct archive *a; /* NULL: straight from feed->unpack */
    const struct ak_archive_feed *feed;
    struct ak_archive_spent *spent;
    uint64_t at;          /* next byte to be given */
    const uint8_t *block; /* of libarchive, valid until the next one is asked for */
    size_t block_n;
    uint64_t block_at;
    uint64_t pad_to;    /* sparse: zeros up to here follow the last block */
    bool eof;           /* libarchive has no more blocks */
    bool ended;         /* nothing more will be given */
    enum ak_status st;  /* how it ended */
    const char *damage; /* what is wrong with the contents, or NULL */
};

/* Ready `c` (in place, nothing owned); c->base is the source. */
void ak_archive_contents_open(struct ak_archive_contents *c, struct archive *a,
                              const struct ak_archive_feed *feed, struct ak_archive_spent *spent,
                              uint64_t sparse_size);

/* Read what is left and drop it, so that limits and check values are met. */
void ak_archive_contents_drain(struct ak_archive_contents *c);

#endif
