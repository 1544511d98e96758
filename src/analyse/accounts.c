/* accounts.c - accounts made, changed and promoted; services and tasks installed. */
#include "analyse/watch.h"

#include <stdlib.h>

enum { EVENTS_MAX = 2000, SHOWN_PER_KIND = 20 };

static const struct kind {
    const char *action, *field, *sentence, *many;
} KINDS[] = {
    { "added-user-account", "persistence", "On {host}, the account {user} was created at {at}.",
      "On all hosts, {n} accounts were created, the last at {last}." },
    { "user_added", "persistence", "On {host}, the account {user} was created at {at}.",
      "On all hosts, {n} accounts were created, the last at {last}." },
    { "reset-password", "account_changes", "On {host}, the password of {user} was reset at {at}.",
      "On all hosts, {n} passwords were reset, the last at {last}." },
    { "changed-password", "account_changes",
      "On {host}, the password of {user} was changed at {at}.",
      "On all hosts, {n} passwords were changed, the last at {last}." },
    { "password_changed", "account_changes",
      "On {host}, the password of {user} was changed at {at}.",
      "On all hosts, {n} passwords were changed, the last at {last}." },
    { "added-member-to-group", "privilege_escalation",
      "On {host}, {user} was added to the group {group} at {at}.",
      "On all hosts, {n} members were added to groups, the last at {last}." },
    { "group_member_added", "privilege_escalation",
      "On {host}, {user} was added to the group {group} at {at}.",
      "On all hosts, {n} members were added to groups, the last at {last}." },
    { "service-installed", "persistence", "On {host}, a service was installed at {at} ({file}).",
      "On all hosts, {n} services were installed, the last at {last}." },
    { "user_deleted", "anti_forensics", "On {host}, the account {user} was deleted at {at}.",
      "On all hosts, {n} accounts were deleted, the last at {last}." },
    { "deleted-user-account", "anti_forensics",
      "On {host}, the account {user} was deleted at {at}.",
      "On all hosts, {n} accounts were deleted, the last at {last}." },
};

enum { N_KINDS = sizeof(KINDS) / sizeof(KINDS[0]) };

struct change {
    uint8_t kind;
    uint32_t host, user, id, group, file;
    int64_t ns;
    struct ak_event_ref ref;
};

struct ak_account_log {
    struct change changes[EVENTS_MAX]; /* the last ones */
    uint32_t n;
    uint64_t per_kind[N_KINDS];
};

static bool begin(struct ak_pass *p)
{
    p->accounts = calloc(1, sizeof(*p->accounts));
    return p->accounts != NULL;
}

/* Whom it was done to.  Windows names the member of a group by number only, with
 * "-" for a name, when the account is a local one; then 0. */
static uint32_t user_of(struct ak_pass *p, const struct ak_view *v)
{
    struct ak_str target = ak_said_text(v, AK_SAID_TARGET_USER);
    struct ak_str name = ak_said_text(v, AK_SAID_TARGET_NAME);
    if (!target.n && !ak_str_eq(name, AK_STR("-")))
        target = name;
    if (!target.n && !v->said[AK_SAID_TARGET_ID])
        target = ak_said_text(v, AK_SAID_USER);
    return ak_symbol(p->symbols, target);
}

/* The same change in another log: auth.log and the journal both tell of it. */
static bool is_told(const struct ak_account_log *log, uint8_t kind, uint32_t host, uint32_t user,
                    int64_t ns)
{
    enum { BACK = 16 };
    static const int64_t SAME_NS = INT64_C(2) * 1000000000;
    for (uint32_t i = 1; i <= BACK && i <= log->n; i++) {
        const struct change *c = &log->changes[(log->n - i) % EVENTS_MAX];
        if (c->kind == kind && c->host == host && c->user == user && user && ns - c->ns <= SAME_NS)
            return true;
    }
    return false;
}

