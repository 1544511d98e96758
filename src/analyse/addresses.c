/* addresses.c - every address met, and which of them turned out to be the intruder's.
 *
 * Watchers attribute an address when they see what only an intruder does
 * (guessing a password until it works, using a web shell).  Everything that came
 * from an attributed address is then attributed activity: its first and last
 * moment, and how much of it lay outside office hours. */
#include "analyse/exposure.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { ADDRESSES_MAX = 1000000, ATTRIBUTED_MAX = 10000, REASONS = 4 };

/* One per address met: kept small, there may be very many. */
struct address {
    struct ak_key key; /* symbol of the address */
    uint32_t n, off_hours;
    int64_t first_ns, last_ns;
    struct ak_event_ref first, last;
};

/* Why an address is taken to be the intruder's. */
struct attribution {
    struct ak_key key; /* symbol of the address */
    const char *why[REASONS];
    struct ak_event_ref basis[REASONS];
    uint32_t n_why;
};

struct ak_addresses {
    struct ak_table table, attributed;
    bool full;
};

static bool begin(struct ak_pass *p)
{
    p->addresses = calloc(1, sizeof(*p->addresses));
    if (!p->addresses)
        return false;
    ak_table_init(&p->addresses->table, sizeof(struct address), ADDRESSES_MAX);
    ak_table_init(&p->addresses->attributed, sizeof(struct attribution), ATTRIBUTED_MAX);
    return true;
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    struct ak_str source = ak_said_text(v, AK_SAID_SOURCE);
    if (!source.n || !v->timed)
        return;
    struct address *a = ak_table_get(&p->addresses->table,
                                     (struct ak_key){ ak_symbol(p->symbols, source), 0, 0, 0 });
    if (!a) {
        p->addresses->full = true;
        return;
    }
    if (a->n++ == 0) {
        a->first_ns = v->ns;
        a->first = ak_ref_of(v->stored);
    }
    a->last_ns = v->ns;
    a->last = ak_ref_of(v->stored);
    a->off_hours += ak_off_hours(p->zone, v->ns);
}

void ak_address_attribute(struct ak_pass *p, uint32_t address, const char *why,
                          struct ak_event_ref ref)
{
    struct attribution *a =
        ak_table_get(&p->addresses->attributed, (struct ak_key){ address, 0, 0, 0 });
    if (!a)
        return;
    for (uint32_t i = 0; i < a->n_why; i++)
        if (a->why[i] == why)
            return;
    if (a->n_why < REASONS) {
        a->why[a->n_why] = why;
        a->basis[a->n_why++] = ref;
    }
}

bool ak_address_attributed(const struct ak_pass *p, uint32_t address)
{
    return ak_table_find(&p->addresses->attributed, (struct ak_key){ address, 0, 0, 0 }) != NULL;
}

bool ak_address_public(struct ak_str s)
{
    unsigned a = 0, b = 0;
    char text[64];
    if (s.n == 0 || s.n >= sizeof(text))
        return false;
    memcpy(text, s.at, s.n);
    text[s.n] = 0;
    if (sscanf(text, "%u.%u.", &a, &b) == 2)
        return !(a == 10 || a == 127 || a == 0 || (a == 172 && b >= 16 && b <= 31) ||
                 (a == 192 && b == 168) || (a == 169 && b == 254) ||
                 (a == 100 && b >= 64 && b <= 127));
    return memchr(text, ':', s.n) && strncmp(text, "fe80", 4) != 0 && strncmp(text, "fc", 2) != 0 &&
           strncmp(text, "fd", 2) != 0 && strcmp(text, "::1") != 0;
}

/* ---- rows ---- */

static const struct address *address_of(const struct ak_pass *p, const struct attribution *t)
{
    return ak_table_find(&p->addresses->table, t->key);
}

static void write_row(struct ak_pass *p, sqlite3_stmt *q, const struct attribution *t)
{
    const struct address *a = address_of(p, t);
    if (!a)
        return;
    char first[AK_STAMP_TEXT], last[AK_STAMP_TEXT];
    struct ak_buf why = { 0 };
    struct ak_str text = ak_symbol_text(p->symbols, a->key.a);
    size_t nf = ak_stamp_iso((struct ak_stamp){ a->first_ns, AK_STAMP_SET }, first);
    size_t nl = ak_stamp_iso((struct ak_stamp){ a->last_ns, AK_STAMP_SET }, last);
    for (uint32_t i = 0; i < t->n_why; i++) {
        ak_buf_text(&why, i ? "; " : "");
        ak_buf_text(&why, t->why[i]);
    }
    sqlite3_bind_text(q, 1, text.at, (int)text.n, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, first, (int)nf, SQLITE_STATIC);
    sqlite3_bind_text(q, 3, last, (int)nl, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, (sqlite3_int64)a->n);
    sqlite3_bind_text(q, 5, why.n ? (const char *)why.at : "", (int)why.n, SQLITE_STATIC);
    sqlite3_step(q);
    sqlite3_reset(q);
    ak_buf_free(&why);
}

