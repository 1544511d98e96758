/* hits.c - see hits.h. */
#include "event/hits.h"

#include "base/hash.h"
#include "base/reader.h"

#include <stdlib.h>

enum { MAGIC = 0x31484B41, SLOTS_MIN = 1024 };

struct text {
    uint64_t hash;
    uint32_t at, n;
};

struct row {
    uint32_t seq, rule, first, n; /* fields [first, first + n) */
};

struct pair {
    uint32_t name, value; /* string numbers */
};

struct ak_hits {
    struct ak_buf texts;
    struct text *strings;
    uint32_t n_strings, cap_strings;
    uint32_t *slots; /* open-addressed: string number + 1; 0 is empty */
    uint32_t n_slots;
    struct row *rows;
    uint32_t n_rows, cap_rows;
    struct pair *pairs;
    uint32_t n_pairs, cap_pairs;
    bool refused; /* the hit begun last was not taken */
    bool failed;  /* memory ran out */
};

struct ak_hits *ak_hits_new(void)
{
    struct ak_hits *h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    h->n_slots = SLOTS_MIN;
    h->slots = calloc(h->n_slots, sizeof(*h->slots));
    if (!h->slots) {
        free(h);
        return NULL;
    }
    return h;
}

void ak_hits_free(struct ak_hits *h)
{
    if (!h)
        return;
    ak_buf_free(&h->texts);
    free(h->strings);
    free(h->slots);
    free(h->rows);
    free(h->pairs);
    free(h);
}

void ak_hits_clear(struct ak_hits *h)
{
    if (h->n_strings)
        memset(h->slots, 0, h->n_slots * sizeof(*h->slots));
    h->texts.n = 0;
    h->texts.failed = false;
    h->n_strings = h->n_rows = h->n_pairs = 0;
    h->refused = h->failed = false;
}

static bool grow(void **array, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t want = *cap ? *cap * 2 : 256;
    void *at = realloc(*array, want * size);
    if (!at)
        return false;
    *array = at;
    *cap = want;
    return true;
}

static bool rehash(struct ak_hits *h)
{
    uint32_t n = h->n_slots * 2;
    uint32_t *slots = calloc(n, sizeof(*slots));
    if (!slots)
        return false;
    for (uint32_t i = 0; i < h->n_strings; i++) {
        uint32_t at = (uint32_t)h->strings[i].hash & (n - 1);
        while (slots[at])
            at = (at + 1) & (n - 1);
        slots[at] = i + 1;
    }
    free(h->slots);
    h->slots = slots;
    h->n_slots = n;
    return true;
}

/* The number of this text; sets `failed` when memory ran out. */
static uint32_t intern(struct ak_hits *h, struct ak_str s)
{
    uint64_t hash = ak_hash_str(s);
    uint32_t at = (uint32_t)hash & (h->n_slots - 1);
    for (; h->slots[at]; at = (at + 1) & (h->n_slots - 1)) {
        const struct text *t = &h->strings[h->slots[at] - 1];
        if (t->hash == hash && t->n == s.n &&
            (s.n == 0 || memcmp(h->texts.at + t->at, s.at, s.n) == 0))
            return h->slots[at] - 1;
    }
    if (!grow((void **)&h->strings, h->n_strings, &h->cap_strings, sizeof(*h->strings))) {
        h->failed = true;
        return 0;
    }
    h->strings[h->n_strings] = (struct text){ hash, (uint32_t)h->texts.n, (uint32_t)s.n };
    ak_buf_str(&h->texts, s);
    h->slots[at] = ++h->n_strings;
    h->failed = h->failed || h->texts.failed || (h->n_strings * 2 > h->n_slots && !rehash(h));
    return h->n_strings - 1;
}

