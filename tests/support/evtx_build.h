/* evtx_build.h - event logs token by token, also such as Windows never writes.
 * (tests/support/evtx_writer makes whole, good logs from records.) */
#ifndef AK_TESTS_EVTX_BUILD_H
#define AK_TESTS_EVTX_BUILD_H

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

struct evtx_build {
    uint8_t bytes[4096 + 3 * 65536];
    size_t n, chunk, record, template_size_at;
};

/* A value of a template instance. */
struct evtx_value {
    uint8_t type;
    const void *at;
    uint16_t n;
};

static inline void eb_le(struct evtx_build *b, uint64_t v, unsigned width)
{
    assert(b->n + width <= sizeof(b->bytes));
    for (unsigned i = 0; i < width; i++)
        b->bytes[b->n++] = (uint8_t)(v >> (8 * i));
}

static inline void eb_put_at(struct evtx_build *b, size_t at, uint64_t v, unsigned width)
{
    size_t n = b->n;
    b->n = at;
    eb_le(b, v, width);
    b->n = n;
}

static inline uint32_t eb_crc(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (unsigned k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static inline void eb_text(struct evtx_build *b, const char *ascii)
{
    for (; *ascii; ascii++)
        eb_le(b, (unsigned char)*ascii, 2);
}

/* A name at its first use: its own offset, then the name. */
static inline void eb_name(struct evtx_build *b, const char *ascii)
{
    eb_le(b, b->n + 4 - b->chunk, 4);
    eb_le(b, 0, 4);
    eb_le(b, 0, 2);
    eb_le(b, strlen(ascii), 2);
    eb_text(b, ascii);
    eb_le(b, 0, 2);
}

static inline void eb_fragment(struct evtx_build *b) { eb_le(b, 0x0001010F, 4); }

static inline void eb_open(struct evtx_build *b, const char *name)
{
    eb_le(b, 0x01, 1);
    eb_le(b, 0xFFFF, 2);
    eb_le(b, 0, 4);
    eb_name(b, name);
}

static inline void eb_open_attributes(struct evtx_build *b, const char *name)
{
    size_t at = b->n;
    eb_open(b, name);
    b->bytes[at] = 0x41;
    eb_le(b, 0, 4);
}

static inline void eb_attribute(struct evtx_build *b, const char *name)
{
    eb_le(b, 0x06, 1);
    eb_name(b, name);
}

static inline void eb_literal(struct evtx_build *b, const char *ascii)
{
    eb_le(b, 0x0105, 2);
    eb_le(b, strlen(ascii), 2);
    eb_text(b, ascii);
}

static inline void eb_entity(struct evtx_build *b, const char *name)
{
    eb_le(b, 0x49, 1);
    eb_name(b, name);
}

static inline void eb_hole(struct evtx_build *b, uint16_t no)
{
    eb_le(b, 0x0E, 1);
    eb_le(b, no, 2);
    eb_le(b, 0x01, 1);
}

static inline void eb_content(struct evtx_build *b) { eb_le(b, 0x02, 1); }
static inline void eb_empty(struct evtx_build *b) { eb_le(b, 0x03, 1); }
static inline void eb_close(struct evtx_build *b) { eb_le(b, 0x04, 1); }
static inline void eb_end(struct evtx_build *b) { eb_le(b, 0x00, 1); }

/* <name>%no</name> */
static inline void eb_element(struct evtx_build *b, const char *name, uint16_t no)
{
    eb_open(b, name);
    eb_content(b);
    eb_hole(b, no);
    eb_close(b);
}

/* <Data Name="name">%no</Data>; without the attribute when name is NULL. */
static inline void eb_data(struct evtx_build *b, const char *name, uint16_t no)
{
    if (!name) {
        eb_element(b, "Data", no);
        return;
    }
    eb_open_attributes(b, "Data");
    eb_attribute(b, "Name");
    eb_literal(b, name);
    eb_content(b);
    eb_hole(b, no);
    eb_close(b);
}

static inline void eb_file(struct evtx_build *b)
{
    memset(b, 0, sizeof(*b));
    memcpy(b->bytes, "ElfFile", 8);
    eb_put_at(b, 24, 2, 8);
    eb_put_at(b, 32, 128, 4);
    eb_put_at(b, 36, 1, 2);
    eb_put_at(b, 38, 3, 2);
    eb_put_at(b, 40, 4096, 2);
    eb_put_at(b, 42, 1, 2);
    eb_put_at(b, 124, eb_crc(0, b->bytes, 120), 4);
    b->n = 4096;
}

static inline void eb_begin_chunk(struct evtx_build *b)
{
    b->chunk = b->n;
    memcpy(b->bytes + b->n, "ElfChnk", 8);
    eb_put_at(b, b->chunk + 40, 128, 4);
    b->n += 512;
}

/* Everything behind b->n becomes slack; what stands there stays. */
static inline void eb_end_chunk(struct evtx_build *b)
{
    uint8_t *c = b->bytes + b->chunk;
    size_t used = b->n - b->chunk;
    eb_put_at(b, b->chunk + 48, used, 4);
    eb_put_at(b, b->chunk + 52, eb_crc(0, c + 512, used - 512), 4);
    eb_put_at(b, b->chunk + 124, eb_crc(eb_crc(0, c, 120), c + 128, 384), 4);
    b->n = b->chunk + 65536;
}

static inline void eb_begin_record(struct evtx_build *b, uint64_t id, uint64_t filetime)
{
    b->record = b->n;
    eb_le(b, 0x2A2A, 4);
    eb_le(b, 0, 4);
    eb_le(b, id, 8);
    eb_le(b, filetime, 8);
    eb_fragment(b);
}

static inline void eb_end_record(struct evtx_build *b)
{
    size_t size = b->n + 4 - b->record;
    eb_put_at(b, b->record + 4, size, 4);
    eb_le(b, size, 4);
}

/* An instance whose template follows; eb_values() ends it. */
static inline void eb_template(struct evtx_build *b, uint32_t id)
{
    eb_le(b, 0x010C, 2);
    eb_le(b, id, 4);
    eb_le(b, b->n + 4 - b->chunk, 4);
    eb_le(b, 0, 4);
    eb_le(b, id, 4);
    eb_le(b, 0, 8);
    eb_le(b, 0, 4);
    b->template_size_at = b->n;
    eb_le(b, 0, 4);
    eb_fragment(b);
}

static inline void eb_values_only(struct evtx_build *b, const struct evtx_value *v, uint32_t n)
{
    eb_le(b, n, 4);
    for (uint32_t i = 0; i < n; i++) {
        eb_le(b, v[i].n, 2);
        eb_le(b, v[i].type, 2);
    }
    for (uint32_t i = 0; i < n; i++) {
        assert(b->n + v[i].n <= sizeof(b->bytes));
        if (v[i].n)
            memcpy(b->bytes + b->n, v[i].at, v[i].n);
        b->n += v[i].n;
    }
}

static inline void eb_values(struct evtx_build *b, const struct evtx_value *v, uint32_t n)
{
    eb_end(b);
    eb_put_at(b, b->template_size_at, b->n - b->template_size_at - 4, 4);
    eb_values_only(b, v, n);
}

static inline struct ak_bytes eb_built(const struct evtx_build *b)
{
    return (struct ak_bytes){ b->bytes, b->n };
}

#endif
