/* modifier_text.c - see modifier.h: texts to other texts. */
#include "base/utf.h"
#include "detect/modifier.h"

enum ak_status ak_text_add(struct ak_rule_reader *r, struct ak_text_list *list, struct ak_str text)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 4;
        struct ak_str *at = AK_NEW_N(r->scratch, struct ak_str, cap);
        if (!at)
            return AK_ERR_LIMIT;
        if (list->n)
            memcpy(at, list->at, list->n * sizeof(*at));
        list->at = at;
        list->cap = cap;
    }
    list->at[list->n++] = text;
    return AK_OK;
}

/* ---- placeholders ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/* The first placeholder from `from` on: at its '%', with its name.  A '%' behind a
 * backslash is a plain one. */
static bool find_placeholder(struct ak_str text, size_t from, size_t *out_at,
                             struct ak_str *out_name)
{
    for (size_t i = from; i < text.n; i++) {
        if (text.at[i] == '\\' && i + 1 < text.n) {
            i++;
            continue;
        }
        if (text.at[i] != '%')
            continue;
        size_t end = i + 1;
        while (end < text.n && is_name(text.at[end]))
            end++;
        if (end < text.n && text.at[end] == '%' && end > i + 1) {
            *out_at = i;
            *out_name = (struct ak_str){ text.at + i + 1, end - i - 1 };
            return true;
        }
    }
    return false;
}

static enum ak_status join3(struct ak_rule_reader *r, struct ak_str a, struct ak_str b,
                            struct ak_str c, struct ak_str *out)
{
    char *to = AK_NEW_N(r->scratch, char, a.n + b.n + c.n + 1);
    if (!to)
        return AK_ERR_LIMIT;
    memcpy(to, a.at, a.n);
    memcpy(to + a.n, b.at, b.n);
    memcpy(to + a.n + b.n, c.at, c.n);
    *out = (struct ak_str){ to, a.n + b.n + c.n };
    return AK_OK;
}

/* "\%" to "%"; other escapes are those of the notation and stay. */
static void unescape_percent(char *text, size_t *n)
{
    size_t to = 0;
    for (size_t i = 0; i < *n; i++) {
        if (text[i] == '\\' && i + 1 < *n) {
            if (text[i + 1] != '%')
                text[to++] = text[i];
            i++;
        }
        text[to++] = text[i];
    }
    *n = to;
}

/* Texts whose first `done` bytes are finished. */
struct expanding {
    struct ak_str text;
    size_t done;
    uint32_t line; /* of the rule */
};

static const struct ak_yaml *values_of(const struct ak_rule_reader *r, struct ak_str name)
{
    const struct ak_yaml *values = ak_yaml_get(r->placeholders, name);
    bool usable = values && !ak_yaml_is_null(values) && values->kind != AK_YAML_MAP &&
                  !(values->kind == AK_YAML_LIST && values->n == 0);
    return usable ? values : NULL;
}

/* Replace the first placeholder behind what is done by each of its values. */
static enum ak_status replace(struct ak_rule_reader *r, const struct expanding *e, size_t at,
                              const struct ak_yaml *values, struct ak_text_list *out, size_t *done)
{
    struct ak_str head = { e->text.at, at };
    size_t behind = at + 1;
    while (e->text.at[behind] != '%')
        behind++;
    struct ak_str tail = { e->text.at + behind + 1, e->text.n - behind - 1 };
    bool is_list = values->kind == AK_YAML_LIST;
    for (const struct ak_yaml *v = is_list ? values->first : values; v;
         v = is_list ? v->next : NULL) {
        struct ak_str joined;
        if (v->kind != AK_YAML_SCALAR)
            return ak_rule_wrong(r, e->line, "a placeholder's value that is no text", values->key);
        if (join3(r, head, v->text, tail, &joined) != AK_OK || ak_text_add(r, out, joined) != AK_OK)
            return AK_ERR_LIMIT;
        done[out->n - 1] = at + v->text.n;
        if (ak_rule_count(r, e->line, 0) != AK_OK)
            return AK_ERR_CORRUPT;
    }
    return AK_OK;
}

