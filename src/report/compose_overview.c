/* compose_overview.c - section 1: what happened, for someone who reads only this page. */
#include "finding/claim.h"
#include "report/compose.h"

#include <sqlite3.h>

enum { SHOWN = 3, VALUE_MAX = 120, PARTS_MAX = 12 };

/* The questions a reader has first, and the claims that answer them. */
static const struct question {
    const char *heading, *field, *section;
    const char *words; /* one answer, from the claim's value; NULL: the claim's own sentence */
} QUESTIONS[] = {
    { "The intruder's addresses", "entry_source", "entry", "{source}" },
    { "Period of the activity", "attack_active_windows", "entry", "from {first} to {last}" },
    { "Way in", "credential_abuse", "entry",
      "sign-in as {user} to {host} from {source} ({service}), at {at}" },
    { "Spread inside the network", "lateral_methods", "entry", "from {source}" },
    { "Web shell", "malware", "entry", "{path} ({host})" },
    { "Accounts used", "accounts_abused", "accounts", "{user} ({host})" },
    { "Accounts and services made", "persistence", "accounts", "{user} ({host}), at {at}" },
    { "Logs cleared", "log_clearing", "evasion", "{log} ({host}), at {at}" },
    { "Encrypted files", "encryption_window", "impact", "{n} files ending in .{ending} ({host})" },
    { "Extortion note", "ransom_note", "impact", "{name} ({host})" },
    { "Loss of information", "exfil_level", "exfiltration", NULL },
};

enum { N_QUESTIONS = sizeof(QUESTIONS) / sizeof(QUESTIONS[0]) };

static const struct {
    const char *code, *words;
} LEVELS[] = {
    { "L6", "found published" }, { "L5", "confirmed" },          { "L4", "highly likely" },
    { "L3", "possible" },        { "L2", "cannot be excluded" }, { "L1", "no trace found" },
    { "L0", "excluded" },        { "LX", "not yet known" },      { "LN", "cannot be determined" },
};

const char *ak_level_words(struct ak_str code)
{
    for (size_t i = 0; i < sizeof(LEVELS) / sizeof(LEVELS[0]); i++)
        if (ak_str_eq(code, ak_str_of(LEVELS[i].code)))
            return LEVELS[i].words;
    return "not yet known";
}

/* ---- one answer ---- */

struct answer {
    struct ak_doc *doc;
    struct ak_filling parts[PARTS_MAX];
    size_t n;
};

static bool is_time(const char *key)
{
    return strcmp(key, "first") == 0 || strcmp(key, "last") == 0 || strcmp(key, "at") == 0;
}

/* Values are evidence's own texts but for these, which the analysis worded. */
static bool is_worded(struct ak_str key, struct ak_str value)
{
    return ak_str_eq(key, AK_STR("why")) || ak_str_eq(key, AK_STR("service")) ||
           ak_str_eq(value, AK_STR("an unnamed account")) ||
           ak_str_eq(value, AK_STR("an unnamed group")) ||
           ak_str_eq(value, AK_STR("no file named"));
}

static void take_part(struct ak_report *r, void *stmt, void *self)
{
    struct answer *a = self;
    struct ak_buf b = { 0 };
    if (a->n == PARTS_MAX)
        return;
    struct ak_str key = ak_report_column(r, stmt, 0), value = ak_report_column(r, stmt, 1);
    if (!key.n)
        return;
    if (is_time(key.at) && ak_report_ns(value))
        ak_time_text(&b, ak_report_ns(value), &r->zone, a->doc->lang);
    else if (sqlite3_column_type(stmt, 1) == SQLITE_INTEGER)
        ak_put_number(&b, (uint64_t)sqlite3_column_int64(stmt, 1));
    else if (value.n && is_worded(key, value))
        ak_buf_text(&b, ak_word(a->doc->lang, value.at));
    else
        ak_buf_str(&b, value.n ? value : AK_STR("?"));
    a->parts[a->n++] = (struct ak_filling){ key.at, ak_doc_keep_buf(a->doc, &b) };
}

