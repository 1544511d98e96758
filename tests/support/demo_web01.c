/* demo_web01.c - the disk of web01, the web server: its files, its logs as they
 * were left, and the archive that was taken and removed. */
#include "tests/support/demo.h"
#include "tests/support/ewf_writer.h"
#include "tests/support/gpt_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CUSTOMERS = 2418, MIB = 64 };

#define MACHINE_ID "0a6b6173686964656d6f303031303030"

/* ---- a log as rotated files ---- */

struct part {
    const char *path;
    int64_t from, until; /* [from, until[ */
};

static bool is_gz(const char *path)
{
    size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".gz") == 0;
}

static void put_line(struct ak_buf *out, const struct demo_line *l)
{
    int64_t local = l->at + 9 * 3600, s = local % 86400,
            day = (local - demo_jst(1, 9, 0, 0)) / 86400 + 1;
    if (l->program) {
        /* cron names itself in capitals when it runs something */
        const char *program = strcmp(l->program, "cron") == 0 ? "CRON" : l->program;
        ak_buf_printf(out, "Jan %2d %02d:%02d:%02d web01 %s[%u]: ", (int)day, (int)(s / 3600),
                      (int)(s / 60 % 60), (int)(s % 60), program, l->pid);
    }
    ak_buf_text(out, l->text);
    ak_buf_u8(out, '\n');
}

/* The intruder deleted the lines of the 30th from 01:00 on. */
static bool was_deleted(const struct demo_line *l)
{
    return l->program && l->at >= demo_jst(30, 1, 0, 0) && l->at < demo_jst(31, 0, 0, 0);
}

static void put_part(struct demo_tree *tree, const struct demo_log *log, const struct part *part,
                     int which)
{
    struct ak_buf text = { 0 };
    int64_t last = part->from;
    for (size_t i = 0; i < log->n; i++) {
        const struct demo_line *l = &log->lines[i];
        if (l->at < part->from || l->at >= part->until || (which >= 0 && l->auth != which) ||
            was_deleted(l))
            continue;
        put_line(&text, l);
        last = l->at;
    }
    struct demo_file *f = demo_file(tree, part->path, last);
    f->mode = 0100640;
    f->gid = 4;
    f->born = part->from;
    if (is_gz(part->path))
        demo_gzip(&f->content, (struct ak_bytes){ text.at, text.n }, last);
    else
        ak_buf_put(&f->content, text.at, text.n);
    ak_buf_free(&text);
}

static void put_daily(struct demo_tree *tree, const struct demo_log *log, const char *const *paths,
                      size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int day = 31 - (int)i;
        put_part(tree, log,
                 &(struct part){ paths[i], demo_jst(day, 0, 0, 0), demo_jst(day + 1, 0, 0, 0) },
                 -1);
    }
}

static void put_web_logs(struct demo_tree *tree, size_t tar_bytes)
{
    static const char *const ACCESS[] = {
        "/var/log/nginx/access.log",       "/var/log/nginx/access.log.1",
        "/var/log/nginx/access.log.2.gz",  "/var/log/nginx/access.log.3.gz",
        "/var/log/nginx/access.log.4.gz",  "/var/log/nginx/access.log.5.gz",
        "/var/log/nginx/access.log.6.gz",  "/var/log/nginx/access.log.7.gz",
        "/var/log/nginx/access.log.8.gz",  "/var/log/nginx/access.log.9.gz",
        "/var/log/nginx/access.log.10.gz", "/var/log/nginx/access.log.11.gz",
        "/var/log/nginx/access.log.12.gz", "/var/log/nginx/access.log.13.gz"
    };
    static const char *const ERRORS[] = { "/var/log/nginx/error.log", "/var/log/nginx/error.log.1",
                                          "/var/log/nginx/error.log.2.gz",
                                          "/var/log/nginx/error.log.3.gz" };
    struct demo_log access = { 0 }, errors = { 0 };
    demo_web_access(&access, &errors, tar_bytes);
    put_daily(tree, &access, ACCESS, sizeof(ACCESS) / sizeof(ACCESS[0]));
    put_daily(tree, &errors, ERRORS, sizeof(ERRORS) / sizeof(ERRORS[0]));
    demo_log_free(&access);
    demo_log_free(&errors);
}

