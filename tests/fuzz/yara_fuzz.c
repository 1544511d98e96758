/* yara_fuzz.c - any text as YARA rules, over itself: told or used, never worse.  What
 * libyara itself does is caught by the sandbox; here our own side is tried. */
#include "detect/yara_choice.h"
#include "detect/yara_scan.h"

#include <stdlib.h>

static void on_match(void *self, const struct ak_yara_match *m)
{
    size_t *n = self;
    ++*n;
    if (m->rule.n == 0 || m->meta.n > 2 * AK_YARA_TEXT_MAX + 1024 || m->strings.n > 65536)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    struct ak_feed_file file = { AK_STR("f.yar"), { n ? data : &nothing, n } };
    struct ak_arena *arena = ak_arena_new((size_t)16 << 20);
    struct ak_yara *yara = NULL;
    size_t n_problems, n_matches = 0;
    if (ak_yara_read(arena, &file, 1, &yara) == AK_OK) {
        ak_yara_problems(yara, &n_problems);
        if (n_problems > 1 || (n_problems && ak_yara_count(yara)))
            abort();
        enum ak_status st =
            ak_yara_scan(yara, AK_STR("/www/a.php"), file.bytes, on_match, &n_matches);
        if (n_problems && (st != AK_OK || n_matches))
            abort();
        ak_yara_free(yara);
    }
    ak_yara_wants(ak_str_bytes(file.bytes), file.bytes, n, false);
    ak_arena_free(arena);
    return 0;
}
