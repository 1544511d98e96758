/* reading.c - see reading.h: items, and the scan in key order. */
#include "store/reading.h"

#include "store/batches.h"
#include "store/sql.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 1 << 30 };

struct ak_reading {
    struct ak_store *store;
    struct ak_arena *arena;
    struct ak_item_info *items; /* by rank */
    uint32_t *by_id;            /* rank + 1 by row id; 0 unknown */
    size_t n, n_ids;
};

/* Zones by evidence id, parsed once. */
struct zones {
    const struct ak_zone **of;
    struct ak_str *name, *host;
    size_t n;
};

static enum ak_status load_zones(struct ak_reading *r, struct zones *z)
{
    sqlite3 *db = ak_store_db(r->store);
    sqlite3_stmt *q;
    z->n = (size_t)ak_sql_number(db, "SELECT max(id) + 1 FROM t_evidence");
    z->of = AK_NEW_N(r->arena, const struct ak_zone *, z->n + 1);
    z->name = AK_NEW_N(r->arena, struct ak_str, z->n + 1);
    z->host = AK_NEW_N(r->arena, struct ak_str, z->n + 1);
    if (!z->of || !z->name || !z->host)
        return AK_ERR_LIMIT;
    if (sqlite3_prepare_v2(db, "SELECT id, name, host, zone_tzif FROM t_evidence", -1, &q, NULL) !=
        SQLITE_OK)
        return AK_ERR_CORRUPT;
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        size_t id = (size_t)sqlite3_column_int64(q, 0);
        if (id > z->n)
            continue;
        z->name[id] = ak_store_column(r->arena, q, 1);
        z->host[id] = ak_store_column(r->arena, q, 2);
        struct ak_bytes tzif = ak_bytes_str(ak_store_column(r->arena, q, 3));
        struct ak_zone *zone = tzif.n ? AK_NEW(r->arena, struct ak_zone) : NULL;
        z->of[id] = zone && ak_zone_parse(tzif, zone) == AK_OK ? zone : &ak_zone_utc;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? AK_OK : AK_ERR_CORRUPT;
}

/* ---- several machines in one evidence ---- */

/* An item that names a machine: an image in a folder, an archive in an archive. */
struct machine {
    uint32_t evidence;
    struct ak_str path, host;
    const struct ak_zone *zone; /* NULL: as the evidence has it */
};

struct machines {
    struct machine *at;
    size_t n;
};

/* Only of evidence that names more than one; none is given by --tz. */
static const char MACHINES[] =
    "SELECT f.evidence, f.path, f.value, (SELECT z.value FROM t_fact z WHERE z.evidence = "
    "f.evidence AND z.path = f.path"
    " AND z.name = 'machine.zone_tzif' AND coalesce(e.zone_from, '') <> '--tz')"
    " FROM t_fact f JOIN t_evidence e ON e.id = f.evidence WHERE f.name = 'host.name' AND EXISTS "
    "(SELECT 1 FROM t_fact o"
    " WHERE o.evidence = f.evidence AND o.name = 'host.name' AND o.value <> f.value) ORDER BY 1, 2 "
    "LIMIT 1000";
enum { MACHINES_MAX = 1000 };

static enum ak_status load_machines(struct ak_reading *r, struct machines *m)
{
    sqlite3_stmt *q;
    m->at = AK_NEW_N(r->arena, struct machine, MACHINES_MAX);
    if (!m->at)
        return AK_ERR_LIMIT;
    if (sqlite3_prepare_v2(ak_store_db(r->store), MACHINES, -1, &q, NULL) != SQLITE_OK)
        return AK_ERR_CORRUPT;
    while (m->n < MACHINES_MAX && sqlite3_step(q) == SQLITE_ROW) {
        struct machine *one = &m->at[m->n++];
        one->evidence = (uint32_t)sqlite3_column_int64(q, 0);
        one->path = ak_store_column(r->arena, q, 1);
        one->host = ak_store_column(r->arena, q, 2);
        struct ak_bytes tzif = ak_bytes_str(ak_store_column(r->arena, q, 3));
        struct ak_zone *zone = tzif.n ? AK_NEW(r->arena, struct ak_zone) : NULL;
        one->zone = zone && ak_zone_parse(tzif, zone) == AK_OK ? zone : NULL;
    }
    sqlite3_finalize(q);
    return AK_OK;
}