static void put_answer(struct ak_buf *out, struct ak_doc *doc, struct ak_report *r,
                       const struct ak_report_claim *c, const char *words)
{
    struct answer a = { .doc = doc };
    ak_report_each(r,
                   "SELECT key, value FROM json_each(?1) WHERE json_valid(?1) AND key IS NOT NULL",
                   c->value, take_part, &a);
    ak_put_filled(out, ak_word(doc->lang, words), a.parts, a.n);
}

static bool answers(const struct ak_report_claim *c, const struct question *q)
{
    return !c->by_rule && ak_str_eq(c->field, ak_str_of(q->field)) &&
           ak_str_eq(c->section, ak_str_of(q->section));
}

struct answers {
    struct ak_buf text;
    const struct ak_report_claim *first;
    struct ak_str shown[SHOWN];
    size_t n_shown, n_more;
};

static bool said_already(const struct answers *a, struct ak_str text)
{
    for (size_t i = 0; i < a->n_shown; i++)
        if (ak_str_eq(a->shown[i], text))
            return true;
    return false;
}

static void add_answer(struct ak_doc *doc, struct ak_report *r, struct answers *a,
                       const struct question *q, const struct ak_report_claim *c)
{
    struct ak_buf one = { 0 };
    if (q->words)
        put_answer(&one, doc, r, c, q->words);
    else
        ak_buf_str(&one, c->text.in[doc->lang]);
    struct ak_str text = ak_doc_keep_buf(doc, &one);
    a->first = a->first ? a->first : c;
    if (said_already(a, text))
        return;
    if (a->n_shown == SHOWN) {
        a->n_more++;
        return;
    }
    if (a->n_shown && q->words)
        ak_buf_text(&a->text, doc->lang == AK_LANG_JA ? "、" : "; ");
    else if (a->n_shown && doc->lang == AK_LANG_EN)
        ak_buf_u8(&a->text, ' ');
    ak_buf_str(&a->text, text);
    a->shown[a->n_shown++] = text;
}

/* Also used by the lead: "192.0.2.77、198.51.100.3 ほか2件". */
static struct ak_str answer_to(struct ak_doc *doc, struct ak_report *r, const struct question *q,
                               const struct ak_report_claim **out_first)
{
    struct answers a = { .first = NULL };
    for (size_t i = 0; i < r->n_claims; i++)
        if (answers(&r->claims[i], q))
            add_answer(doc, r, &a, q, &r->claims[i]);
    if (a.n_more) {
        struct ak_buf number = { 0 };
        ak_put_number(&number, a.n_more);
        struct ak_filling with = { "n", ak_buf_view(&number) };
        ak_put_filled(&a.text, ak_word(doc->lang, " and {n} more"), &with, 1);
        ak_buf_free(&number);
    }
    *out_first = a.first;
    return ak_doc_keep_buf(doc, &a.text);
}

/* "L5 confirmed / L2 cannot be excluded": each level of the question's claims once. */
static struct ak_str levels_of(struct ak_doc *doc, const struct ak_report *r,
                               const struct question *q)
{
    struct ak_buf b = { 0 };
    struct ak_str last = AK_STR("");
    for (size_t i = 0; i < r->n_claims; i++) {
        const struct ak_report_claim *c = &r->claims[i];
        if (!answers(c, q) || ak_str_eq(c->level, last) || (q->words && last.n))
            continue;
        ak_buf_text(&b, b.n ? " / " : "");
        ak_buf_str(&b, c->level);
        ak_buf_u8(&b, ' ');
        ak_buf_text(&b, ak_word(doc->lang, ak_level_words(c->level)));
        last = c->level;
    }
    return ak_doc_keep_or_dash(doc, &b);
}

