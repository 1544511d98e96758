/* syslog.c - system logs: syslog, auth.log, secure, messages, kern.log, cron …
 *
 * One line is one event; lines that do not begin as a syslog line does continue
 * the one before.  Dialects: RFC 3164 with and without <PRI>, rsyslog's ISO 8601
 * times, RFC 5424 with structured data, macOS, FreeBSD, Solaris, AIX, ChromeOS.
 *
 * Facts and their sources: docs/formats/linux.syslog.md */
#include "artefact/linux/syslog.h"

#include "artefact/lines.h"
#include "artefact/linux/syslog_meaning.h"
#include "artefact/linux/syslog_sd.h"
#include "artefact/linux/syslog_year.h"

/* What every event has ... */
enum { F_MESSAGE, F_HOST, F_PROCESS, F_PID, N_BASE };

/* ... and what lines with a priority have besides; between them, ak_said. */
enum {
    P_PRIORITY,
    P_FACILITY_CODE,
    P_FACILITY,
    P_SEVERITY_CODE,
    P_SEVERITY,
    P_VERSION,
    P_PROCID,
    P_MSGID,
    P_SD,
    N_WIRE,
};
enum { N_ALL = N_BASE + AK_N_SAID + N_WIRE };

static const struct ak_str BASE_NAMES[N_BASE] = {
    [F_MESSAGE] = AK_STR_INIT("message"),
    [F_HOST] = AK_STR_INIT("host.name"),
    [F_PROCESS] = AK_STR_INIT("process.name"),
    [F_PID] = AK_STR_INIT("process.pid"),
};
static const struct ak_str WIRE_NAMES[N_WIRE] = {
    [P_PRIORITY] = AK_STR_INIT("log.syslog.priority"),
    [P_FACILITY_CODE] = AK_STR_INIT("log.syslog.facility.code"),
    [P_FACILITY] = AK_STR_INIT("log.syslog.facility.name"),
    [P_SEVERITY_CODE] = AK_STR_INIT("log.syslog.severity.code"),
    [P_SEVERITY] = AK_STR_INIT("log.syslog.severity.name"),
    [P_VERSION] = AK_STR_INIT("log.syslog.version"),
    [P_PROCID] = AK_STR_INIT("log.syslog.procid"),
    [P_MSGID] = AK_STR_INIT("log.syslog.msgid"),
    [P_SD] = AK_STR_INIT("log.syslog.structured_data"),
};
static const struct ak_str TYPES[AK_N_SYSLOG_TYPES] = {
    [AK_TYPE_LINE] = AK_STR_INIT("syslog:line"),
    [AK_TYPE_COMMENT] = AK_STR_INIT("syslog:comment"),
    [AK_TYPE_CRON_RUN] = AK_STR_INIT("syslog:cron:task_run"),
    [AK_TYPE_SSH_LOGIN] = AK_STR_INIT("syslog:ssh:login"),
    [AK_TYPE_SSH_FAILED] = AK_STR_INIT("syslog:ssh:failed_connection"),
    [AK_TYPE_SSH_OPENED] = AK_STR_INIT("syslog:ssh:opened_connection"),
};

/* Which of the names a shape carries; most lines need four of them only. */
enum form { PLAIN, WITH_MEANING, WITH_WIRE, WITH_BOTH, N_FORMS };

/* One record: a line and those that continue it. */
struct record {
    struct ak_syslog head;
    struct ak_stamp when;
    size_t at, end; /* in the item's bytes */
    bool open;      /* there is one */
    bool loose;     /* it is no syslog line: nothing joins it */
};

struct parser {
    struct ak_ctx *ctx;
    struct ak_years years;
    struct ak_tag_memory tags;
    struct ak_sd_shapes sd_shapes;
    struct record record;
    int64_t quarter; /* the local quarter of an hour whose offset is known */
    int64_t offset_s;
    bool year_missed;
    struct ak_str names[N_ALL], wire_names[N_BASE + N_WIRE];
    struct ak_shape shapes[AK_N_SYSLOG_TYPES][N_FORMS];
};

