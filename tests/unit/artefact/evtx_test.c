/* evtx_test.c - what event logs say, and what damaged and forged ones cannot do. */
#include "tests/support/capture.h"
#include "tests/support/evtx_build.h"
#include "tests/support/story.h"

extern const struct ak_artefact ak_windows_evtx;

/* 2024-03-10T00:15:03.5Z */
static const uint64_t LOGGED_AT = UINT64_C(133545033035000000);

static struct evtx_build b;
static struct capture c;

static const char *corpus; /* evtx_test FOLDER also writes what is read as a fuzzing corpus there */

/* Without the zeros at the end: a chunk cut short is as good. */
static void write_seed(void)
{
    char path[512];
    static unsigned no;
    size_t n = b.n;
    while (n > 0 && b.bytes[n - 1] == 0)
        n--;
    snprintf(path, sizeof(path), "%s/%s-%02u", corpus, "seed", no++);
    FILE *f = no <= 40 ? fopen(path, "wb") : NULL;
    if (f) {
        fwrite(b.bytes, 1, n, f);
        fclose(f);
    }
}

static void run(void)
{
    if (corpus)
        write_seed();
    capture_run(&c, &ak_windows_evtx, eb_built(&b));
}

static bool has_damage(const char *what)
{
    for (size_t i = 0; i < c.n_damage && i < CAPTURE_DAMAGE; i++)
        if (strcmp(c.damage[i], what) == 0)
            return true;
    return false;
}

static struct evtx_value number(const void *at, uint8_t type, uint16_t n)
{
    return (struct evtx_value){ type, at, n };
}

/* <Event><System>…</System><EventData><Data Name="User">%2</Data></EventData></Event> */
static void put_template(void)
{
    eb_template(&b, 0x1234);
    eb_open(&b, "Event");
    eb_content(&b);
    eb_open(&b, "System");
    eb_content(&b);
    eb_open_attributes(&b, "Provider");
    eb_attribute(&b, "Name");
    eb_literal(&b, "Maker");
    eb_empty(&b);
    eb_element(&b, "EventID", 0);
    eb_open_attributes(&b, "TimeCreated");
    eb_attribute(&b, "SystemTime");
    eb_hole(&b, 1);
    eb_empty(&b);
    eb_open(&b, "Channel");
    eb_content(&b);
    eb_literal(&b, "Security");
    eb_close(&b);
    eb_close(&b);
    eb_open(&b, "EventData");
    eb_content(&b);
    eb_data(&b, "User", 2);
    eb_close(&b);
    eb_close(&b);
}

/* A record of that template with event id 4624 and the user mio. */
static void put_record(uint64_t id)
{
    static const uint16_t EVENT = 4624;
    const struct evtx_value values[] = { number(&EVENT, 0x06, 2),
                                         number(&LOGGED_AT, 0x11, 8),
                                         { 0x01, "m\0i\0o", 6 } };
    eb_begin_record(&b, id, LOGGED_AT);
    put_template();
    eb_values(&b, values, 3);
    eb_end_record(&b);
}

static void good_log(unsigned n)
{
    eb_file(&b);
    eb_begin_chunk(&b);
    for (unsigned i = 1; i <= n; i++)
        put_record(i);
    eb_end_chunk(&b);
}

/* A log of one record <Event><EventData>…</EventData></Event>; between the two. */
static void begin_data(void)
{
    eb_file(&b);
    eb_begin_chunk(&b);
    eb_begin_record(&b, 1, LOGGED_AT);
    eb_template(&b, 7);
    eb_open(&b, "Event");
    eb_content(&b);
    eb_open(&b, "EventData");
    eb_content(&b);
}

static void end_data(const struct evtx_value *values, uint32_t n)
{
    eb_close(&b);
    eb_close(&b);
    eb_values(&b, values, n);
    eb_end_record(&b);
    eb_end_chunk(&b);
}

/* A log whose only value has this type. */
static void one_value(uint8_t type, const void *at, uint16_t n)
{
    const struct evtx_value value = { type, at, n };
    begin_data();
    eb_data(&b, "V", 0);
    end_data(&value, 1);
    run();
}

