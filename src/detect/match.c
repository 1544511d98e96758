/* match.c - see match.h: the life of a detector, and the look at an event. */
#include "detect/match_parts.h"

#include "base/hash.h"

#include <stdlib.h>

enum {
    MADE_MAX = 256 << 20, /* bytes of what is made once */
    FORMS_MAX = 24 << 20, /* of forms and kinds */
    REGEX_MEMORY = 8 << 20,
};

/* ---- making ---- */

static void add_deciding(struct ak_detector *d, struct ak_str name)
{
    if (ak_match_form_tells(name))
        return; /* the form says it */
    for (size_t i = 0; i < d->n_deciding; i++)
        if (ak_str_eq(d->deciding[i], name))
            return;
    d->deciding[d->n_deciding] = name;
    d->deciding_hashes[d->n_deciding++] = ak_hash_str(name);
}

static bool find_deciding(struct ak_detector *d)
{
    size_t n = 0;
    for (size_t c = 0; c < d->maps->n; c++)
        n += d->maps->classes[c].n_when;
    d->deciding = AK_NEW_N(d->arena, struct ak_str, n + 1);
    d->deciding_hashes = AK_NEW_N(d->arena, uint64_t, n + 1);
    if (!d->deciding || !d->deciding_hashes)
        return false;
    for (size_t c = 0; c < d->maps->n; c++)
        for (size_t i = 0; i < d->maps->classes[c].n_when; i++)
            add_deciding(d, d->maps->classes[c].when[i].field);
    return true;
}

/* What the looking itself needs. */
static bool make_room(struct ak_detector *d)
{
    d->texts = AK_NEW_N(d->arena, struct ak_match_text, AK_EVENT_FIELDS_MAX + d->n_computed);
    d->tried = AK_NEW_N(d->arena, uint32_t, d->n_instances + 1);
    d->hits_by = AK_NEW_N(d->arena, uint32_t, d->n_instances + 1);
    d->shared = AK_NEW_N(d->arena, struct ak_match_shared, d->n_shared + 1);
    d->hit = AK_NEW_N(d->arena, uint32_t, d->rules->n + 1);
    d->found.instances = AK_NEW_N(d->arena, uint32_t, d->n_instances + 1);
    d->found.epochs = AK_NEW_N(d->arena, uint32_t, d->n_instances + 1);
    d->seen = ak_seen_texts_new();
    d->regex_memory = ak_regex_memory_new(REGEX_MEMORY);
    d->texts_start = ak_arena_mark(d->texts_arena);
    return d->texts && d->shared && d->tried && d->hits_by && d->hit && d->found.instances &&
           d->found.epochs && d->seen && d->regex_memory;
}

static bool make(struct ak_detector *d)
{
    struct ak_match_making m = { .d = d,
                                 .fields = { .arena = d->arena },
                                 .sources = { .arena = d->arena } };
    bool made = find_deciding(d) && ak_match_name_fields(d) && ak_match_bind(&m) &&
                ak_match_guard(d) && make_room(d);
    ak_buf_free(&m.key);
    return made;
}

struct ak_detector *ak_detector_new(const struct ak_rules *rules, const struct ak_maps *maps)
{
    return ak_detector_new_knowing(rules, maps, NULL);
}

struct ak_detector *ak_detector_new_knowing(const struct ak_rules *rules,
                                            const struct ak_maps *maps,
                                            const struct ak_programs *programs)
{
    struct ak_detector *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->rules = rules;
    d->maps = maps;
    d->programs = programs;
    d->arena = ak_arena_new(MADE_MAX);
    d->forms_arena = ak_arena_new(FORMS_MAX);
    d->texts_arena = ak_arena_new(AK_MATCH_TEXTS);
    if (d->arena && d->forms_arena && d->texts_arena && make(d))
        return d;
    ak_detector_free(d);
    return NULL;
}

