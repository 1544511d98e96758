/* web_errors.c - see web_errors.h.
 *
 * Both servers write local time without a zone.  Text that a client sent stands
 * in these lines unescaped (nginx) or nearly so (Apache): what looks like a
 * field may be made up.
 *
 * Facts and their sources: docs/formats/web.apache_error.md
 */
#include "artefact/web/web_errors.h"

enum { PLACES_MAX = 32 };

static const struct ak_str NAMES[ERR_FIELDS] = {
    [ERR_LEVEL] = AK_STR_INIT("log.level"),
    [ERR_MODULE] = AK_STR_INIT("apache.error.module"),
    [ERR_PID] = AK_STR_INIT("process.pid"),
    [ERR_TID] = AK_STR_INIT("process.thread.id"),
    [ERR_CONNECTION] = AK_STR_INIT("nginx.error.connection_id"),
    [ERR_SOURCE_IP] = AK_STR_INIT("source.ip"),
    [ERR_SOURCE_ADDRESS] = AK_STR_INIT("source.address"),
    [ERR_SOURCE_PORT] = AK_STR_INIT("source.port"),
    [ERR_USER] = AK_STR_INIT("user.name"),
    [ERR_METHOD] = AK_STR_INIT("http.request.method"),
    [ERR_URL] = AK_STR_INIT("url.original"),
    [ERR_PATH] = AK_STR_INIT("url.path"),
    [ERR_QUERY] = AK_STR_INIT("url.query"),
    [ERR_VERSION] = AK_STR_INIT("http.version"),
    [ERR_DOMAIN] = AK_STR_INIT("url.domain"),
    [ERR_DESTINATION_IP] = AK_STR_INIT("destination.ip"),
    [ERR_DESTINATION_PORT] = AK_STR_INIT("destination.port"),
    [ERR_REFERRER] = AK_STR_INIT("http.request.referrer"),
    [ERR_UPSTREAM] = AK_STR_INIT("nginx.error.upstream"),
    [ERR_CODE] = AK_STR_INIT("event.code"),
    [ERR_RULE_ID] = AK_STR_INIT("rule.id"),
    [ERR_RULE_DESCRIPTION] = AK_STR_INIT("rule.description"),
    [ERR_MESSAGE] = AK_STR_INIT("message"),
};

const struct ak_shape ak_web_apache_error_shape = {
    .data_type = AK_STR_INIT("apache:error_log:entry"),
    .time_desc = AK_STR_INIT("Recorded Time"),
    .names = NAMES,
    .n = ERR_FIELDS,
};

const struct ak_shape ak_web_nginx_error_shape = {
    .data_type = AK_STR_INIT("nginx:error_log:entry"),
    .time_desc = AK_STR_INIT("Recorded Time"),
    .names = NAMES,
    .n = ERR_FIELDS,
};

static struct ak_str span(const char *from, const char *to)
{
    return (struct ak_str){ from, (size_t)(to - from) };
}

static struct ak_str behind(struct ak_str s, size_t n)
{
    return (struct ak_str){ s.at + n, s.n - n };
}

/* The text between `open` and the next `close` behind it; empty when not there. */
static struct ak_str between(struct ak_str s, struct ak_str open, char close)
{
    const char *from = s.n ? memmem(s.at, s.n, open.at, open.n) : NULL;
    if (!from)
        return (struct ak_str){ 0 };
    from += open.n;
    const char *to = memchr(from, close, (size_t)(s.at + s.n - from));
    return to ? span(from, to) : (struct ak_str){ 0 };
}

static void put(struct ak_web_record *rec, struct ak_web_error *e, enum ak_web_error_field field,
                struct ak_str s)
{
    if (s.n && e->v[field].type == AK_TYPE_NONE)
        e->v[field] = ak_web_text(rec, s);
}

static void put_number(struct ak_web_error *e, enum ak_web_error_field field, struct ak_str s)
{
    uint64_t v;
    if (ak_web_decimal(s, &v) && e->v[field].type == AK_TYPE_NONE)
        e->v[field] = ak_val_u64(v);
}

