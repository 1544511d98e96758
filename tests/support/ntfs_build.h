/* ntfs_build.h - a made-up NTFS volume of 64 KiB: sectors and clusters of 512
 * bytes, records of 1024, the $MFT at cluster 8, free clusters from 96 on. */
#ifndef AK_TESTS_NTFS_BUILD_H
#define AK_TESTS_NTFS_BUILD_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    NB_SIZE = 65536,
    NB_CLUSTER = 512,
    NB_RECORD = 1024,
    NB_MFT_CLUSTER = 8,
    NB_RECORDS = 40,
    NB_FREE = 96, /* first cluster for contents */
    NB_INDEX = 2048,
    NB_ROOT = 5,
};

struct ntfs_build {
    uint8_t bytes[NB_SIZE];
    uint8_t *record; /* being written */
    size_t at;       /* in it */
};

static inline void nb_le(uint8_t *to, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        to[i] = (uint8_t)(v >> (8 * i));
}

static inline uint8_t *nb_record_at(struct ntfs_build *b, uint64_t id)
{
    return b->bytes + NB_MFT_CLUSTER * NB_CLUSTER + id * NB_RECORD;
}

static inline void nb_begin(struct ntfs_build *b, uint64_t id, uint16_t sequence, bool in_use,
                            bool folder)
{
    uint8_t *r = b->record = nb_record_at(b, id);
    memset(r, 0, NB_RECORD);
    memcpy(r, "FILE", 4);
    nb_le(r + 4, 48, 2); /* update sequence */
    nb_le(r + 6, 3, 2);
    nb_le(r + 16, sequence, 2);
    nb_le(r + 20, 56, 2); /* first attribute */
    nb_le(r + 22, (in_use ? 1u : 0u) | (folder ? 2u : 0u), 2);
    nb_le(r + 28, NB_RECORD, 4);
    b->at = 56;
}

/* Say that the record continues file `base`. */
static inline void nb_extends(struct ntfs_build *b, uint64_t base)
{
    nb_le(b->record + 32, base | UINT64_C(1) << 48, 8);
}

static inline size_t nb_name(uint8_t *to, const char *ascii)
{
    size_t n = strlen(ascii);
    for (size_t i = 0; i < n; i++)
        nb_le(to + 2 * i, (uint8_t)ascii[i], 2);
    return n;
}

static inline uint8_t *nb_attribute(struct ntfs_build *b, uint32_t type, uint16_t id,
                                    const char *name, size_t header, size_t value_n)
{
    uint8_t *a = b->record + b->at;
    size_t name_n = strlen(name), value_at = (header + 2 * name_n + 7) / 8 * 8;
    size_t n = (value_at + value_n + 7) / 8 * 8;
    assert(b->at + n + 8 <= NB_RECORD);
    nb_le(a, type, 4);
    nb_le(a + 4, n, 4);
    a[9] = (uint8_t)nb_name(a + header, name);
    nb_le(a + 10, header, 2);
    nb_le(a + 14, id, 2);
    b->at += n;
    return a;
}

static inline void nb_resident(struct ntfs_build *b, uint32_t type, uint16_t id, const char *name,
                               const void *value, size_t n)
{
    uint8_t *a = nb_attribute(b, type, id, name, 24, n);
    size_t at = (24 + 2 * strlen(name) + 7) / 8 * 8;
    nb_le(a + 16, n, 4);
    nb_le(a + 20, at, 2);
    memcpy(a + at, value, n);
}

/* `runs` as recorded, with its final 0; returns the attribute for further lies. */
static inline uint8_t *nb_runs(struct ntfs_build *b, uint32_t type, uint16_t id, const char *name,
                               uint64_t size, const void *runs, size_t n)
{
    uint8_t *a = nb_attribute(b, type, id, name, 64, n);
    size_t at = (64 + 2 * strlen(name) + 7) / 8 * 8;
    a[8] = 1;
    nb_le(a + 24, (size + NB_CLUSTER - 1) / NB_CLUSTER - 1, 8);
    nb_le(a + 32, at, 2);
    nb_le(a + 40, (size + NB_CLUSTER - 1) / NB_CLUSTER * NB_CLUSTER, 8);
    nb_le(a + 48, size, 8);
    nb_le(a + 56, size, 8);
    memcpy(a + at, runs, n);
    return a;
}

/* Times are FILETIMEs; all four get the same. */
static inline void nb_standard(struct ntfs_build *b, uint64_t time)
{
    uint8_t v[72] = { 0 };
    for (unsigned i = 0; i < 4; i++)
        nb_le(v + 8 * i, time, 8);
    nb_resident(b, 0x10, 0, "", v, sizeof(v));
}

