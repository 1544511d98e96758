/* match_forms.c - see match_parts.h.  Shapes are told apart by where they are, and
 * come anew with each item; forms by what they say, and stay. */
#include "detect/match_parts.h"

#include "base/hash.h"

enum { SHAPES_MAX = AK_MATCH_SHAPE_SLOTS / 2 };

static uint64_t hash_shape(const struct ak_shape *shape)
{
    uint64_t hash = ak_hash_mix(ak_hash_str(shape->data_type) ^ ak_hash_str(shape->time_desc), 1);
    for (size_t i = 0; i < shape->n; i++)
        hash = ak_hash_mix(hash ^ ak_hash_str(shape->names[i]), UINT64_C(0xD6E8FEB86659FD93) + i);
    return hash;
}

static bool is_form(const struct ak_match_form *f, uint64_t hash, const struct ak_shape *shape)
{
    if (f->hash != hash || f->n != shape->n || !ak_str_eq(f->data_type, shape->data_type) ||
        !ak_str_eq(f->time_desc, shape->time_desc))
        return false;
    for (size_t i = 0; i < f->n; i++)
        if (!ak_str_eq(f->names[i], shape->names[i]))
            return false;
    return true;
}

static bool copy_text(struct ak_arena *arena, struct ak_str from, struct ak_str *to)
{
    char *at = AK_NEW_N(arena, char, from.n + 1);
    if (at && from.n)
        memcpy(at, from.at, from.n);
    *to = (struct ak_str){ at, from.n };
    return at;
}

static bool copy_names(struct ak_arena *arena, struct ak_match_form *f,
                       const struct ak_shape *shape)
{
    struct ak_str *names = AK_NEW_N(arena, struct ak_str, shape->n + 1);
    for (size_t i = 0; i < shape->n && names; i++)
        if (!copy_text(arena, shape->names[i], &names[i]))
            return false;
    f->names = names;
    f->n = shape->n;
    return names && copy_text(arena, shape->data_type, &f->data_type) &&
           copy_text(arena, shape->time_desc, &f->time_desc);
}

static bool file_names(struct ak_arena *arena, struct ak_match_form *f)
{
    f->by_name_cap = 16;
    while (f->by_name_cap < f->n * 2)
        f->by_name_cap *= 2;
    f->by_name = AK_NEW_N(arena, uint16_t, f->by_name_cap);
    for (size_t i = 0; i < f->n && f->by_name; i++) {
        size_t at = ak_hash_str(f->names[i]) & (f->by_name_cap - 1);
        while (f->by_name[at])
            at = (at + 1) & (f->by_name_cap - 1);
        f->by_name[at] = (uint16_t)(i + 1);
    }
    return f->by_name;
}

/* The field of this name; AK_MATCH_LACKS. */
static uint16_t index_of(const struct ak_match_form *f, struct ak_str name, uint64_t hash)
{
    for (size_t at = hash & (f->by_name_cap - 1); f->by_name[at];
         at = (at + 1) & (f->by_name_cap - 1))
        if (ak_str_eq(f->names[f->by_name[at] - 1], name))
            return (uint16_t)(f->by_name[at] - 1);
    return AK_MATCH_LACKS;
}

/* What a form says of its events without their values: NULL for any other name. */
static const struct ak_str *form_says(const struct ak_match_form *f, struct ak_str name)
{
    if (ak_str_eq(name, AK_STR("data_type")))
        return &f->data_type;
    return ak_str_eq(name, AK_STR("timestamp_desc")) ? &f->time_desc : NULL;
}

static bool is_type(const struct ak_map_when *w, struct ak_str data_type)
{
    for (size_t i = 0; i < w->n; i++) {
        struct ak_str v = w->values[i];
        bool open = v.n && v.at[v.n - 1] == '*';
        if (open ? ak_str_starts(data_type, (struct ak_str){ v.at, v.n - 1 })
                 : ak_str_eq_fold(v, data_type))
            return true;
    }
    return false;
}

