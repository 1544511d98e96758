/* web_iis.c - logs in the W3C extended format: IIS, HTTP.sys, FTP, and others.
 *
 *   #Software: Microsoft Internet Information Services 10.0
 *   #Version: 1.0
 *   #Date: 2021-04-01 00:00:21
 *   #Fields: date time s-ip cs-method cs-uri-stem ... time-taken
 *   2021-04-01 00:00:21 10.0.0.1 GET /a.asp ... 65
 *
 * Times are UTC unless a #GMT-Offset line (Oracle) says otherwise.  #Fields may
 * change in the middle of a file; each set of columns becomes a shape: the
 * fields common to all web logs, then the columns that are none of these.
 * Because a line means nothing without #Fields, the file is not split.
 *
 * Facts and their sources: docs/formats/web.iis.md
 */
#include "artefact/web/web_record.h"

enum { COLUMNS_MAX = 128, LAYOUTS_MAX = 256, PROBE_LINES = 40 };

static const struct ak_str TEXT_NAME = AK_STR_INIT("message");
static const struct ak_shape TEXT = { AK_STR_INIT("iis:log:line"),
                                      AK_STR_INIT("Content Modification Time"), &TEXT_NAME, 1 };

/* One #Fields line. */
struct layout {
    struct ak_str fields; /* as recorded, to know it again */
    struct ak_shape shape;
    size_t n;
    struct {
        enum ak_web_sense sense;
        uint16_t field; /* of the shape, when the sense has none */
    } columns[COLUMNS_MAX];
};

struct iis {
    struct ak_web_record rec;
    struct layout *layouts[LAYOUTS_MAX];
    size_t n_layouts;
    const struct layout *layout; /* the one in force; NULL before the first */
    struct ak_value *values;     /* WEB_FIELDS + COLUMNS_MAX */
    struct ak_str day;           /* of the last #Date */
    int32_t offset_s;            /* of #GMT-Offset */
    bool quotes;                 /* not Microsoft: values may stand in quotes */
    uint64_t line_at;
};

/* Columns whose field has a name of its own (as Elastic's, or ours). */
static const struct {
    const char *column, *field;
} RENAMED[] = {
    { "sc-substatus", "iis.access.sub_status" },
    { "sc-win32-status", "iis.access.win32_status" },
    { "s-sitename", "iis.access.site_name" },
    { "cs(Cookie)", "iis.access.cookie" },
};

static bool next_column(struct ak_str *rest, bool quotes, struct ak_str *out)
{
    const char *p = rest->at, *end = rest->at + rest->n;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (p == end)
        return false;
    bool quoted = quotes && *p == '"';
    const char *from = p += quoted;
    while (p < end && (quoted ? *p != '"' : *p != ' ' && *p != '\t'))
        p++;
    *out = (struct ak_str){ from, (size_t)(p - from) };
    p += quoted && p < end;
    *rest = (struct ak_str){ p, (size_t)(end - p) };
    return true;
}

/* "iis.access." and the column; names that Elastic or we gave stay as given. */
static struct ak_str field_name(struct iis *s, struct ak_str column)
{
    static const struct ak_str PREFIX = AK_STR_INIT("iis.access.");
    for (size_t i = 0; i < sizeof(RENAMED) / sizeof(RENAMED[0]); i++)
        if (ak_str_eq_fold(column, ak_str_of(RENAMED[i].column)))
            return ak_str_of(RENAMED[i].field);
    struct ak_value text = ak_web_text(&s->rec, column);
    char *to = AK_NEW_N(s->rec.ctx->arena, char, PREFIX.n + text.str.n + 1);
    if (!to || text.type != AK_TYPE_STR) {
        s->rec.st = s->rec.st != AK_OK ? s->rec.st : AK_ERR_LIMIT;
        return PREFIX;
    }
    memcpy(to, PREFIX.at, PREFIX.n);
    memcpy(to + PREFIX.n, text.str.at, text.str.n);
    return (struct ak_str){ to, PREFIX.n + text.str.n };
}

/* What a column means.  "time" is a time of day here; a second column of the
 * same meaning keeps a field of its own, so that neither is lost. */
static enum ak_web_sense column_sense(const struct iis *s, const struct layout *l,
                                      struct ak_str column)
{
    enum ak_web_sense sense = ak_web_sense_of(column);
    if (sense == SENSE_TIME)
        sense = SENSE_CLOCK;
    if (sense == SENSE_MILLISECONDS && s->quotes) /* only Microsoft's unit is known */
        return SENSE_NONE;
    for (size_t i = 0; i < l->n; i++)
        if (l->columns[i].sense == sense)
            return SENSE_NONE;
    return sense;
}

