/* demo_ext4.c - a tree of files as an ext4 volume, by mke2fs and debugfs.
 *
 * Every file is put there by one command after the other, and every time, owner
 * and mode is set from the recipe, so that inode numbers, places and times do
 * not depend on the machine it runs on. */
#include "tests/support/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DIRECTORY = 0040000, REGULAR = 0100000, LINK = 0120000, TYPE = 0170000 };

struct demo_file *demo_file(struct demo_tree *tree, const char *path, int64_t at)
{
    if (tree->n == sizeof(tree->files) / sizeof(tree->files[0]))
        abort();
    struct demo_file *f = &tree->files[tree->n++];
    *f = (struct demo_file){ .path = path, .mode = REGULAR | 0644, .at = at };
    return f;
}

struct demo_file *demo_text(struct demo_tree *tree, const char *path, int64_t at, const char *text)
{
    struct demo_file *f = demo_file(tree, path, at);
    ak_buf_text(&f->content, text);
    return f;
}

void demo_folder(struct demo_tree *tree, const char *path, int64_t at)
{
    demo_file(tree, path, at)->mode = DIRECTORY | 0755;
}

void demo_tree_free(struct demo_tree *tree)
{
    for (size_t i = 0; i < tree->n; i++)
        ak_buf_free(&tree->files[i].content);
    tree->n = 0;
}

/* ---- running the tools ---- */

/* argv as execvp() wants it, though nothing is written through it. */
static bool run(const char *const *argv, int64_t now)
{
    char clock[32];
    snprintf(clock, sizeof(clock), "%lld", (long long)now);
    pid_t child = fork();
    if (child == 0) {
        setenv("E2FSPROGS_FAKE_TIME", clock, 1);
        setenv("MKE2FS_CONFIG", "/dev/null", 1);
        setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
        setenv("TZ", "UTC", 1);
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(126);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0) {
        fprintf(stderr, "akashi-demo: %s failed (is e2fsprogs installed?)\n", argv[0]);
        return false;
    }
    return true;
}

static bool make_volume(const char *path, unsigned mib)
{
    char size[16];
    snprintf(size, sizeof(size), "%uM", mib);
    const char *argv[] = { "mke2fs",
                           "-q",
                           "-F",
                           "-b",
                           "4096",
                           "-I",
                           "256",
                           "-N",
                           "2048",
                           "-m",
                           "0",
                           "-L",
                           "web01-root",
                           "-J",
                           "size=4",
                           "-O",
                           "none,has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,"
                           "sparse_super,large_file,huge_file,"
                           "dir_nlink,extra_isize,metadata_csum",
                           "-U",
                           "5a1e0b1c-7d3e-4f6a-9c2b-0a6b73686974",
                           "-E",
                           "hash_seed=0f0e0d0c-0b0a-4908-8706-050403020100,lazy_itable_init=0,lazy_"
                           "journal_init=0,nodiscard,root_owner=0:0",
                           path,
                           size,
                           NULL };
    unlink(path);
    return run(argv, demo_jst(1, 10, 0, 0) - 200 * 86400);
}

static bool debugfs(const char *volume, const char *script, int64_t now)
{
    const char *argv[] = { "debugfs", "-w", "-f", script, volume, NULL };
    return run(argv, now);
}

/* ---- the script ---- */

static bool put_file(struct ak_buf *script, const struct demo_file *f, const char *scratch,
                     size_t number)
{
    char from[4096];
    switch (f->mode & TYPE) {
    case DIRECTORY:
        ak_buf_printf(script, "mkdir %s\n", f->path);
        return true;
    case LINK:
        ak_buf_printf(script, "symlink %s %s\n", f->path, f->target);
        return true;
    default:
        snprintf(from, sizeof(from), "%s/%zu", scratch, number);
        ak_buf_printf(script, "write %s %s\n", from, f->path);
        return demo_save(from, (struct ak_bytes){ f->content.at, f->content.n });
    }
}

static void put_facts(struct ak_buf *script, const char *path, const struct demo_file *f)
{
    int64_t born = f->born ? f->born : f->at;
    ak_buf_printf(script, "sif %s mode 0%o\nsif %s uid %u\nsif %s gid %u\n", path, f->mode, path,
                  f->uid, path, f->gid);
    ak_buf_printf(
        script, "sif %s mtime @%lld\nsif %s atime @%lld\nsif %s ctime @%lld\nsif %s crtime @%lld\n",
        path, (long long)f->at, path, (long long)f->at, path, (long long)f->at, path,
        (long long)born);
}

static bool fill(const struct demo_tree *tree, const char *volume, const char *scratch)
{
    struct ak_buf script = { 0 };
    const struct demo_file root = { .mode = DIRECTORY | 0755,
                                    .at = demo_jst(1, 10, 0, 0) - 200 * 86400 };
    char path[4096];
    bool ok = true;
    for (size_t i = 0; i < tree->n; i++)
        ok = put_file(&script, &tree->files[i], scratch, i) && ok;
    put_facts(&script, "/", &root);
    put_facts(&script, "/lost+found", &root);
    for (size_t i = 0; i < tree->n; i++)
        put_facts(&script, tree->files[i].path, &tree->files[i]);
    snprintf(path, sizeof(path), "%s/script", scratch);
    ok = ok && demo_save(path, (struct ak_bytes){ script.at, script.n }) &&
         debugfs(volume, path, demo_jst(31, 11, 40, 0));
    for (size_t i = 0; ok && i < tree->n; i++) {
        if (!tree->files[i].deleted)
            continue;
        script.n = 0;
        ak_buf_printf(&script, "rm %s\n", tree->files[i].path);
        ok = demo_save(path, (struct ak_bytes){ script.at, script.n }) &&
             debugfs(volume, path, tree->files[i].deleted);
    }
    ak_buf_free(&script);
    return ok;
}

static void clean(const char *scratch, size_t n)
{
    char path[4096];
    for (size_t i = 0; i <= n; i++) {
        if (i < n)
            snprintf(path, sizeof(path), "%s/%zu", scratch, i);
        else
            snprintf(path, sizeof(path), "%s/script", scratch);
        unlink(path);
    }
    rmdir(scratch);
}

bool demo_ext4(const struct demo_tree *tree, const char *path, const char *scratch, unsigned mib)
{
    bool ok = mkdir(scratch, 0700) == 0 || access(scratch, W_OK) == 0;
    ok = ok && make_volume(path, mib) && fill(tree, path, scratch);
    clean(scratch, tree->n);
    return ok;
}