enum ak_status ak_hits_begin(struct ak_hits *h, uint32_t seq, uint32_t rule)
{
    h->refused = h->failed || h->n_rows >= AK_HITS_MAX || h->n_pairs >= AK_HITS_FIELDS_MAX ||
                 h->texts.n >= AK_HITS_BYTES_MAX;
    if (h->refused)
        return AK_ERR_LIMIT;
    if (!grow((void **)&h->rows, h->n_rows, &h->cap_rows, sizeof(*h->rows))) {
        h->failed = h->refused = true;
        return AK_ERR_LIMIT;
    }
    h->rows[h->n_rows++] = (struct row){ seq, rule, h->n_pairs, 0 };
    return AK_OK;
}

void ak_hits_field(struct ak_hits *h, struct ak_str name, struct ak_str value)
{
    if (h->refused || h->failed || h->n_pairs >= AK_HITS_FIELDS_MAX ||
        name.n + value.n > AK_HITS_BYTES_MAX)
        return;
    if (!grow((void **)&h->pairs, h->n_pairs, &h->cap_pairs, sizeof(*h->pairs))) {
        h->failed = true;
        return;
    }
    uint32_t number = intern(h, name);
    h->pairs[h->n_pairs++] = (struct pair){ number, intern(h, value) };
    h->rows[h->n_rows - 1].n++;
}

static struct ak_str text_at(const struct ak_hits *h, uint32_t number)
{
    const struct text *t = &h->strings[number];
    return (struct ak_str){ t->n ? (const char *)h->texts.at + t->at : "", t->n };
}

