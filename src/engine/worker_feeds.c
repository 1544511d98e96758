/* worker_feeds.c - see worker_feeds.h. */
#include "engine/worker_feeds.h"

#include "base/digits.h"
#include "detect/hashset.h"
#include "detect/indicators.h"
#include "detect/indicators_normal.h"
#include "detect/pack.h"
#include "detect/yara_scan.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { KNOWN_MAX = 8, SOURCE_MAX = 4200 };

struct ak_worker_feeds {
    struct ak_arena *arena;
    enum ak_status status; /* of reading: the first that went wrong */
    struct ak_indicators *set;
    struct ak_indicators_look *look;
    const struct ak_indicator_match *matches; /* of the last look */
    struct ak_buf value;                      /* of an indicator shown */
    char source[SOURCE_MAX];
    struct ak_value values[8];
    struct ak_bytes yara_pack, compiled; /* mapped; loaded or compiled when a file wants them */
    struct ak_yara *yara;
    bool yara_all, yara_tried;
    struct ak_hashset known[KNOWN_MAX];
    size_t n_known;
};

struct ak_worker_feeds *ak_worker_feeds_new(void)
{
    struct ak_worker_feeds *x = calloc(1, sizeof(*x));
    if (x)
        x->arena = ak_arena_new(AK_FEEDS_ARENA);
    if (x && !x->arena) {
        free(x);
        return NULL;
    }
    return x;
}

void ak_worker_feeds_free(struct ak_worker_feeds *x)
{
    if (!x)
        return;
    ak_indicators_look_free(x->look);
    ak_indicators_free(x->set);
    ak_yara_free(x->yara);
    ak_buf_free(&x->value);
    ak_arena_free(x->arena);
    free(x); /* mappings go with the process */
}

/* ---- taking ---- */

static struct ak_bytes map(int fd)
{
    struct stat st;
    void *at = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size > 0)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    return at == MAP_FAILED ? (struct ak_bytes){ NULL, 0 }
                            : (struct ak_bytes){ at, (size_t)st.st_size };
}

/* The files of a pack; NULL when it is none. */
static struct ak_feed_file *files_of(struct ak_arena *arena, struct ak_bytes pack, size_t *out_n)
{
    struct ak_packed_file *packed;
    struct ak_pack_settings settings; /* are of rules, and mean nothing here */
    if (ak_pack_open(arena, pack, &settings, &packed, out_n) != AK_OK)
        return NULL;
    struct ak_feed_file *files = AK_NEW_N(arena, struct ak_feed_file, *out_n + 1);
    for (size_t i = 0; files && i < *out_n; i++)
        files[i] = (struct ak_feed_file){ packed[i].name, packed[i].bytes };
    return files;
}

static enum ak_status take_indicators(struct ak_worker_feeds *x, struct ak_bytes pack)
{
    size_t n;
    const struct ak_feed_file *files = pack.n && !x->set ? files_of(x->arena, pack, &n) : NULL;
    if (!files)
        return AK_ERR_CORRUPT;
    enum ak_status st = ak_indicators_read(x->arena, files, n, &x->set);
    if (st == AK_OK && !(x->look = ak_indicators_look_new(x->set)))
        st = AK_ERR_NOMEM;
    munmap((void *)(uintptr_t)pack.at, pack.n);
    return st;
}

static enum ak_status take_known(struct ak_worker_feeds *x, struct ak_bytes table)
{
    if (x->n_known == KNOWN_MAX)
        return AK_ERR_LIMIT;
    enum ak_status st = ak_hashset_open(table, &x->known[x->n_known]);
    x->n_known += st == AK_OK;
    return st;
}

void ak_worker_feeds_take(struct ak_worker_feeds *x, const struct ak_wire_feed *what, int fd)
{
    enum ak_status st = AK_ERR_UNSUPPORTED;
    struct ak_bytes bytes = map(fd);
    switch (what->kind) {
    case AK_FEED_INDICATORS:
        st = take_indicators(x, bytes);
        break;
    case AK_FEED_YARA:
        x->yara_pack = bytes;
        x->yara_all = what->flags & AK_FEED_ALL_FILES;
        st = bytes.n ? AK_OK : AK_ERR_IO;
        break;
    case AK_FEED_YARA_COMPILED:
        x->compiled = bytes;
        st = bytes.n ? AK_OK : AK_ERR_IO;
        break;
    case AK_FEED_KNOWN:
        st = take_known(x, bytes);
        break;
    case AK_FEED_PROGRAMS: /* for the rules */
        break;
    }
    if (x->status == AK_OK)
        x->status = st;
}

struct ak_yara *ak_worker_feeds_yara(struct ak_worker_feeds *x)
{
    size_t n;
    if (x->yara_tried || !x->yara_pack.n)
        return x->yara;
    x->yara_tried = true;
    const struct ak_feed_file *files = files_of(x->arena, x->yara_pack, &n);
    enum ak_status st = AK_ERR_CORRUPT;
    if (files && x->compiled.n)
        st = ak_yara_load(x->arena, files, n, x->compiled, &x->yara);
    else if (files)
        st = ak_yara_read(x->arena, files, n, &x->yara);
    if (x->status == AK_OK)
        x->status = st;
    return x->yara;
}

bool ak_worker_feeds_has_yara(const struct ak_worker_feeds *x, bool *out_all)
{
    *out_all = x && x->yara_all;
    return x && x->yara_pack.n;
}

