/* ntfs_writer.c - an NTFS 3.1 volume in memory (see ntfs_writer.h).
 *
 *     cluster 0  $Boot (2)      2  $MFTMirr     4  $MFT (room for 2048 records)
 *     then $LogFile, $AttrDef, $Bitmap, $UpCase, $Secure, contents as they come,
 *     folders' index blocks last; the last sector copies the first.
 *
 * Facts: the layout src/filesystem/ntfs*.c read, and what ntfsinfo and the Sleuth
 * Kit accept. */
#include "tests/support/ntfs_writer.h"

#include "tests/support/ntfs_writer_fixed.h"
#include "tests/support/ntfs_writer_names.h"

#include <stdlib.h>

enum {
    SECTOR = 512,
    CLUSTER = 4096,
    RECORD = 1024,
    RECORDS_MAX = 2048,
    MIRROR_AT = 2,
    MFT_AT = 4,
    FREE_AT = MFT_AT + RECORDS_MAX * RECORD / CLUSTER,
    LOG_CLUSTERS = 512,
    FIRST_USER = 64,
    ROOT = 5,
    NAME_MAX_UNITS = NTFSW_NAME_MAX,
    INDEX_HEAD = 64, /* of an index block, before its entries */
    BLOCKS_MAX = 64,
    SDS_COPY_AT = 0x40000,
    SECURITY_ID = 0x100,
};

enum {
    STANDARD = 0x10,
    FILE_NAME = 0x30,
    VOLUME_NAME = 0x60,
    VOLUME_INFO = 0x70,
    DATA = 0x80,
    INDEX_ROOT = 0x90,
    INDEX_ALLOCATION = 0xA0,
    BITMAP = 0xB0
};
enum { IN_USE = 1, IS_FOLDER = 2, IS_VIEW = 8 };

/* Bytes that lie in clusters of their own, or in the record when those are none. */
struct content {
    uint64_t lcn, clusters, size;
    const uint8_t *resident;
};

struct node {
    uint16_t name[NAME_MAX_UNITS];
    size_t name_n;
    uint32_t number, parent;
    uint16_t sequence;
    struct ntfsw_times times, name_times;
    uint32_t attributes;
    bool folder, deleted;
    struct content data, stream;
    uint16_t stream_name[NAME_MAX_UNITS];
    size_t stream_name_n;
    uint8_t *owned[2]; /* copies of resident contents */
};

struct ntfsw {
    struct ntfsw_volume volume;
    uint8_t *image;
    uint8_t *bitmap;
    uint64_t n_clusters, next;
    struct node *nodes; /* by record number */
    uint32_t n;
    bool failed;
};

/* ---- clusters ---- */

static void mark(struct ntfsw *w, uint64_t lcn, uint64_t n, bool used)
{
    for (; n--; lcn++) {
        uint8_t bit = (uint8_t)(1u << lcn % 8);
        w->bitmap[lcn / 8] = (uint8_t)(used ? w->bitmap[lcn / 8] | bit : w->bitmap[lcn / 8] & ~bit);
    }
}

static struct content take(struct ntfsw *w, uint64_t size)
{
    struct content c = { .lcn = w->next, .clusters = (size + CLUSTER - 1) / CLUSTER, .size = size };
    if (c.clusters > w->n_clusters - w->next) {
        w->failed = true;
        return (struct content){ 0 };
    }
    w->next += c.clusters;
    mark(w, c.lcn, c.clusters, true);
    return c;
}

static struct content store(struct ntfsw *w, struct ak_bytes bytes)
{
    struct content c = take(w, bytes.n);
    if (c.lcn && bytes.n)
        memcpy(w->image + c.lcn * CLUSTER, bytes.at, bytes.n);
    return c;
}

/* ---- names ---- */

static int compare_names(const struct node *a, const struct node *b)
{
    return ntfsw_compare(a->name, a->name_n, b->name, b->name_n);
}

