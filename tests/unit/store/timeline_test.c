/* timeline_test.c - tests src/store: what goes in comes out in the order of time,
 * whatever overlaps and whatever the zone moves. */
#include "event/batch.h"
#include "store/reading.h"
#include "tests/support/story.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

enum { ITEMS = 6, PER_ITEM = 6000, BATCH = 250, MAX = ITEMS * PER_ITEM };

static const int64_t S = 1000000000;
static char folder[64];

/* What must come out. */
struct want {
    int64_t utc_ns;
    uint32_t rank, seq;
};
static struct want wants[MAX];
static size_t n_wants;

static uint64_t seed = 88172645463325252u;
static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static int by_want(const void *va, const void *vb)
{
    const struct want *a = va, *b = vb;
    if (a->utc_ns != b->utc_ns)
        return a->utc_ns < b->utc_ns ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static struct ak_zone zone_named(const char *name, uint8_t *bytes, size_t cap, size_t *n)
{
    struct ak_zone zone = ak_zone_utc;
    char path[128];
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    FILE *f = fopen(path, "rb");
    *n = f ? fread(bytes, 1, cap, f) : 0;
    if (f)
        fclose(f);
    if (ak_zone_parse((struct ak_bytes){ bytes, *n }, &zone) != AK_OK)
        *n = 0;
    return zone;
}

static const struct ak_str NAME = AK_STR_INIT("message");
static const struct ak_shape SHAPE = { AK_STR_INIT("test:event"), AK_STR_INIT("Event Logged"),
                                       &NAME, 1 };

/* Around both changes of New York's clock in 2025, and elsewhere. */
static struct ak_stamp some_time(unsigned kind, unsigned i)
{
    static const int64_t CHANGES[] = { 1741503600,
                                       1762063200 }; /* 9 March, 2 November, local 2:00 as UTC */
    int64_t s = CHANGES[i % 2] - 2 * 7200 + (int64_t)(rnd() % (4 * 7200));
    if (kind == 0) /* a log: in order */
        s = 1741503600 + (int64_t)i * 7;
    uint8_t flags = AK_STAMP_SET | AK_PREC_NS | (kind >= 2 ? AK_STAMP_LOCAL : 0);
    if (kind >= 1 && i % 97 == 0)
        return (struct ak_stamp){ 0 };
    if (kind == 5 && i % 501 == 1) /* the ends of time */
        return (struct ak_stamp){ i % 2 ? INT64_MAX : INT64_MIN, flags };
    return (struct ak_stamp){ s * S + (int64_t)(rnd() % 3), flags };
}

static void want_event(const struct ak_zone *zone, uint32_t rank, const struct ak_event *e)
{
    int64_t t = ak_stamp_is_set(e->when) ? e->when.utc_ns : INT64_MIN;
    if (e->when.flags & AK_STAMP_LOCAL && zone->known) {
        int64_t s = t / S - (t % S < 0);
        t = ak_ns_add(t, (ak_zone_to_utc(zone, s) - s) * S);
    }
    wants[n_wants++] = (struct want){ t, rank, e->seq };
}

static bool put_item(struct ak_store *store, uint32_t evidence, unsigned i,
                     const struct ak_zone *zone)
{
    char key[16], path[16];
    uint64_t item;
    enum ak_state state;
    struct ak_batch *b = ak_batch_new();
    snprintf(key, sizeof(key), "1.%u", i + 1);
    snprintf(path, sizeof(path), "file%u", i);
    struct ak_item_row row = {
        .evidence = evidence, .key = ak_str_of(key), .path = ak_str_of(path), .size = i
    };
    if (ak_store_item(store, &row, &item, &state) != AK_OK)
        return false;
    for (unsigned k = 0; k < PER_ITEM; k++) {
        struct ak_value v = ak_val_str(AK_STR("text"));
        struct ak_event e = { .shape = &SHAPE, .seq = k, .when = some_time(i, k), .values = &v };
        want_event(zone, i, &e);
        if (ak_batch_add(b, &e) != AK_OK)
            return false;
        struct ak_buf out = { 0 };
        if (ak_batch_count(b) == BATCH &&
            (ak_batch_finish(b, &out) != AK_OK ||
             ak_store_put_batch(store, item, (struct ak_bytes){ out.at, out.n },
                                (struct ak_bytes){ 0 }) != AK_OK))
            return false;
        ak_buf_free(&out);
    }
    ak_batch_free(b);
    ak_store_end_item(store, item,
                      &(struct ak_item_end){
                          .state = AK_STATE_DONE, .n_events = PER_ITEM, .parser = AK_STR("test") });
    return true;
}

static struct ak_store *open_case(enum ak_store_mode mode)
{
    struct ak_store *store = NULL;
    const char *why;
    return ak_store_open(folder, mode, &store, &why) == AK_OK ? store : NULL;
}

static bool make_case(const char *zone_name)
{
    static uint8_t tzif[1 << 16];
    static unsigned n;
    size_t tzif_n = 0;
    uint32_t evidence;
    bool fresh;
    struct ak_zone zone =
        zone_name ? zone_named(zone_name, tzif, sizeof(tzif), &tzif_n) : ak_zone_utc;
    snprintf(folder, sizeof(folder), "/tmp/akashi-timeline-%d-%u", (int)getpid(), n++);
    n_wants = 0;
    struct ak_store *store = open_case(AK_STORE_WRITE);
    bool ok = store &&
              ak_store_evidence(store, AK_STR("e"), AK_STR("/e"), &evidence, &fresh) == AK_OK &&
              fresh;
    if (ok && tzif_n)
        ak_store_evidence_set(store, evidence, "zone_tzif",
                              (struct ak_str){ (char *)tzif, tzif_n });
    for (unsigned i = 0; ok && i < ITEMS; i++)
        ok = put_item(store, evidence, i, &zone);
    ak_store_close(store);
    qsort(wants, n_wants, sizeof(wants[0]), by_want);
    return ok;
}

static void drop_case(void)
{
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command) != 0)
        printf("      %s is left\n", folder);
}

