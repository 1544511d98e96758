/* rule_fuzz.c - whatever a file of rules says, what comes out of it can be relied on:
 * every line lies in the file, every tree is whole and no deeper than it may be, and
 * correlations refer to rules that are there, other correlations before themselves. */
#include "detect/rules_read.h"

#include <stdlib.h>

enum { DEEP = 4 * AK_RULE_DEPTH_MAX }; /* OR, AND, NOT for each bracket, and filters */

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_item(const struct ak_rule_item *item)
{
    must(item && item->n > 0 && item->tests && item->n <= AK_RULE_TESTS_MAX);
    for (size_t i = 0; i < item->n; i++) {
        const struct ak_test *t = &item->tests[i];
        must(t->op != AK_TEST_REGEX || t->regex);
        must(t->op != AK_TEST_PATTERN || t->pattern.n > 0);
        must(t->op != AK_TEST_CIDR || t->cidr.bits <= (t->cidr.is_v6 ? 128 : 32));
        must(t->op != AK_TEST_FIELD || t->field.name.n > 0);
        must(item->field.n || t->op == AK_TEST_PATTERN || t->op == AK_TEST_REGEX ||
             t->op == AK_TEST_CIDR);
    }
}

/* Nodes may be shared: a budget keeps the walk short. */
static void check_tree(const struct ak_node *node, unsigned depth, size_t *budget)
{
    must(node && depth < DEEP);
    if (*budget == 0)
        return;
    --*budget;
    if (node->kind == AK_NODE_ITEM) {
        check_item(node->item);
        return;
    }
    must(node->n > 0 && (node->kind != AK_NODE_NOT || node->n == 1));
    for (size_t i = 0; i < node->n; i++)
        check_tree(node->children[i], depth + 1, budget);
}

static void check_correlation(const struct ak_rules *rules, size_t at)
{
    const struct ak_correlation *c = rules->rules[at].correlation;
    must(c->n_rules > 0 && c->timespan_ns > 0 && c->n_bounds <= AK_BOUNDS_MAX);
    for (size_t i = 0; i < c->n_rules; i++)
        must(c->rules[i] < rules->n &&
             (!rules->rules[c->rules[i]].correlation || c->rules[i] < at));
    for (size_t i = 0; i < c->n_aliases; i++)
        must(c->aliases[i].rule < rules->n && c->aliases[i].field.n > 0);
}

static void check_rules(const struct ak_rules *rules, uint32_t lines)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct ak_rule *r = &rules->rules[i];
        size_t budget = 10000;
        must(r->title.n > 0 && r->line > 0 && r->line <= lines && !r->when != !r->correlation);
        if (r->when)
            check_tree(r->when, 0, &budget);
        else
            check_correlation(rules, i);
    }
    for (size_t i = 0; i < rules->n_problems; i++)
        must(rules->problems[i].what && rules->problems[i].what[0] &&
             rules->problems[i].line <= lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char VALUES[] = "Admins: [alice, 'bob*']\nNet: 10.0.0.0/8\n";
    struct ak_rules_options options = { n % 2 ? AK_FILTER_KEEPS : AK_FILTER_SUPPRESSES,
                                        { (const uint8_t *)VALUES, sizeof(VALUES) - 1 },
                                        AK_STR("p.yml") };
    struct ak_rule_file file = { AK_STR("fuzz.yml"), { data, n } };
    struct ak_arena *arena = ak_arena_new(n % 7 ? (size_t)256 << 20 : 4096);
    struct ak_rules rules;
    uint32_t lines = 1;
    for (size_t i = 0; i < n; i++)
        lines += data[i] == '\n' || data[i] == '\r' ||
                 data[i] >= 0x80; /* NEL and others break lines too */
    if (arena && ak_rules_read(arena, &file, 1, &options, &rules) == AK_OK)
        check_rules(&rules, lines);
    ak_arena_free(arena);
    return 0;
}
