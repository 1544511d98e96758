/* rule_reader.h - what the parts of the reader of rules share.  Used by them only. */
#ifndef AK_DETECT_RULE_READER_H
#define AK_DETECT_RULE_READER_H

#include "detect/rule.h"
#include "detect/rules_read.h"
#include "detect/yaml_tree.h"

/* What one rule's texts and trees may take, and what may be needed on the way. */
enum { AK_RULE_BYTES_MAX = 64 << 20, AK_RULE_SCRATCH_MAX = 256 << 20 };

struct ak_rule_reader {
    struct ak_arena *arena;             /* what stays */
    struct ak_arena *scratch;           /* what is needed for the document at hand */
    const struct ak_yaml *placeholders; /* a map; NULL when there are none */
    struct ak_yaml_wrong wrong;         /* of the document at hand */
    size_t n_tests;                     /* made for it so far */
    size_t left_at_start, scratch_left; /* of the arenas' budgets */
};

/* Say what is wrong with the document; always AK_ERR_CORRUPT.  `what` is static
 * English, an entry of data/words; `detail` must live until the document is done. */
AK_MUST_USE enum ak_status ak_rule_wrong(struct ak_rule_reader *reader, uint32_t line,
                                         const char *what, struct ak_str detail);

/* Begin with a document: nothing is wrong, nothing was used. */
void ak_rule_begin(struct ak_rule_reader *reader);

/* A copy of the text that stays.  AK_ERR_LIMIT when the arena is spent. */
AK_MUST_USE enum ak_status ak_rule_text(struct ak_rule_reader *reader, struct ak_str text,
                                        struct ak_str *out);

/* The same in lower case (ASCII), as ids and log sources are kept. */
AK_MUST_USE enum ak_status ak_rule_lower(struct ak_rule_reader *reader, struct ak_str text,
                                         struct ak_str *out);

/* A list of texts, or one text, as an array that stays; none when `node` is NULL or
 * null.  Anything else is wrong: `what` says so; when `what` is NULL, it is left out. */
AK_MUST_USE enum ak_status ak_rule_texts(struct ak_rule_reader *reader, const struct ak_yaml *node,
                                         const char *what, const struct ak_str **out,
                                         size_t *out_n);

/* Count tests made (or, for a part used again, met); AK_ERR_CORRUPT above the limits. */
AK_MUST_USE enum ak_status ak_rule_count(struct ak_rule_reader *reader, uint32_t line,
                                         size_t tests);

/* Nodes under way. */
struct ak_node_list {
    const struct ak_node **at;
    size_t n, cap;
};

AK_MUST_USE enum ak_status ak_node_add(struct ak_rule_reader *reader, struct ak_node_list *list,
                                       const struct ak_node *node);

/* AND or OR over the list; a single node stays as it is.  The list must not be empty. */
AK_MUST_USE enum ak_status ak_node_join(struct ak_rule_reader *reader, enum ak_node_kind kind,
                                        const struct ak_node_list *list,
                                        const struct ak_node **out);

AK_MUST_USE enum ak_status ak_node_not(struct ak_rule_reader *reader, const struct ak_node *node,
                                       const struct ak_node **out);

/* The item copied into a node. */
AK_MUST_USE enum ak_status ak_node_item(struct ak_rule_reader *reader,
                                        const struct ak_rule_item *item,
                                        const struct ak_node **out);

#endif