/* Watchers attribute in their claims; so the rows are written after them. */
static void write_rows(struct ak_pass *p)
{
    sqlite3_stmt *q;
    ak_store_sql(p->store, "DELETE FROM t_address");
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "INSERT INTO t_address VALUES(?1,'intruder',?2,?3,?4,?5)", -1, &q,
                           NULL) != SQLITE_OK)
        return;
    for (uint32_t i = 0; i < p->addresses->attributed.n; i++)
        write_row(p, q, ak_table_at(&p->addresses->attributed, i));
    sqlite3_finalize(q);
}

/* ---- claims: made by exposure.c's turn, when all attributions are in ---- */

struct span {
    int64_t first_ns, last_ns;
    struct ak_event_ref first, last;
    uint64_t n, off_hours;
    uint32_t addresses;
};

static struct span attributed_span(const struct ak_pass *p)
{
    struct span s = { 0 };
    for (uint32_t i = 0; i < p->addresses->attributed.n; i++) {
        const struct address *a = address_of(p, ak_table_at(&p->addresses->attributed, i));
        if (!a)
            continue;
        if (s.addresses++ == 0 || a->first_ns < s.first_ns) {
            s.first_ns = a->first_ns;
            s.first = a->first;
        }
        if (s.addresses == 1 || a->last_ns > s.last_ns) {
            s.last_ns = a->last_ns;
            s.last = a->last;
        }
        s.n += a->n;
        s.off_hours += a->off_hours;
    }
    return s;
}

static void claim_source(struct ak_pass *p, const struct attribution *t)
{
    const struct address *a = address_of(p, t);
    if (!a)
        return;
    bool outside = ak_address_public(ak_symbol_text(p->symbols, a->key.a));
    struct ak_claim c = {
        .field = outside ? "entry_source" : "lateral_methods",
        .section = "entry",
        .sentence =
            !outside
                ? "Activity from {source}, an address inside the network, is attributed to the "
                  "intruder ({why}), who moved on from one machine to others: {n} records, from "
                  "{first} to {last}."
                : "Activity from {source} is attributed to the intruder ({why}): {n} records, from "
                  "{first} to {last}.",
        .subject = ak_symbol_text(p->symbols, a->key.a),
        .level = AK_L4
    };
    ak_claim_arg(&c, ak_arg_text("source", c.subject));
    ak_claim_arg(&c, ak_arg_word("why", t->why[0]));
    ak_claim_arg(&c, ak_arg_number("n", a->n));
    ak_claim_arg(&c, ak_arg_time("first", a->first_ns));
    ak_claim_arg(&c, ak_arg_time("last", a->last_ns));
    ak_claim_basis(&c, a->first);
    for (uint32_t i = 0; i < t->n_why; i++)
        ak_claim_basis(&c, t->basis[i]);
    ak_claim_basis(&c, a->last);
    ak_claim_limit(&c, "an address may have been shared, or passed on by a proxy");
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static void claim_window(struct ak_pass *p, const struct span *s)
{
    struct ak_claim c = {
        .field = "attack_active_windows",
        .section = "entry",
        .sentence =
            "The activity attributed to the intruder runs from {first} to {last}; {share} of "
            "its {n} records lie outside office hours (weekdays 9 to 18).",
        .subject = AK_STR("case"),
        .level = AK_L4
    };
    ak_claim_arg(&c, ak_arg_time("first", s->first_ns));
    ak_claim_arg(&c, ak_arg_time("last", s->last_ns));
    ak_claim_arg(&c, ak_arg_percent("share", s->n ? s->off_hours * 1000 / s->n : 0));
    ak_claim_arg(&c, ak_arg_number("n", s->n));
    ak_claim_basis(&c, s->first);
    ak_claim_basis(&c, s->last);
    ak_claim_limit(&c, "earlier or later activity may lie in logs that are missing, cleared or not "
                       "recognised as the intruder's");
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static void claim_full(struct ak_pass *p)
{
    struct ak_claim c = { .field = "limits",
                          .section = "evidence",
                          .sentence = "More than {n} different addresses occur; those met after "
                                      "that many were not followed one by one.",
                          .subject = AK_STR("case"),
                          .level = AK_L5,
                          .basis_source = AK_STR("addresses") };
    ak_claim_arg(&c, ak_arg_number("n", ADDRESSES_MAX));
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

void ak_addresses_claim(struct ak_pass *p)
{
    struct span s = attributed_span(p);
    write_rows(p);
    for (uint32_t i = 0; i < p->addresses->attributed.n; i++)
        claim_source(p, ak_table_at(&p->addresses->attributed, i));
    if (s.addresses)
        claim_window(p, &s);
    if (p->addresses->full)
        claim_full(p);
}

static void end(struct ak_pass *p)
{
    if (!p->addresses)
        return;
    ak_table_free(&p->addresses->table);
    ak_table_free(&p->addresses->attributed);
    free(p->addresses);
}

const struct ak_watcher ak_watch_addresses = { "addresses", begin, see, NULL, NULL, end };
