/* indicators_read.c - files of indicators to a set: which form is it? */
#include "detect/indicators_read.h"

#include "base/utf.h"
#include "detect/indicators_normal.h"

#include <stdlib.h>

enum { FILES_MAX = UINT16_MAX, SCRATCH_BYTES = 16 << 20 };
#define FILE_BYTES_MAX ((size_t)1 << 30)

/* Is it text with zeros in between, as Windows writes "Unicode"? */
static bool is_utf16(struct ak_bytes b) { return b.n >= 2 && b.at[0] == 0xFF && b.at[1] == 0xFE; }

static struct ak_bytes without_mark(struct ak_bytes b)
{
    return b.n >= 3 && memcmp(b.at, "\xEF\xBB\xBF", 3) == 0 ? (struct ak_bytes){ b.at + 3, b.n - 3 }
                                                            : b;
}

static void read_text(struct ak_indicators *set, uint16_t file, struct ak_bytes text)
{
    size_t at = 0;
    while (at < text.n && text.at[at] <= ' ')
        at++;
    if (at < text.n &&
        (text.at[at] == '{' || (text.at[at] == '[' && text.n - at > 1 && text.at[at + 1] != '.')))
        ak_indicators_read_json(set, file, text);
    else
        ak_indicators_read_lines(set, file, text);
}

static void read_utf16(struct ak_indicators *set, uint16_t file, struct ak_bytes units)
{
    char *text = malloc(units.n / 2 * 3 + 1);
    if (!text) {
        set->failed = true;
        return;
    }
    size_t n = ak_utf16le_put(text, (struct ak_bytes){ units.at + 2, units.n - 2 });
    read_text(set, file, (struct ak_bytes){ (const uint8_t *)text, n });
    free(text);
}

static void read_file(struct ak_indicators *set, uint16_t file, struct ak_bytes bytes)
{
    bytes = without_mark(bytes);
    if (bytes.n > FILE_BYTES_MAX)
        ak_indicators_problem(set, file, 0, "larger than a file of indicators may be", AK_STR(""));
    else if (is_utf16(bytes))
        read_utf16(set, file, bytes);
    else if (bytes.n && memchr(bytes.at, 0, bytes.n))
        ak_indicators_problem(set, file, 0, "not a text: it is no file of indicators", AK_STR(""));
    else
        read_text(set, file, bytes);
}

static bool keep_names(struct ak_indicators *set, const struct ak_feed_file *files, size_t n)
{
    set->names = AK_NEW_N(set->arena, struct ak_str, n ? n : 1);
    for (size_t i = 0; set->names && i < n; i++) {
        char *copy = AK_NEW_N(set->arena, char, files[i].name.n + 1);
        if (!copy)
            return false;
        if (files[i].name.n)
            memcpy(copy, files[i].name.at, files[i].name.n);
        set->names[i] = (struct ak_str){ copy, files[i].name.n };
    }
    return set->names != NULL;
}

enum ak_status ak_indicators_read(struct ak_arena *arena, const struct ak_feed_file *files,
                                  size_t n, struct ak_indicators **out)
{
    struct ak_indicators *set = calloc(1, sizeof(*set));
    if (!set)
        return AK_ERR_NOMEM;
    if (n > FILES_MAX)
        n = FILES_MAX;
    set->arena = arena;
    set->scratch = ak_arena_new(SCRATCH_BYTES);
    ak_buf_u8(&set->pool, 0); /* so that no label stands at 0 */
    bool ok = set->scratch && keep_names(set, files, n);
    for (size_t i = 0; ok && i < n && !set->failed; i++)
        read_file(set, (uint16_t)i, files[i].bytes);
    if (!ok || set->failed) {
        ak_indicators_free(set);
        return AK_ERR_NOMEM;
    }
    ak_arena_reset(set->scratch);
    *out = set;
    return AK_OK;
}
