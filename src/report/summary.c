/* summary.c - summary.json: the case in one object, for programs. */
#include "report/report.h"

#include "base/json.h"

static void number(struct ak_buf *b, const char *key, uint64_t n)
{
    ak_json_key(b, key);
    ak_buf_dec(b, n);
}

static void text(struct ak_buf *b, const char *key, struct ak_str s)
{
    ak_json_key(b, key);
    ak_json_str(b, s);
}

static void counts(struct ak_buf *b, const struct ak_report_numbers *n)
{
    ak_json_key(b, "counts");
    ak_buf_u8(b, '{');
    number(b, "evidence", n->evidence);
    number(b, "evidence_bytes", n->evidence_bytes);
    number(b, "files", n->files);
    number(b, "items", n->items);
    number(b, "items_parsed", n->parsed);
    number(b, "items_failed", n->failed);
    number(b, "items_unknown", n->unknown);
    number(b, "events", n->events);
    number(b, "damage", n->damage);
    number(b, "volumes", n->volumes);
    number(b, "volumes_unreadable", n->unreadable);
    number(b, "detections", n->detections);
    ak_buf_u8(b, '}');
}

/* A query whose one column is a JSON object a row, as an array. */
static void take_object(struct ak_report *r, void *stmt, void *self)
{
    struct ak_buf *b = self;
    ak_json_comma(b);
    ak_buf_str(b, ak_report_column(r, stmt, 0));
}

static void array(struct ak_buf *b, struct ak_report *r, const char *key, const char *sql)
{
    ak_json_key(b, key);
    ak_buf_u8(b, '[');
    ak_report_each(r, sql, AK_STR(""), take_object, b);
    ak_buf_u8(b, ']');
}

/* A name that is no UTF-8 is a BLOB, which JSON cannot hold: its hexadecimal stands for it. */
#define NAME(column) "iif(typeof(" column ")='blob','0x'||hex(" column ")," column ")"

static const struct list {
    const char *key, *sql;
} LISTS[] = {
    { "hosts", "SELECT json_object('name'," NAME(
                   "name") ",'kind',kind,'first',first,'last',last,'events',events) FROM hosts "
                           "ORDER BY events DESC, name LIMIT 1000" },
    { "evidence", "SELECT json_object('name'," NAME(
                      "name") ",'kind',kind,'size',size,'sha256',sha256,'verified',verified) FROM "
                              "evidence ORDER BY id LIMIT 1000" },
    { "coverage",
      "SELECT json_object('id',id,'host'," NAME("host") ",'kind',kind,'name'," NAME(
          "name") ",'state',state,'first',first,'last',last,'records',records,"
                  "'why',json(why),'gaps',json(gaps)) FROM coverage ORDER BY id LIMIT 1000" },
    { "addresses",
      "SELECT json_object('address'," NAME("address") ",'role',role,'first',first,'last',last,'"
                                                      "events',events,'why',why) FROM addresses"
                                                      " ORDER BY first, address LIMIT 1000" },
    { "logons",
      "SELECT json_object('source'," NAME("source") ",'source_name'," NAME(
          "source_name") ",'role',role,'host'," NAME("host") ",'users',json(users),"
                                                             "'services',json(services),'count',"
                                                             "count,'first',first,'last',last) "
                                                             "FROM logons ORDER BY role, source, "
                                                             "host LIMIT 1000" },
    { "detections", "SELECT json_object('rule_id',rule_id,'rule_name'," NAME(
                        "rule_name") ",'rule_name_ja',rule_name_ja,'level',level,'tags',json(tags),"
                                     "'count',count(*),'first',min(datetime),'last',max(datetime),'"
                                     "hosts',count(DISTINCT host)) FROM detections"
                                     " GROUP BY rule_id ORDER BY max(severity) DESC, min(ns), "
                                     "rule_id LIMIT 1000" },
};

#undef NAME

static void claim(struct ak_buf *b, const struct ak_report_claim *c)
{
    ak_json_comma(b);
    ak_buf_u8(b, '{');
    text(b, "id", c->id);
    text(b, "field", c->field);
    text(b, "level", c->level);
    text(b, "subject", c->subject);
    text(b, "text_ja", c->text.in[AK_LANG_JA]);
    text(b, "text_en", c->text.in[AK_LANG_EN]);
    ak_json_key(b, "basis");
    ak_buf_u8(b, '[');
    for (size_t i = 0; i < c->n_basis; i++) {
        ak_json_comma(b);
        ak_json_str(b, c->basis[i]);
    }
    ak_buf_text(b, "]}");
}

static void claims(struct ak_buf *b, const struct ak_report *r)
{
    static const char *const SECTIONS[] = { "evidence", "entry",  "accounts",     "web",
                                            "evasion",  "impact", "exfiltration", "coverage" };
    ak_json_key(b, "claims");
    ak_buf_u8(b, '{');
    for (size_t s = 0; s < sizeof(SECTIONS) / sizeof(SECTIONS[0]); s++) {
        ak_json_key(b, SECTIONS[s]);
        ak_buf_u8(b, '[');
        for (size_t i = 0; i < r->n_claims; i++)
            if (ak_str_eq(r->claims[i].section, ak_str_of(SECTIONS[s])))
                claim(b, &r->claims[i]);
        ak_buf_u8(b, ']');
    }
    ak_buf_u8(b, '}');
    number(b, "claims_total", r->n_claims_all);
}

static void window(struct ak_buf *b, const struct ak_report *r)
{
    ak_json_key(b, "window");
    if (!r->window_known) {
        ak_buf_text(b, "null");
        return;
    }
    ak_buf_u8(b, '{');
    ak_json_key(b, "first");
    ak_json_stamp(b, (struct ak_stamp){ r->window.from_ns, AK_STAMP_SET | AK_PREC_MS });
    ak_json_key(b, "last");
    ak_json_stamp(b, (struct ak_stamp){ r->window.to_ns, AK_STAMP_SET | AK_PREC_MS });
    ak_buf_u8(b, '}');
}

void ak_report_json(struct ak_buf *b, struct ak_report *r)
{
    const struct ak_report_claim *loss = ak_report_claim(r, "exfil_level", 0);
    ak_buf_u8(b, '{');
    text(b, "case", r->name);
    text(b, "tool", AK_STR("akashi " AK_VERSION));
    text(b, "as_of", r->as_of);
    counts(b, &r->numbers);
    text(b, "exfil_level", loss ? loss->level : AK_STR("LX"));
    window(b, r);
    for (size_t i = 0; i < sizeof(LISTS) / sizeof(LISTS[0]); i++)
        array(b, r, LISTS[i].key, LISTS[i].sql);
    claims(b, r);
    ak_json_key(b, "outputs");
    ak_buf_text(b, "{\"html\":\"report.html\",\"pdf\":\"report.pdf\",\"summary\":\"summary.json\","
                   "\"database\":\"case.db\","
                   "\"custody\":\"custody.jsonl\"}}\n");
}