static void test_reading(void)
{
    TEST ("a record has winlogbeat's names, and its time is TimeCreated") {
        good_log(1);
        run();
        CHECK(c.status == AK_OK && c.n_damage == 0);
        CHECK(c.n_events == 1);
        CHECK(capture_has(&c, 0, "datetime", "\"2024-03-10T00:15:03.500000000Z\""));
        CHECK(capture_has(&c, 0, "data_type", "\"windows:evtx:record\""));
        CHECK(capture_has(&c, 0, "winlog.provider_name", "\"Maker\""));
        CHECK(capture_has(&c, 0, "winlog.channel", "\"Security\""));
        CHECK(capture_has(&c, 0, "winlog.event_id", "4624"));
        CHECK(capture_has(&c, 0, "event.code", "\"4624\""));
        CHECK(capture_has(&c, 0, "event.provider", "\"Maker\""));
        CHECK(capture_has(&c, 0, "winlog.event_data.User", "\"mio\""));
        CHECK(capture_has(&c, 0, "winlog.record_id", "1"));
        CHECK(capture_has(&c, 0, "offset", "4608"));
        capture_free(&c);
    }

    TEST ("values without a name are param1, param2; an array is several of them") {
        const struct evtx_value values[] = { { 0x01, "a\0", 2 },
                                             { 0x81, "b\0\0\0c\0\0\0", 8 },
                                             { 0x0E, "\xCA\xFE", 2 } };
        begin_data();
        eb_data(&b, NULL, 0);
        eb_data(&b, NULL, 1);
        eb_element(&b, "Binary", 2);
        end_data(values, 3);
        run();
        CHECK(capture_has(&c, 0, "winlog.event_data.param1", "\"a\""));
        CHECK(capture_has(&c, 0, "winlog.event_data.param2", "\"b\""));
        CHECK(capture_has(&c, 0, "winlog.event_data.param3", "\"c\""));
        CHECK(capture_has(&c, 0, "winlog.event_data.Binary", "\"CAFE\""));
        capture_free(&c);
    }

    TEST ("a second value of the same name is not lost: it gets a number") {
        const struct evtx_value values[] = { { 0x01, "a\0", 2 }, { 0x01, "b\0", 2 } };
        begin_data();
        eb_data(&b, "N", 0);
        eb_data(&b, "N", 1);
        end_data(values, 2);
        run();
        CHECK(capture_has(&c, 0, "winlog.event_data.N", "\"a\""));
        CHECK(capture_has(&c, 0, "winlog.event_data.N_1", "\"b\""));
        capture_free(&c);
    }

    TEST ("text in attributes may be cut by entities, which made libevtx give up the file") {
        begin_data();
        eb_open_attributes(&b, "Data");
        eb_attribute(&b, "Name");
        eb_literal(&b, "R");
        eb_entity(&b, "amp");
        eb_literal(&b, "D");
        eb_content(&b);
        eb_hole(&b, 0);
        eb_close(&b);
        const struct evtx_value value = { 0x01, "x\0", 2 };
        end_data(&value, 1);
        run();
        CHECK(c.n_damage == 0);
        CHECK(capture_has(&c, 0, "winlog.event_data.R&D", "\"x\""));
        capture_free(&c);
    }

    TEST ("UserData loses its wrapper and joins what is nested by dots") {
        const struct evtx_value value = { 0x01, "x\0", 2 };
        eb_file(&b);
        eb_begin_chunk(&b);
        eb_begin_record(&b, 1, LOGGED_AT);
        eb_template(&b, 7);
        eb_open(&b, "Event");
        eb_content(&b);
        eb_open(&b, "UserData");
        eb_content(&b);
        eb_open(&b, "LogFileCleared");
        eb_content(&b);
        eb_open(&b, "Who");
        eb_content(&b);
        eb_element(&b, "Name", 0);
        eb_close(&b);
        eb_close(&b);
        end_data(&value, 1);
        run();
        CHECK(capture_has(&c, 0, "winlog.user_data.Who.Name", "\"x\""));
        CHECK(capture_has(&c, 0, "winlog.user_data.xml_name", "\"LogFileCleared\""));
        capture_free(&c);
    }
}

