/* cmd_investigate.c - akashi investigate EVIDENCE... -o CASE: the main job. */
#include "analyse/analyse.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/rule_args.h"
#include "engine/investigate.h"
#include "report/report.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct ak_option OPTIONS[] = {
    { "--output", 'o', "CASE", "the case folder; made when it is not there" },
    { "--tz", 'z', "ZONE", "zone of times recorded without one (default: the evidence's own, else UTC)" },
    AK_OPTION_RULES,
    { "--no-rules", 0, NULL, "do not compare events with rules" },
    { "--exclude", 0, "FILE", "rules not to report: ids or titles, one a line" },
    { "--level-tuning", 0, "FILE", "other levels for rules: lines of id,level" },
    { "--jobs", 'j', "N", "worker processes (default: one per processor)" },
    { "--access-format", 0, "FORMAT", "the web server's own LogFormat or log_format, as in its configuration" },
    { "--deep", 0, NULL, "look into every file of a disk image, not only at likely paths" },
    { "--hash-files", 0, NULL, "SHA-256 of every file inside images and archives, too (slow)" },
    { "--no-hash", 0, NULL, "do not hash the evidence (for a first look only)" },
    { "--no-sandbox", 0, NULL, "parse without the sandbox (for debugging only)" },
    { "--json", 0, NULL, "print the summary as JSON" },
};

static void custody_start(struct ak_custody *custody, int argc, char **argv)
{
    struct ak_buf b = { 0 };
    ak_buf_text(&b, "\"command\":[\"akashi\"");
    for (int i = 0; i < argc; i++) {
        ak_buf_u8(&b, ',');
        ak_json_str(&b, ak_str_of(argv[i]));
    }
    ak_buf_u8(&b, ']');
    ak_custody_add(custody, "investigate.started", ak_buf_view(&b));
    ak_custody_sync(custody);
    ak_buf_free(&b);
}

static void custody_end(struct ak_custody *custody, const struct ak_ingest_result *r)
{
    struct ak_buf b = { 0 };
    ak_buf_printf(&b, "\"items\":%llu,\"events\":%llu,\"failed\":%llu,\"damage\":%llu",
                  (unsigned long long)r->items, (unsigned long long)r->events,
                  (unsigned long long)r->items_failed, (unsigned long long)r->damage);
    ak_custody_add(custody, "investigate.finished", ak_buf_view(&b));
    ak_custody_sync(custody);
    ak_buf_free(&b);
}

/* The zone of the report's times: --tz, else the first evidence's own, else UTC. */
static struct ak_zone report_zone(struct ak_store *store, struct ak_str given)
{
    struct ak_zone zone = ak_zone_utc;
    struct ak_reading *reading = NULL;
    if (given.n && ak_zone_parse(ak_bytes_str(given), &zone) == AK_OK)
        return zone;
    if (ak_reading_open(store, &reading) == AK_OK)
        for (size_t i = 0; i < ak_reading_n_items(reading) && !zone.known; i++)
            if (ak_reading_item(reading, i)->zone->known)
                zone = *ak_reading_item(reading, i)->zone;
    ak_reading_close(reading);
    return zone;
}

static enum ak_status analyse(const struct ak_args *args, struct ak_store *store, struct ak_str tzif)
{
    struct ak_reading *reading = NULL;
    struct ak_zone zone = report_zone(store, tzif);
    struct ak_analyse_options options = { .zone = &zone };
    (void)args;
    enum ak_status st = ak_reading_open(store, &reading);
    if (st == AK_OK)
        st = ak_analyse(store, reading, &options);
    ak_reading_close(reading);
    return st;
}

static uint64_t peak_kb(void)
{
    struct rusage self = { 0 }, children = { 0 };
    if (getrusage(RUSAGE_SELF, &self) != 0 || getrusage(RUSAGE_CHILDREN, &children) != 0)
        return 0;
    return (uint64_t)(self.ru_maxrss > children.ru_maxrss ? self.ru_maxrss : children.ru_maxrss);
}

/* report.html, report.pdf, summary.json; then the verdict on stderr, and with
 * --json the summary on stdout. */
static bool write_report(const struct ak_args *args, struct ak_store *store, const struct ak_ingest_result *result)
{
    const char *folder = ak_args_get(args, "--output");
    struct ak_report_options options = { .lang = args->lang, .formats = AK_REPORT_HTML | AK_REPORT_PDF | AK_REPORT_JSON };
    struct ak_report_run run = { result->bytes, result->events, result->elapsed_ms, peak_kb(), result->jobs };
    struct ak_report *report = NULL;
    struct ak_buf json = { 0 };
    bool ok = ak_report_write(store, folder, &options) == AK_OK && ak_report_read(store, folder, &report) == AK_OK;
    if (ok && !ak_args_has(args, "--quiet"))
        ok = ak_report_screen(stderr, report, args->lang, ak_args_colour(args), &run) == AK_OK;
    if (ok && ak_args_has(args, "--json")) {
        ak_report_json(&json, report);
        ok = fwrite(json.at, 1, json.n, stdout) == json.n;
    }
    if (!ok)
        ak_complain(args->lang, folder, "the report could not be written");
    ak_buf_free(&json);
    ak_report_free(report);
    return ok;
}

