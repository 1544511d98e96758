/* web_clf.c - access log lines in the common log format and its relatives.
 *
 *   common     host ident user [time] "request" status bytes
 *   combined   the same, then "referrer" "user agent"
 *   vhost      site[:port] before host
 *
 * Sites add to these at will, mostly at both ends: addresses from
 * X-Forwarded-For before the host, times and cookies behind the user agent.
 * So a line is read from its fixed point, the time in brackets, outwards.
 *
 * Facts and their sources: docs/formats/web.access.md
 */
#include "artefact/web/web_record.h"

enum { BRACKETS_MAX = 16, WORDS_MAX = 64 };

/* A place in a line. */
struct cursor {
    const char *at, *end;
};

static size_t left(const struct cursor *c) { return (size_t)(c->end - c->at); }

static struct ak_str span(const char *from, const char *to)
{
    return (struct ak_str){ from, (size_t)(to - from) };
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
        c->at++;
}

/* The quote that ends a field: not escaped, and followed by a blank or the end.
 * Servers other than Apache and nginx leave quotes in the text as they are.
 * NULL when there is none. */
static const char *closing_quote(const char *from, const char *end)
{
    for (const char *p = from; p < end; p++) {
        p = memchr(p, '"', (size_t)(end - p));
        if (!p)
            return NULL;
        size_t slashes = 0;
        while (p - slashes > from && p[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0 && (p + 1 == end || p[1] == ' ' || p[1] == ','))
            return p;
    }
    return NULL;
}

/* The next word: "in quotes" (given without them) or up to a blank.  A quote
 * that never closes ends with the line.  False at the end. */
static bool next_word(struct cursor *c, struct ak_str *out, bool *out_quoted)
{
    skip_blanks(c);
    if (c->at == c->end)
        return false;
    *out_quoted = *c->at == '"';
    if (!*out_quoted) {
        const char *blank = memchr(c->at, ' ', left(c));
        *out = span(c->at, blank ? blank : c->end);
        c->at = blank ? blank : c->end;
        return true;
    }
    const char *close = closing_quote(c->at + 1, c->end);
    *out = span(c->at + 1, close ? close : c->end);
    c->at = close ? close + 1 : c->end;
    return true;
}

/* Is it addresses with commas between them? */
static bool is_address_list(struct ak_str s)
{
    const char *end = s.at + s.n;
    for (const char *p = s.at; p < end;) {
        while (p < end && (*p == ' ' || *p == ','))
            p++;
        const char *from = p;
        while (p < end && *p != ' ' && *p != ',')
            p++;
        if (p == from || !ak_web_is_ip(span(from, p)))
            return false;
    }
    return s.n > 0;
}

/* Cut the last word off s. */
static struct ak_str cut_last(struct ak_str *s)
{
    while (s->n && s->at[s->n - 1] == ' ')
        s->n--;
    const char *blank = s->n ? memrchr(s->at, ' ', s->n) : NULL;
    const char *from = blank ? blank + 1 : s->at;
    struct ak_str word = span(from, s->at + s->n);
    s->n = (size_t)(from - s->at);
    while (s->n && s->at[s->n - 1] == ' ')
        s->n--;
    return word;
}

/* Who asked, from what stands before ident and user: a host, or any of
 *   site[:port] host
 *   host (address from a header)
 *   a, b, c             X-Forwarded-For alone: the first is whom it claims
 *   a, b host           X-Forwarded-For, then the connection's own end
 *   "a, b, c" host */
static bool read_client(struct ak_web_record *rec, struct ak_str s)
{
    struct ak_str all = s, last = cut_last(&s);
    if (last.n > 2 && last.at[0] == '(') {
        ak_web_set(rec, SENSE_FORWARDED, (struct ak_str){ last.at + 1, last.n - 2 });
        last = cut_last(&s);
    }
    if (s.n == 0) {
        return ak_web_set(rec, SENSE_CLIENT, last);
    }
    const char *comma = memchr(all.at, ',', all.n);
    const char *blank = memchr(all.at, ' ', all.n);
    bool site = all.at[0] != '"' && blank && (!comma || comma > blank);
    if (site) {
        ak_web_set(rec, SENSE_HOST, span(all.at, blank));
        all = span(blank + 1, all.at + all.n);
        s = blank < s.at + s.n ? span(blank + 1, s.at + s.n) : span(s.at, s.at);
    }
    if (s.n && s.at[s.n - 1] == ',') { /* the list is all there is */
        comma = memchr(all.at, ',', all.n);
        ak_web_set(rec, SENSE_FORWARDED, all);
        return ak_web_set(rec, SENSE_CLIENT, span(all.at, comma));
    }
    if (s.n >= 2 && s.at[0] == '"' && s.at[s.n - 1] == '"')
        s = (struct ak_str){ s.at + 1, s.n - 2 };
    else if (s.n && !memchr(s.at, ',', s.n) && !is_address_list(s))
        return false; /* the head of a syslog line, not addresses */
    ak_web_set(rec, SENSE_FORWARDED, s);
    return ak_web_set(rec, SENSE_CLIENT, last);
}

/* What stands before the time.  A user name may hold blanks, which shows when
 * the line begins with an address and "-". */
static bool read_head(struct ak_web_record *rec, struct ak_str s)
{
    struct ak_str rest = s, user = cut_last(&rest), ident = cut_last(&rest);
    const char *first = s.n ? memchr(s.at, ' ', s.n) : NULL;
    if (rest.n == 0)
        return false;
    if (first && (size_t)(first - s.at) < rest.n && rest.n > 3 && ak_web_is_ip(span(s.at, first)) &&
        first[1] == '-' && first[2] == ' ') {
        ak_web_set(rec, SENSE_CLIENT, span(s.at, first));
        ak_web_set(rec, SENSE_USER, span(first + 3, user.at + user.n));
        return true;
    }
    ak_web_set(rec, SENSE_USER, ak_str_eq(user, AK_STR("\"\"")) ? AK_STR("") : user);
    ak_web_set(rec, SENSE_IDENT, ident);
    return read_client(rec, rest);
}

/* The request and the status.  Quoted words before the request (a log puts an
 * address or a cookie there) are passed over; *out_before is where they are. */
static bool read_request(struct ak_web_record *rec, struct cursor *c, struct ak_str *out_before)
{
    struct ak_str word, next;
    bool quoted, next_quoted;
    skip_blanks(c);
    const char *from = c->at;
    *out_before = (struct ak_str){ 0 };
    for (unsigned i = 0; i < WORDS_MAX; i++) {
        struct cursor word_at = *c;
        skip_blanks(&word_at);
        if (!next_word(c, &word, &quoted))
            return false;
        struct cursor after = *c;
        if (!quoted || !next_word(&after, &next, &next_quoted))
            return false;
        if (next_quoted)
            continue;
        if (word_at.at > from)
            *out_before = span(from, word_at.at);
        ak_web_set(rec, SENSE_REQUEST, word);
        *c = after;
        return ak_web_set(rec, SENSE_STATUS, next);
    }
    return false;
}

/* Where a word behind the size goes: referrer, user agent, and an address list
 * right behind them.  False when it is something the site added. */
static bool put_tail_word(struct ak_web_record *rec, struct ak_str word, bool quoted,
                          unsigned *n_quoted)
{
    if (word.n == 1 && word.at[0] == '-' && !quoted)
        return true;
    if (!quoted)
        return false;
    unsigned no = (*n_quoted)++;
    if (no < 2) {
        ak_web_set(rec, no == 0 ? SENSE_REFERRER : SENSE_AGENT, word);
        return true;
    }
    if (no > 2 || !is_address_list(word))
        return word.n == 0 || (word.n == 1 && word.at[0] == '-');
    ak_web_set(rec, SENSE_FORWARDED, word);
    return true;
}

/* What follows the status: bytes, "referrer", "user agent", and whatever the
 * site added, which is kept as it stands from its first word on. */
static bool read_tail(struct ak_web_record *rec, struct cursor *c)
{
    struct ak_str word;
    bool quoted;
    unsigned n_quoted = 0;
    const char *extra = NULL;
    if (!next_word(c, &word, &quoted))
        return true; /* a log that has no sizes */
    if (quoted || !ak_web_set(rec, SENSE_BODY_BYTES, word))
        return false;
    skip_blanks(c);
    while (!extra || n_quoted < 2) {
        const char *at = c->at;
        if (!next_word(c, &word, &quoted))
            break;
        if (!put_tail_word(rec, word, quoted, &n_quoted) && !extra)
            extra = at;
        skip_blanks(c);
    }
    if (extra)
        rec->v[WEB_EXTRA] = ak_web_text(rec, span(extra, c->end));
    return true;
}

bool ak_web_read_clf(struct ak_web_record *rec, struct ak_str line)
{
    const char *from = line.at, *end = line.at + line.n, *open = NULL;
    size_t n = 0;
    while (from < end && *from == ' ')
        from++;
    const char *p = from;
    for (unsigned i = 0; i < BRACKETS_MAX && n == 0 && p < end; i++) {
        open = memchr(p, '[', (size_t)(end - p));
        if (!open)
            return false;
        p = open + 1;
        n = ak_web_clf_time(rec->ctx->item->zone, span(p, end), &rec->when);
    }
    if (n == 0 || (size_t)(end - p) < n + 1 || p[n] != ']')
        return false;
    struct cursor c = { p + n + 1, end };
    struct ak_str before;
    if (!read_head(rec, span(from, open)) || !read_request(rec, &c, &before) || !read_tail(rec, &c))
        return false;
    if (before.n && rec->v[WEB_EXTRA].type == AK_TYPE_NONE)
        rec->v[WEB_ORIGINAL] = ak_web_text(rec, line);
    return true;
}
