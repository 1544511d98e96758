/* worker_rules.c - rules in the worker: read inside the sandbox, told, given up. */
#include "engine/worker_rules.h"

#include "detect/match.h"
#include "detect/pack.h"
#include "detect/programs.h"
#include "detect/rule_wire.h"
#include "detect/rules_read.h"
#include "filesystem/filesystem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PROBLEMS_MAX = 1024 }; /* of archives */

struct ak_worker_rules {
    struct ak_arena *arena;
    struct ak_rules rules;
    struct ak_maps maps;
    struct ak_detector *detector; /* NULL: `status` says why not */
    struct ak_hits *hits, *slice;
    uint32_t n_files;
    enum ak_status status;
    bool ask_programs;
    uint64_t *seen, *waiting;        /* events of each class before the job */
    struct ak_arena *programs_arena; /* NULL: none are known */

    /* of the job under way */
    const struct ak_hit *last_hits;
    size_t n_last;
    struct ak_stamp first, last;
    uint64_t misses, left_out;
};

/* ---- reading ---- */

/* Files of rules being gathered: those of the pack and those in its archives. */
struct gathering {
    struct ak_arena *arena;
    struct ak_rule_file *files;
    size_t n, cap;
    size_t bytes;          /* unpacked from archives, whatever became of them */
    struct ak_str archive; /* name of the one being walked */
    bool full;             /* it holds more than the limit: told, and not walked further */
    struct ak_rule_problem *problems; /* what could not be read, in `arena` */
    size_t n_problems;
    enum ak_status status;
};

static void add(struct gathering *g, struct ak_str name, struct ak_bytes bytes)
{
    if (g->n == AK_PACK_FILES_MAX)
        g->status = AK_ERR_LIMIT;
    if (g->status != AK_OK)
        return;
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 1024;
        struct ak_rule_file *more = realloc(g->files, cap * sizeof(*more));
        if (!more) {
            g->status = AK_ERR_NOMEM;
            return;
        }
        g->files = more;
        g->cap = cap;
    }
    g->files[g->n++] = (struct ak_rule_file){ name, bytes };
}

/* A file that gives no rules at all. */
static void complain(struct gathering *g, struct ak_str file, const char *what)
{
    if (g->n_problems == PROBLEMS_MAX)
        return;
    if (g->n_problems == PROBLEMS_MAX - 1)
        what = "of archives no more is told: too much of them cannot be read";
    if (!g->problems)
        g->status = AK_ERR_LIMIT;
    else
        g->problems[g->n_problems++] = (struct ak_rule_problem){ .file = file, .what = what };
}

/* Archives together may unpack to so much and no more.  One that goes beyond is left out
 * as a whole, so that a bomb takes nothing from those behind it. */
static void overflow(struct gathering *g) { g->full = true; }

/* The contents of an entry, in the arena.  Its size is known only at its end. */
static struct ak_bytes read_entry(struct gathering *g, struct ak_source *src)
{
    struct ak_buf b = { 0 };
    struct ak_bytes out = { NULL, 0 };
    for (;;) {
        uint8_t *to = ak_buf_room(&b, 65536);
        size_t got = to ? ak_source_read_some(src, b.n, to, 65536) : 0;
        if (got == 0)
            break;
        ak_buf_wrote(&b, got);
        if (b.n > (size_t)AK_RULE_FILE_MAX + 1)
            break; /* the reader of rules says that it is too large */
    }
    g->bytes += b.n;
    uint8_t *copy = g->bytes <= AK_PACK_FILE_MAX ? AK_NEW_N(g->arena, uint8_t, b.n + 1) : NULL;
    if (copy && b.n)
        memcpy(copy, b.at, b.n);
    if (!copy)
        overflow(g);
    else
        out = (struct ak_bytes){ copy, b.n };
    ak_buf_free(&b);
    return out;
}

static enum ak_status on_entry(void *self, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct gathering *g = self;
    struct ak_source *src;
    if ((f->flags & (AK_FILE_DIR | AK_FILE_LINK | AK_FILE_SPECIAL)) || !ak_pack_is_rules(f->path))
        return AK_OK;
    char *name = AK_NEW_N(g->arena, char, g->archive.n + f->path.n + 2);
    if (!name || g->n == AK_PACK_FILES_MAX)
        overflow(g);
    if (g->full)
        return AK_ERR_LIMIT;
    memcpy(name, g->archive.at, g->archive.n);
    name[g->archive.n] = '/';
    memcpy(name + g->archive.n + 1, f->path.at, f->path.n);
    struct ak_bytes bytes = { NULL, 0 };
    if (fs->ops->open_file(fs, f, &src) == AK_OK) {
        bytes = read_entry(g, src);
        ak_source_close(src);
    }
    struct ak_str whole = { name, g->archive.n + f->path.n + 1 };
    if (bytes.n)
        add(g, whole, bytes);
    else if (!g->full)
        complain(g, whole, "this entry of the archive is empty or cannot be read");
    return g->full ? AK_ERR_LIMIT : g->status;
}

