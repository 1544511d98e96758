/* batches.c - see batches.h. */
#include "store/batches.h"

#include "store/store_internal.h"

#include <stdlib.h>
#include <zstd.h>

enum { TABLES_BYTES = 256 << 20 };

/* Unpack into memory that is kept; *out_n is how many bytes. */
static enum ak_status unpack(uint8_t **raw, size_t *cap, struct ak_bytes packed, size_t *out_n)
{
    unsigned long long n = ZSTD_getFrameContentSize(packed.at, packed.n);
    if (n == ZSTD_CONTENTSIZE_UNKNOWN || n == ZSTD_CONTENTSIZE_ERROR ||
        n > 2 * (size_t)AK_BATCH_BYTES_MAX)
        return AK_ERR_CORRUPT;
    if (n > *cap) {
        uint8_t *more = realloc(*raw, (size_t)n);
        if (!more)
            return AK_ERR_NOMEM;
        *raw = more;
        *cap = (size_t)n;
    }
    *out_n = (size_t)n;
    return ZSTD_decompress(*raw, (size_t)n, packed.at, packed.n) == n ? AK_OK : AK_ERR_CORRUPT;
}

/* One column of a row of t_batch, unpacked. */
static enum ak_status fetch(struct ak_reading *r, int64_t id, const char *column, uint8_t **raw,
                            size_t *cap, size_t *out_n)
{
    sqlite3_blob *blob;
    if (sqlite3_blob_open(ak_store_db(ak_reading_store(r)), "main", "t_batch", column, id, 0,
                          &blob) != SQLITE_OK)
        return AK_ERR_CORRUPT;
    int n = sqlite3_blob_bytes(blob);
    void *packed = malloc((size_t)n + 1);
    enum ak_status st = packed ? AK_OK : AK_ERR_NOMEM;
    if (st == AK_OK && sqlite3_blob_read(blob, packed, n, 0) != SQLITE_OK)
        st = AK_ERR_CORRUPT;
    if (st == AK_OK)
        st = unpack(raw, cap, (struct ak_bytes){ packed, (size_t)n }, out_n);
    free(packed);
    sqlite3_blob_close(blob);
    return st;
}

static enum ak_status fetch_hits(struct ak_reading *r, int64_t id, struct ak_opened_batch *b)
{
    size_t n;
    enum ak_status st = fetch(r, id, "hits", &b->raw_hits, &b->raw_hits_cap, &n);
    if (st != AK_OK)
        return st;
    if (!b->hits_arena)
        b->hits_arena = ak_arena_new(TABLES_BYTES);
    if (!b->hits_arena)
        return AK_ERR_NOMEM;
    ak_arena_reset(b->hits_arena);
    return ak_hits_open(b->hits_arena, (struct ak_bytes){ b->raw_hits, n }, UINT32_MAX, &b->hits);
}

enum ak_status ak_batch_fetch(struct ak_reading *r, const struct ak_batch_row *row,
                              const struct ak_item_info *item, struct ak_opened_batch *b)
{
    enum ak_status st = fetch(r, row->id, "data", &b->raw, &b->raw_cap, &b->raw_n);
    b->hits = (struct ak_hits_table){ 0 };
    if (st == AK_OK && row->has_hits)
        st = fetch_hits(r, row->id, b);
    if (st != AK_OK)
        return st;
    if (!b->arena)
        b->arena = ak_arena_new(TABLES_BYTES);
    if (!b->arena)
        return AK_ERR_NOMEM;
    ak_arena_reset(b->arena);
    b->item = item;
    return ak_batch_open(b->arena, (struct ak_bytes){ b->raw, b->raw_n }, &b->reader);
}

enum ak_status ak_store_each_batch(struct ak_store *store, uint64_t item,
                                   bool (*each)(void *self, struct ak_bytes batch), void *self)
{
    sqlite3_stmt *q;
    uint8_t *raw = NULL;
    size_t cap = 0, n = 0;
    if (sqlite3_prepare_v2(ak_store_db(store), "SELECT data FROM t_batch WHERE item=?1 ORDER BY id",
                           -1, &q, NULL) != SQLITE_OK)
        return AK_ERR_CORRUPT;
    sqlite3_bind_int64(q, 1, (sqlite3_int64)item);
    enum ak_status st = AK_OK;
    int rc = SQLITE_DONE;
    while (st == AK_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct ak_bytes packed = { sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0) };
        st = unpack(&raw, &cap, packed, &n);
        if (st == AK_OK && !each(self, (struct ak_bytes){ raw, n }))
            st = AK_ERR_IO;
    }
    sqlite3_finalize(q);
    free(raw);
    return st == AK_OK && rc != SQLITE_DONE ? AK_ERR_CORRUPT : st;
}

/* Times recorded without a zone were kept as if they were UTC; here the zone of
 * the evidence is applied, so that it can be corrected without parsing again. */
static void apply_zone(const struct ak_zone *zone, struct ak_stamp *when)
{
    static const int64_t S = 1000000000;
    if (!(when->flags & AK_STAMP_LOCAL) || !zone->known)
        return;
    int64_t seconds = when->utc_ns / S - (when->utc_ns % S < 0);
    int64_t shift = ak_zone_to_utc(zone, seconds) - seconds;
    int64_t moved = ak_ns_add(when->utc_ns, shift * S);
    if (moved == INT64_MAX || moved == INT64_MIN + 1)
        when->flags |= AK_STAMP_CLAMPED;
    when->utc_ns = moved;
    when->flags &= (uint8_t)~AK_STAMP_LOCAL;
}

enum ak_status ak_batch_opened_next(struct ak_opened_batch *b, struct ak_stored *out,
                                    bool *out_more)
{
    enum ak_status st = ak_batch_next(&b->reader, &out->event, out_more);
    if (st == AK_OK && *out_more)
        apply_zone(b->item->zone, &out->event.when);
    out->item = b->item;
    out->hits = NULL;
    out->n_hits = 0;
    if (st == AK_OK && *out_more && b->hits.n)
        out->hits = ak_hits_of(&b->hits, out->event.seq, &out->n_hits);
    return st;
}

void ak_batch_drop(struct ak_opened_batch *b)
{
    free(b->raw);
    free(b->raw_hits);
    ak_arena_free(b->arena);
    ak_arena_free(b->hits_arena);
    *b = (struct ak_opened_batch){ 0 };
}
