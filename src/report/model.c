/* model.c - see model.h: claims, logs, days and numbers. */
#include "report/model.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const size_t ARENA_BYTES = (size_t)512 << 20;

/* ---- reading rows ---- */

struct ak_str ak_report_keep(struct ak_report *r, struct ak_str s)
{
    char *to = s.n ? AK_NEW_N(r->arena, char, s.n + 1) : NULL;
    if (!to)
        return AK_STR("");
    memcpy(to, s.at, s.n);
    return (struct ak_str){ to, s.n };
}

struct ak_str ak_report_column(struct ak_report *r, void *stmt, int at)
{
    const char *text = (const char *)sqlite3_column_text(stmt, at);
    return text ? ak_report_keep(r, (struct ak_str){ text, (size_t)sqlite3_column_bytes(stmt, at) })
                : AK_STR("");
}

bool ak_report_each(struct ak_report *r, const char *sql, struct ak_str bound, ak_row_fn *row,
                    void *self)
{
    sqlite3_stmt *q;
    int rc;
    if (sqlite3_prepare_v2(ak_store_db(r->store), sql, -1, &q, NULL) != SQLITE_OK)
        return false;
    if (sqlite3_bind_parameter_count(q) > 0)
        sqlite3_bind_text(q, 1, bound.n ? bound.at : "", (int)bound.n, SQLITE_STATIC);
    while ((rc = sqlite3_step(q)) == SQLITE_ROW)
        row(r, q, self);
    sqlite3_finalize(q);
    return rc == SQLITE_DONE;
}

static void take_number(struct ak_report *r, void *stmt, void *self)
{
    (void)r;
    *(uint64_t *)self = (uint64_t)sqlite3_column_int64(stmt, 0);
}

static bool number(struct ak_report *r, const char *sql, uint64_t *out)
{
    *out = 0;
    return ak_report_each(r, sql, AK_STR(""), take_number, out);
}

int64_t ak_report_ns(struct ak_str iso)
{
    struct ak_stamp s;
    size_t used;
    return iso.n && ak_stamp_parse_iso(iso, &s, &used) ? s.utc_ns : 0;
}

/* ---- claims ---- */

/* {ja,en} of a row; the catalogue helps when the case was made without it. */
static struct ak_both both_of(struct ak_report *r, void *stmt, int ja, int en)
{
    struct ak_both b = { { ak_report_column(r, stmt, en), ak_report_column(r, stmt, ja) } };
    if (ak_str_eq(b.in[AK_LANG_EN], b.in[AK_LANG_JA]) && b.in[AK_LANG_EN].n)
        b.in[AK_LANG_JA] = ak_str_of(ak_word(AK_LANG_JA, b.in[AK_LANG_EN].at));
    return b;
}

static void take_basis(struct ak_report *r, void *stmt, void *self)
{
    struct ak_report_claim *c = self;
    if (c->n_basis < AK_REPORT_BASIS_MAX)
        c->basis[c->n_basis++] = ak_report_column(r, stmt, 0);
}

static void take_limit(struct ak_report *r, void *stmt, void *self)
{
    struct ak_report_claim *c = self;
    if (c->n_limits < AK_REPORT_LIMITS_MAX)
        c->limits[c->n_limits++] = both_of(r, stmt, 0, 1);
}

static void take_claim(struct ak_report *r, void *stmt, void *self)
{
    struct ak_str basis, limits;
    (void)self;
    struct ak_report_claim *c = r->n_claims < AK_REPORT_CLAIMS_MAX ? &r->claims[r->n_claims] : NULL;
    r->n_claims_all++;
    if (!c)
        return;
    struct ak_str *const FIELDS[] = { &c->id,    &c->field,   &c->section,
                                      &c->level, &c->subject, &c->value };
    for (int i = 0; i < 6; i++)
        *FIELDS[i] = ak_report_column(r, stmt, i);
    c->text = (struct ak_both){ { ak_report_column(r, stmt, 7), ak_report_column(r, stmt, 6) } };
    basis = ak_report_column(r, stmt, 8);
    limits = ak_report_column(r, stmt, 9);
    c->by_rule = ak_str_eq(ak_report_column(r, stmt, 10), AK_STR("rules"));
    c->basis = AK_NEW_N(r->arena, struct ak_str, AK_REPORT_BASIS_MAX);
    if (!c->basis)
        return;
    ak_report_each(r, "SELECT value FROM json_each(?1) WHERE json_valid(?1)", basis, take_basis, c);
    ak_report_each(
        r,
        "SELECT json_extract(value,'$.ja'), json_extract(value,'$.en') FROM json_each(?1)"
        " WHERE json_valid(?1)",
        limits, take_limit, c);
    r->n_claims++;
}

