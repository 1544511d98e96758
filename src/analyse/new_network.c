/* new_network.c - an account's first sign-in from a network it never used before.
 *
 * For accounts with a history: sign-ins over the internet on at least three days,
 * over at least a week, from other networks.  A network is the address's first 24
 * bits (IPv4) or 48 (IPv6): what one subscriber or office usually has.  Where
 * addresses belong to is not asked: there is no network at work here. */
#include "analyse/watch.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAIRS_MAX = 200000, FOUND_MAX = 100, DAYS_LEAST = 3 };
static const int64_t HISTORY_NS = INT64_C(7) * 86400 * 1000000000;

/* An account on a machine and a network it signed in from. */
struct pair {
    struct ak_key key; /* account, host, network */
    uint64_t n;
};

/* What is known of an account on a machine so far. */
struct account {
    struct ak_key key; /* account, host */
    int64_t first_ns;
    int32_t last_day;
    uint32_t n_days, n_networks;
};

struct found {
    uint32_t account, host, source, network;
    uint32_t n_days, n_networks; /* before it */
    int64_t first_ns, at_ns;     /* of the history, of the sign-in */
    struct ak_event_ref ref;
};

struct ak_new_networks {
    struct ak_table pairs, accounts;
    struct found found[FOUND_MAX];
    size_t n_found;
};

static bool begin(struct ak_pass *p)
{
    p->new_networks = calloc(1, sizeof(*p->new_networks));
    if (!p->new_networks)
        return false;
    ak_table_init(&p->new_networks->pairs, sizeof(struct pair), PAIRS_MAX);
    ak_table_init(&p->new_networks->accounts, sizeof(struct account), PAIRS_MAX);
    return true;
}

/* "203.0.113.0/24" or "2001:db8:1::/48" as a symbol; 0 when it is no address. */
static uint32_t network_of(struct ak_pass *p, struct ak_str address)
{
    char text[INET6_ADDRSTRLEN + 4];
    uint8_t bytes[16] = { 0 };
    if (address.n >= INET6_ADDRSTRLEN)
        return 0;
    memcpy(text, address.at, address.n);
    text[address.n] = 0;
    bool v4 = inet_pton(AF_INET, text, bytes) == 1;
    if (!v4 && inet_pton(AF_INET6, text, bytes) != 1)
        return 0;
    memset(bytes + (v4 ? 3 : 6), 0, v4 ? 1 : 10);
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, bytes, text, INET6_ADDRSTRLEN))
        return 0;
    size_t n = strlen(text);
    memcpy(text + n, v4 ? "/24" : "/48", 4);
    return ak_symbol(p->symbols, ak_str_of(text));
}

static void note(struct ak_new_networks *w, const struct account *a, const struct ak_view *v,
                 uint32_t source, uint32_t network)
{
    bool known = a->n_networks > 0 && a->n_days >= DAYS_LEAST && v->ns - a->first_ns >= HISTORY_NS;
    if (!known || w->n_found == FOUND_MAX)
        return;
    w->found[w->n_found++] = (struct found){ a->key.a,    a->key.b,  source,
                                             network,     a->n_days, a->n_networks,
                                             a->first_ns, v->ns,     ak_ref_of(v->stored) };
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    struct ak_new_networks *w = p->new_networks;
    struct ak_str address = ak_said_text(v, AK_SAID_SOURCE), user = ak_said_text(v, AK_SAID_USER);
    if (!v->timed || !user.n || !ak_address_public(address) || !ak_signin_succeeded(v))
        return;
    uint32_t network = network_of(p, address);
    struct ak_key key = { ak_symbol(p->symbols, user), ak_symbol(p->symbols, v->host), 0, 0 };
    struct account *a = network ? ak_table_get(&w->accounts, key) : NULL;
    key.c = network;
    struct pair *pair = a ? ak_table_get(&w->pairs, key) : NULL;
    if (!pair)
        return;
    if (pair->n++ == 0) {
        note(w, a, v, ak_symbol(p->symbols, address), network);
        a->n_networks++;
    }
    int32_t day = ak_day_of(p->zone, v->ns);
    if (a->n_days == 0)
        a->first_ns = v->ns;
    if (a->n_days == 0 || day != a->last_day)
        a->n_days++;
    a->last_day = day;
}

static void claim(struct ak_pass *p)
{
    struct ak_new_networks *w = p->new_networks;
    for (size_t i = 0; i < w->n_found; i++) {
        const struct found *f = &w->found[i];
        struct ak_claim c = { .field = "credential_abuse",
                              .section = "accounts",
                              .sentence = "The account {user} signed in to {host} from {source} at "
                                          "{at}, for the first time from the "
                                          "network {network}; its sign-ins over the internet since "
                                          "{first}, on {days} days, came from "
                                          "{networks} other network(s).",
                              .subject = ak_symbol_text(p->symbols, f->host),
                              .level = AK_L3 };
        ak_claim_arg(&c, ak_arg_text("user", ak_symbol_text(p->symbols, f->account)));
        ak_claim_arg(&c, ak_arg_text("host", c.subject));
        ak_claim_arg(&c, ak_arg_text("source", ak_symbol_text(p->symbols, f->source)));
        ak_claim_arg(&c, ak_arg_text("network", ak_symbol_text(p->symbols, f->network)));
        ak_claim_arg(&c, ak_arg_time("at", f->at_ns));
        ak_claim_arg(&c, ak_arg_time("first", f->first_ns));
        ak_claim_arg(&c, ak_arg_number("days", f->n_days));
        ak_claim_arg(&c, ak_arg_number("networks", f->n_networks));
        ak_claim_basis(&c, f->ref);
        ak_claim_limit(
            &c,
            "people travel, work from home and change providers: a new network alone is no misuse");
        p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
    }
}

static void end(struct ak_pass *p)
{
    if (!p->new_networks)
        return;
    ak_table_free(&p->new_networks->pairs);
    ak_table_free(&p->new_networks->accounts);
    free(p->new_networks);
}

const struct ak_watcher ak_watch_new_network = {
    .name = "new network", .begin = begin, .see = see, .claim = claim, .end = end
};
