/* utmp_test.c - logins of Linux and macOS, and what was done to hide them. */
#include "tests/support/bytes_build.h"
#include "tests/support/capture.h"
#include "tests/support/story.h"

extern const struct ak_artefact ak_linux_utmp;
extern const struct ak_artefact ak_linux_lastlog;

enum { RUN_LVL = 1, BOOT = 2, LOGIN = 6, USER = 7, DEAD = 8 };

/* How a machine lays its records out. */
struct machine {
    bool big_endian, wide;
};

struct login {
    uint16_t type;
    uint32_t pid;
    const char *line, *user, *host;
    uint64_t sec;
    uint8_t addr[16];
};

static void put(struct build *b, const struct machine *m, uint64_t v, unsigned width)
{
    if (!m->big_endian) {
        put_le(b, v, width);
        return;
    }
    for (unsigned i = width; i-- > 0;)
        put_le(b, v >> (8 * i) & 0xFF, 1);
}

static void put_text(struct build *b, const char *text, size_t n)
{
    memset(b->bytes + b->n, 0, n);
    memcpy(b->bytes + b->n, text, strlen(text));
    b->n += n;
}

static void put_record(struct build *b, const struct machine *m, const struct login *l)
{
    unsigned word = m->wide ? 8 : 4;
    put(b, m, l->type, 2);
    put(b, m, 0, 2);
    put(b, m, l->pid, 4);
    put_text(b, l->line ? l->line : "", 32);
    put_text(b, "ts/1", 4);
    put_text(b, l->user ? l->user : "", 32);
    put_text(b, l->host ? l->host : "", 256);
    put(b, m, 0, 4);
    put(b, m, l->pid, word);
    put(b, m, l->sec, word);
    put(b, m, 250000, word);
    memcpy(b->bytes + b->n, l->addr, 16);
    b->n += 16;
    memset(b->bytes + b->n, 0, m->wide ? 24 : 20);
    b->n += m->wide ? 24 : 20;
}

static const struct machine X86 = { false, false };
static const struct login MIO = { USER,          900,        "pts/0",           "mio",
                                  "203.0.113.9", 1700000000, { 203, 0, 113, 9 } };

static struct build file_of(const struct machine *m, const struct login *logins, size_t n)
{
    struct build b = { .n = 0 };
    for (size_t i = 0; i < n; i++)
        put_record(&b, m, &logins[i]);
    return b;
}

static void run_as(struct capture *c, const char *path, const struct build *b)
{
    c->path = path;
    capture_run(c, &ak_linux_utmp, built(b));
}

static enum ak_bid bid(const char *path, const struct build *b)
{
    struct ak_probe p = { ak_str_of(path), built(b), b->n };
    return ak_linux_utmp.probe(&p);
}

