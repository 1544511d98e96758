/* source_test.c - copying sources, read at will or forward only. */
#include "evidence/source.h"
#include "tests/support/story.h"

#include <sys/mman.h>
#include <unistd.h>

/* A forward source of `n` counting bytes that ends with `end`. */
struct counting {
    struct ak_source base;
    uint64_t n;
    enum ak_status end;
};

static enum ak_status counting_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                                    size_t *out_missing)
{
    struct counting *c = (struct counting *)self;
    size_t left = at < c->n ? (size_t)(c->n - at) : 0, give = n < left ? n : left;
    for (size_t i = 0; i < give; i++)
        ((uint8_t *)buf)[i] = (uint8_t)(at + i);
    *out_missing += n - give;
    return give < n ? c->end : AK_OK;
}

static void counting_close(struct ak_source *self) { (void)self; }

static const struct ak_source_ops COUNTING = { "counting", counting_read, counting_close };

static struct counting counting(uint64_t n, enum ak_status end)
{
    return (struct counting){ { &COUNTING, NULL, AK_SIZE_UNKNOWN }, n, end };
}

/* How many bytes stand in fd, counting up from zero. */
static uint64_t counted(int fd)
{
    uint8_t b;
    uint64_t n = 0;
    while (pread(fd, &b, 1, (off_t)n) == 1 && b == (uint8_t)n)
        n++;
    return n;
}

int main(void)
{
    uint64_t written;

    TEST ("a forward source is copied to its end, however its length falls") {
        static const uint64_t LENGTHS[] = { 0, 1, 262143, 262144, 262145, 600000 };
        for (size_t i = 0; i < sizeof(LENGTHS) / sizeof(LENGTHS[0]); i++) {
            struct counting c = counting(LENGTHS[i], AK_OK);
            int fd = memfd_create("copy", 0);
            CHECK(ak_source_copy(&c.base, fd, UINT64_MAX, &written) == AK_OK);
            CHECK(written == LENGTHS[i] && counted(fd) == LENGTHS[i]);
            close(fd);
        }
    }

    TEST ("what stands before the damage is written, and the damage is told") {
        struct counting c = counting(1000, AK_ERR_CORRUPT);
        int fd = memfd_create("copy", 0);
        CHECK(ak_source_copy(&c.base, fd, UINT64_MAX, &written) == AK_ERR_CORRUPT);
        CHECK(written == 1000 && counted(fd) == 1000);
        close(fd);
    }

    TEST ("a limit keeps the first bytes") {
        struct counting c = counting(1000, AK_OK);
        int fd = memfd_create("copy", 0);
        CHECK(ak_source_copy(&c.base, fd, 700, &written) == AK_ERR_LIMIT);
        CHECK(written == 700 && counted(fd) == 700);
        CHECK(ak_source_copy(&c.base, fd, 1000, &written) == AK_OK);
        close(fd);
    }

    TEST ("a range past the end of a forward source is corrupt; some of it can be had") {
        struct counting c = counting(10, AK_OK);
        uint8_t buf[20];
        CHECK(ak_source_read(&c.base, 0, buf, 10, NULL) == AK_OK);
        CHECK(ak_source_read(&c.base, 5, buf, 10, NULL) == AK_ERR_CORRUPT);
        CHECK(ak_source_read_some(&c.base, 5, buf, 10) == 5);
        CHECK(ak_source_read_some(&c.base, 50, buf, 10) == 0);
    }

    TEST ("a descriptor nobody can write to is an input error") {
        struct counting c = counting(10, AK_OK);
        CHECK(ak_source_copy(&c.base, -1, UINT64_MAX, &written) == AK_ERR_IO);
        CHECK(written == 0);
    }

    TEST ("a source of known size is copied too") {
        int from = memfd_create("from", 0), to = memfd_create("to", 0);
        uint8_t b[3] = { 0, 1, 2 };
        struct ak_source *src;
        CHECK(write(from, b, 3) == 3);
        CHECK(ak_source_fd(from, &src) == AK_OK);
        CHECK(ak_source_copy(src, to, UINT64_MAX, &written) == AK_OK);
        CHECK(written == 3 && counted(to) == 3);
        ak_source_close(src);
        close(from);
        close(to);
    }

    return story_report();
}
