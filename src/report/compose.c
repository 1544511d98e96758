/* compose.c - the report's sections, in their order. */
#include "report/compose.h"

/* ---- claims of a section ---- */

static struct ak_str event_anchor(struct ak_doc *doc, struct ak_report *r, struct ak_str id)
{
    struct ak_buf b = { 0 };
    const struct ak_report_event *e = ak_report_event(r, id);
    if (!e || !e->found)
        return AK_STR("");
    ak_buf_text(&b, "ev-");
    ak_buf_str(&b, id);
    return ak_doc_keep_buf(doc, &b);
}

static void put_claim(struct ak_doc *doc, struct ak_report *r, const struct ak_report_claim *c)
{
    enum { BASIS_SHOWN = 12 };
    struct ak_block *b = ak_doc_block(doc, AK_BLOCK_CLAIM);
    b->id = c->id;
    b->code = c->level;
    b->words = ak_doc_words(doc, ak_level_words(c->level));
    b->text = c->text.in[doc->lang];
    for (size_t i = 0; i < c->n_limits; i++)
        b->limits[b->n_limits++] = c->limits[i].in[doc->lang];
    b->basis = AK_NEW_N(doc->arena, struct ak_cell, c->n_basis + 1);
    for (size_t i = 0; b->basis && i < c->n_basis && i < BASIS_SHOWN; i++) {
        struct ak_str link = event_anchor(doc, r, c->basis[i]);
        bool coverage = ak_str_eq(c->basis[i], AK_STR("coverage"));
        b->basis[b->n_basis++] =
            (struct ak_cell){ coverage ? ak_doc_words(doc, "section 10") : c->basis[i],
                              coverage ? AK_STR("s10") : link };
    }
    if (b->basis && c->n_basis > BASIS_SHOWN)
        b->basis[b->n_basis++] = (struct ak_cell){ AK_STR("\xE2\x80\xA6"), AK_STR("") };
}

enum {
    CLAIMS_SHOWN = 20
}; /* of one field in one section: ninety cleared logs are told by twenty */

/* How many claims of this one's section and field come before it. */
static size_t claims_before(const struct ak_report *r, size_t at)
{
    size_t n = 0;
    for (size_t i = 0; i < at; i++)
        n += ak_str_eq(r->claims[i].field, r->claims[at].field) &&
             ak_str_eq(r->claims[i].section, r->claims[at].section);
    return n;
}

/* The section's claims; what is said when there are none. */
static void put_claims(struct ak_doc *doc, struct ak_report *r, const char *section,
                       const char *none)
{
    size_t n = 0, left_out = 0;
    for (size_t i = 0; i < r->n_claims; i++) {
        if (!ak_str_eq(r->claims[i].section, ak_str_of(section)))
            continue;
        n++;
        if (claims_before(r, i) < CLAIMS_SHOWN)
            put_claim(doc, r, &r->claims[i]);
        else
            left_out++;
    }
    if (n == 0 && none)
        ak_doc_text(doc, AK_BLOCK_PARAGRAPH, ak_doc_words(doc, none));
    if (left_out) {
        struct ak_buf number = { 0 }, b = { 0 };
        ak_put_number(&number, left_out);
        struct ak_filling with = { "n", ak_buf_view(&number) };
        ak_put_filled(&b, ak_word(doc->lang, "… and {n} more; see case.db"), &with, 1);
        ak_doc_text(doc, AK_BLOCK_NOTE, ak_doc_keep_buf(doc, &b));
        ak_buf_free(&number);
    }
}

static void say(struct ak_doc *doc, enum ak_block_kind kind, const char *english)
{
    ak_doc_text(doc, kind, ak_doc_words(doc, english));
}

/* ---- 2: evidence and custody ---- */

static void custody_table(struct ak_doc *doc, struct ak_report *r)
{
    static const char *const HEADINGS[] = { "Time", "What", "By", "Tool", "Details" };
    static const float SHARES[] = { 17, 17, 12, 12, 42 };
    struct ak_column *columns = AK_NEW_N(doc->arena, struct ak_column, 5);
    if (!columns)
        return;
    for (size_t i = 0; i < 5; i++)
        columns[i] = (struct ak_column){ ak_doc_words(doc, HEADINGS[i]), SHARES[i],
                                         i == 0 ? AK_COLUMN_TIME : AK_COLUMN_TEXT };
    struct ak_grid *g = ak_doc_table(doc, AK_BLOCK_TABLE, columns, 5);
    for (size_t i = 0; i < r->n_custody; i++) {
        const struct ak_custody_row *row = &r->custody[i];
        struct ak_buf at = { 0 };
        int64_t ns = ak_report_ns(row->at);
        if (ns)
            ak_put_moment(&at, ns, &r->zone);
        ak_grid_cell(doc, g, ak_doc_keep_buf(doc, &at));
        ak_grid_cell(doc, g, row->what.n ? ak_str_of(ak_word(doc->lang, row->what.at)) : row->what);
        ak_grid_cell(doc, g, row->who);
        ak_grid_cell(doc, g, row->tool);
        ak_grid_cell(doc, g, row->details);
    }
    ak_compose_more(doc, g, r->n_custody, r->n_custody_all);
}

