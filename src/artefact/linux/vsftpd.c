/* vsftpd.c - what vsftpd logs by itself (/var/log/vsftpd.log).
 *
 *   Mon Jun  6 18:43:28 2016 [pid 2] [jean] OK UPLOAD: Client "192.168.1.9", "/home/jean/a", 12
 * bytes, 3Kbyte/sec
 *
 * Times are local (or UTC, as configured), without a zone.
 *
 * Facts and their sources: docs/formats/linux.syslog.md, "vsftpd" */
#include "artefact/lines.h"
#include "artefact/linux/syslog_meaning.h"

enum { F_MESSAGE, F_PROCESS, F_PID, N_BASE, N_FIELDS = N_BASE + AK_N_SAID };

static const struct ak_str BASE_NAMES[N_BASE] = { AK_STR_INIT("message"),
                                                  AK_STR_INIT("process.name"),
                                                  AK_STR_INIT("process.pid") };

/* "Mon Jun  6 18:43:28 2016 ": steps over it. */
static bool take_time(struct ak_str *line, struct ak_stamp *when)
{
    enum { WEEKDAY_BYTES = 4, TIME_BYTES = 25 };
    struct ak_syslog s = { 0 };
    if (line->n < TIME_BYTES || line->at[WEEKDAY_BYTES - 1] != ' ' ||
        line->at[TIME_BYTES - 1] != ' ' ||
        !ak_syslog_date((struct ak_str){ line->at + WEEKDAY_BYTES, TIME_BYTES - WEEKDAY_BYTES },
                        &s) ||
        s.time != AK_SYSLOG_DATED || s.has_priority)
        return false;
    *when = s.stamp;
    *line = ak_skip(*line, TIME_BYTES);
    return true;
}

/* "[pid 2] ": steps over it. */
static bool take_pid(struct ak_str *line, uint64_t *pid)
{
    struct ak_str rest = *line;
    if (!ak_str_starts(rest, AK_STR("[pid ")))
        return false;
    rest = ak_skip(rest, 5);
    size_t n = ak_digits(rest, pid);
    if (!n || rest.n < n + 2 || rest.at[n] != ']' || rest.at[n + 1] != ' ')
        return false;
    *line = ak_skip(rest, n + 2);
    return true;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    struct ak_lines lines = { .in = p->head };
    struct ak_line line;
    struct ak_stamp when;
    uint64_t pid;
    if (!ak_lines_next(&lines, &line))
        return AK_BID_NO;
    struct ak_str rest = line.raw;
    return take_time(&rest, &when) && take_pid(&rest, &pid) ? AK_BID_MAGIC : AK_BID_NO;
}

struct parser {
    struct ak_ctx *ctx;
    struct ak_tag_memory tags;
    struct ak_str names[N_FIELDS];
    struct ak_shape shape;
};

static enum ak_status take_line(struct parser *p, const struct ak_line *line)
{
    struct ak_ctx *ctx = p->ctx;
    struct ak_stamp when = { 0 };
    struct ak_str rest = line->raw;
    struct ak_value values[N_FIELDS] = { 0 };
    struct ak_meaning meaning;
    uint64_t pid;
    if (!take_time(&rest, &when))
        (void)ak_damage(ctx, ctx->item->origin + line->at, "a line whose time cannot be read");
    rest = ak_line_utf8(ctx, rest);
    values[F_MESSAGE] = ak_val_str(rest);
    values[F_PROCESS] = ak_val_str(AK_STR("vsftpd"));
    if (take_pid(&rest, &pid))
        values[F_PID] = ak_val_u64(pid);
    ak_syslog_meaning(&p->tags, AK_STR("vsftpd"), rest, &meaning);
    memcpy(values + N_BASE, meaning.values, sizeof(meaning.values));
    return ak_emit(ctx, &(struct ak_event){ .shape = &p->shape,
                                            .when = ak_line_local(when, ctx->item->zone),
                                            .offset = ctx->item->origin + line->at,
                                            .length = line->raw.n,
                                            .values = values });
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct parser *p = AK_NEW(ctx->arena, struct parser);
    if (!p)
        return AK_ERR_LIMIT;
    p->ctx = ctx;
    memcpy(p->names, BASE_NAMES, sizeof(BASE_NAMES));
    memcpy(p->names + N_BASE, ak_said_names, sizeof(ak_said_names));
    p->shape = (struct ak_shape){ AK_STR("vsftpd:log"), AK_STR("Added Time"), p->names, N_FIELDS };
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    while (ak_lines_take(ctx, &lines, &line)) {
        struct ak_arena_mark mark = ak_arena_mark(ctx->arena);
        enum ak_status st = take_line(p, &line);
        ak_arena_rewind(ctx->arena, mark);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

const struct ak_artefact ak_linux_vsftpd = {
    .name = "linux.vsftpd",
    .title_en = "FTP server log (vsftpd)",
    .title_ja = "FTPサーバのログ（vsftpd）",
    .spec = "docs/formats/linux.syslog.md",
    .split = AK_SPLIT_LINES,
    .probe = probe,
    .parse = parse,
};
