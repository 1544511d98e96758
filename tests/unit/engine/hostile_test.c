/* hostile_test.c - parsers that crash, hang, swallow, lie and try to break out
 * cost one item each, and nothing else.
 *
 * Usage: hostile_test AKASHI-WORKER-HOSTILE. */
#include "engine/investigate.h"
#include "store/reading.h"
#include "tests/support/story.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char root[] = "/tmp/akashi-hostile-XXXXXX";
static const char *worker;
static int n_cases;
static struct ak_rules_in_use *rules; /* of the next ingests; NULL: none */

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (f) {
        fputs(text, f);
        fclose(f);
    }
}

/* What an ingest of one folder left. */
struct outcome {
    char folder[256], evidence[256];
    struct ak_ingest_result result;
    enum ak_status status;
    struct ak_store *store;
    double seconds;
};

static const char LOG[] =
    "2026-01-29T14:50:12+09:00 web01 sshd[811]: Accepted password for root from 192.0.2.7 port "
    "4711 ssh2\n"
    "2026-01-29T14:50:13+09:00 web01 sshd[811]: Connection closed by 192.0.2.7\n";

static void path_in(const struct outcome *o, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", o->evidence, name);
}

/* An evidence folder with an ordinary log at either end. */
static void prepare(struct outcome *o)
{
    char path[512];
    memset(o, 0, sizeof(*o));
    snprintf(o->evidence, sizeof(o->evidence), "%s/evidence%d", root, n_cases);
    snprintf(o->folder, sizeof(o->folder), "%s/case%d", root, n_cases++);
    mkdir(o->evidence, 0755);
    path_in(o, "a.log", path);
    put_file(path, LOG);
    path_in(o, "z.log", path);
    put_file(path, LOG);
}

static void add(const struct outcome *o, const char *name, const char *text)
{
    char path[512];
    path_in(o, name, path);
    put_file(path, text);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ingest(struct outcome *o, unsigned jobs)
{
    struct ak_custody *custody = NULL;
    const char *why, *const paths[] = { o->evidence };
    size_t missing = 0;
    struct ak_ingest_options options = { .folder = o->folder,
                                         .jobs = jobs,
                                         .sandbox = true,
                                         .hash = true,
                                         .worker = worker,
                                         .silence_s = 3,
                                         .rules = rules };
    double start = now();
    o->status = ak_store_open(o->folder, AK_STORE_WRITE, &o->store, &why);
    if (o->status == AK_OK)
        o->status = ak_custody_open(o->folder, &custody);
    if (o->status == AK_OK)
        o->status = ak_ingest(o->store, custody, paths, 1, &options, &o->result, &missing);
    ak_custody_close(custody);
    o->seconds = now() - start;
}

static void finish(struct outcome *o) { ak_store_close(o->store); }

/* The first column of a query about the item with this path, as text. */
static const char *item(const struct outcome *o, const char *column, const char *path)
{
    static char texts[8][256];
    static unsigned next;
    char sql[256], *text = texts[next++ % 8];
    sqlite3_stmt *q;
    text[0] = 0;
    snprintf(sql, sizeof(sql), "SELECT %s FROM sources WHERE path=?1", column);
    if (sqlite3_prepare_v2(ak_store_db(o->store), sql, -1, &q, NULL) == SQLITE_OK) {
        sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
        if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_text(q, 0))
            snprintf(text, 256, "%s", (const char *)sqlite3_column_text(q, 0));
    }
    sqlite3_finalize(q);
    return text;
}

