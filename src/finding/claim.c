/* claim.c - see claim.h. */
#include "finding/claim.h"

#include "base/json.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

struct ak_claims {
    struct ak_store *store;
    const struct ak_reading *reading;
    const struct ak_zone *zone;
    sqlite3_stmt *put;
    uint32_t n;
};

const char *ak_level_name(enum ak_level level)
{
    static const char *const NAMES[] = { "LX", "LN", "L0", "L1", "L2", "L3", "L4", "L5", "L6" };
    return NAMES[level];
}

struct ak_arg ak_arg_text(const char *name, struct ak_str text)
{
    return (struct ak_arg){ .name = name, .kind = AK_ARG_TEXT, .text = text };
}

struct ak_arg ak_arg_both(const char *name, struct ak_str en, struct ak_str ja)
{
    return (struct ak_arg){ .name = name, .kind = AK_ARG_BOTH, .text = en, .text_ja = ja };
}

struct ak_arg ak_arg_word(const char *name, const char *english)
{
    return (struct ak_arg){ .name = name, .kind = AK_ARG_WORD, .text = ak_str_of(english) };
}

struct ak_arg ak_arg_number(const char *name, uint64_t n)
{
    return (struct ak_arg){ .name = name, .kind = AK_ARG_NUMBER, .number = n };
}

struct ak_arg ak_arg_bytes(const char *name, uint64_t n)
{
    return (struct ak_arg){ .name = name, .kind = AK_ARG_BYTES, .number = n };
}

struct ak_arg ak_arg_time(const char *name, int64_t ns)
{
    return (struct ak_arg){ .name = name, .kind = AK_ARG_TIME, .ns = ns };
}

struct ak_arg ak_arg_percent(const char *name, uint64_t tenths)
{
    return (struct ak_arg){ .name = name, .kind = AK_ARG_PERCENT, .number = tenths };
}

void ak_claim_arg(struct ak_claim *c, struct ak_arg arg)
{
    if (c->n_args < AK_CLAIM_ARGS)
        c->args[c->n_args++] = arg;
}

void ak_claim_basis(struct ak_claim *c, struct ak_event_ref ref)
{
    for (size_t i = 0; i < c->n_basis; i++)
        if (c->basis[i].rank == ref.rank && c->basis[i].seq == ref.seq)
            return;
    if (c->n_basis < AK_CLAIM_BASIS)
        c->basis[c->n_basis++] = ref;
}

void ak_claim_limit(struct ak_claim *c, const char *english)
{
    if (c->n_limits < AK_CLAIM_LIMITS)
        c->limits[c->n_limits++] = english;
}

/* ---- texts ---- */

/* "JST" for Japan, "UTC" where it is, else "+02:00". */
static void zone_text(struct ak_buf *out, int32_t offset_s)
{
    if (offset_s == 9 * 3600) {
        ak_buf_text(out, "JST");
    } else if (offset_s == 0) {
        ak_buf_text(out, "UTC");
    } else {
        int32_t minutes = offset_s / 60;
        ak_buf_printf(out, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
                      abs(minutes) % 60);
    }
}

void ak_time_text(struct ak_buf *out, int64_t ns, const struct ak_zone *zone, enum ak_lang lang)
{
    static const int64_t S = 1000000000;
    int64_t seconds = ns / S - (ns % S < 0);
    int32_t offset = ak_zone_offset(zone, seconds);
    struct ak_civil c = ak_civil_of((seconds + offset) * S);
    if (lang == AK_LANG_JA)
        ak_buf_printf(out, "%d年%u月%u日 %02u:%02u:%02u(", c.year, c.month, c.day, c.hour, c.minute,
                      c.second);
    else
        ak_buf_printf(out, "%04d-%02u-%02u %02u:%02u:%02u (", c.year, c.month, c.day, c.hour,
                      c.minute, c.second);
    zone_text(out, offset);
    ak_buf_u8(out, ')');
}

static void number_text(struct ak_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            ak_buf_u8(out, ',');
        ak_buf_u8(out, (uint8_t)digits[i]);
    }
}