static enum ak_status read_claims(struct ak_report *r)
{
    r->claims = AK_NEW_N(r->arena, struct ak_report_claim, AK_REPORT_CLAIMS_MAX);
    if (!r->claims)
        return AK_ERR_LIMIT;
    return ak_report_each(r,
                          "SELECT id, field, section, level, subject, value, text_ja, text_en, "
                          "basis, limits, producer"
                          " FROM claims ORDER BY CAST(substr(id, 2) AS INTEGER), id",
                          AK_STR(""), take_claim, NULL)
               ? AK_OK
               : AK_ERR_IO;
}

const struct ak_report_claim *ak_report_claim(const struct ak_report *r, const char *field,
                                              size_t from)
{
    for (size_t i = from; i < r->n_claims; i++)
        if (ak_str_eq(r->claims[i].field, ak_str_of(field)) && !r->claims[i].by_rule)
            return &r->claims[i];
    return NULL;
}

struct value_of {
    const char *name;
    struct ak_str found;
};

static void take_value(struct ak_report *r, void *stmt, void *self)
{
    struct value_of *v = self;
    if (strcmp((const char *)sqlite3_column_text(stmt, 0), v->name) == 0)
        v->found = ak_report_column(r, stmt, 1);
}

struct ak_str ak_report_value(struct ak_report *r, const struct ak_report_claim *c,
                              const char *name)
{
    struct value_of v = { name, AK_STR("") };
    ak_report_each(r,
                   "SELECT key, value FROM json_each(?1) WHERE json_valid(?1) AND key IS NOT NULL",
                   c->value, take_value, &v);
    return v.found;
}

/* ---- logs ---- */

static int32_t day_number(struct ak_str text)
{
    int64_t ns = ak_report_ns(text);
    return (int32_t)(ns / 1000000000 / 86400 - (ns % (INT64_C(86400) * 1000000000) < 0));
}

static void take_log_day(struct ak_report *r, void *stmt, void *self)
{
    struct ak_report_log *l = self;
    struct ak_str text = { (const char *)sqlite3_column_text(stmt, 0),
                           (size_t)sqlite3_column_bytes(stmt, 0) };
    (void)r;
    l->days[l->n_days++] = day_number(text);
}

static void read_log_days(struct ak_report *r, struct ak_report_log *l, struct ak_str json)
{
    size_t room = 1; /* one key has at least a colon */
    for (size_t i = 0; i < json.n; i++)
        room += json.at[i] == ':';
    l->days = AK_NEW_N(r->arena, int32_t, room);
    if (l->days)
        ak_report_each(r, "SELECT key FROM json_each(?1) WHERE json_valid(?1) ORDER BY key", json,
                       take_log_day, l);
}

static void take_gap(struct ak_report *r, void *stmt, void *self)
{
    struct ak_report_log *l = self;
    if (l->n_gaps < AK_REPORT_GAPS_MAX)
        l->gaps[l->n_gaps++] = (struct ak_span){ ak_report_ns(ak_report_column(r, stmt, 0)),
                                                 ak_report_ns(ak_report_column(r, stmt, 1)) };
}

static struct ak_str joined(struct ak_report *r, struct ak_str a, struct ak_str b)
{
    struct ak_buf buf = { 0 };
    if (!a.n)
        return b;
    ak_buf_str(&buf, a);
    ak_buf_text(&buf, "; ");
    ak_buf_str(&buf, b);
    struct ak_str kept = ak_report_keep(r, ak_buf_view(&buf));
    ak_buf_free(&buf);
    return kept;
}

static void take_reason(struct ak_report *r, void *stmt, void *self)
{
    struct ak_report_log *l = self;
    struct ak_both b = both_of(r, stmt, 0, 1);
    for (int i = 0; i < 2; i++)
        l->why.in[i] = joined(r, l->why.in[i], b.in[i]);
}

static void take_cleared(struct ak_report *r, void *stmt, void *self)
{
    ((struct ak_report_log *)self)->cleared_ns = ak_report_ns(ak_report_column(r, stmt, 0));
}

/* When it was cleared stands in the claim that rests on this row. */
static void read_clearing(struct ak_report *r, struct ak_report_log *l)
{
    char row[24];
    int n = snprintf(row, sizeof(row), "%lld", (long long)l->row);
    ak_report_each(r,
                   "SELECT json_extract(value,'$.at') FROM t_claim WHERE field='log_clearing' AND"
                   " json_extract(coverage,'$[0]')=CAST(?1 AS INTEGER)",
                   (struct ak_str){ row, (size_t)n }, take_cleared, l);
}

