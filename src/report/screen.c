/* screen.c - what was found, on one screen of a terminal. */
#include "finding/claim.h"
#include "report/compose.h"
#include "report/report.h"

#include <sys/stat.h>

enum { LABEL_COLUMNS = 12, TEXT_MAX = 220, VERDICTS_MAX = 8, NAMES_MAX = 3 };

struct screen {
    FILE *to;
    struct ak_report *report;
    enum ak_lang lang;
    bool colour;
};

/* Columns of a terminal: Japanese characters take two. */
static int columns(const char *text)
{
    int n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        n += *p < 0x80 ? 1 : (*p & 0xC0) == 0xC0 ? 2 : 0;
    return n;
}

static void label(struct screen *s, const char *english)
{
    const char *text = ak_word(s->lang, english);
    int pad = LABEL_COLUMNS - columns(text);
    fprintf(s->to, "%s%s%s%*s", s->colour ? "\033[1m" : "", text, s->colour ? "\033[0m" : "", pad > 1 ? pad : 1, "");
}

/* Evidence's texts must not move the cursor either. */
static void seen(struct screen *s, struct ak_str text, size_t max)
{
    struct ak_buf b = { 0 };
    ak_visible(&b, text, max);
    fwrite(b.at, 1, b.n, s->to);
    ak_buf_free(&b);
}

static void say(struct screen *s, const char *english, const struct ak_filling *with, size_t n)
{
    struct ak_buf b = { 0 };
    ak_put_filled(&b, ak_word(s->lang, english), with, n);
    fwrite(b.at, 1, b.n, s->to);
    ak_buf_free(&b);
}

struct amounts {
    struct ak_buf bufs[8];
    size_t n;
};

static struct ak_str amount(struct amounts *a, uint64_t n)
{
    ak_put_number(&a->bufs[a->n], n);
    return ak_buf_view(&a->bufs[a->n++]);
}

static struct ak_str size(struct amounts *a, uint64_t n)
{
    ak_put_size(&a->bufs[a->n], n);
    return ak_buf_view(&a->bufs[a->n++]);
}

static void drop(struct amounts *a)
{
    for (size_t i = 0; i < a->n; i++)
        ak_buf_free(&a->bufs[i]);
}

/* ---- lines ---- */

static void take_name(struct ak_report *r, void *stmt, void *self)
{
    struct ak_buf *b = self;
    ak_buf_text(b, b->n ? ", " : "");
    ak_buf_str(b, ak_report_column(r, stmt, 0));
}

static void line_case(struct screen *s)
{
    struct amounts a = { 0 };
    struct ak_buf hosts = { 0 };
    const struct ak_report_numbers *n = &s->report->numbers;
    ak_report_each(s->report, "SELECT name FROM hosts ORDER BY events DESC, name LIMIT 4", AK_STR(""), take_name, &hosts);
    const struct ak_filling with[] = { { "n", amount(&a, n->evidence) }, { "files", amount(&a, n->files) }, { "size", size(&a, n->evidence_bytes) } };
    label(s, "Case");
    seen(s, s->report->name, 60);
    fputs(": ", s->to);
    say(s, "{n} item(s) of evidence, {files} files, {size}", with, 3);
    fputs(hosts.n ? " · " : "", s->to);
    seen(s, ak_buf_view(&hosts), 80);
    fputs("\n", s->to);
    ak_buf_free(&hosts);
    drop(&a);
}

