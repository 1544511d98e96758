/* redetect.c - see redetect.h. */
#include "engine/redetect.h"

#include "base/fd.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool queue_item(struct ak_ingest *in, sqlite3_stmt *q)
{
    char key[256], path[32768];
    snprintf(key, sizeof(key), "%s", (const char *)sqlite3_column_text(q, 2));
    snprintf(path, sizeof(path), "%.*s", sqlite3_column_bytes(q, 3),
             sqlite3_column_blob(q, 3) ? (const char *)sqlite3_column_blob(q, 3) : "");
    struct ak_task *t = ak_task_new(NULL, key, path);
    if (!t)
        return false;
    t->kind = AK_JOB_DETECT;
    t->item = (uint64_t)sqlite3_column_int64(q, 0);
    t->evidence = (uint32_t)sqlite3_column_int64(q, 1);
    t->depth = 1; /* no bytes of the evidence itself */
    ak_queue_put(&in->parse, t);
    return true;
}

/* The items that this condition on t_item (as i) holds for; ?1 is `text`. */
static enum ak_status queue_where(struct ak_ingest *in, const char *condition, const char *text)
{
    sqlite3_stmt *q;
    struct ak_buf sql = { 0 };
    ak_buf_printf(&sql,
                  "SELECT i.id, i.evidence, i.key, i.path FROM t_item i"
                  " WHERE i.state IN ('done','failed') AND %s"
                  " AND EXISTS (SELECT 1 FROM t_batch b WHERE b.item = i.id) ORDER BY i.sort",
                  condition);
    int rc = sql.failed ? SQLITE_NOMEM
                        : sqlite3_prepare_v2(ak_store_db(in->store), (const char *)sql.at,
                                             (int)sql.n, &q, NULL);
    ak_buf_free(&sql);
    if (rc != SQLITE_OK)
        return AK_ERR_IO;
    sqlite3_bind_text(q, 1, text, -1, SQLITE_STATIC);
    bool ok = true;
    while (ok && (rc = sqlite3_step(q)) == SQLITE_ROW)
        ok = queue_item(in, q);
    sqlite3_finalize(q);
    if (!ok)
        return AK_ERR_NOMEM;
    return rc == SQLITE_DONE ? AK_OK : AK_ERR_IO;
}

enum ak_status ak_redetect_queue(struct ak_ingest *in)
{
    /* What stands behind the digest says with which programs: of no concern here. */
    return queue_where(in, "substr(coalesce(i.rules, ''), 1, length(?1)) <> ?1",
                       in->options->rules->digest);
}

enum ak_status ak_redetect_queue_programs(struct ak_ingest *in, const char *tag)
{
    struct ak_buf condition = { 0 };
    const struct ak_rules_in_use *rules = in->options->rules;
    ak_buf_text(&condition, "i.rules IS NOT ?1 AND EXISTS (SELECT 1 FROM t_class_seen s"
                            " WHERE s.item = i.id AND s.class IN (-1");
    for (uint32_t c = 0; c < rules->sums.n_classes; c++)
        if (rules->needs_programs[c])
            ak_buf_printf(&condition, ",%u", c);
    ak_buf_text(&condition, "))");
    ak_buf_u8(&condition, 0);
    enum ak_status st =
        condition.failed ? AK_ERR_NOMEM : queue_where(in, (const char *)condition.at, tag);
    ak_buf_free(&condition);
    return st;
}

static bool write_batch(void *self, struct ak_bytes batch)
{
    const int *fd = self;
    uint8_t head[4];
    for (unsigned i = 0; i < 4; i++)
        head[i] = (uint8_t)(batch.n >> (8 * i));
    return ak_write_all(*fd, head, sizeof(head)) && ak_write_all(*fd, batch.at, batch.n);
}

int ak_redetect_spool(struct ak_ingest *in, const struct ak_task *t)
{
    int fd = ak_ingest_spool(in);
    if (fd >= 0 && ak_store_each_batch(in->store, t->item, write_batch, &fd) == AK_OK)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool ak_redetect_hits(struct ak_ingest *in, struct ak_task *t, struct ak_bytes hits)
{
    bool there;
    enum ak_status st = ak_store_set_hits(in->store, t->item, &t->last_batch, hits, &there);
    if (st != AK_OK)
        in->broken = st;
    return st == AK_OK && there;
}
