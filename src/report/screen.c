/* screen.c - what was found, on one screen of a terminal. */
#include "finding/claim.h"
#include "report/compose.h"
#include "report/report.h"
#include "report/terminal.h"

#include <sys/stat.h>

enum { TEXT_MAX = 220, VERDICTS_MAX = 8, NAMES_MAX = 3 };

struct screen {
    struct ak_terminal t;
    struct ak_report *report;
};

/* ---- lines ---- */

static void take_name(struct ak_report *r, void *stmt, void *self)
{
    struct ak_buf *b = self;
    ak_buf_text(b, b->n ? ", " : "");
    ak_buf_str(b, ak_report_column(r, stmt, 0));
}

static void line_case(struct screen *s)
{
    struct ak_amounts a = { 0 };
    struct ak_buf hosts = { 0 };
    const struct ak_report_numbers *n = &s->report->numbers;
    ak_report_each(s->report, "SELECT name FROM hosts ORDER BY events DESC, name LIMIT 4",
                   AK_STR(""), take_name, &hosts);
    const struct ak_filling with[] = { { "n", ak_amount(&a, n->evidence) },
                                       { "files", ak_amount(&a, n->files) },
                                       { "size", ak_amount_size(&a, n->evidence_bytes) } };
    ak_terminal_label(&s->t, "Case");
    ak_terminal_seen(&s->t, s->report->name, 60);
    fputs(": ", s->t.to);
    ak_terminal_say(&s->t, "{n} item(s) of evidence, {files} files, {size}", with, 3);
    fputs(hosts.n ? " · " : "", s->t.to);
    ak_terminal_seen(&s->t, ak_buf_view(&hosts), 80);
    fputs("\n", s->t.to);
    ak_buf_free(&hosts);
    ak_amounts_drop(&a);
}

static void line_coverage(struct screen *s)
{
    struct ak_amounts a = { 0 };
    const struct ak_report_numbers *n = &s->report->numbers;
    uint64_t states[3] = { 0 };
    for (size_t i = 0; i < s->report->n_logs; i++) {
        struct ak_str state = s->report->logs[i].state;
        states[0] += ak_str_eq(state, AK_STR("tampered"));
        states[1] += ak_str_eq(state, AK_STR("partial"));
        states[2] += ak_str_eq(state, AK_STR("none"));
    }
    const struct ak_filling with[] = { { "items", ak_amount(&a, n->items) },
                                       { "parsed", ak_amount(&a, n->parsed) },
                                       { "failed", ak_amount(&a, n->failed) },
                                       { "unknown", ak_amount(&a, n->unknown) },
                                       { "events", ak_amount(&a, n->events) } };
    ak_terminal_label(&s->t, "Read");
    ak_terminal_say(&s->t,
                    "{items} files: {parsed} parsed, {unknown} of no known kind, {failed} failed; "
                    "{events} events",
                    with, 5);
    fputs("\n", s->t.to);
    const struct ak_filling logs[] = { { "n", ak_amount(&a, s->report->n_logs_all - states[2]) },
                                       { "cleared", ak_amount(&a, states[0]) },
                                       { "gaps", ak_amount(&a, states[1]) } };
    ak_terminal_label(&s->t, "Logs");
    ak_terminal_say(&s->t, "{n} logs: {cleared} cleared, {gaps} damaged or with gaps", logs, 3);
    ak_amounts_drop(&a);
    if (states[2]) {
        struct ak_amounts absent = { 0 };
        const struct ak_filling none = { "n", ak_amount(&absent, states[2]) };
        ak_terminal_say(&s->t, "; {n} expected ones are absent", &none, 1);
        ak_amounts_drop(&absent);
    }
    fputs("\n", s->t.to);
}

/* Volumes found and not read: an encrypted disk must not look like an empty one. */
static void line_unread(struct screen *s)
{
    struct ak_amounts a = { 0 };
    struct ak_buf kinds = { 0 };
    const struct ak_filling with = { "n", ak_amount(&a, s->report->numbers.unreadable) };
    if (s->report->numbers.unreadable) {
        ak_report_each(s->report,
                       "SELECT filesystem || CASE WHEN count(*) > 1 THEN ' (' || count(*) || ')' "
                       "ELSE '' END FROM volumes"
                       " WHERE allocated AND NOT readable AND filesystem <> '' GROUP BY filesystem"
                       " ORDER BY count(*) DESC, filesystem LIMIT 8",
                       AK_STR(""), take_name, &kinds);
        ak_terminal_label(&s->t, "Not read");
        ak_terminal_say(&s->t, "{n} volume(s) whose files are not examined", &with, 1);
        fputs(kinds.n ? ": " : "", s->t.to);
        ak_terminal_seen(&s->t, ak_buf_view(&kinds), 160);
        fputs("\n", s->t.to);
    }
    ak_buf_free(&kinds);
    ak_amounts_drop(&a);
}

/* The claims that matter most, in the order an investigator asks. */
static const char *const VERDICTS[] = {
    "attack_active_windows", "credential_abuse",  "malware",
    "log_clearing",          "encryption_window", "ransom_note"
};

static void line_claim(struct screen *s, const struct ak_report_claim *c)
{
    const char *tint = !s->t.colour ? ""
                       : ak_str_eq(c->level, AK_STR("L5")) || ak_str_eq(c->level, AK_STR("L4"))
                           ? "\033[31m"
                           : "\033[33m";
    fprintf(s->t.to, "  %s%.*s%s %s ", tint, (int)c->level.n, c->level.at, *tint ? "\033[0m" : "",
            ak_word(s->t.lang, ak_level_words(c->level)));
    fprintf(s->t.to, "%s", s->t.lang == AK_LANG_JA ? "" : "- ");
    ak_terminal_seen(&s->t, c->text.in[s->t.lang], TEXT_MAX);
    fprintf(s->t.to, " [%.*s]\n", (int)c->id.n, c->id.at);
}

