/* web.c - web servers: mass access, suspicious uploads, web shells, data fetched.
 *
 * A script is suspected to be a web shell when few addresses ever asked for it,
 * one of them sent data to it with POST or commands in its query, and it stands
 * where uploads go or appears late in the log; a file of that name created on
 * the disk near its first use makes it surer. */
#include "analyse/exposure.h"

#include <stdlib.h>

enum {
    CLIENTS_MAX = 500000,
    SCRIPTS_MAX = 200000,
    FETCHES_MAX = 4096,
    CREATED_MAX = 200000,
    SCRIPT_SOURCES = 3,
    SHOWN = 10
};
static const int64_t MINUTE_NS = INT64_C(60) * 1000000000;

struct client {
    struct ak_key key; /* host, address */
    uint32_t n, errors, posts, in_hour, peak;
    uint64_t bytes;
    int64_t first_ns, last_ns, hour;
    struct ak_event_ref first, last, peak_ref;
};

struct script {
    struct ak_key key; /* host, path */
    uint64_t n, ok, posts, commands;
    uint32_t sources[SCRIPT_SOURCES], n_sources;
    uint32_t user; /* who used it first with data */
    int64_t first_ns, last_ns;
    struct ak_event_ref first, last, first_post;
    bool many_sources;
};

/* A large or archived file given out. */
struct fetch {
    uint32_t host, source, path;
    uint64_t bytes;
    int64_t ns;
    struct ak_event_ref ref;
};

/* A script file made on a disk: its base name, when and where. */
struct created {
    struct ak_key key; /* base name */
    uint32_t path;
    int64_t ns;
    struct ak_event_ref ref;
};

struct ak_web {
    struct ak_table clients, scripts, created;
    struct fetch fetches[FETCHES_MAX];
    size_t n_fetches;
    int64_t first_ns, last_ns;
    uint64_t n;
};

static bool begin(struct ak_pass *p)
{
    p->web = calloc(1, sizeof(*p->web));
    if (!p->web)
        return false;
    ak_table_init(&p->web->clients, sizeof(struct client), CLIENTS_MAX);
    ak_table_init(&p->web->scripts, sizeof(struct script), SCRIPTS_MAX);
    ak_table_init(&p->web->created, sizeof(struct created), CREATED_MAX);
    return true;
}

/* ---- paths ---- */

static bool ends_with_any(struct ak_str s, const char *const *ends, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ak_str e = ak_str_of(ends[i]);
        if (s.n > e.n && ak_str_eq_fold((struct ak_str){ s.at + s.n - e.n, e.n }, e))
            return true;
    }
    return false;
}

static bool is_script(struct ak_str path)
{
    static const char *const ENDS[] = { ".php", ".phtml", ".php5", ".php7", ".phar",
                                        ".jsp", ".jspx",  ".asp",  ".aspx", ".ashx",
                                        ".cgi", ".pl",    ".cfm" };
    return ends_with_any(path, ENDS, sizeof(ENDS) / sizeof(ENDS[0]));
}

static bool is_archive(struct ak_str path)
{
    static const char *const ENDS[] = { ".tar",  ".tar.gz", ".tgz", ".zip",    ".7z",  ".rar",
                                        ".gz",   ".bz2",    ".xz",  ".sql",    ".csv", ".bak",
                                        ".dump", ".xlsx",   ".mdb", ".sqlite", ".db" };
    return ends_with_any(path, ENDS, sizeof(ENDS) / sizeof(ENDS[0]));
}

static bool in_upload_place(struct ak_str path)
{
    static const char *const GLOBS[] = { "**upload**",  "**/files/**", "**/images/**",
                                         "**/img/**",   "**/tmp/**",   "**/temp/**",
                                         "**/cache/**", "**/media/**", "**/attach**",
                                         "**/avatar**" };
    for (size_t i = 0; i < sizeof(GLOBS) / sizeof(GLOBS[0]); i++)
        if (ak_glob(GLOBS[i], path))
            return true;
    return false;
}

static bool has_command(struct ak_str url)
{
    static const char *const WORDS[] = { "cmd=", "exec=",  "command=", "c=id",    "c=whoami",
                                         "act=", "shell=", "eval(",    "system(", "passthru" };
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        size_t n = strlen(WORDS[i]);
        if (url.n >= n && memmem(url.at, url.n, WORDS[i], n))
            return true;
    }
    return false;
}

