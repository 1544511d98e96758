/* rules_join.c - see rules_entries.h: references between documents, and numbers. */
#include "base/hash.h"
#include "detect/rules_entries.h"

#include <stdlib.h>

/* ---- index ---- */

/* Open addressing.  A name that several rules have points to no entry. */
struct slot {
    struct ak_str key;
    struct ak_rule_entry *entry;
    bool used;
};

struct ak_rule_index {
    struct slot *ids, *names;
    size_t size; /* a power of two, at least twice the entries */
};

static struct slot *slot_of(struct slot *slots, size_t size, struct ak_str key)
{
    size_t at = ak_hash_str(key) & (size - 1);
    while (slots[at].used && !ak_str_eq(slots[at].key, key))
        at = (at + 1) & (size - 1);
    return &slots[at];
}

static enum ak_status index_one(struct ak_rules_reading *g, struct ak_rule_entry *e)
{
    struct ak_rule_index *index = g->index;
    if (e->rule.id.n) {
        struct slot *slot = slot_of(index->ids, index->size, e->rule.id);
        if (slot->used) {
            e->state = AK_ENTRY_REFUSED;
            ak_rule_begin(&g->reader);
            if (ak_rule_wrong(&g->reader, e->rule.line, "another rule has this id", e->rule.id) !=
                AK_OK)
                return ak_rules_problem(g, &e->rule, e->file_place);
        }
        *slot = (struct slot){ e->rule.id, e, true };
    }
    if (e->rule.name.n) {
        struct slot *slot = slot_of(index->names, index->size, e->rule.name);
        *slot = (struct slot){ e->rule.name, slot->used ? NULL : e, true };
    }
    return AK_OK;
}

enum ak_status ak_rules_index(struct ak_rules_reading *g)
{
    size_t size = 16;
    while (size < 2 * g->n_entries)
        size *= 2;
    g->index = AK_NEW(g->keep, struct ak_rule_index);
    if (!g->index)
        return AK_ERR_LIMIT;
    *g->index = (struct ak_rule_index){ AK_NEW_N(g->keep, struct slot, size),
                                        AK_NEW_N(g->keep, struct slot, size), size };
    if (!g->index->ids || !g->index->names)
        return AK_ERR_LIMIT;
    enum ak_status status = AK_OK;
    for (struct ak_rule_entry *e = g->first; e && status == AK_OK; e = e->next)
        if (e->kind != AK_DOCUMENT_FILTER)
            status = index_one(g, e);
    return status;
}

enum ak_status ak_rules_find(struct ak_rules_reading *g, struct ak_str reference, uint32_t line,
                             struct ak_rule_entry **out)
{
    struct ak_arena_mark mark = ak_arena_mark(g->reader.arena);
    struct ak_str lower;
    if (ak_rule_lower(&g->reader, reference, &lower) != AK_OK)
        return AK_ERR_LIMIT;
    struct slot *slot = slot_of(g->index->ids, g->index->size, lower);
    struct ak_rule_entry *found = slot->used ? slot->entry : NULL;
    ak_arena_rewind(g->reader.arena, mark);
    if (!found) {
        slot = slot_of(g->index->names, g->index->size, reference);
        if (slot->used && !slot->entry)
            return ak_rule_wrong(&g->reader, line, "a reference to a name that several rules have",
                                 reference);
        found = slot->entry;
    }
    if (!found)
        return ak_rule_wrong(&g->reader, line, "a reference to a rule that is not there",
                             reference);
    *out = found;
    return AK_OK;
}

/* ---- correlations find their rules ---- */

/* Correlations being resolved, each because of the one before it. */
struct chain {
    struct ak_rules_reading *g;
    struct ak_rule_entry *open[AK_RULE_DEPTH_MAX];
    size_t depth;
    struct ak_rule_entry **order; /* what is numbered */
    size_t n_order;
};

static struct ak_str shown(const struct ak_rule_entry *e)
{
    return e->rule.name.n ? e->rule.name : e->rule.id.n ? e->rule.id : e->rule.title;
}

/* "a -> b -> a" */
static enum ak_status wrong_cycle(struct chain *c, const struct ak_rule_entry *again, uint32_t line)
{
    size_t from = 0, size = shown(again).n, n = 0;
    while (c->open[from] != again)
        from++;
    for (size_t i = from; i < c->depth; i++)
        size += shown(c->open[i]).n + 4;
    char *text = AK_NEW_N(c->g->keep, char, size);
    if (!text)
        return AK_ERR_LIMIT;
    for (size_t i = from; i <= c->depth; i++) {
        struct ak_str name = shown(i < c->depth ? c->open[i] : again);
        memcpy(text + n, name.at, name.n);
        n += name.n;
        if (i < c->depth)
            memcpy(text + n, " -> ", 4);
        n += i < c->depth ? 4 : 0;
    }
    return ak_rule_wrong(&c->g->reader, line, "correlations that refer to each other in a circle",
                         (struct ak_str){ text, n });
}

