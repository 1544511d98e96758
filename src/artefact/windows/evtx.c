/* evtx.c - Windows event logs (Windows Vista and later, *.evtx).
 *
 * A log is a file header and chunks of 64 KiB that each stand alone, so what is
 * behind a damaged place can still be read.  Three kinds of records are read:
 * allocated ones; those left in a chunk's slack, behind its free space offset;
 * and those of chunks found without a file around them.  The latter two are
 * marked as recovered, and left out when the same record (id and time) is also
 * there as allocated.
 *
 * Facts and their sources: docs/formats/windows.evtx.md
 */
#include "artefact/windows/evtx_fill.h"

#include "base/hash.h"

enum { SEEN_FIRST = 4096 }; /* slots; a power of two */

/* Records already given, or allocated somewhere in the item: hashes of id and
 * time.  Two records with equal hashes would have to be forged. */
struct seen {
    uint64_t *slots; /* 0 is empty */
    size_t n, cap;
};

struct log {
    struct ak_ctx *ctx;
    struct ak_evtx_fill *fill;
    struct ak_bytes bytes;
    bool headerless; /* no file header: everything is recovered */
    struct seen seen;
};

/* Bytes at `at` as a chunk, up to the next one or 64 KiB. */
static struct ak_evtx_chunk chunk_at(const struct log *log, size_t at)
{
    size_t left = log->bytes.n - at, n = left < AK_EVTX_CHUNK ? left : AK_EVTX_CHUNK;
    return ak_evtx_chunk_open((struct ak_bytes){ log->bytes.at + at, n },
                              log->ctx->item->origin + at);
}

static bool is_chunk(const struct log *log, size_t at)
{
    return log->bytes.n - at >= 8 && memcmp(log->bytes.at + at, "ElfChnk", 8) == 0;
}

static uint64_t identity(const struct ak_evtx_record *r)
{
    uint64_t h = ak_hash_mix(r->id ^ UINT64_C(0x9E3779B97F4A7C15),
                             r->written ^ UINT64_C(0xD6E8FEB86659FD93));
    return h ? h : 1;
}

static bool seen_grow(struct log *log)
{
    struct seen *s = &log->seen, old = *s;
    s->cap = old.cap ? old.cap * 2 : SEEN_FIRST;
    s->slots = AK_NEW_N(log->ctx->arena, uint64_t, s->cap);
    if (!s->slots)
        return false;
    for (size_t i = 0; i < old.cap; i++) {
        size_t at = old.slots[i] & (s->cap - 1);
        while (old.slots[i] && s->slots[at])
            at = (at + 1) & (s->cap - 1);
        if (old.slots[i])
            s->slots[at] = old.slots[i];
    }
    return true;
}

/* Note a record; *out_new is whether it was not known.  False when the arena's
 * budget is spent. */
static bool seen_add(struct log *log, const struct ak_evtx_record *r, bool *out_new)
{
    struct seen *s = &log->seen;
    if (s->n * 2 >= s->cap && !seen_grow(log))
        return false;
    uint64_t id = identity(r);
    size_t at = id & (s->cap - 1);
    while (s->slots[at] && s->slots[at] != id)
        at = (at + 1) & (s->cap - 1);
    *out_new = s->slots[at] == 0;
    s->n += *out_new;
    s->slots[at] = id;
    return true;
}

/* Call `each` for every record in [at, end); between records it goes on to the
 * next mark.  *out_lost: some bytes of an allocated range were no records. */
typedef enum ak_status each_record(struct log *, const struct ak_evtx_chunk *,
                                   const struct ak_evtx_record *);

static enum ak_status records(struct log *log, const struct ak_evtx_chunk *chunk, size_t at,
                              size_t end, each_record *each, size_t *out_lost_at)
{
    *out_lost_at = end;
    struct ak_evtx_record r;
    while (at < end) {
        if (!ak_evtx_record_at(chunk, at, end, &r)) {
            if (*out_lost_at == end)
                *out_lost_at = at;
            at = ak_evtx_next_mark(chunk, at + 1, end);
            continue;
        }
        enum ak_status st = each(log, chunk, &r);
        if (st != AK_OK)
            return st;
        at += r.size;
    }
    return AK_OK;
}

static enum ak_status remember(struct log *log, const struct ak_evtx_chunk *chunk,
                               const struct ak_evtx_record *r)
{
    bool is_new;
    (void)chunk;
    return seen_add(log, r, &is_new) ? AK_OK : AK_ERR_LIMIT;
}