/* May events of this form be of the class, as far as the form says? */
static bool class_fits(const struct ak_detector *d, const struct ak_match_form *f, size_t number)
{
    const struct ak_map_class *map = &d->maps->classes[number];
    for (size_t i = 0; i < map->n_when; i++) {
        const struct ak_map_when *w = &map->when[i];
        const struct ak_str *said = form_says(f, w->field);
        if (said) {
            if (!is_type(w, *said))
                return false;
        } else if (index_of(f, w->field, ak_hash_str(w->field)) == AK_MATCH_LACKS) {
            return false;
        }
    }
    for (size_t i = 0; i < map->n_lacks; i++)
        if (index_of(f, map->lacks[i], ak_hash_str(map->lacks[i])) != AK_MATCH_LACKS)
            return false;
    return true;
}

static bool is_wanted(const struct ak_detector *d, const struct ak_match_form *f,
                      struct ak_str name)
{
    for (size_t c = 0; c < f->n_classes; c++) {
        const struct ak_map_class *map = &d->maps->classes[f->classes[c]];
        for (size_t i = 0; i < map->n_when; i++)
            if (ak_str_eq(map->when[i].field, name))
                return true;
    }
    return false;
}

/* The classes its data type and names allow, and the fields that decide between them. */
static bool find_classes(struct ak_detector *d, struct ak_match_form *f)
{
    uint32_t *classes = AK_NEW_N(d->forms_arena, uint32_t, d->maps->n + 1);
    uint16_t *deciding = AK_NEW_N(d->forms_arena, uint16_t, d->n_deciding + 1);
    if (!classes || !deciding)
        return false;
    f->classes = classes;
    f->deciding = deciding;
    for (size_t c = 0; c < d->maps->n; c++)
        if (class_fits(d, f, c))
            classes[f->n_classes++] = (uint32_t)c;
    for (size_t i = 0; i < d->n_deciding; i++) {
        uint16_t at = index_of(f, d->deciding[i], d->deciding_hashes[i]);
        if (at != AK_MATCH_LACKS && is_wanted(d, f, d->deciding[i]))
            deciding[f->n_deciding++] = at;
    }
    return true;
}

/* Where the form's events name a program that may be known, and its machine. */
static void find_program(const struct ak_detector *d, struct ak_match_form *f)
{
    static const struct ak_str HOST = AK_STR_INIT("winlog.computer_name");
    f->program_at = AK_MATCH_LACKS;
    f->host_at = index_of(f, HOST, ak_hash_str(HOST));
    for (size_t c = 0; c < f->n_classes && d->programs; c++) {
        const struct ak_map_class *map = &d->maps->classes[f->classes[c]];
        for (size_t i = 0; i < map->n_program && f->program_at == AK_MATCH_LACKS; i++)
            f->program_at = index_of(f, map->program[i], ak_hash_str(map->program[i]));
    }
}

static struct ak_match_form *new_form(struct ak_detector *d, const struct ak_shape *shape,
                                      uint64_t hash)
{
    struct ak_match_form *f = AK_NEW(d->forms_arena, struct ak_match_form);
    if (!f || !copy_names(d->forms_arena, f, shape) || !file_names(d->forms_arena, f) ||
        !find_classes(d, f))
        return NULL;
    find_program(d, f);
    f->hash = hash;
    if (f->n_classes &&
        !(f->places = AK_NEW_N(d->forms_arena, struct ak_match_place, d->n_sources + 1)))
        return NULL;
    f->next = d->forms[hash % AK_MATCH_FORM_BUCKETS];
    d->forms[hash % AK_MATCH_FORM_BUCKETS] = f;
    return f;
}

void ak_match_forget_forms(struct ak_detector *d)
{
    ak_arena_reset(d->forms_arena);
    memset(d->forms, 0, sizeof(d->forms));
    d->n_kinds = 0;
    ak_detector_forget(d);
}

