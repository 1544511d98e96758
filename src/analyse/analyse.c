/* analyse.c - see analyse.h: the pass, and what all watchers share. */
#include "analyse/analyse.h"

#include "analyse/watch.h"

#include <stdio.h>
#include <stdlib.h>

/* In the order in which their claims stand in the report. */
static const struct ak_watcher *const WATCHERS[] = {
    &ak_watch_evidence,   &ak_watch_addresses,  &ak_watch_signins,    &ak_watch_new_network,
    &ak_watch_accounts,   &ak_watch_web,        &ak_watch_encryption, &ak_watch_coverage,
    &ak_watch_exposure,   &ak_watch_detections, &ak_watch_logons, /* after the tables of sign-ins,
                                                                     hosts and addresses are written
                                                                   */
    &ak_watch_techniques,
};

enum { N_WATCHERS = sizeof(WATCHERS) / sizeof(WATCHERS[0]), PROGRESS_EVENTS = 1 << 17 };

/* ---- the view of an event ---- */

/* The field names we look for.  More than one name may mean the same; the
 * first that an event carries counts. */
static const struct {
    struct ak_str name;
    enum ak_said said;
} SAID[] = {
    { AK_STR_INIT("event.action"), AK_SAID_ACTION },
    { AK_STR_INIT("event.outcome"), AK_SAID_OUTCOME },
    { AK_STR_INIT("user.name"), AK_SAID_USER },
    { AK_STR_INIT("user.target.name"), AK_SAID_TARGET_USER },
    { AK_STR_INIT("user.target.full_name"), AK_SAID_TARGET_NAME },
    { AK_STR_INIT("user.target.id"), AK_SAID_TARGET_ID },
    { AK_STR_INIT("source.ip"), AK_SAID_SOURCE },
    { AK_STR_INIT("source.address"), AK_SAID_SOURCE },
    { AK_STR_INIT("source.domain"), AK_SAID_SOURCE_NAME },
    { AK_STR_INIT("host.name"), AK_SAID_HOST },
    { AK_STR_INIT("winlog.channel"), AK_SAID_CHANNEL },
    { AK_STR_INIT("winlog.user_data.Channel"), AK_SAID_CLEARED },
    { AK_STR_INIT("winlog.event_data.LogonType"), AK_SAID_LOGON_TYPE },
    { AK_STR_INIT("http.request.method"), AK_SAID_METHOD },
    { AK_STR_INIT("url.original"), AK_SAID_URL },
    { AK_STR_INIT("url.path"), AK_SAID_PATH },
    { AK_STR_INIT("http.response.status_code"), AK_SAID_STATUS },
    { AK_STR_INIT("http.response.body.bytes"), AK_SAID_BYTES },
    { AK_STR_INIT("file.path"), AK_SAID_FILE },
    { AK_STR_INIT("process.command_line"), AK_SAID_COMMAND },
    { AK_STR_INIT("winlog.event_data.ImagePath"), AK_SAID_COMMAND }, /* of a service installed */
    { AK_STR_INIT("group.name"), AK_SAID_GROUP },
};

enum { N_NAMES = sizeof(SAID) / sizeof(SAID[0]) };

static void look(struct ak_view *v, const struct ak_stored *e)
{
    *v = (struct ak_view){ .stored = e,
                           .ns = e->event.when.utc_ns,
                           .timed = ak_stamp_is_set(e->event.when) };
    for (size_t i = 0; i < e->event.shape->n; i++) {
        struct ak_str name = e->event.shape->names[i];
        if (e->event.values[i].type == AK_TYPE_NONE)
            continue;
        for (size_t k = 0; k < N_NAMES; k++)
            if (SAID[k].name.n == name.n && memcmp(SAID[k].name.at, name.at, name.n) == 0) {
                if (!v->said[SAID[k].said])
                    v->said[SAID[k].said] = &e->event.values[i];
                break;
            }
    }
    v->host = ak_said_text(v, AK_SAID_HOST);
    if (!v->host.n)
        v->host = e->item->host;
    if (!v->host.n)
        v->host = ak_str_basename(e->item->evidence_name);
}

struct ak_str ak_said_text(const struct ak_view *v, enum ak_said what)
{
    return v->said[what] && v->said[what]->type == AK_TYPE_STR ? v->said[what]->str : AK_STR("");
}

