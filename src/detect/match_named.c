/* match_named.c - which fields a rule's hits carry: those the rule tests, those its
 * author wants shown, and those correlations over it group by, count or sum. */
#include "detect/match_parts.h"

enum { CORRELATION_DEPTH = 64, NODES_MAX = 1 << 18 };

/* Names under way: for each rule a list. */
struct naming {
    struct ak_detector *d;
    size_t left; /* nodes that may still be looked at for this rule: they may be shared */
    struct name {
        struct ak_str name;
        struct name *next;
    } * *first, **last;
};

static bool add(struct naming *n, uint32_t rule, struct ak_str name)
{
    if (name.n == 0 || n->d->named[rule].n == AK_HIT_FIELDS_MAX)
        return true;
    for (const struct name *at = n->first[rule]; at; at = at->next)
        if (ak_str_eq(at->name, name))
            return true;
    struct name *new = AK_NEW(n->d->arena, struct name);
    if (!new)
        return false;
    new->name = name;
    if (n->last[rule])
        n->last[rule]->next = new;
    else
        n->first[rule] = new;
    n->last[rule] = new;
    n->d->named[rule].n++;
    return true;
}

static bool add_tested(struct naming *n, uint32_t rule, const struct ak_node *node)
{
    if (n->left == 0)
        return true;
    n->left--;
    if (node->kind != AK_NODE_ITEM) {
        for (size_t i = 0; i < node->n; i++)
            if (!add_tested(n, rule, node->children[i]))
                return false;
        return true;
    }
    if (!add(n, rule, node->item->field))
        return false;
    for (size_t i = 0; i < node->item->n; i++)
        if (node->item->tests[i].op == AK_TEST_FIELD &&
            !add(n, rule, node->item->tests[i].field.name))
            return false;
    return true;
}

static bool add_all(struct naming *n, uint32_t rule, const struct ak_str *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++)
        if (!add(n, rule, names[i]))
            return false;
    return true;
}

/* What correlation c wants of a rule, and of the rules behind that one when it is
 * a correlation itself. */
static bool add_wanted(struct naming *n, const struct ak_correlation *c, uint32_t rule,
                       unsigned depth)
{
    const struct ak_rules *rules = n->d->rules;
    if (rule >= rules->n || depth == CORRELATION_DEPTH)
        return true;
    const struct ak_correlation *inner = rules->rules[rule].correlation;
    for (size_t i = 0; inner && i < inner->n_rules; i++)
        if (inner->rules[i] < rule && !add_wanted(n, c, inner->rules[i], depth + 1))
            return false;
    if (inner)
        return true;
    for (size_t i = 0; i < c->n_aliases; i++)
        if (c->aliases[i].rule == rule && !add(n, rule, c->aliases[i].field))
            return false;
    return add_all(n, rule, c->group_by, c->n_group_by) && add_all(n, rule, c->fields, c->n_fields);
}

static bool flatten(struct naming *n)
{
    for (size_t r = 0; r < n->d->rules->n; r++) {
        struct ak_match_named *named = &n->d->named[r];
        struct ak_str *names = AK_NEW_N(n->d->arena, struct ak_str, named->n + 1);
        if (!names)
            return false;
        size_t k = 0;
        for (const struct name *at = n->first[r]; at; at = at->next)
            names[k++] = at->name;
        named->names = names;
    }
    return true;
}

static bool add_correlations(struct naming *n)
{
    const struct ak_rules *rules = n->d->rules;
    for (size_t r = 0; r < rules->n; r++) {
        const struct ak_correlation *c = rules->rules[r].correlation;
        for (size_t i = 0; c && i < c->n_rules; i++)
            if (c->rules[i] < rules->n && !add_wanted(n, c, c->rules[i], 0))
                return false;
    }
    return true;
}

bool ak_match_name_fields(struct ak_detector *d)
{
    size_t n_rules = d->rules->n;
    struct naming n = { d, 0, AK_NEW_N(d->arena, struct name *, n_rules + 1),
                        AK_NEW_N(d->arena, struct name *, n_rules + 1) };
    d->named = AK_NEW_N(d->arena, struct ak_match_named, n_rules + 1);
    if (!n.first || !n.last || !d->named)
        return false;
    for (size_t r = 0; r < n_rules; r++) {
        const struct ak_rule *rule = &d->rules->rules[r];
        n.left = NODES_MAX;
        if (rule->when && !add_tested(&n, (uint32_t)r, rule->when))
            return false;
        if (rule->when && !add_all(&n, (uint32_t)r, rule->fields, rule->n_fields))
            return false;
    }
    return add_correlations(&n) && flatten(&n);
}

/* ---- the fields of a hit ---- */

/* At most as much as a hit carries, cut at a character. */
static struct ak_str cut(struct ak_str text)
{
    if (text.n <= AK_HIT_VALUE_MAX)
        return text;
    text.n = AK_HIT_VALUE_MAX;
    while (text.n && ((unsigned char)text.at[text.n] & 0xC0) == 0x80)
        text.n--;
    return text;
}

/* All values of a source, one a line; false when there is none. */
static bool value_of(struct ak_detector *d, uint32_t source, struct ak_str *out)
{
    size_t at = 0, n = 0;
    uint32_t text;
    d->lines.n = 0;
    for (; ak_match_next_value(d, source, &at, &text) && d->lines.n <= AK_HIT_VALUE_MAX; n++) {
        if (n)
            ak_buf_u8(&d->lines, '\n');
        ak_buf_str(&d->lines, ak_match_raw(d, text));
    }
    struct ak_str all = cut(ak_buf_view(&d->lines));
    char *to = n ? ak_match_room(d, all.n) : NULL;
    if (to && all.n)
        memcpy(to, all.at, all.n);
    *out = (struct ak_str){ to, all.n };
    return to;
}

/* Does the rule name what only the program's file says? */
static bool names_program(struct ak_detector *d, const struct ak_match_instance *in)
{
    for (size_t i = 0; i < d->named[in->rule].n; i++)
        if (d->sources[in->named[i]].how == AK_MAP_IMAGE)
            return true;
    return false;
}

void ak_match_fill_hit(struct ak_detector *d, uint32_t instance, struct ak_hit *hit)
{
    const struct ak_match_instance *in = &d->instances[instance];
    const struct ak_match_named *named = &d->named[in->rule];
    struct ak_hit_field *fields = AK_NEW_N(d->texts_arena, struct ak_hit_field, named->n + 2);
    *hit = (struct ak_hit){ .rule = in->rule, .class_number = in->class_number, .fields = fields };
    if (!fields)
        d->failed = true;
    for (size_t i = 0; i < named->n && fields; i++) {
        struct ak_str value;
        if (value_of(d, in->named[i], &value))
            fields[hit->n_fields++] = (struct ak_hit_field){ named->names[i], value };
    }
    if (fields && d->program && names_program(d, in))
        fields[hit->n_fields++] =
            (struct ak_hit_field){ AK_STR(AK_HIT_PROGRAM), d->program->texts[AK_PROGRAM_SOURCE] };
}
