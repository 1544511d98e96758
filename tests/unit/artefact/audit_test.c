/* audit_test.c - what the audit daemon wrote down. */
#include "base/encoding.h"
#include "tests/support/capture.h"
#include "tests/support/story.h"

extern const struct ak_artefact ak_linux_audit;

static void run(struct capture *c, const char *text)
{
    capture_run(c, &ak_linux_audit, ak_bytes_str(ak_str_of(text)));
}

int main(void)
{
    struct capture c = { 0 };
    ak_encoding_open();

    TEST ("a failed login names the user, the address and the outcome") {
        run(&c, "type=USER_LOGIN msg=audit(1700000000.123:456): pid=900 uid=0 auid=4294967295 "
                "ses=4294967295 "
                "msg='op=login acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=203.0.113.9 "
                "terminal=ssh "
                "res=failed'\n");
        CHECK(c.status == AK_OK && c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "datetime", "\"2023-11-14T22:13:20.123Z\""));
        CHECK(capture_has(&c, 0, "event.code", "\"USER_LOGIN\"") &&
              capture_has(&c, 0, "event.action", "\"login\""));
        CHECK(capture_has(&c, 0, "event.outcome", "\"failure\"") &&
              capture_has(&c, 0, "event.sequence", "456"));
        CHECK(capture_has(&c, 0, "user.name", "\"root\"") &&
              capture_has(&c, 0, "source.ip", "\"203.0.113.9\""));
        CHECK(capture_has(&c, 0, "process.executable", "\"/usr/sbin/sshd\""));
        CHECK(!capture_has_key(&c, 0, "source.address"));
        capture_free(&c);
    }

    TEST ("arguments become one command line, also those written as digits and in parts") {
        run(&c, "type=EXECVE msg=audit(1700000000.000:1): argc=4 a0=\"sh\" a1=\"-c\" "
                "a2=6C73202F20E382AD a3_len=6 a3[0]=616263 a3[1]=646566\n");
        CHECK(capture_has(&c, 0, "process.command_line", "\"sh -c ls / キ abcdef\""));
        CHECK(capture_has(&c, 0, "auditd.log.a2", "\"ls / キ\"") &&
              capture_has(&c, 0, "event.action", "\"process_started\""));
        CHECK(c.n_damage == 0);
        capture_free(&c);
    }

    TEST ("the arguments of a system call are numbers, not text") {
        run(&c, "type=SYSCALL msg=audit(1700000000.000:1): arch=c000003e syscall=59 success=yes "
                "exit=0 a0=616263 "
                "ppid=5 pid=6 comm=\"wget\" exe=2F746D702F612062 key=(null)\x1d"
                "SYSCALL=execve AUID=\"mio\"\n");
        CHECK(capture_has(&c, 0, "auditd.log.a0", "\"616263\"") &&
              capture_has(&c, 0, "process.parent.pid", "5"));
        CHECK(capture_has(&c, 0, "process.executable", "\"/tmp/a b\"") &&
              capture_has(&c, 0, "auditd.log.SYSCALL", "\"execve\""));
        CHECK(capture_has(&c, 0, "event.outcome", "\"success\"") &&
              !capture_has_key(&c, 0, "auditd.log.key"));
        capture_free(&c);
    }

    TEST ("records of one event know from the system call who did it, those of others do not") {
        run(&c, "type=SYSCALL msg=audit(1700000000.000:7): arch=c000003e syscall=59 success=yes "
                "exit=0 ppid=5 pid=6 "
                "auid=1000 uid=33 euid=33 comm=\"sh\" exe=\"/usr/bin/dash\" key=\"exec\"\x1d"
                "UID=\"www-data\"\n"
                "type=EXECVE msg=audit(1700000000.000:7): argc=3 a0=\"sh\" a1=\"-c\" a2=\"id\"\n"
                "type=PATH msg=audit(1700000000.000:7): item=0 name=\"/bin/sh\" nametype=NORMAL "
                "ouid=0\n"
                "type=EXECVE msg=audit(1700000000.000:8): argc=1 a0=\"id\"\n"
                "type=EXECVE msg=audit(1700000000.001:7): argc=1 a0=\"id\"\n"
                "node=b type=EXECVE msg=audit(1700000000.000:7): argc=1 a0=\"id\"\n"
                "type=PROCTITLE msg=audit(1700000000.000:7): proctitle=\"sh\"\n");
        CHECK(c.n_events == 7 && c.n_damage == 0);
        CHECK(capture_has(&c, 1, "process.executable", "\"/usr/bin/dash\"") &&
              capture_has(&c, 1, "process.pid", "6"));
        CHECK(capture_has(&c, 1, "process.command_line", "\"sh -c id\"") &&
              capture_has(&c, 1, "auditd.log.syscall", "\"59\""));
        CHECK(capture_has(&c, 1, "user.id", "\"33\"") &&
              capture_has(&c, 1, "auditd.log.UID", "\"www-data\""));
        CHECK(!capture_has_key(&c, 1, "auditd.log.key") &&
              capture_has(&c, 1, "auditd.log.a0", "\"sh\""));
        CHECK(capture_has(&c, 2, "process.executable", "\"/usr/bin/dash\"") &&
              capture_has(&c, 2, "file.path", "\"/bin/sh\""));
        CHECK(capture_has(&c, 2, "event.outcome", "\"success\""));
        for (size_t i = 3; i < 6; i++)
            CHECK(!capture_has_key(&c, i, "process.executable"));
        CHECK(capture_has(&c, 6, "process.executable", "\"/usr/bin/dash\""));
        capture_free(&c);
    }

    TEST ("a program executed knows what its parent executed before, unless that failed or is of "
          "another host") {
        run(&c, "type=SYSCALL msg=audit(1700000000.000:1): syscall=59 success=yes ppid=1 pid=100 "
                "exe=\"/usr/bin/git\"\n"
                "type=EXECVE msg=audit(1700000000.000:1): argc=2 a0=\"git\" a1=\"pull\"\n"
                "type=SYSCALL msg=audit(1700000001.000:2): syscall=59 success=yes ppid=100 pid=101 "
                "exe=\"/usr/bin/dash\"\n"
                "type=EXECVE msg=audit(1700000001.000:2): argc=1 a0=\"sh\"\n"
                "type=SYSCALL msg=audit(1700000002.000:3): syscall=59 success=no ppid=101 pid=100 "
                "exe=\"/usr/bin/git\"\n"
                "type=EXECVE msg=audit(1700000002.000:3): argc=1 a0=\"/tmp/x\"\n"
                "type=SYSCALL msg=audit(1700000003.000:4): syscall=59 success=yes ppid=100 pid=102 "
                "exe=\"/usr/bin/id\"\n"
                "type=EXECVE msg=audit(1700000003.000:4): argc=1 a0=\"id\"\n"
                "node=b type=SYSCALL msg=audit(1700000004.000:5): syscall=59 success=yes ppid=100 "
                "pid=102 exe=\"/usr/bin/id\"\n"
                "node=b type=EXECVE msg=audit(1700000004.000:5): argc=1 a0=\"id\"\n"
                "type=SYSCALL msg=audit(1700000005.000:6): syscall=59 success=yes ppid=4196 "
                "pid=103 exe=\"/usr/bin/id\"\n"
                "type=EXECVE msg=audit(1700000005.000:6): argc=1 a0=\"id\"\n");
        CHECK(c.n_events == 12 && c.n_damage == 0);
        CHECK(!capture_has_key(&c, 1, "process.parent.executable"));
        CHECK(capture_has(&c, 3, "process.parent.executable", "\"/usr/bin/git\"") &&
              capture_has(&c, 3, "process.parent.command_line", "\"git pull\""));
        CHECK(capture_has(&c, 7, "process.parent.command_line", "\"git pull\""));
        CHECK(!capture_has_key(&c, 9, "process.parent.executable") &&
              !capture_has_key(&c, 11, "process.parent.executable"));
        capture_free(&c);
    }

    TEST ("what a record says itself is not overwritten by the system call") {
        run(&c, "type=SYSCALL msg=audit(1700000000.000:7): syscall=59 pid=6 exe=\"/usr/bin/dash\"\n"
                "type=OBJ_PID msg=audit(1700000000.000:7): pid=99 exe=\"/sbin/init\"\n");
        CHECK(capture_has(&c, 1, "process.pid", "99") &&
              capture_has(&c, 1, "process.executable", "\"/sbin/init\""));
        capture_free(&c);
    }

    TEST ("a process title's arguments are kept apart by spaces") {
        run(&c, "type=PROCTITLE msg=audit(1700000000.000:1): "
                "proctitle=636174002F6574632F706173737764\n");
        CHECK(capture_has(&c, 0, "process.command_line", "\"cat /etc/passwd\""));
        capture_free(&c);
    }

    TEST ("a socket address gives its port and address") {
        run(&c,
            "type=SOCKADDR msg=audit(1700000000.000:1): saddr=0200115CC63364070000000000000000\n"
            "type=SOCKADDR msg=audit(1700000000.000:1): saddr=0A0001BB00000000"
            "20010DB800000000000000000000000100000000\n");
        CHECK(capture_has(&c, 0, "auditd.log.saddr.ip", "\"198.51.100.7\"") &&
              capture_has(&c, 0, "auditd.log.saddr.port", "4444"));
        CHECK(capture_has(&c, 1, "auditd.log.saddr.ip", "\"2001:db8::1\"") &&
              capture_has(&c, 1, "auditd.log.saddr.port", "443"));
        capture_free(&c);
    }

    TEST ("the writing of older programs, with commas and brackets, is understood") {
        run(&c, "node=web1 type=USER_AUTH msg=audit(1200000000.1:9): user pid=1 uid=0 auid=0 "
                "msg='PAM: authentication "
                "acct=root : exe=/bin/su (hostname=home.example.jp, addr=?, terminal=pts/0 "
                "res=failed)'\n");
        CHECK(capture_has(&c, 0, "host.name", "\"web1\"") &&
              capture_has(&c, 0, "source.address", "\"home.example.jp\""));
        CHECK(capture_has(&c, 0, "event.outcome", "\"failure\"") &&
              capture_has(&c, 0, "auditd.log.terminal", "\"pts/0\""));
        capture_free(&c);
    }

    TEST ("a line that is no record is damage, and the lines around it stand") {
        run(&c, "type=LOGIN msg=audit(1700000000.000:1): pid=1\ngarbage\ntype=LOGIN "
                "msg=audit(1700000000.000:2): pid=2");
        CHECK(c.n_events == 2 && c.n_damage == 1 && c.damage_at[0] == 46);
        CHECK(capture_has(&c, 1, "process.pid", "2"));
        capture_free(&c);
    }

    TEST ("more fields than an event holds are damage, and the line is there in full") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, "type=EXECVE msg=audit(1700000000.000:1): argc=600");
        for (int i = 0; i < 600; i++)
            ak_buf_printf(&b, " a%d=\"x\"", i);
        capture_run(&c, &ak_linux_audit, (struct ak_bytes){ b.at, b.n });
        CHECK(c.n_events == 1 && c.n_damage == 1);
        CHECK(strstr(c.lines[0], "a599"));
        capture_free(&c);
        ak_buf_free(&b);
    }

    TEST ("every truncation is a shorter line or damage") {
        static const char TEXT[] =
            "type=USER_LOGIN msg=audit(1700000000.123:456): msg='acct=\"r\" addr=1.2.3.4'";
        for (size_t n = 1; n < sizeof(TEXT); n++) {
            capture_run(&c, &ak_linux_audit, (struct ak_bytes){ (const uint8_t *)TEXT, n });
            CHECK(c.status == AK_OK && c.n_events + c.n_damage == 1);
            capture_free(&c);
        }
    }

    return story_report();
}
