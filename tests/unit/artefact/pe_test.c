/* pe_test.c - a program tells who made it, and one made to mislead does no harm. */
#include "tests/support/bytes_build.h"
#include "tests/support/capture.h"
#include "tests/support/story.h"

extern const struct ak_artefact ak_windows_pe;

/* A program of one section, in the file at 0x200, in memory at 0x1000. */
enum { SECTION_AT = 0x200, SECTION_RVA = 0x1000, LINKED = 1700000000, OPTIONAL_BYTES = 240 };

static const char PDB[] = "C:\\src\\a.pdb";

/* Where its parts begin in the file. */
struct program {
    struct build b;
    size_t imports_entry, resources_entry, debug_entry; /* their directory entries */
    size_t version;                                     /* the version resource */
};

static uint32_t rva_here(const struct build *b)
{
    return (uint32_t)(b->n - SECTION_AT + SECTION_RVA);
}

static void fill_to(struct build *b, size_t at)
{
    while (b->n < at)
        put_le(b, 0, 1);
}

static void set_u32(struct build *b, size_t at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        b->bytes[at + i] = (uint8_t)(v >> 8 * i);
}

static void put_text(struct build *b, const char *text)
{
    for (; *text; text++)
        put_le(b, (unsigned char)*text, 1);
    put_le(b, 0, 1);
}

static void put_headers(struct program *p)
{
    struct build *b = &p->b;
    put_text(b, "MZ");
    fill_to(b, 0x3C);
    put_u32(b, 0x40);
    put_u32(b, 0x4550);
    put_u16(b, 0x8664);
    put_u16(b, 1); /* sections */
    put_u32(b, LINKED);
    put_u64(b, 0);
    put_u16(b, OPTIONAL_BYTES);
    put_u16(b, 0x2022); /* a dll */
    size_t optional = b->n;
    put_u16(b, 0x20B);
    fill_to(b, optional + 60);
    put_u32(b, SECTION_AT); /* bytes of the headers */
    fill_to(b, optional + 68);
    put_u16(b, 3); /* console */
    fill_to(b, optional + 108);
    put_u32(b, 16); /* directories */
    p->imports_entry = b->n + 1 * 8;
    p->resources_entry = b->n + 2 * 8;
    p->debug_entry = b->n + 6 * 8;
    fill_to(b, optional + OPTIONAL_BYTES);
    put_text(b, ".all\0\0\0");
    fill_to(b, optional + OPTIONAL_BYTES + 8);
    put_u32(b, 0xC00); /* in memory */
    put_u32(b, SECTION_RVA);
    put_u32(b, 0xC00); /* in the file */
    put_u32(b, SECTION_AT);
    fill_to(b, SECTION_AT);
}

/* Three libraries: one by name, one by a known ordinal, one by an unknown one. */
static void put_imports(struct program *p)
{
    struct build *b = &p->b;
    static const char *const LIBRARIES[] = { "KERNEL32.dll", "WS2_32.dll", "foo.ocx" };
    uint32_t names[3], libraries[3];
    uint32_t by_name = rva_here(b);
    put_u16(b, 7);
    put_text(b, "CreateFileW");
    for (unsigned i = 0; i < 3; i++) {
        libraries[i] = rva_here(b);
        put_text(b, LIBRARIES[i]);
    }
    fill_to(b, (b->n + 7) & ~(size_t)7);
    const uint64_t thunks[3] = { by_name, UINT64_C(0x8000000000000004),
                                 UINT64_C(0x8000000000000063) };
    for (unsigned i = 0; i < 3; i++) {
        names[i] = rva_here(b);
        put_u64(b, thunks[i]);
        put_u64(b, 0);
    }
    set_u32(b, p->imports_entry, rva_here(b));
    for (unsigned i = 0; i < 3; i++) {
        put_u32(b, i == 2 ? 0 : names[i]);
        put_u64(b, 0);
        put_u32(b, libraries[i]);
        put_u32(b, names[i]);
    }
    for (unsigned i = 0; i < 5; i++)
        put_u32(b, 0);
}

static void align4_from(struct build *b, size_t start)
{
    while ((b->n - start) % 4)
        put_le(b, 0, 1);
}

