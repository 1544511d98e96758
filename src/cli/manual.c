/* manual.c - the manual page (roff, man(7)) and bash's completion, printed from
 * the table of commands, so that neither can be out of date. */
#include "cli/command.h"

#include <string.h>

/* Text as roff takes it: no line begins with a control character, a hyphen is
 * one that can be searched for and copied. */
static void put_roff(FILE *to, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", to);
    for (; *text; text++)
        switch (*text) {
        case '\\':
            fputs("\\e", to);
            break;
        case '-':
            fputs("\\-", to);
            break;
        case '\n':
            fputs("\n.br\n", to);
            break;
        default:
            fputc(*text, to);
        }
}

static void put_words(FILE *to, enum ak_lang lang, const char *english)
{
    put_roff(to, ak_word(lang, english));
    fputc('\n', to);
}

static void put_option(FILE *to, enum ak_lang lang, const struct ak_option *o)
{
    fputs(".TP\n", to);
    if (o->letter)
        fprintf(to, ".B \\-%c\n.TQ\n", o->letter);
    fputs(".BI ", to);
    put_roff(to, o->name);
    if (o->arg) {
        fputs(" \" ", to);
        put_roff(to, o->arg);
        fputc('"', to);
    }
    fputc('\n', to);
    put_words(to, lang, o->help);
}

static void put_command(FILE *to, enum ak_lang lang, const struct ak_command *c)
{
    fputs(".SS akashi ", to);
    put_roff(to, c->name);
    fputc(' ', to);
    put_words(to, lang, c->usage);
    put_words(to, lang, c->summary);
    if (c->text) {
        fputs(".PP\n", to);
        put_words(to, lang, c->text);
    }
    for (size_t i = 0; i < c->n_options; i++)
        put_option(to, lang, &c->options[i]);
}

static void put_exit_status(FILE *to, enum ak_lang lang)
{
    static const struct {
        int status;
        const char *words;
    } EXITS[] = {
        { AK_EXIT_DONE, "done; damage found in evidence is a result, not a failure" },
        { AK_EXIT_FAILED, "it could not be done" },
        { AK_EXIT_USAGE, "used wrongly" },
    };
    for (size_t i = 0; i < sizeof(EXITS) / sizeof(EXITS[0]); i++) {
        fprintf(to, ".TP\n.B %d\n", EXITS[i].status);
        put_words(to, lang, EXITS[i].words);
    }
}

static void put_section(FILE *to, enum ak_lang lang, const char *english)
{
    fputs(".SH ", to);
    put_words(to, lang, english);
}

void ak_print_manual(FILE *to, enum ak_lang lang)
{
    fprintf(to, ".TH AKASHI 1 \"\" \"akashi %s\"\n", AK_VERSION);
    put_section(to, lang, "NAME");
    fputs("akashi \\- ", to);
    put_words(to, lang, "from evidence to the incident report");
    put_section(to, lang, "SYNOPSIS");
    fputs(".B akashi\n.IR COMMAND \" ...\"\n", to);
    put_section(to, lang, "DESCRIPTION");
    put_words(
        to, lang,
        "akashi reads disk images, archives, event logs and server logs, puts every event on one "
        "timeline, "
        "says what has been established and how surely, and writes the report. Evidence is opened "
        "read-only and parsed in processes that can do nothing else.");
    put_section(to, lang, "COMMANDS");
    for (const struct ak_command *const *c = ak_commands; *c; c++)
        put_command(to, lang, *c);
    put_section(to, lang, "COMMON OPTIONS");
    static const struct ak_command NONE = { 0 };
    const struct ak_option *o;
    for (size_t i = 0; (o = ak_option_at(&NONE, i)); i++)
        put_option(to, lang, o);
    put_section(to, lang, "EXIT STATUS");
    put_exit_status(to, lang);
}

/* A choice written as "ja|en" or "artefacts|containers", as words for compgen;
 * nothing when there is no choice in it. */
static void put_choices(FILE *to, const char *text)
{
    if (!text || !strchr(text, '|') || strpbrk(text, " '\"$`\\"))
        return;
    for (; *text; text++)
        fputc(*text == '|' ? ' ' : *text, to);
}

static void put_completion_of(FILE *to, const struct ak_command *c)
{
    const struct ak_option *o;
    fprintf(to, "    %s)\n        options='", c->name);
    for (size_t i = 0; (o = ak_option_at(c, i)); i++)
        fprintf(to, "%s%s", i ? " " : "", o->name);
    fputs("'\n        words='", to);
    put_choices(to, c->usage);
    fputs("'\n        case $before in\n", to);
    for (size_t i = 0; (o = ak_option_at(c, i)); i++)
        if (o->arg && strchr(o->arg, '|')) {
            fprintf(to, "        %s) choices='", o->name);
            put_choices(to, o->arg);
            fputs("' ;;\n", to);
        }
    fputs("        esac ;;\n", to);
}

void ak_print_completion(FILE *to)
{
    fputs("# bash completion for akashi, printed by akashi help --completion\n"
          "_akashi()\n"
          "{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local commands='help",
          to);
    for (const struct ak_command *const *c = ak_commands; *c; c++)
        fprintf(to, " %s", (*c)->name);
    fputs("' options='' words='' choices=''\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$word\"))\n"
          "        return\n"
          "    fi\n"
          "    case ${COMP_WORDS[1]} in\n"
          "    help) words=$commands ;;\n",
          to);
    for (const struct ak_command *const *c = ak_commands; *c; c++)
        put_completion_of(to, *c);
    fputs("    esac\n"
          "    if [ -n \"$choices\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$choices\" -- \"$word\"))\n"
          "    elif [[ $word == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
          "    elif [ -n \"$words\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _akashi akashi\n",
          to);
}
