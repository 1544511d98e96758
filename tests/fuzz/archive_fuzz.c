/* archive_fuzz.c - probe, open, walk and read whatever is an archive.
 *
 * libarchive and the unpackers are not instrumented; what is ours is: the zip
 * directory, the kinds, the names, the limits.  Twice the same must come out. */
#include "base/encoding.h"
#include "base/hash.h"
#include "base/utf.h"
#include "filesystem/archive_ops.h"
#include "tests/support/memory_source.h"

#include <stdlib.h>

enum { READ_MAX = 1 << 20 }; /* per entry, so that a bomb does not hold up the fuzzer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
const char *__asan_default_options(void);

/* libarchive asks for what a header says and copes with a refusal; so would it
 * under a worker's memory limit. */
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }

struct tally {
    uint64_t hash, n_files, n_damage;
};

static void add(struct tally *t, const void *data, size_t n)
{
    t->hash = ak_hash_mix(t->hash ^ ak_hash(data, n), UINT64_C(0x9E3779B97F4A7C15));
}

static enum ak_status on_file(void *self, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct tally *t = self;
    static uint8_t buf[64 * 1024];
    struct ak_source *src;
    size_t got = sizeof(buf);
    t->n_files++;
    add(t, f->path.at, f->path.n);
    if (f->path.n && (f->path.at[0] == '/' || f->path.at[f->path.n - 1] == '/'))
        abort();
    if (fs->ops->open_file(fs, f, &src) != AK_OK)
        return AK_OK;
    if (fs->ops->open_file(fs, f, &src) == AK_OK)
        abort(); /* twice */
    for (uint64_t at = 0; got == sizeof(buf) && at < READ_MAX; at += got) {
        got = ak_source_read_some(src, at, buf, sizeof(buf));
        add(t, buf, got);
    }
    ak_source_close(src);
    return t->n_files > 1000 ? AK_ERR_CANCELLED : AK_OK;
}

static void on_damage(void *self, struct ak_str path, uint64_t at, const char *what)
{
    struct tally *t = self;
    (void)path;
    (void)at;
    t->n_damage++;
    add(t, what, strlen(what));
}

static uint64_t run(struct ak_bytes in)
{
    struct memory_source src = memory_source(in);
    struct ak_filesystem *fs;
    const char *note = NULL;
    struct tally t = { 0 };
    struct ak_file_visitor v = { on_file, on_damage, &t };
    if (!ak_archive_ops.probe(&src.base) || ak_archive_ops.open(&src.base, &fs, &note) != AK_OK)
        return 0;
    enum ak_status st = ak_archive_ops.walk(fs, &v);
    if (st == AK_ERR_CORRUPT && t.n_damage == 0)
        abort(); /* gave up without saying why */
    ak_archive_ops.close(fs);
    return t.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    struct ak_bytes in = { n ? data : &nothing, n };
    ak_encoding_open();
    ak_archive_prepare();
    if (run(in) != run(in))
        abort();
    return 0;
}
