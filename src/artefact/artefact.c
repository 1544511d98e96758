/* artefact.c - see artefact.h. */
#include "artefact/artefact.h"

enum ak_status ak_emit(struct ak_ctx *ctx, const struct ak_event *event)
{
    ctx->n_events++;
    return ctx->sink->event(ctx->sink->self, event);
}

enum ak_status ak_damage(struct ak_ctx *ctx, uint64_t offset, const char *what)
{
    if (ctx->n_damage++ < AK_DAMAGE_MAX)
        ctx->sink->damage(ctx->sink->self, offset, what);
    return AK_ERR_CORRUPT;
}

const struct ak_artefact *ak_artefact_named(struct ak_str name)
{
    for (const struct ak_artefact *const *a = ak_artefacts; *a; a++)
        if (ak_str_eq(ak_str_of((*a)->name), name))
            return *a;
    return NULL;
}

const struct ak_artefact *ak_artefact_for(const struct ak_probe *probe)
{
    const struct ak_artefact *best = NULL;
    enum ak_bid best_bid = AK_BID_NO;
    for (const struct ak_artefact *const *a = ak_artefacts; *a; a++) {
        enum ak_bid bid = (*a)->probe(probe);
        if (bid > best_bid) {
            best = *a;
            best_bid = bid;
        }
    }
    return best;
}
