/* ntfs_volume.c - the boot sector, the $MFT and its records (see ntfs.h). */
#include "filesystem/ntfs.h"

#include <stdlib.h>

enum { BOOT_SIZE = 512 };

struct boot {
    uint32_t sector, cluster, record, index_block;
    uint64_t n_sectors, mft_lcn, mirror_lcn;
};

/* A size in clusters, or, when negative, as a power of two in bytes. */
static uint32_t size_of(int8_t v, uint32_t cluster)
{
    if (v > 0)
        return (uint64_t)v * cluster <= UINT32_MAX ? (uint32_t)v * cluster : 0;
    return v > -32 && v < 0 ? UINT32_C(1) << -v : 0;
}

static bool is_power_of_two(uint32_t v) { return v && (v & (v - 1)) == 0; }

static bool boot_parse(const uint8_t *b, struct boot *out)
{
    if (memcmp(b + 3, "NTFS    ", 8) != 0)
        return false;
    uint8_t per_cluster = b[13];
    uint32_t sectors = per_cluster <= 128  ? per_cluster
                       : per_cluster > 224 ? 1u << (256 - per_cluster)
                                           : 0;
    out->sector = ak_load_u16le(b + 11);
    if (!is_power_of_two(out->sector) || out->sector < 256 || out->sector > 4096 ||
        !is_power_of_two(sectors) || sectors > NTFS_CLUSTER_MAX / out->sector)
        return false;
    out->cluster = out->sector * sectors;
    out->n_sectors = ak_load_u64le(b + 40);
    out->mft_lcn = ak_load_u64le(b + 48);
    out->mirror_lcn = ak_load_u64le(b + 56);
    out->record = size_of((int8_t)b[64], out->cluster);
    out->index_block = size_of((int8_t)b[68], out->cluster);
    return out->n_sectors != 0;
}

static bool boot_at(struct ak_source *volume, uint64_t at, struct boot *out)
{
    uint8_t b[BOOT_SIZE];
    return ak_source_read_some(volume, at, b, sizeof(b)) == sizeof(b) && boot_parse(b, out);
}

/* The first sector, or the copy that stands behind the last one. */
static bool boot_read(struct ak_source *volume, struct boot *out, bool *out_copy)
{
    *out_copy = false;
    if (boot_at(volume, 0, out))
        return true;
    *out_copy = true;
    for (uint64_t back = BOOT_SIZE; back <= 4096 && back <= volume->size; back *= 8) {
        uint64_t at = volume->size / BOOT_SIZE * BOOT_SIZE - back;
        /* It stands where it says the volume ends: so it is not a partition's. */
        if (boot_at(volume, at, out) && out->n_sectors == at / out->sector)
            return true;
    }
    return false;
}

bool ntfs_probe(struct ak_source *volume)
{
    struct boot b;
    bool copy;
    return boot_read(volume, &b, &copy);
}

bool ntfs_fixup(uint8_t *block, uint32_t size, uint32_t sector)
{
    enum { STRIDE = 512 }; /* whatever the sector size is */
    (void)sector;
    uint32_t at = ak_load_u16le(block + 4), n = ak_load_u16le(block + 6);
    if (n == 0 || at < 8 || (at & 1) || n - 1 > size / STRIDE || at + 2 * n > size)
        return false;
    const uint8_t *want = block + at;
    for (uint32_t i = 1; i < n; i++) {
        uint8_t *end = block + (size_t)i * STRIDE - 2;
        if (memcmp(end, want, 2) != 0)
            return false;
        memcpy(end, want + 2 * (size_t)i, 2);
    }
    return true;
}

/* ---- reading through runs ---- */

const struct ntfs_run *ntfs_run_of(const struct ntfs_runs *runs, uint64_t vcn)
{
    size_t low = 0, high = runs->n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (runs->at[middle].vcn <= vcn)
            low = middle;
        else
            high = middle;
    }
    const struct ntfs_run *r = runs->n ? &runs->at[low] : NULL;
    return r && vcn >= r->vcn && vcn - r->vcn < r->n ? r : NULL;
}

