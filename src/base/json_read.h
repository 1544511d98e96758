/* json_read.h - JSON text (RFC 8259) one value after the other, without a tree.
 *
 * For files of strangers: strict, bounded in depth, linear in time, and the
 * memory it needs is that of the longest text with escapes.  Values come with
 * the line they stand on, so that whoever reads can say where it went wrong.
 * A tree would cost several times the file, and a feed of a million indicators
 * is hundreds of megabytes long. */
#ifndef AK_BASE_JSON_READ_H
#define AK_BASE_JSON_READ_H

#include "base/buf.h"

enum { AK_JSON_DEPTH_MAX = 128 };

enum ak_json_kind {
    AK_JSON_END,    /* the text is over, and was well formed */
    AK_JSON_BAD,    /* it is not: why and line say what and where */
    AK_JSON_OBJECT, /* '{'; its members follow, then AK_JSON_CLOSE */
    AK_JSON_ARRAY,  /* '['; its elements follow, then AK_JSON_CLOSE */
    AK_JSON_CLOSE,
    AK_JSON_STRING,
    AK_JSON_NUMBER, /* text: as written */
    AK_JSON_TRUE,
    AK_JSON_FALSE,
    AK_JSON_NULL,
};

/* One value, or the end of one.  Texts are valid until the next call. */
struct ak_json_value {
    enum ak_json_kind kind;
    bool in_object; /* it is a member: key is its name */
    struct ak_str key;
    struct ak_str text; /* of strings (WTF-8, escapes resolved) and numbers */
    uint32_t line;      /* from 1: where the value begins */
};

struct ak_json_reader {
    struct ak_bytes in;
    size_t at;
    uint32_t line;
    const char *why;         /* static English, an entry of data/words; NULL: no error */
    struct ak_buf key, text; /* unescaped texts */
    unsigned depth;
    bool started, first;                  /* first: nothing in this object or array yet */
    uint8_t is_object[AK_JSON_DEPTH_MAX]; /* of each open level */
};

/* The bytes must stay while it is read.  A byte order mark is passed over. */
struct ak_json_reader ak_json_open(struct ak_bytes in);
void ak_json_close(struct ak_json_reader *r);

/* The next value.  After AK_JSON_END and AK_JSON_BAD the same again.  Bad are:
 * anything RFC 8259 does not allow (comments, a comma too many, control
 * characters in texts, bytes that are no UTF-8), a depth over AK_JSON_DEPTH_MAX,
 * and memory running out. */
struct ak_json_value ak_json_next(struct ak_json_reader *r);

#endif
