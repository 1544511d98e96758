/* web_access_test.c - what a line of an access log tells, and what a made-up
 * one cannot do. */
#include "tests/support/capture.h"
#include "tests/support/story.h"

#include "artefact/web/web_format.h"
#include "base/encoding.h"

extern const struct ak_artefact ak_web_access;

static void run(struct capture *c, const char *text)
{
    capture_run(c, &ak_web_access, ak_bytes_str(ak_str_of(text)));
}

static enum ak_bid bid_of(const char *path, const char *text)
{
    struct ak_probe p = { ak_str_of(path), ak_bytes_str(ak_str_of(text)), strlen(text) };
    return ak_web_access.probe(&p);
}

#define TIME "[03/Jun/2024:10:11:12 +0900]"

static void common_and_combined(void)
{
    struct capture c = { 0 };

    TEST ("a common line gives who, when, what and how it ended") {
        run(&c, "192.0.2.1 - taro " TIME " \"GET /a?b=c HTTP/1.1\" 404 209\n");
        CHECK(c.status == AK_OK && c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "datetime", "\"2024-06-03T01:11:12Z\""));
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 0, "user.name", "\"taro\""));
        CHECK(capture_has(&c, 0, "http.request.method", "\"GET\""));
        CHECK(capture_has(&c, 0, "url.original", "\"/a?b=c\""));
        CHECK(capture_has(&c, 0, "url.path", "\"/a\""));
        CHECK(capture_has(&c, 0, "url.query", "\"b=c\""));
        CHECK(capture_has(&c, 0, "http.version", "\"1.1\""));
        CHECK(capture_has(&c, 0, "http.response.status_code", "404"));
        CHECK(capture_has(&c, 0, "http.response.body.bytes", "209"));
        CHECK(capture_has(&c, 0, "event.outcome", "\"failure\""));
        CHECK(!capture_has_key(&c, 0, "http.request.referrer"));
        CHECK(!capture_has_key(&c, 0, "event.original"));
        capture_free(&c);
    }

    TEST ("a combined line adds referrer and user agent, escapes kept as recorded") {
        run(&c, "::1 - - " TIME
                " \"GET / HTTP/2.0\" 200 - \"http://e.example/\" \"a \\\"b\\\" \\xe3\"\n");
        CHECK(capture_has(&c, 0, "source.ip", "\"::1\""));
        CHECK(capture_has(&c, 0, "http.request.referrer", "\"http://e.example/\""));
        CHECK(capture_has(&c, 0, "user_agent.original", "\"a \\\\\\\"b\\\\\\\" \\\\xe3\""));
        CHECK(!capture_has_key(&c, 0, "http.response.body.bytes"));
        capture_free(&c);
    }

    TEST ("a virtual host stands before the client, with or without its port") {
        run(&c, "www.example.jp:443 192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\n"
                "www.example.jp 192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\n");
        CHECK(c.n_events == 2);
        CHECK(capture_has(&c, 0, "url.domain", "\"www.example.jp\""));
        CHECK(capture_has(&c, 0, "destination.port", "443"));
        CHECK(capture_has(&c, 1, "url.domain", "\"www.example.jp\""));
        CHECK(capture_has(&c, 1, "source.ip", "\"192.0.2.1\""));
        capture_free(&c);
    }

    TEST ("the address that connected is the source; what it claims is forwarded_ip") {
        run(&c,
            "\"10.0.0.1, 10.0.0.2\" 192.0.2.7 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n"
            "192.0.2.8 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"ua\" \"10.0.0.9\"\n");
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.7\""));
        CHECK(capture_has(&c, 0, "network.forwarded_ip", "\"10.0.0.1, 10.0.0.2\""));
        CHECK(capture_has(&c, 1, "source.ip", "\"192.0.2.8\""));
        CHECK(capture_has(&c, 1, "network.forwarded_ip", "\"10.0.0.9\""));
        capture_free(&c);
    }

    TEST ("a host name instead of an address is an address of another kind") {
        run(&c, "client.example.jp - - " TIME " \"GET / HTTP/1.1\" 200 5\n");
        CHECK(capture_has(&c, 0, "source.address", "\"client.example.jp\""));
        CHECK(!capture_has_key(&c, 0, "source.ip"));
        capture_free(&c);
    }

    TEST ("a user name with blanks in it is one name") {
        run(&c, "192.0.2.1 - yamada taro " TIME " \"GET / HTTP/1.1\" 401 5\n");
        CHECK(capture_has(&c, 0, "user.name", "\"yamada taro\""));
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        capture_free(&c);
    }

    TEST ("what a site added behind the user agent is kept as it stands") {
        run(&c, "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"ua\" 0.010 id=7 \"x\"\n");
        CHECK(capture_has(&c, 0, "web.extra", "\"0.010 id=7 \\\"x\\\"\""));
        capture_free(&c);
    }

    TEST ("a time without an offset is read in the evidence's zone and says so") {
        struct ak_zone tokyo = ak_zone_fixed(9 * 3600);
        c.zone = &tokyo;
        run(&c, "192.0.2.1 - - [03/Jun/2024:10:11:12] \"GET / HTTP/1.1\" 200 5\n");
        CHECK(capture_has(&c, 0, "datetime", "\"2024-06-03T01:11:12Z\""));
        CHECK(c.when[0].flags & AK_STAMP_LOCAL);
        capture_free(&c);
        c.zone = NULL;
    }
}

