/* web_json.c - access logs with one JSON object a line (nginx, Apache, Caddy).
 *
 * There is no standard for the keys; web_names.c knows the usual ones.  An
 * object inside the object is read as if its members stood outside (Caddy puts
 * the request there), an array gives its first text.  What has no known key is
 * not lost: the line is then kept whole in event.original.
 *
 * Facts and their sources: docs/formats/web.access.md
 */
#include "artefact/web/web_record.h"
#include "base/utf.h"

enum { DEPTH_MAX = 16, MEMBERS_MAX = 512 };

struct json {
    struct ak_web_record *rec;
    const char *at, *end;
    unsigned depth;
    uint32_t arrays; /* bit n: what is open at depth n is an array */
};

static void skip_space(struct json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\r'))
        j->at++;
}

static bool take(struct json *j, char c)
{
    skip_space(j);
    if (j->at == j->end || *j->at != c)
        return false;
    j->at++;
    return true;
}

static uint32_t hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (uint32_t)(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10 : UINT32_MAX;
}

/* Four hexadecimal digits; UINT32_MAX when they are none. */
static uint32_t hex4(const char *p, const char *end)
{
    uint32_t v = 0;
    if (end - p < 4)
        return UINT32_MAX;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t digit = hex_digit(p[i]);
        if (digit > 15)
            return UINT32_MAX;
        v = v << 4 | digit;
    }
    return v;
}

/* The character that "\uXXXX[\uXXXX]" at *p (behind the 'u') stands for. */
static uint32_t escaped_unit(const char **p, const char *end)
{
    uint32_t unit = hex4(*p, end);
    if (unit == UINT32_MAX)
        return unit;
    *p += 4;
    if (unit >= 0xD800 && unit < 0xDC00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        uint32_t low = hex4(*p + 2, end);
        if (low >= 0xDC00 && low < 0xE000) {
            *p += 6;
            return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return unit;
}

/* Take the backslashes out.  "\x1f", which nginx's default escaping writes, is
 * no JSON; it is kept as it stands, as in a log that is not JSON. */
static struct ak_str unescape(struct json *j, struct ak_str s)
{
    static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
    char *to = ak_web_room(j->rec, s.n), *out = to;
    if (!to)
        return (struct ak_str){ 0 };
    for (const char *p = s.at, *end = s.at + s.n; p < end;) {
        const char *known = *p == '\\' && p + 1 < end && p[1] ? strchr(FROM, p[1]) : NULL;
        const char *unit_at = p + 2;
        uint32_t unit = !known && end - p >= 6 && p[0] == '\\' && p[1] == 'u'
                            ? escaped_unit(&unit_at, end)
                            : UINT32_MAX;
        if (known) {
            *out++ = TO[known - FROM];
            p += 2;
        } else if (unit != UINT32_MAX) {
            out += ak_utf8_put(out, unit);
            p = unit_at;
        } else {
            *out++ = *p++;
        }
    }
    return (struct ak_str){ to, (size_t)(out - to) };
}

/* A string, its quotes and escapes taken off. */
static bool take_string(struct json *j, struct ak_str *out)
{
    if (!take(j, '"'))
        return false;
    const char *from = j->at;
    bool escapes = false;
    for (;; j->at++) {
        const char *quote = memchr(j->at, '"', (size_t)(j->end - j->at));
        if (!quote)
            return false;
        size_t slashes = 0;
        while (quote - slashes > from && quote[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        j->at = quote;
        if (slashes % 2 == 0)
            break;
    }
    *out = (struct ak_str){ from, (size_t)(j->at - from) };
    j->at++;
    escapes = out->n && memchr(out->at, '\\', out->n);
    if (escapes)
        *out = unescape(j, *out);
    return true;
}

/* A number, true, false or null as its text. */
static bool take_bare(struct json *j, struct ak_str *out)
{
    const char *from = j->at;
    while (j->at < j->end && *j->at != ',' && *j->at != '}' && *j->at != ']' && *j->at != ' ')
        j->at++;
    *out = (struct ak_str){ from, (size_t)(j->at - from) };
    if (ak_str_eq(*out, AK_STR("null")))
        *out = AK_STR("");
    return j->at > from;
}

/* A value that is neither object nor array, put where its key says. */
static bool read_scalar(struct json *j, struct ak_str key)
{
    struct ak_str text;
    if (*j->at == '"' ? !take_string(j, &text) : !take_bare(j, &text))
        return false;
    if (!ak_web_set(j->rec, ak_web_sense_of(key), text))
        j->rec->unmapped = true;
    return true;
}

/* Pass over the commas and closing brackets before the next member. */
static void close_members(struct json *j)
{
    for (skip_space(j); j->at < j->end && strchr(",}]", *j->at) && *j->at; skip_space(j)) {
        if (*j->at != ',')
            j->depth--;
        j->at++;
        if (j->depth == 0)
            return;
    }
}

/* An object or an array begins.  False when they stand too deep. */
static bool open_bracket(struct json *j)
{
    if (++j->depth > DEPTH_MAX)
        return false;
    j->arrays &= ~(UINT32_C(1) << j->depth);
    j->arrays |= (uint32_t)(*j->at++ == '[') << j->depth;
    return true;
}

/* Members up to the last closing bracket.  What stands in an array goes under
 * the array's key. */
static bool read_members(struct json *j)
{
    struct ak_str key = { 0 };
    for (unsigned n = 0; n < MEMBERS_MAX; n++) {
        close_members(j);
        if (j->depth == 0)
            return true;
        bool in_array = j->arrays >> j->depth & 1;
        if (!in_array && (!take_string(j, &key) || !take(j, ':')))
            return false;
        skip_space(j);
        if (j->at == j->end)
            return false;
        bool opens = *j->at == '{' || *j->at == '[';
        if (opens ? !open_bracket(j) : !read_scalar(j, key))
            return false;
    }
    return false;
}

bool ak_web_read_json(struct ak_web_record *rec, struct ak_str line)
{
    struct json j = { rec, line.at, line.at + line.n, 1, 0 };
    if (!take(&j, '{') || !read_members(&j))
        return false;
    const struct ak_value *v = rec->v;
    bool asked = v[WEB_URL].type || v[WEB_PATH].type || v[WEB_METHOD].type;
    bool client = v[WEB_SOURCE_IP].type || v[WEB_SOURCE_ADDRESS].type;
    bool status = v[WEB_STATUS].type;
    return status && client && (asked || ak_stamp_is_set(rec->when));
}
