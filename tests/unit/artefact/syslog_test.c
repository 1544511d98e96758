/* syslog_test.c - what system logs tell, and what they cannot make us say. */
#include "tests/support/capture.h"
#include "tests/support/story.h"

#include "base/encoding.h"

extern const struct ak_artefact ak_linux_syslog;
extern const struct ak_artefact ak_linux_syslog_yearless;

/* 2024-03-10T00:00:00Z */
static const int64_t MARCH_2024 = 1710028800;

static void run(struct capture *c, const char *text)
{
    capture_run(c, &ak_linux_syslog_yearless, ak_bytes_str(ak_str_of(text)));
}

/* One line of this process, parsed. */
static void run_body(struct capture *c, const char *tag, const char *body)
{
    char line[2048];
    snprintf(line, sizeof(line), "Jan  2 03:04:05 host %s: %s\n", tag, body);
    run(c, line);
}

static bool day_is(const struct capture *c, size_t i, const char *day)
{
    char want[32];
    snprintf(want, sizeof(want), "\"datetime\":\"%s", day);
    return i < c->n_events && strstr(c->lines[i], want);
}

static enum ak_bid bid(const struct ak_artefact *a, const char *path, const char *text)
{
    struct ak_str s = ak_str_of(text);
    return a->probe(&(struct ak_probe){ ak_str_of(path), ak_bytes_str(s), s.n });
}

