/* ingest_host.c - which machine an evidence, or an image among others, is of, when only
 * its event logs say so. */
#include "engine/ingest.h"

#include <stdio.h>
#include <stdlib.h>

static bool same_root(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

struct ak_votes *ak_ingest_votes(struct ak_ingest *in, const struct ak_task *t)
{
    for (uint32_t i = in->n_votes; i-- > 0;)
        if (in->votes[i].evidence == t->evidence && same_root(in->votes[i].root, t->root))
            return &in->votes[i];
    struct ak_votes *more = realloc(in->votes, (in->n_votes + 1) * sizeof(*more));
    char *root = t->root ? strdup(t->root) : NULL;
    in->votes = more ? more : in->votes;
    if (!more || (t->root && !root)) {
        free(root);
        return NULL;
    }
    more[in->n_votes] = (struct ak_votes){ .evidence = t->evidence, .root = root };
    return &more[in->n_votes++];
}

void ak_ingest_vote(struct ak_votes *v, const struct ak_event *event)
{
    struct ak_str host = ak_event_text(event, AK_STR("winlog.computer_name"));
    if (host.n == 0 || host.n >= AK_HOST_BYTES)
        return;
    for (unsigned i = 0; i < AK_VOTES; i++) {
        if (v->n[i] == 0)
            snprintf(v->host[i], sizeof(v->host[i]), "%.*s", (int)host.n, host.at);
        if (ak_str_eq(host, ak_str_of(v->host[i]))) {
            v->n[i]++;
            return;
        }
    }
}

/* The name most voted for; empty when there is none. */
static struct ak_str elected(const struct ak_votes *v)
{
    unsigned most = 0;
    for (unsigned i = 1; i < AK_VOTES; i++)
        if (v->n[i] > v->n[most])
            most = i;
    return v->n[most] ? ak_str_of(v->host[most]) : AK_STR("");
}

void ak_ingest_name_hosts(struct ak_ingest *in)
{
    for (uint32_t i = 0; i < in->n_votes; i++)
        if (in->votes[i].root && elected(&in->votes[i]).n)
            ak_store_machine_if_unknown(in->store, in->votes[i].evidence, ak_str_of(in->votes[i].root), elected(&in->votes[i]));
    ak_store_settle_machines(in->store);
    for (uint32_t i = 0; i < in->n_votes; i++) {
        if (elected(&in->votes[i]).n)
            ak_store_evidence_host_if_unknown(in->store, in->votes[i].evidence, elected(&in->votes[i]));
        free(in->votes[i].root);
    }
    free(in->votes);
    in->votes = NULL;
    in->n_votes = 0;
}