static void wrapped(void)
{
    struct capture c = { 0 };

    TEST ("what a container runtime put before the line does not hide it") {
        run(&c,
            "2024-06-03T01:11:13.4Z stdout F 192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\n");
        CHECK(c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 0, "datetime", "\"2024-06-03T01:11:12Z\""));
        capture_free(&c);
    }
}

static void odd_requests(void)
{
    struct capture c = { 0 };

    TEST ("a TLS handshake sent to a plain port is an event, kept as recorded") {
        run(&c, "192.0.2.1 - - " TIME " \"\\x16\\x03\\x01\" 400 226 \"-\" \"-\"\n");
        CHECK(c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "url.original", "\"\\\\x16\\\\x03\\\\x01\""));
        CHECK(!capture_has_key(&c, 0, "http.request.method"));
        capture_free(&c);
    }

    TEST ("a request that never came is an event without a URL") {
        run(&c, "192.0.2.1 - - " TIME " \"-\" 408 -\n192.0.2.1 - - " TIME " \"\" 400 0\n");
        CHECK(c.n_events == 2 && c.n_damage == 0);
        CHECK(!capture_has_key(&c, 0, "url.original"));
        CHECK(capture_has(&c, 1, "http.response.status_code", "400"));
        capture_free(&c);
    }

    TEST ("quotes a server left unescaped do not end the request") {
        run(&c, "192.0.2.1 - - " TIME " \"GET /\"x\"y HTTP/1.1\" 200 5 \"-\" \"ua\"\n");
        CHECK(capture_has(&c, 0, "url.original", "\"/\\\"x\\\"y\""));
        CHECK(capture_has(&c, 0, "user_agent.original", "\"ua\""));
        capture_free(&c);
    }

    TEST ("an encoded Japanese path stays encoded, raw CP932 becomes readable") {
        ak_encoding_open();
        run(&c, "192.0.2.1 - - " TIME " \"GET /%E8%A8%BC HTTP/1.1\" 200 5\n"
                "192.0.2.1 - - " TIME " \"GET /\x93\xfa\x96\x7b HTTP/1.1\" 200 5\n");
        CHECK(capture_has(&c, 0, "url.original", "\"/%E8%A8%BC\""));
        CHECK(capture_has(&c, 1, "url.original", "\"/日本\""));
        capture_free(&c);
    }

    TEST ("a request for a proxy gives the path behind its host") {
        run(&c, "192.0.2.1 - - " TIME " \"GET http://e.example/p?q HTTP/1.1\" 403 5\n");
        CHECK(capture_has(&c, 0, "url.original", "\"http://e.example/p?q\""));
        CHECK(capture_has(&c, 0, "url.path", "\"/p\""));
        CHECK(capture_has(&c, 0, "url.query", "\"q\""));
        capture_free(&c);
    }
}