void ak_detector_free(struct ak_detector *d)
{
    if (!d)
        return;
    ak_seen_texts_free(d->seen);
    ak_regex_memory_free(d->regex_memory);
    ak_buf_free(&d->spare);
    ak_buf_free(&d->lines);
    ak_arena_free(d->texts_arena);
    ak_arena_free(d->forms_arena);
    ak_arena_free(d->arena);
    free(d);
}

/* ---- what is known of it ---- */

enum ak_rule_binding ak_detector_binding(const struct ak_detector *d, uint32_t rule)
{
    return rule < d->rules->n ? (enum ak_rule_binding)d->binding[rule] : AK_UNBOUND_SOURCE;
}

bool ak_detector_bound_to(const struct ak_detector *d, uint32_t rule, size_t class_number)
{
    if (rule >= d->rules->n)
        return false;
    for (uint32_t i = d->first_instance[rule]; i < d->first_instance[rule + 1]; i++)
        if (d->instances[i].class_number == class_number)
            return true;
    const uint64_t *asked = class_number < d->maps->n ? d->classes[class_number].asked : NULL;
    return asked && (asked[rule / 64] >> (rule % 64) & 1);
}

bool ak_detector_asks_programs(const struct ak_detector *d)
{
    for (size_t i = 0; i < d->n_sources; i++)
        if (d->sources[i].how == AK_MAP_IMAGE)
            return true;
    return false;
}

uint64_t ak_detector_seen(const struct ak_detector *d, size_t class_number)
{
    return class_number < d->maps->n ? d->classes[class_number].seen : 0;
}

uint64_t ak_detector_waiting(const struct ak_detector *d, size_t class_number)
{
    return class_number < d->maps->n ? d->classes[class_number].waiting : 0;
}

bool ak_detector_waits(const struct ak_detector *d) { return d->waits; }

uint64_t ak_detector_misses(const struct ak_detector *d) { return d->misses; }

void ak_detector_forget(struct ak_detector *d)
{
    while (d->n_shapes)
        d->shapes[d->used_shapes[--d->n_shapes]] = (struct ak_match_shape_slot){ 0 };
    d->last = (struct ak_match_shape_slot){ 0 };
}

/* ---- looking ---- */

static void try_instance(struct ak_detector *d, uint32_t number)
{
    const struct ak_match_instance *in = &d->instances[number];
    if (d->tried[number] == d->epoch || d->hit[in->rule] == d->epoch)
        return;
    d->tried[number] = d->epoch;
    if (!ak_match_holds(d, in->root) || d->failed)
        return;
    d->hit[in->rule] = d->epoch;
    d->hits_by[d->n_hits_by++] = number;
}

static void note_instance(struct ak_match_found *f, uint32_t instance)
{
    if (f->epochs[instance] == f->epoch)
        return;
    f->epochs[instance] = f->epoch;
    f->instances[f->n++] = instance;
}

/* A literal was found: note the instances that it guards here. */
static void note_found(void *self, uint32_t literal, unsigned where)
{
    struct ak_detector *d = self;
    struct ak_match_found *f = &d->found;
    uint32_t low = d->first_posting[literal], end = d->first_posting[literal + 1];
    for (uint32_t high = end; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (d->postings[middle].source < f->source)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < end && d->postings[low].source == f->source; low++) {
        const struct ak_match_posting *p = &d->postings[low];
        if (!(p->where & ~where))
            note_instance(f, p->instance);
    }
}

static void scan(struct ak_detector *d, uint32_t source, uint32_t text)
{
    struct ak_match_found *f = &d->found;
    f->n = 0;
    f->source = source;
    if (++f->epoch == 0) {
        memset(f->epochs, 0, (d->n_instances + 1) * sizeof(*f->epochs));
        f->epoch = 1;
    }
    ak_literals_find(d->literals, ak_match_folded(d, text), note_found, d);
    const struct ak_test *last = NULL; /* rules of two classes share their tests */
    bool holds = false;
    for (uint32_t i = d->first_predicate[source]; i < d->first_predicate[source + 1]; i++) {
        const struct ak_match_predicate *p = &d->predicates[i];
        if (p->test != last)
            holds = ak_match_test(d, p->test, AK_MATCH_NOWHERE, text);
        last = p->test;
        if (holds)
            note_instance(f, p->instance);
    }
}

