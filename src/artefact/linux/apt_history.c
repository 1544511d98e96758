/* apt_history.c - what apt did (/var/log/apt/history.log).
 *
 * Blocks with a blank line between them:
 *
 *   Start-Date: 2019-07-11  12:20:55
 *   Commandline: apt-get -y install git
 *   Requested-By: alice (1000)
 *   Install: git:amd64 (1:2.11.0-3), less:amd64 (481-2.1, automatic)
 *   Error: Sub-process /usr/bin/dpkg returned an error code (1)
 *   End-Date: 2019-07-11  12:21:28
 *
 * Every Install, Upgrade, Remove … of a block is one event; a block without any
 * is one event too.  Times are local, without a zone.
 *
 * Facts and their sources: docs/formats/linux.packages.md */
#include "artefact/lines.h"

enum { MAX_BYTES = 512 * 1024 * 1024, ACTIONS_MAX = 16 };

enum { F_ACTION, F_COMMAND, F_PACKAGES, F_USER, F_USER_ID, F_END, F_OUTCOME, F_REASON, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_ACTION] = AK_STR_INIT("event.action"),   [F_COMMAND] = AK_STR_INIT("process.command_line"),
    [F_PACKAGES] = AK_STR_INIT("apt.packages"), [F_USER] = AK_STR_INIT("user.name"),
    [F_USER_ID] = AK_STR_INIT("user.id"),       [F_END] = AK_STR_INIT("event.end"),
    [F_OUTCOME] = AK_STR_INIT("event.outcome"), [F_REASON] = AK_STR_INIT("event.reason"),
};
static const struct ak_shape ENTRY = {
    .data_type = AK_STR_INIT("linux:apt_history_log:entry"),
    .time_desc = AK_STR_INIT("Start Time"),
    .names = NAMES,
    .n = N_FIELDS,
};

static const struct {
    struct ak_str key, action;
} ACTIONS[] = {
    { AK_STR_INIT("Install"), AK_STR_INIT("package_install") },
    { AK_STR_INIT("Upgrade"), AK_STR_INIT("package_upgrade") },
    { AK_STR_INIT("Downgrade"), AK_STR_INIT("package_downgrade") },
    { AK_STR_INIT("Reinstall"), AK_STR_INIT("package_reinstall") },
    { AK_STR_INIT("Remove"), AK_STR_INIT("package_remove") },
    { AK_STR_INIT("Purge"), AK_STR_INIT("package_purge") },
};
enum { N_ACTIONS = sizeof(ACTIONS) / sizeof(ACTIONS[0]) };

/* One block while it is read; values are views on the item. */
struct block {
    size_t at, end;
    bool open;
    struct ak_stamp start, finish;
    struct ak_str command, requester, error;
    struct {
        size_t action; /* of ACTIONS */
        struct ak_str packages;
    } done[ACTIONS_MAX];
    size_t n_done;
};

/* "2019-07-11  12:21:28": two blanks between date and time. */
static struct ak_stamp date_of(struct ak_str s)
{
    enum { DATE = 10, CLOCK = 8 };
    char text[DATE + 1 + CLOCK];
    struct ak_stamp when;
    size_t used;
    struct ak_str clock = ak_trim(s.n > DATE ? ak_skip(s, DATE) : AK_STR(""));
    if (clock.n != CLOCK)
        return (struct ak_stamp){ 0 };
    memcpy(text, s.at, DATE);
    text[DATE] = ' ';
    memcpy(text + DATE + 1, clock.at, CLOCK);
    bool ok = ak_stamp_parse_iso((struct ak_str){ text, sizeof(text) }, &when, &used) &&
              used == sizeof(text);
    return ok ? when : (struct ak_stamp){ 0 };
}

