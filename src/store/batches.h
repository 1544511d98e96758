/* batches.h - stored batches, fetched and opened.  Shared by the files of store/. */
#ifndef AK_STORE_BATCHES_H
#define AK_STORE_BATCHES_H

#include "event/batch.h"
#include "event/hits.h"
#include "store/reading.h"

/* How far a time without a zone may move when the zone is applied. */
#define AK_ZONE_SLACK_NS (INT64_C(26) * 3600 * 1000000000)

struct ak_store *ak_reading_store(const struct ak_reading *r);

/* Zero-initialise; reuse for one batch after the other. */
struct ak_opened_batch {
    const struct ak_item_info *item;
    uint8_t *raw;
    size_t raw_n, raw_cap;
    struct ak_arena *arena;
    struct ak_batch_reader reader;
    uint8_t *raw_hits;
    size_t raw_hits_cap;
    struct ak_arena *hits_arena;
    struct ak_hits_table hits;
};

/* A row of t_batch. */
struct ak_batch_row {
    int64_t id;
    bool has_hits;
};

/* Fetch the row, unpack and open it, and the hits beside it. */
AK_MUST_USE enum ak_status ak_batch_fetch(struct ak_reading *r, const struct ak_batch_row *row,
                                          const struct ak_item_info *item,
                                          struct ak_opened_batch *b);

/* The next event with the evidence's zone applied. */
AK_MUST_USE enum ak_status ak_batch_opened_next(struct ak_opened_batch *b, struct ak_stored *out,
                                                bool *out_more);
void ak_batch_drop(struct ak_opened_batch *b);

bool ak_window_has(const struct ak_window *w, const struct ak_event *e);

#endif
