/* condition.c - see condition.h.
 *
 *     or:   and ("or" and)*
 *     and:  not ("and" not)*
 *     not:  "not" not | one
 *     one:  "(" or ")" | ("1" | "all" | "any") "of" ("them" | pattern) | name
 *
 * Words of the language may be written in capitals (rules before 2020 do). */
#include "detect/condition.h"

#include "detect/pattern.h"

/* Names compared with names, in all of a condition. */
enum { LOOKS_MAX = 1 << 18 };

struct reading {
    struct ak_rule_reader *r;
    const struct ak_selection *selections;
    size_t n;
    struct ak_str text, token; /* token: empty at the end */
    size_t at, looks;
    uint32_t line;
};

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static bool is_alone(char c) { return c == '(' || c == ')' || c == '|'; }

static void next_token(struct reading *c)
{
    while (c->at < c->text.n && is_blank(c->text.at[c->at]))
        c->at++;
    size_t start = c->at;
    if (c->at < c->text.n && is_alone(c->text.at[c->at]))
        c->at++;
    else
        while (c->at < c->text.n && !is_blank(c->text.at[c->at]) && !is_alone(c->text.at[c->at]))
            c->at++;
    c->token = (struct ak_str){ c->text.at + start, c->at - start };
}

static bool is_word(const struct reading *c, const char *word)
{
    return ak_str_eq_fold(c->token, ak_str_of(word));
}

static bool take_word(struct reading *c, const char *word)
{
    bool is = is_word(c, word);
    if (is)
        next_token(c);
    return is;
}

static enum ak_status wrong_here(struct reading *c, const char *what)
{
    return ak_rule_wrong(c->r, c->line, what, c->token.n ? c->token : c->text);
}

static enum ak_status look(struct reading *c)
{
    c->looks += c->n;
    return c->looks <= LOOKS_MAX ? AK_OK
                                 : wrong_here(c, "a condition that names more than the limit");
}

static enum ak_status use(struct reading *c, const struct ak_selection *s,
                          struct ak_node_list *list)
{
    enum ak_status status = ak_rule_count(c->r, c->line, s->tests);
    return status == AK_OK ? ak_node_add(c->r, list, s->node) : status;
}

/* Names that begin with '_' are left out by convention, unless the pattern itself
 * begins so. */
static enum ak_status collect(struct reading *c, struct ak_node_list *list)
{
    bool them = is_word(c, "them");
    struct ak_pattern pattern;
    if (look(c) != AK_OK)
        return AK_ERR_CORRUPT;
    if (ak_pattern_read(c->r->scratch, them ? AK_STR("*") : c->token, true, &pattern) != AK_OK)
        return AK_ERR_LIMIT;
    bool hidden = c->token.at[0] == '_';
    for (size_t i = 0; i < c->n; i++) {
        const struct ak_selection *s = &c->selections[i];
        if ((!hidden && s->name.n && s->name.at[0] == '_') || !ak_pattern_match(&pattern, s->name))
            continue;
        enum ak_status status = use(c, s, list);
        if (status != AK_OK)
            return status;
    }
    if (list->n == 0)
        return wrong_here(c, "the condition names search identifiers of which there are none");
    next_token(c);
    return AK_OK;
}

static enum ak_status read_of(struct reading *c, bool all, const struct ak_node **out)
{
    struct ak_node_list list = { 0 };
    next_token(c); /* "of" */
    if (c->token.n == 0 || is_alone(c->token.at[0]))
        return wrong_here(c, "the condition ends where a name is wanted");
    enum ak_status status = collect(c, &list);
    return status == AK_OK ? ak_node_join(c->r, all ? AK_NODE_AND : AK_NODE_OR, &list, out)
                           : status;
}

static bool is_reserved(const struct reading *c)
{
    return c->token.n == 0 || is_alone(c->token.at[0]) || is_word(c, "and") || is_word(c, "or") ||
           is_word(c, "not");
}

static bool all_digits(struct ak_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.n > 0;
}

static enum ak_status find_selection(struct reading *c, const struct reading *name,
                                     const struct ak_node **out)
{
    struct ak_node_list list = { 0 };
    if (look(c) != AK_OK)
        return AK_ERR_CORRUPT;
    for (size_t i = 0; i < c->n; i++)
        if (ak_str_eq(c->selections[i].name, name->token)) {
            enum ak_status status = use(c, &c->selections[i], &list);
            return status == AK_OK ? ak_node_join(c->r, AK_NODE_OR, &list, out) : status;
        }
    return ak_rule_wrong(c->r, c->line, "the condition names a search identifier that is not there",
                         name->token);
}

