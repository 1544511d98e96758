/* detect_rows.c - see detect_rows.h. */
#include "cli/detect_rows.h"

#include "base/json.h"
#include "cli/detect_names.h"
#include "cli/writers.h"

#include <sqlite3.h>
#include <stdlib.h>

#define BAR " \xC2\xA6 " /* between values of one cell, as hayabusa does */

/* Columns of the query below. */
enum {
    Q_NS,
    Q_DATETIME,
    Q_HOST,
    Q_SOURCE,
    Q_CODE,
    Q_RECORD,
    Q_EVENT,
    Q_EVIDENCE,
    Q_PATH,
    Q_DETAILS,
    Q_FIELDS,
    Q_EXTRA,
    Q_N_EVENTS,
    Q_FIRST,
    Q_LAST,
    Q_EVENTS,
    Q_RULE,
    Q_ID,
    Q_TITLE,
    Q_TITLE_JA,
    Q_LEVEL,
    Q_TAGS,
    Q_STATUS,
    Q_AUTHOR,
    Q_DATE,
    Q_MODIFIED,
    Q_FILE
};

static const char SQL[] =
    "SELECT d.ns, d.datetime, d.host, d.source, d.code, d.record, d.event, d.evidence, d.path, "
    "d.details, d.fields,"
    " d.extra, d.n_events, d.first, d.last, d.events, d.rule, r.id, r.title, r.title_ja, r.level, "
    "r.tags, r.status,"
    " r.author, r.date, r.modified, r.file"
    " FROM t_detection d JOIN t_rule r ON r.number = d.rule WHERE r.severity >= ?1"
    " ORDER BY d.ns, d.host, d.source, d.record, d.rule, d.sort, d.id";

struct row {
    sqlite3_stmt *q;
    const struct ak_detect_output *output;
};

static struct ak_str text(const struct row *r, int column)
{
    const void *at = sqlite3_column_blob(r->q, column);
    return (struct ak_str){ at ? at : "", at ? (size_t)sqlite3_column_bytes(r->q, column) : 0 };
}

/* ---- cells ---- */

typedef void cell_fn(struct ak_buf *b, const struct row *r);

static void put_time(struct ak_buf *b, const struct row *r)
{
    static const int64_t S = 1000000000;
    if (sqlite3_column_type(r->q, Q_NS) == SQLITE_NULL)
        return;
    int64_t ns = sqlite3_column_int64(r->q, Q_NS);
    int32_t offset = ak_zone_offset(r->output->zone, ns / S - (ns % S < 0));
    struct ak_civil c = ak_civil_of(ns + offset * S);
    bool iso = r->output->iso;
    ak_buf_printf(b, "%04d-%02u-%02u%c%02u:%02u:%02u.%0*u", c.year, c.month % 100u, c.day % 100u,
                  iso ? 'T' : ' ', c.hour % 100u, c.minute % 100u, c.second % 100u, iso ? 6 : 3,
                  c.ns / (iso ? 1000u : 1000000u));
    if (iso && offset == 0)
        ak_buf_u8(b, 'Z');
    else
        ak_buf_printf(b, "%s%c%02d:%02d", iso ? "" : " ", offset < 0 ? '-' : '+',
                      abs(offset) / 3600 % 100, abs(offset) / 60 % 60);
}

static void put_title(struct ak_buf *b, const struct row *r)
{
    struct ak_str ja = text(r, Q_TITLE_JA);
    ak_buf_str(b, r->output->lang == AK_LANG_JA && ja.n ? ja : text(r, Q_TITLE));
}

static void put_level(struct ak_buf *b, const struct row *r)
{
    ak_buf_text(b, ak_level_short(text(r, Q_LEVEL)));
}

static void put_channel(struct ak_buf *b, const struct row *r)
{
    ak_buf_str(b, ak_channel_short(text(r, Q_SOURCE)));
}

static void put_file(struct ak_buf *b, const struct row *r)
{
    struct ak_str evidence = text(r, Q_EVIDENCE), path = text(r, Q_PATH);
    ak_buf_str(b, evidence);
    if (ak_str_eq(ak_str_basename(evidence), path))
        return;
    ak_buf_text(b, evidence.n ? "/" : "");
    ak_buf_str(b, path);
}

static void put_all_fields(struct ak_buf *b, const struct row *r)
{
    struct ak_str details = text(r, Q_DETAILS), extra = text(r, Q_EXTRA);
    ak_buf_str(b, details);
    if (details.n && extra.n)
        ak_buf_text(b, BAR);
    ak_buf_str(b, extra);
}

