/* detections.c - see detections.h. */
#include "analyse/detections.h"

#include "analyse/watch.h"
#include "base/json.h"
#include "base/utf.h"
#include "base/words.h"
#include "detect/correlate.h"
#include "event/jsonl.h"
#include "store/sql.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 256 << 20, CORRELATION_BYTES = 256 << 20, VALUES_MAX = 64 };

/* Between one field and the next: hayabusa's broken bar. */
#define BAR " \xC2\xA6 "

struct ak_detections {
    struct ak_store *store;
    const struct ak_reading *reading;
    struct ak_arena *arena;
    struct ak_rule *rules;  /* by number; of each only what correlations need */
    bool *muted, *followed; /* not reported; a correlation rests on it */
    size_t n;
    struct ak_correlator *correlator; /* NULL: there are no correlations */
    sqlite3_stmt *insert;
    struct ak_buf details, fields, extra, events;
    struct ak_str now_host; /* of the event being seen */
    struct ak_symbols *hosts;
    uint32_t *host_of; /* by item's rank: the host of its last hit that a correlation follows */
    bool with_extra, failed;
};

/* Events that are themselves matches, told by the worker that looked. */
static const struct match_kind {
    struct ak_str data_type, field; /* which field says what matched */
    const char *id, *name;          /* what stands before it; the name is an entry of data/words */
} MATCHES[] = {
    { AK_STR_INIT("indicator:match"), AK_STR_INIT("indicator.value"),
      "indicator:", "Indicator of compromise: " },
    { AK_STR_INIT("yara:match"), AK_STR_INIT("yara_match"), "yara:", "YARA rule: " },
};

/* One row about to be written. */
struct row {
    uint32_t rule;
    struct ak_stamp when;
    struct ak_str host;
    const struct ak_stored *event; /* the one it rests on, or the last of them; NULL: not at hand */
    struct ak_hit_ref ref;         /* of that event */
    uint64_t n_events;
    const struct ak_correlated *correlated; /* NULL: of one event */
    const struct match_kind *match;         /* of an indicator or of YARA; NULL: of a rule */
    struct ak_str matched;                  /* which one */
};

/* ---- rules ---- */

static bool load_rule(struct ak_detections *d, sqlite3_stmt *q)
{
    size_t number = (size_t)sqlite3_column_int64(q, 0);
    if (number >= d->n)
        return true;
    struct ak_rule *rule = &d->rules[number];
    struct ak_bytes bytes = { sqlite3_column_blob(q, 3), (size_t)sqlite3_column_bytes(q, 3) };
    rule->silent = sqlite3_column_int(q, 1) != 0;
    d->muted[number] = sqlite3_column_int(q, 2) != 0;
    if (!bytes.at || bytes.n == 0)
        return true;
    struct ak_correlation *c = AK_NEW(d->arena, struct ak_correlation);
    if (!c || ak_correlation_get(d->arena, bytes, (uint32_t)d->n, c) != AK_OK)
        return false;
    rule->correlation = c;
    for (size_t i = 0; i < c->n_rules; i++)
        d->followed[c->rules[i]] = true;
    return true;
}

static bool load_rules(struct ak_detections *d)
{
    sqlite3_stmt *q;
    sqlite3 *db = ak_store_db(d->store);
    if (sqlite3_prepare_v2(db, "SELECT coalesce(max(number) + 1, 0) FROM t_rule", -1, &q, NULL) !=
        SQLITE_OK)
        return false;
    d->n = sqlite3_step(q) == SQLITE_ROW ? (size_t)sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    d->rules = AK_NEW_N(d->arena, struct ak_rule, d->n + 1);
    d->muted = AK_NEW_N(d->arena, bool, d->n + 1);
    d->followed = AK_NEW_N(d->arena, bool, d->n + 1);
    if (!d->rules || !d->muted || !d->followed ||
        sqlite3_prepare_v2(db, "SELECT number, silent, muted, correlation FROM t_rule", -1, &q,
                           NULL) != SQLITE_OK)
        return false;
    bool ok = true;
    while (ok && sqlite3_step(q) == SQLITE_ROW)
        ok = load_rule(d, q);
    sqlite3_finalize(q);
    return ok;
}

/* ---- texts of a row ---- */

