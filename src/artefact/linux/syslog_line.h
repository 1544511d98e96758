/* syslog_line.h - the parts of one syslog line, in all its dialects.
 *
 * Layouts and where they come from: docs/formats/linux.syslog.md */
#ifndef AK_ARTEFACT_LINUX_SYSLOG_LINE_H
#define AK_ARTEFACT_LINUX_SYSLOG_LINE_H

#include "artefact/artefact.h"

enum ak_syslog_time {
    AK_SYSLOG_UNTIMED, /* not a syslog line, or one without a time (RFC 5424 "-") */
    AK_SYSLOG_NO_YEAR, /* "Jan 22 07:52:33": `civil` lacks the year */
    AK_SYSLOG_DATED,   /* `stamp` is whole */
};

struct ak_syslog {
    enum ak_syslog_time time;
    struct ak_civil civil; /* AK_SYSLOG_NO_YEAR */
    struct ak_stamp stamp; /* AK_SYSLOG_DATED; AK_STAMP_LOCAL when it had no zone */
    enum ak_precision precision;

    bool has_priority;
    bool tagged;       /* a colon or a number in brackets follows the tag: surely syslog */
    bool is_comment;   /* "Feb 29 01:15:43: --- ... ---": the logger speaks of itself */
    uint16_t priority; /* facility * 8 + severity, as written: 0 to 999 */
    uint8_t version;   /* 1 for RFC 5424, else 0 */
    struct ak_str facility, severity; /* names, as written or as RFC 5424 has them */
    struct ak_str host, tag, pid, msgid;
    struct ak_str sd;   /* "[id name="value"]..." with its brackets */
    struct ak_str body; /* to the end of the line */
};

/* Take a line apart.  False when it does not begin as a syslog line does: it
 * continues the one before, or is none. */
bool ak_syslog_split(struct ak_str line, struct ak_syslog *out);

/* Only as much as the year needs: month and day of a line without one, or the
 * stamp of one that has it.  Sets time, civil.month, civil.day and stamp. */
bool ak_syslog_date(struct ak_str line, struct ak_syslog *out);

/* Does a line that is no syslog line look like one with a broken time: a clock
 * "00:00:00" within its first bytes? */
bool ak_syslog_clock_near(struct ak_str line);

/* RFC 5424 names: "authpriv", "err"; empty when out of range. */
struct ak_str ak_syslog_facility(unsigned priority);
struct ak_str ak_syslog_severity(unsigned priority);

#endif
