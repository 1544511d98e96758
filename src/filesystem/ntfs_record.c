/* ntfs_record.c - the attributes of a file record, and a file gathered from all
 * its records (see ntfs.h).
 *
 * Hot path: 100,000 records are parsed in a blink because offsets are checked
 * against the record once per attribute and then loaded directly; every view
 * handed out lies inside the record. */
#include "filesystem/ntfs.h"

#include <stdlib.h>

enum { HEADER_RESIDENT = 24, HEADER_RUNS = 64, HEADER_MIN = 16 };

static bool view(struct ak_bytes in, uint64_t at, uint64_t n, struct ak_bytes *out)
{
    if (at > in.n || n > in.n - at)
        return false;
    *out = (struct ak_bytes){ in.at + at, (size_t)n };
    return true;
}

static bool take_resident(struct ak_bytes a, struct ntfs_attribute *out)
{
    if (a.n < HEADER_RESIDENT ||
        !view(a, ak_load_u16le(a.at + 20), ak_load_u32le(a.at + 16), &out->value))
        return false;
    out->size = out->initialised = out->allocated = out->value.n;
    return true;
}

static bool take_runs(struct ak_bytes a, struct ntfs_attribute *out)
{
    if (a.n < HEADER_RUNS)
        return false;
    uint16_t runs_at = ak_load_u16le(a.at + 32);
    if (runs_at > a.n)
        return false;
    out->value = (struct ak_bytes){ a.at + runs_at, a.n - runs_at };
    out->first_vcn = ak_load_u64le(a.at + 16);
    out->last_vcn = ak_load_u64le(a.at + 24);
    out->unit_shift = a.at[34];
    out->allocated = ak_load_u64le(a.at + 40);
    out->size = ak_load_u64le(a.at + 48);
    out->initialised = ak_load_u64le(a.at + 56);
    return out->unit_shift <= 16;
}

/* One attribute whose frame is sound; false when its inside is not. */
static bool attribute_parse(struct ak_bytes a, struct ntfs_attribute *out)
{
    *out = (struct ntfs_attribute){ .type = ak_load_u32le(a.at),
                                    .id = ak_load_u16le(a.at + 14),
                                    .flags = ak_load_u16le(a.at + 12),
                                    .resident = !a.at[8] };
    out->shown_id = out->id;
    out->name.at = out->value.at = a.at;
    uint64_t name_n = 2 * (uint64_t)a.at[9];
    if (name_n && !view(a, ak_load_u16le(a.at + 10), name_n, &out->name))
        return false;
    return out->resident ? take_resident(a, out) : take_runs(a, out);
}

bool ntfs_attribute_next(struct ak_bytes record, size_t *at, struct ntfs_attribute *out)
{
    if (*at == 0)
        *at = ak_load_u16le(record.at + 20);
    while (*at >= 42 && *at <= record.n && record.n - *at >= HEADER_MIN) {
        const uint8_t *a = record.at + *at;
        uint32_t n = ak_load_u32le(a + 4);
        if (ak_load_u32le(a) == UINT32_MAX || n < HEADER_MIN || n > record.n - *at)
            return false;
        *at += n;
        if (attribute_parse((struct ak_bytes){ a, n }, out))
            return true;
    }
    return false;
}

/* ---- runs ---- */