static void put_syslogs(struct demo_tree *tree)
{
    static const struct part AUTH[] = { { "/var/log/auth.log", 0, 0 },
                                        { "/var/log/auth.log.1", 0, 0 },
                                        { "/var/log/auth.log.2.gz", 0, 0 } };
    static const struct part SYSLOG[] = { { "/var/log/syslog", 0, 0 },
                                          { "/var/log/syslog.1", 0, 0 },
                                          { "/var/log/syslog.2.gz", 0, 0 } };
    static const int WEEKS[] = { 32, 25, 18, 12 };
    struct demo_log log = { 0 };
    demo_linux_log(&log);
    for (size_t i = 0; i < 3; i++) {
        int64_t from = demo_jst(WEEKS[i + 1], 0, 0, 0), until = demo_jst(WEEKS[i], 0, 0, 0);
        put_part(tree, &log, &(struct part){ AUTH[i].path, from, until }, 1);
        put_part(tree, &log, &(struct part){ SYSLOG[i].path, from, until }, 0);
    }
    struct demo_file *journal =
        demo_file(tree, "/var/log/journal/" MACHINE_ID "/system.journal", demo_jst(31, 10, 39, 2));
    journal->mode = 0100640;
    journal->gid = 101;
    demo_journal(&journal->content, &log);
    demo_log_free(&log);
}

/* ---- the rest of the machine ---- */

static const char *const FOLDERS[] = { "/etc",
                                       "/etc/cron.d",
                                       "/etc/nginx",
                                       "/etc/ssh",
                                       "/home",
                                       "/home/webadmin",
                                       "/home/deploy",
                                       "/home/deploy/.ssh",
                                       "/root",
                                       "/srv",
                                       "/srv/customer",
                                       "/usr",
                                       "/usr/share",
                                       "/usr/share/zoneinfo",
                                       "/usr/share/zoneinfo/Asia",
                                       "/var",
                                       "/var/log",
                                       "/var/log/apt",
                                       "/var/log/nginx",
                                       "/var/log/journal",
                                       ("/var/log/journal/" MACHINE_ID),
                                       "/var/www",
                                       "/var/www/html",
                                       "/var/www/html/contact",
                                       "/var/www/html/admin",
                                       "/var/www/html/img",
                                       "/var/www/html/uploads",
                                       "/var/www/html/uploads/2026" };

/* Nine hours east, without summer time: version 1 and 2 of RFC 8536. */
static void tokyo(struct ak_buf *out)
{
    for (int version = 1; version <= 2; version++) {
        ak_buf_put(out, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 36);
        ak_buf_put(out, "\0\0\0\1\0\0\0\4", 8);
        ak_buf_put(out, "\0\0\x7E\x90\0\0JST\0", 10);
    }
    ak_buf_text(out, "\nJST-9\n");
}

static void put_system(struct demo_tree *tree, int64_t installed)
{
    demo_text(tree, "/etc/hostname", installed, "web01\n");
    demo_text(tree, "/etc/hosts", installed,
              "127.0.0.1 localhost\n10.0.20.5 web01\n10.0.10.5 FS01 fs01.akashi.example\n");
    demo_text(tree, "/etc/timezone", installed, "Asia/Tokyo\n");
    demo_text(tree, "/etc/machine-id", installed, MACHINE_ID "\n");
    demo_text(
        tree, "/etc/os-release", installed,
        "NAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nID=ubuntu\nPRETTY_NAME=\"Ubuntu 22.04.3 LTS\"\n");
    struct demo_file *f = demo_file(tree, "/etc/localtime", installed);
    f->mode = 0120777;
    f->target = "/usr/share/zoneinfo/Asia/Tokyo";
    tokyo(&demo_file(tree, "/usr/share/zoneinfo/Asia/Tokyo", installed)->content);
    demo_text(tree, "/etc/passwd", installed,
              "root:x:0:0:root:/root:/bin/bash\nsyslog:x:104:110::/home/syslog:/usr/sbin/nologin\n"
              "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nwebadmin:x:1000:1000:Web "
              "Admin:/home/webadmin:/bin/bash\n"
              "deploy:x:1001:1001:Deploy:/home/deploy:/bin/bash\n");
    f = demo_text(tree, "/etc/shadow", demo_jst(30, 0, 24, 31),
                  "root:$6$akashidemo$notarealhash:20483:0:99999:7:::\nwebadmin:$6$akashidemo$"
                  "notarealhash:20483:0:99999:7:::\n"
                  "deploy:$6$akashidemo$notarealhash:20100:0:99999:7:::\n");
    f->mode = 0100640;
    f->gid = 42;
    demo_text(
        tree, "/etc/group", installed,
        "root:x:0:\nadm:x:4:syslog\nsudo:x:27:webadmin,deploy\nwebadmin:x:1000:\ndeploy:x:1001:\n");
    demo_text(tree, "/etc/crontab", installed,
              "SHELL=/bin/sh\n17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n");
    demo_text(tree, "/etc/nginx/nginx.conf", installed,
              "user www-data;\nhttp { access_log /var/log/nginx/access.log; }\n");
    demo_text(tree, "/etc/ssh/sshd_config", installed,
              "PasswordAuthentication yes\nPermitRootLogin no\n");
}

