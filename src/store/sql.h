/* sql.h - small helpers for those who put tables of their own into the case. */
#ifndef AK_STORE_SQL_H
#define AK_STORE_SQL_H

#include "base/bytes.h"

#include <sqlite3.h>
#include <stdint.h>

/* Bind a text, which is copied: NULL when it is empty, its bytes as a BLOB when it is no
 * UTF-8, as the name of a file may be. */
void ak_sql_bind(sqlite3_stmt *q, int at, struct ak_str s);

/* A column of the row at hand, text or bytes: empty when it is NULL, valid until the next step. */
struct ak_str ak_sql_text(sqlite3_stmt *q, int at);

/* The first column of the first row as a number; 0 when there is none or the query fails. */
int64_t ak_sql_number(sqlite3 *db, const char *sql);

#endif
