/* access_speed.c - how many access log lines a second web.access puts into
 * batches, on one core.
 *
 *     access_speed [LINES [common|combined|vhost|json|format|mixed [FILE]]]
 *
 * The log is made here: a mix as on a busy site (most lines combined, a crawl
 * and a scan in it, some malformed requests), the same for every run; FILE gets a
 * copy of it, for other tools to read. */
#include "artefact/artefact.h"
#include "base/encoding.h"
#include "event/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern const struct ak_artefact ak_web_access;

static uint64_t seed = 42;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

static const char *const AGENTS[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "curl/7.88.1",
    "-",
};

static const char *const PATHS[] = { "/",
                                     "/shop/item?id=%u",
                                     "/static/js/app.%u.js",
                                     "/img/%u.webp",
                                     "/search?q=%%E8%%A8%%BC%%E6%%8B%%A0&page=%u",
                                     "/wp-login.php?try=%u" };

static void put_request(struct ak_buf *b)
{
    static const char *const METHODS[] = { "GET", "GET", "GET", "GET", "POST", "HEAD" };
    if (draw(200) == 0) {
        ak_buf_text(b, draw(2) ? "-" : "\\x16\\x03\\x01\\x02\\x00\\x01");
        return;
    }
    ak_buf_printf(b, "%s ", METHODS[draw(6)]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    ak_buf_printf(b, PATHS[draw(6)], draw(20000));
#pragma GCC diagnostic pop
    ak_buf_text(b, draw(3) ? " HTTP/2.0" : " HTTP/1.1");
}

static void put_line(struct ak_buf *b, uint32_t i, const char *kind)
{
    bool mixed = strcmp(kind, "mixed") == 0;
    uint32_t roll = mixed ? draw(100) : 0;
    if (strcmp(kind, "vhost") == 0 || (mixed && roll >= 90))
        ak_buf_text(b, "www.example.jp:443 ");
    uint32_t second = i / 50;
    char when[64];
    snprintf(when, sizeof(when), "%02u/Jun/2024:%02u:%02u:%02u +0900", second / 86400 % 28 + 1,
             second / 3600 % 24, second / 60 % 60, second % 60);
    uint32_t host = draw(5000), agent = draw(5), status = draw(10) ? 200 : 404;
    if (strcmp(kind, "json") == 0) {
        ak_buf_printf(b, "{\"time_local\":\"%s\",\"remote_addr\":\"203.0.%u.%u\",\"request\":\"",
                      when, host / 250, host % 250);
        put_request(b);
        ak_buf_printf(b,
                      "\",\"status\":%u,\"body_bytes_sent\":%u,\"http_referer\":\"-\","
                      "\"http_user_agent\":\"%s\",\"request_time\":0.%03u}\n",
                      status, draw(90000), AGENTS[agent], draw(999));
        return;
    }
    ak_buf_printf(b, "203.0.%u.%u - - [%s] \"", host / 250, host % 250, when);
    put_request(b);
    ak_buf_printf(b, "\" %u %u", status, draw(90000));
    if (strcmp(kind, "common") != 0)
        ak_buf_printf(b, " \"%s\" \"%s\"",
                      draw(2) ? "-" : "https://www.example.jp/shop/list?page=3", AGENTS[agent]);
    ak_buf_u8(b, '\n');
}

struct tally {
    struct ak_batch *batch;
    struct ak_buf out;
    uint64_t n_events, n_damage, out_bytes;
    uint32_t seq;
};

static enum ak_status on_event(void *self, const struct ak_event *event)
{
    struct tally *t = self;
    struct ak_event e = *event;
    e.seq = t->seq++;
    t->n_events++;
    enum ak_status st = ak_batch_add(t->batch, &e);
    if (st == AK_OK && ak_batch_full(t->batch)) {
        st = ak_batch_finish(t->batch, &t->out);
        t->out_bytes += t->out.n;
        t->out.n = 0;
    }
    return st;
}

/* For the time of the parser alone. */
static enum ak_status on_event_nothing(void *self, const struct ak_event *event)
{
    (void)event;
    ((struct tally *)self)->n_events++;
    return AK_OK;
}

static void on_damage(void *self, uint64_t at, const char *what)
{
    (void)at;
    (void)what;
    ((struct tally *)self)->n_damage++;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(const char *what, struct ak_bytes log, const char *format, bool batch)
{
    struct tally t = { .batch = ak_batch_new() };
    struct ak_sink sink = { batch ? on_event : on_event_nothing, on_damage, &t };
    struct ak_item item = { .path = AK_STR("access.log"),
                            .size = log.n,
                            .bytes = log,
                            .zone = &ak_zone_utc,
                            .access_format = ak_str_of(format) };
    struct ak_arena *arena = ak_arena_new((size_t)256 << 20);
    struct ak_ctx ctx = { .arena = arena, .item = &item, .sink = &sink };
    double from = seconds();
    enum ak_status st = ak_web_access.parse(&ctx);
    double took = seconds() - from;
    printf("%-18s %9.0f lines/s  %6.0f MB/s  %llu events, %llu damage, status %d\n", what,
           (double)t.n_events / took, (double)log.n / took / 1e6, (unsigned long long)t.n_events,
           (unsigned long long)t.n_damage, (int)st);
    ak_arena_free(arena);
    ak_batch_free(t.batch);
    ak_buf_free(&t.out);
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    const char *kind = argc > 2 ? argv[2] : "mixed";
    bool format = strcmp(kind, "format") == 0;
    struct ak_buf log = { 0 };
    ak_encoding_open();
    for (uint32_t i = 0; i < n; i++)
        put_line(&log, i, kind);
    struct ak_bytes bytes = { log.at, log.n };
    FILE *copy = argc > 3 ? fopen(argv[3], "wb") : NULL;
    if (copy && (fwrite(log.at, 1, log.n, copy) != log.n || fclose(copy) != 0))
        return 1;
    measure("parse", bytes, format ? "combined" : "", false);
    measure("parse into batch", bytes, format ? "combined" : "", true);
    ak_buf_free(&log);
    return 0;
}
