/* list_rules.c - see list_rules.h. */
#include "cli/list_rules.h"

#include "base/json.h"
#include "cli/rule_args.h"
#include "report/text.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdlib.h>

/* How a rule stands, with what is known of a case. */
enum state {
    APPLICABLE, /* events of its classes are in the case */
    LOADED,     /* without a case: bound to classes of events */
    CORRELATION,
    NOT_IN_EVIDENCE, /* no event of its classes in the case */
    NO_SOURCE,       /* akashi reads no such log source */
    TOO_LARGE,       /* the rule is larger than the matcher takes */
    NO_FIELDS,       /* it does, but none has the fields the rule needs */
    REFUSED,
    N_STATES
};

static const struct {
    const char *name, *words;
} STATES[N_STATES] = {
    [APPLICABLE] = { "applicable", "applicable" },
    [LOADED] = { "loaded", "loaded" },
    [CORRELATION] = { "correlation", "correlation" },
    [NOT_IN_EVIDENCE] = { "not_in_evidence", "not applicable: no such source in this evidence" },
    [NO_SOURCE] = { "no_source", "not applicable: no such source in akashi" },
    [NO_FIELDS] = { "no_fields", "not applicable: no such field in akashi" },
    [TOO_LARGE] = { "too_large", "not applied: the rule is too large" },
    [REFUSED] = { "refused", "refused" },
};

struct listing {
    const struct ak_args *args;
    const struct ak_rules_in_use *rules;
    uint64_t *seen; /* events of each class in the case; NULL: no case */
    struct ak_buf out;
    uint64_t n[N_STATES];
    bool json;
};

/* ---- the case ---- */

