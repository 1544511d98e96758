/* ingest.c - see investigate.h: the loop that keeps workers busy. */
#include "engine/ingest.h"
#include "base/json.h"
#include "engine/plan.h"
#include "engine/programs.h"
#include "engine/redetect.h"
#include "evidence/triage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COMMIT_MS = 1000, POLL_MS = 100, ARENA_BYTES = 512 << 20 };

/* ---- what there is to do ---- */

static void tell_custody(struct ak_ingest *in, const char *what, const struct ak_evidence_file *f)
{
    struct ak_buf b = { 0 };
    ak_buf_text(&b, "\"evidence\":");
    ak_buf_dec(&b, f->evidence);
    ak_json_key(&b, "path");
    ak_json_str(&b, f->path);
    ak_json_key(&b, "bytes");
    ak_buf_dec(&b, f->size);
    if (f->sha256.n) {
        ak_json_key(&b, "sha256");
        ak_json_str(&b, f->sha256);
    }
    ak_custody_add(in->custody, what, ak_buf_view(&b));
    ak_buf_free(&b);
}

/* Have the file hashed unless it is known.  True when it changed since an
 * earlier run, be it hashed by then or not: then everything from it is read again. */
static bool hash_later(struct ak_ingest *in, const struct ak_planned *f, uint32_t evidence,
                       bool changed)
{
    struct ak_evidence_file row = { evidence, ak_str_of(f->path), f->size, f->modified_ns,
                                    AK_STR("") };
    enum ak_file_known known = ak_store_evidence_file_known(in->store, &row);
    changed = changed || known == AK_FILE_CHANGED;
    if (changed) {
        tell_custody(in, "evidence.changed", &row);
        fprintf(stderr, "akashi: %s: %s\n", f->path,
                ak_word(in->options->lang,
                        "this evidence was changed since it was taken into the case"));
    }
    if (in->hashing && known != AK_FILE_SAME)
        ak_hashing_add(in->hashing, f->path, evidence);
    return changed;
}

/* Recognise a triage collection by the paths in the folder. */
static struct ak_triage_guess guess_collection(struct ak_ingest *in, const struct ak_plan *plan,
                                               struct ak_str name, uint32_t evidence)
{
    struct ak_triage_guess guess = { 0 };
    struct ak_str *paths = plan->folder ? calloc(plan->n + 1, sizeof(*paths)) : NULL;
    if (!paths)
        return guess;
    for (size_t i = 0; i < plan->n; i++)
        paths[i] = ak_str_of(plan->files[i].inside);
    guess = ak_triage_detect(paths, plan->n, ak_str_basename(name));
    if (guess.name)
        ak_store_evidence_set(in->store, evidence, "collection", ak_str_of(guess.name));
    if (guess.host.n)
        ak_store_evidence_host_if_unknown(in->store, evidence, guess.host);
    free(paths);
    return guess;
}

/* Where a file of the collection stood on the machine; empty when it does not say. */
static struct ak_str machine_path(struct ak_ingest *in, const struct ak_triage_guess *guess,
                                  const char *inside)
{
    struct ak_triage_place place;
    ak_arena_reset(in->arena);
    if (guess->kind == AK_TRIAGE_NONE ||
        ak_triage_map(in->arena, guess, ak_str_of(inside), &place) != AK_OK || !place.known ||
        ak_str_eq(place.path, ak_str_of(inside)))
        return AK_STR("");
    return place.path;
}

