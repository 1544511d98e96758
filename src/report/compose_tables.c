/* compose_tables.c - the report's tables that are one query of the case each. */
#include "report/compose.h"

#include <sqlite3.h>

enum value { V_TEXT, V_WORD, V_WORDS, V_NUMBER, V_SIZE, V_TIME, V_MONO, V_TECHNIQUES };

enum { COLUMNS_MAX = 9 };

/* Of detections the names are in the reader's language, where the rule has one. */
static const char DETECTIONS[] =
    "SELECT level, rule_name, tags, min(host) || CASE WHEN count(DISTINCT host) > 1 THEN ' +' || "
    "(count(DISTINCT host) - 1)"
    " ELSE '' END, count(*), min(datetime), max(datetime) FROM detections GROUP BY rule_id"
    " ORDER BY max(severity) DESC, 6, 2";
static const char DETECTIONS_JA[] = "SELECT level, coalesce(nullif(rule_name_ja, ''), rule_name), "
                                    "tags, min(host) || CASE WHEN count(DISTINCT host) > 1"
                                    " THEN ' +' || (count(DISTINCT host) - 1) ELSE '' END, "
                                    "count(*), min(datetime), max(datetime) FROM detections"
                                    " GROUP BY rule_id ORDER BY max(severity) DESC, 6, 2";
#define DETECTION_COLUMNS                                                                          \
    {                                                                                              \
        { "Level", 7, V_WORD }, { "Rule", 33, V_TEXT }, { "Technique", 12, V_TECHNIQUES },         \
            { "Host", 16, V_TEXT }, { "Times", 6, V_NUMBER }, { "First record", 13, V_TIME },      \
        {                                                                                          \
            "Last record", 13, V_TIME                                                              \
        }                                                                                          \
    }

