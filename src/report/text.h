/* text.h - texts of evidence made fit to be printed, and numbers and times in words.
 *
 * File names and log lines are written by attackers.  What a reader sees must be
 * what stands in the evidence: characters that hide, reorder or move text are
 * shown as marks, never passed on. */
#ifndef AK_REPORT_TEXT_H
#define AK_REPORT_TEXT_H

#include "base/buf.h"
#include "base/words.h"
#include "base/zone.h"

/* Append `s` as UTF-8 that prints as it reads: line feed, tab and carriage return
 * as \n \t \r; other control characters, direction marks, invisible and
 * private characters and lone surrogates as 〈U+202E〉 in angle brackets (U+3008,
 * U+3009); bytes that are no UTF-8 as 〈FF〉.  At most `max` characters, then "…".
 * max 0: AK_VISIBLE_MAX. */
enum { AK_VISIBLE_MAX = 4000, AK_VISIBLE_COMBINING = 4 };
void ak_visible(struct ak_buf *out, struct ak_str s, size_t max);

/* The same with & < > " ' escaped for HTML, in texts and attributes alike. */
void ak_visible_html(struct ak_buf *out, struct ak_str s, size_t max);

/* "1,234,567" */
void ak_put_number(struct ak_buf *out, uint64_t n);
/* "48.2 MB", in both languages: units of a thousand; below it "311 B". */
void ak_put_size(struct ak_buf *out, uint64_t n);
/* "2026年1月29日" or "29 January 2026", in the zone. */
void ak_put_day(struct ak_buf *out, int64_t ns, const struct ak_zone *zone, enum ak_lang lang);
/* "2026-01-29 23:50:12" in the zone, for tables: the zone stands in the heading. */
void ak_put_moment(struct ak_buf *out, int64_t ns, const struct ak_zone *zone);
/* "01-29 23:50", where there is little room and the year is told elsewhere. */
void ak_put_minute(struct ak_buf *out, int64_t ns, const struct ak_zone *zone);
/* "JST", "UTC" or "+02:00", at that moment. */
void ak_put_zone(struct ak_buf *out, int64_t ns, const struct ak_zone *zone);

/* Fill {names} of a sentence of data/words from pairs name, value; the values
 * are passed on as they are. */
struct ak_filling {
    const char *name;
    struct ak_str value;
};
void ak_put_filled(struct ak_buf *out, const char *sentence, const struct ak_filling *with,
                   size_t n);

#endif