static size_t put_file_name(uint8_t *to, const struct ntfsw *w, const struct node *f)
{
    uint64_t allocated = f->data.clusters ? f->data.clusters * CLUSTER : (f->data.size + 7) / 8 * 8;
    const struct ntfsw_times *t = &f->name_times;
    ntfsw_le(to, f->parent | (uint64_t)w->nodes[f->parent].sequence << 48, 8);
    ntfsw_le(to + 8, t->created, 8);
    ntfsw_le(to + 16, t->modified, 8);
    ntfsw_le(to + 24, t->changed, 8);
    ntfsw_le(to + 32, t->accessed, 8);
    ntfsw_le(to + 40, f->folder ? 0 : allocated, 8);
    ntfsw_le(to + 48, f->folder ? 0 : f->data.size, 8);
    ntfsw_le(to + 56, f->attributes | (f->folder ? 0x10000000u : 0), 4);
    ntfsw_le(to + 60, 0, 4);
    to[64] = (uint8_t)f->name_n;
    to[65] = ntfsw_is_short(f->name, f->name_n) ? 3 : 1;
    for (size_t i = 0; i < f->name_n; i++)
        ntfsw_le(to + 66 + 2 * i, f->name[i], 2);
    return 66 + 2 * f->name_n;
}

/* ---- a record and its attributes ---- */

struct record {
    uint8_t at[RECORD];
    size_t n;
    uint16_t next_id;
    bool full;
};

struct name {
    const uint16_t *at;
    size_t n;
};

static const struct name UNNAMED = { NULL, 0 };
static const uint16_t I30[] = { '$', 'I', '3', '0' };
static const struct name FOLDER_INDEX = { I30, 4 };

static void begin_record(struct record *r, uint32_t number, uint16_t sequence, uint16_t flags,
                         uint16_t links)
{
    *r = (struct record){ .n = 56 };
    memcpy(r->at, "FILE", 4);
    ntfsw_le(r->at + 4, 48, 2); /* the update sequence: its number and two entries */
    ntfsw_le(r->at + 6, 3, 2);
    ntfsw_le(r->at + 16, sequence, 2);
    ntfsw_le(r->at + 18, links, 2);
    ntfsw_le(r->at + 20, 56, 2);
    ntfsw_le(r->at + 22, flags, 2);
    ntfsw_le(r->at + 28, RECORD, 4);
    ntfsw_le(r->at + 44, number, 4);
}

/* The head of an attribute with `more` bytes behind head and name. */
static uint8_t *attribute(struct record *r, uint32_t type, struct name name, bool runs, size_t more,
                          size_t *out_value_at)
{
    size_t head = runs ? 64 : 24, value_at = (head + 2 * name.n + 7) / 8 * 8,
           total = (value_at + more + 7) / 8 * 8;
    if (r->full || total + 8 > RECORD - r->n) {
        r->full = true;
        return NULL;
    }
    uint8_t *a = r->at + r->n;
    ntfsw_le(a, type, 4);
    ntfsw_le(a + 4, total, 4);
    a[8] = runs;
    a[9] = (uint8_t)name.n;
    ntfsw_le(a + 10, head, 2);
    ntfsw_le(a + 14, r->next_id++, 2);
    for (size_t i = 0; i < name.n; i++)
        ntfsw_le(a + head + 2 * i, name.at[i], 2);
    r->n += total;
    *out_value_at = value_at;
    return a;
}

static void put_resident(struct record *r, uint32_t type, struct name name, const uint8_t *value,
                         size_t n)
{
    size_t at;
    uint8_t *a = attribute(r, type, name, false, n, &at);
    if (!a)
        return;
    ntfsw_le(a + 16, n, 4);
    ntfsw_le(a + 20, at, 2);
    a[22] = type == FILE_NAME; /* is indexed */
    if (n)
        memcpy(a + at, value, n);
}

/* One run; a hole when lcn is 0 and `hole`. */
static void put_runs(struct record *r, uint32_t type, struct name name, const struct content *c,
                     bool hole)
{
    size_t at;
    uint8_t *a = attribute(r, type, name, true, 12, &at);
    if (!a)
        return;
    ntfsw_le(a + 24, c->clusters - 1, 8);
    ntfsw_le(a + 32, at, 2);
    ntfsw_le(a + 40, c->clusters * CLUSTER, 8);
    ntfsw_le(a + 48, c->size, 8);
    ntfsw_le(a + 56, hole ? 0 : c->size, 8);
    a[at] = hole ? 0x04 : 0x44;
    ntfsw_le(a + at + 1, c->clusters, 4);
    if (!hole)
        ntfsw_le(a + at + 5, c->lcn, 4);
}