static bool has_name(const struct ak_str *names, size_t n, struct ak_str name)
{
    for (size_t i = 0; i < n; i++)
        if (ak_str_eq(names[i], name))
            return true;
    return false;
}

static struct layout *new_layout(struct iis *s, struct ak_str fields)
{
    struct ak_arena *arena = s->rec.ctx->arena;
    struct layout *l = AK_NEW(arena, struct layout);
    struct ak_str *names = AK_NEW_N(arena, struct ak_str, WEB_FIELDS + COLUMNS_MAX);
    struct ak_str column, rest = fields;
    if (!l || !names) {
        s->rec.st = AK_ERR_LIMIT;
        return NULL;
    }
    memcpy(names, ak_web_names, sizeof(ak_web_names));
    size_t n_names = WEB_FIELDS;
    while (l->n < COLUMNS_MAX && next_column(&rest, false, &column)) {
        enum ak_web_sense sense = column_sense(s, l, column);
        if (sense == SENSE_NONE) {
            struct ak_str name = field_name(s, column);
            if (has_name(names, n_names, name)) /* a column named twice */
                sense = SENSE_IGNORE;
            else
                names[n_names++] = name;
        }
        l->columns[l->n].sense = sense;
        l->columns[l->n++].field = (uint16_t)(n_names - 1);
    }
    l->fields = fields;
    l->shape = (struct ak_shape){ TEXT.data_type, TEXT.time_desc, names, n_names };
    return l;
}

/* A #Fields line: one seen before, or a new one. */
static void take_fields(struct iis *s, struct ak_str fields)
{
    for (size_t i = 0; i < s->n_layouts; i++)
        if (ak_str_eq(s->layouts[i]->fields, fields)) {
            s->layout = s->layouts[i];
            return;
        }
    s->layout = NULL;
    if (s->n_layouts == LAYOUTS_MAX) {
        ak_damage(s->rec.ctx, s->line_at, "more different #Fields lines than a server writes");
        return;
    }
    s->layout = s->layouts[s->n_layouts] = new_layout(s, fields);
    s->n_layouts += s->layout ? 1 : 0;
}

static bool take_prefix(struct ak_str *s, struct ak_str prefix)
{
    if (s->n < prefix.n || !ak_str_eq_fold((struct ak_str){ s->at, prefix.n }, prefix))
        return false;
    *s = (struct ak_str){ s->at + prefix.n, s->n - prefix.n };
    while (s->n && *s->at == ' ')
        *s = (struct ak_str){ s->at + 1, s->n - 1 };
    return true;
}

/* "#GMT-Offset: -0800" */
static int32_t gmt_offset(struct ak_str s)
{
    if (s.n < 5 || (s.at[0] != '+' && s.at[0] != '-'))
        return 0;
    uint8_t hours = ak_web_two(s.at + 1), minutes = ak_web_two(s.at + 3);
    if (hours > 23 || minutes > 59)
        return 0;
    int32_t offset = hours * 3600 + minutes * 60;
    return s.at[0] == '-' ? -offset : offset;
}

static void take_directive(struct iis *s, struct ak_str line)
{
    if (take_prefix(&line, AK_STR("#Fields:")))
        take_fields(s, line);
    else if (take_prefix(&line, AK_STR("#Software:")))
        s->quotes = !memmem(line.at, line.n, "Microsoft", 9);
    else if (take_prefix(&line, AK_STR("#Date:")) && line.n >= 10)
        s->day = (struct ak_str){ line.at, 10 };
    else if (take_prefix(&line, AK_STR("#GMT-Offset:")))
        s->offset_s = gmt_offset(line);
}

/* Day and time of day to a moment.  A log without a day column has the day of
 * its #Date line. */
static bool line_time(const struct iis *s, struct ak_str day, struct ak_str clock,
                      struct ak_stamp *out)
{
    bool guessed = day.n == 0;
    if (guessed)
        day = s->day;
    if (day.n < 10 || clock.n < 8 || clock.n > 24 || day.at[4] != '-' || day.at[7] != '-')
        return false;
    char text[40];
    size_t used;
    memcpy(text, day.at, 10);
    text[10] = 'T';
    memcpy(text + 11, clock.at, clock.n);
    if (!ak_stamp_parse_iso((struct ak_str){ text, 11 + clock.n }, out, &used) || used < 19)
        return false;
    int64_t shift = (int64_t)s->offset_s * 1000000000;
    if (out->flags & AK_STAMP_LOCAL && __builtin_sub_overflow(out->utc_ns, shift, &out->utc_ns))
        return false;
    out->flags &= (uint8_t)~AK_STAMP_LOCAL;
    out->flags |= guessed ? AK_STAMP_GUESSED : 0;
    return true;
}