static void on_archive_damage(void *self, struct ak_str path, uint64_t offset, const char *what)
{
    (void)self;
    (void)path;
    (void)offset;
    (void)what;
}

static void add_archive(struct gathering *g, const struct ak_packed_file *f)
{
    struct ak_source *src;
    struct ak_filesystem *fs;
    const char *note;
    size_t before = g->n, problems = g->n_problems, bytes = g->bytes;
    if (!g->problems)
        g->problems = AK_NEW_N(g->arena, struct ak_rule_problem, PROBLEMS_MAX);
    struct ak_arena_mark mark = ak_arena_mark(g->arena);
    if (ak_source_memory(f->bytes, &src) != AK_OK)
        return;
    g->archive = f->name;
    g->full = false;
    if (ak_filesystem_open(src, &fs, &note) == AK_OK) {
        struct ak_file_visitor visitor = { on_entry, on_archive_damage, g };
        enum ak_status st = fs->ops->walk(fs, &visitor);
        (void)st; /* what was readable before stands */
        fs->ops->close(fs);
    }
    ak_source_close(src);
    if (g->full) {
        g->n = before;
        g->n_problems = problems;
        g->bytes = bytes;
        ak_arena_rewind(g->arena, mark);
        complain(g, f->name, "this archive holds more than the limit: nothing of it is read");
    } else if (g->n == before && g->n_problems == problems)
        complain(g, f->name, "there are no rules in this archive, or it cannot be read");
}

static int by_name(const void *va, const void *vb)
{
    const struct ak_rule_file *a = va, *b = vb;
    return ak_str_cmp(a->name, b->name);
}

/* The problems of archives behind those of rules, in memory that stays. */
static enum ak_status join_problems(struct ak_worker_rules *x, const struct gathering *g)
{
    size_t n = x->rules.n_problems;
    struct ak_rule_problem *all = AK_NEW_N(x->arena, struct ak_rule_problem, n + g->n_problems + 1);
    if (!all)
        return AK_ERR_LIMIT;
    if (n)
        memcpy(all, x->rules.problems, n * sizeof(*all));
    for (size_t i = 0; i < g->n_problems; i++) {
        struct ak_str file = g->problems[i].file;
        char *copy = AK_NEW_N(x->arena, char, file.n + 1);
        if (!copy)
            return AK_ERR_LIMIT;
        memcpy(copy, file.at, file.n);
        all[n + i] = g->problems[i];
        all[n + i].file = (struct ak_str){ copy, file.n };
    }
    x->rules.problems = all;
    x->rules.n_problems = n + g->n_problems;
    return AK_OK;
}

static enum ak_status read_files(struct ak_worker_rules *x, struct ak_bytes pack)
{
    struct ak_pack_settings settings = { 0 };
    struct ak_packed_file *packed;
    size_t n;
    struct gathering g = { .arena = ak_arena_new(2 * AK_PACK_FILE_MAX) };
    if (!g.arena)
        return AK_ERR_NOMEM;
    enum ak_status st = ak_pack_open(g.arena, pack, &settings, &packed, &n);
    for (size_t i = 0; st == AK_OK && i < n; i++) {
        if (packed[i].archive)
            add_archive(&g, &packed[i]);
        else
            add(&g, packed[i].name, packed[i].bytes);
        st = g.status;
    }
    if (st == AK_OK && g.n)
        qsort(g.files, g.n, sizeof(*g.files), by_name);
    const struct ak_rules_options options = { settings.filters_keep ? AK_FILTER_KEEPS
                                                                    : AK_FILTER_SUPPRESSES,
                                              settings.placeholders, settings.placeholders_file };
    if (st == AK_OK)
        st = ak_rules_read(x->arena, g.files, g.n, &options, &x->rules);
    if (st == AK_OK && g.n_problems)
        st = join_problems(x, &g);
    x->n_files = (uint32_t)g.n;
    free(g.files);
    ak_arena_free(g.arena);
    return st;
}

