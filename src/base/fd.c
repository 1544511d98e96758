/* fd.c - see fd.h. */
#include "base/fd.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

bool ak_write_all(int fd, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}
