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

/* A literal of less than four bytes, filed under its first two. */
struct short_entry {
    uint32_t literal, next; /* next: index + 1; 0 at the end */
};

struct ak_literals {
    struct ak_arena *arena;
    struct ak_intern texts;
    uint64_t bitmap[1 << (BITS - 6)];
    uint32_t buckets[(1 << BUCKET_BITS) + 1]; /* where each bucket's entries begin */
    struct entry *entries;
    uint32_t short_first[1 << 15]; /* by the first two bytes, of which the first is beyond ASCII */
    struct short_entry *shorts;
    size_t n_shorts;
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

bool ak_literals_can(struct ak_str text)
{
    return text.n >= 4 || (text.n >= 2 && (text.at[0] & 0x80));
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
    double rarity = 0.002; /* short ones beyond ASCII */
    if (text.n >= 4)
        rarest(l, text, &rarity);
    return rarity < 1 ? rarity : 1;
}

uint32_t ak_literals_add(struct ak_literals *l, struct ak_str text)
{
    bool is_new;
    return ak_intern_add(&l->texts, text, &is_new);
}

struct ak_str ak_literals_text(const struct ak_literals *l, uint32_t literal)
{
    return l->texts.keys[literal];
}

size_t ak_literals_count(const struct ak_literals *l) { return l->texts.n; }

static uint32_t bucket_of(uint32_t gram) { return hash_gram(gram) >> (32 - BUCKET_BITS); }

static size_t short_slot(const char *at)
{
    return (size_t)(at[0] & 0x7F) << 8 | (size_t)(at[1] & 0xFF);
}

static void file_short(struct ak_literals *l, uint32_t literal)
{
    uint32_t *first = &l->short_first[short_slot(l->texts.keys[literal].at)];
    l->shorts[l->n_shorts] = (struct short_entry){ literal, *first };
    *first = (uint32_t)++l->n_shorts;
}

bool ak_literals_finish(struct ak_literals *l)
{
    size_t n_all = l->texts.n, n = 0;
    struct entry *unsorted = AK_NEW_N(l->arena, struct entry, n_all + 1);
    l->entries = AK_NEW_N(l->arena, struct entry, n_all + 1);
    l->shorts = AK_NEW_N(l->arena, struct short_entry, n_all + 1);
    if (!unsorted || !l->entries || !l->shorts)
        return false;
    for (size_t i = 0; i < n_all; i++) {
        double rarity;
        if (l->texts.keys[i].n < 4) {
            file_short(l, (uint32_t)i);
            continue;
        }
        size_t at = rarest(l, l->texts.keys[i], &rarity);
        uint32_t gram = gram_at(l->texts.keys[i].at + at), bit = hash_gram(gram) >> (32 - BITS);
        unsorted[n++] = (struct entry){ gram, (uint32_t)i, (uint32_t)at };
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

static void find_shorts(const struct finding *f)
{
    const struct ak_literals *l = f->literals;
    for (size_t at = 0; at + 2 <= f->text.n; at++) {
        if (!(f->text.at[at] & 0x80))
            continue;
        for (uint32_t i = l->short_first[short_slot(f->text.at + at)]; i;
             i = l->shorts[i - 1].next) {
            struct ak_str want = l->texts.keys[l->shorts[i - 1].literal];
            if (want.n > f->text.n - at || memcmp(f->text.at + at, want.at, want.n) != 0)
                continue;
            unsigned where = (at == 0 ? AK_LITERAL_STARTS : 0) |
                             (at + want.n == f->text.n ? AK_LITERAL_ENDS : 0);
            f->each(f->self, l->shorts[i - 1].literal, where);
        }
    }
}

static bool is_ascii(struct ak_str text)
{
    uint64_t all = 0, word = 0;
    for (; text.n >= 8; text.at += 8, text.n -= 8) {
        memcpy(&word, text.at, 8);
        all |= word;
    }
    word = 0;
    memcpy(&word, text.at, text.n);
    return !((all | word) & UINT64_C(0x8080808080808080));
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
    if (l->n_shorts && !is_ascii(text))
        find_shorts(&f);
}
