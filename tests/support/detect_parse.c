/* detect_parse.c - see detect_load.h. */
#include "artefact/artefact.h"

#include "detect_load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct ak_bytes detect_map_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        perror(path);
        exit(1);
    }
    void *at = st.st_size
                   ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0)
                   : MAP_FAILED;
    close(fd);
    return at == MAP_FAILED ? (struct ak_bytes){ (const uint8_t *)"", 0 }
                            : (struct ak_bytes){ at, (size_t)st.st_size };
}

static bool run(const char *path, const struct ak_sink *sink, uint64_t *out_size)
{
    struct ak_bytes bytes = detect_map_file(path);
    struct ak_probe probe = { ak_str_of(path),
                              { bytes.at, bytes.n < AK_PROBE_BYTES ? bytes.n : AK_PROBE_BYTES },
                              bytes.n };
    const struct ak_artefact *a = ak_artefact_for(&probe);
    *out_size = bytes.n;
    if (!a)
        return false;
    struct ak_item item = { .path = ak_str_of(path),
                            .size = bytes.n,
                            .bytes = bytes,
                            .zone = &ak_zone_utc,
                            .access_format = AK_STR("") };
    struct ak_arena *arena = ak_arena_new((size_t)1 << 30);
    struct ak_ctx ctx = { .arena = arena, .item = &item, .sink = sink };
    (void)a->parse(&ctx);
    ak_arena_free(arena);
    if (bytes.n)
        munmap((void *)(uintptr_t)bytes.at, bytes.n);
    return true;
}

struct passing {
    void (*each)(void *self, const struct ak_event *event);
    void *self;
};

static enum ak_status pass(void *self, const struct ak_event *event)
{
    const struct passing *p = self;
    p->each(p->self, event);
    return AK_OK;
}

static void no_damage(void *self, uint64_t at, const char *what)
{
    (void)self;
    (void)at;
    (void)what;
}

bool detect_parse(const char *path, void (*each)(void *self, const struct ak_event *event),
                  void *self, uint64_t *out_size)
{
    struct passing p = { each, self };
    struct ak_sink sink = { pass, no_damage, &p };
    return run(path, &sink, out_size);
}

double detect_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
