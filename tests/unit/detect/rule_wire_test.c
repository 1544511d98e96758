/* rule_wire_test.c - tests src/detect/rule_wire.c and src/detect/pack.c. */
#include "detect/rule_wire.h"

#include "detect/pack.h"
#include "tests/support/story.h"

#include <stdlib.h>

static const struct ak_rule_sums SUMS = { AK_OK, 10, 2, 3, 1, 11 };

static struct ak_rule_report a_report(const struct ak_correlation *correlation)
{
    static const struct ak_str TAGS[] = { AK_STR_INIT("attack.execution"),
                                          AK_STR_INIT("attack.t1059.001") };
    static const uint32_t CLASSES[] = { 0, 2 };
    return (struct ak_rule_report){ .rule = { .id = AK_STR("5f0aa2d1-0000-4000-8000-000000000001"),
                                              .title = AK_STR("Encoded PowerShell"),
                                              .title_ja = AK_STR("符号化されたPowerShell"),
                                              .author = AK_STR("somebody"),
                                              .file = AK_STR("rules/a.yml"),
                                              .line = 7,
                                              .severity = AK_SEVERITY_HIGH,
                                              .tags = TAGS,
                                              .n_tags = 2,
                                              .source = { .product = AK_STR("windows"),
                                                          .category = AK_STR("process_creation") },
                                              .silent = true,
                                              .correlation = correlation },
                                    .number = 4,
                                    .binding = correlation ? AK_BOUND_BY_OTHERS : AK_BOUND,
                                    .classes = CLASSES,
                                    .n_classes = 2 };
}

static struct ak_correlation a_correlation(void)
{
    static const uint32_t RULES[] = { 1, 2 };
    static const struct ak_str GROUP[] = { AK_STR_INIT("User") };
    return (struct ak_correlation){ .type = AK_CORRELATE_EVENT_COUNT,
                                    .rules = RULES,
                                    .n_rules = 2,
                                    .group_by = GROUP,
                                    .n_group_by = 1,
                                    .timespan_ns = INT64_C(300000000000),
                                    .bounds = { { AK_CMP_GE, 5 } },
                                    .n_bounds = 1 };
}

