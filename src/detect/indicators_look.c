/* indicators_look.c - does an event have an indicator?
 *
 * What is worth looking at is worked out once per shape.  Texts repeat: one that
 * was found to hold nothing is kept by its bytes and not looked at again. */
#include "detect/indicators_look.h"

#include "base/fold.h"
#include "base/hash.h"
#include "detect/indicators_fields.h"
#include "detect/indicators_normal.h"

#include <stdlib.h>

enum { N_PLANS = 4096, PLAN_BYTES = 32 << 20 };
enum { N_SEEN = 1 << 15, SEEN_BYTES = 8 << 20, SEEN_TEXT_MAX = 2048, WALK_MAX = 64 };

/* The fields of a shape to look at. */
struct ak_look_plan {
    const struct ak_shape *shape;
    struct ak_look_plan *next;
    size_t n;
    struct plan_field {
        uint16_t index, looks;
    } * fields;
};

/* Texts known to hold nothing, by their bytes and what they were looked at for.
 * When their memory is full all are forgotten. */
struct ak_look_seen {
    struct seen_slot {
        uint64_t hash;
        uint32_t at, n; /* n: bytes plus one; 0: free */
    } slots[N_SEEN];
    struct ak_buf bytes; /* at most SEEN_BYTES */
};

/* ---- matches ---- */

static struct ak_str keep_value(char *to, struct ak_str value)
{
    size_t n = value.n < AK_LOOK_VALUE_MAX ? value.n : AK_LOOK_VALUE_MAX;
    while (n < value.n && n > 0 && ((unsigned char)value.at[n] & 0xC0) == 0x80)
        n--;
    if (n)
        memcpy(to, value.at, n);
    return (struct ak_str){ to, n };
}

static bool is_told(const struct ak_indicator_match *matches, size_t n, uint32_t number)
{
    for (size_t i = 0; i < n; i++)
        if (matches[i].number == number)
            return true;
    return false;
}

static void add_match(struct ak_indicators_look *l, uint32_t number, struct ak_str value)
{
    bool part = ak_indicators_entry(l->set, number)->group != 0;
    struct ak_indicator_match *to = part ? l->parts : l->matches;
    size_t *n = part ? &l->n_parts : &l->n_matches,
           max = part ? AK_LOOK_PARTS_MAX : AK_INDICATOR_MATCHES_MAX;
    l->n_found++;
    if (*n == max || is_told(to, *n, number))
        return;
    char *memory = l->values[part ? AK_INDICATOR_MATCHES_MAX + *n : *n];
    to[(*n)++] = (struct ak_indicator_match){ number, l->field, keep_value(memory, value) };
}

/* Does the text match a pattern with '%' and '_'?  One place to go back to. */
static bool like(struct ak_str pattern, struct ak_str text)
{
    size_t p = 0, t = 0, back_p = SIZE_MAX, back_t = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.at[p] == '%') {
            back_p = ++p;
            back_t = t;
        } else if (p < pattern.n && (pattern.at[p] == '_' || pattern.at[p] == text.at[t])) {
            p++;
            t++;
        } else if (back_p != SIZE_MAX) {
            p = back_p;
            t = ++back_t;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.at[p] == '%')
        p++;
    return p == pattern.n;
}

static void try_likes(struct ak_indicators_look *l, enum ak_indicator_kind kind, struct ak_str text)
{
    const struct ak_buf *list = &l->set->likes[kind];
    for (size_t at = 0; at + 4 <= list->n; at += 4) {
        uint32_t number;
        memcpy(&number, list->at + at, 4);
        if (like(ak_str_bytes(ak_indicators_text(l->set, ak_indicators_entry(l->set, number))),
                 text))
            add_match(l, number, text);
    }
}

/* Everything kept under this text. */
static void find_all(struct ak_indicators_look *l, enum ak_indicator_kind kind,
                     struct ak_bytes text, struct ak_str shown)
{
    for (uint32_t at = ak_indicators_find(l->set, kind, text); at;) {
        const struct ak_indicator_entry *e = ak_indicators_entry(l->set, at - 1);
        if (!e->like)
            add_match(l, at - 1, shown);
        at = e->next;
    }
}

