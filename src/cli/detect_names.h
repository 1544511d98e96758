/* detect_names.h - the short names of levels, channels and tactics that readers of
 * hayabusa's CSV know. */
#ifndef AK_CLI_DETECT_NAMES_H
#define AK_CLI_DETECT_NAMES_H

#include "base/buf.h"

/* "crit" for "critical"; static. */
const char *ak_level_short(struct ak_str level);

/* "Sec" for "Security"; the channel itself when it has no short name. */
struct ak_str ak_channel_short(struct ak_str channel);

/* Take the next text off a JSON array of plain texts; as written, between its quotes. */
bool ak_tag_next(struct ak_str *rest, struct ak_str *out);

enum ak_tag_kind { AK_TAG_TACTIC, AK_TAG_TECHNIQUE, AK_TAG_OTHER };
enum ak_tag_kind ak_tag_kind_of(struct ak_str tag);

/* "Exec" for "attack.execution", "T1059.001" for "attack.t1059.001", others as they are. */
void ak_tag_put(struct ak_buf *out, struct ak_str tag);

/* Is the tag, or what it begins with up to a dot, in the list (comma between)? */
bool ak_tag_listed(struct ak_str tag, struct ak_str list);

#endif
