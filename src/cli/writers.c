/* writers.c - see writers.h. */
#include "cli/writers.h"

#include "base/utf.h"
#include "event/jsonl.h"
#include "event/message.h"

#include <stdio.h>

static struct ak_str host_of(const struct ak_stored *e)
{
    struct ak_str host = ak_event_text(&e->event, AK_STR("host.name"));
    return host.n ? host : e->item->host;
}

/* ---- JSON lines ---- */

static void jsonl(struct ak_buf *out, const struct ak_stored *e, enum ak_lang lang)
{
    char id[AK_EVENT_ID_MAX];
    struct ak_event_place place = { ak_event_id(e, id), e->item->evidence_name, e->item->path,
                                    e->item->host };
    (void)lang;
    ak_jsonl_event(out, &e->event, &place);
}

/* ---- CSV ---- */

/* Does it command a terminal?  Line ends and tabs are for the cell to quote. */
static bool is_control(uint32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7F && c < 0xA0);
}

static bool has_control(struct ak_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if ((c < 0x80 && is_control(c)) ||
            (c == 0xC2 && i + 1 < s.n && (unsigned char)s.at[i + 1] < 0xA0))
            return true;
    }
    return false;
}

/* Readers of CSV want UTF-8 and stop at the first byte that is none; and what is read
 * in a terminal must not command it.  JSON lines keep such texts exactly. */
static void valid_cell(struct ak_buf *out, struct ak_str s, bool first)
{
    struct ak_buf b = { 0 };
    for (size_t at = 0, from = 0; at < s.n; from = at) {
        uint32_t c = ak_utf8_next(s, &at);
        if (c == 0xFFFFFFFF || (c >= 0xD800 && c < 0xE000))
            ak_buf_text(&b, "\xEF\xBF\xBD");
        else if (is_control(c))
            ak_buf_printf(&b, "\xE3\x80\x88U+%04X\xE3\x80\x89", (unsigned)c);
        else
            ak_buf_put(&b, s.at + from, at - from);
    }
    ak_csv_cell(out, ak_buf_view(&b), first);
    ak_buf_free(&b);
}

void ak_csv_cell(struct ak_buf *out, struct ak_str s, bool first)
{
    if (!ak_utf8_valid(s) || has_control(s)) {
        valid_cell(out, s, first);
        return;
    }
    if (!first)
        ak_buf_u8(out, ',');
    bool formula = s.n && memchr("=+-@\t\r", s.at[0], 6);
    bool quote = formula;
    for (size_t i = 0; i < s.n && !quote; i++)
        quote = s.at[i] == ',' || s.at[i] == '"' || s.at[i] == '\n' || s.at[i] == '\r';
    if (!quote) {
        ak_buf_str(out, s);
        return;
    }
    ak_buf_text(out, formula ? "\"'" : "\"");
    for (size_t i = 0; i < s.n; i++) {
        if (s.at[i] == '"')
            ak_buf_u8(out, '"');
        ak_buf_put(out, s.at + i, 1);
    }
    ak_buf_u8(out, '"');
}

/* The fields a message does not show, "name: value ¦ name: value". */
static void extra_cell(struct ak_buf *out, const struct ak_stored *e)
{
    struct ak_buf b = { 0 };
    for (size_t i = 0; i < e->event.shape->n; i++) {
        const struct ak_value *v = &e->event.values[i];
        struct ak_str name = e->event.shape->names[i];
        if (v->type == AK_TYPE_NONE || ak_str_eq(name, AK_STR("message")))
            continue;
        if (b.n)
            ak_buf_text(&b, " \xC2\xA6 ");
        ak_buf_str(&b, name);
        ak_buf_text(&b, ": ");
        if (v->type == AK_TYPE_STR)
            ak_buf_str(&b, v->str);
        else
            ak_jsonl_value(&b, v);
    }
    ak_csv_cell(out, ak_buf_view(&b), false);
    ak_buf_free(&b);
}

static void message_cell(struct ak_buf *out, const struct ak_stored *e, enum ak_lang lang,
                         bool first)
{
    struct ak_buf message = { 0 };
    ak_message(&message, &e->event, lang);
    ak_csv_cell(out, ak_buf_view(&message), first);
    ak_buf_free(&message);
}

static void time_cell(struct ak_buf *out, const struct ak_stored *e, bool first)
{
    char iso[AK_STAMP_TEXT];
    ak_csv_cell(out, (struct ak_str){ iso, ak_stamp_iso(e->event.when, iso) }, first);
}

static void csv_begin(struct ak_buf *out)
{
    ak_buf_text(
        out, "datetime,timestamp_desc,data_type,host,message,fields,evidence,path,offset,id\r\n");
}

static void csv(struct ak_buf *out, const struct ak_stored *e, enum ak_lang lang)
{
    char id[AK_EVENT_ID_MAX], offset[24];
    int n = snprintf(offset, sizeof(offset), "%llu", (unsigned long long)e->event.offset);
    time_cell(out, e, true);
    ak_csv_cell(out, e->event.shape->time_desc, false);
    ak_csv_cell(out, e->event.shape->data_type, false);
    ak_csv_cell(out, host_of(e), false);
    message_cell(out, e, lang, false);
    extra_cell(out, e);
    ak_csv_cell(out, e->item->evidence_name, false);
    ak_csv_cell(out, e->item->path, false);
    ak_csv_cell(out, (struct ak_str){ offset, (size_t)n }, false);
    ak_csv_cell(out, ak_event_id(e, id), false);
    ak_buf_text(out, "\r\n");
}

