/* accounts.c - who has an account: /etc/passwd, /etc/shadow, /etc/group.
 *
 *   passwd  name:password:uid:gid:full name:home:shell
 *   shadow  name:password:last change:min:max:warn:inactive:expires:
 *   group   name:password:gid:member,member
 *
 * Days in shadow count from 1970-01-01.  Of a password only its scheme is
 * given, never its hash: the case file must not become a list to crack.
 *
 * Facts and their sources: docs/formats/linux.accounts.md */
#include "artefact/lines.h"

enum { MAX_BYTES = 64 * 1024 * 1024, MOST_COLUMNS = 9, SECONDS_PER_DAY = 86400 };

enum {
    F_USER,
    F_USER_ID,
    F_GROUP_ID,
    F_FULL_NAME,
    F_HOME,
    F_SHELL,
    F_SCHEME,
    F_LOCKED,
    F_MAX_DAYS,
    F_EXPIRES,
    F_GROUP,
    F_MEMBERS,
    N_FIELDS,
};

static const struct ak_str NAMES[N_FIELDS] = {
    [F_USER] = AK_STR_INIT("user.name"),
    [F_USER_ID] = AK_STR_INIT("user.id"),
    [F_GROUP_ID] = AK_STR_INIT("group.id"),
    [F_FULL_NAME] = AK_STR_INIT("user.full_name"),
    [F_HOME] = AK_STR_INIT("user.home"),
    [F_SHELL] = AK_STR_INIT("user.shell"),
    [F_SCHEME] = AK_STR_INIT("user.password.scheme"),
    [F_LOCKED] = AK_STR_INIT("user.password.locked"),
    [F_MAX_DAYS] = AK_STR_INIT("user.password.max_days"),
    [F_EXPIRES] = AK_STR_INIT("user.expires"),
    [F_GROUP] = AK_STR_INIT("group.name"),
    [F_MEMBERS] = AK_STR_INIT("group.members"),
};

enum kind { PASSWD, SHADOW, GROUP, N_KINDS };

static const struct ak_shape SHAPES[N_KINDS] = {
    [PASSWD] = { AK_STR_INIT("linux:passwd:entry"), AK_STR_INIT("Not a time"), NAMES, N_FIELDS },
    [SHADOW] = { AK_STR_INIT("linux:shadow:entry"), AK_STR_INIT("Last Password Set Time"), NAMES,
                 N_FIELDS },
    [GROUP] = { AK_STR_INIT("linux:group:entry"), AK_STR_INIT("Not a time"), NAMES, N_FIELDS },
};
static const size_t COLUMNS[N_KINDS] = { [PASSWD] = 7, [SHADOW] = 9, [GROUP] = 4 };

/* What a hash begins with, as crypt(5) has it. */
static const struct {
    struct ak_str mark, scheme;
} SCHEMES[] = {
    { AK_STR_INIT("$y$"), AK_STR_INIT("yescrypt") },
    { AK_STR_INIT("$gy$"), AK_STR_INIT("gost-yescrypt") },
    { AK_STR_INIT("$7$"), AK_STR_INIT("scrypt") },
    { AK_STR_INIT("$6$"), AK_STR_INIT("sha512crypt") },
    { AK_STR_INIT("$5$"), AK_STR_INIT("sha256crypt") },
    { AK_STR_INIT("$2a$"), AK_STR_INIT("bcrypt") },
    { AK_STR_INIT("$2b$"), AK_STR_INIT("bcrypt") },
    { AK_STR_INIT("$2y$"), AK_STR_INIT("bcrypt") },
    { AK_STR_INIT("$sha1"), AK_STR_INIT("sha1crypt") },
    { AK_STR_INIT("$1$"), AK_STR_INIT("md5crypt") },
    { AK_STR_INIT("$3$"), AK_STR_INIT("nthash") },
    { AK_STR_INIT("_"), AK_STR_INIT("bsdicrypt") },
};

/* The columns of a line; how many there are (MOST_COLUMNS + 1 for more). */
static size_t split(struct ak_str line, struct ak_str *out)
{
    for (size_t n = 0;; n++) {
        bool last = !line.n || !memchr(line.at, ':', line.n);
        if (n == MOST_COLUMNS)
            return MOST_COLUMNS + 1;
        out[n] = ak_cut(&line, ':');
        if (last)
            return n + 1;
    }
}

static bool is_number(struct ak_str s)
{
    uint64_t v;
    return s.n && ak_digits(s, &v) == s.n;
}

static bool is_number_or_empty(struct ak_str s) { return !s.n || is_number(s); }

/* Does the line fit this kind? */
static bool fits(struct ak_str line, enum kind kind, struct ak_str *c)
{
    if (split(line, c) != COLUMNS[kind] || !c[0].n || memchr(c[0].at, ' ', c[0].n))
        return false;
    if (kind == PASSWD)
        return is_number(c[2]) && is_number(c[3]);
    if (kind == GROUP)
        return is_number(c[2]);
    for (size_t i = 2; i < COLUMNS[SHADOW]; i++)
        if (!is_number_or_empty(c[i]))
            return false;
    return true;
}

/* "+::::::" takes accounts from NIS. */
static bool is_nis(struct ak_str line) { return line.at[0] == '+' || line.at[0] == '-'; }

/* The kind of the first line that is one of ours; N_KINDS when there is none,
 * or when one before it is not. */