static void put_content(struct record *r, struct name name, const struct content *c)
{
    if (c->clusters)
        put_runs(r, DATA, name, c, false);
    else
        put_resident(r, DATA, name, c->resident, c->size);
}

/* Replace the last two bytes of each sector by a number kept at `at`. */
static void protect(uint8_t *block, size_t n, size_t at)
{
    ntfsw_le(block + at, 1, 2);
    for (size_t i = 1; i <= n / SECTOR; i++) {
        memcpy(block + at + 2 * i, block + i * SECTOR - 2, 2);
        ntfsw_le(block + i * SECTOR - 2, 1, 2);
    }
}

static void end_record(struct ntfsw *w, struct record *r, uint32_t number)
{
    w->failed = w->failed || r->full;
    if (r->full)
        return;
    ntfsw_le(r->at + r->n, UINT32_MAX, 4);
    r->n += 8;
    ntfsw_le(r->at + 24, r->n, 4);
    ntfsw_le(r->at + 40, r->next_id, 2);
    protect(r->at, RECORD, 48);
    memcpy(w->image + (size_t)MFT_AT * CLUSTER + (size_t)number * RECORD, r->at, RECORD);
}

static void put_standard(struct record *r, const struct node *f)
{
    uint8_t v[72] = { 0 };
    ntfsw_le(v, f->times.created, 8);
    ntfsw_le(v + 8, f->times.modified, 8);
    ntfsw_le(v + 16, f->times.changed, 8);
    ntfsw_le(v + 24, f->times.accessed, 8);
    ntfsw_le(v + 32, f->attributes, 4);
    ntfsw_le(v + 52, SECURITY_ID, 4);
    put_resident(r, STANDARD, UNNAMED, v, sizeof(v));
}

/* A record with what every file has. */
static void begin_file(struct ntfsw *w, struct record *r, const struct node *f, uint16_t more_flags)
{
    uint8_t name[66 + 2 * NAME_MAX_UNITS];
    uint16_t flags =
        (uint16_t)((f->deleted ? 0 : IN_USE) | (f->folder ? IS_FOLDER : 0) | more_flags);
    begin_record(r, f->number, f->sequence, flags, f->deleted ? 0 : 1);
    put_standard(r, f);
    put_resident(r, FILE_NAME, UNNAMED, name, put_file_name(name, w, f));
}

/* ---- folders ---- */

struct folder {
    const struct node *entries[RECORDS_MAX];
    size_t n;
    uint8_t *blocks; /* BLOCKS_MAX of them */
    size_t n_blocks;
};

static int by_name(const void *va, const void *vb)
{
    return compare_names(*(const struct node *const *)va, *(const struct node *const *)vb);
}

enum { NO_CHILD = -1 };

/* One index entry; without a file it is the end.  Its size. */
static size_t put_entry(uint8_t *to, const struct ntfsw *w, const struct node *f, int child)
{
    size_t key = f ? put_file_name(to + 16, w, f) : 0;
    size_t n = (16 + key + 7) / 8 * 8 + (child == NO_CHILD ? 0 : 8);
    ntfsw_le(to, f ? f->number | (uint64_t)f->sequence << 48 : 0, 8);
    ntfsw_le(to + 8, n, 2);
    ntfsw_le(to + 10, key, 2);
    ntfsw_le(to + 12, (child == NO_CHILD ? 0u : 1u) | (f ? 0u : 2u), 2);
    if (child != NO_CHILD)
        ntfsw_le(to + n - 8, (uint64_t)child, 8);
    return n;
}

static size_t entry_size(const struct node *f) { return (16 + 66 + 2 * f->name_n + 7) / 8 * 8; }

static void put_node_head(uint8_t *head, size_t entries_at, size_t used, size_t room,
                          bool has_children)
{
    ntfsw_le(head, entries_at, 4);
    ntfsw_le(head + 4, used, 4);
    ntfsw_le(head + 8, room, 4);
    head[12] = has_children;
}

