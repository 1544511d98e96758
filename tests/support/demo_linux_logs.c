/* demo_linux_logs.c - what web01's daemons said, for syslog and the journal, and
 * who signed in there, for wtmp, btmp and lastlog. */
#include "tests/support/demo.h"

#include "tests/support/journal_writer.h"

#include <stdio.h>

enum { FIRST_DAY = 12, LAST_DAY = 31, GUESSES = 38 };

static uint32_t next_pid(struct demo_log *log) { return 1200 + (log->next_pid += 3) % 30000; }

static void cron(struct demo_log *log, int64_t at, const char *command)
{
    uint32_t pid = next_pid(log);
    demo_say(log, at, "CRON", pid,
             "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)");
    demo_say(log, at, "cron", pid, "(root) CMD (%s)", command);
    demo_say(log, at + 1, "CRON", pid, "pam_unix(cron:session): session closed for user root");
}

static void ssh_in(struct demo_log *log, int64_t at, int64_t until, const char *user, unsigned uid,
                   const char *from, const char *how)
{
    uint32_t pid = next_pid(log);
    unsigned port = 40000 + pid;
    demo_say(log, at, "sshd", pid, "Accepted %s for %s from %s port %u ssh2", how, user, from,
             port);
    demo_say(log, at, "sshd", pid,
             "pam_unix(sshd:session): session opened for user %s(uid=%u) by (uid=0)", user, uid);
    demo_say(log, at, "systemd-logind", 655, "New session %u of user %s.", pid % 900, user);
    demo_say(log, at, "systemd", 1, "Started Session %u of User %s.", pid % 900, user);
    demo_say(log, until, "sshd", pid,
             "Received disconnect from %s port %u:11: disconnected by user", from, port);
    demo_say(log, until, "sshd", pid, "pam_unix(sshd:session): session closed for user %s", user);
}

static void ssh_fails(struct demo_log *log, int64_t at, const char *user, bool exists,
                      const char *from)
{
    uint32_t pid = next_pid(log);
    demo_say(log, at, "sshd", pid, "Failed password for %s%s from %s port %u ssh2",
             exists ? "" : "invalid user ", user, from, 40000 + pid);
}

static void sudo(struct demo_log *log, int64_t at, const char *user, unsigned uid,
                 const char *command)
{
    uint32_t pid = next_pid(log);
    demo_say(log, at, "sudo", pid, "%8s : TTY=pts/0 ; PWD=/home/%s ; USER=root ; COMMAND=%s", user,
             user, command);
    demo_say(log, at, "sudo", pid,
             "pam_unix(sudo:session): session opened for user root(uid=0) by %s(uid=%u)", user,
             uid);
}

/* ---- ordinary days ---- */

static void staff_day(struct demo_log *log, struct demo_rng *rng, int day)
{
    int64_t at = demo_jst(day, 9, 20 + (int)demo_below(rng, 30), 12);
    if (demo_below(rng, 4) == 0)
        ssh_fails(log, at - 9, "webadmin", true, "10.0.10.21"); /* mistyped */
    ssh_in(log, at, at + 1800, "webadmin", 1000, "10.0.10.21", "password");
    sudo(log, at + 300, "webadmin", 1000, "/usr/bin/apt update");
    if (day % 3 == 0)
        ssh_in(log, at + 7200, at + 7900, "deploy", 1001, "10.0.10.22", "publickey");
}

static void knocking(struct demo_log *log, struct demo_rng *rng, int day)
{
    static const char *const NAMES[] = { "root", "admin", "test", "oracle", "ubuntu" };
    char from[20];
    snprintf(from, sizeof(from), "198.51.100.%u", 240 + demo_below(rng, 10));
    int64_t at = demo_jst(day, 4, (int)demo_below(rng, 50), 0);
    for (size_t i = 0; i < 5; i++)
        ssh_fails(log, at += 4 + demo_below(rng, 9), NAMES[i], i == 0, from);
}

