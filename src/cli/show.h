/* show.h - what the parts of akashi show share. */
#ifndef AK_CLI_SHOW_H
#define AK_CLI_SHOW_H

#include "cli/reader.h"

/* An event looked up by its id, "1.345.2:17". */
struct ak_found_event {
    struct ak_stored event; /* valid until it is closed */
    struct ak_scan *scan;
    unsigned dots; /* containers around its item, and one */
};

/* False when the case has no such event.  Close it whatever comes. */
bool ak_find_event(struct ak_reading *reading, const char *id, struct ak_found_event *out);
void ak_found_event_close(struct ak_found_event *found);

/* A claim ("C013") or a detection ("D17" or "17"), and the events it rests on; false
 * when there is none of this id. */
bool ak_show_row(struct ak_store *store, struct ak_reading *reading, const char *id,
                 enum ak_lang lang);

#endif