/* Readers of the case want UTF-8: bytes that are none become U+FFFD. */
static void put_valid(struct ak_buf *b, struct ak_str text)
{
    for (size_t at = 0, from = 0; at < text.n; from = at) {
        uint32_t c = ak_utf8_next(text, &at);
        if (c == 0xFFFFFFFF || (c >= 0xD800 && c < 0xE000))
            ak_buf_text(b, "\xEF\xBF\xBD");
        else
            ak_buf_put(b, text.at + from, at - from);
    }
}

/* On one line: what would break it becomes a space. */
static void put_line(struct ak_buf *b, struct ak_str text)
{
    size_t from = b->n;
    if (ak_utf8_valid(text))
        ak_buf_str(b, text);
    else
        put_valid(b, text);
    for (size_t i = from; i < b->n; i++)
        if (b->at[i] == '\n' || b->at[i] == '\r' || b->at[i] == '\t')
            b->at[i] = ' ';
}

static void put_pair(struct ak_buf *b, struct ak_str name, struct ak_str value)
{
    if (b->n)
        ak_buf_text(b, BAR);
    put_line(b, name);
    ak_buf_text(b, ": ");
    put_line(b, value);
}

static void put_member(struct ak_buf *b, struct ak_str name, struct ak_str value)
{
    ak_buf_u8(b, b->n ? ',' : '{');
    ak_json_str(b, name);
    ak_buf_u8(b, ':');
    ak_json_str(b, value);
}

static void put_field(struct ak_detections *d, struct ak_str name, struct ak_str value)
{
    put_pair(&d->details, name, value);
    put_member(&d->fields, name, value);
}

/* The rule's name for a field: what stands behind "winlog.event_data."; empty for
 * what a row has columns for. */
static struct ak_str short_name(struct ak_str name)
{
    static const struct ak_str BEFORE[] = { AK_STR_INIT("winlog.event_data."),
                                            AK_STR_INIT("winlog.user_data.") };
    static const struct ak_str LEAVE[] = { AK_STR_INIT("winlog."),  AK_STR_INIT("event."),
                                           AK_STR_INIT("host."),    AK_STR_INIT("user."),
                                           AK_STR_INIT("process."), AK_STR_INIT("file."),
                                           AK_STR_INIT("source."),  AK_STR_INIT("destination.") };
    for (size_t i = 0; i < sizeof(BEFORE) / sizeof(BEFORE[0]); i++)
        if (ak_str_starts(name, BEFORE[i]))
            return (struct ak_str){ name.at + BEFORE[i].n, name.n - BEFORE[i].n };
    for (size_t i = 0; i < sizeof(LEAVE) / sizeof(LEAVE[0]); i++)
        if (ak_str_starts(name, LEAVE[i]))
            return AK_STR("");
    return name;
}

static bool named_by(const struct ak_stored_hit *hit, struct ak_str name)
{
    for (size_t i = 0; i < hit->n_fields; i++)
        if (ak_str_eq_fold(hit->fields[i].name, name))
            return true;
    return false;
}

static struct ak_str unquoted(struct ak_str json)
{
    bool quoted = json.n >= 2 && json.at[0] == '"';
    return quoted ? (struct ak_str){ json.at + 1, json.n - 2 } : json;
}

/* What the event says beyond what the rule names. */
static void put_extra(struct ak_buf *b, const struct ak_event *e, const struct ak_stored_hit *hit)
{
    bool windows = ak_event_get(e, AK_STR("winlog.channel")) != NULL;
    for (size_t i = 0; i < e->shape->n; i++) {
        const struct ak_value *v = &e->values[i];
        struct ak_str name = windows ? short_name(e->shape->names[i]) : e->shape->names[i];
        if (v->type == AK_TYPE_NONE || name.n == 0 || named_by(hit, name))
            continue;
        struct ak_buf value = { 0 };
        if (v->type != AK_TYPE_STR)
            ak_jsonl_value(&value, v);
        put_pair(b, name, v->type == AK_TYPE_STR ? v->str : unquoted(ak_buf_view(&value)));
        ak_buf_free(&value);
    }
}

static void put_id(struct ak_buf *b, const struct ak_detections *d, struct ak_hit_ref ref)
{
    const struct ak_item_info *item = ak_reading_item(d->reading, ref.item);
    if (item)
        ak_buf_printf(b, "%.*s:%u", (int)item->key.n, item->key.at, ref.seq);
}

/* ---- writing ---- */

