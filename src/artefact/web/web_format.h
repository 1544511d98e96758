/* web_format.h - a web server's own description of its log lines, as a program.
 *
 * Apache's LogFormat and nginx's log_format are read once per item; each line
 * is then matched against the steps: a literal, or a piece that ends where the
 * next literal begins. */
#ifndef AK_ARTEFACT_WEB_FORMAT_H
#define AK_ARTEFACT_WEB_FORMAT_H

#include "artefact/web/web_record.h"

enum { AK_WEB_FORMAT_STEPS = 96, AK_WEB_FORMAT_TEXT = 4096 };

struct ak_web_format {
    struct ak_web_step {
        enum ak_web_sense sense; /* of the piece; SENSE_COUNT when there is none */
        uint16_t at, n;          /* the literal behind it, in text[] */
        bool quoted;             /* the piece stands in quotes: \" does not end it */
    } steps[AK_WEB_FORMAT_STEPS];
    size_t n_steps;
    char text[AK_WEB_FORMAT_TEXT];
    size_t n_text;
};

/* Read a format: Apache's or nginx's string, with or without `LogFormat "..."`
 * or `log_format NAME '...' '...';` around it, or one of the names common,
 * combined, combinedio, vhost_combined.  False when it is no format: no piece,
 * nothing between two pieces, more than the limits. */
bool ak_web_format_read(struct ak_web_format *format, struct ak_str text);

/* Read a line by it.  False when the line does not fit. */
bool ak_web_format_match(const struct ak_web_format *format, struct ak_web_record *rec,
                         struct ak_str line);

#endif
