/* rule_wire.c - see rule_wire.h. */
#include "detect/rule_wire.h"

#include "base/reader.h"
#include "detect/correlate.h"
#include "detect/rules_read.h"

enum { TAGS_MAX = 1024 };

/* ---- severities ---- */

static const char *const SEVERITIES[] = { "undefined", "informational", "low",
                                          "medium",    "high",          "critical" };
static const char *const SHORT[] = { "undef", "info", "low", "med", "high", "crit" };
enum { N_SEVERITIES = sizeof(SEVERITIES) / sizeof(SEVERITIES[0]) };

const char *ak_severity_name(enum ak_severity severity)
{
    return SEVERITIES[(size_t)severity < N_SEVERITIES ? (size_t)severity : 0];
}

int ak_severity_named(struct ak_str name)
{
    for (int i = 0; i < N_SEVERITIES; i++)
        if (ak_str_eq_fold(name, ak_str_of(SEVERITIES[i])) ||
            ak_str_eq_fold(name, ak_str_of(SHORT[i])))
            return i;
    return -1;
}

/* ---- texts ---- */

static void put(struct ak_buf *out, struct ak_str s)
{
    if (s.n > AK_REPORT_TEXT_MAX) {
        s.n = AK_REPORT_TEXT_MAX;
        while (s.n && ((unsigned char)s.at[s.n] & 0xC0) == 0x80)
            s.n--;
    }
    ak_buf_varint(out, s.n);
    ak_buf_str(out, s);
}

struct getting {
    struct ak_reader r;
    struct ak_arena *arena;
    bool spent;
};

/* Copied into the arena, with a zero behind it. */
static struct ak_str get(struct getting *g)
{
    struct ak_bytes b = ak_rd_array(&g->r, ak_rd_varint(&g->r), 1);
    char *copy = AK_NEW_N(g->arena, char, b.n + 1);
    g->r.failed = g->r.failed || b.n > AK_REPORT_TEXT_MAX;
    g->spent = g->spent || !copy;
    if (!copy || !ak_rd_ok(&g->r))
        return AK_STR("");
    if (b.n)
        memcpy(copy, b.at, b.n);
    return (struct ak_str){ copy, b.n };
}

static enum ak_status got(const struct getting *g)
{
    if (g->spent)
        return AK_ERR_LIMIT;
    return ak_rd_ok(&g->r) && ak_rd_left(&g->r) == 0 ? AK_OK : AK_ERR_CORRUPT;
}

static uint32_t get_below(struct getting *g, uint64_t limit)
{
    uint64_t v = ak_rd_varint(&g->r);
    g->r.failed = g->r.failed || v >= limit;
    return g->r.failed ? 0 : (uint32_t)v;
}

/* ---- sums ---- */

void ak_rule_sums_put(struct ak_buf *out, const struct ak_rule_sums *s)
{
    ak_buf_varint(out, s->status);
    ak_buf_varint(out, s->n_rules);
    ak_buf_varint(out, s->n_problems);
    ak_buf_varint(out, s->n_classes);
    ak_buf_varint(out, s->n_filters);
    ak_buf_varint(out, s->n_files);
}

enum ak_status ak_rule_sums_get(struct ak_bytes bytes, struct ak_rule_sums *out)
{
    struct getting g = { .r = ak_rd_open(bytes, 0) };
    out->status = (enum ak_status)get_below(&g, 256);
    out->n_rules = get_below(&g, AK_RULES_MAX + 1);
    out->n_problems = get_below(&g, 4 * AK_RULES_MAX + 1);
    out->n_classes = get_below(&g, AK_REPORT_CLASSES_MAX + 1);
    out->n_filters = get_below(&g, UINT32_MAX);
    out->n_files = get_below(&g, UINT32_MAX);
    return got(&g);
}

/* ---- rules ---- */

