/* cmd_investigate.c - akashi investigate EVIDENCE... -o CASE: the main job. */
#include "analyse/analyse.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/feed_args.h"
#include "cli/rule_args.h"
#include "engine/investigate.h"
#include "report/report.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct ak_option OPTIONS[] = {
    { "--output", 'o', "CASE", "the case folder; made when it is not there" },
    { "--tz", 'z', "ZONE",
      "zone of times recorded without one (default: the evidence's own, else UTC)" },
    AK_OPTION_RULES,
    { "--no-rules", 0, NULL, "do not compare events with rules" },
    { "--exclude", 0, "FILE", "rules not to report: ids or titles, one a line" },
    { "--level-tuning", 0, "FILE", "other levels for rules: lines of id,level" },
    AK_OPTIONS_FEEDS,
    { "--jobs", 'j', "N", "worker processes (default: one per processor)" },
    { "--access-format", 0, "FORMAT",
      "the web server's own LogFormat or log_format, as in its configuration" },
    { "--deep", 0, NULL, "look into every file of a disk image, not only at likely paths" },
    { "--programs", 0, NULL,
      "read the version information of Windows programs inside images, too (slow)" },
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

static enum ak_status analyse(const struct ak_args *args, struct ak_store *store,
                              struct ak_str tzif)
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
static bool write_report(const struct ak_args *args, struct ak_store *store,
                         const struct ak_ingest_result *result)
{
    const char *folder = ak_args_get(args, "--output");
    struct ak_report_options options = { .lang = args->lang,
                                         .formats =
                                             AK_REPORT_HTML | AK_REPORT_PDF | AK_REPORT_JSON };
    struct ak_report_run run = { result->bytes, result->events, result->elapsed_ms, peak_kb(),
                                 result->jobs };
    struct ak_report *report = NULL;
    struct ak_buf json = { 0 };
    bool ok = ak_report_write(store, folder, &options) == AK_OK &&
              ak_report_read(store, folder, &report) == AK_OK;
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
static bool use_rules(struct ak_store *store, struct ak_custody *custody,
                      const struct ak_rules_in_use *rules)
{
    struct ak_buf b = { 0 };
    bool changed;
    if (!rules)
        return true;
    if (ak_rules_store(store, rules, &changed) != AK_OK)
        return false;
    ak_buf_printf(&b, "\"sha256\":\"%s\",\"rules\":%u,\"refused\":%u", rules->digest,
                  rules->sums.n_rules, rules->sums.n_problems);
    ak_custody_add(custody, "rules.used", ak_buf_view(&b));
    ak_buf_free(&b);
    return true;
}

/* What to compare evidence with. */
struct compared {
    struct ak_rules_in_use *rules;
    struct ak_feeds_in_use *feeds;
};

/* What the case held before was compared with what was looked for then. */
static void tell_not_compared(const struct ak_args *args, struct ak_store *store,
                              const char *digests)
{
    struct ak_reading *reading = NULL;
    struct ak_arena *arena = ak_arena_new(1 << 16);
    struct ak_str before = arena ? ak_store_meta(store, arena, "feeds") : AK_STR("");
    if (!ak_str_eq(before, ak_str_of(digests)) && ak_reading_open(store, &reading) == AK_OK &&
        ak_reading_n_items(reading))
        ak_complain(args->lang, ak_args_get(args, "--output"),
                    "what was read into the case before is not compared with these indicators and "
                    "YARA rules: use a new case for that");
    ak_reading_close(reading);
    ak_arena_free(arena);
    ak_store_set_meta(store, "feeds", digests);
}

static void use_feeds(const struct ak_args *args, struct ak_store *store,
                      struct ak_custody *custody, const struct ak_feeds_in_use *feeds)
{
    char digests[2 * AK_DIGEST_TEXT];
    struct ak_buf b = { 0 };
    if (!feeds)
        return;
    snprintf(digests, sizeof(digests), "%s %s", feeds->digests[0], feeds->digests[1]);
    tell_not_compared(args, store, digests);
    ak_buf_printf(&b,
                  "\"indicators\":%llu,\"indicators_sha256\":\"%s\",\"yara\":%llu,\"yara_sha256\":"
                  "\"%s\",\"known\":%llu,\"refused\":%llu",
                  (unsigned long long)feeds->sums.n_indicators, feeds->digests[0],
                  (unsigned long long)feeds->sums.n_yara, feeds->digests[1],
                  (unsigned long long)feeds->sums.n_known,
                  (unsigned long long)feeds->sums.n_problems);
    ak_custody_add(custody, "feeds.used", ak_buf_view(&b));
    ak_buf_free(&b);
}

static int investigate(const struct ak_args *args, struct ak_store *store,
                       struct ak_custody *custody, const struct compared *with)
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
        .programs = ak_args_has(args, "--programs"),
        .hash_files = ak_args_has(args, "--hash-files"),
        .hash = !ak_args_has(args, "--no-hash"),
        .progress = !ak_args_has(args, "--quiet") && isatty(2),
        .lang = args->lang,
        .zone_name = ak_str_of(zone ? zone : ""),
        .zone_tzif = ak_buf_view(&tzif),
        .access_format = ak_str_of(format ? format : ""),
        .rules = with->rules,
        .feeds = with->feeds,
    };
    struct ak_ingest_result result = { 0 };
    size_t missing = 0;
    enum ak_status st = use_rules(store, custody, with->rules) ? AK_OK : AK_ERR_IO;
    use_feeds(args, store, custody, with->feeds);
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
    bool ok =
        ak_args_filters(args) && ak_args_count(args, "--jobs", &jobs) && ak_args_zone(args, &tzif);
    ak_buf_free(&tzif);
    return ok;
}