/* The head of a block: its length is set by end_block(). */
static size_t put_block(struct build *b, size_t start, uint16_t value_n, uint16_t type,
                        const char *key)
{
    align4_from(b, start);
    size_t at = b->n;
    put_u16(b, 0);
    put_u16(b, value_n);
    put_u16(b, type);
    put_ascii16(b, key);
    put_u16(b, 0);
    align4_from(b, start);
    return at;
}

static void end_block(struct build *b, size_t at)
{
    b->bytes[at] = (uint8_t)(b->n - at);
    b->bytes[at + 1] = (uint8_t)((b->n - at) >> 8);
}

static void put_string(struct build *b, size_t start, const char *name, const char *text)
{
    size_t at = put_block(b, start, (uint16_t)(strlen(text) + 1), 1, name);
    put_ascii16(b, text);
    put_u16(b, 0);
    end_block(b, at);
}

static void put_version(struct build *b)
{
    size_t start = b->n, info = put_block(b, start, 52, 0, "VS_VERSION_INFO");
    put_u32(b, 0xFEEF04BD);
    put_u32(b, 0x10000);
    put_u32(b, 10 << 16 | 2);
    put_u32(b, 19041 << 16 | 5);
    fill_to(b, b->n + 36);
    size_t strings = put_block(b, start, 0, 1, "StringFileInfo"),
           table = put_block(b, start, 0, 1, "040904B0");
    put_string(b, start, "CompanyName", "Example Corp");
    put_string(b, start, "FileDescription", "A tool");
    put_string(b, start, "OriginalFilename", "tool.dll");
    put_string(b, start, "Whatever", "x");
    put_string(b, start, "FileVersion", "10.2");
    end_block(b, table);
    end_block(b, strings);
    end_block(b, info);
}

static void put_resource_directory(struct build *b, uint32_t id, uint32_t offset)
{
    put_u64(b, 0);
    put_u32(b, 0);
    put_u16(b, 0);
    put_u16(b, 1);
    put_u32(b, id);
    put_u32(b, offset);
}

static void put_resources(struct program *p)
{
    struct build *b = &p->b;
    fill_to(b, (b->n + 7) & ~(size_t)7);
    set_u32(b, p->resources_entry, rva_here(b));
    put_resource_directory(b, 16, UINT32_C(0x80000000) | 24);
    put_resource_directory(b, 1, UINT32_C(0x80000000) | 48);
    put_resource_directory(b, 1033, 72);
    size_t data = b->n;
    put_u64(b, 0);
    put_u64(b, 0);
    p->version = b->n;
    set_u32(b, data, rva_here(b));
    put_version(b);
    set_u32(b, data + 4, (uint32_t)(b->n - p->version));
}

static void put_debug(struct program *p, uint32_t type)
{
    struct build *b = &p->b;
    fill_to(b, (b->n + 3) & ~(size_t)3);
    set_u32(b, p->debug_entry, rva_here(b));
    set_u32(b, p->debug_entry + 4, 28);
    put_u64(b, 0);
    put_u32(b, 0);
    put_u32(b, type);
    put_u32(b, 4 + 20 + sizeof(PDB));
    put_u32(b, 0);
    put_u32(b, (uint32_t)b->n + 4);
    put_u32(b, 0x53445352);
    fill_to(b, b->n + 20);
    put_text(b, PDB);
}

static struct program program(uint32_t debug_type)
{
    struct program p = { .b = { .n = 0 } };
    put_headers(&p);
    put_imports(&p);
    put_resources(&p);
    put_debug(&p, debug_type);
    fill_to(&p.b, SECTION_AT + 0xC00);
    return p;
}

/* Seeds for the fuzz harness, written by this test when it is given a folder. */
static void write_seed(const char *folder)
{
    char path[1024];
    struct program p = program(2);
    snprintf(path, sizeof(path), "%s/program", folder);
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(p.b.bytes, 1, p.b.n, f);
        fclose(f);
    }
}

