/* rules_store.c - rules, problems and classes into the case. */
#include "base/json.h"
#include "detect/correlate.h"
#include "engine/rules.h"
#include "store/sql.h"
#include "store/store.h"

const char *ak_rule_state_name(enum ak_rule_binding binding)
{
    switch (binding) {
    case AK_BOUND:
        return "loaded";
    case AK_UNBOUND_SOURCE:
        return "no_source";
    case AK_UNBOUND_FIELDS:
        return "no_fields";
    case AK_UNBOUND_SIZE:
        return "too_large";
    case AK_BOUND_BY_OTHERS:
        return "correlation";
    }
    return "";
}

static void bind_buf(sqlite3_stmt *q, int at, struct ak_buf *b)
{
    ak_sql_bind(q, at, ak_buf_view(b));
    b->n = 0;
}

static bool step(sqlite3_stmt *q)
{
    int rc = sqlite3_step(q);
    sqlite3_reset(q);
    return rc == SQLITE_DONE;
}

static void put_list(struct ak_buf *b, const struct ak_str *texts, size_t n)
{
    ak_buf_u8(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            ak_buf_u8(b, ',');
        ak_json_str(b, texts[i]);
    }
    ak_buf_u8(b, ']');
}

static void put_classes(struct ak_buf *b, const struct ak_rules_in_use *r,
                        const struct ak_rule_report *report)
{
    ak_buf_u8(b, '[');
    for (size_t i = 0; i < report->n_classes; i++) {
        if (i)
            ak_buf_u8(b, ',');
        ak_json_str(b, r->classes[report->classes[i]]);
    }
    ak_buf_u8(b, ']');
}

/* "windows/process_creation/sysmon", the parts the rule leaves out empty. */
static void put_source(struct ak_buf *b, const struct ak_logsource *s)
{
    ak_buf_str(b, s->product);
    ak_buf_u8(b, '/');
    ak_buf_str(b, s->category);
    ak_buf_u8(b, '/');
    ak_buf_str(b, s->service);
}

static bool put_rule(sqlite3_stmt *q, const struct ak_rules_in_use *r, uint32_t i, struct ak_buf *b)
{
    const struct ak_rule *rule = &r->rules[i].rule;
    sqlite3_bind_int64(q, 1, i);
    ak_sql_bind(q, 2, rule->id);
    ak_sql_bind(q, 3, rule->title);
    ak_sql_bind(q, 4, rule->title_ja);
    ak_sql_bind(q, 5, ak_str_of(ak_severity_name(rule->severity)));
    sqlite3_bind_int(q, 6, (int)rule->severity);
    ak_sql_bind(q, 7, rule->status);
    ak_sql_bind(q, 8, rule->author);
    ak_sql_bind(q, 9, rule->date);
    ak_sql_bind(q, 10, rule->modified);
    ak_sql_bind(q, 11, rule->file);
    sqlite3_bind_int64(q, 12, rule->line);
    put_list(b, rule->tags, rule->n_tags);
    bind_buf(q, 13, b);
    put_source(b, &rule->source);
    bind_buf(q, 14, b);
    ak_sql_bind(q, 15, ak_str_of(ak_rule_state_name(r->rules[i].binding)));
    put_classes(b, r, &r->rules[i]);
    bind_buf(q, 16, b);
    sqlite3_bind_int(q, 17, rule->silent);
    sqlite3_bind_int(q, 18, r->muted[i]);
    sqlite3_bind_null(q, 19);
    if (rule->correlation) {
        ak_correlation_put(b, rule->correlation);
        sqlite3_bind_blob64(q, 19, b->at, b->n, SQLITE_TRANSIENT);
        b->n = 0;
    }
    return !b->failed && step(q);
}

static bool put_rules(sqlite3 *db, const struct ak_rules_in_use *r)
{
    sqlite3_stmt *q;
    struct ak_buf b = { 0 };
    bool ok =
        sqlite3_prepare_v2(
            db,
            "INSERT INTO t_rule VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,"
            "?17,?18,?19)",
            -1, &q, NULL) == SQLITE_OK;
    for (uint32_t i = 0; ok && i < r->sums.n_rules; i++)
        ok = put_rule(q, r, i, &b);
    sqlite3_finalize(q);
    ak_buf_free(&b);
    return ok;
}

static bool put_problems(sqlite3 *db, const struct ak_rules_in_use *r)
{
    sqlite3_stmt *q;
    bool ok = sqlite3_prepare_v2(db, "INSERT INTO t_rule_problem VALUES(?1,?2,?3,?4,?5,?6)", -1, &q,
                                 NULL) == SQLITE_OK;
    for (uint32_t i = 0; ok && i < r->sums.n_problems; i++) {
        const struct ak_rule_problem *p = &r->problems[i];
        ak_sql_bind(q, 1, p->file);
        sqlite3_bind_int64(q, 2, p->line);
        ak_sql_bind(q, 3, p->id);
        ak_sql_bind(q, 4, p->title);
        ak_sql_bind(q, 5, ak_str_of(p->what));
        ak_sql_bind(q, 6, p->detail);
        ok = step(q);
    }
    sqlite3_finalize(q);
    return ok;
}

static bool put_class_names(sqlite3 *db, const struct ak_rules_in_use *r)
{
    sqlite3_stmt *q;
    bool ok =
        sqlite3_prepare_v2(db, "INSERT INTO t_class VALUES(?1,?2)", -1, &q, NULL) == SQLITE_OK;
    for (uint32_t i = 0; ok && i < r->sums.n_classes; i++) {
        sqlite3_bind_int64(q, 1, i);
        ak_sql_bind(q, 2, r->classes[i]);
        ok = step(q);
    }
    sqlite3_finalize(q);
    return ok;
}

enum ak_status ak_rules_store(struct ak_store *store, const struct ak_rules_in_use *r,
                              bool *out_changed)
{
    sqlite3 *db = ak_store_db(store);
    struct ak_arena *arena = ak_arena_new(4096);
    *out_changed =
        !arena || !ak_str_eq(ak_store_meta(store, arena, "rules.digest"), ak_str_of(r->digest));
    ak_arena_free(arena);
    if (ak_store_commit(store) != AK_OK || !ak_store_sql(store, "BEGIN"))
        return AK_ERR_IO;
    /* What was found by other rules has other numbers: it goes with them. */
    bool ok = !*out_changed ||
              ak_store_sql(store, "UPDATE t_batch SET n_hits=0, hits=NULL WHERE n_hits>0;"
                                  "DELETE FROM t_detection; DELETE FROM t_class_seen;"
                                  "UPDATE t_item SET rules=NULL WHERE rules IS NOT NULL");
    ok = ok &&
         ak_store_sql(store,
                      "DELETE FROM t_rule; DELETE FROM t_rule_problem; DELETE FROM t_class") &&
         put_rules(db, r) && put_problems(db, r) && put_class_names(db, r);
    if (!ak_store_sql(store, ok ? "COMMIT" : "ROLLBACK") || !ok)
        return AK_ERR_IO;
    ak_store_set_meta(store, "rules.digest", r->digest);
    return ak_store_commit(store);
}
