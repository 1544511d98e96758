/* web_log.c - access and error logs of Apache httpd, nginx and their relatives.
 *
 * One file often holds more than one kind of line: a container writes both logs
 * to one stream.  So there is one loop that knows every kind of line; the three
 * artefacts differ in how they are recognised.
 *
 *   web.access        [site] host ident user [time] "request" status bytes ...
 *                     {"time_local": ..., "request": ...}
 *   web.apache_error  [Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 1] ...
 *   web.nginx_error   2019/01/01 00:00:00 [error] 12#12: *3 ...
 *
 * A line that fits nothing is damage and is emitted as it stands; behind a line
 * of an error log it belongs to that line (stack traces).
 *
 * Facts and their sources: docs/formats/web.access.md, web.apache_error.md,
 * web.nginx_error.md
 */
#include "artefact/web/web_errors.h"
#include "artefact/web/web_format.h"

enum { PROBE_LINES = 20, PROBE_SCRATCH = 16 * 1024 };

static const struct ak_shape ACCESS = {
    .data_type = AK_STR_INIT("apache:access_log:entry"),
    .time_desc = AK_STR_INIT("Recorded Time"),
    .names = ak_web_names,
    .n = WEB_FIELDS,
};

static const struct ak_str TEXT_NAME = AK_STR_INIT("message");

/* A line as it stands; the data type says which log it came from. */
static const struct ak_shape ACCESS_TEXT = { AK_STR_INIT("apache:access_log:entry"),
                                             AK_STR_INIT("Recorded Time"), &TEXT_NAME, 1 };
static const struct ak_shape APACHE_TEXT = { AK_STR_INIT("apache:error_log:entry"),
                                             AK_STR_INIT("Recorded Time"), &TEXT_NAME, 1 };
static const struct ak_shape NGINX_TEXT = { AK_STR_INIT("nginx:error_log:entry"),
                                            AK_STR_INIT("Recorded Time"), &TEXT_NAME, 1 };

/* Formats that begin with the time and hold the parts of the request in another
 * order: those of Nginx Proxy Manager, with and without the server it was
 * passed to, and NPMplus'. */
#define NPM_REQUEST                                                                                \
    "$request_method $scheme $host \"$request_uri\" [Client $remote_addr] "                        \
    "[Length $body_bytes_sent] [Gzip $gzip_ratio] "
#define NPM_PASSED "[$time_local] $upstream_cache_status $upstream_status $status - "
#define NPM_OWN "[$time_local] $status - "
#define NPM_AGENT "\"$http_user_agent\" \"$http_referer\""
#define NPMPLUS                                                                                    \
    "[$time_local] $host $remote_addr $request_time \"$request\" $status $body_bytes_sent"
static const char *const BRACKET_FORMATS[] = {
    (NPM_PASSED NPM_REQUEST "[Sent-to $server] " NPM_AGENT),     (NPM_PASSED NPM_REQUEST NPM_AGENT),
    (NPM_OWN NPM_REQUEST "[Sent-to $server] " NPM_AGENT),        (NPM_OWN NPM_REQUEST NPM_AGENT),
    (NPMPLUS " $request_length $http_referer $http_user_agent"), NPMPLUS,
};
enum { N_BRACKET_FORMATS = sizeof(BRACKET_FORMATS) / sizeof(BRACKET_FORMATS[0]) };

struct log {
    struct ak_web_record rec;
    struct ak_web_format *declared; /* what --access-format said; NULL without */
    uint64_t n_declared;            /* lines that fit it */
    struct ak_web_format *bracket;  /* BRACKET_FORMATS, once a line asks for them */
    const struct ak_shape *text_shape;
    struct ak_web_error error; /* waiting for lines that belong to it; no shape: none */
    uint64_t error_at;
    const char *error_from, *error_end;
    uint64_t line_at; /* offset in the item of the line being read */
};

enum kind { KIND_NONE, KIND_ACCESS, KIND_JSON, KIND_APACHE_ERROR, KIND_NGINX_ERROR, N_KINDS };

static bool matches(struct log *log, const struct ak_web_format *format, struct ak_str line)
{
    if (ak_web_format_match(format, &log->rec, line))
        return true;
    ak_web_clear(&log->rec, line);
    return false;
}

