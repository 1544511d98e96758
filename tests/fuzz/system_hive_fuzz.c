/* system_hive_fuzz.c - whatever a hive says, the name ends, and a rule that is
 * given is one that the reader of zones accepts. */
#include "artefact/windows/system_hive.h"
#include "base/zone.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    static struct ak_system_hive hive;
    static struct ak_zone zone;
    enum ak_status st = ak_system_hive_read((struct ak_bytes){ n ? data : &nothing, n }, &hive);
    if (memchr(hive.host, 0, sizeof(hive.host)) == NULL ||
        memchr(hive.zone, 0, sizeof(hive.zone)) == NULL)
        abort();
    if (st != AK_OK && (hive.host[0] || hive.tzif.n))
        abort();
    if (hive.tzif.n &&
        ak_zone_parse((struct ak_bytes){ hive.tzif.at, hive.tzif.n }, &zone) != AK_OK)
        abort();
    ak_system_hive_free(&hive);
    return 0;
}
