/* fs_main.c - akashi-fs IMAGE [--offset BYTES] [--reader NAME] WHAT: look into a
 * file system without case or sandbox.  The developer's tool, for cross tests
 * and for measuring; never installed.
 *
 *   bodyfile | list | json     every entry, as fls -r -m /, fls -r -p, or JSON
 *   hashes                     MD5, size, bytes missing and path of every content
 *   cat PATH | cat --inode N   the contents of one entry
 */
#include "filesystem/bodyfile.h"
#include "filesystem/filesystem.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK = 1 << 20 };

struct wanted {
    const char *image, *what, *path, *reader;
    uint64_t offset, inode;
    bool by_inode, found;
    struct ak_buf out;
    uint64_t n_files, n_damage;
};

static void flush(struct ak_buf *out, size_t above)
{
    if (out->n > above) {
        fwrite(out->at, 1, out->n, stdout);
        out->n = 0;
    }
}

static void on_damage(void *self, struct ak_str path, uint64_t offset, const char *what)
{
    struct wanted *w = self;
    w->n_damage++;
    fprintf(stderr, "damage at %llu in /%.*s: %s\n", (unsigned long long)offset, (int)path.n,
            path.at, what);
}

static enum ak_status copy(struct ak_source *from, struct wanted *w)
{
    static uint8_t block[BLOCK];
    for (uint64_t at = 0; at < from->size;) {
        size_t n = from->size - at < BLOCK ? (size_t)(from->size - at) : BLOCK;
        enum ak_status st = ak_source_read(from, at, block, n, NULL);
        if (st != AK_OK)
            return st;
        fwrite(block, 1, n, stdout);
        at += n;
    }
    w->found = true;
    return AK_OK;
}

static void hash(struct ak_source *from, const struct ak_file *file, struct ak_buf *out)
{
    static uint8_t block[BLOCK];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_n = 0;
    uint64_t missing = 0;
    EVP_MD_CTX *md5 = EVP_MD_CTX_new();
    EVP_DigestInit_ex(md5, EVP_md5(), NULL);
    for (uint64_t at = 0; at < from->size;) {
        size_t n = from->size - at < BLOCK ? (size_t)(from->size - at) : BLOCK, gone = 0;
        if (ak_source_read(from, at, block, n, &gone) != AK_OK)
            gone = n;
        missing += gone;
        EVP_DigestUpdate(md5, block, n);
        at += n;
    }
    EVP_DigestFinal_ex(md5, digest, &digest_n);
    EVP_MD_CTX_free(md5);
    for (unsigned i = 0; i < digest_n; i++)
        ak_buf_printf(out, "%02x", digest[i]);
    ak_buf_printf(out, " %llu %llu %s /", (unsigned long long)from->size,
                  (unsigned long long)missing, file->flags & AK_FILE_DELETED ? "deleted" : "-");
    ak_buf_str(out, file->path);
    ak_buf_u8(out, '\n');
}

static enum ak_status with_contents(struct wanted *w, struct ak_filesystem *fs,
                                    const struct ak_file *file, bool print)
{
    struct ak_source *from;
    enum ak_status st = AK_OK;
    if (file->flags & (AK_FILE_DIR | AK_FILE_SPECIAL | AK_FILE_LINK))
        return AK_OK;
    if (fs->ops->open_file(fs, file, &from) != AK_OK) {
        fprintf(stderr, "cannot open /%.*s\n", (int)file->path.n, file->path.at);
        return AK_OK;
    }
    if (print)
        st = copy(from, w);
    else
        hash(from, file, &w->out);
    ak_source_close(from);
    return st;
}

static enum ak_status on_file(void *self, struct ak_filesystem *fs, const struct ak_file *file)
{
    struct wanted *w = self;
    w->n_files++;
    if (strcmp(w->what, "bodyfile") == 0)
        ak_bodyfile_put(&w->out, file);
    else if (strcmp(w->what, "list") == 0)
        ak_file_list_put(&w->out, file);
    else if (strcmp(w->what, "json") == 0)
        ak_file_json_put(&w->out, file);
    else if (strcmp(w->what, "hashes") == 0)
        with_contents(w, fs, file, false);
    else if (!w->found && (w->by_inode ? file->id == w->inode && !(file->flags & AK_FILE_STREAM)
                                       : ak_str_eq(file->path, ak_str_of(w->path))))
        return with_contents(w, fs, file, true);
    flush(&w->out, BLOCK);
    return AK_OK;
}

static enum ak_status open_with(struct wanted *w, struct ak_source *volume,
                                struct ak_filesystem **fs, const char **note)
{
    if (!w->reader)
        return ak_filesystem_open(volume, fs, note);
    for (const struct ak_filesystem_ops *const *o = ak_filesystems; *o; o++)
        if (strcmp((*o)->name, w->reader) == 0)
            return (*o)->open(volume, fs, note);
    return AK_ERR_UNSUPPORTED;
}

static int run(struct wanted *w)
{
    struct ak_source *disk, *volume;
    struct ak_filesystem *fs;
    const char *note = NULL;
    int fd = open(w->image, O_RDONLY);
    if (fd < 0 || ak_source_fd(fd, &disk) != AK_OK ||
        ak_source_slice(disk, w->offset, disk->size, &volume) != AK_OK) {
        perror(w->image);
        return 1;
    }
    enum ak_status st = open_with(w, volume, &fs, &note);
    if (note)
        fprintf(stderr, "note: %s\n", note);
    if (st != AK_OK) {
        fprintf(stderr, "%s: cannot open (status %d)\n", w->image, (int)st);
    } else {
        struct ak_file_visitor visitor = { on_file, on_damage, w };
        st = fs->ops->walk(fs, &visitor);
        flush(&w->out, 0);
        fprintf(stderr, "%s by %s: status %d, %llu entries, %llu damage\n", fs->type, fs->ops->name,
                (int)st, (unsigned long long)w->n_files, (unsigned long long)w->n_damage);
        fs->ops->close(fs);
    }
    ak_buf_free(&w->out);
    ak_source_close(volume);
    ak_source_close(disk);
    close(fd);
    return st != AK_OK || (strcmp(w->what, "cat") == 0 && !w->found);
}

int main(int argc, char **argv)
{
    struct wanted w = { .what = "list" };
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(a, "--offset") == 0)
            w.offset = strtoull(next, NULL, 10), i++;
        else if (strcmp(a, "--reader") == 0)
            w.reader = next, i++;
        else if (strcmp(a, "--inode") == 0)
            w.inode = strtoull(next, NULL, 10), w.by_inode = true, i++;
        else if (!w.image)
            w.image = a;
        else if (strcmp(w.what, "cat") == 0)
            w.path = a;
        else
            w.what = a;
    }
    if (!w.image)
        return 2;
    return run(&w);
}
