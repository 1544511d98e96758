/* mapped.c - see mapped.h. */
#include "evidence/mapped.h"

#include "base/utf.h"

#include <libdeflate.h>
#include <stdio.h>

enum {
    CACHE_BYTES = 4 << 20, /* unpacked blocks kept, together */
    SLOTS_MIN = 2,
    SLOTS_MAX = 64,
    PARENTS_MAX = 32, /* a chain of snapshots longer than that is taken as a loop */
};

static enum ak_status init_cache(struct ak_arena *arena, struct ak_mapped *m, uint32_t block_max)
{
    uint32_t n = CACHE_BYTES / block_max;
    m->n_slots = n < SLOTS_MIN ? SLOTS_MIN : n > SLOTS_MAX ? SLOTS_MAX : n;
    m->slots = AK_NEW_N(arena, struct ak_mapped_slot, m->n_slots);
    m->packed = AK_NEW_N(arena, uint8_t, m->packed_max);
    if (!m->slots || !m->packed)
        return AK_ERR_LIMIT;
    for (uint32_t i = 0; i < m->n_slots; i++) {
        m->slots[i].bytes = AK_NEW_N(arena, uint8_t, block_max);
        if (!m->slots[i].bytes)
            return AK_ERR_LIMIT;
    }
    m->inflate = libdeflate_alloc_decompressor();
    return m->inflate ? AK_OK : AK_ERR_NOMEM;
}

enum ak_status ak_mapped_init(struct ak_arena *arena, struct ak_mapped *m,
                              const struct ak_mapped_ops *ops, uint32_t block_max,
                              uint32_t packed_max)
{
    m->ops = ops;
    m->base.ops = &ops->source;
    m->packed_max = packed_max;
    m->pages = AK_NEW_N(arena, struct ak_page, AK_PAGES);
    if (!m->pages || block_max > AK_BLOCK_MAX)
        return AK_ERR_LIMIT;
    return block_max ? init_cache(arena, m, block_max) : AK_OK;
}

void ak_mapped_close(struct ak_source *self)
{
    struct ak_mapped *m = (struct ak_mapped *)self;
    if (m->ops->close)
        m->ops->close(m);
    if (m->parent_owned)
        ak_source_close(m->parent);
    libdeflate_free_decompressor(m->inflate);
    m->inflate = NULL;
}

bool ak_mapped_entry(struct ak_mapped *m, struct ak_source *src, uint64_t at, uint8_t *out,
                     size_t n)
{
    uint64_t page_at = at / AK_PAGE_BYTES * AK_PAGE_BYTES;
    size_t skip = (size_t)(at - page_at);
    if (at >= src->size || n > src->size - at)
        return false;
    if (n > AK_PAGE_BYTES - skip) { /* across two pages: a table not aligned to its entries */
        size_t gone = 0;
        return ak_source_read(src, at, out, n, &gone) == AK_OK && gone == 0;
    }
    struct ak_page *p = &m->pages[(page_at / AK_PAGE_BYTES) % AK_PAGES];
    if (p->src != src || p->at != page_at) {
        uint64_t left = src->size - page_at;
        size_t gone = 0;
        p->src = NULL;
        p->at = page_at;
        p->n = left < AK_PAGE_BYTES ? (uint32_t)left : AK_PAGE_BYTES;
        if (ak_source_read(src, page_at, p->bytes, p->n, &gone) != AK_OK || gone)
            return false;
        p->src = src;
    }
    if (skip > p->n || n > p->n - skip)
        return false;
    memcpy(out, p->bytes + skip, n);
    return true;
}

/* ---- reading ---- */

/* The cached block, or the slot used longest ago. */
static struct ak_mapped_slot *find_slot(struct ak_mapped *m, uint64_t block)
{
    struct ak_mapped_slot *oldest = &m->slots[0];
    for (uint32_t i = 0; i < m->n_slots; i++) {
        if (m->slots[i].filled && m->slots[i].block == block)
            return &m->slots[i];
        if (m->slots[i].used < oldest->used)
            oldest = &m->slots[i];
    }
    oldest->filled = false;
    return oldest;
}

