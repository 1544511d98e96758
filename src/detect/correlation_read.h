/* correlation_read.h - the correlation section of a document, before its references
 * are resolved. */
#ifndef AK_DETECT_CORRELATION_READ_H
#define AK_DETECT_CORRELATION_READ_H

#include "detect/rule_reader.h"

/* "aliases: {name: {rule: field}}", one for each rule. */
struct ak_alias_draft {
    struct ak_str name, rule, field;
    uint32_t line;
};

struct ak_correlation_draft {
    struct ak_correlation what;  /* without rules and aliases */
    const struct ak_yaml *rules; /* a list of references, or one */
    size_t n_rules;
    const struct ak_alias_draft *aliases; /* in the scratch arena, as the YAML is */
    size_t n_aliases;
};

enum { AK_CORRELATION_RULES_MAX = 4096 };

/* Read the section of the document `root`. */
AK_MUST_USE enum ak_status ak_correlation_read(struct ak_rule_reader *reader,
                                               const struct ak_yaml *root,
                                               struct ak_correlation_draft *out);

#endif
