/* coverage.c - which logs there are, from when to when, and where they are silent.
 *
 * A log is a (host, kind, name): the Security channel of FS01, /var/log/auth.log
 * of web01 with all its rotated generations.  A statement that something did not
 * happen rests on these rows; a gap in one of them forbids it. */
#include "analyse/watch.h"

#include "base/json.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    GAPS = 12, /* longest silences kept per log */
    LOGS_MAX = 200000,
    DAYS_MAX = 4000000, /* (log, day) counts */
    PATHS_MAX = 16,
    GAP_LEAST_RECORDS = 50,
};
static const int64_t HOUR_NS = INT64_C(3600) * 1000000000;

struct gap {
    int64_t from_ns, to_ns;
};

struct log {
    struct ak_key key; /* host, kind, name */
    uint64_t records, recovered;
    int64_t first_ns, last_ns;
    struct gap gaps[GAPS]; /* longest first */
    uint32_t paths[PATHS_MAX], n_paths;
    uint32_t evidence;
    uint32_t last_item;
    bool cleared;
    struct ak_event_ref clearing;
    int64_t cleared_ns;
    int64_t row;
};

struct day {
    struct ak_key key; /* log, day */
    uint64_t n;
};

/* The log of the event before. */
struct last {
    const struct ak_item_info *item;
    const char *kind;
    uint32_t channel;
    struct ak_key key;
};

struct ak_sources {
    struct ak_table logs, days, hosts;
    struct last last;
};

struct host {
    struct ak_key key; /* host */
    uint64_t n;
    int64_t first_ns, last_ns;
    uint32_t evidence;
    bool windows, linux;
};

/* ---- what kind of log an event is from ---- */

/* By the beginning of its data_type. */
static const struct kind {
    const char *type, *kind;
} KINDS[] = {
    { "windows:evtx", "evtx" },
    { "syslog:", "syslog" },
    { "systemd:journal", "journal" },
    { "linux:utmp", "utmp" },
    { "linux:lastlog", "lastlog" },
    { "apache:access", "web_access" },
    { "nginx:access", "web_access" },
    { "web:access", "web_access" },
    { "iis:log", "web_access" },
    { "w3c:", "web_access" },
    { "apache:error", "web_error" },
    { "nginx:error", "web_error" },
    { "web:error", "web_error" },
    { "bash:history", "shell" },
    { "shell:", "shell" },
    { "linux:dpkg", "packages" },
    { "linux:apt", "packages" },
    { "linux:yum", "packages" },
    { "linux:dnf", "packages" },
    { "dpkg:", "packages" },
    { "apt:", "packages" },
    { "linux:audit", "audit" },
    { "selinux:", "audit" },
    { "windows:metadata:deleted_item", "recycle_bin" },
};