static void bind_time(sqlite3_stmt *q, int at, struct ak_stamp when)
{
    char iso[AK_STAMP_TEXT];
    ak_sql_bind(q, at, (struct ak_str){ iso, ak_stamp_is_set(when) ? ak_stamp_iso(when, iso) : 0 });
}

enum {
    C_RULE = 1,
    C_NS,
    C_DATETIME,
    C_HOST,
    C_SOURCE,
    C_CODE,
    C_RECORD,
    C_SORT,
    C_EVENT,
    C_EVIDENCE,
    C_PATH,
    C_DETAILS,
    C_FIELDS,
    C_EXTRA,
    C_N_EVENTS,
    C_FIRST,
    C_LAST,
    C_EVENTS,
    C_MATCH_ID,
    C_MATCH_NAME,
    C_MATCH_NAME_JA
};

static void bind_event(struct ak_detections *d, const struct ak_stored *e)
{
    const struct ak_value *record = ak_event_get(&e->event, AK_STR("winlog.record_id"));
    struct ak_str source = ak_event_text(&e->event, AK_STR("winlog.channel"));
    ak_sql_bind(d->insert, C_SOURCE, source.n ? source : e->event.shape->data_type);
    ak_sql_bind(d->insert, C_CODE, ak_event_text(&e->event, AK_STR("event.code")));
    if (record)
        sqlite3_bind_int64(d->insert, C_RECORD, (sqlite3_int64)record->u64);
}

static void bind_match(sqlite3_stmt *q, const struct row *r)
{
    struct ak_buf b = { 0 };
    const char *const before[] = { r->match->id, r->match->name,
                                   ak_word(AK_LANG_JA, r->match->name) };
    for (int i = 0; i < 3; i++) {
        b.n = 0;
        ak_buf_text(&b, before[i]);
        put_line(&b, r->matched);
        ak_sql_bind(q, C_MATCH_ID + i, ak_buf_view(&b));
    }
    ak_buf_free(&b);
}

static void write_row(struct ak_detections *d, const struct row *r)
{
    struct ak_buf id = { 0 };
    const struct ak_item_info *item = ak_reading_item(d->reading, r->ref.item);
    sqlite3_stmt *q = d->insert;
    sqlite3_clear_bindings(q);
    put_id(&id, d, r->ref);
    if (d->fields.n)
        ak_buf_u8(&d->fields, '}');
    if (r->match)
        bind_match(q, r);
    else
        sqlite3_bind_int64(q, C_RULE, r->rule);
    if (ak_stamp_is_set(r->when))
        sqlite3_bind_int64(q, C_NS, r->when.utc_ns);
    bind_time(q, C_DATETIME, r->when);
    ak_sql_bind(q, C_HOST, r->host);
    if (r->event && !r->correlated)
        bind_event(d, r->event);
    sqlite3_bind_int64(q, C_SORT, (sqlite3_int64)((uint64_t)r->ref.item << 32 | r->ref.seq));
    ak_sql_bind(q, C_EVENT, ak_buf_view(&id));
    ak_sql_bind(q, C_EVIDENCE, item ? item->evidence_name : AK_STR(""));
    ak_sql_bind(q, C_PATH, item ? item->path : AK_STR(""));
    ak_sql_bind(q, C_DETAILS, ak_buf_view(&d->details));
    ak_sql_bind(q, C_FIELDS, ak_buf_view(&d->fields));
    ak_sql_bind(q, C_EXTRA, ak_buf_view(&d->extra));
    sqlite3_bind_int64(q, C_N_EVENTS, (sqlite3_int64)r->n_events);
    if (r->correlated) {
        uint8_t flags = AK_STAMP_SET | AK_PREC_NS;
        bind_time(q, C_FIRST, (struct ak_stamp){ r->correlated->first_ns, flags });
        bind_time(q, C_LAST, (struct ak_stamp){ r->correlated->last_ns, flags });
        ak_sql_bind(q, C_EVENTS, ak_buf_view(&d->events));
    }
    d->failed = d->failed || id.failed || sqlite3_step(q) != SQLITE_DONE;
    sqlite3_reset(q);
    ak_buf_free(&id);
    d->details.n = d->fields.n = d->extra.n = d->events.n = 0;
}

/* ---- correlations ---- */

