/* evtx_map.c - see evtx_map.h. */
#include "artefact/windows/evtx_map.h"

const struct ak_evtx_map *ak_evtx_map_find(struct ak_str provider, uint32_t event_id)
{
    (void)provider;
    (void)event_id;
    return NULL;
}
