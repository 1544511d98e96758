/* hits_test.c - tests src/event/hits.c. */
#include "event/hits.h"
#include "tests/support/story.h"

#include <stdlib.h>

static struct ak_str number_text(char buf[16], unsigned n)
{
    int wrote = snprintf(buf, 16, "value %u", n);
    return (struct ak_str){ buf, (size_t)wrote };
}

/* n events with rules 0 .. event % 4, given in the order that `step` makes. */
static bool fill(struct ak_hits *h, uint32_t n, uint32_t step)
{
    char text[16];
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) {
        uint32_t seq = i * step % n;
        for (uint32_t rule = 0; ok && rule <= seq % 4; rule++) {
            ok = ak_hits_begin(h, seq, rule) == AK_OK;
            ak_hits_field(h, AK_STR("Image"), number_text(text, seq % 7));
            if (rule)
                ak_hits_field(h, AK_STR("EventID"), AK_STR(""));
        }
    }
    return ok;
}

static bool holds(const struct ak_hits_table *t, uint32_t n)
{
    char text[16];
    for (uint32_t seq = 0; seq < n; seq++) {
        size_t found;
        const struct ak_stored_hit *hits = ak_hits_of(t, seq, &found);
        if (found != seq % 4 + 1)
            return false;
        for (uint32_t rule = 0; rule < found; rule++) {
            const struct ak_stored_hit *hit = &hits[rule];
            if (hit->seq != seq || hit->rule != rule || hit->n_fields != (rule ? 2u : 1u) ||
                !ak_str_eq(hit->fields[0].name, AK_STR("Image")) ||
                !ak_str_eq(hit->fields[0].value, number_text(text, seq % 7)))
                return false;
        }
    }
    return true;
}

static struct ak_bytes made(struct ak_buf *out, uint32_t n)
{
    struct ak_hits *h = ak_hits_new();
    CHECK(h && fill(h, n, 1) && ak_hits_finish(h, out) == AK_OK);
    ak_hits_free(h);
    return (struct ak_bytes){ out->at, out->n };
}

