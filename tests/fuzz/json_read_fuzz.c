/* json_read_fuzz.c - whatever the text, the reader ends, stays inside, and says
 * the same twice; what it calls well formed has as many ends as beginnings. */
#include "base/json_read.h"

#include <stdlib.h>

static enum ak_json_kind run(struct ak_bytes in, size_t *out_n)
{
    struct ak_json_reader r = ak_json_open(in);
    struct ak_json_value v;
    size_t depth = 0;
    *out_n = 0;
    do {
        v = ak_json_next(&r);
        depth += v.kind == AK_JSON_OBJECT || v.kind == AK_JSON_ARRAY;
        depth -= v.kind == AK_JSON_CLOSE;
        if (++*out_n > in.n + 2 || depth > AK_JSON_DEPTH_MAX || v.line == 0)
            abort();
    } while (v.kind != AK_JSON_END && v.kind != AK_JSON_BAD);
    if ((v.kind == AK_JSON_END && depth) || (v.kind == AK_JSON_BAD) != (r.why != NULL))
        abort();
    if (ak_json_next(&r).kind != v.kind)
        abort();
    ak_json_close(&r);
    return v.kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    struct ak_bytes in = { n ? data : &nothing, n };
    size_t first, second;
    if (run(in, &first) != run(in, &second) || first != second)
        abort();
    return 0;
}
