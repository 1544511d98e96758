/* evtx.h - the shell of a Windows event log: file header, chunks, records.
 *
 * A file is one 4 KiB header block and then chunks of 64 KiB.  A chunk stands
 * alone: its records, the names and the templates they use all lie inside it,
 * found by offsets from the chunk's start.  So a chunk can be read wherever it
 * is found, and this file reads one chunk at a time.
 *
 * Layout tables and sources: docs/formats/windows.evtx.md
 */
#ifndef AK_FORMAT_EVTX_H
#define AK_FORMAT_EVTX_H

#include "base/reader.h"

enum {
    AK_EVTX_FILE_HEADER = 4096, /* the block; 128 bytes of it are used */
    AK_EVTX_CHUNK = 65536,
    AK_EVTX_CHUNK_HEADER = 512,
    AK_EVTX_RECORD_HEADER = 24,
    AK_EVTX_RECORD_MIN = AK_EVTX_RECORD_HEADER + 4, /* header and the second size */
};

/* What a header says that is not as it should be; see ak_evtx_fault(). */
enum ak_evtx_fault {
    AK_EVTX_FILE_DIRTY = 1 << 0,
    AK_EVTX_FILE_CRC = 1 << 1,
    AK_EVTX_FILE_VERSION = 1 << 2,
    AK_EVTX_FILE_SHORT = 1 << 3,
    AK_EVTX_CHUNK_HEADER_CRC = 1 << 4,
    AK_EVTX_CHUNK_DATA_CRC = 1 << 5,
    AK_EVTX_CHUNK_FREE = 1 << 6,
    AK_EVTX_CHUNK_SHORT = 1 << 7,
};
enum { AK_EVTX_N_FAULTS = 8 };

/* The fault of bit number `bit` in words; an entry of data/words. */
const char *ak_evtx_fault(unsigned bit);

/* Check a file header (the first bytes of the item); bits of enum
 * ak_evtx_fault.  `head` begins with the signature. */
unsigned ak_evtx_check_file(struct ak_bytes head);

struct ak_evtx_chunk {
    struct ak_bytes bytes; /* up to 64 KiB, from the signature on */
    uint64_t origin;       /* where it lies in the item */
    size_t used;           /* records are allocated in [512, used); the rest is slack */
    uint64_t first_id, last_id;
    unsigned faults;
};

/* Read a chunk's header.  `bytes` is what there is of it, at least a header
 * (AK_EVTX_CHUNK_HEADER); faults say what was wrong, `used` is always usable. */
struct ak_evtx_chunk ak_evtx_chunk_open(struct ak_bytes bytes, uint64_t origin);

struct ak_evtx_record {
    size_t at, size; /* in the chunk */
    uint64_t id;
    uint64_t written; /* FILETIME */
    bool sealed;      /* the size is repeated at the end, as it must be */
};

/* The record at `at`, which must not pass `end`; false when none is there. */
bool ak_evtx_record_at(const struct ak_evtx_chunk *chunk, size_t at, size_t end,
                       struct ak_evtx_record *out);

/* The next place at or behind `at`, before `end`, that looks like the start of
 * a record; `end` when there is none. */
size_t ak_evtx_next_mark(const struct ak_evtx_chunk *chunk, size_t at, size_t end);

/* The next "ElfChnk\0" at or behind `at`; bytes.n when there is none. */
size_t ak_evtx_next_chunk(struct ak_bytes bytes, size_t at);

#endif