/* Request and site go through the record, which knows how to take them apart. */
static void take_from_record(const struct ak_web_record *rec, struct ak_web_error *e)
{
    static const struct {
        uint8_t from, to;
    } SAME[] = {
        { WEB_METHOD, ERR_METHOD },
        { WEB_URL, ERR_URL },
        { WEB_PATH, ERR_PATH },
        { WEB_QUERY, ERR_QUERY },
        { WEB_VERSION, ERR_VERSION },
        { WEB_DOMAIN, ERR_DOMAIN },
        { WEB_REFERRER, ERR_REFERRER },
        { WEB_USER, ERR_USER },
        { WEB_DESTINATION_IP, ERR_DESTINATION_IP },
        { WEB_DESTINATION_PORT, ERR_DESTINATION_PORT },
    };
    for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++)
        if (rec->v[SAME[i].from].type != AK_TYPE_NONE)
            e->v[SAME[i].to] = rec->v[SAME[i].from];
}

/* "1.2.3.4", "1.2.3.4:567", "2001:db8::1", "2001:db8::1:567" (Apache 2.4 puts
 * the port behind an IPv6 address without brackets), a host name. */
static void put_client(struct ak_web_record *rec, struct ak_web_error *e, struct ak_str s,
                       bool port_too)
{
    const char *colon = s.n ? memrchr(s.at, ':', s.n) : NULL;
    uint64_t port;
    struct ak_str host = colon ? span(s.at, colon) : s;
    while (host.n && host.at[host.n - 1] == ' ')
        host.n--;
    bool splits = colon && ak_web_decimal(span(colon + 1, s.at + s.n), &port) && port <= 65535;
    bool v6 = colon && memchr(s.at, ':', (size_t)(colon - s.at));
    if (splits && (v6 ? port_too && ak_web_is_ip(host) : true)) {
        put_number(e, ERR_SOURCE_PORT, span(colon + 1, s.at + s.n));
        s = host;
    }
    put(rec, e, ak_web_is_ip(s) ? ERR_SOURCE_IP : ERR_SOURCE_ADDRESS, s);
}

/* ---- Apache ---- */

/* "2011-09-09 10:42:29[.902022]" */
static bool apache_iso_time(const struct ak_zone *zone, struct ak_str s, struct ak_stamp *out)
{
    size_t used;
    if (!ak_stamp_parse_iso(s, out, &used) || used != s.n || used < 19)
        return false;
    struct ak_civil c = ak_civil_of(out->utc_ns);
    return !(out->flags & AK_STAMP_LOCAL) ||
           ak_web_local(zone, &c, out->flags & AK_STAMP_PREC_MASK, out);
}

/* The digits of ".902022 " as nanoseconds. */
static uint32_t fraction_ns(const char *p, const char *end)
{
    uint32_t ns = 0;
    for (size_t i = 1; i <= 9; i++) {
        bool digit = p + i < end && p[i] >= '0' && p[i] <= '9';
        ns = ns * 10 + (digit ? (uint32_t)(p[i] - '0') : 0);
    }
    return ns;
}

/* "Fri Sep 09 10:42:29[.902022] 2011" */
static bool apache_time(const struct ak_zone *zone, struct ak_str s, struct ak_stamp *out)
{
    if (s.n < 24 || s.at[3] != ' ' || s.at[7] != ' ' || s.at[13] != ':' || s.at[16] != ':')
        return false;
    const char *p = s.at, *year = p + s.n - 4;
    const char day[2] = { '0', p[9] };
    struct ak_civil c = { .year = ak_web_two(year) * 100 + ak_web_two(year + 2),
                          .month = (uint8_t)ak_web_month(p + 4),
                          .day = ak_web_two(p[8] == ' ' ? day : p + 8),
                          .hour = ak_web_two(p + 11),
                          .minute = ak_web_two(p + 14),
                          .second = ak_web_two(p + 17) };
    if (ak_web_two(year) > 99 || ak_web_two(year + 2) > 99 || year[-1] != ' ')
        return false;
    bool fine = p[19] == '.';
    c.ns = fine ? fraction_ns(p + 19, year - 1) : 0;
    return ak_web_local(zone, &c, fine ? AK_PREC_US : AK_PREC_S, out);
}

