/* dpkg.c - Debian's package log (/var/log/dpkg.log).
 *
 *   2016-08-03 15:25:53 install base-passwd:amd64 <none> 3.5.33
 *   2016-08-03 15:25:53 status half-installed base-passwd:amd64 3.5.33
 *   2016-08-03 15:25:53 startup archives unpack
 *   2016-08-03 15:25:53 conffile /etc/x keep
 *
 * Times are local, without a zone.
 *
 * Facts and their sources: docs/formats/linux.packages.md */
#include "artefact/lines.h"

enum { F_MESSAGE, F_ACTION, F_PACKAGE, F_ARCHITECTURE, F_VERSION, F_PREVIOUS, F_STATUS, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_MESSAGE] = AK_STR_INIT("message"),
    [F_ACTION] = AK_STR_INIT("event.action"),
    [F_PACKAGE] = AK_STR_INIT("package.name"),
    [F_ARCHITECTURE] = AK_STR_INIT("package.architecture"),
    [F_VERSION] = AK_STR_INIT("package.version"),
    [F_PREVIOUS] = AK_STR_INIT("package.previous_version"),
    [F_STATUS] = AK_STR_INIT("package.status"),
};
static const struct ak_shape ENTRY = {
    .data_type = AK_STR_INIT("linux:dpkg_log:entry"),
    .time_desc = AK_STR_INIT("Added Time"),
    .names = NAMES,
    .n = N_FIELDS,
};

/* The first word of a line; what its package words mean. */
static const struct verb {
    struct ak_str word, action;
    bool two_versions; /* "package old new" */
} VERBS[] = {
    { AK_STR_INIT("install"), AK_STR_INIT("package_install"), true },
    { AK_STR_INIT("upgrade"), AK_STR_INIT("package_upgrade"), true },
    { AK_STR_INIT("remove"), AK_STR_INIT("package_remove"), true },
    { AK_STR_INIT("purge"), AK_STR_INIT("package_purge"), true },
    { AK_STR_INIT("disappear"), AK_STR_INIT("package_disappear"), true },
    { AK_STR_INIT("configure"), AK_STR_INIT("package_configure"), true },
    { AK_STR_INIT("trigproc"), AK_STR_INIT("package_trigger"), true },
    { AK_STR_INIT("status"), AK_STR_INIT("package_status"), false },
    { AK_STR_INIT("startup"), AK_STR_INIT("package_manager_start"), false },
    { AK_STR_INIT("conffile"), AK_STR_INIT("package_conffile"), false },
};
enum { STATUS_VERB = 7, STARTUP_VERB = 8, N_VERBS = sizeof(VERBS) / sizeof(VERBS[0]) };

static size_t verb_of(struct ak_str word)
{
    size_t i = 0;
    while (i < N_VERBS && !ak_str_eq(word, VERBS[i].word))
        i++;
    return i;
}

static struct ak_value version(struct ak_str s)
{
    return ak_str_eq(s, AK_STR("<none>")) ? ak_val_none() : ak_val_str(s);
}

static void package_values(struct ak_str name, struct ak_value *v)
{
    struct ak_str architecture = name;
    v[F_PACKAGE] = ak_val_str(ak_cut(&architecture, ':'));
    v[F_ARCHITECTURE] = ak_val_str(architecture);
}

static void body_values(struct ak_str body, struct ak_value *v)
{
    v[F_MESSAGE] = ak_val_str(body);
    size_t verb = verb_of(ak_cut(&body, ' '));
    if (verb == N_VERBS)
        return;
    v[F_ACTION] = ak_val_str(VERBS[verb].action);
    if (verb >= STARTUP_VERB)
        return;
    if (verb == STATUS_VERB)
        v[F_STATUS] = ak_val_str(ak_cut(&body, ' '));
    package_values(ak_cut(&body, ' '), v);
    struct ak_str first = ak_cut(&body, ' ');
    v[VERBS[verb].two_versions ? F_PREVIOUS : F_VERSION] = version(first);
    if (VERBS[verb].two_versions)
        v[F_VERSION] = version(ak_trim(body));
}

/* "2016-08-03 15:25:53 ": steps over it. */
static bool take_time(struct ak_str *line, struct ak_stamp *when)
{
    enum { TIME_BYTES = 19 };
    size_t used;
    if (line->n <= TIME_BYTES || line->at[10] != ' ' ||
        !ak_stamp_parse_iso((struct ak_str){ line->at, TIME_BYTES }, when, &used) ||
        used != TIME_BYTES || line->at[TIME_BYTES] != ' ')
        return false;
    *line = ak_skip(*line, TIME_BYTES + 1);
    return true;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    enum { ENOUGH = 5 };
    struct ak_lines lines = { .in = p->head };
    struct ak_line line;
    struct ak_stamp when;
    unsigned n = 0, good = 0;
    while (n < ENOUGH && ak_lines_next(&lines, &line)) {
        struct ak_str rest = line.raw;
        if (!rest.n)
            continue;
        n++;
        good += take_time(&rest, &when) && verb_of(ak_cut(&rest, ' ')) < N_VERBS && rest.n;
    }
    if (!good || good * 2 < n)
        return AK_BID_NO;
    return ak_glob("dpkg.log*", ak_str_basename(p->path)) ? AK_BID_SURE : AK_BID_LIKELY + 10;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    while (ak_lines_take(ctx, &lines, &line)) {
        struct ak_arena_mark mark = ak_arena_mark(ctx->arena);
        struct ak_str rest = line.raw;
        struct ak_stamp when = { 0 };
        struct ak_value values[N_FIELDS] = { 0 };
        if (!take_time(&rest, &when))
            (void)ak_damage(ctx, ctx->item->origin + line.at, "a line whose time cannot be read");
        body_values(ak_line_utf8(ctx, rest), values);
        enum ak_status st =
            ak_emit(ctx, &(struct ak_event){ .shape = &ENTRY,
                                             .when = ak_line_local(when, ctx->item->zone),
                                             .offset = ctx->item->origin + line.at,
                                             .length = line.raw.n,
                                             .values = values });
        ak_arena_rewind(ctx->arena, mark);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

const struct ak_artefact ak_linux_dpkg = {
    .name = "linux.dpkg",
    .title_en = "Debian package log (dpkg.log)",
    .title_ja = "Debianのパッケージ操作ログ（dpkg.log）",
    .spec = "docs/formats/linux.packages.md",
    .split = AK_SPLIT_LINES,
    .probe = probe,
    .parse = parse,
};