static void line_coverage(struct screen *s)
{
    struct amounts a = { 0 };
    const struct ak_report_numbers *n = &s->report->numbers;
    uint64_t states[3] = { 0 };
    for (size_t i = 0; i < s->report->n_logs; i++) {
        struct ak_str state = s->report->logs[i].state;
        states[0] += ak_str_eq(state, AK_STR("tampered"));
        states[1] += ak_str_eq(state, AK_STR("partial"));
        states[2] += ak_str_eq(state, AK_STR("none"));
    }
    const struct ak_filling with[] = { { "items", amount(&a, n->items) },   { "parsed", amount(&a, n->parsed) }, { "failed", amount(&a, n->failed) },
                                       { "unknown", amount(&a, n->unknown) }, { "events", amount(&a, n->events) } };
    label(s, "Read");
    say(s, "{items} files: {parsed} parsed, {unknown} of no known kind, {failed} failed; {events} events", with, 5);
    fputs("\n", s->to);
    const struct ak_filling logs[] = { { "n", amount(&a, s->report->n_logs_all - states[2]) }, { "cleared", amount(&a, states[0]) },
                                       { "gaps", amount(&a, states[1]) } };
    label(s, "Logs");
    say(s, "{n} logs: {cleared} cleared, {gaps} damaged or with gaps", logs, 3);
    drop(&a);
    if (states[2]) {
        struct amounts absent = { 0 };
        const struct ak_filling none = { "n", amount(&absent, states[2]) };
        say(s, "; {n} expected ones are absent", &none, 1);
        drop(&absent);
    }
    fputs("\n", s->to);
}

/* Volumes found and not read: an encrypted disk must not look like an empty one. */
static void line_unread(struct screen *s)
{
    struct amounts a = { 0 };
    struct ak_buf kinds = { 0 };
    const struct ak_filling with = { "n", amount(&a, s->report->numbers.unreadable) };
    if (s->report->numbers.unreadable) {
        ak_report_each(s->report,
                       "SELECT filesystem || CASE WHEN count(*) > 1 THEN ' (' || count(*) || ')' ELSE '' END FROM volumes"
                       " WHERE allocated AND NOT readable AND filesystem <> '' GROUP BY filesystem"
                       " ORDER BY count(*) DESC, filesystem LIMIT 8",
                       AK_STR(""), take_name, &kinds);
        label(s, "Not read");
        say(s, "{n} volume(s) whose files are not examined", &with, 1);
        fputs(kinds.n ? ": " : "", s->to);
        seen(s, ak_buf_view(&kinds), 160);
        fputs("\n", s->to);
    }
    ak_buf_free(&kinds);
    drop(&a);
}

/* The claims that matter most, in the order an investigator asks. */
static const char *const VERDICTS[] = { "attack_active_windows", "credential_abuse", "malware", "log_clearing", "encryption_window",
                                        "ransom_note" };

static void line_claim(struct screen *s, const struct ak_report_claim *c)
{
    const char *tint = !s->colour ? "" : ak_str_eq(c->level, AK_STR("L5")) || ak_str_eq(c->level, AK_STR("L4")) ? "\033[31m" : "\033[33m";
    fprintf(s->to, "  %s%.*s%s %s ", tint, (int)c->level.n, c->level.at, *tint ? "\033[0m" : "", ak_word(s->lang, ak_level_words(c->level)));
    fprintf(s->to, "%s", s->lang == AK_LANG_JA ? "" : "- ");
    seen(s, c->text.in[s->lang], TEXT_MAX);
    fprintf(s->to, " [%.*s]\n", (int)c->id.n, c->id.at);
}

static void lines_verdict(struct screen *s)
{
    label(s, "Verdict");
    fputs("\n", s->to);
    for (size_t i = 0; i < sizeof(VERDICTS) / sizeof(VERDICTS[0]); i++) {
        const struct ak_report_claim *c = ak_report_claim(s->report, VERDICTS[i], 0);
        if (c)
            line_claim(s, c);
    }
    for (size_t i = 0; i < s->report->n_claims; i++)
        if (ak_str_eq(s->report->claims[i].field, AK_STR("exfil_level")))
            line_claim(s, &s->report->claims[i]);
    if (s->report->n_claims == 0)
        fprintf(s->to, "  %s\n", ak_word(s->lang, "No intrusion was recognised in the examined evidence."));
}