static void custody_note(struct ak_doc *doc, struct ak_report *r)
{
    struct ak_buf b = { 0 }, n = { 0 };
    ak_put_number(&n, r->n_hashed);
    struct ak_filling with[] = { { "n", ak_buf_view(&n) }, { "hash", r->custody_last } };
    ak_put_filled(
        &b,
        ak_word(doc->lang,
                "Lines about the hashing of single files ({n}) are left out; the hashes stand in "
                "appendix B. Every "
                "line of custody.jsonl carries the hash of the one before; the last is {hash}."),
        with, 2);
    ak_doc_text(doc, AK_BLOCK_NOTE, ak_doc_keep_buf(doc, &b));
    ak_buf_free(&n);
}

static void section_evidence(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "s2", "2. Evidence and custody");
    say(doc, AK_BLOCK_PARAGRAPH,
        "The following was examined. The evidence was only read, never written to.");
    ak_compose_table(doc, r, AK_TABLE_EVIDENCE);
    ak_compose_table(doc, r, AK_TABLE_MEDIA);
    put_claims(doc, r, "evidence", NULL);
    ak_doc_heading(doc, 2, "s2-1", "Hosts");
    ak_compose_table(doc, r, AK_TABLE_HOSTS);
    if (r->numbers.volumes) {
        ak_doc_heading(doc, 2, "s2-2", "Volumes");
        ak_compose_table(doc, r, AK_TABLE_VOLUMES);
    }
    ak_doc_heading(doc, 2, "s2-3", "Method");
    say(doc, AK_BLOCK_PARAGRAPH,
        "Every file was identified by its contents and read by the parser of its format, each in a "
        "process of its own without access "
        "to files or the network. The records were put in order of time; statements were derived "
        "from them by fixed rules, without "
        "estimation by a model. The same evidence and version give the same result.");
    ak_compose_table(doc, r, AK_TABLE_PARSERS);
    ak_doc_heading(doc, 2, "s2-4", "Chain of custody");
    custody_table(doc, r);
    custody_note(doc, r);
}

/* ---- 3 to 9: what happened ---- */

static void section_timeline(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "s3", "3. Timeline");
    ak_chart_histogram(doc, r);
    if (r->numbers.detections) {
        ak_doc_heading(doc, 2, "s3-1", "Detections by rules");
        ak_chart_tactics(doc, r);
        ak_compose_table(doc, r,
                         doc->lang == AK_LANG_JA ? AK_TABLE_DETECTIONS_JA : AK_TABLE_DETECTIONS);
    }
    ak_doc_heading(doc, 2, "s3-2", "Events that the claims rest on");
    ak_compose_key_events(doc, r);
}

static void section_entry(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "s4", "4. Entry and activity");
    put_claims(doc, r, "entry",
               "No trace of how someone came in was recognised in the evidence. This does not "
               "exclude an intrusion.");
    ak_doc_heading(doc, 2, "s4-1", "Addresses attributed to the intruder");
    ak_compose_table(doc, r, AK_TABLE_ADDRESSES);
}

static void section_accounts(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "s5", "5. Accounts");
    put_claims(doc, r, "accounts",
               "No misuse or change of accounts was recognised in the evidence.");
    ak_doc_heading(doc, 2, "s5-1", "Sign-ins");
    ak_chart_logons(doc, r);
    say(doc, AK_BLOCK_NOTE,
        "Sign-ins from attributed addresses come first, then those over the network, by their "
        "number.");
    ak_compose_table(doc, r, AK_TABLE_SIGNINS);
}

static void section_loss(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "s9", "9. Loss of information");
    ak_chart_ladder(doc, r);
    say(doc, AK_BLOCK_NOTE,
        "The ladder runs from excluded (L0) to found published (L6); what the evidence supports is "
        "marked. One thing may be confirmed and a larger one not excluded.");
    put_claims(doc, r, "exfiltration", "Whether information left is not yet known.");
}

