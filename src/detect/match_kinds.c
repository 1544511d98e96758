/* match_kinds.c - see match_parts.h. */
#include "detect/match_parts.h"

#include "base/fold.h"
#include "base/hash.h"

/* ---- keys ---- */

/* Bytes of a value that are not in its word. */
static size_t key_size(const struct ak_value *v)
{
    return ak_match_is_run(v->type) ? v->bytes.n : 0;
}

static uint64_t key_word(const struct ak_value *v)
{
    return v->type == AK_TYPE_NONE ? 0 : ak_match_is_run(v->type) ? v->bytes.n : v->u64;
}

/* Whether the program is known, then the deciding values one behind the other, with
 * type and length.  0 when they do not fit. */
static size_t put_key(const struct ak_detector *d, uint8_t *to)
{
    size_t n = 0;
    to[n++] = d->program != NULL;
    for (size_t i = 0; i < d->form->n_deciding; i++) {
        const struct ak_value *v = &d->event->values[d->form->deciding[i]];
        uint64_t word = key_word(v);
        size_t size = key_size(v);
        if (size > AK_MATCH_KEY_MAX || n + 10 + size > AK_MATCH_KEY_MAX)
            return 0;
        to[n++] = (uint8_t)v->type;
        to[n++] = v->type == AK_TYPE_STAMP ? v->stamp_flags : 0;
        memcpy(to + n, &word, 8);
        n += 8;
        if (size)
            memcpy(to + n, v->bytes.at, size);
        n += size;
    }
    return n;
}

/* Is the event's key the kind's?  Compared in place: mostly it is that of the event
 * before. */
static bool has_key(const struct ak_detector *d, const struct ak_match_kind *k)
{
    if (k->n_key == 0 || k->key[0] != (d->program != NULL))
        return false;
    const uint8_t *at = k->key + 1;
    size_t left = k->n_key - 1;
    for (size_t i = 0; i < d->form->n_deciding; i++) {
        const struct ak_value *v = &d->event->values[d->form->deciding[i]];
        uint64_t word = key_word(v);
        size_t size = key_size(v);
        if (left < 10 + size || at[0] != (uint8_t)v->type ||
            at[1] != (v->type == AK_TYPE_STAMP ? v->stamp_flags : 0) ||
            memcmp(at + 2, &word, 8) != 0 || (size && memcmp(at + 10, v->bytes.at, size) != 0))
            return false;
        at += 10 + size;
        left -= 10 + size;
    }
    return left == 0;
}

/* ---- classes ---- */

static bool value_is(struct ak_detector *d, uint32_t text, struct ak_str want)
{
    struct ak_str value = ak_match_raw(d, text);
    if (want.n == 0 || want.at[want.n - 1] != '*')
        return ak_str_eq_fold(value, want);
    want.n--;
    return value.n >= want.n && ak_str_eq_fold((struct ak_str){ value.at, want.n }, want);
}

static bool when_holds(struct ak_detector *d, const struct ak_map_when *w)
{
    if (ak_match_form_tells(w->field))
        return true; /* the form was told by it */
    const struct ak_match_form *f = d->form;
    for (size_t i = 0; i < f->n_deciding; i++) {
        uint16_t index = f->deciding[i];
        if (!ak_str_eq(f->names[index], w->field) || d->event->values[index].type == AK_TYPE_NONE)
            continue;
        for (size_t k = 0; k < w->n; k++)
            if (value_is(d, index, w->values[k]))
                return true;
    }
    return false;
}

static bool is_of_class(struct ak_detector *d, uint32_t number)
{
    const struct ak_map_class *map = &d->maps->classes[number];
    for (size_t i = 0; i < map->n_when; i++)
        if (!when_holds(d, &map->when[i]))
            return false;
    return true;
}

