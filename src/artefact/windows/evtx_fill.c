/* evtx_fill.c - see evtx_fill.h. */
#include "artefact/windows/evtx_fill.h"

#include "base/hash.h"

enum {
    XML_DEPTH = 8,         /* binary XML in values in values ...; real logs have 2 */
    RECORD_LEAVES = 20000, /* leaves one record may run through, repeated ones included */
    ARRAY_FIELDS = 64,     /* longer arrays become one text */
    PARAM_NAMES = 64,      /* param1 ... param64 are kept ready */
};

struct ak_evtx_fill {
    struct ak_ctx *ctx;
    struct ak_bxml *bxml;
    struct ak_text_table *texts;
    struct ak_evtx_planner planner;
    struct ak_evtx_kinds kinds;
    struct ak_evtx_scratch scratch;
    const struct ak_evtx_chunk *chunk;
    uint32_t event_data, param, unresolved; /* text numbers */
    uint32_t param_names[PARAM_NAMES];

    /* the record being filled */
    uint64_t record_at; /* in the item, for damage */
    struct ak_stamp time;
    struct ak_value time_value, spare;
    uint32_t n, pair, leaves_left;
    uint64_t names_hash;
    const char *damage;
    bool recovered;
    uint32_t names[AK_EVTX_DATA_MAX];
    struct ak_value values[AK_EVENT_FIELDS_MAX];
};

/* A template's values being laid into a plan. */
struct filling {
    const struct ak_bxml_tape *tape;
    const struct ak_evtx_plan *plan;
    const struct ak_bxml_value *values;
    uint32_t n_values;
    unsigned depth;
};

struct ak_evtx_fill *ak_evtx_fill_new(struct ak_ctx *ctx)
{
    struct ak_evtx_fill *f = AK_NEW(ctx->arena, struct ak_evtx_fill);
    if (!f)
        return NULL;
    f->ctx = ctx;
    f->bxml = ak_bxml_new(ctx->arena);
    f->scratch = (struct ak_evtx_scratch){ .arena = ctx->arena,
                                           .at = AK_NEW_N(ctx->arena, char, AK_EVTX_SCRATCH) };
    if (!f->bxml || !f->scratch.at)
        return NULL;
    f->texts = ak_bxml_texts(f->bxml);
    f->kinds = (struct ak_evtx_kinds){ .arena = ctx->arena, .texts = f->texts };
    f->event_data = ak_texts_add(f->texts, ak_bytes_str(AK_STR("winlog.event_data")));
    f->unresolved = ak_texts_add(f->texts, ak_bytes_str(AK_STR("winlog.unresolved")));
    memset(f->param_names, 0xFF, sizeof(f->param_names));
    return ak_evtx_planner_open(&f->planner, ctx->arena, f->texts) ? f : NULL;
}

void ak_evtx_fill_chunk(struct ak_evtx_fill *f, const struct ak_evtx_chunk *chunk)
{
    f->chunk = chunk;
    ak_bxml_chunk(f->bxml, chunk->bytes);
}

/* The first trouble of a record stands for all of it.  That a recovered record
 * is in pieces is what its flag says already. */
static void note(struct ak_evtx_fill *f, const char *damage)
{
    if (damage && !f->damage && !f->recovered) {
        f->damage = damage;
        ak_damage(f->ctx, f->record_at, damage);
    }
}

/* Where the next value of the data goes, under a name. */
static struct ak_value *data_slot(struct ak_evtx_fill *f, uint32_t name)
{
    if (f->n == AK_EVTX_DATA_MAX) {
        note(f, "an event has more values than can be kept");
        return &f->spare;
    }
    f->names[f->n] = name;
    f->names_hash = ak_hash_mix(f->names_hash ^ name, UINT64_C(0xD6E8FEB86659FD93));
    return &f->values[AK_EVTX_N_FIELDS + f->n++];
}

