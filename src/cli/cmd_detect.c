/* cmd_detect.c - akashi detect PATH...: Sigma over logs, without a case.
 *
 * It is an investigation into a case that is thrown away: the same reading, the same
 * order, the same correlations; of the events only those with hits are kept. */
#include "analyse/detections.h"
#include "cli/command.h"
#include "cli/detect_names.h"
#include "cli/detect_rows.h"
#include "cli/detect_screen.h"
#include "cli/reader.h"
#include "cli/rule_args.h"
#include "cli/scratch.h"
#include "engine/pool.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct ak_option OPTIONS[] = {
    AK_OPTION_RULES,
    { "--directory", 'd', "DIR", "look into this folder (the same as naming it)" },
    { "--file", 'f', "FILE", "look into this file (the same as naming it)" },
    { "--output", 'o', "FILE", "write there (default: standard output)" },
    { "--force", 0, NULL, "overwrite the output file" },
    { "--type", 't', "TYPE", "csv or jsonl (default: csv)" },
    { "--format", 0, "TYPE", "the same as --type" },
    { "--json", 0, NULL, "the same as --type jsonl" },
    { "--profile", 'p', "NAME",
      "columns of CSV: minimal, standard (default), verbose, all-field-info, "
      "all-field-info-verbose, "
      "super-verbose, timesketch-minimal, timesketch-verbose" },
    { "--min-level", 'm', "LEVEL",
      "no detection below informational, low, medium, high or critical" },
    { "--utc", 'U', NULL, "times in UTC (default: the zone of --tz, else UTC)" },
    { "--iso-8601", 'O', NULL, "times in ISO 8601 with microseconds" },
    { "--tz", 'z', "ZONE", "zone of times recorded without one, and of the times printed" },
    { "--remove-duplicate-detections", 'X', NULL,
      "leave out detections that only differ in the file they were found in" },
    { "--from", 0, "TIME", "no event before this time (ISO 8601)" },
    { "--to", 0, "TIME", "no event at or after this time (ISO 8601)" },
    { "--timeline-start", 0, "TIME", "the same as --from" },
    { "--timeline-end", 0, "TIME", "the same as --to" },
    { "--exclude", 0, "FILE", "rules not to report: ids or titles, one a line" },
    { "--level-tuning", 0, "FILE", "other levels for rules: lines of id,level" },
    { "--status", 0, "LIST",
      "only rules in one of these states, comma between: stable,test,experimental" },
    { "--tags", 0, "TAGS",
      "only rules with one of these tags, comma between: attack.execution,attack.t1059" },
    { "--jobs", 'j', "N", "worker processes (default: one per processor)" },
    { "--threads", 0, "N", "the same as --jobs" },
    { "--access-format", 0, "FORMAT",
      "the web server's own LogFormat or log_format, as in its configuration" },
    { "--no-sandbox", 0, NULL, "parse without the sandbox (for debugging only)" },
};

static void same(struct ak_args *args, const char *other, const char *name)
{
    const char *value = ak_args_get(args, other);
    if (value && !ak_args_get(args, name))
        ak_args_set(args, name, value);
}

/* Options with two names count as one. */
static void join_names(struct ak_args *args)
{
    same(args, "--timeline-start", "--from");
    same(args, "--timeline-end", "--to");
    same(args, "--threads", "--jobs");
    same(args, "--format", "--type");
}

/* Everything the user chose. */
struct choices {
    struct ak_detect_output output;
    struct ak_window window;
    struct ak_zone zone;
    struct ak_buf tzif;
    unsigned jobs;
    const char **paths;
    size_t n_paths;
};

