/* journal_test.c - what a systemd journal tells, whole, broken and made to lie.
 *
 * Run with a folder's name, it writes the journals it builds there: the seeds
 * of the fuzzer. */
#include "artefact/linux/journal_file.h"
#include "base/encoding.h"
#include "tests/support/capture.h"
#include "tests/support/story.h"

#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <zstd.h>

extern const struct ak_artefact ak_linux_journal;

enum { ROOM = 1 << 20, HEADER = 264, COMPACT = 16, KEYED = 4 };

/* A journal being built. */
struct made {
    uint8_t *at;
    size_t n;
    uint32_t flags;
    struct ak_journal hashing; /* what ak_journal_hash() looks at */
};

static void le(struct made *m, size_t at, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        m->at[at + i] = (uint8_t)(v >> (8 * i));
}

static struct made new_journal(uint32_t flags)
{
    struct made m = { .at = calloc(1, ROOM), .n = HEADER, .flags = flags };
    memcpy(m.at, "LPKSHHRH", 8);
    le(&m, 12, flags, 4);
    m.at[16] = 2; /* archived */
    memcpy(m.at + 24, "a file's own key", 16);
    le(&m, 88, HEADER, 8);
    m.hashing.keyed_hash = flags & KEYED;
    memcpy(m.hashing.file_id, m.at + 24, 16);
    return m;
}

/* Begin an object of `n` bytes; where it lies. */
static size_t object(struct made *m, uint8_t type, uint8_t flags, size_t n)
{
    m->n = (m->n + 7) / 8 * 8;
    size_t at = m->n;
    m->at[at] = type;
    m->at[at + 1] = flags;
    le(m, at + 8, n, 8);
    m->n += n;
    return at;
}

static size_t put_data(struct made *m, uint8_t how, struct ak_bytes stored, struct ak_bytes payload,
                       unsigned users)
{
    size_t fixed = m->flags & COMPACT ? 72 : 64;
    size_t at = object(m, AK_JOURNAL_DATA, how, fixed + stored.n);
    le(m, at + 16, ak_journal_hash(&m->hashing, payload), 8);
    le(m, at + 56, users, 8);
    memcpy(m->at + at + fixed, stored.at, stored.n);
    return at;
}

static struct ak_bytes bytes_of(const char *text) { return ak_bytes_str(ak_str_of(text)); }

static size_t field(struct made *m, const char *text)
{
    return put_data(m, 0, bytes_of(text), bytes_of(text), 1);
}

/* A field packed the way systemd does. */
static size_t packed_field(struct made *m, uint8_t how, struct ak_bytes text)
{
    static uint8_t out[1 << 19];
    size_t n = 0;
    if (how == AK_JOURNAL_ZSTD)
        n = ZSTD_compress(out, sizeof(out), text.at, text.n, 3);
    else if (how == AK_JOURNAL_XZ)
        (void)!lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, text.at, text.n, out, &n,
                                       sizeof(out));
    else {
        for (unsigned i = 0; i < 8; i++)
            out[i] = (uint8_t)((uint64_t)text.n >> (8 * i));
        n = 8 + (size_t)LZ4_compress_default((const char *)text.at, (char *)out + 8, (int)text.n,
                                             sizeof(out) - 8);
    }
    return put_data(m, how, (struct ak_bytes){ out, n }, text, 1);
}

static size_t entry(struct made *m, uint64_t seqnum, const size_t *fields, size_t n)
{
    unsigned width = m->flags & COMPACT ? 4 : 16;
    size_t at = object(m, AK_JOURNAL_ENTRY, 0, 64 + n * width);
    le(m, at + 16, seqnum, 8);
    le(m, at + 24, 1700000000000000 + seqnum, 8);
    le(m, at + 32, seqnum * 10, 8);
    memset(m->at + at + 40, 0xAB, 16);
    for (size_t i = 0; i < n; i++)
        le(m, at + 64 + i * width, fields[i], width == 4 ? 4 : 8);
    return at;
}

/* The list of these entries, behind all of them. */
static size_t list(struct made *m, const size_t *entries, size_t n)
{
    unsigned width = m->flags & COMPACT ? 4 : 8;
    size_t at = object(m, AK_JOURNAL_ENTRY_ARRAY, 0, 24 + n * width);
    for (size_t i = 0; i < n; i++)
        le(m, at + 24 + i * width, entries[i], width);
    le(m, 176, at, 8);
    le(m, 152, n, 8);
    return at;
}

/* One entry with these fields, listed. */
static size_t with_fields(struct made *m, const char *const *texts)
{
    size_t fields[16], n = 0;
    for (; texts[n]; n++)
        fields[n] = field(m, texts[n]);
    size_t e = entry(m, 1, fields, n);
    list(m, &e, 1);
    return e;
}