/* "winlog.event_data.param7", or "winlog.unresolved.7". */
static uint32_t numbered_name(struct ak_evtx_fill *f, uint32_t prefix, struct ak_str word,
                              uint32_t no)
{
    char text[24];
    size_t n = sizeof(text);
    do
        text[--n] = (char)('0' + no % 10);
    while (no /= 10);
    n -= word.n;
    memcpy(text + n, word.at, word.n);
    return ak_evtx_name8(f->texts, prefix, (struct ak_str){ text + n, sizeof(text) - n });
}

static uint32_t param_name(struct ak_evtx_fill *f, uint32_t no)
{
    if (no >= PARAM_NAMES)
        return numbered_name(f, f->event_data, AK_STR("param"), no);
    if (f->param_names[no] == AK_NO_TEXT)
        f->param_names[no] = numbered_name(f, f->event_data, AK_STR("param"), no);
    return f->param_names[no];
}

/* TimeCreated: mostly a FILETIME, in a few templates text. */
static void set_time(struct ak_evtx_fill *f, const struct ak_value *v)
{
    struct ak_stamp parsed;
    size_t used, start = f->scratch.n;
    if (v->type == AK_TYPE_STAMP) {
        f->time = (struct ak_stamp){ v->i64, (uint8_t)(v->stamp_flags | AK_STAMP_SET) };
        return;
    }
    ak_evtx_append(&f->scratch, v);
    if (ak_stamp_parse_iso(ak_evtx_text_since(&f->scratch, start).str, &parsed, &used))
        f->time = parsed;
}

/* Where the value of a leaf goes. */
static struct ak_value *slot(struct ak_evtx_fill *f, const struct ak_evtx_leaf *leaf, uint32_t name)
{
    if (leaf->field == AK_EVTX_FIELD_DATA)
        return data_slot(f, leaf->is_param ? param_name(f, f->pair) : name);
    if (leaf->field == AK_EVTX_FIELD_TIME)
        return &f->time_value;
    return f->values[leaf->field].type == AK_TYPE_NONE ? &f->values[leaf->field] : &f->spare;
}

static void run_fragment(struct ak_evtx_fill *f, struct ak_reader *r, struct ak_evtx_place place,
                         unsigned depth);

/* Binary XML inside a value or a template stands at a place of its own. */
static void run_inside(struct ak_evtx_fill *f, const uint8_t *at, size_t n,
                       struct ak_evtx_place place, unsigned depth)
{
    if (depth >= XML_DEPTH) {
        note(f, "binary XML is nested too deeply");
        return;
    }
    struct ak_reader whole = ak_rd_open(f->chunk->bytes, 0);
    struct ak_reader r = ak_rd_window(&whole, (uint64_t)(at - f->chunk->bytes.at), n);
    run_fragment(f, &r, place, depth + 1);
}

/* An array: one field per element, as Windows repeats the element; a long one
 * is one text. */
static void put_array(struct ak_evtx_fill *f, const struct ak_evtx_leaf *leaf, uint32_t name,
                      struct ak_bxml_value array)
{
    struct ak_bxml_value rest = array, one;
    uint32_t n = 0;
    while (ak_evtx_element(&rest, &one))
        n++;
    if (n == 0)
        *slot(f, leaf, name) = ak_val_none();
    size_t start = f->scratch.n;
    for (uint32_t i = 0; ak_evtx_element(&array, &one); i++) {
        struct ak_value v;
        ak_evtx_value(&f->scratch, &one, &v);
        if (n <= ARRAY_FIELDS) {
            f->pair += i > 0;
            *slot(f, leaf, name) = v;
            continue;
        }
        struct ak_value comma = ak_val_str(AK_STR(", "));
        if (i > 0)
            ak_evtx_append(&f->scratch, &comma);
        ak_evtx_append(&f->scratch, &v);
    }
    if (n > ARRAY_FIELDS)
        *slot(f, leaf, name) = ak_evtx_text_since(&f->scratch, start);
}

