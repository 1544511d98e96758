/* correlation_read.c - see correlation_read.h.
 *
 * Sigma Correlation Rules Specification 2.1.0, section "Correlation section". */
#include "detect/correlation_read.h"

static const struct {
    struct ak_str name;
    bool counts_values; /* needs condition.field */
    bool temporal;
} TYPES[] = {
    [AK_CORRELATE_EVENT_COUNT] = { AK_STR_INIT("event_count"), false, false },
    [AK_CORRELATE_VALUE_COUNT] = { AK_STR_INIT("value_count"), true, false },
    [AK_CORRELATE_TEMPORAL] = { AK_STR_INIT("temporal"), false, true },
    [AK_CORRELATE_TEMPORAL_ORDERED] = { AK_STR_INIT("temporal_ordered"), false, true },
    [AK_CORRELATE_VALUE_SUM] = { AK_STR_INIT("value_sum"), true, false },
    [AK_CORRELATE_VALUE_AVG] = { AK_STR_INIT("value_avg"), true, false },
    [AK_CORRELATE_VALUE_PERCENTILE] = { AK_STR_INIT("value_percentile"), true, false },
};

static enum ak_status check_keys(struct ak_rule_reader *r, const struct ak_yaml *map,
                                 const struct ak_str *known, size_t n)
{
    if (map->kind != AK_YAML_MAP)
        return ak_rule_wrong(r, map->line, "a map of keys is wanted here", map->key);
    for (const struct ak_yaml *child = map->first; child; child = child->next) {
        size_t i = 0;
        while (i < n && !ak_str_eq(known[i], child->key))
            i++;
        if (i == n)
            return ak_rule_wrong(r, child->key_line, "a key that correlations do not have",
                                 child->key);
    }
    return AK_OK;
}

static enum ak_status read_type(struct ak_rule_reader *r, const struct ak_yaml *section,
                                enum ak_correlation_type *out)
{
    const struct ak_yaml *type = ak_yaml_get(section, AK_STR("type"));
    if (!type)
        return ak_rule_wrong(r, section->line, "a correlation without its type", AK_STR(""));
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
        if (ak_str_eq(type->text, TYPES[i].name)) {
            *out = (enum ak_correlation_type)i;
            return AK_OK;
        }
    return ak_rule_wrong(r, type->line, "a correlation type that is not read", type->text);
}

static enum ak_status read_rules(struct ak_rule_reader *r, const struct ak_yaml *section,
                                 struct ak_correlation_draft *out)
{
    const struct ak_yaml *rules = ak_yaml_get(section, AK_STR("rules"));
    if (!rules || ak_yaml_is_null(rules) || rules->kind == AK_YAML_MAP ||
        (rules->kind == AK_YAML_LIST && rules->n == 0))
        return ak_rule_wrong(r, rules ? rules->line : section->line,
                             "a correlation without a list of rules", AK_STR(""));
    out->rules = rules->kind == AK_YAML_LIST ? rules->first : rules;
    out->n_rules = rules->kind == AK_YAML_LIST ? rules->n : 1;
    if (out->n_rules > AK_CORRELATION_RULES_MAX)
        return ak_rule_wrong(r, rules->line, "more rules in a correlation than the limit",
                             AK_STR(""));
    const struct ak_yaml *rule = out->rules;
    for (size_t i = 0; i < out->n_rules; i++, rule = rule->next)
        if (rule->kind != AK_YAML_SCALAR)
            return ak_rule_wrong(r, rule->line, "a reference that is no text", AK_STR(""));
    return AK_OK;
}

