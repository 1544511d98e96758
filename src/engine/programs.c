/* programs.c - see programs.h. */
#include "engine/programs.h"

#include "base/utf.h"
#include "detect/programs.h"
#include "engine/redetect.h"
#include "engine/rule_files.h"
#include "event/batch.h"
#include "store/sql.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_DELETED = 1 << 1 }; /* AK_FILE_DELETED of filesystem.h, as items keep it */
enum { BATCH_ARENA = 64 << 20, TEXT_BYTES = 3 * 32768, TAG_DIGITS = 16 };

/* Files under way to the table. */
struct gathering {
    struct ak_store *store;
    struct ak_arena *arena, *batch; /* of what is kept; of the batch at hand */
    struct ak_program_file *files;
    size_t n, cap;
    bool too_many, failed;

    /* the item at hand */
    struct ak_str host, key, path;
    bool deleted, damaged, taken;
};

/* ---- what an event of windows.pe says ---- */

static struct ak_str kept(struct gathering *g, const char *at, size_t n)
{
    char *to = n ? AK_NEW_N(g->arena, char, n) : NULL;
    if (n && !to) {
        g->too_many = true;
        return AK_STR("");
    }
    if (n)
        memcpy(to, at, n);
    return (struct ak_str){ to ? to : "", n };
}

static struct ak_str text_of(struct gathering *g, const struct ak_event *e, struct ak_str name)
{
    static char utf8[TEXT_BYTES];
    const struct ak_value *v = ak_event_get(e, name);
    if (v && v->type == AK_TYPE_STR)
        return kept(g, v->str.at, v->str.n);
    if (!v || v->type != AK_TYPE_STR16)
        return AK_STR("");
    struct ak_bytes in = v->bytes;
    if (in.n > TEXT_BYTES / 3 * 2)
        in.n = TEXT_BYTES / 3 * 2;
    return kept(g, utf8, ak_utf16le_put(utf8, in));
}

static void put_hash(struct ak_buf *b, const char *name, struct ak_str hash)
{
    if (!hash.n)
        return;
    if (b->n)
        ak_buf_u8(b, ',');
    ak_buf_text(b, name);
    ak_buf_u8(b, '=');
    for (size_t i = 0; i < hash.n; i++) {
        char c = hash.at[i];
        ak_buf_u8(b, (uint8_t)(c >= 'a' && c <= 'f' ? c - 0x20 : c)); /* as Sysmon writes them */
    }
}

/* "SHA1=...,MD5=...,SHA256=...,IMPHASH=..." */
static struct ak_str hashes_of(struct gathering *g, const struct ak_event *e)
{
    struct ak_buf b = { 0 };
    put_hash(&b, "SHA1", ak_event_text(e, AK_STR("file.hash.sha1")));
    put_hash(&b, "MD5", ak_event_text(e, AK_STR("file.hash.md5")));
    put_hash(&b, "SHA256", ak_event_text(e, AK_STR("file.hash.sha256")));
    put_hash(&b, "IMPHASH", ak_event_text(e, AK_STR("file.pe.imphash")));
    g->failed |= b.failed;
    struct ak_str out = kept(g, (const char *)b.at, b.failed ? 0 : b.n);
    ak_buf_free(&b);
    return out;
}

/* "1.345 Users/x/run.exe": where an analyst finds it. */
static struct ak_str source_of(struct gathering *g)
{
    struct ak_buf b = { 0 };
    ak_buf_str(&b, g->key);
    ak_buf_u8(&b, ' ');
    ak_buf_str(&b, g->path);
    if (g->deleted)
        ak_buf_text(&b, " (deleted)");
    g->failed |= b.failed;
    struct ak_str out = kept(g, (const char *)b.at, b.failed ? 0 : b.n);
    ak_buf_free(&b);
    return out;
}

static void fill(struct gathering *g, const struct ak_event *e, struct ak_program *p)
{
    static const struct ak_str NAMES[AK_PROGRAM_HASHES] = {
        [AK_PROGRAM_ORIGINAL_FILE_NAME] = AK_STR_INIT("file.pe.original_file_name"),
        [AK_PROGRAM_COMPANY] = AK_STR_INIT("file.pe.company"),
        [AK_PROGRAM_PRODUCT] = AK_STR_INIT("file.pe.product"),
        [AK_PROGRAM_DESCRIPTION] = AK_STR_INIT("file.pe.description"),
        [AK_PROGRAM_FILE_VERSION] = AK_STR_INIT("file.pe.file_version"),
    };
    for (size_t i = 0; i < AK_PROGRAM_HASHES; i++) {
        p->texts[i] = text_of(g, e, NAMES[i]);
        if (!p->texts[i].n && !g->damaged)
            p->texts[i] = AK_STR("-"); /* Sysmon's word for: the file does not say */
    }
    p->texts[AK_PROGRAM_HASHES] = hashes_of(g, e);
    p->texts[AK_PROGRAM_IMPHASH] = text_of(g, e, AK_STR("file.pe.imphash"));
    p->texts[AK_PROGRAM_SOURCE] = source_of(g);
}

static struct ak_program_file *next_file(struct gathering *g)
{
    if (g->n == AK_PROGRAMS_MAX) {
        g->too_many = true;
        return NULL;
    }
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 1024;
        struct ak_program_file *more = realloc(g->files, cap * sizeof(*more));
        if (!more) {
            g->failed = true;
            return NULL;
        }
        g->files = more;
        g->cap = cap;
    }
    return &g->files[g->n];
}

