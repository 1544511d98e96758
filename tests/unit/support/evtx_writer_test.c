/* evtx_writer_test.c - what our writer of event logs writes is read by readers
 * that are not ours: libevtx and python-evtx, where they are installed. */
#include "tests/support/evtx_writer.h"
#include "tests/support/story.h"

#include <stdlib.h>
#include <unistd.h>

enum { CHUNK = 65536, FILE_HEADER = 4096, RECORDS = 700, LINE = 1 << 16 };

static const char *const SECURITY = "{54849625-5478-4994-a5ba-3e3b0328c30d}";

/* 2026-01-29T14:50:00Z */
static const uint64_t START = UINT64_C(134141718000000000);

static uint32_t u32_at(struct ak_bytes file, size_t at)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < 4; i++)
        v |= (uint32_t)file.at[at + i] << (8 * i);
    return v;
}

/* CRC-32 by table, the writer's is by bit. */
static uint32_t crc_of(uint32_t crc, const uint8_t *p, size_t n)
{
    uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] & 1 ? 0xEDB88320u ^ table[i] >> 1 : table[i] >> 1;
    }
    crc ^= 0xFFFFFFFFu;
    while (n--)
        crc = table[(crc ^ *p++) & 0xFF] ^ crc >> 8;
    return crc ^ 0xFFFFFFFFu;
}

static uint64_t add_logon(struct evtx_writer *w, unsigned i)
{
    char user[32], port[16];
    snprintf(user, sizeof(user), "利用者%u", i % 7);
    snprintf(port, sizeof(port), "%u", 49152 + i);
    const struct evtx_pair pairs[] = {
        evtx_sid("SubjectUserSid", "S-1-5-18"),
        evtx_str("TargetUserName", user),
        evtx_sid("TargetUserSid", "S-1-5-21-1004336348-1177238915-682003330-1105"),
        evtx_hex64("TargetLogonId", 0x3E7 + i),
        evtx_u32("LogonType", 3),
        evtx_guid("LogonGuid", "{0f1826c6-e4c3-41b1-a858-f6026f6c6519}"),
        evtx_str("IpAddress", "192.0.2.10"),
        evtx_str("IpPort", port),
        evtx_str("Empty", ""),
    };
    return evtx_record(w, &(struct evtx_record){ .filetime = START + i * UINT64_C(10000000),
                                                 .provider = "Microsoft-Windows-Security-Auditing",
                                                 .provider_guid = SECURITY,
                                                 .event_id = 4624,
                                                 .version = 2,
                                                 .channel = "Security",
                                                 .computer = "PC-01.example.jp",
                                                 .task = 12544,
                                                 .keywords = 0x8020000000000000,
                                                 .pid = 636,
                                                 .tid = 700,
                                                 .pairs = pairs,
                                                 .n_pairs = sizeof(pairs) / sizeof(*pairs) });
}

static uint64_t add_cleared(struct evtx_writer *w, unsigned i)
{
    const struct evtx_pair pairs[] = {
        evtx_sid("SubjectUserSid", "S-1-5-21-1004336348-1177238915-682003330-500"),
        evtx_str("SubjectUserName", "Administrator"),
        evtx_str("SubjectDomainName", "PC-01"),
        evtx_hex64("SubjectLogonId", 0x1C363A4),
    };
    return evtx_record(
        w, &(struct evtx_record){ .filetime = START + i * UINT64_C(10000000),
                                  .provider = "Microsoft-Windows-Eventlog",
                                  .provider_guid = "{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}",
                                  .event_id = 1102,
                                  .level = 4,
                                  .channel = "Security",
                                  .computer = "PC-01.example.jp",
                                  .task = 104,
                                  .keywords = 0x4020000000000000,
                                  .pid = 1020,
                                  .tid = 1200,
                                  .user_data = "LogFileCleared",
                                  .pairs = pairs,
                                  .n_pairs = sizeof(pairs) / sizeof(*pairs) });
}

