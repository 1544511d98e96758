/* container_fuzz.c - every container on any bytes: find it, open it, read it.
 *
 * Siblings are the input itself, so chains of parents and sets of segments are
 * walked, too.  What was read must not depend on how it was read. */
#include "base/hash.h"
#include "evidence/container.h"
#include "tests/support/memory_source.h"

#include <stdlib.h>

enum { READ_MAX = 1 << 20, PIECE = 4093, BUDGET = 64 << 20 };

static struct ak_source *sibling(void *self, struct ak_str name)
{
    return name.n && memchr("aeioE0", name.at[name.n - 1], 6) ? self : NULL;
}

static uint64_t read_all(struct ak_source *media, size_t piece, uint64_t *out_missing)
{
    static uint8_t buf[READ_MAX];
    size_t total = media->size < READ_MAX ? (size_t)media->size : READ_MAX;
    for (size_t at = 0; at < total;) {
        size_t n = total - at < piece ? total - at : piece, missing = 0;
        if (ak_source_read(media, at, buf + at, n, &missing) != AK_OK || missing > n)
            abort();
        *out_missing += missing;
        at += n;
    }
    return ak_hash(buf, total);
}

static void open_as(const struct ak_container *c, struct ak_source *src, const char *name)
{
    struct ak_siblings s = { .open = sibling, .self = src, .first = ak_str_of(name) };
    struct ak_disk disk = { 0 };
    struct ak_arena *arena = ak_arena_new(BUDGET);
    enum ak_status st = c->open(arena, src, &s, &disk);
    if (st == AK_OK) {
        uint64_t missing = 0, again = 0;
        uint64_t whole = read_all(disk.media, READ_MAX, &missing);
        if (read_all(disk.media, PIECE, &again) != whole || again != missing)
            abort();
        uint8_t last;
        if (disk.media->size &&
            ak_source_read(disk.media, disk.media->size - 1, &last, 1, NULL) != AK_OK)
            abort();
    } else if (disk.media) {
        abort(); /* failed, but gave a media */
    }
    ak_source_close(disk.media);
    ak_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct memory_source m = memory_source((struct ak_bytes){ n ? data : (const uint8_t *)"", n });
    for (const struct ak_container *const *c = ak_containers; *c; c++)
        if ((*c)->probe ? (*c)->probe(&m.base) : n < 4096)
            open_as(*c, &m.base, "a.E01");
    return 0;
}