/* One index block of these entries and their children; its number. */
static int put_block(struct ntfsw *w, struct folder *d, const struct node *const *entries, size_t n,
                     const int *children)
{
    if (d->n_blocks == BLOCKS_MAX) {
        w->failed = true;
        return 0;
    }
    uint8_t *b = d->blocks + d->n_blocks * CLUSTER;
    size_t at = INDEX_HEAD;
    memcpy(b, "INDX", 4);
    ntfsw_le(b + 4, 40, 2);
    ntfsw_le(b + 6, CLUSTER / SECTOR + 1, 2);
    ntfsw_le(b + 16, d->n_blocks, 8);
    for (size_t i = 0; i < n && at + entry_size(entries[i]) + 32 < CLUSTER; i++)
        at += put_entry(b + at, w, entries[i], children ? children[i] : NO_CHILD);
    at += put_entry(b + at, w, NULL, children ? children[n] : NO_CHILD);
    put_node_head(b + 24, INDEX_HEAD - 24, at - 24, CLUSTER - 24, children != NULL);
    protect(b, CLUSTER, 40);
    return (int)d->n_blocks++;
}

/* How many entries from `from` on fill a leaf, leaving none or at least two. */
static size_t leaf_size(const struct folder *d, size_t from)
{
    size_t n = 0, bytes = INDEX_HEAD + 32;
    while (from + n < d->n && bytes + entry_size(d->entries[from + n]) < CLUSTER)
        bytes += entry_size(d->entries[from + n++]);
    return d->n - from - n == 1 ? n - 1 : n;
}

/* The folder's tree; the number of its top block. */
static int put_tree(struct ntfsw *w, struct folder *d)
{
    const struct node *between[BLOCKS_MAX];
    int children[BLOCKS_MAX + 1];
    size_t n = 0, at = 0;
    for (;;) {
        size_t take_n = leaf_size(d, at);
        children[n] = put_block(w, d, d->entries + at, take_n, NULL);
        at += take_n;
        if (at >= d->n || n == BLOCKS_MAX - 1)
            break;
        between[n++] = d->entries[at++];
    }
    return n ? put_block(w, d, between, n, children) : children[0];
}

static void put_index_root(struct record *r, const struct ntfsw *w, const struct folder *d, int top)
{
    uint8_t v[RECORD] = { 0 };
    size_t at = 32;
    ntfsw_le(v, FILE_NAME, 4);
    ntfsw_le(v + 4, 1, 4); /* sorted as file names */
    ntfsw_le(v + 8, CLUSTER, 4);
    v[12] = 1;
    for (size_t i = 0; top == NO_CHILD && i < d->n; i++)
        at += put_entry(v + at, w, d->entries[i], NO_CHILD);
    at += put_entry(v + at, w, NULL, top);
    put_node_head(v + 16, 16, at - 16, at - 16, top != NO_CHILD);
    put_resident(r, INDEX_ROOT, FOLDER_INDEX, v, at);
}

static bool fits_root(const struct folder *d, const struct record *r)
{
    size_t bytes = r->n + 24 + 8 + 32 + 16 + 8;
    for (size_t i = 0; i < d->n && bytes < RECORD; i++)
        bytes += entry_size(d->entries[i]);
    return bytes < RECORD - 16;
}

static void put_folder(struct ntfsw *w, struct record *r, uint32_t number)
{
    struct folder *d = calloc(1, sizeof(*d));
    if (!d || !(d->blocks = calloc(BLOCKS_MAX, CLUSTER))) {
        w->failed = true;
        free(d);
        return;
    }
    for (uint32_t i = 0; i < w->n; i++)
        if (w->nodes[i].name_n && w->nodes[i].parent == number && !w->nodes[i].deleted)
            d->entries[d->n++] = &w->nodes[i];
    qsort(d->entries, d->n, sizeof(d->entries[0]), by_name);
    if (fits_root(d, r)) {
        put_index_root(r, w, d, NO_CHILD);
    } else {
        uint8_t used[8] = { 0 };
        put_index_root(r, w, d, put_tree(w, d));
        struct content c = store(w, (struct ak_bytes){ d->blocks, d->n_blocks * CLUSTER });
        ntfsw_le(used, d->n_blocks < 64 ? (UINT64_C(1) << d->n_blocks) - 1 : UINT64_MAX, 8);
        put_runs(r, INDEX_ALLOCATION, FOLDER_INDEX, &c, false);
        put_resident(r, BITMAP, FOLDER_INDEX, used, sizeof(used));
    }
    free(d->blocks);
    free(d);
}