int main(void)
{
    struct ak_arena *arena = ak_arena_new(64 << 20);

    TEST ("hits come back by event and rule, whatever the order of the events was") {
        static const uint32_t STEPS[] = { 1, 7, 999 };
        for (size_t i = 0; i < 3; i++) {
            struct ak_buf out = { 0 };
            struct ak_hits *h = ak_hits_new();
            struct ak_hits_table table;
            CHECK(h && fill(h, 1000, STEPS[i]));
            CHECK(ak_hits_count(h) == 2500);
            CHECK(ak_hits_finish(h, &out) == AK_OK && ak_hits_count(h) == 0);
            ak_arena_reset(arena);
            CHECK(ak_hits_open(arena, (struct ak_bytes){ out.at, out.n }, 4, &table) == AK_OK);
            CHECK(table.n == 2500 && holds(&table, 1000));
            size_t none;
            CHECK(!ak_hits_of(&table, 1000, &none) && none == 0);
            ak_hits_free(h);
            ak_buf_free(&out);
        }
    }

    TEST ("equal texts are written once") {
        struct ak_buf one = { 0 }, many = { 0 };
        size_t small = made(&one, 7).n, large = made(&many, 700).n;
        CHECK(large < small + 700 * 20);
        ak_buf_free(&one);
        ak_buf_free(&many);
    }

    TEST ("a collection serves again and forgets what was in it") {
        struct ak_buf first = { 0 }, second = { 0 };
        struct ak_hits *h = ak_hits_new();
        CHECK(h && fill(h, 100, 1));
        ak_hits_clear(h);
        CHECK(ak_hits_count(h) == 0 && fill(h, 40, 1) && ak_hits_finish(h, &first) == AK_OK);
        made(&second, 40);
        CHECK(first.n == second.n && memcmp(first.at, second.at, first.n) == 0);
        ak_hits_free(h);
        ak_buf_free(&first);
        ak_buf_free(&second);
    }

    TEST ("the hits of single events are copied to the slice that holds them") {
        struct ak_buf out = { 0 };
        struct ak_hits *from = ak_hits_new(), *to = ak_hits_new();
        struct ak_hits_table table;
        size_t n;
        CHECK(from && to && fill(from, 100, 1));
        CHECK(ak_hits_copy(to, from, 3) == AK_OK && ak_hits_count(to) == 4);
        CHECK(ak_hits_copy(to, from, 99) == AK_OK && ak_hits_count(to) == 8);
        CHECK(ak_hits_copy(to, from, 100) == AK_OK && ak_hits_count(to) == 8);
        CHECK(ak_hits_finish(to, &out) == AK_OK);
        ak_arena_reset(arena);
        CHECK(ak_hits_open(arena, (struct ak_bytes){ out.at, out.n }, 4, &table) == AK_OK);
        CHECK(ak_hits_of(&table, 99, &n) && n == 4 && !ak_hits_of(&table, 98, &n));
        ak_hits_free(from);
        ak_hits_free(to);
        ak_buf_free(&out);
    }

    TEST ("beside one batch there is a limit, and what is beyond it is refused") {
        struct ak_hits *h = ak_hits_new();
        struct ak_buf out = { 0 };
        struct ak_hits_table table;
        uint32_t n = 0;
        while (h && n <= AK_HITS_MAX && ak_hits_begin(h, n, 0) == AK_OK)
            n++;
        CHECK(n == AK_HITS_MAX && ak_hits_full(h));
        ak_hits_field(h, AK_STR("of the refused one"), AK_STR("ignored"));
        CHECK(ak_hits_finish(h, &out) == AK_OK);
        ak_arena_reset(arena);
        CHECK(ak_hits_open(arena, (struct ak_bytes){ out.at, out.n }, 1, &table) == AK_OK);
        CHECK(table.n == AK_HITS_MAX && table.hits[AK_HITS_MAX - 1].n_fields == 0);
        ak_hits_free(h);
        ak_buf_free(&out);
    }

    TEST ("a rule that there is not makes hits corrupt") {
        struct ak_buf out = { 0 };
        struct ak_hits_table table;
        struct ak_bytes bytes = made(&out, 20);
        ak_arena_reset(arena);
        CHECK(ak_hits_open(arena, bytes, 3, &table) == AK_ERR_CORRUPT && table.n == 0);
        ak_buf_free(&out);
    }

    TEST ("every truncation is corrupt, and so is one byte too many") {
        struct ak_buf out = { 0 };
        struct ak_hits_table table;
        struct ak_bytes bytes = made(&out, 30);
        for (size_t n = 0; n < bytes.n; n++) {
            ak_arena_reset(arena);
            CHECK(ak_hits_open(arena, (struct ak_bytes){ bytes.at, n }, 4, &table) ==
                  AK_ERR_CORRUPT);
        }
        ak_buf_u8(&out, 0);
        ak_arena_reset(arena);
        CHECK(ak_hits_open(arena, (struct ak_bytes){ out.at, out.n }, 4, &table) == AK_ERR_CORRUPT);
        ak_buf_free(&out);
    }

    TEST ("any byte changed leaves hits that hold together, or none") {
        struct ak_buf out = { 0 };
        made(&out, 30);
        for (size_t at = 0; at < out.n; at++)
            for (unsigned bit = 0; bit < 8; bit++) {
                struct ak_hits_table table;
                out.at[at] ^= (uint8_t)(1u << bit);
                ak_arena_reset(arena);
                enum ak_status st =
                    ak_hits_open(arena, (struct ak_bytes){ out.at, out.n }, 4, &table);
                size_t bytes = 0;
                for (size_t i = 0; st == AK_OK && i < table.n; i++)
                    for (size_t k = 0; k < table.hits[i].n_fields; k++)
                        bytes += table.hits[i].fields[k].value.n;
                CHECK(st == AK_OK ? bytes < 30 * 8 * out.n : table.n == 0);
                out.at[at] ^= (uint8_t)(1u << bit);
            }
        ak_buf_free(&out);
    }

    ak_arena_free(arena);
    return story_report();
}
