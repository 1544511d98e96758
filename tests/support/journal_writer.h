/* journal_writer.h - write systemd journals that journalctl reads and verifies,
 * for tests and for the evidence of the demonstration.
 *
 * Nothing is packed and the hashes are not keyed; objects that are equal are
 * written once.  The same calls give the same bytes. */
#ifndef AK_TESTS_JOURNAL_WRITER_H
#define AK_TESTS_JOURNAL_WRITER_H

#include "base/bytes.h"

struct journalw_ids {
    uint8_t file[16], machine[16], boot[16];
};

struct journalw;

struct journalw *journalw_begin(const struct journalw_ids *ids);

/* Append an entry of `n` fields "NAME=value" (at most 32), times in microseconds. */
bool journalw_entry(struct journalw *w, uint64_t realtime, uint64_t monotonic,
                    const char *const *fields, size_t n);

/* The finished file, valid until journalw_free(); empty when memory ran out. */
struct ak_bytes journalw_end(struct journalw *w);
void journalw_free(struct journalw *w);

#endif
