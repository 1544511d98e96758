/* hashset.c - see hashset.h. */
#include "detect/hashset.h"

#include "base/reader.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEAD = 32, N_STARTS = AK_HASHSET_PREFIXES + 1, FIRST_HASH = HEAD + N_STARTS * 8 };
enum { VERSION = 1, READ_BYTES = 1 << 16, HEX = 2 * AK_HASHSET_HASH };

/* ---- looking ---- */

/* The starts rise and end with the number of hashes: then no look leaves them. */
static bool starts_are_right(const struct ak_hashset *set)
{
    uint64_t last = 0;
    for (size_t i = 0; i < N_STARTS; i++) {
        uint64_t start = ak_load_u64le(set->starts.at + i * 8);
        if (start < last || start > set->n)
            return false;
        last = start;
    }
    return last == set->n;
}

enum ak_status ak_hashset_open(struct ak_bytes table, struct ak_hashset *out)
{
    struct ak_reader r = ak_rd_open(table, 0);
    struct ak_bytes magic = ak_rd_take(&r, 8);
    uint32_t version = ak_rd_u32le(&r), hash = ak_rd_u32le(&r);
    uint64_t n = ak_rd_u64le(&r);
    ak_rd_skip(&r, 8);
    if (!ak_rd_ok(&r) || memcmp(magic.at, "AKHASHES", 8) != 0)
        return AK_ERR_CORRUPT;
    if (version != VERSION || hash != AK_HASHSET_HASH)
        return AK_ERR_UNSUPPORTED;
    struct ak_hashset set = { .starts = ak_rd_array(&r, N_STARTS, 8), .n = n };
    set.hashes = ak_rd_array(&r, n, AK_HASHSET_HASH);
    if (!ak_rd_ok(&r) || !starts_are_right(&set))
        return AK_ERR_CORRUPT;
    *out = set;
    return AK_OK;
}

