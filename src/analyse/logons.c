/* logons.c - the graph of logons: from where to which machine, as whom, when.
 *
 * One row per (source, host) of the sign-ins over the network that succeeded.  A
 * source is an address or a name; Windows records both side by side, so an
 * address learns the name that the machine behind it gave itself; that name is the
 * machine's own word, an intruder's machine says what it likes.  What a machine of
 * the case has in /etc/hosts goes before it. */
#include "analyse/watch.h"
#include "store/sql.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { NAMES_MAX = 20000 };

struct name {
    struct ak_key key; /* symbol of the address, symbol of the name */
    uint64_t n;
};

/* The name most often given with an address. */
struct best {
    struct ak_key key; /* symbol of the address */
    uint32_t name;
    uint64_t n;
};

struct ak_logons {
    struct ak_table names, best;
};

static bool begin(struct ak_pass *p)
{
    p->logons = calloc(1, sizeof(*p->logons));
    if (!p->logons)
        return false;
    ak_table_init(&p->logons->names, sizeof(struct name), NAMES_MAX);
    ak_table_init(&p->logons->best, sizeof(struct best), NAMES_MAX);
    return true;
}

/* For a remote desktop Windows names the machine signed in to, not the source. */
static bool is_itself(struct ak_str name, struct ak_str host)
{
    bool short_name = host.n > name.n && host.at[name.n] == '.';
    return ak_str_eq_fold(name, short_name ? (struct ak_str){ host.at, name.n } : host);
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    struct ak_str address = ak_said_text(v, AK_SAID_SOURCE),
                  name = ak_said_text(v, AK_SAID_SOURCE_NAME);
    if (!address.n || !name.n || is_itself(name, v->host))
        return;
    struct ak_key key = { ak_symbol(p->symbols, address), ak_symbol(p->symbols, name), 0, 0 };
    struct name *row = key.a && key.b ? ak_table_get(&p->logons->names, key) : NULL;
    if (row)
        row->n++;
}

static void choose_names(struct ak_logons *l)
{
    for (uint32_t i = 0; i < l->names.n; i++) {
        const struct name *n = ak_table_at(&l->names, i);
        struct best *best = ak_table_get(&l->best, (struct ak_key){ n->key.a, 0, 0, 0 });
        if (best && n->n > best->n) {
            best->n = n->n;
            best->name = n->key.b;
        }
    }
}

/* What a machine of the case calls an address (/etc/hosts) counts for more than
 * what the machine behind the address calls itself. */
static const char HOSTS[] = "SELECT substr(name, 9), value FROM t_fact WHERE name LIKE 'address.%' "
                            "ORDER BY evidence, path, name";
enum { OUTVOTES = 1000000000 };

static void take_hosts(struct ak_pass *p)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(ak_store_db(p->store), HOSTS, -1, &q, NULL) != SQLITE_OK) {
        p->failed = true;
        return;
    }
    while (sqlite3_step(q) == SQLITE_ROW) {
        struct ak_key key = { ak_symbol(p->symbols, ak_sql_text(q, 0)),
                              ak_symbol(p->symbols, ak_sql_text(q, 1)), 0, 0 };
        struct name *row = key.a && key.b ? ak_table_get(&p->logons->names, key) : NULL;
        if (row)
            row->n += OUTVOTES;
    }
    sqlite3_finalize(q);
}

static struct ak_str name_of(const struct ak_pass *p, uint32_t address)
{
    const struct best *best = ak_table_find(&p->logons->best, (struct ak_key){ address, 0, 0, 0 });
    return best ? ak_symbol_text(p->symbols, best->name) : AK_STR("");
}

static const char *role_of(const struct ak_pass *p, uint32_t source, bool known_host)
{
    if (ak_address_attributed(p, source))
        return "intruder";
    if (known_host)
        return "host";
    return ak_address_public(ak_symbol_text(p->symbols, source)) ? "external" : "internal";
}

static const char IS_HOST[] = "SELECT 1 FROM t_host WHERE name = ?1 COLLATE NOCASE"
                              " OR substr(name, 1, length(?1) + 1) = ?1 || '.' COLLATE NOCASE";

/* Is it a machine of the case, by its full name or the part before the first dot? */
static bool is_host(struct sqlite3 *db, struct ak_str name)
{
    sqlite3_stmt *q;
    bool found = false;
    if (!name.n || sqlite3_prepare_v2(db, IS_HOST, -1, &q, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_text(q, 1, name.at, (int)name.n, SQLITE_STATIC);
    found = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_finalize(q);
    return found;
}

/* One sign-in may stand in several logs (as ssh and as login): the most that one
 * of them saw is the count. */
static const char EDGES[] =
    "SELECT source, host, json_group_array(DISTINCT user), json_group_array(DISTINCT service), "
    "max(n), min(first), max(last),"
    " substr(min(first || ' ' || first_event), instr(min(first || ' ' || first_event), ' ') + 1)"
    " FROM t_signin WHERE outcome = 'success' AND source <> '' AND source NOT IN ('127.0.0.1', "
    "'::1', 'localhost', 'LOCAL')"
    " GROUP BY source, host ORDER BY source, host";

static void put_edge(struct ak_pass *p, sqlite3_stmt *from, sqlite3_stmt *to)
{
    struct ak_str source = ak_sql_text(from, 0);
    uint32_t symbol = ak_symbol(p->symbols, source);
    struct ak_str name = name_of(p, symbol);
    const char *role = role_of(
        p, symbol, is_host(ak_store_db(p->store), source) || is_host(ak_store_db(p->store), name));
    sqlite3_bind_text(to, 1, source.at, (int)source.n, SQLITE_STATIC);
    if (name.n)
        sqlite3_bind_text(to, 2, name.at, (int)name.n, SQLITE_STATIC);
    else
        sqlite3_bind_null(to, 2);
    sqlite3_bind_text(to, 3, role, -1, SQLITE_STATIC);
    for (int i = 1; i < 8; i++)
        sqlite3_bind_value(to, 3 + i, sqlite3_column_value(from, i));
    p->failed |= sqlite3_step(to) != SQLITE_DONE;
    sqlite3_reset(to);
}

static void finish(struct ak_pass *p)
{
    sqlite3_stmt *from = NULL, *to = NULL;
    struct sqlite3 *db = ak_store_db(p->store);
    take_hosts(p);
    choose_names(p->logons);
    bool ok = ak_store_sql(p->store, "DELETE FROM t_logon") &&
              sqlite3_prepare_v2(db, EDGES, -1, &from, NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(db, "INSERT INTO t_logon VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
                                 -1, &to, NULL) == SQLITE_OK;
    while (ok && sqlite3_step(from) == SQLITE_ROW)
        put_edge(p, from, to);
    p->failed |= !ok;
    sqlite3_finalize(from);
    sqlite3_finalize(to);
}

static void end(struct ak_pass *p)
{
    if (p->logons) {
        ak_table_free(&p->logons->names);
        ak_table_free(&p->logons->best);
    }
    free(p->logons);
}

const struct ak_watcher ak_watch_logons = {
    .name = "logons", .begin = begin, .see = see, .finish = finish, .end = end
};
