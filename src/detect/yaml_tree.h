/* yaml_tree.h - YAML to a tree with line numbers: rules, maps, lists of placeholders.
 *
 * Reads what YAML 1.2's core schema needs: maps with texts for keys, lists,
 * scalars, anchors and aliases.  Refused: duplicate keys, merge keys ("<<"), tags
 * other than !!str, what is deeper or (aliases unfolded) larger than the limits. */
#ifndef AK_DETECT_YAML_TREE_H
#define AK_DETECT_YAML_TREE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

enum ak_yaml_kind { AK_YAML_SCALAR, AK_YAML_LIST, AK_YAML_MAP };

enum {
    AK_YAML_DEPTH_MAX = 64,
    AK_YAML_NODES_MAX = 1 << 20, /* of a document, every alias counted with all it stands for */
    AK_YAML_ANCHORS_MAX = 1024,
};

struct ak_yaml {
    enum ak_yaml_kind kind;
    bool plain;         /* scalar without quotes: null, true and 12 are no texts then */
    uint32_t line;      /* from 1 */
    uint32_t n;         /* children of a list or map */
    uint32_t weight;    /* nodes from here down, aliases unfolded */
    struct ak_str text; /* of a scalar */
    struct ak_str key;  /* when its parent is a map */
    uint32_t key_line;
    const struct ak_yaml *first, *next; /* child; sibling */
};

/* What is wrong, and where. */
struct ak_yaml_wrong {
    uint32_t line;
    const char *what;     /* static English, an entry of data/words */
    struct ak_str detail; /* the word at fault, in the arena or static; may be empty */
};

/* A file cut into documents at its lines "---".  Start with all of the file and
 * line 1. */
struct ak_yaml_file {
    struct ak_bytes rest;
    uint32_t line;
};

/* The next document that holds anything but comments; false at the end.
 * *out_line is the line of its first byte. */
bool ak_yaml_next(struct ak_yaml_file *file, struct ak_bytes *out_document, uint32_t *out_line);

/* One document to its root, which is NULL when there is nothing in it.  Texts are
 * copied into the arena.  AK_ERR_CORRUPT with *out_wrong; AK_ERR_LIMIT when the
 * arena is spent. */
AK_MUST_USE enum ak_status ak_yaml_read(struct ak_arena *arena, struct ak_bytes document,
                                        uint32_t first_line, const struct ak_yaml **out,
                                        struct ak_yaml_wrong *out_wrong);

/* The value of a key of a map; NULL when it is not there, or this is no map. */
const struct ak_yaml *ak_yaml_get(const struct ak_yaml *map, struct ak_str key);

/* Is it a scalar that stands for nothing: null, ~ or no text at all, unquoted? */
bool ak_yaml_is_null(const struct ak_yaml *node);

/* Is it an unquoted true or false?  *out_value then. */
bool ak_yaml_bool(const struct ak_yaml *node, bool *out_value);

/* Is it an unquoted number (12, -3, 0x1f, 0o17, 2.5, 1e3)?  *out_value then. */
bool ak_yaml_number(const struct ak_yaml *node, double *out_value);

/* Is it an unquoted whole number that fits?  *out_value then. */
bool ak_yaml_integer(const struct ak_yaml *node, int64_t *out_value);

#endif
