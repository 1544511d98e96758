/* evtx_map.c - see evtx_map.h.
 *
 * The tables are in evtx_map_security.c (the Security log), evtx_map_system.c
 * (the machine: boot, services, devices, installations) and
 * evtx_map_activity.c (what programs and people did, in logs of their own).
 *
 * Facts and their sources: docs/formats/windows.evtx_map.md */
#include "artefact/windows/evtx_map_table.h"

const struct ak_evtx_map_table *const ak_evtx_map_tables[AK_EVTX_MAP_TABLES] = {
    &ak_evtx_map_security,
    &ak_evtx_map_system,
    &ak_evtx_map_activity,
};

static const struct ak_evtx_map *find_in(const struct ak_evtx_map_table *table,
                                         struct ak_str provider, uint32_t event_id)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->rows[i].event_id == event_id &&
            ak_str_eq_fold(table->rows[i].provider, provider))
            return &table->rows[i];
    return NULL;
}

const struct ak_evtx_map *ak_evtx_map_find(struct ak_str provider, uint32_t event_id)
{
    const struct ak_evtx_map *found = NULL;
    for (size_t i = 0; i < AK_EVTX_MAP_TABLES && !found; i++)
        found = find_in(ak_evtx_map_tables[i], provider, event_id);
    return found;
}
