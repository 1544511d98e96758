/* stamp.h - a moment, and how exactly the evidence said it.
 *
 * utc_ns counts nanoseconds since 1970-01-01T00:00:00Z.  int64 reaches from
 * 1677-09-21 to 2262-04-11; FILETIME reaches from 1601 to about 60000, so not
 * every recorded value fits.  One that does not is clamped and says so; its
 * parser keeps the value as recorded in a field of the event.
 */
#ifndef AK_BASE_STAMP_H
#define AK_BASE_STAMP_H

#include "base/bytes.h"

/* How fine the evidence recorded it; decides the digits we print. */
enum ak_precision { AK_PREC_S, AK_PREC_MS, AK_PREC_US, AK_PREC_NS };

enum ak_stamp_flag {
    AK_STAMP_PREC_MASK = 3,    /* enum ak_precision */
    AK_STAMP_SET = 1 << 2,     /* the evidence holds a time at all */
    AK_STAMP_CLAMPED = 1 << 3, /* outside what utc_ns can hold */
    AK_STAMP_LOCAL = 1 << 4,   /* recorded without a zone: utc_ns rests on an assumed one */
    AK_STAMP_GUESSED = 1 << 5, /* part of the date (the year) was inferred */
};

struct ak_stamp {
    int64_t utc_ns;
    uint8_t flags;
};

static inline bool ak_stamp_is_set(struct ak_stamp s) { return s.flags & AK_STAMP_SET; }

/* `ticks` of 100 ns since 1601-01-01 UTC, as in NTFS, EVTX and the registry.
 * 0 is not set. */
struct ak_stamp ak_stamp_filetime(uint64_t ticks);

/* Seconds and nanoseconds since 1970 UTC.  Always set, also for 0. */
struct ak_stamp ak_stamp_unix(int64_t seconds, uint32_t nanoseconds, enum ak_precision precision);

/* A date and time of day in the proleptic Gregorian calendar. */
struct ak_civil {
    int32_t year;
    uint8_t month, day, hour, minute, second; /* month and day from 1; second may be 60 */
    uint32_t ns;
};

/* Seconds since 1970 of a civil time read as UTC; false when a member is out
 * of range (a 31 June, an hour 24). */
bool ak_civil_seconds(const struct ak_civil *c, int64_t *out_seconds);

/* The civil time (UTC) of nanoseconds since 1970; never fails. */
struct ak_civil ak_civil_of(int64_t utc_ns);

/* "2026-01-29T14:50:12.123Z" into buf (no terminating zero); the bytes written.
 * buf holds AK_STAMP_TEXT.  An unset stamp writes nothing. */
enum { AK_STAMP_TEXT = 40 };
size_t ak_stamp_iso(struct ak_stamp s, char *buf);

/* ISO 8601 "2026-01-29[T| ]14:50[:12[.fff]][Z|+09:00|+0900]" with at least the
 * date.  Consumes as much of `text` as fits; *out_used is how much.  Without a
 * zone the stamp is AK_STAMP_LOCAL.  False when there is no valid date. */
bool ak_stamp_parse_iso(struct ak_str text, struct ak_stamp *out, size_t *out_used);

#endif
