/* hits.c - see hits.h. */
#include "event/hits.h"

#include "event/string_table.h"

#include <stdlib.h>

enum { MAGIC = 0x31484B41, STRING_SLOTS = 1024 };

struct row {
    uint32_t seq, rule, first, n; /* fields [first, first + n) */
};

struct pair {
    uint32_t name, value; /* string numbers */
};

struct ak_hits {
    struct ak_string_table strings;
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
    if (!ak_strings_open(&h->strings, STRING_SLOTS)) {
        ak_hits_free(h);
        return NULL;
    }
    return h;
}

void ak_hits_free(struct ak_hits *h)
{
    if (!h)
        return;
    ak_strings_close(&h->strings);
    free(h->rows);
    free(h->pairs);
    free(h);
}

void ak_hits_clear(struct ak_hits *h)
{
    ak_strings_clear(&h->strings);
    h->n_rows = h->n_pairs = 0;
    h->refused = h->failed = false;
}

enum ak_status ak_hits_begin(struct ak_hits *h, uint32_t seq, uint32_t rule)
{
    h->refused = h->failed || h->n_rows >= AK_HITS_MAX || h->n_pairs >= AK_HITS_FIELDS_MAX ||
                 h->strings.bytes.n >= AK_HITS_BYTES_MAX;
    if (h->refused)
        return AK_ERR_LIMIT;
    if (!ak_array_grow((void **)&h->rows, h->n_rows, &h->cap_rows, sizeof(*h->rows))) {
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
    if (!ak_array_grow((void **)&h->pairs, h->n_pairs, &h->cap_pairs, sizeof(*h->pairs))) {
        h->failed = true;
        return;
    }
    struct pair p;
    p.name = ak_strings_add(&h->strings, name);
    p.value = ak_strings_add(&h->strings, value);
    if (p.name == AK_NO_STRING || p.value == AK_NO_STRING) {
        h->failed = true;
        return;
    }
    h->pairs[h->n_pairs++] = p;
    h->rows[h->n_rows - 1].n++;
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
            ak_hits_field(to, ak_strings_get(&from->strings, from->pairs[i].name),
                          ak_strings_get(&from->strings, from->pairs[i].value));
    }
    return AK_OK;
}

size_t ak_hits_count(const struct ak_hits *h) { return h->n_rows; }

bool ak_hits_full(const struct ak_hits *h)
{
    return h->n_rows >= AK_HITS_FULL || h->strings.bytes.n >= AK_HITS_FULL_BYTES;
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
        ak_strings_put(&h->strings, out);
        put_rows(h, out);
    }
    ak_hits_clear(h);
    return failed || out->failed ? AK_ERR_NOMEM : AK_OK;
}

/* ---- reading ---- */

struct reading {
    struct ak_reader r;
    const struct ak_str *strings;
    uint32_t n_strings;
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
    *out = (struct ak_hits_table){ 0 };
    uint32_t magic = ak_rd_u32le(&x.r), n = ak_rd_u32le(&x.r);
    if (magic != MAGIC)
        return AK_ERR_CORRUPT;
    enum ak_status st = ak_strings_read(arena, &x.r, &x.strings, &x.n_strings);
    if (st != AK_OK)
        return st;
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
