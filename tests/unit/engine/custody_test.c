/* custody_test.c - tests src/engine/custody.c: any change of the log is found. */
#include "engine/custody.h"
#include "tests/support/story.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/akashi-custody-XXXXXX", path[64];
static char text[1 << 16];
static size_t text_n;

static void load(void)
{
    FILE *f = fopen(path, "rb");
    text_n = f ? fread(text, 1, sizeof(text), f) : 0;
    if (f)
        fclose(f);
}

static void save(const char *at, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(at, 1, n, f);
        fclose(f);
    }
}

static void add_lines(unsigned n)
{
    struct ak_custody *c = NULL;
    if (ak_custody_open(folder, &c) != AK_OK)
        return;
    for (unsigned i = 0; i < n; i++)
        ak_custody_add(c, "test", AK_STR("\"path\":\"\\u8a3c\\\"\""));
    ak_custody_sync(c);
    ak_custody_close(c);
}

static uint64_t broken_line(uint64_t *lines)
{
    uint64_t broken = UINT64_MAX;
    return ak_custody_verify(folder, lines, &broken) == AK_OK ? broken : UINT64_MAX;
}

/* Where line `i` (from 0) begins. */
static size_t line_at(unsigned i)
{
    size_t at = 0;
    while (i--)
        at = (size_t)((char *)memchr(text + at, '\n', text_n - at) - text) + 1;
    return at;
}

int main(void)
{
    uint64_t lines;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof(path), "%s/custody.jsonl", folder);

    TEST ("an untouched log holds, over several openings") {
        add_lines(3);
        add_lines(0);
        add_lines(4);
        CHECK(broken_line(&lines) == 0 && lines == 7);
    }

    load();
    static char changed[sizeof(text)];

    TEST ("any changed byte is found in its line, or in the one whose end it joined") {
        for (size_t i = 0; i < text_n; i++) {
            uint64_t line = 1;
            for (size_t k = 0; k < i; k++)
                line += text[k] == '\n';
            memcpy(changed, text, text_n);
            changed[i] ^= 1;
            save(changed, text_n);
            CHECK(broken_line(&lines) == line);
            CHECK(lines == line - 1);
        }
    }

    TEST ("a removed line breaks the chain where it stood") {
        for (unsigned i = 0; i < 6; i++) {
            size_t at = line_at(i), next = line_at(i + 1);
            memcpy(changed, text, at);
            memcpy(changed + at, text + next, text_n - next);
            save(changed, text_n - (next - at));
            CHECK(broken_line(&lines) == i + 1);
        }
    }

    TEST ("two lines that changed places break it, too") {
        size_t one = line_at(2), two = line_at(3), end = line_at(4);
        memcpy(changed, text, text_n);
        memcpy(changed + one, text + two, end - two);
        memcpy(changed + one + (end - two), text + one, two - one);
        save(changed, text_n);
        CHECK(broken_line(&lines) == 3);
    }

    TEST ("a line put in twice breaks it") {
        size_t one = line_at(2), two = line_at(3);
        memcpy(changed, text, two);
        memcpy(changed + two, text + one, text_n - one);
        save(changed, text_n + (two - one));
        CHECK(broken_line(&lines) == 4);
    }

    TEST ("a cut line is found, and nothing is appended to a broken log") {
        for (size_t n = line_at(6) + 1; n < text_n; n += 17) {
            struct ak_custody *c = NULL;
            save(text, n);
            CHECK(broken_line(&lines) == 7 && lines == 6);
            CHECK(ak_custody_open(folder, &c) == AK_ERR_CORRUPT);
        }
    }

    TEST ("bytes that are no log are no chain") {
        static const char *const JUNK[] = { "\n", "{}\n", "x", ",\"hash\":\"\"}\n" };
        for (size_t i = 0; i < 4; i++) {
            save(JUNK[i], strlen(JUNK[i]));
            CHECK(broken_line(&lines) == 1);
        }
        save("", 0);
        CHECK(broken_line(&lines) == 0 && lines == 0);
    }

    unlink(path);
    TEST ("no log is an error")
        CHECK(broken_line(&lines) == UINT64_MAX);
    rmdir(folder);
    return story_report();
}
