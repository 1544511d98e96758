/* pe.c - see pe.h.
 *
 *   "MZ" ... u32 at 0x3C: where "PE\0\0" stands
 *   "PE\0\0"  COFF header (20)  optional header  section table (40 each)
 *
 * Addresses in it ("RVA") are those in memory; the section table says where in the
 * file they are.  Every one of them is looked up and checked by at_rva(). */
#include "format/pe.h"

#include "base/reader.h"
#include "format/pe_parts.h"

enum { COFF_BYTES = 20, SECTION_BYTES = 40, SECTIONS_MAX = 96, DIRECTORIES_MAX = 16 };
enum { MAGIC_32 = 0x10B, MAGIC_64 = 0x20B, IS_DLL = 0x2000 };
enum { DIR_IMPORT = 1, DIR_RESOURCE = 2, DIR_SECURITY = 4, DIR_DEBUG = 6, DIR_DOTNET = 14 };
enum { DEBUG_BYTES = 28, DEBUG_CODEVIEW = 2, DEBUG_REPRO = 16, DEBUG_MAX = 64, RSDS = 0x53445352 };

static const struct {
    uint16_t machine;
    const char *name;
} MACHINES[] = {
    { 0x14C, "x86" },   { 0x8664, "x64" }, { 0xAA64, "arm64" }, { 0x1C0, "arm" },
    { 0x1C4, "armnt" }, { 0x200, "ia64" }, { 0xEBC, "efi" },    { 0x5064, "riscv64" }
};

const char *ak_pe_machine(uint16_t machine)
{
    for (size_t i = 0; i < sizeof(MACHINES) / sizeof(MACHINES[0]); i++)
        if (MACHINES[i].machine == machine)
            return MACHINES[i].name;
    return NULL;
}

void ak_pe_damage(struct ak_pe_file *f, uint64_t at, const char *what)
{
    if (!f->out->damage) {
        f->out->damage = what;
        f->out->damage_at =
            at < f->bytes.n ? at : f->bytes.n; /* what points outside is told at the end */
    }
}

/* Where the loader finds the section: it rounds the offset down to 512. */
static uint64_t raw_start(uint32_t raw) { return raw & ~UINT32_C(0x1FF); }

struct ak_reader ak_pe_at_rva(const struct ak_pe_file *f, uint32_t rva)
{
    struct ak_reader whole = ak_rd_open(f->bytes, 0);
    struct ak_reader table =
        ak_rd_window(&whole, f->sections_at, (uint64_t)f->out->n_sections * SECTION_BYTES);
    for (unsigned i = 0; i < f->out->n_sections; i++) {
        ak_rd_skip(&table, 8);
        uint32_t size = ak_rd_u32le(&table), start = ak_rd_u32le(&table);
        uint32_t raw_size = ak_rd_u32le(&table), raw = ak_rd_u32le(&table);
        ak_rd_skip(&table, 16);
        uint32_t span = raw_size > size ? raw_size : size;
        if (!ak_rd_ok(&table) || rva < start || rva - start >= span)
            continue;
        uint64_t at = raw_start(raw) + (rva - start);
        return ak_rd_window(&whole, at, at < f->bytes.n ? f->bytes.n - at : 1);
    }
    if (rva < f->headers_n) /* the headers themselves lie at the start */
        return ak_rd_window(&whole, rva, rva < f->bytes.n ? f->bytes.n - rva : 1);
    return ak_rd_window(&whole, f->bytes.n, 1); /* nowhere: a reader that has failed */
}

bool ak_pe_is(struct ak_bytes head)
{
    struct ak_reader r = ak_rd_open(head, 0);
    if (ak_rd_u16le(&r) != 0x5A4D)
        return false;
    ak_rd_seek(&r, 0x3C);
    uint32_t at = ak_rd_u32le(&r);
    ak_rd_seek(&r, at);
    return ak_rd_u32le(&r) == 0x4550 && ak_rd_ok(&r);
}

/* ---- headers ---- */

static void read_directories(struct ak_pe_file *f, struct ak_reader *r, uint32_t n)
{
    for (uint32_t i = 0; i < n && i < DIRECTORIES_MAX; i++) {
        f->directories[i].rva = ak_rd_u32le(r);
        f->directories[i].size = ak_rd_u32le(r);
    }
}

