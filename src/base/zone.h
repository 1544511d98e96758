/* zone.h - a time zone: from local time to UTC.
 *
 * Built from the bytes of a TZif file (RFC 8536), be it the machine's
 * /usr/share/zoneinfo or the /etc/localtime found in evidence. */
#ifndef AK_BASE_ZONE_H
#define AK_BASE_ZONE_H

#include "base/bytes.h"
#include "base/status.h"

enum { AK_ZONE_TRANSITIONS = 1024 };

struct ak_zone {
    uint32_t n;                            /* transitions */
    int64_t at[AK_ZONE_TRANSITIONS];       /* seconds since 1970 UTC, rising */
    int32_t offset_s[AK_ZONE_TRANSITIONS]; /* east of UTC from at[i] on */
    int32_t first_offset_s;                /* before at[0], and always when n is 0 */
    bool known;                            /* false: nobody said; UTC is an assumption */
};

/* UTC as an assumption (known is false). */
extern const struct ak_zone ak_zone_utc;

/* Read a TZif file of any version.  The rule for years after the last
 * transition (the footer) is applied up to 2100 for fixed-offset and for
 * Mm.w.d rules.  AK_ERR_CORRUPT when the bytes are not TZif. */
AK_MUST_USE enum ak_status ak_zone_parse(struct ak_bytes tzif, struct ak_zone *out);

/* A zone with one fixed offset. */
struct ak_zone ak_zone_fixed(int32_t offset_s);

/* Local seconds (a civil time read as if UTC) to UTC seconds.  A time that
 * happened twice is taken as its first; one that never happened is read with
 * the offset before the gap. */
int64_t ak_zone_to_utc(const struct ak_zone *zone, int64_t local_s);

/* The offset east of UTC in force at a UTC second. */
int32_t ak_zone_offset(const struct ak_zone *zone, int64_t utc_s);

#endif
