/* fields.c - see fields.h. */
#include "artefact/linux/fields.h"

#include "base/hash.h"

#include <assert.h>

enum {
    N_SLOTS = 4 * AK_FIELD_NAMES_MAX, /* never more than a quarter full */
    N_SHAPE_SLOTS = 4096,
    SAME_NAME_MAX = 16,                   /* values of one name in one entry */
    FIELDS_MAX = AK_EVENT_FIELDS_MAX - 8, /* leaves room for what an entry always has */
    N_WORDS = AK_FIELD_NAMES_MAX / 64,
    UNSET = 0xFFFF,
    DIGITS_MAX = 19,
};

struct ak_fields_shape {
    struct ak_fields_shape *next; /* in the same slot */
    struct ak_shape shape;
    const uint64_t *set;
    size_t n_words;
};

enum ak_status ak_fields_open(const struct ak_fields_plan *plan, struct ak_arena *arena,
                              struct ak_fields *out)
{
    assert(plan->n_fixed < AK_FIELD_NAMES_MAX);
    *out = (struct ak_fields){ .plan = plan, .arena = arena };
    out->names = AK_NEW_N(arena, struct ak_str, AK_FIELD_NAMES_MAX);
    out->fields = AK_NEW_N(arena, struct ak_field, AK_FIELD_NAMES_MAX);
    out->slots = AK_NEW_N(arena, uint16_t, N_SLOTS);
    out->shapes = AK_NEW_N(arena, struct ak_fields_shape *, N_SHAPE_SLOTS);
    out->slot = AK_NEW_N(arena, struct ak_value, AK_FIELD_NAMES_MAX);
    out->present = AK_NEW_N(arena, uint64_t, N_WORDS);
    out->values = AK_NEW_N(arena, struct ak_value, AK_EVENT_FIELDS_MAX);
    if (!out->names || !out->fields || !out->slots || !out->shapes || !out->slot || !out->present ||
        !out->values)
        return AK_ERR_LIMIT;
    memcpy(out->names, plan->fixed, plan->n_fixed * sizeof(*plan->fixed));
    out->n_names = (uint32_t)plan->n_fixed;
    return AK_OK;
}

static bool proper(struct ak_str name)
{
    if (name.n == 0 || name.n > AK_FIELD_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.at[i] <= 0x20 || name.at[i] >= 0x7F || name.at[i] == '"')
            return false;
    return true;
}

/* PREFIX.NAME gets the next number. */
static uint16_t new_name(struct ak_fields *f, struct ak_str recorded)
{
    struct ak_str prefix = f->plan->prefix;
    char *text = AK_NEW_N(f->arena, char, prefix.n + recorded.n);
    if (!text || f->n_names == AK_FIELD_NAMES_MAX)
        return UNSET;
    memcpy(text, prefix.at, prefix.n);
    memcpy(text + prefix.n, recorded.at, recorded.n);
    f->names[f->n_names] = (struct ak_str){ text, prefix.n + recorded.n };
    return (uint16_t)f->n_names++;
}

static const struct ak_field *new_field(struct ak_fields *f, struct ak_str recorded, uint16_t *slot)
{
    if (!proper(recorded) || f->n_fields == AK_FIELD_NAMES_MAX)
        return NULL;
    uint16_t raw_id = new_name(f, recorded);
    if (raw_id == UNSET)
        return NULL;
    struct ak_field *field = &f->fields[f->n_fields++];
    *field = (struct ak_field){ .id = raw_id, .raw_id = raw_id };
    field->recorded = (struct ak_str){ f->names[raw_id].at + f->plan->prefix.n, recorded.n };
    for (size_t i = 0; i < f->plan->n_mappings; i++)
        if (ak_str_eq(recorded, f->plan->mappings[i].recorded)) {
            field->id = f->plan->mappings[i].id;
            field->number = f->plan->mappings[i].number;
        }
    *slot = (uint16_t)f->n_fields;
    return field;
}

const struct ak_field *ak_field(struct ak_fields *f, struct ak_str recorded)
{
    if (recorded.n > AK_FIELD_NAME_BYTES)
        return NULL;
    uint32_t at = (uint32_t)ak_hash_str(recorded) & (N_SLOTS - 1);
    for (; f->slots[at]; at = (at + 1) & (N_SLOTS - 1)) {
        const struct ak_field *field = &f->fields[f->slots[at] - 1];
        if (ak_str_eq(field->recorded, recorded))
            return field;
    }
    return new_field(f, recorded, &f->slots[at]);
}

uint16_t ak_fields_name(struct ak_fields *f, struct ak_str name)
{
    uint32_t id = 0;
    while (id < f->n_names && !ak_str_eq(f->names[id], name))
        id++;
    if (id == AK_FIELD_NAMES_MAX)
        return UNSET;
    if (id == f->n_names)
        f->names[f->n_names++] = name;
    return (uint16_t)id;
}

uint16_t ak_fields_recorded(struct ak_fields *f, uint16_t id)
{
    for (uint32_t i = 0; i < f->n_fields; i++)
        if (f->fields[i].id == id)
            return f->fields[i].raw_id;
    return UNSET;
}