static void years(struct capture *c)
{
    TEST ("a line without a year is of the year its file was last written in") {
        run(c, "Mar  9 01:02:03 host cron[7]: hello\n");
        CHECK(day_is(c, 0, "2024-03-09T01:02:03Z"));
        CHECK(c->when[0].flags & AK_STAMP_GUESSED);
        CHECK(c->when[0].flags & AK_STAMP_LOCAL);
        capture_free(c);
    }

    TEST ("a line that would lie in the future is of the year before") {
        run(c, "Dec 24 01:02:03 host cron[7]: hello\n");
        CHECK(day_is(c, 0, "2023-12-24"));
        capture_free(c);
    }

    TEST ("a log of four years gives each line its own") {
        run(c, "Nov  1 00:00:00 h a: 1\nFeb  1 00:00:00 h a: 2\nOct 30 00:00:00 h a: 3\n"
               "Jan  5 00:00:00 h a: 4\nDec 31 23:59:59 h a: 5\nJan  1 00:00:00 h a: 6\n");
        CHECK(day_is(c, 0, "2021-11-01"));
        CHECK(day_is(c, 1, "2022-02-01"));
        CHECK(day_is(c, 2, "2022-10-30"));
        CHECK(day_is(c, 3, "2023-01-05"));
        CHECK(day_is(c, 4, "2023-12-31"));
        CHECK(day_is(c, 5, "2024-01-01"));
        capture_free(c);
    }

    TEST ("a line some days late does not turn the year") {
        run(c, "Mar  5 00:00:00 h a: 1\nMar  1 00:00:00 h a: 2\nMar  6 00:00:00 h a: 3\n");
        CHECK(day_is(c, 0, "2024-03-05") && day_is(c, 1, "2024-03-01") &&
              day_is(c, 2, "2024-03-06"));
        capture_free(c);
    }

    TEST ("a December line that comes after midnight of New Year is of the old year") {
        run(c, "Dec 31 23:59:58 h a: 1\nJan  1 00:00:00 h a: 2\nDec 31 23:59:59 h a: 3\n"
               "Jan  1 00:00:01 h a: 4\n");
        CHECK(day_is(c, 0, "2023-12-31") && day_is(c, 1, "2024-01-01"));
        CHECK(day_is(c, 2, "2023-12-31") && day_is(c, 3, "2024-01-01"));
        capture_free(c);
    }

    TEST ("a 29 February is of a leap year, and what stands before it is older still") {
        run(c, "Dec  1 00:00:00 h a: 1\nFeb 29 00:00:00 h a: 2\nNov  1 00:00:00 h a: 3\n"
               "Jan  1 00:00:00 h a: 4\nFeb  1 00:00:00 h a: 5\n");
        CHECK(day_is(c, 1, "2020-02-29"));
        CHECK(day_is(c, 0, "2019-12-01"));
        CHECK(day_is(c, 4, "2024-02-01"));
        capture_free(c);
    }

    TEST ("the day of rotation in the name says more than the time of a copy") {
        c->path = "var/log/secure-20190107";
        run(c, "Dec 30 00:00:00 h a: 1\nJan  6 00:00:00 h a: 2\n");
        CHECK(day_is(c, 0, "2018-12-30") && day_is(c, 1, "2019-01-06"));
        capture_free(c);
        c->path = NULL;
    }

    TEST ("without any hint of the year there is no time, and one damage says why") {
        struct ak_stamp known = c->modified;
        c->modified = (struct ak_stamp){ 0 };
        run(c, "Dec 30 00:00:00 h a: 1\nJan  6 00:00:00 h a: 2\n");
        CHECK(c->n_events == 2 && c->n_damage == 1);
        CHECK(!capture_has_key(c, 0, "datetime"));
        capture_free(c);
        c->modified = known;
    }

    TEST ("a line with its year dates those around it") {
        struct ak_stamp known = c->modified;
        c->modified = (struct ak_stamp){ 0 };
        run(c,
            "Dec 30 00:00:00 h a: 1\nJan  6 00:00:00 h a: 2\n2015-01-07T00:00:00+00:00 h a: 3\n");
        CHECK(day_is(c, 0, "2014-12-30") && day_is(c, 1, "2015-01-06") &&
              day_is(c, 2, "2015-01-07"));
        capture_free(c);
        c->modified = known;
    }

    TEST ("dates that run backwards all the time are dated each by itself, and it is said") {
        static char text[64 * 1024];
        size_t n = 0;
        for (int i = 0; i < 100; i++)
            n += (size_t)snprintf(text + n, sizeof(text) - n,
                                  "Dec  1 00:00:00 h a: x\nFeb  1 00:00:00 h a: y\n");
        run(c, text);
        CHECK(c->n_events == 200 && c->n_damage == 1);
        CHECK(day_is(c, 0, "2023-12-01") && day_is(c, 1, "2024-02-01"));
        capture_free(c);
    }

    TEST ("local time is moved to UTC by the zone, also over a change of the clocks") {
        struct ak_zone tokyo = ak_zone_fixed(9 * 3600);
        c->zone = &tokyo;
        run(c, "Mar  9 08:59:59 host a: 1\nMar  9 09:00:00 host a: 2\n");
        CHECK(day_is(c, 0, "2024-03-08T23:59:59Z") && day_is(c, 1, "2024-03-09T00:00:00Z"));
        capture_free(c);
        c->zone = NULL;
    }
}