static const char *kind_of(const struct ak_view *v)
{
    struct ak_str type = v->stored->event.shape->data_type;
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (ak_str_starts(type, ak_str_of(KINDS[i].type)))
            return KINDS[i].kind;
    return NULL;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The path without what rotation put behind it: ".1", ".2.gz", "-20260129". */
static struct ak_str without_rotation(struct ak_str p)
{
    static const char *const PACKED[] = { ".gz", ".xz", ".bz2", ".zst", ".old" };
    for (size_t i = 0; i < sizeof(PACKED) / sizeof(PACKED[0]); i++)
        if (ak_str_ends(p, ak_str_of(PACKED[i])))
            p.n -= strlen(PACKED[i]);
    size_t n = p.n;
    while (n > 0 && is_digit(p.at[n - 1]))
        n--;
    bool number = n < p.n && n > 1 && p.n - n <= 3 && p.at[n - 1] == '.';
    bool date = p.n - n == 8 && n > 1 && (p.at[n - 1] == '-' || p.at[n - 1] == '.');
    return number || date ? (struct ak_str){ p.at, n - 1 } : p;
}

/* ---- seeing ---- */

static bool begin(struct ak_pass *p)
{
    p->sources = calloc(1, sizeof(*p->sources));
    if (!p->sources)
        return false;
    ak_table_init(&p->sources->logs, sizeof(struct log), LOGS_MAX);
    ak_table_init(&p->sources->days, sizeof(struct day), DAYS_MAX);
    ak_table_init(&p->sources->hosts, sizeof(struct host), LOGS_MAX);
    return true;
}

static void keep_gap(struct log *l, int64_t from, int64_t to)
{
    size_t i = GAPS;
    while (i > 0 && to - from > l->gaps[i - 1].to_ns - l->gaps[i - 1].from_ns) {
        if (i < GAPS)
            l->gaps[i] = l->gaps[i - 1];
        i--;
    }
    if (i < GAPS)
        l->gaps[i] = (struct gap){ from, to };
}

static void count_time(struct log *l, int64_t ns)
{
    if (l->first_ns == 0 && l->last_ns == 0)
        l->first_ns = ns;
    else if (ns - l->last_ns > HOUR_NS)
        keep_gap(l, l->last_ns, ns);
    l->last_ns = ns;
}

/* Times of recovered records and times out of range say nothing of a log's span. */
static bool believable(const struct ak_view *v)
{
    return v->timed && !(v->stored->event.flags & AK_EVENT_RECOVERED) &&
           !(v->stored->event.when.flags & AK_STAMP_CLAMPED);
}

static void see_host(struct ak_pass *p, const struct ak_view *v, uint32_t host, const char *kind)
{
    struct host *h = ak_table_get(&p->sources->hosts, (struct ak_key){ host, 0, 0, 0 });
    if (!h)
        return;
    h->n++;
    h->evidence = v->stored->item->evidence;
    h->windows = h->windows || strcmp(kind, "evtx") == 0;
    h->linux = h->linux || strcmp(kind, "syslog") == 0 || strcmp(kind, "journal") == 0 ||
               strcmp(kind, "utmp") == 0;
    if (!believable(v))
        return;
    if (!h->first_ns)
        h->first_ns = v->ns;
    h->last_ns = v->ns;
}

static void see_path(struct log *l, struct ak_pass *p, const struct ak_view *v)
{
    if (l->last_item == v->stored->item->rank + 1)
        return;
    l->last_item = v->stored->item->rank + 1;
    uint32_t path = ak_symbol(p->symbols, v->stored->item->path);
    for (uint32_t i = 0; i < l->n_paths; i++)
        if (l->paths[i] == path)
            return;
    if (l->n_paths < PATHS_MAX)
        l->paths[l->n_paths++] = path;
}

/* Which log an event is of; mostly the same as the event's before. */
static struct ak_key key_of(struct ak_pass *p, const struct ak_view *v, const char *kind,
                            struct ak_str channel)
{
    struct last *last = &p->sources->last;
    if (last->item == v->stored->item && last->kind == kind &&
        ak_str_eq(ak_symbol_text(p->symbols, last->key.a), v->host) &&
        ak_str_eq(ak_symbol_text(p->symbols, last->channel), channel))
        return last->key;
    struct ak_str name = channel.n ? channel : without_rotation(v->stored->item->path);
    last->item = v->stored->item;
    last->kind = kind;
    last->channel = ak_symbol(p->symbols, channel);
    last->key =
        (struct ak_key){ ak_symbol(p->symbols, v->host), ak_symbol(p->symbols, ak_str_of(kind)),
                         ak_symbol(p->symbols, name), 0 };
    return last->key;
}

static bool is_clearing(const struct ak_view *v)
{
    return ak_said_is(v, AK_SAID_ACTION, "audit-log-cleared") ||
           ak_said_is(v, AK_SAID_ACTION, "event-log-cleared");
}

/* Security tells of its own clearing, System of that of every other log. */
static void mark_cleared(struct ak_pass *p, const struct ak_view *v, struct ak_key key)
{
    struct ak_str cleared = ak_said_text(v, AK_SAID_CLEARED);
    if (cleared.n)
        key.c = ak_symbol(p->symbols, cleared);
    struct log *l = ak_table_get(&p->sources->logs, key);
    if (!l)
        return;
    l->evidence = v->stored->item->evidence;
    l->cleared = true;
    l->cleared_ns = v->ns;
    l->clearing = ak_ref_of(v->stored);
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    const char *kind = kind_of(v);
    if (!kind)
        return;
    struct ak_str channel = ak_said_text(v, AK_SAID_CHANNEL);
    struct ak_key key = key_of(p, v, kind, channel);
    struct log *l = ak_table_get(&p->sources->logs, key);
    see_host(p, v, key.a, kind);
    if (!l)
        return;
    l->records++;
    l->recovered += (v->stored->event.flags & AK_EVENT_RECOVERED) != 0;
    l->evidence = v->stored->item->evidence;
    see_path(l, p, v);
    if (!believable(v))
        return;
    count_time(l, v->ns);
    size_t at = (size_t)((uint8_t *)l - p->sources->logs.records);
    uint32_t log_no = (uint32_t)(at / p->sources->logs.record_bytes);
    struct day *d = ak_table_get(
        &p->sources->days, (struct ak_key){ log_no, (uint32_t)ak_day_of(p->zone, v->ns), 0, 0 });
    if (d)
        d->n++;
    if (is_clearing(v))
        mark_cleared(p, v, key);
}

/* ---- writing rows ---- */

/* How long the middle one of the kept silences is; 0 when they are few. */
static int64_t usual_silence(const struct log *l)
{
    enum { FEW = 4 };
    size_t n = 0;
    while (n < GAPS && l->gaps[n].to_ns != l->gaps[n].from_ns)
        n++;
    return n < FEW ? 0 : l->gaps[n / 2].to_ns - l->gaps[n / 2].from_ns;
}

/* A silence counts as a gap when the log is otherwise busy, and when it is not
 * one of many as long: a log written to by day only is silent every night. */
static bool is_gap(const struct log *l, const struct gap *g)
{
    if (l->records < GAP_LEAST_RECORDS || g->to_ns == g->from_ns)
        return false;
    int64_t mean = (l->last_ns - l->first_ns) / (int64_t)l->records;
    int64_t silence = g->to_ns - g->from_ns;
    return silence > 6 * HOUR_NS && silence / 30 > mean && silence / 2 > usual_silence(l);
}

/* Logs of states, one record per account or file, have no gaps. */
static bool has_gaps(const struct ak_pass *p, const struct log *l)
{
    struct ak_str kind = ak_symbol_text(p->symbols, l->key.b);
    return !ak_str_eq(kind, AK_STR("lastlog")) && !ak_str_eq(kind, AK_STR("recycle_bin")) &&
           !ak_str_eq(kind, AK_STR("shell")) && !ak_str_eq(kind, AK_STR("packages"));
}

static size_t count_gaps(const struct log *l)
{
    size_t n = 0;
    for (size_t i = 0; i < GAPS; i++)
        n += is_gap(l, &l->gaps[i]);
    return n;
}

static void json_time(struct ak_buf *b, int64_t ns)
{
    ak_json_stamp(b, (struct ak_stamp){ ns, AK_STAMP_SET | AK_PREC_S });
}

static void gaps_json(struct ak_buf *b, const struct log *l)
{
    ak_buf_u8(b, '[');
    for (size_t i = 0; i < GAPS; i++) {
        if (!is_gap(l, &l->gaps[i]))
            continue;
        ak_json_comma(b);
        ak_buf_text(b, "{\"from\":");
        json_time(b, l->gaps[i].from_ns);
        ak_buf_text(b, ",\"to\":");
        json_time(b, l->gaps[i].to_ns);
        ak_buf_u8(b, '}');
    }
    ak_buf_u8(b, ']');
}

static void reason_json(struct ak_buf *b, const char *english)
{
    ak_json_comma(b);
    ak_buf_text(b, "{\"ja\":");
    ak_json_str(b, ak_str_of(ak_word(AK_LANG_JA, english)));
    ak_buf_text(b, ",\"en\":");
    ak_json_str(b, ak_str_of(english));
    ak_buf_u8(b, '}');
}

/* Damage of the items behind a log, in words; false when there is none. */
static bool damage_reasons(struct ak_pass *p, const struct log *l, struct ak_buf *b)
{
    sqlite3_stmt *q;
    bool any = false;
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "SELECT DISTINCT d.what FROM t_damage d JOIN t_item i ON i.id=d.item"
                           " WHERE i.evidence=?1 AND i.path=?2 ORDER BY 1 LIMIT 5",
                           -1, &q, NULL) != SQLITE_OK)
        return false;
    for (uint32_t i = 0; i < l->n_paths; i++) {
        struct ak_str path = ak_symbol_text(p->symbols, l->paths[i]);
        sqlite3_bind_int64(q, 1, l->evidence);
        sqlite3_bind_text(q, 2, path.at, (int)path.n, SQLITE_STATIC);
        while (sqlite3_step(q) == SQLITE_ROW) {
            reason_json(b, (const char *)sqlite3_column_text(q, 0));
            any = true;
        }
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
    return any;
}