static void put_rule(struct ak_buf *out, const struct ak_rule *r)
{
    const struct ak_str texts[] = {
        r->id,   r->name,     r->title, r->title_ja,       r->author,          r->status,
        r->date, r->modified, r->file,  r->source.product, r->source.category, r->source.service
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        put(out, texts[i]);
    ak_buf_varint(out, r->line);
    ak_buf_varint(out, r->severity);
    ak_buf_u8(out, r->silent);
    size_t n = r->n_tags < TAGS_MAX ? r->n_tags : TAGS_MAX;
    ak_buf_varint(out, n);
    for (size_t i = 0; i < n; i++)
        put(out, r->tags[i]);
}

void ak_rule_report_put(struct ak_buf *out, const struct ak_rule_report *report)
{
    struct ak_buf correlation = { 0 };
    ak_buf_varint(out, report->number);
    put_rule(out, &report->rule);
    ak_buf_varint(out, report->binding);
    ak_buf_varint(out, report->n_classes);
    for (size_t i = 0; i < report->n_classes; i++)
        ak_buf_varint(out, report->classes[i]);
    if (report->rule.correlation)
        ak_correlation_put(&correlation, report->rule.correlation);
    ak_buf_varint(out, correlation.n);
    ak_buf_put(out, correlation.at, correlation.n);
    ak_buf_free(&correlation);
}

static void get_tags(struct getting *g, struct ak_rule *r)
{
    r->n_tags = get_below(g, TAGS_MAX + 1);
    struct ak_str *tags = AK_NEW_N(g->arena, struct ak_str, r->n_tags + 1);
    g->spent = g->spent || !tags;
    for (size_t i = 0; tags && i < r->n_tags; i++)
        tags[i] = get(g);
    r->tags = tags;
    r->n_tags = tags ? r->n_tags : 0;
}

static void get_rule(struct getting *g, struct ak_rule *r)
{
    struct ak_str *const texts[] = { &r->id,
                                     &r->name,
                                     &r->title,
                                     &r->title_ja,
                                     &r->author,
                                     &r->status,
                                     &r->date,
                                     &r->modified,
                                     &r->file,
                                     &r->source.product,
                                     &r->source.category,
                                     &r->source.service };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i] = get(g);
    r->line = get_below(g, UINT32_MAX);
    r->severity = (enum ak_severity)get_below(g, N_SEVERITIES);
    r->silent = ak_rd_u8(&g->r) != 0;
    get_tags(g, r);
}

static void get_classes(struct getting *g, const struct ak_rule_sums *sums,
                        struct ak_rule_report *out)
{
    out->n_classes = get_below(g, (uint64_t)sums->n_classes + 1);
    uint32_t *classes = AK_NEW_N(g->arena, uint32_t, out->n_classes + 1);
    g->spent = g->spent || !classes;
    for (size_t i = 0; classes && i < out->n_classes; i++)
        classes[i] = get_below(g, sums->n_classes);
    out->classes = classes;
    out->n_classes = classes ? out->n_classes : 0;
}

enum ak_status ak_rule_report_get(struct ak_arena *arena, struct ak_bytes bytes,
                                  const struct ak_rule_sums *sums, struct ak_rule_report *out)
{
    struct getting g = { .r = ak_rd_open(bytes, 0), .arena = arena };
    *out = (struct ak_rule_report){ 0 };
    out->number = get_below(&g, sums->n_rules);
    get_rule(&g, &out->rule);
    out->binding = (enum ak_rule_binding)get_below(&g, AK_BOUND_BY_OTHERS + 1);
    get_classes(&g, sums, out);
    struct ak_bytes correlation = ak_rd_array(&g.r, ak_rd_varint(&g.r), 1);
    enum ak_status st = got(&g);
    if (st != AK_OK || correlation.n == 0)
        return st;
    struct ak_correlation *c = AK_NEW(arena, struct ak_correlation);
    if (!c)
        return AK_ERR_LIMIT;
    out->rule.correlation = c;
    return ak_correlation_get(arena, correlation, sums->n_rules, c);
}

/* ---- problems ---- */

void ak_rule_problem_put(struct ak_buf *out, const struct ak_rule_problem *p)
{
    put(out, p->file);
    ak_buf_varint(out, p->line);
    put(out, p->id);
    put(out, p->title);
    put(out, ak_str_of(p->what));
    put(out, p->detail);
}

enum ak_status ak_rule_problem_get(struct ak_arena *arena, struct ak_bytes bytes,
                                   struct ak_rule_problem *out)
{
    struct getting g = { .r = ak_rd_open(bytes, 0), .arena = arena };
    out->file = get(&g);
    out->line = get_below(&g, UINT32_MAX);
    out->id = get(&g);
    out->title = get(&g);
    out->what = get(&g).at;
    out->detail = get(&g);
    return got(&g);
}
