/* indicators_set.c - indicators in memory: entries, their texts, one hash table.
 *
 * Texts of all kinds share a table (the kind is part of what is hashed), labels
 * are kept once.  Hashes and addresses are kept as bytes: half the memory. */
#include "detect/indicators_set.h"

#include "base/digits.h"
#include "base/hash.h"
#include "base/reader.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 1024, LABEL_MAX = 200, DETAIL_MAX = 200, GROUPS_MAX = 1 << 20 };
#define POOL_MAX ((size_t)512 << 20)

static const char *const KIND_NAMES[AK_INDICATOR_KINDS] = {
    [AK_INDICATOR_MD5] = "md5",
    [AK_INDICATOR_SHA1] = "sha1",
    [AK_INDICATOR_SHA256] = "sha256",
    [AK_INDICATOR_IP] = "ip",
    [AK_INDICATOR_NETWORK] = "network",
    [AK_INDICATOR_DOMAIN] = "domain",
    [AK_INDICATOR_URL] = "url",
    [AK_INDICATOR_EMAIL] = "email",
    [AK_INDICATOR_FILE_NAME] = "file_name",
    [AK_INDICATOR_FILE_PATH] = "file_path",
    [AK_INDICATOR_PATH_END] = "path_end",
    [AK_INDICATOR_REGISTRY] = "registry_key",
    [AK_INDICATOR_MUTEX] = "mutex",
    [AK_INDICATOR_PIPE] = "pipe",
    [AK_INDICATOR_USER_AGENT] = "user_agent",
    [AK_INDICATOR_COMMAND] = "command_line",
};

const char *ak_indicator_kind_name(enum ak_indicator_kind kind)
{
    return kind < AK_INDICATOR_KINDS ? KIND_NAMES[kind] : "";
}

static uint64_t hash_of(enum ak_indicator_kind kind, struct ak_bytes text)
{
    return ak_hash_mix(ak_hash(text.at, text.n) ^ kind, UINT64_C(0x9E3779B97F4A7C15));
}

const struct ak_indicator_entry *ak_indicators_entry(const struct ak_indicators *set,
                                                     uint32_t number)
{
    const void *at = set->entries.at; /* ak_buf's memory is from malloc: aligned for anything */
    return (const struct ak_indicator_entry *)at + number;
}

struct ak_bytes ak_indicators_text(const struct ak_indicators *set,
                                   const struct ak_indicator_entry *entry)
{
    return (struct ak_bytes){ set->pool.at + entry->text, entry->text_n };
}

/* ---- the table ---- */

/* The slot that holds this text, or the free one where it belongs. */
static struct ak_indicator_slot *slot_of(const struct ak_indicators *set,
                                         enum ak_indicator_kind kind, struct ak_bytes text,
                                         uint64_t hash)
{
    size_t mask = set->n_slots - 1;
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        struct ak_indicator_slot *s = &set->slots[at];
        if (!s->entry)
            return s;
        const struct ak_indicator_entry *e = ak_indicators_entry(set, s->entry - 1);
        if (s->tag == tag && e->kind == kind && e->text_n == text.n &&
            memcmp(set->pool.at + e->text, text.at, text.n) == 0)
            return s;
    }
}

/* A bit for a few entries, four to a slot: most texts are told by it that they are
 * not there, and it fits into the processor's cache where the table does not. */
static bool may_have(const struct ak_indicators *set, uint64_t hash)
{
    uint64_t bit = hash >> 20 & (set->n_slots * 4 - 1);
    return set->filter[bit / 64] >> bit % 64 & 1;
}

