/* pack.h - files of rules, unread, on their way to the workers.
 *
 * The supervisor lists and copies bytes; only workers look at them.
 *
 * Layout (v = unsigned LEB128):  u32 magic "AKR2"   u8 filters keep
 *   v length, name of the file of placeholders   v length, its bytes   v n_files
 *   then per file: u8 archive, v length, name, v length, bytes */
#ifndef AK_DETECT_PACK_H
#define AK_DETECT_PACK_H

#include "base/arena.h"
#include "base/buf.h"

/* One file as the user has it. */
struct ak_packed_file {
    struct ak_str name;
    struct ak_bytes bytes;
    bool archive; /* its entries are the rules */
};

/* How the user wants them read: struct ak_rules_options (rules_read.h) says more. */
struct ak_pack_settings {
    bool filters_keep; /* Sigma filters as pySigma reads them */
    struct ak_str placeholders_file;
    struct ak_bytes placeholders; /* empty: none */
};

#define AK_PACK_BYTES_MAX ((size_t)512 << 20) /* all files together */
#define AK_PACK_FILE_MAX ((size_t)128 << 20)  /* one file, or what one archive holds */
enum { AK_PACK_FILES_MAX = 1 << 18 };

/* Is it a file of rules, an archive, or neither, going by its name? */
bool ak_pack_is_rules(struct ak_str name);
bool ak_pack_is_archive(struct ak_str name);

/* Append the head, then each file.  Memory running out shows in out->failed. */
void ak_pack_begin(struct ak_buf *out, const struct ak_pack_settings *settings, size_t n_files);
void ak_pack_file(struct ak_buf *out, const struct ak_packed_file *file);

/* All of a pack; names and bytes point into it.  AK_ERR_CORRUPT when it
 * contradicts the layout, AK_ERR_LIMIT when the arena is spent. */
AK_MUST_USE enum ak_status ak_pack_open(struct ak_arena *arena, struct ak_bytes pack,
                                        struct ak_pack_settings *out_settings,
                                        struct ak_packed_file **out, size_t *out_n);

#endif
