/* ewf_header.h - what the header sections of an E01 say about the case. */
#ifndef AK_EVIDENCE_EWF_HEADER_H
#define AK_EVIDENCE_EWF_HEADER_H

#include "evidence/container.h"

/* Add the facts of one header or header2 section, whose data `zlib` is.  False
 * when it cannot be unpacked or is no table. */
bool ak_ewf_header(struct ak_arena *arena, struct ak_bytes zlib, struct ak_disk *out);

#endif
