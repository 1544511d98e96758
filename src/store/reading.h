/* reading.h - read the events of a case: all of them quickly, or in time order. */
#ifndef AK_STORE_READING_H
#define AK_STORE_READING_H

#include "event/event.h"
#include "event/hits.h"
#include "store/store.h"

/* An item as readers need it.  Texts live as long as the reading. */
struct ak_item_info {
    uint64_t id;
    uint32_t rank; /* position among all items in the order of keys */
    uint32_t evidence;
    struct ak_str key, path, parser, evidence_name, host; /* path: on the machine, where known */
    struct ak_str found_path;                             /* as it stands in the evidence */
    const struct ak_zone *zone; /* of the evidence; ak_zone_utc when nobody knows */
    uint64_t size, inode, volume, parent;
    uint32_t flags;
    bool done;
    struct ak_str note;
};

/* The items and zones of a case, loaded once. */
struct ak_reading;

AK_MUST_USE enum ak_status ak_reading_open(struct ak_store *store, struct ak_reading **out);
void ak_reading_close(struct ak_reading *reading); /* NULL is allowed */

size_t ak_reading_n_items(const struct ak_reading *reading);
/* By rank. */
const struct ak_item_info *ak_reading_item(const struct ak_reading *reading, size_t rank);
/* By key, or NULL. */
const struct ak_item_info *ak_reading_item_by_key(const struct ak_reading *reading,
                                                  struct ak_str key);
/* By row, or NULL. */
const struct ak_item_info *ak_reading_item_by_id(const struct ak_reading *reading, uint64_t id);

/* One event as stored.  Times recorded without a zone have been moved from the
 * evidence's zone to UTC.  Valid until the next one is read. */
struct ak_stored {
    struct ak_event event;
    const struct ak_item_info *item;
    const struct ak_stored_hit *hits; /* rules of t_rule that it satisfies, by number */
    size_t n_hits;
};

/* Which events; zero-initialise for all. */
struct ak_window {
    int64_t from_ns, to_ns; /* [from, to); both 0: no limit */
    uint64_t item;          /* only of this item; 0: all */
};

/* a + b; the nearest time there is when that is out of range. */
static inline int64_t ak_ns_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN + 1 : INT64_MAX;
    return sum;
}

/* Every event, item by item in the order of keys, within an item batch by batch:
 * the same order each time, but not time order.  One batch in memory. */
struct ak_scan;
AK_MUST_USE enum ak_status ak_scan_open(struct ak_reading *reading, const struct ak_window *window,
                                        struct ak_scan **out);
/* AK_OK with *out_more false at the end.  AK_ERR_CORRUPT when the case is damaged. */
AK_MUST_USE enum ak_status ak_scan_next(struct ak_scan *scan, struct ak_stored *out,
                                        bool *out_more);
void ak_scan_close(struct ak_scan *scan);

/* Every event in time order, then in the order of keys and sequence; events
 * without a time first.  Memory: the batches that overlap at one moment. */
struct ak_timeline;
AK_MUST_USE enum ak_status ak_timeline_open(struct ak_reading *reading,
                                            const struct ak_window *window,
                                            struct ak_timeline **out);
AK_MUST_USE enum ak_status ak_timeline_next(struct ak_timeline *timeline, struct ak_stored *out,
                                            bool *out_more);
void ak_timeline_close(struct ak_timeline *timeline);

/* "1.345.2:17" into buf; returns it as text. */
enum { AK_EVENT_ID_MAX = 192 };
struct ak_str ak_event_id(const struct ak_stored *event, char buf[AK_EVENT_ID_MAX]);

#endif
