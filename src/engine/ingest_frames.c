/* ingest_frames.c - what workers say, checked and written to the case. */
#include "engine/ingest.h"
#include "engine/plan.h"
#include "engine/redetect.h"
#include "event/batch.h"
#include "event/hits.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEY_BYTES = 256, SIBLING_PATH = 8192 };
enum { DAMAGE_ROWS_MAX = 100000 }; /* listed of one item; further places are counted */

/* A worker that says what no honest worker says is ended, unheard; its item fails. */
static void distrust(struct ak_pool_worker *w) { w->distrusted = true; }

/* The hits of the batch that follows: checked and kept until it comes. */
static void on_hits(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t,
                    struct ak_bytes bytes)
{
    struct ak_hits_table hits;
    uint32_t n_rules = in->options->rules ? in->options->rules->sums.n_rules : 0;
    bool stored = t->kind == AK_JOB_DETECT; /* then none at all are no bytes */
    ak_arena_reset(in->arena);
    if (t->hits.n ||
        ((bytes.n || !stored) && ak_hits_open(in->arena, bytes, n_rules, &hits) != AK_OK)) {
        distrust(w);
        return;
    }
    if (stored) {
        if (!ak_redetect_hits(in, t, bytes))
            distrust(w);
        return;
    }
    ak_buf_put(&t->hits, bytes.at, bytes.n);
    if (t->hits.failed)
        in->broken = AK_ERR_NOMEM;
}

static void on_seen(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t,
                    struct ak_reader *r)
{
    struct ak_wire_seen s = ak_wire_get_seen(r);
    uint32_t n_classes = in->options->rules ? in->options->rules->sums.n_classes : 0;
    if (!ak_rd_ok(r) || s.n_events < t->n_events) {
        distrust(w);
        return;
    }
    /* In the second round events are seen again, and of an item perhaps not all. */
    bool again = in->rules_tag[0] != 0;
    struct ak_seen_row row = { t->item, s.n_events, s.first, s.last };
    if (!again)
        ak_store_seen(in->store, &row);
    struct ak_reader classes = ak_rd_open(s.classes, 0);
    while (ak_rd_left(&classes)) {
        uint64_t class_number = ak_rd_varint(&classes), n = ak_rd_varint(&classes);
        if (!ak_rd_ok(&classes) || class_number >= n_classes) {
            distrust(w);
            return;
        }
        if (!again || in->options->rules->needs_programs[class_number])
            ak_store_class_seen(in->store, t->item, (uint32_t)class_number, n);
    }
    in->result->events_seen += again ? 0 : s.n_events;
}

static void on_batch(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t,
                     struct ak_bytes bytes)
{
    uint32_t n;
    ak_arena_reset(in->arena);
    if (ak_batch_check(in->arena, bytes, NULL, NULL, &n) != AK_OK) {
        distrust(w);
        return;
    }
    enum ak_status st =
        ak_store_put_batch(in->store, t->item, bytes, (struct ak_bytes){ t->hits.at, t->hits.n });
    t->hits.n = 0;
    if (st != AK_OK)
        in->broken = st;
    t->n_events += n;
    in->events_live += n;
}

static void on_damage(struct ak_ingest *in, struct ak_task *t, struct ak_reader *r)
{
    struct ak_str path = ak_wire_get_str(r);
    uint64_t offset = ak_rd_varint(r);
    struct ak_str what = ak_wire_get_str(r);
    if (!ak_rd_ok(r) || t->n_damage++ > DAMAGE_ROWS_MAX)
        return;
    if (t->n_damage <= DAMAGE_ROWS_MAX)
        ak_store_damage(in->store, t->item, path, offset, what);
    else
        ak_store_damage(in->store, t->item, AK_STR(""), offset,
                        AK_STR("more damage than is listed here"));
}

/* Facts that have a column of their own. */
static const struct {
    const char *fact, *column;
} COLUMNS[] = {
    { "media.md5", "stored_md5" },
    { "media.sha1", "stored_sha1" },
    { "media.read.md5", "md5" },
    { "media.read.sha1", "sha1" },
    { "media.read.sha256", "media_sha256" },
};

static void trim(struct ak_str *s)
{
    while (s->n && (unsigned char)s->at[s->n - 1] <= ' ')
        s->n--;
    while (s->n && (unsigned char)s->at[0] <= ' ') {
        s->at++;
        s->n--;
    }
}

/* "../usr/share/zoneinfo/Asia/Tokyo" or "Asia/Tokyo": the zone's name; empty when
 * it is no plain one. */
static struct ak_str zone_name(struct ak_str text)
{
    static const char FOLDER[] = "zoneinfo/";
    const char *at = text.n ? memmem(text.at, text.n, FOLDER, sizeof(FOLDER) - 1) : NULL;
    if (at) {
        size_t skip = (size_t)(at - text.at) + sizeof(FOLDER) - 1;
        text = (struct ak_str){ text.at + skip, text.n - skip };
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-' || c == '+' || (c == '/' && i > 0);
        if (!plain)
            return AK_STR("");
    }
    return text.n < 64 ? text : AK_STR("");
}

