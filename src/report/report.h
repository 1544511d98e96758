/* report.h - the report and the summaries, written from the case alone. */
#ifndef AK_REPORT_REPORT_H
#define AK_REPORT_REPORT_H

#include "report/document.h"
#include "report/model.h"

#include <stdio.h>

enum ak_report_format { AK_REPORT_HTML = 1 << 0, AK_REPORT_PDF = 1 << 1, AK_REPORT_JSON = 1 << 2 };

struct ak_report_options {
    enum ak_lang lang; /* of the PDF; shown first in the HTML */
    bool one_language; /* the HTML holds only this one */
    unsigned formats;  /* of enum ak_report_format */
};

/* Write report.html, report.pdf and summary.json into the case's folder, what
 * `formats` asks for; each is replaced at once when it is whole.
 * AK_ERR_IO when the folder cannot be written, AK_ERR_LIMIT when the report
 * does not fit in memory. */
AK_MUST_USE enum ak_status ak_report_write(struct ak_store *store, const char *folder,
                                           const struct ak_report_options *options);

/* One format into the buffer. */
AK_MUST_USE enum ak_status ak_report_print(struct ak_report *report, enum ak_report_format format,
                                           const struct ak_report_options *options,
                                           struct ak_buf *out);

/* How the run went, for the screen; all zero when nothing ran. */
struct ak_report_run {
    uint64_t bytes, events, elapsed_ms, peak_kb;
    unsigned jobs;
};

/* What was found on one screen: case, coverage, verdict, run, what to do next. */
enum ak_status ak_report_screen(FILE *to, struct ak_report *report, enum ak_lang lang, bool colour,
                                const struct ak_report_run *run);

/* ---- the writers ---- */

/* docs[shown] is visible at first; the reader may choose another. */
void ak_report_html(struct ak_buf *out, const struct ak_doc *docs, size_t n, size_t shown);
AK_MUST_USE enum ak_status ak_report_pdf(struct ak_buf *out, const struct ak_doc *doc);
void ak_report_json(struct ak_buf *out, struct ak_report *report);

#endif
