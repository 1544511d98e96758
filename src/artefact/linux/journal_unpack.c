/* journal_unpack.c - see journal_unpack.h.
 *
 *   xz    an .xz stream
 *   lz4   8 bytes: size when unpacked, then a raw LZ4 block
 *   zstd  a Zstandard frame
 */
#include "artefact/linux/journal_unpack.h"

#include "artefact/linux/journal_file.h"

#include <limits.h>
#include <lz4.h>

/* systemd packs with a dictionary of 1 MiB (xz) and level 3 (zstd); a hostile
 * stream may ask for gigabytes. */
enum { XZ_MEMORY = 64 << 20, ZSTD_WINDOW_LOG = 26 };

void ak_journal_unpack_close(struct ak_unpack *u)
{
    ZSTD_freeDCtx(u->zstd);
    lzma_end(&u->lzma);
    *u = (struct ak_unpack){ 0 };
}

static struct ak_unpacked unpack_zstd(struct ak_unpack *u, struct ak_bytes in, uint8_t *out,
                                      size_t room)
{
    if (!u->zstd)
        u->zstd = ZSTD_createDCtx();
    if (!u->zstd)
        return (struct ak_unpacked){ .bad = true };
    unsigned long long whole = ZSTD_getFrameContentSize(in.at, in.n);
    if (whole <= room) {
        size_t n = ZSTD_decompressDCtx(u->zstd, out, room, in.at, in.n);
        if (!ZSTD_isError(n))
            return (struct ak_unpacked){ .n = n };
    }
    /* Unknown size, too large, or damaged: as far as it goes. */
    ZSTD_inBuffer from = { in.at, in.n, 0 };
    ZSTD_outBuffer to = { out, room, 0 };
    size_t left = ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
    if (!ZSTD_isError(left))
        left = ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    while (!ZSTD_isError(left)) {
        size_t before = to.pos + from.pos;
        left = ZSTD_decompressStream(u->zstd, &to, &from);
        if (left == 0 || to.pos + from.pos == before)
            break;
    }
    bool done = left == 0;
    return (struct ak_unpacked){ .n = to.pos,
                                 .cut = !done && to.pos == room,
                                 .bad = !done && to.pos < room };
}

static struct ak_unpacked unpack_xz(struct ak_unpack *u, struct ak_bytes in, uint8_t *out,
                                    size_t room)
{
    if (lzma_stream_decoder(&u->lzma, XZ_MEMORY, 0) != LZMA_OK)
        return (struct ak_unpacked){ .bad = true };
    u->lzma.next_in = in.at;
    u->lzma.avail_in = in.n;
    u->lzma.next_out = out;
    u->lzma.avail_out = room;
    lzma_ret ret = LZMA_OK;
    while (ret == LZMA_OK && u->lzma.avail_out > 0)
        ret = lzma_code(&u->lzma, LZMA_FINISH);
    if (ret == LZMA_OK) { /* out of room: is there an end right behind? */
        uint8_t one;
        u->lzma.next_out = &one;
        u->lzma.avail_out = 1;
        ret = lzma_code(&u->lzma, LZMA_FINISH);
        bool over = u->lzma.avail_out == 0;
        return (
            struct ak_unpacked){ .n = room, .cut = over, .bad = !over && ret != LZMA_STREAM_END };
    }
    return (struct ak_unpacked){ .n = room - u->lzma.avail_out, .bad = ret != LZMA_STREAM_END };
}

static struct ak_unpacked unpack_lz4(struct ak_bytes in, uint8_t *out, size_t room)
{
    if (in.n <= 8 || in.n - 8 > INT_MAX)
        return (struct ak_unpacked){ .bad = true };
    uint64_t whole = ak_load_u64le(in.at);
    int want = (int)(whole < room ? whole : room);
    int n = LZ4_decompress_safe_partial((const char *)in.at + 8, (char *)out, (int)(in.n - 8), want,
                                        want);
    if (n < 0)
        return (struct ak_unpacked){ .bad = true };
    return (struct ak_unpacked){ .n = (size_t)n, .cut = whole > room, .bad = n < want };
}

struct ak_unpacked ak_unpack(struct ak_unpack *u, uint8_t how, struct ak_bytes in, uint8_t *out,
                             size_t room)
{
    if (how == AK_JOURNAL_ZSTD)
        return unpack_zstd(u, in, out, room);
    if (how == AK_JOURNAL_XZ)
        return unpack_xz(u, in, out, room);
    return unpack_lz4(in, out, room);
}
