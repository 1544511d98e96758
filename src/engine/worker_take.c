/* worker_take.c - find out what an item is, and parse it. */
#include "engine/worker_walk.h"

#include <stdlib.h>
#include <sys/mman.h>

static struct ak_wire_done failed(enum ak_status status, const char *note)
{
    return (struct ak_wire_done){ .status = status, .note = ak_str_of(note) };
}

/* The bytes of a splittable item's part, cut at line borders: from the first
 * line that starts in [from, to) to the end of the last that does. */
static void trim_to_lines(struct ak_item *item, uint64_t from, uint64_t to)
{
    struct ak_bytes *b = &item->bytes;
    if (from > 0) { /* one byte more was read in front: is it a line's end? */
        const uint8_t *nl = b->n ? memchr(b->at, '\n', b->n) : NULL;
        size_t skip = nl ? (size_t)(nl - b->at) + 1 : b->n;
        b->at += skip;
        b->n -= skip;
        item->origin += skip;
    }
    if (to >= item->size)
        return;
    uint64_t inside = to > item->origin ? to - item->origin : 0; /* bytes before `to` */
    if (inside == 0) {
        b->n = 0;
        return;
    }
    size_t last = (size_t)(inside - 1); /* the line that holds byte to-1 ends the part */
    const uint8_t *nl = last < b->n ? memchr(b->at + last, '\n', b->n - last) : NULL;
    if (nl)
        b->n = (size_t)(nl - b->at) + 1;
}

/* A large item that cannot be cut is mapped: the parser sees it whole, memory
 * holds only what it is at (ak_worker_pass_by).  Not on the second try: a read
 * error then costs zeros, not the item. */
static uint8_t *map_whole(struct ak_worker *w, size_t n)
{
    if (n <= AK_SPLIT_ABOVE || (w->job->flags & AK_JOB_CAREFUL))
        return NULL;
    uint8_t *at = mmap(NULL, n, PROT_READ, MAP_PRIVATE, w->item_fd, 0);
    if (at == MAP_FAILED)
        return NULL;
    madvise(at, n, MADV_SEQUENTIAL);
    w->mapped = (struct ak_bytes){ at, n };
    w->mapped_done = 0;
    return at;
}

static void release(struct ak_worker *w, uint8_t *bytes)
{
    if (w->mapped.n)
        munmap((void *)(uintptr_t)w->mapped.at, w->mapped.n);
    else
        free(bytes);
    w->mapped = (struct ak_bytes){ 0 };
}

/* The range of the item to have in memory for the job's part. */
struct range {
    uint64_t start, end, to;
    bool lines;
};

static struct range range_of(const struct ak_worker *w, const struct ak_artefact *a, uint64_t size)
{
    uint64_t from = w->job->from, to = w->job->to && w->job->to < size ? w->job->to : size;
    bool lines = a->split == AK_SPLIT_LINES && w->job->to;
    uint64_t start = lines && from > 0 ? from - 1 : from;
    uint64_t end = lines && to < size && size - to > AK_LINE_OVERLAP ? to + AK_LINE_OVERLAP
                   : lines                                           ? size
                                                                     : to;
    return (struct range){ start, end > start ? end : start, to, lines };
}

/* Have what the job asks for in one block.  NULL when memory ran out. */
static uint8_t *read_part(struct ak_worker *w, const struct ak_artefact *a, struct ak_source *src,
                          struct ak_item *item)
{
    struct range r = range_of(w, a, src->size);
    size_t n = (size_t)(r.end - r.start), missing = 0;
    uint8_t *bytes = r.start == 0 && r.end == src->size ? map_whole(w, n) : NULL;
    if (!bytes) {
        bytes = malloc(n ? n : 1);
        if (!bytes || ak_source_read(src, r.start, bytes, n, &missing) != AK_OK) {
            free(bytes);
            return NULL;
        }
    }
    item->origin = r.start;
    item->bytes = (struct ak_bytes){ bytes, n };
    item->missing = missing;
    if (w->mapped.n) {
        item->passed = ak_worker_passed;
        item->passed_self = w;
    }
    if (r.lines)
        trim_to_lines(item, w->job->from, r.to);
    return bytes;
}

static enum ak_status parse(struct ak_worker *w, const struct ak_artefact *a, struct ak_item *item,
                            uint64_t *out_damage)
{
    struct ak_sink sink = ak_worker_sink(w);
    struct ak_ctx ctx = { .arena = w->arena, .item = item, .sink = &sink };
    if (item->missing)
        ak_damage(&ctx, item->origin, "part of the item could not be read and was taken as zeros");
    enum ak_status st = a->parse(&ctx);
    enum ak_status flushed = ak_worker_flush(w);
    ak_jsonl_forget(w->jsonl); /* shapes may have been in the arena */
    if (w->compare)
        ak_worker_rules_forget(w->rules);
    if (w->look)
        ak_worker_feeds_forget(w->feeds);
    *out_damage = ctx.n_damage;
    return flushed == AK_OK ? st : flushed;
}

static struct ak_zone *zone_of(struct ak_worker *w)
{
    struct ak_zone *zone = AK_NEW(w->arena, struct ak_zone);
    if (zone && (!w->job->zone.n || ak_zone_parse(ak_bytes_str(w->job->zone), zone) != AK_OK))
        *zone = ak_zone_utc;
    return zone;
}

