/* web_record.c - see web_record.h. */
#include "artefact/web/web_record.h"

#include "base/encoding.h"
#include "base/utf.h"

#include <arpa/inet.h>

enum { METHOD_MAX = 32, TEXT_IP_MAX = 64 };

const struct ak_str ak_web_names[WEB_FIELDS] = {
    [WEB_SOURCE_IP] = AK_STR_INIT("source.ip"),
    [WEB_SOURCE_ADDRESS] = AK_STR_INIT("source.address"),
    [WEB_SOURCE_PORT] = AK_STR_INIT("source.port"),
    [WEB_FORWARDED] = AK_STR_INIT("network.forwarded_ip"),
    [WEB_USER] = AK_STR_INIT("user.name"),
    [WEB_IDENT] = AK_STR_INIT("web.ident"),
    [WEB_METHOD] = AK_STR_INIT("http.request.method"),
    [WEB_URL] = AK_STR_INIT("url.original"),
    [WEB_PATH] = AK_STR_INIT("url.path"),
    [WEB_QUERY] = AK_STR_INIT("url.query"),
    [WEB_SCHEME] = AK_STR_INIT("url.scheme"),
    [WEB_DOMAIN] = AK_STR_INIT("url.domain"),
    [WEB_VERSION] = AK_STR_INIT("http.version"),
    [WEB_STATUS] = AK_STR_INIT("http.response.status_code"),
    [WEB_BODY_BYTES] = AK_STR_INIT("http.response.body.bytes"),
    [WEB_RESPONSE_BYTES] = AK_STR_INIT("http.response.bytes"),
    [WEB_REQUEST_BYTES] = AK_STR_INIT("http.request.bytes"),
    [WEB_REFERRER] = AK_STR_INIT("http.request.referrer"),
    [WEB_AGENT] = AK_STR_INIT("user_agent.original"),
    [WEB_REQUEST_ID] = AK_STR_INIT("http.request.id"),
    [WEB_DURATION] = AK_STR_INIT("event.duration"),
    [WEB_DESTINATION_IP] = AK_STR_INIT("destination.ip"),
    [WEB_DESTINATION_PORT] = AK_STR_INIT("destination.port"),
    [WEB_TLS_VERSION] = AK_STR_INIT("tls.version"),
    [WEB_TLS_CIPHER] = AK_STR_INIT("tls.cipher"),
    [WEB_FILE] = AK_STR_INIT("file.path"),
    [WEB_PID] = AK_STR_INIT("process.pid"),
    [WEB_HOST] = AK_STR_INIT("host.name"),
    [WEB_OUTCOME] = AK_STR_INIT("event.outcome"),
    [WEB_EXTRA] = AK_STR_INIT("web.extra"),
    [WEB_ORIGINAL] = AK_STR_INIT("event.original"),
};

/* Has any byte its high bit set?  Eight at a time: every line passes here. */
static bool is_ascii(struct ak_str s)
{
    size_t i = 0;
    uint64_t word, seen = 0;
    for (; s.n - i >= 8; i += 8) {
        memcpy(&word, s.at + i, 8);
        seen |= word;
    }
    for (; i < s.n; i++)
        seen |= (uint8_t)s.at[i];
    return !(seen & UINT64_C(0x8080808080808080));
}

void ak_web_clear(struct ak_web_record *rec, struct ak_str line)
{
    memset(rec->v, 0, sizeof(rec->v));
    rec->when = (struct ak_stamp){ 0 };
    rec->scratch_n = 0;
    rec->unmapped = false;
    rec->date = rec->clock = (struct ak_str){ 0 };
    rec->ascii = is_ascii(line);
}

char *ak_web_room(struct ak_web_record *rec, size_t n)
{
    if (n > rec->scratch_cap - rec->scratch_n) {
        size_t cap = n < 2048 ? 4096 : n * 2; /* what was given before stays where it is */
        char *at = AK_NEW_N(rec->ctx->arena, char, cap);
        if (!at) {
            rec->st = AK_ERR_LIMIT;
            return NULL;
        }
        rec->scratch = at;
        rec->scratch_n = 0;
        rec->scratch_cap = cap;
    }
    rec->scratch_n += n;
    return rec->scratch + rec->scratch_n - n;
}