bool ak_worker_is_known(const struct ak_worker_feeds *x, const uint8_t *sha256)
{
    for (size_t i = 0; x && i < x->n_known; i++)
        if (ak_hashset_has(&x->known[i], sha256))
            return true;
    return false;
}

bool ak_worker_is_known_text(const struct ak_worker_feeds *x, struct ak_str sha256)
{
    uint8_t hash[32];
    return x && x->n_known && ak_indicator_hash(sha256, hash) == 32 && ak_worker_is_known(x, hash);
}

/* ---- telling ---- */

static enum ak_status tell_problems(struct ak_wire *wire, const struct ak_feed_problem *p, size_t n)
{
    enum ak_status st = AK_OK;
    struct ak_buf b = { 0 };
    for (size_t i = 0; st == AK_OK && i < n; i++) {
        b.n = 0;
        ak_wire_put_feed_problem(&b, &p[i]);
        st = b.failed
                 ? AK_ERR_NOMEM
                 : ak_wire_send(wire, AK_FRAME_FEED_PROBLEM, (struct ak_bytes){ b.at, b.n }, -1);
    }
    ak_buf_free(&b);
    return st;
}

enum ak_status ak_worker_feeds_tell(struct ak_worker_feeds *x, struct ak_wire *wire, int save_fd)
{
    struct ak_wire_feed_sums sums = { .status = x ? AK_OK : AK_ERR_NOMEM };
    const struct ak_feed_problem *of_set = NULL, *of_yara = NULL;
    size_t n_set = 0, n_yara = 0;
    struct ak_yara *yara = x ? ak_worker_feeds_yara(x) : NULL;
    if (x && x->set) {
        struct ak_indicators_sum sum = ak_indicators_sum(x->set);
        of_set = ak_indicators_problems(x->set, &n_set);
        sums.n_indicators = ak_indicators_count(x->set);
        sums.n_repeated = sum.n_repeated;
        sums.n_unwanted = sum.n_unwanted;
        sums.n_problems = sum.n_problems;
    }
    if (yara && save_fd >= 0 && x->status == AK_OK)
        x->status = ak_yara_save(yara, save_fd);
    if (yara) {
        of_yara = ak_yara_problems(yara, &n_yara);
        sums.n_yara = ak_yara_count(yara);
        sums.n_problems += n_yara;
    }
    for (size_t i = 0; x && i < x->n_known; i++)
        sums.n_known += x->known[i].n;
    if (x)
        sums.status = x->status;
    sums.n_listed = n_set + n_yara;
    struct ak_buf b = { 0 };
    ak_wire_put_feed_sums(&b, &sums);
    enum ak_status st = ak_wire_send(wire, AK_FRAME_FEED_SUMS, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
    if (st == AK_OK)
        st = tell_problems(wire, of_set, n_set);
    return st == AK_OK ? tell_problems(wire, of_yara, n_yara) : st;
}

/* ---- indicators ---- */

enum { F_KIND, F_VALUE, F_LABEL, F_SOURCE, F_FIELD, F_TEXT, F_OF, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_KIND] = AK_STR_INIT("indicator.kind"),     [F_VALUE] = AK_STR_INIT("indicator.value"),
    [F_LABEL] = AK_STR_INIT("indicator.label"),   [F_SOURCE] = AK_STR_INIT("indicator.source"),
    [F_FIELD] = AK_STR_INIT("indicator.field"),   [F_TEXT] = AK_STR_INIT("indicator.text"),
    [F_OF] = AK_STR_INIT("indicator.event_type"),
};

static const struct ak_shape FOUND = { AK_STR_INIT("indicator:match"),
                                       AK_STR_INIT("Indicator Matched"), NAMES, N_FIELDS };

size_t ak_worker_feeds_look(struct ak_worker_feeds *x, const struct ak_event *event)
{
    return x->look ? ak_indicators_look(x->look, event, &x->matches) : 0;
}

/* "feeds/a.csv:12" */
static struct ak_str source_of(struct ak_worker_feeds *x, const struct ak_indicator *one)
{
    size_t n = one->file.n < SOURCE_MAX - 32 ? one->file.n : SOURCE_MAX - 32;
    if (n)
        memcpy(x->source, one->file.at, n);
    x->source[n++] = ':';
    char *end = ak_put_dec(x->source + n, one->line);
    return (struct ak_str){ x->source, (size_t)(end - x->source) };
}

struct ak_event ak_worker_feeds_found(struct ak_worker_feeds *x, size_t i,
                                      const struct ak_event *event)
{
    const struct ak_indicator_match *m = &x->matches[i];
    struct ak_indicator one = ak_indicator_at(x->set, m->number, &x->value);
    x->values[F_KIND] = ak_val_str(ak_str_of(ak_indicator_kind_name(one.kind)));
    x->values[F_VALUE] = ak_val_str(one.value);
    x->values[F_LABEL] = ak_val_str(one.label);
    x->values[F_SOURCE] = ak_val_str(source_of(x, &one));
    x->values[F_FIELD] = ak_val_str(m->field);
    x->values[F_TEXT] = ak_val_str(m->value);
    x->values[F_OF] = ak_val_str(event->shape->data_type);
    return (struct ak_event){ .shape = &FOUND,
                              .when = event->when,
                              .offset = event->offset,
                              .length = event->length,
                              .flags = event->flags,
                              .values = x->values };
}

void ak_worker_feeds_forget(struct ak_worker_feeds *x)
{
    if (x->look)
        ak_indicators_forget(x->look);
}
