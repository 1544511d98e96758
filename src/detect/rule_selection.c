/* rule_selection.c - see rule_document.h: selections and their condition.
 *
 * A map is all of its keys, a list is one of its members; a member that is a text is
 * a keyword. */
#include "detect/condition.h"
#include "detect/modifier.h"
#include "detect/rule_document.h"

static enum ak_status read_map(struct ak_rule_reader *r, const struct ak_yaml *map,
                               const struct ak_node **out)
{
    struct ak_node_list list = { 0 };
    if (map->n == 0)
        return ak_rule_wrong(r, map->line, "a selection with nothing in it", map->key);
    for (const struct ak_yaml *value = map->first; value; value = value->next) {
        struct ak_chain chain;
        const struct ak_node *node;
        enum ak_status status = ak_chain_read(r, value->key, value->key_line, &chain);
        if (status == AK_OK)
            status = ak_chain_apply(r, &chain, value, &node);
        if (status == AK_OK)
            status = ak_node_add(r, &list, node);
        if (status != AK_OK)
            return status;
    }
    return ak_node_join(r, AK_NODE_AND, &list, out);
}

/* The members of the list that are no maps, as a list of their own. */
static enum ak_status split_texts(struct ak_rule_reader *r, const struct ak_yaml *list,
                                  struct ak_yaml *out)
{
    struct ak_yaml *last = NULL;
    *out = (struct ak_yaml){ .kind = AK_YAML_LIST, .line = list->line };
    for (const struct ak_yaml *one = list->first; one; one = one->next) {
        if (one->kind == AK_YAML_MAP)
            continue;
        struct ak_yaml *copy = AK_NEW(r->scratch, struct ak_yaml);
        if (!copy)
            return AK_ERR_LIMIT;
        *copy = *one;
        copy->next = NULL;
        *(last ? &last->next : &out->first) = copy;
        last = copy;
        out->n++;
    }
    return AK_OK;
}

static enum ak_status add_maps(struct ak_rule_reader *r, const struct ak_yaml *list,
                               struct ak_node_list *to)
{
    for (const struct ak_yaml *one = list->first; one; one = one->next) {
        const struct ak_node *node;
        if (one->kind != AK_YAML_MAP)
            continue;
        enum ak_status status = read_map(r, one, &node);
        if (status == AK_OK)
            status = ak_node_add(r, to, node);
        if (status != AK_OK)
            return status;
    }
    return AK_OK;
}

/* The texts of a list are one item, in the order of the list; its maps a node each. */
static enum ak_status read_list(struct ak_rule_reader *r, const struct ak_yaml *members,
                                const struct ak_node **out)
{
    const struct ak_chain keywords = { .written = members->key, .line = members->key_line };
    struct ak_yaml texts;
    struct ak_node_list list = { 0 };
    if (members->n == 0)
        return ak_rule_wrong(r, members->line, "a selection with nothing in it", members->key);
    enum ak_status status = add_maps(r, members, &list);
    if (status == AK_OK)
        status = split_texts(r, members, &texts);
    if (status == AK_OK && texts.n) {
        const struct ak_node *node;
        status = ak_chain_apply(r, &keywords, &texts, &node);
        status = status == AK_OK ? ak_node_add(r, &list, node) : status;
    }
    return status == AK_OK ? ak_node_join(r, AK_NODE_OR, &list, out) : status;
}

static enum ak_status read_selection(struct ak_rule_reader *r, const struct ak_yaml *value,
                                     struct ak_selection *out)
{
    const struct ak_chain keyword = { .written = value->key, .line = value->key_line };
    size_t before = r->n_tests;
    enum ak_status status = value->kind == AK_YAML_MAP ? read_map(r, value, &out->node)
                            : value->kind == AK_YAML_LIST
                                ? read_list(r, value, &out->node)
                                : ak_chain_apply(r, &keyword, value, &out->node);
    out->name = value->key;
    out->tests = r->n_tests - before;
    return status;
}

static bool is_among(struct ak_str key, const struct ak_str *skip, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ak_str_eq(key, skip[i]))
            return true;
    return ak_str_eq(key, AK_STR("condition"));
}

enum ak_status ak_document_tree(struct ak_rule_reader *r, const struct ak_yaml *map,
                                const struct ak_str *skip, size_t n_skip,
                                const struct ak_node **out)
{
    const struct ak_yaml *condition = ak_yaml_get(map, AK_STR("condition"));
    const struct ak_yaml *timeframe = ak_yaml_get(map, AK_STR("timeframe"));
    if (map->kind != AK_YAML_MAP)
        return ak_rule_wrong(r, map->line, "selections and a condition are wanted here", map->key);
    if (timeframe)
        return ak_rule_wrong(r, timeframe->key_line,
                             "a timeframe in a rule, which correlations have replaced",
                             timeframe->text);
    if (!condition)
        return ak_rule_wrong(r, map->line, "there is no condition", map->key);
    struct ak_selection *selections = AK_NEW_N(r->scratch, struct ak_selection, map->n);
    size_t n = 0;
    if (!selections)
        return AK_ERR_LIMIT;
    for (const struct ak_yaml *value = map->first; value; value = value->next) {
        if (is_among(value->key, skip, n_skip))
            continue;
        enum ak_status status = read_selection(r, value, &selections[n++]);
        if (status != AK_OK)
            return status;
    }
    r->n_tests = 0; /* from here on as the condition meets them */
    return ak_condition_read(r, condition, selections, n, out);
}