static void sections_findings(struct ak_doc *doc, struct ak_report *r)
{
    section_entry(doc, r);
    section_accounts(doc, r);
    ak_doc_heading(doc, 1, "s6", "6. Web");
    put_claims(doc, r, "web", "No conspicuous access was recognised in the logs of web servers.");
    ak_doc_heading(doc, 1, "s7", "7. Removal of traces");
    put_claims(doc, r, "evasion", "No removal of traces was recognised in the evidence.");
    ak_doc_heading(doc, 1, "s8", "8. Impact");
    put_claims(doc, r, "impact",
               "No encryption or destruction of files was recognised in the evidence.");
    section_loss(doc, r);
}

/* ---- 10 to 13: how far this can be relied on ---- */

static void sections_reach(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "s10", "10. What the logs cover");
    say(doc, AK_BLOCK_PARAGRAPH,
        "A log says nothing about a time it does not cover. Where a log is missing, was cleared or "
        "is silent, what happened cannot be "
        "told from it, and that nothing was found there does not mean that nothing happened.");
    ak_chart_coverage(doc, r);
    ak_compose_coverage(doc, r);
    put_claims(doc, r, "coverage", NULL);
    ak_doc_heading(doc, 1, "s11", "11. Damaged and unread");
    ak_doc_heading(doc, 2, "s11-1", "Damage");
    ak_compose_table(doc, r, AK_TABLE_DAMAGE);
    ak_doc_heading(doc, 2, "s11-2", "Files not read, or not to the end");
    ak_compose_table(doc, r, AK_TABLE_UNREAD);
}

static bool limit_is_first(const struct ak_report *r, size_t claim, size_t limit)
{
    struct ak_str text = r->claims[claim].limits[limit].in[AK_LANG_EN];
    for (size_t i = 0; i <= claim; i++)
        for (size_t k = 0; k < r->claims[i].n_limits && (i < claim || k < limit); k++)
            if (ak_str_eq(r->claims[i].limits[k].in[AK_LANG_EN], text))
                return false;
    return true;
}

static void bullet(struct ak_doc *doc, struct ak_str text)
{
    struct ak_buf b = { 0 };
    ak_buf_text(&b, doc->lang == AK_LANG_JA ? "・" : "\xE2\x80\xA2 ");
    ak_buf_str(&b, text);
    ak_doc_text(doc, AK_BLOCK_PARAGRAPH, ak_doc_keep_buf(doc, &b));
}

static void section_limits(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "s12", "12. Limits of the examination");
    bullet(doc, ak_doc_words(doc, "Only what is among the evidence was examined. Machines, logs "
                                  "and services that were not handed in may hold "
                                  "further traces."));
    bullet(doc, ak_doc_words(doc, "The clocks of the machines were taken as right; differences "
                                  "between them were not corrected."));
    if (!r->zone.known)
        bullet(doc, ak_doc_words(doc, "The evidence does not say its time zone. Times recorded "
                                      "without one were read as UTC; times in this "
                                      "report are UTC."));
    if (r->numbers.unknown || r->numbers.failed)
        bullet(doc, ak_doc_words(doc, "Files of formats that this version does not read, and files "
                                      "whose reading failed, may hold further "
                                      "traces; they are listed in section 11."));
    if (r->numbers.unreadable)
        bullet(doc, ak_doc_words(doc, "Some volumes could not be read (encrypted, or of a kind "
                                      "this version does not read); they are named in "
                                      "section 2."));
    if (!r->numbers.persons)
        bullet(doc, ak_doc_words(
                        doc, "Personal data in the files was not counted in this examination."));
    for (size_t i = 0; i < r->n_claims; i++)
        for (size_t k = 0; k < r->claims[i].n_limits; k++)
            if (limit_is_first(r, i, k))
                bullet(doc, r->claims[i].limits[k].in[doc->lang]);
}

/* The rungs, as the sentences of this report use them. */
static const struct {
    const char *code, *heading, *words;
} LADDER[] = {
    { "L6", "found published",
      "The information, or part of it, was found published, and matched to the organisation's "
      "own." },
    { "L5", "confirmed", "Records show it directly." },
    { "L4", "highly likely",
      "No record shows it directly, but strong signs leave hardly another explanation." },
    { "L3", "possible", "It was possible and fits the traces; nothing shows that it happened." },
    { "L2", "cannot be excluded",
      "No trace was found, but logs that would show it are missing or have gaps." },
    { "L1", "no trace found",
      "The logs that would show it are complete for the time named, and hold no trace of it." },
    { "L0", "excluded", "It was technically impossible, or every access is accounted for." },
    { "LX", "not yet known", "The examination has not answered it so far." },
    { "LN", "cannot be determined", "What would answer it is lost for good." },
};