static long count(const struct outcome *o, const char *sql)
{
    sqlite3_stmt *q;
    long n = -1;
    if (sqlite3_prepare_v2(ak_store_db(o->store), sql, -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        n = (long)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

/* How many events of the item say this. */
static unsigned said(const struct outcome *o, const char *path, const char *text, char *first,
                     size_t n)
{
    struct ak_reading *reading = NULL;
    struct ak_timeline *timeline = NULL;
    struct ak_stored e;
    bool more = true;
    unsigned found = 0;
    if (ak_reading_open(o->store, &reading) != AK_OK ||
        ak_timeline_open(reading, NULL, &timeline) != AK_OK)
        return 0;
    while (ak_timeline_next(timeline, &e, &more) == AK_OK && more) {
        struct ak_str m = ak_event_text(&e.event, AK_STR("message"));
        if (!ak_str_eq(e.item->path, ak_str_of(path)) || !ak_str_starts(m, ak_str_of(text)))
            continue;
        if (found++ == 0 && first)
            snprintf(first, n, "%.*s", (int)m.n, m.at);
    }
    ak_timeline_close(timeline);
    ak_reading_close(reading);
    return found;
}

static bool others_done(const struct outcome *o)
{
    return strcmp(item(o, "state", "a.log"), "done") == 0 &&
           strcmp(item(o, "state", "z.log"), "done") == 0 &&
           strcmp(item(o, "events", "a.log"), "3") == 0 &&
           strcmp(item(o, "events", "z.log"), "3") == 0;
}

/* No process of ours is left behind. */
static bool no_children(void) { return waitpid(-1, NULL, WNOHANG) < 0; }

/* Play one trick in a case of its own; is it recorded as it should be? */
static void play(const char *trick, const char *want_note, const char *want_signal,
                 const char *want_events)
{
    struct outcome o;
    char text[64];
    prepare(&o);
    snprintf(text, sizeof(text), "AKASHI-TEST %s\n", trick);
    add(&o, "m.bad", text);
    ingest(&o, 2);
    CHECK(o.status == AK_OK);
    CHECK(strcmp(item(&o, "state", "m.bad"), "failed") == 0);
    if (strcmp(item(&o, "note", "m.bad"), want_note) != 0)
        printf("      %s: note is: %s\n", trick, item(&o, "note", "m.bad"));
    CHECK(strcmp(item(&o, "note", "m.bad"), want_note) == 0);
    CHECK(strcmp(item(&o, "signal", "m.bad"), want_signal) == 0);
    if (strcmp(item(&o, "events", "m.bad"), want_events) != 0)
        printf("      %s: events are: %s\n", trick, item(&o, "events", "m.bad"));
    CHECK(strcmp(item(&o, "events", "m.bad"), want_events) == 0);
    /* With rules the third try was without them, and says so. */
    CHECK(count(&o, "SELECT count(*) FROM damage WHERE path='m.bad'") == (rules ? 2 : 1));
    CHECK(others_done(&o));
    CHECK(o.result.items_failed == 1);
    CHECK(rules || no_children());
    finish(&o);
}

static const char CRASHED[] = "its parser crashed", GAVE_UP[] = "its parser gave up in the middle",
                  FORBIDDEN[] = "its parser tried what the sandbox forbids",
                  HUNG[] = "its parser stopped answering and was ended",
                  LIED[] = "its parser said what no honest parser says and was ended";

static void test_losses(void)
{
    /* The file's own metadata is an event, too: 1 + 3. */
    TEST ("a parser that crashes costs its item; what it said before is kept")
        play("crash", CRASHED, "11", "4");
    TEST ("a parser that aborts, too")
        play("abort", GAVE_UP, "6", "4");
    TEST ("a parser that hangs is ended, and what it said is kept")
        play("hang", HUNG, "-1", "4");
}

static void test_lies(void)
{
    static const char *const LIES[] = { "lie.batch", "lie.times", "lie.kind",   "lie.length",
                                        "lie.child", "lie.done",  "lie.spools", "lie.descriptor",
                                        "lie.hits",  "lie.seen",  "lie.rules" };
    TEST ("a worker that lies is not believed to its end: its item fails")
        for (size_t i = 0; i < sizeof(LIES) / sizeof(LIES[0]); i++)
            play(LIES[i], LIED, "0", "1");
}

static void test_cage(const char *protections)
{
    if (strncmp(protections, "none", 4) == 0) {
        printf("      no sandbox in this build, not asked: open, socket, fork, exec, unlink, code, "
               "tgkill, memory\n");
        return;
    }
    TEST ("no socket, process, program, removal or code comes out of the sandbox") {
        static const char *const FORBID[] = { "socket", "fork", "exec", "unlink", "code" };
        put_file("/tmp/akashi-hostile", "still here");
        for (size_t i = 0; i < sizeof(FORBID) / sizeof(FORBID[0]); i++)
            play(FORBID[i], FORBIDDEN, "31", "4");
        CHECK(access("/tmp/akashi-hostile", F_OK) == 0);
        unlink("/tmp/akashi-hostile");
    }

    TEST ("a worker cannot send a signal to the supervisor") {
        char trick[64];
        snprintf(trick, sizeof(trick), "tgkill %d", (int)getpid());
        play(trick, FORBIDDEN, "31", "4");
    }

    TEST ("no file can be opened or made inside the sandbox") {
        struct outcome o;
        char first[128] = "";
        prepare(&o);
        add(&o, "m.bad", "AKASHI-TEST open\n");
        ingest(&o, 2);
        CHECK(said(&o, "m.bad", "open ", first, sizeof(first)) == 4);
        CHECK(said(&o, "m.bad", "open /etc/passwd: Permission denied", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", "open /proc/self/mem: Permission denied", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", "open /dev/null: Permission denied", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", "open /tmp/akashi-hostile: Permission denied", NULL, 0) == 1);
        CHECK(access("/tmp/akashi-hostile", F_OK) != 0);
        finish(&o);
    }

    TEST ("a parser that swallows memory is stopped at the limit") {
        struct outcome o;
        char first[128] = "";
        unsigned long mb = 0;
        prepare(&o);
        add(&o, "m.bad", "AKASHI-TEST memory\n");
        ingest(&o, 2);
        CHECK(said(&o, "m.bad", "took ", first, sizeof(first)) == 1);
        CHECK(sscanf(first, "took %lu MB", &mb) == 1);
        CHECK(mb >= 1024 && mb <= 2048);
        CHECK(others_done(&o));
        finish(&o);
    }
}

static void test_rest(void)
{
    TEST ("a worker is handed regular files of the item's own folder, nothing else") {
        struct outcome o;
        char path[512];
        prepare(&o);
        path_in(&o, "fifo", path);
        mkfifo(path, 0600);
        path_in(&o, "link", path);
        CHECK(symlink("/etc/passwd", path) == 0);
        snprintf(path, sizeof(path), "%s/outside", root);
        put_file(path, "outside");
        add(&o, "beside", "beside");
        add(&o, "m.bad", "AKASHI-TEST siblings\n");
        ingest(&o, 1);
        CHECK(said(&o, "m.bad", "../outside: refused", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", "/etc/passwd: refused", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", "..: refused", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", ": refused", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", "fifo: refused", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", "link: refused", NULL, 0) == 1);
        CHECK(said(&o, "m.bad", "beside: granted", NULL, 0) == 1);
        finish(&o);
    }

    TEST ("a flood of damage is counted, and listed to a limit") {
        struct outcome o;
        prepare(&o);
        add(&o, "m.bad", "AKASHI-TEST flood\n");
        ingest(&o, 2);
        CHECK(strcmp(item(&o, "state", "m.bad"), "done") == 0);
        CHECK(strcmp(item(&o, "damage", "m.bad"), "300000") == 0);
        CHECK(count(&o, "SELECT count(*) FROM damage") == 100001);
        CHECK(
            count(&o, "SELECT count(*) FROM damage WHERE what='more damage than is listed here'") ==
            1);
        CHECK(others_done(&o));
        finish(&o);
    }

    TEST (
        "many bad files among many good ones: each costs itself, whatever the number of workers") {
        static const char *const KINDS[] = { "crash",    "abort",      "lie.batch",
                                             "lie.done", "lie.length", "lie.child" };
        for (unsigned jobs = 1; jobs <= 4; jobs += 3) {
            struct outcome o;
            char name[32], text[64];
            prepare(&o);
            for (unsigned i = 0; i < 60; i++) {
                snprintf(name, sizeof(name), "n%02u", i);
                snprintf(text, sizeof(text), "AKASHI-TEST %s\n", KINDS[i / 2 % 6]);
                add(&o, name, i % 2 ? LOG : text);
            }
            ingest(&o, jobs);
            CHECK(o.status == AK_OK);
            CHECK(o.result.items_failed == 30);
            CHECK(count(&o, "SELECT count(*) FROM sources WHERE state='done'") == 32);
            CHECK(count(&o, "SELECT count(*) FROM sources WHERE state NOT IN ('done','failed')") ==
                  0);
            CHECK(o.result.events == 32 * 3 + 10 * 4 + 20 * 1);
            CHECK(others_done(&o));
            CHECK(no_children());
            finish(&o);
        }
    }

    TEST ("what failed is tried again by the next run, without leaving its events twice") {
        struct outcome o;
        prepare(&o);
        add(&o, "m.bad", "AKASHI-TEST crash\n");
        ingest(&o, 2);
        finish(&o);
        ingest(&o, 2);
        CHECK(strcmp(item(&o, "state", "m.bad"), "failed") == 0);
        CHECK(said(&o, "m.bad", "before", NULL, 0) == 3);
        CHECK(others_done(&o));
        finish(&o);
    }

    TEST ("a worker program that cannot run fails its items and does not hang") {
        struct outcome o;
        const char *kept = worker;
        worker = "/bin/false";
        prepare(&o);
        ingest(&o, 2);
        worker = kept;
        CHECK(o.seconds < 30);
        CHECK(count(&o, "SELECT count(*) FROM sources WHERE state='done'") == 0);
        finish(&o);
    }
}

static bool open_rules(const char *text)
{
    char path[512];
    struct ak_rules_error error;
    snprintf(path, sizeof(path), "%s/rule.yml", root);
    put_file(path, text);
    const char *const paths[] = { path };
    const struct ak_rules_request request = { .paths = paths, .n_paths = 1, .sandbox = true };
    return ak_rules_open(&request, &rules, &error) == AK_OK;
}

static void test_rules(void)
{
    TEST (
        "a parser that falls over its rules is tried once without them, and its events are there") {
        struct outcome o;
        CHECK(open_rules("title: Sign-in\nlogsource: {product: linux}\ndetection: {words: "
                         "[Accepted], condition: words}\n"));
        CHECK(rules && rules->sums.n_rules == 1);
        prepare(&o);
        add(&o, "m.bad", "AKASHI-TEST rules\n");
        ingest(&o, 2);
        CHECK(o.status == AK_OK && o.result.items_failed == 0);
        CHECK(strcmp(item(&o, "state", "m.bad"), "done") == 0 &&
              strcmp(item(&o, "events", "m.bad"), "4") == 0);
        CHECK(count(&o, "SELECT count(*) FROM damage WHERE path='m.bad' AND what='its events were "
                        "not compared with the rules'") == 1);
        CHECK(count(&o, "SELECT count(*) FROM t_item WHERE rules IS NOT NULL") == 2);
        CHECK(others_done(&o));
        finish(&o);
    }
    TEST ("a worker that lies about hits is not believed when there are rules, either") {
        play("lie.hits", LIED, "0", "1");
        play("lie.seen", LIED, "0", "1");
    }
    ak_rules_close(rules);
    rules = NULL;
    TEST ("the reader of rules goes with them")
        CHECK(no_children());
}

int main(int argc, char **argv)
{
    char command[64];
    struct outcome o;
    worker = argc > 1 ? argv[1] : NULL;
    if (!worker || !mkdtemp(root))
        return 1;
    prepare(&o);
    ingest(&o, 2);
    TEST ("an honest worker does its work") {
        CHECK(o.status == AK_OK && others_done(&o));
    }
    finish(&o);
    test_losses();
    test_lies();
    test_rules();
    test_cage(o.result.protections);
    test_rest();
    snprintf(command, sizeof(command), "rm -rf %s", root);
    if (system(command) != 0)
        printf("      %s is left\n", root);
    return story_report();
}
