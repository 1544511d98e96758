/* utmp_text.h - text and addresses in records of fixed size (utmp, lastlog). */
#ifndef AK_ARTEFACT_LINUX_UTMP_TEXT_H
#define AK_ARTEFACT_LINUX_UTMP_TEXT_H

#include "event/event.h"

/* The text before the first zero byte of a field; all of it when there is none. */
struct ak_str ak_text_until_nul(const uint8_t *at, size_t n);

/* Is the field text as a program would write it: no control characters before
 * the first zero byte?  What follows the zero may be left over from before. */
bool ak_text_clean(const uint8_t *at, size_t n);

bool ak_all_zero(const uint8_t *at, size_t n);

/* Can the file not be one of padded records: is there no zero byte in its head? */
static inline bool ak_head_is_text(struct ak_bytes head)
{
    return head.n > 0 && !memchr(head.at, 0, head.n);
}

/* Padding zeros taken off: text when what is left is printable, else bytes. */
struct ak_value ak_val_padded(struct ak_bytes field);

/* An address in network order (4 bytes and 12 zeros, or 16) as text; when it is
 * all zero, `host` if that is an address itself; else empty.  IPv4 mapped into
 * IPv6 comes out as IPv4.  `buf` holds AK_IP_TEXT bytes and backs the result. */
enum { AK_IP_TEXT = 48 };
struct ak_str ak_ip_text(struct ak_bytes addr, struct ak_str host, char *buf);

#endif
