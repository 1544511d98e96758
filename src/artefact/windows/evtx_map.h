/* evtx_map.h - which ECS fields the values of a Windows event also are.
 *
 * An event keeps every value under its recorded name (winlog.event_data.NAME);
 * for the events that matter in an investigation this table adds the normalised
 * names and what the event says as a whole.
 */
#ifndef AK_ARTEFACT_WINDOWS_EVTX_MAP_H
#define AK_ARTEFACT_WINDOWS_EVTX_MAP_H

#include "base/bytes.h"

/* Values that mean "nothing" ("-", "::", "0x0", an empty text) are not copied. */
enum ak_evtx_how {
    AK_EVTX_COPY,    /* as it is: text stays text, number stays number */
    AK_EVTX_NUMBER,  /* decimal or 0x text to a number: process.pid, ports */
    AK_EVTX_ADDRESS, /* an IP address: "::ffff:10.0.0.1" and "10.0.0.1:3389" become "10.0.0.1";
                        "LOCAL", "-" are nothing */
    AK_EVTX_DOMAIN,  /* DOMAIN of "DOMAIN\name"; nothing when there is no backslash */
    AK_EVTX_ACCOUNT, /* name of "DOMAIN\name" */
};

struct ak_evtx_alias {
    struct ak_str ecs;  /* "user.name" */
    struct ak_str from; /* name in EventData or UserData: "TargetUserName" */
    enum ak_evtx_how how;
};

struct ak_evtx_map {
    struct ak_str provider; /* as recorded, compared without case */
    uint32_t event_id;
    struct ak_str action;  /* event.action: "logged-in"; may be empty */
    struct ak_str outcome; /* event.outcome: "success", "failure"; may be empty */
    const struct ak_evtx_alias *aliases;
    size_t n_aliases;
};

/* The entry of this provider and event id, or NULL.  Called once per template
 * and event id, not per event. */
const struct ak_evtx_map *ak_evtx_map_find(struct ak_str provider, uint32_t event_id);

#endif
