/* recycle_bin.c - Recycle Bin metadata files (X:\$Recycle.Bin\SID\$Ixxxxxx.ext).
 *
 * Windows Vista and later keep one $I file beside each deleted file ($R).  It
 * says where the file was, how large it was and when it was deleted.
 *
 *   offset  size  what
 *        0     8  version: 1 (Vista .. 8.1) or 2 (10 and later)
 *        8     8  size of the deleted file, bytes
 *       16     8  time of deletion, FILETIME (UTC)
 *       24   520  version 1: path, UTF-16LE, zero padded
 *       24     4  version 2: length of the path, UTF-16 units, final zero included
 *       28     -  version 2: path, UTF-16LE
 *
 * Facts and their sources: docs/formats/windows.recycle_bin.md
 */
#include "artefact/artefact.h"
#include "base/utf.h"

enum { V1_PATH_BYTES = 520, HEADER_BYTES = 24, MAX_BYTES = 1024 * 1024 };

enum { F_PATH, F_SIZE, F_VERSION, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_PATH] = AK_STR_INIT("file.path"),
    [F_SIZE] = AK_STR_INIT("file.size"),
    [F_VERSION] = AK_STR_INIT("recycle_bin.version"),
};

static const struct ak_shape DELETED = {
    .data_type = AK_STR_INIT("windows:metadata:deleted_item"),
    .time_desc = AK_STR_INIT("Content Deletion Time"),
    .names = NAMES,
    .n = N_FIELDS,
};

static enum ak_bid probe(const struct ak_probe *p)
{
    struct ak_str name = ak_str_basename(p->path);
    if (p->head.n < HEADER_BYTES || !ak_str_starts(name, AK_STR("$I")))
        return AK_BID_NO;
    uint64_t version = ak_load_u64le(p->head.at);
    return version == 1 || version == 2 ? AK_BID_SURE : AK_BID_NO;
}

/* The path's bytes; empty with the reader failed when the file is cut short. */
static struct ak_bytes read_path(struct ak_reader *r, uint64_t version)
{
    if (version == 1)
        return ak_rd_take(r, V1_PATH_BYTES);
    return ak_rd_array(r, ak_rd_u32le(r), 2);
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_reader r = ak_rd_open(ctx->item->bytes, 0);

    uint64_t version = ak_rd_u64le(&r);
    uint64_t size = ak_rd_u64le(&r);
    struct ak_stamp deleted = ak_stamp_filetime(ak_rd_u64le(&r));
    if (!ak_rd_ok(&r))
        return ak_damage(ctx, 0, "shorter than its header");
    if (version != 1 && version != 2)
        return ak_damage(ctx, 0, "unknown version");

    struct ak_bytes path16 = read_path(&r, version);
    if (!ak_rd_ok(&r))
        return ak_damage(ctx, ak_rd_where(&r), "the path runs past the end of the file");

    struct ak_value values[N_FIELDS] = {
        [F_PATH] = ak_val_str16(ak_utf16_until_nul(path16)),
        [F_SIZE] = ak_val_u64(size),
        [F_VERSION] = ak_val_u64(version),
    };
    return ak_emit(
        ctx,
        &(struct ak_event){
            .shape = &DELETED, .when = deleted, .offset = 0, .length = r.pos, .values = values });
}

const struct ak_artefact ak_windows_recycle_bin = {
    .name = "windows.recycle_bin",
    .title_en = "Recycle Bin $I files",
    .title_ja = "ごみ箱の$Iファイル",
    .spec = "docs/formats/windows.recycle_bin.md",
    .max_size = MAX_BYTES,
    .probe = probe,
    .parse = parse,
};