static void build_shapes(struct parser *p)
{
    memcpy(p->names, BASE_NAMES, sizeof(BASE_NAMES));
    memcpy(p->names + N_BASE, ak_said_names, sizeof(ak_said_names));
    memcpy(p->names + N_BASE + AK_N_SAID, WIRE_NAMES, sizeof(WIRE_NAMES));
    memcpy(p->wire_names, BASE_NAMES, sizeof(BASE_NAMES));
    memcpy(p->wire_names + N_BASE, WIRE_NAMES, sizeof(WIRE_NAMES));
    for (size_t t = 0; t < AK_N_SYSLOG_TYPES; t++) {
        struct ak_shape s = { TYPES[t], AK_STR("Content Modification Time"), p->names, N_BASE };
        p->shapes[t][PLAIN] = s;
        s.n = N_BASE + AK_N_SAID;
        p->shapes[t][WITH_MEANING] = s;
        s.n = N_ALL;
        p->shapes[t][WITH_BOTH] = s;
        s.names = p->wire_names;
        s.n = N_BASE + N_WIRE;
        p->shapes[t][WITH_WIRE] = s;
    }
}

/* Local seconds to UTC.  A zone's rules change at whole quarters of an hour, so
 * lines of the same quarter share one search of the zone's table. */
static int64_t to_utc(struct parser *p, int64_t local_s)
{
    enum { QUARTER_S = 900 };
    int64_t quarter = local_s / QUARTER_S;
    if (quarter != p->quarter) {
        p->quarter = quarter;
        p->offset_s = local_s - ak_zone_to_utc(p->ctx->item->zone, local_s);
    }
    return local_s - p->offset_s;
}

static struct ak_stamp stamp_of(struct parser *p, const struct ak_syslog *s, int32_t year)
{
    if (s->time == AK_SYSLOG_DATED)
        return ak_line_local(s->stamp, p->ctx->item->zone);
    struct ak_civil c = s->civil;
    c.year = year;
    int64_t seconds;
    if (s->time == AK_SYSLOG_UNTIMED || !year || !ak_civil_seconds(&c, &seconds))
        return (struct ak_stamp){ 0 };
    struct ak_stamp when = ak_stamp_unix(to_utc(p, seconds), c.ns, s->precision);
    when.flags |= AK_STAMP_LOCAL | AK_STAMP_GUESSED;
    return when;
}

static struct ak_value number_or_none(struct ak_str digits)
{
    uint64_t v;
    return digits.n && ak_digits(digits, &v) == digits.n ? ak_val_u64(v) : ak_val_none();
}

static void base_values(struct parser *p, const struct ak_syslog *s, struct ak_str body,
                        struct ak_value *v)
{
    v[F_MESSAGE] = ak_val_str(body);
    v[F_HOST] = ak_val_str(ak_line_utf8(p->ctx, s->host));
    v[F_PROCESS] = ak_val_str(ak_line_utf8(p->ctx, s->tag));
    v[F_PID] = number_or_none(s->pid);
}

/* What the priority says, and RFC 5424; false when the line has none of it. */
static bool wire_values(const struct ak_syslog *s, struct ak_value *v)
{
    enum { SEVERITIES = 8 };
    if (!s->has_priority && !s->facility.n && !s->severity.n)
        return false;
    memset(v, 0, N_WIRE * sizeof(*v));
    v[P_FACILITY] = ak_val_str(s->facility);
    v[P_SEVERITY] = ak_val_str(s->severity);
    if (s->has_priority) {
        v[P_PRIORITY] = ak_val_u64(s->priority);
        v[P_FACILITY_CODE] = ak_val_u64(s->priority / SEVERITIES);
        v[P_SEVERITY_CODE] = ak_val_u64(s->priority % SEVERITIES);
    }
    if (s->version) {
        v[P_VERSION] = ak_val_u64(s->version);
        v[P_MSGID] = ak_val_str(s->msgid);
        if (number_or_none(s->pid).type == AK_TYPE_NONE)
            v[P_PROCID] = ak_val_str(s->pid);
    }
    return true;
}

