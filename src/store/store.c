/* store.c - see store.h. */
#include "store/store.h"

#include "base/reader.h"
#include "base/utf.h"
#include "store/schema.h"
#include "store/store_internal.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zstd.h>

/* Statements used per item or batch, prepared once. */
enum {
    Q_FIND_ITEM,
    Q_ADD_ITEM,
    Q_RENEW_ITEM,
    Q_PUT_BATCH,
    Q_NEXT_BATCH,
    Q_SET_HITS,
    Q_ITEM_RULES,
    Q_SEEN,
    Q_CLASS_SEEN,
    Q_DAMAGE,
    Q_END_ITEM,
    Q_VOLUME,
    Q_FACT,
    Q_FILE,
    Q_ORDINAL,
    Q_NEXT_ORDINAL,
    N_Q
};

static const char *const SQL[N_Q] = {
    [Q_FIND_ITEM] = "SELECT id, state, path = ?2 AND size = ?3 AND modified_ns IS ?4 FROM t_item"
                    " WHERE key = ?1",
    [Q_ADD_ITEM] =
        "INSERT INTO t_item(evidence, key, sort, path, parent, inode, volume, size, flags,"
        " modified_ns, state, machine_path) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,'new',?11)",
    [Q_RENEW_ITEM] =
        "UPDATE t_item SET path=?2, size=?3, modified_ns=?4, machine_path=?5, inode=?6,"
        " volume=?7, flags=?8, state='new' WHERE id=?1",
    [Q_PUT_BATCH] =
        "INSERT INTO t_batch(item, first_ns, last_ns, n_untimed, n, raw_bytes, data, n_hits, hits)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    [Q_NEXT_BATCH] = "SELECT min(id) FROM t_batch WHERE item=?1 AND id>?2",
    [Q_SET_HITS] = "UPDATE t_batch SET n_hits=?2, hits=?3 WHERE id=?1",
    [Q_ITEM_RULES] = "UPDATE t_item SET rules=?2 WHERE id=?1",
    [Q_SEEN] = "INSERT OR REPLACE INTO t_seen VALUES(?1,?2,?3,?4,?5,?6)",
    [Q_CLASS_SEEN] = "INSERT OR REPLACE INTO t_class_seen VALUES(?1,?2,?3)",
    [Q_DAMAGE] = "INSERT INTO t_damage(item, path, at, what) VALUES(?1,?2,?3,?4)"
                 " ON CONFLICT DO UPDATE SET n = n + 1",
    [Q_END_ITEM] =
        "UPDATE t_item SET state=?2, status=?3, parser=?4, note=?5, signal=?6, n_events=?7,"
        " n_damage=?8, parts=?9, rules=?10 WHERE id=?1",
    [Q_VOLUME] = "INSERT OR REPLACE INTO t_volume VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
    [Q_FACT] = "INSERT OR REPLACE INTO t_fact VALUES(?1,?2,?3,?4)",
    [Q_FILE] = "INSERT OR REPLACE INTO t_file(path, evidence, size, modified_ns, sha256)"
               " VALUES(?1,?2,?3,?4,?5)",
    [Q_ORDINAL] = "SELECT key FROM t_item WHERE evidence=?1 AND parent=0 AND path=?2",
    [Q_NEXT_ORDINAL] = "SELECT count(*) FROM t_item WHERE evidence=?1 AND parent=0",
};

static const char *const STATES[] = { "new", "running", "done", "failed" };

struct ak_store {
    sqlite3 *db;
    sqlite3_stmt *q[N_Q];
    ZSTD_CCtx *zstd;
    struct packing {
        void *at; /* scratch for compression */
        size_t room, n;
    } packed, packed_hits;
    bool writing, in_transaction;
};

enum { ZSTD_LEVEL = 1 };

sqlite3 *ak_store_db(struct ak_store *s) { return s->db; }

