/* capture.h - run one artefact on bytes in memory and keep what it says, as the
 * JSON lines a user would see. */
#ifndef AK_TESTS_CAPTURE_H
#define AK_TESTS_CAPTURE_H

#include "artefact/artefact.h"
#include "event/jsonl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPTURE_EVENTS = 4096, CAPTURE_DAMAGE = 64 };

struct capture {
    /* What the item is, to be set before capture_run() by whoever needs it. */
    const char *path;
    struct ak_stamp modified;
    const struct ak_zone *zone;
    const char *access_format;

    struct ak_arena *arena;
    uint8_t *exact; /* the input alone in its own block, so a sanitiser sees one byte too many */
    char *lines[CAPTURE_EVENTS];
    struct ak_stamp when[CAPTURE_EVENTS];
    uint8_t flags[CAPTURE_EVENTS];
    size_t n_events; /* all of them; the first CAPTURE_EVENTS are kept */
    const char *damage[CAPTURE_DAMAGE];
    uint64_t damage_at[CAPTURE_DAMAGE];
    size_t n_damage;
    enum ak_status status;
};

static inline enum ak_status capture_event(void *self, const struct ak_event *e)
{
    struct capture *c = self;
    if (c->n_events < CAPTURE_EVENTS) {
        struct ak_buf line = { 0 };
        ak_jsonl_event(&line, e, &(struct ak_event_place){ 0 });
        ak_buf_u8(&line, 0);
        c->lines[c->n_events] = (char *)line.at;
        c->when[c->n_events] = e->when;
        c->flags[c->n_events] = e->flags;
    }
    c->n_events++;
    return AK_OK;
}

static inline void capture_damage(void *self, uint64_t at, const char *what)
{
    struct capture *c = self;
    if (c->n_damage < CAPTURE_DAMAGE) {
        c->damage[c->n_damage] = what;
        c->damage_at[c->n_damage] = at;
    }
    c->n_damage++;
}

/* Run it.  *c must be zero-initialised, but for what its first part says. */
static inline void capture_run(struct capture *c, const struct ak_artefact *what,
                               struct ak_bytes bytes)
{
    c->n_events = c->n_damage = 0;
    c->arena = ak_arena_new(256u << 20);
    c->exact = malloc(bytes.n ? bytes.n : 1);
    if (bytes.n)
        memcpy(c->exact, bytes.at, bytes.n);
    struct ak_sink sink = { capture_event, capture_damage, c };
    struct ak_item item = { .path = ak_str_of(c->path ? c->path : "input"),
                            .size = bytes.n,
                            .bytes = { c->exact, bytes.n },
                            .modified = c->modified,
                            .zone = c->zone ? c->zone : &ak_zone_utc,
                            .access_format = ak_str_of(c->access_format ? c->access_format : "") };
    struct ak_ctx ctx = { .arena = c->arena, .item = &item, .sink = &sink };
    c->status = what->parse(&ctx);
}

static inline void capture_free(struct capture *c)
{
    for (size_t i = 0; i < c->n_events && i < CAPTURE_EVENTS; i++)
        free(c->lines[i]);
    ak_arena_free(c->arena);
    free(c->exact);
    c->n_events = 0;
}

/* Does event i carry `key` with this JSON value (strings with their quotes)? */
static inline bool capture_has(const struct capture *c, size_t i, const char *key, const char *json)
{
    if (i >= c->n_events)
        return false;
    char want[1024];
    snprintf(want, sizeof(want), "\"%s\":%s", key, json);
    const char *at = strstr(c->lines[i], want);
    char next = at ? at[strlen(want)] : 0;
    return next == ',' || next == '}';
}

/* Does event i carry `key` at all? */
static inline bool capture_has_key(const struct capture *c, size_t i, const char *key)
{
    char want[256];
    snprintf(want, sizeof(want), "\"%s\":", key);
    return i < c->n_events && strstr(c->lines[i], want);
}

#endif
