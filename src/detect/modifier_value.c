/* modifier_value.c - see modifier.h: values of a selection's key to tests.
 *
 * A value may become several tests (ways to write its dashes, offsets of its
 * base64): a group, one of which must hold.  With `all`, one of every group. */
#include "base/digits.h"
#include "detect/modifier.h"
#include "detect/pattern.h"
#include "detect/regex.h"

#include <arpa/inet.h>

/* Tests under way, in groups. */
struct making {
    struct ak_rule_reader *r;
    const struct ak_chain *chain;
    struct ak_test *tests;
    size_t n, cap;
    size_t *ends; /* of each group: the number of tests up to it */
    size_t n_groups;
};

static enum ak_status wrong_value(struct making *m, const struct ak_yaml *value, const char *what)
{
    struct ak_str detail = value->kind == AK_YAML_SCALAR ? value->text : m->chain->written;
    return ak_rule_wrong(m->r, value->line, what, detail);
}

static enum ak_status add_test(struct making *m, const struct ak_test *test)
{
    if (m->n == m->cap) {
        size_t cap = m->cap ? 2 * m->cap : 8;
        struct ak_test *tests = AK_NEW_N(m->r->scratch, struct ak_test, cap);
        if (!tests)
            return AK_ERR_LIMIT;
        if (m->n)
            memcpy(tests, m->tests, m->n * sizeof(*tests));
        m->tests = tests;
        m->cap = cap;
    }
    m->tests[m->n++] = *test;
    return ak_rule_count(m->r, m->chain->line, 1);
}

/* ---- texts ---- */

/* Keywords are looked for anywhere in a value. */
static enum ak_status add_pattern(struct making *m, const struct ak_yaml *value,
                                  const struct ak_pattern *written)
{
    const struct ak_chain *c = m->chain;
    struct ak_test test = { .op = AK_TEST_PATTERN };
    struct ak_pattern opened = *written;
    bool keyword = c->field.n == 0 && !c->open_start && !c->open_end;
    if (written->n == 0 && c->field.n == 0)
        return wrong_value(m, value, "a keyword that is empty");
    if (c->open_start || c->open_end || keyword)
        if (ak_pattern_open(m->r->scratch, written, c->open_start || keyword,
                            c->open_end || keyword, &opened) != AK_OK)
            return AK_ERR_LIMIT;
    if (opened.n == 0)
        test.op = AK_TEST_EMPTY;
    else if (ak_pattern_copy(m->r->arena, &opened, c->cased, &test.pattern) != AK_OK)
        return AK_ERR_LIMIT;
    return add_test(m, &test);
}

/* What matching costs grows with the text times the '?' in a row. */
static bool too_many_wildcards(struct ak_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.at[i] == '*' || text.at[i] == '?';
    return n > AK_WILDCARDS_MAX;
}

static bool has_wildcards(const struct ak_pattern *p)
{
    return p->n > 1 || (p->n == 1 && p->pieces[0].kind != AK_PIECE_TEXT);
}

/* Ways to write the dashes of each text:
 * windash works on the notation, in which dashes are never escaped. */
static enum ak_status spread_dashes(struct making *m, const struct ak_yaml *value,
                                    const struct ak_text_list *in, struct ak_text_list *out)
{
    enum ak_status status = AK_OK;
    for (size_t i = 0; i < in->n && status == AK_OK; i++)
        status = m->chain->windash ? ak_text_windash(m->r, value->line, in->at[i], out)
                                   : ak_text_add(m->r, out, in->at[i]);
    return status;
}