void ak_look_try(struct ak_indicators_look *l, enum ak_indicator_kind kind, struct ak_str text)
{
    if (l->set->n_of[kind] == 0 || text.n == 0)
        return;
    find_all(l, kind, ak_bytes_str(text), text);
    if (l->set->likes[kind].n)
        try_likes(l, kind, text);
}

/* ---- hosts ---- */

void ak_look_domain(struct ak_indicators_look *l, struct ak_str s)
{
    while (s.n && s.at[s.n - 1] == '.')
        s.n--;
    if (l->set->n_of[AK_INDICATOR_DOMAIN] == 0 || !ak_indicator_is_domain(s))
        return;
    ak_look_try(l, AK_INDICATOR_DOMAIN, s);
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.at[i] == '.')
            find_all(l, AK_INDICATOR_DOMAIN,
                     ak_bytes_str((struct ak_str){ s.at + i + 1, s.n - i - 1 }), s);
}

static void try_network(struct ak_indicators_look *l, const uint8_t *address, size_t n,
                        unsigned bits, struct ak_str shown)
{
    uint8_t key[17] = { (uint8_t)bits };
    for (size_t i = 0; i < n; i++) {
        unsigned kept = bits > i * 8 ? bits - (unsigned)i * 8 : 0;
        key[1 + i] = address[i] & (uint8_t)(kept >= 8 ? 0xFF : 0xFF00 >> kept);
    }
    find_all(l, AK_INDICATOR_NETWORK, (struct ak_bytes){ key, n + 1 }, shown);
}

/* Each length of prefix that some network has costs one look into the table. */
static void try_networks(struct ak_indicators_look *l, const uint8_t *address, size_t n,
                         struct ak_str shown)
{
    const uint64_t *words = n == 4 ? &l->set->v4_bits : l->set->v6_bits;
    for (size_t w = 0; w < (n == 4 ? 1u : 3u); w++)
        for (uint64_t left = words[w]; left; left &= left - 1)
            try_network(l, address, n, (unsigned)(w * 64) + (unsigned)__builtin_ctzll(left), shown);
}

bool ak_look_address(struct ak_indicators_look *l, struct ak_str s)
{
    uint8_t address[16];
    size_t n = ak_indicator_ip(s, address);
    if (n == 0)
        return false;
    find_all(l, AK_INDICATOR_IP, (struct ak_bytes){ address, n }, s);
    if (l->set->likes[AK_INDICATOR_IP].n)
        try_likes(l, AK_INDICATOR_IP, s);
    if (l->set->n_of[AK_INDICATOR_NETWORK])
        try_networks(l, address, n, s);
    return true;
}

void ak_look_host(struct ak_indicators_look *l, struct ak_str s)
{
    s = ak_str_trim(s);
    if (s.n > 2 && s.at[0] == '\\')
        s = ak_indicator_file_name(s); /* "\\server" */
    if (s.n == 0 || ak_look_address(l, s))
        return;
    struct ak_str host = ak_indicator_host_of(s); /* behind it a port */
    if (!ak_look_address(l, host))
        ak_look_domain(l, host);
}

void ak_look_hash(struct ak_indicators_look *l, struct ak_bytes hash)
{
    char text[64];
    static const char DIGITS[] = "0123456789abcdef";
    enum ak_indicator_kind kind = hash.n == 16   ? AK_INDICATOR_MD5
                                  : hash.n == 20 ? AK_INDICATOR_SHA1
                                                 : AK_INDICATOR_SHA256;
    if (hash.n > 32 || l->set->n_of[kind] == 0)
        return;
    for (size_t i = 0; i < hash.n; i++) {
        text[2 * i] = DIGITS[hash.at[i] >> 4];
        text[2 * i + 1] = DIGITS[hash.at[i] & 15];
    }
    struct ak_str shown = { text, 2 * hash.n };
    find_all(l, kind, hash, shown);
    if (l->set->likes[kind].n)
        try_likes(l, kind, shown);
}

/* ---- URLs, paths, keys ---- */

static char *room_for(struct ak_indicators_look *l, size_t n)
{
    l->normal.n = 0;
    return (char *)ak_buf_room(&l->normal, AK_INDICATOR_ROOM(n));
}

