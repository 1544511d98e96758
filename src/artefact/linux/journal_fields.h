/* journal_fields.h - which fields of the systemd journal have a normalised name. */
#ifndef AK_ARTEFACT_LINUX_JOURNAL_FIELDS_H
#define AK_ARTEFACT_LINUX_JOURNAL_FIELDS_H

#include "artefact/linux/fields.h"

extern const struct ak_fields_plan ak_journal_plan;

/* Add what every entry has besides fields, and what follows from them. */
void ak_journal_put_entry(struct ak_fields *f, uint64_t seqnum, uint64_t monotonic_us, struct ak_str boot);

#endif