static enum ak_status encode(struct making *m, const struct ak_yaml *value, struct ak_str plain)
{
    const struct ak_chain *c = m->chain;
    struct ak_text_list list = { 0 };
    enum ak_status status = ak_text_add(m->r, &list, plain);
    for (size_t step = 0; step < c->n_encodings && status == AK_OK; step++) {
        struct ak_text_list next = { 0 };
        for (size_t i = 0; i < list.n && status == AK_OK; i++)
            status = ak_text_encode(m->r, value->line, c->encodings[step], list.at[i], &next);
        list = next;
    }
    for (size_t i = 0; i < list.n && status == AK_OK; i++) {
        struct ak_pattern pattern;
        status = ak_pattern_plain(m->r->scratch, list.at[i], true, &pattern);
        if (status == AK_OK)
            status = add_pattern(m, value, &pattern);
    }
    return status;
}

/* One text in the rule's notation, placeholders and dashes done. */
static enum ak_status add_notation(struct making *m, const struct ak_yaml *value,
                                   struct ak_str text)
{
    struct ak_pattern pattern;
    if (too_many_wildcards(text))
        return wrong_value(m, value, "more wildcards in a value than the limit");
    if (ak_pattern_read(m->r->scratch, text, true, &pattern) != AK_OK)
        return AK_ERR_LIMIT;
    if (m->chain->n_encodings == 0)
        return add_pattern(m, value, &pattern);
    if (has_wildcards(&pattern))
        return wrong_value(m, value, "wildcards cannot be encoded");
    return encode(m, value, pattern.n ? pattern.pieces[0].text : AK_STR(""));
}

static enum ak_status expanded(struct making *m, const struct ak_yaml *value,
                               struct ak_text_list *out)
{
    return m->chain->expand ? ak_text_expand(m->r, value, out)
                            : ak_text_add(m->r, out, value->text);
}

static enum ak_status add_text(struct making *m, const struct ak_yaml *value)
{
    struct ak_text_list texts = { 0 }, dashed = { 0 };
    enum ak_status status = expanded(m, value, &texts);
    if (status == AK_OK)
        status = spread_dashes(m, value, &texts, &dashed);
    for (size_t i = 0; i < dashed.n && status == AK_OK; i++)
        status = add_notation(m, value, dashed.at[i]);
    return status;
}

/* A number is compared as text, as written and (0x1F, 007, +5) in plain decimal. */
static enum ak_status add_integer(struct making *m, const struct ak_yaml *value, int64_t number)
{
    char text[AK_DEC_MAX + 1], *at = text;
    if (number < 0)
        *at++ = '-';
    at = ak_put_dec(at, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
    struct ak_str decimal = { text, (size_t)(at - text) };
    enum ak_status status = add_notation(m, value, value->text);
    if (status == AK_OK && !ak_str_eq(decimal, value->text))
        status = add_notation(m, value, decimal);
    return status;
}

/* ---- other kinds of values ---- */

static enum ak_status add_regex(struct making *m, const struct ak_yaml *value)
{
    struct ak_test test = { .op = AK_TEST_REGEX };
    const char *why = "";
    enum ak_status status =
        ak_regex_compile(m->r->arena, value->text, m->chain->regex_flags, &test.regex, &why);
    if (status == AK_OK)
        return add_test(m, &test);
    return wrong_value(m, value, why);
}

/* Digits of at most three places; false when there is anything else. */
static bool prefix_bits(struct ak_str text, unsigned most, uint8_t *out)
{
    unsigned bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(text.at[i] - '0');
    }
    *out = (uint8_t)bits;
    return text.n > 0 && text.n <= 3 && bits <= most;
}

static void clear_behind(uint8_t *address, size_t size, unsigned bits)
{
    for (size_t i = 0; i < size; i++) {
        unsigned keep = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * (unsigned)i : 0;
        address[i] &= (uint8_t)(0xFF00u >> keep);
    }
}

