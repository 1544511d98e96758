/* document.h - the report as a list of blocks in one language: what the HTML and
 * the PDF are drawn from, so that both say the same.
 *
 * Texts are as the case has them; what draws them makes them fit to be seen
 * (ak_visible).  Everything lives in the arena given at the start. */
#ifndef AK_REPORT_DOCUMENT_H
#define AK_REPORT_DOCUMENT_H

#include "base/arena.h"
#include "base/words.h"
#include "report/text.h"

enum ak_block_kind {
    AK_BLOCK_HEADING,   /* text, level 1 or 2, id */
    AK_BLOCK_PARAGRAPH, /* text */
    AK_BLOCK_NOTE,      /* text, small */
    AK_BLOCK_LEAD,      /* text, emphasised: the summary */
    AK_BLOCK_FACTS,     /* table of two columns without a head */
    AK_BLOCK_TABLE,
    AK_BLOCK_CLAIM,
    AK_BLOCK_CHART,
    AK_BLOCK_EVENT, /* table of facts, text: hexadecimal rows */
};

struct ak_cell {
    struct ak_str text;
    struct ak_str link; /* the id of another block; empty: none */
};

/* How a column is set. */
enum ak_column_form { AK_COLUMN_TEXT, AK_COLUMN_NUMBER, AK_COLUMN_MONO, AK_COLUMN_TIME };

struct ak_column {
    struct ak_str heading;
    float share; /* of the width; shares of a table need not sum up to anything */
    enum ak_column_form form;
};

struct ak_grid {
    const struct ak_column *columns;
    size_t n_columns, n_cells, cap; /* a row is n_columns cells */
    struct ak_cell *cells;
    struct ak_str more; /* "… and 12 more"; empty: all are there */
};

/* ---- charts: marks on a canvas, y downwards ---- */

enum ak_tone {
    AK_TONE_INK,
    AK_TONE_MUTED,
    AK_TONE_GRID,
    AK_TONE_WINDOW, /* time attributed to an intruder */
    AK_TONE_HAVE,   /* records */
    AK_TONE_SPAN,   /* a log's time without records */
    AK_TONE_GAP,
    AK_TONE_CLEARED,
    AK_TONE_ABSENT,
    AK_TONE_KIND0,
    AK_TONE_KIND1,
    AK_TONE_KIND2,
    AK_TONE_KIND3,
    AK_TONE_KIND4,
    AK_TONE_KIND5,
    AK_TONE_LEVEL, /* the level that was reached */
    AK_TONE_PAPER,
    AK_N_TONES
};
enum ak_mark_kind { AK_MARK_RECT, AK_MARK_FRAME, AK_MARK_LINE, AK_MARK_TEXT };
enum ak_anchor { AK_ANCHOR_START, AK_ANCHOR_MIDDLE, AK_ANCHOR_END };

struct ak_mark {
    enum ak_mark_kind kind;
    enum ak_tone tone;
    enum ak_anchor anchor;
    bool bold, dashed;
    float x, y, w,
        h;      /* a line ends at x+w, y+h; a text stands on y, w is the room it has (0: any) */
    float size; /* of a text */
    struct ak_str text;
};

struct ak_chart {
    float width, height;
    struct ak_str title; /* what it shows, for those who cannot see it */
    struct ak_mark *marks;
    size_t n, cap;
};

struct ak_block {
    struct ak_block *next;
    enum ak_block_kind kind;
    unsigned level;
    struct ak_str id, text;
    struct ak_grid grid;
    struct ak_chart chart;
    /* of a claim */
    struct ak_str code, words;
    struct ak_str limits[8];
    size_t n_limits;
    struct ak_cell *basis;
    size_t n_basis;
};

struct ak_doc {
    struct ak_arena *arena;
    enum ak_lang lang;
    struct ak_str title, subtitle, as_of, tool;
    int64_t as_of_ns;
    struct ak_block *first, *last;
    bool failed; /* memory ran out: blocks are missing, it must not be printed */
};

/* A new block at the end; a place to write to that is dropped when memory ran out. */
struct ak_block *ak_doc_block(struct ak_doc *doc, enum ak_block_kind kind);

struct ak_str ak_doc_keep(struct ak_doc *doc, struct ak_str text);
/* Keep what the buffer holds and empty it. */
struct ak_str ak_doc_keep_buf(struct ak_doc *doc, struct ak_buf *b);
/* The same; a dash when it holds nothing. */
struct ak_str ak_doc_keep_or_dash(struct ak_doc *doc, struct ak_buf *b);

/* Texts by their English. */
struct ak_str ak_doc_words(const struct ak_doc *doc, const char *english);
void ak_doc_heading(struct ak_doc *doc, unsigned level, const char *id, const char *english);
void ak_doc_text(struct ak_doc *doc, enum ak_block_kind kind, struct ak_str text);

/* Start a table; its columns must outlive the document. */
struct ak_grid *ak_doc_table(struct ak_doc *doc, enum ak_block_kind kind,
                             const struct ak_column *columns, size_t n_columns);
/* The next cell, row by row. */
void ak_grid_cell(struct ak_doc *doc, struct ak_grid *grid, struct ak_str text);
void ak_grid_link(struct ak_doc *doc, struct ak_grid *grid, struct ak_str text, struct ak_str link);

struct ak_mark *ak_chart_mark(struct ak_doc *doc, struct ak_chart *chart, enum ak_mark_kind kind,
                              enum ak_tone tone);

#endif
