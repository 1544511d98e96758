/* compose.h - from the model to the document: sections, tables, charts. */
#ifndef AK_REPORT_COMPOSE_H
#define AK_REPORT_COMPOSE_H

#include "report/document.h"
#include "report/model.h"

/* The whole report in one language.  *out lives in the model's arena.
 * AK_ERR_LIMIT when it does not fit. */
AK_MUST_USE enum ak_status ak_compose(struct ak_report *report, enum ak_lang lang,
                                      struct ak_doc *out);

/* compose_tables.c: the tables that are one query each. */
enum ak_report_table {
    AK_TABLE_EVIDENCE,
    AK_TABLE_MEDIA,
    AK_TABLE_HOSTS,
    AK_TABLE_VOLUMES,
    AK_TABLE_PARSERS,
    AK_TABLE_ADDRESSES,
    AK_TABLE_SIGNINS,
    AK_TABLE_UNREAD,
    AK_TABLE_DAMAGE,
    AK_TABLE_DETECTIONS,
    AK_TABLE_DETECTIONS_JA,
    AK_TABLE_FILES,
    AK_N_TABLES
};
void ak_compose_table(struct ak_doc *doc, struct ak_report *report, enum ak_report_table table);
/* "… and 12 more; see case.db", when n of n_all rows are shown. */
void ak_compose_more(struct ak_doc *doc, struct ak_grid *grid, uint64_t n, uint64_t n_all);

/* compose_overview.c: section 1. */
void ak_compose_overview(struct ak_doc *doc, struct ak_report *report);

/* compose_coverage.c: section 10's table, and appendix A. */
void ak_compose_coverage(struct ak_doc *doc, struct ak_report *report);
void ak_compose_events(struct ak_doc *doc, struct ak_report *report);
void ak_compose_key_events(struct ak_doc *doc, struct ak_report *report);

/* chart.c */
void ak_chart_histogram(struct ak_doc *doc, const struct ak_report *report);
void ak_chart_coverage(struct ak_doc *doc, const struct ak_report *report);
void ak_chart_ladder(struct ak_doc *doc, const struct ak_report *report);

/* chart_tactics.c */
void ak_chart_tactics(struct ak_doc *doc, struct ak_report *report);

/* chart_logons.c */
void ak_chart_logons(struct ak_doc *doc, struct ak_report *report);

/* "confirmed", "possible", … for L5, L3, …; English, an entry of data/words. */
const char *ak_level_words(struct ak_str code);

#endif
