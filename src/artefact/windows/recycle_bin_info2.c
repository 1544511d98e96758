/* recycle_bin_info2.c - the Recycle Bin's index before Windows Vista
 * (X:\RECYCLED\INFO, INFO2 on FAT; X:\RECYCLER\SID\INFO, INFO2 on NTFS).
 *
 * One file holds a record per deleted file.  When a file is restored, or the
 * bin emptied, the record stays: only the first byte of its path is zeroed.
 *
 *   offset  size  what
 *        0     4  version: 0 (95), 2 (NT 4), 4 (95 with IE 4, 98), 5 (ME, 2000, XP, 2003)
 *        4     8  counts (95 and NT 4 only)
 *       12     4  bytes in a record: 280 (95, 98, ME) or 800
 *       16     4  total size of the files (not always)
 *       20        records:
 *        0   260  path, in the machine's code page; behind its zero lies what was in memory
 *      260     4  record number
 *      264     4  drive: 0 = A; 26 = a network path
 *      268     8  time of deletion, FILETIME (UTC)
 *      276     4  size on disk, bytes (whole clusters)
 *      280   520  path, UTF-16LE (800 only)
 *
 * Facts and their sources: docs/formats/windows.recycle_bin.md
 */
#include "artefact/artefact.h"
#include "base/encoding.h"
#include "base/utf.h"

enum {
    HEADER_BYTES = 20,
    ANSI_BYTES = 260,
    SHORT_RECORD = 280,
    LONG_RECORD = 800,
    NETWORK = 26, /* the drive of a network path */
    MAX_BYTES = 64 * 1024 * 1024,
};

enum { F_PATH, F_SIZE, F_INDEX, F_DRIVE, F_GONE, F_ANSI, F_ANSI_BYTES, F_VERSION, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_PATH] = AK_STR_INIT("file.path"),
    [F_SIZE] = AK_STR_INIT("file.size"),
    [F_INDEX] = AK_STR_INIT("recycle_bin.record_index"),
    [F_DRIVE] = AK_STR_INIT("recycle_bin.drive_number"),
    [F_GONE] = AK_STR_INIT("recycle_bin.gone"),
    [F_ANSI] = AK_STR_INIT("recycle_bin.path_ansi"),
    [F_ANSI_BYTES] = AK_STR_INIT("recycle_bin.path_ansi_bytes"),
    [F_VERSION] = AK_STR_INIT("recycle_bin.version"),
};

static const struct ak_shape DELETED = {
    .data_type = AK_STR_INIT("windows:metadata:deleted_item"),
    .time_desc = AK_STR_INIT("Content Deletion Time"),
    .names = NAMES,
    .n = N_FIELDS,
};

static bool is_version(uint32_t version)
{
    return version == 0 || version == 2 || version == 4 || version == 5;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    struct ak_str name = ak_str_basename(p->path);
    if (p->head.n < HEADER_BYTES || !is_version(ak_load_u32le(p->head.at)))
        return AK_BID_NO;
    uint32_t record = ak_load_u32le(p->head.at + 12);
    if ((record != SHORT_RECORD && record != LONG_RECORD) || (p->size - HEADER_BYTES) % record != 0)
        return AK_BID_NO;
    bool named = ak_str_eq_fold(name, AK_STR("INFO2")) || ak_str_eq_fold(name, AK_STR("INFO"));
    return named ? AK_BID_SURE : p->size > HEADER_BYTES ? AK_BID_LIKELY : AK_BID_NO;
}

/* The path in the code page, up to its zero.  *out_gone when its first byte was
 * zeroed: that byte is put back from the drive's number ('\' of a network path,
 * '?' when there is no such drive). */
static struct ak_bytes ansi_path(struct ak_ctx *ctx, struct ak_bytes field, uint32_t drive,
                                 bool *out_gone)
{
    *out_gone = field.n > 1 && field.at[0] == 0 && field.at[1] != 0;
    struct ak_bytes rest = { field.at + *out_gone, field.n - *out_gone };
    const uint8_t *zero = rest.n ? memchr(rest.at, 0, rest.n) : NULL;
    rest.n = zero ? (size_t)(zero - rest.at) : rest.n;
    if (!*out_gone)
        return rest;
    uint8_t *whole = AK_NEW_N(ctx->arena, uint8_t, rest.n + 1);
    if (!whole)
        return rest;
    whole[0] = drive < NETWORK ? (uint8_t)('A' + drive) : drive == NETWORK ? '\\' : '?';
    memcpy(whole + 1, rest.at, rest.n);
    return (struct ak_bytes){ whole, rest.n + 1 };
}