static enum kind kind_of(struct ak_bytes head)
{
    struct ak_lines lines = { .in = head };
    struct ak_line line;
    struct ak_str c[MOST_COLUMNS];
    while (ak_lines_next(&lines, &line)) {
        if (!line.raw.n || line.raw.at[0] == '#' || is_nis(line.raw))
            continue;
        for (size_t k = 0; k < N_KINDS; k++)
            if (fits(line.raw, (enum kind)k, c))
                return (enum kind)k;
        return N_KINDS;
    }
    return N_KINDS;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    static const char *const NAMED[N_KINDS] = { "passwd*", "*shadow*", "group*" };
    enum kind kind = kind_of(p->head);
    if (kind == N_KINDS)
        return AK_BID_NO;
    if (ak_glob(NAMED[kind], ak_str_basename(p->path)))
        return AK_BID_MAGIC;
    bool root = ak_str_starts(ak_str_bytes(p->head), AK_STR("root:"));
    return root && kind != GROUP ? AK_BID_LIKELY : AK_BID_NO;
}

/* The scheme of a password and whether it is locked ('!' before it, or '*').
 * "x" is kept elsewhere, in shadow. */
static void password_values(struct ak_str s, struct ak_value *v)
{
    enum { DES_BYTES = 13 };
    size_t locks = 0;
    while (locks < s.n && (s.at[locks] == '!' || s.at[locks] == '*'))
        locks++;
    struct ak_str hash = ak_skip(s, locks);
    struct ak_str scheme = hash.n == DES_BYTES ? AK_STR("descrypt") : AK_STR("unknown");
    for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++)
        if (ak_str_starts(hash, SCHEMES[i].mark))
            scheme = SCHEMES[i].scheme;
    if (ak_str_eq(hash, AK_STR("x")))
        return;
    if (!hash.n)
        scheme = locks ? AK_STR("none") : AK_STR("empty");
    v[F_SCHEME] = ak_val_str(scheme);
    v[F_LOCKED] = ak_val_bool(locks > 0);
}

static struct ak_stamp day_stamp(struct ak_str days)
{
    enum { LATEST = 106000 }; /* days to the year 2260 */
    uint64_t v;
    if (!ak_digits(days, &v) || v == 0 || v > LATEST)
        return (struct ak_stamp){ 0 };
    return ak_stamp_unix((int64_t)v * SECONDS_PER_DAY, 0, AK_PREC_S);
}

static struct ak_value number(struct ak_str s)
{
    uint64_t v;
    return ak_digits(s, &v) ? ak_val_u64(v) : ak_val_none();
}

static void kind_values(enum kind kind, const struct ak_str *c, struct ak_value *v)
{
    v[kind == GROUP ? F_GROUP : F_USER] = ak_val_str(c[0]);
    if (kind != GROUP)
        password_values(c[1], v);
    if (kind == PASSWD) {
        v[F_USER_ID] = ak_val_str(c[2]);
        v[F_GROUP_ID] = ak_val_str(c[3]);
        v[F_FULL_NAME] = ak_val_str(c[4]);
        v[F_HOME] = ak_val_str(c[5]);
        v[F_SHELL] = ak_val_str(c[6]);
    } else if (kind == GROUP) {
        v[F_GROUP_ID] = ak_val_str(c[2]);
        v[F_MEMBERS] = ak_val_str(c[3]);
    } else {
        v[F_MAX_DAYS] = number(c[4]);
        v[F_EXPIRES] = ak_val_stamp(day_stamp(c[7]));
    }
}

static enum ak_status emit_line(struct ak_ctx *ctx, const struct ak_line *line, enum kind kind)
{
    struct ak_str c[MOST_COLUMNS];
    struct ak_value values[N_FIELDS] = { 0 };
    uint64_t where = ctx->item->origin + line->at;
    if (!fits(line->raw, kind, c)) {
        (void)ak_damage(ctx, where,
                        is_nis(line->raw) ? "more accounts are taken from a directory (NIS)"
                                          : "an account line that cannot be read");
        return AK_OK;
    }
    for (size_t i = 0; i < COLUMNS[kind]; i++)
        c[i] = ak_line_utf8(ctx, c[i]);
    kind_values(kind, c, values);
    return ak_emit(
        ctx, &(struct ak_event){ .shape = &SHAPES[kind],
                                 .when = kind == SHADOW ? day_stamp(c[2]) : (struct ak_stamp){ 0 },
                                 .offset = where,
                                 .length = line->raw.n,
                                 .values = values });
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    enum kind kind = kind_of(ctx->item->bytes);
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    if (kind == N_KINDS)
        return ak_damage(ctx, ctx->item->origin, "not a list of accounts");
    while (ak_lines_take(ctx, &lines, &line)) {
        if (line.raw.at[0] == '#')
            continue;
        struct ak_arena_mark mark = ak_arena_mark(ctx->arena);
        enum ak_status st = emit_line(ctx, &line, kind);
        ak_arena_rewind(ctx->arena, mark);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

const struct ak_artefact ak_linux_accounts = {
    .name = "linux.accounts",
    .title_en = "Accounts and groups (passwd, shadow, group)",
    .title_ja = "アカウントとグループ（passwd・shadow・group）",
    .spec = "docs/formats/linux.accounts.md",
    .max_size = MAX_BYTES,
    .probe = probe,
    .parse = parse,
};