static void line_detections(struct screen *s)
{
    struct amounts a = { 0 };
    if (!s->report->numbers.detections)
        return;
    const struct ak_filling with = { "n", amount(&a, s->report->numbers.detections) };
    label(s, "Rules");
    say(s, "{n} detections", &with, 1);
    for (size_t i = 0; i < s->report->n_levels; i++) {
        const struct ak_report_level *l = &s->report->levels[i];
        fputs(i ? ", " : ": ", s->to);
        seen(s, ak_str_of(ak_word(s->lang, l->level.n ? l->level.at : "undefined")), 40);
        fprintf(s->to, " %llu | %llu", (unsigned long long)l->n, (unsigned long long)l->rules);
    }
    fputs("\n", s->to);
    for (size_t i = 0; i < s->report->n_rules; i++) {
        const struct ak_report_rule *rule = &s->report->rules[i];
        fputs("  ", s->to);
        seen(s, ak_str_of(ak_word(s->lang, rule->level.at)), 20);
        fputs("  ", s->to);
        seen(s, rule->title.in[s->lang], TEXT_MAX);
        fprintf(s->to, " (%llu, ", (unsigned long long)rule->n);
        seen(s, rule->host, 80);
        fputs(")\n", s->to);
    }
    drop(&a);
}

static void line_run(struct screen *s, const struct ak_report_run *run)
{
    struct amounts a = { 0 };
    struct ak_buf seconds = { 0 };
    if (!run || !run->elapsed_ms)
        return;
    ak_buf_printf(&seconds, "%llu.%llu", (unsigned long long)(run->elapsed_ms / 1000), (unsigned long long)(run->elapsed_ms / 100 % 10));
    const struct ak_filling with[] = { { "size", size(&a, run->bytes) },
                                       { "rate", amount(&a, run->events * 1000 / run->elapsed_ms) },
                                       { "jobs", amount(&a, run->jobs) },
                                       { "memory", size(&a, run->peak_kb * 1024) },
                                       { "seconds", ak_buf_view(&seconds) } };
    label(s, "Run");
    say(s, "{seconds} s, {size}, {rate} events/s, {jobs} workers, {memory} of memory at most in one process", with, 5);
    fputs("\n", s->to);
    ak_buf_free(&seconds);
    drop(&a);
}

static void lines_outputs(struct screen *s)
{
    static const char *const NAMES[] = { "report.html", "report.pdf", "summary.json" };
    label(s, "Written");
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        struct ak_buf path = { 0 };
        struct amounts a = { 0 };
        struct stat st;
        ak_buf_str(&path, s->report->folder);
        ak_buf_printf(&path, "/%s", NAMES[i]);
        ak_buf_u8(&path, 0);
        if (!path.failed && stat((const char *)path.at, &st) == 0) {
            fputs(i ? ", " : "", s->to);
            seen(s, (struct ak_str){ (const char *)path.at, path.n - 1 }, 300);
            struct ak_str bytes = size(&a, (uint64_t)st.st_size);
            fprintf(s->to, " (%.*s)", (int)bytes.n, bytes.at);
        }
        drop(&a);
        ak_buf_free(&path);
    }
    fputs("\n", s->to);
    label(s, "Next");
    for (size_t i = 0; i < 3; i++) {
        static const char *const COMMANDS[] = { "akashi claims ", "akashi timeline ", "akashi verify " };
        fprintf(s->to, "%s%s", i ? " · " : "", COMMANDS[i]);
        seen(s, s->report->folder, 200);
    }
    fputs("\n", s->to);
}

enum ak_status ak_report_screen(FILE *to, struct ak_report *report, enum ak_lang lang, bool colour, const struct ak_report_run *run)
{
    struct screen s = { to, report, lang, colour };
    line_case(&s);
    line_coverage(&s);
    line_unread(&s);
    lines_verdict(&s);
    line_detections(&s);
    line_run(&s, run);
    lines_outputs(&s);
    return ferror(to) ? AK_ERR_IO : AK_OK;
}