uint64_t ak_said_number(const struct ak_view *v, enum ak_said what)
{
    const struct ak_value *value = v->said[what];
    if (!value)
        return 0;
    if (value->type == AK_TYPE_I64)
        return value->i64 < 0 ? 0 : (uint64_t)value->i64;
    return value->type == AK_TYPE_U64 || value->type == AK_TYPE_HEX ? value->u64 : 0;
}

bool ak_said_is(const struct ak_view *v, enum ak_said what, const char *text)
{
    return ak_str_eq(ak_said_text(v, what), ak_str_of(text));
}

/* ---- calendar ---- */

static int64_t local_seconds(const struct ak_zone *zone, int64_t ns)
{
    static const int64_t S = 1000000000;
    int64_t seconds = ns / S - (ns % S < 0);
    return seconds + ak_zone_offset(zone, seconds);
}

int32_t ak_day_of(const struct ak_zone *zone, int64_t ns)
{
    int64_t seconds = local_seconds(zone, ns);
    return (int32_t)(seconds / 86400 - (seconds % 86400 < 0));
}

void ak_day_text(int32_t day, char buf[16])
{
    struct ak_civil c = ak_civil_of((int64_t)day * 86400 * 1000000000);
    snprintf(buf, 16, "%04d-%02u-%02u", c.year % 10000, c.month % 100u, c.day % 100u);
}

bool ak_off_hours(const struct ak_zone *zone, int64_t ns)
{
    int64_t seconds = local_seconds(zone, ns);
    int64_t day = seconds / 86400 - (seconds % 86400 < 0);
    int64_t weekday = ((day + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 is Sunday */
    int64_t hour = (seconds - day * 86400) / 3600;
    return weekday == 0 || weekday == 6 || hour < 9 || hour >= 18;
}

/* ---- the pass ---- */

static enum ak_status read_all(struct ak_pass *p, const struct ak_analyse_options *o)
{
    struct ak_timeline *timeline;
    struct ak_stored e;
    struct ak_view v;
    bool more = true;
    uint64_t n = 0;
    enum ak_status st = ak_timeline_open(p->reading, NULL, &timeline);
    if (st != AK_OK)
        return st;
    while ((st = ak_timeline_next(timeline, &e, &more)) == AK_OK && more) {
        look(&v, &e);
        for (size_t i = 0; i < N_WATCHERS; i++)
            if (WATCHERS[i]->see)
                WATCHERS[i]->see(p, &v);
        if (++n % PROGRESS_EVENTS == 0 && o->progress)
            o->progress(o->self, n);
    }
    ak_timeline_close(timeline);
    return st;
}

static enum ak_status run(struct ak_pass *p, const struct ak_analyse_options *o)
{
    for (size_t i = 0; i < N_WATCHERS; i++)
        if (WATCHERS[i]->begin && !WATCHERS[i]->begin(p))
            return AK_ERR_NOMEM;
    enum ak_status st = read_all(p, o);
    for (size_t i = 0; st == AK_OK && i < N_WATCHERS; i++)
        if (WATCHERS[i]->finish)
            WATCHERS[i]->finish(p);
    if (st == AK_OK)
        st = ak_claims_begin(p->store, p->reading, p->zone, &p->claims);
    for (size_t i = 0; st == AK_OK && i < N_WATCHERS; i++)
        if (WATCHERS[i]->claim)
            WATCHERS[i]->claim(p);
    ak_claims_end(p->claims);
    return st == AK_OK && p->failed ? AK_ERR_NOMEM : st;
}

enum ak_status ak_analyse(struct ak_store *store, struct ak_reading *reading,
                          const struct ak_analyse_options *options)
{
    struct ak_pass p = {
        .store = store, .reading = reading, .zone = options->zone, .symbols = ak_symbols_new()
    };
    enum ak_status st = p.symbols ? ak_store_commit(store) : AK_ERR_NOMEM;
    if (st == AK_OK && !ak_store_sql(store, "BEGIN"))
        st = AK_ERR_IO;
    if (st == AK_OK) {
        st = run(&p, options);
        if (!ak_store_sql(store, st == AK_OK ? "COMMIT" : "ROLLBACK"))
            st = AK_ERR_IO;
    }
    for (size_t i = 0; i < N_WATCHERS; i++)
        if (WATCHERS[i]->end)
            WATCHERS[i]->end(&p);
    ak_symbols_free(p.symbols);
    return st;
}