static void try_possible(struct ak_detector *d, const struct ak_match_kind *k,
                         const uint32_t *found, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (k->possible[found[i] / 64] >> (found[i] % 64) & 1)
            try_instance(d, found[i]);
}

static bool any_possible(const struct ak_match_kind *k, const uint32_t *found, size_t n)
{
    size_t i = 0;
    while (i < n && !(k->possible[found[i] / 64] >> (found[i] % 64) & 1))
        i++;
    return i < n;
}

/* The bytes by which a value is known again, and *out_type, for equal bytes of
 * different types are different texts; false when it is not kept. */
static bool value_key(struct ak_detector *d, uint32_t text, struct ak_bytes *out,
                      uint32_t *out_type)
{
    *out_type = AK_TYPE_NONE;
    if (text >= AK_EVENT_FIELDS_MAX) {
        *out = ak_bytes_str(ak_match_raw(d, text));
        return out->n <= AK_SEEN_TEXT_MAX;
    }
    const struct ak_value *v = &d->event->values[text];
    *out_type = v->type;
    if (v->type == AK_TYPE_F64 || v->type == AK_TYPE_STAMP)
        return false;
    *out = ak_match_is_run(v->type) ? v->bytes
                                    : (struct ak_bytes){ (const uint8_t *)&v->u64, sizeof(v->u64) };
    return out->n <= AK_SEEN_TEXT_MAX;
}

/* Where most texts are new, going over each is less work than keeping them. */
static void weigh(const struct ak_detector *d, struct ak_match_look *l, bool known)
{
    enum { SAMPLE = 256, UNASKED = 4096 };
    l->asked++;
    l->known = (uint16_t)(l->known + known);
    if (l->asked < SAMPLE)
        return;
    bool costly = d->first_predicate[l->source] < d->first_predicate[l->source + 1];
    if (l->known < SAMPLE / (costly ? 8 : 2))
        l->unasked = UNASKED;
    l->asked = l->known = 0;
}

/* Try what a text leads to; how the text is kept, or text NULL when it is not. */
static struct ak_seen_text look_at_text(struct ak_detector *d, const struct ak_match_kind *k,
                                        struct ak_match_look *l, uint32_t text)
{
    struct ak_seen_text seen = { 0 };
    struct ak_bytes bytes;
    uint32_t type;
    uint64_t hash;
    bool keep = l->unasked == 0 && value_key(d, text, &bytes, &type);
    if (l->unasked)
        l->unasked--;
    bool known = keep && ak_seen_texts_get(d->seen, l->source << 4 | type, bytes, &seen, &hash);
    if (keep)
        weigh(d, l, known);
    if (!known) {
        scan(d, l->source, text);
        seen = (struct ak_seen_text){ NULL, d->found.instances, d->found.n };
        if (keep && !d->failed)
            ak_seen_texts_put(d->seen, l->source << 4 | type, bytes, hash, &seen);
    }
    try_possible(d, k, seen.found, seen.n_found);
    return seen;
}

static void look_at_source(struct ak_detector *d, const struct ak_match_kind *k,
                           struct ak_match_look *l)
{
    size_t at = 0;
    uint32_t text;
    while (ak_match_next_value(d, l->source, &at, &text))
        look_at_text(d, k, l, text);
}

static bool is_as_before(const struct ak_detector *d, const struct ak_match_look *l,
                         const struct ak_value *v)
{
    return l->n_text == v->bytes.n && l->type == v->type && l->age == ak_seen_texts_age(d->seen) &&
           memcmp(l->text, v->bytes.at, l->n_text) == 0;
}