static void damage(void)
{
    struct capture c = { 0 };

    TEST ("a line of no known form is damage, and its text is an event without a time") {
        run(&c, "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\nwhat is this\n"
                "192.0.2.2 - - " TIME " \"GET / HTTP/1.1\" 200 5\n");
        CHECK(c.status == AK_OK && c.n_events == 3 && c.n_damage == 1);
        CHECK(c.damage_at[0] == strlen("192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\n"));
        CHECK(capture_has(&c, 1, "message", "\"what is this\""));
        CHECK(!capture_has_key(&c, 1, "datetime"));
        CHECK(capture_has(&c, 2, "source.ip", "\"192.0.2.2\""));
        capture_free(&c);
    }

    TEST ("zero bytes that a crash left in a log do not hide the next line") {
        char text[256] = { 0 };
        snprintf(text + 40, sizeof(text) - 40, "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\n");
        capture_run(&c, &ak_web_access,
                    (struct ak_bytes){ (uint8_t *)text, 40 + strlen(text + 40) });
        CHECK(c.n_events == 1 && c.n_damage == 1);
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        capture_free(&c);
    }

    TEST ("a byte order mark is no part of the first line, and its offset counts") {
        run(&c, "\xEF\xBB\xBF"
                "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\n");
        CHECK(c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 0, "offset", "3"));
        capture_free(&c);
    }

    TEST ("a line longer than a mebibyte is one event, cut, and the next is read") {
        size_t n = (2u << 20) + 64;
        char *text = malloc(n);
        memset(text, 'A', n);
        const char *next = "\n192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5";
        memcpy(text + n - strlen(next), next, strlen(next));
        capture_run(&c, &ak_web_access, (struct ak_bytes){ (uint8_t *)text, n });
        CHECK(c.n_events == 2);
        CHECK(capture_has(&c, 1, "source.ip", "\"192.0.2.1\""));
        CHECK(c.n_damage >= 1 && strstr(c.damage[0], "longer than 1 MiB"));
        capture_free(&c);
        free(text);
    }

    TEST ("every truncation gives one event, whole or as text, and never a crash") {
        const char *line =
            "h 192.0.2.1 - - " TIME " \"GET /x HTTP/1.1\" 200 5 \"r\" \"u\" \"192.0.2.9\" 1";
        for (size_t n = 1; n < strlen(line); n++) {
            capture_run(&c, &ak_web_access, (struct ak_bytes){ (const uint8_t *)line, n });
            CHECK(c.status == AK_OK && c.n_events == 1);
            capture_free(&c);
        }
    }

    TEST ("a status or a size that is no number makes the line one that does not fit") {
        run(&c, "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 2x0 5\n"
                "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 99999999999999999999\n"
                "192.0.2.1 - - [31/Jun/2024:10:11:12 +0900] \"GET / HTTP/1.1\" 200 5\n");
        CHECK(c.n_events == 3 && c.n_damage == 3);
        capture_free(&c);
    }
}

static void json(void)
{
    struct capture c = { 0 };

    TEST ("nginx' JSON is read by the names of its variables") {
        run(&c, "{\"time_local\":\"03/Jun/2024:10:11:12 +0900\",\"remote_addr\":\"192.0.2.1\","
                "\"request\":\"POST \\/a HTTP/1.1\",\"status\":\"200\",\"body_bytes_sent\":7,"
                "\"request_time\":\"0.264\",\"http_user_agent\":\"\\u8a3c\\ud83d\\ude00\"}\n");
        CHECK(c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "datetime", "\"2024-06-03T01:11:12Z\""));
        CHECK(capture_has(&c, 0, "url.original", "\"/a\""));
        CHECK(capture_has(&c, 0, "http.response.status_code", "200"));
        CHECK(capture_has(&c, 0, "event.duration", "264000000"));
        CHECK(capture_has(&c, 0, "user_agent.original", "\"証😀\""));
        CHECK(!capture_has_key(&c, 0, "event.original"));
        capture_free(&c);
    }

    TEST ("keys nobody knows keep the line whole, members of members are read") {
        run(&c, "{\"ts\":1717377072.5,\"request\":{\"remote_ip\":\"192.0.2.1\",\"method\":\"GET\","
                "\"uri\":\"/"
                "p?q=1\",\"headers\":{\"User-Agent\":[\"curl\"]}},\"status\":200,\"x\":1}\n");
        CHECK(capture_has(&c, 0, "datetime", "\"2024-06-03T01:11:12.500Z\""));
        CHECK(capture_has(&c, 0, "url.query", "\"q=1\""));
        CHECK(capture_has(&c, 0, "user_agent.original", "\"curl\""));
        CHECK(capture_has_key(&c, 0, "event.original"));
        capture_free(&c);
    }

    TEST ("two keys that say different things keep the line whole") {
        run(&c, "{\"msec\":1717377072,\"remote_addr\":\"192.0.2.1\",\"client_ip\":\"192.0.2.2\","
                "\"request\":\"GET / HTTP/1.1\",\"status\":200}\n");
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has_key(&c, 0, "event.original"));
        capture_free(&c);
    }

    TEST ("brackets nested past reason and objects cut short are damage") {
        run(&c, "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]\n{"
                "\"status\":200,\"x\":\"\n");
        CHECK(c.status == AK_OK && c.n_events == 2 && c.n_damage == 2);
        capture_free(&c);
    }
}