static void take_event(struct gathering *g, const struct ak_event *e)
{
    char key[AK_PROGRAM_KEY_MAX];
    size_t n = ak_program_key(key, g->host, g->path);
    struct ak_program_file *f = n ? next_file(g) : NULL;
    g->taken = true;
    if (!f)
        return;
    *f = (struct ak_program_file){ .key = kept(g, key, n), .deleted = g->deleted };
    fill(g, e, &f->program);
    if (!g->too_many)
        g->n++;
}

static bool on_batch(void *self, struct ak_bytes batch)
{
    struct gathering *g = self;
    struct ak_batch_reader reader;
    struct ak_event e;
    bool more = true;
    ak_arena_reset(g->batch);
    enum ak_status st = ak_batch_open(g->batch, batch, &reader);
    while (st == AK_OK && !g->taken && (st = ak_batch_next(&reader, &e, &more)) == AK_OK && more)
        if (ak_str_eq(e.shape->data_type, AK_STR("pe_coff:file")))
            take_event(g, &e);
    return st == AK_OK && !g->failed;
}

/* ---- all of the case ---- */

static enum ak_status gather(struct gathering *g)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(ak_store_db(g->store),
                           "SELECT i.id, i.key, coalesce(i.machine_path, i.path), i.flags,"
                           " i.n_damage, e.host FROM t_item i JOIN t_evidence e ON e.id=i.evidence"
                           " WHERE i.parser='windows.pe' AND i.state='done'"
                           " AND coalesce(e.host,'') <> '' ORDER BY i.id",
                           -1, &q, NULL) != SQLITE_OK)
        return AK_ERR_IO;
    int rc;
    enum ak_status st = AK_OK;
    while (st == AK_OK && !g->too_many && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        g->key = ak_sql_text(q, 1);
        g->path = ak_sql_text(q, 2);
        g->deleted = sqlite3_column_int64(q, 3) & FILE_DELETED;
        g->damaged = sqlite3_column_int64(q, 4) > 0;
        g->host = ak_sql_text(q, 5);
        g->taken = false;
        st = ak_store_each_batch(g->store, (uint64_t)sqlite3_column_int64(q, 0), on_batch, g);
    }
    sqlite3_finalize(q);
    return g->failed ? AK_ERR_NOMEM : st;
}

/* Does any event stored here wait for its program? */
static bool any_waiting(struct ak_ingest *in)
{
    sqlite3_stmt *q;
    const struct ak_rules_in_use *r = in->options->rules;
    bool any = false;
    if (sqlite3_prepare_v2(ak_store_db(in->store), "SELECT 1 FROM t_class_seen WHERE class=?1", -1,
                           &q, NULL) != SQLITE_OK)
        return false;
    for (uint32_t c = 0; c < r->sums.n_classes && !any; c++) {
        if (!r->needs_programs[c])
            continue;
        sqlite3_bind_int64(q, 1, c);
        any = sqlite3_step(q) == SQLITE_ROW;
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
    return any;
}

static void tell_custody(struct ak_ingest *in, const char *digest, size_t n, size_t unclear)
{
    struct ak_buf b = { 0 };
    ak_buf_printf(&b, "\"sha256\":\"%s\",\"programs\":%zu,\"unclear\":%zu", digest, n, unclear);
    ak_custody_add(in->custody, "programs.used", ak_buf_view(&b));
    ak_buf_free(&b);
}

static void tell_too_many(struct ak_ingest *in)
{
    static const char WHAT[] =
        "more programs than the limit: not all are known when rules ask for them";
    fprintf(stderr, "akashi: %s\n", ak_word(in->options->lang, WHAT));
    ak_custody_add(in->custody, "programs.limit", AK_STR(""));
}

static enum ak_status hand_out(struct ak_ingest *in, struct gathering *g, bool *out_any)
{
    static const struct ak_wire_feed WHAT = { AK_FEED_PROGRAMS, 0 };
    char digest[AK_DIGEST_TEXT];
    struct ak_buf table = { 0 };
    size_t n, unclear;
    ak_programs_put(&table, g->files, g->n, &n, &unclear);
    g->too_many |= table.failed || table.n > AK_PROGRAMS_BYTES_MAX;
    if (g->too_many)
        tell_too_many(in);
    if (table.failed || table.n > AK_PROGRAMS_BYTES_MAX || n == 0) {
        ak_buf_free(&table);
        return AK_OK;
    }
    in->programs_fd = ak_sealed((struct ak_bytes){ table.at, table.n }, digest);
    ak_buf_free(&table);
    if (in->programs_fd < 0 || !ak_pool_feed(&in->pool, &WHAT, in->programs_fd))
        return AK_ERR_IO;
    snprintf(in->rules_tag, sizeof(in->rules_tag), "%s+%.*s", in->options->rules->digest,
             TAG_DIGITS, digest);
    tell_custody(in, digest, n, unclear);
    enum ak_status st = ak_redetect_queue_programs(in, in->rules_tag);
    *out_any = in->parse.n > 0;
    return st;
}

enum ak_status ak_programs_use(struct ak_ingest *in, bool *out_any)
{
    *out_any = false;
    if (!in->options->rules || !any_waiting(in))
        return AK_OK;
    struct gathering g = { .store = in->store,
                           .arena = ak_arena_new(AK_PROGRAMS_BYTES_MAX),
                           .batch = ak_arena_new(BATCH_ARENA) };
    enum ak_status st = g.arena && g.batch ? gather(&g) : AK_ERR_NOMEM;
    if (st == AK_OK)
        st = hand_out(in, &g, out_any);
    free(g.files);
    ak_arena_free(g.arena);
    ak_arena_free(g.batch);
    return st;
}