static void dialects(struct capture *c)
{
    TEST ("RFC 5424 gives its structured data as fields, with its escapes resolved") {
        run(c, "<165>1 2003-10-11T22:14:15.003Z mymachine evntslog 77 ID47 "
               "[exampleSDID@32473 iut=\"3\" say=\"a \\\"b\\\" \\]\"][x y=\"z\"] An event\n");
        CHECK(day_is(c, 0, "2003-10-11T22:14:15.003Z"));
        CHECK(capture_has(c, 0, "message", "\"An event\""));
        CHECK(capture_has(c, 0, "log.syslog.structured_data.exampleSDID@32473.iut", "\"3\""));
        CHECK(capture_has(c, 0, "log.syslog.structured_data.exampleSDID@32473.say",
                          "\"a \\\"b\\\" ]\""));
        CHECK(capture_has(c, 0, "log.syslog.structured_data.x.y", "\"z\""));
        CHECK(capture_has(c, 0, "log.syslog.facility.name", "\"local4\""));
        CHECK(capture_has(c, 0, "log.syslog.severity.name", "\"notice\""));
        CHECK(capture_has(c, 0, "log.syslog.msgid", "\"ID47\""));
        CHECK(capture_has(c, 0, "process.pid", "77"));
        capture_free(c);
    }

    TEST ("structured data that does not end is text, not fields, and nothing is lost") {
        run(c, "<165>1 - host app - - [id a=\"b text\n");
        CHECK(c->n_events == 1);
        CHECK(capture_has(c, 0, "message", "\"[id a=\\\"b text\""));
        CHECK(!capture_has_key(c, 0, "datetime"));
        capture_free(c);
    }

    TEST ("more sets of names than we keep stay text") {
        static char text[64 * 1024];
        size_t n = 0;
        for (int i = 0; i < 200; i++)
            n += (size_t)snprintf(text + n, sizeof(text) - n,
                                  "<1>1 2003-10-11T22:14:15Z h app - - [i k%d=\"v\"] m\n", i);
        run(c, text);
        CHECK(c->n_events == 200);
        CHECK(capture_has(c, 0, "log.syslog.structured_data.i.k0", "\"v\""));
        CHECK(capture_has(c, 199, "log.syslog.structured_data", "\"[i k199=\\\"v\\\"]\""));
        capture_free(c);
    }

    TEST ("the host may be missing, the year may be there, the facility may be written out") {
        run(c, "Mar  9 01:02:03 sshd[7]: no host\n"
               "Mar  9 2016 01:02:03 fw : %ASA-6-1: year\n"
               "Mar  9 01:02:03 <auth.info> bsd sshd[7]: FreeBSD\n"
               "Mar  9 01:02:03 aix auth|security:info sshd[7]: AIX\n");
        CHECK(!capture_has_key(c, 0, "host.name") && capture_has(c, 0, "process.name", "\"sshd\""));
        CHECK(day_is(c, 1, "2016-03-09"));
        CHECK(capture_has(c, 2, "host.name", "\"bsd\"") &&
              capture_has(c, 2, "log.syslog.facility.name", "\"auth\""));
        CHECK(capture_has(c, 3, "message", "\"AIX\"") &&
              capture_has(c, 3, "process.name", "\"sshd\""));
        capture_free(c);
    }

    TEST ("lines that begin as none continue the one before, as they are") {
        run(c, "Mar  9 01:02:03 h a: one\n\ttwo\r\nthree\nMar  9 01:02:04 h a: four");
        CHECK(c->n_events == 2);
        CHECK(capture_has(c, 0, "message", "\"one\\n\\ttwo\\r\\nthree\""));
        CHECK(capture_has(c, 1, "message", "\"four\""));
        capture_free(c);
    }

    TEST ("a line with a broken time is an event of its own, and damage") {
        run(c, "Mar  9 01:02:03 h a: one\nMMM  9 01:02:04 h a: two\n");
        CHECK(c->n_events == 2 && c->n_damage == 1 && c->damage_at[0] == 25);
        CHECK(!capture_has_key(c, 1, "datetime"));
        capture_free(c);
    }

    TEST ("zero bytes from a crash are damage, and the line behind them is read") {
        static const char LOG[] =
            "Mar  9 01:02:03 h a: one\n\0\0\0\0Mar  9 01:02:04 h a: two\n\0\0";
        capture_run(c, &ak_linux_syslog_yearless,
                    (struct ak_bytes){ (const uint8_t *)LOG, sizeof(LOG) - 1 });
        CHECK(c->n_events == 2 && c->n_damage == 2 && c->damage_at[0] == 25);
        CHECK(capture_has(c, 1, "message", "\"two\""));
        capture_free(c);
    }

    TEST ("a message in CP932 comes out as Japanese") {
        run(c, "Mar  9 01:02:03 h a: "
               "\x83\x8D\x83\x4F\x83\x43\x83\x93\x82\xB5\x82\xDC\x82\xB5\x82\xBD\n");
        CHECK(capture_has(c, 0, "message", "\"ログインしました\""));
        capture_free(c);
    }

    TEST ("a line longer than a mebibyte is cut, said to be, and the next one read") {
        static char text[AK_PROBE_BYTES * 20];
        size_t n = (size_t)snprintf(text, sizeof(text), "Mar  9 01:02:03 h a: ");
        memset(text + n, 'x', 1200000);
        n += 1200000;
        snprintf(text + n, sizeof(text) - n, "\nMar  9 01:02:04 h a: two\n");
        run(c, text);
        CHECK(c->n_events == 2 && c->n_damage == 1);
        CHECK(capture_has(c, 1, "message", "\"two\""));
        capture_free(c);
    }

    TEST ("every truncation of a log gives what stands before it, and never fails") {
        static const char LOG[] =
            "<38>1 2022-01-19T14:23:55+00:00 h sshd 4 - [m s=\"1\"] Invalid user a from 1.2.3.4 "
            "port 3\n"
            "Mar  9 01:02:03 h sudo:  a : TTY=x ; PWD=/ ; USER=root ; COMMAND=/bin/id\n"
            "Mar  9 01:02:03 h sshd[1]: Accepted publickey for a from ::1 port 2 ssh2: RSA "
            "SHA256:x\n";
        for (size_t n = 0; n < sizeof(LOG); n++) {
            capture_run(c, &ak_linux_syslog, (struct ak_bytes){ (const uint8_t *)LOG, n });
            CHECK(c->status == AK_OK);
            CHECK(n < 200 || c->n_events >= 2);
            capture_free(c);
        }
    }
}