static bool choose_output(const struct ak_args *args, struct choices *c)
{
    const char *type = ak_args_get(args, "--type"), *profile = ak_args_get(args, "--profile");
    enum ak_severity severity;
    c->output = (struct ak_detect_output){
        .profile = ak_detect_profile_named(profile ? profile : "standard"),
        .jsonl = ak_args_has(args, "--json") || (type && strcmp(type, "jsonl") == 0),
        .iso = ak_args_has(args, "--iso-8601"),
        .zone = &c->zone,
        .distinct = ak_args_has(args, "--remove-duplicate-detections"),
        .tags = ak_args_get(args, "--tags"),
        .status = ak_args_get(args, "--status"),
        .lang = args->lang
    };
    if (type && strcmp(type, "jsonl") != 0 && strcmp(type, "csv") != 0) {
        ak_complain(args->lang, type, "the types are csv and jsonl");
        return false;
    }
    if (!c->output.profile) {
        ak_complain(args->lang, profile, "there is no such profile; see akashi detect --help");
        return false;
    }
    if (!ak_args_filters(args) || !ak_args_min_level(args, &severity))
        return false;
    c->output.min_severity = (int)severity;
    return true;
}

static void add_paths(const struct ak_args *args, const char *option, struct choices *c)
{
    const char *path;
    for (size_t i = 0; (path = ak_args_nth(args, option, i)); i++)
        c->paths[c->n_paths++] = path;
}

static bool choose_paths(const struct ak_args *args, struct choices *c)
{
    c->paths = calloc(args->n_rest + args->n_given + 1, sizeof(*c->paths));
    if (!c->paths)
        return false;
    add_paths(args, "--directory", c);
    add_paths(args, "--file", c);
    for (size_t i = 0; i < args->n_rest; i++)
        c->paths[c->n_paths++] = args->rest[i];
    if (c->n_paths == 0)
        ak_complain(args->lang, NULL, "name the files or folders to look into");
    return c->n_paths > 0;
}

static bool choose(const struct ak_args *args, struct choices *c)
{
    c->zone = ak_zone_utc;
    if (!choose_output(args, c) || !choose_paths(args, c) ||
        !ak_args_count(args, "--jobs", &c->jobs) || !ak_args_zone(args, &c->tzif) ||
        !ak_args_window(args, &c->window))
        return false;
    if (c->tzif.n && !ak_args_has(args, "--utc") &&
        ak_zone_parse((struct ak_bytes){ c->tzif.at, c->tzif.n }, &c->zone) != AK_OK)
        c->zone = ak_zone_utc;
    return true;
}

static uint64_t peak_kb(void)
{
    struct rusage self = { 0 }, children = { 0 };
    if (getrusage(RUSAGE_SELF, &self) != 0 || getrusage(RUSAGE_CHILDREN, &children) != 0)
        return 0;
    return (uint64_t)(self.ru_maxrss > children.ru_maxrss ? self.ru_maxrss : children.ru_maxrss);
}

/* Where it happens. */
struct scratch {
    char folder[AK_SCRATCH_PATH];
    struct ak_store *store;
    const struct ak_rules_in_use *rules;
    FILE *out;
};

/* Read the evidence, then its events with hits in the order of time. */
static enum ak_status detect(const struct ak_args *args, const struct choices *c,
                             const struct scratch *in, struct ak_ingest_result *result,
                             size_t *out_missing)
{
    struct ak_store *store = in->store;
    const char *zone = ak_args_get(args, "--tz"), *format = ak_args_get(args, "--access-format");
    struct ak_reading *reading = NULL;
    struct ak_ingest_options options = { .folder = in->folder,
                                         .jobs = c->jobs,
                                         .sandbox = !ak_args_has(args, "--no-sandbox"),
                                         .progress = !ak_args_has(args, "--quiet") && isatty(2),
                                         .lang = args->lang,
                                         .zone_name = ak_str_of(zone ? zone : ""),
                                         .zone_tzif = ak_buf_view(&c->tzif),
                                         .access_format = ak_str_of(format ? format : ""),
                                         .rules = in->rules,
                                         .hits_only = true };
    bool changed;
    enum ak_status st = ak_rules_store(store, in->rules, &changed);
    if (st == AK_OK)
        st = ak_ingest(store, NULL, c->paths, c->n_paths, &options, result, out_missing);
    if (st == AK_OK)
        st = ak_reading_open(store, &reading);
    if (st == AK_OK)
        st = ak_detections_all(store, reading, &c->window, true);
    ak_reading_close(reading);
    return st;
}