static bool find_classes(struct ak_detector *d, struct ak_match_kind *k)
{
    const struct ak_match_form *f = d->form;
    uint32_t *classes = AK_NEW_N(d->forms_arena, uint32_t, f->n_classes + 1);
    uint32_t *waiting = AK_NEW_N(d->forms_arena, uint32_t, f->n_classes + 1);
    if (!classes || !waiting)
        return false;
    k->classes = classes;
    k->waiting = waiting;
    for (size_t i = 0; i < f->n_classes; i++) {
        uint32_t number = f->classes[i];
        if (!is_of_class(d, number))
            continue;
        if (d->maps->classes[number].instead.n && !d->program)
            waiting[k->n_waiting++] = number;
        else
            classes[k->n_classes++] = number;
    }
    return true;
}

/* ---- instances ---- */

/* Lists under way while a kind is made. */
struct listing {
    uint32_t *always, *ports; /* instances; sources */
    uint64_t *possible;
    size_t n_always, n_ports;
};

static void add_port(struct listing *l, uint32_t source)
{
    for (size_t i = 0; i < l->n_ports; i++)
        if (l->ports[i] == source)
            return;
    l->ports[l->n_ports++] = source;
}

/* Is it guarded on events of this kind, too?  Not when an item that guards it is
 * met already. */
static bool still_guarded(struct ak_detector *d, const struct ak_match_instance *in)
{
    for (uint32_t i = 0; i < in->n_guard_items; i++)
        if (ak_match_of_kind(d, in->guard_items[i]) != AK_MATCH_FALSE)
            return false;
    return in->guarded;
}

/* May events of this form have the field at all? */
static bool may_be_there(struct ak_detector *d, uint32_t source)
{
    const struct ak_match_source *s = &d->sources[source];
    const struct ak_match_place *place = s->keyword ? NULL : ak_match_place_of(d, source);
    bool there = s->keyword || s->how == AK_MAP_IMAGE;
    for (size_t i = 0; place && i < place->n; i++)
        there |= d->form->pool[place->at + i] != AK_MATCH_LACKS;
    return there;
}

static void list_instance(struct ak_detector *d, struct listing *l, uint32_t number)
{
    const struct ak_match_instance *in = &d->instances[number];
    if (ak_match_of_kind(d, in->root) == AK_MATCH_FALSE)
        return;
    if (!still_guarded(d, in)) {
        l->always[l->n_always++] = number;
        return;
    }
    l->possible[number / 64] |= UINT64_C(1) << (number % 64);
    for (uint32_t i = 0; i < in->n_guard_sources; i++) {
        uint32_t source = in->guard_sources[i];
        if (may_be_there(d, source))
            add_port(l, source);
    }
}

/* How many looks a source takes: one for each field it may be in, when they are few
 * enough to be told beforehand. */
static size_t looks_of(struct ak_detector *d, uint32_t source)
{
    const struct ak_match_source *s = &d->sources[source];
    if (s->keyword)
        return d->form->n;
    return s->any && !s->computed ? ak_match_place_of(d, source)->n : 1;
}

static struct ak_match_look look_of(struct ak_detector *d, uint32_t source, size_t i)
{
    const struct ak_match_source *s = &d->sources[source];
    struct ak_match_look look = { .source = source, .index = AK_MATCH_LACKS };
    if (s->keyword) {
        look.index = (uint16_t)i;
    } else if (!s->computed) {
        const struct ak_match_place *place = ak_match_place_of(d, source);
        if (s->any || place->n == 1)
            look.index = d->form->pool[place->at + i];
    }
    return look;
}

static bool list_looks(struct ak_detector *d, const struct listing *l, struct ak_match_kind *k)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n_ports; i++)
        n += looks_of(d, l->ports[i]);
    k->looks = AK_NEW_N(d->forms_arena, struct ak_match_look, n + 1);
    if (!k->looks)
        return false;
    for (size_t i = 0; i < l->n_ports; i++)
        for (size_t j = 0, end = looks_of(d, l->ports[i]); j < end; j++)
            k->looks[k->n_looks++] = look_of(d, l->ports[i], j);
    return true;
}

