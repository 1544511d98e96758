/* rules.c - see rules.h: asking a worker, and finding the file that kills it. */
#include "engine/rules.h"

#include "engine/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { POLL_MS = 200, ARENA_BYTES = 512 << 20, TRIES = 2 };

/* ---- what a worker says ---- */

struct asking {
    struct ak_rules_in_use *rules;
    uint32_t n_rules, n_problems, n_classes; /* so far */
    bool summed, done, lost;
    enum ak_status status;
};

static enum ak_status take_sums(struct asking *a, struct ak_bytes bytes)
{
    struct ak_rules_in_use *r = a->rules;
    enum ak_status st = a->summed ? AK_ERR_CORRUPT : ak_rule_sums_get(bytes, &r->sums);
    if (st != AK_OK)
        return st;
    a->summed = true;
    r->rules = AK_NEW_N(r->arena, struct ak_rule_report, (size_t)r->sums.n_rules + 1);
    r->muted = AK_NEW_N(r->arena, bool, (size_t)r->sums.n_rules + 1);
    r->problems = AK_NEW_N(r->arena, struct ak_rule_problem, (size_t)r->sums.n_problems + 1);
    r->classes = AK_NEW_N(r->arena, struct ak_str, (size_t)r->sums.n_classes + 1);
    r->needs_programs = AK_NEW_N(r->arena, bool, (size_t)r->sums.n_classes + 1);
    return r->rules && r->muted && r->problems && r->classes && r->needs_programs ? AK_OK
                                                                                  : AK_ERR_LIMIT;
}

static enum ak_status take_class(struct asking *a, struct ak_reader *body)
{
    struct ak_str name = ak_wire_get_str(body);
    bool needs_programs = ak_rd_varint(body) != 0;
    char *copy = AK_NEW_N(a->rules->arena, char, name.n + 1);
    if (!ak_rd_ok(body) || name.n > AK_REPORT_TEXT_MAX)
        return AK_ERR_CORRUPT;
    if (!copy)
        return AK_ERR_LIMIT;
    if (name.n)
        memcpy(copy, name.at, name.n);
    a->rules->needs_programs[a->n_classes] = needs_programs;
    a->rules->classes[a->n_classes++] = (struct ak_str){ copy, name.n };
    return AK_OK;
}

static enum ak_status take_rule(struct asking *a, struct ak_bytes bytes)
{
    struct ak_rule_report *to = &a->rules->rules[a->n_rules];
    enum ak_status st = ak_rule_report_get(a->rules->arena, bytes, &a->rules->sums, to);
    return st == AK_OK && to->number != a->n_rules++ ? AK_ERR_CORRUPT : st;
}

/* Are all there that were announced? */
static bool complete(const struct asking *a)
{
    const struct ak_rule_sums *s = &a->rules->sums;
    return a->summed && a->n_rules == s->n_rules && a->n_problems == s->n_problems &&
           a->n_classes == s->n_classes;
}

static enum ak_status take(struct asking *a, struct ak_frame *f)
{
    const struct ak_rule_sums *s = &a->rules->sums;
    if (f->kind == AK_FRAME_RULE_SUMS)
        return take_sums(a, f->body.in);
    if (f->kind == AK_FRAME_RULE && a->summed && a->n_rules < s->n_rules)
        return take_rule(a, f->body.in);
    if (f->kind == AK_FRAME_RULE_PROBLEM && a->summed && a->n_problems < s->n_problems)
        return ak_rule_problem_get(a->rules->arena, f->body.in,
                                   &a->rules->problems[a->n_problems++]);
    if (f->kind == AK_FRAME_CLASS && a->summed && a->n_classes < s->n_classes)
        return take_class(a, &f->body);
    return f->kind == AK_FRAME_DONE && complete(a) ? AK_OK : AK_ERR_CORRUPT;
}

static void take_fact(struct asking *a, struct ak_reader *body)
{
    struct ak_str name = ak_wire_get_str(body), value = ak_wire_get_str(body);
    if (ak_rd_ok(body) && ak_str_eq(name, AK_STR("worker.protections")))
        snprintf(a->rules->protections, sizeof(a->rules->protections), "%.*s",
                 (int)(value.n < sizeof(a->rules->protections) ? value.n : 0), value.at);
}

static void on_frame(void *self, struct ak_pool_worker *w, struct ak_frame *f)
{
    struct asking *a = self;
    if (f->fd >= 0)
        close(f->fd);
    if (f->kind == AK_FRAME_FACT) {
        take_fact(a, &f->body);
        return;
    }
    a->status = take(a, f);
    if (a->status != AK_OK)
        w->distrusted = true;
    if (f->kind != AK_FRAME_DONE || a->status != AK_OK)
        return;
    a->status = a->rules->sums.status;
    a->done = true;
    w->task = NULL;
}

static void on_lost(void *self, struct ak_pool_worker *w, int signal, bool hung)
{
    struct asking *a = self;
    (void)w;
    (void)signal;
    (void)hung;
    a->lost = true;
}

static void drop_reader(struct ak_rules_in_use *rules)
{
    if (rules->reader)
        ak_pool_close(rules->reader);
    free(rules->reader);
    rules->reader = NULL;
}

/* Have one worker read the pack; it stays as the rules' reader.  AK_ERR_CANCELLED: it
 * did not survive. */
