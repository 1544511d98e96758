/* worker_profile.c - what a machine says of itself: its name, its time zone, and
 * which addresses it knows by name (/etc/hosts). */
#include "artefact/windows/system_hive.h"
#include "engine/worker.h"

#include <assert.h>
#include <stdlib.h>

enum { PROFILE_BYTES = 64 * 1024, HOSTS_MAX = 500, NAME_MAX_BYTES = 255 };
#define HIVE_BYTES ((uint64_t)256 << 20) /* more of a hive is not read */

static const struct profile {
    const char *path, *fact; /* the fact that the contents are; NULL: one of those below */
    bool hive, hosts;        /* which state several */
} PROFILE[] = {
    { "etc/hostname", "host.name", false, false },
    { "etc/timezone", "host.zone_name", false, false },
    { "etc/localtime", "host.zone_tzif", false, false },
    { "etc/hosts", NULL, false, true },
    { "windows/system32/config/system", NULL, true, false },
};

enum { N_PROFILE = sizeof(PROFILE) / sizeof(PROFILE[0]) };
static_assert(N_PROFILE <= AK_PROFILE_FILES, "each has its place in the worker");

/* Windows' own paths have no case, Linux' do. */
static bool is_path(const struct profile *p, struct ak_str path)
{
    struct ak_str want = ak_str_of(p->path);
    struct ak_str end = { path.at + path.n - want.n, want.n };
    return path.n >= want.n && (p->hive ? ak_str_eq_fold(end, want) : ak_str_eq(end, want)) &&
           (path.n == want.n || path.at[path.n - want.n - 1] == '/');
}

static const struct profile *profile_of(struct ak_str path)
{
    for (size_t i = 0; i < N_PROFILE; i++)
        if (is_path(&PROFILE[i], path))
            return &PROFILE[i];
    return NULL;
}

/* A machine's own file lies nearer to the root than those of its containers,
 * backups and former installations: only the nearest of an item speaks. */
static bool speaks(struct ak_worker *w, const struct profile *p, struct ak_str path)
{
    uint32_t depth = 1;
    for (size_t i = 0; i < path.n; i++)
        depth += path.at[i] == '/';
    uint32_t *told = &w->profile_depth[p - PROFILE];
    if (*told && *told <= depth)
        return false;
    *told = depth;
    return true;
}

static void tell_hive(struct ak_worker *w, struct ak_str path, struct ak_bytes bytes)
{
    struct ak_system_hive h;
    if (ak_system_hive_read(bytes, &h) != AK_OK)
        ak_worker_damage(
            w, path, 0,
            "this registry hive cannot be read: the machine's name and time zone stay unknown");
    else if (h.dirty)
        ak_worker_damage(w, path, 0,
                         "this registry hive was being written; changes that only its transaction "
                         "logs hold are not read");
    if (h.host[0])
        ak_worker_fact(w, AK_STR("host.name"), ak_str_of(h.host));
    if (h.tzif.n)
        ak_worker_fact(w, AK_STR("host.zone_tzif"), ak_buf_view(&h.tzif));
    if (h.zone[0]) /* behind the rule: where the name is known its history is better */
        ak_worker_fact(w, AK_STR("host.zone_name"), ak_str_of(h.iana ? h.iana : h.zone));
    ak_system_hive_free(&h);
}

static void read_hive(struct ak_worker *w, struct ak_str path, struct ak_source *src)
{
    size_t size = (size_t)(src->size < HIVE_BYTES ? src->size : HIVE_BYTES);
    uint8_t *bytes = malloc(size ? size : 1);
    if (bytes)
        tell_hive(w, path, (struct ak_bytes){ bytes, ak_source_read_some(src, 0, bytes, size) });
    else
        ak_worker_damage(
            w, path, 0,
            "this registry hive cannot be read: the machine's name and time zone stay unknown");
    free(bytes);
}

/* The next word of a line; empty at its end or at a comment. */
static struct ak_str next_word(struct ak_str *line)
{
    size_t from = 0, to;
    while (from < line->n &&
           (line->at[from] == ' ' || line->at[from] == '\t' || line->at[from] == '\r'))
        from++;
    for (to = from; to < line->n && line->at[to] != ' ' && line->at[to] != '\t' &&
                    line->at[to] != '\r' && line->at[to] != '#';)
        to++;
    struct ak_str word = { line->at + from, to - from };
    *line = to < line->n && line->at[to] == '#' ? AK_STR("")
                                                : (struct ak_str){ line->at + to, line->n - to };
    return word;
}

static bool names_itself(struct ak_str address)
{
    return ak_str_starts(address, AK_STR("127.")) || ak_str_eq(address, AK_STR("::1")) ||
           ak_str_starts(address, AK_STR("ff0")) || ak_str_starts(address, AK_STR("fe00:")) ||
           ak_str_eq(address, AK_STR("0.0.0.0"));
}

/* hosts(5): an address, then the names it goes by.  Fact "address.10.0.20.5" is "web01". */
static void tell_hosts(struct ak_worker *w, struct ak_str text)
{
    for (unsigned n = 0; text.n && n < HOSTS_MAX;) {
        const char *nl = memchr(text.at, '\n', text.n);
        struct ak_str line = { text.at, nl ? (size_t)(nl - text.at) : text.n };
        text = nl ? (struct ak_str){ nl + 1, text.n - line.n - 1 } : AK_STR("");
        struct ak_str address = next_word(&line), name = next_word(&line);
        if (!name.n || name.n > NAME_MAX_BYTES || address.n > NAME_MAX_BYTES ||
            names_itself(address))
            continue;
        struct ak_buf fact = { 0 };
        ak_buf_text(&fact, "address.");
        ak_buf_str(&fact, address);
        ak_worker_fact(w, ak_buf_view(&fact), name);
        ak_buf_free(&fact);
        n++;
    }
}

bool ak_worker_in_profile(struct ak_str path) { return profile_of(path) != NULL; }

void ak_worker_profile(struct ak_worker *w, struct ak_str path, struct ak_str target,
                       struct ak_source *src)
{
    static uint8_t text[PROFILE_BYTES];
    const struct profile *p = profile_of(path);
    if (!p || !speaks(w, p, path))
        return;
    if (p->hive) {
        if (src)
            read_hive(w, path, src);
        return;
    }
    size_t n = src ? ak_source_read_some(src, 0, text, sizeof(text)) : 0;
    if (n && p->hosts)
        tell_hosts(w, (struct ak_str){ (char *)text, n });
    else if (n)
        ak_worker_fact(w, ak_str_of(p->fact), (struct ak_str){ (char *)text, n });
    else if (target.n && p->fact)
        ak_worker_fact(w, AK_STR("host.zone_name"), target);
}
