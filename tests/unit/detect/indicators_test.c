/* indicators_test.c - feeds as people write them, and what of them is understood. */
#include "tests/support/indicators_build.h"
#include "tests/support/story.h"

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void lists(void)
{
    TEST ("a list: the form of a line says what it is") {
        CHECK(feed_is(MD5 "\n" SHA1 "\r\n" SHA256 "\n",
                      "md5 " MD5 ";sha1 " SHA1 ";sha256 " SHA256 ";"));
        CHECK(feed_is("D41D8CD98F00B204E9800998ECF8427E", "md5 " MD5 ";"));
        CHECK(feed_is("192.0.2.1\n2001:DB8::1\n192.0.2.1:8080\n[2001:db8::2]:443\n",
                      "ip 192.0.2.1;ip 2001:db8::1;ip 2001:db8::2;"));
        CHECK(feed_is("::ffff:192.0.2.9", "ip 192.0.2.9;"));
        CHECK(feed_is("192.0.2.77/24\n2001:db8:1::/48\n10.0.0.1/32",
                      "network 192.0.2.0/24;network 2001:db8:1::/48;ip 10.0.0.1;"));
        CHECK(feed_is("Evil.Example.COM\n*.bad.example\nworse.example.\n",
                      "domain evil.example.com;domain bad.example;domain worse.example;"));
        CHECK(feed_is("http://Evil.example:80/A/b.php?x=1#top\nevil.example/x",
                      "url evil.example/a/b.php?x=1;url evil.example/x;"));
        CHECK(feed_is("/up/x.php?cmd=id", "url /up/x.php?cmd=id;"));
        CHECK(feed_is("who@evil.example", "email who@evil.example;"));
        CHECK(feed_is("mal ware.exe\nxmrig.zip", "file_name mal ware.exe;file_name xmrig.zip;"));
        CHECK(feed_is(
            "C:\\Windows\\Temp\\a b.exe\n/tmp/.x/run\n%TEMP%\\q.exe\n%windir%\\q.exe\nTasks\\q",
            "file_path /windows/temp/a b.exe;file_path /tmp/.x/run;path_end /temp/q.exe;file_path "
            "/windows/q.exe;path_end /tasks/q;"));
        CHECK(feed_is("HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\Evil\nHKCU\\Software\\Evil",
                      "registry_key hklm/software/evil;registry_key hkcu/software/evil;"));
        CHECK(feed_is("Global\\EvilMutex\n\\\\.\\pipe\\evil", "mutex evilmutex;pipe evil;"));
    }

    TEST ("what is defanged is understood") {
        CHECK(feed_is(
            "hxxps[://]evil[.]example/a\nhxxp://evil(dot)example/"
            "b\nevil[.]example\n192[.]0[.]2[.]1\nwho[@]evil[.]example\nhXXp[:]//q[.]example/",
            "url evil.example/a;url evil.example/b;domain evil.example;ip 192.0.2.1;email "
            "who@evil.example;url q.example;"));
    }

    TEST ("comments are passed over, remarks become labels, kinds can be told") {
        CHECK(feed_is("# a\n; b\n// c\n\n  \nevil.example # of APT0\n192.0.2.1\tloader\n" SHA256
                      "  evil.bin\n" MD5 ";Evil; again\nq.example,stealer",
                      "domain evil.example [of APT0];ip 192.0.2.1 [loader];sha256 " SHA256
                      " [evil.bin];md5 " MD5 " [Evil; again];domain q.example [stealer];"));
        CHECK(feed_is("mutex: Foo Bar\nuser-agent: Mozilla/5.0 (evil; x, y)\npipe=\\pipe\\q\nfile: "
                      "noending\ncommand-line: whoami /all",
                      "mutex foo bar;user_agent mozilla/5.0 (evil; x, y);pipe q;file_name "
                      "noending;command_line whoami /all;"));
    }

    TEST ("what is no indicator is a problem with its line, and the others stand") {
        CHECK(feed_is("evil.example\nwhat is this\n\nq.example",
                      "domain evil.example;domain q.example;"
                      "!2 its form does not tell what kind of indicator it is: what is this;"));
        CHECK(feed_is("localhost\ncom\n300.1.1.1\nHKLM\\Software\n0.0.0.0/0",
                      "!1 its form does not tell what kind of indicator it is: localhost;"
                      "!2 its form does not tell what kind of indicator it is: com;"
                      "!3 its form does not tell what kind of indicator it is: 300.1.1.1;"
                      "!4 its form does not tell what kind of indicator it is: HKLM\\Software;"
                      "!5 its form does not tell what kind of indicator it is: 0.0.0.0/0;"));
    }

    TEST ("a comment above a paragraph says what it is; prose is no header of a table") {
        CHECK(feed_is("# FORMAT\n#\n# c2-server.tld\n# ip-address\n#\n\n## Operation Q, "
                      "2014\nevil.example\n192.0.2.1\n\nq.example\n",
                      "domain evil.example [Operation Q, 2014];ip 192.0.2.1 [Operation Q, "
                      "2014];domain q.example;"));
        CHECK(feed_is("# this list has domain, ip, url\nevil.example",
                      "domain evil.example [this list has domain, ip, url];"));
        CHECK(feed_is("evil.example,domain\n192.0.2.1,ip",
                      "domain evil.example [domain];ip 192.0.2.1 [ip];"));
        CHECK(feed_is("domain\n192.0.2.1\nevil.example", "ip 192.0.2.1;domain evil.example;"));
    }

    TEST ("lists for scanners: expressions that are plain names are read, others told") {
        CHECK(
            feed_is("\\\\usbclass\\.sys;80\n\\\\config\\\\SystemAudit\\.Evt$;80\n\\\\(a|b)\\.exe;"
                    "70\nTemp\\\\x\\.exe;60",
                    "file_name usbclass.sys [80];path_end /config/systemaudit.evt [80];"
                    "!3 its form does not tell what kind of indicator it is: \\\\(a|b)\\.exe;70;"
                    "!4 its form does not tell what kind of indicator it is: Temp\\\\x\\.exe;60;"));
        CHECK(feed_is("C:\\Users\\*\\AppData\\q?.exe\n\\\\server\\share\\x.exe",
                      "file_path /users/%/appdata/q_.exe like;file_path /server/share/x.exe;"));
    }

    TEST ("the same indicator twice is kept once") {
        struct feed f = feed_of("evil.example\nEVIL.example.\nevil[.]example");
        CHECK(ak_indicators_count(f.set) == 1 && ak_indicators_sum(f.set).n_repeated == 2);
        feed_free(&f);
    }
}