static enum ak_status resolve(struct chain *c, struct ak_rule_entry *e);

static enum ak_status resolve_target(struct chain *c, const struct ak_yaml *reference,
                                     struct ak_rule_entry **out)
{
    struct ak_rule_reader *r = &c->g->reader;
    enum ak_status status = ak_rules_find(c->g, reference->text, reference->line, out);
    if (status != AK_OK || (*out)->kind == AK_DOCUMENT_RULE)
        return status;
    if ((*out)->state == AK_ENTRY_OPEN)
        return wrong_cycle(c, *out, reference->line);
    if ((*out)->state == AK_ENTRY_NEW && c->depth == AK_RULE_DEPTH_MAX)
        return ak_rule_wrong(r, reference->line,
                             "correlations upon correlations, more than the limit",
                             reference->text);
    if ((*out)->state == AK_ENTRY_NEW)
        status = resolve(c, *out);
    if (status == AK_OK && (*out)->state == AK_ENTRY_REFUSED)
        return ak_rule_wrong(r, reference->line, "a reference to a correlation that is refused",
                             reference->text);
    return status;
}

/* Mark what the correlation names, so that looking it up needs no search.  In an order
 * a rule may stand twice: A, then B, then A again. */
static enum ak_status mark_targets(struct chain *c, const struct ak_rule_entry *e)
{
    const struct ak_yaml *reference = e->draft.rules;
    for (size_t i = 0; i < e->draft.n_rules; i++, reference = reference->next) {
        if (e->targets[i]->named_by == e && e->draft.what.type != AK_CORRELATE_TEMPORAL_ORDERED)
            return ak_rule_wrong(&c->g->reader, reference->line,
                                 "a correlation that names a rule twice", reference->text);
        e->targets[i]->named_by = e;
    }
    return AK_OK;
}

static enum ak_status resolve_aliases(struct chain *c, const struct ak_rule_entry *e)
{
    for (size_t i = 0; i < e->draft.n_aliases; i++) {
        const struct ak_alias_draft *alias = &e->draft.aliases[i];
        struct ak_rule_entry *rule;
        enum ak_status status = ak_rules_find(c->g, alias->rule, alias->line, &rule);
        if (status != AK_OK)
            return status;
        if (rule->named_by != e)
            return ak_rule_wrong(&c->g->reader, alias->line,
                                 "an alias for a rule that the correlation does not refer to",
                                 alias->rule);
    }
    return AK_OK;
}

static enum ak_status resolve_all(struct chain *c, struct ak_rule_entry *e)
{
    const struct ak_yaml *reference = e->draft.rules;
    e->targets = AK_NEW_N(c->g->keep, struct ak_rule_entry *, e->draft.n_rules);
    if (!e->targets)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < e->draft.n_rules; i++, reference = reference->next) {
        enum ak_status status = resolve_target(c, reference, &e->targets[i]);
        if (status != AK_OK)
            return status;
    }
    enum ak_status status = mark_targets(c, e);
    return status == AK_OK ? resolve_aliases(c, e) : status;
}

/* What goes wrong makes this entry refused; only a spent arena is an error. */
static enum ak_status resolve(struct chain *c, struct ak_rule_entry *e)
{
    e->state = AK_ENTRY_OPEN;
    c->open[c->depth++] = e;
    enum ak_status status = resolve_all(c, e);
    c->depth--;
    e->state = status == AK_OK ? AK_ENTRY_DONE : AK_ENTRY_REFUSED;
    if (status == AK_OK)
        c->order[c->n_order++] = e;
    return status == AK_ERR_CORRUPT ? ak_rules_problem(c->g, &e->rule, e->file_place) : status;
}

/* ---- numbers ---- */

