/* detect_compare_main.c - akashi-detect-compare RULES SEED ROUNDS FILE...: does the matcher
 * find what trying every rule on every event finds?
 *
 * Each round takes a random part of the rules (the first takes all) and goes over the
 * files.  Every event is looked at as it is, and again with some texts replaced by what
 * a random rule asks for, so that hits are many.  Everything follows from the seed. */
#include "detect_load.h"
#include "plain_match.h"

#include "base/encoding.h"
#include "detect/match.h"

#include <stdio.h>
#include <stdlib.h>

struct comparing {
    const struct ak_rules *rules;
    const struct ak_maps *maps;
    struct ak_detector *detector;
    bool *plain, *found;
    uint64_t random, every, n_events, n_hits, n_wrong;
    struct ak_value values[AK_EVENT_FIELDS_MAX];
    char texts[64][2048];
    size_t n_texts;
};

static uint64_t next(struct comparing *c)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 7;
    return c->random ^= c->random << 17;
}

static void compare(struct comparing *c, const struct ak_event *e, const char *how)
{
    const struct ak_hit *hits;
    size_t n = ak_detector_look(c->detector, e, &hits);
    plain_match(c->rules, c->maps, e, c->plain);
    memset(c->found, 0, c->rules->n);
    for (size_t i = 0; i < n; i++)
        c->found[hits[i].rule] = true;
    c->n_events++;
    c->n_hits += n;
    for (size_t r = 0; r < c->rules->n; r++) {
        if (c->found[r] == c->plain[r])
            continue;
        const struct ak_rule *rule = &c->rules->rules[r];
        if (c->n_wrong++ < 20)
            printf("%s event at %llu: rule %.*s (%.*s) %s\n", how, (unsigned long long)e->offset,
                   (int)rule->id.n, rule->id.at, (int)rule->title.n, rule->title.at,
                   c->found[r] ? "should not fire" : "should fire");
    }
}

/* A text that the pattern matches. */
static struct ak_str text_for(struct comparing *c, const struct ak_pattern *p)
{
    char *to = c->texts[c->n_texts++];
    size_t n = 0;
    for (size_t i = 0; i < p->n && n + p->pieces[i].text.n + 8 < sizeof(c->texts[0]); i++) {
        if (p->pieces[i].kind == AK_PIECE_TEXT) {
            memcpy(to + n, p->pieces[i].text.at, p->pieces[i].text.n);
            n += p->pieces[i].text.n;
        } else if (p->pieces[i].kind == AK_PIECE_ONE || next(c) % 2) {
            to[n++] = "x.\\ "[next(c) % 4];
        }
    }
    return (struct ak_str){ to, n };
}

/* The value that the rule's field has in this event; NULL when it has none. */
static struct ak_value *value_of(struct comparing *c, const struct ak_event *e, struct ak_str field)
{
    for (size_t i = 0; i < e->shape->n; i++)
        if (ak_str_ends(e->shape->names[i], field) && e->shape->names[i].n > field.n &&
            e->shape->names[i].at[e->shape->names[i].n - field.n - 1] == '.')
            return &c->values[i];
    return NULL;
}

/* Make it true, more or less. */
static void fulfil(struct comparing *c, const struct ak_event *e, const struct ak_node *node)
{
    if (node->kind == AK_NODE_NOT)
        return;
    for (size_t i = 0; i < node->n; i++)
        if (node->kind == AK_NODE_AND || next(c) % 2)
            fulfil(c, e, node->children[i]);
    if (node->kind != AK_NODE_ITEM || node->item->n == 0 || c->n_texts >= 60)
        return;
    const struct ak_test *t = &node->item->tests[next(c) % node->item->n];
    struct ak_value *v = value_of(c, e, node->item->field);
    bool is_text =
        v && (v->type == AK_TYPE_STR || v->type == AK_TYPE_STR16 || v->type == AK_TYPE_NONE);
    if (is_text && t->op == AK_TEST_PATTERN)
        *v = ak_val_str(text_for(c, &t->pattern));
}

/* A rule that is about events like the last one. */
static const struct ak_rule *any_rule(struct comparing *c, const uint64_t *seen_before)
{
    for (int tries = 0; tries < 400; tries++) {
        uint32_t r = (uint32_t)(next(c) % c->rules->n);
        for (size_t k = 0; k < c->maps->n; k++)
            if (ak_detector_seen(c->detector, k) != seen_before[k] &&
                ak_detector_bound_to(c->detector, r, k))
                return &c->rules->rules[r];
    }
    return NULL;
}

static void see(void *self, const struct ak_event *e)
{
    struct comparing *c = self;
    if (next(c) % c->every)
        return;
    uint64_t seen[512] = { 0 };
    for (size_t k = 0; k < c->maps->n && k < 512; k++)
        seen[k] = ak_detector_seen(c->detector, k);
    compare(c, e, "recorded");
    for (int i = 0; i < 2; i++) {
        struct ak_event changed = *e;
        memcpy(c->values, e->values, e->shape->n * sizeof(*c->values));
        changed.values = c->values;
        c->n_texts = 0;
        for (uint64_t k = 0, n = 1 + next(c) % 2; k < n; k++) {
            const struct ak_rule *rule = any_rule(c, seen);
            if (rule)
                fulfil(c, e, rule->when);
        }
        compare(c, &changed, "changed");
    }
}

static struct ak_rules some_of(struct comparing *c, struct ak_arena *arena,
                               const struct ak_rules *all, unsigned percent)
{
    struct ak_rule *rules = AK_NEW_N(arena, struct ak_rule, all->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < all->n && rules; i++)
        if (next(c) % 100 < percent && !all->rules[i].correlation)
            rules[n++] = all->rules[i];
    return (struct ak_rules){ .rules = rules, .n = n };
}

int main(int argc, char **argv)
{
    static struct comparing c;
    if (argc < 5)
        return 2;
    ak_encoding_open();
    struct ak_arena *arena = ak_arena_new((size_t)2 << 30);
    struct ak_rules all, some;
    struct ak_maps maps;
    detect_load_rules(arena, argv[1], &all);
    if (ak_maps_builtin(arena, &maps) != AK_OK)
        return 1;
    c.random = strtoull(argv[2], NULL, 10) * 2654435769u + 88172645463325252u;
    c.maps = &maps;
    c.plain = calloc(all.n + 1, 1);
    c.found = calloc(all.n + 1, 1);
    for (unsigned long round = 0; round < strtoul(argv[3], NULL, 10); round++) {
        some = some_of(&c, arena, &all, round == 0 ? 100 : (unsigned)(next(&c) % 20) + 1);
        c.rules = &some;
        c.every = round == 0 ? 8 : 4;
        c.detector = ak_detector_new(&some, &maps);
        if (!c.detector)
            return 1;
        for (int i = 4; i < argc; i++) {
            uint64_t size;
            detect_parse(argv[i], see, &c, &size);
            ak_detector_forget(c.detector);
        }
        ak_detector_free(c.detector);
    }
    printf("%llu events, %llu hits, %llu differences\n", (unsigned long long)c.n_events,
           (unsigned long long)c.n_hits, (unsigned long long)c.n_wrong);
    free(c.plain);
    free(c.found);
    ak_arena_free(arena);
    return c.n_wrong != 0;
}