static void tables(void)
{
    TEST ("CSV: columns are known by their names, in the forms of public feeds") {
        CHECK(feed_is("Indicator type,Indicator,Description\nFileHash-SHA256," SHA256
                      ",\"Evil, the \"\"first\"\"\"\nIPv4,192.0.2.1,\nYARA,xyz,\n",
                      "sha256 " SHA256 " [Evil, the \"first\"];ip 192.0.2.1;!4 a kind of indicator "
                      "that is not looked for: YARA;"));
        CHECK(feed_is("# abuse\n#\n# "
                      "\"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"threat_type\","
                      "\"fk_malware\"\n"
                      "\"2026-01-01 00:00:00\", \"1\", \"192.0.2.1:443\", \"ip:port\", "
                      "\"botnet_cc\", \"win.evil\"\n# end\n",
                      "ip 192.0.2.1 [botnet_cc];"));
        CHECK(feed_is("first_seen,md5_hash,sha256_hash,file_name,signature\n2026," MD5 "," SHA256
                      ",invoice.pdf,Evil\n",
                      "md5 " MD5 " [invoice.pdf];sha256 " SHA256 " [invoice.pdf];"));
        CHECK(feed_is("dst_ip;dst_port;malware\r\n192.0.2.1;443;Evil\r\n", "ip 192.0.2.1 [Evil];"));
        CHECK(feed_is(
            "uuid,event_id,category,type,value,comment\n1,1,x,domain|ip,evil.example|192.0.2.1,c\n",
            "domain evil.example [c];ip 192.0.2.1 [c];"));
        CHECK(feed_is("domain\nevil.example\n", "domain evil.example;"));
    }

    TEST ("CSV: a quote never closed and rows too short are problems, not crashes") {
        CHECK(feed_is("type,value\ndomain\n", "!2 no indicator in this row: domain;"));
        CHECK(feed_is("type,value\ndomain,\"evil.example", "domain evil.example;"));
        CHECK(feed_is("type,value\ndomain,\"a\nb\"\ndomain,evil.example",
                      "domain evil.example;!2 no indicator in this row: domain;"));
    }
}

