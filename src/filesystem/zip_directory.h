/* zip_directory.h - what a zip file says it holds.
 *
 * Read by our own code and not by libarchive, because the answer must not lose
 * anything: names as recorded (CP932 or UTF-8), times with their zone or
 * without one, entries that are encrypted, entries the directory lost. */
#ifndef AK_FILESYSTEM_ZIP_DIRECTORY_H
#define AK_FILESYSTEM_ZIP_DIRECTORY_H

#include "base/bytes.h"
#include "base/stamp.h"
#include "base/status.h"
#include "evidence/source.h"

enum ak_zip_flag {
    AK_ZIP_ENCRYPTED = 1 << 0,
    AK_ZIP_SIZES_BEHIND = 1 << 3, /* sizes and checksum follow the contents */
    AK_ZIP_STRONG = 1 << 6,
    AK_ZIP_UTF8 = 1 << 11,   /* the name is UTF-8 */
    AK_ZIP_MASKED = 1 << 13, /* names and sizes of the local header are hidden */
};

struct ak_zip_entry {
    struct ak_bytes name; /* as recorded; borrowed until the next call */
    struct ak_bytes
        name_utf8;   /* from Info-ZIP's Unicode path field when it fits the name; else empty */
    uint16_t flags;  /* enum ak_zip_flag among others */
    uint16_t method; /* 0 stored, 8 deflate, ...; for WinZip AES 99 */
    uint8_t host;    /* system that made it: 0 FAT, 3 Unix, 10 NTFS, 19 macOS */
    uint32_t crc;
    uint64_t packed, size; /* bytes; both 0 and sizes_known false when nobody says */
    bool sizes_known;
    uint64_t header_at;  /* the local header, from the start of the source */
    uint32_t attributes; /* high half: Unix mode; low byte: DOS attributes */
    bool has_owner;
    uint32_t uid, gid;
    struct ak_stamp modified, accessed, created;
};

enum { AK_ZIP_RECORD_MAX = 46 + 3 * 65535 };

/* A reader of one zip.  Members are its own; text it gives lies in `record`. */
struct ak_zip {
    struct ak_source *src;
    uint64_t at, end;      /* in the directory, or in the file when salvaging */
    uint64_t shift;        /* bytes before the archive: self-extracting programs */
    uint64_t n_stated;     /* entries the end record promises */
    uint64_t dir_at;       /* where the directory starts */
    uint64_t salvage_from; /* behind the contents of the entries seen */
    bool zip64, multi_disk;
    uint8_t record[AK_ZIP_RECORD_MAX];
};

/* Find the directory.  False when there is none: cut off, or not a zip. */
bool ak_zip_open(struct ak_zip *z, struct ak_source *src);

/* The next entry of the directory.  *out_more is false behind the last one.
 * AK_ERR_CORRUPT when no directory record is where one should be (z->at). */
AK_MUST_USE enum ak_status ak_zip_next(struct ak_zip *z, struct ak_zip_entry *out, bool *out_more);

/* Look for entries by their own headers from `from` on; then ak_zip_salvage(). */
void ak_zip_salvage_from(struct ak_zip *z, struct ak_source *src, uint64_t from);
bool ak_zip_salvage(struct ak_zip *z, struct ak_zip_entry *out);

/* Where the entry's contents start, found through its local header, which may
 * add times to the entry.  AK_ERR_CORRUPT when there is no header. */
AK_MUST_USE enum ak_status ak_zip_contents(struct ak_zip *z, struct ak_zip_entry *entry,
                                           uint64_t *out_at);

/* The header of a zip file of one entry, named "f", whose contents are
 * entry->packed bytes: given to libarchive in front of them so that it unpacks
 * whatever method it knows.  Returns its length, at most AK_ZIP_HEADER_MAX. */
enum { AK_ZIP_HEADER_MAX = 64 };
size_t ak_zip_header_for(const struct ak_zip_entry *entry, uint8_t *to);

#endif
