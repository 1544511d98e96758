/* detect_load.c - see detect_load.h. */
#include "detect_load.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct ak_rule_file *files;
static size_t n_files, cap_files;

static struct ak_bytes map_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        perror(path);
        exit(1);
    }
    void *at = st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0) : MAP_FAILED;
    close(fd);
    return at == MAP_FAILED ? (struct ak_bytes){ (const uint8_t *)"", 0 } : (struct ak_bytes){ at, (size_t)st.st_size };
}

static int add_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)where;
    if (type != FTW_F || !ak_str_ends(ak_str_of(path), AK_STR(".yml")))
        return 0;
    if (n_files == cap_files) {
        cap_files = cap_files ? cap_files * 2 : 256;
        files = realloc(files, cap_files * sizeof(*files));
        if (!files)
            abort();
    }
    files[n_files++] = (struct ak_rule_file){ ak_str_of(strdup(path)), map_file(path) };
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct ak_rule_file *x = a, *y = b;
    return ak_str_cmp(x->name, y->name);
}

void detect_load_rules(struct ak_arena *arena, const char *path, struct ak_rules *out)
{
    n_files = 0;
    nftw(path, add_file, 16, FTW_PHYS);
    if (n_files > 1)
        qsort(files, n_files, sizeof(*files), by_name);
    struct ak_rules_options options = { 0 };
    if (ak_rules_read(arena, files, n_files, &options, out) != AK_OK) {
        fprintf(stderr, "%s: the rules cannot be read\n", path);
        exit(1);
    }
}

bool detect_parse(const char *path, const struct ak_sink *sink, uint64_t *out_size)
{
    struct ak_bytes bytes = map_file(path);
    struct ak_probe probe = { ak_str_of(path), { bytes.at, bytes.n < AK_PROBE_BYTES ? bytes.n : AK_PROBE_BYTES },
                              bytes.n };
    const struct ak_artefact *a = ak_artefact_for(&probe);
    *out_size = bytes.n;
    if (!a)
        return false;
    struct ak_item item = { .path = ak_str_of(path), .size = bytes.n, .bytes = bytes, .zone = &ak_zone_utc,
                            .access_format = AK_STR("") };
    struct ak_arena *arena = ak_arena_new((size_t)1 << 30);
    struct ak_ctx ctx = { .arena = arena, .item = &item, .sink = sink };
    (void)a->parse(&ctx);
    ak_arena_free(arena);
    if (bytes.n)
        munmap((void *)(uintptr_t)bytes.at, bytes.n);
    return true;
}

double detect_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
