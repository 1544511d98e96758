/* hits_fuzz.c - whatever a worker sends as hits, as rules or as a pack comes back whole
 * or not at all.
 *
 * The first byte says which of them the rest is. */
#include "detect/pack.h"
#include "detect/rule_wire.h"
#include "event/hits.h"

#include <stdlib.h>

enum { RULES = 8 };

static const struct ak_rule_sums SUMS = { AK_OK, RULES, 4, 4, 0, 4 };

static uint64_t sum_of(struct ak_str s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += (unsigned char)s.at[i];
    return sum;
}

/* Every text that came back is touched: it must lie where it may. */
static uint64_t look_at_hits(struct ak_arena *arena, struct ak_bytes bytes)
{
    struct ak_hits_table t;
    uint64_t sum = 0;
    size_t n;
    if (ak_hits_open(arena, bytes, RULES, &t) != AK_OK)
        return 0;
    for (size_t i = 0; i < t.n; i++) {
        const struct ak_stored_hit *hits = ak_hits_of(&t, t.hits[i].seq, &n);
        if (t.hits[i].rule >= RULES || n == 0 || hits > &t.hits[i])
            abort();
        for (size_t k = 0; k < t.hits[i].n_fields; k++)
            sum += sum_of(t.hits[i].fields[k].name) + sum_of(t.hits[i].fields[k].value);
    }
    return sum;
}

static uint64_t look_at_rule(struct ak_arena *arena, struct ak_bytes bytes)
{
    struct ak_rule_report r;
    uint64_t sum = 0;
    if (ak_rule_report_get(arena, bytes, &SUMS, &r) != AK_OK)
        return 0;
    if (r.number >= RULES || r.rule.when)
        abort();
    for (size_t i = 0; i < r.rule.n_tags; i++)
        sum += sum_of(r.rule.tags[i]);
    for (size_t i = 0; i < r.n_classes; i++)
        if (r.classes[i] >= SUMS.n_classes)
            abort();
    return sum + sum_of(r.rule.title) + sum_of(r.rule.file);
}

static uint64_t look_at_pack(struct ak_arena *arena, struct ak_bytes bytes)
{
    struct ak_pack_settings settings;
    struct ak_packed_file *files;
    uint64_t sum = 0;
    size_t n;
    if (ak_pack_open(arena, bytes, &settings, &files, &n) != AK_OK)
        return 0;
    for (size_t i = 0; i < n; i++)
        sum += sum_of(files[i].name) + sum_of(ak_str_bytes(files[i].bytes));
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint64_t (*const LOOK[])(struct ak_arena *,
                                    struct ak_bytes) = { look_at_hits, look_at_rule, look_at_pack };
    volatile uint64_t seen = 0; /* so that the bytes are really looked at */
    struct ak_arena *arena = ak_arena_new(64 << 20);
    if (arena && n)
        seen = LOOK[data[0] % 3](arena, (struct ak_bytes){ data + 1, n - 1 });
    (void)seen;
    ak_arena_free(arena);
    return 0;
}