/* ---- the volume's own files ---- */

static struct node *own(struct ntfsw *w, uint32_t number, const char *name)
{
    struct node *f = &w->nodes[number];
    f->name_n = ntfsw_wide(name, strlen(name), f->name);
    f->number = number;
    f->parent = ROOT;
    f->sequence = (uint16_t)(number ? number : 1);
    f->times = f->name_times =
        (struct ntfsw_times){ w->volume.made, w->volume.made, w->volume.made, w->volume.made };
    f->attributes = 6; /* hidden, system */
    return f;
}

static struct content fixed(struct ntfsw *w, uint64_t lcn, uint64_t size)
{
    struct content c = { .lcn = lcn, .clusters = (size + CLUSTER - 1) / CLUSTER, .size = size };
    mark(w, lcn, c.clusters, true);
    return c;
}

static struct content attribute_table(struct ntfsw *w)
{
    uint8_t table[NTFSW_ATTRDEF_BYTES];
    ntfsw_put_attrdef(table);
    return store(w, (struct ak_bytes){ table, sizeof(table) });
}

static struct content upcase_table(struct ntfsw *w)
{
    struct content c = take(w, 131072);
    for (uint32_t i = 0; c.lcn && i < 65536; i++)
        ntfsw_le(w->image + c.lcn * CLUSTER + 2 * (size_t)i, ntfsw_upper((uint16_t)i), 2);
    return c;
}

/* ---- $Secure: one descriptor for all files ---- */

enum { DESCRIPTOR = NTFSW_DESCRIPTOR_BYTES, SDS_ENTRY = 20 + DESCRIPTOR };

static void put_sds_entry(uint8_t *to, uint64_t offset)
{
    uint32_t hash = 0;
    ntfsw_put_descriptor(to + 20);
    for (size_t i = 0; i < DESCRIPTOR; i += 4) {
        uint32_t word = (uint32_t)to[20 + i] | (uint32_t)to[21 + i] << 8 |
                        (uint32_t)to[22 + i] << 16 | (uint32_t)to[23 + i] << 24;
        hash = word + (hash << 3 | hash >> 29);
    }
    ntfsw_le(to, hash, 4);
    ntfsw_le(to + 4, SECURITY_ID, 4);
    ntfsw_le(to + 8, offset, 8);
    ntfsw_le(to + 16, SDS_ENTRY, 4);
}

/* A view index of one entry: $SDH by hash and id, or $SII by id; where its block is. */
static struct content put_view(struct ntfsw *w, struct record *r, struct name name,
                               uint32_t collation, const uint8_t *key, size_t key_n,
                               const uint8_t *sds_entry)
{
    uint8_t root[64] = { 0 }, block[CLUSTER] = { 0 };
    uint8_t *e = block + INDEX_HEAD;
    size_t data_at = 16 + key_n, n = (data_at + 20 + 4 + 7) / 8 * 8;
    ntfsw_le(e, data_at, 2);
    ntfsw_le(e + 2, 20, 2);
    ntfsw_le(e + 8, n, 2);
    ntfsw_le(e + 10, key_n, 2);
    memcpy(e + 16, key, key_n);
    memcpy(e + data_at, sds_entry, 20);
    ntfsw_le(e + n + 8, 16, 2);
    ntfsw_le(e + n + 12, 2, 2);
    memcpy(block, "INDX", 4);
    ntfsw_le(block + 4, 40, 2);
    ntfsw_le(block + 6, CLUSTER / SECTOR + 1, 2);
    put_node_head(block + 24, INDEX_HEAD - 24, INDEX_HEAD - 24 + n + 16, CLUSTER - 24, false);
    protect(block, CLUSTER, 40);
    ntfsw_le(root + 4, collation, 4);
    ntfsw_le(root + 8, CLUSTER, 4);
    root[12] = 1;
    size_t end = put_entry(root + 32, w, NULL, 0);
    put_node_head(root + 16, 16, 16 + end, 16 + end, true);
    put_resident(r, INDEX_ROOT, name, root, 32 + end);
    return store(w, (struct ak_bytes){ block, sizeof(block) });
}

