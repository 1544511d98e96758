/* cmd_dump.c - akashi dump FILE...: events of files, without a case. */
#include "cli/command.h"
#include "engine/look.h"

#include <stdlib.h>

static const struct ak_option OPTIONS[] = {
    { "--output", 'o', "FILE", "write there (default: standard output)" },
    { "--force", 0, NULL, "overwrite the output file" },
    { "--as", 0, "NAME", "use this parser (see akashi list artefacts)" },
    { "--tz", 'z', "ZONE", "zone of times recorded without one (default: UTC)" },
    { "--threads", 't', "N", "worker processes (default: one per processor)" },
    { "--access-format", 0, "FORMAT",
      "the web server's own LogFormat or log_format, as in its configuration" },
    { "--no-sandbox", 0, NULL, "parse without the sandbox (for debugging only)" },
};

static int dump(const struct ak_args *args)
{
    struct ak_buf tzif = { 0 };
    struct ak_look_result result;
    const char *as = ak_args_get(args, "--as"), *format = ak_args_get(args, "--access-format");
    unsigned threads;
    if (!ak_args_count(args, "--threads", &threads) || !ak_args_zone(args, &tzif))
        return AK_EXIT_USAGE;
    struct ak_look_options options = { .kind = AK_JOB_DUMP,
                                       .threads = threads,
                                       .sandbox = !ak_args_has(args, "--no-sandbox"),
                                       .lang = args->lang,
                                       .parser = ak_str_of(as ? as : ""),
                                       .zone_tzif = ak_buf_view(&tzif),
                                       .access_format = ak_str_of(format ? format : "") };
    FILE *out = ak_output_open(args);
    if (!out)
        return AK_EXIT_FAILED;
    enum ak_status st = ak_look(args->rest, args->n_rest, &options, out, &result);
    ak_buf_free(&tzif);
    if (out != stdout && fclose(out) != 0)
        st = AK_ERR_IO;
    if (st != AK_OK)
        ak_complain(args->lang, NULL,
                    "the output could not be written, or the workers not started");
    return st == AK_OK && result.failed == 0 ? AK_EXIT_DONE : AK_EXIT_FAILED;
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    int code = ak_args_parse(self, argc, argv, &args);
    if (code < 0 && args.n_rest == 0) {
        ak_complain(args.lang, NULL, "name a file");
        code = AK_EXIT_USAGE;
    }
    if (code < 0)
        code = dump(&args);
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_dump = {
    .name = "dump",
    .usage = "FILE...",
    .summary = "parse files to events, JSON lines on standard output, without a case",
    .options = OPTIONS,
    .n_options = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
