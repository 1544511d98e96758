/* regf.c - a Windows registry hive, see regf.h.
 *
 * A header of 4,096 bytes, then bins of cells.  A cell is a 32-bit size (negative:
 * in use) and its contents; keys ("nk"), values ("vk") and lists of them point to
 * each other by offset from the first bin.  The layout is nowhere stated by its
 * maker; it is described in docs/formats/windows.registry.md, with sources. */
#include "format/regf.h"

#include "base/reader.h"
#include "base/utf.h"

#define RESIDENT 0x80000000u /* in a value's size: the data stands where its offset would */

enum {
    HEADER_BYTES = 4096,
    DATA_MAX = 16344,        /* more is kept in pieces ("db") */
    NAME_IS_BYTES = 0x20,    /* flag of a key: its name is Latin-1, not UTF-16 */
    VALUE_NAME_IS_BYTES = 1, /* the same, of a value */
    LIST_DEPTH = 2,          /* a list of lists of keys */
};

enum ak_status ak_regf_open(struct ak_bytes file, struct ak_regf *out)
{
    struct ak_reader r = ak_rd_open(file, 0);
    struct ak_bytes magic = ak_rd_take(&r, 4);
    uint32_t first = ak_rd_u32le(&r), second = ak_rd_u32le(&r);
    ak_rd_skip(&r, 8); /* last written */
    uint32_t major = ak_rd_u32le(&r);
    ak_rd_skip(&r, 12); /* minor version, type, format */
    uint32_t root = ak_rd_u32le(&r);
    if (magic.n < 4 || memcmp(magic.at, "regf", 4) != 0 || major != 1)
        return AK_ERR_UNSUPPORTED;
    if (!ak_rd_ok(&r) || file.n < HEADER_BYTES)
        return AK_ERR_CORRUPT;
    r = ak_rd_open(file, 0);
    ak_rd_skip(&r, HEADER_BYTES);
    *out = (struct ak_regf){ ak_rd_take(&r, file.n - HEADER_BYTES), root, first != second };
    return AK_OK;
}

/* The contents of a cell in use; failed when there is none. */
static struct ak_reader cell(const struct ak_regf *hive, uint32_t at)
{
    struct ak_reader all = ak_rd_open(hive->bins, HEADER_BYTES);
    struct ak_reader head = ak_rd_window(&all, at, 4);
    uint32_t size = ak_rd_u32le(&head);
    bool in_use = size > INT32_MAX; /* negative */
    uint32_t n = in_use ? 0u - size : 0;
    struct ak_reader r = ak_rd_window(&all, (uint64_t)at + 4, n >= 4 ? n - 4 : 0);
    r.failed |= !ak_rd_ok(&head) || n < 4;
    return r;
}

static bool has_magic(struct ak_reader *r, const char *two)
{
    struct ak_bytes b = ak_rd_take(r, 2);
    return b.n == 2 && memcmp(b.at, two, 2) == 0;
}

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c; }

/* Is a stored name this one?  Latin-1 or UTF-16, both without case. */
static bool is_named(struct ak_bytes stored, bool one_byte, struct ak_str want)
{
    size_t width = one_byte ? 1 : 2;
    if (stored.n != want.n * width)
        return false;
    for (size_t i = 0; i < want.n; i++) {
        uint8_t high = one_byte ? 0 : stored.at[i * width + 1];
        if (high || lower(stored.at[i * width]) != lower((uint8_t)want.at[i]))
            return false;
    }
    return true;
}

