/* ntfs.h - what the parts of the NTFS reader share.
 *
 * ntfs_volume.c  boot sector, $MFT, records        ntfs_record.c  attributes of a file
 * ntfs_index.c   names in a folder                 ntfs_data.c    contents
 * ntfs_table.c   all records at a glance           ntfs_names.c   a folder, names merged
 * ntfs_walk.c    the tree, orphans                 ntfs.c         the descriptor
 *
 * Layout and sources: docs/formats/filesystem.ntfs.md */
#ifndef AK_FILESYSTEM_NTFS_H
#define AK_FILESYSTEM_NTFS_H

#include "base/buf.h"
#include "base/reader.h"
#include "filesystem/filesystem.h"

enum ntfs_limit {
    NTFS_RECORD_MIN = 512,
    NTFS_RECORD_MAX = 4096,       /* bytes of a file record */
    NTFS_INDEX_BLOCK_MAX = 65536, /* bytes of an index block */
    NTFS_CLUSTER_MAX = 2 << 20,   /* bytes, Windows 10 1709 */
    NTFS_RUNS_MAX = 1 << 20,      /* runs of one stream */
    NTFS_ATTRIBUTES_MAX = 8192,   /* attributes of one file */
    NTFS_EXTENSIONS_MAX = 8192,   /* records of one file */
    NTFS_SEEN_BITS = 14,
    NTFS_SEEN = 1 << NTFS_SEEN_BITS, /* slots to find a record named twice */
    NTFS_LIST_MAX = 256 << 10,       /* bytes of an attribute list; Windows stops there, too */
    NTFS_FOLDER_MAX = 128 << 20,     /* bytes of one folder's index */
    NTFS_SPARE_BYTES = 1 << 20,      /* of folders, beyond four times the volume */
    NTFS_PAGE = 64 << 10,            /* the $MFT is cached in pages */
    NTFS_PAGES = 4096,
};

enum ntfs_type {
    NTFS_STANDARD_INFORMATION = 0x10,
    NTFS_ATTRIBUTE_LIST = 0x20,
    NTFS_FILE_NAME = 0x30,
    NTFS_VOLUME_NAME = 0x60,
    NTFS_DATA = 0x80,
    NTFS_INDEX_ROOT = 0x90,
    NTFS_INDEX_ALLOCATION = 0xA0,
    NTFS_BITMAP = 0xB0,
    NTFS_REPARSE_POINT = 0xC0,
    NTFS_END = -1,
};

enum ntfs_attribute_flag {
    NTFS_COMPRESSED = 0x00FF,
    NTFS_ENCRYPTED = 0x4000,
    NTFS_SPARSE = 0x8000,
};

enum { NTFS_ROOT = 5, NTFS_VOLUME = 3, NTFS_NAMESPACE_DOS = 2 };

/* Clusters one behind the other; lcn NTFS_HOLE is a hole. */
#define NTFS_HOLE UINT64_MAX
struct ntfs_run {
    uint64_t vcn, lcn, n;
};

struct ntfs_runs {
    struct ntfs_run *at; /* owned by whoever decoded them (free) */
    size_t n, cap;
};

/* One attribute as it stands in a record; views on that record. */
struct ntfs_attribute {
    uint32_t type;
    uint16_t id, flags;
    bool resident;
    uint8_t unit_shift;    /* log2 of clusters in a compression unit; 0 none */
    struct ak_bytes name;  /* UTF-16LE */
    struct ak_bytes value; /* resident: the value; else the run list */
    uint64_t first_vcn, last_vcn;
    uint64_t allocated, size, initialised;
    uint32_t shown_id; /* unique in the file, also across records */
};

struct ntfs_page {
    uint8_t *bytes; /* owned; NULL when never read */
    uint64_t number;
};

struct ntfs {
    struct ak_filesystem base;
    struct ak_source *volume;                      /* borrowed */
    uint32_t sector, cluster, record, index_block; /* bytes */
    uint64_t n_clusters;
    uint64_t n_records;
    struct ntfs_runs mft;
    struct ntfs_page *pages; /* owned, NTFS_PAGES of them */

    /* Honest volumes share nothing between files; a hostile one could let every
     * file name the same records, every folder the same blocks. */
    uint64_t extensions_left, index_bytes_left;
};

