/* web_iis_test.c - W3C extended logs: the columns are what #Fields says. */
#include "tests/support/capture.h"
#include "tests/support/story.h"

extern const struct ak_artefact ak_web_iis;

static void run(struct capture *c, const char *text)
{
    capture_run(c, &ak_web_iis, ak_bytes_str(ak_str_of(text)));
}

static enum ak_bid bid_of(const char *text)
{
    struct ak_probe p = { AK_STR("x"), ak_bytes_str(ak_str_of(text)), strlen(text) };
    return ak_web_iis.probe(&p);
}

int main(void)
{
    struct capture c = { 0 };

    TEST ("a line of IIS is read by the columns that #Fields names") {
        run(&c,
            "#Software: Microsoft Internet Information Services 10.0\r\n"
            "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
            "cs(User-Agent) sc-status sc-substatus time-taken X-Forwarded-For\r\n"
            "2024-06-03 01:02:03 10.0.0.1 GET /a.aspx id=7 443 DOM\\taro 192.0.2.1 Mozilla/5.0+(x) "
            "500 19 65 192.0.2.9\r\n");
        CHECK(c.status == AK_OK && c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "data_type", "\"iis:log:line\""));
        CHECK(capture_has(&c, 0, "datetime", "\"2024-06-03T01:02:03Z\""));
        CHECK(!(c.when[0].flags & AK_STAMP_LOCAL));
        CHECK(capture_has(&c, 0, "url.original", "\"/a.aspx?id=7\""));
        CHECK(capture_has(&c, 0, "user.name", "\"DOM\\\\taro\""));
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 0, "destination.ip", "\"10.0.0.1\""));
        CHECK(capture_has(&c, 0, "destination.port", "443"));
        CHECK(capture_has(&c, 0, "http.response.status_code", "500"));
        CHECK(capture_has(&c, 0, "iis.access.sub_status", "19"));
        CHECK(capture_has(&c, 0, "event.duration", "65000000"));
        CHECK(capture_has(&c, 0, "network.forwarded_ip", "\"192.0.2.9\""));
        capture_free(&c);
    }

    TEST ("#Fields may change in the middle, and columns nobody knows are kept") {
        run(&c, "#Fields: date time c-ip sc-status\n2024-06-03 01:02:03 192.0.2.1 200\n"
                "#Fields: date time sc-status c-ip x-new\n2024-06-03 01:02:04 404 192.0.2.2 v\n"
                "#Fields: date time c-ip sc-status\n2024-06-03 01:02:05 192.0.2.3 200\n");
        CHECK(c.n_events == 3 && c.n_damage == 0);
        CHECK(capture_has(&c, 1, "http.response.status_code", "404"));
        CHECK(capture_has(&c, 1, "iis.access.x-new", "\"v\""));
        CHECK(capture_has(&c, 2, "source.ip", "\"192.0.2.3\""));
        capture_free(&c);
    }

    TEST ("a line without its #Fields is damage and is kept") {
        run(&c, "2024-06-03 01:02:03 192.0.2.1 200\n");
        CHECK(c.n_events == 1 && c.n_damage == 1);
        CHECK(capture_has(&c, 0, "message", "\"2024-06-03 01:02:03 192.0.2.1 200\""));
        capture_free(&c);
    }

    TEST ("a line with columns too few or too many is damage and is kept whole") {
        run(&c, "#Fields: date time c-ip sc-status\n2024-06-03 01:02:03 192.0.2.1\n"
                "2024-06-03 01:02:03 192.0.2.1 200 more\n");
        CHECK(c.n_events == 2 && c.n_damage == 2);
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 1, "event.original", "\"2024-06-03 01:02:03 192.0.2.1 200 more\""));
        capture_free(&c);
    }

    TEST ("a second column of the same meaning has a field of its own") {
        run(&c, "#Fields: date time c-ip client-ip sc-status sc-status\n2024-06-03 01:02:03 "
                "192.0.2.1 192.0.2.2 200 201\n");
        CHECK(capture_has(&c, 0, "source.ip", "\"192.0.2.1\""));
        CHECK(capture_has(&c, 0, "iis.access.client-ip", "\"192.0.2.2\""));
        CHECK(capture_has(&c, 0, "iis.access.sc-status", "\"201\""));
        capture_free(&c);
    }

    TEST ("a log that states its offset from GMT is shifted by it") {
        run(&c, "#GMT-Offset: -0800\n#Software: Oracle\n#Fields: date time c-ip cs-method\n"
                "2001-10-31 00:00:18 192.0.2.1 \"GET\"\n");
        CHECK(capture_has(&c, 0, "datetime", "\"2001-10-31T08:00:18Z\""));
        CHECK(capture_has(&c, 0, "http.request.method", "\"GET\""));
        capture_free(&c);
    }

    TEST ("thousands of different #Fields lines run into a limit, not into the memory") {
        struct ak_buf b = { 0 };
        for (unsigned i = 0; i < 3000; i++)
            ak_buf_printf(&b, "#Fields: date time c-ip x-%u\n2024-06-03 01:02:03 192.0.2.1 a\n", i);
        capture_run(&c, &ak_web_iis, (struct ak_bytes){ b.at, b.n });
        CHECK(c.status == AK_OK && c.n_events == 3000 && c.n_damage > 0);
        capture_free(&c);
        ak_buf_free(&b);
    }

    TEST ("logs of Windows' firewall and of Exchange are not taken for one") {
        CHECK(bid_of("#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Fields: date time "
                     "action protocol src-ip\n") == AK_BID_NO);
        CHECK(bid_of("#Fields: date-time,client-ip,cs-method-x\n") == AK_BID_NO);
        CHECK(bid_of("#Fields: date time cs-method\n") == AK_BID_MAGIC);
        CHECK(bid_of("") == AK_BID_NO);
    }

    return story_report();
}
