/* windows_main.c - `akashi-windows IMAGE|LOG COMPUTER`: the disk of a Windows machine
 * with the programs and process events of standard input, or its Security log alone
 * (a name that ends in .evtx).  Never installed.  A line, fields between tabs:
 *
 *     program   PATH ORIGINAL COMPANY PRODUCT DESCRIPTION VERSION   "-": not there
 *     deleted   the same, of a file that was deleted again
 *     bare      PATH        a program without a version resource
 *     many      FOLDER N BYTES   n programs of so many bytes
 *     process   PATH COMMAND     event 4688
 *     other     COMPUTER PATH COMMAND   event 4688 of another machine, in the same log
 *     sysmon    PATH COMMAND     event 1 as Sysmon 8 wrote it, in its own log
 *     plain     PATH        a file of text */
#include "base/buf.h"
#include "tests/support/evtx_writer.h"
#include "tests/support/ntfs_writer.h"
#include "tests/support/pe_writer.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIELDS = 8, LINE = 4096, MIB = 512 };
#define T0 UINT64_C(133512480000000000) /* a morning in January 2024, 100 ns since 1601 */

struct making {
    struct ntfsw *disk; /* NULL: the log alone */
    struct evtx_writer *security, *sysmon;
    const char *computer;
    unsigned n_events;
    bool failed;
    char folders[512][256]; /* made so far */
    size_t n_folders;
};

static struct ntfsw_times times(void) { return (struct ntfsw_times){ T0, T0, T0, T0 }; }

/* The folders above a path, each once. */
static void make_folders(struct making *m, const char *path)
{
    char part[256];
    for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
        size_t i = 0;
        snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
        while (i < m->n_folders && strcmp(m->folders[i], part) != 0)
            i++;
        if (i < m->n_folders || i == 512)
            continue;
        memcpy(m->folders[m->n_folders++], part, sizeof(part));
        struct ntfsw_file f = { .path = part, .folder = true, .times = times() };
        m->failed |= !ntfsw_add(m->disk, &f);
    }
}

static void add(struct making *m, const char *path, struct ak_bytes content, bool deleted)
{
    if (!m->disk)
        return;
    make_folders(m, path);
    struct ntfsw_file f = {
        .path = path, .content = content, .times = times(), .deleted = deleted
    };
    m->failed |= !ntfsw_add(m->disk, &f);
}

static const char *text(const char *field) { return strcmp(field, "-") == 0 ? NULL : field; }

static void add_program(struct making *m, char **f, bool bare)
{
    struct ak_buf b = { 0 };
    struct pew_program p = { .no_version = bare };
    if (!bare)
        p = (struct pew_program){ .original_file_name = text(f[2]),
                                  .company = text(f[3]),
                                  .product = text(f[4]),
                                  .description = text(f[5]),
                                  .file_version = text(f[6]) };
    pew_put(&b, &p);
    m->failed |= b.failed;
    add(m, f[1], (struct ak_bytes){ b.at, b.n }, strcmp(f[0], "deleted") == 0);
    ak_buf_free(&b);
}

static void add_many(struct making *m, char **f)
{
    struct ak_buf b = { 0 };
    char path[512], name[64];
    unsigned n = (unsigned)strtoul(f[2], NULL, 10);
    for (unsigned i = 0; i < n && !b.failed; i++) {
        b.n = 0;
        snprintf(name, sizeof(name), "tool%u.exe", i);
        snprintf(path, sizeof(path), "%s/%u/%s", f[1], i / 200, name);
        pew_put(&b, &(struct pew_program){ .original_file_name = name,
                                           .company = "Example Corp",
                                           .bytes = strtoul(f[3], NULL, 10) });
        add(m, path, (struct ak_bytes){ b.at, b.n }, false);
    }
    m->failed |= b.failed;
    ak_buf_free(&b);
}

static void process(struct making *m, const char *computer, const char *path, const char *command)
{
    const struct evtx_pair pairs[] = {
        evtx_sid("SubjectUserSid", "S-1-5-18"),
        evtx_str("SubjectUserName", "mio"),
        evtx_str("SubjectDomainName", "AKASHI"),
        evtx_hex64("SubjectLogonId", 0x3e7),
        evtx_hex64("NewProcessId", 0x1a4),
        evtx_str("NewProcessName", path),
        evtx_str("TokenElevationType", "%%1936"),
        evtx_hex64("ProcessId", 0x4),
        evtx_str("CommandLine", command),
        evtx_str("TargetUserName", "-"),
        evtx_str("ParentProcessName", "C:\\Windows\\explorer.exe"),
        evtx_sid("MandatoryLabel", "S-1-16-8192"),
    };
    struct evtx_record r = { .filetime = T0 + m->n_events++ * UINT64_C(10000000),
                             .provider = "Microsoft-Windows-Security-Auditing",
                             .provider_guid = "{54849625-5478-4994-a5ba-3e3b0328c30d}",
                             .event_id = 4688,
                             .version = 2,
                             .channel = "Security",
                             .computer = computer,
                             .task = 13312,
                             .keywords = 0x8020000000000000,
                             .pairs = pairs,
                             .n_pairs = sizeof(pairs) / sizeof(pairs[0]) };
    m->failed |= !evtx_record(m->security, &r);
}