/* Take the zone's rules from this machine's own files: they are trusted. */
static void set_zone(struct ak_ingest *in, const struct ak_task *t, struct ak_str name)
{
    char path[128];
    static uint8_t tzif[64 * 1024];
    name = zone_name(name);
    if (!name.n)
        return;
    ak_store_evidence_fact(in->store, t->evidence, ak_str_of(t->path), AK_STR("machine.zone_name"),
                           name);
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", (int)name.n, name.at);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, tzif, sizeof(tzif)) : -1;
    if (fd >= 0)
        close(fd);
    if (n > 4 && memcmp(tzif, "TZif", 4) == 0)
        ak_store_evidence_fact(in->store, t->evidence, ak_str_of(t->path),
                               AK_STR("machine.zone_tzif"),
                               (struct ak_str){ (char *)tzif, (size_t)n });
}

static void on_fact(struct ak_ingest *in, struct ak_task *t, struct ak_reader *r)
{
    struct ak_str name = ak_wire_get_str(r);
    struct ak_str value = ak_wire_get_str(r);
    if (!ak_rd_ok(r))
        return;
    if (ak_str_eq(name, AK_STR("worker.protections"))) {
        snprintf(in->result->protections, sizeof(in->result->protections), "%.*s", (int)value.n,
                 value.at);
        return;
    }
    if (!t)
        return;
    if (ak_str_eq(name, AK_STR("host.zone_tzif"))) {
        if (!in->options->zone_tzif.n)
            ak_store_evidence_fact(in->store, t->evidence, ak_str_of(t->path),
                                   AK_STR("machine.zone_tzif"), value);
        return;
    }
    trim(&value);
    if (ak_str_eq(name, AK_STR("media.container")))
        t->has_media = true;
    if (ak_str_eq(name, AK_STR("collection")) && t->depth == 0)
        ak_store_evidence_set(in->store, t->evidence, "collection", value);
    if (ak_str_eq(name, AK_STR("host.zone_name")) && !in->options->zone_name.n)
        set_zone(in, t, value);
    for (size_t i = 0; i < sizeof(COLUMNS) / sizeof(COLUMNS[0]); i++)
        if (ak_str_eq(name, ak_str_of(COLUMNS[i].fact)))
            ak_store_evidence_set(in->store, t->evidence, COLUMNS[i].column, value);
    ak_store_evidence_fact(in->store, t->evidence, ak_str_of(t->path), name, value);
}

static void on_volume(struct ak_ingest *in, struct ak_task *t, struct ak_reader *r)
{
    struct ak_wire_volume v = ak_wire_get_volume(r);
    if (!ak_rd_ok(r))
        return;
    struct ak_volume_row row = { t->item, v.number, v.offset,     v.size, v.n_files,   v.scheme,
                                 v.type,  v.label,  v.filesystem, v.note, v.allocated, v.readable };
    ak_store_volume(in->store, &row);
}

/* A file from inside the item becomes an item of its own. */
static void on_child(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t,
                     struct ak_frame *f)
{
    char key[KEY_BYTES], path[AK_FRAME_FDS + 32768];
    struct ak_wire_child c = ak_wire_get_child(&f->body);
    if (!ak_rd_ok(&f->body) || f->fd < 0 || c.ordinal != t->n_delivered + 1) {
        distrust(w);
        return;
    }
    t->n_delivered = c.ordinal;
    snprintf(key, sizeof(key), "%s.%llu", t->key, (unsigned long long)c.ordinal);
    snprintf(path, sizeof(path), "%.*s", (int)c.path.n, c.path.at);
    uint64_t item;
    enum ak_state state;
    struct ak_item_row row = { .evidence = t->evidence,
                               .key = ak_str_of(key),
                               .path = c.path,
                               .parent = t->item,
                               .inode = c.inode,
                               .volume = c.volume,
                               .size = c.size,
                               .flags = c.flags,
                               .modified = c.modified };
    enum ak_status st = ak_store_item(in->store, &row, &item, &state);
    if (st != AK_OK)
        in->broken = st;
    in->result->items++;
    if (st != AK_OK || state == AK_STATE_DONE)
        return; /* done in an earlier run */
    if (state == AK_STATE_FAILED)
        ak_store_drop_item(in->store, item);
    struct ak_task *child = ak_task_new(t, key, path);
    if (!child)
        return;
    child->item = item;
    child->depth = t->depth + 1;
    child->size = c.size;
    child->modified = c.modified;
    child->fd = f->fd;
    f->fd = -1;
    in->spooled += c.size;
    ak_queue_put(&in->parse, child);
}