/* A name, or the number or word before "of". */
static enum ak_status read_name(struct reading *c, const struct ak_node **out)
{
    if (c->token.n && c->token.at[0] == '|')
        return wrong_here(c, "aggregation in a condition, which correlations have replaced");
    if (is_reserved(c))
        return wrong_here(c, "the condition lacks a name here");
    bool one = is_word(c, "1") || is_word(c, "any"), all = is_word(c, "all");
    struct reading before = *c;
    next_token(c);
    if (is_word(c, "of") && (one || all))
        return read_of(c, all, out);
    if (is_word(c, "of") && all_digits(before.token))
        return wrong_here(&before, "of search identifiers, only 1 or all can be asked for");
    return find_selection(c, &before, out);
}

static enum ak_status read_or(struct reading *c, unsigned depth, const struct ak_node **out);

static enum ak_status read_not(struct reading *c, unsigned depth, const struct ak_node **out)
{
    if (depth > AK_RULE_DEPTH_MAX)
        return wrong_here(c, "a condition nested deeper than the limit");
    enum ak_status status;
    if (take_word(c, "not")) {
        status = read_not(c, depth + 1, out);
        return status == AK_OK ? ak_node_not(c->r, *out, out) : status;
    }
    if (!take_word(c, "("))
        return read_name(c, out);
    status = read_or(c, depth + 1, out);
    if (status == AK_OK && !take_word(c, ")"))
        return wrong_here(c, "the condition lacks a closing bracket");
    return status;
}

static enum ak_status read_and(struct reading *c, unsigned depth, const struct ak_node **out)
{
    struct ak_node_list list = { 0 };
    do {
        const struct ak_node *node;
        enum ak_status status = read_not(c, depth, &node);
        if (status == AK_OK)
            status = ak_node_add(c->r, &list, node);
        if (status != AK_OK)
            return status;
    } while (take_word(c, "and"));
    return ak_node_join(c->r, AK_NODE_AND, &list, out);
}

static enum ak_status read_or(struct reading *c, unsigned depth, const struct ak_node **out)
{
    struct ak_node_list list = { 0 };
    do {
        const struct ak_node *node;
        enum ak_status status = read_and(c, depth, &node);
        if (status == AK_OK)
            status = ak_node_add(c->r, &list, node);
        if (status != AK_OK)
            return status;
    } while (take_word(c, "or"));
    return ak_node_join(c->r, AK_NODE_OR, &list, out);
}

static enum ak_status read_one(struct reading *c, const struct ak_yaml *node,
                               const struct ak_node **out)
{
    if (node->kind != AK_YAML_SCALAR || ak_yaml_is_null(node))
        return ak_rule_wrong(c->r, node->line, "a condition that is no text", AK_STR(""));
    c->text = node->text;
    c->line = node->line;
    c->at = 0;
    next_token(c);
    enum ak_status status = read_or(c, 0, out);
    if (status != AK_OK || c->token.n == 0)
        return status;
    if (c->token.at[0] == '|')
        return wrong_here(c, "aggregation in a condition, which correlations have replaced");
    return wrong_here(c, "the condition goes on where it should end");
}

enum ak_status ak_condition_read(struct ak_rule_reader *r, const struct ak_yaml *node,
                                 const struct ak_selection *selections, size_t n,
                                 const struct ak_node **out)
{
    struct reading c = { .r = r, .selections = selections, .n = n };
    if (node->kind != AK_YAML_LIST)
        return read_one(&c, node, out);
    if (node->n == 0)
        return ak_rule_wrong(r, node->line, "a condition that is no text", AK_STR(""));
    struct ak_node_list list = { 0 };
    for (const struct ak_yaml *one = node->first; one; one = one->next) {
        const struct ak_node *tree;
        enum ak_status status = read_one(&c, one, &tree);
        if (status == AK_OK)
            status = ak_node_add(r, &list, tree);
        if (status != AK_OK)
            return status;
    }
    return ak_node_join(r, AK_NODE_OR, &list, out);
}
