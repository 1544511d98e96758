/* args.c - command lines taken apart; see command.h. */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Known to every command. */
static const struct ak_option COMMON[] = {
    { "--lang", 0, "ja|en", "language of what is printed (default: from the locale)" },
    { "--quiet", 'q', NULL, "print results only" },
    { "--no-color", 0, NULL, "no colours (also by the environment's NO_COLOR)" },
    { "--help", 'h', NULL, "print this help" },
};

enum { N_COMMON = sizeof(COMMON) / sizeof(COMMON[0]) };

const struct ak_option *ak_option_at(const struct ak_command *c, size_t i)
{
    return i < c->n_options              ? &c->options[i]
           : i < c->n_options + N_COMMON ? &COMMON[i - c->n_options]
                                         : NULL;
}

static enum ak_lang locale_lang(void)
{
    static const char *const NAMES[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < 3; i++) {
        const char *v = getenv(NAMES[i]);
        if (v && *v)
            return strncmp(v, "ja", 2) == 0 ? AK_LANG_JA : AK_LANG_EN;
    }
    return AK_LANG_EN;
}

void ak_complain(enum ak_lang lang, const char *subject, const char *english)
{
    if (subject)
        fprintf(stderr, "akashi: %s: %s\n", subject, ak_word(lang, english));
    else
        fprintf(stderr, "akashi: %s\n", ak_word(lang, english));
}

static void print_option(const struct ak_option *o, enum ak_lang lang)
{
    char letter[8] = "    ", left[64];
    if (o->letter)
        snprintf(letter, sizeof(letter), "-%c, ", o->letter);
    snprintf(left, sizeof(left), "%s%s%s%s", letter, o->name, o->arg ? " " : "",
             o->arg ? o->arg : "");
    printf("  %-28s %s\n", left, ak_word(lang, o->help));
}

void ak_print_help(const struct ak_command *c, enum ak_lang lang)
{
    printf("%s: akashi %s %s\n\n%s\n", ak_word(lang, "Usage"), c->name, c->usage,
           ak_word(lang, c->summary));
    if (c->text)
        printf("\n%s\n", ak_word(lang, c->text));
    printf("\n%s:\n", ak_word(lang, "Options"));
    const struct ak_option *o;
    for (size_t i = 0; (o = ak_option_at(c, i)); i++)
        print_option(o, lang);
}

/* Does a word like "--name" or "--name=value" name this option?  Sets *out_value to the
 * value in it, if any. */
static bool is_name(const struct ak_option *o, const char *word, const char **out_value)
{
    size_t n = strlen(o->name);
    if (strncmp(word, o->name, n) != 0 || (word[n] && !(word[n] == '=' && o->arg)))
        return false;
    *out_value = word[n] ? word + n + 1 : NULL;
    return true;
}

/* The same for "-n" or "-nvalue". */
static bool is_letter(const struct ak_option *o, const char *word, const char **out_value)
{
    if (!o->letter || word[1] != o->letter || (word[2] && !o->arg))
        return false;
    *out_value = word[2] ? word + 2 : NULL;
    return true;
}

/* The option that `word` names; *out_value the value in it, if any. */
static size_t find(const struct ak_command *c, const char *word, const char **out_value)
{
    const struct ak_option *o;
    *out_value = NULL;
    for (size_t i = 0; (o = ak_option_at(c, i)); i++)
        if (word[1] == '-' ? is_name(o, word, out_value) : is_letter(o, word, out_value))
            return i;
    return SIZE_MAX;
}

static int mistake(const struct ak_args *a, const char *subject, const char *english)
{
    ak_complain(a->lang, subject, english);
    fprintf(stderr, "%s: akashi %s --help\n", ak_word(a->lang, "For help"), a->command->name);
    return AK_EXIT_USAGE;
}

static void set_language(struct ak_args *a)
{
    const char *lang = ak_args_get(a, "--lang");
    if (lang)
        a->lang = strcmp(lang, "ja") == 0 ? AK_LANG_JA : AK_LANG_EN;
}

