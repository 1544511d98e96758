/* evtx_map_table.h - how the tables behind evtx_map.h are written; only they
 * and their test include it.
 *
 * A value that several events share is spelt once: USER_IS_SUBJECT and its like
 * are parts of an alias list, as one would write them in full.
 */
#ifndef AK_ARTEFACT_WINDOWS_EVTX_MAP_TABLE_H
#define AK_ARTEFACT_WINDOWS_EVTX_MAP_TABLE_H

#include "artefact/windows/evtx_map.h"

struct ak_evtx_map_table {
    const struct ak_evtx_map *rows;
    size_t n;
};

enum { AK_EVTX_MAP_TABLES = 3 };

extern const struct ak_evtx_map_table ak_evtx_map_security;
extern const struct ak_evtx_map_table ak_evtx_map_system;
extern const struct ak_evtx_map_table ak_evtx_map_activity;

/* All of them, for the test that reads every row. */
extern const struct ak_evtx_map_table *const ak_evtx_map_tables[AK_EVTX_MAP_TABLES];

#define AK_EVTX_ROW(provider_, id_, action_, outcome_, list_)                                      \
    {                                                                                              \
        AK_STR_INIT(provider_), id_, AK_STR_INIT(action_), AK_STR_INIT(outcome_), list_,           \
            sizeof(list_) / sizeof(*(list_))                                                       \
    }
#define AK_EVTX_BARE(provider_, id_, action_, outcome_)                                            \
    {                                                                                              \
        AK_STR_INIT(provider_), id_, AK_STR_INIT(action_), AK_STR_INIT(outcome_), NULL, 0          \
    }

#define ALIAS(ecs_, from_, how_)                                                                   \
    {                                                                                              \
        AK_STR_INIT(ecs_), AK_STR_INIT(from_), how_                                                \
    }
#define COPY(ecs_, from_) ALIAS(ecs_, from_, AK_EVTX_COPY)
#define NUMBER(ecs_, from_) ALIAS(ecs_, from_, AK_EVTX_NUMBER)
#define ADDRESS(ecs_, from_) ALIAS(ecs_, from_, AK_EVTX_ADDRESS)
/* user.domain and user.name of one value that is DOMAIN\name */
#define USER(from_)                                                                                \
    ALIAS("user.domain", from_, AK_EVTX_DOMAIN), ALIAS("user.name", from_, AK_EVTX_ACCOUNT)

#endif