static const char *const LEVELS[] = { "emerg",  "alert",  "crit",   "error",  "warn",   "notice",
                                      "info",   "debug",  "trace1", "trace2", "trace3", "trace4",
                                      "trace5", "trace6", "trace7", "trace8", "stderr" };

static bool is_level(struct ak_str s)
{
    for (size_t i = 0; i < sizeof(LEVELS) / sizeof(LEVELS[0]); i++)
        if (ak_str_eq(s, ak_str_of(LEVELS[i])))
            return true;
    return false;
}

/* "[pid 35708:tid 4328636416]" */
static void put_process(struct ak_web_error *e, struct ak_str s)
{
    const char *tid = memmem(s.at, s.n, ":tid ", 5);
    put_number(e, ERR_PID, span(s.at + 4, tid ? tid : s.at + s.n));
    if (tid)
        put_number(e, ERR_TID, span(tid + 5, s.at + s.n));
}

/* One [bracket] of the head.  False when it belongs to the message. */
static bool head_bracket(struct ak_web_record *rec, struct ak_web_error *e, struct ak_str s)
{
    const char *colon = s.n ? memchr(s.at, ':', s.n) : NULL;
    struct ak_str level = colon ? span(colon + 1, s.at + s.n) : s;
    if (is_level(level) && e->v[ERR_LEVEL].type == AK_TYPE_NONE) {
        put(rec, e, ERR_LEVEL, level);
        e->with_port = colon;
        if (colon)
            put(rec, e, ERR_MODULE, span(s.at, colon));
        return true;
    }
    if (ak_str_starts(s, AK_STR("pid "))) {
        put_process(e, s);
        return true;
    }
    if (ak_str_starts(s, AK_STR("client ")) && e->v[ERR_SOURCE_IP].type == AK_TYPE_NONE) {
        put_client(rec, e, behind(s, 7), e->with_port);
        return true;
    }
    return false;
}

/* AH and five digits, at the start of the message or behind "(70014)End of
 * file found: [client ...]". */
static void put_code(struct ak_web_record *rec, struct ak_web_error *e)
{
    struct ak_str s = e->message;
    const char *code = s.n ? memmem(s.at, s.n < 256 ? s.n : 256, "AH", 2) : NULL;
    if (!code || (size_t)(s.at + s.n - code) < 8 || code[7] != ':' ||
        (code > s.at && code[-1] != ' '))
        return;
    for (unsigned i = 2; i < 7; i++)
        if (code[i] < '0' || code[i] > '9')
            return;
    put(rec, e, ERR_CODE, span(code, code + 7));
}

/* What ModSecurity adds in [name "value"] brackets. */
static void put_modsecurity(struct ak_web_record *rec, struct ak_web_error *e)
{
    if (!memmem(e->message.at, e->message.n, "ModSecurity:", 12))
        return;
    put(rec, e, ERR_RULE_ID, between(e->message, AK_STR("[id \""), '"'));
    put(rec, e, ERR_RULE_DESCRIPTION, between(e->message, AK_STR("[msg \""), '"'));
    ak_web_set(rec, SENSE_HOST, between(e->message, AK_STR("[hostname \""), '"'));
    ak_web_set(rec, SENSE_TARGET, between(e->message, AK_STR("[uri \""), '"'));
}

/* The brackets behind the time; gives where the message begins. */
static const char *read_head(struct ak_web_record *rec, struct ak_web_error *e, const char *at,
                             const char *end)
{
    while (end - at > 1 && at[0] == ' ' && at[1] == '[') {
        const char *close = memchr(at, ']', (size_t)(end - at));
        if (!close || !head_bracket(rec, e, span(at + 2, close)))
            break;
        at = close + 1;
    }
    while (at < end && *at == ' ')
        at++;
    return at;
}

