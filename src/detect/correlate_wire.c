/* correlate_wire.c - a correlation as bytes and back.
 *
 *     type · timespan · percentile · generate · rules · group-by · aliases · fields · bounds
 *
 * Numbers are LEB128, doubles their eight bytes, lists and texts begin with their
 * length. */
#include "base/buf.h"
#include "base/reader.h"
#include "base/utf.h"
#include "detect/correlate.h"

/* ---- to bytes ---- */

static void put_text(struct ak_buf *out, struct ak_str text)
{
    ak_buf_varint(out, text.n);
    ak_buf_str(out, text);
}

static void put_texts(struct ak_buf *out, const struct ak_str *texts, size_t n)
{
    ak_buf_varint(out, n);
    for (size_t i = 0; i < n; i++)
        put_text(out, texts[i]);
}

static void put_double(struct ak_buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    ak_buf_u64le(out, bits);
}

void ak_correlation_put(struct ak_buf *out, const struct ak_correlation *what)
{
    ak_buf_varint(out, what->type);
    ak_buf_varint(out, (uint64_t)what->timespan_ns);
    put_double(out, what->percentile);
    ak_buf_u8(out, what->generate);
    ak_buf_varint(out, what->n_rules);
    for (size_t i = 0; i < what->n_rules; i++)
        ak_buf_varint(out, what->rules[i]);
    put_texts(out, what->group_by, what->n_group_by);
    ak_buf_varint(out, what->n_aliases);
    for (size_t i = 0; i < what->n_aliases; i++) {
        ak_buf_varint(out, what->aliases[i].rule);
        put_text(out, what->aliases[i].name);
        put_text(out, what->aliases[i].field);
    }
    put_texts(out, what->fields, what->n_fields);
    ak_buf_varint(out, what->n_bounds);
    for (size_t i = 0; i < what->n_bounds; i++) {
        ak_buf_varint(out, what->bounds[i].compare);
        put_double(out, what->bounds[i].value);
    }
}

/* ---- and back ---- */

struct getting {
    struct ak_reader in;
    struct ak_arena *arena;
    uint32_t n_rules;
    bool spent; /* the arena */
};

/* How many of a list follow, each of at least one byte; at most `limit`. */
static size_t get_count(struct getting *g, size_t limit)
{
    uint64_t n = ak_rd_varint(&g->in);
    if (n > limit || !ak_rd_has(&g->in, n, 1)) {
        g->in.failed = true;
        return 0;
    }
    return (size_t)n;
}

static void *get_room(struct getting *g, size_t n, size_t size, size_t align)
{
    void *at = n && ak_rd_ok(&g->in) ? ak_arena_get(g->arena, n, size, align) : NULL;
    g->spent |= n && ak_rd_ok(&g->in) && !at;
    return at;
}

static uint32_t get_rule(struct getting *g)
{
    uint64_t rule = ak_rd_varint(&g->in);
    g->in.failed |= rule >= g->n_rules;
    return (uint32_t)rule;
}

static struct ak_str get_text(struct getting *g)
{
    struct ak_bytes bytes = ak_rd_array(&g->in, ak_rd_varint(&g->in), 1);
    char *at = get_room(g, bytes.n, 1, 1);
    if (!at)
        return (struct ak_str){ 0 };
    memcpy(at, bytes.at, bytes.n);
    struct ak_str text = { at, bytes.n };
    g->in.failed |= !ak_utf8_valid(text);
    return text;
}

/* Names are not empty. */
static const struct ak_str *get_names(struct getting *g, size_t *out_n)
{
    size_t n = get_count(g, AK_CORRELATION_WIRE_NAMES);
    struct ak_str *names = get_room(g, n, sizeof(*names), alignof(struct ak_str));
    for (size_t i = 0; names && i < n; i++) {
        names[i] = get_text(g);
        g->in.failed |= !names[i].n && !g->spent;
    }
    *out_n = n;
    return names;
}

/* Infinities and what is no number are no honest bound. */
static double get_double(struct getting *g)
{
    uint64_t bits = ak_rd_u64le(&g->in);
    double value;
    memcpy(&value, &bits, sizeof(value));
    bool finite = value > -1e300 && value < 1e300;
    g->in.failed |= !finite;
    return finite ? value : 0;
}

static void get_rules(struct getting *g, struct ak_correlation *what)
{
    what->n_rules = get_count(g, AK_CORRELATION_WIRE_RULES);
    uint32_t *rules = get_room(g, what->n_rules, sizeof(*rules), alignof(uint32_t));
    for (size_t i = 0; rules && i < what->n_rules; i++)
        rules[i] = get_rule(g);
    what->rules = rules;
}

static void get_aliases(struct getting *g, struct ak_correlation *what)
{
    what->n_aliases = get_count(g, AK_CORRELATION_WIRE_ALIASES);
    struct ak_alias *aliases =
        get_room(g, what->n_aliases, sizeof(*aliases), alignof(struct ak_alias));
    for (size_t i = 0; aliases && i < what->n_aliases; i++) {
        aliases[i].rule = get_rule(g);
        aliases[i].name = get_text(g);
        aliases[i].field = get_text(g);
    }
    what->aliases = aliases;
}

static void get_bounds(struct getting *g, struct ak_correlation *what)
{
    what->n_bounds = get_count(g, AK_BOUNDS_MAX);
    for (size_t i = 0; i < what->n_bounds; i++) {
        uint64_t how = ak_rd_varint(&g->in);
        g->in.failed |= how > AK_CMP_GE;
        what->bounds[i].compare = how > AK_CMP_GE ? AK_CMP_EQ : (enum ak_compare)how;
        what->bounds[i].value = get_double(g);
    }
}

/* What the language promises of each type. */
static bool consistent(const struct ak_correlation *what)
{
    bool temporal =
        what->type == AK_CORRELATE_TEMPORAL || what->type == AK_CORRELATE_TEMPORAL_ORDERED;
    bool number = what->type >= AK_CORRELATE_VALUE_SUM;
    if (!what->n_rules || what->timespan_ns <= 0)
        return false;
    if (!temporal && !what->n_bounds)
        return false;
    if (what->percentile < 0 || what->percentile > 100)
        return false;
    if (number)
        return what->n_fields == 1;
    return what->type != AK_CORRELATE_VALUE_COUNT || what->n_fields;
}

enum ak_status ak_correlation_get(struct ak_arena *arena, struct ak_bytes bytes, uint32_t n_rules,
                                  struct ak_correlation *out)
{
    struct getting g = { .in = ak_rd_open(bytes, 0), .arena = arena, .n_rules = n_rules };
    struct ak_correlation what = { 0 };
    uint64_t type = ak_rd_varint(&g.in), span = ak_rd_varint(&g.in);
    if (type > AK_CORRELATE_VALUE_PERCENTILE || span > INT64_MAX)
        return AK_ERR_CORRUPT;
    what.type = (enum ak_correlation_type)type;
    what.timespan_ns = (int64_t)span;
    what.percentile = get_double(&g);
    uint8_t generate = ak_rd_u8(&g.in);
    what.generate = generate == 1;
    get_rules(&g, &what);
    what.group_by = get_names(&g, &what.n_group_by);
    get_aliases(&g, &what);
    what.fields = get_names(&g, &what.n_fields);
    get_bounds(&g, &what);
    if (g.spent)
        return AK_ERR_LIMIT;
    if (!ak_rd_ok(&g.in) || ak_rd_left(&g.in) || generate > 1 || !consistent(&what))
        return AK_ERR_CORRUPT;
    *out = what;
    return AK_OK;
}
