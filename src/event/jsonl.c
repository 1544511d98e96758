/* jsonl.c - see jsonl.h. */
#include "event/jsonl.h"

#include "base/json.h"
#include "event/message.h"

#include <stdlib.h>

void ak_jsonl_value(struct ak_buf *out, const struct ak_value *v)
{
    switch (v->type) {
    case AK_TYPE_NONE:
        ak_buf_text(out, "null");
        break;
    case AK_TYPE_STR:
        ak_json_str(out, v->str);
        break;
    case AK_TYPE_STR16:
        ak_json_str16(out, v->bytes);
        break;
    case AK_TYPE_U64:
        ak_buf_dec(out, v->u64);
        break;
    case AK_TYPE_I64:
        ak_buf_idec(out, v->i64);
        break;
    case AK_TYPE_F64:
        ak_json_f64(out, v->f64);
        break;
    case AK_TYPE_BOOL:
        ak_buf_text(out, v->u64 ? "true" : "false");
        break;
    case AK_TYPE_HEX:
        ak_buf_text(out, "\"0x");
        ak_buf_hex(out, v->u64);
        ak_buf_u8(out, '"');
        break;
    case AK_TYPE_STAMP:
        ak_json_stamp(out, (struct ak_stamp){ v->i64, (uint8_t)(v->stamp_flags | AK_STAMP_SET) });
        break;
    case AK_TYPE_BYTES:
        ak_json_bytes(out, v->bytes);
        break;
    }
}

/* `,"name":` */
static void put_name(struct ak_buf *out, struct ak_str name)
{
    ak_buf_u8(out, ',');
    ak_json_str(out, name);
    ak_buf_u8(out, ':');
}

static void put_text(struct ak_buf *out, struct ak_str name, struct ak_str text)
{
    if (!text.n)
        return;
    put_name(out, name);
    ak_json_str(out, text);
}

static int64_t floor_us(int64_t ns) { return ns / 1000 - (ns % 1000 < 0); }

static void put_time(struct ak_buf *out, struct ak_stamp when)
{
    if (!ak_stamp_is_set(when))
        return;
    ak_buf_text(out, "\"datetime\":");
    ak_json_stamp(out, when);
    ak_buf_text(out, ",\"timestamp\":");
    ak_buf_idec(out, floor_us(when.utc_ns));
    ak_buf_u8(out, ',');
}

/* `"timestamp_desc":…,"data_type":…,"message":` */
static void put_kind(struct ak_buf *out, const struct ak_shape *shape)
{
    ak_buf_text(out, "\"timestamp_desc\":");
    ak_json_str(out, shape->time_desc);
    put_text(out, AK_STR("data_type"), shape->data_type);
    put_name(out, AK_STR("message"));
}

/* What follows the fields. */
static void put_end(struct ak_buf *out, const struct ak_event *e,
                    const struct ak_event_place *place, bool has_host)
{
    if (!has_host)
        put_text(out, AK_STR("host.name"), place->host);
    if (e->flags & AK_EVENT_RECOVERED)
        ak_buf_text(out, ",\"recovered\":true");
    if (e->when.flags & AK_STAMP_LOCAL)
        ak_buf_text(out, ",\"time_assumed_zone\":true");
    if (e->when.flags & AK_STAMP_GUESSED)
        ak_buf_text(out, ",\"time_inferred_year\":true");
    put_text(out, AK_STR("id"), place->id);
    put_text(out, AK_STR("evidence"), place->evidence);
    put_text(out, AK_STR("path"), place->path);
    ak_buf_text(out, ",\"offset\":");
    ak_buf_dec(out, e->offset);
    ak_buf_text(out, "}\n");
}

void ak_jsonl_event(struct ak_buf *out, const struct ak_event *e,
                    const struct ak_event_place *place)
{
    ak_buf_u8(out, '{');
    put_time(out, e->when);
    put_kind(out, e->shape);
    ak_message_json(out, e);
    bool has_host = false;
    for (size_t i = 0; i < e->shape->n; i++) {
        if (e->values[i].type == AK_TYPE_NONE || ak_str_eq(e->shape->names[i], AK_STR("message")))
            continue;
        has_host |= ak_str_eq(e->shape->names[i], AK_STR("host.name"));
        put_name(out, e->shape->names[i]);
        ak_jsonl_value(out, &e->values[i]);
    }
    put_end(out, e, place, has_host);
}

/* ---- many events ---- */