/* An RFC 5424 line with structured data: its own shape, if there is room. */
static enum ak_status emit_sd(struct parser *p, struct ak_event *e, struct ak_value *all,
                              const struct ak_syslog *s)
{
    struct ak_value values[N_ALL + AK_SD_MAX];
    struct ak_sd sd;
    memcpy(values, all, N_ALL * sizeof(*all));
    const struct ak_shape *shape = NULL;
    if (ak_sd_split(s->sd, &sd))
        shape = ak_sd_shape(p->ctx->arena, &p->sd_shapes, e->shape, &sd);
    if (shape) {
        e->shape = shape;
        ak_sd_values(p->ctx->arena, &sd, values + N_ALL);
    } else {
        values[N_BASE + AK_N_SAID + P_SD] = ak_val_str(s->sd);
    }
    e->values = values;
    return ak_emit(p->ctx, e);
}

/* Hand out one record whose texts are UTF-8. */
static enum ak_status emit_record(struct parser *p, const struct record *r, struct ak_str body,
                                  const struct ak_meaning *m)
{
    struct ak_value v[N_ALL];
    const struct ak_syslog *s = &r->head;
    enum ak_syslog_type type = s->is_comment && m->type == AK_TYPE_LINE ? AK_TYPE_COMMENT : m->type;
    base_values(p, s, body, v);
    bool wire = wire_values(s, v + N_BASE + AK_N_SAID);
    enum form form = m->known || s->sd.n ? (wire ? WITH_BOTH : WITH_MEANING)
                     : wire              ? WITH_WIRE
                                         : PLAIN;
    if (form == WITH_WIRE)
        memmove(v + N_BASE, v + N_BASE + AK_N_SAID, N_WIRE * sizeof(*v));
    else if (form != PLAIN)
        memcpy(v + N_BASE, m->values, sizeof(m->values));
    struct ak_event e = {
        .shape = &p->shapes[type][form],
        .when = r->when,
        .offset = p->ctx->item->origin + r->at,
        .length = r->end - r->at,
        .values = v,
    };
    return s->sd.n && form == WITH_BOTH ? emit_sd(p, &e, v, s) : ak_emit(p->ctx, &e);
}

/* Close the open record, if there is one. */
static enum ak_status flush(struct parser *p)
{
    struct record *r = &p->record;
    if (!r->open)
        return AK_OK;
    r->open = false;
    const char *bytes = (const char *)p->ctx->item->bytes.at;
    struct ak_str first = r->head.body;
    struct ak_str whole = { first.at, (size_t)(bytes + r->end - first.at) };
    struct ak_arena_mark mark = ak_arena_mark(p->ctx->arena);
    struct ak_str body = ak_line_utf8(p->ctx, whole);
    struct ak_str said = first.n == whole.n ? body : ak_line_utf8(p->ctx, first);
    struct ak_meaning meaning;
    ak_syslog_meaning(&p->tags, r->head.tag, said, &meaning);
    enum ak_status st = emit_record(p, r, body, &meaning);
    /* A new shape for structured data must outlive this line. */
    if (!p->sd_shapes.grew)
        ak_arena_rewind(p->ctx->arena, mark);
    p->sd_shapes.grew = false;
    return st;
}

/* A line that is none of syslog's: does it continue the open record? */
static bool continues(const struct parser *p, const struct ak_line *line)
{
    const struct record *r = &p->record;
    return r->open && !r->loose && line->end - r->at <= AK_LINE_MAX && !line->zeros &&
           !ak_syslog_clock_near(line->raw);
}

static void note_year(struct parser *p, const struct ak_line *line, const struct ak_syslog *s)
{
    if (p->year_missed || s->time != AK_SYSLOG_NO_YEAR)
        return;
    p->year_missed = true;
    (void)ak_damage(p->ctx, p->ctx->item->origin + line->at,
                    "the log gives no year, and the time of its file is not known");
}

