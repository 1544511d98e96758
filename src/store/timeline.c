/* timeline.c - all events in time order, by merging batches.
 *
 * Each batch is sorted by time.  The list of batches is sorted by where they
 * begin; a batch is fetched when the merge reaches its beginning and dropped at
 * its end, so that memory holds only batches that overlap at one moment. */
#include "store/batches.h"
#include "store/store_internal.h"

#include <stdlib.h>

/* A batch not yet opened. */
struct waiting {
    int64_t begins_ns, id;
    uint32_t rank;
    bool has_hits;
};

/* A batch being merged, with its next event. */
struct merging {
    struct ak_opened_batch batch;
    struct ak_stored next;
    struct place {
        int64_t utc_ns;
        size_t pos; /* of the event in the batch */
        uint32_t seq;
    } * order; /* only where applying a zone may have changed the order */
    uint32_t at;
};

struct ak_timeline {
    struct ak_reading *reading;
    struct ak_window window;
    struct waiting *waiting;
    size_t n_waiting, next_waiting;
    struct merging **heap; /* the earliest next event on top */
    size_t n_heap, cap_heap;
    struct merging *spare; /* a finished one whose memory serves again */
    struct merging *top_taken;
};

static int by_beginning(const void *va, const void *vb)
{
    const struct waiting *a = va, *b = vb;
    if (a->begins_ns != b->begins_ns)
        return a->begins_ns < b->begins_ns ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int64_t when_of(const struct ak_event *e)
{
    return ak_stamp_is_set(e->when) ? e->when.utc_ns : INT64_MIN;
}

static bool earlier(const struct merging *a, const struct merging *b)
{
    int64_t ta = when_of(&a->next.event), tb = when_of(&b->next.event);
    if (ta != tb)
        return ta < tb;
    if (a->next.item->rank != b->next.item->rank)
        return a->next.item->rank < b->next.item->rank;
    return a->next.event.seq < b->next.event.seq;
}

static void sift_down(struct ak_timeline *t, size_t i)
{
    for (;;) {
        size_t least = i, left = 2 * i + 1, right = left + 1;
        if (left < t->n_heap && earlier(t->heap[left], t->heap[least]))
            least = left;
        if (right < t->n_heap && earlier(t->heap[right], t->heap[least]))
            least = right;
        if (least == i)
            return;
        struct merging *swap = t->heap[i];
        t->heap[i] = t->heap[least];
        t->heap[least] = swap;
        i = least;
    }
}

static void sift_up(struct ak_timeline *t, size_t i)
{
    while (i > 0 && earlier(t->heap[i], t->heap[(i - 1) / 2])) {
        struct merging *swap = t->heap[i];
        t->heap[i] = t->heap[(i - 1) / 2];
        t->heap[(i - 1) / 2] = swap;
        i = (i - 1) / 2;
    }
}

static int by_place(const void *va, const void *vb)
{
    const struct place *a = va, *b = vb;
    if (a->utc_ns != b->utc_ns)
        return a->utc_ns < b->utc_ns ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* Where the zone of the evidence moves some times, sort the batch anew. */
static enum ak_status sort_moved(struct merging *m)
{
    struct ak_batch_reader *r = &m->batch.reader;
    if (!m->batch.item->zone->known)
        return AK_OK;
    struct place *order = AK_NEW_N(m->batch.arena, struct place, (size_t)r->n_events + 1);
    if (!order)
        return AK_ERR_LIMIT;
    struct ak_batch_reader start = *r;
    for (uint32_t i = 0; i < r->n_events; i++) {
        bool more;
        size_t pos = r->rest.pos;
        enum ak_status st = ak_batch_opened_next(&m->batch, &m->next, &more);
        if (st != AK_OK || !more)
            return AK_ERR_CORRUPT;
        order[i] = (struct place){ when_of(&m->next.event), pos, m->next.event.seq };
    }
    *r = start;
    qsort(order, r->n_events, sizeof(*order), by_place);
    m->order = order;
    return AK_OK;
}

/* Read on to the next event inside the window; *out_more false at the end. */
static enum ak_status advance(struct ak_timeline *t, struct merging *m, bool *out_more)
{
    do {
        if (m->order && m->at < m->batch.reader.n_events) {
            m->batch.reader.rest.pos = m->order[m->at].pos;
            m->batch.reader.next = m->at++;
        } else if (m->order) {
            *out_more = false;
            return AK_OK;
        }
        enum ak_status st = ak_batch_opened_next(&m->batch, &m->next, out_more);
        if (st != AK_OK)
            return st;
    } while (*out_more && !ak_window_has(&t->window, &m->next.event));
    return AK_OK;
}

static void free_merging(struct merging *m)
{
    if (m)
        ak_batch_drop(&m->batch);
    free(m);
}

static enum ak_status push(struct ak_timeline *t, struct merging *m)
{
    if (t->n_heap == t->cap_heap) {
        size_t cap = t->cap_heap ? t->cap_heap * 2 : 64;
        struct merging **more = realloc(t->heap, cap * sizeof(struct merging *));
        if (!more)
            return AK_ERR_NOMEM;
        t->heap = more;
        t->cap_heap = cap;
    }
    t->heap[t->n_heap++] = m;
    sift_up(t, t->n_heap - 1);
    return AK_OK;
}

static enum ak_status open_waiting(struct ak_timeline *t, const struct waiting *w)
{
    struct merging *m = t->spare ? t->spare : calloc(1, sizeof(*m));
    t->spare = NULL;
    if (!m)
        return AK_ERR_NOMEM;
    m->order = NULL;
    m->at = 0;
    bool more = false;
    struct ak_batch_row row = { w->id, w->has_hits };
    enum ak_status st =
        ak_batch_fetch(t->reading, &row, ak_reading_item(t->reading, w->rank), &m->batch);
    if (st == AK_OK)
        st = sort_moved(m);
    if (st == AK_OK)
        st = advance(t, m, &more);
    if (st == AK_OK && more)
        return push(t, m);
    free_merging(m);
    return st;
}

/* Where a batch may begin: untimed events come first, and a zone may move times. */
static int64_t beginning(const struct ak_item_info *item, int64_t first_ns, bool untimed)
{
    int64_t slack = item->zone->known ? AK_ZONE_SLACK_NS : 0;
    return untimed || first_ns < INT64_MIN + slack ? INT64_MIN : first_ns - slack;
}

static bool add_waiting(struct ak_timeline *t, size_t *cap, struct waiting w)
{
    if (t->n_waiting == *cap) {
        size_t want = *cap ? *cap * 2 : 1024;
        struct waiting *more = realloc(t->waiting, want * sizeof(*more));
        if (!more)
            return false;
        t->waiting = more;
        *cap = want;
    }
    t->waiting[t->n_waiting++] = w;
    return true;
}

static enum ak_status load_waiting(struct ak_timeline *t)
{
    sqlite3_stmt *q;
    int64_t slack = t->window.from_ns == t->window.to_ns ? 0 : AK_ZONE_SLACK_NS;
    if (sqlite3_prepare_v2(
            ak_store_db(ak_reading_store(t->reading)),
            "SELECT id, item, first_ns, n_untimed, n_hits FROM t_batch WHERE (?1 = 0 OR item = ?1)"
            " AND (?2 = ?3 OR (last_ns >= ?2 AND first_ns < ?3))",
            -1, &q, NULL) != SQLITE_OK)
        return AK_ERR_CORRUPT;
    sqlite3_bind_int64(q, 1, (sqlite3_int64)t->window.item);
    sqlite3_bind_int64(q, 2, ak_ns_add(t->window.from_ns, -slack));
    sqlite3_bind_int64(q, 3, ak_ns_add(t->window.to_ns, slack));
    size_t cap = 0;
    bool ok = true;
    int rc = SQLITE_DONE;
    while (ok && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const struct ak_item_info *item =
            ak_reading_item_by_id(t->reading, (uint64_t)sqlite3_column_int64(q, 1));
        if (item)
            ok = add_waiting(t, &cap,
                             (struct waiting){ beginning(item, sqlite3_column_int64(q, 2),
                                                         sqlite3_column_int64(q, 3) > 0),
                                               sqlite3_column_int64(q, 0), item->rank,
                                               sqlite3_column_int64(q, 4) > 0 });
    }
    sqlite3_finalize(q);
    if (!ok)
        return AK_ERR_NOMEM;
    if (rc != SQLITE_DONE) /* a part of the events would be taken for all */
        return AK_ERR_CORRUPT;
    if (t->n_waiting)
        qsort(t->waiting, t->n_waiting, sizeof(*t->waiting), by_beginning);
    return AK_OK;
}

enum ak_status ak_timeline_open(struct ak_reading *reading, const struct ak_window *window,
                                struct ak_timeline **out)
{
    struct ak_timeline *t = calloc(1, sizeof(*t));
    if (!t)
        return AK_ERR_NOMEM;
    t->reading = reading;
    t->window = window ? *window : (struct ak_window){ 0 };
    enum ak_status st = load_waiting(t);
    if (st != AK_OK) {
        ak_timeline_close(t);
        return st;
    }
    *out = t;
    return AK_OK;
}

/* The event handed out last is still on top; move its batch on. */
static enum ak_status move_on(struct ak_timeline *t)
{
    bool more;
    if (!t->top_taken)
        return AK_OK;
    t->top_taken = NULL;
    struct merging *top = t->heap[0];
    enum ak_status st = advance(t, top, &more);
    if (st != AK_OK)
        return st;
    if (!more) {
        t->heap[0] = t->heap[--t->n_heap];
        if (t->spare)
            free_merging(t->spare);
        t->spare = top;
    }
    sift_down(t, 0);
    return AK_OK;
}

enum ak_status ak_timeline_next(struct ak_timeline *t, struct ak_stored *out, bool *out_more)
{
    *out_more = false;
    enum ak_status st = move_on(t);
    while (st == AK_OK && t->next_waiting < t->n_waiting &&
           (t->n_heap == 0 ||
            t->waiting[t->next_waiting].begins_ns <= when_of(&t->heap[0]->next.event)))
        st = open_waiting(t, &t->waiting[t->next_waiting++]);
    if (st != AK_OK || t->n_heap == 0)
        return st;
    t->top_taken = t->heap[0];
    *out = t->heap[0]->next;
    *out_more = true;
    return AK_OK;
}

void ak_timeline_close(struct ak_timeline *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_heap; i++)
        free_merging(t->heap[i]);
    free_merging(t->spare);
    free(t->heap);
    free(t->waiting);
    free(t);
}
