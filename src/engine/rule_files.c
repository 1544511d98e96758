/* rule_files.c - see rule_files.h. */
#include "engine/rule_files.h"

#include "base/digits.h"
#include "base/fd.h"
#include "engine/plan.h"
#include "engine/pool.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum ak_status fail_rules(struct ak_rules_error *error, enum ak_status status,
                                 const char *why, const char *subject)
{
    error->why = why;
    snprintf(error->subject, sizeof(error->subject), "%s", subject);
    return status;
}

static bool add(struct ak_rule_files *f, const char *path)
{
    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 256;
        char **more = realloc(f->paths, cap * sizeof(*more));
        if (!more)
            return false;
        f->paths = more;
        f->cap = cap;
    }
    f->paths[f->n] = strdup(path);
    return f->paths[f->n] && ++f->n;
}

static int by_path(const void *va, const void *vb)
{
    return strcmp(*(char *const *)va, *(char *const *)vb);
}

static void each_once(struct ak_rule_files *f)
{
    size_t n = 0;
    if (f->n)
        qsort(f->paths, f->n, sizeof(*f->paths), by_path);
    for (size_t i = 0; i < f->n; i++) {
        if (n && strcmp(f->paths[n - 1], f->paths[i]) == 0)
            free(f->paths[i]);
        else
            f->paths[n++] = f->paths[i];
    }
    f->n = n;
}

static enum ak_status list_one(struct ak_rule_files *f, const char *path,
                               bool (*is_one)(const char *path), struct ak_rules_error *error)
{
    struct ak_plan plan;
    enum ak_status st = ak_plan_make(path, &plan);
    bool ok = true;
    for (size_t i = 0; st == AK_OK && ok && i < plan.n; i++)
        if (!plan.folder || is_one(plan.files[i].path))
            ok = add(f, plan.files[i].path);
    ak_plan_free(&plan);
    if (st != AK_OK)
        return fail_rules(error, AK_ERR_IO, "these rules cannot be opened", path);
    return ok ? AK_OK : fail_rules(error, AK_ERR_NOMEM, "out of memory", "");
}

enum ak_status ak_rule_files_list_by(const char *const *paths, size_t n_paths,
                                     bool (*is_one)(const char *path), struct ak_rule_files *out,
                                     struct ak_rules_error *error)
{
    enum ak_status st = AK_OK;
    *out = (struct ak_rule_files){ 0 };
    for (size_t i = 0; st == AK_OK && i < n_paths; i++)
        st = list_one(out, paths[i], is_one, error);
    each_once(out);
    if (st == AK_OK && out->n > AK_PACK_FILES_MAX)
        st = fail_rules(error, AK_ERR_LIMIT, "these are more files of rules than the limit",
                        paths[0]);
    if (st == AK_OK && out->n == 0)
        st = fail_rules(error, AK_ERR_IO, "no file in it has a usual name of such files",
                        n_paths ? paths[0] : "");
    if (st != AK_OK)
        ak_rule_files_free(out);
    return st;
}

static bool is_rules(const char *path) { return ak_pack_is_rules(ak_str_of(path)); }

enum ak_status ak_rule_files_list(const char *const *paths, size_t n_paths,
                                  struct ak_rule_files *out, struct ak_rules_error *error)
{
    enum ak_status st = ak_rule_files_list_by(paths, n_paths, is_rules, out, error);
    if (st == AK_ERR_IO && strstr(error->why, "usual name"))
        error->why = "there are no rules in it (*.yml, *.yaml)";
    return st;
}

void ak_rule_files_free(struct ak_rule_files *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->paths[i]);
    free(f->paths);
    *f = (struct ak_rule_files){ 0 };
}

/* All of a file; NULL with the error set. */
static uint8_t *read_file(const char *path, size_t *out_n, struct ak_rules_error *error)
{
    struct stat st;
    uint8_t *bytes = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *out_n = 0;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size >= 0 &&
        (uint64_t)st.st_size <= AK_PACK_FILE_MAX)
        bytes = malloc((size_t)st.st_size + 1);
    while (bytes && *out_n < (size_t)st.st_size) {
        ssize_t got = read(fd, bytes + *out_n, (size_t)st.st_size - *out_n);
        if (got <= 0)
            break;
        *out_n += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    if (!bytes)
        fail_rules(error, AK_ERR_IO, "this file of rules cannot be read, or is too large", path);
    return bytes;
}

static enum ak_status pack_file(struct ak_buf *pack, const char *path, struct ak_rules_error *error)
{
    size_t n;
    uint8_t *bytes = read_file(path, &n, error);
    if (!bytes)
        return AK_ERR_IO;
    struct ak_packed_file file = { ak_str_of(path),
                                   { bytes, n },
                                   ak_pack_is_archive(ak_str_of(path)) };
    ak_pack_file(pack, &file);
    free(bytes);
    if (pack->failed)
        return fail_rules(error, AK_ERR_NOMEM, "out of memory", "");
    if (pack->n > AK_PACK_BYTES_MAX)
        return fail_rules(error, AK_ERR_LIMIT, "these are more bytes of rules than the limit",
                          path);
    return AK_OK;
}

static void digest_of(struct ak_bytes bytes, char text[AK_DIGEST_TEXT])
{
    unsigned char hash[EVP_MAX_MD_SIZE] = { 0 };
    unsigned n = 0;
    EVP_Digest(bytes.at, bytes.n, hash, &n, EVP_sha256(), NULL);
    ak_hex_text(text, hash, (AK_DIGEST_TEXT - 1) / 2);
}

int ak_sealed(struct ak_bytes bytes, char digest[AK_DIGEST_TEXT])
{
    digest_of(bytes, digest);
    int fd = memfd_create("akashi-rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && ak_write_all(fd, bytes.at, bytes.n) &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

enum ak_status ak_rule_files_pack(const struct ak_rule_files *f, size_t from, size_t to,
                                  int *out_fd, char digest[AK_DIGEST_TEXT],
                                  struct ak_rules_error *error)
{
    struct ak_buf pack = { 0 };
    enum ak_status st = AK_OK;
    *out_fd = -1;
    ak_pack_begin(&pack, &f->settings, to - from);
    for (size_t i = from; st == AK_OK && i < to; i++)
        st = pack_file(&pack, f->paths[i], error);
    if (st == AK_OK) {
        *out_fd = ak_sealed((struct ak_bytes){ pack.at, pack.n }, digest);
        if (*out_fd < 0)
            st = fail_rules(error, AK_ERR_IO, "the rules could not be handed to the workers", "");
    }
    ak_buf_free(&pack);
    return st;
}

bool ak_rule_files_builtin(char *buf, size_t n)
{
    static const char *const PLACES[] = { "../share/akashi/rules", "../../../data/rules",
                                          "../data/rules", "../../data/rules" };
    char self[3072];
    if (!ak_own_folder(self, sizeof(self)))
        return false;
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        struct stat st;
        char path[4096], real[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", self, PLACES[i]);
        if (!realpath(path, real) || stat(real, &st) != 0 || !S_ISDIR(st.st_mode))
            continue;
        snprintf(buf, n, "%s", real);
        return true;
    }
    return false;
}