static void take_log(struct ak_report *r, void *stmt, void *self)
{
    (void)self;
    struct ak_report_log *l = r->n_logs < AK_REPORT_LOGS_MAX ? &r->logs[r->n_logs] : NULL;
    r->n_logs_all++;
    if (!l)
        return;
    r->n_logs++;
    l->row = sqlite3_column_int64(stmt, 0);
    l->host = ak_report_column(r, stmt, 1);
    l->kind = ak_report_column(r, stmt, 2);
    l->name = ak_report_column(r, stmt, 3);
    l->state = ak_report_column(r, stmt, 4);
    l->first_ns = ak_report_ns(ak_report_column(r, stmt, 5));
    l->last_ns = ak_report_ns(ak_report_column(r, stmt, 6));
    l->records = (uint64_t)sqlite3_column_int64(stmt, 7);
    l->recovered = (uint64_t)sqlite3_column_int64(stmt, 8);
    ak_report_each(
        r,
        "SELECT json_extract(value,'$.ja'), json_extract(value,'$.en') FROM json_each(?1)"
        " WHERE json_valid(?1)",
        ak_report_column(r, stmt, 9), take_reason, l);
    ak_report_each(
        r,
        "SELECT json_extract(value,'$.from'), json_extract(value,'$.to') FROM json_each(?1)"
        " WHERE json_valid(?1) ORDER BY 1",
        ak_report_column(r, stmt, 10), take_gap, l);
    read_log_days(r, l, ak_report_column(r, stmt, 11));
    if (ak_str_eq(l->state, AK_STR("tampered")))
        read_clearing(r, l);
}

/* What is not whole comes first, so that a cut list loses the least; logs of which
 * nothing is left but that they were cleared come last. */
static enum ak_status read_logs(struct ak_report *r)
{
    r->logs = AK_NEW_N(r->arena, struct ak_report_log, AK_REPORT_LOGS_MAX);
    if (!r->logs)
        return AK_ERR_LIMIT;
    return ak_report_each(r,
                          "SELECT id, host, kind, name, state, first, last, records, recovered, "
                          "why, gaps, days"
                          " FROM t_coverage ORDER BY state<>'none' AND first IS NULL, CASE state "
                          "WHEN 'tampered' THEN 0 WHEN 'none' THEN 1"
                          " WHEN 'partial' THEN 2 ELSE 3 END, records DESC, id",
                          AK_STR(""), take_log, NULL)
               ? AK_OK
               : AK_ERR_IO;
}

/* ---- events per day ---- */

static void take_kind(struct ak_report *r, void *stmt, void *self)
{
    (void)self;
    if (r->n_kinds < AK_REPORT_KINDS)
        r->kinds[r->n_kinds++] = ak_report_column(r, stmt, 0);
}

static void take_day(struct ak_report *r, void *stmt, void *self)
{
    (void)self;
    struct ak_str text = { (const char *)sqlite3_column_text(stmt, 0),
                           (size_t)sqlite3_column_bytes(stmt, 0) };
    struct ak_str kind = { (const char *)sqlite3_column_text(stmt, 1),
                           (size_t)sqlite3_column_bytes(stmt, 1) };
    uint8_t k = 0;
    while (k + 1u < r->n_kinds && !ak_str_eq(r->kinds[k], kind))
        k++;
    if (r->n_days < AK_REPORT_DAYS_MAX)
        r->days[r->n_days++] =
            (struct ak_report_day){ day_number(text), k, (uint64_t)sqlite3_column_int64(stmt, 2) };
}

static enum ak_status read_days(struct ak_report *r)
{
    uint64_t n_kinds, n_days;
    if (!number(r, "SELECT count(DISTINCT kind) FROM t_histogram", &n_kinds) ||
        !number(r, "SELECT count(*) FROM (SELECT 1 FROM t_histogram GROUP BY day, kind)",
                &n_days) ||
        !ak_report_each(r, "SELECT kind FROM t_histogram GROUP BY kind ORDER BY sum(n) DESC, kind",
                        AK_STR(""), take_kind, NULL))
        return AK_ERR_IO;
    if (n_kinds > AK_REPORT_KINDS)
        r->kinds[AK_REPORT_KINDS - 1] = AK_STR("others");
    n_days = n_days < AK_REPORT_DAYS_MAX ? n_days : AK_REPORT_DAYS_MAX;
    r->days = AK_NEW_N(r->arena, struct ak_report_day, n_days + 1);
    if (!r->days)
        return AK_ERR_LIMIT;
    return ak_report_each(
               r, "SELECT day, kind, sum(n) FROM t_histogram GROUP BY day, kind ORDER BY day, kind",
               AK_STR(""), take_day, NULL)
               ? AK_OK
               : AK_ERR_IO;
}

/* ---- numbers ---- */

