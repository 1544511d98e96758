/* detect_screen.c - see detect_screen.h. */
#include "cli/detect_screen.h"

#include "report/terminal.h"
#include "store/sql.h"

#include <sys/stat.h>

enum { NAME_MAX_COLUMNS = 60, TOP_REFUSED = 3, TOP_RULES = 3, TOP_HOSTS = 5, SPARK_COLUMNS = 60 };

struct screen {
    struct ak_terminal t;
    sqlite3 *db;
    const struct ak_detect_run *run;
};

/* ---- numbers in sentences ---- */

static struct ak_str tenths(struct ak_amounts *a, uint64_t n)
{
    struct ak_buf *b = ak_amounts_next(a);
    ak_buf_printf(b, "%llu.%llu", (unsigned long long)(n / 10), (unsigned long long)(n % 10));
    return ak_buf_view(b);
}

static struct ak_str moment(struct ak_amounts *a, const struct screen *s, int64_t ns)
{
    struct ak_buf *b = ak_amounts_next(a);
    ak_put_moment(b, ns, s->run->zone);
    ak_buf_u8(b, ' ');
    ak_put_zone(b, ns, s->run->zone);
    return ak_buf_view(b);
}

static uint64_t number(sqlite3 *db, const char *sql) { return (uint64_t)ak_sql_number(db, sql); }

/* ---- lines ---- */

void ak_rule_counts_read(struct ak_store *store, struct ak_rule_counts *out)
{
    sqlite3 *db = ak_store_db(store);
    out->n = number(db, "SELECT count(*) FROM t_rule");
    out->refused = number(db, "SELECT count(*) FROM t_rule_problem");
    out->correlations = number(db, "SELECT count(*) FROM t_rule WHERE state='correlation'");
    out->loaded = number(db, "SELECT count(*) FROM t_rule WHERE state IN ('loaded','correlation')");
    out->not_in_akashi = out->n - out->loaded;
    out->applicable =
        number(db, "WITH seen AS MATERIALIZED (SELECT c.name FROM t_class c JOIN t_class_seen s ON "
                   "s.class=c.number"
                   " GROUP BY c.number HAVING sum(s.n) > 0)"
                   " SELECT count(*) FROM t_rule r WHERE r.state='loaded' AND EXISTS"
                   " (SELECT 1 FROM json_each(r.classes) j JOIN seen ON seen.name=j.value)");
    out->not_in_evidence = out->loaded - out->correlations - out->applicable;
}

static void line_rules(struct screen *s, struct ak_store *store)
{
    struct ak_amounts a = { 0 };
    struct ak_rule_counts n;
    ak_rule_counts_read(store, &n);
    const struct ak_filling with[] = { { "n", ak_amount(&a, n.n + n.refused) },
                                       { "applicable", ak_amount(&a, n.applicable) },
                                       { "correlations", ak_amount(&a, n.correlations) },
                                       { "evidence", ak_amount(&a, n.not_in_evidence) },
                                       { "akashi", ak_amount(&a, n.not_in_akashi) },
                                       { "refused", ak_amount(&a, n.refused) } };
    ak_terminal_label(&s->t, "Rules");
    ak_terminal_say(
        &s->t,
        "{n} rules: {applicable} applicable, {correlations} correlations; {evidence} without "
        "events here, {akashi} of sources "
        "akashi does not read, {refused} refused",
        with, 6);
    fputs("\n", s->t.to);
    ak_amounts_drop(&a);
}