void ak_look_url(struct ak_indicators_look *l, struct ak_str s)
{
    char *to = room_for(l, s.n);
    if (!to)
        return;
    struct ak_str url = { to, ak_indicator_url(to, s) };
    ak_look_try(l, AK_INDICATOR_URL, url);
    const char *query = url.n ? memchr(url.at, '?', url.n) : NULL;
    if (query)
        find_all(l, AK_INDICATOR_URL,
                 (struct ak_bytes){ (const uint8_t *)url.at, (size_t)(query - url.at) }, url);
    struct ak_str host = ak_indicator_host_of(url);
    if (host.n && !ak_look_address(l, host))
        ak_look_domain(l, host);
}

void ak_look_path(struct ak_indicators_look *l, struct ak_str s)
{
    bool end;
    ak_look_try(l, AK_INDICATOR_FILE_NAME, ak_indicator_file_name(s));
    if (l->set->n_of[AK_INDICATOR_FILE_PATH] + l->set->n_of[AK_INDICATOR_PATH_END] == 0)
        return;
    char *to = room_for(l, s.n);
    if (!to)
        return;
    struct ak_str path = { to, ak_indicator_path(to, s, &end) };
    ak_look_try(l, AK_INDICATOR_FILE_PATH, path);
    if (l->set->n_of[AK_INDICATOR_PATH_END] == 0)
        return;
    unsigned steps = 0;
    for (size_t i = path.n; i > 0 && steps < WALK_MAX; i--)
        if (path.at[i - 1] == '/') {
            find_all(l, AK_INDICATOR_PATH_END,
                     ak_bytes_str((struct ak_str){ path.at + i - 1, path.n - i + 1 }), path);
            steps++;
        }
}

/* The key and those above it. */
void ak_look_registry(struct ak_indicators_look *l, struct ak_str s)
{
    char *to = l->set->n_of[AK_INDICATOR_REGISTRY] ? room_for(l, s.n) : NULL;
    if (!to)
        return;
    struct ak_str key = { to, ak_indicator_registry(to, s) };
    ak_look_try(l, AK_INDICATOR_REGISTRY, key);
    unsigned steps = 0;
    for (size_t i = key.n; i > 0 && steps < WALK_MAX; i--)
        if (key.at[i - 1] == '/') {
            find_all(l, AK_INDICATOR_REGISTRY, ak_bytes_str((struct ak_str){ key.at, i - 1 }), key);
            steps++;
        }
}

/* ---- texts of events ---- */

static void look_at(struct ak_indicators_look *l, struct ak_str folded, unsigned looks)
{
    if (looks & AK_LOOK_HOST)
        ak_look_host(l, folded);
    if (looks & AK_LOOK_URL)
        ak_look_url(l, folded);
    if (looks & AK_LOOK_PATH)
        ak_look_path(l, ak_str_trim(folded));
    if (looks & AK_LOOK_REGISTRY)
        ak_look_registry(l, folded);
    if (looks & AK_LOOK_MUTEX)
        ak_look_try(l, AK_INDICATOR_MUTEX, ak_indicator_mutex(folded));
    if (looks & AK_LOOK_PIPE)
        ak_look_try(l, AK_INDICATOR_PIPE, ak_indicator_pipe(folded));
    if (looks & AK_LOOK_AGENT)
        ak_look_try(l, AK_INDICATOR_USER_AGENT, ak_str_trim(folded));
    if (looks & AK_LOOK_COMMAND)
        ak_look_try(l, AK_INDICATOR_COMMAND, ak_str_trim(folded));
    if (looks & AK_LOOK_FREE)
        ak_look_free_text(l, folded);
}

static bool is_seen(struct ak_indicators_look *l, struct ak_bytes raw, uint64_t hash,
                    struct seen_slot **out)
{
    struct seen_slot *s = &l->seen->slots[hash & (N_SEEN - 1)];
    *out = s;
    return s->n == raw.n + 1 && s->hash == hash &&
           memcmp(l->seen->bytes.at + s->at, raw.at, raw.n) == 0;
}

