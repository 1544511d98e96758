/* compose_coverage.c - what each log covers, the events that tell the story, and
 * appendix A, where every cited event is quoted. */
#include "report/compose.h"

#include <stdio.h>

enum { KEY_EVENTS_MAX = 60, HEX_ROW = 16 };

struct column_words {
    const char *heading;
    float share;
    enum ak_column_form form;
};

static struct ak_grid *begin(struct ak_doc *doc, enum ak_block_kind kind,
                             const struct column_words *words, size_t n)
{
    struct ak_column *columns = AK_NEW_N(doc->arena, struct ak_column, n);
    if (!columns) {
        doc->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        columns[i] = (struct ak_column){ ak_doc_words(doc, words[i].heading), words[i].share,
                                         words[i].form };
    return ak_doc_table(doc, kind, columns, n);
}

static struct ak_str moment(struct ak_doc *doc, const struct ak_report *r, int64_t ns)
{
    struct ak_buf b = { 0 };
    if (!ns)
        return AK_STR("\xE2\x80\x94");
    ak_put_moment(&b, ns, &r->zone);
    return ak_doc_keep_buf(doc, &b);
}

static struct ak_str number(struct ak_doc *doc, uint64_t n)
{
    struct ak_buf b = { 0 };
    ak_put_number(&b, n);
    return ak_doc_keep_buf(doc, &b);
}

/* ---- logs ---- */

static struct ak_str word_of(struct ak_doc *doc, struct ak_str english)
{
    char text[64];
    snprintf(text, sizeof(text), "%.*s", (int)english.n, english.at);
    return ak_doc_keep(doc, ak_str_of(ak_word(doc->lang, text)));
}

/* The reasons, and each gap from when to when. */
static struct ak_str reasons(struct ak_doc *doc, const struct ak_report *r,
                             const struct ak_report_log *l)
{
    struct ak_buf b = { 0 };
    ak_buf_str(&b, l->why.in[doc->lang]);
    for (size_t i = 0; i < l->n_gaps; i++) {
        ak_buf_text(&b, b.n ? (doc->lang == AK_LANG_JA ? "、" : "; ") : "");
        ak_put_moment(&b, l->gaps[i].from_ns, &r->zone);
        ak_buf_text(&b, doc->lang == AK_LANG_JA ? "〜" : " to ");
        ak_put_moment(&b, l->gaps[i].to_ns, &r->zone);
    }
    return ak_doc_keep_or_dash(doc, &b);
}

void ak_compose_coverage(struct ak_doc *doc, struct ak_report *r)
{
    static const struct column_words COLUMNS[] = {
        { "Log", 25, AK_COLUMN_TEXT },         { "Host", 14, AK_COLUMN_TEXT },
        { "State", 9, AK_COLUMN_TEXT },        { "First record", 13, AK_COLUMN_TIME },
        { "Last record", 13, AK_COLUMN_TIME }, { "Records", 9, AK_COLUMN_NUMBER },
        { "Reason", 23, AK_COLUMN_TEXT },
    };
    if (r->n_logs == 0) {
        ak_doc_text(doc, AK_BLOCK_PARAGRAPH,
                    ak_doc_words(doc, "No log was recognised in the evidence."));
        return;
    }
    struct ak_grid *g = begin(doc, AK_BLOCK_TABLE, COLUMNS, 7);
    for (size_t i = 0; g && i < r->n_logs; i++) {
        const struct ak_report_log *l = &r->logs[i];
        bool none = ak_str_eq(l->state, AK_STR("none"));
        ak_grid_cell(doc, g, none ? word_of(doc, l->kind) : l->name);
        ak_grid_cell(doc, g, l->host.n ? l->host : AK_STR("\xE2\x80\x94"));
        ak_grid_cell(doc, g, none ? ak_doc_words(doc, "absent") : word_of(doc, l->state));
        ak_grid_cell(doc, g, moment(doc, r, l->first_ns));
        ak_grid_cell(doc, g, moment(doc, r, l->last_ns));
        ak_grid_cell(doc, g, number(doc, l->records));
        ak_grid_cell(doc, g, reasons(doc, r, l));
    }
    ak_compose_more(doc, g, r->n_logs, r->n_logs_all);
}

/* ---- events ---- */

static struct ak_str anchor(struct ak_doc *doc, struct ak_str id)
{
    struct ak_buf b = { 0 };
    ak_buf_text(&b, "ev-");
    ak_buf_str(&b, id);
    return ak_doc_keep_buf(doc, &b);
}

void ak_compose_key_events(struct ak_doc *doc, struct ak_report *r)
{
    static const struct column_words COLUMNS[] = {
        { "Time", 17, AK_COLUMN_TIME },   { "Event", 49, AK_COLUMN_TEXT },
        { "Host", 12, AK_COLUMN_TEXT },   { "Claim", 10, AK_COLUMN_TEXT },
        { "Quoted", 12, AK_COLUMN_MONO },
    };
    struct ak_grid *g = NULL;
    uint64_t n = 0, timed = 0;
    for (size_t i = 0; i < r->n_events; i++)
        timed += r->events[i].timed;
    for (size_t i = 0; i < r->n_events && n < KEY_EVENTS_MAX; i++) {
        const struct ak_report_event *e = &r->events[i];
        if (!e->timed)
            continue;
        if (n++ == 0)
            g = begin(doc, AK_BLOCK_TABLE, COLUMNS, 5);
        if (!g)
            return;
        ak_grid_cell(doc, g, moment(doc, r, e->ns));
        ak_grid_cell(doc, g, e->message.in[doc->lang]);
        ak_grid_cell(doc, g, e->host.n ? e->host : AK_STR("\xE2\x80\x94"));
        ak_grid_cell(doc, g, e->claims);
        ak_grid_link(doc, g, e->id, anchor(doc, e->id));
    }
    if (n == 0)
        ak_doc_text(doc, AK_BLOCK_PARAGRAPH, ak_doc_words(doc, "No claim cites an event."));
    ak_compose_more(doc, g, n, timed);
}

/* Up to sixteen bytes, as hexadecimal and as ASCII. */
static void put_hex_row(struct ak_buf *b, const uint8_t *at, size_t n, uint64_t offset)
{
    ak_buf_printf(b, "%010llx ", (unsigned long long)offset);
    for (size_t i = 0; i < n; i++)
        ak_buf_printf(b, " %02x", at[i]);
    for (size_t i = n; i < HEX_ROW; i++)
        ak_buf_text(b, "   ");
    ak_buf_text(b, "  ");
    for (size_t i = 0; i < n; i++)
        ak_buf_u8(b, at[i] >= 0x20 && at[i] < 0x7F ? at[i] : '.');
    ak_buf_u8(b, '\n');
}

static void put_hex(struct ak_buf *b, const struct ak_report_event *e)
{
    for (size_t row = 0; row < e->bytes.n; row += HEX_ROW)
        put_hex_row(b, e->bytes.at + row, e->bytes.n - row < HEX_ROW ? e->bytes.n - row : HEX_ROW,
                    e->offset + row);
    if (e->bytes.n && e->bytes.n < e->length)
        ak_buf_printf(b, "...         (%llu / %llu)\n", (unsigned long long)e->bytes.n,
                      (unsigned long long)e->length);
}

static void fact(struct ak_doc *doc, struct ak_grid *g, const char *english, struct ak_str text)
{
    ak_grid_cell(doc, g, ak_doc_words(doc, english));
    ak_grid_cell(doc, g, text.n ? text : AK_STR("\xE2\x80\x94"));
}

static struct ak_str place(struct ak_doc *doc, const struct ak_report_event *e)
{
    struct ak_buf b = { 0 }, offset = { 0 }, length = { 0 };
    ak_put_number(&offset, e->offset);
    ak_put_number(&length, e->length);
    struct ak_filling with[] = { { "offset", ak_buf_view(&offset) },
                                 { "length", ak_buf_view(&length) } };
    ak_put_filled(&b, ak_word(doc->lang, "{length} bytes from offset {offset}"), with, 2);
    ak_buf_free(&offset);
    ak_buf_free(&length);
    return ak_doc_keep_buf(doc, &b);
}

static struct ak_str time_of(struct ak_doc *doc, const struct ak_report *r,
                             const struct ak_report_event *e)
{
    struct ak_buf b = { 0 };
    if (!e->timed)
        return ak_doc_words(doc, "no time recorded");
    ak_put_moment(&b, e->ns, &r->zone);
    ak_buf_u8(&b, ' ');
    ak_put_zone(&b, e->ns, &r->zone);
    ak_buf_printf(&b, " / %.*s (%.*s)", (int)e->datetime.n, e->datetime.at, (int)e->time_desc.n,
                  e->time_desc.at);
    return ak_doc_keep_buf(doc, &b);
}

static void quote(struct ak_doc *doc, const struct ak_report *r, const struct ak_report_event *e)
{
    struct ak_buf source = { 0 }, hex = { 0 };
    static const struct ak_column PAIR[] = { { { "", 0 }, 16, AK_COLUMN_TEXT },
                                             { { "", 0 }, 84, AK_COLUMN_TEXT } };
    struct ak_grid *g = ak_doc_table(doc, AK_BLOCK_EVENT, PAIR, 2);
    struct ak_block *block = doc->last;
    block->id = anchor(doc, e->id);
    block->code = e->id;
    ak_buf_str(&source, e->evidence);
    if (e->path.n)
        ak_buf_u8(&source, '/');
    ak_buf_str(&source, e->path);
    fact(doc, g, "Time", time_of(doc, r, e));
    fact(doc, g, "Event", e->message.in[doc->lang]);
    fact(doc, g, "Kind of record", e->data_type);
    fact(doc, g, "File", ak_doc_keep_buf(doc, &source));
    if (e->length)
        fact(doc, g, "Place", place(doc, e));
    fact(doc, g, "Cited by", e->claims);
    if (e->recovered)
        fact(doc, g, "Origin", ak_doc_words(doc, "recovered from deleted or damaged data"));
    put_hex(&hex, e);
    block->text = ak_doc_keep_buf(doc, &hex);
    if (!e->bytes.n && e->length)
        fact(doc, g, "Bytes",
             ak_doc_words(doc, e->inside
                                   ? "inside a container; akashi cat shows the file they are in"
                                   : "not to be had when the report was written"));
}

void ak_compose_events(struct ak_doc *doc, struct ak_report *r)
{
    if (r->n_events == 0)
        ak_doc_text(doc, AK_BLOCK_PARAGRAPH, ak_doc_words(doc, "No claim cites an event."));
    for (size_t i = 0; i < r->n_events; i++)
        if (r->events[i].found)
            quote(doc, r, &r->events[i]);
    if (r->n_events < r->n_events_all) {
        struct ak_buf b = { 0 };
        struct ak_filling with = { "n", number(doc, r->n_events_all - r->n_events) };
        ak_put_filled(&b, ak_word(doc->lang, "… and {n} more; see case.db"), &with, 1);
        ak_doc_text(doc, AK_BLOCK_NOTE, ak_doc_keep_buf(doc, &b));
    }
}
