/* pe_parts.h - a PE file being read, for the files that read its parts. */
#ifndef AK_FORMAT_PE_PARTS_H
#define AK_FORMAT_PE_PARTS_H

#include "base/reader.h"
#include "format/pe.h"

struct ak_pe_directory {
    uint32_t rva, size;
};

struct ak_pe_file {
    struct ak_bytes bytes;
    struct ak_pe *out;
    uint64_t sections_at;
    uint32_t headers_n; /* bytes of the headers, as the file says */
    struct ak_pe_directory directories[16];
};

/* A reader from where this address lies in the file to the file's end; one that has
 * failed when it lies nowhere. */
struct ak_reader ak_pe_at_rva(const struct ak_pe_file *f, uint32_t rva);

/* Note what was wrong; the first stays.  `what` is an entry of data/words. */
void ak_pe_damage(struct ak_pe_file *f, uint64_t at, const char *what);

/* The version resource below the resource directory at this address. */
void ak_pe_read_version(struct ak_pe_file *f, uint32_t rva);

/* The imports at this address, to their hash. */
void ak_pe_read_imports(struct ak_pe_file *f, uint32_t rva);

#endif
