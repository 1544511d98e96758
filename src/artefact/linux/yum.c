/* yum.c - package logs of Red Hat's family: yum.log, dnf.log, dnf.rpm.log.
 *
 *   yum   Jan 22 07:52:33 Installed: git-2.31.1-2.el8.x86_64       (no year)
 *   dnf   2023-01-01T12:00:00+0900 SUBDEBUG Installed: git-2.31.1-2.el8.x86_64
 *         2023-01-01T12:00:00+0900 DEBUG Command: dnf install git
 *
 * Years are inferred as for syslog; lines without a time continue the one before.
 *
 * Facts and their sources: docs/formats/linux.packages.md */
#include "artefact/lines.h"
#include "artefact/linux/syslog_year.h"

enum { F_MESSAGE, F_LEVEL, F_ACTION, F_PACKAGE, F_COMMAND, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_MESSAGE] = AK_STR_INIT("message"),
    [F_LEVEL] = AK_STR_INIT("log.level"),
    [F_ACTION] = AK_STR_INIT("event.action"),
    [F_PACKAGE] = AK_STR_INIT("package.name"),
    [F_COMMAND] = AK_STR_INIT("process.command_line"),
};
static const struct ak_shape YUM = { AK_STR_INIT("linux:yum_log:entry"), AK_STR_INIT("Added Time"),
                                     NAMES, N_FIELDS };
static const struct ak_shape DNF = { AK_STR_INIT("linux:dnf_log:entry"), AK_STR_INIT("Added Time"),
                                     NAMES, N_FIELDS };

static const struct {
    struct ak_str word, action;
} VERBS[] = {
    { AK_STR_INIT("Installed: "), AK_STR_INIT("package_install") },
    { AK_STR_INIT("Updated: "), AK_STR_INIT("package_upgrade") },
    { AK_STR_INIT("Upgraded: "), AK_STR_INIT("package_upgrade") },
    { AK_STR_INIT("Upgrade: "), AK_STR_INIT("package_upgrade") },
    { AK_STR_INIT("Downgraded: "), AK_STR_INIT("package_downgrade") },
    { AK_STR_INIT("Reinstalled: "), AK_STR_INIT("package_reinstall") },
    { AK_STR_INIT("Erased: "), AK_STR_INIT("package_remove") },
    { AK_STR_INIT("Removed: "), AK_STR_INIT("package_remove") },
};
enum { N_VERBS = sizeof(VERBS) / sizeof(VERBS[0]) };

static const struct ak_str LEVELS[] = {
    AK_STR_INIT("CRITICAL"), AK_STR_INIT("ERROR"), AK_STR_INIT("WARNING"),
    AK_STR_INIT("INFO"),     AK_STR_INIT("DEBUG"), AK_STR_INIT("SUBDEBUG"),
    AK_STR_INIT("DDEBUG"),   AK_STR_INIT("TRACE"), AK_STR_INIT("ALL"),
};

static size_t verb_of(struct ak_str s)
{
    size_t i = 0;
    while (i < N_VERBS && !ak_str_starts(s, VERBS[i].word))
        i++;
    return i;
}

static bool is_level(struct ak_str word)
{
    for (size_t i = 0; i < sizeof(LEVELS) / sizeof(LEVELS[0]); i++)
        if (ak_str_eq(word, LEVELS[i]))
            return true;
    return false;
}

/* The time of a line, and what stands behind it; false when it has none. */
static bool take_time(struct ak_str line, struct ak_syslog *s, struct ak_str *rest)
{
    enum { BSD_TIME = 16, ISO_TIME = 19 };
    *s = (struct ak_syslog){ 0 };
    if (!ak_syslog_date(line, s) || s->has_priority || s->time == AK_SYSLOG_UNTIMED)
        return false;
    size_t skip = s->time == AK_SYSLOG_NO_YEAR ? BSD_TIME : ISO_TIME;
    struct ak_str tail = ak_skip(line, skip < line.n ? skip : line.n);
    if (s->time == AK_SYSLOG_DATED)
        (void)ak_cut(&tail, ' '); /* the rest of the ISO time: fraction and zone */
    *rest = ak_trim_left(tail);
    return true;
}

/* yum: times without year and a verb; dnf: ISO times and a level. */
static bool is_ours(struct ak_str line)
{
    struct ak_syslog s;
    struct ak_str rest;
    if (!take_time(line, &s, &rest))
        return false;
    return s.time == AK_SYSLOG_NO_YEAR ? verb_of(rest) < N_VERBS : is_level(ak_cut(&rest, ' '));
}

static bool mentions(struct ak_bytes head, const char *text)
{
    return head.n && memmem(head.at, head.n, text, strlen(text));
}

