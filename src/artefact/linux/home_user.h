/* home_user.h - whose home folder a path lies in. */
#ifndef AK_ARTEFACT_LINUX_HOME_USER_H
#define AK_ARTEFACT_LINUX_HOME_USER_H

#include "base/bytes.h"

/* "home/alice/.bash_history" gives "alice", "root/…" gives "root", macOS'
 * "Users/alice/…" gives "alice"; empty when the path does not say. */
struct ak_str ak_home_user(struct ak_str path);

#endif