static void run(struct capture *c, const struct made *m)
{
    capture_run(c, &ak_linux_journal, (struct ak_bytes){ m->at, m->n });
}

static void done(struct capture *c, struct made *m)
{
    capture_free(c);
    free(m->at);
}

static bool damaged(const struct capture *c, const char *what)
{
    for (size_t i = 0; i < c->n_damage && i < CAPTURE_DAMAGE; i++)
        if (strstr(c->damage[i], what))
            return true;
    return false;
}

static const char *const USUAL[] = { "MESSAGE=Accepted password for root",
                                     "_PID=822",
                                     "_HOSTNAME=web1",
                                     "_COMM=sshd",
                                     "UNIT=x.service",
                                     NULL };

/* Three entries that share a host name; the list names the first two. */
static struct made three_entries(uint32_t flags)
{
    struct made m = new_journal(flags);
    size_t host = field(&m, "_HOSTNAME=web1"), entries[3];
    le(&m, host + 56, 3, 8);
    for (size_t i = 0; i < 3; i++) {
        char text[32];
        snprintf(text, sizeof(text), "MESSAGE=number %zu", i + 1);
        size_t fields[2] = { host, field(&m, text) };
        entries[i] = entry(&m, i + 1, fields, 2);
    }
    list(&m, entries, 2);
    return m;
}

static struct made packed_journal(uint8_t how, size_t n)
{
    struct made m = new_journal(KEYED | COMPACT);
    uint8_t *text = malloc(n);
    memset(text, 'x', n);
    memcpy(text, "MESSAGE=", 8);
    size_t f = packed_field(&m, how, (struct ak_bytes){ text, n });
    free(text);
    size_t e = entry(&m, 1, &f, 1);
    list(&m, &e, 1);
    return m;
}

static void write_one(const char *folder, const char *name, struct made m)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(m.at, 1, m.n, f);
        fclose(f);
    }
    free(m.at);
}

static int write_seeds(const char *folder)
{
    struct made m = new_journal(KEYED);
    with_fields(&m, USUAL);
    write_one(folder, "one_entry", m);
    write_one(folder, "three_compact", three_entries(KEYED | COMPACT));
    write_one(folder, "three_old", three_entries(0));
    write_one(folder, "zstd", packed_journal(AK_JOURNAL_ZSTD, 600));
    write_one(folder, "xz", packed_journal(AK_JOURNAL_XZ, 600));
    write_one(folder, "lz4", packed_journal(AK_JOURNAL_LZ4, 600));
    return 0;
}

