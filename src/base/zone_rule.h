/* zone_rule.h - the rule in a TZif file's footer: "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * What POSIX calls the TZ string.  It says how the zone goes on after the last
 * transition the file lists; slim files list none after 2007. */
#ifndef AK_BASE_ZONE_RULE_H
#define AK_BASE_ZONE_RULE_H

#include "base/bytes.h"

/* A day of any year, and a second of that day (may be negative or past it). */
struct ak_zone_day {
    char kind; /* 'M': day `day` (0 is Sunday) of week `week` (5 is the last) of `month`
                  'J': day 1 to 365, 29 February never counted
                  'n': day 0 to 365, 29 February counted */
    uint8_t month, week;
    uint16_t day;
    int32_t second;
};

struct ak_zone_rule {
    int32_t std_s, dst_s; /* offsets east of UTC; equal when has_dst is false */
    bool has_dst;
    struct ak_zone_day start, end; /* of summer time; local time in force before each */
};

/* Read a rule.  False when the text is not one, or says summer time without
 * saying when. */
bool ak_zone_rule_parse(struct ak_str text, struct ak_zone_rule *out);

/* Seconds since 1970 UTC of the start and the end of summer time in a year
 * from 1970 to 9999.  Only when has_dst. */
void ak_zone_rule_year(const struct ak_zone_rule *rule, int32_t year, int64_t *out_start,
                       int64_t *out_end);

#endif