static bool is_ascii(struct ak_bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.at[i] > 0x7F)
            return false;
    return true;
}

/* The two paths.  The second has the long name; the first may hold only the
 * short one ("PROGRA~1").  Without the second, bytes above ASCII are kept as
 * well: the code page of the machine is not in the file. */
static enum ak_status put_paths(struct ak_ctx *ctx, struct ak_bytes ansi, struct ak_bytes utf16,
                                struct ak_value *values)
{
    struct ak_str text, wide;
    enum ak_status st = ak_encoding_utf8(ctx->arena, ansi, &text);
    if (st != AK_OK)
        return st;
    st = ak_utf16le(ctx->arena, ak_utf16_until_nul(utf16), &wide);
    if (st != AK_OK)
        return st;
    values[F_PATH] = ak_val_str(wide.n ? wide : text);
    if (wide.n && !ak_str_eq(wide, text))
        values[F_ANSI] = ak_val_str(text);
    if (!is_ascii(ansi))
        values[F_ANSI_BYTES] = ak_val_bytes(ansi);
    return AK_OK;
}

static enum ak_status take_record(struct ak_ctx *ctx, struct ak_reader *r, uint32_t version)
{
    uint64_t at = ak_rd_where(r);
    struct ak_bytes ansi = ak_rd_take(r, ak_rd_left(r) < ANSI_BYTES ? ak_rd_left(r) : ANSI_BYTES);
    uint32_t index = ak_rd_u32le(r), drive = ak_rd_u32le(r);
    uint64_t deleted = ak_rd_u64le(r);
    uint32_t size = ak_rd_u32le(r);
    bool cut = !ak_rd_ok(r);
    if (cut) /* the path, or what is left of it, is still told */
        ak_damage(ctx, at, "the file ends in the middle of a record");
    struct ak_bytes utf16 = { r->in.at + r->pos, cut ? 0 : ak_rd_left(r) };
    bool gone = false;
    struct ak_value values[N_FIELDS] = {
        [F_SIZE] = ak_val_u64(size),
        [F_INDEX] = ak_val_u64(index),
        [F_DRIVE] = ak_val_u64(drive),
        [F_VERSION] = ak_val_u64(version),
    };
    if (cut)
        memset(values, 0, sizeof(values));
    struct ak_bytes path = ansi_path(ctx, ansi, cut ? UINT32_MAX : drive, &gone);
    if (!cut)
        values[F_GONE] = ak_val_bool(gone);
    enum ak_status st = put_paths(ctx, path, utf16, values);
    if (st != AK_OK)
        return st;
    return ak_emit(ctx, &(struct ak_event){ .shape = &DELETED,
                                            .when = ak_stamp_filetime(cut ? 0 : deleted),
                                            .offset = at,
                                            .length = r->in.n,
                                            .values = values });
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_reader r = ak_rd_open(ctx->item->bytes, 0);
    uint32_t version = ak_rd_u32le(&r);
    ak_rd_skip(&r, 8);
    uint32_t record = ak_rd_u32le(&r);
    ak_rd_skip(&r, 4);
    if (!ak_rd_ok(&r))
        return ak_damage(ctx, 0, "shorter than its header");
    if (!is_version(version))
        return ak_damage(ctx, 0, "unknown version");
    if (record != SHORT_RECORD && record != LONG_RECORD)
        return ak_damage(ctx, 12, "records of a size no version of Windows writes");
    enum ak_status worst = AK_OK;
    while (ak_rd_left(&r) > 0) {
        size_t n = ak_rd_left(&r) < record ? ak_rd_left(&r) : record;
        struct ak_reader one = ak_rd_window(&r, r.pos, n);
        if (n < record && n >= SHORT_RECORD) /* the second path is cut: the first still names it */
            ak_damage(ctx, ak_rd_where(&r), "the file ends in the middle of a record");
        enum ak_status st = take_record(ctx, &one, version);
        if (st != AK_OK)
            return st;
        worst = n < record ? AK_ERR_CORRUPT : AK_OK;
        ak_rd_skip(&r, n);
    }
    return worst;
}

const struct ak_artefact ak_windows_recycle_bin_info2 = {
    .name = "windows.recycle_bin_info2",
    .title_en = "Recycle Bin index before Windows Vista (INFO, INFO2)",
    .title_ja = "Windows Vistaより前のごみ箱の索引（INFO、INFO2）",
    .spec = "docs/formats/windows.recycle_bin.md",
    .max_size = MAX_BYTES,
    .probe = probe,
    .parse = parse,
};