/* Walk the timeline of a window; the number of events that are not as wanted. */
static size_t wrong_in(struct ak_reading *r, int64_t from, int64_t to, size_t *out_n)
{
    struct ak_timeline *t = NULL;
    struct ak_window w = { from, to, 0 };
    struct ak_stored e;
    bool more = true;
    size_t at = 0, wrong = 0;
    *out_n = 0;
    if (ak_timeline_open(r, &w, &t) != AK_OK)
        return SIZE_MAX;
    while (ak_timeline_next(t, &e, &more) == AK_OK && more) {
        while (from != to && at < n_wants &&
               (wants[at].utc_ns < from || wants[at].utc_ns >= to || wants[at].utc_ns == INT64_MIN))
            at++;
        wrong += at >= n_wants || wants[at].rank != e.item->rank || wants[at].seq != e.event.seq ||
                 (ak_stamp_is_set(e.event.when) && wants[at].utc_ns != e.event.when.utc_ns);
        at++;
        ++*out_n;
    }
    ak_timeline_close(t);
    return wrong;
}

static size_t wanted_in(int64_t from, int64_t to)
{
    size_t n = 0;
    for (size_t i = 0; i < n_wants; i++)
        n += wants[i].utc_ns != INT64_MIN && wants[i].utc_ns >= from && wants[i].utc_ns < to;
    return n;
}

static size_t scanned_in(struct ak_reading *r, int64_t from, int64_t to)
{
    struct ak_scan *s = NULL;
    struct ak_window w = { from, to, 0 };
    struct ak_stored e;
    bool more = true;
    size_t n = 0;
    if (ak_scan_open(r, &w, &s) != AK_OK)
        return SIZE_MAX;
    while (ak_scan_next(s, &e, &more) == AK_OK && more)
        n++;
    ak_scan_close(s);
    return n;
}

static void check_zone(const char *zone)
{
    CHECK(make_case(zone));
    struct ak_store *store = open_case(AK_STORE_READ);
    struct ak_reading *r = NULL;
    size_t n;
    CHECK(store && ak_reading_open(store, &r) == AK_OK);
    CHECK(wrong_in(r, 0, 0, &n) == 0);
    CHECK(n == MAX);
    CHECK(scanned_in(r, 0, 0) == MAX);
    for (unsigned i = 0; i < 60; i++) {
        int64_t from = (1741503600 - 20000 + (int64_t)(rnd() % 40000)) * S,
                to = from + (int64_t)(rnd() % 20000) * S + 1;
        if (i == 0)
            from = INT64_MIN + 1; /* only --to */
        if (i == 1)
            to = INT64_MAX; /* only --from */
        CHECK(wrong_in(r, from, to, &n) == 0);
        if (n != wanted_in(from, to))
            printf("      [%lld, %lld): %zu, not %zu\n", (long long)from, (long long)to, n,
                   wanted_in(from, to));
        CHECK(n == wanted_in(from, to));
        CHECK(scanned_in(r, from, to) == n);
    }
    ak_reading_close(r);
    ak_store_close(store);
    drop_case();
}

static void test_order(void)
{
    TEST ("overlapping, disordered and timeless batches merge into one order")
        check_zone(NULL);
    TEST ("local times are moved across a change of the clock, and sorted anew")
        check_zone("America/New_York");
    TEST ("a zone far from UTC moves events over the window's ends")
        check_zone("Pacific/Kiritimati");
}