#define STIX(pattern)                                                                              \
    "{\"type\":\"bundle\",\"objects\":[{\"type\":\"indicator\",\"name\":\"N\",\"pattern_type\":"   \
    "\"stix\",\"pattern\":\"" pattern "\"}]}"

static void stix(void)
{
    TEST ("STIX: comparisons become indicators") {
        CHECK(feed_is(STIX("[file:hashes.'SHA-256' = '" SHA256 "']"), "sha256 " SHA256 " [N];"));
        CHECK(feed_is(
            STIX("[file:hashes.MD5='" MD5
                 "' OR domain-name:value = 'evil.example' OR ipv4-addr:value = '192.0.2.0/24']"),
            "md5 " MD5 " [N];domain evil.example [N];network 192.0.2.0/24 [N];"));
        CHECK(feed_is(STIX("[url:value IN ('http://evil.example/a','http://evil.example/b')] OR "
                           "[mutex:name = 'M']"),
                      "url evil.example/a [N];url evil.example/b [N];mutex m [N];"));
        CHECK(feed_is(STIX("[domain-name:value='192.0.2.1']"), "ip 192.0.2.1 [N];"));
        CHECK(feed_is(STIX("[ipv4-addr:value ISSUBSET '198.51.100.0/24']"),
                      "network 198.51.100.0/24 [N];"));
        CHECK(feed_is(STIX("[windows-registry-key:key = "
                           "'HKEY_LOCAL_MACHINE\\\\\\\\Software\\\\\\\\Evil\\\\\\\\Run']"),
                      "registry_key hklm/software/evil/run [N];"));
        CHECK(feed_is(STIX("[network-traffic:extensions.'http-request-ext'.request_header.'User-"
                           "Agent' = 'It\\\\'s']"),
                      "user_agent it's [N];"));
        CHECK(feed_is(
            STIX("[file:name LIKE 'evil%.exe' OR file:name LIKE '%']"),
            "file_name evil%.exe [N] like;!1 a value of the pattern is not what it should be: %;"));
    }

    TEST ("STIX: AND makes a group; of several hashes one is enough") {
        CHECK(feed_is(STIX("[file:name = 'a.exe' AND file:hashes.MD5 = '" MD5 "']"),
                      "file_name a.exe [N] +1;md5 " MD5 " [N] +1;"));
        CHECK(feed_is(STIX("[file:hashes.MD5 = '" MD5 "' AND file:hashes.'SHA-1' = '" SHA1 "']"),
                      "md5 " MD5 " [N];sha1 " SHA1 " [N];"));
        CHECK(feed_is(
            STIX("[(file:name = 'a.exe' OR file:name = 'b.exe') AND mutex:name = 'm']"),
            "file_name a.exe [N] +1;mutex m [N] +1;file_name b.exe [N] +2;mutex m [N] +2;"));
    }

    TEST ("STIX: what is not understood is listed, its other alternatives stand") {
        CHECK(feed_is(STIX("[file:size > 5 OR domain-name:value = 'evil.example']"),
                      "domain evil.example [N];!1 a part of the pattern is not looked for: it and "
                      "what hangs on it are left out: file:size;"));
        CHECK(feed_is(STIX("[domain-name:value MATCHES '^a']"),
                      "!1 a part of the pattern is not looked for: it and what hangs on it are "
                      "left out: MATCHES;"));
        CHECK(feed_is(STIX("[domain-name:value != 'q.example']"),
                      "!1 a part of the pattern is not looked for: it and what hangs on it are "
                      "left out: !=;"));
        CHECK(feed_is(STIX("[mutex:name = 'a'] FOLLOWEDBY [mutex:name = 'b']"),
                      "!1 a pattern over several observations is not looked for: FOLLOWEDBY;"));
        CHECK(feed_is(STIX("[mutex:name = 'a'"), "!1 the pattern cannot be read: ;"));
        CHECK(feed_is(STIX("[mutex:name 'a']"), "!1 the pattern cannot be read: 'a'];"));
        CHECK(feed_is(STIX("mutex"), "!1 the pattern cannot be read: mutex;"));
    }

    TEST ("STIX: revoked ones and other languages") {
        CHECK(feed_is("{\"type\":\"bundle\",\"objects\":[\n{\"type\":\"indicator\",\"pattern\":\"["
                      "mutex:name = 'a']\",\"revoked\":true},\n"
                      "{\"type\":\"indicator\",\"pattern\":\"rule "
                      "x\",\"pattern_type\":\"yara\"},\n{\"type\":\"malware\",\"name\":\"q\"}]}",
                      "!3 a pattern in another language than STIX's: yara;"));
    }
}

