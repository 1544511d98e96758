/* rule_args.c - see rule_args.h. */
#include "cli/rule_args.h"

#include <stdlib.h>

enum { LIST_BYTES_MAX = 16 << 20 };

/* All of a small text file; false after complaining. */
static bool read_list(const struct ak_args *args, const char *path, struct ak_buf *out)
{
    FILE *f = fopen(path, "rbe");
    bool ok = f != NULL;
    while (ok && out->n <= LIST_BYTES_MAX) {
        uint8_t *to = ak_buf_room(out, 65536);
        size_t got = to ? fread(to, 1, 65536, f) : 0;
        if (got == 0)
            break;
        ak_buf_wrote(out, got);
    }
    ok = ok && !ferror(f) && !out->failed && out->n <= LIST_BYTES_MAX;
    if (f)
        fclose(f);
    if (!ok)
        ak_complain(args->lang, path, "this list cannot be read");
    return ok;
}

static struct ak_str trimmed(struct ak_str s)
{
    while (s.n && (unsigned char)s.at[s.n - 1] <= ' ')
        s.n--;
    while (s.n && (unsigned char)s.at[0] <= ' ') {
        s.at++;
        s.n--;
    }
    return s;
}

/* Take the next line off the text; what stands behind '#' at its start is a remark. */
static bool next_line(struct ak_str *rest, struct ak_str *out)
{
    if (!rest->n)
        return false;
    const char *nl = memchr(rest->at, '\n', rest->n);
    size_t n = nl ? (size_t)(nl - rest->at) : rest->n;
    *out = trimmed((struct ak_str){ rest->at, n });
    if (out->n && out->at[0] == '#')
        out->n = 0;
    size_t step = nl ? n + 1 : n;
    *rest = (struct ak_str){ rest->at + step, rest->n - step };
    return true;
}

/* Lists outlive the rules they were made for: say when lines mean none of these. */
static void tell_idle(const struct ak_args *args, const char *path, size_t idle)
{
    if (idle && !ak_args_has(args, "--quiet"))
        fprintf(stderr, "akashi: %s: %s: %zu\n", path,
                ak_word(args->lang, "lines that name no rule in use"), idle);
}

/* --exclude: ids or titles, one a line. */
static bool exclude(const struct ak_args *args, struct ak_rules_in_use *rules)
{
    struct ak_buf text = { 0 };
    struct ak_str line;
    const char *path = ak_args_get(args, "--exclude");
    if (!path)
        return true;
    bool ok = read_list(args, path, &text);
    struct ak_str rest = ak_buf_view(&text);
    size_t idle = 0;
    while (ok && next_line(&rest, &line))
        if (line.n)
            idle += ak_rules_mute(rules, line) == 0;
    tell_idle(args, path, idle);
    ak_buf_free(&text);
    return ok;
}

static struct ak_str first_cell(struct ak_str *rest)
{
    const char *comma = rest->n ? memchr(rest->at, ',', rest->n) : NULL;
    size_t n = comma ? (size_t)(comma - rest->at) : rest->n;
    struct ak_str cell = trimmed((struct ak_str){ rest->at, n });
    size_t step = comma ? n + 1 : n;
    *rest = (struct ak_str){ rest->at + step, rest->n - step };
    return cell;
}

/* --level-tuning: lines "id,level", what follows is a remark; a line of headings first. */
static bool tune(const struct ak_args *args, struct ak_rules_in_use *rules)
{
    struct ak_buf text = { 0 };
    struct ak_str line;
    const char *path = ak_args_get(args, "--level-tuning");
    if (!path)
        return true;
    bool ok = read_list(args, path, &text);
    struct ak_str rest = ak_buf_view(&text);
    size_t idle = 0;
    for (bool first = true; ok && next_line(&rest, &line); first = false) {
        struct ak_str id = first_cell(&line), level = first_cell(&line);
        int severity = ak_severity_named(level);
        if (severity >= 0)
            idle += ak_rules_tune(rules, id, (enum ak_severity)severity) == 0;
        else if (id.n && !first) {
            ak_complain(args->lang, path, "a line is: id of the rule, level");
            ok = false;
        }
    }
    tell_idle(args, path, ok ? idle : 0);
    ak_buf_free(&text);
    return ok;
}

bool ak_args_filters(const struct ak_args *args)
{
    const char *word = ak_args_get(args, "--filters");
    bool ok = !word || strcmp(word, "suppress") == 0 || strcmp(word, "keep") == 0;
    if (!ok)
        ak_complain(args->lang, word, "filters suppress or keep");
    return ok;
}

static bool open_rules(const struct ak_args *args, const char *const *paths, size_t n,
                       struct ak_rules_in_use **out)
{
    const char *file = ak_args_get(args, "--placeholders");
    const char *filters = ak_args_get(args, "--filters");
    struct ak_buf values = { 0 };
    struct ak_rules_error error;
    if (file && !read_list(args, file, &values))
        return false;
    struct ak_rules_request request = {
        paths,
        n,
        { filters && strcmp(filters, "keep") == 0,
          ak_str_of(file ? file : ""),
          { values.at, values.n } },
        !ak_args_has(args, "--no-sandbox"),
    };
    bool ok = ak_rules_open(&request, out, &error) == AK_OK;
    if (!ok)
        ak_complain(args->lang, error.subject[0] ? error.subject : NULL, error.why);
    ak_buf_free(&values);
    return ok;
}

bool ak_args_rules(const struct ak_args *args, bool needed, struct ak_rules_in_use **out)
{
    const char *paths[AK_GIVEN_MAX];
    char builtin[4096];
    size_t n = 0;
    *out = NULL;
    for (const char *path; n < AK_GIVEN_MAX && (path = ak_args_nth(args, "--rules", n)); n++)
        paths[n] = path;
    if (n == 0 && ak_rule_files_builtin(builtin, sizeof(builtin)))
        paths[n++] = builtin;
    if (n == 0) {
        if (needed)
            ak_complain(args->lang, NULL, "name the rules with -r RULES");
        return !needed;
    }
    if (!open_rules(args, paths, n, out))
        return false;
    if (exclude(args, *out) && tune(args, *out))
        return true;
    ak_rules_close(*out);
    *out = NULL;
    return false;
}

bool ak_args_min_level(const struct ak_args *args, enum ak_severity *out)
{
    const char *text = ak_args_get(args, "--min-level");
    int severity = text ? ak_severity_named(ak_str_of(text)) : 0;
    *out = severity < 0 ? AK_SEVERITY_UNDEFINED : (enum ak_severity)severity;
    if (severity < 0)
        ak_complain(args->lang, text,
                    "the levels are informational, low, medium, high and critical");
    return severity >= 0;
}