static void key_facts(struct ak_doc *doc, struct ak_report *r)
{
    struct ak_column *columns = AK_NEW_N(doc->arena, struct ak_column, 4);
    if (!columns) {
        doc->failed = true;
        return;
    }
    columns[0] = (struct ak_column){ ak_doc_words(doc, "Question"), 20, AK_COLUMN_TEXT };
    columns[1] = (struct ak_column){ ak_doc_words(doc, "What was found"), 56, AK_COLUMN_TEXT };
    columns[2] = (struct ak_column){ ak_doc_words(doc, "Certainty"), 14, AK_COLUMN_TEXT };
    columns[3] = (struct ak_column){ ak_doc_words(doc, "Claim"), 10, AK_COLUMN_TEXT };
    struct ak_grid *g = ak_doc_table(doc, AK_BLOCK_TABLE, columns, 4);
    for (size_t i = 0; i < N_QUESTIONS; i++) {
        const struct ak_report_claim *c;
        struct ak_str text = answer_to(doc, r, &QUESTIONS[i], &c);
        ak_grid_cell(doc, g, ak_doc_words(doc, QUESTIONS[i].heading));
        ak_grid_cell(
            doc, g,
            c ? text
              : ak_doc_words(doc, "Not found in what was examined (this does not exclude it)."));
        ak_grid_cell(doc, g, levels_of(doc, r, &QUESTIONS[i]));
        ak_grid_link(doc, g, c ? c->id : AK_STR("\xE2\x80\x94"), c ? c->id : AK_STR(""));
    }
}

/* ---- the lead: sentences in order, each only when it holds ---- */

enum {
    Q_ADDRESSES,
    Q_WINDOW,
    Q_WAY_IN,
    Q_SPREAD,
    Q_SHELL,
    Q_ACCOUNTS,
    Q_MADE,
    Q_CLEARED,
    Q_ENCRYPTED,
    Q_NOTE,
    Q_LOSS
};

static const struct lead {
    unsigned question;
    const char *sentence;
} LEADS[] = {
    { Q_ADDRESSES,
      "Unauthorised access was found: activity from {answer} is attributed to an intruder." },
    { Q_WINDOW, "It was seen {answer}." },
    { Q_WAY_IN, "As for the way in, a password was very probably guessed or known: {answer}." },
    { Q_SPREAD, "From inside the network, other machines were very probably entered: {answer}." },
    { Q_SHELL, "A file that is probably a web shell was used: {answer}." },
    { Q_ACCOUNTS, "These accounts were used from the intruder's addresses: {answer}." },
    { Q_CLEARED, "Event logs were cleared: {answer}." },
    { Q_ENCRYPTED, "Files were very probably encrypted: {answer}." },
};

static bool intruded(const struct ak_report *r)
{
    for (size_t i = 0; i < r->n_claims; i++)
        if (!r->claims[i].by_rule && (ak_str_eq(r->claims[i].section, AK_STR("entry")) ||
                                      ak_str_eq(r->claims[i].section, AK_STR("impact")) ||
                                      ak_str_eq(r->claims[i].section, AK_STR("evasion"))))
            return true;
    return false;
}

static void put_lead(struct ak_doc *doc, struct ak_report *r)
{
    const struct ak_report_claim *c, *level = ak_report_claim(r, "exfil_level", 0);
    size_t said = 0;
    for (size_t i = 0; i < sizeof(LEADS) / sizeof(LEADS[0]); i++) {
        struct ak_buf b = { 0 };
        struct ak_filling with = { "answer", answer_to(doc, r, &QUESTIONS[LEADS[i].question], &c) };
        if (!c)
            continue;
        ak_put_filled(&b, ak_word(doc->lang, LEADS[i].sentence), &with, 1);
        ak_doc_text(doc, AK_BLOCK_LEAD, ak_doc_keep_buf(doc, &b));
        said++;
    }
    if (!said && intruded(r))
        ak_doc_text(doc, AK_BLOCK_LEAD,
                    ak_doc_words(doc, "Traces that point to unauthorised activity were found; "
                                      "whose they are could not be told."));
    else if (!said && !level)
        ak_doc_text(doc, AK_BLOCK_LEAD,
                    ak_doc_words(doc, "No intrusion was recognised in the examined evidence."));
    for (size_t i = 0; i < r->n_claims; i++)
        if (answers(&r->claims[i], &QUESTIONS[Q_LOSS]))
            ak_doc_text(doc, AK_BLOCK_LEAD, r->claims[i].text.in[doc->lang]);
}

