/* ewf_writer_test.c - what our writer of E01 files writes is opened and verified
 * by libewf's own tools, where they are installed. */
#include "tests/support/ewf_writer.h"
#include "tests/support/gpt_writer.h"
#include "tests/support/story.h"

#include <stdlib.h>
#include <unistd.h>

enum { VOLUME = 3 << 20, LINE = 1 << 16 };

static const struct ewf_case ABOUT = { .case_number = "2026-001",
                                       .evidence_number = "E1",
                                       .description = "a made-up disk",
                                       .examiner = "nobody",
                                       .notes = "none",
                                       .acquired = 1769835900 };

/* A disk that packs well in some places and not at all in others. */
static uint8_t *make_disk(size_t *out_bytes)
{
    uint8_t *volume = calloc(1, VOLUME);
    uint32_t v = 1;
    if (!volume)
        return NULL;
    for (size_t i = 100000; i < 900000; i++)
        volume[i] = (uint8_t)((v = v * 1664525 + 1013904223) >> 24);
    uint8_t *disk = gpt_write((struct ak_bytes){ volume, VOLUME }, GPT_LINUX, "data", out_bytes);
    free(volume);
    return disk;
}

static int ask(const char *command, const char *path, char *out)
{
    char line[512];
    snprintf(line, sizeof(line), "TZ=UTC %s %s 2>&1", command, path);
    FILE *p = popen(line, "r");
    size_t n = p ? fread(out, 1, LINE - 1, p) : 0;
    out[n] = 0;
    return p ? pclose(p) : -1;
}

int main(void)
{
    static char out[LINE];
    char path[] = "/tmp/akashi-ewf-XXXXXX.E01";
    size_t n = 0;
    uint8_t *disk = make_disk(&n);
    struct ak_buf file = { 0 }, again = { 0 }, wrong = { 0 };
    struct ewf_case lie = ABOUT;
    lie.wrong_md5 = true;

    TEST ("the same disk gives the same bytes") {
        CHECK(disk && ewf_write(&file, (struct ak_bytes){ disk, n }, &ABOUT));
        CHECK(ewf_write(&again, (struct ak_bytes){ disk, n }, &ABOUT));
        CHECK(file.n == again.n && memcmp(file.at, again.at, file.n) == 0);
    }

    TEST ("a disk that is no whole number of sectors is refused") {
        CHECK(!ewf_write(&wrong, (struct ak_bytes){ disk, 1000 }, &ABOUT));
    }

    int fd = mkstemps(path, 4);
    if (fd < 0 || write(fd, file.at, file.n) != (ssize_t)file.n)
        return 1;
    if (system("command -v ewfverify >/dev/null && command -v ewfinfo >/dev/null") == 0) {
        TEST ("ewfverify reads it all and finds the hashes it states") {
            CHECK(ask("ewfverify -q -d sha1", path, out) == 0 && strstr(out, "SUCCESS"));
        }
        TEST ("ewfinfo shows what was said about it") {
            CHECK(ask("ewfinfo", path, out) == 0 && strstr(out, "2026-001") &&
                  strstr(out, "a made-up disk"));
            CHECK(strstr(out, "Jan 31 05:05:00 2026"));
        }
        TEST ("ewfverify notices a stated MD5 that is wrong") {
            CHECK(ewf_write(&wrong, (struct ak_bytes){ disk, n }, &lie));
            CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, wrong.at, wrong.n, 0) == (ssize_t)wrong.n);
            CHECK(ask("ewfverify -q", path, out) != 0 || !strstr(out, "SUCCESS"));
        }
    }
    if (fd >= 0)
        close(fd);
    unlink(path);
    free(disk);
    ak_buf_free(&file);
    ak_buf_free(&again);
    ak_buf_free(&wrong);
    return story_report();
}