/* Take one option word (and perhaps the next one); -1 to go on. */
static int take_option(struct ak_args *a, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *value;
    size_t at = find(a->command, word, &value);
    if (at == SIZE_MAX || at >= AK_OPTIONS_MAX)
        return mistake(a, word, "there is no such option");
    if (ak_option_at(a->command, at)->arg && !value) {
        if (*i + 1 >= argc)
            return mistake(a, word, "its value is missing");
        value = argv[++*i];
    }
    a->values[at] = value ? value : "";
    if (a->n_given == AK_GIVEN_MAX)
        return mistake(a, word, "these are more options than the limit");
    a->given[a->n_given].option = at;
    a->given[a->n_given++].value = a->values[at];
    return -1;
}

int ak_args_parse(const struct ak_command *command, int argc, char **argv, struct ak_args *a)
{
    *a = (struct ak_args){ .command = command, .lang = locale_lang() };
    a->rest = calloc((size_t)argc + 1, sizeof(*a->rest));
    if (!a->rest)
        return AK_EXIT_FAILED;
    bool options = true;
    int result = -1;
    for (int i = 1; i < argc && result < 0; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && argv[i][0] == '-' && argv[i][1])
            result = take_option(a, argc, argv, &i);
        else
            a->rest[a->n_rest++] = argv[i];
    }
    set_language(a);
    const char *lang = ak_args_get(a, "--lang");
    if (result < 0 && lang && strcmp(lang, "ja") != 0 && strcmp(lang, "en") != 0)
        result = mistake(a, lang, "the language is ja or en");
    if (result < 0 && ak_args_has(a, "--help")) {
        ak_print_help(command, a->lang);
        result = AK_EXIT_DONE;
    }
    return result;
}

const char *ak_args_get(const struct ak_args *a, const char *name)
{
    const struct ak_option *o;
    for (size_t i = 0; (o = ak_option_at(a->command, i)) && i < AK_OPTIONS_MAX; i++)
        if (strcmp(o->name, name) == 0)
            return a->values[i];
    return NULL;
}

void ak_args_set(struct ak_args *a, const char *name, const char *value)
{
    const struct ak_option *o;
    for (size_t i = 0; (o = ak_option_at(a->command, i)) && i < AK_OPTIONS_MAX; i++)
        if (strcmp(o->name, name) == 0)
            a->values[i] = value;
}

const char *ak_args_nth(const struct ak_args *a, const char *name, size_t i)
{
    for (size_t k = 0; k < a->n_given; k++)
        if (strcmp(ak_option_at(a->command, a->given[k].option)->name, name) == 0 && i-- == 0)
            return a->given[k].value;
    return NULL;
}

bool ak_args_has(const struct ak_args *a, const char *name) { return ak_args_get(a, name) != NULL; }

bool ak_args_colour(const struct ak_args *a)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(2) && !ak_args_has(a, "--no-color") && !(no && *no) &&
           !(term && strcmp(term, "dumb") == 0);
}

bool ak_args_count(const struct ak_args *a, const char *name, unsigned *out)
{
    const char *text = ak_args_get(a, name);
    char *end = NULL;
    *out = 0;
    if (!text)
        return true;
    unsigned long n = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    if (n == 0 || n > 100000 || *end) {
        ak_complain(a->lang, text, "this must be a number from 1");
        return false;
    }
    *out = (unsigned)n;
    return true;
}

FILE *ak_output_open(const struct ak_args *a)
{
    const char *path = ak_args_get(a, "--output");
    if (!path || strcmp(path, "-") == 0)
        return stdout;
    int fd =
        open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (ak_args_has(a, "--force") ? O_TRUNC : O_EXCL),
             0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f)
        ak_complain(a->lang, path,
                    errno == EEXIST ? "it exists already; --force overwrites it"
                                    : "it cannot be written");
    return f;
}

bool ak_args_zone(const struct ak_args *a, struct ak_buf *out)
{
    const char *zone = ak_args_get(a, "--tz");
    char path[512];
    if (!zone)
        return true;
    if (strcmp(zone, "JST") == 0)
        zone = "Asia/Tokyo";
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
    FILE *f = strstr(zone, "..") ? NULL : fopen(path, "rbe");
    struct stat st;
    if (f && fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size < 1 << 20) {
        uint8_t *to = ak_buf_room(out, (size_t)st.st_size);
        if (to)
            ak_buf_wrote(out, fread(to, 1, (size_t)st.st_size, f));
    }
    if (f)
        fclose(f);
    if (out->n < 4 || memcmp(out->at, "TZif", 4) != 0) {
        ak_complain(a->lang, zone, "there is no such time zone (write it as Asia/Tokyo)");
        return false;
    }
    return true;
}
