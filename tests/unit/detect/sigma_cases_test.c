/* sigma_cases_test.c - the table of Sigma's sentences against the reader of rules and
 * a naive evaluation of its trees. */
#include "detect/rules_read.h"

#include "tests/support/naive_sigma.h"
#include "tests/support/sigma_story.h"

static struct ak_arena *arena;

static bool read_rule(const struct sigma_case *c, struct ak_rules *out)
{
    struct ak_rules_options options = { AK_FILTER_SUPPRESSES,
                                        { (const uint8_t *)SIGMA_PLACEHOLDERS,
                                          sizeof(SIGMA_PLACEHOLDERS) - 1 },
                                        AK_STR("p.yml") };
    struct ak_rule_file file = { AK_STR("case.yml"),
                                 { (const uint8_t *)c->rule, strlen(c->rule) } };
    return ak_rules_read(arena, &file, 1, &options, out) == AK_OK;
}

/* "LINE what: detail" of the only problem, its line as in the table's text. */
static void tell_problem(const struct ak_rules *rules, const struct sigma_case *c, char *to,
                         size_t size)
{
    const struct ak_rule_problem *p = rules->problems;
    if (rules->n_problems == 0)
        snprintf(to, size, "(no problem)");
    else
        snprintf(to, size, "%u %s%s%.*s", p->line - (unsigned)c->rule_lines_before, p->what,
                 p->detail.n ? ": " : "", (int)p->detail.n, p->detail.n ? p->detail.at : "");
}

static void check_case(const struct sigma_case *c)
{
    struct ak_rules rules = { 0 };
    char told[1024];
    ak_arena_reset(arena);
    CHECK(read_rule(c, &rules));
    tell_problem(&rules, c, told, sizeof(told));
    bool good = c->expect == SIGMA_REFUSED ? rules.n_problems == 1 && strcmp(told, c->refused) == 0
                                           : rules.n == 1 && rules.n_problems == 0;
    if (good && c->expect != SIGMA_REFUSED)
        good = naive_match(rules.rules[0].when, &c->event) == (c->expect == SIGMA_YES);
    if (!good)
        printf("      sigma_cases.txt:%u: %s\n", c->line, told);
    CHECK(good);
}

int main(void)
{
    arena = ak_arena_new(256 << 20);
    sigma_tell(check_case);
    ak_arena_free(arena);
    return story_report();
}