static void remember(struct ak_indicators_look *l, struct ak_bytes raw, uint64_t hash,
                     struct seen_slot *slot)
{
    struct ak_look_seen *seen = l->seen;
    if (raw.n > SEEN_BYTES - seen->bytes.n) {
        memset(seen->slots, 0, sizeof(seen->slots));
        seen->bytes.n = 0;
    }
    uint32_t at = (uint32_t)seen->bytes.n;
    ak_buf_put(&seen->bytes, raw.at, raw.n);
    if (!seen->bytes.failed) /* without memory nothing is remembered, and all found */
        *slot = (struct seen_slot){ hash, at, (uint32_t)raw.n + 1 };
}

static void look_at_text(struct ak_indicators_look *l, struct ak_bytes raw, bool wide,
                         unsigned looks)
{
    struct seen_slot *slot = NULL;
    uint64_t hash = 0;
    bool short_text = raw.n <= SEEN_TEXT_MAX;
    if (raw.n == 0)
        return;
    if (short_text) { /* what it was looked at for, and how it is coded, is part of the hash */
        hash = ak_hash(raw.at, raw.n) ^ ak_hash_mix(looks * 2 + wide, UINT64_C(0xD6E8FEB86659FD93));
        if (is_seen(l, raw, hash, &slot))
            return;
    }
    l->folded.n = 0;
    char *to = (char *)ak_buf_room(&l->folded, raw.n * 3 / 2 + 8);
    if (!to)
        return;
    struct ak_str folded = { to, wide ? ak_fold_utf16le(to, raw) : ak_fold(to, ak_str_bytes(raw)) };
    l->n_found = 0;
    look_at(l, folded, looks);
    if (short_text && l->n_found == 0)
        remember(l, raw, hash, slot);
}

static void look_at_value(struct ak_indicators_look *l, const struct ak_value *v, unsigned looks)
{
    if (v->type == AK_TYPE_STR)
        look_at_text(l, ak_bytes_str(v->str), false, looks);
    else if (v->type == AK_TYPE_STR16)
        look_at_text(l, v->bytes, true, looks);
    else if (v->type == AK_TYPE_BYTES && (v->bytes.n == 16 || v->bytes.n == 20 || v->bytes.n == 32))
        ak_look_hash(l, v->bytes);
}

/* ---- plans ---- */

static struct ak_look_plan *make_plan(struct ak_indicators_look *l, const struct ak_shape *shape)
{
    struct ak_look_plan *p = AK_NEW(l->plan_memory, struct ak_look_plan);
    if (!p)
        return NULL;
    p->shape = shape;
    p->fields = AK_NEW_N(l->plan_memory, struct plan_field, shape->n ? shape->n : 1);
    for (size_t i = 0; p->fields && i < shape->n && i <= UINT16_MAX; i++) {
        unsigned looks = ak_indicator_looks(shape->names[i]) & l->wanted;
        if (looks)
            p->fields[p->n++] = (struct plan_field){ (uint16_t)i, (uint16_t)looks };
    }
    return p->fields ? p : NULL;
}

static const struct ak_look_plan *plan_of(struct ak_indicators_look *l,
                                          const struct ak_shape *shape)
{
    if (l->last && l->last->shape == shape)
        return l->last;
    uintptr_t address = (uintptr_t)shape;
    struct ak_look_plan **head = &l->plans[ak_hash(&address, sizeof(address)) & (N_PLANS - 1)];
    for (struct ak_look_plan *p = *head; p; p = p->next)
        if (p->shape == shape)
            return l->last = p;
    struct ak_look_plan *made = make_plan(l, shape);
    if (!made) { /* evidence with endless shapes: begin anew */
        ak_indicators_forget(l);
        made = make_plan(l, shape);
    }
    if (!made)
        return NULL;
    made->next = *head;
    *head = made;
    return l->last = made;
}

void ak_indicators_forget(struct ak_indicators_look *l)
{
    ak_arena_reset(l->plan_memory);
    memset(l->plans, 0, N_PLANS * sizeof(struct ak_look_plan *));
    l->last = NULL;
}

/* ---- the entry ---- */

