/* pattern.h - does a text match a pattern with wildcards? */
#ifndef AK_DETECT_PATTERN_H
#define AK_DETECT_PATTERN_H

#include "base/arena.h"
#include "base/status.h"
#include "detect/rule.h"

/* Read Sigma's notation: '*' and '?' are wildcards, '\*' '\?' '\\' stand for
 * themselves, any other backslash is a backslash.  Folds the text unless cased.
 * AK_ERR_LIMIT when the arena is spent. */
AK_MUST_USE enum ak_status ak_pattern_read(struct ak_arena *arena, struct ak_str text, bool cased,
                                           struct ak_pattern *out);

/* The same without wildcards: every character stands for itself. */
AK_MUST_USE enum ak_status ak_pattern_plain(struct ak_arena *arena, struct ak_str text, bool cased,
                                            struct ak_pattern *out);

/* Let it match anywhere behind (open_start), before (open_end) other text. */
AK_MUST_USE enum ak_status ak_pattern_open(struct ak_arena *arena, const struct ak_pattern *in,
                                           bool open_start, bool open_end, struct ak_pattern *out);

/* A copy with its texts in this arena, folded unless cased.  `in` must be cased: its
 * texts are as the rule writes them. */
AK_MUST_USE enum ak_status ak_pattern_copy(struct ak_arena *arena, const struct ak_pattern *in,
                                           bool cased, struct ak_pattern *out);

/* `text` is case folded already unless the pattern is cased.  Linear in the text
 * for patterns without '?'; never worse than text times pattern. */
bool ak_pattern_match(const struct ak_pattern *pattern, struct ak_str text);

/* The longest run of bytes that any match must contain; empty when there is none. */
struct ak_str ak_pattern_literal(const struct ak_pattern *pattern);

#endif
