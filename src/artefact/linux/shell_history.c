/* shell_history.c - what users typed: the histories of bash, zsh and fish.
 *
 *   bash  "#1380630977" on a line of its own when HISTTIMEFORMAT is set, then
 *         the command, which may have several lines; otherwise commands only
 *   zsh   ": 1700000000:3;command" (EXTENDED_HISTORY: start, seconds it ran),
 *         a backslash at the end of a line continues it; or commands only
 *   fish  "- cmd: command" and "  when: 1700000000" below it
 *
 * A command without a time is still an event, in the order of the file.
 *
 * Facts and their sources: docs/formats/linux.shell_history.md */
#include "artefact/lines.h"
#include "artefact/linux/home_user.h"

enum { MAX_BYTES = 256 * 1024 * 1024 };

enum { F_COMMAND, F_USER, F_SHELL, F_ELAPSED, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_COMMAND] = AK_STR_INIT("process.command_line"),
    [F_USER] = AK_STR_INIT("user.name"),
    [F_SHELL] = AK_STR_INIT("process.name"),
    [F_ELAPSED] = AK_STR_INIT("zsh.elapsed_seconds"),
};

enum shell { BASH, ZSH, FISH, N_SHELLS };

/* The type and meaning of time of each shell's entries, with and without one. */
static const struct ak_shape SHAPES[N_SHELLS][2] = {
    { { AK_STR_INIT("bash:history:entry"), AK_STR_INIT("Not a time"), NAMES, N_FIELDS },
      { AK_STR_INIT("bash:history:entry"), AK_STR_INIT("Content Modification Time"), NAMES,
        N_FIELDS } },
    { { AK_STR_INIT("shell:zsh:history"), AK_STR_INIT("Not a time"), NAMES, N_FIELDS },
      { AK_STR_INIT("shell:zsh:history"), AK_STR_INIT("Content Modification Time"), NAMES,
        N_FIELDS } },
    { { AK_STR_INIT("fish:history:entry"), AK_STR_INIT("Not a time"), NAMES, N_FIELDS },
      { AK_STR_INIT("fish:history:entry"), AK_STR_INIT("Content Modification Time"), NAMES,
        N_FIELDS } },
};
static const struct ak_str SHELLS[N_SHELLS] = { AK_STR_INIT("bash"), AK_STR_INIT("zsh"),
                                                AK_STR_INIT("fish") };

/* A command being collected. */
struct entry {
    size_t at, end; /* of its text in the item's bytes */
    size_t begins;  /* with its time line */
    struct ak_stamp when;
    struct ak_value elapsed;
    bool open;
};

struct parser {
    struct ak_ctx *ctx;
    enum shell shell;
    struct ak_str user;
    struct entry entry;
};

static bool is_epoch(struct ak_str digits, uint64_t *out)
{
    enum { FEWEST = 9, MOST = 11 }; /* 1973 to 5138 */
    size_t n = ak_digits(digits, out);
    return n == digits.n && n >= FEWEST && n <= MOST;
}

/* "#1380630977" */
static bool is_bash_time(struct ak_str line, uint64_t *out)
{
    return line.n > 1 && line.at[0] == '#' && is_epoch(ak_skip(line, 1), out);
}

/* ": 1700000000:3;": how long it is, 0 when it is none. */
static size_t zsh_prefix(struct ak_str line, uint64_t *when, uint64_t *elapsed)
{
    struct ak_str rest = line;
    if (!ak_str_starts(line, AK_STR(": ")))
        return 0;
    rest = ak_trim_left(ak_skip(rest, 2));
    struct ak_str time = ak_cut(&rest, ':');
    size_t n = ak_digits(rest, elapsed);
    if (!is_epoch(time, when) || !n || rest.n <= n || rest.at[n] != ';')
        return 0;
    return (size_t)(rest.at - line.at) + n + 1;
}

/* zsh writes some bytes as 0x83 and the byte with bit 5 turned over. */
static struct ak_str zsh_unmetafy(struct ak_ctx *ctx, struct ak_str s)
{
    enum { META = 0x83, BIT = 0x20 };
    char *at = s.n && memchr(s.at, META, s.n) ? AK_NEW_N(ctx->arena, char, s.n) : NULL;
    if (!at)
        return s;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool meta = (uint8_t)s.at[i] == META && i + 1 < s.n;
        i += meta;
        at[n++] = (char)(meta ? s.at[i] ^ BIT : s.at[i]);
    }
    return (struct ak_str){ at, n };
}