struct ak_value ak_web_text(struct ak_web_record *rec, struct ak_str text)
{
    /* a probe has no arena; it asks for kinds, not for texts */
    if (!rec->ascii && text.n && rec->ctx->arena && !is_ascii(text)) {
        enum ak_status st = ak_encoding_utf8(rec->ctx->arena, ak_bytes_str(text), &text);
        if (st != AK_OK) {
            rec->st = st;
            return ak_val_none();
        }
    }
    return ak_val_str(text);
}

bool ak_web_decimal(struct ak_str s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0 || s.n > 20)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)(uint8_t)s.at[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(v, UINT64_C(10), &v) ||
            __builtin_add_overflow(v, (uint64_t)digit, &v))
            return false;
    }
    *out = v;
    return true;
}

/* Four numbers of at most 255 with dots between them. */
static bool is_ipv4(struct ak_str s)
{
    unsigned parts = 0, digits = 0, v = 0;
    if (s.n < 7 || s.n > 15)
        return false;
    for (size_t i = 0; i <= s.n; i++) {
        if (i == s.n || s.at[i] == '.') {
            if (digits == 0 || v > 255)
                return false;
            parts++;
            digits = v = 0;
            continue;
        }
        unsigned digit = (unsigned)(uint8_t)s.at[i] - '0';
        if (digit > 9 || ++digits > 3)
            return false;
        v = v * 10 + digit;
    }
    return parts == 4;
}

static bool is_ipv6(struct ak_str s)
{
    char text[TEXT_IP_MAX];
    uint8_t address[16];
    if (s.n < 2 || s.n >= sizeof(text) || !memchr(s.at, ':', s.n) || memchr(s.at, 0, s.n))
        return false;
    memcpy(text, s.at, s.n);
    text[s.n] = 0;
    char *zone = strchr(text, '%'); /* fe80::1%eth0 */
    if (zone)
        *zone = 0;
    return inet_pton(AF_INET6, text, address) == 1;
}

bool ak_web_is_ip(struct ak_str s) { return is_ipv4(s) || is_ipv6(s); }

static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

unsigned ak_web_month(const char *three)
{
    for (size_t m = 0; m < 12; m++)
        if (MONTHS[m * 3] == three[0] && MONTHS[m * 3 + 1] == three[1] &&
            MONTHS[m * 3 + 2] == three[2])
            return (unsigned)m + 1;
    return 0;
}

uint8_t ak_web_two(const char *p)
{
    unsigned tens = (unsigned)(uint8_t)p[0] - '0', ones = (unsigned)(uint8_t)p[1] - '0';
    return tens > 9 || ones > 9 ? 255 : (uint8_t)(tens * 10 + ones);
}

bool ak_web_local(const struct ak_zone *zone, const struct ak_civil *c, enum ak_precision precision,
                  struct ak_stamp *out)
{
    int64_t local;
    if (!ak_civil_seconds(c, &local))
        return false;
    *out = ak_stamp_unix(ak_zone_to_utc(zone, local), c->ns, precision);
    out->flags |= AK_STAMP_LOCAL;
    return true;
}

/* ".123" behind the seconds: nanoseconds, and how many bytes it took. */
static size_t read_fraction(struct ak_str s, uint32_t *out_ns, enum ak_precision *out_precision)
{
    size_t n = 1;
    uint32_t ns = 0;
    if (s.n < 2 || s.at[0] != '.')
        return 0;
    for (; n < s.n && n <= 9 && s.at[n] >= '0' && s.at[n] <= '9'; n++)
        ns = ns * 10 + (uint32_t)(s.at[n] - '0');
    if (n == 1)
        return 0;
    for (size_t i = n; i <= 9; i++)
        ns *= 10;
    *out_ns = ns;
    *out_precision = n <= 4 ? AK_PREC_MS : n <= 7 ? AK_PREC_US : AK_PREC_NS;
    return n;
}

