/* fd.h - writing to a file descriptor. */
#ifndef AK_BASE_FD_H
#define AK_BASE_FD_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* All n bytes to fd, in as many writes as it takes; false when it does not take them:
 * errno says why. */
AK_MUST_USE bool ak_write_all(int fd, const void *bytes, size_t n);

#endif