static void bytes_text(struct ak_buf *out, uint64_t n, enum ak_lang lang)
{
    static const char *const UNITS[] = { "", "KB", "MB", "GB", "TB" };
    double v = (double)n;
    unsigned i = 0;
    while (v >= 1000 && i < 4) {
        v /= 1000;
        i++;
    }
    if (i > 0) {
        ak_buf_printf(out, lang == AK_LANG_JA ? "%.1f%s(" : "%.1f %s (", v, UNITS[i]);
        number_text(out, n);
        ak_buf_text(out, lang == AK_LANG_JA ? "バイト)" : " bytes)");
    } else {
        number_text(out, n);
        ak_buf_text(out, lang == AK_LANG_JA ? "バイト" : " bytes");
    }
}

static void arg_text(struct ak_buf *out, const struct ak_claims *cs, const struct ak_arg *a,
                     enum ak_lang lang)
{
    switch (a->kind) {
    case AK_ARG_TEXT:
        ak_buf_str(out, a->text);
        break;
    case AK_ARG_BOTH:
        ak_buf_str(out, lang == AK_LANG_JA && a->text_ja.n ? a->text_ja : a->text);
        break;
    case AK_ARG_WORD:
        ak_buf_text(out, ak_word(lang, a->text.at));
        break;
    case AK_ARG_NUMBER:
        number_text(out, a->number);
        break;
    case AK_ARG_BYTES:
        bytes_text(out, a->number, lang);
        break;
    case AK_ARG_TIME:
        ak_time_text(out, a->ns, cs->zone, lang);
        break;
    case AK_ARG_PERCENT:
        ak_buf_printf(out, "%llu.%llu%%", (unsigned long long)(a->number / 10),
                      (unsigned long long)(a->number % 10));
        break;
    }
}

static const struct ak_arg *find_arg(const struct ak_claim *c, const char *name, size_t n)
{
    for (size_t i = 0; i < c->n_args; i++)
        if (strlen(c->args[i].name) == n && memcmp(c->args[i].name, name, n) == 0)
            return &c->args[i];
    return NULL;
}

void ak_claim_text(struct ak_buf *out, const struct ak_claims *cs, const struct ak_claim *c,
                   enum ak_lang lang)
{
    for (const char *p = ak_word(lang, c->sentence); *p;) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        const struct ak_arg *a = end ? find_arg(c, p + 1, (size_t)(end - p) - 1) : NULL;
        if (a) {
            arg_text(out, cs, a, lang);
            p = end + 1;
        } else {
            ak_buf_put(out, p++, 1);
        }
    }
}

/* ---- JSON columns ---- */

static void value_json(struct ak_buf *out, const struct ak_claim *c)
{
    ak_buf_u8(out, '{');
    for (size_t i = 0; i < c->n_args; i++) {
        const struct ak_arg *a = &c->args[i];
        ak_json_key(out, a->name);
        if (a->kind == AK_ARG_TEXT || a->kind == AK_ARG_WORD || a->kind == AK_ARG_BOTH)
            ak_json_str(out, a->text);
        else if (a->kind == AK_ARG_TIME)
            ak_json_stamp(out, (struct ak_stamp){ a->ns, AK_STAMP_SET | AK_PREC_MS });
        else
            ak_buf_dec(out, a->number);
    }
    ak_buf_u8(out, '}');
}

static void basis_json(struct ak_buf *out, const struct ak_claims *cs, const struct ak_claim *c)
{
    ak_buf_u8(out, '[');
    for (size_t i = 0; i < c->n_basis; i++) {
        const struct ak_item_info *item = ak_reading_item(cs->reading, c->basis[i].rank);
        char id[AK_EVENT_ID_MAX];
        if (!item)
            continue;
        snprintf(id, sizeof(id), "%.*s:%u", (int)item->key.n, item->key.at, c->basis[i].seq);
        ak_json_comma(out);
        ak_json_str(out, ak_str_of(id));
    }
    if (c->basis_source.n) {
        ak_json_comma(out);
        ak_json_str(out, c->basis_source);
    }
    ak_buf_u8(out, ']');
}

