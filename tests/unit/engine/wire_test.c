/* wire_test.c - tests src/engine/wire.c. */
#include "engine/wire.h"
#include "tests/support/story.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ak_wire a, b;

static void open_pair(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        exit(1);
    a = (struct ak_wire){ .fd = pair[0] };
    b = (struct ak_wire){ .fd = pair[1] };
}

static void close_pair(void)
{
    ak_wire_close(&a);
    ak_wire_close(&b);
}

static int open_files(void)
{
    int n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static bool send_text(const char *text, int fd)
{
    return ak_wire_send(&a, AK_FRAME_FACT, (struct ak_bytes){ (const uint8_t *)text, strlen(text) },
                        fd) == AK_OK;
}

static bool gets_text(const char *text, int *fd)
{
    struct ak_frame f;
    if (ak_wire_wait(&b, &f) != AK_OK || f.kind != AK_FRAME_FACT)
        return false;
    *fd = f.fd;
    return f.body.in.n == strlen(text) && memcmp(f.body.in.at, text, f.body.in.n) == 0;
}

static bool same_file(int x, int y)
{
    struct stat sx, sy;
    return fstat(x, &sx) == 0 && fstat(y, &sy) == 0 && sx.st_ino == sy.st_ino &&
           sx.st_dev == sy.st_dev;
}

static void *send_large(void *size)
{
    size_t n = *(size_t *)size;
    uint8_t *bytes = malloc(n);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    enum ak_status st = ak_wire_send(&a, AK_FRAME_BATCH, (struct ak_bytes){ bytes, n }, -1);
    free(bytes);
    return st == AK_OK ? size : NULL;
}

static void test_frames(void)
{
    TEST ("frames arrive in order, each with its own descriptor") {
        int files[3], before;
        char path[64];
        open_pair();
        before = open_files();
        for (int i = 0; i < 3; i++) {
            snprintf(path, sizeof(path), "/tmp/akashi-wire-%d", i);
            files[i] = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
            unlink(path);
        }
        CHECK(send_text("one", files[0]) && send_text("two", -1) && send_text("three", files[1]) &&
              send_text("", files[2]));
        int got;
        CHECK(gets_text("one", &got) && same_file(got, files[0]));
        close(got);
        CHECK(gets_text("two", &got) && got == -1);
        CHECK(gets_text("three", &got) && same_file(got, files[1]));
        close(got);
        CHECK(gets_text("", &got) && same_file(got, files[2]));
        close(got);
        for (int i = 0; i < 3; i++)
            close(files[i]);
        CHECK(open_files() == before);
        close_pair();
    }

    TEST ("a frame larger than any buffer arrives whole") {
        size_t n = 30 << 20;
        pthread_t thread;
        struct ak_frame f;
        void *sent;
        open_pair();
        pthread_create(&thread, NULL, send_large, &n);
        CHECK(ak_wire_wait(&b, &f) == AK_OK && f.body.in.n == n);
        bool same = true;
        for (size_t i = 0; i < n; i++)
            same = same && f.body.in.at[i] == (uint8_t)(i * 31 >> 3);
        CHECK(same);
        pthread_join(thread, &sent);
        CHECK(sent != NULL);
        CHECK(ak_wire_send(&a, AK_FRAME_BATCH,
                           (struct ak_bytes){ (const uint8_t *)"", AK_FRAME_MAX + 1u },
                           -1) == AK_ERR_LIMIT);
        close_pair();
    }

    TEST ("the other end's going is an error, not a signal") {
        struct ak_frame f;
        open_pair();
        ak_wire_close(&b);
        CHECK(!send_text("to nobody", -1));
        CHECK(ak_wire_wait(&a, &f) == AK_ERR_IO);
        close_pair();
    }

    TEST ("one who reads nothing is given up after the send timeout") {
        struct timeval t = { .tv_usec = 100000 };
        enum ak_status st = AK_OK;
        open_pair();
        setsockopt(a.fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
        for (int i = 0; i < 100000 && st == AK_OK; i++)
            st = ak_wire_send(&a, AK_FRAME_GRANT, (struct ak_bytes){ NULL, 0 }, -1);
        CHECK(st == AK_ERR_CANCELLED);
        close_pair();
    }
}

static void test_hostile(void)
{
    TEST ("a frame cut anywhere waits for more, then ends; nothing is left open") {
        static const uint8_t FRAME[] = { 3, 0, 0, 0, AK_FRAME_FACT, 0, 'a', 'b', 'c' };
        for (size_t n = 0; n < sizeof(FRAME); n++) {
            struct ak_frame f;
            open_pair();
            CHECK(write(a.fd, FRAME, n) == (ssize_t)n);
            ak_wire_close(&a);
            CHECK(ak_wire_wait(&b, &f) == AK_ERR_IO);
            close_pair();
        }
    }

    TEST ("lengths and descriptors that cannot be are refused") {
        static const uint8_t BAD[][6] = {
            { 0xFF, 0xFF, 0xFF, 0xFF, AK_FRAME_FACT, 0 },
            { 1, 0, 0, 5, AK_FRAME_FACT, 0 },
            { 0, 0, 0, 0, AK_FRAME_FACT, 2 },
            { 0, 0, 0, 0, AK_FRAME_CHILD, 1 },
        };
        for (size_t i = 0; i < 4; i++) {
            struct ak_frame f;
            open_pair();
            CHECK(write(a.fd, BAD[i], 6) == 6);
            CHECK(ak_wire_wait(&b, &f) == AK_ERR_CORRUPT);
            close_pair();
        }
    }

    TEST ("descriptors sent without being announced are closed in the end") {
        int before = open_files();
        struct ak_frame f;
        open_pair();
        for (int i = 0; i < 200; i++) {
            static const uint8_t ONE[] = { 0, 0, 0, 0, AK_FRAME_FACT, 0 };
            union {
                struct cmsghdr align;
                char space[CMSG_SPACE(sizeof(int))];
            } control = { 0 };
            struct iovec io = { (void *)(uintptr_t)ONE, sizeof(ONE) };
            struct msghdr msg = { .msg_iov = &io,
                                  .msg_iovlen = 1,
                                  .msg_control = control.space,
                                  .msg_controllen = sizeof(control.space) };
            struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
            int fd = 0;
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(c), &fd, sizeof(int));
            CHECK(sendmsg(a.fd, &msg, 0) == sizeof(ONE));
            CHECK(ak_wire_wait(&b, &f) == AK_OK && f.fd == -1);
        }
        close_pair();
        CHECK(open_files() == before);
    }
}

/* Payloads: each written, read back, and cut everywhere. */
static void cut_everywhere(const struct ak_buf *whole, unsigned kind)
{
    for (size_t n = 0; n <= whole->n; n++) {
        uint8_t *exact = malloc(n ? n : 1);
        memcpy(exact, whole->at, n);
        struct ak_reader r = ak_rd_open((struct ak_bytes){ exact, n }, 0);
        if (kind == 0)
            (void)ak_wire_get_job(&r);
        else if (kind == 1)
            (void)ak_wire_get_volume(&r);
        else if (kind == 2)
            (void)ak_wire_get_child(&r);
        else
            (void)ak_wire_get_done(&r);
        CHECK(ak_rd_ok(&r) == (n == whole->n));
        free(exact);
    }
}

static void test_payloads(void)
{
    struct ak_stamp when = { -5, AK_STAMP_SET | AK_STAMP_LOCAL };
    TEST ("a job comes out as it went in, and not at all when it is cut") {
        struct ak_buf w = { 0 };
        struct ak_job j = { .kind = AK_JOB_CAT,
                            .flags = 0xFFFFFFFF,
                            .path = AK_STR("a\0b"),
                            .name = AK_STR("n"),
                            .evidence = AK_STR("証拠"),
                            .parser = AK_STR("p"),
                            .zone = AK_STR("TZif\0\1"),
                            .access_format = AK_STR("%h"),
                            .options = AK_STR("x=y\n"),
                            .modified = when,
                            .from = 1,
                            .to = UINT64_MAX,
                            .skip = 300 };
        ak_wire_put_job(&w, &j);
        struct ak_reader r = ak_rd_open((struct ak_bytes){ w.at, w.n }, 0);
        struct ak_job g = ak_wire_get_job(&r);
        CHECK(ak_rd_ok(&r) && g.kind == j.kind && g.flags == j.flags && ak_str_eq(g.path, j.path) &&
              ak_str_eq(g.name, j.name) && ak_str_eq(g.evidence, j.evidence) &&
              ak_str_eq(g.parser, j.parser) && ak_str_eq(g.zone, j.zone) &&
              ak_str_eq(g.access_format, j.access_format) && ak_str_eq(g.options, j.options) &&
              g.modified.utc_ns == -5 && g.modified.flags == when.flags && g.from == 1 &&
              g.to == UINT64_MAX && g.skip == 300);
        cut_everywhere(&w, 0);
        ak_buf_free(&w);
    }

    TEST ("so do volumes, children and ends") {
        struct ak_buf w = { 0 };
        struct ak_wire_volume v = { 1,
                                    2,
                                    3,
                                    UINT64_MAX,
                                    AK_STR("gpt"),
                                    AK_STR("t"),
                                    AK_STR("l"),
                                    AK_STR("ntfs"),
                                    AK_STR(""),
                                    true,
                                    false };
        ak_wire_put_volume(&w, &v);
        struct ak_reader r = ak_rd_open((struct ak_bytes){ w.at, w.n }, 0);
        struct ak_wire_volume gv = ak_wire_get_volume(&r);
        CHECK(ak_rd_ok(&r) && gv.n_files == UINT64_MAX && gv.allocated && !gv.readable &&
              ak_str_eq(gv.filesystem, v.filesystem));
        cut_everywhere(&w, 1);
        w.n = 0;
        struct ak_wire_child c = { 9, 8, 7, 6, 5, AK_STR("path"), when };
        ak_wire_put_child(&w, &c);
        r = ak_rd_open((struct ak_bytes){ w.at, w.n }, 0);
        struct ak_wire_child gc = ak_wire_get_child(&r);
        CHECK(ak_rd_ok(&r) && gc.ordinal == 9 && gc.size == 6 && gc.flags == 5 &&
              ak_str_eq(gc.path, c.path) && gc.modified.utc_ns == -5);
        cut_everywhere(&w, 2);
        w.n = 0;
        struct ak_wire_done d = { AK_ERR_LIMIT, 1, 2, 3, AK_STR("zip"), AK_STR("why"), 2, true };
        ak_wire_put_done(&w, &d);
        r = ak_rd_open((struct ak_bytes){ w.at, w.n }, 0);
        struct ak_wire_done gd = ak_wire_get_done(&r);
        CHECK(ak_rd_ok(&r) && gd.status == AK_ERR_LIMIT && gd.n_children == 3 && gd.wants_expand &&
              ak_str_eq(gd.note, d.note));
        cut_everywhere(&w, 3);
        ak_buf_free(&w);
    }
}

int main(void)
{
    test_frames();
    test_hostile();
    test_payloads();
    TEST ("what a feed is, what a worker read of it, and what is wrong in it come through") {
        struct ak_buf out = { 0 };
        const struct ak_wire_feed feed = { AK_FEED_YARA, AK_FEED_ALL_FILES };
        const struct ak_wire_feed_sums sums = { AK_OK, 1, 2, 3, 4, 5, 6, 7 };
        const struct ak_feed_problem problem = { AK_STR("a.txt"), 12, "no indicator in this row",
                                                 AK_STR("x") };
        ak_wire_put_feed(&out, &feed);
        ak_wire_put_feed_sums(&out, &sums);
        ak_wire_put_feed_problem(&out, &problem);
        struct ak_reader r = ak_rd_open((struct ak_bytes){ out.at, out.n }, 0);
        struct ak_wire_feed got = ak_wire_get_feed(&r);
        struct ak_wire_feed_sums got_sums = ak_wire_get_feed_sums(&r);
        struct ak_feed_problem got_problem;
        struct ak_str what;
        ak_wire_get_feed_problem(&r, &got_problem, &what);
        CHECK(ak_rd_ok(&r) && ak_rd_left(&r) == 0);
        CHECK(got.kind == feed.kind && got.flags == feed.flags);
        CHECK(got_sums.n_indicators == 1 && got_sums.n_repeated == 2 && got_sums.n_unwanted == 3 &&
              got_sums.n_yara == 4);
        CHECK(got_sums.n_known == 5 && got_sums.n_problems == 6 && got_sums.n_listed == 7);
        CHECK_STR(got_problem.file, "a.txt");
        CHECK_STR(what, "no indicator in this row");
        CHECK_STR(got_problem.detail, "x");
        CHECK(got_problem.line == 12);
        ak_buf_free(&out);
    }

    return story_report();
}
