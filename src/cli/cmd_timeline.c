/* cmd_timeline.c - akashi timeline CASE: the events in order. */
#include "base/json.h"
#include "cli/filter.h"
#include "cli/reader.h"
#include "cli/writers.h"

#include <stdlib.h>

static const struct ak_option OPTIONS[] = {
    { "--output", 'o', "FILE", "write there (default: standard output)" },
    { "--force", 0, NULL, "overwrite the output file" },
    { "--from", 0, "TIME", "no event before this time (ISO 8601)" },
    { "--to", 0, "TIME", "no event at or after this time (ISO 8601)" },
    { "--tz", 'z', "ZONE", "zone of --from and --to written without one (default: UTC)" },
    { "--host", 0, "NAME", "only of this host ('*' and '?' allowed)" },
    { "--data-type", 0, "TYPE", "only of this data type ('*' and '?' allowed)" },
    { "--query", 0, "QUERY",
      "only events for which it holds: field:value, field>=number, word, OR, -term" },
    { "--format", 'f', "FORMAT", "jsonl, csv, timesketch or bodyfile (default: jsonl)" },
};

/* Events without a time stand first in JSON lines; other formats cannot carry
 * them, and say how many were left out. */
static int print_events(struct ak_reading *reading, const struct ak_window *window,
                        const struct ak_filter *filter, const struct ak_event_writer *writer,
                        FILE *out, const struct ak_args *args)
{
    struct ak_timeline *timeline;
    struct ak_stored e;
    struct ak_buf b = { 0 };
    bool more = true;
    uint64_t untimed = 0;
    enum ak_status st = ak_timeline_open(reading, window, &timeline);
    if (st == AK_OK && writer->begin)
        writer->begin(&b);
    while (st == AK_OK && (st = ak_timeline_next(timeline, &e, &more)) == AK_OK && more) {
        if (!ak_filter_holds(filter, &e))
            continue;
        if (!ak_stamp_is_set(e.event.when) && !writer->untimed)
            untimed++;
        else
            writer->event(&b, &e, args->lang);
        if (b.n > 1 << 20 && fwrite(b.at, 1, b.n, out) == b.n)
            b.n = 0;
    }
    fwrite(b.at, 1, b.n, out);
    ak_buf_free(&b);
    if (timeline)
        ak_timeline_close(timeline);
    if (untimed)
        fprintf(stderr, "akashi: %llu %s\n", (unsigned long long)untimed,
                ak_word(args->lang, "events without a time were left out of this format"));
    if (st != AK_OK)
        ak_complain(args->lang, args->rest[0],
                    "the case is damaged: its events could not be read to the end");
    return st == AK_OK && fflush(out) == 0 ? AK_EXIT_DONE : AK_EXIT_FAILED;
}

static int show(const struct ak_args *args, struct ak_reading *reading)
{
    struct ak_window window;
    struct ak_filter *filter;
    const char *why, *format = ak_args_get(args, "--format");
    const struct ak_event_writer *writer = ak_event_writer_named(format ? format : "jsonl");
    if (!writer) {
        ak_complain(args->lang, format, "the formats are jsonl, csv, timesketch and bodyfile");
        return AK_EXIT_USAGE;
    }
    if (!ak_args_window(args, &window))
        return AK_EXIT_USAGE;
    if (ak_filter_make(ak_args_get(args, "--host"), ak_args_get(args, "--data-type"),
                       ak_args_get(args, "--query"), &filter, &why) != AK_OK) {
        ak_complain(args->lang, ak_args_get(args, "--query"), why);
        return AK_EXIT_USAGE;
    }
    FILE *out = ak_output_open(args);
    int code = out ? print_events(reading, &window, filter, writer, out, args) : AK_EXIT_FAILED;
    if (out && out != stdout && fclose(out) != 0)
        code = AK_EXIT_FAILED;
    ak_filter_free(filter);
    return code;
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    int code = ak_args_parse(self, argc, argv, &args);
    if (code < 0) {
        struct ak_store *store;
        struct ak_reading *reading = ak_open_reading(&args, &store);
        code = reading ? show(&args, reading) : args.n_rest ? AK_EXIT_FAILED : AK_EXIT_USAGE;
        ak_reading_close(reading);
        ak_store_close(store);
    }
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_timeline = {
    .name = "timeline",
    .usage = "CASE",
    .summary = "print the events of a case in order",
    .options = OPTIONS,
    .n_options = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
