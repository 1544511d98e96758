/* syslog_meaning.c - see syslog_meaning.h. */
#include "artefact/linux/syslog_meaning.h"

#include "artefact/lines.h"
#include "base/hash.h"

const struct ak_str ak_said_names[AK_N_SAID] = {
    [SAID_ACTION] = AK_STR_INIT("event.action"),
    [SAID_OUTCOME] = AK_STR_INIT("event.outcome"),
    [SAID_REASON] = AK_STR_INIT("event.reason"),
    [SAID_USER] = AK_STR_INIT("user.name"),
    [SAID_USER_ID] = AK_STR_INIT("user.id"),
    [SAID_EFFECTIVE] = AK_STR_INIT("user.effective.name"),
    [SAID_GROUP] = AK_STR_INIT("group.name"),
    [SAID_GROUP_ID] = AK_STR_INIT("group.id"),
    [SAID_IP] = AK_STR_INIT("source.ip"),
    [SAID_DOMAIN] = AK_STR_INIT("source.domain"),
    [SAID_PORT] = AK_STR_INIT("source.port"),
    [SAID_DESTINATION_IP] = AK_STR_INIT("destination.ip"),
    [SAID_DESTINATION_PORT] = AK_STR_INIT("destination.port"),
    [SAID_COMMAND] = AK_STR_INIT("process.command_line"),
    [SAID_FOLDER] = AK_STR_INIT("process.working_directory"),
    [SAID_TTY] = AK_STR_INIT("system.auth.sudo.tty"),
    [SAID_BY] = AK_STR_INIT("system.auth.session.by"),
    [SAID_METHOD] = AK_STR_INIT("system.auth.ssh.method"),
    [SAID_SIGNATURE] = AK_STR_INIT("system.auth.ssh.signature"),
    [SAID_SERVICE] = AK_STR_INIT("service.name"),
    [SAID_REPEATED] = AK_STR_INIT("syslog.repeated"),
};

/* Longer bodies are not searched for meaning (but for the commands that stand
 * at their end): no program writes such, and matching must stay linear. */
enum { LONGEST_BODY = 8192, MOST_PARTS = 24, MOST_RETRIES = 16 };

/* How far a capture reaches. */
enum reach {
    WORD,   /* no blank in it; to the last place where the next literal fits */
    LAST,   /* anything; to the last place: a user may call himself "x from y" */
    FIRST,  /* anything, to the first place where the next literal fits */
    REST,   /* all that is left, even nothing */
    NUMBER, /* digits */
};

static const struct capture {
    char letter;
    enum reach reach;
    enum ak_said to; /* AK_N_SAID: nowhere */
} CAPTURES[] = {
    { 'u', LAST, SAID_USER },       { 'U', NUMBER, SAID_USER_ID },  { 'e', LAST, SAID_EFFECTIVE },
    { 'g', LAST, SAID_GROUP },      { 'G', NUMBER, SAID_GROUP_ID }, { 'i', WORD, SAID_IP },
    { 'p', NUMBER, SAID_PORT },     { 'm', WORD, SAID_METHOD },     { 'k', REST, SAID_SIGNATURE },
    { 'c', FIRST, SAID_COMMAND },   { 'C', LAST, SAID_COMMAND },    { 't', WORD, SAID_TTY },
    { 'd', FIRST, SAID_FOLDER },    { 's', LAST, SAID_SERVICE },    { 'S', FIRST, SAID_SERVICE },
    { 'r', REST, SAID_REASON },     { 'w', WORD, AK_N_SAID },       { 'a', FIRST, AK_N_SAID },
    { 'x', REST, AK_N_SAID },       { 'R', FIRST, SAID_REASON },    { 'D', WORD, SAID_DOMAIN },
    { 'b', WORD, SAID_BY },         { 'E', WORD, SAID_EFFECTIVE },  { 'V', WORD, SAID_USER },
    { 'n', NUMBER, SAID_REPEATED },
};

static const struct capture *capture_of(char letter)
{
    for (size_t i = 0; i < sizeof(CAPTURES) / sizeof(CAPTURES[0]); i++)
        if (CAPTURES[i].letter == letter)
            return &CAPTURES[i];
    return NULL;
}

/* Is it an address and not a name?  Digits and three dots, or hexadecimal with
 * colons (perhaps with a zone, "fe80::1%eth0"). */
