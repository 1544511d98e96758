/* show_rows.c - akashi show for what is a row of the case: claims and detections,
 * each followed by the events it rests on. */
#include "cli/show.h"

#include "event/message.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* One column that is printed, under this name: those of the views, in any language. */
struct shown {
    const char *name, *column;
};

static const struct shown CLAIM_EN[] = {
    { "level", "level" },     { "field", "field" },           { "section", "section" },
    { "subject", "subject" }, { "text", "text_en" },          { "value", "value" },
    { "as_of", "as_of" },     { "visibility", "visibility" }, { "producer", "producer" },
};
static const struct shown CLAIM_JA[] = {
    { "level", "level" },     { "field", "field" },           { "section", "section" },
    { "subject", "subject" }, { "text", "text_ja" },          { "value", "value" },
    { "as_of", "as_of" },     { "visibility", "visibility" }, { "producer", "producer" },
};
static const struct shown DETECTION_EN[] = {
    { "rule_name", "rule_name" }, { "rule_id", "rule_id" },   { "level", "level" },
    { "tags", "tags" },           { "host", "host" },         { "datetime", "datetime" },
    { "first", "first" },         { "last", "last" },         { "n_events", "n_events" },
    { "details", "details" },     { "evidence", "evidence" }, { "path", "path" },
};
static const struct shown DETECTION_JA[] = {
    { "rule_name", "coalesce(nullif(rule_name_ja, ''), rule_name)" },
    { "rule_id", "rule_id" },
    { "level", "level" },
    { "tags", "tags" },
    { "host", "host" },
    { "datetime", "datetime" },
    { "first", "first" },
    { "last", "last" },
    { "n_events", "n_events" },
    { "details", "details" },
    { "evidence", "evidence" },
    { "path", "path" },
};
enum {
    N_CLAIM = sizeof(CLAIM_EN) / sizeof(CLAIM_EN[0]),
    N_DETECTION = sizeof(DETECTION_EN) / sizeof(DETECTION_EN[0])
};

/* The kinds of rows; basis: a JSON array of event ids. */
static const struct kind {
    const struct shown *columns[2]; /* by language */
    size_t n;
    const char *from, *basis, *limits;
} CLAIM = { { CLAIM_EN, CLAIM_JA }, N_CLAIM, "claims WHERE id = ?1", "basis", "limits" },
  DETECTION = { { DETECTION_EN, DETECTION_JA },
                N_DETECTION,
                "detections WHERE id = ?1",
                "coalesce(events, json_array(event))",
                "'[]'" };

/* ---- the events below ---- */

static void put_event(const struct ak_stored *e, const char *id, enum ak_lang lang)
{
    struct ak_buf b = { 0 };
    char iso[AK_STAMP_TEXT];
    size_t n = ak_stamp_iso(e->event.when, iso);
    ak_message(&b, &e->event, lang);
    printf("  %-14s %.*s  ", id, (int)n, iso);
    ak_print_seen(ak_buf_view(&b));
    putchar('\n');
    ak_buf_free(&b);
}

static void put_basis(struct ak_reading *reading, const char *id, enum ak_lang lang)
{
    struct ak_found_event found;
    if (ak_find_event(reading, id, &found))
        put_event(&found.event, id, lang);
    else
        printf("  %s\n", id);
    ak_found_event_close(&found);
}

static void each_of(struct sqlite3 *db, struct ak_reading *reading, const char *array,
                    enum ak_lang lang)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(db, "SELECT value FROM json_each(?1) WHERE json_valid(?1)", -1, &q,
                           NULL) != SQLITE_OK)
        return;
    sqlite3_bind_text(q, 1, array, -1, SQLITE_TRANSIENT);
    while (sqlite3_step(q) == SQLITE_ROW)
        put_basis(reading, (const char *)sqlite3_column_text(q, 0), lang);
    sqlite3_finalize(q);
}

static void put_limits(struct sqlite3 *db, const char *array, enum ak_lang lang)
{
    sqlite3_stmt *q;
    const char *sql =
        lang == AK_LANG_JA
            ? "SELECT json_extract(value, '$.ja') FROM json_each(?1) WHERE json_valid(?1)"
            : "SELECT json_extract(value, '$.en') FROM json_each(?1) WHERE json_valid(?1)";
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_text(q, 1, array, -1, SQLITE_TRANSIENT);
    while (sqlite3_step(q) == SQLITE_ROW)
        printf("%-14s %s\n", ak_word(lang, "limit"), sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
}

/* ---- the row ---- */

static sqlite3_stmt *select_row(struct sqlite3 *db, const struct kind *kind, enum ak_lang lang)
{
    struct ak_buf sql = { 0 };
    sqlite3_stmt *q = NULL;
    ak_buf_text(&sql, "SELECT ");
    for (size_t i = 0; i < kind->n; i++)
        ak_buf_printf(&sql, "%s, ", kind->columns[lang][i].column);
    ak_buf_printf(&sql, "%s, %s FROM %s", kind->basis, kind->limits, kind->from);
    ak_buf_u8(&sql, 0);
    if (sql.failed || sqlite3_prepare_v2(db, (const char *)sql.at, -1, &q, NULL) != SQLITE_OK)
        q = NULL;
    ak_buf_free(&sql);
    return q;
}

static void put_row(sqlite3_stmt *q, const struct kind *kind, enum ak_lang lang)
{
    for (size_t i = 0; i < kind->n; i++) {
        const char *text = (const char *)sqlite3_column_text(q, (int)i);
        if (!text || !*text)
            continue;
        printf("%-14s ", kind->columns[lang][i].name);
        ak_print_seen(ak_str_of(text));
        putchar('\n');
    }
}

static bool show_row(struct ak_store *store, struct ak_reading *reading, const struct kind *kind,
                     const char *id, enum ak_lang lang)
{
    struct sqlite3 *db = ak_store_db(store);
    sqlite3_stmt *q = select_row(db, kind, lang);
    bool found = false;
    if (!q)
        return false;
    sqlite3_bind_text(q, 1, id, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(q) == SQLITE_ROW) {
        found = true;
        put_row(q, kind, lang);
        const char *basis = (const char *)sqlite3_column_text(q, (int)kind->n);
        put_limits(db, (const char *)sqlite3_column_text(q, (int)kind->n + 1), lang);
        printf("%s\n", ak_word(lang, "rests on"));
        each_of(db, reading, basis ? basis : "[]", lang);
    }
    sqlite3_finalize(q);
    return found;
}

static bool is_number(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n < 19 && text[n] == 0;
}

bool ak_show_row(struct ak_store *store, struct ak_reading *reading, const char *id,
                 enum ak_lang lang)
{
    if (*id == 'C' && is_number(id + 1))
        return show_row(store, reading, &CLAIM, id, lang);
    const char *number = *id == 'D' ? id + 1 : id;
    return is_number(number) && show_row(store, reading, &DETECTION, number, lang);
}
