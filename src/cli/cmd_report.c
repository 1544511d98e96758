/* cmd_report.c - akashi report CASE: the report again, in the form and language wanted. */
#include "cli/reader.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>

static const struct ak_option OPTIONS[] = {
    { "--output", 'o', "FILE",
      "write there (default: report.html, .pdf and summary.json in the case folder)" },
    { "--format", 0, "html|pdf|json", "only this form (default: by the ending of FILE, else all)" },
    { "--edition", 0, "NAME", "for whom it is written: forensic" },
    { "--force", 0, NULL, "overwrite the output file" },
    { "--json", 0, NULL, "print the summary as JSON" },
};

static const struct form {
    const char *name;
    enum ak_report_format format;
} FORMS[] = { { "html", AK_REPORT_HTML }, { "pdf", AK_REPORT_PDF }, { "json", AK_REPORT_JSON } };

/* By --format, else by the ending of FILE; 0: neither. */
static unsigned form_of(const struct ak_args *args)
{
    const char *name = ak_args_get(args, "--format"), *file = ak_args_get(args, "--output");
    if (!name && file && strrchr(file, '.'))
        name = strrchr(file, '.') + 1;
    for (size_t i = 0; name && i < sizeof(FORMS) / sizeof(FORMS[0]); i++)
        if (strcmp(name, FORMS[i].name) == 0)
            return FORMS[i].format;
    return 0;
}

/* One form to -o FILE or to standard output. */
static int print_one(const struct ak_args *args, struct ak_store *store,
                     const struct ak_report_options *options)
{
    struct ak_report *report = NULL;
    struct ak_buf b = { 0 };
    enum ak_status st = ak_report_read(store, args->rest[0], &report);
    if (st == AK_OK)
        st = ak_report_print(report, (enum ak_report_format)options->formats, options, &b);
    ak_report_free(report);
    FILE *f = st == AK_OK ? ak_output_open(args) : NULL;
    bool ok = f && fwrite(b.at, 1, b.n, f) == b.n;
    ok = f && (f == stdout ? fflush(f) == 0 : fclose(f) == 0) && ok;
    ak_buf_free(&b);
    if (!ok)
        ak_complain(args->lang, args->rest[0], "the report could not be written");
    return ok ? AK_EXIT_DONE : AK_EXIT_FAILED;
}

static int write_all(const struct ak_args *args, struct ak_store *store,
                     const struct ak_report_options *options)
{
    struct ak_report *report;
    const char *folder = args->rest[0];
    if (ak_report_write(store, folder, options) != AK_OK ||
        ak_report_read(store, folder, &report) != AK_OK) {
        ak_complain(args->lang, folder, "the report could not be written");
        return AK_EXIT_FAILED;
    }
    if (!ak_args_has(args, "--quiet"))
        (void)ak_report_screen(stderr, report, args->lang, ak_args_colour(args), NULL);
    ak_report_free(report);
    return AK_EXIT_DONE;
}

static int report(const struct ak_args *args, struct ak_store *store)
{
    const char *edition = ak_args_get(args, "--edition"), *format = ak_args_get(args, "--format");
    bool one = ak_args_has(args, "--output") || format || ak_args_has(args, "--json");
    struct ak_report_options options = { .lang = args->lang,
                                         .one_language = ak_args_has(args, "--lang"),
                                         .formats = ak_args_has(args, "--json") ? AK_REPORT_JSON
                                                                                : form_of(args) };
    if (edition && strcmp(edition, "forensic") != 0) {
        ak_complain(args->lang, edition, "there is no such edition; this version writes: forensic");
        return AK_EXIT_USAGE;
    }
    if (one && !options.formats) {
        ak_complain(args->lang, format, "the formats are html, pdf and json");
        return AK_EXIT_USAGE;
    }
    if (one)
        return print_one(args, store, &options);
    options.formats = AK_REPORT_HTML | AK_REPORT_PDF | AK_REPORT_JSON;
    return write_all(args, store, &options);
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    int code = ak_args_parse(self, argc, argv, &args);
    if (code < 0) {
        struct ak_store *store = ak_open_case(&args);
        code = store ? report(&args, store) : args.n_rest ? AK_EXIT_FAILED : AK_EXIT_USAGE;
        ak_store_close(store);
    }
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_report = {
    .name = "report",
    .usage = "CASE",
    .summary = "write the report of a case",
    .text = "With --lang the report is in that language only; without, the HTML holds both and the "
            "reader "
            "chooses. Everything is taken from the case; only the bytes of cited events are read "
            "from the evidence "
            "when it is still there.",
    .options = OPTIONS,
    .n_options = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
