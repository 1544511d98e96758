/* model_events.c - the events that claims cite, quoted down to the bytes.
 *
 * Events are kept in batches, so each cited item is read once, up to its last
 * cited event. */
#include "event/message.h"
#include "report/model.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct cited {
    uint32_t rank, seq;
    struct ak_str id;
    size_t claim; /* of the first claim that cites it */
};

/* "1.345.2:17" taken apart; false when it is no event of the case. */
static bool parse_id(const struct ak_reading *reading, struct ak_str id, struct cited *out)
{
    size_t colon = id.n;
    uint64_t seq = 0;
    while (colon > 0 && id.at[colon - 1] != ':')
        colon--;
    if (colon == 0 || colon == id.n || id.n - colon > 10)
        return false;
    for (size_t i = colon; i < id.n; i++) {
        if (id.at[i] < '0' || id.at[i] > '9')
            return false;
        seq = seq * 10 + (uint64_t)(id.at[i] - '0');
    }
    const struct ak_item_info *item =
        ak_reading_item_by_key(reading, (struct ak_str){ id.at, colon - 1 });
    if (!item || seq > UINT32_MAX)
        return false;
    *out = (struct cited){ .rank = item->rank, .seq = (uint32_t)seq, .id = id };
    return true;
}

static int by_place(const void *va, const void *vb)
{
    const struct cited *a = va, *b = vb;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return a->claim < b->claim ? -1 : a->claim > b->claim;
}

/* Every citation, claims round by round: the first of each, then the second …,
 * so that a cut appendix still shows something of every claim. */
static size_t collect(struct ak_report *r, const struct ak_reading *reading, struct cited *to,
                      size_t max)
{
    size_t n = 0;
    for (size_t round = 0; round < AK_REPORT_BASIS_MAX; round++)
        for (size_t i = 0; i < r->n_claims && n < max; i++)
            if (round < r->claims[i].n_basis &&
                parse_id(reading, r->claims[i].basis[round], &to[n]))
                to[n++].claim = i;
    return n;
}

static size_t without_twins(struct cited *c, size_t n)
{
    size_t kept = 0;
    qsort(c, n, sizeof(*c), by_place);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || c[kept - 1].rank != c[i].rank || c[kept - 1].seq != c[i].seq)
            c[kept++] = c[i];
    return kept;
}

static int by_claim(const void *va, const void *vb)
{
    const struct cited *a = va, *b = vb;
    return a->claim != b->claim ? (a->claim < b->claim ? -1 : 1) : by_place(va, vb);
}

/* ---- bytes ---- */

struct where {
    struct ak_str path, kind;
    uint64_t parts, volumes, parent_parts;
};

static void take_where(struct ak_report *r, void *stmt, void *self)
{
    struct where *w = self;
    w->path = ak_report_column(r, stmt, 0);
    w->kind = ak_report_column(r, stmt, 1);
    w->volumes = (uint64_t)sqlite3_column_int64(stmt, 2);
    w->parent_parts = (uint64_t)sqlite3_column_int64(stmt, 3);
}

/* Does the path climb out of its folder? */
static bool climbs(struct ak_str path)
{
    for (size_t i = 0; i + 1 < path.n; i++)
        if (path.at[i] == '.' && path.at[i + 1] == '.' && (i == 0 || path.at[i - 1] == '/') &&
            (i + 2 == path.n || path.at[i + 2] == '/'))
            return true;
    return path.n == 0 || path.at[0] == '/';
}

/* The file the item's bytes stand in, at their own offsets: a file of the evidence
 * that is no container, or a part of one.  Empty when there is none. */
static void file_of(struct ak_report *r, const struct ak_item_info *item, struct ak_buf *path)
{
    char id[24];
    struct where w = { 0 };
    int n = snprintf(id, sizeof(id), "%llu", (unsigned long long)item->id);
    ak_report_each(
        r,
        "SELECT e.path, e.kind, (SELECT count(*) FROM t_volume v WHERE v.item=i.id),"
        " coalesce((SELECT p.parts FROM t_item p WHERE p.id=i.parent AND p.path=i.path),0)"
        " FROM t_item i JOIN t_evidence e ON e.id=i.evidence WHERE i.id=CAST(?1 AS INTEGER)",
        (struct ak_str){ id, (size_t)n }, take_where, &w);
    if (w.volumes || (item->parent && !w.parent_parts))
        return;
    ak_buf_str(path, w.path);
    if (ak_str_eq(w.kind, AK_STR("folder"))) {
        if (climbs(item->path)) {
            path->n = 0;
            return;
        }
        ak_buf_u8(path, '/');
        ak_buf_str(path, item->path);
    }
}

