/* filter_test.c - tests src/cli/filter.c: which events a query lets through. */
#include "cli/filter.h"
#include "tests/support/story.h"

#include <stdlib.h>

static const struct ak_str NAMES[] = {
    AK_STR_INIT("user.name"),    AK_STR_INIT("source.ip"), AK_STR_INIT("source.port"),
    AK_STR_INIT("url.original"), AK_STR_INIT("message"),   AK_STR_INIT("hex"),
    AK_STR_INIT("absent"),       AK_STR_INIT("delta"),
};
static const struct ak_shape SHAPE = { AK_STR_INIT("linux:syslog:line"),
                                       AK_STR_INIT("Event Logged"), NAMES, 8 };

static const struct ak_item_info ITEM = { .path = AK_STR_INIT("var/log/auth.log"),
                                          .evidence_name = AK_STR_INIT("web01"),
                                          .host = AK_STR_INIT("web01.example.jp"),
                                          .key = AK_STR_INIT("1.2") };

/* -1: the query is refused. */
static int holds(const char *query)
{
    struct ak_value v[8] = { ak_val_str(AK_STR("Administrator")),
                             ak_val_str(AK_STR("192.0.2.7")),
                             ak_val_u64(4711),
                             ak_val_str(AK_STR("/a?b=c:d")),
                             ak_val_str(AK_STR("Accepted password for 利用者 OR root")),
                             ak_val_hex(0x3e7),
                             ak_val_none(),
                             ak_val_i64(-5) };
    struct ak_stored e = { .event = { .shape = &SHAPE, .values = v, .when = { 0, AK_STAMP_SET } },
                           .item = &ITEM };
    struct ak_filter *f = NULL;
    const char *why = NULL;
    if (ak_filter_make(NULL, NULL, query, &f, &why) != AK_OK)
        return why ? -1 : -2;
    int r = ak_filter_holds(f, &e);
    ak_filter_free(f);
    return r;
}

static const struct {
    const char *query;
    int holds;
} CASES[] = {
    { "", 1 },
    { "   ", 1 },
    { "accepted", 1 },
    { "ACCEPTED", 1 },
    { "利用者", 1 },
    { "nowhere", 0 },
    { "accepted nowhere", 0 },
    { "accepted OR nowhere", 1 },
    { "nowhere OR accepted", 1 },
    { "nowhere or neither", 0 },
    { "accepted AND password", 1 },
    { "\"password for\"", 1 },
    { "\"password  for\"", 0 },
    { "\"OR root\"", 1 },
    { "-nowhere", 1 },
    { "-accepted", 0 },
    { "NOT accepted", 0 },
    { "NOT nowhere", 1 },
    { "-\"password for\"", 0 },
    { "-\"no:where at all\"", 1 },
    { "user.name:administrator", 1 },
    { "user.name=administrator", 1 },
    { "user.name:admin*", 1 },
    { "user.name:admin", 0 },
    { "user.name:?dministrator", 1 },
    { "user.name:\"Administrator\"", 1 },
    { "-user.name:admin*", 0 },
    { "user.name:*", 1 },
    { "absent:*", 0 },
    { "-absent:*", 1 },
    { "unknown.field:x", 0 },
    { "source.port>4710", 1 },
    { "source.port>4711", 0 },
    { "source.port>=4711", 1 },
    { "source.port<4712", 1 },
    { "source.port<=4710", 0 },
    { "source.port:4711", 1 },
    { "delta<0", 1 },
    { "delta>=-5", 1 },
    { "url.original:/a?b=c:d", 1 },
    { "url.original:*c:d", 1 },
    { "hex:0x3e7", 1 },
    { "data_type:linux:*", 1 },
    { "data_type:windows:*", 0 },
    { "path:*auth.log", 1 },
    { "evidence:web01", 1 },
    { "host.name:web01*", 1 },
    { "auth.log", 1 },
    { "user.name:x OR source.port:4711", 1 },
    { "user.name:x OR source.port:1 accepted", 0 },
    { "accepted user.name:x OR source.port:4711", 1 },
    { "source.port>abc", -1 },
    { "source.port>", -1 },
    { "\"unclosed accepted", 0 },
};

int main(void)
{
    TEST ("a query holds for what it names, and for nothing else")
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
            int got = holds(CASES[i].query);
            if (got != CASES[i].holds)
                printf("      %s: %d, not %d\n", CASES[i].query, got, CASES[i].holds);
            CHECK(got == CASES[i].holds);
        }

    TEST ("a query of too many terms is refused, a long one read") {
        char query[4096] = "";
        for (int i = 0; i < 64; i++)
            strcat(query, "accepted ");
        CHECK(holds(query) == 1);
        strcat(query, "accepted");
        CHECK(holds(query) == -1);
    }

    TEST ("no text makes a query that reads outside it") {
        static const char ALPHABET[] = "a\":-<>=*? OR";
        uint64_t seed = 7;
        for (unsigned i = 0; i < 200000; i++) {
            char *query = malloc(24);
            unsigned n = (unsigned)(seed >> 40) % 23;
            for (unsigned k = 0; k < n; k++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                query[k] = ALPHABET[(seed >> 33) % (sizeof(ALPHABET) - 1)];
            }
            query[n] = 0;
            (void)holds(query);
            free(query);
        }
        CHECK(1);
    }

    TEST ("host and data type take wildcards; an event without a host is its evidence's") {
        struct ak_value v[8] = { 0 };
        struct ak_stored e = { .event = { .shape = &SHAPE, .values = v }, .item = &ITEM };
        struct ak_filter *f = NULL;
        const char *why;
        CHECK(ak_filter_make("WEB01.*", "linux:*", NULL, &f, &why) == AK_OK &&
              ak_filter_holds(f, &e));
        ak_filter_free(f);
        CHECK(ak_filter_make("web02*", NULL, NULL, &f, &why) == AK_OK && !ak_filter_holds(f, &e));
        ak_filter_free(f);
        CHECK(ak_filter_make(NULL, "windows:*", NULL, &f, &why) == AK_OK &&
              !ak_filter_holds(f, &e));
        ak_filter_free(f);
    }
    return story_report();
}