static uint64_t add_odds_and_ends(struct evtx_writer *w, unsigned i)
{
    static const uint8_t BLOB[] = { 0xDE, 0xAD, 0xBE, 0xEF };
    const struct evtx_pair pairs[] = {
        evtx_str(NULL, "first"),
        evtx_str("pair", "𠮷"), /* beyond 16 bits; libevtx 20181227 shows another character */
        evtx_u64("u64", UINT64_C(18446744073709551615)),
        evtx_bool("yes", true),
        evtx_filetime("when", START),
        evtx_num("hex32", EVTX_HEX32, 0xC000006D),
        evtx_num("i32", EVTX_INT32, (uint32_t)-5),
        evtx_binary("blob", (struct ak_bytes){ BLOB, sizeof(BLOB) }),
    };
    return evtx_record(w,
                       &(struct evtx_record){ .filetime = START + i * UINT64_C(10000000),
                                              .provider = "Example",
                                              .event_id = 1,
                                              .channel = "Application",
                                              .computer = "PC-02",
                                              .has_qualifiers = true,
                                              .qualifiers = 16384,
                                              .user_sid = "S-1-5-19",
                                              .activity = "{11111111-2222-3333-4444-555555555555}",
                                              .pairs = pairs,
                                              .n_pairs = sizeof(pairs) / sizeof(*pairs) });
}

static struct evtx_writer *a_log(const struct evtx_options *options)
{
    struct evtx_writer *w = evtx_begin(options);
    for (unsigned i = 0; i < RECORDS; i++) {
        if (i % 10 == 3)
            add_cleared(w, i);
        else if (i % 10 == 7)
            add_odds_and_ends(w, i);
        else
            add_logon(w, i);
    }
    return w;
}

static bool header_crc_holds(struct ak_bytes file, size_t chunk)
{
    uint32_t crc = crc_of(0, file.at + chunk, 120);
    return u32_at(file, chunk + 124) == crc_of(crc, file.at + chunk + 128, 384);
}

static bool data_crc_holds(struct ak_bytes file, size_t chunk)
{
    return u32_at(file, chunk + 52) ==
           crc_of(0, file.at + chunk + 512, u32_at(file, chunk + 48) - 512);
}

static unsigned count_in(struct ak_bytes file, const void *what, size_t n)
{
    unsigned found = 0;
    const uint8_t *at = file.at, *end = file.at + file.n;
    while ((at = memmem(at, (size_t)(end - at), what, n))) {
        found++;
        at += n;
    }
    return found;
}

/* What a reader's XML must contain, on how many lines. */
static const struct want {
    const char *what;
    unsigned times;
} WANT[] = {
    { "</Event>", RECORDS },
    { ">4624</EventID>", RECORDS / 10 * 8 },
    { "<EventID Qualifiers=\"16384\">1</EventID>", RECORDS / 10 },
    { ">192.0.2.10</Data>", RECORDS / 10 * 8 },
    { ">S-1-5-21-1004336348-1177238915-682003330-1105</Data>", RECORDS / 10 * 8 },
    { ">Administrator</SubjectUserName>", RECORDS / 10 },
    { ">18446744073709551615</Data>", RECORDS / 10 },
    { ">first</Data>", RECORDS / 10 },
    { ">0x00000000000003e7</Data>", 1 },
    { ">利用者1</Data>", RECORDS / 7 * 8 / 10 }, /* last: python-evtx writes references for these */
};

enum { N_WANT = sizeof(WANT) / sizeof(*WANT) };

static void check_reader(const char *program, const char *before, const char *options,
                         const char *path, size_t n_want)
{
    if (access(program, X_OK) != 0) {
        printf("      not installed, not asked: %s\n", program);
        return;
    }
    unsigned n[N_WANT] = { 0 };
    static char line[LINE];
    snprintf(line, sizeof(line), "%s %s %s %s 2>&1", before, program, options, path);
    FILE *p = popen(line, "r");
    while (p && fgets(line, sizeof(line), p))
        for (size_t i = 0; i < n_want; i++)
            n[i] += strstr(line, WANT[i].what) != NULL;
    CHECK(p && pclose(p) == 0);
    for (size_t i = 0; i < n_want; i++) {
        if (n[i] != WANT[i].times)
            printf("      %s: %u times %s\n", program, n[i], WANT[i].what);
        CHECK(n[i] == WANT[i].times);
    }
}