static struct ak_match_form *form_by_content(struct ak_detector *d, const struct ak_shape *shape)
{
    uint64_t hash = hash_shape(shape);
    struct ak_match_form *f = d->forms[hash % AK_MATCH_FORM_BUCKETS];
    while (f && !is_form(f, hash, shape))
        f = f->next;
    if (f || (f = new_form(d, shape, hash)))
        return f;
    ak_match_forget_forms(d); /* the arena is spent: once more from the start */
    return new_form(d, shape, hash);
}

struct ak_match_form *ak_match_form_of(struct ak_detector *d, const struct ak_shape *shape)
{
    if (d->last.shape == shape)
        return d->last.form;
    if (d->n_shapes == SHAPES_MAX)
        ak_detector_forget(d);
    size_t first = (size_t)((uintptr_t)shape * UINT64_C(0x9E3779B97F4A7C15) >> 40) &
                   (AK_MATCH_SHAPE_SLOTS - 1);
    size_t at = first;
    while (d->shapes[at].shape && d->shapes[at].shape != shape)
        at = (at + 1) & (AK_MATCH_SHAPE_SLOTS - 1);
    if (d->shapes[at].shape)
        return (d->last = d->shapes[at]).form;
    struct ak_match_form *f = form_by_content(d, shape); /* may forget all shapes */
    if (!f)
        return NULL;
    if (d->n_shapes == 0)
        at = first;
    d->shapes[at] = d->last = (struct ak_match_shape_slot){ shape, f };
    d->used_shapes[d->n_shapes++] = (uint16_t)at;
    return f;
}

/* ---- places of sources ---- */

static bool pool_put(struct ak_detector *d, struct ak_match_form *f, uint16_t index)
{
    if (f->n_pool == f->cap_pool) {
        size_t cap = f->cap_pool ? f->cap_pool * 2 : 64;
        uint16_t *more = AK_NEW_N(d->forms_arena, uint16_t, cap);
        if (!more)
            return false;
        if (f->n_pool)
            memcpy(more, f->pool, f->n_pool * sizeof(*more));
        f->pool = more;
        f->cap_pool = cap;
    }
    f->pool[f->n_pool++] = index;
    return true;
}

/* All fields that begin with what stands before the '*'. */
static bool put_prefix(struct ak_detector *d, struct ak_match_form *f, struct ak_str name)
{
    for (size_t i = 0; i < f->n; i++)
        if (ak_str_starts(f->names[i], (struct ak_str){ name.at, name.n - 1 }) &&
            !pool_put(d, f, (uint16_t)i))
            return false;
    return true;
}

static bool put_names(struct ak_detector *d, struct ak_match_form *f,
                      const struct ak_match_source *s)
{
    for (size_t i = 0; i < s->n_names; i++) {
        struct ak_str name = s->names[i];
        if (s->any && name.n && name.at[name.n - 1] == '*') {
            if (!put_prefix(d, f, name))
                return false;
            continue;
        }
        uint16_t index = index_of(f, name, s->hashes[i]);
        if ((s->computed || index != AK_MATCH_LACKS) && !pool_put(d, f, index))
            return false;
    }
    return true;
}

const struct ak_match_place *ak_match_place_of(struct ak_detector *d, uint32_t source)
{
    static const struct ak_match_place NOWHERE = { .known = true };
    struct ak_match_form *f = d->form;
    const struct ak_match_source *s = &d->sources[source];
    struct ak_match_place *place = &f->places[source];
    if (place->known || s->keyword)
        return place;
    size_t start = f->n_pool;
    if (!put_names(d, f, s)) {
        d->failed = true;
        f->n_pool = start;
        return &NOWHERE;
    }
    place->known = true;
    place->at = (uint32_t)start;
    place->n = (uint16_t)(f->n_pool - start);
    return place;
}