static void misp(void)
{
    TEST ("MISP: attributes of events and of their objects, with the event's name") {
        CHECK(feed_is("{\"Event\":{\"info\":\"APT0\",\"Attribute\":[{\"type\":\"ip-dst\",\"value\":"
                      "\"192.0.2.1\",\"to_ids\":true},\n"
                      "{\"type\":\"filename|sha256\",\"value\":\"a.exe|" SHA256
                      "\",\"comment\":\"dropper\",\"to_ids\":true},\n"
                      "{\"type\":\"domain\",\"value\":\"evil.example\",\"to_ids\":false}],"
                      "\"Object\":[{\"name\":\"file\",\"Attribute\":[{\"type\":\"mutex\",\"value\":"
                      "\"m\",\"to_ids\":true}]}]}}",
                      "ip 192.0.2.1 [APT0];sha256 " SHA256 " [dropper];mutex m [APT0];"));
        CHECK(feed_is("{\"response\":[{\"Event\":{\"Attribute\":[{\"type\":\"regkey|value\","
                      "\"value\":\"HKLM\\\\Software\\\\Q\\\\R|1\"},{\"type\":\"ssdeep\",\"value\":"
                      "\"3:x:y\"},{\"type\":\"md5\",\"value\":\"zz\"}]}}]}",
                      "registry_key hklm/software/q/r;!1 a kind of indicator that is not looked "
                      "for: ssdeep;!1 the value is not what its kind says: zz;"));
    }

    TEST ("JSON that is neither, or broken, is a problem; what came before stands") {
        CHECK(feed_is("{\"a\":1}",
                      "!0 neither a STIX bundle nor a MISP event: no indicators are in it: ;"));
        CHECK(feed_is("{\"Attribute\":[{\"type\":\"md5\",\"value\":\"" MD5 "\"},\n{\"type\":",
                      "md5 " MD5 ";!2 the text ends inside a value: ;"));
    }
}

int main(void)
{
    lists();
    tables();
    stix();
    misp();

    TEST ("UTF-16 as Windows writes it is read; other bytes with zeros are refused") {
        struct ak_arena *arena = ak_arena_new(1 << 20);
        struct ak_indicators *set;
        struct ak_feed_file files[] = {
            { AK_STR("w"), { (const uint8_t *)"\xFF\xFEq\0.\0e\0x\0a\0m\0p\0l\0e\0\r\0\n\0", 24 } },
            { AK_STR("z"), { (const uint8_t *)"MZ\0\0", 4 } }
        };
        CHECK(ak_indicators_read(arena, files, 2, &set) == AK_OK);
        CHECK(ak_indicators_count(set) == 1 &&
              ak_indicators_of_kind(set, AK_INDICATOR_DOMAIN) == 1);
        CHECK(ak_indicators_sum(set).n_problems == 1);
        ak_indicators_free(set);
        ak_arena_free(arena);
    }

    return story_report();
}
