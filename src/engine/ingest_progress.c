/* ingest_progress.c - one line on the terminal while an ingest runs. */
#include "engine/ingest.h"

#include <stdio.h>

enum { EVERY_MS = 200 };

static const char *unit(double bytes, double *out)
{
    static const char *const UNITS[] = { "B", "KB", "MB", "GB", "TB" };
    unsigned i = 0;
    while (bytes >= 1000 && i < 4) {
        bytes /= 1000;
        i++;
    }
    *out = bytes;
    return UNITS[i];
}

void ak_ingest_progress(struct ak_ingest *in, bool last)
{
    int64_t now = ak_now_ms();
    if (!in->options->progress || (!last && now - in->shown_ms < EVERY_MS))
        return;
    in->shown_ms = now;
    double s = (double)(now - in->started_ms) / 1000 + 0.001;
    double done = (double)in->bytes_done, total = (double)in->bytes_total, shown, rate;
    const char *shown_unit = unit(done, &shown), *rate_unit = unit(done / s, &rate);
    double share = total > 0 ? done / total : 1;
    unsigned eta = done > 0 && done < total ? (unsigned)((total - done) / (done / s)) : 0;
    fprintf(stderr, "\r\033[K%3.0f%%  %.1f %s  %.1f %s/s  %llu %s (%.0f/s)  %zu %s", share * 100,
            shown, shown_unit, rate, rate_unit, (unsigned long long)in->events_live,
            ak_word(in->options->lang, "events"), (double)in->events_live / s,
            in->parse.n + in->expand.n + in->n_busy, ak_word(in->options->lang, "items left"));
    if (eta)
        fprintf(stderr, "  ETA %u:%02u", eta / 60, eta % 60);
    if (last)
        fputs("\r\033[K", stderr);
    fflush(stderr);
}