int ak_ingest_spool(struct ak_ingest *in)
{
    int fd = open(in->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    char path[4200];
    snprintf(path, sizeof(path), "%s/.spool-XXXXXX",
             in->folder); /* a file system without O_TMPFILE */
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static void lend(struct ak_ingest *in, struct ak_pool_worker *w)
{
    int fd = ak_ingest_spool(in);
    ak_pool_grant(w, fd);
    if (fd >= 0)
        close(fd);
    else
        in->broken = AK_ERR_IO;
}

/* Is any work left that would give spools back? */
static bool others_work(const struct ak_ingest *in)
{
    return in->parse.n > 0 || in->n_busy > in->n_expanding;
}

void ak_ingest_feed(struct ak_ingest *in)
{
    while (in->n_starved > 0 && (in->spooled < AK_SPOOL_LIMIT || !others_work(in))) {
        struct ak_pool_worker *w = in->starved[0];
        in->n_starved--;
        memmove(in->starved, in->starved + 1, in->n_starved * sizeof(in->starved[0]));
        w->heard_ms = ak_now_ms();
        lend(in, w);
    }
}

static void on_need_spool(struct ak_ingest *in, struct ak_pool_worker *w)
{
    for (unsigned i = 0; i < in->n_starved; i++)
        if (in->starved[i] == w) { /* it should be waiting */
            distrust(w);
            return;
        }
    in->starved[in->n_starved++] = w; /* each at most once: there is room */
    ak_ingest_feed(in);
}

static void on_need_sibling(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t,
                            struct ak_reader *r)
{
    struct ak_str name = ak_wire_get_str(r);
    char path[SIBLING_PATH];
    int fd = ak_rd_ok(r) && t->file ? ak_plan_open_beside(t->file, name, path, sizeof(path)) : -1;
    if (fd >= 0) {
        ak_store_evidence_fact(in->store, t->evidence, ak_str_of(t->path), AK_STR("media.segment"),
                               name);
        ak_ingest_sibling(in, t, path);
    }
    ak_pool_grant(w, fd);
    if (fd >= 0)
        close(fd);
}

static void on_progress(struct ak_ingest *in, struct ak_task *t, struct ak_reader *r)
{
    uint64_t at = ak_rd_varint(r);
    if (!ak_rd_ok(r) || at > t->size || at < t->progress || t->depth > 0)
        return;
    in->bytes_done += at - t->progress;
    t->progress = at;
}

/* What a worker may say while it compares stored events with rules. */
static bool of_detection(enum ak_frame_kind kind)
{
    return kind == AK_FRAME_HITS || kind == AK_FRAME_SEEN || kind == AK_FRAME_DAMAGE ||
           kind == AK_FRAME_DONE || kind == AK_FRAME_FACT;
}

void ak_ingest_frame(void *self, struct ak_pool_worker *w, struct ak_frame *f)
{
    struct ak_ingest *in = self;
    struct ak_task *t = w->task;
    if (!t && f->kind != AK_FRAME_FACT) {
        if (f->fd >= 0)
            close(f->fd);
        return;
    }
    if (t && t->kind == AK_JOB_DETECT && !of_detection(f->kind)) {
        distrust(w);
        if (f->fd >= 0)
            close(f->fd);
        return;
    }
    switch (f->kind) {
    case AK_FRAME_BATCH:
        on_batch(in, w, t, f->body.in);
        break;
    case AK_FRAME_DAMAGE:
        on_damage(in, t, &f->body);
        break;
    case AK_FRAME_FACT:
        on_fact(in, t, &f->body);
        break;
    case AK_FRAME_VOLUME:
        on_volume(in, t, &f->body);
        break;
    case AK_FRAME_CHILD:
        on_child(in, w, t, f);
        break;
    case AK_FRAME_NEED_SPOOL:
        on_need_spool(in, w);
        break;
    case AK_FRAME_NEED_SIBLING:
        on_need_sibling(in, w, t, &f->body);
        break;
    case AK_FRAME_PROGRESS:
        on_progress(in, t, &f->body);
        break;
    case AK_FRAME_HITS:
        on_hits(in, w, t, f->body.in);
        break;
    case AK_FRAME_SEEN:
        on_seen(in, w, t, &f->body);
        break;
    case AK_FRAME_DONE:
        ak_ingest_done(in, w, t, &f->body);
        break;
    case AK_FRAME_RULE_SUMS:
    case AK_FRAME_RULE:
    case AK_FRAME_RULE_PROBLEM:
    case AK_FRAME_CLASS:
    case AK_FRAME_FEED:
    case AK_FRAME_FEED_SUMS:
    case AK_FRAME_FEED_PROBLEM:
    case AK_FRAME_RULES:
    case AK_FRAME_TEXT:
    case AK_FRAME_JOB:
    case AK_FRAME_GRANT:
    default:
        distrust(w);
    }
    if (f->fd >= 0)
        close(f->fd);
}
