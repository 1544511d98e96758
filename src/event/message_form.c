/* message_form.c - messages of many events of one shape; see message.h.
 *
 * A template is compiled to steps: a text, a field's value, or an optional part
 * that is passed over when one of its fields says nothing. */
#include "base/json.h"
#include "event/message.h"
#include "event/message_table.h"

#include <string.h>

enum step_kind { STEP_TEXT, STEP_FIELD, STEP_PART };

struct step {
    uint32_t kind;
    uint32_t at; /* STEP_TEXT: in texts; STEP_FIELD: index, shape->n when it is not there */
    uint32_t n;  /* STEP_TEXT: bytes; STEP_PART: steps in the part */
};

void ak_message_form_free(struct ak_message_form *form)
{
    ak_buf_free(&form->steps);
    ak_buf_free(&form->texts);
    ak_buf_free(&form->chosen);
    *form = (struct ak_message_form){ 0 };
}

static size_t field_of(const struct ak_shape *shape, struct ak_str name)
{
    size_t i = 0;
    while (i < shape->n && !ak_str_eq(shape->names[i], name))
        i++;
    return i;
}

void ak_message_form_shape(struct ak_message_form *form, const struct ak_shape *shape)
{
    form->shape = shape;
    form->line = field_of(shape, AK_STR("message"));
    form->provider = field_of(shape, AK_STR("event.provider"));
    form->code = field_of(shape, AK_STR("event.code"));
    form->ready = form->found = false;
}

static void put_step(struct ak_message_form *form, struct step step)
{
    ak_buf_put(&form->steps, &step, sizeof(step));
}

static void put_text(struct ak_message_form *form, const char *from, size_t n)
{
    size_t at = form->texts.n;
    if (n == 0)
        return;
    ak_json_part(&form->texts, (struct ak_str){ from, n });
    put_step(form, (struct step){ STEP_TEXT, (uint32_t)at, (uint32_t)(form->texts.n - at) });
}

/* Texts and fields of [from, end). */
static void compile_part(struct ak_message_form *form, const char *from, const char *end)
{
    const char *text = from;
    while (from < end) {
        const char *close = *from == '{' ? memchr(from, '}', (size_t)(end - from)) : NULL;
        if (!close) {
            from++;
            continue;
        }
        put_text(form, text, (size_t)(from - text));
        size_t field =
            field_of(form->shape, (struct ak_str){ from + 1, (size_t)(close - from) - 1 });
        put_step(form, (struct step){ STEP_FIELD, (uint32_t)field, 0 });
        from = text = close + 1;
    }
    put_text(form, text, (size_t)(end - text));
}

static void compile(struct ak_message_form *form, const char *p)
{
    form->steps.n = form->texts.n = 0;
    while (*p) {
        const char *close = *p == '[' ? strchr(p, ']') : NULL;
        const char *end = close ? close : *p == '[' ? p + 1 : p + strcspn(p, "[");
        size_t part = form->steps.n;
        if (close)
            put_step(form, (struct step){ STEP_PART, 0, 0 });
        compile_part(form, close ? p + 1 : p, end);
        if (close && !form->steps.failed) {
            struct step step = { STEP_PART, 0,
                                 (uint32_t)((form->steps.n - part) / sizeof(step)) - 1 };
            memcpy(form->steps.at + part, &step, sizeof(step));
        }
        p = close ? close + 1 : end;
    }
}

static const struct ak_value *value_at(const struct ak_event *e, size_t i)
{
    return i < e->shape->n && e->values[i].type != AK_TYPE_NONE ? &e->values[i] : NULL;
}

/* What the template was chosen by, as bytes to compare. */
static struct ak_bytes choice_of(const struct ak_value *v)
{
    if (!v)
        return (struct ak_bytes){ (const uint8_t *)"", 0 };
    if (v->type == AK_TYPE_STR || v->type == AK_TYPE_STR16 || v->type == AK_TYPE_BYTES)
        return v->bytes;
    return (struct ak_bytes){ (const uint8_t *)&v->u64, sizeof(v->u64) };
}

