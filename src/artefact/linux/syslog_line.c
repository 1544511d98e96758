/* syslog_line.c - see syslog_line.h. */
#include "artefact/linux/syslog_line.h"

#include "artefact/lines.h"

static const struct ak_str FACILITIES[] = {
    AK_STR_INIT("kern"),   AK_STR_INIT("user"),     AK_STR_INIT("mail"),     AK_STR_INIT("daemon"),
    AK_STR_INIT("auth"),   AK_STR_INIT("syslog"),   AK_STR_INIT("lpr"),      AK_STR_INIT("news"),
    AK_STR_INIT("uucp"),   AK_STR_INIT("cron"),     AK_STR_INIT("authpriv"), AK_STR_INIT("ftp"),
    AK_STR_INIT("ntp"),    AK_STR_INIT("security"), AK_STR_INIT("console"),  AK_STR_INIT("clock"),
    AK_STR_INIT("local0"), AK_STR_INIT("local1"),   AK_STR_INIT("local2"),   AK_STR_INIT("local3"),
    AK_STR_INIT("local4"), AK_STR_INIT("local5"),   AK_STR_INIT("local6"),   AK_STR_INIT("local7"),
};
static const struct ak_str SEVERITIES[] = {
    AK_STR_INIT("emerg"),   AK_STR_INIT("alert"),  AK_STR_INIT("crit"), AK_STR_INIT("err"),
    AK_STR_INIT("warning"), AK_STR_INIT("notice"), AK_STR_INIT("info"), AK_STR_INIT("debug"),
};
enum { N_FACILITIES = sizeof(FACILITIES) / sizeof(FACILITIES[0]), N_SEVERITIES = 8 };

struct ak_str ak_syslog_facility(unsigned priority)
{
    return priority / N_SEVERITIES < N_FACILITIES ? FACILITIES[priority / N_SEVERITIES]
                                                  : AK_STR("");
}