/* Accounts that Windows itself makes and removes when it is installed. */
static bool is_built_in(struct ak_str user)
{
    static const char *const NAMES[] = { "WDAGUtilityAccount", "defaultuser0", "defaultuser1",
                                         "DefaultAccount" };
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        if (ak_str_eq_fold(user, ak_str_of(NAMES[i])))
            return true;
    return false;
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    struct ak_str action = ak_said_text(v, AK_SAID_ACTION);
    struct ak_account_log *log = p->accounts;
    if (!action.n || !v->timed)
        return;
    for (uint8_t i = 0; i < N_KINDS; i++) {
        if (!ak_str_eq(action, ak_str_of(KINDS[i].action)))
            continue;
        if (ak_said_is(v, AK_SAID_OUTCOME, "failure"))
            return;
        uint32_t user = user_of(p, v);
        struct ak_str file = ak_said_text(v, AK_SAID_COMMAND);
        uint32_t host = ak_symbol(p->symbols, v->host);
        if (is_built_in(ak_symbol_text(p->symbols, user)) || is_told(log, i, host, user, v->ns))
            return;
        log->per_kind[i]++;
        log->changes[log->n++ % EVENTS_MAX] = (struct change){
            .kind = i,
            .host = host,
            .user = user,
            .id = ak_symbol(p->symbols, ak_said_text(v, AK_SAID_TARGET_ID)),
            .group = ak_symbol(p->symbols, ak_said_text(v, AK_SAID_GROUP)),
            .file = ak_symbol(p->symbols, file.n ? file : ak_said_text(v, AK_SAID_FILE)),
            .ns = v->ns,
            .ref = ak_ref_of(v->stored),
        };
        return;
    }
}

/* The name that another change tells of the same number; else the number. */
static struct ak_str name_of(const struct ak_pass *p, const struct change *ch)
{
    const struct ak_account_log *log = p->accounts;
    uint32_t kept = log->n < EVENTS_MAX ? log->n : EVENTS_MAX;
    for (uint32_t i = 0; !ch->user && ch->id && i < kept; i++)
        if (log->changes[i].user && log->changes[i].id == ch->id &&
            log->changes[i].host == ch->host)
            return ak_symbol_text(p->symbols, log->changes[i].user);
    return ak_symbol_text(p->symbols, ch->user ? ch->user : ch->id);
}

static void fill(struct ak_pass *p, struct ak_claim *c, const struct change *ch)
{
    struct ak_str user = name_of(p, ch), group = ak_symbol_text(p->symbols, ch->group);
    struct ak_str file = ak_symbol_text(p->symbols, ch->file);
    ak_claim_arg(c, ak_arg_text("host", ak_symbol_text(p->symbols, ch->host)));
    ak_claim_arg(c, user.n ? ak_arg_text("user", user) : ak_arg_word("user", "an unnamed account"));
    ak_claim_arg(c,
                 group.n ? ak_arg_text("group", group) : ak_arg_word("group", "an unnamed group"));
    ak_claim_arg(c, file.n ? ak_arg_text("file", file) : ak_arg_word("file", "no file named"));
    ak_claim_arg(c, ak_arg_time("at", ch->ns));
    ak_claim_basis(c, ch->ref);
}

static void claim_kind(struct ak_pass *p, uint8_t kind)
{
    struct ak_account_log *log = p->accounts;
    uint32_t kept = log->n < EVENTS_MAX ? log->n : EVENTS_MAX;
    bool many = log->per_kind[kind] > SHOWN_PER_KIND;
    struct ak_claim all = { .field = KINDS[kind].field,
                            .section = "accounts",
                            .sentence = KINDS[kind].many,
                            .subject = AK_STR("case"),
                            .level = AK_L5 };
    int64_t last = 0;
    for (uint32_t i = 0; i < kept; i++) {
        const struct change *ch = &log->changes[(log->n - kept + i) % EVENTS_MAX];
        if (ch->kind != kind)
            continue;
        last = ch->ns;
        if (many) {
            ak_claim_basis(&all, ch->ref);
            continue;
        }
        struct ak_claim c = { .field = KINDS[kind].field,
                              .section = "accounts",
                              .sentence = KINDS[kind].sentence,
                              .subject = ak_symbol_text(p->symbols, ch->host),
                              .level = AK_L5 };
        fill(p, &c, ch);
        p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
    }
    if (!many || all.n_basis == 0)
        return;
    ak_claim_arg(&all, ak_arg_number("n", log->per_kind[kind]));
    ak_claim_arg(&all, ak_arg_time("last", last));
    p->failed |= ak_claim_put(p->claims, &all) != AK_OK;
}

static void claim(struct ak_pass *p)
{
    for (uint8_t i = 0; i < N_KINDS; i++)
        if (p->accounts->per_kind[i])
            claim_kind(p, i);
}

static void end(struct ak_pass *p) { free(p->accounts); }

const struct ak_watcher ak_watch_accounts = { "accounts", begin, see, NULL, claim, end };
