/* web_errors_test.c - error logs of Apache and nginx, true and forged. */
#include "tests/support/capture.h"
#include "tests/support/story.h"

extern const struct ak_artefact ak_web_apache_error;
extern const struct ak_artefact ak_web_nginx_error;

static void run(struct capture *c, const struct ak_artefact *a, const char *text)
{
    capture_run(c, a, ak_bytes_str(ak_str_of(text)));
}

static void apache(void)
{
    struct capture c = { 0 };
    struct ak_zone tokyo = ak_zone_fixed(9 * 3600);

    TEST ("Apache 2.4 names module, level, process, thread, client and port") {
        c.zone = &tokyo;
        run(&c, &ak_web_apache_error,
            "[Mon Jun 03 10:11:12.902022 2024] [core:error] [pid 12:tid 34] [client 192.0.2.1:567] "
            "AH00126: Invalid URI in request GET /../x HTTP/1.1\n");
        CHECK(c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "datetime", "\"2024-06-03T01:11:12.902022Z\""));
        CHECK(c.when[0].flags & AK_STAMP_LOCAL);
        CHECK(capture_has(&c, 0, "log.level", "\"error\""));
        CHECK(capture_has(&c, 0, "apache.error.module", "\"core\""));
        CHECK(capture_has(&c, 0, "process.pid", "12"));
        CHECK(capture_has(&c, 0, "process.thread.id", "34"));
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 0, "source.port", "567"));
        CHECK(capture_has(&c, 0, "event.code", "\"AH00126\""));
        capture_free(&c);
        c.zone = NULL;
    }

    TEST ("Apache 2.2 writes no port, so the end of an IPv6 address is not one") {
        run(&c, &ak_web_apache_error,
            "[Mon Jun  3 10:11:12 2024] [error] [client 2001:db8::5:1234] File does not exist: /x\n"
            "[Mon Jun 03 10:11:12.1 2024] [a:error] [pid 1] [client 2001:db8::5:1234] x\n");
        CHECK(capture_has(&c, 0, "source.ip", "\"2001:db8::5:1234\""));
        CHECK(!capture_has_key(&c, 0, "source.port"));
        CHECK(capture_has(&c, 1, "source.ip", "\"2001:db8::5\""));
        CHECK(capture_has(&c, 1, "source.port", "1234"));
        capture_free(&c);
    }

    TEST ("a stack trace belongs to the line before it") {
        run(&c, &ak_web_apache_error,
            "[Mon Jun 03 10:11:12 2024] [error] [client 192.0.2.1] PHP Fatal error: x\n"
            "PHP Stack trace:\n#0 {main}\n"
            "[Mon Jun 03 10:11:13 2024] [notice] resuming normal operations\n");
        CHECK(c.n_events == 2 && c.n_damage == 0);
        CHECK(
            capture_has(&c, 0, "message", "\"PHP Fatal error: x\\nPHP Stack trace:\\n#0 {main}\""));
        CHECK(capture_has(&c, 1, "log.level", "\"notice\""));
        capture_free(&c);
    }

    TEST ("what ModSecurity found has its rule and its URL") {
        run(&c, &ak_web_apache_error,
            "[Mon Jun 03 10:11:12.5 2024] [:error] [pid 1:tid 2] [client 192.0.2.1:5] ModSecurity: "
            "Warning. [id \"960015\"] [msg \"Missing\"] [hostname \"h.example\"] [uri "
            "\"/a.dll\"]\n");
        CHECK(capture_has(&c, 0, "rule.id", "\"960015\""));
        CHECK(capture_has(&c, 0, "url.domain", "\"h.example\""));
        CHECK(capture_has(&c, 0, "url.original", "\"/a.dll\""));
        capture_free(&c);
    }

    TEST ("lines before the first entry are damage and are kept") {
        run(&c, &ak_web_apache_error, "cut off\n[Mon Jun 03 10:11:12 2024] [error] x\n");
        CHECK(c.n_events == 2 && c.n_damage == 1);
        CHECK(capture_has(&c, 0, "message", "\"cut off\""));
        capture_free(&c);
    }

    TEST ("access lines in the same stream stay access lines") {
        run(&c, &ak_web_apache_error,
            "[Mon Jun 03 10:11:12 2024] [error] x\n"
            "192.0.2.1 - - [03/Jun/2024:10:11:12 +0900] \"GET / HTTP/1.1\" 200 5\n");
        CHECK(c.n_events == 2);
        CHECK(capture_has(&c, 1, "data_type", "\"apache:access_log:entry\""));
        capture_free(&c);
    }
}

static void nginx(void)
{
    struct capture c = { 0 };

    TEST ("nginx tells process, connection, client, site and request") {
        run(&c, &ak_web_nginx_error,
            "2024/06/03 10:11:12 [error] 12#34: *5 open() \"/w/x\" failed (2: No such file or "
            "directory), "
            "client: 192.0.2.1, server: _, request: \"GET /x?y HTTP/1.1\", host: "
            "\"h.example:8080\", "
            "referrer: \"http://r.example/\"\n");
        CHECK(c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "process.pid", "12"));
        CHECK(capture_has(&c, 0, "process.thread.id", "34"));
        CHECK(capture_has(&c, 0, "nginx.error.connection_id", "5"));
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 0, "url.original", "\"/x?y\""));
        CHECK(capture_has(&c, 0, "url.domain", "\"h.example\""));
        CHECK(capture_has(&c, 0, "destination.port", "8080"));
        CHECK(capture_has(&c, 0, "http.request.referrer", "\"http://r.example/\""));
        capture_free(&c);
    }

    TEST ("a client forged in a user name is not believed, and the forgery is recorded") {
        run(&c, &ak_web_nginx_error,
            "2024/06/03 10:11:12 [error] 1#1: *5 user \"t\": password mismatch, client: "
            "192.0.2.66, "
            "server: t, request: \"GET / HTTP/1.1\", host: \"l\"\" was not found in \"/etc/x\", "
            "client: 192.0.2.1, server: , request: \"GET /p HTTP/1.1\"\n");
        CHECK(c.n_damage == 1);
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 0, "url.original", "\"/p\""));
        capture_free(&c);
    }

    TEST ("when a forgery is as good as the truth, no client is named") {
        run(&c, &ak_web_nginx_error,
            "2024/06/03 10:11:12 [error] 1#1: *5 x, client: 192.0.2.1, server: b, request: \"GET / "
            "HTTP/1.1\", "
            "referrer: \"a, client: 192.0.2.66, server: c\"\n");
        CHECK(c.n_damage == 1);
        CHECK(!capture_has_key(&c, 0, "source.ip"));
        CHECK(capture_has_key(&c, 0, "message"));
        capture_free(&c);
    }

    TEST ("every truncation of an error line gives one event") {
        const char *line = "2024/06/03 10:11:12 [error] 1#1: *5 x, client: 192.0.2.1, host: \"h\"";
        for (size_t n = 1; n < strlen(line); n++) {
            capture_run(&c, &ak_web_nginx_error, (struct ak_bytes){ (const uint8_t *)line, n });
            CHECK(c.status == AK_OK && c.n_events == 1);
            capture_free(&c);
        }
    }
}

int main(void)
{
    apache();
    nginx();
    return story_report();
}
