/* modifier.h - "field|modifier|modifier: values" to items.
 *
 * Reading of the chain: modifier.c.  Values to tests: modifier_value.c.  Texts to
 * other texts (dashes, encodings, placeholders): modifier_text.c. */
#ifndef AK_DETECT_MODIFIER_H
#define AK_DETECT_MODIFIER_H

#include "detect/rule_reader.h"

enum ak_encoding {
    AK_ENCODE_BASE64,
    AK_ENCODE_BASE64OFFSET,
    AK_ENCODE_UTF16LE,
    AK_ENCODE_UTF16BE,
    AK_ENCODE_UTF16, /* little-endian behind a byte order mark */
};

/* AK_VALUE_MAX: bytes of a value as written. */
enum {
    AK_ENCODINGS_MAX = 4,
    AK_DASHES_MAX = 6,
    AK_WILDCARDS_MAX = 1024,
    AK_VALUE_MAX = 1 << 20,
};

enum ak_value_kind {
    AK_VALUE_TEXT, /* wildcards, encodings, numbers as text */
    AK_VALUE_REGEX,
    AK_VALUE_CIDR,
    AK_VALUE_NUMBER, /* lt lte gt gte */
    AK_VALUE_TIME,   /* minute … year */
    AK_VALUE_EXISTS,
    AK_VALUE_FIELD,
};

/* What the modifiers behind a field's name ask for. */
struct ak_chain {
    struct ak_str field;   /* empty: keywords */
    struct ak_str written; /* the key as a whole */
    uint32_t line;
    enum ak_value_kind kind;
    bool all, cased, negated, expand, windash;
    bool strict_text;          /* a modifier for texts only is among them */
    bool open_start, open_end; /* other text may stand before, behind */
    bool modified;             /* by anything that null has no answer to */
    unsigned regex_flags;
    enum ak_compare compare;
    enum ak_time_part part;
    enum ak_encoding encodings[AK_ENCODINGS_MAX];
    size_t n_encodings;
};

/* Read the key of a selection.  AK_ERR_CORRUPT: a modifier that does not exist, or
 * cannot stand where it stands. */
AK_MUST_USE enum ak_status ak_chain_read(struct ak_rule_reader *reader, struct ak_str key,
                                         uint32_t line, struct ak_chain *out);

/* Key and value of a selection to a node: an item, or several joined. */
AK_MUST_USE enum ak_status ak_chain_apply(struct ak_rule_reader *reader,
                                          const struct ak_chain *chain, const struct ak_yaml *value,
                                          const struct ak_node **out);

/* ---- texts to texts (modifier_text.c) ---- */

/* Texts under way, in the scratch arena. */
struct ak_text_list {
    struct ak_str *at;
    size_t n, cap;
};

/* A value's notation with its placeholders (%name%) replaced: one text, or several
 * when a placeholder has several values. */
AK_MUST_USE enum ak_status ak_text_expand(struct ak_rule_reader *reader,
                                          const struct ak_yaml *value, struct ak_text_list *out);

/* Every way to write the dashes of the text. */
AK_MUST_USE enum ak_status ak_text_windash(struct ak_rule_reader *reader, uint32_t line,
                                           struct ak_str text, struct ak_text_list *out);

/* The bytes of the text encoded; base64offset gives three. */
AK_MUST_USE enum ak_status ak_text_encode(struct ak_rule_reader *reader, uint32_t line,
                                          enum ak_encoding how, struct ak_str text,
                                          struct ak_text_list *out);

AK_MUST_USE enum ak_status ak_text_add(struct ak_rule_reader *reader, struct ak_text_list *list,
                                       struct ak_str text);

#endif
