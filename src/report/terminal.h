/* terminal.h - lines for a terminal: a label, sentences with numbers, texts of evidence. */
#ifndef AK_REPORT_TERMINAL_H
#define AK_REPORT_TERMINAL_H

#include "report/text.h"

#include <stdio.h>

struct ak_terminal {
    FILE *to; /* borrowed */
    enum ak_lang lang;
    bool colour;
};

enum { AK_LABEL_COLUMNS = 12 };

/* How many columns a text takes: Japanese characters take two. */
int ak_terminal_columns(const char *text);

/* The word of data/words that a line begins with, padded to AK_LABEL_COLUMNS. */
void ak_terminal_label(const struct ak_terminal *t, const char *english);

/* A sentence of data/words, filled as by ak_put_filled(). */
void ak_terminal_say(const struct ak_terminal *t, const char *english,
                     const struct ak_filling *with, size_t n);

/* A text of evidence or of a rule, made visible so that it cannot move the cursor: at most
 * `max` characters, 0 as for ak_visible(). */
void ak_terminal_seen(const struct ak_terminal *t, struct ak_str text, size_t max);

/* Texts that fill one sentence.  Zero-initialise; release with ak_amounts_drop(). */
enum { AK_AMOUNTS_MAX = 10 };
struct ak_amounts {
    struct ak_buf bufs[AK_AMOUNTS_MAX];
    size_t n;
};

/* The next empty one, to be written to; no more than AK_AMOUNTS_MAX. */
struct ak_buf *ak_amounts_next(struct ak_amounts *a);
/* "1,234,567"; lives until the amounts are dropped. */
struct ak_str ak_amount(struct ak_amounts *a, uint64_t n);
/* "48.2 MB" of so many bytes; lives as long. */
struct ak_str ak_amount_size(struct ak_amounts *a, uint64_t bytes);
/* Release the texts; it may be used again. */
void ak_amounts_drop(struct ak_amounts *a);

#endif
