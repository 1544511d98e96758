/* match_cases_test.c - the table of Sigma's sentences through the matcher: the same
 * expectations that rules as trees are held to (sigma_cases_test.c). */
#include "detect/match.h"
#include "detect/rules_read.h"

#include "event/event.h"
#include "tests/support/sigma_story.h"

/* All events are of the one class, under their own names. */
static const char MAP[] = "classes:\n"
                          "  - name: any\n"
                          "    sources: [{category: test}, {product: windows}]\n"
                          "    when: {data_type: test}\n"
                          "    defaults: ['']\n";

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

static bool read_map(struct ak_maps *maps)
{
    uint32_t line;
    const char *why;
    struct ak_bytes yaml = { (const uint8_t *)MAP, sizeof(MAP) - 1 };
    return ak_maps_read(arena, AK_STR("map.yml"), yaml, maps, &line, &why) == AK_OK;
}

/* Looked at twice: the second time all texts are known. */
static bool fires(struct ak_detector *d, const struct sigma_event *e, bool utf16)
{
    static uint8_t units[65536];
    size_t n = 0;
    struct ak_value values[SIGMA_EVENT_FIELDS];
    struct ak_shape shape = { AK_STR("test"), AK_STR("x"), e->names, e->n };
    for (size_t i = 0; i < e->n; i++) {
        bool ascii = utf16;
        for (size_t k = 0; k < e->values[i].n; k++)
            ascii &= (e->values[i].at[k] & 0x80) == 0;
        values[i] =
            (struct ak_value){ .type = ascii ? AK_TYPE_STR16 : AK_TYPE_STR, .str = e->values[i] };
        if (!ascii)
            continue;
        values[i].bytes = (struct ak_bytes){ units + n, e->values[i].n * 2 };
        for (size_t k = 0; k < e->values[i].n; k++, n += 2) {
            units[n] = (uint8_t)e->values[i].at[k];
            units[n + 1] = 0;
        }
    }
    struct ak_event event = { .shape = &shape, .values = values };
    const struct ak_hit *hits;
    size_t first = ak_detector_look(d, &event, &hits), second = ak_detector_look(d, &event, &hits);
    CHECK(first == second);
    ak_detector_forget(d);
    return second > 0;
}

static void check_case(const struct sigma_case *c)
{
    struct ak_rules rules = { 0 };
    struct ak_maps maps = { 0 };
    ak_arena_reset(arena);
    CHECK(read_rule(c, &rules) && read_map(&maps));
    if (c->expect == SIGMA_REFUSED)
        return;
    struct ak_detector *d = ak_detector_new(&rules, &maps);
    CHECK(d);
    bool want = c->expect == SIGMA_YES, good = d && rules.n == 1;
    if (good)
        good = fires(d, &c->event, false) == want && fires(d, &c->event, true) == want;
    if (!good)
        printf("      sigma_cases.txt:%u\n", c->line);
    CHECK(good);
    ak_detector_free(d);
}

int main(void)
{
    arena = ak_arena_new(256 << 20);
    sigma_tell(check_case);
    ak_arena_free(arena);
    return story_report();
}