/* Up to n bytes from one run; how many. */
static size_t read_step(struct ntfs *fs, const struct ntfs_run *r, uint64_t at, uint8_t *to,
                        size_t n, size_t *missing)
{
    uint64_t skip = at - (r ? r->vcn * fs->cluster : 0);
    uint64_t left = r ? r->n * fs->cluster - skip : fs->cluster - at % fs->cluster;
    if (n > left)
        n = (size_t)left;
    memset(to, 0, n);
    if (!r) {
        *missing += n;
        return n;
    }
    if (r->lcn == NTFS_HOLE)
        return n;
    uint64_t from = r->lcn * fs->cluster + skip;
    size_t have = 0, gone = 0;
    if (from < fs->volume->size)
        have = n < fs->volume->size - from ? n : (size_t)(fs->volume->size - from);
    if (ak_source_read(fs->volume, from, to, have, &gone) != AK_OK)
        gone = have;
    *missing += gone + (n - have);
    return n;
}

enum ak_status ntfs_read_runs(struct ntfs *fs, const struct ntfs_runs *runs, uint64_t at,
                              uint8_t *to, size_t n, size_t *out_missing)
{
    size_t missing = 0;
    while (n > 0) {
        size_t step = read_step(fs, ntfs_run_of(runs, at / fs->cluster), at, to, n, &missing);
        at += step;
        to += step;
        n -= step;
    }
    if (out_missing)
        *out_missing += missing;
    return AK_OK;
}

/* ---- records ---- */

/* Read a page of the $MFT and undo the update sequence of its records.  A torn
 * record gets the signature Windows itself would give it, "BAAD". */
static bool page_fill(struct ntfs *fs, struct ntfs_page *page, uint64_t number)
{
    if (!page->bytes)
        page->bytes = malloc(NTFS_PAGE);
    if (!page->bytes)
        return false;
    uint64_t at = number * NTFS_PAGE, end = fs->n_records * fs->record;
    size_t n = end - at < NTFS_PAGE ? (size_t)(end - at) : NTFS_PAGE;
    size_t missing = 0;
    if (ntfs_read_runs(fs, &fs->mft, at, page->bytes, n, &missing) != AK_OK)
        return false;
    memset(page->bytes + n, 0, NTFS_PAGE - n);
    for (uint8_t *r = page->bytes; r + fs->record <= page->bytes + n; r += fs->record)
        if (memcmp(r, "FILE", 4) == 0 && !ntfs_fixup(r, fs->record, fs->sector))
            memcpy(r, "BAAD", 4);
    page->number = number;
    return true;
}

bool ntfs_record_read(struct ntfs *fs, uint64_t id, uint8_t *to, bool *out_torn)
{
    if (id >= fs->n_records)
        return false;
    uint64_t per_page = NTFS_PAGE / fs->record, number = id / per_page;
    struct ntfs_page *page = &fs->pages[number % NTFS_PAGES];
    if ((!page->bytes || page->number != number) && !page_fill(fs, page, number))
        return false;
    const uint8_t *from = page->bytes + id % per_page * fs->record;
    if (memcmp(from, "FILE", 4) != 0) {
        if (out_torn)
            *out_torn = memcmp(from, "BAAD", 4) == 0;
        return false;
    }
    memcpy(to, from, fs->record);
    return true;
}

/* ---- the $MFT finds itself ---- */

/* The data attributes of one record of the $MFT. */
static void take_mft_runs(struct ntfs *fs, struct ak_bytes record, uint64_t *size)
{
    struct ntfs_attribute a;
    for (size_t at = 0; ntfs_attribute_next(record, &at, &a);) {
        if (a.type != NTFS_DATA || a.resident || a.name.n)
            continue;
        if (a.first_vcn == 0)
            *size = a.size;
        uint64_t next = fs->mft.n ? fs->mft.at[fs->mft.n - 1].vcn + fs->mft.at[fs->mft.n - 1].n : 0;
        if (a.first_vcn == next && ntfs_runs_add(&fs->mft, &a) != AK_OK)
            return; /* what was readable of it counts */
    }
}

static void count_records(struct ntfs *fs, uint64_t size)
{
    uint64_t mapped = 0;
    if (fs->mft.n)
        mapped = (fs->mft.at[fs->mft.n - 1].vcn + fs->mft.at[fs->mft.n - 1].n) * fs->cluster;
    uint64_t most = fs->volume->size > fs->cluster ? fs->volume->size : 0;
    if (size > mapped)
        size = mapped;
    if (size > most)
        size = most; /* a $MFT is no larger than its volume */
    fs->n_records = size / fs->record;
    if (fs->n_records > UINT32_MAX - 1)
        fs->n_records = UINT32_MAX - 1;
    fs->extensions_left = 4 * fs->n_records + NTFS_EXTENSIONS_MAX;
    fs->index_bytes_left = 4 * fs->volume->size + NTFS_SPARE_BYTES;
}

