/* rule_files.h - which files of rules there are, and their bytes for the workers. */
#ifndef AK_ENGINE_RULE_FILES_H
#define AK_ENGINE_RULE_FILES_H

#include "base/bytes.h"
#include "base/status.h"
#include "detect/pack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Files of rules by path, each once. */
struct ak_rule_files {
    char **paths; /* owned */
    size_t n, cap;
    struct ak_pack_settings settings; /* borrowed; zero unless the caller sets it */
};

/* What went wrong, for the user. */
struct ak_rules_error {
    const char *why;    /* English, an entry of data/words: static, or in `words` */
    char words[200];    /* what a worker said */
    char subject[4096]; /* the file or folder; may be empty */
};

enum { AK_DIGEST_TEXT = 65 };

/* List what the user named: files as they are, of folders all *.yml, *.yaml and no
 * others (archives only when they are named themselves).  Links are not followed.
 * AK_ERR_IO when something named is not there, with the error set. */
AK_MUST_USE enum ak_status ak_rule_files_list(const char *const *paths, size_t n_paths,
                                              struct ak_rule_files *out,
                                              struct ak_rules_error *error);
/* The same for files of another kind: those of folders that `is_one` accepts. */
AK_MUST_USE enum ak_status ak_rule_files_list_by(const char *const *paths, size_t n_paths,
                                                 bool (*is_one)(const char *path),
                                                 struct ak_rule_files *out,
                                                 struct ak_rules_error *error);
void ak_rule_files_free(struct ak_rule_files *files);

/* Copy files [from, to) into a sealed memory file in the layout of detect/pack.h: the
 * caller's to close.  `digest` is the SHA-256 of it, in hexadecimal. */
AK_MUST_USE enum ak_status ak_rule_files_pack(const struct ak_rule_files *files, size_t from,
                                              size_t to, int *out_fd, char digest[AK_DIGEST_TEXT],
                                              struct ak_rules_error *error);

/* A sealed memory file of these bytes, the caller's to close; -1 when there is no room.
 * A worker that a rule or evidence took over cannot change it for others.  `digest` is
 * their SHA-256, in hexadecimal. */
int ak_sealed(struct ak_bytes bytes, char digest[AK_DIGEST_TEXT]);

/* The rules that came with akashi: beside the program or in the source tree.  False
 * when there are none. */
bool ak_rule_files_builtin(char *buf, size_t n);

#endif
