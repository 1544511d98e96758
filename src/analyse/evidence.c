/* evidence.c - claims about the evidence itself: what was examined, whether it is whole. */
#include "analyse/watch.h"
#include "store/sql.h"

#include <sqlite3.h>

static void claim_mismatch(struct ak_pass *p, sqlite3_stmt *q)
{
    struct ak_claim c = { .field = "evidence",
                          .section = "evidence",
                          .sentence = "The image {name} does not hold what it says: its stored "
                                      "hash {stored} and the hash of what was "
                                      "read {read} differ.",
                          .subject = ak_sql_text(q, 0),
                          .level = AK_L5,
                          .basis_source = AK_STR("evidence") };
    ak_claim_arg(&c, ak_arg_text("name", ak_sql_text(q, 0)));
    ak_claim_arg(&c, ak_arg_text("stored", ak_sql_text(q, 1)));
    ak_claim_arg(&c, ak_arg_text("read", ak_sql_text(q, 2)));
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static void claim_failed(struct ak_pass *p)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "SELECT count(*) FROM t_item WHERE state='failed'", -1, &q,
                           NULL) != SQLITE_OK)
        return;
    uint64_t n = sqlite3_step(q) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    if (!n)
        return;
    struct ak_claim c = {
        .field = "limits",
        .section = "evidence",
        .sentence = "{n} files could not be examined to the end; they are listed under damage.",
        .subject = AK_STR("case"),
        .level = AK_L5,
        .basis_source = AK_STR("sources")
    };
    ak_claim_arg(&c, ak_arg_number("n", n));
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static void claim(struct ak_pass *p)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(
            ak_store_db(p->store),
            "SELECT s.path, s.value, r.value FROM t_fact s JOIN t_fact r ON r.evidence=s.evidence "
            "AND r.path=s.path"
            " AND r.name = CASE s.name WHEN 'media.md5' THEN 'media.read.md5' ELSE "
            "'media.read.sha1' END"
            " WHERE s.name IN ('media.md5','media.sha1') AND lower(s.value)<>lower(r.value)"
            " ORDER BY s.evidence, s.path, s.name",
            -1, &q, NULL) != SQLITE_OK)
        return;
    while (sqlite3_step(q) == SQLITE_ROW)
        claim_mismatch(p, q);
    sqlite3_finalize(q);
    claim_failed(p);
}

/* Compare the hashes the containers state with those of what was read. */
static void finish(struct ak_pass *p)
{
    ak_store_sql(p->store,
                 "UPDATE t_evidence SET verified = (SELECT CASE WHEN count(*)=0 THEN NULL"
                 " WHEN sum(lower(s.value)<>lower(r.value))=0 THEN 'match' ELSE 'mismatch' END"
                 " FROM t_fact s JOIN t_fact r ON r.evidence=s.evidence AND r.path=s.path"
                 " AND r.name = CASE s.name WHEN 'media.md5' THEN 'media.read.md5' ELSE "
                 "'media.read.sha1' END"
                 " WHERE s.evidence=t_evidence.id AND s.name IN ('media.md5','media.sha1'));"
                 "UPDATE t_evidence SET sha256=(SELECT f.sha256 FROM t_file f WHERE "
                 "f.evidence=t_evidence.id AND f.path=t_evidence.path)"
                 " WHERE kind='file';"
                 "UPDATE t_evidence SET state='done' WHERE NOT EXISTS"
                 " (SELECT 1 FROM t_item i WHERE i.evidence=t_evidence.id AND i.state IN "
                 "('new','running'))");
}

const struct ak_watcher ak_watch_evidence = { "evidence", NULL, NULL, finish, claim, NULL };
