/* indicators_list.c - indicators from plain lists and from CSV with a header.
 *
 * A list has one indicator a line, whose form says what it is; "kind: value" where
 * the form says nothing ("mutex: x", "user-agent: y").  '#', ';' and "//" begin
 * comments; one above a paragraph is what is said of it.  Behind the value, set off by a tab, ';',
 * ',' or blanks, may stand what its source says of it; so may the file's name in the lists of
 * sha256sum.
 *
 * A CSV header is the first line whose cells include a column known to hold
 * values; abuse.ch writes it as the last of its comment lines. */
#include "detect/indicators_read.h"

#include "detect/indicators_normal.h"

enum { COLUMNS_MAX = 64, ROW_MAX = 1 << 20 };

enum role { ROLE_NONE, ROLE_VALUE, ROLE_ANY, ROLE_TYPE, ROLE_LABEL };

struct column {
    enum role role;
    const struct ak_indicator_type *type; /* of ROLE_VALUE */
};

struct lines {
    struct ak_indicators *set;
    struct ak_bytes in;
    size_t at;
    uint32_t line; /* of what stands at `at` */
    uint16_t file;
    char separator; /* of the CSV; 0: a plain list */
    struct column columns[COLUMNS_MAX];
    size_t n_columns;
    struct ak_buf row; /* cells without their quotes */
    struct ak_str cells[COLUMNS_MAX];
    size_t n_cells;
    struct ak_str heading; /* the comment above the paragraph under way */
};

/* ---- cells ---- */

/* A cell in quotes, at its opening one; doubled quotes are one. */
static void take_quoted(struct lines *l, size_t end)
{
    for (l->at++; l->at < end; l->at++) {
        uint8_t c = l->in.at[l->at];
        if (c == '"' && l->at + 1 < end && l->in.at[l->at + 1] == '"')
            l->at++;
        else if (c == '"') {
            l->at++;
            return;
        }
        l->line += c == '\n';
        ak_buf_u8(&l->row, c);
    }
}

static void take_cell(struct lines *l, size_t end)
{
    while (l->at < end &&
           (l->in.at[l->at] == ' ' || (l->in.at[l->at] == '\t' && l->separator != '\t')))
        l->at++;
    if (l->at < end && l->in.at[l->at] == '"')
        take_quoted(l, end);
    for (; l->at < end && l->in.at[l->at] != (uint8_t)l->separator && l->in.at[l->at] != '\n';
         l->at++)
        if (l->in.at[l->at] != '\r')
            ak_buf_u8(&l->row, l->in.at[l->at]);
}

/* One row into cells, from l->at; stops behind its line feed.  A quote that is
 * never closed ends with the longest row. */
static void take_row(struct lines *l)
{
    size_t ends[COLUMNS_MAX], start = l->at;
    size_t end = l->in.n - start > ROW_MAX ? start + ROW_MAX : l->in.n;
    l->row.n = 0;
    l->n_cells = 0;
    for (bool more = true; more;) {
        take_cell(l, end);
        if (l->n_cells < COLUMNS_MAX)
            ends[l->n_cells++] = l->row.n;
        more = l->at < end && l->in.at[l->at] == (uint8_t)l->separator;
        l->at += more;
    }
    if (l->at < l->in.n && l->in.at[l->at] == '\n') {
        l->at++;
        l->line++;
    }
    struct ak_str all = l->row.n ? ak_buf_view(&l->row) : AK_STR("");
    for (size_t i = 0, from = 0; i < l->n_cells; from = ends[i++])
        l->cells[i] = ak_str_trim((struct ak_str){ all.at + from, ends[i] - from });
}

/* ---- headers ---- */

static bool is_one_of(struct ak_str name, const char *const *names)
{
    for (; *names; names++)
        if (ak_str_eq_fold(name, ak_str_of(*names)))
            return true;
    return false;
}

static struct column column_of(struct ak_str name)
{
    static const char *const ANY[] = { "indicator",       "ioc",        "ioc_value",
                                       "value",           "observable", "observable_value",
                                       "indicator_value", "iocs",       NULL };
    static const char *const TYPE[] = { "type",           "ioc_type", "indicator_type",
                                        "indicator type", "kind",     "observable_type",
                                        "attribute_type", NULL };
    static const char *const LABEL[] = { "malware",        "malware_printable",
                                         "signature",      "threat",
                                         "threat_type",    "family",
                                         "malware_family", "description",
                                         "comment",        "label",
                                         "title",          "tags",
                                         "campaign",       "name",
                                         "event_info",     "listingreason",
                                         "note",           NULL };
    if (is_one_of(name, ANY))
        return (struct column){ ROLE_ANY, NULL };
    if (is_one_of(name, TYPE))
        return (struct column){ ROLE_TYPE, NULL };
    if (is_one_of(name, LABEL))
        return (struct column){ ROLE_LABEL, NULL };
    const struct ak_indicator_type *type = ak_indicator_type_named(name);
    bool used = type && type->means != AK_MEANS_UNUSED && type->means != AK_MEANS_FORM;
    return (struct column){ used ? ROLE_VALUE : ROLE_NONE, used ? type : NULL };
}

