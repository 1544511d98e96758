/* rules_read_test.c - tests src/detect/{rules_read,rules_join,filter,correlation_read}.c:
 * what lies between documents. */
#include "detect/rules_read.h"

#include "base/buf.h"
#include "tests/support/naive_sigma.h"
#include "tests/support/story.h"

#define RULE(name, field)                                                                          \
    "title: " name "\nid: " name "-ID\nname: " name "\nlogsource:\n    product: windows\n"         \
    "    category: test\ndetection:\n    s:\n        " field ": 1\n    condition: s\n---\n"
#define CORRELATION(name, type, rules, more)                                                       \
    "title: " name "\nname: " name "\ncorrelation:\n    type: " type "\n    rules: " rules         \
    "\n    timespan: 5m\n" more "---\n"
#define COUNT(name, rules) CORRELATION(name, "event_count", rules, "    condition: {gte: 2}\n")
#define FILTER(rules, source, condition)                                                           \
    "title: filter\nlogsource: " source "\nfilter:\n    rules: " rules                             \
    "\n    s:\n        User|startswith: adm_\n    condition: " condition "\n---\n"

static struct ak_arena *arena;
static struct ak_rules rules;

static enum ak_status read_with(const char *text, enum ak_filter_reading reading)
{
    struct ak_rules_options options = { reading, { NULL, 0 }, { NULL, 0 } };
    struct ak_rule_file file = { AK_STR("r.yml"), { (const uint8_t *)text, strlen(text) } };
    ak_arena_reset(arena);
    rules = (struct ak_rules){ 0 };
    return ak_rules_read(arena, &file, 1, &options, &rules);
}

static bool read_rules(const char *text) { return read_with(text, AK_FILTER_SUPPRESSES) == AK_OK; }

static bool problem_is(size_t i, uint32_t line, const char *what, const char *detail)
{
    if (i >= rules.n_problems)
        return false;
    const struct ak_rule_problem *p = &rules.problems[i];
    bool is =
        p->line == line && strcmp(p->what, what) == 0 && ak_str_eq(p->detail, ak_str_of(detail));
    if (!is)
        printf("      %u %s: %.*s\n", p->line, p->what, (int)p->detail.n, p->detail.at);
    return is;
}

static bool refused(const char *text, uint32_t line, const char *what, const char *detail)
{
    return read_rules(text) && rules.n_problems == 1 && problem_is(0, line, what, detail);
}

static void test_head(void)
{
    TEST ("a rule says of itself what its file says") {
        CHECK(read_rules(
            "title: A title\nid: ABC-1\nname: n\ntitle_ja: 題名\ndescription: |\n    two\n    "
            "lines\n"
            "author: Me, You\nstatus: test\ndate: 2026-01-02\nmodified: 2026-02-03\nlevel: High\n"
            "tags:\n    - attack.t1059.001\n    - cve.2026-1\nfields: [Image, User]\n"
            "logsource:\n    product: Windows\n    service: Security\ndetection:\n    s:\n        "
            "A: 1\n    condition: s\n"));
        CHECK(rules.n == 1 && rules.n_problems == 0);
        const struct ak_rule *r = rules.rules;
        CHECK_STR(r->title, "A title");
        CHECK_STR(r->id, "abc-1");
        CHECK_STR(r->name, "n");
        CHECK_STR(r->title_ja, "題名");
        CHECK_STR(r->description, "two\nlines");
        CHECK_STR(r->author, "Me, You");
        CHECK_STR(r->status, "test");
        CHECK_STR(r->date, "2026-01-02");
        CHECK_STR(r->modified, "2026-02-03");
        CHECK_STR(r->file, "r.yml");
        CHECK(r->severity == AK_SEVERITY_HIGH && r->line == 1 && !r->silent && !r->correlation);
        CHECK(r->n_tags == 2 && r->n_fields == 2);
        CHECK_STR(r->tags[1], "cve.2026-1");
        CHECK_STR(r->fields[0], "Image");
        CHECK_STR(r->source.product, "windows");
        CHECK_STR(r->source.service, "security");
        CHECK(r->source.category.n == 0);
    }

    TEST ("a list of tags that is half none does not cost the rule") {
        CHECK(read_rules("title: t\nlogsource: {product: x}\ntags: [a, null, {b: c}, d]\nfields: "
                         "{x: y}\ndetection:\n    s: {A: 1}\n    condition: s\n"));
        CHECK(rules.n == 1 && rules.n_problems == 0 && rules.rules[0].n_tags == 2 &&
              rules.rules[0].n_fields == 0);
        CHECK(rules.n == 1 && ak_str_eq(rules.rules[0].tags[1], AK_STR("d")));
    }

    TEST ("a file with the ends of lines and the mark of a Windows editor is read") {
        CHECK(read_rules("\xEF\xBB\xBFtitle: t\r\nlogsource:\r\n    product: x\r\ndetection:\r\n   "
                         " s:\r\n        A: '1'\r\n    condition: s\r\n---\r\ntitle: bad\r\n"));
        CHECK(rules.n == 1 && rules.n_problems == 1 && rules.problems[0].line == 9);
        CHECK_STR(rules.rules[0].when->item->tests[0].pattern.pieces[0].text, "1");
    }

    TEST ("items keep the field as written and the line of their key") {
        CHECK(read_rules("title: t\nlogsource: {product: x}\ndetection:\n    s:\n        A: 1\n    "
                         "    B.c|contains: 2\n    condition: s\n"));
        const struct ak_node *when = rules.rules[0].when;
        CHECK(when->kind == AK_NODE_AND && when->n == 2);
        CHECK(when->children[1]->item->line == 6 && when->children[0]->item->line == 5);
        CHECK_STR(when->children[1]->item->field, "B.c");
    }
}

