/* indicators_read.h - from a feed's words to indicators: shared by the readers of
 * lists, CSV, STIX and MISP. */
#ifndef AK_DETECT_INDICATORS_READ_H
#define AK_DETECT_INDICATORS_READ_H

#include "detect/indicators_set.h"

/* What a feed's name for a kind means. */
enum ak_indicator_meaning {
    AK_MEANS_NOTHING, /* not known */
    AK_MEANS_UNUSED,  /* known, but nothing here could have it: ja3, bitcoin address */
    AK_MEANS_KIND,    /* kind */
    AK_MEANS_HASH,    /* by its length */
    AK_MEANS_ADDRESS, /* address, with or without port, or network */
    AK_MEANS_HOST,    /* address or domain */
    AK_MEANS_PATH,    /* name or path of a file */
    AK_MEANS_FORM,    /* anything that its form tells */
    AK_MEANS_PAIR,    /* two with '|' between: "filename|md5" */
};

struct ak_indicator_type {
    const char *name; /* lower case, parts joined by '-' */
    enum ak_indicator_meaning means;
    enum ak_indicator_kind kind;
    enum ak_indicator_meaning second; /* of a pair; its kind is told by form */
};

/* The type of this name, however it is cased and joined ("SHA_256", "FileHash-MD5");
 * NULL when it is not known. */
const struct ak_indicator_type *ak_indicator_type_named(struct ak_str name);

/* One file under way. */
struct ak_indicators_reading {
    struct ak_indicators *set;
    uint16_t file;
    struct ak_str label; /* of the file as a whole: "info" of a MISP event */
};

/* Add one value of a known type; text as the feed writes it, defanged or not.
 * False when it is none: then the caller tells the problem. */
bool ak_indicators_add_typed(struct ak_indicators *set, const struct ak_indicator_type *type,
                             struct ak_str text, const struct ak_indicator_origin *from);

/* Add one of this kind; false when the text is none of it. */
bool ak_indicators_add_kind(struct ak_indicators *set, enum ak_indicator_kind kind,
                            struct ak_str text, const struct ak_indicator_origin *from);

/* Add one with wildcards ('%', '_'). */
bool ak_indicators_add_like(struct ak_indicators *set, enum ak_indicator_kind kind,
                            struct ak_str text, const struct ak_indicator_origin *from);

/* The kind that the form of a text tells; false: none. */
bool ak_indicators_add_by_form(struct ak_indicators *set, struct ak_str text,
                               const struct ak_indicator_origin *from);

/* Undo what is done to keep people from clicking: "hxxp://a[.]b" to "http://a.b".
 * Writes at most text.n + 4 bytes. */
size_t ak_indicator_refang(char *to, struct ak_str text);

/* ---- forms of files ---- */

/* Plain lists and CSV. */
void ak_indicators_read_lines(struct ak_indicators *set, uint16_t file, struct ak_bytes text);

/* STIX bundles, MISP events and feeds: told apart by what is in them. */
void ak_indicators_read_json(struct ak_indicators *set, uint16_t file, struct ak_bytes text);

/* One STIX pattern. */
void ak_indicators_read_pattern(struct ak_indicators *set, struct ak_str pattern,
                                const struct ak_indicator_origin *from);

#endif