static enum ak_bid probe(const struct ak_probe *p)
{
    enum { ENOUGH = 10 };
    struct ak_lines lines = { .in = p->head };
    struct ak_line line;
    unsigned n = 0, good = 0;
    while (n < ENOUGH && ak_lines_next(&lines, &line)) {
        n += line.raw.n > 0;
        good += is_ours(line.raw);
    }
    if (!good || good * 2 < n)
        return AK_BID_NO;
    struct ak_str name = ak_str_basename(p->path);
    if (ak_glob("yum.log*", name) || ak_glob("dnf*.log*", name) || ak_glob("hawkey.log*", name))
        return AK_BID_SURE;
    struct ak_syslog s;
    struct ak_str rest;
    lines = (struct ak_lines){ .in = p->head };
    bool yum = ak_lines_next(&lines, &line) && take_time(line.raw, &s, &rest) &&
               s.time == AK_SYSLOG_NO_YEAR;
    bool dnf = mentions(p->head, " SUBDEBUG ") || mentions(p->head, " DDEBUG ") ||
               mentions(p->head, "--- logging initialized ---");
    return yum || dnf ? AK_BID_MAGIC + 5 : AK_BID_NO;
}

static void body_values(struct ak_str body, bool dnf, struct ak_value *v)
{
    static const struct ak_str COMMAND = AK_STR_INIT("Command: ");
    struct ak_str after = body, word = ak_cut(&after, ' ');
    if (dnf && is_level(word)) {
        v[F_LEVEL] = ak_val_str(word);
        body = after;
    }
    v[F_MESSAGE] = ak_val_str(body);
    size_t verb = verb_of(body);
    if (verb < N_VERBS) {
        v[F_ACTION] = ak_val_str(VERBS[verb].action);
        v[F_PACKAGE] = ak_val_str(ak_trim(ak_skip(body, VERBS[verb].word.n)));
    }
    if (ak_str_starts(body, COMMAND))
        v[F_COMMAND] = ak_val_str(ak_skip(body, COMMAND.n));
}

static struct ak_stamp stamp_of(const struct ak_item *item, struct ak_years *years,
                                struct ak_syslog *s)
{
    int32_t year = ak_years_next(years, s);
    int64_t seconds;
    if (s->time == AK_SYSLOG_DATED)
        return ak_line_local(s->stamp, item->zone);
    s->civil.year = year;
    if (!year || !ak_civil_seconds(&s->civil, &seconds))
        return (struct ak_stamp){ 0 };
    struct ak_stamp when = ak_stamp_unix(seconds, 0, AK_PREC_S);
    when.flags |= AK_STAMP_LOCAL | AK_STAMP_GUESSED;
    return ak_line_local(when, item->zone);
}

/* One entry: a line with a time and those below it. */
struct entry {
    struct ak_stamp when;
    struct ak_str body;
    size_t at, end;
    bool open, dnf;
};

static enum ak_status flush(struct ak_ctx *ctx, struct entry *e)
{
    if (!e->open)
        return AK_OK;
    e->open = false;
    struct ak_arena_mark mark = ak_arena_mark(ctx->arena);
    struct ak_value values[N_FIELDS] = { 0 };
    e->body.n = (size_t)((const char *)ctx->item->bytes.at + e->end - e->body.at);
    body_values(ak_line_utf8(ctx, e->body), e->dnf, values);
    enum ak_status st = ak_emit(ctx, &(struct ak_event){ .shape = e->dnf ? &DNF : &YUM,
                                                         .when = e->when,
                                                         .offset = ctx->item->origin + e->at,
                                                         .length = e->end - e->at,
                                                         .values = values });
    ak_arena_rewind(ctx->arena, mark);
    return st;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_years years = ak_years_survey(ctx->item);
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    struct entry e = { 0 };
    while (ak_lines_take(ctx, &lines, &line)) {
        struct ak_syslog s;
        struct ak_str rest = line.raw;
        bool timed = take_time(line.raw, &s, &rest);
        size_t end = line.at + line.raw.n;
        if (!timed && e.open && end - e.at <= AK_LINE_MAX) {
            e.end = end;
            continue;
        }
        enum ak_status st = flush(ctx, &e);
        if (st != AK_OK)
            return st;
        e = (struct entry){ .body = rest,
                            .at = line.at,
                            .end = end,
                            .open = true,
                            .dnf = !timed || s.time == AK_SYSLOG_DATED };
        if (timed)
            e.when = stamp_of(ctx->item, &years, &s);
    }
    return flush(ctx, &e);
}

const struct ak_artefact ak_linux_yum = {
    .name = "linux.yum",
    .title_en = "yum and dnf package logs",
    .title_ja = "yum・dnfのパッケージ操作ログ",
    .spec = "docs/formats/linux.packages.md",
    .max_size = UINT64_C(1) << 30,
    .probe = probe,
    .parse = parse,
};