/* Read a key; with a name, only if it is called so (else AK_REGF_ABSENT). */
static enum ak_regf_answer read_key(const struct ak_regf *hive, uint32_t at,
                                    const struct ak_str *name, struct ak_regf_key *out)
{
    struct ak_reader r = cell(hive, at);
    if (!has_magic(&r, "nk"))
        return AK_REGF_DAMAGED;
    struct ak_regf_key key = { 0 };
    uint16_t flags = ak_rd_u16le(&r);
    key.written = ak_rd_u64le(&r);
    ak_rd_skip(&r, 8); /* access bits, parent */
    key.n_subkeys = ak_rd_u32le(&r);
    ak_rd_skip(&r, 4); /* volatile subkeys: never on disk */
    key.subkeys = ak_rd_u32le(&r);
    ak_rd_skip(&r, 4);
    key.n_values = ak_rd_u32le(&r);
    key.values = ak_rd_u32le(&r);
    ak_rd_skip(&r, 28); /* security, class, largest lengths */
    uint16_t n_name = ak_rd_u16le(&r);
    ak_rd_skip(&r, 2);
    struct ak_bytes stored = ak_rd_take(&r, n_name);
    if (!ak_rd_ok(&r))
        return AK_REGF_DAMAGED;
    if (name && !is_named(stored, flags & NAME_IS_BYTES, *name))
        return AK_REGF_ABSENT;
    *out = key;
    return AK_REGF_FOUND;
}

/* One search through a key's subkeys. */
struct search {
    const struct ak_regf *hive;
    struct ak_str name;
    uint32_t budget; /* entries that may still be looked at */
    struct ak_regf_key found;
};

/* How a list of subkeys is laid out, by the first two bytes of its cell. */
static const struct list_kind {
    char magic[3];
    uint8_t width; /* of an entry: a cell, and in some a hash */
    bool of_lists;
} LIST_KINDS[] = { { "lf", 8, false }, { "lh", 8, false }, { "li", 4, false }, { "ri", 4, true } };

static const struct list_kind *kind_of_list(struct ak_reader *r)
{
    struct ak_bytes magic = ak_rd_take(r, 2);
    for (size_t i = 0; i < sizeof(LIST_KINDS) / sizeof(LIST_KINDS[0]); i++)
        if (magic.n == 2 && memcmp(magic.at, LIST_KINDS[i].magic, 2) == 0)
            return &LIST_KINDS[i];
    return NULL;
}

static enum ak_regf_answer search_list(struct search *s, uint32_t at, unsigned depth);

/* What an entry of a list points to: a key, or a list one level down. */
static enum ak_regf_answer search_entry(struct search *s, const struct list_kind *kind, uint32_t to,
                                        unsigned depth)
{
    if (s->budget == 0)
        return AK_REGF_DAMAGED;
    s->budget--;
    if (!kind->of_lists)
        return read_key(s->hive, to, &s->name, &s->found);
    return depth ? search_list(s, to, depth - 1) : AK_REGF_DAMAGED;
}

/* Look through a list of subkeys. */
static enum ak_regf_answer search_list(struct search *s, uint32_t at, unsigned depth)
{
    struct ak_reader r = cell(s->hive, at);
    const struct list_kind *kind = kind_of_list(&r);
    uint16_t n = ak_rd_u16le(&r);
    enum ak_regf_answer worst = kind && ak_rd_ok(&r) ? AK_REGF_ABSENT : AK_REGF_DAMAGED;
    for (uint16_t i = 0; kind && i < n && ak_rd_ok(&r); i++) {
        struct ak_reader entry = ak_rd_window(&r, r.pos, kind->width);
        uint32_t to = ak_rd_u32le(&entry);
        ak_rd_skip(&r, kind->width);
        enum ak_regf_answer st = ak_rd_ok(&r) ? search_entry(s, kind, to, depth) : AK_REGF_DAMAGED;
        if (st == AK_REGF_FOUND)
            return st;
        if (st != AK_REGF_ABSENT)
            worst = st; /* another entry may still be it */
    }
    return worst;
}

