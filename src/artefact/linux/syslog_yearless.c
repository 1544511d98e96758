/* syslog_yearless.c - syslog with traditional times, "Jan 22 07:52:33".
 *
 * The year of a line depends on how often the year turns between it and the end
 * of the file, so the file is taken whole; see docs/formats/linux.syslog.md. */
#include "artefact/linux/syslog.h"

static enum ak_bid probe(const struct ak_probe *p) { return ak_syslog_bid(p, true); }

const struct ak_artefact ak_linux_syslog_yearless = {
    .name = "linux.syslog_yearless",
    .title_en = "System log without years (syslog, auth.log, secure, messages)",
    .title_ja = "年の記録がないシステムログ（syslog・auth.log・secure・messages）",
    .spec = "docs/formats/linux.syslog.md",
    .split = AK_SPLIT_NONE,
    .max_size = UINT64_C(16) << 30,
    .probe = probe,
    .parse = ak_syslog_parse,
};
