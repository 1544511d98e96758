/* rule_document.h - one YAML document to a rule: what it says of itself, its
 * selections and condition. */
#ifndef AK_DETECT_RULE_DOCUMENT_H
#define AK_DETECT_RULE_DOCUMENT_H

#include "detect/rule_reader.h"

enum ak_document_kind { AK_DOCUMENT_RULE, AK_DOCUMENT_CORRELATION, AK_DOCUMENT_FILTER };

/* What kind of document is it?  AK_ERR_CORRUPT when none of Sigma's, or one that the
 * keys at its top would give a meaning not read here. */
AK_MUST_USE enum ak_status ak_document_kind(struct ak_rule_reader *reader,
                                            const struct ak_yaml *root, enum ak_document_kind *out);

/* Title, id, level, tags … into `out`, whose other members stay. */
AK_MUST_USE enum ak_status ak_document_head(struct ak_rule_reader *reader,
                                            const struct ak_yaml *root, struct ak_rule *out);

/* The log source of a rule or filter, which must have one. */
AK_MUST_USE enum ak_status ak_document_source(struct ak_rule_reader *reader,
                                              const struct ak_yaml *root, struct ak_logsource *out);

/* A map of selections with a condition ("detection" of a rule, "filter" of a filter)
 * to a tree.  Keys listed in `skip`, n_skip of them, are no selections. */
AK_MUST_USE enum ak_status ak_document_tree(struct ak_rule_reader *reader,
                                            const struct ak_yaml *map, const struct ak_str *skip,
                                            size_t n_skip, const struct ak_node **out);

#endif
