/* model_custody.c - the custody log, as far as the report shows it: every line but
 * those about single files, whose hashes stand in appendix B. */
#include "report/model.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_BYTES = 1 << 20 };

static void take_line(struct ak_report *r, void *stmt, void *self)
{
    (void)self;
    struct ak_str what = ak_report_column(r, stmt, 1);
    r->custody_last = ak_report_column(r, stmt, 5);
    if (ak_str_eq(what, AK_STR("evidence.hashed"))) {
        r->n_hashed++;
        return;
    }
    r->n_custody_all++;
    if (r->n_custody == AK_REPORT_CUSTODY_MAX)
        return;
    r->custody[r->n_custody++] = (struct ak_custody_row){ .at = ak_report_column(r, stmt, 0),
                                                          .what = what,
                                                          .who = ak_report_column(r, stmt, 2),
                                                          .tool = ak_report_column(r, stmt, 3),
                                                          .details = ak_report_column(r, stmt, 4),
                                                          .hash = r->custody_last };
}

void ak_report_read_custody(struct ak_report *r)
{
    struct ak_buf path = { 0 };
    char *line = NULL;
    size_t cap = 0;
    ssize_t got;
    ak_buf_str(&path, r->folder);
    ak_buf_put(&path, "/custody.jsonl", sizeof("/custody.jsonl"));
    FILE *f = path.failed ? NULL : fopen((const char *)path.at, "re");
    ak_buf_free(&path);
    r->custody = AK_NEW_N(r->arena, struct ak_custody_row, AK_REPORT_CUSTODY_MAX);
    while (f && r->custody && (got = getline(&line, &cap, f)) > 0)
        if (got < LINE_MAX_BYTES)
            ak_report_each(r,
                           "SELECT json_extract(l,'$.at'), json_extract(l,'$.what'),"
                           " json_extract(l,'$.user') || '@' || json_extract(l,'$.workstation'),"
                           " json_extract(l,'$.tool'),"
                           " CASE WHEN json_type(l,'$.command') IS NOT NULL"
                           "  THEN (SELECT group_concat(value,' ') FROM json_each(l,'$.command'))"
                           "  ELSE (SELECT group_concat(key || '=' || value,' ') FROM json_each(l)"
                           "   WHERE key NOT IN "
                           "('n','at','user','workstation','tool','what','prev','hash')) END,"
                           " json_extract(l,'$.hash')"
                           " FROM (SELECT ?1 AS l) WHERE json_valid(l)",
                           (struct ak_str){ line, (size_t)got }, take_line, NULL);
    free(line);
    if (f)
        fclose(f);
}