bool ak_web_read_apache_error(struct ak_web_record *rec, struct ak_str line, struct ak_web_error *e)
{
    const struct ak_zone *zone = rec->ctx->item->zone;
    const char *end = line.at + line.n, *close = line.n ? memchr(line.at, ']', line.n) : NULL;
    *e = (struct ak_web_error){ .shape = &ak_web_apache_error_shape };
    if (!close || line.at[0] != '[')
        return false;
    struct ak_str time = span(line.at + 1, close);
    if (!apache_time(zone, time, &e->when) && !apache_iso_time(zone, time, &e->when))
        return false;
    e->message = span(read_head(rec, e, close + 1, end), end);
    if (e->v[ERR_LEVEL].type == AK_TYPE_NONE)
        return false;
    if (e->v[ERR_SOURCE_IP].type == AK_TYPE_NONE && e->v[ERR_SOURCE_ADDRESS].type == AK_TYPE_NONE)
        put_client(rec, e, between(e->message, AK_STR("[client "), ']'), true);
    put_code(rec, e);
    put_modsecurity(rec, e);
    const char *referer =
        e->message.n ? memmem(e->message.at, e->message.n, ", referer: ", 11) : NULL;
    if (referer)
        put(rec, e, ERR_REFERRER, span(referer + 11, end));
    take_from_record(rec, e);
    return true;
}

/* ---- nginx ---- */

/* "2019/01/01 00:00:00 [error] 12#34: " */
static bool nginx_head(struct ak_web_record *rec, struct ak_str s, struct ak_web_error *e)
{
    const char *p = s.at, *end = s.at + s.n;
    if (s.n < 28 || p[4] != '/' || p[7] != '/' || p[10] != ' ' || p[13] != ':' || p[16] != ':' ||
        p[19] != ' ' || p[20] != '[')
        return false;
    struct ak_civil c = { .year = ak_web_two(p) * 100 + ak_web_two(p + 2),
                          .month = ak_web_two(p + 5),
                          .day = ak_web_two(p + 8),
                          .hour = ak_web_two(p + 11),
                          .minute = ak_web_two(p + 14),
                          .second = ak_web_two(p + 17) };
    if (ak_web_two(p) > 99 || ak_web_two(p + 2) > 99 ||
        !ak_web_local(rec->ctx->item->zone, &c, AK_PREC_S, &e->when))
        return false;
    const char *close = memchr(p + 21, ']', s.n - 21);
    if (!close || !is_level(span(p + 21, close)) || end - close < 3)
        return false;
    const char *hash = memchr(close, '#', (size_t)(end - close));
    const char *colon = hash ? memchr(hash, ':', (size_t)(end - hash)) : NULL;
    uint64_t pid, tid;
    if (!colon || !ak_web_decimal(span(close + 2, hash), &pid) ||
        !ak_web_decimal(span(hash + 1, colon), &tid))
        return false;
    put(rec, e, ERR_LEVEL, span(p + 21, close));
    e->v[ERR_PID] = ak_val_u64(pid);
    e->v[ERR_TID] = ak_val_u64(tid);
    const char *at = colon + 1 + (end - colon > 1 && colon[1] == ' ');
    if (end - at > 2 && *at == '*') {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        uint64_t id;
        if (blank && ak_web_decimal(span(at + 1, blank), &id)) {
            e->v[ERR_CONNECTION] = ak_val_u64(id);
            at = blank + 1;
        }
    }
    e->message = span(at, end);
    return true;
}

/* What nginx writes behind a message, in any order it likes, each once. */
enum member { CLIENT, SERVER, REQUEST, SUBREQUEST, UPSTREAM, HOST, REFERRER, LOGIN, N_MEMBERS };
static const char *const MEMBERS[N_MEMBERS] = { "client",   "server", "request",  "subrequest",
                                                "upstream", "host",   "referrer", "login" };

static enum member member_named(struct ak_str name)
{
    enum member m = 0;
    while (m < N_MEMBERS && !ak_str_eq(name, ak_str_of(MEMBERS[m])))
        m++;
    return m;
}

/* A value up to the next member (`", ` or `, `), its quotes taken off. */
static struct ak_str cut_value(const char *from, const char *end, const char **out_to)
{
    bool quoted = from < end && *from == '"';
    const char *to = memmem(from, (size_t)(end - from), quoted ? "\", " : ", ", quoted ? 3 : 2);
    to = to ? to + quoted : end;
    *out_to = to;
    return quoted && to - from >= 2 && to[-1] == '"' ? span(from + 1, to - 1) : span(from, to);
}