/* An item is of the machine that it names itself, else of its parent's. */
static void settle_machine(const struct ak_reading *r, const struct machines *m,
                           struct ak_item_info *i)
{
    const struct ak_item_info *parent = i->parent ? ak_reading_item_by_id(r, i->parent) : NULL;
    if (m->n == 0)
        return;
    if (parent) {
        i->host = parent->host;
        i->zone = parent->zone;
    }
    for (size_t k = 0; k < m->n; k++) {
        const struct machine *one = &m->at[k];
        if (one->evidence == i->evidence && ak_str_eq(one->path, i->found_path)) {
            i->host = one->host;
            i->zone = one->zone ? one->zone : i->zone;
        }
    }
}

static void read_item(struct ak_reading *r, sqlite3_stmt *q, const struct zones *z,
                      struct ak_item_info *i)
{
    i->id = (uint64_t)sqlite3_column_int64(q, 0);
    i->evidence = (uint32_t)sqlite3_column_int64(q, 1);
    i->key = ak_store_column(r->arena, q, 2);
    i->path = ak_store_column(r->arena, q, 3);
    i->parser = ak_store_column(r->arena, q, 4);
    i->size = (uint64_t)sqlite3_column_int64(q, 5);
    i->inode = (uint64_t)sqlite3_column_int64(q, 6);
    i->volume = (uint64_t)sqlite3_column_int64(q, 7);
    i->flags = (uint32_t)sqlite3_column_int64(q, 8);
    i->parent = (uint64_t)sqlite3_column_int64(q, 9);
    i->done = strcmp((const char *)sqlite3_column_text(q, 10), "done") == 0;
    i->note = ak_store_column(r->arena, q, 11);
    i->found_path = ak_store_column(r->arena, q, 12);
    size_t e = i->evidence <= z->n ? i->evidence : 0;
    i->evidence_name = z->name[e];
    i->host = z->host[e];
    i->zone = z->of[e] ? z->of[e] : &ak_zone_utc;
}

