/* custody.c - see custody.h.
 *
 * A line is {"n":…,"at":…,…,"prev":"<hash>","hash":"<hash>"}: hash is SHA-256
 * over the bytes of the line before `,"hash":`; prev is the hash of the line
 * before, zeros for the first. */
#include "engine/custody.h"

#include "base/digits.h"
#include "base/json.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { HEX = 64 };
static const char HASH_KEY[] = ",\"hash\":\"";

struct ak_custody {
    int fd;
    uint64_t n;
    char prev[HEX + 1];
};

static void sha256_hex(struct ak_str text, char hex[HEX + 1])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_Digest(text.at, text.n, hash, &n, EVP_sha256(), NULL);
    ak_hex_text(hex, hash, n < HEX / 2 ? n : HEX / 2);
}

/* Does the line hold: its own hash, and the link to the one before? */
static bool line_holds(struct ak_str line, const char *prev, char hash[HEX + 1])
{
    char link[HEX + 16];
    size_t key_n = sizeof(HASH_KEY) - 1;
    if (line.n < key_n + HEX + 2)
        return false;
    struct ak_str body = { line.at, line.n - key_n - HEX - 2 };
    if (memcmp(line.at + body.n, HASH_KEY, key_n) != 0 ||
        memcmp(line.at + line.n - 2, "\"}", 2) != 0)
        return false;
    sha256_hex(body, hash);
    snprintf(link, sizeof(link), "\"prev\":\"%s\"", prev);
    return memcmp(line.at + body.n + key_n, hash, HEX) == 0 && body.n >= strlen(link) &&
           memcmp(body.at + body.n - strlen(link), link, strlen(link)) == 0;
}

/* Walk the chain; the last good hash is left in prev. */
static enum ak_status walk(const char *path, uint64_t *out_lines, uint64_t *out_broken,
                           char prev[HEX + 1])
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t got;
    *out_lines = *out_broken = 0;
    memset(prev, '0', HEX);
    prev[HEX] = 0;
    if (!f)
        return AK_ERR_IO;
    while ((got = getline(&line, &cap, f)) > 0 && !*out_broken) {
        char hash[HEX + 1] = "";
        size_t n = (size_t)got;
        bool whole = line[n - 1] == '\n';
        if (whole && line_holds((struct ak_str){ line, n - 1 }, prev, hash)) {
            memcpy(prev, hash, HEX + 1);
            ++*out_lines;
        } else {
            *out_broken = *out_lines + 1;
        }
    }
    free(line);
    fclose(f);
    return AK_OK;
}

static void path_of(const char *folder, char *path, size_t n)
{
    snprintf(path, n, "%s/custody.jsonl", folder);
}

enum ak_status ak_custody_verify(const char *folder, uint64_t *out_lines, uint64_t *out_broken)
{
    char path[4096], prev[HEX + 1];
    path_of(folder, path, sizeof(path));
    return walk(path, out_lines, out_broken, prev);
}

enum ak_status ak_custody_open(const char *folder, struct ak_custody **out)
{
    char path[4096];
    uint64_t broken = 0;
    path_of(folder, path, sizeof(path));
    struct ak_custody *c = calloc(1, sizeof(*c));
    if (!c)
        return AK_ERR_NOMEM;
    c->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    enum ak_status st = c->fd >= 0 ? walk(path, &c->n, &broken, c->prev) : AK_ERR_IO;
    if (st == AK_OK && broken)
        st = AK_ERR_CORRUPT;
    if (st != AK_OK) {
        ak_custody_close(c);
        return st;
    }
    *out = c;
    return AK_OK;
}

void ak_custody_close(struct ak_custody *c)
{
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    free(c);
}

static void put_who(struct ak_buf *b)
{
    char host[256] = "";
    struct passwd *pw = getpwuid(getuid());
    gethostname(host, sizeof(host) - 1);
    ak_json_key(b, "user");
    ak_json_str(b, ak_str_of(pw ? pw->pw_name : "?"));
    ak_json_key(b, "workstation");
    ak_json_str(b, ak_str_of(host));
    ak_json_key(b, "tool");
    ak_json_str(b, AK_STR("akashi " AK_VERSION));
}

void ak_custody_add(struct ak_custody *c, const char *what, struct ak_str fields)
{
    struct ak_buf b = { 0 };
    struct timespec now;
    char hash[HEX + 1];
    if (!c)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    ak_buf_u8(&b, '{');
    ak_json_key(&b, "n");
    ak_buf_dec(&b, c->n + 1);
    ak_json_key(&b, "at");
    ak_json_stamp(&b, ak_stamp_unix(now.tv_sec, (uint32_t)now.tv_nsec, AK_PREC_MS));
    put_who(&b);
    ak_json_key(&b, "what");
    ak_json_str(&b, ak_str_of(what));
    if (fields.n) {
        ak_buf_u8(&b, ',');
        ak_buf_str(&b, fields);
    }
    ak_json_key(&b, "prev");
    ak_json_str(&b, ak_str_of(c->prev));
    sha256_hex(ak_buf_view(&b), hash);
    ak_buf_text(&b, HASH_KEY);
    ak_buf_text(&b, hash);
    ak_buf_text(&b, "\"}\n");
    if (write(c->fd, b.at, b.n) == (ssize_t)b.n) {
        memcpy(c->prev, hash, sizeof(hash));
        c->n++;
    }
    ak_buf_free(&b);
}

void ak_custody_sync(struct ak_custody *c)
{
    if (!c || fdatasync(c->fd) != 0)
        return; /* a file system that cannot: the lines are written all the same */
}
