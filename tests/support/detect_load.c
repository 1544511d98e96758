/* detect_load.c - see detect_load.h. */
#include "detect_load.h"

#include "detect/rules_read.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct ak_rule_file *files;
static size_t n_files, cap_files;

static int add_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)where;
    if (type != FTW_F || !ak_str_ends(ak_str_of(path), AK_STR(".yml")))
        return 0;
    if (n_files == cap_files) {
        cap_files = cap_files ? cap_files * 2 : 256;
        files = realloc(files, cap_files * sizeof(*files));
        if (!files)
            abort();
    }
    files[n_files++] = (struct ak_rule_file){ ak_str_of(strdup(path)), detect_map_file(path) };
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct ak_rule_file *x = a, *y = b;
    return ak_str_cmp(x->name, y->name);
}

void detect_load_rules(struct ak_arena *arena, const char *path, struct ak_rules *out)
{
    n_files = 0;
    nftw(path, add_file, 16, FTW_PHYS);
    if (n_files > 1)
        qsort(files, n_files, sizeof(*files), by_name);
    struct ak_rules_options options = { 0 };
    if (ak_rules_read(arena, files, n_files, &options, out) != AK_OK) {
        fprintf(stderr, "%s: the rules cannot be read\n", path);
        exit(1);
    }
}