static bool is_chosen_for(const struct ak_message_form *form, struct ak_bytes provider,
                          struct ak_bytes code)
{
    return form->ready && form->chosen_provider_n == provider.n &&
           form->chosen.n == provider.n + code.n &&
           ak_str_eq(ak_str_bytes(provider),
                     (struct ak_str){ (const char *)form->chosen.at, provider.n }) &&
           ak_str_eq(ak_str_bytes(code),
                     (struct ak_str){ (const char *)form->chosen.at + provider.n, code.n });
}

/* Find the template again when provider or code are not those of the last event. */
static void choose(struct ak_message_form *form, const struct ak_event *e)
{
    struct ak_bytes provider = choice_of(value_at(e, form->provider));
    struct ak_bytes code = choice_of(value_at(e, form->code));
    if (is_chosen_for(form, provider, code))
        return;
    const struct ak_message_template *t = ak_message_template_of(e);
    form->chosen.n = 0;
    form->chosen_provider_n = provider.n;
    ak_buf_put(&form->chosen, provider.at, provider.n);
    ak_buf_put(&form->chosen, code.at, code.n);
    if (t)
        compile(form, t->en);
    form->ready = !form->chosen.failed;
    form->found = t && !form->steps.failed && !form->texts.failed;
}

static void put_value(struct ak_buf *out, const struct ak_value *v)
{
    char iso[AK_STAMP_TEXT];
    struct ak_stamp stamp;
    switch (v->type) {
    case AK_TYPE_NONE:
        break;
    case AK_TYPE_STR:
        ak_json_part(out, v->str);
        break;
    case AK_TYPE_STR16:
        ak_json_part16(out, v->bytes);
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

/* Do all fields among these steps say something? */
static bool is_whole(const struct step *steps, uint32_t n, const struct ak_event *e)
{
    for (uint32_t i = 0; i < n; i++)
        if (steps[i].kind == STEP_FIELD && !value_at(e, steps[i].at))
            return false;
    return true;
}

static void put_steps(const struct ak_message_form *form, struct ak_buf *out,
                      const struct ak_event *e)
{
    const struct step *steps = (const void *)form->steps.at; /* malloc'd: aligned */
    size_t n = form->steps.n / sizeof(*steps);
    for (size_t i = 0; i < n; i++) {
        const struct step *s = &steps[i];
        const struct ak_value *v = s->kind == STEP_FIELD ? value_at(e, s->at) : NULL;
        if (s->kind == STEP_TEXT)
            ak_buf_put(out, form->texts.at + s->at, s->n);
        else if (v)
            put_value(out, v);
        else if (s->kind == STEP_PART && !is_whole(s + 1, s->n, e))
            i += s->n;
    }
}

/* As fallback() of message.c: "data_type: name=value, name=value". */
static void put_fallback(struct ak_buf *out, const struct ak_event *e)
{
    unsigned shown = 0;
    ak_json_part(out, e->shape->data_type);
    for (size_t i = 0; i < e->shape->n && shown < AK_MESSAGE_FALLBACK_FIELDS; i++) {
        if (e->values[i].type == AK_TYPE_NONE)
            continue;
        ak_buf_put(out, shown++ ? ", " : ": ", 2);
        ak_json_part(out, e->shape->names[i]);
        ak_buf_u8(out, '=');
        put_value(out, &e->values[i]);
    }
}

void ak_message_form_json(struct ak_message_form *form, struct ak_buf *out,
                          const struct ak_event *e)
{
    const struct ak_value *line = value_at(e, form->line);
    if (!line)
        choose(form, e);
    ak_buf_u8(out, '"');
    if (line)
        put_value(out, line);
    else if (!form->found)
        put_fallback(out, e);
    else
        put_steps(form, out, e);
    ak_buf_u8(out, '"');
}
