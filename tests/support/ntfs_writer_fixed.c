/* ntfs_writer_fixed.c - see ntfs_writer_fixed.h. */
#include "tests/support/ntfs_writer_fixed.h"

#include <string.h>

void ntfsw_le(uint8_t *at, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

void ntfsw_put_attrdef(uint8_t *table)
{
    static const struct {
        const char *name;
        uint32_t type, flags;
        uint64_t least, most;
    } ROWS[] = {
        { "$STANDARD_INFORMATION", 0x10, 0x40, 48, 72 },
        { "$ATTRIBUTE_LIST", 0x20, 0x80, 0, UINT64_MAX },
        { "$FILE_NAME", 0x30, 0x42, 68, 578 },
        { "$OBJECT_ID", 0x40, 0x40, 0, 256 },
        { "$SECURITY_DESCRIPTOR", 0x50, 0x80, 0, UINT64_MAX },
        { "$VOLUME_NAME", 0x60, 0x40, 2, 256 },
        { "$VOLUME_INFORMATION", 0x70, 0x40, 12, 12 },
        { "$DATA", 0x80, 0, 0, UINT64_MAX },
        { "$INDEX_ROOT", 0x90, 0x40, 0, UINT64_MAX },
        { "$INDEX_ALLOCATION", 0xA0, 0x80, 0, UINT64_MAX },
        { "$BITMAP", 0xB0, 0x80, 0, UINT64_MAX },
        { "$REPARSE_POINT", 0xC0, 0x80, 0, 16384 },
        { "$EA_INFORMATION", 0xD0, 0x40, 8, 8 },
        { "$EA", 0xE0, 0, 0, 65536 },
        { "$LOGGED_UTILITY_STREAM", 0x100, 0x80, 0, 65536 },
    };
    memset(table, 0, NTFSW_ATTRDEF_BYTES);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        uint8_t *e = table + i * 160;
        for (size_t k = 0; ROWS[i].name[k]; k++)
            ntfsw_le(e + 2 * k, (uint8_t)ROWS[i].name[k], 2);
        ntfsw_le(e + 128, ROWS[i].type, 4);
        ntfsw_le(e + 140, ROWS[i].flags, 4);
        ntfsw_le(e + 144, ROWS[i].least, 8);
        ntfsw_le(e + 152, ROWS[i].most, 8);
    }
}

void ntfsw_put_descriptor(uint8_t *to)
{
    static const uint8_t ADMINISTRATORS[] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0 };
    static const uint8_t EVERYONE[] = { 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
    memset(to, 0, NTFSW_DESCRIPTOR_BYTES);
    to[0] = 1;
    ntfsw_le(to + 2, 0x8004, 2);
    ntfsw_le(to + 4, 48, 4);
    ntfsw_le(to + 8, 64, 4);
    ntfsw_le(to + 16, 20, 4);
    to[20] = 2;
    ntfsw_le(to + 22, 28, 2);
    ntfsw_le(to + 24, 1, 2);
    ntfsw_le(to + 30, 20, 2);
    ntfsw_le(to + 32, 0x1F01FF, 4);
    memcpy(to + 36, EVERYONE, sizeof(EVERYONE));
    memcpy(to + 48, ADMINISTRATORS, 16);
    memcpy(to + 64, ADMINISTRATORS, 16);
}