static void look_at(struct ak_detector *d, const struct ak_match_kind *k, struct ak_match_look *l)
{
    if (l->index == AK_MATCH_LACKS) {
        look_at_source(d, k, l);
        return;
    }
    const struct ak_value *v = &d->event->values[l->index];
    if (v->type == AK_TYPE_NONE)
        return;
    if (!ak_match_is_run(v->type)) {
        if (d->sources[l->source].numbers)
            look_at_text(d, k, l, l->index);
        return;
    }
    if (is_as_before(d, l, v)) {
        try_possible(d, k, l->found, l->n_found);
        return;
    }
    struct ak_seen_text seen = look_at_text(d, k, l, l->index);
    l->age = seen.text ? ak_seen_texts_age(d->seen) : 0;
    l->type = (uint8_t)v->type;
    l->text = seen.text;
    l->n_text = v->bytes.n;
    l->found = seen.found;
    l->n_found = any_possible(k, seen.found, seen.n_found) ? (uint32_t)seen.n_found : 0;
}

/* The file of the event's program, by its path and machine. */
static const struct ak_program *program_of(struct ak_detector *d)
{
    const struct ak_match_form *f = d->form;
    if (f->program_at == AK_MATCH_LACKS || f->host_at == AK_MATCH_LACKS ||
        d->event->values[f->program_at].type == AK_TYPE_NONE ||
        d->event->values[f->host_at].type == AK_TYPE_NONE)
        return NULL;
    return ak_programs_find(d->programs, ak_match_raw(d, f->host_at),
                            ak_match_raw(d, f->program_at));
}

void ak_match_next_epoch(struct ak_detector *d)
{
    if (++d->epoch)
        return;
    memset(d->texts, 0, (AK_EVENT_FIELDS_MAX + d->n_computed) * sizeof(*d->texts));
    memset(d->shared, 0, (d->n_shared + 1) * sizeof(*d->shared));
    memset(d->tried, 0, (d->n_instances + 1) * sizeof(*d->tried));
    memset(d->hit, 0, (d->rules->n + 1) * sizeof(*d->hit));
    d->epoch = 1;
}

static void begin(struct ak_detector *d, const struct ak_event *event, struct ak_match_form *form)
{
    d->event = event;
    d->form = form;
    d->failed = false;
    d->n_hits_by = 0;
    ak_arena_rewind(d->texts_arena, d->texts_start);
    ak_match_next_epoch(d);
}

/* Hits of the event at hand, by number of the rule. */
static size_t give_hits(struct ak_detector *d, const struct ak_hit **out_hits)
{
    size_t n = d->n_hits_by;
    for (size_t i = 1; i < n; i++) {
        uint32_t number = d->hits_by[i];
        size_t at = i;
        for (; at && d->instances[d->hits_by[at - 1]].rule > d->instances[number].rule; at--)
            d->hits_by[at] = d->hits_by[at - 1];
        d->hits_by[at] = number;
    }
    struct ak_hit *hits = n ? AK_NEW_N(d->texts_arena, struct ak_hit, n) : NULL;
    if (n && !hits) {
        d->failed = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        ak_match_fill_hit(d, d->hits_by[i], &hits[i]);
    *out_hits = hits;
    return n;
}

size_t ak_detector_look(struct ak_detector *d, const struct ak_event *event,
                        const struct ak_hit **out_hits)
{
    struct ak_match_form *form = ak_match_form_of(d, event->shape);
    *out_hits = NULL;
    d->waits = false;
    if (!form)
        d->misses++;
    if (!form || form->n_classes == 0)
        return 0;
    begin(d, event, form);
    d->program = d->programs ? program_of(d) : NULL;
    struct ak_match_kind *k = ak_match_kind_of(d);
    if (!k) {
        d->misses++;
        return 0;
    }
    for (size_t i = 0; i < k->n_classes; i++)
        d->classes[k->classes[i]].seen++;
    d->waits = k->n_waiting > 0;
    for (size_t i = 0; i < k->n_waiting; i++)
        d->classes[k->waiting[i]].waiting++;
    for (size_t i = 0; i < k->n_always; i++)
        try_instance(d, k->always[i]);
    for (size_t i = 0; i < k->n_looks; i++)
        look_at(d, k, &k->looks[i]);
    size_t n = give_hits(d, out_hits);
    d->misses += d->failed;
    return n;
}
