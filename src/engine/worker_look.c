/* worker_look.c - see worker_look.h. */
#include "engine/worker_look.h"
#include "base/digits.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { READ_BYTES = 4 << 20 };

/* ---- what this build can read ---- */

static void print_row(const char *name, const char *title) { printf("%s\t%s\n", name, title); }

int ak_worker_list(const char *what, bool ja)
{
    if (strcmp(what, "artefacts") == 0) {
        for (const struct ak_artefact *const *a = ak_artefacts; *a; a++)
            print_row((*a)->name, ja ? (*a)->title_ja : (*a)->title_en);
    } else if (strcmp(what, "containers") == 0) {
        for (const struct ak_container *const *c = ak_containers; *c; c++)
            print_row((*c)->name, ja ? (*c)->title_ja : (*c)->title_en);
    } else if (strcmp(what, "filesystems") == 0) {
        for (const struct ak_filesystem_ops *const *f = ak_filesystems; *f; f++)
            print_row((*f)->name, ja ? (*f)->title_ja : (*f)->title_en);
    } else {
        return 2;
    }
    return 0;
}

/* ---- the media's hashes ---- */

static const struct digest {
    const char *fact;
    const EVP_MD *(*type)(void);
} DIGESTS[] = { { "media.read.md5", EVP_md5 },
                { "media.read.sha1", EVP_sha1 },
                { "media.read.sha256", EVP_sha256 } };

enum { N_DIGESTS = sizeof(DIGESTS) / sizeof(DIGESTS[0]) };

static void tell_digest(struct ak_worker *w, const char *fact, EVP_MD_CTX *ctx)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    EVP_DigestFinal_ex(ctx, hash, &n);
    ak_hex_text(hex, hash, n);
    ak_worker_fact(w, ak_str_of(fact), (struct ak_str){ hex, 2 * (size_t)n });
}

static bool has_fact(const struct ak_disk *disk, const char *name)
{
    for (size_t i = 0; i < disk->n_facts; i++)
        if (ak_str_eq(disk->facts[i].name, ak_str_of(name)))
            return true;
    return false;
}

/* Which digests are worth computing: SHA-256 always, others when stored. */
static bool wanted(const struct ak_disk *disk, size_t i)
{
    return i == 2 || has_fact(disk, i == 0 ? "md5" : "sha1");
}

static uint64_t digest_all(struct ak_worker *w, const struct ak_disk *disk, EVP_MD_CTX *ctx[])
{
    static uint8_t buf[READ_BYTES];
    struct ak_source *media = disk->media;
    uint64_t lost = 0;
    for (uint64_t at = 0; at < media->size && w->lost == AK_OK;) {
        size_t n = media->size - at < sizeof(buf) ? (size_t)(media->size - at) : sizeof(buf);
        size_t missing = 0;
        if (ak_source_read(media, at, buf, n, &missing) != AK_OK)
            break;
        for (size_t i = 0; i < N_DIGESTS; i++)
            if (wanted(disk, i))
                EVP_DigestUpdate(ctx[i], buf, n);
        lost += missing;
        at += n;
        if (at % ((uint64_t)64 << 20) == 0)
            ak_worker_progress(w, at);
    }
    return lost;
}

struct ak_wire_done ak_worker_media(struct ak_worker *w, struct ak_source *src)
{
    const struct ak_container *c = ak_container_of(src);
    if (!c)
        return (struct ak_wire_done){ .status = AK_ERR_UNSUPPORTED };
    struct ak_media media;
    EVP_MD_CTX *ctx[N_DIGESTS];
    enum ak_status st = ak_worker_open_media(w, src, c, &media);
    for (size_t i = 0; i < N_DIGESTS; i++) {
        ctx[i] = EVP_MD_CTX_new();
        if (!ctx[i] || EVP_DigestInit_ex(ctx[i], DIGESTS[i].type(), NULL) != 1)
            st = AK_ERR_NOMEM;
    }
    if (st == AK_OK) {
        char text[24];
        uint64_t lost = digest_all(w, &media.disk, ctx);
        for (size_t i = 0; i < N_DIGESTS; i++)
            if (wanted(&media.disk, i))
                tell_digest(w, DIGESTS[i].fact, ctx[i]);
        int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)lost);
        ak_worker_fact(w, AK_STR("media.read.missing_bytes"), (struct ak_str){ text, (size_t)n });
    }
    for (size_t i = 0; i < N_DIGESTS; i++)
        EVP_MD_CTX_free(ctx[i]);
    ak_worker_close_media(&media);
    return (struct ak_wire_done){ .status = st, .what = ak_str_of(c->name) };
}