static void test_order(void)
{
    TEST ("rules stand in the order of their files' names, then of their documents") {
        static const char B[] = RULE("b1", "A") RULE("b2", "A"),
                          A[] = "# comment\n---\n" RULE("a1", "A");
        struct ak_rule_file files[] = { { AK_STR("b.yml"), { (const uint8_t *)B, sizeof(B) - 1 } },
                                        { AK_STR("a.yml"),
                                          { (const uint8_t *)A, sizeof(A) - 1 } } };
        struct ak_rules_options options = { AK_FILTER_SUPPRESSES, { NULL, 0 }, { NULL, 0 } };
        ak_arena_reset(arena);
        CHECK(ak_rules_read(arena, files, 2, &options, &rules) == AK_OK && rules.n == 3);
        CHECK_STR(rules.rules[0].name, "a1");
        CHECK_STR(rules.rules[2].name, "b2");
        CHECK(rules.rules[0].line == 3 && rules.rules[2].line == 12);
    }

    TEST ("a bad document is a problem; those around it are rules") {
        CHECK(read_rules(RULE("a", "A") "title: bad\nid: X-1\nlevel: [\n---\n" RULE(
            "b", "A") "detection: x\ntitle: bad\n---\n" RULE("c", "A|nope")));
        CHECK(rules.n == 2 && rules.n_problems == 3);
        CHECK(rules.problems[0].line == 14 && rules.problems[1].line == 27);
        CHECK_STR(rules.problems[2].id, "c-id");
        CHECK_STR(rules.problems[2].title, "c");
        CHECK_STR(rules.problems[0].file, "r.yml");
    }

    TEST ("no files, empty files, files of comments: no rules and no problems") {
        struct ak_rules_options options = { AK_FILTER_SUPPRESSES, { NULL, 0 }, { NULL, 0 } };
        CHECK(ak_rules_read(arena, NULL, 0, &options, &rules) == AK_OK && rules.n == 0);
        CHECK(read_rules("") && rules.n == 0 && rules.n_problems == 0);
        CHECK(read_rules("# nothing\n---\n") && rules.n == 0 && rules.n_problems == 0);
    }

    TEST ("of two rules with one id, whatever its case, the second is a problem") {
        CHECK(read_rules(RULE("a", "A") "title: b\nid: A-id\nlogsource: {product: x}\ndetection:\n "
                                        "   s: {A: 1}\n    condition: s\n"));
        CHECK(rules.n == 1 && problem_is(0, 12, "another rule has this id", "a-id"));
    }

    TEST ("problems come in the order of files and lines, whenever they were found") {
        CHECK(read_rules(COUNT("c", "[gone]") RULE("a", "A|x")));
        CHECK(rules.n == 0 && rules.n_problems == 2);
        CHECK(rules.problems[0].line == 5 && rules.problems[1].line == 17);
    }
}