static void sysmon(struct making *m, const char *path, const char *command)
{
    const struct evtx_pair pairs[] = {
        evtx_str("RuleName", ""),
        evtx_str("UtcTime", "2024-01-31 00:00:00.000"),
        evtx_u32("ProcessId", 420),
        evtx_str("Image", path),
        evtx_str("CommandLine", command),
        evtx_str("User", "AKASHI\\mio"),
        evtx_str("Hashes", "SHA1=0000000000000000000000000000000000000001"),
        evtx_str("ParentImage", "C:\\Windows\\explorer.exe"),
    };
    struct evtx_record r = { .filetime = T0 + m->n_events++ * UINT64_C(10000000),
                             .provider = "Microsoft-Windows-Sysmon",
                             .provider_guid = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
                             .event_id = 1,
                             .version = 5,
                             .level = 4,
                             .task = 1,
                             .channel = "Microsoft-Windows-Sysmon/Operational",
                             .computer = m->computer,
                             .keywords = 0x8000000000000000,
                             .pairs = pairs,
                             .n_pairs = sizeof(pairs) / sizeof(pairs[0]) };
    m->failed |= !evtx_record(m->sysmon, &r);
}

static void take_line(struct making *m, char *line)
{
    char *f[FIELDS] = { 0 };
    size_t n = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *at = line; at && n < FIELDS - 1; n++) {
        f[n] = at;
        at = strchr(at, '\t');
        if (at)
            *at++ = 0;
    }
    if ((strcmp(f[0], "program") == 0 || strcmp(f[0], "deleted") == 0) && n == 7)
        add_program(m, f, false);
    else if (strcmp(f[0], "bare") == 0 && n == 2)
        add_program(m, f, true);
    else if (strcmp(f[0], "many") == 0 && n == 4)
        add_many(m, f);
    else if (strcmp(f[0], "plain") == 0 && n == 2)
        add(m, f[1], ak_bytes_str(AK_STR("a text\r\n")), false);
    else if (strcmp(f[0], "process") == 0 && n == 3)
        process(m, m->computer, f[1], f[2]);
    else if (strcmp(f[0], "other") == 0 && n == 4)
        process(m, f[1], f[2], f[3]);
    else if (strcmp(f[0], "sysmon") == 0 && n == 3)
        sysmon(m, f[1], f[2]);
    else
        m->failed = true;
}

static bool save(const char *path, struct ak_bytes bytes)
{
    FILE *to = fopen(path, "wb");
    bool ok = to && bytes.n && fwrite(bytes.at, 1, bytes.n, to) == bytes.n;
    return (!to || fclose(to) == 0) && ok;
}

static struct ak_bytes finish(struct making *m)
{
    static const char LOGS[] = "Windows/System32/winevt/Logs/";
    char path[128];
    struct ak_bytes security = evtx_end(m->security);
    if (!m->disk)
        return security;
    snprintf(path, sizeof(path), "%sSecurity.evtx", LOGS);
    add(m, path, security, false);
    snprintf(path, sizeof(path), "%sMicrosoft-Windows-Sysmon%%4Operational.evtx", LOGS);
    add(m, path, evtx_end(m->sysmon), false);
    return ntfsw_end(m->disk);
}

int main(int argc, char **argv)
{
    static struct making m;
    static char line[LINE];
    if (argc != 3)
        return 2;
    bool log_alone = ak_str_ends(ak_str_of(argv[1]), AK_STR(".evtx"));
    struct ntfsw_volume volume = {
        .bytes = (size_t)MIB << 20, .serial = 7, .made = T0, .label = "SYSTEM"
    };
    m.computer = argv[2];
    m.security = evtx_begin(&(struct evtx_options){ 0 });
    m.sysmon = evtx_begin(&(struct evtx_options){ 0 });
    m.disk = log_alone ? NULL : ntfsw_begin(&volume);
    m.failed = !m.security || !m.sysmon || (!m.disk && !log_alone);
    while (!m.failed && fgets(line, sizeof(line), stdin))
        take_line(&m, line);
    bool ok = !m.failed && save(argv[1], finish(&m)) && !m.failed;
    ntfsw_free(m.disk);
    evtx_free(m.security);
    evtx_free(m.sysmon);
    return ok ? 0 : 1;
}