static void reading(void)
{
    struct capture c = { 0 };

    TEST ("a login is read alike from every kind of machine") {
        static const struct machine MACHINES[] = {
            { false, false }, { true, false }, { false, true }, { true, true }
        };
        for (size_t i = 0; i < 4; i++) {
            struct build b = file_of(&MACHINES[i], (const struct login[]){ MIO, MIO }, 2);
            CHECK(b.n == (MACHINES[i].wide ? 800 : 768));
            run_as(&c, "var/log/wtmp", &b);
            CHECK(c.status == AK_OK && c.n_events == 2 && c.n_damage == 0);
            CHECK(capture_has(&c, 0, "user.name", "\"mio\"") &&
                  capture_has(&c, 0, "source.ip", "\"203.0.113.9\""));
            CHECK(capture_has(&c, 0, "event.action", "\"session_start\""));
            CHECK(capture_has(&c, 0, "event.outcome", "\"success\"") &&
                  capture_has(&c, 0, "process.pid", "900"));
            CHECK(capture_has(&c, 0, "datetime", "\"2023-11-14T22:13:20.250000Z\""));
            capture_free(&c);
        }
    }

    TEST ("the same record in btmp is a login that failed") {
        struct build b = file_of(&X86, &MIO, 1);
        run_as(&c, "var/log/btmp-20240101", &b);
        CHECK(capture_has(&c, 0, "event.action", "\"login_failed\"") &&
              capture_has(&c, 0, "event.outcome", "\"failure\""));
        CHECK(strstr(c.lines[0], "Login failed for mio"));
        capture_free(&c);
    }

    TEST ("an IPv4 address mapped into IPv6 is IPv4, other IPv6 stays") {
        struct login l[2] = { MIO, MIO };
        memcpy(l[0].addr, (const uint8_t[16]){ [10] = 0xFF, 0xFF, 198, 51, 100, 7 }, 16);
        memcpy(l[1].addr, (const uint8_t[16]){ 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, 16);
        struct build b = file_of(&X86, l, 2);
        run_as(&c, "wtmp", &b);
        CHECK(capture_has(&c, 0, "source.ip", "\"198.51.100.7\"") &&
              capture_has(&c, 1, "source.ip", "\"2001:db8::1\""));
        capture_free(&c);
    }

    TEST ("an address only in the host field is used, a host name is not") {
        struct login l[2] = { MIO, MIO };
        memset(l[0].addr, 0, 16);
        memset(l[1].addr, 0, 16);
        l[1].host = "home.example.jp";
        struct build b = file_of(&X86, l, 2);
        run_as(&c, "wtmp", &b);
        CHECK(capture_has(&c, 0, "source.ip", "\"203.0.113.9\"") &&
              !capture_has_key(&c, 1, "source.ip"));
        CHECK(capture_has(&c, 1, "source.address", "\"home.example.jp\""));
        capture_free(&c);
    }

    TEST ("a boot, a shutdown and a runlevel are no persons") {
        const struct login l[] = {
            { .type = BOOT, .line = "~", .user = "reboot", .host = "6.1.0", .sec = 1 << 30 },
            { .type = RUN_LVL,
              .pid = '5' | 'N' << 8,
              .line = "~",
              .user = "runlevel",
              .host = "6.1.0",
              .sec = 1 << 30 },
            { .type = RUN_LVL, .line = "~", .user = "shutdown", .host = "6.1.0", .sec = 1 << 30 },
            { .type = LOGIN, .pid = 7, .line = "tty1", .user = "LOGIN", .sec = 1 << 30 },
            { .type = DEAD, .pid = 7, .line = "tty1", .sec = 1 << 30 }
        };
        static const char *const ACTIONS[] = { "\"boot\"", "\"runlevel\"", "\"shutdown\"",
                                               "\"login_process\"", "\"session_end\"" };
        struct build b = file_of(&X86, l, 5);
        run_as(&c, "wtmp", &b);
        for (size_t i = 0; i < 5; i++)
            CHECK(capture_has(&c, i, "event.action", ACTIONS[i]) &&
                  !capture_has_key(&c, i, "user.name"));
        CHECK(capture_has(&c, 0, "host.os.kernel", "\"6.1.0\"") &&
              capture_has(&c, 1, "utmp.runlevel", "\"5\""));
        CHECK(c.n_damage == 0);
        capture_free(&c);
    }

    TEST ("times beyond 2038 are read, a time of zero is none") {
        struct login l[2] = { MIO, MIO };
        l[0].sec = UINT64_C(0x80000000);
        l[1].sec = 0;
        struct build b = file_of(&X86, l, 2);
        run_as(&c, "utmp", &b);
        CHECK(capture_has(&c, 0, "datetime", "\"2038-01-19T03:14:08.250000Z\"") &&
              !capture_has_key(&c, 1, "datetime"));
        capture_free(&c);
    }
}

static void hiding(void)
{
    struct capture c = { 0 };

    TEST ("records wiped with zeros are damage, once for each run of them") {
        struct build b = file_of(&X86, (const struct login[]){ MIO, { 0 }, { 0 }, MIO }, 4);
        memset(b.bytes + 384, 0, 768);
        run_as(&c, "wtmp", &b);
        CHECK(c.n_events == 2 && c.n_damage == 1 && c.damage_at[0] == 384);
        CHECK(strstr(c.damage[0], "wiped"));
        capture_free(&c);
    }

    TEST ("a file of nothing but zeros says that it was wiped") {
        struct build b = { .n = 1152 };
        run_as(&c, "wtmp", &b);
        CHECK(c.n_events == 0 && c.n_damage == 1);
        CHECK(bid("var/log/wtmp", &b) == AK_BID_WEAK);
        capture_free(&c);
    }

    TEST ("a time that goes back is damage in wtmp, and in utmp, whose order is none, it is not") {
        struct login l[2] = { MIO, MIO };
        l[1].sec -= 86400;
        struct build b = file_of(&X86, l, 2);
        run_as(&c, "wtmp", &b);
        CHECK(c.n_events == 2 && c.n_damage == 1 && c.damage_at[0] == 384);
        capture_free(&c);
        run_as(&c, "utmp", &b);
        CHECK(c.n_damage == 0);
        capture_free(&c);
    }

    TEST ("a record that makes no sense is shown as it is, and said to be odd") {
        struct build b = file_of(&X86, (const struct login[]){ MIO, MIO, MIO }, 3);
        b.bytes[384] = 77;
        run_as(&c, "wtmp", &b);
        CHECK(c.n_events == 3 && c.n_damage == 1 && capture_has(&c, 1, "utmp.type", "77"));
        CHECK(capture_has(&c, 1, "utmp.terminal", "\"pts/0\""));
        capture_free(&c);
    }

    TEST ("what is left after the last whole record is damage where it begins") {
        struct build b = file_of(&X86, (const struct login[]){ MIO, MIO }, 2);
        for (size_t n = 385; n < 768; n++) {
            b.n = n;
            run_as(&c, "wtmp", &b);
            CHECK(c.status == AK_ERR_CORRUPT && c.n_events == 1 && c.damage_at[0] == 384);
            capture_free(&c);
        }
    }

    TEST ("a file is known by its name, or by several records that make sense") {
        struct build b = file_of(&X86, (const struct login[]){ MIO, MIO, MIO }, 3);
        CHECK(bid("var/log/wtmp.1", &b) == AK_BID_SURE);
        CHECK(bid("backup/old", &b) == AK_BID_LIKELY);
        b.bytes[384] = 99;
        CHECK(bid("backup/old", &b) == AK_BID_NO);
        memset(b.bytes, 'A', b.n);
        CHECK(bid("backup/old", &b) == AK_BID_NO);
    }

    TEST ("a text is no login record, whatever its name") {
        struct build b = { .n = 0 };
        while (b.n < 384 * 4)
            put_text(&b, "<html><head><title>utmp(5) - login records</title>", 50);
        CHECK(bid("usr/share/doc/utmp.html", &b) == AK_BID_NO);
        CHECK(bid("var/log/wtmp", &b) == AK_BID_NO);
    }
}

static enum ak_bid lastlog_bid(const char *path, const struct build *b)
{
    struct ak_probe p = { ak_str_of(path), built(b), b->n };
    return ak_linux_lastlog.probe(&p);
}

static void last_logins(void)
{
    struct capture c = { 0 };

    TEST ("the place in lastlog is the number of the user") {
        struct build b = { .n = 292 * 5 };
        struct build one = { .n = 0 };
        put_u32(&one, 1700000000);
        put_text(&one, "pts/0", 32);
        put_text(&one, "203.0.113.9", 256);
        memcpy(b.bytes + 292 * 3, one.bytes, one.n);
        c.path = "var/log/lastlog";
        capture_run(&c, &ak_linux_lastlog, built(&b));
        CHECK(c.status == AK_OK && c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "user.id", "\"3\"") &&
              capture_has(&c, 0, "source.ip", "\"203.0.113.9\""));
        CHECK(capture_has(&c, 0, "datetime", "\"2023-11-14T22:13:20Z\""));
        capture_free(&c);
    }

    TEST ("a lastlog is known by its name, and by its records or zeros") {
        struct build b = { .n = 0 };
        put_u32(&b, 1700000000);
        put_text(&b, "pts/0", 32);
        put_text(&b, "203.0.113.9", 256);
        CHECK(lastlog_bid("var/log/lastlog", &b) == AK_BID_SURE);
        CHECK(lastlog_bid("collected/web01_lastlog.bin", &b) == AK_BID_SURE);
        CHECK(lastlog_bid("var/log/other", &b) == AK_BID_NO);
        memset(b.bytes, 0xFF, 64);
        CHECK(lastlog_bid("var/log/lastlog", &b) == AK_BID_WEAK);
        CHECK(lastlog_bid("home/mio/lastlog.png", &b) == AK_BID_NO);
        memset(b.bytes, 0, b.n);
        CHECK(lastlog_bid("var/log/lastlog", &b) == AK_BID_LIKELY);
        memset(b.bytes, 'c', b.n);
        CHECK(lastlog_bid("src/lastlog.c", &b) == AK_BID_NO);
        CHECK(lastlog_bid("var/log/lastlog", &b) == AK_BID_NO);
    }

    TEST ("a lastlog with 64-bit times or of a big-endian machine is read alike") {
        for (int big = 0; big < 2; big++) {
            for (int wide = 0; wide < 2; wide++) {
                struct machine m = { big, wide };
                struct build b = { .n = 0 };
                put(&b, &m, 1700000000, wide ? 8 : 4);
                put_text(&b, "tty1", 32);
                put_text(&b, "", 256);
                capture_run(&c, &ak_linux_lastlog, built(&b));
                CHECK(c.n_events == 1 && capture_has(&c, 0, "timestamp", "1700000000000000"));
                CHECK(capture_has(&c, 0, "utmp.terminal", "\"tty1\""));
                capture_free(&c);
            }
        }
    }
}