/* " -0700" or " -07:00": seconds east of UTC, and how many bytes it took. */
static size_t read_offset(struct ak_str s, int32_t *out_offset_s)
{
    if (s.n < 6 || s.at[0] != ' ' || (s.at[1] != '+' && s.at[1] != '-'))
        return 0;
    size_t colon = s.n >= 7 && s.at[4] == ':' ? 1 : 0;
    uint8_t hours = ak_web_two(s.at + 2), minutes = ak_web_two(s.at + 4 + colon);
    if (hours > 23 || minutes > 59)
        return 0;
    int32_t offset = hours * 3600 + minutes * 60;
    *out_offset_s = s.at[1] == '-' ? -offset : offset;
    return 6 + colon;
}

size_t ak_web_clf_time(const struct ak_zone *zone, struct ak_str s, struct ak_stamp *out)
{
    const char *p = s.at;
    if (s.n < 20 || p[2] != '/' || p[6] != '/' || p[11] != ':' || p[14] != ':' || p[17] != ':')
        return 0;
    uint8_t century = ak_web_two(p + 7), year = ak_web_two(p + 9);
    struct ak_civil c = { .year = century * 100 + year,
                          .month = (uint8_t)ak_web_month(p + 3),
                          .day = ak_web_two(p),
                          .hour = ak_web_two(p + 12),
                          .minute = ak_web_two(p + 15),
                          .second = ak_web_two(p + 18) };
    enum ak_precision precision = AK_PREC_S;
    int32_t offset_s;
    int64_t seconds;
    if (century > 99 || year > 99)
        return 0;
    size_t n = 20;
    n += read_fraction((struct ak_str){ p + n, s.n - n }, &c.ns, &precision);
    size_t zoned = read_offset((struct ak_str){ p + n, s.n - n }, &offset_s);
    if (zoned == 0)
        return ak_web_local(zone, &c, precision, out) ? n : 0;
    if (!ak_civil_seconds(&c, &seconds))
        return 0;
    *out = ak_stamp_unix(seconds - offset_s, c.ns, precision);
    return n + zoned;
}

/* "1501234567.123": seconds (or milli-, microseconds, by size) since 1970. */
static bool epoch_time(struct ak_str s, struct ak_stamp *out)
{
    uint64_t v;
    const char *dot = s.n ? memchr(s.at, '.', s.n) : NULL;
    size_t whole = dot ? (size_t)(dot - s.at) : s.n;
    uint32_t ns = 0;
    enum ak_precision precision = AK_PREC_S;
    if (whole < 9 || whole > 16 || !ak_web_decimal((struct ak_str){ s.at, whole }, &v))
        return false;
    if (dot && read_fraction((struct ak_str){ dot, s.n - whole }, &ns, &precision) == 0)
        return false;
    if (whole >= 12) { /* milliseconds have 13 digits from 2001 to 2286, microseconds 16 */
        uint64_t unit = whole >= 15 ? 1000000 : 1000;
        precision = whole >= 15 ? AK_PREC_US : AK_PREC_MS;
        ns = (uint32_t)(v % unit * (1000000000 / unit));
        v /= unit;
    }
    *out = ak_stamp_unix((int64_t)v, ns, precision);
    return true;
}

/* A time in any of the ways web servers write one. */
static bool set_time(struct ak_web_record *rec, struct ak_str s)
{
    size_t used;
    struct ak_stamp iso;
    const struct ak_zone *zone = rec->ctx->item->zone;
    if (ak_stamp_is_set(rec->when))
        return true;
    if (s.n && s.at[0] == '[')
        s = (struct ak_str){ s.at + 1, s.n - 1 };
    if (ak_web_clf_time(zone, s, &rec->when))
        return true;
    if (ak_stamp_parse_iso(s, &iso, &used)) {
        if (!(iso.flags & AK_STAMP_LOCAL)) {
            rec->when = iso;
            return true;
        }
        struct ak_civil c = ak_civil_of(iso.utc_ns);
        return ak_web_local(zone, &c, iso.flags & AK_STAMP_PREC_MASK, &rec->when);
    }
    return epoch_time(s, &rec->when);
}

