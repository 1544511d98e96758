/* pe.h - what a Windows program says of itself: PE files (exe, dll, sys).
 *
 * Only what investigations ask for: when it was linked, its version resource, what
 * it imports as a hash, the path of its symbols.  Reads views on the file, builds
 * nothing but the hash.
 *
 * Facts: Microsoft, "PE Format"; "VS_VERSIONINFO structure".  docs/formats/windows.pe.md */
#ifndef AK_FORMAT_PE_H
#define AK_FORMAT_PE_H

#include "base/bytes.h"
#include "base/status.h"

enum ak_pe_flag {
    AK_PE_64 = 1 << 0, /* PE32+ */
    AK_PE_DLL = 1 << 1,
    AK_PE_SIGNED = 1 << 2, /* has a certificate table: nothing is said of its being valid */
    AK_PE_DOTNET = 1 << 3,
    AK_PE_VERSION = 1 << 4, /* a version resource was read */
    AK_PE_IMPORTS = 1 << 5, /* imphash is set */
    AK_PE_REPRO = 1 << 6,   /* linked reproducibly: `linked` is a hash, no time */
};

/* Texts of the version resource, UTF-16LE as recorded, without their zero. */
enum ak_pe_text {
    AK_PE_ORIGINAL_FILE_NAME,
    AK_PE_INTERNAL_NAME,
    AK_PE_COMPANY,
    AK_PE_PRODUCT,
    AK_PE_DESCRIPTION,
    AK_PE_FILE_VERSION,
    AK_PE_PRODUCT_VERSION,
    AK_PE_TEXTS
};

struct ak_pe {
    uint16_t machine, subsystem, n_sections;
    unsigned flags;
    uint32_t linked;                    /* seconds since 1970 UTC, or what stands there instead */
    struct ak_bytes texts[AK_PE_TEXTS]; /* empty: not there */
    uint16_t file_version[4];           /* of the fixed part */
    struct ak_str pdb;                  /* path of the symbols, as recorded */
    char imphash[33];                   /* MD5, lower case; "" without imports */
    const char *damage; /* what was wrong first (an entry of data/words), NULL: nothing */
    uint64_t damage_at;
};

/* Read one.  AK_ERR_CORRUPT when it is no PE file at all; parts that make no sense are
 * left out and told in `damage`.  Views point into the file. */
AK_MUST_USE enum ak_status ak_pe_read(struct ak_bytes file, struct ak_pe *out);

/* Does it begin like one?  head may be cut anywhere. */
bool ak_pe_is(struct ak_bytes head);

/* Of the whole file, in lower-case hexadecimal. */
struct ak_pe_hashes {
    char md5[33], sha1[41], sha256[65];
};

/* Hash it in one pass.  False when there is no memory for that. */
AK_MUST_USE bool ak_pe_hash(struct ak_bytes file, struct ak_pe_hashes *out);

/* "x86", "x64", "arm64", …; NULL when the machine is not known. */
const char *ak_pe_machine(uint16_t machine);

/* The name behind an ordinal of libraries that are imported so; NULL: not known. */
const char *ak_pe_ordinal(struct ak_str library, uint16_t ordinal);

#endif
