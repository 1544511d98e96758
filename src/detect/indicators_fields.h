/* indicators_fields.h - which fields of events are looked at for which indicators. */
#ifndef AK_DETECT_INDICATORS_FIELDS_H
#define AK_DETECT_INDICATORS_FIELDS_H

#include "base/bytes.h"

enum ak_look {
    AK_LOOK_HOST = 1 << 0, /* the value is an address or a domain */
    AK_LOOK_URL = 1 << 1,  /* … a URL, or its part behind the host */
    AK_LOOK_PATH = 1 << 2, /* … the path or name of a file */
    AK_LOOK_REGISTRY = 1 << 3,
    AK_LOOK_MUTEX = 1 << 4,
    AK_LOOK_PIPE = 1 << 5,
    AK_LOOK_AGENT = 1 << 6,
    AK_LOOK_COMMAND = 1 << 7,
    AK_LOOK_FREE = 1 << 8, /* free text: hashes, addresses, domains, URLs, paths in it */
};

/* What the values of this field are looked at for; 0: not at all. */
unsigned ak_indicator_looks(struct ak_str field);

#endif