static void paths_json(struct ak_pass *p, struct ak_buf *b, const struct log *l)
{
    ak_buf_u8(b, '[');
    for (uint32_t i = 0; i < l->n_paths; i++) {
        ak_json_comma(b);
        ak_json_str(b, ak_symbol_text(p->symbols, l->paths[i]));
    }
    ak_buf_u8(b, ']');
}

static void days_json(struct ak_pass *p, struct ak_buf *b, uint32_t log_no)
{
    const struct ak_table *t = &p->sources->days;
    char text[16];
    ak_buf_u8(b, '{');
    for (uint32_t i = 0; i < t->n; i++) {
        const struct day *d = ak_table_at(t, i);
        if (d->key.a != log_no)
            continue;
        ak_day_text((int32_t)d->key.b, text);
        ak_json_key(b, text);
        ak_buf_dec(b, d->n);
    }
    ak_buf_u8(b, '}');
}

static void bind_buf(sqlite3_stmt *q, int at, struct ak_buf *b)
{
    sqlite3_bind_text(q, at, b->n ? (const char *)b->at : "", (int)b->n, SQLITE_TRANSIENT);
    b->n = 0;
}

static void bind_symbol(struct ak_pass *p, sqlite3_stmt *q, int at, uint32_t symbol)
{
    struct ak_str s = ak_symbol_text(p->symbols, symbol);
    sqlite3_bind_text(q, at, s.n ? s.at : "", (int)s.n, SQLITE_STATIC);
}