/* Once something is recovered, know all that is allocated. */
static enum ak_status remember_allocated(struct log *log)
{
    if (log->seen.cap)
        return AK_OK;
    if (!seen_grow(log))
        return AK_ERR_LIMIT;
    size_t lost, at = log->headerless          ? log->bytes.n
                      : log->ctx->item->origin ? 0
                                               : AK_EVTX_FILE_HEADER;
    for (; at < log->bytes.n && log->bytes.n - at > AK_EVTX_CHUNK_HEADER; at += AK_EVTX_CHUNK) {
        if (!is_chunk(log, at))
            continue;
        struct ak_evtx_chunk c = chunk_at(log, at);
        enum ak_status st = records(log, &c, AK_EVTX_CHUNK_HEADER, c.used, remember, &lost);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

static enum ak_status give(struct log *log, const struct ak_evtx_chunk *chunk,
                           const struct ak_evtx_record *r)
{
    if (!r->sealed)
        ak_damage(log->ctx, chunk->origin + r->at, "a record's size is not repeated at its end");
    return ak_evtx_fill_record(log->fill, r, 0);
}

/* A record in unallocated bytes: only whole ones, and only once. */
static enum ak_status give_recovered(struct log *log, const struct ak_evtx_chunk *chunk,
                                     const struct ak_evtx_record *r)
{
    bool is_new;
    (void)chunk;
    if (!r->sealed)
        return AK_OK;
    enum ak_status st = remember_allocated(log);
    if (st != AK_OK)
        return st;
    if (!seen_add(log, r, &is_new))
        return AK_ERR_LIMIT;
    return is_new ? ak_evtx_fill_record(log->fill, r, AK_EVENT_RECOVERED) : AK_OK;
}

static void report(struct log *log, uint64_t at, unsigned faults)
{
    for (unsigned bit = 0; bit < AK_EVTX_N_FAULTS; bit++)
        if (faults >> bit & 1)
            ak_damage(log->ctx, at, ak_evtx_fault(bit));
}

static enum ak_status read_chunk(struct log *log, size_t at, bool recovered)
{
    struct ak_evtx_chunk c = chunk_at(log, at);
    size_t lost, ignored;
    report(log, c.origin, c.faults);
    if (c.bytes.n < AK_EVTX_CHUNK_HEADER)
        return AK_OK;
    ak_evtx_fill_chunk(log->fill, &c);
    enum ak_status st =
        records(log, &c, AK_EVTX_CHUNK_HEADER, c.used, recovered ? give_recovered : give, &lost);
    if (lost < c.used && !recovered && !(c.faults & AK_EVTX_CHUNK_FREE))
        ak_damage(log->ctx, c.origin + lost, "bytes between the records of a chunk are no record");
    if (st != AK_OK)
        return st;
    return records(log, &c, c.used, c.bytes.n, give_recovered, &ignored);
}

/* A place for a chunk without a chunk: records may still lie there, and their
 * offsets still count from its start. */
static enum ak_status read_stray(struct log *log, size_t at, size_t end)
{
    struct ak_evtx_chunk c = { .bytes = { log->bytes.at + at, end - at },
                               .origin = log->ctx->item->origin + at };
    size_t ignored;
    if (ak_evtx_next_mark(&c, 0, c.bytes.n) == c.bytes.n)
        return AK_OK;
    ak_damage(log->ctx, c.origin, "a chunk without its signature");
    ak_evtx_fill_chunk(log->fill, &c);
    return records(log, &c, 0, c.bytes.n, give_recovered, &ignored);
}

/* Chunk after chunk from `at`.  Where none is, the next one is looked for, also
 * at places where none should be. */
static enum ak_status read_chunks(struct log *log, size_t at)
{
    size_t expected = at % AK_EVTX_CHUNK;
    enum ak_status st = AK_OK;
    while (at < log->bytes.n && st == AK_OK) {
        size_t left = log->bytes.n - at, n = left < AK_EVTX_CHUNK ? left : AK_EVTX_CHUNK;
        if (is_chunk(log, at)) {
            st = read_chunk(log, at, log->headerless || at % AK_EVTX_CHUNK != expected);
            at += n;
            continue;
        }
        size_t next = ak_evtx_next_chunk((struct ak_bytes){ log->bytes.at, at + n }, at);
        st = read_stray(log, at, next);
        at = next;
    }
    return st;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    if (p->head.n >= 8 && memcmp(p->head.at, "ElfFile", 8) == 0)
        return AK_BID_SURE;
    return p->head.n >= 8 && memcmp(p->head.at, "ElfChnk", 8) == 0 ? AK_BID_MAGIC : AK_BID_NO;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct log log = { .ctx = ctx, .bytes = ctx->item->bytes, .fill = ak_evtx_fill_new(ctx) };
    if (!log.fill)
        return AK_ERR_LIMIT;
    if (ctx->item->origin > 0)
        return read_chunks(&log, 0);
    if (log.bytes.n < 8)
        return ak_damage(ctx, 0, "the file ends inside its header");
    log.headerless = memcmp(log.bytes.at, "ElfFile", 8) != 0;
    if (log.headerless)
        return read_chunks(&log, 0);
    report(&log, 0, ak_evtx_check_file(log.bytes));
    return log.bytes.n > AK_EVTX_FILE_HEADER ? read_chunks(&log, AK_EVTX_FILE_HEADER) : AK_OK;
}

const struct ak_artefact ak_windows_evtx = {
    .name = "windows.evtx",
    .title_en = "Windows event log (EVTX)",
    .title_ja = "Windowsイベントログ(EVTX)",
    .spec = "docs/formats/windows.evtx.md",
    .split = AK_SPLIT_EVTX,
    .max_size = UINT64_MAX,
    .probe = probe,
    .parse = parse,
};