/* The tags of one kind, from the JSON array that the case keeps. */
static void put_tags(struct ak_buf *b, const struct row *r, enum ak_tag_kind kind)
{
    struct ak_str rest = text(r, Q_TAGS), tag;
    size_t before = b->n;
    while (ak_tag_next(&rest, &tag)) {
        if (ak_tag_kind_of(tag) != kind)
            continue;
        if (b->n > before)
            ak_buf_text(b, BAR);
        ak_tag_put(b, tag);
    }
}

static void put_tactics(struct ak_buf *b, const struct row *r) { put_tags(b, r, AK_TAG_TACTIC); }

static void put_techniques(struct ak_buf *b, const struct row *r)
{
    put_tags(b, r, AK_TAG_TECHNIQUE);
}

static void put_other_tags(struct ak_buf *b, const struct row *r) { put_tags(b, r, AK_TAG_OTHER); }

static void put_tool(struct ak_buf *b, const struct row *r)
{
    (void)r;
    ak_buf_text(b, "akashi");
}

/* ---- profiles (formats of hayabusa: the YAML's order, not its page's) ---- */

struct column {
    const char *name;
    cell_fn *put; /* NULL: a column of the query as it is */
    int query;
};

#define PLAIN(name, query)                                                                         \
    {                                                                                              \
        name, NULL, query                                                                          \
    }
#define MADE(name, put)                                                                            \
    {                                                                                              \
        name, put, 0                                                                               \
    }
#define C_TIME MADE("Timestamp", put_time)
#define C_TITLE MADE("RuleTitle", put_title)
#define C_LEVEL MADE("Level", put_level)
#define C_COMPUTER PLAIN("Computer", Q_HOST)
#define C_CHANNEL MADE("Channel", put_channel)
#define C_EVENT_ID PLAIN("EventID", Q_CODE)
#define C_TACTICS MADE("MitreTactics", put_tactics)
#define C_TECHNIQUES MADE("MitreTags", put_techniques)
#define C_OTHER_TAGS MADE("OtherTags", put_other_tags)
#define C_RECORD PLAIN("RecordID", Q_RECORD)
#define C_DETAILS PLAIN("Details", Q_DETAILS)
#define C_EXTRA PLAIN("ExtraFieldInfo", Q_EXTRA)
#define C_ALL_FIELDS MADE("AllFieldInfo", put_all_fields)
#define C_RULE_FILE PLAIN("RuleFile", Q_FILE)
#define C_RULE_ID PLAIN("RuleID", Q_ID)
#define C_EVTX MADE("EvtxFile", put_file)
#define C_END                                                                                      \
    {                                                                                              \
        NULL, NULL, 0                                                                              \
    }

struct ak_detect_profile {
    const char *name;
    const struct column columns[24];
};

