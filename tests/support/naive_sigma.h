/* naive_sigma.h - does an event satisfy a rule's tree?  Written for being right, not
 * fast: what the reader of rules is tested with and the matcher compared with. */
#ifndef AK_TESTS_NAIVE_SIGMA_H
#define AK_TESTS_NAIVE_SIGMA_H

#include "base/fold.h"
#include "detect/pattern.h"
#include "detect/regex.h"
#include "detect/rule.h"
#include "tests/support/sigma_cases.h"

#include <arpa/inet.h>

static inline const struct ak_str *naive_value(const struct sigma_event *e, struct ak_str name)
{
    for (size_t i = 0; i < e->n; i++)
        if (ak_str_eq(e->names[i], name))
            return &e->values[i];
    return NULL;
}

static inline bool naive_compare(enum ak_compare how, double a, double b)
{
    switch (how) {
    case AK_CMP_EQ:
        return a >= b && a <= b;
    case AK_CMP_NE:
        return a < b || a > b;
    case AK_CMP_LT:
        return a < b;
    case AK_CMP_LE:
        return a <= b;
    case AK_CMP_GT:
        return a > b;
    case AK_CMP_GE:
        break;
    }
    return a >= b;
}

static inline bool naive_cidr(const struct ak_test *t, struct ak_str value)
{
    char text[64] = { 0 };
    uint8_t address[16];
    memcpy(text, value.at, value.n < 63 ? value.n : 63);
    if (inet_pton(t->cidr.is_v6 ? AF_INET6 : AF_INET, text, address) != 1)
        return false;
    for (unsigned i = 0; i < t->cidr.bits; i++)
        if ((address[i / 8] ^ t->cidr.address[i / 8]) & (0x80 >> i % 8))
            return false;
    return true;
}

/* "2026-01-02T03:04" and what follows. */
static inline bool naive_time(const struct ak_test *t, struct ak_str value)
{
    int year, month, day, hour, minute;
    char text[32] = { 0 };
    memcpy(text, value.at, value.n < 31 ? value.n : 31);
    if (sscanf(text, "%d-%d-%dT%d:%d", &year, &month, &day, &hour, &minute) != 5)
        return false;
    static const int BEFORE[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int of_year = BEFORE[month - 1] + day + (leap && month > 2); /* from 1 */
    int y = year - 1,
        weekday = (of_year - 1 + y * 365 + y / 4 - y / 100 + y / 400) % 7; /* Monday is 0 */
    int week = (of_year - weekday + 9) / 7;
    int parts[] = { minute, hour, day, week, month, year };
    return naive_compare(t->time.compare, parts[t->time.part], (double)t->time.value);
}

static inline struct ak_str naive_fold(struct ak_str text, bool cased, char *to)
{
    return cased ? text : (struct ak_str){ to, ak_fold(to, text) };
}

static inline bool naive_field(const struct ak_test *t, const struct sigma_event *e,
                               struct ak_str value)
{
    const struct ak_str *other = naive_value(e, t->field.name);
    char a[4096], b[4096];
    if (!other)
        return false;
    struct ak_str mine = naive_fold(value, t->field.cased, a),
                  its = naive_fold(*other, t->field.cased, b);
    if (t->field.starts && t->field.ends)
        return its.n == 0 || memmem(mine.at, mine.n, its.at, its.n);
    return t->field.starts ? ak_str_starts(mine, its)
           : t->field.ends ? ak_str_ends(mine, its)
                           : ak_str_eq(mine, its);
}

/* `value` NULL: the field is not there. */
static inline bool naive_test(const struct ak_test *t, const struct sigma_event *e,
                              const struct ak_str *value)
{
    char folded[4096], number[64] = { 0 }, *end;
    struct ak_regex_memory *memory;
    bool yes;
    if (t->op == AK_TEST_NULL)
        return !value;
    if (t->op == AK_TEST_EXISTS)
        return t->exists == (value != NULL);
    if (!value)
        return false;
    switch (t->op) {
    case AK_TEST_PATTERN:
        return ak_pattern_match(&t->pattern, naive_fold(*value, t->pattern.cased, folded));
    case AK_TEST_REGEX:
        memory = ak_regex_memory_new(1 << 20);
        yes = ak_regex_search(t->regex, memory, *value);
        ak_regex_memory_free(memory);
        return yes;
    case AK_TEST_CIDR:
        return naive_cidr(t, *value);
    case AK_TEST_NUMBER:
        memcpy(number, value->at, value->n < 63 ? value->n : 63);
        double got = strtod(number, &end);
        return end != number && !*end && naive_compare(t->number.compare, got, t->number.value);
    case AK_TEST_TIME:
        return naive_time(t, *value);
    case AK_TEST_EMPTY:
        return value->n == 0;
    case AK_TEST_FIELD:
        return naive_field(t, e, *value);
    case AK_TEST_NULL:
    case AK_TEST_EXISTS:
        break;
    }
    return false;
}

/* Keywords: any value of the event. */
static inline bool naive_test_item(const struct ak_rule_item *item, const struct ak_test *t,
                                   const struct sigma_event *e)
{
    if (item->field.n)
        return naive_test(t, e, naive_value(e, item->field));
    for (size_t i = 0; i < e->n; i++)
        if (naive_test(t, e, &e->values[i]))
            return true;
    return false;
}

static inline bool naive_item(const struct ak_rule_item *item, const struct sigma_event *e)
{
    size_t held = 0;
    for (size_t i = 0; i < item->n; i++)
        held += naive_test_item(item, &item->tests[i], e);
    bool yes = item->all ? held == item->n : held > 0;
    return item->negated ? naive_value(e, item->field) && !yes : yes;
}

static inline bool naive_match(const struct ak_node *node, const struct sigma_event *e)
{
    if (node->kind == AK_NODE_ITEM)
        return naive_item(node->item, e);
    if (node->kind == AK_NODE_NOT)
        return !naive_match(node->children[0], e);
    for (size_t i = 0; i < node->n; i++)
        if (naive_match(node->children[i], e) == (node->kind == AK_NODE_OR))
            return node->kind == AK_NODE_OR;
    return node->kind == AK_NODE_AND;
}

#endif
