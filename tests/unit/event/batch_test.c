/* batch_test.c - tests src/event/batch.c. */
#include "event/batch.h"
#include "tests/support/story.h"

#include <math.h>
#include <stdlib.h>

static const struct ak_str NAMES[] = {
    AK_STR_INIT("none"),  AK_STR_INIT("str"),   AK_STR_INIT("str16"), AK_STR_INIT("u64"),
    AK_STR_INIT("i64"),   AK_STR_INIT("f64"),   AK_STR_INIT("bool"),  AK_STR_INIT("hex"),
    AK_STR_INIT("stamp"), AK_STR_INIT("bytes"),
};
enum { N = sizeof(NAMES) / sizeof(NAMES[0]) };
static const struct ak_shape ALL = { AK_STR_INIT("test:all"), AK_STR_INIT("Event Logged"), NAMES,
                                     N };
static const struct ak_shape NOTHING = { AK_STR_INIT("test:nothing"), AK_STR_INIT(""), NULL, 0 };

static uint64_t seed = 1;
static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static const uint64_t NUMBERS[] = {
    0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX
};

static void fill(struct ak_value v[N], unsigned i)
{
    uint64_t n = NUMBERS[i % 10];
    v[0] = ak_val_none();
    v[1] = ak_val_str(AK_STR("text \xFF\0 end"));
    v[2] = ak_val_str16((struct ak_bytes){ (const uint8_t *)"\x42\xD8\xB7\xDFz\0\x00\xD8", 8 });
    v[3] = ak_val_u64(n);
    v[4] = ak_val_i64((int64_t)n);
    v[5] = ak_val_f64(i % 3 ? -0.5 * i : INFINITY);
    v[6] = ak_val_bool(i % 2);
    v[7] = ak_val_hex(n);
    v[8] =
        ak_val_stamp((struct ak_stamp){ (int64_t)n, AK_STAMP_SET | AK_STAMP_LOCAL | AK_PREC_US });
    v[9] = ak_val_bytes((struct ak_bytes){ (const uint8_t *)"\0\1\2", 3 });
}

static struct ak_bytes made(struct ak_buf *out, unsigned n, bool ordered)
{
    struct ak_batch *b = ak_batch_new();
    struct ak_value v[N];
    bool ok = b != NULL;
    for (unsigned i = 0; ok && i < n; i++) {
        fill(v, i);
        struct ak_event e = { .shape = i % 5 == 4 ? &NOTHING : &ALL,
                              .seq = i,
                              .offset = i * 100ull,
                              .length = NUMBERS[i % 10],
                              .flags = i % 2 ? AK_EVENT_RECOVERED : 0,
                              .values = v };
        if (i % 7 != 6)
            e.when = (struct ak_stamp){ ordered ? (int64_t)i : (int64_t)(rnd() % 1000) - 500,
                                        AK_STAMP_SET };
        ok = ak_batch_add(b, &e) == AK_OK;
    }
    CHECK(ok && ak_batch_count(b) == n);
    CHECK(ak_batch_finish(b, out) == AK_OK);
    CHECK(ak_batch_count(b) == 0);
    ak_batch_free(b);
    return (struct ak_bytes){ out->at, out->n };
}

static bool value_same(const struct ak_value *a, const struct ak_value *b)
{
    if (a->type == AK_TYPE_STR16)
        return b->type == AK_TYPE_STR && ak_str_eq(b->str, AK_STR("\xF0\xA0\xAE\xB7z\xED\xA0\x80"));
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case AK_TYPE_NONE:
        return true;
    case AK_TYPE_STR:
    case AK_TYPE_BYTES:
        return ak_str_eq(a->str, b->str);
    case AK_TYPE_F64:
        return memcmp(&a->f64, &b->f64, 8) == 0;
    case AK_TYPE_STAMP:
        return a->i64 == b->i64 && a->stamp_flags == b->stamp_flags;
    case AK_TYPE_U64:
    case AK_TYPE_I64:
    case AK_TYPE_BOOL:
    case AK_TYPE_HEX:
    case AK_TYPE_STR16:
        return a->u64 == b->u64;
    }
    return false;
}

static bool event_same(const struct ak_event *e)
{
    struct ak_value v[N];
    unsigned i = e->seq;
    fill(v, i);
    const struct ak_shape *want = i % 5 == 4 ? &NOTHING : &ALL;
    bool same = ak_str_eq(e->shape->data_type, want->data_type) &&
                ak_str_eq(e->shape->time_desc, want->time_desc) && e->shape->n == want->n &&
                e->offset == i * 100ull && e->length == NUMBERS[i % 10] &&
                e->flags == (i % 2 ? AK_EVENT_RECOVERED : 0) &&
                ak_stamp_is_set(e->when) == (i % 7 != 6);
    for (size_t f = 0; same && f < want->n; f++)
        same = ak_str_eq(e->shape->names[f], NAMES[f]) && value_same(&v[f], &e->values[f]);
    return same;
}