static enum ak_status load_items(struct ak_reading *r, const struct zones *z,
                                 const struct machines *m)
{
    sqlite3 *db = ak_store_db(r->store);
    sqlite3_stmt *q;
    size_t room = (size_t)ak_sql_number(db, "SELECT count(*) FROM t_item");
    r->n_ids = (size_t)ak_sql_number(db, "SELECT max(id) + 1 FROM t_item");
    r->items = AK_NEW_N(r->arena, struct ak_item_info, room + 1);
    r->by_id = AK_NEW_N(r->arena, uint32_t, r->n_ids + 1);
    if (!r->items || !r->by_id)
        return AK_ERR_LIMIT;
    if (sqlite3_prepare_v2(db,
                           "SELECT id, evidence, key, coalesce(machine_path, path), parser, size, "
                           "inode, volume, flags, parent,"
                           " state, note, path FROM t_item ORDER BY sort",
                           -1, &q, NULL) != SQLITE_OK)
        return AK_ERR_CORRUPT;
    int rc = SQLITE_DONE;
    while (r->n < room && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct ak_item_info *i = &r->items[r->n];
        read_item(r, q, z, i);
        settle_machine(r, m, i); /* parents come first */
        i->rank = (uint32_t)r->n++;
        if (i->id <= r->n_ids)
            r->by_id[i->id] = i->rank + 1;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? AK_OK : AK_ERR_CORRUPT;
}

enum ak_status ak_reading_open(struct ak_store *store, struct ak_reading **out)
{
    struct ak_reading *r = calloc(1, sizeof(*r));
    struct zones zones = { 0 };
    struct machines machines = { 0 };
    if (!r)
        return AK_ERR_NOMEM;
    r->store = store;
    r->arena = ak_arena_new(ARENA_BYTES);
    enum ak_status st = r->arena ? load_zones(r, &zones) : AK_ERR_NOMEM;
    if (st == AK_OK)
        st = load_machines(r, &machines);
    if (st == AK_OK)
        st = load_items(r, &zones, &machines);
    if (st != AK_OK) {
        ak_reading_close(r);
        return st;
    }
    *out = r;
    return AK_OK;
}

void ak_reading_close(struct ak_reading *r)
{
    if (!r)
        return;
    ak_arena_free(r->arena);
    free(r);
}

struct ak_store *ak_reading_store(const struct ak_reading *r) { return r->store; }

size_t ak_reading_n_items(const struct ak_reading *r) { return r->n; }

const struct ak_item_info *ak_reading_item(const struct ak_reading *r, size_t rank)
{
    return rank < r->n ? &r->items[rank] : NULL;
}

const struct ak_item_info *ak_reading_item_by_id(const struct ak_reading *r, uint64_t id)
{
    return id <= r->n_ids && r->by_id[id] ? &r->items[r->by_id[id] - 1] : NULL;
}

const struct ak_item_info *ak_reading_item_by_key(const struct ak_reading *r, struct ak_str key)
{
    for (size_t i = 0; i < r->n; i++)
        if (ak_str_eq(r->items[i].key, key))
            return &r->items[i];
    return NULL;
}

struct ak_str ak_event_id(const struct ak_stored *e, char buf[AK_EVENT_ID_MAX])
{
    int n = snprintf(buf, AK_EVENT_ID_MAX, "%.*s:%u", (int)e->item->key.n, e->item->key.at,
                     e->event.seq);
    return (struct ak_str){ buf, n > 0 ? (size_t)n : 0 };
}

/* ---- the scan ---- */

struct ak_scan {
    struct ak_reading *reading;
    struct ak_window window;
    sqlite3_stmt *q;
    struct ak_opened_batch batch;
    bool open;
};

enum ak_status ak_scan_open(struct ak_reading *r, const struct ak_window *w, struct ak_scan **out)
{
    static const char SQL[] =
        "SELECT b.id, b.item, b.n_hits FROM t_batch b JOIN t_item i ON i.id = b.item"
        " WHERE (?1 = 0 OR b.item = ?1)"
        "   AND (?2 = ?3 OR (b.last_ns >= ?2 AND b.first_ns < ?3)) ORDER BY i.sort, b.id";
    struct ak_scan *s = calloc(1, sizeof(*s));
    if (!s)
        return AK_ERR_NOMEM;
    s->reading = r;
    s->window = w ? *w : (struct ak_window){ 0 };
    if (sqlite3_prepare_v2(ak_store_db(r->store), SQL, -1, &s->q, NULL) != SQLITE_OK) {
        free(s);
        return AK_ERR_CORRUPT;
    }
    int64_t slack = s->window.from_ns == s->window.to_ns ? 0 : AK_ZONE_SLACK_NS;
    sqlite3_bind_int64(s->q, 1, (sqlite3_int64)s->window.item);
    sqlite3_bind_int64(s->q, 2, ak_ns_add(s->window.from_ns, -slack));
    sqlite3_bind_int64(s->q, 3, ak_ns_add(s->window.to_ns, slack));
    *out = s;
    return AK_OK;
}

bool ak_window_has(const struct ak_window *w, const struct ak_event *e)
{
    if (w->from_ns == w->to_ns)
        return true;
    return ak_stamp_is_set(e->when) && e->when.utc_ns >= w->from_ns && e->when.utc_ns < w->to_ns;
}

/* Open the next batch; *out_more false when there is none left. */
static enum ak_status next_batch(struct ak_scan *s, bool *out_more)
{
    int rc = sqlite3_step(s->q);
    *out_more = rc == SQLITE_ROW;
    if (!*out_more) /* a part of the events must not be taken for all */
        return rc == SQLITE_DONE ? AK_OK : AK_ERR_CORRUPT;
    const struct ak_item_info *item =
        ak_reading_item_by_id(s->reading, (uint64_t)sqlite3_column_int64(s->q, 1));
    s->open = item != NULL;
    struct ak_batch_row row = { sqlite3_column_int64(s->q, 0), sqlite3_column_int64(s->q, 2) > 0 };
    return item ? ak_batch_fetch(s->reading, &row, item, &s->batch) : AK_ERR_CORRUPT;
}

enum ak_status ak_scan_next(struct ak_scan *s, struct ak_stored *out, bool *out_more)
{
    enum ak_status st = AK_OK;
    bool batches = true;
    *out_more = false;
    while (st == AK_OK && batches) {
        bool more = false;
        if (s->open)
            st = ak_batch_opened_next(&s->batch, out, &more);
        if (st == AK_OK && more && ak_window_has(&s->window, &out->event)) {
            *out_more = true;
            return AK_OK;
        }
        if (st == AK_OK && !more)
            st = next_batch(s, &batches);
    }
    return st;
}

void ak_scan_close(struct ak_scan *s)
{
    if (!s)
        return;
    sqlite3_finalize(s->q);
    ak_batch_drop(&s->batch);
    free(s);
}