static inline size_t nb_file_name(uint8_t *v, uint64_t parent, uint16_t sequence, uint64_t time,
                                  const char *name, bool folder)
{
    memset(v, 0, 66);
    nb_le(v, parent | (uint64_t)sequence << 48, 8);
    for (unsigned i = 0; i < 4; i++)
        nb_le(v + 8 + 8 * i, time, 8);
    nb_le(v + 56, folder ? 0x10000000u : 0, 4);
    v[64] = (uint8_t)nb_name(v + 66, name);
    v[65] = 1; /* Win32 */
    return 66 + 2 * strlen(name);
}

static inline void nb_named(struct ntfs_build *b, uint16_t id, uint64_t parent, uint16_t sequence,
                            uint64_t time, const char *name)
{
    uint8_t v[600];
    nb_resident(b, 0x30, id, "", v, nb_file_name(v, parent, sequence, time, name, false));
}

/* An index root without entries. */
static inline void nb_index_root(struct ntfs_build *b, uint16_t id)
{
    uint8_t v[48] = { 0 };
    nb_le(v, 0x30, 4);
    nb_le(v + 4, 1, 4);
    nb_le(v + 8, NB_INDEX, 4);
    nb_le(v + 16, 16, 4);
    nb_le(v + 20, 32, 4);
    nb_le(v + 24, 32, 4);
    nb_le(v + 32 + 8, 16, 2);
    nb_le(v + 32 + 12, 2, 2);
    nb_resident(b, 0x90, id, "$I30", v, sizeof(v));
}

/* Put the update sequence of a record or index block in place. */
static inline void nb_seal_block(uint8_t *r, size_t n)
{
    uint8_t *sequence = r + (r[4] | r[5] << 8);
    nb_le(sequence, 0x0101, 2);
    for (size_t i = 1; i <= n / 512; i++) {
        memcpy(sequence + 2 * i, r + 512 * i - 2, 2);
        nb_le(r + 512 * i - 2, 0x0101, 2);
    }
}

static inline void nb_end(struct ntfs_build *b)
{
    nb_le(b->record + b->at, UINT32_MAX, 4);
    nb_le(b->record + 24, b->at + 8, 4);
    nb_seal_block(b->record, NB_RECORD);
}

enum { NB_TIME_2026_S = 1790000000 };
#define NB_TIME ((UINT64_C(11644473600) + NB_TIME_2026_S) * 10000000)

/* Boot sector, $MFT and an empty root folder. */
static inline void nb_volume(struct ntfs_build *b)
{
    memset(b, 0, sizeof(*b));
    uint8_t *s = b->bytes;
    memcpy(s, "\xEB\x52\x90NTFS    ", 11);
    nb_le(s + 11, 512, 2);
    s[13] = 1;
    nb_le(s + 40, NB_SIZE / 512 - 1, 8);
    nb_le(s + 48, NB_MFT_CLUSTER, 8);
    nb_le(s + 56, 4, 8);
    s[64] = 2; /* clusters per record */
    s[68] = NB_INDEX / NB_CLUSTER;
    nb_le(s + 510, 0xAA55, 2);
    static const uint8_t runs[] = { 0x11, NB_RECORDS * 2, NB_MFT_CLUSTER, 0 };
    nb_begin(b, 0, 1, true, false);
    nb_standard(b, NB_TIME);
    nb_named(b, 1, NB_ROOT, 5, NB_TIME, "$MFT");
    nb_runs(b, 0x80, 2, "", NB_RECORDS * NB_RECORD, runs, sizeof(runs));
    nb_end(b);
    nb_begin(b, NB_ROOT, 5, true, true);
    nb_standard(b, NB_TIME);
    nb_named(b, 1, NB_ROOT, 5, NB_TIME, ".");
    nb_index_root(b, 2);
    nb_end(b);
}

/* A resident file; its name is known from its record alone. */
static inline void nb_file(struct ntfs_build *b, uint64_t id, uint64_t parent, uint16_t sequence,
                           const char *name, const char *contents)
{
    nb_begin(b, id, 1, true, false);
    nb_standard(b, NB_TIME);
    nb_named(b, 1, parent, sequence, NB_TIME, name);
    nb_resident(b, 0x80, 2, "", contents, strlen(contents));
    nb_end(b);
}

static inline void nb_folder(struct ntfs_build *b, uint64_t id, uint64_t parent, uint16_t sequence,
                             const char *name)
{
    nb_begin(b, id, 1, true, true);
    nb_standard(b, NB_TIME);
    nb_named(b, 1, parent, sequence, NB_TIME, name);
    nb_index_root(b, 2);
    nb_end(b);
}

#endif