static enum ak_status read_pack(struct ak_worker_rules *x, int fd)
{
    struct ak_source *src;
    enum ak_status st = ak_source_fd(fd, &src);
    if (st != AK_OK)
        return st;
    size_t n = src->size <= AK_PACK_BYTES_MAX + AK_PACK_FILE_MAX ? (size_t)src->size : 0;
    ak_source_close(src);
    uint8_t *at = n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (at == MAP_FAILED)
        return n ? AK_ERR_IO : AK_ERR_LIMIT;
    st = read_files(x, (struct ak_bytes){ at, n });
    munmap(at, n);
    return st;
}

void ak_worker_rules_free(struct ak_worker_rules *x)
{
    if (!x)
        return;
    ak_detector_free(x->detector);
    ak_hits_free(x->hits);
    ak_hits_free(x->slice);
    free(x->seen);
    free(x->waiting);
    ak_arena_free(x->programs_arena); /* the table's mapping goes with the process */
    ak_arena_free(x->arena);
    free(x);
}

struct ak_worker_rules *ak_worker_rules_read(int pack_fd)
{
    struct ak_worker_rules *x = calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    x->arena = ak_arena_new(AK_RULES_ARENA);
    x->hits = ak_hits_new();
    x->slice = ak_hits_new();
    x->status = x->arena && x->hits && x->slice ? read_pack(x, pack_fd) : AK_ERR_NOMEM;
    if (x->status == AK_OK)
        x->status = ak_maps_builtin(x->arena, &x->maps);
    if (x->status != AK_OK)
        return x;
    x->seen = calloc(x->maps.n + 1, sizeof(*x->seen));
    x->waiting = calloc(x->maps.n + 1, sizeof(*x->waiting));
    x->detector = x->seen && x->waiting ? ak_detector_new(&x->rules, &x->maps) : NULL;
    if (!x->detector)
        x->status = AK_ERR_NOMEM;
    x->ask_programs = x->detector && ak_detector_asks_programs(x->detector);
    return x;
}

bool ak_worker_rules_usable(const struct ak_worker_rules *x) { return x && x->detector; }

/* ---- programs ---- */

static struct ak_bytes map_table(int fd)
{
    struct ak_source *src;
    if (ak_source_fd(fd, &src) != AK_OK)
        return (struct ak_bytes){ NULL, 0 };
    size_t n = src->size <= AK_PROGRAMS_BYTES_MAX ? (size_t)src->size : 0;
    ak_source_close(src);
    uint8_t *at = n ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    return at == MAP_FAILED ? (struct ak_bytes){ NULL, 0 } : (struct ak_bytes){ at, n };
}

void ak_worker_rules_know(struct ak_worker_rules *x, int table_fd)
{
    const struct ak_programs *programs;
    if (!ak_worker_rules_usable(x))
        return;
    struct ak_arena *arena = ak_arena_new(AK_PROGRAMS_BYTES_MAX);
    struct ak_bytes table = map_table(table_fd);
    if (!arena || !table.n || ak_programs_open(arena, table, &programs) != AK_OK) {
        ak_arena_free(arena);
        return;
    }
    ak_detector_free(x->detector);
    ak_arena_free(x->programs_arena);
    x->programs_arena = arena;
    x->detector = ak_detector_new_knowing(&x->rules, &x->maps, programs);
}

bool ak_worker_rules_ask_programs(const struct ak_worker_rules *x)
{
    return ak_worker_rules_usable(x) && x->ask_programs;
}

/* ---- telling ---- */

struct telling {
    const struct ak_worker_rules *rules;
    struct ak_wire *wire;
    struct ak_buf b;
    enum ak_status lost;
};

static void send(struct telling *t, enum ak_frame_kind kind)
{
    if (t->lost == AK_OK)
        t->lost = t->b.failed
                      ? AK_ERR_NOMEM
                      : ak_wire_send(t->wire, kind, (struct ak_bytes){ t->b.at, t->b.n }, -1);
    t->b.n = 0;
}

static void tell_rule(struct telling *t, uint32_t number, uint32_t *classes)
{
    const struct ak_worker_rules *x = t->rules;
    struct ak_rule_report report = { x->rules.rules[number], number,
                                     ak_detector_binding(x->detector, number), classes, 0 };
    for (size_t i = 0; i < x->maps.n; i++)
        if (ak_detector_bound_to(x->detector, number, i))
            classes[report.n_classes++] = (uint32_t)i;
    ak_rule_report_put(&t->b, &report);
    send(t, AK_FRAME_RULE);
}