/* fish writes a line end as "\n" and a backslash as "\\". */
static struct ak_str fish_unescape(struct ak_ctx *ctx, struct ak_str s)
{
    char *at = s.n && memchr(s.at, '\\', s.n) ? AK_NEW_N(ctx->arena, char, s.n) : NULL;
    if (!at)
        return s;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char next = s.at[i] == '\\' && i + 1 < s.n ? s.at[i + 1] : 0;
        i += next == 'n' || next == '\\';
        at[n++] = next == 'n' ? '\n' : s.at[i];
    }
    return (struct ak_str){ at, n };
}

static enum ak_status flush(struct parser *p)
{
    struct entry *e = &p->entry;
    if (!e->open)
        return AK_OK;
    e->open = false;
    struct ak_ctx *ctx = p->ctx;
    struct ak_str text = { (const char *)ctx->item->bytes.at + e->at, e->end - e->at };
    struct ak_arena_mark mark = ak_arena_mark(ctx->arena);
    if (p->shell == ZSH)
        text = zsh_unmetafy(ctx, text);
    else if (p->shell == FISH)
        text = fish_unescape(ctx, text);
    struct ak_value values[N_FIELDS] = {
        [F_COMMAND] = ak_val_str(ak_line_utf8(ctx, text)),
        [F_USER] = ak_val_str(p->user),
        [F_SHELL] = ak_val_str(SHELLS[p->shell]),
        [F_ELAPSED] = e->elapsed,
    };
    enum ak_status st =
        ak_emit(ctx, &(struct ak_event){ .shape = &SHAPES[p->shell][ak_stamp_is_set(e->when)],
                                         .when = e->when,
                                         .offset = ctx->item->origin + e->begins,
                                         .length = e->end - e->begins,
                                         .values = values });
    ak_arena_rewind(ctx->arena, mark);
    return st;
}

static struct ak_stamp seconds_stamp(uint64_t seconds)
{
    return ak_stamp_unix((int64_t)seconds, 0, AK_PREC_S);
}

/* A time line opens an entry without text; the lines below it become its text. */
static enum ak_status bash_line(struct parser *p, const struct ak_line *line)
{
    struct entry *e = &p->entry;
    uint64_t when;
    size_t end = line->at + line->raw.n;
    bool timed = is_bash_time(line->raw, &when), waiting = ak_stamp_is_set(e->when);
    if (!timed && waiting && end - e->begins <= AK_LINE_MAX) {
        e->at = e->open ? e->at : line->at;
        e->end = end;
        e->open = true;
        return AK_OK;
    }
    if (waiting && !e->open)
        (void)ak_damage(p->ctx, p->ctx->item->origin + e->begins, "a time without a command");
    enum ak_status st = flush(p);
    *e = (struct entry){ .at = line->at, .end = end, .begins = line->at, .open = !timed };
    if (timed)
        e->when = seconds_stamp(when);
    return st;
}