static void coverage_json(struct ak_buf *out, const struct ak_claim *c)
{
    ak_buf_u8(out, '[');
    for (size_t i = 0; i < c->n_coverage; i++) {
        ak_json_comma(out);
        ak_buf_idec(out, c->coverage[i]);
    }
    ak_buf_u8(out, ']');
}

static void limits_json(struct ak_buf *out, const struct ak_claim *c)
{
    ak_buf_u8(out, '[');
    for (size_t i = 0; i < c->n_limits; i++) {
        ak_json_comma(out);
        ak_buf_u8(out, '{');
        ak_json_key(out, "ja");
        ak_json_str(out, ak_str_of(ak_word(AK_LANG_JA, c->limits[i])));
        ak_json_key(out, "en");
        ak_json_str(out, ak_str_of(c->limits[i]));
        ak_buf_u8(out, '}');
    }
    ak_buf_u8(out, ']');
}

/* ---- storing ---- */

enum ak_status ak_claims_begin(struct ak_store *store, const struct ak_reading *reading,
                               const struct ak_zone *zone, struct ak_claims **out)
{
    struct ak_claims *cs = calloc(1, sizeof(*cs));
    if (!cs)
        return AK_ERR_NOMEM;
    cs->store = store;
    cs->reading = reading;
    cs->zone = zone;
    if (!ak_store_sql(store, "DELETE FROM t_claim WHERE producer IN ('engine','rules')") ||
        sqlite3_prepare_v2(
            ak_store_db(store),
            "INSERT INTO t_claim(id, ordinal, field, subject, value, level, text_ja, text_en,"
            " basis, coverage, limits, visibility, as_of, section, producer)"
            " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,"
            " strftime('%Y-%m-%dT%H:%M:%SZ','now'),?13,?14)",
            -1, &cs->put, NULL) != SQLITE_OK) {
        free(cs);
        return AK_ERR_IO;
    }
    *out = cs;
    return AK_OK;
}

void ak_claims_end(struct ak_claims *cs)
{
    if (!cs)
        return;
    sqlite3_finalize(cs->put);
    free(cs);
}

static void bind(sqlite3_stmt *q, int at, struct ak_str s)
{
    sqlite3_bind_text(q, at, s.n ? s.at : "", (int)s.n, SQLITE_TRANSIENT);
}

static void bind_buf(sqlite3_stmt *q, int at, struct ak_buf *b)
{
    bind(q, at, ak_buf_view(b));
    b->n = 0;
}

enum ak_status ak_claim_put(struct ak_claims *cs, const struct ak_claim *c)
{
    char id[16];
    struct ak_buf b = { 0 };
    if (c->n_basis == 0 && c->basis_source.n == 0)
        return AK_ERR_CORRUPT;
    if ((c->level == AK_L0 || c->level == AK_L1) && c->n_coverage == 0)
        return AK_ERR_CORRUPT;
    snprintf(id, sizeof(id), "C%03u", ++cs->n);
    bind(cs->put, 1, ak_str_of(id));
    sqlite3_bind_int64(cs->put, 2, cs->n);
    bind(cs->put, 3, ak_str_of(c->field));
    bind(cs->put, 4, c->subject);
    value_json(&b, c);
    bind_buf(cs->put, 5, &b);
    bind(cs->put, 6, ak_str_of(ak_level_name(c->level)));
    ak_claim_text(&b, cs, c, AK_LANG_JA);
    bind_buf(cs->put, 7, &b);
    ak_claim_text(&b, cs, c, AK_LANG_EN);
    bind_buf(cs->put, 8, &b);
    basis_json(&b, cs, c);
    bind_buf(cs->put, 9, &b);
    coverage_json(&b, c);
    bind_buf(cs->put, 10, &b);
    limits_json(&b, c);
    bind_buf(cs->put, 11, &b);
    bind(cs->put, 12, ak_str_of(c->visibility ? c->visibility : "authority"));
    bind(cs->put, 13, ak_str_of(c->section));
    bind(cs->put, 14, ak_str_of(c->producer ? c->producer : "engine"));
    int rc = sqlite3_step(cs->put);
    sqlite3_reset(cs->put);
    ak_buf_free(&b);
    return rc == SQLITE_DONE ? AK_OK : AK_ERR_IO;
}
