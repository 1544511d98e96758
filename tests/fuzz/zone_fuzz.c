/* zone_fuzz.c - whatever a zone file says, the answers stay within a day of the
 * question, and local time there and back is consistent. */
#include "base/zone.h"

#include <stdlib.h>

enum { DAY_S = 86400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    static struct ak_zone zone;
    if (ak_zone_parse((struct ak_bytes){ n ? data : &nothing, n }, &zone) != AK_OK)
        return 0;
    for (int64_t t = -4000000000; t < 5000000000; t += 100000000) {
        int32_t offset = ak_zone_offset(&zone, t);
        int64_t back = ak_zone_to_utc(&zone, t + offset);
        if (offset < -2 * DAY_S || offset > 2 * DAY_S || back < t - 4 * DAY_S ||
            back > t + 4 * DAY_S)
            abort();
    }
    for (uint32_t i = 1; i < zone.n; i++)
        if (zone.at[i] < zone.at[i - 1])
            abort();
    return 0;
}