/* Numbers as numbers where every server writes numbers. */
static struct ak_value extra_value(struct iis *s, struct ak_str name, struct ak_str text)
{
    uint64_t v;
    if (text.n == 1 && text.at[0] == '-')
        return ak_val_none();
    if (ak_str_ends(name, AK_STR("_status")) && ak_web_decimal(text, &v))
        return ak_val_u64(v);
    return ak_web_text(&s->rec, text);
}

/* Put each column in its place; how many there were. */
static size_t read_columns(struct iis *s, struct ak_str line)
{
    const struct layout *l = s->layout;
    struct ak_str column;
    size_t n = 0;
    for (; next_column(&line, s->quotes, &column); n++) {
        if (n >= l->n)
            continue;
        enum ak_web_sense sense = l->columns[n].sense;
        uint16_t field = l->columns[n].field;
        if (sense == SENSE_NONE)
            s->values[field] = extra_value(s, l->shape.names[field], column);
        else if (!ak_web_set(&s->rec, sense, column))
            s->rec.unmapped = true;
    }
    return n;
}

static enum ak_status take_line(struct iis *s, struct ak_str line)
{
    struct ak_web_record *rec = &s->rec;
    ak_web_clear(rec, line);
    if (!s->layout) {
        ak_damage(rec->ctx, s->line_at, "no #Fields line says what the columns of this line mean");
        return ak_web_emit_text(rec, &TEXT, s->line_at, line);
    }
    memset(s->values, 0, sizeof(*s->values) * s->layout->shape.n);
    bool complete = read_columns(s, line) == s->layout->n;
    bool timed = line_time(s, rec->date, rec->clock, &rec->when);
    if (!complete)
        ak_damage(rec->ctx, s->line_at, "a line that does not have the columns #Fields names");
    else if (!timed)
        ak_damage(rec->ctx, s->line_at, "a line of a log that has no valid time");
    if (!complete || !timed || rec->unmapped)
        rec->v[WEB_ORIGINAL] = ak_web_text(rec, line);
    ak_web_finish(rec);
    if (rec->st != AK_OK)
        return rec->st;
    memcpy(s->values, rec->v, sizeof(rec->v));
    return ak_emit(rec->ctx, &(struct ak_event){ .shape = &s->layout->shape,
                                                 .when = rec->when,
                                                 .offset = s->line_at,
                                                 .length = line.n,
                                                 .values = s->values });
}

/* A directive or an entry. */
static enum ak_status take(struct iis *s, struct ak_str line)
{
    enum ak_status st = AK_OK;
    if (line.at[0] == '#')
        take_directive(s, line);
    else
        st = take_line(s, line);
    return st == AK_OK ? s->rec.st : st;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct iis *s = AK_NEW(ctx->arena, struct iis);
    struct ak_value *values = AK_NEW_N(ctx->arena, struct ak_value, WEB_FIELDS + COLUMNS_MAX);
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    enum ak_status st = AK_OK;
    if (!s || !values)
        return AK_ERR_LIMIT;
    s->rec.ctx = ctx;
    s->values = values;
    while (st == AK_OK && ak_lines_take(ctx, &lines, &line)) {
        s->line_at = ctx->item->origin + line.at;
        st = take(s, line.raw);
    }
    return st;
}

/* A #Fields line that names columns of a web server, not those of Windows'
 * firewall or of Exchange (which separates with commas). */
static bool names_web_columns(struct ak_str line)
{
    static const char *const TELLING[] = { "cs-method", "cs-uri", "cs-uri-stem", "sc-status" };
    struct ak_str column;
    if (!take_prefix(&line, AK_STR("#Fields:")))
        return false;
    while (next_column(&line, false, &column))
        for (size_t i = 0; i < sizeof(TELLING) / sizeof(TELLING[0]); i++)
            if (ak_str_eq_fold(column, ak_str_of(TELLING[i])))
                return true;
    return false;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    struct ak_lines lines = ak_lines_of(p->head);
    struct ak_line line;
    for (unsigned n = 0; n < PROBE_LINES && ak_lines_next(&lines, &line); n++)
        if (names_web_columns(line.raw))
            return ak_glob("**/W3SVC*/**", p->path) ? AK_BID_SURE : AK_BID_MAGIC;
    return AK_BID_NO;
}

const struct ak_artefact ak_web_iis = {
    .name = "web.iis",
    .title_en = "IIS logs (W3C extended format)",
    .title_ja = "IISのログ（W3C拡張形式）",
    .spec = "docs/formats/web.iis.md",
    .max_size = UINT64_C(4) << 30,
    .probe = probe,
    .parse = parse,
};
