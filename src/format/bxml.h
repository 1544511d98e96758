/* bxml.h - Windows' binary XML (BinXML), as event logs hold it.
 *
 * A record is mostly an instance of a template: the template is XML with holes,
 * the instance the values that go in.  A template is compiled once into a tape,
 * a flat list of words; equal templates of different chunks share one tape, so
 * whatever is worked out about a tape is worked out once per file.
 *
 * Layout tables and sources: docs/formats/windows.evtx.md
 */
#ifndef AK_FORMAT_BXML_H
#define AK_FORMAT_BXML_H

#include "base/reader.h"
#include "format/text_table.h"

/* Types of values.  An array of any of them has AK_BXML_ARRAY set. */
enum ak_bxml_type {
    AK_BXML_NULL = 0x00,
    AK_BXML_STRING = 0x01, /* UTF-16LE */
    AK_BXML_ANSI = 0x02,
    AK_BXML_I8 = 0x03,
    AK_BXML_U8 = 0x04,
    AK_BXML_I16 = 0x05,
    AK_BXML_U16 = 0x06,
    AK_BXML_I32 = 0x07,
    AK_BXML_U32 = 0x08,
    AK_BXML_I64 = 0x09,
    AK_BXML_U64 = 0x0A,
    AK_BXML_F32 = 0x0B,
    AK_BXML_F64 = 0x0C,
    AK_BXML_BOOL = 0x0D, /* 32 bits */
    AK_BXML_BINARY = 0x0E,
    AK_BXML_GUID = 0x0F,
    AK_BXML_SIZE = 0x10, /* 32 or 64 bits, shown in hexadecimal */
    AK_BXML_FILETIME = 0x11,
    AK_BXML_SYSTEMTIME = 0x12,
    AK_BXML_SID = 0x13,
    AK_BXML_HEX32 = 0x14,
    AK_BXML_HEX64 = 0x15,
    AK_BXML_HANDLE = 0x20,
    AK_BXML_XML = 0x21, /* binary XML inside a value */
    AK_BXML_EVT_XML = 0x23,
    AK_BXML_ARRAY = 0x80,
};

/* Bytes a value of this type takes when it always takes the same; else 0. */
size_t ak_bxml_fixed_size(uint8_t type);

/* A tape's words: op in the low 8 bits, argument above. */
enum ak_bxml_op {
    AK_TAPE_OPEN,    /* element: name's text number; its attributes follow */
    AK_TAPE_ATTR,    /* attribute: name; the pieces of its value follow */
    AK_TAPE_CONTENT, /* the attributes are over */
    AK_TAPE_CLOSE,   /* the element ends */
    AK_TAPE_TEXT,    /* piece: text number (UTF-16LE) */
    AK_TAPE_SUBST,   /* piece: number of the value that goes here */
    AK_TAPE_TYPED,   /* piece: text number of raw bytes; the next word is their type */
    AK_TAPE_NESTED,  /* piece: an instance inside; offset in the chunk */
};

static inline enum ak_bxml_op ak_tape_op(uint32_t word) { return (enum ak_bxml_op)(word & 0xFF); }

static inline uint32_t ak_tape_arg(uint32_t word) { return word >> 8; }

struct ak_bxml_tape {
    const uint32_t *words;
    uint32_t n;
    const char *damage; /* why it ends early, an entry of data/words; NULL: it does not */
    uint32_t damage_at; /* in the chunk it was first compiled from */
    void *plans;        /* the user's */
    uint64_t hash;
    struct ak_bxml_tape *next; /* in its bucket */
};

struct ak_bxml_value {
    const uint8_t *at; /* in the chunk */
    uint16_t n;
    uint8_t type;
};

struct ak_bxml_instance {
    struct ak_bxml_tape *tape; /* NULL: its template cannot be read */
    const struct ak_bxml_value *values;
    uint32_t n_values;
    const char *damage; /* an entry of data/words, or NULL */
};

enum {
    AK_BXML_DEPTH = 64,        /* elements inside elements */
    AK_BXML_TAPE_WORDS = 8192, /* per template; real ones have some hundred */
    AK_BXML_VALUES = 4096,     /* in use at once, nested included; real records have some dozen */
};

struct ak_bxml;

/* A compiler whose tapes and texts live in the arena.  NULL when its budget is
 * spent. */
struct ak_bxml *ak_bxml_new(struct ak_arena *arena);

/* Where names and texts are kept. */
struct ak_text_table *ak_bxml_texts(struct ak_bxml *b);

/* From now on offsets are in this chunk. */
void ak_bxml_chunk(struct ak_bxml *b, struct ak_bytes chunk);

/* Read a template instance behind its token (0x0C).  `r` is a window on the
 * chunk whose origin is its offset there.  The values stay until
 * ak_bxml_drop() is called with what ak_bxml_mark() said before. */
struct ak_bxml_instance ak_bxml_instance(struct ak_bxml *b, struct ak_reader *r);
uint32_t ak_bxml_mark(const struct ak_bxml *b);
void ak_bxml_drop(struct ak_bxml *b, uint32_t mark);

/* Compile one element that stands in a record itself, from its token on; `r`
 * is left behind it.  `inside_value` elements lack the dependency number.
 * NULL when the arena's budget is spent. */
struct ak_bxml_tape *ak_bxml_element(struct ak_bxml *b, struct ak_reader *r, bool inside_value);

#endif
