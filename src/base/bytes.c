/* bytes.c - see bytes.h. */
#include "base/bytes.h"

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool ak_str_eq_fold(struct ak_str a, struct ak_str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (fold(a.at[i]) != fold(b.at[i]))
            return false;
    return true;
}

int ak_str_cmp(struct ak_str a, struct ak_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.at, b.at, n) : 0;
    if (order != 0)
        return order;
    return a.n < b.n ? -1 : a.n > b.n;
}

struct ak_str ak_str_basename(struct ak_str path)
{
    for (size_t i = path.n; i > 0; i--)
        if (path.at[i - 1] == '/')
            return (struct ak_str){ path.at + i, path.n - i };
    return path;
}

/* Where a double star resumes: one byte on, or behind the next '/' for a
 * double star followed by a slash (whole folders).  path.n + 1 when nowhere. */
static size_t deep_next(struct ak_str path, size_t from, bool whole)
{
    if (!whole)
        return from + 1;
    while (from < path.n && path.at[from] != '/')
        from++;
    return from + 1;
}

/* The classic two-pointer matcher: one point to come back to per kind of star,
 * so hostile patterns cannot make it exponential. */
bool ak_glob(const char *glob, struct ak_str path)
{
    const char *g = glob, *star = NULL, *deep = NULL;
    size_t i = 0, star_i = 0, deep_i = 0;
    bool whole = false;
    for (;;) {
        if (g[0] == '*' && g[1] == '*') {
            whole = g[2] == '/';
            g += whole ? 3 : 2;
            deep = g;
            deep_i = i;
            star = NULL;
        } else if (g[0] == '*') {
            star = ++g;
            star_i = i;
        } else if (i < path.n && *g &&
                   (fold(*g) == fold(path.at[i]) || (*g == '?' && path.at[i] != '/'))) {
            g++;
            i++;
        } else if (i == path.n && !*g) {
            return true;
        } else if (star && star_i < path.n && path.at[star_i] != '/') {
            g = star;
            i = ++star_i;
        } else if (deep && deep_next(path, deep_i, whole) <= path.n) {
            g = deep;
            i = deep_i = deep_next(path, deep_i, whole);
            star = NULL;
        } else {
            return false;
        }
    }
}
