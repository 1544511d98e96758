/* archive_name.c - names from archives as paths that cannot mislead.
 *
 * Paths are only shown and compared, never written to a disk; still a name must
 * not look like another one. */
#include "filesystem/archive_parts.h"

/* The part of `name` up to the next separator, from *at on. */
static struct ak_str next_part(struct ak_str name, bool backslashes, size_t *at)
{
    size_t from = *at, i = from;
    while (i < name.n && name.at[i] != '/' && !(backslashes && name.at[i] == '\\'))
        i++;
    *at = i + 1;
    return (struct ak_str){ name.at + from, i - from };
}

enum ak_status ak_archive_path(struct ak_arena *arena, struct ak_str name, bool backslashes,
                               struct ak_str *out_path, bool *out_climbs)
{
    static const struct ak_str UP = AK_STR_INIT("__..");
    if (name.n > AK_ARCHIVE_NAME_MAX)
        name.n = AK_ARCHIVE_NAME_MAX;
    char *to = AK_NEW_N(arena, char, name.n * 3 + 4); /* ".." at worst gains two in three */
    size_t n = 0;
    if (!to)
        return AK_ERR_LIMIT;
    for (size_t at = 0; at < name.n;) {
        struct ak_str part = next_part(name, backslashes, &at);
        if (part.n == 0 || ak_str_eq(part, AK_STR(".")))
            continue;
        if (ak_str_eq(part, AK_STR(".."))) {
            *out_climbs = true;
            part = UP;
        }
        if (n)
            to[n++] = '/';
        memcpy(to + n, part.at, part.n);
        n += part.n;
    }
    *out_path = (struct ak_str){ to, n };
    return AK_OK;
}
