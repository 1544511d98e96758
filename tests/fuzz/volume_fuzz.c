/* volume_fuzz.c - partition tables and signatures in any bytes: what is listed
 * must lie on the disk, in order, and be the same twice. */
#include "tests/support/memory_source.h"
#include "volume/volume.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct memory_source m = memory_source((struct ak_bytes){ n ? data : (const uint8_t *)"", n });
    struct ak_arena *arena = ak_arena_new(64 << 20);
    struct ak_volume *v = NULL, *again = NULL;
    size_t n_v = 0, n_again = 0;
    const char *note = NULL, *note_again = NULL;
    if (ak_volumes_list(arena, &m.base, &v, &n_v, &note) != AK_OK ||
        ak_volumes_list(arena, &m.base, &again, &n_again, &note_again) != AK_OK)
        abort();
    if (n_v == 0 || n_v != n_again || note != note_again || n_v > AK_VOLUMES_MAX)
        abort();
    for (size_t i = 0; i < n_v; i++) {
        if (v[i].offset > n || v[i].size > n - v[i].offset || (i && v[i].offset < v[i - 1].offset))
            abort();
        struct ak_source *inside = NULL;
        if (ak_source_slice(&m.base, v[i].offset, v[i].size, &inside) != AK_OK)
            abort();
        if (ak_volume_identify(inside) != ak_volume_identify(inside))
            abort();
        ak_source_close(inside);
    }
    ak_arena_free(arena);
    return 0;
}
