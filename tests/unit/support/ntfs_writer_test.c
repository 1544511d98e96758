/* ntfs_writer_test.c - what our writer of NTFS volumes writes is read by readers
 * that are not ours: the Sleuth Kit and ntfs-3g's ntfsinfo, where installed. */
#include "tests/support/ntfs_writer.h"
#include "tests/support/story.h"

#include <stdlib.h>
#include <unistd.h>

enum { BYTES = 24 << 20, FILES = 300, LINE = 1 << 18 };

/* 2026-01-30T00:00:00Z */
static const uint64_t START = UINT64_C(134142048000000000);

static struct ntfsw_times at(uint64_t seconds)
{
    uint64_t t = START + seconds * 10000000;
    return (struct ntfsw_times){ t, t + 10, t + 20, t + 30 };
}

static struct ntfsw *build(void)
{
    static uint8_t big[50000];
    struct ntfsw *w = ntfsw_begin(
        &(struct ntfsw_volume){ .bytes = BYTES, .serial = 0xA5, .made = START, .label = "共有" });
    struct ntfsw_times born = at(7);
    char path[64];
    memset(big, 'b', sizeof(big));
    if (!w)
        return NULL;
    ntfsw_add(w, &(struct ntfsw_file){ .path = "many", .folder = true, .times = at(1) });
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(path, sizeof(path), "many/書類 %03u.txt", (i * 7) % FILES);
        ntfsw_add(w, &(struct ntfsw_file){ .path = path, .content = { big, i }, .times = at(2) });
    }
    ntfsw_add(w, &(struct ntfsw_file){ .path = "few", .folder = true, .times = at(3) });
    ntfsw_add(w, &(struct ntfsw_file){ .path = "few/big.bin",
                                       .content = { big, sizeof(big) },
                                       .times = at(4),
                                       .name_times = &born });
    ntfsw_add(
        w, &(struct ntfsw_file){
               .path = "few/gone.bin", .content = { big, 9000 }, .times = at(5), .deleted = true });
    ntfsw_add(w, &(struct ntfsw_file){
                     .path = "few/tool.exe",
                     .content = { big, 100 },
                     .times = at(6),
                     .stream = "Zone.Identifier",
                     .stream_content = { (const uint8_t *)"[ZoneTransfer]\r\nZoneId=3\r\n", 26 } });
    return w;
}

/* The output of a command on the volume; empty when the command is not there. */
static void ask(const char *format, const char *path, char *out)
{
    char command[512], tool[32];
    size_t n = strcspn(format, " ");
    snprintf(tool, sizeof(tool), "%.*s", (int)n, format);
    snprintf(command, sizeof(command), "command -v %s >/dev/null", tool);
    out[0] = 0;
    if (system(command) != 0)
        return;
    snprintf(command, sizeof(command), format[0] ? "%s %s 2>&1" : "%s%s", format, path);
    FILE *p = popen(command, "r");
    if (!p)
        return;
    n = fread(out, 1, LINE - 1, p);
    out[n] = 0;
    pclose(p);
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

int main(void)
{
    static char out[LINE];
    char path[] = "/tmp/akashi-ntfs-XXXXXX", command[512];
    struct ntfsw *w = build(), *again = build();
    struct ak_bytes volume = ntfsw_end(w), other = ntfsw_end(again);
    int fd = mkstemp(path);

    TEST ("the same recipe gives the same bytes") {
        CHECK(volume.n == BYTES && other.n == BYTES && memcmp(volume.at, other.at, BYTES) == 0);
    }

    TEST ("a file in a folder that is not there is refused") {
        CHECK(!ntfsw_add(again, &(struct ntfsw_file){ .path = "nowhere/x", .times = at(1) }));
    }

    if (fd < 0 || write(fd, volume.at, volume.n) != (ssize_t)volume.n)
        return 1;
    ask("fsstat -f ntfs", path, out);
    if (out[0])
        TEST ("the Sleuth Kit knows the volume: its version, its name, its sizes") {
            CHECK(strstr(out, "File System Type: NTFS") && strstr(out, "Volume Name: 共有"));
            CHECK(strstr(out, "Cluster Size: 4096") && strstr(out, "Version: Windows XP"));
        }
    ask("fls -f ntfs -r -p", path, out);
    if (out[0])
        TEST ("the Sleuth Kit lists every file once, the deleted one as such, the stream by name") {
            CHECK(count(out, "many/書類 ") == FILES);
            CHECK(count(out, "few/big.bin\n") == 1 && strstr(out, "few/tool.exe:Zone.Identifier"));
            CHECK(strstr(out, "-/r * ") && count(out, "gone.bin") == 1);
        }
    snprintf(command, sizeof(command), "ifind -f ntfs -n few/big.bin");
    ask(command, path, out);
    if (out[0])
        TEST ("its contents and its two sets of times come out as they were put in") {
            unsigned long number = strtoul(out, NULL, 10);
            snprintf(command, sizeof(command), "icat -f ntfs %s %lu | wc -c #", path, number);
            ask(command, "", out);
            CHECK(strtoul(out, NULL, 10) == 50000);
            snprintf(command, sizeof(command), "istat -f ntfs -z UTC %s %lu #", path, number);
            ask(command, "", out);
            CHECK(count(out, "2026-01-30 00:00:04") == 4 && count(out, "2026-01-30 00:00:07") == 4);
        }
    ask("ntfsinfo -m -f", path, out);
    if (out[0])
        TEST ("ntfs-3g mounts it without complaint") {
            CHECK(strstr(out, "Volume Name: 共有") || strstr(out, "Volume State: 1"));
            CHECK(!strstr(out, "ERROR") && !strstr(out, "Failed") && !strstr(out, "corrupt"));
        }
    if (fd >= 0)
        close(fd);
    unlink(path);
    ntfsw_free(w);
    ntfsw_free(again);
    return story_report();
}