static void test_correlations(void)
{
    TEST ("a correlation says what it counts, by what, in which time and when") {
        CHECK(read_rules(RULE("a", "A") RULE(
            "b",
            "A") "title: c\nlevel: high\ncorrelation:\n    type: value_count\n    rules:\n        "
                 "- a-ID\n        - b\n"
                 "    group-by: [Host, ip]\n    timespan: 90m\n    condition:\n        gt: 3\n     "
                 "   lte: 10.5\n        field: User\n"
                 "    aliases:\n        ip:\n            a: SourceIp\n            b: DestIp\n"));
        CHECK(rules.n == 3 && rules.n_problems == 0);
        const struct ak_correlation *c = rules.rules[2].correlation;
        CHECK(c && !rules.rules[2].when && c->type == AK_CORRELATE_VALUE_COUNT && c->n_rules == 2);
        CHECK(c->rules[0] == 0 && c->rules[1] == 1 && c->timespan_ns == INT64_C(5400000000000));
        CHECK(c->n_group_by == 2 && c->n_fields == 1 && c->n_bounds == 2 && !c->generate);
        CHECK_STR(c->group_by[1], "ip");
        CHECK_STR(c->fields[0], "User");
        CHECK(c->bounds[0].compare == AK_CMP_GT && c->bounds[1].compare == AK_CMP_LE &&
              c->bounds[1].value > 10.4);
        CHECK(c->n_aliases == 2 && c->aliases[1].rule == 1);
        CHECK_STR(c->aliases[1].name, "ip");
        CHECK_STR(c->aliases[1].field, "DestIp");
    }

    TEST ("all seven types are read") {
        static const char *const TYPES[] = { "event_count",      "value_count", "temporal",
                                             "temporal_ordered", "value_sum",   "value_avg",
                                             "value_percentile" };
        static const char *const MORE[] = {
            "", ", field: F", "", "", ", field: F", ", field: [F, G]", ", field: F, percentile: 95"
        };
        for (size_t i = 0; i < 7; i++) {
            char text[1024];
            snprintf(text, sizeof(text),
                     RULE("a", "A")
                         RULE("b", "A") "title: c\ncorrelation:\n    type: %s\n    rules: [a, b]\n "
                                        "   timespan: 1d\n    condition: {gte: 2%s}\n",
                     TYPES[i], MORE[i]);
            CHECK(read_rules(text) && rules.n == 3 && rules.rules[2].correlation->type == i);
            CHECK(i != 6 || (rules.n == 3 && rules.rules[2].correlation->percentile > 94.9));
        }
    }

    TEST ("temporal ones need no condition, and no group-by is needed at all") {
        CHECK(read_rules(RULE("a", "A") RULE("b", "A") CORRELATION("c", "temporal", "[a, b]", "")));
        CHECK(rules.n == 3 && rules.rules[2].correlation->n_bounds == 0 &&
              rules.rules[2].correlation->n_group_by == 0);
    }

    TEST ("in an order a rule may stand twice") {
        CHECK(read_rules(RULE("a", "A") RULE("b", "A")
                             CORRELATION("c", "temporal_ordered", "[a, b, a]", "")));
        CHECK(rules.n == 3 && rules.rules[2].correlation->n_rules == 3 &&
              rules.rules[2].correlation->rules[2] == 0);
    }

    TEST ("rules that only feed correlations are silent; generate makes them speak") {
        CHECK(read_rules(RULE("a", "A") RULE("b", "A") RULE("c", "A") COUNT("x", "[a, b]")
                             CORRELATION("y", "event_count", "[b]",
                                         "    condition: {gte: 2}\ngenerate: true\n")));
        CHECK(rules.n == 5 && rules.rules[0].silent && !rules.rules[1].silent &&
              !rules.rules[2].silent);
        CHECK(!rules.rules[3].silent && rules.rules[4].correlation->generate);
    }

    TEST ("a correlation stands behind those it refers to, others stay where they are") {
        CHECK(read_rules(COUNT("outer", "[inner]") RULE("a", "A") COUNT("inner", "[a]")));
        CHECK(rules.n == 3 && rules.n_problems == 0);
        CHECK_STR(rules.rules[0].name, "inner");
        CHECK_STR(rules.rules[1].name, "outer");
        CHECK(rules.rules[0].correlation->rules[0] == 2 &&
              rules.rules[1].correlation->rules[0] == 0);
        CHECK(rules.rules[0].silent && rules.rules[2].silent && !rules.rules[1].silent);
    }

    TEST ("a circle of correlations is refused with its names, and what leads to it") {
        CHECK(read_rules(COUNT("a", "[b]") COUNT("b", "[c]") COUNT("c", "[a]") COUNT("d", "[a]")
                             COUNT("self", "[self]")));
        CHECK(rules.n == 0 && rules.n_problems == 5);
        CHECK(problem_is(2, 21, "correlations that refer to each other in a circle",
                         "a -> b -> c -> a"));
        CHECK(problem_is(0, 5, "a reference to a correlation that is refused", "b"));
        CHECK(
            problem_is(4, 37, "correlations that refer to each other in a circle", "self -> self"));
    }

    TEST ("a rule of a correlation that is refused is not silent for it") {
        CHECK(read_rules(RULE("a", "A") COUNT("x", "[a, gone]")));
        CHECK(rules.n == 1 && !rules.rules[0].silent &&
              problem_is(0, 16, "a reference to a rule that is not there", "gone"));
    }

    TEST ("correlations upon correlations have a limit") {
        struct ak_buf b = { 0 };
        for (unsigned i = 0; i < 70; i++)
            ak_buf_printf(&b,
                          "title: c%u\nname: c%u\ncorrelation: {type: event_count, rules: [c%u], "
                          "timespan: 1s, condition: {gte: 1}}\n---\n",
                          i, i, i + 1);
        ak_buf_text(&b, RULE("c70", "A"));
        ak_buf_u8(&b, 0);
        CHECK(read_rules((const char *)b.at) && rules.n_problems > 0);
        bool found = false;
        for (size_t i = 0; i < rules.n_problems; i++)
            found = found || strcmp(rules.problems[i].what,
                                    "correlations upon correlations, more than the limit") == 0;
        CHECK(found);
        ak_buf_free(&b);
    }
}