static uint64_t load_bytes(const uint8_t *p, unsigned n, bool is_signed)
{
    uint64_t v = is_signed && n && p[n - 1] & 0x80 ? UINT64_MAX : 0;
    for (unsigned i = n; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

static enum ak_status run_push(struct ntfs_runs *runs, struct ntfs_run run)
{
    if (runs->n >= NTFS_RUNS_MAX)
        return AK_ERR_LIMIT;
    if (runs->n == runs->cap) {
        size_t cap = runs->cap ? runs->cap * 2 : 8;
        struct ntfs_run *at = realloc(runs->at, cap * sizeof(*at));
        if (!at)
            return AK_ERR_NOMEM;
        runs->at = at;
        runs->cap = cap;
    }
    runs->at[runs->n++] = run;
    return AK_OK;
}

enum ak_status ntfs_runs_add(struct ntfs_runs *runs, const struct ntfs_attribute *a)
{
    enum { CLUSTERS_MAX_BITS = 43 }; /* 2^63 bytes of 2^20-byte clusters and some */
    const uint64_t most = UINT64_C(1) << CLUSTERS_MAX_BITS;
    struct ak_reader r = ak_rd_open(a->value, 0);
    uint64_t vcn = a->first_vcn, lcn = 0;
    for (uint8_t head; (head = ak_rd_u8(&r)) != 0;) {
        unsigned n_count = head & 15, n_offset = head >> 4;
        struct ak_bytes count = ak_rd_take(&r, n_count), offset = ak_rd_take(&r, n_offset);
        if (!ak_rd_ok(&r) || n_count == 0 || n_count > 8 || n_offset > 8)
            return AK_ERR_CORRUPT;
        struct ntfs_run run = { vcn, NTFS_HOLE, load_bytes(count.at, n_count, false) };
        lcn += load_bytes(offset.at, n_offset, true);
        if (run.n == 0 || run.n > most || vcn > most || (n_offset && lcn > most))
            return AK_ERR_CORRUPT;
        if (n_offset)
            run.lcn = lcn;
        vcn += run.n;
        enum ak_status st = run_push(runs, run);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

/* ---- $FILE_NAME ---- */

bool ntfs_name_parse(struct ak_bytes value, struct ntfs_name *out)
{
    enum { FIXED = 66 };
    if (value.n < FIXED || 2 * (size_t)value.at[64] > value.n - FIXED)
        return false;
    const uint8_t *p = value.at;
    uint64_t parent = ak_load_u64le(p);
    *out = (struct ntfs_name){
        .parent = parent & UINT64_C(0xFFFFFFFFFFFF),
        .parent_sequence = (uint16_t)(parent >> 48),
        .created = ak_load_u64le(p + 8),
        .modified = ak_load_u64le(p + 16),
        .changed = ak_load_u64le(p + 24),
        .accessed = ak_load_u64le(p + 32),
        .allocated = ak_load_u64le(p + 40),
        .size = ak_load_u64le(p + 48),
        .flags = ak_load_u32le(p + 56),
        .space = p[65],
        .text = { p + FIXED, 2 * (size_t)p[64] },
    };
    return true;
}

/* ---- a file of many records ---- */

void ntfs_file_free(struct ntfs_file *file)
{
    free(file->attributes);
    free(file->seen);
    ak_buf_free(&file->extra);
}

static bool push(struct ntfs_file *file, const struct ntfs_attribute *a)
{
    if (file->n >= NTFS_ATTRIBUTES_MAX)
        return false;
    if (file->n == file->cap) {
        size_t cap = file->cap ? file->cap * 2 : 16;
        struct ntfs_attribute *at = realloc(file->attributes, cap * sizeof(*at));
        if (!at)
            return false;
        file->attributes = at;
        file->cap = cap;
    }
    file->attributes[file->n++] = *a;
    return true;
}

static void take_attributes(struct ntfs_file *file, struct ak_bytes record)
{
    struct ntfs_attribute a;
    for (size_t at = 0; ntfs_attribute_next(record, &at, &a);)
        if (!push(file, &a)) {
            file->damaged = true;
            return;
        }
}

/* One entry of an attribute list. */
struct list_entry {
    uint32_t type;
    uint16_t id;
    uint64_t record;
    struct ak_bytes name;
};

static bool list_next(struct ak_reader *r, struct list_entry *out)
{
    enum { FIXED = 26 };
    if (ak_rd_left(r) < FIXED)
        return false;
    const uint8_t *p = r->in.at + r->pos;
    uint16_t n = ak_load_u16le(p + 4);
    if (n < FIXED || n > ak_rd_left(r))
        return false;
    *out = (struct list_entry){ .type = ak_load_u32le(p),
                                .id = ak_load_u16le(p + 24),
                                .record = ak_load_u64le(p + 16) & UINT64_C(0xFFFFFFFFFFFF),
                                .name = { p, 0 } };
    if (!view((struct ak_bytes){ p, n }, p[7], 2 * (uint64_t)p[6], &out->name))
        out->name.n = 0;
    r->pos += n;
    return true;
}

/* Read the list into file->extra at `at`; its bytes, 0 when it cannot be read. */
static size_t load_list(struct ntfs *fs, struct ntfs_file *file, const struct ntfs_attribute *a)
{
    if (a->resident) {
        ak_buf_put(&file->extra, a->value.at, a->value.n); /* no larger than a record */
        return file->extra.failed ? 0 : a->value.n;
    }
    struct ntfs_runs runs = { 0 };
    size_t n = a->size < NTFS_LIST_MAX ? (size_t)a->size : NTFS_LIST_MAX;
    uint8_t *to = ak_buf_room(&file->extra, n ? n : 1);
    bool read = to && n && ntfs_runs_add(&runs, a) == AK_OK &&
                ntfs_read_runs(fs, &runs, 0, to, n, NULL) == AK_OK;
    free(runs.at);
    if (!read)
        return 0;
    ak_buf_wrote(&file->extra, n);
    return n;
}

/* Is this the first time the list names this record? */
static bool first_seen(struct ntfs_file *file, uint64_t record)
{
    uint32_t key = (uint32_t)record + 1; /* 0 is an empty slot */
    uint32_t slot = key * 2654435761u >> (32 - NTFS_SEEN_BITS);
    for (; file->seen[slot]; slot = (slot + 1) & (NTFS_SEEN - 1))
        if (file->seen[slot] == key)
            return false;
    file->seen[slot] = key;
    return true;
}

static const struct ntfs_attribute *in_base(const struct ntfs_file *file, size_t n_base,
                                            uint32_t type, struct ak_bytes name)
{
    for (size_t i = 0; i < n_base; i++)
        if (file->attributes[i].type == type && ntfs_same_name(file->attributes[i].name, name))
            return &file->attributes[i];
    return NULL;
}

static bool name_stream(struct ntfs_file *file, size_t n_base, const struct list_entry *e,
                        uint32_t id)
{
    bool used = false;
    for (size_t i = n_base; i < file->n; i++) {
        struct ntfs_attribute *a = &file->attributes[i];
        if (a->shown_id != UINT32_MAX || a->type != e->type || !ntfs_same_name(a->name, e->name))
            continue;
        a->shown_id = id;
        used = true;
    }
    return used;
}

/* Give the attributes of other records ids that no other attribute has, in the
 * order of the list, as libtsk does: both name the same stream alike. */
static void renumber(struct ntfs_file *file, struct ak_bytes list, size_t n_base, uint32_t next)
{
    struct list_entry e;
    for (size_t i = n_base; i < file->n; i++) {
        struct ntfs_attribute *a = &file->attributes[i];
        const struct ntfs_attribute *head = in_base(file, n_base, a->type, a->name);
        a->shown_id = head && !a->resident ? head->shown_id : UINT32_MAX;
    }
    for (struct ak_reader r = ak_rd_open(list, 0); list_next(&r, &e);)
        next = e.id > next ? e.id : next;
    for (struct ak_reader r = ak_rd_open(list, 0); list_next(&r, &e);)
        if (e.record != file->id && name_stream(file, n_base, &e, next + 1))
            next++;
    for (size_t i = n_base; i < file->n; i++)
        if (file->attributes[i].shown_id == UINT32_MAX)
            file->attributes[i].shown_id = ++next;
}

/* Read one more record of the file; what it holds joins the attributes. */
static void take_extension(struct ntfs *fs, struct ntfs_file *file, uint64_t id)
{
    uint8_t *to = file->extra.at + file->extra.n;
    bool read = fs->extensions_left > 0 && ntfs_record_read(fs, id, to, NULL);
    fs->extensions_left -= fs->extensions_left > 0;
    if (!read || (ak_load_u64le(to + 32) & UINT64_C(0xFFFFFFFFFFFF)) != file->id) {
        file->damaged |= file->in_use; /* of a deleted file it may serve another by now */
        return;
    }
    file->extra.n += fs->record;
    take_attributes(file, (struct ak_bytes){ to, fs->record });
}

/* Views into file->extra must not move: room for everything is made first. */
static void follow_list(struct ntfs *fs, struct ntfs_file *file, const struct ntfs_attribute *head)
{
    size_t n_base = file->n, n_records = 0;
    struct list_entry e;
    if (!file->seen)
        file->seen = malloc(NTFS_SEEN * sizeof(file->seen[0]));
    bool room = file->seen &&
                ak_buf_room(&file->extra, NTFS_LIST_MAX + (size_t)NTFS_EXTENSIONS_MAX * fs->record);
    size_t n = room ? load_list(fs, file, head) : 0;
    if (n == 0) {
        file->damaged = true;
        return;
    }
    memset(file->seen, 0, NTFS_SEEN * sizeof(file->seen[0]));
    struct ak_bytes list = { file->extra.at, n };
    for (struct ak_reader r = ak_rd_open(list, 0);
         list_next(&r, &e) && n_records < NTFS_EXTENSIONS_MAX;) {
        if (e.record == file->id || e.record == 0 || !first_seen(file, e.record))
            continue;
        n_records++;
        take_extension(fs, file, e.record);
    }
    renumber(file, list, n_base, head->id);
}

bool ntfs_file_load(struct ntfs *fs, uint64_t id, struct ntfs_file *file)
{
    file->n = file->extra.n = 0;
    file->damaged = file->extra.failed = false;
    if (!ntfs_record_read(fs, id, file->record, NULL))
        return false;
    const uint8_t *r = file->record;
    uint16_t flags = ak_load_u16le(r + 22);
    file->id = id;
    file->sequence = ak_load_u16le(r + 16);
    file->in_use = flags & 1;
    file->folder = flags & 2;
    file->extension = (ak_load_u64le(r + 32) & UINT64_C(0xFFFFFFFFFFFF)) != 0;
    take_attributes(file, (struct ak_bytes){ r, fs->record });
    for (size_t i = 0; i < file->n; i++) {
        struct ntfs_attribute head = file->attributes[i];
        if (head.type != NTFS_ATTRIBUTE_LIST)
            continue;
        follow_list(fs, file, &head);
        break;
    }
    return true;
}

const struct ntfs_attribute *ntfs_file_find(const struct ntfs_file *file, uint32_t type,
                                            struct ak_bytes name)
{
    for (size_t i = 0; i < file->n; i++) {
        const struct ntfs_attribute *a = &file->attributes[i];
        if (a->type == type && (a->resident || a->first_vcn == 0) && ntfs_same_name(a->name, name))
            return a;
    }
    return NULL;
}

enum ak_status ntfs_file_runs(const struct ntfs_file *file, const struct ntfs_attribute *head,
                              struct ntfs_runs *runs)
{
    uint64_t next = 0;
    bool found = true;
    runs->n = 0;
    for (size_t parts = 0; found && parts <= file->n; parts++) {
        found = false;
        for (size_t i = 0; i < file->n && !found; i++) {
            const struct ntfs_attribute *a = &file->attributes[i];
            if (a->type != head->type || a->resident || a->first_vcn != next ||
                !ntfs_same_name(a->name, head->name))
                continue;
            enum ak_status st = ntfs_runs_add(runs, a);
            if (st != AK_OK)
                return st;
            const struct ntfs_run *last = runs->n ? &runs->at[runs->n - 1] : NULL;
            found = last && last->vcn + last->n > next;
            next = found ? last->vcn + last->n : next;
        }
    }
    return AK_OK;
}
