/* attack_test.c - tests src/finding/attack.c and the names of data/attack. */
#include "finding/attack.h"
#include "tests/support/story.h"

static void test_names(void)
{
    TEST ("every technique is found by its key, and nothing by another") {
        bool all = ak_n_attack_techniques > 100;
        for (unsigned i = 0; i < ak_n_attack_techniques; i++)
            all = all && ak_attack_technique(ak_str_of(ak_attack_techniques[i].key)) ==
                             &ak_attack_techniques[i];
        CHECK(all);
        CHECK(ak_attack_technique(AK_STR("T1059.001")) != NULL);
        CHECK(ak_attack_technique(AK_STR("T1059.999")) == NULL);
        CHECK(ak_attack_technique(AK_STR("")) == NULL);
    }

    TEST ("tactics stand in the order of an attack") {
        CHECK(ak_n_attack_tactics >= 14);
        CHECK(strcmp(ak_attack_tactics[0].key, "reconnaissance") == 0);
        CHECK(strcmp(ak_attack_tactics[ak_n_attack_tactics - 1].key, "impact") == 0);
    }
}

static void test_tags(void)
{
    static const struct ak_str TAGS = AK_STR_INIT(
        "[\"attack.initial-access\",\"attack.credential_access\",\"attack.t1110.003\"]");

    TEST ("a tactic is found in either spelling, and only whole") {
        CHECK(ak_attack_tagged(TAGS, "initial-access"));
        CHECK(ak_attack_tagged(TAGS, "credential-access"));
        CHECK(!ak_attack_tagged(TAGS, "initial"));
        CHECK(!ak_attack_tagged(TAGS, "access"));
        CHECK(!ak_attack_tagged(TAGS, "impact"));
    }

    TEST ("a technique stands for its sub-techniques, a sub-technique for itself") {
        CHECK(ak_attack_tagged(TAGS, "t1110"));
        CHECK(ak_attack_tagged(TAGS, "t1110.003"));
        CHECK(!ak_attack_tagged(TAGS, "t1110.001"));
        CHECK(!ak_attack_tagged(TAGS, "t111"));
    }

    TEST ("tags that end in the middle of a name are read to their end and no further") {
        struct ak_str whole = AK_STR("attack.impact");
        for (size_t n = 0; n < whole.n; n++)
            CHECK(!ak_attack_tagged((struct ak_str){ whole.at, n }, "impact"));
        CHECK(ak_attack_tagged(whole, "impact"));
        CHECK(!ak_attack_tagged(AK_STR(""), "impact"));
    }
}

int main(void)
{
    test_names();
    test_tags();
    return story_report();
}