static bool unpack(struct ak_mapped *m, const struct ak_piece *p, uint8_t *to)
{
    if (p->at >= p->from->size)
        return false;
    uint64_t n = p->from->size - p->at;
    n = n > p->packed_n ? p->packed_n : n;
    n = n > m->packed_max ? m->packed_max : n;
    size_t gone = 0;
    if (ak_source_read(p->from, p->at, m->packed, (size_t)n, &gone) != AK_OK || gone)
        return false;
    return m->ops->unpack(m, p, (struct ak_bytes){ m->packed, (size_t)n }, to);
}

/* n bytes of a packed block; how many of them are missing. */
static size_t read_packed(struct ak_mapped *m, const struct ak_piece *p, uint8_t *to, size_t n)
{
    struct ak_mapped_slot *s = find_slot(m, p->block);
    if (!s->filled && p->skip == 0 && n == p->span) { /* all of it: no need to keep it */
        if (unpack(m, p, to))
            return 0;
        memset(to, 0, n);
        return n;
    }
    if (!s->filled) {
        s->bad = !unpack(m, p, s->bytes);
        s->block = p->block;
        s->filled = true;
        if (s->bad)
            memset(s->bytes, 0, p->span);
    }
    s->used = ++m->clock;
    memcpy(to, s->bytes + p->skip, n);
    return s->bad ? n : 0;
}

/* n bytes at `at` of `from`; behind its end there are zeros. */
static enum ak_status read_plain(struct ak_source *from, uint64_t at, uint8_t *to, size_t n,
                                 size_t *out_missing)
{
    uint64_t left = at < from->size ? from->size - at : 0;
    size_t have = n < left ? n : (size_t)left;
    memset(to + have, 0, n - have);
    *out_missing = 0;
    return have ? ak_source_read(from, at, to, have, out_missing) : AK_OK;
}

static enum ak_status read_piece(struct ak_mapped *m, uint64_t at, const struct ak_piece *p,
                                 uint8_t *to, size_t n, size_t *out_missing)
{
    enum ak_status st;
    switch (p->kind) {
    case AK_PIECE_PLAIN:
        st = read_plain(p->from, p->at, to, n, out_missing);
        if (p->at >= p->from->size)
            *out_missing = n;
        else if (n > p->from->size - p->at)
            *out_missing += n - (size_t)(p->from->size - p->at);
        return st;
    case AK_PIECE_PARENT:
        if (m->parent)
            return read_plain(m->parent, at, to, n, out_missing);
        *out_missing = m->parent_missing ? n : 0;
        break;
    case AK_PIECE_PACKED:
        *out_missing = read_packed(m, p, to, n);
        return AK_OK;
    case AK_PIECE_MISSING:
        *out_missing = n;
        break;
    case AK_PIECE_ZERO:
        *out_missing = 0;
        break;
    }
    memset(to, 0, n);
    return AK_OK;
}

enum ak_status ak_mapped_read(struct ak_source *self, uint64_t at, void *buf, size_t n,
                              size_t *out_missing)
{
    struct ak_mapped *m = (struct ak_mapped *)self;
    uint8_t *to = buf;
    *out_missing = 0;
    while (n > 0) {
        struct ak_piece p = { .kind = AK_PIECE_MISSING };
        m->ops->locate(m, at, &p);
        size_t step = p.n == 0 || p.n > n ? n : (size_t)p.n, gone = 0;
        enum ak_status st = read_piece(m, at, &p, to, step, &gone);
        if (st != AK_OK)
            return st;
        *out_missing += gone;
        to += step;
        at += step;
        n -= step;
    }
    return AK_OK;
}

/* ---- parents and siblings ---- */

struct ak_source *ak_sibling(const struct ak_siblings *siblings, struct ak_str path)
{
    size_t cut = path.n;
    while (cut > 0 && path.at[cut - 1] != '/' && path.at[cut - 1] != '\\')
        cut--;
    struct ak_str name = { path.at + cut, path.n - cut };
    if (!siblings || !siblings->open || name.n == 0)
        return NULL;
    return siblings->open(siblings->self, name);
}

