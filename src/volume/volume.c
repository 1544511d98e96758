/* volume.c - see volume.h. */
#include "volume/volume.h"

enum ak_status ak_volumes_list(struct ak_arena *arena, struct ak_source *disk,
                               struct ak_volume **out_volumes, size_t *out_n, const char **out_note)
{
    struct ak_volume *whole = AK_NEW(arena, struct ak_volume);
    if (!whole)
        return AK_ERR_LIMIT;
    *whole = (struct ak_volume){ .size = disk->size, .scheme = AK_STR("none"), .allocated = true };
    *out_volumes = whole;
    *out_n = 1;
    *out_note = NULL;
    return AK_OK;
}

const char *ak_volume_identify(struct ak_source *volume)
{
    (void)volume;
    return NULL;
}
