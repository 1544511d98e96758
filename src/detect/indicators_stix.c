/* indicators_stix.c - patterns of STIX 2.1 to indicators.
 *
 *     [file:hashes.'SHA-256' = '…' OR (domain-name:value IN ('a.b', 'c.d') AND …)]
 *
 * Read are comparisons with =, IN, LIKE and ISSUBSET, joined by AND and OR, and
 * observations joined by OR.  A pattern becomes alternatives of things that must
 * be met together, in one event.  Several hashes joined by AND are those of one
 * file: any of them is enough.  What cannot be read makes its alternative a
 * problem; the others stand.
 *
 * The language: STIX 2.1, section 9 (OASIS, 2021). */
#include "detect/indicators_read.h"

#include "detect/indicators_normal.h"

enum { DEPTH_MAX = 16, ALTERNATIVES_MAX = 1024, LIST_MAX = 1000 };

/* One comparison that can be looked for. */
struct atom {
    enum ak_indicator_kind kind;
    bool like;
    struct ak_str text; /* quotes resolved, in the reading's memory */
};

/* An alternative: what must be met together.  Not usable: a part was not understood. */
struct alternative {
    uint16_t atoms[AK_INDICATOR_PARTS_MAX];
    unsigned n;
    bool unusable;
};

struct alternatives {
    struct alternative *at;
    size_t n, cap;
};

struct pattern {
    struct ak_indicators *set;
    const struct ak_indicator_origin *from;
    struct ak_str in;
    size_t at;
    struct ak_arena *arena; /* alternatives and texts, gone with the pattern */
    struct atom *atoms;
    size_t n_atoms, atoms_cap;
    struct ak_str strange; /* the first word that was not understood */
    bool bad;              /* not well formed, or a limit: nothing is taken */
};

/* ---- words ---- */

static void blanks(struct pattern *p)
{
    while (p->at < p->in.n && (unsigned char)p->in.at[p->at] <= ' ')
        p->at++;
}

