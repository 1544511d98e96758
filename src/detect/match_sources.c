/* match_sources.c - see match_parts.h. */
#include "detect/match_parts.h"

#include "base/hash.h"

/* Keys of interned sources: everything that makes them differ. */
static void key_text(struct ak_buf *key, struct ak_str text)
{
    ak_buf_varint(key, text.n);
    ak_buf_str(key, text);
}

static void key_source(struct ak_buf *key, const struct ak_match_source *s)
{
    key->n = 0;
    ak_buf_u8(key, (uint8_t)(s->how << 2 | (s->any ? 2 : 0) | (s->keyword ? 1 : 0)));
    ak_buf_varint(key, s->n_names);
    for (size_t i = 0; i < s->n_names; i++)
        key_text(key, s->names[i]);
    if (!s->field)
        return;
    key_text(key, s->field->text);
    for (size_t i = 0; i < s->field->n_values; i++) {
        key_text(key, s->field->values[i].from);
        key_text(key, s->field->values[i].to);
    }
}

static bool is_deciding(const struct ak_detector *d, const struct ak_match_source *s)
{
    if (s->keyword || s->n_names == 0 || s->how == AK_MAP_IMAGE)
        return false;
    for (size_t i = 0; i < s->n_names; i++) {
        size_t k = 0;
        while (k < d->n_deciding && !ak_str_eq(d->deciding[k], s->names[i]))
            k++;
        if (k == d->n_deciding)
            return false;
    }
    return true;
}

static bool sources_grow(struct ak_match_making *m)
{
    struct ak_detector *d = m->d;
    if (d->n_sources < m->cap_sources)
        return true;
    size_t cap = m->cap_sources ? m->cap_sources * 2 : 256;
    struct ak_match_source *more = AK_NEW_N(d->arena, struct ak_match_source, cap);
    if (!more)
        return false;
    if (d->n_sources)
        memcpy(more, d->sources, d->n_sources * sizeof(*more));
    d->sources = more;
    m->cap_sources = cap;
    return true;
}

/* The number of a source like this.  Beyond the limit fields are nowhere. */
static uint32_t intern_source(struct ak_match_making *m, const struct ak_match_source *like)
{
    struct ak_detector *d = m->d;
    bool is_new;
    key_source(&m->key, like);
    if (m->key.failed)
        return UINT32_MAX;
    uint32_t number = ak_intern_add(&m->sources, ak_buf_view(&m->key), &is_new);
    if (number == UINT32_MAX || !is_new)
        return number;
    if (!sources_grow(m))
        return UINT32_MAX;
    struct ak_match_source *s = &d->sources[d->n_sources++];
    *s = *like;
    uint64_t *hashes = AK_NEW_N(d->arena, uint64_t, s->n_names + 1);
    if (!hashes)
        return UINT32_MAX;
    for (size_t i = 0; i < s->n_names; i++)
        hashes[i] = ak_hash_str(s->names[i]);
    s->hashes = hashes;
    s->is_deciding = is_deciding(d, s);
    if (s->how != AK_MAP_AS_IS && s->how != AK_MAP_ANY)
        s->computed = AK_EVENT_FIELDS_MAX + d->n_computed++;
    return number;
}

/* The entry for a rule's name; names are as written. */
static const struct ak_map_field *field_of(const struct ak_map_class *map, struct ak_str name)
{
    for (size_t i = 0; i < map->n_fields; i++)
        if (ak_str_eq(map->fields[i].sigma, name))
            return &map->fields[i];
    return NULL;
}

static bool is_absent(const struct ak_map_class *map, struct ak_str name)
{
    for (size_t i = 0; i < map->n_absent; i++)
        if (ak_str_eq(map->absent[i], name))
            return true;
    return false;
}

/* The class's prefixes before the name. */
static bool default_names(struct ak_detector *d, const struct ak_map_class *map, struct ak_str name,
                          struct ak_match_source *s)
{
    struct ak_str *names = AK_NEW_N(d->arena, struct ak_str, map->n_defaults + 1);
    if (!names)
        return false;
    for (size_t i = 0; i < map->n_defaults; i++) {
        struct ak_str prefix = map->defaults[i];
        char *to = AK_NEW_N(d->arena, char, prefix.n + name.n + 1);
        if (!to)
            return false;
        if (prefix.n)
            memcpy(to, prefix.at, prefix.n);
        memcpy(to + prefix.n, name.at, name.n);
        names[i] = (struct ak_str){ to, prefix.n + name.n };
    }
    s->names = names;
    s->n_names = map->n_defaults;
    return true;
}

/* Any value of the event.  Classes of one type of data share it, so that a value is
 * looked at once for all of them, and not for rules about other types. */
static void keywords_of(const struct ak_map_class *map, struct ak_match_source *s)
{
    s->keyword = s->any = true;
    for (size_t i = 0; i < map->n_when; i++)
        if (ak_str_eq(map->when[i].field, AK_STR("data_type"))) {
            s->names = map->when[i].values;
            s->n_names = map->when[i].n;
        }
}

static uint32_t make_source(struct ak_match_making *m, const struct ak_map_class *map,
                            struct ak_str name)
{
    struct ak_match_source s = { .how = AK_MAP_AS_IS };
    const struct ak_map_field *field = field_of(map, name);
    if (name.n == 0) {
        keywords_of(map, &s);
    } else if (field) {
        s.names = field->ours;
        s.n_names = field->n_ours;
        s.how = field->how;
        s.any = field->how == AK_MAP_ANY;
        s.field = field->how == AK_MAP_AS_IS ? NULL : field;
    } else if (is_absent(map, name)) {
        return AK_MATCH_NOWHERE;
    } else if (!default_names(m->d, map, name, &s)) {
        return UINT32_MAX;
    }
    return intern_source(m, &s);
}

static bool field_sources_grow(struct ak_match_making *m, size_t need)
{
    if (need < m->cap_field_sources)
        return true;
    size_t cap = need * 2 + 256;
    uint32_t *more = AK_NEW_N(m->d->arena, uint32_t, cap);
    if (!more)
        return false;
    if (m->cap_field_sources)
        memcpy(more, m->field_sources, m->cap_field_sources * sizeof(*more));
    m->field_sources = more;
    m->cap_field_sources = cap;
    return true;
}

uint32_t ak_match_source_of(struct ak_match_making *m, uint32_t class_number, struct ak_str field)
{
    static const struct ak_match_source NOTHING = { .how = AK_MAP_AS_IS };
    if (m->d->n_sources == 0 && intern_source(m, &NOTHING) != AK_MATCH_NOWHERE)
        return UINT32_MAX;
    if (m->d->n_sources >= AK_MATCH_SOURCES_MAX)
        return AK_MATCH_NOWHERE;
    bool is_new;
    m->key.n = 0;
    ak_buf_varint(&m->key, class_number);
    ak_buf_str(&m->key, field);
    if (m->key.failed)
        return UINT32_MAX;
    uint32_t number = ak_intern_add(&m->fields, ak_buf_view(&m->key), &is_new);
    if (number == UINT32_MAX || !field_sources_grow(m, number))
        return UINT32_MAX;
    if (is_new)
        m->field_sources[number] = make_source(m, &m->d->maps->classes[class_number], field);
    return m->field_sources[number];
}
