/* pe_hash.c - the hashes by which programs are known.  See pe.h. */
#include "format/pe.h"

#include "base/digits.h"

#include <openssl/evp.h>

enum { STEP = 64 << 10 }; /* stays in the cache while three hashes go over it */

static void put_hex(char *to, const unsigned char *hash, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        to = ak_put_hex_byte(to, hash[i], ak_hex_lower);
    *to = 0;
}

bool ak_pe_hash(struct ak_bytes file, struct ak_pe_hashes *out)
{
    const EVP_MD *const KINDS[] = { EVP_md5(), EVP_sha1(), EVP_sha256() };
    char *const to[] = { out->md5, out->sha1, out->sha256 };
    EVP_MD_CTX *contexts[3];
    unsigned char hash[EVP_MAX_MD_SIZE];
    bool ok = true;
    for (unsigned i = 0; i < 3; i++) {
        contexts[i] = EVP_MD_CTX_new();
        ok = contexts[i] && EVP_DigestInit_ex(contexts[i], KINDS[i], NULL) == 1 && ok;
    }
    for (size_t at = 0; ok && at < file.n; at += STEP)
        for (unsigned i = 0; i < 3; i++)
            EVP_DigestUpdate(contexts[i], file.at + at, file.n - at < STEP ? file.n - at : STEP);
    for (unsigned i = 0; i < 3; i++) {
        unsigned n = 0;
        ok = ok && EVP_DigestFinal_ex(contexts[i], hash, &n) == 1;
        put_hex(to[i], hash, ok ? n : 0);
        EVP_MD_CTX_free(contexts[i]);
    }
    return ok;
}