/* Does another class of the kind stand for this one? */
static bool is_replaced(const struct ak_detector *d, const struct ak_match_kind *k, uint32_t number)
{
    for (size_t i = 0; i < k->n_classes; i++)
        if (d->classes[k->classes[i]].instead == number)
            return true;
    return false;
}

static bool list_instances(struct ak_detector *d, struct ak_match_kind *k)
{
    size_t n = 0;
    for (size_t c = 0; c < k->n_classes; c++)
        n += d->classes[k->classes[c]].n_instances;
    if (n == 0)
        return true;
    struct listing l = { AK_NEW_N(d->texts_arena, uint32_t, n),
                         AK_NEW_N(d->texts_arena, uint32_t, d->n_sources),
                         AK_NEW_N(d->forms_arena, uint64_t, d->n_instances / 64 + 1), 0, 0 };
    if (!l.always || !l.ports || !l.possible)
        return false;
    for (size_t c = 0; c < k->n_classes; c++) {
        const struct ak_match_class *class = &d->classes[k->classes[c]];
        bool replaced = is_replaced(d, k, k->classes[c]);
        for (size_t i = 0; i < class->n_instances && !replaced; i++)
            list_instance(d, &l, class->instances[i]);
    }
    uint32_t *always = AK_NEW_N(d->forms_arena, uint32_t, l.n_always + 1);
    if (always && l.n_always)
        memcpy(always, l.always, l.n_always * sizeof(*always));
    k->always = always;
    k->n_always = l.n_always;
    k->possible = l.possible;
    return always && list_looks(d, &l, k);
}

static struct ak_match_kind *new_kind(struct ak_detector *d, const uint8_t *key, size_t n_key,
                                      uint64_t hash)
{
    struct ak_match_kind *k = AK_NEW(d->forms_arena, struct ak_match_kind);
    uint8_t *copy = AK_NEW_N(d->forms_arena, uint8_t, n_key + 1);
    if (!k || !copy)
        return NULL;
    if (n_key)
        memcpy(copy, key, n_key);
    *k = (struct ak_match_kind){ .hash = hash, .key = copy, .n_key = n_key };
    if (!find_classes(d, k) || !list_instances(d, k) || d->failed)
        return NULL;
    k->next = d->form->kinds;
    d->form->kinds = k;
    d->n_kinds++;
    return k;
}

/* Once more from the start, when forms and kinds are too many. */
static struct ak_match_kind *after_forgetting(struct ak_detector *d, const uint8_t *key,
                                              size_t n_key, uint64_t hash)
{
    ak_match_forget_forms(d);
    ak_match_next_epoch(d);
    d->failed = false;
    d->form = ak_match_form_of(d, d->event->shape);
    return d->form ? new_kind(d, key, n_key, hash) : NULL;
}

struct ak_match_kind *ak_match_kind_of(struct ak_detector *d)
{
    uint8_t key[AK_MATCH_KEY_MAX];
    if (d->form->kinds && has_key(d, d->form->kinds))
        return d->form->kinds;
    size_t n = put_key(d, key);
    uint64_t hash = n ? ak_hash(key, n) : 0; /* too long for a key: a kind of its own, each time */
    struct ak_match_kind *k = d->form->kinds, **link = &d->form->kinds;
    for (; k && n; link = &k->next, k = k->next) {
        if (k->hash != hash || k->n_key != n || memcmp(k->key, key, n) != 0)
            continue;
        *link = k->next; /* to the front */
        k->next = d->form->kinds;
        d->form->kinds = k;
        return k;
    }
    if (d->n_kinds >= AK_MATCH_KINDS_MAX)
        return after_forgetting(d, key, n, hash);
    k = new_kind(d, key, n, hash);
    return k ? k : after_forgetting(d, key, n, hash);
}
