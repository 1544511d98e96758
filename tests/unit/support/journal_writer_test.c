/* journal_writer_test.c - what our writer of journals writes is read and verified
 * by journalctl, where it is installed. */
#include "tests/support/journal_writer.h"
#include "tests/support/story.h"

#include <stdlib.h>
#include <unistd.h>

enum { ENTRIES = 500, LINE = 1 << 18 };

static const struct journalw_ids IDS = { "a journal's file", "a made-up server",
                                         "one of its boots" };

static struct journalw *build(void)
{
    struct journalw *w = journalw_begin(&IDS);
    char message[64], pid[32];
    for (unsigned i = 0; w && i < ENTRIES; i++) {
        snprintf(message, sizeof(message), "MESSAGE=number %u of %u", i, ENTRIES);
        snprintf(pid, sizeof(pid), "_PID=%u", 100 + i % 7);
        const char *const fields[] = { message, "_HOSTNAME=web01", "SYSLOG_IDENTIFIER=sshd",
                                       "PRIORITY=6", pid };
        journalw_entry(w, 1769700000000000 + i * UINT64_C(60000000),
                       5000000 + i * UINT64_C(60000000), fields, 5);
    }
    return w;
}

static int ask(const char *command, const char *path, char *out)
{
    char line[512];
    snprintf(line, sizeof(line), "journalctl --file %s %s 2>&1", path, command);
    FILE *p = popen(line, "r");
    size_t n = p ? fread(out, 1, LINE - 1, p) : 0;
    out[n] = 0;
    return p ? pclose(p) : -1;
}

static unsigned lines(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

int main(void)
{
    static char out[LINE];
    char path[] = "/tmp/akashi-journal-XXXXXX.journal";
    struct journalw *w = build(), *again = build();
    struct ak_bytes file = journalw_end(w), other = journalw_end(again);
    int fd = mkstemps(path, 8);

    TEST ("the same entries give the same bytes") {
        CHECK(file.n > 0 && file.n == other.n && memcmp(file.at, other.at, file.n) == 0);
    }

    if (fd < 0 || write(fd, file.at, file.n) != (ssize_t)file.n)
        return 1;
    if (system("command -v journalctl >/dev/null") == 0) {
        TEST ("journalctl finds nothing wrong with it") {
            CHECK(ask("--verify", path, out) == 0 && strstr(out, "PASS"));
        }
        TEST ("journalctl shows every entry in its order") {
            CHECK(ask("-o cat --no-pager -q", path, out) == 0 && lines(out) == ENTRIES);
            CHECK(strncmp(out, "number 0 of 500\nnumber 1 of 500\n", 32) == 0);
        }
        TEST ("journalctl finds entries by a field, through its hash table and list") {
            CHECK(ask("-o cat --no-pager -q _PID=103", path, out) == 0 && lines(out) == 71);
        }
    }
    if (fd >= 0)
        close(fd);
    unlink(path);
    journalw_free(w);
    journalw_free(again);
    return story_report();
}