void ak_mapped_parent(struct ak_arena *arena, struct ak_mapped *m,
                      const struct ak_siblings *siblings, struct ak_str name, struct ak_disk *out,
                      const struct ak_disk **out_disk)
{
    struct ak_disk *disk = AK_NEW(arena, struct ak_disk);
    struct ak_source *src = ak_sibling(siblings, name);
    ak_disk_fact(arena, out, "parent", name);
    m->parent_missing = true;
    if (!src || !disk) {
        ak_disk_note(out, "the parent disk is not there; what only it holds is missing");
        return;
    }
    if (siblings->depth >= PARENTS_MAX) {
        ak_disk_note(out, "the chain of parent disks is too long or runs in a circle");
        return;
    }
    struct ak_siblings of_parent = { siblings->open, siblings->self, name, siblings->depth + 1 };
    const struct ak_container *kind = ak_container_of(src);
    disk->media = src;
    if (kind && kind->open(arena, src, &of_parent, disk) != AK_OK) {
        ak_disk_note(out, "the parent disk cannot be opened; what only it holds is missing");
        return;
    }
    for (size_t i = 0; i < disk->n_notes; i++)
        ak_disk_note(out, disk->notes[i]);
    m->parent = disk->media;
    m->parent_owned = kind != NULL;
    m->parent_missing = false;
    if (out_disk)
        *out_disk = disk;
}

/* ---- notes and facts ---- */

void ak_disk_note(struct ak_disk *out, const char *note)
{
    for (size_t i = 0; i < out->n_notes; i++)
        if (strcmp(out->notes[i], note) == 0)
            return;
    if (out->n_notes < AK_DISK_NOTES)
        out->notes[out->n_notes++] = note;
}

void ak_disk_fact(struct ak_arena *arena, struct ak_disk *out, const char *name,
                  struct ak_str value)
{
    char *copy = value.n && out->n_facts < AK_DISK_FACTS ? AK_NEW_N(arena, char, value.n) : NULL;
    if (!copy)
        return;
    memcpy(copy, value.at, value.n);
    out->facts[out->n_facts++] = (struct ak_disk_fact){ ak_str_of(name), { copy, value.n } };
}

void ak_disk_fact_number(struct ak_arena *arena, struct ak_disk *out, const char *name, uint64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
    ak_disk_fact(arena, out, name, (struct ak_str){ text, (size_t)n });
}

void ak_disk_fact_hex(struct ak_arena *arena, struct ak_disk *out, const char *name,
                      struct ak_bytes v)
{
    char text[128];
    size_t n = 0;
    for (size_t i = 0; i < v.n && n + 2 <= sizeof(text); i++) {
        text[n++] = "0123456789abcdef"[v.at[i] >> 4];
        text[n++] = "0123456789abcdef"[v.at[i] & 15];
    }
    ak_disk_fact(arena, out, name, (struct ak_str){ text, n });
}

void ak_disk_fact_guid(struct ak_arena *arena, struct ak_disk *out, const char *name,
                       const uint8_t *g)
{
    char text[40];
    int n = snprintf(text, sizeof(text), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                     ak_load_u32le(g), ak_load_u16le(g + 4), ak_load_u16le(g + 6), g[8], g[9],
                     g[10], g[11], g[12], g[13], g[14], g[15]);
    ak_disk_fact(arena, out, name, (struct ak_str){ text, (size_t)n });
}

void ak_disk_fact_utf16(struct ak_arena *arena, struct ak_disk *out, const char *name,
                        struct ak_bytes in)
{
    struct ak_str text;
    if (ak_utf16le(arena, ak_utf16_until_nul(in), &text) == AK_OK)
        ak_disk_fact(arena, out, name, text);
}

struct ak_str ak_disk_fact_of(const struct ak_disk *disk, const char *name)
{
    for (size_t i = 0; i < disk->n_facts; i++)
        if (ak_str_eq(disk->facts[i].name, ak_str_of(name)))
            return disk->facts[i].value;
    return (struct ak_str){ "", 0 };
}