static bool take(struct pattern *p, char c)
{
    blanks(p);
    if (p->at >= p->in.n || p->in.at[p->at] != c)
        return false;
    p->at++;
    return true;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* The word ahead, not taken. */
static struct ak_str word_ahead(struct pattern *p)
{
    blanks(p);
    size_t end = p->at;
    while (end < p->in.n && is_word(p->in.at[end]))
        end++;
    return (struct ak_str){ p->in.at + p->at, end - p->at };
}

static bool take_word(struct pattern *p, const char *word)
{
    struct ak_str ahead = word_ahead(p);
    if (!ak_str_eq_fold(ahead, ak_str_of(word)))
        return false;
    p->at += ahead.n;
    return true;
}

static void strange(struct pattern *p, struct ak_str word)
{
    if (p->strange.n == 0)
        p->strange = word;
}

/* 'text' with \' and \\ resolved, into the pattern's memory. */
static bool take_text(struct pattern *p, struct ak_str *out)
{
    if (!take(p, '\''))
        return false;
    size_t end = p->at, n = 0;
    while (end < p->in.n && p->in.at[end] != '\'')
        end += p->in.at[end] == '\\' ? 2 : 1;
    char *to = end < p->in.n ? AK_NEW_N(p->arena, char, end - p->at + 1) : NULL;
    if (!to) {
        p->bad = true;
        return false;
    }
    for (size_t i = p->at; i < end; i++) {
        i += p->in.at[i] == '\\';
        to[n++] = p->in.at[i];
    }
    p->at = end + 1;
    *out = (struct ak_str){ to, n };
    return true;
}

/* A value of any type: 'text', t'…', h'…', b'…', number, true. */
static bool take_value(struct pattern *p, struct ak_str *out, bool *out_is_text)
{
    blanks(p);
    *out_is_text = p->at < p->in.n && p->in.at[p->at] == '\'';
    if (*out_is_text)
        return take_text(p, out);
    size_t start = p->at;
    while (p->at < p->in.n && (is_word(p->in.at[p->at]) || strchr("+.:", p->in.at[p->at])) &&
           p->in.at[p->at])
        p->at++;
    if (p->at < p->in.n && p->in.at[p->at] == '\'')
        return take_text(p, out);
    *out = (struct ak_str){ p->in.at + start, p->at - start };
    return out->n > 0;
}

/* ---- what is compared ---- */

/* "file:hashes.'SHA-256'" to "file:hashes.sha-256": folded, without quotes. */
static struct ak_str take_path(struct pattern *p)
{
    blanks(p);
    size_t start = p->at, n = 0;
    bool quoted = false;
    for (; p->at < p->in.n; p->at++) {
        char c = p->in.at[p->at];
        quoted ^= c == '\'';
        if (!quoted && !is_word(c) && !strchr(":.'[]*", c))
            break;
    }
    char *to = AK_NEW_N(p->arena, char, p->at - start + 1);
    for (size_t i = start; to && i < p->at; i++) {
        char c = p->in.at[i];
        if (c != '\'')
            to[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return to ? (struct ak_str){ to, n } : AK_STR("");
}

static const struct {
    const char *path; /* a '*' at its end: anything */
    enum ak_indicator_kind kind;
} PATHS[] = {
    { "file:hashes.md5", AK_INDICATOR_MD5 },
    { "file:hashes.sha-1", AK_INDICATOR_SHA1 },
    { "file:hashes.sha1", AK_INDICATOR_SHA1 },
    { "file:hashes.sha-256", AK_INDICATOR_SHA256 },
    { "file:hashes.sha256", AK_INDICATOR_SHA256 },
    { "artifact:hashes.md5", AK_INDICATOR_MD5 },
    { "artifact:hashes.sha-1", AK_INDICATOR_SHA1 },
    { "artifact:hashes.sha-256", AK_INDICATOR_SHA256 },
    { "process:image_ref.hashes.md5", AK_INDICATOR_MD5 },
    { "process:image_ref.hashes.sha-256", AK_INDICATOR_SHA256 },
    { "process:binary_ref.hashes.sha-256", AK_INDICATOR_SHA256 },
    { "ipv4-addr:value", AK_INDICATOR_IP },
    { "ipv6-addr:value", AK_INDICATOR_IP },
    { "network-traffic:dst_ref.value", AK_INDICATOR_IP },
    { "network-traffic:src_ref.value", AK_INDICATOR_IP },
    { "domain-name:value", AK_INDICATOR_DOMAIN },
    { "url:value", AK_INDICATOR_URL },
    { "email-addr:value", AK_INDICATOR_EMAIL },
    { "email-message:from_ref.value", AK_INDICATOR_EMAIL },
    { "email-message:sender_ref.value", AK_INDICATOR_EMAIL },
    { "email-message:body_multipart[*].body_raw_ref.name", AK_INDICATOR_FILE_NAME },
    { "file:name", AK_INDICATOR_FILE_NAME },
    { "process:name", AK_INDICATOR_FILE_NAME },
    { "process:image_ref.name", AK_INDICATOR_FILE_NAME },
    { "process:binary_ref.name", AK_INDICATOR_FILE_NAME },
    { "process:command_line", AK_INDICATOR_COMMAND },
    { "mutex:name", AK_INDICATOR_MUTEX },
    { "windows-registry-key:key", AK_INDICATOR_REGISTRY },
    { "network-traffic:extensions.http-request-ext.request_header.user-agent",
      AK_INDICATOR_USER_AGENT },
};

static bool kind_of(struct ak_str path, enum ak_indicator_kind *out)
{
    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++)
        if (ak_str_eq(path, ak_str_of(PATHS[i].path))) {
            *out = PATHS[i].kind;
            return true;
        }
    return false;
}

/* ---- alternatives ---- */

static struct alternatives *new_alternatives(struct pattern *p)
{
    struct alternatives *a = AK_NEW(p->arena, struct alternatives);
    p->bad |= !a;
    return a;
}

/* Room for one more of `size` bytes in an array of the arena; NULL: a limit. */
static void *roomier(struct pattern *p, void *at, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return at;
    size_t more = *cap ? *cap * 2 : 2;
    void *to = n < ALTERNATIVES_MAX ? ak_arena_get(p->arena, more, size, sizeof(void *)) : NULL;
    if (!to) {
        p->bad = true;
        return NULL;
    }
    if (n)
        memcpy(to, at, n * size);
    *cap = more;
    return to;
}

static void add_alternative(struct pattern *p, struct alternatives *to, struct alternative one)
{
    struct alternative *at = roomier(p, to->at, to->n, &to->cap, sizeof(one));
    if (!at)
        return;
    to->at = at;
    to->at[to->n++] = one;
}

static void add_atom(struct pattern *p, struct alternatives *to, struct atom atom)
{
    struct atom *at = roomier(p, p->atoms, p->n_atoms, &p->atoms_cap, sizeof(atom));
    if (!at)
        return;
    p->atoms = at;
    p->atoms[p->n_atoms] = atom;
    add_alternative(p, to, (struct alternative){ .atoms = { (uint16_t)p->n_atoms++ }, .n = 1 });
}

/* Either of both. */
static struct alternatives *either(struct pattern *p, struct alternatives *a,
                                   const struct alternatives *b)
{
    for (size_t i = 0; !p->bad && i < b->n; i++)
        add_alternative(p, a, b->at[i]);
    return a;
}

static struct alternative joined(struct pattern *p, const struct alternative *a,
                                 const struct alternative *b)
{
    struct alternative both = *a;
    both.unusable |= b->unusable;
    for (unsigned i = 0; i < b->n; i++) {
        if (both.n == AK_INDICATOR_PARTS_MAX) {
            p->bad = true;
            return both;
        }
        both.atoms[both.n++] = b->atoms[i];
    }
    return both;
}

/* Both together: every alternative of one with every one of the other. */
static struct alternatives *both(struct pattern *p, const struct alternatives *a,
                                 const struct alternatives *b)
{
    struct alternatives *out = new_alternatives(p);
    if (!out || a->n * b->n > ALTERNATIVES_MAX) {
        p->bad = true;
        return out;
    }
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; !p->bad && k < b->n; k++)
            add_alternative(p, out, joined(p, &a->at[i], &b->at[k]));
    return out;
}

/* ---- comparisons ---- */

struct comparison {
    struct ak_str path;
    enum ak_indicator_kind kind;
    bool known, negated;
};

static void compare_one(struct pattern *p, struct alternatives *to, const struct comparison *c,
                        struct ak_str text, bool like)
{
    /* LIKE without a wildcard, and a file's name with a path in it */
    struct atom atom = { c->kind,
                         like && text.n &&
                             (memchr(text.at, '%', text.n) || memchr(text.at, '_', text.n)),
                         text };
    if (c->kind == AK_INDICATOR_FILE_NAME && text.n &&
        (memchr(text.at, '\\', text.n) || memchr(text.at, '/', text.n)))
        atom.kind = AK_INDICATOR_FILE_PATH;
    if (c->known && !c->negated)
        add_atom(p, to, atom);
    else
        add_alternative(p, to, (struct alternative){ .unusable = true });
}

static void compare_list(struct pattern *p, struct alternatives *to, const struct comparison *c)
{
    struct ak_str text;
    bool is_text;
    p->bad |= !take(p, '(');
    for (unsigned i = 0; !p->bad; i++) {
        if (i == LIST_MAX || !take_value(p, &text, &is_text)) {
            p->bad = true;
            return;
        }
        compare_one(p, to, c, text, false);
        if (take(p, ')'))
            return;
        p->bad |= !take(p, ',');
    }
}

static const char *take_operator(struct pattern *p)
{
    static const char *const SIGNS[] = { "==", "!=", "<>", "<=", ">=", "=", "<", ">" };
    static const char *const WORDS[] = {
        "IN", "LIKE", "ISSUBSET", "MATCHES", "ISSUPERSET", "EXISTS"
    };
    blanks(p);
    for (size_t i = 0; i < sizeof(SIGNS) / sizeof(SIGNS[0]); i++) {
        size_t n = strlen(SIGNS[i]);
        if (p->in.n - p->at >= n && memcmp(p->in.at + p->at, SIGNS[i], n) == 0) {
            p->at += n;
            return SIGNS[i];
        }
    }
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
        if (take_word(p, WORDS[i]))
            return WORDS[i];
    return NULL;
}

static struct alternatives *take_comparison(struct pattern *p)
{
    struct alternatives *to = new_alternatives(p);
    struct comparison c = { .negated = take_word(p, "NOT") };
    size_t start;
    c.path = take_path(p);
    c.known = kind_of(c.path, &c.kind);
    c.negated |= take_word(p, "NOT");
    blanks(p);
    start = p->at;
    const char *op = take_operator(p);
    struct ak_str text, op_text = { p->in.at + start, p->at - start };
    bool is_text, equal = op && (op[0] == '=' || strcmp(op, "ISSUBSET") == 0),
                  like = op && strcmp(op, "LIKE") == 0;
    if (!to || !op || c.path.n == 0) {
        p->bad = true;
        return to;
    }
    if (!c.known)
        strange(p, c.path);
    else if (c.negated)
        strange(p, AK_STR("NOT"));
    if (strcmp(op, "IN") == 0) {
        compare_list(p, to, &c);
        return to;
    }
    p->bad |= !take_value(p, &text, &is_text);
    if (!equal && !like) {
        strange(p, op_text);
        c.known = false;
    }
    if (!p->bad)
        compare_one(p, to, &c, text, like);
    return to;
}

static struct alternatives *take_or(struct pattern *p, unsigned depth);

static struct alternatives *take_primary(struct pattern *p, unsigned depth)
{
    if (!take(p, '('))
        return take_comparison(p);
    if (depth == DEPTH_MAX) {
        p->bad = true;
        return new_alternatives(p);
    }
    struct alternatives *inside = take_or(p, depth + 1);
    p->bad |= !take(p, ')');
    return inside;
}

static struct alternatives *take_and(struct pattern *p, unsigned depth)
{
    struct alternatives *all = take_primary(p, depth);
    while (!p->bad && take_word(p, "AND")) {
        struct alternatives *more = take_primary(p, depth);
        if (!p->bad)
            all = both(p, all, more);
    }
    return all;
}

static struct alternatives *take_or(struct pattern *p, unsigned depth)
{
    struct alternatives *any = take_and(p, depth);
    while (!p->bad && take_word(p, "OR")) {
        struct alternatives *more = take_and(p, depth);
        if (!p->bad)
            any = either(p, any, more);
    }
    return any;
}

/* [..] OR [..]; brackets around it are allowed. */
static struct alternatives *take_observations(struct pattern *p, unsigned depth)
{
    struct alternatives *any = NULL;
    do {
        struct alternatives *one;
        if (take(p, '(') && depth < DEPTH_MAX) {
            one = take_observations(p, depth + 1);
            p->bad |= !take(p, ')');
        } else if (take(p, '[')) {
            one = take_or(p, 0);
            p->bad |= !take(p, ']');
        } else {
            p->bad = true;
            return NULL;
        }
        if (!p->bad)
            any = any ? either(p, any, one) : one;
    } while (!p->bad && take_word(p, "OR"));
    return any;
}

/* ---- keeping ---- */

static bool keep_atom(struct pattern *p, const struct atom *atom,
                      const struct ak_indicator_origin *from)
{
    return atom->like ? ak_indicators_add_like(p->set, atom->kind, atom->text, from)
                      : ak_indicators_add_kind(p->set, atom->kind, atom->text, from);
}

static bool all_hashes(const struct pattern *p, const struct alternative *a)
{
    for (unsigned i = 0; i < a->n; i++)
        if (p->atoms[a->atoms[i]].kind > AK_INDICATOR_SHA256)
            return false;
    return true;
}

/* One alternative: alone, or as a group whose parts must be met together. */
static void keep(struct pattern *p, const struct alternative *a)
{
    struct ak_indicator_origin from = *p->from;
    bool kept = true;
    if (a->n > 1 && !all_hashes(p, a) && (from.group = ak_indicators_new_group(p->set, a->n)) == 0)
        return;
    for (unsigned i = 0; i < a->n; i++) {
        const struct atom *atom = &p->atoms[a->atoms[i]];
        if (!keep_atom(p, atom, &from)) {
            kept = false;
            strange(p, atom->text);
        }
    }
    if (!kept)
        ak_indicators_problem(p->set, from.file, from.line,
                              "a value of the pattern is not what it should be", p->strange);
}

static void keep_all(struct pattern *p, const struct alternatives *all)
{
    bool unusable = false;
    for (size_t i = 0; i < all->n; i++) {
        unusable |= all->at[i].unusable;
        if (!all->at[i].unusable)
            keep(p, &all->at[i]);
    }
    if (unusable)
        ak_indicators_problem(
            p->set, p->from->file, p->from->line,
            "a part of the pattern is not looked for: it and what hangs on it are left out",
            p->strange);
}

void ak_indicators_read_pattern(struct ak_indicators *set, struct ak_str pattern,
                                const struct ak_indicator_origin *from)
{
    struct pattern p = { .set = set, .from = from, .in = pattern, .arena = set->scratch };
    ak_arena_reset(set->scratch);
    const struct alternatives *all = take_observations(&p, 0);
    blanks(&p);
    if (!p.bad && p.at < p.in.n) { /* AND, FOLLOWEDBY, WITHIN … between observations */
        ak_indicators_problem(set, from->file, from->line,
                              "a pattern over several observations is not looked for",
                              word_ahead(&p));
    } else if (p.bad || !all) {
        size_t at = p.at < pattern.n ? p.at : pattern.n;
        ak_indicators_problem(set, from->file, from->line, "the pattern cannot be read",
                              (struct ak_str){ pattern.at + at, pattern.n - at });
    } else {
        keep_all(&p, all);
    }
}