int main(void)
{
    TEST ("a log of several chunks says so in its header, and every checksum holds") {
        struct evtx_writer *w = a_log(&(struct evtx_options){ 0 });
        struct ak_bytes file = evtx_end(w);
        size_t n_chunks = (file.n - FILE_HEADER) / CHUNK;
        CHECK(n_chunks >= 3);
        CHECK((u32_at(file, 40) >> 16) == n_chunks);
        CHECK(u32_at(file, 24) == RECORDS + 1);
        CHECK(u32_at(file, 120) == 0);
        CHECK(u32_at(file, 124) == crc_of(0, file.at, 120));
        uint32_t next = 1;
        for (size_t at = FILE_HEADER; at < file.n; at += CHUNK) {
            CHECK(header_crc_holds(file, at));
            CHECK(data_crc_holds(file, at));
            CHECK(u32_at(file, at + 24) == next);
            next = u32_at(file, at + 32) + 1;
        }
        CHECK(next == RECORDS + 1);
        evtx_free(w);
    }

    TEST ("a name is stored once per chunk, however many records use it") {
        struct evtx_writer *w = a_log(&(struct evtx_options){ 0 });
        struct ak_bytes file = evtx_end(w);
        static const char EVENT_DATA[] = "E\0v\0e\0n\0t\0D\0a\0t\0a\0\0";
        CHECK(count_in(file, EVENT_DATA, sizeof(EVENT_DATA)) == (file.n - FILE_HEADER) / CHUNK);
        evtx_free(w);
    }

    TEST ("a character beyond 16 bits is written as its pair of surrogates") {
        struct evtx_writer *w = a_log(&(struct evtx_options){ 0 });
        static const uint8_t TSUCHI_YOSHI[] = { 0x42, 0xD8, 0xB7, 0xDF, 0, 0 };
        CHECK(count_in(evtx_end(w), TSUCHI_YOSHI, sizeof(TSUCHI_YOSHI)) == RECORDS / 10);
        evtx_free(w);
    }

    TEST ("the same records give the same bytes") {
        struct evtx_writer *a = a_log(&(struct evtx_options){ 0 });
        struct evtx_writer *b = a_log(&(struct evtx_options){ 0 });
        struct ak_bytes one = evtx_end(a), two = evtx_end(b);
        CHECK(one.n == two.n && memcmp(one.at, two.at, one.n) == 0);
        evtx_free(a);
        evtx_free(b);
    }

    TEST ("damage can be ordered: a log left open, and checksums that do not hold") {
        struct evtx_writer *w = a_log(&(struct evtx_options){
            .dirty = true, .bad_file_crc = true, .bad_chunk_header = 2, .bad_chunk_data = 3 });
        struct ak_bytes file = evtx_end(w);
        CHECK(u32_at(file, 120) == 1);
        CHECK(u32_at(file, 124) != crc_of(0, file.at, 120));
        CHECK(header_crc_holds(file, FILE_HEADER) && data_crc_holds(file, FILE_HEADER));
        CHECK(!header_crc_holds(file, FILE_HEADER + CHUNK));
        CHECK(data_crc_holds(file, FILE_HEADER + CHUNK));
        CHECK(!data_crc_holds(file, FILE_HEADER + 2 * CHUNK));
        CHECK(header_crc_holds(file, FILE_HEADER + 2 * CHUNK));
        evtx_free(w);
    }

    TEST ("a record larger than a chunk is refused, and the log goes on") {
        static char large[70000];
        memset(large, 'x', sizeof(large) - 1);
        struct evtx_writer *w = evtx_begin(&(struct evtx_options){ .first_record_id = 500 });
        struct evtx_pair pair = evtx_str("Large", large);
        CHECK(add_logon(w, 0) == 500);
        CHECK(evtx_record(w, &(struct evtx_record){ .provider = "P",
                                                    .channel = "C",
                                                    .computer = "H",
                                                    .pairs = &pair,
                                                    .n_pairs = 1 }) == 0);
        CHECK(add_logon(w, 1) == 501);
        evtx_free(w);
    }

    TEST ("readers that are not ours find every record and its values") {
        char path[] = "/tmp/akashi-evtx-XXXXXX";
        int fd = mkstemp(path);
        struct evtx_writer *w = a_log(&(struct evtx_options){ 0 });
        struct ak_bytes file = evtx_end(w);
        CHECK(fd >= 0 && write(fd, file.at, file.n) == (ssize_t)file.n);
        check_reader("/usr/bin/evtxexport", "", "-f xml", path, N_WANT);
        check_reader("/usr/bin/evtx_dump.py", "PYTHONIOENCODING=utf-8 /usr/bin/python3", "", path,
                     N_WANT - 1);
        const char *kept = getenv("AKASHI_KEEP");
        if (kept)
            printf("      kept: %s\n", path);
        else
            unlink(path);
        close(fd);
        evtx_free(w);
    }

    return story_report();
}
