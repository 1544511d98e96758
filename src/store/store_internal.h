/* store_internal.h - shared by the files of store/. */
#ifndef AK_STORE_STORE_INTERNAL_H
#define AK_STORE_STORE_INTERNAL_H

#include "base/arena.h"
#include "base/bytes.h"

#include <sqlite3.h>

/* A column as text (or bytes) in the arena; empty for NULL. */
struct ak_str ak_store_column(struct ak_arena *arena, sqlite3_stmt *q, int column);

#endif