static void put_packages(struct demo_tree *tree)
{
    struct demo_file *f = demo_file(tree, "/var/log/dpkg.log", demo_jst(27, 9, 41, 12));
    ak_buf_text(&f->content,
                "2026-01-13 09:40:02 upgrade tzdata:all 2025a-0ubuntu0.22.04 2025b-0ubuntu0.22.04\n"
                "2026-01-13 09:40:05 status installed tzdata:all 2025b-0ubuntu0.22.04\n"
                "2026-01-27 09:41:10 upgrade libc6:amd64 2.35-0ubuntu3.8 2.35-0ubuntu3.9\n"
                "2026-01-27 09:41:12 status installed libc6:amd64 2.35-0ubuntu3.9\n");
    f = demo_file(tree, "/var/log/apt/history.log", demo_jst(27, 9, 41, 13));
    ak_buf_text(&f->content, "\nStart-Date: 2026-01-27  09:41:08\nCommandline: apt "
                             "upgrade\nRequested-By: webadmin (1000)\n"
                             "Upgrade: libc6:amd64 (2.35-0ubuntu3.8, 2.35-0ubuntu3.9)\nEnd-Date: "
                             "2026-01-27  09:41:13\n");
}

static void typed(struct ak_buf *out, int64_t at, const char *command)
{
    ak_buf_printf(out, "#%lld\n%s\n", (long long)at, command);
}

static void put_histories(struct demo_tree *tree)
{
    static const struct {
        int day, hour, minute, second;
        const char *command;
    } TYPED[] = {
        { 30, 0, 21, 14, "id" },
        { 30, 0, 24, 2, "echo 'webadmin:********' | chpasswd" },
        { 30, 0, 24, 20, "passwd root" },
        { 30, 0, 27, 40, "ls -la /srv/customer" },
        { 30, 0, 31, 5, "tar czf /var/www/html" DEMO_TAR " /srv/customer" },
        { 30, 0, 39, 51, "rm -f /var/www/html" DEMO_TAR },
        { 30, 23, 9, 12, "ping -c 1 10.0.10.5" },
        { 30, 23, 40, 3, "ssh -N -D 1080 localhost" },
        { 31, 3, 14, 22,
          "sed -i '/^Jan 30 0[1-9]/d;/^Jan 30 [12]/d' /var/log/auth.log /var/log/syslog" },
        { 31, 3, 16, 2, "ls -la /var/log" },
    };
    struct demo_file *f = demo_file(tree, "/root/.bash_history", demo_jst(31, 3, 25, 39));
    f->mode = 0100600;
    for (size_t i = 0; i < sizeof(TYPED) / sizeof(TYPED[0]); i++)
        typed(&f->content, demo_jst(TYPED[i].day, TYPED[i].hour, TYPED[i].minute, TYPED[i].second),
              TYPED[i].command);
    f = demo_file(tree, "/home/deploy/.bash_history", demo_jst(31, 3, 25, 40));
    f->mode = 0100600;
    f->uid = f->gid = 1001;
    typed(&f->content, demo_jst(27, 11, 31, 0), "cd /var/www/html && git pull");
    typed(&f->content, demo_jst(30, 0, 20, 31), "whoami; hostname; sudo -l");
    typed(&f->content, demo_jst(30, 0, 21, 10), "sudo /bin/bash");
    f = demo_file(tree, "/home/webadmin/.bash_history", demo_jst(30, 9, 58, 0));
    f->mode = 0100600;
    f->uid = f->gid = 1000;
    typed(&f->content, demo_jst(27, 9, 40, 50), "sudo apt update");
    typed(&f->content, demo_jst(27, 9, 41, 2), "sudo apt upgrade");
}