/* ---- Timesketch (import-from-json-csv.md): the mandatory columns first ---- */

enum { TIMESKETCH_CELL = 32766 }; /* bytes of one field it takes */

static void timesketch_begin(struct ak_buf *out)
{
    ak_buf_text(out,
                "message,timestamp,datetime,timestamp_desc,data_type,hostname,display_name,tag,"
                "source_ip,username,event_identifier,fields,id\r\n");
}

static void short_cell(struct ak_buf *out, struct ak_str s)
{
    if (s.n > TIMESKETCH_CELL - 2) {
        s.n = TIMESKETCH_CELL - 2;
        while (s.n && ((unsigned char)s.at[s.n] & 0xC0) == 0x80)
            s.n--;
    }
    ak_csv_cell(out, s, false);
}

static void timesketch(struct ak_buf *out, const struct ak_stored *e, enum ak_lang lang)
{
    char id[AK_EVENT_ID_MAX], us[32];
    struct ak_buf fields = { 0 };
    int64_t t = e->event.when.utc_ns;
    int n = snprintf(us, sizeof(us), "%lld", (long long)(t / 1000 - (t % 1000 < 0)));
    message_cell(out, e, lang, true);
    ak_csv_cell(out, (struct ak_str){ us, (size_t)n }, false);
    time_cell(out, e, false);
    ak_csv_cell(out, e->event.shape->time_desc, false);
    ak_csv_cell(out, e->event.shape->data_type, false);
    ak_csv_cell(out, host_of(e), false);
    short_cell(out, e->item->path);
    ak_csv_cell(out, e->event.flags & AK_EVENT_RECOVERED ? AK_STR("recovered") : AK_STR(""), false);
    ak_csv_cell(out, ak_event_text(&e->event, AK_STR("source.ip")), false);
    ak_csv_cell(out, ak_event_text(&e->event, AK_STR("user.name")), false);
    ak_csv_cell(out, ak_event_text(&e->event, AK_STR("event.code")), false);
    extra_cell(out, e);
    ak_csv_cell(out, ak_event_id(e, id), false);
    ak_buf_text(out, "\r\n");
    ak_buf_free(&fields);
}

/* ---- a body file: one line per event of a file's time ---- */

static void body_text(struct ak_buf *out, struct ak_str s)
{
    for (size_t i = 0; i < s.n; i++)
        ak_buf_put(out, s.at[i] == '|' || s.at[i] == '\n' ? " " : &s.at[i], 1);
}

static void bodyfile(struct ak_buf *out, const struct ak_stored *e, enum ak_lang lang)
{
    struct ak_str desc = e->event.shape->time_desc;
    long long s =
        (long long)(e->event.when.utc_ns / 1000000000 - (e->event.when.utc_ns % 1000000000 < 0));
    bool a = ak_str_eq(desc, AK_STR("Last Access Time"));
    bool c = ak_str_eq(desc, AK_STR("Metadata Modification Time"));
    bool b = ak_str_eq(desc, AK_STR("Creation Time"));
    const struct ak_value *size = ak_event_get(&e->event, AK_STR("file.size"));
    const struct ak_value *inode = ak_event_get(&e->event, AK_STR("file.inode"));
    struct ak_str path = ak_event_text(&e->event, AK_STR("file.path"));
    ak_buf_text(out, "0|");
    if (path.n && ak_str_starts(e->event.shape->data_type, AK_STR("fs:stat"))) {
        body_text(out, path);
        if (ak_str_eq(e->event.shape->data_type, AK_STR("fs:stat:ntfs")))
            ak_buf_text(out, " ($FILE_NAME)");
        if (ak_event_get(&e->event, AK_STR("file.deleted")))
            ak_buf_text(out, " (deleted)");
    } else {
        struct ak_buf message = { 0 };
        ak_message(&message, &e->event, lang);
        ak_buf_u8(out, '[');
        body_text(out, e->event.shape->data_type);
        ak_buf_text(out, "] ");
        body_text(out, ak_buf_view(&message));
        ak_buf_free(&message);
    }
    ak_buf_printf(out, "|%llu|0|0|0|%llu|%lld|%lld|%lld|%lld\n",
                  inode ? (unsigned long long)inode->u64 : 0,
                  size ? (unsigned long long)size->u64 : 0, a ? s : 0, !a && !b && !c ? s : 0,
                  c ? s : 0, b ? s : 0);
}

static const struct ak_event_writer WRITERS[] = {
    { "jsonl", true, NULL, jsonl },
    { "csv", true, csv_begin, csv },
    { "timesketch", false, timesketch_begin, timesketch },
    { "bodyfile", false, NULL, bodyfile },
};

const struct ak_event_writer *ak_event_writer_named(const char *name)
{
    for (size_t i = 0; i < sizeof(WRITERS) / sizeof(WRITERS[0]); i++)
        if (strcmp(WRITERS[i].name, name) == 0)
            return &WRITERS[i];
    return NULL;
}