enum ak_status ak_hits_copy(struct ak_hits *to, const struct ak_hits *from, uint32_t seq)
{
    uint32_t low = 0, high = from->n_rows;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (from->rows[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < from->n_rows && from->rows[low].seq == seq; low++) {
        const struct row *r = &from->rows[low];
        enum ak_status st = ak_hits_begin(to, seq, r->rule);
        if (st != AK_OK)
            return st;
        for (uint32_t i = r->first; i < r->first + r->n; i++)
            ak_hits_field(to, text_at(from, from->pairs[i].name),
                          text_at(from, from->pairs[i].value));
    }
    return AK_OK;
}

size_t ak_hits_count(const struct ak_hits *h) { return h->n_rows; }

bool ak_hits_full(const struct ak_hits *h)
{
    return h->n_rows >= AK_HITS_FULL || h->texts.n >= AK_HITS_FULL_BYTES;
}

static int by_event(const void *va, const void *vb)
{
    const struct row *a = va, *b = vb;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static void put_rows(struct ak_hits *h, struct ak_buf *out)
{
    uint32_t before = 0;
    if (h->n_rows)
        qsort(h->rows, h->n_rows, sizeof(*h->rows), by_event);
    for (uint32_t i = 0; i < h->n_rows; i++) {
        const struct row *r = &h->rows[i];
        ak_buf_varint(out, r->seq - before);
        ak_buf_varint(out, r->rule);
        ak_buf_varint(out, r->n);
        for (uint32_t k = r->first; k < r->first + r->n; k++) {
            ak_buf_varint(out, h->pairs[k].name);
            ak_buf_varint(out, h->pairs[k].value);
        }
        before = r->seq;
    }
}

enum ak_status ak_hits_finish(struct ak_hits *h, struct ak_buf *out)
{
    bool failed = h->failed;
    if (!failed) {
        ak_buf_u32le(out, MAGIC);
        ak_buf_u32le(out, h->n_rows);
        ak_buf_varint(out, h->n_strings);
        for (uint32_t i = 0; i < h->n_strings; i++)
            ak_buf_varint(out, h->strings[i].n);
        ak_buf_put(out, h->texts.at, h->texts.n);
        put_rows(h, out);
    }
    ak_hits_clear(h);
    return failed || out->failed ? AK_ERR_NOMEM : AK_OK;
}

/* ---- reading ---- */

static bool read_strings(struct ak_arena *arena, struct ak_reader *r, struct ak_str **out,
                         uint64_t *out_n)
{
    uint64_t n = ak_rd_varint(r);
    if (!ak_rd_ok(r) || !ak_rd_has(r, n, 1))
        return false;
    struct ak_str *strings = AK_NEW_N(arena, struct ak_str, (size_t)n + 1);
    if (!strings)
        return false;
    for (uint64_t i = 0; i < n; i++)
        strings[i].n = (size_t)ak_rd_varint(r);
    for (uint64_t i = 0; i < n; i++)
        strings[i] = ak_str_bytes(ak_rd_array(r, strings[i].n, 1));
    *out = strings;
    *out_n = n;
    return ak_rd_ok(r);
}

struct reading {
    struct ak_reader r;
    const struct ak_str *strings;
    uint64_t n_strings;
    struct ak_stored_field *fields; /* where the next ones go */
    size_t room;                    /* for how many more */
    uint32_t n_rules;
};

static bool read_hit(struct reading *x, const struct ak_stored_hit *before,
                     struct ak_stored_hit *hit)
{
    uint64_t seq = (before ? before->seq : 0) + ak_rd_varint(&x->r), rule = ak_rd_varint(&x->r);
    uint64_t n = ak_rd_varint(&x->r);
    if (!ak_rd_ok(&x->r) || seq > UINT32_MAX || rule >= x->n_rules || n > x->room)
        return false;
    if (before && seq == before->seq && rule <= before->rule)
        return false;
    *hit = (struct ak_stored_hit){ (uint32_t)seq, (uint32_t)rule, x->fields, (size_t)n };
    x->room -= (size_t)n;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t name = ak_rd_varint(&x->r), value = ak_rd_varint(&x->r);
        if (name >= x->n_strings || value >= x->n_strings)
            return false;
        *x->fields++ = (struct ak_stored_field){ x->strings[name], x->strings[value] };
    }
    return ak_rd_ok(&x->r);
}

enum ak_status ak_hits_open(struct ak_arena *arena, struct ak_bytes bytes, uint32_t n_rules,
                            struct ak_hits_table *out)
{
    struct reading x = { .r = ak_rd_open(bytes, 0), .n_rules = n_rules };
    struct ak_str *strings;
    *out = (struct ak_hits_table){ 0 };
    uint32_t magic = ak_rd_u32le(&x.r), n = ak_rd_u32le(&x.r);
    if (magic != MAGIC || !read_strings(arena, &x.r, &strings, &x.n_strings))
        return AK_ERR_CORRUPT;
    x.strings = strings;
    if (!ak_rd_ok(&x.r) || n > AK_HITS_MAX || !ak_rd_has(&x.r, n, 3))
        return AK_ERR_CORRUPT;
    /* Each hit takes three bytes at least, each of its fields two. */
    size_t room = (ak_rd_left(&x.r) - 3 * (size_t)n) / 2;
    if (room > AK_HITS_FIELDS_MAX)
        room = AK_HITS_FIELDS_MAX;
    struct ak_stored_hit *hits = AK_NEW_N(arena, struct ak_stored_hit, (size_t)n + 1);
    struct ak_stored_field *fields = AK_NEW_N(arena, struct ak_stored_field, room + 1);
    if (!hits || !fields)
        return AK_ERR_LIMIT;
    x.fields = fields;
    x.room = room;
    for (uint32_t i = 0; i < n; i++)
        if (!read_hit(&x, i ? &hits[i - 1] : NULL, &hits[i]))
            return AK_ERR_CORRUPT;
    if (ak_rd_left(&x.r))
        return AK_ERR_CORRUPT;
    *out = (struct ak_hits_table){ hits, (size_t)n };
    return AK_OK;
}

const struct ak_stored_hit *ak_hits_of(const struct ak_hits_table *t, uint32_t seq, size_t *out_n)
{
    size_t low = 0, high = t->n;
    *out_n = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->hits[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < t->n && t->hits[end].seq == seq)
        end++;
    *out_n = end - low;
    return *out_n ? t->hits + low : NULL;
}
