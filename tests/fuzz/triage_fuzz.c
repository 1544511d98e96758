/* triage_fuzz.c - a listing, one path a line, the container's name first: what is
 * guessed must point into it, and what is mapped must not gain folders. */
#include "evidence/triage.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PATHS = 64 };

static size_t split(struct ak_str all, struct ak_str *out)
{
    size_t n = 0;
    while (all.n && n < PATHS) {
        const char *end = memchr(all.at, '\n', all.n);
        size_t len = end ? (size_t)(end - all.at) : all.n, used = end ? len + 1 : len;
        out[n++] = (struct ak_str){ all.at, len };
        all = (struct ak_str){ all.at + used, all.n - used };
    }
    return n;
}

static size_t slashes(struct ak_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.at[i] == '/';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char nothing[1];
    struct ak_str lines[PATHS], host, fqdn, all = { n ? (const char *)data : nothing, n };
    size_t n_lines = split(all, lines);
    struct ak_arena *arena = ak_arena_new(1 << 20);
    struct ak_str name = n_lines ? lines[0] : all;
    struct ak_triage_guess g =
        ak_triage_detect(lines + (n_lines > 0), n_lines ? n_lines - 1 : 0, name);
    if (g.root.n && g.root.at[g.root.n - 1] != '/')
        abort();
    for (size_t i = 1; i < n_lines; i++) {
        struct ak_triage_place p;
        if (ak_triage_map(arena, &g, lines[i], &p) != AK_OK)
            continue;
        bool grows = g.kind == AK_TRIAGE_CDIR; /* gives flat files their folders back */
        if (!grows && slashes(p.path) > slashes(lines[i]) + 1)
            abort();
        if (p.known && p.tools_own)
            abort();
    }
    ak_triage_json_host(ak_bytes_str(all), &host, &fqdn);
    ak_arena_free(arena);
    return 0;
}
