/* ingest_host.c - which machine an evidence is of, when only its event logs say so.
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

/* A log is for the name its last events carry: a machine is renamed when it is set up. */
static void count_log(struct ak_reading *reading, uint64_t item, int64_t last_ns, uint64_t n, struct votes *v)
{
    const struct ak_window window = { last_ns, ak_ns_add(last_ns, 1), item };
    struct ak_scan *scan = NULL;
    struct ak_stored e;
    bool more = false;
    if (ak_scan_open(reading, &window, &scan) == AK_OK && ak_scan_next(scan, &e, &more) == AK_OK && more) {
        struct ak_str host = ak_event_text(&e.event, AK_STR("winlog.computer_name"));
        if (host.n && host.n < HOST_BYTES)
            count_for(v, host, n);
    }
    ak_scan_close(scan);
}

/* Whose name is sought: a file of the evidence (an image), or the evidence itself
 * (path empty) for logs that lie in its folder. */
struct ballot {
    uint32_t evidence;
    bool whole; /* the file is the evidence */
    char path[4096];
    struct votes votes;
};

static void elect(struct ak_ingest *in, struct ballot *b)
{
    const struct votes *v = &b->votes;
    unsigned most = 0;
    for (unsigned i = 1; i < VOTES; i++)
        if (v->n[i] > v->n[most])
            most = i;
    if (v->n[most] && b->path[0])
        ak_store_evidence_fact(in->store, b->evidence, ak_str_of(b->path), AK_STR("host.name"), ak_str_of(v->host[most]));
    if (v->n[most] && (b->whole || !b->path[0]))
        ak_store_evidence_host_if_unknown(in->store, b->evidence, ak_str_of(v->host[most]));
    b->votes = (struct votes){ 0 };
}

/* Event logs of images and evidence without a name, one of these behind the other.
 * The root of "3.17.2" is the file "3.17". */
static const char LOGS[] =
    "WITH log AS (SELECT i.evidence AS e, i.id AS id, i.sort AS sort, i.n_events AS n, i.parent IS NOT NULL AND i.parent<>0 AS inside,"
    "  (SELECT coalesce(r.machine_path, r.path) FROM t_item r WHERE r.key = substr(i.key, 1, instr(i.key, '.') +"
    "   instr(substr(i.key, instr(i.key, '.') + 1) || '.', '.') - 1)) AS root,"
    "  (SELECT max(b.last_ns) FROM t_batch b WHERE b.item=i.id AND b.n>b.n_untimed) AS last"
    "  FROM t_item i WHERE i.parser='windows.evtx')"
    " SELECT e, CASE WHEN inside THEN root ELSE '' END, v.kind='file', log.id, n, last FROM log JOIN t_evidence v ON v.id=e"
    " WHERE last IS NOT NULL AND CASE WHEN inside THEN NOT EXISTS"
    "  (SELECT 1 FROM t_fact f WHERE f.evidence=e AND f.path=root AND f.name='host.name') ELSE coalesce(v.host,'')='' END"
    " ORDER BY e, 2, log.sort";

static void count_logs(struct ak_ingest *in, sqlite3_stmt *q)
{
    static struct ballot b;
    struct ak_reading *reading = NULL;
    b = (struct ballot){ 0 };
    while (sqlite3_step(q) == SQLITE_ROW) {
        uint32_t evidence = (uint32_t)sqlite3_column_int64(q, 0);
        const char *path = (const char *)sqlite3_column_text(q, 1);
        if (!path || (!reading && ak_reading_open(in->store, &reading) != AK_OK))
            break;
        if (evidence != b.evidence || strcmp(path, b.path) != 0)
            elect(in, &b);
        b.evidence = evidence;
        b.whole = sqlite3_column_int(q, 2);
        snprintf(b.path, sizeof(b.path), "%s", path);
        count_log(reading, (uint64_t)sqlite3_column_int64(q, 3), sqlite3_column_int64(q, 5),
                  (uint64_t)sqlite3_column_int64(q, 4), &b.votes);
    }
    elect(in, &b);
    ak_reading_close(reading);
}

void ak_ingest_name_hosts(struct ak_ingest *in)
{
    sqlite3_stmt *q = NULL;
    enum ak_status st = ak_store_commit(in->store);
    if (st == AK_OK && sqlite3_prepare_v2(ak_store_db(in->store), LOGS, -1, &q, NULL) != SQLITE_OK)
        st = AK_ERR_CORRUPT;
    if (st == AK_OK)
        count_logs(in, q);
    else
        in->broken = st;
    sqlite3_finalize(q);
}