/* A number and s, m, h or d. */
static enum ak_status read_timespan(struct ak_rule_reader *r, const struct ak_yaml *section,
                                    int64_t *out)
{
    static const struct {
        char unit;
        int64_t seconds;
    } UNITS[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    const struct ak_yaml *span = ak_yaml_get(section, AK_STR("timespan"));
    if (!span || span->kind != AK_YAML_SCALAR || span->text.n == 0)
        return ak_rule_wrong(r, span ? span->line : section->line,
                             "a correlation without a timespan", AK_STR(""));
    int64_t number = 0, unit = 0;
    bool good = span->text.n > 1;
    for (size_t i = 0; i + 1 < span->text.n && good; i++) {
        char c = span->text.at[i];
        good = c >= '0' && c <= '9' && !__builtin_mul_overflow(number, 10, &number) &&
               !__builtin_add_overflow(number, c - '0', &number);
    }
    for (size_t i = 0; i < 4; i++)
        if (span->text.at[span->text.n - 1] == UNITS[i].unit)
            unit = UNITS[i].seconds;
    if (!good || __builtin_mul_overflow(number, unit * 1000000000, out) || *out <= 0)
        return ak_rule_wrong(r, span->line, "a timespan is a number and s, m, h or d", span->text);
    return AK_OK;
}

/* ---- condition ---- */

static const struct {
    struct ak_str name;
    enum ak_compare compare;
} BOUNDS[] = {
    { AK_STR_INIT("gt"), AK_CMP_GT }, { AK_STR_INIT("gte"), AK_CMP_GE },
    { AK_STR_INIT("lt"), AK_CMP_LT }, { AK_STR_INIT("lte"), AK_CMP_LE },
    { AK_STR_INIT("eq"), AK_CMP_EQ }, { AK_STR_INIT("neq"), AK_CMP_NE },
};

static enum ak_status read_bounds(struct ak_rule_reader *r, const struct ak_yaml *condition,
                                  struct ak_correlation *out)
{
    for (size_t i = 0; i < AK_BOUNDS_MAX; i++) {
        const struct ak_yaml *bound = ak_yaml_get(condition, BOUNDS[i].name);
        if (!bound)
            continue;
        struct ak_bound *to = &out->bounds[out->n_bounds++];
        to->compare = BOUNDS[i].compare;
        if (!ak_yaml_number(bound, &to->value))
            return ak_rule_wrong(r, bound->line, "a number is wanted here", bound->text);
    }
    return AK_OK;
}

static enum ak_status read_percentile(struct ak_rule_reader *r, const struct ak_yaml *condition,
                                      struct ak_correlation *out)
{
    const struct ak_yaml *percentile = ak_yaml_get(condition, AK_STR("percentile"));
    bool wanted = out->type == AK_CORRELATE_VALUE_PERCENTILE;
    if (!percentile && !wanted)
        return AK_OK;
    if (!percentile)
        return ak_rule_wrong(r, condition->line,
                             "a value_percentile that does not say which percentile", AK_STR(""));
    if (!wanted || !ak_yaml_number(percentile, &out->percentile) || !(out->percentile >= 0) ||
        !(out->percentile <= 100))
        return ak_rule_wrong(r, percentile->line, "a percentile is a number from 0 to 100",
                             percentile->text);
    return AK_OK;
}

static enum ak_status read_fields(struct ak_rule_reader *r, const struct ak_yaml *condition,
                                  struct ak_correlation *out)
{
    const struct ak_yaml *field = ak_yaml_get(condition, AK_STR("field"));
    bool wanted = TYPES[out->type].counts_values;
    if (!wanted && field)
        return ak_rule_wrong(r, field->key_line,
                             "a field in a correlation that does not look at values", field->text);
    enum ak_status status =
        ak_rule_texts(r, field, "a list of texts is wanted here", &out->fields, &out->n_fields);
    if (status == AK_OK && wanted && out->n_fields == 0)
        return ak_rule_wrong(r, condition->line, "a correlation of values without its field",
                             AK_STR(""));
    return status;
}

/* Temporal ones need none: all of their rules must have matched. */
static enum ak_status read_condition(struct ak_rule_reader *r, const struct ak_yaml *section,
                                     struct ak_correlation *out)
{
    static const struct ak_str KNOWN[] = { AK_STR_INIT("gt"),    AK_STR_INIT("gte"),
                                           AK_STR_INIT("lt"),    AK_STR_INIT("lte"),
                                           AK_STR_INIT("eq"),    AK_STR_INIT("neq"),
                                           AK_STR_INIT("field"), AK_STR_INIT("percentile") };
    const struct ak_yaml *condition = ak_yaml_get(section, AK_STR("condition"));
    bool temporal = TYPES[out->type].temporal;
    if (!condition && temporal)
        return AK_OK;
    if (!condition)
        return ak_rule_wrong(r, section->line, "a correlation without a condition", AK_STR(""));
    enum ak_status status = check_keys(r, condition, KNOWN, 8);
    if (status == AK_OK)
        status = read_bounds(r, condition, out);
    if (status == AK_OK && out->n_bounds == 0)
        return ak_rule_wrong(r, condition->line, "a condition that compares with nothing",
                             AK_STR(""));
    if (status == AK_OK)
        status = read_percentile(r, condition, out);
    return status == AK_OK ? read_fields(r, condition, out) : status;
}

/* ---- aliases ---- */

static enum ak_status read_alias(struct ak_rule_reader *r, const struct ak_yaml *alias,
                                 struct ak_alias_draft *to)
{
    for (const struct ak_yaml *field = alias->first; field; field = field->next, to++) {
        *to = (struct ak_alias_draft){ alias->key, field->key, field->text, field->key_line };
        if (field->kind != AK_YAML_SCALAR || field->text.n == 0)
            return ak_rule_wrong(r, field->line, "an alias stands for one field of a rule",
                                 alias->key);
    }
    return AK_OK;
}

static enum ak_status read_aliases(struct ak_rule_reader *r, const struct ak_yaml *section,
                                   struct ak_correlation_draft *out)
{
    const struct ak_yaml *aliases = ak_yaml_get(section, AK_STR("aliases"));
    if (!aliases || ak_yaml_is_null(aliases))
        return AK_OK;
    if (aliases->kind != AK_YAML_MAP)
        return ak_rule_wrong(r, aliases->line, "a map of keys is wanted here", aliases->key);
    struct ak_alias_draft *drafts = AK_NEW_N(r->scratch, struct ak_alias_draft, aliases->weight);
    if (!drafts)
        return AK_ERR_LIMIT;
    for (const struct ak_yaml *alias = aliases->first; alias; alias = alias->next) {
        if (alias->kind != AK_YAML_MAP || alias->n == 0)
            return ak_rule_wrong(r, alias->line, "an alias stands for one field of a rule",
                                 alias->key);
        enum ak_status status = read_alias(r, alias, drafts + out->n_aliases);
        if (status != AK_OK)
            return status;
        out->n_aliases += alias->n;
    }
    out->aliases = drafts;
    return AK_OK;
}

/* ---- the section ---- */

/* Its place is at the top of the document; older rules have it in the section. */
static enum ak_status read_generate(struct ak_rule_reader *r, const struct ak_yaml *root,
                                    const struct ak_yaml *section, bool *out)
{
    const struct ak_yaml *generate = ak_yaml_get(root, AK_STR("generate"));
    if (!generate)
        generate = ak_yaml_get(section, AK_STR("generate"));
    *out = false;
    if (generate && !ak_yaml_bool(generate, out))
        return ak_rule_wrong(r, generate->line, "true or false is wanted here", generate->text);
    return AK_OK;
}

enum ak_status ak_correlation_read(struct ak_rule_reader *r, const struct ak_yaml *root,
                                   struct ak_correlation_draft *out)
{
    static const struct ak_str KNOWN[] = { AK_STR_INIT("type"),      AK_STR_INIT("rules"),
                                           AK_STR_INIT("group-by"),  AK_STR_INIT("timespan"),
                                           AK_STR_INIT("condition"), AK_STR_INIT("aliases"),
                                           AK_STR_INIT("generate") };
    const struct ak_yaml *section = ak_yaml_get(root, AK_STR("correlation"));
    *out = (struct ak_correlation_draft){ 0 };
    enum ak_status status = check_keys(r, section, KNOWN, 7);
    if (status == AK_OK)
        status = read_type(r, section, &out->what.type);
    if (status == AK_OK)
        status = read_rules(r, section, out);
    if (status == AK_OK)
        status = ak_rule_texts(r, ak_yaml_get(section, AK_STR("group-by")),
                               "a list of texts is wanted here", &out->what.group_by,
                               &out->what.n_group_by);
    if (status == AK_OK)
        status = read_timespan(r, section, &out->what.timespan_ns);
    if (status == AK_OK)
        status = read_condition(r, section, &out->what);
    if (status == AK_OK)
        status = read_aliases(r, section, out);
    return status == AK_OK ? read_generate(r, root, section, &out->what.generate) : status;
}