static bool ends_open(struct ak_str line)
{
    size_t n = 0;
    while (n < line.n && line.at[line.n - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

static enum ak_status zsh_line(struct parser *p, const struct ak_line *line)
{
    struct entry *e = &p->entry;
    uint64_t when, elapsed;
    size_t end = line->at + line->raw.n, prefix = zsh_prefix(line->raw, &when, &elapsed);
    struct ak_str before = { (const char *)p->ctx->item->bytes.at + e->at, e->end - e->at };
    if (!prefix && e->open && ends_open(before) && end - e->begins <= AK_LINE_MAX) {
        e->end = end;
        return AK_OK;
    }
    enum ak_status st = flush(p);
    *e = (struct entry){ .at = line->at + prefix, .end = end, .begins = line->at, .open = true };
    if (prefix) {
        e->when = seconds_stamp(when);
        e->elapsed = ak_val_u64(elapsed);
    }
    return st;
}

static enum ak_status fish_line(struct parser *p, const struct ak_line *line)
{
    static const struct ak_str CMD = AK_STR_INIT("- cmd: "), WHEN = AK_STR_INIT("  when: ");
    uint64_t when;
    if (ak_str_starts(line->raw, WHEN)) {
        if (p->entry.open && is_epoch(ak_skip(line->raw, WHEN.n), &when))
            p->entry.when = seconds_stamp(when);
        return AK_OK;
    }
    if (ak_str_starts(line->raw, AK_STR("  paths:")) || ak_str_starts(line->raw, AK_STR("    - ")))
        return AK_OK; /* files named in the command above: they are in it */
    enum ak_status st = flush(p);
    size_t skip = ak_str_starts(line->raw, CMD) ? CMD.n : 0;
    p->entry = (struct entry){
        .at = line->at + skip, .end = line->at + line->raw.n, .begins = line->at, .open = true
    };
    return st;
}

/* Which shell wrote it?  The first lines say; else the name of the file.
 * *sure: the lines said. */
static enum shell shell_of(struct ak_bytes head, struct ak_str path, bool *sure)
{
    enum { ENOUGH = 20 };
    struct ak_lines lines = { .in = head };
    struct ak_line line;
    uint64_t a, b;
    *sure = true;
    for (unsigned n = 0; n < ENOUGH && ak_lines_next(&lines, &line); n++) {
        if (is_bash_time(line.raw, &a))
            return BASH;
        if (zsh_prefix(line.raw, &a, &b))
            return ZSH;
        if (n == 0 && ak_str_starts(line.raw, AK_STR("- cmd: ")))
            return FISH;
    }
    *sure = false;
    struct ak_str name = ak_str_basename(path);
    if (ak_glob("*zsh_history*", name) || ak_glob("*zhistory*", name) ||
        ak_glob(".histfile*", name))
        return ZSH;
    return ak_glob("fish_history*", name) ? FISH : BASH;
}

/* The name without what rotating and copying append: ".1", "-20240101", ".old". */
static struct ak_str without_suffix(struct ak_str name)
{
    static const struct ak_str ENDS[] = { AK_STR_INIT("~"), AK_STR_INIT(".old"),
                                          AK_STR_INIT(".bak"), AK_STR_INIT(".orig"),
                                          AK_STR_INIT(".save") };
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++)
        if (ak_str_ends(name, ENDS[i]))
            return (struct ak_str){ name.at, name.n - ENDS[i].n };
    size_t n = name.n;
    while (n > 0 && name.at[n - 1] >= '0' && name.at[n - 1] <= '9')
        n--;
    bool numbered = n > 1 && n < name.n && (name.at[n - 1] == '.' || name.at[n - 1] == '-');
    return numbered ? (struct ak_str){ name.at, n - 1 } : name;
}

/* Collectors put host or user in front, so only the end must be exact. */
static bool named_history(struct ak_str path)
{
    static const char *const GLOBS[] = { "*bash_history", "*zsh_history",  "*.sh_history",
                                         "*.ash_history", "*fish_history", ".histfile",
                                         "*.zhistory",    ".history" };
    struct ak_str name = without_suffix(ak_str_basename(path));
    for (size_t i = 0; i < sizeof(GLOBS) / sizeof(GLOBS[0]); i++)
        if (ak_glob(GLOBS[i], name))
            return true;
    return false;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    bool sure, named = named_history(p->path);
    if (!p->head.n || memchr(p->head.at, 0, p->head.n))
        return AK_BID_NO;
    (void)shell_of(p->head, p->path, &sure);
    if (sure)
        return named ? AK_BID_SURE : AK_BID_LIKELY;
    return named ? AK_BID_LIKELY + 10 : AK_BID_NO;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    static enum ak_status (*const TAKE[N_SHELLS])(struct parser *, const struct ak_line *) = {
        [BASH] = bash_line, [ZSH] = zsh_line, [FISH] = fish_line
    };
    bool sure;
    struct parser p = { .ctx = ctx,
                        .shell = shell_of(ctx->item->bytes, ctx->item->path, &sure),
                        .user = ak_home_user(ctx->item->path) };
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    while (ak_lines_take(ctx, &lines, &line)) {
        enum ak_status st = TAKE[p.shell](&p, &line);
        if (st != AK_OK)
            return st;
    }
    return flush(&p);
}

const struct ak_artefact ak_linux_shell_history = {
    .name = "linux.shell_history",
    .title_en = "Shell history (bash, zsh, fish)",
    .title_ja = "シェルのコマンド履歴（bash・zsh・fish）",
    .spec = "docs/formats/linux.shell_history.md",
    .max_size = MAX_BYTES,
    .probe = probe,
    .parse = parse,
};