/* Tell the custody log and the case which rules are in use. */
static bool use_rules(struct ak_store *store, struct ak_custody *custody, const struct ak_rules_in_use *rules)
{
    struct ak_buf b = { 0 };
    bool changed;
    if (!rules)
        return true;
    if (ak_rules_store(store, rules, &changed) != AK_OK)
        return false;
    ak_buf_printf(&b, "\"sha256\":\"%s\",\"rules\":%u,\"refused\":%u", rules->digest, rules->sums.n_rules,
                  rules->sums.n_problems);
    ak_custody_add(custody, "rules.used", ak_buf_view(&b));
    ak_buf_free(&b);
    return true;
}

static int investigate(const struct ak_args *args, struct ak_store *store, struct ak_custody *custody,
                       const struct ak_rules_in_use *rules)
{
    struct ak_buf tzif = { 0 };
    unsigned jobs;
    const char *zone = ak_args_get(args, "--tz"), *format = ak_args_get(args, "--access-format");
    if (!ak_args_count(args, "--jobs", &jobs) || !ak_args_zone(args, &tzif))
        return AK_EXIT_USAGE;
    struct ak_ingest_options options = {
        .folder = ak_args_get(args, "--output"),
        .jobs = jobs,
        .sandbox = !ak_args_has(args, "--no-sandbox"),
        .deep = ak_args_has(args, "--deep"),
        .hash_files = ak_args_has(args, "--hash-files"),
        .hash = !ak_args_has(args, "--no-hash"),
        .progress = !ak_args_has(args, "--quiet") && isatty(2),
        .lang = args->lang,
        .zone_name = ak_str_of(zone ? zone : ""),
        .zone_tzif = ak_buf_view(&tzif),
        .access_format = ak_str_of(format ? format : ""),
        .rules = rules,
    };
    struct ak_ingest_result result = { 0 };
    size_t missing = 0;
    enum ak_status st = use_rules(store, custody, rules) ? AK_OK : AK_ERR_IO;
    if (st == AK_OK)
        st = ak_ingest(store, custody, args->rest, args->n_rest, &options, &result, &missing);
    if (st == AK_OK)
        st = analyse(args, store, ak_buf_view(&tzif));
    ak_buf_free(&tzif);
    custody_end(custody, &result);
    if (st != AK_OK) {
        ak_complain(args->lang, options.folder, "the investigation could not be finished");
        return AK_EXIT_FAILED;
    }
    if (!write_report(args, store, &result))
        return AK_EXIT_FAILED;
    return missing ? AK_EXIT_FAILED : AK_EXIT_DONE;
}

/* Mistakes are told before a case is made. */
static bool options_hold(const struct ak_args *args)
{
    struct ak_buf tzif = { 0 };
    unsigned jobs;
    bool ok = ak_args_filters(args) && ak_args_count(args, "--jobs", &jobs) &&
              ak_args_zone(args, &tzif);
    ak_buf_free(&tzif);
    return ok;
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    struct ak_rules_in_use *rules = NULL;
    int code = ak_args_parse(self, argc, argv, &args);
    const char *folder = code < 0 ? ak_args_get(&args, "--output") : NULL;
    if (code < 0 && (args.n_rest == 0 || !folder)) {
        ak_complain(args.lang, NULL, "name the evidence, and the case with -o CASE");
        code = AK_EXIT_USAGE;
    }
    if (code < 0 && !options_hold(&args))
        code = AK_EXIT_USAGE;
    if (code < 0 && !ak_args_has(&args, "--no-rules") && !ak_args_rules(&args, false, &rules))
        code = AK_EXIT_FAILED;
    if (code < 0) {
        struct ak_store *store = NULL;
        struct ak_custody *custody = NULL;
        const char *why;
        code = AK_EXIT_FAILED;
        if (ak_store_open(folder, AK_STORE_WRITE, &store, &why) != AK_OK)
            ak_complain(args.lang, folder, why);
        else if (ak_custody_open(folder, &custody) != AK_OK)
            ak_complain(args.lang, folder, "its custody log is broken; see akashi verify");
        else {
            custody_start(custody, argc, argv);
            code = investigate(&args, store, custody, rules);
        }
        ak_custody_close(custody);
        ak_store_close(store);
    }
    ak_rules_close(rules);
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_investigate = {
    .name = "investigate",
    .usage = "EVIDENCE... -o CASE",
    .summary = "take evidence into a case, analyse it and write the report",
    .text = "EVIDENCE is a disk image (the first segment of a split one), a folder, an archive or a log "
            "file; what it is is found from its bytes. Run again on the same CASE it takes up only what "
            "is new or unfinished.",
    .options = OPTIONS,
    .n_options = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