bool ak_store_sql(struct ak_store *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* ---- opening ---- */

static int64_t user_version(sqlite3 *db)
{
    sqlite3_stmt *q;
    int64_t v = -1;
    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        v = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return v;
}

/* What an interrupted run left half done is dropped and done again. */
static bool drop_unfinished(struct ak_store *s)
{
    return ak_store_sql(
        s,
        "DELETE FROM t_batch WHERE item IN (SELECT id FROM t_item WHERE state IN "
        "('new','running'));"
        "DELETE FROM t_damage WHERE item IN (SELECT id FROM t_item WHERE state IN "
        "('new','running'));"
        "DELETE FROM t_seen WHERE item IN (SELECT id FROM t_item WHERE state IN ('new','running'));"
        "DELETE FROM t_class_seen WHERE item IN (SELECT id FROM t_item WHERE state IN "
        "('new','running'));");
}

/* Is it a case this akashi can read?  Version 0 is one that is still empty. */
static bool readable(const struct ak_store *s, int64_t version, const char **out_why)
{
    *out_why = "it is not a case of akashi";
    if (version > AK_SCHEMA_VERSION)
        *out_why = "it was made by a newer akashi";
    else if (version > 0 && version < AK_SCHEMA_VERSION)
        *out_why = "it was made by an older akashi: investigate the evidence into a new case";
    return version == AK_SCHEMA_VERSION || (version == 0 && s->writing);
}

/* All or nothing: whoever is killed in here leaves no half a case. */
static bool make_tables(struct ak_store *s)
{
    char sql[64];
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", (int)AK_SCHEMA_VERSION);
    ak_store_sql(s, "PRAGMA page_size = 16384");
    return ak_store_sql(s, "PRAGMA journal_mode = WAL") && ak_store_sql(s, "BEGIN IMMEDIATE") &&
           ak_store_sql(s, ak_schema_sql) && ak_store_sql(s, ak_schema_results) &&
           ak_store_sql(s, ak_schema_views) && ak_store_sql(s, sql) && ak_store_sql(s, "COMMIT");
}

static enum ak_status prepare_writing(struct ak_store *s, const char **out_why)
{
    *out_why = "it is in use by another akashi";
    ak_store_sql(s, "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;"
                    "PRAGMA cache_size = -16384");
    if (!ak_store_sql(s, "BEGIN EXCLUSIVE; COMMIT") || !drop_unfinished(s))
        return AK_ERR_IO;
    for (size_t i = 0; i < N_Q; i++)
        if (sqlite3_prepare_v3(s->db, SQL[i], -1, SQLITE_PREPARE_PERSISTENT, &s->q[i], NULL) !=
            SQLITE_OK)
            return AK_ERR_IO;
    s->zstd = ZSTD_createCCtx();
    return s->zstd ? AK_OK : AK_ERR_NOMEM;
}

static enum ak_status prepare(struct ak_store *s, const char **out_why)
{
    int64_t version = user_version(s->db);
    if (!readable(s, version, out_why))
        return AK_ERR_UNSUPPORTED;
    if (version == 0 && !make_tables(s))
        return AK_ERR_IO;
    return s->writing ? prepare_writing(s, out_why) : AK_OK;
}

enum ak_status ak_store_open(const char *folder, enum ak_store_mode mode, struct ak_store **out,
                             const char **out_why)
{
    struct ak_buf path = { 0 };
    struct ak_store *s = calloc(1, sizeof(*s));
    *out_why = "out of memory";
    if (!s)
        return AK_ERR_NOMEM;
    s->writing = mode == AK_STORE_WRITE;
    *out_why = "the folder could not be made";
    if (s->writing && mkdir(folder, 0700) != 0 && errno != EEXIST) {
        free(s);
        return AK_ERR_IO;
    }
    ak_buf_printf(&path, "%s/case.db", folder);
    ak_buf_u8(&path, 0);
    int flags = s->writing ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    *out_why = "there is no case here";
    enum ak_status st = AK_ERR_IO;
    if (sqlite3_open_v2((char *)path.at, &s->db, flags, NULL) == SQLITE_OK)
        st = prepare(s, out_why);
    ak_buf_free(&path);
    if (st != AK_OK) {
        ak_store_close(s);
        return st;
    }
    *out = s;
    return AK_OK;
}

void ak_store_close(struct ak_store *s)
{
    if (!s)
        return;
    if (s->writing && s->in_transaction)
        ak_store_sql(s, "COMMIT");
    for (size_t i = 0; i < N_Q; i++)
        sqlite3_finalize(s->q[i]);
    sqlite3_close(s->db);
    ZSTD_freeCCtx(s->zstd);
    free(s->packed.at);
    free(s->packed_hits.at);
    free(s);
}

enum ak_status ak_store_commit(struct ak_store *s)
{
    if (!s->in_transaction)
        return AK_OK;
    s->in_transaction = false;
    return ak_store_sql(s, "COMMIT") ? AK_OK : AK_ERR_IO;
}

static void begin(struct ak_store *s)
{
    if (!s->in_transaction)
        s->in_transaction = ak_store_sql(s, "BEGIN");
}

/* ---- binding ---- */

/* Text, or the same bytes as a BLOB when they are no UTF-8: a hostile file name
 * must not break those who read the case with other tools. */
static void bind_str(sqlite3_stmt *q, int at, struct ak_str s)
{
    if (!ak_utf8_valid(s)) {
        sqlite3_bind_blob(q, at, s.at, (int)s.n, SQLITE_STATIC);
        return;
    }
    sqlite3_bind_text(q, at, s.n ? s.at : "", (int)s.n, SQLITE_STATIC);
}

static void bind_u64(sqlite3_stmt *q, int at, uint64_t v)
{
    sqlite3_bind_int64(q, at, (sqlite3_int64)v);
}

/* Run it to its end and make it ready for the next time. */
static bool finish(sqlite3_stmt *q)
{
    int rc = sqlite3_step(q);
    sqlite3_reset(q);
    return rc == SQLITE_DONE || rc == SQLITE_ROW;
}

/* ---- meta ---- */

void ak_store_set_meta(struct ak_store *s, const char *key, const char *value)
{
    sqlite3_stmt *q;
    begin(s);
    if (sqlite3_prepare_v2(s->db, "INSERT OR REPLACE INTO meta VALUES(?1,?2)", -1, &q, NULL) ==
        SQLITE_OK) {
        bind_str(q, 1, ak_str_of(key));
        bind_str(q, 2, ak_str_of(value));
        finish(q);
    }
    sqlite3_finalize(q);
}

struct ak_str ak_store_column(struct ak_arena *arena, sqlite3_stmt *q, int column)
{
    const void *text = sqlite3_column_blob(q, column);
    size_t n = (size_t)sqlite3_column_bytes(q, column);
    char *copy = AK_NEW_N(arena, char, n + 1);
    if (!text || !copy)
        return AK_STR("");
    memcpy(copy, text, n);
    return (struct ak_str){ copy, n };
}

struct ak_str ak_store_meta(struct ak_store *s, struct ak_arena *arena, const char *key)
{
    sqlite3_stmt *q;
    struct ak_str value = AK_STR("");
    if (sqlite3_prepare_v2(s->db, "SELECT value FROM meta WHERE key=?1", -1, &q, NULL) ==
        SQLITE_OK) {
        bind_str(q, 1, ak_str_of(key));
        if (sqlite3_step(q) == SQLITE_ROW)
            value = ak_store_column(arena, q, 0);
    }
    sqlite3_finalize(q);
    return value;
}

/* ---- evidence ---- */

enum ak_status ak_store_evidence(struct ak_store *s, struct ak_str name, struct ak_str path,
                                 uint32_t *out_id, bool *out_new)
{
    sqlite3_stmt *q;
    begin(s);
    *out_new = false;
    if (sqlite3_prepare_v2(s->db, "SELECT id FROM t_evidence WHERE path=?1", -1, &q, NULL) !=
        SQLITE_OK)
        return AK_ERR_IO;
    bind_str(q, 1, path);
    bool known = sqlite3_step(q) == SQLITE_ROW;
    *out_id = (uint32_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    if (known)
        return AK_OK;
    if (sqlite3_prepare_v2(s->db,
                           "INSERT INTO t_evidence(name, path, added_at) VALUES(?1,?2,"
                           "strftime('%Y-%m-%dT%H:%M:%SZ','now'))",
                           -1, &q, NULL) != SQLITE_OK)
        return AK_ERR_IO;
    bind_str(q, 1, name);
    bind_str(q, 2, path);
    bool ok = finish(q);
    sqlite3_finalize(q);
    *out_id = (uint32_t)sqlite3_last_insert_rowid(s->db);
    *out_new = true;
    return ok ? AK_OK : AK_ERR_IO;
}

/* UPDATE t_evidence SET column = ?1 WHERE id = ?2, for our own column names. */
static sqlite3_stmt *evidence_update(struct ak_store *s, uint32_t id, const char *column)
{
    char sql[128];
    sqlite3_stmt *q = NULL;
    begin(s);
    snprintf(sql, sizeof(sql), "UPDATE t_evidence SET %s=?1 WHERE id=?2", column);
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK)
        sqlite3_bind_int64(q, 2, id);
    return q;
}

void ak_store_evidence_set(struct ak_store *s, uint32_t id, const char *column, struct ak_str value)
{
    sqlite3_stmt *q = evidence_update(s, id, column);
    if (!q)
        return;
    if (strcmp(column, "zone_tzif") == 0)
        sqlite3_bind_blob(q, 1, value.at, (int)value.n, SQLITE_STATIC);
    else
        bind_str(q, 1, value);
    finish(q);
    sqlite3_finalize(q);
}

void ak_store_evidence_set_number(struct ak_store *s, uint32_t id, const char *column,
                                  int64_t value)
{
    sqlite3_stmt *q = evidence_update(s, id, column);
    if (!q)
        return;
    sqlite3_bind_int64(q, 1, value);
    finish(q);
    sqlite3_finalize(q);
}

void ak_store_evidence_host_if_unknown(struct ak_store *s, uint32_t id, struct ak_str host)
{
    sqlite3_stmt *q;
    begin(s);
    if (sqlite3_prepare_v2(s->db,
                           "UPDATE t_evidence SET host=?1 WHERE id=?2 AND coalesce(host,'')=''", -1,
                           &q, NULL) == SQLITE_OK) {
        bind_str(q, 1, host);
        sqlite3_bind_int64(q, 2, id);
        finish(q);
    }
    sqlite3_finalize(q);
}

void ak_store_settle_machines(struct ak_store *s)
{
    static const struct {
        const char *column, *fact;
    } SETTLED[] = { { "host", "host.name" },
                    { "zone_name", "machine.zone_name" },
                    { "zone_tzif", "machine.zone_tzif" } };
    for (size_t i = 0; i < sizeof(SETTLED) / sizeof(SETTLED[0]); i++) {
        char sql[512];
        snprintf(
            sql, sizeof(sql),
            "UPDATE t_evidence SET %s = (SELECT value FROM t_fact f WHERE f.evidence = "
            "t_evidence.id AND f.name = '%s'"
            " ORDER BY path LIMIT 1) WHERE ('%s' = 'host' OR coalesce(zone_from, '') <> '--tz')"
            " AND EXISTS (SELECT 1 FROM t_fact f WHERE f.evidence = t_evidence.id AND f.name = "
            "'%s')",
            SETTLED[i].column, SETTLED[i].fact, SETTLED[i].column, SETTLED[i].fact);
        ak_store_sql(s, sql);
    }
}

void ak_store_machine_if_unknown(struct ak_store *s, uint32_t evidence, struct ak_str item_path,
                                 struct ak_str host)
{
    sqlite3_stmt *q;
    begin(s);
    if (sqlite3_prepare_v2(s->db, "INSERT OR IGNORE INTO t_fact VALUES(?1, ?2, 'host.name', ?3)",
                           -1, &q, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_int64(q, 1, evidence);
    bind_str(q, 2, item_path);
    bind_str(q, 3, host);
    sqlite3_step(q);
    sqlite3_finalize(q);
}

void ak_store_evidence_fact(struct ak_store *s, uint32_t id, struct ak_str item_path,
                            struct ak_str name, struct ak_str value)
{
    begin(s);
    sqlite3_bind_int64(s->q[Q_FACT], 1, id);
    bind_str(s->q[Q_FACT], 2, item_path);
    bind_str(s->q[Q_FACT], 3, name);
    bind_str(s->q[Q_FACT], 4, value);
    finish(s->q[Q_FACT]);
}

void ak_store_evidence_file(struct ak_store *s, const struct ak_evidence_file *f)
{
    begin(s);
    sqlite3_stmt *q = s->q[Q_FILE];
    bind_str(q, 1, f->path);
    sqlite3_bind_int64(q, 2, f->evidence);
    bind_u64(q, 3, f->size);
    sqlite3_bind_int64(q, 4, f->modified_ns);
    bind_str(q, 5, f->sha256);
    finish(q);
}

enum ak_file_known ak_store_evidence_file_known(struct ak_store *s,
                                                const struct ak_evidence_file *f)
{
    sqlite3_stmt *q;
    enum ak_file_known known = AK_FILE_NEW;
    if (sqlite3_prepare_v2(
            s->db, "SELECT size=?2 AND modified_ns=?3 FROM t_file WHERE path=?1 AND sha256<>''", -1,
            &q, NULL) == SQLITE_OK) {
        bind_str(q, 1, f->path);
        bind_u64(q, 2, f->size);
        sqlite3_bind_int64(q, 3, f->modified_ns);
        if (sqlite3_step(q) == SQLITE_ROW)
            known = sqlite3_column_int(q, 0) ? AK_FILE_SAME : AK_FILE_CHANGED;
    }
    sqlite3_finalize(q);
    return known;
}

/* ---- items ---- */

enum { KEY_DEPTH = 16 };

/* "1.345.2" as big-endian numbers, so that byte order is the keys' order. */
static size_t sort_key(struct ak_str key, uint8_t *to)
{
    size_t n = 0, at = 0;
    while (at < key.n && n < 8 * KEY_DEPTH) {
        uint64_t v = 0;
        for (; at < key.n && key.at[at] >= '0' && key.at[at] <= '9'; at++)
            v = v * 10 + (uint64_t)(key.at[at] - '0');
        for (unsigned i = 0; i < 8; i++)
            to[n++] = (uint8_t)(v >> (56 - 8 * i));
        at++;
    }
    return n;
}

static void bind_modified(sqlite3_stmt *q, int at, struct ak_stamp modified)
{
    if (ak_stamp_is_set(modified))
        sqlite3_bind_int64(q, at, modified.utc_ns);
    else
        sqlite3_bind_null(q, at);
}

static void bind_if_any(sqlite3_stmt *q, int at, struct ak_str text)
{
    if (text.n)
        bind_str(q, at, text);
    else
        sqlite3_bind_null(q, at);
}

/* Is the item known, as it is now? */
static bool find_item(struct ak_store *s, const struct ak_item_row *row, uint64_t *out_id,
                      enum ak_state *out_state)
{
    sqlite3_stmt *q = s->q[Q_FIND_ITEM];
    bind_str(q, 1, row->key);
    bind_str(q, 2, row->path);
    bind_u64(q, 3, row->size);
    bind_modified(q, 4, row->modified);
    bool known = sqlite3_step(q) == SQLITE_ROW;
    if (known) {
        const char *state = (const char *)sqlite3_column_text(q, 1);
        *out_id = (uint64_t)sqlite3_column_int64(q, 0);
        *out_state = !sqlite3_column_int(q, 2)      ? AK_STATE_CHANGED
                     : strcmp(state, "done") == 0   ? AK_STATE_DONE
                     : strcmp(state, "failed") == 0 ? AK_STATE_FAILED
                                                    : AK_STATE_NEW;
    }
    sqlite3_reset(q);
    return known;
}

/* The key stands for something else now: nothing of what was known holds. */
static enum ak_status renew_item(struct ak_store *s, const struct ak_item_row *row, uint64_t id)
{
    sqlite3_stmt *q = s->q[Q_RENEW_ITEM];
    ak_store_drop_item(s, id);
    ak_store_drop_below(s, row->key);
    bind_u64(q, 1, id);
    bind_str(q, 2, row->path);
    bind_u64(q, 3, row->size);
    bind_modified(q, 4, row->modified);
    bind_if_any(q, 5, row->machine_path);
    bind_u64(q, 6, row->inode);
    bind_u64(q, 7, row->volume);
    bind_u64(q, 8, row->flags);
    return finish(q) ? AK_OK : AK_ERR_IO;
}

enum ak_status ak_store_item(struct ak_store *s, const struct ak_item_row *row, uint64_t *out_id,
                             enum ak_state *out_state)
{
    begin(s);
    if (find_item(s, row, out_id, out_state))
        return *out_state == AK_STATE_CHANGED ? renew_item(s, row, *out_id) : AK_OK;
    uint8_t sort[8 * KEY_DEPTH];
    size_t sort_n = sort_key(row->key, sort);
    sqlite3_stmt *q = s->q[Q_ADD_ITEM];
    sqlite3_bind_int64(q, 1, row->evidence);
    bind_str(q, 2, row->key);
    sqlite3_bind_blob(q, 3, sort, (int)sort_n, SQLITE_TRANSIENT);
    bind_str(q, 4, row->path);
    bind_u64(q, 5, row->parent);
    bind_u64(q, 6, row->inode);
    bind_u64(q, 7, row->volume);
    bind_u64(q, 8, row->size);
    bind_u64(q, 9, row->flags);
    bind_modified(q, 10, row->modified);
    bind_if_any(q, 11, row->machine_path);
    bool ok = finish(q);
    *out_id = (uint64_t)sqlite3_last_insert_rowid(s->db);
    *out_state = AK_STATE_NEW;
    return ok ? AK_OK : AK_ERR_IO;
}

void ak_store_drop_below(struct ak_store *s, struct ak_str key)
{
    static const char *const FROM[] = { "t_batch WHERE item",      "t_damage WHERE item",
                                        "t_volume WHERE item",     "t_seen WHERE item",
                                        "t_class_seen WHERE item", "t_item WHERE id" };
    char sql[192];
    begin(s);
    for (size_t i = 0; i < sizeof(FROM) / sizeof(FROM[0]); i++) {
        sqlite3_stmt *q;
        snprintf(sql, sizeof(sql),
                 "DELETE FROM %s IN (SELECT id FROM t_item WHERE key > ?1||'.' AND key < ?1||'/')",
                 FROM[i]);
        if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK) {
            bind_str(q, 1, key);
            finish(q);
        }
        sqlite3_finalize(q);
    }
}

bool ak_store_open_below(struct ak_store *s, struct ak_str key)
{
    /* Keys below "1.3" lie between "1.3." and "1.3/" in byte order. */
    sqlite3_stmt *q;
    bool open = false;
    if (sqlite3_prepare_v2(s->db,
                           "SELECT 1 FROM t_item WHERE key > ?1||'.' AND key < ?1||'/'"
                           " AND state NOT IN ('done','failed') LIMIT 1",
                           -1, &q, NULL) == SQLITE_OK) {
        bind_str(q, 1, key);
        open = sqlite3_step(q) == SQLITE_ROW;
    }
    sqlite3_finalize(q);
    return open;
}

uint64_t ak_store_ordinal(struct ak_store *s, uint32_t evidence, struct ak_str path)
{
    sqlite3_stmt *q = s->q[Q_ORDINAL];
    uint64_t ordinal = 0;
    sqlite3_bind_int64(q, 1, evidence);
    bind_str(q, 2, path);
    if (sqlite3_step(q) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(q, 0);
        const char *dot = key ? strchr(key, '.') : NULL;
        ordinal = dot ? strtoull(dot + 1, NULL, 10) : 0;
    }
    sqlite3_reset(q);
    if (ordinal)
        return ordinal;
    q = s->q[Q_NEXT_ORDINAL];
    sqlite3_bind_int64(q, 1, evidence);
    if (sqlite3_step(q) == SQLITE_ROW)
        ordinal = (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    return ordinal + 1;
}

/* Header of a batch: see event/batch.h. */
enum { BATCH_N = 4, BATCH_FIRST = 8, BATCH_LAST = 16, BATCH_UNTIMED = 24, BATCH_HEADER = 32 };
/* And of hits: see event/hits.h. */
enum { HITS_N = 4, HITS_HEADER = 8 };

static bool pack(struct ak_store *s, struct packing *p, struct ak_bytes bytes)
{
    size_t room = ZSTD_compressBound(bytes.n);
    if (room > p->room) {
        void *more = realloc(p->at, room);
        if (!more)
            return false;
        p->at = more;
        p->room = room;
    }
    p->n = ZSTD_compressCCtx(s->zstd, p->at, p->room, bytes.at, bytes.n, ZSTD_LEVEL);
    return !ZSTD_isError(p->n);
}

static bool bind_hits(struct ak_store *s, sqlite3_stmt *q, int at, struct ak_bytes hits)
{
    sqlite3_bind_int64(q, at, hits.n < HITS_HEADER ? 0 : ak_load_u32le(hits.at + HITS_N));
    if (hits.n < HITS_HEADER) {
        sqlite3_bind_null(q, at + 1);
        return true;
    }
    if (!pack(s, &s->packed_hits, hits))
        return false;
    sqlite3_bind_blob64(q, at + 1, s->packed_hits.at, s->packed_hits.n, SQLITE_STATIC);
    return true;
}

enum ak_status ak_store_put_batch(struct ak_store *s, uint64_t item, struct ak_bytes bytes,
                                  struct ak_bytes hits)
{
    if (bytes.n < BATCH_HEADER)
        return AK_ERR_CORRUPT;
    if (!pack(s, &s->packed, bytes) || !bind_hits(s, s->q[Q_PUT_BATCH], 8, hits))
        return AK_ERR_NOMEM;
    begin(s);
    sqlite3_stmt *q = s->q[Q_PUT_BATCH];
    bind_u64(q, 1, item);
    bind_u64(q, 2, ak_load_u64le(bytes.at + BATCH_FIRST));
    bind_u64(q, 3, ak_load_u64le(bytes.at + BATCH_LAST));
    bind_u64(q, 4, ak_load_u64le(bytes.at + BATCH_UNTIMED));
    bind_u64(q, 5, ak_load_u32le(bytes.at + BATCH_N));
    bind_u64(q, 6, bytes.n);
    sqlite3_bind_blob64(q, 7, s->packed.at, s->packed.n, SQLITE_STATIC);
    return finish(q) ? AK_OK : AK_ERR_IO;
}

enum ak_status ak_store_set_hits(struct ak_store *s, uint64_t item, int64_t *last,
                                 struct ak_bytes hits, bool *out_there)
{
    sqlite3_stmt *next = s->q[Q_NEXT_BATCH], *q = s->q[Q_SET_HITS];
    begin(s);
    bind_u64(next, 1, item);
    sqlite3_bind_int64(next, 2, *last);
    *out_there = sqlite3_step(next) == SQLITE_ROW && sqlite3_column_type(next, 0) != SQLITE_NULL;
    if (*out_there)
        *last = sqlite3_column_int64(next, 0);
    sqlite3_reset(next);
    if (!*out_there)
        return AK_OK;
    if (!bind_hits(s, q, 2, hits))
        return AK_ERR_NOMEM;
    sqlite3_bind_int64(q, 1, *last);
    return finish(q) ? AK_OK : AK_ERR_IO;
}

void ak_store_item_rules(struct ak_store *s, uint64_t item, struct ak_str digest)
{
    begin(s);
    bind_u64(s->q[Q_ITEM_RULES], 1, item);
    bind_if_any(s->q[Q_ITEM_RULES], 2, digest);
    finish(s->q[Q_ITEM_RULES]);
}

void ak_store_seen(struct ak_store *s, const struct ak_seen_row *row)
{
    begin(s);
    sqlite3_stmt *q = s->q[Q_SEEN];
    bind_u64(q, 1, row->item);
    bind_u64(q, 2, row->n_events);
    bind_modified(q, 3, row->first);
    sqlite3_bind_int(q, 4, row->first.flags);
    bind_modified(q, 5, row->last);
    sqlite3_bind_int(q, 6, row->last.flags);
    finish(q);
}

void ak_store_class_seen(struct ak_store *s, uint64_t item, uint32_t class_number, uint64_t n)
{
    begin(s);
    sqlite3_stmt *q = s->q[Q_CLASS_SEEN];
    bind_u64(q, 1, item);
    sqlite3_bind_int64(q, 2, class_number);
    bind_u64(q, 3, n);
    finish(q);
}

void ak_store_damage(struct ak_store *s, uint64_t item, struct ak_str path, uint64_t offset,
                     struct ak_str what)
{
    begin(s);
    sqlite3_stmt *q = s->q[Q_DAMAGE];
    bind_u64(q, 1, item);
    bind_str(q, 2, path);
    bind_u64(q, 3, offset);
    bind_str(q, 4, what);
    finish(q);
}

void ak_store_end_item(struct ak_store *s, uint64_t item, const struct ak_item_end *e)
{
    begin(s);
    sqlite3_stmt *q = s->q[Q_END_ITEM];
    bind_u64(q, 1, item);
    bind_str(q, 2, ak_str_of(STATES[e->state]));
    sqlite3_bind_int(q, 3, (int)e->status);
    bind_str(q, 4, e->parser);
    bind_str(q, 5, e->note);
    sqlite3_bind_int(q, 6, e->signal);
    bind_u64(q, 7, e->n_events);
    bind_u64(q, 8, e->n_damage);
    sqlite3_bind_int(q, 9, e->more);
    bind_if_any(q, 10, e->rules);
    finish(q);
}

void ak_store_drop_item(struct ak_store *s, uint64_t item)
{
    char sql[256];
    unsigned long long id = item;
    begin(s);
    snprintf(sql, sizeof(sql),
             "DELETE FROM t_batch WHERE item=%llu; DELETE FROM t_damage WHERE item=%llu;"
             "DELETE FROM t_volume WHERE item=%llu; DELETE FROM t_seen WHERE item=%llu;"
             "DELETE FROM t_class_seen WHERE item=%llu",
             id, id, id, id, id);
    ak_store_sql(s, sql);
}

void ak_store_volume(struct ak_store *s, const struct ak_volume_row *v)
{
    begin(s);
    sqlite3_stmt *q = s->q[Q_VOLUME];
    const uint64_t numbers[] = { v->item, v->number, v->offset, v->size };
    const struct ak_str texts[] = { v->scheme, v->type, v->label, v->filesystem, v->note };
    for (int i = 0; i < 4; i++)
        bind_u64(q, i + 1, numbers[i]);
    for (int i = 0; i < 5; i++)
        bind_str(q, i + 5, texts[i]);
    bind_u64(q, 10, v->n_files);
    sqlite3_bind_int(q, 11, v->allocated);
    sqlite3_bind_int(q, 12, v->readable);
    finish(q);
}