bool ak_fields_number(struct ak_str text, uint64_t *out)
{
    uint64_t v = 0;
    if (text.n == 0 || text.n > DIGITS_MAX || (text.n > 1 && text.at[0] == '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(text.at[i] - '0');
    }
    *out = v;
    return true;
}

struct ak_value ak_field_value(const struct ak_field *field, struct ak_str text, uint16_t *out_id)
{
    uint64_t number;
    *out_id = field->id;
    if (!field->number)
        return ak_val_str(text);
    if (ak_fields_number(text, &number))
        return ak_val_u64(number);
    *out_id = field->raw_id; /* not what it should be: as recorded */
    return ak_val_str(text);
}

void ak_fields_begin(struct ak_fields *f)
{
    memset(f->present, 0,
           (f->n_names / 64 + 1 < N_WORDS ? f->n_names / 64 + 1 : N_WORDS) * sizeof(uint64_t));
    f->n_present = 0;
}

void ak_fields_set(struct ak_fields *f, uint32_t id, struct ak_value value)
{
    if (value.type == AK_TYPE_NONE)
        return;
    f->n_present += !ak_fields_has(f, id);
    f->present[id / 64] |= UINT64_C(1) << (id % 64);
    f->slot[id] = value;
}

void ak_fields_drop(struct ak_fields *f, uint32_t id)
{
    f->n_present -= ak_fields_has(f, id);
    f->present[id / 64] &= ~(UINT64_C(1) << (id % 64));
}

/* The name a value goes under whose name is taken: "journal.MESSAGE.2". */
static uint16_t next_name(struct ak_fields *f, uint16_t id)
{
    const struct ak_field *field = f->fields, *end = f->fields + f->n_fields;
    while (field < end && field->id != id && field->raw_id != id)
        field++;
    if (field == end)
        return UNSET;
    for (unsigned n = 2; n <= SAME_NAME_MAX; n++) {
        char text[AK_FIELD_NAME_BYTES + 4];
        memcpy(text, field->recorded.at, field->recorded.n);
        size_t at = field->recorded.n;
        text[at++] = '.';
        if (n >= 10)
            text[at++] = '1';
        text[at++] = (char)('0' + n % 10);
        const struct ak_field *next = ak_field(f, (struct ak_str){ text, at });
        if (!next)
            return UNSET;
        if (!ak_fields_has(f, next->raw_id))
            return next->raw_id;
    }
    return UNSET;
}

bool ak_fields_put(struct ak_fields *f, uint16_t id, const struct ak_value *value)
{
    if (value->type == AK_TYPE_NONE)
        return true;
    if (f->n_present >= FIELDS_MAX)
        return false;
    if (ak_fields_has(f, id))
        id = next_name(f, id);
    if (id == UNSET)
        return false;
    ak_fields_set(f, id, *value);
    return true;
}

/* A shape for the set of names now present; NULL when the arena is spent. */
static struct ak_fields_shape *new_shape(struct ak_fields *f, size_t n_words)
{
    struct ak_fields_shape *s = AK_NEW(f->arena, struct ak_fields_shape);
    struct ak_str *names = AK_NEW_N(f->arena, struct ak_str, f->n_present);
    uint64_t *set_copy = AK_NEW_N(f->arena, uint64_t, n_words);
    if (!s || !names || !set_copy)
        return NULL;
    memcpy(set_copy, f->present, n_words * sizeof(uint64_t));
    size_t n = 0;
    for (size_t w = 0; w < n_words; w++)
        for (uint64_t bits = f->present[w]; bits; bits &= bits - 1)
            names[n++] = f->names[w * 64 + (size_t)__builtin_ctzll(bits)];
    s->set = set_copy;
    s->n_words = n_words;
    s->shape = (struct ak_shape){ f->plan->data_type, f->plan->time_desc, names, n };
    return s;
}

static const struct ak_shape *shape_of(struct ak_fields *f, size_t n_words)
{
    uint64_t hash = ak_hash(f->present, n_words * sizeof(uint64_t));
    struct ak_fields_shape **at = &f->shapes[hash & (N_SHAPE_SLOTS - 1)];
    for (struct ak_fields_shape *s = *at; s; s = s->next)
        if (s->n_words == n_words && memcmp(s->set, f->present, n_words * sizeof(uint64_t)) == 0)
            return &s->shape;
    struct ak_fields_shape *s = new_shape(f, n_words);
    if (!s)
        return NULL;
    s->next = *at;
    *at = s;
    return &s->shape;
}

bool ak_fields_finish(struct ak_fields *f, struct ak_event *event)
{
    size_t n_words = f->n_names / 64 + 1 < N_WORDS ? f->n_names / 64 + 1 : N_WORDS;
    while (n_words > 1 && f->present[n_words - 1] == 0)
        n_words--;
    event->shape = shape_of(f, n_words);
    if (!event->shape)
        return false;
    size_t n = 0;
    for (size_t w = 0; w < n_words; w++)
        for (uint64_t bits = f->present[w]; bits; bits &= bits - 1)
            f->values[n++] = f->slot[w * 64 + (size_t)__builtin_ctzll(bits)];
    event->values = f->values;
    return true;
}