static void tell_all(struct telling *t, const struct ak_rule_sums *sums, uint32_t *classes)
{
    const struct ak_worker_rules *x = t->rules;
    ak_rule_sums_put(&t->b, sums);
    send(t, AK_FRAME_RULE_SUMS);
    for (uint32_t i = 0; i < sums->n_rules; i++)
        tell_rule(t, i, classes);
    for (uint32_t i = 0; i < sums->n_problems; i++) {
        ak_rule_problem_put(&t->b, &x->rules.problems[i]);
        send(t, AK_FRAME_RULE_PROBLEM);
    }
    for (uint32_t i = 0; i < sums->n_classes; i++) {
        ak_wire_put_str(&t->b, x->maps.classes[i].name);
        ak_buf_varint(&t->b, x->maps.classes[i].instead.n > 0);
        send(t, AK_FRAME_CLASS);
    }
}

enum ak_status ak_worker_rules_tell(const struct ak_worker_rules *x, struct ak_wire *wire)
{
    struct telling t = { .rules = x, .wire = wire };
    struct ak_rule_sums sums = { .status = x ? x->status : AK_ERR_NOMEM };
    uint32_t *classes = NULL;
    if (ak_worker_rules_usable(x)) {
        sums = (struct ak_rule_sums){ AK_OK,
                                      (uint32_t)x->rules.n,
                                      (uint32_t)x->rules.n_problems,
                                      (uint32_t)x->maps.n,
                                      (uint32_t)x->rules.n_filters,
                                      x->n_files };
        classes = calloc(x->maps.n + 1, sizeof(*classes));
        if (!classes)
            sums = (struct ak_rule_sums){ .status = AK_ERR_NOMEM };
    }
    tell_all(&t, &sums, classes);
    free(classes);
    ak_buf_free(&t.b);
    return t.lost == AK_OK ? sums.status : t.lost;
}

/* ---- per job ---- */

void ak_worker_rules_begin(struct ak_worker_rules *x, struct ak_hits **out_hits,
                           struct ak_hits **out_slice)
{
    ak_hits_clear(x->hits);
    ak_hits_clear(x->slice);
    *out_hits = x->hits;
    *out_slice = x->slice;
    x->n_last = 0;
    x->first = x->last = (struct ak_stamp){ 0 };
    x->left_out = 0;
    x->misses = ak_detector_misses(x->detector);
    for (size_t i = 0; i < x->maps.n; i++) {
        x->seen[i] = ak_detector_seen(x->detector, i);
        x->waiting[i] = ak_detector_waiting(x->detector, i);
    }
}

/* The first and the last time of the item's events, but for nonsense. */
static void note_time(struct ak_worker_rules *x, struct ak_stamp when)
{
    if (!ak_stamp_is_set(when) || (when.flags & AK_STAMP_CLAMPED))
        return;
    if (!ak_stamp_is_set(x->first) || when.utc_ns < x->first.utc_ns)
        x->first = when;
    if (!ak_stamp_is_set(x->last) || when.utc_ns > x->last.utc_ns)
        x->last = when;
}

size_t ak_worker_rules_look(struct ak_worker_rules *x, const struct ak_event *e)
{
    note_time(x, e->when);
    return x->n_last = ak_detector_look(x->detector, e, &x->last_hits);
}

bool ak_worker_rules_may_need(const struct ak_worker_rules *x, const struct ak_event *e)
{
    return x->ask_programs && (ak_detector_waits(x->detector) ||
                               ak_str_eq(e->shape->data_type, AK_STR("pe_coff:file")));
}

void ak_worker_rules_keep(struct ak_worker_rules *x, uint32_t seq)
{
    for (size_t i = 0; i < x->n_last; i++) {
        const struct ak_hit *hit = &x->last_hits[i];
        if (ak_hits_begin(x->hits, seq, hit->rule) != AK_OK)
            x->left_out++;
        for (size_t k = 0; k < hit->n_fields; k++)
            ak_hits_field(x->hits, hit->fields[k].name, hit->fields[k].value);
    }
}

void ak_worker_rules_forget(struct ak_worker_rules *x)
{
    ak_detector_forget(x->detector);
    x->n_last = 0;
}

bool ak_worker_rules_end(struct ak_worker_rules *x, uint64_t n_events, struct ak_buf *out)
{
    struct ak_buf classes = { 0 };
    ak_worker_rules_forget(x);
    for (size_t i = 0; i < x->maps.n; i++) {
        uint64_t n = ak_detector_seen(x->detector, i) - x->seen[i];
        if (!n && ak_detector_waiting(x->detector, i) == x->waiting[i])
            continue; /* none: of the class would be some, were their programs known */
        ak_buf_varint(&classes, i);
        ak_buf_varint(&classes, n);
    }
    struct ak_wire_seen seen = { n_events, x->first, x->last, { classes.at, classes.n } };
    ak_wire_put_seen(out, &seen);
    ak_buf_free(&classes);
    return x->left_out == 0 && ak_detector_misses(x->detector) == x->misses;
}
