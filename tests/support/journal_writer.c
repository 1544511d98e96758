/* journal_writer.c - systemd journals (see journal_writer.h).
 *
 *     header (264 bytes), hash table of the data, hash table of the fields, then
 *     data, fields and entries as they come, at the end the lists of entries:
 *     one for each datum of more than one, one of all.
 *
 * Facts: docs/formats/linux.journal.md */
#include "tests/support/journal_writer.h"

#include "artefact/linux/journal_file.h"
#include "base/buf.h"

#include <stdlib.h>

enum { HEADER = 264, OBJECT = 16, DATA_SLOTS = 2047, FIELD_SLOTS = 333, FIELDS_MAX = 32 };
enum { DATA = 1, FIELD = 2, ENTRY = 3, DATA_TABLE = 4, FIELD_TABLE = 5, ENTRY_ARRAY = 6 };

/* A datum, and the entries it is part of. */
struct datum {
    uint64_t at, hash;
    uint64_t *entries;
    size_t n, cap;
};

struct journalw {
    struct journalw_ids ids;
    struct ak_buf out;
    struct datum *data;
    size_t n_data, cap_data;
    uint64_t *entries;
    size_t n_entries, cap_entries;
    uint64_t data_table, field_table, n_objects, n_fields, n_arrays, last_object;
    uint64_t first_time, last_time, last_monotonic;
    bool failed;
};

