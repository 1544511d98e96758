/* cmd_claims.c - akashi claims CASE: what has been established, how surely, on what. */
#include "base/json.h"
#include "cli/reader.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const struct ak_option OPTIONS[] = {
    { "--json", 0, NULL, "print JSON lines" },
    { "--section", 0, "NAME",
      "only of this section: entry, accounts, web, evasion, impact, exfiltration, coverage, "
      "evidence" },
};

static const char *text_at(sqlite3_stmt *q, int column)
{
    const char *text = (const char *)sqlite3_column_text(q, column);
    return text ? text : "";
}

/* Columns of the query: so many texts, then JSON. */
enum { N_TEXTS = 10 };

static void print_json(sqlite3_stmt *q)
{
    static const char *const KEYS[] = { "id",      "field",   "subject",    "level", "text_ja",
                                        "text_en", "section", "visibility", "as_of", "producer" };
    static const char *const RAW[] = { "value", "basis", "coverage", "limits" };
    struct ak_buf b = { 0 };
    ak_buf_u8(&b, '{');
    for (int i = 0; i < N_TEXTS; i++) {
        ak_json_key(&b, KEYS[i]);
        ak_json_str(&b, ak_str_of(text_at(q, i)));
    }
    for (int i = 0; i < 4; i++) {
        ak_json_key(&b, RAW[i]);
        ak_buf_text(&b, text_at(q, N_TEXTS + i));
    }
    ak_buf_text(&b, "}\n");
    fwrite(b.at, 1, b.n, stdout);
    ak_buf_free(&b);
}

static void print_text(sqlite3_stmt *q, enum ak_lang lang)
{
    printf("%s  %s  ", text_at(q, 0), text_at(q, 3));
    ak_print_seen(ak_str_of(text_at(q, lang == AK_LANG_JA ? 4 : 5)));
    printf("\n        %s\n", text_at(q, N_TEXTS + 1));
}

static int print_claims(const struct ak_args *args, struct ak_store *store)
{
    sqlite3_stmt *q;
    const char *section = ak_args_get(args, "--section");
    if (sqlite3_prepare_v2(ak_store_db(store),
                           "SELECT id, field, subject, level, text_ja, text_en, section, "
                           "visibility, as_of, producer, value, basis,"
                           " coverage, limits FROM claims WHERE ?1='' OR section=?1 ORDER BY "
                           "CAST(substr(id, 2) AS INTEGER)",
                           -1, &q, NULL) != SQLITE_OK)
        return AK_EXIT_FAILED;
    sqlite3_bind_text(q, 1, section ? section : "", -1, SQLITE_STATIC);
    while (sqlite3_step(q) == SQLITE_ROW)
        if (ak_args_has(args, "--json"))
            print_json(q);
        else
            print_text(q, args->lang);
    sqlite3_finalize(q);
    return AK_EXIT_DONE;
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    int code = ak_args_parse(self, argc, argv, &args);
    if (code < 0) {
        struct ak_store *store = ak_open_case(&args);
        code = store ? print_claims(&args, store) : args.n_rest ? AK_EXIT_FAILED : AK_EXIT_USAGE;
        ak_store_close(store);
    }
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_claims = {
    .name = "claims",
    .usage = "CASE",
    .summary = "print what has been established, how surely, and on what",
    .options = OPTIONS,
    .n_options = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