/* "Detection rules gave signs …": critical and high, in numbers and by name. */
static void put_signs(struct ak_doc *doc, const struct ak_report *r)
{
    struct ak_buf rules = { 0 }, n = { 0 }, names = { 0 }, b = { 0 };
    uint64_t n_rules = 0, n_records = 0;
    for (size_t i = 0; i < r->n_levels; i++)
        if (ak_str_eq(r->levels[i].level, AK_STR("critical")) ||
            ak_str_eq(r->levels[i].level, AK_STR("high"))) {
            n_rules += r->levels[i].rules;
            n_records += r->levels[i].n;
        }
    if (!n_rules)
        return;
    for (size_t i = 0; i < r->n_rules; i++) {
        ak_buf_text(&names, i == 0 ? "" : doc->lang == AK_LANG_JA ? "、" : "; ");
        ak_buf_text(&names, doc->lang == AK_LANG_JA ? "「" : "\"");
        ak_buf_str(&names, r->rules[i].title.in[doc->lang]);
        ak_buf_text(&names, doc->lang == AK_LANG_JA ? "」" : "\"");
    }
    ak_put_number(&rules, n_rules);
    ak_put_number(&n, n_records);
    struct ak_filling with[] = { { "rules", ak_buf_view(&rules) },
                                 { "n", ak_buf_view(&n) },
                                 { "names", ak_buf_view(&names) } };
    ak_put_filled(&b,
                  ak_word(doc->lang, "Detection rules of level high or critical matched {n} "
                                     "records ({rules} rules, the gravest and "
                                     "earliest first: {names}). They are signs to be examined; "
                                     "sections 3 to 9 name them all."),
                  with, 3);
    ak_doc_text(doc, AK_BLOCK_PARAGRAPH, ak_doc_keep_buf(doc, &b));
    ak_buf_free(&rules);
    ak_buf_free(&n);
    ak_buf_free(&names);
}

static void put_scope(struct ak_doc *doc, const struct ak_report *r)
{
    struct ak_buf n = { 0 }, files = { 0 }, size = { 0 }, events = { 0 }, b = { 0 };
    ak_put_number(&n, r->numbers.evidence);
    ak_put_number(&files, r->numbers.files);
    ak_put_size(&size, r->numbers.evidence_bytes);
    ak_put_number(&events, r->numbers.events);
    struct ak_filling with[] = { { "n", ak_buf_view(&n) },
                                 { "files", ak_buf_view(&files) },
                                 { "size", ak_buf_view(&size) },
                                 { "events", ak_buf_view(&events) } };
    ak_put_filled(&b,
                  ak_word(doc->lang, "This report states what was established from {n} item(s) of "
                                     "evidence ({files} files, {size}). "
                                     "{events} records were extracted from them and put in order "
                                     "of time. Every statement names how "
                                     "surely it is known and what it rests on."),
                  with, 4);
    ak_doc_text(doc, AK_BLOCK_PARAGRAPH, ak_doc_keep_buf(doc, &b));
    ak_buf_free(&n);
    ak_buf_free(&files);
    ak_buf_free(&size);
    ak_buf_free(&events);
}

void ak_compose_overview(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "s1", "1. Summary");
    put_lead(doc, r);
    put_signs(doc, r);
    put_scope(doc, r);
    ak_doc_heading(doc, 2, "s1-1", "Key points");
    key_facts(doc, r);
}
