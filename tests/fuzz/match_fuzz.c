/* match_fuzz.c - whatever rules say, an event is looked at in bounded time: hits are of
 * bound rules, in order, each once, and the same when all texts have been seen. */
#include "detect/match.h"
#include "detect/rules_read.h"

#include "event/event.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char MAP[] =
    "classes:\n"
    "  - name: any\n"
    "    sources: [{product: windows}, {category: test}, {category: process_creation}]\n"
    "    when: {data_type: test}\n"
    "    fields: {Joined: {join: [Image, User], with: '-'}, Any: {any: [C*]}}\n"
    "    defaults: ['']\n";

static const struct ak_str NAMES[] = { AK_STR_INIT("Image"),   AK_STR_INIT("CommandLine"),
                                       AK_STR_INIT("EventID"), AK_STR_INIT("User"),
                                       AK_STR_INIT("Field"),   AK_STR_INIT("A") };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static size_t look(struct ak_detector *d, const struct ak_rules *rules,
                   const struct ak_event *event)
{
    const struct ak_hit *hits;
    size_t n = ak_detector_look(d, event, &hits);
    for (size_t i = 0; i < n; i++) {
        must(hits[i].rule < rules->n && (i == 0 || hits[i - 1].rule < hits[i].rule));
        must(ak_detector_binding(d, hits[i].rule) == AK_BOUND &&
             hits[i].n_fields <= AK_HIT_FIELDS_MAX);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct ak_arena *arena = ak_arena_new(64 << 20);
    struct ak_rule_file file = { AK_STR("fuzz.yml"), { data, n } };
    struct ak_rules_options options = { 0 };
    struct ak_rules rules;
    struct ak_maps maps = { 0 };
    uint32_t line;
    const char *why;
    struct ak_bytes map = { (const uint8_t *)MAP, sizeof(MAP) - 1 };
    must(ak_maps_read(arena, AK_STR("map.yml"), map, &maps, &line, &why) == AK_OK);
    if (ak_rules_read(arena, &file, 1, &options, &rules) == AK_OK) {
        struct ak_detector *d = ak_detector_new(&rules, &maps);
        struct ak_value values[] = {
            ak_val_str(AK_STR("C:\\Windows\\System32\\cmd.exe")),
            ak_val_str((struct ak_str){ (const char *)data, n < 4096 ? n : 4096 }),
            ak_val_u64(4688),
            ak_val_str16((struct ak_bytes){ data, n < 512 ? n & ~(size_t)1 : 512 }),
            ak_val_none(),
            ak_val_hex(1)
        };
        struct ak_shape shape = { AK_STR("test"), AK_STR("x"), NAMES,
                                  sizeof(NAMES) / sizeof(NAMES[0]) };
        struct ak_event event = { .shape = &shape, .values = values };
        must(d);
        must(look(d, &rules, &event) == look(d, &rules, &event));
        ak_detector_free(d);
    }
    ak_arena_free(arena);
    return 0;
}
