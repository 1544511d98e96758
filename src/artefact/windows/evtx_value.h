/* evtx_value.h - typed values of event records as values of events. */
#ifndef AK_ARTEFACT_WINDOWS_EVTX_VALUE_H
#define AK_ARTEFACT_WINDOWS_EVTX_VALUE_H

#include "base/arena.h"
#include "event/event.h"
#include "format/bxml.h"

/* Memory for the texts one record is turned into; emptied for the next. */
struct ak_evtx_scratch {
    struct ak_arena *arena; /* for ANSI text that needs converting: rare */
    char *at;
    size_t n;
    bool full; /* something did not fit */
};

enum { AK_EVTX_SCRATCH = 256 * 1024 }; /* a record is at most 64 KiB; hostile templates repeat it */

/* One value; texts and bytes are views on the chunk or on the scratch.  Numbers
 * become numbers, pointers and HexInts hexadecimal, times stamps, SIDs and GUIDs
 * text.  A value whose size contradicts its type is given as bytes.  (Written in
 * place: handing a value back by value cost a tenth of all the time.) */
void ak_evtx_value(struct ak_evtx_scratch *s, const struct ak_bxml_value *v, struct ak_value *out);

/* Take the next element off an array value; false when it is empty. */
bool ak_evtx_element(struct ak_bxml_value *array, struct ak_bxml_value *out);

/* Append a value as text to the scratch, for text that is put together of
 * pieces: start = s->n, append, view with ak_evtx_text_since(start). */
void ak_evtx_append(struct ak_evtx_scratch *s, const struct ak_value *v);
struct ak_value ak_evtx_text_since(const struct ak_evtx_scratch *s, size_t start);

/* Text or number to a number: decimal or 0x; none when it is neither. */
struct ak_value ak_evtx_number(const struct ak_value *v);

/* The value as an IP address, without a port, brackets, zone or the prefix
 * "::ffff:"; none for what is no address. */
struct ak_value ak_evtx_address(const struct ak_value *v);

/* The domain or the name of "DOMAIN\name"; a value without exactly one
 * backslash is all name. */
struct ak_value ak_evtx_account(const struct ak_value *v, bool domain);

/* Does it stand for nothing ("-", "::", "0x0", empty, none)? */
bool ak_evtx_is_nothing(const struct ak_value *v);

#endif
