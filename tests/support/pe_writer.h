/* pe_writer.h - write a Windows program (PE32+) that says who made it, for tests.
 *
 * It is a program in form only: one section with a version resource, no code. */
#ifndef AK_TESTS_PE_WRITER_H
#define AK_TESTS_PE_WRITER_H

#include "base/buf.h"

/* Texts of the version resource, ASCII; NULL: not there. */
struct pew_program {
    const char *original_file_name, *company, *product, *description, *file_version;
    bool no_version; /* no version resource at all */
    size_t bytes;    /* of the whole file at least: filled up with zeros */
};

/* Append its bytes; memory running out shows in out->failed. */
void pew_put(struct ak_buf *out, const struct pew_program *program);

#endif
