/* pe_imports.c - what a program imports, as a hash: programs built from the same
 * source have the same.
 *
 *   descriptors of 20 bytes: rva of names, time, chain, rva of the library's name, rva
 *     of addresses; all zero: the end
 *   names: rva of {u16 hint, name}, or the high bit and an ordinal; zero: the end
 *
 * The hash: MD5 of "library.function,…", lower case, without .dll .ocx .sys, in the order
 * of the file (Mandiant, "Tracking Malware with Import Hashing", 2014; ordinals as
 * pefile names them). */
#include "format/pe_parts.h"

#include "base/digits.h"

#include <openssl/evp.h>

enum { LIBRARIES_MAX = 1024, FUNCTIONS_MAX = 16384, NAME_MAX_BYTES = 512 };

struct import_hash {
    EVP_MD_CTX *md5;
    uint64_t n; /* functions */
};

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

static void add(struct import_hash *h, struct ak_str text)
{
    char low[NAME_MAX_BYTES];
    size_t n = text.n < sizeof(low) ? text.n : sizeof(low);
    for (size_t i = 0; i < n; i++)
        low[i] = lower(text.at[i]);
    EVP_DigestUpdate(h->md5, low, n);
}

/* A zero-terminated text at this address; empty when it is none. */
static struct ak_str text_at(const struct ak_pe_file *f, uint32_t rva)
{
    struct ak_reader r = ak_pe_at_rva(f, rva);
    size_t left = ak_rd_left(&r) < NAME_MAX_BYTES ? ak_rd_left(&r) : NAME_MAX_BYTES;
    struct ak_bytes view = ak_rd_take(&r, left);
    const uint8_t *end = view.n ? memchr(view.at, 0, view.n) : NULL;
    return end ? (struct ak_str){ (const char *)view.at, (size_t)(end - view.at) } : AK_STR("");
}

/* The library's name without an ending that says nothing. */
static struct ak_str stem_of(struct ak_str library)
{
    static const char *const ENDINGS[] = { ".dll", ".ocx", ".sys" };
    for (size_t i = 0; i < 3; i++)
        if (library.n > 4 &&
            ak_str_eq_fold((struct ak_str){ library.at + library.n - 4, 4 }, ak_str_of(ENDINGS[i])))
            return (struct ak_str){ library.at, library.n - 4 };
    return library;
}

static void add_function(struct import_hash *h, struct ak_str library, struct ak_str function)
{
    if (h->n++)
        add(h, AK_STR(","));
    add(h, stem_of(library));
    add(h, AK_STR("."));
    add(h, function);
}

static void add_ordinal(struct import_hash *h, struct ak_str library, uint16_t ordinal)
{
    const char *name = ak_pe_ordinal(library, ordinal);
    char text[16] = { 'o', 'r', 'd' };
    char *end = ak_put_dec(text + 3, ordinal);
    add_function(h, library,
                 name ? ak_str_of(name) : (struct ak_str){ text, (size_t)(end - text) });
}

/* The functions of one library. */
static bool add_library(struct ak_pe_file *f, struct import_hash *h, struct ak_str library,
                        uint32_t names)
{
    bool wide = f->out->flags & AK_PE_64;
    struct ak_reader r = ak_pe_at_rva(f, names);
    for (unsigned i = 0; i < FUNCTIONS_MAX; i++) {
        uint64_t v = wide ? ak_rd_u64le(&r) : ak_rd_u32le(&r);
        if (!ak_rd_ok(&r))
            return false;
        if (v == 0)
            return true;
        if (v >> (wide ? 63 : 31)) {
            add_ordinal(h, library, (uint16_t)v);
            continue;
        }
        struct ak_str name = v <= UINT32_MAX - 2 ? text_at(f, (uint32_t)v + 2) : AK_STR("");
        if (name.n == 0)
            return false;
        add_function(h, library, name);
    }
    return false;
}

static bool add_all(struct ak_pe_file *f, struct import_hash *h, uint32_t rva)
{
    struct ak_reader r = ak_pe_at_rva(f, rva);
    for (unsigned i = 0; i < LIBRARIES_MAX; i++) {
        uint32_t names = ak_rd_u32le(&r);
        ak_rd_skip(&r, 8);
        uint32_t name = ak_rd_u32le(&r), addresses = ak_rd_u32le(&r);
        if (!ak_rd_ok(&r))
            return false;
        if (name == 0 && addresses == 0)
            return true;
        struct ak_str library = text_at(f, name);
        if (library.n == 0 || !add_library(f, h, library, names ? names : addresses))
            return false;
    }
    return false;
}

void ak_pe_read_imports(struct ak_pe_file *f, uint32_t rva)
{
    struct import_hash h = { .md5 = EVP_MD_CTX_new() };
    unsigned char md5[EVP_MAX_MD_SIZE];
    if (h.md5 && EVP_DigestInit_ex(h.md5, EVP_md5(), NULL) == 1) {
        bool whole = add_all(f, &h, rva);
        if (!whole) /* a part of the hash is no hash */
            ak_pe_damage(f, ak_pe_at_rva(f, rva).origin,
                         "the imports of the program make no sense");
        if (whole && h.n && EVP_DigestFinal_ex(h.md5, md5, NULL) == 1) {
            for (size_t i = 0; i < 16; i++)
                ak_put_hex_byte(f->out->imphash + 2 * i, md5[i], ak_hex_lower);
            f->out->flags |= AK_PE_IMPORTS;
        }
    }
    EVP_MD_CTX_free(h.md5);
}
