/* json.h - write JSON text (RFC 8259) into a buffer. */
#ifndef AK_BASE_JSON_H
#define AK_BASE_JSON_H

#include "base/buf.h"
#include "base/stamp.h"

/* A string with its quotes.  WTF-8 in: lone surrogates come out as \udXXX, and
 * bytes that are no UTF-8 as U+FFFD, so the output is always valid JSON. */
void ak_json_str(struct ak_buf *b, struct ak_str s);

/* The same for UTF-16LE text as recorded. */
void ak_json_str16(struct ak_buf *b, struct ak_bytes utf16le);

/* Both without the quotes, to put one string together of several. */
void ak_json_part(struct ak_buf *b, struct ak_str s);
void ak_json_part16(struct ak_buf *b, struct ak_bytes utf16le);

/* An ISO 8601 time in quotes; null when it is not set. */
void ak_json_stamp(struct ak_buf *b, struct ak_stamp s);

/* A number; null when it is not finite. */
void ak_json_f64(struct ak_buf *b, double v);

/* Upper-case hexadecimal in quotes. */
void ak_json_bytes(struct ak_buf *b, struct ak_bytes bytes);

/* `"key":` with a comma before it when something stands before it in this
 * object (the last byte is not '{' or '['). */
void ak_json_key(struct ak_buf *b, const char *key);

/* A comma when one is due, as above. */
void ak_json_comma(struct ak_buf *b);

#endif