/* A file with all its records gathered.  Zero-initialise; ntfs_file_free(). */
struct ntfs_file {
    uint64_t id;
    uint16_t sequence;
    bool in_use, folder, extension;    /* extension: the record continues another file */
    bool damaged;                      /* part of it could not be read */
    struct ntfs_attribute *attributes; /* owned */
    size_t n, cap;
    struct ak_buf extra; /* the attribute list, then the records it names */
    uint32_t *seen;      /* owned */
    uint8_t record[NTFS_RECORD_MAX];
};

/* A $FILE_NAME, from a record or an index. */
struct ntfs_name {
    uint64_t parent;
    uint16_t parent_sequence;
    uint8_t space;
    uint32_t flags;
    uint64_t created, modified, changed, accessed;
    uint64_t allocated, size;
    struct ak_bytes text; /* UTF-16LE */
};

/* ---- ntfs_volume.c ---- */

bool ntfs_probe(struct ak_source *volume);

/* Read the boot sector (or its copy behind the volume) and find the $MFT.
 *
 * AK_ERR_UNSUPPORTED  sizes beyond the limits above
 * AK_ERR_CORRUPT      no boot sector, or no record of the $MFT */
AK_MUST_USE enum ak_status ntfs_open_volume(struct ntfs *fs, const char **out_note);
void ntfs_close_volume(struct ntfs *fs);

/* Record `id` with its fixups applied, copied to `to` (fs->record bytes).
 * False when it cannot be read; *out_torn (may be NULL) when that is because
 * its sectors do not belong together. */
bool ntfs_record_read(struct ntfs *fs, uint64_t id, uint8_t *to, bool *out_torn);

/* Undo the update sequence of a record or index block; false when it is torn. */
bool ntfs_fixup(uint8_t *block, uint32_t size, uint32_t sector);

/* Bytes of a stream through its runs.  Holes and what lies outside the volume
 * read as zero; the latter is added to *out_missing. */
AK_MUST_USE enum ak_status ntfs_read_runs(struct ntfs *fs, const struct ntfs_runs *runs,
                                          uint64_t at, uint8_t *to, size_t n, size_t *out_missing);

/* The run that holds this cluster of the stream, or NULL. */
const struct ntfs_run *ntfs_run_of(const struct ntfs_runs *runs, uint64_t vcn);

/* ---- ntfs_record.c ---- */

/* The attribute at *at of a record; moves behind it.  False at the end. */
bool ntfs_attribute_next(struct ak_bytes record, size_t *at, struct ntfs_attribute *out);

/* Append the runs of a run list.  AK_ERR_CORRUPT when it runs over its end, goes
 * below zero or overflows: what stood before it is kept. */
AK_MUST_USE enum ak_status ntfs_runs_add(struct ntfs_runs *runs, const struct ntfs_attribute *a);

bool ntfs_name_parse(struct ak_bytes value, struct ntfs_name *out);

/* Gather file `id` from its base record and the records its attribute list
 * names.  False when the base record cannot be read. */
bool ntfs_file_load(struct ntfs *fs, uint64_t id, struct ntfs_file *file);
void ntfs_file_free(struct ntfs_file *file);

/* The first part of the stream of this type and name (UTF-16LE bytes), or NULL. */
const struct ntfs_attribute *ntfs_file_find(const struct ntfs_file *file, uint32_t type,
                                            struct ak_bytes name);

/* All runs of the stream whose first part is `head`, to be freed with free(runs->at). */
AK_MUST_USE enum ak_status ntfs_file_runs(const struct ntfs_file *file,
                                          const struct ntfs_attribute *head,
                                          struct ntfs_runs *runs);

static inline bool ntfs_same_name(struct ak_bytes a, struct ak_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

/* ---- ntfs_index.c ---- */

/* One name in a folder.  `name` is valid during the call. */
struct ntfs_entry {
    uint64_t id;
    uint16_t sequence;
    bool allocated;
    char type; /* 'd', 'r' */
    struct ntfs_name name;
};

struct ntfs_entry_sink {
    enum ak_status (*entry)(void *self, const struct ntfs_entry *entry);
    void (*damage)(void *self, uint64_t offset, const char *what);
    void *self;
};

/* The names in the index of a folder: those in use, and those that still stand
 * in the slack of its blocks. */
AK_MUST_USE enum ak_status ntfs_index_names(struct ntfs *fs, const struct ntfs_file *folder,
                                            const struct ntfs_entry_sink *sink);

/* ---- ntfs_walk.c, ntfs_data.c ---- */

enum ak_status ntfs_walk(struct ak_filesystem *self, const struct ak_file_visitor *visitor);
enum ak_status ntfs_open_file(struct ak_filesystem *self, const struct ak_file *file,
                              struct ak_source **out);

#endif