static bool sql(struct ak_store *s, const char *text) { return ak_store_sql(s, text); }

static void test_store(void)
{
    TEST ("what an interrupted run left half done is dropped, what was done stays") {
        CHECK(make_case(NULL));
        struct ak_store *s = open_case(AK_STORE_WRITE);
        CHECK(sql(s, "UPDATE t_item SET state='new' WHERE key='1.2'"));
        ak_store_close(s);
        s = open_case(AK_STORE_WRITE);
        struct ak_reading *r = NULL;
        CHECK(ak_reading_open(s, &r) == AK_OK);
        CHECK(scanned_in(r, 0, 0) == MAX - PER_ITEM);
        ak_reading_close(r);
        ak_store_close(s);
        drop_case();
    }

    TEST ("an item known with another path, size or time is forgotten, with all below it") {
        CHECK(make_case(NULL));
        struct ak_store *s = open_case(AK_STORE_WRITE);
        uint64_t id, child, again;
        enum ak_state state;
        struct ak_item_row row = {
            .evidence = 1, .key = AK_STR("1.3"), .path = AK_STR("file2"), .size = 2
        };
        struct ak_item_row below = {
            .evidence = 1, .key = AK_STR("1.3.1"), .path = AK_STR("in"), .parent = 3
        };
        CHECK(ak_store_item(s, &row, &id, &state) == AK_OK && state == AK_STATE_DONE);
        CHECK(ak_store_item(s, &below, &child, &state) == AK_OK && state == AK_STATE_NEW);
        CHECK(ak_store_open_below(s, row.key));
        row.size = 3;
        CHECK(ak_store_item(s, &row, &again, &state) == AK_OK && state == AK_STATE_CHANGED &&
              again == id);
        CHECK(!ak_store_open_below(s, row.key));
        CHECK(ak_store_item(s, &row, &again, &state) == AK_OK && state == AK_STATE_NEW);
        struct ak_reading *r = NULL;
        CHECK(ak_reading_open(s, &r) == AK_OK);
        CHECK(scanned_in(r, 0, 0) == MAX - PER_ITEM);
        CHECK(ak_reading_item_by_key(r, AK_STR("1.3.1")) == NULL);
        CHECK(ak_reading_item_by_key(r, AK_STR("1.30")) == NULL);
        ak_reading_close(r);
        ak_store_close(s);
        drop_case();
    }

    TEST (
        "a case being written cannot be opened for writing by another, and is read all the same") {
        CHECK(make_case(NULL));
        struct ak_store *one = open_case(AK_STORE_WRITE), *two = NULL, *reader;
        const char *why = "";
        ak_store_set_meta(one, "k", "v");
        CHECK(ak_store_open(folder, AK_STORE_WRITE, &two, &why) != AK_OK);
        CHECK(strcmp(why, "it is in use by another akashi") == 0);
        reader = open_case(AK_STORE_READ);
        CHECK(reader != NULL);
        ak_store_close(reader);
        ak_store_close(one);
        drop_case();
    }

    TEST ("what is no case is refused with a reason") {
        struct ak_store *s = NULL;
        const char *why = NULL;
        snprintf(folder, sizeof(folder), "/tmp/akashi-nocase-%d", (int)getpid());
        CHECK(ak_store_open(folder, AK_STORE_READ, &s, &why) != AK_OK && why);
        char command[256];
        snprintf(command, sizeof(command),
                 "mkdir -p %s && head -c 100000 /dev/zero | tr '\\0' x > %s/case.db", folder,
                 folder);
        CHECK(system(command) == 0);
        CHECK(ak_store_open(folder, AK_STORE_READ, &s, &why) != AK_OK &&
              strcmp(why, "it is not a case of akashi") == 0);
        CHECK(ak_store_open(folder, AK_STORE_WRITE, &s, &why) != AK_OK);
        drop_case();
    }

    TEST ("a batch damaged in the case is an error, not an end") {
        CHECK(make_case(NULL));
        struct ak_store *s = open_case(AK_STORE_WRITE);
        struct ak_reading *r = NULL;
        struct ak_timeline *t = NULL;
        struct ak_stored e;
        bool more = true;
        CHECK(sql(s, "UPDATE t_batch SET data=substr(data,1,length(data)-20) WHERE id=7"));
        CHECK(ak_reading_open(s, &r) == AK_OK && ak_timeline_open(r, NULL, &t) == AK_OK);
        enum ak_status st;
        while ((st = ak_timeline_next(t, &e, &more)) == AK_OK && more)
            ;
        CHECK(st == AK_ERR_CORRUPT);
        ak_timeline_close(t);
        ak_reading_close(r);
        ak_store_close(s);
        drop_case();
    }
}

int main(void)
{
    test_order();
    test_store();
    return story_report();
}
