/* json_read.c - see json_read.h.
 *
 * The grammar: RFC 8259, sections 2 to 8. */
#include "base/json_read.h"

#include "base/utf.h"

#define HIGH_SURROGATE(c) ((c) >= 0xD800 && (c) < 0xDC00)
#define LOW_SURROGATE(c) ((c) >= 0xDC00 && (c) < 0xE000)

struct ak_json_reader ak_json_open(struct ak_bytes in)
{
    struct ak_json_reader r = { .in = in, .line = 1, .first = true };
    if (in.n >= 3 && memcmp(in.at, "\xEF\xBB\xBF", 3) == 0)
        r.at = 3;
    return r;
}

void ak_json_close(struct ak_json_reader *r)
{
    ak_buf_free(&r->key);
    ak_buf_free(&r->text);
}

static bool bad(struct ak_json_reader *r, const char *out_why)
{
    if (!r->why)
        r->why = out_why;
    return false;
}

static int peek(const struct ak_json_reader *r) { return r->at < r->in.n ? r->in.at[r->at] : -1; }

static void pass_blanks(struct ak_json_reader *r)
{
    for (; r->at < r->in.n; r->at++) {
        uint8_t c = r->in.at[r->at];
        if (c == '\n')
            r->line++;
        else if (c != ' ' && c != '\t' && c != '\r')
            return;
    }
}

/* ---- texts ---- */

/* Four hexadecimal digits; 0x10000 when they are not. */
static uint32_t take_hex4(struct ak_json_reader *r)
{
    uint32_t v = 0;
    if (r->in.n - r->at < 4)
        return 0x10000;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t c = r->in.at[r->at + i], low = c | 0x20;
        if (c >= '0' && c <= '9')
            v = v << 4 | (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            v = v << 4 | (uint32_t)(low - 'a' + 10);
        else
            return 0x10000;
    }
    r->at += 4;
    return v;
}

/* Behind "\u": one code point, of a pair or alone. */
static bool take_escaped_point(struct ak_json_reader *r, struct ak_buf *to)
{
    uint32_t c = take_hex4(r), second;
    if (c > 0xFFFF)
        return bad(r, "an escape in a text that JSON does not know");
    size_t behind = r->at;
    if (HIGH_SURROGATE(c) && r->in.n - r->at >= 6 && r->in.at[r->at] == '\\' &&
        r->in.at[r->at + 1] == 'u') {
        r->at += 2;
        second = take_hex4(r);
        if (LOW_SURROGATE(second))
            c = 0x10000 + ((c - 0xD800) << 10) + (second - 0xDC00);
        else
            r->at = behind; /* a lone half; what follows is read for itself */
    }
    uint8_t *room = ak_buf_room(to, 4);
    if (room)
        ak_buf_wrote(to, ak_utf8_put((char *)room, c));
    return true;
}

static bool take_escape(struct ak_json_reader *r, struct ak_buf *to)
{
    static const char FROM[] = "\"\\/bfnrt", INTO[] = "\"\\/\b\f\n\r\t";
    int c = peek(r);
    const char *known = c > 0 ? strchr(FROM, c) : NULL;
    r->at += c >= 0;
    if (c == 'u')
        return take_escaped_point(r, to);
    if (!known)
        return bad(r, "an escape in a text that JSON does not know");
    ak_buf_u8(to, (uint8_t)INTO[known - FROM]);
    return true;
}

/* How far the text goes without anything to be resolved: to its quote, a
 * backslash, or what must not be there. */
static size_t plain_run(const struct ak_json_reader *r)
{
    size_t at = r->at;
    while (at < r->in.n && r->in.at[at] >= 0x20 && r->in.at[at] != '"' && r->in.at[at] != '\\')
        at++;
    return at;
}

/* Up to the next quote or backslash, which must be there; which of them. */
static int take_run(struct ak_json_reader *r, struct ak_str *out)
{
    size_t end = plain_run(r);
    *out = (struct ak_str){ (const char *)r->in.at + r->at, end - r->at };
    if (!ak_utf8_valid(*out)) {
        bad(r, "bytes that are no UTF-8");
        return -1;
    }
    r->at = end;
    int c = peek(r);
    if (c != '"' && c != '\\') {
        bad(r, c < 0 ? "the text ends inside a value" : "a control character in a text");
        return -1;
    }
    r->at++;
    return c;
}

/* Behind the opening quote.  Texts without escapes are views of the input. */
static bool take_text(struct ak_json_reader *r, struct ak_buf *memory, struct ak_str *out)
{
    int c = take_run(r, out);
    if (c != '\\')
        return c == '"';
    memory->n = 0;
    ak_buf_str(memory, *out);
    while (c == '\\') {
        struct ak_str run;
        if (!take_escape(r, memory) || (c = take_run(r, &run)) < 0)
            return false;
        ak_buf_str(memory, run);
    }
    *out = memory->n ? ak_buf_view(memory) : AK_STR("");
    return !memory->failed || bad(r, "the memory limit was reached");
}

/* ---- other values ---- */

static size_t digits_at(const struct ak_json_reader *r, size_t at)
{
    size_t n = 0;
    while (at + n < r->in.n && r->in.at[at + n] >= '0' && r->in.at[at + n] <= '9')
        n++;
    return n;
}

