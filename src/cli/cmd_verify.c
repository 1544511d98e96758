/* cmd_verify.c - akashi verify CASE: is the evidence what it was, and the log whole? */
#include "cli/reader.h"
#include "engine/custody.h"
#include "engine/hashing.h"

#include <sqlite3.h>
#include <stdlib.h>

/* Hash one file again; true when it is what it was. */
static bool check_file(const struct ak_args *args, const char *path, const char *sha256)
{
    char now[65];
    uint64_t size;
    if (!ak_hash_file(path, now, &size)) {
        printf("MISSING  %s\n", path);
        return false;
    }
    bool same = strcmp(now, sha256) == 0;
    if (!same || !ak_args_has(args, "--quiet"))
        printf("%s  %s  %s\n", same ? "ok     " : "CHANGED", now, path);
    return same;
}

static int check_files(const struct ak_args *args, struct ak_store *store)
{
    sqlite3_stmt *q;
    uint64_t good = 0, bad = 0;
    if (sqlite3_prepare_v2(ak_store_db(store),
                           "SELECT path, sha256 FROM t_file ORDER BY evidence, path", -1, &q,
                           NULL) != SQLITE_OK)
        return AK_EXIT_FAILED;
    while (sqlite3_step(q) == SQLITE_ROW)
        if (check_file(args, (const char *)sqlite3_column_text(q, 0),
                       (const char *)sqlite3_column_text(q, 1)))
            good++;
        else
            bad++;
    sqlite3_finalize(q);
    printf("%s: %llu, %s: %llu\n", ak_word(args->lang, "evidence files unchanged"),
           (unsigned long long)good, ak_word(args->lang, "changed or missing"),
           (unsigned long long)bad);
    return bad ? AK_EXIT_FAILED : AK_EXIT_DONE;
}

static int check_chain(const struct ak_args *args)
{
    uint64_t lines, broken;
    if (ak_custody_verify(args->rest[0], &lines, &broken) != AK_OK) {
        ak_complain(args->lang, args->rest[0], "there is no custody log");
        return AK_EXIT_FAILED;
    }
    if (broken) {
        printf("%s: %llu\n", ak_word(args->lang, "custody.jsonl: the chain breaks at line"),
               (unsigned long long)broken);
        return AK_EXIT_FAILED;
    }
    printf("%s: %llu\n", ak_word(args->lang, "custody.jsonl: the chain holds, lines"),
           (unsigned long long)lines);
    return AK_EXIT_DONE;
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    int code = ak_args_parse(self, argc, argv, &args);
    if (code < 0) {
        struct ak_store *store = ak_open_case(&args);
        code = store ? check_files(&args, store) : args.n_rest ? AK_EXIT_FAILED : AK_EXIT_USAGE;
        if (store && check_chain(&args) != AK_EXIT_DONE)
            code = AK_EXIT_FAILED;
        ak_store_close(store);
    }
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_verify = {
    .name = "verify",
    .usage = "CASE",
    .summary = "hash the evidence again and check the custody log's chain",
    .text = "Exit status 1 when a file changed or is missing, or when a line of custody.jsonl was "
            "altered; "
            "the first such line is named.",
    .run = run,
};