static void bind_time(sqlite3_stmt *q, int at, int64_t ns)
{
    char iso[AK_STAMP_TEXT];
    if (!ns) {
        sqlite3_bind_null(q, at);
        return;
    }
    size_t n = ak_stamp_iso((struct ak_stamp){ ns, AK_STAMP_SET | AK_PREC_S }, iso);
    sqlite3_bind_text(q, at, iso, (int)n, SQLITE_TRANSIENT);
}

static void write_log(struct ak_pass *p, sqlite3_stmt *q, struct log *l, uint32_t log_no)
{
    struct ak_buf b = { 0 };
    bind_symbol(p, q, 1, l->key.a);
    bind_symbol(p, q, 2, l->key.b);
    bind_symbol(p, q, 3, l->key.c);
    sqlite3_bind_int64(q, 4, l->evidence);
    paths_json(p, &b, l);
    bind_buf(q, 5, &b);
    bind_time(q, 6, l->first_ns);
    bind_time(q, 7, l->last_ns);
    sqlite3_bind_int64(q, 8, l->first_ns);
    sqlite3_bind_int64(q, 9, l->last_ns);
    sqlite3_bind_int64(q, 10, (sqlite3_int64)l->records);
    sqlite3_bind_int64(q, 11, (sqlite3_int64)l->recovered);
    ak_buf_u8(&b, '[');
    bool damaged = damage_reasons(p, l, &b);
    if (l->cleared)
        reason_json(&b, "the log was cleared");
    size_t gaps = has_gaps(p, l) ? count_gaps(l) : 0;
    if (gaps)
        reason_json(&b, "the log is silent for a long time");
    ak_buf_u8(&b, ']');
    bind_buf(q, 13, &b);
    const char *state = l->cleared ? "tampered" : damaged || gaps ? "partial" : "complete";
    sqlite3_bind_text(q, 12, state, -1, SQLITE_STATIC);
    if (gaps)
        gaps_json(&b, l);
    else
        ak_buf_text(&b, "[]");
    bind_buf(q, 14, &b);
    days_json(p, &b, log_no);
    bind_buf(q, 15, &b);
    sqlite3_step(q);
    sqlite3_reset(q);
    l->row = sqlite3_last_insert_rowid(ak_store_db(p->store));
    ak_buf_free(&b);
}