static void put_hole(struct ak_evtx_fill *f, const struct filling *in,
                     const struct ak_evtx_leaf *leaf, uint32_t name)
{
    if (leaf->hole >= in->n_values) {
        *slot(f, leaf, name) = ak_val_none();
        return;
    }
    const struct ak_bxml_value *v = &in->values[leaf->hole];
    if (v->type == AK_BXML_XML)
        run_inside(f, v->at, v->n, leaf->place, in->depth);
    else if (v->type & AK_BXML_ARRAY)
        put_array(f, leaf, name, *v);
    else
        ak_evtx_value(&f->scratch, v, slot(f, leaf, name));
}

/* A literal of the template that is not text: type in the word behind it. */
static struct ak_value typed_piece(struct ak_evtx_fill *f, const uint32_t *word)
{
    struct ak_bytes raw = ak_texts_get(f->texts, ak_tape_arg(word[0]));
    struct ak_bxml_value v = { raw.at, (uint16_t)raw.n, (uint8_t)word[1] };
    struct ak_value out;
    ak_evtx_value(&f->scratch, &v, &out);
    return out;
}

static struct ak_value piece(struct ak_evtx_fill *f, const struct filling *in, const uint32_t *word)
{
    uint32_t arg = ak_tape_arg(*word);
    struct ak_value out = ak_val_none();
    switch (ak_tape_op(*word)) {
    case AK_TAPE_TEXT:
        return ak_val_str16(ak_texts_get(f->texts, arg));
    case AK_TAPE_TYPED:
        return typed_piece(f, word);
    case AK_TAPE_SUBST:
        if (arg < in->n_values && in->values[arg].type != AK_BXML_XML)
            ak_evtx_value(&f->scratch, &in->values[arg], &out);
        break;
    case AK_TAPE_NESTED:
    case AK_TAPE_OPEN:
    case AK_TAPE_ATTR:
    case AK_TAPE_CONTENT:
    case AK_TAPE_CLOSE:
        break;
    }
    return out;
}

static uint32_t piece_words(const uint32_t *word)
{
    return ak_tape_op(*word) == AK_TAPE_TYPED ? 2 : 1;
}

/* The pieces from word `at` on as one text; a single one keeps its type.  Some
 * values are written to the scratch by the reading of them: then they already
 * stand behind the piece before. */
static struct ak_value join(struct ak_evtx_fill *f, const struct filling *in, uint32_t at,
                            uint32_t n)
{
    const uint32_t *words = in->tape->words;
    if (n > 0 && piece_words(&words[at]) == n)
        return piece(f, in, &words[at]);
    size_t start = f->scratch.n;
    for (uint32_t end = at + n; at < end; at += piece_words(&words[at])) {
        size_t before = f->scratch.n;
        struct ak_value v = piece(f, in, &words[at]);
        if (f->scratch.n == before)
            ak_evtx_append(&f->scratch, &v);
    }
    return ak_evtx_text_since(&f->scratch, start);
}

/* An instance inside a template, at an offset of the chunk. */
static void run_nested(struct ak_evtx_fill *f, uint32_t at, const struct ak_evtx_leaf *leaf,
                       unsigned depth)
{
    /* from the token 0x0C, which stands right before, to the chunk's end */
    if (at > 0 && at <= f->chunk->bytes.n)
        run_inside(f, f->chunk->bytes.at + at - 1, f->chunk->bytes.n - at + 1, leaf->place, depth);
}

/* First what has a structure of its own, then the text. */
static void put_joined(struct ak_evtx_fill *f, const struct filling *in,
                       const struct ak_evtx_leaf *leaf, uint32_t name)
{
    const uint32_t *words = in->tape->words;
    for (uint32_t i = leaf->at; i < leaf->at + leaf->n; i += piece_words(&words[i])) {
        uint32_t arg = ak_tape_arg(words[i]);
        if (ak_tape_op(words[i]) == AK_TAPE_NESTED)
            run_nested(f, arg, leaf, in->depth);
        else if (ak_tape_op(words[i]) == AK_TAPE_SUBST && arg < in->n_values &&
                 in->values[arg].type == AK_BXML_XML)
            run_inside(f, in->values[arg].at, in->values[arg].n, leaf->place, in->depth);
    }
    struct ak_value text = join(f, in, leaf->at, leaf->n);
    if (text.type != AK_TYPE_NONE || leaf->is_param)
        *slot(f, leaf, name) = text;
}