static void test_types(void)
{
    static const struct {
        uint8_t type;
        uint16_t n;
        const char *bytes, *json;
    } CASES[] = {
        { 0x02, 2, "ab", "\"ab\"" },
        { 0x03, 1, "\xFE", "-2" },
        { 0x04, 1, "\xFE", "254" },
        { 0x05, 2, "\xFE\xFF", "-2" },
        { 0x07, 4, "\xFE\xFF\xFF\xFF", "-2" },
        { 0x08, 4, "\xFE\xFF\xFF\xFF", "4294967294" },
        { 0x0A, 8, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "18446744073709551615" },
        { 0x0B, 4, "\0\0\x80\x3F", "1" },
        { 0x0D, 4, "\x10\0\0\0", "true" },
        { 0x0F, 16, "\x25\x96\x84\x54\x78\x54\x94\x49\xA5\xBA\x3E\x3B\x03\x28\xC3\x0D",
          "\"{54849625-5478-4994-A5BA-3E3B0328C30D}\"" },
        { 0x10, 8, "\x10\0\0\0\0\0\0\0", "\"0x10\"" },
        { 0x11, 8, "\x60\x32\xF7\x33\x80\x72\xDA\x01", NULL },
        { 0x12, 16, "\xE8\x07\x03\0\0\0\x0A\0\0\0\x0F\0\x03\0\xF4\x01",
          "\"2024-03-10T00:15:03.500Z\"" },
        { 0x13, 12, "\1\1\0\0\0\0\0\5\x12\0\0\0", "\"S-1-5-18\"" },
        { 0x14, 4, "\xE7\x03\0\0", "\"0x3e7\"" },
        { 0x15, 8, "\xE7\x03\0\0\0\0\0\0", "\"0x3e7\"" },
        { 0x13, 3, "\1\1\0", "\"010100\"" }, /* no SID: the bytes */
        { 0x33, 2, "\1\2", "\"0102\"" },     /* no type we know: the bytes */
        { 0x01, 6, "a\0\0\0\0\0", "\"a\"" }, /* padding */
    };
    TEST ("each type of value becomes what Windows shows") {
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
            one_value(CASES[i].type, CASES[i].bytes, CASES[i].n);
            bool ok = CASES[i].json ? capture_has(&c, 0, "winlog.event_data.V", CASES[i].json)
                                    : capture_has_key(&c, 0, "winlog.event_data.V");
            if (!ok)
                printf("      type %02x: %s", CASES[i].type,
                       c.n_events ? c.lines[0] : "no event\n");
            CHECK(ok && c.n_events == 1 && c.n_damage == 0);
            capture_free(&c);
        }
    }

    TEST ("a null value leaves its field out") {
        one_value(0x00, "", 0);
        CHECK(c.n_events == 1 && !capture_has_key(&c, 0, "winlog.event_data.V"));
        capture_free(&c);
    }
}

