/* pe_version.c - the version resource of a program.
 *
 *   resources: a tree of three levels, type (16: version), name, language
 *     directory: 12 bytes, u16 named, u16 numbered; then 8 bytes an entry:
 *       u32 id, u32 offset from the root (high bit: another directory)
 *     data: u32 rva, u32 size, ...
 *   version: nested blocks, each  u16 length, u16 value length, u16 type,
 *     UTF-16 key, zero, to a multiple of 4, value, to a multiple of 4, blocks
 *     VS_VERSION_INFO{ fixed 52 bytes, StringFileInfo{ LANGCODE{ name: text … } } … }
 */
#include "format/pe_parts.h"

enum { TYPE_VERSION = 16, ENTRIES_MAX = 4096, BLOCKS_MAX = 512 };
#define FIXED_MAGIC UINT32_C(0xFEEF04BD)

/* One directory: the offset of the entry with this id, of the first when id is 0; 0 when
 * there is none. */
static uint32_t find_entry(struct ak_reader root, uint32_t at, uint32_t id)
{
    ak_rd_seek(&root, at);
    ak_rd_skip(&root, 12);
    uint32_t named = ak_rd_u16le(&root), numbered = ak_rd_u16le(&root);
    for (uint32_t i = 0; i < named + numbered && i < ENTRIES_MAX && ak_rd_ok(&root); i++) {
        uint32_t this = ak_rd_u32le(&root), offset = ak_rd_u32le(&root);
        if (ak_rd_ok(&root) && (id == 0 || this == id))
            return offset;
    }
    return 0;
}

/* The data of the first version resource; a reader that has failed when there is none. */
static struct ak_reader version_data(struct ak_pe_file *f, uint32_t rva)
{
    static const uint32_t HIGH = UINT32_C(1) << 31;
    struct ak_reader root = ak_pe_at_rva(f, rva), none = ak_rd_window(&root, root.in.n, 1);
    uint32_t at = find_entry(root, 0, TYPE_VERSION);
    for (unsigned level = 0; level < 2 && (at & HIGH); level++)
        at = find_entry(root, at & ~HIGH, 0);
    if (!ak_rd_ok(&root))
        ak_pe_damage(f, ak_rd_where(&root), "the resources of the program lie outside it");
    if (at == 0 || (at & HIGH))
        return none;
    ak_rd_seek(&root, at);
    uint32_t data = ak_rd_u32le(&root), size = ak_rd_u32le(&root);
    struct ak_reader there = ak_pe_at_rva(f, data);
    struct ak_reader out = ak_rd_window(&there, 0, size);
    if (!ak_rd_ok(&root) || !ak_rd_ok(&out)) {
        ak_pe_damage(f, root.origin + at, "the version resource of the program lies outside it");
        return none;
    }
    return out;
}

/* A block being read. */
struct block {
    struct ak_bytes key, value; /* value: in bytes, whatever the block counts in */
    struct ak_reader inside;    /* the blocks behind the value */
};

static void align4(struct ak_reader *r)
{
    ak_rd_skip(r, ak_rd_left(r) < (0 - r->pos) % 4 ? ak_rd_left(r) : (0 - r->pos) % 4);
}

/* The block at the reader, which goes behind it; false when none is there. */
static bool take_block(struct ak_reader *r, struct block *out)
{
    align4(r);
    size_t start = r->pos;
    uint16_t length = ak_rd_u16le(r), value_n = ak_rd_u16le(r), type = ak_rd_u16le(r);
    if (!ak_rd_ok(r) || length < 6)
        return false;
    /* Some compilers count a text without its zero: a block may end with its parent. */
    size_t n = length <= r->in.n - start ? length : r->in.n - start;
    struct ak_reader b = ak_rd_open((struct ak_bytes){ r->in.at, start + n }, r->origin);
    ak_rd_seek(&b, start + 6);
    size_t key_at = b.pos;
    while (ak_rd_ok(&b) && ak_rd_u16le(&b) != 0)
        ;
    if (!ak_rd_ok(&b))
        return false;
    struct ak_reader key = ak_rd_window(&b, key_at, b.pos - 2 - key_at);
    out->key = key.in;
    align4(&b);
    size_t bytes = type == 1 ? (size_t)value_n * 2 : value_n;
    out->value = ak_rd_take(&b, bytes <= ak_rd_left(&b) ? bytes : ak_rd_left(&b) & ~(size_t)1);
    out->inside = b;
    ak_rd_seek(r, start + n);
    return n > 0;
}

static bool key_is(struct ak_bytes key, const char *name)
{
    size_t n = strlen(name);
    if (key.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (key.at[2 * i] != (uint8_t)name[i] || key.at[2 * i + 1] != 0)
            return false;
    return true;
}

static const char *const TEXT_NAMES[AK_PE_TEXTS] = {
    [AK_PE_ORIGINAL_FILE_NAME] = "OriginalFilename",
    [AK_PE_INTERNAL_NAME] = "InternalName",
    [AK_PE_COMPANY] = "CompanyName",
    [AK_PE_PRODUCT] = "ProductName",
    [AK_PE_DESCRIPTION] = "FileDescription",
    [AK_PE_FILE_VERSION] = "FileVersion",
    [AK_PE_PRODUCT_VERSION] = "ProductVersion",
};

static struct ak_bytes until_zero(struct ak_bytes text)
{
    size_t n = 0;
    while (n + 1 < text.n && (text.at[n] || text.at[n + 1]))
        n += 2;
    return (struct ak_bytes){ text.at, n };
}

/* A table of texts in one language; the first that has a text gives it. */
static void take_texts(struct ak_pe *out, struct ak_reader *table)
{
    struct block text;
    for (unsigned i = 0; i < BLOCKS_MAX && take_block(table, &text); i++)
        for (unsigned k = 0; k < AK_PE_TEXTS; k++)
            if (out->texts[k].n == 0 && key_is(text.key, TEXT_NAMES[k]))
                out->texts[k] = until_zero(text.value);
}

static void take_fixed(struct ak_pe *out, struct ak_bytes fixed)
{
    struct ak_reader r = ak_rd_open(fixed, 0);
    if (ak_rd_u32le(&r) != FIXED_MAGIC)
        return;
    ak_rd_skip(&r, 4);
    uint32_t high = ak_rd_u32le(&r), low = ak_rd_u32le(&r);
    if (!ak_rd_ok(&r))
        return;
    const uint16_t parts[4] = { (uint16_t)(high >> 16), (uint16_t)high, (uint16_t)(low >> 16),
                                (uint16_t)low };
    memcpy(out->file_version, parts, sizeof(parts));
}

void ak_pe_read_version(struct ak_pe_file *f, uint32_t rva)
{
    struct ak_reader r = version_data(f, rva);
    struct block info, part, table;
    if (!ak_rd_ok(&r))
        return;
    if (!take_block(&r, &info) || !key_is(info.key, "VS_VERSION_INFO")) {
        ak_pe_damage(f, r.origin, "the version resource of the program makes no sense");
        return;
    }
    f->out->flags |= AK_PE_VERSION;
    take_fixed(f->out, info.value);
    for (unsigned i = 0; i < BLOCKS_MAX && take_block(&info.inside, &part); i++)
        for (unsigned k = 0; key_is(part.key, "StringFileInfo") && k < BLOCKS_MAX &&
                             take_block(&part.inside, &table);
             k++)
            take_texts(f->out, &table.inside);
}