static void ordinary_day(struct demo_log *log, int day)
{
    struct demo_rng rng = { (uint64_t)day * 104729 };
    bool weekend = day == 17 || day == 18 || day == 24 || day == 25 || day == 31;
    for (int hour = 0; hour < 24 && (day < LAST_DAY || hour < 11); hour++) {
        cron(log, demo_jst(day, hour, 17, 1), "   cd / && run-parts --report /etc/cron.hourly");
        cron(log, demo_jst(day, hour, 39, 1),
             "  [ -x /usr/lib/php/sessionclean ] && /usr/lib/php/sessionclean");
        if (hour % 3 == 1)
            demo_say(log, demo_jst(day, hour, 5, 3), "systemd", 1,
                     "Starting Daily apt download activities...");
    }
    demo_say(log, demo_jst(day, 0, 0, 2), "systemd", 1, "Finished Rotate log files.");
    knocking(log, &rng, day);
    if (!weekend)
        staff_day(log, &rng, day);
}

/* ---- the intruder ---- */

static void break_in(struct demo_log *log)
{
    static const int GAP[] = { 6, 9, 11, 14 };
    int64_t at = demo_jst(30, 0, 12, 3);
    for (size_t i = 0; i < GUESSES; i++)
        ssh_fails(log, at += GAP[i % 4], "deploy", true, DEMO_INTRUDER);
    ssh_in(log, demo_jst(30, 0, 19, 44), demo_jst(30, 0, 51, 20), "deploy", 1001, DEMO_INTRUDER,
           "password");
    sudo(log, demo_jst(30, 0, 21, 10), "deploy", 1001, "/bin/bash");
    demo_say(log, demo_jst(30, 0, 24, 2), "chpasswd", 21877,
             "pam_unix(chpasswd:chauthtok): password changed for webadmin");
    demo_say(log, demo_jst(30, 0, 24, 31), "passwd", 21880,
             "pam_unix(passwd:chauthtok): password changed for root");
}

static void come_back(struct demo_log *log)
{
    ssh_in(log, demo_jst(30, 23, 5, 31), demo_jst(31, 0, 58, 2), "deploy", 1001, DEMO_INTRUDER,
           "password");
    sudo(log, demo_jst(30, 23, 6, 2), "deploy", 1001, "/bin/bash");
    ssh_in(log, demo_jst(31, 3, 11, 7), demo_jst(31, 3, 25, 40), "deploy", 1001, DEMO_INTRUDER,
           "password");
    sudo(log, demo_jst(31, 3, 11, 30), "deploy", 1001, "/bin/bash");
}

void demo_linux_log(struct demo_log *log)
{
    for (int day = FIRST_DAY; day <= LAST_DAY; day++)
        ordinary_day(log, day);
    break_in(log);
    come_back(log);
    demo_sort(log);
}

/* ---- the journal, which kept what was deleted elsewhere ---- */

static void journal_entry(struct journalw *w, const struct demo_line *l, uint64_t order)
{
    char message[2100], pid[32], comm[64], identifier[64];
    bool cron = strcmp(l->program, "cron") == 0;
    uint64_t at = (uint64_t)l->at * 1000000 + 1000 + order % 1000 * 900;
    snprintf(message, sizeof(message), "MESSAGE=%s", l->text);
    snprintf(pid, sizeof(pid), "_PID=%u", l->pid);
    snprintf(comm, sizeof(comm), "_COMM=%s", cron ? "cron" : l->program);
    snprintf(identifier, sizeof(identifier), "SYSLOG_IDENTIFIER=%s", cron ? "CRON" : l->program);
    const char *const fields[] = { message,
                                   pid,
                                   comm,
                                   identifier,
                                   l->auth ? "SYSLOG_FACILITY=10" : "SYSLOG_FACILITY=3",
                                   "PRIORITY=6",
                                   "_HOSTNAME=web01",
                                   "_TRANSPORT=syslog" };
    journalw_entry(w, at, at - (uint64_t)demo_jst(12, 0, 0, 20) * 1000000, fields,
                   sizeof(fields) / sizeof(fields[0]));
}

void demo_journal(struct ak_buf *out, const struct demo_log *log)
{
    static const struct journalw_ids IDS = {
        "akashi demo jrnl",
        { 0x0a, 0x6b, 0x61, 0x73, 0x68, 0x69, 0x64, 0x65, 0x6d, 0x6f, 0x30, 0x30, 0x31, 0x30, 0x30,
          0x30 },
        "akashi demo boot",
    };
    struct journalw *w = journalw_begin(&IDS);
    if (!w)
        return;
    for (size_t i = 0; i < log->n; i++)
        if (log->lines[i].at >= demo_jst(20, 0, 0, 0))
            journal_entry(w, &log->lines[i], i);
    struct ak_bytes file = journalw_end(w);
    ak_buf_put(out, file.at, file.n);
    journalw_free(w);
}