static bool matches_bracket(struct log *log, struct ak_str line)
{
    if (!log->bracket) {
        log->bracket = AK_NEW_N(log->rec.ctx->arena, struct ak_web_format, N_BRACKET_FORMATS);
        if (!log->bracket)
            return false;
        for (size_t i = 0; i < N_BRACKET_FORMATS; i++)
            if (!ak_web_format_read(&log->bracket[i], ak_str_of(BRACKET_FORMATS[i])))
                return false;
    }
    for (size_t i = 0; i < N_BRACKET_FORMATS; i++)
        if (matches(log, &log->bracket[i], line))
            return true;
    return false;
}

/* What a container runtime put before a line, taken off: the CRI's
 * "2022-01-28T16:04:05.413656027Z stdout F " ("P" when it cut the line). */
static struct ak_str without_cri(struct ak_str line)
{
    static const struct ak_str STREAMS[] = { AK_STR_INIT(" stdout "), AK_STR_INIT(" stderr ") };
    const char *blank = line.n > 40 && line.at[4] == '-' ? memchr(line.at, ' ', 40) : NULL;
    if (!blank || line.at[10] != 'T')
        return line;
    size_t n = (size_t)(blank - line.at);
    struct ak_str rest = { blank, line.n - n };
    for (size_t i = 0; i < 2; i++)
        if (ak_str_starts(rest, STREAMS[i]) && rest.n > 10 &&
            (rest.at[8] == 'F' || rest.at[8] == 'P') && rest.at[9] == ' ')
            return (struct ak_str){ rest.at + 10, rest.n - 10 };
    return line;
}

/* Read one line into log->rec or *error.  The kinds are told apart by their
 * first byte before anything dearer is tried. */
static enum kind read_line(struct log *log, struct ak_str line, struct ak_web_error *error)
{
    struct ak_web_record *rec = &log->rec;
    line = without_cri(line);
    ak_web_clear(rec, line);
    if (log->declared && matches(log, log->declared, line)) {
        log->n_declared++;
        return KIND_ACCESS;
    }
    if (line.at[0] == '{')
        return ak_web_read_json(rec, line) ? KIND_JSON : KIND_NONE;
    if (line.at[0] == '[') {
        if (ak_web_read_apache_error(rec, line, error))
            return KIND_APACHE_ERROR;
        ak_web_clear(rec, line);
        return matches_bracket(log, line) ? KIND_ACCESS : KIND_NONE;
    }
    if (ak_web_read_nginx_error(rec, line, error))
        return KIND_NGINX_ERROR;
    return ak_web_read_clf(rec, line) ? KIND_ACCESS : KIND_NONE;
}

/* Emit the error line that was waiting, with the lines that belong to it. */
static enum ak_status flush(struct log *log)
{
    struct ak_web_error *e = &log->error;
    if (!e->shape)
        return AK_OK;
    log->rec.ascii = false;
    struct ak_str message = { e->message.at, (size_t)(log->error_end - e->message.at) };
    e->v[ERR_MESSAGE] = ak_web_text(&log->rec, message);
    if (log->rec.st != AK_OK)
        return log->rec.st;
    enum ak_status st = ak_emit(
        log->rec.ctx, &(struct ak_event){ .shape = e->shape,
                                          .when = e->when,
                                          .offset = log->error_at,
                                          .length = (uint64_t)(log->error_end - log->error_from),
                                          .values = e->v });
    e->shape = NULL;
    return st;
}

/* A line that fits nothing. */
static enum ak_status take_other(struct log *log, struct ak_str line)
{
    const char *end = line.at + line.n;
    if (log->error.shape && end - log->error_from <= AK_LINE_MAX) {
        log->error_end = end;
        return AK_OK;
    }
    enum ak_status st = flush(log);
    if (st != AK_OK)
        return st;
    /* the first lines of a later part may belong to an error line before it */
    bool rest = log->rec.ctx->item->origin > 0 && log->rec.ctx->n_events == 0 &&
                log->text_shape != &ACCESS_TEXT;
    if (!rest)
        ak_damage(log->rec.ctx, log->line_at, "a line that does not fit the format of the log");
    log->rec.ascii = false;
    return ak_web_emit_text(&log->rec, log->text_shape, log->line_at, line);
}

