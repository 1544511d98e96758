/* indicators_normal.h - a text in the one form in which its kind is compared.
 *
 * The same functions make the form of an indicator and of a text in an event, so
 * that "C:\Windows\x.exe" meets "\Device\HarddiskVolume2\windows\X.EXE". */
#ifndef AK_DETECT_INDICATORS_NORMAL_H
#define AK_DETECT_INDICATORS_NORMAL_H

#include "base/buf.h"
#include "detect/indicators.h"

/* Room that any normalised text of an input of n bytes fits into. */
#define AK_INDICATOR_ROOM(n) ((n) + 64)

/* IPv4 or IPv6 text to 4 or 16 bytes at `to`; how many; 0: it is none.  IPv4 inside
 * IPv6 (::ffff:1.2.3.4) is IPv4.  A zone (%eth0) is left out. */
size_t ak_indicator_ip(struct ak_str text, uint8_t to[16]);

/* Hexadecimal digits of a hash to its bytes (16, 20 or 32) at `to`; 0: none. */
size_t ak_indicator_hash(struct ak_str text, uint8_t to[32]);

/* "192.0.2.0/24" to length, then the address with its other bits zero; 0: none. */
size_t ak_indicator_network(struct ak_str text, uint8_t to[17]);

/* Does it look like a domain: two labels or more, the last not a number? */
bool ak_indicator_is_domain(struct ak_str folded);

/* The following take folded text (base/fold.h) and write at most
 * AK_INDICATOR_ROOM(n) bytes; how many. */

/* Host and path without scheme, user, usual port, fragment: "example.com/a?b". */
size_t ak_indicator_url(char *to, struct ak_str folded);

/* "/windows/temp/x.exe".  *out_end: it is the end of a path only. */
size_t ak_indicator_path(char *to, struct ak_str folded, bool *out_end);

/* "hklm/software/x". */
size_t ak_indicator_registry(char *to, struct ak_str folded);

/* Views into the text. */
struct ak_str
ak_indicator_file_name(struct ak_str folded); /* behind the last slash of either kind */
struct ak_str ak_indicator_mutex(struct ak_str folded);
struct ak_str ak_indicator_pipe(struct ak_str folded);
struct ak_str ak_indicator_host_of(struct ak_str normal_url); /* without port */
struct ak_str ak_str_trim(struct ak_str s);                   /* blanks at both ends */

#endif
