/* attack.c - see attack.h. */
#include "finding/attack.h"

static int compare(struct ak_str key, const char *with) { return ak_str_cmp(key, ak_str_of(with)); }

const struct ak_attack_name *ak_attack_technique(struct ak_str key)
{
    unsigned from = 0, to = ak_n_attack_techniques;
    while (from < to) {
        unsigned middle = from + (to - from) / 2;
        int order = compare(key, ak_attack_techniques[middle].key);
        if (order == 0)
            return &ak_attack_techniques[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

/* Could the character go on with a name? */
static bool goes_on(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool ak_attack_tagged(struct ak_str tags, const char *what)
{
    static const struct ak_str MARK = AK_STR_INIT("attack.");
    size_t n = strlen(what);
    for (size_t i = 0; n && MARK.n + n <= tags.n - i; i++) {
        const char *at = tags.at + i + MARK.n;
        size_t k = 0;
        if (memcmp(tags.at + i, MARK.at, MARK.n) != 0)
            continue;
        while (k < n && (at[k] == what[k] || (at[k] == '_' && what[k] == '-')))
            k++;
        if (k == n && (at + n == tags.at + tags.n || !goes_on(at[n])))
            return true;
    }
    return false;
}