static bool parse_cidr(struct ak_str text, struct ak_test *test)
{
    char address[64];
    const char *slash = text.n ? memchr(text.at, '/', text.n) : NULL;
    size_t n = slash ? (size_t)(slash - text.at) : text.n;
    if (n >= sizeof(address) || (n && memchr(text.at, 0, n)))
        return false;
    memcpy(address, text.at, n);
    address[n] = 0;
    test->op = AK_TEST_CIDR;
    test->cidr.is_v6 = n && memchr(address, ':', n);
    if (inet_pton(test->cidr.is_v6 ? AF_INET6 : AF_INET, address, test->cidr.address) != 1)
        return false;
    unsigned most = test->cidr.is_v6 ? 128 : 32;
    test->cidr.bits = (uint8_t)most;
    if (slash && !prefix_bits((struct ak_str){ slash + 1, text.n - n - 1 }, most, &test->cidr.bits))
        return false;
    clear_behind(test->cidr.address, most / 8, test->cidr.bits);
    return true;
}

static enum ak_status add_cidr(struct making *m, const struct ak_yaml *value)
{
    struct ak_text_list texts = { 0 };
    enum ak_status status = expanded(m, value, &texts);
    for (size_t i = 0; i < texts.n && status == AK_OK; i++) {
        struct ak_test test = { 0 };
        if (!parse_cidr(texts.at[i], &test))
            return wrong_value(m, value, "this is no IP network");
        status = add_test(m, &test);
    }
    return status;
}

static enum ak_status add_number(struct making *m, const struct ak_yaml *value)
{
    struct ak_test test = { .op = AK_TEST_NUMBER, .number = { .compare = m->chain->compare } };
    if (!ak_yaml_number(value, &test.number.value))
        return wrong_value(m, value, "a number is wanted here");
    return add_test(m, &test);
}

static enum ak_status add_time(struct making *m, const struct ak_yaml *value)
{
    static const struct {
        int64_t least, most;
    } RANGES[] = {
        [AK_TIME_MINUTE] = { 0, 59 }, [AK_TIME_HOUR] = { 0, 23 },  [AK_TIME_DAY] = { 1, 31 },
        [AK_TIME_WEEK] = { 1, 53 },   [AK_TIME_MONTH] = { 1, 12 }, [AK_TIME_YEAR] = { -9999, 9999 },
    };
    struct ak_test test = { .op = AK_TEST_TIME,
                            .time = { .part = m->chain->part, .compare = m->chain->compare } };
    if (!ak_yaml_integer(value, &test.time.value))
        return wrong_value(m, value, "a number is wanted here");
    if (test.time.value < RANGES[m->chain->part].least ||
        test.time.value > RANGES[m->chain->part].most)
        return wrong_value(m, value, "no time has this number");
    return add_test(m, &test);
}

static enum ak_status add_exists(struct making *m, const struct ak_yaml *value)
{
    struct ak_test test = { .op = AK_TEST_EXISTS };
    if (!ak_yaml_bool(value, &test.exists))
        return wrong_value(m, value, "true or false is wanted here");
    return add_test(m, &test);
}

static enum ak_status add_field(struct making *m, const struct ak_yaml *value)
{
    const struct ak_chain *c = m->chain;
    struct ak_test test = { .op = AK_TEST_FIELD,
                            .field = {
                                .starts = c->open_end, .ends = c->open_start, .cased = c->cased } };
    if (value->text.n == 0)
        return wrong_value(m, value, "a field without a name");
    if (ak_rule_text(m->r, value->text, &test.field.name) != AK_OK)
        return AK_ERR_LIMIT;
    return add_test(m, &test);
}

/* ---- a value, whatever its kind ---- */

static enum ak_status add_null(struct making *m, const struct ak_yaml *value)
{
    if (m->chain->field.n == 0)
        return wrong_value(m, value, "a keyword that is empty");
    if (m->chain->modified)
        return wrong_value(m, value, "null under a modifier that cannot take it");
    return add_test(m, &(struct ak_test){ .op = AK_TEST_NULL });
}