static void on_correlated(void *self, const struct ak_correlated *what)
{
    struct ak_detections *d = self;
    if (what->rule >= d->n || d->muted[what->rule] || d->rules[what->rule].silent)
        return;
    struct row r = { .rule = what->rule,
                     .when = { what->last_ns, AK_STAMP_SET | AK_PREC_NS },
                     .n_events = what->n_events,
                     .correlated = what };
    char value[32];
    for (size_t i = 0; i < what->n_group; i++)
        put_field(d, what->group[i].name, what->group[i].value);
    int n = snprintf(value, sizeof(value), "%.15g", what->value);
    put_field(d, AK_STR("count"), (struct ak_str){ value, n > 0 ? (size_t)n : 0 });
    for (size_t i = 0; i < what->n_refs; i++) {
        ak_buf_text(&d->events, i ? ",\"" : "[\"");
        put_id(&d->events, d, what->refs[i]);
        ak_buf_u8(&d->events, '"');
    }
    if (what->n_refs) {
        r.ref = what->refs[what->n_refs - 1];
        ak_buf_u8(&d->events, ']');
    }
    const struct ak_item_info *item = ak_reading_item(d->reading, r.ref.item);
    if (item)
        r.host = ak_symbol_text(d->hosts, d->host_of[r.ref.item]);
    write_row(d, &r);
}

static void correlate(struct ak_detections *d, const struct ak_stored *e,
                      const struct ak_stored_hit *hit)
{
    struct ak_correlate_value values[VALUES_MAX];
    size_t n = hit->n_fields < VALUES_MAX ? hit->n_fields : VALUES_MAX;
    for (size_t i = 0; i < n; i++)
        values[i] = (struct ak_correlate_value){ hit->fields[i].name, hit->fields[i].value };
    struct ak_correlate_hit to = { .rule = hit->rule,
                                   .utc_ns = e->event.when.utc_ns,
                                   .ref = { e->item->rank, e->event.seq },
                                   .values = values,
                                   .n_values = n };
    d->host_of[e->item->rank] = ak_symbol(d->hosts, d->now_host);
    ak_correlator_see(d->correlator, &to);
}

/* ---- the pass ---- */

static bool any_correlation(const struct ak_detections *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->rules[i].correlation)
            return true;
    return false;
}

struct ak_detections *ak_detections_begin(struct ak_store *store, const struct ak_reading *reading,
                                          bool extra)
{
    struct ak_detections *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->store = store;
    d->reading = reading;
    d->with_extra = extra;
    d->arena = ak_arena_new(ARENA_BYTES);
    d->hosts = ak_symbols_new();
    d->host_of = calloc(ak_reading_n_items(reading) + 1, sizeof(*d->host_of));
    bool ok =
        d->arena && d->hosts && d->host_of && load_rules(d) &&
        ak_store_sql(store, "DELETE FROM t_detection") &&
        sqlite3_prepare_v2(
            ak_store_db(store),
            "INSERT INTO t_detection(rule, ns, datetime, host, source, code, record, sort, "
            "event, evidence, path,"
            " details, fields, extra, n_events, first, last, events, match_id, match_name, "
            "match_name_ja)"
            " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21)",
            -1, &d->insert, NULL) == SQLITE_OK;
    if (ok && any_correlation(d)) {
        d->correlator = ak_correlator_new(d->rules, d->n, CORRELATION_BYTES, on_correlated, d);
        ok = d->correlator != NULL;
    }
    if (ok)
        return d;
    ak_detections_free(d);
    return NULL;
}

static const struct match_kind *match_of(const struct ak_event *e)
{
    for (size_t i = 0; i < sizeof(MATCHES) / sizeof(MATCHES[0]); i++)
        if (ak_str_eq(e->shape->data_type, MATCHES[i].data_type))
            return &MATCHES[i];
    return NULL;
}

static void see_match(struct ak_detections *d, const struct ak_stored *e, struct ak_str host,
                      const struct match_kind *match)
{
    struct row r = { .when = e->event.when,
                     .host = host,
                     .event = e,
                     .ref = { e->item->rank, e->event.seq },
                     .n_events = 1,
                     .match = match,
                     .matched = ak_event_text(&e->event, match->field) };
    for (size_t i = 0; i < e->event.shape->n; i++)
        if (e->event.values[i].type == AK_TYPE_STR)
            put_field(d, e->event.shape->names[i], e->event.values[i].str);
    write_row(d, &r);
}

