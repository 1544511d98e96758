/* syslog_year.c - see syslog_year.h. */
#include "artefact/linux/syslog_year.h"

#include "artefact/lines.h"

enum { DAYS_A_YEAR = 12 * 31 }; /* every month counted as 31 days: only order matters */

/* What the first walk keeps of each year: whether it holds a 29 February, and
 * the year itself when some line of it says so. */
struct turn {
    int32_t said;
    bool leap_day;
};

static int32_t day_of(const struct ak_civil *c) { return (c->month - 1) * 31 + c->day; }

/* The turn that a line of this day belongs to, walking in order. */
static uint32_t step(struct ak_years *y, int32_t day)
{
    int32_t moved = day - y->last;
    bool first = y->last == 0;
    y->last = day;
    if (first)
        return y->turn;
    if (moved < -AK_YEARS_LAPSE_DAYS)
        y->turn++;
    else if (moved >= DAYS_A_YEAR - AK_YEARS_LATE_DAYS && y->turn > 0)
        y->turn--; /* a December line that came late, after January began */
    return y->turn;
}

static struct ak_civil date_of(const struct ak_syslog *line)
{
    return line->time == AK_SYSLOG_DATED ? ak_civil_of(line->stamp.utc_ns) : line->civil;
}

/* "secure-20240107", "messages-20231231.gz": logrotate says the day; 0 if not. */
static struct ak_civil day_in_name(struct ak_str path)
{
    struct ak_str name = ak_str_basename(path);
    struct ak_civil c = { 0 };
    for (size_t i = 0; i + 9 <= name.n; i++) {
        uint64_t v;
        int64_t seconds;
        struct ak_str digits = { name.at + i + 1, 8 };
        bool alone = i + 9 == name.n || name.at[i + 9] < '0' || name.at[i + 9] > '9';
        if ((name.at[i] != '-' && name.at[i] != '.') || !alone || ak_digits(digits, &v) != 8)
            continue;
        c = (struct ak_civil){ .year = (int32_t)(v / 10000),
                               .month = (uint8_t)(v / 100 % 100),
                               .day = (uint8_t)(v % 100) };
        if (c.year >= AK_YEARS_FIRST && ak_civil_seconds(&c, &seconds))
            return c;
    }
    return (struct ak_civil){ 0 };
}

static bool later(const struct ak_civil *a, const struct ak_civil *b)
{
    return a->year != b->year ? a->year > b->year : day_of(a) > day_of(b);
}

/* The day the log cannot go beyond: the file's time, or the day of rotation in
 * its name when that is earlier (a copy has a later time, but keeps its name). */
static struct ak_civil last_day(const struct ak_item *item)
{
    struct ak_civil named = day_in_name(item->path), filed = { 0 };
    if (ak_stamp_is_set(item->modified))
        filed = ak_civil_of(item->modified.utc_ns);
    return named.year && (!filed.year || later(&filed, &named)) ? named : filed;
}

static bool is_leap(int32_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

/* The latest year in which `day` is not after the limit.  One day of grace:
 * the limit is UTC, the log is not. */
static int32_t latest_year(const struct ak_civil *limit, int32_t day, bool leap_day)
{
    int32_t year = limit->year;
    if (!year)
        return 0;
    if (day > day_of(limit) + 1)
        year--;
    while (leap_day && !is_leap(year))
        year--;
    return year;
}

/* Years for the turns, from the last back to the first. */
static void settle(struct ak_years *y, const struct turn *turns, uint32_t n, int32_t last_day_seen)
{
    for (uint32_t i = n; i-- > 0;) {
        int32_t year =
            i + 1 == n ? latest_year(&y->limit, last_day_seen, false) : y->year_of[i + 1] - 1;
        if (turns[i].said)
            year = turns[i].said;
        while (year > 0 && turns[i].leap_day && !is_leap(year))
            year--;
        y->year_of[i] = year > 0 ? year : 0;
    }
    /* Turns behind a year that was said, when nothing bounds the end. */
    for (uint32_t i = 1; i < n; i++)
        if (!y->year_of[i] && y->year_of[i - 1])
            y->year_of[i] = y->year_of[i - 1] + 1;
}

struct ak_years ak_years_survey(const struct ak_item *item)
{
    struct ak_years y = { .limit = last_day(item) };
    struct turn turns[AK_YEARS_MAX] = { 0 };
    struct ak_lines lines = ak_lines_open(item);
    struct ak_line line;
    struct ak_syslog s = { 0 };
    uint32_t n = 0;
    int32_t newest = 0; /* the last day seen of the last turn */
    while (ak_lines_next(&lines, &line)) {
        ak_item_passed(item, line.at);
        if (!ak_syslog_date(line.raw, &s) || s.time == AK_SYSLOG_UNTIMED)
            continue;
        struct ak_civil c = date_of(&s);
        uint32_t turn = step(&y, day_of(&c));
        if (turn >= AK_YEARS_MAX)
            break;
        y.any |= s.time == AK_SYSLOG_NO_YEAR;
        turns[turn].leap_day |= s.time == AK_SYSLOG_NO_YEAR && c.month == 2 && c.day == 29;
        if (s.time == AK_SYSLOG_DATED)
            turns[turn].said = c.year;
        newest = turn + 1 >= n ? day_of(&c) : newest;
        n = turn + 1 > n ? turn + 1 : n;
    }
    settle(&y, turns, n, newest);
    y.unordered =
        y.turn >= AK_YEARS_MAX || (y.any && n > 0 && y.year_of[0] && y.year_of[0] < AK_YEARS_FIRST);
    y.turn = 0;
    y.last = 0;
    return y;
}

int32_t ak_years_next(struct ak_years *y, const struct ak_syslog *line)
{
    struct ak_civil c = date_of(line);
    int32_t day = day_of(&c);
    if (y->unordered)
        return latest_year(&y->limit, day, c.month == 2 && c.day == 29);
    uint32_t turn = step(y, day);
    return turn < AK_YEARS_MAX ? y->year_of[turn] : 0;
}
