/* media_main.c - akashi-media [--info | --volumes | --read-only | --identify] FILE
 *
 * Opens FILE through the table of containers, its siblings from its folder, and
 * writes the media to stdout, or says what it is.  Without sandbox or case: the
 * developer's tool, never installed. */
#include "base/encoding.h"
#include "evidence/container.h"
#include "volume/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OPEN_MAX_FILES = 20000, STEP = 1 << 20 };

struct folder {
    char path[4096];
    struct ak_source *open[OPEN_MAX_FILES];
    int fds[OPEN_MAX_FILES];
    size_t n;
};

static struct ak_source *open_file(struct folder *f, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct ak_source *src = NULL;
    if (fd < 0 || f->n == OPEN_MAX_FILES || ak_source_fd(fd, &src) != AK_OK)
        return NULL;
    f->fds[f->n] = fd;
    f->open[f->n++] = src;
    return src;
}

static struct ak_source *open_sibling(void *self, struct ak_str name)
{
    struct folder *f = self;
    char path[8192];
    if (name.n == 0 || memchr(name.at, '/', name.n) || memchr(name.at, 0, name.n))
        return NULL;
    snprintf(path, sizeof(path), "%s%.*s", f->path, (int)name.n, name.at);
    return open_file(f, path);
}

static void close_folder(struct folder *f)
{
    for (size_t i = 0; i < f->n; i++) {
        ak_source_close(f->open[i]);
        close(f->fds[i]);
    }
}

static void print_info(const struct ak_container *c, const struct ak_disk *disk)
{
    printf("container: %s\n", c ? c->name : "raw");
    if (disk->media)
        printf("size: %llu\n", (unsigned long long)disk->media->size);
    for (size_t i = 0; i < disk->n_facts; i++)
        printf("%.*s: %.*s\n", (int)disk->facts[i].name.n, disk->facts[i].name.at,
               (int)disk->facts[i].value.n, disk->facts[i].value.at);
    for (size_t i = 0; i < disk->n_notes; i++)
        printf("note: %s\n", disk->notes[i]);
}

static void print_volumes(struct ak_arena *arena, struct ak_source *media)
{
    struct ak_volume *volumes = NULL;
    size_t n = 0;
    const char *note = NULL;
    enum ak_status st = ak_volumes_list(arena, media, &volumes, &n, &note);
    printf("status: %d\n", (int)st);
    for (size_t i = 0; i < n && st == AK_OK; i++) {
        struct ak_volume *v = &volumes[i];
        struct ak_source *inside = NULL;
        const char *what = NULL;
        if (ak_source_slice(media, v->offset, v->size, &inside) == AK_OK)
            what = ak_volume_identify(inside);
        printf("%s\t%llu\t%llu\t%.*s\t%.*s\t%.*s\t%s\n", v->allocated ? "volume" : "gap",
               (unsigned long long)v->offset, (unsigned long long)v->size, (int)v->scheme.n,
               v->scheme.at, (int)v->type.n, v->type.at, (int)v->label.n, v->label.at,
               what ? what : "-");
        ak_source_close(inside);
    }
    if (note)
        printf("note: %s\n", note);
}

/* All of the media to `out`, or nowhere when that is NULL; a line with what is missing on stderr.
 */
static int copy(struct ak_source *media, FILE *out)
{
    uint8_t *buf = malloc(STEP);
    uint64_t missing = 0;
    for (uint64_t at = 0; buf && at < media->size;) {
        size_t n = media->size - at < STEP ? (size_t)(media->size - at) : STEP, gone = 0;
        enum ak_status st = ak_source_read(media, at, buf, n, &gone);
        if (st != AK_OK) {
            fprintf(stderr, "status %d at %llu\n", (int)st, (unsigned long long)at);
            free(buf);
            return 1;
        }
        if (out && fwrite(buf, 1, n, out) != n)
            break;
        missing += gone;
        at += n;
    }
    free(buf);
    fprintf(stderr, "missing: %llu\n", (unsigned long long)missing);
    return 0;
}

static int run(const char *mode, struct ak_arena *arena, struct ak_source *src,
               const struct ak_siblings *siblings)
{
    const struct ak_container *c = ak_container_for(src, siblings);
    struct ak_disk *disk = AK_NEW(arena, struct ak_disk);
    enum ak_status st = c ? c->open(arena, src, siblings, disk) : AK_OK;
    int rc = st != AK_OK;
    if (!c)
        disk->media = src;
    if (strcmp(mode, "--info") == 0)
        print_info(c, disk);
    if (st != AK_OK)
        fprintf(stderr, "%s: status %d%s%s\n", c->name, (int)st, disk->n_notes ? ": " : "",
                disk->n_notes ? disk->notes[disk->n_notes - 1] : "");
    else if (strcmp(mode, "--volumes") == 0)
        print_volumes(arena, disk->media);
    else if (strcmp(mode, "--identify") == 0)
        printf("%s\n", ak_volume_identify(disk->media) ? ak_volume_identify(disk->media) : "-");
    else if (strcmp(mode, "--info") != 0)
        rc = copy(disk->media, strcmp(mode, "--read-only") == 0 ? NULL : stdout);
    if (c && st == AK_OK)
        ak_source_close(disk->media);
    return rc;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[1] : "", *path = argc > 1 ? argv[argc - 1] : NULL;
    static struct folder f;
    if (!path)
        return 2;
    ak_encoding_open();
    const char *slash = strrchr(path, '/');
    snprintf(f.path, sizeof(f.path), "%.*s", slash ? (int)(slash - path + 1) : 0, path);
    struct ak_source *src = open_file(&f, path);
    if (!src) {
        perror(path);
        return 1;
    }
    struct ak_arena *arena = ak_arena_new((size_t)1 << 30);
    struct ak_siblings siblings = { open_sibling, &f, ak_str_of(slash ? slash + 1 : path), 0 };
    int rc = run(mode, arena, src, &siblings);
    close_folder(&f);
    ak_arena_free(arena);
    return rc;
}
