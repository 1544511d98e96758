/* syslog.h - what the two syslog descriptors share: they differ only in how a
 * large log may be cut (see docs/formats/linux.syslog.md, "Years"). */
#ifndef AK_ARTEFACT_LINUX_SYSLOG_H
#define AK_ARTEFACT_LINUX_SYSLOG_H

#include "artefact/artefact.h"

/* Bid on a head whose lines mostly have (or, `yearless`, mostly lack) a year. */
enum ak_bid ak_syslog_bid(const struct ak_probe *probe, bool yearless);

/* Parse lines of any dialect, mixed as they may be. */
AK_MUST_USE enum ak_status ak_syslog_parse(struct ak_ctx *ctx);

#endif