/* How many texts a round makes; refuses what has no values. */
static enum ak_status count_values(struct ak_rule_reader *r, uint32_t line,
                                   const struct ak_text_list *in, const size_t *done,
                                   size_t *out_total)
{
    struct ak_str name;
    size_t at;
    *out_total = 0;
    for (size_t i = 0; i < in->n; i++) {
        bool there = find_placeholder(in->at[i], done[i], &at, &name);
        const struct ak_yaml *values = there ? values_of(r, name) : NULL;
        if (there && !values)
            return ak_rule_wrong(r, line, "a placeholder for which no values were given", name);
        *out_total += values && values->kind == AK_YAML_LIST ? values->n : 1;
    }
    return ak_rule_count(r, line, *out_total - in->n);
}

/* One round over all texts; *out_more when a placeholder was replaced. */
static enum ak_status expand_round(struct ak_rule_reader *r, uint32_t line,
                                   const struct ak_text_list *in, size_t **done,
                                   struct ak_text_list *out, bool *out_more)
{
    size_t total;
    enum ak_status status = count_values(r, line, in, *done, &total);
    if (status != AK_OK)
        return status;
    size_t *done_then = AK_NEW_N(r->scratch, size_t, total);
    if (!done_then)
        return AK_ERR_LIMIT;
    *out_more = false;
    for (size_t i = 0; i < in->n && status == AK_OK; i++) {
        struct expanding e = { in->at[i], (*done)[i], line };
        struct ak_str name;
        size_t at;
        if (find_placeholder(e.text, e.done, &at, &name)) {
            *out_more = true;
            status = replace(r, &e, at, values_of(r, name), out, done_then);
            continue;
        }
        status = ak_text_add(r, out, e.text);
        done_then[out->n - 1] = e.text.n;
    }
    *done = done_then;
    return status;
}

enum ak_status ak_text_expand(struct ak_rule_reader *r, const struct ak_yaml *value,
                              struct ak_text_list *out)
{
    struct ak_text_list list = { 0 };
    size_t nothing = 0, *done = &nothing;
    enum ak_status status = ak_text_add(r, &list, value->text);
    for (bool more = true; status == AK_OK && more;) {
        struct ak_text_list next = { 0 };
        status = expand_round(r, value->line, &list, &done, &next, &more);
        list = next;
    }
    for (size_t i = 0; status == AK_OK && i < list.n; i++) {
        struct ak_str copy;
        status = join3(r, list.at[i], AK_STR(""), AK_STR(""), &copy);
        if (status != AK_OK)
            break;
        unescape_percent((char *)(uintptr_t)copy.at, &copy.n);
        status = ak_text_add(r, out, copy);
    }
    return status;
}

/* ---- dashes ---- */

static const char *const DASHES[] = { "-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95" };

enum { N_DASHES = 5 };

/* Bytes of the dash at the start of the text; 0 when there is none. */
static size_t dash_at(struct ak_str text, size_t at)
{
    struct ak_str rest = { text.at + at, text.n - at };
    for (size_t i = 0; i < N_DASHES; i++)
        if (ak_str_starts(rest, ak_str_of(DASHES[i])))
            return strlen(DASHES[i]);
    return 0;
}

/* The text with its dashes chosen by the digits of `choice`, which count to five. */
static struct ak_str choose_dashes(struct ak_str text, size_t choice, char *to)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n;) {
        size_t dash = dash_at(text, i);
        const char *from = dash ? DASHES[choice % N_DASHES] : text.at + i;
        size_t size = dash ? strlen(from) : 1;
        memcpy(to + n, from, size);
        n += size;
        i += dash ? dash : 1;
        choice = dash ? choice / N_DASHES : choice;
    }
    return (struct ak_str){ to, n };
}

enum ak_status ak_text_windash(struct ak_rule_reader *r, uint32_t line, struct ak_str text,
                               struct ak_text_list *out)
{
    size_t dashes = 0, choices = 1;
    for (size_t i = 0; i < text.n && dashes <= AK_DASHES_MAX; i++)
        if (dash_at(text, i)) {
            dashes++;
            choices *= N_DASHES;
        }
    if (dashes > AK_DASHES_MAX)
        return ak_rule_wrong(r, line, "more dashes under windash than the limit", text);
    enum ak_status status = ak_rule_count(r, line, choices - 1);
    for (size_t i = 0; status == AK_OK && i < choices; i++) {
        char *to = AK_NEW_N(r->scratch, char, text.n + 2 * dashes + 1);
        if (!to)
            return AK_ERR_LIMIT;
        status = ak_text_add(r, out, choose_dashes(text, i, to));
        if (status == AK_OK)
            status = ak_rule_count(r, line, 0);
    }
    return status;
}