/* Why the first of them were refused, each with its place. */
static void lines_refused(struct screen *s)
{
    sqlite3_stmt *q;
    uint64_t all = number(s->db, "SELECT count(*) FROM t_rule_problem");
    if (sqlite3_prepare_v2(s->db, "SELECT file, line, what, detail FROM t_rule_problem LIMIT ?1",
                           -1, &q, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_int(q, 1, TOP_REFUSED);
    while (sqlite3_step(q) == SQLITE_ROW) {
        char what[256];
        struct ak_str detail = ak_sql_text(q, 3), english = ak_sql_text(q, 2);
        snprintf(what, sizeof(what), "%.*s", (int)english.n, english.at);
        fprintf(s->t.to, "%*s", AK_LABEL_COLUMNS, "");
        ak_terminal_seen(&s->t, ak_sql_text(q, 0), 0);
        if (sqlite3_column_int64(q, 1))
            fprintf(s->t.to, ":%lld", (long long)sqlite3_column_int64(q, 1));
        fprintf(s->t.to, ": %s%s", ak_word(s->t.lang, what), detail.n ? ": " : "");
        ak_terminal_seen(&s->t, detail, NAME_MAX_COLUMNS);
        fputs("\n", s->t.to);
    }
    sqlite3_finalize(q);
    if (all > TOP_REFUSED) {
        struct ak_amounts a = { 0 };
        const struct ak_filling with[] = { { "n", ak_amount(&a, all - TOP_REFUSED) } };
        fprintf(s->t.to, "%*s", AK_LABEL_COLUMNS, "");
        ak_terminal_say(&s->t, "{n} more: akashi list rules says why", with, 1);
        fputs("\n", s->t.to);
        ak_amounts_drop(&a);
    }
}

static void line_files(struct screen *s)
{
    struct ak_amounts a = { 0 };
    const struct ak_ingest_result *r = s->run->result;
    const struct ak_filling with[] = { { "n", ak_amount(&a, r->items) },
                                       { "size", ak_amount_size(&a, r->bytes) },
                                       { "parsed", ak_amount(&a, r->items_parsed) },
                                       { "unknown", ak_amount(&a, r->items_unknown) },
                                       { "failed", ak_amount(&a, r->items_failed) },
                                       { "damage", ak_amount(&a, r->damage) } };
    ak_terminal_label(&s->t, "Files");
    ak_terminal_say(
        &s->t,
        "{n} files, {size}: {parsed} parsed, {unknown} of no known kind, {failed} failed; {damage} "
        "damaged places",
        with, 6);
    fputs("\n", s->t.to);
    ak_amounts_drop(&a);
}

static void line_events(struct screen *s)
{
    struct ak_amounts a = { 0 };
    uint64_t total = number(s->db, "SELECT coalesce(sum(n_events),0) FROM t_seen");
    uint64_t hits =
        number(s->db, "SELECT count(DISTINCT sort) FROM t_detection WHERE events IS NULL");
    uint64_t timed = number(s->db, "SELECT count(*) FROM t_seen WHERE first_ns IS NOT NULL");
    int64_t first = (int64_t)number(s->db, "SELECT min(first_ns) FROM t_seen");
    int64_t last = (int64_t)number(s->db, "SELECT max(last_ns) FROM t_seen");
    ak_terminal_label(&s->t, "Events");
    if (timed) {
        const struct ak_filling times[] = { { "first", moment(&a, s, first) },
                                            { "last", moment(&a, s, last) } };
        ak_terminal_say(&s->t, "from {first} to {last}", times, 2);
        fprintf(s->t.to, "\n%*s", AK_LABEL_COLUMNS, "");
    }
    const struct ak_filling with[] = {
        { "hits", ak_amount(&a, hits) },
        { "total", ak_amount(&a, total) },
        { "reduction",
          tenths(&a, total ? (total - (hits < total ? hits : total)) * 1000 / total : 0) }
    };
    ak_terminal_say(&s->t,
                    "events with hits / all events: {hits} / {total} (data reduction {reduction}%)",
                    with, 3);
    fputs("\n", s->t.to);
    ak_amounts_drop(&a);
}

static const char *const TINTS[] = { "",         "\033[36m",       "\033[32m",
                                     "\033[33m", "\033[38;5;208m", "\033[31m" };

static const char *tint(const struct screen *s, int severity)
{
    return s->t.colour && severity >= 0 && severity <= 5 ? TINTS[severity] : "";
}

/* The rules of one level that matched most. */
static void top_rules(struct screen *s, int severity)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(s->db,
                           "SELECT r.title, coalesce(r.title_ja, r.title), count(*) AS n FROM "
                           "t_detection d JOIN t_rule r ON r.number=d.rule"
                           " WHERE r.severity=?1 GROUP BY d.rule ORDER BY n DESC, r.title LIMIT ?2",
                           -1, &q, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_int(q, 1, severity);
    sqlite3_bind_int(q, 2, TOP_RULES);
    while (sqlite3_step(q) == SQLITE_ROW) {
        fprintf(s->t.to, "%*s", AK_LABEL_COLUMNS + 2, "");
        ak_terminal_seen(&s->t, ak_sql_text(q, s->t.lang == AK_LANG_JA ? 1 : 0), NAME_MAX_COLUMNS);
        fprintf(s->t.to, " (%lld)\n", (long long)sqlite3_column_int64(q, 2));
    }
    sqlite3_finalize(q);
}

static void lines_levels(struct screen *s)
{
    sqlite3_stmt *q;
    ak_terminal_label(&s->t, "Detections");
    if (!number(s->db, "SELECT count(*) FROM t_detection")) {
        fprintf(s->t.to, "%s\n", ak_word(s->t.lang, "no rule matched"));
        return;
    }
    fprintf(s->t.to, "%s\n",
            ak_word(s->t.lang, "total | rules, per level, with those that matched most"));
    if (sqlite3_prepare_v2(s->db,
                           "SELECT r.severity, r.level, count(*), count(DISTINCT d.rule) FROM "
                           "t_detection d JOIN t_rule r ON r.number=d.rule"
                           " GROUP BY r.severity ORDER BY r.severity DESC",
                           -1, &q, NULL) != SQLITE_OK)
        return;
    while (sqlite3_step(q) == SQLITE_ROW) {
        struct ak_amounts a = { 0 };
        int severity = sqlite3_column_int(q, 0);
        char level[32];
        struct ak_str name = ak_sql_text(q, 1),
                      total = ak_amount(&a, (uint64_t)sqlite3_column_int64(q, 2)),
                      rules = ak_amount(&a, (uint64_t)sqlite3_column_int64(q, 3));
        snprintf(level, sizeof(level), "%.*s", (int)(name.n < 31 ? name.n : 31), name.at);
        const char *word = ak_word(s->t.lang, level);
        int pad = 14 - ak_terminal_columns(word);
        fprintf(s->t.to, "  %s%s%s%*s%12.*s | %.*s%s\n", tint(s, severity), word,
                *tint(s, severity) ? "\033[0m" : "", pad > 1 ? pad : 1, "", (int)total.n, total.at,
                (int)rules.n, rules.at, severity < s->run->min_severity ? " *" : "");
        top_rules(s, severity);
        ak_amounts_drop(&a);
    }
    sqlite3_finalize(q);
}

static void line_hosts(struct screen *s)
{
    sqlite3_stmt *q;
    bool any = false;
    if (sqlite3_prepare_v2(
            s->db,
            "SELECT host, count(*) AS n FROM t_detection WHERE host IS NOT NULL GROUP BY host"
            " ORDER BY n DESC, host LIMIT ?1",
            -1, &q, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_int(q, 1, TOP_HOSTS);
    while (sqlite3_step(q) == SQLITE_ROW) {
        if (!any)
            ak_terminal_label(&s->t, "Hosts");
        fputs(any ? ", " : "", s->t.to);
        ak_terminal_seen(&s->t, ak_sql_text(q, 0), 40);
        fprintf(s->t.to, " (%lld)", (long long)sqlite3_column_int64(q, 1));
        any = true;
    }
    fputs(any ? "\n" : "", s->t.to);
    sqlite3_finalize(q);
}

/* Detections over time, each column an equal share of it. */
static void line_days(struct screen *s)
{
    static const char *const BARS[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    static const int64_t DAY = INT64_C(86400) * 1000000000;
    uint64_t counts[SPARK_COLUMNS] = { 0 }, most = 0;
    sqlite3_stmt *q;
    int64_t first = (int64_t)number(s->db, "SELECT min(ns) FROM t_detection"),
            last = (int64_t)number(s->db, "SELECT max(ns) FROM t_detection");
    int64_t days = last / DAY - first / DAY + 1, per = (days + SPARK_COLUMNS - 1) / SPARK_COLUMNS;
    if (days < 2 ||
        sqlite3_prepare_v2(
            s->db,
            "SELECT (ns / ?1 - ?2) / ?3, count(*) FROM t_detection WHERE ns IS NOT NULL GROUP BY 1",
            -1, &q, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_int64(q, 1, DAY);
    sqlite3_bind_int64(q, 2, first / DAY);
    sqlite3_bind_int64(q, 3, per);
    while (sqlite3_step(q) == SQLITE_ROW) {
        int64_t at = sqlite3_column_int64(q, 0);
        uint64_t n = (uint64_t)sqlite3_column_int64(q, 1);
        if (at >= 0 && at < SPARK_COLUMNS)
            counts[at] = n;
        most = n > most ? n : most;
    }
    sqlite3_finalize(q);
    struct ak_amounts a = { 0 };
    ak_terminal_label(&s->t, "Days");
    for (int64_t i = 0; i < SPARK_COLUMNS && i * per < days; i++)
        fputs(BARS[counts[i] == 0 ? 0 : 1 + counts[i] * 7 / most], s->t.to);
    const struct ak_filling with[] = { { "first", moment(&a, s, first) },
                                       { "last", moment(&a, s, last) },
                                       { "most", ak_amount(&a, most) } };
    fprintf(s->t.to, "\n%*s", AK_LABEL_COLUMNS, "");
    ak_terminal_say(&s->t, "from {first} to {last}, {most} at most", with, 3);
    fputs("\n", s->t.to);
    ak_amounts_drop(&a);
}

static void line_run(struct screen *s)
{
    struct ak_amounts a = { 0 };
    const struct ak_detect_run *r = s->run;
    uint64_t ms = r->elapsed_ms ? r->elapsed_ms : 1;
    uint64_t events = number(s->db, "SELECT coalesce(sum(n_events),0) FROM t_seen");
    const struct ak_filling with[] = { { "seconds", tenths(&a, ms / 100) },
                                       { "speed",
                                         ak_amount_size(&a, r->result->bytes * 1000 / ms) },
                                       { "rate", ak_amount(&a, events * 1000 / ms) },
                                       { "jobs", ak_amount(&a, r->result->jobs) },
                                       { "memory", ak_amount_size(&a, r->peak_kb * 1024) } };
    ak_terminal_label(&s->t, "Run");
    ak_terminal_say(
        &s->t,
        "{seconds} s, {speed}/s, {rate} events/s, {jobs} workers, {memory} of memory at most in "
        "one process",
        with, 5);
    fputs("\n", s->t.to);
    ak_amounts_drop(&a);
}

static void line_output(struct screen *s)
{
    struct ak_amounts a = { 0 };
    struct stat st;
    const struct ak_filling with[] = { { "n", ak_amount(&a, s->run->rows) },
                                       { "duplicates", ak_amount(&a, s->run->duplicates) } };
    ak_terminal_label(&s->t, "Written");
    ak_terminal_say(&s->t,
                    s->run->duplicates ? "{n} rows, {duplicates} duplicates left out" : "{n} rows",
                    with, 2);
    if (s->run->output && stat(s->run->output, &st) == 0 && st.st_size >= 0) {
        struct ak_str bytes = ak_amount_size(&a, (uint64_t)st.st_size);
        fprintf(s->t.to, ": %s (%.*s)", s->run->output, (int)bytes.n, bytes.at);
    }
    fputs("\n", s->t.to);
    ak_amounts_drop(&a);
}

void ak_detect_screen(FILE *to, struct ak_store *store, enum ak_lang lang, bool colour,
                      const struct ak_detect_run *run)
{
    struct screen s = { { to, lang, colour }, ak_store_db(store), run };
    line_rules(&s, store);
    lines_refused(&s);
    line_files(&s);
    line_events(&s);
    lines_levels(&s);
    line_hosts(&s);
    line_days(&s);
    line_run(&s);
    line_output(&s);
}