static const struct table {
    const char *sql;  /* ordered; the first `max` rows are shown */
    const char *none; /* instead of an empty table; NULL: nothing */
    unsigned max;
    struct {
        const char *heading;
        float share;
        enum value value;
    } columns[COLUMNS_MAX];
} TABLES[AK_N_TABLES] = {
    [AK_TABLE_EVIDENCE] = { "SELECT name, kind, coalesce(collection,''), n_files, size, "
                            "coalesce(sha256,''), coalesce(host,''),"
                            " coalesce(zone,'') FROM evidence ORDER BY id",
                            "The case holds no evidence.",
                            100,
                            { { "Name", 22, V_TEXT },
                              { "Kind", 9, V_WORD },
                              { "Collection", 9, V_TEXT },
                              { "Files", 8, V_NUMBER },
                              { "Size", 9, V_SIZE },
                              { "SHA-256", 20, V_MONO },
                              { "Host", 11, V_TEXT },
                              { "Time zone", 12, V_TEXT } } },
    [AK_TABLE_MEDIA] = { "SELECT name, media_size, coalesce(stored_md5,stored_sha1,''),"
                         " coalesce(CASE WHEN stored_md5 IS NOT NULL THEN md5 ELSE sha1 END,''), "
                         "coalesce(verified,'none')"
                         " FROM evidence WHERE media_size IS NOT NULL OR stored_md5 IS NOT NULL OR "
                         "stored_sha1 IS NOT NULL ORDER BY id",
                         NULL,
                         100,
                         { { "Name", 22, V_TEXT },
                           { "Size of the media", 11, V_SIZE },
                           { "Hash stated by the image", 28, V_MONO },
                           { "Hash of what was read", 28, V_MONO },
                           { "Comparison", 11, V_WORD } } },
    [AK_TABLE_HOSTS] = { "SELECT name, coalesce(kind,''), first, last, events FROM hosts ORDER BY "
                         "events DESC, name",
                         "No host was recognised.",
                         100,
                         { { "Host", 34, V_TEXT },
                           { "Operating system", 12, V_WORD },
                           { "First record", 20, V_TIME },
                           { "Last record", 20, V_TIME },
                           { "Records", 14, V_NUMBER } } },
    [AK_TABLE_VOLUMES] = { "SELECT path, number, offset, size, "
                           "coalesce(nullif(filesystem,''),type,''), coalesce(label,''), files,"
                           " CASE WHEN readable THEN 'read' ELSE 'not read' END, coalesce(note,'') "
                           "FROM volumes"
                           " WHERE allocated AND (scheme<>'archive' OR NOT readable)"
                           " ORDER BY readable, source, number",
                           NULL,
                           60,
                           { { "Evidence", 18, V_TEXT },
                             { "No.", 5, V_NUMBER },
                             { "Offset (bytes)", 12, V_NUMBER },
                             { "Size", 9, V_SIZE },
                             { "File system", 11, V_TEXT },
                             { "Label", 10, V_TEXT },
                             { "Files", 8, V_NUMBER },
                             { "State", 8, V_WORD },
                             { "Note", 19, V_WORD } } },
    [AK_TABLE_PARSERS] = { "SELECT parser, count(*), sum(size), sum(CASE WHEN events > 0 THEN "
                           "events ELSE 0 END), sum(damage) FROM sources"
                           " WHERE coalesce(parser,'')<>'' GROUP BY parser ORDER BY 4 DESC, 1",
                           "Nothing was read.",
                           60,
                           { { "Kind of record (parser)", 36, V_MONO },
                             { "Items", 14, V_NUMBER },
                             { "Size", 14, V_SIZE },
                             { "Records", 18, V_NUMBER },
                             { "Damage", 12, V_NUMBER } } },
    [AK_TABLE_ADDRESSES] = { "SELECT address, role, events, first, last, why FROM addresses ORDER "
                             "BY first, address",
                             "No address was attributed to an intruder.",
                             40,
                             { { "Address", 18, V_MONO },
                               { "Role", 8, V_WORD },
                               { "Records", 8, V_NUMBER },
                               { "First record", 18, V_TIME },
                               { "Last record", 18, V_TIME },
                               { "Reason", 29, V_WORDS } } },
    [AK_TABLE_SIGNINS] = { "SELECT host, user, source, service, outcome, count, first, last FROM "
                           "signins"
                           " ORDER BY source IN (SELECT address FROM addresses) DESC, "
                           "outcome='success' AND source<>'' DESC, count DESC,"
                           " host, user, source",
                           "No sign-ins are recorded in the evidence.",
                           40,
                           { { "Host", 15, V_TEXT },
                             { "Account", 12, V_TEXT },
                             { "From", 14, V_MONO },
                             { "Way", 8, V_WORD },
                             { "Outcome", 8, V_WORD },
                             { "Times", 6, V_NUMBER },
                             { "First record", 18, V_TIME },
                             { "Last record", 18, V_TIME } } },
    [AK_TABLE_UNREAD] = { "SELECT path, size, CASE state WHEN 'failed' THEN 'failed' ELSE 'not "
                          "read' END, coalesce(note,'') FROM sources"
                          " WHERE state='failed' OR note='no parser for it' ORDER BY "
                          "state='failed' DESC, size DESC, id",
                          "Every file was read by a parser to its end.",
                          80,
                          { { "File", 46, V_TEXT },
                            { "Size", 10, V_SIZE },
                            { "State", 12, V_WORD },
                            { "Reason", 32, V_WORD } } },
    [AK_TABLE_DAMAGE] = { "SELECT what, sum(count), count(DISTINCT source), min(path), min(offset) "
                          "FROM damage GROUP BY what"
                          " ORDER BY 2 DESC, 1",
                          "No damage was found in what was read.",
                          60,
                          { { "Damage", 42, V_WORD },
                            { "Places", 9, V_NUMBER },
                            { "Files", 8, V_NUMBER },
                            { "Example", 30, V_TEXT },
                            { "Offset (bytes)", 11, V_NUMBER } } },
    [AK_TABLE_DETECTIONS] = { DETECTIONS, NULL, 80, DETECTION_COLUMNS },
    [AK_TABLE_DETECTIONS_JA] = { DETECTIONS_JA, NULL, 80, DETECTION_COLUMNS },
    [AK_TABLE_FILES] = { "SELECT f.path, f.size, f.sha256 FROM t_file f ORDER BY f.evidence, "
                         "f.path",
                         "The evidence was not hashed.",
                         500,
                         { { "File", 40, V_TEXT },
                           { "Size", 10, V_SIZE },
                           { "SHA-256", 50, V_MONO } } },
};

/* Texts joined by "; ", each in the document's language. */
static void put_words(struct ak_buf *b, const struct ak_doc *doc, struct ak_str text)
{
    char one[256];
    while (text.n) {
        size_t n = 0;
        while (n < text.n && !(text.at[n] == ';' && n + 1 < text.n && text.at[n + 1] == ' '))
            n++;
        if (n < sizeof(one)) {
            memcpy(one, text.at, n);
            one[n] = 0;
            ak_buf_text(b, ak_word(doc->lang, one));
        } else {
            ak_buf_put(b, text.at, n);
        }
        n = n < text.n ? n + 2 : n;
        text = (struct ak_str){ text.at + n, text.n - n };
        if (text.n)
            ak_buf_text(b, doc->lang == AK_LANG_JA ? "、" : "; ");
    }
}

/* "T1059.001, T1105" of the tags of a rule. */
static void put_techniques(struct ak_buf *b, struct ak_str tags)
{
    static const struct ak_str MARK = AK_STR_INIT("attack.t1");
    for (size_t i = 0; i + MARK.n <= tags.n; i++) {
        if (memcmp(tags.at + i, MARK.at, MARK.n) != 0)
            continue;
        ak_buf_text(b, b->n ? ", T" : "T");
        for (i += MARK.n - 1;
             i < tags.n && (tags.at[i] == '.' || (tags.at[i] >= '0' && tags.at[i] <= '9')); i++)
            ak_buf_u8(b, (uint8_t)tags.at[i]);
    }
}

