/* system_hive.h - what the SYSTEM hive of a Windows machine says of it. */
#ifndef AK_ARTEFACT_WINDOWS_SYSTEM_HIVE_H
#define AK_ARTEFACT_WINDOWS_SYSTEM_HIVE_H

#include "base/buf.h"
#include "base/status.h"

#include <stdbool.h>

struct ak_system_hive {
    char host[512];     /* "FS01.example.jp", as its event logs call it; "" unknown */
    char zone[128];     /* "Tokyo Standard Time"; "" unknown */
    const char *iana;   /* "Asia/Tokyo"; NULL when the name has none */
    struct ak_buf tzif; /* the rule it kept its clock by, as a TZif file; empty: unknown */
    bool dirty;         /* the hive was written halfway: its logs may hold later values */
};

/* Read the control set that was in use (Select\Current, else the first).  Free
 * *out whatever it says.  AK_ERR_UNSUPPORTED when the bytes are no hive,
 * AK_ERR_CORRUPT when it has no control set that can be read. */
AK_MUST_USE enum ak_status ak_system_hive_read(struct ak_bytes file, struct ak_system_hive *out);
void ak_system_hive_free(struct ak_system_hive *hive);

#endif