static void ssh(struct capture *c)
{
    TEST ("a login says who, from where and with which key") {
        run_body(
            c, "sshd[9]",
            "Accepted publickey for alice from 2001:db8::7 port 4711 ssh2: ED25519 SHA256:abc");
        CHECK(capture_has(c, 0, "data_type", "\"syslog:ssh:login\""));
        CHECK(capture_has(c, 0, "event.action", "\"ssh_login\""));
        CHECK(capture_has(c, 0, "event.outcome", "\"success\""));
        CHECK(capture_has(c, 0, "user.name", "\"alice\""));
        CHECK(capture_has(c, 0, "source.ip", "\"2001:db8::7\""));
        CHECK(capture_has(c, 0, "source.port", "4711"));
        CHECK(capture_has(c, 0, "system.auth.ssh.method", "\"publickey\""));
        CHECK(capture_has(c, 0, "system.auth.ssh.signature", "\"ED25519 SHA256:abc\""));
        capture_free(c);
    }

    TEST ("a user who calls himself after an address does not choose the address") {
        run_body(c, "sshd[9]",
                 "Failed password for invalid user root from 9.9.9.9 port 1 ssh2 from 1.2.3.4 port "
                 "5 ssh2");
        CHECK(capture_has(c, 0, "source.ip", "\"1.2.3.4\""));
        CHECK(capture_has(c, 0, "source.port", "5"));
        CHECK(capture_has(c, 0, "user.name", "\"root from 9.9.9.9 port 1 ssh2\""));
        capture_free(c);
        run_body(c, "sshd[9]", "Invalid user a from 9.9.9.9 from 1.2.3.4 port 5");
        CHECK(capture_has(c, 0, "source.ip", "\"1.2.3.4\"") &&
              capture_has(c, 0, "user.name", "\"a from 9.9.9.9\""));
        capture_free(c);
    }

    TEST ("what PAM words, whoever logs it, is understood the same") {
        run_body(c, "sshd[9]",
                 "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh "
                 "ruser= rhost=1.2.3.4  user=root");
        CHECK(capture_has(c, 0, "event.action", "\"auth_failed\"") &&
              capture_has(c, 0, "user.name", "\"root\""));
        CHECK(capture_has(c, 0, "source.ip", "\"1.2.3.4\""));
        capture_free(c);
        run_body(c, "login",
                 "pam_unix(login:session): session opened for user bob(uid=1000) by LOGIN(uid=0)");
        CHECK(capture_has(c, 0, "event.action", "\"session_opened\"") &&
              capture_has(c, 0, "user.name", "\"bob\""));
        CHECK(capture_has(c, 0, "user.id", "\"1000\"") &&
              capture_has(c, 0, "system.auth.session.by", "\"LOGIN\""));
        capture_free(c);
    }

    TEST ("a message said to repeat is understood, and how often it did is kept") {
        run_body(c, "sshd[9]",
                 "message repeated 4 times: [ Failed password for root from 1.2.3.4 port 5 ssh2]");
        CHECK(capture_has(c, 0, "event.action", "\"ssh_login_failed\"") &&
              capture_has(c, 0, "syslog.repeated", "4"));
        capture_free(c);
    }
}