static void whole_journals(void)
{
    struct capture c = { 0 };

    TEST ("an entry's fields come out under the names every log shares, the rest as recorded") {
        struct made m = new_journal(KEYED | COMPACT);
        with_fields(&m, USUAL);
        run(&c, &m);
        CHECK(c.status == AK_OK && c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "message", "\"Accepted password for root\""));
        CHECK(capture_has(&c, 0, "process.pid", "822"));
        CHECK(capture_has(&c, 0, "process.name", "\"sshd\""));
        CHECK(capture_has(&c, 0, "host.name", "\"web1\""));
        CHECK(capture_has(&c, 0, "journal.UNIT", "\"x.service\""));
        CHECK(capture_has(&c, 0, "host.boot.id", "\"abababababababababababababababab\""));
        CHECK(capture_has(&c, 0, "datetime", "\"2023-11-14T22:13:20.000001Z\""));
        CHECK(capture_has(&c, 0, "event.sequence", "1"));
        done(&c, &m);
    }

    TEST ("every layout and every hash gives the same three entries") {
        static const uint32_t FLAGS[] = { 0, KEYED, COMPACT, KEYED | COMPACT };
        for (size_t i = 0; i < 4; i++) {
            struct made m = three_entries(FLAGS[i]);
            run(&c, &m);
            CHECK(c.n_events == 3 && c.n_damage == 0);
            CHECK(capture_has(&c, 1, "message", "\"number 2\"") &&
                  capture_has(&c, 2, "host.name", "\"web1\""));
            done(&c, &m);
        }
    }

    TEST ("fields packed with xz, lz4 and zstd are unpacked, and their checksums hold") {
        static const uint8_t HOW[] = { AK_JOURNAL_XZ, AK_JOURNAL_LZ4, AK_JOURNAL_ZSTD };
        for (size_t i = 0; i < 3; i++) {
            struct made m = packed_journal(HOW[i], 5000);
            run(&c, &m);
            CHECK(c.n_events == 1 && c.n_damage == 0);
            CHECK(strlen(c.lines[0]) > 5000);
            done(&c, &m);
        }
    }

    TEST ("a program that logs through syslog is named by what it calls itself") {
        struct made m = new_journal(KEYED);
        with_fields(&m, (const char *const[]){ "SYSLOG_IDENTIFIER=sudo", "SYSLOG_PID=77", NULL });
        run(&c, &m);
        CHECK(capture_has(&c, 0, "process.name", "\"sudo\"") &&
              capture_has(&c, 0, "process.pid", "77"));
        done(&c, &m);
    }

    TEST ("a login in the journal means what it means in the system log") {
        struct made m = new_journal(KEYED);
        with_fields(&m,
                    (const char *const[]){
                        "SYSLOG_IDENTIFIER=sshd", "_UID=0",
                        "MESSAGE=Failed password for root from 203.0.113.9 port 5022 ssh2", NULL });
        run(&c, &m);
        CHECK(capture_has(&c, 0, "event.outcome", "\"failure\"") &&
              capture_has(&c, 0, "user.name", "\"root\""));
        CHECK(capture_has(&c, 0, "source.ip", "\"203.0.113.9\"") &&
              capture_has(&c, 0, "source.port", "5022"));
        done(&c, &m);
    }

    TEST ("the command that sudo ran is the command; sudo's own is kept as recorded") {
        struct made m = new_journal(KEYED);
        with_fields(&m, (const char *const[]){
                            "SYSLOG_IDENTIFIER=sudo", "_CMDLINE=sudo id",
                            "MESSAGE=mio : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
                            NULL });
        run(&c, &m);
        CHECK(capture_has(&c, 0, "process.command_line", "\"/usr/bin/id\""));
        CHECK(capture_has(&c, 0, "journal._CMDLINE", "\"sudo id\"") &&
              capture_has(&c, 0, "user.name", "\"mio\""));
        done(&c, &m);
    }

    TEST ("a second value of a field is kept beside the first") {
        struct made m = new_journal(KEYED);
        with_fields(
            &m, (const char *const[]){ "MESSAGE=one", "MESSAGE=two", "A=1", "A=2", "A=3", NULL });
        run(&c, &m);
        CHECK(capture_has(&c, 0, "message", "\"one\"") &&
              capture_has(&c, 0, "journal.MESSAGE.2", "\"two\""));
        CHECK(capture_has(&c, 0, "journal.A.2", "\"2\"") &&
              capture_has(&c, 0, "journal.A.3", "\"3\""));
        CHECK(c.n_damage == 0);
        done(&c, &m);
    }

    TEST ("a process number that is none stays as it was recorded") {
        struct made m = new_journal(KEYED);
        with_fields(&m, (const char *const[]){ "_PID=007", "PRIORITY=high", NULL });
        run(&c, &m);
        CHECK(!capture_has_key(&c, 0, "process.pid"));
        CHECK(capture_has(&c, 0, "journal._PID", "\"007\"") &&
              capture_has(&c, 0, "journal.PRIORITY", "\"high\""));
        done(&c, &m);
    }

    TEST ("a message in Shift_JIS is read, and its bytes are kept") {
        struct made m = new_journal(KEYED);
        with_fields(&m, (const char *const[]){ "MESSAGE=\x93\xfa\x96\x7b\x8c\xea", NULL });
        run(&c, &m);
        CHECK(capture_has(&c, 0, "message", "\"日本語\"") &&
              capture_has(&c, 0, "journal.MESSAGE", "\"93FA967B8CEA\""));
        done(&c, &m);
    }
}

