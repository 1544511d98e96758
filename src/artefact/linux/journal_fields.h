/* journal_fields.h - which fields of the systemd journal have a normalised name. */
#ifndef AK_ARTEFACT_LINUX_JOURNAL_FIELDS_H
#define AK_ARTEFACT_LINUX_JOURNAL_FIELDS_H

#include "artefact/linux/fields.h"
#include "artefact/linux/syslog_meaning.h"

extern const struct ak_fields_plan ak_journal_plan;

/* Add what every entry has besides fields, and what follows from them. */
void ak_journal_put_entry(struct ak_fields *f, uint64_t seqnum, uint64_t monotonic_us,
                          struct ak_str boot);

/* What is remembered to understand messages; fill `said` with the numbers of
 * ak_said_names. */
struct ak_journal_meaning {
    struct ak_tag_memory tags;
    uint16_t said[AK_N_SAID];
};
void ak_journal_meaning_open(struct ak_fields *f, struct ak_journal_meaning *out);

/* Add what the entry's message means, as in the system log.  Where that is not
 * what the journal says of the writing process ("sshd" runs as 0, the user is
 * 1000), the journal's value goes under its recorded name. */
void ak_journal_put_meaning(struct ak_fields *f, struct ak_journal_meaning *meaning);

#endif