enum {
    FORM_SLOTS = 4096,          /* a power of two */
    FORMS_MAX = FORM_SLOTS / 2, /* more shapes than that: all are forgotten */
    KEY_BLOCK = 32,             /* keys are copied in blocks of this */
};

/* A shape made ready. */
struct form {
    const struct ak_shape *shape; /* NULL: an empty slot */
    struct ak_buf kind;           /* what put_kind() writes */
    struct ak_buf keys;           /* `,"name":` of each field, a block longer than they are */
    uint32_t *key_at;             /* where each begins; owned; shape->n + 1 of them */
    size_t host;                  /* index of host.name; shape->n: not there */
    struct ak_message_form message;
};

struct ak_jsonl {
    struct form slots[FORM_SLOTS];
    struct form *last;
    size_t n;
};

struct ak_jsonl *ak_jsonl_new(void) { return calloc(1, sizeof(struct ak_jsonl)); }

static void free_form(struct form *f)
{
    ak_buf_free(&f->kind);
    ak_buf_free(&f->keys);
    ak_message_form_free(&f->message);
    free(f->key_at);
    *f = (struct form){ 0 };
}

void ak_jsonl_forget(struct ak_jsonl *w)
{
    for (size_t i = 0; i < FORM_SLOTS && w->n > 0; i++)
        if (w->slots[i].shape) {
            free_form(&w->slots[i]);
            w->n--;
        }
    w->last = NULL;
}

void ak_jsonl_free(struct ak_jsonl *w)
{
    if (w)
        ak_jsonl_forget(w);
    free(w);
}

/* False when memory ran out. */
static bool fill_form(struct form *f, const struct ak_shape *shape)
{
    static const uint8_t BLOCK[KEY_BLOCK];
    put_kind(&f->kind, shape);
    ak_message_form_shape(&f->message, shape);
    f->key_at = malloc((shape->n + 1) * sizeof(*f->key_at));
    f->host = shape->n;
    for (size_t i = 0; i < shape->n && f->key_at; i++) {
        f->key_at[i] = (uint32_t)f->keys.n;
        put_name(&f->keys, shape->names[i]);
        if (ak_str_eq(shape->names[i], AK_STR("host.name")))
            f->host = i;
    }
    if (f->key_at)
        f->key_at[shape->n] = (uint32_t)f->keys.n;
    ak_buf_put(&f->keys, BLOCK, KEY_BLOCK);
    f->shape = shape;
    return f->key_at && !f->keys.failed && !f->kind.failed;
}

/* The form of a shape; NULL when memory ran out. */
static struct form *form_of(struct ak_jsonl *w, const struct ak_shape *shape)
{
    if (w->last && w->last->shape == shape)
        return w->last;
    if (w->n == FORMS_MAX)
        ak_jsonl_forget(w);
    size_t at = (size_t)((uintptr_t)shape * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (FORM_SLOTS - 1);
    while (w->slots[at].shape && w->slots[at].shape != shape)
        at = (at + 1) & (FORM_SLOTS - 1);
    struct form *f = &w->slots[at];
    if (!f->shape) {
        if (!fill_form(f, shape)) {
            free_form(f);
            return NULL;
        }
        w->n++;
    }
    return w->last = f;
}

static void put_key(struct ak_buf *out, const struct form *f, size_t i)
{
    const uint8_t *key = f->keys.at + f->key_at[i];
    size_t n = f->key_at[i + 1] - f->key_at[i];
    uint8_t *to = ak_buf_room(out, n + KEY_BLOCK);
    if (!to)
        return;
    memcpy(to, key, KEY_BLOCK); /* of a constant size: two instructions */
    for (size_t at = KEY_BLOCK; at < n; at += KEY_BLOCK)
        memcpy(to + at, key + at, KEY_BLOCK);
    ak_buf_wrote(out, n);
}

void ak_jsonl_put(struct ak_jsonl *w, struct ak_buf *out, const struct ak_event *e,
                  const struct ak_event_place *place)
{
    struct form *f = form_of(w, e->shape);
    if (!f) {
        ak_jsonl_event(out, e, place);
        return;
    }
    ak_buf_u8(out, '{');
    put_time(out, e->when);
    ak_buf_put(out, f->kind.at, f->kind.n);
    ak_message_form_json(&f->message, out, e);
    for (size_t i = 0; i < e->shape->n; i++) {
        if (e->values[i].type == AK_TYPE_NONE || i == f->message.line)
            continue;
        put_key(out, f, i);
        ak_jsonl_value(out, &e->values[i]);
    }
    put_end(out, e, place, f->host < e->shape->n && e->values[f->host].type != AK_TYPE_NONE);
}