static bool read_seen(struct listing *l, struct ak_store *store)
{
    sqlite3_stmt *q;
    l->seen = calloc((size_t)l->rules->sums.n_classes + 1, sizeof(*l->seen));
    if (!l->seen ||
        sqlite3_prepare_v2(ak_store_db(store), "SELECT events FROM event_classes WHERE name=?1", -1,
                           &q, NULL) != SQLITE_OK)
        return false;
    for (uint32_t i = 0; i < l->rules->sums.n_classes; i++) {
        sqlite3_bind_text(q, 1, l->rules->classes[i].at, (int)l->rules->classes[i].n,
                          SQLITE_STATIC);
        if (sqlite3_step(q) == SQLITE_ROW)
            l->seen[i] = (uint64_t)sqlite3_column_int64(q, 0);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
    return true;
}

static bool open_case(struct listing *l)
{
    const char *folder = ak_args_get(l->args, "--case"), *why = "the case could not be read";
    struct ak_store *store = NULL;
    if (!folder)
        return true;
    bool ok = ak_store_open(folder, AK_STORE_READ, &store, &why) == AK_OK;
    if (ok && !read_seen(l, store)) {
        ok = false;
        why = "the case could not be read";
    }
    if (!ok)
        ak_complain(l->args->lang, folder, why);
    else
        ak_store_close(store);
    return ok;
}

static uint64_t events_of(const struct listing *l, const struct ak_rule_report *r)
{
    uint64_t n = 0;
    for (size_t i = 0; l->seen && i < r->n_classes; i++)
        n += l->seen[r->classes[i]];
    return n;
}

static enum state state_of(const struct listing *l, const struct ak_rule_report *r)
{
    switch (r->binding) {
    case AK_UNBOUND_SOURCE:
        return NO_SOURCE;
    case AK_UNBOUND_FIELDS:
        return NO_FIELDS;
    case AK_UNBOUND_SIZE:
        return TOO_LARGE;
    case AK_BOUND_BY_OTHERS:
        return CORRELATION;
    case AK_BOUND:
    default:
        break;
    }
    if (!l->seen)
        return LOADED;
    return events_of(l, r) ? APPLICABLE : NOT_IN_EVIDENCE;
}

/* ---- lines ---- */

/* Rules are texts of strangers: nothing of them may move the cursor, or be a column. */
static void cell(struct listing *l, struct ak_str text)
{
    if (l->out.n && l->out.at[l->out.n - 1] != '\n')
        ak_buf_u8(&l->out, '\t');
    if (text.n)
        ak_visible(&l->out, text, 0);
    else
        ak_buf_u8(&l->out, '-');
}

static void place(struct listing *l, struct ak_str file, uint32_t line)
{
    cell(l, file);
    if (line)
        ak_buf_printf(&l->out, ":%u", line);
}

static void state_cell(struct listing *l, enum state state)
{
    cell(l, ak_str_of(ak_word(l->args->lang, STATES[state].words)));
}

static struct ak_str title_of(const struct listing *l, const struct ak_rule *r)
{
    return l->args->lang == AK_LANG_JA && r->title_ja.n ? r->title_ja : r->title;
}

static void put_text(struct listing *l, const struct ak_rule_report *r, enum state state)
{
    struct ak_buf classes = { 0 };
    for (size_t i = 0; i < r->n_classes; i++) {
        ak_buf_text(&classes, i ? ", " : "");
        ak_buf_str(&classes, l->rules->classes[r->classes[i]]);
    }
    state_cell(l, state);
    cell(l, ak_str_of(ak_severity_name(r->rule.severity)));
    cell(l, r->rule.id);
    cell(l, title_of(l, &r->rule));
    cell(l, ak_buf_view(&classes));
    place(l, r->rule.file, r->rule.line);
    ak_buf_u8(&l->out, '\n');
    ak_buf_free(&classes);
}

static void member(struct listing *l, const char *key, struct ak_str value)
{
    if (!value.n)
        return;
    ak_json_key(&l->out, key);
    ak_json_str(&l->out, value);
}

static void end_object(struct listing *l, struct ak_str file, uint32_t line)
{
    member(l, "file", file);
    ak_json_key(&l->out, "line");
    ak_buf_dec(&l->out, line);
    ak_buf_text(&l->out, "}\n");
}

static void put_json(struct listing *l, const struct ak_rule_report *r, enum state state)
{
    ak_buf_u8(&l->out, '{');
    member(l, "state", ak_str_of(STATES[state].name));
    member(l, "level", ak_str_of(ak_severity_name(r->rule.severity)));
    member(l, "id", r->rule.id);
    member(l, "title", r->rule.title);
    member(l, "title_ja", r->rule.title_ja);
    member(l, "status", r->rule.status);
    ak_json_key(&l->out, "classes");
    ak_buf_u8(&l->out, '[');
    for (size_t i = 0; i < r->n_classes; i++) {
        ak_buf_text(&l->out, i ? "," : "");
        ak_json_str(&l->out, l->rules->classes[r->classes[i]]);
    }
    ak_buf_u8(&l->out, ']');
    if (l->seen) {
        ak_json_key(&l->out, "events");
        ak_buf_dec(&l->out, events_of(l, r));
    }
    end_object(l, r->rule.file, r->rule.line);
}

static void put_problem(struct listing *l, const struct ak_rule_problem *p)
{
    struct ak_buf why = { 0 };
    ak_buf_text(&why, l->json ? p->what : ak_word(l->args->lang, p->what));
    if (p->detail.n) {
        ak_buf_text(&why, ": ");
        ak_buf_str(&why, p->detail);
    }
    if (l->json) {
        ak_buf_u8(&l->out, '{');
        member(l, "state", ak_str_of(STATES[REFUSED].name));
        member(l, "id", p->id);
        member(l, "title", p->title);
        member(l, "why", ak_buf_view(&why));
        end_object(l, p->file, p->line);
    } else {
        state_cell(l, REFUSED);
        cell(l, AK_STR(""));
        cell(l, p->id);
        cell(l, p->title);
        cell(l, ak_buf_view(&why));
        place(l, p->file, p->line);
        ak_buf_u8(&l->out, '\n');
    }
    ak_buf_free(&why);
}

static void put_sums(const struct listing *l)
{
    bool any = false;
    for (int i = 0; i < N_STATES; i++) {
        if (!l->n[i])
            continue;
        fprintf(stderr, "%s%llu %s", any ? " · " : "", (unsigned long long)l->n[i],
                ak_word(l->args->lang, STATES[i].words));
        any = true;
    }
    if (l->rules->sums.n_filters)
        fprintf(stderr, "%s%u %s", any ? " · " : "", l->rules->sums.n_filters,
                ak_word(l->args->lang, "filters applied"));
    fprintf(stderr, "%s\n", any ? "" : ak_word(l->args->lang, "no rules in it"));
}

static bool put_all(struct listing *l)
{
    for (uint32_t i = 0; i < l->rules->sums.n_rules; i++) {
        const struct ak_rule_report *r = &l->rules->rules[i];
        enum state state = state_of(l, r);
        l->n[state]++;
        if (l->json)
            put_json(l, r, state);
        else
            put_text(l, r, state);
    }
    for (uint32_t i = 0; i < l->rules->sums.n_problems; i++)
        put_problem(l, &l->rules->problems[i]);
    l->n[REFUSED] = l->rules->sums.n_problems;
    return !l->out.failed && fwrite(l->out.at, 1, l->out.n, stdout) == l->out.n &&
           fflush(stdout) == 0;
}

int ak_list_rules(const struct ak_args *args)
{
    struct listing l = { .args = args, .json = ak_args_has(args, "--json") };
    struct ak_rules_in_use *rules = NULL;
    int code = AK_EXIT_FAILED;
    if (ak_args_rules(args, true, &rules)) {
        l.rules = rules;
        if (open_case(&l) && put_all(&l))
            code = AK_EXIT_DONE;
        if (code == AK_EXIT_DONE && !ak_args_has(args, "--quiet"))
            put_sums(&l);
    }
    ak_rules_close(rules);
    ak_buf_free(&l.out);
    free(l.seen);
    return code;
}