static enum ak_status take_line(struct parser *p, const struct ak_line *line)
{
    struct ak_syslog s;
    bool is_syslog = ak_syslog_split(line->raw, &s);
    int32_t year = s.time == AK_SYSLOG_UNTIMED ? 0 : ak_years_next(&p->years, &s);
    size_t end = line->at + line->raw.n;
    if (!is_syslog && continues(p, line)) {
        p->record.end = end;
        return AK_OK;
    }
    enum ak_status st = flush(p);
    if (st != AK_OK)
        return st;
    if (!is_syslog) {
        if (ak_syslog_clock_near(line->raw))
            (void)ak_damage(p->ctx, p->ctx->item->origin + line->at,
                            "a line whose time cannot be read");
        s = (struct ak_syslog){ .body = line->raw };
    } else if (!year) {
        note_year(p, line, &s);
    }
    p->record = (struct record){ .head = s,
                                 .when = stamp_of(p, &s, year),
                                 .at = line->at,
                                 .end = end,
                                 .open = true,
                                 .loose = !is_syslog };
    return AK_OK;
}

/* Say once what the inferred years rest on, when it is less than it should be. */
static void note_years(struct parser *p)
{
    const struct ak_item *item = p->ctx->item;
    if (!p->years.any)
        return;
    if (p->years.unordered)
        (void)ak_damage(p->ctx, item->origin,
                        "the dates run backwards too often to tell their years");
    if (item->bytes.n < item->size)
        (void)ak_damage(p->ctx, item->origin, "years were inferred from one part of a larger log");
}

enum ak_status ak_syslog_parse(struct ak_ctx *ctx)
{
    struct parser *p = AK_NEW(ctx->arena, struct parser);
    if (!p)
        return AK_ERR_LIMIT;
    p->ctx = ctx;
    p->quarter = INT64_MIN;
    p->years = ak_years_survey(ctx->item);
    build_shapes(p);
    note_years(p);
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    while (ak_lines_take(ctx, &lines, &line)) {
        enum ak_status st = take_line(p, &line);
        if (st != AK_OK)
            return st;
    }
    return flush(p);
}

/* Where distributions keep them; any one raises the bid. */
static const char *const PLACES[] = {
    "**/var/log/**", "**/syslog*",   "**/auth.log*",   "**/secure*",
    "**/messages*",  "**/kern.log*", "**/daemon.log*", "**/cron*",
    "**/maillog*",   "**/mail.log*", "**/user.log*",   "**/system.log*",
};

static bool in_place(struct ak_str path)
{
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++)
        if (ak_glob(PLACES[i], path))
            return true;
    return false;
}

/* How the lines of a head look. */
struct look {
    unsigned lines, sure, yearless, dated;
};

static struct look look_at(struct ak_bytes head)
{
    enum { ENOUGH = 40 };
    struct look seen = { 0 };
    struct ak_lines lines = { .in = head };
    struct ak_line line;
    struct ak_syslog s;
    while (seen.lines < ENOUGH && ak_lines_next(&lines, &line)) {
        bool continuation = line.raw.n && (line.raw.at[0] == '\t' || line.raw.at[0] == ' ');
        if (!line.raw.n || continuation)
            continue;
        seen.lines++;
        if (!ak_syslog_split(line.raw, &s))
            continue;
        seen.sure += s.tagged || s.version || s.is_comment;
        seen.yearless += s.time == AK_SYSLOG_NO_YEAR;
        seen.dated += s.time == AK_SYSLOG_DATED || s.version;
    }
    return seen;
}

/* Half of the lines must begin as syslog, and of those that could be the log of
 * anything ("2024-01-02T03:04:05Z word word") half must name their process. */
enum ak_bid ak_syslog_bid(const struct ak_probe *probe, bool yearless)
{
    struct look seen = look_at(probe->head);
    unsigned syslog = seen.yearless + seen.dated;
    if (!seen.sure || syslog * 2 < seen.lines || seen.sure * 2 < syslog ||
        yearless != (seen.yearless > seen.dated))
        return AK_BID_NO;
    return in_place(probe->path) ? AK_BID_MAGIC : AK_BID_LIKELY;
}

static enum ak_bid probe(const struct ak_probe *p) { return ak_syslog_bid(p, false); }

const struct ak_artefact ak_linux_syslog = {
    .name = "linux.syslog",
    .title_en = "System log (syslog, auth.log, secure, messages)",
    .title_ja = "システムログ（syslog・auth.log・secure・messages）",
    .spec = "docs/formats/linux.syslog.md",
    .split = AK_SPLIT_LINES,
    .probe = probe,
    .parse = ak_syslog_parse,
};