static void broken_journals(void)
{
    struct capture c = { 0 };

    TEST ("an entry the list does not name is found and marked as recovered") {
        struct made m = three_entries(KEYED);
        run(&c, &m);
        CHECK(!(c.flags[0] & AK_EVENT_RECOVERED) && !(c.flags[1] & AK_EVENT_RECOVERED));
        CHECK(c.flags[2] & AK_EVENT_RECOVERED);
        done(&c, &m);
    }

    TEST ("a message changed in place is shown, and the checksum gives it away") {
        struct made m = new_journal(KEYED);
        with_fields(&m, USUAL);
        uint8_t *at = memmem(m.at, m.n, "for root", 8);
        memcpy(at, "for mary", 8);
        run(&c, &m);
        CHECK(capture_has(&c, 0, "message", "\"Accepted password for mary\""));
        CHECK(damaged(&c, "checksum"));
        done(&c, &m);
    }

    TEST ("a list that runs in a circle ends, and its entries are given once") {
        struct made m = three_entries(KEYED);
        size_t array = (size_t)ak_load_u64le(m.at + 176);
        le(&m, array + 16, array, 8);
        run(&c, &m);
        CHECK(c.n_events == 3 && damaged(&c, "leads back"));
        done(&c, &m);
    }

    TEST ("wiped bytes between objects are damage, and what lies behind them is read") {
        struct made m = three_entries(KEYED);
        memset(m.at + HEADER, 0, 80); /* the shared host name is gone */
        run(&c, &m);
        CHECK(c.n_events == 3 && damaged(&c, "zeros between") &&
              damaged(&c, "a field that is not there"));
        CHECK(capture_has(&c, 2, "message", "\"number 3\""));
        done(&c, &m);
    }

    TEST ("an object whose size swallows the rest hides nothing") {
        struct made m = three_entries(KEYED);
        le(&m, 176, 0, 8);                        /* no list to help */
        le(&m, HEADER + 8, m.n - HEADER - 40, 8); /* ends where the list begins */
        run(&c, &m);
        CHECK(c.n_events == 3 && damaged(&c, "checksum"));
        done(&c, &m);
    }

    TEST ("a packed field that unpacks without end is cut, not swallowed") {
        struct made m = packed_journal(AK_JOURNAL_ZSTD, 100 << 20);
        run(&c, &m);
        CHECK(c.n_events == 1 && damaged(&c, "longer than is kept"));
        CHECK(strlen(c.lines[0]) < (5 << 20) && strlen(c.lines[0]) > (4 << 20));
        done(&c, &m);
    }

    TEST ("more fields than an event holds are damage, and the event stands") {
        struct made m = new_journal(KEYED);
        size_t fields[1000];
        for (size_t i = 0; i < 1000; i++) {
            char text[32];
            snprintf(text, sizeof(text), "F%zu=%zu", i, i);
            fields[i] = field(&m, text);
        }
        size_t e = entry(&m, 1, fields, 1000);
        list(&m, &e, 1);
        run(&c, &m);
        CHECK(c.n_events == 1 && damaged(&c, "more fields"));
        CHECK(capture_has(&c, 0, "journal.F500", "\"500\""));
        done(&c, &m);
    }

    TEST ("a jump in the sequence numbers and a time that goes back are noted") {
        struct made m = new_journal(KEYED);
        size_t f = field(&m, "MESSAGE=x");
        size_t entries[2] = { entry(&m, 1, &f, 1), entry(&m, 9, &f, 1) };
        le(&m, entries[1] + 24, 1600000000000000, 8);
        list(&m, entries, 2);
        run(&c, &m);
        CHECK(damaged(&c, "sequence numbers are missing") && damaged(&c, "the time goes back"));
        done(&c, &m);
    }

    TEST ("a journal that was not closed says so") {
        struct made m = three_entries(KEYED);
        m.at[16] = 1;
        run(&c, &m);
        CHECK(c.n_events == 3 && damaged(&c, "not closed"));
        done(&c, &m);
    }

    TEST ("a field without a name is kept under none") {
        struct made m = new_journal(KEYED);
        with_fields(&m, (const char *const[]){ "no equals sign", NULL });
        run(&c, &m);
        CHECK(capture_has(&c, 0, "journal.UNNAMED", "\"no equals sign\"") &&
              damaged(&c, "proper name"));
        done(&c, &m);
    }

    TEST ("what is cut off is damage, and every entry before the cut is there") {
        struct made m = three_entries(KEYED | COMPACT);
        size_t second = 0;
        run(&c, &m);
        sscanf(strstr(c.lines[1], "\"offset\":"), "\"offset\":%zu", &second);
        capture_free(&c);
        size_t whole = m.n;
        for (m.n = 0; m.n < whole; m.n++) {
            run(&c, &m);
            CHECK(m.n >= 208 || (c.status == AK_ERR_CORRUPT && c.n_events == 0));
            CHECK(m.n < second + 72 || c.n_events >= 2);
            CHECK(c.n_damage > 0 || m.n + 24 > whole);
            capture_free(&c);
        }
        free(m.at);
    }

    TEST ("no flipped byte does more than change what is said") {
        struct made m = packed_journal(AK_JOURNAL_XZ, 300);
        for (size_t i = 0; i < m.n; i++) {
            m.at[i] ^= 0xFF;
            run(&c, &m);
            CHECK(c.n_events <= 1);
            capture_free(&c);
            m.at[i] ^= 0xFF;
        }
        free(m.at);
    }
}

int main(int argc, char **argv)
{
    ak_encoding_open();
    if (argc > 1)
        return write_seeds(argv[1]);
    whole_journals();
    broken_journals();
    return story_report();
}
