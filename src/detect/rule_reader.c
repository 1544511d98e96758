/* rule_reader.c - see rule_reader.h. */
#include "detect/rule_reader.h"

enum ak_status ak_rule_wrong(struct ak_rule_reader *r, uint32_t line, const char *what,
                             struct ak_str detail)
{
    r->wrong = (struct ak_yaml_wrong){ line, what, detail };
    return AK_ERR_CORRUPT;
}

void ak_rule_begin(struct ak_rule_reader *r)
{
    r->wrong = (struct ak_yaml_wrong){ 0 };
    r->n_tests = 0;
    r->left_at_start = ak_arena_mark(r->arena).left;
    r->scratch_left = ak_arena_mark(r->scratch).left;
}

enum ak_status ak_rule_text(struct ak_rule_reader *r, struct ak_str text, struct ak_str *out)
{
    char *copy = AK_NEW_N(r->arena, char, text.n + 1);
    if (!copy)
        return AK_ERR_LIMIT;
    if (text.n)
        memcpy(copy, text.at, text.n);
    *out = (struct ak_str){ copy, text.n };
    return AK_OK;
}

enum ak_status ak_rule_lower(struct ak_rule_reader *r, struct ak_str text, struct ak_str *out)
{
    char *copy = AK_NEW_N(r->arena, char, text.n + 1);
    if (!copy)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.at[i];
        copy[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    *out = (struct ak_str){ copy, text.n };
    return AK_OK;
}

static enum ak_status add_text(struct ak_rule_reader *r, const struct ak_yaml *one,
                               const char *what, struct ak_str key, struct ak_str *to, size_t *n)
{
    if (one->kind == AK_YAML_SCALAR && !ak_yaml_is_null(one))
        return ak_rule_text(r, one->text, &to[(*n)++]);
    return what ? ak_rule_wrong(r, one->line, what, key) : AK_OK;
}

enum ak_status ak_rule_texts(struct ak_rule_reader *r, const struct ak_yaml *node, const char *what,
                             const struct ak_str **out, size_t *out_n)
{
    *out = NULL;
    *out_n = 0;
    if (!node || ak_yaml_is_null(node))
        return AK_OK;
    bool is_list = node->kind == AK_YAML_LIST;
    struct ak_str *texts = AK_NEW_N(r->arena, struct ak_str, is_list ? node->n : 1);
    size_t n = 0;
    enum ak_status status = texts ? AK_OK : AK_ERR_LIMIT;
    for (const struct ak_yaml *one = is_list ? node->first : node; one && status == AK_OK;
         one = is_list ? one->next : NULL)
        status = add_text(r, one, what, node->key, texts, &n);
    if (status != AK_OK)
        return status;
    *out = texts;
    *out_n = n;
    return AK_OK;
}

enum ak_status ak_rule_count(struct ak_rule_reader *r, uint32_t line, size_t tests)
{
    r->n_tests += tests;
    if (r->n_tests > AK_RULE_TESTS_MAX)
        return ak_rule_wrong(r, line, "more tests than the limit for one rule, after expansion",
                             AK_STR(""));
    if (r->left_at_start - ak_arena_mark(r->arena).left > AK_RULE_BYTES_MAX ||
        r->scratch_left - ak_arena_mark(r->scratch).left > AK_RULE_SCRATCH_MAX)
        return ak_rule_wrong(r, line, "more memory than the limit for one rule, after expansion",
                             AK_STR(""));
    return AK_OK;
}

enum ak_status ak_node_add(struct ak_rule_reader *r, struct ak_node_list *list,
                           const struct ak_node *node)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 8;
        const struct ak_node **at = AK_NEW_N(r->scratch, const struct ak_node *, cap);
        if (!at)
            return AK_ERR_LIMIT;
        for (size_t i = 0; i < list->n; i++)
            at[i] = list->at[i];
        list->at = at;
        list->cap = cap;
    }
    list->at[list->n++] = node;
    return AK_OK;
}

static enum ak_status new_node(struct ak_rule_reader *r, enum ak_node_kind kind,
                               const struct ak_node *const *children, size_t n,
                               const struct ak_node **out)
{
    struct ak_node *node = AK_NEW(r->arena, struct ak_node);
    const struct ak_node **copy = AK_NEW_N(r->arena, const struct ak_node *, n);
    if (!node || !copy)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < n; i++)
        copy[i] = children[i];
    *node = (struct ak_node){ .kind = kind, .children = copy, .n = n };
    *out = node;
    return AK_OK;
}

enum ak_status ak_node_join(struct ak_rule_reader *r, enum ak_node_kind kind,
                            const struct ak_node_list *list, const struct ak_node **out)
{
    if (list->n != 1)
        return new_node(r, kind, list->at, list->n, out);
    *out = list->at[0];
    return AK_OK;
}

enum ak_status ak_node_not(struct ak_rule_reader *r, const struct ak_node *node,
                           const struct ak_node **out)
{
    return new_node(r, AK_NODE_NOT, &node, 1, out);
}

enum ak_status ak_node_item(struct ak_rule_reader *r, const struct ak_rule_item *item,
                            const struct ak_node **out)
{
    struct ak_node *node = AK_NEW(r->arena, struct ak_node);
    struct ak_rule_item *copy = AK_NEW(r->arena, struct ak_rule_item);
    if (!node || !copy)
        return AK_ERR_LIMIT;
    *copy = *item;
    *node = (struct ak_node){ .kind = AK_NODE_ITEM, .item = copy };
    *out = node;
    return AK_OK;
}