static void put_secure(struct ntfsw *w)
{
    static const uint16_t SDS[] = { '$', 'S', 'D', 'S' }, SDH[] = { '$', 'S', 'D', 'H' },
                          SII[] = { '$', 'S', 'I', 'I' };
    static const uint8_t used[8] = { 1 };
    struct record r;
    uint8_t entry[SDS_ENTRY], *sds = calloc(1, SDS_COPY_AT + SDS_ENTRY);
    if (!sds) {
        w->failed = true;
        return;
    }
    put_sds_entry(entry, 0);
    memcpy(sds, entry, SDS_ENTRY);
    memcpy(sds + SDS_COPY_AT, entry, SDS_ENTRY);
    struct content c = store(w, (struct ak_bytes){ sds, SDS_COPY_AT + SDS_ENTRY });
    begin_file(w, &r, &w->nodes[9], IS_VIEW);
    put_content(&r, (struct name){ SDS, 4 }, &c);
    struct content by_hash = put_view(w, &r, (struct name){ SDH, 4 }, 18, entry, 8, entry);
    struct content by_id = put_view(w, &r, (struct name){ SII, 4 }, 16, entry + 4, 4, entry);
    put_runs(&r, INDEX_ALLOCATION, (struct name){ SDH, 4 }, &by_hash, false);
    put_runs(&r, INDEX_ALLOCATION, (struct name){ SII, 4 }, &by_id, false);
    put_resident(&r, BITMAP, (struct name){ SDH, 4 }, used, sizeof(used));
    put_resident(&r, BITMAP, (struct name){ SII, 4 }, used, sizeof(used));
    end_record(w, &r, 9);
    free(sds);
}

static void put_volume(struct ntfsw *w)
{
    struct record r;
    uint16_t label[NAME_MAX_UNITS];
    uint8_t wide[2 * NAME_MAX_UNITS], info[12] = { 0 };
    size_t n = ntfsw_wide(w->volume.label, strlen(w->volume.label), label);
    for (size_t i = 0; i < n; i++)
        ntfsw_le(wide + 2 * i, label[i], 2);
    info[8] = 3;
    info[9] = 1;
    begin_file(w, &r, &w->nodes[3], 0);
    put_resident(&r, VOLUME_NAME, UNNAMED, wide, 2 * n);
    put_resident(&r, VOLUME_INFO, UNNAMED, info, sizeof(info));
    put_resident(&r, DATA, UNNAMED, NULL, 0);
    end_record(w, &r, 3);
}

static void put_bad_clusters(struct ntfsw *w)
{
    static const uint16_t BAD[] = { '$', 'B', 'a', 'd' };
    struct record r;
    struct content hole = { .clusters = w->n_clusters, .size = w->n_clusters * CLUSTER };
    begin_file(w, &r, &w->nodes[8], 0);
    put_resident(&r, DATA, UNNAMED, NULL, 0);
    put_runs(&r, DATA, (struct name){ BAD, 4 }, &hole, true);
    end_record(w, &r, 8);
}

static void put_boot(struct ntfsw *w)
{
    uint8_t b[SECTOR] = { 0xEB, 0x52, 0x90 };
    uint64_t sectors = w->volume.bytes / SECTOR - 1;
    memcpy(b + 3, "NTFS    ", 8);
    ntfsw_le(b + 11, SECTOR, 2);
    b[13] = CLUSTER / SECTOR;
    b[21] = 0xF8;
    ntfsw_le(b + 24, 63, 2);
    ntfsw_le(b + 26, 255, 2);
    ntfsw_le(b + 28, 2048, 4);
    ntfsw_le(b + 36, 0x00800080, 4);
    ntfsw_le(b + 40, sectors, 8);
    ntfsw_le(b + 48, MFT_AT, 8);
    ntfsw_le(b + 56, MIRROR_AT, 8);
    b[64] = 0xF6; /* records of 2^10 bytes */
    b[68] = 1;    /* index blocks of one cluster */
    ntfsw_le(b + 72, w->volume.serial, 8);
    ntfsw_le(b + 510, 0xAA55, 2);
    memcpy(w->image, b, SECTOR);
    memcpy(w->image + sectors * SECTOR, b, SECTOR);
}