static enum ak_status add_scalar(struct making *m, const struct ak_yaml *value)
{
    static enum ak_status (*const ADD[])(struct making *, const struct ak_yaml *) = {
        [AK_VALUE_TEXT] = add_text,   [AK_VALUE_REGEX] = add_regex,
        [AK_VALUE_CIDR] = add_cidr,   [AK_VALUE_NUMBER] = add_number,
        [AK_VALUE_TIME] = add_time,   [AK_VALUE_EXISTS] = add_exists,
        [AK_VALUE_FIELD] = add_field,
    };
    int64_t whole = 0;
    double number;
    bool truth = false, is_whole = ak_yaml_integer(value, &whole),
         is_truth = ak_yaml_bool(value, &truth);
    bool is_text = !is_truth && !ak_yaml_number(value, &number);
    if (value->kind != AK_YAML_SCALAR)
        return wrong_value(m, value, "a list or map where a value is wanted");
    if (value->text.n > AK_VALUE_MAX)
        return ak_rule_wrong(m->r, value->line, "a value longer than the limit", m->chain->written);
    if (ak_yaml_is_null(value))
        return add_null(m, value);
    if (m->chain->strict_text && !is_text)
        return wrong_value(m, value, "a text is wanted here, a quoted one if it looks otherwise");
    if (m->chain->kind == AK_VALUE_TEXT && is_whole)
        return add_integer(m, value, whole);
    if (m->chain->kind == AK_VALUE_TEXT && is_truth)
        return add_notation(m, value, truth ? AK_STR("true") : AK_STR("false"));
    return ADD[m->chain->kind](m, value);
}

static enum ak_status add_values(struct making *m, const struct ak_yaml *value)
{
    bool is_list = value->kind == AK_YAML_LIST;
    if (is_list && value->n == 0)
        return wrong_value(m, value, "a list without values");
    if (is_list && m->chain->kind == AK_VALUE_EXISTS)
        return wrong_value(m, value, "true or false is wanted here");
    m->ends = AK_NEW_N(m->r->scratch, size_t, is_list ? value->n : 1);
    if (!m->ends)
        return AK_ERR_LIMIT;
    enum ak_status status = AK_OK;
    for (const struct ak_yaml *v = is_list ? value->first : value; v && status == AK_OK;
         v = is_list ? v->next : NULL) {
        status = add_scalar(m, v);
        m->ends[m->n_groups++] = m->n;
    }
    return status;
}

/* ---- items ---- */

static enum ak_status make_item(struct making *m, size_t from, size_t to, bool all,
                                const struct ak_node **out)
{
    struct ak_test *tests = AK_NEW_N(m->r->arena, struct ak_test, to - from);
    struct ak_rule_item item = { .tests = tests,
                                 .n = to - from,
                                 .all = all && to - from > 1,
                                 .negated = m->chain->negated,
                                 .line = m->chain->line };
    if (!tests || ak_rule_text(m->r, m->chain->field, &item.field) != AK_OK)
        return AK_ERR_LIMIT;
    memcpy(tests, m->tests + from, (to - from) * sizeof(*tests));
    return ak_node_item(m->r, &item, out);
}

/* `all` over values that became several tests: an item each.  Not all of them
 * (neq) is one of them not. */
static enum ak_status join_groups(struct making *m, const struct ak_node **out)
{
    struct ak_node_list list = { 0 };
    for (size_t i = 0; i < m->n_groups; i++) {
        const struct ak_node *node;
        enum ak_status status = make_item(m, i ? m->ends[i - 1] : 0, m->ends[i], false, &node);
        if (status == AK_OK)
            status = ak_node_add(m->r, &list, node);
        if (status != AK_OK)
            return status;
    }
    return ak_node_join(m->r, m->chain->negated ? AK_NODE_OR : AK_NODE_AND, &list, out);
}

enum ak_status ak_chain_apply(struct ak_rule_reader *r, const struct ak_chain *chain,
                              const struct ak_yaml *value, const struct ak_node **out)
{
    struct making m = { .r = r, .chain = chain };
    enum ak_status status = add_values(&m, value);
    if (status != AK_OK)
        return status;
    if (chain->all && m.n != m.n_groups)
        return join_groups(&m, out);
    return make_item(&m, 0, m.n, chain->all, out);
}