static bool is_absent(struct ak_str s) { return s.n == 0 || (s.n == 1 && s.at[0] == '-'); }

static void put_text(struct ak_web_record *rec, enum ak_web_field field, struct ak_str s)
{
    if (is_absent(s))
        return;
    if (rec->v[field].type == AK_TYPE_NONE)
        rec->v[field] = ak_web_text(rec, s);
    else if (!ak_str_eq(rec->v[field].str, s))
        rec->unmapped = true;
}

static bool put_number(struct ak_web_record *rec, enum ak_web_field field, struct ak_str s)
{
    uint64_t v;
    if (is_absent(s))
        return true;
    if (!ak_web_decimal(s, &v))
        return false;
    if (rec->v[field].type == AK_TYPE_NONE)
        rec->v[field] = ak_val_u64(v);
    else if (rec->v[field].u64 != v)
        rec->unmapped = true;
    return true;
}

/* "0.264" of a unit of `unit_ns`, to nanoseconds.  nginx writes a list when a
 * request was passed on more than once; that is not this request's time. */
static bool put_duration(struct ak_web_record *rec, struct ak_str s, uint64_t unit_ns)
{
    uint64_t whole;
    uint32_t ns = 0;
    enum ak_precision unused;
    if (is_absent(s))
        return true;
    const char *dot = memchr(s.at, '.', s.n);
    size_t n = dot ? (size_t)(dot - s.at) : s.n;
    if (!ak_web_decimal((struct ak_str){ s.at, n }, &whole) ||
        __builtin_mul_overflow(whole, unit_ns, &whole))
        return false;
    if (dot)
        read_fraction((struct ak_str){ dot, s.n - n }, &ns, &unused);
    uint64_t part = (uint64_t)ns * (unit_ns / 1000) / 1000000;
    if (!__builtin_add_overflow(whole, part, &whole) && rec->v[WEB_DURATION].type == AK_TYPE_NONE)
        rec->v[WEB_DURATION] = ak_val_u64(whole);
    return true;
}

static void put_address(struct ak_web_record *rec, enum ak_web_field ip, enum ak_web_field name,
                        struct ak_str s)
{
    put_text(rec, ak_web_is_ip(s) ? ip : name, s);
}

/* "example.com", "example.com:443", "[::1]:80". */
static void put_host(struct ak_web_record *rec, struct ak_str s)
{
    const char *colon = s.n ? memrchr(s.at, ':', s.n) : NULL;
    uint64_t port;
    if (colon && !ak_web_is_ip(s) &&
        ak_web_decimal((struct ak_str){ colon + 1, s.n - (size_t)(colon + 1 - s.at) }, &port) &&
        port <= 65535) {
        if (rec->v[WEB_DESTINATION_PORT].type == AK_TYPE_NONE)
            rec->v[WEB_DESTINATION_PORT] = ak_val_u64(port);
        s.n = (size_t)(colon - s.at);
    }
    if (s.n > 2 && s.at[0] == '[' && s.at[s.n - 1] == ']')
        s = (struct ak_str){ s.at + 1, s.n - 2 };
    if (s.n == 1 && s.at[0] == '_') /* nginx: no name of its own */
        return;
    put_address(rec, WEB_DESTINATION_IP, WEB_DOMAIN, s);
}

/* Path and query of "/a/b?c=d" and "http://host/a/b?c=d". */
static void put_target(struct ak_web_record *rec, struct ak_str s)
{
    put_text(rec, WEB_URL, s);
    const char *end = s.at + s.n, *path = s.at;
    if (s.n && s.at[0] != '/') {
        const char *scheme = memmem(s.at, s.n, "://", 3);
        if (scheme)
            path = memchr(scheme + 3, '/', (size_t)(end - scheme - 3));
        if (!path)
            return;
    }
    const char *mark = memchr(path, '?', (size_t)(end - path));
    put_text(rec, WEB_PATH, (struct ak_str){ path, (size_t)((mark ? mark : end) - path) });
    if (mark)
        put_text(rec, WEB_QUERY, (struct ak_str){ mark + 1, (size_t)(end - mark - 1) });
}

