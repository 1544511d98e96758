/* command.h - one row per subcommand; help, completion and the manual are
 * printed from the same table. */
#ifndef AK_CLI_COMMAND_H
#define AK_CLI_COMMAND_H

#include "base/buf.h"
#include "base/words.h"

#include <stddef.h>
#include <stdio.h>

struct ak_option {
    const char *name; /* "--tz" */
    char letter;      /* 'z', or 0 */
    const char *arg;  /* "ZONE", or NULL for a flag */
    const char *help; /* one line, English; an entry of data/words */
};

enum { AK_OPTIONS_MAX = 48, AK_GIVEN_MAX = 256 };

struct ak_command {
    const char *name;    /* "investigate" */
    const char *usage;   /* "EVIDENCE... -o CASE" */
    const char *summary; /* one line, imperative */
    const char *text;    /* a paragraph for --help and the manual */
    const struct ak_option *options;
    size_t n_options;
    int (*run)(const struct ak_command *self, int argc, char **argv); /* exit status */
};

extern const struct ak_command *const ak_commands[]; /* NULL at the end */

enum { AK_EXIT_DONE = 0, AK_EXIT_FAILED = 1, AK_EXIT_USAGE = 2 };

/* The command line taken apart by a command's options. */
struct ak_args {
    const struct ak_command *command;
    const char *values[AK_OPTIONS_MAX]; /* by the option's place in the table; NULL: not given */
    struct {
        size_t option;
        const char *value;
    } given[AK_GIVEN_MAX]; /* options in the order in which they were given */
    size_t n_given;
    const char **rest; /* what is no option, in order */
    size_t n_rest;
    enum ak_lang lang;
};

/* Take it apart.  Options common to all (--help, --lang, --quiet, --json,
 * --no-color) are known everywhere.  On a mistake prints what is wrong and gives
 * AK_EXIT_USAGE; on --help prints help and gives AK_EXIT_DONE; both end the
 * command.  -1: go on.  args->rest must be freed. */
int ak_args_parse(const struct ak_command *command, int argc, char **argv, struct ak_args *out);

/* The value of option "--name": its argument, "" for a flag that was given,
 * NULL when it was not. */
const char *ak_args_get(const struct ak_args *args, const char *name);
/* The i-th value of an option that may be given several times; NULL behind the last. */
const char *ak_args_nth(const struct ak_args *args, const char *name, size_t i);
/* Set it as if it had been given. */
void ak_args_set(struct ak_args *args, const char *name, const char *value);
bool ak_args_has(const struct ak_args *args, const char *name);

/* Colours on stderr: a terminal, neither --no-color nor NO_COLOR. */
bool ak_args_colour(const struct ak_args *args);

void ak_print_help(const struct ak_command *command, enum ak_lang lang);

/* Option i of a command: its own first, the common ones behind them; NULL at the end. */
const struct ak_option *ak_option_at(const struct ak_command *command, size_t i);

/* `akashi help --man` and `akashi help --completion`: the manual page as roff, and
 * completion for bash, from the table of commands.  manual.c */
void ak_print_manual(FILE *to, enum ak_lang lang);
void ak_print_completion(FILE *to);

/* Print "akashi: …" with the words in the user's language. */
void ak_complain(enum ak_lang lang, const char *subject, const char *english);

/* The number (from 1) given with an option; 0 when it was not given.  False
 * after complaining when it is no number. */
bool ak_args_count(const struct ak_args *args, const char *name, unsigned *out);

/* Open the output (-o FILE, else stdout).  Refuses to overwrite without
 * --force.  NULL after complaining. */
FILE *ak_output_open(const struct ak_args *args);

/* The TZif bytes of --tz; false after complaining when there is no such zone.
 * Empty when --tz was not given. */
bool ak_args_zone(const struct ak_args *args, struct ak_buf *out_tzif);

#endif
