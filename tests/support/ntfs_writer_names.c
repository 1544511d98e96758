/* ntfs_writer_names.c - see ntfs_writer_names.h. */
#include "tests/support/ntfs_writer_names.h"

size_t ntfsw_wide(const char *text, size_t n, uint16_t *out)
{
    const uint8_t *p = (const uint8_t *)text, *end = p + n;
    size_t units = 0;
    while (p < end) {
        unsigned more = *p < 0x80 ? 0 : *p < 0xE0 ? 1 : 2;
        if (*p >= 0xF0 || (size_t)(end - p) <= more || units == NTFSW_NAME_MAX)
            return 0;
        uint32_t c = more == 0 ? *p : more == 1 ? *p & 31u : *p & 15u;
        for (p++; more--; p++)
            c = c << 6 | (*p & 63u);
        out[units++] = (uint16_t)c;
    }
    return units;
}

uint16_t ntfsw_upper(uint16_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7) ||
        (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) || (c >= 0x430 && c <= 0x44F) ||
        (c >= 0xFF41 && c <= 0xFF5A))
        return (uint16_t)(c - 32);
    return c;
}

int ntfsw_compare(const uint16_t *a, size_t a_n, const uint16_t *b, size_t b_n)
{
    size_t n = a_n < b_n ? a_n : b_n;
    for (size_t i = 0; i < n; i++) {
        uint16_t x = ntfsw_upper(a[i]), y = ntfsw_upper(b[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a_n == b_n ? 0 : a_n < b_n ? -1 : 1;
}

bool ntfsw_is_short(const uint16_t *name, size_t n)
{
    size_t dot = n;
    for (size_t i = 0; i < n; i++) {
        uint16_t c = name[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
        if (c == '.' && dot == n && i > 0)
            dot = i;
        else if (!plain)
            return false;
    }
    return dot <= 8 && (dot == n || n - dot - 1 <= 3);
}