static void test_wrong_correlations(void)
{
#define GOOD RULE("a", "A") RULE("b", "A") "title: c\ncorrelation:\n"
    static const struct {
        const char *section;
        uint32_t line; /* of the section, from 1 */
        const char *what, *detail;
    } WRONG[] = {
        { "    rules: [a]\n    timespan: 1s\n    condition: {gte: 1}\n", 1,
          "a correlation without its type", "" },
        { "    type: value_median\n    rules: [a]\n    timespan: 1s\n", 1,
          "a correlation type that is not read", "value_median" },
        { "    type: temporal\n    timespan: 1s\n", 1, "a correlation without a list of rules",
          "" },
        { "    type: temporal\n    rules: []\n    timespan: 1s\n", 2,
          "a correlation without a list of rules", "" },
        { "    type: temporal\n    rules: [[a]]\n    timespan: 1s\n", 2,
          "a reference that is no text", "" },
        { "    type: temporal\n    rules: [a, a-id]\n    timespan: 1s\n", 2,
          "a correlation that names a rule twice", "a-id" },
        { "    type: temporal\n    rules: [a, b]\n", 1, "a correlation without a timespan", "" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: 5w\n", 3,
          "a timespan is a number and s, m, h or d", "5w" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: m\n", 3,
          "a timespan is a number and s, m, h or d", "m" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: 0s\n", 3,
          "a timespan is a number and s, m, h or d", "0s" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: 1h30m\n", 3,
          "a timespan is a number and s, m, h or d", "1h30m" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: 99999999999d\n", 3,
          "a timespan is a number and s, m, h or d", "99999999999d" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: 1s\n    ordered: true\n", 4,
          "a key that correlations do not have", "ordered" },
        { "    type: event_count\n    rules: [a]\n    timespan: 1s\n", 1,
          "a correlation without a condition", "" },
        { "    type: event_count\n    rules: [a]\n    timespan: 1s\n    condition: {gte: many}\n",
          4, "a number is wanted here", "many" },
        { "    type: event_count\n    rules: [a]\n    timespan: 1s\n    condition: {more: 5}\n", 4,
          "a key that correlations do not have", "more" },
        { "    type: event_count\n    rules: [a]\n    timespan: 1s\n    condition: {}\n", 4,
          "a condition that compares with nothing", "" },
        { "    type: event_count\n    rules: [a]\n    timespan: 1s\n    condition: a and b\n", 4,
          "a map of keys is wanted here", "condition" },
        { "    type: event_count\n    rules: [a]\n    timespan: 1s\n    condition: {gte: 1, field: "
          "F}\n",
          4, "a field in a correlation that does not look at values", "F" },
        { "    type: value_sum\n    rules: [a]\n    timespan: 1s\n    condition: {gte: 1}\n", 4,
          "a correlation of values without its field", "" },
        { "    type: value_percentile\n    rules: [a]\n    timespan: 1s\n    condition: {gte: 1, "
          "field: F}\n",
          4, "a value_percentile that does not say which percentile", "" },
        { "    type: value_percentile\n    rules: [a]\n    timespan: 1s\n    condition: {gte: 1, "
          "field: F, percentile: 101}\n",
          4, "a percentile is a number from 0 to 100", "101" },
        { "    type: value_avg\n    rules: [a]\n    timespan: 1s\n    condition: {gte: 1, field: "
          "F, percentile: 5}\n",
          4, "a percentile is a number from 0 to 100", "5" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: 1s\n    aliases: {x: F}\n", 4,
          "an alias stands for one field of a rule", "x" },
        { "    type: temporal\n    rules: [a]\n    timespan: 1s\n    aliases: {x: {b: F}}\n", 4,
          "an alias for a rule that the correlation does not refer to", "b" },
        { "    type: temporal\n    rules: [a]\n    timespan: 1s\n    aliases: {x: {z: F}}\n", 4,
          "a reference to a rule that is not there", "z" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: 1s\n    generate: maybe\n", 4,
          "true or false is wanted here", "maybe" },
        { "    type: temporal\n    rules: [a, b]\n    timespan: 1s\n    group-by: {a: b}\n", 4,
          "a list of texts is wanted here", "group-by" },
    };
    TEST ("what a correlation lacks or has too much is refused by name, with its line") {
        for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
            char text[2048];
            snprintf(text, sizeof(text), "%s%s", GOOD, WRONG[i].section);
            bool is = refused(text, 24 + WRONG[i].line, WRONG[i].what, WRONG[i].detail);
            if (!is)
                printf("      %s", WRONG[i].section);
            CHECK(is && rules.n == 2);
        }
    }

    TEST ("a name that two rules have cannot be referred to; an id can") {
        static const char TWO[] =
            RULE("a", "A") "title: other\nid: o\nname: a\nlogsource: {product: x}\ndetection:\n    "
                           "s: {A: 1}\n    condition: s\n---\n";
        char text[2048];
        snprintf(text, sizeof(text), "%s%s", TWO, COUNT("c", "[a]"));
        CHECK(refused(text, 24, "a reference to a name that several rules have", "a"));
        snprintf(text, sizeof(text), "%s%s", TWO, COUNT("c", "[o]"));
        CHECK(read_rules(text) && rules.n == 3 && rules.n_problems == 0);
    }
}