/* The row of one hit.  That its event was recovered, perhaps from another machine's
 * log, is said: an analyst must know. */
static void report(struct ak_detections *d, const struct ak_stored *e,
                   const struct ak_stored_hit *hit)
{
    for (size_t k = 0; k < hit->n_fields; k++)
        put_field(d, hit->fields[k].name, hit->fields[k].value);
    if (e->event.flags & AK_EVENT_RECOVERED)
        put_field(d, AK_STR("recovered"), AK_STR("true"));
    if (d->with_extra)
        put_extra(&d->extra, &e->event, hit);
    struct row r = { .rule = hit->rule,
                     .when = e->event.when,
                     .host = d->now_host,
                     .event = e,
                     .ref = { e->item->rank, e->event.seq },
                     .n_events = 1 };
    write_row(d, &r);
}

void ak_detections_see(struct ak_detections *d, const struct ak_stored *e, struct ak_str host)
{
    bool timed = ak_stamp_is_set(e->event.when);
    const struct match_kind *match = match_of(&e->event);
    d->now_host = host;
    if (match)
        see_match(d, e, host, match);
    for (size_t i = 0; i < e->n_hits; i++) {
        const struct ak_stored_hit *hit = &e->hits[i];
        if (hit->rule >= d->n)
            continue;
        if (d->correlator && d->followed[hit->rule] && timed)
            correlate(d, e, hit);
        if (d->muted[hit->rule] || d->rules[hit->rule].silent)
            continue;
        report(d, e, hit);
    }
}

bool ak_detections_end(struct ak_detections *d)
{
    if (d->correlator) {
        ak_correlator_end(d->correlator);
        char text[24];
        snprintf(text, sizeof(text), "%llu",
                 (unsigned long long)ak_correlator_let_go(d->correlator));
        ak_store_set_meta(d->store, "rules.let_go", text);
    }
    return !d->failed && !d->details.failed && !d->fields.failed && !d->extra.failed &&
           !d->events.failed;
}

void ak_detections_free(struct ak_detections *d)
{
    if (!d)
        return;
    ak_correlator_free(d->correlator);
    ak_symbols_free(d->hosts);
    free(d->host_of);
    sqlite3_finalize(d->insert);
    ak_buf_free(&d->details);
    ak_buf_free(&d->fields);
    ak_buf_free(&d->extra);
    ak_buf_free(&d->events);
    ak_arena_free(d->arena);
    free(d);
}

static enum ak_status see_all(struct ak_detections *d, struct ak_reading *reading,
                              const struct ak_window *window)
{
    struct ak_timeline *timeline;
    struct ak_stored e;
    bool more = true;
    enum ak_status st = ak_timeline_open(reading, window, &timeline);
    if (st != AK_OK)
        return st;
    while ((st = ak_timeline_next(timeline, &e, &more)) == AK_OK && more) {
        struct ak_str host = ak_event_text(&e.event, AK_STR("host.name"));
        ak_detections_see(d, &e, host.n ? host : e.item->host);
    }
    ak_timeline_close(timeline);
    return st;
}

enum ak_status ak_detections_all(struct ak_store *store, struct ak_reading *reading,
                                 const struct ak_window *window, bool extra)
{
    enum ak_status st = ak_store_commit(store);
    if (st == AK_OK && !ak_store_sql(store, "BEGIN"))
        st = AK_ERR_IO;
    if (st != AK_OK)
        return st;
    struct ak_detections *d = ak_detections_begin(store, reading, extra);
    st = d ? see_all(d, reading, window) : AK_ERR_NOMEM;
    if (st == AK_OK && !ak_detections_end(d))
        st = AK_ERR_IO;
    ak_detections_free(d);
    if (!ak_store_sql(store, st == AK_OK ? "COMMIT" : "ROLLBACK"))
        st = AK_ERR_IO;
    return st;
}

/* ---- the watcher of akashi investigate ---- */

static bool begin(struct ak_pass *p)
{
    p->detections = ak_detections_begin(p->store, p->reading, false);
    return p->detections != NULL;
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    ak_detections_see(p->detections, v->stored, v->host);
}

static void finish(struct ak_pass *p) { p->failed |= !ak_detections_end(p->detections); }

static void end(struct ak_pass *p) { ak_detections_free(p->detections); }

const struct ak_watcher ak_watch_detections = { "detections", begin, see, finish, NULL, end };
