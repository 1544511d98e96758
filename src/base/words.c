/* words.c - see words.h. */
#include "base/words.h"

#include "base/words_table.h"

#include <string.h>

const char *ak_word(enum ak_lang lang, const char *english)
{
    if (lang == AK_LANG_EN)
        return english;
    unsigned lo = 0, hi = ak_n_words;
    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;
        int order = strcmp(ak_words[mid].en, english);
        if (order == 0)
            return ak_words[mid].ja;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return english;
}