static void formats(void)
{
    struct capture c = { 0 };

    TEST ("an Apache LogFormat is followed, escapes, modifiers and all") {
        c.access_format =
            "LogFormat \"%v %a %{X-Forwarded-For}i %t \\\"%r\\\" %>s %O %D %{Host}i %P\" mine";
        run(&c, "www.example.jp 192.0.2.1 10.0.0.1, 10.0.0.2 " TIME
                " \"GET /a HTTP/1.1\" 200 512 1500 h.example 77\n");
        CHECK(c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "url.domain", "\"www.example.jp\""));
        CHECK(capture_has(&c, 0, "network.forwarded_ip", "\"10.0.0.1, 10.0.0.2\""));
        CHECK(capture_has(&c, 0, "http.response.bytes", "512"));
        CHECK(capture_has(&c, 0, "event.duration", "1500000"));
        CHECK(capture_has(&c, 0, "process.pid", "77"));
        capture_free(&c);
    }

    TEST ("an nginx log_format is followed over its lines") {
        c.access_format = "log_format main escape=default '$remote_addr [$time_iso8601] '\n"
                          "  '\"$request\" $status $request_time \"$http_referer\" $foo';";
        run(&c, "192.0.2.1 [2024-06-03T10:11:12+09:00] \"GET /a HTTP/1.1\" 200 0.003 \"-\" bar\n");
        CHECK(c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "datetime", "\"2024-06-03T01:11:12Z\""));
        CHECK(capture_has(&c, 0, "event.duration", "3000000"));
        CHECK(capture_has_key(&c, 0, "event.original")); /* $foo has no field of its own */
        capture_free(&c);
    }

    TEST ("path and query recorded apart make one URL") {
        c.access_format = "%h %t %m %U%q %s"; /* nothing between %U and %q: no format */
        run(&c, "192.0.2.1 " TIME " GET /a?b 200\n");
        CHECK(c.n_damage >= 1);
        capture_free(&c);
        c.access_format = "%h %t %m %U %q %s";
        run(&c, "192.0.2.1 " TIME " GET /a ?b=c 200\n");
        CHECK(capture_has(&c, 0, "url.original", "\"/a?b=c\""));
        capture_free(&c);
    }

    TEST ("a format no line fits is said, and the lines are still read") {
        c.access_format = "%h|%t|%r";
        run(&c, "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\n");
        CHECK(c.n_events == 1 && c.n_damage == 1);
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        capture_free(&c);
        c.access_format = NULL;
    }

    TEST ("no truncation of a format is read past its end") {
        const char *text = "log_format x '$remote_addr ${status} \"$request\"' '\\'$time_local';";
        static struct ak_web_format format;
        for (size_t n = 0; n <= strlen(text); n++) {
            char *exact = malloc(n + 1);
            memcpy(exact, text, n);
            bool ok = ak_web_format_read(&format, (struct ak_str){ exact, n });
            CHECK(ok || n < strlen(text));
            free(exact);
        }
    }
}

static void recognition(void)
{
    TEST ("an access log is known by its lines, more surely in its place") {
        const char *log = "192.0.2.1 - - " TIME " \"GET / HTTP/1.1\" 200 5\n";
        CHECK(bid_of("x", log) == AK_BID_LIKELY);
        CHECK(bid_of("var/log/nginx/access.log.1", log) == AK_BID_MAGIC);
        CHECK(bid_of("x", "{\"ts\":1,\"ip\":\"a\"}\n") == AK_BID_NO);
    }

    TEST ("neither syslog nor text is taken for one") {
        CHECK(bid_of("access.log",
                     "Mar 24 14:02:50 web1 tomcat: 127.0.0.1 - - \"GET / HTTP/1.1\" 200 6\n") ==
              AK_BID_NO);
        CHECK(bid_of("x", "Jun  3 10:11:12 h nginx: 192.0.2.1 - - " TIME
                          " \"GET / HTTP/1.1\" 200 5\n") == AK_BID_NO);
        CHECK(bid_of("access.log", "") == AK_BID_NO);
        CHECK(bid_of("x", "Dear all,\n[see above] \"yes\" 200\n") == AK_BID_NO);
    }
}

int main(void)
{
    common_and_combined();
    wrapped();
    odd_requests();
    damage();
    json();
    formats();
    recognition();
    return story_report();
}
