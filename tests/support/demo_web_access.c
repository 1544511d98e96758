/* demo_web_access.c - what web01's nginx wrote: two weeks of visitors, staff and
 * passing scanners, and one night of somebody else. */
#include "tests/support/demo.h"

#include <stdio.h>

enum { FIRST_DAY = 18, LAST_DAY = 31 };

static const char *const BROWSERS[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.6 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
};
static const char SCANNER[] = "Mozilla/5.0 (X11; Linux x86_64) scan/1.4";
static const char CURL[] = "curl/8.5.0";

static void hit(struct demo_log *log, int64_t at, const char *from, const char *method,
                const char *url, unsigned status, size_t bytes, const char *agent)
{
    int64_t local = at + 9 * 3600;
    int64_t day = (local - demo_jst(1, 9, 0, 0)) / 86400 + 1, s = local % 86400;
    demo_add(log, at,
             "%s - - [%02d/Jan/2026:%02d:%02d:%02d +0900] \"%s %s HTTP/1.1\" %u %zu \"-\" \"%s\"",
             from, (int)day, (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60), method, url,
             status, bytes, agent);
}

static void complain(struct demo_log *errors, int64_t at, const char *from, const char *url)
{
    int64_t local = at + 9 * 3600, s = local % 86400;
    int64_t day = (local - demo_jst(1, 9, 0, 0)) / 86400 + 1;
    demo_add(errors, at,
             "2026/01/%02d %02d:%02d:%02d [error] 812#812: *%d open() \"/var/www/html%s\" failed "
             "(2: No such file or directory), "
             "client: %s, server: www.akashi.example, request: \"GET %s HTTP/1.1\", host: "
             "\"www.akashi.example\"",
             (int)day, (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60), (int)(at % 100000), url,
             from, url);
}

/* ---- ordinary days ---- */

static void visit(struct demo_log *log, struct demo_rng *rng, int64_t at)
{
    static const struct {
        const char *url;
        size_t bytes;
    } PAGES[] = { { "/", 8412 },
                  { "/index.php", 8412 },
                  { "/products/", 15377 },
                  { "/products/tea.html", 9120 },
                  { "/company.html", 6120 },
                  { "/news.php?id=41", 5230 },
                  { "/news.php?id=42", 4981 },
                  { "/contact.php", 3870 },
                  { "/img/shop.jpg", 88211 },
                  { "/catalog/2026.pdf", 412088 } };
    char from[20];
    const char *network = demo_below(rng, 2) ? "192.0.2" : "198.51.100";
    snprintf(from, sizeof(from), "%s.%u", network, 10 + demo_below(rng, 210));
    const char *agent = BROWSERS[demo_below(rng, 4)];
    unsigned n = 2 + demo_below(rng, 7);
    for (unsigned i = 0; i < n; i++) {
        unsigned page = demo_below(rng, 10);
        hit(log, at, from, "GET", PAGES[page].url, 200, PAGES[page].bytes, agent);
        at += 1 + demo_below(rng, 40);
    }
    if (demo_below(rng, 12) == 0)
        hit(log, at + 60, from, "POST", "/contact.php", 200, 2104, agent);
    if (demo_below(rng, 40) == 0)
        hit(log, at + 90, from, "POST", "/contact/upload.php", 302, 154, agent);
}

static void staff_visit(struct demo_log *log, struct demo_rng *rng, int64_t at)
{
    char from[20];
    snprintf(from, sizeof(from), "10.0.10.%u", 21 + demo_below(rng, 3));
    hit(log, at, from, "GET", "/admin/login.php", 200, 1822, BROWSERS[0]);
    hit(log, at + 7, from, "POST", "/admin/login.php", 302, 0, BROWSERS[0]);
    hit(log, at + 8, from, "GET", "/admin/news.php", 200, 6120, BROWSERS[0]);
    hit(log, at + 200, from, "POST", "/admin/news.php", 302, 0, BROWSERS[0]);
}

/* Machines that try every door in the street. */
static void passing_scan(struct demo_log *log, struct demo_log *errors, struct demo_rng *rng,
                         int64_t at)
{
    static const char *const DOORS[] = { "/wp-login.php", "/.env", "/phpmyadmin/index.php",
                                         "/robots.txt", "/.git/config" };
    char from[20];
    snprintf(from, sizeof(from), "198.51.100.%u", 230 + demo_below(rng, 20));
    for (size_t i = 0; i < 5; i++) {
        hit(log, at, from, "GET", DOORS[i], 404, 548, "Mozilla/5.0 zgrab/0.x");
        complain(errors, at, from, DOORS[i]);
        at += 1 + demo_below(rng, 3);
    }
}

