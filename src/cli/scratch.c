/* scratch.c - see scratch.h. */
#include "cli/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All that a case for detections can hold.  Paths are made beforehand: a signal
 * handler may unlink and rmdir, and little else. */
static const char *const NAMES[] = { "case.db-wal", "case.db-shm", "case.db-journal", "case.db" };
enum { N_NAMES = sizeof(NAMES) / sizeof(NAMES[0]) };

static char folder[AK_SCRATCH_PATH];
static char files[N_NAMES][AK_SCRATCH_PATH + 32];
static volatile sig_atomic_t there;

void ak_scratch_remove(void)
{
    if (!there)
        return;
    there = 0;
    for (size_t i = 0; i < N_NAMES; i++)
        unlink(files[i]);
    rmdir(folder);
}

static void on_signal(int number)
{
    ak_scratch_remove();
    signal(number, SIG_DFL);
    raise(number);
}

enum ak_status ak_scratch_make(char path[AK_SCRATCH_PATH])
{
    static const int SIGNALS[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT };
    const char *base = getenv("TMPDIR");
    int n =
        snprintf(folder, sizeof(folder), "%s/akashi-detect-XXXXXX", base && *base ? base : "/tmp");
    if (n < 0 || (size_t)n >= sizeof(folder) || !mkdtemp(folder))
        return AK_ERR_IO;
    for (size_t i = 0; i < N_NAMES; i++)
        snprintf(files[i], sizeof(files[i]), "%s/%s", folder, NAMES[i]);
    there = 1;
    for (size_t i = 0; i < sizeof(SIGNALS) / sizeof(SIGNALS[0]); i++)
        signal(SIGNALS[i], on_signal);
    memcpy(path, folder, sizeof(folder));
    return AK_OK;
}
