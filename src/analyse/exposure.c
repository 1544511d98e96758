/* exposure.c - did data leave?  What the logs show, and what they cannot exclude.
 *
 * The ladder of docs/design/004-claims.md.  "No trace" (L1) and "excluded" (L0)
 * need complete logs of every way out; without them the answer is L2, and names
 * the log that is missing. */
#include "analyse/exposure.h"

#include <sqlite3.h>

/* Is there any trace of an intrusion in the case? */
static bool intruded(const struct ak_pass *p)
{
    sqlite3_stmt *q;
    bool any = false;
    if (sqlite3_prepare_v2(ak_store_db(p->store),
                           "SELECT 1 FROM t_claim WHERE section IN ('entry','impact','evasion')"
                           " AND producer <> 'rules' LIMIT 1",
                           -1, &q, NULL) == SQLITE_OK)
        any = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_finalize(q);
    return any;
}

static void claim_left(struct ak_claim *c, uint64_t bytes)
{
    c->level = AK_L5;
    c->sentence = "Data left: files of {bytes} in all were sent to addresses attributed to the "
                  "intruder. Which data they "
                  "held is to be examined file by file.";
    ak_claim_arg(c, ak_arg_bytes("bytes", bytes));
    ak_claim_limit(c, "other ways out (other servers, other protocols) are not excluded by this");
}

/* No transfer was seen; say why that does not mean there was none. */
static void claim_open(struct ak_pass *p, struct ak_claim *c)
{
    int64_t network = ak_coverage_row(p, "network", true);
    c->level = AK_L2;
    c->sentence = "No trace of data leaving was found in the logs that are there. That data left "
                  "cannot be excluded, "
                  "because logs that would show it are missing or have gaps.";
    if (network) {
        c->coverage[c->n_coverage++] = network;
        ak_claim_limit(c, "no logs of firewalls, proxies or name servers are among the evidence: "
                          "transfers out of "
                          "the network cannot be seen");
    }
    static const char *const KINDS[] = { "evtx", "web_access", "syslog", "journal" };
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        int64_t row = ak_coverage_row(p, KINDS[i], true);
        if (row && c->n_coverage < AK_CLAIM_LIMITS) {
            c->coverage[c->n_coverage++] = row;
            ak_claim_limit(c,
                           "a log that would show part of it was cleared, is damaged or has gaps");
            break;
        }
    }
}

static void claim(struct ak_pass *p)
{
    struct ak_claim c = { .field = "exfil_level",
                          .section = "exfiltration",
                          .subject = AK_STR("case"),
                          .visibility = "public",
                          .basis_source = AK_STR("coverage") };
    uint64_t bytes = ak_web_egress(p, &c);
    ak_addresses_claim(p);
    if (bytes) {
        struct ak_claim rest = c;
        rest.n_basis = 0;
        claim_left(&c, bytes);
        claim_open(p, &rest);
        rest.sentence =
            "Beyond these files no trace of data leaving was found in the logs that are there. "
            "That other data "
            "left cannot be excluded, because logs that would show it are missing or have gaps.";
        p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
        p->failed |= ak_claim_put(p->claims, &rest) != AK_OK;
        return;
    }
    claim_open(p, &c);
    if (!intruded(p)) {
        c.level = AK_LX;
        c.sentence = "Nothing in the examined evidence was recognised as an intruder's doing. That "
                     "is no proof that there "
                     "was none: see what the logs cover.";
    }
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

const struct ak_watcher ak_watch_exposure = { "exposure", NULL, NULL, NULL, claim, NULL };