static const struct {
    const char *heading, *words;
} TERMS[] = {
    { "Claim", "A statement of this report with its certainty, its limits and the records it rests "
               "on. C001 is its number." },
    { "Record (event)", "One line of a log or one entry of another trace. 1.9:161 is its number: "
                        "evidence 1, file 9, record 161." },
    { "Attributed", "Ascribed to an intruder because something was done from that address that "
                    "only an intruder does." },
    { "Web shell",
      "A file placed on a web server through which commands can be run on it from outside." },
    { "Gap", "A time in which a log that is otherwise busy holds no record." },
    { "Host", "A computer, by the name it gives itself in its records." },
    { "SHA-256", "A number calculated from a file. It changes when a single bit of the file does, "
                 "and so shows that it is unchanged." },
};

static struct ak_grid *pairs(struct ak_doc *doc, size_t n, const float *shares)
{
    static const struct ak_column NONE;
    struct ak_column *columns = AK_NEW_N(doc->arena, struct ak_column, n);
    if (!columns) {
        doc->failed = true;
        return ak_doc_table(doc, AK_BLOCK_FACTS, &NONE, 0);
    }
    for (size_t i = 0; i < n; i++)
        columns[i] = (struct ak_column){ AK_STR(""), shares[i], AK_COLUMN_TEXT };
    return ak_doc_table(doc, AK_BLOCK_FACTS, columns, n);
}

static void section_terms(struct ak_doc *doc)
{
    ak_doc_heading(doc, 1, "s13", "13. Certainty and terms");
    ak_doc_heading(doc, 2, "s13-1", "How sure");
    struct ak_grid *g = pairs(doc, 3, (const float[]){ 8, 22, 70 });
    for (size_t i = 0; i < sizeof(LADDER) / sizeof(LADDER[0]); i++) {
        ak_grid_cell(doc, g, ak_str_of(LADDER[i].code));
        ak_grid_cell(doc, g, ak_doc_words(doc, LADDER[i].heading));
        ak_grid_cell(doc, g, ak_doc_words(doc, LADDER[i].words));
    }
    ak_doc_heading(doc, 2, "s13-2", "Terms");
    g = pairs(doc, 2, (const float[]){ 22, 78 });
    for (size_t i = 0; i < sizeof(TERMS) / sizeof(TERMS[0]); i++) {
        ak_grid_cell(doc, g, ak_doc_words(doc, TERMS[i].heading));
        ak_grid_cell(doc, g, ak_doc_words(doc, TERMS[i].words));
    }
}

static void appendices(struct ak_doc *doc, struct ak_report *r)
{
    ak_doc_heading(doc, 1, "sa", "Appendix A. Cited events");
    say(doc, AK_BLOCK_NOTE,
        "Characters that would hide or reorder text are shown by their number in angle brackets. "
        "The bytes are the "
        "first 256 of the record at the offset named, read from the evidence when this report was "
        "written.");
    ak_compose_events(doc, r);
    ak_doc_heading(doc, 1, "sb", "Appendix B. Files and hashes");
    ak_compose_table(doc, r, AK_TABLE_FILES);
}

/* ---- all ---- */

static void put_front(struct ak_doc *doc, const struct ak_report *r)
{
    struct ak_buf b = { 0 }, day = { 0 }, zone = { 0 };
    doc->title = ak_doc_words(doc, "Forensic examination report");
    ak_put_day(&day, r->as_of_ns, &r->zone, doc->lang);
    ak_put_zone(&zone, r->as_of_ns, &r->zone);
    struct ak_filling with[] = { { "case", r->name },
                                 { "day", ak_buf_view(&day) },
                                 { "zone", ak_buf_view(&zone) } };
    ak_put_filled(
        &b,
        ak_word(doc->lang, "Case {case}; as of {day}; all times {zone} unless stated otherwise"),
        with, 3);
    doc->subtitle = ak_doc_keep_buf(doc, &b);
    doc->as_of = r->as_of;
    doc->as_of_ns = r->as_of_ns;
    doc->tool = AK_STR("akashi " AK_VERSION);
    ak_buf_free(&day);
    ak_buf_free(&zone);
}

enum ak_status ak_compose(struct ak_report *r, enum ak_lang lang, struct ak_doc *out)
{
    *out = (struct ak_doc){ .arena = r->arena, .lang = lang };
    put_front(out, r);
    ak_compose_overview(out, r);
    section_evidence(out, r);
    section_timeline(out, r);
    sections_findings(out, r);
    sections_reach(out, r);
    section_limits(out, r);
    section_terms(out);
    appendices(out, r);
    return out->failed ? AK_ERR_LIMIT : AK_OK;
}
