/* main.c - akashi COMMAND …: find the command and run it. */
#include "cli/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ak_lang lang_of(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--lang") == 0)
            return strcmp(argv[i + 1], "ja") == 0 ? AK_LANG_JA : AK_LANG_EN;
    const char *v = getenv("LC_ALL");
    if (!v || !*v)
        v = getenv("LC_MESSAGES");
    if (!v || !*v)
        v = getenv("LANG");
    return v && strncmp(v, "ja", 2) == 0 ? AK_LANG_JA : AK_LANG_EN;
}

static void print_commands(FILE *to, enum ak_lang lang)
{
    fprintf(to, "akashi %s - %s\n\n%s: akashi COMMAND ...\n\n", AK_VERSION,
            ak_word(lang, "from evidence to the incident report"), ak_word(lang, "Usage"));
    for (const struct ak_command *const *c = ak_commands; *c; c++)
        fprintf(to, "  %-12s %s\n", (*c)->name, ak_word(lang, (*c)->summary));
    fprintf(to, "\n%s\n", ak_word(lang, "akashi COMMAND --help says more."));
}

static const struct ak_command *find(const char *name)
{
    for (const struct ak_command *const *c = ak_commands; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

/* `akashi help [COMMAND]`; the build asks for --man and --completion. */
static int help(int argc, char **argv, enum ak_lang lang)
{
    const char *what = argc > 2 && strcmp(argv[1], "help") == 0 ? argv[2] : "";
    const struct ak_command *c = find(what);
    if (strcmp(what, "--man") == 0)
        ak_print_manual(stdout, lang);
    else if (strcmp(what, "--completion") == 0)
        ak_print_completion(stdout);
    else if (c)
        ak_print_help(c, lang);
    else
        print_commands(stdout, lang);
    return fflush(stdout) == 0 ? AK_EXIT_DONE : AK_EXIT_FAILED;
}

int main(int argc, char **argv)
{
    enum ak_lang lang = lang_of(argc, argv);
    signal(SIGPIPE, SIG_DFL);
    if (argc < 2) {
        print_commands(stderr, lang);
        return AK_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("akashi %s\n", AK_VERSION);
        return AK_EXIT_DONE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help(argc, argv, lang);
    const struct ak_command *c = find(argv[1]);
    if (!c) {
        ak_complain(lang, argv[1], "there is no such command");
        print_commands(stderr, lang);
        return AK_EXIT_USAGE;
    }
    return c->run(c, argc - 1, argv + 1);
}