int main(void)
{
    reading();
    hiding();
    last_logins();
    TEST ("text is neither, whatever its size and name; lastlog is known by its name only") {
        static char text[292 * 40];
        memset(text, '<', sizeof(text));
        for (size_t k = 0; k < sizeof(text); k += 292)
            memcpy(text + k, "0123tty1", 8); /* a time of 1995, a terminal */
        struct ak_probe p = { AK_STR("wp-content/data.json"),
                              { (const uint8_t *)text, sizeof(text) },
                              sizeof(text) };
        CHECK(ak_linux_lastlog.probe(&p) == AK_BID_NO && ak_linux_utmp.probe(&p) == AK_BID_NO);
        for (size_t k = 0; k < sizeof(text); k += 292)
            memset(text + k + 9, 0, 283);
        CHECK(ak_linux_lastlog.probe(&p) == AK_BID_NO);
        p.path = AK_STR("var/log/lastlog");
        CHECK(ak_linux_lastlog.probe(&p) == AK_BID_SURE);
        p.path = AK_STR("backup/old_lastlog.1");
        CHECK(ak_linux_lastlog.probe(&p) == AK_BID_SURE);
        memset(text, 'a', sizeof(text));
        CHECK(ak_linux_lastlog.probe(&p) == AK_BID_NO);
        p.path = AK_STR("var/log/wtmp");
        CHECK(ak_linux_utmp.probe(&p) == AK_BID_NO);
    }

    return story_report();
}
