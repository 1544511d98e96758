/* crontab.c - scheduled commands: /etc/crontab, /etc/cron.d, users' crontabs.
 *
 *   m h dom mon dow [user] command       @reboot [user] command
 *
 * The user stands in the line in /etc/crontab and /etc/cron.d; a user's own
 * crontab is named after him.  These are states: no line has a time.
 *
 * Facts and their sources: docs/formats/linux.accounts.md */
#include "artefact/lines.h"

enum { MAX_BYTES = 16 * 1024 * 1024 };

enum { F_SCHEDULE, F_USER, F_COMMAND, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_SCHEDULE] = AK_STR_INIT("cron.schedule"),
    [F_USER] = AK_STR_INIT("user.name"),
    [F_COMMAND] = AK_STR_INIT("process.command_line"),
};
static const struct ak_shape JOB = { AK_STR_INIT("linux:crontab:entry"), AK_STR_INIT("Not a time"),
                                     NAMES, N_FIELDS };

static const struct ak_str LINE_NAMES[] = { AK_STR_INIT("message") };
static const struct ak_shape VARIABLE = { AK_STR_INIT("linux:crontab:variable"),
                                          AK_STR_INIT("Not a time"), LINE_NAMES, 1 };

/* One line, taken apart. */
struct job {
    struct ak_str schedule, user, command;
};

static bool has_user_column(struct ak_str path)
{
    return ak_glob("**/etc/crontab*", path) || ak_glob("etc/crontab*", path) ||
           ak_glob("**/cron.d/*", path) || ak_glob("cron.d/*", path) ||
           ak_str_eq(ak_str_basename(path), AK_STR("crontab"));
}

static bool is_users_own(struct ak_str path)
{
    return ak_glob("**/cron/crontabs/*", path) || ak_glob("**/spool/cron/*", path);
}

/* The next word, blanks and tabs around it passed over. */
static struct ak_str word(struct ak_str *rest)
{
    *rest = ak_trim_left(*rest);
    size_t n = 0;
    while (n < rest->n && rest->at[n] != ' ' && rest->at[n] != '\t')
        n++;
    struct ak_str w = { rest->at, n };
    *rest = ak_trim_left(ak_skip(*rest, n));
    return w;
}

/* Minutes and the like: digits, '*', lists, ranges, steps, names of months and
 * weekdays. */
static bool is_time_field(struct ak_str w)
{
    bool digit = false;
    size_t letters = 0;
    for (size_t i = 0; i < w.n; i++) {
        char c = w.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        letters = letter ? letters + 1 : 0;
        digit |= (c >= '0' && c <= '9') || c == '*' || letters == 3;
        if (letters > 3 || (!letter && !memchr("0123456789*,-/~?", c, 16)))
            return false;
    }
    return digit;
}

static bool split_job(struct ak_str line, bool user_column, struct job *out)
{
    struct ak_str rest = line;
    if (line.n && line.at[0] == '@') {
        out->schedule = word(&rest);
    } else {
        for (int i = 0; i < 5; i++)
            if (!is_time_field(word(&rest)))
                return false;
        out->schedule = ak_trim((struct ak_str){ line.at, (size_t)(rest.at - line.at) });
    }
    out->user = user_column ? word(&rest) : AK_STR("");
    out->command = ak_trim(rest);
    return out->command.n > 0;
}

static bool is_variable(struct ak_str line)
{
    size_t n = 0;
    while (n < line.n && ((line.at[n] >= 'A' && line.at[n] <= 'Z') || line.at[n] == '_' ||
                          (line.at[n] >= 'a' && line.at[n] <= 'z')))
        n++;
    struct ak_str rest = ak_trim_left(ak_skip(line, n));
    return n > 0 && rest.n && rest.at[0] == '=';
}

/* By place only: "0 5 * * 1 …" in another file could be anything. */
static enum ak_bid probe(const struct ak_probe *p)
{
    bool column = has_user_column(p->path);
    if (!column && !is_users_own(p->path))
        return AK_BID_NO;
    struct ak_lines lines = { .in = p->head };
    struct ak_line line;
    struct job job;
    bool any = false;
    while (ak_lines_next(&lines, &line)) {
        struct ak_str text = ak_trim(line.raw);
        if (!text.n || text.at[0] == '#' || is_variable(text))
            continue;
        if (!split_job(text, column, &job))
            return AK_BID_NO;
        any = true;
    }
    return any ? AK_BID_MAGIC : AK_BID_NO;
}

static enum ak_status emit_line(struct ak_ctx *ctx, const struct ak_line *line, struct ak_str text)
{
    struct job job = { 0 };
    bool column = has_user_column(ctx->item->path);
    struct ak_event e = { .offset = ctx->item->origin + line->at, .length = line->raw.n };
    struct ak_value values[N_FIELDS] = { 0 };
    if (split_job(text, column, &job)) {
        values[F_SCHEDULE] = ak_val_str(job.schedule);
        values[F_USER] =
            ak_val_str(column                          ? job.user
                       : is_users_own(ctx->item->path) ? ak_str_basename(ctx->item->path)
                                                       : AK_STR(""));
        values[F_COMMAND] = ak_val_str(job.command);
        e.shape = &JOB;
    } else {
        if (!is_variable(text))
            (void)ak_damage(ctx, e.offset, "a crontab line that cannot be read");
        values[0] = ak_val_str(text);
        e.shape = &VARIABLE;
    }
    e.values = values;
    return ak_emit(ctx, &e);
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    while (ak_lines_take(ctx, &lines, &line)) {
        struct ak_str trimmed = ak_trim(line.raw);
        if (!trimmed.n || trimmed.at[0] == '#')
            continue;
        struct ak_arena_mark mark = ak_arena_mark(ctx->arena);
        enum ak_status st = emit_line(ctx, &line, ak_line_utf8(ctx, trimmed));
        ak_arena_rewind(ctx->arena, mark);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

const struct ak_artefact ak_linux_crontab = {
    .name = "linux.crontab",
    .title_en = "Scheduled commands (crontab)",
    .title_ja = "定期実行の設定（crontab）",
    .spec = "docs/formats/linux.accounts.md",
    .max_size = MAX_BYTES,
    .probe = probe,
    .parse = parse,
};