static void write_missing(struct ak_pass *p, const char *host, const char *kind, const char *why)
{
    sqlite3_stmt *q;
    struct ak_buf b = { 0 };
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "INSERT INTO t_coverage(host, kind, name, paths, records, recovered, "
                           "state, why, gaps, days)"
                           " VALUES(?1,?2,?2,'[]',0,0,'none',?3,'[]','{}')",
                           -1, &q, NULL) != SQLITE_OK)
        return;
    ak_buf_u8(&b, '[');
    reason_json(&b, why);
    ak_buf_u8(&b, ']');
    sqlite3_bind_text(q, 1, host, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(q, 2, kind, -1, SQLITE_STATIC);
    bind_buf(q, 3, &b);
    sqlite3_step(q);
    sqlite3_finalize(q);
    ak_buf_free(&b);
}

static bool has_log(const struct ak_pass *p, uint32_t host, const char *kind, const char *name_end)
{
    for (uint32_t i = 0; i < p->sources->logs.n; i++) {
        const struct log *l = ak_table_at(&p->sources->logs, i);
        if ((!host || l->key.a == host) &&
            ak_str_eq(ak_symbol_text(p->symbols, l->key.b), ak_str_of(kind)) &&
            ak_str_ends(ak_symbol_text(p->symbols, l->key.c), ak_str_of(name_end)))
            return true;
    }
    return false;
}

/* Logs that an investigation would ask for and that are not there. */
static void write_absent(struct ak_pass *p)
{
    for (uint32_t i = 0; i < p->sources->hosts.n; i++) {
        const struct host *h = ak_table_at(&p->sources->hosts, i);
        char host[256];
        struct ak_str text = ak_symbol_text(p->symbols, h->key.a);
        snprintf(host, sizeof(host), "%.*s", (int)text.n, text.at);
        if (h->windows && !has_log(p, h->key.a, "evtx", "Security"))
            write_missing(p, host, "evtx:Security",
                          "the Security event log is not among the evidence");
        if (h->linux && !has_log(p, h->key.a, "utmp", "") && !has_log(p, h->key.a, "journal", ""))
            write_missing(p, host, "utmp",
                          "no sign-in records (wtmp, journal) are among the evidence");
    }
    if (!has_log(p, 0, "network", ""))
        write_missing(p, "", "network",
                      "no logs of firewalls, proxies or name servers are among the evidence: "
                      "transfers out of "
                      "the network cannot be seen");
}

static void write_hosts(struct ak_pass *p)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "INSERT OR REPLACE INTO t_host VALUES(?1,?2,NULL,?3,?4,?5,?6)", -1, &q,
                           NULL) != SQLITE_OK)
        return;
    for (uint32_t i = 0; i < p->sources->hosts.n; i++) {
        const struct host *h = ak_table_at(&p->sources->hosts, i);
        bind_symbol(p, q, 1, h->key.a);
        sqlite3_bind_text(q, 2,
                          h->windows ? "windows"
                          : h->linux ? "linux"
                                     : "",
                          -1, SQLITE_STATIC);
        bind_time(q, 3, h->first_ns);
        bind_time(q, 4, h->last_ns);
        sqlite3_bind_int64(q, 5, (sqlite3_int64)h->n);
        sqlite3_bind_int64(q, 6, h->evidence);
        sqlite3_step(q);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
}