/* Does the first rule match an event of field A=1 and this user? */
static bool first_matches(const char *user)
{
    struct sigma_event e = { .names = { AK_STR("A"), AK_STR("User") },
                             .values = { AK_STR("1"), ak_str_of(user) },
                             .n = 2 };
    return rules.n && naive_match(rules.rules[0].when, &e);
}

static void test_filters(void)
{
    TEST ("a filter suppresses what matches it, in the rules it names and no others") {
        CHECK(
            read_rules(RULE("a", "A") RULE("b", "A") FILTER("[a-ID]", "{product: windows}", "s")));
        CHECK(rules.n == 2 && rules.n_filters == 1 && rules.n_problems == 0);
        CHECK(first_matches("joe") && !first_matches("ADM_joe"));
        CHECK(rules.rules[1].when->kind == AK_NODE_ITEM);
    }

    TEST ("read as pySigma does, only what matches it is kept") {
        CHECK(read_with(RULE("a", "A") FILTER("[a]", "{product: windows}", "not s"),
                        AK_FILTER_KEEPS) == AK_OK);
        CHECK(first_matches("joe") && !first_matches("adm_joe"));
        CHECK(read_with(RULE("a", "A") FILTER("[a]", "{product: windows}", "s"), AK_FILTER_KEEPS) ==
              AK_OK);
        CHECK(!first_matches("joe") && first_matches("adm_joe"));
    }

    TEST ("two filters: each of them suppresses, or all must be met") {
        static const char TWO[] = RULE("a", "A")
            FILTER("[a]", "{product: windows}",
                   "s") "title: f2\nlogsource: {category: test}\nfilter:\n    rules: a\n    s:\n   "
                        "     User|endswith: x\n    condition: s\n";
        CHECK(read_rules(TWO) && rules.n_filters == 2);
        CHECK(first_matches("joe") && !first_matches("adm_joe") && !first_matches("joex"));
        CHECK(read_with(TWO, AK_FILTER_KEEPS) == AK_OK);
        CHECK(!first_matches("joe") && !first_matches("adm_joe") && first_matches("adm_x"));
    }

    TEST ("any: all rules of the filter's log source") {
        CHECK(read_rules(
            RULE("a", "A") "title: b\nlogsource: {product: linux}\ndetection:\n    s: {A: 1}\n    "
                           "condition: s\n---\n" FILTER("any", "{product: windows}", "s")));
        CHECK(rules.n == 2 && rules.n_filters == 1 && rules.rules[0].when->kind == AK_NODE_AND &&
              rules.rules[1].when->kind == AK_NODE_ITEM);
    }

    TEST (
        "a filter may stand before its rules; what it names in vain is a problem, the rest holds") {
        CHECK(read_rules(FILTER("[gone, a]", "{product: windows}", "s") RULE("a", "A")));
        CHECK(rules.n == 1 && rules.n_filters == 1 && !first_matches("adm_joe"));
        CHECK(problem_is(0, 4, "a reference to a rule that is not there", "gone"));
    }

    TEST ("a filter of another log source, or for a correlation, is not applied in silence") {
        CHECK(refused(RULE("a", "A") FILTER("[a]", "{product: linux}", "s"), 15,
                      "the rule is not of the filter's log source", "a"));
        CHECK(refused(RULE("a", "A") FILTER("any", "{product: linux}", "s"), 15,
                      "no rule is of the filter's log source", ""));
        CHECK(refused(RULE("a", "A") COUNT("c", "[a]") FILTER("[c]", "{product: windows}", "s"), 23,
                      "a filter cannot be put to a correlation", "c"));
        CHECK(first_matches("adm_joe") && rules.n_filters == 0);
    }

    TEST ("a filter needs its rules, its condition and its log source") {
        CHECK(refused(FILTER("[]", "{product: windows}", "s"), 4,
                      "a filter without a list of rules", ""));
        CHECK(refused(FILTER("[a]", "{product: windows}", "t"), 7,
                      "the condition names a search identifier that is not there", "t"));
        CHECK(refused(FILTER("[a]", "{}", "s"), 2, "there is no log source", ""));
    }
}

