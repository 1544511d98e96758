/* pe_writer.c - see pe_writer.h.  Layout: docs/formats/windows.pe.md */
#include "tests/support/pe_writer.h"

enum {
    SECTION_AT = 0x200,
    SECTION_RVA = 0x1000,
    OPTIONAL_BYTES = 240,
    LINKED = 1700000000,
    DIRECTORY_BYTES = 24,
};
#define SUBDIRECTORY UINT32_C(0x80000000)

static void u16(struct ak_buf *b, unsigned v)
{
    ak_buf_u8(b, (uint8_t)v);
    ak_buf_u8(b, (uint8_t)(v >> 8));
}

static void fill_to(struct ak_buf *b, size_t at)
{
    while (b->n < at && !b->failed)
        ak_buf_u8(b, 0);
}

static void set_u32(struct ak_buf *b, size_t at, uint32_t v)
{
    for (unsigned i = 0; i < 4 && !b->failed; i++)
        b->at[at + i] = (uint8_t)(v >> 8 * i);
}

static void set_u16(struct ak_buf *b, size_t at, size_t v)
{
    for (unsigned i = 0; i < 2 && !b->failed; i++)
        b->at[at + i] = (uint8_t)(v >> 8 * i);
}

static void text16(struct ak_buf *b, const char *ascii)
{
    for (; *ascii; ascii++)
        u16(b, (unsigned char)*ascii);
    u16(b, 0);
}

/* Up to the section; where the directory entry of resources is. */
static size_t put_headers(struct ak_buf *b)
{
    ak_buf_text(b, "MZ");
    fill_to(b, 0x3C);
    ak_buf_u32le(b, 0x40);
    ak_buf_u32le(b, 0x4550);
    u16(b, 0x8664);
    u16(b, 1); /* sections */
    ak_buf_u32le(b, LINKED);
    ak_buf_u64le(b, 0);
    u16(b, OPTIONAL_BYTES);
    u16(b, 0x22);
    size_t optional = b->n;
    u16(b, 0x20B);
    fill_to(b, optional + 60);
    ak_buf_u32le(b, SECTION_AT); /* bytes of the headers */
    fill_to(b, optional + 68);
    u16(b, 3); /* console */
    fill_to(b, optional + 108);
    ak_buf_u32le(b, 16); /* directories */
    size_t resources = b->n + 2 * 8;
    fill_to(b, optional + OPTIONAL_BYTES);
    ak_buf_text(b, ".rsrc");
    fill_to(b, optional + OPTIONAL_BYTES + 8);
    for (unsigned i = 0; i < 2; i++) { /* in memory, in the file */
        ak_buf_u32le(b, 0x1000);
        ak_buf_u32le(b, i ? SECTION_AT : SECTION_RVA);
    }
    fill_to(b, SECTION_AT);
    return resources;
}

static void align4(struct ak_buf *b, size_t start)
{
    while ((b->n - start) % 4 && !b->failed)
        ak_buf_u8(b, 0);
}

/* The head of a block; its length is set by end_block(). */
static size_t begin_block(struct ak_buf *b, size_t start, size_t value_n, unsigned type,
                          const char *key)
{
    align4(b, start);
    size_t at = b->n;
    u16(b, 0);
    u16(b, (unsigned)value_n);
    u16(b, type);
    text16(b, key);
    align4(b, start);
    return at;
}

static void end_block(struct ak_buf *b, size_t at) { set_u16(b, at, b->n - at); }

static void put_string(struct ak_buf *b, size_t start, const char *name, const char *text)
{
    if (!text)
        return;
    size_t at = begin_block(b, start, strlen(text) + 1, 1, name);
    text16(b, text);
    end_block(b, at);
}

static void put_version(struct ak_buf *b, const struct pew_program *p)
{
    size_t start = b->n, info = begin_block(b, start, 52, 0, "VS_VERSION_INFO");
    ak_buf_u32le(b, 0xFEEF04BD);
    ak_buf_u32le(b, 0x10000);
    fill_to(b, b->n + 44);
    size_t strings = begin_block(b, start, 0, 1, "StringFileInfo");
    size_t table = begin_block(b, start, 0, 1, "040904B0");
    put_string(b, start, "CompanyName", p->company);
    put_string(b, start, "FileDescription", p->description);
    put_string(b, start, "FileVersion", p->file_version);
    put_string(b, start, "OriginalFilename", p->original_file_name);
    put_string(b, start, "ProductName", p->product);
    end_block(b, table);
    end_block(b, strings);
    end_block(b, info);
}

static void put_directory(struct ak_buf *b, uint32_t id, uint32_t offset)
{
    ak_buf_u64le(b, 0);
    ak_buf_u32le(b, 0);
    u16(b, 0);
    u16(b, 1);
    ak_buf_u32le(b, id);
    ak_buf_u32le(b, offset);
}

static uint32_t rva(size_t at) { return (uint32_t)(at - SECTION_AT + SECTION_RVA); }

void pew_put(struct ak_buf *out, const struct pew_program *p)
{
    struct ak_buf b = { 0 };
    size_t resources = put_headers(&b);
    if (!p->no_version) {
        set_u32(&b, resources, rva(b.n));
        put_directory(&b, 16, SUBDIRECTORY | DIRECTORY_BYTES);
        put_directory(&b, 1, SUBDIRECTORY | 2 * DIRECTORY_BYTES);
        put_directory(&b, 1033, 3 * DIRECTORY_BYTES);
        size_t data = b.n;
        ak_buf_u64le(&b, 0);
        ak_buf_u64le(&b, 0);
        size_t version = b.n;
        put_version(&b, p);
        set_u32(&b, data, rva(version));
        set_u32(&b, data + 4, (uint32_t)(b.n - version));
        set_u32(&b, resources + 4, (uint32_t)(b.n - SECTION_AT));
    }
    fill_to(&b, SECTION_AT + 0x1000);
    fill_to(&b, p->bytes);
    out->failed |= b.failed;
    ak_buf_put(out, b.at, b.failed ? 0 : b.n);
    ak_buf_free(&b);
}
