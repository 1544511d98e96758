/* literals.c - see literals.h. */
#include "detect/literals.h"

#include "base/status.h"
#include "detect/intern.h"
#include "detect/literals_common.h"

enum {
    BITS = 18,        /* of a gram's hash: the bitmap has 32 KiB */
    BUCKET_BITS = 14, /* of those, which bucket */
    COUNT_BITS = 16,  /* for counting the grams of rules */
};

struct entry {
    uint32_t gram, literal;
    uint32_t offset; /* of the gram in the literal */
};

struct ak_literals {
    struct ak_arena *arena;
    struct ak_intern texts;
    uint64_t bitmap[1 << (BITS - 6)];
    uint32_t buckets[(1 << BUCKET_BITS) + 1]; /* where each bucket's entries begin */
    struct entry *entries;
    uint8_t commonness[1 << COUNT_BITS]; /* of grams, 1 in 250 counts 1; by hash */
    uint32_t learnt[1 << COUNT_BITS];
    size_t n_learnt;
};

static uint32_t gram_at(const char *at)
{
    uint32_t gram;
    memcpy(&gram, at, 4);
    return gram;
}

static uint32_t hash_gram(uint32_t gram) { return gram * UINT32_C(0x9E3779B1); }

static void add_common(struct ak_literals *l, const char *grams, size_t n, uint8_t commonness)
{
    for (size_t i = 0; i + 4 <= n; i += 4)
        l->commonness[hash_gram(gram_at(grams + i)) >> (32 - COUNT_BITS)] = commonness;
}

struct ak_literals *ak_literals_new(struct ak_arena *arena)
{
    struct ak_literals *l = AK_NEW(arena, struct ak_literals);
    if (!l)
        return NULL;
    l->arena = l->texts.arena = arena;
    add_common(l, EACH_250TH, sizeof(EACH_250TH) - 1, 1);
    add_common(l, EACH_100TH, sizeof(EACH_100TH) - 1, 3);
    add_common(l, EACH_25TH, sizeof(EACH_25TH) - 1, 25);
    return l;
}

void ak_literals_learn(struct ak_literals *l, struct ak_str text)
{
    for (size_t i = 0; i + 4 <= text.n; i++)
        l->learnt[hash_gram(gram_at(text.at + i)) >> (32 - COUNT_BITS)]++;
    l->n_learnt++;
}

/* What rules ask for often is no rarity either: "powershell" is in many. */
static double gram_rarity(const struct ak_literals *l, const char *at)
{
    uint32_t slot = hash_gram(gram_at(at)) >> (32 - COUNT_BITS);
    double rules = l->n_learnt ? (double)l->learnt[slot] / (double)l->n_learnt : 0;
    return 0.0001 + l->commonness[slot] / 250.0 + 0.05 * rules;
}

/* Where in the text its rarest gram is. */
static size_t rarest(const struct ak_literals *l, struct ak_str text, double *out_rarity)
{
    size_t best = 0;
    *out_rarity = 2;
    for (size_t i = 0; i + 4 <= text.n; i++) {
        double rarity = gram_rarity(l, text.at + i);
        if (rarity < *out_rarity) {
            *out_rarity = rarity;
            best = i;
        }
    }
    return best;
}

double ak_literals_rarity(const struct ak_literals *l, struct ak_str text)
{
    double rarity;
    rarest(l, text, &rarity);
    return rarity < 1 ? rarity : 1;
}

uint32_t ak_literals_add(struct ak_literals *l, struct ak_str text)
{
    bool is_new;
    return ak_intern_add(&l->texts, text, &is_new);
}

size_t ak_literals_count(const struct ak_literals *l) { return l->texts.n; }

static uint32_t bucket_of(uint32_t gram) { return hash_gram(gram) >> (32 - BUCKET_BITS); }

bool ak_literals_finish(struct ak_literals *l)
{
    size_t n = l->texts.n;
    struct entry *unsorted = AK_NEW_N(l->arena, struct entry, n + 1);
    l->entries = AK_NEW_N(l->arena, struct entry, n + 1);
    if (!unsorted || !l->entries)
        return false;
    for (size_t i = 0; i < n; i++) {
        double rarity;
        size_t at = rarest(l, l->texts.keys[i], &rarity);
        uint32_t gram = gram_at(l->texts.keys[i].at + at), bit = hash_gram(gram) >> (32 - BITS);
        unsorted[i] = (struct entry){ gram, (uint32_t)i, (uint32_t)at };
        l->bitmap[bit >> 6] |= UINT64_C(1) << (bit & 63);
        l->buckets[bucket_of(gram) + 1]++;
    }
    for (size_t i = 0; i < 1 << BUCKET_BITS; i++)
        l->buckets[i + 1] += l->buckets[i];
    for (size_t i = n; i-- > 0;) /* from the back, each bucket is filled downwards */
        l->entries[--l->buckets[bucket_of(unsorted[i].gram) + 1]] = unsorted[i];
    for (size_t i = 0; i < 1 << BUCKET_BITS; i++) /* what was the end is now the start */
        l->buckets[i] = l->buckets[i + 1];
    l->buckets[1 << BUCKET_BITS] = (uint32_t)n;
    return true;
}

struct finding {
    const struct ak_literals *literals;
    struct ak_str text;
    void (*each)(void *self, uint32_t literal, unsigned where);
    void *self;
};

/* A gram of the table's hash is at `at`: compare the literals filed under it. */
static AK_NOINLINE void compare(const struct finding *f, size_t at, uint32_t gram)
{
    const struct ak_literals *l = f->literals;
    uint32_t bucket = bucket_of(gram);
    for (uint32_t i = l->buckets[bucket]; i < l->buckets[bucket + 1]; i++) {
        const struct entry *e = &l->entries[i];
        if (e->gram != gram || e->offset > at)
            continue;
        struct ak_str want = l->texts.keys[e->literal];
        size_t start = at - e->offset;
        if (want.n > f->text.n - start || memcmp(f->text.at + start, want.at, want.n) != 0)
            continue;
        unsigned where = (start == 0 ? AK_LITERAL_STARTS : 0) |
                         (start + want.n == f->text.n ? AK_LITERAL_ENDS : 0);
        f->each(f->self, e->literal, where);
    }
}

void ak_literals_find(const struct ak_literals *l, struct ak_str text,
                      void (*each)(void *self, uint32_t literal, unsigned where), void *self)
{
    struct finding f = { l, text, each, self };
    for (size_t at = 0; at + 4 <= text.n; at++) {
        uint32_t gram = gram_at(text.at + at), bit = hash_gram(gram) >> (32 - BITS);
        if (l->bitmap[bit >> 6] >> (bit & 63) & 1)
            compare(&f, at, gram);
    }
}