/* Groups whose parts were all met. */
static void add_groups(struct ak_indicators_look *l)
{
    for (size_t i = 0; i < l->n_parts; i++) {
        uint32_t group = ak_indicators_entry(l->set, l->parts[i].number)->group;
        unsigned n = 0;
        bool first = true;
        for (size_t k = 0; k < l->n_parts; k++) {
            bool same = ak_indicators_entry(l->set, l->parts[k].number)->group == group;
            n += same;
            first &= !same || k >= i;
        }
        if (first && n >= ak_indicators_group_parts(l->set, group) &&
            l->n_matches < AK_INDICATOR_MATCHES_MAX)
            l->matches[l->n_matches++] = l->parts[i];
    }
}

size_t ak_indicators_look(struct ak_indicators_look *l, const struct ak_event *event,
                          const struct ak_indicator_match **out)
{
    const struct ak_look_plan *plan = plan_of(l, event->shape);
    l->n_matches = l->n_parts = 0;
    *out = l->matches;
    for (size_t i = 0; plan && i < plan->n; i++) {
        unsigned index = plan->fields[i].index;
        l->field = event->shape->names[index];
        look_at_value(l, &event->values[index], plan->fields[i].looks);
    }
    if (l->n_parts)
        add_groups(l);
    return l->n_matches;
}

/* What some indicator makes worth looking at. */
static unsigned wanted_by(const struct ak_indicators *set)
{
    static const unsigned LOOKS[AK_INDICATOR_KINDS] = {
        [AK_INDICATOR_MD5] = AK_LOOK_FREE,
        [AK_INDICATOR_SHA1] = AK_LOOK_FREE,
        [AK_INDICATOR_SHA256] = AK_LOOK_FREE,
        [AK_INDICATOR_IP] = AK_LOOK_HOST | AK_LOOK_URL | AK_LOOK_FREE,
        [AK_INDICATOR_NETWORK] = AK_LOOK_HOST | AK_LOOK_URL | AK_LOOK_FREE,
        [AK_INDICATOR_DOMAIN] = AK_LOOK_HOST | AK_LOOK_URL | AK_LOOK_FREE,
        [AK_INDICATOR_URL] = AK_LOOK_URL | AK_LOOK_FREE,
        [AK_INDICATOR_EMAIL] = AK_LOOK_FREE,
        [AK_INDICATOR_FILE_NAME] = AK_LOOK_PATH | AK_LOOK_FREE,
        [AK_INDICATOR_FILE_PATH] = AK_LOOK_PATH | AK_LOOK_FREE,
        [AK_INDICATOR_PATH_END] = AK_LOOK_PATH | AK_LOOK_FREE,
        [AK_INDICATOR_REGISTRY] = AK_LOOK_REGISTRY | AK_LOOK_FREE,
        [AK_INDICATOR_MUTEX] = AK_LOOK_MUTEX,
        [AK_INDICATOR_PIPE] = AK_LOOK_PIPE,
        [AK_INDICATOR_USER_AGENT] = AK_LOOK_AGENT,
        [AK_INDICATOR_COMMAND] = AK_LOOK_COMMAND,
    };
    unsigned wanted = 0;
    for (size_t i = 0; i < AK_INDICATOR_KINDS; i++)
        wanted |= set->n_of[i] ? LOOKS[i] : 0;
    return wanted;
}

struct ak_indicators_look *ak_indicators_look_new(const struct ak_indicators *set)
{
    struct ak_indicators_look *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->set = set;
    l->wanted = wanted_by(set);
    l->plan_memory = ak_arena_new(PLAN_BYTES);
    l->plans = calloc(N_PLANS, sizeof(struct ak_look_plan *));
    l->seen = calloc(1, sizeof(*l->seen));
    if (l->plan_memory && l->plans && l->seen)
        return l;
    ak_indicators_look_free(l);
    return NULL;
}

void ak_indicators_look_free(struct ak_indicators_look *l)
{
    if (!l)
        return;
    ak_arena_free(l->plan_memory);
    ak_buf_free(&l->folded);
    ak_buf_free(&l->normal);
    free(l->plans);
    if (l->seen)
        ak_buf_free(&l->seen->bytes);
    free(l->seen);
    free(l);
}