int main(void)
{
    struct ak_arena *arena = ak_arena_new(16 << 20);

    TEST ("a rule comes back as the worker read it") {
        struct ak_buf b = { 0 };
        struct ak_correlation correlation = a_correlation();
        struct ak_rule_report in = a_report(&correlation), out;
        ak_rule_report_put(&b, &in);
        CHECK(ak_rule_report_get(arena, (struct ak_bytes){ b.at, b.n }, &SUMS, &out) == AK_OK);
        CHECK(out.number == 4 && out.binding == AK_BOUND_BY_OTHERS && out.rule.silent);
        CHECK_STR(out.rule.title, "Encoded PowerShell");
        CHECK_STR(out.rule.title_ja, "符号化されたPowerShell");
        CHECK_STR(out.rule.source.category, "process_creation");
        CHECK(out.rule.line == 7 && out.rule.severity == AK_SEVERITY_HIGH && !out.rule.when);
        CHECK(out.rule.n_tags == 2 && ak_str_eq(out.rule.tags[1], AK_STR("attack.t1059.001")));
        CHECK(out.n_classes == 2 && out.classes[0] == 0 && out.classes[1] == 2);
        CHECK(out.rule.correlation && out.rule.correlation->n_rules == 2 &&
              out.rule.correlation->rules[1] == 2);
        ak_buf_free(&b);
    }

    TEST ("every truncation of a rule is corrupt") {
        struct ak_buf b = { 0 };
        struct ak_correlation correlation = a_correlation();
        struct ak_rule_report in = a_report(&correlation), out;
        ak_rule_report_put(&b, &in);
        for (size_t n = 0; n < b.n; n++) {
            ak_arena_reset(arena);
            CHECK(ak_rule_report_get(arena, (struct ak_bytes){ b.at, n }, &SUMS, &out) ==
                  AK_ERR_CORRUPT);
        }
        ak_buf_free(&b);
    }

    TEST ("a number, a class or a severity that there is not makes a rule corrupt") {
        static const struct ak_rule_sums FEW_RULES = { AK_OK, 4, 0, 3, 0, 1 },
                                         FEW_CLASSES = { AK_OK, 10, 0, 2, 0, 1 };
        struct ak_buf b = { 0 };
        struct ak_rule_report in = a_report(NULL), out;
        ak_rule_report_put(&b, &in);
        struct ak_bytes bytes = { b.at, b.n };
        CHECK(ak_rule_report_get(arena, bytes, &SUMS, &out) == AK_OK);
        CHECK(ak_rule_report_get(arena, bytes, &FEW_RULES, &out) == AK_ERR_CORRUPT);
        CHECK(ak_rule_report_get(arena, bytes, &FEW_CLASSES, &out) == AK_ERR_CORRUPT);
        b.n = 0;
        in.rule.severity = (enum ak_severity)9;
        ak_rule_report_put(&b, &in);
        CHECK(ak_rule_report_get(arena, (struct ak_bytes){ b.at, b.n }, &SUMS, &out) ==
              AK_ERR_CORRUPT);
        ak_buf_free(&b);
    }

    TEST ("a title of a megabyte is cut at a character, not refused") {
        struct ak_buf b = { 0 }, title = { 0 };
        struct ak_rule_report in = a_report(NULL), out;
        for (int i = 0; i < 400000; i++)
            ak_buf_text(&title, "証");
        in.rule.title = ak_buf_view(&title);
        ak_rule_report_put(&b, &in);
        CHECK(ak_rule_report_get(arena, (struct ak_bytes){ b.at, b.n }, &SUMS, &out) == AK_OK);
        CHECK(out.rule.title.n > AK_REPORT_TEXT_MAX - 3 && out.rule.title.n % 3 == 0);
        ak_buf_free(&b);
        ak_buf_free(&title);
    }

    TEST ("what is wrong with a document comes back with its place") {
        struct ak_buf b = { 0 };
        struct ak_rule_problem in = { AK_STR("a.yml"),       12,
                                      AK_STR("id"),          AK_STR("title"),
                                      "it has no condition", AK_STR("word") },
                               out;
        ak_rule_problem_put(&b, &in);
        CHECK(ak_rule_problem_get(arena, (struct ak_bytes){ b.at, b.n }, &out) == AK_OK);
        CHECK(out.line == 12 && strcmp(out.what, "it has no condition") == 0);
        CHECK_STR(out.detail, "word");
        for (size_t n = 0; n < b.n; n++)
            CHECK(ak_rule_problem_get(arena, (struct ak_bytes){ b.at, n }, &out) == AK_ERR_CORRUPT);
        ak_buf_free(&b);
    }

    TEST ("sums beyond the limits of rules are corrupt") {
        struct ak_buf b = { 0 };
        struct ak_rule_sums in = { AK_OK, UINT32_MAX, 0, 0, 0, 0 }, out;
        ak_rule_sums_put(&b, &in);
        CHECK(ak_rule_sums_get((struct ak_bytes){ b.at, b.n }, &out) == AK_ERR_CORRUPT);
        b.n = 0;
        ak_rule_sums_put(&b, &SUMS);
        CHECK(ak_rule_sums_get((struct ak_bytes){ b.at, b.n }, &out) == AK_OK &&
              out.n_classes == 3 && out.n_files == 11);
        ak_buf_free(&b);
    }

    TEST ("a level has Sigma's name, and hayabusa's short one is known too") {
        CHECK(strcmp(ak_severity_name(AK_SEVERITY_CRITICAL), "critical") == 0);
        CHECK(ak_severity_named(AK_STR("MEDIUM")) == AK_SEVERITY_MEDIUM &&
              ak_severity_named(AK_STR("crit")) == AK_SEVERITY_CRITICAL);
        CHECK(ak_severity_named(AK_STR("severe")) == -1 && ak_severity_named(AK_STR("")) == -1);
    }

    TEST ("files come out of a pack as they went in; a cut pack is corrupt") {
        struct ak_buf b = { 0 };
        struct ak_packed_file in[] = {
            { AK_STR("a.yml"), { (const uint8_t *)"title: A", 8 }, false },
            { AK_STR("b.zip"), { (const uint8_t *)"PK", 2 }, true },
            { AK_STR("empty.yml"), { (const uint8_t *)"", 0 }, false }
        };
        const struct ak_pack_settings how = { true,
                                              AK_STR("p.yml"),
                                              { (const uint8_t *)"a: b", 4 } };
        struct ak_pack_settings read;
        struct ak_packed_file *out;
        size_t n;
        ak_pack_begin(&b, &how, 3);
        for (size_t i = 0; i < 3; i++)
            ak_pack_file(&b, &in[i]);
        CHECK(ak_pack_open(arena, (struct ak_bytes){ b.at, b.n }, &read, &out, &n) == AK_OK &&
              n == 3);
        CHECK(read.filters_keep && read.placeholders.n == 4);
        CHECK_STR(read.placeholders_file, "p.yml");
        CHECK_STR(out[0].name, "a.yml");
        CHECK(out[0].bytes.n == 8 && !out[0].archive && out[1].archive && out[2].bytes.n == 0);
        for (size_t cut = 0; cut < b.n; cut++)
            CHECK(ak_pack_open(arena, (struct ak_bytes){ b.at, cut }, &read, &out, &n) ==
                  AK_ERR_CORRUPT);
        ak_buf_free(&b);
    }

    TEST ("rules and archives of them are told by their names") {
        CHECK(ak_pack_is_rules(AK_STR("rules/A.YML")) && ak_pack_is_rules(AK_STR("a.yaml")));
        CHECK(!ak_pack_is_rules(AK_STR(".yml")) && !ak_pack_is_rules(AK_STR("a.yml.txt")));
        CHECK(ak_pack_is_archive(AK_STR("sigma.zip")) && ak_pack_is_archive(AK_STR("s.tar.gz")) &&
              !ak_pack_is_archive(AK_STR("zip")));
    }

    ak_arena_free(arena);
    return story_report();
}
