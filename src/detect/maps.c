/* maps.c - see maps.h: what a class serves. */
#include "detect/maps.h"

#include "detect/rule.h"

static bool part_serves(struct ak_str ours, struct ak_str wanted)
{
    return wanted.n == 0 || ak_str_eq(ours, wanted);
}

bool ak_map_serves(const struct ak_map_class *map, const struct ak_logsource *source)
{
    for (size_t i = 0; i < map->n_sources; i++) {
        const struct ak_logsource *ours = &map->sources[i];
        if (part_serves(ours->product, source->product) &&
            part_serves(ours->category, source->category) &&
            part_serves(ours->service, source->service))
            return true;
    }
    return false;
}
