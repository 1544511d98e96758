/* indicators_fuzz.c - any file as a feed: read within its limits, every indicator
 * can be shown, and looking for it in the file itself ends. */
#include "detect/indicators.h"

#include <stdlib.h>

static const struct ak_str NAMES[] = { AK_STR_INIT("free"),
                                       AK_STR_INIT("source.ip"),
                                       AK_STR_INIT("file.path"),
                                       AK_STR_INIT("url.original"),
                                       AK_STR_INIT("registry.path"),
                                       AK_STR_INIT("user_agent.original"),
                                       AK_STR_INIT("winlog.event_data.ObjectName"),
                                       AK_STR_INIT("winlog.event_data.CommandLine") };
enum { N = sizeof(NAMES) / sizeof(NAMES[0]) };
static const struct ak_shape SHAPE = { AK_STR_INIT("t"), AK_STR_INIT("t"), NAMES, N };

static void look(struct ak_indicators *set, struct ak_str text)
{
    struct ak_indicators_look *l = ak_indicators_look_new(set);
    struct ak_value values[N];
    const struct ak_indicator_match *m;
    for (size_t i = 0; i < N; i++)
        values[i] = ak_val_str(text);
    struct ak_event e = { .shape = &SHAPE, .values = values };
    size_t first = l ? ak_indicators_look(l, &e, &m) : 0;
    if (l && (first > AK_INDICATOR_MATCHES_MAX || ak_indicators_look(l, &e, &m) != first))
        abort(); /* remembering must not change what is found */
    for (size_t i = 0; i < first; i++)
        if (m[i].number >= ak_indicators_count(set) || m[i].value.n > 256)
            abort();
    ak_indicators_look_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    struct ak_feed_file file = { AK_STR("f"), { n ? data : &nothing, n } };
    struct ak_arena *arena = ak_arena_new((size_t)16 << 20);
    struct ak_indicators *set = NULL;
    struct ak_buf memory = { 0 };
    if (ak_indicators_read(arena, &file, 1, &set) == AK_OK) {
        for (uint32_t i = 0; i < ak_indicators_count(set); i++) {
            struct ak_indicator one = ak_indicator_at(set, i, &memory);
            if (one.line == 0 || one.value.n == 0)
                abort();
        }
        look(set, ak_str_bytes(file.bytes));
        ak_indicators_free(set);
    }
    ak_buf_free(&memory);
    ak_arena_free(arena);
    return 0;
}