static struct ak_str path_of(const struct ak_view *v)
{
    struct ak_str path = ak_said_text(v, AK_SAID_PATH);
    if (!path.n)
        path = ak_said_text(v, AK_SAID_URL);
    const char *end = path.n ? memchr(path.at, '?', path.n) : NULL;
    return end ? (struct ak_str){ path.at, (size_t)(end - path.at) } : path;
}

/* ---- seeing ---- */

static void see_client(struct ak_pass *p, const struct ak_view *v, uint32_t host, uint32_t source,
                       uint64_t status)
{
    struct client *c = ak_table_get(&p->web->clients, (struct ak_key){ host, source, 0, 0 });
    if (!c)
        return;
    if (c->n++ == 0) {
        c->first_ns = v->ns;
        c->first = ak_ref_of(v->stored);
    }
    c->last_ns = v->ns;
    c->last = ak_ref_of(v->stored);
    c->errors += status >= 400;
    c->posts += ak_said_is(v, AK_SAID_METHOD, "POST");
    c->bytes += ak_said_number(v, AK_SAID_BYTES);
    int64_t hour = v->ns / (60 * MINUTE_NS);
    if (hour != c->hour) {
        c->hour = hour;
        c->in_hour = 0;
    }
    if (++c->in_hour > c->peak) {
        c->peak = c->in_hour;
        c->peak_ref = ak_ref_of(v->stored);
    }
}

static void add_source(struct script *s, uint32_t source)
{
    for (uint32_t i = 0; i < s->n_sources; i++)
        if (s->sources[i] == source)
            return;
    if (s->n_sources < SCRIPT_SOURCES)
        s->sources[s->n_sources++] = source;
    else
        s->many_sources = true;
}

static void see_script(struct ak_pass *p, const struct ak_view *v, uint32_t host, uint32_t source,
                       struct ak_str path, uint64_t status)
{
    struct script *s =
        ak_table_get(&p->web->scripts, (struct ak_key){ host, ak_symbol(p->symbols, path), 0, 0 });
    bool post = ak_said_is(v, AK_SAID_METHOD, "POST"),
         command = has_command(ak_said_text(v, AK_SAID_URL));
    if (!s)
        return;
    if (s->n++ == 0) {
        s->first_ns = v->ns;
        s->first = ak_ref_of(v->stored);
    }
    s->last_ns = v->ns;
    s->last = ak_ref_of(v->stored);
    s->ok += status >= 200 && status < 300;
    s->posts += post;
    s->commands += command;
    if ((post || command) && !s->user) {
        s->user = source;
        s->first_post = ak_ref_of(v->stored);
    }
    add_source(s, source);
}

static void see_fetch(struct ak_pass *p, const struct ak_view *v, uint32_t host, uint32_t source,
                      struct ak_str path, uint64_t status)
{
    uint64_t bytes = ak_said_number(v, AK_SAID_BYTES);
    struct ak_web *w = p->web;
    if ((status != 200 && status != 206) || bytes < 10000 || !is_archive(path))
        return;
    if (w->n_fetches < FETCHES_MAX)
        w->fetches[w->n_fetches++] = (struct fetch){ host,  source, ak_symbol(p->symbols, path),
                                                     bytes, v->ns,  ak_ref_of(v->stored) };
}

static void see_created(struct ak_pass *p, const struct ak_view *v)
{
    struct ak_str path = ak_said_text(v, AK_SAID_FILE);
    struct ak_str desc = v->stored->event.shape->time_desc;
    if (!is_script(path) || (!ak_str_eq(desc, AK_STR("Creation Time")) &&
                             !ak_str_eq(desc, AK_STR("Content Modification Time"))))
        return;
    struct created *c = ak_table_get(
        &p->web->created, (struct ak_key){ ak_symbol(p->symbols, ak_str_basename(path)), 0, 0, 0 });
    if (!c)
        return;
    c->path = ak_symbol(p->symbols, path); /* the latest counts */
    c->ns = v->ns;
    c->ref = ak_ref_of(v->stored);
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    if (!v->timed)
        return;
    if (ak_str_starts(v->stored->event.shape->data_type, AK_STR("fs:stat"))) {
        see_created(p, v);
        return;
    }
    if (!v->said[AK_SAID_STATUS])
        return;
    struct ak_str path = path_of(v);
    uint32_t host = ak_symbol(p->symbols, v->host),
             source = ak_symbol(p->symbols, ak_said_text(v, AK_SAID_SOURCE));
    uint64_t status = ak_said_number(v, AK_SAID_STATUS);
    if (p->web->n++ == 0)
        p->web->first_ns = v->ns;
    p->web->last_ns = v->ns;
    if (!source)
        return;
    see_client(p, v, host, source, status);
    if (is_script(path))
        see_script(p, v, host, source, path, status);
    see_fetch(p, v, host, source, path, status);
}

