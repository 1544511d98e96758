/* web_format.c - see web_format.h.
 *
 * Facts and their sources: docs/formats/web.access.md
 */
#include "artefact/web/web_format.h"

/* Names that Apache's own configuration gives. */
static const struct {
    const char *name, *format;
} NAMED[] = {
    { "common", "%h %l %u %t \"%r\" %>s %b" },
    { "combined", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" },
    { "combinedio", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %I %O" },
    { "vhost_combined", "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" },
};

/* What is read, and the literal being gathered. */
struct source {
    const char *at, *end;
    struct ak_web_format *out;
    bool apache, failed;
};

static void put_literal(struct source *s, char c)
{
    struct ak_web_format *f = s->out;
    if (f->n_text == AK_WEB_FORMAT_TEXT) {
        s->failed = true;
        return;
    }
    if (f->n_steps == 0) {
        f->steps[0] = (struct ak_web_step){ .sense = SENSE_COUNT };
        f->n_steps = 1;
    }
    f->text[f->n_text++] = c;
    f->steps[f->n_steps - 1].n++;
}

/* A piece begins.  Two pieces with nothing between them cannot be told apart. */
static void put_piece(struct source *s, enum ak_web_sense sense)
{
    struct ak_web_format *f = s->out;
    struct ak_web_step *before = f->n_steps ? &f->steps[f->n_steps - 1] : NULL;
    if (f->n_steps == AK_WEB_FORMAT_STEPS || (before && before->n == 0)) {
        s->failed = true;
        return;
    }
    bool quoted = f->n_text && f->text[f->n_text - 1] == '"';
    f->steps[f->n_steps++] =
        (struct ak_web_step){ .sense = sense, .at = (uint16_t)f->n_text, .quoted = quoted };
}

/* "%>s", "%{Referer}i", "%400,501{User-agent}i", "%%". */
static void read_directive(struct source *s)
{
    struct ak_str argument = { 0 };
    while (s->at < s->end && strchr("<>!,0123456789", *s->at) && *s->at)
        s->at++;
    if (s->at < s->end && *s->at == '{') {
        const char *close = memchr(s->at, '}', (size_t)(s->end - s->at));
        if (!close) {
            s->failed = true;
            return;
        }
        argument = (struct ak_str){ s->at + 1, (size_t)(close - s->at - 1) };
        s->at = close + 1;
    }
    if (s->at == s->end) {
        s->failed = true;
        return;
    }
    char letter = *s->at++;
    if (letter == '%') {
        put_literal(s, '%');
        return;
    }
    if (letter == '^' && s->end - s->at >= 2) /* %^FU and its like: three letters */
        s->at += 2;
    bool clf_time = letter == 't' && argument.n == 0;
    if (clf_time)
        put_literal(s, '[');
    put_piece(s, ak_web_sense_of_apache(letter, argument));
    if (clf_time)
        put_literal(s, ']');
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "$remote_addr" or "${remote_addr}". */
static void read_variable(struct source *s)
{
    bool braced = s->at < s->end && *s->at == '{';
    const char *from = s->at += braced ? 1 : 0;
    while (s->at < s->end && is_name(*s->at))
        s->at++;
    struct ak_str name = { from, (size_t)(s->at - from) };
    if (braced && s->at < s->end && *s->at == '}')
        s->at++;
    put_piece(s, ak_web_sense_of(name));
}

/* The text between quotes; several texts one behind the other are one. */
static void read_text(struct source *s)
{
    while (s->at < s->end && !s->failed) {
        char c = *s->at++;
        if (c == '\\' && s->at < s->end) {
            char next = *s->at++;
            put_literal(s, (char)(next == 't' ? '\t' : next));
        } else if (s->apache && c == '%') {
            read_directive(s);
        } else if (!s->apache && c == '$') {
            read_variable(s);
        } else {
            put_literal(s, c);
        }
    }
}

static struct ak_str trimmed(struct ak_str s)
{
    while (s.n && (uint8_t)s.at[s.n - 1] <= ' ')
        s.n--;
    while (s.n && (uint8_t)s.at[0] <= ' ')
        s = (struct ak_str){ s.at + 1, s.n - 1 };
    return s;
}

/* Cut `n_words` words off the front. */
static struct ak_str without_words(struct ak_str s, unsigned n_words)
{
    while (n_words-- > 0) {
        const char *p = s.at, *end = s.at + s.n;
        while (p < end && (uint8_t)*p > ' ')
            p++;
        s = trimmed((struct ak_str){ p, (size_t)(end - p) });
    }
    return s;
}

/* Read each 'quoted' part; what stands between them (blanks, a name, "escape=")
 * is not format. */
static void read_quoted_parts(struct source *s)
{
    const char *p = s->at, *end = s->end;
    while (p < end) {
        char quote = *p++;
        if (quote != '"' && quote != '\'')
            continue;
        const char *from = p;
        while (p < end && *p != quote)
            p += *p == '\\' && end - p > 1 ? 2 : 1;
        s->at = from;
        s->end = p;
        read_text(s);
        p += p < end;
        if (s->apache) /* the nickname may follow */
            return;
    }
}

bool ak_web_format_read(struct ak_web_format *f, struct ak_str text)
{
    f->n_steps = f->n_text = 0;
    text = trimmed(text);
    for (size_t i = 0; i < sizeof(NAMED) / sizeof(NAMED[0]); i++)
        if (ak_str_eq(text, ak_str_of(NAMED[i].name)))
            text = ak_str_of(NAMED[i].format);
    bool directive = true, nginx = ak_str_starts(text, AK_STR("log_format"));
    if (nginx)
        text = without_words(text, 2);
    else if (ak_str_starts(text, AK_STR("LogFormat")))
        text = without_words(text, 1);
    else
        directive = false;
    if (text.n == 0)
        return false;
    bool apache = !nginx && memchr(text.at, '%', text.n);
    struct source s = { text.at, text.at + text.n, f, apache, false };
    if (directive)
        read_quoted_parts(&s);
    else
        read_text(&s);
    return !s.failed && f->n_steps > (f->n_steps && f->steps[0].sense == SENSE_COUNT ? 1u : 0u);
}

/* Where the literal begins that ends a piece; NULL when it does not come. */
static const char *find_literal(const struct ak_web_step *step, const char *literal,
                                const char *from, const char *end)
{
    if (!step->quoted)
        return memmem(from, (size_t)(end - from), literal, step->n);
    for (const char *p = from; p < end; p++) {
        p = memmem(p, (size_t)(end - p), literal, step->n);
        if (!p)
            return NULL;
        size_t slashes = 0;
        while (p - slashes > from && p[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return p;
    }
    return NULL;
}

bool ak_web_format_match(const struct ak_web_format *f, struct ak_web_record *rec,
                         struct ak_str line)
{
    const char *at = line.at, *end = line.at + line.n;
    for (size_t i = 0; i < f->n_steps; i++) {
        const struct ak_web_step *step = &f->steps[i];
        const char *literal = f->text + step->at;
        bool to_end = i + 1 == f->n_steps && step->n == 0;
        if (step->sense == SENSE_COUNT) {
            if ((size_t)(end - at) < step->n || memcmp(at, literal, step->n) != 0)
                return false;
            at += step->n;
            continue;
        }
        const char *stop = to_end ? end : find_literal(step, literal, at, end);
        if (!stop || !ak_web_set(rec, step->sense, (struct ak_str){ at, (size_t)(stop - at) }))
            return false;
        at = stop + step->n;
    }
    return at == end;
}
