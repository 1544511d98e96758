/* hashset.h - files that are known (NSRL and the like), to leave them out.
 *
 * A set is one flat table of sorted SHA-256 hashes: a worker makes it once from
 * what a stranger gave, in a file the supervisor lends; then every worker maps it
 * read-only.  It takes no memory of theirs, and opening it costs nothing:
 *
 *   offset  size  what
 *        0     8  "AKHASHES"
 *        8     4  version: 1
 *       12     4  bytes of a hash: 32
 *       16     8  how many
 *       24     8  0
 *       32  65537 * 8  where the hashes begin whose first two bytes are 0, 1, … as a
 *                 number; the last: how many
 *   524328     -  the hashes, in order, each once
 *
 * All numbers little-endian. */
#ifndef AK_DETECT_HASHSET_H
#define AK_DETECT_HASHSET_H

#include "base/bytes.h"
#include "base/status.h"

enum { AK_HASHSET_HASH = 32, AK_HASHSET_PREFIXES = 65536 };

/* Longest set: 256 million hashes, 8 GiB. */
#define AK_HASHSET_MAX ((uint64_t)256 << 20)

/* A set to look into; views on the table. */
struct ak_hashset {
    struct ak_bytes starts, hashes;
    uint64_t n;
};

/* AK_ERR_CORRUPT when the bytes are no table, AK_ERR_UNSUPPORTED: another version.
 * The bytes must outlive the set.  Looking never leaves them, whatever they hold. */
AK_MUST_USE enum ak_status ak_hashset_open(struct ak_bytes table, struct ak_hashset *out);

/* Is the file of this SHA-256 (32 bytes) known? */
bool ak_hashset_has(const struct ak_hashset *set, const uint8_t *sha256);

/* ---- making one ---- */

struct ak_hashset_making {
    int fd;         /* the file the table goes to; borrowed */
    uint8_t *at;    /* its mapping */
    size_t cap;     /* bytes mapped */
    uint64_t n;     /* hashes so far */
    uint64_t n_bad; /* lines and rows that held none */
    bool failed;
};

/* Begin a table in an empty file open for reading and writing (a memfd, a spool).
 * AK_ERR_NOMEM when it cannot be mapped. */
AK_MUST_USE enum ak_status ak_hashset_make(int fd, struct ak_hashset_making *out);

/* Take the hashes of one source: a list with a SHA-256 in each line (alone, as
 * sha256sum writes it, or in a column of CSV), or an NSRL RDS v3 database.  Which
 * it is, its first bytes say.  fd: the source, read with pread() only.
 * AK_ERR_CORRUPT: neither, or a database that cannot be read; *out_why (static
 * English, an entry of data/words) says what.  AK_ERR_LIMIT: too many. */
AK_MUST_USE enum ak_status ak_hashset_take(struct ak_hashset_making *making, int fd,
                                           const char **out_why);

/* Sort, drop what is there twice, write the head.  Nothing may be taken behind it.
 * The file holds the table then.  Unmaps, whatever it says. */
AK_MUST_USE enum ak_status ak_hashset_finish(struct ak_hashset_making *making);

/* Add one hash (32 bytes).  False when there is no room. */
bool ak_hashset_add(struct ak_hashset_making *making, const uint8_t *sha256);

/* Hashes of an NSRL database: its table FILE, column sha256.  For ak_hashset_take(). */
AK_MUST_USE enum ak_status ak_hashset_take_sqlite(struct ak_hashset_making *making, int fd,
                                                  const char **out_why);

#endif