static bool is_hash(const struct column *c)
{
    return c->role == ROLE_VALUE &&
           (c->type->means == AK_MEANS_HASH ||
            (c->type->means == AK_MEANS_KIND && c->type->kind <= AK_INDICATOR_SHA256));
}

/* Beside a hash a file's name says what was hashed, and is no indicator. */
static void demote_names(struct lines *l)
{
    bool hashes = false;
    for (size_t i = 0; i < l->n_columns; i++)
        hashes |= is_hash(&l->columns[i]);
    for (size_t i = 0; hashes && i < l->n_columns; i++)
        if (l->columns[i].role == ROLE_VALUE && l->columns[i].type->means == AK_MEANS_PATH)
            l->columns[i].role = ROLE_LABEL;
}

/* Values have what names of columns have not. */
static bool is_value(struct ak_str cell)
{
    uint8_t hash[32];
    return cell.n && (memchr(cell.at, '.', cell.n) || memchr(cell.at, '/', cell.n) ||
                      memchr(cell.at, '\\', cell.n) || ak_indicator_hash(cell, hash));
}

/* A comment may be prose: as a header it has three names or more, without blanks. */
static bool may_be_header(const struct lines *l, bool comment)
{
    for (size_t i = 0; i < l->n_cells; i++)
        if (is_value(l->cells[i]) ||
            (comment && l->cells[i].n && memchr(l->cells[i].at, ' ', l->cells[i].n)))
            return false;
    return !comment || l->n_cells >= 3;
}

/* Are the cells just read a header?  Then their columns are kept. */
static bool keep_header(struct lines *l)
{
    bool values = false;
    for (size_t i = 0; i < l->n_cells; i++) {
        l->columns[i] = column_of(l->cells[i]);
        values |= l->columns[i].role == ROLE_VALUE || l->columns[i].role == ROLE_ANY;
    }
    l->n_columns = l->n_cells;
    demote_names(l);
    return values;
}

/* Try the line at `from` with each separator. */
static bool is_header(struct lines *l, size_t from, bool comment)
{
    static const char SEPARATORS[] = ",;\t";
    struct lines before = *l;
    for (const char *s = SEPARATORS; *s; s++) {
        l->at = from;
        l->separator = *s;
        take_row(l);
        if (may_be_header(l, comment) && keep_header(l))
            return true;
        struct ak_buf row = l->row;
        *l = before;
        l->row = row;
    }
    return false;
}

/* ---- rows ---- */

static struct ak_str cell(const struct lines *l, enum role role)
{
    for (size_t i = 0; i < l->n_columns && i < l->n_cells; i++)
        if (l->columns[i].role == role && l->cells[i].n)
            return l->cells[i];
    return AK_STR("");
}

static bool add_cell(struct lines *l, size_t i, const struct ak_indicator_type *row_type,
                     const struct ak_indicator_origin *from)
{
    struct ak_str text = l->cells[i];
    if (text.n == 0)
        return false;
    if (l->columns[i].role == ROLE_VALUE)
        return ak_indicators_add_typed(l->set, l->columns[i].type, text, from) ||
               (l->n_columns == 1 && ak_indicators_add_by_form(l->set, text, from));
    if (l->columns[i].role != ROLE_ANY)
        return false;
    return row_type ? ak_indicators_add_typed(l->set, row_type, text, from)
                    : ak_indicators_add_by_form(l->set, text, from);
}

static void add_row(struct lines *l, uint32_t line)
{
    struct ak_str type_name = cell(l, ROLE_TYPE);
    const struct ak_indicator_type *type = type_name.n ? ak_indicator_type_named(type_name) : NULL;
    struct ak_indicator_origin from = { l->file, line, cell(l, ROLE_LABEL), 0 };
    bool added = false;
    for (size_t i = 0; i < l->n_columns && i < l->n_cells; i++)
        added |= add_cell(l, i, type, &from);
    if (added || (l->n_cells == 1 && l->cells[0].n == 0))
        return;
    if (type && type->means == AK_MEANS_UNUSED)
        ak_indicators_problem(l->set, l->file, line, "a kind of indicator that is not looked for",
                              type_name);
    else
        ak_indicators_problem(l->set, l->file, line, "no indicator in this row",
                              l->n_cells ? l->cells[0] : type_name);
}

/* ---- plain lists ---- */

/* Where a remark begins: behind the first of these that stands in the line. */
static size_t remark_at(struct ak_str s, const char *set)
{
    size_t i = 0;
    while (i < s.n && !strchr(set, s.at[i]))
        i++;
    return i;
}

