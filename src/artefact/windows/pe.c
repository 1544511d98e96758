/* pe.c - programs of Windows (exe, dll, sys): what they say of themselves.
 *
 * Facts: format/pe.h, docs/formats/windows.pe.md */
#include "format/pe.h"

#include "artefact/artefact.h"
#include "base/digits.h"

enum {
    F_PATH,
    F_SIZE,
    F_ORIGINAL,
    F_INTERNAL,
    F_COMPANY,
    F_PRODUCT,
    F_DESCRIPTION,
    F_FILE_VERSION,
    F_PRODUCT_VERSION,
    F_FIXED_VERSION,
    F_IMPHASH,
    F_MD5,
    F_SHA1,
    F_SHA256,
    F_ARCHITECTURE,
    F_TYPE,
    F_PDB,
    F_SIGNED,
    F_DOTNET,
    F_REPRODUCIBLE,
    N_FIELDS
};

static const struct ak_str NAMES[N_FIELDS] = {
    [F_PATH] = AK_STR_INIT("file.path"),
    [F_SIZE] = AK_STR_INIT("file.size"),
    [F_ORIGINAL] = AK_STR_INIT("file.pe.original_file_name"),
    [F_INTERNAL] = AK_STR_INIT("file.pe.internal_name"),
    [F_COMPANY] = AK_STR_INIT("file.pe.company"),
    [F_PRODUCT] = AK_STR_INIT("file.pe.product"),
    [F_DESCRIPTION] = AK_STR_INIT("file.pe.description"),
    [F_FILE_VERSION] = AK_STR_INIT("file.pe.file_version"),
    [F_PRODUCT_VERSION] = AK_STR_INIT("file.pe.product_version"),
    [F_FIXED_VERSION] = AK_STR_INIT("file.pe.fixed_file_version"),
    [F_IMPHASH] = AK_STR_INIT("file.pe.imphash"),
    [F_MD5] = AK_STR_INIT("file.hash.md5"),
    [F_SHA1] = AK_STR_INIT("file.hash.sha1"),
    [F_SHA256] = AK_STR_INIT("file.hash.sha256"),
    [F_ARCHITECTURE] = AK_STR_INIT("file.pe.architecture"),
    [F_TYPE] = AK_STR_INIT("file.pe.type"),
    [F_PDB] = AK_STR_INIT("file.pe.pdb"),
    [F_SIGNED] = AK_STR_INIT("file.pe.has_certificate"),
    [F_DOTNET] = AK_STR_INIT("file.pe.dotnet"),
    [F_REPRODUCIBLE] = AK_STR_INIT("file.pe.reproducible"),
};

static const struct ak_shape LINKED = { AK_STR_INIT("pe_coff:file"), AK_STR_INIT("Creation Time"),
                                        NAMES, N_FIELDS };

enum { NATIVE = 1 };
#define HASHED_MAX ((size_t)512 << 20)
#define MAX_BYTES ((uint64_t)2 << 30) /* mapped, not held: only its parts are touched */

static enum ak_bid probe(const struct ak_probe *p)
{
    return ak_pe_is(p->head) ? AK_BID_MAGIC : AK_BID_NO;
}

static struct ak_value flag(const struct ak_pe *pe, unsigned flag)
{
    return pe->flags & flag ? ak_val_bool(true) : ak_val_none();
}

static struct ak_str type_of(const struct ak_pe *pe)
{
    if (pe->subsystem == NATIVE)
        return AK_STR("sys");
    return pe->flags & AK_PE_DLL ? AK_STR("dll") : AK_STR("exe");
}

/* "10.0.19041.1"; at most 23 bytes. */
static struct ak_str dotted(const uint16_t parts[4], char *to)
{
    char *end = to;
    for (unsigned i = 0; i < 4; i++) {
        if (i)
            *end++ = '.';
        end = ak_put_dec(end, parts[i]);
    }
    return (struct ak_str){ to, (size_t)(end - to) };
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_pe pe;
    char version[24];
    if (ak_pe_read(ctx->item->bytes, &pe) != AK_OK)
        return ak_damage(ctx, 0, "it begins like a program and is none");
    if (pe.damage)
        ak_damage(ctx, pe.damage_at, pe.damage);
    struct ak_pe_hashes hashes = { 0 };
    if (ctx->item->bytes.n > HASHED_MAX)
        ak_damage(ctx, 0, "the program is larger than what is hashed");
    else if (!ak_pe_hash(ctx->item->bytes, &hashes))
        return AK_ERR_NOMEM;
    const char *machine = ak_pe_machine(pe.machine);
    bool has_version = pe.flags & AK_PE_VERSION;
    struct ak_value values[N_FIELDS] = {
        [F_PATH] = ak_val_str(ctx->item->path),
        [F_SIZE] = ak_val_u64(ctx->item->size),
        [F_ORIGINAL] = ak_val_str16(pe.texts[AK_PE_ORIGINAL_FILE_NAME]),
        [F_INTERNAL] = ak_val_str16(pe.texts[AK_PE_INTERNAL_NAME]),
        [F_COMPANY] = ak_val_str16(pe.texts[AK_PE_COMPANY]),
        [F_PRODUCT] = ak_val_str16(pe.texts[AK_PE_PRODUCT]),
        [F_DESCRIPTION] = ak_val_str16(pe.texts[AK_PE_DESCRIPTION]),
        [F_FILE_VERSION] = ak_val_str16(pe.texts[AK_PE_FILE_VERSION]),
        [F_PRODUCT_VERSION] = ak_val_str16(pe.texts[AK_PE_PRODUCT_VERSION]),
        [F_FIXED_VERSION] =
            has_version ? ak_val_str(dotted(pe.file_version, version)) : ak_val_none(),
        [F_IMPHASH] = ak_val_str(ak_str_of(pe.imphash)),
        [F_MD5] = ak_val_str(ak_str_of(hashes.md5)),
        [F_SHA1] = ak_val_str(ak_str_of(hashes.sha1)),
        [F_SHA256] = ak_val_str(ak_str_of(hashes.sha256)),
        [F_ARCHITECTURE] = ak_val_str(ak_str_of(machine ? machine : "")),
        [F_TYPE] = ak_val_str(type_of(&pe)),
        [F_PDB] = ak_val_str(pe.pdb),
        [F_SIGNED] = flag(&pe, AK_PE_SIGNED),
        [F_DOTNET] = flag(&pe, AK_PE_DOTNET),
        [F_REPRODUCIBLE] = flag(&pe, AK_PE_REPRO),
    };
    struct ak_event e = { .shape = &LINKED, .length = ctx->item->bytes.n, .values = values };
    if (pe.linked && !(pe.flags & AK_PE_REPRO)) /* else it is no time */
        e.when = ak_stamp_unix(pe.linked, 0, AK_PREC_S);
    return ak_emit(ctx, &e);
}

const struct ak_artefact ak_windows_pe = {
    .name = "windows.pe",
    .title_en = "Windows programs (exe, dll, sys)",
    .title_ja = "Windowsの実行ファイル(exe、dll、sys)",
    .spec = "docs/formats/windows.pe.md",
    .max_size = MAX_BYTES,
    .probe = probe,
    .parse = parse,
};