static bool is_ip(struct ak_str s)
{
    size_t dots = 0, colons = 0, letters = 0;
    for (size_t i = 0; i < s.n && s.at[i] != '%'; i++) {
        char c = s.at[i];
        dots += c == '.';
        colons += c == ':';
        letters += (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (c != '.' && c != ':' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') &&
            !(c >= 'A' && c <= 'F'))
            return false;
    }
    return colons >= 2 || (colons == 0 && dots == 3 && letters == 0 && s.n >= 7);
}

void ak_said_action(struct ak_meaning *out, const char *action, const char *outcome)
{
    out->known = true;
    out->values[SAID_ACTION] = ak_val_str(ak_str_of(action));
    out->values[SAID_OUTCOME] = outcome ? ak_val_str(ak_str_of(outcome)) : ak_val_none();
}

void ak_said_host(struct ak_meaning *out, struct ak_str host)
{
    if (host.n >= 2 && host.at[0] == '[' && host.at[host.n - 1] == ']')
        host = (struct ak_str){ host.at + 1, host.n - 2 };
    if (ak_str_eq(host, AK_STR("UNKNOWN")) || ak_str_eq(host, AK_STR("?")))
        return;
    if (ak_str_starts(host, AK_STR("::ffff:")) && memchr(host.at, '.', host.n))
        host = ak_skip(host, 7); /* an IPv4 client of an IPv6 socket */
    out->values[is_ip(host) ? SAID_IP : SAID_DOMAIN] = ak_val_str(host);
}

/* "ssh2: RSA SHA256:…": what stands behind the colon; nothing when none does. */
static struct ak_str signature_in(struct ak_str rest)
{
    if (ak_str_starts(rest, AK_STR(" ssh")))
        (void)ak_cut(&rest, ':');
    return ak_trim(rest);
}

/* "alice(uid=1000)": the name, with the number in its own field. */
static struct ak_str name_without_uid(struct ak_meaning *out, struct ak_str name)
{
    static const struct ak_str MARK = AK_STR_INIT("(uid=");
    for (size_t i = 0; i + MARK.n < name.n; i++)
        if (ak_str_starts(ak_skip(name, i), MARK) && name.at[name.n - 1] == ')') {
            out->values[SAID_USER_ID] =
                ak_val_str((struct ak_str){ name.at + i + MARK.n, name.n - i - MARK.n - 1 });
            return (struct ak_str){ name.at, i };
        }
    return name;
}

static void keep(struct ak_meaning *out, enum ak_said to, struct ak_str text)
{
    uint64_t number;
    if (to == SAID_IP)
        ak_said_host(out, text);
    else if (to == SAID_PORT || to == SAID_REPEATED)
        out->values[to] =
            ak_digits(text, &number) == text.n && text.n ? ak_val_u64(number) : ak_val_none();
    else if (to == SAID_SIGNATURE)
        out->values[to] = ak_val_str(signature_in(text));
    else if (to == SAID_USER)
        out->values[to] = ak_val_str(name_without_uid(out, text));
    else if (to != AK_N_SAID)
        out->values[to] = ak_val_str(text);
}

/* What one capture took, until the whole wording is known to fit. */
struct found {
    enum ak_said to;
    struct ak_str text;
};

struct match {
    struct found found[MOST_PARTS];
    size_t n;
};

/* The literal at the start of `text`: up to the next '%' or its end. */
static struct ak_str literal_at(const char *text)
{
    const char *end = strchr(text, '%');
    return end ? (struct ak_str){ text, (size_t)(end - text) } : ak_str_of(text);
}

/* Where `what` stands in s at or behind `from`; s.n + 1 when nowhere. */
static size_t find(struct ak_str s, struct ak_str what, size_t from)
{
    const char *at = from <= s.n ? memmem(s.at + from, s.n - from, what.at, what.n) : NULL;
    return at ? (size_t)(at - s.at) : s.n + 1;
}

/* The last place before `before` where `what` stands; s.n + 1 when nowhere. */
static size_t find_back(struct ak_str s, struct ak_str what, size_t before)
{
    for (size_t i = before; i-- > 0;)
        if (i + what.n <= s.n && memcmp(s.at + i, what.at, what.n) == 0)
            return i;
    return s.n + 1;
}

static size_t word_length(struct ak_str s)
{
    size_t n = 0;
    while (n < s.n && s.at[n] != ' ')
        n++;
    return n;
}

static size_t number_length(struct ak_str s)
{
    size_t n = 0;
    while (n < s.n && s.at[n] >= '0' && s.at[n] <= '9')
        n++;
    return n;
}

/* To the last place in the first word where the next literal fits; s.n + 1 when
 * it does not. */
static size_t word_before(struct ak_str s, struct ak_str next)
{
    size_t n = word_length(s);
    return next.n && next.at[0] != ' ' ? find_back(s, next, n) : n;
}

static bool match_from(const char *text, struct ak_str s, struct match *m, bool may_retry);

/* Try the last place, then the one before: a name may hold the very words that
 * stand behind it.  Only the outermost such capture tries again. */
static bool match_last(const char *rest, struct ak_str s, struct match *m, bool may_retry)
{
    struct ak_str next = literal_at(rest);
    size_t slot = m->n - 1;
    size_t at = next.n ? find_back(s, next, s.n) : s.n;
    for (int tries = 0; at <= s.n && tries < MOST_RETRIES; tries++) {
        m->found[slot].text = (struct ak_str){ s.at, at };
        m->n = slot + 1;
        if (match_from(rest, ak_skip(s, at), m, false))
            return true;
        if (!may_retry || !next.n)
            return false;
        at = find_back(s, next, at);
    }
    return false;
}

/* One capture and what follows it. */
static bool match_capture(const struct capture *c, const char *rest, struct ak_str s,
                          struct match *m, bool may_retry)
{
    if (m->n == MOST_PARTS)
        return false;
    m->found[m->n++] = (struct found){ c->to, s };
    struct found *mine = &m->found[m->n - 1];
    struct ak_str next = literal_at(rest);
    if (c->reach == REST)
        return true;
    if (c->reach == LAST)
        return match_last(rest, s, m, may_retry);
    size_t n = c->reach == NUMBER ? number_length(s)
               : c->reach == WORD ? word_before(s, next)
               : next.n           ? find(s, next, 0)
                                  : s.n;
    if (n > s.n || (n == 0 && c->reach != FIRST))
        return false;
    mine->text.n = n;
    return match_from(rest, ak_skip(s, n), m, may_retry);
}

/* Does `s` fit the wording from `text` on?  All of it must, but for final
 * blanks.  Recursion: once per capture, at most MOST_PARTS. */
static bool match_from(const char *text, struct ak_str s, struct match *m, bool may_retry)
{
    struct ak_str literal = literal_at(text);
    if (!ak_str_starts(s, literal))
        return false;
    text += literal.n;
    s = ak_skip(s, literal.n);
    if (!*text)
        return ak_trim(s).n == 0;
    const struct capture *c = capture_of(text[1]);
    return c && match_capture(c, text + 2, s, m, may_retry);
}

bool ak_wording_match(const struct ak_wording *w, struct ak_str body, struct ak_meaning *out)
{
    struct match m;
    m.n = 0;
    if (!match_from(w->text, body, &m, true))
        return false;
    for (size_t i = 0; i < m.n; i++)
        keep(out, m.found[i].to, m.found[i].text);
    ak_said_action(out, w->action, w->outcome);
    out->type = w->type;
    return true;
}

static bool try_all(const struct ak_wordings *of, struct ak_str body, struct ak_meaning *out)
{
    for (size_t i = 0; i < of->n; i++) {
        char first = of->list[i].text[0];
        if (first != '%' && (!body.n || first != body.at[0]))
            continue;
        if (ak_wording_match(&of->list[i], body, out))
            return true;
    }
    return of->special && of->special(body, out);
}

/* "/usr/sbin/cron" and "su(pam_unix)" are cron and su; "sshd-session" stays.
 * login, in the old days, gave its user instead: "-- root[2421]: ROOT LOGIN". */
static struct ak_str program_of(struct ak_str tag)
{
    if (ak_str_starts(tag, AK_STR("-- ")))
        return AK_STR("login");
    struct ak_str name = ak_str_basename(tag);
    return ak_cut(&name, '(');
}

static bool lists(const char *tags, struct ak_str program)
{
    struct ak_str rest = ak_str_of(tags);
    while (rest.n)
        if (ak_str_eq(ak_cut(&rest, ' '), program))
            return true;
    return false;
}

static const struct ak_wordings *wordings_of(struct ak_str program)
{
    for (size_t i = 0; i < ak_n_wordings; i++)
        if (lists(ak_wordings[i].tags, program))
            return &ak_wordings[i];
    return NULL;
}

/* The same through a small memory: a log has few writers and many lines. */
static const struct ak_wordings *wordings_for(struct ak_tag_memory *memory, struct ak_str tag)
{
    if (tag.n > AK_TAG_BYTES)
        return wordings_of(program_of(tag));
    struct ak_known_tag *slot = &memory->slots[ak_hash_str(tag) % AK_TAG_SLOTS];
    if (!slot->filled || !ak_str_eq((struct ak_str){ slot->name, slot->n }, tag)) {
        if (tag.n)
            memcpy(slot->name, tag.at, tag.n);
        slot->n = (uint8_t)tag.n;
        slot->filled = true;
        slot->wordings = wordings_of(program_of(tag));
    }
    return slot->wordings;
}

/* "message repeated 5 times: [ Failed password …]": the inner message, with the
 * count noted; the body itself when it is none. */
static struct ak_str unwrap_repeated(struct ak_str body, struct ak_meaning *out)
{
    static const struct ak_wording REPEATED = { "message repeated %n times: [%x",
                                                "message_repeated", NULL, AK_TYPE_LINE };
    if (!body.n || body.at[0] != 'm' || !ak_wording_match(&REPEATED, body, out))
        return body;
    (void)ak_cut(&body, '[');
    if (body.n && body.at[body.n - 1] == ']')
        body.n--;
    return ak_trim(body);
}

/* Solaris marks messages: "[ID 800047 auth.info] "; the kernel its seconds:
 * "[ 4521.123456] ". */
static struct ak_str without_mark(struct ak_str body)
{
    bool id = ak_str_starts(body, AK_STR("[ID ")), seconds = false;
    if (body.n > 1 && body.at[0] == '[')
        seconds = body.at[1] == ' ' || (body.at[1] >= '0' && body.at[1] <= '9');
    if (!id && !seconds)
        return body;
    struct ak_str rest = body;
    (void)ak_cut(&rest, ']');
    return rest.n ? ak_trim_left(rest) : body;
}

/* sshd ends what it says before a login with "[preauth]". */
static struct ak_str without_preauth(struct ak_str body)
{
    static const struct ak_str MARK = AK_STR_INIT(" [preauth]");
    return ak_str_ends(body, MARK) ? (struct ak_str){ body.at, body.n - MARK.n } : body;
}

/* "pam_unix(sshd:session): ", "(pam_unix) " and "pam_unix: " stand before the
 * same wordings; syslogs of 2005 have them in the tag instead. */
static bool take_pam(struct ak_str tag, struct ak_str *body)
{
    if (ak_str_starts(*body, AK_STR("(pam_")) || ak_str_starts(*body, AK_STR("pam_"))) {
        struct ak_str rest = *body;
        bool bracketed = rest.at[0] == '(';
        (void)ak_cut(&rest, bracketed ? ')' : ' ');
        *body = ak_trim_left(rest);
        return true;
    }
    return tag.n > 10 && ak_str_ends(tag, AK_STR("(pam_unix)"));
}

static bool last_message_repeated(struct ak_str body, struct ak_meaning *out)
{
    static const struct ak_wording WORDS[] = {
        { "--- last message repeated %n time%x", "message_repeated", NULL, AK_TYPE_COMMENT },
        { "last message repeated %n time%x", "message_repeated", NULL, AK_TYPE_LINE },
    };
    return body.n && ((body.at[0] == '-' && ak_wording_match(&WORDS[0], body, out)) ||
                      (body.at[0] == 'l' && ak_wording_match(&WORDS[1], body, out)));
}

void ak_syslog_meaning(struct ak_tag_memory *memory, struct ak_str tag, struct ak_str body,
                       struct ak_meaning *out)
{
    out->type = AK_TYPE_LINE;
    out->known = false;
    memset(out->values, 0, sizeof(out->values));
    if (body.n > LONGEST_BODY)
        return;
    if (last_message_repeated(body, out))
        return;
    body = without_preauth(without_mark(unwrap_repeated(body, out)));
    struct ak_str inner = body;
    if (take_pam(tag, &inner) && try_all(&ak_wordings_pam, inner, out))
        return;
    const struct ak_wordings *of = wordings_for(memory, tag);
    if (of)
        (void)try_all(of, body, out);
}
