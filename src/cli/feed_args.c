/* feed_args.c - see feed_args.h. */
#include "cli/feed_args.h"

#include <inttypes.h>
#include <stdlib.h>

enum { TOLD_MAX = 10 };

static size_t all_of(const struct ak_args *args, const char *name, const char **paths)
{
    size_t n = 0;
    for (const char *path; n < AK_GIVEN_MAX && (path = ak_args_nth(args, name, n)); n++)
        paths[n] = path;
    return n;
}

/* "feeds/a.txt:12: no indicator in this row: x"; then how many more. */
static void tell_problems(const struct ak_args *args, const struct ak_feeds_in_use *f)
{
    for (size_t i = 0; i < f->n_problems && i < TOLD_MAX; i++) {
        const struct ak_feed_problem *p = &f->problems[i];
        struct ak_buf b = { 0 }; /* texts of strangers: control characters are not for a terminal */
        ak_buf_str(&b, p->detail);
        for (size_t k = 0; k < b.n; k++)
            if (b.at[k] < ' ' || b.at[k] == 0x7F)
                b.at[k] = '?';
        fprintf(stderr, "akashi: %.*s:%" PRIu32 ": %s%s%.*s\n", (int)p->file.n, p->file.at, p->line,
                ak_word(args->lang, p->what), b.n ? ": " : "", (int)b.n,
                b.n ? (const char *)b.at : "");
        ak_buf_free(&b);
    }
    if (f->sums.n_problems > TOLD_MAX)
        fprintf(stderr, "akashi: %s: %" PRIu64 "\n",
                ak_word(args->lang, "further entries that are of no use here"),
                f->sums.n_problems - TOLD_MAX);
}

static void tell(const struct ak_args *args, const struct ak_feeds_in_use *f)
{
    const struct {
        const char *words;
        uint64_t n;
    } SUMS[] = { { "indicators", f->sums.n_indicators },
                 { "indicators left out, as their source says", f->sums.n_unwanted },
                 { "YARA rules", f->sums.n_yara },
                 { "known files", f->sums.n_known } };
    for (size_t i = 0; i < sizeof(SUMS) / sizeof(SUMS[0]); i++)
        if (SUMS[i].n)
            fprintf(stderr, "akashi: %s: %" PRIu64 "\n", ak_word(args->lang, SUMS[i].words),
                    SUMS[i].n);
    tell_problems(args, f);
}

bool ak_args_feeds(const struct ak_args *args, struct ak_feeds_in_use **out)
{
    const char *indicators[AK_GIVEN_MAX], *yara[AK_GIVEN_MAX], *known[AK_GIVEN_MAX];
    const char *folder = getenv("TMPDIR");
    struct ak_rules_error error;
    struct ak_feeds_named named = { indicators,
                                    all_of(args, "--ioc", indicators),
                                    yara,
                                    all_of(args, "--yara", yara),
                                    known,
                                    all_of(args, "--known", known),
                                    .all_files = ak_args_has(args, "--yara-all"),
                                    .sandbox = !ak_args_has(args, "--no-sandbox"),
                                    .folder = folder && *folder ? folder : "/tmp" };
    if (ak_feeds_open(&named, out, &error) != AK_OK) {
        ak_complain(args->lang, error.subject[0] ? error.subject : NULL, error.why);
        return false;
    }
    if (*out && !ak_args_has(args, "--quiet"))
        tell(args, *out);
    return true;
}
