/* syslog_year.h - which year a line "Jan 22 07:52:33" is of.
 *
 * Traditional syslog writes no year.  What is known: the last line is not
 * later than the file's own time, lines come in order but for small lapses,
 * and a 29 February is of a leap year.  So the log is walked twice: once to
 * count how often the year turns, once to hand the years out.
 *
 * The rules, and what they cannot know: docs/formats/linux.syslog.md */
#ifndef AK_ARTEFACT_LINUX_SYSLOG_YEAR_H
#define AK_ARTEFACT_LINUX_SYSLOG_YEAR_H

#include "artefact/linux/syslog_line.h"

enum {
    AK_YEARS_MAX = 64,        /* turns of the year in one file; more is no order at all */
    AK_YEARS_LAPSE_DAYS = 31, /* a smaller step back is a late line, a larger one a new year */
    AK_YEARS_LATE_DAYS = 3,   /* a step forward of a year but for these is a late December line */
    AK_YEARS_FIRST = 1980,    /* no syslog is older */
};

struct ak_years {
    int32_t year_of[AK_YEARS_MAX];
    uint32_t turn;         /* turns seen so far in this walk */
    int32_t last;          /* day of the last line: month * 31 + day; 0 before the first */
    struct ak_civil limit; /* the day the log ends at the latest; year 0 when nobody knows */
    bool any;              /* some line lacks its year */
    bool unordered;        /* too many turns: each line gets its latest possible year */
};

/* Walk the item's lines and find the years. */
struct ak_years ak_years_survey(const struct ak_item *item);

/* The year of the next line (any that has a time; to be called for each, in
 * order); 0 when it cannot be told. */
int32_t ak_years_next(struct ak_years *years, const struct ak_syslog *line);

#endif
