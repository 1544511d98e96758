/* programs.h - what the programs of a machine say of themselves, by their path.
 *
 * Event 4688 names the file that was started and nothing that is in it; rules ask
 * for the name it was built under, for who made it and for its hash.  Where the
 * evidence holds the file, that is known.  The supervisor makes one table of all
 * machines of the case; the matcher looks up an event's program in it.
 *
 * Layout (v = unsigned LEB128):  u32 magic "AKP1"   v n
 *   then per program, by key: v length, key, and so each of its texts */
#ifndef AK_DETECT_PROGRAMS_H
#define AK_DETECT_PROGRAMS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

enum ak_program_text {
    AK_PROGRAM_ORIGINAL_FILE_NAME,
    AK_PROGRAM_COMPANY,
    AK_PROGRAM_PRODUCT,
    AK_PROGRAM_DESCRIPTION,
    AK_PROGRAM_FILE_VERSION,
    AK_PROGRAM_HASHES,  /* as Sysmon writes them: "SHA1=...,MD5=...,SHA256=...,IMPHASH=..." */
    AK_PROGRAM_IMPHASH, /* alone, as Sysmon once did */
    AK_PROGRAM_SOURCE,  /* where it was read: item and path; of no rule's concern */
    AK_PROGRAM_TEXTS
};

struct ak_program {
    struct ak_str texts[AK_PROGRAM_TEXTS]; /* UTF-8; empty: not known */
};

enum {
    AK_PROGRAMS_MAX = 200000,   /* of a case */
    AK_PROGRAM_TEXT_MAX = 1024, /* bytes of one text: longer ones are cut */
    AK_PROGRAM_KEY_MAX = 4096,  /* bytes; what is longer is not looked up */
};
#define AK_PROGRAMS_BYTES_MAX ((size_t)256 << 20)

/* The name of a text as maps write it: "original_file_name"; AK_PROGRAM_TEXTS when
 * there is none of this name. */
enum ak_program_text ak_program_text_named(struct ak_str name);

/* What a program is looked up by: its machine and its path on whichever drive, case
 * folded.  `path` as an event names it ("C:\Windows\x.exe",
 * "\Device\HarddiskVolume2\Windows\x.exe") or as an image does ("Windows/x.exe").
 * At most AK_PROGRAM_KEY_MAX bytes to `to`; 0 when it is no file of a drive of the
 * machine's own, or too long. */
size_t ak_program_key(char *to, struct ak_str host, struct ak_str path);

/* ---- the table, read ---- */

struct ak_programs;

/* Open one; its texts point into `table`.  AK_ERR_CORRUPT when it contradicts the
 * layout, AK_ERR_LIMIT when the arena is spent. */
AK_MUST_USE enum ak_status ak_programs_open(struct ak_arena *arena, struct ak_bytes table,
                                            const struct ak_programs **out);

/* The program of this machine at this path; NULL: not known.  A table that knows the
 * machine by its short name is asked for "fs01" after "fs01.example.org". */
const struct ak_program *ak_programs_find(const struct ak_programs *programs, struct ak_str host,
                                          struct ak_str path);

/* ---- the table, made ---- */

/* A file that was read. */
struct ak_program_file {
    struct ak_str key; /* ak_program_key() */
    struct ak_program program;
    bool deleted; /* counts only where no file of the key is still there */
};

/* Append the table of these files, which are sorted.  Where a key has several files
 * that differ (two drives), none of them is put: *out_unclear counts such keys,
 * *out_n those put.  Memory running out shows in out->failed. */
void ak_programs_put(struct ak_buf *out, struct ak_program_file *files, size_t n, size_t *out_n,
                     size_t *out_unclear);

#endif
