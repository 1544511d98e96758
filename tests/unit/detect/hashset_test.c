/* hashset_test.c - known files: whatever list they come from, and no others. */
#include "detect/hashset.h"
#include "tests/support/story.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int file_of(const void *bytes, size_t n)
{
    int fd = memfd_create("test", 0);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
        abort();
    return fd;
}

/* A hash that depends on i alone. */
static void hash_of(unsigned i, uint8_t to[32])
{
    uint64_t x = i * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (unsigned k = 0; k < 32; k++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        to[k] = (uint8_t)(x >> 24);
    }
}

static void hex_of(unsigned i, char to[65])
{
    uint8_t hash[32];
    hash_of(i, hash);
    for (unsigned k = 0; k < 32; k++)
        snprintf(to + 2 * k, 3, k % 2 ? "%02X" : "%02x", hash[k]);
}

struct made {
    enum ak_status taken, finished, opened;
    struct ak_hashset_making making;
    struct ak_hashset set;
    const char *why;
    uint8_t *map;
    size_t n;
    int fd;
};

static struct made make(const void *source, size_t n)
{
    struct made m = { .fd = memfd_create("table", 0), .opened = AK_ERR_IO };
    int from = file_of(source, n);
    if (ak_hashset_make(m.fd, &m.making) != AK_OK)
        abort();
    m.taken = ak_hashset_take(&m.making, from, &m.why);
    m.finished = ak_hashset_finish(&m.making);
    m.n = (size_t)lseek(m.fd, 0, SEEK_END);
    m.map = mmap(NULL, m.n, PROT_READ, MAP_PRIVATE, m.fd, 0);
    if (m.finished == AK_OK && m.map != MAP_FAILED)
        m.opened = ak_hashset_open((struct ak_bytes){ m.map, m.n }, &m.set);
    close(from);
    return m;
}

static void unmake(struct made *m)
{
    munmap(m->map, m->n);
    close(m->fd);
}

static bool has(const struct made *m, unsigned i)
{
    uint8_t hash[32];
    hash_of(i, hash);
    return ak_hashset_has(&m->set, hash);
}

/* An NSRL database of `n` files; its bytes are the caller's. */
static unsigned char *nsrl(unsigned n, sqlite3_int64 *out_size, const char *schema)
{
    sqlite3 *db;
    char sql[256], hex[65];
    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK)
        abort();
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (unsigned i = 0; i < n; i++) {
        hex_of(i, hex);
        snprintf(sql, sizeof(sql), "INSERT INTO FILE VALUES('%s','','','a.exe',1,%u)", hex, i);
        sqlite3_exec(db, sql, NULL, NULL, NULL);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    unsigned char *bytes = sqlite3_serialize(db, "main", out_size, 0);
    sqlite3_close(db);
    return bytes;
}

static const char RDS[] = "CREATE TABLE FILE(sha256 VARCHAR NOT NULL, sha1 VARCHAR, md5 VARCHAR, "
                          "file_name VARCHAR, file_size INTEGER, package_id INTEGER)";

int main(void)
{
    TEST ("every hash of a list is known, no other is, and each is kept once") {
        enum { N = 30000 };
        char *list = malloc(N * 2 * 80), hex[65];
        size_t n = 0;
        for (unsigned i = 0; i < 2 * N; i++) {
            hex_of(i % N, hex);
            n += (size_t)snprintf(list + n, 80, i % 2 ? "%s  a.exe\n" : "\"x\",\"%s\"\r\n", hex);
        }
        struct made m = make(list, n);
        CHECK(m.taken == AK_OK && m.finished == AK_OK && m.opened == AK_OK);
        CHECK(m.set.n == N && m.making.n_bad == 0);
        for (unsigned i = 0; i < N; i++)
            CHECK(has(&m, i));
        for (unsigned i = N; i < 2 * N; i++)
            CHECK(!has(&m, i));
        unmake(&m);
        free(list);
    }

    TEST ("an NSRL database is read through the descriptor") {
        sqlite3_int64 size;
        unsigned char *bytes = nsrl(5000, &size, RDS);
        struct made m = make(bytes, (size_t)size);
        CHECK(m.taken == AK_OK && m.opened == AK_OK && m.set.n == 5000);
        CHECK(has(&m, 0) && has(&m, 4999) && !has(&m, 5000));
        unmake(&m);
        for (sqlite3_int64 cut = 0; cut < size;
             cut += 4096 + size / 50) { /* damaged, at many places */
            struct made broken = make(bytes, (size_t)cut);
            CHECK(broken.taken != AK_OK && broken.why && broken.finished == AK_OK);
            unmake(&broken);
        }
        sqlite3_free(bytes);
    }

    TEST ("a database that is another, or whose FILE is a view, is refused") {
        sqlite3_int64 size;
        unsigned char *bytes = nsrl(0, &size, "CREATE TABLE OTHER(a)");
        struct made m = make(bytes, (size_t)size);
        CHECK(m.taken == AK_ERR_CORRUPT && strstr(m.why, "NSRL"));
        unmake(&m);
        sqlite3_free(bytes);
        bytes = nsrl(0, &size,
                     "CREATE VIEW FILE AS WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL SELECT a+1 "
                     "FROM x) SELECT a AS sha256 FROM x");
        m = make(bytes, (size_t)size);
        CHECK(m.taken == AK_ERR_CORRUPT);
        unmake(&m);
        sqlite3_free(bytes);
    }

    TEST ("lines without a SHA-256 are counted; a list without any is refused") {
        static const char LIST[] =
            "# known\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
            "d41d8cd98f00b204e9800998ecf8427e\n\nxe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca"
            "495991b7852b855\n";
        struct made m = make(LIST, sizeof(LIST) - 1);
        CHECK(m.taken == AK_OK && m.set.n == 1 && m.making.n_bad == 3);
        unmake(&m);
        m = make("hello\n", 6);
        CHECK(m.taken == AK_ERR_CORRUPT && m.opened == AK_OK && m.set.n == 0 && !has(&m, 1));
        unmake(&m);
    }

    TEST ("a table that is none, cut short, or whose starts lie, is refused") {
        static const char LIST[] =
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
        struct made m = make(LIST, sizeof(LIST) - 1);
        struct ak_hashset set;
        for (size_t n = 0; n < m.n; n += n < 64 ? 1 : 4001)
            CHECK(ak_hashset_open((struct ak_bytes){ m.map, n }, &set) != AK_OK);
        uint8_t *copy = malloc(m.n);
        for (size_t at = 0; at < m.n - 32; at += at < 40 ? 1 : 801) {
            memcpy(copy, m.map, m.n);
            copy[at] ^= 0x41;
            enum ak_status st = ak_hashset_open((struct ak_bytes){ copy, m.n }, &set);
            CHECK(st != AK_OK || (at >= 24 && at < 32)); /* those eight mean nothing */
        }
        free(copy);
        unmake(&m);
    }

    return story_report();
}
