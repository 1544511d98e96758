/* worker_profile.c - what a machine says of itself: its name, its time zone, and
 * which addresses it knows by name (/etc/hosts). */
#include "engine/worker.h"

enum { PROFILE_BYTES = 64 * 1024, HOSTS_MAX = 500, NAME_MAX_BYTES = 255 };

static const struct profile {
    const char *path, *fact;
} PROFILE[] = {
    { "etc/hostname", "host.name" },
    { "etc/timezone", "host.zone_name" },
    { "etc/localtime", "host.zone_tzif" },
    { "etc/hosts", NULL }, /* facts of its own, one for each address */
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

/* The next word of a line; empty at its end or at a comment. */
static struct ak_str next_word(struct ak_str *line)
{
    size_t from = 0, to;
    while (from < line->n && (line->at[from] == ' ' || line->at[from] == '\t' || line->at[from] == '\r'))
        from++;
    for (to = from; to < line->n && line->at[to] != ' ' && line->at[to] != '\t' && line->at[to] != '\r' && line->at[to] != '#';)
        to++;
    struct ak_str word = { line->at + from, to - from };
    *line = to < line->n && line->at[to] == '#' ? AK_STR("") : (struct ak_str){ line->at + to, line->n - to };
    return word;
}

static bool names_itself(struct ak_str address)
{
    return ak_str_starts(address, AK_STR("127.")) || ak_str_eq(address, AK_STR("::1")) || ak_str_starts(address, AK_STR("ff0")) ||
           ak_str_starts(address, AK_STR("fe00:")) || ak_str_eq(address, AK_STR("0.0.0.0"));
}

/* hosts(5): an address, then the names it goes by.  Fact "address.10.0.20.5" is "web01". */
static void tell_hosts(struct ak_worker *w, struct ak_str text)
{
    for (unsigned n = 0; text.n && n < HOSTS_MAX;) {
        const char *nl = memchr(text.at, '\n', text.n);
        struct ak_str line = { text.at, nl ? (size_t)(nl - text.at) : text.n };
        text = nl ? (struct ak_str){ nl + 1, text.n - line.n - 1 } : AK_STR("");
        struct ak_str address = next_word(&line), name = next_word(&line);
        if (!name.n || name.n > NAME_MAX_BYTES || address.n > NAME_MAX_BYTES || names_itself(address))
            continue;
        struct ak_buf fact = { 0 };
        ak_buf_text(&fact, "address.");
        ak_buf_str(&fact, address);
        ak_worker_fact(w, ak_buf_view(&fact), name);
        ak_buf_free(&fact);
        n++;
    }
}

void ak_worker_profile(struct ak_worker *w, struct ak_str path, struct ak_str target, struct ak_source *src)
{
    static uint8_t text[PROFILE_BYTES];
    const struct profile *p = profile_of(path);
    size_t n = p && src ? ak_source_read_some(src, 0, text, sizeof(text)) : 0;
    if (n && !p->fact)
        tell_hosts(w, (struct ak_str){ (char *)text, n });
    else if (n)
        ak_worker_fact(w, ak_str_of(p->fact), (struct ak_str){ (char *)text, n });
    else if (p && p->fact && target.n)
        ak_worker_fact(w, AK_STR("host.zone_name"), target);
}
