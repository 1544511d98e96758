/* cmd_ls.c - akashi ls IMAGE and akashi cat IMAGE PATH: look into evidence. */
#include "cli/command.h"
#include "engine/look.h"

#include <stdlib.h>

static const struct ak_option LS_OPTIONS[] = {
    { "--output", 'o', "FILE", "write there (default: standard output)" },
    { "--force", 0, NULL, "overwrite the output file" },
    { "--format", 'f', "FORMAT", "list, bodyfile or jsonl (default: list)" },
    { "--volume", 0, "N", "only this volume" },
    { "--no-sandbox", 0, NULL, "parse without the sandbox (for debugging only)" },
};

static const struct ak_option CAT_OPTIONS[] = {
    { "--output", 'o', "FILE", "write there (default: standard output)" },
    { "--force", 0, NULL, "overwrite the output file" },
    { "--inode", 'i', "N", "the entry with this inode or MFT number, instead of PATH" },
    { "--volume", 0, "N", "only this volume" },
    { "--no-sandbox", 0, NULL, "parse without the sandbox (for debugging only)" },
};

static int look(const struct ak_args *args, enum ak_job_kind kind, struct ak_str words)
{
    struct ak_look_result result;
    struct ak_look_options options = { .kind = kind,
                                       .threads = 1,
                                       .sandbox = !ak_args_has(args, "--no-sandbox"),
                                       .lang = args->lang,
                                       .options = words };
    FILE *out = ak_output_open(args);
    if (!out)
        return AK_EXIT_FAILED;
    enum ak_status st = ak_look(args->rest, 1, &options, out, &result);
    if (out != stdout && fclose(out) != 0)
        st = AK_ERR_IO;
    return st == AK_OK && result.failed == 0 ? AK_EXIT_DONE : AK_EXIT_FAILED;
}

static void put_option(struct ak_buf *words, const struct ak_args *args, const char *name,
                       const char *key)
{
    const char *value = ak_args_get(args, name);
    if (value)
        ak_buf_printf(words, "%s=%s\n", key, value);
}

static int run_ls(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    struct ak_buf words = { 0 };
    int code = ak_args_parse(self, argc, argv, &args);
    const char *format = code < 0 ? ak_args_get(&args, "--format") : NULL;
    if (code < 0 && args.n_rest != 1) {
        ak_complain(args.lang, NULL, "name one image or archive");
        code = AK_EXIT_USAGE;
    }
    if (format && strcmp(format, "list") != 0 && strcmp(format, "bodyfile") != 0 &&
        strcmp(format, "jsonl") != 0) {
        ak_complain(args.lang, format, "the formats are list, bodyfile and jsonl");
        code = AK_EXIT_USAGE;
    }
    if (code < 0) {
        put_option(&words, &args, "--format", "format");
        put_option(&words, &args, "--volume", "volume");
        code = look(&args, AK_JOB_LS, ak_buf_view(&words));
    }
    ak_buf_free(&words);
    free(args.rest);
    return code;
}

static int run_cat(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    struct ak_buf words = { 0 };
    int code = ak_args_parse(self, argc, argv, &args);
    bool inode = code < 0 && ak_args_has(&args, "--inode");
    if (code < 0 && args.n_rest != (inode ? 1 : 2)) {
        ak_complain(args.lang, NULL, "name one image and a path inside it, or --inode N");
        code = AK_EXIT_USAGE;
    }
    if (code < 0) {
        put_option(&words, &args, "--inode", "inode");
        put_option(&words, &args, "--volume", "volume");
        if (!inode)
            ak_buf_printf(&words, "path=%s\n", args.rest[1]);
        code = look(&args, AK_JOB_CAT, ak_buf_view(&words));
    }
    ak_buf_free(&words);
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_ls = {
    .name = "ls",
    .usage = "IMAGE",
    .summary = "list every volume and entry of an image or archive, deleted ones too",
    .options = LS_OPTIONS,
    .n_options = sizeof(LS_OPTIONS) / sizeof(LS_OPTIONS[0]),
    .run = run_ls,
};

const struct ak_command ak_cmd_cat = {
    .name = "cat",
    .usage = "IMAGE PATH",
    .summary = "write the contents of one entry of an image or archive",
    .options = CAT_OPTIONS,
    .n_options = sizeof(CAT_OPTIONS) / sizeof(CAT_OPTIONS[0]),
    .run = run_cat,
};