/* ---- adding and finishing ---- */

struct ntfsw *ntfsw_begin(const struct ntfsw_volume *volume)
{
    static const char *const OWN[] = { "$MFT",     "$MFTMirr", "$LogFile", "$Volume",
                                       "$AttrDef", ".",        "$Bitmap",  "$Boot",
                                       "$BadClus", "$Secure",  "$UpCase",  "$Extend" };
    struct ntfsw *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->volume = *volume;
    w->n_clusters = (volume->bytes / SECTOR - 1) / (CLUSTER / SECTOR);
    w->image = calloc(1, volume->bytes);
    w->bitmap = calloc(1, (w->n_clusters + 63) / 64 * 8);
    w->nodes = calloc(RECORDS_MAX, sizeof(*w->nodes));
    if (!w->image || !w->bitmap || !w->nodes || w->n_clusters < FREE_AT + 2 * LOG_CLUSTERS) {
        ntfsw_free(w);
        return NULL;
    }
    w->next = FREE_AT;
    w->n = FIRST_USER;
    for (uint32_t i = 0; i < 12; i++)
        own(w, i, OWN[i]);
    w->nodes[ROOT].folder = w->nodes[11].folder = true;
    w->nodes[7].data = fixed(w, 0, 8192);
    w->nodes[1].data = fixed(w, MIRROR_AT, CLUSTER);
    w->nodes[2].data = take(w, (uint64_t)LOG_CLUSTERS * CLUSTER);
    memset(w->image + w->nodes[2].data.lcn * CLUSTER, 0xFF,
           (size_t)LOG_CLUSTERS * CLUSTER); /* an empty log */
    w->nodes[4].data = attribute_table(w);
    w->nodes[6].data = take(w, (w->n_clusters + 63) / 64 * 8);
    w->nodes[10].data = upcase_table(w);
    return w;
}

static struct content keep(struct ntfsw *w, struct node *f, unsigned which, struct ak_bytes bytes,
                           size_t most)
{
    if (bytes.n > most)
        return store(w, bytes);
    f->owned[which] = malloc(bytes.n + 1);
    if (!f->owned[which]) {
        w->failed = true;
        return (struct content){ 0 };
    }
    if (bytes.n)
        memcpy(f->owned[which], bytes.at, bytes.n);
    return (struct content){ .size = bytes.n, .resident = f->owned[which] };
}

/* The folder that holds `path`, and where its own name begins. */
static const struct node *folder_of(const struct ntfsw *w, const char *path, const char **out_name)
{
    const struct node *at = &w->nodes[ROOT];
    for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        struct node wanted = { .name_n = 0 };
        const struct node *next = NULL;
        wanted.name_n = ntfsw_wide(path, (size_t)(slash - path), wanted.name);
        for (uint32_t i = 0; i < w->n && !next; i++)
            if (w->nodes[i].folder && w->nodes[i].parent == at->number && i != ROOT &&
                compare_names(&w->nodes[i], &wanted) == 0)
                next = &w->nodes[i];
        if (!next)
            return NULL;
        at = next;
    }
    *out_name = path;
    return at;
}

bool ntfsw_add(struct ntfsw *w, const struct ntfsw_file *file)
{
    enum { RESIDENT_MOST = 400, STREAM_MOST = 180 };
    const char *name;
    const struct node *folder = folder_of(w, file->path, &name);
    if (!folder || w->n == RECORDS_MAX)
        return false;
    struct node *f = &w->nodes[w->n];
    f->name_n = ntfsw_wide(name, strlen(name), f->name);
    if (!f->name_n)
        return false;
    f->number = w->n++;
    f->parent = folder->number;
    f->sequence = file->deleted ? 2 : 1;
    f->times = file->times;
    f->name_times = file->name_times ? *file->name_times : file->times;
    f->attributes = file->attributes ? file->attributes : file->folder ? 0 : 0x20;
    f->folder = file->folder;
    f->deleted = file->deleted;
    if (!file->folder)
        f->data = keep(w, f, 0, file->content, file->stream ? STREAM_MOST : RESIDENT_MOST);
    if (file->stream) {
        f->stream_name_n = ntfsw_wide(file->stream, strlen(file->stream), f->stream_name);
        f->stream = keep(w, f, 1, file->stream_content, STREAM_MOST);
    }
    if (f->deleted && f->data.clusters)
        mark(w, f->data.lcn, f->data.clusters, false);
    return !w->failed;
}

