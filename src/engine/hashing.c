/* hashing.c - see hashing.h. */
#include "engine/hashing.h"
#include "base/digits.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 4 << 20 };

struct entry {
    struct entry *next;
    struct ak_hashed file;
};

struct ak_hashing {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct entry *todo, **todo_end, *done, **done_end;
    unsigned left;
    _Atomic uint64_t bytes;
    _Atomic bool stop;
};

static bool digest_fd(int fd, EVP_MD_CTX *ctx, uint8_t *buf, uint64_t *out_size,
                      struct ak_hashing *h)
{
    ssize_t got;
    *out_size = 0;
    while ((got = read(fd, buf, READ_BYTES)) > 0) {
        EVP_DigestUpdate(ctx, buf, (size_t)got);
        *out_size += (uint64_t)got;
        if (h) {
            h->bytes += (uint64_t)got;
            if (h->stop)
                return false;
        }
    }
    return got == 0;
}

static bool hash_path(const char *path, char hex[65], uint64_t *out_size, struct ak_hashing *h)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    uint8_t *buf = malloc(READ_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = buf && ctx && fd >= 0 && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    if (ok) {
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        ok = digest_fd(fd, ctx, buf, out_size, h) && EVP_DigestFinal_ex(ctx, hash, &n) == 1;
    }
    ak_hex_text(hex, hash, ok ? n : 0);
    if (fd >= 0)
        close(fd);
    EVP_MD_CTX_free(ctx);
    free(buf);
    return ok;
}

bool ak_hash_file(const char *path, char hex[65], uint64_t *out_size)
{
    return hash_path(path, hex, out_size, NULL);
}

static void hash_one(struct ak_hashing *h, struct ak_hashed *f)
{
    struct stat before, after;
    bool ok = stat(f->path, &before) == 0 && hash_path(f->path, f->sha256, &f->size, h);
    if (ok && stat(f->path, &after) == 0)
        f->modified_ns = (int64_t)after.st_mtim.tv_sec * 1000000000 + after.st_mtim.tv_nsec;
    if (!ok)
        f->sha256[0] = 0;
}

static void *run(void *self)
{
    struct ak_hashing *h = self;
    pthread_mutex_lock(&h->lock);
    while (!h->stop) {
        struct entry *e = h->todo;
        if (!e) {
            pthread_cond_wait(&h->more, &h->lock);
            continue;
        }
        h->todo = e->next;
        if (!h->todo)
            h->todo_end = &h->todo;
        pthread_mutex_unlock(&h->lock);
        hash_one(h, &e->file);
        pthread_mutex_lock(&h->lock);
        e->next = NULL;
        *h->done_end = e;
        h->done_end = &e->next;
        h->left--;
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

struct ak_hashing *ak_hashing_start(void)
{
    struct ak_hashing *h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    h->todo_end = &h->todo;
    h->done_end = &h->done;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->more, NULL);
    if (pthread_create(&h->thread, NULL, run, h) != 0) {
        free(h);
        return NULL;
    }
    return h;
}

void ak_hashing_add(struct ak_hashing *h, const char *path, uint32_t evidence)
{
    struct entry *e = calloc(1, sizeof(*e));
    if (!e || !(e->file.path = strdup(path))) {
        free(e);
        return;
    }
    e->file.evidence = evidence;
    pthread_mutex_lock(&h->lock);
    *h->todo_end = e;
    h->todo_end = &e->next;
    h->left++;
    pthread_cond_signal(&h->more);
    pthread_mutex_unlock(&h->lock);
}

bool ak_hashing_take(struct ak_hashing *h, struct ak_hashed *out)
{
    pthread_mutex_lock(&h->lock);
    struct entry *e = h->done;
    if (e) {
        h->done = e->next;
        if (!h->done)
            h->done_end = &h->done;
        *out = e->file;
    }
    pthread_mutex_unlock(&h->lock);
    free(e);
    return e != NULL;
}

unsigned ak_hashing_left(struct ak_hashing *h)
{
    pthread_mutex_lock(&h->lock);
    unsigned left = h->left + (h->done != NULL);
    pthread_mutex_unlock(&h->lock);
    return left;
}

uint64_t ak_hashing_bytes(struct ak_hashing *h) { return h->bytes; }

static void drop_list(struct entry *e)
{
    for (struct entry *next; e; e = next) {
        next = e->next;
        free(e->file.path);
        free(e);
    }
}

void ak_hashing_stop(struct ak_hashing *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->stop = true;
    pthread_cond_signal(&h->more);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    drop_list(h->todo);
    drop_list(h->done);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->more);
    free(h);
}