static void put_site(struct demo_tree *tree, int64_t installed)
{
    demo_text(tree, "/var/www/html/index.php", installed,
              "<!doctype html><title>株式会社あかし商店(架空)</title>\n");
    demo_text(tree, "/var/www/html/contact.php", installed,
              "<!doctype html><title>お問い合わせ</title>\n");
    demo_text(tree, "/var/www/html/contact/upload.php", installed,
              "<!doctype html><title>見積依頼ファイルの送付</title>\n");
    demo_text(tree, "/var/www/html/admin/login.php", installed,
              "<!doctype html><title>管理画面</title>\n");
    struct demo_file *f =
        demo_text(tree, "/var/www/html" DEMO_SHELL, demo_jst(29, 22, 41, 37),
                  "<?php /* A stand-in for a web shell in made-up evidence: it does nothing.\n"
                  "         架空の証拠に置いたWebシェルの代用品。何も実行しない。 */ ?>\n");
    f->uid = f->gid = 33;
    f->mode = 0100644;
}

/* The customers' list, and the archive of it that left and was removed. */
static size_t put_customers(struct demo_tree *tree)
{
    struct ak_buf tar = { 0 };
    struct demo_file *list =
        demo_file(tree, "/srv/customer/customers_2025.csv", demo_jst(28, 17, 30, 0));
    list->mode = 0100640;
    demo_customers(&list->content, CUSTOMERS);
    demo_tar_file(&tar, "srv/customer/customers_2025.csv",
                  (struct ak_bytes){ list->content.at, list->content.n }, list->at);
    demo_tar_end(&tar);
    struct demo_file *f = demo_file(tree, "/var/www/html" DEMO_TAR, demo_jst(30, 0, 31, 6));
    f->deleted = demo_jst(30, 0, 39, 51);
    demo_gzip(&f->content, (struct ak_bytes){ tar.at, tar.n }, f->at);
    ak_buf_free(&tar);
    return f->content.n;
}

static bool image(const char *volume_path, const char *e01_path)
{
    struct ak_buf volume = { 0 }, e01 = { 0 };
    size_t n = 0;
    bool ok = demo_load(volume_path, &volume);
    uint8_t *disk =
        ok ? gpt_write((struct ak_bytes){ volume.at, volume.n }, GPT_LINUX, "root", &n) : NULL;
    ok = disk && ewf_write(&e01, (struct ak_bytes){ disk, n },
                           &(struct ewf_case){ .case_number = "AKASHI-2026-001",
                                               .evidence_number = "web01",
                                               .description = "web01 system disk (fictitious)",
                                               .examiner = "akashi-demo",
                                               .notes = "made from a recipe",
                                               .acquired = demo_jst(31, 14, 5, 0) });
    ok = ok && demo_save(e01_path, (struct ak_bytes){ e01.at, e01.n });
    free(disk);
    ak_buf_free(&volume);
    ak_buf_free(&e01);
    return ok;
}

bool demo_web01(const char *folder)
{
    char volume[4096], scratch[4096], e01[4096];
    const int64_t installed = demo_jst(1, 10, 0, 0) - 200 * 86400;
    struct demo_tree *tree = calloc(1, sizeof(*tree));
    if (!tree)
        return false;
    snprintf(volume, sizeof(volume), "%s/.web01.ext4", folder);
    snprintf(scratch, sizeof(scratch), "%s/.web01.files", folder);
    snprintf(e01, sizeof(e01), "%s/web01.E01", folder);
    for (size_t i = 0; i < sizeof(FOLDERS) / sizeof(FOLDERS[0]); i++)
        demo_folder(tree, FOLDERS[i], installed);
    put_system(tree, installed);
    put_site(tree, installed);
    put_web_logs(tree, put_customers(tree));
    put_syslogs(tree);
    put_packages(tree);
    put_histories(tree);
    demo_login_records(tree);
    bool ok = demo_ext4(tree, volume, scratch, MIB) && image(volume, e01);
    unlink(volume);
    demo_tree_free(tree);
    free(tree);
    return ok;
}
