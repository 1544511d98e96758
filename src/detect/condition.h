/* condition.h - conditions: names of selections joined by and, or, not, `1 of`. */
#ifndef AK_DETECT_CONDITION_H
#define AK_DETECT_CONDITION_H

#include "detect/rule_reader.h"

/* A search identifier with what it stands for. */
struct ak_selection {
    struct ak_str name;
    const struct ak_node *node;
    size_t tests; /* in it: counted each time the condition names it */
};

/* A condition, or a list of them (one of which must hold), to a tree over the
 * selections' nodes.  AK_ERR_CORRUPT when it is none. */
AK_MUST_USE enum ak_status ak_condition_read(struct ak_rule_reader *reader,
                                             const struct ak_yaml *node,
                                             const struct ak_selection *selections, size_t n,
                                             const struct ak_node **out);

#endif
