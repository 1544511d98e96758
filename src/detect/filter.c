/* filter.c - Sigma's filters: one tuning for many rules.
 *
 * A filter's tree is joined to the tree of every rule it names, as the option says:
 * suppressing what matches it, or keeping only that. */
#include "detect/rules_entries.h"

/* A filter is for the rules of its log source: what it leaves out may be anything. */
static bool covers(const struct ak_logsource *filter, const struct ak_logsource *rule)
{
    const struct ak_str *ours[] = { &filter->product, &filter->category, &filter->service };
    const struct ak_str *theirs[] = { &rule->product, &rule->category, &rule->service };
    for (size_t i = 0; i < 3; i++)
        if (ours[i]->n && !ak_str_eq(*ours[i], *theirs[i]))
            return false;
    return true;
}

static enum ak_status join_one(struct ak_rules_reading *g, const struct ak_rule_entry *filter,
                               struct ak_rule_entry *rule, uint32_t line)
{
    struct ak_rule_reader *r = &g->reader;
    r->n_tests = rule->n_tests;
    if (rule->filters.n == AK_FILTERS_OF_RULE_MAX)
        return ak_rule_wrong(r, line, "more filters for a rule than the limit", rule->rule.title);
    enum ak_status status = ak_rule_count(r, line, filter->n_tests);
    if (status == AK_OK)
        status = ak_node_add(r, &rule->filters, filter->rule.when);
    if (status == AK_OK)
        rule->n_tests += filter->n_tests;
    return status;
}

static enum ak_status join_named(struct ak_rules_reading *g, const struct ak_rule_entry *filter,
                                 const struct ak_yaml *reference)
{
    struct ak_rule_entry *rule;
    if (reference->kind != AK_YAML_SCALAR)
        return ak_rule_wrong(&g->reader, reference->line, "a reference that is no text",
                             AK_STR(""));
    enum ak_status status = ak_rules_find(g, reference->text, reference->line, &rule);
    if (status != AK_OK)
        return status;
    if (rule->kind == AK_DOCUMENT_CORRELATION)
        return ak_rule_wrong(&g->reader, reference->line, "a filter cannot be put to a correlation",
                             reference->text);
    if (!covers(&filter->rule.source, &rule->rule.source))
        return ak_rule_wrong(&g->reader, reference->line,
                             "the rule is not of the filter's log source", reference->text);
    return join_one(g, filter, rule, reference->line);
}

/* A reference that leads nowhere is told; the others hold all the same. */
static enum ak_status keep_problem(struct ak_rules_reading *g, const struct ak_rule_entry *filter,
                                   enum ak_status status, bool *applied)
{
    *applied = *applied || status == AK_OK;
    return status == AK_ERR_CORRUPT ? ak_rules_problem(g, &filter->rule, filter->file_place)
                                    : status;
}

static enum ak_status join_any(struct ak_rules_reading *g, const struct ak_rule_entry *filter,
                               uint32_t line, bool *applied)
{
    size_t n = 0;
    bool told = false;
    for (struct ak_rule_entry *e = g->first; e; e = e->next) {
        if (e->kind != AK_DOCUMENT_RULE || e->state == AK_ENTRY_REFUSED ||
            !covers(&filter->rule.source, &e->rule.source))
            continue;
        enum ak_status status = join_one(g, filter, e, line);
        *applied = *applied || status == AK_OK;
        if (status == AK_ERR_CORRUPT && !told) /* the first of them stands for all */
            status = ak_rules_problem(g, &filter->rule, filter->file_place);
        if (status != AK_OK && status != AK_ERR_CORRUPT)
            return status;
        told = told || g->reader.wrong.what;
        n++;
    }
    if (n == 0)
        return ak_rule_wrong(&g->reader, line, "no rule is of the filter's log source", AK_STR(""));
    return AK_OK;
}

static bool is_any(const struct ak_yaml *rules)
{
    const struct ak_yaml *only =
        rules->kind == AK_YAML_LIST && rules->n == 1 ? rules->first : rules;
    return only->kind == AK_YAML_SCALAR && ak_str_eq_fold(only->text, AK_STR("any"));
}

static enum ak_status apply_one(struct ak_rules_reading *g, const struct ak_rule_entry *filter)
{
    const struct ak_yaml *section = ak_yaml_get(filter->root, AK_STR("filter"));
    const struct ak_yaml *rules = ak_yaml_get(section, AK_STR("rules"));
    bool applied = false, is_list = rules->kind == AK_YAML_LIST;
    enum ak_status status = AK_OK;
    if (is_any(rules)) {
        bool none = false;
        status = keep_problem(g, filter, join_any(g, filter, rules->line, &applied), &none);
    } else {
        for (const struct ak_yaml *one = is_list ? rules->first : rules; one && status == AK_OK;
             one = is_list ? one->next : NULL)
            status = keep_problem(g, filter, join_named(g, filter, one), &applied);
    }
    g->n_filters += applied;
    return status;
}

/* All of a rule's filters in one node, so that many of them do not make it deep. */
static enum ak_status rebuild(struct ak_rules_reading *g, struct ak_rule_entry *rule)
{
    struct ak_rule_reader *r = &g->reader;
    struct ak_node_list list = { 0 };
    const struct ak_node *joined;
    enum ak_status status = ak_node_add(r, &list, rule->rule.when);
    if (g->options->filters == AK_FILTER_SUPPRESSES) {
        status = status == AK_OK ? ak_node_join(r, AK_NODE_OR, &rule->filters, &joined) : status;
        status = status == AK_OK ? ak_node_not(r, joined, &joined) : status;
        status = status == AK_OK ? ak_node_add(r, &list, joined) : status;
    } else {
        for (size_t i = 0; i < rule->filters.n && status == AK_OK; i++)
            status = ak_node_add(r, &list, rule->filters.at[i]);
    }
    return status == AK_OK ? ak_node_join(r, AK_NODE_AND, &list, &rule->rule.when) : status;
}

enum ak_status ak_filters_apply(struct ak_rules_reading *g)
{
    enum ak_status status = AK_OK;
    for (struct ak_rule_entry *e = g->first; e && status == AK_OK; e = e->next)
        if (e->kind == AK_DOCUMENT_FILTER) {
            ak_rule_begin(&g->reader);
            status = apply_one(g, e);
        }
    for (struct ak_rule_entry *e = g->first; e && status == AK_OK; e = e->next)
        if (e->filters.n)
            status = rebuild(g, e);
    return status;
}