struct ak_str ak_syslog_severity(unsigned priority)
{
    return priority / N_SEVERITIES < N_FACILITIES ? SEVERITIES[priority % N_SEVERITIES]
                                                  : AK_STR("");
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Two digits, the first of which may be a blank; 255 when they are not. */
static uint8_t two(const char *p)
{
    if (!is_digit(p[1]) || (!is_digit(p[0]) && p[0] != ' '))
        return 255;
    return (uint8_t)((p[0] == ' ' ? 0 : p[0] - '0') * 10 + (p[1] - '0'));
}

/* 1 to 12 for "Jan" to "Dec", else 0. */
static uint8_t month_of(const char *p)
{
    static const char NAMES[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (uint8_t i = 0; i < 12; i++)
        if (memcmp(NAMES + (size_t)i * 3, p, 3) == 0)
            return (uint8_t)(i + 1);
    return 0;
}

/* "Jan 22 " or "Jan  2 " or "Jan 2 "; steps over it. */
static bool take_month_day(struct ak_str *rest, struct ak_civil *c)
{
    if (rest->n < 7 || rest->at[3] != ' ')
        return false;
    c->month = month_of(rest->at);
    if (!c->month)
        return false;
    struct ak_str s = ak_skip(*rest, 4);
    if (s.at[0] == ' ')
        s = ak_skip(s, 1);
    uint64_t day;
    size_t n = ak_digits(s, &day);
    if (n < 1 || n > 2 || day < 1 || day > 31 || s.n <= n || s.at[n] != ' ')
        return false;
    c->day = (uint8_t)day;
    *rest = ak_skip(s, n + 1);
    return true;
}

/* ".123456" behind a time of day. */
static void take_fraction(struct ak_str *rest, struct ak_civil *c, enum ak_precision *prec)
{
    if (rest->n < 2 || rest->at[0] != '.' || !is_digit(rest->at[1]))
        return;
    uint32_t ns = 0;
    size_t n = 1;
    for (; n < rest->n && is_digit(rest->at[n]); n++)
        if (n <= 9)
            ns = ns * 10 + (uint32_t)(rest->at[n] - '0');
    *prec = n - 1 <= 3 ? AK_PREC_MS : n - 1 <= 6 ? AK_PREC_US : AK_PREC_NS;
    for (size_t i = n; i <= 9; i++)
        ns *= 10;
    c->ns = ns;
    *rest = ak_skip(*rest, n);
}

/* "07:52:33[.123]" */
static bool take_clock(struct ak_str *rest, struct ak_civil *c, enum ak_precision *prec)
{
    const char *p = rest->at;
    if (rest->n < 8 || p[2] != ':' || p[5] != ':')
        return false;
    c->hour = two(p);
    c->minute = two(p + 3);
    c->second = two(p + 6);
    if (c->hour > 23 || c->minute > 59 || c->second > 60)
        return false;
    *rest = ak_skip(*rest, 8);
    take_fraction(rest, c, prec);
    return true;
}

/* A year with a blank on its right: "2019 "; steps over it. */
static bool take_year(struct ak_str *rest, struct ak_civil *c)
{
    uint64_t year;
    if (rest->n < 5 || ak_digits((struct ak_str){ rest->at, 4 }, &year) != 4 ||
        rest->at[4] != ' ' || year < 1980 || year > 2199)
        return false;
    c->year = (int32_t)year;
    *rest = ak_skip(*rest, 5);
    return true;
}

/* "Jan 22 07:52:33", with the year before or behind the clock in some dialects. */
static bool take_bsd_time(struct ak_str *rest, struct ak_syslog *out)
{
    struct ak_str s = *rest;
    struct ak_civil c = { 0 };
    int64_t seconds;
    if (!take_month_day(&s, &c))
        return false;
    bool year = take_year(&s, &c);
    if (!take_clock(&s, &c, &out->precision))
        return false;
    if (s.n && s.at[0] == ' ')
        s = ak_skip(s, 1);
    else if (s.n && s.at[0] != ':')
        return false;
    year = year || take_year(&s, &c);
    struct ak_civil check = c;
    check.year = year ? c.year : 2000; /* a leap year: 29 February may be */
    if (!ak_civil_seconds(&check, &seconds))
        return false;
    out->civil = c;
    out->time = year ? AK_SYSLOG_DATED : AK_SYSLOG_NO_YEAR;
    if (year) {
        out->stamp = ak_stamp_unix(seconds, c.ns, out->precision);
        out->stamp.flags |= AK_STAMP_LOCAL;
    }
    *rest = s;
    return true;
}

/* ISO 8601 with a time of day, and a blank or the end behind it. */
static bool take_iso_time(struct ak_str *rest, struct ak_syslog *out)
{
    enum { DATE_BYTES = 10, SHORTEST = 19 };
    size_t used;
    if (rest->n < SHORTEST || !is_digit(rest->at[0]) || rest->at[4] != '-' ||
        (rest->at[DATE_BYTES] != 'T' && rest->at[DATE_BYTES] != ' '))
        return false;
    if (!ak_stamp_parse_iso(*rest, &out->stamp, &used) || used < SHORTEST ||
        (used < rest->n && rest->at[used] != ' '))
        return false;
    out->time = AK_SYSLOG_DATED;
    *rest = ak_skip(*rest, used < rest->n ? used + 1 : used);
    return true;
}

/* "<38>" and, behind it, the "1 " of RFC 5424. */
static void take_priority(struct ak_str *rest, struct ak_syslog *out)
{
    uint64_t priority;
    if (!rest->n || rest->at[0] != '<')
        return;
    size_t n = ak_digits(ak_skip(*rest, 1), &priority);
    if (n < 1 || n > 3 || rest->n <= n + 1 || rest->at[n + 1] != '>')
        return;
    out->has_priority = true;
    out->priority = (uint16_t)priority;
    out->facility = ak_syslog_facility(out->priority);
    out->severity = ak_syslog_severity(out->priority);
    *rest = ak_skip(*rest, n + 2);
    if (rest->n >= 2 && rest->at[0] == '1' && rest->at[1] == ' ') {
        out->version = 1;
        *rest = ak_skip(*rest, 2);
    }
}

static bool take_time(struct ak_str *rest, struct ak_syslog *out)
{
    take_priority(rest, out);
    if (out->version && rest->n >= 2 && rest->at[0] == '-' && rest->at[1] == ' ') {
        *rest = ak_skip(*rest, 2);
        return true; /* RFC 5424: the sender did not know the time */
    }
    return rest->n && (is_digit(rest->at[0]) ? take_iso_time(rest, out) : take_bsd_time(rest, out));
}

/* The next RFC 5424 word; its "-" is nothing. */
static struct ak_str take_word(struct ak_str *rest)
{
    struct ak_str w = ak_cut(rest, ' ');
    return ak_str_eq(w, AK_STR("-")) ? AK_STR("") : w;
}

/* Behind RFC 5424 structured data: the first ']' that is outside of quotes and
 * not followed by another '['.  0 when it does not end. */
static size_t sd_length(struct ak_str s)
{
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        if (quoted && s.at[i] == '\\')
            i++;
        else if (s.at[i] == '"')
            quoted = !quoted;
        else if (!quoted && s.at[i] == ']' && (i + 1 == s.n || s.at[i + 1] != '['))
            return i + 1;
    }
    return 0;
}

static void split_5424(struct ak_str rest, struct ak_syslog *out)
{
    out->host = take_word(&rest);
    out->tag = take_word(&rest);
    out->pid = take_word(&rest);
    out->msgid = take_word(&rest);
    size_t n = 0;
    if (rest.n && rest.at[0] == '[')
        n = sd_length(rest);
    else if (rest.n && rest.at[0] == '-')
        n = 1;
    if (n > 1)
        out->sd = (struct ak_str){ rest.at, n };
    out->body = ak_trim_left(ak_skip(rest, n));
    if (ak_str_starts(out->body, AK_STR("\xEF\xBB\xBF"))) /* RFC 5424 marks UTF-8 so */
        out->body = ak_skip(out->body, 3);
}

/* "[1234]" at the start of s: its length, with the digits in *pid; else 0. */
static size_t bracketed_pid(struct ak_str s, struct ak_str *pid)
{
    enum { MOST_DIGITS = 20 };
    size_t n = 1;
    if (s.n < 3 || s.at[0] != '[')
        return 0;
    while (n < s.n && n <= MOST_DIGITS && is_digit(s.at[n]))
        n++;
    if (n < 2 || n >= s.n || s.at[n] != ']')
        return 0;
    *pid = (struct ak_str){ s.at + 1, n - 1 };
    return n + 1;
}

/* How much of s the name of the process is: up to '[', to ':' with a blank or
 * nothing behind it, or to a blank. */
static size_t tag_length(struct ak_str s)
{
    size_t i = 0;
    for (; i < s.n && s.at[i] != ' ' && s.at[i] != '['; i++)
        if (s.at[i] == ':' && (i + 1 == s.n || s.at[i + 1] == ' '))
            break;
    return i;
}

/* macOS: "Microsoft Word[1446]: ": a name of several words.  Its length when
 * brackets with a number and a colon follow soon, else 0. */
static size_t spaced_tag_length(struct ak_str s)
{
    enum { FARTHEST = 48 };
    struct ak_str pid;
    for (size_t i = 0; i < s.n && i < FARTHEST && s.at[i] != ':' && s.at[i] != '('; i++) {
        size_t n = s.at[i] == '[' ? bracketed_pid(ak_skip(s, i), &pid) : 0;
        if (n && i + n < s.n && (s.at[i + n] == ':' || s.at[i + n] == ' '))
            return i;
    }
    return 0;
}

/* macOS puts " <Notice>" or " (com.apple.x)" between the process and the colon. */
static struct ak_str skip_sender(struct ak_str s, struct ak_syslog *out)
{
    if (s.n < 3 || s.at[0] != ' ' || (s.at[1] != '<' && s.at[1] != '('))
        return s;
    char closing = s.at[1] == '<' ? '>' : ')';
    const char *end = memchr(s.at, closing, s.n);
    size_t n = end ? (size_t)(end - s.at) + 1 : s.n;
    if (n >= s.n || s.at[n] != ':') {
        if (closing == ')' || n >= s.n)
            return s;
    }
    if (closing == '>')
        out->severity = (struct ak_str){ s.at + 2, n - 3 };
    return ak_skip(s, n);
}

static void take_body(struct ak_str s, struct ak_syslog *out)
{
    if (s.n && s.at[0] == ':')
        s = ak_skip(s, 1);
    out->body = ak_trim_left(s);
}

/* "tag[pid]: body", "tag: body", "tag body", or body alone. */
static void split_tag(struct ak_str s, struct ak_syslog *out)
{
    size_t n = tag_length(s);
    if (ak_str_starts(s, AK_STR("last message repeated")) || ak_str_starts(s, AK_STR("-- MARK"))) {
        out->body = s;
        return;
    }
    if (n < s.n && s.at[n] == ' ') {
        size_t spaced = spaced_tag_length(s);
        n = spaced ? spaced : n;
    }
    out->tag = (struct ak_str){ s.at, n };
    s = ak_skip(s, n);
    size_t brackets = bracketed_pid(s, &out->pid);
    out->tagged = n && (brackets || (s.n && s.at[0] == ':'));
    if (brackets)
        s = skip_sender(ak_skip(s, brackets), out);
    take_body(s, out);
}

/* Is the next word a process and not a host: "sshd[12]:" or "kernel:"? */
static bool is_tag(struct ak_str s)
{
    struct ak_str pid;
    size_t n = tag_length(s);
    return n < s.n &&
           (s.at[n] == ':' || (s.at[n] == '[' && n && bracketed_pid(ak_skip(s, n), &pid)));
}

/* FreeBSD's "<auth.info> " (syslogd -v), AIX's "auth|security:info ". */
static void take_written_facility(struct ak_str *rest, struct ak_syslog *out)
{
    enum { LONGEST = 32 };
    struct ak_str s = *rest, word = ak_cut(&s, ' ');
    if (word.n < 3 || word.n > LONGEST)
        return;
    bool angled = word.at[0] == '<' && word.at[word.n - 1] == '>';
    char sep = angled ? '.' : ':';
    if (angled)
        word = (struct ak_str){ word.at + 1, word.n - 2 };
    struct ak_str severity = word, facility = ak_cut(&severity, sep);
    bool known = false;
    for (size_t i = 0; i < N_SEVERITIES; i++)
        known |= ak_str_eq(severity, SEVERITIES[i]);
    if (!known || !facility.n)
        return;
    out->facility = facility;
    out->severity = severity;
    *rest = s;
}

/* ChromeOS writes the severity where others have the host: "... INFO kernel: ". */
static bool take_severity_word(struct ak_str *rest, struct ak_syslog *out)
{
    struct ak_str s = *rest, word = ak_cut(&s, ' ');
    for (size_t i = 0; i < N_SEVERITIES && s.n; i++) {
        bool upper = word.n && word.at[0] >= 'A' && word.at[0] <= 'Z';
        if (upper && ak_str_eq_fold(word, SEVERITIES[i])) {
            out->severity = SEVERITIES[i];
            *rest = s;
            return true;
        }
    }
    return false;
}

/* Lines of the logger itself: "--- last message repeated 5 times ---". */
static bool has_no_host(struct ak_str rest)
{
    return is_tag(rest) || ak_str_starts(rest, AK_STR("--- ")) ||
           ak_str_starts(rest, AK_STR("last message repeated"));
}

static void take_host(struct ak_str *rest, struct ak_syslog *out)
{
    enum { FARTHEST = 24 };
    out->host = ak_cut(rest, ' ');
    *rest = ak_trim_left(*rest);
    const char *colon =
        rest->n ? memchr(rest->at, ':', rest->n < FARTHEST ? rest->n : FARTHEST) : NULL;
    if (colon && colon + 1 < rest->at + rest->n && colon[1] >= 'a' && colon[1] <= 'z')
        take_written_facility(rest, out);
}

static void split_3164(struct ak_str rest, struct ak_syslog *out)
{
    rest = ak_trim_left(rest);
    if (rest.n && rest.at[0] == ':') {
        out->is_comment = true;
        take_body(rest, out);
        return;
    }
    if (rest.n && rest.at[0] == '<')
        take_written_facility(&rest, out);
    bool dated = out->time == AK_SYSLOG_DATED;
    if (!has_no_host(rest) && !(dated && take_severity_word(&rest, out)))
        take_host(&rest, out);
    out->is_comment = ak_str_starts(rest, AK_STR("--- "));
    if (out->is_comment)
        out->body = rest;
    else
        split_tag(rest, out);
}

bool ak_syslog_date(struct ak_str line, struct ak_syslog *out)
{
    out->time = AK_SYSLOG_UNTIMED;
    out->version = 0;
    return take_time(&line, out);
}

/* "2024-01-02 03:04:05 ..." begins logs of many programs: only a host and a
 * process with its number, or one of those that go without, make it syslog. */
static bool is_surely_syslog(const struct ak_syslog *s)
{
    return s->host.n && s->tag.n &&
           (s->pid.n || ak_str_eq(s->tag, AK_STR("kernel")) || ak_str_eq(s->tag, AK_STR("sudo")));
}

bool ak_syslog_split(struct ak_str line, struct ak_syslog *out)
{
    *out = (struct ak_syslog){ 0 };
    struct ak_str rest = line;
    bool spaced_date = line.n > 10 && line.at[10] == ' ' && is_digit(line.at[0]);
    if (!take_time(&rest, out))
        return false;
    if (out->version)
        split_5424(rest, out);
    else
        split_3164(rest, out);
    return !spaced_date || is_surely_syslog(out);
}

bool ak_syslog_clock_near(struct ak_str line)
{
    enum { FARTHEST = 24 };
    for (size_t i = 0; i + 8 <= line.n && i < FARTHEST; i++)
        if (line.at[i + 2] == ':' && line.at[i + 5] == ':' && two(line.at + i) != 255 &&
            two(line.at + i + 3) != 255 && two(line.at + i + 6) != 255)
            return true;
    return false;
}