/* ---- judging ---- */

static const struct created *made_near(struct ak_pass *p, const struct script *s)
{
    struct ak_str name = ak_str_basename(ak_symbol_text(p->symbols, s->key.b));
    const struct created *c =
        ak_table_find(&p->web->created, (struct ak_key){ ak_symbol(p->symbols, name), 0, 0, 0 });
    return c && c->ns < s->first_ns + MINUTE_NS && s->first_ns - c->ns < 24 * 60 * MINUTE_NS ? c
                                                                                             : NULL;
}

static bool is_shell(struct ak_pass *p, const struct script *s)
{
    struct ak_web *w = p->web;
    struct ak_str path = ak_symbol_text(p->symbols, s->key.b);
    if (s->many_sources || s->ok == 0 || !s->user || s->n < 2)
        return false;
    bool late = s->first_ns - w->first_ns > (w->last_ns - w->first_ns) / 4;
    unsigned points = 0;
    points += in_upload_place(path) ? 2 : 0;
    points += s->commands > 0 ? 2 : 0;
    points += s->n_sources == 1 && late;
    points += s->posts > 0 && late;
    points += made_near(p, s) ? 2 : 0;
    return points >= 3;
}

static bool is_mass(struct ak_pass *p, const struct client *c)
{
    struct ak_web *w = p->web;
    uint64_t mean = w->clients.n ? w->n / w->clients.n : 0;
    return c->peak >= 300 && c->n >= 10 * mean && c->n >= 500;
}

static void finish(struct ak_pass *p)
{
    for (uint32_t i = 0; i < p->web->scripts.n; i++) {
        const struct script *s = ak_table_at(&p->web->scripts, i);
        if (is_shell(p, s))
            ak_address_attribute(p, s->user, "use of a web shell", s->first_post);
    }
}

/* ---- claims ---- */