static bool take_number(struct ak_json_reader *r, struct ak_str *out)
{
    size_t start = r->at, at = start;
    at += at < r->in.n && r->in.at[at] == '-';
    size_t whole = digits_at(r, at);
    if (whole == 0 || (whole > 1 && r->in.at[at] == '0'))
        return bad(r, "a number that JSON does not know");
    at += whole;
    if (at < r->in.n && r->in.at[at] == '.') {
        size_t part = digits_at(r, ++at);
        if (part == 0)
            return bad(r, "a number that JSON does not know");
        at += part;
    }
    if (at < r->in.n && (r->in.at[at] | 0x20) == 'e') {
        at++;
        at += at < r->in.n && (r->in.at[at] == '+' || r->in.at[at] == '-');
        size_t part = digits_at(r, at);
        if (part == 0)
            return bad(r, "a number that JSON does not know");
        at += part;
    }
    *out = (struct ak_str){ (const char *)r->in.at + start, at - start };
    r->at = at;
    return true;
}

static bool take_word(struct ak_json_reader *r, const char *word)
{
    size_t n = strlen(word);
    if (r->in.n - r->at < n || memcmp(r->in.at + r->at, word, n) != 0)
        return bad(r, "a value was expected");
    r->at += n;
    return true;
}

/* ---- structure ---- */

static bool open_level(struct ak_json_reader *r, bool is_object)
{
    if (r->depth == AK_JSON_DEPTH_MAX)
        return bad(r, "nested too deeply");
    r->is_object[r->depth++] = is_object;
    r->first = true;
    r->at++;
    return true;
}

static struct ak_json_value failed(const struct ak_json_reader *r)
{
    return (struct ak_json_value){ .kind = AK_JSON_BAD, .line = r->line };
}

static struct ak_json_value close_level(struct ak_json_reader *r)
{
    struct ak_json_value v = { .kind = AK_JSON_CLOSE, .line = r->line };
    r->at++;
    r->depth--;
    r->first = false;
    return v;
}

static bool take_key(struct ak_json_reader *r, struct ak_json_value *v)
{
    if (peek(r) != '"')
        return bad(r, "a name was expected");
    r->at++;
    if (!take_text(r, &r->key, &v->key))
        return false;
    v->in_object = true;
    pass_blanks(r);
    if (peek(r) != ':')
        return bad(r, "a colon was expected");
    r->at++;
    pass_blanks(r);
    return true;
}

static bool take_value(struct ak_json_reader *r, struct ak_json_value *v)
{
    v->line = r->line;
    switch (peek(r)) {
    case '{':
        v->kind = AK_JSON_OBJECT;
        return open_level(r, true);
    case '[':
        v->kind = AK_JSON_ARRAY;
        return open_level(r, false);
    case '"':
        v->kind = AK_JSON_STRING;
        r->at++;
        return take_text(r, &r->text, &v->text);
    case 't':
        v->kind = AK_JSON_TRUE;
        return take_word(r, "true");
    case 'f':
        v->kind = AK_JSON_FALSE;
        return take_word(r, "false");
    case 'n':
        v->kind = AK_JSON_NULL;
        return take_word(r, "null");
    case -1:
        return bad(r, "the text ends inside a value");
    default:
        v->kind = AK_JSON_NUMBER;
        return take_number(r, &v->text);
    }
}

/* The comma before a member or element that is not the first; whether the level
 * closes instead. */
static bool between(struct ak_json_reader *r, bool *out_closes)
{
    bool object = r->is_object[r->depth - 1];
    int c = peek(r);
    *out_closes = c == (object ? '}' : ']');
    if (*out_closes || r->first)
        return true;
    if (c != ',')
        return bad(r, c < 0 ? "the text ends inside a value" : "a comma was expected");
    r->at++;
    pass_blanks(r);
    return true;
}

/* Behind the outermost value: nothing may stand there. */
static struct ak_json_value at_end(struct ak_json_reader *r)
{
    if (r->at < r->in.n && !bad(r, "something stands behind the value"))
        return failed(r);
    return (struct ak_json_value){ .kind = AK_JSON_END, .line = r->line };
}

/* A comma and a name, where they are due; whether the level closes instead. */
static bool take_before(struct ak_json_reader *r, struct ak_json_value *v, bool *out_closes)
{
    *out_closes = false;
    if (r->depth == 0)
        return true;
    if (!between(r, out_closes))
        return false;
    return *out_closes || !r->is_object[r->depth - 1] || take_key(r, v);
}

struct ak_json_value ak_json_next(struct ak_json_reader *r)
{
    struct ak_json_value v = { .kind = AK_JSON_END, .text = AK_STR(""), .key = AK_STR("") };
    bool closes;
    pass_blanks(r);
    if (r->why)
        return failed(r);
    if (r->depth == 0 && r->started)
        return at_end(r);
    r->started = true;
    if (!take_before(r, &v, &closes))
        return failed(r);
    if (closes)
        return close_level(r);
    if (!take_value(r, &v))
        return failed(r);
    if (v.kind != AK_JSON_OBJECT && v.kind != AK_JSON_ARRAY)
        r->first = false;
    return v;
}
