/* unpack_main.c - akashi-unpack ARCHIVE FOLDER: every entry of an archive as a
 * JSON line on stdout, its contents as FOLDER/<number>.  The developer's tool
 * and the cross-checks'; never installed. */
#include "base/buf.h"
#include "base/encoding.h"
#include "base/json.h"
#include "filesystem/archive_ops.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct job {
    const char *folder;
    uint64_t limit;
};

static void show(struct ak_buf *b)
{
    ak_buf_u8(b, '\n');
    fwrite(b->at, 1, b->n, stdout);
    ak_buf_free(b);
}

static enum ak_status copy(struct job *job, struct ak_filesystem *fs, const struct ak_file *file,
                           uint64_t *written)
{
    char path[4096];
    struct ak_source *src;
    enum ak_status st = fs->ops->open_file(fs, file, &src);
    if (st != AK_OK)
        return st;
    snprintf(path, sizeof(path), "%s/%llu", job->folder, (unsigned long long)file->id);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return AK_ERR_IO;
    st = ak_source_copy(src, fd, job->limit, written);
    ak_source_close(src);
    close(fd);
    return st;
}

static enum ak_status on_file(void *self, struct ak_filesystem *fs, const struct ak_file *file)
{
    struct ak_buf b = { 0 };
    uint64_t written = 0;
    bool plain = !(file->flags & (AK_FILE_DIR | AK_FILE_LINK | AK_FILE_SPECIAL));
    enum ak_status st = plain ? copy(self, fs, file, &written) : AK_OK;
    ak_buf_printf(&b, "{\"id\":%llu,\"path\":", (unsigned long long)file->id);
    ak_json_str(&b, file->path);
    ak_buf_text(&b, ",\"target\":");
    ak_json_str(&b, file->target);
    ak_buf_text(&b, ",\"stored_name\":");
    ak_json_str(&b, file->stored_name);
    ak_buf_printf(&b, ",\"size\":%lld,\"written\":%llu,\"status\":%d,\"type\":\"%c\",\"mode\":%u",
                  (long long)file->size, (unsigned long long)written, (int)st, file->meta_type,
                  file->mode);
    ak_buf_printf(&b, ",\"encrypted\":%s", file->flags & AK_FILE_ENCRYPTED ? "true" : "false");
    ak_buf_printf(&b, ",\"local\":%s,\"modified\":",
                  file->modified.flags & AK_STAMP_LOCAL ? "true" : "false");
    ak_json_stamp(&b, file->modified);
    ak_buf_text(&b, ",\"created\":");
    ak_json_stamp(&b, file->created);
    ak_buf_u8(&b, '}');
    show(&b);
    return AK_OK;
}

static void on_damage(void *self, struct ak_str path, uint64_t at, const char *what)
{
    struct ak_buf b = { 0 };
    (void)self;
    ak_buf_text(&b, "{\"damage\":");
    ak_json_str(&b, ak_str_of(what));
    ak_buf_text(&b, ",\"path\":");
    ak_json_str(&b, path);
    ak_buf_printf(&b, ",\"at\":%llu}", (unsigned long long)at);
    show(&b);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    struct job job = { argv[2], argc > 3 ? strtoull(argv[3], NULL, 10) : UINT64_MAX };
    struct ak_source *src;
    struct ak_filesystem *fs;
    const char *note = NULL;
    int fd = open(argv[1], O_RDONLY);
    ak_encoding_open();
    ak_archive_prepare();
    if (fd < 0 || ak_source_fd(fd, &src) != AK_OK)
        return 1;
    enum ak_status st = AK_ERR_UNSUPPORTED;
    bool known = ak_archive_ops.probe(src);
    if (known)
        st = ak_archive_ops.open(src, &fs, &note);
    if (st != AK_OK) {
        printf("{\"opened\":false,\"known\":%s,\"status\":%d,\"note\":\"%s\"}\n",
               known ? "true" : "false", (int)st, note ? note : "");
        ak_source_close(src);
        return 0;
    }
    struct ak_file_visitor visitor = { on_file, on_damage, &job };
    st = ak_archive_ops.walk(fs, &visitor);
    printf("{\"opened\":true,\"kind\":\"%s\",\"status\":%d}\n", fs->type, (int)st);
    ak_archive_ops.close(fs);
    ak_source_close(src);
    close(fd);
    return 0;
}
