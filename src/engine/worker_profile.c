/* worker_profile.c - what a machine says of itself: its name and its time zone. */
#include "engine/worker.h"

enum { PROFILE_BYTES = 64 * 1024 };

static const struct profile {
    const char *path, *fact;
} PROFILE[] = {
    { "etc/hostname", "host.name" },
    { "etc/timezone", "host.zone_name" },
    { "etc/localtime", "host.zone_tzif" },
};

enum { N_PROFILE = sizeof(PROFILE) / sizeof(PROFILE[0]) };

static const struct profile *profile_of(struct ak_str path)
{
    for (size_t i = 0; i < N_PROFILE; i++) {
        struct ak_str want = ak_str_of(PROFILE[i].path);
        if (ak_str_ends(path, want) && (path.n == want.n || path.at[path.n - want.n - 1] == '/'))
            return &PROFILE[i];
    }
    return NULL;
}

bool ak_worker_in_profile(struct ak_str path)
{
    return profile_of(path) != NULL;
}

void ak_worker_profile(struct ak_worker *w, struct ak_str path, struct ak_str target, struct ak_source *src)
{
    static uint8_t text[PROFILE_BYTES];
    const struct profile *p = profile_of(path);
    size_t n = p && src ? ak_source_read_some(src, 0, text, sizeof(text)) : 0;
    if (n)
        ak_worker_fact(w, ak_str_of(p->fact), (struct ak_str){ (char *)text, n });
    else if (p && target.n)
        ak_worker_fact(w, AK_STR("host.zone_name"), target);
}
