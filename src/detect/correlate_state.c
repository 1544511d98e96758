/* correlate_state.c - see correlate_state.h. */
#include "detect/correlate_state.h"

#include "base/fold.h"
#include "base/hash.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 64, ENTRIES_A_BLOCK = 512, HEAP_FIRST = 64 };

struct ak_entry_block {
    struct ak_entry_block *next;
    struct ak_entry entries[ENTRIES_A_BLOCK];
};

void *ak_correlator_take(struct ak_correlator *c, size_t n)
{
    void *at = calloc(1, n);
    if (at)
        c->used += n;
    return at;
}

void ak_correlator_give(struct ak_correlator *c, void *at, size_t n)
{
    if (at)
        c->used -= n;
    free(at);
}

/* ---- tables ---- */

static bool table_grow(struct ak_correlator *c, struct ak_link_table *t)
{
    if (t->n < t->n_slots)
        return true;
    size_t n = t->n_slots ? t->n_slots * 2 : SLOTS_FIRST;
    struct ak_node_link **slots = ak_correlator_take(c, n * sizeof(struct ak_node_link *));
    if (!slots)
        return t->n_slots != 0; /* slower, not wrong */
    for (size_t i = 0; i < t->n_slots; i++) {
        for (struct ak_node_link *at = t->slots[i], *next; at; at = next) {
            next = at->next;
            at->next = slots[at->hash & (n - 1)];
            slots[at->hash & (n - 1)] = at;
        }
    }
    ak_correlator_give(c, t->slots, t->n_slots * sizeof(struct ak_node_link *));
    t->slots = slots;
    t->n_slots = n;
    return true;
}

static bool table_add(struct ak_correlator *c, struct ak_link_table *t, struct ak_node_link *link)
{
    if (!table_grow(c, t))
        return false;
    struct ak_node_link **slot = &t->slots[link->hash & (t->n_slots - 1)];
    link->next = *slot;
    *slot = link;
    t->n++;
    return true;
}

static void table_remove(struct ak_link_table *t, const struct ak_node_link *link)
{
    struct ak_node_link **at = &t->slots[link->hash & (t->n_slots - 1)];
    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    t->n--;
}

static struct ak_node_link *table_first(const struct ak_link_table *t, uint64_t hash)
{
    return t->n_slots ? t->slots[hash & (t->n_slots - 1)] : NULL;
}

/* ---- the heap of what waits ---- */

static bool sooner(const struct ak_group *a, const struct ak_group *b)
{
    if (a->due_ns != b->due_ns)
        return a->due_ns < b->due_ns;
    if (a->of->rank != b->of->rank)
        return a->of->rank < b->of->rank;
    return a->serial < b->serial;
}

static void heap_set(struct ak_correlator *c, size_t at, struct ak_group *g)
{
    c->heap[at] = g;
    g->heap_at = at;
}