static int write_rows(const struct ak_args *args, const struct choices *c, const struct scratch *in,
                      struct ak_detect_run *run)
{
    struct ak_detect_written written;
    bool ok = ak_detect_write(ak_store_db(in->store), &c->output, in->out, &written);
    if (in->out != stdout && fclose(in->out) != 0)
        ok = false;
    if (!ok) {
        ak_complain(args->lang, ak_args_get(args, "--output"),
                    "the detections could not be written");
        return AK_EXIT_FAILED;
    }
    run->rows = written.rows;
    run->duplicates = written.duplicates;
    return AK_EXIT_DONE;
}

static int run_in(const struct ak_args *args, const struct choices *c, const struct scratch *in)
{
    struct ak_ingest_result result = { 0 };
    size_t missing = 0;
    int64_t started = ak_now_ms();
    /* It is thrown away in any case: nothing is written twice, or for the next reader. */
    ak_store_sql(in->store,
                 "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -131072;"
                 "PRAGMA temp_store = MEMORY");
    if (detect(args, c, in, &result, &missing) != AK_OK) {
        ak_complain(args->lang, NULL, "the detection could not be finished");
        if (in->out != stdout)
            fclose(in->out);
        return AK_EXIT_FAILED;
    }
    struct ak_detect_run run = { .result = &result,
                                 .output = ak_args_get(args, "--output"),
                                 .zone = &c->zone,
                                 .min_severity = c->output.min_severity };
    int code = write_rows(args, c, in, &run);
    run.elapsed_ms = (uint64_t)(ak_now_ms() - started);
    run.peak_kb = peak_kb();
    if (code == AK_EXIT_DONE && !ak_args_has(args, "--quiet"))
        ak_detect_screen(stderr, in->store, args->lang, ak_args_colour(args), &run);
    return code == AK_EXIT_DONE && missing ? AK_EXIT_FAILED : code;
}

static bool any_tagged(const struct ak_rules_in_use *rules, struct ak_str tags)
{
    for (uint32_t i = 0; i < rules->sums.n_rules; i++)
        for (size_t k = 0; k < rules->rules[i].rule.n_tags; k++)
            if (ak_tag_listed(rules->rules[i].rule.tags[k], tags))
                return true;
    return false;
}

/* No detection for want of a rule looks the same as none for want of an attack: say it. */
static void tell_idle_tags(const struct ak_args *args, const struct ak_rules_in_use *rules)
{
    const char *tags = ak_args_get(args, "--tags");
    if (tags && !any_tagged(rules, ak_str_of(tags)))
        ak_complain(args->lang, tags, "no rule in use has one of these tags");
}

static int with_rules(const struct ak_args *args, const struct choices *c,
                      const struct ak_rules_in_use *rules)
{
    const char *why;
    struct scratch in = { .rules = rules, .out = ak_output_open(args) };
    if (!in.out)
        return AK_EXIT_FAILED;
    if (ak_scratch_make(in.folder) != AK_OK ||
        ak_store_open(in.folder, AK_STORE_WRITE, &in.store, &why) != AK_OK) {
        ak_complain(args->lang, NULL, "there is no room for temporary files (see TMPDIR)");
        ak_scratch_remove();
        if (in.out != stdout)
            fclose(in.out);
        return AK_EXIT_FAILED;
    }
    int code = run_in(args, c, &in);
    ak_store_close(in.store);
    ak_scratch_remove();
    return code;
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    struct choices c = { 0 };
    struct ak_rules_in_use *rules = NULL;
    int code = ak_args_parse(self, argc, argv, &args);
    if (code < 0) {
        join_names(&args);
        code = !choose(&args, &c)                    ? AK_EXIT_USAGE
               : !ak_args_rules(&args, true, &rules) ? AK_EXIT_FAILED
                                                     : -1;
    }
    if (code < 0) {
        tell_idle_tags(&args, rules);
        code = with_rules(&args, &c, rules);
    }
    ak_rules_close(rules);
    ak_buf_free(&c.tzif);
    free(c.paths);
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_detect = {
    .name = "detect",
    .usage = "[-r RULES]... PATH...",
    .summary = "compare logs with Sigma rules, without a case",
    .text = "PATH is a log, a folder, an archive or a disk image. Detections go to standard output "
            "or to -o FILE, "
            "in the order of time; a summary goes to standard error.",
    .options = OPTIONS,
    .n_options = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
