/* evtx_writer.c - see evtx_writer.h.
 *
 *   file    4096 bytes of header ("ElfFile"), then chunks of 65536 bytes
 *   chunk   "ElfChnk" header, 64 buckets of element names, 32 buckets of
 *           templates (lists linked through the chunk), records from byte 512
 *   record  "**" 0 0, size, id, FILETIME, BinXML, zeros to 8 bytes, size again
 *
 * Every record is an instance of one template (the System part, one per
 * computer) whose last value is BinXML again: an instance of the template of
 * the event's own values.  That nesting, the numbering of the values and the
 * dependency of elements on them are as in logs of Windows 10.
 *
 * Which of the 32 buckets Windows puts a template in is not known here: ours
 * are by the first byte of its GUID.  Readers follow offsets and do not mind.
 *
 * Facts and their sources: docs/formats/windows.evtx.md */
#include "tests/support/evtx_writer.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/utf.h"

#include <assert.h>
#include <stdlib.h>

enum {
    FILE_HEADER = 4096,
    CHUNK = 65536,
    CHUNK_HEADER = 512,
    NAMES_AT = 128,
    N_NAME_BUCKETS = 64,
    TEMPLATES_AT = 384,
    N_TEMPLATE_BUCKETS = 32,
    GUID_BYTES = 16,
    NAME_MAX_BYTES = 1024, /* of an element name in UTF-16 */
    TYPE_BINXML = 0x21,
    TYPE_SYSTEM_STRING = 0x81, /* ours: a string written without its final zero */
};

enum token {
    T_END = 0x00,
    T_ELEMENT = 0x01,
    T_CLOSE_START = 0x02,
    T_CLOSE_EMPTY = 0x03,
    T_CLOSE_ELEMENT = 0x04,
    T_TEXT = 0x05,
    T_ATTRIBUTE = 0x06,
    T_TEMPLATE = 0x0C,
    T_VALUE = 0x0D,
    T_OPTIONAL = 0x0E,
    T_FRAGMENT = 0x0F,
    T_MORE = 0x40, /* on T_ELEMENT: has attributes; on T_ATTRIBUTE: another one follows */
};

enum { NO_DEPENDENCY = 0xFFFF };

struct evtx_writer {
    struct evtx_options options;
    struct ak_buf file;
    uint8_t chunk[CHUNK];
    size_t at;     /* next free byte of the chunk */
    bool overflow; /* something did not fit; what follows is not written */
    uint64_t next_id, first_in_chunk;
    size_t last_record_at;
    uint32_t n_chunks;
};

/* Values of the System part, in the order Windows numbers them. */
enum {
    V_LEVEL,
    V_OPCODE,
    V_TASK,
    V_EVENT_ID,
    V_QUALIFIERS,
    V_KEYWORDS,
    V_TIME,
    V_ACTIVITY,
    V_PID,
    V_TID,
    V_RECORD_ID,
    V_VERSION,
    V_USER,
    V_RELATED,
    V_PROVIDER,
    V_PROVIDER_GUID,
    V_CHANNEL,
    V_DATA,
    N_SYSTEM_VALUES,
    NO_VALUE = 0xFF,
};

static const struct system_element {
    const char *name;
    struct {
        const char *name;
        uint8_t value, type;
    } attributes[2];
    uint8_t value, type;
} SYSTEM[] = {
    { "Provider",
      { { "Name", V_PROVIDER, EVTX_STRING }, { "Guid", V_PROVIDER_GUID, EVTX_GUID } },
      NO_VALUE,
      0 },
    { "EventID", { { "Qualifiers", V_QUALIFIERS, EVTX_UINT16 } }, V_EVENT_ID, EVTX_UINT16 },
    { "Version", { { 0 } }, V_VERSION, EVTX_UINT8 },
    { "Level", { { 0 } }, V_LEVEL, EVTX_UINT8 },
    { "Task", { { 0 } }, V_TASK, EVTX_UINT16 },
    { "Opcode", { { 0 } }, V_OPCODE, EVTX_UINT8 },
    { "Keywords", { { 0 } }, V_KEYWORDS, EVTX_HEX64 },
    { "TimeCreated", { { "SystemTime", V_TIME, EVTX_FILETIME } }, NO_VALUE, 0 },
    { "EventRecordID", { { 0 } }, V_RECORD_ID, EVTX_UINT64 },
    { "Correlation",
      { { "ActivityID", V_ACTIVITY, EVTX_GUID }, { "RelatedActivityID", V_RELATED, EVTX_GUID } },
      NO_VALUE,
      0 },
    { "Execution",
      { { "ProcessID", V_PID, EVTX_UINT32 }, { "ThreadID", V_TID, EVTX_UINT32 } },
      NO_VALUE,
      0 },
    { "Channel", { { 0 } }, V_CHANNEL, EVTX_STRING },
    { "Computer", { { 0 } }, NO_VALUE, 0 }, /* its text is part of the template */
    { "Security", { { "UserID", V_USER, EVTX_SID } }, NO_VALUE, 0 },
};

