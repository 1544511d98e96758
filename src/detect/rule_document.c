/* rule_document.c - see rule_document.h. */
#include "detect/rule_document.h"

/* ---- kinds ---- */

/* "action: global" of Sigma before 2.0 spreads one document over the next ones. */
static enum ak_status check_top(struct ak_rule_reader *r, const struct ak_yaml *root)
{
    const struct ak_yaml *action = ak_yaml_get(root, AK_STR("action"));
    const struct ak_yaml *taxonomy = ak_yaml_get(root, AK_STR("taxonomy"));
    if (action)
        return ak_rule_wrong(r, action->key_line,
                             "the key action of old collections of rules, which is not read",
                             action->text);
    if (taxonomy && !ak_yaml_is_null(taxonomy) && !ak_str_eq_fold(taxonomy->text, AK_STR("sigma")))
        return ak_rule_wrong(r, taxonomy->line, "a taxonomy other than Sigma's", taxonomy->text);
    return AK_OK;
}

enum ak_status ak_document_kind(struct ak_rule_reader *r, const struct ak_yaml *root,
                                enum ak_document_kind *out)
{
    static const struct ak_str KEYS[] = { AK_STR_INIT("detection"), AK_STR_INIT("correlation"),
                                          AK_STR_INIT("filter") };
    const struct ak_yaml *found = NULL;
    if (!root || root->kind != AK_YAML_MAP)
        return ak_rule_wrong(r, root ? root->line : 0, "the document is no map of keys",
                             AK_STR(""));
    for (size_t i = 0; i < 3; i++) {
        const struct ak_yaml *section = ak_yaml_get(root, KEYS[i]);
        if (section && found)
            return ak_rule_wrong(r, section->key_line,
                                 "more than one of detection, correlation and filter", KEYS[i]);
        if (section) {
            found = section;
            *out = (enum ak_document_kind)i;
        }
    }
    if (!found)
        return ak_rule_wrong(r, root->line, "neither detection nor correlation nor filter",
                             AK_STR(""));
    return check_top(r, root);
}

/* ---- head ---- */

static const struct head_text {
    struct ak_str key;
    size_t at;
} HEAD_TEXTS[] = {
    { AK_STR_INIT("name"), offsetof(struct ak_rule, name) },
    { AK_STR_INIT("title"), offsetof(struct ak_rule, title) },
    { AK_STR_INIT("title_ja"), offsetof(struct ak_rule, title_ja) },
    { AK_STR_INIT("description"), offsetof(struct ak_rule, description) },
    { AK_STR_INIT("author"), offsetof(struct ak_rule, author) },
    { AK_STR_INIT("status"), offsetof(struct ak_rule, status) },
    { AK_STR_INIT("date"), offsetof(struct ak_rule, date) },
    { AK_STR_INIT("modified"), offsetof(struct ak_rule, modified) },
};

/* Block scalars end with a line feed, which no table of results wants. */
static struct ak_str trimmed(struct ak_str text)
{
    while (text.n && (text.at[text.n - 1] == '\n' || text.at[text.n - 1] == ' '))
        text.n--;
    return text;
}

static enum ak_status read_level(struct ak_rule_reader *r, const struct ak_yaml *level,
                                 enum ak_severity *out)
{
    static const struct ak_str LEVELS[] = { AK_STR_INIT("informational"), AK_STR_INIT("low"),
                                            AK_STR_INIT("medium"), AK_STR_INIT("high"),
                                            AK_STR_INIT("critical") };
    *out = AK_SEVERITY_UNDEFINED;
    if (!level || ak_yaml_is_null(level))
        return AK_OK;
    for (size_t i = 0; i < 5; i++)
        if (ak_str_eq_fold(level->text, LEVELS[i])) {
            *out = (enum ak_severity)(AK_SEVERITY_INFORMATIONAL + i);
            return AK_OK;
        }
    return ak_rule_wrong(r, level->line, "a level that Sigma does not have", level->text);
}

static enum ak_status read_head_texts(struct ak_rule_reader *r, const struct ak_yaml *root,
                                      struct ak_rule *out)
{
    for (size_t i = 0; i < sizeof(HEAD_TEXTS) / sizeof(HEAD_TEXTS[0]); i++) {
        const struct ak_yaml *node = ak_yaml_get(root, HEAD_TEXTS[i].key);
        struct ak_str text = { "", 0 };
        if (node && node->kind == AK_YAML_SCALAR && !ak_yaml_is_null(node) &&
            ak_rule_text(r, trimmed(node->text), &text) != AK_OK)
            return AK_ERR_LIMIT;
        memcpy((char *)out + HEAD_TEXTS[i].at, &text, sizeof(text));
    }
    return AK_OK;
}

enum ak_status ak_document_head(struct ak_rule_reader *r, const struct ak_yaml *root,
                                struct ak_rule *out)
{
    const struct ak_yaml *id = ak_yaml_get(root, AK_STR("id"));
    enum ak_status status = AK_OK;
    out->id = AK_STR("");
    if (id && id->kind == AK_YAML_SCALAR && !ak_yaml_is_null(id))
        status = ak_rule_lower(r, id->text, &out->id);
    if (status == AK_OK)
        status = read_head_texts(r, root, out);
    if (status == AK_OK && out->title.n == 0)
        return ak_rule_wrong(r, root->line, "there is no title", AK_STR(""));
    if (status == AK_OK)
        status = read_level(r, ak_yaml_get(root, AK_STR("level")), &out->severity);
    if (status == AK_OK)
        status =
            ak_rule_texts(r, ak_yaml_get(root, AK_STR("tags")), NULL, &out->tags, &out->n_tags);
    if (status == AK_OK)
        status = ak_rule_texts(r, ak_yaml_get(root, AK_STR("fields")), NULL, &out->fields,
                               &out->n_fields);
    return status;
}

enum ak_status ak_document_source(struct ak_rule_reader *r, const struct ak_yaml *root,
                                  struct ak_logsource *out)
{
    const struct ak_yaml *source = ak_yaml_get(root, AK_STR("logsource"));
    static const struct ak_str KEYS[] = { AK_STR_INIT("product"), AK_STR_INIT("category"),
                                          AK_STR_INIT("service") };
    struct ak_str *const to[] = { &out->product, &out->category, &out->service };
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        const struct ak_yaml *part = ak_yaml_get(source, KEYS[i]);
        *to[i] = AK_STR("");
        if (!part || ak_yaml_is_null(part))
            continue;
        if (part->kind != AK_YAML_SCALAR || part->text.n == 0)
            return ak_rule_wrong(r, part->line, "a log source that is no text", KEYS[i]);
        if (ak_rule_lower(r, part->text, to[i]) != AK_OK)
            return AK_ERR_LIMIT;
        n++;
    }
    if (n == 0)
        return ak_rule_wrong(r, source ? source->line : root->line, "there is no log source",
                             AK_STR(""));
    return AK_OK;
}