static enum ak_status emit_one(struct ak_ctx *ctx, const struct block *b, size_t i)
{
    struct ak_arena_mark mark = ak_arena_mark(ctx->arena);
    struct ak_str uid = b->requester, user = ak_cut(&uid, '(');
    struct ak_str number = ak_cut(&uid, ')');
    struct ak_value values[N_FIELDS] = {
        [F_COMMAND] = ak_val_str(ak_line_utf8(ctx, b->command)),
        [F_USER] = ak_val_str(ak_line_utf8(ctx, ak_trim(user))),
        [F_USER_ID] = ak_val_str(number),
        [F_END] = ak_val_stamp(ak_line_local(b->finish, ctx->item->zone)),
        [F_OUTCOME] = ak_val_str(b->error.n ? AK_STR("failure") : AK_STR("")),
        [F_REASON] = ak_val_str(ak_line_utf8(ctx, b->error)),
    };
    if (i < b->n_done) {
        values[F_ACTION] = ak_val_str(ACTIONS[b->done[i].action].action);
        values[F_PACKAGES] = ak_val_str(ak_line_utf8(ctx, b->done[i].packages));
    }
    enum ak_status st =
        ak_emit(ctx, &(struct ak_event){ .shape = &ENTRY,
                                         .when = ak_line_local(b->start, ctx->item->zone),
                                         .offset = ctx->item->origin + b->at,
                                         .length = b->end - b->at,
                                         .values = values });
    ak_arena_rewind(ctx->arena, mark);
    return st;
}

static enum ak_status flush(struct ak_ctx *ctx, struct block *b)
{
    if (!b->open)
        return AK_OK;
    b->open = false;
    if (!ak_stamp_is_set(b->start))
        (void)ak_damage(ctx, ctx->item->origin + b->at, "a block without its beginning");
    enum ak_status st = AK_OK;
    for (size_t i = 0; st == AK_OK && (i == 0 || i < b->n_done); i++)
        st = emit_one(ctx, b, i);
    return st;
}

static void take_action(struct block *b, struct ak_str key, struct ak_str value)
{
    for (size_t i = 0; i < N_ACTIONS && b->n_done < ACTIONS_MAX; i++)
        if (ak_str_eq(key, ACTIONS[i].key)) {
            b->done[b->n_done].action = i;
            b->done[b->n_done++].packages = value;
            return;
        }
}

static void take_pair(struct block *b, struct ak_str key, struct ak_str value)
{
    if (ak_str_eq(key, AK_STR("Start-Date")))
        b->start = date_of(value);
    else if (ak_str_eq(key, AK_STR("End-Date")))
        b->finish = date_of(value);
    else if (ak_str_eq(key, AK_STR("Commandline")))
        b->command = value;
    else if (ak_str_eq(key, AK_STR("Requested-By")))
        b->requester = value;
    else if (ak_str_eq(key, AK_STR("Error")))
        b->error = value;
    else
        take_action(b, key, value);
}

static enum ak_bid probe(const struct ak_probe *p)
{
    struct ak_lines lines = { .in = p->head };
    struct ak_line line;
    while (ak_lines_next(&lines, &line))
        if (line.raw.n)
            break;
    if (!p->head.n || !ak_str_starts(line.raw, AK_STR("Start-Date: ")) ||
        !ak_stamp_is_set(date_of(ak_trim(ak_skip(line.raw, 12)))))
        return AK_BID_NO;
    return AK_BID_MAGIC;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    struct block b = { 0 };
    while (ak_lines_take(ctx, &lines, &line)) {
        struct ak_str value = line.raw, key = ak_cut(&value, ':');
        if (ak_str_eq(key, AK_STR("Start-Date")) || (b.open && ak_stamp_is_set(b.finish))) {
            enum ak_status st = flush(ctx, &b);
            if (st != AK_OK)
                return st;
            b.open = false;
        }
        if (!b.open)
            b = (struct block){ .open = true, .at = line.at };
        b.end = line.at + line.raw.n;
        take_pair(&b, key, ak_trim(value));
    }
    return flush(ctx, &b);
}

const struct ak_artefact ak_linux_apt_history = {
    .name = "linux.apt_history",
    .title_en = "apt history (history.log)",
    .title_ja = "aptの操作履歴（history.log）",
    .spec = "docs/formats/linux.packages.md",
    .max_size = MAX_BYTES,
    .probe = probe,
    .parse = parse,
};
