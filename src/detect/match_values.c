/* match_values.c - see match_parts.h.  Numbers of texts: a value's index, or the
 * place of a computed source. */
#include "detect/match_convert.h"

#include "base/digits.h"
#include "base/fold.h"
#include "base/json.h"
#include "base/utf.h"

char *ak_match_room(struct ak_detector *d, size_t n)
{
    char *to = AK_NEW_N(d->texts_arena, char, n + 1);
    if (!to)
        d->failed = true;
    return to;
}

static struct ak_str copied(struct ak_detector *d, const char *at, size_t n)
{
    char *to = ak_match_room(d, n);
    if (!to)
        return AK_STR("");
    memcpy(to, at, n);
    return (struct ak_str){ to, n };
}

static struct ak_str number_text(struct ak_detector *d, uint64_t v, bool negative)
{
    char digits[AK_DEC_MAX + 1] = "-";
    char *end = ak_put_dec(digits + negative, v);
    return copied(d, digits, (size_t)(end - digits));
}

static struct ak_str buf_text(struct ak_detector *d)
{
    struct ak_str text = copied(d, d->spare.n ? (const char *)d->spare.at : "", d->spare.n);
    d->failed |= d->spare.failed;
    return text;
}

static struct ak_str utf16_text(struct ak_detector *d, struct ak_bytes in)
{
    char *to = ak_match_room(d, in.n / 2 * 3);
    return to ? (struct ak_str){ to, ak_utf16le_put(to, in) } : AK_STR("");
}

static struct ak_str hex_bytes(struct ak_detector *d, struct ak_bytes in)
{
    char *to = ak_match_room(d, in.n * 2), *at = to;
    for (size_t i = 0; i < in.n && to; i++)
        at = ak_put_hex_byte(at, in.at[i], ak_hex_upper);
    return to ? (struct ak_str){ to, in.n * 2 } : AK_STR("");
}

/* As jsonl.h writes it, without quotes. */
static struct ak_str value_text(struct ak_detector *d, const struct ak_value *v)
{
    char stamp[AK_STAMP_TEXT];
    switch (v->type) {
    case AK_TYPE_NONE:
        break;
    case AK_TYPE_STR:
        return v->str;
    case AK_TYPE_STR16:
        return utf16_text(d, v->bytes);
    case AK_TYPE_U64:
        return number_text(d, v->u64, false);
    case AK_TYPE_I64:
        return number_text(d, v->i64 < 0 ? 0 - (uint64_t)v->i64 : (uint64_t)v->i64, v->i64 < 0);
    case AK_TYPE_F64:
        d->spare.n = 0;
        ak_json_f64(&d->spare, v->f64);
        return buf_text(d);
    case AK_TYPE_BOOL:
        return v->u64 ? AK_STR("true") : AK_STR("false");
    case AK_TYPE_HEX:
        d->spare.n = 0;
        ak_buf_text(&d->spare, "0x");
        ak_buf_hex(&d->spare, v->u64);
        return buf_text(d);
    case AK_TYPE_STAMP:
        return copied(
            d, stamp,
            ak_stamp_iso((struct ak_stamp){ v->i64, (uint8_t)(v->stamp_flags | AK_STAMP_SET) },
                         stamp));
    case AK_TYPE_BYTES:
        return hex_bytes(d, v->bytes);
    }
    return AK_STR("");
}

struct ak_str ak_match_raw(struct ak_detector *d, uint32_t text)
{
    struct ak_match_text *t = &d->texts[text];
    if (t->raw_epoch != d->epoch) {
        t->raw = value_text(d, &d->event->values[text]); /* computed ones are made when got */
        t->raw_epoch = d->epoch;
    }
    return t->raw;
}

struct ak_str ak_match_folded(struct ak_detector *d, uint32_t text)
{
    struct ak_match_text *t = &d->texts[text];
    if (t->folded_epoch == d->epoch)
        return t->folded;
    const struct ak_value *v = text < AK_EVENT_FIELDS_MAX ? &d->event->values[text] : NULL;
    bool is_utf16 = v && v->type == AK_TYPE_STR16;
    struct ak_str raw = is_utf16 ? AK_STR("") : ak_match_raw(d, text);
    char *to = ak_match_room(d, is_utf16 ? v->bytes.n / 2 * 3 : raw.n * 3 / 2 + 4);
    t->folded = (struct ak_str){ to ? to : "", 0 };
    if (to)
        t->folded.n = is_utf16 ? ak_fold_utf16le(to, v->bytes) : ak_fold(to, raw);
    t->folded_epoch = d->epoch;
    return t->folded;
}

/* The text of a computed source, made once for an event; false when it is not there. */
static bool computed_is_there(struct ak_detector *d, uint32_t source)
{
    const struct ak_match_source *s = &d->sources[source];
    struct ak_match_text *t = &d->texts[s->computed];
    if (t->raw_epoch != d->epoch) {
        t->raw = AK_STR("");
        t->there = ak_match_convert(d, source, &t->raw);
        t->raw_epoch = d->epoch;
    }
    return t->there;
}

static bool is_there(const struct ak_detector *d, size_t index)
{
    return d->event->values[index].type != AK_TYPE_NONE;
}

static bool next_of_all(struct ak_detector *d, size_t *at, uint32_t *out_text)
{
    size_t n = d->event->shape->n;
    while (*at < n && !is_there(d, *at))
        (*at)++;
    *out_text = (uint32_t)*at;
    return (*at)++ < n;
}

bool ak_match_next_value(struct ak_detector *d, uint32_t source, size_t *at, uint32_t *out_text)
{
    const struct ak_match_source *s = &d->sources[source];
    if (s->keyword)
        return next_of_all(d, at, out_text);
    if (s->computed) {
        *out_text = s->computed;
        return (*at)++ == 0 && computed_is_there(d, source);
    }
    const struct ak_match_place *place = ak_match_place_of(d, source);
    if (place->n == 0)
        return false; /* the pool may not be there */
    const uint16_t *pool = d->form->pool + place->at;
    while (*at < place->n && !is_there(d, pool[*at]))
        (*at)++;
    if (*at >= place->n)
        return false;
    *out_text = pool[*at];
    *at = s->any ? *at + 1 : place->n;
    return true;
}
