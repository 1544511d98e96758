/* model_detections.c - what rules found, in numbers: by level, and the rules that
 * matter most. */
#include "report/model.h"

#include <sqlite3.h>

static void take_level(struct ak_report *r, void *stmt, void *self)
{
    (void)self;
    if (r->n_levels == AK_REPORT_LEVELS)
        return;
    r->levels[r->n_levels++] = (struct ak_report_level){ ak_report_column(r, stmt, 0),
                                                         (uint64_t)sqlite3_column_int64(stmt, 1),
                                                         (uint64_t)sqlite3_column_int64(stmt, 2),
                                                         (uint64_t)sqlite3_column_int64(stmt, 3) };
}

static void take_rule(struct ak_report *r, void *stmt, void *self)
{
    (void)self;
    if (r->n_rules == AK_REPORT_RULES_MAX)
        return;
    struct ak_str en = ak_report_column(r, stmt, 1), ja = ak_report_column(r, stmt, 2);
    r->rules[r->n_rules++] = (struct ak_report_rule){ .level = ak_report_column(r, stmt, 0),
                                                      .title = { { en, ja.n ? ja : en } },
                                                      .n = (uint64_t)sqlite3_column_int64(stmt, 3),
                                                      .host = ak_report_column(r, stmt, 4) };
}

bool ak_report_read_detections(struct ak_report *r)
{
    return ak_report_each(r,
                          "SELECT level, count(*), count(DISTINCT rule_id), count(DISTINCT host) "
                          "FROM detections"
                          " GROUP BY level ORDER BY max(severity) DESC",
                          AK_STR(""), take_level, NULL) &&
           ak_report_each(r,
                          "SELECT level, rule_name, coalesce(rule_name_ja, ''), count(*), "
                          "min(host) FROM detections"
                          " WHERE level IN ('critical', 'high') GROUP BY rule_id"
                          " ORDER BY max(severity) DESC, min(ns), rule_id",
                          AK_STR(""), take_rule, NULL);
}