static void put_many(struct ak_buf *b, const char *what, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ak_buf_text(b, what);
}

/* A rule whose text is made of parts; refused with this? */
static bool refused_big(struct ak_buf *b, const char *what)
{
    ak_buf_u8(b, 0);
    bool is = !b->failed && read_rules((const char *)b->at) && rules.n == 0 &&
              rules.n_problems == 1 && strcmp(rules.problems[0].what, what) == 0;
    if (!is && rules.n_problems)
        printf("      %s\n", rules.problems[0].what);
    ak_buf_free(b);
    return is;
}

static void test_limits(void)
{
#define START "title: t\nlogsource: {product: x}\ndetection:\n    s:\n        "
    TEST ("a rule of too many tests is refused, however they come about") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, START "A: [x");
        put_many(&b, ",x", 1 << 17);
        ak_buf_text(&b, "]\n    condition: s\n");
        CHECK(refused_big(&b, "more tests than the limit for one rule, after expansion"));
        ak_buf_text(&b, START "A: [x");
        put_many(&b, ",x", 1000);
        ak_buf_text(&b, "]\n    condition: s");
        put_many(&b, " or s", 200);
        CHECK(refused_big(&b, "more tests than the limit for one rule, after expansion"));
        ak_buf_text(&b, START "A|windash: [------");
        put_many(&b, ",------", 10);
        ak_buf_text(&b, "]\n    condition: s\n");
        CHECK(refused_big(&b, "more tests than the limit for one rule, after expansion"));
    }

    TEST ("a rule whose expansion takes too much memory is refused") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, START "A|windash: '------");
        put_many(&b, "0123456789abcdef", 4096);
        ak_buf_text(&b, "'\n    condition: s\n");
        CHECK(refused_big(&b, "more memory than the limit for one rule, after expansion"));
    }

    TEST ("brackets and negations are nested so deep and no deeper") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, START "A: 1\n    condition: ");
        put_many(&b, "(", 1000);
        CHECK(refused_big(&b, "a condition nested deeper than the limit"));
        ak_buf_text(&b, START "A: 1\n    condition: ");
        put_many(&b, "not ", 100000);
        CHECK(refused_big(&b, "a condition nested deeper than the limit"));
    }

    TEST ("a condition that compares names without end is refused") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, "title: t\nlogsource: {product: x}\ndetection:\n");
        for (unsigned i = 0; i < 2000; i++)
            ak_buf_printf(&b, "    s%u: {A: 1}\n", i);
        ak_buf_text(&b, "    condition: s1");
        put_many(&b, " or s1", 1000);
        CHECK(refused_big(&b, "a condition that names more than the limit"));
    }

    TEST ("more filters than a rule may have are told, the others hold") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, RULE("a", "A"));
        put_many(&b, FILTER("any", "{product: windows}", "s"), 257);
        ak_buf_u8(&b, 0);
        CHECK(read_rules((const char *)b.at) && rules.n == 1 && rules.n_filters == 256 &&
              rules.n_problems == 1);
        CHECK(!first_matches("adm_joe") &&
              strcmp(rules.problems[0].what, "more filters for a rule than the limit") == 0);
        ak_buf_free(&b);
    }

    TEST ("a value has so many bytes and wildcards and no more") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, START "A: '");
        put_many(&b, "0123456789abcdef", (1 << 16) + 1);
        ak_buf_text(&b, "'\n    condition: s\n");
        CHECK(refused_big(&b, "a value longer than the limit"));
        ak_buf_text(&b, START "A: '");
        put_many(&b, "?", 1025);
        ak_buf_text(&b, "'\n    condition: s\n");
        CHECK(refused_big(&b, "more wildcards in a value than the limit"));
    }

    TEST ("a file whose rules take too much memory leaves the other files theirs") {
        struct ak_buf b = { 0 };
        for (unsigned i = 0; i < 8; i++) {
            ak_buf_text(&b, START "A|windash: ['------");
            put_many(&b, "0123456789abcdef", 100);
            ak_buf_text(&b, "']\n    condition: s\n---\n");
        }
        static const char OTHER[] = RULE("other", "A");
        struct ak_rule_file files[] = { { AK_STR("a.yml"), { b.at, b.n } },
                                        { AK_STR("b.yml"),
                                          { (const uint8_t *)OTHER, sizeof(OTHER) - 1 } } };
        struct ak_rules_options options = { .filters = AK_FILTER_SUPPRESSES };
        ak_arena_reset(arena);
        CHECK(ak_rules_read(arena, files, 2, &options, &rules) == AK_OK && rules.n > 1 &&
              rules.n < 9);
        CHECK_STR(rules.rules[rules.n - 1].title, "other");
        CHECK(problem_is(
            0, 0, "the rules of a file take more memory than the limit; its others are not read",
            ""));
        ak_buf_free(&b);
    }

    TEST ("a file of too many lines is refused as a whole") {
        struct ak_buf b = { 0 };
        put_many(&b, "\n", AK_RULE_LINES_MAX);
        CHECK(refused_big(&b, "the file of rules has more lines than the limit"));
    }

    TEST ("a filter that would make a rule too large is not put to it, and told") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, START "A: [1");
        put_many(&b, ",x", 100000);
        ak_buf_text(&b, "]\n    condition: s\n---\ntitle: f\nlogsource: {product: x}\nfilter:\n    "
                        "rules: any\n    s:\n        B: [x");
        put_many(&b, ",x", 100000);
        ak_buf_text(&b, "]\n    condition: s\n");
        ak_buf_u8(&b, 0);
        CHECK(read_rules((const char *)b.at) && rules.n == 1 && rules.n_filters == 0 &&
              rules.n_problems == 1);
        ak_buf_free(&b);
    }

    TEST ("an arena that is spent is said so, wherever it is spent") {
        static const char TEXT[] = RULE("a", "A") RULE("b", "B|re") COUNT("c", "[a, b]")
            FILTER("[a]", "{product: windows}", "s");
        struct ak_rules_options options = { AK_FILTER_SUPPRESSES, { NULL, 0 }, { NULL, 0 } };
        struct ak_rule_file file = { AK_STR("r.yml"), { (const uint8_t *)TEXT, sizeof(TEXT) - 1 } };
        size_t good = 0;
        for (size_t budget = 0; budget < 8192; budget += 16) {
            struct ak_arena *small = ak_arena_new(budget);
            struct ak_rules out = { .n = 77 };
            enum ak_status status = ak_rules_read(small, &file, 1, &options, &out);
            CHECK(status == AK_OK || (status == AK_ERR_LIMIT && out.n == 77));
            good += status == AK_OK;
            ak_arena_free(small);
        }
        CHECK(good > 0 && good < 512);
    }
}

