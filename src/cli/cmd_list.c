/* cmd_list.c - akashi list artefacts|containers|filesystems|rules: what this build reads,
 * and how rules stand. */
#include "cli/command.h"
#include "cli/list_rules.h"
#include "cli/rule_args.h"
#include "engine/pool.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct ak_option OPTIONS[] = {
    AK_OPTION_RULES,
    { "--case", 0, "CASE", "rules: which apply to the events of this case" },
    { "--json", 0, NULL, "rules: as JSON lines" },
    { "--no-sandbox", 0, NULL, "read rules without the sandbox (for debugging only)" },
};

/* The parsers are in akashi-worker; it prints its own tables. */
static int ask_worker(const struct ak_args *args, const char *what)
{
    char program[4096];
    int status = 0;
    if (!ak_pool_program(program, sizeof(program))) {
        ak_complain(args->lang, "akashi-worker", "it is not where it was installed");
        return AK_EXIT_FAILED;
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        execl(program, program, "--list", what, args->lang == AK_LANG_JA ? "ja" : "en",
              (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
        return AK_EXIT_FAILED;
    return WEXITSTATUS(status);
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    int code = ak_args_parse(self, argc, argv, &args);
    bool chosen = code < 0 && ak_args_filters(&args);
    if (code < 0 && !chosen)
        code = AK_EXIT_USAGE;
    if (chosen)
        code = args.n_rest != 1                     ? AK_EXIT_USAGE
               : strcmp(args.rest[0], "rules") == 0 ? ak_list_rules(&args)
                                                    : ask_worker(&args, args.rest[0]);
    if (chosen && code == AK_EXIT_USAGE)
        ak_complain(args.lang, NULL, "name one of: artefacts, containers, filesystems, rules");
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_list = {
    .name = "list",
    .usage = "artefacts|containers|filesystems|rules",
    .summary = "say what this build can read",
    .text = "Of rules it says whether they can match anything: what akashi reads, and with --case "
            "what the "
            "evidence holds.",
    .options = OPTIONS,
    .n_options = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
