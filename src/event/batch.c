/* batch.c - see batch.h. */
#include "event/batch.h"

#include "base/reader.h"
#include "event/string_table.h"

#include <stdlib.h>

enum { MAGIC = 0x31424B41, STRING_SLOTS = 4096, SHAPE_SLOTS = 1024 };

/* An event this much older than one before it makes the batch disordered. */
static const int64_t DISORDER_NS = INT64_C(3600) * 1000000000;

/* An event's row in `rows`, and what it is sorted by. */
struct row {
    int64_t utc_ns;
    uint32_t seq, at, n;
};

struct ak_batch {
    struct ak_string_table strings;

    const struct ak_shape **shape_of; /* shapes by number: as given ... */
    uint32_t n_shapes, cap_shapes;
    uint32_t shape_slots[SHAPE_SLOTS]; /* a guess at the number, by address */
    struct ak_buf shapes;              /* ... and as written */

    struct ak_buf rows;
    struct row *order;
    uint32_t n_events, cap_events;
    bool in_order, disordered;
    int64_t newest_ns;
};

struct ak_batch *ak_batch_new(void)
{
    struct ak_batch *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    if (!ak_strings_open(&b->strings, STRING_SLOTS)) {
        ak_batch_free(b);
        return NULL;
    }
    b->in_order = true;
    b->newest_ns = INT64_MIN;
    return b;
}

void ak_batch_free(struct ak_batch *b)
{
    if (!b)
        return;
    ak_strings_close(&b->strings);
    ak_buf_free(&b->shapes);
    ak_buf_free(&b->rows);
    free(b->shape_of);
    free(b->order);
    free(b);
}

static bool write_shape(struct ak_batch *b, const struct ak_shape *shape)
{
    uint32_t type = ak_strings_add(&b->strings, shape->data_type);
    uint32_t desc = ak_strings_add(&b->strings, shape->time_desc);
    bool ok = type != AK_NO_STRING && desc != AK_NO_STRING;
    ak_buf_varint(&b->shapes, type);
    ak_buf_varint(&b->shapes, desc);
    ak_buf_varint(&b->shapes, shape->n);
    for (size_t i = 0; i < shape->n; i++) {
        uint32_t name = ak_strings_add(&b->strings, shape->names[i]);
        ok = ok && name != AK_NO_STRING;
        ak_buf_varint(&b->shapes, name);
    }
    return ok && !b->shapes.failed;
}

/* The number of a shape, written when it is new; UINT32_MAX when memory ran out. */
static uint32_t find_shape(struct ak_batch *b, const struct ak_shape *shape)
{
    uint32_t no = 0;
    while (no < b->n_shapes && b->shape_of[no] != shape)
        no++;
    if (no < b->n_shapes)
        return no;
    if (!ak_array_grow((void **)&b->shape_of, no, &b->cap_shapes, sizeof(*b->shape_of)) ||
        !write_shape(b, shape))
        return UINT32_MAX;
    b->shape_of[b->n_shapes] = shape;
    return b->n_shapes++;
}