static enum ak_status take_access(struct log *log, struct ak_str line)
{
    enum ak_status st = flush(log);
    if (st != AK_OK)
        return st;
    if (log->rec.unmapped && log->rec.v[WEB_ORIGINAL].type == AK_TYPE_NONE)
        log->rec.v[WEB_ORIGINAL] = ak_web_text(&log->rec, line);
    return ak_web_emit(&log->rec, &(struct ak_event){ .shape = &ACCESS,
                                                      .when = log->rec.when,
                                                      .offset = log->line_at,
                                                      .length = line.n,
                                                      .values = log->rec.v });
}

static enum ak_status take_error(struct log *log, struct ak_str line, const struct ak_web_error *e)
{
    enum ak_status st = flush(log);
    if (st != AK_OK)
        return st;
    if (e->two_clients)
        ak_damage(log->rec.ctx, log->line_at, "a line names two clients, one of them made up");
    log->error = *e;
    log->error_at = log->line_at;
    log->error_from = line.at;
    log->error_end = line.at + line.n;
    return AK_OK;
}

static enum ak_status take_line(struct log *log, struct ak_str line)
{
    struct ak_web_error error;
    enum kind kind = read_line(log, line, &error);
    if (log->rec.st != AK_OK)
        return log->rec.st;
    if (kind == KIND_ACCESS || kind == KIND_JSON)
        return take_access(log, line);
    if (kind == KIND_NONE)
        return take_other(log, line);
    return take_error(log, line, &error);
}

static enum ak_status declare(struct log *log)
{
    struct ak_ctx *ctx = log->rec.ctx;
    if (ctx->item->access_format.n == 0)
        return AK_OK;
    log->declared = AK_NEW(ctx->arena, struct ak_web_format);
    if (!log->declared)
        return AK_ERR_LIMIT;
    if (!ak_web_format_read(log->declared, ctx->item->access_format)) {
        ak_damage(ctx, 0, "the log format given cannot be read");
        log->declared = NULL;
    }
    return AK_OK;
}

static enum ak_status parse_log(struct ak_ctx *ctx, const struct ak_shape *text_shape)
{
    struct log log = { .rec = { .ctx = ctx }, .text_shape = text_shape };
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    enum ak_status st = declare(&log);
    while (st == AK_OK && ak_lines_take(ctx, &lines, &line)) {
        log.line_at = ctx->item->origin + line.at;
        st = take_line(&log, line.raw);
    }
    if (st == AK_OK)
        st = flush(&log);
    if (st == AK_OK && log.declared && log.n_declared == 0 && ctx->n_events > 0)
        ak_damage(ctx, ctx->item->origin, "no line fits the log format given");
    return st;
}

/* ---- recognising them ---- */

/* How many of the first lines are of each kind; [KIND_NONE] are the others. */
static void count_kinds(const struct ak_probe *p, unsigned counts[N_KINDS])
{
    char scratch[PROBE_SCRATCH];
    struct ak_item item = { .zone = &ak_zone_utc };
    struct ak_ctx ctx = { .item = &item };
    struct log log = { .rec = { .ctx = &ctx } };
    struct ak_web_format formats[N_BRACKET_FORMATS];
    struct ak_lines lines = ak_lines_of(p->head);
    struct ak_line at;
    struct ak_web_error error;
    for (size_t i = 0; i < N_BRACKET_FORMATS; i++)
        if (!ak_web_format_read(&formats[i], ak_str_of(BRACKET_FORMATS[i])))
            return;
    log.bracket = formats;
    for (unsigned n = 0; n < PROBE_LINES && ak_lines_next(&lines, &at);) {
        struct ak_str line = at.raw;
        bool cut = lines.pos == p->head.n && p->size > p->head.n;
        if (line.n == 0 || line.at[0] == '#' || (cut && n > 0))
            continue;
        if (line.n > sizeof(scratch))
            return;
        /* no arena here: texts stay as they are, escapes go to the stack */
        log.rec.scratch = scratch;
        log.rec.scratch_cap = sizeof(scratch);
        counts[read_line(&log, line, &error)]++;
        n++;
    }
}