static void write_histogram(struct ak_pass *p)
{
    sqlite3_stmt *q;
    char day[16];
    if (sqlite3_prepare_v2(
            ak_store_db(p->store),
            "INSERT INTO t_histogram VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE SET n=n+excluded.n",
            -1, &q, NULL) != SQLITE_OK)
        return;
    for (uint32_t i = 0; i < p->sources->days.n; i++) {
        const struct day *d = ak_table_at(&p->sources->days, i);
        const struct log *l = ak_table_at(&p->sources->logs, d->key.a);
        ak_day_text((int32_t)d->key.b, day);
        sqlite3_bind_text(q, 1, day, -1, SQLITE_TRANSIENT);
        bind_symbol(p, q, 2, l->key.a);
        bind_symbol(p, q, 3, l->key.b);
        sqlite3_bind_int64(q, 4, (sqlite3_int64)d->n);
        sqlite3_step(q);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
}

static void finish(struct ak_pass *p)
{
    sqlite3_stmt *q;
    ak_store_sql(p->store, "DELETE FROM t_coverage; DELETE FROM t_host; DELETE FROM t_histogram");
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "INSERT INTO t_coverage(host, kind, name, evidence, paths, first, last, "
                           "first_ns, last_ns,"
                           " records, recovered, state, why, gaps, days)"
                           " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
                           -1, &q, NULL) != SQLITE_OK) {
        p->failed = true;
        return;
    }
    for (uint32_t i = 0; i < p->sources->logs.n; i++)
        write_log(p, q, ak_table_at(&p->sources->logs, i), i);
    sqlite3_finalize(q);
    write_absent(p);
    write_hosts(p);
    write_histogram(p);
}

/* ---- claims ---- */

static void claim_clearing(struct ak_pass *p, const struct log *l)
{
    struct ak_claim c = {
        .field = "log_clearing",
        .section = "evasion",
        .sentence = "The log {log} of {host} was cleared at {at}. What it recorded before is lost, "
                    "but for records recovered from elsewhere.",
        .subject = ak_symbol_text(p->symbols, l->key.a),
        .level = AK_L5
    };
    ak_claim_arg(&c, ak_arg_text("log", ak_symbol_text(p->symbols, l->key.c)));
    ak_claim_arg(&c, ak_arg_text("host", c.subject));
    ak_claim_arg(&c, ak_arg_time("at", l->cleared_ns));
    ak_claim_basis(&c, l->clearing);
    c.coverage[c.n_coverage++] = l->row;
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static void claim_gap(struct ak_pass *p, const struct log *l, const struct gap *g)
{
    struct ak_claim c = {
        .field = "log_source",
        .section = "coverage",
        .sentence = "The log {log} of {host} has no records from {from} to {to}. What happened in "
                    "that time cannot be seen in it.",
        .subject = ak_symbol_text(p->symbols, l->key.a),
        .level = AK_L5,
        .basis_source = AK_STR("coverage")
    };
    ak_claim_arg(&c, ak_arg_text("log", ak_symbol_text(p->symbols, l->key.c)));
    ak_claim_arg(&c, ak_arg_text("host", c.subject));
    ak_claim_arg(&c, ak_arg_time("from", g->from_ns));
    ak_claim_arg(&c, ak_arg_time("to", g->to_ns));
    c.coverage[c.n_coverage++] = l->row;
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static void claim(struct ak_pass *p)
{
    for (uint32_t i = 0; i < p->sources->logs.n; i++) {
        const struct log *l = ak_table_at(&p->sources->logs, i);
        if (l->cleared)
            claim_clearing(p, l);
    }
    unsigned shown = 0;
    for (uint32_t i = 0; i < p->sources->logs.n && shown < 20; i++) {
        const struct log *l = ak_table_at(&p->sources->logs, i);
        for (size_t g = 0; has_gaps(p, l) && g < GAPS && shown < 20; g++)
            if (is_gap(l, &l->gaps[g])) {
                claim_gap(p, l, &l->gaps[g]);
                shown++;
            }
    }
}

int64_t ak_coverage_row(const struct ak_pass *p, const char *kind, bool incomplete_only)
{
    sqlite3_stmt *q;
    int64_t row = 0;
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "SELECT id FROM t_coverage WHERE kind=?1 AND (?2=0 OR "
                           "state<>'complete') ORDER BY id LIMIT 1",
                           -1, &q, NULL) != SQLITE_OK)
        return 0;
    sqlite3_bind_text(q, 1, kind, -1, SQLITE_STATIC);
    sqlite3_bind_int(q, 2, incomplete_only);
    if (sqlite3_step(q) == SQLITE_ROW)
        row = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return row;
}

static void end(struct ak_pass *p)
{
    if (!p->sources)
        return;
    ak_table_free(&p->sources->logs);
    ak_table_free(&p->sources->days);
    ak_table_free(&p->sources->hosts);
    free(p->sources);
}

const struct ak_watcher ak_watch_coverage = { "coverage", begin, see, finish, claim, end };
