/* sql.c - see sql.h. */
#include "store/sql.h"

#include "base/utf.h"

void ak_sql_bind(sqlite3_stmt *q, int at, struct ak_str s)
{
    if (!s.n)
        sqlite3_bind_null(q, at);
    else if (ak_utf8_valid(s))
        sqlite3_bind_text(q, at, s.at, (int)s.n, SQLITE_TRANSIENT);
    else
        sqlite3_bind_blob(q, at, s.at, (int)s.n, SQLITE_TRANSIENT);
}

struct ak_str ak_sql_text(sqlite3_stmt *q, int at)
{
    const void *text = sqlite3_column_blob(q, at);
    return (struct ak_str){ text ? text : "", text ? (size_t)sqlite3_column_bytes(q, at) : 0 };
}

int64_t ak_sql_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q;
    int64_t n = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}