static void heap_up(struct ak_correlator *c, struct ak_group *g)
{
    size_t at = g->heap_at;
    while (at && sooner(g, c->heap[(at - 1) / 2])) {
        heap_set(c, at, c->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(c, at, g);
}

static void heap_down(struct ak_correlator *c, struct ak_group *g)
{
    size_t at = g->heap_at;
    for (size_t child; (child = 2 * at + 1) < c->n_heap; at = child) {
        if (child + 1 < c->n_heap && sooner(c->heap[child + 1], c->heap[child]))
            child++;
        if (!sooner(c->heap[child], g))
            break;
        heap_set(c, at, c->heap[child]);
    }
    heap_set(c, at, g);
}

static bool heap_add(struct ak_correlator *c, struct ak_group *g)
{
    if (c->n_heap == c->cap_heap) {
        size_t cap = c->cap_heap ? c->cap_heap * 2 : HEAP_FIRST;
        struct ak_group **heap = realloc(c->heap, cap * sizeof(struct ak_group *));
        if (!heap)
            return false;
        c->used += (cap - c->cap_heap) * sizeof(struct ak_group *);
        c->heap = heap;
        c->cap_heap = cap;
    }
    heap_set(c, c->n_heap++, g);
    heap_up(c, g);
    return true;
}

static void heap_remove(struct ak_correlator *c, struct ak_group *g)
{
    struct ak_group *last = c->heap[--c->n_heap];
    if (last == g)
        return;
    heap_set(c, g->heap_at, last);
    heap_up(c, last);
    heap_down(c, last);
}

void ak_group_wait(struct ak_correlator *c, struct ak_group *g, int64_t due_ns)
{
    g->due_ns = due_ns;
    heap_up(c, g);
    heap_down(c, g);
}

/* ---- groups ---- */

const struct ak_correlate_value *ak_correlation_value(const struct ak_correlation *what,
                                                      struct ak_str name,
                                                      const struct ak_correlate_hit *hit)
{
    for (size_t i = 0; i < what->n_aliases; i++) {
        const struct ak_alias *alias = &what->aliases[i];
        if (alias->rule == hit->rule && ak_str_eq(alias->name, name)) {
            name = alias->field;
            break;
        }
    }
    for (size_t i = 0; i < hit->n_values; i++)
        if (ak_str_eq(hit->values[i].name, name))
            return &hit->values[i];
    return NULL;
}

/* Lengths go along, so that "ab" + "c" is not "a" + "bc". */
static void put_folded(struct ak_buf *to, struct ak_str text)
{
    uint8_t *at = ak_buf_room(to, 4 + text.n / 2 * 3 + 8);
    if (!at)
        return;
    uint32_t n = (uint32_t)ak_fold((char *)at + 4, text);
    memcpy(at, &n, 4);
    ak_buf_wrote(to, 4 + n);
}

bool ak_group_key(struct ak_correlator *c, const struct ak_correlation *what,
                  const struct ak_correlate_hit *hit)
{
    c->key.n = 0;
    for (size_t i = 0; i < what->n_group_by; i++) {
        const struct ak_correlate_value *v = ak_correlation_value(what, what->group_by[i], hit);
        if (!v)
            return false;
        put_folded(&c->key, v->value);
    }
    return !c->key.failed;
}

bool ak_measure_prepare(struct ak_correlator *c, const struct ak_following *f,
                        const struct ak_correlate_hit *hit)
{
    const struct ak_correlate_value *v;
    if (!f->measure->needs_value)
        return true;
    if (f->what->type != AK_CORRELATE_VALUE_COUNT) {
        v = f->what->n_fields ? ak_correlation_value(f->what, f->what->fields[0], hit) : NULL;
        return v && ak_micro_read(v->value, &c->micro);
    }
    c->text.n = 0;
    for (size_t i = 0; i < f->what->n_fields; i++) {
        v = ak_correlation_value(f->what, f->what->fields[i], hit);
        if (!v)
            return false;
        put_folded(&c->text, v->value);
    }
    return c->text.n && !c->text.failed;
}

/* The group's values as the hit has them: the people who read want them unfolded. */
static void show(struct ak_group *g, const struct ak_correlation *what,
                 const struct ak_correlate_hit *hit)
{
    char *to = g->key + g->key_n;
    for (size_t i = 0; i < what->n_group_by; i++) {
        struct ak_str text = ak_correlation_value(what, what->group_by[i], hit)->value;
        if (text.n)
            memcpy(to, text.at, text.n);
        g->shown[i] = (struct ak_correlate_value){ what->group_by[i], { to, text.n } };
        to += text.n;
    }
}

static size_t texts_of(const struct ak_correlation *what, const struct ak_correlate_hit *hit)
{
    size_t n = 0;
    for (size_t i = 0; i < what->n_group_by; i++)
        n += ak_correlation_value(what, what->group_by[i], hit)->value.n;
    return n;
}

static void group_release(struct ak_correlator *c, struct ak_group *g)
{
    const struct ak_correlation *what = g->of->what;
    ak_correlator_give(c, g->burst, sizeof(struct ak_burst));
    ak_correlator_give(c, g->counts, g->of->n_slots * sizeof(uint64_t));
    ak_correlator_give(c, g->starts, what->n_rules * sizeof(int64_t));
    ak_correlator_give(c, g->shown, what->n_group_by * sizeof(struct ak_correlate_value));
    ak_correlator_give(c, g, sizeof(*g) + g->key_n + g->texts_n);
}

/* What its type needs; false when memory ran out. */
static bool group_arrays(struct ak_correlator *c, struct ak_group *g)
{
    const struct ak_correlation *what = g->of->what;
    bool ordered = what->type == AK_CORRELATE_TEMPORAL_ORDERED;
    if (ordered || what->type == AK_CORRELATE_TEMPORAL) {
        g->counts = ak_correlator_take(c, g->of->n_slots * sizeof(uint64_t));
        if (!g->counts)
            return false;
    }
    if (ordered) {
        g->starts = ak_correlator_take(c, what->n_rules * sizeof(int64_t));
        if (!g->starts)
            return false;
        ak_measure_restart(g);
    }
    if (what->n_group_by)
        g->shown = ak_correlator_take(c, what->n_group_by * sizeof(struct ak_correlate_value));
    return g->shown || !what->n_group_by;
}

static struct ak_group *group_new(struct ak_correlator *c, struct ak_following *f,
                                  const struct ak_correlate_hit *hit, uint64_t hash)
{
    size_t texts_n = texts_of(f->what, hit);
    struct ak_group *g = ak_correlator_take(c, sizeof(*g) + c->key.n + texts_n);
    if (!g)
        return NULL;
    g->link.hash = hash;
    g->of = f;
    g->key_n = c->key.n;
    g->texts_n = texts_n;
    g->serial = c->serial++;
    if (c->key.n)
        memcpy(g->key, c->key.at, c->key.n);
    g->due_ns = ak_later(c->now_ns, f->what->timespan_ns);
    if (!group_arrays(c, g) || !table_add(c, &c->groups, &g->link)) {
        group_release(c, g);
        return NULL;
    }
    if (!heap_add(c, g)) {
        table_remove(&c->groups, &g->link);
        group_release(c, g);
        return NULL;
    }
    show(g, f->what, hit);
    return g;
}

struct ak_group *ak_group_get(struct ak_correlator *c, struct ak_following *f,
                              const struct ak_correlate_hit *hit)
{
    uint64_t hash =
        ak_hash_mix(ak_hash(c->key.at, c->key.n) ^ f->rank, UINT64_C(0xD6E8FEB86659FD93));
    for (struct ak_node_link *at = table_first(&c->groups, hash); at; at = at->next) {
        struct ak_group *g = (struct ak_group *)(void *)at;
        if (at->hash == hash && g->of == f && g->key_n == c->key.n &&
            (!g->key_n || memcmp(g->key, c->key.at, g->key_n) == 0))
            return g;
    }
    return group_new(c, f, hit, hash);
}

void ak_group_free(struct ak_correlator *c, struct ak_group *g)
{
    while (g->first)
        ak_entry_drop_first(c, g);
    heap_remove(c, g);
    table_remove(&c->groups, &g->link);
    group_release(c, g);
}

/* ---- entries ---- */

static bool entries_more(struct ak_correlator *c)
{
    struct ak_entry_block *block = calloc(1, sizeof(*block));
    if (!block)
        return false;
    block->next = c->blocks;
    c->blocks = block;
    for (size_t i = 0; i < ENTRIES_A_BLOCK; i++) {
        block->entries[i].next = c->spare;
        c->spare = &block->entries[i];
    }
    return true;
}

struct ak_entry *ak_entry_get(struct ak_correlator *c)
{
    if (!c->spare && !entries_more(c))
        return NULL;
    struct ak_entry *e = c->spare;
    c->spare = e->next;
    *e = (struct ak_entry){ 0 };
    c->used += sizeof(*e);
    return e;
}

void ak_entry_put_back(struct ak_correlator *c, struct ak_entry *e)
{
    ak_correlator_give(c, e->inner, sizeof(*e->inner));
    e->inner = NULL;
    e->next = c->spare;
    c->spare = e;
    c->used -= sizeof(*e);
}

static uint64_t events_of(const struct ak_entry *e)
{
    return e->inner ? e->inner->n_events : !e->repeats;
}

void ak_entry_append(struct ak_correlator *c, struct ak_group *g, struct ak_entry *e)
{
    e->group = g;
    e->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
    *(g->last ? &g->last->next : &g->first) = e;
    g->last = e;
    if (!g->fresh)
        g->fresh = e;
    g->n_entries++;
    g->n_events += events_of(e);
}

void ak_entry_drop_first(struct ak_correlator *c, struct ak_group *g)
{
    struct ak_entry *e = g->first;
    g->of->measure->remove(c, g, e);
    g->first = e->next;
    if (!g->first)
        g->last = NULL;
    if (g->fresh == e)
        g->fresh = e->next;
    g->n_entries--;
    g->n_events -= events_of(e);
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    ak_entry_put_back(c, e);
}

/* ---- distinct values ---- */

struct ak_distinct *ak_distinct_get(struct ak_correlator *c, const struct ak_group *g)
{
    uint64_t hash =
        ak_hash_mix(ak_hash(c->text.at, c->text.n) ^ g->serial, UINT64_C(0x9E3779B97F4A7C15));
    for (struct ak_node_link *at = table_first(&c->distincts, hash); at; at = at->next) {
        struct ak_distinct *d = (struct ak_distinct *)(void *)at;
        if (at->hash == hash && d->group == g && d->n == c->text.n &&
            memcmp(d->text, c->text.at, d->n) == 0)
            return d;
    }
    struct ak_distinct *d = ak_correlator_take(c, sizeof(*d) + c->text.n);
    if (!d)
        return NULL;
    *d = (struct ak_distinct){ .link.hash = hash, .group = g, .n = c->text.n };
    memcpy(d->text, c->text.at, d->n);
    if (table_add(c, &c->distincts, &d->link))
        return d;
    ak_correlator_give(c, d, sizeof(*d) + c->text.n);
    return NULL;
}

void ak_distinct_drop(struct ak_correlator *c, struct ak_distinct *d)
{
    table_remove(&c->distincts, &d->link);
    ak_correlator_give(c, d, sizeof(*d) + d->n);
}

void ak_correlator_drop_all(struct ak_correlator *c)
{
    while (c->n_heap)
        ak_group_free(c, c->heap[c->n_heap - 1]);
    free(c->heap);
    free(c->groups.slots);
    free(c->distincts.slots);
    for (struct ak_entry_block *block = c->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    ak_buf_free(&c->key);
    ak_buf_free(&c->text);
}