static void claim_shell(struct ak_pass *p, const struct script *s)
{
    const struct created *made = made_near(p, s);
    struct ak_claim c = { .field = "malware",
                          .section = "entry",
                          .sentence = made
                                          ? "{path} on {host} is a web shell with high "
                                            "probability: {n} requests from {sources} "
                                            "address(es), {posts} of them sending data, from "
                                            "{first} to {last}; the file {file} was "
                                            "written at {made}."
                                          : "{path} on {host} is probably a web shell: {n} "
                                            "requests from {sources} address(es), "
                                            "{posts} of them sending data, from {first} to {last}.",
                          .subject = ak_symbol_text(p->symbols, s->key.a),
                          .level = made ? AK_L4 : AK_L3 };
    ak_claim_arg(&c, ak_arg_text("path", ak_symbol_text(p->symbols, s->key.b)));
    ak_claim_arg(&c, ak_arg_text("host", c.subject));
    ak_claim_arg(&c, ak_arg_number("n", s->n));
    ak_claim_arg(&c, ak_arg_number("sources", s->n_sources));
    ak_claim_arg(&c, ak_arg_number("posts", s->posts));
    ak_claim_arg(&c, ak_arg_time("first", s->first_ns));
    ak_claim_arg(&c, ak_arg_time("last", s->last_ns));
    ak_claim_arg(&c, ak_arg_text("source", ak_symbol_text(p->symbols, s->user)));
    if (made) {
        ak_claim_arg(&c, ak_arg_text("file", ak_symbol_text(p->symbols, made->path)));
        ak_claim_arg(&c, ak_arg_time("made", made->ns));
        ak_claim_basis(&c, made->ref);
    }
    ak_claim_basis(&c, s->first);
    ak_claim_basis(&c, s->first_post);
    ak_claim_basis(&c, s->last);
    ak_claim_limit(&c, "access logs do not hold what POST requests sent: which commands were run "
                       "cannot be seen in them");
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static void claim_mass(struct ak_pass *p, const struct client *cl)
{
    struct ak_claim c = {
        .field = "entry_source",
        .section = "web",
        .sentence = "Mass access: {source} sent {n} requests to {host} from {first} to {last}, up "
                    "to {peak} in an "
                    "hour; {errors} were answered with an error. The server sent it {bytes}.",
        .subject = ak_symbol_text(p->symbols, cl->key.a),
        .level = AK_L5
    };
    ak_claim_arg(&c, ak_arg_text("source", ak_symbol_text(p->symbols, cl->key.b)));
    ak_claim_arg(&c, ak_arg_text("host", c.subject));
    ak_claim_arg(&c, ak_arg_number("n", cl->n));
    ak_claim_arg(&c, ak_arg_number("peak", cl->peak));
    ak_claim_arg(&c, ak_arg_number("errors", cl->errors));
    ak_claim_arg(&c, ak_arg_bytes("bytes", cl->bytes));
    ak_claim_arg(&c, ak_arg_time("first", cl->first_ns));
    ak_claim_arg(&c, ak_arg_time("last", cl->last_ns));
    ak_claim_basis(&c, cl->first);
    ak_claim_basis(&c, cl->peak_ref);
    ak_claim_basis(&c, cl->last);
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static void claim_fetch(struct ak_pass *p, const struct fetch *f)
{
    struct ak_claim c = { .field = "egress",
                          .section = "exfiltration",
                          .sentence = "{path} left {host}: the web server sent it ({bytes}) to "
                                      "{source} at {at}, an address attributed "
                                      "to the intruder.",
                          .subject = ak_symbol_text(p->symbols, f->host),
                          .level = AK_L5 };
    ak_claim_arg(&c, ak_arg_text("path", ak_symbol_text(p->symbols, f->path)));
    ak_claim_arg(&c, ak_arg_text("host", c.subject));
    ak_claim_arg(&c, ak_arg_bytes("bytes", f->bytes));
    ak_claim_arg(&c, ak_arg_text("source", ak_symbol_text(p->symbols, f->source)));
    ak_claim_arg(&c, ak_arg_time("at", f->ns));
    ak_claim_basis(&c, f->ref);
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
}

static int by_requests(const void *va, const void *vb)
{
    const struct client *const *a = va, *const *b = vb;
    return (*a)->n != (*b)->n ? ((*a)->n > (*b)->n ? -1 : 1) : (*a)->key.b < (*b)->key.b ? -1 : 1;
}

static void claim_masses(struct ak_pass *p)
{
    const struct client **mass = calloc(p->web->clients.n + 1u, sizeof(*mass));
    size_t n = 0;
    for (uint32_t i = 0; mass && i < p->web->clients.n; i++) {
        const struct client *c = ak_table_at(&p->web->clients, i);
        if (is_mass(p, c))
            mass[n++] = c;
    }
    if (n)
        qsort(mass, n, sizeof(*mass), by_requests);
    for (size_t i = 0; i < n && i < SHOWN; i++)
        claim_mass(p, mass[i]);
    free(mass);
}

static void claim(struct ak_pass *p)
{
    for (uint32_t i = 0; i < p->web->scripts.n; i++) {
        const struct script *s = ak_table_at(&p->web->scripts, i);
        if (is_shell(p, s))
            claim_shell(p, s);
    }
    claim_masses(p);
    unsigned shown = 0;
    for (size_t i = 0; i < p->web->n_fetches && shown < 3 * SHOWN; i++)
        if (ak_address_attributed(p, p->web->fetches[i].source)) {
            claim_fetch(p, &p->web->fetches[i]);
            shown++;
        }
}

uint64_t ak_web_egress(const struct ak_pass *p, struct ak_claim *claim)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < p->web->n_fetches; i++)
        if (ak_address_attributed(p, p->web->fetches[i].source)) {
            bytes += p->web->fetches[i].bytes;
            ak_claim_basis(claim, p->web->fetches[i].ref);
        }
    return bytes;
}

static void end(struct ak_pass *p)
{
    if (!p->web)
        return;
    ak_table_free(&p->web->clients);
    ak_table_free(&p->web->scripts);
    ak_table_free(&p->web->created);
    free(p->web);
}

const struct ak_watcher ak_watch_web = { "web", begin, see, finish, claim, end };