/* The optional header, of `size` bytes at the reader. */
static bool read_optional(struct ak_pe_file *f, struct ak_reader *r)
{
    uint16_t magic = ak_rd_u16le(r);
    if (magic != MAGIC_32 && magic != MAGIC_64)
        return false;
    bool wide = magic == MAGIC_64;
    f->out->flags |= wide ? AK_PE_64 : 0;
    ak_rd_seek(r, 60);
    f->headers_n = ak_rd_u32le(r);
    ak_rd_seek(r, 68);
    f->out->subsystem = ak_rd_u16le(r);
    ak_rd_seek(r, wide ? 108 : 92);
    uint32_t n = ak_rd_u32le(r);
    bool ok = ak_rd_ok(r);
    read_directories(f, r, n);
    return ok;
}

static bool read_headers(struct ak_pe_file *f)
{
    struct ak_reader r = ak_rd_open(f->bytes, 0);
    ak_rd_seek(&r, 0x3C);
    uint32_t at = ak_rd_u32le(&r);
    ak_rd_seek(&r, (uint64_t)at + 4);
    f->out->machine = ak_rd_u16le(&r);
    f->out->n_sections = ak_rd_u16le(&r);
    f->out->linked = ak_rd_u32le(&r);
    ak_rd_skip(&r, 8);
    uint16_t optional_n = ak_rd_u16le(&r), traits = ak_rd_u16le(&r);
    if (!ak_rd_ok(&r))
        return false;
    f->out->flags |= traits & IS_DLL ? AK_PE_DLL : 0;
    f->sections_at = r.pos + optional_n;
    struct ak_reader optional = ak_rd_window(&r, r.pos, optional_n);
    if (!ak_rd_ok(&optional)) /* cut short: read what is there */
        optional = ak_rd_window(&r, r.pos, ak_rd_left(&r));
    if (!read_optional(f, &optional))
        ak_pe_damage(f, r.pos, "the optional header of the program makes no sense");
    if (f->out->n_sections > SECTIONS_MAX) {
        ak_pe_damage(f, at, "more sections than Windows loads");
        f->out->n_sections = SECTIONS_MAX;
    }
    return true;
}

/* ---- debug directory ---- */

static void read_codeview(struct ak_pe_file *f, uint32_t at, uint32_t size)
{
    struct ak_reader whole = ak_rd_open(f->bytes, 0), r = ak_rd_window(&whole, at, size);
    if (ak_rd_u32le(&r) != RSDS)
        return;
    ak_rd_skip(&r, 20); /* GUID, age */
    struct ak_bytes path = ak_rd_take(&r, ak_rd_left(&r));
    const uint8_t *end = path.n ? memchr(path.at, 0, path.n) : NULL;
    if (ak_rd_ok(&r) && end)
        f->out->pdb = (struct ak_str){ (const char *)path.at, (size_t)(end - path.at) };
}

static void read_debug(struct ak_pe_file *f)
{
    struct ak_pe_directory d = f->directories[DIR_DEBUG];
    if (!d.rva || d.size < DEBUG_BYTES)
        return;
    struct ak_reader r = ak_pe_at_rva(f, d.rva);
    for (uint32_t i = 0; i < d.size / DEBUG_BYTES && i < DEBUG_MAX; i++) {
        ak_rd_skip(&r, 12);
        uint32_t type = ak_rd_u32le(&r), size = ak_rd_u32le(&r);
        ak_rd_skip(&r, 4);
        uint32_t at = ak_rd_u32le(&r);
        if (!ak_rd_ok(&r)) {
            ak_pe_damage(f, ak_rd_where(&r), "the debug directory of the program lies outside it");
            return;
        }
        if (type == DEBUG_CODEVIEW)
            read_codeview(f, at, size);
        f->out->flags |= type == DEBUG_REPRO ? AK_PE_REPRO : 0;
    }
}

enum ak_status ak_pe_read(struct ak_bytes file, struct ak_pe *out)
{
    struct ak_pe_file f = { .bytes = file, .out = out };
    *out = (struct ak_pe){ .pdb = AK_STR("") };
    if (!ak_pe_is(file) || !read_headers(&f))
        return AK_ERR_CORRUPT;
    out->flags |= f.directories[DIR_SECURITY].size ? AK_PE_SIGNED : 0;
    out->flags |= f.directories[DIR_DOTNET].rva ? AK_PE_DOTNET : 0;
    read_debug(&f);
    if (f.directories[DIR_RESOURCE].rva)
        ak_pe_read_version(&f, f.directories[DIR_RESOURCE].rva);
    if (f.directories[DIR_IMPORT].rva)
        ak_pe_read_imports(&f, f.directories[DIR_IMPORT].rva);
    return AK_OK;
}
