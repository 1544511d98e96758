/* archive_unpack.c - gzip, bzip2, xz, lzma, lzip and zstd streams, block by block.
 *
 * libarchive has these too, but gives up a cut stream with up to 64 KiB already
 * unpacked and not handed out: for a cut log that is often all of it.  Here
 * every byte unpacked before the damage comes out.
 *
 * Streams may follow one another (RFC 1952 2.2); what follows a stream without
 * being one is told and not read. */
#include "filesystem/archive_parts.h"

#include "base/reader.h"

#include <archive.h>
#include <bzlib.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { UNPACK_IN = 64 * 1024, UNPACK_OUT = 64 * 1024 };
static const uint64_t UNPACK_MEMORY = UINT64_C(512) << 20; /* for an xz dictionary */

enum step { STEP_MORE, STEP_END, STEP_BAD };

struct ak_archive_unpack {
    struct ak_source *src;
    uint64_t start, at; /* of the stream; of the next byte to be fed */
    int filter;
    bool open, done;
    const char *damage;
    uint64_t missing;
    size_t in_n, in_used; /* in `in` */
    union {
        z_stream z;
        bz_stream bz;
        lzma_stream lz;
        ZSTD_DStream *zs;
    } state;
    uint8_t in[UNPACK_IN], out[UNPACK_OUT];
};

/* ---- each library behind the same three calls ---- */

static bool gz_open(struct ak_archive_unpack *u)
{
    u->state.z = (z_stream){ 0 };
    return inflateInit2(&u->state.z, 15 + 16) == Z_OK;
}

static enum step gz_step(struct ak_archive_unpack *u, size_t *out_n, bool last)
{
    z_stream *z = &u->state.z;
    (void)last;
    z->next_in = u->in + u->in_used;
    z->avail_in = (uInt)(u->in_n - u->in_used);
    z->next_out = u->out;
    z->avail_out = UNPACK_OUT;
    int r = inflate(z, Z_NO_FLUSH);
    u->in_used = u->in_n - z->avail_in;
    *out_n = UNPACK_OUT - z->avail_out;
    return r == Z_STREAM_END ? STEP_END : r == Z_OK || r == Z_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

static void gz_close(struct ak_archive_unpack *u) { inflateEnd(&u->state.z); }

static bool bz_open(struct ak_archive_unpack *u)
{
    u->state.bz = (bz_stream){ 0 };
    return BZ2_bzDecompressInit(&u->state.bz, 0, 0) == BZ_OK;
}

static enum step bz_step(struct ak_archive_unpack *u, size_t *out_n, bool last)
{
    bz_stream *bz = &u->state.bz;
    (void)last;
    bz->next_in = (char *)(u->in + u->in_used);
    bz->avail_in = (unsigned)(u->in_n - u->in_used);
    bz->next_out = (char *)u->out;
    bz->avail_out = UNPACK_OUT;
    int r = BZ2_bzDecompress(bz);
    u->in_used = u->in_n - bz->avail_in;
    *out_n = UNPACK_OUT - bz->avail_out;
    return r == BZ_STREAM_END ? STEP_END : r == BZ_OK ? STEP_MORE : STEP_BAD;
}

static void bz_close(struct ak_archive_unpack *u) { BZ2_bzDecompressEnd(&u->state.bz); }

static bool lz_open(struct ak_archive_unpack *u)
{
    lzma_stream fresh = LZMA_STREAM_INIT;
    u->state.lz = fresh;
    switch (u->filter) {
    case ARCHIVE_FILTER_XZ:
        return lzma_stream_decoder(&u->state.lz, UNPACK_MEMORY, 0) == LZMA_OK;
    case ARCHIVE_FILTER_LZIP:
        return lzma_lzip_decoder(&u->state.lz, UNPACK_MEMORY, 0) == LZMA_OK;
    default:
        return lzma_alone_decoder(&u->state.lz, UNPACK_MEMORY) == LZMA_OK;
    }
}

static enum step lz_step(struct ak_archive_unpack *u, size_t *out_n, bool last)
{
    lzma_stream *lz = &u->state.lz;
    lz->next_in = u->in + u->in_used;
    lz->avail_in = u->in_n - u->in_used;
    lz->next_out = u->out;
    lz->avail_out = UNPACK_OUT;
    lzma_ret r = lzma_code(lz, last ? LZMA_FINISH : LZMA_RUN);
    u->in_used = u->in_n - lz->avail_in;
    *out_n = UNPACK_OUT - lz->avail_out;
    if (r == LZMA_MEMLIMIT_ERROR)
        u->damage = "limit reached: unpacking this takes too much memory";
    return r == LZMA_STREAM_END                  ? STEP_END
           : r == LZMA_OK || r == LZMA_BUF_ERROR ? STEP_MORE
                                                 : STEP_BAD;
}

static void lz_close(struct ak_archive_unpack *u) { lzma_end(&u->state.lz); }

static bool zs_open(struct ak_archive_unpack *u)
{
    u->state.zs = ZSTD_createDStream();
    return u->state.zs != NULL;
}

static enum step zs_step(struct ak_archive_unpack *u, size_t *out_n, bool last)
{
    ZSTD_inBuffer in = { u->in, u->in_n, u->in_used };
    ZSTD_outBuffer out = { u->out, UNPACK_OUT, 0 };
    (void)last;
    size_t r = ZSTD_decompressStream(u->state.zs, &out, &in);
    u->in_used = in.pos;
    *out_n = out.pos;
    return ZSTD_isError(r) ? STEP_BAD : r == 0 ? STEP_END : STEP_MORE;
}

static void zs_close(struct ak_archive_unpack *u) { ZSTD_freeDStream(u->state.zs); }

static const struct method {
    int filter;
    bool (*open)(struct ak_archive_unpack *u);
    enum step (*step)(struct ak_archive_unpack *u, size_t *out_n, bool last);
    void (*close)(struct ak_archive_unpack *u);
} METHODS[] = {
    { ARCHIVE_FILTER_GZIP, gz_open, gz_step, gz_close },
    { ARCHIVE_FILTER_BZIP2, bz_open, bz_step, bz_close },
    { ARCHIVE_FILTER_XZ, lz_open, lz_step, lz_close },
    { ARCHIVE_FILTER_LZMA, lz_open, lz_step, lz_close },
    { ARCHIVE_FILTER_LZIP, lz_open, lz_step, lz_close },
    { ARCHIVE_FILTER_ZSTD, zs_open, zs_step, zs_close },
};

static const struct method *method_of(int filter)
{
    for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++)
        if (METHODS[i].filter == filter)
            return &METHODS[i];
    return NULL;
}