static void read_bytes(struct ak_report *r, const struct ak_stored *e, struct ak_report_event *to)
{
    uint8_t bytes[AK_REPORT_HEX_MAX];
    struct ak_buf path = { 0 };
    size_t want = to->length < sizeof(bytes) ? (size_t)to->length : sizeof(bytes);
    file_of(r, e->item, &path);
    to->inside = path.n == 0;
    ak_buf_u8(&path, 0);
    if (to->inside || path.failed || want == 0 || to->offset > INT64_MAX) {
        ak_buf_free(&path);
        return;
    }
    int fd = open((const char *)path.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t got = fd >= 0 ? pread(fd, bytes, want, (off_t)to->offset) : -1;
    if (fd >= 0)
        close(fd);
    if (got > 0) {
        struct ak_str kept = ak_report_keep(r, (struct ak_str){ (const char *)bytes, (size_t)got });
        to->bytes = ak_bytes_str(kept);
    }
    ak_buf_free(&path);
}

/* ---- events ---- */

static void keep_event(struct ak_report *r, const struct ak_stored *e, struct ak_report_event *to)
{
    char iso[AK_STAMP_TEXT];
    struct ak_buf b = { 0 };
    to->found = true;
    to->timed = ak_stamp_is_set(e->event.when);
    to->recovered = e->event.flags & AK_EVENT_RECOVERED;
    to->ns = to->timed ? e->event.when.utc_ns : 0;
    to->datetime = ak_report_keep(r, (struct ak_str){ iso, ak_stamp_iso(e->event.when, iso) });
    to->time_desc = ak_report_keep(r, e->event.shape->time_desc);
    to->data_type = ak_report_keep(r, e->event.shape->data_type);
    to->path = ak_report_keep(r, e->item->path);
    to->evidence = ak_report_keep(r, e->item->evidence_name);
    struct ak_str host = ak_event_text(&e->event, AK_STR("host.name"));
    to->host = ak_report_keep(r, host.n ? host : e->item->host);
    to->offset = e->event.offset;
    to->length = e->event.length;
    for (int lang = 0; lang < 2; lang++) {
        b.n = 0;
        ak_message(&b, &e->event, (enum ak_lang)lang);
        to->message.in[lang] = ak_report_keep(r, ak_buf_view(&b));
    }
    ak_buf_free(&b);
    read_bytes(r, e, to);
}

/* The cited events of one item; c is sorted by sequence. */
static enum ak_status fetch(struct ak_report *r, struct ak_reading *reading, const struct cited *c,
                            size_t n, struct ak_report_event *to)
{
    struct ak_window window = { .item = ak_reading_item(reading, c[0].rank)->id };
    struct ak_scan *scan;
    struct ak_stored e;
    bool more = true;
    size_t found = 0;
    enum ak_status st = ak_scan_open(reading, &window, &scan);
    if (st != AK_OK)
        return st;
    while (found < n && (st = ak_scan_next(scan, &e, &more)) == AK_OK && more)
        for (size_t i = 0; i < n; i++)
            if (!to[i].found && c[i].seq == e.event.seq) {
                keep_event(r, &e, &to[i]);
                found++;
            }
    ak_scan_close(scan);
    return st;
}

static bool cites(const struct ak_report_claim *c, struct ak_str id)
{
    for (size_t i = 0; i < c->n_basis; i++)
        if (ak_str_eq(c->basis[i], id))
            return true;
    return false;
}

static void name_claims(struct ak_report *r, struct ak_report_event *e)
{
    enum { CLAIMS_SHOWN = 12 };
    struct ak_buf b = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < r->n_claims && n < CLAIMS_SHOWN; i++)
        if (cites(&r->claims[i], e->id)) {
            ak_buf_text(&b, n++ ? ", " : "");
            ak_buf_str(&b, r->claims[i].id);
        }
    e->claims = ak_report_keep(r, ak_buf_view(&b));
    ak_buf_free(&b);
}

static int by_time(const void *va, const void *vb)
{
    const struct ak_report_event *a = va, *b = vb;
    if (a->timed != b->timed)
        return a->timed ? -1 : 1;
    if (a->ns != b->ns)
        return a->ns < b->ns ? -1 : 1;
    return ak_str_cmp(a->id, b->id);
}

enum ak_status ak_report_read_events(struct ak_report *r, struct ak_reading *reading)
{
    size_t max = (size_t)AK_REPORT_CLAIMS_MAX * AK_REPORT_BASIS_MAX;
    struct cited *c = calloc(max, sizeof(*c));
    enum ak_status st = AK_OK;
    if (!c)
        return AK_ERR_NOMEM;
    size_t n = without_twins(c, collect(r, reading, c, max));
    r->n_events_all = n;
    if (n > AK_REPORT_EVENTS_MAX) {
        qsort(c, n, sizeof(*c), by_claim);
        n = AK_REPORT_EVENTS_MAX;
        qsort(c, n, sizeof(*c), by_place);
    }
    r->events = AK_NEW_N(r->arena, struct ak_report_event, n + 1);
    r->n_events = r->events ? n : 0;
    for (size_t i = 0; i < r->n_events; i++)
        r->events[i].id = c[i].id;
    for (size_t i = 0, end; st == AK_OK && i < r->n_events; i = end) {
        for (end = i; end < r->n_events && c[end].rank == c[i].rank;)
            end++;
        st = fetch(r, reading, c + i, end - i, r->events + i);
    }
    free(c);
    for (size_t i = 0; i < r->n_events; i++)
        name_claims(r, &r->events[i]);
    if (r->n_events)
        qsort(r->events, r->n_events, sizeof(*r->events), by_time);
    return st;
}

const struct ak_report_event *ak_report_event(const struct ak_report *r, struct ak_str id)
{
    for (size_t i = 0; i < r->n_events; i++)
        if (ak_str_eq(r->events[i].id, id))
            return &r->events[i];
    return NULL;
}