/* The name of a value whose name is itself a value. */
static uint32_t name_of(struct ak_evtx_fill *f, const struct filling *in,
                        const struct ak_evtx_leaf *leaf)
{
    if (leaf->name_n == 0)
        return leaf->name;
    struct ak_value name = join(f, in, leaf->name_at, leaf->name_n);
    size_t start = f->scratch.n;
    ak_evtx_append(&f->scratch, &name);
    struct ak_str text = ak_evtx_text_since(&f->scratch, start).str;
    if (text.n == 0)
        return param_name(f, f->pair);
    uint32_t no = ak_evtx_name8(f->texts, leaf->name, text);
    return no == AK_NO_TEXT ? leaf->name : no;
}

static void run_plan(struct ak_evtx_fill *f, const struct filling *in)
{
    for (uint32_t i = 0; i < in->plan->n; i++) {
        const struct ak_evtx_leaf *leaf = &in->plan->leaves[i];
        if (f->leaves_left == 0) {
            note(f, "an event repeats its templates too often");
            return;
        }
        f->leaves_left--;
        f->pair += leaf->starts_pair;
        uint32_t name = name_of(f, in, leaf);
        if (leaf->kind == AK_EVTX_HOLE)
            put_hole(f, in, leaf, name);
        else if (leaf->kind == AK_EVTX_CONSTANT)
            *slot(f, leaf, name) = leaf->constant;
        else
            put_joined(f, in, leaf, name);
    }
}

/* Without its template an instance is a list of values: they are kept by number. */
static void put_unresolved(struct ak_evtx_fill *f, const struct filling *in)
{
    for (uint32_t i = 0; i < in->n_values && f->leaves_left > 0; i++, f->leaves_left--) {
        const struct ak_bxml_value *v = &in->values[i];
        if (v->n && v->type != AK_BXML_XML)
            ak_evtx_value(&f->scratch, v,
                          data_slot(f, numbered_name(f, f->unresolved, AK_STR(""), i)));
    }
}

static void run_tape(struct ak_evtx_fill *f, struct ak_bxml_tape *tape,
                     const struct ak_bxml_instance *in, struct ak_evtx_place place, unsigned depth)
{
    bool is_new;
    struct filling fill = {
        .tape = tape, .values = in->values, .n_values = in->n_values, .depth = depth
    };
    if (!tape) {
        put_unresolved(f, &fill);
        return;
    }
    fill.plan = ak_evtx_plan_of(&f->planner, tape, place, &is_new);
    if (!fill.plan) {
        note(f, "the event log holds too many different names");
        return;
    }
    if (is_new)
        note(f, fill.plan->damage);
    run_plan(f, &fill);
}

static void run_instance(struct ak_evtx_fill *f, struct ak_reader *r, struct ak_evtx_place place,
                         unsigned depth)
{
    uint32_t mark = ak_bxml_mark(f->bxml);
    struct ak_bxml_instance in = ak_bxml_instance(f->bxml, r);
    note(f, in.damage);
    run_tape(f, in.tape, &in, place, depth);
    ak_bxml_drop(f->bxml, mark);
}

static void run_element(struct ak_evtx_fill *f, struct ak_reader *r, struct ak_evtx_place place,
                        unsigned depth)
{
    struct ak_bxml_tape *tape = ak_bxml_element(f->bxml, r, depth > 0);
    if (tape)
        run_tape(f, tape, &(struct ak_bxml_instance){ 0 }, place, depth);
    else
        note(f, "the event log holds too many different names");
}

