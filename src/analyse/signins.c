/* signins.c - who signed in where and from where, and passwords guessed until one worked. */
#include "analyse/watch.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOG_KINDS = 4 };
enum { SIGNINS_MAX = 500000, GUESSED_MAX = 256, GUESSES_LEAST = 10 };
static const int64_t GUESS_WINDOW_NS = INT64_C(24) * 3600 * 1000000000;

/* What event.action means here. */
static const struct meaning {
    const char *action;
    const char *service; /* NULL: from the logon type */
    int success;         /* 1 yes, 0 no, -1: by event.outcome */
} MEANINGS[] = {
    { "logged-in", NULL, 1 },
    { "logon-failed", NULL, 0 },
    { "rdp-authenticated", "rdp", 1 },
    { "kerberos-preauth-failed", "kerberos", 0 },
    { "credential-validated", "ntlm", -1 },
    { "ssh_login", "ssh", 1 },
    { "ssh_login_failed", "ssh", 0 },
    { "ssh_invalid_user", "ssh", 0 },
    { "ftp_login", "ftp", 1 },
    { "ftp_login_failed", "ftp", 0 },
    { "login_failed", "login", 0 },
    { "session_start", "login", 1 },
    { "su", "su", -1 },
};

struct signin {
    struct ak_key key;     /* host, user, source, service and outcome */
    uint64_t n[LOG_KINDS]; /* as with guessing */
    int64_t first_ns, last_ns;
    struct ak_event_ref first, last;
    const char *service;
    bool success;
};

/* Failures of one source at one host, until a success.  One attempt is recorded
 * in several logs (auth.log, btmp, the journal), so each kind is counted apart
 * and the most that one of them saw is what counts. */
struct guessing {
    struct ak_key key; /* host, source */
    uint64_t failures[LOG_KINDS];
    int64_t first_ns, last_ns;
    struct ak_event_ref first, last;
};

struct guessed {
    uint32_t host, user, source;
    const char *service;
    uint64_t failures;
    int64_t first_ns, last_ns, success_ns;
    struct ak_event_ref first, last, success;
};

struct ak_signins {
    struct ak_table table, guessing;
    struct guessed guessed[GUESSED_MAX];
    size_t n_guessed;
};

static bool begin(struct ak_pass *p)
{
    p->signins = calloc(1, sizeof(*p->signins));
    if (!p->signins)
        return false;
    ak_table_init(&p->signins->table, sizeof(struct signin), SIGNINS_MAX);
    ak_table_init(&p->signins->guessing, sizeof(struct guessing), SIGNINS_MAX);
    return true;
}

static const struct meaning *meaning_of(const struct ak_view *v)
{
    struct ak_str action = ak_said_text(v, AK_SAID_ACTION);
    for (size_t i = 0; action.n && i < sizeof(MEANINGS) / sizeof(MEANINGS[0]); i++)
        if (ak_str_eq(action, ak_str_of(MEANINGS[i].action)))
            return &MEANINGS[i];
    return NULL;
}

bool ak_signin_succeeded(const struct ak_view *v)
{
    const struct meaning *m = meaning_of(v);
    return m && (m->success >= 0 ? m->success : ak_said_is(v, AK_SAID_OUTCOME, "success"));
}

/* Windows logon types in the words of event 4624's documentation. */
static const char *logon_service(uint64_t type)
{
    switch (type) {
    case 2:
        return "interactive";
    case 3:
        return "network";
    case 4:
        return "batch";
    case 5:
        return "service";
    case 7:
        return "unlock";
    case 8:
        return "network cleartext";
    case 10:
        return "rdp";
    case 11:
        return "cached interactive";
    default:
        return "logon";
    }
}

static void touch(uint64_t *n, int64_t *first_ns, int64_t *last_ns, struct ak_event_ref *first,
                  struct ak_event_ref *last, const struct ak_view *v)
{
    if ((*n)++ == 0) {
        *first_ns = v->ns;
        *first = ak_ref_of(v->stored);
    }
    *last_ns = v->ns;
    *last = ak_ref_of(v->stored);
}

/* "syslog", "linux" (btmp) and "systemd" begin the data types of what may tell of
 * the same attempt. */
static size_t log_kind(const struct ak_view *v)
{
    static const char *const KINDS[LOG_KINDS - 1] = { "syslog:", "linux:", "systemd:" };
    for (size_t i = 0; i < LOG_KINDS - 1; i++)
        if (ak_str_starts(v->stored->event.shape->data_type, ak_str_of(KINDS[i])))
            return i;
    return LOG_KINDS - 1;
}

static uint64_t most_of(const uint64_t n[LOG_KINDS])
{
    uint64_t most = 0;
    for (size_t i = 0; i < LOG_KINDS; i++)
        if (n[i] > most)
            most = n[i];
    return most;
}