static void note_in_filter(struct ak_indicators *set, uint64_t hash)
{
    uint64_t bit = hash >> 20 & (set->n_slots * 4 - 1);
    set->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

uint32_t ak_indicators_find(const struct ak_indicators *set, enum ak_indicator_kind kind,
                            struct ak_bytes text)
{
    if (set->n_of[kind] == 0 || set->n_slots == 0)
        return 0;
    uint64_t hash = hash_of(kind, text);
    return may_have(set, hash) ? slot_of(set, kind, text, hash)->entry : 0;
}

/* Twice the slots, with everything in them. */
static bool grow_slots(struct ak_indicators *set)
{
    size_t n = set->n_slots ? set->n_slots * 2 : FIRST_SLOTS;
    struct ak_indicator_slot *slots = calloc(n, sizeof(*slots)), *old = set->slots;
    uint64_t *filter = calloc(n / 16, sizeof(*filter));
    size_t n_old = set->n_slots;
    if (!slots || !filter) {
        free(slots);
        free(filter);
        return false;
    }
    free(set->filter);
    set->filter = filter;
    set->slots = slots;
    set->n_slots = n;
    for (size_t i = 0; i < n_old; i++)
        if (old[i].entry) {
            const struct ak_indicator_entry *e = ak_indicators_entry(set, old[i].entry - 1);
            struct ak_bytes text = ak_indicators_text(set, e);
            uint64_t hash = hash_of(e->kind, text);
            *slot_of(set, e->kind, text, hash) = old[i];
            note_in_filter(set, hash);
        }
    free(old);
    return true;
}

/* ---- labels ---- */

/* Where the label stands in the pool; the same label is kept once. */
static uint32_t put_label(struct ak_indicators *set, struct ak_str label)
{
    uint32_t n_slots = (uint32_t)(set->label_slots.n / 4);
    if (label.n > LABEL_MAX)
        for (label.n = LABEL_MAX; ((unsigned char)label.at[label.n] & 0xC0) == 0x80;)
            label.n--;  /* cut at a character */
    if (n_slots == 0) { /* a fixed number: labels beyond the first that fit are repeated */
        uint8_t *room = ak_buf_room(&set->label_slots, (size_t)4 << 14);
        if (!room)
            return 0;
        memset(room, 0, (size_t)4 << 14);
        ak_buf_wrote(&set->label_slots, (size_t)4 << 14);
        n_slots = 1 << 14;
    }
    uint8_t *slot = set->label_slots.at + 4 * ((uint32_t)ak_hash_str(label) & (n_slots - 1));
    uint32_t at = ak_load_u32le(slot);
    if (at && set->pool.at[at] == label.n && memcmp(set->pool.at + at + 1, label.at, label.n) == 0)
        return at;
    at = (uint32_t)set->pool.n;
    ak_buf_u8(&set->pool, (uint8_t)label.n);
    ak_buf_str(&set->pool, label);
    for (unsigned i = 0; i < 4; i++)
        slot[i] = (uint8_t)(at >> 8 * i);
    return at;
}

static struct ak_str label_at(const struct ak_indicators *set, uint32_t at)
{
    return at ? (struct ak_str){ (const char *)set->pool.at + at + 1, set->pool.at[at] }
              : AK_STR("");
}

/* ---- adding ---- */

static void note_network(struct ak_indicators *set, struct ak_bytes text)
{
    unsigned bits = text.at[0];
    if (text.n == 5)
        set->v4_bits |= UINT64_C(1) << bits;
    else
        set->v6_bits[bits / 64] |= UINT64_C(1) << bits % 64;
}

static void note_like(struct ak_indicators *set, enum ak_indicator_kind kind, uint32_t number)
{
    ak_buf_u32le(&set->likes[kind], number);
    set->n_likes++;
}

/* Is it there already, not as part of a group?  Then nothing is added. */
static bool is_repeated(const struct ak_indicators *set, uint32_t first, bool like, uint32_t group)
{
    for (uint32_t at = first; at;) {
        const struct ak_indicator_entry *e = ak_indicators_entry(set, at - 1);
        if (e->group == group && e->like == like)
            return true;
        at = e->next;
    }
    return false;
}

static bool has_room(struct ak_indicators *set, bool like, struct ak_bytes text,
                     const struct ak_indicator_origin *from)
{
    const char *out_why = NULL;
    if (set->n >= AK_INDICATORS_MAX || set->pool.n > POOL_MAX)
        out_why = "too many indicators: this one and those behind it are left out";
    else if (like && set->n_likes >= AK_INDICATOR_LIKE_MAX)
        out_why = "too many indicators with wildcards: it is left out";
    else if (text.n > AK_INDICATOR_TEXT_MAX)
        out_why = "longer than an indicator may be";
    if (out_why)
        ak_indicators_problem(set, from->file, from->line, out_why, AK_STR(""));
    return !out_why;
}

void ak_indicators_put(struct ak_indicators *set, enum ak_indicator_kind kind, struct ak_bytes text,
                       bool like, const struct ak_indicator_origin *from)
{
    if (!has_room(set, like, text, from))
        return;
    if (set->failed || ((set->n + 1) * 2 > set->n_slots && !grow_slots(set))) {
        set->failed = true;
        return;
    }
    uint64_t hash = hash_of(kind, text);
    struct ak_indicator_slot *slot = slot_of(set, kind, text, hash);
    if (is_repeated(set, slot->entry, like, from->group)) {
        set->sum.n_repeated++;
        return;
    }
    struct ak_indicator_entry e = { .line = from->line,
                                    .group = from->group,
                                    .next = slot->entry,
                                    .text_n = (uint16_t)text.n,
                                    .file = from->file,
                                    .kind = (uint8_t)kind,
                                    .like = like };
    e.label = from->label.n ? put_label(set, from->label) : 0;
    e.text = (uint32_t)set->pool.n;
    ak_buf_put(&set->pool, text.at, text.n);
    ak_buf_put(&set->entries, &e, sizeof(e));
    if (set->pool.failed || set->entries.failed || set->label_slots.failed) {
        set->failed = true;
        return;
    }
    *slot = (struct ak_indicator_slot){ (uint32_t)(hash >> 32), (uint32_t)++set->n };
    note_in_filter(set, hash);
    set->n_of[kind]++;
    if (kind == AK_INDICATOR_NETWORK)
        note_network(set, text);
    if (like)
        note_like(set, kind, (uint32_t)set->n - 1);
}

uint32_t ak_indicators_new_group(struct ak_indicators *set, unsigned n_parts)
{
    if (set->n_groups >= GROUPS_MAX)
        return 0;
    ak_buf_u8(&set->groups, (uint8_t)n_parts);
    return set->groups.failed ? 0 : (uint32_t)++set->n_groups;
}

unsigned ak_indicators_group_parts(const struct ak_indicators *set, uint32_t group)
{
    return set->groups.at[group - 1];
}

/* ---- problems ---- */

static struct ak_str copy_of(struct ak_arena *arena, struct ak_str s)
{
    size_t n = s.n < DETAIL_MAX ? s.n : DETAIL_MAX;
    while (n < s.n && n > 0 && ((unsigned char)s.at[n] & 0xC0) == 0x80)
        n--;
    char *copy = n ? AK_NEW_N(arena, char, n) : NULL;
    if (!copy)
        return AK_STR("");
    memcpy(copy, s.at, n);
    return (struct ak_str){ copy, n };
}

static bool more_problems(struct ak_indicators *set)
{
    if (set->n_problems_kept < set->problems_cap)
        return true;
    size_t cap = set->problems_cap ? set->problems_cap * 2 : 16;
    struct ak_feed_problem *more = AK_NEW_N(set->arena, struct ak_feed_problem, cap);
    if (!more)
        return false;
    if (set->n_problems_kept)
        memcpy(more, set->problems, set->n_problems_kept * sizeof(*more));
    set->problems = more;
    set->problems_cap = cap;
    return true;
}

void ak_indicators_problem(struct ak_indicators *set, uint16_t file, uint32_t line,
                           const char *what, struct ak_str detail)
{
    set->sum.n_problems++;
    if (set->n_problems_kept >= AK_INDICATOR_PROBLEMS_MAX || !more_problems(set))
        return;
    set->problems[set->n_problems_kept++] = (struct ak_feed_problem){
        .file = set->names[file], .line = line, .what = what, .detail = copy_of(set->arena, detail)
    };
}

/* ---- what the set says ---- */

void ak_indicators_free(struct ak_indicators *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < AK_INDICATOR_KINDS; i++)
        ak_buf_free(&set->likes[i]);
    ak_buf_free(&set->pool);
    ak_buf_free(&set->entries);
    ak_buf_free(&set->groups);
    ak_buf_free(&set->label_slots);
    ak_arena_free(set->scratch);
    free(set->slots);
    free(set->filter);
    free(set);
}