enum ak_regf_answer ak_regf_find(const struct ak_regf *hive, struct ak_str path,
                                 struct ak_regf_key *out)
{
    struct ak_regf_key key;
    enum ak_regf_answer st = read_key(hive, hive->root, NULL, &key);
    while (st == AK_REGF_FOUND && path.n) {
        size_t n = 0;
        while (n < path.n && path.at[n] != '\\')
            n++;
        struct search s = { hive, { path.at, n }, AK_REGF_ENTRIES, { 0 } };
        st = key.n_subkeys ? search_list(&s, key.subkeys, LIST_DEPTH - 1) : AK_REGF_ABSENT;
        key = s.found;
        n += n < path.n; /* the divider */
        path = (struct ak_str){ path.at + n, path.n - n };
    }
    if (st == AK_REGF_FOUND)
        *out = key;
    return st;
}

/* Read a value if it is called so. */
static enum ak_regf_answer read_value(const struct ak_regf *hive, uint32_t at, struct ak_str name,
                                      struct ak_regf_value *out)
{
    struct ak_reader r = cell(hive, at);
    if (!has_magic(&r, "vk"))
        return AK_REGF_DAMAGED;
    uint16_t n_name = ak_rd_u16le(&r);
    uint32_t size = ak_rd_u32le(&r);
    struct ak_reader inside = r; /* at the offset, or the data that stands there */
    uint32_t data_at = ak_rd_u32le(&r), type = ak_rd_u32le(&r);
    uint16_t flags = ak_rd_u16le(&r);
    ak_rd_skip(&r, 2);
    struct ak_bytes stored = ak_rd_take(&r, n_name);
    if (!ak_rd_ok(&r))
        return AK_REGF_DAMAGED;
    if (!is_named(stored, flags & VALUE_NAME_IS_BYTES, name))
        return AK_REGF_ABSENT;
    bool resident = size & RESIDENT;
    size &= ~(uint32_t)RESIDENT;
    if (size > DATA_MAX)
        return AK_REGF_LARGE;
    struct ak_reader data = resident || size == 0 ? inside : cell(hive, data_at);
    if (resident && size > 4)
        return AK_REGF_DAMAGED;
    *out = (struct ak_regf_value){ type, ak_rd_take(&data, size) };
    return ak_rd_ok(&data) ? AK_REGF_FOUND : AK_REGF_DAMAGED;
}

enum ak_regf_answer ak_regf_value(const struct ak_regf *hive, const struct ak_regf_key *key,
                                  struct ak_str name, struct ak_regf_value *out)
{
    struct ak_reader r =
        key->n_values ? cell(hive, key->values) : (struct ak_reader){ .in = hive->bins };
    enum ak_regf_answer worst = AK_REGF_ABSENT;
    for (uint32_t i = 0; i < key->n_values; i++) {
        uint32_t at = ak_rd_u32le(&r);
        if (!ak_rd_ok(&r))
            return AK_REGF_DAMAGED;
        if (i == AK_REGF_ENTRIES)
            return AK_REGF_DAMAGED;
        enum ak_regf_answer st = read_value(hive, at, name, out);
        if (st == AK_REGF_FOUND || st == AK_REGF_LARGE)
            return st;
        if (st == AK_REGF_DAMAGED)
            worst = st;
    }
    return worst;
}

size_t ak_regf_text(const struct ak_regf *hive, const struct ak_regf_key *key, struct ak_str name,
                    char *to, size_t size)
{
    struct ak_regf_value v;
    to[0] = 0;
    if (ak_regf_value(hive, key, name, &v) != AK_REGF_FOUND ||
        (v.type != AK_REG_SZ && v.type != AK_REG_EXPAND_SZ))
        return 0;
    struct ak_bytes text = ak_utf16_until_nul(v.data);
    if (text.n / 2 > (size - 1) / 3)
        text.n = (size - 1) / 3 * 2;
    size_t n = ak_utf16le_put(to, text);
    to[n] = 0;
    return n;
}

uint32_t ak_regf_u32(const struct ak_regf *hive, const struct ak_regf_key *key, struct ak_str name,
                     uint32_t otherwise)
{
    struct ak_regf_value v;
    if (ak_regf_value(hive, key, name, &v) != AK_REGF_FOUND || v.type != AK_REG_DWORD ||
        v.data.n != 4)
        return otherwise;
    return ak_load_u32le(v.data.at);
}
