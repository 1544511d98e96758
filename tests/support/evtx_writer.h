/* evtx_writer.h - write Windows event logs (.evtx) that Windows' own kind of
 * reader accepts, for tests and for the evidence of the demonstration.
 *
 *     struct evtx_writer *w = evtx_begin(&(struct evtx_options){ 0 });
 *     evtx_record(w, &(struct evtx_record){ .provider = "...", .event_id = 4624, ...,
 *         .pairs = (struct evtx_pair[]){ evtx_str("TargetUserName", "mio") }, .n_pairs = 1 });
 *     struct ak_bytes file = evtx_end(w);     valid until evtx_free(w)
 *
 * The same calls give the same bytes: nothing is taken from the machine's
 * clock or from chance.  Laid out as Windows does it: 64 KiB chunks, element
 * names and templates defined once per chunk and referred to afterwards. */
#ifndef AK_TESTS_EVTX_WRITER_H
#define AK_TESTS_EVTX_WRITER_H

#include "base/bytes.h"

/* The value's type as BinXML numbers them. */
enum evtx_type {
    EVTX_NULL = 0x00,
    EVTX_STRING = 0x01,
    EVTX_UINT8 = 0x04,
    EVTX_UINT16 = 0x06,
    EVTX_INT32 = 0x07,
    EVTX_UINT32 = 0x08,
    EVTX_UINT64 = 0x0A,
    EVTX_BOOLEAN = 0x0D,
    EVTX_BINARY = 0x0E,
    EVTX_GUID = 0x0F,
    EVTX_FILETIME = 0x11,
    EVTX_SID = 0x13,
    EVTX_HEX32 = 0x14,
    EVTX_HEX64 = 0x15,
};

/* One value of EventData or UserData.  Without a name it becomes <Data>, or
 * <Binary> when it is binary, as older programs write them. */
struct evtx_pair {
    const char *name;
    enum evtx_type type;
    const char *text;      /* EVTX_STRING (UTF-8), EVTX_SID "S-1-5-18", EVTX_GUID "{...}" */
    uint64_t number;       /* numbers, booleans, and FILETIME ticks */
    struct ak_bytes bytes; /* EVTX_BINARY */
};

struct evtx_record {
    uint64_t filetime; /* when it was logged: 100 ns since 1601 */
    const char *provider;
    const char *provider_guid; /* "{54849625-...}"; NULL for classic providers */
    uint32_t event_id;
    const char *channel;
    const char *computer;
    uint8_t version, level, opcode;
    uint16_t task;
    uint64_t keywords;
    bool has_qualifiers; /* classic providers: the upper half of the event id */
    uint16_t qualifiers;
    const char *user_sid; /* NULL: none */
    const char *activity; /* correlation GUID; NULL: none */
    uint32_t pid, tid;
    const char *user_data; /* NULL: EventData; else the element inside UserData: "LogFileCleared" */
    const char *user_data_ns; /* that element's namespace; NULL: EVTX_EVENTLOG_NS */
    const struct evtx_pair *pairs;
    size_t n_pairs;
};

#define EVTX_EVENTLOG_NS "http://manifests.microsoft.com/win/2004/08/windows/eventlog"

struct evtx_options {
    uint64_t first_record_id; /* 0: 1 */
    bool dirty;               /* leave the "not closed" flag set */
    bool stale_header;        /* and the header as if only the first chunk had been written */
    bool bad_file_crc;
    uint32_t
        bad_chunk_header; /* number of the chunk whose header checksum is wrong, from 1; 0: none */
    uint32_t bad_chunk_data; /* the same for the checksum of its records */
};

struct evtx_writer;

/* A new, empty log; NULL when memory ran out. */
struct evtx_writer *evtx_begin(const struct evtx_options *options);

/* Append a record; its record id, or 0 when it is larger than a chunk. */
uint64_t evtx_record(struct evtx_writer *w, const struct evtx_record *record);

/* The finished file, valid until evtx_free(). */
struct ak_bytes evtx_end(struct evtx_writer *w);
void evtx_free(struct evtx_writer *w);

static inline struct evtx_pair evtx_str(const char *name, const char *text)
{
    return (struct evtx_pair){ .name = name, .type = EVTX_STRING, .text = text };
}

/* Any of the numeric types, booleans and FILETIME. */
static inline struct evtx_pair evtx_num(const char *name, enum evtx_type type, uint64_t number)
{
    return (struct evtx_pair){ .name = name, .type = type, .number = number };
}

static inline struct evtx_pair evtx_u32(const char *name, uint32_t number)
{
    return evtx_num(name, EVTX_UINT32, number);
}

static inline struct evtx_pair evtx_u64(const char *name, uint64_t number)
{
    return evtx_num(name, EVTX_UINT64, number);
}

static inline struct evtx_pair evtx_hex64(const char *name, uint64_t number)
{
    return evtx_num(name, EVTX_HEX64, number);
}

static inline struct evtx_pair evtx_filetime(const char *name, uint64_t ticks)
{
    return evtx_num(name, EVTX_FILETIME, ticks);
}

static inline struct evtx_pair evtx_bool(const char *name, bool yes)
{
    return evtx_num(name, EVTX_BOOLEAN, yes);
}

static inline struct evtx_pair evtx_sid(const char *name, const char *sid)
{
    return (struct evtx_pair){ .name = name, .type = EVTX_SID, .text = sid };
}

static inline struct evtx_pair evtx_guid(const char *name, const char *guid)
{
    return (struct evtx_pair){ .name = name, .type = EVTX_GUID, .text = guid };
}

static inline struct evtx_pair evtx_binary(const char *name, struct ak_bytes bytes)
{
    return (struct evtx_pair){ .name = name, .type = EVTX_BINARY, .bytes = bytes };
}

#endif