/* ---- the stream ---- */

struct ak_archive_unpack *ak_archive_unpack_open(struct ak_source *src, uint64_t start, int filter)
{
    if (!method_of(filter))
        return NULL;
    struct ak_archive_unpack *u = malloc(sizeof(*u));
    if (!u)
        return NULL;
    *u = (struct ak_archive_unpack){ .src = src, .start = start, .at = start, .filter = filter };
    return u;
}

void ak_archive_unpack_close(struct ak_archive_unpack *u)
{
    if (u && u->open)
        method_of(u->filter)->close(u);
    free(u);
}

/* Move the rest to the front and read on behind it. */
static void fill(struct ak_archive_unpack *u)
{
    uint64_t left = u->src->size - u->at;
    size_t missing = 0, rest = u->in_n - u->in_used;
    memmove(u->in, u->in + u->in_used, rest);
    size_t n = UNPACK_IN - rest < left ? UNPACK_IN - rest : (size_t)left;
    if (ak_source_read(u->src, u->at, u->in + rest, n, &missing) != AK_OK) {
        u->damage = "the archive's own bytes could not be read";
        n = 0;
    }
    u->missing += missing;
    u->at += n;
    u->in_used = 0;
    u->in_n = rest + n;
}

/* Behind a stream: another one, nothing, or something else (zeros are padding). */
static bool another_stream(struct ak_archive_unpack *u)
{
    static const struct ak_str STARTS[] = {
        AK_STR_INIT("\x1F\x8B\x08"),
        AK_STR_INIT("BZh"),
        AK_STR_INIT("\xFD"
                    "7zXZ"),
        AK_STR_INIT("LZIP"),
        AK_STR_INIT("\x28\xB5\x2F\xFD"),
    };
    if (u->in_n - u->in_used < 16)
        fill(u);
    struct ak_str rest = { (const char *)u->in + u->in_used, u->in_n - u->in_used };
    for (size_t i = 0; i < sizeof(STARTS) / sizeof(STARTS[0]); i++)
        if (ak_str_starts(rest, STARTS[i]))
            return true;
    bool skipped_frame =
        rest.n >= 4 && (ak_load_u32le((const uint8_t *)rest.at) & ~15u) == 0x184D2A50;
    if (skipped_frame && u->filter == ARCHIVE_FILTER_ZSTD)
        return true;
    bool zeros = true;
    for (size_t i = 0; i < rest.n; i++)
        zeros &= rest.at[i] == 0;
    if (rest.n && !zeros)
        u->damage = "other bytes follow the compressed contents";
    return false;
}

/* End this stream; begin the next, if there is one. */
static void end_stream(struct ak_archive_unpack *u)
{
    method_of(u->filter)->close(u);
    u->open = false;
    u->done = u->filter == ARCHIVE_FILTER_LZMA || !another_stream(u);
}

size_t ak_archive_unpack_next(struct ak_archive_unpack *u, const uint8_t **out)
{
    const struct method *m = method_of(u->filter);
    *out = u->out;
    while (!u->done) {
        size_t n = 0;
        if (u->in_used == u->in_n)
            fill(u);
        bool last = u->at >= u->src->size, starved = u->in_used == u->in_n && last;
        if (!u->open && !(u->open = m->open(u))) {
            u->done = true;
            break;
        }
        size_t before = u->in_used;
        enum step s = m->step(u, &n, last);
        if (s == STEP_END)
            end_stream(u);
        if (s == STEP_BAD ||
            (s == STEP_MORE && n == 0 && u->in_used == before && (starved || u->in_n))) {
            u->done = true;
            if (!u->damage)
                u->damage =
                    s == STEP_BAD ? AK_ARCHIVE_UNREADABLE : "the archive ends in the middle";
        }
        if (n)
            return n;
    }
    return 0;
}

const char *ak_archive_unpack_damage(const struct ak_archive_unpack *u) { return u->damage; }

uint64_t ak_archive_unpack_missing(const struct ak_archive_unpack *u) { return u->missing; }