/* "mutex: x", "user-agent=y": a kind that is told. */
static bool add_told(struct lines *l, struct ak_str s, const struct ak_indicator_origin *from)
{
    size_t colon = remark_at(s, ":=");
    if (colon == 0 || colon + 1 >= s.n)
        return false;
    const struct ak_indicator_type *type = ak_indicator_type_named((struct ak_str){ s.at, colon });
    return type && ak_indicators_add_typed(
                       l->set, type, (struct ak_str){ s.at + colon + 1, s.n - colon - 1 }, from);
}

/* The value in front of one of these, the rest what is said of it. */
static bool add_head(struct lines *l, struct ak_str s, const char *separators,
                     struct ak_indicator_origin from)
{
    size_t n = remark_at(s, separators);
    if (n == s.n || n == 0)
        return false;
    struct ak_str remark = ak_str_trim((struct ak_str){ s.at + n + 1, s.n - n - 1 });
    if (remark.n && (remark.at[0] == '*' || remark.at[0] == '#'))
        remark = ak_str_trim((struct ak_str){ remark.at + 1, remark.n - 1 });
    if (remark.n)
        from.label = remark;
    return ak_indicators_add_by_form(l->set, (struct ak_str){ s.at, n }, &from);
}

static bool begins_with_hash(struct ak_str s)
{
    uint8_t bytes[32];
    size_t n = remark_at(s, " \t;,:*|");
    return ak_indicator_hash((struct ak_str){ s.at, n }, bytes) > 0;
}

static void add_line(struct lines *l, struct ak_str s, uint32_t line)
{
    struct ak_indicator_origin from = { l->file, line, l->heading, 0 };
    if (begins_with_hash(s) && s.n > 32 && add_head(l, s, " \t;,:*|", from))
        return;
    if (add_told(l, s, &from) || add_head(l, s, "\t;", from) || add_head(l, s, ",", from))
        return;
    const char *remark = memmem(s.at, s.n, " #", 2);
    struct ak_str value =
        remark ? ak_str_trim((struct ak_str){ s.at, (size_t)(remark - s.at) }) : s;
    if (remark)
        from.label = ak_str_trim((struct ak_str){ remark + 2, s.n - (size_t)(remark + 2 - s.at) });
    if (ak_indicators_add_by_form(l->set, value, &from) || add_head(l, s, " ", from))
        return;
    ak_indicators_problem(l->set, l->file, line,
                          "its form does not tell what kind of indicator it is", s);
}

/* ---- both ---- */

static struct ak_str line_at(const struct lines *l)
{
    const char *at = (const char *)l->in.at + l->at;
    const char *end = memchr(at, '\n', l->in.n - l->at);
    return (struct ak_str){ at, end ? (size_t)(end - at) : l->in.n - l->at };
}

static bool is_comment(struct ak_str s)
{
    return s.n == 0 || s.at[0] == '#' || s.at[0] == ';' || ak_str_starts(s, AK_STR("//"));
}

/* "## APT0, report of May" to "APT0, report of May". */
static struct ak_str without_marks(struct ak_str s)
{
    while (s.n && strchr("#;/-= \t", s.at[0]) && s.at[0])
        s = (struct ak_str){ s.at + 1, s.n - 1 };
    return s;
}

/* One line of a list, or the header of a CSV, which then goes on as one. */
static void take_line(struct lines *l, bool *headed)
{
    struct ak_str raw = line_at(l), s = ak_str_trim(raw);
    uint32_t line = l->line;
    size_t from = l->at, behind = l->at + raw.n + 1;
    bool comment = is_comment(s);
    if (!*headed && s.n) {
        while (from < l->in.n && strchr("# \t;/", l->in.at[from]) && l->in.at[from])
            from++;
        *headed = !comment;
        if (from < l->at + raw.n && is_header(l, from, comment))
            return;
    }
    l->at = behind < l->in.n ? behind : l->in.n;
    l->line = line + 1;
    if (comment)
        l->heading = without_marks(s);
    else
        add_line(l, s, line);
}

void ak_indicators_read_lines(struct ak_indicators *set, uint16_t file, struct ak_bytes text)
{
    struct lines l = { .set = set, .in = text, .line = 1, .file = file };
    bool headed = false;
    while (l.at < l.in.n && !l.row.failed) {
        uint32_t line = l.line;
        if (!l.separator) {
            take_line(&l, &headed);
            continue;
        }
        if (is_comment(ak_str_trim(line_at(&l)))) {
            l.at += line_at(&l).n + 1;
            l.at = l.at < l.in.n ? l.at : l.in.n;
            l.line++;
            continue;
        }
        take_row(&l);
        add_row(&l, line);
    }
    set->failed |= l.row.failed;
    ak_buf_free(&l.row);
}
