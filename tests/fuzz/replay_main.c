/* replay_main.c - run a fuzz target over every file of some folders, for
 * compilers without libFuzzer and for the regression suite: replay FOLDER... */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int passed, failed;

static void replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    static uint8_t buf[8 << 20];
    size_t n = f ? fread(buf, 1, sizeof(buf), f) : 0;
    uint8_t *exact = malloc(n ? n : 1); /* so that a sanitiser sees one byte too many */
    if (f)
        fclose(f);
    if (!f || !exact) {
        failed++;
        free(exact);
        return;
    }
    memcpy(exact, buf, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    passed++;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        char path[4096];
        for (struct dirent *e; d && (e = readdir(d));) {
            snprintf(path, sizeof(path), "%s/%s", argv[i], e->d_name);
            if (e->d_name[0] != '.')
                replay(path);
        }
        failed += d == NULL;
        if (d)
            closedir(d);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