static void lines_verdict(struct screen *s)
{
    ak_terminal_label(&s->t, "Verdict");
    fputs("\n", s->t.to);
    for (size_t i = 0; i < sizeof(VERDICTS) / sizeof(VERDICTS[0]); i++) {
        const struct ak_report_claim *c = ak_report_claim(s->report, VERDICTS[i], 0);
        if (c)
            line_claim(s, c);
    }
    for (size_t i = 0; i < s->report->n_claims; i++)
        if (ak_str_eq(s->report->claims[i].field, AK_STR("exfil_level")))
            line_claim(s, &s->report->claims[i]);
    if (s->report->n_claims == 0)
        fprintf(s->t.to, "  %s\n",
                ak_word(s->t.lang, "No intrusion was recognised in the examined evidence."));
}

static void line_detections(struct screen *s)
{
    struct ak_amounts a = { 0 };
    if (!s->report->numbers.detections)
        return;
    const struct ak_filling with = { "n", ak_amount(&a, s->report->numbers.detections) };
    ak_terminal_label(&s->t, "Rules");
    ak_terminal_say(&s->t, "{n} detections", &with, 1);
    for (size_t i = 0; i < s->report->n_levels; i++) {
        const struct ak_report_level *l = &s->report->levels[i];
        fputs(i ? ", " : ": ", s->t.to);
        ak_terminal_seen(&s->t,
                         ak_str_of(ak_word(s->t.lang, l->level.n ? l->level.at : "undefined")), 40);
        fprintf(s->t.to, " %llu | %llu", (unsigned long long)l->n, (unsigned long long)l->rules);
    }
    fputs("\n", s->t.to);
    for (size_t i = 0; i < s->report->n_rules; i++) {
        const struct ak_report_rule *rule = &s->report->rules[i];
        fputs("  ", s->t.to);
        ak_terminal_seen(&s->t, ak_str_of(ak_word(s->t.lang, rule->level.at)), 20);
        fputs("  ", s->t.to);
        ak_terminal_seen(&s->t, rule->title.in[s->t.lang], TEXT_MAX);
        fprintf(s->t.to, " (%llu, ", (unsigned long long)rule->n);
        ak_terminal_seen(&s->t, rule->host, 80);
        fputs(")\n", s->t.to);
    }
    ak_amounts_drop(&a);
}

static void line_run(struct screen *s, const struct ak_report_run *run)
{
    struct ak_amounts a = { 0 };
    struct ak_buf seconds = { 0 };
    if (!run || !run->elapsed_ms)
        return;
    ak_buf_printf(&seconds, "%llu.%llu", (unsigned long long)(run->elapsed_ms / 1000),
                  (unsigned long long)(run->elapsed_ms / 100 % 10));
    const struct ak_filling with[] = { { "size", ak_amount_size(&a, run->bytes) },
                                       { "rate",
                                         ak_amount(&a, run->events * 1000 / run->elapsed_ms) },
                                       { "jobs", ak_amount(&a, run->jobs) },
                                       { "memory", ak_amount_size(&a, run->peak_kb * 1024) },
                                       { "seconds", ak_buf_view(&seconds) } };
    ak_terminal_label(&s->t, "Run");
    ak_terminal_say(&s->t,
                    "{seconds} s, {size}, {rate} events/s, {jobs} workers, {memory} of memory at "
                    "most in one process",
                    with, 5);
    fputs("\n", s->t.to);
    ak_buf_free(&seconds);
    ak_amounts_drop(&a);
}

static void lines_outputs(struct screen *s)
{
    static const char *const NAMES[] = { "report.html", "report.pdf", "summary.json" };
    ak_terminal_label(&s->t, "Written");
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        struct ak_buf path = { 0 };
        struct ak_amounts a = { 0 };
        struct stat st;
        ak_buf_str(&path, s->report->folder);
        ak_buf_printf(&path, "/%s", NAMES[i]);
        ak_buf_u8(&path, 0);
        if (!path.failed && stat((const char *)path.at, &st) == 0) {
            fputs(i ? ", " : "", s->t.to);
            ak_terminal_seen(&s->t, (struct ak_str){ (const char *)path.at, path.n - 1 }, 300);
            struct ak_str bytes = ak_amount_size(&a, (uint64_t)st.st_size);
            fprintf(s->t.to, " (%.*s)", (int)bytes.n, bytes.at);
        }
        ak_amounts_drop(&a);
        ak_buf_free(&path);
    }
    fputs("\n", s->t.to);
    ak_terminal_label(&s->t, "Next");
    for (size_t i = 0; i < 3; i++) {
        static const char *const COMMANDS[] = { "akashi claims ", "akashi timeline ",
                                                "akashi verify " };
        fprintf(s->t.to, "%s%s", i ? " · " : "", COMMANDS[i]);
        ak_terminal_seen(&s->t, s->report->folder, 200);
    }
    fputs("\n", s->t.to);
}

enum ak_status ak_report_screen(FILE *to, struct ak_report *report, enum ak_lang lang, bool colour,
                                const struct ak_report_run *run)
{
    struct screen s = { { to, lang, colour }, report };
    line_case(&s);
    line_coverage(&s);
    line_unread(&s);
    lines_verdict(&s);
    line_detections(&s);
    line_run(&s, run);
    lines_outputs(&s);
    return ferror(to) ? AK_ERR_IO : AK_OK;
}
