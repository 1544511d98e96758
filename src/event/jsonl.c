/* jsonl.c - see jsonl.h. */
#include "event/jsonl.h"

#include "base/json.h"
#include "event/message.h"

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

static int64_t floor_us(int64_t ns)
{
    return ns / 1000 - (ns % 1000 < 0);
}

void ak_jsonl_event(struct ak_buf *out, const struct ak_event *e, const struct ak_event_place *place)
{
    ak_buf_u8(out, '{');
    if (ak_stamp_is_set(e->when)) {
        ak_buf_text(out, "\"datetime\":");
        ak_json_stamp(out, e->when);
        ak_buf_text(out, ",\"timestamp\":");
        ak_buf_idec(out, floor_us(e->when.utc_ns));
        ak_buf_u8(out, ',');
    }
    ak_buf_text(out, "\"timestamp_desc\":");
    ak_json_str(out, e->shape->time_desc);
    put_text(out, AK_STR("data_type"), e->shape->data_type);
    put_name(out, AK_STR("message"));
    ak_message_json(out, e);

    bool has_host = false;
    for (size_t i = 0; i < e->shape->n; i++) {
        if (e->values[i].type == AK_TYPE_NONE || ak_str_eq(e->shape->names[i], AK_STR("message")))
            continue;
        has_host |= ak_str_eq(e->shape->names[i], AK_STR("host.name"));
        put_name(out, e->shape->names[i]);
        ak_jsonl_value(out, &e->values[i]);
    }
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
    put_name(out, AK_STR("offset"));
    ak_buf_dec(out, e->offset);
    ak_buf_text(out, "}\n");
}