/* Cut `client: A, server: S, request: "R", host: "H"` up.  Stops at what is no
 * member; false when that is before the end, or when a member comes twice. */
static bool cut_members(struct ak_str s, struct ak_str out[N_MEMBERS])
{
    const char *end = s.at + s.n;
    memset(out, 0, sizeof(*out) * N_MEMBERS);
    for (const char *p = s.at; p < end;) {
        const char *colon = memmem(p, (size_t)(end - p), ": ", 2);
        enum member m = colon ? member_named(span(p, colon)) : N_MEMBERS;
        if (m == N_MEMBERS || out[m].at)
            return false;
        out[m] = cut_value(colon + 2, end, &p);
        p = end - p > 2 ? p + 2 : end;
    }
    return true;
}

/* Find the members.  A client can put ", client: 192.0.2.66, server: ..." into a
 * path, a user name (before the true members) or a referrer (behind them).  What
 * is made up rarely cuts up well to the end of the line; when two places do, or
 * none does, nobody can tell and no client is named. */
static bool find_members(struct ak_web_error *e, struct ak_str out[N_MEMBERS])
{
    static const struct ak_str KEY = AK_STR_INIT(", client: ");
    struct ak_str first = { 0 }, cut[N_MEMBERS];
    unsigned n_places = 0, n_whole = 0;
    const char *end = e->message.at + e->message.n;
    for (const char *p = e->message.at; p < end && n_places < PLACES_MAX; p++) {
        p = memmem(p, (size_t)(end - p), KEY.at, KEY.n);
        if (!p)
            break;
        bool whole = cut_members(span(p + 2, end), cut);
        if (n_places++ == 0)
            first = cut[CLIENT];
        else if (!ak_str_eq(first, cut[CLIENT]))
            e->two_clients = true;
        n_whole += whole;
        if (whole || (n_places == 1 && n_whole == 0))
            memcpy(out, cut, sizeof(cut));
    }
    return n_places == 1 || n_whole == 1 || (n_places > 0 && !e->two_clients);
}

static void nginx_members(struct ak_web_record *rec, struct ak_web_error *e)
{
    struct ak_str m[N_MEMBERS] = { 0 };
    if (!find_members(e, m))
        return;
    put_client(rec, e, m[CLIENT], false);
    ak_web_set(rec, SENSE_REQUEST, m[REQUEST]);
    ak_web_set(rec, SENSE_HOST, m[HOST]);
    ak_web_set(rec, SENSE_REFERRER, m[REFERRER]);
    ak_web_set(rec, SENSE_USER, m[LOGIN]);
    put(rec, e, ERR_UPSTREAM, m[UPSTREAM]);
    if (rec->v[WEB_DOMAIN].type == AK_TYPE_NONE && rec->v[WEB_DESTINATION_IP].type == AK_TYPE_NONE)
        ak_web_set(rec, SENSE_HOST, m[SERVER]); /* the host asked for says more */
}

/* user "foo" was not found in / user "foo": password mismatch */
static void nginx_user(struct ak_web_record *rec, struct ak_str message)
{
    if (!ak_str_starts(message, AK_STR("user \"")))
        return;
    struct ak_str name = { message.at + 6, message.n - 6 };
    const char *not_found = memmem(name.at, name.n, "\" was not found in ", 19);
    const char *mismatch = memmem(name.at, name.n, "\": password mismatch", 20);
    const char *stop = not_found ? not_found : mismatch;
    if (stop)
        ak_web_set(rec, SENSE_USER, span(name.at, stop));
}

bool ak_web_read_nginx_error(struct ak_web_record *rec, struct ak_str line, struct ak_web_error *e)
{
    *e = (struct ak_web_error){ .shape = &ak_web_nginx_error_shape };
    if (!nginx_head(rec, line, e))
        return false;
    nginx_members(rec, e);
    if (!e->two_clients)
        nginx_user(rec, e->message);
    take_from_record(rec, e);
    return true;
}
