/* ingest_host.c - which machine an evidence is of, when only its event logs say so. */
#include "engine/ingest.h"

#include <stdio.h>
#include <stdlib.h>

static struct ak_votes *votes_of(struct ak_ingest *in, uint32_t evidence)
{
    if (evidence >= in->n_votes) {
        uint32_t n = evidence + 16;
        struct ak_votes *more = realloc(in->votes, n * sizeof(*more));
        if (!more)
            return NULL;
        memset(more + in->n_votes, 0, (n - in->n_votes) * sizeof(*more));
        in->votes = more;
        in->n_votes = n;
    }
    return &in->votes[evidence];
}

void ak_ingest_vote(struct ak_ingest *in, uint32_t evidence, const struct ak_event *event)
{
    struct ak_str host = ak_event_text(event, AK_STR("winlog.computer_name"));
    struct ak_votes *v = host.n && host.n < AK_HOST_BYTES ? votes_of(in, evidence) : NULL;
    for (unsigned i = 0; v && i < AK_VOTES; i++) {
        if (v->n[i] == 0)
            snprintf(v->host[i], sizeof(v->host[i]), "%.*s", (int)host.n, host.at);
        if (ak_str_eq(host, ak_str_of(v->host[i]))) {
            v->n[i]++;
            return;
        }
    }
}

void ak_ingest_name_hosts(struct ak_ingest *in)
{
    for (uint32_t e = 0; e < in->n_votes; e++) {
        const struct ak_votes *v = &in->votes[e];
        unsigned most = 0;
        for (unsigned i = 1; i < AK_VOTES; i++)
            if (v->n[i] > v->n[most])
                most = i;
        if (v->n[most])
            ak_store_evidence_host_if_unknown(in->store, e, ak_str_of(v->host[most]));
    }
    free(in->votes);
    in->votes = NULL;
    in->n_votes = 0;
}