static uint32_t n_seen, n_same;
static int64_t before;
static bool sorted;
static uint32_t before_seq;

static void see(void *self, const struct ak_event *e)
{
    (void)self;
    int64_t t = ak_stamp_is_set(e->when) ? e->when.utc_ns : INT64_MIN;
    if (n_seen && (t < before || (t == before && e->seq <= before_seq)))
        sorted = false;
    before = t;
    before_seq = e->seq;
    n_seen++;
    n_same += event_same(e);
}

static enum ak_status check(struct ak_bytes bytes, uint32_t *n)
{
    struct ak_arena *arena = ak_arena_new(64 << 20);
    n_seen = n_same = 0;
    sorted = true;
    enum ak_status st = ak_batch_check(arena, bytes, see, NULL, n);
    ak_arena_free(arena);
    return st;
}

static void test_round_trip(void)
{
    static const unsigned COUNTS[] = { 0, 1, 2, 7, 100, 5000 };
    TEST ("every type of value comes out as it went in, in the order of time")
        for (unsigned i = 0; i < 12; i++) {
            struct ak_buf out = { 0 };
            uint32_t n;
            struct ak_bytes bytes = made(&out, COUNTS[i % 6], i >= 6);
            CHECK(check(bytes, &n) == AK_OK);
            CHECK(n == COUNTS[i % 6] && n_seen == n && n_same == n && sorted);
            ak_buf_free(&out);
        }

    TEST ("an event too large for a batch is refused, and the batch goes on") {
        struct ak_batch *b = ak_batch_new();
        char *huge = calloc(1, 48 << 20);
        struct ak_str name = AK_STR("huge");
        struct ak_shape shape = { AK_STR("t"), AK_STR(""), &name, 1 };
        struct ak_value v = ak_val_str((struct ak_str){ huge, 48 << 20 });
        struct ak_event e = { .shape = &shape, .values = &v };
        CHECK(ak_batch_add(b, &e) == AK_ERR_LIMIT);
        v = ak_val_str(AK_STR("small"));
        CHECK(ak_batch_add(b, &e) == AK_OK && ak_batch_count(b) == 1);
        free(huge);
        ak_batch_free(b);
    }

    TEST ("a text that occurs often is written once") {
        struct ak_buf one = { 0 }, many = { 0 };
        size_t a = made(&one, 10, true).n, b = made(&many, 1000, true).n;
        CHECK(b < a + 1000 * 80);
        ak_buf_free(&one);
        ak_buf_free(&many);
    }
}

static void test_hostile(void)
{
    struct ak_buf out = { 0 };
    uint32_t n;
    struct ak_bytes good = made(&out, 40, false);

    TEST ("every truncation is refused, inside its bytes")
        for (size_t cut = 0; cut < good.n; cut++) {
            uint8_t *exact = malloc(cut ? cut : 1);
            memcpy(exact, good.at, cut);
            CHECK(check((struct ak_bytes){ exact, cut }, &n) != AK_OK);
            free(exact);
        }

    TEST ("every flipped bit is refused or read, inside its bytes") {
        uint8_t *exact = malloc(good.n);
        unsigned refused = 0, total = 0;
        for (size_t at = 0; at < good.n; at++)
            for (unsigned bit = 0; bit < 8; bit++, total++) {
                memcpy(exact, good.at, good.n);
                exact[at] ^= (uint8_t)(1 << bit);
                refused += check((struct ak_bytes){ exact, good.n }, &n) != AK_OK;
            }
        CHECK(refused > 0 && refused < total);
        free(exact);
    }

    TEST ("random bytes behind the magic are refused")
        for (unsigned i = 0; i < 20000; i++) {
            uint8_t junk[200];
            size_t junk_n = 4 + rnd() % 196;
            for (size_t k = 0; k < junk_n; k++)
                junk[k] = (uint8_t)(rnd() >> 32 & (i % 2 ? 0xFF : 0x07));
            memcpy(junk, "AKB1", 4);
            uint8_t *exact = malloc(junk_n);
            memcpy(exact, junk, junk_n);
            CHECK(check((struct ak_bytes){ exact, junk_n }, &n) != AK_OK || n == 0 || n_seen == n);
            free(exact);
        }

    TEST ("a head that lies about times or bytes behind the end is refused") {
        static const size_t PLACES[] = { 4, 8, 16, 24 }; /* count, first, last, untimed */
        uint8_t *exact = malloc(good.n + 1);
        for (size_t i = 0; i < 4; i++) {
            memcpy(exact, good.at, good.n);
            exact[PLACES[i]] ^= 1;
            CHECK(check((struct ak_bytes){ exact, good.n }, &n) == AK_ERR_CORRUPT);
        }
        memcpy(exact, good.at, good.n);
        exact[good.n] = 0;
        CHECK(check((struct ak_bytes){ exact, good.n + 1 }, &n) == AK_ERR_CORRUPT);
        free(exact);
    }
    ak_buf_free(&out);
}

int main(void)
{
    test_round_trip();
    test_hostile();
    return story_report();
}