static void le(struct journalw *w, uint64_t at, uint64_t v, unsigned width)
{
    for (unsigned i = 0; !w->out.failed && i < width; i++)
        w->out.at[at + i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get(const struct journalw *w, uint64_t at)
{
    return w->out.failed ? 0 : ak_load_u64le(w->out.at + at);
}

static uint64_t hash_of(const char *text, size_t n)
{
    const struct ak_journal plain = { .keyed_hash = false };
    return ak_journal_hash(&plain, (struct ak_bytes){ (const uint8_t *)text, n });
}

/* A new object of n zero bytes, head included; where it lies. */
static uint64_t object(struct journalw *w, uint8_t type, size_t n)
{
    while (w->out.n % 8)
        ak_buf_u8(&w->out, 0);
    uint64_t at = w->out.n;
    uint8_t *room = ak_buf_room(&w->out, n);
    if (!room)
        return 0;
    memset(room, 0, n);
    ak_buf_wrote(&w->out, n);
    le(w, at, type, 1);
    le(w, at + 8, n, 8);
    w->n_objects++;
    w->last_object = at;
    return at;
}

static bool push(uint64_t **list, size_t *n, size_t *cap, uint64_t v)
{
    if (*n == *cap) {
        size_t more = *cap ? *cap * 2 : 4;
        uint64_t *at = realloc(*list, more * sizeof(*at));
        if (!at)
            return false;
        *list = at;
        *cap = more;
    }
    (*list)[(*n)++] = v;
    return true;
}

/* Hang an object into its slot of a table: behind the last of the chain. */
static void hang(struct journalw *w, uint64_t table, uint64_t slots, uint64_t hash, uint64_t at)
{
    uint64_t slot = table + OBJECT + hash % slots * 16, last = get(w, slot + 8);
    if (last)
        le(w, last + 24, at, 8);
    else
        le(w, slot, at, 8);
    le(w, slot + 8, at, 8);
}

/* The object of this text in a table's chain; 0 when there is none. */
static uint64_t find(const struct journalw *w, uint64_t table, uint64_t slots, size_t payload_at,
                     const char *text, size_t n)
{
    uint64_t at = get(w, table + OBJECT + hash_of(text, n) % slots * 16);
    for (; at; at = get(w, at + 24))
        if (get(w, at + 8) == payload_at + n && memcmp(w->out.at + at + payload_at, text, n) == 0)
            return at;
    return 0;
}

static uint64_t field_of(struct journalw *w, const char *text)
{
    size_t n = strcspn(text, "=");
    uint64_t at = find(w, w->field_table, FIELD_SLOTS, 40, text, n);
    if (at)
        return at;
    at = object(w, FIELD, 40 + n);
    if (!at)
        return 0;
    memcpy(w->out.at + at + 40, text, n);
    le(w, at + 16, hash_of(text, n), 8);
    hang(w, w->field_table, FIELD_SLOTS, hash_of(text, n), at);
    w->n_fields++;
    return at;
}

/* The number of this datum, written now when it is new. */
static size_t datum_of(struct journalw *w, const char *text)
{
    size_t n = strlen(text);
    uint64_t at = find(w, w->data_table, DATA_SLOTS, 64, text, n);
    for (size_t i = 0; at && i < w->n_data; i++)
        if (w->data[i].at == at)
            return i;
    if (w->n_data == w->cap_data) {
        size_t cap = w->cap_data ? w->cap_data * 2 : 256;
        struct datum *data = realloc(w->data, cap * sizeof(*data));
        if (!data) {
            w->failed = true;
            return 0;
        }
        w->data = data;
        w->cap_data = cap;
    }
    at = object(w, DATA, 64 + n);
    if (!at)
        return 0;
    memcpy(w->out.at + at + 64, text, n);
    le(w, at + 16, hash_of(text, n), 8);
    hang(w, w->data_table, DATA_SLOTS, hash_of(text, n), at);
    uint64_t field = field_of(w, text);
    le(w, at + 32, get(w, field + 32), 8); /* first of its field's chain */
    le(w, field + 32, at, 8);
    w->data[w->n_data] = (struct datum){ .at = at, .hash = hash_of(text, n) };
    return w->n_data++;
}

static int by_place(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

struct journalw *journalw_begin(const struct journalw_ids *ids)
{
    static const uint8_t ZERO[HEADER];
    struct journalw *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->ids = *ids;
    ak_buf_put(&w->out, ZERO, HEADER);
    w->data_table = object(w, DATA_TABLE, OBJECT + 16 * DATA_SLOTS);
    w->field_table = object(w, FIELD_TABLE, OBJECT + 16 * FIELD_SLOTS);
    return w;
}

bool journalw_entry(struct journalw *w, uint64_t realtime, uint64_t monotonic,
                    const char *const *fields, size_t n)
{
    size_t numbers[FIELDS_MAX];
    uint64_t all = 0;
    if (n == 0 || n > FIELDS_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        numbers[i] = datum_of(w, fields[i]);
    qsort(numbers, n, sizeof(numbers[0]), by_place); /* data lie in the order of their numbers */
    uint64_t at = object(w, ENTRY, 64 + 16 * n);
    if (w->failed || !at || !push(&w->entries, &w->n_entries, &w->cap_entries, at))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct datum *d = &w->data[numbers[i]];
        le(w, at + 64 + 16 * i, d->at, 8);
        le(w, at + 72 + 16 * i, d->hash, 8);
        all ^= d->hash;
        w->failed |= !push(&d->entries, &d->n, &d->cap, at);
    }
    le(w, at + 16, w->n_entries, 8);
    le(w, at + 24, realtime, 8);
    le(w, at + 32, monotonic, 8);
    memcpy(w->out.at + at + 40, w->ids.boot, 16);
    le(w, at + 56, all, 8);
    w->first_time = w->n_entries == 1 ? realtime : w->first_time;
    w->last_time = realtime;
    w->last_monotonic = monotonic;
    return !w->failed;
}

static uint64_t list(struct journalw *w, const uint64_t *entries, size_t n)
{
    uint64_t at = object(w, ENTRY_ARRAY, 24 + 8 * n);
    for (size_t i = 0; at && i < n; i++)
        le(w, at + 24 + 8 * i, entries[i], 8);
    w->n_arrays++;
    return at;
}

static void put_header(struct journalw *w, uint64_t all)
{
    const uint64_t numbers[] = {
        HEADER,
        w->out.n - HEADER,
        w->data_table + OBJECT,
        16 * DATA_SLOTS,
        w->field_table + OBJECT,
        16 * FIELD_SLOTS,
        w->last_object,
        w->n_objects,
        w->n_entries,
        w->n_entries,
        w->n_entries ? 1 : 0,
        all,
        w->first_time,
        w->last_time,
        w->last_monotonic,
        w->n_data,
        w->n_fields,
        0,
        w->n_arrays,
        0,
        0,
    };
    memcpy(w->out.at, "LPKSHHRH", 8);
    memcpy(w->out.at + 24, w->ids.file, 16);
    memcpy(w->out.at + 40, w->ids.machine, 16);
    memcpy(w->out.at + 56, w->ids.boot, 16);
    memcpy(w->out.at + 72, w->ids.file, 16);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        le(w, 88 + 8 * i, numbers[i], 8);
    le(w, 256, all, 4);
    le(w, 260, w->n_entries, 4);
}

struct ak_bytes journalw_end(struct journalw *w)
{
    for (size_t i = 0; i < w->n_data; i++) {
        const struct datum *d = &w->data[i];
        le(w, d->at + 40, d->n ? d->entries[0] : 0, 8);
        le(w, d->at + 56, d->n, 8);
        if (d->n > 1)
            le(w, d->at + 48, list(w, d->entries + 1, d->n - 1), 8);
    }
    uint64_t all = w->n_entries ? list(w, w->entries, w->n_entries) : 0;
    while (w->out.n % 8)
        ak_buf_u8(&w->out, 0);
    if (w->failed || w->out.failed)
        return (struct ak_bytes){ NULL, 0 };
    put_header(w, all);
    return (struct ak_bytes){ w->out.at, w->out.n };
}

void journalw_free(struct journalw *w)
{
    for (size_t i = 0; w && i < w->n_data; i++)
        free(w->data[i].entries);
    if (!w)
        return;
    free(w->data);
    free(w->entries);
    ak_buf_free(&w->out);
    free(w);
}