static bool is_method(const char *p, size_t n)
{
    if (n == 0 || n > METHOD_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= 'a' && p[i] <= 'z') || p[i] == '-' ||
              p[i] == '_'))
            return false;
    return true;
}

/* Take "GET /x HTTP/1.1" apart.  What is no request line (the bytes of a TLS
 * handshake, "hello") is kept whole in url.original: somebody sent it. */
static void put_request(struct ak_web_record *rec, struct ak_str s)
{
    if (is_absent(s))
        return;
    const char *space = memchr(s.at, ' ', s.n);
    const char *last = memrchr(s.at, ' ', s.n);
    size_t tail = last ? s.n - (size_t)(last - s.at) : 0;
    bool proto = tail > 6 && memcmp(last, " HTTP/", 6) == 0;
    if (!space || !is_method(s.at, (size_t)(space - s.at)) || (proto && last == space) ||
        (!proto && space[1] != '/' && space[1] != '*' && !memmem(space, tail, "://", 3))) {
        if (s.at[0] == '/')
            put_target(rec, s); /* Apache's %U in a field called "request" */
        else
            put_text(rec, WEB_URL, s);
        return;
    }
    put_text(rec, WEB_METHOD, (struct ak_str){ s.at, (size_t)(space - s.at) });
    const char *end = proto ? last : s.at + s.n;
    put_target(rec, (struct ak_str){ space + 1, (size_t)(end - space - 1) });
    if (proto)
        put_text(rec, WEB_VERSION, (struct ak_str){ last + 6, tail - 6 });
}

static void put_version(struct ak_web_record *rec, struct ak_str s)
{
    if (ak_str_starts(s, AK_STR("HTTP/")))
        s = (struct ak_str){ s.at + 5, s.n - 5 };
    put_text(rec, WEB_VERSION, s);
}

static bool put_status(struct ak_web_record *rec, struct ak_str s)
{
    uint64_t v;
    if (is_absent(s))
        return true;
    if (!ak_web_decimal(s, &v) || v > 999)
        return false;
    if (rec->v[WEB_STATUS].type == AK_TYPE_NONE)
        rec->v[WEB_STATUS] = ak_val_u64(v);
    return true;
}

static void put_client(struct ak_web_record *rec, struct ak_str s)
{
    put_address(rec, WEB_SOURCE_IP, WEB_SOURCE_ADDRESS, s);
}

static void put_server(struct ak_web_record *rec, struct ak_str s)
{
    put_address(rec, WEB_DESTINATION_IP, WEB_DOMAIN, s);
}

static void put_query(struct ak_web_record *rec, struct ak_str s)
{
    bool mark = s.n && s.at[0] == '?'; /* Apache's %q has it */
    put_text(rec, WEB_QUERY, (struct ak_str){ s.at + mark, s.n - mark });
}

static void put_date(struct ak_web_record *rec, struct ak_str s) { rec->date = s; }

static void put_clock(struct ak_web_record *rec, struct ak_str s) { rec->clock = s; }

static void put_nowhere(struct ak_web_record *rec, struct ak_str s)
{
    rec->unmapped = rec->unmapped || !is_absent(s);
}

/* Senses that are one field, as text or as a number. */
static const struct plain {
    uint8_t field;
    bool text, number;
} PLAIN[SENSE_COUNT] = {
    [SENSE_CLIENT_PORT] = { WEB_SOURCE_PORT, false, true },
    [SENSE_FORWARDED] = { WEB_FORWARDED, true, false },
    [SENSE_USER] = { WEB_USER, true, false },
    [SENSE_IDENT] = { WEB_IDENT, true, false },
    [SENSE_METHOD] = { WEB_METHOD, true, false },
    [SENSE_PATH] = { WEB_PATH, true, false },
    [SENSE_SCHEME] = { WEB_SCHEME, true, false },
    [SENSE_BODY_BYTES] = { WEB_BODY_BYTES, false, true },
    [SENSE_RESPONSE_BYTES] = { WEB_RESPONSE_BYTES, false, true },
    [SENSE_REQUEST_BYTES] = { WEB_REQUEST_BYTES, false, true },
    [SENSE_REFERRER] = { WEB_REFERRER, true, false },
    [SENSE_AGENT] = { WEB_AGENT, true, false },
    [SENSE_REQUEST_ID] = { WEB_REQUEST_ID, true, false },
    [SENSE_SERVER_PORT] = { WEB_DESTINATION_PORT, false, true },
    [SENSE_TLS_VERSION] = { WEB_TLS_VERSION, true, false },
    [SENSE_TLS_CIPHER] = { WEB_TLS_CIPHER, true, false },
    [SENSE_FILE] = { WEB_FILE, true, false },
    [SENSE_PID] = { WEB_PID, false, true },
    [SENSE_COMPUTER] = { WEB_HOST, true, false },
};