bool ak_hashset_has(const struct ak_hashset *set, const uint8_t *sha256)
{
    size_t prefix = (size_t)sha256[0] << 8 | sha256[1];
    uint64_t low = ak_load_u64le(set->starts.at + prefix * 8),
             high = ak_load_u64le(set->starts.at + prefix * 8 + 8);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int order = memcmp(set->hashes.at + middle * AK_HASHSET_HASH, sha256, AK_HASHSET_HASH);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* ---- making ---- */

enum ak_status ak_hashset_make(int fd, struct ak_hashset_making *out)
{
    size_t cap = (size_t)1 << 20;
    if (ftruncate(fd, (off_t)cap) != 0)
        return AK_ERR_NOMEM;
    void *at = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return AK_ERR_NOMEM;
    *out = (struct ak_hashset_making){ .fd = fd, .at = at, .cap = cap };
    return AK_OK;
}

/* The file twice as long. */
static bool grow(struct ak_hashset_making *m)
{
    size_t cap = m->cap * 2;
    if (m->n >= AK_HASHSET_MAX || ftruncate(m->fd, (off_t)cap) != 0)
        return false;
    void *at = mremap(m->at, m->cap, cap, MREMAP_MAYMOVE);
    if (at == MAP_FAILED)
        return false;
    m->at = at;
    m->cap = cap;
    return true;
}

static uint8_t *hash_at(const struct ak_hashset_making *m, uint64_t i)
{
    return m->at + FIRST_HASH + i * AK_HASHSET_HASH;
}

bool ak_hashset_add(struct ak_hashset_making *m, const uint8_t *sha256)
{
    if (m->failed || (m->cap - FIRST_HASH < (m->n + 1) * AK_HASHSET_HASH && !grow(m))) {
        m->failed = true;
        return false;
    }
    memcpy(hash_at(m, m->n++), sha256, AK_HASHSET_HASH);
    return true;
}

static size_t prefix_of(const uint8_t *hash) { return (size_t)hash[0] << 8 | hash[1]; }

static void swap(uint8_t *a, uint8_t *b)
{
    uint8_t t[AK_HASHSET_HASH];
    memcpy(t, a, sizeof(t));
    memcpy(a, b, sizeof(t));
    memcpy(b, t, sizeof(t));
}

static int compare(const void *a, const void *b) { return memcmp(a, b, AK_HASHSET_HASH); }

/* Every hash to its prefix's part, in place; `starts` of them are known. */
static void deal(struct ak_hashset_making *m, const uint64_t *starts, uint64_t *next)
{
    for (size_t p = 0; p < AK_HASHSET_PREFIXES; p++)
        while (next[p] < starts[p + 1]) {
            uint8_t *hash = hash_at(m, next[p]);
            size_t to = prefix_of(hash);
            if (to == p)
                next[p]++;
            else
                swap(hash, hash_at(m, next[to]++));
        }
}

/* Sort part by part (qsort() of all at once would ask for a copy), keep each hash
 * once, and write where the parts begin. */
static uint64_t sort_parts(struct ak_hashset_making *m, const uint64_t *starts)
{
    uint64_t kept = 0;
    for (size_t p = 0; p < AK_HASHSET_PREFIXES; p++) {
        uint64_t first = kept;
        uint8_t *slot = m->at + HEAD + p * 8;
        for (unsigned i = 0; i < 8; i++)
            slot[i] = (uint8_t)(kept >> 8 * i);
        qsort(hash_at(m, starts[p]), (size_t)(starts[p + 1] - starts[p]), AK_HASHSET_HASH, compare);
        for (uint64_t i = starts[p]; i < starts[p + 1]; i++)
            if (kept == first || memcmp(hash_at(m, kept - 1), hash_at(m, i), AK_HASHSET_HASH) != 0)
                memmove(hash_at(m, kept++), hash_at(m, i), AK_HASHSET_HASH);
    }
    return kept;
}

static void put_head(struct ak_hashset_making *m, uint64_t n)
{
    uint8_t head[HEAD] = {
        'A', 'K', 'H', 'A', 'S', 'H', 'E', 'S', VERSION, 0, 0, 0, AK_HASHSET_HASH
    };
    for (unsigned i = 0; i < 8; i++) {
        head[16 + i] = (uint8_t)(n >> 8 * i);
        m->at[HEAD + AK_HASHSET_PREFIXES * 8 + i] = (uint8_t)(n >> 8 * i);
    }
    memcpy(m->at, head, HEAD);
}

enum ak_status ak_hashset_finish(struct ak_hashset_making *m)
{
    uint64_t *starts = calloc(N_STARTS, sizeof(*starts)),
             *next = malloc(AK_HASHSET_PREFIXES * sizeof(*next));
    bool ok = !m->failed && starts && next;
    for (uint64_t i = 0; ok && i < m->n; i++)
        starts[prefix_of(hash_at(m, i)) + 1]++;
    for (size_t p = 0; ok && p < AK_HASHSET_PREFIXES; p++) {
        starts[p + 1] += starts[p];
        next[p] = starts[p];
    }
    uint64_t kept = 0;
    if (ok) {
        deal(m, starts, next);
        kept = sort_parts(m, starts);
        put_head(m, kept);
        m->n = kept;
    }
    munmap(m->at, m->cap);
    m->at = NULL;
    free(starts);
    free(next);
    if (!ok)
        return AK_ERR_NOMEM;
    return ftruncate(m->fd, (off_t)(FIRST_HASH + kept * AK_HASHSET_HASH)) == 0 ? AK_OK : AK_ERR_IO;
}

/* ---- lists ---- */

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    uint8_t low = c | 0x20;
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* A list on its way through: what matters is only runs of hexadecimal digits. */
struct scan {
    uint8_t hash[AK_HASHSET_HASH];
    size_t digits;  /* of the run so far; more than HEX: too long */
    bool word;      /* the run has other letters: it is no hash */
    bool any, line; /* this line: had a hash, had anything */
};

static void end_word(struct ak_hashset_making *m, struct scan *s)
{
    if (s->digits == HEX && !s->word)
        s->any |= ak_hashset_add(m, s->hash);
    s->digits = 0;
    s->word = false;
}

static void scan_byte(struct ak_hashset_making *m, struct scan *s, uint8_t c)
{
    int v = digit(c);
    if (v >= 0) {
        if (s->digits < HEX && s->digits % 2 == 0)
            s->hash[s->digits / 2] = (uint8_t)(v << 4);
        else if (s->digits < HEX)
            s->hash[s->digits / 2] |= (uint8_t)v;
        s->digits += s->digits <= HEX;
        s->line = true;
        return;
    }
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
        s->word = s->line = true;
        return;
    }
    end_word(m, s);
    if (c == '\n') {
        m->n_bad += s->line && !s->any;
        s->line = s->any = false;
    }
}

static enum ak_status take_list(struct ak_hashset_making *m, int fd, const char **out_why)
{
    static uint8_t buf[READ_BYTES];
    struct scan s = { 0 };
    uint64_t before = m->n;
    ssize_t n;
    for (off_t at = 0; !m->failed && (n = pread(fd, buf, sizeof(buf), at)) > 0; at += n)
        for (ssize_t i = 0; i < n; i++)
            scan_byte(m, &s, buf[i]);
    scan_byte(m, &s, '\n');
    if (m->failed) {
        *out_why = "more hashes than a set of known files may have";
        return AK_ERR_LIMIT;
    }
    if (m->n == before) {
        *out_why = "no SHA-256 is in it: it is no list of known files";
        return AK_ERR_CORRUPT;
    }
    return AK_OK;
}

enum ak_status ak_hashset_take(struct ak_hashset_making *m, int fd, const char **out_why)
{
    uint8_t head[16] = { 0 };
    if (pread(fd, head, sizeof(head), 0) < 0) {
        *out_why = "the file could not be read";
        return AK_ERR_IO;
    }
    return memcmp(head, "SQLite format 3", 16) == 0 ? ak_hashset_take_sqlite(m, fd, out_why)
                                                    : take_list(m, fd, out_why);
}
