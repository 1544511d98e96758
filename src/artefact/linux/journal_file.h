/* journal_file.h - the syntax of a systemd journal file: where its objects are,
 * and which of them are entries.
 *
 * Everything here stays inside the file's bytes; what it finds wrong it records
 * as damage and goes on.  Facts and their sources: docs/formats/linux.journal.md */
#ifndef AK_ARTEFACT_LINUX_JOURNAL_FILE_H
#define AK_ARTEFACT_LINUX_JOURNAL_FILE_H

#include "artefact/artefact.h"

enum ak_journal_type {
    AK_JOURNAL_ANY,
    AK_JOURNAL_DATA,
    AK_JOURNAL_FIELD,
    AK_JOURNAL_ENTRY,
    AK_JOURNAL_DATA_HASHES,
    AK_JOURNAL_FIELD_HASHES,
    AK_JOURNAL_ENTRY_ARRAY,
    AK_JOURNAL_TAG,
};

enum ak_journal_pack { AK_JOURNAL_XZ = 1, AK_JOURNAL_LZ4 = 2, AK_JOURNAL_ZSTD = 4 };

/* One bit for each place an object can begin: every eighth byte. */
struct ak_places {
    uint64_t *words;
    size_t n_words;
};

struct ak_journal {
    struct ak_ctx *ctx;
    struct ak_bytes in;
    uint8_t state;
    bool keyed_hash, compact;
    uint8_t file_id[16];
    uint64_t header_size, entry_array_at, n_entries, table_bytes[2];
    uint64_t hash_left;      /* bytes that may still be hashed while walking */
    struct ak_places listed; /* entries the file's own list names */
    struct ak_places found;  /* entries found by walking the objects */
    struct ak_places data;   /* data objects found so */
};

static inline bool ak_place_has(const struct ak_places *p, uint64_t offset)
{
    return offset / 512 < p->n_words && p->words[offset / 512] >> (offset / 8 % 64) & 1;
}

/* Read the header, follow the list of entries, then walk all objects.
 * AK_ERR_CORRUPT when it is no journal at all; AK_ERR_LIMIT when the arena
 * cannot hold the places. */
AK_MUST_USE enum ak_status ak_journal_open(struct ak_ctx *ctx, struct ak_journal *out);

/* The whole object at `offset` when it is one of this type and lies inside the
 * file; else empty.  At least the fixed part of its type is there:
 * AK_JOURNAL_*_BYTES. */
struct ak_bytes ak_journal_object(const struct ak_journal *j, uint64_t offset,
                                  enum ak_journal_type type);

/* Offset of the i-th field (a data object) of an entry, and how many it has. */
uint64_t ak_journal_entry_items(const struct ak_journal *j, struct ak_bytes entry);
uint64_t ak_journal_entry_item(const struct ak_journal *j, struct ak_bytes entry, uint64_t i);

/* The payload of a data object, still packed if its flags say so. */
struct ak_bytes ak_journal_payload(const struct ak_journal *j, struct ak_bytes data);

/* The hash a data object must carry for this (unpacked) payload. */
uint64_t ak_journal_hash(const struct ak_journal *j, struct ak_bytes payload);

enum {
    AK_JOURNAL_OBJECT_BYTES = 16,
    AK_JOURNAL_DATA_BYTES = 64,
    AK_JOURNAL_ENTRY_BYTES = 64,
};

#endif