/* Fragments, instances and elements until an end token or the end of the bytes. */
static void run_fragment(struct ak_evtx_fill *f, struct ak_reader *r, struct ak_evtx_place place,
                         unsigned depth)
{
    while (ak_rd_left(r) > 0) {
        uint8_t token = r->in.at[r->pos];
        if ((token & 0xBF) == 0x01) {
            run_element(f, r, place, depth);
            continue;
        }
        ak_rd_skip(r, 1);
        if (token == 0x0F) {
            ak_rd_skip(r, ak_rd_left(r) < 3 ? ak_rd_left(r) : 3);
        } else if (token == 0x0C) {
            run_instance(f, r, place, depth);
        } else {
            if (token != 0)
                note(f, "an unknown token in the event's binary XML");
            return;
        }
    }
}

/* Fields of System that are numbers, also where a template spells them out. */
static void settle_numbers(struct ak_value *values)
{
    static const uint8_t NUMBERS[] = { AK_EVTX_EVENT_ID,   AK_EVTX_RECORD_ID, AK_EVTX_LEVEL,
                                       AK_EVTX_TASK,       AK_EVTX_OPCODE,    AK_EVTX_EVENT_VERSION,
                                       AK_EVTX_QUALIFIERS, AK_EVTX_PID,       AK_EVTX_THREAD };
    for (size_t i = 0; i < sizeof(NUMBERS); i++) {
        struct ak_value *v = &values[NUMBERS[i]];
        if (v->type == AK_TYPE_STR || v->type == AK_TYPE_STR16) {
            struct ak_value number = ak_evtx_number(v);
            if (number.type != AK_TYPE_NONE)
                *v = number;
        }
    }
}

static void start_record(struct ak_evtx_fill *f, const struct ak_evtx_record *record)
{
    f->record_at = f->chunk->origin + record->at;
    f->time = (struct ak_stamp){ 0 };
    f->time_value = ak_val_none();
    f->n = f->pair = 0;
    f->leaves_left = RECORD_LEAVES;
    f->names_hash = 0;
    f->damage = NULL;
    f->scratch.n = 0;
    f->scratch.full = false;
    ak_bxml_drop(f->bxml, 0);
    for (size_t i = 0; i < AK_EVTX_N_FIELDS; i++)
        f->values[i] = ak_val_none();
}

enum ak_status ak_evtx_fill_record(struct ak_evtx_fill *f, const struct ak_evtx_record *record,
                                   uint8_t flags)
{
    start_record(f, record);
    f->recovered = flags & AK_EVENT_RECOVERED;
    struct ak_reader whole = ak_rd_open(f->chunk->bytes, 0);
    struct ak_reader r =
        ak_rd_window(&whole, record->at + AK_EVTX_RECORD_HEADER, record->size - AK_EVTX_RECORD_MIN);
    run_fragment(f, &r, (struct ak_evtx_place){ AK_EVTX_IN_ROOT, f->event_data }, 0);
    set_time(f, &f->time_value);
    if (f->scratch.full)
        note(f, "the texts of an event are larger than can be kept");
    if (f->values[AK_EVTX_RECORD_ID].type == AK_TYPE_NONE)
        f->values[AK_EVTX_RECORD_ID] = ak_val_u64(record->id);
    settle_numbers(f->values);

    const struct ak_value *id = &f->values[AK_EVTX_EVENT_ID];
    struct ak_evtx_key key = { .names = f->names,
                               .n_names = f->n,
                               .names_hash = f->names_hash,
                               .event_id = id->type == AK_TYPE_U64 ? (uint32_t)id->u64 : 0,
                               .provider = f->values[AK_EVTX_PROVIDER] };
    const struct ak_evtx_kind *kind = ak_evtx_kind_of(&f->kinds, &key);
    if (!kind)
        return AK_ERR_LIMIT;
    ak_evtx_normalise(kind, f->values);
    struct ak_event event = { .shape = &kind->shape,
                              .when = f->time,
                              .offset = f->record_at,
                              .length = record->size,
                              .flags = flags,
                              .values = f->values };
    if (!ak_stamp_is_set(event.when))
        event.when = ak_stamp_filetime(record->written);
    return ak_emit(f->ctx, &event);
}