static void test_recovery(void)
{
    TEST ("a record in slack is recovered, once, and not when it is also allocated") {
        eb_file(&b);
        eb_begin_chunk(&b);
        put_record(1);
        size_t allocated = b.n;
        put_record(2);
        put_record(2);
        put_record(1);
        b.n = allocated;
        eb_end_chunk(&b);
        run();
        CHECK(c.n_damage == 0);
        CHECK(c.n_events == 2);
        CHECK(c.flags[0] == 0 && c.flags[1] == AK_EVENT_RECOVERED);
        CHECK(capture_has(&c, 1, "winlog.record_id", "2"));
        capture_free(&c);
    }

    TEST ("a chunk without a file around it is read as recovered") {
        good_log(2);
        capture_run(&c, &ak_windows_evtx, (struct ak_bytes){ b.bytes + 4096, 65536 });
        CHECK(c.status == AK_OK && c.n_events == 2);
        CHECK(c.flags[0] == AK_EVENT_RECOVERED && c.flags[1] == AK_EVENT_RECOVERED);
        capture_free(&c);
    }

    TEST ("a chunk that does not lie where chunks lie is found") {
        good_log(2);
        memmove(b.bytes + 4096 + 1000, b.bytes + 4096, 65536);
        memset(b.bytes + 4096, 0, 1000);
        b.n += 1000;
        run();
        CHECK(c.n_events == 2 && c.flags[0] == AK_EVENT_RECOVERED);
        capture_free(&c);
    }

    TEST ("a chunk whose signature was destroyed still gives its records") {
        good_log(2);
        memset(b.bytes + 4096, 'x', 8);
        run();
        CHECK(has_damage("a chunk without its signature"));
        CHECK(c.n_events == 2 && c.flags[0] == AK_EVENT_RECOVERED);
        capture_free(&c);
    }

    TEST ("records behind a destroyed one are still read") {
        good_log(3);
        size_t size = ak_load_u32le(b.bytes + 4608 + 4);
        memset(b.bytes + 4608 + size, 0xEE, size);
        run();
        CHECK(has_damage("bytes between the records of a chunk are no record"));
        CHECK(has_damage("the checksum over the chunk's records is wrong"));
        CHECK(c.n_events == 2 && capture_has(&c, 1, "winlog.record_id", "3"));
        capture_free(&c);
    }

    TEST ("an instance whose template is gone keeps its values by number") {
        static const uint32_t VALUE = 77;
        const struct evtx_value value = number(&VALUE, 0x08, 4);
        eb_file(&b);
        eb_begin_chunk(&b);
        eb_begin_record(&b, 9, LOGGED_AT);
        eb_le(&b, 0x010C, 2);
        eb_le(&b, 0xABCD, 4);
        eb_le(&b, 60000, 4);
        eb_values_only(&b, &value, 1);
        eb_end_record(&b);
        eb_end_chunk(&b);
        run();
        CHECK(has_damage("an event's template is gone"));
        CHECK(capture_has(&c, 0, "winlog.unresolved.0", "77"));
        CHECK(capture_has(&c, 0, "winlog.record_id", "9"));
        CHECK(capture_has(&c, 0, "datetime", "\"2024-03-10T00:15:03.500000000Z\""));
        capture_free(&c);
    }

    TEST ("a part of a split log is not recovered, and its offsets are the file's") {
        good_log(1);
        c.exact = NULL;
        struct ak_arena *arena = ak_arena_new(64u << 20);
        struct ak_sink sink = { capture_event, capture_damage, &c };
        struct ak_item item = { .path = AK_STR("x"),
                                .size = 1 << 30,
                                .origin = 4096 + 10 * 65536,
                                .bytes = { b.bytes + 4096, 65536 },
                                .zone = &ak_zone_utc };
        struct ak_ctx ctx = { .arena = arena, .item = &item, .sink = &sink };
        c.arena = NULL;
        CHECK(ak_windows_evtx.parse(&ctx) == AK_OK);
        CHECK(c.n_events == 1 && c.flags[0] == 0);
        CHECK(capture_has(&c, 0, "offset", "659968"));
        ak_arena_free(arena);
        capture_free(&c);
    }
}

static void test_damage(void)
{
    TEST ("every flipped bit of the headers is damage or harmless, and no record is lost for it") {
        for (size_t at = 4096 + 40; at < 4096 + 128; at++) {
            good_log(2);
            b.bytes[at] ^= 0x11;
            run();
            CHECK(c.n_events == 2);
            CHECK(c.n_damage > 0 || at >= 4096 + 120);
            capture_free(&c);
        }
    }

    TEST ("a dirty flag and a wrong file checksum are said, and the records read") {
        good_log(1);
        b.bytes[120] = 1;
        b.bytes[16] = 9;
        run();
        CHECK(has_damage("the log was not closed properly (dirty flag)"));
        CHECK(has_damage("the file header's checksum is wrong"));
        CHECK(c.n_events == 1);
        capture_free(&c);
    }

    TEST ("every truncation gives the records that are whole, and says that something is missing") {
        good_log(2);
        size_t one = ak_load_u32le(b.bytes + 4608 + 4), end = 4608 + 2 * one;
        for (size_t n = 0; n < b.n; n += n < 130 || (n > 4000 && n < end + 8) ? 1 : 997) {
            capture_run(&c, &ak_windows_evtx, (struct ak_bytes){ b.bytes, n });
            CHECK(c.n_events == (n >= end) + (size_t)(n >= 4608 + one));
            CHECK(c.n_damage > 0 || n == 4096);
            capture_free(&c);
        }
    }

    TEST ("no flipped byte of a record makes more than one event of it") {
        good_log(1);
        size_t n = ak_load_u32le(b.bytes + 4608 + 4);
        for (size_t at = 4608; at < 4608 + n; at++)
            for (unsigned with = 1; with < 256; with = with * 5 + 2) {
                b.bytes[at] ^= (uint8_t)with;
                run();
                CHECK(c.n_events <= 1);
                capture_free(&c);
                b.bytes[at] ^= (uint8_t)with;
            }
    }
}