/* ---- encodings ---- */

/* RFC 4648 with padding. */
static enum ak_status base64(struct ak_rule_reader *r, struct ak_str in, struct ak_str *out)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)in.at;
    char *to = AK_NEW_N(r->scratch, char, in.n / 3 * 4 + 5);
    size_t n = 0;
    if (!to)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t three = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                         (left > 2 ? p[i + 2] : 0);
        to[n++] = DIGITS[three >> 18];
        to[n++] = DIGITS[three >> 12 & 63];
        to[n++] = left > 1 ? DIGITS[three >> 6 & 63] : '=';
        to[n++] = left > 2 ? DIGITS[three & 63] : '=';
    }
    *out = (struct ak_str){ to, n };
    return AK_OK;
}

/* The text as it looks in base64 when 0, 1 or 2 bytes stand before it in its group
 * of three: without the digits that also hold bits of what is around it. */
static enum ak_status base64_offsets(struct ak_rule_reader *r, uint32_t line, struct ak_str text,
                                     struct ak_text_list *out)
{
    static const size_t HEAD[] = { 0, 2, 3 }, TAIL[] = { 0, 3, 2 };
    for (size_t offset = 0; offset < 3; offset++) {
        struct ak_str padded, encoded;
        if (join3(r, (struct ak_str){ "  ", offset }, text, AK_STR(""), &padded) != AK_OK ||
            base64(r, padded, &encoded) != AK_OK)
            return AK_ERR_LIMIT;
        size_t cut = HEAD[offset] + TAIL[padded.n % 3];
        if (encoded.n <= cut)
            return ak_rule_wrong(r, line, "a text too short for base64offset", text);
        struct ak_str middle = { encoded.at + HEAD[offset], encoded.n - cut };
        if (ak_text_add(r, out, middle) != AK_OK)
            return AK_ERR_LIMIT;
    }
    return ak_rule_count(r, line, 2);
}

static size_t put_unit(char *to, uint32_t unit, bool big_endian)
{
    to[0] = (char)(big_endian ? unit >> 8 : unit);
    to[1] = (char)(big_endian ? unit : unit >> 8);
    return 2;
}

/* Bytes that are no UTF-8 (of an encoding before) are taken for Latin-1. */
static enum ak_status utf16(struct ak_rule_reader *r, enum ak_encoding how, struct ak_str in,
                            struct ak_str *out)
{
    bool big = how == AK_ENCODE_UTF16BE;
    char *to = AK_NEW_N(r->scratch, char, 2 * in.n + 3);
    size_t n = 0;
    if (!to)
        return AK_ERR_LIMIT;
    if (how == AK_ENCODE_UTF16)
        n += put_unit(to, 0xFEFF, big);
    for (size_t at = 0; at < in.n;) {
        size_t start = at;
        uint32_t c = ak_utf8_next(in, &at);
        if (c == 0xFFFFFFFF)
            c = (unsigned char)in.at[start];
        if (c >= 0x10000) {
            n += put_unit(to + n, 0xD800 + ((c - 0x10000) >> 10), big);
            c = 0xDC00 + ((c - 0x10000) & 0x3FF);
        }
        n += put_unit(to + n, c, big);
    }
    *out = (struct ak_str){ to, n };
    return AK_OK;
}

enum ak_status ak_text_encode(struct ak_rule_reader *r, uint32_t line, enum ak_encoding how,
                              struct ak_str text, struct ak_text_list *out)
{
    struct ak_str encoded;
    if (how == AK_ENCODE_BASE64OFFSET)
        return base64_offsets(r, line, text, out);
    enum ak_status status =
        how == AK_ENCODE_BASE64 ? base64(r, text, &encoded) : utf16(r, how, text, &encoded);
    if (status == AK_OK)
        status = ak_rule_count(r, line, 0);
    return status == AK_OK ? ak_text_add(r, out, encoded) : status;
}