static bool set_special(struct ak_web_record *rec, enum ak_web_sense sense, struct ak_str s)
{
    static void (*const PUT[SENSE_COUNT])(struct ak_web_record *, struct ak_str) = {
        [SENSE_CLIENT] = put_client,    [SENSE_REQUEST] = put_request,
        [SENSE_TARGET] = put_target,    [SENSE_QUERY] = put_query,
        [SENSE_HOST] = put_host,        [SENSE_VERSION] = put_version,
        [SENSE_SERVER_IP] = put_server, [SENSE_DATE] = put_date,
        [SENSE_CLOCK] = put_clock,      [SENSE_NONE] = put_nowhere,
    };
    if (PUT[sense])
        PUT[sense](rec, s);
    return true;
}

bool ak_web_set(struct ak_web_record *rec, enum ak_web_sense sense, struct ak_str s)
{
    struct plain plain = PLAIN[sense];
    if (plain.text) {
        put_text(rec, plain.field, s);
        return true;
    }
    if (plain.number)
        return put_number(rec, plain.field, s);
    if (sense == SENSE_STATUS)
        return put_status(rec, s);
    if (sense == SENSE_TIME)
        return is_absent(s) || set_time(rec, s);
    if (sense == SENSE_SECONDS)
        return put_duration(rec, s, 1000000000);
    if (sense == SENSE_MILLISECONDS)
        return put_duration(rec, s, 1000000);
    if (sense == SENSE_MICROSECONDS)
        return put_duration(rec, s, 1000);
    return set_special(rec, sense, s);
}

/* url.original of a request recorded in parts. */
static void join_url(struct ak_web_record *rec)
{
    struct ak_value path = rec->v[WEB_PATH], query = rec->v[WEB_QUERY];
    if (path.type != AK_TYPE_STR || query.type != AK_TYPE_STR) {
        rec->v[WEB_URL] = path;
        return;
    }
    size_t n = path.str.n + query.str.n + 1;
    char *to = ak_web_room(rec, n);
    if (!to)
        return;
    memcpy(to, path.str.at, path.str.n);
    to[path.str.n] = '?';
    memcpy(to + path.str.n + 1, query.str.at, query.str.n);
    rec->v[WEB_URL] = ak_val_str((struct ak_str){ to, n });
}

void ak_web_finish(struct ak_web_record *rec)
{
    if (rec->v[WEB_URL].type == AK_TYPE_NONE)
        join_url(rec);
    if (rec->v[WEB_STATUS].type == AK_TYPE_U64 && rec->v[WEB_STATUS].u64 >= 100)
        rec->v[WEB_OUTCOME] =
            ak_val_str(rec->v[WEB_STATUS].u64 < 400 ? AK_STR("success") : AK_STR("failure"));
}

enum ak_status ak_web_emit(struct ak_web_record *rec, const struct ak_event *event)
{
    ak_web_finish(rec);
    return rec->st != AK_OK ? rec->st : ak_emit(rec->ctx, event);
}

enum ak_status ak_web_emit_text(struct ak_web_record *rec, const struct ak_shape *shape,
                                uint64_t offset, struct ak_str text)
{
    struct ak_value value = ak_web_text(rec, text);
    if (rec->st != AK_OK)
        return rec->st;
    return ak_emit(
        rec->ctx,
        &(struct ak_event){ .shape = shape, .offset = offset, .length = text.n, .values = &value });
}
