/* ingest_host.c - which machine an evidence is of, or an image among others, when only
 * its event logs say so.
 *
 * Counted over what the case holds, not while it comes in: an investigation that was
 * interrupted, or that some logs were added to, must not count only the rest. */
#include "engine/ingest.h"
#include "store/reading.h"

#include <sqlite3.h>
#include <stdio.h>

/* The names the logs of one evidence give, with how many events they have. */
enum { VOTES = 8, HOST_BYTES = 128 };
struct votes {
    char host[VOTES][HOST_BYTES];
    uint64_t n[VOTES];
};

static void count_for(struct votes *v, struct ak_str host, uint64_t n)
{
    for (unsigned i = 0; i < VOTES; i++) {
        if (v->n[i] == 0)
            snprintf(v->host[i], sizeof(v->host[i]), "%.*s", (int)host.n, host.at);
        if (ak_str_eq(host, ak_str_of(v->host[i]))) {
            v->n[i] += n;
            return;
        }
    }
}

/* The names of the last events, in a ring. */
enum { LATEST = 32 };
struct latest {
    char host[LATEST][HOST_BYTES];
    size_t n; /* seen so far */
};

static void see_last(struct ak_reading *reading, const struct ak_window *window, struct latest *l)
{
    struct ak_scan *scan = NULL;
    struct ak_stored e;
    bool more = true;
    if (ak_scan_open(reading, window, &scan) != AK_OK)
        return;
    while (ak_scan_next(scan, &e, &more) == AK_OK && more) {
        struct ak_str host = ak_event_text(&e.event, AK_STR("winlog.computer_name"));
        if (host.n && host.n < HOST_BYTES)
            snprintf(l->host[l->n++ % LATEST], HOST_BYTES, "%.*s", (int)host.n, host.at);
    }
    ak_scan_close(scan);
}

/* A log is for the name that most of its last events carry: a machine is renamed when it
 * is set up, and one forwarded event renames nothing.  Of equals the latest counts. */
static void count_log(struct ak_reading *reading, const struct ak_window *window, uint64_t n,
                      struct votes *v)
{
    static struct latest l;
    size_t most = 0, best = 0;
    l.n = 0;
    see_last(reading, window, &l);
    size_t kept = l.n < LATEST ? l.n : LATEST;
    for (size_t i = 0; i < kept; i++) {
        size_t at = (l.n - 1 - i) % LATEST, same = 0;
        for (size_t k = 0; k < kept; k++)
            same += strcmp(l.host[at], l.host[k]) == 0;
        if (same > most) {
            most = same;
            best = at;
        }
    }
    if (most)
        count_for(v, ak_str_of(l.host[best]), n);
}

/* Whose logs are counted together: those of one evidence that lie in no container, or
 * of one outermost container (an image, an archive): its key is "1.2". */
struct group {
    uint32_t evidence;
    struct ak_str root; /* empty: in no container */
};

static struct group group_of(const struct ak_item_info *item)
{
    struct group g = { item->evidence, AK_STR("") };
    unsigned dots = 0;
    for (size_t i = 0; i < item->key.n && dots < 2; i++)
        if (item->key.at[i] == '.' && ++dots == 2)
            g.root = (struct ak_str){ item->key.at, i };
    return g;
}

static void elect(struct ak_ingest *in, struct ak_reading *reading, const struct group *g,
                  struct votes *v)
{
    unsigned most = 0;
    for (unsigned i = 1; i < VOTES; i++)
        if (v->n[i] > v->n[most])
            most = i;
    struct ak_str host = ak_str_of(v->host[most]);
    const struct ak_item_info *root = g->root.n ? ak_reading_item_by_key(reading, g->root) : NULL;
    if (v->n[most] && root)
        ak_store_machine_if_unknown(in->store, g->evidence, root->found_path, host);
    if (v->n[most])
        ak_store_evidence_host_if_unknown(in->store, g->evidence, host);
    *v = (struct votes){ 0 };
}

/* Event logs by evidence and container; those beside each other only where nothing else
 * named the evidence. */
static const char LOGS[] =
    "SELECT i.id, i.n_events, (SELECT max(b.last_ns) FROM t_batch b WHERE b.item=i.id AND "
    "b.n>b.n_untimed) AS last,"
    " (SELECT b.first_ns FROM t_batch b WHERE b.item=i.id AND b.n>b.n_untimed ORDER BY b.last_ns "
    "DESC, b.id DESC LIMIT 1)"
    " FROM t_item i JOIN t_evidence e ON e.id=i.evidence WHERE i.parser='windows.evtx' AND last IS "
    "NOT NULL"
    " AND (coalesce(e.host,'')='' OR i.key LIKE '%.%.%') ORDER BY i.evidence, i.sort";

static void count_logs(struct ak_ingest *in, sqlite3_stmt *q)
{
    static struct votes votes;
    struct ak_reading *reading = NULL;
    struct group of = { 0, AK_STR("") };
    votes = (struct votes){ 0 };
    while (sqlite3_step(q) == SQLITE_ROW) {
        if (!reading && ak_reading_open(in->store, &reading) != AK_OK)
            break;
        const struct ak_item_info *item =
            ak_reading_item_by_id(reading, (uint64_t)sqlite3_column_int64(q, 0));
        if (!item)
            continue;
        struct group g = group_of(item);
        if (g.evidence != of.evidence || !ak_str_eq(g.root, of.root))
            elect(in, reading, &of, &votes);
        of = g;
        const struct ak_window window = { sqlite3_column_int64(q, 3),
                                          ak_ns_add(sqlite3_column_int64(q, 2), 1), item->id };
        count_log(reading, &window, (uint64_t)sqlite3_column_int64(q, 1), &votes);
    }
    if (reading)
        elect(in, reading, &of, &votes);
    ak_reading_close(reading);
}

void ak_ingest_name_hosts(struct ak_ingest *in)
{
    sqlite3_stmt *q = NULL;
    ak_store_settle_machines(in->store);
    if (ak_store_commit(in->store) == AK_OK &&
        sqlite3_prepare_v2(ak_store_db(in->store), LOGS, -1, &q, NULL) == SQLITE_OK)
        count_logs(in, q);
    sqlite3_finalize(q);
    ak_store_settle_machines(in->store);
}
