/* claim.h - what the report states, with how surely it is known and on what.
 *
 * A claim without a basis cannot be stored.  Levels and rules: the certainty
 * ladder of docs/design/004-claims.md. */
#ifndef AK_FINDING_CLAIM_H
#define AK_FINDING_CLAIM_H

#include "base/words.h"
#include "store/reading.h"

/* How surely.  LX: not yet known; LN: will not be known. */
enum ak_level { AK_LX, AK_LN, AK_L0, AK_L1, AK_L2, AK_L3, AK_L4, AK_L5, AK_L6 };
const char *ak_level_name(enum ak_level level); /* "L3" */

enum ak_arg_kind {
    AK_ARG_TEXT,
    AK_ARG_WORD,
    AK_ARG_NUMBER,
    AK_ARG_BYTES,
    AK_ARG_TIME,
    AK_ARG_PERCENT,
    AK_ARG_BOTH
};

/* A value named in a sentence: "{source}". */
struct ak_arg {
    const char *name;
    enum ak_arg_kind kind;
    struct ak_str
        text; /* AK_ARG_TEXT as it is; AK_ARG_WORD: English, translated; AK_ARG_BOTH: English */
    struct ak_str text_ja; /* AK_ARG_BOTH; empty: as in English */
    uint64_t number;       /* AK_ARG_NUMBER, AK_ARG_BYTES, AK_ARG_PERCENT (tenths) */
    int64_t ns;            /* AK_ARG_TIME */
};

struct ak_arg ak_arg_text(const char *name, struct ak_str text);
struct ak_arg ak_arg_both(const char *name, struct ak_str en, struct ak_str ja);
struct ak_arg ak_arg_word(const char *name, const char *english);
struct ak_arg ak_arg_number(const char *name, uint64_t n);
struct ak_arg ak_arg_bytes(const char *name, uint64_t n);
struct ak_arg ak_arg_time(const char *name, int64_t ns);
struct ak_arg ak_arg_percent(const char *name, uint64_t tenths);

/* An event as basis: small enough to keep many. */
struct ak_event_ref {
    uint32_t rank; /* of the item */
    uint32_t seq;
};

static inline struct ak_event_ref ak_ref_of(const struct ak_stored *e)
{
    return (struct ak_event_ref){ e->item->rank, e->event.seq };
}

enum { AK_CLAIM_ARGS = 12, AK_CLAIM_BASIS = 64, AK_CLAIM_LIMITS = 8 };

/* A claim being made.  Texts are borrowed until it is stored. */
struct ak_claim {
    const char *field;      /* of the fact schema: "log_clearing" */
    const char *section;    /* of the report: "entry", "accounts", "coverage", … */
    const char *sentence;   /* English with {names}; an entry of data/words */
    const char *visibility; /* "authority" or "public" */
    const char *producer;   /* "rules" for signs that rules gave; NULL: akashi's own analysis */
    struct ak_str subject;
    enum ak_level level;
    struct ak_arg args[AK_CLAIM_ARGS];
    size_t n_args;
    struct ak_event_ref basis[AK_CLAIM_BASIS];
    size_t n_basis;
    struct ak_str basis_source; /* when the basis is no event: an item, a table of the case */
    int64_t coverage[AK_CLAIM_LIMITS]; /* rows of the coverage view */
    size_t n_coverage;
    const char *limits[AK_CLAIM_LIMITS]; /* English, entries of data/words */
    size_t n_limits;
};

void ak_claim_arg(struct ak_claim *claim, struct ak_arg arg);
void ak_claim_basis(struct ak_claim *claim, struct ak_event_ref ref);
void ak_claim_limit(struct ak_claim *claim, const char *english);

struct ak_claims;

/* Begin anew: earlier claims of the engine are dropped.  `zone` is that of the
 * report's times, `zone_name` what is printed behind them ("JST"). */
AK_MUST_USE enum ak_status ak_claims_begin(struct ak_store *store, const struct ak_reading *reading,
                                           const struct ak_zone *zone, struct ak_claims **out);
void ak_claims_end(struct ak_claims *claims); /* NULL is allowed */

/* Store a claim.  AK_ERR_CORRUPT when it has no basis, or is L0 or L1 without a
 * coverage: such a statement must not be made. */
AK_MUST_USE enum ak_status ak_claim_put(struct ak_claims *claims, const struct ak_claim *claim);

/* The sentence in one language, its {names} filled. */
void ak_claim_text(struct ak_buf *out, const struct ak_claims *claims, const struct ak_claim *claim,
                   enum ak_lang lang);

/* "2026年1月29日 23:50:12(JST)" or "2026-01-29 23:50:12 (JST)". */
void ak_time_text(struct ak_buf *out, int64_t ns, const struct ak_zone *zone, enum ak_lang lang);

#endif