static enum ak_status ask(struct ak_rules_in_use *rules, bool sandbox)
{
    struct asking a = { .rules = rules };
    struct ak_pool_handler handler = { on_frame, on_lost, &a };
    struct ak_job job = { .kind = AK_JOB_RULES };
    struct ak_pool *pool = calloc(1, sizeof(*pool));
    drop_reader(rules);
    rules->reader = pool;
    enum ak_status st = pool ? ak_pool_open(pool, 1, sandbox) : AK_ERR_NOMEM;
    if (st == AK_OK) {
        pool->rules_fd = rules->pack_fd;
        st = ak_pool_give(pool, &pool->workers[0], &job, rules->pack_fd, &a);
    }
    while (st == AK_OK && !a.done && !a.lost)
        ak_pool_poll(pool, POLL_MS, &handler);
    if (st != AK_OK)
        return st;
    return a.lost ? AK_ERR_CANCELLED : a.status;
}

void ak_rules_lend_reader(const struct ak_rules_in_use *rules, struct ak_pool *pool,
                          char *protections, size_t n)
{
    struct ak_pool *reader = rules->reader;
    if (!reader || !reader->workers[0].pid || pool->n == 0 || pool->workers[0].pid ||
        pool->sandbox != reader->sandbox || strcmp(pool->program, reader->program) != 0)
        return;
    pool->workers[0] = reader->workers[0];
    reader->workers[0] = (struct ak_pool_worker){ 0 };
    snprintf(protections, n, "%s", rules->protections);
}

/* ---- the file at fault ---- */

static bool kills(const struct ak_rule_files *files, size_t from, size_t to, bool sandbox)
{
    struct ak_rules_in_use part = { .arena = ak_arena_new(ARENA_BYTES) };
    struct ak_rules_error error;
    enum ak_status st =
        part.arena ? ak_rule_files_pack(files, from, to, &part.pack_fd, part.digest, &error)
                   : AK_ERR_NOMEM;
    if (st == AK_OK) {
        st = ask(&part, sandbox);
        drop_reader(&part);
        close(part.pack_fd);
    }
    ak_arena_free(part.arena);
    return st == AK_ERR_CANCELLED;
}

/* Which one file makes its reader end?  By halves; the count when it takes several
 * of them together. */
static size_t find_killer(const struct ak_rule_files *files, bool sandbox)
{
    size_t from = 0, to = files->n;
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        if (kills(files, from, middle, sandbox))
            to = middle;
        else
            from = middle;
    }
    return from < to && kills(files, from, to, sandbox) ? from : files->n;
}

static enum ak_status tell(enum ak_status st, const struct ak_rule_files *files, bool sandbox,
                           struct ak_rules_error *error)
{
    error->subject[0] = 0;
    if (st == AK_ERR_CANCELLED) {
        size_t at = find_killer(files, sandbox);
        error->why = "reading these rules ended their reader: leave them out";
        if (at < files->n)
            snprintf(error->subject, sizeof(error->subject), "%s", files->paths[at]);
    } else if (st == AK_ERR_LIMIT) {
        error->why = "these rules take more memory than the limit";
    } else if (st != AK_OK) {
        error->why = "the rules could not be read";
    }
    return st;
}

/* ---- opening ---- */

static enum ak_status read_all(struct ak_rules_in_use *r, const struct ak_rule_files *files,
                               bool sandbox, struct ak_rules_error *error)
{
    enum ak_status st = ak_rule_files_pack(files, 0, files->n, &r->pack_fd, r->digest, error);
    if (st != AK_OK)
        return st;
    for (int tries = 0; tries < TRIES; tries++) { /* once more: it may have been want of memory */
        ak_arena_reset(r->arena);
        st = ask(r, sandbox);
        if (st != AK_ERR_CANCELLED)
            break;
    }
    return tell(st, files, sandbox, error);
}

enum ak_status ak_rules_open(const struct ak_rules_request *request, struct ak_rules_in_use **out,
                             struct ak_rules_error *error)
{
    struct ak_rule_files files;
    struct ak_rules_in_use *r = calloc(1, sizeof(*r));
    *out = NULL;
    *error = (struct ak_rules_error){ .why = "out of memory" };
    if (!r)
        return AK_ERR_NOMEM;
    r->pack_fd = -1;
    r->arena = ak_arena_new(ARENA_BYTES);
    enum ak_status st = AK_ERR_NOMEM;
    if (r->arena)
        st = ak_rule_files_list(request->paths, request->n_paths, &files, error);
    if (st == AK_OK) {
        files.settings = request->settings;
        st = read_all(r, &files, request->sandbox, error);
        ak_rule_files_free(&files);
    }
    if (st != AK_OK) {
        ak_rules_close(r);
        return st;
    }
    *out = r;
    return AK_OK;
}

void ak_rules_close(struct ak_rules_in_use *r)
{
    if (!r)
        return;
    drop_reader(r);
    if (r->pack_fd >= 0)
        close(r->pack_fd);
    ak_arena_free(r->arena);
    free(r);
}

/* ---- choices of the user ---- */

size_t ak_rules_mute(struct ak_rules_in_use *r, struct ak_str which)
{
    size_t n = 0;
    for (uint32_t i = 0; i < r->sums.n_rules; i++) {
        const struct ak_rule *rule = &r->rules[i].rule;
        if (ak_str_eq_fold(which, rule->id) || ak_str_eq(which, rule->title) ||
            ak_str_eq(which, rule->name)) {
            r->muted[i] = true;
            n++;
        }
    }
    return n;
}

size_t ak_rules_tune(struct ak_rules_in_use *r, struct ak_str id, enum ak_severity severity)
{
    size_t n = 0;
    for (uint32_t i = 0; i < r->sums.n_rules; i++)
        if (ak_str_eq_fold(id, r->rules[i].rule.id)) {
            r->rules[i].rule.severity = severity;
            n++;
        }
    return n;
}