/* The attribute list of record 0 names the records that hold the rest of the
 * $MFT; each is found through what was found before it. */
static void follow_list(struct ntfs *fs, struct ak_bytes list, uint64_t *size)
{
    uint8_t record[NTFS_RECORD_MAX];
    uint64_t last = 0;
    struct ak_reader r = ak_rd_open(list, 0);
    while (ak_rd_left(&r) >= 26) {
        size_t start = r.pos;
        uint32_t type = ak_load_u32le(list.at + start);
        uint16_t length = ak_load_u16le(list.at + start + 4);
        uint64_t id = ak_load_u64le(list.at + start + 16) & UINT64_C(0xFFFFFFFFFFFF);
        if (length < 26 || !ak_rd_take(&r, length).n)
            return;
        if (type != NTFS_DATA || id == 0 || id == last)
            continue;
        last = id;
        count_records(fs, *size);
        if (ntfs_record_read(fs, id, record, NULL))
            take_mft_runs(fs, (struct ak_bytes){ record, fs->record }, size);
    }
}

static void extend_mft(struct ntfs *fs, struct ak_bytes record, uint64_t *size)
{
    struct ntfs_attribute a;
    for (size_t at = 0; ntfs_attribute_next(record, &at, &a);) {
        if (a.type != NTFS_ATTRIBUTE_LIST)
            continue;
        if (a.resident) {
            follow_list(fs, a.value, size);
            return;
        }
        struct ntfs_runs runs = { 0 };
        size_t n = a.size < NTFS_LIST_MAX ? (size_t)a.size : NTFS_LIST_MAX;
        uint8_t *list = malloc(n ? n : 1);
        if (list && ntfs_runs_add(&runs, &a) == AK_OK &&
            ntfs_read_runs(fs, &runs, 0, list, n, NULL) == AK_OK)
            follow_list(fs, (struct ak_bytes){ list, n }, size);
        free(list);
        free(runs.at);
        return;
    }
}

static bool open_mft(struct ntfs *fs, uint64_t lcn)
{
    uint8_t record[NTFS_RECORD_MAX];
    uint64_t size = 0;
    if (lcn > UINT64_MAX / fs->cluster ||
        ak_source_read_some(fs->volume, lcn * fs->cluster, record, fs->record) != fs->record ||
        memcmp(record, "FILE", 4) != 0 || !ntfs_fixup(record, fs->record, fs->sector))
        return false;
    struct ak_bytes bytes = { record, fs->record };
    fs->mft.n = 0;
    take_mft_runs(fs, bytes, &size);
    if (!fs->mft.n)
        return false;
    extend_mft(fs, bytes, &size);
    count_records(fs, size);
    for (size_t i = 0; i < NTFS_PAGES; i++) /* pages read while the $MFT was shorter */
        fs->pages[i].number = UINT64_MAX;
    return fs->n_records > NTFS_ROOT;
}

enum ak_status ntfs_open_volume(struct ntfs *fs, const char **out_note)
{
    struct boot b;
    bool copy;
    if (!boot_read(fs->volume, &b, &copy)) {
        *out_note = "the volume has no NTFS boot sector";
        return AK_ERR_CORRUPT;
    }
    if (b.record < NTFS_RECORD_MIN || b.record > NTFS_RECORD_MAX || !is_power_of_two(b.record) ||
        b.index_block < 512 || b.index_block > NTFS_INDEX_BLOCK_MAX)
        return AK_ERR_UNSUPPORTED;
    fs->sector = b.sector;
    fs->cluster = b.cluster;
    fs->record = b.record;
    fs->index_block = b.index_block;
    fs->n_clusters = fs->volume->size / b.cluster;
    fs->pages = calloc(NTFS_PAGES, sizeof(fs->pages[0]));
    if (!fs->pages)
        return AK_ERR_NOMEM;
    if (copy)
        *out_note = "the boot sector is damaged; its copy at the end of the volume was used";
    if (open_mft(fs, b.mft_lcn))
        return AK_OK;
    *out_note = "the first record of the $MFT is damaged; its copy in $MFTMirr was used";
    if (open_mft(fs, b.mirror_lcn))
        return AK_OK;
    *out_note = "the $MFT could not be found";
    return AK_ERR_CORRUPT;
}

void ntfs_close_volume(struct ntfs *fs)
{
    for (size_t i = 0; fs->pages && i < NTFS_PAGES; i++)
        free(fs->pages[i].bytes);
    free(fs->pages);
    free(fs->mft.at);
}
