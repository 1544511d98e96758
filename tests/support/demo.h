/* demo.h - the evidence of the demonstration: what its parts share.
 *
 * 株式会社あかし商店, its people, machines and customers are made up; addresses
 * are those reserved for documentation (RFC 5737) and private ones (RFC 1918).
 * Everything follows from the recipes: no clock, no chance, the same bytes. */
#ifndef AK_TESTS_DEMO_H
#define AK_TESTS_DEMO_H

#include "base/buf.h"

#define DEMO_INTRUDER "203.0.113.66"
#define DEMO_WEB01_INSIDE "10.0.20.5"
#define DEMO_SHELL "/uploads/2026/img_0129.php"
#define DEMO_TAR "/uploads/2026/bk.tar.gz"
#define DEMO_ENDING ".akyrox"

/* Seconds since 1970 of a Japanese wall clock's day and time in January 2026. */
int64_t demo_jst(int day, int hour, int minute, int second);

/* ---- made-up chance ---- */
struct demo_rng {
    uint64_t state;
};
uint64_t demo_random(struct demo_rng *rng);
/* 0 .. n-1.  Never twice in the arguments of one call: compilers differ in the order. */
unsigned demo_below(struct demo_rng *rng, unsigned n);

/* ---- lines with times, to be sorted and cut into files ---- */
struct demo_line {
    int64_t at;
    size_t order; /* among lines of the same second */
    const char *program;
    uint32_t pid;
    bool auth;  /* goes to auth.log, else to syslog */
    char *text; /* owned */
};

struct demo_log {
    struct demo_line *lines;
    size_t n, cap;
    uint32_t next_pid;
};

/* A line without a program: of a web server's log. */
void demo_add(struct demo_log *log, int64_t at, const char *fmt, ...) AK_PRINTF(3, 4);
/* A line of syslog; program "sshd" and the like of authentication go to auth.log. */
void demo_say(struct demo_log *log, int64_t at, const char *program, uint32_t pid, const char *fmt,
              ...) AK_PRINTF(5, 6);
void demo_sort(struct demo_log *log);
void demo_log_free(struct demo_log *log);

/* ---- contents ---- */
void demo_customers(struct ak_buf *out, unsigned n);          /* CSV, UTF-8 */
void demo_noise(struct ak_buf *out, uint64_t seed, size_t n); /* looks encrypted */
void demo_gzip(struct ak_buf *out, struct ak_bytes in, int64_t mtime);
void demo_tar_file(struct ak_buf *out, const char *name, struct ak_bytes content, int64_t mtime);
void demo_tar_end(struct ak_buf *out);

/* ---- a tree of files, written as an ext4 volume ---- */
struct demo_file {
    const char *path; /* "/etc/hostname" */
    uint32_t mode;    /* with the type; 0: a regular file of mode 0644 */
    uint32_t uid, gid;
    int64_t at, born;   /* contents last changed, created; born 0: at */
    const char *target; /* of a symbolic link */
    struct ak_buf content;
    int64_t deleted; /* removed then; 0: still there */
};

struct demo_tree {
    struct demo_file files[256];
    size_t n;
};

/* Append a file; the tree owns the contents put into it. */
struct demo_file *demo_file(struct demo_tree *tree, const char *path, int64_t at);
struct demo_file *demo_text(struct demo_tree *tree, const char *path, int64_t at, const char *text);
void demo_folder(struct demo_tree *tree, const char *path, int64_t at);
void demo_tree_free(struct demo_tree *tree);

/* Write the tree as an ext4 volume of `mib` MiB to the file `path`, by mke2fs and
 * debugfs; false when they are missing or fail. */
bool demo_ext4(const struct demo_tree *tree, const char *path, const char *scratch, unsigned mib);

bool demo_save(const char *path, struct ak_bytes bytes);
bool demo_load(const char *path, struct ak_buf *out);

/* ---- the recipes ---- */
void demo_web_access(struct demo_log *access, struct demo_log *errors, size_t tar_bytes);
void demo_linux_log(struct demo_log *log);
void demo_login_records(struct demo_tree *tree);
void demo_journal(struct ak_buf *out, const struct demo_log *log);
bool demo_web01(const char *folder);
bool demo_fs01(const char *folder);

#endif