static void fail(struct guessing *g, const struct ak_view *v)
{
    uint64_t n = most_of(g->failures);
    touch(&n, &g->first_ns, &g->last_ns, &g->first, &g->last, v);
    g->failures[log_kind(v)]++;
}

static void succeed(struct ak_pass *p, const struct ak_view *v, struct guessing *g, uint32_t user,
                    const char *service)
{
    struct ak_signins *s = p->signins;
    uint64_t failures = most_of(g->failures);
    if (failures >= GUESSES_LEAST && v->ns - g->last_ns < GUESS_WINDOW_NS &&
        s->n_guessed < GUESSED_MAX) {
        s->guessed[s->n_guessed++] = (struct guessed){ .host = g->key.a,
                                                       .user = user,
                                                       .source = g->key.b,
                                                       .service = service,
                                                       .failures = failures,
                                                       .first_ns = g->first_ns,
                                                       .last_ns = g->last_ns,
                                                       .success_ns = v->ns,
                                                       .first = g->first,
                                                       .last = g->last,
                                                       .success = ak_ref_of(v->stored) };
        ak_address_attribute(p, g->key.b, "password guessing followed by a sign-in",
                             ak_ref_of(v->stored));
    }
    memset(g->failures, 0, sizeof(g->failures));
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    const struct meaning *m = meaning_of(v);
    if (!m || !v->timed)
        return;
    bool success = m->success >= 0 ? m->success : ak_said_is(v, AK_SAID_OUTCOME, "success");
    const char *service =
        m->service ? m->service : logon_service(ak_said_number(v, AK_SAID_LOGON_TYPE));
    struct ak_str source_text = ak_said_text(v, AK_SAID_SOURCE);
    uint32_t host = ak_symbol(p->symbols, v->host),
             user = ak_symbol(p->symbols, ak_said_text(v, AK_SAID_USER));
    uint32_t source = ak_symbol(p->symbols, source_text);
    struct ak_key key = { host, user, source,
                          ak_symbol(p->symbols, ak_str_of(service)) * 2 + success };
    struct signin *s = ak_table_get(&p->signins->table, key);
    if (s) {
        s->service = service;
        s->success = success;
        uint64_t n = most_of(s->n);
        touch(&n, &s->first_ns, &s->last_ns, &s->first, &s->last, v);
        s->n[log_kind(v)]++;
    }
    if (!source)
        return;
    struct guessing *g = ak_table_get(&p->signins->guessing, (struct ak_key){ host, source, 0, 0 });
    if (!g)
        return;
    if (success)
        succeed(p, v, g, user, service);
    else
        fail(g, v);
}

/* ---- rows ---- */

static void bind_ref(struct ak_pass *p, sqlite3_stmt *q, int at, struct ak_event_ref ref)
{
    char id[AK_EVENT_ID_MAX];
    const struct ak_item_info *item = ak_reading_item(p->reading, ref.rank);
    int n = item ? snprintf(id, sizeof(id), "%.*s:%u", (int)item->key.n, item->key.at, ref.seq) : 0;
    sqlite3_bind_text(q, at, id, n, SQLITE_TRANSIENT);
}

static void finish(struct ak_pass *p)
{
    sqlite3_stmt *q;
    ak_store_sql(p->store, "DELETE FROM t_signin");
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "INSERT INTO t_signin VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)", -1, &q,
                           NULL) != SQLITE_OK)
        return;
    for (uint32_t i = 0; i < p->signins->table.n; i++) {
        const struct signin *s = ak_table_at(&p->signins->table, i);
        const uint32_t symbols[] = { s->key.a, s->key.b, s->key.c };
        for (int k = 0; k < 3; k++) {
            struct ak_str t = ak_symbol_text(p->symbols, symbols[k]);
            sqlite3_bind_text(q, k + 1, t.n ? t.at : "", (int)t.n, SQLITE_STATIC);
        }
        char first[AK_STAMP_TEXT], last[AK_STAMP_TEXT];
        size_t nf = ak_stamp_iso((struct ak_stamp){ s->first_ns, AK_STAMP_SET }, first);
        size_t nl = ak_stamp_iso((struct ak_stamp){ s->last_ns, AK_STAMP_SET }, last);
        sqlite3_bind_text(q, 4, s->service, -1, SQLITE_STATIC);
        sqlite3_bind_text(q, 5, s->success ? "success" : "failure", -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 6, (sqlite3_int64)most_of(s->n));
        sqlite3_bind_text(q, 7, first, (int)nf, SQLITE_STATIC);
        sqlite3_bind_text(q, 8, last, (int)nl, SQLITE_STATIC);
        bind_ref(p, q, 9, s->first);
        bind_ref(p, q, 10, s->last);
        sqlite3_step(q);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
}

/* ---- claims ---- */