static struct ak_str cell_text(struct ak_doc *doc, const struct ak_report *r, void *stmt, int at,
                               enum value value)
{
    struct ak_buf b = { 0 };
    if (sqlite3_column_type(stmt, at) == SQLITE_NULL)
        return AK_STR("\xE2\x80\x94");
    struct ak_str text = { (const char *)sqlite3_column_text(stmt, at),
                           (size_t)sqlite3_column_bytes(stmt, at) };
    uint64_t number = (uint64_t)sqlite3_column_int64(stmt, at);
    int64_t ns;
    switch (value) {
    case V_NUMBER:
        ak_put_number(&b, number);
        break;
    case V_SIZE:
        ak_put_size(&b, number);
        break;
    case V_TIME:
        ns = ak_report_ns(text);
        if (ns)
            ak_put_moment(&b, ns, &r->zone);
        break;
    case V_WORD:
    case V_WORDS:
        put_words(&b, doc, text);
        break;
    case V_TECHNIQUES:
        put_techniques(&b, text);
        break;
    case V_TEXT:
    case V_MONO:
        ak_buf_str(&b, text);
        break;
    }
    return ak_doc_keep_or_dash(doc, &b);
}

static enum ak_column_form form_of(enum value v)
{
    return v == V_NUMBER || v == V_SIZE ? AK_COLUMN_NUMBER
           : v == V_MONO                ? AK_COLUMN_MONO
           : v == V_TIME                ? AK_COLUMN_TIME
                                        : AK_COLUMN_TEXT;
}

struct filling {
    struct ak_doc *doc;
    const struct table *table;
    struct ak_grid *grid;
    uint64_t n;
};

static size_t count_columns(const struct table *t)
{
    size_t n = 0;
    while (n < COLUMNS_MAX && t->columns[n].heading)
        n++;
    return n;
}

static void begin_grid(struct filling *f)
{
    size_t n = count_columns(f->table);
    struct ak_column *columns = AK_NEW_N(f->doc->arena, struct ak_column, n);
    if (!columns) {
        f->doc->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        columns[i] =
            (struct ak_column){ ak_doc_words(f->doc, f->table->columns[i].heading),
                                f->table->columns[i].share, form_of(f->table->columns[i].value) };
    f->grid = ak_doc_table(f->doc, AK_BLOCK_TABLE, columns, n);
}

static void take_row(struct ak_report *r, void *stmt, void *self)
{
    struct filling *f = self;
    if (f->n++ == 0)
        begin_grid(f);
    for (size_t i = 0; f->grid && i < f->grid->n_columns; i++)
        ak_grid_cell(f->doc, f->grid,
                     cell_text(f->doc, r, stmt, (int)i, f->table->columns[i].value));
}

static void take_count(struct ak_report *r, void *stmt, void *self)
{
    (void)r;
    *(uint64_t *)self = (uint64_t)sqlite3_column_int64(stmt, 0);
}

void ak_compose_more(struct ak_doc *doc, struct ak_grid *grid, uint64_t n, uint64_t n_all)
{
    struct ak_buf number = { 0 }, b = { 0 };
    if (!grid || n >= n_all)
        return;
    ak_put_number(&number, n_all - n);
    struct ak_filling with = { "n", ak_buf_view(&number) };
    ak_put_filled(&b, ak_word(doc->lang, "… and {n} more; see case.db"), &with, 1);
    grid->more = ak_doc_keep_buf(doc, &b);
    ak_buf_free(&number);
}

void ak_compose_table(struct ak_doc *doc, struct ak_report *r, enum ak_report_table which)
{
    struct filling f = { .doc = doc, .table = &TABLES[which] };
    struct ak_buf sql = { 0 };
    uint64_t n_all = 0;
    ak_buf_printf(&sql, "%s LIMIT %u", f.table->sql, f.table->max);
    ak_buf_u8(&sql, 0);
    bool ok = !sql.failed && ak_report_each(r, (const char *)sql.at, AK_STR(""), take_row, &f);
    sql.n = 0;
    ak_buf_printf(&sql, "SELECT count(*) FROM (%s)", f.table->sql);
    ak_buf_u8(&sql, 0);
    ok = ok && !sql.failed &&
         ak_report_each(r, (const char *)sql.at, AK_STR(""), take_count, &n_all);
    ak_buf_free(&sql);
    doc->failed |= !ok;
    if (f.n == 0 && f.table->none)
        ak_doc_text(doc, AK_BLOCK_PARAGRAPH, ak_doc_words(doc, f.table->none));
    ak_compose_more(doc, f.grid, f.n, n_all);
}