static enum ak_status write_correlation(struct ak_rules_reading *g, const struct ak_rule_entry *e,
                                        struct ak_rule *out)
{
    struct ak_correlation *what = AK_NEW(g->reader.arena, struct ak_correlation);
    uint32_t *rules = AK_NEW_N(g->reader.arena, uint32_t, e->draft.n_rules);
    struct ak_alias *aliases = AK_NEW_N(g->reader.arena, struct ak_alias, e->draft.n_aliases);
    if (!what || !rules || !aliases)
        return AK_ERR_LIMIT;
    *what = e->draft.what;
    for (size_t i = 0; i < e->draft.n_rules; i++)
        rules[i] = e->targets[i]->number;
    for (size_t i = 0; i < e->draft.n_aliases; i++) {
        const struct ak_alias_draft *from = &e->draft.aliases[i];
        struct ak_rule_entry *rule;
        enum ak_status status = ak_rules_find(g, from->rule, from->line, &rule);
        if (status != AK_OK || ak_rule_text(&g->reader, from->name, &aliases[i].name) != AK_OK ||
            ak_rule_text(&g->reader, from->field, &aliases[i].field) != AK_OK)
            return AK_ERR_LIMIT;
        aliases[i].rule = rule->number;
    }
    what->rules = rules;
    what->n_rules = e->draft.n_rules;
    what->aliases = aliases;
    what->n_aliases = e->draft.n_aliases;
    out->correlation = what;
    return AK_OK;
}

static void hear(const struct ak_rule_entry *e)
{
    for (size_t i = 0; i < e->draft.n_rules; i++) {
        e->targets[i]->fed = true;
        e->targets[i]->loud = e->targets[i]->loud || e->draft.what.generate;
    }
}

static enum ak_status write_rules(struct ak_rules_reading *g, struct ak_rule_entry **order,
                                  size_t n, struct ak_rules *out)
{
    struct ak_rule *rules = AK_NEW_N(g->reader.arena, struct ak_rule, n);
    if (!rules)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < n; i++) {
        order[i]->number = (uint32_t)i;
        if (order[i]->kind == AK_DOCUMENT_CORRELATION)
            hear(order[i]);
    }
    for (size_t i = 0; i < n; i++) {
        rules[i] = order[i]->rule;
        rules[i].silent = order[i]->fed && !order[i]->loud;
        if (order[i]->kind == AK_DOCUMENT_CORRELATION &&
            write_correlation(g, order[i], &rules[i]) != AK_OK)
            return AK_ERR_LIMIT;
    }
    out->rules = rules;
    out->n = n;
    return AK_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct ak_problem_entry *const *p = a, *const *q = b;
    if ((*p)->file_place != (*q)->file_place)
        return (*p)->file_place < (*q)->file_place ? -1 : 1;
    if ((*p)->problem.line != (*q)->problem.line)
        return (*p)->problem.line < (*q)->problem.line ? -1 : 1;
    return (*p)->place < (*q)->place ? -1 : (*p)->place > (*q)->place;
}

static enum ak_status write_problems(struct ak_rules_reading *g, struct ak_rules *out)
{
    struct ak_problem_entry **sorted = AK_NEW_N(g->keep, struct ak_problem_entry *, g->n_problems);
    struct ak_rule_problem *problems =
        AK_NEW_N(g->reader.arena, struct ak_rule_problem, g->n_problems);
    size_t n = 0;
    if (!sorted || !problems)
        return AK_ERR_LIMIT;
    for (struct ak_problem_entry *p = g->problems; p; p = p->next)
        sorted[n++] = p;
    qsort(sorted, n, sizeof(struct ak_problem_entry *), by_place);
    for (size_t i = 0; i < n; i++)
        problems[i] = sorted[i]->problem;
    out->problems = problems;
    out->n_problems = n;
    return AK_OK;
}

/* In the order of documents; a correlation stands behind those it refers to. */
enum ak_status ak_rules_join(struct ak_rules_reading *g, struct ak_rules *out)
{
    struct chain c = { .g = g, .order = AK_NEW_N(g->keep, struct ak_rule_entry *, g->n_entries) };
    struct ak_rules rules = { .n_filters = g->n_filters };
    if (!c.order)
        return AK_ERR_LIMIT;
    enum ak_status status = AK_OK;
    for (struct ak_rule_entry *e = g->first; e && status == AK_OK; e = e->next) {
        if (e->kind == AK_DOCUMENT_FILTER || e->state != AK_ENTRY_NEW)
            continue;
        if (e->kind == AK_DOCUMENT_RULE) {
            e->state = AK_ENTRY_DONE;
            c.order[c.n_order++] = e;
            continue;
        }
        ak_rule_begin(&g->reader);
        status = resolve(&c, e);
    }
    if (status == AK_OK)
        status = write_rules(g, c.order, c.n_order, &rules);
    if (status == AK_OK)
        status = write_problems(g, &rules);
    if (status == AK_OK)
        *out = rules;
    return status;
}