static bool is_case(const char *folder)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/case.db", folder);
    return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

/* `akashi investigate CASE`: no new evidence, but perhaps other rules. */
static void take_case_alone(struct ak_args *args)
{
    if (ak_args_has(args, "--output") || args->n_rest != 1 || !is_case(args->rest[0]))
        return;
    ak_args_set(args, "--output", args->rest[0]);
    args->n_rest = 0;
}

/* Into the case, which is opened now. */
static int in_case(const struct ak_args *args, int argc, char **argv, const struct compared *with)
{
    const char *folder = ak_args_get(args, "--output"), *why;
    struct ak_store *store = NULL;
    struct ak_custody *custody = NULL;
    int code = AK_EXIT_FAILED;
    if (ak_store_open(folder, AK_STORE_WRITE, &store, &why) != AK_OK)
        ak_complain(args->lang, folder, why);
    else if (ak_custody_open(folder, &custody) != AK_OK)
        ak_complain(args->lang, folder, "its custody log is broken; see akashi verify");
    else {
        custody_start(custody, argc, argv);
        code = investigate(args, store, custody, with);
    }
    ak_custody_close(custody);
    ak_store_close(store);
    return code;
}

/* What is asked for, and what events are compared with; -1 to go on. */
static int prepare(struct ak_args *args, struct compared *with)
{
    take_case_alone(args);
    const char *folder = ak_args_get(args, "--output");
    if (!folder || (args->n_rest == 0 && !is_case(folder))) {
        ak_complain(args->lang, NULL, "name the evidence, and the case with -o CASE");
        return AK_EXIT_USAGE;
    }
    if (!options_hold(args))
        return AK_EXIT_USAGE;
    if (!ak_args_has(args, "--no-rules") && !ak_args_rules(args, false, &with->rules))
        return AK_EXIT_FAILED;
    return ak_args_feeds(args, &with->feeds) ? -1 : AK_EXIT_FAILED;
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    struct compared with = { 0 };
    int code = ak_args_parse(self, argc, argv, &args);
    if (code < 0)
        code = prepare(&args, &with);
    if (code < 0)
        code = in_case(&args, argc, argv, &with);
    ak_rules_close(with.rules);
    ak_feeds_close(with.feeds);
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_investigate = {
    .name = "investigate",
    .usage = "EVIDENCE... -o CASE | CASE",
    .summary = "take evidence into a case, analyse it and write the report",
    .text = "EVIDENCE is a disk image (the first segment of a split one), a folder, an archive or "
            "a log "
            "file; what it is is found from its bytes. Run again on the same CASE it takes up only "
            "what "
            "is new or unfinished. CASE alone compares what it holds with other rules, and writes "
            "the report again.",
    .options = OPTIONS,
    .n_options = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
