/* yara_scan.h - YARA rules over the contents of files, inside the sandbox.
 *
 * libyara compiles and runs rules of strangers over files of attackers, so it runs
 * where neither can do harm: in the worker.  What would reach outside a file is
 * refused: include, and the modules magic, cuckoo (files of their own) and time
 * (this machine's clock). */
#ifndef AK_DETECT_YARA_SCAN_H
#define AK_DETECT_YARA_SCAN_H

#include "base/arena.h"
#include "base/status.h"
#include "detect/feed.h"

enum {
    AK_YARA_FILE_MAX = 16 << 20, /* bytes of a file of rules */
    AK_YARA_SECONDS = 20,        /* for one file that is looked at */
    AK_YARA_STRINGS_MAX = 16,    /* matches of strings told of one rule */
    AK_YARA_TEXT_MAX = 2048,     /* bytes of one text of a match */
    AK_YARA_PROBLEMS_MAX = 2000,
};

struct ak_yara;

/* Compile files of rules, each in a namespace of its own.  A file with an error is
 * a problem and left out, the others stand.  Texts live in the arena.  AK_ERR_NOMEM
 * when memory ran out.  Release with ak_yara_free(). */
AK_MUST_USE enum ak_status ak_yara_read(struct ak_arena *arena, const struct ak_feed_file *files,
                                        size_t n, struct ak_yara **out);
void ak_yara_free(struct ak_yara *yara); /* NULL is allowed */

/* Compiling thousands of rules takes a minute, loading them a moment.  Write what was
 * compiled to a file, and have it again from its bytes, with the names of the files
 * it came from.  What is loaded is believed: it must come from a worker, and go to
 * one. */
AK_MUST_USE enum ak_status ak_yara_save(struct ak_yara *yara, int fd);
AK_MUST_USE enum ak_status ak_yara_load(struct ak_arena *arena, const struct ak_feed_file *files,
                                        size_t n, struct ak_bytes compiled, struct ak_yara **out);

size_t ak_yara_count(const struct ak_yara *yara); /* rules that can match */
const struct ak_feed_problem *ak_yara_problems(const struct ak_yara *yara, size_t *out_n);

/* A rule that a file satisfies.  Texts are valid during the call. */
struct ak_yara_match {
    struct ak_str rule;
    struct ak_str file;        /* of rules */
    struct ak_str tags;        /* with blanks between */
    struct ak_str description; /* meta of that name; so the next two */
    struct ak_str author, reference;
    struct ak_str meta;                  /* the others: "name=value; name=value" */
    struct ak_str strings;               /* "$a at 0x1f0: text; …" */
    uint64_t first_offset, first_length; /* of the first string that matched; 0 when none did */
    uint64_t n_strings;                  /* matches of strings, told or not */
};

/* Look at a whole file.  `each` is called for every rule satisfied, private ones
 * apart.  AK_ERR_LIMIT when it took longer than AK_YARA_SECONDS, AK_ERR_NOMEM: what
 * was told before stands; AK_ERR_CORRUPT: a module could not cope with the file. */
AK_MUST_USE enum ak_status ak_yara_scan(struct ak_yara *yara, struct ak_str path,
                                        struct ak_bytes contents,
                                        void (*each)(void *self, const struct ak_yara_match *match),
                                        void *self);

#endif