static const struct {
    const char *tag, *body, *action, *key, *value;
} SAYINGS[] = {
    { "sudo", "  mio : TTY=pts/0 ; PWD=/home/mio ; USER=root ; COMMAND=/bin/sh -c id ; ls",
      "sudo_command", "process.command_line", "/bin/sh -c id ; ls" },
    { "sudo", "  mio : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
      "sudo_command", "event.outcome", "failure" },
    { "sudo",
      "  mio : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
      "sudo_command", "event.reason", "3 incorrect password attempts" },
    { "sudo", "  mio : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", "sudo_command",
      "user.effective.name", "root" },
    { "su[3]", "(to root) mio on pts/1", "su", "user.effective.name", "root" },
    { "su[3]", "FAILED SU (to root) mio on pts/1", "su", "user.name", "mio" },
    { "su", "+ /dev/pts/2 mio:root", "su", "user.name", "mio" },
    { "useradd[3]",
      "new user: name=evil, UID=0, GID=0, home=/root, shell=/bin/bash, from=/dev/pts/0",
      "user_added", "user.id", "0" },
    { "usermod[3]", "add 'evil' to group 'sudo'", "group_member_added", "group.name", "sudo" },
    { "userdel[3]", "delete user 'evil'", "user_deleted", "user.name", "evil" },
    { "groupadd[3]", "new group: name=ops, GID=1002", "group_added", "group.id", "1002" },
    { "passwd[3]", "pam_unix(passwd:chauthtok): password changed for mio", "password_changed",
      "user.name", "mio" },
    { "gpasswd[3]", "user mio added by root to group docker", "group_member_added", "group.name",
      "docker" },
    { "CRON[3]", "(root) CMD (run (this) now)", "cron_job", "process.command_line",
      "run (this) now" },
    { "crontab[3]", "(root) REPLACE (mio)", "crontab_replaced", "user.effective.name", "mio" },
    { "systemd[1]", "Started OpenBSD Secure Shell server.", "service_started", "service.name",
      "OpenBSD Secure Shell server" },
    { "systemd[1]", "ssh.service: Failed with result 'exit-code'.", "service_failed",
      "service.name", "ssh.service" },
    { "systemd-logind[5]", "New session 42 of user mio.", "session_started", "user.name", "mio" },
    { "kernel", "[ 45.1] usb 1-1: New USB device found, idVendor=0781, idProduct=5581",
      "usb_device_connected", "service.name", "usb 1-1" },
    { "kernel", "[ 45.1] device eth0 entered promiscuous mode", "promiscuous_mode_on",
      "service.name", "eth0" },
    { "kernel",
      "[UFW BLOCK] IN=eth0 OUT= MAC=aa SRC=1.2.3.4 DST=5.6.7.8 LEN=40 PROTO=TCP SPT=1 DPT=22",
      "firewall_packet", "source.ip", "1.2.3.4" },
    { "sshd[3]", "Server listening on 0.0.0.0 port 22.", "ssh_server_started", "process.name",
      "sshd" },
    { "sshd[3]",
      "error: maximum authentication attempts exceeded for root from 1.2.3.4 port 9 ssh2 [preauth]",
      "ssh_max_auth_attempts", "user.name", "root" },
    { "sshd[3]", "Received disconnect from ::1 port 22:11: disconnected by user",
      "ssh_disconnect_received", "event.reason", "disconnected by user" },
    { "vsftpd[3]", "[mio] FAIL LOGIN: Client \"1.2.3.4\"", "ftp_login_failed", "source.ip",
      "1.2.3.4" },
    { "dhclient[3]", "DHCPACK of 10.0.0.5 from 10.0.0.1", "dhcp_ack", "source.ip", "10.0.0.1" },
    { "dropbear[3]", "Bad password attempt for 'root' from 1.2.3.4:5555", "ssh_login_failed",
      "source.port", "5555" },
};