static const struct count {
    const char *sql;
    size_t at;
} COUNTS[] = {
#define COUNT(member, sql)                                                                         \
    {                                                                                              \
        sql, offsetof(struct ak_report_numbers, member)                                            \
    }
    COUNT(evidence, "SELECT count(*) FROM evidence"),
    COUNT(evidence_bytes, "SELECT coalesce(sum(size),0) FROM evidence"),
    COUNT(files, "SELECT coalesce(sum(n_files),0) FROM evidence"),
    COUNT(items, "SELECT count(*) FROM sources"),
    COUNT(parsed, "SELECT count(*) FROM sources WHERE state='done' AND coalesce(parser,'')<>''"),
    COUNT(failed, "SELECT count(*) FROM sources WHERE state='failed'"),
    COUNT(unknown, "SELECT count(*) FROM sources WHERE state='done' AND note='no parser for it'"),
    COUNT(events, "SELECT coalesce(sum(n_events),0) FROM t_item WHERE parts=0"),
    COUNT(damage, "SELECT count(*) FROM damage"),
    COUNT(volumes, "SELECT count(*) FROM volumes WHERE allocated"),
    COUNT(unreadable, "SELECT count(*) FROM volumes WHERE allocated AND NOT readable"),
    COUNT(detections, "SELECT count(*) FROM detections"),
    COUNT(persons, "SELECT count(*) FROM persons"),
#undef COUNT
};

static enum ak_status read_numbers(struct ak_report *r)
{
    for (size_t i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++)
        if (!number(r, COUNTS[i].sql, (uint64_t *)(void *)((char *)&r->numbers + COUNTS[i].at)))
            return AK_ERR_IO;
    return AK_OK;
}

static void take_as_of(struct ak_report *r, void *stmt, void *self)
{
    (void)self;
    r->as_of = ak_report_column(r, stmt, 0);
    r->as_of_ns = ak_report_ns(r->as_of);
}

/* ---- all ---- */

static void find_window(struct ak_report *r)
{
    const struct ak_report_claim *c = ak_report_claim(r, "attack_active_windows", 0);
    if (!c)
        return;
    r->window.from_ns = ak_report_ns(ak_report_value(r, c, "first"));
    r->window.to_ns = ak_report_ns(ak_report_value(r, c, "last"));
    r->window_known = r->window.from_ns && r->window.to_ns >= r->window.from_ns;
}

/* The zone of the report's times: the first evidence's that has one. */
static void find_zone(struct ak_report *r, const struct ak_reading *reading)
{
    r->zone = ak_zone_utc;
    for (size_t i = 0; i < ak_reading_n_items(reading) && !r->zone.known; i++)
        if (ak_reading_item(reading, i)->zone->known)
            r->zone = *ak_reading_item(reading, i)->zone;
}

static struct ak_str folder_name(struct ak_str folder)
{
    while (folder.n > 1 && folder.at[folder.n - 1] == '/')
        folder.n--;
    return ak_str_basename(folder);
}

static enum ak_status read_all(struct ak_report *r)
{
    struct ak_reading *reading = NULL;
    enum ak_status st = ak_reading_open(r->store, &reading);
    if (st == AK_OK) {
        find_zone(r, reading);
        st = read_numbers(r);
    }
    if (st == AK_OK)
        st = ak_report_read_detections(r) ? read_claims(r) : AK_ERR_IO;
    if (st == AK_OK)
        st = read_logs(r);
    if (st == AK_OK)
        st = read_days(r);
    if (st == AK_OK)
        st = ak_report_read_events(r, reading);
    if (st == AK_OK && !ak_report_each(r,
                                       "SELECT coalesce((SELECT max(as_of) FROM claims),(SELECT "
                                       "max(added_at) FROM evidence),'')",
                                       AK_STR(""), take_as_of, NULL))
        st = AK_ERR_IO;
    if (st == AK_OK) {
        find_window(r);
        ak_report_read_custody(r);
    }
    ak_reading_close(reading);
    return st;
}

enum ak_status ak_report_read(struct ak_store *store, const char *folder, struct ak_report **out)
{
    struct ak_arena *arena = ak_arena_new(ARENA_BYTES);
    struct ak_report *r = arena ? AK_NEW(arena, struct ak_report) : NULL;
    if (!r) {
        ak_arena_free(arena);
        return AK_ERR_NOMEM;
    }
    r->arena = arena;
    r->store = store;
    r->folder = ak_report_keep(r, ak_str_of(folder));
    r->name = folder_name(r->folder);
    enum ak_status st = read_all(r);
    if (st != AK_OK) {
        ak_report_free(r);
        return st;
    }
    *out = r;
    return AK_OK;
}

void ak_report_free(struct ak_report *r)
{
    if (r)
        ak_arena_free(r->arena);
}