static void test_bombs(void)
{
    TEST ("a count of four thousand million values is damage, not memory") {
        eb_file(&b);
        eb_begin_chunk(&b);
        eb_begin_record(&b, 1, LOGGED_AT);
        put_template();
        eb_end(&b);
        eb_put_at(&b, b.template_size_at, b.n - b.template_size_at - 4, 4);
        eb_le(&b, 0xFFFFFFFF, 4);
        eb_end_record(&b);
        eb_end_chunk(&b);
        run();
        CHECK(has_damage("an event's values do not fit its record"));
        CHECK(c.n_events == 1 && capture_has(&c, 0, "winlog.channel", "\"Security\""));
        capture_free(&c);
    }

    TEST ("a thousand elements inside one another end at the limit") {
        begin_data();
        for (unsigned i = 0; i < 1000; i++) {
            eb_open(&b, "x");
            eb_content(&b);
        }
        end_data(NULL, 0);
        run();
        CHECK(has_damage("elements of an event are nested too deeply"));
        CHECK(c.n_events == 1);
        capture_free(&c);
    }

    TEST ("a template that holds an instance of itself ends at the limit") {
        begin_data();
        size_t definition = b.template_size_at - 20;
        for (unsigned i = 0; i < 5; i++) {
            eb_le(&b, 0x010C, 2);
            eb_le(&b, 7, 4);
            eb_le(&b, definition - b.chunk, 4);
            eb_le(&b, 0, 4);
        }
        end_data(NULL, 0);
        run();
        CHECK(c.n_events == 1);
        CHECK(has_damage("binary XML is nested too deeply"));
        capture_free(&c);
    }

    TEST ("a hole of an instance that is filled with the instance itself ends at the limit") {
        /* value 0 is binary XML: an instance of the same template, and so on */
        static uint8_t inner[20 * 400];
        begin_data();
        size_t definition = b.template_size_at - 20;
        eb_hole(&b, 0);
        eb_close(&b);
        eb_close(&b);
        eb_end(&b);
        eb_put_at(&b, b.template_size_at, b.n - b.template_size_at - 4, 4);
        for (unsigned i = 0; i < 400; i++) {
            uint8_t *p = inner + i * 18;
            uint16_t rest = (uint16_t)((399 - i) * 18);
            uint8_t head[18] = { 0x0C,
                                 1,
                                 7,
                                 0,
                                 0,
                                 0,
                                 (uint8_t)(definition - b.chunk),
                                 (uint8_t)((definition - b.chunk) >> 8),
                                 0,
                                 0,
                                 1,
                                 0,
                                 0,
                                 0,
                                 (uint8_t)rest,
                                 (uint8_t)(rest >> 8),
                                 0x21,
                                 0 };
            memcpy(p, head, sizeof(head));
        }
        const struct evtx_value value = { 0x21, inner, 400 * 18 };
        eb_values_only(&b, &value, 1);
        eb_end_record(&b);
        eb_end_chunk(&b);
        run();
        CHECK(has_damage("binary XML is nested too deeply"));
        CHECK(c.n_events == 1);
        capture_free(&c);
    }

    TEST ("names that lie outside the chunk are damage") {
        good_log(1);
        /* the first element's name offset: record header, fragment, instance, definition, fragment,
         * token */
        eb_put_at(&b, 4608 + 24 + 4 + 10 + 24 + 4 + 7, 0x00FFFFF0, 4);
        run();
        CHECK(c.n_events == 1);
        CHECK(has_damage("a name in a template lies outside its chunk"));
        capture_free(&c);
    }
}

int main(int argc, char **argv)
{
    corpus = argc > 1 ? argv[1] : NULL;
    test_reading();
    test_types();
    test_recovery();
    test_bombs();
    test_damage();
    return story_report();
}