static const struct ak_detect_profile PROFILES[] = {
    { "minimal",
      { C_TIME, C_TITLE, C_LEVEL, C_COMPUTER, C_CHANNEL, C_EVENT_ID, C_RECORD, C_DETAILS, C_END } },
    { "standard",
      { C_TIME, C_TITLE, C_LEVEL, C_COMPUTER, C_CHANNEL, C_EVENT_ID, C_RECORD, C_DETAILS, C_EXTRA,
        C_RULE_ID, C_END } },
    { "verbose",
      { C_TIME, C_TITLE, C_LEVEL, C_COMPUTER, C_CHANNEL, C_EVENT_ID, C_TACTICS, C_TECHNIQUES,
        C_OTHER_TAGS, C_RECORD, C_DETAILS, C_EXTRA, C_RULE_FILE, C_RULE_ID, C_EVTX, C_END } },
    { "all-field-info",
      { C_TIME, C_TITLE, C_LEVEL, C_COMPUTER, C_CHANNEL, C_EVENT_ID, C_RECORD, C_ALL_FIELDS,
        C_RULE_ID, C_END } },
    { "all-field-info-verbose",
      { C_TIME, C_TITLE, C_LEVEL, C_COMPUTER, C_CHANNEL, C_EVENT_ID, C_TACTICS, C_TECHNIQUES,
        C_OTHER_TAGS, C_RECORD, C_ALL_FIELDS, C_RULE_FILE, C_RULE_ID, C_EVTX, C_END } },
    { "super-verbose",
      { C_TIME,
        C_TITLE,
        PLAIN("RuleAuthor", Q_AUTHOR),
        PLAIN("RuleModifiedDate", Q_MODIFIED),
        PLAIN("Status", Q_STATUS),
        C_LEVEL,
        C_COMPUTER,
        C_CHANNEL,
        C_EVENT_ID,
        C_TACTICS,
        C_TECHNIQUES,
        C_OTHER_TAGS,
        C_RECORD,
        C_DETAILS,
        C_EXTRA,
        PLAIN("RuleCreationDate", Q_DATE),
        C_RULE_FILE,
        C_RULE_ID,
        C_EVTX,
        C_END } },
    { "timesketch-minimal",
      { MADE("datetime", put_time), MADE("timestamp_desc", put_tool), MADE("message", put_title),
        C_LEVEL, C_COMPUTER, C_CHANNEL, C_EVENT_ID, C_TACTICS, C_TECHNIQUES, C_OTHER_TAGS, C_RECORD,
        C_DETAILS, C_RULE_FILE, C_RULE_ID, C_EVTX, C_END } },
    { "timesketch-verbose",
      { MADE("datetime", put_time), MADE("timestamp_desc", put_tool), MADE("message", put_title),
        C_LEVEL, C_COMPUTER, C_CHANNEL, C_EVENT_ID, C_TACTICS, C_TECHNIQUES, C_OTHER_TAGS, C_RECORD,
        C_DETAILS, C_EXTRA, C_RULE_FILE, C_RULE_ID, C_EVTX, C_END } },
};

const struct ak_detect_profile *ak_detect_profile_named(const char *name)
{
    for (size_t i = 0; i < sizeof(PROFILES) / sizeof(PROFILES[0]); i++)
        if (strcmp(PROFILES[i].name, name) == 0)
            return &PROFILES[i];
    return NULL;
}

static void put_head(struct ak_buf *b, const struct ak_detect_profile *profile)
{
    for (const struct column *c = profile->columns; c->name; c++)
        ak_csv_cell(b, ak_str_of(c->name), c == profile->columns);
    ak_buf_text(b, "\r\n");
}

static void put_csv(struct ak_buf *b, const struct row *r, struct ak_buf *cell)
{
    const struct column *first = r->output->profile->columns;
    for (const struct column *c = first; c->name; c++) {
        cell->n = 0;
        if (c->put)
            c->put(cell, r);
        else
            ak_buf_str(cell, text(r, c->query));
        ak_csv_cell(b, ak_buf_view(cell), c == first);
    }
    ak_buf_text(b, "\r\n");
}

/* ---- JSON lines ---- */

static const struct {
    const char *key;
    int query;
    bool raw; /* JSON already, or a number */
} MEMBERS[] = {
    { "datetime", Q_DATETIME, false },  { "rule.id", Q_ID, false },
    { "rule.name", Q_TITLE, false },    { "rule.name_ja", Q_TITLE_JA, false },
    { "rule.level", Q_LEVEL, false },   { "rule.tags", Q_TAGS, true },
    { "rule.status", Q_STATUS, false }, { "rule.file", Q_FILE, false },
    { "host.name", Q_HOST, false },     { "event.source", Q_SOURCE, false },
    { "event.code", Q_CODE, false },    { "winlog.record_id", Q_RECORD, true },
    { "event", Q_EVENT, false },        { "event.count", Q_N_EVENTS, true },
    { "event.first", Q_FIRST, false },  { "event.last", Q_LAST, false },
    { "events", Q_EVENTS, true },       { "evidence", Q_EVIDENCE, false },
    { "path", Q_PATH, false },
};

enum { N_MEMBERS = sizeof(MEMBERS) / sizeof(MEMBERS[0]) };

/* Is a key of the rule's own fields one of ours? */
static bool is_ours(struct ak_str key)
{
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (ak_str_eq(key, ak_str_of(MEMBERS[i].key)))
            return true;
    return ak_str_eq(key, AK_STR("timestamp"));
}

/* The end of a JSON string that begins at `at` with its quote. */
static size_t string_end(struct ak_str s, size_t at)
{
    for (at++; at < s.n && s.at[at] != '"'; at++)
        if (s.at[at] == '\\')
            at++;
    return at < s.n ? at + 1 : s.n;
}