/* ---- wtmp, btmp, lastlog ---- */

enum {
    BOOT_TIME = 2,
    USER_PROCESS = 7,
    DEAD_PROCESS = 8,
    LOGIN_PROCESS = 6,
    UTMP = 384,
    LASTLOG = 292
};

static void le(uint8_t *at, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

static void utmp(struct ak_buf *out, unsigned type, unsigned pid, const char *line,
                 const char *user, const char *host, int64_t at)
{
    uint8_t r[UTMP] = { 0 };
    unsigned a, b, c, d;
    le(r, type, 2);
    le(r + 4, pid, 4);
    memcpy(r + 8, line, strlen(line));
    memcpy(r + 40, line + (strlen(line) > 4 ? strlen(line) - 4 : 0), 1);
    memcpy(r + 44, user, strlen(user));
    memcpy(r + 76, host, strlen(host));
    le(r + 340, (uint64_t)at, 4);
    if (sscanf(host, "%u.%u.%u.%u", &a, &b, &c, &d) == 4)
        le(r + 348, a | b << 8 | c << 16 | d << 24, 4);
    ak_buf_put(out, r, sizeof(r));
}

static void wtmp(struct ak_buf *out)
{
    static const struct {
        int day, hour, minute, second, minutes;
    } NIGHTS[] = { { 30, 0, 19, 44, 31 }, { 30, 23, 5, 31, 112 }, { 31, 3, 11, 7, 14 } };
    utmp(out, BOOT_TIME, 0, "~", "reboot", "5.15.0-91-generic", demo_jst(12, 0, 0, 20));
    for (int day = FIRST_DAY; day < LAST_DAY; day++) {
        if (day == 17 || day == 18 || day == 24 || day == 25)
            continue;
        utmp(out, USER_PROCESS, 9000 + (unsigned)day, "pts/0", "webadmin", "10.0.10.21",
             demo_jst(day, 9, 35, 2));
        utmp(out, DEAD_PROCESS, 9000 + (unsigned)day, "pts/0", "", "", demo_jst(day, 10, 5, 2));
        if (day == 29)
            utmp(out, USER_PROCESS, 21800, "pts/0", "deploy", DEMO_INTRUDER,
                 demo_jst(30, 0, 19, 44));
        if (day == 29)
            utmp(out, DEAD_PROCESS, 21800, "pts/0", "", "", demo_jst(30, 0, 51, 20));
    }
    for (unsigned i = 1; i < 3; i++) {
        int64_t at = demo_jst(NIGHTS[i].day, NIGHTS[i].hour, NIGHTS[i].minute, NIGHTS[i].second);
        utmp(out, USER_PROCESS, 21900 + i, "pts/0", "deploy", DEMO_INTRUDER, at);
        utmp(out, DEAD_PROCESS, 21900 + i, "pts/0", "", "", at + NIGHTS[i].minutes * 60);
    }
}

static void lastlog(struct ak_buf *out, unsigned uid, const char *host, int64_t at)
{
    uint8_t r[LASTLOG] = { 0 };
    while (out->n < (size_t)uid * LASTLOG)
        ak_buf_put(out, r, sizeof(r));
    le(r, (uint64_t)at, 4);
    memcpy(r + 4, "pts/0", 5);
    memcpy(r + 36, host, strlen(host));
    ak_buf_put(out, r, sizeof(r));
}

void demo_login_records(struct demo_tree *tree)
{
    static const int GAP[] = { 6, 9, 11, 14 };
    struct demo_file *f = demo_file(tree, "/var/log/wtmp", demo_jst(31, 3, 25, 40));
    wtmp(&f->content);
    f = demo_file(tree, "/var/log/btmp", demo_jst(30, 0, 18, 23));
    int64_t at = demo_jst(30, 0, 12, 3);
    for (unsigned i = 0; i < GUESSES; i++)
        utmp(&f->content, LOGIN_PROCESS, 21700 + i, "ssh:notty", "deploy", DEMO_INTRUDER,
             at += GAP[i % 4]);
    f = demo_file(tree, "/var/log/lastlog", demo_jst(31, 3, 11, 7));
    lastlog(&f->content, 1000, "10.0.10.21", demo_jst(30, 9, 35, 2));
    lastlog(&f->content, 1001, DEMO_INTRUDER, demo_jst(31, 3, 11, 7));
}
