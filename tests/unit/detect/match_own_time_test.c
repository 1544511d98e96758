/* match_own_time_test.c - rules about the time of an event, and classes told by what
 * that time means. */
#include "detect/match.h"
#include "detect/rules_read.h"
#include "tests/support/story.h"

static const char MAP[] = "classes:\n"
                          "  - name: written\n"
                          "    sources: [{category: test}]\n"
                          "    when: {data_type: file, timestamp_desc: Written}\n"
                          "    fields:\n"
                          "      At: {time: utc}\n"
                          "    defaults: ['']\n";

static const char RULES[] =
    "title: at five\nlogsource: {category: test}\ndetection: {s: {At|hour: 17}, condition: s}\n"
    "---\ntitle: in January\nlogsource: {category: test}\n"
    "detection: {s: {At|startswith: '2026-01-'}, condition: s}\n"
    "---\ntitle: without a time\nlogsource: {category: test}\n"
    "detection: {s: {At: null}, condition: s}\n";

enum { AT_FIVE = 1, IN_JANUARY = 2, WITHOUT = 4, HOURS_1970_TO_2026 = 490896 };

static const struct ak_str NAMES[] = { AK_STR_INIT("a") };
static const struct ak_shape WRITTEN = { AK_STR_INIT("file"), AK_STR_INIT("Written"), NAMES, 1 };
static const struct ak_shape READ = { AK_STR_INIT("file"), AK_STR_INIT("Read"), NAMES, 1 };

/* The detector over RULES and MAP; rules and maps live in the arena. */
static struct ak_detector *detector(struct ak_arena *arena, struct ak_rules *rules,
                                    struct ak_maps *maps)
{
    uint32_t line;
    const char *why;
    struct ak_rules_options options = { 0 };
    struct ak_rule_file file = { AK_STR("r.yml"), { (const uint8_t *)RULES, sizeof(RULES) - 1 } };
    struct ak_bytes map = { (const uint8_t *)MAP, sizeof(MAP) - 1 };
    *maps = (struct ak_maps){ 0 };
    CHECK(ak_maps_read(arena, AK_STR("m.yml"), map, maps, &line, &why) == AK_OK);
    CHECK(ak_rules_read(arena, &file, 1, &options, rules) == AK_OK && rules->n == 3);
    return ak_detector_new(rules, maps);
}

/* Which rules fire on an event so many hours into 2026 (UTC), as bits. */
static unsigned fired(struct ak_detector *d, const struct ak_shape *shape, int64_t hour, bool set)
{
    const struct ak_hit *hits;
    struct ak_value values[] = { ak_val_u64(1) };
    struct ak_event event = { .shape = shape, .values = values };
    if (set)
        event.when =
            (struct ak_stamp){ (HOURS_1970_TO_2026 + hour) * INT64_C(3600000000000), AK_STAMP_SET };
    unsigned bits = 0;
    size_t n = ak_detector_look(d, &event, &hits);
    for (size_t i = 0; i < n; i++)
        bits |= 1u << hits[i].rule;
    return bits;
}

int main(void)
{
    struct ak_arena *arena = ak_arena_new(64 << 20);
    struct ak_rules rules;
    struct ak_maps maps;
    struct ak_detector *d = detector(arena, &rules, &maps);
    TEST ("the hour of an event is its own, also when one of another hour went before") {
        CHECK(fired(d, &WRITTEN, 2, true) == IN_JANUARY);
        CHECK(fired(d, &WRITTEN, 17, true) == (AT_FIVE | IN_JANUARY));
        CHECK(fired(d, &WRITTEN, 18, true) == IN_JANUARY);
        CHECK(fired(d, &WRITTEN, 40 * 24 + 17, true) == AT_FIVE);
    }
    TEST ("an event without a time has none") {
        CHECK(fired(d, &WRITTEN, 0, false) == WITHOUT);
        CHECK(fired(d, &WRITTEN, 17, true) == (AT_FIVE | IN_JANUARY));
    }
    TEST ("a class told by the meaning of the time does not hold events of another meaning") {
        CHECK(fired(d, &READ, 17, true) == 0);
        CHECK(fired(d, &WRITTEN, 17, true) == (AT_FIVE | IN_JANUARY));
        CHECK(ak_detector_seen(d, 0) == 7);
    }
    TEST ("no other zone than UTC can be asked for") {
        uint32_t line;
        const char *why;
        static const char wrong[] = "tables:\n  - name: a\n    fields:\n      X: {time: local}\n";
        struct ak_maps none = { 0 };
        struct ak_bytes bytes = { (const uint8_t *)wrong, sizeof(wrong) - 1 };
        CHECK(ak_maps_read(arena, AK_STR("m.yml"), bytes, &none, &line, &why) == AK_ERR_CORRUPT &&
              line == 4);
    }
    ak_detector_free(d);
    ak_arena_free(arena);
    return story_report();
}