/* The file's own modification time as an event, where the walk gave none. */
static void stat_first(struct ak_worker *w, uint64_t size)
{
    struct ak_file f = { .path = w->job->path, .size = size, .modified = w->job->modified };
    if ((w->job->flags & AK_JOB_STAT) && ak_worker_stat(w, &f, 0, AK_STR("")) != AK_OK)
        w->lost = AK_ERR_IO;
}

/* Is it only named now, for the supervisor to cut it into parts, or to be told? */
static bool only_named(const struct ak_worker *w, const struct ak_artefact *a,
                       const struct ak_source *src)
{
    bool cut = w->job->to == 0 && w->job->kind == AK_JOB_TAKE && a->split != AK_SPLIT_NONE &&
               src->size > AK_SPLIT_ABOVE;
    return cut || (w->job->flags & AK_JOB_IDENTIFY);
}

static struct ak_wire_done parse_item(struct ak_worker *w, const struct ak_artefact *a,
                                      struct ak_source *src)
{
    struct ak_wire_done done = { .what = ak_str_of(a->name), .split = a->split };
    bool whole = w->job->to == 0;
    if (whole && a->split == AK_SPLIT_NONE && src->size > a->max_size) {
        ak_worker_damage(w, AK_STR(""), 0, "larger than the limit of its parser");
        return (struct ak_wire_done){ .status = AK_ERR_LIMIT, .what = done.what, .n_damage = 1 };
    }
    struct ak_zone *zone = zone_of(w);
    struct ak_item item = { .path = w->job->path,
                            .size = src->size,
                            .modified = w->job->modified,
                            .zone = zone,
                            .access_format = w->job->access_format };
    uint8_t *bytes = zone ? read_part(w, a, src, &item) : NULL;
    if (!bytes)
        return failed(AK_ERR_NOMEM, "the memory limit was reached");
    done.status = parse(w, a, &item, &done.n_damage);
    done.n_events = w->seq;
    release(w, bytes);
    return done;
}

/* Is it a zip that is a document or a program (docx, xlsx, odt, jar, apk)?  Its
 * parts are no files of the machine. */
static bool is_package(struct ak_bytes head)
{
    static const char *const FIRST[] = {
        "[Content_Types].xml", "_rels/.rels",         "mimetype",
        "META-INF/",           "AndroidManifest.xml", "docProps/"
    };
    struct ak_reader r = ak_rd_open(head, 0);
    if (ak_rd_u32le(&r) != 0x04034B50)
        return false;
    ak_rd_seek(&r, 26);
    uint16_t name_n = ak_rd_u16le(&r);
    ak_rd_skip(&r, 2);
    struct ak_str name = ak_str_bytes(ak_rd_take(&r, name_n));
    for (size_t i = 0; i < sizeof(FIRST) / sizeof(FIRST[0]); i++)
        if (ak_str_starts(name, ak_str_of(FIRST[i])))
            return true;
    return false;
}

/* The parser for this head, weighed against its being a container. */
static const struct ak_artefact *choose(struct ak_worker *w, struct ak_source *src,
                                        bool *out_container)
{
    static uint8_t head[AK_PROBE_BYTES]; /* one job at a time */
    struct ak_probe probe = { w->job->path,
                              { head, ak_source_read_some(src, 0, head, sizeof(head)) },
                              src->size };
    const struct ak_artefact *a =
        w->job->parser.n ? ak_artefact_named(w->job->parser) : ak_artefact_for(&probe);
    *out_container = false;
    if (w->job->parser.n || (a && a->probe(&probe) >= AK_BID_MAGIC))
        return a;
    *out_container = !is_package(probe.head) && ak_worker_is_container(src);
    return *out_container ? NULL : a;
}

/* Of what nobody reads there is the metadata. */
static struct ak_wire_done take_unknown(struct ak_worker *w, const struct ak_source *src,
                                        struct ak_str looked)
{
    struct ak_wire_done done = { .what = looked }; /* read, if only by YARA */
    if (!looked.n)
        done = failed(AK_ERR_UNSUPPORTED, src->size ? "no parser for it" : "the file is empty");
    if (ak_worker_flush(w) != AK_OK)
        done.status = AK_ERR_IO;
    done.n_events = w->seq;
    return done;
}

struct ak_wire_done ak_worker_take(struct ak_worker *w, struct ak_source *src)
{
    bool container;
    if (ak_worker_in_profile(w->job->path) && w->job->kind == AK_JOB_TAKE)
        ak_worker_profile(w, w->job->path, AK_STR(""), src);
    const struct ak_artefact *a = choose(w, src, &container);
    if (w->job->parser.n && !a)
        return failed(AK_ERR_UNSUPPORTED, "no parser of this name");
    if (container && !(w->job->flags & AK_JOB_MAY_EXPAND))
        return (struct ak_wire_done){ .wants_expand = true };
    if (a &&
        only_named(w, a, src)) /* no event of it now: its first part begins with its metadata */
        return (struct ak_wire_done){ .what = ak_str_of(a->name), .split = a->split };
    if (w->job->to == 0 || w->job->from == 0)
        stat_first(w, src->size);
    struct ak_str looked = w->job->to == 0 ? ak_worker_yara(w, src) : AK_STR("");
    if (container)
        return ak_worker_expand(w, src);
    return a ? parse_item(w, a, src) : take_unknown(w, src, looked);
}