/* The members of {"name":"value",…}, as written by the case, behind our own. */
static void put_fields(struct ak_buf *b, struct ak_str fields)
{
    for (size_t at = 1; at + 1 < fields.n; at++) {
        size_t key_end = string_end(fields, at);
        size_t end = string_end(fields, key_end + 1);
        if (end <= key_end || fields.at[at] != '"')
            return;
        if (!is_ours((struct ak_str){ fields.at + at + 1, key_end - at - 2 })) {
            ak_json_comma(b);
            ak_buf_put(b, fields.at + at, end - at);
        }
        at = end;
    }
}

static void put_jsonl(struct ak_buf *b, const struct row *r)
{
    ak_buf_u8(b, '{');
    for (size_t i = 0; i < N_MEMBERS; i++) {
        struct ak_str value = text(r, MEMBERS[i].query);
        if (!value.n || (MEMBERS[i].query == Q_N_EVENTS && !text(r, Q_EVENTS).n))
            continue;
        ak_json_key(b, MEMBERS[i].key);
        if (MEMBERS[i].raw)
            ak_buf_str(b, value);
        else
            ak_json_str(b, value);
    }
    if (sqlite3_column_type(r->q, Q_NS) != SQLITE_NULL) {
        int64_t ns = sqlite3_column_int64(r->q, Q_NS);
        ak_json_key(b, "timestamp");
        ak_buf_idec(b, ns / 1000 - (ns % 1000 < 0));
    }
    put_fields(b, text(r, Q_FIELDS));
    ak_buf_text(b, "}\n");
}

/* ---- all rows ---- */

/* What makes two detections the same but for the file they were found in. */
static void put_identity(struct ak_buf *b, const struct row *r)
{
    static const int SAME[] = {
        Q_NS, Q_HOST, Q_SOURCE, Q_CODE, Q_RECORD, Q_RULE, Q_DETAILS, Q_EXTRA
    };
    b->n = 0;
    for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++) {
        ak_buf_str(b, text(r, SAME[i]));
        ak_buf_u8(b, 0);
    }
}

static bool wanted(const struct row *r)
{
    struct ak_str rest = text(r, Q_TAGS), tag;
    if (r->output->status && !ak_tag_listed(text(r, Q_STATUS), ak_str_of(r->output->status)))
        return false;
    if (!r->output->tags)
        return true;
    while (ak_tag_next(&rest, &tag))
        if (ak_tag_listed(tag, ak_str_of(r->output->tags)))
            return true;
    return false;
}

struct writing {
    FILE *out;
    struct ak_buf b, cell, now, before;
    struct ak_detect_written *written;
};

static bool write_row(struct writing *w, const struct row *r)
{
    if (!wanted(r))
        return true;
    if (r->output->distinct) {
        put_identity(&w->now, r);
        bool same = w->written->rows && ak_str_eq(ak_buf_view(&w->now), ak_buf_view(&w->before));
        struct ak_buf swap = w->before;
        w->before = w->now;
        w->now = swap;
        w->written->duplicates += same;
        if (same)
            return true;
    }
    if (r->output->jsonl)
        put_jsonl(&w->b, r);
    else
        put_csv(&w->b, r, &w->cell);
    w->written->rows++;
    if (w->b.n < 1 << 20)
        return true;
    bool ok = fwrite(w->b.at, 1, w->b.n, w->out) == w->b.n;
    w->b.n = 0;
    return ok;
}

bool ak_detect_write(struct sqlite3 *db, const struct ak_detect_output *output, FILE *out,
                     struct ak_detect_written *written)
{
    struct row r = { .output = output };
    struct writing w = { .out = out, .written = written };
    *written = (struct ak_detect_written){ 0 };
    bool ok = sqlite3_prepare_v2(db, SQL, -1, &r.q, NULL) == SQLITE_OK;
    if (ok) {
        sqlite3_bind_int(r.q, 1, output->min_severity);
        if (!output->jsonl)
            put_head(&w.b, output->profile);
    }
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(r.q)) == SQLITE_ROW)
        ok = write_row(&w, &r);
    ok = ok && rc == SQLITE_DONE && !w.b.failed && !w.cell.failed && !w.now.failed;
    ok = ok && (w.b.n == 0 || fwrite(w.b.at, 1, w.b.n, out) == w.b.n) && fflush(out) == 0;
    sqlite3_finalize(r.q);
    ak_buf_free(&w.b);
    ak_buf_free(&w.cell);
    ak_buf_free(&w.now);
    ak_buf_free(&w.before);
    return ok;
}