int main(int argc, char **argv)
{
    struct capture c = { .path = "Windows/System32/evil.dll" };
    if (argc > 1)
        write_seed(argv[1]);

    TEST ("a program tells who made it, what it was called, when it was linked, what it imports") {
        struct program p = program(2);
        capture_run(&c, &ak_windows_pe, built(&p.b));
        CHECK(c.status == AK_OK && c.n_events == 1 && c.n_damage == 0);
        CHECK(capture_has(&c, 0, "datetime", "\"2023-11-14T22:13:20Z\""));
        CHECK(capture_has(&c, 0, "file.path", "\"Windows/System32/evil.dll\""));
        CHECK(capture_has(&c, 0, "file.pe.original_file_name", "\"tool.dll\""));
        CHECK(capture_has(&c, 0, "file.pe.company", "\"Example Corp\""));
        CHECK(capture_has(&c, 0, "file.pe.description", "\"A tool\""));
        CHECK(capture_has(&c, 0, "file.pe.file_version", "\"10.2\""));
        CHECK(capture_has(&c, 0, "file.pe.fixed_file_version", "\"10.2.19041.5\""));
        CHECK(capture_has(&c, 0, "file.pe.imphash", "\"c329619b09c6cf291895c55b47bef38d\""));
        CHECK(capture_has(&c, 0, "file.pe.pdb", "\"C:\\\\src\\\\a.pdb\""));
        CHECK(capture_has(&c, 0, "file.pe.architecture", "\"x64\""));
        CHECK(capture_has(&c, 0, "file.pe.type", "\"dll\""));
        CHECK(!capture_has(&c, 0, "file.pe.product", "\"\""));
        capture_free(&c);
    }

    TEST ("a program linked reproducibly has a hash where others have a time: none is made of it") {
        struct program p = program(16);
        capture_run(&c, &ak_windows_pe, built(&p.b));
        CHECK(c.n_events == 1 && !ak_stamp_is_set(c.when[0]));
        CHECK(capture_has(&c, 0, "file.pe.reproducible", "true"));
        capture_free(&c);
    }

    TEST ("cut short anywhere it is read as far as it goes") {
        struct program p = program(2);
        for (size_t n = 0; n < p.b.n; n += n < 0x210 ? 1 : 7) {
            capture_run(&c, &ak_windows_pe, (struct ak_bytes){ p.b.bytes, n });
            CHECK(n < 0x58 ? c.n_events == 0 && c.n_damage == 1 : c.n_events == 1);
            capture_free(&c);
        }
    }

    TEST ("any one byte wrong is no crash, and what is right still stands") {
        for (size_t at = 0x40; at < SECTION_AT + 0x300; at++) {
            struct program p = program(2);
            p.b.bytes[at] ^= 0xFF;
            capture_run(&c, &ak_windows_pe, built(&p.b));
            CHECK(c.n_events == (at >= 0x44));
            capture_free(&c);
        }
    }

    TEST ("resources that point at themselves end, and are told") {
        struct program p = program(2);
        size_t root = p.version - 16 - 72;
        set_u32(&p.b, root + 20, UINT32_C(0x80000000)); /* the type leads back to the root */
        capture_run(&c, &ak_windows_pe, built(&p.b));
        CHECK(c.n_events == 1 && !capture_has(&c, 0, "file.pe.company", "\"Example Corp\""));
        capture_free(&c);
    }

    TEST ("of imports that break off no hash is made") {
        struct program p = program(2);
        set_u32(&p.b, p.imports_entry, SECTION_RVA + 0xBF0);
        capture_run(&c, &ak_windows_pe, built(&p.b));
        CHECK(c.n_events == 1 && c.n_damage == 1);
        capture_free(&c);
        p = program(2);
        set_u32(&p.b, p.imports_entry, 0x7FFFFFFF);
        capture_run(&c, &ak_windows_pe, built(&p.b));
        CHECK(c.n_events == 1 && c.n_damage == 1 && strstr(c.damage[0], "imports"));
        capture_free(&c);
    }

    TEST ("what only begins with MZ is none") {
        struct ak_probe probe = { AK_STR("a.exe"), { (const uint8_t *)"MZ\0\0", 4 }, 4 };
        CHECK(ak_windows_pe.probe(&probe) == AK_BID_NO);
        struct program p = program(2);
        probe = (struct ak_probe){ AK_STR("a.txt"), built(&p.b), p.b.n };
        CHECK(ak_windows_pe.probe(&probe) == AK_BID_MAGIC);
    }

    return story_report();
}