static void test_placeholders(void)
{
    TEST ("a placeholder whose values are no texts is told where the rule names it") {
        static const char RULES[] = "title: t\nlogsource: {product: x}\ndetection:\n    s:\n       "
                                    " A|expand: '%P%'\n    condition: s\n",
                          BAD[] = "P: [x, [y]]\n";
        struct ak_rules_options options = { .filters = AK_FILTER_SUPPRESSES,
                                            .placeholders = { (const uint8_t *)BAD,
                                                              sizeof(BAD) - 1 } };
        struct ak_rule_file file = { AK_STR("r.yml"),
                                     { (const uint8_t *)RULES, sizeof(RULES) - 1 } };
        ak_arena_reset(arena);
        CHECK(ak_rules_read(arena, &file, 1, &options, &rules) == AK_OK && rules.n == 0);
        CHECK(problem_is(0, 5, "a placeholder's value that is no text", "P"));
    }

    TEST ("placeholders that are none are a problem of their own") {
        static const char RULES[] = RULE("a", "A"), BAD[] = "- x\n";
        struct ak_rules_options options = { AK_FILTER_SUPPRESSES,
                                            { (const uint8_t *)BAD, sizeof(BAD) - 1 },
                                            AK_STR("p.yml") };
        struct ak_rule_file file = { AK_STR("r.yml"),
                                     { (const uint8_t *)RULES, sizeof(RULES) - 1 } };
        ak_arena_reset(arena);
        CHECK(ak_rules_read(arena, &file, 1, &options, &rules) == AK_OK && rules.n == 1);
        CHECK(problem_is(0, 1, "placeholders are a map of names and values", ""));
        CHECK_STR(rules.problems[0].file, "p.yml");
    }
}

int main(void)
{
    arena = ak_arena_new((size_t)1 << 30);
    test_head();
    test_order();
    test_correlations();
    test_wrong_correlations();
    test_filters();
    test_limits();
    test_placeholders();
    ak_arena_free(arena);
    return story_report();
}
