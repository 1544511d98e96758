/* jsonl_test.c - a writer that remembers shapes says what one that does not says. */
#include "event/jsonl.h"
#include "tests/support/story.h"

enum { F_PATH, F_SIZE, F_HOST, F_PROVIDER, F_CODE, F_ODD, N };

static const struct ak_str NAMES[N] = {
    [F_PATH] = AK_STR_INIT("file.path"),
    [F_SIZE] = AK_STR_INIT("file.size"),
    [F_HOST] = AK_STR_INIT("host.name"),
    [F_PROVIDER] = AK_STR_INIT("event.provider"),
    [F_CODE] = AK_STR_INIT("event.code"),
    [F_ODD] = AK_STR_INIT(
        "a \"name\" that is much longer than any block a key is copied in, to be sure of it"),
};

static const struct ak_shape STAT = { AK_STR_INIT("fs:stat"), AK_STR_INIT("Metadata \"Change\""),
                                      NAMES, N };
static const struct ak_shape OTHER = { AK_STR_INIT("test:other"), AK_STR_INIT("Now"), NAMES, N };
static const struct ak_str LINE_NAMES[] = { AK_STR_INIT("a"), AK_STR_INIT("message") };
static const struct ak_shape LINE = { AK_STR_INIT("test:line"), AK_STR_INIT("Now"), LINE_NAMES, 2 };

/* Do both write the same?  The writer twice, so that it also remembers. */
static bool agree(struct ak_jsonl *w, const struct ak_shape *shape, const struct ak_value *values,
                  uint8_t flags)
{
    struct ak_buf plain = { 0 }, remembered = { 0 };
    struct ak_event_place place = { .evidence = AK_STR("e\"1"),
                                    .path = AK_STR("a/b"),
                                    .host = AK_STR("pc") };
    struct ak_event e = { .shape = shape,
                          .when = ak_stamp_unix(-1, 5, AK_PREC_NS),
                          .offset = 7,
                          .length = 1,
                          .flags = flags,
                          .values = values };
    for (unsigned i = 0; i < 2; i++) {
        e.offset++;
        ak_jsonl_event(&plain, &e, &place);
        ak_jsonl_put(w, &remembered, &e, &place);
    }
    bool same = ak_str_eq(ak_buf_view(&plain), ak_buf_view(&remembered));
    if (!same)
        printf("%.*s%.*s", (int)plain.n, (const char *)plain.at, (int)remembered.n,
               (const char *)remembered.at);
    ak_buf_free(&plain);
    ak_buf_free(&remembered);
    return same;
}

int main(void)
{
    struct ak_jsonl *w = ak_jsonl_new();
    struct ak_value v[N] = { 0 };

    TEST ("a template's optional part is left out when its field says nothing") {
        CHECK(agree(w, &STAT, v, 0));
        v[F_PATH] = ak_val_str(AK_STR("C:\\a \"b\"\n"));
        CHECK(agree(w, &STAT, v, 0));
        v[F_SIZE] = ak_val_u64(1234567890);
        CHECK(agree(w, &STAT, v, 0));
        v[F_SIZE] = ak_val_none();
        CHECK(agree(w, &STAT, v, AK_EVENT_RECOVERED));
    }

    TEST ("values of every type are the same in a message without a template") {
        static const uint8_t WIDE[] = { 0x3D, 0xD8, 'a', 0, '"', 0 };
        const struct ak_value kinds[] = {
            ak_val_str16((struct ak_bytes){ WIDE, sizeof(WIDE) }),
            ak_val_i64(INT64_MIN),
            ak_val_f64(0.1),
            ak_val_bool(true),
            ak_val_hex(0),
            ak_val_hex(UINT64_MAX),
            ak_val_stamp(ak_stamp_unix(5, 0, AK_PREC_MS)),
            ak_val_bytes((struct ak_bytes){ WIDE, 5 }),
        };
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            v[F_SIZE] = v[F_ODD] = kinds[i];
            CHECK(agree(w, &OTHER, v, 0));
            CHECK(agree(w, &STAT, v, 0));
        }
    }

    TEST ("the host of the event stands before that of the place") {
        v[F_HOST] = ak_val_str(AK_STR("dc1"));
        CHECK(agree(w, &STAT, v, 0));
    }

    TEST ("a provider or code that changes under the same shape chooses the template again") {
        v[F_PROVIDER] = ak_val_str(AK_STR("ab"));
        v[F_CODE] = ak_val_str(AK_STR("c"));
        CHECK(agree(w, &STAT, v, 0));
        v[F_PROVIDER] = ak_val_str(AK_STR("a"));
        v[F_CODE] = ak_val_str(AK_STR("bc"));
        CHECK(agree(w, &STAT, v, 0));
        v[F_CODE] = ak_val_u64(4624);
        CHECK(agree(w, &STAT, v, 0));
    }

    TEST ("a line's own message is the message") {
        const struct ak_value line[] = { ak_val_u64(1), ak_val_str(AK_STR("GET \"/\"")) };
        CHECK(agree(w, &LINE, line, 0));
        const struct ak_value none[] = { ak_val_u64(1), ak_val_none() };
        CHECK(agree(w, &LINE, none, 0));
    }

    TEST ("a shape that comes to stand where another stood is told apart after forgetting") {
        struct ak_shape reused = STAT;
        CHECK(agree(w, &reused, v, 0));
        ak_jsonl_forget(w);
        reused = OTHER;
        CHECK(agree(w, &reused, v, 0));
    }

    TEST ("more shapes than are remembered are written all the same") {
        static struct ak_shape many[5000];
        for (size_t i = 0; i < 5000; i++) {
            many[i] = i % 2 ? STAT : OTHER;
            CHECK(agree(w, &many[i], v, 0));
        }
    }

    ak_jsonl_free(w);
    return story_report();
}