size_t ak_indicators_count(const struct ak_indicators *set) { return set->n; }

size_t ak_indicators_of_kind(const struct ak_indicators *set, enum ak_indicator_kind kind)
{
    return kind < AK_INDICATOR_KINDS ? set->n_of[kind] : 0;
}

const struct ak_feed_problem *ak_indicators_problems(const struct ak_indicators *set, size_t *out_n)
{
    *out_n = set->n_problems_kept;
    return set->problems;
}

struct ak_indicators_sum ak_indicators_sum(const struct ak_indicators *set)
{
    struct ak_indicators_sum sum = set->sum;
    sum.bytes = set->pool.cap + set->entries.cap + set->groups.cap + set->label_slots.cap +
                set->n_slots * sizeof(*set->slots) + set->n_slots / 2;
    return sum;
}

static void put_address(struct ak_buf *to, struct ak_bytes address)
{
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(address.n == 4 ? AF_INET : AF_INET6, address.at, text, sizeof(text)))
        ak_buf_text(to, text);
}

static void put_hex(struct ak_buf *to, struct ak_bytes bytes)
{
    char pair[2];
    for (size_t i = 0; i < bytes.n; i++) {
        ak_put_hex_byte(pair, bytes.at[i], ak_hex_lower);
        ak_buf_put(to, pair, 2);
    }
}

/* The text as people write it. */
static struct ak_str shown(enum ak_indicator_kind kind, bool like, struct ak_bytes text,
                           struct ak_buf *memory)
{
    memory->n = 0;
    if (kind <= AK_INDICATOR_SHA256 && !like) {
        put_hex(memory, text);
    } else if (kind == AK_INDICATOR_IP && !like) {
        put_address(memory, text);
    } else if (kind == AK_INDICATOR_NETWORK) {
        put_address(memory, (struct ak_bytes){ text.at + 1, text.n - 1 });
        ak_buf_u8(memory, '/');
        ak_buf_dec(memory, text.at[0]);
    } else {
        return ak_str_bytes(text);
    }
    return ak_buf_view(memory);
}

struct ak_indicator ak_indicator_at(const struct ak_indicators *set, uint32_t number,
                                    struct ak_buf *memory)
{
    if (number >= set->n)
        return (
            struct ak_indicator){ .value = AK_STR(""), .label = AK_STR(""), .file = AK_STR("") };
    const struct ak_indicator_entry *e = ak_indicators_entry(set, number);
    return (struct ak_indicator){ .kind = e->kind,
                                  .value =
                                      shown(e->kind, e->like, ak_indicators_text(set, e), memory),
                                  .label = label_at(set, e->label),
                                  .file = set->names[e->file],
                                  .line = e->line,
                                  .like = e->like,
                                  .group = e->group };
}