static void claim_guessed(struct ak_pass *p, const struct guessed *g)
{
    struct ak_claim c = {
        .field = "credential_abuse",
        .section = "entry",
        .sentence =
            "From {source}, {n} sign-ins to {host} failed between {first} and {last}; at {at} one "
            "as {user} succeeded ({service}). The password was very probably guessed or known.",
        .subject = ak_symbol_text(p->symbols, g->host),
        .level = AK_L4
    };
    struct ak_str user = ak_symbol_text(p->symbols, g->user);
    ak_claim_arg(&c, ak_arg_text("source", ak_symbol_text(p->symbols, g->source)));
    ak_claim_arg(&c, ak_arg_number("n", g->failures));
    ak_claim_arg(&c, ak_arg_text("host", c.subject));
    ak_claim_arg(&c, ak_arg_time("first", g->first_ns));
    ak_claim_arg(&c, ak_arg_time("last", g->last_ns));
    ak_claim_arg(&c, ak_arg_time("at", g->success_ns));
    ak_claim_arg(&c,
                 user.n ? ak_arg_text("user", user) : ak_arg_word("user", "an unnamed account"));
    ak_claim_arg(&c, ak_arg_word("service", g->service));
    ak_claim_basis(&c, g->first);
    ak_claim_basis(&c, g->last);
    ak_claim_basis(&c, g->success);
    ak_claim_limit(&c,
                   "a user who forgot the password and then remembered it leaves the same traces");
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

/* Sources that only failed: tried, not seen to succeed. */
static void claim_failed_sources(struct ak_pass *p)
{
    uint64_t sources = 0, failures = 0;
    const struct guessing *most = NULL;
    for (uint32_t i = 0; i < p->signins->guessing.n; i++) {
        const struct guessing *g = ak_table_at(&p->signins->guessing, i);
        if (most_of(g->failures) < GUESSES_LEAST)
            continue;
        sources++;
        failures += most_of(g->failures);
        if (!most || most_of(g->failures) > most_of(most->failures))
            most = g;
    }
    if (!most)
        return;
    struct ak_claim c = {
        .field = "credential_abuse",
        .section = "accounts",
        .sentence = "{sources} sources failed to sign in ten times or more without a later success "
                    "({n} failures in all; most from {most} at {host}).",
        .subject = AK_STR("case"),
        .level = AK_L5
    };
    ak_claim_arg(&c, ak_arg_number("sources", sources));
    ak_claim_arg(&c, ak_arg_number("n", failures));
    ak_claim_arg(&c, ak_arg_text("most", ak_symbol_text(p->symbols, most->key.b)));
    ak_claim_arg(&c, ak_arg_text("host", ak_symbol_text(p->symbols, most->key.a)));
    ak_claim_basis(&c, most->first);
    ak_claim_basis(&c, most->last);
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

/* Sign-ins from attributed addresses: the accounts that were abused. */
static void claim_abused(struct ak_pass *p)
{
    unsigned shown = 0;
    for (uint32_t i = 0; i < p->signins->table.n && shown < 50; i++) {
        const struct signin *s = ak_table_at(&p->signins->table, i);
        if (!s->success || !s->key.b || !ak_address_attributed(p, s->key.c))
            continue;
        struct ak_claim c = { .field = "accounts_abused",
                              .section = "accounts",
                              .sentence = "The account {user} of {host} was used from {source} "
                                          "({service}): {n} sign-ins from "
                                          "{first} to {last}.",
                              .subject = ak_symbol_text(p->symbols, s->key.a),
                              .level = AK_L4 };
        ak_claim_arg(&c, ak_arg_text("user", ak_symbol_text(p->symbols, s->key.b)));
        ak_claim_arg(&c, ak_arg_text("host", c.subject));
        ak_claim_arg(&c, ak_arg_text("source", ak_symbol_text(p->symbols, s->key.c)));
        ak_claim_arg(&c, ak_arg_word("service", s->service));
        ak_claim_arg(&c, ak_arg_number("n", most_of(s->n)));
        ak_claim_arg(&c, ak_arg_time("first", s->first_ns));
        ak_claim_arg(&c, ak_arg_time("last", s->last_ns));
        ak_claim_basis(&c, s->first);
        ak_claim_basis(&c, s->last);
        p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
        shown++;
    }
}

static void claim(struct ak_pass *p)
{
    for (size_t i = 0; i < p->signins->n_guessed; i++)
        claim_guessed(p, &p->signins->guessed[i]);
    claim_abused(p);
    claim_failed_sources(p);
}

static void end(struct ak_pass *p)
{
    if (!p->signins)
        return;
    ak_table_free(&p->signins->table);
    ak_table_free(&p->signins->guessing);
    free(p->signins);
}

const struct ak_watcher ak_watch_signins = { "signins", begin, see, finish, claim, end };
