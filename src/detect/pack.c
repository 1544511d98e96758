/* pack.c - see pack.h. */
#include "detect/pack.h"

#include "base/reader.h"

enum { MAGIC = 0x32524B41 };

static bool ends_in(struct ak_str name, const char *const *endings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ak_str end = ak_str_of(endings[i]);
        if (name.n > end.n &&
            ak_str_eq_fold((struct ak_str){ name.at + name.n - end.n, end.n }, end))
            return true;
    }
    return false;
}

bool ak_pack_is_rules(struct ak_str name)
{
    static const char *const ENDINGS[] = { ".yml", ".yaml" };
    return ends_in(name, ENDINGS, sizeof(ENDINGS) / sizeof(ENDINGS[0]));
}

bool ak_pack_is_archive(struct ak_str name)
{
    static const char *const ENDINGS[] = { ".zip",    ".tar",     ".tgz",     ".tar.gz",
                                           ".tar.xz", ".tar.bz2", ".tar.zst", ".7z" };
    return ends_in(name, ENDINGS, sizeof(ENDINGS) / sizeof(ENDINGS[0]));
}

void ak_pack_begin(struct ak_buf *out, const struct ak_pack_settings *settings, size_t n_files)
{
    ak_buf_u32le(out, MAGIC);
    ak_buf_u8(out, settings->filters_keep);
    ak_buf_varint(out, settings->placeholders_file.n);
    ak_buf_str(out, settings->placeholders_file);
    ak_buf_varint(out, settings->placeholders.n);
    ak_buf_put(out, settings->placeholders.at, settings->placeholders.n);
    ak_buf_varint(out, n_files);
}

void ak_pack_file(struct ak_buf *out, const struct ak_packed_file *f)
{
    ak_buf_u8(out, f->archive);
    ak_buf_varint(out, f->name.n);
    ak_buf_str(out, f->name);
    ak_buf_varint(out, f->bytes.n);
    ak_buf_put(out, f->bytes.at, f->bytes.n);
}

enum ak_status ak_pack_open(struct ak_arena *arena, struct ak_bytes pack,
                            struct ak_pack_settings *out_settings, struct ak_packed_file **out,
                            size_t *out_n)
{
    struct ak_reader r = ak_rd_open(pack, 0);
    uint32_t magic = ak_rd_u32le(&r);
    out_settings->filters_keep = ak_rd_u8(&r) != 0;
    out_settings->placeholders_file = ak_str_bytes(ak_rd_array(&r, ak_rd_varint(&r), 1));
    out_settings->placeholders = ak_rd_array(&r, ak_rd_varint(&r), 1);
    uint64_t n = ak_rd_varint(&r);
    *out_n = 0;
    if (!ak_rd_ok(&r) || magic != MAGIC || n > AK_PACK_FILES_MAX || !ak_rd_has(&r, n, 3))
        return AK_ERR_CORRUPT;
    struct ak_packed_file *files = AK_NEW_N(arena, struct ak_packed_file, (size_t)n + 1);
    if (!files)
        return AK_ERR_LIMIT;
    for (uint64_t i = 0; i < n; i++) {
        files[i].archive = ak_rd_u8(&r) != 0;
        files[i].name = ak_str_bytes(ak_rd_array(&r, ak_rd_varint(&r), 1));
        files[i].bytes = ak_rd_array(&r, ak_rd_varint(&r), 1);
    }
    if (!ak_rd_ok(&r) || ak_rd_left(&r))
        return AK_ERR_CORRUPT;
    *out = files;
    *out_n = (size_t)n;
    return AK_OK;
}
