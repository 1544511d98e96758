/* filesystem_fuzz.c - one harness for the own readers of file systems.
 *
 * Built with -DFUZZ_FILESYSTEM=ak_filesystem_ntfs.  It walks, opens what is shown,
 * and reads it.  What a walk says about garbage must be bounded, must not read
 * outside the volume (the source below would say so), and must be the same twice. */
#include "base/hash.h"
#include "filesystem/bodyfile.h"
#include "filesystem/filesystem.h"

#include <stdlib.h>

extern const struct ak_filesystem_ops FUZZ_FILESYSTEM;

enum { READ_MOST = 1 << 16, OUTPUT_MOST = 16 << 20 };

struct tally {
    struct ak_buf lines;
    struct ak_source *volume;
    uint64_t read_left;
};

static void read_contents(struct tally *t, struct ak_filesystem *fs, const struct ak_file *file)
{
    struct ak_source *from;
    uint8_t block[4096];
    if (t->read_left == 0 || fs->ops->open_file(fs, file, &from) != AK_OK)
        return;
    if (from->size > (uint64_t)INT64_MAX)
        abort();
    uint64_t end = from->size < READ_MOST ? from->size : READ_MOST;
    for (uint64_t at = 0; at < end && t->read_left; at += sizeof(block)) {
        size_t n = end - at < sizeof(block) ? (size_t)(end - at) : sizeof(block), missing = 0;
        enum ak_status st = ak_source_read(from, at, block, n, &missing);
        if (st == AK_OK && missing > n)
            abort(); /* more is missing than was asked for */
        ak_buf_u64le(&t->lines, ak_hash(block, n));
        t->read_left--;
    }
    ak_source_close(from);
}

static enum ak_status on_file(void *self, struct ak_filesystem *fs, const struct ak_file *file)
{
    struct tally *t = self;
    if (file->path.n > AK_FS_PATH_MAX + 1024 || file->stream_name_n > file->path.n)
        abort();
    if (file->id > t->volume->size)
        abort(); /* more records than bytes */
    ak_bodyfile_put(&t->lines, file);
    ak_file_json_put(&t->lines, file);
    read_contents(t, fs, file);
    return t->lines.n > OUTPUT_MOST ? AK_ERR_CANCELLED : AK_OK;
}

static void on_damage(void *self, struct ak_str path, uint64_t offset, const char *what)
{
    struct tally *t = self;
    ak_buf_str(&t->lines, path);
    ak_buf_text(&t->lines, what);
    ak_buf_u64le(&t->lines, offset);
}

static uint64_t run(struct ak_bytes in)
{
    struct tally t = { .read_left = 2048 };
    struct ak_filesystem *fs;
    const char *note = NULL;
    if (ak_source_memory(in, &t.volume) != AK_OK)
        return 0;
    if (FUZZ_FILESYSTEM.probe(t.volume) && FUZZ_FILESYSTEM.open(t.volume, &fs, &note) == AK_OK) {
        struct ak_file_visitor visitor = { on_file, on_damage, &t };
        (void)!fs->ops->walk(fs, &visitor);
        fs->ops->close(fs);
    }
    uint64_t hash = t.lines.n ? ak_hash(t.lines.at, t.lines.n) : 0;
    ak_source_close(t.volume);
    ak_buf_free(&t.lines);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    struct ak_bytes in = { n ? data : &nothing, n };
    if (run(in) != run(in))
        abort(); /* not a function of its input */
    return 0;
}
