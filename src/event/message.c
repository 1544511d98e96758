/* message.c - see message.h. */
#include "event/message.h"

#include "base/json.h"
#include "base/utf.h"
#include "event/message_table.h"

#include <stdio.h>

enum { KEY_MAX = 256 };

static const struct ak_message_template *find(const char *key)
{
    unsigned lo = 0, hi = ak_n_message_templates;
    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;
        int order = strcmp(ak_message_templates[mid].key, key);
        if (order == 0)
            return &ak_message_templates[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* Text of a value for a sentence; nothing for none. */
static void put_plain(struct ak_buf *out, const struct ak_value *v)
{
    char iso[AK_STAMP_TEXT];
    struct ak_stamp stamp;
    uint8_t *to;
    switch (v->type) {
    case AK_TYPE_NONE:
        break;
    case AK_TYPE_STR:
        ak_buf_str(out, v->str);
        break;
    case AK_TYPE_STR16:
        to = ak_buf_room(out, v->bytes.n / 2 * 3);
        if (to)
            ak_buf_wrote(out, ak_utf16le_put((char *)to, v->bytes));
        break;
    case AK_TYPE_U64:
        ak_buf_dec(out, v->u64);
        break;
    case AK_TYPE_I64:
        ak_buf_idec(out, v->i64);
        break;
    case AK_TYPE_F64:
        ak_buf_printf(out, "%g", v->f64);
        break;
    case AK_TYPE_BOOL:
        ak_buf_text(out, v->u64 ? "true" : "false");
        break;
    case AK_TYPE_HEX:
        ak_buf_text(out, "0x");
        ak_buf_hex(out, v->u64);
        break;
    case AK_TYPE_STAMP:
        stamp = (struct ak_stamp){ v->i64, (uint8_t)(v->stamp_flags | AK_STAMP_SET) };
        ak_buf_put(out, iso, ak_stamp_iso(stamp, iso));
        break;
    case AK_TYPE_BYTES:
        ak_buf_printf(out, "(%zu bytes)", v->bytes.n);
        break;
    }
}

enum { PROVIDER_MAX = 192 };

/* Text as UTF-8, at `utf8` if it was recorded as UTF-16; empty when it is
 * absent, no text, or longer than any provider with a sentence. */
static struct ak_str key_text(char utf8[PROVIDER_MAX], const struct ak_value *v)
{
    if (v && v->type == AK_TYPE_STR16 && v->bytes.n / 2 <= PROVIDER_MAX / 3)
        return (struct ak_str){ utf8, ak_utf16le_put(utf8, v->bytes) };
    return v && v->type == AK_TYPE_STR ? v->str : (struct ak_str){ NULL, 0 };
}

/* Append one template part; false when a field in it has no value. */
static bool put_part(struct ak_buf *out, const char *from, const char *end,
                     const struct ak_event *e)
{
    bool all = true;
    while (from < end) {
        const char *brace = *from == '{' ? memchr(from, '}', (size_t)(end - from)) : NULL;
        if (!brace) {
            ak_buf_put(out, from++, 1);
            continue;
        }
        const struct ak_value *v =
            ak_event_get(e, (struct ak_str){ from + 1, (size_t)(brace - from) - 1 });
        if (v)
            put_plain(out, v);
        all = all && v;
        from = brace + 1;
    }
    return all;
}

static void fill_template(struct ak_buf *out, const char *text, const struct ak_event *e)
{
    const char *p = text;
    while (*p) {
        const char *close = *p == '[' ? strchr(p, ']') : NULL;
        size_t before = out->n;
        if (close) {
            if (!put_part(out, p + 1, close, e))
                out->n = before;
            p = close + 1;
        } else {
            const char *end = *p == '[' ? p + 1 : p + strcspn(p, "[");
            put_part(out, p, end, e);
            p = end;
        }
    }
}

/* "data_type: name=value name=value": better than nothing. */
static void fallback(struct ak_buf *out, const struct ak_event *e)
{
    unsigned shown = 0;
    ak_buf_str(out, e->shape->data_type);
    for (size_t i = 0; i < e->shape->n && shown < AK_MESSAGE_FALLBACK_FIELDS; i++) {
        if (e->values[i].type == AK_TYPE_NONE)
            continue;
        ak_buf_text(out, shown++ ? ", " : ": ");
        ak_buf_str(out, e->shape->names[i]);
        ak_buf_u8(out, '=');
        put_plain(out, &e->values[i]);
    }
}

const struct ak_message_template *ak_message_template_of(const struct ak_event *e)
{
    struct ak_str type = e->shape->data_type;
    char utf8[PROVIDER_MAX];
    struct ak_str provider = key_text(utf8, ak_event_get(e, AK_STR("event.provider")));
    const struct ak_value *code = ak_event_get(e, AK_STR("event.code"));
    char key[KEY_MAX];
    if (type.n + provider.n + 32 > sizeof(key))
        return NULL;
    struct ak_buf text = { 0 };
    if (code)
        put_plain(&text, code);
    const struct ak_message_template *found = NULL;
    for (unsigned less = 0; less < 3 && !found; less++) {
        int code_n = less < 2 && text.n < 16 ? (int)text.n : 0;
        snprintf(key, sizeof(key), "%.*s\x1f%.*s\x1f%.*s", (int)type.n, type.at,
                 less == 0 ? (int)provider.n : 0, provider.at ? provider.at : "", code_n,
                 text.at ? (const char *)text.at : "");
        found = find(key);
    }
    ak_buf_free(&text);
    return found;
}

void ak_message(struct ak_buf *out, const struct ak_event *e, enum ak_lang lang)
{
    const struct ak_value *line = ak_event_get(e, AK_STR("message"));
    if (line) {
        put_plain(out, line);
        return;
    }
    const struct ak_message_template *t = ak_message_template_of(e);
    if (t)
        fill_template(out, lang == AK_LANG_JA ? t->ja : t->en, e);
    else
        fallback(out, e);
}

void ak_message_json(struct ak_buf *out, const struct ak_event *e)
{
    struct ak_buf text = { 0 };
    ak_message(&text, e, AK_LANG_EN);
    ak_json_str(out, ak_buf_view(&text));
    ak_buf_free(&text);
}
