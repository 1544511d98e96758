/* regf.h - a Windows registry hive: keys by path, values by name.
 *
 * A hive is the file behind a part of the registry (SYSTEM, SOFTWARE, NTUSER.DAT).
 * What was only written to its transaction logs (.LOG1, .LOG2) is not seen; `dirty`
 * says that there may be such changes.  The layout is in docs/formats/windows.registry.md. */
#ifndef AK_FORMAT_REGF_H
#define AK_FORMAT_REGF_H

#include "base/bytes.h"
#include "base/status.h"

#include <stdbool.h>

/* Entries of lists looked at for one name; then what was not found is AK_REGF_DAMAGED. */
enum { AK_REGF_ENTRIES = 1 << 20 };

enum { AK_REG_SZ = 1, AK_REG_EXPAND_SZ = 2, AK_REG_BINARY = 3, AK_REG_DWORD = 4 };

/* What a search found. */
enum ak_regf_answer {
    AK_REGF_FOUND,
    AK_REGF_ABSENT,
    AK_REGF_DAMAGED, /* not found, and something on the way cannot be read */
    AK_REGF_LARGE,   /* a value over 16,344 bytes: kept in pieces, not read */
};

struct ak_regf {
    struct ak_bytes bins; /* what follows the header: offsets count from here; borrowed */
    uint32_t root;        /* cell of the root key */
    bool dirty;           /* written halfway: its logs hold more */
};

struct ak_regf_key {
    uint32_t n_subkeys, subkeys; /* how many; cell of their list */
    uint32_t n_values, values;   /* the same */
    uint64_t written;            /* last written, FILETIME */
};

struct ak_regf_value {
    uint32_t type;
    struct ak_bytes data; /* a view on the hive */
};

/* Read the header.  The hive borrows `file`.  AK_ERR_UNSUPPORTED when it is no
 * hive of major version 1, AK_ERR_CORRUPT when it ends within the header. */
AK_MUST_USE enum ak_status ak_regf_open(struct ak_bytes file, struct ak_regf *out);

/* The key at a path of names from the root, divided by '\'; "" is the root.
 * Names are compared as ASCII without case.  *out is set when it was found. */
AK_MUST_USE enum ak_regf_answer ak_regf_find(const struct ak_regf *hive, struct ak_str path,
                                             struct ak_regf_key *out);

/* The value of a key by name. */
AK_MUST_USE enum ak_regf_answer ak_regf_value(const struct ak_regf *hive,
                                              const struct ak_regf_key *key, struct ak_str name,
                                              struct ak_regf_value *out);

/* A text value as WTF-8 with a zero behind it, cut to what `size` bytes hold;
 * how many bytes it has, 0 when the value is not there or no text. */
size_t ak_regf_text(const struct ak_regf *hive, const struct ak_regf_key *key, struct ak_str name,
                    char *to, size_t size);

/* A number of 32 bits; `otherwise` when the value is not there or none. */
uint32_t ak_regf_u32(const struct ak_regf *hive, const struct ak_regf_key *key, struct ak_str name,
                     uint32_t otherwise);

#endif