static bool only_zeros(struct ak_bytes b)
{
    size_t i = 0;
    while (i < b.n && b.at[i] == 0)
        i++;
    return i == b.n;
}

/* Is `kind` the most frequent one, and enough of all lines?  Error logs carry
 * lines that belong to the line before. */
static bool prevails(const unsigned counts[N_KINDS], enum kind kind, bool placed)
{
    unsigned all = 0, share = kind == KIND_ACCESS ? 2 : 4;
    for (unsigned k = 0; k < N_KINDS; k++) {
        all += counts[k];
        if (k != KIND_NONE && counts[k] > counts[kind])
            return false;
    }
    return counts[kind] > 0 && (placed || counts[kind] * share >= all);
}

/* JSON alone is weak: many services write objects that tell a client, a status
 * and a request, and their own parsers know more of them. */
static enum ak_bid bid(const struct ak_probe *p, enum kind kind, const char *const *globs)
{
    unsigned counts[N_KINDS] = { 0 };
    bool placed = false;
    if (only_zeros(p->head))
        return AK_BID_NO;
    count_kinds(p, counts);
    bool json = kind == KIND_ACCESS && counts[KIND_JSON] > counts[KIND_ACCESS];
    counts[KIND_ACCESS] += counts[KIND_JSON];
    counts[KIND_JSON] = 0;
    for (; *globs && !placed; globs++)
        placed = ak_glob(*globs, p->path);
    if (!prevails(counts, kind, placed))
        return AK_BID_NO;
    if (json)
        return placed ? AK_BID_LIKELY : AK_BID_WEAK;
    return placed ? AK_BID_MAGIC : AK_BID_LIKELY;
}

static enum ak_bid probe_access(const struct ak_probe *p)
{
    static const char *const GLOBS[] = { "**access*log*", "**/nginx/**", "**/apache2/**",
                                         "**/httpd/**", NULL };
    return bid(p, KIND_ACCESS, GLOBS);
}

static enum ak_bid probe_apache_error(const struct ak_probe *p)
{
    static const char *const GLOBS[] = { "**error*log*", "**/apache2/**", "**/httpd/**", NULL };
    return bid(p, KIND_APACHE_ERROR, GLOBS);
}

static enum ak_bid probe_nginx_error(const struct ak_probe *p)
{
    static const char *const GLOBS[] = { "**error*log*", "**/nginx/**", NULL };
    return bid(p, KIND_NGINX_ERROR, GLOBS);
}

static enum ak_status parse_access(struct ak_ctx *ctx) { return parse_log(ctx, &ACCESS_TEXT); }

static enum ak_status parse_apache_error(struct ak_ctx *ctx)
{
    return parse_log(ctx, &APACHE_TEXT);
}

static enum ak_status parse_nginx_error(struct ak_ctx *ctx) { return parse_log(ctx, &NGINX_TEXT); }

const struct ak_artefact ak_web_access = {
    .name = "web.access",
    .title_en = "Web server access logs (Apache, nginx)",
    .title_ja = "ウェブサーバーのアクセスログ（Apache、nginx）",
    .spec = "docs/formats/web.access.md",
    .split = AK_SPLIT_LINES,
    .probe = probe_access,
    .parse = parse_access,
};

const struct ak_artefact ak_web_apache_error = {
    .name = "web.apache_error",
    .title_en = "Apache httpd error logs",
    .title_ja = "Apache httpdのエラーログ",
    .spec = "docs/formats/web.apache_error.md",
    .split = AK_SPLIT_LINES,
    .probe = probe_apache_error,
    .parse = parse_apache_error,
};

const struct ak_artefact ak_web_nginx_error = {
    .name = "web.nginx_error",
    .title_en = "nginx error logs",
    .title_ja = "nginxのエラーログ",
    .spec = "docs/formats/web.nginx_error.md",
    .split = AK_SPLIT_LINES,
    .probe = probe_nginx_error,
    .parse = parse_nginx_error,
};