static void sayings(struct capture *c)
{
    TEST ("programs are understood in the words they use") {
        for (size_t i = 0; i < sizeof(SAYINGS) / sizeof(SAYINGS[0]); i++) {
            char action[64], value[128];
            snprintf(action, sizeof(action), "\"%s\"", SAYINGS[i].action);
            snprintf(value, sizeof(value), "\"%s\"", SAYINGS[i].value);
            run_body(c, SAYINGS[i].tag, SAYINGS[i].body);
            bool plain = capture_has(c, 0, "event.action", action);
            bool number = capture_has(c, 0, SAYINGS[i].key, SAYINGS[i].value);
            bool text = capture_has(c, 0, SAYINGS[i].key, value);
            if (!plain || !(text || number))
                printf("      not understood: %s: %s\n", SAYINGS[i].tag, c->lines[0]);
            CHECK(plain && (text || number));
            capture_free(c);
        }
    }

    TEST ("a body of a megabyte is kept but not searched for meaning") {
        static char body[100000];
        memset(body, ' ', sizeof(body) - 1);
        for (size_t i = 0; i + 6 < sizeof(body); i += 6)
            memcpy(body + i, " from ", 6);
        memcpy(body, "Invalid user", 12);
        static char line[sizeof(body) + 64];
        snprintf(line, sizeof(line), "Jan  2 03:04:05 h sshd[1]: %s\n", body);
        run(c, line);
        CHECK(c->n_events == 1 && !capture_has_key(c, 0, "event.action"));
        capture_free(c);
    }
}

static void probes(void)
{
    static const char OLD[] = "Mar  9 01:02:03 h sshd[1]: a\nMar  9 01:02:03 h sshd[1]: b\n";
    static const char NEW[] =
        "2024-03-09T01:02:03.5+00:00 h sshd[1]: a\n2024-03-09T01:02:03.5+00:00 h sshd[1]: b\n";
    TEST ("logs with and without years go to the parser that may, or must not, cut them") {
        CHECK(bid(&ak_linux_syslog, "x", NEW) == AK_BID_LIKELY);
        CHECK(bid(&ak_linux_syslog, "x", OLD) == AK_BID_NO);
        CHECK(bid(&ak_linux_syslog_yearless, "x", OLD) == AK_BID_LIKELY);
        CHECK(bid(&ak_linux_syslog_yearless, "var/log/auth.log.2.gz", OLD) > AK_BID_LIKELY);
        CHECK(bid(&ak_linux_syslog_yearless, "secure-20240101", OLD) > AK_BID_LIKELY);
        CHECK(bid(&ak_linux_syslog_yearless, "x", NEW) == AK_BID_NO);
    }

    TEST ("container logs, program logs and prose are not taken, wherever they lie") {
        CHECK(bid(&ak_linux_syslog, "var/log/x",
                  "2016-10-06T00:17:09.669794202Z stdout P log content 1\n") == AK_BID_NO);
        CHECK(bid(&ak_linux_syslog, "var/log/x",
                  "2024-08-08 16:52:48,110 [INFO] uvicorn.error | up\n") == AK_BID_NO);
        CHECK(bid(&ak_linux_syslog_yearless, "var/log/x",
                  "In March 9 01:02:03 nothing\nhappened.\n") == AK_BID_NO);
        CHECK(bid(&ak_linux_syslog_yearless, "syslog", "") == AK_BID_NO);
    }
}

int main(void)
{
    struct capture c = { .modified = ak_stamp_unix(MARCH_2024, 0, AK_PREC_S) };
    ak_encoding_open();
    years(&c);
    dialects(&c);
    ssh(&c);
    sayings(&c);
    probes();
    return story_report();
}