static void put_user(struct ntfsw *w, const struct node *f)
{
    struct record r;
    begin_file(w, &r, f, 0);
    if (!f->folder)
        put_content(&r, UNNAMED, &f->data);
    if (f->stream_name_n)
        put_content(&r, (struct name){ f->stream_name, f->stream_name_n }, &f->stream);
    if (f->folder)
        put_folder(w, &r, f->number);
    end_record(w, &r, f->number);
}

/* Records 12 to 15 are taken without a name, those up to the first user's are free. */
static void put_reserved(struct ntfsw *w, uint32_t n_records)
{
    struct record r;
    for (uint32_t i = 12; i < n_records; i = i + 1 == FIRST_USER ? w->n : i + 1) {
        if (i >= w->n || i < FIRST_USER) {
            begin_record(&r, i, (uint16_t)(i < 16 ? i : 1), i < 16 ? IN_USE : 0, 0);
            if (i < 16) {
                struct node f = { .times = w->nodes[0].times, .attributes = 6 };
                put_standard(&r, &f);
                put_resident(&r, DATA, UNNAMED, NULL, 0);
            }
            end_record(w, &r, i);
        }
    }
}

static void put_mft(struct ntfsw *w, uint32_t n_records)
{
    struct record r;
    uint8_t used[RECORDS_MAX / 8] = { 0 };
    size_t used_n = (n_records + 63) / 64 * 8;
    for (uint32_t i = 0; i < w->n; i++)
        if (i < 16 || (i >= FIRST_USER && !w->nodes[i].deleted))
            used[i / 8] |= (uint8_t)(1u << i % 8);
    struct content bits = store(w, (struct ak_bytes){ used, used_n });
    w->nodes[0].data = fixed(w, MFT_AT, (uint64_t)n_records * RECORD);
    begin_file(w, &r, &w->nodes[0], 0);
    put_content(&r, UNNAMED, &w->nodes[0].data);
    put_runs(&r, BITMAP, UNNAMED, &bits, false);
    end_record(w, &r, 0);
}

struct ak_bytes ntfsw_end(struct ntfsw *w)
{
    static const uint32_t PLAIN[] = { 1, 2, 4, 6, 7, 10 };
    uint32_t n_records = (w->n + 3) / 4 * 4;
    struct record r;
    w->nodes[0].data.size = (uint64_t)n_records * RECORD;
    for (uint32_t i = FIRST_USER; i < w->n; i++)
        put_user(w, &w->nodes[i]);
    put_user(w, &w->nodes[11]);
    put_mft(w, n_records);
    put_user(w, &w->nodes[ROOT]); /* after $MFT: its index shows the sizes of all */
    put_volume(w);
    put_bad_clusters(w);
    put_secure(w);
    put_reserved(w, n_records);
    for (size_t i = 0; i < sizeof(PLAIN) / sizeof(PLAIN[0]); i++) {
        begin_file(w, &r, &w->nodes[PLAIN[i]], 0);
        put_content(&r, UNNAMED, &w->nodes[PLAIN[i]].data);
        end_record(w, &r, PLAIN[i]);
    }
    put_boot(w);
    mark(w, w->n_clusters, (w->n_clusters + 63) / 64 * 64 - w->n_clusters, true);
    memcpy(w->image + w->nodes[6].data.lcn * CLUSTER, w->bitmap, (w->n_clusters + 63) / 64 * 8);
    memcpy(w->image + (size_t)MIRROR_AT * CLUSTER, w->image + (size_t)MFT_AT * CLUSTER, CLUSTER);
    return w->failed ? (struct ak_bytes){ NULL, 0 }
                     : (struct ak_bytes){ w->image, w->volume.bytes };
}

void ntfsw_free(struct ntfsw *w)
{
    for (uint32_t i = 0; w && w->nodes && i < w->n; i++) {
        free(w->nodes[i].owned[0]);
        free(w->nodes[i].owned[1]);
    }
    if (!w)
        return;
    free(w->image);
    free(w->bitmap);
    free(w->nodes);
    free(w);
}