static uint32_t crc32_of(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static void store(uint8_t *to, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        to[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t load_u32(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

/* ---- into the open chunk ---- */

static void put(struct evtx_writer *w, const void *from, size_t n)
{
    if (w->overflow || n > CHUNK - w->at) {
        w->overflow = true;
        return;
    }
    if (n)
        memcpy(w->chunk + w->at, from, n);
    w->at += n;
}

static void put_num(struct evtx_writer *w, uint64_t v, unsigned width)
{
    uint8_t bytes[8];
    store(bytes, v, width);
    put(w, bytes, width);
}

static void put_token(struct evtx_writer *w, unsigned token) { put_num(w, token, 1); }

static void patch(struct evtx_writer *w, size_t at, uint64_t v, unsigned width)
{
    if (!w->overflow)
        store(w->chunk + at, v, width);
}

/* A u32 size to be filled in: where it stands, then what follows it. */
static size_t hold_size(struct evtx_writer *w)
{
    put_num(w, 0, 4);
    return w->at - 4;
}

static void fill_size(struct evtx_writer *w, size_t size_at)
{
    patch(w, size_at, w->at - size_at - 4, 4);
}

/* UTF-16LE of a text; how many bytes. */
static size_t utf16(uint8_t *to, size_t room, const char *text)
{
    struct ak_str from = ak_str_of(text);
    size_t n = 0;
    for (size_t i = 0; i < from.n;) {
        uint32_t c = ak_utf8_next(from, &i);
        assert(c <= 0x10FFFF && n + 4 <= room);
        if (c >= 0x10000) {
            store(to + n, 0xD800 + ((c - 0x10000) >> 10), 2);
            c = 0xDC00 + ((c - 0x10000) & 0x3FF);
            n += 2;
        }
        store(to + n, c, 2);
        n += 2;
    }
    return n;
}

/* The text itself, without length or final zero. */
static void put_utf16(struct evtx_writer *w, const char *text)
{
    size_t room = 2 * strlen(text) + 4;
    uint8_t *units = malloc(room);
    assert(units);
    put(w, units, utf16(units, room, text));
    free(units);
}

static void put_counted_text(struct evtx_writer *w, const char *text)
{
    size_t count_at = w->at;
    put_num(w, 0, 2);
    put_utf16(w, text);
    patch(w, count_at, (w->at - count_at - 2) / 2, 2);
}

/* ---- names ---- */

static uint16_t name_hash(const uint8_t *units, size_t n)
{
    uint32_t h = 0;
    for (size_t i = 0; i < n; i += 2)
        h = h * 65599u + (units[i] | (uint32_t)units[i + 1] << 8);
    return (uint16_t)h;
}

/* Offset of the name's node among those from `node` on; 0 when it is not there. */
static size_t find_name(const struct evtx_writer *w, size_t node, const uint8_t *units, size_t n)
{
    for (; node; node = load_u32(w->chunk + node)) {
        const uint8_t *at = w->chunk + node;
        if ((at[6] | (size_t)at[7] << 8) * 2 == n && memcmp(at + 8, units, n) == 0)
            return node;
    }
    return 0;
}

/* The name's offset, and its node right here when the chunk has none yet. */
static void put_name(struct evtx_writer *w, const char *name)
{
    uint8_t units[NAME_MAX_BYTES];
    size_t n = utf16(units, sizeof(units), name);
    uint16_t hash = name_hash(units, n);
    size_t bucket = NAMES_AT + 4u * (hash % N_NAME_BUCKETS);
    size_t known = find_name(w, load_u32(w->chunk + bucket), units, n);
    put_num(w, known ? known : w->at + 4, 4);
    if (known)
        return;
    size_t node = w->at;
    put_num(w, load_u32(w->chunk + bucket), 4);
    put_num(w, hash, 2);
    put_num(w, n / 2, 2);
    put(w, units, n);
    put_num(w, 0, 2);
    patch(w, bucket, node, 4);
}

/* ---- elements of a template ---- */

/* Begin <NAME>; the place of its size. */
static size_t open_element(struct evtx_writer *w, const char *name, bool attributes,
                           unsigned dependency)
{
    put_token(w, T_ELEMENT | (attributes ? T_MORE : 0));
    put_num(w, dependency, 2);
    size_t size_at = hold_size(w);
    put_name(w, name);
    if (!attributes)
        put_token(w, T_CLOSE_START);
    return size_at;
}

static void close_element(struct evtx_writer *w, size_t size_at)
{
    put_token(w, T_CLOSE_ELEMENT);
    fill_size(w, size_at);
}

static void put_placeholder(struct evtx_writer *w, enum token token, unsigned value, unsigned type)
{
    put_token(w, token);
    put_num(w, value, 2);
    put_num(w, type, 1);
}

static void put_text(struct evtx_writer *w, const char *text)
{
    put_token(w, T_TEXT);
    put_num(w, EVTX_STRING, 1);
    put_counted_text(w, text);
}

/* The one attribute NAME="text" of an element that has content. */
static void put_fixed_attribute(struct evtx_writer *w, const char *name, const char *text)
{
    size_t list_at = hold_size(w);
    put_token(w, T_ATTRIBUTE);
    put_name(w, name);
    put_text(w, text);
    fill_size(w, list_at);
    put_token(w, T_CLOSE_START);
}

static void put_system_attributes(struct evtx_writer *w, const struct system_element *e)
{
    size_t list_at = hold_size(w);
    for (unsigned i = 0; i < 2 && e->attributes[i].name; i++) {
        bool more = i == 0 && e->attributes[1].name;
        put_token(w, T_ATTRIBUTE | (more ? T_MORE : 0));
        put_name(w, e->attributes[i].name);
        put_placeholder(w, T_OPTIONAL, e->attributes[i].value, e->attributes[i].type);
    }
    fill_size(w, list_at);
}

static void put_system_element(struct evtx_writer *w, const struct system_element *e,
                               const char *computer)
{
    bool attributes = e->attributes[0].name, content = e->value != NO_VALUE;
    size_t size_at =
        open_element(w, e->name, attributes, content ? e->value : (unsigned)NO_DEPENDENCY);
    if (attributes) {
        put_system_attributes(w, e);
        put_token(w, content ? T_CLOSE_START : T_CLOSE_EMPTY);
    }
    if (content)
        put_placeholder(w, T_OPTIONAL, e->value, e->type);
    else if (!attributes)
        put_text(w, computer);
    if (content || !attributes)
        put_token(w, T_CLOSE_ELEMENT);
    fill_size(w, size_at);
}

static void put_event_body(struct evtx_writer *w, const struct evtx_record *record)
{
    size_t event = open_element(w, "Event", true, NO_DEPENDENCY);
    put_fixed_attribute(w, "xmlns", "http://schemas.microsoft.com/win/2004/08/events/event");
    size_t system = open_element(w, "System", false, NO_DEPENDENCY);
    for (size_t i = 0; i < sizeof(SYSTEM) / sizeof(*SYSTEM); i++)
        put_system_element(w, &SYSTEM[i], record->computer);
    close_element(w, system);
    put_placeholder(w, T_OPTIONAL, V_DATA, TYPE_BINXML);
    close_element(w, event);
}

static void put_data_element(struct evtx_writer *w, const struct evtx_pair *pair, unsigned value,
                             bool user_data)
{
    const char *name = "Data";
    bool attribute = pair->name && !user_data;
    if (user_data && pair->name)
        name = pair->name;
    else if (!pair->name && pair->type == EVTX_BINARY)
        name = "Binary";
    size_t size_at = open_element(w, name, attribute, NO_DEPENDENCY);
    if (attribute)
        put_fixed_attribute(w, "Name", pair->name);
    put_placeholder(w, T_VALUE, value, pair->type);
    close_element(w, size_at);
}

static void put_data_body(struct evtx_writer *w, const struct evtx_record *record)
{
    bool user_data = record->user_data;
    size_t inner = 0;
    size_t outer = open_element(w, user_data ? "UserData" : "EventData", false, NO_DEPENDENCY);
    if (user_data) {
        inner = open_element(w, record->user_data, true, NO_DEPENDENCY);
        put_fixed_attribute(w, "xmlns",
                            record->user_data_ns ? record->user_data_ns : EVTX_EVENTLOG_NS);
    }
    for (size_t i = 0; i < record->n_pairs; i++)
        put_data_element(w, &record->pairs[i], (unsigned)i, user_data);
    if (user_data)
        close_element(w, inner);
    close_element(w, outer);
}

/* ---- templates ---- */

/* What makes two records share a template, hashed into its GUID. */
static void template_guid(const struct evtx_record *record, bool data, uint8_t guid[GUID_BYTES])
{
    struct ak_buf key = { 0 };
    ak_buf_text(&key, data ? "data" : "system\x1f");
    if (data) {
        ak_buf_printf(&key, "\x1f%s\x1f%u\x1f%u\x1f%s\x1f%s", record->provider, record->event_id,
                      record->version, record->user_data ? record->user_data : "",
                      record->user_data_ns ? record->user_data_ns : "");
        for (size_t i = 0; i < record->n_pairs; i++)
            ak_buf_printf(&key, "\x1f%s\x1f%u", record->pairs[i].name ? record->pairs[i].name : "",
                          (unsigned)record->pairs[i].type);
    } else {
        ak_buf_text(&key, record->computer);
    }
    assert(!key.failed);
    store(guid, ak_hash(key.at, key.n), 8);
    ak_buf_u8(&key, 2);
    store(guid + 8, ak_hash(key.at, key.n), 8);
    ak_buf_free(&key);
}

static size_t find_template(const struct evtx_writer *w, size_t node, const uint8_t *guid)
{
    for (; node; node = load_u32(w->chunk + node))
        if (memcmp(w->chunk + node + 4, guid, GUID_BYTES) == 0)
            return node;
    return 0;
}

/* Begin an instance of the record's template, defining it when the chunk has
 * not seen it yet. */
static void put_template(struct evtx_writer *w, const struct evtx_record *record, bool data)
{
    uint8_t guid[GUID_BYTES];
    template_guid(record, data, guid);
    size_t bucket = TEMPLATES_AT + 4u * (guid[0] % N_TEMPLATE_BUCKETS);
    size_t known = find_template(w, load_u32(w->chunk + bucket), guid);
    put_token(w, T_TEMPLATE);
    put_num(w, 1, 1);
    put(w, guid, 4);
    put_num(w, known ? known : w->at + 4, 4);
    if (known)
        return;
    size_t node = w->at;
    put_num(w, load_u32(w->chunk + bucket), 4);
    put(w, guid, GUID_BYTES);
    size_t size_at = hold_size(w);
    put_num(w, T_FRAGMENT | 0x010100, 4);
    if (data)
        put_data_body(w, record);
    else
        put_event_body(w, record);
    put_token(w, T_END);
    fill_size(w, size_at);
    patch(w, bucket, node, 4);
}

/* ---- values ---- */

static void put_guid(struct evtx_writer *w, const char *text)
{
    static const uint8_t ORDER[GUID_BYTES] = {
        3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
    };
    static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
    uint8_t bytes[GUID_BYTES] = { 0 };
    unsigned n = 0;
    for (; *text && n < 2 * GUID_BYTES; text++) {
        const char *digit = strchr(DIGITS, *text);
        if (!digit)
            continue;
        uint8_t *byte = &bytes[ORDER[n++ / 2]];
        *byte = (uint8_t)((unsigned)*byte << 4 | (unsigned)(digit - DIGITS) % 16u);
    }
    assert(n == 2 * GUID_BYTES);
    put(w, bytes, sizeof(bytes));
}

/* "S-1-5-21-1-2-3-500" */
static void put_sid(struct evtx_writer *w, const char *text)
{
    assert(strncmp(text, "S-1-", 4) == 0);
    char *end = NULL;
    uint64_t authority = strtoull(text + 4, &end, 10);
    size_t count_at = w->at + 1;
    unsigned n = 0;
    put_num(w, 1, 2);
    for (unsigned i = 6; i-- > 0;)
        put_num(w, authority >> (8 * i) & 0xFF, 1);
    for (; *end == '-'; n++)
        put_num(w, strtoull(end + 1, &end, 10), 4);
    patch(w, count_at, n, 1);
}

static unsigned width_of(unsigned type)
{
    switch (type) {
    case EVTX_UINT8:
        return 1;
    case EVTX_UINT16:
        return 2;
    case EVTX_INT32:
    case EVTX_UINT32:
    case EVTX_HEX32:
    case EVTX_BOOLEAN:
        return 4;
    case EVTX_UINT64:
    case EVTX_HEX64:
    case EVTX_FILETIME:
        return 8;
    default:
        return 0;
    }
}

static void put_value(struct evtx_writer *w, const struct evtx_pair *v)
{
    unsigned width = width_of(v->type);
    if (width)
        put_num(w, v->number, width);
    else if (v->type == EVTX_STRING || (unsigned)v->type == TYPE_SYSTEM_STRING)
        put_utf16(w, v->text);
    else if (v->type == EVTX_BINARY)
        put(w, v->bytes.at, v->bytes.n);
    else if (v->type == EVTX_GUID)
        put_guid(w, v->text);
    else if (v->type == EVTX_SID)
        put_sid(w, v->text);
    if (v->type == EVTX_STRING)
        put_num(w, 0, 2);
}

/* Room for n descriptions of values; where they are. */
static size_t hold_values(struct evtx_writer *w, size_t n)
{
    put_num(w, n, 4);
    size_t at = w->at;
    for (size_t i = 0; i < n; i++)
        put_num(w, 0, 4);
    return at;
}

/* The i-th value began at `from` and ends here. */
static void describe_value(struct evtx_writer *w, size_t values_at, size_t i, size_t from,
                           unsigned type)
{
    patch(w, values_at + 4 * i, w->at - from, 2);
    patch(w, values_at + 4 * i + 2, type == TYPE_SYSTEM_STRING ? (unsigned)EVTX_STRING : type, 1);
}

static void put_values(struct evtx_writer *w, size_t values_at, const struct evtx_pair *pairs,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t from = w->at;
        put_value(w, &pairs[i]);
        describe_value(w, values_at, i, from, pairs[i].type);
    }
}

/* Text of the given type, or null when there is none. */
static struct evtx_pair maybe(unsigned type, const char *text)
{
    return (struct evtx_pair){ .type = text ? (enum evtx_type)type : EVTX_NULL, .text = text };
}

static struct evtx_pair number(enum evtx_type type, uint64_t v) { return evtx_num(NULL, type, v); }

static void put_event(struct evtx_writer *w, const struct evtx_record *r)
{
    const struct evtx_pair system[V_DATA] = {
        [V_LEVEL] = number(EVTX_UINT8, r->level),
        [V_OPCODE] = number(EVTX_UINT8, r->opcode),
        [V_TASK] = number(EVTX_UINT16, r->task),
        [V_EVENT_ID] = number(EVTX_UINT16, r->event_id),
        [V_QUALIFIERS] = number(r->has_qualifiers ? EVTX_UINT16 : EVTX_NULL, r->qualifiers),
        [V_KEYWORDS] = number(EVTX_HEX64, r->keywords),
        [V_TIME] = number(EVTX_FILETIME, r->filetime),
        [V_ACTIVITY] = maybe(EVTX_GUID, r->activity),
        [V_PID] = number(EVTX_UINT32, r->pid),
        [V_TID] = number(EVTX_UINT32, r->tid),
        [V_RECORD_ID] = number(EVTX_UINT64, w->next_id),
        [V_VERSION] = number(EVTX_UINT8, r->version),
        [V_USER] = maybe(EVTX_SID, r->user_sid),
        [V_PROVIDER] = maybe(TYPE_SYSTEM_STRING, r->provider),
        [V_PROVIDER_GUID] = maybe(EVTX_GUID, r->provider_guid),
        [V_CHANNEL] = maybe(TYPE_SYSTEM_STRING, r->channel),
    };
    put_num(w, T_FRAGMENT | 0x010100, 4);
    put_template(w, r, false);
    size_t values_at = hold_values(w, N_SYSTEM_VALUES);
    put_values(w, values_at, system, V_DATA);
    if (r->n_pairs) {
        size_t from = w->at;
        put_template(w, r, true);
        put_values(w, hold_values(w, r->n_pairs), r->pairs, r->n_pairs);
        put_token(w, T_END);
        describe_value(w, values_at, V_DATA, from, TYPE_BINXML);
    }
    put_token(w, T_END);
}

/* ---- records, chunks, file ---- */

static void open_chunk(struct evtx_writer *w)
{
    memset(w->chunk, 0, CHUNK);
    memcpy(w->chunk, "ElfChnk", 8);
    w->at = CHUNK_HEADER;
    w->first_in_chunk = w->next_id;
    w->last_record_at = 0;
}

static void close_chunk(struct evtx_writer *w)
{
    if (w->at == CHUNK_HEADER)
        return;
    uint8_t *c = w->chunk;
    w->n_chunks++;
    store(c + 8, w->first_in_chunk, 8);
    store(c + 16, w->next_id - 1, 8);
    store(c + 24, w->first_in_chunk, 8);
    store(c + 32, w->next_id - 1, 8);
    store(c + 40, 128, 4);
    store(c + 44, w->last_record_at, 4);
    store(c + 48, w->at, 4);
    uint32_t data = crc32_of(0, c + CHUNK_HEADER, w->at - CHUNK_HEADER);
    store(c + 52, w->n_chunks == w->options.bad_chunk_data ? ~data : data, 4);
    store(c + 120, 1, 4);
    uint32_t header = crc32_of(crc32_of(0, c, 120), c + NAMES_AT, CHUNK_HEADER - NAMES_AT);
    store(c + 124, w->n_chunks == w->options.bad_chunk_header ? ~header : header, 4);
    ak_buf_put(&w->file, c, CHUNK);
    open_chunk(w);
}

/* Try the record at the end of the open chunk; false, and nothing changed,
 * when it does not fit. */
static bool append_record(struct evtx_writer *w, const struct evtx_record *record)
{
    uint8_t tables[CHUNK_HEADER];
    memcpy(tables, w->chunk, sizeof(tables));
    size_t start = w->at;

    w->overflow = false;
    put_num(w, 0x2A2A, 4);
    size_t size_at = hold_size(w);
    put_num(w, w->next_id, 8);
    put_num(w, record->filetime, 8);
    put_event(w, record);
    while (!w->overflow && (w->at + 4) % 8)
        put_num(w, 0, 1);
    size_t size = w->at + 4 - start;
    put_num(w, size, 4);
    patch(w, size_at, size, 4);
    if (w->overflow) {
        memcpy(w->chunk, tables, sizeof(tables));
        memset(w->chunk + start, 0, CHUNK - start);
        w->at = start;
        return false;
    }
    w->last_record_at = start;
    w->next_id++;
    return true;
}

struct evtx_writer *evtx_begin(const struct evtx_options *options)
{
    struct evtx_writer *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    uint8_t header[FILE_HEADER] = { 0 };
    w->options = *options;
    w->next_id = options->first_record_id ? options->first_record_id : 1;
    ak_buf_put(&w->file, header, sizeof(header));
    open_chunk(w);
    return w;
}

uint64_t evtx_record(struct evtx_writer *w, const struct evtx_record *record)
{
    if (append_record(w, record))
        return w->next_id - 1;
    close_chunk(w);
    return append_record(w, record) ? w->next_id - 1 : 0;
}

struct ak_bytes evtx_end(struct evtx_writer *w)
{
    close_chunk(w);
    assert(!w->file.failed);
    bool stale = w->options.stale_header;
    uint32_t n_chunks = stale && w->n_chunks ? 1 : w->n_chunks;
    uint8_t *h = w->file.at;
    memcpy(h, "ElfFile", 8);
    store(h + 16, n_chunks ? n_chunks - 1 : 0, 8);
    store(h + 24, stale ? w->options.first_record_id + 1 : w->next_id, 8);
    store(h + 32, 128, 4);
    store(h + 36, 1, 2);
    store(h + 38, 3, 2);
    store(h + 40, FILE_HEADER, 2);
    store(h + 42, n_chunks, 2);
    store(h + 120, w->options.dirty, 4);
    uint32_t crc = crc32_of(0, h, 120);
    store(h + 124, w->options.bad_file_crc ? ~crc : crc, 4);
    return (struct ak_bytes){ w->file.at, w->file.n };
}

void evtx_free(struct evtx_writer *w)
{
    if (w)
        ak_buf_free(&w->file);
    free(w);
}