/* An item that was read, but whose media an earlier run did not come to hash. */
static bool wants_media(struct ak_ingest *in, const struct ak_task *t)
{
    static const char SQL[] = "SELECT EXISTS(SELECT 1 FROM t_fact WHERE evidence=?1 AND path=?2 "
                              "AND name='media.container')"
                              " AND NOT EXISTS(SELECT 1 FROM t_fact WHERE evidence=?1 AND path=?2 "
                              "AND name='media.read.missing_bytes')";
    sqlite3_stmt *q = NULL;
    bool wants = false;
    if (!in->options->hash ||
        sqlite3_prepare_v2(ak_store_db(in->store), SQL, -1, &q, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_int64(q, 1, t->evidence);
    sqlite3_bind_text(q, 2, t->path, -1, SQLITE_STATIC);
    wants = sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return wants;
}

static enum ak_status add_file(struct ak_ingest *in, const struct ak_planned *f, uint32_t evidence,
                               size_t ordinal, const struct ak_triage_guess *guess, bool folder)
{
    char key[64];
    uint64_t item;
    enum ak_state state;
    snprintf(key, sizeof(key), "%u.%zu", evidence, ordinal);
    struct ak_stamp modified = ak_stamp_unix(f->modified_ns / 1000000000,
                                             (uint32_t)(f->modified_ns % 1000000000), AK_PREC_NS);
    struct ak_item_row row = { .evidence = evidence,
                               .key = ak_str_of(key),
                               .path = ak_str_of(f->inside),
                               .machine_path = machine_path(in, guess, f->inside),
                               .size = f->size,
                               .modified = modified };
    char shown[8192];
    struct ak_str path = row.machine_path.n ? row.machine_path : row.path;
    snprintf(shown, sizeof(shown), "%.*s", (int)path.n, path.at);
    enum ak_status st = ak_store_item(in->store, &row, &item, &state);
    if (st != AK_OK)
        return st;
    in->result->items++;
    in->bytes_total += f->size;
    bool changed = hash_later(in, f, evidence, state == AK_STATE_CHANGED);
    if (changed)
        ak_store_drop_below(in->store, row.key);
    struct ak_task *t = ak_task_new(NULL, key, shown);
    if (!t)
        return AK_ERR_NOMEM;
    t->evidence = evidence;
    t->item = item;
    t->file = strdup(f->path);
    t->size = f->size;
    t->modified = modified;
    t->flags = (folder && !in->options->hits_only ? AK_JOB_STAT : 0u) |
               (in->options->deep ? AK_JOB_SNIFF_ALL : 0u) |
               (in->options->programs ? AK_JOB_PROGRAMS : 0u) |
               (in->options->hash_files ? AK_JOB_HASH_FILES : 0u) |
               (in->options->hits_only ? AK_JOB_HITS_ONLY : 0u);
    if (state == AK_STATE_DONE && !changed && !ak_store_open_below(in->store, row.key)) {
        in->bytes_done += f->size;
        if (wants_media(in, t))
            ak_ingest_hash_media(in, t);
        ak_task_free(t);
        return AK_OK;
    }
    if (state != AK_STATE_NEW)
        ak_store_drop_item(in->store, item);
    ak_queue_put(&in->parse, t);
    return AK_OK;
}

static void note_left_alone(struct ak_ingest *in, uint32_t evidence, const struct ak_plan *p)
{
    const struct {
        const char *name;
        size_t n;
    } COUNTS[] = { { "folder.links_not_followed", p->n_links },
                   { "folder.special_files_not_opened", p->n_special },
                   { "folder.unreadable", p->n_unreadable },
                   { "folder.too_deep", p->n_too_deep } };
    char text[24];
    for (size_t i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++) {
        snprintf(text, sizeof(text), "%zu", COUNTS[i].n);
        if (COUNTS[i].n)
            ak_store_evidence_fact(in->store, evidence, AK_STR(""), ak_str_of(COUNTS[i].name),
                                   ak_str_of(text));
    }
}

static void set_given_zone(struct ak_ingest *in, uint32_t evidence)
{
    if (!in->options->zone_tzif.n)
        return;
    ak_store_evidence_set(in->store, evidence, "zone_name", in->options->zone_name);
    ak_store_evidence_set(in->store, evidence, "zone_tzif", in->options->zone_tzif);
    ak_store_evidence_set(in->store, evidence, "zone_from", AK_STR("--tz"));
}

/* The case may lie inside the evidence; it is no evidence. */
static void leave_out_case(struct ak_ingest *in, struct ak_plan *plan)
{
    char real[PATH_MAX], below[PATH_MAX + 1];
    size_t n = 0;
    if (!plan->folder || !realpath(in->folder, real))
        return;
    snprintf(below, sizeof(below), "%s/", real);
    struct ak_str folder = ak_str_of(below);
    for (size_t i = 0; i < plan->n; i++) {
        struct ak_planned f = plan->files[i];
        if (!ak_str_starts(ak_str_of(f.path), folder)) {
            plan->files[n++] = f;
            continue;
        }
        plan->bytes -= f.size;
        free(f.path);
        free(f.inside);
    }
    plan->n = n;
}

/* Was it named before on this command line? */
static bool given_before(struct ak_ingest *in, uint32_t evidence)
{
    for (size_t i = 0; i < in->n_given; i++)
        if (in->given[i] == evidence)
            return true;
    in->given[in->n_given++] = evidence;
    return false;
}

static enum ak_status add_evidence(struct ak_ingest *in, const char *path)
{
    struct ak_plan plan;
    char real[PATH_MAX];
    uint32_t id;
    bool fresh;
    if (!realpath(path, real))
        return AK_ERR_CORRUPT; /* the caller says which */
    enum ak_status st = ak_plan_make(real, &plan);
    if (st == AK_ERR_IO) {
        ak_plan_free(&plan);
        return AK_ERR_CORRUPT;
    }
    leave_out_case(in, &plan);
    if (st == AK_OK)
        st = ak_store_evidence(in->store, ak_str_of(path), ak_str_of(real), &id, &fresh);
    if (st == AK_OK && given_before(in, id)) {
        ak_plan_free(&plan);
        return AK_OK;
    }
    if (st == AK_OK) {
        set_given_zone(in, id);
        note_left_alone(in, id, &plan);
        ak_store_evidence_set(in->store, id, "kind",
                              plan.folder ? AK_STR("folder") : AK_STR("file"));
        ak_store_evidence_set_number(in->store, id, "size", (int64_t)plan.bytes);
        ak_store_evidence_set_number(in->store, id, "n_files", (int64_t)plan.n);
    }
    struct ak_triage_guess guess = { 0 };
    if (st == AK_OK)
        guess = guess_collection(in, &plan, ak_str_of(real), id);
    for (size_t i = 0; st == AK_OK && i < plan.n; i++)
        st = add_file(in, &plan.files[i], id,
                      fresh ? i + 1
                            : ak_store_ordinal(in->store, id, ak_str_of(plan.files[i].inside)),
                      &guess, plan.folder);
    in->result->bytes += plan.bytes;
    ak_plan_free(&plan);
    return st;
}

/* ---- giving work ---- */

static void fail_to_open(struct ak_ingest *in, struct ak_task *t)
{
    struct ak_item_end end = { .state = AK_STATE_FAILED,
                               .status = AK_ERR_IO,
                               .note = AK_STR("the file could not be opened") };
    ak_store_damage(in->store, t->item, AK_STR(""), 0, end.note);
    ak_store_end_item(in->store, t->item, &end);
    in->result->items_failed++;
    ak_task_free(t);
}

static void give(struct ak_ingest *in, struct ak_pool_worker *w, struct ak_task *t)
{
    int fd = t->fd >= 0                 ? t->fd
             : t->kind == AK_JOB_DETECT ? ak_redetect_spool(in, t)
                                        : open(t->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && t->kind == AK_JOB_DETECT) {
        in->broken = AK_ERR_IO;
        ak_task_free(t);
        return;
    }
    if (fd < 0) {
        fail_to_open(in, t);
        return;
    }
    /* Only what is inside something has programs beside it: logs given alone stay fast. */
    bool keep = in->options->hits_only && t->depth > 0;
    struct ak_job job = { .kind = t->kind,
                          .flags = t->flags | (keep ? AK_JOB_KEEP_WAITING : 0u),
                          .path = ak_str_of(t->path),
                          .name = ak_str_basename(ak_str_of(t->file ? t->file : t->path)),
                          .parser = ak_str_of(t->parser ? t->parser : ""),
                          .access_format = in->options->access_format,
                          .modified = t->modified,
                          .from = t->from,
                          .to = t->to,
                          .skip = t->n_delivered };
    in->n_busy++;
    if (t->flags & AK_JOB_MAY_EXPAND)
        in->n_expanding++;
    if (ak_pool_give(&in->pool, w, &job, fd, t) != AK_OK)
        in->broken = AK_ERR_IO;
    if (t->fd < 0)
        close(fd);
}

/* Expanding feeds parsing: one worker expands, the others parse. */
static void give_work(struct ak_ingest *in)
{
    for (unsigned i = 0; i < in->pool.n && in->broken == AK_OK; i++) {
        struct ak_pool_worker *w = &in->pool.workers[i];
        if (w->task)
            continue;
        struct ak_task *t = NULL;
        if (in->n_expanding == 0)
            t = ak_queue_take(&in->expand);
        if (!t && in->n_busy - in->n_expanding < in->result->jobs)
            t = ak_queue_take(&in->parse);
        if (!t)
            return;
        give(in, w, t);
    }
}

/* ---- the loop ---- */

static void take_hashes(struct ak_ingest *in)
{
    struct ak_hashed h;
    while (in->hashing && ak_hashing_take(in->hashing, &h)) {
        struct ak_evidence_file row = { h.evidence, ak_str_of(h.path), h.size, h.modified_ns,
                                        ak_str_of(h.sha256) };
        ak_store_evidence_file(in->store, &row);
        tell_custody(in, h.sha256[0] ? "evidence.hashed" : "evidence.unreadable", &row);
        free(h.path);
    }
}

static void commit_now_and_then(struct ak_ingest *in)
{
    int64_t now = ak_now_ms();
    if (now - in->committed_ms < COMMIT_MS)
        return;
    in->committed_ms = now;
    ak_custody_sync(in->custody);
    enum ak_status st = ak_store_commit(in->store);
    if (st != AK_OK)
        in->broken = st;
}

static void run(struct ak_ingest *in)
{
    struct ak_pool_handler handler = { ak_ingest_frame, ak_ingest_lost, in };
    for (;;) {
        give_work(in);
        bool hashing = in->hashing && ak_hashing_left(in->hashing) > 0;
        if (in->broken != AK_OK || (in->n_busy == 0 && in->parse.n + in->expand.n == 0 && !hashing))
            return;
        ak_pool_poll(&in->pool, POLL_MS, &handler);
        ak_ingest_feed(in);
        take_hashes(in);
        commit_now_and_then(in);
        ak_ingest_progress(in, false);
    }
}

static void drop_queue(struct ak_queue *q)
{
    for (struct ak_task *t; (t = ak_queue_take(q));)
        ak_task_free(t);
}

static unsigned job_count(const struct ak_ingest_options *o)
{
    long n = o->jobs ? (long)o->jobs : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > AK_POOL_MAX - 1 ? AK_POOL_MAX - 1 : (unsigned)n;
}

/* Now that all files were seen: events again that tell of programs, knowing these. */
static enum ak_status second_round(struct ak_ingest *in)
{
    bool any = false;
    enum ak_status st = ak_programs_use(in, &any);
    if (st != AK_OK || !any)
        return st;
    run(in);
    return in->broken;
}

/* As many workers as have something to do now; the others start when they have. */
static enum ak_status begin_rules(struct ak_ingest *in)
{
    const struct ak_rules_in_use *rules = in->options->rules;
    enum ak_status st = rules ? ak_redetect_queue(in) : AK_OK;
    size_t n = in->parse.n < in->result->jobs ? in->parse.n : in->result->jobs;
    if (rules && in->pool.n_feeds == 0) /* the reader was started without feeds */
        ak_rules_lend_reader(rules, &in->pool, in->result->protections,
                             sizeof(in->result->protections));
    return st == AK_OK ? ak_pool_start(&in->pool, n) : st;
}

static void prepare_pool(struct ak_ingest *in)
{
    const struct ak_ingest_options *o = in->options;
    if (o->worker)
        snprintf(in->pool.program, sizeof(in->pool.program), "%s", o->worker);
    if (o->silence_s)
        in->pool.silence_s = o->silence_s;
    if (o->rules)
        in->pool.rules_fd = o->rules->pack_fd;
    if (o->feeds)
        ak_feeds_give(o->feeds, &in->pool);
}

/* All that the user named; what cannot be opened is told and counted. */
static enum ak_status add_all(struct ak_ingest *in, const char *const *paths, size_t n,
                              size_t *out_missing)
{
    enum ak_status st = AK_OK;
    for (size_t i = 0; st == AK_OK && i < n; i++) {
        st = add_evidence(in, paths[i]);
        if (st == AK_ERR_CORRUPT) {
            fprintf(stderr, "akashi: %s: %s\n", paths[i],
                    ak_word(in->options->lang, "it cannot be opened; the rest goes on"));
            ++*out_missing;
            st = AK_OK;
        }
    }
    return st;
}

enum ak_status ak_ingest(struct ak_store *store, struct ak_custody *custody,
                         const char *const *paths, size_t n_paths,
                         const struct ak_ingest_options *options, struct ak_ingest_result *out,
                         size_t *out_missing)
{
    *out = (struct ak_ingest_result){ .jobs = job_count(options) };
    struct ak_ingest *in = calloc(1, sizeof(*in));
    if (!in)
        return AK_ERR_NOMEM;
    in->store = store;
    in->custody = custody;
    in->options = options;
    in->programs_fd = -1;
    in->result = out;
    in->started_ms = in->committed_ms = ak_now_ms();
    in->arena = ak_arena_new(ARENA_BYTES);
    in->given = calloc(n_paths + 1, sizeof(*in->given));
    snprintf(in->folder, sizeof(in->folder), "%s", options->folder);
    enum ak_status st = in->arena && in->given
                            ? ak_pool_open(&in->pool, out->jobs + 1, options->sandbox)
                            : AK_ERR_NOMEM;
    prepare_pool(in);
    in->hashing = options->hash ? ak_hashing_start() : NULL;
    *out_missing = 0;
    if (st == AK_OK)
        st = add_all(in, paths, n_paths, out_missing);
    if (st == AK_OK && (options->rules || options->feeds))
        st = begin_rules(in);
    if (st == AK_OK) {
        run(in);
        ak_ingest_name_hosts(in);
        st = in->broken;
    }
    if (st == AK_OK)
        st = second_round(in);
    ak_ingest_progress(in, true);
    take_hashes(in);
    if (st == AK_OK)
        st = ak_store_commit(store);
    ak_custody_sync(custody);
    out->elapsed_ms = (uint64_t)(ak_now_ms() - in->started_ms);
    ak_hashing_stop(in->hashing);
    ak_pool_close(&in->pool);
    if (in->programs_fd >= 0)
        close(in->programs_fd);
    drop_queue(&in->parse);
    drop_queue(&in->expand);
    ak_arena_free(in->arena);
    free(in->given);
    free(in);
    return st;
}