static void ordinary_day(struct demo_log *log, struct demo_log *errors, int day)
{
    /* visits in each hour of a day */
    static const uint8_t HOURS[24] = { 2,  1,  1, 1, 1, 1, 2, 3,  5,  8, 10, 10,
                                       12, 10, 9, 9, 8, 8, 9, 10, 11, 9, 6,  4 };
    struct demo_rng rng = { (uint64_t)day * 7919 };
    bool weekend = (day - 18) % 7 == 0 || (day - 17) % 7 == 0;
    for (int hour = 0; hour < 24; hour++) {
        if (day == LAST_DAY && hour > 10)
            break;
        for (unsigned i = 0; i < HOURS[hour]; i++)
            visit(log, &rng, demo_jst(day, hour, 0, (int)demo_below(&rng, 3600)));
    }
    for (int i = 0; !weekend && i < 4; i++)
        staff_visit(log, &rng, demo_jst(day, 9 + 2 * i, (int)demo_below(&rng, 60), 11));
    for (int i = 0; day < LAST_DAY && i < 3; i++)
        passing_scan(log, errors, &rng, demo_jst(day, 3 + 7 * i, (int)demo_below(&rng, 60), 5));
}

/* ---- the night of the 29th ---- */

static void scan(struct demo_log *log, struct demo_log *errors)
{
    static const char *const FOLDERS[] = { "",        "/admin", "/contact", "/old",
                                           "/backup", "/test",  "/api",     "/cms",
                                           "/shop",   "/data",  "/dev" };
    static const char *const NAMES[] = { "index", "login", "config", "upload", "db",    "backup",
                                         "shell", "test",  "info",   "setup",  "users", "dump" };
    static const char *const ENDS[] = { ".php",  ".bak",  ".sql",    ".zip",  ".old",
                                        ".txt",  ".php~", ".tar.gz", ".inc",  ".log",
                                        ".html", ".asp",  ".jsp",    ".cgi",  ".json",
                                        ".xml",  ".yml",  ".ini",    ".conf", "/" };
    struct demo_rng rng = { 66 };
    int64_t at = demo_jst(29, 21, 52, 8);
    char url[128];
    for (size_t i = 0; i < 11 * 12 * 20; i++) {
        snprintf(url, sizeof(url), "%s/%s%s", FOLDERS[i / 240], NAMES[i / 20 % 12], ENDS[i % 20]);
        bool there = strcmp(url, "/contact/upload.php") == 0 || strcmp(url, "/index.php") == 0 ||
                     strcmp(url, "/admin/login.php") == 0;
        hit(log, at, DEMO_INTRUDER, "GET", url, there ? 200 : 404, there ? 1822 : 548, SCANNER);
        if (!there && i % 4 == 0)
            complain(errors, at, DEMO_INTRUDER, url);
        at += demo_below(&rng, 3);
    }
}

static void use_shell(struct demo_log *log)
{
    static const char *const COMMANDS[] = { "id",
                                            "whoami",
                                            "uname+-a",
                                            "cat+/etc/passwd",
                                            "ls+-la+/home",
                                            "ls+-la+/srv/customer",
                                            "cat+/var/www/html/inc/db.php",
                                            "netstat+-tln",
                                            "ip+addr",
                                            "ss+-tnp",
                                            "cat+/etc/hosts" };
    struct demo_rng rng = { 29 };
    int64_t at = demo_jst(29, 22, 42, 19);
    char url[160];
    hit(log, demo_jst(29, 22, 41, 2), DEMO_INTRUDER, "GET", "/contact/upload.php", 200, 1822,
        BROWSERS[3]);
    hit(log, demo_jst(29, 22, 41, 37), DEMO_INTRUDER, "POST", "/contact/upload.php", 302, 154,
        BROWSERS[3]);
    for (size_t i = 0; i < 33; i++) {
        snprintf(url, sizeof(url), DEMO_SHELL "?cmd=%s", COMMANDS[i % 11]);
        if (i % 3 == 2)
            hit(log, at, DEMO_INTRUDER, "POST", DEMO_SHELL, 200, 300 + demo_below(&rng, 4000),
                BROWSERS[3]);
        else
            hit(log, at, DEMO_INTRUDER, "GET", url, 200, 40 + demo_below(&rng, 2000), BROWSERS[3]);
        at += 20 + demo_below(&rng, 190);
    }
}

void demo_web_access(struct demo_log *access, struct demo_log *errors, size_t tar_bytes)
{
    for (int day = FIRST_DAY; day <= LAST_DAY; day++)
        ordinary_day(access, errors, day);
    scan(access, errors);
    use_shell(access);
    hit(access, demo_jst(30, 0, 36, 12), DEMO_INTRUDER, "GET", DEMO_TAR, 200, tar_bytes, CURL);
    hit(access, demo_jst(31, 3, 27, 44), DEMO_INTRUDER, "GET", DEMO_SHELL "?cmd=w", 200, 214,
        BROWSERS[3]);
    demo_sort(access);
    demo_sort(errors);
}