static uint32_t shape_number(struct ak_batch *b, const struct ak_shape *shape)
{
    size_t at = (size_t)((uintptr_t)shape * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (SHAPE_SLOTS - 1);
    uint32_t guess = b->shape_slots[at];
    if (guess < b->n_shapes && b->shape_of[guess] == shape)
        return guess;
    return b->shape_slots[at] = find_shape(b, shape);
}

static void put_i64(struct ak_buf *rows, int64_t v) { ak_buf_u64le(rows, (uint64_t)v); }

static uint64_t zigzag(int64_t v) { return (uint64_t)v << 1 ^ (uint64_t)(v >> 63); }

static int64_t unzigzag(uint64_t v) { return (int64_t)(v >> 1) ^ -(int64_t)(v & 1); }

static bool put_string(struct ak_batch *b, uint32_t number)
{
    ak_buf_varint(&b->rows, number);
    return number != AK_NO_STRING;
}

static bool put_value(struct ak_batch *b, const struct ak_value *v)
{
    uint64_t bits;
    /* A batch holds UTF-8 only. */
    ak_buf_u8(&b->rows, (uint8_t)(v->type == AK_TYPE_STR16 ? AK_TYPE_STR : v->type));
    switch (v->type) {
    case AK_TYPE_NONE:
        return true;
    case AK_TYPE_STR:
        return put_string(b, ak_strings_add(&b->strings, v->str));
    case AK_TYPE_STR16:
        return put_string(b, ak_strings_add_utf16(&b->strings, v->bytes));
    case AK_TYPE_BYTES:
        return put_string(b, ak_strings_add(&b->strings, ak_str_bytes(v->bytes)));
    case AK_TYPE_U64:
    case AK_TYPE_BOOL:
    case AK_TYPE_HEX:
        ak_buf_varint(&b->rows, v->u64);
        return true;
    case AK_TYPE_I64:
        ak_buf_varint(&b->rows, zigzag(v->i64));
        return true;
    case AK_TYPE_F64:
        memcpy(&bits, &v->f64, sizeof(bits));
        ak_buf_u64le(&b->rows, bits);
        return true;
    case AK_TYPE_STAMP:
        ak_buf_u8(&b->rows, v->stamp_flags);
        put_i64(&b->rows, v->i64);
        return true;
    }
    return false;
}

/* What an event may add at most: its texts tripled, and its numbers. */
static bool fits(const struct ak_batch *b, const struct ak_event *e)
{
    uint64_t bytes = 64;
    for (size_t i = 0; i < e->shape->n; i++) {
        const struct ak_value *v = &e->values[i];
        bool text = v->type == AK_TYPE_STR || v->type == AK_TYPE_STR16 || v->type == AK_TYPE_BYTES;
        bytes += 16 + (text ? (uint64_t)v->str.n * 2 : 0);
    }
    return e->shape->n <= AK_EVENT_FIELDS_MAX &&
           bytes < AK_BATCH_BYTES_MAX - b->strings.bytes.n - b->rows.n;
}

enum ak_status ak_batch_add(struct ak_batch *b, const struct ak_event *e)
{
    if (!fits(b, e))
        return AK_ERR_LIMIT;
    size_t rows_n = b->rows.n;
    uint32_t shape = shape_number(b, e->shape);
    bool ok = shape != UINT32_MAX &&
              ak_array_grow((void **)&b->order, b->n_events, &b->cap_events, sizeof(*b->order));
    int64_t when = ak_stamp_is_set(e->when) ? e->when.utc_ns : INT64_MIN;
    put_i64(&b->rows, when);
    ak_buf_u8(&b->rows, e->when.flags);
    ak_buf_u8(&b->rows, e->flags);
    ak_buf_varint(&b->rows, shape);
    ak_buf_varint(&b->rows, e->seq);
    ak_buf_varint(&b->rows, e->offset);
    ak_buf_varint(&b->rows, e->length);
    for (size_t i = 0; ok && i < e->shape->n; i++)
        ok = put_value(b, &e->values[i]);
    if (!ok || b->rows.failed || b->strings.bytes.failed) {
        b->rows.n = rows_n;
        return AK_ERR_NOMEM;
    }
    if (b->n_events > 0 && when < b->order[b->n_events - 1].utc_ns)
        b->in_order = false;
    if (when > b->newest_ns)
        b->newest_ns = when;
    else if (when != INT64_MIN && when < b->newest_ns && b->newest_ns - when > DISORDER_NS)
        b->disordered = true;
    b->order[b->n_events++] =
        (struct row){ when, e->seq, (uint32_t)rows_n, (uint32_t)(b->rows.n - rows_n) };
    return AK_OK;
}

bool ak_batch_full(const struct ak_batch *b)
{
    return b->n_events >= AK_BATCH_EVENTS || b->strings.bytes.n + b->rows.n >= AK_BATCH_BYTES;
}

uint32_t ak_batch_count(const struct ak_batch *b) { return b->n_events; }

size_t ak_batch_bytes(const struct ak_batch *b) { return b->strings.bytes.n + b->rows.n; }

bool ak_batch_disordered(const struct ak_batch *b) { return b->disordered; }

static int by_time(const void *va, const void *vb)
{
    const struct row *a = va, *b = vb;
    if (a->utc_ns != b->utc_ns)
        return a->utc_ns < b->utc_ns ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* Empty it, keeping the memory for the next one. */
static void restart(struct ak_batch *b)
{
    ak_strings_clear(&b->strings);
    b->shapes.n = b->rows.n = 0;
    b->n_shapes = b->n_events = 0;
    b->in_order = true;
    b->disordered = false;
    b->newest_ns = INT64_MIN;
}

enum ak_status ak_batch_finish(struct ak_batch *b, struct ak_buf *out)
{
    if (!b->in_order)
        qsort(b->order, b->n_events, sizeof(*b->order), by_time);
    uint32_t untimed = 0;
    while (untimed < b->n_events && b->order[untimed].utc_ns == INT64_MIN)
        untimed++;
    bool timed = untimed < b->n_events;

    ak_buf_u32le(out, MAGIC);
    ak_buf_u32le(out, b->n_events);
    put_i64(out, timed ? b->order[untimed].utc_ns : 0);
    put_i64(out, timed ? b->order[b->n_events - 1].utc_ns : 0);
    ak_buf_u64le(out, untimed);
    ak_strings_put(&b->strings, out);
    ak_buf_varint(out, b->n_shapes);
    ak_buf_put(out, b->shapes.at, b->shapes.n);
    if (b->in_order)
        ak_buf_put(out, b->rows.at, b->rows.n);
    else
        for (uint32_t i = 0; i < b->n_events; i++)
            ak_buf_put(out, b->rows.at + b->order[i].at, b->order[i].n);
    restart(b);
    return out->failed ? AK_ERR_NOMEM : AK_OK;
}

/* ---- reading ---- */

/* A string by its number; an empty one, and a failed reader, when there is none. */
static struct ak_str string_at(struct ak_reader *r, const struct ak_batch_reader *b)
{
    uint64_t no = ak_rd_varint(r);
    if (no < b->n_strings)
        return b->strings[no];
    r->failed = true;
    return AK_STR("");
}

static enum ak_status read_shapes(struct ak_arena *arena, struct ak_reader *r,
                                  struct ak_batch_reader *out)
{
    uint64_t n = ak_rd_varint(r);
    if (!ak_rd_has(r, n, 3))
        return AK_ERR_CORRUPT;
    struct ak_shape *shapes = AK_NEW_N(arena, struct ak_shape, (size_t)n + 1);
    if (!shapes)
        return AK_ERR_LIMIT;
    for (uint64_t i = 0; i < n && ak_rd_ok(r); i++) {
        shapes[i].data_type = string_at(r, out);
        shapes[i].time_desc = string_at(r, out);
        uint64_t fields = ak_rd_varint(r);
        if (fields > AK_EVENT_FIELDS_MAX || !ak_rd_has(r, fields, 1))
            return AK_ERR_CORRUPT;
        struct ak_str *names = AK_NEW_N(arena, struct ak_str, (size_t)fields + 1);
        if (!names)
            return AK_ERR_LIMIT;
        for (uint64_t f = 0; f < fields; f++)
            names[f] = string_at(r, out);
        shapes[i].names = names;
        shapes[i].n = (size_t)fields;
    }
    out->shapes = shapes;
    out->n_shapes = (uint32_t)n;
    return ak_rd_ok(r) ? AK_OK : AK_ERR_CORRUPT;
}

enum ak_status ak_batch_open(struct ak_arena *arena, struct ak_bytes bytes,
                             struct ak_batch_reader *out)
{
    struct ak_reader r = ak_rd_open(bytes, 0);
    *out = (struct ak_batch_reader){ 0 };
    uint32_t magic = ak_rd_u32le(&r);
    out->n_events = ak_rd_u32le(&r);
    out->first_ns = (int64_t)ak_rd_u64le(&r);
    out->last_ns = (int64_t)ak_rd_u64le(&r);
    out->untimed = ak_rd_u64le(&r);
    if (!ak_rd_ok(&r) || magic != MAGIC)
        return AK_ERR_CORRUPT;
    enum ak_status st = ak_strings_read(arena, &r, &out->strings, &out->n_strings);
    if (st == AK_OK)
        st = read_shapes(arena, &r, out);
    if (st != AK_OK)
        return st;
    out->values = AK_NEW_N(arena, struct ak_value, AK_EVENT_FIELDS_MAX);
    if (!out->values)
        return AK_ERR_LIMIT;
    out->rest.in = bytes;
    out->rest.pos = r.pos;
    return AK_OK;
}

static struct ak_value read_value(struct ak_reader *r, const struct ak_batch_reader *b)
{
    struct ak_value v = { .type = ak_rd_u8(r) };
    uint64_t bits;
    switch (v.type) {
    case AK_TYPE_NONE:
        break;
    case AK_TYPE_STR:
        v.str = string_at(r, b);
        break;
    case AK_TYPE_BYTES:
        v.bytes = ak_bytes_str(string_at(r, b));
        break;
    case AK_TYPE_U64:
    case AK_TYPE_BOOL:
    case AK_TYPE_HEX:
        v.u64 = ak_rd_varint(r);
        break;
    case AK_TYPE_I64:
        v.i64 = unzigzag(ak_rd_varint(r));
        break;
    case AK_TYPE_F64:
        bits = ak_rd_u64le(r);
        memcpy(&v.f64, &bits, sizeof(bits));
        break;
    case AK_TYPE_STAMP:
        v.stamp_flags = ak_rd_u8(r);
        v.i64 = (int64_t)ak_rd_u64le(r);
        break;
    case AK_TYPE_STR16:
    default:
        r->failed = true;
    }
    return v;
}

enum ak_status ak_batch_next(struct ak_batch_reader *b, struct ak_event *out, bool *out_more)
{
    *out_more = false;
    if (b->next == b->n_events)
        return AK_OK;
    struct ak_reader r = ak_rd_open(b->rest.in, 0);
    r.pos = b->rest.pos;
    *out = (struct ak_event){ 0 };
    out->when.utc_ns = (int64_t)ak_rd_u64le(&r);
    out->when.flags = ak_rd_u8(&r);
    out->flags = ak_rd_u8(&r);
    uint64_t shape = ak_rd_varint(&r);
    out->seq = (uint32_t)ak_rd_varint(&r);
    out->offset = ak_rd_varint(&r);
    out->length = ak_rd_varint(&r);
    if (!ak_rd_ok(&r) || shape >= b->n_shapes)
        return AK_ERR_CORRUPT;
    out->shape = &b->shapes[shape];
    for (size_t i = 0; i < out->shape->n; i++)
        b->values[i] = read_value(&r, b);
    if (!ak_rd_ok(&r))
        return AK_ERR_CORRUPT;
    out->values = b->values;
    b->rest.pos = r.pos;
    b->next++;
    *out_more = true;
    return AK_OK;
}

/* What the head says is what the merge of many batches goes by. */
struct claims {
    int64_t first_ns, last_ns;
    uint64_t untimed;
    int64_t before_ns; /* of the event before */
    bool timed, in_order;
};

static void note_time(struct claims *c, const struct ak_event *e)
{
    int64_t when = ak_stamp_is_set(e->when) ? e->when.utc_ns : INT64_MIN;
    c->in_order = c->in_order && when >= c->before_ns;
    c->before_ns = when;
    if (when == INT64_MIN) {
        c->untimed++;
        return;
    }
    if (!c->timed)
        c->first_ns = when;
    c->timed = true;
    c->last_ns = when;
}

enum ak_status ak_batch_check(struct ak_arena *arena, struct ak_bytes bytes,
                              void (*each)(void *self, const struct ak_event *event), void *self,
                              uint32_t *out_events)
{
    struct ak_batch_reader reader;
    struct ak_event e = { 0 };
    struct claims c = { .before_ns = INT64_MIN, .in_order = true };
    bool more = true;
    enum ak_status st = ak_batch_open(arena, bytes, &reader);
    *out_events = reader.n_events;
    while (st == AK_OK && (st = ak_batch_next(&reader, &e, &more)) == AK_OK && more) {
        note_time(&c, &e);
        if (each)
            each(self, &e);
    }
    if (st != AK_OK)
        return st;
    bool honest = c.in_order && c.first_ns == reader.first_ns && c.last_ns == reader.last_ns &&
                  c.untimed == reader.untimed && reader.rest.pos == bytes.n;
    return honest ? AK_OK : AK_ERR_CORRUPT;
}
